#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The demo: it shows what it says and leaves nothing, also when it is interrupted.
# bats file_tags=runtime
load ../lib/lib

setup() {
	export BUILD TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
	demo=$root/examples/demo
	shown=$BATS_TEST_TMPDIR/shown
}

# The demo's directory, namespaces and taps no longer exist.
nothing_is_left() {
	local node name
	[ -z "$(ls -A "$TMPDIR")" ]
	while read -r node; do
		[ ! -e "$node" ]
	done < <(grep -o '/dev/tap[0-9]*' "$shown")
	for name in host lan pod1 pod2; do
		[ ! -e "/run/netns/$name" ]
	done
}

@test "demo: shows ADD, pings, a frame through the tap, CHECK and DEL, and leaves nothing" {
	SECONDS=0
	run -0 "$demo"
	[ "$SECONDS" -lt 120 ]
	printf '%s\n' "$output" >"$shown"
	[[ $output == *CNI_COMMAND=ADD*'"cniVersion"'*macvtap*"crw------- 1 root root"*"1 received"*"1 received"*"from pod1"* ]]
	[[ $output == *CNI_COMMAND=CHECK*CNI_COMMAND=DEL*"Nothing is left"*"No record"* ]]
	nothing_is_left
}
@test "demo: two runs at the same time do not disturb each other" {
	"$demo" >"$shown.2" 3>&- &
	run -0 "$demo"
	wait $!
	printf '%s\n' "$output" | cat - "$shown.2" >"$shown"
	nothing_is_left
}
@test "demo: leaves nothing when it is interrupted in any step" {
	for step in "netns add lan" "CNI_COMMAND=ADD CNI_CONTAINERID=pod2" "ping -n -c 1 -W 10 192.168.1.1" "dd bs=2048 iflag" \
		CNI_COMMAND=CHECK "CNI_COMMAND=DEL CNI_CONTAINERID=pod2"; do
		interrupt "$step"
		nothing_is_left
	done
}
# Sends SIGINT to the demo, as a terminal does, at a command that it runs.
interrupt() {
	local status=0 program
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	for program in ip nsenter ping dd; do
		cat >"$BATS_TEST_TMPDIR/bin/$program" <<-EOF
			#!/bin/bash
			[[ "$program \$*" != *"$1"* ]] || kill -INT 0
			exec $(type -P "$program") "\$@"
		EOF
		chmod +x "$BATS_TEST_TMPDIR/bin/$program"
	done
	PATH=$BATS_TEST_TMPDIR/bin:$PATH env --default-signal=INT setsid --wait "$demo" >"$shown" 2>&1 3>&- || status=$?
	[ $status = 130 ]
	[[ $(<"$shown") == *"it has cleaned up"* ]]
}
@test "demo: without root it says that it needs root, and does nothing" {
	run -1 setpriv --reuid 65534 --clear-groups bash -s <"$demo"
	[[ $output == *"run it as root"* ]]
	run -2 env -u MAKEFLAGS -u MAKELEVEL setpriv --reuid 65534 --clear-groups make -f /dev/fd/9 demo \
		9<"$root/Makefile"
	[[ $output == *"run it as root"* ]]
}
