#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ADD: which link there is afterwards, where, on what, and what the result says of it.
load lib
load endpoint

setup() {
	lan_setup
}
teardown() {
	lan_teardown
}

all_versions="0.1.0 0.2.0 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0"
all_modes="bridge private vepa passthru source"

@test "ADD: a macvtap, unless type or link says macvlan (DESIGN 4)" {
	while read -r kind change; do
		run -0 cni ADD "$change"
		run -0 link "$pod" eth0 .linkinfo.info_kind
		[ "$output" = "$kind" ] || { echo "$change makes $output"; return 1; }
		run -0 cni DEL "$change"
	done <<-'END'
		macvtap {}
		macvtap {"type":"macvtap"}
		macvtap {"type":"anything"}
		macvlan {"type":"macvlan"}
		macvlan {"link":"macvlan"}
		macvtap {"type":"macvlan","link":"macvtap"}
	END
}
@test "ADD: every mode of both kinds is the kernel's" {
	for kind in macvtap macvlan; do
		for mode in $all_modes; do
			run -0 cni ADD "{\"link\":\"$kind\",\"mode\":\"$mode\"}"
			run -0 link "$pod" eth0 '.linkinfo | .info_kind + " " + .info_data.mode'
			[ "$output" = "$kind $mode" ]
			run -0 cni DEL
		done
	done
}
@test "ADD: the link comes up on its master, and the loopback stays as it was" {
	ip -n "$pod" link set lo down
	run -0 cni ADD
	run -0 link "$pod" eth0 '[(.flags | contains(["LOWER_UP"])), .link_index]'
	[ "$output" = "[true,$(link "$host" lan0 .ifindex)]" ]
	run -0 link "$pod" lo .operstate
	[ "$output" = DOWN ]
}

@test "ADD: no interface of ours is ever in the host's namespace, under no name (ADD-2)" {
	for change in '{}' '{"link":"macvlan"}' '{"mode":"passthru","mac":"02:00:00:00:00:07"}'; do
		watch_links "$host" hosts
		run -0 cni ADD "$change"
		run -0 cni DEL "$change"
		run -0 links_seen "$host" hosts
		[ -z "$(sed '/ lan0$/d' <<<"$output")" ] || { echo "seen on the host: $output"; return 1; }
	done
}
@test "ADD: the link is created in the container under its final name and index, never renamed or moved" {
	watch_links "$pod" pods
	run -0 cni ADD '{}' CNI_IFNAME=net7
	index=$(link "$pod" net7 .ifindex)
	run -0 links_seen "$pod" pods
	[ "$output" = "$index net7" ]
}
@test "ADD: a link that is seen to appear in the host's namespace would have been noticed" {
	watch_links "$host" hosts
	ip -n "$host" link add link lan0 name tmp0 netns "$host" type macvlan
	ip -n "$host" link del tmp0
	run -0 links_seen "$host" hosts
	[[ $output == *tmp0* ]]
}
@test "ADD: a container interface may be called like an interface of the host" {
	for kind in macvtap macvlan; do
		for name in lan0 lo0; do
			ip -n "$host" link add name lo0 type bridge
			run -0 cni ADD "{\"link\":\"$kind\"}" CNI_IFNAME="$name"
			json_is '.interfaces[0].name' "$name"
			run -0 link "$pod" "$name" .linkinfo.info_kind
			[ "$output" = "$kind" ]
			run -0 link "$host" lo0 .linkinfo.info_kind
			[ "$output" = bridge ]
			run -0 cni DEL '{}' CNI_IFNAME="$name"
			link_exists "$host" lan0
			ip -n "$host" link del lo0
		done
	done
}

