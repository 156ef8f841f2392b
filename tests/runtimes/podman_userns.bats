#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman with user namespaces: in a pod, containers have the pod's tap. Not with podman 4.3, which removes about every second
# such container without DEL, with every CNI plugin.
# bats file_tags=runtime
backend=netavark
load ../lib/lib
load ../lib/lab
load ../lib/podman

setup() {
	lan_setup
	podman_setup
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR" # the mapped users have to reach the storage
	podman_network tap 10.99.0.0/24 owner=1234 group=1234
	box_image
}
teardown() {
	podman_teardown
	lan_teardown
}

@test "podman pod --uidmap: a container has the tap with its owner's id inside, and another user cannot open it" {
	run -0 pm pod create --name pod --network tap --uidmap 0:100000:65536
	run -0 pm run -d --name one --pod pod --volume "$BUILD/tests/tools:/tools:ro" --volume /usr:/usr:ro localhost/box
	node=$(endpoint tap '.[0].tap.path')
	[ "$(stat -c '%u %g' "$node")" = "101234 101234" ]
	run -0 pm exec --user 1234 one sh -c "stat -c '%u %g' $node; /tools/tapio $node identity"
	[ "$output" = "1234 1234"$'\n'"$(endpoint tap '.[0] | "\(.ifname) \(.mac | gsub(":"; ""))"')" ]
	run -1 pm exec --user 1235 one /tools/tapio "$node" identity
	[[ $output == *"Permission denied"* ]]
	run -0 pm pod rm -f -t 0 pod
	[ ! -e "$node" ]
}
@test "podman run --uidmap: a container without a pod has the interface and its address, and no tap" {
	run -0 pm run -d --name alone --network tap --uidmap 0:100000:65536 localhost/box
	run -0 pm exec alone sh -c 'echo /dev/tap*'
	[ "$output" = '/dev/tap*' ]
	[ "$(stat -c '%u %g' "$(endpoint tap '.[0].tap.path')")" = "101234 101234" ]
	run -0 at "$switch" ping -c 1 -W 10 "$(endpoint tap '.[0].ips[0].address | sub("/.*"; "")')"
}
