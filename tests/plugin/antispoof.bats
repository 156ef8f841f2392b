#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The key antispoof: an endpoint sends with its own MAC address and its own addresses alone.
#
#   $pod1 $pod2   containers with 10.99.0.31 and .32, fd99::31 and ::32
#   $vm           a macvtap for a guest with 10.99.0.33, fd99::33
#   $free         a macvtap for a guest whose addresses nobody knows
#   $plain        a container of mode bridge without the key, with 10.99.0.35
#   $moved        a namespace of nobody
#   $router       a container that may answer as a DHCP server and as a router, 10.99.0.36
load ../lib/lib
load ../lib/frames
load ../lib/spoof

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR BATS_TEST_NUMBER=0
	export BATS_NO_PARALLELIZE_WITHIN_FILE=true
	local name
	lan_setup
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	for name in pod1 pod2 vm free plain router spare moved; do
		pod_add $name
	done
	run -0 egress list lan0
	[ -z "$output" ]
	attach plain 10.99.0.35/24,fd99::35/64 '{"mode":"bridge"}'
	attach pod1 10.99.0.31/24,fd99::31/64 '{}'
	attach pod2 10.99.0.32/24,fd99::32/64 '{}'
	attach vm 10.99.0.33/24,fd99::33/64 '{"type":"podtap","addressOwner":"guest"}'
	attach router 10.99.0.36/24 '{"allowDhcpServer":true,"allowRouterAdvertisements":true}'
	run -0 add free '{"type":"podtap","mode":"vepa"}'
	honest=$pod2
	declare -p host switch pod other namespaces container leases cache background wrapper PODTAP_STATE_DIR \
		PODTAP_CDI_DIR PODTAP_IPAM_STATE_DIR PODTAP_POLICY pod1 pod2 vm free plain router spare moved honest |
		sed 's/^declare -[-aAx]* //' >"$BATS_FILE_TMPDIR/variables"
}
teardown_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	# shellcheck disable=SC1091 # written above
	source "$BATS_FILE_TMPDIR/variables"
	cni_del_all
	lan_teardown
}
setup() {
	# shellcheck disable=SC1091 # written above
	source "$BATS_FILE_TMPDIR/variables"
	export PODTAP_STATE_DIR PODTAP_CDI_DIR PODTAP_IPAM_STATE_DIR PODTAP_POLICY
	by=()
}
teardown() {
	local pid
	for pid in "${background[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	rm -rf "$BATS_FILE_TMPDIR/policy"
	[ ! -e "$cache/spare_eth0.add" ] || del spare
}

