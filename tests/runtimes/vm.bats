#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real guests: QEMU in unprivileged podman containers, on taps the hook gave them, on the LAN.
# Two VMs serve all tests of this file, each with an interface a mode:
#   eth0 bridge (mtu 9000, four queues), eth1 private, eth2 vepa, eth3 passthru
# bats file_tags=runtime
load ../lib/lib
load ../lib/lab
load ../lib/podman
load ../lib/vm
load ../lib/frames

# Another port of the switch, as a master on the host: port_add N
port_add() {
	ip link add "port$1" mtu 9000 netns "$switch" type veth peer name "lan$1" mtu 9000 netns "$host"
	ip -n "$switch" link set "port$1" master br0 up
	ip -n "$host" link set "lan$1" up
}
# A guest's addresses in the subnets of a number, from one on: addresses SUBNET [FIRST]
addresses() {
	jq -cn --arg n "$1" --arg first "${2:-1}" '{ipam: {type: "host-local", ranges: [
		[{subnet: "10.99.\($n).0/24", rangeStart: "10.99.\($n).\($first)", gateway: "10.99.\($n).254"}],
		[{subnet: "fd99:\($n)::/64", rangeStart: "fd99:\($n)::\($first)", gateway: "fd99:\($n)::fe"}]]},
		addressOwner: "guest", owner: 1234}'
}
modes() {
	network lan-bridge "$(addresses 0 | jq -c '. + {queues: 4, ipam: (.ipam + {routes: [{dst: "0.0.0.0/0"}, {dst: "::/0"}]})}')"
	network lan-private "$(addresses 1 | jq -c '. + {master: "lan1", mode: "private"}')"
	network lan-vepa "$(addresses 2 | jq -c '. + {master: "lan2", mode: "vepa"}')"
	network lan-passthru-a "$(addresses 3 | jq -c '. + {master: "lan3", mode: "passthru"}')"
	network lan-passthru-b "$(addresses 3 2 | jq -c '. + {master: "lan4", mode: "passthru"}')"
}

with_modes() { # NAME a|b
	vm_start "$1" "eth0 eth1 eth2 eth3" --network lan-bridge:interface_name=eth0 --network lan-private:interface_name=eth1 \
		--network lan-vepa:interface_name=eth2 --network "lan-passthru-$2:interface_name=eth3"
}

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR BATS_TEST_NUMBER=0
	export BATS_NO_PARALLELIZE_WITHIN_FILE=true
	guest_make
	lan_setup
	for n in 1 2 3 4; do port_add $n; done
	for link in port0 br0; do ip -n "$switch" link set "$link" mtu 9000; done
	ip -n "$host" link set lan0 mtu 9000
	podman_setup
	modes
	declare -p host switch pod other namespaces container leases cache background wrapper lab lab_pid rootfs PODTAP_STATE_DIR \
		PODTAP_CDI_DIR | sed 's/^declare -[-aAx]* //' >"$BATS_FILE_TMPDIR/variables"
	cpus=4 with_modes vm1 a
	cpus=1 with_modes vm2 b
	vm_ready vm1
	vm_ready vm2
}
teardown_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	# shellcheck disable=SC1091 # written above
	source "$BATS_FILE_TMPDIR/variables"
	podman_teardown
	lan_teardown
}
setup() {
	# shellcheck disable=SC1091 # written above
	source "$BATS_FILE_TMPDIR/variables"
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
}
teardown() {
	: # the guests belong to the file
}

mac() { # CONTAINER IFNAME
	jq -r .mac "$PODTAP_STATE_DIR/endpoints/$(cat "$BATS_TEST_TMPDIR/vms/$1/id")/$2.json"
}
# The guest reaches an address: reaches NAME ADDRESS [PING-OPTION...]
# An emulated guest on a busy machine may answer one ping too late.
reaches() {
	tries "$1" "ping -c 1 -W 3 ${*:3} $2"
}
tries() { # NAME LINE
	guest "$1" "for i in 1 2 3 4 5; do $2 && break; done"
}
answers() {
	local i
	for i in 1 2 3 4 5; do
		if at "$switch" ping -c 1 -W 3 "$1"; then return 0; fi
	done
	return 1
}
unreached() {
	guest "$1" "ping -c 2 -i 0.3 -W 1 $2"
}

