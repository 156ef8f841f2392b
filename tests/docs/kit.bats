#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# deploy: what helm and kustomize render is valid for the Kubernetes API, and is the same for the same choices.
# bats file_tags=plain
bats_require_minimum_version 1.5.0

setup_file() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	kustomizations=$BATS_FILE_TMPDIR/kubernetes
	tools=$("$root/tests/kubernetes/tools")
	PATH=$tools/helm:$tools/kubectl:$PATH
	: "${BUILD:=$root/build}"
	export root kustomizations BUILD PATH HOME=$BATS_FILE_TMPDIR
	cp -r "$root/deploy/kubernetes" "$kustomizations"
}
objects() {
	"$root/tests/kubernetes/objects" "$@"
}
# Renders the kustomization with these components: kustomized COMPONENT...
kustomized() {
	local component
	local mine=$kustomizations/mine-$BATS_TEST_NUMBER # tests of this file run beside each other
	mkdir -p "$mine"
	{
		printf 'resources: [../base]\nimages: [{name: podtap, newName: registry.example/podtap, newTag: latest}]\ncomponents:\n'
		for component; do echo "- ../components/$component"; done
		[ $# -gt 0 ] || echo "  []"
	} >"$mine/kustomization.yaml"
	kubectl kustomize "$mine"
}
# Renders the chart: helmed OPTION...
helmed() {
	helm template podtap "$root/deploy/helm/podtap" --namespace kube-system --set image.tag=latest "$@" 2>"$BATS_TEST_TMPDIR/helm.log"
}
# The chart and the kustomization render the same: same COMPONENTS OPTION...
same() {
	local components=$1
	shift
	# shellcheck disable=SC2086 # a list of words
	kustomized $components >"$BATS_TEST_TMPDIR/kustomize.yaml"
	helmed --set devicePlugin.enabled=false "$@" >"$BATS_TEST_TMPDIR/helm.yaml" || { cat "$BATS_TEST_TMPDIR/helm.log"; return 1; }
	for renderer in kustomize helm; do
		objects normal <"$BATS_TEST_TMPDIR/$renderer.yaml" >"$BATS_TEST_TMPDIR/$renderer" || { cat "$BATS_TEST_TMPDIR/$renderer"; return 1; }
	done
	diff "$BATS_TEST_TMPDIR/kustomize" "$BATS_TEST_TMPDIR/helm"
}

@test "kit: the chart and the kustomization render the same objects, valid for the API, for each component and for all" {
	run -0 same ""
	run -0 same policy --set policy.enabled=true
	run -0 same metrics --set 'nri.metrics=$(HOST_IP):9799'
	run -0 same "device-plugin host-access" --set devicePlugin.enabled=true,hostAccess.enabled=true
	run -0 same "openshift cluster-addresses" --set clusterAddresses.enabled=true,openshift.enabled=true
	everything=(--set "devicePlugin.enabled=true,policy.enabled=true,hostAccess.enabled=true,clusterAddresses.enabled=true,openshift.enabled=true,nri.metrics=\$(HOST_IP):9799")
	run -0 same "policy cluster-addresses openshift device-plugin host-access metrics" "${everything[@]}"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/helm")" -ge 14 ]
}
# The directories of a node that a rendered kit uses for plugins and for namespaces.
directories() {
	objects get DaemonSet podtap | jq -r '[.spec.template.spec.volumes | sort_by(.name)[] | select(.name == "cni-bin" or .name == "netns").hostPath.path] | join(" ")'
}
@test "kit: the chart's files equal those of the kustomization" {
	for file in crds.yaml rbac.yaml; do
		run -0 diff "$root/deploy/kubernetes/components/cluster-addresses/$file" "$root/deploy/helm/podtap/files/$file"
	done
}
@test "kit: every kustomization is valid, and has the directories of its nodes; so have helm's values" {
	while read -r place plugins namespaces; do
		kubectl kustomize "$root/deploy/kubernetes/$place" >"$BATS_TEST_TMPDIR/$place"
		run -0 objects check <"$BATS_TEST_TMPDIR/$place"
		[ "$(directories <"$BATS_TEST_TMPDIR/$place")" = "$plugins $namespaces" ]
		[ ! -e "$root/deploy/helm/$place.yaml" ] ||
			[ "$(helmed -f "$root/deploy/helm/$place.yaml" | directories)" = "$plugins $namespaces" ]
	done <<-'END'
		kubeadm /opt/cni/bin /run/netns
		rke2 /opt/cni/bin /run/netns
		kind /opt/cni/bin /run/netns
		k3s /var/lib/rancher/k3s/data/cni /run/netns
		openshift /var/lib/cni/bin /run/netns
		talos /opt/cni/bin /var/run/netns
	END
}
@test "kit: a changed configuration restarts the pods that read it, and no others" {
	all="device-plugin policy cluster-addresses"
	options=(--set policy.enabled=true --set clusterAddresses.enabled=true)
	templates() { objects templates | sort; }
	# shellcheck disable=SC2086 # a list of words
	kustomized $all | templates >"$BATS_TEST_TMPDIR/k"
	helmed "${options[@]}" | templates >"$BATS_TEST_TMPDIR/h"
	cp -r "$kustomizations" "$BATS_TEST_TMPDIR/changed"
	kustomizations=$BATS_TEST_TMPDIR/changed
	others() { comm -13 "$1" - | cut -d' ' -f1; }
	while read -r name file option; do
		cp "$kustomizations/components/$file" "$BATS_TEST_TMPDIR/kept"
		echo ' ' >>"$kustomizations/components/$file"
		# shellcheck disable=SC2086 # a list of words
		[ "$(kustomized $all | templates | others "$BATS_TEST_TMPDIR/k")" = "$name" ]
		[ "$(helmed "${options[@]}" --set-json "$option" | templates | others "$BATS_TEST_TMPDIR/h")" = "$name" ]
		cp "$BATS_TEST_TMPDIR/kept" "$kustomizations/components/$file"
	done <<-'END'
		podtap policy/policy.json policy.document={"rules":[{"masters":["eth1"],"modes":["bridge"]}]}
		podtap-device-plugin device-plugin/resources.json devicePlugin.resources=[]
		podtap-addresses cluster-addresses/addresses.json clusterAddresses.config={"engine":"kubernetes","node":"a"}
	END
}
@test "kit: helm finds nothing wrong with the chart, refuses misspelled values, and the chart has podtap's version" {
	run -0 helm lint --strict "$root/deploy/helm/podtap"
	run ! helmed --set policies.enabled=true
	grep -q "additional properties 'policies' not allowed" "$BATS_TEST_TMPDIR/helm.log"
	run ! helmed --set cniBinDir=opt
	run -0 helm show chart "$root/deploy/helm/podtap"
	[ "$(grep -ciE "^(app)?version: $(cat "$root/VERSION")$" <<<"$output")" = 2 ]
	# kind has no registry: its image has the name of make image's archive, and no tag that kubelet always pulls.
	for kit in "kubectl kustomize $root/deploy/kubernetes/kind" "helm template $root/deploy/helm/podtap -f $root/deploy/helm/kind.yaml"; do
		[ "$($kit | sed -n 's/^ *image: //p' | sort -u)" = "localhost/podtap:$(cat "$root/VERSION")" ]
	done
	run -0 helmed --set nri.announced=true --set image.pullPolicy=Always
	[ "$(objects get DaemonSet podtap <<<"$output" | jq -c '.spec.template.spec.containers[0] | [.command[-1], .securityContext.capabilities.add[-1], .imagePullPolicy]')" = \
		'["--announced","NET_RAW","Always"]' ]
	run ! helmed --set nri.metrics=localhost
	run -0 helmed --set nri.metrics=unix:/run/podtap/metrics.sock
	[ "$(objects get DaemonSet podtap <<<"$output" | jq -c '.spec.template | [.spec.containers[0].command[1:], .metadata.annotations["prometheus.io/port"]]')" = \
		'[["--metrics","unix:/run/podtap/metrics.sock"],null]' ]
}
@test "kit: the check of objects finds unknown fields, missing ones, other types and names that do not agree" {
	kustomized device-plugin >"$BATS_TEST_TMPDIR/good"
	run -0 objects check <"$BATS_TEST_TMPDIR/good"
	while IFS='|' read -r change found; do
		run -1 objects check < <(sed "$change" "$BATS_TEST_TMPDIR/good")
		[[ $output == *"$found"* ]] || { echo "$change: $output"; false; }
	done <<-'END'
		s/hostNetwork: true/hostNetwork: yes please/|hostNetwork: 'yes please' is no bool
		s/periodSeconds/periodSecond/|there is no field periodSecond
		s/  selector:/  selektor:/|there is no field selektor
		s/mountPath: .run.podtap-health/mountpath: x/|there is no field mountpath
		/key: DP_MACVTAP_CONF/{n;s/name: .*/name: other/}|there is no ConfigMap other
		s/memory: 32Mi/memory: much/|much
		s/- ALL/- KILL/|may do more than it needs
	END
	[ "$(objects check <<<"" || :)" = "there is no object" ]
}

