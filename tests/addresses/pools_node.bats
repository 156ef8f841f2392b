#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What podtap-addresses and podtap-ipam have in common on a node: the file of a pool, ADDs that wait, and one program.
# shellcheck disable=SC2154 # of lib/engine.bash and lib/pools.bash
load ../lib/engine
load ../lib/pools

setup() {
	pools_setup
}
teardown() {
	pools_teardown
}

@test "pools: an ADD that comes before podtap-addresses has ever run waits for it" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}]}'
	mkdir -p "$nodes/a"
	call ADD a 1 >"$nodes/answer" 3>&- &
	first=$!
	until_true eval 'ls -A "$nodes/a/run/pools" | grep -q .'
	node_start a
	wait "$first"
	[ "$(jq -r '.ips | length' "$nodes/answer")" = 1 ]
}

@test "pools: an ADD waits, too, where no inotify instance is left" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}]}'
	mkdir -p "$nodes/a"
	jq -cn --arg data "$nodes/a/leases" '{cniVersion: "1.1.0", name: "net", type: "podtap",
		ipam: {type: "podtap-ipam", pool: "lan", poolWait: 20, dataDir: $data}}' >add.json
	on a env CNI_COMMAND=ADD CNI_CONTAINERID=1 CNI_NETNS=/run/netns/none CNI_IFNAME=eth0 CNI_PATH="$BUILD" ASAN_OPTIONS=detect_leaks=0 \
		strace -qq -o calls -e trace=inotify_init1 -e inject=inotify_init1:error=EMFILE "$BUILD/podtap-ipam" <add.json >answer 3>&- &
	first=$!
	until_true eval 'ls -A "$nodes/a/run/pools" | grep -q .'
	node_start a
	wait "$first"
	[ "$(jq -r '.ips | length' answer)" = 1 ]
	grep -q EMFILE calls
}

@test "pools: an ADD that is killed while it waits is waited for no longer" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/30"}],"holdDown":"0s"}'
	node_start a
	run -0 given a 1
	jq -cn --arg data "$nodes/a/leases" '{cniVersion: "1.1.0", name: "net", type: "podtap",
		ipam: {type: "podtap-ipam", pool: "lan", poolWait: 60, dataDir: $data}}' >add.json
	on a env CNI_COMMAND=ADD CNI_CONTAINERID=2 CNI_NETNS=/run/netns/none CNI_IFNAME=eth0 CNI_PATH="$BUILD" \
		timeout -s KILL 4 "$BUILD/podtap-ipam" <add.json >answer 3>&- &
	first=$!
	until_true compgen -G "$nodes/a/run/pools/want-lan.*"
	! wait "$first" || return 1
	until_true eval '! compgen -G "$nodes/a/run/pools/want-lan.*"'
	until_true eval 'etcdctl_at 1 get /podtap/pools/lan --print-value-only | jq -e ".status.waiting // [] == []"'
}

@test "pools: a damaged file of a pool is named, and the network's configuration is not blamed" {
	mkdir -p "$nodes/a/run/pools"
	for damage in '{' '[]' '{"ranges":7}' '{"ranges":[[{"subnet":"x"}]]}'; do
		echo "$damage" >"$nodes/a/run/pools/lan.json"
		run -1 call ADD a 1 '{"poolWait":0}'
		[ "$(jq .code <<<"$output")" != 7 ]
		[ "$(jq .code <<<"$output")" != 6 ]
		[[ $output == *lan* ]]
	done
	# What is no file is refused, and nothing waits for it.
	for place in 'mkdir' 'mkfifo' 'ln -s /dev/zero' 'ln -s lan.other'; do
		rm -r "$nodes/a/run/pools/lan.json"
		$place "$nodes/a/run/pools/lan.json"
		run -1 call ADD a 1 '{"poolWait":0}'
		[ "$(jq .code <<<"$output")" = 5 ]
		[[ $output == *lan* ]]
	done
}

@test "pools: a file of a pool that another program damages or removes is written again at once" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}]}'
	node_start a
	run -0 given a 1
	file=$nodes/a/run/pools/lan.json
	whole() { [ ! -L "$file" ] && jq -e .ranges "$file"; }
	until_true whole
	truncate -s 9 "$file"
	until_true whole
	mkdir "$nodes/a/run/pools/.lan.new"
	for place in 'ln -s /dev/zero' mkfifo mkdir; do
		rm "$file"
		$place "$file" || : # it is there again
		until_true whole
	done
	run -0 given a 2
	nothing_twice
}

