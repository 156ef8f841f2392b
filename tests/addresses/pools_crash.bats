#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Nodes that share a pool, while programs and members of etcd are killed; and what the protocol guarantees and
# costs, by its model and its simulation.
# shellcheck disable=SC2154 # of lib/engine.bash and lib/pools.bash
load ../lib/engine
load ../lib/pools
load ../lib/memory

setup() {
	pools_setup
}
teardown() {
	for node in a b; do
		[ ! -e "/run/netns/$net-$node" ] || ip netns del "$net-$node"
	done
	pools_teardown
}

# Every address in use on a node is in a claim of that node.
uses_are_claimed() {
	local node
	for node in a b; do
		comm -23 <(find "$nodes/$node/leases" -name '192.*' -printf '%f\n' | sort) <(claims |
			awk -v node="$node" '$2 == node {
				split($1, part, /[.+\/]/)
				for (i = 0; i < part[4]; i++)
					print part[2], part[3] + i
			}' | while read -r hex offset; do echo "192.0.2.$((0x${hex:6} + offset))"; done | sort)
	done
}

# CRASH_STEP=1 is every system call; else each thirtieth.
# bats test_tags=long
@test "crash: a program that is killed at any time loses nothing, and gives no address twice" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}],"claim":{"spare":1,"size":2},"holdDown":"0s"}'
	node_start b
	step=${CRASH_STEP:-30}
	for ((when = 40; when < 400; when += step)); do
		wrapper=(strace -D -f -qq -o /dev/null -e "inject=all:signal=KILL:when=$when")
		node_start a
		wrapper=()
		call ADD a "a$when" '{"poolWait":1}' >/dev/null || :
		call ADD b "b$when" '{"poolWait":1}' >/dev/null || :
		nothing_twice
		call DEL a "a$((when - step))"
		call DEL b "b$((when - step))"
		(((when - 40) / step % 2)) || call DEL a "a$when"
		node_end a
	done
	node_start a
	run -0 given b last '{"poolWait":20}'
	nothing_twice
	until_true eval '[ -z "$(uses_are_claimed)" ]'
	for node in a b; do
		for holder in "$nodes/$node/leases/net/"192.*; do
			[ -e "$holder" ] || continue # a slow program gave no address in time
			run -0 call DEL "$node" "$(head -1 "$holder" | tr -d '\r')"
		done
	done
	etcdctl_at 1 put /podtap/pools/lan "$(etcdctl_at 1 get /podtap/pools/lan --print-value-only |
		jq -c '.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"')"
	until_true eval '[ -z "$(claims)" ]'
}

# bats test_tags=long
@test "crash: while the leader of etcd is killed again and again, ADDs succeed and no address is given twice" {
	etcd_start 3
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}],"claim":{"spare":0,"size":1}}'
	node_start a
	node_start b
	run -0 given a first '{"poolWait":20}'
	for round in 1 2 3; do
		for member in 1 2 3; do
			etcdctl_at "$member" endpoint status -w json | jq -e '.[0].Status | .leader == .header.member_id' >/dev/null && leader=$member
		done
		given a "a$round" '{"poolWait":40}' >a.out &
		first=$!
		etcd_end "$leader"
		run -0 given b "b$round" '{"poolWait":40}'
		wait "$first"
		nothing_twice
		etcd_member "$leader"
		until_true etcdctl_at "$leader" endpoint health
	done
	[ "$(used | wc -l)" = 7 ]
}

# A node in a namespace of its own, with a link to the engine's: it reaches etcd at 10.1.NUMBER.1.
#   apart_start NODE NUMBER
apart_start() {
	ip netns add "$net-$1"
	ip -n "$net" link add "to-$1" type veth peer name eth0 netns "$net-$1"
	ip -n "$net" address add "10.1.$2.1/24" dev "to-$1"
	ip -n "$net-$1" address add "10.1.$2.2/24" dev eth0
	ip -n "$net" link set "to-$1" up
	ip -n "$net-$1" link set eth0 up
	mkdir -p "$nodes/$1"
	jq -cn --arg node "$1" --arg url "http://10.1.$2.1:10001" '{engine: "etcd", $node, etcd: {endpoints: [$url]}}' >"$nodes/$1/addresses.json"
	nsenter --net="/run/netns/$net-$1" -- env PODTAP_STATE_DIR="$nodes/$1/run" PODTAP_IPAM_STATE_DIR="$nodes/$1/lib" \
		"$BUILD/podtap-addresses" -c "$nodes/$1/addresses.json" >>"$nodes/$1/log" 2>&1 3>&- &
	agents[$1]=$!
}

