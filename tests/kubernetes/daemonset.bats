#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The kit's pods as a kubelet runs them: their containers serve a node with exactly the mounts and privileges that kustomize
# renders.
load node

setup_file() {
	node_setup
	inside mount --make-rshared / # as an init system has it
	image_make
	mkdir "$BATS_FILE_TMPDIR/kubelet"
	daemon kubelet "$fixtures/kubelet/kubelet" serve "$BATS_FILE_TMPDIR/kubelet"
	pods_read
	host_paths | while read -r path; do inside mkdir -p "$path"; done
	pod_run daemonset runc '{"hostname":"","linux":{"security_context":{"namespace_options":{"network":2}}}}'
	run_container podtap install
	container_says install "installed /host/opt/cni/bin/macvtap"
	run_container podtap policy
	container_says policy "installed /host/etc-podtap/policy.json"
	run_container podtap prune
	run_container podtap nri
	container_says nri ready
	run_container podtap-device-plugin device-plugin
	declare -p pods boxes >"$BATS_FILE_TMPDIR/ids"
	daemon_says kubelet '"healthy": 50'
}
teardown() {
	inside sh -c 'tail -n +1 "$1"/log/*' sh "$lab"
}
teardown_file() {
	node_teardown
}

# Makes the files of the image on the node.
image_make() {
	inside install -D -t "$lab/cni" "$BUILD/podtap" "$BUILD/podtap-ipam"
	inside install -D -t "$lab/libexec" "$BUILD/podtap-nri" "$BUILD/podtap-device-plugin"
	inside install -D -t "$lab/bin" "$BUILD/podtapctl"
	inside rm /opt/cni/bin/podtap /opt/cni/bin/podtap-ipam /opt/cni/bin/macvtap
}
# Writes the pods, with this node's interface and this node's kubelet, as files of their names.
pods_read() {
	local tools name
	tools=$("$root/tests/kubernetes/tools")
	cp -r "$root/deploy/kubernetes" "$BATS_FILE_TMPDIR/kit"
	mkdir "$BATS_FILE_TMPDIR/kit/here"
	cat >"$BATS_FILE_TMPDIR/kit/here/kustomization.yaml" <<-END
		resources: [../base]
		components: [../components/device-plugin, ../components/policy]
	END
	sed -i 's/eth0/lan0/' "$BATS_FILE_TMPDIR/kit/components/device-plugin/resources.json"
	echo '{"rules":[{"masters":["lan0"],"modes":["bridge"],"deviceIDs":["*"],"vmDevices":true}]}' \
		>"$BATS_FILE_TMPDIR/kit/components/policy/policy.json"
	HOME=$BATS_FILE_TMPDIR "$tools/kubectl/kubectl" kustomize "$BATS_FILE_TMPDIR/kit/here" >"$BATS_FILE_TMPDIR/kit.yaml"
	config=$("$root/tests/kubernetes/objects" get ConfigMap podtap-device-plugin <"$BATS_FILE_TMPDIR/kit.yaml")
	mkdir "$BATS_FILE_TMPDIR"/{config,health,etc}
	for name in podtap podtap-device-plugin; do
		"$root/tests/kubernetes/objects" get DaemonSet "$name" <"$BATS_FILE_TMPDIR/kit.yaml" |
			jq -c --arg here "$BATS_FILE_TMPDIR" --argjson config "$config" '.spec.template.spec
				| (.volumes[] | select(.name == "kubelet").hostPath.path) = $here + "/kubelet"
				| (.volumes[] | select(.emptyDir)) |= {name, hostPath: {path: ($here + "/health"), type: "DirectoryOrCreate"}}
				| (.volumes[] | select(.name == "policy")) |= {name, hostPath: {path: ($here + "/config")}}
				| (.volumes[] | select(.name == "etc-podtap").hostPath.path) = $here + "/etc"
				| (.containers[].env[]? | select(.valueFrom)) |= {name, value: $config.data[.valueFrom.configMapKeyRef.key]}' \
				>"$BATS_FILE_TMPDIR/$name.json"
	done
	cp "$BATS_FILE_TMPDIR/kit/components/policy/policy.json" "$BATS_FILE_TMPDIR/config/"
}
host_paths() {
	jq -r '.volumes[].hostPath | select(.type == "DirectoryOrCreate").path' "$BATS_FILE_TMPDIR"/podtap*.json
}
# Runs a container of a pod: run_container POD NAME [ATTEMPT]
run_container() {
	box_run daemonset "$2" "$(jq -c --arg name "$2" --arg lab "$lab" --argjson attempt "${3:-0}" '. as $pod
		| (.volumes | map({(.name): .hostPath.path}) | add) as $path
		| ((.initContainers // []) + .containers)[] | select(.name == $name)
		| {metadata: {name: $name, attempt: $attempt}, command, envs: [.env[]? | {key: .name, value}],
			mounts: ([.volumeMounts[] | {container_path: .mountPath, host_path: $path[.name], readonly: (.readOnly // false),
					propagation: (if .mountPropagation == "HostToContainer" then 1 else 0 end)}]
				+ [["/usr/lib", "/usr/lib"], ["/usr/lib64", "/usr/lib64"], ["/usr/libexec/podtap", $lab + "/libexec"],
					["/usr/bin", $lab + "/bin"], ["/opt/cni/bin", $lab + "/cni"] | {container_path: .[0], host_path: .[1], readonly: true}]),
			linux: {security_context: (.securityContext | {
				capabilities: {add_capabilities: (.capabilities.add // []), drop_capabilities: .capabilities.drop},
				run_as_user: {value: .runAsUser}, run_as_group: {value: 0}, readonly_rootfs: .readOnlyRootFilesystem,
				no_new_privs: (.allowPrivilegeEscalation == false), seccomp: {}, # RuntimeDefault
				selinux_options: $pod.securityContext.seLinuxOptions,
				namespace_options: {network: (if $pod.hostNetwork then 2 else 0 end)}})}}' "$BATS_FILE_TMPDIR/$1.json")"
}
# Waits for a line of one of them: container_says NAME TEXT
container_says() {
	inside timeout 60 sh -c 'until grep -qF -e "$2" "$1"; do sleep 0.05; done' sh "$lab/log/${pods[daemonset]}-$1.log" "$2"
}

# The ids of what setup_file made.
ids_read() {
	local line
	while read -r line; do
		eval "${line/declare -A/declare -gA}"
	done <"$BATS_FILE_TMPDIR/ids"
	cp "$BATS_FILE_TMPDIR/daemonset.pod" "$BATS_TEST_TMPDIR/"
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
@test "DaemonSet: its podtap-nri sets the link of a guest down when the container that kubelet gave the tap has stopped" {
	pod_run moved device '{"annotations":{"device":"dataplaneMvp1"}}'
	box_run moved vm '{"CDI_devices":[{"name":"podtap.dev/tap=dataplaneMvp1"}],
		"linux":{"security_context":{"run_as_user":{"value":107},"run_as_group":{"value":107}}}}'
	box_run moved sidecar
	run -0 box_talks moved vm eth1
	box_stop sidecar
	box_stop vm
	inside timeout 60 sh -c 'until grep -qF -e "$2" "$1"/log/*-nri.log; do sleep 0.05; done' sh "$lab" \
		"interface eth1 of container ${pods[moved]} is down"
	run -1 inside grep -F "interface eth0" "$lab/log" -r
}
# Runs the probe of a container as the kubelet does: probe POD CONTAINER readiness|liveness
probe() {
	local command
	mapfile -t command < <(jq -r --arg name "$2" ".containers[] | select(.name == \$name).$3Probe.exec.command[]" \
		"$BATS_FILE_TMPDIR/$1.json")
	box_exec "$2" "${command[@]}"
}
@test "DaemonSet: the probes of its containers say that they are ready; podtapctl answers by kubectl exec" {
	ids_read
	for box in "podtap nri" "podtap-device-plugin device-plugin"; do
		for kind in readiness liveness; do
			# shellcheck disable=SC2086 # two words
			run -0 probe $box $kind
			[[ $output == *ready* ]] || { echo "$output"; false; }
		done
	done
	pod_run listed runc
	run -0 box_exec nri /usr/bin/podtapctl list
	[[ $output == *"${pods[listed]:0:12}"*alive* ]] || { echo "$output"; false; }
}
@test "DaemonSet: its policy is installed; its prune has the host's namespaces, and leaves a pod that lives" {
	run -0 stat -c '%u %a' "$BATS_FILE_TMPDIR/etc/policy.json"
	[ "$output" = "0 644" ]
	ids_read
	pod_run lives runc
	record=$PODTAP_STATE_DIR/endpoints/${pods[lives]}/eth0.json
	# A record whose namespace is gone, as after a pod that another program ended.
	inside install -D -m 0600 /dev/stdin "$PODTAP_STATE_DIR/endpoints/ended/eth0.json" \
		< <(jq -c '.containerID = "ended" | .netns.path = "/run/netns/ended"' "$record")
	run_container podtap prune 1
	container_says prune "eth0 of ended: deleted"
	[ -e "$record" ]
}
@test "DaemonSet: while an update's podtap-nri runs beside the former one, a container gets its tap once" {
	ids_read
	former=${boxes[nri]}
	run_container podtap nri 1
	inside timeout 60 sh -c 'until [ "$(grep -c "podtap-nri: ready" "$1")" = 2 ]; do sleep 0.05; done' sh \
		"$lab/log/${pods[daemonset]}-nri.log"
	pod_run both runc
	box_run both both
	run -0 box_talks both both
	inside grep -F "container both of pod space/both-$BATS_TEST_NUMBER gets $(pod_endpoint both .tap.path)" \
		"$lab/log/${pods[daemonset]}-nri.log" >"$BATS_TEST_TMPDIR/given"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/given")" = 1 ]
	boxes[nri]=$former
	box_stop nri
	pod_run alone runc
	box_run alone alone
	run -0 box_talks alone alone
}
