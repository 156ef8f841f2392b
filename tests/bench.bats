#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The yardsticks of `make bench`: a ratio to them says something only while they do nothing else.
load lib

setup() {
	lan_setup
}
teardown() {
	lan_teardown
}

floor=$BUILD/tests/bench/floor

# The names of the system calls a program makes after what an empty program does before it ends.
calls_beyond_empty() {
	local start
	at "$host" strace -qq -o "$BATS_TEST_TMPDIR/empty" "$BUILD/tests/bench/empty" || return
	at "$host" strace -qq -o "$BATS_TEST_TMPDIR/calls" "$@" || return
	start=$(wc -l <"$BATS_TEST_TMPDIR/empty")
	sed 's/(.*//' "$BATS_TEST_TMPDIR/calls" | tail -n "+$start" | paste -sd ' '
	diff <(head -n "$((start - 1))" "$BATS_TEST_TMPDIR/empty" | sed 's/(.*//') \
		<(head -n "$((start - 1))" "$BATS_TEST_TMPDIR/calls" | sed 's/(.*//')
}
libraries() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}
allowed() {
	sed -n "s/^$1 //p" "$BATS_TEST_DIRNAME/bench/floor.calls"
}

@test "floor: makes exactly the listed system calls, and a link by them" {
	local index
	index=$(link "$host" lan0 .ifindex)
	run -0 calls_beyond_empty "$floor" ADD "/run/netns/$pod" macvtap "$index" eth0 987654
	[ "$output" = "$(allowed ADD)" ]
	[ "$(link "$pod" eth0 .ifindex,.linkinfo.info_kind | paste -sd ' ')" = "987654 macvtap" ]
	run -0 calls_beyond_empty "$floor" DEL "/run/netns/$pod" eth0
	[ "$output" = "$(allowed DEL)" ]
	run -1 link_exists "$pod" eth0
}
@test "floor and empty: load exactly the libraries podtap loads" {
	local podtap
	podtap=$(libraries "$BUILD/podtap" | grep -v 'san\.so')
	[[ $podtap == *libmnl* ]]
	[ "$(libraries "$floor")" = "$podtap" ]
	[ "$(libraries "$BUILD/tests/bench/empty")" = "$podtap" ]
}
@test "measure: reports each call of a plan, and stops at one that fails" {
	run -0 "$BUILD/tests/bench/measure" <<-END
		first /dev/null -- /bin/true
		second /dev/null NAME=value -- /bin/sh -c true

		third /dev/null -- /bin/true

	END
	[ "$(awk '{ print $1, NF }' <<<"$output")" = $'first 5\nsecond 5\nthird 5' ]
	run -1 "$BUILD/tests/bench/measure" <<-END
		failing /dev/null -- /bin/ls /nowhere/at/all

	END
	[[ $output == *"failing failed"*"/nowhere/at/all"* ]]
}
@test "trace: counts every system call of a program and its children" {
	local counted
	strace -qq -f -o "$BATS_TEST_TMPDIR/calls" /bin/sh -c '/bin/true; :'
	run -0 "$BUILD/tests/bench/trace" /bin/sh -c '/bin/true; :'
	counted=$(grep -cvE '<unfinished|---|\+\+\+' "$BATS_TEST_TMPDIR/calls")
	[ "${output% *}" = "$counted" ]
	[ "${output#* }" -gt 500 ]
}
