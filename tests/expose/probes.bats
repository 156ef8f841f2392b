#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The probes of the long-running programs, which a kubelet runs: what they say of a program that serves, and of one that
# does not, in each way in which a node can be broken. kubelet shows what a probe prints as an event of the pod.
load ../lib/lib
load ../lib/nri

setup() {
	lan_setup
	dir=$BATS_TEST_TMPDIR
	socket=$dir/nri/nri.sock
	kubelet=$dir/kubelet
	mkdir "$dir/nri" "$kubelet" "$dir/state"
	export PODTAP_STATE_DIR=$dir/state
	unset NRI_PLUGIN_NAME NRI_PLUGIN_IDX NRI_PLUGIN_SOCKET
	dataplane='[{"name":"dataplane","lowerDevice":"lan0","capacity":3}]'
	resource=macvtap.network.kubevirt.io/dataplane
}
teardown() {
	[ -z "${program:-}" ] || kill -CONT "$program" 2>/dev/null || :
	! mountpoint -q "$PODTAP_STATE_DIR" || umount "$PODTAP_STATE_DIR"
	lan_teardown
}

# Starts a program with a socket for its probes: program_start NAME OPTION...
program_start() {
	PODTAP_HEALTH_SOCKET=$dir/$1.health DP_MACVTAP_CONF=$dataplane nsenter --net="/run/netns/$host" -- \
		"$BUILD/$1" "${@:2}" 2>>"${log:-$dir/log}" 3>&- &
	program=$!
	background+=("$program")
	until_true test -S "$dir/$1.health"
}
nri_start() {
	program_start podtap-nri --socket "$socket"
}
device_plugin_start() {
	program_start podtap-device-plugin -d "$kubelet"
}
until_true() {
	local end=$((SECONDS + 60))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || { echo "never true: $*"; cat "$dir/log"; return 1; }
		sleep 0.02
	done
}
# Asks a program: probe NAME ready|live
probe() {
	PODTAP_HEALTH_SOCKET=$dir/$1.health "$BUILD/$1" --probe "$2" 2>&1
}
# The probe's answer is this text: says NAME ready|live STATUS TEXT
says() {
	run probe "$1" "$2"
	[ "$status $output" = "$3 $4" ] || { echo "$status $output"; return 1; }
}
# Says that it is not ready, for this reason, and that it lives all the same: unready NAME REASON
unready() {
	says "$1" ready 1 "$1: not ready: $2" && says "$1" live 0 "live, not ready: $2"
}
# The same, once it has come to that.
unready_at_last() {
	until_true unready "$@" >"$dir/tried" || { tail -n 3 "$dir/tried"; return 1; }
}
ready_at_last() {
	until_true says "$1" ready 0 "ready${2:+: $2}" >"$dir/tried" || { tail -n 3 "$dir/tried"; return 1; }
}
kubelet_start() {
	"$fixtures/kubelet/kubelet" serve "$kubelet" >>"$dir/heard" 3>&- &
	served=$!
	background+=("$served")
}

