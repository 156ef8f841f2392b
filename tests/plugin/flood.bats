#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Root of a container floods netlink in its netns while podtap works there: no call hangs, and
# nothing stays.
load ../lib/lib
load ../lib/delegate
load ../lib/endpoint

setup() {
	lan_setup
	delegates_setup
}
teardown() {
	lan_teardown
}

# Has root of the pod flood, from here on: flood WORDS OF nlflood...
flood() {
	nsenter --net="/run/netns/$pod" -- "$BUILD/tests/tools/nlflood" "$@" >"$BATS_TEST_TMPDIR/flood" 2>&1 3>&- &
	background+=($!)
	until [ -s "$BATS_TEST_TMPDIR/flood" ]; do
		kill -0 $!
		sleep 0.01
	done
}
# A call as process 1 of a pid namespace, where everybody knows the port of its first netlink socket. One
# that hangs ends with 124.
in_pid_namespace() {
	wrapper=(timeout -s KILL 120 unshare -pf --kill-child)
}

@test "ADD, CHECK, GC and DEL: work as usual while root of the container sends to their sockets" {
	local round
	in_pid_namespace
	flood unicast 1
	for round in 1 2 3 4; do
		run -0 cni ADD '{"cniVersion":"1.1.0"}'
		result=$output
		run -0 cni CHECK "{\"cniVersion\":\"1.1.0\",\"prevResult\":$result}"
		if ((round % 2)); then
			run -0 cni DEL "{\"cniVersion\":\"1.1.0\",\"delWait\":$([ "$round" = 1 ] && echo true || echo false)}"
		else
			run -0 cni GC '{"cniVersion":"1.1.0","cni.dev/valid-attachments":[]}'
		fi
		run -1 link_exists "$pod" eth0
		run -0 assert_nothing_left
	done
}
@test "GC: removes the interfaces of all other containers while root of one floods its sockets" {
	run -0 cni ADD '{"cniVersion":"1.1.0"}'
	run -0 cni ADD '{"cniVersion":"1.1.0"}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	in_pid_namespace
	flood sockets
	run -0 cni GC '{"cniVersion":"1.1.0","cni.dev/valid-attachments":[]}'
	run -1 link_exists "$pod" eth0
	run -1 link_exists "$other" eth0
	run -0 assert_nothing_left
}
with_gateway='{"ips":[{"address":"fd99::7/64","gateway":"fd99::fe"}]}'
@test "ADD: messages to groups and endless address changes do not prolong the wait for an IPv6 address" {
	local what
	dad_transmits 600
	wrapper=(timeout -s KILL 120)
	for what in groups "addresses lo"; do
		# shellcheck disable=SC2086 # words
		flood $what
		run -1 cni ADD "$(answering "$with_gateway" '{"link":"macvlan"}')" "$delegates"
		error_is 11 "wait 5 s for the IPv6 addresses" "has not ended"
		run -0 assert_nothing_left
		kill "${background[-1]}"
	done
}
@test "ADD: makes a tap or reports a lost event while root of the container sends device events" {
	wrapper=(timeout -s KILL 120)
	flood groups
	run cni ADD
	[ "$status" = 0 ] || error_is 11 "find the device number of tap" "lost"
	run -0 cni DEL
	run -1 link_exists "$pod" eth0
	run -0 assert_nothing_left
}
@test "podtapctl list: shows all endpoints while root of a container floods its sockets" {
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	flood unicast 1
	for _ in {1..40}; do
		run -0 timeout -s KILL 120 unshare -pf --kill-child "$BUILD/podtapctl" list
		[ "${#lines[@]}" = 3 ]
	done
}
