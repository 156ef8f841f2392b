#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Pools whose networks whereabouts serves too: the IPPool is in the stand-in for the Kubernetes API, and
# fixtures/whereabouts/client gives addresses by whereabouts' rules.
# shellcheck disable=SC2154 # of lib/engine.bash and lib/pools.bash
load ../lib/engine
load ../lib/pools
load ../lib/pods
load ../lib/memory

setup() {
	pods_setup "$tests/fixtures/whereabouts/ippools.yaml"
	ippools=/apis/whereabouts.cni.cncf.io/v1alpha1/namespaces/kube-system/ippools
}
teardown() {
	pools_teardown
}

# whereabouts' commands, one a line of stdin.
#   whereabouts [RANGE [NETWORK-NAME [NODE]]]
whereabouts() {
	inside "$tests/fixtures/whereabouts/client" 6443 "${1:-192.0.2.0/26}" "${@:2}"
}

# The entries of an IPPool, "OFFSET PODREF ID" for each, in order.
#   entries [NAME]
entries() {
	kube GET "$ippools/${1:-192.0.2.0-26}" |
		jq -r '.spec.allocations | to_entries | sort_by(.key | tonumber)[] | "\(.key) \(.value.podref) \(.value.id)"'
}
ours() { entries "$@" | awk '/ podtap\// {print $1}'; }
theirs() { entries | grep -v ' podtap/'; }

# The claims as offsets in 192.0.2.0.
claimed_offsets() {
	claims | while IFS='.+/ ' read -r _ hex offset count _; do
		for ((i = 0; i < count; i++)); do
			echo $((0x${hex: -2} + offset + i))
		done
	done | sort -n
}
claims_have_entries() { [ "$(claimed_offsets)" = "$(ours)" ]; }

@test "whereabouts: a claim has an entry without a podref from before it until after it, and others' entries stay as they are" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/26"}],"whereabouts":{}}'
	run -0 whereabouts <<<"add default/a id-a net1"
	[ "$output" = 192.0.2.1 ]
	engine_open one "$(kube_config)"
	engine_open two "$(kube_config)"
	engine_is one pools " * ok"
	engine_is two pools " * ok"
	engine_is one "enter one x" " $node_uid ok"
	engine_is two "enter two x" " * ok"
	uid_two=${answer% ok} uid_two=${uid_two# }
	claim() { block c0000200 "$1" one "$3" | jq -c --arg uid "$2" '.spec.claims[0].nodeUID = $uid'; }
	engine_is one "get lan 192.0.2.0" ' *"claims":\[]*ok' # no block, but whereabouts' address
	engine_is one "put $(claim "" "$node_uid" 0)" "*conflict"
	[ "$(entries)" = "1 default/a id-a" ]
	engine_is one "put $(claim "" "$node_uid" 4)" " * ok"
	version=${answer% ok} version=${version# }
	[ "$(ours)" = $'4\n5\n6\n7' ]
	entries | grep -E "^4  podtap/lan/$node_uid/[0-9a-f]+$"
	# Another node does not get them, and a claim of nobody's is refused before anything is written.
	engine_is two "put $(claim "" "$uid_two" 4)" "*conflict"
	engine_is two "put $(claim 1 "$uid_two" 8)" "*conflict"
	[ "$(ours)" = $'4\n5\n6\n7' ]
	engine_is two "put $(claim "$version" "$uid_two" 8 | jq -c --arg uid "$node_uid" '.spec.claims += [.spec.claims[0] |
		.nodeUID = $uid | .offset = 12]')" " * ok"
	version=${answer% ok} version=${version# }
	[ "$(ours)" = $'8\n9\n10\n11\n12\n13\n14\n15' ]
	run -0 whereabouts <<<"add default/b id-b net1"
	[ "$output" = 192.0.2.2 ]
	engine_is one "delete lan 192.0.2.0 $version" " ok"
	[ "$(entries)" = $'1 default/a id-a\n2 default/b id-b' ]
}

@test "whereabouts: a claim has its entries in a node's part that has no IPPool yet, and none is left where another range has the address" {
	kube POST "${ippools/ippools/nodeslicepools}" '{"apiVersion":"whereabouts.cni.cncf.io/v1alpha1","kind":"NodeSlicePool",
		"metadata":{"name":"net"},"spec":{"range":"192.0.2.32/27","sliceSize":"/28"},
		"status":{"allocations":[{"nodeName":"two","sliceRange":"192.0.2.32/28"}]}}' >/dev/null
	kube_pool '{"sets":[{"subnet":"192.0.2.0/26"}],"whereabouts":{}}'
	engine_open one "$(kube_config)"
	engine_is one pools " * ok"
	engine_is one "enter one x" " $node_uid ok"
	claim() { block "$1" "" one "$2" | jq -c --arg uid "$node_uid" '.spec.claims[0].nodeUID = $uid'; }
	engine_is one "put $(claim c0000220 4)" " * ok"
	[ "$(ours two-192.0.2.32-28)" = $'4\n5\n6\n7' ]
	[ "$(ours)" = $'36\n37\n38\n39' ]
	# A range that is new: every claim looks for those that overlap.
	kube POST "$ippools" '{"apiVersion":"whereabouts.cni.cncf.io/v1alpha1","kind":"IPPool","metadata":{"name":"192.0.2.0-27"},
		"spec":{"range":"192.0.2.0/27","allocations":{"6":{"podref":"default/a","id":"id-a","ifname":"net1"}}}}' >/dev/null
	engine_is one "put $(claim c0000200 4)" "*conflict"
	[ "$(ours)" = $'36\n37\n38\n39' ]
	[ "$(entries 192.0.2.0-27)" = "6 default/a id-a" ]
}