@test "probe of podtap-nri: without NRI on the runtime it is not ready, and gives the reason, also in its log" {
	nri_start
	unready_at_last podtap-nri "connect to $socket: No such file or directory. Is NRI on in the runtime, with this socket?"
	logged 1 "podtap-nri: connect to $socket: No such file or directory: it tries again until NRI is on in the runtime, with this socket"
}
@test "probe of podtap-nri: a wrong socket is no registration; it is ready when the runtime has registered it" {
	: >"$socket"
	nri_start
	unready_at_last podtap-nri "connect to $socket: Connection refused. Is NRI on in the runtime, with this socket?"
	printf '%s\n' '"register"' '"wait"' >"$dir/silent"
	"$fixtures/nri/runtime" "$socket.new" <"$dir/silent" >/dev/null 3>&- &
	silent=$!
	background+=("$silent")
	until_true [ -S "$socket.new" ]
	mv "$socket.new" "$socket" # no moment without a file: the reason stays the same
	unready_at_last podtap-nri "the runtime has not registered it: is $socket the socket of NRI? Before: connect to $socket: Connection refused"
	kill "$silent"
	unready_at_last podtap-nri "connect to $socket: Connection refused. Is NRI on in the runtime, with this socket?"
	rm -f "$socket"
	printf '%s\n' '"session"' '"wait"' >"$dir/registers"
	"$fixtures/nri/runtime" "$socket" <"$dir/registers" >/dev/null 3>&- &
	registers=$!
	background+=("$registers")
	ready_at_last podtap-nri
	mv "$socket" "$socket.gone"
	kill "$registers"
	logged 2 "the connection to the runtime has ended"
	unready_at_last podtap-nri "connect to $socket: No such file or directory. Is NRI on in the runtime, with this socket?"
}
@test "probe of podtap-device-plugin: it is ready while a kubelet has every resource registered, and after a restart again" {
	device_plugin_start
	unready podtap-device-plugin "there is no kubelet at $kubelet/kubelet.sock"
	kubelet_start
	ready_at_last podtap-device-plugin
	kill "$served"
	wait "$served" || :
	rm -f "$kubelet/kubelet.sock"
	unready_at_last podtap-device-plugin "there is no kubelet at $kubelet/kubelet.sock"
	kubelet_start
	ready_at_last podtap-device-plugin
}
@test "probe of podtap-device-plugin: a resource whose interface is gone is named; kubelet counts it, so it stays ready" {
	kubelet_start
	device_plugin_start
	ready_at_last podtap-device-plugin
	ip -n "$host" link set lan0 name away
	ready_at_last podtap-device-plugin "$resource: lan0 is gone"
	grep -q '"unhealthy": 3' <(tail -n +1 -F --pid=$$ "$dir/heard" 2>/dev/null)
	ip -n "$host" link set away name lan0
	ready_at_last podtap-device-plugin
}
@test "probe of podtap-device-plugin: while CNI calls cannot read its resources, since /run/podtap is read-only, it is not ready" {
	kubelet_start
	mount --bind "$PODTAP_STATE_DIR" "$PODTAP_STATE_DIR"
	mount -o remount,bind,ro "$PODTAP_STATE_DIR"
	device_plugin_start
	until_true grep "$resource is registered" "$dir/log"
	run -1 probe podtap-device-plugin ready
	[[ $output == "podtap-device-plugin: not ready: "*"$PODTAP_STATE_DIR"*": Read-only file system" ]]
	run -0 probe podtap-device-plugin live
	umount "$PODTAP_STATE_DIR"
	ready_at_last podtap-device-plugin
	[ "$(grep -c "Read-only file system" "$dir/log")" = 1 ]
	[ -s "$PODTAP_STATE_DIR/resources.json" ]
}
# A log that takes nothing, and that nobody reads.
log_fill() {
	log=$dir/full
	mkfifo "$log"
	exec {unread}<>"$log"
	python3 -c 'import os, sys
log = os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK)
try:
    while True:
        os.write(log, b"x" * 4096)
except BlockingIOError:
    pass' "$log"
}
@test "log: a full one that nobody reads holds neither program, nor its end" {
	log_fill
	kubelet_start
	device_plugin_start
	ready_at_last podtap-device-plugin
	kill "$program"
	wait "$program"
	printf '%s\n' '"session"' '"wait"' >"$dir/registers"
	"$fixtures/nri/runtime" "$socket" <"$dir/registers" >/dev/null 3>&- &
	background+=($!)
	nri_start
	ready_at_last podtap-nri
	kill "$program"
	wait "$program"
	exec {unread}>&-
}
@test "probe: a program that is stopped is not live, and one that ended or never had a socket is not either" {
	nri_start
	kill -STOP "$program"
	says podtap-nri live 1 "podtap-nri: not live: no answer in 5 seconds: it is stopped, or stuck" &
	asked=$!
	says podtap-nri ready 1 "podtap-nri: not live: no answer in 5 seconds: it is stopped, or stuck"
	wait "$asked"
	kill -CONT "$program"
	run -0 probe podtap-nri live
	kill "$program"
	wait "$program" || :
	says podtap-nri live 1 "podtap-nri: not live: connect to $dir/podtap-nri.health: Connection refused"
	run -1 env -u PODTAP_HEALTH_SOCKET "$BUILD/podtap-nri" --probe live
	[ "$output" = "podtap-nri: not live: PODTAP_HEALTH_SOCKET is not set to the socket of the program that runs" ]
	run -1 env PODTAP_HEALTH_SOCKET=health "$BUILD/podtap-nri"
	[ "$output" = "podtap-nri: the variable PODTAP_HEALTH_SOCKET: it must be an absolute path of less than 108 bytes" ]
}
@test "probe: only the program's own user may ask, and other words are refused" {
	nri_start
	[ "$(stat -c %a "$dir/podtap-nri.health")" = 600 ]
	for name in podtap-nri podtap-device-plugin podtap-addresses; do
		run -2 "$BUILD/$name" --probe well
		[[ $output == *"--probe well: it must be ready or live"* ]]
	done
}
