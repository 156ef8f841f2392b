#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The link as configured: its mtu, flags, queue lengths, senders and MAC address.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
load ../lib/lib
load ../lib/endpoint
load ../lib/frames

@test "mtu: is set as requested; more than the master's is refused with the limit" {
	ip -n "$host" link set lan0 mtu 1450
	run -0 cni ADD '{"mtu":1400}'
	[ "$(link "$pod" eth0 .mtu)" = 1400 ]
	run -1 cni_raw ADD "$(config '{"mtu":1451}')" CNI_IFNAME=net1
	error_is 7 1451 lan0 1450
	run -1 link_exists "$pod" net1
}
@test "mtu: one below IPv6's minimum works without IPv6, and is refused for an IPv6 address" {
	run -0 cni ADD "$(answering '{"ips":[{"address":"10.99.0.7/24"}]}' '{"mtu":1000}')" "$delegates"
	run -1 with_calls cni_raw ADD "$(config "$(answering "$both_families" '{"mtu":1000}')")" CNI_IFNAME=net1
	error_is 7 mtu 1280
	run -1 link_exists "$pod" net1
	[ "$(cat "$BATS_TEST_TMPDIR/calls")" = $'ADD\nDEL' ]
}
@test "promiscMode: is off by default" {
	for kind in macvtap macvlan; do
		while read -r change wanted; do
			run -0 cni ADD "$change"
			run -0 link "$pod" eth0 '.flags | index("PROMISC") != null'
			[ "$output" = "$wanted" ]
			run -0 cni DEL
		done <<-END
			{"link":"$kind"} false
			{"link":"$kind","promiscMode":false} false
			{"link":"$kind","promiscMode":true} true
		END
	done
}
@test "allmulti: on for a macvtap and off for a macvlan by default; the key overrides it" {
	while read -r change wanted; do
		run -0 cni ADD "$change"
		run -0 link "$pod" eth0 '.flags | index("ALLMULTI") != null'
		[ "$output" = "$wanted" ]
		run -0 cni DEL
	done <<-'END'
		{} true
		{"link":"macvlan"} false
		{"allmulti":false} false
		{"link":"macvlan","allmulti":true} true
	END
}
@test "bcqueuelen: is the kernel's by default, and has a limit that protects the host's memory" {
	while read -r change wanted; do
		run -0 cni ADD "$change"
		run -0 link "$pod" eth0 .linkinfo.info_data.bcqueuelen
		[ "$output" = "$wanted" ]
		run -0 cni DEL
	done <<-'END'
		{} 1000
		{"bcqueuelen":0} 1000
		{"bcqueuelen":77} 77
		{"link":"macvlan","bcqueuelen":10000} 10000
	END
	for length in 10001 4294967295; do
		run -1 cni ADD "{\"bcqueuelen\":$length}"
		error_is 7 "bcqueuelen is $length" "from 0 to 10000"
	done
}
@test "txQueueLen: is the master's by default, from 1000 to 10000; the key sets another" {
	while read -r kind master change wanted; do
		ip -n "$host" link set lan0 txqueuelen "$master"
		run -0 cni ADD "$(jq -c ".link = \"$kind\"" <<<"$change")"
		[ "$(link "$pod" eth0 .txqlen)" = "$wanted" ] || { echo "$kind $master $change"; return 1; }
		run -0 cni DEL
	done <<-'END'
		macvtap 1000 {} 1000
		macvtap 500 {} 1000
		macvtap 4000 {} 4000
		macvtap 4000 {"txQueueLen":0} 4000
		macvtap 4000 {"txQueueLen":500} 500
		macvtap 1000000 {"mode":"passthru"} 10000
		macvlan 1000 {"txQueueLen":10000} 10000
		macvlan 2000 {} 2000
	END
	run -1 cni ADD '{"txQueueLen":10001}'
	error_is 7 "txQueueLen is 10001" "from 0 to 10000"
}
@test "txQueueLen: a burst of nearly as many frames waits in the tap for a VM that reads late" {
	to="02:00:00:00:00:07 02:00:00:00:00:fe"
	for length in 1000 4000; do
		run -0 cni ADD "{\"txQueueLen\":$length,\"mac\":\"${to% *}\"}"
		# shellcheck disable=SC2086 # words
		first=$(frame $to first) last=$(frame $to last)
		coproc late { "$tapio" "$(tap)" say open hold until "$last" "$patience" 3>&-; }
		reader=$late_PID
		read -r -u "${late[0]}"
		sent=$((length - 100)) # the pod's kernel receives some, too
		at "$switch" "$tapio" br0 burst "$sent" "$first" send "$last"
		eval "exec ${late[1]}>&-"
		run -0 grep -c "^${first:0:60}" <&"${late[0]}"
		[ "$output" = "$sent" ]
		wait "$reader"
		run -0 cni DEL
	done
}
@test "sourceMacs: the kernel's list for mode source has the senders, up to 256" {
	for n in 0 1 2 256; do
		macs=$(jq -cn "[range($n) | \"02:00:00:00:0\\(. / 100 | floor):\\(. % 100 + 100 | tostring[1:])\"]")
		run -0 cni ADD "{\"mode\":\"source\",\"sourceMacs\":$macs}"
		run -0 link "$pod" eth0 '.linkinfo.info_data.macaddr_data // [] | sort'
		[ "$output" = "$macs" ]
		run -0 cni DEL
	done
}

