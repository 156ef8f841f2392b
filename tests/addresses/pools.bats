#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Nodes that share a pool of addresses in a real etcd: podtap-addresses and podtap-ipam.
# shellcheck disable=SC2154 # of lib/engine.bash and lib/pools.bash
load ../lib/engine
load ../lib/pools

setup() {
	pools_setup
}
teardown() {
	pools_teardown
}

@test "pools: endpoints of three nodes get different addresses of one pool, and DEL gives them back" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24","gateway":"192.0.2.254"}],"routes":[{"dst":"0.0.0.0/0"}],
		"dns":{"nameservers":["192.0.2.53"]}}'
	for node in a b c; do
		node_start "$node"
	done
	for node in a b c; do
		until_true [ -e "$nodes/$node/run/pools/lan.json" ]
		for id in 1 2 3 4 5; do
			run -0 given "$node" "$node$id"
			[[ $output == 192.0.2.*/24 ]]
		done
	done
	[ "$(used | wc -l)" = 15 ]
	nothing_twice
	run -0 call ADD a last
	[ "$(jq -c '[.ips[0].gateway, .routes[0].dst, .dns.nameservers[0]]' <<<"$output")" = \
		'["192.0.2.254","0.0.0.0/0","192.0.2.53"]' ]
	for id in 1 2 3 4 5; do
		run -0 call DEL a "a$id"
	done
	[ "$(used | wc -l)" = 11 ]
}

@test "pools: an ADD is refused only when every address is used, and the error says by whom" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}],"holdDown":"0s"}'
	node_start a
	node_start b
	for id in {1..13}; do
		node=a
		((id % 3)) || node=b
		run -0 given "$node" "$node$id"
	done
	[ "$(used | wc -l)" = 13 ]
	nothing_twice
	run -1 call ADD b more '{"poolWait":2}'
	[ "$(jq '.code' <<<"$output")" = 11 ]
	[ "$(jq -r .msg <<<"$output")" = "no address of pool lan is free on this node" ]
	[[ $output == *"every address of the pool is claimed"* ]]
	[[ $output == *"a holds 9"*"b holds 4"* || $output == *"b holds 4"*"a holds 9"* ]]
	run -0 call DEL a a1
	run -0 given b more
	nothing_twice
}

@test "pools: a node keeps as many addresses ready as spare says, and gives back what exceeds them" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}],"claim":{"spare":2,"size":1},"holdDown":"0s"}'
	node_start a
	for id in {1..4}; do
		run -0 given a "$id"
		until_true claims_at_least a $((id + 2))
		claims_at_most a $((id + 3)) # an ADD that has its address may count as one that waits for a moment
	done
	for id in {1..4}; do
		run -0 call DEL a "$id"
	done
	until_true claims_are a 3
}

@test "pools: an address rests for holdDown on its node before another node gets it, and a node holds maxPerNode" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/29","exclude":["192.0.2.6"]}],"claim":{"spare":0,"size":1,"maxPerNode":3},"holdDown":"1h"}'
	node_start a
	node_start b
	for id in 1 2 3; do
		run -0 given a "$id"
	done
	run -1 call ADD a 4 '{"poolWait":1}'
	[[ $output == *"the node has its most, maxPerNode 3"* ]]
	run -0 given b 1
	[ "$(used | paste -sd,)" = 192.0.2.2,192.0.2.3,192.0.2.4,192.0.2.5 ]
	run -0 call DEL a 2
	run -1 call ADD b 2 '{"poolWait":3}'
	[ "$(claimed a)" = 3 ]
	run -0 given a 5
	run -0 call DEL a 5
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/29","exclude":["192.0.2.6"]}],"claim":{"spare":0,"size":1,"maxPerNode":3},"holdDown":"0s"}'
	run -0 given b 2 '{"poolWait":40}'
	nothing_twice
}

