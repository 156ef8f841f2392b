# SPDX-License-Identifier: Apache-2.0
# The base of the tests of podtap-ipam, besides lib.bash. Each test runs both ways: as the executable alone, and
# in process by podtap.
#
#   for PLUGIN in "${ways[@]}"; do ipam_begin; …; done
#
#   $network, $data    a network of its own for each way, and its dataDir
#   $store             where its reservations are
ways=(podtap-ipam podtap)

ipam_begin() {
	export PLUGIN
	network=net-$PLUGIN
	data=$leases/$PLUGIN
	store=$data/$network
}

# The configuration key ipam, with these members.
ipam() {
	jq -cn --arg name "$network" --arg data "$data" --argjson ipam "$1" --argjson rest "${2:-"{}"}" \
		'{$name, ipam: ({type: "podtap-ipam", dataDir: $data} + $ipam)} + $rest'
}

# A verb for a container, whose interface is named after it: $PLUGIN-ID has if-ID.
#   verb VERB ID MEMBERS_OF_IPAM [OTHER_KEYS [VARIABLE=VALUE...]]
verb() {
	cni "$1" "$(ipam "$3" "${4:-}")" CNI_CONTAINERID="$PLUGIN-$2" CNI_IFNAME="if-$2" "${@:5}"
}
add() { verb ADD "$@"; }
del() { verb DEL "$@"; }
check() { verb CHECK "$@"; }
status() { cni STATUS "$(ipam "$1" "${2:-}")"; }
gc() { cni GC "$(ipam "$1" "${2:-}")"; }

# Prints the addresses that an ADD gives, on one line.
given() {
	local answer
	answer=$(add "$@") || { echo "$answer"; return 1; }
	jq -r '[.ips[]?.address] | join(" ")' <<<"$answer"
}

# Prints the reserved addresses on one line.
reserved() {
	find "$store" -mindepth 1 ! -name lock ! -name 'last_reserved_ip.*' -printf '%f\n' 2>/dev/null |
		LC_ALL=C sort | paste -sd ' '
}
# A reservation as host-local writes it.
reserve() {
	mkdir -p "$store"
	printf '%s' "$2" >"$store/$1"
}
last() {
	cat "$store/last_reserved_ip.${1:-0}"
}

# The file of that name beside the network's reservations (there is one network per way).
beside() {
	find "$PODTAP_IPAM_STATE_DIR" -path "*/$network/$1" 2>/dev/null | head -1
}

# Lets calls happen in a mount namespace that stays, which a command makes for the command that follows it:
# entering one is quicker than making one for each call.
#   stay COMMAND...
stay() {
	local ready
	exec {ready}< <(exec "$@" sh -c 'echo && exec sleep infinity' 3>&-)
	background+=($!)
	wrapper=(nsenter --mount="/proc/$!/ns/mnt" --wdns="$PWD" --)
	read -r <&"$ready"
	exec {ready}<&-
}

# Lets calls happen in another boot of the machine, by a name for it. They see namespaces that are made later.
boot() {
	local id
	id=$(printf %s "$1" | md5sum | sed -E 's/(.{8})(.{4})(.{4})(.{4})(.{12}).*/\1-\2-\3-\4-\5/')
	printf '%s\n' "$id" >"$BATS_TEST_TMPDIR/boot-$1"
	stay unshare -m --propagation slave sh -c 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"' \
		"$BATS_TEST_TMPDIR/boot-$1"
}

# A boot ends the namespaces and empties /run.
reboot() {
	boot "$1"
	rm -rf "$PODTAP_STATE_DIR"
	ip netns del "$pod"
	ip netns add "$pod"
}

# Lets calls happen where the boot id cannot be told from an empty file.
boot_unknown() {
	wrapper=(unshare -m sh -c 'mount --bind /dev/null /proc/sys/kernel/random/boot_id && exec "$@"' sh)
}

# Starts a node that is a container, with a process 1, namespaces and a master lan0 of its own, and an
# empty state directory. Calls happen in it. A node that was started before ends first, with its
# processes and namespaces, as when a node is restarted.
node() {
	local said=
	node_end
	rm -rf "$PODTAP_STATE_DIR" "$BATS_TEST_TMPDIR/node"
	mkfifo "$BATS_TEST_TMPDIR/node"
	unshare --pid --net --mount --fork --kill-child --mount-proc sh -c '
		ip link add lan0 type veth peer name port0 && ip link set port0 up && ip link set lan0 up &&
			echo ready && exec sleep infinity' \
		>"$BATS_TEST_TMPDIR/node" 3>&- &
	node=$!
	read -r said <"$BATS_TEST_TMPDIR/node"
	init=$(pgrep -P "$node")
	[ "$said" = ready ]
	wrapper=(nsenter --target "$init" --pid --net --mount --)
}
node_end() {
	wrapper=()
	[ -n "${node:-}" ] || return 0
	kill -KILL "$init" # unshare ignores what would end it, and ends with its child
	wait "$node" || true
	node=
	ip netns del "$pod"
	ip netns add "$pod"
}
