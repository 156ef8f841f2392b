# SPDX-License-Identifier: Apache-2.0
# podtap-netavark as podman and netavark call it.

# shellcheck disable=SC2154 # $host, $pod and the like are lib.bash's

# A network as `podman network create` passes it: the defaults, changed by a JSON object.
network() {
	jq -cn --argjson change "${1:-"{}"}" '{name: "lan", driver: "podtap", dns_enabled: false, internal: false,
		id: "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9", ipv6_enabled: false,
		network_interface: "lan0", options: {}, ipam_options: {driver: "host-local"},
		subnets: [{subnet: "10.99.0.0/24", gateway: "10.99.0.254"}]} + $change | with_entries(select(.value != null))'
}

# The same network without addresses.
without_ipam() {
	network "$(jq -cn --argjson change "${1:-"{}"}" '{subnets: null, ipam_options: {driver: "none"}} + $change')"
}

# The input of setup: a network, and what the container asks for.
#   exec_input NETWORK [CHANGES OF network_options]
exec_input() {
	jq -cn --argjson network "$1" --argjson change "${2:-"{}"}" --arg id "$container" \
		'{container_id: $id, container_name: "vm", port_mappings: null, network: $network, network_options:
		({aliases: null, interface_name: "eth0", static_ips: ["10.99.0.5"], static_mac: null, options: null} + $change)}'
}

# Runs podtap-netavark on the host with these bytes on stdin; its stderr goes to $BATS_TEST_TMPDIR/stderr.
#   netavark_raw TEXT ARGUMENT...
netavark_raw() {
	local text=$1
	shift
	printf %s "$text" | at "$host" "${wrapper[@]}" "$BUILD/podtap-netavark" "$@" 2>"$BATS_TEST_TMPDIR/stderr"
}
create() {
	netavark_raw "$(network "${1:-}")" create
}
# setup of a network in $pod: attach NETWORK [CHANGES OF network_options]. Keeps the input for detach.
attach() {
	exec_input "$@" >"$cache/netavark"
	netavark_raw "$(cat "$cache/netavark")" setup "/run/netns/$pod"
}
# teardown with the input of the last attach; in another namespace: detach PATH
detach() {
	[ ! -e "$cache/netavark" ] || netavark_raw "$(cat "$cache/netavark")" teardown "${1:-"/run/netns/$pod"}"
}

# $output is exactly one error of netavark's form, and has these texts.
says() {
	local text
	jq -es 'length == 1 and (.[0] | keys == ["error"] and (.error | type) == "string")' <<<"$output" >/dev/null ||
		{ echo "no error: $output"; return 1; }
	for text; do
		[[ $(jq -r .error <<<"$output") == *"$text"* ]] || { echo "does not say \"$text\": $output"; return 1; }
	done
}