@test "ADD: the index is from a range no kernel counts up to, another for every endpoint" {
	for ifname in a b c d; do
		run -0 cni ADD '{}' CNI_IFNAME=$ifname
		run -0 cni ADD '{}' CNI_IFNAME=$ifname CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	done
	run -0 bash -c 'for p; do ip -n "$p" -j link show type macvtap | jq ".[].ifindex"; done' - "$pod" "$other"
	[ "${#lines[@]}" = 8 ]
	[ "$(sort -u <<<"$output" | wc -l)" = 8 ]
	for index in $output; do
		((index >= 0x100000 && index <= 0xffffff))
	done
}
@test "ADD: a foreign link in the container that has the index already is left alone" {
	index=$(free_index)
	ip -n "$pod" link add name foreign index "$index" mtu 1400 type bridge
	before=$(ip -n "$pod" -d link show foreign)
	for kind in macvtap macvlan; do
		run -0 drawing "$index" cni ADD "{\"link\":\"$kind\"}"
		run -0 link "$pod" eth0 '.linkinfo.info_kind, .ifindex'
		[ "${lines[0]}" = "$kind" ]
		[ "${lines[1]}" != "$index" ]
		run -0 cni DEL "{\"link\":\"$kind\"}"
		[ "$(ip -n "$pod" -d link show foreign)" = "$before" ]
	done
}
@test "ADD: a foreign link of the host that has the index already is left alone" {
	index=$(free_index)
	ip -n "$host" link add name foreign index "$index" mtu 1400 type bridge
	before=$(ip -n "$host" -d link show foreign)
	for kind in macvtap macvlan; do
		run -0 drawing "$index" cni ADD "{\"link\":\"$kind\"}"
		run -0 link "$pod" eth0 .linkinfo.info_kind
		[ "$output" = "$kind" ]
		run -0 cni DEL "{\"link\":\"$kind\"}"
		[ "$(ip -n "$host" -d link show foreign)" = "$before" ]
	done
}
@test "ADD: an index that another endpoint has is not taken again, on record or not" {
	index=$(free_index)
	for kind in macvtap macvlan; do
		run -0 drawing "$index" cni ADD "{\"link\":\"$kind\"}"
		run -0 link "$pod" eth0 .ifindex
		[ "$output" = "$index" ]
		run -0 drawing "$index" cni ADD "{\"link\":\"$kind\"}" CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
		run -0 link "$other" eth0 .ifindex
		[ "$output" != "$index" ]
		run -0 cni DEL '{}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
		run -0 cni DEL
	done
}
@test "ADD: with every file of ours lost in between, taps are still each endpoint's own and DEL works" {
	index=$(free_index)
	run -0 drawing "$index" cni ADD
	first=$(tap)
	rm -r "$PODTAP_STATE_DIR"
	run -0 drawing "$index" cni ADD '{}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	second=$(tap eth0 "$container-2")
	[ "$first" = "/dev/tap$index" ]
	[ "$second" != "$first" ]
	[ "$(tap_identity "$first")" = "eth0 $(link "$pod" eth0 .address)" ]
	[ "$(tap_identity "$second")" = "eth0 $(link "$other" eth0 .address)" ]
	rm -r "$PODTAP_STATE_DIR"
	run -0 cni DEL
	run -1 link_exists "$pod" eth0
	[ ! -e "$first" ]
	link_exists "$other" eth0
}

@test "ADD: linkInContainer takes a master of the container (MV-5)" {
	ip -n "$pod" link add name inner0 type veth peer name inner1
	ip -n "$pod" link set inner0 up
	ip -n "$pod" link set inner1 up
	for kind in macvtap macvlan; do
		watch_links "$host" "$kind"
		run -0 cni ADD "{\"link\":\"$kind\",\"linkInContainer\":true,\"master\":\"inner0\"}"
		run -0 link "$pod" eth0 '[.linkinfo.info_kind, .link, (.flags | contains(["LOWER_UP"]))]'
		[ "$output" = "[\"$kind\",\"inner0\",true]" ]
		run -0 cni CHECK "{\"link\":\"$kind\",\"linkInContainer\":true,\"master\":\"inner0\"}"
		run -0 cni DEL "{\"link\":\"$kind\",\"linkInContainer\":true,\"master\":\"inner0\"}"
		run -0 links_seen "$host" "$kind"
		[ -z "$(sed '/ lan0$/d' <<<"$output")" ]
	done
	run -1 cni ADD '{"linkInContainer":true,"master":"lan0"}'
	error_is 7 lan0 "in the container"
}
@test "ADD: linkInContainer without master takes the container's default route" {
	ip -n "$pod" link add name inner0 type veth peer name inner1
	ip -n "$pod" link set inner0 up
	ip -n "$pod" link set inner1 up
	ip -n "$pod" route add default dev inner1
	run -0 cni ADD '{"linkInContainer":true,"master":null}'
	run -0 link "$pod" eth0 .link
	[ "$output" = inner1 ]
}

