#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line, which is the same for every program.
# bats file_tags=plain
load ../lib/lib

setup() {
	programs=(podtap podtap-ipam podtap-netavark podtap-hook podtap-nri podtap-device-plugin podtap-addresses podtapctl podtap-exec)
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
@test "every program: --version prints its name, the version in the file VERSION, and how it is linked" {
	# Every program that the Makefile knows.
	[ "${programs[*]}" = "$(grep -oE '^(table := |	)podtap[a-z-]*:[a-z]' "$root/Makefile" | grep -oE 'podtap[a-z-]*' | paste -sd' ')" ]
	[[ $(cat "$root/VERSION") =~ ^[0-9]+\.[0-9]+\.[0-9]+(-dev)?$ ]]
	for program in "${programs[@]}"; do
		run -0 --separate-stderr "$BUILD/$program" --version
		[ -z "$stderr" ]
		[[ $output =~ ^"$program $(cat "$root/VERSION") "\((static, (musl|glibc)|dynamic)\)$ ]]
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
	while read -ra words; do
		run -2 --separate-stderr "$BUILD/${words[0]}" "${words[@]:1}"
		[[ ${stderr_lines[0]} == "${words[*]::${#words[@]}-1}: option ${words[-1]} needs a value" ]]
	done <<-END
		podtap-nri --socket
		podtap-device-plugin -c
		podtap-device-plugin --kubelet-dir
		podtap-addresses -c
		podtap-addresses --config
		podtapctl guest-config --format
		podtap-exec --if
	END
}

@test "podtapctl: --help of each verb explains it with an example, and its manual has its options" {
	local verbs verb option
	verbs=$("$BUILD/podtapctl" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
	[ "$(wc -w <<<"$verbs")" -ge 4 ]
	for verb in $verbs; do
		run -0 --separate-stderr "$BUILD/podtapctl" "$verb" --help
		[[ ${lines[0]} == "usage: podtapctl $verb"* && $output == *$'\n'"  podtapctl $verb"* ]]
		grep -q "^\.Cm $verb$" "$root/man/podtapctl.8"
		while read -r option; do
			[[ $option == --help || $option == --version ]] ||
				grep -qE "Fl -${option#--}( |\$|$)" "$root/man/podtapctl.8" || { echo "$verb $option"; return 1; }
		done < <(grep -oE -- '^  (-[a-z], |    )--[a-z-]+' <<<"$output" | grep -oE -- '--[a-z-]+')
	done
}
@test "every program without operands: names a superfluous argument, and exits 2" {
	for program in podtap podtap-ipam podtap-hook podtap-nri podtap-device-plugin podtap-addresses; do
		run -2 --separate-stderr "$BUILD/$program" operand </dev/null
		[[ ${stderr_lines[0]} == "$program: unexpected argument operand" ]]
	done
}