@test "vm: a guest has guest-config's addresses, routes and mtu, on the interface with that MAC" {
	run -0 guest vm1 "ip -o addr show dev vm-eth0"
	[[ $output == *" 10.99.0.1/24 "* ]]
	[[ $output == *" fd99:0::1/64 "* || $output == *" fd99::1/64 "* ]]
	run -0 guest vm1 "ip route show default"
	[[ $output == "default via 10.99.0.254 dev vm-eth0"* ]]
	run -0 guest vm1 "ip -6 route show default"
	[[ $output == *"via fd99::fe dev vm-eth0"* ]]
	for n in 0 1 2 3; do
		run -0 guest vm2 "cat /sys/class/net/vm-eth$n/address /sys/class/net/vm-eth$n/mtu"
		[ "$output" = "$(mac vm2 eth$n)"$'\n'9000 ]
	done
}
@test "vm: a guest pings a LAN peer over IPv4 and IPv6, from an address that is not made of its MAC" {
	run -0 reaches vm1 10.99.0.254
	run -0 reaches vm1 fd99::fe
	ip -n "$switch" neigh flush dev br0
	run -0 answers 10.99.0.1
	run -0 answers fd99::1
}
@test "vm: the peer sees the endpoint's MAC" {
	ip -n "$switch" neigh flush dev br0
	run -0 answers 10.99.0.1
	run -0 ip -n "$switch" -j neigh show to 10.99.0.1
	json_is '.[0].lladdr' "$(mac vm1 eth0)"
}
@test "vm: a guest receives multicast DNS of both families" {
	local group unheard=$BATS_TEST_TMPDIR/unheard
	ip -n "$switch" route add 224.0.0.0/4 dev br0
	for group in 224.0.0.251 ff02::fb; do
		run -0 guest vm1 "timeout 50 hear $group vm-eth0 >/tmp/heard & until grep -q joined /tmp/heard; do :; done"
		touch "$unheard"
		# A guest's device receives a group some time after the guest has joined it.
		at "$switch" bash -c "while [ -e $unheard ]; do
			echo 'to $group' >/dev/udp/$group$([ $group = 224.0.0.251 ] || echo %br0)/5353
			sleep 0.2
		done" 3>&- &
		run -0 guest vm1 "wait; cat /tmp/heard"
		rm "$unheard"
		wait $!
		[ "${lines[1]}" = "to $group" ]
	done
}
@test "vm: guests in two containers reach each other" {
	run -0 reaches vm1 10.99.0.2
	run -0 reaches vm2 10.99.0.1
	run -0 reaches vm1 fd99::2
	run -0 reaches vm2 fd99::1
}
@test "vm: jumbo frames reach the peer and the other guest whole" {
	listen jumbo "$switch" br0 expect 45001f5c 60000
	run -0 reaches vm1 10.99.0.254 -s 8000
	heard jumbo
	run -0 reaches vm1 10.99.0.2 -s 8000
}
@test "vm: a guest has and uses four queues" {
	run -0 guest vm1 "echo /sys/class/net/vm-eth0/queues/rx-* | wc -w"
	[ "$output" = 4 ]
	run -0 guest vm1 "echo /sys/class/net/vm-eth1/queues/rx-* | wc -w"
	[ "$output" = 1 ]
	for cpu in 1 2 4 8; do
		run -0 tries vm1 "taskset $cpu ping -c 1 -W 3 10.99.0.254"
	done
}
@test "mode bridge: guests of one master reach each other through a switch that does not reflect" {
	bridge -n "$switch" link set dev port0 hairpin off
	run -0 reaches vm1 10.99.0.2
}
@test "mode private: guests of one master reach the LAN, never each other, even through a reflecting switch" {
	ip -n "$switch" addr add 10.99.1.254/24 dev br0
	run -0 reaches vm1 10.99.1.254
	run -0 reaches vm2 10.99.1.254
	run -1 unreached vm1 10.99.1.2
	ip -n "$switch" link set port1 type bridge_slave hairpin on
	run -1 unreached vm1 10.99.1.2
}
@test "mode vepa: guests of one master reach each other only through a reflecting switch" {
	run -1 unreached vm1 10.99.2.2
	ip -n "$switch" link set port2 type bridge_slave hairpin on
	run -0 reaches vm1 10.99.2.2
}
@test "mode passthru: a guest has the master's MAC, and reaches a guest on another master" {
	run -0 reaches vm1 10.99.3.2
	[ "$(mac vm1 eth3)" = "$(ip -n "$host" -j link show lan3 | jq -r '.[0].address')" ]
}
