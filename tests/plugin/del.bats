#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# DEL: removes an attachment even when other things are missing or wrong, and can be repeated.
load ../lib/lib
load ../lib/delegate
load ../lib/tamper
load ../lib/del

setup() {
	lan_setup
	delegates_setup
}

@test "DEL: removes link, node, record and index note silently, and can be repeated" {
	run -0 cni ADD
	node=$(tap)
	[ -c "$node" ]
	del
	run -1 link_exists "$pod" eth0
	[ ! -e "$node" ]
	run -0 assert_nothing_left
}
@test "DEL, GC: open no sysfs for an endpoint on record or without a link, and one to find a node without a record" {
	mounts=$BATS_TEST_TMPDIR/mounts
	wrapper=(env "ASAN_OPTIONS=detect_leaks=0" strace -f -qq -o "$mounts" -e "trace=fsopen,fsmount,mount")
	for undo in DEL "GC {\"cni.dev/valid-attachments\":[]}"; do
		run -0 cni ADD
		run -0 cni_raw "${undo%% *}" "$(config "${undo#"${undo%% *}"}")"
		[ ! -s "$mounts" ]
		run -0 assert_nothing_left
	done
	run -0 cni DEL
	[ ! -s "$mounts" ]
	run -0 cni ADD
	rm "$(record)"
	run -0 cni DEL
	[ "$(grep -c fsmount "$mounts")" = 1 ]
}
@test "DEL: succeeds for an unknown attachment, with and without a namespace or a state directory" {
	del
	del '{}' CNI_NETNS=
	del '{}' CNI_NETNS=/run/netns/never
	del '{"type":"macvlan"}' CNI_CONTAINERID=never
	[ ! -e "$PODTAP_STATE_DIR" ]
}
@test "DEL: needs only containerID and ifname, with every other input invalid" {
	good=$(config)
	while read -r change; do
		run -0 cni_raw ADD "$good"
		run -0 cni_raw DEL "$(config "$change")" CNI_ARGS="NONSENSE;X=" CNI_NETNS=
		[ -z "$output" ]
		run -1 link_exists "$pod" eth0
	done <<-'CHANGES'
		{"mode":"hairpin","mtu":9999999,"mac":"xyz","master":null,"tapMode":"999","queues":0}
		{"mode":5,"mtu":"x","mac":7,"master":"absent0","dns":3,"link":"bridge","ipam":{}}
		{"master":7,"runtimeConfig":{"mac":"zz"},"ipam":null,"type":"macvlan","sourceMacs":5}
		{"linkInContainer":true,"logLevel":"?","owner":-1,"type":null}
	CHANGES
}
@test "DEL: works at every version, also at another one than ADD had" {
	for version in 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
		text=$(config "{\"cniVersion\":\"$version\"}")
		run -0 cni_raw ADD "$text"
		[ -n "$output" ]
		run -0 cni_raw DEL "$text"
		[ -z "$output" ]
		run -1 link_exists "$pod" eth0
	done
	for version in 0.1.0 0.2.0 ""; do
		text=$(config "{\"cniVersion\":\"$version\",$(host_local)}")
		run -0 cni_raw ADD "$text" "$delegates"
		run -0 cni_raw DEL "$text" "$delegates"
		[ -z "$output" ]
		run -1 link_exists "$pod" eth0
	done
	run -0 cni ADD
	del '{"cniVersion":"0.3.1"}'
	run -1 link_exists "$pod" eth0
}
@test "DEL: ignores an invalid prevResult" {
	good=$(config)
	while read -r previous; do
		run -0 cni_raw ADD "$good"
		run -0 cni_raw DEL "${good%\}},\"prevResult\":$previous}"
		[ -z "$output" ]
		run -1 link_exists "$pod" eth0
	done <<-'PREVIOUS'
		"text"
		[{"cniVersion":"9.9.9"}]
		{"cniVersion":"9.9.9"}
		{"ips":[{"address":"x"}],"interfaces":"eth0"}
		{"cniVersion":"0.2.0","ip4":{"ip":5}}
	PREVIOUS
}

@test "DEL: with an empty CNI_NETNS finds the link by the record" {
	run -0 cni ADD
	del '{}' CNI_NETNS=
	run -1 link_exists "$pod" eth0
	run -0 assert_nothing_left
}
@test "DEL: removes record, reservation and node after the namespace is gone" {
	devices_private
	run -0 cni ADD "{$(host_local)}" "$delegates"
	[ -c "$(tap)" ]
	[ -e "$leases/net/10.99.0.2" ]
	ip netns del "$pod"
	del "{$(host_local)}" "$delegates"
	run -0 assert_nothing_left
}
@test "DEL: treats a path that is not a namespace as gone, and reports it on stderr" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	: >"$BATS_TEST_TMPDIR/file"
	for path in "$BATS_TEST_TMPDIR/fifo" "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR" /proc/self/ns/mnt \
		/dev/null relative ""; do
		run -0 timeout 60 env PODTAP_STATE_DIR="$PODTAP_STATE_DIR" CNI_COMMAND=DEL CNI_CONTAINERID="$container" \
			CNI_IFNAME=eth0 CNI_NETNS="$path" CNI_PATH=/nowhere bash -c '"$0" <<<"$1" 2>"$2"' \
			"$BUILD/podtap" "$(config)" "$BATS_TEST_TMPDIR/stderr"
		[ -z "$output" ]
		[ -z "$path" ] || stderr_has "taken as gone"
	done
	run -0 cni ADD
	del '{}' CNI_NETNS="$BATS_TEST_TMPDIR/file"
	run -1 link_exists "$pod" eth0
}
@test "DEL: calls the delegate without a namespace too" {
	delegate scripted <<<'exit 0'
	for path in "" /run/netns/never; do
		run -0 cni DEL '{"ipam":{"type":"scripted"}}' "$delegates" CNI_NETNS="$path"
		[ "$(tail -n 1 "$calls")" = "DEL $container eth0 $path" ]
	done
}
@test "DEL: finds the link by its index where the container renamed it or changed its MAC" {
	for change in "name renamed0" "address 02:00:00:00:00:77" "name eth7 alias none mtu 1400"; do
		run -0 cni ADD
		ip -n "$pod" link set eth0 down
		# shellcheck disable=SC2086 # words
		ip -n "$pod" link set eth0 $change
		del
		run -0 assert_nothing_left
	done
}
@test "DEL: removes one attachment of a container and keeps its others" {
	run -0 cni ADD '{}' CNI_IFNAME=net1
	run -0 cni ADD
	del
	run -0 link_exists "$pod" net1
	[ -e "$(record net1)" ]
	del '{}' CNI_IFNAME=net1
	run -0 assert_nothing_left
}

