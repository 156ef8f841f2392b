#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl metrics: what a monitoring system learns of a node.
load ../lib/lib
load ../lib/endpoint

ctl() {
	at "$host" "$BUILD/podtapctl" "$@"
}
# Prints the value of a metric: value NAME [LABELS], the labels as they are written
value() {
	printf '%s\n' "$output" | sed -n "s/^$1${2:+{$2\}} //p"
}
addresses() {
	echo "{\"ipam\":{\"type\":\"podtap-ipam\",\"dataDir\":\"$BATS_TEST_TMPDIR/store\",\"subnet\":\"10.99.0.0/28\"}}"
}

@test "metrics: counts endpoints by network, kind, mode, master and state, and addresses by network" {
	run -0 cni ADD "$(addresses)"
	CNI_CONTAINERID=second-$container run -0 env CNI_COMMAND=ADD CNI_CONTAINERID="second-$container" \
		CNI_NETNS="/run/netns/$other" CNI_IFNAME=eth0 CNI_PATH="$BUILD" \
		ip netns exec "$host" "$BUILD/podtap" <<<"$(config "$(addresses)")"
	run -0 ctl metrics
	labels='network="net",kind="macvtap",mode="bridge",master="lan0"'
	[ "$(value podtap_endpoints "$labels,state=\"alive\"")" = 2 ]
	[ "$(value podtap_ipam_addresses 'network="net"')" = 13 ]
	[ "$(value podtap_ipam_addresses_used 'network="net"')" = 2 ]
	ip -n "$other" link delete eth0
	run -0 ctl metrics
	[ "$(value podtap_endpoints "$labels,state=\"alive\"")" = 1 ]
	[ "$(value podtap_endpoints "$labels,state=\"stale\"")" = 1 ]
	env CNI_COMMAND=DEL CNI_CONTAINERID="second-$container" CNI_IFNAME=eth0 CNI_PATH="$BUILD" \
		ip netns exec "$host" "$BUILD/podtap" <<<"$(config "$(addresses)")"
	run -0 cni DEL "$(addresses)"
	rm -r "$BATS_TEST_TMPDIR/store"
}
@test "metrics: counts endpoints without addresses of podtap-ipam, in several containers" {
	run -0 cni ADD
	for id in second third; do run -0 cni ADD '{}' CNI_CONTAINERID="$container-$id" CNI_IFNAME="$id"; done
	run -0 --separate-stderr ctl metrics
	[ "$(value podtap_endpoints 'network="net",kind="macvtap",mode="bridge",master="lan0",state="alive"')" = 3 ]
}
@test "metrics: counts calls from its first run on, by verb, and failures by code" {
	run -0 cni ADD
	run -0 cni DEL
	[ ! -e "$PODTAP_STATE_DIR/counters" ]
	run -0 ctl metrics
	[ "$(value podtap_call_duration_seconds_count 'verb="ADD"')" = 0 ]
	run -0 cni ADD
	run -1 cni_raw ADD "$(config '{"mode":"x"}')"
	run -1 cni_raw ADD "$(config '{"mode":"x"}')"
	run -0 cni DEL
	run -0 ctl metrics
	[ "$(value podtap_call_duration_seconds_count 'verb="ADD"')" = 3 ]
	[ "$(value podtap_call_duration_seconds_bucket 'verb="ADD",le="+Inf"')" = 3 ]
	[ "$(value podtap_call_duration_seconds_count 'verb="DEL"')" = 1 ]
	[ "$(value podtap_call_failures_total 'verb="ADD",code="7"')" = 2 ]
	[ "$(value podtap_call_failures_total 'verb="DEL",code="7"')" = "" ]
	[[ $(value podtap_call_duration_seconds_sum 'verb="DEL"') != 0.000000 ]]
	rm "$PODTAP_STATE_DIR/counters"
}
@test "metrics: calls at once are all counted; a file of another generation or kind counts nothing and harms no call" {
	run -0 ctl metrics
	for _ in {1..20}; do env CNI_COMMAND=DEL "$BUILD/podtap" </dev/null >/dev/null 2>&1 & pids+=($!); done
	for pid in "${pids[@]}"; do wait "$pid" || :; done
	run -0 ctl metrics
	[ "$(value podtap_call_failures_total 'verb="DEL",code="4"')" = 20 ]
	for bad in short link; do
		rm "$PODTAP_STATE_DIR/counters"
		if [ $bad = short ]; then echo x >"$PODTAP_STATE_DIR/counters"; else ln -s /etc/passwd "$PODTAP_STATE_DIR/counters"; fi
		run -0 cni ADD
		run -0 cni DEL
		run -0 ctl metrics
		[ "$(value podtap_call_duration_seconds_count 'verb="ADD"')" = 0 ]
	done
	rm "$PODTAP_STATE_DIR/counters"
}
@test "metrics: where the state directory cannot be written, all but the calls are there, and those if they were counted before" {
	run -0 cni ADD
	read_only() {
		mount --bind "$PODTAP_STATE_DIR" "$PODTAP_STATE_DIR"
		mount -o remount,ro,bind "$PODTAP_STATE_DIR"
		run ctl metrics
		umount "$PODTAP_STATE_DIR"
		[ "$status" = 0 ] && [[ $output == *'podtap_endpoints{'*'state="alive"} 1'* ]]
	}
	read_only
	[[ $output == *"# No call is counted: begin to count calls in $PODTAP_STATE_DIR/counters: Read-only file system"* ]]
	run -0 ctl metrics
	run -0 cni DEL
	run -0 cni ADD
	read_only
	[ "$(value podtap_call_duration_seconds_count 'verb="ADD"')" = 1 ]
	rm "$PODTAP_STATE_DIR/counters"
}
@test "metrics --output: replaces the file as a whole; the text is what Prometheus reads" {
	run -0 cni ADD "$(addresses)"
	echo former >"$BATS_TEST_TMPDIR/podtap.prom"
	run -0 ctl metrics --output "$BATS_TEST_TMPDIR/podtap.prom"
	[ -z "$output" ]
	[ "$(stat -c %a "$BATS_TEST_TMPDIR/podtap.prom")" = 644 ]
	[ ! -e "$BATS_TEST_TMPDIR/podtap.prom.new" ]
	run -0 /usr/bin/python3 -c 'import sys
from prometheus_client.parser import text_string_to_metric_families as parse
for family in parse(open(sys.argv[1]).read()):
    print(family.name, family.type, len(family.samples))' "$BATS_TEST_TMPDIR/podtap.prom"
	[[ $output == *'podtap_endpoints gauge 1'*'podtap_call_duration_seconds histogram 70'* ]]
	run -2 ctl metrics --output /proc/none/x
	run -2 ctl metrics --output "$BATS_TEST_TMPDIR/other" --listen 127.0.0.1:9799
	[ ! -e "$BATS_TEST_TMPDIR/other" ]
	run -0 cni DEL "$(addresses)"
	rm -r "$BATS_TEST_TMPDIR/store" "$PODTAP_STATE_DIR/counters"
}
@test "metrics --listen: answers at a socket for root alone and at an address, and is not held up by a silent client" {
	ip -n "$host" link set lo up
	for where in "unix:$BATS_TEST_TMPDIR/socket" 127.0.0.1:9799 '[::1]:9799'; do
		case $where in
		unix:*) by=(--unix-socket "${where#unix:}") url=http://podtap ;;
		*) by=() url=http://$where ;;
		esac
		ip netns exec "$host" "$BUILD/podtapctl" metrics --listen "$where" 3>&- &
		background+=($!)
		run -0 --separate-stderr at "$host" curl -sS -g --retry 200 --retry-delay 0 --retry-all-errors --max-time 60 "${by[@]}" "$url/metrics"
		[[ $output == '# HELP podtap_build_info '* ]]
		run -22 at "$host" curl -sSf -g "${by[@]}" "$url/other"
		kill "${background[-1]}"
	done
	[ "$(stat -c %a "$BATS_TEST_TMPDIR/socket")" = 600 ]
	# the socket that it left is used again; a client that says nothing does not stop it
	ip netns exec "$host" "$BUILD/podtapctl" metrics --listen "unix:$BATS_TEST_TMPDIR/socket" 3>&- &
	background+=($!)
	curl -sS --retry 200 --retry-delay 0 --retry-all-errors -o /dev/null --unix-socket "$BATS_TEST_TMPDIR/socket" http://podtap/metrics
	python3 -c 'import socket, sys, time
at = socket.socket(socket.AF_UNIX)
at.connect(sys.argv[1])
print("connected", flush=True)
time.sleep(1000)' "$BATS_TEST_TMPDIR/socket" >"$BATS_TEST_TMPDIR/silent" 3>&- &
	background+=($!)
	until grep -q connected "$BATS_TEST_TMPDIR/silent"; do sleep 0.02; done
	run -0 timeout 120 curl -sS --unix-socket "$BATS_TEST_TMPDIR/socket" http://podtap/metrics
	[[ $output == *podtap_endpoints* ]]
	for wrong in 127.0.0.1 127.0.0.1:0 127.0.0.1:70000 ::1:80 '[::1]' localhost:80 unix: "unix:$(printf %0200d 0)"; do
		run -2 --separate-stderr ctl metrics --listen "$wrong"
		[[ $stderr == *"it must be unix:PATH, IP:PORT or [IPV6]:PORT"* ]]
	done
	rm "$PODTAP_STATE_DIR/counters"
}
