#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line, which is the same for every program.
# bats file_tags=plain
load ../lib/lib

setup() {
	programs=(podtap podtap-ipam podtap-netavark podtap-hook podtap-nri podtap-device-plugin podtapctl podtap-exec)
}

@test "every program: --help and -h print the usage and every option on stdout" {
	for program in "${programs[@]}"; do
		run -0 --separate-stderr "$BUILD/$program" --help
		[ -z "$stderr" ]
		[[ ${lines[0]} == "usage: $program"* ]]
		[[ ${lines[1]} == "       $program --help | --version" ]]
		[[ $output == *"-h, --help "* && $output == *"--version "* ]]
		help=$output
		run -0 --separate-stderr "$BUILD/$program" -h
		[ "$output" = "$help" ]
	done
}
@test "every program: --version prints its name, the version and how it is linked" {
	for program in "${programs[@]}"; do
		run -0 --separate-stderr "$BUILD/$program" --version
		[ -z "$stderr" ]
		[[ $output =~ ^$program\ [0-9]+\.[0-9]+\.[0-9]+\ \((static, (musl|glibc)|dynamic)\)$ ]]
	done
}
@test "every program: names an unknown option on stderr, prints the usage, and exits 2" {
	for program in "${programs[@]}"; do
		for option in --unknown --unknown=value -x; do
			run -2 --separate-stderr "$BUILD/$program" "$option" </dev/null
			[ -z "$output" ]
			[[ ${stderr_lines[0]} == "$program: unknown option $option" ]]
			[[ ${stderr_lines[1]} == "usage: $program"* ]]
		done
	done
}
@test "every program: names an option without its value, and exits 2" {
	while read -r program option; do
		run -2 --separate-stderr "$BUILD/$program" "$option"
		[[ ${stderr_lines[0]} == "$program: option $option needs a value" ]]
	done <<-END
		podtap-nri --socket
		podtap-device-plugin -c
		podtap-device-plugin --kubelet-dir
		podtapctl --format
		podtap-exec --if
	END
}
@test "every program without operands: names a superfluous argument, and exits 2" {
	for program in podtap podtap-ipam podtap-hook podtap-nri podtap-device-plugin; do
		run -2 --separate-stderr "$BUILD/$program" operand </dev/null
		[[ ${stderr_lines[0]} == "$program: unexpected argument operand" ]]
	done
}
