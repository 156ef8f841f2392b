#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The link as configured: its settings, MAC address, addresses, routes, names and the log.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
load lib
load endpoint
load frames

setup() {
	lan_setup
}
teardown() {
	lan_teardown
}

# Changes of the configuration by which IPAM answers with this: answering ANSWER [FURTHER CHANGES]
answering() {
	jq -cn --argjson answer "$1" --argjson further "${2:-"{}"}" '{ipam: {type: "answering", answer: $answer}} + $further'
}
# A setting of IPv6 of a link: ipv6_setting NAMESPACE LINK NAME
ipv6_setting() {
	at "$1" cat "/proc/sys/net/ipv6/conf/$2/$3"
}
# All routes of a namespace but that to IPv6's multicast groups, which every link has.
unicast_routes() {
	ip -n "$1" route show table all | sed '/^multicast ff00::\/8 /d'
}
# All addresses of a link, one a line.
addresses() {
	ip -n "$1" -j address show dev "$2" | jq -r '.[0].addr_info[] | "\(.local)/\(.prefixlen)"'
}
# The addresses of global scope, which no link has of itself.
global_addresses() {
	ip -n "$1" -j address show dev "$2" scope global | jq -r '.[].addr_info[]? | select(.local) | "\(.local)/\(.prefixlen)"'
}
both_families='{"ips":[{"address":"10.99.0.7/24"},{"address":"fd99::7/64"}]}'

# A router advertisement of the prefix fd55::/64 to everybody, from a neighbour fe80::1.
router_advertisement() {
	local from=fe800000000000000000000000000001 to=ff020000000000000000000000000001
	local body=400007080000000000000000 sum # hop limit, flags, lifetimes
	body+=01010200000000fe                 # the router's MAC address
	body+=030440c0000151800001518000000000fd55$(printf '00%.0s' {1..14})
	sum=$(checksum "$from$to$(printf %08x $((4 + ${#body} / 2)))0000003a86000000$body")
	printf '333300000001%s86dd60000000%04x3aff%s%s8600%s%s' 0200000000fe $((4 + ${#body} / 2)) $from $to "$sum" "$body"
}
@test "addressOwner guest: after ten seconds on a LAN with a router advertising, the link has no address at all" {
	run -0 cni ADD
	run -0 cni ADD '{"link":"macvlan","addressOwner":"guest"}' CNI_IFNAME=net1
	run -0 cni ADD "$(answering "$both_families" '{"addressOwner":"guest"}')" CNI_IFNAME=net2 "$delegates"
	json_is '[.ips[].address]' '["10.99.0.7/24","fd99::7/64"]'
	# The control: a pod that takes what the router offers.
	run -0 cni ADD '{"link":"macvlan"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	advertisement=$(router_advertisement)
	for second in {1..10}; do
		at "$switch" "$tapio" br0 send "$advertisement"
		sleep 1
	done
	run -0 addresses "$other" eth0
	[[ $output == *fd55::* && $output == *fe80::* ]]
	for ifname in eth0 net1 net2; do
		run -0 addresses "$pod" $ifname
		[ -z "$output" ]
	done
	run -0 unicast_routes "$pod"
	[[ $output != *@(eth0|net)* ]]
}
@test "addressOwner: guest for a macvtap without IPAM, pod otherwise, and as it is said" {
	while read -r change owner; do
		run -0 cni ADD "$change" "$delegates"
		run -0 link "$pod" eth0 .inet6_addr_gen_mode
		case $owner in
		pod) [ "$output" = eui64 ] ;;
		guest) [ "$output" = none ] ;;
		esac
		run -0 jq -r .addressOwner "$(record)"
		[ "$output" = "$owner" ]
		run -0 global_addresses "$pod" eth0
		case $change,$owner in
		*ipam*,pod) [ "$output" = $'10.99.0.7/24\nfd99::7/64' ] ;;
		*) [ -z "$output" ] ;;
		esac
		run -0 cni DEL "$change" "$delegates"
	done <<-END
		{} guest
		{"link":"macvlan"} pod
		{"addressOwner":"pod"} pod
		{"link":"macvlan","addressOwner":"guest"} guest
		$(answering "$both_families" '{"dad":"off"}') pod
		$(answering "$both_families" '{"dad":"off","link":"macvlan"}') pod
		$(answering "$both_families" '{"addressOwner":"guest"}') guest
	END
}
@test "addressOwner guest: IPAM's addresses and routes are reported and recorded, not configured" {
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}'
	run -0 cni ADD "$(answering "$answer" '{"addressOwner":"guest"}')" "$delegates"
	json_is '[.ips[0].address, .routes[0].dst]' '["10.99.0.7/24","0.0.0.0/0"]'
	run -0 cat "$(record)"
	json_is '[.ips[0].address, .routes[0].dst]' '["10.99.0.7/24","0.0.0.0/0"]'
	run -0 unicast_routes "$pod"
	[[ $output != *eth0* ]]
	run -0 cni CHECK "$(answering "$answer" '{"addressOwner":"guest"}')" "$delegates"
}

