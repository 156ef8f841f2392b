#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl repair: endpoints whose master went and is back.
#
#   nic0   the master, one end of a veth pair whose other end is a port of the switch
# shellcheck disable=SC2119 # a function without arguments
load ../lib/lib
load ../lib/endpoint
load ../lib/frames

setup() {
	lan_setup
	nic_make
	addressed='"dad":"fast","ipam":{"type":"podtap-ipam","dataDir":"'$leases'","ranges":
		[[{"subnet":"10.99.0.0/24","rangeStart":"10.99.0.50","gateway":"10.99.0.254"}],
		[{"subnet":"fd99::/64","rangeStart":"fd99::50","gateway":"fd99::fe"}]],
		"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"},{"dst":"10.7.0.0/16","gw":"10.99.0.254","priority":7}]}'
}

# Makes the master, with another MAC address each time, and waits until the switch forwards.
nic_make() {
	ip link add name port9 netns "$switch" type veth peer name nic0 netns "$host"
	ip -n "$switch" link set port9 master br0 up
	ip -n "$host" link set nic0 up
	local try
	for try in {1..1000}; do
		[[ $(ip -n "$host" link show dev nic0) != *" state UP "* ]] || return 0
		sleep 0.02
	done
	return 1
}
nic_lose() {
	ip -n "$host" link del nic0
}
# shellcheck disable=SC2120 # the arguments are optional, here and of number()
repair() {
	at "$host" "$BUILD/podtapctl" repair "$@"
}
# Everything that a repair must bring back.
endpoint_shown() {
	ip -n "$pod" -d -j link show dev eth0 |
		jq -c '.[] | [.ifindex, .ifname, .address, .mtu, .txqlen, .num_tx_queues, .promiscuity, .allmulti, .flags, .linkinfo]'
	ip -n "$pod" -j address show dev eth0 | jq -c '.[].addr_info[] | [.local, .prefixlen, .scope]' | sort
	ip -n "$pod" -4 route show table all dev eth0
	ip -n "$pod" -6 route show table all dev eth0
	at "$pod" cat /proc/sys/net/ipv6/conf/eth0/{accept_ra,ndisc_notify,keep_addr_on_down} /proc/sys/net/ipv4/conf/eth0/rp_filter
}

@test "repair: a macvlan gets its name, MAC, index, addresses, routes and settings again, and frames cross" {
	change='{"type":"macvlan","master":"nic0","mtu":1400,"txQueueLen":2000,"allmulti":true,"promiscMode":true,"mode":"private","antispoof":true,
		"sysctl":{"net.ipv4.conf.IFNAME.rp_filter":"2"},'$addressed'}'
	run -0 cni ADD "$change"
	endpoint_shown >"$BATS_TEST_TMPDIR/before"
	run -0 repair
	[ -z "$output" ]
	nic_lose
	run -1 at "$host" "$BUILD/podtapctl" list
	[[ $output == *"podtapctl repair"* ]]
	run -1 repair
	[[ $output == *"master nic0"*"no such interface"* ]]
	nic_make
	run -1 repair --dry-run
	[ "$output" = "eth0 of $container: its link is gone" ]
	! link_exists "$pod" eth0 || return 1
	run -0 repair
	[ "$output" = "eth0 of $container: repaired" ]
	endpoint_shown | diff "$BATS_TEST_TMPDIR/before" -
	run -0 at "$pod" ping -c 1 -w 30 10.99.0.254
	run -0 at "$pod" ping -c 1 -w 30 fd99::fe
	run -0 cni CHECK "$change"
	run -0 at "$host" "$BUILD/podtapctl" list
	run -0 repair "$container"
	[[ $output == "nothing to repair"* ]]
}
# What was said of the tap of an endpoint is true: told LINE BEFORE AFTER (numbers as MAJOR:MINOR)
told() {
	if [ "$2" = "$3" ]; then
		[[ $1 == *": repaired, with its tap $3: what had it open opens it again" ]]
	else # another test got the number meanwhile
		[[ $1 == *": repaired, but its tap is $3 now, not $2: restart the containers of "* ]]
	fi
}
# shellcheck disable=SC2120
number() { # of the tap on record: number [CONTAINERID]
	jq -r '"\(.tap.major):\(.tap.minor)"' "$(record eth0 "${1:-$container}")"
}

