#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# acd: skips an address that a LAN host has, and announces the one it keeps.
load ../lib/lib
load ../lib/frames
load ../lib/delegate

setup() {
	lan_setup
	export ipam=podtap-ipam PODTAP_IPAM_STATE_DIR=$BATS_TEST_TMPDIR/ipam
}

# Prints a change of the configuration with these ranges: ranges SUBNET...
ranges() {
	jq -cn --arg leases "$leases" '{cniVersion: "1.0.0", acd: true, mac: "02:00:00:00:ac:01", ipam: {type: env.ipam, dataDir: $leases,
		ranges: [$ARGS.positional[] | [{subnet: .}]]}}' --args "$@"
}
# Makes a LAN host that has these addresses: squat ADDRESS...
squat() {
	local address
	for address; do
		ip -n "$switch" address add "$address" dev br0 nodad 2>/dev/null ||
			ip -n "$switch" address add "$address" dev br0
	done
}

@test "ADD: without acd does not detect that a LAN host has the address" {
	squat 10.99.0.2/24
	run -0 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.acd = false')"
	json_is '.ips[0].address' 10.99.0.2/24
}

@test "ADD: with acd skips and releases addresses that LAN hosts have" {
	squat 10.99.0.2/24 10.99.0.3/24
	run -0 cni ADD "$(ranges 10.99.0.0/24)"
	json_is '.ips[0].address' 10.99.0.4/24
	[ "$(link "$pod" eth0 '.flags | contains(["LOWER_UP"])')" = true ]
	run -0 ip -n "$pod" -j -4 address show dev eth0
	json_is '[.[0].addr_info[].local]' '["10.99.0.4"]'
	[ ! -e "$leases/net/10.99.0.2" ] && [ ! -e "$leases/net/10.99.0.3" ] && [ -e "$leases/net/10.99.0.4" ]
	run -0 cni CHECK "$(ranges 10.99.0.0/24)"
}

@test "ADD: with acd probes from no sender address and announces the address it keeps" {
	local probe announcement
	probe=0806000108000604000102000000ac0100000000000000000000$(ip_hex 10.99.0.2)
	announcement=0806000108000604000102000000ac01$(ip_hex 10.99.0.2)000000000000$(ip_hex 10.99.0.2)
	listen probe "$switch" port0 expect "$probe" "$patience"
	listen announcement "$switch" port0 expect "$announcement" "$patience"
	run -0 cni ADD "$(ranges 10.99.0.0/24)"
	heard probe
	heard announcement
}

@test "ADD: with acd treats another host's probe for the address as a conflict (RFC 5227, 2.1.1)" {
	# The other host answers our probe with its own probe.
	listen rival "$switch" port0 \
		expect 0806000108000604000102000000ac01"$(ip_hex 0.0.0.0)"000000000000"$(ip_hex 10.99.0.2)" "$patience" \
		send "ffffffffffff02000000ac020806000108000604000102000000ac02$(ip_hex 0.0.0.0)000000000000$(ip_hex 10.99.0.2)$(printf '00%.0s' {1..18})"
	wrapper=(strace -qq -o /dev/null -e inject=poll:delay_enter=1000000:when=1) # time for that answer
	run -0 cni ADD "$(ranges 10.99.0.0/24)" ASAN_OPTIONS=detect_leaks=0
	wrapper=()
	heard rival
	json_is '.ips[0].address' 10.99.0.3/24
}

@test "ADD: with acd ignores ARP on another network of the pod" {
	ip -n "$pod" link add net1 type veth peer name peer1 netns "$other"
	ip -n "$pod" link set net1 up
	ip -n "$other" link set peer1 up
	ip -n "$other" address add 10.99.0.2/24 dev peer1
	# A host there sends from the same address while ADD probes it.
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
@test "ADD: with acd skips an IPv6 address whose duplicate address detection fails" {
	squat fd99::2/64
	dad_transmits 2
	run -0 cni ADD "$(ranges fd99::/64)"
	json_is '.ips[0].address' fd99::3/64
	run -0 ip -n "$pod" -j -6 address show dev eth0 scope global
	json_is '[.[0].addr_info[] | select(.local) | .local, .tentative // false]' '["fd99::3",false]'
}

@test "ADD: with acd refuses a requested address that is taken, names it and leaves nothing" {
	squat 10.99.0.7/24
	run -1 cni ADD "$(ranges 10.99.0.0/24)" 'CNI_ARGS=IgnoreUnknown=1;IP=10.99.0.7'
	error_is 7 10.99.0.7 "somebody on the network uses it"
	assert_nothing_left || false
}

@test "ADD: with acd stops after eight addresses and leaves nothing" {
	squat 10.99.0.{2..9}/24
	run -1 cni ADD "$(ranges 10.99.0.0/24)"
	error_is 999 "10.99.0.9 is in use on the LAN" exclude
	assert_nothing_left || false
}

@test "ADD: with acd probes a guest's address too and does not set it on the link" {
	squat 10.99.0.2/24
	run -0 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.addressOwner = "guest"')"
	json_is '.ips[0].address' 10.99.0.3/24
	run -0 ip -n "$pod" -o address show dev eth0
	[ -z "$output" ]
}

@test "ADD: with acd skips a sticky address that another host took meanwhile" {
	local sticky
	sticky=$(ranges 10.99.0.0/24 | jq -c '.ipam.sticky = true')
	run -0 cni ADD "$sticky"
	json_is '.ips[0].address' 10.99.0.2/24
	run -0 cni DEL "$sticky"
	squat 10.99.0.2/24
	run -0 cni ADD "$sticky"
	json_is '.ips[0].address' 10.99.0.3/24
}

# Makes the file of the pool lan, as podtap-addresses writes it, and prints a change of the configuration with that pool:
#   pool MEMBERS_OF_FILE [MEMBERS_OF_CONFIGURATION]
pool() {
	local range='[[{"subnet":"10.99.0.0/24","rangeStart":"10.99.0.2","rangeEnd":"10.99.0.9"}]]'
	mkdir -p "$PODTAP_STATE_DIR/pools"
	jq -cn --argjson range "$range" --argjson more "$1" '{pool: "lan", node: "a", ranges: $range} + $more' >"$PODTAP_STATE_DIR/pools/lan.json"
	jq -cn --arg leases "$leases" --argjson more "${2:-"{}"}" '{cniVersion: "1.0.0", ipam: {type: "podtap-ipam", dataDir: $leases,
		pool: "lan", poolWait: 0}} * $more'
}

