#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl prune: removes what is stale, and nothing else.
load ../lib/lib
load ../lib/control

setup() {
	lan_setup
	devices_private # links of other tests' numbers are in /dev
}
address() { # [CHANGES OF THE CONFIGURATION]
	jq -cn --arg dir "$leases" --argjson more "${1:-"{}"}" \
		'{cniVersion: "1.0.0", ipam: {type: "host-local", dataDir: $dir, ranges: [[{subnet: "10.99.0.0/24"}]]}} + $more'
}
# All that podtap and host-local keep, with its content; without what counts on.
kept() {
	find "$PODTAP_STATE_DIR" "$PODTAP_CDI_DIR" "$PODTAP_DEV_DIR" "$leases" ! -type d ! -name minors ! -name lock \
		! -name 'last_reserved*' -printf '%p %l ' \( -type f -exec md5sum {} \; -o -printf '\n' \) 2>/dev/null | sort
}

@test "prune: removes stale endpoints of every network with their addresses, and leaves every other as it is" {
	run -0 cni ADD "$(address '{"deviceID":"lives"}')"
	kept >"$BATS_TEST_TMPDIR/before"
	run -0 cni ADD "$(address '{"deviceID":"dies"}')" CNI_IFNAME=net1
	run -0 cni ADD "$(address '{"name":"net2","link":"macvlan"}')" CNI_CONTAINERID=gone CNI_NETNS="/run/netns/$other"
	ip -n "$pod" link del net1
	ip netns del "$other"
	kept >"$BATS_TEST_TMPDIR/all"
	run -1 ctl prune --dry-run
	[[ $output == *"net1 of $container: stale: its interface is gone"* ]]
	[[ $output == *"eth0 of gone: stale: its network namespace is gone"* ]]
	[ "${#lines[@]}" = 2 ]
	run -0 diff "$BATS_TEST_TMPDIR/all" <(kept)
	run -0 ctl prune
	[[ $output == *"net1 of $container: deleted"* && $output == *"eth0 of gone: deleted"* ]]
	run -0 diff "$BATS_TEST_TMPDIR/before" <(kept)
	link_exists "$pod" eth0
	run -0 ctl prune
	[ -z "$output" ]
}
@test "prune: leaves what cannot be examined, and an endpoint that has lost its node or changed its MAC address" {
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_IFNAME=net1
	run -0 cni ADD '{}' CNI_IFNAME=net2
	rm "$(tap)"
	ip -n "$pod" link set net1 down
	ip -n "$pod" link set net1 name other1 address 02:00:00:00:00:01
	cp "$(record net2)" "$BATS_TEST_TMPDIR/kept"
	echo '{' >"$(record net2)"
	kept >"$BATS_TEST_TMPDIR/before"
	run -2 ctl prune
	[ -z "$output" ]
	err_has "endpoint net2 of container $container: cannot decode"
	run -0 diff "$BATS_TEST_TMPDIR/before" <(kept)
	cp "$BATS_TEST_TMPDIR/kept" "$(record net2)"
	ip -n "$pod" link set other1 name net1
}
@test "prune: a newer podtap's endpoint is left while it lives, and removed when it is gone" {
	run -0 cni ADD "$(address)"
	jq -c '.version = 99' "$(record)" >"$BATS_TEST_TMPDIR/new"
	cp "$BATS_TEST_TMPDIR/new" "$(record)"
	run -0 ctl prune
	[ -e "$(record)" ]
	ip -n "$pod" link del eth0
	run -0 ctl prune
	[ ! -e "$(record)" ]
	[ -z "$(find "$leases" -name '10.99.*')" ]
}
@test "prune: an ADD that was killed goes, with its link and its address" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	wrapper=(strace -f -qqq -o /dev/null -e "inject=renameat,renameat2,rename:signal=KILL")
	run cni ADD "$(address)"
	wrapper=()
	link_exists "$pod" eth0
	run -0 ctl prune
	[ "$output" = "eth0 of $container: deleted" ]
	run -1 link_exists "$pod" eth0
	[ -z "$(find "$leases" -name '10.99.*')" ]
}
@test "prune: removes CDI devices, indices, links of numbers and directories that no record has, and no other file" {
	run -0 cni ADD '{"deviceID":"lives"}'
	mkdir -p "$PODTAP_CDI_DIR" "$PODTAP_STATE_DIR/indices" "$PODTAP_DEV_DIR/char"
	echo '{}' >"$PODTAP_CDI_DIR/podtap.dev-tap_foreign.json"
	echo x >"$PODTAP_CDI_DIR/other.json"
	ln -s ../sda "$PODTAP_DEV_DIR/char/8:0"
	ln -s "nobody/eth0/x" "$PODTAP_STATE_DIR/indices/17"
	kept >"$BATS_TEST_TMPDIR/before"
	run -0 cni ADD '{"deviceID":"dies"}' CNI_IFNAME=net1
	links=$(ls "$PODTAP_DEV_DIR/char")
	cp -a "$PODTAP_CDI_DIR/podtap.dev-tap_dies.json" "$BATS_TEST_TMPDIR"
	run -0 cni DEL '{}' CNI_IFNAME=net1
	cp -a "$BATS_TEST_TMPDIR/podtap.dev-tap_dies.json" "$PODTAP_CDI_DIR"
	ln -s "nobody/eth0" "$PODTAP_STATE_DIR/indices/16777000"
	ln -s "$container/eth0" "$PODTAP_STATE_DIR/indices/16777001"
	ln -s ../tap16777000 "$PODTAP_DEV_DIR/char/511:1048000"
	mkdir "$PODTAP_STATE_DIR/endpoints/nobody"
	run -1 ctl prune -n
	[ "${#lines[@]}" = 4 ]
	run -0 ctl prune
	[ "${#lines[@]}" = 4 ]
	run -0 diff "$BATS_TEST_TMPDIR/before" <(kept)
	[ ! -e "$PODTAP_STATE_DIR/endpoints/nobody" ]
	rm -r "$PODTAP_CDI_DIR"/{other,podtap.dev-tap_foreign}.json "$PODTAP_DEV_DIR/char/8:0" "$PODTAP_STATE_DIR/indices/17"
}
@test "prune: the CDI device of a tap without a record stays while its node exists" {
	run -0 cni ADD '{"deviceID":"lives"}'
	mv "$(record)" "$BATS_TEST_TMPDIR/away"
	run -0 ctl prune
	[ -e "$PODTAP_CDI_DIR/podtap.dev-tap_lives.json" ]
	mkdir -p "${PODTAP_STATE_DIR}/endpoints/$container"
	mv "$BATS_TEST_TMPDIR/away" "$(record)"
}
@test "prune: a container that has the host's files in a directory prunes by the host's paths; --lenient exits 0 where something stays" {
	run -0 cni ADD "$(address)"
	run -0 cni ADD "$(address '{"name":"net2"}')" CNI_CONTAINERID=gone CNI_NETNS="/run/netns/$other"
	ip netns del "$other"
	mkdir "$BATS_TEST_TMPDIR/files"
	# Here is no namespace at its path: all would be stale.
	in_container() {
		at "$host" unshare --mount sh -ec 'mount --rbind / "$0"; mount -t tmpfs none /run/netns; exec "$@"' "$BATS_TEST_TMPDIR/files" \
			"$BUILD/podtapctl" "$@"
	}
	run -1 in_container prune --dry-run
	[ "${#lines[@]}" = 2 ]
	run -0 in_container prune --chroot "$BATS_TEST_TMPDIR/files"
	[ "$output" = "eth0 of gone: deleted" ]
	link_exists "$pod" eth0
	run -2 in_container prune --chroot "$BATS_TEST_TMPDIR/nothing"
	[ "$output" = "podtapctl: enter the host's files at $BATS_TEST_TMPDIR/nothing: No such file or directory" ]
	cp "$(record)" "$BATS_TEST_TMPDIR/kept"
	echo '{' >"$(record)"
	run -2 ctl prune
	run -0 ctl prune --lenient
	err_has "podtapctl: left: endpoint eth0 of container $container: cannot decode"
	cp "$BATS_TEST_TMPDIR/kept" "$(record)"
}
@test "prune --ended: leaves an endpoint whose link is gone while its namespace lives, for repair" {
	run -0 cni ADD "$(address)"
	run -0 cni ADD "$(address '{"name":"net2"}')" CNI_CONTAINERID=gone CNI_NETNS="/run/netns/$other"
	ip -n "$pod" link del eth0
	ip netns del "$other"
	run -1 ctl prune --dry-run
	[ "${#lines[@]}" = 2 ]
	run -0 ctl prune --ended
	[ "$output" = "eth0 of gone: deleted" ]
	[ -e "$(record)" ]
	run -0 ctl prune --ended --dry-run
	[ -z "$output" ]
}
@test "prune, gc, delete: in a state directory that nobody can write, a stale endpoint stays, and the reason is said" {
	run -0 cni ADD
	ip -n "$pod" link delete eth0
	mount --bind "$PODTAP_STATE_DIR" "$PODTAP_STATE_DIR"
	mount -o remount,ro,bind "$PODTAP_STATE_DIR"
	for verb in prune 'gc net' "delete $container"; do
		# shellcheck disable=SC2086 # words
		run ctl $verb
		echo "$status $verb: $(grep '^podtapctl: ' "$BATS_TEST_TMPDIR/err")"
	done >"$BATS_TEST_TMPDIR/said"
	umount "$PODTAP_STATE_DIR"
	for verb in prune 'gc net' "delete $container"; do
		grep -q "^2 $verb: podtapctl: open $PODTAP_STATE_DIR/lock: Read-only file system" "$BATS_TEST_TMPDIR/said" ||
			{ cat "$BATS_TEST_TMPDIR/said"; false; }
	done
	run -0 ctl prune
	[ "$output" = "eth0 of $container: deleted" ]
}
