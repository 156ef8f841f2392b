#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What people see of the cluster's pools: podtapctl pools, metrics and doctor, and the conditions of a pool.
# shellcheck disable=SC2154 # of lib/engine.bash and lib/pools.bash
load ../lib/engine
load ../lib/pools

setup() {
	pools_setup
}
teardown() {
	pools_teardown
}

# A verb of podtapctl on a node.
ctl() {
	local node=$1
	shift
	on "$node" "$BUILD/podtapctl" "$@"
}
# The status of a condition of the pool lan.
condition() {
	etcdctl_at 1 get /podtap/pools/lan --print-value-only | jq -r --arg type "$1" '.status.conditions[]? | select(.type == $type).status'
}
condition_is() { [ "$(condition "$1")" = "$2" ]; }

@test "pools seen: podtapctl says what each node holds, uses and waits for, with and without podtap-addresses" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}],"claim":{"size":4,"spare":0},"holdDown":"0s"}'
	node_start a
	node_start b
	run -0 given a 1
	run -0 given a 2
	run -0 given b 1
	until_true claims_at_most a 4
	run -0 ctl a pools lan --json
	[ "$(jq -c '[.size, .node.claimed, .node.used, .node.waiting, .state]' <<<"$output")" = '[13,4,2,0,"ok"]' ] ||
		[ "$(jq -c '[.size, .node.used, .node.waiting]' <<<"$output")" = '[13,2,0]' ]
	[ "$(jq -c '[.cluster.nodes[] | .node] | sort' <<<"$output")" = '["a","b"]' ]
	[ "$(jq '.cluster.claimed == ([.cluster.nodes[].claimed] | add)' <<<"$output")" = true ]
	[ "$(jq '(now - .contact) < 3600' <<<"$output")" = true ]
	run -0 ctl a pools -o wide
	[[ ${lines[0]} == POOL*SIZE*CLAIMED*HELD*USED*FREE*WAITING*STATE*NODES*ASKING*CONTACT*STORE ]]
	[[ ${lines[1]} == lan*13*"a "*", b "*"$nodes/a/leases/net" || ${lines[1]} == lan*13*"b "*", a "*"$nodes/a/leases/net" ]]
	run -2 ctl a pools none
	run -0 ctl a metrics
	[[ $output == *'podtap_pool_addresses{pool="lan"} 13'* ]]
	[[ $output == *'podtap_pool_used{pool="lan"} 2'* ]]
	[[ $output == *'podtap_pool_held{pool="lan"} '[1-9]* ]]
	[[ $output == *'podtap_pool_waiting{pool="lan"} 0'* ]]
	[[ $output == *'podtap_addresses_up 1'* ]]
	[[ $output == *'podtap_addresses_last_contact_timestamp_seconds 1'* ]]
	# The pool is full, and an ADD waits.
	for id in {3..12}; do
		run -0 given a "$id"
	done
	call ADD a waits '{"poolWait":30}' >waits.out &
	waiter=$!
	until_true condition_is NearlyFull True
	run -0 jq -c '.status | [.addresses, .claimed > 9]' <<<"$(etcdctl_at 1 get /podtap/pools/lan --print-value-only)"
	echo "$output"; [ "$output" = "[13,true]" ]
	shows() { ctl a pools lan --json | jq -e "$1"; }
	until_true shows '.node.waiting == 1 and .state == "short" and .cluster.waiting == ["a"]'
	run -1 ctl a pools
	[[ $output == *"pool lan: every address of the pool is claimed"* ]]
	run ctl a doctor
	[[ $output == *"pool-short"* && $output == *"pool-nearly-full"* ]]
	run -0 call DEL b 1
	wait "$waiter"
	# The engine has been silent for an hour.
	until_true shows '.node.waiting == 0 and .cluster.waiting == []'
	touch -d '1 hour ago' "$nodes/a/run/pools/.contact"
	run ctl a doctor
	[[ $output == *"pool-engine"*"heard of the engine 60 minutes ago"* ]]
	# Without the program, the node's own part is known.
	node_end a
	run -1 ctl a pools lan --json
	[ "$(jq -c '[.node.used, .state]' <<<"$(sed '/^podtapctl:/d' <<<"$output")")" = '[13,"stopped"]' ]
	run ctl a doctor
	[[ $output == *"pool-stopped"* ]]
	run -0 ctl a metrics
	[[ $output == *'podtap_addresses_up 0'* ]]
}

