#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# examples/kubernetes/daemonset.yaml as a kubelet runs it: its containers serve a node with exactly the mounts
# and privileges of that file.
load node

setup_file() {
	node_setup
	inside mount --make-shared /run # as an init system has it
	image_make
	mkdir "$BATS_FILE_TMPDIR/kubelet"
	daemon kubelet "$fixtures/kubelet/kubelet" serve "$BATS_FILE_TMPDIR/kubelet"
	daemonset_read >"$BATS_FILE_TMPDIR/daemonset"
	host_paths | while read -r path; do inside mkdir -p "$path"; done
	pod_run daemonset runc '{"hostname":"","linux":{"security_context":{"namespace_options":{"network":2}}}}'
	run_container install
	container_says install "installed /host/opt/cni/bin/macvtap"
	run_container nri
	container_says nri ready
	run_container device-plugin
	daemon_says kubelet '"healthy": 50'
}
teardown() {
	inside sh -c 'tail -n +1 "$1"/log/*' sh "$lab"
}
teardown_file() {
	node_teardown
}

# Makes the files of the Containerfile's image on the node.
image_make() {
	inside install -D -t "$lab/cni" "$BUILD/podtap" "$BUILD/podtap-ipam"
	inside install -D -t "$lab/libexec" "$BUILD/podtap-nri" "$BUILD/podtap-device-plugin" \
		"$root/examples/kubernetes/install"
	inside rm /opt/cni/bin/podtap /opt/cni/bin/podtap-ipam /opt/cni/bin/macvtap
}
# Prints the DaemonSet's pod, with its ConfigMap, this node's interface and this node's kubelet.
daemonset_read() {
	python3 -c 'import json, sys, yaml
print(json.dumps([yaml.safe_load(open(f"{sys.argv[1]}/{name}.yaml")) for name in ("daemonset", "configmap")]))' \
		"$root/examples/kubernetes" |
		jq -c --arg kubelet "$BATS_FILE_TMPDIR/kubelet" '.[1].data as $data | .[0].spec.template.spec
			| (.volumes[] | select(.name == "kubelet").hostPath.path) = $kubelet
			| (.containers[].env[]? | select(.valueFrom)) |= {name, value: ($data[.valueFrom.configMapKeyRef.key]
				| fromjson | .[0].lowerDevice = "lan0" | tojson)}'
}
host_paths() {
	jq -r '.volumes[].hostPath | select(.type == "DirectoryOrCreate").path' "$BATS_FILE_TMPDIR/daemonset"
}
# Runs one of its containers: run_container NAME
run_container() {
	box_run daemonset "$1" "$(jq -c --arg name "$1" --arg lab "$lab" '. as $pod
		| (.volumes | map({(.name): .hostPath.path}) | add) as $path
		| (.initContainers + .containers)[] | select(.name == $name)
		| {command, envs: [.env[]? | {key: .name, value}],
			mounts: ([.volumeMounts[] | {container_path: .mountPath, host_path: $path[.name], readonly: (.readOnly // false),
					propagation: (if .mountPropagation == "HostToContainer" then 1 else 0 end)}]
				+ [["/usr/lib", "/usr/lib"], ["/usr/lib64", "/usr/lib64"], ["/usr/libexec/podtap", $lab + "/libexec"],
					["/opt/cni/bin", $lab + "/cni"] | {container_path: .[0], host_path: .[1], readonly: true}]),
			linux: {security_context: (.securityContext | {
				capabilities: {add_capabilities: (.capabilities.add // []), drop_capabilities: .capabilities.drop},
				run_as_user: {value: .runAsUser}, run_as_group: {value: 0}, readonly_rootfs: .readOnlyRootFilesystem,
				no_new_privs: (.allowPrivilegeEscalation == false), seccomp: {}, # RuntimeDefault
				selinux_options: $pod.securityContext.seLinuxOptions,
				namespace_options: {network: (if $pod.hostNetwork then 2 else 0 end)}})}}' "$BATS_FILE_TMPDIR/daemonset")"
}
# Waits for a line of one of them: container_says NAME TEXT
container_says() {
	inside timeout 60 sh -c 'until grep -qF -e "$2" "$1"; do sleep 0.05; done' sh "$lab/log/${pods[daemonset]}-$1.log" "$2"
}

@test "DaemonSet: its init container installs the plugins for the node's runtime" {
	run -0 inside readlink /opt/cni/bin/macvtap
	[ "$output" = podtap ]
	run -0 inside cmp /opt/cni/bin/podtap-ipam "$BUILD/podtap-ipam"
}
@test "DaemonSet: its podtap-nri gives a container its pod's tap, and never another pod's" {
	pod_run near runc
	pod_run far runc
	box_run near near
	run -0 box_talks near near
	box_run far far "$as_root"
	box_is_kept_from far "$(pod_endpoint near .tap.path)"
	run -1 inside grep -rF "left as it is" "$lab/log"
}
@test "DaemonSet: its podtap-device-plugin offers devices, and the CNI call finds their resources" {
	pod_run vm device '{"annotations":{"device":"dataplaneMvp0","podtap.dev/containers":"none"}}'
	[ "$(pod_endpoint vm '.master + " " + .mode + " " + .cdi' eth1)" = "lan0 bridge dataplaneMvp0" ]
	box_run vm vm '{"CDI_devices":[{"name":"podtap.dev/tap=dataplaneMvp0"}],
		"linux":{"security_context":{"run_as_user":{"value":107},"run_as_group":{"value":107}}}}'
	run -0 box_talks vm vm eth1
}
