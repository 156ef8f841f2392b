#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# containerd 1.7, with NRI and CDI enabled as README describes.
load node

setup_file() {
	node_setup trixie
	daemon nri "$BUILD/podtap-nri"
	daemon_says nri ready
}
teardown() {
	nri_told
}
teardown_file() {
	node_teardown
}

@test "containerd 1.7: podtap-nri gives a container its pod's tap, and never another pod's" {
	run -0 inside containerd --version
	[[ $output == *" 1.7."* ]]
	pod_run near runc
	pod_run far runc
	box_run near near
	run -0 box_talks near near
	box_run far far "$as_root"
	box_is_kept_from far "$(pod_endpoint near .tap.path)"
}
@test "containerd 1.7: the tap is also a CDI device" {
	pod_run one cdi '{"annotations":{"podtap.dev/containers":"none"}}'
	box_run one one "{\"CDI_devices\":[{\"name\":\"podtap.dev/tap=$(pod_endpoint one .cdi)\"}]}"
	run -0 box_talks one one
}
@test "containerd 1.7: the link of a guest is down when its container was stopped or has ended, and up for the next one" {
	guest_follows guest
}
