#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The tap: the device node of an endpoint, its owner, and its frames.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
load ../lib/lib
load ../lib/endpoint
load ../lib/frames

setup() {
	lan_setup
	foreign=()
}
teardown() {
	local status=0
	for node in "${foreign[@]}"; do
		rm -f "$node"
	done
	lan_teardown || status=1
	mountpoint -q "$BATS_TEST_TMPDIR/dev" && umount "$BATS_TEST_TMPDIR/dev"
	return $status
}

# Keeps nodes from here on where the kernel makes none.
own_dev_dir() {
	devices_private
	mount -t tmpfs -o mode=0755 none "$PODTAP_DEV_DIR" # /tmp may allow no devices
}
# Prints the device number that the kernel gives an interface of a namespace: MAJOR:MINOR
kernels_number() {
	nsenter --net="/run/netns/$1" unshare -m sh -c "mount -t sysfs none /sys && cat /sys/class/net/$2/macvtap/tap*/dev"
}
# Prints the device number of a node; nothing without a node.
nodes_number() {
	local number
	number=$(stat -c '%F %t %T' "$1") || return 1
	# shellcheck disable=SC2086 # words
	set -- $number
	[ "$1 $2 $3" = "character special file" ] && echo "$((0x$4)):$((0x$5))"
}

@test "tap: /dev/tap<ifindex> is exactly this endpoint's device among those of other pods" {
	while read -r namespace id; do
		run -0 cni ADD '{}' CNI_CONTAINERID="$id" CNI_NETNS="/run/netns/$namespace"
		node=$(tap eth0 "$id")
		[ "$node" = "/dev/tap$(link "$namespace" eth0 .ifindex)" ]
		[ "$(nodes_number "$node")" = "$(kernels_number "$namespace" eth0)" ]
		[ "$(tap_identity "$node")" = "eth0 $(link "$namespace" eth0 .address)" ]
	done <<-END
		$pod $container
		$other $container-2
	END
}
@test "tap: the record has the node, its number, owner and mode" {
	run -0 cni ADD '{"owner":1000,"group":36,"tapMode":"0640"}'
	run -0 cat "$(record)"
	json_is '.tap | [.path, .uid, .gid, .mode]' "[\"/dev/tap$(link "$pod" eth0 .ifindex)\",1000,36,\"0640\"]"
	json_is '.tap | "\(.major):\(.minor)"' "$(kernels_number "$pod" eth0)"
}
@test "tap: owner, group and mode are as configured; type macvtap gives it to qemu (107)" {
	while read -r change wanted; do
		run -0 cni ADD "$change"
		run -0 stat -c '%u:%g %a' "$(tap)"
		[ "$output" = "$wanted" ] || { echo "$change: $output"; return 1; }
		run -0 cni DEL "$change"
	done <<-'END'
		{} 0:0 600
		{"type":"macvtap"} 107:107 600
		{"type":"macvtap","owner":0} 0:107 600
		{"owner":1000,"group":36,"tapMode":"0660"} 1000:36 660
		{"tapMode":"0777"} 0:0 777
		{"tapMode":"0"} 0:0 0
		{"owner":4294967294} 4294967294:0 600
	END
}
@test "tap: where the kernel makes no node, podtap makes and removes it" {
	own_dev_dir
	run -0 cni ADD '{"owner":1000,"group":36,"tapMode":"0660"}'
	node=$(tap)
	[ "$node" = "$PODTAP_DEV_DIR/tap$(link "$pod" eth0 .ifindex)" ]
	[ "$(nodes_number "$node")" = "$(kernels_number "$pod" eth0)" ]
	[ "$(tap_identity "$node")" = "eth0 $(link "$pod" eth0 .address)" ]
	run -0 stat -c '%u:%g %a' "$node"
	[ "$output" = "1000:36 660" ]
	run -0 cni CHECK '{"owner":1000,"group":36,"tapMode":"0660"}'
	run -0 cni DEL
	[ ! -e "$node" ]
}
@test "tap: a macvlan has no tap, and none on record" {
	run -0 cni ADD '{"link":"macvlan"}'
	[ ! -e "/dev/tap$(link "$pod" eth0 .ifindex)" ]
	run -0 jq .tap "$(record)"
	[ "$output" = null ]
}
@test "tap: DEL removes the node" {
	run -0 cni ADD
	node=$(tap)
	[ -c "$node" ]
	run -0 cni DEL
	[ ! -e "$node" ]
}
@test "tap: DEL removes the node also when the namespace vanished first" {
	run -0 cni ADD
	node=$(tap)
	ip netns del "$pod"
	run -0 cni DEL
	[ ! -e "$node" ]
	[ ! -e "$(record)" ]
	own_dev_dir
	run -0 cni ADD '{}' CNI_NETNS="/run/netns/$other"
	node=$(tap)
	ip netns del "$other"
	[ -c "$node" ]
	run -0 cni DEL '{}' CNI_NETNS=
	[ ! -e "$node" ]
	[ ! -e "$(record)" ]
}