@test "pools: an address that another node has to spare comes by one write of its block" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/29"}],"claim":{"spare":0,"size":1},"holdDown":"0s"}'
	node_start a
	node_start b
	for id in 1 2; do
		run -0 given a "a$id"
		run -0 given b "b$id"
	done
	run -0 given b b3
	run -1 call ADD a more '{"poolWait":1}'
	writes() { etcdctl_at 1 get /podtap/blocks/lan.c0000200 -w json | jq '.kvs[0].version'; }
	before=$(writes)
	run -0 call DEL b b2
	run -0 given a more '{"poolWait":10}'
	nothing_twice
	[ "$(writes)" = $((before + 1)) ]
	etcdctl_at 1 get /podtap/pools/lan --print-value-only |
		jq -e '.status.waiting == [] and .status.handed[-1].node == "a"'
	# So the other nodes know the block without a read.
	block=$(etcdctl_at 1 get /podtap/blocks/lan.c0000200 --print-value-only)
	etcdctl_at 1 get /podtap/pools/lan --print-value-only |
		jq -e --argjson block "$block" '.status.latest.spec == $block.spec and
			.status.latest.metadata.resourceVersion == .status.handed[-1].version'
}

@test "pools: while the engine is down, held addresses are given, DEL succeeds, and what is missing comes with the engine" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24","rangeStart":"192.0.2.16","rangeEnd":"192.0.2.239"}],"claim":{"size":4}}'
	node_start a
	run -0 given a 1 '{"poolWait":20}'
	until_true claims_are a 4
	etcd_end 1
	# Its timers of five minutes expire, again and again.
	list_is_due() { grep -Eq '^it_value: \((2[4-9].|3..),' "/proc/${agents[a]}/fdinfo/"*; }
	for list in {1..8}; do
		until_true list_is_due
		"$tests/lib/timers_expire" "${agents[a]}" 200
	done
	until_true list_is_due
	for id in 2 3 4; do
		run -0 given a "$id"
	done
	run -1 call ADD a 5 '{"poolWait":2}'
	[ "$(jq .code <<<"$output")" = 11 ]
	[[ $output == *"the engine does not serve"* ]]
	run -0 call DEL a 2
	run -0 given a 5
	run -0 call DEL a 3
	etcd_member 1
	run -0 given a 6
	run -0 given a 7
	nothing_twice
}

@test "pools: an engine that does not answer delays no ADD that finds an address" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24","rangeStart":"192.0.2.16","rangeEnd":"192.0.2.239"}],"claim":{"size":8}}'
	node_start a
	run -0 given a 1
	until_true claims_are a 8
	kill -STOP "${members[1]}"
	for id in 2 3 4 5 6 7 8; do
		run -0 given a "$id"
	done
	run -1 call ADD a 9 '{"poolWait":1}'
	kill -CONT "${members[1]}"
	run -0 given a 9
	nothing_twice
}

@test "pools: a program that was killed continues with what the node held" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24","rangeStart":"192.0.2.16","rangeEnd":"192.0.2.239"}],"claim":{"size":4}}'
	node_start a
	run -0 given a 1
	until_true claims_are a 4
	node_end a
	for id in 2 3 4; do
		run -0 given a "$id"
	done
	run -1 call ADD a 5 '{"poolWait":2}'
	node_start a
	run -0 given a 5
	until_true claims_are a 8
	nothing_twice
}

