#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# GC: removes what the runtime no longer lists, and nothing else.
load ../lib/lib
load ../lib/delegate
load ../lib/tamper

setup() {
	lan_setup
	delegates_setup
}

# Makes one attachment with ADD: attach CONTAINERID IFNAME [NAMESPACE [CHANGES]]
attach() {
	run -0 cni_raw ADD "$(config "${4:-}")" "$delegates" CNI_CONTAINERID="$1" CNI_IFNAME="$2" \
		CNI_NETNS="/run/netns/${3:-$pod}"
}
# Asserts that an attachment exists, link and record: is_kept CONTAINERID IFNAME [NAMESPACE]
is_kept() {
	link_exists "${3:-$pod}" "$2" && [ -e "$PODTAP_STATE_DIR/endpoints/$1/$2.json" ]
}
is_gone() {
	[ ! -e "$PODTAP_STATE_DIR/endpoints/$1/$2.json" ] && ! link_exists "${3:-$pod}" "$2"
}
# Prints pairs of words as the list that GC takes.
attachments() {
	local list=""
	while [ $# -gt 0 ]; do
		list+=",{\"containerID\":\"$1\",\"ifname\":\"$2\"}"
		shift 2
	done
	printf '"cni.dev/valid-attachments":[%s]' "${list#,}"
}
# Runs GC with a list of valid attachments, silently: gc "$(attachments ...)" [CHANGES]
gc() {
	local text
	text=$(config "${2:-}")
	run -0 gc_raw "${text%\}}${1:+,$1}}"
	[ -z "$output" ]
}
gc_raw() {
	printf %s "$1" | at "$host" env "$delegates" CNI_COMMAND=GC "$BUILD/podtap" 2>"$BATS_TEST_TMPDIR/stderr"
}

@test "GC: removes the attachments that are not listed and keeps the others, silently" {
	attach one eth0
	attach one net1
	attach two eth0 "$other"
	node=$(tap eth0 one)
	gc "$(attachments one net1 three eth0)"
	run -0 is_gone one eth0
	[ ! -e "$node" ]
	run -0 is_kept one net1
	run -0 is_gone two eth0 "$other"
	gc "$(attachments one net1)"
	run -0 is_kept one net1
	gc "$(attachments)"
	run -0 is_gone one net1
	run -0 assert_nothing_left
}
@test "GC: matches an attachment by containerID and ifname together" {
	attach one eth0
	attach one net1
	gc "$(attachments one net2 two eth0 two net1 one net1)"
	run -0 is_gone one eth0
	run -0 is_kept one net1
	gc "$(attachments ONE net1)"
	run -0 is_gone one net1
}
@test "GC: removes an attachment whose namespace is gone, with node and reservation" {
	devices_private
	attach one eth0 "$pod" "{$(host_local)}"
	attach two eth0 "$other" "{$(host_local)}"
	ip netns del "$pod"
	ip netns del "$other"
	gc "$(attachments two eth0)" "{$(host_local)}"
	[ ! -e "$PODTAP_STATE_DIR/endpoints/one" ]
	[ ! -e "$leases/net/10.99.0.2" ]
	[ -e "$PODTAP_STATE_DIR/endpoints/two/eth0.json" ]
	[ -e "$leases/net/10.99.0.3" ]
	run -0 find "$PODTAP_DEV_DIR" -type c
	[ "${#lines[@]}" = 1 ]
	gc "$(attachments)" "{$(host_local)}"
	run -0 assert_nothing_left
}
@test "GC: leaves other networks alone, also in the same container" {
	attach one eth0
	attach one net1 "$pod" '{"name":"second"}'
	attach two eth0 "$other" '{"name":"net2"}'
	gc "$(attachments)"
	run -0 is_gone one eth0
	run -0 is_kept one net1
	run -0 is_kept two eth0 "$other"
	gc "$(attachments one eth0 two eth0)" '{"name":"second"}'
	run -0 is_gone one net1
	run -0 is_kept two eth0 "$other"
	gc "$(attachments)" '{"name":"net2"}'
	run -0 assert_nothing_left
}

@test "GC: null and an empty list mean that no attachment is valid; the old key works when it is alone" {
	while read -r list; do
		attach one eth0
		gc "$list"
		run -0 is_gone one eth0
	done <<-'LISTS'
		"cni.dev/valid-attachments":null
		"cni.dev/valid-attachments":[]
		"cni.dev/attachments":null
		"cni.dev/attachments":[{"containerID":"two","ifname":"eth0"}]
		"cni.dev/valid-attachments":[],"cni.dev/attachments":[{"containerID":"one","ifname":"eth0"}]
		"cni.dev/valid-attachments":null,"cni.dev/attachments":[{"containerID":"one","ifname":"eth0"}]
	LISTS
	attach one eth0
	gc '"cni.dev/attachments":[{"containerID":"one","ifname":"eth0","more":7}]'
	run -0 is_kept one eth0
	gc '"cni.dev/attachments":[],"cni.dev/valid-attachments":[{"containerID":"one","ifname":"eth0"}]'
	run -0 is_kept one eth0
	gc "$(attachments)"
}
@test "GC: without a list removes nothing unless gcWithoutList is set, and forwards GC to the delegate" {
	delegate noting <<<'exit 0'
	attach one eth0
	gc "" '{"ipam":{"type":"noting"}}'
	run -0 is_kept one eth0
	run -0 cat "$calls"
	[[ $output == "GC"* ]]
	[ "${#lines[@]}" = 1 ]
	gc "" '{"gcWithoutList":false}'
	run -0 is_kept one eth0
	gc "" '{"gcWithoutList":true}'
	run -0 is_gone one eth0
}
@test "GC: refuses an invalid list, removes nothing and does not call the delegate" {
	delegate noting <<<'exit 0'
	attach one eth0
	text=$(config '{"ipam":{"type":"noting"}}')
	while read -r list; do
		for key in cni.dev/valid-attachments cni.dev/attachments; do
			run -1 gc_raw "${text%\}},\"$key\":$list}"
			error_is 7 "$key"
		done
	done <<-'LISTS'
		"text"
		{"containerID":"two","ifname":"eth0"}
		true
		[{"containerID":"two","ifname":"eth0"},"one"]
		[{"containerID":"two"}]
		[{"containerID":5,"ifname":"eth0"}]
	LISTS
	run -0 is_kept one eth0
	[ ! -s "$calls" ]
	gc "$(attachments)"
}
@test "GC: reads a list of hundreds of kilobytes completely" {
	attach one eth0
	attach two eth0 "$other"
	list=$(jq -nc '[range(6000) | {containerID: ("container-\(.)-of-very-many"), ifname: "eth0"}]
		+ [{containerID: "one", ifname: "eth0"}]')
	[ "${#list}" -gt 300000 ]
	gc "\"cni.dev/valid-attachments\":$list"
	run -0 is_kept one eth0
	run -0 is_gone two eth0 "$other"
	gc "$(attachments)"
}
@test "GC: ignores errors in the rest of the configuration" {
	attach one eth0
	gc "$(attachments)" '{"mode":"hairpin","mtu":"x","master":"absent0","mac":7,"queues":0,"dns":3,"sourceMacs":1}'
	run -0 assert_nothing_left
}
@test "GC: without a state directory does nothing and does not create it" {
	gc "$(attachments)"
	[ ! -e "$PODTAP_STATE_DIR" ]
}

@test "GC: runs the delegate's DEL for each stale attachment before it removes the link, then forwards GC" {
	delegate noting <<-'SCRIPT'
		case $CNI_COMMAND in
		ADD) answer '"ips":[{"address":"10.99.0.7/24"}]' ;;
		DEL) nsenter --net="$CNI_NETNS" ip link show "$CNI_IFNAME" >/dev/null || echo "without a link" >>"$calls" ;;
		esac
		cat >"$0.$CNI_COMMAND.stdin"
	SCRIPT
	noting='{"ipam":{"type":"noting"}}'
	attach one eth0 "$pod" "$noting"
	attach one net1 "$pod" "$noting"
	attach two eth0 "$other" "$noting"
	: >"$calls"
	gc "$(attachments one net1)" "$noting"
	run -0 sort "$calls"
	[ "${lines[0]}" = "DEL one eth0 /run/netns/$pod" ]
	[ "${lines[1]}" = "DEL two eth0 /run/netns/$other" ]
	[[ ${lines[2]} == "GC"* ]]
	[ "${#lines[@]}" = 3 ]
	[[ $(tail -n 1 "$calls") == "GC"* ]]
	run -0 cmp "$BATS_TEST_TMPDIR/delegates/noting.DEL.stdin" "$BATS_TEST_TMPDIR/delegates/noting.GC.stdin"
	run -0 jq -r '."cni.dev/valid-attachments"[0].ifname' "$BATS_TEST_TMPDIR/delegates/noting.GC.stdin"
	[ "$output" = net1 ]
	gc "$(attachments)" "$noting"
}
@test "GC: releases what Debian's host-local reserved for stale attachments" {
	attach one eth0 "$pod" "{$(host_local)}"
	attach two eth0 "$other" "{$(host_local)}"
	[ -e "$leases/net/10.99.0.2" ]
	gc "$(attachments two eth0)" "{$(host_local)}"
	[ ! -e "$leases/net/10.99.0.2" ]
	[ -e "$leases/net/10.99.0.3" ]
	gc "$(attachments)" "{$(host_local)}"
	run -0 assert_nothing_left
}
@test "GC: tolerates a delegate that does not know GC" {
	for code in 1 4; do
		delegate old <<<"[ \$CNI_COMMAND != GC ] || refuse $code 'what is GC?'"
		gc "$(attachments)" '{"ipam":{"type":"old"}}'
		[ "$(called GC)" = "1" ]
		: >"$calls"
	done
	# Debian's own plugin knows neither the verb nor the version.
	run -0 gc_raw "$(config "{$(host_local)}" | jq -c '.ipam.type = "static"')"
	[ -z "$output" ]
}
@test "GC: reports a delegate's error after the whole cleanup" {
	delegate failing <<<'[ $CNI_COMMAND != GC ] || refuse 11 "the server sleeps"'
	attach one eth0
	attach two eth0 "$other"
	run -1 gc_raw "$(config "{$(attachments),\"ipam\":{\"type\":\"failing\"}}")"
	error_is 11 "the server sleeps"
	[ "$(called DEL)" = 2 ]
	run -0 assert_nothing_left
	run -1 gc_raw "$(config "{$(attachments),\"ipam\":{\"type\":\"absent\"}}")"
	error_is 7 absent
}
@test "GC: cleans up all attachments when the delegate fails for several, and reports all in one object" {
	delegate failing <<<'[ $CNI_COMMAND != DEL ] || refuse 11 "no release for $CNI_CONTAINERID"'
	attach one eth0
	attach two eth0 "$other"
	run -1 gc_raw "$(config "{$(attachments),\"ipam\":{\"type\":\"failing\"}}")"
	error_is 11 "no release for one" "no release for two"
	[ "$(called GC)" = 1 ]
	run -1 link_exists "$pod" eth0
	run -1 link_exists "$other" eth0
	# GC calls the delegate again as long as the records exist.
	delegate failing <<<'answer ""'
	run -0 gc_raw "$(config "{$(attachments),\"ipam\":{\"type\":\"failing\"}}")"
	[ "$(called DEL)" = 4 ]
	run -0 assert_nothing_left
}
@test "GC: without IPAM executes nothing" {
	attach one eth0
	gc "$(attachments)" '{"ipam":{}}'
	run -0 assert_nothing_left
	[ ! -s "$calls" ]
}

