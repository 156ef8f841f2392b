#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CHECK: reports what differs from ADD's result, and tolerates what others may change.
load ../lib/lib
load ../lib/delegate
load ../lib/endpoint

setup() {
	lan_setup
	delegates_setup
	numbered='{"ipam":{"type":"numbering"}}'
	numbering '"ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"},{"dst":"10.1.0.0/16","gw":"10.99.0.253"}]'
}

# Makes the delegate "numbering" answer these members of a result from now on.
numbering() {
	delegate numbering <<<"[ \$CNI_COMMAND != ADD ] || answer '$1'"
}
add() {
	run -0 cni ADD "${1:-$numbered}" "$delegates" "${@:2}"
}
# Asserts that CHECK succeeds silently.
is_fine() {
	run -0 cni CHECK "${1:-$numbered}" "$delegates" "${@:2}"
	[ -z "$output" ]
}
# Asserts that CHECK's error has these texts: finds TEXT... with $change for another configuration.
finds() {
	run -1 cni CHECK "${change:-$numbered}" "$delegates"
	error_is "${code:-999}" "$@"
}
# Changes the stored result of ADD, as a later plugin or Multus does: edit FILTER
edit() {
	local file text
	file=$(attachment).result
	text=$(jq -c "$1" "$file") && printf %s "$text" >"$file"
}
in_pod() {
	ip -n "$pod" "$@"
}

