#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a call may still do once every namespace is open, and what a delegate may.
load lib
load delegate
load tamper

setup() {
	lan_setup
	delegates_setup
	trace=$BATS_TEST_TMPDIR/trace
	wrapper=("${traced[@]}" -e "trace=setns,capset")
}
teardown() {
	lan_teardown
}

# The capabilities that are kept in the end, without "CAP_"; no namespace is entered after that.
kept() {
	tail -n 1 "$trace" | sed -nE 's/^capset.*effective=([^,]*), permitted=\1,.*/\1/p' | sed 's/1<<CAP_//g' |
		tr '|' '\n' | LC_ALL=C sort | paste -sd ' '
}

@test "ADD, CHECK: keep what links, addresses and nodes take, nothing for entering namespaces or reading the LAN" {
	for change in '{}' '{"acd":true}' '{"type":"macvlan"}'; do
		for verb in ADD CHECK; do
			run -0 cni "$verb" "$change"
			grep -q setns "$trace"
			[ "$(kept)" = "CHOWN DAC_OVERRIDE FOWNER MKNOD NET_ADMIN" ] || { cat "$trace"; return 1; }
		done
		run -0 cni DEL "$change"
	done
}
@test "STATUS: enters no namespace, and keeps no more than ADD" {
	run -0 cni STATUS
	[ "$(grep -c setns "$trace")" = 0 ]
	[ "$(kept)" = "CHOWN DAC_OVERRIDE FOWNER MKNOD NET_ADMIN" ]
}
@test "ADD: who may not enter the namespace is told what it takes, and nothing is made" {
	for how in "setpriv --reuid 65534 --clear-groups" "setpriv --bounding-set -sys_admin"; do
		read -ra wrapper <<<"$how"
		run -1 cni ADD
		error_is 999 root CAP_SYS_ADMIN
		[ ! -e "$PODTAP_STATE_DIR" ]
	done
	wrapper=()
}
@test "DEL: a namespace we may not look at is no namespace that is gone: with and without a record it says so" {
	nsenter --net="/run/netns/$pod" sleep 60 3>&- &
	background+=($!)
	path=/proc/$!/ns/net
	until [ "$(readlink "$path")" != "$(readlink /proc/self/ns/net)" ]; do :; done
	run -0 cni ADD '{}' CNI_NETNS="$path"
	node=$(tap)
	wrapper=(setpriv --bounding-set -sys_ptrace)
	run -1 cni DEL '{}' CNI_NETNS="$path"
	error_is 4 "$path" "Permission denied"
	run -0 link_exists "$pod" eth0
	run -1 cni DEL '{}' CNI_NETNS="$path" CNI_CONTAINERID=stranger
	wrapper=()
	run -0 cni DEL '{}' CNI_NETNS="$path"
	[ ! -e "$node" ]
}
@test "IPAM: a plugin has the capabilities the runtime gave us, whatever we gave up" {
	delegate asking <<-END
		grep CapEff /proc/self/status >"$BATS_TEST_TMPDIR/\$CNI_COMMAND"
		answer '"ips":[{"address":"10.99.0.7/24"}]'
	END
	for verb in ADD CHECK DEL; do
		run -0 cni "$verb" '{"cniVersion":"1.0.0","ipam":{"type":"asking"}}' "$delegates"
		[ "$(cat "$BATS_TEST_TMPDIR/$verb")" = "$(grep CapEff /proc/self/status)" ]
	done
}
