#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# examples/kubernetes and the kit's networks and commands: every document is valid, every configuration runs, and the
# programs accept the pods' command lines. Only the names of interfaces are the test's own.
# shellcheck disable=SC2154 # lists.bash's
# bats file_tags=plain
load ../lib/lib
load ../lib/lists

setup() {
	lan_setup
	examples=$root/examples/kubernetes
	components=$root/deploy/kubernetes/components
	ip -n "$switch" address add 192.168.1.1/24 dev br0
}
teardown() {
	lan_teardown
	rm -f "$PODTAP_STATE_DIR/resources.json"
}

# The documents of a file as JSON, one a line.
documents() {
	python3 -c 'import json, sys, yaml
for document in yaml.safe_load_all(open(sys.argv[1])): print(json.dumps(document))' "$examples/$1"
}
# The list of one network, as a runtime reads it, on this test's interface: network NAME
network() {
	documents networks.yaml | jq -ces --arg name "$1" 'map(select(.metadata.name == $name))[0] | .spec.config | fromjson |
		if .plugins then . else {cniVersion, name, plugins: [del(.cniVersion, .name)]} end |
		if .plugins[0].master then .plugins[0].master = "lan0" else . end'
}
# ADD and CHECK by Multus' name for a pod's second interface; the result is in $output. Then DEL:
#   works VARIABLE=VALUE... ; gone
works() {
	as_multus=(CNI_IFNAME=net1 CNI_ARGS="IgnoreUnknown=true;K8S_POD_NAMESPACE=default;K8S_POD_NAME=vm;K8S_POD_UID=u$1")
	run -0 cni_list ADD "$list" "${as_multus[@]}"
	local result=$output
	run -0 cni_list CHECK "$list" "${as_multus[@]}"
	output=$result
}
gone() {
	run -0 cni_list DEL "$list" "${as_multus[@]}"
	[ -z "$output" ]
	run -1 link_exists "$pod" net1
}
node() {
	jq -r '.tap | "\(.uid):\(.gid) \(.mode)"' "$PODTAP_STATE_DIR/endpoints/$container/net1.json"
}