@test "mtu: as asked for, more than the master's is refused with the limit" {
	ip -n "$host" link set lan0 mtu 1450
	run -0 cni ADD '{"mtu":1400}'
	[ "$(link "$pod" eth0 .mtu)" = 1400 ]
	run -1 cni_raw ADD "$(config '{"mtu":1451}')" CNI_IFNAME=net1
	error_is 7 1451 lan0 1450
	run -1 link_exists "$pod" net1
}
@test "mtu: one that has no room for IPv6 works without, and is refused for an IPv6 address" {
	run -0 cni ADD "$(answering '{"ips":[{"address":"10.99.0.7/24"}]}' '{"mtu":1000}')" "$delegates"
	run -1 with_calls cni_raw ADD "$(config "$(answering "$both_families" '{"mtu":1000}')")" CNI_IFNAME=net1
	error_is 7 mtu 1280
	run -1 link_exists "$pod" net1
	[ "$(cat "$BATS_TEST_TMPDIR/calls")" = $'ADD\nDEL' ]
}
@test "promiscMode: off unless asked for" {
	for kind in macvtap macvlan; do
		while read -r change wanted; do
			run -0 cni ADD "$change"
			run -0 link "$pod" eth0 '.flags | index("PROMISC") != null'
			[ "$output" = "$wanted" ]
			run -0 cni DEL
		done <<-END
			{"link":"$kind"} false
			{"link":"$kind","promiscMode":false} false
			{"link":"$kind","promiscMode":true} true
		END
	done
}
@test "allmulti: on for a macvtap, off for a macvlan, and as it is said" {
	while read -r change wanted; do
		run -0 cni ADD "$change"
		run -0 link "$pod" eth0 '.flags | index("ALLMULTI") != null'
		[ "$output" = "$wanted" ]
		run -0 cni DEL
	done <<-'END'
		{} true
		{"link":"macvlan"} false
		{"allmulti":false} false
		{"link":"macvlan","allmulti":true} true
	END
}
@test "bcqueuelen: the kernel's unless given" {
	while read -r change wanted; do
		run -0 cni ADD "$change"
		run -0 link "$pod" eth0 .linkinfo.info_data.bcqueuelen
		[ "$output" = "$wanted" ]
		run -0 cni DEL
	done <<-'END'
		{} 1000
		{"bcqueuelen":0} 1000
		{"bcqueuelen":77} 77
		{"link":"macvlan","bcqueuelen":100000} 100000
	END
}
@test "sourceMacs: the senders of mode source are the kernel's list, up to 256 of them" {
	for n in 0 1 2 256; do
		macs=$(jq -cn "[range($n) | \"02:00:00:00:0\\(. / 100 | floor):\\(. % 100 + 100 | tostring[1:])\"]")
		run -0 cni ADD "{\"mode\":\"source\",\"sourceMacs\":$macs}"
		run -0 link "$pod" eth0 '.linkinfo.info_data.macaddr_data // [] | sort'
		[ "$output" = "$macs" ]
		run -0 cni DEL
	done
}

