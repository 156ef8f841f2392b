#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-ipam under main plugins: Debian's bridge and macvlan, and podtap itself.
load ../lib/lib
load ../lib/ipam

setup() {
	lan_setup
	network=net data=$leases store=$leases/net
}

# One of Debian's main plugins: debian PLUGIN VERB CONFIGURATION [VARIABLE=VALUE...]
debian() {
	local plugin=$1 verb=$2 text=$3
	shift 3
	at "$host" env CNI_COMMAND="$verb" CNI_CONTAINERID="$container" CNI_NETNS="/run/netns/$pod" CNI_IFNAME=eth0 \
		CNI_PATH="$BUILD" CNI_ARGS= "$@" "/usr/lib/cni/$plugin" <<<"$text" 2>"$BATS_TEST_TMPDIR/stderr"
}

# ADD, CHECK, DEL and what they leave.
serves() {
	local plugin=$1 text
	text=$(config "$(ipam '{"ranges":[[{"subnet":"10.55.0.0/24"}],[{"subnet":"fd55::/64"}]],"routes":[{"dst":"0.0.0.0/0"}]}' "$2")")
	run -0 debian "$plugin" ADD "$text"
	json_is '[.ips[].address] | join(" ")' "10.55.0.2/24 fd55::2/64"
	[ "$(ip -n "$pod" -j address show dev eth0 | jq -r '[.[].addr_info[] | select(.scope == "global") | .local] | join(" ")')" = \
		"10.55.0.2 fd55::2" ]
	[[ $(ip -n "$pod" route show default) == "default via 10.55.0.1 dev eth0"* ]]
	[ "$(cat "$store/10.55.0.2")" = "$container"$'\r\neth0' ]
	text=$(jq -c --argjson r "$output" '. + {prevResult: $r}' <<<"$text")
	run -0 debian "$plugin" CHECK "$text"
	mv "$store/10.55.0.2" "$store/10.55.0.3"
	run -1 debian "$plugin" CHECK "$text"
	json_is .code 999
	[[ $output == *10.55.0.3* ]]
	mv "$store/10.55.0.3" "$store/10.55.0.2"
	run -0 debian "$plugin" DEL "$text"
	[ "$(reserved)" = "" ]
	run -0 debian "$plugin" DEL "$text"
}

@test "bridge: podtap-ipam serves addresses, routes, CHECK and DEL" {
	serves bridge '{"cniVersion":"1.0.0","type":"bridge","bridge":"br5","isGateway":true}'
	at "$host" ip link del br5
}
@test "macvlan: podtap-ipam serves addresses, routes, CHECK and DEL" {
	serves macvlan '{"cniVersion":"1.0.0","type":"macvlan","master":"lan0"}'
}
@test "macvlan: errors of podtap-ipam reach the runtime unchanged" {
	run -1 debian macvlan ADD "$(config "$(ipam '{"subnet":"10.55.0.0/30","exclude":["10.55.0.2"]}' \
		'{"cniVersion":"1.0.0","type":"macvlan"}')")"
	json_is .code 7
	[[ $output == *10.55.0.0/30* ]]
	ip -n "$pod" link del eth0 # which the plugin forgot
}
@test "podtap: results are the same in process and by another name of the executable" {
	local sets='{"ranges":[[{"subnet":"10.55.0.0/24"}],[{"subnet":"fd55::/64"}]],"routes":[{"dst":"10.9.0.0/16","mtu":1400}],"dns":{"domain":"x"}}'
	local version inside outside
	mkdir "$BATS_TEST_TMPDIR/bin"
	cp "$BUILD/podtap-ipam" "$BATS_TEST_TMPDIR/bin/podtap-ipam-elsewhere"
	for version in 0.2.0 0.3.1 1.1.0; do
		inside=$(cni ADD "$(ipam "$sets" '{"cniVersion":"'$version'","mac":"02:00:00:00:00:05"}')")
		run -0 cni DEL "$(ipam "$sets")"
		rm "$store"/last*
		outside=$(cni ADD "$(ipam "$(jq -c '.type = "podtap-ipam-elsewhere"' <<<"$sets")" \
			'{"cniVersion":"'$version'","mac":"02:00:00:00:00:05"}')" CNI_PATH="$BATS_TEST_TMPDIR/bin")
		run -0 cni DEL "$(ipam '{"type":"podtap-ipam-elsewhere"}')" CNI_PATH="$BATS_TEST_TMPDIR/bin"
		rm "$store"/last*
		[ "$inside" = "$outside" ]
		[[ $inside == *10.55.0.2* ]]
	done
}
@test "podtap: starts no process for podtap-ipam" {
	run -0 cni ADD "$(ipam '{"subnet":"10.55.0.0/24"}')" CNI_PATH=/none
	run -0 cni CHECK "$(ipam '{"subnet":"10.55.0.0/24"}')" CNI_PATH=/none
	run -0 cni STATUS "$(ipam '{"subnet":"10.55.0.0/24"}')" CNI_PATH=/none
	run -0 cni DEL "$(ipam '{"subnet":"10.55.0.0/24"}')" CNI_PATH=/none
	[ "$(reserved)" = "" ]
}
@test "podtap: an ADD that fails after the reservation releases its address" {
	run -1 cni ADD "$(ipam '{"subnet":"10.55.0.0/24","routes":[{"dst":"10.9.0.0/16","gw":"203.0.113.9"}]}')"
	[ "$(reserved)" = "" ]
}
@test "podtap: an ADD whose result is too large to read releases its reservations" {
	# Each address says its version too in a result of 0.4.0.
	text=$(config "$(ipam '{"subnet":"10.55.0.0/24"}')" | jq -c '.cniVersion = "0.4.0" |
		.ipam.dns.search = [range(197500) | "x"] |
		.ipam.addresses = [range(1000) | {address: "10.1.\(. / 256 | floor).\(. % 256)/8"}]')
	run -1 cni_raw ADD "$text"
	error_is 6 "more than 200000 values"
	[ "$(reserved)" = "" ]
}
@test "podtap: GC releases the addresses of attachments that no longer exist" {
	local range='{"subnet":"10.55.0.0/24"}'
	run -0 cni ADD "$(ipam "$range")"
	run -0 cni ADD "$(ipam "$range")" CNI_CONTAINERID=other CNI_IFNAME=eth1
	reserve 10.55.0.77 $'nobody-knows\r\neth0'
	run -0 cni GC "$(ipam "$range" '{"cni.dev/valid-attachments":[{"containerID":"'"$container"'","ifname":"eth0"}]}')"
	[ "$(reserved)" = 10.55.0.2 ]
}
