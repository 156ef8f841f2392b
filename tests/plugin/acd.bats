#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# acd: an address that somebody on the LAN has is passed over, and the one that stays is announced.
load ../lib/lib
load ../lib/frames
load ../lib/delegate

setup() {
	lan_setup
	export ipam=podtap-ipam PODTAP_IPAM_STATE_DIR=$BATS_TEST_TMPDIR/ipam
}

# The allocator's ranges as changes of the configuration: ranges SUBNET...
ranges() {
	jq -cn --arg leases "$leases" '{cniVersion: "1.0.0", acd: true, mac: "02:00:00:00:ac:01", ipam: {type: env.ipam, dataDir: $leases,
		ranges: [$ARGS.positional[] | [{subnet: .}]]}}' --args "$@"
}
# Somebody on the LAN who has these addresses.
squat() {
	local address
	for address; do
		ip -n "$switch" address add "$address" dev br0 nodad 2>/dev/null ||
			ip -n "$switch" address add "$address" dev br0
	done
}

@test "ADD: without acd an address somebody on the LAN has is given all the same" {
	squat 10.99.0.2/24
	run -0 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.acd = false')"
	json_is '.ips[0].address' 10.99.0.2/24
}

@test "ADD: with acd the addresses somebody on the LAN has are passed over and given back" {
	squat 10.99.0.2/24 10.99.0.3/24
	run -0 cni ADD "$(ranges 10.99.0.0/24)"
	json_is '.ips[0].address' 10.99.0.4/24
	[ "$(link "$pod" eth0 '.flags | contains(["LOWER_UP"])')" = true ]
	run -0 ip -n "$pod" -j -4 address show dev eth0
	json_is '[.[0].addr_info[].local]' '["10.99.0.4"]'
	[ ! -e "$leases/net/10.99.0.2" ] && [ ! -e "$leases/net/10.99.0.3" ] && [ -e "$leases/net/10.99.0.4" ]
	run -0 cni CHECK "$(ranges 10.99.0.0/24)"
}

@test "ADD: with acd the probe comes from nobody's address, and the address that stays is announced" {
	local probe announcement
	probe=0806000108000604000102000000ac0100000000000000000000$(ip_hex 10.99.0.2)
	announcement=0806000108000604000102000000ac01$(ip_hex 10.99.0.2)000000000000$(ip_hex 10.99.0.2)
	listen probe "$switch" port0 expect "$probe" "$patience"
	listen announcement "$switch" port0 expect "$announcement" "$patience"
	run -0 cni ADD "$(ranges 10.99.0.0/24)"
	heard probe
	heard announcement
}

@test "ADD: somebody who only probes for the address too has it (RFC 5227, 2.1.1)" {
	# Answers our probe with one of its own.
	listen rival "$switch" port0 \
		expect 0806000108000604000102000000ac01"$(ip_hex 0.0.0.0)"000000000000"$(ip_hex 10.99.0.2)" "$patience" \
		send "ffffffffffff02000000ac020806000108000604000102000000ac02$(ip_hex 0.0.0.0)000000000000$(ip_hex 10.99.0.2)$(printf '00%.0s' {1..18})"
	wrapper=(strace -qq -o /dev/null -e inject=poll:delay_enter=1000000:when=1) # time for that answer
	run -0 cni ADD "$(ranges 10.99.0.0/24)" ASAN_OPTIONS=detect_leaks=0
	wrapper=()
	heard rival
	json_is '.ips[0].address' 10.99.0.3/24
}

@test "ADD: with acd what is said on another network of the pod is no conflict" {
	ip -n "$pod" link add net1 type veth peer name peer1 netns "$other"
	ip -n "$pod" link set net1 up
	ip -n "$other" link set peer1 up
	ip -n "$other" address add 10.99.0.2/24 dev peer1
	# Somebody there speaks from the very address, while it is being given out.
	delegates_setup
	delegate busy <<-END
		[ "\$CNI_COMMAND" != ADD ] || {
			nsenter --net=/run/netns/$other ping -c 1 -W 1 10.99.0.77 >&2
			answer '"ips":[{"address":"10.99.0.2/24"}]'
		}
	END
	run -0 cni ADD '{"cniVersion":"1.0.0","acd":true,"ipam":{"type":"busy"}}' "$delegates"
	[ "$(called ADD)" = 1 ]
	json_is '.ips[0].address' 10.99.0.2/24
}
@test "ADD: with acd an IPv6 address whose duplicate address detection fails is passed over" {
	squat fd99::2/64
	dad_transmits 2
	run -0 cni ADD "$(ranges fd99::/64)"
	json_is '.ips[0].address' fd99::3/64
	run -0 ip -n "$pod" -j -6 address show dev eth0 scope global
	json_is '[.[0].addr_info[] | select(.local) | .local, .tentative // false]' '["fd99::3",false]'
}

