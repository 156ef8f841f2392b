#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Addresses that belong to a VM, a pod or an IPAMClaim, on several nodes: podtap-addresses and podtap-ipam with etcd, and
# with the stand-in for the Kubernetes API.
# shellcheck disable=SC2154 # of lib/engine.bash and lib/pools.bash
load ../lib/engine
load ../lib/pools

setup() {
	pools_setup
}
teardown() {
	pools_teardown
}

# The address of a pod's interface on a node. Each call has another container.
#   of_pod KIND NODE CONTAINER POD [MEMBERS_OF_IPAM]
of_pod() {
	CNI_ARGS="K8S_POD_NAMESPACE=default;K8S_POD_NAME=$4" given "$2" "$3" \
		"$(jq -cn --arg sticky "$1" --argjson more "${5:-"{}"}" '{$sticky} + $more')"
}

bindings() {
	etcdctl_at 1 get --prefix /podtap/bindings/ --keys-only | grep .
}

# Starts the stand-in with three nodes, the kinds of KubeVirt and of IPAMClaims, and the pool lan.
cluster_start() {
	local node kind
	kube_start
	for node in two three; do
		kube POST /api/v1/nodes "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"$node\"}}" >/dev/null
	done
	for kind in kubevirt.io/v1/virtualmachines/VirtualMachine kubevirt.io/v1/virtualmachineinstances/VirtualMachineInstance \
		k8s.cni.cncf.io/v1alpha1/ipamclaims/IPAMClaim; do
		IFS=/ read -r group version plural name <<<"$kind"
		kube POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions "$(jq -cn --arg group "$group" --arg version "$version" \
			--arg plural "$plural" --arg kind "$name" '{apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition",
			metadata: {name: "\($plural).\($group)"}, spec: {$group, scope: "Namespaced", names: {$plural, $kind},
			versions: [{name: $version, served: true, storage: true, subresources: {status: {}}, schema: {openAPIV3Schema:
			{type: "object", properties: {status: {type: "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}}')" >/dev/null
	done
	mkdir account
	cp ca.crt account/
	echo first >account/token
	standin token '{"token":"first","user":"system:serviceaccount:kube-system:podtap-addresses","seconds":3600}'
	kube POST "$pools_api" "$(jq -cn '{apiVersion: "ipam.podtap.dev/v1alpha1", kind: "AddressPool", metadata: {name: "lan"},
		spec: {sets: [{subnet: "192.0.2.0/24"}], holdDown: "0s", reclaimAfter: "1s"}}')" >/dev/null
	export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443
	for node in "$@"; do
		pod_start "$node"
	done
}
pod_start() {
	mkdir -p "$nodes/$1"
	jq -cn --arg here "$PWD/account" --arg node "$1" '{engine: "kubernetes", $node, kubernetes: {serviceAccount: $here}}' \
		>"$nodes/$1/addresses.json"
	nsenter --net="/run/netns/$net" -- env PODTAP_STATE_DIR="$nodes/$1/run" PODTAP_IPAM_STATE_DIR="$nodes/$1/lib" \
		"$BUILD/podtap-addresses" -c "$nodes/$1/addresses.json" >>"$nodes/$1/log" 2>&1 3>&- &
	agents[$1]=$!
}

# Makes a pod with labels and annotations.
pod() {
	kube POST /api/v1/namespaces/default/pods "$(jq -cn --arg name "$1" --argjson labels "${2:-"{}"}" --argjson annotations "${3:-"{}"}" \
		'{apiVersion: "v1", kind: "Pod", metadata: {$name, $labels, $annotations}}')" >/dev/null
}
# Makes, and deletes, a VM or an IPAMClaim.
owner() {
	local path=/apis/$1/namespaces/default/$2
	if [ "$4" = DELETE ]; then
		kube DELETE "$path/$3" >/dev/null
	else
		kube POST "$path" "$(jq -cn --arg name "$3" '{metadata: {$name}}')" >/dev/null
	fi
}
vm() { owner kubevirt.io/v1 virtualmachines "$@"; }
ipam_claim() { owner k8s.cni.cncf.io/v1alpha1 ipamclaims "$@"; }
# Prints the claims of owners: "FIRST+OFFSET NODE STATE" for each.
owned() {
	kube GET "$blocks_api" | jq -r '.items[] | .metadata.name as $name | .spec.claims[]? | select(.claim) |
		"\($name)+\(.offset) \(.node) \(.state)"'
}
owned_are() { [ "$(owned | cut -d' ' -f2- | sort | paste -sd,)" = "$1" ]; }
bindings_of_kube() { kube GET /apis/ipam.podtap.dev/v1alpha1/addressbindings | jq -r '.items[].spec | "\(.kind) \(.namespace)/\(.name) \(.address)"'; }

@test "sticky: a pod's name keeps its address over restarts and on another node, and with the engine down" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"},{"subnet":"2001:db8::/120"}],"holdDown":"0s","stickyFor":"1h"}'
	node_start a
	node_start b
	run -0 of_pod pod a 1 web-0
	first=$output
	[[ $first == 192.0.2.*/24\ 2001:db8::*/120 ]]
	run -0 of_pod pod a 2 web-1
	[ "$output" != "$first" ]
	run -0 call DEL a 1
	run -0 of_pod pod b 3 web-0
	[ "$output" = "$first" ]
	# It is not given where it is not, and the error says where it is.
	run -1 of_pod pod a 4 web-0 '{"poolWait":1}'
	[[ $output == *"pod default/web-0 has ${first%%/*} on node b"* ]]
	# Nothing else gets it.
	for id in 5 6 7 8; do
		run -0 given a "$id"
		[ "$output" != "$first" ]
	done
	nothing_twice
	# The engine is down: what is here is here.
	etcd_end 1
	run -0 call DEL b 3
	run -0 of_pod pod b 9 web-0
	[ "$output" = "$first" ]
	node_end b
	run -0 call DEL b 9
	run -0 of_pod pod b 10 web-0
	[ "$output" = "$first" ]
	etcd_member 1
	node_start b
	run -0 of_pod pod b 11 web-2
	nothing_twice
	# The new process serves what the former one did.
	jq -e '.bindings | length == 2' "$nodes/b/run/pools/lan.json" >/dev/null
	run -0 call DEL b 10
	run -0 of_pod pod a 12 web-0
	[ "$output" = "$first" ]
}

@test "sticky: a node that lives takes back an owner's claim that another node marks as lost" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"},{"subnet":"2001:db8::/120"}],"reclaimAfter":"1h","holdDown":"0s","stickyFor":"1h"}'
	node_start a
	node_start b
	run -0 of_pod pod a 1 web-0
	first=$output
	run -0 given b 1
	entry=$(etcdctl_at 1 get /podtap/nodes/a --print-value-only)
	etcdctl_at 1 del /podtap/nodes/a
	of_pod pod b 2 web-0 '{"poolWait":60}' >answer &
	waits=$!
	until_true eval '[ "$(claims | grep -c "/1 a lost")" -ge 2 ]'
	etcdctl_at 1 put /podtap/nodes/a "$entry"
	taken_back() {
		"$tests/lib/timers_expire" "${agents[a]}" 200
		[ "$(claims | grep -c " a lost")" = 0 ]
	}
	until_true taken_back
	run -0 call DEL a 1
	wait "$waits"
	[ "$(cat answer)" = "$first" ]
	nothing_twice
}

@test "sticky: a pod's name that nothing uses for stickyFor, or whose binding is deleted, has its address no more" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/29"}],"holdDown":"0s","stickyFor":"2s","claim":{"spare":0}}'
	node_start a
	for id in 1 2 3 4 5; do
		run -0 of_pod pod a "$id" "web-$id"
	done
	[ "$(bindings | wc -l)" = 5 ]
	# CHECK knows the address; etcd knows no VMs.
	jq -cn --arg data "$nodes/a/leases" --arg ip "$output" '{cniVersion: "1.1.0", name: "net", type: "podtap",
		ipam: {type: "podtap-ipam", pool: "lan", sticky: "pod", dataDir: $data}, prevResult: {cniVersion: "1.1.0", ips: [{address: $ip}]}}' >check.json
	check() {
		on a env CNI_COMMAND=CHECK CNI_CONTAINERID="$1" CNI_NETNS=/run/netns/none CNI_IFNAME=eth0 CNI_PATH="$BUILD" \
			CNI_ARGS="K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-5" "$BUILD/podtap-ipam" <check.json
	}
	run -0 check 5
	run -1 check 4
	run -1 of_pod vm a 7 web-7 '{"poolWait":1}'
	[[ $output == *"the engine etcd knows no VMs and no IPAMClaims"* ]]
	for id in 1 2 3 4 5; do
		run -0 call DEL a "$id"
	done
	nothing_bound() { [ -z "$(bindings)" ] && ! claims | grep -q idle; }
	until_true nothing_bound
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/29"}],"holdDown":"0s","stickyFor":"168h","claim":{"spare":0}}'
	run -0 of_pod pod a 6 web-0
	run -0 call DEL a 6
	[ "$(bindings | wc -l)" = 1 ]
	etcdctl_at 1 del --prefix /podtap/bindings/ >/dev/null
	until_true eval '[ -z "$(claims | grep idle)" ]'
}

@test "sticky: a VM has one address on the source and the target of its migration, no third node has it, and it goes with the VM" {
	cluster_start one two three
	vm web POST
	pod virt-launcher-web-a '{"vm.kubevirt.io/name":"web"}'
	pod virt-launcher-web-b '{"vm.kubevirt.io/name":"web"}'
	for target in c d; do
		pod "virt-launcher-web-$target" '{"vm.kubevirt.io/name":"web","kubevirt.io/migrationJobUID":"1"}'
	done
	run -0 of_pod vm one 1 virt-launcher-web-a
	first=$output
	# A second pod that is no target of a migration does not get it while the first lives.
	run -1 of_pod vm two 2 virt-launcher-web-b '{"poolWait":1}'
	[ "$(jq .code <<<"$output")" = 11 ]
	[[ $output == *"vm default/web has ${first%/*} on node one"* ]]
	run -0 of_pod vm two 3 virt-launcher-web-c
	[ "$output" = "$first" ]
	owned_are "one active,two active"
	[ "$(used | grep -cx "${first%/*}")" = 2 ]
	# The target may use it while the source does: no proof is right.
	jq -e '.bindings[].shared' "$nodes/two/run/pools/lan.json" >/dev/null
	run -1 of_pod vm three 4 virt-launcher-web-d '{"poolWait":1}'
	[[ $output == *"on node one and two, and a third may not have it"* || $output == *"on node two and one, and a third may not have it"* ]]
	run -0 call DEL one 1
	until_true owned_are "two active"
	run -0 of_pod vm three 5 virt-launcher-web-d
	[ "$output" = "$first" ]
	owned_are "three active,two active"
	# Another VM, and a pod without an owner, get other addresses.
	vm other POST
	pod virt-launcher-other '{"vm.kubevirt.io/name":"other"}'
	run -0 of_pod vm one 6 virt-launcher-other
	[ "$output" != "$first" ]
	run -0 given one 7
	[ "$output" != "$first" ]
	# The VM is stopped: its address is kept. It is deleted: its address is free.
	run -0 call DEL two 3
	run -0 call DEL three 5
	until_true owned_are "one active,three idle"
	[[ $(bindings_of_kube) == *"vm default/web ${first%/*}"* ]]
	vm web DELETE
	until_true owned_are "one active"
	[[ $(bindings_of_kube) != *"default/web"* ]]
	# A VirtualMachineInstance may live without a VirtualMachine.
	owner kubevirt.io/v1 virtualmachineinstances solo POST
	pod virt-launcher-solo '{"vm.kubevirt.io/name":"solo"}'
	run -0 of_pod vm two 8 virt-launcher-solo
	run -0 call DEL two 8
	until_true owned_are "one active,two idle"
	sleep 2 # nothing may happen
	owned_are "one active,two idle"
	owner kubevirt.io/v1 virtualmachineinstances solo DELETE
	until_true owned_are "one active"
	# A VM that is deleted while it runs keeps its address until it has ended.
	vm other DELETE
	run -0 call DEL one 6
	until_true owned_are ""
	[ -z "$(bindings_of_kube)" ]
}

@test "sticky: an IPAMClaim of the pod's network selection has the address, before the VM's label, and without one the ADD says so" {
	cluster_start one two
	ipam_claim web.lan POST
	claim=$(kube GET /apis/k8s.cni.cncf.io/v1alpha1/namespaces/default/ipamclaims/web.lan)
	kube PUT /apis/k8s.cni.cncf.io/v1alpha1/namespaces/default/ipamclaims/web.lan/status \
		"$(jq -c '.status = {conditions: []}' <<<"$claim")" >/dev/null
	networks='{"k8s.v1.cni.cncf.io/networks":"[{\"name\":\"other\"},{\"name\":\"lan\",\"interface\":\"eth0\",\"ipam-claim-reference\":\"web.lan\"}]"}'
	pod virt-launcher-web-a '{"vm.kubevirt.io/name":"web"}' "$networks"
	pod virt-launcher-web-b '{"vm.kubevirt.io/name":"renamed"}' "$networks"
	pod bare
	run -0 of_pod vm one 1 virt-launcher-web-a
	first=$output
	[ "$(bindings_of_kube)" = "claim default/web.lan ${first%/*}" ]
	# The claim says so, and keeps what others wrote.
	claim_is() { [ "$(kube GET /apis/k8s.cni.cncf.io/v1alpha1/namespaces/default/ipamclaims/web.lan | jq -c .status)" = "$1" ]; }
	until_true claim_is "{\"conditions\":[],\"ips\":[\"$first\"],\"ownerPod\":{\"name\":\"virt-launcher-web-a\"}}"
	run -0 call DEL one 1
	run -0 of_pod claim two 2 virt-launcher-web-b
	[ "$output" = "$first" ]
	for kind in vm claim; do
		run -1 of_pod "$kind" one 3 bare '{"poolWait":1}'
		[[ $output == *"pod default/bare, interface eth0"*ipam-claim-reference* ]]
	done
	run -1 of_pod vm one 4 unknown '{"poolWait":1}'
	[[ $output == *"there is no such pod"* ]]
	run -0 call DEL two 2
	until_true owned_are "two idle"
	ipam_claim web.lan DELETE
	until_true owned_are ""
	[ -z "$(bindings_of_kube)" ]
}

@test "sticky: the address of a node that is gone stays the VM's, and its next use is proved" {
	cluster_start one two
	vm web POST
	pod virt-launcher-web-a '{"vm.kubevirt.io/name":"web"}'
	pod virt-launcher-web-b '{"vm.kubevirt.io/name":"web"}'
	run -0 of_pod vm one 1 virt-launcher-web-a
	first=$output
	run -0 given two 2
	node_end one
	rm -r "$nodes/one/leases"
	run -1 of_pod vm two 3 virt-launcher-web-b '{"poolWait":1}'
	[[ $output == *"vm default/web has ${first%/*} on node one"* ]]
	kube DELETE /api/v1/nodes/one >/dev/null
	run -0 of_pod vm two 4 virt-launcher-web-b '{"poolWait":60}'
	[ "$output" = "$first" ]
	jq -e '.bindings[].unproved' "$nodes/two/run/pools/lan.json" >/dev/null
	[ -e "$nodes/two/run/pools/lan.unproved" ]
}

# bats test_tags=long
@test "sticky: a program that is killed at any time gives an owner's address to nobody else, and loses none" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}],"claim":{"spare":1,"size":2},"holdDown":"0s","stickyFor":"1s"}'
	node_start b
	for ((when = 60; when < 500; when += 40)); do
		wrapper=(strace -D -f -qq -o /dev/null -e "inject=all:signal=KILL:when=$when")
		node_start a
		wrapper=()
		of_pod pod a "a$when" "web-$((when % 3))" '{"poolWait":1}' >/dev/null || :
		call ADD b "b$when" '{"poolWait":1}' >/dev/null || :
		nothing_twice
		call DEL a "a$when"
		of_pod pod b "c$when" "web-$((when % 3))" '{"poolWait":1}' >/dev/null || :
		nothing_twice
		call DEL b "b$when"
		call DEL b "c$when"
		node_end a
	done
	node_start a
	run -0 of_pod pod b last web-0 '{"poolWait":30}'
	nothing_twice
	run -0 call DEL b last
	until_true eval '[ -z "$(bindings)" ] && [ -z "$(claims | grep idle)" ]'
	etcdctl_at 1 put /podtap/pools/lan "$(etcdctl_at 1 get /podtap/pools/lan --print-value-only |
		jq -c '.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"')"
	until_true eval '[ -z "$(claims)" ]'
}