# bats test_tags=long
@test "crash: while nodes are cut off from the engine and each other, each gives what it holds, and afterwards more" {
	etcd_start 1 --listen-client-urls http://0.0.0.0:10001
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24","rangeStart":"192.0.2.16","rangeEnd":"192.0.2.79"}],"claim":{"size":4,"spare":0},"holdDown":"0s"}'
	apart_start a 1
	apart_start b 2
	for node in a b; do
		run -0 given "$node" first '{"poolWait":40}'
		until_true claims_are "$node" 4
	done
	for node in a b; do
		ip -n "$net" link set "to-$node" down
	done
	for node in a b; do
		for id in 2 3 4; do
			run -0 given "$node" "$id"
		done
	done
	call ADD a 5 '{"poolWait":2}' >a5 &
	first=$!
	run -1 call ADD b 5 '{"poolWait":2}'
	[ "$(jq .code <<<"$output")" = 11 ]
	! wait "$first" || return 1
	[ "$(jq .code a5)" = 11 ]
	run -0 call DEL a 2
	run -0 given a 6
	nothing_twice
	[ "$(used | wc -l)" = 8 ]
	for node in a b; do
		ip -n "$net" link set "to-$node" up
	done
	for node in a b; do
		for id in 7 8 9; do
			run -0 given "$node" "$id" '{"poolWait":60}'
		done
	done
	nothing_twice
	[ "$(used | wc -l)" = 14 ]
	until_true eval '[ -z "$(uses_are_claimed)" ]'
}

# bats test_tags=plain
@test "budget: podtap-addresses needs less than 8 MiB, and does nothing while nothing happens" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}]}'
	node_start a
	run -0 given a 1
	until_true eval 'etcdctl_at 1 get /podtap/pools/lan --print-value-only | grep -q ipam.podtap.dev/blocks'
	pid=${agents[a]}
	[ "$(awk '/^VmRSS/ {print $2}' "/proc/$pid/status")" -lt "$(memory_limit podtap-addresses 8192)" ]
	switches() { awk '/ctxt_switches/ {n += $2} END {print n}' "/proc/$pid/status"; }
	before=-1
	until_true eval 'before=$now; now=$(switches); sleep 1; [ "$now" = "$(switches)" ]'
}

# Runs a simulation, and reads its figures as variables.
simulate() {
	local name value line
	line=$("$BUILD/tests/simulation/simulation" "$@")
	echo "$*: $line"
	while read -r name value; do
		declare -g "$name=$value"
	done < <(xargs -n 2 <<<"$line")
}

@test "simulation: every address of a pool is given before the first ADD is refused" {
	for run in "3 192.0.2.0/24" "30 192.0.2.0/24" "100 192.0.2.0/24" "30 10.0.0.0/22"; do
		simulate fill "${run% *}" "${run#* }"
		((given * 100 >= usable * 99))
	done
}

@test "simulation: nodes that start at once have their addresses within the budget" {
	simulate start 100 10.0.0.0/22
	((last_ms <= 1500))
	simulate start 100 192.0.2.0/24
	((last_ms <= 1500))
	simulate start 10000 10.0.0.0/16
	((last_ms < 10000 && given == 10000))
}

@test "simulation: most ADDs make no call to the engine, and where addresses are scarce a call or two" {
	calls_at_most() { awk -v calls="$calls_per_add" -v most="$1" 'BEGIN {exit calls > most}'; }
	for engine in "" kubernetes; do
		for run in "3 192.0.2.0/24" "10 10.0.0.0/20" "30 10.0.0.0/20"; do
			# shellcheck disable=SC2086 # an engine is a word, or none
			simulate half "${run% *}" "${run#* }" $engine
			calls_at_most 0.25
		done
		for run in "3 192.0.2.0/24" "30 192.0.2.0/24" "30 10.0.0.0/22"; do
			# shellcheck disable=SC2086
			simulate fill "${run% *}" "${run#* }" $engine
			calls_at_most 1.5
		done
		# shellcheck disable=SC2086
		simulate churn 100 192.0.2.0/24 $engine
		calls_at_most 2.6
		((refused == 0))
		# shellcheck disable=SC2086
		simulate fill 100 192.0.2.0/24 $engine
		calls_at_most 1.9
		# shellcheck disable=SC2086
		simulate churn 30 192.0.2.0/24 $engine
		calls_at_most 1.5
		((refused == 0))
	done
}