@test "CHECK: succeeds silently right after ADD, at each version that has CHECK" {
	for version in 0.4.0 1.0.0 1.1.0; do
		for type in podtap macvlan; do
			both="{\"cniVersion\":\"$version\",\"type\":\"$type\",$(host_local '"routes":[{"dst":"0.0.0.0/0"}]')}"
			add "$both"
			is_fine "$both"
			run -0 cni DEL "$both" "$delegates"
		done
	done
	add '{}'
	is_fine '{}'
}
@test "CHECK: accepts an IPv6 address that is still tentative" {
	dad_transmits 600
	numbering '"ips":[{"address":"fd99::7/64"}]'
	add
	is_fine
	dad_transmits 1
	numbering '"ips":[{"address":"fd99::8/64","gateway":"fd99::fe"}],"routes":[{"dst":"::/0"}]'
	run -0 cni DEL "$numbered" "$delegates"
	add
	is_fine
}
@test "CHECK: single-address prefixes, link routes and routes in other tables are found" {
	numbering '"ips":[{"address":"10.99.0.7/32"},{"address":"fd99::7/128"}],"routes":[{"dst":"10.99.0.254/32","scope":253},{"dst":"10.2.0.0/16","table":100,"scope":253},{"dst":"10.3.3.3/16","priority":7},{"dst":"fd77::/64"}]'
	add
	is_fine
}
@test "CHECK: works for every mode, in the container and for a master that is a macvlan" {
	for mode in bridge private vepa passthru source; do
		add "{\"mode\":\"$mode\"}"
		is_fine "{\"mode\":\"$mode\"}"
		run -0 cni DEL
	done
	ip -n "$host" link add link lan0 name upper0 type macvlan mode bridge
	add '{"master":"upper0"}'
	is_fine '{"master":"upper0"}'
	run -0 cni DEL
	ip -n "$host" link del upper0
	in_pod link add inner0 type bridge
	add '{"master":"inner0","linkInContainer":true}'
	is_fine '{"master":"inner0","linkInContainer":true}'
}
@test "CHECK: needs neither the record nor a netns other than its own" {
	add
	mv "$PODTAP_STATE_DIR" "$BATS_TEST_TMPDIR/away"
	is_fine
	mv "$BATS_TEST_TMPDIR/away" "$PODTAP_STATE_DIR"
	run -0 cni DEL "$numbered" "$delegates"
	own=(CNI_NETNS="/run/netns/$host")
	add "$numbered" "${own[@]}" CNI_NETNS_OVERRIDE=1
	is_fine "$numbered" "${own[@]}"
	run -0 cni DEL "$numbered" "$delegates" "${own[@]}" CNI_NETNS_OVERRIDE=1
}
@test "CHECK: changes nothing" {
	state() {
		for name in "$host" "$pod"; do
			ip -n "$name" -d -j link show | jq -c '.[] | [.ifname, .address, .mtu, .promiscuity, .linkinfo]'
			ip -n "$name" -4 -o address show
			ip -n "$name" -4 route show table all
		done
		find "$PODTAP_STATE_DIR" -type f -exec cat {} +
	}
	add
	state >"$BATS_TEST_TMPDIR/before"
	is_fine
	change='{"mode":"vepa"}'
	finds mode
	state >"$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "CHECK: reports a link that is gone, down or of another kind" {
	add
	in_pod link set eth0 down
	finds eth0 down
	in_pod link set eth0 name other0
	finds eth0 "no such interface"
	in_pod link add eth0 type bridge
	finds eth0 bridge macvtap
	in_pod link del eth0
	in_pod link set other0 name eth0 up
	change='{"type":"macvlan","ipam":{}}'
	finds macvtap macvlan
	in_pod link del eth0
	unset change
	finds "no such interface"
}
@test "CHECK: reports another mode or MAC address" {
	add
	in_pod link set eth0 type macvtap mode private
	finds mode private bridge
	in_pod link set eth0 type macvtap mode bridge
	is_fine
	in_pod link set eth0 address 02:00:00:00:00:77
	finds MAC 02:00:00:00:00:77
}
@test "CHECK: reports another master, also one of the same name, and one that is gone" {
	add
	ip -n "$host" link add lan1 type bridge
	change='{"master":"lan1"}'
	finds master lan1
	unset change
	ip -n "$host" link set lan0 down # before 6.2 no interface that is up is renamed
	ip -n "$host" link set lan0 name away0
	code=7 finds lan0 "no such interface"
	ip -n "$host" link set lan1 name lan0
	finds master lan0
	ip -n "$host" link del lan0
	ip -n "$host" link set away0 name lan0 up
	is_fine
	ip -n "$host" link del lan0
	code=7 finds lan0
}
@test "CHECK: reports a link whose master has that index in another netns" {
	in_pod link add inner0 index "$(link "$host" lan0 .ifindex)" type bridge
	in_pod link add link inner0 name eth0 index "$(free_index)" type macvtap mode bridge
	in_pod link set eth0 up
	run -1 cni_raw CHECK "$(config "{\"prevResult\":{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"/run/netns/$pod\"}]}}")"
	error_is 999 master lan0
	in_pod link del eth0
}
@test "CHECK: reports a tap node that is missing or belongs to another device" {
	devices_private
	add
	is_fine
	node=$(tap)
	mv "$node" "$node.away"
	finds "$node" missing
	mknod "$node" c 1 3
	finds "$node" "another device"
	rm "$node"
	echo text >"$node"
	finds "$node" "another device"
	rm "$node"
	ln -s "$node.away" "$node"
	finds "$node" "another device"
	rm "$node"
	mv "$node.away" "$node"
	is_fine
}
@test "CHECK: reports a missing address, and one with another prefix" {
	numbering '"ips":[{"address":"10.99.0.7/24"},{"address":"fd99::7/64"}]'
	add
	in_pod address del fd99::7/64 dev eth0
	finds fd99::7/64
	in_pod address add fd99::7/64 dev eth0 nodad
	is_fine
	in_pod address del 10.99.0.7/24 dev eth0
	in_pod address add 10.99.0.7/25 dev eth0
	finds 10.99.0.7/24
	in_pod link add peer0 type bridge
	in_pod address add 10.99.0.7/24 dev peer0
	finds 10.99.0.7/24
}
@test "CHECK: reports a missing route, one by another gateway and one on another link" {
	add
	in_pod route del 10.1.0.0/16
	finds 10.1.0.0/16
	in_pod route add 10.1.0.0/16 via 10.99.0.253
	is_fine
	in_pod route replace default via 10.99.0.1
	finds 0.0.0.0/0
	in_pod route del default
	in_pod link add peer0 up type bridge
	in_pod address add 10.98.0.1/24 dev peer0
	in_pod route add default via 10.99.0.254 dev peer0 onlink
	finds 0.0.0.0/0
}

