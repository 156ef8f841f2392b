#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Parallel calls for one attachment, as runtimes make them that were killed and restarted: one
# attachment has one owner at a time.
load ../lib/lib
load ../lib/delegate

setup() {
	lan_setup
	delegates_setup
	go=$BATS_TEST_TMPDIR/go
	ipam='"cdi":true,"ipam":{"type":"slow"}'
	# Reserves, and answers an ADD only when the test says "go".
	delegate slow <<-SCRIPT
		lease='$leases'/\$CNI_CONTAINERID-\$CNI_IFNAME
		case \$CNI_COMMAND in
		ADD) : >"\$lease"; echo "\$PPID" >'$BATS_TEST_TMPDIR/reserved'
			until [ -e '$go' ]; do sleep 0.02; done
			answer '"ips":[{"address":"10.99.0.7/24"}]' ;;
		DEL) rm -f "\$lease" ;;
		GC) rm -f '$leases'/* ;;
		esac
	SCRIPT
}
teardown() {
	: >"$go"
	lan_teardown
}

# Runs a verb in the background; its output goes to $BATS_TEST_TMPDIR/VERB.out: begin VERB [CHANGES]
begin() {
	local changes=${2:-}
	cni_raw "$1" "$(config "${changes:-"{$ipam}"}")" "$delegates" >"$BATS_TEST_TMPDIR/$1.out" 3>&- &
	begun=$!
	background+=("$begun")
}
# Waits for one of these to end with a status: ended STATUS PID
ended() {
	local status=0
	wait "$2" || status=$?
	[ "$status" = "$1" ] || { echo "it ended with $status: $(cat "$BATS_TEST_TMPDIR"/*.out)"; return 1; }
}
# Waits until a command succeeds.
eventually() {
	local try
	for try in {1..3000}; do
		! "$@" 2>/dev/null || return 0
		sleep 0.02
	done
	echo "never: $*"
	return 1
}
# An ADD that has made its link and reserved its address, and waits for its delegate; in $add.
add_begin() {
	begin ADD
	add=$begun
	eventually test -s "$BATS_TEST_TMPDIR/reserved"
}
# Succeeds if a process waits for a lock of the state directory.
somebody_waits() {
	local inode
	inode=$(stat -c %i "$PODTAP_STATE_DIR/lock")
	grep -q -- "-> OFDLCK .*:$inode " /proc/locks
}
gc() {
	cni_raw GC "$(config "{$ipam,\"cni.dev/valid-attachments\":[]}")" "$delegates"
}

@test "DEL: waits for a running ADD and removes all of it" {
	add_begin
	begin DEL
	del=$begun
	eventually somebody_waits
	[ "$(called DEL)" = 0 ]
	: >"$go"
	ended 0 "$add"
	ended 0 "$del"
	[ ! -s "$BATS_TEST_TMPDIR/DEL.out" ]
	run -0 assert_nothing_left
}
# bats test_tags=long
@test "DEL: times out with a request to retry while an ADD still runs, and that ADD undoes itself" {
	add_begin
	run -1 cni_raw DEL "$(config "{$ipam}")" "$delegates"
	error_is 11 eth0 "$container" "still running"
	[ -e "$(record)" ]
	: >"$go"
	ended 1 "$add"
	output=$(cat "$BATS_TEST_TMPDIR/ADD.out")
	error_is 11 "a DEL for it came"
	run -0 assert_nothing_left
	run -0 cni_raw DEL "$(config "{$ipam}")" "$delegates"
}
@test "DEL: does not wait for a killed ADD whose delegate still runs" {
	add_begin
	kill -KILL "$(cat "$BATS_TEST_TMPDIR/reserved")"
	ended 137 "$add"
	run -0 cni_raw DEL "$(config "{$ipam}")" "$delegates"
	: >"$go"
	run -0 assert_nothing_left
}
@test "DEL: two in parallel succeed and leave nothing, repeatedly" {
	: >"$go"
	for _ in 1 2 3 4 5; do
		run -0 cni_raw ADD "$(config "{$ipam}")" "$delegates"
		begin DEL
		del=$begun
		run -0 cni_raw DEL "$(config "{$ipam}")" "$delegates"
		ended 0 "$del"
		run -0 assert_nothing_left
	done
}
@test "GC: leaves a running ADD and its reservation alone, and removes them the next time" {
	add_begin
	run -0 gc
	[ "$(called GC)" = 0 ]
	[ -e "$leases/$container-eth0" ]
	: >"$go"
	ended 0 "$add"
	run -0 link_exists "$pod" eth0
	[ -e "$leases/$container-eth0" ]
	[ -e "$PODTAP_CDI_DIR/podtap.dev-tap_${container}_eth0.json" ]
	run -0 gc
	[ "$(called GC)" = 1 ]
	run -0 assert_nothing_left
}
@test "GC: removes other attachments while an ADD runs" {
	run -0 cni_raw ADD "$(config)" CNI_CONTAINERID=stale CNI_NETNS="/run/netns/$other"
	add_begin
	run -0 gc
	[ ! -e "$PODTAP_STATE_DIR/endpoints/stale" ]
	run -1 link_exists "$other" eth0
	[ -e "$(record)" ]
	: >"$go"
	ended 0 "$add"
	run -0 gc
}
@test "ADD: waits for another ADD of the same attachment and is then refused" {
	add_begin
	cni_raw ADD "$(config "{$ipam}")" "$delegates" >"$BATS_TEST_TMPDIR/second.out" 3>&- &
	second=$!
	eventually somebody_waits
	: >"$go"
	ended 0 "$add"
	ended 1 "$second"
	output=$(cat "$BATS_TEST_TMPDIR/second.out")
	error_is 999 "exists already"
	run -0 link_exists "$pod" eth0
	[ -e "$leases/$container-eth0" ]
	[ -e "$PODTAP_CDI_DIR/podtap.dev-tap_${container}_eth0.json" ]
	run -0 cni_raw DEL "$(config "{$ipam}")" "$delegates"
}
@test "ADD: does not wait for other attachments of the same container or the same network" {
	add_begin
	run -0 cni_raw ADD "$(config)" CNI_IFNAME=net1
	run -0 cni_raw DEL "$(config)" CNI_IFNAME=net1
	run -0 cni_raw ADD "$(config)" CNI_CONTAINERID=neighbour CNI_NETNS="/run/netns/$other"
	run -0 cni_raw DEL "$(config)" CNI_CONTAINERID=neighbour CNI_NETNS="/run/netns/$other"
	run -0 kill -0 "$add"
	: >"$go"
	ended 0 "$add"
	run -0 cni_raw DEL "$(config "{$ipam}")" "$delegates"
}
@test "ADD: makes its record although the sweep of a GC removes the directory for it at that moment" {
	folder=$PODTAP_STATE_DIR/endpoints/$container
	export ASAN_OPTIONS=detect_leaks=0 # the leak checker works under no tracer
	# Stops the ADD between opening the directory and making the file in it.
	wrapper=(strace -qq -o /dev/null -P "${folder%/*}" -e trace=close -e inject=close:signal=SIGSTOP:when=1)
	begin ADD '{}'
	add=$begun
	wrapper=()
	opened() {
		stopped=$(find /proc/[0-9]*/fd -lname "$folder" -printf '%H' -quit | grep -o '[0-9]*')
		[ -n "$stopped" ]
	}
	eventually opened
	rmdir "$folder"
	continued() {
		! kill -CONT "$stopped" 2>/dev/null
	}
	eventually continued
	ended 0 "$add"
	run -0 cni_raw DEL "$(config)"
}
