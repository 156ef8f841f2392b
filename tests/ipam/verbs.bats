#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-ipam DEL, CHECK, STATUS, GC and VERSION.
load ../lib/lib
load ../lib/ipam

teardown() {
	[ -z "${top:-}" ] || rm -rf "$top"
	lan_teardown
}

two='{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"fd01::/64"}]]}'
range='{"subnet":"10.1.0.0/29"}'

@test "DEL: releases every address of the attachment and no other, however often it runs" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add a "$two"
		run -0 add b "$two"
		run -0 del a "$two"
		[ -z "$output" ]
		[ "$(reserved)" = "10.1.0.3 fd01::3" ]
		run -0 del a "$two"
		run -0 del never-there "$two"
		[ "$(reserved)" = "10.1.0.3 fd01::3" ]
	done
}
@test "DEL: needs neither prevResult nor a valid configuration, and makes no directory" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 del a "$two"
		[ ! -e "$store" ]
		run -0 add a "$two"
		run -0 del a '{"subnet":"nonsense","ranges":5,"exclude":{}}' '{"prevResult":{"ips":"nonsense"}}' CNI_ARGS=what
		[ "$(reserved)" = "" ]
	done
}
@test "DEL: a reservation of before 0.8, without an interface, matches any interface unless there is an exact one" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reserve 10.1.0.4 "$PLUGIN-a"
		reserve 10.1.0.5 " $PLUGIN-b"$'\n'
		reserve 10.1.0.6 "$PLUGIN-b"$'\r\nif-b\n'
		run -0 del a "$two"
		[ "$(reserved)" = "10.1.0.5 10.1.0.6" ]
		run -0 del b "$two"
		[ "$(reserved)" = "10.1.0.5" ]
		run -0 del b "$two"
		[ "$(reserved)" = "" ]
	done
}
@test "CHECK: succeeds while prevResult and reservations agree, and changes nothing" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add a "$two"
		run -0 check a "$two"
		[ -z "$output" ]
		[ "$(reserved)" = "10.1.0.2 fd01::2" ]
		mv "$store/10.1.0.2" "$BATS_TEST_TMPDIR/kept"
		run -1 check a "$two"
		error_is 999 10.1.0.2 "nobody has it"
		reserve 10.1.0.2 $'someone-else\r\neth0'
		run -1 check a "$two"
		error_is 999 10.1.0.2 someone-else
		mv "$BATS_TEST_TMPDIR/kept" "$store/10.1.0.2"
		run -0 check a "$two"
		reserve 10.1.0.7 "$PLUGIN-a"$'\r\nif-a'
		run -1 check a "$two"
		error_is 999 10.1.0.7
		rm "$store"/10.1.0.7 "$store"/*.2 "$store"/fd01::2
		run -1 check a "$two"
		error_is 999 "no address reserved"
	done
}
@test "CHECK: compares an edited prevResult, and reports a missing one" {
	PLUGIN=podtap-ipam
	ipam_begin
	run -0 add a "$two"
	run -1 check a "$two" '{"prevResult":{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.2/24"},{"address":"fd01::9/64"}]}}'
	error_is 999 fd01::2
	run -1 check a "$two" '{"prevResult":{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.2/24"},{"address":"fd01::2/64"},{"address":"10.1.0.9/24"}]}}'
	error_is 999 10.1.0.9
	run -0 check a "$two" '{"prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24"},{"address":"fd01::2/64"},{"address":"192.0.2.9/24"}]}}'
	run -1 check a "$two" '{"prevResult":5}'
	error_is 6 prevResult
	run -1 check b "$two"
	error_is 7 prevResult
}
@test "CHECK: requires static addresses and their gateways in prevResult" {
	local config='{"addresses":[{"address":"10.1.0.9/24","gateway":"10.1.0.1"}]}'
	PLUGIN=podtap-ipam
	ipam_begin
	run -0 add a "$config"
	run -0 check a "$config"
	run -1 check a "$config" '{"prevResult":{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.9/24","gateway":"10.1.0.2"}]}}'
	error_is 999 10.1.0.1
	run -1 check a "$config" '{"prevResult":{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.8/24"}]}}'
	error_is 999 10.1.0.9
}
@test "STATUS: accepts what ADD would accept, and makes nothing" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 status "$two"
		[ -z "$output" ]
		[ ! -e "$data" ] && [ -z "$(beside '*')" ]
		run -0 add a "$two"
		touch "$store"
		find "$store" "$PODTAP_IPAM_STATE_DIR" -printf '%p %s %T@\n' >"$BATS_TEST_TMPDIR/before"
		run -0 status "$two" '{"strictStatus":true}'
		find "$store" "$PODTAP_IPAM_STATE_DIR" -printf '%p %s %T@\n' >"$BATS_TEST_TMPDIR/after"
		run -0 cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
		run -0 status '{"addresses":[{"address":"10.1.0.2/24"}]}'
		run -0 status '{}' '{"capabilities":{"ips":true}}'
		run -1 status '{}'
		error_is 50 ranges
	done
}
# A table of dataDirs and why an ADD cannot use them (empty: it can); TOP is a name that is free in /.
data_dirs() {
	cat <<-END
		TOP/x|
		TOP/x/y/z|
		//TOP//x//|
		TOP|
		TOP/../TOP/x|
		DIR/there|
		DIR/missing/a/b/c|
		DIR/linked/a|
		DIR/fs/ramfs/a|
		DIR/fs/ro|Read-only file system
		DIR/fs/ro/a/b|Read-only file system
		DIR/fs/ro/there|Read-only file system
		DIR/file|Not a directory
		DIR/file/a/b|Not a directory
		DIR/dangling/a|No such file or directory
		DIR/a/$(printf 'x%.0s' {1..256})/b|File name too long
		DIR/replaced|Not a directory
		DIR/locked|Is a directory
		DIR/elsewhere|Too many levels of symbolic links
		/proc/x|file system of the kernel
		/proc/x/y|file system of the kernel
		/proc/self|Operation not permitted
		/proc/sys/net|Permission denied
		/proc/version|Not a directory
		DIR/fs/sysfs/a|file system of the kernel
		DIR/fs/cgroup2/a|file system of the kernel
		DIR/fs/mqueue/a|file system of the kernel
		DIR/fs/devpts/a|file system of the kernel
		DIR/fs/hugetlbfs/a|file system of the kernel
	END
}
# Makes the directories of each network; the file systems are in the mount namespace of the calls.
data_dirs_make() {
	local fs=$BATS_TEST_TMPDIR/fs type
	mkdir -p "$BATS_TEST_TMPDIR"/{there,linked-to,replaced,elsewhere} "$BATS_TEST_TMPDIR/locked/$network/lock"
	mkdir -p "$fs"/{ro,ramfs,sysfs,cgroup2,mqueue,devpts,hugetlbfs}
	ln -sfn "$BATS_TEST_TMPDIR/linked-to" "$BATS_TEST_TMPDIR/linked"
	ln -sfn "$BATS_TEST_TMPDIR/nowhere" "$BATS_TEST_TMPDIR/dangling"
	ln -sfn "$BATS_TEST_TMPDIR/there" "$BATS_TEST_TMPDIR/replaced/$network"
	mkdir -p "$BATS_TEST_TMPDIR/elsewhere/$network"
	ln -sfn "$BATS_TEST_TMPDIR/nowhere" "$BATS_TEST_TMPDIR/elsewhere/$network/lock"
	touch "$BATS_TEST_TMPDIR/file"
	# shellcheck disable=SC2016 # the inner shell expands it
	stay unshare -m sh -ec 'cd "$0"; network=$1; shift
		for type in ramfs sysfs cgroup2 mqueue devpts hugetlbfs; do mount -t $type none $type; done
		mount -t tmpfs none ro; mkdir -p ro/there/$network; mount -o remount,ro ro
		exec "$@"' "$fs" "$network"
}
@test "STATUS: judges each dataDir as ADD does: missing at any depth, read-only, a file, of the kernel" {
	local path why
	top=/podtap-$$-$RANDOM
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		data_dirs_make
		while IFS='|' read -r path why; do
			path=${path/DIR/$BATS_TEST_TMPDIR}
			data=${path//TOP/$top}
			echo "$PLUGIN: $data: ${why:-works}"
			if [ -z "$why" ]; then
				run -0 status "$two"
				[ -z "$output" ]
				run -0 add a "$two"
				run -0 status "$two"
				run -0 del a "$two"
				rm -rf "${top:?}"
				continue
			fi
			run -1 status "$two"
			error_is 50 "$data/$network" "$why"
			run -1 add a "$two"
			error_is 5 "$data/$network"
			run -0 del a '{"subnet":"10.1.0.0/24","dataDir":"'"$leases"'"}'
		done < <(data_dirs)
		rm -rf "${BATS_TEST_TMPDIR:?}"/{there,linked-to,replaced,elsewhere,locked,missing}
	done
}
@test "STATUS: strictStatus names the exhausted range set and its size" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add a '{"ranges":[[{"subnet":"10.2.0.0/24"}],[{"subnet":"10.1.0.0/30"}]]}'
		run -0 status '{"ranges":[[{"subnet":"10.2.0.0/24"}],[{"subnet":"10.1.0.0/30"}]]}'
		for strict in '{"strictStatus":true}' '{"ipam":{"strictStatus":true}}'; do
			run -1 status "$(jq -c '.ipam // {}' <<<"$strict" |
				jq -c '. + {"ranges":[[{"subnet":"10.2.0.0/24"}],[{"subnet":"10.1.0.0/30"}]]}')" \
				"$(jq -c 'del(.ipam)' <<<"$strict")"
			error_is 50 "range set 1 (10.1.0.1-10.1.0.2 of 10.1.0.0/30)" "all 1 addresses"
		done
		run -0 del a '{}'
		run -0 status '{"subnet":"10.1.0.0/30"}' '{"strictStatus":true}'
	done
}
@test "GC: releases what is not in the list, of this network only" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		for id in a b c; do
			run -0 add $id "$two"
		done
		mkdir -p "$data/other"
		printf 'gone\r\neth0' >"$data/other/10.1.0.2"
		reserve 10.1.0.90 gone
		reserve 10.1.0.91 "$PLUGIN-b"
		reserve 10.1.0.92 "$PLUGIN-b"$'\r\nother-interface'
		run -0 gc "$two" '{"cni.dev/valid-attachments":[{"containerID":"'"$PLUGIN"'-b","ifname":"if-b"},{"containerID":"x","ifname":"y"}],"cni.dev/attachments":[]}'
		[ -z "$output" ]
		[ "$(reserved)" = "10.1.0.3 10.1.0.91 fd01::3" ]
		[ -e "$data/other/10.1.0.2" ]
		run -0 del a "$two"
		run -0 del c "$two"
		rm "$data/other/10.1.0.2" "$store/10.1.0.91"
	done
}
@test "GC: an empty list releases all, a missing list only with gcWithoutList; the former key works" {
	PLUGIN=podtap-ipam
	ipam_begin
	for list in '{"cni.dev/valid-attachments":null}' '{"cni.dev/valid-attachments":[]}' '{"cni.dev/attachments":[]}' '{"gcWithoutList":true}'; do
		run -0 add a "$range"
		run -0 gc "$range"
		[ "$(reserved | wc -w)" = 1 ]
		run -0 cni_raw GC "$(jq -c ". + $list" <<<"$(config "$(ipam "$range")")")"
		[ "$(reserved)" = "" ]
	done
	run -0 add a "$range"
	for list in '{"cni.dev/valid-attachments":{}}' '{"cni.dev/valid-attachments":[{"containerID":"a"}]}' '{"cni.dev/valid-attachments":["a"]}'; do
		run -1 gc "$range" "$list"
		error_is 7 cni.dev/valid-attachments
		[ "$(reserved | wc -w)" = 1 ]
	done
}
# bats test_tags=long
@test "GC: handles a list of thousands quickly" {
	PLUGIN=podtap-ipam
	ipam_begin
	run -0 add a "$range"
	run -0 add b "$range"
	text=$(jq -cn --argjson config "$(config "$(ipam "$range")")" '$config + {"cni.dev/valid-attachments":
		[range(20000) | {containerID: "container-number-\(.)", ifname: "eth0"}, {containerID: "podtap-ipam-a", ifname: "if-a"}]}')
	[ ${#text} -gt 1000000 ]
	run -0 cni_raw GC "$text"
	[ "$(reserved)" = 10.1.0.2 ]
}
@test "GC: finds stale reservations with and without the index" {
	PLUGIN=podtap-ipam
	ipam_begin
	run -0 add a "$range"
	reserve 10.1.0.6 $'foreign\r\neth0'
	rm "$(beside index)"
	run -0 gc "$range" '{"cni.dev/valid-attachments":[{"containerID":"podtap-ipam-a","ifname":"if-a"}]}'
	[ "$(reserved)" = 10.1.0.2 ]
}
@test "VERSION: podtap-ipam supports the same versions as podtap" {
	run -0 env CNI_COMMAND=VERSION "$BUILD/podtap-ipam" </dev/null
	json_is '.supportedVersions | join(" ")' "0.1.0 0.2.0 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0"
	PLUGIN=podtap-ipam
	ipam_begin
	run -1 check a "$two" '{"cniVersion":"0.3.1"}'
	error_is 1 CHECK
	run -1 status "$two" '{"cniVersion":"1.0.0"}'
	error_is 1 STATUS
}