@test "kubernetes: every document is valid and has a kind and a name" {
	run -0 bash -c 'ls "$0" | sort' "$examples"
	[ "$output" = $'Containerfile\nkubevirt-binding.yaml\nnetworks.yaml\npod.yaml\nvm.yaml' ]
	for file in networks pod vm; do
		run -0 documents $file.yaml
		run -0 jq -es 'length > 0 and all(.[]; .apiVersion and .kind and .metadata.name)' <<<"$output"
	done
}
# The device plugin on the host, with this configuration, until it is ended.
device_plugin() {
	mkdir "$BATS_TEST_TMPDIR/kubelet"
	DP_MACVTAP_CONF=$1 nsenter --net="/run/netns/$host" -- "$BUILD/podtap-device-plugin" -d "$BATS_TEST_TMPDIR/kubelet" \
		2>"$BATS_TEST_TMPDIR/plugin.log" 3>&- &
	background+=($!)
}
device_plugin_end() {
	kill "${background[-1]}"
	wait "${background[-1]}" || true
	unset 'background[-1]' # somebody else may have its number by the end
}
@test "kubernetes: the device plugin accepts the kit's resources; lan-vm needs only type and deviceID" {
	conf=$(jq -c '.[0].lowerDevice = "lan0"' "$components/device-plugin/resources.json")
	resource=$(documents networks.yaml | jq -r 'select(.metadata.name == "lan-vm").metadata.annotations["k8s.v1.cni.cncf.io/resourceName"]')
	[ "$resource" = "macvtap.network.kubevirt.io/$(jq -r '.[0].name' <<<"$conf")" ]
	mkdir -p "$PODTAP_STATE_DIR"
	device_plugin "$conf"
	timeout 60 sh -c 'until [ -s "$0" ]; do sleep 0.02; done' "$PODTAP_STATE_DIR/resources.json"
	list=$(network lan-vm | jq -c --arg id "${resource#*/}Mvp7" '.plugins[0] += {deviceID: $id, pciBusID: $id}')
	PLUGIN_AS=$BATS_TEST_TMPDIR/bin
	mkdir "$PLUGIN_AS"
	ln -s "$BUILD/podtap" "$PLUGIN_AS/macvtap"
	BUILD=$PLUGIN_AS works ''
	[ "$(jq -r '.master + " " + .mode + " " + .cdi' "$PODTAP_STATE_DIR/endpoints/$container/net1.json")" = \
		"lan0 bridge dataplaneMvp7" ]
	[ "$(node)" = "107:107 0600" ]
	BUILD=$PLUGIN_AS gone
	device_plugin_end
}
# A page on Kubernetes has this line: quoted LINE
quoted() {
	run -0 cat "$root/docs/kubernetes.md" "$root/docs/troubleshooting.md"
	[[ $output == *"$1"* ]] || { echo "no page says: $1"; return 1; }
}
@test "kubernetes.md, troubleshooting.md: quote the programs' messages" {
	list=$(network lan-vm | jq -c '.plugins[0] += {type: "podtap", deviceID: "dataplaneMvp7"}')
	run -1 cni_list ADD "$list"
	said=$(jq -r '.msg + ": " + .details' <<<"$output")
	quoted "\`${said//"$PODTAP_STATE_DIR"//run/podtap}\`"
	run -0 cni_list DEL "$list"
	device_plugin "$(cat "$components/device-plugin/resources.json")"
	timeout 60 sh -c 'until grep -q "there is no eth0 yet" "$0"; do sleep 0.02; done' "$BATS_TEST_TMPDIR/plugin.log"
	device_plugin_end
	run -0 grep -F 'dataplane: there is no eth0 yet' "$BATS_TEST_TMPDIR/plugin.log"
	quoted "${output/there is no eth0 yet/eth0 is there}"
	run -0 "$BUILD/podtapctl" install --alias macvtap --to "$BATS_TEST_TMPDIR/node"
	while read -r line; do
		quoted "    ${line/"$BATS_TEST_TMPDIR/node"//host/opt/cni/bin}"
	done <<<"$output"
}
@test "kubernetes: lan-tap with the pod's annotation and command gives QEMU the tap, owned by its user" {
	list=$(network lan-tap)
	run -0 documents pod.yaml
	podspec=$output
	wanted=$(jq -r '.metadata.annotations["k8s.v1.cni.cncf.io/networks"]' <<<"$podspec")
	[ "$(jq -r '.[0].name' <<<"$wanted")" = lan-tap ]
	mac=$(jq -r '.[0].mac' <<<"$wanted")
	offered="{\"mac\":\"$mac\"}" works ";MAC=$mac"
	json_is '.interfaces[0].mac' "$mac"
	[ "$(node)" = "$(jq -r '.spec.securityContext | "\(.runAsUser):\(.runAsGroup) 0600"' <<<"$podspec")" ]
	[ "$(jq .vmDevices "$PODTAP_STATE_DIR/endpoints/$container/net1.json")" = true ]
	jq -e '.metadata.annotations["podtap.dev/containers"] == .spec.containers[0].name' <<<"$podspec" >/dev/null
	mkdir "$BATS_TEST_TMPDIR/path"
	printf '#!/bin/sh\necho "$@"\n' >"$BATS_TEST_TMPDIR/path/qemu-system-x86_64"
	chmod +x "$BATS_TEST_TMPDIR/path/qemu-system-x86_64"
	ln -s "$BUILD/podtap-exec" "$BATS_TEST_TMPDIR/path"
	mapfile -t command < <(jq -r '.spec.containers[0].command[]' <<<"$podspec")
	run -0 at "$pod" env PATH="$BATS_TEST_TMPDIR/path:$PATH" "${command[@]}"
	[[ $output == *"-netdev tap,id=podtap0,fds="*"-device virtio-net-pci,netdev=podtap0,mac=$mac"* ]]
	gone
}
@test "kubernetes: lan-pods reaches the LAN with an address that nobody there has, and the cluster's default route stays first" {
	own_state
	ip -n "$switch" address add 192.168.1.100/24 dev br0
	ip -n "$pod" -batch - <<-END
		link add eth0 type veth peer name eth0peer
		address add 10.244.0.7/24 dev eth0
		link set eth0 up
		link set eth0peer up
		route add default via 10.244.0.1
	END
	list=$(network lan-pods)
	works ''
	# Of the route, Multus' network-status has its gateway.
	json_is '[.ips[0].address, .routes[0]]' '["192.168.1.101/24",{"dst":"0.0.0.0/0","gw":"192.168.1.1","priority":1000}]'
	run -0 ip -n "$pod" route get 203.0.113.1
	[[ $output == *" via 10.244.0.1 dev eth0 "* ]]
	run -0 ip -n "$pod" route show default
	[[ $output == *"default via 192.168.1.1 dev net1 metric 1000"* ]]
	run -0 at "$pod" ping -n -q -c 1 -w 30 192.168.1.1
	gone
}
@test "kubernetes: lan-guest reports its address and does not set it" {
	own_state
	list=$(network lan-guest)
	works ''
	json_is '[.ips[0].address, .routes[0].gw, .dns.nameservers[0]]' '["192.168.1.120/24","192.168.1.1","192.168.1.1"]'
	run -0 ip -n "$pod" -o address show dev net1
	[ -z "$output" ]
	[ "$(node)" = "107:107 0600" ]
	gone
}
@test "kubernetes: vf gives a passthru endpoint with queues" {
	list=$(network vf)
	works ''
	[ "$(link "$pod" net1 '[.linkinfo.info_data.mode, .num_tx_queues]')" = '["passthru",4]' ]
	gone
}
@test "kubernetes: every network has a test" {
	while read -r name; do
		run -0 grep -q "list=\$(network $name" "$BATS_TEST_FILENAME"
	done < <(documents networks.yaml | jq -r .metadata.name)
}

