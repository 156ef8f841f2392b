#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-ipam ADD: which addresses it gives, and its result.
load ../lib/lib
load ../lib/ipam

@test "ADD: gives one address of each range set: runtimeConfig's first, then the single range, then ranges" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add one '{"subnet":"10.1.0.0/24","ranges":[[{"subnet":"10.2.0.0/24"}],[{"subnet":"fd02::/64"}]]}' \
			'{"runtimeConfig":{"ipRanges":[[{"subnet":"10.0.0.0/24","rangeStart":"10.0.0.9","gateway":"10.0.0.200"}]]}}'
		json_is '[.ips[] | .address, .gateway] | join(" ")' \
			"10.0.0.9/24 10.0.0.200 10.1.0.2/24 10.1.0.1 10.2.0.2/24 10.2.0.1 fd02::2/64 fd02::1"
		[ "$(reserved)" = "10.0.0.9 10.1.0.2 10.2.0.2 fd02::2" ]
		[ "$(last 0) $(last 1) $(last 2) $(last 3)" = "10.0.0.9 10.1.0.2 10.2.0.2 fd02::2" ]
		run -0 del one '{}'
		[ "$(reserved)" = "" ]
	done
}
@test "ADD: starts again after the last address, and skips gateways, across the ranges of a set" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		ranges='{"ranges":[[{"subnet":"10.0.0.0/30"},{"subnet":"10.0.1.0/29","rangeStart":"10.0.1.3","rangeEnd":"10.0.1.5","gateway":"10.0.1.4"}]]}'
		[ "$(given a "$ranges")" = 10.0.0.2/30 ]
		[ "$(given b "$ranges")" = 10.0.1.3/29 ]
		run -0 del a "$ranges"
		[ "$(given c "$ranges")" = 10.0.1.5/29 ]
		[ "$(given d "$ranges")" = 10.0.0.2/30 ]
		run -0 del b "$ranges"
		[ "$(given e "$ranges")" = 10.0.1.3/29 ]
	done
}
@test "ADD: gives the addresses that CNI_ARGS, args.cni and runtimeConfig ask for, with or without a prefix" {
	local sets='{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"10.2.0.0/24"}],[{"subnet":"fd02::/64"}]]}'
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		[ "$(given a "$sets" '{}' CNI_ARGS=IP=10.2.0.50)" = "10.1.0.2/24 10.2.0.50/24 fd02::2/64" ]
		[ "$(given b "$sets" '{}' 'CNI_ARGS=IP=10.1.0.60/8, fd02::60')" = "10.1.0.60/24 10.2.0.51/24 fd02::60/64" ]
		[ "$(given c "$sets" '{"args":{"cni":{"ips":["10.1.0.70/24"]}},"runtimeConfig":{"ips":["fd02:0::70","10.1.0.70"]}}' \
			'CNI_ARGS=IP=10.2.0.70,10.1.0.70')" = "10.1.0.70/24 10.2.0.70/24 fd02::70/64" ]
		[ "$(last 0) $(last 1) $(last 2)" = "10.1.0.70 10.2.0.70 fd02::70" ]
	done
}
@test "ADD: refuses a request that it cannot meet, says why, and reserves nothing" {
	local sets='{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"10.2.0.0/24"}]],"exclude":["10.2.0.16/28"]}'
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reserve 10.2.0.9 $'other\r\neth0'
		for wish in '10.2.0.1 7 gateway' '10.2.0.20 7 excluded' '10.2.0.9 11 other' '10.9.0.9 7 10.9.0.9' \
			'10.1.0.8,10.1.0.9 7 10.1.0.9' '10.1.0.8,10.2.0.9 11 10.2.0.9' 'x 4 x' '10.1.0.300 4 10.1.0.300' '10.1.0.8, 4 IP'; do
			read -r address code word <<<"$wish"
			run -1 add a "$sets" '{}' CNI_ARGS=IP="$address"
			error_is "$code" "$word"
			[ "$(reserved)" = 10.2.0.9 ]
		done
		run -1 add a "$sets" '{"runtimeConfig":{"ips":[5]}}'
		error_is 7 'runtimeConfig.ips[0]' 5
		run -1 add a "$sets" '{"args":{"cni":{"ips":"10.1.0.5"}}}'
		error_is 7 args.cni.ips 10.1.0.5
		rm "$store/10.2.0.9"
	done
}
@test "ADD: refuses unknown CNI_ARGS unless IgnoreUnknown is set" {
	local range='{"subnet":"10.1.0.0/24"}'
	PLUGIN=podtap-ipam
	ipam_begin
	run -1 add a "$range" '{}' CNI_ARGS=COLOUR=red
	error_is 4 COLOUR=red
	[ "$(given a "$range" '{}' 'CNI_ARGS=COLOUR=red;IgnoreUnknown=1')" = 10.1.0.2/24 ]
	[ "$(given b "$range" '{}' 'CNI_ARGS=MAC=02:00:00:00:00:07;K8S_POD_NAME=p')" = 10.1.0.3/24 ]
}
@test "ADD: refuses a second ADD for the same attachment, and keeps the first address" {
	local range='{"subnet":"10.1.0.0/24"}'
	PLUGIN=podtap-ipam
	ipam_begin
	run -0 add a "$range"
	run -1 cni_raw ADD "$(config "$(ipam "$range")")" CNI_CONTAINERID=podtap-ipam-a CNI_IFNAME=if-a
	error_is 999 10.1.0.2 duplicate
	[ "$(reserved)" = 10.1.0.2 ]
	run -0 cni ADD "$(ipam "$range")" CNI_CONTAINERID=podtap-ipam-a CNI_IFNAME=other
	[ "$(reserved)" = "10.1.0.2 10.1.0.3" ]
}
@test "ADD: never gives addresses or networks that exclude lists" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		range='{"subnet":"10.1.0.0/28","exclude":["10.1.0.2","10.1.0.4/30","fd00::/8","10.1.0.8/31"]}'
		[ "$(given a "$range")" = 10.1.0.3/28 ]
		[ "$(given b "$range")" = 10.1.0.10/28 ]
		range='{"subnet":"fd01::/48","exclude":["fd01::/49"]}'
		[ "$(given c "$range")" = fd01:0:0:8000::/48 ]
	done
}
@test "ADD: gives addresses of IPv6 networks of any size, also of two addresses and of one" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add b '{"ranges":[[{"subnet":"fd01::10/127"}],[{"subnet":"fd02::7/128"}],[{"subnet":"2000::/3","rangeStart":"2001:db8:ffff:ffff:ffff:ffff:ffff:fffe"}]]}'
		json_is '[.ips[] | .address, .gateway] | map(. // "none") | join(" ")' \
			"fd01::11/127 fd01::10 fd02::7/128 none 2001:db8:ffff:ffff:ffff:ffff:ffff:fffe/3 2000::1"
		[ "$(given c '{"subnet":"2000::/3"}')" = 2000::2/3 ]
	done
}
@test "ADD: reports routes with all their keys, and the dns of ipam or of resolvConf" {
	local routes='[{"dst":"0.0.0.0/0","gw":"10.1.0.1","mtu":1400,"advmss":1300,"priority":77,"scope":0},{"dst":"10.9.0.0/16","table":100}]'
	printf '%s\n' '# a comment' 'nameserver 192.0.2.1' 'nameserver 2001:db8::1 ignored' '; another' \
		'domain example.org' 'search a.example  b.example' 'options ndots:2 rotate' sortlist >"$BATS_TEST_TMPDIR/resolv.conf"
	PLUGIN=podtap-ipam
	ipam_begin
	run -0 add a '{"subnet":"10.1.0.0/24","routes":'"$routes"',"resolvConf":"'"$BATS_TEST_TMPDIR"'/resolv.conf"}'
	json_is .routes "$routes"
	json_is .dns '{"nameservers":["192.0.2.1","2001:db8::1"],"domain":"example.org","search":["a.example","b.example"],"options":["ndots:2","rotate"]}'
	run -0 add b '{"subnet":"10.1.0.0/24","dns":{"nameservers":["192.0.2.9"]},"resolvConf":"'"$BATS_TEST_TMPDIR"'/resolv.conf"}'
	json_is .dns '{"nameservers":["192.0.2.9"]}'
	run -1 add c '{"subnet":"10.1.0.0/24","resolvConf":"/no/such/file"}'
	error_is 7 /no/such/file
	run -1 add c '{"subnet":"10.1.0.0/24","resolvConf":"/dev/zero"}'
	error_is 7 /dev/zero
}
@test "ADD: sets the routes of ipam in the container, with mtu, metric and table" {
	PLUGIN=podtap
	ipam_begin
	run -0 add a '{"subnet":"10.1.0.0/24","routes":[{"dst":"10.9.0.0/16","gw":"10.1.0.1","mtu":1400,"priority":77,"table":100}]}'
	[[ $(ip -n "$pod" route show table 100) == "10.9.0.0/16 via 10.1.0.1 dev if-a metric 77 mtu 1400"* ]]
}
@test "ADD: gives static addresses as configured, with or without ranges, and never from a range to others" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add a '{"addresses":[{"address":"10.1.0.2/24","gateway":"10.1.0.1"},{"address":"fd01::9/64"}],"dns":{"domain":"x"}}'
		json_is '[.ips[] | .address, .gateway // "none"] | join(" ")' "10.1.0.2/24 10.1.0.1 fd01::9/64 none"
		[ "$(reserved)" = "" ]
		[ "$(given b '{"subnet":"10.1.0.0/24","addresses":[{"address":"10.1.0.2/24"}]}')" = "10.1.0.3/24 10.1.0.2/24" ]
		[ "$(reserved)" = 10.1.0.3 ]
	done
}
@test "ADD: takes static addresses and gateways from CNI_ARGS; args and runtimeConfig replace them" {
	local one='{"addresses":[{"address":"10.1.0.5/24"}]}'
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add a "$one" '{}' 'CNI_ARGS=IP=10.2.0.5/24,fd02::5/64;GATEWAY=10.2.0.1,fd02::1,10.9.9.9'
		json_is '[.ips[] | .address, .gateway // "none"] | join(" ")' \
			"10.1.0.5/24 none 10.2.0.5/24 10.2.0.1 fd02::5/64 fd02::1"
		[ "$(given b "$one" '{"args":{"cni":{"ips":["10.3.0.5/24"]}}}' CNI_ARGS=IP=10.2.0.6/24)" = 10.3.0.5/24 ]
		[ "$(given c "$one" '{"args":{"cni":{"ips":["10.3.0.5/24"]}},"runtimeConfig":{"ips":["10.4.0.5/24","fd04::5/64"]}}')" = \
			"10.4.0.5/24 fd04::5/64" ]
		[ "$(given d '{}' '{}' CNI_ARGS=IP=10.5.0.5/24)" = 10.5.0.5/24 ]
		[ "$(given e "$one" '{}' CNI_ARGS=IP=10.1.0.6)" = "10.1.0.5/24 10.1.0.6/24" ]
		run -1 add f "$one" '{}' CNI_ARGS=IP=10.2.0.5
		error_is 4 10.2.0.5 "prefix length"
	done
}
# The addresses of a result with their gateways, on one line.
with_gateways() {
	json_is '[.ips[] | .address, .gateway // "none"] | join(" ")' "$1"
}
# What an ADD answers to this configuration: answered ADDRESSES MEMBERS_OF_IPAM [OTHER_KEYS [VARIABLE=VALUE...]]
answered() {
	run -0 add a "$2" "$(jq -c '. + {"dad":"off"}' <<<"${3:-"{}"}")" "${@:4}"
	with_gateways "$1"
	run -0 del a "$2"
}
@test "ADD: a requested address has the prefix length and gateway of its configured network, from every source" {
	local both='{"addresses":[{"address":"10.1.0.5/24","gateway":"10.1.0.254"},{"address":"fd01::5/64","gateway":"fd01::fe"}]}'
	local asked='10.1.0.9/24 10.1.0.254 fd01::9/64 fd01::fe'
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		answered "$asked" "$both" '{"runtimeConfig":{"ips":["10.1.0.9","fd01::9"]}}'
		answered "$asked" "$both" '{"args":{"cni":{"ips":["10.1.0.9","fd01::9"]}}}'
		answered "$asked" "$both" '{"args":{"cni":{"ips":["10.1.0.7"]}},"runtimeConfig":{"ips":["10.1.0.9","fd01::9"]}}' CNI_ARGS=IP=10.1.0.8
		answered "10.1.0.5/24 10.1.0.254 fd01::5/64 fd01::fe $asked" "$both" '{}' CNI_ARGS=IP=10.1.0.9,fd01::9
		answered '10.1.0.9/32 10.1.0.254 10.2.0.9/24 none' "$both" '{"runtimeConfig":{"ips":["10.1.0.9/32","10.2.0.9/24"]}}'
		answered '10.1.0.254/24 10.1.0.1 10.1.0.9/24 10.1.0.1' "$both" '{"runtimeConfig":{"ips":["10.1.0.254","10.1.0.9"]}}' CNI_ARGS=GATEWAY=10.1.0.1
		answered '10.1.0.5/24 10.1.0.254 10.1.0.6/24 10.1.0.254' '{"addresses":[{"address":"10.1.0.5/24"},{"address":"10.1.0.6/24","gateway":"10.1.0.254"}]}'
		answered '10.1.0.254/24 none' '{"addresses":[{"address":"10.1.0.5/24","gateway":"10.1.0.254"}]}' '{"runtimeConfig":{"ips":["10.1.0.254"]}}'
	done
}
@test "ADD: an address from the runtime keeps the default route through the configured gateway" {
	PLUGIN=podtap
	ipam_begin
	run -0 add a '{"addresses":[{"address":"10.99.0.1/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}' \
		'{"runtimeConfig":{"ips":["10.99.0.204"]}}'
	[[ $(ip -n "$pod" route show default) == "default via 10.99.0.254 dev if-a "* ]]
	run -0 at "$pod" ping -c 1 -W 30 10.99.0.254
}
@test "ADD: refuses an address outside all ranges, names the ranges, and staticOutsideRange where it helps" {
	local sets='{"ranges":[[{"subnet":"10.1.0.0/24","rangeStart":"10.1.0.10","rangeEnd":"10.1.0.19"},{"subnet":"10.2.0.0/24"}],[{"subnet":"fd01::/64"}]]}'
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -1 add a "$sets" '{}' CNI_ARGS=IP=10.9.9.9
		error_is 7 10.9.9.9 "range set 0: 10.1.0.10-10.1.0.19 of 10.1.0.0/24, 10.2.0.1-10.2.0.254 of 10.2.0.0/24; range set 1: fd01::1-"
		[[ $output != *staticOutsideRange* ]]
		run -1 add a "$sets" '{}' CNI_ARGS=IP=10.1.0.99
		error_is 7 10.1.0.99 staticOutsideRange
		[ "$(reserved)" = "" ]
	done
}
outside='{"staticOutsideRange":true,"ranges":[[{"subnet":"10.1.0.0/24","rangeStart":"10.1.0.10","rangeEnd":"10.1.0.12"}],
	[{"subnet":"10.1.0.0/24","rangeStart":"10.1.0.20","rangeEnd":"10.1.0.21"}]],"exclude":["10.1.0.99"]}'