@test "pools seen: a pipe in place of a question to podtap-addresses holds no podtapctl" {
	export PODTAP_STATE_DIR=$BATS_TEST_TMPDIR/state
	mkdir -p "$PODTAP_STATE_DIR/pools"
	echo '{}' >"$PODTAP_STATE_DIR/pools/lan.json"
	mkfifo "$PODTAP_STATE_DIR/pools/look-lan"
	run timeout "${LIMIT:-60}" "$BUILD/podtapctl" pools
	[ "$status" -ne 124 ]
}
@test "pools seen: files of other names beside the reservations do not count as in use" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}],"holdDown":"0s","claim":{"size":16}}'
	node_start a
	run -0 given a 1
	for name in ::ffff:192.0.2.{1..14} 192.0.2.{2..9}{" ",x,.} $'192.0.2.3\n' 0192.0.2.3 -rf .192.0.2.4 "$(printf x%.0s {1..255})"; do
		: >"$nodes/a/leases/net/$name"
	done
	run -0 ctl a pools lan --json
	[ "$(jq .node.used <<<"$output")" = 1 ]
	run -0 call DEL a 1
	etcdctl_at 1 put /podtap/pools/lan "$(etcdctl_at 1 get /podtap/pools/lan --print-value-only |
		jq -c '.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"')"
	until_true eval '[ -z "$(claims)" ]'
}

@test "pools seen: a node that comes back after its addresses were given up is named in the pool's condition" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}],"claim":{"spare":0,"size":1},"reclaimAfter":"0s","holdDown":"0s"}'
	node_start a
	run -0 given a 1
	until_true condition_is LostNodeCameBack False
	node_end a
	etcdctl_at 1 del /podtap/nodes/a
	for block in $(etcdctl_at 1 get --prefix /podtap/blocks/ --keys-only); do
		etcdctl_at 1 del "$block"
	done
	node_start a
	until_true condition_is LostNodeCameBack True
	[[ $(etcdctl_at 1 get /podtap/pools/lan --print-value-only) == *"node a uses addresses that it does not hold any more"* ]]
	run ctl a doctor
	[[ $output == *"pool-lost"* ]]
	run -1 ctl a pools lan --json
	[ "$(jq -r .state <<<"$(sed '/^podtapctl:/d' <<<"$output")")" = lost ]
	run -0 call DEL a 1
	until_true condition_is LostNodeCameBack False
}

@test "pools: status.used counts what endpoints of all nodes have, by the list of five minutes and without a write for an ADD" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/26"}],"holdDown":"0s","claim":{"size":8,"spare":0}}'
	node_start a
	node_start b
	for id in {1..9}; do
		given a "$id" >>gave
	done
	given b 1 >>gave
	[ "$(wc -l <gave)" = 10 ]
	# Another claim was needed: its write also said what was in use.
	used_of_a=$(etcdctl_at 1 get --prefix /podtap/blocks/ -w json | jq '[.kvs[].value | @base64d | fromjson | .spec |
		select(.claims | any(.node == "a")) | .used // [] | length] | add')
	[ "$used_of_a" -ge 6 ]
	# One node in five minutes looks at all blocks.
	counts() {
		"$tests/lib/timers_expire" "${agents[a]}" 200
		"$tests/lib/timers_expire" "${agents[b]}" 200
		[ "$(etcdctl_at 1 get /podtap/pools/lan --print-value-only | jq -c '.status | [.addresses, .used]')" = "$1" ]
	}
	until_true counts '[61,10]'
	call DEL a 1
	call DEL a 2
	until_true counts '[61,8]'
}
