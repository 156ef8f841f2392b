#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The master: which interface ADD selects, and which one it accepts.
load ../lib/lib
load ../lib/endpoint

@test "ADD: linkInContainer takes a master of the container" {
	ip -n "$pod" link add name inner0 type veth peer name inner1
	ip -n "$pod" link set inner0 up
	ip -n "$pod" link set inner1 up
	for kind in macvtap macvlan; do
		watch_links "$host" "$kind"
		run -0 cni ADD "{\"link\":\"$kind\",\"linkInContainer\":true,\"master\":\"inner0\"}"
		run -0 link "$pod" eth0 '[.linkinfo.info_kind, .link, (.flags | contains(["LOWER_UP"]))]'
		[ "$output" = "[\"$kind\",\"inner0\",true]" ]
		run -0 cni CHECK "{\"link\":\"$kind\",\"linkInContainer\":true,\"master\":\"inner0\"}"
		run -0 cni DEL "{\"link\":\"$kind\",\"linkInContainer\":true,\"master\":\"inner0\"}"
		run -0 links_seen "$host" "$kind"
		[ -z "$(sed '/ lan0$/d' <<<"$output")" ]
	done
	run -1 cni ADD '{"linkInContainer":true,"master":"lan0"}'
	error_is 7 lan0 "in the container"
}
@test "ADD: linkInContainer without master takes the container's default route" {
	ip -n "$pod" link add name inner0 type veth peer name inner1
	ip -n "$pod" link set inner0 up
	ip -n "$pod" link set inner1 up
	ip -n "$pod" route add default dev inner1
	run -0 cni ADD '{"linkInContainer":true,"master":null}'
	run -0 link "$pod" eth0 .link
	[ "$output" = inner1 ]
}

# Prints the name of the host interface under eth0 in the pod.
master_of_eth0() {
	ip -n "$host" -j link show | jq -r --argjson index "$(link "$pod" eth0 .link_index)" '.[] | select(.ifindex == $index).ifname'
}
@test "ADD: without master takes the interface of the IPv4 default route with the lowest metric" {
	ip -n "$host" link add lan1 type veth peer name peer1
	ip -n "$host" link set lan1 up
	ip -n "$host" link set lo up
	ip -n "$host" route add default dev lo metric 5 table 77
	ip -n "$host" -6 route add default dev lan0 metric 1
	ip -n "$host" route add default dev lan0 metric 200
	ip -n "$host" route add 10.7.0.0/16 dev lan0 metric 1
	ip -n "$host" route add default dev lan1 metric 100
	for metric in 100 50; do
		run -0 cni ADD '{"master":null}'
		run -0 master_of_eth0
		case $metric in
		100) [ "$output" = lan1 ] ;;
		50) [ "$output" = lan0 ] ;;
		esac
		run -0 cni DEL '{"master":null}'
		[ "$metric" = 50 ] || ip -n "$host" route add default dev lan0 metric 50
	done
}
@test "ADD: without master and IPv4 default route takes IPv6's; an empty master counts as absent" {
	ip -n "$host" link add lan1 type veth peer name peer1
	ip -n "$host" link set lan1 up
	ip -n "$host" -6 route add default dev lan1 metric 300
	for change in '{"master":null}' '{"master":""}'; do
		run -0 cni ADD "$change"
		run -0 master_of_eth0
		[ "$output" = lan1 ]
		run -0 cni DEL "$change"
	done
}
@test "ADD: without master and default route fails with the remedy and makes nothing" {
	run -1 with_calls cni ADD '{"master":null,"ipam":{"type":"answering"}}'
	error_is 7 master "default route"
	run -1 cni ADD '{"master":"nosuch0"}'
	error_is 7 nosuch0
	run -1 cni ADD '{"master":"lo"}'
	error_is 7 lo loopback
	no_calls
	nothing_made
}

