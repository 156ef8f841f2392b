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
# Prints how many of a program's undefined symbols match: imports PROGRAM PATTERN
imports() {
	nm -D --undefined-only "$1" | grep -cE "$2"
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
@test "hardening: every executable has stack protection and fortified copies" {
	for program in "${programs[@]}"; do
		run -0 imports "$program" ' __stack_chk_fail(@|$)'
		# A sanitizer, which checks more, replaces it.
		run -0 imports "$program" ' (__[a-z]+_chk|__asan_init)(@|$)'
	done
}
