#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ADD: which link it makes, in which netns, under which name and index.
load ../lib/lib
load ../lib/endpoint

all_modes="bridge private vepa passthru source"

@test "ADD: makes a macvtap, unless type or link says macvlan" {
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
@test "ADD: sets every mode of both kinds in the kernel" {
	for kind in macvtap macvlan; do
		for mode in $all_modes; do
			run -0 cni ADD "{\"link\":\"$kind\",\"mode\":\"$mode\"}"
			run -0 link "$pod" eth0 '.linkinfo | .info_kind + " " + .info_data.mode'
			[ "$output" = "$kind $mode" ]
			run -0 cni DEL
		done
	done
}
@test "ADD: sets the link up on its master and leaves the loopback unchanged" {
	ip -n "$pod" link set lo down
	run -0 cni ADD
	run -0 link "$pod" eth0 '[(.flags | contains(["LOWER_UP"])), .link_index]'
	[ "$output" = "[true,$(link "$host" lan0 .ifindex)]" ]
	run -0 link "$pod" lo .operstate
	[ "$output" = DOWN ]
}

@test "ADD: never creates an interface in the host's netns" {
	for change in '{}' '{"link":"macvlan"}' '{"mode":"passthru","mac":"02:00:00:00:00:07"}'; do
		watch_links "$host" hosts
		run -0 cni ADD "$change"
		run -0 cni DEL "$change"
		run -0 links_seen "$host" hosts
		[ -z "$(sed '/ lan0$/d' <<<"$output")" ] || { echo "seen on the host: $output"; return 1; }
	done
}
@test "ADD: creates the link in the container with its final name and index" {
	watch_links "$pod" pods
	run -0 cni ADD '{}' CNI_IFNAME=net7
	index=$(link "$pod" net7 .ifindex)
	run -0 links_seen "$pod" pods
	[ "$output" = "$index net7" ]
}
@test "ADD: the watch on the host's netns detects a link that appears there" {
	watch_links "$host" hosts
	ip -n "$host" link add link lan0 name tmp0 netns "$host" type macvlan
	ip -n "$host" link del tmp0
	run -0 links_seen "$host" hosts
	[[ $output == *tmp0* ]]
}
@test "ADD: accepts a container interface name that exists on the host" {
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

@test "ADD: takes a different index for every endpoint, from a range that the kernel never reaches" {
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
@test "ADD: leaves alone a foreign link in the container that has the index already" {
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
@test "ADD: leaves alone a foreign link on the host that has the index already" {
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
@test "ADD: does not reuse the index of another endpoint, with and without a record" {
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
@test "ADD: without any state files still gives each endpoint its own tap, and DEL works" {
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

endpoint_shown() {
	ip -n "$pod" -d link show eth0 | sed 's/ state [A-Z]* / /' # which follows the carrier when the kernel likes
	ip -n "$pod" -o address show eth0 scope global # the link's own comes when the kernel likes
}
@test "ADD: refuses a second call without a DEL and leaves the first endpoint intact" {
	for change in '{}' '{"link":"macvlan"}' '{"ipam":{"type":"answering","answer":{"ips":[{"address":"10.99.0.7/24"}]}}}'; do
		run -0 with_calls cni ADD "$change"
		before=$(endpoint_shown)
		record=$(cat "$(record)")
		run -1 with_calls cni_raw ADD "$(config "$change")"
		error_is 999 eth0
		no_calls
		[ "$(endpoint_shown)" = "$before" ]
		[ "$(cat "$(record)")" = "$record" ]
		run -0 with_calls cni CHECK "$change"
		run -0 with_calls cni DEL "$change"
	done
}
@test "ADD: refuses an existing name, leaves the link alone and does not call IPAM" {
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