@test "whereabouts: side by side, two nodes and two of whereabouts' get every address, and none twice" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/26"}],"whereabouts":{},"holdDown":"0s","claim":{"size":2,"spare":0}}'
	pod_start one
	pod_start two
	for i in 1 2; do
		for j in {1..15}; do
			echo "add default/w$i-$j id-$i-$j net1"
		done | whereabouts >"gave$i" 2>"gave$i.err" &
		pids+=($!)
	done
	for node in one two; do
		(for i in {1..12}; do given "$node" "$node$i" '{"poolWait":60}' || exit; done >"gave-$node") &
		pids+=($!)
	done
	for pid in "${pids[@]: -4}"; do
		wait "$pid" || { cat gave*; false; }
	done
	[ "$(cat gave* | wc -l)" = 54 ]
	[ -z "$(sed 's,/.*,,' gave* | sort | uniq -d)" ]
	# The last addresses: 62 in all. whereabouts has the gateway, too, since it does not know of it.
	for i in {13..20}; do
		run -0 given one "one$i" '{"poolWait":60}'
		echo "$output" >>gave-one
	done
	[ -z "$(sed 's,/.*,,' gave* | sort | uniq -d)" ]
	run given one more '{"poolWait":1}'
	[[ $status -ne 0 && $output == *"no address of pool lan is free"* ]]
	# What whereabouts releases, a node gets; what the nodes release, whereabouts gets.
	run -0 whereabouts <<<"del id-1-15 net1"
	released=$output
	run -0 given one more '{"poolWait":60}'
	[ "${output%/*}" = "$released" ]
	for i in {1..6}; do
		run -0 call DEL one "one$i"
	done
	fewer() { [ "$(ours | wc -l)" -lt 32 ]; }
	until_true fewer
	run -0 whereabouts <<<"add default/late id-late net1"
	[[ $output == 192.0.2.* ]]
	nothing_twice
	until_true claims_have_entries
	[ "$(theirs | wc -l)" = 30 ]
	# And back: when the pool is gone, every address is whereabouts' again.
	kube DELETE "$pools_api/lan" >/dev/null
	for i in {1..20}; do
		call DEL one "one$i"
		call DEL two "two$i"
	done
	call DEL one more
	# shellcheck disable=SC2317 # called by until_true
	pool_gone() { [ "$(kube GET "$pools_api/lan" 2>/dev/null | jq .code)" = 404 ]; }
	until_true pool_gone
	[ -z "$(ours)" ]
}

