#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# From the reference macvlan plugin to podtap and back, under podman's containers: docs/migrating.md.
# bats file_tags=runtime
load ../lib/lib
load ../lib/lab
load ../lib/podman

setup() {
	lan_setup
	podman_setup
}
teardown() {
	podman_teardown
	lan_teardown
}
address() {
	pm inspect -f '{{.NetworkSettings.Networks.lan.IPAddress}}' "$1"
}

@test "podman: containers live on while podtap takes the name macvlan and gives it back, and end by either plugin" {
	network lan "$(jq -cn '{type: "macvlan", ipam: {type: "host-local", routes: [{dst: "0.0.0.0/0"}],
		ranges: [[{subnet: "10.99.0.0/24", rangeStart: "10.99.0.10", rangeEnd: "10.99.0.99", gateway: "10.99.0.254"}]]}}')"
	run -0 box old --network lan -- sh -c "$ends"
	run -0 box kept --network lan -- sh -c "$ends"
	run -0 inside "$BUILD/podtapctl" install --aliases --to /opt/cni/bin
	[[ $output == *"kept /opt/cni/bin/macvlan (a link to /usr/lib/cni/macvlan) as macvlan.before-podtap"* ]]
	run -0 box new --network lan -- sh -c "$ends"
	run -0 inside "$BUILD/podtapctl" list --json
	json_is 'map([.kind, .alive, .ips[0].address])' "[[\"macvlan\",true,\"$(address new)/24\"]]"
	run -0 pm exec kept ping -c 1 -W 10 "$(address new)"
	freed=$(address old)
	run -0 pm rm -f -t 0 old
	run -0 inside find /var/lib/cni/networks/lan -name "$freed"
	[ -z "$output" ]

	run -0 inside "$BUILD/podtapctl" uninstall --aliases --from /opt/cni/bin
	[ "$(inside readlink /opt/cni/bin/macvlan)" = /usr/lib/cni/macvlan ]
	run -0 pm exec kept ping -c 1 -W 10 "$(address new)"
	run -0 pm rm -f -t 0 new kept
	run -0 inside find /var/lib/cni/networks/lan -name '10.*'
	[ -z "$output" ]
	run -0 inside "$BUILD/podtapctl" prune
	[[ $output == "eth0 of "*": deleted" ]]
}
