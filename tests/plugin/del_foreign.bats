#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# DEL: leaves alone what belongs to another attachment, for every path, name, index or node.
load ../lib/lib
load ../lib/delegate
load ../lib/del

setup() {
	lan_setup
	delegates_setup
}

# A foreign link in a namespace, of a kind that podtap makes too: foreign NAMESPACE NAME [INDEX]
foreign() {
	ip -n "$host" link add link lan0 name "$2" ${3:+index "$3"} netns "$1" type macvlan mode bridge
}

@test "DEL: leaves alone a link of that name when the path leads to another namespace" {
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
@test "DEL: leaves alone another pod's endpoint when the path leads to that pod, for every caller" {
	run -0 cni ADD '{"type":"macvlan"}' CNI_CONTAINERID=neighbour
	run -0 cni_raw DEL "$(config)"
	[ -z "$output" ]
	stderr_has "another attachment's"
	run -0 link_exists "$pod" eth0
	del '{"type":"macvlan"}' CNI_CONTAINERID=neighbour
	run -1 link_exists "$pod" eth0
}
@test "DEL: uses the recorded namespace, not a wrong one in CNI_NETNS" {
	foreign_links=yes
	foreign "$other" eth0
	run -0 cni ADD '{"type":"macvlan"}'
	run -0 cni DEL '{"type":"macvlan"}' CNI_NETNS="/run/netns/$other"
	[ -z "$output" ]
	run -1 link_exists "$pod" eth0
	run -0 link_exists "$other" eth0
}
@test "DEL: treats the plugin's own namespace in CNI_NETNS as a reused path and touches nothing" {
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
@test "DEL: works in the plugin's own namespace with CNI_NETNS_OVERRIDE" {
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

@test "DEL: leaves alone a link of another kind and reports it on stderr" {
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
@test "DEL: without a record leaves alone a link that has the name only as an alternative name" {
	foreign_links=yes
	foreign "$pod" net1
	ip -n "$pod" link property add dev net1 altname eth0
	run -0 cni DEL '{"type":"macvlan"}'
	[ -z "$output" ]
	stderr_has "left alone"
	run -0 link_exists "$pod" net1
}
@test "DEL: leaves alone the foreign link that made ADD fail" {
	ip -n "$pod" link add eth0 type bridge
	run -1 cni ADD
	error_is 999 eth0
	del
	[ "$(link "$pod" eth0 .linkinfo.info_kind)" = bridge ]
}
@test "DEL: leaves alone a foreign link that took the index or name of the endpoint's link" {
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
@test "DEL: removes the node only while it has the recorded number" {
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