@test "DEL: runs the delegate while the link still exists" {
	# shellcheck disable=SC2016
	delegate scripted <<-'END_OF_SCRIPT'
		case $CNI_COMMAND in
		ADD) answer '"ips":[{"address":"10.99.0.7/24"}]' ;;
		DEL) nsenter --net="$CNI_NETNS" ip -o link show "$CNI_IFNAME" >"$(dirname "$0")/../seen" ;;
		esac
	END_OF_SCRIPT
	run -0 cni ADD '{"ipam":{"type":"scripted"}}' "$delegates"
	run -0 cni DEL '{"ipam":{"type":"scripted"}}' "$delegates"
	[[ $(cat "$BATS_TEST_TMPDIR/seen") == *eth0@* ]]
	[ "$(called DEL)" = 1 ]
}
@test "DEL: returns the delegate's error after it removed link, node and record" {
	# shellcheck disable=SC2016
	delegate scripted <<-'END_OF_SCRIPT'
		case $CNI_COMMAND in
		ADD) answer '"ips":[{"address":"10.99.0.7/24"}]' ;;
		DEL) [ -e "$0.mended" ] || refuse 11 "the server sleeps" ;;
		esac
	END_OF_SCRIPT
	run -0 cni ADD '{"ipam":{"type":"scripted"}}' "$delegates"
	node=$(tap)
	run -1 cni DEL '{"ipam":{"type":"scripted"}}' "$delegates"
	error_is 11 "the server sleeps"
	run -1 link_exists "$pod" eth0
	[ ! -e "$node" ]
	run -0 assert_nothing_left
	run -1 cni DEL '{"ipam":{"type":"scripted"}}' "$delegates"
	error_is 11
	: >"$BATS_TEST_TMPDIR/delegates/scripted.mended"
	del '{"ipam":{"type":"scripted"}}' "$delegates"
}
@test "DEL: reports a delegate that is not installed after it removed the link" {
	run -0 cni ADD
	run -1 cni DEL '{"ipam":{"type":"absent"}}' "$delegates"
	error_is 7 absent
	run -1 link_exists "$pod" eth0
	run -0 assert_nothing_left
	del
}
@test "DEL: releases host-local's reservation" {
	run -0 cni ADD "{$(host_local)}" "$delegates"
	[ -e "$leases/net/10.99.0.2" ]
	del "{$(host_local)}" "$delegates"
	[ ! -e "$leases/net/10.99.0.2" ]
}
@test "DEL: succeeds when the master and its endpoints are gone" {
	ip -n "$host" link add extra0 type bridge
	run -0 cni ADD '{"master":"extra0"}'
	tap
	ip -n "$host" link del extra0
	del '{"master":"extra0"}'
	run -0 assert_nothing_left
}

# Lets every third system call of a DEL end it or fail, and sees that another DEL does the rest:
#   tampered_and_repeated OFFSET INJECTION
tampered_and_repeated() {
	local name which
	text=$(config "{$(host_local)}")
	every_third "$1" DEL
	while read -r name which; do
		echo "$2: $name $which"
		run -0 cni_raw ADD "$text" "$delegates"
		run tampered DEL "$text" -e inject="$name:$2:when=$which"
		if [ "$status" != 0 ]; then
			# 134: it could not return from the container's namespace, and must not go on there.
			[[ $status =~ ^13[47]$ ]] || grep -q '^{.*"code":' <<<"$output"
			run -0 cni_raw DEL "$text" "$delegates"
			[ -z "$output" ]
		fi
		# A stale note only keeps one index from being drawn.
		rm -f "$PODTAP_STATE_DIR"/indices/*
		run -0 assert_nothing_left
	done <"$calls_to_tamper"
}
# bats test_tags=long,plain
@test "DEL: killed at any system call, the next DEL completes" {
	tampered_and_repeated 0 signal=KILL
}
# bats test_tags=long
@test "DEL: succeeds or reports an error when any system call fails, and the next DEL completes, 1 of 2" {
	tampered_and_repeated 1 error=ENOMEM
}
# bats test_tags=long
@test "DEL: succeeds or reports an error when any system call fails, and the next DEL completes, 2 of 2" {
	tampered_and_repeated 2 error=ENOMEM
}
