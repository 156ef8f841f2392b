#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Invalid input gives a clear error and changes nothing; DEL still works.
load ../lib/lib

# Rows of "CONFIGURATION | text the error holds | …", each refused by ADD with code $1, and no DEL is
# disturbed by any. What the host and the pod have is the same before and after.
refused_with() {
	local code=$1 row change texts before
	before=$(links)
	while read -r row; do
		change=${row%% | *}
		mapfile -t texts <<<"${row//" | "/$'\n'}"
		texts=("${texts[@]:1}")
		run -1 cni_raw ADD "$(spelled "$change")"
		error_is "$code" "${texts[@]}" || { echo "for: $change"; return 1; }
		run -0 cni_raw DEL "$(spelled "$change")"
		[ -z "$output" ] || { echo "DEL says something for: $change"; return 1; }
	done
	[ "$(links)" = "$before" ]
	[ ! -e "$PODTAP_STATE_DIR/endpoints" ] || [ -z "$(find "$PODTAP_STATE_DIR/endpoints" -type f)" ]
}
links() {
	local name
	for name in "$host" "$pod"; do
		ip -n "$name" -d -j link show 2>/dev/null |
			jq -c '.[] | [.ifindex, .ifname, .address, .mtu, .promiscuity, .linkinfo.info_kind]'
	done
}
# The standard members, then those given: text, so that numbers stay as they are spelled.
spelled() {
	printf '{"cniVersion":"1.1.0","name":"net","type":"podtap",%s' "${1#\{}"
}

