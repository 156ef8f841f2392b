#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runc and crun with a user namespace: a sandbox, as containerd and CRI-O make one, and a container in it.
# bats file_tags=runtime
load ../lib/lib

setup() {
	lan_setup
	place=$(mktemp -d) # users of the container must reach it, which they cannot in the tests' own directory
	bundle=$place/bundle
	mkdir -p "$bundle/rootfs/bin" "$bundle/rootfs/dev" "$bundle/rootfs/proc" "$bundle/rootfs/sys"
	cp "$(command -v busybox)" "$bundle/rootfs/bin/sh"
	ln -s sh "$bundle/rootfs/bin/sleep"
	chmod -R 0755 "$place"
	started=()
}
teardown() {
	local status=0 it
	cni_del_all || status=1
	for it in "${started[@]}"; do
		"${runtime[@]}" --root "$BATS_TEST_TMPDIR/runtime" delete --force "$it" || status=1
	done
	rm -rf "$place"
	lan_teardown || status=1
	return $status
}
# Runs a container: oci NAME CHANGE-OF-THE-SPECIFICATION COMMAND...
oci() {
	local name=$1 change=$2
	shift 2
	rm -f "$bundle/config.json"
	(cd "$bundle" && runc spec)
	jq --argjson args "$(printf '%s\n' "$@" | jq -Rn '[inputs]')" '.process.terminal = false | .process.args = $args |
		.root.readonly = false | .mounts |= map(select(.type == "proc" or .destination == "/dev")) |
		.linux.maskedPaths = [] | .linux.readonlyPaths = [] | '"$change" "$bundle/config.json" >"$bundle/new"
	mv "$bundle/new" "$bundle/config.json"
	"${runtime[@]}" --root "$BATS_TEST_TMPDIR/runtime" run "${detach[@]}" --bundle "$bundle" "$name" 3>&-
}
# The container's user opens the tap in a sandbox with a user namespace of its own.
userns_with() {
	runtime=("$@") detach=(--detach)
	oci "$container-sandbox" '.linux.namespaces |= map(select(.type != "network")) + [{type: "user"}, {type: "network"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
		sleep 1000 >"$BATS_TEST_TMPDIR/out" 2>&1 || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
	started=("$container-sandbox")
	pid=$("${runtime[@]}" --root "$BATS_TEST_TMPDIR/runtime" state "$container-sandbox" | jq .pid)
	run -0 cni ADD '{"owner": 107, "group": 36}' CNI_NETNS="/proc/$pid/ns/net"
	node=$(tap)
	[ "$(stat -c '%u:%g %a' "$node")" = "100107:100036 600" ]
	device=$(jq -n --arg path "$node" --arg number "$(stat -c '%Hr %Lr' "$node")" '($number | split(" ") | map(tonumber)) as [$major, $minor] |
		{path: $path, type: "c", major: $major, minor: $minor, fileMode: 384, uid: 107, gid: 36}')
	detach=()
	for user in 107 108; do
		run oci "$container-$user" '.linux.namespaces |= map(select(.type != "network")) +
			[{type: "user", path: "/proc/'"$pid"'/ns/user"}, {type: "network", path: "/proc/'"$pid"'/ns/net"}] |
			.process.user = {uid: '$user', gid: 36} | .process.capabilities = {} |
			.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings |
			.linux.devices = ['"$device"'] |
			.linux.resources.devices = [{allow: false, access: "rwm"}, ('"$device"' | {allow: true, type, major, minor, access: "rw"})]' \
			sh -c 'exec 5<>"$0" && echo opened' "$node"
		if [ $user = 107 ]; then [[ $status = 0 && $output == *opened* ]]; else [[ $status != 0 && $output == *"ermission denied"* ]]; fi
	done
	run -0 cni DEL '{"owner": 107, "group": 36}' CNI_NETNS="/proc/$pid/ns/net"
}

@test "runc: in a sandbox with a user namespace, the tap's owner opens it and another user does not" {
	userns_with runc
}
@test "crun: in a sandbox with a user namespace, the tap's owner opens it and another user does not" {
	# It refuses a host that has cgroups of both versions; it needs none here.
	# shellcheck disable=SC2016 # the inner shell's
	userns_with unshare --mount sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec crun --cgroup-manager=disabled "$@"' crun
}