@test "GC: skips an unreadable record, reports it on stderr and removes the others" {
	attach one eth0
	attach two eth0 "$other"
	record=$PODTAP_STATE_DIR/endpoints/one/eth0.json
	cp "$record" "$BATS_TEST_TMPDIR/record"
	for damage in 'echo garbage >"$0"' ': >"$0"' 'jq -c ".containerID = \"two\"" "$0" >"$0.x"; mv "$0.x" "$0"' \
		'jq -c "del(.network)" "$0" >"$0.x"; mv "$0.x" "$0"' 'rm "$0"; mkdir "$0"' 'rm "$0"; mkfifo "$0"' \
		'rm "$0"; ln -s ../two/eth0.json "$0"'; do
		bash -c "$damage" "$record"
		gc "$(attachments two eth0)"
		stderr_has one
		run -0 link_exists "$pod" eth0
		run -0 is_kept two eth0 "$other"
		rm -r "$record"
		cp "$BATS_TEST_TMPDIR/record" "$record"
	done
	echo garbage >"$record"
	gc "$(attachments)"
	run -0 is_gone two eth0 "$other"
	run -0 cni_raw DEL "$(config)" CNI_CONTAINERID=one
}
@test "GC: leaves foreign files in the state directory alone" {
	attach one eth0
	endpoints=$PODTAP_STATE_DIR/endpoints
	mkdir -p "$endpoints/.hidden" "$endpoints/with space" "$endpoints/-dash" "$BATS_TEST_TMPDIR/elsewhere/x"
	cp "$endpoints/one/eth0.json" "$endpoints/with space/eth0.json"
	echo text >"$endpoints/file"
	echo text >"$endpoints/one/notes.txt"
	echo text >"$endpoints/one/a-name-too-long-for-a-link.json"
	cp "$endpoints/one/eth0.json" "$BATS_TEST_TMPDIR/elsewhere/eth0.json"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$endpoints/linked"
	mkfifo "$endpoints/fifo"
	find "$PODTAP_STATE_DIR" "$BATS_TEST_TMPDIR/elsewhere" | grep -v eth0.json | sort >"$BATS_TEST_TMPDIR/before"
	gc "$(attachments one eth0)"
	run -0 is_kept one eth0
	index=$(jq .ifindex "$endpoints/one/eth0.json")
	gc "$(attachments)"
	run -0 is_gone one eth0
	find "$PODTAP_STATE_DIR" "$BATS_TEST_TMPDIR/elsewhere" | grep -v eth0.json | sort >"$BATS_TEST_TMPDIR/after"
	run -0 diff <(grep -v "/indices/$index" "$BATS_TEST_TMPDIR/before") "$BATS_TEST_TMPDIR/after"
	[ -e "$BATS_TEST_TMPDIR/elsewhere/eth0.json" ]
	rm -r "$endpoints"
}
@test "GC: finds a record's link by namespace, index and kind, and leaves a foreign one alone" {
	foreign_links=yes
	attach one eth0 "$pod" '{"type":"macvlan"}'
	index=$(link "$pod" eth0 .ifindex)
	ip netns del "$pod"
	ip netns add "$pod"
	ip -n "$host" link add link lan0 name eth0 index "$index" netns "$pod" type macvlan mode bridge
	attach two eth0 "$other"
	ip -n "$other" link set eth0 down
	ip -n "$other" link set eth0 name renamed0
	gc "$(attachments)"
	run -0 link_exists "$pod" eth0
	run -1 link_exists "$other" renamed0
	run -0 assert_nothing_left
}
@test "GC: handles an intent like a record: removes a stale one and keeps a listed one" {
	attach one eth0
	record=$PODTAP_STATE_DIR/endpoints/one/eth0.json
	text=$(jq -c '.state = "adding"' "$record")
	printf %s "$text" >"$record"
	gc "$(attachments one eth0)"
	run -0 is_kept one eth0
	gc "$(attachments)"
	run -0 assert_nothing_left
}