@test "ADD: refuses a key of the wrong type with code 7, and names key and value" {
	refused_with 7 <<-'END'
		{"master":5} | master | 5
		{"master":["lan0"]} | master | ["lan0"]
		{"master":true} | master | true
		{"master":"lan0","link":7} | link | 7
		{"master":"lan0","mode":1} | mode | 1
		{"master":"lan0","mode":["bridge"]} | mode | ["bridge"]
		{"master":"lan0","force":"true"} | force | "true" | true or false
		{"master":"lan0","force":1} | force | 1
		{"master":"lan0","mtu":"1500"} | mtu | "1500" | integer
		{"master":"lan0","mtu":true} | mtu | true
		{"master":"lan0","mac":1} | mac | 1
		{"master":"lan0","linkInContainer":"yes"} | linkInContainer | "yes"
		{"master":"lan0","bcqueuelen":"5"} | bcqueuelen | "5"
		{"master":"lan0","txQueueLen":"1000"} | txQueueLen | "1000"
		{"master":"lan0","queues":"4"} | queues | "4"
		{"master":"lan0","queues":[4]} | queues | [4]
		{"master":"lan0","mode":"source","sourceMacs":"02:00:00:00:00:01"} | sourceMacs | "02:00:00:00:00:01"
		{"master":"lan0","mode":"source","sourceMacs":[5]} | sourceMacs | 5
		{"master":"lan0","promiscMode":"on"} | promiscMode | "on"
		{"master":"lan0","allmulti":0} | allmulti | 0
		{"master":"lan0","owner":"root"} | owner | "root"
		{"master":"lan0","group":{}} | group | {}
		{"master":"lan0","tapMode":600} | tapMode | 600 | octal
		{"master":"lan0","addressOwner":1} | addressOwner | 1
		{"master":"lan0","dad":false} | dad | false
		{"master":"lan0","acd":"no"} | acd | "no"
		{"master":"lan0","strictStatus":"x"} | strictStatus | "x"
		{"master":"lan0","gcWithoutList":2} | gcWithoutList | 2
		{"master":"lan0","delWait":0} | delWait | 0
		{"master":"lan0","logFile":1} | logFile | 1
		{"master":"lan0","logLevel":3} | logLevel | 3
		{"master":"lan0","ipam":"host-local"} | ipam | "host-local"
		{"master":"lan0","ipam":[]} | ipam | []
		{"master":"lan0","ipam":{"type":5}} | ipam.type
		{"master":"lan0","dns":"192.0.2.1"} | dns | 192.0.2.1
		{"master":"lan0","runtimeConfig":{"mac":5}} | runtimeConfig.mac | 5
		{"master":"lan0","args":{"cni":{"mac":[]}}} | args.cni.mac | []
	END
}
@test "ADD: refuses a number that is out of range or not an integer, and names the range" {
	refused_with 7 <<-'END'
		{"master":"lan0","mtu":-1} | mtu | -1
		{"master":"lan0","mtu":67} | mtu | 68
		{"master":"lan0","mtu":1} | mtu | 68
		{"master":"lan0","mtu":65536} | mtu | 65536
		{"master":"lan0","mtu":1501} | mtu 1501 | lan0 | 1500
		{"master":"lan0","mtu":1500.0} | mtu | integer
		{"master":"lan0","mtu":1e3} | mtu | integer
		{"master":"lan0","mtu":99999999999999999999} | mtu | integer
		{"master":"lan0","bcqueuelen":-1} | bcqueuelen | -1
		{"master":"lan0","bcqueuelen":4294967296} | bcqueuelen | 10000
		{"master":"lan0","bcqueuelen":1.5} | bcqueuelen | integer
		{"master":"lan0","queues":0} | queues | 1 to 256
		{"master":"lan0","queues":257} | queues | 1 to 256
		{"master":"lan0","queues":-4} | queues | 1 to 256
		{"master":"lan0","queues":4.0} | queues | 1 to 256
		{"master":"lan0","owner":-1} | owner | -1
		{"master":"lan0","owner":4294967295} | owner | 4294967294
		{"master":"lan0","group":4294967296} | group
		{"master":"lan0","tapMode":"0888"} | tapMode | "0888"
		{"master":"lan0","tapMode":"01777"} | tapMode | "01777"
		{"master":"lan0","tapMode":""} | tapMode
		{"master":"lan0","tapMode":"rw"} | tapMode | "rw"
		{"master":"lan0","tapMode":"-600"} | tapMode | "-600"
	END
}
@test "ADD: refuses an unknown word and lists the known ones" {
	refused_with 7 <<-'END'
		{"master":"lan0","mode":"hairpin"} | mode is "hairpin" | bridge, private, vepa, passthru, source
		{"master":"lan0","mode":"Bridge"} | "Bridge" | bridge, private, vepa, passthru, source
		{"master":"lan0","mode":"bridge "} | "bridge " | bridge, private, vepa, passthru, source
		{"master":"lan0","link":"tap"} | link is "tap" | macvtap, macvlan
		{"master":"lan0","link":""} | link | macvtap, macvlan
		{"master":"lan0","addressOwner":"vm"} | "vm" | pod, guest
		{"master":"lan0","dad":"on"} | "on" | wait, fast, optimistic, off
		{"master":"lan0","logLevel":"warn"} | "warn" | error, info, debug
	END
}
@test "ADD: refuses a MAC that no link can have, from every source" {
	refused_with 7 <<-'END'
		{"master":"lan0","mac":"02:00:00:00:00"} | mac | "02:00:00:00:00"
		{"master":"lan0","mac":"02:00:00:00:00:0g"} | mac
		{"master":"lan0","mac":"02:00:00:00:00:01:02:03"} | mac
		{"master":"lan0","mac":"02-00:00:00:00:01"} | mac
		{"master":"lan0","mac":" 02:00:00:00:00:01"} | mac
		{"master":"lan0","mac":"01:00:5e:00:00:01"} | mac | unicast
		{"master":"lan0","mac":"ff:ff:ff:ff:ff:ff"} | mac | unicast
		{"master":"lan0","mac":"00:00:00:00:00:00"} | mac | zero
		{"master":"lan0","runtimeConfig":{"mac":"03:00:00:00:00:01"}} | runtimeConfig.mac | unicast
		{"master":"lan0","args":{"cni":{"mac":"x"}}} | args.cni.mac | "x"
		{"master":"lan0","mode":"source","sourceMacs":["02:00:00:00:00:01","nonsense"]} | sourceMacs | "nonsense"
		{"master":"lan0","mode":"source","sourceMacs":["33:33:00:00:00:01"]} | sourceMacs | unicast
	END
	run -1 cni ADD '{}' CNI_ARGS="MAC=nonsense"
	error_is 4 CNI_ARGS nonsense
	run -1 cni ADD '{}' CNI_ARGS="MAC=02:00:00:00:00:0102:00:00:00:00:0102:00:00:00:00:0102:00:00:00:00:0102:00:00:00:00:01"
	error_is 4 CNI_ARGS
}
@test "ADD: refuses keys that exclude each other, with the remedy" {
	refused_with 7 <<-'END'
		{"mode":"passthru"} | passthru | master
		{"master":"lan0","sourceMacs":["02:00:00:00:00:01"]} | sourceMacs | source
		{"master":"lan0","mode":"private","sourceMacs":["02:00:00:00:00:01"]} | sourceMacs | private
	END
}
@test "ADD: refuses an unsuitable master by name, with the reason" {
	ip -n "$host" tuntap add tun0 mode tun
	refused_with 7 <<-'END'
		{"master":"none0"} | none0 | no such interface
		{"master":"lo"} | lo | loopback
		{"master":"tun0"} | tun0 | Ethernet
		{"master":"a-name-of-16-byt"} | a-name-of-16-byt | no such interface
		{"master":"../../etc"} | master
		{"master":".."} | master
		{"master":"lan0 "} | lan0
		{"mode":"bridge"} | master | default route
		{"linkInContainer":true,"master":"lan0"} | lan0 | container
		{"linkInContainer":true} | master | default route
	END
}
@test "ADD: needs force for a passthru master that carries the host's address or default route" {
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	refused_with 7 <<-'END'
		{"master":"lan0","mode":"passthru"} | lan0 | passthru | force
	END
	ip -n "$host" address flush dev lan0
	ip -n "$host" route add default dev lan0
	refused_with 7 <<-'END'
		{"master":"lan0","mode":"passthru"} | lan0 | passthru | force
	END
	run -0 cni ADD '{"mode":"passthru","force":true}'
}
@test "ADD: needs force for a passthru master that carries one of several default routes" {
	ip -n "$host" link add lan1 type veth peer name port1 netns "$switch"
	ip -n "$host" link set lan1 up
	while read -r routes; do
		ip -n "$host" -batch - <<<"${routes//;/$'\n'}"
		refused_with 7 <<-'END'
			{"master":"lan0","mode":"passthru"} | lan0 | passthru | force
		END
		ip -n "$host" -4 route flush table all exact default
		ip -n "$host" -6 route flush table all exact default
	done <<-'ROUTES'
		route add default dev lan1;route add default dev lan0 metric 500
		route add default nexthop dev lan1 nexthop dev lan0
		route add default dev lan1;route add ::/0 dev lan0
		route add default dev lan1;route add default dev lan0 table 77
	ROUTES
	ip -n "$host" route add default dev lan1
	run -0 cni ADD '{"mode":"passthru"}'
}
@test "ADD: refuses invalid paths" {
	refused_with 7 <<-'END'
		{"master":"lan0","logFile":"relative"} | logFile | absolute
		{"master":"lan0","logFile":"../up"} | logFile | absolute
	END
}
@test "ADD: finds no IPAM plugin outside CNI_PATH" {
	refused_with 7 <<-'END' || refused_delegates
		{"master":"lan0","ipam":{"type":"no-such-plugin"}} | no-such-plugin
	END
}
# DEL runs the delegate too, so there it is an error as well: only ADD is judged here.
refused_delegates() {
	local type
	for type in no-such-plugin ../podtap /bin/true sub/dir . ..; do
		run -1 cni_raw ADD "$(spelled "{\"master\":\"lan0\",\"ipam\":{\"type\":\"$type\"}}")"
		error_is 7 "$type" || { echo "for: $type"; return 1; }
	done
}
@test "ADD: refuses a result without addresses before version 0.3.0, and makes nothing" {
	for version in 0.1.0 0.2.0; do
		run -1 cni_raw ADD "$(config "{\"cniVersion\":\"$version\"}")"
		error_is 7 "cannot convert: no valid IP addresses"
		run -1 link_exists "$pod" eth0
	done
}
@test "ADD: refuses an interface that already exists, and leaves it alone" {
	ip -n "$pod" link add eth0 type bridge
	before=$(ip -n "$pod" -o link show eth0)
	run -1 cni ADD
	error_is "$(jq .code <<<"$output")" eth0
	[ "$(ip -n "$pod" -o link show eth0)" = "$before" ]
	run -0 cni DEL
	link_exists "$pod" eth0
}
@test "ADD: a second call for one attachment leaves the first endpoint unchanged" {
	run -0 cni ADD
	first=$output
	before=$(link "$pod" eth0 .address,.ifindex)
	node=$(tap)
	run -1 cni_raw ADD "$(config '{}')"
	error_is "$(jq .code <<<"$output")" eth0
	[ "$(link "$pod" eth0 .address,.ifindex)" = "$before" ]
	[ -c "$node" ]
	run -0 cni CHECK
}
@test "ADD: returns the kernel's own error message in details" {
	ip -n "$host" link add br9 type bridge
	ip -n "$host" link set lan0 master br9
	run -1 cni ADD
	error_is "$(jq .code <<<"$output")" lan0
	[[ $(jq -r .details <<<"$output") == *busy* ]]
	run -1 link_exists "$pod" eth0
}
@test "prevResult: ADD and CHECK refuse a wrong type, DEL ignores it" {
	for previous in 5 '"x"' '[]' '{"cniVersion":"9.9.9"}' '{"cniVersion":"1.1.0","ips":[{"address":"10.1.1.1"}]}' \
		'{"cniVersion":"1.1.0","interfaces":5}' '{"cniVersion":"1.1.0","routes":[{"dst":"nowhere"}]}'; do
		for verb in ADD CHECK; do
			run -1 cni_raw $verb "$(spelled "{\"master\":\"lan0\",\"prevResult\":$previous}")"
			error_is "$(jq .code <<<"$output")" prevResult || { echo "for: $verb $previous"; return 1; }
		done
		run -0 cni_raw DEL "$(spelled "{\"master\":\"lan0\",\"prevResult\":$previous}")"
		[ -z "$output" ]
	done
}
@test "CHECK: needs a prevResult" {
	run -0 cni ADD
	run -1 cni_raw CHECK "$(config '{}')"
	error_is 7 prevResult
}
@test "GC: refuses lists of a wrong type and removes nothing" {
	run -0 cni ADD
	for list in 5 '"x"' '{}' '[5]' '[{"containerID":5}]' '[{"containerID":"a"}]'; do
		run -1 cni GC "{\"cni.dev/valid-attachments\":$list}"
		error_is "$(jq .code <<<"$output")" valid-attachments || { echo "for: $list"; return 1; }
		link_exists "$pod" eth0
	done
}
@test "STATUS: reports an invalid configuration" {
	for change in '{"mode":"hairpin"}' '{"mtu":"x"}' '{"queues":0}'; do
		run -1 cni STATUS "$change"
		error_is 7
	done
}
