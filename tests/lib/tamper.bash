# SPDX-License-Identifier: Apache-2.0
# Killing the plugin at a system call, and letting a system call fail.

# shellcheck disable=SC2154 # lib.bash's and delegate.bash's

# The leak checker works under no tracer.
export ASAN_OPTIONS=detect_leaks=0
traced=(strace -qq -o "$BATS_TEST_TMPDIR/trace")

# Calls the plugin within strace; everything it starts has ended when `run` of this returns:
#   tampered VERB TEXT [OPTION OF STRACE...]
tampered() {
	printf %s "$2" | at "$host" env "$delegates" CNI_COMMAND="$1" CNI_CONTAINERID="$container" \
		CNI_NETNS="/run/netns/$pod" CNI_IFNAME=eth0 "${traced[@]}" "${@:3}" "$BUILD/podtap"
}

# Whether the last call ended before the given system call of that name: the number of pieces of an answer and
# of notifications varies.
has_fewer() {
	[ "$(grep -c "^$1(" "$BATS_TEST_TMPDIR/trace")" -lt "$2" ]
}

# Every third system call of a verb from the first that looks for a record, beginning at the one
# given, but those whose failure or end means nothing; as lines "NAME WHICH-OF-THIS-NAME" of the
# file $calls_to_tamper. The network is configured by $text.
every_third() {
	calls_to_tamper=$BATS_TEST_TMPDIR/every_third
	for _ in 1 2; do # the second is like all that follow: our directories are there
		run -0 tampered ADD "$text"
		[ "$2" = ADD ] || run -0 tampered "$2" "$text"
		cp "$BATS_TEST_TMPDIR/trace" "$calls_to_tamper.trace"
		run -0 cni_raw DEL "$text" "$delegates"
	done
	sed -n 's/^\([a-z0-9_]*\)(\(.*\)/\1 \2/p' "$calls_to_tamper.trace" | awk -v offset="$1" '
		{ which[$1]++ }
		/endpoints/ { making = 1 }
		making && $1 !~ /^(close|brk|m.*map|mprotect|rt_sig.*|prlimit64|exit_group|futex|gettid|madvise|sigaltstack)$/ {
			if (n++ % 3 == offset) print $1, which[$1]
		}' >"$calls_to_tamper"
	[ "$(wc -l <"$calls_to_tamper")" -gt 10 ]
}
