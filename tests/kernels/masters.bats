#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Masters that need a kernel module: a VLAN interface, a bond, a dummy.
load ../lib/lib
load ../lib/frames

# An endpoint with a fixed address: attach CHANGES ADDRESS [VARIABLE=VALUE...]
attach() {
	local change=$1 address=$2
	shift 2
	run -0 cni ADD "{$change,\"ipam\":{\"type\":\"podtap-ipam\",\"addresses\":[{\"address\":\"$address\"}]}}" "$@"
}
second() {
	attach "$1" "$2" CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
}

@test "VLAN: endpoints on a VLAN interface reach the VLAN, each other and with hostAccess the host, and nobody outside" {
	ip -n "$host" -batch - <<-END
		link add link lan0 name lan0.5 mtu 1400 type vlan id 5
		link set lan0.5 up
		address add 10.98.0.200/24 dev lan0.5
	END
	ip -n "$switch" -batch - <<-END
		link add link port0 name vlan5 type vlan id 5
		address add 10.98.0.254/24 dev vlan5
		link set vlan5 up
	END
	for kind in macvtap macvlan; do
		attach '"master":"lan0.5","link":"'$kind'","hostAccess":true' 10.98.0.1/24
		json_is '.interfaces[0].mtu' 1400
		second '"master":"lan0.5","link":"'$kind'"' 10.98.0.2/24
		run -0 at "$pod" ping -c 1 -w 20 10.98.0.254
		run -0 at "$pod" ping -c 1 -w 20 10.98.0.200
		run -0 at "$other" ping -c 1 -w 20 10.98.0.1

		listen outside-$kind "$switch" br0 refuse "$(text_hex "in the VLAN")" 300
		listen inside-$kind "$switch" vlan5 expect "$(text_hex "in the VLAN")" 60000
		run -0 at "$pod" "$tapio" eth0 send "$(frame "$broadcast" "$(link "$pod" eth0 .address)" "in the VLAN")"
		run -0 heard inside-$kind
		run -0 heard outside-$kind
		run -0 cni CHECK '{"master":"lan0.5","link":"'$kind'"}'
		cni_del_all
		rm -f "$cache"/*
	done
}

@test "bond: an endpoint stays on the LAN when the active port fails, and reaches the host with hostAccess; a port as master is refused by name" {
	ip -n "$switch" link add port1 type veth peer name lan1 netns "$host"
	ip -n "$switch" link set port1 master br0 up
	ip -n "$host" -batch - <<-END
		link set lan0 down
		link add bond0 type bond mode active-backup miimon 20
		link set lan0 master bond0
		link set lan1 master bond0
		link set bond0 up
		address add 10.99.0.200/24 dev bond0
	END
	attach '"master":"bond0","hostAccess":true' 10.99.0.1/24
	run -0 at "$pod" ping -c 1 -w 20 10.99.0.200
	run -0 at "$pod" ping -c 1 -w 20 10.99.0.254
	active=$(link "$host" bond0 .linkinfo.info_data.active_slave)
	run -0 ip -n "$switch" link set "port${active#lan}" down
	run -0 at "$pod" ping -c 1 -w 20 10.99.0.254
	[ "$(link "$host" bond0 .linkinfo.info_data.active_slave)" != "$active" ]

	run -1 cni ADD '{"master":"lan1"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	error_is 11 lan1 'port of a bridge, bond'
}

@test "dummy: passthru has the master's MAC or sets the requested one until DEL; refuses a second endpoint" {
	ip -n "$host" link add dummy0 address 02:00:00:00:0d:00 type dummy
	ip -n "$host" link set dummy0 up
	passthru='"master":"dummy0","mode":"passthru"'
	run -0 cni ADD "{$passthru}"
	json_is '.interfaces[0].mac' 02:00:00:00:0d:00
	sent=$(ip -n "$host" -s -j link show dev dummy0 | jq '.[0].stats64.tx.packets')
	run -0 "$tapio" "$(tap)" send "$(frame "$broadcast" 02:00:00:00:0d:00 "by the dummy")"
	[ "$(ip -n "$host" -s -j link show dev dummy0 | jq '.[0].stats64.tx.packets')" -gt "$sent" ]
	run -1 cni ADD '{"master":"dummy0"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	error_is 7 dummy0 "$container" eth0
	run -0 cni DEL "{$passthru}"

	run -0 cni ADD "{$passthru,\"mac\":\"02:00:00:00:0d:01\"}"
	[ "$(link "$host" dummy0 .address)" = 02:00:00:00:0d:01 ]
	run -0 cni CHECK "{$passthru,\"mac\":\"02:00:00:00:0d:01\"}"
	run -0 cni DEL "{$passthru,\"mac\":\"02:00:00:00:0d:01\"}"
	[ "$(link "$host" dummy0 .address)" = 02:00:00:00:0d:00 ]
}
@test "repair: endpoints on a VLAN interface, a bond and a dummy are back after their masters" {
	pod_add third
	masters_make() {
		ip -n "$host" -batch - <<-END
			link add link lan0 name lan0.5 type vlan id 5
			link set lan0.5 up
			link add bond7 type bond mode active-backup
			link set bond7 up
			link add dummy7 type dummy
			link set dummy7 up
		END
	}
	masters_make
	attach '"master":"lan0.5","hostAccess":true' 10.98.0.1/24
	second '"master":"bond7","link":"macvlan"' 10.97.0.1/24
	attach '"master":"dummy7","mode":"passthru"' 10.96.0.1/24 CNI_CONTAINERID="$container-3" CNI_NETNS="/run/netns/$third"
	run -0 at "$host" "$BUILD/podtapctl" list
	for name in lan0.5 bond7 dummy7; do
		ip -n "$host" link del $name
	done
	run -1 at "$host" "$BUILD/podtapctl" list
	masters_make
	run -0 at "$host" "$BUILD/podtapctl" repair
	[ "$(grep -c repaired <<<"$output")" = 3 ]
	run -0 at "$host" "$BUILD/podtapctl" list
	run -0 ip -n "$other" -j address show dev eth0
	json_is '[.[].addr_info[].local | select(startswith("10."))]' '["10.97.0.1"]'
}