@test "ADD: accepts a veth, a bridge, a tap, a vxlan or another macvlan as the master" {
	ip -n "$host" -batch - <<-END
		address add 10.98.0.1/24 dev lan0
		link add bridge0 type bridge
		tuntap add dev tun0 mode tap
		link add vxlan0 type vxlan id 7 remote 10.98.0.2 dstport 4789
		link add link lan0 name macvlan0 type macvlan mode bridge
	END
	for master in lan0 bridge0 tun0 vxlan0 macvlan0; do
		ip -n "$host" link set "$master" up
		for kind in macvtap macvlan; do
			change="{\"link\":\"$kind\",\"master\":\"$master\"}"
			run -0 cni ADD "$change"
			run -0 link "$pod" eth0 .linkinfo.info_kind
			[ "$output" = "$kind" ]
			run -0 cni CHECK "$change"
			run -0 cni DEL "$change"
		done
	done
	ip -n "$host" link del macvlan0
}
@test "ADD: accepts a master that is down; the endpoint has a carrier once it comes up" {
	ip -n "$host" link set lan0 down
	run -0 cni ADD
	run -0 link "$pod" eth0 '.flags | index("UP") != null, index("LOWER_UP") != null'
	[ "$output" = $'true\nfalse' ]
	ip -n "$host" link set lan0 up
	timeout 60 bash -c "until ip -n $pod link show eth0 | grep -q LOWER_UP; do :; done"
}
@test "ADD: refuses a port of a bridge and suggests the bridge" {
	ip -n "$host" link add bridge0 type bridge
	ip -n "$host" link set lan0 master bridge0
	run -1 cni ADD
	error_is 11 lan0 bridge
	nothing_made
}
@test "chain: linkInContainer accepts the previous plugin's container interface as the master" {
	ip -n "$pod" link add name first0 type veth peer name first1
	ip -n "$pod" link set first0 up
	ip -n "$pod" link set first1 up
	previous="{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"lan0\"},{\"name\":\"first0\",\"sandbox\":\"/run/netns/$pod\"},{\"name\":\"x\",\"sandbox\":\"/elsewhere\"}]}"
	run -0 cni ADD "{\"master\":null,\"linkInContainer\":true,\"prevResult\":$previous}" CNI_IFNAME=net1
	run -0 link "$pod" net1 .link
	[ "$output" = first0 ]
}

@test "ADD: refuses a tunnel that has the default route, and suggests to set master" {
	ip -n "$host" tuntap add tun0 mode tun
	ip -n "$host" address add 10.98.0.1/24 dev tun0
	ip -n "$host" link set tun0 up
	ip -n "$host" route add default via 10.98.0.254 dev tun0
	for verb in ADD STATUS; do
		run -1 cni $verb '{"master":null}'
		error_is "$([ $verb = ADD ] && echo 7 || echo 50)" tun0 "a tunnel (tun)" "default route" "name the interface on the LAN with master"
	done
	run -1 cni ADD '{"master":"tun0"}'
	error_is 7 "a tunnel (tun)" "name the interface on the LAN"
	[[ $output != *"default route"* ]]
	nothing_made
}
@test "ADD: refuses a MAC address in use and names its owner from the records" {
	run -0 cni ADD '{"mac":"02:00:00:00:00:07"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other" CNI_IFNAME=net7
	local kind
	for kind in macvtap macvlan; do
		run -1 cni ADD '{"link":"'$kind'","mac":"02:00:00:00:00:07"}'
		error_is 7 "MAC address 02:00:00:00:00:07 is in use on master lan0" "interface net7 of container $container-2"
		run -1 ip -n "$pod" link show eth0
	done
	run -1 cni ADD "{\"mac\":\"$(link "$host" lan0 .address)\"}"
	error_is 7 "the master itself has it"
	ip -n "$host" link add link lan0 name foreign0 address 02:00:00:00:00:08 type macvlan mode bridge
	ip -n "$host" link set foreign0 up
	run -1 cni ADD '{"mac":"02:00:00:00:00:08"}'
	error_is 7 "another endpoint of that master, or the master, has it"
	[[ $output != *net7* ]]
	ip -n "$host" link del foreign0
}
