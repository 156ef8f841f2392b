#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The result: its shape at every version, and what it keeps of earlier plugins of a chain.
load ../lib/lib
load ../lib/endpoint

all_versions="0.1.0 0.2.0 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0"

@test "result: without IPAM has one interface, the same in every version that supports it" {
	for version in 0.3.0 0.3.1 0.4.0; do
		run -0 cni ADD "{\"cniVersion\":\"$version\"}"
		json_is . "{\"cniVersion\":\"$version\",\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"$(link "$pod" eth0 .address)\",\"sandbox\":\"/run/netns/$pod\"}],\"dns\":{}}"
		run -0 cni DEL "{\"cniVersion\":\"$version\"}"
	done
	for version in 1.0.0 1.1.0; do
		run -0 cni ADD "{\"cniVersion\":\"$version\"}"
		json_is . "{\"cniVersion\":\"$version\",\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"$(link "$pod" eth0 .address)\",\"sandbox\":\"/run/netns/$pod\",\"mtu\":1500}]}"
		run -0 cni DEL "{\"cniVersion\":\"$version\"}"
	done
}
@test "result: without IPAM is refused for 0.1.0 and 0.2.0 before anything is made" {
	for version in 0.1.0 0.2.0 ""; do
		watch_links "$pod" "v$version"
		run -1 cni_raw ADD "$(config "{\"cniVersion\":\"$version\"}")"
		error_is 7
		json_is .msg "cannot convert: no valid IP addresses"
		run -0 links_seen "$pod" "v$version"
		[ -z "$output" ]
		nothing_made
	done
}

# host-local's configuration of two families, and what it gives first.
two_families() {
	jq -cn --arg leases "$leases" --arg version "$1" '{cniVersion: $version, dad: "off", ipam: {type: "host-local", dataDir: $leases,
		ranges: [[{subnet: "10.99.0.0/24", rangeStart: "10.99.0.7", gateway: "10.99.0.254"}],
			[{subnet: "fd99::/64", rangeStart: "fd99::7", gateway: "fd99::fe"}]],
		routes: [{dst: "0.0.0.0/0"}, {dst: "10.7.1.1/16", gw: "10.99.0.253"}, {dst: "::/0"}]}}'
}
@test "result: with host-local has ip4 and ip6 at 0.1.0 and 0.2.0" {
	for version in 0.1.0 0.2.0; do
		# These versions let host-local give only one address of each family.
		run -0 cni ADD "$(two_families $version)"
		json_is . "{\"cniVersion\":\"$version\",\"ip4\":{\"ip\":\"10.99.0.7/24\",\"gateway\":\"10.99.0.254\",\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.99.0.254\"},{\"dst\":\"10.7.0.0/16\",\"gw\":\"10.99.0.253\"}]},\"ip6\":{\"ip\":\"fd99::7/64\",\"gateway\":\"fd99::fe\",\"routes\":[{\"dst\":\"::/0\",\"gw\":\"fd99::fe\"}]},\"dns\":{}}"
		run -0 cni DEL "$(two_families $version)"
		rm -rf "${leases:?}/net"
	done
}
@test "result: with host-local has interfaces, ips and routes from 0.3.0 on" {
	for version in 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
		run -0 cni ADD "$(two_families $version)" "$delegates"
		json_is '[.cniVersion, (.interfaces | length), .interfaces[0].name]' "[\"$version\",1,\"eth0\"]"
		json_is '.routes' '[{"dst":"0.0.0.0/0","gw":"10.99.0.254"},{"dst":"10.7.0.0/16","gw":"10.99.0.253"},{"dst":"::/0","gw":"fd99::fe"}]'
		if [[ $version == 0.* ]]; then
			json_is '.ips' '[{"version":"4","interface":0,"address":"10.99.0.7/24","gateway":"10.99.0.254"},{"version":"6","interface":0,"address":"fd99::7/64","gateway":"fd99::fe"}]'
			json_is '[.dns, .interfaces[0].mtu]' '[{},null]'
		else
			json_is '.ips' '[{"interface":0,"address":"10.99.0.7/24","gateway":"10.99.0.254"},{"interface":0,"address":"fd99::7/64","gateway":"fd99::fe"}]'
			json_is '[has("dns"), .interfaces[0].mtu]' '[false,1500]'
		fi
		run -0 cni DEL "$(two_families $version)" "$delegates"
		rm -rf "${leases:?}/net"
	done
}
@test "result: with static works in every version" {
	for version in ${all_versions% *}; do
		change="{\"cniVersion\":\"$version\",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.99.0.7/24\"}]}}"
		run -0 cni ADD "$change"
		json_is '[.cniVersion, (.ip4.ip // .ips[0].address)]' "[\"$version\",\"10.99.0.7/24\"]"
		run -0 cni DEL "$change"
	done
}
@test "result: omits an IPAM plugin's own interfaces and indices" {
	answer='{"interfaces":[{"name":"x"},{"name":"y"}],"ips":[{"address":"10.99.0.7/24","interface":1}]}'
	run -0 cni ADD "{\"ipam\":{\"type\":\"answering\",\"answer\":$answer}}" "$delegates"
	json_is '[.interfaces[].name]' '["eth0"]'
	json_is '.ips[0].interface' 0
}
@test "result: mtu is the link's, by default the master's" {
	ip -n "$host" link set lan0 mtu 1450
	while read -r asked got; do
		run -0 cni ADD "{\"mtu\":$asked}"
		json_is '.interfaces[0].mtu' "$got"
		[ "$(link "$pod" eth0 .mtu)" = "$got" ]
		run -0 cni DEL "{\"mtu\":$asked}"
	done <<-END
		0 1450
		1400 1400
		1450 1450
		68 68
	END
}
@test "result: a default route without a gateway has the gateway that was used" {
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}'
	run -0 cni ADD "{\"ipam\":{\"type\":\"answering\",\"answer\":$answer}}" "$delegates"
	json_is '.routes' '[{"dst":"0.0.0.0/0","gw":"10.99.0.254"}]'
	run -0 ip -n "$pod" -j route show default
	json_is '.[0].gateway' 10.99.0.254
}

