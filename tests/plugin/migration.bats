#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A guest that moves from the node $host to the node $target, on one switch: who reaches it when, and what
# podtapctl yield and resume do.
#
#   $pod, $there   its endpoints on the two nodes, with the same MAC address
#   $other         a pod on the old node, in mode bridge
#   $switch        a machine outside
load ../lib/lib
load ../lib/frames

guest=02:00:5e:10:00:0b
neighbour=02:00:5e:10:00:0c
outside=02:00:00:00:00:fe

setup() {
	lan_setup
	pod_add target
	pod_add there
	ip link add name port1 netns "$switch" type veth peer name lan0 netns "$target"
	ip -n "$switch" link set port1 master br0 up
	ip -n "$target" link set lan0 up
	for _ in {1..1000}; do
		[[ $(bridge -n "$switch" link show dev port1) != *"state forwarding"* ]] || return 0
		sleep 0.02
	done
	echo "the switch does not forward to the new node"
	return 1
}

# The endpoints of the guest on the old node and the new one, and of the neighbour: source_add [CHANGES]
source_add() {
	run -0 cni ADD "$(jq -c '{mac: "'$guest'"} + .' <<<"${1:-"{}"}")"
	old=$(tap)
}
target_add() {
	local host=$target
	run -0 cni ADD "{\"mac\":\"$guest\"}" CNI_CONTAINERID="$container-t" CNI_NETNS="/run/netns/$there"
	new=$(tap eth0 "$container-t")
}
neighbour_add() {
	run -0 cni ADD "{\"link\":\"macvlan\",\"mac\":\"$neighbour\"}" CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
}
ctl() {
	at "$host" "$BUILD/podtapctl" "$@" 2>"$BATS_TEST_TMPDIR/err"
}
refused() { # TEXT COMMAND...
	local text=$1
	shift
	run -2 ctl "$@"
	grep -qF -- "$text" "$BATS_TEST_TMPDIR/err" || { cat "$BATS_TEST_TMPDIR/err"; return 1; }
}
is_up() {
	[ "$(link "$pod" "${1:-eth0}" '.flags | index("UP") != null')" = true ]
}

# What QEMU and the guest say where the guest runs, a RARP and a gratuitous ARP: announce old|new
announce() {
	local node=$host
	[ "$1" = old ] || node=$target
	rm -f "$BATS_TEST_TMPDIR/announced.fifo"
	listen announced "$switch" br0 expect "$(text_hex "here I am")" "$patience"
	at "$node" "$tapio" "${!1}" send "$(rarp $guest)" send "$(arp_request $guest 10.99.0.7 10.99.0.7)" \
		send "$(frame "$broadcast" $guest "here I am")"
	heard announced
}
# A stream to the guest, of a hundred frames and a last one: stream NAMESPACE INTERFACE SOURCE TEXT
stream() {
	at "$1" "$tapio" "$2" burst 100 "$(frame $guest "$3" "$4")" send "$(frame $guest "$3" "$4 ends")"
}
from_neighbour() {
	stream "$other" eth0 $neighbour "$1"
}
from_outside() {
	stream "$switch" br0 $outside "$1"
}
# A guest hears frames until a stream ends: ear old|new TEXT
declare -gA ears
ear() {
	rm -f "$BATS_TEST_TMPDIR/$1.fifo"
	listen "$1" "$host" "${!1}" until "$(text_hex "$2 ends")" "$patience"
	ears[$1]=$listener
}
# Waits for that, and has what was heard in a file: hear old|new
hear() {
	heard "$1" && cat <&"${ears[$1]}" >"$BATS_TEST_TMPDIR/$1.heard"
}
# It heard so many frames of a stream: had old|new COUNT TEXT
had() {
	local n
	n=$(grep "$(text_hex "$3")" "$BATS_TEST_TMPDIR/$1.heard" | grep -cv "$(text_hex "$3 ends")") || :
	[ "$n" = "$2" ] || { echo "$1: $n of $3"; return 1; }
}