@test "mac: from each of its four sources, and the more particular one wins (MV-1)" {
	all='{"runtimeConfig":{"mac":"02:00:00:00:00:01"},"args":{"cni":{"mac":"02:00:00:00:00:02"}},"mac":"02:00:00:00:00:04"}'
	while read -r without args wanted; do
		change=$(jq -c "$without" <<<"$all")
		run -0 cni ADD "$change" CNI_ARGS="$args"
		json_is '.interfaces[0].mac' "$wanted"
		[ "$(link "$pod" eth0 .address)" = "$wanted" ] || { echo "$without $args"; return 1; }
		run -0 cni DEL "$change"
	done <<-'END'
		. MAC=02:00:00:00:00:03 02:00:00:00:00:01
		del(.args,.mac) IgnoreUnknown=1 02:00:00:00:00:01
		del(.runtimeConfig) MAC=02:00:00:00:00:03 02:00:00:00:00:02
		del(.runtimeConfig,.mac) IgnoreUnknown=1;X=y 02:00:00:00:00:02
		del(.runtimeConfig,.args) IgnoreUnknown=1;MAC=02:00:00:00:00:03 02:00:00:00:00:03
		del(.runtimeConfig,.args,.mac) MAC=02:00:00:00:00:03 02:00:00:00:00:03
		del(.runtimeConfig,.args) IgnoreUnknown=1 02:00:00:00:00:04
		.runtimeConfig.mac="" MAC=02:00:00:00:00:03 02:00:00:00:00:02
	END
}
@test "mac: an address of any source and spelling is reported in lower case with colons (RES-2)" {
	for text in 02:AB:CD:EF:00:01 02-ab-cd-ef-00-01 02ab.cdef.0001; do
		run -0 cni ADD "{\"mac\":\"$text\"}"
		json_is '.interfaces[0].mac' 02:ab:cd:ef:00:01
		run -0 cni DEL
	done
}
@test "mac: without one, a random, locally administered one, another for each endpoint" {
	for kind in macvtap macvlan; do
		for i in 1 2 3 4; do
			run -0 cni ADD "{\"link\":\"$kind\"}"
			json_is '.interfaces[0].mac' "$(link "$pod" eth0 .address)"
			mac=$(jq -r '.interfaces[0].mac' <<<"$output")
			[[ $mac == ?[26ae]:* ]]
			echo "$mac" >>"$BATS_TEST_TMPDIR/macs"
			run -0 cni DEL
		done
	done
	[ "$(sort -u "$BATS_TEST_TMPDIR/macs" | wc -l)" = 8 ]
}
@test "mac: one in use on the master is refused by name, and nothing stays" {
	run -0 cni ADD '{"mac":"02:00:00:00:00:07"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	for kind in macvtap macvlan; do
		for mac in 02:00:00:00:00:07 "$(link "$host" lan0 .address)"; do
			run -1 with_calls cni_raw ADD "$(config "$(answering "$both_families" "{\"link\":\"$kind\",\"mac\":\"$mac\"}")")"
			error_is 7 "$mac" lan0 "in use"
			[ "$(cat "$BATS_TEST_TMPDIR/calls")" = $'ADD\nDEL' ]
			run -1 link_exists "$pod" eth0
			[ ! -e "$(record)" ]
		done
	done
	[ "$(tap_identity "$(tap eth0 "$container-2")")" = "eth0 02:00:00:00:00:07" ]
}

# The state of an IPv6 address: which of these words the kernel says of it.
address_says() {
	ip -n "$pod" -6 -j address show dev eth0 | jq -r --arg a "$1" '.[0].addr_info[] | select(.local == $a) |
		[to_entries[] | select(.value == true and (.key | IN("tentative", "optimistic", "nodad", "dadfailed"))).key] | join(" ")'
}
with_gateway='{"ips":[{"address":"fd99::7/64","gateway":"fd99::fe"}]}'
@test "dad wait: the result comes when the address with a gateway is usable, and no later than need be (B2.12)" {
	begun=$EPOCHREALTIME
	run -0 cni ADD "$(answering "$with_gateway")" "$delegates"
	took=$(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))
	run -0 address_says fd99::7
	[ -z "$output" ]
	# The kernel takes one second, and another one at random before.
	((took >= 900 && took < 4000)) || { echo "$took ms"; return 1; }
	at "$pod" ping -6 -c 1 -W 1 -I fd99::7 fd99::fe
}
@test "dad wait: without a gateway nothing is waited for, as with the reference plugin (E12)" {
	run -0 cni ADD "$(answering '{"ips":[{"address":"fd99::7/64"}]}')" "$delegates"
	run -0 address_says fd99::7
	[ "$output" = tentative ]
	run -2 at "$pod" ping -6 -c 1 -W 1 -I fd99::7 fd99::7
	run -0 cni CHECK "$(answering '{"ips":[{"address":"fd99::7/64"}]}')" "$delegates"
}
@test "dad wait: without a carrier there is nobody to ask, and the ADD succeeds (B2.12)" {
	ip -n "$switch" link set port0 down
	run -0 timeout 9 cat <(cni ADD "$(answering "$with_gateway")" "$delegates")
	json_is '.ips[0].address' fd99::7/64
}
@test "dad wait: an address somebody on the LAN has is refused by name, and nothing stays" {
	run -1 with_calls cni_raw ADD "$(config "$(answering '{"ips":[{"address":"fd99::fe/64","gateway":"fd99::1"}]}')")"
	error_is 999 fd99::fe "in use"
	[ "$(cat "$BATS_TEST_TMPDIR/calls")" = $'ADD\nDEL' ]
	nothing_made
}
@test "dad optimistic: the address can be used at once, while the LAN is asked" {
	run -0 cni ADD "$(answering "$with_gateway" '{"dad":"optimistic"}')" "$delegates"
	run -0 address_says fd99::7
	[[ $output == *optimistic* ]]
	# Nothing can be bound to an address that is only tentative.
	run -0 at "$pod" ping -6 -c 3 -i 0.2 -W 1 -I fd99::7 fd99::7
	[[ $output == *" from fd99::7"* ]]
}
@test "dad off: the address is there at once, and nobody is asked" {
	listen lan "$switch" br0 refuse 8700 0 until "$(frame "$broadcast" 02:00:00:00:00:07 "the last one")" 5000
	run -0 cni ADD "$(answering "$with_gateway" '{"dad":"off","mac":"02:00:00:00:00:07"}')" "$delegates"
	run -0 address_says fd99::7
	[ "$output" = nodad ]
	run -0 at "$pod" "$tapio" eth0 send "$(frame "$broadcast" 02:00:00:00:00:07 "the last one")"
	heard lan
	run -0 cat <&"$listener"
	# No neighbour solicitation for it came by.
	[[ $output != *00000000fd990000000000000000000000000007* ]]
}

