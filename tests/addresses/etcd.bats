#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The engine etcd against a real etcd, of one member and of three.
# shellcheck disable=SC2154 # of lib/engine.bash
load ../lib/engine

setup() {
	engine_setup
}
teardown() {
	engine_teardown
}

@test "etcd: a block is created once, and changed or deleted by its version alone" {
	etcd_start 1
	engine_open a "$(etcd_config 1)"
	engine_open b "$(etcd_config 1)"
	engine_is a "get lan 10.0.0.0" " none"
	engine_is a "put $(block 0a000000 "" one)" " +([0-9]) ok"
	version=${answer% ok} version=${version# }
	engine_is b "put $(block 0a000000 "" two)" " * conflict"
	engine_is b "put $(block 0a000000 "$version" two 4)" " * ok"
	newer=${answer% ok} newer=${newer# }
	engine_is a "put $(block 0a000000 "$version" one)" " * conflict"
	engine_is a "delete lan 10.0.0.0 $version" " conflict"
	engine_is a "get lan 10.0.0.0" " *uid-two* ok"
	[ "$(jq -r .metadata.resourceVersion <<<"${answer% ok}")" = "$newer" ]
	engine_is a "delete lan 10.0.0.0 $newer" " ok"
	engine_is a "delete lan 10.0.0.0 $newer" " none"
	engine_is a "put $(block 0a000000 "$newer" one)" " * conflict"
}

@test "etcd: no key of ours has a lease" {
	etcd_start 1
	engine_open a "$(etcd_config 1)"
	engine_is a "put $(block 0a000000 "" one)" " * ok"
	engine_is a "enter one uid-one" " uid-one ok"
	run -0 etcdctl_at 1 get --prefix /podtap/ -w json
	[ "$(jq '[.kvs[] | .lease // 0] | add, length' <<<"$output" | paste -sd' ')" = "0 2" ]
}

@test "etcd: lists of more than a page are complete, of a node only what it has" {
	etcd_start 1
	engine_open a "$(etcd_config 1 '{"prefix": "/elsewhere"}')"
	while read -r block; do
		engine_is a "put $block" " * ok" >/dev/null
	done < <(block 0a000000 "" node | jq -c '("0123456789abcdef" | split("")[]) as $i | (0, 1, 2) as $k |
		.metadata.name = "lan.0a000\($k)\($i)0" | .spec.claims[0] += {node: "node\($k)", nodeUID: "uid-node\($k)"}')
	engine_is a "blocks lan" "* ok"
	[ "$(jq -s length <<<"${answer% ok}")" = 48 ]
	engine_is a "blocks lan uid-node1" "* ok"
	[ "$(jq -r '.spec.claims[].node' <<<"${answer% ok}" | sort | uniq -c | xargs)" = "16 node1" ]
	engine_is a "blocks la" " ok"
	run -0 etcdctl_at 1 get --prefix /elsewhere/blocks/lan. --keys-only
	[ "$(grep -c . <<<"$output")" = 48 ]
}

@test "etcd: a block that nobody can read is foreign, and what is no block is left out" {
	etcd_start 1
	engine_open a "$(etcd_config 1)"
	etcdctl_at 1 put /podtap/blocks/lan.0a000000 'no JSON'
	etcdctl_at 1 put /podtap/blocks/lan.0a000010 '{"metadata":{"name":"lan.0a000020"}}'
	etcdctl_at 1 put /podtap/blocks/lan.else '{}'
	engine_is a "blocks lan" " foreign * foreign * ok"
	[[ $answer == *lan.0a000000*lan.0a000010* && $answer != *0a000020* ]]
	grep -F "/podtap/blocks/lan.else" a.err
}

@test "etcd: a pool is read and changed; one that is not valid hides no other" {
	etcd_start 1
	engine_open a "$(etcd_config 1)"
	etcdctl_at 1 put /podtap/pools/bad '{"metadata":{"name":"good"},"spec":{}}'
	etcdctl_at 1 put /podtap/pools/lan "$(jq -c '.more = 1' <<<"$pool")"
	engine_is a pools ' {"name":"lan",*,"deleting":false,"finalizer":false,"refused":""} ok'
	version=$(jq -r .version <<<"${answer% ok}")
	grep -F "etcd's key /podtap/pools/bad: it must be the JSON of an AddressPool of the key's name" a.err
	engine_is a "update lan 1 full" "* conflict"
	engine_is a "update lan $version it is full" '*"finalizer":true,"refused":"it is full"} ok'
	run -0 etcdctl_at 1 get /podtap/pools/lan --print-value-only
	[ "$(jq -c '[.more, .metadata.finalizers[0], .status.conditions[0].message]' <<<"$output")" = \
		'[1,"ipam.podtap.dev/blocks","it is full"]' ]
	etcdctl_at 1 put /podtap/pools/lan "$(jq -c '.metadata.deletionTimestamp = "2026-01-02T03:04:05Z"' <<<"$output")"
	engine_is a pools ' *"deleting":true*'
	engine_is a "update lan $(jq -r .version <<<"${answer% ok}") gone" "* ok"
	run -0 etcdctl_at 1 get /podtap/pools/lan
	[ -z "$output" ]
}

@test "etcd: a node keeps the UID of its first entry" {
	etcd_start 1
	engine_open a "$(etcd_config 1)"
	engine_is a "find one uid-1" " none"
	engine_is a "enter one uid-1" " uid-1 ok"
	engine_is a "enter one uid-2" " uid-1 ok"
	engine_is a "find one uid-1" " ok"
	engine_is a "find one uid-2" " none"
	etcdctl_at 1 put /podtap/nodes/one '{"uid":1}'
	engine_is a "find one uid-1" ' refused: etcd*/podtap/nodes/one: it must be {"uid": "..."}'
}

@test "etcd: the watch tells every change of a pool, and ends with etcd or at a revision that is too old" {
	etcd_start 1
	engine_open a "$(etcd_config 1)"
	engine_is a pools " ok"
	etcdctl_at 1 put /podtap/pools/lan "$pool"
	engine_is a watch " ok"
	engine_is a wait " changed ok" # what came between the list and the watch
	etcdctl_at 1 put /podtap/blocks/lan.0a000000 '{}'
	etcdctl_at 1 put /podtap/pools/lan "$pool"
	engine_is a wait " changed ok"
	etcdctl_at 1 del /podtap/pools/lan
	engine_is a wait " changed ok"
	etcdctl_at 1 compact 4
	engine_is a watch " ok"
	engine_is a wait " ended ok"
	engine_is a pools " ok"
	engine_is a watch " ok"
	etcd_end 1
	engine_is a wait " ended ok"
	grep -F "watch the pools at http://127.0.0.1:10001/v3/watch" a.err
	engine_is a pools " unknown: read the pools at http://127.0.0.1:10001/v3/kv/range: *"
}

@test "etcd: TLS proves the server, and a client certificate us" {
	certificates
	etcd_scheme=https etcdctl_options=(--cacert ca.crt --cert client.crt --key client.key)
	etcd_start 1 --cert-file server.crt --key-file server.key --client-cert-auth --trusted-ca-file ca.crt
	identity=$(jq -cn --arg here "$PWD" '{ca: "\($here)/ca.crt", certificate: "\($here)/client.crt", key: "\($here)/client.key"}')
	engine_open a "$(etcd_config 1 "$identity")"
	engine_is a "put $(block 0a000000 "" one)" " * ok"
	engine_open other "$(etcd_config 1 "$(jq -c --arg here "$PWD" '.ca = "\($here)/other.crt"' <<<"$identity")")"
	engine_is other "get lan 10.0.0.0" " unknown: read a block at https://127.0.0.1:10001/*[Cc]ert*"
	engine_open nobody "$(etcd_config 1 "$(jq -c 'del(.certificate, .key)' <<<"$identity")")"
	engine_is nobody "get lan 10.0.0.0" " unknown: read a block at https://127.0.0.1:10001/*"
	# A name that the certificate does not have.
	engine_open name "$(etcd_config 1 "$identity" | sed s/127.0.0.1/127.0.0.2/)"
	etcd_end 1
	nsenter --net="/run/netns/$net" -- etcd --data-dir etcd1 --name m1 --listen-client-urls https://127.0.0.2:10001 --advertise-client-urls https://127.0.0.2:10001 \
		--cert-file server.crt --key-file server.key >>etcd1.log 2>&1 3>&- &
	members[1]=$!
	until_true inside curl -fsk https://127.0.0.2:10001/health
	engine_is name "get lan 10.0.0.0" " unknown: *[Cc]ert*"
}

@test "etcd: a user gets a new token when the old one is no longer valid" {
	etcd_start 1
	etcdctl_at 1 role add podtap
	etcdctl_at 1 role grant-permission podtap --prefix=true readwrite /podtap/
	etcdctl_at 1 user add root:root
	etcdctl_at 1 user add podtap:secret
	etcdctl_at 1 user grant-role podtap podtap
	etcdctl_at 1 user grant-role root root
	etcdctl_at 1 auth enable
	echo secret >password
	echo wrong >wrong
	engine_open a "$(etcd_config 1 "{\"user\":\"podtap\",\"passwordFile\":\"$PWD/password\"}")"
	engine_open wrong "$(etcd_config 1 "{\"user\":\"podtap\",\"passwordFile\":\"$PWD/wrong\"}")"
	engine_open nobody "$(etcd_config 1)"
	engine_open elsewhere "$(etcd_config 1 "{\"user\":\"podtap\",\"passwordFile\":\"$PWD/password\",\"prefix\":\"/other/\"}")"
	engine_is a "put $(block 0a000000 "" one)" " * ok"
	engine_is a watch " ok"
	engine_is wrong "get lan 10.0.0.0" " unknown: authenticate at http://127.0.0.1:10001: status 400: *authentication failed*"
	engine_is nobody "get lan 10.0.0.0" " refused: read a block at http://127.0.0.1:10001: status 400: *user name is empty*"
	engine_is elsewhere "get lan 10.0.0.0" " refused: read a block at *: status 403: *permission denied*"
	etcd_end 1 TERM # tokens are in memory
	etcd_member 1
	until_true inside curl -fs http://127.0.0.1:10001/health
	engine_is a "get lan 10.0.0.0" " *uid-one* ok"
	# A change of the rights makes tokens of before invalid.
	etcdctl_options=(--user root:root)
	etcdctl_at 1 role add more
	engine_is a "put $(block 0a000010 "" one)" " * ok"
}

@test "etcd with three members: writes go on when the leader is killed, and end without a majority" {
	etcd_start 3
	engine_open a "$(etcd_config 3)"
	leader=
	for i in 1 2 3; do
		[ "$(etcdctl_at "$i" endpoint status -w json | jq '.[0].Status | .leader == .header.member_id')" != true ] || leader=$i
	done
	engine_is a "put $(block 0a000000 "" one)" " * ok"
	engine_is a pools " ok"
	engine_is a watch " ok"
	etcd_end "$leader"
	written=
	for try in {1..40}; do
		engine a "put $(block 0a000010 "" one)"
		[[ $answer != *ok ]] || { written=yes; break; }
		[[ $answer != *conflict ]] || { written=yes; break; } # by a try before, whose answer was lost
		[[ $answer == *unknown:* ]]
	done
	[ -n "$written" ]
	engine_is a "blocks lan" "*0a000000*0a000010* ok"
	other=$((leader % 3 + 1))
	etcd_end "$other"
	engine_is a "put $(block 0a000020 "" one)" "*unknown: *"
	etcd_member "$leader"
	until_true etcdctl_at "$leader" endpoint health
	engine a "put $(block 0a000020 "" one)"
	[[ $answer == *ok || $answer == *conflict ]]
}

@test "etcd: a member that does not answer leaves time for another" {
	etcd_start 3
	engine_open a "$(etcd_config 3)"
	engine_is a "put $(block 0a000000 "" one)" " * ok"
	kill -STOP "${members[1]}"
	engine_is a "get lan 10.0.0.0" " *uid-one* ok"
	engine_open b "$(etcd_config 3)"
	engine_is b "put $(block 0a000010 "" one)" "*unknown: *" # it may still be written
	engine b "put $(block 0a000010 "" one)"
	[[ $answer == *ok || $answer == *conflict ]]
}