@test "mac: each of four sources sets it, and the more specific source wins" {
	all='{"runtimeConfig":{"mac":"02:00:00:00:00:01"},"args":{"cni":{"mac":"02:00:00:00:00:02"}},"mac":"02:00:00:00:00:04"}'
	while read -r without args wanted; do
		change=$(jq -c "$without" <<<"$all")
		run -0 cni ADD "$change" CNI_ARGS="$args"
		json_is '.interfaces[0].mac' "$wanted"
		[ "$(link "$pod" eth0 .address)" = "$wanted" ] || { echo "$without $args"; return 1; }
		run -0 cni DEL "$change"
	done <<-'END'
		. MAC=02:00:00:00:00:03 02:00:00:00:00:01
		del(.args,.mac) IgnoreUnknown=1 02:00:00:00:00:01
		del(.runtimeConfig) MAC=02:00:00:00:00:03 02:00:00:00:00:02
		del(.runtimeConfig,.mac) IgnoreUnknown=1;X=y 02:00:00:00:00:02
		del(.runtimeConfig,.args) IgnoreUnknown=1;MAC=02:00:00:00:00:03 02:00:00:00:00:03
		del(.runtimeConfig,.args,.mac) MAC=02:00:00:00:00:03 02:00:00:00:00:03
		del(.runtimeConfig,.args) IgnoreUnknown=1 02:00:00:00:00:04
		.runtimeConfig.mac="" MAC=02:00:00:00:00:03 02:00:00:00:00:02
	END
}
@test "mac: is reported in lower case with colons, from every source and spelling" {
	for text in 02:AB:CD:EF:00:01 02-ab-cd-ef-00-01 02ab.cdef.0001; do
		run -0 cni ADD "{\"mac\":\"$text\"}"
		json_is '.interfaces[0].mac' 02:ab:cd:ef:00:01
		run -0 cni DEL
	done
}
@test "mac: is random and locally administered by default, and different for each endpoint" {
	for kind in macvtap macvlan; do
		for i in 1 2 3 4; do
			run -0 cni ADD "{\"link\":\"$kind\"}"
			json_is '.interfaces[0].mac' "$(link "$pod" eth0 .address)"
			mac=$(jq -r '.interfaces[0].mac' <<<"$output")
			[[ $mac == ?[26ae]:* ]]
			echo "$mac" >>"$BATS_TEST_TMPDIR/macs"
			run -0 cni DEL
		done
	done
	[ "$(sort -u "$BATS_TEST_TMPDIR/macs" | wc -l)" = 8 ]
}
@test "mac stable: follows from network, namespace, name and interface, at every start" {
	while read -r args name interface wanted; do
		for kind in macvtap macvlan; do
			run -0 cni ADD "{\"name\":\"$name\",\"link\":\"$kind\",\"mac\":\"stable\"}" "CNI_ARGS=IgnoreUnknown=1;$args" \
				CNI_IFNAME="$interface" CNI_CONTAINERID="$container-$kind"
			json_is '.interfaces[0].mac' "$wanted"
			[ "$(link "$pod" "$interface" .address)" = "$wanted" ]
			run -0 cni DEL "{\"name\":\"$name\"}" CNI_IFNAME="$interface" CNI_CONTAINERID="$container-$kind"
		done
	done <<-'END'
		K8S_POD_NAME=vm lan eth0 ae:5c:51:ef:0d:9c
		K8S_POD_NAMESPACE=default;K8S_POD_NAME=db-0;K8S_POD_UID=1 lan net1 d2:c7:bf:f9:1d:76
		K8S_POD_NAMESPACE=default;K8S_POD_NAME=db-0;K8S_POD_UID=2 lan net1 d2:c7:bf:f9:1d:76
		K8S_POD_NAMESPACE=default;K8S_POD_NAME=db-0 lan eth0 62:84:a8:6c:9d:86
		K8S_POD_NAMESPACE=default;K8S_POD_NAME=db-1 lan net1 06:0a:e0:ba:2f:0a
		K8S_POD_NAME=vm;MAC=02:00:00:00:00:03 lan eth0 02:00:00:00:00:03
	END
}
@test "mac stable: without a name is refused; an address in use is refused with its holder, to be tried again" {
	run -1 cni ADD '{"mac":"stable"}' CNI_ARGS=IgnoreUnknown=1
	error_is 4 '"stable"' K8S_POD_NAME "the id of a container"
	run -1 cni ADD '{"mac":"stable"}' 'CNI_ARGS=K8S_POD_NAME=a;K8S_POD_NAME=b'
	error_is 4 '"stable"' twice
	nothing_made
	run -1 cni ADD '{"mac":"Stable"}' CNI_ARGS=K8S_POD_NAME=vm
	error_is 7 'or "stable"'
	run -0 cni ADD '{"mac":"stable"}' CNI_ARGS=K8S_POD_NAME=vm CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	run -1 cni ADD '{"mac":"stable"}' CNI_ARGS=K8S_POD_NAME=vm
	error_is 11 "in use on master lan0" "interface eth0 of container $container-2"
	run -0 cni DEL '{}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	run -0 cni ADD '{"mac":"stable"}' CNI_ARGS=K8S_POD_NAME=vm
	run -0 cni CHECK '{"mac":"stable"}'
}
@test "mac: one in use on the master is refused by name, and nothing stays" {
	run -0 cni ADD '{"mac":"02:00:00:00:00:07"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	for kind in macvtap macvlan; do
		for mac in 02:00:00:00:00:07 "$(link "$host" lan0 .address)"; do
			run -1 with_calls cni_raw ADD "$(config "$(answering "$both_families" "{\"link\":\"$kind\",\"mac\":\"$mac\"}")")"
			error_is 7 "$mac" lan0 "in use"
			[ "$(cat "$BATS_TEST_TMPDIR/calls")" = $'ADD\nDEL' ]
			run -1 link_exists "$pod" eth0
			[ ! -e "$(record)" ]
		done
	done
	[ "$(tap_identity "$(tap eth0 "$container-2")")" = "eth0 02:00:00:00:00:07" ]
}
