#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The operator's log: what logFile and logLevel write.
load ../lib/lib
load ../lib/endpoint

@test "logFile: has one line for each call and each failure, with the attachment; appended, for root only" {
	log=$BATS_TEST_TMPDIR/log
	change="{\"logFile\":\"$log\"}"
	run -0 cni ADD "$change"
	[ "$(stat -c %a "$log")" = 600 ]
	run -0 cat "$log"
	[ "${#lines[@]}" = 1 ]
	[[ $output == 20??-??-??T*Z\ info\ ADD\ *containerID=$container\ ifname=eth0\ *done ]]
	run -1 cni_raw ADD "$(config "$change")"
	run -0 cat "$log"
	[ "${#lines[@]}" = 3 ]
	[[ ${lines[1]} == *" error ADD "*"containerID=$container ifname=eth0 "*"code=999 "*exists* ]]
	[[ ${lines[2]} == *" info ADD "*failed ]]
	run -0 cni CHECK "$change"
	run -0 cni DEL "$change"
	run -0 cni_raw STATUS "$(config "$change")"
	run -0 cat "$log"
	[ "${#lines[@]}" = 6 ]
	[[ ${lines[3]} == *" info CHECK "*done && ${lines[4]} == *" info DEL "*done && ${lines[5]} == *" info STATUS "*done ]]
}
@test "logLevel: error writes only failures, debug adds the configuration" {
	log=$BATS_TEST_TMPDIR/log
	run -0 cni ADD "{\"logFile\":\"$log\",\"logLevel\":\"error\"}"
	[ ! -s "$log" ]
	run -1 cni_raw ADD "$(config "{\"logFile\":\"$log\",\"logLevel\":\"error\"}")"
	run -0 cat "$log"
	[ "${#lines[@]}" = 1 ]
	[[ $output == *" error ADD "* ]]
	rm "$log"
	run -0 cni DEL "{\"logFile\":\"$log\",\"logLevel\":\"debug\"}"
	run -0 cat "$log"
	[[ $output == *" debug DEL "*'"logLevel":"debug"'*" info DEL "*done ]]
}
@test "logFile: an unwritable file or another file type fails no call and is not followed" {
	ln -s "$BATS_TEST_TMPDIR/target" "$BATS_TEST_TMPDIR/symlink"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for log in /nowhere/log /proc/log "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/symlink" "$BATS_TEST_TMPDIR/fifo"; do
		run -0 timeout 60 cat <(cni ADD "{\"logFile\":\"$log\"}")
		json_is '.interfaces[0].name' eth0
		[[ $(cat "$BATS_TEST_TMPDIR/stderr") == *logFile* ]]
		run -0 cni DEL "{\"logFile\":\"$log\"}"
	done
	[ ! -e "$BATS_TEST_TMPDIR/target" ]
}
