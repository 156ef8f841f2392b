#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The CDI specification of a tap: exists from ADD to DEL, one file for each device, never another pod's.
load ../lib/lib

setup() {
	lan_setup
	evil=(CNI_CONTAINERID=evil CNI_NETNS="/run/netns/$other")
}

spec() {
	cat "$PODTAP_CDI_DIR/podtap.dev-tap_$1.json"
}
recorded() {
	jq -r "$1" "$(record)"
}
theirs() {
	jq -r "$1" "$(record "${2:-eth0}" evil)"
}
pod_args='CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=space;K8S_POD_NAME=vm-1'

@test "ADD: deviceID makes a CDI device of that name with the node's numbers, owner and mode" {
	run -0 cni ADD '{"deviceID":"dataplaneMvp0","owner":107,"group":108,"tapMode":"0640"}'
	node=$(tap)
	run -0 spec dataplaneMvp0
	json_is 'keys_unsorted' '["cdiVersion","kind","devices"]'
	json_is '[.cdiVersion, .kind, .devices[0].name]' '["0.5.0","podtap.dev/tap","dataplaneMvp0"]'
	json_is '.devices | length' 1
	json_is '.devices[0].containerEdits.deviceNodes | length' 1
	json_is '.devices[0].containerEdits.deviceNodes[0] | [.path, .type, .uid, .gid, .fileMode, .permissions]' \
		"[\"$node\",\"c\",107,108,416,\"rw\"]"
	json_is '.devices[0].containerEdits.deviceNodes[0] | "\(.major):\(.minor)"' \
		"$((0x$(stat -c %t "$node"))):$((0x$(stat -c %T "$node")))"
	[ "$(recorded '.cdi + " " + .deviceID')" = "dataplaneMvp0 dataplaneMvp0" ]
	[ "$(stat -c %a "$PODTAP_CDI_DIR"/podtap.dev-tap_dataplaneMvp0.json)" = 644 ]
	run -0 cni DEL
	[ -z "$(ls -A "$PODTAP_CDI_DIR")" ]
}
@test "ADD: runtimeConfig.deviceID overrides deviceID" {
	run -0 cni ADD '{"deviceID":"one","runtimeConfig":{"deviceID":"two"}}'
	[ "$(ls "$PODTAP_CDI_DIR")" = podtap.dev-tap_two.json ]
}
@test "ADD: cdi names the device after the pod's namespace, the pod and the interface" {
	run -0 cni ADD '{"cdi":true}' "$pod_args"
	[ "$(recorded .cdi)" = space_vm-1_eth0 ]
	run -0 spec space_vm-1_eth0
	json_is '.devices[0].name' space_vm-1_eth0
}
@test "ADD: cdi names the device after the pod without a namespace (podman), and the container without a pod" {
	run -0 cni ADD '{"cdi":true}' 'CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAME=vm'
	[ "$(recorded .cdi)" = vm_eth0 ]
	run -0 cni DEL '{"cdi":true}'
	run -0 cni ADD '{"cdi":true}'
	[ "$(recorded .cdi)" = "${container}_eth0" ]
}
@test "ADD: encodes characters that CDI does not allow, and the name cannot leave the directory" {
	run -0 cni ADD '{"deviceID":"../a b/c+d@"}'
	[ "$(recorded .cdi)" = x::2e.:2fa:20b:2fc:2bd:40 ]
	[ "$(ls "$PODTAP_CDI_DIR")" = "podtap.dev-tap_$(recorded .cdi).json" ]
	run -0 spec x::2e.:2fa:20b:2fc:2bd:40
	json_is '.devices[0].name' x::2e.:2fa:20b:2fc:2bd:40
}
@test "ADD: names that differ only in encoded characters give different devices" {
	local id ids=(a/b a+b a:b a_b a-b a.b x/a /a a/ a:) n=0
	for id in "${ids[@]}"; do
		run -0 cni ADD "{\"deviceID\":\"$id\"}" CNI_IFNAME=net$((++n))
	done
	for id in "$(jq -r .cdi "$(record net1)")" "$(jq -r .cdi "$(record net8)")"; do # names of others, asked for
		ids+=("$id")
		run -0 cni ADD "{\"deviceID\":\"$id\"}" CNI_IFNAME=net$((++n))
	done
	[ "$(jq -r '.devices[].name' "$PODTAP_CDI_DIR"/*.json | sort -u | wc -l)" = ${#ids[@]} ]
	run -0 jq -r '.devices[].name | select(test("^[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?$") | not)' "$PODTAP_CDI_DIR"/*.json
	[ -z "$output" ]
}
@test "ADD: device names of resources, pods and configurations never collide" {
	run -0 cni ADD '{"cdi":true}' "$pod_args"
	run -0 cni ADD '{"deviceID":"space_vm-1_eth0"}' "${evil[@]}"
	[ "$(recorded .cdi)" = space_vm-1_eth0 ]
	[ "$(theirs .cdi)" = space:5fvm-1:5feth0 ]
	run -0 find "$PODTAP_CDI_DIR" -type f
	[ "${#lines[@]}" = 2 ]
	run -0 cni ADD '{"cdi":true}' "$pod_args" CNI_IFNAME=eMvp3
	[ "$(jq -r .cdi "$(record eMvp3)")" = space_vm-1_eMvp:33 ]
	run -0 cni ADD '{"deviceID":"space_vm-1_eMvp3"}' "${evil[@]}" CNI_IFNAME=net1
	[ "$(theirs .cdi net1)" = space_vm-1_eMvp3 ]
}
@test "ADD: refuses a device name that is too long for CDI with code 7, and makes nothing" {
	run -1 cni ADD "{\"deviceID\":\"$(printf 'x%.0s' {1..201})\"}"
	error_is 7 "200 bytes"
	[ ! -e "$PODTAP_CDI_DIR" ]
}
@test "ADD: refuses deviceID, cdi and vmDevices of a wrong type with code 7" {
	while read -r change; do
		run -1 cni ADD "$change"
		error_is 7 "$(jq -r 'keys[0]' <<<"$change")"
	done <<-'END'
		{"deviceID":5}
		{"cdi":"yes"}
		{"vmDevices":1}
	END
}
@test "ADD: refuses cdi for a macvlan; deviceID makes no device for one" {
	run -1 cni ADD '{"cdi":true,"link":"macvlan"}'
	error_is 7 cdi
	run -0 cni ADD '{"deviceID":"x","link":"macvlan"}'
	[ ! -e "$PODTAP_CDI_DIR" ]
}
@test "ADD: vmDevices adds the host's kvm and vhost-net devices, with the owner of the tap" {
	export PODTAP_DEV_DIR=$BATS_TEST_TMPDIR/dev
	mkdir "$PODTAP_DEV_DIR"
	mknod "$PODTAP_DEV_DIR/kvm" c 10 232
	touch "$PODTAP_DEV_DIR/vhost-net"
	run -0 cni ADD '{"deviceID":"x","vmDevices":true,"owner":107,"group":107,"tapMode":"0660"}'
	[ "$(recorded .vmDevices)" = true ]
	run -0 spec x
	json_is '[.devices[0].containerEdits.deviceNodes[].path][1:]' '["/dev/kvm"]'
	json_is '.devices[0].containerEdits.deviceNodes[1] | [.major, .minor, .uid, .gid, .fileMode]' '[10,232,107,107,432]'
	run -0 cni DEL '{"deviceID":"x"}'
	rm -r "$PODTAP_DEV_DIR"
}

@test "ADD: a new sandbox of the pod takes over the device name; the late DEL of the old one keeps it" {
	for change in '{"deviceID":"x"}' '{"deviceID":"dataplaneMvp3"}' '{"cdi":true}'; do
		run -0 cni ADD "$change" "$pod_args;K8S_POD_UID=u-1"
		run -0 cni ADD "$change" CNI_CONTAINERID="$container-new" CNI_NETNS="/run/netns/$other" "$pod_args;K8S_POD_UID=u-1"
		run -0 spec "$(recorded .cdi)"
		json_is '.devices[0].containerEdits.deviceNodes[0].path' "$(tap eth0 "$container-new")"
		run -0 cni DEL "$change" "$pod_args;K8S_POD_UID=u-1"
		run -0 spec "$(jq -r .cdi "$(record eth0 "$container-new")")"
		json_is '.devices[0].containerEdits.deviceNodes[0].path' "$(tap eth0 "$container-new")"
		run -0 cni DEL "$change" CNI_CONTAINERID="$container-new" CNI_NETNS="/run/netns/$other" "$pod_args;K8S_POD_UID=u-1"
		[ -z "$(ls -A "$PODTAP_CDI_DIR")" ]
	done
}
@test "ADD: does not take the device of another pod's endpoint; its failed ADD and its DEL keep the device" {
	local whose
	for id in x dataplaneMvp3; do
		run -0 cni ADD "{\"deviceID\":\"$id\"}" "$pod_args;K8S_POD_UID=u-1"
		before=$(spec $id)
		for whose in 'K8S_POD_NAMESPACE=else;K8S_POD_NAME=vm-1' 'K8S_POD_NAMESPACE=space;K8S_POD_NAME=vm-2' K8S_POD_NAME=vm-1 \
			'K8S_POD_NAMESPACE=space;K8S_POD_NAME=vm-1;K8S_POD_UID=u-2' ''; do
			run -1 cni ADD "{\"deviceID\":\"$id\"}" "${evil[@]}" "CNI_ARGS=IgnoreUnknown=1;$whose"
			error_is 999 "CDI device $id is another pod's" "container $container (pod space/vm-1)"
			[ ! -e "$PODTAP_STATE_DIR/endpoints/evil" ]
			[ "$(spec $id)" = "$before" ]
			run -0 cni DEL "{\"deviceID\":\"$id\"}" "${evil[@]}" "CNI_ARGS=IgnoreUnknown=1;$whose"
			[ "$(spec $id)" = "$before" ]
		done
		run -0 cni DEL "{\"deviceID\":\"$id\"}" "$pod_args;K8S_POD_UID=u-1"
		run -0 cni ADD "{\"deviceID\":\"$id\"}" "${evil[@]}"
		run -0 cni DEL "{\"deviceID\":\"$id\"}" "${evil[@]}"
	done
}
@test "ADD: of two pods that request one device in parallel, one gets it and the other is refused" {
	wrapper=(strace -f -qq -o /dev/null -e trace=flock -e inject=flock:delay_enter=3000000)
	ASAN_OPTIONS=detect_leaks=0 cni_raw ADD "$(config '{"deviceID":"x"}')" "${evil[@]}" >"$BATS_TEST_TMPDIR/late" 3>&- &
	late=$!
	wrapper=()
	for _ in {1..3000}; do
		[ ! -e "$PODTAP_STATE_DIR/endpoints/evil/eth0.json" ] || break
		sleep 0.02
	done
	run -0 cni ADD '{"deviceID":"x"}' "$pod_args"
	before=$(spec x)
	status=0
	wait "$late" || status=$?
	[ "$status" = 1 ]
	output=$(cat "$BATS_TEST_TMPDIR/late")
	error_is 11 "the CDI device x" "another endpoint took it"
	[ "$(spec x)" = "$before" ]
	[ ! -e "$PODTAP_STATE_DIR/endpoints/evil" ]
}
@test "ADD: reuses the device name of an endpoint that is gone, without its DEL" {
	run -0 cni ADD '{"deviceID":"x"}' "$pod_args"
	tap
	ip -n "$pod" link del eth0
	run -0 cni ADD '{"deviceID":"x"}' "${evil[@]}"
	run -0 cni DEL '{"deviceID":"x"}' "$pod_args"
	run -0 spec x
	json_is '.devices[0].containerEdits.deviceNodes[0].path' "$(tap eth0 evil)"
	pod_add later
	ip netns del "$other"
	run -0 cni ADD '{"deviceID":"x"}' "$pod_args" CNI_NETNS="/run/netns/$later"
	run -0 spec x
	json_is '.devices[0].containerEdits.deviceNodes[0].path' "$(tap)"
}
@test "ADD: does not take the device name of an endpoint with an unreadable record before its DEL" {
	run -0 cni ADD '{"deviceID":"x"}' "$pod_args"
	tap
	echo '{' >"$(record)"
	run -1 cni ADD '{"deviceID":"x"}' "${evil[@]}"
	error_is 6 "interface eth0 of container $container, which has the CDI device x"
	run -0 cni DEL '{"deviceID":"x"}' "$pod_args"
	run -0 cni ADD '{"deviceID":"x"}' "${evil[@]}"
}
@test "ADD: takes over a device from a record without a pod only for the pod that the device is named after" {
	without_pod() {
		jq -c 'del(.pod)' "$(record)" >"$BATS_TEST_TMPDIR/record" && cp "$BATS_TEST_TMPDIR/record" "$(record)"
	}
	run -0 cni ADD '{"cdi":true}' "$pod_args"
	without_pod
	run -0 cni ADD '{"cdi":true}' "$pod_args" CNI_CONTAINERID="$container-new" CNI_NETNS="/run/netns/$other"
	run -0 cni DEL '{"cdi":true}' "$pod_args"
	run -0 cni DEL '{"cdi":true}' "$pod_args" CNI_CONTAINERID="$container-new" CNI_NETNS="/run/netns/$other"
	run -0 cni ADD '{"deviceID":"x"}' "$pod_args"
	without_pod
	run -1 cni ADD '{"deviceID":"x"}' "${evil[@]}"
	error_is 999 "container $container has it"
}
@test "DEL: removes the device without the namespace, the configuration or the pod's name" {
	run -0 cni ADD '{"cdi":true}' "$pod_args"
	tap
	ip netns del "$pod"
	run -0 cni_raw DEL '{"cniVersion":"1.1.0","name":"net","type":"podtap"}' CNI_NETNS=
	[ -z "$(ls -A "$PODTAP_CDI_DIR")" ]
}
@test "DEL: keeps a foreign file under the device's name" {
	run -0 cni ADD '{"deviceID":"x"}'
	for text in '{' '{"devices":[]}' '{"devices":{}}' '[1]' ''; do
		printf %s "$text" >"$PODTAP_CDI_DIR/podtap.dev-tap_x.json"
		run -0 cni_raw DEL "$(config)"
		[ "$(spec x)" = "$text" ]
		run -0 cni_raw ADD "$(config '{"deviceID":"x"}')"
	done
}
@test "GC: removes the devices of stale attachments and keeps the others" {
	run -0 cni ADD '{"deviceID":"stale"}'
	run -0 cni ADD '{"deviceID":"kept"}' CNI_CONTAINERID="$container-new" CNI_NETNS="/run/netns/$other"
	run -0 cni GC "{\"cni.dev/valid-attachments\":[{\"containerID\":\"$container-new\",\"ifname\":\"eth0\"}]}"
	[ "$(ls "$PODTAP_CDI_DIR")" = podtap.dev-tap_kept.json ]
}
@test "ADD: removes its device when it fails, also when the result cannot be printed" {
	run -1 bash -c 'printf %s "$0" | nsenter --net=/run/netns/'"$host"' env CNI_COMMAND=ADD CNI_CONTAINERID='"$container"' \
		CNI_NETNS=/run/netns/'"$pod"' CNI_IFNAME=eth0 CNI_PATH=/ '"$BUILD"'/podtap >/dev/full' "$(config '{"deviceID":"x"}')"
	[ -z "$(ls -A "$PODTAP_CDI_DIR")" ]
}
@test "DEL: removes the device with the link when the record is lost or unreadable" {
	for broken in 'rm "$file"' 'echo "{" >"$file"'; do
		run -0 cni ADD '{"deviceID":"x"}'
		run -0 cni ADD '{"deviceID":"kept"}' CNI_CONTAINERID="$container-new" CNI_NETNS="/run/netns/$other"
		file=$(record)
		eval "$broken"
		run -0 cni_raw DEL "$(config)"
		[ "$(ls "$PODTAP_CDI_DIR")" = podtap.dev-tap_kept.json ]
		run -0 cni DEL '{}' CNI_CONTAINERID="$container-new" CNI_NETNS="/run/netns/$other"
	done
}
