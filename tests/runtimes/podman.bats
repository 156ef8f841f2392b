#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman, with its networks by CNI and, under the name podman_netavark.bats, by netavark: an unprivileged container
# has its tap at /dev/tap<ifindex>, and can open no other tap.
# bats file_tags=runtime
case $BATS_TEST_FILENAME in
*/podman_netavark.bats) backend=netavark ;;
*) backend=cni ;;
esac
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

# podtap-exec in the container vm opens the tap of its interface on a network where that tap has the number of the
# container's only node, and says what to do where the kernel gave it another: reached_or_told NETWORK NUMBER
reached_or_told() {
	run pm exec vm podtap-exec --if "$(endpoint "$1" '.[0].ifname')" -- echo "{mac}"
	if [ "$(endpoint "$1" '.[0].tap.minor')" = "$2" ]; then
		[ "$output" = "$(endpoint "$1" '.[0].mac')" ]
	else
		[[ $output == *"has to be restarted" ]]
	fi
}

@test "podman run, $backend: gives an unprivileged user the tap, the address and the MAC asked for, and refuses a second use" {
	podman_versions >&3
	podman_network tap 10.99.0.0/24 owner=1234 group=1234 vmDevices=true
	run -0 box vm --network tap --ip 10.99.0.77 --mac-address 02:00:00:00:00:77 --user 1234 --cap-drop all \
		--security-opt no-new-privileges -- sleep 1000
	id=$output
	run -0 pm exec vm sh -c "id -u; $identities; stat -c '%a %u %g' /dev/tap*"
	[ "$output" = 1234$'\n'"$(expected tap)"$'\n'"600 1234 1234" ]
	[[ $(expected tap) == *" eth0 020000000077" ]]
	run -0 pm exec vm sh -c 'ip -o -4 addr show dev eth0; ip route show default'
	[[ $output == *"10.99.0.77/24"*"default via 10.99.0.254 dev eth0"* ]]
	run -0 at "$switch" ping -c 1 -W 10 10.99.0.77
	run -0 pm inspect vm
	json_is '.[0].NetworkSettings.Networks.tap | [.IPAddress, .Gateway, .MacAddress]' '["10.99.0.77","10.99.0.254","02:00:00:00:00:77"]'
	for node in kvm vhost-net; do # vmDevices
		[ ! -e "/dev/$node" ] || [ "$(pm exec vm stat -c '%a %u %g' "/dev/$node")" = "600 1234 1234" ]
	done
	run -0 inside "$BUILD/podtapctl" list --json
	json_is '[.[0].alive, .[0].ips[0].address]' '[true,"10.99.0.77/24"]'
	run -0 inside "$BUILD/podtapctl" guest-config "$id" eth0 --format kernel
	[[ $output == ip=10.99.0.77:* ]]

	run -0 box - --network container:vm -- sh -c "$identities"
	[ "$output" = "$(expected tap)" ]
	run ! box - --network tap --ip 10.99.0.77 -- true
	[[ $output == *10.99.0.77* ]]
	run ! box - --network tap --ip 10.9.9.9 -- true
	[[ $output == *10.9.9.9* ]]
	[ "$(endpoint tap length)" = 1 ]
	for option in host none; do # the hook changes nothing here
		run -0 box - --network "$option" -- sh -c 'echo /dev/tap*'
		[ "$output" = '/dev/tap*' ]
	done
}
@test "podman run, $backend: the hook also works with --privileged, and where the host's /dev is not a devtmpfs" {
	inside sh -ec 'mkdir "$1" && cd /dev && cp -a null zero full random urandom tty ptmx fd "$1" && mount --bind "$1" /dev' sh "$lab/dev"
	podman_network tap -
	run -0 box vm --network tap --privileged -- sleep 1000
	run -0 pm exec vm /tools/tapio "$(endpoint tap '.[0].tap.path')" identity
}
@test "podman run, $backend: without the hook a container has no tap; CDI gives it by --device podtap.dev/tap=NAME" {
	inside rm "$lab/hooks.d/50-podtap.json"
	podman_network tap - cdi=true owner=1234 tapMode=0640
	podman_network named - deviceID=one
	run -0 box vm --network tap --user 1234 --device podtap.dev/tap=vm_eth0 -- sleep 1000
	run -0 pm exec vm sh -c "$identities; stat -c '%a %u %g' /dev/tap*"
	[ "$output" = "$(expected tap)"$'\n'"640 1234 0" ]
	run -0 box - --network named --device podtap.dev/tap=one -- sh -c "$identities"
	[[ $output == /dev/tap*" eth0 "* ]]
	run -0 box - --network named -- sh -c 'echo /dev/tap*'
	[ "$output" = '/dev/tap*' ]
}
@test "podman pod, kube play and compose, $backend: each container has the tap of the network it is on" {
	podman_network tap -
	box_image
	run -0 pm pod create --name pod --network tap
	run -0 box one --pod pod -- sleep 1000
	run -0 box two --pod pod -- sleep 1000
	for name in one two; do
		run -0 pm exec "$name" sh -c "$identities"
		[ "$output" = "$(expected tap)" ]
	done
	run -0 pm pod rm -f -t 0 pod

	pod_file | inside tee "$lab/pod.yaml" >/dev/null
	run -0 pm kube play --network tap "$lab/pod.yaml"
	run -0 pm exec played-box sh -c "$identities"
	[ "$output" = "$(expected tap)" ]
	run -0 pm kube down "$lab/pod.yaml"
	[ -z "$(expected tap)" ]

	compose_file | inside tee "$lab/compose.yaml" >/dev/null
	run -0 compose up -d
	run -0 pm exec composed sh -c "$identities"
	[ "$output" = "$(expected tap)" ]
	run -0 compose down -t 0
	[ -z "$(expected tap)" ]
}
@test "podman stop, start, restart, $backend: the container keeps its tap and its stable MAC address, also if DEL does not wait" {
	podman_network tap 10.99.0.0/24 mac=stable delWait=false
	run -0 box vm --network tap -- sh -c "$ends"
	before=$(endpoint tap '.[0].tap.path')
	mac=$(endpoint tap '.[0].mac')
	run -0 pm stop vm
	[ ! -e "$before" ]
	run -0 pm start vm
	run -0 pm exec vm sh -c "$identities"
	[ "$output" = "$(expected tap)" ]
	run -0 pm restart vm
	run -0 pm exec vm sh -c "$identities"
	[ "$output" = "$(expected tap)" ]
	[ "$(endpoint tap '.[0].tap.path')" != "$before" ]
	[ "$(endpoint tap '.[0].mac')" = "$mac" ]
}
@test "podman network reload, connect, disconnect, $backend: podtap-exec has the reloaded tap while its number is the same, a restart gives all" {
	podman_network one 10.99.0.0/24
	podman_network two 10.98.0.0/24
	run -0 box vm --network one -- sh -c "$ends"
	before=$(endpoint one '.[0].tap | "\(.path) \(.minor)"')
	mac=$(endpoint one '.[0].mac')
	run -0 pm network reload vm
	after=$(endpoint one '.[0].tap | "\(.path) \(.minor)"')
	[ "${before% *}" != "${after% *}" ]
	run -0 inside "$BUILD/podtapctl" list --json
	json_is '.[0] | [.alive, .tap.path]' "[true,\"${after% *}\"]"
	[ "$(endpoint one '.[0].mac')" = "$mac" ]
	reached_or_told one "${before#* }"

	run -0 pm network connect two vm
	[ "$(endpoint two '.[0].ifname')" = eth1 ]
	reached_or_told two "${before#* }"
	run -0 pm restart vm
	run -0 pm exec vm sh -c "$identities"
	[ "$(sort <<<"$output")" = "$({ expected one && expected two; } | sort)" ]
	run -0 pm network disconnect one vm
	[ -z "$(expected one)" ]
	run -0 pm exec vm podtap-exec -- echo "{mac}"
	[ "$output" = "$(endpoint two '.[0].mac')" ]
}
@test "podman run, $backend: two podtap networks give two taps, a macvlan network gives no tap, and no other pod's tap can be opened" {
	podman_network one -
	podman_network two -
	podman_network three - link=macvlan
	run -0 box vm --network one --network two --network three -- sleep 1000
	run -0 pm exec vm sh -c "$identities"
	[ "$(sort <<<"$output")" = "$({ expected one && expected two; } | sort)" ]
	run -0 pm exec vm sh -c 'ls /sys/class/net'
	[ "${lines[*]}" = "eth0 eth1 eth2 lo" ]
	run -0 box - --network three -- sh -c 'echo /dev/tap*'
	[ "$output" = '/dev/tap*' ]

	path=$(endpoint one '.[0].tap.path')
	number=$(endpoint one '.[0].tap | "\(.major) \(.minor)"')
	run -0 box mine --network two -- sleep 1000
	run -1 pm exec mine /tools/tapio "$path" identity
	[[ $output == *"No such file"* ]]
	run -1 pm exec mine sh -c "mknod /dev/other c $number && /tools/tapio /dev/other identity"
	[[ $output == *"Operation not permitted"* ]]
	run -0 pm exec mine sh -c "$identities"
}
@test "podman as a service, $backend: a generated unit starts a container with its tap, and stops it without a trace" {
	podman_network tap -
	run -0 box vm --network tap -- sh -c "$ends"
	pm generate systemd --new --name vm >"$BATS_TEST_TMPDIR/unit" 2>/dev/null
	run -0 pm rm -f -t 0 vm
	run -0 unit_run ExecStart
	run -0 pm exec vm sh -c "$identities"
	[ "$output" = "$(expected tap)" ]
	run -0 unit_run ExecStop
	run -0 unit_run ExecStopPost
	[ -z "$(expected tap)" ]
	[ "$backend" = netavark ] || return 0

	# Quadlet, which podman 4.3 does not have.
	quadlet_files "$BATS_TEST_TMPDIR/quadlet"
	quadlet lan-network.service
	run -0 unit_run ExecStart
	quadlet box.service
	run -0 unit_run ExecStart
	run -0 pm exec systemd-box sh -c "$identities"
	[ "$output" = "$(expected systemd-lan)" ]
	run -0 unit_run ExecStop
	[ -z "$(expected systemd-lan)" ]
}