@test "ADD: with acd an address that was asked for and is taken is refused by name, and nothing stays" {
	squat 10.99.0.7/24
	run -1 cni ADD "$(ranges 10.99.0.0/24)" 'CNI_ARGS=IgnoreUnknown=1;IP=10.99.0.7'
	error_is 7 10.99.0.7 "somebody on the network uses it"
	assert_nothing_left || false
}

@test "ADD: with acd the search ends after eight addresses, and nothing stays" {
	squat 10.99.0.{2..9}/24
	run -1 cni ADD "$(ranges 10.99.0.0/24)"
	error_is 999 "10.99.0.9 is in use on the LAN" exclude
	assert_nothing_left || false
}

@test "ADD: with acd a guest's address is proved too, and the link takes none" {
	squat 10.99.0.2/24
	run -0 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.addressOwner = "guest"')"
	json_is '.ips[0].address' 10.99.0.3/24
	run -0 ip -n "$pod" -o address show dev eth0
	[ -z "$output" ]
}

@test "ADD: with acd a sticky address that somebody took meanwhile is passed over" {
	local sticky
	sticky=$(ranges 10.99.0.0/24 | jq -c '.ipam.sticky = true')
	run -0 cni ADD "$sticky"
	json_is '.ips[0].address' 10.99.0.2/24
	run -0 cni DEL "$sticky"
	squat 10.99.0.2/24
	run -0 cni ADD "$sticky"
	json_is '.ips[0].address' 10.99.0.3/24
}

@test "ADD: with acd another plugin that moves on by itself is asked again, one that does not is refused" {
	ipam=host-local
	squat 10.99.0.2/24 10.99.0.7/24
	run -0 cni ADD "$(ranges 10.99.0.0/24)"
	json_is '.ips[0].address' 10.99.0.3/24
	run -0 cni DEL "$(ranges 10.99.0.0/24)"
	run -1 cni ADD "$(ranges 10.99.0.0/24)" 'CNI_ARGS=IgnoreUnknown=1;IP=10.99.0.7'
	error_is 999 "10.99.0.7 is in use on the LAN"
}

# Ends the carrier of the master: its peer goes down.
unplug() {
	ip -n "$switch" link set port0 down
}
no_carrier_within_seconds=" s: connect it to the LAN"

