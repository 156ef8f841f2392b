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
# Runs an ADD and writes its record as the podtap of that version does.
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

@test "record: version 1 is read and undone completely" {
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
@test "record: DEL, GC and the next ADD of the pod undo a record of a newer version" {
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
@test "record: a newer version is undone also where the namespace is gone" {
	added 2
	node=$(tap)
	run -0 cni DEL "$configuration" CNI_NETNS=
	undone "$node"
}
@test "record: the device of an older podtap, under an obsolete name, is removed" {
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
@test "record: hook and podtapctl hand out nothing of a newer version and say that it is newer" {
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
@test "record: a number out of range is not truncated: DEL finds the link by name" {
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

@test "store: an index of another version is ignored and rebuilt; other files stay" {
	local range='{"subnet":"10.1.0.0/29"}' index
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		mkdir -p "$data"
		cp -r "$fixtures/generations/store" "$store"
		[ "$(given c "$range")" = 10.1.0.4/29 ]
		index=$(beside index)
		[ "$(od -An -tu1 -j7 -N1 "$index")" -eq 2 ]
		printf '\3' | dd of="$index" bs=1 seek=7 conv=notrunc status=none
		[ "$(given d "$range")" = 10.1.0.5/29 ]
		[ "$(od -An -tu1 -j7 -N1 "$index")" -eq 2 ]
		run -0 cni_raw DEL "$(config "$(ipam "$range")")" CNI_CONTAINERID=former CNI_IFNAME=eth0
		run -0 cni_raw DEL "$(config "$(ipam "$range")")" CNI_CONTAINERID=oldest
		run -0 cni GC "$(ipam "$range" '{"cni.dev/valid-attachments":[]}')"
		[ "$(reserved)" = "10.1.0.6.note README notes" ]
		rm -r "$store"
	done
}

# What a podtap-ipam with an index of version 1 left in boot "one" for the relative dataDir "leases" (generations/ipam):
# a marked reservation of a container "former", and the former address 10.1.0.99 of the pod default/vm-4040. Its stamp
# names no namespace and no start of process 1, which a fixture cannot have.
former_begin() {
	ipam_begin
	network=net data=leases store=leases/net
	rm -rf "$BATS_TEST_TMPDIR/former"
	cp -r "$fixtures/generations/ipam" "$BATS_TEST_TMPDIR/former"
	cd "$BATS_TEST_TMPDIR/former" || return
	export PODTAP_IPAM_STATE_DIR=$PWD/state
	reserve 10.1.0.77 $'former\r\neth0'
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.podtap", bytes.fromhex(sys.argv[2]))' \
		"$store/10.1.0.77" "$(<mark)"
	reserve 10.1.0.66 $'other\r\neth0' # by host-local
}
former_range='{"subnet":"10.1.0.0/24","sticky":true}'
former_pod='CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=vm-4040'

# bats test_tags=attributes
@test "store: an older podtap-ipam's stamp, marks and sticky addresses survive the change of its hash" {
	for PLUGIN in "${ways[@]}"; do
		former_begin
		boot one
		run -0 status "$former_range" '{"strictStatus":true}'
		[ -d state/a70cd7250a451475 ]
		[ "$(given vm "$former_range" '{}' "$former_pod" CNI_IFNAME=eth0)" = 10.1.0.99/24 ]
		[ ! -e state/a70cd7250a451475 ] && [ "$(find state -name sticky | wc -l)" -eq 1 ]
		[ "$(reserved)" = "10.1.0.66 10.1.0.77 10.1.0.99" ]
		reboot two
		[ "$(given vm "$former_range" '{}' "$former_pod" CNI_IFNAME=eth0)" = 10.1.0.99/24 ]
		[ "$(reserved)" = 10.1.0.99 ]
		wrapper=()
	done
}
# bats test_tags=attributes
@test "store: the first ADD after a boot releases the earlier reservations of an older podtap-ipam" {
	for PLUGIN in "${ways[@]}"; do
		former_begin
		boot two
		[ "$(given vm "$former_range" '{}' "$former_pod" CNI_IFNAME=eth0)" = 10.1.0.99/24 ]
		[ "$(reserved)" = "10.1.0.66 10.1.0.99" ]
		wrapper=()
	done
}
# bats test_tags=attributes
@test "store: keeps an older podtap-ipam's reservation of this boot, also with a stamp of another boot" {
	for PLUGIN in "${ways[@]}"; do
		former_begin
		sed -i '1s/.*/00000000-0000-0000-0000-000000000000/; 2s/ [0-9]*$/ 2/' state/*/net/boot
		boot one
		run -0 given vm "$former_range" '{}' "$former_pod" CNI_IFNAME=eth0
		[ "$(reserved)" = "10.1.0.66 10.1.0.77 10.1.0.99" ]
		wrapper=()
	done
}
