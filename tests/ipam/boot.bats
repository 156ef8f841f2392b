#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-ipam over boots of the machine and lives of a pod.
load ../lib/lib
load ../lib/ipam

range='{"subnet":"10.1.0.0/29"}'
sticky='{"subnet":"10.1.0.0/24","sticky":true}'

# A boot ends the namespaces and empties /run.
reboot() {
	boot "$1"
	rm -rf "$PODTAP_STATE_DIR"
	ip netns del "$pod"
	ip netns add "$pod"
}

@test "boot: the first ADD after one releases what was reserved before it, and no other verb does" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		for id in a b c d e; do
			run -0 add $id "$range"
		done
		run -1 add f "$range"
		reboot "two-$PLUGIN"
		run -1 add g "$range" '{}' CNI_ARGS=COLOUR=red
		run -0 status "$range" '{"strictStatus":true}'
		run -0 gc "$range" '{"cni.dev/valid-attachments":['"$(for id in a b d e; do
			echo '{"containerID":"'"$PLUGIN-$id"'","ifname":"if-'$id'"},'
		done | tr -d '\n')"'{"containerID":"x","ifname":"y"}]}'
		run -0 del e "$range"
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.5" ]
		[ "$(given g "$range")" = 10.1.0.2/29 ]
		[ "$(reserved)" = 10.1.0.2 ]
		[ "$(given h "$range")" = 10.1.0.3/29 ]
		run -0 check g "$range"
		wrapper=()
	done
}
@test "boot: reservations are released once, also where what we remember of them is gone" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		for damage in 'rm "$(beside index)"' ': >"$(beside index)"' 'head -c 4096 /dev/urandom >"$(beside index)"' \
			'dd if=/dev/urandom of="$(beside index)" bs=512 seek=1 count=2 conv=notrunc status=none'; do
			reboot "one-$PLUGIN"
			run -0 add a "$range"
			run -0 add b "$range"
			eval "$damage"
			reboot "two-$PLUGIN"
			run -0 add c "$range"
			[ "$(reserved | wc -w)" = 1 ]
			eval "$damage"
			run -0 add d "$range"
			[ "$(reserved | wc -w)" = 2 ]
			run -0 del c "$range"
			run -0 del d "$range"
		done
		wrapper=()
	done
}
@test "boot: a live directory of host-local that has no stamp of ours loses nothing, until the next boot" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		reserve 10.1.0.2 $'live\r\neth0'
		run -0 del x "$range"
		[ "$(given a "$range")" = 10.1.0.3/29 ]
		[ "$(reserved)" = "10.1.0.2 10.1.0.3" ]
		rm "$(beside boot)"
		reboot "two-$PLUGIN"
		[ "$(given b "$range")" = 10.1.0.4/29 ]
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4" ]
		reboot "three-$PLUGIN"
		run -0 add c "$range"
		[ "$(reserved)" = 10.1.0.5 ]
		wrapper=()
	done
}
@test "boot: what host-local reserved since the boot, before our first ADD, is kept" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		run -0 add a "$range"
		reboot "two-$PLUGIN"
		reserve 10.1.0.4 $'since\r\neth0'
		[ "$(given b "$range")" = 10.1.0.3/29 ]
		[ "$(reserved)" = "10.1.0.3 10.1.0.4" ]
		rm "$store/10.1.0.4"
		wrapper=()
	done
}
@test "boot: keepAcrossBoots keeps reservations, which then are of the boot that kept them" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		run -0 add a "$range"
		reboot "two-$PLUGIN"
		[ "$(given b '{"subnet":"10.1.0.0/29","keepAcrossBoots":true}')" = 10.1.0.3/29 ]
		[ "$(given c "$range")" = 10.1.0.4/29 ]
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4" ]
		reboot "three-$PLUGIN"
		[ "$(given d "$range")" = 10.1.0.5/29 ]
		[ "$(reserved)" = 10.1.0.5 ]
		wrapper=()
	done
}
@test "boot: a stamp that cannot be written is an error, not a release at every ADD" {
	PLUGIN=podtap-ipam
	ipam_begin
	reboot one
	run -0 add a "$range"
	reboot two
	stamp=$(beside boot)
	mkdir "$stamp.new"
	run -1 add b "$range"
	error_is 5 "$store"
	rmdir "$stamp.new"
	run -0 add b "$range"
	[ "$(reserved | wc -w)" = 1 ]
	wrapper=()
}
@test "sticky: a pod gets its former address again while it is free, over containers and boots" {
	local pod_a='CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=prod;K8S_POD_NAME=db-0'
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		[ "$(given a "$sticky" '{}' "$pod_a")" = 10.1.0.2/24 ]
		[ "$(given b "$sticky" '{}' "${pod_a%0}1")" = 10.1.0.3/24 ]
		run -0 del a "$sticky" '{}' "$pod_a"
		[ "$(given c "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a)" = 10.1.0.2/24 ]
		[ "$(given d "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a2)" = 10.1.0.4/24 ] # another interface
		run -0 del c "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a
		run -0 del b "$sticky"
		[ "$(given e "$sticky" '{}' 'CNI_ARGS=IP=10.1.0.2')" = 10.1.0.2/24 ]
		[ "$(given f "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a)" = 10.1.0.3/24 ] # taken: another, from now on
		reboot "two-$PLUGIN"
		[ "$(given g "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a)" = 10.1.0.3/24 ]
		[ "$(reserved)" = 10.1.0.3 ]
		wrapper=()
	done
}
@test "sticky: without a pod's name the container counts; without the key nothing is remembered" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		[ "$(given a "$sticky")" = 10.1.0.2/24 ]
		[ "$(given b "$sticky")" = 10.1.0.3/24 ]
		run -0 del a "$sticky"
		[ "$(given a "$sticky")" = 10.1.0.2/24 ]
		run -0 del a "$sticky"
		[ "$(given a '{"subnet":"10.1.0.0/24"}')" = 10.1.0.3/24 ] || [ "$(reserved)" = "10.1.0.3 10.1.0.4" ]
		run -0 del a "$sticky"
		[ "$(given a '{"subnet":"10.1.0.0/24","sticky":true,"exclude":["10.1.0.2"]}')" != 10.1.0.2/24 ]
	done
}
@test "sticky: a memory that is damaged, or of another range, is no memory" {
	PLUGIN=podtap-ipam
	ipam_begin
	run -0 add a "$sticky"
	run -0 del a "$sticky"
	[ "$(given a '{"subnet":"10.2.0.0/24","sticky":true}')" = 10.2.0.2/24 ]
	run -0 del a "$sticky"
	head -c 5000000 /dev/urandom >"$(beside sticky)"
	run -0 add b "$sticky"
	rm "$(beside sticky)"
	mkdir "$(dirname "$(beside index)")/sticky"
	run -0 add c "$sticky"
}