# Puts a foreign file at the name of an index' node: foreign_put WHAT DIRECTORY INDEX
foreign_put() {
	local node=$2/tap$3
	case $1 in
	file) echo precious >"$node" ;;
	link) ln -s /dev/null "$node" ;;
	dangling) ln -s "$2/nowhere" "$node" ;;
	device) mknod "$node" c 1 3 ;;
	folder) mkdir "$node" ;;
	macvtap)
		ip -n "$host" link add link lan0 name foreign netns "$other" index "$3" type macvtap mode bridge
		if [ "$2" != /dev ]; then
			IFS=: read -r major minor < <(kernels_number "$other" foreign)
			mknod "$node" c "$major" "$minor"
		fi
		;;
	esac
}
foreign_remove() {
	case $1 in
	macvtap) ip -n "$other" link del foreign ;;
	folder) rmdir "$2/tap$3" ;;
	esac
	rm -f "$2/tap$3"
}
foreign_is_left_alone() {
	local what index before
	for what in file link dangling device folder macvtap; do
		index=$(free_index)
		foreign+=("$1/tap$index")
		foreign_put "$what" "$1" "$index"
		before=$(stat -c '%i %f %u:%g %s %t:%T %Y' "$1/tap$index")
		run -0 drawing "$index" cni ADD
		run -0 link "$pod" eth0 .ifindex
		[ "$output" != "$index" ]
		node=$(tap)
		[ "$node" = "$1/tap$output" ]
		[ "$(nodes_number "$node")" = "$(kernels_number "$pod" eth0)" ]
		[ "$(tap_identity "$node")" = "eth0 $(link "$pod" eth0 .address)" ]
		[ "$(ip -n "$pod" -j link show type macvtap | jq length)" = 1 ]
		run -0 cni DEL
		[ ! -e "$node" ]
		[ "$(stat -c '%i %f %u:%g %s %t:%T %Y' "$1/tap$index")" = "$before" ] || { echo "$what was changed"; return 1; }
		foreign_remove "$what" "$1" "$index"
	done
}
@test "tap: a foreign file, link or device at the name in /dev is neither used nor removed" {
	foreign_is_left_alone /dev
}
@test "tap: a foreign file, link or device at the name elsewhere is neither used nor removed" {
	own_dev_dir
	foreign_is_left_alone "$PODTAP_DEV_DIR"
}