@test "ADD: an address of a pool whose former node is gone is proved unused without acd, too" {
	local conf
	squat 10.99.0.2/24 10.99.0.3/24
	conf=$(pool '{"unproved":["10.99.0.3","10.99.0.4"]}')
	# Without the mark podtap opens no socket for it, and does not take the address as it is.
	run -0 cni ADD "$conf"
	json_is '.ips[0].address' 10.99.0.2/24
	run -0 cni DEL "$conf"
	run -1 cni ADD "$conf"
	error_is 11 "must be proved unused"
	: >"$PODTAP_STATE_DIR/pools/lan.unproved"
	rm -r "$leases/net"
	run -0 cni ADD "$conf"
	json_is '.ips[0].address' 10.99.0.2/24 # this one needs no proof
	run -0 cni DEL "$conf"
	run -0 cni ADD "$conf"
	json_is '.ips[0].address' 10.99.0.4/24
	[ ! -e "$leases/net/10.99.0.3" ]
	rm -r "$PODTAP_STATE_DIR/pools"
}

@test "ADD: during a live migration the target has the source's address in spite of acd, and the MAC address of the VM" {
	local conf request args='CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=virt-launcher-'
	local change='{"name":"lan","acd":true,"mac":"stable","ipam":{"sticky":"vm","poolWait":30}}'
	local one='[[{"subnet":"10.99.0.0/24","rangeStart":"10.99.0.7","rangeEnd":"10.99.0.7"}]]'
	squat 10.99.0.7/24
	for name in a b; do
		conf=$(pool '{}' "$change")
		cni ADD "$conf" "$args$name" >"$BATS_TEST_TMPDIR/answer" 3>&- &
		until request=$(compgen -G "$PODTAP_STATE_DIR/pools/bind-lan.*"); do kill -0 "$!"; done
		[ "$(jq -c . "$request")" = "{\"sticky\":\"vm\",\"namespace\":\"default\",\"pod\":\"virt-launcher-$name\",\"interface\":\"eth0\"}" ]
		# As podtap-addresses answers.
		jq -n --argjson one "$one" --arg number "${request##*.}" '{pool: "lan", ranges: [], bindings: {($number): {ranges: $one,
			shared: true, owner: {namespace: "default", name: "db-0"}}}}' >"$PODTAP_STATE_DIR/pools/new"
		mv "$PODTAP_STATE_DIR/pools/new" "$PODTAP_STATE_DIR/pools/lan.json"
		wait "$!"
		output=$(<"$BATS_TEST_TMPDIR/answer")
		json_is '.ips[0].address' 10.99.0.7/24
		json_is '.interfaces[0].mac' 62:84:a8:6c:9d:86
		run -0 cni DEL "$conf" "$args$name"
	done
	# Its former node is gone, and its programs may live: the address is proved without acd, too.
	conf=$(pool '{}' '{"name":"lan","ipam":{"sticky":"vm"}}')
	jq -n --argjson one "$one" --arg number "${request##*.}" '{pool: "lan", ranges: [], bindings: {($number): {ranges: $one,
		unproved: true}}}' >"$PODTAP_STATE_DIR/pools/lan.json"
	: >"$PODTAP_STATE_DIR/pools/lan.unproved"
	run -1 cni ADD "$conf" "${args}b"
	error_is 11 "no address of pool lan" # a LAN host has it
	run -1 cni ADD "$(pool '{}' '{"name":"lan","mac":"stable","ipam":{"sticky":"vm"}}')" "${args}c"
	error_is 11 "no address of pool lan"
	run -1 cni ADD "$(pool '{}' '{"ipam":{"sticky":"vm"}}')"
	error_is 4 'ipam.sticky is "vm"' K8S_POD_NAME
	rm -r "$PODTAP_STATE_DIR/pools"
}

