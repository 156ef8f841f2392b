#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Routes with several next hops: the host's default route, and routes that IPv6 merges in a pod.
load ../lib/lib

setup() {
	lan_setup
	ip -n "$host" link add name lan1 type veth peer name port1 netns "$switch"
	ip -n "$switch" link set port1 master br0 up
	ip -n "$host" link set lan1 up
}

@test "ADD: without master takes the interface of one next hop of a default route with several" {
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	ip -n "$host" address add 10.98.0.1/24 dev lan1
	ip -n "$host" route add default nexthop via 10.98.0.254 dev lan1 nexthop via 10.99.0.254 dev lan0
	run -0 cni ADD '{"master":null}'
	[ "$(jq -r .master "$PODTAP_STATE_DIR/endpoints/$container/eth0.json")" = lan1 ]
	run -0 cni CHECK '{"master":null}'
	run -0 cni DEL
	ip -n "$host" route del default
	ip -n "$host" -6 address add fd99::1/64 dev lan0 nodad
	ip -n "$host" -6 address add fd98::1/64 dev lan1 nodad
	ip -n "$host" -6 route add default nexthop via fd98::fe dev lan1 nexthop via fd99::fe dev lan0
	run -0 cni ADD '{"master":null}'
	[[ $(jq -r .master "$PODTAP_STATE_DIR/endpoints/$container/eth0.json") == lan[01] ]] # the order is the kernel's
}
@test "CHECK: succeeds for two interfaces whose IPv6 default routes the kernel merged" {
	while read -r name master net; do
		run -0 cni ADD "{\"cniVersion\":\"1.0.0\",\"master\":\"$master\",\"addressOwner\":\"pod\",\"dad\":\"off\",\"ipam\":{\"type\":\"static\",
			\"addresses\":[{\"address\":\"$net::7/64\",\"gateway\":\"$net::fe\"}],\"routes\":[{\"dst\":\"::/0\"}]}}" CNI_IFNAME="$name"
	done <<-'INTERFACES'
		eth0 lan0 fd99
		net1 lan1 fd98
	INTERFACES
	run -0 ip -n "$pod" -6 route show default
	[[ $output == *nexthop*nexthop* ]]
	run -0 cni CHECK '{"cniVersion":"1.0.0","ipam":{"type":"static"},"addressOwner":"pod"}'
	run -0 cni CHECK '{"cniVersion":"1.0.0","master":"lan1","ipam":{"type":"static"},"addressOwner":"pod"}' CNI_IFNAME=net1
	ip -n "$pod" -6 route del default via fd98::fe dev net1
	run -1 cni CHECK '{"cniVersion":"1.0.0","master":"lan1","ipam":{"type":"static"},"addressOwner":"pod"}' CNI_IFNAME=net1
	error_is 999 ::/0
	run -0 cni CHECK '{"cniVersion":"1.0.0","ipam":{"type":"static"},"addressOwner":"pod"}'
}
