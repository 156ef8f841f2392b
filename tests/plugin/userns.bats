# SPDX-License-Identifier: Apache-2.0
# Pods with a user namespace of their own (hostUsers: false): owner and group are ids of the container.
load ../lib/lib

# A sandbox in a user namespace of its own, as a runtime makes it: first the user namespace with its
# maps, then the network namespace in it.
#   userns_pod UID_MAP GID_MAP
userns_pod() {
	unshare --user sleep 100 3>&- &
	user=$!
	background+=("$user")
	until [ "$(readlink "/proc/$user/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do :; done
	tee <<<"$1" "/proc/$user/uid_map" >"$BATS_TEST_TMPDIR/map" # in one write, as the kernel wants it
	tee <<<"$2" "/proc/$user/gid_map" >"$BATS_TEST_TMPDIR/map"
	keep=$BATS_TEST_TMPDIR/sandbox
	touch "$keep"
	nsenter -t "$user" --user -S 0 -G 0 -- unshare --net sleep 100 3>&- &
	background+=($!)
	until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do :; done
	mount --bind "/proc/$!/ns/net" "$keep"
	theirs=(CNI_NETNS="$keep")
}
teardown() {
	local status=0
	cni_del_all || status=1
	[ -z "${keep:-}" ] || umount "$keep"
	lan_teardown || status=1
	return $status
}

@test "ADD: owner and group are ids of the container, which its user can open the tap with" {
	userns_pod "0 100000 1000" "0 200000 1000"
	run -0 cni ADD '{"owner": 107, "group": 36, "cdi": true}' "${theirs[@]}"
	node=$(tap)
	[ "$(stat -c '%u:%g %a' "$node")" = "100107:200036 600" ]
	run -0 jq -c '.tap | [.uid, .gid, .owner, .group]' "$(record)"
	[ "$output" = "[100107,200036,107,36]" ]
	# What a runtime gets are ids of the container, as the OCI specification wants them.
	run -0 jq -c '.devices[0].containerEdits.deviceNodes[0] | [.uid, .gid]' "$PODTAP_CDI_DIR"/*
	[ "$output" = "[107,36]" ]
	nsenter -t "$user" --user -S 107 -G 36 -- sh -c 'exec 5<>"$0"' "$node"
	run ! nsenter -t "$user" --user -S 108 -G 36 -- sh -c 'exec 5<>"$0"' "$node"
	run -0 cni CHECK '{"owner": 107, "group": 36, "cdi": true}' "${theirs[@]}"
}

@test "ADD: maps ids although all processes of the container have ended, and without a child on the host's own" {
	userns_pod $'0 100000 10\n100 300000 20' "0 200000 1000"
	kill "${background[@]}"
	wait "${background[@]}" || true
	run -0 cni ADD '{"owner": 107, "group": 0}' "${theirs[@]}"
	[ "$(stat -c '%u:%g' "$(tap)")" = 300007:200000 ]
	run -0 cni DEL '{"owner": 107, "group": 0}' "${theirs[@]}"
	wrapper=(strace -f -qq -o "$BATS_TEST_TMPDIR/calls" -e "trace=clone,clone3,fork,vfork")
	run -0 cni ADD '{"owner": 107}' ASAN_OPTIONS=detect_leaks=0
	wrapper=()
	[ ! -s "$BATS_TEST_TMPDIR/calls" ]
	run -0 jq -c '.tap | [.uid, has("owner")]' "$(record)"
	[ "$output" = "[107,false]" ]
}

@test "ADD: an id that the container does not have is an error with the map, and leaves nothing" {
	userns_pod $'0 100000 10\n100 300000 20' "0 200000 1000"
	run -1 cni ADD '{"owner": 50}' "${theirs[@]}"
	error_is 7 "owner 50 is not mapped" "uid_map" "\"0 100000 10; 100 300000 20\"" ownerIn
	run -1 cni ADD '{"group": 1000}' "${theirs[@]}"
	error_is 7 "group 1000 is not mapped" "gid_map" "200000"
	run -0 assert_nothing_left
}

@test "ADD: ownerIn host keeps ids of the host, and another value is an error" {
	userns_pod "0 100000 1000" "0 200000 1000"
	run -0 cni ADD '{"owner": 5000, "group": 5001, "ownerIn": "host"}' "${theirs[@]}"
	[ "$(stat -c '%u:%g' "$(tap)")" = 5000:5001 ]
	run -0 cni DEL '{}' "${theirs[@]}"
	run -1 cni ADD '{"ownerIn": "pod"}' "${theirs[@]}"
	error_is 7 ownerIn pod
}

@test "ADD: the policy checks the ids of the container" {
	userns_pod "0 100000 1000" "0 200000 1000"
	mkdir "${PODTAP_POLICY%/*}"
	echo '{"rules": [{"masters": ["*"], "modes": ["bridge"], "owners": [107]}]}' >"$PODTAP_POLICY"
	run -0 cni ADD '{"owner": 107, "group": 107}' "${theirs[@]}"
	run -0 cni DEL '{}' "${theirs[@]}"
	run -1 cni ADD '{"owner": 108, "group": 107}' "${theirs[@]}"
	error_is 7 "owner 108"
}

@test "ADD: vmDevices names the device that the mapped owner cannot open, since no runtime can make a node there" {
	userns_pod "0 100000 1000" "0 200000 1000"
	devices_private
	mknod -m 0600 "$PODTAP_DEV_DIR/vhost-net" c 10 238
	run -1 cni ADD '{"vmDevices": true}' "${theirs[@]}"
	error_is 7 "$PODTAP_DEV_DIR/vhost-net is closed to user 100000"
	chgrp 200000 "$PODTAP_DEV_DIR/vhost-net"
	chmod 0660 "$PODTAP_DEV_DIR/vhost-net"
	run -0 cni ADD '{"vmDevices": true}' "${theirs[@]}"
	run -0 cni DEL '{}' "${theirs[@]}"
	rm "$PODTAP_DEV_DIR/vhost-net"
}

@test "ADD: root of the container cannot trace the process that reads its maps" {
	userns_pod "0 100000 1000" "0 200000 1000"
	wrapper=(strace -f -qq -o "$BATS_TEST_TMPDIR/calls" -e "trace=prctl,setns,kill,wait4")
	run -0 cni ADD '{"owner": 107}' "${theirs[@]}" ASAN_OPTIONS=detect_leaks=0
	wrapper=()
	# Not dumpable before it joins; ended and waited for before ADD answers.
	run -0 grep -oE 'PR_SET_DUMPABLE, SUID_DUMP_DISABLE|CLONE_NEWUSER|PR_SET_PDEATHSIG, SIGKILL|SIGKILL\)' "$BATS_TEST_TMPDIR/calls"
	[ "${lines[0]}" = "PR_SET_DUMPABLE, SUID_DUMP_DISABLE" ]
	[ "${lines[1]}" = CLONE_NEWUSER ]
	[ "${lines[2]}" = "PR_SET_PDEATHSIG, SIGKILL" ]
}