@test "ADD: staticOutsideRange gives a subnet's address outside its ranges, with prefix and gateway, only once" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		[ "$(given a "$outside")" = "10.1.0.10/24 10.1.0.20/24" ]
		run -0 add b "$outside" '{"runtimeConfig":{"ips":["10.1.0.200"]}}'
		with_gateways "10.1.0.200/24 10.1.0.1 10.1.0.21/24 10.1.0.1"
		[ "$(last 0)" = 10.1.0.10 ]
		run -0 check b "$outside" '{"runtimeConfig":{"ips":["10.1.0.200"]}}'
		rm -f "$(beside index)"
		run -1 add c "$outside" '{}' CNI_ARGS=IP=10.1.0.200
		error_is 11 10.1.0.200 "container $PLUGIN-b has it"
		run -1 cni_raw ADD "$(config "$(ipam "$outside" '{"runtimeConfig":{"ips":["10.1.0.200"]}}')")" \
			CNI_CONTAINERID="$PLUGIN-b" CNI_IFNAME=if-b
		[ "$(reserved)" = "10.1.0.10 10.1.0.20 10.1.0.200 10.1.0.21" ]
		run -0 del a "$outside"
		# The other set's range has this one.
		[ "$(given d "$outside" '{"runtimeConfig":{"ips":["10.1.0.20"]}}')" = "10.1.0.11/24 10.1.0.20/24" ]
		run -0 del d "$outside"
		local address why
		while read -r address why; do
			run -1 add e "$outside" '{}' CNI_ARGS=IP="$address"
			error_is 7 "$address" "$why"
		done <<-'END'
			10.1.0.1 subnet's gateway
			10.1.0.0 network or broadcast
			10.1.0.255 network or broadcast
			10.1.0.99 excluded
			10.2.0.7 range set 0
		END
		mv "$store/10.1.0.200" "$BATS_TEST_TMPDIR/kept"
		run -1 check b "$outside" '{"runtimeConfig":{"ips":["10.1.0.200"]}}'
		error_is 999 10.1.0.200 "nobody has it"
		mv "$BATS_TEST_TMPDIR/kept" "$store/10.1.0.200"
		run -0 del b "$outside"
		[ "$(reserved)" = "" ]
		[ "$(given f "$outside" '{}' CNI_ARGS=IP=10.1.0.200)" = "10.1.0.200/24 10.1.0.21/24" ]
		run -0 gc "$outside" '{"cni.dev/valid-attachments":[]}'
		[ "$(reserved)" = "" ]
		[ "$(given g "$outside" '{}' CNI_ARGS=IP=10.1.0.200)" = "10.1.0.200/24 10.1.0.20/24" ]
	done
}
@test "ADD: gives every address of a network of two addresses or of one, in IPv4 and IPv6" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add a '{"ranges":[[{"subnet":"10.1.0.0/31"}],[{"subnet":"10.2.0.7/32","gateway":"172.31.1.1"}],[{"subnet":"fd01::/127","gateway":"fe80::1"}]]}'
		with_gateways "10.1.0.1/31 10.1.0.0 10.2.0.7/32 172.31.1.1 fd01::/127 fe80::1"
		run -0 del a '{}'
		local far='{"subnet":"10.3.0.6/31","gateway":"172.31.1.1"}'
		[ "$(given b "$far")" = 10.3.0.6/31 ]
		[ "$(given c "$far")" = 10.3.0.7/31 ]
		run -1 add d "$far"
		error_is 11 "all 2 addresses"
	done
}
@test "ADD: fails without any address, and says what is missing" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -1 add a '{"routes":[]}'
		error_is 7 ranges addresses
	done
}
@test "ADD: each result version has its own shape; below 0.3.0 it has one address per family" {
	PLUGIN=podtap-ipam
	ipam_begin
	local two='{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"fd02::/64"}]]}'
	run -0 add a "$two" '{"cniVersion":"0.2.0"}'
	json_is . '{"cniVersion":"0.2.0","ip4":{"ip":"10.1.0.2/24","gateway":"10.1.0.1"},"ip6":{"ip":"fd02::2/64","gateway":"fd02::1"},"dns":{}}'
	run -0 add b "$two" '{"cniVersion":"0.4.0"}'
	json_is '[.ips[].version] | join(" ")' "4 6"
	run -0 add c "$two" '{"cniVersion":"1.0.0"}'
	json_is .cniVersion 1.0.0
	run -1 add d '{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"10.2.0.0/24"}]]}' '{"cniVersion":"0.2.0"}'
	error_is 7 0.2.0 "more than 1 address per family"
}
@test "ADD: refuses an invalid configuration, names the key and the value, and reserves nothing" {
	local members code word
	while IFS='|' read -r members code word; do
		for PLUGIN in "${ways[@]}"; do
			ipam_begin
			run -1 add a "$members"
			error_is "$code" "$word"
			run -1 status "$members"
			error_is 50 "$word"
			[ ! -e "$store" ]
		done
	done <<-'END'
		{"subnet":"10.1.0.1/31"}|7|10.1.0.1/31
		{"subnet":"10.1.0.1/32","gateway":"10.1.0.1"}|7|has no address to give
		{"subnet":"10.1.0.0/24","staticOutsideRange":1}|7|ipam.staticOutsideRange is 1
		{"subnet":"10.1.0.5/24"}|7|10.1.0.5/24
		{"subnet":"10.1.0.0"}|7|10.1.0.0
		{"subnet":5}|7|ipam.subnet is 5
		{"subnet":"10.1.0.0/24","rangeStart":"10.2.0.1"}|7|10.2.0.1
		{"subnet":"10.1.0.0/24","rangeEnd":"x"}|7|ipam.rangeEnd is "x"
		{"subnet":"10.1.0.0/24","rangeStart":"10.1.0.9","rangeEnd":"10.1.0.8"}|7|10.1.0.9
		{"subnet":"10.1.0.0/24","gateway":"fd00::1"}|7|fd00::1
		{"subnet":"10.1.0.0/24","gateway":[]}|7|ipam.gateway is []
		{"ranges":[[{"subnet":"10.1.0.0/24"},{"subnet":"fd01::/64"}]]}|7|fd01::/64
		{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"10.1.0.0/16"}]]}|7|10.1.0.0/16
		{"ranges":[[]]}|7|range set 0
		{"ranges":[{"subnet":"10.1.0.0/24"}]}|7|ipam.ranges[0] is {"subnet":"10.1.0.0/24"}
		{"ranges":[[{"gateway":"10.1.0.1"}]]}|7|ipam.ranges[0][0] is {"gateway":"10.1.0.1"}
		{"ranges":"10.1.0.0/24"}|7|ipam.ranges is "10.1.0.0/24"
		{"subnet":"10.1.0.0/24","exclude":["10.1.0.5/24"]}|7|ipam.exclude[0] is "10.1.0.5/24"
		{"subnet":"10.1.0.0/24","exclude":["10.1.0.5","x"]}|7|ipam.exclude[1] is "x"
		{"subnet":"10.1.0.0/24","exclude":"10.1.0.5"}|7|ipam.exclude is "10.1.0.5"
		{"subnet":"10.1.0.0/24","exclude":["10.1.0.0/16"]}|7|has no address to give
		{"subnet":"10.1.0.0/24","sticky":"yes"}|7|ipam.sticky is "yes"
		{"subnet":"10.1.0.0/24","keepAcrossBoots":1}|7|ipam.keepAcrossBoots is 1
		{"subnet":"10.1.0.0/24","routes":[{"gw":"10.1.0.1"}]}|7|routes[0].dst
		{"subnet":"10.1.0.0/24","routes":[{"dst":"10.9.0.0/16","mtu":"x"}]}|7|routes[0].mtu
		{"subnet":"10.1.0.0/24","dns":{"nameservers":"x"}}|7|dns.nameservers
		{"subnet":"10.1.0.0/24","resolvConf":7}|7|ipam.resolvConf is 7
		{"addresses":[{"address":"10.1.0.5"}]}|7|ipam.addresses[0].address is "10.1.0.5"
		{"addresses":[{"address":"10.1.0.5"}]}|7|it must be an address with its prefix length, such as 10.0.0.5/24
		{"addresses":[{"gateway":"10.1.0.1"}]}|7|ipam.addresses[0].address
		{"addresses":["10.1.0.5/24"]}|7|ipam.addresses[0] is "10.1.0.5/24"
	END
}
