# SPDX-License-Identifier: Apache-2.0
# Nodes that share the pools of an engine, besides engine.bash: each has directories of its own, a
# podtap-addresses, and podtap-ipam's calls. All are in the engine's namespace.

pools_setup() {
	engine_setup
	nodes=$PWD/nodes
	declare -gA agents=()
}

pools_teardown() {
	local node
	for node in "${!agents[@]}"; do
		# One that ended by itself did not work to the end.
		if [ -z "${wrapper[*]}" ] && ! kill -0 "${agents[$node]}" 2>/dev/null; then
			echo "podtap-addresses of node $node ended before the test"
			crashed=1
		fi
		node_end "$node"
		sed "s/^/$node: /" "$nodes/$node/log"
	done
	engine_teardown
	[ -z "${crashed:-}" ]
}

# Puts a pool into etcd, or changes it.
#   pool_put NAME SPEC
pool_put() {
	etcdctl_at "${3:-1}" put "/podtap/pools/$1" "$(jq -cn --arg name "$1" --argjson spec "$2" \
		'{apiVersion: "ipam.podtap.dev/v1alpha1", kind: "AddressPool", metadata: {$name}, $spec}')" >/dev/null
}

# Runs a command as a node.
on() {
	local node=$1
	shift
	inside env PODTAP_STATE_DIR="$nodes/$node/run" PODTAP_IPAM_STATE_DIR="$nodes/$node/lib" "$@"
}

# Starts a node's podtap-addresses.
node_start() {
	mkdir -p "$nodes/$1"
	etcd_config "${members_wanted:-1}" | jq -c --arg node "$1" '. + {$node}' >"$nodes/$1/addresses.json"
	nsenter --net="/run/netns/$net" -- env PODTAP_STATE_DIR="$nodes/$1/run" PODTAP_IPAM_STATE_DIR="$nodes/$1/lib" \
		"${wrapper[@]}" "$BUILD/podtap-addresses" -c "$nodes/$1/addresses.json" >>"$nodes/$1/log" 2>&1 3>&- &
	agents[$1]=$!
}
wrapper=()

# Ends a node's podtap-addresses by a signal.
node_end() {
	kill "-${2:-KILL}" "${agents[$1]}" 2>/dev/null || :
	wait "${agents[$1]}" 2>/dev/null || :
	unset "agents[$1]"
}

# A verb of podtap-ipam on a node, for a network with the pool lan.
#   call VERB NODE ID [MEMBERS_OF_IPAM]
call() {
	jq -cn --arg data "$nodes/$2/leases" --argjson more "${4:-"{}"}" '{cniVersion: "1.1.0", name: "net", type: "podtap",
		ipam: ({type: "podtap-ipam", pool: "lan", poolWait: 20, dataDir: $data} + $more)}' |
		on "$2" env CNI_COMMAND="$1" CNI_CONTAINERID="$3" CNI_NETNS=/run/netns/none CNI_IFNAME=eth0 CNI_PATH="$BUILD" \
			"$BUILD/podtap-ipam"
}

# Prints the address that an ADD gives.
#   given NODE ID [MEMBERS_OF_IPAM]
given() {
	local answer
	answer=$(call ADD "$@") || { echo "$answer"; return 1; }
	jq -r '[.ips[].address] | join(" ")' <<<"$answer"
}

# Prints the claims of all blocks, by address: "FIRST+OFFSET/COUNT NODE STATE" for each.
claims() {
	etcdctl_at 1 get --prefix /podtap/blocks/ -w json |
		jq -r '.kvs[]?.value | @base64d | fromjson | .metadata.name as $name | .spec.claims[]? |
			"\($name)+\(.offset)/\(.count) \(.node) \(.state)"'
}

# The number of addresses that a node, or all nodes, claim.
claimed() {
	claims | awk -v node="${1:-}" '{split($1, part, "/")} node == "" || $2 == node {n += part[2]} END {print n + 0}'
}
# Succeeds if a node claims exactly so many, at least, or at most.
claims_are() { [ "$(claimed "$1")" = "$2" ]; }
claims_at_least() { [ "$(claimed "$1")" -ge "$2" ]; }
claims_at_most() { [ "$(claimed "$1")" -le "$2" ]; }

# The addresses that all nodes' stores have, one a line; and no address twice.
used() {
	find "$nodes" -path '*/leases/*' -name '*.*.*.*' -printf '%f\n' | sort
}
nothing_twice() {
	[ -z "$(used | uniq -d)" ]
}