# Prints every container of the kit, and every pod's specification.
pods() {
	objects templates | cut -d' ' -f2- | jq -c .spec
}
@test "kit: each container runs an existing program, with arguments and variables that it accepts, and may no more than it needs" {
	kustomized device-plugin policy cluster-addresses openshift metrics >"$BATS_TEST_TMPDIR/all"
	pods <"$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/pods"
	run -0 jq -es 'all(.hostPID != true and .hostIPC != true)' "$BATS_TEST_TMPDIR/pods"
	[ "$(jq -sc '[.[] | (.initContainers // [])[], .containers[] | {(.name): .securityContext.capabilities.add}] | add' "$BATS_TEST_TMPDIR/pods")" = \
		'{"install":null,"policy":null,"prune":["SYS_ADMIN","NET_ADMIN","SYS_CHROOT"],"nri":["SYS_ADMIN","NET_ADMIN"],"addresses":null,"device-plugin":null}' ]
	# OpenShift allows just these.
	run -0 objects get SecurityContextConstraints podtap <"$BATS_TEST_TMPDIR/all"
	[ "$(jq -c '.allowedCapabilities | sort' <<<"$output")" = "$(jq -sc '[.[] | (.initContainers // [])[], .containers[] |
		.securityContext.capabilities.add // [] | .[]] | unique' "$BATS_TEST_TMPDIR/pods")" ]
	# The namespaces of containerd, and of CRI-O.
	[ "$(jq -c '.containers[] | select(.name == "nri").volumeMounts[] | select(.name == "netns") | [.mountPath, .mountPropagation, .readOnly]' \
		"$BATS_TEST_TMPDIR/pods")" = $'["/run/netns","HostToContainer",true]\n["/var/run/netns","HostToContainer",true]' ]
	while read -r container; do
		mapfile -t command < <(jq -r '.command[]' <<<"$container")
		program=$BUILD/${command[0]##*/}
		[[ ${command[0]} == /usr/libexec/podtap/* || ${command[0]} == /usr/bin/podtapctl ]]
		run -0 "$program" "${command[@]:1}" --help
		while read -r variable; do
			run -0 grep -qw "$variable" "$root/man/${command[0]##*/}.8" "$root/man/podtap.8"
		done < <(jq -r '(.env // [])[].name' <<<"$container")
		# The probes ask the program itself.
		for probe in readiness liveness; do
			[ "$(jq -r ".${probe}Probe // {exec: {command: [.command[0]]}} | .exec.command[0]" <<<"$container")" = "${command[0]}" ]
		done
	done < <(jq -c '(.initContainers // [])[], .containers[]' "$BATS_TEST_TMPDIR/pods")
}
