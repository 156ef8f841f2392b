#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Nodes that share a pool in the Kubernetes API: podtap-addresses in pods, with the roles and the ConfigMap of
# the kit, and podtap-ipam.
# shellcheck disable=SC2154 # of lib/engine.bash and lib/pools.bash
load ../lib/engine
load ../lib/pools
load ../lib/memory
load ../lib/pods

setup() {
	pods_setup
}
teardown() {
	pools_teardown
}

@test "pools on Kubernetes: endpoints of two nodes get different addresses, and a removed Node's are free again" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/28"}],"holdDown":"0s","reclaimAfter":"1s","claim":{"spare":0}}'
	pod_start one
	pod_start two
	for id in {1..8}; do
		run -0 given one "one$id" '{"poolWait":20}'
	done
	for id in {1..4}; do
		run -0 given two "two$id" '{"poolWait":20}'
	done
	[ "$(used | wc -l)" = 12 ]
	nothing_twice
	# Node one is gone for good.
	node_end one
	rm -r "$nodes/one/leases"
	kube DELETE /api/v1/nodes/one >/dev/null
	for id in {5..11}; do
		run -0 given two "two$id" '{"poolWait":60}'
	done
	nothing_twice
	[[ $(claims) != *" one active"* ]]
}

@test "pools on Kubernetes: an address that another node has to spare comes with its block as it is" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/29"}],"claim":{"spare":0,"size":1},"holdDown":"0s"}'
	pod_start one
	pod_start two
	for id in 1 2; do
		run -0 given one "one$id" '{"poolWait":20}'
		run -0 given two "two$id" '{"poolWait":20}'
	done
	run -0 given two two3 '{"poolWait":20}'
	run -1 call ADD one more '{"poolWait":1}'
	run -0 call DEL two two2
	run -0 given one more '{"poolWait":20}'
	nothing_twice
	block=$(kube GET "$blocks_api/lan.c0000200")
	kube GET "$pools_api/lan" | jq -e --argjson block "$block" '.status.handed[-1].node == "one" and
		.status.latest.spec == $block.spec and .status.latest.metadata.resourceVersion == .status.handed[-1].version'
}

# Makes the Node again, with another UID.
node_again() { kube POST /api/v1/nodes "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"$1\"}}" | jq -r .metadata.uid; }
events() {
	kube GET /api/v1/namespaces/default/events | jq -r '.items[] | "\(.involvedObject.kind) \(.involvedObject.name) \(.reason): \(.message)"'
}

@test "pools on Kubernetes: a node keeps its addresses when its Node is made again, and is told when they are lost" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/28"}],"holdDown":"0s","reclaimAfter":"0s","claim":{"spare":0,"size":1}}'
	pod_start one
	for id in {1..4}; do
		run -0 given one "$id" '{"poolWait":20}'
	done
	node_end one
	kube DELETE /api/v1/nodes/one >/dev/null
	uid=$(node_again one)
	[ "$uid" != "$node_uid" ]
	pod_start one
	claimants() { kube GET "$blocks_api" | jq -r '[.items[].spec.claims[].nodeUID] | unique | join(" ")'; }
	until_true eval '[ "$(claimants)" = "$uid" ]'
	run -0 given one 5 '{"poolWait":20}'
	nothing_twice
	claims_at_least one 5
	claims_at_most one 6 # one more for an ADD that just got its address
	# The Node is gone for longer, and another node gets what it had: the first use of that is proved.
	node_end one
	kube DELETE /api/v1/nodes/one >/dev/null
	pod_start two
	for id in {1..9}; do
		run -0 given two "$id" '{"poolWait":60}'
	done
	events | grep -q "^AddressPool lan Reclaimed: node one ($uid) is gone: its addresses are free again$"
	jq -e --arg ip "${output%/*}" '.unproved | index($ip)' "$nodes/two/run/pools/lan.json"
	[ -e "$nodes/two/run/pools/lan.unproved" ]
	node_again one
	pod_start one
	until_true eval 'events | grep "^AddressPool lan AddressesLost: node one uses 5 addresses that it does not hold any more: "'
}