egress() {
	at "$host" "$BUILD/tests/tools/egress" "$@"
}
# Calls for the pod of that name, which is also the container's id: add NAME CHANGES
add() {
	cni ADD "$(jq -c '{type: "macvlan", mode: "private", antispoof: true} + .' <<<"$2")" CNI_CONTAINERID="$1" \
		CNI_NETNS="/run/netns/${!1}"
}
del() {
	cni DEL "${2:-"{}"}" CNI_CONTAINERID="$1" CNI_NETNS="/run/netns/${!1}"
}
# An endpoint with addresses: attach NAME ADDRESS,ADDRESS CHANGES
attach() {
	local addresses antispoof='{}'
	[ "$1" != plain ] || antispoof='{"antispoof":null}'
	addresses=$(jq -Rc '[split(",")[] | {address: .}]' <<<"$2")
	run -0 add "$1" "$(jq -c '{dad: "off", ipam: {type: "podtap-ipam", addresses: $addresses}} + . + $antispoof' \
		--argjson addresses "$addresses" --argjson antispoof "$antispoof" <<<"$3")"
}
mac_of() {
	link "${!1}" eth0 .address
}
# The frames of an attacker with this MAC address, in the array `attacks`.
attacks() {
	local own=$1 victim host_mac ll ra
	victim=$(mac_of pod2) host_mac=$(link "$host" lan0 .address) ll=$(link_local_hex "$1")
	ra=$(printf '86000000%s' 40000708000000000000000003)
	attacks=(
		"$(ethernet 02:00:00:00:66:66 88b5 00)"                        # 1 the MAC address of nobody
		"$(ipv4 02:00:00:00:66:66 10.99.0.99 6 00)"                    # 2
		"$(ipv4 "$victim" 10.99.0.32 6 00)"                            # 3 the neighbour's, with its address
		"$(ipv4 "$host_mac" 10.99.0.1 6 00)"                           # 4 the host's
		"$(arp "$own" 1 "$own" 10.99.0.32 10.99.0.254)"                # 5 the neighbour's address, by ARP
		"$(arp "$own" 2 "$own" 10.99.0.254 10.99.0.1)"                 # 6 the gateway's
		"$(arp "$own" 2 02:00:00:00:66:66 "$address4" 10.99.0.1)"      # 7 another MAC address within ARP
		"$(ipv4 "$own" 10.99.0.32 6 00)"                               # 8 the neighbour's address
		"$(ipv4 "$own" 192.0.2.1 17 "$(udp 1 2)")"                     # 9 an address of elsewhere
		"$(ipv6 "$own" "$(ip6_hex 32)" 6 00)"                          # 10
		"$(ipv6 "$own" "$ll" 58 "$(discovery 136 "$(ip6_hex 32)")")"   # 11 the neighbour's, by an advertisement
		"$(ipv6 "$own" "$ll" 58 "$(discovery 136 "$ll" "$(option 2 02:00:00:00:66:66)")")" # 12
		"$(ipv6 "$own" "$ll" 58 "$(discovery 135 "$(ip6_hex fe)" "$(option 1 "$victim")")")" # 13
		"$(ipv6 "$own" "$(printf '00%.0s' {1..16})" 58 "$(discovery 135 "$(ip6_hex 32)")")" # 14 a failing DAD
		"$(ipv4 "$own" "$address4" 17 "$(udp 67 68)")"                 # 15 a DHCP server's answer
		"$(ipv6 "$own" "$ll" 17 "$(udp 547 546)")"                     # 16
		"$(ipv6 "$own" "$ll" 58 "$ra")"                                # 17 a router advertisement
		"$(ipv6 "$own" "$ll" 60 "3a00000000000000$ra")"                # 18 behind a header
		"$(ipv6 "$own" "$ll" 44 "3a00000100000001$ra")"                # 19 in a fragment
		"$(ipv6 "$own" "$ll" 58 "8900000000000000$ll$(ip6_hex 32)")"   # 20 a redirect
		"$(tagged "$(ipv4 "$own" "$address4" 6 00)")"                  # 21 into a VLAN
		"$(ethernet "$own" 0024 "aaaa03000000$(arp "$own" 2 "$own" 10.99.0.254 10.99.0.1)")" # 22 within SNAP
		"$(ipv4 "$own" 0.0.0.0 17 "$(udp 68 69)")"                     # 23 without an address
		"$(ipv4 "$own" "$address4" 17 "$(udp 1067 68)")"               # 24 a DHCP server's answer from another port
		"$(ipv6 "$own" "$ll" 17 "$(udp 1547 546)")"                    # 25
		"$(tagged "$(arp "$own" 2 "$own" 10.99.0.254 10.99.0.1)" 81000000)" # 26 with a tag that receivers ignore
	)
}
# The frames of an honest endpoint with this MAC address and the addresses $address4 and $address6.
honest_frames() {
	local own=$1 ll none
	ll=$(link_local_hex "$1") none=$(printf '00%.0s' {1..16})
	honest_frames=(
		"$(arp "$own" 1 "$own" 0.0.0.0 "$address4")"
		"$(arp "$own" 1 "$own" "$address4" "$address4")"
		"$(arp "$own" 3 "$own" 0.0.0.0 0.0.0.0 8035)" # QEMU announces a guest that has moved
		"$(ipv4 "$own" "$address4" 6 00)"
		"$(ipv4 "$own" "$address4" 17 "$(udp 67 67)" 00b9)" # a later fragment has no ports
		"$(ipv4 "$own" 0.0.0.0 17 "$(udp 68 67)")"
		"$(ipv6 "$own" "$address6" 6 00)"
		"$(ipv6 "$own" "$ll" 17 "$(udp 546 547)")"
		"$(ipv6 "$own" "$none" 58 "$(discovery 135 "$address6")")"
		"$(ipv6 "$own" "$none" 58 "$(discovery 135 "$ll" 0e01000102030405)")"
		"$(ipv6 "$own" "$ll" 58 "$(discovery 135 "$(ip6_hex fe)" "$(option 1 "$own")")")"
		"$(ipv6 "$own" "$address6" 58 "$(discovery 136 "$address6" "$(option 2 "$own")")")"
		"$(ipv6 "$own" "$none" 58 8500000000000000)"
		"$(ipv6 "$own" "$none" 0 "3a000502000001008f00000000000000")"
		"$(ipv6 "$own" "$address6" 58 8000000000000000)"
	)
}

