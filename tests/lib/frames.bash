# SPDX-License-Identifier: Apache-2.0
# Ethernet frames in hexadecimal, and listeners that wait for them.


mac_hex() {
	printf %s "${1//:/}"
}
ip_hex() {
	local a b c d
	IFS=. read -r a b c d <<<"$1"
	printf '%02x%02x%02x%02x' "$a" "$b" "$c" "$d"
}
text_hex() {
	local i
	for ((i = 0; i < ${#1}; i++)); do
		printf %02x "'${1:i:1}"
	done
}

# A frame of the ethertype for local experiments: frame DESTINATION SOURCE TEXT
frame() {
	printf '%s%s88b5%s%s' "$(mac_hex "$1")" "$(mac_hex "$2")" "$(text_hex "$3")" \
		"$(printf '00%.0s' {1..46})"
}
broadcast=ff:ff:ff:ff:ff:ff
patience=30000 # milliseconds, for a frame that does come: it ends with that

# An ARP request for TARGET: arp_request MAC SENDER TARGET
arp_request() {
	printf '%s%s080600010800060400 01%s%s000000000000%s%s' ffffffffffff "$(mac_hex "$1")" \
		"$(mac_hex "$1")" "$(ip_hex "$2")" "$(ip_hex "$3")" "$(printf '00%.0s' {1..18})" | tr -d ' '
}
# The announcement that a hypervisor sends for a guest which runs on a new node: rarp MAC
rarp() {
	printf 'ffffffffffff%s80350001080006040003%s00000000%s00000000%s' "$(mac_hex "$1")" "$(mac_hex "$1")" \
		"$(mac_hex "$1")" "$(printf '00%.0s' {1..18})"
}
# The bytes of an ARP reply: arp_answer MAC ADDRESS (of the holder)
arp_answer() {
	printf '08060001080006040002%s%s' "$(mac_hex "$1")" "$(ip_hex "$2")"
}

# The internet checksum of bytes, an even number of them.
checksum() {
	local i sum=0
	for ((i = 0; i < ${#1}; i += 4)); do
		((sum += 0x${1:i:4}))
	done
	printf '%04x' $((~((sum & 0xffff) + (sum >> 16)) & 0xffff))
}

# A router advertisement of the prefix fd55::/64 to all nodes, from a neighbour fe80::1.
router_advertisement() {
	local from=fe800000000000000000000000000001 to=ff020000000000000000000000000001
	local body=400007080000000000000000 sum # hop limit, flags, lifetimes
	body+=01010200000000fe                 # the router's MAC address
	body+=030440c0000151800001518000000000fd55$(printf '00%.0s' {1..14})
	sum=$(checksum "$from$to$(printf %08x $((4 + ${#body} / 2)))0000003a86000000$body")
	printf '333300000001%s86dd60000000%04x3aff%s%s8600%s%s' 0200000000fe $((4 + ${#body} / 2)) $from $to "$sum" "$body"
}

# Starts tapio in a namespace and returns once its device is open; `heard NAME` waits for its verdict.
#   listen NAME NAMESPACE DEVICE ACTION...
declare -gA listeners
listen() {
	local name=$1 namespace=$2 device=$3 line
	shift 3
	mkfifo "$BATS_TEST_TMPDIR/$name.fifo"
	nsenter --net="/run/netns/$namespace" -- "$tapio" "$device" say open "$@" >"$BATS_TEST_TMPDIR/$name.fifo" \
		2>"$BATS_TEST_TMPDIR/$name.stderr" 3>&- &
	listeners[$name]=$!
	background+=($!)
	exec {listener}<"$BATS_TEST_TMPDIR/$name.fifo"
	read -r -u "$listener" line && [ "$line" = open ] && return 0
	cat "$BATS_TEST_TMPDIR/$name.stderr"
	return 1
}
heard() {
	wait "${listeners[$1]}" || { cat "$BATS_TEST_TMPDIR/$1.stderr"; return 1; }
}
