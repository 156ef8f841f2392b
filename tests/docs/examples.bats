#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every configuration in examples/ works as it stands; only master is the test's own.
# bats file_tags=plain
load ../lib/lib
load ../lib/frames
load ../lib/lists

setup() {
	lan_setup
	own_state
	ip -n "$switch" address add 192.168.1.1/24 dev br0
	second=(CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other")
}

# The list in a file, as a runtime reads it: example FILE
example() {
	local file=$root/examples/$1
	case $1 in
	*.yaml) sed -n '/^  config: |$/,$s/^    //p' "$file" ;;
	*) cat "$file" ;;
	esac | jq -ce '.plugins[0].master |= "lan0"'
}

# ADD, then CHECK; the result is left in $output: works FILE [VARIABLE=VALUE...]
works() {
	list=$(example "$1")
	shift
	run -0 cni_list ADD "$list" "$@"
	local result=$output
	run -0 cni_list CHECK "$list" "$@"
	[ -z "$output" ]
	output=$result
}
# The tap of eth0 is the node of its link.
tap_works() {
	node=$(tap)
	run -0 "$tapio" "$node" identity
	[ "$output" = "eth0 $(link "$pod" eth0 .address | tr -d :)" ]
}
# A frame sent into the tap of $pod comes out of that of $other.
taps_meet() {
	listen other "$other" "$(tap eth0 "$container-2")" expect "$(text_hex "from VM to VM")" 60000
	run -0 "$tapio" "$(tap)" send "$(frame "$broadcast" "$(link "$pod" eth0 .address)" "from VM to VM")"
	heard other
}
reaches() {
	run -0 at "$pod" ping -n -q -c 1 -w 30 "$1"
}
gone() {
	run -0 cni_list DEL "$list" "$@"
	[ -z "$output" ]
	[ $# != 0 ] || run -1 link_exists "$pod" eth0
}

@test "examples: bridge.conflist" {
	works bridge.conflist "${second[@]}"
	works bridge.conflist
	[ "$(link "$pod" eth0 .linkinfo.info_kind,.linkinfo.info_data.mode)" = $'macvtap\nbridge' ]
	tap_works
	taps_meet
	gone "${second[@]}"
	gone
}
@test "examples: private.conflist" {
	works private.conflist
	[ "$(link "$pod" eth0 .linkinfo.info_data.mode)" = private ]
	tap_works
	gone
}
@test "examples: vepa.conflist" {
	bridge -n "$switch" link set dev port0 hairpin on
	works vepa.conflist "${second[@]}"
	works vepa.conflist
	[ "$(link "$pod" eth0 .linkinfo.info_data.mode)" = vepa ]
	tap_works
	taps_meet
	gone "${second[@]}"
	gone
}
@test "examples: passthru.conflist" {
	works passthru.conflist
	[ "$(link "$pod" eth0 .linkinfo.info_data.mode)" = passthru ]
	[ "$(link "$pod" eth0 .num_tx_queues)" = 4 ]
	[ "$(link "$pod" eth0 .address)" = "$(link "$host" lan0 .address)" ]
	node=$(tap)
	run -0 "$tapio" "$node" queues 4 identity
	gone
}
@test "examples: source.conflist" {
	works source.conflist
	[ "$(link "$pod" eth0 .linkinfo.info_data.mode)" = source ]
	run -0 ip -n "$pod" -d link show eth0
	[[ $output == *02:00:5e:10:00:01* ]]
	[[ $output == *02:00:5e:10:00:02* ]]
	tap_works
	gone
}
@test "examples: macvlan.conflist" {
	works macvlan.conflist
	json_is '.ips[0].address' 192.168.1.200/24
	[ "$(link "$pod" eth0 .linkinfo.info_kind)" = macvlan ]
	run -0 ip -n "$pod" route
	[[ $output == *"default via 192.168.1.1 dev eth0"* ]]
	reaches 192.168.1.1
	gone
}
@test "examples: host-local.conflist" {
	works host-local.conflist "${second[@]}"
	works host-local.conflist
	json_is '[.ips[].address]' '["192.168.1.221/24","fd00:1::3/64"]'
	run -0 ip -n "$pod" address show eth0
	[[ $output == *192.168.1.221/24* ]]
	[[ $output == *fd00:1::3/64* ]]
	reaches 192.168.1.1
	reaches 192.168.1.220
	reaches fd00:1::2
	gone "${second[@]}"
	gone
}
@test "examples: static.conflist" {
	works static.conflist
	json_is '.interfaces[0].mac' 02:00:5e:10:00:0a
	json_is '.ips[0].address' 192.168.1.240/24
	json_is '.dns' '{"nameservers":["192.168.1.1"],"search":["lan.example"]}'
	tap_works
	gone
}
@test "examples: dhcp.conflist" {
	dhcp_start 192.168.1.2/24 192.168.1.50 192.168.1.59
	works dhcp.conflist
	[[ $(jq -r '.ips[0].address' <<<"$output") == 192.168.1.5?/24 ]]
	json_is '.ips[0].gateway' 192.168.1.2
	reaches 192.168.1.2
	gone
}
@test "examples: guest.conflist" {
	works guest.conflist
	json_is '.ips[0].address' 192.168.1.241/24
	run -0 ip -n "$pod" -o address show dev eth0
	[ -z "$output" ]
	run -0 stat -c '%u %g %a' "$(tap)"
	[ "$output" = "107 107 660" ]
	gone
}
@test "examples: tuning.conflist" {
	works tuning.conflist
	json_is '.ips[0].address' 192.168.1.242/24
	[ "$(link "$pod" eth0 .mtu)" = 1400 ]
	run -0 at "$pod" cat /proc/sys/net/core/somaxconn
	[ "$output" = 4096 ]
	gone
}
@test "examples: in-container.conflist" {
	ip -n "$pod" link add lan0 type veth peer name lan0-peer netns "$other"
	ip -n "$pod" link set lan0 up
	works in-container.conflist
	[ "$(link "$pod" eth0 .link)" = lan0 ]
	tap_works
	gone
}
@test "examples: multus-nad.yaml, with the mac of the annotation" {
	arguments="IgnoreUnknown=true;K8S_POD_NAMESPACE=default;K8S_POD_NAME=vm;K8S_POD_INFRA_CONTAINER_ID=$container;K8S_POD_UID=u;MAC=02:00:5e:10:00:0b"
	offered='{"mac":"02:00:5e:10:00:0b","ips":["192.168.1.9"]}'
	works multus-nad.yaml CNI_ARGS="$arguments"
	json_is '.interfaces[0].mac' 02:00:5e:10:00:0b
	tap_works
	gone
}
@test "examples: podtap-ipam.conflist, the pod's former address, STATUS and GC" {
	arguments="IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=vm"
	list=$(example podtap-ipam.conflist)
	run -0 cni_list STATUS "$list"
	offered='{"ips":["192.168.1.151"]}'
	works podtap-ipam.conflist CNI_ARGS="$arguments"
	json_is '[.ips[0].address, .dns.nameservers[0]]' '["192.168.1.151/24","192.168.1.1"]'
	reaches 192.168.1.1
	run -0 cni_list DEL "$list" CNI_ARGS="$arguments"
	offered='{}'
	works podtap-ipam.conflist CNI_ARGS="$arguments"
	json_is '.ips[0].address' 192.168.1.151/24
	run -0 cni_list GC "$(jq -c '.plugins[0]["cni.dev/valid-attachments"] = []' <<<"$list")"
	run -1 link_exists "$pod" eth0
	gone
}
@test "examples: podman.conflist, with --ip and --mac-address" {
	works podman.conflist CNI_ARGS="IgnoreUnknown=1;IP=192.168.1.190;MAC=02:00:5e:10:00:0c"
	json_is '[.interfaces[0].mac, .ips[0].address]' '["02:00:5e:10:00:0c","192.168.1.190/24"]'
	reaches 192.168.1.1
	gone
}
@test "examples: podman.conflist, with an address by capability" {
	offered='{"ips":["192.168.1.191"]}'
	works podman.conflist
	json_is '.ips[0].address' 192.168.1.191/24
	gone
}
@test "examples: containerd.conflist" {
	works containerd.conflist \
		CNI_ARGS="K8S_POD_NAME=vm;IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_INFRA_CONTAINER_ID=$container;K8S_POD_UID=u"
	reaches 192.168.1.1
	tap_works
	gone
}
@test "examples: every file has a test" {
	for file in "$root"/examples/*.*; do
		run -0 grep -qF "@test \"examples: ${file##*/}" "$tests"/*/*.bats
	done
}