@test "whereabouts: no address is given twice where another range overlaps, and parts of nodes" {
	kube POST "${ippools/ippools/nodeslicepools}" '{"apiVersion":"whereabouts.cni.cncf.io/v1alpha1","kind":"NodeSlicePool",
		"metadata":{"name":"net"},"spec":{"range":"192.0.2.32/27","sliceSize":"/28"},"status":{"allocations":[
		{"nodeName":"one","sliceRange":"192.0.2.32/28"},{"nodeName":"","sliceRange":"192.0.2.48/28"}]}}' >/dev/null
	echo "add default/early id-early net1" | whereabouts 192.0.2.0/27 >gave
	echo "add default/red id-red net1" | whereabouts 192.0.2.0/26 red
	kube_pool '{"sets":[{"subnet":"192.0.2.0/26"}],"whereabouts":{},"holdDown":"0s","claim":{"size":2,"spare":0}}'
	pod_start one
	pod_start two
	for i in 1 2; do
		echo "add default/slice$i id-slice$i net1" | whereabouts 192.0.2.32/28 "" one >>gave
		for j in 1 2; do
			echo "add default/w$i$j id-$i$j net1"
		done | whereabouts 192.0.2.0/27 >"gave$i" 2>"gave$i.err" &
		pids+=($!)
		for node in one two; do
			for j in 1 2; do
				given "$node" "$i$j" '{"poolWait":60}' >>"gave-$node"
			done
		done
		wait "${pids[-1]}"
	done
	cat gave* >all
	[ "$(sort -u all | wc -l)" -ge 15 ]
	[ -z "$(sed 's,/.*,,' all | grep -v failed | sort | uniq -d)" ]
	[ "$(wc -l <gave-one)" = 4 ]
	[ "$(wc -l <gave-two)" = 4 ]
	until_true claims_have_entries
	# Our entries are in each IPPool that has the address, and in no other.
	overlapping() { ours | awk '$1 < 32'; }
	[ "$(ours 192.0.2.0-27)" = "$(overlapping)" ]
	[ "$(ours one-192.0.2.32-28 | wc -l)" = "$(ours | awk '$1 >= 32 && $1 < 48' | wc -l)" ]
	[ "$(entries red-192.0.2.0-26)" = "1 default/red id-red" ]
	# A range that is new, made as docs/migrating.md says: what the nodes have is in it as soon as they look.
	kube POST "$ippools" '{"apiVersion":"whereabouts.cni.cncf.io/v1alpha1","kind":"IPPool","metadata":{"name":"192.0.2.0-25"},
		"spec":{"range":"192.0.2.0/25","allocations":{}}}' >/dev/null
	for node in one two; do
		node_end "$node" TERM
		pod_start "$node"
	done
	mended() { [ "$(ours 192.0.2.0-25)" = "$(ours)" ]; }
	until_true mended
	run -0 whereabouts 192.0.2.0/25 <<<"add default/new id-new net1"
	run -1 grep -Fx "$output" <(sed 's,/.*,,' all)
	# What the nodes give back is whereabouts' in every range.
	for i in 1 2; do
		for j in 1 2; do
			call DEL one "$i$j"
			call DEL two "$i$j"
		done
	done
	kube DELETE "$pools_api/lan" >/dev/null
	pool_gone() { [ "$(kube GET "$pools_api/lan" 2>/dev/null | jq .code)" = 404 ]; }
	until_true pool_gone
	for name in 192.0.2.0-26 192.0.2.0-27 192.0.2.0-25 one-192.0.2.32-28; do
		[ -z "$(ours "$name")" ]
	done
}

@test "whereabouts: writes that fail, are lost or conflict give no address twice, and its reconciler leaves ours alone" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/26","gateway":"192.0.2.62"}],"whereabouts":{},"claim":{"size":1,"spare":0}}'
	for pod in live dead; do
		echo "add default/$pod id-$pod net1"
	done | whereabouts >gave
	kube POST /api/v1/namespaces/default/pods '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"live","annotations":
		{"k8s.v1.cni.cncf.io/network-status":"[{\"ips\":[\"192.0.2.1\"]}]"}}}' >/dev/null
	pod_start one
	i=0
	while read -r what order; do
		standin "$what" "$order" >/dev/null
		given one "one$((++i))" '{"poolWait":60}' >>gave-one
		given one "more$i" '{"poolWait":60}' >>gave-one
		standin conflict '{"patches": 0}' >/dev/null
		[ "$(whereabouts <<<"add default/live id-live net1")" = 192.0.2.1 ]
		echo "add default/w$i id-$i net1" | whereabouts >>gave
	done <<-'END'
		after {"patches": 1, "status": 500}
		lose {"requests": 1}
		conflict {"patches": 3}
		conflict {"patches": 20}
		fail {"requests": 1, "status": 500}
	END
	[ "$(cat gave gave-one | grep -c ^192)" = 17 ]
	[ -z "$(sed 's,/.*,,' gave gave-one | sort | uniq -d)" ]
	until_true claims_have_entries
	before=$(ours)
	run -0 whereabouts <<<"reconcile"
	[[ $output == *"pod ref missing"* ]]
	[[ " ${lines[-1]} " == *" 192.0.2.2 "* && " ${lines[-1]} " != *" 192.0.2.1 "* ]]
	[ "$(ours)" = "$before" ]
	[ "$(theirs)" = "1 default/live id-live" ]
}