@test "ADD: with acd asks another IPAM plugin for the next address and refuses a fixed address" {
	ipam=host-local
	squat 10.99.0.2/24 10.99.0.7/24
	run -0 cni ADD "$(ranges 10.99.0.0/24)"
	json_is '.ips[0].address' 10.99.0.3/24
	run -0 cni DEL "$(ranges 10.99.0.0/24)"
	run -1 cni ADD "$(ranges 10.99.0.0/24)" 'CNI_ARGS=IgnoreUnknown=1;IP=10.99.0.7'
	error_is 999 "10.99.0.7 is in use on the LAN"
}

# Removes the master's carrier: sets its peer down.
unplug() {
	ip -n "$switch" link set port0 down
}
no_carrier_within_seconds=" s: connect it to the LAN"

@test "ADD: with acd refuses a master without carrier, names it and the remedy, and leaves nothing" {
	unplug
	run -1 cni ADD "$(ranges 10.99.0.0/24)"
	error_is 11 "master lan0 has no carrier" "cannot be asked" "$no_carrier_within_seconds" '"noCarrier": "allow"'
	assert_nothing_left || false
	[ ! -e "$leases/net/10.99.0.2" ]
	run -1 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.addressOwner = "guest"')"
	error_is 11 "master lan0 has no carrier"
}
@test "ADD: with acd refuses a master that is down and says that it is down" {
	ip -n "$host" link set lan0 down
	run -1 cni ADD "$(ranges 10.99.0.0/24)"
	error_is 11 "master lan0 is down" "set it up"
	ip -n "$host" link add name bridge0 type bridge # which keeps its carrier
	run -1 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.master = "bridge0"')"
	error_is 11 "master bridge0 is down" "set it up"
	assert_nothing_left || false
}
@test "ADD: with acd checks the carrier of the lowest master of the endpoint" {
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
@test "ADD: with acd refuses a master in the container that has no carrier" {
	ip -n "$pod" link add inner0 type veth peer name outer0 netns "$other"
	ip -n "$pod" link set inner0 up
	run -1 cni ADD "$(ranges 10.99.0.0/24 | jq -c '. + {master: "inner0", linkInContainer: true}')"
	error_is 11 "master inner0 has no carrier"
	ip -n "$pod" link set inner0 down
	run -1 cni ADD "$(ranges 10.99.0.0/24 | jq -c '. + {master: "inner0", linkInContainer: true}')"
	error_is 11 "master inner0 is down"
}
# Calls ADD and runs a command once the endpoint is up: when_up COMMAND... -- CONFIGURATION
# The first poll() for a carrier or an answer begins four seconds late, so that the command has time.
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
@test "ADD: with acd probes the LAN once the carrier appears during the wait" {
	squat 10.99.0.2/24
	unplug
	when_up ip -n "$switch" link set port0 up -- "$(ranges 10.99.0.0/24)"
	[ "$status" = 0 ]
	grep -qE '^poll\(.* = [12] ' "$BATS_TEST_TMPDIR/trace" # by an event
	json_is '.ips[0].address' 10.99.0.3/24
}
@test "ADD: with acd probes the LAN once the master is set up during the wait" {
	squat 10.99.0.2/24
	ip -n "$host" link set lan0 down
	when_up ip -n "$host" link set lan0 up -- "$(ranges 10.99.0.0/24)"
	[ "$status" = 0 ]
	json_is '.ips[0].address' 10.99.0.3/24
}
@test "ADD: with acd detects that the carrier disappears during the probe" {
	when_up ip -n "$switch" link set port0 down -- "$(ranges 10.99.0.0/24)"
	[ "$status" = 1 ]
	error_is 11 "master lan0 has no carrier" "it had one when the LAN was asked: connect it to the LAN"
	assert_nothing_left || false
}
@test "ADD: noCarrier allow keeps the address without a carrier; the log and stderr report the missing probe" {
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
@test "ADD: noCarrier allow does not disable acd where the LAN can be probed" {
	squat 10.99.0.2/24
	run -0 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.noCarrier = "allow"')"
	json_is '.ips[0].address' 10.99.0.3/24
}
@test "ADD: without acd and without an IPv6 gateway does not look for a carrier" {
	unplug
	run -0 cni ADD "$(ranges 10.99.0.0/24 | jq -c '.acd = false')"
	run -0 cni CHECK "$(ranges 10.99.0.0/24 | jq -c '.acd = true')"
}
@test "ADD: link events by the pod's root do not prolong the wait for a carrier" {
	unplug
	while ip -n "$pod" link set lo mtu $((60000 + RANDOM % 5000)); do :; done 2>/dev/null 3>&- &
	background+=($!)
	wrapper=(timeout 60)
	run -1 cni ADD "$(ranges 10.99.0.0/24)"
	error_is 11 "master lan0 has no carrier"
}
