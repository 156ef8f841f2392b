#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# examples/vm/run, unchanged, on a private host: with podman's networks by CNI and, under the name
# vm_example_netavark.bats, by netavark.
# bats file_tags=runtime
case $BATS_TEST_FILENAME in
*/vm_example_netavark.bats) backend=netavark ;;
*) backend=cni ;;
esac
load ../lib/lib
load ../lib/lab
load ../lib/podman

setup() {
	lan_setup
	podman_setup
	place=$BATS_TEST_TMPDIR/place
	screen=$BATS_TEST_TMPDIR/screen
	: >"$screen"
	example=("$root/examples/vm/run" lan0 10.99.0.0/24 10.99.0.200 10.99.0.254)
}
teardown() {
	podman_teardown
	lan_teardown
}

# Puts the guest's kernel where the example has it, which else downloads it.
kernel_place() {
	guest_make
	mkdir "$place"
	cp -r "$guest/kernel" "$place/"
	cp "$guest/vmlinuz" "$place/kernel/boot/vmlinuz-guest"
}
# Replaces a subshell, so that $! is the command's.
example_exec() {
	inside_exec env CONTAINERS_CONF="$lab/containers.conf" CONTAINERS_STORAGE_CONF="$lab/storage.conf" \
		PODMAN_IGNORE_CGROUPSV1_WARNING=1 PATH="$BUILD:$PATH" PLACE="$place" "$@"
}
# Runs the example to its end: where standard input is no terminal, and in a terminal, where Ctrl-D ends the
# guest's shell.
start_cni() {
	(example_exec timeout 350 "${example[@]}") </dev/null >"$screen"
}
start_netavark() {
	(example_exec timeout 350 script -qec "${example[*]}" /dev/null) < <(typed 3>&- 2>/dev/null) >"$screen"
}
typed() {
	timeout 300 grep -q -m 1 "packets received" <(exec tail -n +1 -F "$screen" 2>/dev/null)
	while printf '\004'; do sleep 0.5; done # until the terminal is gone; what comes before the shell is lost
}
# nothing_stays WHAT-PLACE-KEEPS
nothing_stays() {
	run -0 pm ps -aq
	[ -z "$output" ]
	run -1 pm network exists vm-lan
	[ "$(ls "$place" 2>/dev/null)" = "$1" ]
	[ -z "$(ls "$PODTAP_STATE_DIR/endpoints")" ]
}

# Prints lines without the parts that differ from run to run.
shape() {
	sed 's/[0-9a-f.:]*[0-9][0-9a-f.:]*/N/g; s/^ *//' "$@" | tr -d '\r'
}

@test "examples/vm/run, $backend: starts a VM from nothing, the VM pings the gateway, and all ends with it" {
	kernel_place
	"start_$backend"
	output=$(cat "$screen")
	echo "$output"
	[[ $output == *", networks by $backend"* ]]
	[[ $output == *"crw------- "*" 1234 "*" /dev/tap"* ]]
	[[ $output == *"A VM at 10.99.0.200, MAC "* ]]
	[[ $output == *"3 packets received"* ]]
	nothing_stays kernel
	# README shows this very output.
	awk '/ends like this:$/ { shown = 1; next } /^[^ ]/ { shown = 0 } shown && NF' "$root/README.md" >"$BATS_TEST_TMPDIR/shown"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/shown")" = 8 ]
	shape "$screen" >"$BATS_TEST_TMPDIR/shape"
	while read -r line; do
		grep -qxF -- "$line" "$BATS_TEST_TMPDIR/shape" || { echo "README: $line"; false; }
	done < <(shape "$BATS_TEST_TMPDIR/shown")
}
@test "examples/vm/run, $backend: a signal ends the VM, and removes what was made" {
	local signal=INT pid
	[ "$backend" = cni ] || signal=TERM
	kernel_place
	set -m # else a command in the background ignores SIGINT
	example_exec "${example[@]}" </dev/null >"$screen" 2>&1 &
	pid=$!
	set +m
	timeout 300 grep -q -m 1 /dev/tap <(exec tail -n +1 -F "$screen" 2>/dev/null)
	[ ! -e /dev/kvm ] || pm exec vm sh -c ': <>/dev/kvm' # ACCEL=kvm opens it
	kill -$signal "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -gt 128 ]
	nothing_stays kernel
}
@test "examples/vm/run, $backend: refuses a podman that cannot use podtap and names that are taken, and makes nothing" {
	if [ "$backend" = netavark ]; then
		inside mv "$BATS_TEST_TMPDIR/netavark/podtap" "$BATS_TEST_TMPDIR/podtap"
		(run -1 example_exec "${example[@]}" && [[ $output == *"finds no podtap"*"make install install-hook"* ]])
		inside mv "$BATS_TEST_TMPDIR/podtap" "$BATS_TEST_TMPDIR/netavark/podtap"
	else # a podman that knows netavark but not its plugins
		inside ln -s /bin/true "$lab/netavark"
		inside sed "s|\"cni\"|\"netavark\"|; s|^\[engine\]|&\nhelper_binaries_dir = [\"$lab\"]|" "$lab/containers.conf" >"$BATS_TEST_TMPDIR/conf"
		(run -1 example_exec CONTAINERS_CONF="$BATS_TEST_TMPDIR/conf" "${example[@]}" && [[ $output == *"runs no network driver"*"containers.conf" ]])
	fi
	podman_network vm-lan -
	run -1 example_exec "${example[@]}"
	[[ $output == *"podman network rm vm-lan" ]]
	run -0 pm network rm vm-lan
	run -0 box vm --network none -- sleep 1000
	run -1 example_exec "${example[@]}"
	[[ $output == *"podman rm -f vm" ]]
	run -0 pm rm -f -t 0 vm
	nothing_stays
}