@test "kubernetes: the Containerfile makes the pod's image, with the file that the kit's image has" {
	name=$(documents pod.yaml | jq -r '.spec.containers[0].image')
	grep -qF "podman build -t $name examples/kubernetes" "$examples/Containerfile"
	file=$(sed -n 's|^COPY --from=podtap /\([^ ]*\) .*|\1|p' "$examples/Containerfile")
	[ "$(basename "$file")" = "$(documents pod.yaml | jq -r '.spec.containers[0].command[0]')" ]
	grep -qwF "$file" "$root/image/build"
	grep -qw "$(documents pod.yaml | jq -r '.spec.containers[0].command[4]' | sed 's/-x86_64/-x86/')" "$examples/Containerfile"
}
@test "kubernetes: the pod of a VM has no capability and is no root" {
	run -0 documents pod.yaml
	json_is '[.spec.securityContext.runAsNonRoot, .spec.containers[0].securityContext.capabilities.drop]' '[true,["ALL"]]'
}
@test "kubernetes: the kit's network with host access has an address, and a route by way of the host" {
	own_state
	ip -n "$host" address add 192.168.1.7/24 dev lan0
	list=$(examples=$components/host-access; documents network.yaml | jq -c '.spec.config | fromjson | .plugins[0].master = "lan0"')
	works ''
	json_is '[.ips[0].address, .routes[0]]' '["192.168.1.140/24",{"dst":"10.96.0.0/12","gw":"192.168.1.7"}]'
	run -0 at "$pod" ping -n -q -c 1 -w 30 192.168.1.7
	gone
}
@test "kubernetes: the VM uses an existing network, with the binding that is registered as a tap" {
	run -0 documents vm.yaml
	name=$(jq -r '.spec.template.spec | .networks[0] as $n | select(.domain.devices.interfaces[0].name == $n.name) |
		$n.multus.networkName' <<<"$output")
	binding=$(jq -r '.spec.template.spec.domain.devices.interfaces[0].binding.name' <<<"$output")
	run -0 network "$name"
	run -0 documents kubevirt-binding.yaml
	json_is ".spec.configuration.network.binding.$binding.domainAttachmentType" tap
}
