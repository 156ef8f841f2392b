#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# examples/kubernetes: every document is valid, every configuration runs, and the programs accept the pods'
# command lines. Only the names of interfaces are the test's own.
# shellcheck disable=SC2154 # lists.bash's
# bats file_tags=plain
load ../lib/lib
load ../lib/lists

setup() {
	lan_setup
	examples=$root/examples/kubernetes
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
daemonset() {
	documents daemonset.yaml | jq -ce ".spec.template.spec | $1"
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

@test "kubernetes: every document except the patch is valid and has a kind and a name" {
	run -0 bash -c 'ls "$0" | sort' "$examples"
	[ "$output" = $'Containerfile\nconfigmap.yaml\ndaemonset.yaml\ninstall\nkubevirt-binding.yaml\nkustomization.yaml\nnetworks.yaml\npod.yaml\nvm.yaml' ]
	for file in configmap daemonset networks pod vm; do
		run -0 documents $file.yaml
		run -0 jq -es 'length > 0 and all(.[]; .apiVersion and .kind and .metadata.name)' <<<"$output"
	done
}
@test "kubernetes: the kustomization names existing files and the image of all containers" {
	run -0 documents kustomization.yaml
	json_is '.resources' '["configmap.yaml","daemonset.yaml"]'
	image=$(jq -r '.images[0].name' <<<"$output")
	[ "$(daemonset '[.initContainers[], .containers[] | .image] | unique')" = "[\"$image\"]" ]
	# The patch in the comment is valid too.
	run -0 python3 -c 'import sys, yaml
text = open(sys.argv[1]).read().split("# patches:")[1]
patch = yaml.safe_load("patches:" + text.replace("\n# ", "\n"))["patches"][0]["patch"]
print(yaml.safe_load(patch)["spec"]["template"]["spec"]["containers"][0]["name"])' "$examples/kustomization.yaml"
	[ "$output" = device-plugin ]
	run -0 daemonset "any(.containers[]; .name == \"$output\")"
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
@test "kubernetes: the device plugin accepts the ConfigMap; lan-vm needs only type and deviceID" {
	run -0 documents configmap.yaml
	conf=$(jq -r .data.DP_MACVTAP_CONF <<<"$output" | jq -c '.[0].lowerDevice = "lan0"')
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
	device_plugin "$(documents configmap.yaml | jq -r .data.DP_MACVTAP_CONF)"
	timeout 60 sh -c 'until grep -q "there is no eth0 yet" "$0"; do sleep 0.02; done' "$BATS_TEST_TMPDIR/plugin.log"
	device_plugin_end
	run -0 grep -F 'dataplane: there is no eth0 yet' "$BATS_TEST_TMPDIR/plugin.log"
	quoted "${output/there is no eth0 yet/eth0 is there}"
	image one
	run -0 install_plugins ALIASES=macvtap
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
@test "kubernetes: lan-pods reaches the LAN with an address that nobody there has" {
	own_state
	ip -n "$switch" address add 192.168.1.100/24 dev br0
	list=$(network lan-pods)
	works ''
	json_is '.ips[0].address' 192.168.1.101/24
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

@test "kubernetes: each container runs an existing program, with arguments and variables that it accepts" {
	while read -r container; do
		mapfile -t command < <(jq -r '.command[], (.args // [])[]' <<<"$container")
		case ${command[0]} in
		*/install) program=$examples/install known=$program ;;
		/usr/libexec/podtap/*)
			program=$BUILD/${command[0]##*/}
			known="$root/man/${command[0]##*/}.8 $root/man/podtap.8"
			run -0 "$program" "${command[@]:1}" --help
			;;
		esac
		[ -x "$program" ]
		while read -r variable; do
			# shellcheck disable=SC2086 # a list of files
			run -0 grep -qw "$variable" $known
		done < <(jq -r '(.env // [])[].name' <<<"$container")
	done < <(daemonset '.initContainers[], .containers[]')
}
@test "kubernetes: no host PIDs, no privileged container, a read-only root, one capability for one container" {
	run -0 daemonset '.hostPID != true and .hostIPC != true and .automountServiceAccountToken == false and
		all(.initContainers[], .containers[]; .securityContext | .readOnlyRootFilesystem and .privileged != true and
			.allowPrivilegeEscalation == false and .capabilities.drop == ["ALL"])'
	[ "$(daemonset '[.initContainers[], .containers[] | {(.name): .securityContext.capabilities.add}] | add')" = \
		'{"install":null,"nri":["SYS_ADMIN"],"device-plugin":null}' ]
	run -0 daemonset '.containers[0].volumeMounts[] | select(.mountPath == "/run/netns") |
		.mountPropagation == "HostToContainer" and .readOnly'
	run -0 documents pod.yaml
	json_is '[.spec.securityContext.runAsNonRoot, .spec.containers[0].securityContext.capabilities.drop]' '[true,["ALL"]]'
}
@test "kubernetes: every mount has a volume, and every ConfigMap key that a container names exists" {
	run -0 daemonset '([.initContainers[], .containers[] | .volumeMounts[].name] | unique) == ([.volumes[].name] | unique)'
	reference=$(daemonset '[.containers[].env[]?.valueFrom.configMapKeyRef | values][0]')
	run -0 documents configmap.yaml
	run -0 jq -e --argjson r "$reference" '.metadata.name == $r.name and .data[$r.key]' <<<"$output"
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
@test "kubernetes: the Containerfile copies existing files from the paths of make install" {
	run -0 sed -n 's/^COPY \(examples[^ ]*\) .*/\1/p' "$examples/Containerfile"
	[ -x "$root/$output" ]
	run -0 env -u MAKEFLAGS make -n -C "$root" O="$BATS_TEST_TMPDIR/none" DESTDIR=/out install
	while read -r path; do
		[[ $output == *" '$path"* ]] || { echo "$path"; false; }
	done < <(sed -n 's|^COPY --from=build \([^ ]*\) .*|\1|p' "$examples/Containerfile")
}

# The image's script, on directories of the test's own: install_plugins [VARIABLE=VALUE...]
install_plugins() {
	env FROM="$BATS_TEST_TMPDIR/image" CNI_BIN_DIR="$BATS_TEST_TMPDIR/node" "$@" "$examples/install"
}
image() {
	mkdir -p "$BATS_TEST_TMPDIR/image" "$BATS_TEST_TMPDIR/node"
	for name in podtap podtap-ipam; do
		printf '#!/bin/sh\necho podtap %s\n' "$1" >"$BATS_TEST_TMPDIR/image/$name"
		chmod 0644 "$BATS_TEST_TMPDIR/image/$name"
	done
}
@test "install: renames executable plugins and aliases into place, and again only those that changed" {
	image one
	cd "$BATS_TEST_TMPDIR/node"
	run -0 install_plugins ALIASES="macvtap macvlan"
	[ "$(ls)" = $'macvlan\nmacvtap\npodtap\npodtap-ipam' ]
	[ "$(./macvtap) $(readlink macvlan) $(stat -c %a podtap)" = "podtap one podtap 755" ]
	run -0 install_plugins ALIASES=macvtap
	[ -z "$output" ]
	exec {old}<podtap
	image two
	run -0 install_plugins ALIASES=macvtap
	[ "$(./podtap) $(./podtap-ipam)" = "podtap two podtap two" ]
	[ "$(tail -n 1 <&$old)" = "echo podtap one" ]
	exec {old}<&-
	[ "$(ls)" = $'macvlan\nmacvtap\npodtap\npodtap-ipam' ]
}
@test "install: names and keeps another program's plugin, and installs nothing; FORCE=1 replaces it" {
	image one
	cd "$BATS_TEST_TMPDIR/node"
	for make in 'echo foreign >macvtap' 'ln -sf elsewhere macvtap' 'ln -sf podtap-ipam macvtap'; do
		rm -f macvtap
		eval "$make"
		before=$(ls -l macvtap)
		run -1 install_plugins ALIASES=macvtap
		[ "$output" = "$BATS_TEST_TMPDIR/node/macvtap is another program's plugin: FORCE=1 replaces it" ]
		[ "$(ls)" = macvtap ]
		[ "$(ls -l macvtap)" = "$before" ]
	done
	run -0 install_plugins
	[ "$(readlink macvtap)" = podtap-ipam ]
	run -0 install_plugins ALIASES=macvtap FORCE=1
	[ "$(readlink macvtap)" = podtap ]
	rm podtap
	echo foreign >podtap
	run -1 install_plugins
	[ "$(cat podtap)" = foreign ]
}
