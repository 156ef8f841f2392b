#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ADD after an earlier one whose DEL never came, and ADDs of one container side by side.
load ../lib/lib
load ../lib/endpoint

@test "ADD: an endpoint of that name in the container's former namespace goes, the new one stands" {
	run -0 cni ADD '{"mac":"02:00:00:00:00:07"}'
	former=$(tap)
	# A runtime that crashed starts the container anew, in another namespace.
	run -0 cni ADD '{"mac":"02:00:00:00:00:08"}' CNI_NETNS="/run/netns/$other"
	json_is '.interfaces[0].mac' 02:00:00:00:00:08
	[ ! -e "$former" ]
	run -1 link_exists "$pod" eth0
	[ "$(jq -r .netns.path "$(record)")" = "/run/netns/$other" ]
	[ "$(tap_identity "$(tap)")" = "eth0 02:00:00:00:00:08" ]
	run -0 cni DEL '{}' CNI_NETNS="/run/netns/$other"
}
@test "ADD: two interfaces of one container at once, again and again" {
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
@test "ADD: a containerID of 255 bytes, from ADD to GC" {
	container=$(printf 'c%.0s' {1..255})
	run -0 cni ADD
	run -0 cni CHECK
	tap >/dev/null
	run -0 cni DEL
	run -0 cni ADD
	run -0 cni GC '{"cni.dev/valid-attachments":[]}'
	run -1 link_exists "$pod" eth0
}
