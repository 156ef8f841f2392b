#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Taps that reach containers as CDI devices, which containerd resolves after the CNI call made them.
load node

setup_file() {
	node_setup
}
teardown_file() {
	node_teardown
}

# The CDI device of a pod's interface: device POD [IFNAME]
device() {
	echo "podtap.dev/tap=$(pod_endpoint "$1" .cdi "${2:-eth0}")"
}
requested() {
	jq -cn '{CDI_devices: [$ARGS.positional[] | {name: .}]}' --args "$@"
}

@test "CDI: the CRI field gives an unprivileged container its tap on the LAN, and never another pod's" {
	pod_run near cdi
	pod_run far cdi
	box_run near near "$(requested "$(device near)")"
	run -0 box_talks near near
	[[ $output == "eth0 $(mac_hex "$(pod_endpoint near .mac)")"* ]]
	box_run far far "$as_root"
	box_is_kept_from far "$(pod_endpoint near .tap.path)"
}
@test "CDI: an annotation, as of an older Kubernetes device plugin, gives the tap too" {
	pod_run one cdi
	box_run one one "{\"annotations\":{\"cdi.k8s.io/podtap_tap\":\"$(device one)\"}}"
	run -0 box_talks one one
}
@test "CDI: each container of a pod on two networks has the taps that it names, and /dev/kvm with vmDevices" {
	pod_run both two
	box_run both vm "$(requested "$(device both eth1)")"
	run -0 box_talks both vm eth1
	[[ $output == "eth1 $(mac_hex "$(pod_endpoint both .mac eth1)")"* ]]
	run -1 box_exec vm test -e "$(pod_endpoint both .tap.path)"
	for node in kvm vhost-net; do
		run box_exec vm test -c "/dev/$node"
		[ "$status" = "$([ -c "/dev/$node" ] && echo 0 || echo 1)" ]
	done
	box_run both all "$(requested "$(device both)" "$(device both eth1)")"
	run -0 box_exec all /tools/tapio "$(pod_endpoint both .tap.path)" identity
	run -0 box_exec all /tools/tapio "$(pod_endpoint both .tap.path eth1)" identity
}
@test "CDI: the device disappears with the pod, and a container that names it cannot start" {
	pod_run gone cdi
	name=$(device gone)
	node=$(pod_endpoint gone .tap.path)
	pod_stop gone
	[ ! -e "$node" ]
	pod_run later cdi
	run -1 box_run later later "$(requested "$name")"
	[[ $output == *"unresolvable CDI devices $name"* ]]
}
@test "CDI: a recreated pod has its tap under the same device name" {
	pod_run again cdi
	box_run again before "$(requested "$(device again)")"
	name=$(device again) node=$(pod_endpoint again .tap.path)
	pod_stop again
	pod_run again cdi '{"metadata":{"attempt":1}}'
	[ "$(device again)" = "$name" ]
	[ "$(pod_endpoint again .tap.path)" != "$node" ]
	box_run again after "$(requested "$name")"
	run -0 box_talks again after
}
@test "pod: containerd refuses a pod whose first network has no addresses, and nothing of it stays" {
	run -1 pod_run flat level2
	[[ $output =~ failed\ to\ find\ network\ info\ for\ sandbox\ \"([0-9a-f]+)\" ]]
	[ ! -e "$PODTAP_STATE_DIR/endpoints/${BASH_REMATCH[1]}" ]
	run grep -rls flat "$PODTAP_STATE_DIR" "$PODTAP_CDI_DIR" # others' files come and go meanwhile
	[ -z "$output" ]
}
