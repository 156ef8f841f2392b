#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the shells complete after podtapctl.
# bats file_tags=plain
load ../lib/lib

setup() {
	export PODTAP_STATE_DIR=$BATS_TEST_TMPDIR/state PATH=$BUILD:$PATH
	mkdir -p "$PODTAP_STATE_DIR"/endpoints/{web-1,web-2,db}
	touch "$PODTAP_STATE_DIR"/endpoints/web-1/{eth0,net1}.json
	verbs=$(podtapctl --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' | sort | tr '\n' ' ')
}
# Prints, in one line, what bash completes for these words, the last of which is in work.
in_bash() {
	podtapctl completion bash >"$BATS_TEST_TMPDIR/script"
	bash -c 'source "$0"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _podtapctl; printf "%s\n" "${COMPREPLY[@]}"' \
		"$BATS_TEST_TMPDIR/script" "$@" | sort | tr '\n' ' '
}
in_fish() {
	podtapctl completion fish >"$BATS_TEST_TMPDIR/script"
	HOME=$BATS_TEST_TMPDIR fish -c 'source $argv[1]; complete -C "$argv[2]"' "$BATS_TEST_TMPDIR/script" "$*" |
		cut -f 1 | sort | tr '\n' ' '
}
# Prints what zsh's functions for completion are asked, a line each.
in_zsh() {
	podtapctl completion zsh >"$BATS_TEST_TMPDIR/script"
	zsh -f -c 'compdef() { :; }
		_describe() { print -l "${(P)2[@]%%:*}"; }
		_arguments() { print -l "$@"; [[ ${@[-1]} != *:name:* ]] || ${${@[-1]}##*:}; }
		source $1; shift; words=("$@") CURRENT=$#; _podtapctl' zsh "$BATS_TEST_TMPDIR/script" "$@"
}

@test "completion: every shell completes exactly the verbs of --help" {
	[ "$(in_bash podtapctl '' | tr ' ' '\n' | sed '/^--/d;/^$/d' | tr '\n' ' ')" = "$verbs" ]
	[ "$(in_fish 'podtapctl ')" = "$verbs" ]
	[ "$(in_zsh podtapctl '' | sort | tr '\n' ' ')" = "$verbs" ]
	[ "$(in_bash podtapctl gue)" = 'guest-config ' ]
	[ "$(in_fish podtapctl gue)" = 'guest-config ' ]
}
@test "completion: containers, their interfaces, options and the words of a value" {
	[[ " $(in_bash podtapctl show '') " == *' db web-1 web-2 '* ]]
	[ "$(in_bash podtapctl show w)" = 'web-1 web-2 ' ]
	[[ " $(in_bash podtapctl show web-1 '') " == *' eth0 net1 '* ]]
	[ "$(in_bash podtapctl show --js)" = '--json ' ]
	[ "$(in_bash podtapctl guest-config --format '')" = 'cloud-init json kernel ' ]
	[ "$(in_bash podtapctl guest-config -f k)" = 'kernel ' ]
	[ "$(in_fish podtapctl show w)" = 'web-1 web-2 ' ]
	[ "$(in_fish 'podtapctl show web-1 ')" = 'eth0 net1 ' ]
	[ "$(in_fish podtapctl show --js)" = '--json ' ]
	[ "$(in_fish 'podtapctl guest-config --format ')" = 'cloud-init json kernel ' ]
	run -0 in_zsh podtapctl guest-config web-1 ''
	[[ $output == *'--format[default: cloud-init]:format:(cloud-init kernel json)'*$'\n'eth0$'\n'net1 ]]
}
@test "completion: an unknown shell is an error that lists the known ones" {
	run -2 --separate-stderr podtapctl completion tcsh
	[[ $stderr == 'podtapctl: shell tcsh: it must be one of: bash, zsh, fish' ]]
}
