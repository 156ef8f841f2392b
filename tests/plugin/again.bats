#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ADD after an earlier ADD without a DEL, and parallel ADDs of one container.
load ../lib/lib
load ../lib/endpoint
load ../lib/delegate

setup() {
	lan_setup
	delegates_setup
}

# Every kind of IPAM, as a word and the members of a configuration: while read -r kind ipam
kinds() {
	cat <<-KINDS
		none "mtu":0
		in-process "ipam":{"type":"podtap-ipam","dataDir":"$leases","subnet":"10.99.0.0/24"}
		delegated $(host_local)
		static "ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.7/24"}]}
		delegated-static "cniVersion":"1.0.0","ipam":{"type":"static","addresses":[{"address":"10.99.0.7/24"}]}
	KINDS
}
# Prints the endpoint in $pod, and the files of the store and the state.
endpoint_shown() {
	ip -n "$pod" -j addr show dev eth0 | jq -c '.[] | [.ifindex, .address, .flags, .addr_info[].local]'
	ip -n "$pod" route show
	grep -r . "$PODTAP_STATE_DIR/endpoints" "$PODTAP_CDI_DIR"
	ls "$PODTAP_STATE_DIR/indices"
	find "$leases" -type f -name '10.*' -exec grep -H . {} +
}
# What an ADD may fail for once the former endpoint is looked at: a text of the error, and how jq makes
# a good configuration fail for it.
reasons() {
	cat <<-'REASONS'
		in use|.mac = "02:00:00:00:00:99"
		10.1.0.0/16|.ipam.routes = [{"dst": "10.1.0.0/16", "gw": "172.31.0.1"}]
		available|.ipam.ranges = [[{"subnet": "10.99.0.0/24", "rangeStart": "10.99.0.200", "rangeEnd": "10.99.0.200"}]] | del(.ipam.subnet)
	REASONS
}