@test "migration: of a neighbour's frames none reach the guest that moved, and all after yield; from outside all do" {
	source_add
	neighbour_add
	announce old
	target_add
	ear old before
	from_neighbour beside
	from_outside before
	hear old
	had old 100 beside
	had old 100 before

	announce new
	ear old beside
	ear new outside
	from_neighbour beside
	from_outside outside
	hear old
	hear new
	had old 100 beside
	had new 0 beside
	had new 100 outside

	run -0 ctl yield "$container"
	[ "$output" = "eth0 of $container is down" ]
	ear new yielded
	from_outside outside
	from_neighbour yielded
	hear new
	had new 100 outside
	had new 100 yielded
}
@test "migration: after resume the guest that stayed is reached as before, and so after yield and resume again" {
	source_add
	target_add
	neighbour_add
	announce new
	run -0 ctl yield "$container" eth0
	run -0 ctl resume "$container" eth0
	[ "$output" = "eth0 of $container is up" ]
	run -0 ctl yield "$container" eth0
	run -0 ctl yield "$container" eth0
	[ "$output" = "eth0 of $container was down" ]
	run -0 ctl resume "$container"
	run -0 ctl resume "$container"
	[ "$output" = "eth0 of $container was up" ]
	announce old
	ear old ends
	from_neighbour beside
	from_outside outside
	from_outside ends
	hear old
	had old 100 beside
	had old 100 outside
}
@test "yield: a guest's endpoints of the container or one of them, and no other's" {
	source_add
	run -0 cni ADD '{}' CNI_IFNAME=net1
	run -0 cni ADD '{"link":"macvlan"}' CNI_IFNAME=net2
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	run -0 ctl yield "$container" net1
	is_up eth0
	run -1 is_up net1
	run -0 ctl yield "$container"
	[ "${#lines[@]}" = 2 ]
	run -1 is_up eth0
	run -1 is_up net1
	is_up net2
	[ "$(link "$other" eth0 '.flags | index("UP") != null')" = true ]
	run -0 ctl list
	run -0 ctl resume "$container"
	is_up eth0
	is_up net1
}
@test "yield, resume: refuse what is no guest's with the reason, and change nothing" {
	local addresses='{"ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.7/24"}]}}'
	run -0 cni ADD "$addresses"
	run -0 cni ADD '{"link":"macvlan"}' CNI_IFNAME=net1
	for verb in yield resume; do
		refused "interface eth0 of container $container: its addresses are the pod's" $verb "$container" eth0
		refused "interface net1 of container $container: it has no tap" $verb "$container" net1
		refused "interface " $verb "$container"
		refused "there is no record of it" $verb "$container" net7
		refused "there is no record of it" $verb nobody
		refused "there is no record of it" $verb ../endpoints
	done
	is_up eth0
	is_up net1
}
@test "yield: proves the link by its record: a link or a namespace that is gone or another's stays as it is" {
	source_add
	cp "$(record)" "$BATS_TEST_TMPDIR/kept"
	changed() { jq -c "$1" "$BATS_TEST_TMPDIR/kept" >"$(record)"; }
	changed '.netns.inode += 1 | .netns.cookie += 1'
	refused "its network namespace is gone" yield "$container"
	changed '.state = "adding"'
	refused "its ADD is under way or was ended" yield "$container"
	changed '.version = 2'
	refused "its record is of a newer podtap" yield "$container"
	changed '.ifindex += 1'
	refused "it is gone" yield "$container"
	changed '.kind = "macvlan"'
	refused "it is gone" yield "$container"
	echo '{' >"$(record)"
	refused "decode" yield "$container"
	cp "$BATS_TEST_TMPDIR/kept" "$(record)"
	is_up
}
@test "resume: is refused while another endpoint of the node has the MAC address; after a DEL an ADD is up" {
	source_add
	run -0 ctl yield "$container"
	run -0 cni ADD "{\"mac\":\"$guest\"}" CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	refused "another link on its master has its MAC address" resume "$container"
	run -1 is_up
	run -0 cni DEL '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	run -0 ctl resume "$container"
	is_up
	run -0 ctl yield "$container"
	run -0 cni DEL "{\"mac\":\"$guest\"}"
	source_add
	is_up
}
@test "hostAccess: the old node's host reaches the guest that moved after yield, and the one that stayed after resume" {
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	source_add '{"hostAccess":true}'
	target_add
	announce new
	from_host() { stream "$host" lan0 "$(link "$host" lan0 .address)" "$1"; }
	ear new outside
	from_host before
	from_outside outside
	hear new
	had new 0 before
	run -0 ctl yield "$container"
	ear new host
	from_host host
	hear new
	had new 100 host
	run -0 at "$host" "$BUILD/tests/tools/egress" list lan0
	[ -z "$output" ]
	run -0 ctl resume "$container"
	ear old host
	from_host host
	hear old
	had old 100 host
	run -0 cni CHECK "{\"mac\":\"$guest\",\"hostAccess\":true}"
	run -0 ctl list
	run -0 ctl yield "$container" # DEL then finds no entry
}
# The source addresses of what the wire and a neighbour in mode bridge hear from a command on, until another
# endpoint has announced itself: sources COMMAND...
sources() {
	local probe='{"mac":"02:00:00:00:00:77","acd":true,"ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.77/24"}]}}'
	local announced wire beside
	announced=08060001080006040001020000000077$(ip_hex 10.99.0.77)
	pod_add third
	listen wire "$switch" br0 until "$announced" "$patience"
	wire=$listener
	listen beside "$other" eth0 until "$announced" "$patience"
	beside=$listener
	"$@"
	run -0 cni ADD "$probe" CNI_CONTAINERID="$container-3" CNI_NETNS="/run/netns/$third"
	heard wire
	heard beside
	run -0 cut -c 13-24 <(cat <&"$wire"; cat <&"$beside")
	[ "$(grep -c 020000000077 <<<"$output")" -ge 2 ]
}
# The link has no multicast group that it would report to the LAN later.
reports_nothing() {
	run -0 ip -n "$pod" -o maddress show dev eth0
	[ "$(grep -oE '(inet|inet6) .*' <<<"$output" | tr -s ' ' | sort)" = "inet 224.0.0.1
inet6 ff01::1
inet6 ff02::1" ]
}
addresses='{"dad":"wait","ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"},
	{"address":"fd99::7/64","gateway":"fd99::fe"}],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}}'

@test "ADD: of a guest's endpoint sends no frame, with IPv4 and IPv6 addresses in its result; nor does resume" {
	local changes
	neighbour_add
	changes=$(jq -c '.addressOwner = "guest"' <<<"$addresses")
	add_and_resume() {
		source_add "$changes"
		run -0 ctl yield "$container"
		run -0 ctl resume "$container"
	}
	sources add_and_resume
	run -1 grep "$(mac_hex $guest)" <<<"$output"
	reports_nothing
}
@test "ADD: of a pod's endpoint does send, which the same listeners hear" {
	neighbour_add
	sources source_add "$addresses"
	run -0 grep -c "$(mac_hex $guest)" <<<"$output"
	[ "$output" -ge 2 ]
}
