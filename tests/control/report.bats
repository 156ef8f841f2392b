#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl report: one archive with all that an operator is asked for, and without secrets.
load ../lib/lib

setup() {
	lan_setup
	node=$BATS_TEST_TMPDIR/node
	archive=$BATS_TEST_TMPDIR/report.tar
	mkdir -p "$node/etc/cni/net.d" "${PODTAP_POLICY%/*}"
}
ctl() {
	at "$host" "$BUILD/podtapctl" "$@" 2>"$BATS_TEST_TMPDIR/err"
}
# Prints a file of the archive.
part() {
	tar -xOf "$archive" "podtap-report/$1"
}
# A configuration with secrets, at every depth and in every kind of value.
secrets='{"apiToken":"hunter2","ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.7/24"}],
	"servers":[{"password":{"value":"hunter2"}},{"Client_Key":["hunter2"],"endpoint":"etcd.example"}]}}'

@test "report: has what doctor, check and list find, the records, the networks, the policy and the log, for root alone" {
	echo '{"rules":[{"masters":["*"],"modes":["bridge"],"links":["macvtap"],"owners":[0]}],"files":["/log/podtap"]}' >"$PODTAP_POLICY"
	mkdir -p "$PODTAP_STATE_DIR" "$node/log"
	echo '{"version":1,"resources":[]}' >"$PODTAP_STATE_DIR/resources.json"
	run -0 cni ADD
	config '{"logFile":"/log/podtap"}' >"$node/etc/cni/net.d/net.conf"
	yes 'a line of the log' | head -c 100000 >"$node/log/podtap"
	run -0 ctl report --root "$node" "$archive"
	[ -z "$output" ]
	[ "$(stat -c %a "$archive")" = 600 ]
	[ "$(tar -tf "$archive" | sort)" = "$(printf 'podtap-report/%s\n' check.txt contents.txt doctor.txt list.json \
		log/journal.txt log/log/podtap node/etc/cni/net.d/net.conf "node$PODTAP_POLICY" "node$PODTAP_STATE_DIR/resources.json" \
		"records/$container/eth0.json" version.txt | sort)" ]
	part version.txt | grep -q "^podtapctl "
	part doctor.txt | grep -q "^ok     policy: "
	part check.txt | grep -q "^ok     healthy: eth0 of $container"
	[ "$(part list.json | jq length)" = 1 ]
	[ "$(part "records/$container/eth0.json" | jq -r .containerID)" = "$container" ]
	[ "$(part "node$PODTAP_POLICY" | jq -r '.rules | length')" = 1 ]
	[ "$(part log/log/podtap | wc -c)" = 65536 ]
	rm "$PODTAP_STATE_DIR/resources.json"
}
@test "report: replaces every secret of configurations, records and CNI_ARGS" {
	run -0 cni ADD "$secrets" CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAME=web;SECRET_ID=hunter2"
	config "$secrets" >"$node/etc/cni/net.d/net.conf"
	grep -q hunter2 "$(record)"
	run -0 ctl report --root "$node" "$archive"
	! grep -aq hunter2 "$archive" || false
	part node/etc/cni/net.d/net.conf >"$BATS_TEST_TMPDIR/conf"
	[ "$(jq -c '[.apiToken, .master, .ipam.servers]' "$BATS_TEST_TMPDIR/conf")" = \
		'["removed","lan0",[{"password":"removed"},{"Client_Key":"removed","endpoint":"etcd.example"}]]' ]
	part "records/$container/eth0.json" >"$BATS_TEST_TMPDIR/kept"
	[ "$(jq -r .call.args "$BATS_TEST_TMPDIR/kept")" = "IgnoreUnknown=1;K8S_POD_NAME=web;SECRET_ID=removed" ]
	[ "$(jq -r '.call.config | fromjson | .apiToken' "$BATS_TEST_TMPDIR/kept")" = removed ]
}
@test "report: never replaces a file, writes to standard output, and leaves out what is not JSON" {
	run -0 cni ADD
	echo 'password: hunter2' >"$node/etc/cni/net.d/other.conf"
	echo '{' >"$(record)"
	echo mine >"$archive"
	run -2 ctl report --root "$node" "$archive"
	grep -q "File exists" "$BATS_TEST_TMPDIR/err"
	[ "$(cat "$archive")" = mine ]
	ctl report --root "$node" - >"$archive"
	! grep -aq hunter2 "$archive" || false
	part check.txt | grep -q "^error  record-unreadable: "
	part "records/$container/eth0.json" | grep -q "cannot decode"
	long=$(printf 'x%.0s' {1..255})
	run -0 cni ADD '{}' CNI_CONTAINERID="$long" CNI_NETNS="/run/netns/$other"
	ctl report --root "$node" - >"$archive"
	tar -tf "$archive" | grep -q "records/x\{120\}/eth0.json"
	run -2 ctl report --root node
	run -2 ctl report /nowhere/report.tar
}