@test "pools: a node's addresses are free again only when its UID is gone and reclaimAfter has passed" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/29"}],"claim":{"spare":0},"reclaimAfter":"1h","holdDown":"0s"}'
	node_start a
	for id in 1 2 3; do
		run -0 given a "$id"
	done
	node_start b
	run -0 given b 1
	run -0 given b 2 # which node a may have had to spare
	until_true claims_are a 3
	node_end a
	run -1 call ADD b 3 '{"poolWait":2}'
	[ "$(claimed a)" = 3 ]
	etcdctl_at 1 del /podtap/nodes/a
	call ADD b waits '{"poolWait":60}' >/dev/null &
	first=$!
	until_true eval 'claims | grep -q " a lost"'
	sleep 1 # nothing may happen
	[ "$(claims | grep -c " a lost")" != 0 ]
	[ "$(claimed a)" = 3 ]
	etcdctl_at 1 put /podtap/pools/lan "$(etcdctl_at 1 get /podtap/pools/lan --print-value-only | jq -c '.spec.reclaimAfter = "1s"')"
	node_end b
	node_start b
	until_true eval "given b 3 '{\"poolWait\":20}' >b3"
	wait "$first" || : # its time may have ended before
	[ "$(claimed a)" = 0 ]
	jq -e --arg ip "$(cut -d/ -f1 b3)" '.unproved | index($ip)' "$nodes/b/run/pools/lan.json"
	node_start a # it was away for too long
	until_true grep -q "uses 3 addresses that it does not hold any more" "$nodes/a/log"
	[ "$(find "$nodes/a/leases/net" -name '192.*' | wc -l)" = 3 ]
}

@test "pools: a node that lives takes back the claims that another node marks as lost" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/29"}],"claim":{"spare":0,"size":1},"reclaimAfter":"1h","holdDown":"0s"}'
	node_start a
	node_start b
	for id in 1 2 3; do
		run -0 given a "$id"
	done
	run -0 given b 1
	run -0 given b 2
	entry=$(etcdctl_at 1 get /podtap/nodes/a --print-value-only)
	etcdctl_at 1 del /podtap/nodes/a
	call ADD b waits '{"poolWait":40}' >/dev/null &
	first=$!
	until_true eval '[ "$(claims | grep -c " a lost")" != 0 ]'
	etcdctl_at 1 put /podtap/nodes/a "$entry"
	taken_back() {
		"$tests/lib/timers_expire" "${agents[a]}" 200
		[ "$(claims | grep -c " a lost")" = 0 ] && claims_are a 3
	}
	until_true taken_back
	run -0 call DEL a 1
	wait "$first"
	nothing_twice
	[ "$(used | wc -l)" = 5 ]
}

@test "pools: a name that another machine uses again gets nothing of the former one" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}]}'
	node_start a
	run -0 given a 1
	node_end a
	mv "$nodes/a" "$nodes/former"
	node_start a
	until_true grep -q "the name a is another machine's" "$nodes/a/log"
	run -1 call ADD a 1 '{"poolWait":1}'
	etcdctl_at 1 del /podtap/nodes/a
	node_end a
	node_start a
	run -0 given a 1
	nothing_twice
	[ "$(etcdctl_at 1 get --prefix /podtap/blocks/ -w json |
		jq '[.kvs[].value | @base64d | fromjson | .spec.claims[].nodeUID] | unique | length')" = 2 ]
}

@test "pools: addresses outside a range that was changed drain, and are given no more" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24","rangeStart":"192.0.2.16","rangeEnd":"192.0.2.31"}],"holdDown":"0s"}'
	node_start a
	run -0 given a 1
	run -0 given a 2
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24","rangeStart":"192.0.2.64","rangeEnd":"192.0.2.79"}],"holdDown":"0s"}'
	until_true grep -q '"ranges":\[\[\]\]\|192.0.2.[67]' "$nodes/a/run/pools/lan.json"
	run -0 given a 3
	[[ $output == 192.0.2.6[4-9]/24 || $output == 192.0.2.7?/24 ]]
	[ "$(claims | grep -c 'lan.c0000210')" != 0 ]
	run -0 call DEL a 1
	run -0 call DEL a 2
	until_true eval '[ "$(claims | grep -c lan.c0000210)" = 0 ]'
}

@test "pools: a pool that is deleted stays until its last address is free" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}]}'
	node_start a
	run -0 given a 1
	pool_of() { etcdctl_at 1 get /podtap/pools/lan --print-value-only; }
	until_true eval 'pool_of | grep -q ipam.podtap.dev/blocks'
	etcdctl_at 1 put /podtap/pools/lan "$(pool_of | jq -c '.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"')"
	until_true eval 'call ADD a 2 "{\"poolWait\":0}" | grep -q "the pool is being deleted"'
	pool_of | grep -q ipam.podtap.dev/blocks
	run -0 call DEL a 1
	until_true eval '! pool_of | grep -q ipam.podtap.dev/blocks'
	[ "$(claims)" = "" ]
}