@test "ADD: is refused while the former endpoint exists, and leaves it unchanged, with every kind of IPAM" {
	while read -r kind ipam; do
		echo "$kind"
		run -0 cni ADD "{\"cdi\":true,$ipam}" "$delegates"
		tap >/dev/null
		endpoint_shown >"$BATS_TEST_TMPDIR/before"
		for change in '{}' '{"mac":"02:00:00:00:00:08"}' '{"mode":"private"}' '{"addressOwner":"guest"}'; do
			run -1 cni_raw ADD "$(config "$(jq -c ". + {cdi: true,$ipam}" <<<"$change")")" "$delegates" \
				CNI_NETNS="/run/netns/$other"
			error_is 999 eth0 "exists already" "/run/netns/$pod" "needs a DEL first"
			endpoint_shown >"$BATS_TEST_TMPDIR/after"
			run -0 diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
			run -1 link_exists "$other" eth0
		done
		run -0 cni CHECK "{\"cdi\":true,$ipam}" "$delegates"
		run -0 cni DEL "{\"cdi\":true,$ipam}" "$delegates" CNI_NETNS="/run/netns/$other"
		run -0 assert_nothing_left
	done < <(kinds)
}
@test "ADD: leaves alone a former endpoint that the container renamed" {
	run -0 cni ADD
	tap >/dev/null
	ip -n "$pod" link set eth0 down
	ip -n "$pod" link set eth0 name moved0
	run -1 cni_raw ADD "$(config)"
	error_is 999 "exists already" moved0
	run -0 link_exists "$pod" moved0
	run -0 cni DEL
	run -1 link_exists "$pod" moved0
}
@test "ADD: replaces a former endpoint whose netns is gone, and its reservation, with every kind of IPAM" {
	while read -r kind ipam; do
		echo "$kind"
		pod_add crashed
		run -0 cni ADD "{\"cdi\":true,$ipam}" "$delegates" CNI_NETNS="/run/netns/$crashed"
		index=$(jq .ifindex "$(record)")
		ip netns del "$crashed"
		run -0 cni ADD "{\"cdi\":true,$ipam}" "$delegates"
		[ ! -L "$PODTAP_STATE_DIR/indices/$index" ]
		[ "$(jq -r .netns.path "$(record)")" = "/run/netns/$pod" ]
		run -0 cni CHECK "{\"cdi\":true,$ipam}" "$delegates"
		run -0 find "$leases" -type f -name '10.*'
		[ "${#lines[@]}" -le 1 ]
		tap >/dev/null
		run -0 cni DEL "{\"cdi\":true,$ipam}" "$delegates"
		run -0 assert_nothing_left
	done < <(kinds)
}
@test "ADD: leaves nothing when it fails after it removed a former endpoint; the next ADD succeeds" {
	run -0 cni ADD '{"mac":"02:00:00:00:00:99"}' CNI_CONTAINERID=bystander CNI_NETNS="/run/netns/$other"
	for taken in '"type":"podtap-ipam"' '"type":"host-local"'; do
		run -0 cni ADD "{\"name\":\"net\",\"ipam\":{$taken,\"dataDir\":\"$leases\",\"ranges\":[[{\"subnet\":\"10.99.0.0/24\",
			\"rangeStart\":\"10.99.0.200\",\"rangeEnd\":\"10.99.0.200\"}]]}}" "$delegates" \
			CNI_CONTAINERID=other CNI_IFNAME=net1 CNI_NETNS="/run/netns/$other"
		ipam="{$taken,\"dataDir\":\"$leases\",\"subnet\":\"10.99.0.0/24\"}"
		while IFS='|' read -r text change; do
			echo "$taken: $text"
			pod_add crashed
			good=$(config "{\"ipam\":$ipam}")
			run -0 cni_raw ADD "$good" "$delegates" CNI_NETNS="/run/netns/$crashed"
			ip netns del "$crashed"
			run -1 cni_raw ADD "$(jq -c "$change" <<<"$good")" "$delegates"
			[[ $output == *"$text"* ]]
			[ ! -e "$PODTAP_STATE_DIR/endpoints/$container" ]
			run -1 grep -rl "$container" "$leases"
		done < <(reasons)
		run -0 cni_raw ADD "$good" "$delegates"
		run -0 cni_raw DEL "$good" "$delegates"
		run -0 cni DEL "{\"ipam\":{$taken,\"dataDir\":\"$leases\",\"subnet\":\"10.99.0.0/24\"}}" "$delegates" \
			CNI_CONTAINERID=other CNI_IFNAME=net1 CNI_NETNS="/run/netns/$other"
	done
}
@test "ADD: succeeds after a killed ADD without a DEL, with every kind of IPAM" {
	export ASAN_OPTIONS=detect_leaks=0 # the leak checker works under no tracer
	while read -r kind ipam; do
		echo "$kind"
		wrapper=(strace -qq -o "$BATS_TEST_TMPDIR/trace" -e "trace=renameat,rename,renameat2")
		for _ in 1 2; do # the second is like all that follow: our directories are there
			run -0 cni ADD "{$ipam}" "$delegates"
			renames=$(grep -c '^rename' "$BATS_TEST_TMPDIR/trace")
			run -0 cni DEL "{$ipam}" "$delegates"
		done
		# When the record is completed: the endpoint is there, and its addresses are reserved.
		wrapper+=(-e "inject=renameat,rename,renameat2:signal=KILL:when=$renames")
		run -137 cni_raw ADD "$(config "{$ipam}")" "$delegates"
		wrapper=()
		run -0 link_exists "$pod" eth0
		run -0 cni ADD "{$ipam}" "$delegates"
		tap >/dev/null
		run -0 cni CHECK "{$ipam}" "$delegates"
		run -0 cni DEL "{$ipam}" "$delegates"
		run -0 assert_nothing_left
	done < <(kinds)
}
@test "ADD: two interfaces of one container succeed in parallel, repeatedly" {
	for _ in 1 2 3 4 5; do
		cni_raw ADD "$(config)" CNI_IFNAME=eth0 >"$BATS_TEST_TMPDIR/first" 3>&- &
		first=$!
		cni_raw ADD "$(config)" CNI_IFNAME=net1 >"$BATS_TEST_TMPDIR/second" 3>&- &
		second=$!
		wait "$first" && wait "$second"
		run -0 jq -er '.interfaces[0].name' "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/second"
		[ "$output" = $'eth0\nnet1' ]
		[ "$(tap eth0)" != "$(tap net1)" ]
		cni_raw DEL "$(config)" CNI_IFNAME=eth0 3>&- &
		first=$!
		cni_raw DEL "$(config)" CNI_IFNAME=net1 3>&- &
		second=$!
		wait "$first" && wait "$second"
		run -0 assert_nothing_left
	done
}
@test "ADD, GC: accept a containerID of 255 bytes" {
	container=$(printf 'c%.0s' {1..255})
	run -0 cni ADD
	run -0 cni CHECK
	tap >/dev/null
	run -0 cni DEL
	run -0 cni ADD
	run -0 cni GC '{"cni.dev/valid-attachments":[]}'
	run -1 link_exists "$pod" eth0
}