@test "whereabouts: a network whose type alone is changed gets addresses of the pool that its range names, in its bounds" {
	keys='{"pool":"","range":"192.0.2.16-192.0.2.40/26","exclude":["192.0.2.17/30"],"gateway":"192.0.2.62","network_name":"blue",
		"log_file":"/tmp/whereabouts.log","enable_overlapping_ranges":true,"poolWait":20,
		"kubernetes":{"kubeconfig":"/etc/cni/net.d/whereabouts.d/whereabouts.kubeconfig"}}'
	# Without the pool it says which one it means.
	run call ADD one 1 "$(jq '.poolWait = 0' <<<"$keys")"
	[ "$(jq -r '"\(.code) \(.msg)"' <<<"$output")" = "11 no address of pool blue-192-0-2-0-26 is free on this node" ]
	kube POST "$pools_api" '{"apiVersion":"ipam.podtap.dev/v1alpha1","kind":"AddressPool","metadata":{"name":"blue-192-0-2-0-26"},
		"spec":{"sets":[{"subnet":"192.0.2.0/26","rangeStart":"192.0.2.16","rangeEnd":"192.0.2.40","exclude":["192.0.2.16/30"]}],
		"whereabouts":{"networkName":"blue"}}}' >/dev/null
	pod_start one
	run -0 call ADD one 1 "$keys"
	[ "$(jq -c '.ips | length' <<<"$output")" = 1 ]
	[[ "$(jq -r '.ips[0] | "\(.address) \(.gateway)"' <<<"$output")" =~ ^192\.0\.2\.(2.|3.|40)/26\ 192\.0\.2\.62$ ]]
	kube GET "$ippools/blue-192.0.2.0-26" | jq -e '.spec.allocations | length > 0' >/dev/null
	# The keys without effect are named, and no other.
	conf=$(jq -c '{cniVersion: "1.1.0", name: "net", type: "podtap", master: "eth0", ipam: (. + {type: "podtap-ipam"})}' <<<"$keys")
	run "$BUILD/podtapctl" validate - <<<"$conf"
	[[ $output == *log_file*effect* && $output == *kubernetes*effect* && $output != *ipam.network_name* && $output != *ipam.range* ]]
	# Under whereabouts' own name it is the same.
	mkdir bin
	ln -s "$BUILD/podtap-ipam" bin/whereabouts
	jq -c '.ipam.type = "whereabouts"' <<<"$conf" | on one env CNI_COMMAND=DEL CNI_CONTAINERID=other CNI_IFNAME=eth0 \
		CNI_PATH="$PWD/bin" bin/whereabouts
	# What would be wrong on more than one node, or means nothing, is refused.
	while IFS=@ read -r change why; do
		run call ADD one 2 "$(jq "$change" <<<"$keys")"
		[ "$(jq .code <<<"$output")" = 7 ]
		[[ $output == *"$why"* ]] || { echo "$change: $output"; false; }
	done <<-'END'
		.node_slice_size = "/28"@whereabouts gives each node a part
		.range = "192.0.2.0"@configuration key range
		.range = 5@configuration key ipam.range
		.subnet = "10.0.0.0/24"@have the place of subnet and ranges
		.ranges = [[{subnet: "10.0.0.0/24"}]]@have the place of subnet and ranges
		.ipRanges = [{range_start: "192.0.2.1"}]@configuration key ipam.ipRanges[0].range
		.ipRanges = [range(5) | {range: "10.0.\(.).0/24"}]@ipam.ipRanges
		.ipRanges = [5]@it must be an object with range
		.range = "10.0.0.0/24" | .pool = "blue-192-0-2-0-26"@pool blue-192-0-2-0-26 has no addresses of 10.0.0.0/24
		.network_name = "../x"@cannot be the name of an AddressPool
		.gateway = "here"@ipam.gateway
	END
}

