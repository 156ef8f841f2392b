#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-nri and containerd come and go, in any order; the tests follow one another on one node.
load node

setup_file() {
	export BATS_NO_PARALLELIZE_WITHIN_FILE=true
	node_setup
}
teardown() {
	nri_told
	[ ! -e "$BATS_FILE_TMPDIR/nri.pid" ] || daemon_end nri
	inside rm -f /opt/nri/plugins/50-podtap-nri
	[ -e "$BATS_FILE_TMPDIR/containerd.pid" ] || containerd_start # the pods of the file are to be removed
}
teardown_file() {
	node_teardown
}

nri_start() {
	daemon nri "$BUILD/podtap-nri"
}
nri_ready() { # [HOW OFTEN IT WAS]
	daemon_says nri ready "${1:-1}"
}
containerd_restart() {
	daemon_end containerd "$@"
	containerd_start
}

@test "NRI: a plugin that waited for containerd serves it, and serves it again after a restart" {
	daemon_end containerd
	nri_start
	daemon_says nri "/var/run/nri/nri.sock"
	containerd_start
	nri_ready
	pod_run first runc
	box_run first first
	run -0 box_talks first first
	containerd_restart
	nri_ready 2
	run -0 box_exec first /tools/tapio "$(pod_endpoint first .tap.path)" identity
	box_run first second
	run -0 box_talks first second
}
@test "NRI: serves again after containerd was killed" {
	nri_start
	nri_ready
	containerd_restart KILL
	nri_ready 2
	pod_run killed runc
	box_run killed killed
	run -0 box_talks killed killed
}
@test "NRI: without a plugin containers start unchanged, and the next plugin serves the same pod" {
	nri_start
	nri_ready
	pod_run pod runc
	node=$(pod_endpoint pod .tap.path)
	daemon_end nri KILL
	box_run pod without
	run -1 box_exec without test -e "$node"
	nri_start
	nri_ready
	box_run pod with
	run -0 box_talks pod with
	run -1 box_exec without test -e "$node"
}
@test "NRI: the link of a guest is down when its container was stopped or has ended, and up for the next one" {
	nri_start
	nri_ready
	guest_follows guest
}
@test "NRI: a guest's link stays up while podtap-nri or containerd starts anew, and is down if its container has stopped meanwhile" {
	nri_start
	nri_ready
	for name in stays leaves ends; do # the order in which their links are set down
		pod_run $name two '{"annotations":{"podtap.dev/containers":"vm"}}'
		box_run $name vm$name '{"metadata":{"name":"vm"}}'
	done
	daemon_end nri KILL
	box_stop vmleaves
	nri_start
	nri_ready
	pod_link_is leaves eth1 down 1
	daemon_end containerd
	containerd_start
	nri_ready 2
	box_stop vmends
	pod_link_is ends eth1 down 1
	run -0 box_talks stays vmstays eth1
	run -1 grep -F "of container ${pods[stays]} is" "$BATS_FILE_TMPDIR/nri.log"
}
@test "NRI: containerd launches it as 50-podtap-nri, and ends it" {
	inside ln -s "$BUILD/podtap-nri" /opt/nri/plugins/50-podtap-nri
	containerd_restart
	run -0 pgrep -P "$(cat "$BATS_FILE_TMPDIR/containerd.pid")" podtap-nri
	launched=$output
	pod_run launched runc
	box_run launched launched
	run -0 box_talks launched launched
	daemon_end containerd
	run -0 timeout 60 tail --pid="$launched" -f /dev/null
}
