#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# DEL: undoing an attachment, from whatever is left of it, and nothing that is not ours.
load lib
load delegate
load tamper

setup() {
	lan_setup
	delegates_setup
}
teardown() {
	lan_teardown
}

record() {
	echo "$PODTAP_STATE_DIR/endpoints/$container/${1:-eth0}.json"
}
# Changes the record by a jq filter: record_edit FILTER
record_edit() {
	local text
	text=$(jq -c "$1" "$(record)") && printf %s "$text" >"$(record)"
}
stderr_has() {
	grep -qF -- "$1" "$BATS_TEST_TMPDIR/stderr" || { cat "$BATS_TEST_TMPDIR/stderr"; return 1; }
}
# A foreign link in a namespace, of a kind that podtap makes too: foreign NAMESPACE NAME [INDEX]
foreign() {
	ip -n "$host" link add link lan0 name "$2" ${3:+index "$3"} netns "$1" type macvlan mode bridge
}
# Deletes silently, as often as it is asked for: del [CHANGES] [VARIABLE=VALUE...]
del() {
	for _ in 1 2; do
		run -0 cni DEL "$@"
		[ -z "$output" ] || return 1
	done
}

@test "DEL: removes link, node, record and index note, says nothing, and does so again and again (DEL-1)" {
	run -0 cni ADD
	node=$(tap)
	[ -c "$node" ]
	del
	run -1 link_exists "$pod" eth0
	[ ! -e "$node" ]
	run -0 assert_nothing_left
}
@test "DEL: of what never was succeeds, with and without a namespace or a state directory (DEL-1)" {
	del
	del '{}' CNI_NETNS=
	del '{}' CNI_NETNS=/run/netns/never
	del '{"type":"macvlan"}' CNI_CONTAINERID=never
	[ ! -e "$PODTAP_STATE_DIR" ]
}
@test "DEL: needs only containerID and ifname, whatever else is wrong (DEL-5, MV-3, MV-4)" {
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
@test "DEL: works at every version, also at another one than ADD had (DEL-7, MU-14)" {
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
@test "DEL: a prevResult that is none does not matter (DEL-8)" {
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
@test "DEL: without a record goes by name and kind (DEL-1)" {
	for type in podtap macvlan; do
		run -0 cni ADD "{\"type\":\"$type\"}"
		tap || true
		rm -r "$PODTAP_STATE_DIR"
		del
		run -1 link_exists "$pod" eth0
	done
}
@test "DEL: without a record and without devtmpfs takes the node along" {
	devices_private
	run -0 cni ADD
	[ -c "$(tap)" ]
	rm -r "$PODTAP_STATE_DIR"
	del
	run -0 ls -A "$PODTAP_DEV_DIR"
	[ -z "$output" ]
}

@test "DEL: an empty CNI_NETNS is no hindrance: the record knows where (DEL-1)" {
	run -0 cni ADD
	del '{}' CNI_NETNS=
	run -1 link_exists "$pod" eth0
	run -0 assert_nothing_left
}
@test "DEL: after the namespace vanished the record, the lease and the node go all the same (DEL-4, DEL-9)" {
	devices_private
	run -0 cni ADD "{$(host_local)}" "$delegates"
	[ -c "$(tap)" ]
	[ -e "$leases/net/10.99.0.2" ]
	ip netns del "$pod"
	del "{$(host_local)}" "$delegates"
	run -0 assert_nothing_left
}
@test "DEL: a namespace path that is none counts as gone, with a word on stderr (DEL-4)" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	: >"$BATS_TEST_TMPDIR/file"
	for path in "$BATS_TEST_TMPDIR/fifo" "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR" /proc/self/ns/mnt \
		/dev/null relative ""; do
		run -0 timeout 5 env PODTAP_STATE_DIR="$PODTAP_STATE_DIR" CNI_COMMAND=DEL CNI_CONTAINERID="$container" \
			CNI_IFNAME=eth0 CNI_NETNS="$path" CNI_PATH=/nowhere bash -c '"$0" <<<"$1" 2>"$2"' \
			"$BUILD/podtap" "$(config)" "$BATS_TEST_TMPDIR/stderr"
		[ -z "$output" ]
		[ -z "$path" ] || stderr_has "taken as gone"
	done
	run -0 cni ADD
	del '{}' CNI_NETNS="$BATS_TEST_TMPDIR/file"
	run -1 link_exists "$pod" eth0
}
@test "DEL: the delegate is asked even without a namespace (D-12)" {
	delegate scripted <<<'exit 0'
	for path in "" /run/netns/never; do
		run -0 cni DEL '{"ipam":{"type":"scripted"}}' "$delegates" CNI_NETNS="$path"
		[ "$(tail -n 1 "$calls")" = "DEL $container eth0 $path" ]
	done
}

@test "DEL: a path that leads to another namespace now: a link of that name there is not touched" {
	foreign_links=yes
	run -0 cni ADD '{"type":"macvlan"}'
	index=$(link "$pod" eth0 .ifindex)
	ip netns del "$pod"
	ip netns add "$pod"
	foreign "$pod" eth0 "$index"
	run -0 cni DEL '{"type":"macvlan"}'
	[ -z "$output" ]
	run -0 link_exists "$pod" eth0
	run -0 assert_nothing_left
}
@test "DEL: a path that leads to another pod now: its endpoint is not touched, whoever asks" {
	run -0 cni ADD '{"type":"macvlan"}' CNI_CONTAINERID=neighbour
	run -0 cni_raw DEL "$(config)"
	[ -z "$output" ]
	stderr_has "another attachment's"
	run -0 link_exists "$pod" eth0
	del '{"type":"macvlan"}' CNI_CONTAINERID=neighbour
	run -1 link_exists "$pod" eth0
}
@test "DEL: the recorded namespace counts, not the one the runtime names by mistake" {
	foreign_links=yes
	foreign "$other" eth0
	run -0 cni ADD '{"type":"macvlan"}'
	run -0 cni DEL '{"type":"macvlan"}' CNI_NETNS="/run/netns/$other"
	[ -z "$output" ]
	run -1 link_exists "$pod" eth0
	run -0 link_exists "$other" eth0
}
@test "DEL: our own namespace in CNI_NETNS is a reused path: nothing is touched (DEL-10, E6)" {
	foreign_links=yes
	foreign "$host" eth0
	for path in "/run/netns/$host" /proc/self/ns/net; do
		del '{}' CNI_NETNS="$path"
		run -0 link_exists "$host" eth0
	done
	run -0 cni ADD '{"type":"macvlan"}'
	ip netns del "$pod"
	del '{"type":"macvlan"}' CNI_NETNS="/run/netns/$host"
	run -0 link_exists "$host" eth0
	run -0 find "$PODTAP_STATE_DIR/endpoints" -mindepth 1
	[ -z "$output" ]
}
@test "DEL: our own namespace is served where CNI_NETNS_OVERRIDE says so (NS-1, NS-3)" {
	own=(CNI_NETNS="/run/netns/$host" CNI_NETNS_OVERRIDE=1)
	run -0 cni ADD '{}' "${own[@]}"
	run -0 link_exists "$host" eth0
	del '{}' "${own[@]}"
	run -1 link_exists "$host" eth0
	run -0 cni ADD '{}' "${own[@]}"
	rm -r "$PODTAP_STATE_DIR"
	del '{}' "${own[@]}"
	run -1 link_exists "$host" eth0
}

@test "DEL: a link of another kind is left alone, with a word on stderr (DEL-6, E8)" {
	while read -r kind options; do
		# shellcheck disable=SC2086 # options are words
		ip -n "$pod" link add eth0 type "$kind" $options
		run -0 cni DEL
		[ -z "$output" ]
		stderr_has "left alone"
		run -0 link_exists "$pod" eth0
		ip -n "$pod" link del eth0
	done <<-'END_OF_KINDS'
		bridge
		veth peer name peer0
		vxlan id 7 dstport 4789 local 127.0.0.1
	END_OF_KINDS
	ip -n "$pod" tuntap add eth0 mode tap
	run -0 cni DEL
	run -0 link_exists "$pod" eth0
	run -0 cni DEL '{}' CNI_IFNAME=lo
	run -0 link_exists "$pod" lo
}
@test "DEL: after an ADD that failed for a foreign link leaves that link alone (ADD-6, DEL-6)" {
	ip -n "$pod" link add eth0 type bridge
	run -1 cni ADD
	error_is 999 eth0
	del
	[ "$(link "$pod" eth0 .linkinfo.info_kind)" = bridge ]
}
@test "DEL: a foreign link that took our link's index or name is left alone" {
	foreign_links=yes
	run -0 cni ADD '{"type":"macvlan"}'
	index=$(link "$pod" eth0 .ifindex)
	ip -n "$pod" link del eth0
	ip -n "$pod" link add eth0 index "$index" type bridge
	del '{"type":"macvlan"}'
	[ "$(link "$pod" eth0 .linkinfo.info_kind)" = bridge ]
	ip -n "$pod" link del eth0

	run -0 cni ADD '{"type":"macvlan"}'
	ip -n "$pod" link del eth0
	foreign "$pod" eth0
	run -0 cni DEL '{"type":"macvlan"}'
	run -0 link_exists "$pod" eth0
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
@test "DEL: takes one attachment of a container and leaves its others" {
	run -0 cni ADD '{}' CNI_IFNAME=net1
	run -0 cni ADD
	del
	run -0 link_exists "$pod" net1
	[ -e "$(record net1)" ]
	del '{}' CNI_IFNAME=net1
	run -0 assert_nothing_left
}

@test "DEL: a record that cannot be read stops nothing (DEL-1, DEL-9)" {
	good=$(config)
	for damage in 'echo garbage >' 'head -c 20 "$0" >"$0.x"; mv "$0.x"' ': >' 'echo "[]" >' 'echo "{}" >' \
		'truncate -s 2M' 'chmod 000' 'rm "$0"; mkdir' 'rm "$0"; mkfifo' 'rm "$0"; ln -s /etc/passwd' \
		'rm "$0"; ln -s /nowhere'; do
		run -0 cni_raw ADD "$good"
		# shellcheck disable=SC2016
		bash -c "$damage \"\$0\"" "$(record)"
		run -0 cni_raw DEL "$good"
		[ -z "$output" ]
		run -1 link_exists "$pod" eth0
		[ ! -e "$PODTAP_STATE_DIR/endpoints/$container" ]
	done
	del
	[ -s /etc/passwd ]
}
@test "DEL: a record that tells of another attachment counts as unreadable" {
	run -0 cni ADD '{}' CNI_CONTAINERID=bystander
	run -0 cni ADD '{}' CNI_IFNAME=net1
	cp "$(record net1)" "$BATS_TEST_TMPDIR/net1"
	for id in bystander ../endpoints/bystander; do
		jq -c ".containerID = \"$id\"" "$BATS_TEST_TMPDIR/net1" >"$(record net1)"
		run -0 cni_raw DEL "$(config)" CNI_IFNAME=net1 CNI_NETNS=
		[ -e "$PODTAP_STATE_DIR/endpoints/bystander/eth0.json" ]
		run -0 link_exists "$pod" eth0
		[ ! -e "$(record net1)" ]
		mkdir -p "${PODTAP_STATE_DIR:?}/endpoints/$container"
	done
	run -0 cni_raw DEL "$(config)" CNI_IFNAME=net1
}
@test "DEL: a directory full of foreign things in the record's place stays, and the rest goes" {
	run -0 cni ADD
	rm "$(record)"
	mkdir -p "$(record)/foreign"
	del
	run -1 link_exists "$pod" eth0
	[ -d "$(record)/foreign" ]
	rm -r "$(record)"
	del
	run -0 assert_nothing_left
}

@test "DEL: what is no directory in the place of a container's records stays, and the rest goes" {
	local place=$PODTAP_STATE_DIR/endpoints/$container
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	for thing in 'touch' 'mkfifo' "ln -s $BATS_TEST_TMPDIR/elsewhere"; do
		run -0 cni ADD
		rm -r "$place"
		$thing "$place"
		del
		run -1 link_exists "$pod" eth0
		[ -e "$place" ] && [ -d "$BATS_TEST_TMPDIR/elsewhere" ]
		run -0 cni_raw GC "$(config '{"cni.dev/valid-attachments":[]}')"
		rm "$place"
	done
	run -0 assert_nothing_left
}

@test "DEL: the delegate runs while the link still is there (DEL-2, D-13)" {
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
@test "DEL: a delegate's error is ours, and link, node and record are gone all the same (DEL-3, E7, ERR-3)" {
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
@test "DEL: a delegate that is not installed is reported, and the link is gone (DEL-3, D-1)" {
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

@test "DEL: an intent is acted on like a record: what it names goes, or was never made" {
	run -0 cni ADD
	node=$(tap)
	record_edit '.state = "adding"'
	del
	[ ! -e "$node" ]
	run -0 assert_nothing_left

	run -0 cni ADD
	record_edit '.state = "adding" | del(.tap)'
	ip -n "$pod" link del eth0
	del
	run -0 assert_nothing_left
}
@test "DEL: an intent claims no link of another name or kind at its index" {
	foreign_links=yes
	run -0 cni ADD '{"type":"macvlan"}'
	record_edit '.state = "adding"'
	ip -n "$pod" link set eth0 down name other0
	del '{"type":"macvlan"}'
	run -0 link_exists "$pod" other0
	[ ! -e "$(record)" ]
}
@test "DEL: the node goes only while it has the recorded number" {
	devices_private
	good=$(config)
	for replacement in 'mknod "$0" c 1 3' 'echo text >"$0"' 'ln -s /dev/null "$0"' 'mkdir "$0"' 'mknod "$0" b 7 77'; do
		run -0 cni_raw ADD "$good"
		node=$(jq -r .tap.path "$(record)")
		rm "$node"
		bash -c "$replacement" "$node"
		cp -r "$PODTAP_STATE_DIR" "$BATS_TEST_TMPDIR/state-before"
		run -0 cni_raw DEL "$good"
		[ -e "$node" ]
		cp -r "$BATS_TEST_TMPDIR/state-before/." "$PODTAP_STATE_DIR"
		run -0 cni_raw DEL "$good" CNI_NETNS= # the record, and the link no more
		[ -e "$node" ]
		rm -r "$node" "$BATS_TEST_TMPDIR/state-before"
	done
}
@test "DEL: a directory for devices that is gone has no node of ours any more" {
	devices_private
	run -0 cni ADD
	rm -r "$PODTAP_DEV_DIR"
	del
	run -0 assert_nothing_left
}
@test "DEL: the master may be gone, and its endpoints with it" {
	ip -n "$host" link add extra0 type bridge
	run -0 cni ADD '{"master":"extra0"}'
	tap
	ip -n "$host" link del extra0
	del '{"master":"extra0"}'
	run -0 assert_nothing_left
}
@test "DEL: an empty folder that a killed ADD left goes too" {
	mkdir -p "$PODTAP_STATE_DIR/endpoints/$container"
	del
	[ ! -e "$PODTAP_STATE_DIR/endpoints/$container" ]
	mkdir -p "$PODTAP_STATE_DIR/endpoints/$container"
	echo half >"$PODTAP_STATE_DIR/endpoints/$container/eth0.new"
	del
	[ ! -e "$PODTAP_STATE_DIR/endpoints/$container" ]
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
		# A note that stays does nothing but keep one index from being drawn.
		rm -f "$PODTAP_STATE_DIR"/indices/*
		run -0 assert_nothing_left
	done <"$calls_to_tamper"
}
# bats test_tags=long
@test "DEL: killed at any system call, another DEL does the rest" {
	tampered_and_repeated 0 signal=KILL
}
# bats test_tags=long
@test "DEL: whatever system call fails, it says so or is done, and another DEL does the rest, 1 of 2" {
	tampered_and_repeated 1 error=ENOMEM
}
# bats test_tags=long
@test "DEL: whatever system call fails, it says so or is done, and another DEL does the rest, 2 of 2" {
	tampered_and_repeated 2 error=ENOMEM
}
