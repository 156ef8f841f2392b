#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The link's addresses: their owner, their duplicate address detection, and their announcement on the LAN.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
load ../lib/lib
load ../lib/endpoint
load ../lib/frames
load ../lib/tamper

# Prints an IPv6 setting of a link: ipv6_setting NAMESPACE LINK NAME
ipv6_setting() {
	at "$1" cat "/proc/sys/net/ipv6/conf/$2/$3"
}
# Prints all routes of a namespace except the one to IPv6's multicast groups, which every link has.
unicast_routes() {
	ip -n "$1" route show table all | sed '/^multicast ff00::\/8 /d'
}
# Prints all addresses of a link, one per line.
addresses() {
	ip -n "$1" -j address show dev "$2" | jq -r '.[0].addr_info[] | "\(.local)/\(.prefixlen)"'
}
# Prints the addresses of global scope, which no link has by default.
global_addresses() {
	ip -n "$1" -j address show dev "$2" scope global | jq -r '.[].addr_info[]? | select(.local) | "\(.local)/\(.prefixlen)"'
}

@test "addressOwner guest: the link has no address after ten seconds on a LAN with router advertisements" {
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
@test "addressOwner: defaults to guest for a macvtap without IPAM, else to pod; the key overrides it" {
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
@test "addressOwner guest: reports and records IPAM's addresses and routes, and does not configure them" {
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}'
	run -0 cni ADD "$(answering "$answer" '{"addressOwner":"guest"}')" "$delegates"
	json_is '[.ips[0].address, .routes[0].dst]' '["10.99.0.7/24","0.0.0.0/0"]'
	run -0 cat "$(record)"
	json_is '[.ips[0].address, .routes[0].dst]' '["10.99.0.7/24","0.0.0.0/0"]'
	run -0 unicast_routes "$pod"
	[[ $output != *eth0* ]]
	run -0 cni CHECK "$(answering "$answer" '{"addressOwner":"guest"}')" "$delegates"
}

# Prints the state of an IPv6 address: which of these flags the kernel reports.
address_says() {
	ip -n "$pod" -6 -j address show dev eth0 | jq -r --arg a "$1" '.[0].addr_info[] | select(.local == $a) |
		[to_entries[] | select(.value == true and (.key | IN("tentative", "optimistic", "nodad", "dadfailed"))).key] | join(" ")'
}
with_gateway='{"ips":[{"address":"fd99::7/64","gateway":"fd99::fe"}]}'
@test "dad wait: returns as soon as the address with a gateway is usable" {
	for try in 1 2 3; do # the machine may stand still for a while, but not every time
		begun=$EPOCHREALTIME
		run -0 cni ADD "$(answering "$with_gateway")" "$delegates"
		took=$(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))
		run -0 address_says fd99::7
		[ -z "$output" ]
		# The kernel takes one second, and another one at random before.
		((took >= 900)) || { echo "$took ms"; return 1; }
		((took >= 4000)) || break
		echo "$took ms"
		((try < 3))
		run -0 cni DEL "$(answering "$with_gateway")" "$delegates"
	done
	at "$pod" ping -6 -c 1 -W 30 -I fd99::7 fd99::fe
}
@test "dad wait: does not wait without a gateway, like the reference plugin" {
	dad_transmits 600
	run -0 cni ADD "$(answering '{"ips":[{"address":"fd99::7/64"}]}')" "$delegates"
	run -0 address_says fd99::7
	[ "$output" = tentative ]
	run -2 at "$pod" ping -6 -c 1 -W 1 -I fd99::7 fd99::7
	run -0 cni CHECK "$(answering '{"ips":[{"address":"fd99::7/64"}]}')" "$delegates"
}
@test "dad wait: without a carrier refuses the address before the kernel's detection, and leaves nothing" {
	ip -n "$switch" link set port0 down
	wrapper=(strace -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=poll)
	run -1 cni ADD '{"ipam":{"type":"podtap-ipam","dataDir":"'"$leases"'","subnet":"fd99::/64","gateway":"fd99::fe"}}' \
		ASAN_OPTIONS=detect_leaks=0
	wrapper=()
	error_is 11 "master lan0 has no carrier" '"noCarrier": "allow"'
	nothing_made
	# The wait for the carrier takes at most three seconds, not the five of the detection.
	run -0 sed -nE 's/^poll\(.*, ([0-9]+)\) += .*/\1/p' "$BATS_TEST_TMPDIR/trace"
	[ -n "$output" ]
	for milliseconds in $output; do
		((milliseconds <= 3000))
	done
}
@test "dad wait: noCarrier allow keeps a tentative address without a carrier, and reports it" {
	ip -n "$switch" link set port0 down
	run -0 cni ADD "$(answering "$with_gateway" '{"noCarrier":"allow"}')" "$delegates"
	json_is '.ips[0].address' fd99::7/64
	stderr_has "master lan0 has no carrier: the LAN was not asked"
	run -0 address_says fd99::7
	[ "$output" = tentative ]
}
@test "dad wait: refuses an address that a LAN host has, names it and leaves nothing" {
	dad_transmits 3
	run -1 with_calls cni_raw ADD "$(config "$(answering '{"ips":[{"address":"fd99::fe/64","gateway":"fd99::1"}]}')")"
	error_is 999 fd99::fe "in use"
	[ "$(cat "$BATS_TEST_TMPDIR/calls")" = $'ADD\nDEL' ]
	nothing_made
}
# Prints the link's timers of the detection: in milliseconds, and in seconds.
dad_timers() {
	at "$pod" cat "/proc/sys/net/ipv6/neigh/$1/retrans_time_ms" "/proc/sys/net/ipv6/conf/$1/router_solicitation_delay" | xargs
}
# Lets the kernel wait up to an hour before it probes the addresses of a link to come, which has $usual timers.
dad_slow() {
	at "$pod" sh -c 'echo 3600 >/proc/sys/net/ipv6/conf/default/router_solicitation_delay'
	usual="$(dad_timers lo | cut -d " " -f 1) 3600"
}
# Waits until podtap waits with short timers.
dad_is_short() {
	local try
	for try in {1..1000}; do
		[ "$(dad_timers eth0 2>/dev/null)" != "100 0" ] || return 0
		sleep 0.01
	done
	return 1
}
@test "dad fast: proves the address without the kernel's long timers, and the link has these again afterwards" {
	dad_slow
	dad_transmits 3
	for change in '{"dad":"fast"}' '{"dad":"fast","acd":true}'; do
		run -0 cni ADD "$(answering "$with_gateway" "$change")" "$delegates"
		run -0 address_says fd99::7
		[ -z "$output" ]
		run -0 dad_timers eth0
		[ "$output" = "$usual" ]
		run -0 cni DEL
	done
}
@test "dad fast: refuses an address that a LAN host has; with acd takes the next one, with the kernel's timers" {
	dad_slow
	run -1 with_calls cni_raw ADD "$(config "$(answering '{"ips":[{"address":"fd99::fe/64","gateway":"fd99::1"}]}' '{"dad":"fast"}')")"
	error_is 999 fd99::fe "in use"
	[ "$(cat "$BATS_TEST_TMPDIR/calls")" = $'ADD\nDEL' ]
	nothing_made
	ip -n "$switch" address add fd99::2/64 dev br0 nodad
	run -0 cni ADD "$(jq -cn --arg d "$leases" '{dad:"fast",acd:true,ipam:{type:"podtap-ipam",dataDir:$d,subnet:"fd99::/64"}}')"
	json_is '.ips[0].address' fd99::3/64
	run -0 dad_timers eth0
	[ "$output" = "$usual" ]
}
@test "dad fast: keeps a value that a router sets meanwhile, and does not shorten what it does not wait for" {
	dad_slow
	run -0 cni ADD "$(answering '{"ips":[{"address":"fd99::7/64"}]}' '{"dad":"fast"}')" "$delegates"
	run -0 address_says fd99::7
	[ "$output" = tentative ]
	run -0 dad_timers eth0
	[ "$output" = "$usual" ]
	run -0 cni DEL
	dad_transmits 600
	cni ADD "$(answering "$with_gateway" '{"dad":"fast"}')" "$delegates" >/dev/null 3>&- &
	adding=$!
	dad_is_short
	at "$pod" sh -c 'echo 200 >/proc/sys/net/ipv6/neigh/eth0/retrans_time_ms; ip link set eth0 down
		echo 1 >/proc/sys/net/ipv6/conf/eth0/dad_transmits; ip link set eth0 up'
	wait "$adding"
	run -0 dad_timers eth0
	[ "$output" = "200 3600" ]
}
@test "dad fast: an ADD that is killed while it waits leaves no link with short timers after DEL or the next ADD" {
	dad_slow
	dad_transmits 600
	for verb in DEL ADD; do
		wrapper=(sh -c 'echo $$ >"$0"; exec "$@"' "$BATS_TEST_TMPDIR/pid")
		cni ADD "$(answering "$with_gateway" '{"dad":"fast"}')" "$delegates" >/dev/null 3>&- &
		adding=$!
		dad_is_short
		kill -KILL "$(cat "$BATS_TEST_TMPDIR/pid")"
		wait "$adding" || :
		wrapper=()
		run -0 jq -r .state "$(record)"
		[ "$output" = adding ]
		run -0 cni "$verb" "$(answering '{"ips":[{"address":"10.99.0.7/24"}]}')" "$delegates"
		[ "$verb" = ADD ] || nothing_made
	done
	run -0 dad_timers eth0
	[ "$output" = "$usual" ]
}
@test "dad optimistic: the address is usable during the detection" {
	dad_transmits 600
	run -0 cni ADD "$(answering "$with_gateway" '{"dad":"optimistic"}')" "$delegates"
	run -0 address_says fd99::7
	[[ $output == *optimistic* ]]
	# Nothing can be bound to an address that is only tentative.
	run -0 at "$pod" ping -6 -c 3 -i 0.2 -W 1 -I fd99::7 fd99::7
	[[ $output == *" from fd99::7"* ]]
}
@test "dad off: the address is usable at once, without a probe" {
	listen lan "$switch" br0 until "$(frame "$broadcast" 02:00:00:00:00:07 "the last one")" "$patience"
	run -0 cni ADD "$(answering "$with_gateway" '{"dad":"off","mac":"02:00:00:00:00:07"}')" "$delegates"
	run -0 address_says fd99::7
	[ "$output" = nodad ]
	run -0 at "$pod" "$tapio" eth0 send "$(frame "$broadcast" 02:00:00:00:00:07 "the last one")"
	heard lan
	run -0 cat <&"$listener"
	# The LAN received no neighbour solicitation for it.
	[[ $output != *00000000fd990000000000000000000000000007* ]]
}

