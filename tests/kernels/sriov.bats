#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Virtual functions of a network card as masters: frames do not pass a switch on the host.
# The card is an emulated igb, the only one of the machine.
load ../lib/lib
load ../lib/frames

card=/sys/bus/pci/drivers/igb

setup() {
	exec {lock}>/run/lock/podtap-sriov
	flock "$lock"
	lan_setup
	modprobe -a igb igbvf
	functions
}
teardown() {
	lan_teardown
	echo 0 >"$device/sriov_numvfs"
}

# Two virtual functions, vf0 and vf1 on the host, with MAC addresses that the card holds them to.
functions() {
	local n path
	device=$(echo "$card"/0000:*)
	physical=$(ls "$device/net")
	ip link set "$physical" up
	echo 0 >"$device/sriov_drivers_autoprobe"
	echo 2 >"$device/sriov_numvfs"
	for n in 0 1; do
		ip link set "$physical" vf $n mac 02:00:00:00:17:0$n
	done
	for n in 0 1; do
		path=$(readlink -f "$device/virtfn$n")
		echo igbvf >"$path/driver_override"
		echo "${path##*/}" >/sys/bus/pci/drivers_probe
		ip link set "$(ls "$path/net")" name vf$n netns "$host"
		ip -n "$host" link set vf$n addrgenmode none # a master with an address is the host's own
		ip -n "$host" link set vf$n up
	done
}

# The link is up once the physical function says so.
carrier() {
	local n
	for n in {1..300}; do
		[ "$(link "$1" "$2" .operstate)" != UP ] || return 0
		sleep 0.1
	done
	echo "$2 has no carrier"
	return 1
}

@test "SR-IOV: passthru endpoints on two virtual functions have the functions' MACs and exchange frames" {
	run -0 cni ADD '{"master":"vf0","mode":"passthru"}'
	json_is '.interfaces[0].mac' 02:00:00:00:17:00
	run -0 cni ADD '{"master":"vf1","mode":"passthru"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	json_is '.interfaces[0].mac' 02:00:00:00:17:01
	carrier "$pod" eth0
	carrier "$other" eth0

	for way in "0 $container 1 $container-2" "1 $container-2 0 $container"; do
		read -r from sender to receiver <<<"$way"
		listen "to-$to" "$host" "$(tap eth0 "$receiver")" expect "$(text_hex across)" 60000
		run -0 "$tapio" "$(tap eth0 "$sender")" \
			send "$(frame "02:00:00:00:17:0$to" "02:00:00:00:17:0$from" across)"
		run -0 heard "to-$to"
	done
	run -0 cni CHECK '{"master":"vf0","mode":"passthru"}'
}