earlier='{"cniVersion":"1.1.0","interfaces":[{"name":"br9","mac":"02:00:00:00:09:00"},{"name":"eth0","mac":"02:00:00:00:09:01","sandbox":"SANDBOX","mtu":1400}],
	"ips":[{"interface":1,"address":"10.9.0.2/24","gateway":"10.9.0.1"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.9.0.1","priority":7}],
	"dns":{"nameservers":["10.9.0.1"],"search":["nine.example"]}}'
@test "chain: keeps the earlier plugins' interfaces and appends its own with its own index" {
	previous=$(jq -c . <<<"${earlier/SANDBOX//run/netns/$pod}")
	answer='{"ips":[{"address":"10.99.0.7/24"}],"routes":[{"dst":"10.7.0.0/16","gw":"10.99.0.254"}]}'
	change="{\"prevResult\":$previous,\"ipam\":{\"type\":\"answering\",\"answer\":$answer}}"
	run -0 cni ADD "$change" CNI_IFNAME=net1 "$delegates"
	json_is '.interfaces[:2]' "$(jq -c .interfaces <<<"$previous")"
	json_is '.interfaces[2] | [.name, .mac, .mtu, .sandbox]' "[\"net1\",\"$(link "$pod" net1 .address)\",1500,\"/run/netns/$pod\"]"
	json_is '.ips' "$(jq -c '.ips + [{interface: 2, address: "10.99.0.7/24"}]' <<<"$previous")"
	json_is '.routes' "$(jq -c '.routes + [{dst: "10.7.0.0/16", gw: "10.99.0.254"}]' <<<"$previous")"
	json_is '.dns' "$(jq -c .dns <<<"$previous")"
	run -0 ip -n "$pod" -4 -j address show dev net1
	json_is '.[0].addr_info | length' 1
}
@test "chain: dns of the configuration, else of IPAM, replaces an earlier plugin's" {
	previous=$(jq -c . <<<"${earlier/SANDBOX//run/netns/$pod}")
	answer='{"ips":[{"address":"10.99.0.7/24"}],"dns":{"nameservers":["10.99.0.254"]}}'
	run -0 cni ADD "{\"prevResult\":$previous,\"ipam\":{\"type\":\"answering\",\"answer\":$answer}}" CNI_IFNAME=net1 "$delegates"
	json_is .dns '{"nameservers":["10.99.0.254"]}'
	run -0 cni DEL "{\"ipam\":{\"type\":\"answering\"}}" CNI_IFNAME=net1 "$delegates"
	run -0 cni ADD "{\"prevResult\":$previous,\"dns\":{\"domain\":\"own.example\"},\"ipam\":{\"type\":\"answering\",\"answer\":$answer}}" CNI_IFNAME=net1 "$delegates"
	json_is .dns '{"domain":"own.example"}'
}
@test "chain: a prevResult with addresses makes a valid result at 0.2.0 without IPAM" {
	run -0 cni ADD '{"cniVersion":"0.2.0","prevResult":{"cniVersion":"0.2.0","ip4":{"ip":"10.9.0.2/24"}}}'
	json_is . '{"cniVersion":"0.2.0","ip4":{"ip":"10.9.0.2/24"},"dns":{}}'
}
@test "chain: an invalid prevResult is an error, and nothing is made" {
	for bad in 5 '"x"' '[]' '{"ips":5}' '{"ips":[{"address":"x"}]}' '{"cniVersion":"7.0.0"}' '{"interfaces":[{"name":5}]}'; do
		run -1 cni_raw ADD "$(config "{\"prevResult\":$bad}")"
		error_is 6 prevResult
		nothing_made
	done
}

@test "dns: is the configuration's, else IPAM's" {
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
@test "dns: the configuration's is in the result without IPAM too" {
	run -0 cni ADD '{"dns":{"nameservers":["10.9.0.1"]}}'
	json_is .dns '{"nameservers":["10.9.0.1"]}'
}
