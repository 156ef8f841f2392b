#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A deviceID that names a macvtap on the host, as KubeVirt's device plugin makes one: ADD takes it over,
# and leaves none behind.
load ../lib/lib
load ../lib/endpoint
load ../lib/tamper

setup() {
	lan_setup
	ip -n "$host" link set lan0 mtu 1480
}

# A link as that device plugin makes one at Allocate: allocated NAME [INDEX] [MODE]. The kernel's next index,
# as there, is another test's too, and so would be its node in /dev.
allocated() {
	ip -n "$host" link add link lan0 name "$1" index "${2:-$(free_index)}" type macvtap mode "${3:-bridge}"
	ip -n "$host" link set "$1" up
}
on_host() {
	link "$host" "$1" "$2"
}
# KubeVirt's own configuration: kubevirt VERB ID [CHANGES] [VARIABLE=VALUE...]
kubevirt() {
	local changes
	changes=$(jq -cn --arg id "$2" --argjson more "${3:-"{}"}" \
		'{cniVersion: "0.3.1", type: "macvtap", master: null, deviceID: $id} + $more')
	cni "$1" "$changes" "${@:4}"
}

@test "ADD: moves, renames and sets up the macvtap of deviceID; keeps MAC, mode, mtu, index and node" {
	while read -r id name; do
		index=$(free_index)
		allocated "$name" "$index" vepa
		mac=$(on_host "$name" .address)
		run -0 kubevirt ADD "$id"
		json_is '[.interfaces[0].name, .interfaces[0].mac]' "[\"eth0\",\"$mac\"]"
		run -1 link_exists "$host" "$name"
		[ "$(link "$pod" eth0 '[.ifindex, .address, .mtu, .linkinfo.info_kind, .linkinfo.info_data.mode]')" = \
			"[$index,\"$mac\",1480,\"macvtap\",\"vepa\"]" ]
		[[ $(link "$pod" eth0 .flags) == *'"UP"'* ]]
		[ "$(tap)" = "/dev/tap$index" ]
		[ "$(stat -c '%u:%g %a' "/dev/tap$index")" = "107:107 600" ]
		[ "$(tap_identity "/dev/tap$index")" = "eth0 $mac" ]
		run -0 jq -c '[.master, .mode, .mtu, .mac, .deviceID, .taken]' "$(record)"
		[ "$output" = "[\"lan0\",\"vepa\",1480,\"$mac\",\"$id\",{\"name\":\"$name\",\"ifindex\":$index,\"mac\":\"$mac\"}]" ]
		run -0 kubevirt DEL "$id"
		run -1 link_exists "$pod" eth0
		[ ! -e "/dev/tap$index" ]
	done <<-END
		dev500 mvt1fe868afb8c3
		dataplaneMvp0 mvtcc7b47d9091b
		eth0Mvp0 mvtf2644cc3624e
		dataplaneMvp7 dataplaneMvp7
	END
}
@test "txQueueLen: a link that is taken over keeps its own, unless the key sets another" {
	while read -r change wanted; do
		allocated dataplaneMvp7
		ip -n "$host" link set dataplaneMvp7 txqueuelen 700
		run -0 kubevirt ADD dataplaneMvp7 "$change"
		[ "$(link "$pod" eth0 .txqlen)" = "$wanted" ]
		run -0 kubevirt DEL dataplaneMvp7 "$change"
	done <<-'END'
		{} 700
		{"txQueueLen":800} 800
	END
}
@test "ADD: prefers the hashed name to the plain one" {
	allocated mvtcc7b47d9091b
	allocated dataplaneMvp0
	run -0 kubevirt ADD dataplaneMvp0
	run -1 link_exists "$host" mvtcc7b47d9091b
	run -0 ip -n "$host" link del dataplaneMvp0
}
@test "ADD: sets mtu, mac, promiscMode, owner and sources on a link that it takes over" {
	allocated mvt1fe868afb8c3 "" source
	run -0 kubevirt ADD dev500 '{"mtu":1400,"promiscMode":true,"owner":1,"group":2,"tapMode":"0640",
		"mode":"source","sourceMacs":["02:00:5e:10:00:01"]}' CNI_ARGS="MAC=02:00:5e:10:00:0a"
	json_is '.interfaces[0].mac' 02:00:5e:10:00:0a
	[ "$(link "$pod" eth0 '[.mtu, .address]')" = '[1400,"02:00:5e:10:00:0a"]' ]
	[[ $(link "$pod" eth0 .flags) == *PROMISC* ]]
	run -0 ip -n "$pod" -d link show eth0
	[[ $output == *02:00:5e:10:00:01* ]]
	[ "$(stat -c '%u:%g %a' "$(tap)")" = "1:2 640" ]
}
@test "CHECK: checks a link that was taken over as strictly as any other" {
	allocated mvt1fe868afb8c3 "" private
	run -0 kubevirt ADD dev500 '{"cniVersion":"1.0.0"}'
	run -0 kubevirt CHECK dev500 '{"cniVersion":"1.0.0"}'
	ip -n "$pod" link set eth0 down
	run -1 kubevirt CHECK dev500 '{"cniVersion":"1.0.0"}'
	error_is 999 "it is down"
}
@test "ADD: gives the link another index where the pod has it already, and uses it in every message" {
	index=$(free_index)
	ip -n "$pod" link add other0 index "$index" mtu 1300 type bridge
	allocated mvt1fe868afb8c3 "$index"
	run -0 kubevirt ADD dev500 '{"mtu":1450}'
	new=$(link "$pod" eth0 .ifindex)
	[ "$new" != "$index" ]
	[ "$(link "$pod" other0 '[.mtu, .operstate]')" = '[1300,"DOWN"]' ]
	[[ $(link "$pod" eth0 .flags) == *'"UP"'* ]]
	[ "$(jq .ifindex "$(record)")" = "$new" ]
	[ "$(tap)" = "/dev/tap$new" ]
	[ "$(tap_identity "/dev/tap$new")" = "eth0 $(link "$pod" eth0 .address)" ]
	[ ! -e "/dev/tap$index" ]
}
@test "ADD: keeps a foreign node at the tap's name and gives the link another index" {
	devices_private
	index=$(free_index)
	echo mine >"$PODTAP_DEV_DIR/tap$index"
	allocated mvt1fe868afb8c3 "$index"
	run -0 kubevirt ADD dev500
	[ "$(cat "$PODTAP_DEV_DIR/tap$index")" = mine ]
	[ "$(tap)" = "$PODTAP_DEV_DIR/tap$(link "$pod" eth0 .ifindex)" ]
	run -0 kubevirt DEL dev500
	rm "$PODTAP_DEV_DIR/tap$index"
}
@test "ADD: a late removal by udev does not remove the new link by number" {
	devices_private
	index=$(free_index)
	allocated mvt1fe868afb8c3 "$index"
	mkdir "$PODTAP_DEV_DIR/char"
	number=$(at "$host" unshare -m sh -c "mount -t sysfs none /sys && cat /sys/class/net/mvt1fe868afb8c3/macvtap/tap*/dev")
	ln -s "../tap$index" "$PODTAP_DEV_DIR/char/$number"
	(
		while link_exists "$host" mvt1fe868afb8c3; do :; done
		sleep 0.6
		rm "$PODTAP_DEV_DIR/char/$number"
	) 3>&- &
	udev=$!
	run -0 kubevirt ADD dev500
	wait "$udev"
	link=$(jq -r '"\(.tap.major):\(.tap.minor)"' "$(record)")
	[ "$(readlink "$PODTAP_DEV_DIR/char/$link")" = "../tap$index" ]
	run -0 kubevirt DEL dev500
	[ ! -e "$PODTAP_DEV_DIR/char" ]
}
@test "ADD: keeps an interface of that name in the pod and leaves no link on either side" {
	ip -n "$pod" link add eth0 type bridge
	allocated mvt1fe868afb8c3
	run -1 kubevirt ADD dev500
	error_is 999 "interface eth0 exists"
	[ "$(link "$pod" eth0 .linkinfo.info_kind)" = bridge ]
	run -0 ip -n "$pod" link del eth0
	nothing_made
	run -1 link_exists "$host" mvt1fe868afb8c3
}
@test "ADD: leaves no link when it fails before or after the move, or before the record" {
	while read -r change; do
		allocated mvt1fe868afb8c3
		run -1 kubevirt ADD dev500 "$change"
		run -1 link_exists "$host" mvt1fe868afb8c3
		nothing_made
	done <<-'END'
		{"cniVersion":"0.2.0"}
		{"mtu":1490}
		{"mac":"01:00:00:00:00:01"}
		{"mode":"vepa"}
		{"logFile":"relative"}
		{"ipam":{"type":"static"}}
	END
}
@test "ADD: killed at any netlink request, DEL and GC leave no link on either side" {
	text=$(config '{"type":"macvtap","master":null,"deviceID":"dev500"}')
	allocated mvt1fe868afb8c3
	run -0 tampered ADD "$text" -c -e trace=sendto -o "$BATS_TEST_TMPDIR/count"
	run -0 cni_raw DEL "$text"
	calls=$(awk '$NF == "sendto" { print $4 }' "$BATS_TEST_TMPDIR/count")
	[ "$calls" -gt 5 ]
	for ((call = 1; call <= calls; call++)); do
		echo "killed at $call"
		allocated mvt1fe868afb8c3
		run -137 tampered ADD "$text" -e inject=sendto:signal=KILL:when=$call
		if [ -e "$(record)" ] && ((call % 2)); then
			run -0 cni_raw GC "${text%\}},\"cni.dev/valid-attachments\":[]}"
		else
			run -0 cni_raw DEL "$text"
		fi
		run -1 link_exists "$host" mvt1fe868afb8c3
		nothing_made
	done
}
@test "ADD: ends in an error or the endpoint when any netlink request fails, and DEL leaves no link" {
	text=$(config '{"type":"macvtap","master":null,"deviceID":"dev500"}')
	for ((call = 1; call <= 14; call++)); do
		echo "refused: $call"
		allocated mvt1fe868afb8c3
		run tampered ADD "$text" -e inject=sendto:error=EIO:when=$call
		[ "$status" = 0 ] || error_is "$(jq .code <<<"$output")"
		[ "$status" = 0 ] || nothing_made
		run -0 cni_raw DEL "$text"
		run -1 link_exists "$host" mvt1fe868afb8c3
		nothing_made
	done
}
@test "ADD: takes over the link of a killed ADD's intent" {
	text=$(config '{"type":"macvtap","master":null,"deviceID":"dev500"}')
	allocated mvt1fe868afb8c3
	run -137 tampered ADD "$text" -e inject=linkat:signal=KILL:when=1
	run -137 tampered ADD "$text" -e inject=symlinkat:signal=KILL:when=1
	[ -e "$(record)" ]
	run -0 cni ADD '{"type":"macvtap","master":null,"deviceID":"dev500"}'
	[ "$(jq -r .taken.name "$(record)")" = mvt1fe868afb8c3 ]
}
@test "DEL, GC: remove a link that was moved but not renamed by its intent, and no other of these names" {
	text=$(config '{"type":"macvtap","master":null,"deviceID":"dev500"}')
	for undo in 'cni_raw DEL "$text"' 'cni_raw GC "${text%\}},\"cni.dev/valid-attachments\":[]}"'; do
		allocated mvt1fe868afb8c3
		run -0 cni_raw ADD "$text"
		run -0 jq -c '.state = "adding"' "$(record)"
		echo "$output" >"$(record)"
		ip -n "$pod" link set eth0 down
		ip -n "$pod" link set eth0 name mvt1fe868afb8c3
		ip -n "$pod" link add eth0 type bridge
		run -0 eval "$undo"
		[ "$(link "$pod" eth0 .linkinfo.info_kind)" = bridge ]
		ip -n "$pod" link del eth0
		nothing_made
	done
}
@test "DEL: succeeds without the namespace, and keeps the next pod's link of that name" {
	allocated mvt1fe868afb8c3
	run -0 kubevirt ADD dev500
	tap >/dev/null
	ip netns del "$pod"
	allocated mvt1fe868afb8c3
	run -0 kubevirt DEL dev500
	run -0 link_exists "$host" mvt1fe868afb8c3
	run -0 kubevirt DEL dev500 '{}' CNI_NETNS=
	run -0 link_exists "$host" mvt1fe868afb8c3
	run -0 kubevirt ADD dev500 '{}' CNI_NETNS="/run/netns/$other"
}
@test "DEL: of an attachment that ADD never made removes its link, with and without the namespace" {
	for netns in "$pod" gone; do
		allocated mvt1fe868afb8c3
		run -0 kubevirt DEL dev500 '{}' CNI_NETNS="/run/netns/$netns"
		run -1 link_exists "$host" mvt1fe868afb8c3
		allocated dataplaneMvp7
		run -0 kubevirt DEL null '{"runtimeConfig":{"deviceID":"dataplaneMvp7"}}' CNI_NETNS="/run/netns/$netns"
		run -1 link_exists "$host" dataplaneMvp7
	done
}
@test "ADD, DEL: leave alone a physical NIC, another kind, a foreign name and an alternative name" {
	ip -n "$host" link add mvt1fe868afb8c3 type bridge
	ip -n "$host" link add other0 type bridge
	ip -n "$host" link add other1 link lan0 type macvlan mode bridge
	ip -n "$host" link add vlan1 link lan0 index "$(free_index)" type macvtap mode bridge
	ip -n "$host" link property add dev vlan1 altname dev501
	ip -n "$host" link property add dev vlan1 altname dataMvp1
	ip -n "$host" link add macvtap0 link lan0 index "$(free_index)" type macvtap mode bridge
	before=$(links_shown "$host")
	for id in dev500 lan0 other0 other1 lo dev501 dataMvp1 vlan1 macvtap0; do
		run -0 kubevirt ADD "$id" '{"master":"lan0"}'
		[ "$(links_shown "$host")" = "$before" ]
		run -0 jq -e '.taken == null' "$(record)"
		run -0 kubevirt DEL "$id"
		run -0 kubevirt DEL "$id"
		[ "$(links_shown "$host")" = "$before" ]
	done
	for link in mvt1fe868afb8c3 other0 other1 vlan1 macvtap0; do
		ip -n "$host" link del "$link"
	done
}
@test "DEL: keeps a link that no ADD of this configuration would have taken" {
	allocated mvt1fe868afb8c3
	for change in '{"type":"macvlan"}' '{"linkInContainer":true}'; do
		run -0 kubevirt DEL dev500 "$change"
		run -0 link_exists "$host" mvt1fe868afb8c3
	done
	run -0 kubevirt DEL dev500
	run -1 link_exists "$host" mvt1fe868afb8c3
}
@test "ADD: refuses a master or mode that is not the link's with code 7, and removes the link" {
	while read -r change text; do
		allocated mvt1fe868afb8c3
		run -1 kubevirt ADD dev500 "$change"
		error_is 7 mvt1fe868afb8c3 "$text"
		run -1 link_exists "$host" mvt1fe868afb8c3
	done <<-'END'
		{"master":"lo"} another
		{"mode":"private"} bridge
	END
}
@test "ADD, DEL: leave on the host a link that the policy does not allow" {
	export PODTAP_POLICY=$BATS_TEST_TMPDIR/policy.json
	allocated mvt1fe868afb8c3
	echo '{"rules":[{"masters":["other?"]}]}' >"$PODTAP_POLICY"
	run -1 kubevirt ADD dev500
	error_is 7 "$PODTAP_POLICY"
	run -0 kubevirt DEL dev500
	run -0 link_exists "$host" mvt1fe868afb8c3
	echo '{"rules":[{"namespaces":["vms"],"masters":["lan0"],"modes":["bridge"],"owners":[107],"deviceIDs":["dev5??"]},
		{"namespaces":["others"],"masters":["lan0"],"modes":["bridge"],"deviceIDs":["dataplaneMvp*"]}]}' >"$PODTAP_POLICY"
	for call in ADD DEL; do
		for namespace in "" IgnoreUnknown=1\;K8S_POD_NAMESPACE=other K8S_POD_NAMESPACE=others; do
			run kubevirt "$call" dev500 '{}' CNI_ARGS="$namespace"
			run -0 link_exists "$host" mvt1fe868afb8c3
		done
	done
	in_vms=CNI_ARGS=K8S_POD_NAMESPACE=vms
	run -0 kubevirt ADD dev500 '{}' "$in_vms"
	run -0 kubevirt DEL dev500 '{}' "$in_vms"
	allocated mvt1fe868afb8c3
	run -1 kubevirt ADD dev500 '{"mtu":1490}' "$in_vms"
	run -1 link_exists "$host" mvt1fe868afb8c3
}