@test "pools: of two pools that overlap, the younger one is refused by its status" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}]}'
	node_start a
	run -0 given a 1
	pool_put other '{"sets":[{"subnet":"192.0.2.128/25"}]}'
	until_true eval 'etcdctl_at 1 get /podtap/pools/other --print-value-only | grep -q "\"message\":\"it overlaps with pool lan\""'
	until_true eval 'call ADD a 2 "{\"poolWait\":0,\"pool\":\"other\"}" | grep -q "the pool is refused"'
	run -0 given a 2
}

@test "pools: what a person removes from a block is given no more, as of the list of five minutes" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}],"claim":{"size":4,"spare":0},"holdDown":"1h"}'
	node_start a
	run -0 given a 1
	serves() { jq -e ".ranges[][] | select(.rangeEnd != .rangeStart)" "$nodes/a/run/pools/lan.json"; }
	until_true serves
	block=$(etcdctl_at 1 get --prefix /podtap/blocks/ --keys-only | head -1)
	etcdctl_at 1 put "$block" "$(etcdctl_at 1 get "$block" --print-value-only | jq -c '.spec.claims = []')"
	"$tests/lib/timers_expire" "${agents[a]}" 200
	until_true grep -q "uses 1 addresses that it does not hold any more" "$nodes/a/log"
	run -0 jq -c .ranges "$nodes/a/run/pools/lan.json"
	[ "$output" = "[[]]" ]
}

@test "pools: times of clocks that differ by years end no claim" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}],"holdDown":"0s","reclaimAfter":"0s"}'
	node_start a
	run -0 given a 1
	until_true claims_at_most a 8
	for since in 1971-01-01T00:00:00Z 2999-01-01T00:00:00Z; do
		block=$(etcdctl_at 1 get --prefix /podtap/blocks/ --keys-only | head -1)
		etcdctl_at 1 put "$block" "$(etcdctl_at 1 get "$block" --print-value-only | jq -c ".spec.claims[].since = \"$since\"")"
		node_start b
		run -0 given b "${since%%-*}"
		node_end b
		nothing_twice
	done
	[ "$(claimed a)" != 0 ]
}

@test "pools: a pool has the place of ranges, belongs to one network of a node, and STATUS and CHECK know it" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}]}'
	run -1 call STATUS a 1
	[ "$(jq .code <<<"$output")" = 50 ]
	run -1 call ADD a 1 '{"poolWait":0}'
	[[ $output == *"podtap-addresses has written no addresses of it"* ]]
	node_start a
	until_true [ -e "$nodes/a/run/pools/lan.json" ]
	run -0 call STATUS a 1
	run -0 call ADD a 1
	result=$output
	run -0 call DEL a other
	run -1 call ADD a 2 '{"subnet":"192.0.2.0/24"}'
	[ "$(jq .code <<<"$output")" = 7 ]
	run -1 call ADD a 2 '{"pool":"../lan"}'
	[ "$(jq .code <<<"$output")" = 7 ]
	run -1 call ADD a 2 "{\"dataDir\":\"$nodes/a/others\"}"
	[ "$(jq .code <<<"$output")" = 7 ]
	[[ $output == *"pool lan belongs to another network"* ]]
	node_end a
	etcd_end 1
	check=$(jq -c --argjson prevResult "$result" '. + {$prevResult}' <<<"$(jq -cn --arg data "$nodes/a/leases" \
		'{cniVersion: "1.1.0", name: "net", type: "podtap", ipam: {type: "podtap-ipam", pool: "lan", dataDir: $data}}')")
	on a env CNI_COMMAND=CHECK CNI_CONTAINERID=1 CNI_NETNS=/run/netns/none CNI_IFNAME=eth0 CNI_PATH="$BUILD" \
		"$BUILD/podtap-ipam" <<<"$check"
}