# Prints the link that udev would make if the host received the device's event: numbered [CONTAINERID]
numbered() {
	jq -re --arg dev "${PODTAP_DEV_DIR:-/dev}" '"\($dev)/char/\(.tap.major):\(.tap.minor)"' "$(record eth0 "${1:-$container}")"
}
# Puts a file at the name of every number that a tap may get: numbers_taken WHAT
numbers_taken() {
	python3 - "$PODTAP_DEV_DIR/char" "$(awk '$2 == "macvtap" { print $1 }' /proc/devices)" "$1" <<-'END'
		import os, sys
		folder, major, what = sys.argv[1:]
		os.mkdir(folder)
		for minor in range(1, 1000):
		    name = f"{folder}/{major}:{minor}"
		    if what == "file":
		        open(name, "w").close()
		    elif what == "folder":
		        os.mkdir(name)
		    else:
		        os.symlink(what, name)
	END
}
@test "tap: /dev/char/MAJOR:MINOR points to it from ADD to DEL, also when the namespace vanished first" {
	run -0 cni ADD
	node=$(tap)
	link=$(numbered)
	[ "$(readlink "$link")" = "../${node##*/}" ]
	[ "$link" -ef "$node" ]
	run -0 cni ADD '{"link":"macvlan"}' CNI_IFNAME=net1
	run -0 cni DEL
	[ ! -L "$link" ] || [ "$(readlink "$link")" != "../${node##*/}" ]
	run -0 cni ADD '{}' CNI_NETNS="/run/netns/$other"
	node=$(tap)
	link=$(numbered)
	[ "$link" -ef "$node" ]
	ip netns del "$other"
	run -0 cni DEL '{}' CNI_NETNS=
	[ ! -L "$link" ] || [ "$(readlink "$link")" != "../${node##*/}" ]
}
@test "tap: where the kernel makes no node, podtap makes and removes the link by number with it" {
	own_dev_dir
	run -0 cni ADD
	[ "$(numbered)" -ef "$(tap)" ]
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	[ "$(numbered "$container-2")" -ef "$(tap eth0 "$container-2")" ]
	[ "$(stat -c '%a' "$PODTAP_DEV_DIR/char")" = 755 ]
	run -0 cni DEL
	run -0 find "$PODTAP_DEV_DIR/char" -mindepth 1
	[ "$output" = "$(numbered "$container-2")" ]
	run -0 cni DEL '{}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	[ ! -e "$PODTAP_DEV_DIR/char" ]
}
@test "tap: after a link was moved away and back, DEL leaves neither node nor link by its old number" {
	own_dev_dir
	ip -n "$host" link add link lan0 name before netns "$other" index "$(free_index)" type macvtap mode bridge
	run -0 cni ADD
	ip -n "$other" link del before
	ip -n "$pod" link set eth0 netns "$other"
	ip -n "$other" link set eth0 netns "$pod"
	run -0 cni DEL
	run -0 find "$PODTAP_DEV_DIR" -mindepth 1
	[ -z "$output" ]
}
@test "tap: a stale link of the device's number is replaced, and links of other numbers stay" {
	own_dev_dir
	numbers_taken ../tap7
	run -0 cni ADD
	[ "$(numbered)" -ef "$(tap)" ]
	run -0 find "$PODTAP_DEV_DIR/char" -mindepth 1 ! -lname ../tap7
	[ "$output" = "$(numbered)" ]
	link=$(numbered)
	ln -sfn ../tap8 "$link"
	run -0 cni DEL
	[ "$(readlink "$link")" = ../tap8 ]
	rm -r "$PODTAP_DEV_DIR/char"
}
@test "tap: a foreign file at the name by number stays, and ADD reports it" {
	own_dev_dir
	for what in file folder ../null ../tap7/x ../tap /dev/tap7; do
		numbers_taken "$what"
		before=$(find "$PODTAP_DEV_DIR/char" -printf '%i %y %l %P\n' | sort)
		run -0 cni ADD
		stderr_has "$(numbered) is not a link to a tap: left alone"
		run -0 cni CHECK
		run -0 cni DEL
		[ "$(find "$PODTAP_DEV_DIR/char" -printf '%i %y %l %P\n' | sort)" = "$before" ] || { echo "$what was changed"; return 1; }
		rm -r "$PODTAP_DEV_DIR/char"
	done
	echo precious >"$PODTAP_DEV_DIR/char"
	run -0 cni ADD
	run -0 cni DEL
	[ "$(cat "$PODTAP_DEV_DIR/char")" = precious ]
	rm "$PODTAP_DEV_DIR/char"
}

