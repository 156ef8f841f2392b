#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The headers of the executables show how they were built, with every compiler.
# bats file_tags=plain
load ../lib/lib

setup() {
	mapfile -t programs < <(find "$BUILD" -maxdepth 1 -type f -perm -u+x | sort)
	[ "${#programs[@]}" -ge 5 ]
	[[ ${programs[*]} == *"/podtap "* && ${programs[*]} == *"/podtap-ipam"* ]]
}

# Asserts that readelf prints, or does not print, such a line for a program: has PROGRAM PATTERN
has() {
	readelf -hlSdW "$1" | grep -qE "$2" || { echo "$1 has no $2"; return 1; }
}
has_not() {
	! readelf -hlSdW "$1" | grep -E "$2" || { echo "$1 has $2"; return 1; }
}
# Prints how many of a program's symbols match: symbols PROGRAM PATTERN
symbols() {
	nm "$1" | grep -cE "$2"
}

@test "hardening: every executable is position-independent and has read-only relocations" {
	for program in "${programs[@]}"; do
		has "$program" 'Type: +DYN'
		has "$program" 'FLAGS_1.* PIE'
		has "$program" '^ +GNU_RELRO '
		has "$program" 'BIND_NOW|Flags: NOW'
		has_not "$program" '\(TEXTREL\)'
	done
}
@test "hardening: no executable has a stack or a segment that is both writable and executable" {
	for program in "${programs[@]}"; do
		has "$program" '^ +GNU_STACK .* RW +0x'
		has_not "$program" '^ +(LOAD|GNU_STACK) .* RWE '
	done
}
@test "hardening: every executable searches for libraries only in the system's folders" {
	for program in "${programs[@]}"; do
		has_not "$program" '\((RPATH|RUNPATH)\)'
	done
}
@test "hardening: every executable has stack protection, and with glibc fortified copies" {
	for program in "${programs[@]}"; do
		run -0 symbols "$program" ' __stack_chk_fail(@|$)'
		[[ $("$program" --version) != *"static, musl"* ]] || continue # musl has none
		# A sanitizer, which checks more, replaces it.
		run -0 symbols "$program" ' (__[a-z]+_chk|__asan_init)(@|$)'
	done
}
@test "hardening: a running executable cannot write to what its start relocated" {
	for program in podtap podtap-ipam; do
		mkfifo "$BATS_TEST_TMPDIR/$program"
		CNI_COMMAND=ADD CNI_CONTAINERID=x CNI_NETNS=/proc/self/ns/net CNI_IFNAME=x CNI_PATH=/nowhere \
			"$BUILD/$program" <>"$BATS_TEST_TMPDIR/$program" 3>&- &
		pid=$!
		until [[ $(readlink "/proc/$pid/exe") == "$(realpath "$BUILD/$program")" && $(cat "/proc/$pid/wchan") == *pipe* ]]; do kill -0 "$pid"; done
		first=$(grep -m 1 -F "$program" "/proc/$pid/maps")
		relro=$(readelf -lW "$BUILD/$program" | awk '$1 == "GNU_RELRO" { print $3 }')
		at=$(((16#${first%%-*} + relro) & ~4095))
		run -0 grep -E "^0*$(printf %x "$at")-" "/proc/$pid/maps"
		[[ $output == *" r--p "* ]] || cat "/proc/$pid/maps"
		[[ $output == *" r--p "* ]]
		kill "$pid"
	done
}
# The kernel clears the rest of the page behind the variables, and so copies it before the program starts.
@test "start: what a static program with musl reads first is on a page that it does not fault in" {
	for program in "${programs[@]}"; do
		[[ $("$program" --version) == *"static, musl"* ]] || continue
		! readelf -p .comment "$program" | grep -qw LLD || continue # it refuses that
		run -0 readelf -lW "$program"
		read -r _ _ address _ size _ <<<"$(grep -E '^ +DYNAMIC ' <<<"$output")"
		read -r _ _ variables _ file _ <<<"$(grep -E '^ +LOAD .* RW ' <<<"$output")"
		echo "$program: $address $size, $variables $file"
		(((address + size - 1) / 4096 == (variables + file - 1) / 4096))
	done
}
