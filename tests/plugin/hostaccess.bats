#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The key hostAccess: the host and its endpoints reach each other through the master.
#
#   $host      10.99.0.1, fd99::1 on lan0; $switch is a machine outside, 10.99.0.254, fd99::fe
#   b1 b2      endpoints of mode bridge, p1 p2 private, v1 v2 vepa: 10.99.0.11 to .16, fd99::11 to ::16
#   tap1       a macvtap of mode private, whose guest has 10.99.0.17
#   plain      a private endpoint without the key, 10.99.0.20, fd99::20
load ../lib/lib
load ../lib/frames

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR BATS_TEST_NUMBER=0
	export BATS_NO_PARALLELIZE_WITHIN_FILE=true
	local n=11 name
	lan_setup
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	ip -n "$host" address add fd99::1/64 dev lan0 nodad
	at "$host" sh -c 'echo 100 >/proc/sys/net/ipv6/neigh/lan0/retrans_time_ms'
	for name in b1 b2 p1 p2 v1 v2 tap1 plain spare; do
		pod_add $name
	done
	shown >"$BATS_FILE_TMPDIR/shown"
	attach plain 10.99.0.20/24,fd99::20/64 '{"mode":"private"}'
	run -0 egress list lan0
	printf '%s' "$output" >"$BATS_FILE_TMPDIR/unused"
	for name in b1:bridge b2:bridge p1:private p2:private v1:vepa v2:vepa; do
		attach "${name%:*}" 10.99.0.$n/24,fd99::$n/64 '{"mode":"'"${name#*:}"'","hostAccess":true}'
		((++n))
	done
	run -0 add tap1 '{"type":"podtap","mode":"private","hostAccess":true}'
	declare -p host switch pod other namespaces container leases cache background wrapper PODTAP_STATE_DIR \
		PODTAP_CDI_DIR PODTAP_IPAM_STATE_DIR PODTAP_POLICY b1 b2 p1 p2 v1 v2 tap1 plain spare |
		sed 's/^declare -[-aAx]* //' >"$BATS_FILE_TMPDIR/variables"
}
teardown_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	# shellcheck disable=SC1091 # written above
	source "$BATS_FILE_TMPDIR/variables"
	cni_del_all
	lan_teardown
}
setup() {
	# shellcheck disable=SC1091 # written above
	source "$BATS_FILE_TMPDIR/variables"
	export PODTAP_STATE_DIR PODTAP_CDI_DIR PODTAP_IPAM_STATE_DIR PODTAP_POLICY
}
teardown() {
	local pid
	for pid in "${background[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	rm -rf "$BATS_FILE_TMPDIR/policy"
	[ ! -e "$cache/spare_eth0.add" ] || del spare
}

