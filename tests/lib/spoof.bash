# SPDX-License-Identifier: Apache-2.0
# Frames as attackers and honest machines send them, and which of them reach the LAN.

# fd99::N in hexadecimal, N being hexadecimal too.
ip6_hex() {
	printf 'fd99000000000000000000000000%04x' "0x$1"
}
# The link-local address of a MAC address, in hexadecimal.
link_local_hex() {
	local mac
	mac=$(mac_hex "$1")
	printf 'fe80000000000000%02x%sfffe%s' $((0x${mac:0:2} ^ 2)) "${mac:2:4}" "${mac:6}"
}
# ethernet SOURCE TYPE BYTES
ethernet() {
	printf 'ffffffffffff%s%s%s' "$(mac_hex "$1")" "$2" "$3"
}
# ARP in hexadecimal: arp OPERATION MAC ADDRESS TARGET, of Ethernet source SOURCE
arp() {
	ethernet "$1" "${6:-0806}" "000108000604000$2$(mac_hex "$3")$(ip_hex "$4")000000000000$(ip_hex "$5")"
}
# ipv4 SOURCE ADDRESS PROTOCOL BYTES [FRAGMENT]
ipv4() {
	ethernet "$1" 0800 "4500$(printf %04x $((20 + ${#4} / 2)))0000${5:-0000}40$(printf %02x "$3")0000$(ip_hex "$2")ffffffff$4"
}
# udp FROM TO
udp() {
	printf '%04x%04x00080000' "$1" "$2"
}
# ipv6 SOURCE HEXADECIMAL-ADDRESS NEXT-HEADER BYTES
ipv6() {
	ethernet "$1" 86dd "60000000$(printf %04x $((${#4} / 2)))$(printf %02x "$3")ff${2}ff020000000000000000000000000001$4"
}
# ICMPv6 of neighbour discovery: discovery TYPE HEXADECIMAL-TARGET [OPTIONS]
discovery() {
	printf '%02x00000000000000%s%s' "$1" "$2" "${3:-}"
}
# An option with a link-layer address: option TYPE MAC
option() {
	printf '%02x01%s' "$1" "$(mac_hex "$2")"
}
tagged() { # FRAME [TAG]: the frame with a tag in it, of VLAN 5 unless another is given
	printf '%s%s%s' "${1:0:24}" "${2:-81000005}" "${1:24}"
}
snap() { # FRAME: the same within a frame of IEEE 802.3
	printf '%s%04xaaaa03000000%s' "${1:0:24}" $((8 + (${#1} - 28) / 2)) "${1:24}"
}
# The frame, of which the kernel is to compute a checksum from START on and to write it at START + OFFSET:
# partial START OFFSET FRAME
partial() {
	printf '%s %s %s' "$@"
}

# Sends frames (also of partial()) by an interface or a tap, then an honest one; prints the numbers of those
# that reached the switch, from 1 on. The array `by` holds actions before them.
#   passed NAMESPACE DEVICE FRAME...
passed() {
	local namespace=$1 device=$2 frame start offset heard end n=0 actions=("${by[@]}")
	shift 2
	for frame; do
		((++n))
		if [[ $frame == *" "* ]]; then
			read -r start offset frame <<<"$frame"
			actions+=(checksum "$start" "$offset")
		fi
		actions+=(send "$frame$(text_hex "frame-$n.")")
	done
	end=$(arp_request "$(link "$honest" eth0 .address)" 0.0.0.0 "10.99.$((RANDOM % 250)).$((RANDOM % 250))")
	listen "until-$RANDOM" "$switch" port0 until "$end" "$patience"
	at "$namespace" "$tapio" "$device" "${actions[@]}"
	at "$honest" "$tapio" eth0 send "$end"
	heard=$(cat <&"$listener")
	exec {listener}<&-
	[[ $heard == *"$end"* ]] || { echo "the honest frame is lost"; return 1; }
	for ((n = 1; n <= $#; n++)); do
		[[ $heard != *"$(text_hex "frame-$n.")"* ]] || printf '%s ' "$n"
	done
}

# Whether the kernel is at least of a version: kernel_is 6.15
kernel_is() {
	printf '%s\n%s\n' "$1" "$(uname -r)" | sort -CV
}