@test "pools on Kubernetes: a pool that is deleted stays until its last address is free" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/24"}],"holdDown":"0s"}'
	pod_start one
	run -0 given one 1 '{"poolWait":20}'
	protected() { [ "$(kube GET "$pools_api/lan" | jq -r '.metadata.finalizers[0]')" = ipam.podtap.dev/blocks ]; }
	until_true protected
	[ "$(kube GET "$pools_api/lan" | jq -r '.status.conditions[0] | "\(.type) \(.status)"')" = "Ready True" ]
	kube DELETE "$pools_api/lan" >/dev/null
	kube GET "$pools_api/lan" >/dev/null
	run -0 call DEL one 1
	pool_gone() { [ "$(kube GET "$pools_api/lan" 2>/dev/null | jq .code)" = 404 ]; }
	until_true pool_gone
	[ -z "$(claims)" ]
}

@test "pools on Kubernetes: a token that ends, a throttled API and a watch that is too old delay no held address" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/24"}],"claim":{"size":4}}'
	pod_start one
	run -0 given one 1 '{"poolWait":20}'
	standin token '{"token":"first","user":"system:anonymous","seconds":0}'
	standin end '{}'
	for id in 2 3 4; do
		run -0 given one "$id"
	done
	standin token '{"token":"second","user":"system:serviceaccount:kube-system:podtap-addresses","seconds":3600}'
	echo second >account/token.new
	mv account/token.new account/token
	run -0 given one 5 '{"poolWait":60}'
	standin throttle '{"requests": 2, "seconds": 1}'
	standin forget '{}'
	for id in {6..12}; do
		run -0 given one "$id" '{"poolWait":60}'
	done
	nothing_twice
}

# bats test_tags=plain
@test "pools on Kubernetes: podtap-addresses takes less than 8 MiB, and sleeps while nothing happens" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/24"}]}'
	pod_start one
	run -0 given one 1 '{"poolWait":20}'
	rss=$(awk '/VmHWM/ { print $2 }' "/proc/${agents[one]}/status")
	echo "podtap-addresses: $rss kB"
	[ "$rss" -lt "$(memory_limit podtap-addresses 8192)" ]
	sleeps() {
		local before
		before=$(awk '/^voluntary/ { print $2 }' "/proc/${agents[one]}/status")
		sleep 3
		[ "$(awk '/^voluntary/ { print $2 }' "/proc/${agents[one]}/status")" = "$before" ]
	}
	until_true sleeps
}

@test "pools on Kubernetes: an event says once that a pool is exhausted, however often kubelet repeats the ADD, and that one is refused" {
	kube_pool '{"sets":[{"subnet":"192.0.2.0/30"}],"holdDown":"0s"}'
	pod_start one
	run -0 given one 1 '{"poolWait":20}'
	run -1 grep Exhausted <(events)
	for attempt in 2 3; do
		call ADD one $attempt '{"poolWait":5}' >/dev/null || :
		until_true eval 'events | grep -q "^AddressPool lan Exhausted: node one waits for an address, and every one is claimed$"'
	done
	[ "$(events | grep -c Exhausted)" = 1 ]
	# kubectl describe shows the events with the object's UID.
	uid=$(kube GET "$pools_api/lan" | jq -r .metadata.uid)
	[ "$(kube GET /api/v1/namespaces/default/events | jq -r '.items[0].involvedObject.uid')" = "$uid" ]
	# A small pool is nearly full, too.
	until_true eval 'events | grep -q "^AddressPool lan NearlyFull: less than a quarter of the addresses is in no claim$"'
	until_true eval 'kube GET "$pools_api/lan" | jq -e ".status.conditions[] | select(.type == \"NearlyFull\").status == \"True\""'
	kube POST "$pools_api" '{"apiVersion":"ipam.podtap.dev/v1alpha1","kind":"AddressPool","metadata":{"name":"other"},
		"spec":{"sets":[{"subnet":"192.0.2.0/24"}]}}' >/dev/null
	until_true eval 'events | grep -q "^AddressPool other Refused: the pool is refused: it overlaps with pool lan$"'
	[ "$(events | grep -c Refused)" = 1 ]
}
