#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The routes that IPAM names: by which gateway, with which attributes, before whose.
load ../lib/lib
load ../lib/endpoint

# The routes of eth0 in all tables, as a list of JSON objects, but for what the kernel adds by itself.
routes() {
	ip -n "$pod" "$1" -j route show table all dev eth0 | jq -c '[.[] | select(.protocol | IN(null, "boot"))]'
}
@test "routes: a gateway of their own, else the first of the family, else straight on the link" {
	answer='{"ips":[{"address":"10.99.0.7/24"},{"address":"10.98.0.7/24","gateway":"10.98.0.1"},{"address":"10.97.0.7/24","gateway":"10.97.0.1"},
		{"address":"fd99::7/64","gateway":"fd99::fe"}],
		"routes":[{"dst":"0.0.0.0/0"},{"dst":"10.7.1.1/16","gw":"10.99.0.254"},{"dst":"::/0"},{"dst":"fd77::/48","gw":"fd99::fd"}]}'
	run -0 cni ADD "$(answering "$answer" '{"dad":"off"}')" "$delegates"
	run -0 routes -4
	json_is '[.[] | [.dst, .gateway]] | sort' '[["10.7.0.0/16","10.99.0.254"],["default","10.98.0.1"]]'
	run -0 routes -6
	json_is '[.[] | [.dst, .gateway]] | sort' '[["default","fd99::fe"],["fd77::/48","fd99::fd"]]'
	change='{"ips":[{"address":"10.99.0.7/24"}],"routes":[{"dst":"10.7.0.0/16"}]}'
	run -0 cni ADD "$(answering "$change")" "$delegates" CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	run -0 ip -n "$other" -j route show dev eth0 proto boot
	json_is '[.[] | [.dst, .gateway, .scope]]' '[["10.7.0.0/16",null,null]]'
}
@test "routes: mtu, advmss, priority, table and scope are the kernel's" {
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"},{"address":"fd99::7/64","gateway":"fd99::fe"}],
		"routes":[{"dst":"10.1.0.0/16","mtu":1300},{"dst":"10.2.0.0/16","advmss":1200},{"dst":"10.3.0.0/16","priority":77},
		{"dst":"10.4.0.0/16","table":100},{"dst":"10.99.7.0/24","scope":253},{"dst":"10.5.0.0/16","mtu":1280,"advmss":1240,"priority":5,"table":100000},
		{"dst":"fd71::/32","mtu":1300,"priority":7,"table":101}]}'
	run -0 cni ADD "$(answering "$answer" '{"dad":"off"}')" "$delegates"
	run -0 routes -4
	json_is '[.[] | select(.dst == "10.1.0.0/16") | [.gateway, (.metrics[0].mtu)]]' '[["10.99.0.254",1300]]'
	json_is '[.[] | select(.dst == "10.2.0.0/16") | .metrics[0].advmss]' '[1200]'
	json_is '[.[] | select(.dst == "10.3.0.0/16") | .metric]' '[77]'
	json_is '[.[] | select(.dst == "10.4.0.0/16") | .table]' '["100"]'
	json_is '[.[] | select(.dst == "10.99.7.0/24") | [.scope, .gateway]]' '[["link",null]]'
	json_is '[.[] | select(.dst == "10.5.0.0/16") | [.metrics[0].mtu, .metrics[0].advmss, .metric, .table]]' '[[1280,1240,5,"100000"]]'
	run -0 routes -6
	json_is '[.[] | select(.dst == "fd71::/32") | [.metrics[0].mtu, .metric, .table]]' '[[1300,7,"101"]]'
}
@test "routes: an identical one that is there already is tolerated" {
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"},{"address":"fd99::7/64","gateway":"fd99::fe"}],
		"routes":[{"dst":"0.0.0.0/0"},{"dst":"0.0.0.0/0"},{"dst":"::/0"},{"dst":"::/0"},{"dst":"10.7.0.0/16","table":100},{"dst":"10.7.0.0/16","table":100}]}'
	run -0 cni ADD "$(answering "$answer" '{"dad":"off"}')" "$delegates"
	run -0 routes -4
	json_is length 2
	run -0 routes -6
	json_is length 1
}
@test "routes: a default route goes in front of another plugin's" {
	ip -n "$pod" link add name first0 type veth peer name first1
	ip -n "$pod" link set first0 up
	ip -n "$pod" link set first1 up
	ip -n "$pod" route add default dev first0
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}'
	run -0 cni ADD "$(answering "$answer")" "$delegates"
	run -0 ip -n "$pod" -j route show default
	json_is '[.[].dev]' '["eth0","first0"]'
}
