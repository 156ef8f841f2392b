#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman: an unprivileged container has its tap at /dev/tap<ifindex>, and can open no other tap.
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

# Prints, for each tap of a container, its node's name and the interface's name and MAC, by opening it.
identities='for tap in /dev/tap*; do echo "$tap $(/tools/tapio $tap identity)"; done'
# The same from the records of a network.
expected() {
	endpoint "$1" 'map("\(.tap.path) \(.ifname) \(.mac | gsub(":"; ""))")[]'
}

@test "podman run: the hook gives an unprivileged user the tap, with no option except --network" {
	network tap '{"owner":1234,"group":1234}'
	run -0 box vm --network tap --user 1234 --cap-drop all --security-opt no-new-privileges -- sleep 1000
	run -0 pm exec vm sh -c "id -u; $identities; stat -c '%a %u %g' /dev/tap*"
	[ "$output" = 1234$'\n'"$(expected tap)"$'\n'"600 1234 1234" ]
}
@test "podman run: the hook also works with --privileged, and where the host's /dev is not a devtmpfs" {
	inside sh -ec 'mkdir "$1" && cd /dev && cp -a null zero full random urandom tty ptmx fd "$1" && mount --bind "$1" /dev' sh "$lab/dev"
	network tap
	run -0 box vm --network tap --privileged -- sleep 1000
	run -0 pm exec vm /tools/tapio "$(endpoint tap '.[0].tap.path')" identity
}
@test "podman run --device podtap.dev/tap=NAME: CDI gives the tap without the hook" {
	inside rm "$lab/hooks.d/50-podtap.json"
	network tap '{"cdi":true,"owner":1234,"tapMode":"0640"}'
	network named '{"deviceID":"one"}'
	run -0 box vm --network tap --user 1234 --device podtap.dev/tap=vm_eth0 -- sleep 1000
	run -0 pm exec vm sh -c "$identities; stat -c '%a %u %g' /dev/tap*"
	[ "$output" = "$(expected tap)"$'\n'"640 1234 0" ]
	run -0 box - --network named --device podtap.dev/tap=one -- sh -c "$identities"
	[[ $output == /dev/tap*" eth0 "* ]]
}
@test "podman run: a container without the hook and without the device has no tap" {
	inside rm "$lab/hooks.d/50-podtap.json"
	network tap
	run -0 box - --network tap -- sh -c 'echo /dev/tap*'
	[ "$output" = '/dev/tap*' ]
}
@test "podman pod: both containers of a pod have the pod's tap" {
	network tap
	inside sh -c "tar -C $rootfs -c . | CONTAINERS_CONF=$lab/containers.conf CONTAINERS_STORAGE_CONF=$lab/storage.conf \
		podman import -q - localhost/box" >/dev/null
	run -0 pm pod create --name pod --network tap --infra-image localhost/box --infra-command '/bin/sleep 1000'
	run -0 box one --pod pod -- sleep 1000
	run -0 box two --pod pod -- sleep 1000
	for name in one two; do
		run -0 pm exec "$name" sh -c "$identities"
		[ "$output" = "$(expected tap)" ]
	done
}
@test "podman run --network container:NAME: gets the tap of the joined container" {
	network tap
	run -0 box vm --network tap -- sleep 1000
	run -0 box - --network container:vm -- sh -c "$identities"
	[ "$output" = "$(expected tap)" ]
}
@test "podman stop, start, restart: the container keeps its tap" {
	network tap '{"mac":"02:00:00:00:00:10"}'
	run -0 box vm --network tap -- sh -c 'trap exit TERM; while :; do sleep 1; done'
	before=$(endpoint tap '.[0].tap.path')
	run -0 pm stop vm
	[ ! -e "$before" ]
	run -0 pm start vm
	run -0 pm exec vm sh -c "$identities"
	[ "$output" = "$(expected tap)" ]
	run -0 pm restart vm
	run -0 pm exec vm sh -c "$identities"
	[ "$output" = "$(expected tap)" ]
	[ "$(endpoint tap '.[0].tap.path')" != "$before" ]
}
@test "podman run: two podtap networks give two taps, and a macvlan network gives no tap" {
	network one
	network two
	network three '{"link":"macvlan"}'
	run -0 box vm --network one --network two --network three -- sleep 1000
	run -0 pm exec vm sh -c "$identities"
	[ "$(sort <<<"$output")" = "$({ expected one && expected two; } | sort)" ]
	run -0 pm exec vm sh -c 'ls /sys/class/net'
	[ "${lines[*]}" = "eth0 eth1 eth2 lo" ]
	run -0 box - --network three -- sh -c 'echo /dev/tap*'
	[ "$output" = '/dev/tap*' ]
}
@test "podman run: a container cannot open another pod's tap, by name or by a node of its number" {
	network tap
	run -0 box theirs --network tap -- sleep 1000
	path=$(endpoint tap '.[0].tap.path')
	number=$(endpoint tap '.[0].tap | "\(.major) \(.minor)"')
	run -0 box mine --network tap -- sleep 1000
	run -1 pm exec mine /tools/tapio "$path" identity
	[[ $output == *"No such file"* ]]
	run -1 pm exec mine sh -c "mknod /dev/other c $number && /tools/tapio /dev/other identity"
	[[ $output == *"Operation not permitted"* ]]
	run -0 pm exec mine sh -c "$identities"
}
@test "vmDevices: gives /dev/kvm to the tap's owner where the host has it" {
	network tap '{"vmDevices":true,"owner":1234,"tapMode":"0600"}'
	for node in kvm vhost-net; do
		run box - --network tap --user 1234 --cap-drop all -- stat -c '%a %u %g' "/dev/$node"
		if [ -e "/dev/$node" ]; then
			[ "$output" = "600 1234 0" ]
		else
			[ "$status" = 1 ]
		fi
	done
}
@test "podman run: containers on other networks, the host network or none start unchanged and fast" {
	for option in host none; do
		run -0 box - --network "$option" -- echo "as before"
		[ "$output" = "as before" ]
	done
}
@test "podtapctl: shows a container's endpoint on the same host" {
	network tap '{"ipam":{"type":"host-local","ranges":[[{"subnet":"10.99.0.0/24"}]]},"addressOwner":"guest"}'
	run -0 box vm --network tap -- sleep 1000
	id=$output
	run -0 inside "$BUILD/podtapctl" list --json
	json_is '[.[0].alive, .[0].ips[0].address]' '[true,"10.99.0.2/24"]'
	run -0 inside "$BUILD/podtapctl" guest-config "$id" eth0 --format kernel
	[[ $output == ip=10.99.0.2:* ]]
	run -0 pm exec vm ip -o addr show dev eth0
	[ -z "$output" ]
}
