#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The key antispoof: the life of the guard and of its entries, and where the key is refused.
load ../lib/lib
load ../lib/frames

guarded='"type":"macvlan","mode":"private","antispoof":true'
egress() {
	at "$host" "$BUILD/tests/tools/egress" "$@"
}
# The MAC addresses that the guard has.
entries() {
	egress guard lan0 | sed -n 's/ .*//; /:/p'
}
# The order in which the traced call did these things, each as often as another came between: order WORD...
order() {
	grep -oE "$(IFS='|'; echo "$*")" "$BATS_TEST_TMPDIR/trace" | uniq | paste -sd ' '
}
lease() { # ADDRESS: the key ipam
	printf '"ipam":{"type":"podtap-ipam","addresses":[{"address":"%s"}]}' "$1"
}

@test "antispoof: without the key nothing is loaded; the first endpoint loads the guard and the last DEL removes it" {
	run -0 cni ADD '{}' CNI_IFNAME=plain
	run -0 egress list lan0
	[ -z "$output" ]
	for n in 1 2 3 4; do
		cni_raw ADD "$(config "{$guarded}")" CNI_IFNAME=many$n >/dev/null &
		calls[n]=$!
	done
	for n in 1 2 3 4; do
		wait "${calls[n]}"
	done
	run -0 egress list lan0
	[ "$output" = podtap_guard ]
	[ "$(entries | wc -l)" = 4 ]
	for n in 1 2 3 4; do
		[ "$(egress list lan0)" = podtap_guard ]
		cni_raw DEL "$(config)" CNI_IFNAME=many$n
	done
	run -0 egress list lan0
	[ -z "$output" ]
}
@test "antispoof: the guard decides before hostAccess, in any order of the ADDs" {
	for first in antispoof hostAccess; do
		run -0 cni ADD '{"type":"macvlan","mode":"private","'$first'":true}' CNI_IFNAME=first
		run -0 cni ADD "{$guarded,\"hostAccess\":true}" CNI_IFNAME=second
		run -0 egress list lan0
		[ "$(head -n 2 <<<"$output")" = $'podtap_guard\npodtap_host' ] || { echo "$first: $output"; return 1; }
		run -0 cni DEL '{}' CNI_IFNAME=second
		run -0 cni DEL '{}' CNI_IFNAME=first
		run -0 egress list lan0
		[ -z "$output" ]
	done
}
# bats test_tags=plain
@test "antispoof: the entry is there before the link is up, and removed after the link" {
	wrapper=(strace -f -o "$BATS_TEST_TMPDIR/trace" -e "trace=bpf,sendto,sendmsg")
	run -0 cni ADD "{$guarded,$(lease 10.99.0.5/24)}"
	[ "$(entries)" = "$(link "$pod" eth0 .address)" ]
	# The entry; the link; its own program, the addresses, and that it comes up.
	[ "$(order RTM_NEWLINK BPF_MAP_UPDATE_ELEM type=0x{2c,14,10})" = \
		"BPF_MAP_UPDATE_ELEM RTM_NEWLINK type=0x2c BPF_MAP_UPDATE_ELEM type=0x14 type=0x10" ]
	run -0 cni DEL "{$guarded}"
	wrapper=()
	[ "$(order type=0x11 BPF_MAP_DELETE_ELEM)" = "type=0x11 BPF_MAP_DELETE_ELEM" ]
}
@test "antispoof: an address is one endpoint's until it ends" {
	second=(CNI_CONTAINERID=second CNI_NETNS="/run/netns/$other")
	run -0 cni ADD "{$guarded,$(lease 10.99.0.5/24)}"
	mac=$(link "$pod" eth0 .address)
	run -1 cni ADD "{$guarded,$(lease 10.99.0.5/24),\"name\":\"elsewhere\"}" "${second[@]}"
	error_is 11 "10.99.0.5 is in use" "$mac"
	[ "$(entries)" = "$mac" ]
	run -0 cni DEL "{$guarded}"
	run -0 cni ADD "{$guarded,$(lease 10.99.0.5/24),\"name\":\"elsewhere\"}" "${second[@]}"
}
@test "antispoof: an ADD that fails removes its own entry, and not that of the endpoint with the same MAC address" {
	run -0 cni ADD "{$guarded,\"mac\":\"02:00:00:00:77:01\",$(lease 10.99.0.5/24)}"
	run -1 cni ADD "{$guarded,\"mac\":\"02:00:00:00:77:01\"}" CNI_CONTAINERID=second CNI_NETNS="/run/netns/$other"
	error_is 7 "02:00:00:00:77:01 is in use"
	[ "$(entries)" = 02:00:00:00:77:01 ]
	run -1 cni ADD "{$guarded,\"mac\":\"02:00:00:00:77:02\",$(lease 10.99.0.5/24)}" CNI_CONTAINERID=second \
		CNI_NETNS="/run/netns/$other"
	[ "$(entries)" = 02:00:00:00:77:01 ]
	run -0 at "$pod" ping -q -c 1 -w 20 10.99.0.254
}
@test "antispoof: DEL, GC and a second ADD remove the entry of an ADD that was killed" {
	for how in del gc add; do
		wrapper=(strace -f -o /dev/null -e inject=capset:signal=KILL:when=2)
		run cni ADD "{$guarded,\"mac\":\"02:00:00:00:77:02\"}"
		wrapper=()
		[ "$(jq -r .state "$(record)")" = adding ]
		[ "$(entries)" = 02:00:00:00:77:02 ]
		case $how in
		del) run -0 cni DEL "{$guarded}" ;;
		gc) run -0 cni GC '{"cni.dev/valid-attachments":[]}' ;;
		add) run -0 cni ADD "{$guarded,\"mac\":\"02:00:00:00:77:03\"}" ;;
		esac
		run -1 grep 02:00:00:00:77:02 <(egress guard lan0)
	done
}
@test "antispoof: DEL of an endpoint whose record is lost removes its entry" {
	run -0 cni ADD "{$guarded,$(lease 10.99.0.5/24)}"
	rm "$(record)"
	run -0 cni DEL "{$guarded}"
	run -0 egress list lan0
	[ -z "$output" ]
}
@test "antispoof: CHECK and podtapctl report an endpoint that the guard does not have" {
	run -0 cni ADD "{$guarded}"
	run -0 cni CHECK "{$guarded}"
	egress forget lan0 "$(link "$pod" eth0 .address)"
	run -1 cni CHECK "{$guarded}"
	error_is 999 guard
	run -1 at "$host" "$BUILD/podtapctl" check --all
	[[ $output == *guard-missing* ]]
}
@test "antispoof: STATUS and ADD report a kernel without eBPF, and ADD leaves nothing" {
	wrapper=(strace -f -o /dev/null -e inject=bpf:error=ENOSYS)
	run -1 cni STATUS "{$guarded}"
	error_is 50 "no eBPF"
	run -1 cni ADD "{$guarded}"
	error_is 999 "no eBPF"
	wrapper=()
	[ ! -e "$(record)" ]
	run -0 cni STATUS "{$guarded}"
}
@test "antispoof: bridge, passthru and linkInContainer refuse the key with a reason, and the exceptions need it" {
	run -1 cni ADD '{"type":"macvlan","antispoof":true}'
	error_is 7 antispoof "choose mode private, vepa or source"
	run -1 cni STATUS '{"type":"macvlan","antispoof":true}'
	error_is 7 antispoof "choose mode private, vepa or source"
	run -1 cni ADD "{$guarded,\"mode\":\"passthru\"}"
	error_is 7 antispoof "master's own MAC address"
	run -1 cni ADD "{$guarded,\"linkInContainer\":true,\"master\":\"eth0\"}"
	error_is 7 antispoof linkInContainer
	run -1 cni ADD '{"type":"macvlan","allowDhcpServer":true}'
	error_is 7 allowDhcpServer antispoof
}
@test "antispoof: a policy can demand it, and its exceptions need a key" {
	mkdir -p "${PODTAP_POLICY%/*}"
	echo '{"rules":[{"masters":["*"],"modes":["private"],"antispoof":true}]}' >"$PODTAP_POLICY"
	run -1 cni ADD '{"type":"macvlan","mode":"private"}'
	error_is 7 "rule 1 has antispoof true, not antispoof false"
	run -1 cni ADD "{$guarded,\"allowDhcpServer\":true}"
	error_is 7 "rule 1 does not allow allowDhcpServer"
	run -0 cni ADD "{$guarded}"
	echo '{"rules":[{"masters":["*"],"modes":["private"]}]}' >"$PODTAP_POLICY"
	run -0 cni ADD "{$guarded}" CNI_IFNAME=second
}
@test "antispoof: GC removes an entry that no record has, and its address can be given again" {
	run -0 cni ADD "{$guarded,$(lease 10.99.0.5/24)}"
	run -0 cni ADD "{$guarded,\"mac\":\"02:00:00:00:77:02\",$(lease 10.99.0.6/24)}" CNI_IFNAME=lost
	ip -n "$pod" link del lost
	rm "$PODTAP_STATE_DIR/indices/$(jq .ifindex "$(record lost)")" "$(record lost)"
	run -0 cni GC "$(jq -nc --argjson own "{$guarded}" --arg id "$container" \
		'$own + {"cni.dev/valid-attachments": [{containerID: $id, ifname: "eth0"}]}')"
	grep -q "antispoof on lan0: entry 02:00:00:00:77:02 of no endpoint: removed" "$BATS_TEST_TMPDIR/stderr"
	[ "$(entries)" = "$(link "$pod" eth0 .address)" ]
	run -0 cni ADD "{$guarded,$(lease 10.99.0.6/24)}" CNI_IFNAME=again
}
@test "antispoof: an entry without a record is stale in podtapctl list, and podtapctl prune removes it alone" {
	run -0 cni ADD "{$guarded,$(lease 10.99.0.5/24)}"
	run -0 cni ADD "{$guarded,\"mac\":\"02:00:00:00:77:02\"}" CNI_IFNAME=lost
	ip -n "$pod" link del lost
	rm "$(record lost)"
	run -1 --separate-stderr at "$host" "$BUILD/podtapctl" list --json
	json_is '[.[] | select(.alive == false) | [.mac, .guard.ifindex, .why]]' \
		"[[\"02:00:00:00:77:02\",$(link "$host" lan0 .ifindex),\"02:00:00:00:77:02 on master lan0: antispoof: no endpoint has this entry\"]]"
	run -0 at "$host" "$BUILD/podtapctl" prune
	[[ $output == *"entry of antispoof 02:00:00:00:77:02: removed"* ]]
	[ "$(entries)" = "$(link "$pod" eth0 .address)" ]
	run -0 at "$host" "$BUILD/podtapctl" list
}
@test "antispoof: an entry that a DEL could not reach keeps its address, and the error names podtapctl prune" {
	run -0 cni ADD "{$guarded,$(lease 10.99.0.5/24)}"
	ip -n "$host" link set lan0 netns "$other"
	run -0 cni DEL "{$guarded}"
	ip -n "$other" link set lan0 netns "$host"
	ip -n "$host" link set lan0 up
	run -1 cni ADD "{$guarded,$(lease 10.99.0.5/24)}"
	error_is 11 10.99.0.5 "podtapctl prune"
	run -0 at "$host" "$BUILD/podtapctl" prune
	run -0 cni ADD "{$guarded,$(lease 10.99.0.5/24)}"
}
# bats test_tags=long
@test "antispoof, hostAccess: an ADD that finds no room says so and leaves nothing, and GC makes room" {
	for key in antispoof hostAccess; do
		own="\"type\":\"macvlan\",\"mode\":\"private\",\"$key\":true"
		run -0 cni ADD "{$own}"
		egress fill lan0
		run -1 cni ADD "{$own,$(lease 10.99.0.6/24)}" CNI_IFNAME=second
		error_is 11 "it has as many endpoints as"
		[ ! -e "$(record second)" ]
		! link_exists "$pod" second || return 1
		run -0 cni GC "$(jq -nc --argjson own "{$own}" --arg id "$container" \
			'$own + {"cni.dev/valid-attachments": [{containerID: $id, ifname: "eth0"}]}')"
		[ "$(grep -c "of no endpoint: removed" "$BATS_TEST_TMPDIR/stderr")" -ge 16380 ]
		run -0 cni ADD "{$own,$(lease 10.99.0.6/24)}" CNI_IFNAME=second
		run -0 cni DEL "{$own}" CNI_IFNAME=second
		run -0 cni DEL "{$own}"
		[ -z "$(egress list lan0)" ]
	done
}