@test "whereabouts: an IPPool of ten thousand entries costs podtap-addresses less than 8 MiB of memory" {
	# As the API keeps it: with what it notes of each entry's writer.
	jq -cn '[range(1; 10001) | tostring] as $offsets | {apiVersion: "whereabouts.cni.cncf.io/v1alpha1", kind: "IPPool",
		metadata: {name: "10.0.0.0-16", managedFields: [{manager: "whereabouts", operation: "Update", fieldsType: "FieldsV1",
			fieldsV1: {"f:spec": {"f:allocations": ($offsets | map({key: "f:\(.)",
				value: {".": {}, "f:id": {}, "f:ifname": {}, "f:podref": {}}}) | from_entries)}}}]},
		spec: {range: "10.0.0.0/16", allocations: ($offsets | map({key: ., value: {id: ("c" * 64), ifname: "net1",
			podref: "default/pod-\(.)"}}) | from_entries)}}' >ippool.json
	[ "$(stat -c %s ippool.json)" -gt 1500000 ]
	kube POST "$ippools" @ippool.json >/dev/null
	kube_pool '{"sets":[{"subnet":"10.0.0.0/16"}],"whereabouts":{},"holdDown":"0s","claim":{"size":4,"spare":0}}'
	pod_start one
	for i in {1..5}; do
		run -0 given one "$i"
	done
	run -0 call DEL one 1
	nothing_twice
	kube GET "$ippools/10.0.0.0-16" | jq -e '[.spec.allocations[] | select(.podref == "")] | length >= 5' >/dev/null
	run -0 awk '/^VmHWM/ { print $2 }' "/proc/${agents[one]}/status"
	echo "VmHWM $output KiB"
	[ "$output" -lt "$(memory_limit podtap-addresses 8192)" ]
}

import() {
	inside "$BUILD/podtap-addresses" -c admin.json --import "$@"
}

@test "whereabouts: an import makes the pool, keeps what running pods have, and takes over what is left" {
	printf 'add default/%s id-%s net1\n' live live gone gone moved moved | whereabouts >gave
	pod() {
		kube POST /api/v1/namespaces/default/pods "$(jq -cn --arg name "$1" --arg ip "$2" '{apiVersion: "v1", kind: "Pod",
			metadata: {$name, annotations: {"k8s.v1.cni.cncf.io/network-status": ([{ips: [$ip]}] | tojson)}},
			status: {phase: "Running"}}')" >/dev/null
	}
	pod live 192.0.2.1
	pod moved 192.0.2.60
	kube_config | jq -c '. + {node: "admin"}' >admin.json
	run import 192.0.2.0-26
	[ "$status" = 3 ]
	[ "${lines[0]}" = "AddressPool 192-0-2-0-26 is made: correct its rangeStart, rangeEnd, exclude and gateway" ]
	[ "${lines[1]}" = "192.0.2.1 is default/live's" ]
	[ "${lines[2]}" = "2 entries of whereabouts are removed, 1 are left" ]
	[ "$(entries)" = "1 default/live id-live" ]
	kube GET "$pools_api/192-0-2-0-26" | jq -e '.spec == {sets: [{subnet: "192.0.2.0/26"}], whereabouts: {namespace: "kube-system"}}'
	# Pods of podtap get every other address, while the import runs again and again.
	pod_start one
	keys='{"pool":"","range":"192.0.2.0/26","poolWait":20}'
	for id in {1..8}; do
		run -0 given one "$id" "$keys"
		[ "$output" != 192.0.2.1/26 ]
		run import kube-system/192.0.2.0-26
		[ "$status" = 3 ]
	done
	nothing_twice
	[ "$(ours | wc -l)" -ge 8 ]
	# The last pod of whereabouts goes: with it the last entry, also without whereabouts.
	kube DELETE /api/v1/namespaces/default/pods/live >/dev/null
	run -0 import 192.0.2.0-26
	[ "${lines[-1]}" = "1 entries of whereabouts are removed, 0 are left" ]
	run -0 theirs_none
	# The pool is podtap's alone: whereabouts and its resources may go.
	kube PUT "$pools_api/192-0-2-0-26" "$(kube GET "$pools_api/192-0-2-0-26" | jq -c 'del(.spec.whereabouts)')" >/dev/null
	kube DELETE "$ippools/192.0.2.0-26" >/dev/null
	kube DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/ippools.whereabouts.cni.cncf.io >/dev/null
	before=$(used)
	for id in {9..20}; do
		run -0 given one "$id" "$keys"
	done
	nothing_twice
	[ "$(comm -12 <(echo "$before") <(used) | wc -l)" = 8 ]
	for id in {1..20}; do
		run -0 call DEL one "$id" "$keys"
	done
	# Another name is refused.
	run -1 import ../x
	[[ $output == *"it must be NAME or NAMESPACE/NAME"* ]]
	run -1 import 10.0.0.0-24
	echo '{"engine":"etcd","node":"a","etcd":{"endpoints":["http://127.0.0.1:1"]}}' >admin.json
	run -1 import 192.0.2.0-26
	[[ $output == *"the key engine must be kubernetes"* ]]
}
theirs_none() { [ -z "$(theirs)" ]; }