# bats test_tags=long
@test "tap: a hundred pods in parallel each get their own, and DEL removes all" {
	mkdir "$BATS_TEST_TMPDIR/results"
	for i in {1..100}; do
		pods+=("$host-$i")
	done
	printf 'netns add %s\n' "${pods[@]}" | ip -batch -
	namespaces+=("${pods[@]}")
	export CNI_PATH=/nowhere CNI_IFNAME=eth0 BUILD BATS_TEST_TMPDIR
	config >"$BATS_TEST_TMPDIR/config"
	all_at_once ADD
	jq -r .tap.path "$PODTAP_STATE_DIR"/endpoints/*/eth0.json >"$BATS_TEST_TMPDIR/taps"
	[ "$(sort -u "$BATS_TEST_TMPDIR/taps" | wc -l)" = 100 ]
	# Each node's device matches the record and the result.
	xargs -P 50 -n 1 sh -c 'echo "$1 $("$0" "$1" identity)"' "$tapio" <"$BATS_TEST_TMPDIR/taps" | sort >"$BATS_TEST_TMPDIR/told"
	jq -r '"\(.tap.path) \(.ifname) \(.mac | gsub(":"; ""))"' "$PODTAP_STATE_DIR"/endpoints/*/eth0.json | sort >"$BATS_TEST_TMPDIR/recorded"
	cmp "$BATS_TEST_TMPDIR/told" "$BATS_TEST_TMPDIR/recorded"
	[ "$(jq -r '.interfaces[0].mac' "$BATS_TEST_TMPDIR"/results/ADD-* | sort)" = \
		"$(jq -r .mac "$PODTAP_STATE_DIR"/endpoints/*/eth0.json | sort)" ]
	[ "$(cut -d' ' -f3 "$BATS_TEST_TMPDIR/told" | sort -u | wc -l)" = 100 ]
	all_at_once DEL
	while read -r node; do
		[ ! -e "$node" ]
	done <"$BATS_TEST_TMPDIR/taps"
}
all_at_once() {
	# shellcheck disable=SC2016 # for the inner shell
	printf '%s\n' "${pods[@]}" | at "$host" env CNI_COMMAND="$1" xargs -P 100 -n 1 sh -c 'CNI_CONTAINERID=$0 \
		CNI_NETNS=/run/netns/$0 exec "$BUILD/podtap" <"$BATS_TEST_TMPDIR/config" >"$BATS_TEST_TMPDIR/results/$CNI_COMMAND-$0"' || {
		cat "$BATS_TEST_TMPDIR/results/$1"-*
		return 1
	}
}

# Makes two pods with a tap each: $tap1 and $mac1, $tap2 and $mac2.
two_taps() {
	run -0 cni ADD "$@"
	mac1=$(jq -r '.interfaces[0].mac' <<<"$output")
	tap1=$(tap)
	run -0 cni ADD "$@" CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	mac2=$(jq -r '.interfaces[0].mac' <<<"$output")
	tap2=$(tap eth0 "$container-2")
}
@test "tap: frames go both ways between two open taps, and between a tap and the LAN" {
	two_taps '{}'
	there=$(frame "$mac2" "$mac1" "to the other tap")
	back=$(frame "$mac1" "$mac2" "and back again")
	out=$(frame 02:00:00:00:00:fe "$mac1" "to the LAN")
	in=$(frame "$mac1" 02:00:00:00:00:fe "from the LAN")
	listen two "$pod" "$tap2" expect "$there" "$patience" send "$back"
	listen lan "$switch" br0 expect "$out" "$patience" send "$in"
	run -0 "$tapio" "$tap1" send "$there" expect "$back" "$patience" send "$out" expect "$in" "$patience"
	heard two
	heard lan
}
@test "tap: a broadcast reaches the LAN and the other tap" {
	two_taps '{}'
	cry=$(frame "$broadcast" "$mac1" "to everybody")
	listen two "$pod" "$tap2" expect "$cry" "$patience"
	listen lan "$switch" br0 expect "$cry" "$patience"
	run -0 "$tapio" "$tap1" send "$cry"
	heard two
	heard lan
}
@test "tap: a frame to the other pod's MAC address does not arrive" {
	two_taps '{}'
	theirs=$(frame "$mac2" 02:00:00:00:00:fe "not for everybody")
	last=$(frame "$mac1" 02:00:00:00:00:fe "the last one")
	listen one "$pod" "$tap1" until "$last" "$patience"
	run -0 at "$switch" "$tapio" br0 send "$theirs" send "$last"
	heard one
	run -0 cat <&"$listener"
	[[ $output == *"$last" && $output != *"$theirs"* ]]
}

