#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-exec: runs a command with the container's taps open, and never opens another pod's tap.
load ../lib/lib
load ../lib/frames

# Runs the launcher in the pod, with no descriptors but the standard ones.
launch() (
	for fd in {3..30}; do eval "exec $fd>&-"; done
	exec nsenter --net="/run/netns/$pod" -- "$BUILD/podtap-exec" "$@"
)
recorded() {
	jq -r "$1" "$(record "${2:-eth0}")"
}

@test "podtap-exec: {netdev} and {device} become QEMU arguments with descriptors, MAC, mtu and added options" {
	run -0 cni ADD '{"mtu":1400}'
	mac=$(recorded .mac)
	wanted="-netdev tap,id=podtap0,fds=3 -device virtio-net-pci,netdev=podtap0,mac=$mac,host_mtu=1400,rx_queue_size=1024"
	run -0 launch -- echo "{netdev}" "{device}"
	[ "$output" = "$wanted" ]
	run -0 launch -- echo -netdev "{netdev}" -device "{device}"
	[ "$output" = "$wanted" ]
	run -0 launch -- echo -netdev "{netdev},br=x" --device "{device},romfile="
	[ "$output" = "-netdev tap,id=podtap0,fds=3,br=x --device virtio-net-pci,netdev=podtap0,mac=$mac,host_mtu=1400,rx_queue_size=1024,romfile=" ]
}
@test "queues: the tap is open once per queue, and QEMU gets the number of queues" {
	run -0 cni ADD '{"queues":4}'
	run -0 launch -- echo "{netdev}" "{device}" "{fds}" "{fd}"
	[[ $output == *"fds=3:4:5:6 "*",mq=on,vectors=10 3,4,5,6 3" ]]
	run -0 launch -- sh -c 'ls -l /proc/self/fd | grep -c /dev/tap'
	[ "$output" = 4 ]
}
@test "several interfaces: {netdev} and {device} repeat for each; the other placeholders take an index" {
	run -0 cni ADD '{"mac":"02:00:00:00:00:10"}' CNI_IFNAME=net10
	run -0 cni ADD '{"mac":"02:00:00:00:00:02","mtu":1400}' CNI_IFNAME=net2
	run -0 cni ADD '{"link":"macvlan"}' CNI_IFNAME=net1
	run -0 launch -- echo "{netdev}" -device "{device}"
	[ "$output" = "-netdev tap,id=podtap0,fds=3 -netdev tap,id=podtap1,fds=4 -device virtio-net-pci,netdev=podtap0,mac=02:00:00:00:00:02,host_mtu=1400,rx_queue_size=1024 -device virtio-net-pci,netdev=podtap1,mac=02:00:00:00:00:10,host_mtu=1500,rx_queue_size=1024" ]
	run -0 launch -- echo "fd=[{fds}],mac={mac},{ifname:0}" "{fd:1} {mac:1} {mtu:1} {ifname:1}" "{netdev:1}"
	[ "$output" = "fd=[3],mac=02:00:00:00:00:02,net2 4 02:00:00:00:00:10 1500 net10 -netdev tap,id=podtap1,fds=4" ]
	run -125 launch -- echo "{mac:2}"
	[[ $output == *"{mac:2}"*"0 to 1"* ]]
	run -125 launch -- echo "{mac:99999999999999999999}"
}
@test "--if: passes only the named interfaces, in that order" {
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_IFNAME=net1
	run -0 cni ADD '{"link":"macvlan"}' CNI_IFNAME=net2
	run -0 launch --if net1 -- echo "{ifname}" "{netdev}"
	[ "$output" = "net1 -netdev tap,id=podtap0,fds=3" ]
	run -0 launch --if net1 --if eth0 -- echo "{ifname}" "{ifname:1}"
	[ "$output" = "net1 eth0" ]
	run -125 launch --if net2 -- true
	[[ $output == *"net2"*"no macvtap"* ]]
	run -125 launch --if net7 -- true
	[[ $output == *"net7"*"no such interface"* ]]
	run -125 launch --if net1 --if net1 -- true
	[[ $output == *"twice"* ]]
}
@test "podtap-exec: leaves other braces unchanged" {
	run -0 cni ADD
	run -0 launch -- printf '%s\n' '{"driver":"tap"}' '{}' '{fdx}' '{fd:}' '{fd:x}' '{' '{macs}'
	[ "$output" = $'{"driver":"tap"}\n{}\n{fdx}\n{fd:}\n{fd:x}\n{\n{macs}' ]
}
@test "podtap-exec: exits with the command's code; its own failures are 125, invalid usage is 2" {
	run -125 launch -- true
	[[ $output == *"has none"* ]]
	run -0 cni ADD
	run -0 launch -- true
	run -7 launch -- sh -c 'exit 7'
	run -125 launch -- /no/such/command
	[[ $output == */no/such/command* ]]
	run -2 launch
	[[ $output == *"there is no command"*usage* ]]
	run -2 launch --unknown -- true
}
@test "podtap-exec: the descriptors carry frames, with or without a virtio-net header or standard streams" {
	run -0 cni ADD '{"mac":"02:00:00:00:00:10"}'
	for call in "launch" "launch --no-vnet-hdr" "closed"; do
		frame=$(frame "$broadcast" 02:00:00:00:00:10 "$call")
		listen "${call// /-}" "$switch" br0 expect "$frame" 60000
		[ "$call" = "launch --no-vnet-hdr" ] || frame=$(printf '%020d' 0)$frame
		# shellcheck disable=SC2001 # every two digits
		printf %b "$(sed 's/../\\x&/g' <<<"$frame")" >"$BATS_TEST_TMPDIR/bytes"
		# shellcheck disable=SC2086 # words
		run -0 $call -- bash -c "cat '$BATS_TEST_TMPDIR/bytes' >&{fd}"
		heard "${call// /-}"
	done
}
closed() {
	launch "$@" <&- 2>&-
}
@test "podtap-exec: works for an unprivileged owner of the node, and names the reason for any other user" {
	run -0 cni ADD '{"owner":1234,"group":1234}'
	install -m 0755 "$BUILD/podtap-exec" "$BATS_TEST_TMPDIR/"
	chmod 0755 "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "${BATS_TEST_TMPDIR%/*/*}"
	as() {
		nsenter --net="/run/netns/$pod" -- setpriv --reuid="$1" --regid="$1" --clear-groups --inh-caps=-all --bounding-set=-all \
			"$BATS_TEST_TMPDIR/podtap-exec" -- id -u
	}
	run -0 as 1234
	[ "$output" = 1234 ]
	run -125 as 1235
	[[ $output == *"owner and mode"* ]]
}
@test "podtap-exec: never uses another pod's tap at the interface's name, and names its owner" {
	export PODTAP_DEV_DIR=$BATS_TEST_TMPDIR/dev
	mkdir "$PODTAP_DEV_DIR"
	run -0 cni ADD '{"mac":"02:00:00:00:00:10"}'
	run -0 cni ADD '{"mac":"02:00:00:00:00:20"}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	mine=$(tap) theirs=$(tap eth0 "$container-o")
	mv "$mine" "$mine.kept"
	cp -a "$theirs" "$mine"
	run -125 launch -- touch "$BATS_TEST_TMPDIR/ran"
	[[ $output == *"${mine}"*"eth0"*"02:00:00:00:00:20"*"02:00:00:00:00:10"*"another pod"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	rm "$mine"
	run -125 launch -- touch "$BATS_TEST_TMPDIR/ran"
	[[ $output == *"missing in this container"* ]]
	mknod "$mine" c 1 3
	run -125 launch -- touch "$BATS_TEST_TMPDIR/ran"
	rm "$mine"
	touch "$mine"
	run -125 launch -- touch "$BATS_TEST_TMPDIR/ran"
	[[ $output == *"no character device"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	rm "$mine"
	mv "$mine.kept" "$mine"
	run -0 launch -- true
	run -0 cni DEL
	run -0 cni DEL '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	rmdir "$PODTAP_DEV_DIR"
}
@test "podtap-exec: finds the tap by its number where the node has the name of a former index, and no node of another number" {
	devices_private
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	mv "$(tap)" "$PODTAP_DEV_DIR/tap77"
	mv "$(tap eth0 "$container-o")" "$PODTAP_DEV_DIR/tap76"
	contained() {
		at "$pod" unshare -m sh -c 'mount -t sysfs none /sys && exec "$@"' sh "$BUILD/podtap-exec" -- echo "{mac}"
	}
	run -0 contained
	[ "$output" = "$(recorded .mac)" ]
	mv "$PODTAP_DEV_DIR/tap77" "$PODTAP_DEV_DIR/tap77.other"
	run -125 contained
	[[ $output == *"missing in this container"*"restarted" ]]
	mv "$PODTAP_DEV_DIR/tap77.other" "$(tap)"
	mv "$PODTAP_DEV_DIR/tap76" "$(tap eth0 "$container-o")"
}
@test "podtap-exec: names a stale node, a node on a nodev mount and an interface that is down" {
	run -0 cni ADD
	node=$(tap)
	mkdir "$BATS_TEST_TMPDIR/nodev"
	run -125 unshare -m sh -c "mount -t tmpfs -o nodev none '$BATS_TEST_TMPDIR/nodev' && cp -a '$node' '$BATS_TEST_TMPDIR/nodev/' &&
		exec nsenter --net=/run/netns/$pod env PODTAP_DEV_DIR='$BATS_TEST_TMPDIR/nodev' '$BUILD/podtap-exec' -- true"
	[[ $output == *nodev* ]]
	mkdir "$BATS_TEST_TMPDIR/stale"
	mknod "$BATS_TEST_TMPDIR/stale/${node##*/}" c "$((0x$(stat -c %t "$node")))" 65000
	PODTAP_DEV_DIR=$BATS_TEST_TMPDIR/stale run -125 launch -- true
	[[ $output == *"gone"* ]]
	ip -n "$pod" link set eth0 down
	run -125 launch -- true
	[[ $output == *"eth0"*"down"* ]]
}
@test "podtap-exec: needs no library except libc, so that images can copy it" {
	run -0 ldd "$BUILD/podtap-exec"
	run -1 grep -E 'libmnl|libcjson|libcap-ng' <<<"$output"
}
