#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The commands setup and teardown of netavark's plugin API: what netavark's macvlan driver does, and the tap.
load ../lib/lib
load ../lib/delegate
load ../lib/lists
load ../lib/netavark

teardown() {
	detach || echo "teardown at the end failed: $(cat "$BATS_TEST_TMPDIR/stderr")"
	lan_teardown
}
routes() {
	ip -n "$pod" "$1" -j route show | jq -rc '.[] | select(.protocol != "kernel") | "\(.dst) \(.gateway) \(.metric)"'
}
# No link and no record of podtap is left, in spite of what else the test made.
nothing_left() {
	[[ ! $(ip -n "$pod" -d -o link show) =~ \ mac(vlan|vtap)\ +mode\  ]]
	[ -z "$(find "$PODTAP_STATE_DIR" -mindepth 2)" ]
}

@test "setup: makes the endpoint and its tap, and reports it as a status block" {
	run -0 attach "$(network)"
	json_is keys '["dns_search_domains","dns_server_ips","interfaces"]'
	json_is .interfaces.eth0.subnets '[{"ipnet":"10.99.0.5/24","gateway":"10.99.0.254"}]'
	mac=$(jq -r .interfaces.eth0.mac_address <<<"$output")
	run -0 link "$pod" eth0 '[.address, (.flags | contains(["UP"])), .linkinfo.info_kind]'
	[ "$output" = "[\"$mac\",true,\"macvtap\"]" ]
	run -0 ip -n "$pod" -o address show dev eth0
	[[ $output == *" 10.99.0.5/24 "* ]]
	run -0 routes -4
	[ "$output" = 'default 10.99.0.254 100' ]
	at "$pod" ping -c 1 -W 5 10.99.0.254
	[ -c "$(tap)" ]
	run -0 cat "$(record)"
	json_is '[.network, .pod.name, .ready // .state]' '["lan","vm","ready"]'
	run -0 detach
	[ -z "$output" ]
	nothing_left
}
@test "create, setup, teardown: the calls that podman 5.4.2 made give what it asked for" {
	calls=$fixtures/netavark/podman-5.4.2
	for name in lan bare; do
		run -0 netavark_raw "$(cat "$calls/$name-create.json")" create
		json_is '[.network_interface, .options.parent]' '["lan0",null]'
	done
	while IFS='|' read -r name ifname filter is; do
		cp "$calls/$name-setup.json" "$cache/netavark"
		run -0 netavark_raw "$(cat "$cache/netavark")" setup "/run/netns/$pod"
		json_is "$filter" "$is"
		link_exists "$pod" "$ifname"
		run -0 detach
	done <<-'END'
		lan|eth0|[.interfaces.eth0.subnets[].ipnet]|["10.99.0.77/24","fd99::2/64"]
		lan|eth0|[.interfaces.eth0.mac_address, .dns_server_ips[]]|["02:00:00:00:00:77","9.9.9.9"]
		bare|tap9|.interfaces.tap9.subnets|[]
		options|eth0|[.interfaces.eth0.subnets[].gateway]|["10.99.0.254","fd99::1"]
	END
	nothing_left
}
@test "setup: two subnets and several addresses of one, with routes, DNS servers and a metric" {
	net=$(network '{"subnets":[{"subnet":"10.99.0.0/24","gateway":"10.99.0.254"},{"subnet":"fd99::/64","gateway":"fd99::fe"}],
		"options":{"metric":"200","dad":"off"},"network_dns_servers":["10.99.0.53","fd99::53"],
		"routes":[{"destination":"10.89.0.0/24","gateway":"10.99.0.2","metric":null},
		{"destination":"10.90.0.0/24","gateway":"10.99.0.3","metric":7},{"destination":"fd2f::/64","gateway":"fd99::20"}]}')
	run -0 attach "$net" '{"static_ips":["fd99::5","10.99.0.9","10.99.0.5"]}'
	json_is '[.interfaces.eth0.subnets[].ipnet]' '["10.99.0.9/24","10.99.0.5/24","fd99::5/64"]'
	json_is .dns_server_ips '["10.99.0.53","fd99::53"]'
	run -0 routes -4
	[ "$(sort <<<"$output")" = $'10.89.0.0/24 10.99.0.2 100\n10.90.0.0/24 10.99.0.3 7\ndefault 10.99.0.254 200' ]
	run -0 routes -6
	[ "$(sort <<<"$output")" = $'default fd99::fe 200\nfd2f::/64 fd99::20 100' ]
	run -0 at "$pod" cat /proc/sys/net/ipv6/conf/eth0/autoconf
	[ "$output" = 0 ]
}
@test "setup: an internal network and no_default_route have no default route" {
	run -0 attach "$(network '{"internal":true}')"
	json_is .interfaces.eth0.subnets '[{"ipnet":"10.99.0.5/24"}]'
	run -0 routes -4
	[ -z "$output" ]
	run -0 detach
	run -0 attach "$(network '{"options":{"no_default_route":"true"}}')"
	json_is .interfaces.eth0.subnets '[{"ipnet":"10.99.0.5/24","gateway":"10.99.0.254"}]'
	run -0 routes -4
	[ -z "$output" ]
}
@test "setup: every mode and both kinds, an mtu, a container's own MAC address and options" {
	for kind in macvtap macvlan; do
		for mode in bridge private vepa passthru source; do
			run -0 attach "$(without_ipam "{\"options\":{\"mode\":\"$mode\",\"link\":\"$kind\"}}")" '{"static_ips":null}'
			json_is .interfaces.eth0.subnets '[]'
			run -0 link "$pod" eth0 '[.mtu, .linkinfo.info_kind, .linkinfo.info_data.mode]'
			[ "$output" = "[1500,\"$kind\",\"$mode\"]" ]
			run -0 detach
		done
	done
	run -0 attach "$(without_ipam '{"options":{"mtu":"1400","mac":"02:00:00:00:00:01"}}')" \
		'{"static_ips":[],"static_mac":"02:00:00:00:00:17","options":{"queues":"3"}}'
	json_is .interfaces.eth0.mac_address 02:00:00:00:00:17
	run -0 link "$pod" eth0 '[.mtu, .address, .num_tx_queues]'
	[ "$output" = '[1400,"02:00:00:00:00:17",3]' ]
	run -0 routes -4
	[ -z "$output" ]
	run -0 detach
	run -0 attach "$(without_ipam '{"options":{"mac":"stable"}}')" '{"static_ips":[]}'
	json_is .interfaces.eth0.mac_address ae:5c:51:ef:0d:9c # as by CNI, for container vm
}
@test "setup: an interface name that exists on the host works, one in the container is refused" {
	ip -n "$host" link add eth0 type bridge
	run -0 attach "$(network)"
	run -0 detach
	ip -n "$pod" link add eth0 type bridge
	run -1 attach "$(network)"
	says eth0
	nothing_left
	run -0 link "$pod" eth0 .linkinfo.info_kind
	[ "$output" = bridge ]
}
@test "setup: gives exactly the addresses that the container asks for, or refuses" {
	while IFS='|' read -r change asked said; do
		run -1 attach "$(network "$change")" "{\"static_ips\":$asked}"
		says "$said"
		nothing_left
	done <<-'END'
		{}|["10.9.9.9"]|IP address 10.9.9.9 is in no subnet
		{}|null|no IP addresses
		{"subnets":null,"ipam_options":{"driver":"none"}}|["10.99.0.5"]|IP address "10.99.0.5"
		{"options":{"acd":"true"}}|["10.99.0.254"]|10.99.0.254 is in use on the LAN
	END
}
@test "setup: a container's invalid options, MAC address and name are refused" {
	while IFS='|' read -r change said; do
		run -1 attach "$(network)" "$change"
		says "$said"
	done <<-'END'
		{"options":{"speed":"1"}}|option speed is not supported
		{"static_mac":"01:00:00:00:00:01"}|unicast
		{"interface_name":"a/b"}|interface_name
	END
	text=$(exec_input "$(network)" | jq -c '.container_name = "a;MAC=02:00:00:00:00:01"')
	run -1 netavark_raw "$text" setup "/run/netns/$pod"
	says container_name
}
@test "setup: addresses from DHCP come from the CNI plugin dhcp, and teardown returns them" {
	delegates_setup
	export "${delegates?}"
	delegate dhcp <<-'END'
		[ "$CNI_COMMAND" = ADD ] || exit 0
		[ "$(jq -r '.name + .ipam.type + .cniVersion')" = landhcp1.0.0 ] || refuse 7 "no configuration"
		answer '"ips":[{"address":"10.99.0.77/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}],"dns":{"nameservers":["10.99.0.53"],"domain":"lan"}'
	END
	run -0 attach "$(network '{"subnets":null,"ipam_options":{"driver":"dhcp"}}')" '{"static_ips":null}'
	json_is .interfaces.eth0.subnets '[{"ipnet":"10.99.0.77/24","gateway":"10.99.0.254"}]'
	json_is '[.dns_server_ips, .dns_search_domains]' '[["10.99.0.53"],["lan"]]'
	run -0 detach
	run -0 cat "$calls"
	[ "$output" = "ADD $container eth0 /run/netns/$pod"$'\n'"DEL $container eth0 /run/netns/$pod" ]
}
@test "setup: a DHCP server gives the address, and learns the container's name" {
	own_state
	dhcp_start 10.98.0.1/24 10.98.0.50 10.98.0.59
	run -0 attach "$(network '{"subnets":null,"ipam_options":{"driver":"dhcp"}}')" '{"static_ips":null}'
	[[ $(jq -r '.interfaces.eth0.subnets[0].ipnet' <<<"$output") == 10.98.0.5?/24 ]]
	[[ $(cat "$BATS_TEST_TMPDIR/dnsmasq.leases") == *" vm "* ]]
	at "$pod" ping -c 1 -W 5 10.98.0.1
	run -0 detach
	run -0 timeout 60 sh -c 'while [ -s "$0" ]; do sleep 0.05; done' "$BATS_TEST_TMPDIR/dnsmasq.leases"
}
@test "setup: published ports have no effect, and stderr says so" {
	exec_input "$(network)" | jq -c '.port_mappings = [{"container_port":80}]' >"$cache/netavark"
	run -0 netavark_raw "$(cat "$cache/netavark")" setup "/run/netns/$pod"
	stderr_has 'published ports have no effect'
}
@test "setup: a status block that cannot be written leaves nothing" {
	exec_input "$(network)" >"$cache/netavark"
	for closed in '>/dev/full' '>&-'; do
		run -1 at "$host" bash -c "'$BUILD/podtap-netavark' setup '/run/netns/$pod' <'$cache/netavark' $closed"
		[[ $output == *'cannot write to stdout'* ]]
	done
	nothing_left
}
@test "teardown: succeeds twice, without the namespace, and with a network that is invalid by now" {
	run -0 attach "$(network)"
	run -0 detach
	run -0 detach
	run -0 attach "$(network)"
	text=$(jq -c '.network.options = {"mtu":"x","speed":"1"} | .network.subnets = 7 | .network.ipam_options = [] |
		.network_options.static_ips = "x" | .container_name = "a;b"' "$cache/netavark")
	run -0 netavark_raw "$text" teardown "/run/netns/$pod"
	[ -z "$output" ]
	nothing_left
	run -0 attach "$(network)"
	ip netns del "$pod"
	run -0 detach
	run -0 detach /proc/0/ns/net
	[ -z "$(find "$PODTAP_STATE_DIR" -mindepth 2)" ]
}
