#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# udev makes and removes the links by device number for devices on the host.
load ../../lib/lib

setup() {
	lan_setup
	# udev hears of the first namespace's devices only: that is the host here.
	ip -n "$host" link set lan0 netns 1
	host=first
	ip netns attach "$host" 1
	ip link set lan0 up
	lan_carries
}
teardown() {
	local status=0
	lan_teardown || status=1
	ip link del lan0
	ip netns del "$host"
	return $status
}

@test "ADD: udev does not remove the by-number link that ADD makes for a host macvtap" {
	config=(ADD '{"cniVersion":"0.3.1","type":"macvtap","master":null,"deviceID":"dev500"}')
	for _ in 1 2; do
		ip link add link lan0 name mvt1fe868afb8c3 type macvtap mode bridge
		udevadm settle
		udevs=$(find /dev/char -lname "../tap$(ip -j link show mvt1fe868afb8c3 | jq '.[0].ifindex')")
		[ -L "$udevs" ]
		run -0 cni "${config[@]}"
		udevadm settle
		node=$(tap)
		link=$(jq -r '"/dev/char/\(.tap.major):\(.tap.minor)"' "$(record)")
		[ "$link" = "$udevs" ]
		[ "$(readlink "$link")" = "../${node##*/}" ]
		run -0 cni DEL "${config[1]}"
		[ ! -L "$link" ]
	done
}