# The name of the host's interface that eth0 in the pod stands on.
master_of_eth0() {
	ip -n "$host" -j link show | jq -r --argjson index "$(link "$pod" eth0 .link_index)" '.[] | select(.ifindex == $index).ifname'
}
@test "ADD: without master, the IPv4 default route of the lowest metric says which (MV-2)" {
	ip -n "$host" link add lan1 type veth peer name peer1
	ip -n "$host" link set lan1 up
	ip -n "$host" link set lo up
	ip -n "$host" route add default dev lo metric 5 table 77
	ip -n "$host" -6 route add default dev lan0 metric 1
	ip -n "$host" route add default dev lan0 metric 200
	ip -n "$host" route add 10.7.0.0/16 dev lan0 metric 1
	ip -n "$host" route add default dev lan1 metric 100
	for metric in 100 50; do
		run -0 cni ADD '{"master":null}'
		run -0 master_of_eth0
		case $metric in
		100) [ "$output" = lan1 ] ;;
		50) [ "$output" = lan0 ] ;;
		esac
		run -0 cni DEL '{"master":null}'
		[ "$metric" = 50 ] || ip -n "$host" route add default dev lan0 metric 50
	done
}
@test "ADD: without master and IPv4 default route, IPv6's says which; an empty master is none" {
	ip -n "$host" link add lan1 type veth peer name peer1
	ip -n "$host" link set lan1 up
	ip -n "$host" -6 route add default dev lan1 metric 300
	for change in '{"master":null}' '{"master":""}'; do
		run -0 cni ADD "$change"
		run -0 master_of_eth0
		[ "$output" = lan1 ]
		run -0 cni DEL "$change"
	done
}
@test "ADD: without master and default route the error says what to do, and nothing is made (MV-3)" {
	run -1 with_calls cni ADD '{"master":null,"ipam":{"type":"answering"}}'
	error_is 7 master "default route"
	run -1 cni ADD '{"master":"nosuch0"}'
	error_is 7 nosuch0
	run -1 cni ADD '{"master":"lo"}'
	error_is 7 lo loopback
	no_calls
	nothing_made
}

@test "ADD: the master may be a veth, a bridge, a tap, a vxlan or another macvlan (MV-44, MV-46)" {
	ip -n "$host" -batch - <<-END
		address add 10.98.0.1/24 dev lan0
		link add bridge0 type bridge
		tuntap add dev tun0 mode tap
		link add vxlan0 type vxlan id 7 remote 10.98.0.2 dstport 4789
		link add link lan0 name macvlan0 type macvlan mode bridge
	END
	for master in lan0 bridge0 tun0 vxlan0 macvlan0; do
		ip -n "$host" link set "$master" up
		for kind in macvtap macvlan; do
			change="{\"link\":\"$kind\",\"master\":\"$master\"}"
			run -0 cni ADD "$change"
			run -0 link "$pod" eth0 .linkinfo.info_kind
			[ "$output" = "$kind" ]
			run -0 cni CHECK "$change"
			run -0 cni DEL "$change"
		done
	done
	ip -n "$host" link del macvlan0
}
@test "ADD: a master that is down serves; the endpoint has a carrier when it comes up (MV-44)" {
	ip -n "$host" link set lan0 down
	run -0 cni ADD
	run -0 link "$pod" eth0 '.flags | index("UP") != null, index("LOWER_UP") != null'
	[ "$output" = $'true\nfalse' ]
	ip -n "$host" link set lan0 up
	timeout 2 bash -c "until ip -n $pod link show eth0 | grep -q LOWER_UP; do :; done"
}
@test "ADD: a port of a bridge is refused with a hint at the bridge" {
	ip -n "$host" link add bridge0 type bridge
	ip -n "$host" link set lan0 master bridge0
	run -1 cni ADD
	error_is 11 lan0 bridge
	nothing_made
}

