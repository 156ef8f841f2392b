#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The key antispoof against root of a container, who has queueing disciplines, classifier actions and VLANs.
load ../lib/lib
load ../lib/frames
load ../lib/spoof

setup() {
	lan_setup
	by=() honest=$other address4=10.99.0.31
	key='{"type":"macvlan","mode":"private","antispoof":true,"ipam":{"type":"podtap-ipam","addresses":[{"address":"%s"}]}}'
	# shellcheck disable=SC2059 # it is a format
	run -0 cni ADD "$(printf "$key" 10.99.0.31/24)"
	# shellcheck disable=SC2059
	run -0 cni ADD "$(printf "$key" 10.99.0.32/24)" CNI_CONTAINERID=second CNI_NETNS="/run/netns/$other"
	own=$(link "$pod" eth0 .address) victim=$(link "$other" eth0 .address)
	good=$(ipv4 "$own" 10.99.0.31 6 00)
	forged=("$(ipv4 "$own" 10.99.0.32 6 00)" "$(ipv4 "$victim" 10.99.0.32 6 00)" "$(ipv4 "$own" 10.99.0.254 6 00)"
		"$(arp "$own" 2 "$own" 10.99.0.254 10.99.0.1)" "$(tagged "$good")")
}
# Forged frames do not arrive, and the good one, the last, does, or not, or may: judged yes|no|maybe
judged() {
	run -0 passed "$pod" eth0 "${forged[@]}" "$good"
	case $1,$output in
	no, | maybe, | [ym]*,"$((${#forged[@]} + 1)) ") ;;
	*) echo "$output"; return 1 ;;
	esac
}

@test "antispoof: with a queueing discipline on its own link a container sends as itself, or nothing" {
	for discipline in "pfifo limit 100 yes" "tbf rate 1gbit burst 100000 latency 1s yes" "prio yes" "htb default 0 yes" \
		"fq no" "fq_codel maybe" "codel maybe" "netem delay 1ms no" "sfq perturb 10 maybe"; do
		read -ra words <<<"$discipline"
		at "$pod" tc qdisc replace dev eth0 root "${words[@]:0:${#words[@]}-1}"
		judged "${words[-1]}" || { echo "$discipline"; return 1; }
		at "$pod" tc qdisc del dev eth0 root
	done
	judged yes
}
@test "antispoof: what actions on its own link change of a frame is checked" {
	local action
	judged yes
	for action in "skbedit mark 7 priority 1:1 queue_mapping 0" "skbedit ptype host"; do
		# shellcheck disable=SC2086 # words
		at "$pod" tc filter add dev eth0 egress pref 2 matchall action $action pipe
		judged yes || { echo "$action"; return 1; }
		at "$pod" tc filter del dev eth0 egress pref 2
	done
	for action in "pedit ex munge ip src set 10.99.0.254" "pedit ex munge ip src set 10.99.0.32" \
		"skbmod set smac $victim" "vlan push id 5" "vlan push id 0" "vlan push id 5 protocol 802.1ad" "mpls push label 5"; do
		# shellcheck disable=SC2086 # words
		at "$pod" tc filter add dev eth0 egress pref 2 matchall action $action pipe
		judged no || { echo "$action"; return 1; }
		at "$pod" tc filter del dev eth0 egress pref 2
	done
	judged yes
}
@test "antispoof: links on top of its own one send nothing that is not the endpoint's" {
	local kind
	for kind in "vlan id 5" "vlan id 0" "vlan id 5 protocol 802.1ad" "macsec" "ipvlan mode l2"; do
		# shellcheck disable=SC2086 # words
		ip -n "$pod" link add link eth0 name top type $kind
		ip -n "$pod" link set top up
		[ "$(link "$pod" top .address)" = "$own" ]
		run -0 passed "$pod" top "${forged[@]}"
		[ -z "$output" ] || { echo "$kind: $output"; return 1; }
		ip -n "$pod" link del top
	done
	for kind in bond bridge; do
		ip -n "$pod" link set eth0 down
		ip -n "$pod" link add top type $kind
		ip -n "$pod" link set eth0 master top
		ip -n "$pod" link set eth0 up
		ip -n "$pod" link set top up
		run -0 passed "$pod" top "${forged[@]}"
		[ -z "$output" ] || { echo "$kind: $output"; return 1; }
		ip -n "$pod" link set eth0 nomaster
		ip -n "$pod" link del top
	done
}
