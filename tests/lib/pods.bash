# SPDX-License-Identifier: Apache-2.0
# podtap-addresses in pods of the stand-in for Kubernetes, with the roles and the ConfigMap of the kit, for
# the nodes `one` and `two`. Besides engine.bash and pools.bash.
# shellcheck disable=SC2154 # of lib/engine.bash and lib/pools.bash

#   pods_setup [YAML...]     more objects of the API
pods_setup() {
	pools_setup
	kube_start "$@"
	kube POST /api/v1/nodes '{"kind":"Node","apiVersion":"v1","metadata":{"name":"two"}}' >/dev/null
	mkdir account
	cp ca.crt account/
	echo first >account/token
	standin token '{"token":"first","user":"system:serviceaccount:kube-system:podtap-addresses","seconds":3600}'
	export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443
	jq -c --arg here "$PWD/account" '.kubernetes = {serviceAccount: $here}' \
		"$root/deploy/kubernetes/components/cluster-addresses/addresses.json" >addresses.json
}

pod_start() {
	mkdir -p "$nodes/$1"
	nsenter --net="/run/netns/$net" -- env PODTAP_STATE_DIR="$nodes/$1/run" PODTAP_IPAM_STATE_DIR="$nodes/$1/lib" NODE_NAME="$1" \
		"${wrapper[@]}" "$BUILD/podtap-addresses" -c addresses.json >>"$nodes/$1/log" 2>&1 3>&- &
	agents[$1]=$!
}
kube_pool() {
	kube POST "$pools_api" "$(jq -cn --argjson spec "$1" '{apiVersion: "ipam.podtap.dev/v1alpha1", kind: "AddressPool",
		metadata: {name: "lan"}, $spec}')" >/dev/null
}
# Prints the claims of all blocks: "FIRST+OFFSET/COUNT NODE STATE" for each.
claims() {
	kube GET "$blocks_api" | jq -r '.items[] | .metadata.name as $name | .spec.claims[]? |
		"\($name)+\(.offset)/\(.count) \(.node) \(.state)"'
}
