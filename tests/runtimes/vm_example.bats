#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# examples/vm/run, unchanged, on a private host.
# bats file_tags=runtime
load ../lib/lib
load ../lib/lab
load ../lib/podman

setup() {
	lan_setup
	podman_setup
}
teardown() {
	podman_teardown
	lan_teardown
}

# Prints what a person types, after the guest reads its terminal.
typed() {
	until grep -q "packets received" "$BATS_TEST_TMPDIR/screen"; do
		[ -e "$BATS_TEST_TMPDIR/screen" ] || return
		sleep 0.1
	done
	printf 'poweroff -f\n'
}

# Prints lines without the parts that differ from run to run.
shape() {
	sed 's/[0-9a-f.:]*[0-9][0-9a-f.:]*/N/g; s/^ *//' "$@" | tr -d '\r'
}

@test "examples/vm/run: starts a VM from nothing, and the VM pings the gateway" {
	guest_make
	mkdir "$BATS_TEST_TMPDIR/place"
	cp -r "$guest/vmlinuz" "$guest/kernel" "$BATS_TEST_TMPDIR/place/" # else it downloads them
	: >"$BATS_TEST_TMPDIR/screen"
	inside env CONTAINERS_CONF="$lab/containers.conf" CONTAINERS_STORAGE_CONF="$lab/storage.conf" PATH="$BUILD:$PATH" \
		PLACE="$BATS_TEST_TMPDIR/place" timeout 350 "$root/examples/vm/run" lan0 10.99.0.0/24 10.99.0.200 \
		10.99.0.254 < <(typed 3>&- 2>/dev/null) >"$BATS_TEST_TMPDIR/screen"
	output=$(cat "$BATS_TEST_TMPDIR/screen")
	echo "$output"
	[[ $output == *"crw------- "*" 1234 "*" /dev/tap"* ]]
	[[ $output == *"A VM at 10.99.0.200, MAC "* ]]
	[[ $output == *"3 packets received"* ]]
	run -0 pm ps -aq
	[ -z "$output" ]
	# README shows this very output.
	awk '/ends like this:$/ { shown = 1; next } /^[^ ]/ { shown = 0 } shown && NF' "$root/README.md" >"$BATS_TEST_TMPDIR/shown"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/shown")" = 8 ]
	shape "$BATS_TEST_TMPDIR/screen" >"$BATS_TEST_TMPDIR/shape"
	while read -r line; do
		grep -qxF -- "$line" "$BATS_TEST_TMPDIR/shape" || { echo "README: $line"; false; }
	done < <(shape "$BATS_TEST_TMPDIR/shown")
}
@test "examples/vm/run: reports a podman that does not use CNI, and makes no network" {
	inside ln -s /bin/true "$lab/netavark"
	inside sed -i "s|\"cni\"|\"netavark\"|; s|^\[engine\]|&\nhelper_binaries_dir = [\"$lab\"]|" "$lab/containers.conf"
	run -1 inside env CONTAINERS_CONF="$lab/containers.conf" CONTAINERS_STORAGE_CONF="$lab/storage.conf" \
		PLACE="$BATS_TEST_TMPDIR/place" "$root/examples/vm/run" lan0 10.99.0.0/24 10.99.0.200 10.99.0.254
	[[ $output == *"networks are netavark's"*"containers.conf" ]]
	run -2 inside ls /etc/cni/net.d/vm-lan.conflist
}
