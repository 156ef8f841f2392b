#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl add, del, status, version: the plugins of any network, as a runtime calls them.
load ../lib/lib
load ../lib/control
load ../lib/delegate

setup() {
	lan_setup
	delegates_setup
	export CNI_PATH=$BATS_TEST_TMPDIR/delegates:$BUILD:/usr/lib/cni
	list=$BATS_TEST_TMPDIR/net.conflist
}
# Runs it on the test's host.
here() {
	at "$host" "$BUILD/podtapctl" "$@" 2>"$BATS_TEST_TMPDIR/err"
}
# A list of these plugins: listing PLUGIN...
listing() {
	printf '%s\n' "$@" | jq -s '{cniVersion: "1.0.0", name: "net", plugins: .}' >"$list"
}
podtap() { # [CHANGES]
	jq -cn --arg dir "$leases" --argjson more "${1:-"{}"}" '{type: "podtap", master: "lan0",
		ipam: {type: "host-local", dataDir: $dir, ranges: [[{subnet: "10.99.0.0/24"}]]}} + $more'
}
nothing_reserved() {
	[ -z "$(find "$leases" -name '10.99.*')" ]
}

@test "add: runs a list's plugins in order with each other's result, and del in reverse with the last" {
	delegate second <<-'END'
		input=$(cat)
		echo "$CNI_ARGS $CNI_PATH $(jq -c '[.name, .cniVersion, .runtimeConfig, .prevResult.ips[0].address]' <<<"$input")" >>'$calls'
		jq '.prevResult' <<<"$input"
	END
	sed -i "s|'\$calls'|'$calls'|" "$BATS_TEST_TMPDIR/delegates/second"
	listing "$(podtap '{"capabilities":{"mac":true}}')" '{"type":"second","name":"wrong","capabilities":{"bandwidth":true}}'
	run -0 here add "$list" "$pod" net1 --args 'IgnoreUnknown=1;A=b' \
		--runtime-config '{"mac":"02:00:00:00:00:09","bandwidth":{"x":1}}'
	json_is '[.interfaces[0].name, .interfaces[0].mac, .ips[0].address]' '["net1","02:00:00:00:00:09","10.99.0.2/24"]'
	[ "$(link "$pod" net1 .address)" = 02:00:00:00:00:09 ]
	[ "$(sed -n 2p "$calls")" = "IgnoreUnknown=1;A=b $CNI_PATH [\"net\",\"1.0.0\",{\"bandwidth\":{\"x\":1}},\"10.99.0.2/24\"]" ]
	[ "$(stat -c %a "$PODTAP_STATE_DIR"/results/*)" = 600 ]
	run -2 here add "$list" "$pod" net1
	err_has "run podtapctl del first"
	: >"$calls"
	run -0 here del "$list" "$pod" net1
	[ -z "$output" ]
	[ "$(sed -n 1p "$calls")" = "DEL $pod net1 /run/netns/$pod" ]
	[[ $(sed -n 2p "$calls") == *'"10.99.0.2/24"]' ]]
	run -1 link_exists "$pod" net1
	run -0 nothing_reserved
	run -0 here del "$list" "$pod" net1
}
@test "add: a plugin that fails is named with its own error, and all plugins are undone" {
	delegate refusing <<-'END'
		[ $CNI_COMMAND != ADD ] || refuse 117 "not on a Sunday"
	END
	listing "$(podtap)" '{"type":"refusing"}'
	run -2 here add "$list" "$pod"
	[ -z "$output" ]
	err_has "podtapctl: plugin refusing, ADD, code 117: not on a Sunday"
	[ "$(called DEL)" = 1 ]
	run -1 link_exists "$pod" eth0
	run -0 nothing_reserved
	[ ! -e "$PODTAP_STATE_DIR/results" ] || [ -z "$(ls "$PODTAP_STATE_DIR/results")" ]
}
@test "add: works with plugins of others, and a configuration of one plugin" {
	jq -n --arg dir "$leases" '{cniVersion: "0.4.0", name: "br", type: "bridge", bridge: "cni0",
		ipam: {type: "host-local", dataDir: $dir, subnet: "10.98.0.0/24"}}' >"$list"
	run -0 here add "$list" "/run/netns/$pod" eth0
	json_is '.ips[0].address' 10.98.0.2/24
	[[ $(ls "$leases"/br) == *10.98.0.2* ]]
	[[ $(tr -d '\r' <"$leases/br/10.98.0.2" | head -1) =~ ^hand-[0-9a-f]{16}$ ]]
	ip netns del "$pod" # the id follows from the path
	run -0 here del "$list" "/run/netns/$pod" eth0
	[ ! -e "$leases/br/10.98.0.2" ]
}
@test "add: attaches a container with an endpoint to a further network, by the beginning of its id" {
	run -0 cni ADD
	listing "$(podtap)"
	run -0 here add "$list" "${container%??}" net1
	[ -e "$(record net1)" ]
	run -0 here del "$list" "${container%??}" net1
	run -2 here add "$list" nobody net1
	err_has "there is no network namespace of that path"
	run -2 here add "$list" "$pod" "net/1"
	run -2 here add "$list" "$pod" --id a/b
	run -2 here add "$list" "$pod" --runtime-config '[]'
	run -0 here add "$list" "$pod" net2 --id hand-made
	[ -e "$(record net2 hand-made)" ]
	run -0 here del "$list" "$pod" net2 --id hand-made
}
@test "add, status: a file that is no network is refused with the reason" {
	while IFS='|' read -r text message; do
		echo "$text" >"$list"
		run -2 here add "$list" "$pod"
		err_has "$message"
	done <<-'END'
		{|network configuration
		[]|it is not an object
		{"name":"net","plugins":[]}|plugins must be a list with at least one plugin
		{"name":"net","plugins":[{}]}|a plugin has no type
		{"name":"n/t","type":"podtap"}|name is missing, or has other characters
		{"name":"net","type":"nowhere"}|failed to find plugin "nowhere"
		{"name":"net","type":"../podtap"}|invalid plugin type
	END
	run -2 here status "$BATS_TEST_TMPDIR/none"
	err_has "No such file"
}
@test "status: a line for each plugin, also of one that does not know STATUS; exits 1 if one is not ready" {
	listing "$(podtap)" '{"type":"tuning"}'
	run -0 here status "$list"
	[ "${lines[0]}" = "podtap: ready" ]
	[ "${lines[1]}" = "tuning: it does not know STATUS" ]
	listing "$(podtap '{"master":"lan7"}')"
	run -1 here status "$list"
	[ "$output" = "podtap: not ready: master lan7: there is no such interface on the host (code 50)" ]
	for version in 1.1.0 9.0.0; do
		listing "$(podtap)" '{"type":"tuning"}'
		jq --arg version $version '.cniVersion = $version' "$list" >"$list.new"
		run -1 here status "$list.new"
		[ "${lines[1]}" = "tuning: not ready: it does not know cniVersion $version of the configuration" ]
	done
	[ "${lines[0]}" = "podtap: not ready: it does not know cniVersion 9.0.0 of the configuration" ]
}
@test "add, status, version: a plugin that answers with garbage is named" {
	printf '#!/bin/sh\necho garbage\n' >"$BATS_TEST_TMPDIR/garbage"
	chmod +x "$BATS_TEST_TMPDIR/garbage"
	listing '{"type":"garbage"}'
	export CNI_PATH=$BATS_TEST_TMPDIR
	run -2 here add "$list" "$pod"
	err_has "cannot decode the result of plugin garbage: "
	run -2 here version "$list"
	err_has "cannot decode the versions of plugin garbage: "
	run -1 here status "$list"
	[[ $output == "garbage: not ready: cannot decode the versions of plugin garbage: "* ]]
}
@test "version: the path of each plugin, and the versions that it knows" {
	listing "$(podtap)" '{"type":"tuning"}'
	run -0 here version "$list"
	[ "${lines[0]}" = "$BUILD/podtap: 0.1.0 0.2.0 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0" ]
	[[ ${lines[1]} == "/usr/lib/cni/tuning: "*" 1.0.0" ]]
}