@test "ADD: with acd and no carrier the address is refused with the master's name and the remedy, and nothing stays" {
	unplug
	run -1 cni ADD "$(ranges 10.99.0.0/24)"
	error_is 11 "master lan0 has no carrier" "cannot be asked" "$no_carrier_within_seconds" '"noCarrier": "allow"'
	assert_nothing_left || false
	[ ! -e "$leases/net/10.99.0.2" ]
	run -1 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.addressOwner = "guest"')"
	error_is 11 "master lan0 has no carrier"
}
@test "ADD: with acd and a master that is down the address is refused, and the error says that it is down" {
	ip -n "$host" link set lan0 down
	run -1 cni ADD "$(ranges 10.99.0.0/24)"
	error_is 11 "master lan0 is down" "set it up"
	ip -n "$host" link add name bridge0 type bridge # which keeps its carrier
	run -1 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.master = "bridge0"')"
	error_is 11 "master bridge0 is down" "set it up"
	assert_nothing_left || false
}
@test "ADD: with acd the master that counts is the one the endpoint really stands on" {
	ip -n "$host" link add link lan0 name upper0 type macvlan mode bridge
	squat 10.99.0.2/24
	run -0 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.master = "upper0"')"
	json_is '.ips[0].address' 10.99.0.3/24
	run -0 cni DEL "$(ranges 10.99.0.0/24 | jq -c '.master = "upper0"')"
	unplug
	run -1 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.master = "upper0"')"
	error_is 11 "master upper0 has no carrier"
	ip -n "$host" link del upper0
}
@test "ADD: with acd and a master in the container that has no carrier the address is refused" {
	ip -n "$pod" link add inner0 type veth peer name outer0 netns "$other"
	ip -n "$pod" link set inner0 up
	run -1 cni ADD "$(ranges 10.99.0.0/24 | jq -c '. + {master: "inner0", linkInContainer: true}')"
	error_is 11 "master inner0 has no carrier"
	ip -n "$pod" link set inner0 down
	run -1 cni ADD "$(ranges 10.99.0.0/24 | jq -c '. + {master: "inner0", linkInContainer: true}')"
	error_is 11 "master inner0 is down"
}
# Calls ADD and runs a command once the endpoint is up: when_up COMMAND... -- CONFIGURATION
# The first poll(), for a carrier or for an answer, begins four seconds late: time for that command.
when_up() {
	local command=() try
	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	{
		for try in {1..1500}; do
			[[ $(ip -n "$pod" link show dev eth0 2>&1) != *[,\<]UP[,\>]* ]] || break
			sleep 0.02
		done
		sleep 0.3
		"${command[@]}"
	} 3>&- &
	background+=($!)
	wrapper=(strace -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=poll -e inject=poll:delay_enter=4000000:when=1)
	run cni ADD "$2" ASAN_OPTIONS=detect_leaks=0
	wrapper=()
}
@test "ADD: with acd a carrier that comes while ADD waits has the LAN asked" {
	squat 10.99.0.2/24
	unplug
	when_up ip -n "$switch" link set port0 up -- "$(ranges 10.99.0.0/24)"
	[ "$status" = 0 ]
	grep -qE '^poll\(.* = [12] ' "$BATS_TEST_TMPDIR/trace" # by an event
	json_is '.ips[0].address' 10.99.0.3/24
}
@test "ADD: with acd a master that is set up while ADD waits has the LAN asked" {
	squat 10.99.0.2/24
	ip -n "$host" link set lan0 down
	when_up ip -n "$host" link set lan0 up -- "$(ranges 10.99.0.0/24)"
	[ "$status" = 0 ]
	json_is '.ips[0].address' 10.99.0.3/24
}
@test "ADD: with acd a carrier that goes away while the LAN is asked is noticed" {
	when_up ip -n "$switch" link set port0 down -- "$(ranges 10.99.0.0/24)"
	[ "$status" = 1 ]
	error_is 11 "master lan0 has no carrier"
	assert_nothing_left || false
}
@test "ADD: noCarrier allow takes the address without a carrier, and the log and stderr say that it was not asked for" {
	local log=$BATS_TEST_TMPDIR/log allow
	squat 10.99.0.2/24
	allow=$(ranges 10.99.0.0/24 | jq -c --arg log "$log" '. + {noCarrier: "allow", logFile: $log, logLevel: "error"}')
	unplug
	run -0 cni ADD "$allow"
	json_is '.ips[0].address' 10.99.0.2/24
	stderr_has "master lan0 has no carrier: the LAN was not asked"
	grep -q ' warning ADD network=net .* master lan0 has no carrier: the LAN was not asked' "$log"
	run -0 cni DEL "$allow"
}
@test "ADD: noCarrier allow does not keep acd from asking a LAN that can be asked" {
	squat 10.99.0.2/24
	run -0 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.noCarrier = "allow"')"
	json_is '.ips[0].address' 10.99.0.3/24
}
@test "ADD: without acd and without an IPv6 gateway a carrier is neither needed nor looked for" {
	unplug
	run -0 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.acd = false')"
	run -0 cni CHECK "$(ranges 10.99.0.0/24 | jq -c '.acd = true')"
}
@test "ADD: a pod's root that makes events of links all the time does not prolong the wait for a carrier" {
	unplug
	while ip -n "$pod" link set lo mtu $((60000 + RANDOM % 5000)); do :; done 2>/dev/null 3>&- &
	background+=($!)
	wrapper=(timeout 60)
	run -1 cni ADD "$(ranges 10.99.0.0/24)"
	error_is 11 "master lan0 has no carrier"
}