# Makes attachments c1 to cN of one pod: attach_many N
attach_many() {
	local each adds=()
	for ((each = 1; each <= $1; each++)); do
		(attach "c$each" "net$each") 3>&- &
		adds+=($!)
	done
	for each in "${adds[@]}"; do
		wait "$each" || return 1
	done
}
@test "GC: of 16 endpoints with one whose addresses stay collects 15 side by side, and reports the one" {
	delegate one <<-'SCRIPT'
		[ $CNI_COMMAND = DEL ] || exit 0
		[ $CNI_CONTAINERID != c7 ] || refuse 11 "no release for c7"
		# The first waits until another one is here.
		touch "$0.$CNI_CONTAINERID"
		for ((i = 0; i < 500; i++)); do
			set -- "$0".c*
			[ $# = 1 ] || exit 0
			sleep 0.02
		done
		refuse 11 "alone"
	SCRIPT
	attach_many 16
	run -1 gc_raw "$(config "{$(attachments),\"ipam\":{\"type\":\"one\"}}")"
	error_is 11 "no release for c7"
	[[ $output != *alone* ]]
	[ "$(called DEL)" = 16 ]
	[ "$(called GC)" = 1 ]
	run -0 find "$PODTAP_STATE_DIR/endpoints" -name '*.json'
	[ "$output" = "$PODTAP_STATE_DIR/endpoints/c7/net7.json" ]
	run -0 ip -n "$pod" -br link show type macvtap
	[ -z "$output" ]
	gc "$(attachments)"
	run -0 assert_nothing_left
}
@test "GC: waits for every process that it started, and starts none for one endpoint" {
	for n in 1 5; do
		attach_many "$n"
		run -0 tampered GC "$(config "{$(attachments)}")" -f -e "trace=process"
		[ "$(grep -cE ' (clone3?|v?fork)\(.* = [0-9]+$| <\.\.\. (clone3?|v?fork) resumed>.* = [0-9]+$' "$BATS_TEST_TMPDIR/trace")" = $((n - 1)) ]
		[ "$(grep -cE 'wait4.* = [0-9]+$' "$BATS_TEST_TMPDIR/trace")" = $((n - 1)) ]
		run -0 assert_nothing_left
	done
}
@test "GC: killed while its IPAM plugins hang, leaves no process, and nobody holds its stdout and stderr" {
	delegate slow <<<'[ $CNI_COMMAND != DEL ] || { echo $$ >>"$0.pids"; exec sleep 1000; }'
	pids=$BATS_TEST_TMPDIR/delegates/slow.pids
	attach_many 3
	mkfifo "$BATS_TEST_TMPDIR/streams"
	config "{$(attachments),\"ipam\":{\"type\":\"slow\"}}" >"$BATS_TEST_TMPDIR/stdin"
	nsenter --net="/run/netns/$host" -- env "$delegates" CNI_COMMAND=GC "$BUILD/podtap" \
		<"$BATS_TEST_TMPDIR/stdin" >"$BATS_TEST_TMPDIR/streams" 2>&1 3>&- &
	killed=$!
	exec {streams}<"$BATS_TEST_TMPDIR/streams"
	until [ -e "$pids" ] && [ "$(wc -l <"$pids")" = 3 ]; do sleep 0.02; done
	kill -KILL "$killed"
	run -0 timeout 20 cat <&"$streams"
	[ -z "$output" ]
	while read -r pid; do
		while grep -q '^State:.*[^Z] (' "/proc/$pid/status" 2>/dev/null; do sleep 0.02; done
	done <"$pids"
	gc "$(attachments)"
	run -0 assert_nothing_left
}
# bats test_tags=long
@test "GC: with any of its processes killed, or a system call failing in each, the next GC completes" {
	text=$(config "{$(attachments)}")
	for injection in fork,vfork,clone,clone3:error=EAGAIN wait4:error=EINTR:when=1 wait4:signal=KILL \
		unlinkat:signal=KILL:when=3 sendto:signal=KILL:when=2 socket:error=EMFILE:when=2+ \
		sendto:error=ENOBUFS:when=2 unlinkat:error=EIO; do
		echo "$injection"
		attach_many 3
		run tampered GC "$text" -f -e inject="$injection"
		[[ $status == 0 || $status == 13[47] ]] || grep -q '^{.*"code":' <<<"$output"
		gc "$(attachments)"
		rm -f "$PODTAP_STATE_DIR"/indices/*
		run -0 assert_nothing_left
	done
}