@test "ADD: a second one without a DEL in between is refused, and the first stays whole (ADD-8)" {
	for change in '{}' '{"link":"macvlan"}' '{"ipam":{"type":"answering","answer":{"ips":[{"address":"10.99.0.7/24"}]}}}'; do
		run -0 with_calls cni ADD "$change"
		before=$(ip -n "$pod" -d address show eth0 | grep -v valid_lft)
		record=$(cat "$(record)")
		run -1 with_calls cni_raw ADD "$(config "$change")"
		error_is 999 eth0
		no_calls
		[ "$(ip -n "$pod" -d address show eth0 | grep -v valid_lft)" = "$before" ]
		[ "$(cat "$(record)")" = "$record" ]
		run -0 with_calls cni CHECK "$change"
		run -0 with_calls cni DEL "$change"
	done
}
@test "ADD: a name that exists in the container is refused, the link left alone, no IPAM asked (ADD-1, MV-23)" {
	for kind in bridge "macvlan link lan0" dummy; do
		case $kind in
		bridge) ip -n "$pod" link add name eth0 mtu 1400 type bridge ;;
		macvlan*) ip -n "$host" link add link lan0 name eth0 netns "$pod" type macvlan mode bridge ;;
		dummy) ip -n "$pod" tuntap add dev eth0 mode tap ;;
		esac
		before=$(ip -n "$pod" -d link show eth0)
		for change in '{}' '{"link":"macvlan"}'; do
			change=$(jq -c '.ipam = {type: "answering", answer: {ips: [{address: "10.99.0.7/24"}]}}' <<<"$change")
			run -1 with_calls cni_raw ADD "$(config "$change")"
			error_is 999 eth0 exists
			no_calls
			[ "$(ip -n "$pod" -d link show eth0)" = "$before" ]
			[ ! -e "$(record)" ]
		done
		ip -n "$pod" link del eth0
	done
}

