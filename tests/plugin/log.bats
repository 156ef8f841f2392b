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

# Is the log at this socket from here on; what it gets first is in SOCKET.got.
log_serve() {
	rm -f "$1" "$1.got"
	ip netns exec "$host" python3 -c 'import os, socket, sys
at = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
at.bind(sys.argv[1])
got = at.recv(65536)
with open(sys.argv[1] + ".new", "wb") as file:
    file.write(got)
os.rename(sys.argv[1] + ".new", sys.argv[1] + ".got")' "$1" 3>&- &
	background+=($!)
	until [ -S "$1" ]; do sleep 0.01; done
}
# Waits for what that log got, and prints it.
log_got() {
	until [ -e "$1.got" ]; do sleep 0.01; done
	cat "$1.got"
}

@test "a failure without any key is in the journal: the message, and the attachment in fields" {
	log_serve "$PODTAP_JOURNAL"
	run -1 env CNI_ARGS='IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0' \
		"CNI_COMMAND=ADD" "CNI_CONTAINERID=$container" CNI_NETNS="/run/netns/$pod" CNI_IFNAME=eth0 CNI_PATH=/x \
		"$BUILD/podtap" <<<"$(config '{"mode":"bidge"}')"
	run -0 log_got "$PODTAP_JOURNAL"
	[[ ${lines[0]} == PRIORITY=3 && ${lines[1]} == SYSLOG_IDENTIFIER=podtap ]]
	for field in PODTAP_VERB=ADD PODTAP_CODE=7 "PODTAP_CONTAINER=$container" PODTAP_IFNAME=eth0 \
		PODTAP_NAMESPACE=shop PODTAP_POD=web-0 "PODTAP_NETNS=/run/netns/$pod"; do
		grep -qxF "$field" "$PODTAP_JOURNAL.got"
	done
	[[ $(grep ^PODTAP_NETWORK= "$PODTAP_JOURNAL.got") == PODTAP_NETWORK=?* ]]
	[[ ${lines[-1]} == 'MESSAGE=ADD failed: '*mode*bidge* ]]
}
@test "a failure cannot put a field or a line into the journal, and is there when the variables were refused" {
	log_serve "$PODTAP_JOURNAL"
	run -1 env CNI_COMMAND=ADD CNI_CONTAINERID=a CNI_NETNS=/x CNI_PATH=/x CNI_IFNAME=$'a\nPODTAP_CODE=0' "$BUILD/podtap" <<<"{}"
	run -0 log_got "$PODTAP_JOURNAL"
	[ "$(grep -c ^PODTAP_CODE= "$PODTAP_JOURNAL.got")" = 1 ]
	grep -qx 'PODTAP_IFNAME=a PODTAP_CODE=0' "$PODTAP_JOURNAL.got"
	log_serve "$PODTAP_JOURNAL"
	run -1 env CNI_COMMAND=ADD "$BUILD/podtap" </dev/null
	run -0 log_got "$PODTAP_JOURNAL"
	[[ $output == *PODTAP_CODE=4*CNI_CONTAINERID* && $output != *PODTAP_CONTAINER=* ]]
}
@test "a failure goes to syslog where there is no journal; a log that is full or missing holds no call" {
	export PODTAP_JOURNAL="" PODTAP_DEV_DIR=$BATS_TEST_TMPDIR/dev
	mkdir "$PODTAP_DEV_DIR"
	log_serve "$PODTAP_DEV_DIR/log"
	run -1 cni_raw ADD "$(config '{"mode":"bidge"}')"
	run -0 log_got "$PODTAP_DEV_DIR/log"
	[[ $output == '<27>podtap['[0-9]*']: ADD failed: '*bidge*" PODTAP_CONTAINER=\"$container\""* ]]
	rm "$PODTAP_DEV_DIR/log"
	run -1 cni_raw ADD "$(config '{"mode":"bidge"}')"
	[[ $output == *bidge* ]]
	at "$host" sysctl -qw net.unix.max_dgram_qlen=0
	log_serve "$PODTAP_DEV_DIR/log"
	kill -STOP "${background[-1]}"
	for _ in 1 2 3; do
		run -1 timeout 60 env CNI_COMMAND=ADD "$BUILD/podtap" </dev/null
	done
	kill -CONT "${background[-1]}"
	run -0 log_got "$PODTAP_DEV_DIR/log"
	rm "$PODTAP_DEV_DIR"/log*
}
@test "logFormat json: each line is an object with the attachment, and a failure has its code" {
	log=$BATS_TEST_TMPDIR/log
	change="{\"logFile\":\"$log\",\"logFormat\":\"json\"}"
	run -0 cni ADD "$change"
	run -1 cni_raw ADD "$(config "$change")"
	run -0 cni DEL "$change"
	[ "$(jq -sr 'map(.level + " " + .verb + " " + .msg) | join("|")' "$log" | sed 's/error ADD [^|]*/error ADD/')" = \
		'info ADD done|error ADD|info ADD failed|info DEL done' ]
	run -0 jq -s --arg id "$container" 'all(.containerID == $id and .ifname == "eth0" and (.time | fromdate) > 0) and
		(.[1] | .code == 999 and (.details | length) > 0)' "$log"
	[ "$output" = true ]
}
