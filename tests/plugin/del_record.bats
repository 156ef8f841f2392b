#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# DEL: works without an endpoint record, with an unreadable one, and with one of an unfinished ADD.
load ../lib/lib
load ../lib/delegate
load ../lib/del

setup() {
	lan_setup
	delegates_setup
}

# Changes the record by a jq filter: record_edit FILTER
record_edit() {
	local text
	text=$(jq -c "$1" "$(record)") && printf %s "$text" >"$(record)"
}

@test "DEL: without a record finds the link by name and kind" {
	for type in podtap macvlan; do
		run -0 cni ADD "{\"type\":\"$type\"}"
		tap || true
		rm -r "$PODTAP_STATE_DIR"
		del
		run -1 link_exists "$pod" eth0
	done
}
@test "DEL: without a record and without devtmpfs removes the node" {
	devices_private
	run -0 cni ADD
	[ -c "$(tap)" ]
	rm -r "$PODTAP_STATE_DIR"
	del
	run -0 ls -A "$PODTAP_DEV_DIR"
	[ -z "$output" ]
}

@test "DEL: succeeds with an unreadable record" {
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
@test "DEL: with an unreadable record removes index and CDI device, with the netns gone or the link renamed" {
	local netns
	run -0 cni ADD '{"deviceID":"kept"}' CNI_CONTAINERID=bystander CNI_NETNS="/run/netns/$other"
	for netns in gone "" renamed; do
		pod_add third
		run -0 cni ADD '{"cdi":true}' CNI_NETNS="/run/netns/$third"
		node=$(tap)
		truncate -s 200 "$(record)"
		if [ "$netns" = renamed ]; then
			ip -n "$third" link set eth0 down name else0
		else
			ip netns del "$third"
		fi
		run -0 cni DEL '{"cdi":true}' CNI_NETNS="${netns:+/run/netns/$third}"
		[ ! -e "$node" ] && [ ! -e "$PODTAP_STATE_DIR/endpoints/$container" ]
		[ "$(ls "$PODTAP_CDI_DIR")" = podtap.dev-tap_kept.json ]
		[ "$(readlink "$PODTAP_STATE_DIR"/indices/*)" = bystander/eth0 ]
		[ "$netns" != renamed ] || { run -1 link_exists "$third" else0; ip netns del "$third"; }
	done
	run -0 cni CHECK '{"deviceID":"kept"}' CNI_CONTAINERID=bystander CNI_NETNS="/run/netns/$other"
}
@test "DEL: with an unreadable record removes the node where devtmpfs does not" {
	devices_private
	run -0 cni ADD '{"cdi":true}'
	node=$(tap)
	truncate -s 200 "$(record)"
	ip netns del "$pod"
	[ -c "$node" ]
	run -0 cni DEL '{"cdi":true}' CNI_NETNS=
	[ ! -e "$node" ]
}
@test "DEL: keeps an unreadable record as long as a part of its endpoint exists" {
	run -0 cni ADD '{"cdi":true}'
	tap
	truncate -s 200 "$(record)"
	ip netns del "$pod"
	wrapper=(unshare -m sh -c 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@"' "$PODTAP_CDI_DIR")
	run -1 cni DEL '{"cdi":true}' CNI_NETNS=
	error_is 5 "Read-only"
	wrapper=()
	[ -e "$(record)" ]
	run -0 cni DEL '{"cdi":true}' CNI_NETNS=
	run -0 find "$PODTAP_CDI_DIR" "$PODTAP_STATE_DIR/indices" -mindepth 1
	[ -z "$output" ]
}
@test "DEL: treats a record of another attachment as unreadable" {
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
@test "DEL: keeps a directory with foreign files in the record's place and removes the rest" {
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

@test "DEL: keeps a file in the place of a container's record directory and removes the rest" {
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

@test "DEL: handles an intent like a record and removes what it names" {
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
@test "DEL: by an intent leaves alone a link of another name or kind at its index" {
	foreign_links=yes
	run -0 cni ADD '{"type":"macvlan"}'
	record_edit '.state = "adding"'
	ip -n "$pod" link set eth0 down
	ip -n "$pod" link set eth0 name other0
	del '{"type":"macvlan"}'
	run -0 link_exists "$pod" other0
	[ ! -e "$(record)" ]
}
@test "DEL: succeeds when the directory for devices is gone" {
	devices_private
	run -0 cni ADD
	rm -r "$PODTAP_DEV_DIR"
	del
	run -0 assert_nothing_left
}
@test "DEL: removes an empty directory that a killed ADD left" {
	mkdir -p "$PODTAP_STATE_DIR/endpoints/$container"
	del
	[ ! -e "$PODTAP_STATE_DIR/endpoints/$container" ]
	mkdir -p "$PODTAP_STATE_DIR/endpoints/$container"
	echo half >"$PODTAP_STATE_DIR/endpoints/$container/eth0.new"
	del
	[ ! -e "$PODTAP_STATE_DIR/endpoints/$container" ]
}
