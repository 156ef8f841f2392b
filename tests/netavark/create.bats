#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The commands info and create of netavark's plugin API.
load ../lib/lib
load ../lib/netavark

@test "info: prints the version and the API's version, also without a command" {
	for command in info ''; do
		run -0 netavark_raw '' $command
		json_is 'keys' '["api_version","version"]'
		json_is .api_version 1.0.0
		[[ $("$BUILD/podtap-netavark" --version) == "podtap-netavark $(jq -r .version <<<"$output")"* ]]
	done
}
@test "every command: an error is one JSON object with the text, and exit 1" {
	while IFS='|' read -r text arguments said; do
		read -ra arguments <<<"$arguments"
		run -1 netavark_raw "$text" "${arguments[@]}"
		says "$said"
	done <<-'END'
		|build|unknown subcommand build
		|create|standard input
		{"name":|create|standard input
		{"name":"a b"}|create|name a b
		{}|setup|setup
		{}|setup /run/netns/x|container_id
		{"container_id":"c","network":{"name":"n"}}|setup /run/netns/x|interface_name
		{"container_id":"../c"}|teardown /run/netns/x|container_id ../c
		{"container_id":"c","network":{"name":"n"},"network_options":{"interface_name":"a/b"}}|teardown /run/netns/x|interface_name
	END
}

@test "create: completes the network, and keeps all else" {
	asked=$(network '{"network_interface":null,"ipam_options":{},"dns_enabled":true,"labels":{"a":"b"},"ipv6_enabled":true,
		"options":{"parent":"lan0","queues":"2"},"created":"2026-01-01T00:00:00Z"}')
	run -0 netavark_raw "$asked" create
	chosen=$(jq -cS '.network_interface = "lan0" | .ipam_options.driver = "host-local" | .dns_enabled = false |
		del(.options.parent)' <<<"$asked")
	[ "$(jq -cS . <<<"$output")" = "$chosen" ]
}
@test "create: takes the interface of the default route, if there is one, as the parent" {
	run -0 create '{"network_interface":null}'
	json_is .network_interface null
	ip -n "$host" address add 10.98.0.1/24 dev lan0
	ip -n "$host" route add default via 10.98.0.2
	run -0 create '{"network_interface":""}'
	json_is .network_interface lan0
}
@test "create: keeps DNS only with servers of its own, which podman refuses otherwise" {
	run -0 create '{"dns_enabled":true,"network_dns_servers":["9.9.9.9"]}'
	json_is '[.dns_enabled, .network_dns_servers]' '[true,["9.9.9.9"]]'
	run -0 create '{"dns_enabled":false,"network_dns_servers":["9.9.9.9"]}'
	json_is .dns_enabled false
}
@test "create: accepts every configuration key as an option, or says where it is given" {
	declare -A values=([mode]=private [mtu]=1400 [mac]=02:00:00:00:00:01 [bcqueuelen]=10 [queues]=2 [owner]=107 [group]=107
		[tapMode]=0660 [addressOwner]=guest [dad]=off [noCarrier]=allow [deviceID]=vm [logFile]=/var/log/podtap [logLevel]=debug
		[link]=macvtap [sysctl]='{"net.ipv4.conf.IFNAME.arp_filter":"1"}' [ipamTimeout]=9 [txQueueLen]=1000 [ownerIn]=host [metric]=7
		[linkInContainer]=false [logFormat]=json [egressRate]=1000000 [egressBurst]=1000000 [ingressRate]=1000000 [ingressBurst]=1000000)
	given=()
	for key in $(sed -n 's/^\t{ "\([A-Za-z]*\)", KEY_.*/\1/p' "$root/plugin/config.c") ipamTimeout metric no_default_route; do
		case $key in
		master | ipam | dns | strictStatus | gcWithoutList)
			run -1 create "{\"options\":{\"$key\":\"true\"}}"
			says "option $key is not supported: "
			;;
		sourceMacs) run -0 create '{"options":{"sourceMacs":"02:00:00:00:00:02","mode":"source"}}' ;;
		*) given+=("$key" "${values[$key]:-true}") ;;
		esac
	done
	options=$(jq -cnS '[$ARGS.positional | _nwise(2) | {(.[0]): .[1]}] | add' --args "${given[@]}")
	run -0 create "{\"options\":$options}"
	[ "$(jq -cS .options <<<"$output")" = "$options" ]
}
@test "create: names the option and the value that it refuses, and what is valid" {
	while IFS='|' read -r change said why; do
		run -1 create "$change"
		says "$said" "$why"
	done <<-'END'
		{"options":{"mtu":"x"}}|option mtu is "x"|an integer from 0 to 65535
		{"options":{"mtu":"60"}}|mtu is 60|IPv4 needs 68 at least
		{"options":{"mtu":"9000"}}|mtu 9000 is more than master lan0 has|it has mtu 1500
		{"options":{"queus":"2"}}|option queus|did you mean queues?
		{"options":{"parent":"lan1"}}|option parent is "lan1"|lan0
		{"options":{"sourceMacs":"02:00:00:00:00:02"}}|sourceMacs|mode source
		{"options":{"sysctl":"{\"net.ipv4.conf.all.arp_filter\":\"1\"}"}}|net.ipv4.conf.all.arp_filter|interface
		{"options":{"link":"macvlan","cdi":"true"}}|cdi|macvtap
	END
}
@test "create: refuses a network that no container could use" {
	while IFS='|' read -r change said why; do
		run -1 create "$change"
		says "$said" "$why"
	done <<-'END'
		{"network_interface":"eth9"}|eth9|
		{"network_interface":"lo"}|lo|loopback
		{"network_interface":null,"options":{"mode":"passthru"}}|passthru|master
		{"subnets":[{"subnet":"10.99.0.0/16"},{"subnet":"10.99.1.0/24"}]}|overlapping subnets|10.99.1.0/24
		{"routes":[{"destination":"10.1.0.0/24","route_type":"blackhole"}]}|blackhole|unicast
	END
	ip -n "$host" address add 10.98.0.1/24 dev lan0
	run -1 create '{"options":{"mode":"passthru"}}'
	says 'mode passthru would cut the host off'
	run -0 create '{"options":{"mode":"passthru","force":"true"}}'
}
@test "create: without a subnet it needs the CNI plugin dhcp, or says what to choose" {
	CNI_PATH=$BATS_TEST_TMPDIR run -1 create '{"subnets":null,"ipam_options":null}'
	says 'IPAM driver dhcp' "$BATS_TEST_TMPDIR" --subnet '--ipam-driver none'
	touch "$BATS_TEST_TMPDIR/dhcp"
	CNI_PATH=$BATS_TEST_TMPDIR run -0 create '{"subnets":null,"ipam_options":null}'
	json_is .ipam_options.driver dhcp
	run -0 create '{"subnets":null,"ipam_options":{"driver":"none"}}'
}
@test "create, setup: refuse rootless podman, and what the policy does not allow" {
	export _CONTAINERS_USERNS_CONFIGURED='done'
	run -1 create
	says 'rootless podman' 'run podman as root'
	run -1 attach "$(network)"
	says 'rootless podman'
	unset _CONTAINERS_USERNS_CONFIGURED
	mkdir "$BATS_TEST_TMPDIR/policy"
	echo '{"rules":[{"masters":["eth*"],"modes":["bridge"]}]}' >"$PODTAP_POLICY"
	run -1 create
	says policy lan0
	run -1 attach "$(network)"
	says policy lan0
}
