#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The call that made an endpoint, which its record keeps.
load ../lib/lib

kept() { # FILTER
	jq -r ".call | $1" "$(record)"
}

@test "record: keeps CNI_ARGS, CNI_PATH and the configuration, byte for byte, for root alone" {
	local text
	text=$(config '{"cniVersion":"1.0.0","mtu":1400,"unknown":[1e2,12345678901234567890,"\u00e9\\ud83d\\ude00"]}' | jq .)
	text="  $text"$'\n\t'
	run -0 cni_raw ADD "$text" CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAME=a\"b"
	[ "$(kept '.config + "."')" = "$text." ]
	[ "$(kept .args)" = 'IgnoreUnknown=1;K8S_POD_NAME=a"b' ]
	[ "$(kept .path)" = "$BUILD:/usr/lib/cni" ]
	[ "$(stat -c %a "$(record)")" = 600 ]
	run -0 cni_raw DEL "$text"
}
@test "record: an ADD that is killed after its record leaves the call there too" {
	wrapper=(strace -f -qqq -o /dev/null -e "inject=renameat,renameat2,rename:signal=KILL")
	run cni ADD '{"mtu":1400}'
	wrapper=()
	[ "$(kept '.config | fromjson | .mtu')" = 1400 ]
	[ "$(jq -r .state "$(record)")" = adding ]
}
@test "record: a call of more than 64 KiB is not kept, and all else works" {
	run -0 cni ADD "$(jq -cn '{cniVersion: "1.0.0", further: ("x" * 66000)}')"
	[ "$(jq 'has("call")' "$(record)")" = false ]
	run -0 cni CHECK "$(jq -cn '{cniVersion: "1.0.0", further: ("x" * 66000)}')"
	run -0 cni DEL "$(jq -cn '{cniVersion: "1.0.0", further: ("x" * 66000)}')"
}