@test "antispoof: endpoints reach the LAN and are reached, with duplicate address detection" {
	run -0 at "$pod1" ping -q -c 1 -w 20 10.99.0.254
	run -0 at "$pod1" ping -q -c 1 -w 20 fd99::fe
	run -0 at "$switch" ping -q -c 1 -w 20 10.99.0.32
	run -0 at "$switch" ping -q -c 1 -w 20 fd99::32
	run -0 add spare '{"ipam":{"type":"podtap-ipam","addresses":[{"address":"fd99::40/64","gateway":"fd99::fe"}]}}'
	run -0 at "$spare" ping -q -c 1 -w 20 fd99::fe
	run -0 del spare
	run -1 add spare '{"ipam":{"type":"podtap-ipam","addresses":[{"address":"fd99::fe/64","gateway":"fd99::fe"}]}}'
	error_is 999 "fd99::fe/64 is in use"
}
@test "antispoof: what an honest container and an honest guest send arrives" {
	address4=10.99.0.31 address6=$(ip6_hex 31)
	honest_frames "$(mac_of pod1)"
	run -0 passed "$pod1" eth0 "${honest_frames[@]}"
	[ "$output" = "$(seq -s ' ' ${#honest_frames[@]}) " ] || { echo "$output"; return 1; }
	address4=10.99.0.33 address6=$(ip6_hex 33)
	honest_frames "$(mac_of vm)"
	run -0 passed "$host" "$(tap eth0 vm)" "${honest_frames[@]}"
	[ "$output" = "$(seq -s ' ' ${#honest_frames[@]}) " ] || { echo "$output"; return 1; }
}
@test "antispoof: no forged frame of a container or a guest reaches the LAN" {
	address4=10.99.0.31
	attacks "$(mac_of pod1)"
	run -0 passed "$pod1" eth0 "${attacks[@]}"
	[ -z "$output" ] || { echo "$output"; return 1; }
	address4=10.99.0.33
	attacks "$(mac_of vm)"
	run -0 passed "$host" "$(tap eth0 vm)" "${attacks[@]}"
	[ -z "$output" ] || { echo "$output"; return 1; }
}
@test "antispoof: nobody gets round it by a packet socket that passes by the container's own programs" {
	by=(bypass)
	address4=10.99.0.31 address6=$(ip6_hex 31)
	honest_frames "$(mac_of pod1)"
	run -0 passed "$pod1" eth0 "${honest_frames[@]}"
	[ -z "$output" ] || { echo "$output"; return 1; }
	attacks "$(mac_of pod1)"
	run -0 passed "$pod1" eth0 "${attacks[@]}"
	# Before Linux 6.15 the guard does not know whose socket it is that sends with a stranger's address.
	kernel_is 6.15 || [ "$output" != "1 2 4 " ] || output=
	[ -z "$output" ] || { echo "$output"; return 1; }
}
@test "antispoof: root of the container gets round it neither by removing its program, nor by another mode, MAC address or link" {
	run -0 add spare '{"ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.41/24"}]}}'
	own=$(mac_of spare) victim=$(mac_of pod2) address4=10.99.0.41
	frames=("$(ipv4 "$own" 10.99.0.32 6 00)" "$(ipv4 "$victim" 10.99.0.32 6 00)"
		"$(arp "$own" 2 "$own" 10.99.0.32 10.99.0.254)")

	listen unheard "$pod2" eth0 refuse "$(text_hex "by bridge")" 2000
	ip -n "$spare" link set eth0 type macvlan mode bridge
	at "$spare" "$tapio" eth0 send "$(arp "$own" 2 "$own" 10.99.0.254 10.99.0.32)$(text_hex "by bridge")" \
		send "$(mac_hex "$victim")$(mac_hex "$own")0800$(text_hex "by bridge")"
	run -0 passed "$spare" eth0 "${frames[@]}"
	[ -z "$output" ] || { echo "$output"; return 1; }

	ip -n "$spare" link add link eth0 name eth1 type macvlan mode bridge
	ip -n "$spare" link set eth1 up
	other_own=$(link "$spare" eth1 .address)
	run -0 passed "$spare" eth1 "${frames[@]}" "$(ipv4 "$other_own" 10.99.0.32 6 00)" \
		"$(arp "$other_own" 2 "$other_own" 10.99.0.32 10.99.0.254)"
	[ -z "$output" ] || { echo "$output"; return 1; }

	ip -n "$spare" link set eth0 address 02:00:00:00:66:67
	run -0 passed "$spare" eth0 "$(ipv4 02:00:00:00:66:67 10.99.0.41 6 00)"
	[ -z "$output" ] || { echo "$output"; return 1; }
	ip -n "$spare" link set eth0 address "$own"

	at "$spare" tc qdisc del dev eth0 clsact
	run -0 passed "$spare" eth0 "${frames[@]}" "$(ipv4 "$own" 10.99.0.41 6 00)"
	[ -z "$output" ] || { echo "$output"; return 1; }
	heard unheard
	ip -n "$spare" link del eth1
}
# Where a checksum of frames of that endpoint must not be written; and where it is.
partials() {
	local own=$1
	attacks=(
		"$(partial 30 0 "$(arp "$own" 2 "$own" "$address4" 10.99.0.1)")"      # 1 the sender's address of ARP
		"$(partial 20 4 "$(arp "$own" 2 "$own" "$address4" 10.99.0.1)")"      # 2 its MAC address
		"$(partial 20 8 "$(ipv4 "$own" "$address4" 6 "$(printf '00%.0s' {1..20})")")"  # 3 the source of IPv4
		"$(partial 34 2 "$(ipv4 "$own" "$address4" 17 "$(udp 1 2)")")"        # 4 the port, to that of DHCP
		"$(partial 20 16 "$(ipv6 "$own" "$address6" 17 "$(udp 1 2)")")"       # 5 the source of IPv6
		"$(partial 20 0 "$(ipv6 "$own" "$address6" 17 "$(udp 1 2)")")"        # 6 the header that follows
		"$(partial 54 2 "$(ipv6 "$own" "$address6" 17 "$(udp 1 2)")")"        # 7
		"$(partial 54 0 "$(ipv6 "$own" "$address6" 58 8000000000000000)")"    # 8 the type of ICMPv6
		"$(partial 76 0 "$(ipv6 "$own" "$address6" 58 "$(discovery 136 "$address6")")")" # 9 the target of an advertisement
	)
	honest_frames=(
		"$(partial 34 16 "$(ipv4 "$own" "$address4" 6 "$(printf '00%.0s' {1..20})")")"
		"$(partial 34 6 "$(ipv4 "$own" "$address4" 17 "$(udp 1 2)")")"
		"$(partial 54 16 "$(ipv6 "$own" "$address6" 6 "$(printf '00%.0s' {1..20})")")"
		"$(partial 54 6 "$(ipv6 "$own" "$address6" 17 "$(udp 1 2)")")"
		"$(partial 62 6 "$(ipv6 "$own" "$address6" 60 "1100000000000000$(udp 1 2)")")"
	)
}
@test "antispoof: a checksum that is left to the kernel or the NIC is written behind what was checked" {
	address4=10.99.0.31 address6=$(ip6_hex 31)
	partials "$(mac_of pod1)"
	run -0 passed "$pod1" eth0 "${attacks[@]}" "${honest_frames[@]}"
	[ "$output" = "10 11 12 13 14 " ] || { echo "$output"; return 1; }
	address4=10.99.0.33 address6=$(ip6_hex 33)
	partials "$(mac_of vm)"
	run -0 passed "$host" "$(tap eth0 vm)" "${attacks[@]}" "${honest_frames[@]}"
	[ "$output" = "10 11 12 13 14 " ] || { echo "$output"; return 1; }
	address4=10.99.0.35 address6=$(ip6_hex 35)
	partials "$(mac_of plain)"
	run -0 passed "$plain" eth0 "${attacks[@]:0:3}" "${attacks[4]}" "${honest_frames[@]}"
	[ "$output" = "5 6 7 8 9 " ] || { echo "$output"; return 1; }
}
@test "antispoof: a container cannot change a frame after it was checked, by memory that it shares with the kernel" {
	own=$(mac_of pod1) end=$(arp_request "$(mac_of pod2)" 0.0.0.0 10.99.7.7)
	at "$host" tc qdisc add dev lan0 root tbf rate 200kbit burst 1600 limit 100000
	listen wire "$switch" port0 until "$end" "$patience"
	for round in 1 2 3; do
		at "$pod1" "$tapio" eth0 send "$(ipv4 "$own" 10.99.0.31 6 "$(printf '00%.0s' {1..1400})")" \
			send "$(ipv4 "$own" 10.99.0.31 6 "$(printf '00%.0s' {1..1400})")" \
			swap "$(arp "$own" 2 "$own" 10.99.0.31 10.99.0.1)" "$(arp "$own" 2 "$own" 10.99.0.254 10.99.0.1)"
	done
	at "$pod2" "$tapio" eth0 send "$end"
	heard=$(cat <&"$listener")
	at "$host" tc qdisc del dev lan0 root
	[[ $heard == *"$end"* && $heard == *"$(arp "$own" 2 "$own" 10.99.0.31 10.99.0.1)"* ]]
	[[ $heard != *"$(arp "$own" 2 "$own" 10.99.0.254 10.99.0.1)"* ]]
}
@test "antispoof: a neighbour without the key cannot hide an endpoint's address from the check" {
	own=$(mac_of plain) forged=$(arp "$(mac_of plain)" 2 "$(mac_of plain)" 10.99.0.31 10.99.0.1)
	options=3c00000000000000 # a header of options, and another one after it
	advertisement=$(discovery 136 "$(ip6_hex 31)")
	many=$(printf "$options%.0s" {1..8})
	run -0 passed "$plain" eth0 "$(tagged "$forged" 81000000)" "$(tagged "$forged" 81002000)" "$(tagged "$forged" 88a80000)" \
		"$(tagged "$(tagged "$forged" 81000000)" 81000000)" "$(snap "$forged")" "$(tagged "$(snap "$forged")" 81000000)" \
		"${forged/08060001/08060006}" "$(tagged "$(ipv4 "$(mac_of pod1)" 10.99.0.35 6 00)" 81000000)" \
		"$(ipv6 "$own" "$(ip6_hex 35)" 60 "${many}3a00000000000000$advertisement")" \
		"$(ipv6 "$own" "$(ip6_hex 31)" 60 "${many}3a0000000000000000")" \
		"$(ipv6 "$own" "$(ip6_hex 35)" 44 "3a00000100000001$advertisement")" \
		"$(ipv6 "$own" "$(ip6_hex 31)" 44 3c0000010000000100)" "$(snap "$(ipv4 "$own" 10.99.0.31 6 00)")" \
		"$(tagged "$(ipv4 "$own" 10.99.0.35 6 00)" 81000000)" "$(tagged "$forged")" \
		"$(ipv6 "$own" "$(ip6_hex 35)" 60 "${options}1100000000000000$(udp 67 68)")" "$(snap "$(ethernet "$own" 88b5 00)")"
	[ "$output" = "14 15 16 17 " ] || { echo "$output"; return 1; }
}
@test "antispoof: what root of the container sends by another namespace or a second link is not an endpoint's, but may be a stranger's" {
	run -0 add spare '{"ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.41/24"}]}}'
	own=$(mac_of spare) stranger=02:00:00:00:66:67
	ip -n "$spare" link add link eth0 name eth1 type macvlan mode private
	ip -n "$spare" address add 10.99.0.200/24 dev eth1
	ip -n "$spare" link set eth1 up
	listen answer "$switch" port0 expect "$(arp_answer "$(link "$spare" eth1 .address)" 10.99.0.200)" "$patience"
	at "$switch" "$tapio" br0 send "$(arp_request 02:00:00:00:00:fe 10.99.0.254 10.99.0.200)"
	heard answer # by its kernel
	ip -n "$spare" address add 10.99.0.32/24 dev eth1
	listen unheard "$switch" port0 refuse "$(arp_answer "$(link "$spare" eth1 .address)" 10.99.0.32)" 500
	at "$switch" "$tapio" br0 send "$(arp_request 02:00:00:00:00:fe 10.99.0.254 10.99.0.32)"
	heard unheard

	ip -n "$spare" link set eth0 netns "$moved"
	ip -n "$moved" link set eth0 up
	run -0 passed "$moved" eth0 "$(ipv4 "$own" 10.99.0.41 6 00)" "$(ipv4 "$own" 10.99.0.99 6 00)" \
		"$(ipv4 $stranger 10.99.0.41 6 00)" "$(ipv4 $stranger 10.99.0.32 6 00)" "$(arp "$own" 2 "$own" 10.99.0.99 10.99.0.1)" \
		"$(ipv4 "$(mac_of pod2)" 10.99.0.99 6 00)" "$(ipv4 $stranger 10.99.0.99 6 00)"
	[ "$output" = "7 " ] || { echo "$output"; return 1; }
	ip -n "$moved" link set eth0 netns "$spare"
	ip -n "$spare" link del eth1
}
@test "antispoof: a neighbour without the key, and the host, cannot send as an endpoint, and nothing else of theirs is stopped" {
	own=$(mac_of plain)
	run -0 passed "$plain" eth0 "$(ipv4 "$own" 10.99.0.35 6 00)" "$(ethernet "$own" 88b5 00)" \
		"$(ipv4 "$own" 192.0.2.1 17 "$(udp 67 68)")" "$(ethernet 02:00:00:00:66:66 0024 00)" \
		"$(ipv4 "$own" 10.99.0.31 6 00)" "$(ipv4 "$(mac_of pod1)" 10.99.0.35 6 00)" \
		"$(arp "$own" 1 "$own" 10.99.0.31 10.99.0.254)" "$(ipv6 "$own" "$(ip6_hex 31)" 6 00)" \
		"$(ipv6 "$own" "$(ip6_hex 35)" 58 "$(discovery 136 "$(ip6_hex 31)")")"
	[ "$output" = "1 2 3 4 " ] || { echo "$output"; return 1; }
	own=$(link "$host" lan0 .address)
	run -0 passed "$host" lan0 "$(ipv4 "$own" 192.0.2.1 6 00)" "$(tagged "$(ipv4 "$own" 192.0.2.1 6 00)")" \
		"$(ipv4 02:00:00:00:66:66 192.0.2.1 6 00)" "$(ipv4 "$own" 10.99.0.31 6 00)"
	[ "$output" = "1 2 3 " ] || { echo "$output"; return 1; }
	run -0 at "$host" ping -q -c 1 -w 20 10.99.0.254
	run -0 at "$plain" ping -q -c 1 -w 20 fd99::fe
}
@test "antispoof: without IPAM any address will do that no other endpoint has, and only the own MAC address" {
	own=$(mac_of free)
	run -0 passed "$host" "$(tap eth0 free)" "$(ipv4 "$own" 10.99.0.77 6 00)" \
		"$(arp "$own" 2 "$own" 10.99.0.77 10.99.0.254)" "$(ipv6 "$own" "$(ip6_hex 77)" 6 00)" \
		"$(ipv4 02:00:00:00:66:66 10.99.0.77 6 00)" "$(ipv4 "$own" 10.99.0.31 6 00)" \
		"$(arp "$own" 2 "$own" 10.99.0.31 10.99.0.254)" "$(ipv4 "$own" 10.99.0.77 17 "$(udp 67 68)")"
	[ "$output" = "1 2 3 " ] || { echo "$output"; return 1; }
}
@test "antispoof: allowDhcpServer and allowRouterAdvertisements allow that" {
	own=$(mac_of router) ll=$(link_local_hex "$(mac_of router)")
	run -0 passed "$router" eth0 "$(ipv4 "$own" 10.99.0.36 17 "$(udp 67 68)")" \
		"$(ipv6 "$own" "$ll" 17 "$(udp 547 546)")" \
		"$(ipv6 "$own" "$ll" 58 "8600000040000708000000000000000003")" "$(ipv4 "$own" 10.99.0.99 6 00)"
	[ "$output" = "1 2 3 " ] || { echo "$output"; return 1; }
}
@test "antispoof: podtapctl drops counts what was dropped, by endpoint and reason" {
	before=$(at "$host" "$BUILD/podtapctl" drops router eth0 --json | jq '.[0].dropped.address // 0')
	own=$(mac_of router)
	for _ in 1 2 3; do
		at "$router" "$tapio" eth0 send "$(ipv4 "$own" 10.99.0.99 6 00)"
	done
	run -0 at "$host" "$BUILD/podtapctl" drops router eth0 --json
	json_is '.[0] | [.ifname, .master, .dropped.address]' "[\"eth0\",\"lan0\",$((before + 3))]"
	at "$plain" "$tapio" eth0 send "$(ipv4 "$(mac_of plain)" 10.99.0.36 6 00)"
	run -0 at "$host" "$BUILD/podtapctl" drops
	[[ $output == *"eth0 of router on lan0: address $((before + 3))"* ]]
	[[ $output == *"lan0, from no endpoint: "*"address "* ]]
	run -0 --separate-stderr at "$host" "$BUILD/podtapctl" drops plain
	[ -z "$output" ]
	[[ $stderr == *'nothing counts' ]]
}
@test "antispoof: with hostAccess the host and the endpoint reach each other, and the host hears no forged ARP" {
	run -0 add spare '{"hostAccess":true,"ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.41/24"}]}}'
	[ "$(egress list lan0 | head -n 2)" = $'podtap_guard\npodtap_host' ]
	run -0 at "$spare" ping -q -c 1 -w 20 10.99.0.1
	ip -n "$host" neighbour flush all
	run -0 at "$host" ping -q -c 1 -w 20 10.99.0.41
	own=$(mac_of spare) host_mac=$(mac_hex "$(link "$host" lan0 .address)")
	listen unheard "$host" lan0 refuse "$(text_hex forged)" 1500
	at "$spare" "$tapio" eth0 send "$(arp "$own" 1 "$own" 10.99.0.31 10.99.0.1)$(text_hex forged)" \
		send "$host_mac$(mac_hex "$own")0800$(text_hex forged)"
	heard unheard
}
