#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The engine kubernetes against a stand-in for kube-apiserver, which answers as a recorded one did.
# shellcheck disable=SC2154 # of lib/engine.bash
load ../lib/engine

setup() {
	engine_setup
}
teardown() {
	engine_teardown
}

@test "the stand-in for kube-apiserver answers as a real one did" {
	certificates
	kube_serve
	inside "$tests/fixtures/kube-apiserver/replay" 6443 ca.crt client.crt client.key
}

@test "kubernetes: a block is created once, and changed or deleted by its version alone" {
	kube_start
	engine_open a "$(kube_config)"
	engine_open b "$(cat a.json)"
	engine_is a "get lan 10.0.0.0" " none"
	engine_is a "put $(block 0a000000 "" one)" " +([0-9]) ok"
	version=${answer% ok} version=${version# }
	engine_is b "put $(block 0a000000 "" two)" "* conflict"
	engine_is b "put $(block 0a000000 "$version" two 4)" " * ok"
	newer=${answer% ok} newer=${newer# }
	engine_is a "put $(block 0a000000 "$version" one)" "* conflict"
	engine_is a "delete lan 10.0.0.0 $version" " conflict"
	engine_is a "get lan 10.0.0.0" " *uid-two* ok"
	[ "$(jq -r .metadata.resourceVersion <<<"${answer% ok}")" = "$newer" ]
	engine_is a "delete lan 10.0.0.0 $newer" " ok"
	engine_is a "delete lan 10.0.0.0 $newer" " none"
	engine_is a "put $(block 0a000000 "$newer" one)" "* conflict"
}

@test "kubernetes: lists of more than a page are complete, of a node by its label" {
	kube_start
	engine_open a "$(kube_config)"
	while read -r block; do
		engine_is a "put $block" " * ok" >/dev/null
	done < <(block 0a000000 "" node | jq -c '("0123456789abcdef" | split("")[]) as $i | (range(4)) as $k |
		.metadata.name = "lan.0a000\($k)\($i)0" | .spec.claims[0] += {node: "node\($k)", nodeUID: "uid-node\($k)"}')
	engine_is a "put $(block 0a000000 "" node | jq -c '.metadata.name = "other.0a000000"')" " * ok"
	standin count '{}'
	engine_is a "blocks lan" "* ok"
	[ "$(jq -s length <<<"${answer% ok}")" = 64 ]
	engine_is a "blocks lan uid-node1" "* ok"
	[ "$(jq -r '.spec.claims[].node' <<<"${answer% ok}" | sort | uniq -c | xargs)" = "16 node1" ]
	run -0 standin count '{}'
	[ "$output" = '{"requests": 3}' ]
}

@test "kubernetes: a pool is read and marked; one that is not valid hides no other" {
	kube_start
	engine_open a "$(kube_config)"
	kube POST "$pools_api" "$(jq -c '.metadata.name = "bad" | .spec.sets[0].rangeStart = "10.1.0.1"' <<<"$pool")"
	kube POST "$pools_api" "$(jq -c '.metadata.labels = {more: "kept"}' <<<"$pool")"
	engine_is a pools ' {"name":"lan",*,"deleting":false,"finalizer":false,"refused":""} ok'
	grep -F "engine: pool bad: " a.err
	engine_is a "update lan 1 full" "* conflict"
	engine_is a pools ' {*} ok'
	engine_is a "update lan $(jq -r .version <<<"${answer% ok}") it is full" '*"finalizer":true,"refused":"it is full"} ok'
	run -0 kube GET "$pools_api/lan"
	[ "$(jq -c '[.metadata.labels.more, .metadata.finalizers[0], .status.conditions[0].message]' <<<"$output")" = \
		'["kept","ipam.podtap.dev/blocks","it is full"]' ]
	# What is not changed is not written.
	version=$(jq -r .metadata.resourceVersion <<<"$output")
	engine_is a "update lan $version it is full" '* ok'
	[ "$(kube GET "$pools_api/lan" | jq -r .metadata.resourceVersion)" = "$version" ]
	kube DELETE "$pools_api/lan"
	engine_is a pools ' *"deleting":true,"finalizer":true*'
	engine_is a "update lan $(jq -r .version <<<"${answer% ok}") gone" "* ok"
	[ "$(kube GET "$pools_api/lan" 2>/dev/null | jq .code)" = 404 ]
}

@test "kubernetes: a node is proved to be gone only by an answer about this node" {
	kube_start
	engine_open a "$(kube_config)"
	engine_is a "enter one proposal" " $node_uid ok"
	engine_is a "enter two proposal" " proposal none"
	engine_is a "find one $node_uid" " ok"
	engine_is a "find one 11111111-1111-4111-8111-111111111111" " none"
	engine_is a "find two $node_uid" " none"
	engine_is a "find ../x $node_uid" " refused: *"
	standin fail '{"requests": 1, "status": 404}'
	engine_is a "find two $node_uid" " refused: *"
	standin fail '{"requests": 1, "status": 503}'
	engine_is a "find two $node_uid" " unknown: *"
	kube DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/addressblocks.ipam.podtap.dev >/dev/null
	engine_is a "get lan 10.0.0.0" " refused: *404 page not found*"
}

@test "kubernetes: the watch tells every change of a pool, and ends at a version that is too old or when the API ends it" {
	kube_start
	engine_open a "$(kube_config)"
	engine_is a pools " ok"
	kube POST "$pools_api" "$pool"
	engine_is a watch " ok"
	engine_is a wait " changed ok" # what came between the list and the watch
	kube PUT "$pools_api/lan" "$(kube GET "$pools_api/lan" | jq -c '.spec.sets[0].gateway = "10.0.0.254"')"
	engine_is a wait " changed ok"
	kube DELETE "$pools_api/lan"
	engine_is a wait " changed ok"
	standin end '{}'
	engine_is a wait " ended ok"
	[ ! -s a.err ]
	standin forget '{}'
	engine_is a watch " ok"
	engine_is a wait " ended ok"
	grep -F '"reason": "Expired", "code": 410' a.err
	engine_is a pools " ok"
	engine_is a watch " ok"
	kube POST "$pools_api" "$pool"
	engine_is a wait " changed ok"
	kill -KILL "$kube_pid"
	engine_is a wait " ended ok"
	engine_is a pools " unknown: read the pools at https://127.0.0.1:6443/*"
}

@test "kubernetes: in a pod, the token is read again, and the roles of the examples are enough" {
	kube_start
	mkdir account
	cp ca.crt account/
	account=system:serviceaccount:kube-system:podtap-addresses
	standin token "{\"token\":\"first\",\"user\":\"$account\",\"seconds\":3600}"
	standin token "{\"token\":\"short\",\"user\":\"$account\",\"seconds\":0}"
	standin token '{"token":"stranger","user":"system:serviceaccount:kube-system:else","seconds":3600}'
	echo first >account/token
	export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443
	engine_open a "{\"engine\":\"kubernetes\",\"kubernetes\":{\"serviceAccount\":\"$PWD/account\"}}"
	kube POST "$pools_api" "$pool"
	engine_is a "enter one x" " $node_uid ok"
	engine_is a pools " {*} ok"
	engine_is a "update lan $(jq -r .version <<<"${answer% ok}") x" "* ok"
	engine_is a "put $(block 0a000000 "" one)" " * ok"
	engine_is a "put $(block 0a000000 "$(tr -dc 0-9 <<<"$answer")" one 4)" " * ok"
	engine_is a "blocks lan uid-one" " {*} ok"
	engine_is a "delete lan 10.0.0.0 $(jq -r .metadata.resourceVersion <<<"${answer% ok}")" " ok"
	engine_is a watch " ok"
	kube DELETE "$pools_api/lan"
	engine_is a wait " changed ok"
	echo short >account/token
	engine_is a pools " throttled: read the pools at *: status 401: *"
	echo stranger >account/token
	engine_is a pools " refused: *403*cannot list resource*"
	echo first >account/token.new
	mv account/token.new account/token
	engine_is a pools " {*} ok"
	rm account/token
	engine_is a pools " unknown: read the token in */account/token: No such file or directory"
}

@test "kubernetes: a kubeconfig has a token, a file of a token, or a certificate, and what is not supported is refused" {
	kube_start
	standin token '{"token":"it","user":"system:serviceaccount:kube-system:podtap-addresses","seconds":3600}'
	echo it >tokenfile
	inline="client-certificate-data: $(base64 -w0 client.crt), client-key-data: $(base64 -w0 client.key)"
	i=0
	for user in 'token: it' 'tokenFile: tokenfile, token: old' "$inline"; do
		engine_open "u$((++i))" "$(kube_config "$user")"
		engine_is "u$i" "find one $node_uid" " ok"
	done
	while IFS='|' read -r user why; do
		kube_config "$user" >refused.json
		run -1 inside "$BUILD/tests/tools/engine" refused.json </dev/null
		[[ $output == *"$why"* ]]
	done <<-END
		exec: {command: aws}|kubeconfig $PWD/kubeconfig: exec: it is not supported
		client-certificate: client.crt|a client certificate needs its key
		client-key-data: "!"|client-key-data: it must be base64
		token: [|the kubeconfig, line 1
		token: &a it, tokenFile: *a|an alias (*NAME) is not understood
	END
	kube_config >refused.json
	for change in 's/certificate-authority/#/' 's/here$/nowhere/' 's/server:.*/server: 127.0.0.1/' 's/cluster: standin/cluster: x/' \
		's/    server/    insecure-skip-tls-verify: true\n    server/'; do
		kube_config >refused.json
		sed -i "$change" kubeconfig
		run -1 inside "$BUILD/tests/tools/engine" refused.json </dev/null
		echo "$change: $output"
	done
	unset KUBERNETES_SERVICE_HOST
	echo '{"engine":"kubernetes"}' >refused.json
	run -1 inside "$BUILD/tests/tools/engine" refused.json </dev/null
	[[ $output == *"outside a pod, the key kubernetes.kubeconfig names a file"* ]]
}

@test "kubernetes: a throttled call tells when to try again, and a lost answer may have been written" {
	kube_start
	engine_open a "$(kube_config)"
	standin throttle '{"requests": 1, "seconds": 7}'
	engine_is a "put $(block 0a000000 "" one)" "*throttled: *Too many requests*7000 ms?"
	engine_is a "put $(block 0a000000 "" one)" " * ok"
	standin lose '{"requests": 1}'
	standin count '{}' >/dev/null
	engine_is a "put $(block 0a000010 "" one)" "*unknown: write a block at *"
	[ "$(standin count '{}')" = '{"requests": 1}' ] # it was not sent again
	engine_is a "get lan 10.0.0.16" " *uid-one* ok"
	standin fail '{"requests": 1, "status": 500}'
	engine_is a "put $(block 0a000020 "" one)" "*unknown: *status 500*"
	standin slow '{"milliseconds": 3500}'
	engine_is a "put $(block 0a000020 "" one)" "*unknown: *"
	engine_is a pools " ok"
}

@test "kubernetes: another authority is refused" {
	kube_start
	engine_open a "$(kube_config)"
	engine_is a pools " ok" # it has read the file
	sed -i 's/ca.crt/other.crt/' kubeconfig
	engine_open other "$(cat a.json)"
	engine_is other pools " unknown: read the pools at https://127.0.0.1:6443/*[Cc]ert*"
	engine_is a pools " ok"
}

@test "kubernetes: what the schema of blocks refuses is told, and nothing is written" {
	kube_start
	engine_open a "$(kube_config)"
	long=$(printf '%064d' 0)
	engine_is a "put $(block 0a000000 "" one | jq -c --arg uid "${long:1}" '.spec.claims[0].nodeUID = $uid')" " * ok"
	engine_is a "put $(block 0a000010 "" one | jq -c '.spec.claims[0].since = "then"')" "*refused: *type date-time*"
}