@test "CHECK: calls the delegate and forwards its error" {
	delegate strict <<-'SCRIPT'
		case $CNI_COMMAND in
		ADD) answer '"ips":[{"address":"10.99.0.7/24"}]' ;;
		CHECK) [ ! -e "$0.upset" ] || refuse 100 "not implemented" ;;
		esac
	SCRIPT
	add '{"ipam":{"type":"strict"}}'
	is_fine '{"ipam":{"type":"strict"}}'
	[ "$(called CHECK "$container" eth0 "/run/netns/$pod")" = 1 ]
	: >"$BATS_TEST_TMPDIR/delegates/strict.upset"
	change='{"ipam":{"type":"strict"}}' code=100 finds "not implemented"
	change='{"ipam":{"type":"absent"}}' code=7 finds absent
}
@test "CHECK: reports that host-local's reservation is gone" {
	both="{$(host_local)}"
	add "$both"
	is_fine "$both"
	mv "$leases/net/10.99.0.2" "$BATS_TEST_TMPDIR/away"
	run -1 cni CHECK "$both" "$delegates"
	error_is "$(jq .code <<<"$output")"
	mv "$BATS_TEST_TMPDIR/away" "$leases/net/10.99.0.2"
	is_fine "$both"
}

@test "CHECK: tolerates what tuning changes: MAC address in link and result, mtu, flags, queue length" {
	add
	in_pod link set eth0 address 02:00:00:00:00:77 mtu 1400 promisc on allmulticast off txqueuelen 77
	edit '.interfaces[0].mac = "02:00:00:00:00:77"'
	is_fine
	edit '.interfaces[0].mac = "02-00-00-00-00-77"'
	is_fine
	edit 'del(.interfaces[0].mac)'
	is_fine
}
# bats test_tags=plain
@test "CHECK: lists the addresses and routes of a family once, however many there are" {
	numbering "\"ips\":[{\"address\":\"10.99.0.7/24\"},{\"address\":\"10.99.0.8/24\"},{\"address\":\"10.99.0.9/24\"},{\"address\":\"fd99::7/64\"}],
		\"routes\":$(jq -cn '[range(1; 50) | {dst: "10.\(.).0.0/16", gw: "10.99.0.254"}, {dst: "fd00:\(.)::/64", gw: "fd99::fe"}]')"
	add
	wrapper=(strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e "trace=sendto,sendmsg")
	is_fine
	# strace cannot decode what a socket of another namespace sends: RTM_GETADDR is 0x16, RTM_GETROUTE 0x1a.
	[ "$(grep -cE 'nlmsg_type=(RTM_GETADDR|0x16 )' "$BATS_TEST_TMPDIR/trace")" = 2 ]
	[ "$(grep -cE 'nlmsg_type=(RTM_GETROUTE|0x1a )' "$BATS_TEST_TMPDIR/trace")" = 2 ]
	wrapper=()
	in_pod address del 10.99.0.8/24 dev eth0
	finds 10.99.0.8/24
	in_pod address add 10.99.0.8/24 dev eth0
	in_pod route del 10.7.0.0/16
	finds 10.7.0.0/16
	in_pod route add 10.7.0.0/16 via 10.99.0.254
	in_pod -6 route del fd00:9::/64
	finds fd00:9::/64
}
@test "CHECK: tolerates routes that sbr moved to another table, and additional objects" {
	add
	in_pod route del default
	in_pod route del 10.1.0.0/16
	in_pod route add default via 10.99.0.254 dev eth0 table 100
	in_pod route add 10.1.0.0/16 via 10.99.0.253 dev eth0 table 100
	in_pod address add 10.99.0.8/24 dev eth0
	in_pod route add 10.5.0.0/16 dev eth0
	is_fine
}
@test "CHECK: compares with the result as Multus edited it" {
	add
	in_pod route del default
	edit '.routes |= map(select(.dst != "0.0.0.0/0"))'
	is_fine
	in_pod route add default via 10.99.0.1
	edit '.routes += [{"dst":"0.0.0.0/0","gw":"10.99.0.1"}]'
	is_fine
	edit 'del(.routes)'
	in_pod route del 10.1.0.0/16
	is_fine
}
@test "CHECK: does not look for a guest's addresses on the link" {
	guest='{"addressOwner":"guest","ipam":{"type":"numbering"}}'
	add "$guest"
	json_is '.ips[0].address' 10.99.0.7/24
	is_fine "$guest"
}
@test "CHECK: checks only its own interface's addresses and routes of a chain's result" {
	in_pod link add first0 up type bridge
	in_pod address add 10.50.0.2/24 dev first0
	previous="{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"host0\"},{\"name\":\"first0\",\"sandbox\":\"/run/netns/$pod\"}],
		\"ips\":[{\"address\":\"10.50.0.2/24\",\"interface\":1}],\"routes\":[{\"dst\":\"10.60.0.0/16\",\"gw\":\"10.50.0.1\"}]}"
	run -0 cni ADD "{\"prevResult\":$previous,\"ipam\":{\"type\":\"numbering\"}}" "$delegates"
	json_is '.interfaces | length' 3
	json_is '.ips[1].interface' 2
	is_fine
	in_pod route del 10.1.0.0/16
	finds 10.1.0.0/16
	in_pod route add 10.1.0.0/16 via 10.99.0.253
	in_pod address del 10.99.0.7/24 dev eth0
	finds 10.99.0.7/24
}