@test "result: without IPAM one interface, the same in every version that can say so (RES-1, RES-2, RES-20 to RES-33)" {
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
@test "result: without IPAM 0.1.0 and 0.2.0 have no shape, refused before anything is made (RES-11, E14)" {
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
@test "result: with host-local, ip4 and ip6 at 0.1.0 and 0.2.0 (RES-10)" {
	for version in 0.1.0 0.2.0; do
		# One address of each family is all that these versions let host-local give.
		run -0 cni ADD "$(two_families $version)"
		json_is . "{\"cniVersion\":\"$version\",\"ip4\":{\"ip\":\"10.99.0.7/24\",\"gateway\":\"10.99.0.254\",\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.99.0.254\"},{\"dst\":\"10.7.0.0/16\",\"gw\":\"10.99.0.253\"}]},\"ip6\":{\"ip\":\"fd99::7/64\",\"gateway\":\"fd99::fe\",\"routes\":[{\"dst\":\"::/0\",\"gw\":\"fd99::fe\"}]},\"dns\":{}}"
		run -0 cni DEL "$(two_families $version)"
		rm -rf "${leases:?}/net"
	done
}
@test "result: with host-local, interfaces, ips and routes from 0.3.0 on (RES-3, RES-4, RES-20 to RES-34)" {
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
@test "result: with static, in every version (RES-1)" {
	for version in ${all_versions% *}; do
		change="{\"cniVersion\":\"$version\",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.99.0.7/24\"}]}}"
		run -0 cni ADD "$change"
		json_is '[.cniVersion, (.ip4.ip // .ips[0].address)]' "[\"$version\",\"10.99.0.7/24\"]"
		run -0 cni DEL "$change"
	done
}
@test "result: an IPAM plugin's own interfaces and indices are not passed on (RES-3)" {
	answer='{"interfaces":[{"name":"x"},{"name":"y"}],"ips":[{"address":"10.99.0.7/24","interface":1}]}'
	run -0 cni ADD "{\"ipam\":{\"type\":\"answering\",\"answer\":$answer}}" "$delegates"
	json_is '[.interfaces[].name]' '["eth0"]'
	json_is '.ips[0].interface' 0
}
@test "result: mtu is the link's, the master's where none is asked for (RES-33)" {
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
@test "result: a default route without a gateway says the one that was used (NST-2)" {
	answer='{"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}'
	run -0 cni ADD "{\"ipam\":{\"type\":\"answering\",\"answer\":$answer}}" "$delegates"
	json_is '.routes' '[{"dst":"0.0.0.0/0","gw":"10.99.0.254"}]'
	run -0 ip -n "$pod" -j route show default
	json_is '.[0].gateway' 10.99.0.254
}

earlier='{"cniVersion":"1.1.0","interfaces":[{"name":"br9","mac":"02:00:00:00:09:00"},{"name":"eth0","mac":"02:00:00:00:09:01","sandbox":"SANDBOX","mtu":1400}],
	"ips":[{"interface":1,"address":"10.9.0.2/24","gateway":"10.9.0.1"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.9.0.1","priority":7}],
	"dns":{"nameservers":["10.9.0.1"],"search":["nine.example"]}}'
@test "chain: what earlier plugins made is kept, ours is appended, with its own index (ADD-3, E15)" {
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
@test "chain: dns of the configuration, else of IPAM, stands in for an earlier plugin's (ADD-3)" {
	previous=$(jq -c . <<<"${earlier/SANDBOX//run/netns/$pod}")
	answer='{"ips":[{"address":"10.99.0.7/24"}],"dns":{"nameservers":["10.99.0.254"]}}'
	run -0 cni ADD "{\"prevResult\":$previous,\"ipam\":{\"type\":\"answering\",\"answer\":$answer}}" CNI_IFNAME=net1 "$delegates"
	json_is .dns '{"nameservers":["10.99.0.254"]}'
	run -0 cni DEL "{\"ipam\":{\"type\":\"answering\"}}" CNI_IFNAME=net1 "$delegates"
	run -0 cni ADD "{\"prevResult\":$previous,\"dns\":{\"domain\":\"own.example\"},\"ipam\":{\"type\":\"answering\",\"answer\":$answer}}" CNI_IFNAME=net1 "$delegates"
	json_is .dns '{"domain":"own.example"}'
}
@test "chain: a prevResult with addresses gives 0.2.0 its shape, even without IPAM (RES-10)" {
	run -0 cni ADD '{"cniVersion":"0.2.0","prevResult":{"cniVersion":"0.2.0","ip4":{"ip":"10.9.0.2/24"}}}'
	json_is . '{"cniVersion":"0.2.0","ip4":{"ip":"10.9.0.2/24"},"dns":{}}'
}
@test "chain: the previous plugin's container interface may be the master (linkInContainer)" {
	ip -n "$pod" link add name first0 type veth peer name first1
	ip -n "$pod" link set first0 up
	ip -n "$pod" link set first1 up
	previous="{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"lan0\"},{\"name\":\"first0\",\"sandbox\":\"/run/netns/$pod\"},{\"name\":\"x\",\"sandbox\":\"/elsewhere\"}]}"
	run -0 cni ADD "{\"master\":null,\"linkInContainer\":true,\"prevResult\":$previous}" CNI_IFNAME=net1
	run -0 link "$pod" net1 .link
	[ "$output" = first0 ]
}
@test "chain: a prevResult that is none is an error, and nothing is made" {
	for bad in 5 '"x"' '[]' '{"ips":5}' '{"ips":[{"address":"x"}]}' '{"cniVersion":"7.0.0"}' '{"interfaces":[{"name":5}]}'; do
		run -1 cni_raw ADD "$(config "{\"prevResult\":$bad}")"
		error_is 6 prevResult
		nothing_made
	done
}
