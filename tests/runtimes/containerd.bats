#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# containerd: what `ctr run --cni` and the CRI make of podtap's networks, and that nothing stays.
# bats file_tags=runtime
load ../lib/lib
load ../lib/lab
load ../lib/containerd

setup() {
	lan_setup
	containerd_setup
	box=$host-box # names a cgroup of the machine too
}
teardown() {
	local pid
	for pid in "${background[@]}"; do # containerd, before what it stands on
		kill "$pid"
		wait "$pid" || :
	done
	lab_teardown
	rmdir /sys/fs/cgroup/{,*/}"$host-pod" 2>/dev/null || :
	lan_teardown
}

numbered() { # CHANGES OF THE CONFIGURATION
	jq -cn --argjson change "$1" '{ipam: {type: "host-local", ranges: [[{subnet: "10.99.0.0/24"}]]}} + $change'
}
nothing_left() {
	[ -z "$(find "$PODTAP_STATE_DIR" -mindepth 2)" ]
	[ -z "$(inside find /var/lib/cni/networks -name '10.99.*')" ]
}

@test "ctr run --cni: gives a macvlan endpoint with its address on the LAN; DEL without a netns leaves nothing" {
	network one "$(numbered '{"link":"macvlan"}')"
	containerd_run
	run -0 box_run "$box" --rm -- sh -c 'ip -o -4 addr show dev eth0; ip -d link show eth0; ping -c 1 -W 3 10.99.0.254'
	[[ $output == *"10.99.0.2/24"* ]]
	[[ $output == *"1 packets received"* ]]
	nothing_left
}
@test "ctr run --cni: DEL with an empty CNI_NETNS cleans up after a detached container" {
	network one "$(numbered '{}')"
	containerd_run
	run -0 box_run "$box" -d -- sleep 1000
	run -0 endpoint one '.[0] | [.containerID, .netns.path, .tap.path] | join(" ")'
	read -r id path node <<<"$output"
	[[ $path == /proc/*/ns/net ]]
	[ -e "$node" ]
	run -0 inside ctr -a "$lab/socket" task rm -f "$box"
	run -0 inside ctr -a "$lab/socket" container rm "$box"
	[ ! -e "$path" ]
	run -0 inside env CNI_COMMAND=DEL CNI_CONTAINERID="$id" CNI_NETNS= CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin:/usr/lib/cni \
		/opt/cni/bin/podtap <<<"$(inside jq -c '.plugins[0] + {cniVersion, name}' /etc/cni/net.d/one.conflist)"
	[ ! -e "$node" ]
	nothing_left
}
@test "CRI: a container of a pod on a macvtap network opens the node that it gets as a device" {
	network one "$(numbered '{"owner":1234,"delWait":false}')"
	containerd_run
	run -0 cri RunPodSandbox "{\"config\":$(pod_config pod)}"
	pod_id=$(jq -r .pod_sandbox_id <<<"$output")
	run -0 endpoint one '.[0] | [.tap.path, .mac] | join(" ")'
	read -r node mac <<<"$output"
	run -0 cri CreateContainer "$(jq -cn --arg pod "$pod_id" --argjson config "$(pod_config pod)" --arg node "$node" \
		--arg tools "$BUILD/tests/tools" '{pod_sandbox_id: $pod, sandbox_config: $config, config: {metadata: {name: "box"},
		image: {image: "localhost/box:latest"}, command: ["sleep", "1000"], log_path: "box.log",
		mounts: [{container_path: "/usr", host_path: "/usr", readonly: true},
			{container_path: "/tools", host_path: $tools, readonly: true}],
		devices: [{container_path: $node, host_path: $node, permissions: "rw"}]}}')"
	box_id=$(jq -r .container_id <<<"$output")
	run -0 cri StartContainer "{\"container_id\":\"$box_id\"}"
	run -0 cri ExecSync "{\"container_id\":\"$box_id\",\"cmd\":[\"/tools/tapio\",\"$node\",\"identity\"],\"timeout\":200}"
	[ "$output" = "eth0 ${mac//:/}" ]
	for method in StopPodSandbox StopPodSandbox RemovePodSandbox; do
		run -0 cri $method "{\"pod_sandbox_id\":\"$pod_id\"}"
	done
	[ ! -e "$node" ]
	nothing_left
}
