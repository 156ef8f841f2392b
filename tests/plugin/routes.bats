#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The routes of IPAM: their gateway, attributes and precedence.
load ../lib/lib
load ../lib/endpoint

# Prints the routes of eth0 in all tables, as a list of JSON objects, except those that the kernel adds by itself.
routes() {
	ip -n "$pod" "$1" -j route show table all dev eth0 | jq -c '[.[] | select(.protocol | IN(null, "boot"))]'
}
@test "routes: use their own gateway, else the first of the family, else the link itself" {
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
@test "routes: mtu, advmss, priority, table and scope are set in the kernel" {
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
@test "routes: an identical route that exists already is tolerated" {
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"},{"address":"fd99::7/64","gateway":"fd99::fe"}],
		"routes":[{"dst":"0.0.0.0/0"},{"dst":"0.0.0.0/0"},{"dst":"::/0"},{"dst":"::/0"},{"dst":"10.7.0.0/16","table":100},{"dst":"10.7.0.0/16","table":100}]}'
	run -0 cni ADD "$(answering "$answer" '{"dad":"off"}')" "$delegates"
	run -0 routes -4
	json_is length 2
	run -0 routes -6
	json_is length 1
}
@test "routes: a default route precedes another plugin's" {
	ip -n "$pod" link add name first0 type veth peer name first1
	ip -n "$pod" link set first0 up
	ip -n "$pod" link set first1 up
	ip -n "$pod" route add default dev first0
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}'
	run -0 cni ADD "$(answering "$answer")" "$delegates"
	run -0 ip -n "$pod" -j route show default
	json_is '[.[].dev]' '["eth0","first0"]'
}

# Prints an address whose gateway is in no network, as hosters assign it: far FAMILY
far() {
	case $1 in
	-4) echo '{"ips":[{"address":"203.0.113.7/32","gateway":"172.31.1.1"}],"routes":[{"dst":"0.0.0.0/0"}]}' ;;
	-6) echo '{"ips":[{"address":"2001:db8:7::7/128","gateway":"2001:db8:1::1"}],"routes":[{"dst":"::/0"}]}' ;;
	esac
}
# The switch has these gateways, an address behind them, and the way back.
far_gateways() {
	ip -n "$switch" -batch - <<-END
		address add 172.31.1.1/32 dev br0
		address add 198.51.100.9/32 dev lo
		route add 203.0.113.7/32 dev br0
		address add 2001:db8:1::1/128 dev br0 nodad
		address add 2001:db8:9::9/128 dev lo
		route add 2001:db8:7::7/128 dev br0
	END
}
@test "routes: the gateway of a /32 or /128 is on the link, and frames reach it" {
	far_gateways
	for family in -4 -6; do
		for change in '{}' '{"dad":"off"}' '{"link":"macvlan"}'; do
			run -0 cni ADD "$(answering "$(far $family)" "$change")" "$delegates"
			run -0 routes $family
			json_is '[.[] | [.dst, .flags]]' '[["default",["onlink"]]]'
			case $family in
			-4) run -0 at "$pod" ping -c 1 -W 30 198.51.100.9 ;;
			-6) run -0 at "$pod" ping -6 -c 1 -W 30 2001:db8:9::9 ;;
			esac
			run -0 cni CHECK "$(answering "$(far $family)" "$change")" "$delegates"
			run -0 cni DEL "$(answering "$(far $family)" "$change")" "$delegates"
		done
	done
}
@test "routes: podtap-ipam gives a /32 with an outside gateway, as a range and as an address" {
	far_gateways
	for ipam in '{"subnet":"203.0.113.7/32","gateway":"172.31.1.1"}' '{"addresses":[{"address":"203.0.113.7/32","gateway":"172.31.1.1"}]}'; do
		change=$(jq -cn --argjson ipam "$ipam" --arg dir "$leases" \
			'{ipam: ({type: "podtap-ipam", dataDir: $dir, routes: [{dst: "0.0.0.0/0"}]} + $ipam)}')
		run -0 cni ADD "$change"
		run -0 at "$pod" ping -c 1 -W 30 198.51.100.9
		run -0 cni DEL "$change"
	done
}
@test "routes: a route to a gateway puts it on the link, in any order and with any prefix length" {
	far_gateways
	local given='{"address":"203.0.113.7/28","gateway":"172.31.1.1"}' to_gateway
	for to_gateway in '{"dst":"172.31.1.1/32"}' '{"dst":"172.31.1.1/32","scope":253}'; do
		change=$(answering '{"ips":['"$given"'],"routes":[{"dst":"0.0.0.0/0"},'"$to_gateway"']}')
		run -0 cni ADD "$change" "$delegates"
		json_is '[.routes[] | [.dst, .gw]]' '[["0.0.0.0/0","172.31.1.1"],["172.31.1.1/32",null]]'
		run -0 at "$pod" ping -c 1 -W 30 198.51.100.9
		run -0 cni CHECK "$change" "$delegates"
		run -0 cni DEL "$change" "$delegates"
	done
	change=$(answering '{"ips":[{"address":"2001:db8:7::7/120","gateway":"2001:db8:1::1"}],"routes":[{"dst":"::/0"},{"dst":"2001:db8:1::1/128"}]}' '{"dad":"off"}')
	run -0 cni ADD "$change" "$delegates"
	run -0 at "$pod" ping -6 -c 1 -W 30 2001:db8:9::9
}
@test "routes: a link-local gateway needs no route" {
	far_gateways
	ip -n "$switch" address add fe80::1/64 dev br0 nodad
	change=$(answering '{"ips":[{"address":"2001:db8:7::7/64","gateway":"fe80::1"}],"routes":[{"dst":"::/0"}]}' '{"dad":"off"}')
	run -0 cni ADD "$change" "$delegates"
	run -0 at "$pod" ping -6 -c 1 -W 30 2001:db8:9::9
}
@test "routes: a gateway that is not on the link is refused by name, with the remedy; nothing is made" {
	run -1 cni ADD "$(answering '{"ips":[{"address":"10.99.0.7/24","gateway":"10.98.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}')" "$delegates"
	error_is 7 "gateway 10.98.0.254 of the route to 0.0.0.0/0 is not on the link" '{"dst": "10.98.0.254/32", "scope": 253}' eth0
	run -1 cni ADD "$(answering '{"ips":[{"address":"10.99.0.7/24"}],"routes":[{"dst":"10.7.0.0/16","gw":"10.98.0.1"}]}')" "$delegates"
	error_is 7 "gateway 10.98.0.1 of the route to 10.7.0.0/16"
	run -1 cni ADD "$(answering '{"ips":[{"address":"fd99::7/64","gateway":"fd98::1"}],"routes":[{"dst":"::/0"}]}' '{"dad":"off"}')" "$delegates"
	error_is 7 "gateway fd98::1 of the route to ::/0" '{"dst": "fd98::1/128", "scope": 253}'
	nothing_made
}
