#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# DEL with delWait false: answers when the kernel reports that the link is gone; a child waits for the rest.
load ../lib/lib
load ../lib/delegate
load ../lib/tamper

setup() {
	lan_setup
	delegates_setup
	early=$(config '{"delWait":false}')
}

# Runs a DEL whose child is held after its request, and reads stdout and stderr to their end:
#   del_held TEXT [VARIABLE=VALUE...]
# Sets $held to the child's process id.
del_held() {
	local trace=$BATS_TEST_TMPDIR/held streams=$BATS_TEST_TMPDIR/streams
	mkfifo "$streams"
	printf %s "$1" >"$BATS_TEST_TMPDIR/stdin"
	at "$host" strace -f -qq -o "$trace" -e trace=write -e inject=write:delay_exit=30000000 \
		env ASAN_OPTIONS=detect_leaks=0 "$delegates" CNI_COMMAND=DEL CNI_CONTAINERID="$container" CNI_NETNS="/run/netns/$pod" \
		CNI_IFNAME=eth0 "${@:2}" sh -c 'exec "$0" <"$1" >"$2" 2>&1' "$BUILD/podtap" "$BATS_TEST_TMPDIR/stdin" "$streams" 3>&- &
	background+=($!)
	run -0 cat "$streams"
	[ -z "$output" ]
	held=$(awk '/ write\(0, / { print $1 }' "$trace")
	[ -e "/proc/$held" ]
}

@test "delWait: DEL answers while its child still waits, which holds only a socket; the next ADD succeeds" {
	passthru='{"mode":"passthru"}'
	there=(CNI_CONTAINERID=theirs CNI_NETNS="/run/netns/$other")
	run -0 cni_raw ADD "$(config "$passthru")" "${there[@]}"
	node=$(tap eth0 theirs)
	del_held "$early" "${there[@]}"
	run -1 link_exists "$other" eth0
	[ ! -e "$node" ]
	run -0 assert_nothing_left

	run -0 find "/proc/$held/fd" -type l -printf '%f %l\n'
	[[ $output =~ ^"0 socket:["[0-9]+"]"$ ]]
	[ "$(readlink "/proc/$held/cwd")" = / ]
	# The same attachment, the master of mode passthru, and the file of the namespace are free at once.
	run -0 cni_raw ADD "$(config "$passthru")" "${there[@]}"
	run -0 cni_raw DEL "$early" "${there[@]}"
	umount "/run/netns/$other"
	rm "/run/netns/$other"
	[ -e "/proc/$held" ]
}
@test "delWait: an ADD right after a DEL succeeds each time, in every mode, with and without a record" {
	for mode in passthru bridge passthru passthru private passthru vepa passthru source passthru; do
		run -0 cni_raw ADD "$(config "{\"mode\":\"$mode\"}")"
		run -0 cni_raw DEL "$early"
		[ -z "$output" ]
		run -1 link_exists "$pod" eth0
	done
	run -0 cni_raw ADD "$(config)"
	rm "$(record)"
	run -0 cni_raw DEL "$early"
	run -1 link_exists "$pod" eth0
}
@test "delWait: DEL starts no process unless the key is false, and an invalid one counts as absent" {
	for key in '{}' '{"delWait":true}' '{"delWait":"no"}' '{"delWait":false}'; do
		run -0 cni_raw ADD "$(config)"
		run -0 tampered DEL "$(config "$key")" -f -e "trace=fork,vfork,clone,clone3"
		expected=0
		[ "$key" != '{"delWait":false}' ] || expected=1
		[ "$(grep -cE '(fork|clone3?)\(' "$BATS_TEST_TMPDIR/trace")" = "$expected" ]
	done
}
@test "delWait: DEL leaves nothing without a child, with one that is killed, and with one that cannot send" {
	for injection in fork,vfork,clone,clone3:error=EAGAIN pidfd_open:error=EMFILE write:signal=KILL:when=1 \
		close_range:error=ENOSYS write:error=ENOBUFS chdir:error=EACCES poll:error=EINTR:when=1 poll:signal=KILL; do
		echo "$injection"
		run -0 cni_raw ADD "$(config)"
		run tampered DEL "$early" -f -e inject="$injection"
		[ "$injection" = poll:signal=KILL ] || [ "$status" = 0 ]
		[ "$status" = 0 ] || run -0 cni_raw DEL "$early"
		run -0 assert_nothing_left
	done
}
