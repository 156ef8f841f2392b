#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Hostile neighbours: what they put into our directories, and what a container's root does to
# its own netns. No verb hangs or follows them, and only what is provably ours is changed.
load ../lib/lib
load ../lib/endpoint
load ../lib/ipam
load ../lib/frames

setup() {
	lan_setup
	victim=$BATS_TEST_TMPDIR/victim
	mkdir "$victim"
	echo precious >"$victim/file"
	chown 12:34 "$victim" "$victim/file"
	wrapper=(timeout 60)
}

# What can replace a file or directory of ours.
things=('ln -s "$victim"' 'ln -s "$victim/file"' mkfifo 'cp -r "$victim"' 'truncate -s 40M')
# Replaces what is there by one of them: place THING PATH
place() {
	rm -rf "$2"
	mkdir -p "$(dirname "$2")"
	eval "$1 \"\$2\""
}
fingerprint() {
	find "$victim" -printf '%p %y %U:%G %m %s\n' | sort
	cat "$victim/file"
}
# Exit status 0 with the answer that belongs to it, or 1 with one error object: answers VERB CHANGES...
answers() {
	run cni "$@"
	case $status in
	0) [ "$1" = ADD ] || [ -z "$output" ] ;;
	1) json_is '.code > 0' true ;;
	*) echo "$* ended with $status: $output"; return 1 ;;
	esac
}
# Asserts that each verb answers with anything in that place; once it is gone, DEL leaves nothing and an ADD works.
#   survives PATH CHANGES
survives() {
	local thing before
	before=$(fingerprint)
	for thing in "${things[@]}"; do
		run -0 cni ADD "$2"
		place "$thing" "$1"
		answers CHECK "$2"
		answers ADD "$2" CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
		answers GC "$2"
		answers DEL "$2"
		run -1 link_exists "$pod" eth0
		rm -rf "$1"
		run -0 cni_raw DEL "$(config "$2")"
		run -0 cni_raw DEL "$(config "$2")" CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
		run -0 assert_nothing_left
		[ "$(fingerprint)" = "$before" ] || { echo "$thing in the place of $1"; return 1; }
	done
}

