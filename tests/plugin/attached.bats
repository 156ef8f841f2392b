#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Objects that root of a container attaches to its interface make the kernel's description of it too long or
# wrong. Every call still works.
load ../lib/lib

setup() {
	lan_setup
}
teardown() {
	lan_teardown
}

ctl() {
	"$BUILD/podtapctl" "$@" 2>"$BATS_TEST_TMPDIR/err"
}
# Adds as many names of 127 characters as the kernel accepts.
names_attach() {
	awk 'BEGIN { for (i = 100; i < 620; i++) printf "link property add dev eth0 altname a%d%0123d\n", i, 0 }' \
		>"$BATS_TEST_TMPDIR/names"
	ip -n "$pod" -force -batch "$BATS_TEST_TMPDIR/names" 2>/dev/null || :
	(($(ip -n "$pod" -j link show dev eth0 | jq '.[0].altnames | length') > 480))
}
# Gives the interface this number of source MAC addresses in one request, as an attribute can just hold.
sources_attach() {
	at "$pod" python3 - "$kind" "$1" <<-'END'
		import socket, struct, sys
		def attribute(kind, data):
		    return struct.pack("HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)
		kind, count = sys.argv[1].encode(), int(sys.argv[2])
		macs = b"".join(attribute(4, struct.pack("!HHH", 0x0200, i // 256, i % 256 << 8 | 1)) for i in range(1, count + 1))
		mode = attribute(3, struct.pack("I", 3))  # IFLA_MACVLAN_MACADDR_MODE: MACVLAN_MACADDR_SET
		info = attribute(18, attribute(1, kind) + attribute(2, mode + attribute(5, macs)))
		body = struct.pack("BxHiII", 0, 0, socket.if_nametoindex("eth0"), 0, 0) + info
		kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
		kernel.send(struct.pack("IHHII", 16 + len(body), 16, 5, 1, 0) + body)  # RTM_NEWLINK, with an answer
		sys.exit(struct.unpack_from("i", kernel.recv(65536), 16)[0])
	END
}

@test "CHECK, list, GC and DEL: work on an interface with the maximum of alternative names" {
	run -0 cni ADD '{"cniVersion":"1.1.0"}'
	result=$output
	names_attach
	run -0 cni CHECK "{\"cniVersion\":\"1.1.0\",\"prevResult\":$result}"
	run -0 ctl list
	[[ ${lines[1]} == *alive ]]
	run -0 cni GC '{"cniVersion":"1.1.0","cni.dev/valid-attachments":[]}'
	run -1 link_exists "$pod" eth0
	run -0 assert_nothing_left
	run -0 cni ADD '{"cniVersion":"1.1.0"}'
	names_attach
	run -0 cni DEL '{"cniVersion":"1.1.0"}'
	run -1 link_exists "$pod" eth0
}
# From 5,456 on the length of what describes the kind is wrong, and some lengths hide the kind.
attached() { # KIND
	kind=$1
	run -0 cni ADD "{\"cniVersion\":\"1.1.0\",\"link\":\"$kind\",\"mode\":\"source\"}"
	sources_attach "$2"
	run -0 ctl list
	[[ ${lines[1]} == *alive ]]
}
@test "GC and DEL: remove an interface whose thousands of source MAC addresses hide its kind" {
	local count
	for count in 5456 5457; do
		attached macvlan $count
		run -0 cni GC '{"cniVersion":"1.1.0","cni.dev/valid-attachments":[]}'
		run -1 link_exists "$pod" eth0
		run -0 assert_nothing_left
		attached macvtap $count
		run -0 cni DEL
		run -1 link_exists "$pod" eth0
		run -0 assert_nothing_left
	done
}
@test "DEL: removes an interface whose kind is hidden, without its record too" {
	local each
	for each in macvlan macvtap; do
		attached $each 5456
		rm "$(record)"
		run -0 cni DEL
		run -1 link_exists "$pod" eth0
		run -0 assert_nothing_left
	done
}
@test "list: shows an unreadable endpoint as unknown beside all others, and exits 2" {
	run -0 cni ADD
	# Only CAP_SYS_PTRACE opens this namespace.
	nsenter --net="/run/netns/$other" -- setpriv --reuid 65534 --clear-groups sleep 1000 3>&- &
	background+=($!)
	until [ "$(stat -c %u "/proc/$!")" = 65534 ]; do sleep 0.01; done
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/proc/$!/ns/net"
	run -2 --separate-stderr setpriv --bounding-set=-sys_ptrace "$BUILD/podtapctl" list
	[[ ${lines[1]} == "$container "*alive ]]
	[[ ${lines[2]} == "$container-o "*unknown ]]
	[[ $stderr == *"eth0 of $container-o: open the network namespace"* ]]
	run -2 --separate-stderr setpriv --bounding-set=-sys_ptrace "$BUILD/podtapctl" list --json
	json_is 'map(.alive)' '[true,null]'
}