@test "CHECK: reports a missing or invalid prevResult, and one without this interface" {
	add
	run -1 cni_raw CHECK "$(config "$numbered")" "$delegates"
	error_is 7 "required prevResult missing"
	before=$(cat "$(attachment).result")
	for filter in '.interfaces = []' 'del(.interfaces)' '.interfaces[0].name = "eth1"' \
		'.interfaces[0].sandbox = "/run/netns/other"' 'del(.interfaces[0].sandbox)'; do
		edit "$filter"
		code=7 finds prevResult eth0
		printf %s "$before" >"$(attachment).result"
	done
	for previous in '"text"' '[]' '{"cniVersion":"9.9.9"}' '{"interfaces":"eth0"}' '{"ips":[{"address":"x"}]}'; do
		run -1 cni CHECK "{\"prevResult\":$previous}"
		error_is "$(jq .code <<<"$output")" prevResult
	done
	is_fine
}
@test "CHECK: a prevResult without a version has the configuration's; 1.0.0 and 1.1.0 are compatible" {
	add
	edit 'del(.cniVersion)'
	is_fine
	edit '.cniVersion = ""'
	is_fine
	edit '.cniVersion = "1.0.0"'
	is_fine
	edit '.cniVersion = "1.1.0"'
	is_fine '{"cniVersion":"1.0.0"}'
}
@test "CHECK: fails when the namespace is gone" {
	add
	before=$(cat "$(attachment).result")
	ip netns del "$pod"
	code=4 finds CNI_NETNS "$pod"
}

@test "CHECK: ignores a host address or a lower mtu on a passthru master" {
	run -0 cni ADD '{"mode":"passthru","mtu":1500}'
	ip -n "$host" address add 192.0.2.1/24 dev lan0
	ip -n "$host" link set lan0 mtu 1400
	run -0 cni CHECK '{"mode":"passthru","mtu":1500}'
	[ -z "$output" ]
}