# Sends frames from the LAN to multicast groups without members in the pod: neighbour solicitations for four
# addresses, mDNS of both families; then a broadcast. Prints how many of the six arrived before that.
count_multicast() {
	local group actions=() last got
	for group in 33:33:ff:11:11:11 33:33:ff:22:22:22 33:33:ff:33:33:33 33:33:ff:44:44:44 01:00:5e:00:00:fb 33:33:00:00:00:fb; do
		actions+=(send "$(frame "$group" 02:00:00:00:00:fe "to a group")")
	done
	last=$(frame "$broadcast" 02:00:00:00:00:fe "the last one")
	listen guest "$pod" "$1" until "$last" "$patience" || return 1
	at "$switch" "$tapio" br0 "${actions[@]}" send "$last"
	heard guest || return 1
	got=$(grep -c "$(text_hex "to a group")" <&"$listener")
	echo "$got"
}
@test "tap: IPv6 neighbour discovery and mDNS reach an open tap (allmulti is on)" {
	run -0 cni ADD
	run -0 count_multicast "$(tap)"
	[ "$output" = 6 ]
}
@test "tap: allmulti off filters groups without members (so the test above can fail)" {
	run -0 cni ADD '{"allmulti":false}'
	run -0 count_multicast "$(tap)"
	# The kernel's filter is a hash of 256 bits: now and then one group passes for another.
	((output <= 2))
}
@test "tap: the guest receives and answers an ARP request for an address that the pod never had" {
	run -0 cni ADD
	mac=$(mac_hex "$(jq -r '.interfaces[0].mac' <<<"$output")")
	target=fd990000000000000000000000001234
	# A neighbour advertisement, solicited, of that address to fd99::fe, with its checksum.
	pseudo="${target}fd9900000000000000000000000000fe000000200000003a"
	body="60000000${target}0201$mac"
	sum=$(checksum "${pseudo}88000000$body")
	answer="0200000000fe${mac}86dd6000000000203aff${target}fd9900000000000000000000000000fe8800$sum$body"
	listen guest "$pod" "$(tap)" expect "00000000${target}0101" "$patience" send "$answer" \
		expect "fd9900000000000000000000000000fe${target}8000" "$patience"
	at "$switch" ping -6 -c 1 -W 30 fd99::1234 >"$BATS_TEST_TMPDIR/ping" 2>&1 3>&- &
	background+=($!)
	heard guest
	run -0 ip -n "$switch" neighbour show fd99::1234
	[[ $output == *"$(jq -r '.interfaces[0].mac' "$BATS_TEST_TMPDIR/stdout")"* ]]
}

@test "queues: the link has the requested number in each direction, and as many openers fit" {
	for queues in 1 8 256; do
		run -0 cni ADD "{\"queues\":$queues}"
		run -0 link "$pod" eth0 '[.num_tx_queues, .num_rx_queues]'
		[ "$output" = "[$queues,$queues]" ]
		run -0 jq .queues "$(record)"
		[ "$output" = "$queues" ]
		[ $queues = 256 ] || run -0 "$tapio" "$(tap)" queues $queues # each costs time when it is closed
		run -0 cni DEL
	done
	run -0 cni ADD '{"queues":2,"link":"macvlan"}'
	run -0 link "$pod" eth0 '[.num_tx_queues, .num_rx_queues]'
	[ "$output" = "[2,2]" ]
}
@test "queues: every opener of the tap sends, and each incoming frame reaches one of them" {
	run -0 cni ADD '{"queues":4}'
	mac=$(jq -r '.interfaces[0].mac' <<<"$output")
	in=$(frame "$mac" 02:00:00:00:00:fe "to any queue")
	listen guest "$pod" "$(tap)" queues 4 say ready expect "$in" "$patience"
	read -r line <&"$listener"
	[ "$line" = ready ]
	run -0 at "$switch" "$tapio" br0 send "$in"
	heard guest
}

# ADD takes the number from the kernel's event only where no user except the machine's root could forge one.
#   number_learnt_by VARIABLE=VALUE...    what an ADD opened to learn it
number_learnt_by() {
	wrapper=(strace -f -qq -o "$BATS_TEST_TMPDIR/opened" -e "trace=socket,fsopen")
	run -0 cni ADD '{}' "$@" ASAN_OPTIONS=detect_leaks=0
	wrapper=()
	grep -oE 'NETLINK_KOBJECT_UEVENT|"sysfs"' "$BATS_TEST_TMPDIR/opened"
}
@test "ADD: in a user namespace reads the tap's number from sysfs, since its root could forge the event" {
	[ "$(number_learnt_by)" = NETLINK_KOBJECT_UEVENT ]
	unshare --user --map-root-user --net sleep 100 3>&- &
	background+=($!)
	sandbox=/proc/$!/ns/net
	until [ "$(readlink "$sandbox")" != "$(readlink /proc/self/ns/net)" ]; do :; done
	theirs=(CNI_NETNS="$sandbox" CNI_CONTAINERID="$container-2")
	[ "$(number_learnt_by "${theirs[@]}")" = '"sysfs"' ]
	node=$(tap eth0 "$container-2")
	number=$(nsenter --net="$sandbox" unshare -m sh -c 'mount -t sysfs none /sys && cat /sys/class/net/eth0/macvtap/tap*/dev')
	[ "$(nodes_number "$node")" = "$number" ]
	run -0 cni DEL '{}' "${theirs[@]}"
}
