#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What else is on the node does not make a call longer: each test counts the records that a call reads, beside many.
load ../lib/lib
load ../lib/crowd

setup() {
	lan_setup
	trace=$BATS_TEST_TMPDIR/trace
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_IFNAME=net1
}
# Runs a program. Prints how many records it opened: reads COMMAND...
reads() {
	env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$trace" -e trace=open,openat "$@" >"$BATS_TEST_TMPDIR/out" || return
	grep -c '\.json"' "$trace" || true
}
# Prints how many records a GC opened, whose list has the test's endpoints and those of x0 to x29: gc_reads [CHANGES]
gc_reads() {
	local list
	list=$(jq -cn --arg id "$container" '{"cni.dev/valid-attachments": ([range(30) | {containerID: "x\(.)", ifname: "eth0"}]
		+ [{containerID: $id, ifname: "eth0"}, {containerID: $id, ifname: "net1"}])}')
	config "$list" | jq -c ". + ${1:-{\}}" >"$BATS_TEST_TMPDIR/gc"
	reads nsenter --net="/run/netns/$host" env CNI_COMMAND=GC CNI_PATH="$BUILD" "$BUILD/podtap" <"$BATS_TEST_TMPDIR/gc"
}

@test "show: reads the records of the container alone, and of one interface its record alone" {
	crowd 30
	run -0 reads "$BUILD/podtapctl" show "$container"
	[ "$output" = 2 ]
	[ "$(grep -c alive "$BATS_TEST_TMPDIR/out")" = 2 ]
	run -0 reads "$BUILD/podtapctl" show "$container" net1
	[ "$output" = 1 ]
	for id in y ../x . "$(printf 'x%.0s' {1..300})"; do
		run -2 "$BUILD/podtapctl" show "$id"
		[[ $output == *"no record of it"* ]]
	done
	crowd_end
}
@test "GC: reads no record of the list, and each other record once, also with an IPAM plugin" {
	crowd 30
	for ipam in '' '{"ipam":{"type":"podtap-ipam","dataDir":"'"$BATS_TEST_TMPDIR/leases"'","subnet":"10.99.0.0/24"}}'; do
		run -0 gc_reads "$ipam"
		[ "$output" = 0 ]
	done
	crowd_end
	crowd 40 another
	run -0 gc_reads "$ipam"
	[ "$output" = 10 ]
	crowd_end
	[ -e "$(record)" ] && [ -e "$(record net1)" ]
}
@test "GC: removes the directory of a container without a record, and leaves one with a file" {
	mkdir "$PODTAP_STATE_DIR/endpoints/"{y0,y1}
	touch "$PODTAP_STATE_DIR/endpoints/y1/file"
	run -0 gc_reads
	[ "$output" = 0 ]
	[ ! -e "$PODTAP_STATE_DIR/endpoints/y0" ]
	rm -r "$PODTAP_STATE_DIR/endpoints/y1"
}
