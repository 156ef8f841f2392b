#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Rootless podman with netavark, whose containers have no interface of the host.
# bats file_tags=runtime
backend=netavark
load ../lib/lib
load ../lib/lab
load ../lib/podman

setup() {
	home=/run/home # bats' own directory is root's
	lan_setup
	podman_setup
}
teardown() {
	# podman leaves a process that keeps its user namespace.
	inside sh -c 'pid=$0/libpod/tmp/pause.pid; [ ! -e "$pid" ] || kill "$(cat "$pid")"' "$home/run" || true
	podman_teardown
	lan_teardown
}

@test "rootless podman: a podtap network is refused with the reason" {
	inside install -d -o 1234 "$home" "$home/run" "$home/plugins"
	inside cp -L "$BATS_TEST_TMPDIR/netavark/podtap" "$home/plugins/"
	inside sh -c "sed 's|^network_config_dir.*||; s|^netavark_plugin_dirs.*|netavark_plugin_dirs = [\"$home/plugins\"]|' \
		<$lab/containers.conf >$home/containers.conf"
	printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$home/root" "$home/runroot" |
		inside tee "$home/storage.conf" >/dev/null
	run -125 inside setpriv --reuid 1234 --regid 1234 --clear-groups env HOME="$home" XDG_RUNTIME_DIR="$home/run" \
		CONTAINERS_CONF="$home/containers.conf" CONTAINERS_STORAGE_CONF="$home/storage.conf" \
		podman network create --driver podtap --opt parent=lan0 --subnet 10.99.0.0/24 tap
	[[ $output == *"podtap does not work in rootless podman"*"run podman as root"* ]]
}
