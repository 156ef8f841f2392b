#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Generations of podtap on one host: records and stores as an older and a newer one write them
# (generations/; record.2.json is of a version that does not exist yet).
load ../lib/lib
load ../lib/ipam

setup() {
	lan_setup
	configuration=$(jq -cn --arg dir "$leases" \
		'{cdi: true, addressOwner: "guest", "cni.dev/valid-attachments": [],
			ipam: {type: "podtap-ipam", dataDir: $dir, subnet: "10.99.0.0/24"}}')
}

change() {
	jq -c "$@" "$(record)" >"$BATS_TEST_TMPDIR/record" && cp "$BATS_TEST_TMPDIR/record" "$(record)"
}
# An ADD as the podtap of that version would have written it down.
added() {
	local identity='{containerID, ifname, netns, ifindex, mac, cdi, tap: (.tap | {path, major, minor})}'
	run -0 cni ADD "$configuration"
	change --slurpfile kept "$fixtures/generations/record.$1.json" "\$kept[0] * ($identity)"
}
undone() {
	local node=$1
	run -1 link_exists "$pod" eth0
	[ ! -e "$node" ] && [ ! -e "$(record)" ]
	run -0 find "$PODTAP_CDI_DIR" "$PODTAP_STATE_DIR/indices" -mindepth 1
	[ -z "$output" ]
}
hook() {
	jq -c --arg path "/run/netns/$pod" '(.linux.namespaces[] | select(.type == "network")).path = $path' \
		"$fixtures/captures/hooks/podman-all-stages-precreate.json" >"$BATS_TEST_TMPDIR/oci"
	"$BUILD/podtap-hook" precreate <"$BATS_TEST_TMPDIR/oci" 2>"$BATS_TEST_TMPDIR/stderr"
}

@test "record: of version 1 everything is read, and everything undone" {
	for undo in DEL GC; do
		added 1
		node=$(tap)
		run -0 cni CHECK "$configuration"
		run -0 "$BUILD/podtapctl" list --json
		json_is 'map([.alive, .queues, .vmDevices])' '[[true,2,true]]'
		run -0 "$BUILD/podtapctl" guest-config "$container" eth0 --format json
		run -0 hook
		json_is '.linux.devices[0] | [.path, .uid]' "[\"$node\",107]"
		run -0 cni "$undo" "$configuration"
		undone "$node"
	done
}
@test "record: a newer version's is undone, by DEL, by GC, and by the next ADD of the same pod" {
	for undo in DEL GC; do
		added 2
		node=$(tap)
		run -0 cni CHECK "$configuration"
		run -0 cni "$undo" "$configuration"
		undone "$node"
	done
	added 2
	node=$(tap)
	ip -n "$pod" link del eth0
	run -0 cni DEL '{"ipam":{"type":"podtap-ipam","dataDir":"'"$leases"'"}}' CNI_IFNAME=net1
	rm -r "${leases:?}"/*
	run -0 cni ADD "$configuration"
	[ "$(jq .version "$(record)")" = 1 ]
	[ "$(jq -r .tap.path "$(record)")" != "$node" ] && [ ! -e "$node" ]
}
@test "record: a newer version's is undone also where the namespace is gone" {
	added 2
	node=$(tap)
	run -0 cni DEL "$configuration" CNI_NETNS=
	undone "$node"
}
@test "record: an older podtap's device, under a name that is not made any more, is removed" {
	local old=x.-a-b-c-dx-01234567
	for undo in DEL GC; do
		run -0 cni ADD "$configuration"
		node=$(tap)
		mv "$PODTAP_CDI_DIR/podtap.dev-tap_$(jq -r .cdi "$(record)").json" "$PODTAP_CDI_DIR/podtap.dev-tap_$old.json"
		change --arg old "$old" '.cdi = $old | .deviceID = "../a b/c+d@" | del(.pod)'
		run -0 cni "$undo" "$configuration"
		undone "$node"
	done
}
@test "record: of a newer version nothing is handed out; hook and podtapctl say that it is newer" {
	added 2
	run -0 hook
	run -0 cmp "$BATS_TEST_TMPDIR/oci" - <<<"$output"
	grep -q "eth0 of container $container.*newer podtap" "$BATS_TEST_TMPDIR/stderr"
	run -1 --separate-stderr "$BUILD/podtapctl" list --json
	json_is 'map([.version, .alive, .queues])' '[[2,false,"all"]]'
	run -1 --separate-stderr "$BUILD/podtapctl" list
	[[ $stderr == *"newer podtap"* ]]
	run -2 "$BUILD/podtapctl" guest-config "$container" eth0 --format json
	[[ $output == *"newer podtap"* ]]
}
@test "record: a number out of its range is not cut to another one: DEL goes by name" {
	for damage in '.ifindex += 4294967296' '.netns.inode = 1e30' '.netns.cookie = -1' '.tap.minor += 4294967296' \
		'.queues = 4294967298' '.tap.mode = "10000600"' '.version = 4294967297' '.mtu = 1500.5'; do
		added 1
		node=$(tap)
		change "$damage"
		run -0 hook
		run -0 cmp "$BATS_TEST_TMPDIR/oci" - <<<"$output"
		run -0 cni DEL "$configuration"
		grep -q "out of range" "$BATS_TEST_TMPDIR/stderr"
		undone "$node"
	done
}

@test "store: an index of another version is none, and built anew; what else lies there stays" {
	local range='{"subnet":"10.1.0.0/29"}' index
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		mkdir -p "$data"
		cp -r "$fixtures/generations/store" "$store"
		[ "$(given c "$range")" = 10.1.0.4/29 ]
		index=$(beside index)
		[ "$(od -An -tu1 -j7 -N1 "$index")" -eq 1 ]
		printf '\2' | dd of="$index" bs=1 seek=7 conv=notrunc status=none
		[ "$(given d "$range")" = 10.1.0.5/29 ]
		[ "$(od -An -tu1 -j7 -N1 "$index")" -eq 1 ]
		run -0 cni_raw DEL "$(config "$(ipam "$range")")" CNI_CONTAINERID=former CNI_IFNAME=eth0
		run -0 cni_raw DEL "$(config "$(ipam "$range")")" CNI_CONTAINERID=oldest
		run -0 cni GC "$(ipam "$range" '{"cni.dev/valid-attachments":[]}')"
		[ "$(reserved)" = "10.1.0.6.note README notes" ]
		rm -r "$store"
	done
}