@test "IPv6: turned on where the pod's default is off, kept while the link is down" {
	at "$pod" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	run -0 cni ADD "$(answering "$both_families" '{"dad":"off"}')" "$delegates"
	for name in lo eth0; do
		run -0 ipv6_setting "$pod" $name disable_ipv6
		[ "$output" = 0 ]
	done
	run -0 ipv6_setting "$pod" eth0 keep_addr_on_down
	[ "$output" = 1 ]
	ip -n "$pod" link set eth0 down
	run -0 global_addresses "$pod" eth0
	[ "$output" = $'10.99.0.7/24\nfd99::7/64' ]
}
@test "IPv6: left as the pod has it where no IPv6 address is given" {
	at "$pod" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	run -0 cni ADD "$(answering '{"ips":[{"address":"10.99.0.7/24"}]}')" "$delegates"
	for name in lo eth0; do
		run -0 ipv6_setting "$pod" $name disable_ipv6
		[ "$output" = 1 ]
	done
}
@test "addresses: all of IPAM's are on the link in order, with their prefix and broadcast address" {
	answer='{"ips":[{"address":"10.99.0.7/24"},{"address":"fd99::7/64"},{"address":"10.98.0.7/32"},{"address":"10.97.0.6/31"},{"address":"fd98::7/128"}]}'
	run -0 cni ADD "$(answering "$answer" '{"dad":"off"}')" "$delegates"
	run -0 ip -n "$pod" -4 -j address show dev eth0
	json_is '[.[0].addr_info[] | [.local, .prefixlen, .broadcast, .scope]]' \
		'[["10.99.0.7",24,"10.99.0.255","global"],["10.98.0.7",32,null,"global"],["10.97.0.6",31,null,"global"]]'
	run -0 global_addresses "$pod" eth0
	[[ $output == *fd99::7/64* && $output == *fd98::7/128* ]]
}
@test "announcement: the LAN hears of IPv4 and IPv6 addresses when the link comes up (B2.8)" {
	arp=00010800060400010200000000070a630007
	advertisement=00000000fd990000000000000000000000000007
	listen arp "$switch" br0 expect "0806$arp" 5000
	listen nd "$switch" br0 expect "20${advertisement:2}" 5000
	change=$(answering "$both_families" '{"dad":"off","mac":"02:00:00:00:00:07"}')
	run -0 cni ADD "$change" "$delegates"
	heard arp
	heard nd
	ip -n "$pod" link set eth0 down
	listen again "$switch" br0 expect "0806$arp" 5000
	ip -n "$pod" link set eth0 up
	heard again
}

# The routes of eth0 in all tables, as a list of JSON objects, but for what the kernel adds by itself.
routes() {
	ip -n "$pod" "$1" -j route show table all dev eth0 | jq -c '[.[] | select(.protocol | IN(null, "boot"))]'
}
@test "routes: a gateway of their own, else the first of the family, else straight on the link (B2.13)" {
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
@test "routes: mtu, advmss, priority, table and scope are the kernel's (E10)" {
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
@test "routes: an identical one that is there already is tolerated (E11)" {
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"},{"address":"fd99::7/64","gateway":"fd99::fe"}],
		"routes":[{"dst":"0.0.0.0/0"},{"dst":"0.0.0.0/0"},{"dst":"::/0"},{"dst":"::/0"},{"dst":"10.7.0.0/16","table":100},{"dst":"10.7.0.0/16","table":100}]}'
	run -0 cni ADD "$(answering "$answer" '{"dad":"off"}')" "$delegates"
	run -0 routes -4
	json_is length 2
	run -0 routes -6
	json_is length 1
}
@test "routes: a default route goes in front of another plugin's (E11)" {
	ip -n "$pod" link add name first0 type veth peer name first1
	ip -n "$pod" link set first0 up
	ip -n "$pod" link set first1 up
	ip -n "$pod" route add default dev first0
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}'
	run -0 cni ADD "$(answering "$answer")" "$delegates"
	run -0 ip -n "$pod" -j route show default
	json_is '[.[].dev]' '["eth0","first0"]'
}