@test "IPv6: is enabled where the pod's default is off, and kept while the link is down" {
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
@test "IPv6: stays as the pod has it without an IPv6 address" {
	at "$pod" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	run -0 cni ADD "$(answering '{"ips":[{"address":"10.99.0.7/24"}]}')" "$delegates"
	for name in lo eth0; do
		run -0 ipv6_setting "$pod" $name disable_ipv6
		[ "$output" = 1 ]
	done
}
@test "addresses: the link has all of IPAM's in order, with prefix and broadcast address" {
	answer='{"ips":[{"address":"10.99.0.7/24"},{"address":"fd99::7/64"},{"address":"10.98.0.7/32"},{"address":"10.97.0.6/31"},{"address":"fd98::7/128"}]}'
	run -0 cni ADD "$(answering "$answer" '{"dad":"off"}')" "$delegates"
	run -0 ip -n "$pod" -4 -j address show dev eth0
	json_is '[.[0].addr_info[] | [.local, .prefixlen, .broadcast, .scope]]' \
		'[["10.99.0.7",24,"10.99.0.255","global"],["10.98.0.7",32,null,"global"],["10.97.0.6",31,null,"global"]]'
	run -0 global_addresses "$pod" eth0
	[[ $output == *fd99::7/64* && $output == *fd98::7/128* ]]
}
@test "announcement: the LAN receives IPv4 and IPv6 announcements when the link comes up" {
	arp=00010800060400010200000000070a630007
	advertisement=00000000fd990000000000000000000000000007
	listen arp "$switch" br0 expect "0806$arp" "$patience"
	listen nd "$switch" br0 expect "20${advertisement:2}" "$patience"
	change=$(answering "$both_families" '{"dad":"off","mac":"02:00:00:00:00:07"}')
	run -0 cni ADD "$change" "$delegates"
	heard arp
	heard nd
	ip -n "$pod" link set eth0 down
	listen again "$switch" br0 expect "0806$arp" "$patience"
	ip -n "$pod" link set eth0 up
	heard again
}

# Calls ADD with IPv6 off in the kernel, as far as requests of a type (in hexadecimal, as in a message) can
# tell: the first of IPv6 is sent as one of a family that no kernel knows, and the kernel answers.
without_ipv6() {
	local which begin
	wrapper=("${traced[@]}" -e trace=sendto -e write=all)
	run -0 cni ADD "$2" "$delegates"
	cp "$BATS_TEST_TMPDIR/trace" "$BATS_TEST_TMPDIR/trace.add"
	wrapper=()
	run -0 cni DEL "$2" "$delegates"
	read -r which begin < <(awk -v type="$1" '/^sendto/ { n++; bytes = "" } /^ \| / { bytes = bytes substr($0, 11, 49)
		gsub(" ", "", bytes) } substr(bytes, 9, 4) == type && substr(bytes, 33, 2) == "0a" { print n, bytes; exit }' \
		"$BATS_TEST_TMPDIR/trace.add")
	[ -n "$which" ] || return 1
	wrapper=("${traced[@]}" -e trace=sendto -e "inject=sendto:poke_enter=@arg2=${begin:0:32}1e:when=$which")
	run -1 cni ADD "$2" "$delegates"
}
@test "IPv6: an address or a route without IPv6 in the kernel gives an error with the remedy" {
	without_ipv6 1400 "$(answering "$both_families" '{"dad":"off"}')"
	error_is 999 "add address fd99::7/64" "IPv6 is off in this kernel" "IPv4 addresses and routes alone"
	nothing_made
	without_ipv6 1800 "$(answering '{"ips":[{"address":"10.99.0.7/24"}],"routes":[{"dst":"fd77::/48"}]}')"
	error_is 999 "add route to fd77::/48" "IPv6 is off in this kernel"
	nothing_made
}
