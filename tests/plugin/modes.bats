#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Each mode, tested with real frames between two pods and a peer on the switch.
load ../lib/lib
load ../lib/frames

setup() {
	lan_setup
	peer_mac=02:00:00:00:00:fe
}

# Two pods on the same master: two_pods CHANGES
two_pods() {
	run -0 cni ADD "$1"
	pod_mac=$(jq -r '.interfaces[0].mac' <<<"$output")
	run -0 cni ADD "$1" CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	other_mac=$(jq -r '.interfaces[0].mac' <<<"$output")
}
# Asserts that a frame from a device to an address arrives, or does not, at another device.
#   frame_goes FROM DEVICE SOURCE DESTINATION TO DEVICE
frame_goes() {
	passes expect "$patience" "$@"
}
frame_stops() {
	passes refuse 300 "$@"
}
passes() {
	local text=frame-$RANDOM$RANDOM
	listen "$text" "$7" "$8" "$1" "$(text_hex "$text")" "$2"
	at "$3" "$tapio" "$4" send "$(frame "$6" "$5" "$text")"
	heard "$text"
}
pod_to_other() { "$1" "$pod" eth0 "$pod_mac" "$other_mac" "$other" eth0; }
other_to_pod_by_broadcast() { "$1" "$other" eth0 "$other_mac" "$broadcast" "$pod" eth0; }
pod_to_peer() { "$1" "$pod" eth0 "$pod_mac" "$peer_mac" "$switch" br0; }
peer_to_pod() { "$1" "$switch" br0 "$peer_mac" "$pod_mac" "$pod" eth0; }
peer_to_other_by_broadcast() { "$1" "$switch" br0 "$peer_mac" "$broadcast" "$other" eth0; }

for_each_link() {
	local link
	for link in macvtap macvlan; do
		"$1" "\"link\":\"$link\""
		cni_del_all
		rm -f "$cache"/*
	done
}

@test "mode bridge: pods reach each other and the peer" {
	bridge() {
		two_pods "{$1,\"mode\":\"bridge\"}"
		pod_to_other frame_goes
		other_to_pod_by_broadcast frame_goes
		pod_to_peer frame_goes
		peer_to_pod frame_goes
		peer_to_other_by_broadcast frame_goes
	}
	for_each_link bridge
}
@test "mode private: pods reach the peer only" {
	private() {
		two_pods "{$1,\"mode\":\"private\"}"
		pod_to_peer frame_goes
		peer_to_pod frame_goes
		peer_to_other_by_broadcast frame_goes
		pod_to_other frame_stops
		other_to_pod_by_broadcast frame_stops
	}
	for_each_link private
}
@test "mode vepa: pods reach each other only if the switch reflects" {
	vepa() {
		two_pods "{$1,\"mode\":\"vepa\"}"
		pod_to_peer frame_goes
		peer_to_pod frame_goes
		pod_to_other frame_stops
		other_to_pod_by_broadcast frame_stops
		bridge -n "$switch" link set dev port0 hairpin on
		pod_to_other frame_goes
		other_to_pod_by_broadcast frame_goes
		bridge -n "$switch" link set dev port0 hairpin off
	}
	for_each_link vepa
}
@test "mode passthru: the endpoint has the master's MAC and reaches the LAN" {
	passthru() {
		run -0 cni ADD "{$1,\"mode\":\"passthru\"}"
		pod_mac=$(jq -r '.interfaces[0].mac' <<<"$output")
		[ "$pod_mac" = "$(link "$host" lan0 .address)" ]
		pod_to_peer frame_goes
		peer_to_pod frame_goes
	}
	for_each_link passthru
}
@test "mode passthru: a requested MAC is set on the master until DEL" {
	before=$(link "$host" lan0 .address)
	run -0 cni ADD '{"mode":"passthru","mac":"02:00:00:00:00:31"}'
	json_is '.interfaces[0].mac' 02:00:00:00:00:31
	pod_mac=02:00:00:00:00:31
	pod_to_peer frame_goes
	peer_to_pod frame_goes
	run -0 cni DEL '{"mode":"passthru","mac":"02:00:00:00:00:31"}'
	[ "$(link "$host" lan0 .address)" = "$before" ]
}
@test "mode passthru: a second endpoint is refused, and the error names the first" {
	run -0 cni ADD '{"mode":"passthru"}'
	for mode in passthru bridge private source; do
		run -1 cni ADD "{\"mode\":\"$mode\"}" CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
		error_is "$(jq .code <<<"$output")" lan0 "$container" eth0
		run -1 link_exists "$other" eth0
	done
}
@test "mode passthru: a master with other users is refused, and the error names one of them" {
	run -0 cni ADD
	run -1 cni ADD '{"mode":"passthru"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	error_is "$(jq .code <<<"$output")" lan0 "$container" eth0
}
@test "mode source: only frames of the listed senders arrive" {
	source() {
		run -0 cni ADD "{$1,\"mode\":\"source\",\"sourceMacs\":[\"02:00:00:00:00:51\",\"02:00:00:00:00:52\"]}"
		pod_mac=$(jq -r '.interfaces[0].mac' <<<"$output")
		for sender in 02:00:00:00:00:51 02:00:00:00:00:52; do
			frame_goes "$switch" br0 $sender "$pod_mac" "$pod" eth0
			frame_goes "$switch" br0 $sender "$broadcast" "$pod" eth0
		done
		frame_stops "$switch" br0 02:00:00:00:00:53 "$pod_mac" "$pod" eth0
		frame_stops "$switch" br0 02:00:00:00:00:53 "$broadcast" "$pod" eth0
		pod_to_peer frame_goes
	}
	for_each_link source
}
@test "mode source: without a list no frame arrives" {
	run -0 cni ADD '{"mode":"source"}'
	pod_mac=$(jq -r '.interfaces[0].mac' <<<"$output")
	peer_to_pod frame_stops
	pod_to_peer frame_goes
}
@test "every mode: the link reports its mode, and CHECK succeeds" {
	for mode in bridge private vepa passthru source; do
		run -0 cni ADD "{\"mode\":\"$mode\"}"
		[ "$(link "$pod" eth0 .linkinfo.info_data.mode)" = $mode ]
		run -0 cni CHECK "{\"mode\":\"$mode\"}"
		run -0 cni DEL "{\"mode\":\"$mode\"}"
	done
}
