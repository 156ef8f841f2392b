#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The keys egressRate and ingressRate: what passes is never more than the burst and the rate give.
load ../lib/lib
load ../lib/frames

setup() {
	lan_setup
	rate=4000000 burst=1000000 # bits
}
egress() {
	at "$host" "$BUILD/tests/tools/egress" "$@"
}
# An endpoint with an address: attach CHANGES ADDRESS [VARIABLE=VALUE...]
attach() {
	run -0 cni ADD "$(jq -c --arg address "$2" '{type: "macvlan", ipam: {type: "podtap-ipam",
		addresses: [{address: $address}]}} + .' <<<"$1")" "${@:3}"
}
# The bytes that a link has received.
received() {
	ip -n "$1" -s -j link show dev "$2" | jq '.[].stats64.rx.bytes'
}
# Sends three megabytes at once; what arrives is no more than the limit gives meanwhile, and no less than the
# burst: limited FROM DEVICE FRAME TO LINK [BURST]
limited() {
	local before after begin took most
	before=$(received "$4" "$5")
	begin=$(date +%s%N)
	at "$1" "$tapio" "$2" "${by[@]}" burst 3000 "$3$(printf '00%.0s' {1..986})"
	after=$(received "$4" "$5")
	took=$((($(date +%s%N) - begin) / 1000)) # microseconds
	most=$(((took * rate / 1000000 + ${6:-$burst}) / 8 + 20000)) # some frames of others, too
	echo "$((after - before)) of $most bytes"
	((after - before <= most && after - before >= ${6:-$burst} / 10))
}
# A frame of IPv4 in hexadecimal, without its end: ipv4 DESTINATION SOURCE
ipv4() {
	printf '%s%s0800' "$(mac_hex "$1")" "$(mac_hex "$2")"
}