@test "neighbours: foreign files in place of /run/podtap and its folders are not followed and stop no DEL" {
	for path in "$PODTAP_STATE_DIR/endpoints" "$PODTAP_STATE_DIR/indices" "$PODTAP_STATE_DIR/endpoints/$container"; do
		survives "$path" '{"cdi":true}'
	done
}
@test "neighbours: foreign files in place of a record or a CDI device are not followed and stop no DEL" {
	survives "$PODTAP_STATE_DIR/endpoints/$container/eth0.json" '{"cdi":true}'
	survives "$PODTAP_CDI_DIR/podtap.dev-tap_${container}_eth0.json" '{"cdi":true}'
}
@test "neighbours: foreign files in place of podtap-ipam's folders are not followed and reserve no address" {
	local ipam='{"type":"macvlan","ipam":{"type":"podtap-ipam","subnet":"10.1.0.0/24","dataDir":"'$leases'/d"}}'
	for path in "$leases/d/net" "$leases/d/net/lock" "$leases/d/net/10.1.0.2"; do
		survives "$path" "$ipam"
	done
}
@test "neighbours: folders with a foreign owner or without write permission stop no DEL" {
	local ipam='{"ipam":{"type":"podtap-ipam","subnet":"10.1.0.0/24","dataDir":"'$leases'/d"},"cdi":true}'
	run -0 cni ADD "$ipam"
	chown -R 65534:65534 "$PODTAP_STATE_DIR" "$PODTAP_CDI_DIR" "$leases" "$PODTAP_IPAM_STATE_DIR"
	chmod -R a-rwx "$PODTAP_STATE_DIR" "$PODTAP_CDI_DIR" "$leases" "$PODTAP_IPAM_STATE_DIR"
	run -0 cni CHECK "$ipam"
	run -0 cni DEL "$ipam"
	run -0 cni ADD "$ipam"
	wrapper=(timeout 60 unshare -m sh -c 'for d in "$0" "$1"; do mount --bind "$d" "$d"; mount -o remount,bind,ro "$d"; done
		shift; exec "$@"' "$PODTAP_STATE_DIR" "$leases")
	run -1 cni ADD "$ipam" CNI_IFNAME=net1
	error_is 5 "Read-only"
	answers DEL "$ipam"
	run -1 link_exists "$pod" eth0
	wrapper=()
	run -0 cni_raw DEL "$(config "$ipam")"
}
@test "neighbours: a lock on the directory of CDI devices by another process delays no call" {
	run -0 cni ADD '{"cdi":true}'
	[ "$(stat -c %a "$PODTAP_STATE_DIR/lock")" = 600 ]
	flock -F "$PODTAP_CDI_DIR" sleep 60 3>&- &
	background+=($!)
	while flock -n "$PODTAP_CDI_DIR" true; do :; done
	run -0 cni ADD '{"cdi":true}' CNI_IFNAME=net1
	run -0 cni DEL '{"cdi":true}'
	rm -r "$PODTAP_STATE_DIR"
	run -0 cni DEL '{"cdi":true}' CNI_IFNAME=net1
	run -0 ls -A "$PODTAP_CDI_DIR"
	[ -z "$output" ]
}
@test "neighbours: a full disk under podtap-ipam's folders is reported, and nothing stays" {
	local ipam='{"ipam":{"type":"podtap-ipam","subnet":"10.1.0.0/24","dataDir":"'$leases'/d"}}'
	mkdir -p "$leases/d" "$PODTAP_IPAM_STATE_DIR"
	for directory in "$leases/d" "$PODTAP_IPAM_STATE_DIR"; do
		for inodes in 1 2 3 4 7; do
			mount -t tmpfs -o "nr_inodes=$inodes,size=4k" tmpfs "$directory"
			answers ADD "$ipam"
			run cni DEL "$ipam"
			output+=$(find "$directory" -name '*.new' -printf 'left: %P')
			umount "$directory"
			[[ $status = 0 && $output != *left:* ]] || { echo "$inodes inodes in $directory: $output"; return 1; }
			run -0 assert_nothing_left
		done
	done
}
@test "neighbours: foreign files in place of podtap-ipam's own files are replaced and not followed" {
	local ipam='{"ipam":{"type":"podtap-ipam","subnet":"10.1.0.0/24","dataDir":"'$leases'/d"}}' before folder suffix
	before=$(fingerprint)
	run -0 cni ADD "$ipam"
	folder=$(echo "$PODTAP_IPAM_STATE_DIR"/*/net)
	run -0 cni DEL "$ipam"
	for thing in 'ln -s "$victim/file"' mkfifo 'truncate -s 40M'; do
		for suffix in '' .new; do
			rm "$folder/boot" "$folder/index"
			place "$thing" "$folder/boot$suffix"
			place "$thing" "$folder/index$suffix"
			run -0 cni ADD "$ipam"
			run -0 cni DEL "$ipam"
			run -0 stat -c '%n %F' "$folder"/*
			[ "$output" = "$folder/boot regular file"$'\n'"$folder/index regular file" ]
			[ "$(head -n 1 "$folder/boot")" = "$(</proc/sys/kernel/random/boot_id)" ]
		done
	done
	[ "$(fingerprint)" = "$before" ]
}
# Points a link at one namespace and the other in turn, for a while: swaps PATH TIMES
swaps() {
	local i
	for ((i = 0; i < $2; i++)); do
		ln -s "/run/netns/$pod" "$1.new" && mv -T "$1.new" "$1"
		ln -s "/run/netns/$other" "$1.new" && mv -T "$1.new" "$1"
	done
}
@test "neighbours: with a CNI_NETNS that changes during a call the link is only in the recorded netns" {
	local path=$BATS_TEST_TMPDIR/netns inode here there
	swaps "$path" 1
	for _ in {1..4}; do
		swaps "$path" 8 3>&- &
		run -0 cni ADD '{}' CNI_NETNS="$path"
		wait $!
		inode=$(jq .netns.inode "$(record)")
		here=$pod there=$other
		[ "$(stat -Lc %i "/run/netns/$pod")" = "$inode" ] || here=$other there=$pod
		[ "$(link "$here" eth0 .ifindex)" = "$(jq .ifindex "$(record)")" ]
		run -1 link_exists "$there" eth0
		ip -n "$there" link add eth0 type bridge
		swaps "$path" 8 3>&- &
		run -0 cni DEL '{}' CNI_NETNS="$path"
		wait $!
		run -0 link_exists "$there" eth0
		ip -n "$there" link delete eth0
		run -0 cni_raw DEL "$(config)" CNI_NETNS="/run/netns/$here"
		run -0 assert_nothing_left
	done
}
# Changes the pod's link again and again, as its root may: badgers LINE_FOR_IP...
badgers() {
	yes "$(printf '%s\n' "$@")" 3>&- | ip -n "$pod" -force -batch - >/dev/null 2>&1 3>&- &
	background+=($!)
}
@test "neighbours: a container deletes its interface during ADD: ADD ends in an error or an endpoint, DEL cleans up" {
	badgers "link delete eth0"
	for change in '{"cdi":true}' '{"type":"macvlan","ipam":{"type":"podtap-ipam","subnet":"10.1.0.0/24","dataDir":"'$leases'"}}'; do
		for _ in {1..5}; do
			answers ADD "$change"
			answers CHECK "$change"
			run -0 cni DEL "$change"
			run -0 assert_nothing_left
		done
	done
}
@test "neighbours: a container renames its interface during ADD: DEL finds it under every name" {
	badgers "link set eth0 name evil0" "link set evil0 name lan0" "link set lan0 address 02:00:00:00:00:66" \
		"link set lan0 up" "link set lan0 down" "link set lan0 name eth0"
	for _ in {1..5}; do
		answers ADD
		answers CHECK
		run -0 cni DEL
		run -0 assert_nothing_left
	done
}
@test "neighbours: an open tap blocks no DEL and does not reach the next endpoint's tap" {
	run -0 cni ADD
	node=$(tap)
	mac=$(link "$pod" eth0 .address)
	listen held "$pod" "$node" expect "$(text_hex "not for you")" 3000
	run -0 cni DEL
	[ ! -e "$node" ]
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	run -0 cni ADD "{\"mac\":\"$mac\"}" CNI_CONTAINERID="$container-3"
	run -0 "$tapio" "$(tap eth0 "$container-2")" send "$(frame "$broadcast" "$mac" "not for you")"
	run -1 heard held
}
@test "neighbours: a namespace full of links adds no system call to ADD, CHECK and DEL" {
	export ASAN_OPTIONS=detect_leaks=0
	wrapper=(strace -qq -o "$BATS_TEST_TMPDIR/trace" -e "trace=network,open,openat")
	calls=()
	for _ in 1 2 3; do # the first one makes our folders
		for verb in ADD CHECK DEL; do
			run -0 cni $verb '{"mac":"02:00:00:00:00:07"}'
			# Without device events: the kernel sends those of other links to every namespace.
			calls+=("$(grep -vc '^recvmsg(.*nl_groups=0x000001}' "$BATS_TEST_TMPDIR/trace")")
		done
		[ ${#calls[@]} != 6 ] || seq -f "link add filler%g type bridge" 150 | ip -n "$pod" -batch -
	done
	[ "${calls[*]:3:3}" = "${calls[*]:6:3}" ]
}
@test "neighbours: a flood of device events in the container during ADD does not hide the tap" {
	local pid trace=$BATS_TEST_TMPDIR/trace
	export ASAN_OPTIONS=detect_leaks=0
	wrapper=(strace -qq -f -o "$trace" -e "trace=execve,sendto" -e inject=sendto:signal=SIGSTOP:when=1)
	cni ADD >/dev/null 3>&- &
	wrapper=()
	until grep -qs 'stopped by SIGSTOP' "$trace"; do kill -0 $! || return 1; done
	pid=$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' "$trace")
	at "$pod" unshare -m sh -c 'mount -t sysfs none /sys
		for i in $(seq 2000); do echo change >/sys/class/net/lo/uevent; done'
	kill -CONT "$pid"
	wait $!
	[ -c "$(tap)" ]
}
@test "neighbours: a manipulated record does not make DEL remove another's link, tap or CDI device" {
	local theirs=(CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other")
	run -0 cni ADD '{"cdi":true}'
	run -0 cni ADD '{"cdi":true}' "${theirs[@]}"
	node=$(tap eth0 "$container-2")
	ours=$(cat "$(record)")
	for change in '.netns = $t.netns | .ifindex = $t.ifindex | .mac = $t.mac' '.tap = $t.tap | .cdi = $t.cdi' \
		'.ifindex = $t.ifindex | .tap = $t.tap' '.cdi = "../x" | .tap += {path: "/dev/null", major: 1, minor: 3}'; do
		jq -c --slurpfile t "$(record eth0 "$container-2")" "\$t[0] as \$t | $change" <<<"$ours" >"$(record)"
		run cni_raw GC "$(config '{}' | jq -c --arg id "$container-2" \
			'."cni.dev/valid-attachments" = [{containerID: $id, ifname: "eth0"}]')"
		run cni_raw DEL "$(config '{"cdi":true}')"
		run cni CHECK '{"cdi":true}' "${theirs[@]}"
		[ "$status" = 0 ] || { echo "$change: $output"; return 1; }
		[ -c "$node" ] && [ -c /dev/null ]
		[ -e "$PODTAP_CDI_DIR/podtap.dev-tap_$container-2_eth0.json" ]
		rm -rf "${PODTAP_STATE_DIR:?}/endpoints/$container"
		run -0 cni DEL '{"cdi":true}'
		run -0 cni ADD '{"cdi":true}'
		ours=$(cat "$(record)")
	done
}
