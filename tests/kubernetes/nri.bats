#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Taps that podtap-nri gives to the containers of their pods.
load node

setup_file() {
	node_setup
	daemon nri "$BUILD/podtap-nri"
	daemon_says nri ready
}
teardown() {
	nri_told
}
teardown_file() {
	node_teardown
}

@test "NRI: an unprivileged container opens its pod's tap on the LAN, and never another pod's" {
	pod_run near runc
	pod_run far runc
	box_run near near
	run -0 box_talks near near
	[[ $output == "eth0 $(mac_hex "$(pod_endpoint near .mac)")"* ]]
	box_run far far "$as_root"
	box_is_kept_from far "$(pod_endpoint near .tap.path)"
}
@test "NRI: a container that the pod's annotation does not name gets no device" {
	pod_run pair runc '{"annotations":{"podtap.dev/containers":"sidecar, vm"}}'
	node=$(pod_endpoint pair .tap.path)
	box_run pair vm
	box_run pair plain "$as_root"
	run -0 box_talks pair vm
	box_is_kept_from plain "$node"
}
@test "NRI: each container of a pod with two networks has both taps, and the devices of vmDevices" {
	pod_run both two
	box_run both vm
	run -0 box_talks both vm eth0
	run -0 box_talks both vm eth1
	for node in kvm vhost-net; do
		run box_exec vm test -c "/dev/$node"
		[ "$status" = "$([ -c "/dev/$node" ] && echo 0 || echo 1)" ]
	done
}
@test "NRI: a container that also names the pod's CDI device has the tap once" {
	pod_run twice cdi
	box_run twice twice "{\"CDI_devices\":[{\"name\":\"podtap.dev/tap=$(pod_endpoint twice .cdi)\"}]}"
	run -0 box_talks twice twice
}
@test "NRI: in a pod with a user namespace the owner is a user of the pod, by NRI and by CDI, or of the host by ownerIn" {
	users='{"mode":0,"uids":[{"host_id":1000000,"container_id":0,"length":65536}],"gids":[{"host_id":1000000,"container_id":0,"length":65536}]}'
	users="{\"linux\":{\"security_context\":{\"namespace_options\":{\"userns_options\":$users}}}}"
	for handler in runc cdi; do
		pod_run "by-$handler" "$handler" "$users"
		box_run "by-$handler" "by-$handler" "$users"
		run -0 box_talks "by-$handler" "by-$handler"
		run -0 pod_endpoint "by-$handler" '[.tap.uid, .tap.owner] | tostring'
		[ "$output" = "[1001234,1234]" ]
	done
	pod_run unmapped users "$users"
	box_run unmapped unmapped "$users"
	run -1 box_exec unmapped /tools/tapio "$(pod_endpoint unmapped .tap.path)" identity
	[[ $output == *"Permission denied"* ]]
}
@test "NRI: fifty pods at once have each container on its own tap" {
	for n in {1..50}; do
		pod_sandbox "many$n" runc | jq -c '{config: ., runtime_handler: "runc"}'
	done >"$BATS_TEST_TMPDIR/run"
	cri RunPodSandbox <"$BATS_TEST_TMPDIR/run" >"$BATS_TEST_TMPDIR/made"
	for n in {1..50}; do
		pods[many$n]=$(sed -n "${n}p" "$BATS_TEST_TMPDIR/made" | jq -r .pod_sandbox_id)
		box_request "many$n" box
	done >"$BATS_TEST_TMPDIR/create"
	cri CreateContainer <"$BATS_TEST_TMPDIR/create" >"$BATS_TEST_TMPDIR/boxes"
	cri StartContainer <"$BATS_TEST_TMPDIR/boxes" >/dev/null
	for n in {1..50}; do
		jq -c --arg node "$(pod_endpoint "many$n" .tap.path)" '{container_id, timeout: 200,
			cmd: ["/tools/tapio", $node, "identity"]}' <(sed -n "${n}p" "$BATS_TEST_TMPDIR/boxes")
	done >"$BATS_TEST_TMPDIR/look"
	run -0 cri ExecSync <"$BATS_TEST_TMPDIR/look"
	for n in {1..50}; do
		echo "eth0 $(mac_hex "$(pod_endpoint "many$n" .mac)")"
	done >"$BATS_TEST_TMPDIR/expected"
	[ "$output" = "$(cat "$BATS_TEST_TMPDIR/expected")" ]
}