@test "dns: the configuration's, else IPAM's (E9)" {
	answer='{"ips":[{"address":"10.99.0.7/24"}],"dns":{"nameservers":["10.99.0.254"],"search":["lan.example"]}}'
	while read -r own wanted; do
		run -0 cni ADD "$(answering "$answer" "{\"dns\":$own}")" "$delegates"
		json_is .dns "$wanted"
		run -0 jq -c .dns "$(record)"
		[ "$output" = "$wanted" ]
		run -0 cni DEL "$(answering "$answer")" "$delegates"
	done <<-'END'
		{"nameservers":["10.9.0.1"],"domain":"own.example","options":["ndots:1"]} {"nameservers":["10.9.0.1"],"domain":"own.example","options":["ndots:1"]}
		null {"nameservers":["10.99.0.254"],"search":["lan.example"]}
		{} {"nameservers":["10.99.0.254"],"search":["lan.example"]}
	END
	run -0 cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"static","addresses":[{"address":"10.99.0.7/24"}],"dns":{"domain":"static.example"}}}'
	json_is .dns '{"domain":"static.example"}'
}
@test "dns: the configuration's is in the result also without IPAM" {
	run -0 cni ADD '{"dns":{"nameservers":["10.9.0.1"]}}'
	json_is .dns '{"nameservers":["10.9.0.1"]}'
}

@test "logFile: one line a call and one a failure, with who it was for; appended, for root only" {
	log=$BATS_TEST_TMPDIR/log
	change="{\"logFile\":\"$log\"}"
	run -0 cni ADD "$change"
	[ "$(stat -c %a "$log")" = 600 ]
	run -0 cat "$log"
	[ "${#lines[@]}" = 1 ]
	[[ $output == 20??-??-??T*Z\ info\ ADD\ *containerID=$container\ ifname=eth0\ *done ]]
	run -1 cni_raw ADD "$(config "$change")"
	run -0 cat "$log"
	[ "${#lines[@]}" = 3 ]
	[[ ${lines[1]} == *" error ADD "*"containerID=$container ifname=eth0 "*"code=999 "*exists* ]]
	[[ ${lines[2]} == *" info ADD "*failed ]]
	run -0 cni CHECK "$change"
	run -0 cni DEL "$change"
	run -0 cni_raw STATUS "$(config "$change")"
	run -0 cat "$log"
	[ "${#lines[@]}" = 6 ]
	[[ ${lines[3]} == *" info CHECK "*done && ${lines[4]} == *" info DEL "*done && ${lines[5]} == *" info STATUS "*done ]]
}
@test "logLevel: error has failures only, debug the configuration too" {
	log=$BATS_TEST_TMPDIR/log
	run -0 cni ADD "{\"logFile\":\"$log\",\"logLevel\":\"error\"}"
	[ ! -s "$log" ]
	run -1 cni_raw ADD "$(config "{\"logFile\":\"$log\",\"logLevel\":\"error\"}")"
	run -0 cat "$log"
	[ "${#lines[@]}" = 1 ]
	[[ $output == *" error ADD "* ]]
	rm "$log"
	run -0 cni DEL "{\"logFile\":\"$log\",\"logLevel\":\"debug\"}"
	run -0 cat "$log"
	[[ $output == *" debug DEL "*'"logLevel":"debug"'*" info DEL "*done ]]
}
@test "logFile: one that cannot be written, or is no file, fails no call and is not followed" {
	ln -s "$BATS_TEST_TMPDIR/target" "$BATS_TEST_TMPDIR/symlink"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for log in /nowhere/log /proc/log "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/symlink" "$BATS_TEST_TMPDIR/fifo"; do
		run -0 timeout 5 cat <(cni ADD "{\"logFile\":\"$log\"}")
		json_is '.interfaces[0].name' eth0
		[[ $(cat "$BATS_TEST_TMPDIR/stderr") == *logFile* ]]
		run -0 cni DEL "{\"logFile\":\"$log\"}"
	done
	[ ! -e "$BATS_TEST_TMPDIR/target" ]
}