@test "pools: while the file of a pool cannot be written, nothing is given back, and the program sleeps" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}],"holdDown":"0s","claim":{"size":1,"spare":0}}'
	node_start a
	for id in {1..6}; do
		run -0 given a "$id"
	done
	mkdir -p "$nodes/a/run/pools/.lan.new/full"
	for id in {2..6}; do
		run -0 call DEL a "$id"
	done
	until_true grep -q "write .*/lan.json: " "$nodes/a/log"
	switches() { awk '/ctxt_switches/ {n += $2} END {print n}' "/proc/${agents[a]}/status"; }
	before=$(switches)
	sleep 2 # it tries again now and then
	[ $(($(switches) - before)) -lt 200 ]
	[ "$(grep -c "write .*/lan.json: " "$nodes/a/log")" = 1 ]
	claims_at_least a 6
	rm -r "$nodes/a/run/pools/.lan.new"
	until_true claims_at_most a 3
	mv "$nodes/a/run/pools" "$nodes/a/run/away"
	run -0 call DEL a 1
	until_true grep -q "write .*/lan.json: No such file or directory" "$nodes/a/log"
	mv "$nodes/a/run/away" "$nodes/a/run/pools"
	run -0 given a 7
	nothing_twice
}

@test "pools: a program that is killed while it enters its node, or hears no answer, is no other machine at its next try" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}]}'
	wrapper=(strace -f -qq -o /dev/null -P .uid.new -e inject=openat:signal=KILL)
	node_start a
	wait "${agents[a]}" || :
	[ ! -e "$nodes/a/lib/pools/.uid" ]
	wrapper=()
	node_start a
	run -0 given a 1
	# The entry is made, but its answer comes too late.
	kill -STOP "${members[1]}"
	node_start b
	until_true grep -q "enter a node" "$nodes/b/log"
	[ -e "$nodes/b/lib/pools/.uid" ]
	kill -CONT "${members[1]}"
	run -0 given b 1 '{"poolWait":40}'
	nothing_twice
}

@test "pools: a program that cannot read under which UID its node entered replaces nothing, and tries again" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}]}'
	node_start a
	run -0 given a 1
	node_end a
	uid=$(cat "$nodes/a/lib/pools/.uid")
	chmod 0 "$nodes/a/lib/pools/.uid"
	node_start a
	until_true grep -q "read .*/.uid: Permission denied" "$nodes/a/log"
	chmod 600 "$nodes/a/lib/pools/.uid"
	run -0 given a 2 '{"poolWait":40}'
	[ "$(cat "$nodes/a/lib/pools/.uid")" = "$uid" ]
	nothing_twice
}

@test "pools: a second program of the same node ends at once, and changes nothing" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/28"}]}'
	node_start a
	run -0 given a 1
	before=$(cat "$nodes/a/run/pools/lan.json")
	run -1 timeout 20 nsenter --net="/run/netns/$net" -- env PODTAP_STATE_DIR="$nodes/a/run" PODTAP_IPAM_STATE_DIR="$nodes/a/lib" \
		"$BUILD/podtap-addresses" -c "$nodes/a/addresses.json"
	[[ $output == *"another podtap-addresses runs"* ]]
	[ "$(cat "$nodes/a/run/pools/lan.json")" = "$before" ]
	# The lock ends with its process.
	node_end a
	node_start a
	run -0 given a 2
	nothing_twice
}

@test "probe of podtap-addresses: it is ready while its engine answers; without the engine the node gives the addresses it has" {
	etcd_start 1
	pool_put lan '{"sets":[{"subnet":"192.0.2.0/24"}],"claim":{"size":4}}'
	wrapper=(env PODTAP_HEALTH_SOCKET="$PWD/health")
	probe() { PODTAP_HEALTH_SOCKET=$PWD/health "$BUILD/podtap-addresses" --probe "$1" 2>&1; }
	# shellcheck disable=SC2053 # a pattern
	says() { run probe "$1"; [[ $output == $2 ]]; }
	node_start a
	until_true says ready ready
	run -0 given a 1
	etcd_end 1
	until_true says ready "podtap-addresses: not ready: the engine does not serve: *"
	says live "live, not ready: the engine does not serve: *"
	run -0 given a 2
	kill -STOP "${agents[a]}"
	says live "podtap-addresses: not live: no answer in 5 seconds: it is stopped, or stuck"
	run -0 given a 3
	node_end a
	says ready "podtap-addresses: not live: connect to $PWD/health: Connection refused"
	# /run/podtap cannot be written.
	wrapper=(unshare --mount sh -ec 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@"' "$nodes/b/run")
	mkdir -p "$nodes/b/run"
	node_start b
	until_true [ ! -e "/proc/${agents[b]}/exe" ]
	grep "podtap-addresses: .*$nodes/b/run/pools: Read-only file system" "$nodes/b/log"
}