egress() {
	at "$host" "$BUILD/tests/tools/egress" "$@"
}
entries() { # MASTER: how many MAC addresses the program has
	egress list "$1" | grep -c :
}
# Calls for the pod of that name, which is also the container's id: add NAME CHANGES
add() {
	cni ADD "$(jq -c '{type: "macvlan"} + .' <<<"$2")" CNI_CONTAINERID="$1" CNI_NETNS="/run/netns/${!1}"
}
del() {
	cni DEL "${2:-"{}"}" CNI_CONTAINERID="$1" CNI_NETNS="/run/netns/${!1}"
}
check() {
	cni CHECK "$(jq -c '{type: "macvlan"} + .' <<<"$2")" CNI_CONTAINERID="$1" CNI_NETNS="/run/netns/${!1}"
}
# An endpoint with addresses: attach NAME ADDRESS,ADDRESS CHANGES
attach() {
	local addresses
	addresses=$(jq -Rc '[split(",")[] | {address: .}]' <<<"$2")
	run -0 add "$1" "$(jq -c '{dad: "off", ipam: {type: "podtap-ipam", addresses: $addresses}} + .' \
		--argjson addresses "$addresses" <<<"$3")"
}
shown() {
	links_shown "$host"
	ip -n "$host" -j address show | jq -c '.[].addr_info[] | [.local, .prefixlen]'
	ip -n "$host" -4 route show table all
	ip -n "$host" -6 route show table all | grep -v fe80 # it waits for duplicate address detection
}
forget() {
	local name
	for name in host switch b1 b2 p1 p2 v1 v2 plain; do
		ip -n "${!name}" neighbour flush all
	done
}
# Pings at once, in both families and with empty neighbour tables: pings SECONDS FROM TO FROM TO..., each
# TO is the last part of the addresses. Prints which got an answer; an answer ends a ping.
pings() {
	local seconds=$1 address from to running=()
	shift
	forget
	while (($#)); do
		from=$1 to=$2
		for address in "10.99.0.$to" "fd99::${to/254/fe}"; do
			{ at "${!from}" ping -q -c 1 -w "$seconds" "$address" >/dev/null && echo "$from to $address"; } &
			running+=($!)
		done
		shift 2
	done
	wait "${running[@]}" || :
}
reach() {
	run pings 30 "$@"
	[ "${#lines[@]}" = $# ] || { echo "only: $output"; return 1; }
}
reach_not() {
	run pings 1 "$@"
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "hostAccess: without the key nothing is loaded" {
	[ ! -s "$BATS_FILE_TMPDIR/unused" ]
}
@test "hostAccess: nothing appears on the host: no link, no address, no route" {
	shown | diff "$BATS_FILE_TMPDIR/shown" -
}
@test "hostAccess: the master has one program, and an entry for each endpoint with the key" {
	run -0 egress list lan0
	[ "${lines[0]}" = podtap_host ]
	[ "$(grep -c podtap_host <<<"$output")" = 1 ]
	for name in b1 b2 p1 p2 v1 v2 tap1; do
		grep -qx "$(link "${!name}" eth0 .address)" <<<"$output" || return 1
	done
	[ "$(entries lan0)" = 7 ]
}
@test "hostAccess: the host reaches endpoints of modes bridge, private and vepa, with empty neighbour tables" {
	reach host 11 host 13 host 15
}
@test "hostAccess: endpoints of modes bridge, private and vepa that speak first reach the host" {
	reach b1 1 p1 1 v1 1
}
@test "hostAccess: endpoints, host and a machine outside reach each other as before" {
	reach host 254 b1 254 p1 254 v1 254 b1 12
	reach switch 1 switch 11 switch 13 switch 15
}
@test "hostAccess: modes private and vepa keep their isolation, and an endpoint without the key its own" {
	reach_not p1 14 p1 11 v1 16 v1 13 plain 1 host 20
	for pair in p1:p2 v1:v2 p1:v1 plain:p1; do
		from=${pair%:*} to=${pair#*:}
		own=$(link "${!from}" eth0 .address) others=$(link "${!to}" eth0 .address)
		listen "$pair" "${!to}" eth0 refuse "$(text_hex "from $from")" 1500
		at "${!from}" "$tapio" eth0 send "$(frame "$others" "$own" "from $from")"
	done
	listen plain:host "$host" lan0 refuse "$(text_hex "from plain")" 1500
	at "$plain" "$tapio" eth0 send \
		"$(frame "$(link "$host" lan0 .address)" "$(link "$plain" eth0 .address)" "from plain")"
	for pair in p1:p2 v1:v2 p1:v1 plain:p1 plain:host; do
		heard "$pair"
	done
}
@test "hostAccess: a guest on a macvtap and the host reach each other" {
	guest=$(link "$tap1" eth0 .address)
	own=$(link "$host" lan0 .address)
	tap=$(tap eth0 tap1)
	ip -n "$host" neighbour flush all
	run -0 "$tapio" "$tap" send "$(arp_request "$guest" 10.99.0.17 10.99.0.1)" \
		expect "$(arp_answer "$own" 10.99.0.1)" "$patience"
	ip -n "$host" neighbour flush all
	listen guest "$host" "$tap" expect "$(mac_hex "$own")08060001080006040001" "$patience"
	run at "$host" timeout 0.3 ping -c 1 10.99.0.17
	heard guest
}
@test "hostAccess: IPv6 multicast goes both ways, IPv4 broadcast stays outside" {
	own=$(ip -n "$host" -j address show lan0 | jq -r '.[].addr_info[] | select(.scope == "link") | .local')
	run -0 at "$p1" ping -c 2 -i 0.2 -W 3 ff02::1%eth0
	[[ $output == *"from $own"* ]]
	pod_own=$(ip -n "$p1" -j address show eth0 | jq -r '.[].addr_info[] | select(.scope == "link") | .local')
	run -0 at "$host" ping -c 2 -i 0.2 -W 3 ff02::1%lan0
	[[ $output == *"from $pod_own"* ]]
	listen lan "$switch" br0 expect "$(text_hex "to all")" "$patience"
	listen own "$host" lan0 refuse "$(text_hex "to all")" 1500
	at "$p1" "$tapio" eth0 send "$(frame "$broadcast" "$(link "$p1" eth0 .address)" "to all")"
	heard lan
	heard own
}
@test "hostAccess: a frame with a VLAN tag leaves by the wire" {
	own=$(mac_hex "$(link "$host" lan0 .address)") from=$(mac_hex "$(link "$p1" eth0 .address)")
	listen wire "$switch" port0 expect "$(text_hex tagged)" "$patience"
	at "$p1" "$tapio" eth0 send "$own${from}8100000588b5$(text_hex tagged)$(printf '00%.0s' {1..46})"
	heard wire
}
@test "hostAccess: the mark of an endpoint's frame does not reach the host" {
	ip -n "$host" -batch - <<-END
		rule add pref 100 lookup local
		rule add pref 50 fwmark 7 blackhole
		rule del pref 0
	END
	run at "$p1" ping -m 7 -c 1 -W 3 10.99.0.1
	ip -n "$host" -batch - <<-END
		rule add pref 0 lookup local
		rule del pref 50
		rule del pref 100
	END
	[ "$status" = 0 ]
}
@test "hostAccess: the program follows a change of the master's MAC address" {
	before=$(link "$host" lan0 .address)
	ip -n "$host" link set lan0 address 02:00:00:00:aa:01
	reach b1 1 p1 1 v1 1
	reach host 11 host 13 host 15
	ip -n "$host" link set lan0 address "$before"
	reach host 11 host 13 host 15
	reach b1 1 p1 1 v1 1
}
@test "hostAccess: IPv6 duplicate address detection hears the host, and the host hears endpoints, but not itself" {
		run -1 add spare '{"mode":"private","hostAccess":true,"ipam":{"type":"podtap-ipam","addresses":[{"address":"fd99::1/64","gateway":"fd99::fe"}]}}'
	error_is 999 "fd99::1/64 is in use"
	ip -n "$host" address add fd99::13/64 dev lan0
	ip -n "$host" address add fd99::99/64 dev lan0
	for _ in {1..100}; do
		state=$(ip -n "$host" -j address show dev lan0 | jq -c \
			'[.[].addr_info[] | select(.local == ("fd99::13", "fd99::99")) | [.local, .dadfailed, .tentative]] | sort')
		[[ $state != '[["fd99::13",true,true],["fd99::99",null,null]]' ]] || break
		sleep 0.05
	done
	ip -n "$host" address del fd99::13/64 dev lan0
	ip -n "$host" address del fd99::99/64 dev lan0
	[ "$state" = '[["fd99::13",true,true],["fd99::99",null,null]]' ]
}
@test "hostAccess: acd refuses an endpoint the host's IPv4 address" {
	run -1 add spare '{"mode":"private","hostAccess":true,"acd":true,"ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.1/24"}]}}'
	error_is 999 "10.99.0.1 is in use"
}
@test "hostAccess: a foreign program at the egress is not bypassed and does not bypass" {
	run -0 cni DEL '{}' CNI_CONTAINERID=tap1 CNI_NETNS="/run/netns/$tap1"
	ip -n "$host" link add up0 type veth peer name down0
	ip -n "$host" link set up0 up
	ip -n "$host" link set down0 up
	ip -n "$host" address add 10.98.0.1/24 dev up0
	egress drop up0
	attach tap1 10.98.0.2/24 '{"mode":"private","hostAccess":true,"master":"up0"}'
	run -0 egress list up0
	[ "${lines[0]}" = podtap_host ] # before Linux 6.6, the other is a filter of clsact
	run -0 at "$host" ping -c 1 -W 3 10.98.0.2
	sent=$(ip -n "$host" -s -j link show up0 | jq '.[].stats64.tx.packets')
	run at "$tap1" "$tapio" eth0 send "$(frame "$broadcast" "$(link "$tap1" eth0 .address)" "dropped")"
	[ "$(ip -n "$host" -s -j link show up0 | jq '.[].stats64.tx.packets')" = "$sent" ]
	run -0 del tap1
	run -0 egress list up0
	[[ $output != *podtap_host* ]]
	ip -n "$host" link del up0
}
@test "podtapctl list: reports an entry of hostAccess that no record has, until it has one again" {
	local record=$PODTAP_STATE_DIR/endpoints/p1/eth0.json
	run -0 at "$host" "$BUILD/podtapctl" list
	mv "$record" "$record.away"
	run -1 --separate-stderr at "$host" "$BUILD/podtapctl" list
	mv "$record.away" "$record"
	[[ $stderr == "podtapctl: $(link "$p1" eth0 .address) on master lan0: hostAccess: no endpoint has this entry" ]]
	run -0 at "$host" "$BUILD/podtapctl" list
}
@test "hostAccess: a bridge as the master" {
	ip -n "$host" link add br9 address 02:00:00:00:00:99 type bridge
	ip -n "$host" address add 10.97.0.1/24 dev br9
	ip -n "$host" link add port9 type veth peer name far9
	ip -n "$host" link set port9 master br9 up
	ip -n "$host" link set far9 up
	ip -n "$host" link set br9 up
	attach spare 10.97.0.2/24 '{"mode":"private","hostAccess":true,"master":"br9"}'
	run -0 at "$spare" ping -c 1 -W 3 10.97.0.1
	ip -n "$host" neighbour flush all
	run -0 at "$host" ping -c 1 -W 3 10.97.0.2
	run -0 del spare
	run -0 egress list br9
	[ -z "$output" ]
	ip -n "$host" link del br9
	ip -n "$host" link del port9
}
@test "hostAccess: two ADDs at once on one master load one program, and the last DEL removes it" {
	ip -n "$host" link add up1 type veth peer name down1
	for n in 1 2 3 4 5 6; do
		cni_raw ADD "$(config '{"type":"macvlan","master":"up1","hostAccess":true}')" CNI_CONTAINERID=many \
			CNI_NETNS="/run/netns/$spare" CNI_IFNAME=many$n >/dev/null &
		calls[n]=$!
	done
	for n in 1 2 3 4 5 6; do
		wait "${calls[n]}"
	done
	run -0 egress list up1
	[ "$(grep -c podtap_host <<<"$output")" = 1 ]
	[ "$(entries up1)" = 6 ]
	for n in 1 2 3 4 5 6; do
		[ "$(egress list up1 | head -n 1)" = podtap_host ]
		cni_raw DEL "$(config)" CNI_CONTAINERID=many CNI_NETNS="/run/netns/$spare" CNI_IFNAME=many$n
	done
	run -0 egress list up1
	[ -z "$output" ]
	ip -n "$host" link del up1
}
@test "hostAccess: an ADD that fails removes its own entry, and not that of the endpoint with the same MAC address" {
	mac=$(link "$p1" eth0 .address)
	run -1 add spare '{"hostAccess":true,"mac":"'"$mac"'"}'
	error_is 7 "$mac is in use"
	egress list lan0 | grep -qx "$mac"
	reach host 13
	run -1 add spare '{"hostAccess":true,"mac":"02:00:00:00:77:01","ipam":{"type":"none-such"}}'
	run -1 grep 02:00:00:00:77:01 <(egress list lan0)
}
@test "hostAccess: DEL, GC and a second ADD remove the entry of an ADD that was killed" {
	for how in del gc add; do
		wrapper=(strace -f -o /dev/null -e inject=capset:signal=KILL:when=2)
		run add spare '{"hostAccess":true,"mac":"02:00:00:00:77:02"}'
		wrapper=()
		[ "$(jq -r .state "$(record eth0 spare)")" = adding ]
		egress list lan0 | grep -qx 02:00:00:00:77:02
		case $how in
		del) run -0 del spare ;;
		gc) run -0 cni GC "$(jq -c '{"cni.dev/valid-attachments": [inputs | {containerID, ifname}]}' -n \
			"$PODTAP_STATE_DIR"/endpoints/[!s]*/*.json)" ;;
		add) run -0 add spare '{"hostAccess":true,"mac":"02:00:00:00:77:03"}' ;;
		esac
		run -1 grep 02:00:00:00:77:02 <(egress list lan0)
	done
}
@test "hostAccess: DEL of an endpoint whose record is lost removes its entry" {
	run -0 add spare '{"hostAccess":true,"mac":"02:00:00:00:77:04"}'
	rm "$(record eth0 spare)"
	run -0 del spare
	run -1 grep 02:00:00:00:77:04 <(egress list lan0)
}
@test "hostAccess: CHECK reports an endpoint that the program does not have" {
	run -0 add spare '{"hostAccess":true}'
	run -0 check spare '{"hostAccess":true}'
	run -0 del spare
	run -0 add spare '{}'
	run -1 check spare '{"hostAccess":true}'
	error_is 999 "hostAccess"
}
@test "hostAccess: podtapctl list shows an entry without a record as stale" {
	run -0 at "$host" "$BUILD/podtapctl" list
	egress note lan0 02:00:00:00:77:05
	run -1 --separate-stderr at "$host" "$BUILD/podtapctl" list --json
	json_is '[.[] | select(.alive == false) | [.master, .mac, .hostAccess.ifindex]]' \
		"[[\"lan0\",\"02:00:00:00:77:05\",$(link "$host" lan0 .ifindex)]]"
	run -1 at "$host" "$BUILD/podtapctl" list
	[[ $output == *02:00:00:00:77:05*stale* ]]
	run -1 at "$host" "$BUILD/podtapctl" list
}
@test "hostAccess: podtapctl prune removes an entry without a record, and leaves those with one" {
	run -0 add spare '{"hostAccess":true}'
	egress list lan0 | grep -v 02:00:00:00:77:05 >"$BATS_TEST_TMPDIR/before"
	egress note lan0 02:00:00:00:77:05
	run -1 at "$host" "$BUILD/podtapctl" prune --dry-run
	[ "$output" = "entry of hostAccess 02:00:00:00:77:05: left behind" ]
	run -0 at "$host" "$BUILD/podtapctl" prune
	[ "$output" = "entry of hostAccess 02:00:00:00:77:05: removed" ]
	run -0 diff "$BATS_TEST_TMPDIR/before" <(egress list lan0)
	run -0 at "$host" "$BUILD/podtapctl" list
	run -0 del spare
}
@test "hostAccess: STATUS and ADD report a kernel without eBPF, and ADD leaves nothing" {
	wrapper=(strace -f -o /dev/null -e inject=bpf:error=ENOSYS)
	run -1 cni STATUS '{"hostAccess":true}'
	error_is 50 "no eBPF"
	run -1 add spare '{"hostAccess":true}'
	error_is 999 hostAccess
	wrapper=()
	[ ! -e "$(record eth0 spare)" ]
	run -0 cni STATUS '{"hostAccess":true}'
}
@test "hostAccess: passthru, source and linkInContainer refuse the key with a reason" {
	run -1 add spare '{"hostAccess":true,"mode":"passthru"}'
	error_is 7 hostAccess "master's own MAC address"
	run -1 add spare '{"hostAccess":true,"mode":"source"}'
	error_is 7 hostAccess sourceMacs
	run -1 add spare '{"hostAccess":true,"linkInContainer":true,"master":"eth0"}'
	error_is 7 hostAccess linkInContainer
}
@test "hostAccess: a policy allows it by its key alone" {
	mkdir -p "${PODTAP_POLICY%/*}"
	echo '{"rules":[{"masters":["*"],"modes":["bridge"]}]}' >"$PODTAP_POLICY"
	run -1 add spare '{"hostAccess":true}'
	error_is 7 "rule 1 does not allow hostAccess"
	echo '{"rules":[{"masters":["*"],"modes":["bridge"],"hostAccess":true}]}' >"$PODTAP_POLICY"
	run -0 add spare '{"hostAccess":true}'
}
@test "hostAccess: GC removes an entry that no record has, and not that of a link that is up without a record" {
	all=$(jq -nc '{hostAccess: true, "cni.dev/valid-attachments": [inputs | {containerID, ifname}]}' \
		"$PODTAP_STATE_DIR"/endpoints/*/*.json)
	run -0 add spare '{"hostAccess":true,"mac":"02:00:00:00:77:06"}'
	rm "$(record eth0 spare)"
	egress note lan0 02:00:00:00:77:07
	run -0 cni GC "$all"
	stderr_has "entry 02:00:00:00:77:07"
	run -0 egress list lan0
	[[ $output == *02:00:00:00:77:06* && $output != *02:00:00:00:77:07* ]]
	for name in b1 p1 v1; do
		[[ $output == *$(link "${!name}" eth0 .address)* ]] || return 1
	done
	run -0 del spare
}
