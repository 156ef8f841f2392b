#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `make bench` and its reference programs: a ratio to them is valid only while they do nothing else.
# bats file_tags=runtime
load ../lib/lib

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
	sed -n "s/^$1 //p" "$tests/bench/floor.calls"
}

@test "floor: makes exactly the listed system calls, and makes a link with them" {
	local index
	index=$(link "$host" lan0 .ifindex)
	run -0 calls_beyond_empty "$floor" ADD "/run/netns/$pod" macvtap "$index" eth0 987654
	[ "$output" = "$(allowed ADD)" ]
	[ "$(link "$pod" eth0 .ifindex,.linkinfo.info_kind | paste -sd ' ')" = "987654 macvtap" ]
	run -0 calls_beyond_empty "$floor" DEL "/run/netns/$pod" eth0
	[ "$output" = "$(allowed DEL)" ]
	run -1 link_exists "$pod" eth0
}
@test "floor and empty: are dynamic, and load exactly the libraries of a dynamic podtap" {
	for program in "$floor" "$BUILD/tests/bench/empty"; do
		loaded=$(libraries "$program" | grep -oE '^lib[a-z-]+' | sort -u | paste -sd ' ')
		[ "$loaded" = "libc libcap-ng libcjson libmnl" ] || { libraries "$program"; return 1; }
	done
}
@test "floor_linked and empty_linked: load no library where podtap loads none, and do the same" {
	local program
	for program in "$BUILD"/tests/bench/{floor,empty}_linked; do
		[ -n "$(libraries "$BUILD/podtap")" ] || [ -z "$(libraries "$program")" ]
	done
	run -0 "$BUILD/tests/bench/empty_linked"
	run -0 at "$host" "$BUILD/tests/bench/floor_linked" ADD "/run/netns/$pod" macvtap "$(link "$host" lan0 .ifindex)" eth0 987654
	link_exists "$pod" eth0
	run -0 at "$host" "$BUILD/tests/bench/floor_linked" DEL "/run/netns/$pod" eth0
	run -1 link_exists "$pod" eth0
}
@test "measure: reports each call of a plan, and stops at a failed one" {
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
@test "bench: a short run prints tables and budgets, and leaves only CSV, JSON and a plot" {
	local own=$BATS_TEST_TMPDIR/build
	mkdir "$own"
	ln -s "$BUILD"/podtap{,-ipam,-hook,ctl} "$BUILD/tests" "$own"
	run -0 sh -c 'echo $$ >"$0/pid" && ROUNDS=2 exec "$@"' "$own" "$tests/bench/bench" "$own" \
		VERSION 'without IPAM' 'CHECK without' '10 records' '0 reservations' '1000 reservations'
	[[ $output == *"[6/6, "*"1000 reservations"* ]]
	[[ $output == *"podtap+podtap-ipam run"*"macvlan+host-local"* ]]
	[ "$(grep -cE '^  (PASS|MISS)  ' <<<"$output")" = 7 ]
	[ "$(grep -c '^  not measured  ' <<<"$output")" = 12 ]
	[[ $output == *"DEL, podtap macvtap: "*" ms of CPU"*" system calls"* ]]
	run -0 find /run/netns /dev/shm /var/tmp -maxdepth 1 -name "pb$(<"$own/pid")x*"
	[ "$output" = '' ]
	cd "$own/bench"
	[ "$(printf '%s ' *)" = 'cost.svg results.csv results.json ' ]
	# The system calls of a long computation are not counted.
	[ "$(jq '.rows | map(select(.wall <= 0 or .cpu < 100e3 and (.calls <= 0 or .peak_kib <= 0 or .bytes <= 0))) | length' \
		results.json)" = 0 ]
	[ "$(jq '.rows | length' results.json)" = "$(($(wc -l <results.csv) - 1))" ]
	[ "$(jq -r '.rows | map(select(.x == 1000 and .verb == "ADD") | .contender) | join(" ")' results.json)" = \
		'floor macvtap podtap+podtap-ipam podtap macvlan+podtap-ipam podtap+podtap-ipam run podtap+host-local macvlan+host-local podtap+podtap-ipam, network unused' ]
	[[ $(<cost.svg) == *"macvlan+host-local"*"</svg>"* ]]
}
@test "bench-paths: reports the throughput of each kind of link between pods, and leaves nothing else" {
	local own=$BATS_TEST_TMPDIR/build
	mkdir "$own"
	ln -s "$BUILD"/podtap{,-ipam,-hook,ctl} "$BUILD/tests" "$own"
	run -0 sh -c 'echo $$ >"$0/pid" && TURNS=1 exec "$@"' "$own" "$tests/bench/paths" "$own" pods
	[[ $output == *"pods"*"macvtap, mode bridge"*"macvlan, mode bridge"*"Linux bridge, veth pairs"* ]]
	run -0 find /run/netns /dev/shm /var/tmp -maxdepth 1 -name "pb$(<"$own/pid")x*"
	[ "$output" = '' ]
	[ "$(jq 'map(select(.mbit > 10 and .trip_us > 1 and .trip_us < 100000)) | length' "$own/bench/paths.json")" = 3 ]
	[ "$(wc -l <"$own/bench/paths.csv")" = 4 ]
}
@test "performance.md: its figures equal those of the run beside the benchmark" {
	cp "$root/docs/performance.md" "$BATS_TEST_TMPDIR"
	run -0 "$tests/bench/readme" "$tests/bench" "$BATS_TEST_TMPDIR/performance.md"
	run -0 diff "$root/docs/performance.md" "$BATS_TEST_TMPDIR/performance.md"
	[[ $(<"$root/docs/performance.md") == *"](../tests/bench/cost.svg)"* ]]
	[ -s "$tests/bench/cost.svg" ]
}
