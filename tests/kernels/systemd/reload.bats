#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# systemd is process 1 and manages the containers' cgroups. Each time it rewrites their device rules, the rules
# must still have the tap.
load ../../lib/lib

setup() {
	lan_setup
	bundle=$BATS_TEST_TMPDIR/bundle
	scope=podtap-$host.scope
	started=
}
teardown() {
	[ -z "$started" ] || { "$started" kill "$host" KILL && "$started" delete --force "$host"; }
	lan_teardown
}

# A container of busybox with the endpoint's tap, as podman's hook gives it: start RUNTIME
start() {
	mkdir -p "$bundle"/rootfs/{bin,dev,proc,sys}
	cp /bin/busybox "$bundle/rootfs/bin/"
	ln -sf busybox "$bundle/rootfs/bin/sh"
	(cd "$bundle" && rm -f config.json && runc spec)
	jq --arg netns "/run/netns/$pod" --arg cgroup "system.slice:podtap:$host" '.process.terminal = false
		| .process.args = ["/bin/busybox", "sleep", "10000"] | .linux.cgroupsPath = $cgroup
		| (.linux.namespaces[] | select(.type == "network")).path = $netns' "$bundle/config.json" >"$bundle/plain"
	"$BUILD/podtap-hook" precreate <"$bundle/plain" >"$bundle/config.json"
	"$1" --systemd-cgroup run --detach --bundle "$bundle" "$host" </dev/null >"$bundle/log" 2>&1 || {
		cat "$bundle/log"
		return 1
	}
	started=$1
}
# The container opens its tap.
opens() {
	"$started" exec "$host" sh -c "exec 3<>$node"
}
# Checks the tap after each action that makes systemd rewrite the rules: keeps_tap RUNTIME
keeps_tap() {
	run -0 cni ADD
	node=$(tap)
	start "$1"
	run -0 systemctl is-active "$scope"
	run -0 opens
	run -0 systemctl daemon-reload
	run -0 opens
	run -0 systemctl set-property --runtime "$scope" MemoryMax=300M
	run -0 opens
	run -0 "$1" update --memory 200000000 "$host"
	run -0 opens
	run -0 systemctl daemon-reexec
	run -0 opens
}

@test "runc: a container keeps its tap after daemon-reload, set-property, update and daemon-reexec" {
	keeps_tap runc
}
@test "crun: a container keeps its tap after daemon-reload, set-property, update and daemon-reexec" {
	keeps_tap crun
}
