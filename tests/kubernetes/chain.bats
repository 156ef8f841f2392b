#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# From kubelet's Allocate to a tap open in the container: podtap-device-plugin gives out a name, the CNI
# call makes the tap under it, containerd hands it to the container that asks for that name.
# The tests run one after the other, since one of them ends the device plugin.
load node
load ../lib/endpoint

setup_file() {
	export BATS_NO_PARALLELIZE_WITHIN_FILE=true
	node_setup
	mkdir "$BATS_FILE_TMPDIR/kubelet"
	daemon kubelet "$fixtures/kubelet/kubelet" serve "$BATS_FILE_TMPDIR/kubelet"
	plugin_start
	daemon_says kubelet '"healthy": 9'
}
teardown_file() {
	node_teardown
}

plugin_start() {
	daemon device-plugin env DP_MACVTAP_CONF='[{"name":"dataplane","lowerDevice":"lan0","mode":"bridge","capacity":9}]' \
		"$BUILD/podtap-device-plugin" --kubelet-dir "$BATS_FILE_TMPDIR/kubelet"
}
# Prints the CDI device that Allocate returns for a device: allocate ID
allocate() {
	"$fixtures/kubelet/kubelet" call "$BATS_FILE_TMPDIR/kubelet/podtap-dataplane.sock" Allocate \
		<<<"{\"container_requests\":[{\"devicesIDs\":[\"$1\"]}]}" | jq -r ".container_responses[0].cdi_devices[0].name"
}
# Runs a pod with a device: pod_with NAME ID [CHANGES OF THE SANDBOX'S CONFIGURATION]
pod_with() {
	pod_run "$1" device "$(jq -cn --arg id "$2" --argjson change "${3:-"{}"}" '{annotations: {device: $id}} * $change')"
}
# Runs a container of that pod, as KubeVirt's user for virtual machines: box_with POD NAME CDI-DEVICE
box_with() {
	box_run "$1" "$2" "$(jq -cn --arg name "$3" '{CDI_devices: [{name: $name}],
		linux: {security_context: {run_as_user: {value: 107}, run_as_group: {value: 107}}}}')"
}

@test "chain: Allocate, ADD with the deviceID and the CDI device give a tap on the LAN, and no other pod's" {
	name=$(allocate dataplaneMvp0)
	pod_with vm dataplaneMvp0
	box_with vm vm "$name"
	run -0 box_talks vm vm eth1
	[[ $output == "eth1 $(mac_hex "$(pod_endpoint vm .mac eth1)")"* ]]
	pod_with next dataplaneMvp1
	box_run next next "$as_root"
	box_is_kept_from next "$(pod_endpoint vm .tap.path eth1)"
}
@test "chain: a recreated sandbox has its tap again without an Allocate or a device plugin" {
	name=$(allocate dataplaneMvp2)
	pod_with vm dataplaneMvp2
	box_with vm before "$name"
	run -0 box_talks vm before eth1
	pod_stop vm
	run -1 grep -rqF "\"dataplaneMvp2\"" "$PODTAP_CDI_DIR"
	daemon_end device-plugin
	pod_with vm dataplaneMvp2 '{"metadata":{"attempt":1}}'
	box_with vm after "$name"
	run -0 box_talks vm after eth1
	plugin_start
	daemon_says kubelet '"healthy": 9' 2
}
@test "chain: a sandbox that is recreated before the former one is removed keeps the device" {
	name=$(allocate dataplaneMvp3)
	pod_with vm dataplaneMvp3
	former=${pods[vm]} node=$(pod_endpoint vm .tap.path eth1)
	pod_with vm dataplaneMvp3 '{"metadata":{"attempt":1}}'
	run -0 cri StopPodSandbox "{\"pod_sandbox_id\":\"$former\"}"
	[ ! -e "$node" ]
	box_with vm after "$name"
	run -0 box_talks vm after eth1
}
@test "chain: ADD takes over a host macvtap of KubeVirt's device plugin, and the container gets it as its tap" {
	ip -n "$host" link add link lan0 name mvt1fe868afb8c3 index "$(free_index)" type macvtap mode bridge
	node=/dev/tap$(link "$host" mvt1fe868afb8c3 .ifindex)
	pod_with vm dev500
	run -1 link_exists "$host" mvt1fe868afb8c3
	[ "$(pod_endpoint vm .tap.path eth1)" = "$node" ]
	box_run vm vm "$(jq -cn --arg node "$node" '{devices: [{container_path: $node, host_path: $node, permissions: "rw"}],
		linux: {security_context: {run_as_user: {value: 107}, run_as_group: {value: 107}}}}')"
	run -0 box_talks vm vm eth1
	pod_stop vm
	[ ! -e "$node" ]
	run -1 link_exists "$host" mvt1fe868afb8c3
}
