#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The oldest kernels: the calls that they do not know fail as they do there.
load ../lib/lib
load ../lib/endpoint

# Runs the plugin from here on as on a kernel that refuses these: without "CALL:error=ERRNO[:when=N]"...
without() {
	local refusal
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # which cannot look while it is traced
	wrapper=(strace -f -qq -o "$BATS_TEST_TMPDIR/refused")
	for refusal; do
		wrapper+=(-e "inject=$refusal")
	done
}

@test "before 5.14: without namespace cookies device and inode identify a namespace, from ADD to GC" {
	without getsockopt:error=ENOPROTOOPT
	for kind in macvtap macvlan; do
		run -0 cni ADD "{\"link\":\"$kind\"}"
		[ "$(jq '.netns | has("cookie")' "$PODTAP_STATE_DIR/endpoints/$container/eth0.json")" = false ]
		run -0 cni CHECK "{\"link\":\"$kind\"}"
		run -0 cni DEL "{\"link\":\"$kind\"}"
		run -1 link_exists "$pod" eth0
	done
	grep -q 'getsockopt.*INJECTED' "$BATS_TEST_TMPDIR/refused"

	run -0 cni ADD '{}' CNI_NETNS="/run/netns/$other"
	run -0 cni DEL # the recorded namespace counts
	run -1 link_exists "$other" eth0

	run -0 cni ADD '{}' CNI_CONTAINERID=stale
	run -0 cni ADD '{}' CNI_IFNAME=eth1
	run -0 cni GC "{\"cni.dev/valid-attachments\":[{\"containerID\":\"$container\",\"ifname\":\"eth1\"}]}"
	run -1 link_exists "$pod" eth0
	run -0 link_exists "$pod" eth1
}

@test "before 5.13: without an index in a move, a link that is taken over is found at its new index" {
	devices_private
	index=$(free_index)
	ip -n "$host" link add link lan0 name mvt1fe868afb8c3 index "$index" type macvtap mode bridge
	ip -n "$pod" link add other0 index "$index" mtu 1300 type bridge
	export ASAN_OPTIONS=detect_leaks=0 # the leak checker works under no tracer
	wrapper=("$BUILD/tests/tools/rewrite" moves)
	run -0 cni ADD '{"type":"macvtap","master":null,"deviceID":"dev500","mtu":1450}'
	new=$(link "$pod" eth0 .ifindex)
	[ "$new" -lt $((0x100000)) ] # which podtap wants none of
	[ "$(link "$pod" eth0 .mtu) $(link "$pod" other0 .mtu)" = "1450 1300" ]
	[ "$(jq -c '[.state, .ifindex]' "$(record)")" = "[\"ready\",$new]" ]
	[ "$(tap)" = "$PODTAP_DEV_DIR/tap$new" ]
	run -0 cni CHECK '{"type":"macvtap","master":null,"deviceID":"dev500"}'
	run -0 cni DEL '{"type":"macvtap","master":null,"deviceID":"dev500"}'
	run -1 link_exists "$pod" eth0
	[ -z "$(ls -A "$PODTAP_DEV_DIR")" ]
}

@test "before 6.3: without MFD_NOEXEC_SEAL in memfd_create an IPAM plugin still runs" {
	without memfd_create:error=EINVAL:when=1
	ipam="{\"cniVersion\":\"1.0.0\",\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"$leases\",\"ranges\":[[{\"subnet\":\"10.99.0.0/24\"}]]}}"
	run -0 cni ADD "$ipam"
	json_is '.ips | length' 1
	grep -q 'memfd_create.*INJECTED' "$BATS_TEST_TMPDIR/refused"
	run -0 cni DEL "$ipam"
}