@test "rate: egressRate limits what a container sends, past its own programs too" {
	attach '{"egressRate":'"$rate"',"egressBurst":'"$burst"'}' 10.99.0.31/24
	run -0 at "$pod" ping -q -c 1 -w 20 10.99.0.254
	frame=$(ipv4 02:00:00:00:00:fe "$(link "$pod" eth0 .address)")
	limited "$pod" eth0 "$frame" "$switch" port0
	before=$(received "$switch" port0) by=(bypass)
	at "$pod" "$tapio" eth0 bypass burst 3000 "$frame$(printf '00%.0s' {1..986})"
	(($(received "$switch" port0) - before < 20000))
	egress guard lan0 | grep -q "egressRate="
}
@test "rate: an endpoint that has only a rate cannot send as one with antispoof, and anything else" {
	attach '{"egressRate":1000000000}' 10.99.0.31/24
	attach '{"mode":"private","antispoof":true}' 10.99.0.32/24 CNI_CONTAINERID=second CNI_NETNS="/run/netns/$other"
	own=$(mac_hex "$(link "$pod" eth0 .address)") victim=$(mac_hex "$(link "$other" eth0 .address)")
	last=$(frame "$broadcast" 02:00:00:00:66:66 "anything else")
	listen wire "$switch" port0 until "$last" "$patience"
	at "$pod" "$tapio" eth0 send "$(ipv4 "$broadcast" "$victim")4500$(text_hex "as the neighbour")" \
		send "$(arp_request "$own" 10.99.0.32 10.99.0.254)$(text_hex "as the neighbour")" send "$last"
	heard=$(cat <&"$listener")
	[[ $heard == *"$last"* && $heard != *"$(text_hex "as the neighbour")"* ]]
}
@test "rate: ingressRate limits what a container receives, from the LAN and from its neighbours of mode bridge" {
	attach '{"ingressRate":'"$rate"'}' 10.99.0.31/24
	attach '{}' 10.99.0.32/24 CNI_CONTAINERID=second CNI_NETNS="/run/netns/$other"
	run -0 at "$switch" ping -q -c 1 -w 20 10.99.0.31
	mac=$(link "$pod" eth0 .address)
	limited "$switch" br0 "$(ipv4 "$mac" 02:00:00:00:00:fe)" "$pod" eth0
	run -0 cni DEL '{}'
	attach '{"ingressRate":'"$rate"'}' 10.99.0.31/24
	limited "$other" eth0 "$(ipv4 "$(link "$pod" eth0 .address)" "$(link "$other" eth0 .address)")" "$pod" eth0
	run -0 egress ingress lan0
	[ "$output" = podtap_limit ]
	run -0 cni DEL '{}'
	run -0 egress ingress lan0
	[ -z "$output" ]
}
@test "rate: a guest on its tap is limited in both directions" {
	attach '{"type":"podtap","mode":"private","antispoof":true,"addressOwner":"guest","egressRate":'"$rate"',"ingressRate":'"$rate"'}' \
		10.99.0.31/24
	mac=$(link "$pod" eth0 .address)
	limited "$host" "$(tap)" "$(ipv4 02:00:00:00:00:fe "$mac")4500$(printf '00%.0s' {1..10})$(ip_hex 10.99.0.31)" "$switch" port0
	limited "$switch" br0 "$(ipv4 "$mac" 02:00:00:00:00:fe)" "$pod" eth0
}
@test "rate: TCP gets through at no more than the rate, both ways" {
	rate=20000000
	attach '{"egressRate":'"$rate"',"ingressRate":'"$rate"'}' 10.99.0.31/24
	for way in send receive; do
		begin=$(date +%s%N)
		run -0 python3 - "$way" "/run/netns/$pod" "/run/netns/$switch" <<-'END'
			import ctypes, os, socket, sys, threading
			size = 2000000
			def enter(path):
			    if ctypes.CDLL(None, use_errno=True).setns(os.open(path, os.O_RDONLY), 0x40000000):
			        raise OSError(ctypes.get_errno(), path)
			def send(s):
			    s.sendall(b"x" * size)
			    s.shutdown(socket.SHUT_WR)
			def receive(s):
			    n = 0
			    while data := s.recv(65536):
			        n += len(data)
			    if n != size:
			        sys.exit(f"{n} bytes")
			enter(sys.argv[3])
			listener = socket.create_server(("10.99.0.254", 5000))
			enter(sys.argv[2])
			pod = socket.create_connection(("10.99.0.254", 5000))
			outside, _ = listener.accept()
			first, second = (pod, outside) if sys.argv[1] == "send" else (outside, pod)
			sender = threading.Thread(target=send, args=(first,))
			sender.start()
			receive(second)
			sender.join()
		END
		took=$((($(date +%s%N) - begin) / 1000))
		echo "$way: $took µs"
		((took >= (2000000 * 8 - rate / 10) / (rate / 1000000)))
	done
}
@test "rate: runtimeConfig.bandwidth, as CRI-O sends it, replaces the configuration's; its huge burst counts as a second" {
	attach '{"egressRate":1000000000,"capabilities":{"bandwidth":true},"runtimeConfig":{"bandwidth":
		{"egressBurst":34359738359,"egressRate":4000000,"ingressBurst":34359738359,"ingressRate":4000000}}}' 10.99.0.31/24
	limited "$pod" eth0 "$(ipv4 02:00:00:00:00:fe "$(link "$pod" eth0 .address)")" "$switch" port0 $rate
	run -0 cni DEL '{}'
	run -1 cni ADD '{"runtimeConfig":{"bandwidth":{"egressRate":"fast"}}}'
	error_is 7 runtimeConfig.bandwidth.egressRate fast
}
@test "rate: less than a kilobit a second is refused" {
	run -1 cni ADD '{"egressRate":999}'
	error_is 7 "egressRate: 999" "1000 is the lowest"
	run -1 cni ADD '{"runtimeConfig":{"bandwidth":{"ingressRate":1,"ingressBurst":1}}}'
	error_is 7 "ingressRate: 1" "1000 is the lowest"
	run -0 cni ADD '{"egressRate":1000,"ingressRate":1000}'
}
@test "rate: a burst needs its rate, and passthru and linkInContainer refuse a rate with a reason" {
	run -1 cni ADD '{"egressBurst":1000}'
	error_is 7 egressBurst egressRate
	run -1 cni ADD '{"ingressRate":1000,"mode":"passthru"}'
	error_is 7 ingressRate "master's own MAC address"
	run -1 cni ADD '{"egressRate":1000,"linkInContainer":true,"master":"eth0"}'
	error_is 7 egressRate linkInContainer
}
@test "rate: a policy can demand a rate" {
	mkdir -p "${PODTAP_POLICY%/*}"
	echo '{"rules":[{"masters":["*"],"modes":["bridge"],"egressRate":1000000}]}' >"$PODTAP_POLICY"
	run -1 cni ADD '{}'
	error_is 7 "rule 1 has egressRate 1000000, not no egressRate"
	run -1 cni ADD '{"egressRate":1000001}'
	error_is 7 "rule 1 has egressRate 1000000, not egressRate 1000001"
	run -0 cni ADD '{"egressRate":1000000}'
}