@test "repair: a macvtap gets its node, owner, CDI device and, unless it is taken, its number again" {
	change='{"master":"nic0","owner":107,"group":36,"tapMode":"0640","queues":2,"cdi":true}'
	for try in {1..20}; do # a number may be taken by another test, which first takes the lower ones
		for lower in 1 2 3; do
			ip -n "$host" link add link lan0 name "lower$lower" type macvtap
		done
		run -0 cni ADD "$change" CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=ns;K8S_POD_NAME=vm"
		node=$(tap)
		stat -c '%n %u %g %a' "$node" >"$BATS_TEST_TMPDIR/node"
		before=$(number)
		cp "$PODTAP_CDI_DIR"/*.json "$BATS_TEST_TMPDIR/device"
		jq -S . "$(record)" >"$BATS_TEST_TMPDIR/record"
		nic_lose
		for lower in 1 2 3; do
			ip -n "$host" link del "lower$lower"
		done
		nic_make
		run -0 --separate-stderr repair
		told "$output" "$before" "$(number)"
		stat -c '%n %u %g %a' "$node" | diff "$BATS_TEST_TMPDIR/node" -
		[ "$(stat -c %Hr:%Lr "$node")" = "$(number)" ]
		[ "$(readlink "/dev/char/$(number)")" = "../${node##*/}" ]
		if [ "$(number)" = "$before" ]; then
			diff "$BATS_TEST_TMPDIR/device" "$PODTAP_CDI_DIR"/*.json
			jq -S . "$(record)" | diff "$BATS_TEST_TMPDIR/record" -
			break
		fi
		run -0 cni DEL
	done
	[ "$(number)" = "$before" ]
	listen lan "$switch" br0 expect "$(text_hex "from the tap")" "$patience"
	"$tapio" "$node" send "$(frame "$broadcast" "$(link "$pod" eth0 .address)" "from the tap")"
	heard lan
}
@test "repair: a master in the container that is back" {
	ip -n "$pod" link add br7 type bridge
	run -0 cni ADD '{"type":"macvlan","master":"br7","linkInContainer":true}' CNI_IFNAME=net1
	own=$(link "$pod" net1 .address)
	ip -n "$pod" link del br7
	run -1 repair
	[[ $output == *"no such interface in the container"* ]]
	ip -n "$pod" link add br7 type bridge
	run -0 repair
	[ "$(link "$pod" net1 .address)" = "$own" ]
}
@test "repair: bridges and NICs as masters, modes private and passthru, hostAccess, and a link that was taken over" {
	pod_add third
	ip -n "$host" link add br8 address 02:00:00:00:08:01 type bridge
	ip -n "$host" link add br9 address 02:00:00:00:09:01 type bridge
	run -0 cni ADD '{"type":"macvlan","master":"br8","mode":"private","hostAccess":true,"antispoof":true}'
	run -0 cni ADD '{"type":"macvlan","master":"br9","mode":"passthru"}' CNI_CONTAINERID=through CNI_NETNS="/run/netns/$other"
	ip -n "$host" link add link nic0 name lanMvp0 type macvtap mode bridge
	run -0 cni ADD '{"type":"macvtap","master":null,"deviceID":"lanMvp0"}' CNI_CONTAINERID=taken CNI_NETNS="/run/netns/$third"
	taken=$(link "$third" eth0 .address) own=$(link "$pod" eth0 .address)
	ip -n "$host" link del br8
	ip -n "$host" link del br9
	nic_lose
	ip -n "$host" link add br8 address 02:00:00:00:08:02 type bridge
	ip -n "$host" link add br9 address 02:00:00:00:09:02 type bridge
	nic_make
	run -0 --separate-stderr repair
	[ "${#lines[@]}" = 3 ]
	[ "$(link "$third" eth0 .address)" = "$taken" ]
	[ "$(link "$other" eth0 .address)" = 02:00:00:00:09:02 ]
	[ "$(jq -r .mac "$(record eth0 through)")" = 02:00:00:00:09:02 ]
	[ "$(link "$pod" eth0 .address)" = "$own" ]
	at "$host" "$BUILD/tests/tools/egress" list br8 | grep -qx "$own"
	run -0 at "$host" "$BUILD/podtapctl" list
}
@test "repair: a refused or failed repair leaves the record as it was, and a later one succeeds" {
	change='{"type":"macvlan","master":"nic0",'$addressed'}'
	run -0 cni ADD "$change"
	cp "$(record)" "$BATS_TEST_TMPDIR/record"
	nic_lose
	nic_make
	mkdir -p "${PODTAP_POLICY%/*}"
	echo '{"rules":[{"masters":["lan0"],"modes":["bridge"]}]}' >"$PODTAP_POLICY"
	run -1 repair "$container" eth0
	[[ $output == *"eth0 of $container:"*"not master nic0"* ]]
	rm "$PODTAP_POLICY"
	ip -n "$pod" link add eth0 type bridge
	run -1 repair
	[[ $output == *"interface eth0 exists"* ]]
	ip -n "$pod" link del eth0
	ip -n "$switch" address add fd99::50/64 dev br0 nodad
	run -1 repair
	[[ $output == *"fd99::50/64 is in use"* ]]
	ip -n "$switch" address del fd99::50/64 dev br0
	cmp "$BATS_TEST_TMPDIR/record" "$(record)"
	! link_exists "$pod" eth0 || return 1
	run -0 repair
	run -0 at "$pod" ping -c 1 -w 30 10.99.0.254
}
@test "repair: what is alive, in a namespace that was replaced, or not on record is not touched" {
	run -0 cni ADD '{"type":"macvlan","master":"nic0"}'
	run -0 cni ADD '{"type":"macvlan","master":"lan0"}' CNI_CONTAINERID=alive CNI_NETNS="/run/netns/$other"
	ip -n "$other" link set eth0 mtu 1300
	nic_lose
	nic_make
	ip netns del "$pod"
	ip netns add "$pod"
	run -0 repair
	[ -z "$output" ]
	run -0 repair "$container"
	[[ $output == "nothing to repair"* ]]
	! link_exists "$pod" eth0 || return 1
	[ "$(link "$other" eth0 .mtu)" = 1300 ]
	run -2 repair nothing
	run -2 repair --watch --dry-run
}
@test "repair: two at once, and beside DEL" {
	for n in 1 2 3 4; do
		run -0 cni ADD '{"type":"macvlan","master":"nic0"}' CNI_IFNAME=net$n
	done
	nic_lose
	nic_make
	repair >"$BATS_TEST_TMPDIR/one" &
	one=$!
	repair >"$BATS_TEST_TMPDIR/two"
	wait "$one"
	[ "$(cat "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two" | grep -c repaired)" = 4 ]
	run -0 at "$host" "$BUILD/podtapctl" list
	nic_lose
	nic_make
	repair >"$BATS_TEST_TMPDIR/one" &
	one=$!
	for n in 4 3 2 1; do
		run -0 cni DEL '{}' CNI_IFNAME=net$n
	done
	wait "$one"
	nothing_made
}
# bats test_tags=plain, long
@test "repair: killed at any system call, a later repair, DEL or GC completes or removes it" {
	change='{"master":"nic0","addressOwner":"pod","ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.2/24"}]}}'
	run -0 cni ADD "$change"
	tap >/dev/null
	nic_lose
	nic_make
	at "$host" strace -ff -qq -o "$BATS_TEST_TMPDIR/trace" "$BUILD/podtapctl" repair
	# Every call of the child, as NAME NTH: strace counts each name. A call that the parent makes as often would end that.
	# shellcheck disable=SC2046 # a list of words
	mapfile -t calls < <(cd "$BATS_TEST_TMPDIR" && awk -F'(' '/^[a-z]/ { n[FILENAME, $1]++ } FNR == 1 { files[++f] = FILENAME }
		n[FILENAME, $1] && FILENAME == files[2] && n[files[2], $1] > n[files[1], $1] { print $1, n[files[2], $1] }' \
		$(printf '%s\n' trace.* | sort -t. -k2n))
	[ "${#calls[@]}" -gt 40 ]
	how=repair
	for ((at = RANDOM % 8; at < ${#calls[@]}; at += 8)); do
		nic_lose
		nic_make
		read -r name nth <<<"${calls[at]}"
		at "$host" strace -f -qq -o /dev/null -e "inject=$name:signal=KILL:when=$nth" "$BUILD/podtapctl" repair \
			>/dev/null 2>&1 || :
		case $how in
		repair)
			run -0 --separate-stderr repair
			how=del
			;;
		del)
			run -0 cni DEL "$change"
			nothing_made
			run -0 cni ADD "$change"
			how=gc
			;;
		gc)
			run -0 cni GC "$(jq -c '. + {"cni.dev/valid-attachments": []}' <<<"$change")"
			nothing_made
			run -0 cni ADD "$change"
			how=repair
			;;
		esac
		tap >/dev/null
		run -0 --separate-stderr at "$host" "$BUILD/podtapctl" list
		[ "$(ip -n "$pod" -j address show eth0 | jq -r '.[].addr_info[0].local')" = 10.99.0.2 ]
	done
}
@test "repair: --watch repairs when a master is back, and again when what refused it has changed" {
	change='{"type":"macvlan","master":"nic0",'$addressed'}'
	run -0 cni ADD "$change"
	nsenter --net="/run/netns/$host" -- "$BUILD/podtapctl" repair --watch >"$BATS_TEST_TMPDIR/watch" 2>&1 3>&- &
	background+=($!)
	nic_lose
	nic_make
	for _ in {1..600}; do
		! grep -q "eth0 of $container: repaired" "$BATS_TEST_TMPDIR/watch" || break
		sleep 0.05
	done
	run -0 at "$pod" ping -c 1 -w 30 10.99.0.254
	nic_lose
	ip link add name port9 netns "$switch" type veth peer name nic0 netns "$host" # it is down: DAD proves nothing
	for _ in {1..600}; do
		! grep -q "master nic0 is down" "$BATS_TEST_TMPDIR/watch" || break
		sleep 0.05
	done
	ip -n "$switch" link set port9 master br0 up
	ip -n "$host" link set nic0 up
	for _ in {1..600}; do
		[ "$(grep -c "eth0 of $container: repaired" "$BATS_TEST_TMPDIR/watch")" != 2 ] || break
		sleep 0.05
	done
	run -0 at "$pod" ping -c 1 -w 30 10.99.0.254
}
