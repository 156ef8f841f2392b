#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The settings of the endpoint's link: those of the key sysctl, and what routers of the LAN may do.
load ../lib/lib
load ../lib/endpoint
load ../lib/frames

# Prints a setting of a link in the pod: setting FAMILY NAME [LINK]
setting() {
	at "$pod" cat "/proc/sys/net/$1/conf/${3:-eth0}/$2"
}
# Prints a change of the configuration with these settings: sysctl NAME=VALUE... [-- FURTHER CHANGES]
sysctl() {
	local further='{}' pairs=()
	while (($#)); do
		if [ "$1" = -- ]; then
			further=$2
			break
		fi
		pairs+=("$1")
		shift
	done
	jq -cn --argjson further "$further" '{sysctl: ([$ARGS.positional[] | split("=") | {(.[0]): .[1]}] | add)} + $further' \
		--args "${pairs[@]}"
}
ipv4='{"ips":[{"address":"10.99.0.7/24"}]}'
ipv6='{"ips":[{"address":"fd99::7/64"}]}'

# Prints how many router advertisements the network stack of a namespace received.
advertisements_heard() {
	at "$1" awk '$1 == "Icmp6InRouterAdvertisements" { print $2 }' /proc/net/snmp6
}
# Makes the LAN's router advertise fd55::/64 and itself until each of these namespaces received it twice.
advertise_to() {
	local advertisement namespace heard try
	advertisement=$(router_advertisement)
	for try in {1..600}; do
		at "$switch" "$tapio" br0 send "$advertisement"
		sleep 0.05
		heard=yes
		for namespace; do
			(($(advertisements_heard "$namespace") >= 2)) || heard=no
		done
		[ $heard = no ] || return 0
	done
	echo "nobody heard the router after $try advertisements"
	return 1
}
# Prints what a pod took from the router: any of "address" and "route".
from_router() {
	local have=()
	[[ $(ip -n "$1" -6 address show) != *" fd55:"* ]] || have+=(address)
	[[ $(ip -n "$1" -6 route show default) != *"proto ra"* ]] || have+=(route)
	echo "${have[*]}"
}

@test "router advertisements: a pod with only IPv4 addresses takes neither address nor route from them" {
	run -0 cni ADD "$(answering "$ipv4")" "$delegates"
	run -0 cni ADD "$(answering "$ipv4" '{"link":"macvlan"}')" "$delegates" CNI_IFNAME=net1
	# The control: a pod without IPAM's addresses takes what the router offers.
	run -0 cni ADD '{"link":"macvlan"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	advertise_to "$pod" "$other"
	run -0 from_router "$other"
	[ "$output" = "address route" ]
	run -0 from_router "$pod"
	[ -z "$output" ]
	run -0 jq -c .sysctl "$(record)"
	[ "$output" = '{"net.ipv6.conf.eth0.accept_ra":"0"}' ]
	run -0 cni CHECK "$(answering "$ipv4")" "$delegates"
}
@test "ADD: with IPv4 or for a guest the settings in /proc are not opened, which take time for each namespace" {
	wrapper=(env ASAN_OPTIONS=detect_leaks=0 strace -f -o "$BATS_TEST_TMPDIR/trace" -e "trace=open,openat")
	run -0 cni ADD "$(answering "$ipv4")" "$delegates"
	run -0 cni ADD '{"addressOwner":"guest"}' CNI_IFNAME=net1
	run -0 cni CHECK '{"addressOwner":"guest"}' CNI_IFNAME=net1
	run -1 grep -F '"/proc/sys/net' "$BATS_TEST_TMPDIR/trace"
	for link in eth0 net1; do
		run -0 setting ipv6 accept_ra $link
		[ "$output" = 0 ]
	done
}
@test "ADD: does not unmount its procfs before its process ends, so that it does not wait for that" {
	wrapper=(env ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$BATS_TEST_TMPDIR/trace" -e "trace=fsmount,close")
	run -0 cni ADD "$(answering "$ipv4")" "$delegates"
	run -0 sed -n 's/^fsmount(.* = //p' "$BATS_TEST_TMPDIR/trace"
	mount=$output
	[ -n "$mount" ]
	run -1 grep -F "close($mount)" <(sed '1,/^fsmount/d' "$BATS_TEST_TMPDIR/trace")
}
@test "ADD: sets a link's settings where /proc/sys is read-only, and where podtap may not mount a procfs" {
	wrapper=(unshare -m sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"' sh)
	run -0 cni ADD '{"addressOwner":"guest"}'
	wrapper=(env ASAN_OPTIONS=detect_leaks=0 strace -f -o "$BATS_TEST_TMPDIR/trace" -e inject=fsmount:error=EPERM)
	run -0 cni ADD "$(answering "$ipv4" '{"link":"macvlan"}')" "$delegates" CNI_IFNAME=net1
	grep -q INJECTED "$BATS_TEST_TMPDIR/trace"
	for link in eth0 net1; do
		run -0 setting ipv6 accept_ra $link
		[ "$output" = 0 ]
	done
}
@test "router advertisements: with acd too the link is never up while it accepts them" {
	pool='{"acd":true,"ipam":{"type":"podtap-ipam","subnet":"10.99.0.0/24","dataDir":"'$leases'"}}'
	advertisement=$(router_advertisement)
	while at "$switch" "$tapio" br0 send "$advertisement"; do sleep 0.02; done 2>/dev/null 3>&- &
	background+=($!)
	run -0 cni ADD "$pool"
	advertise_to "$pod"
	run -0 from_router "$pod"
	[ -z "$output" ]
}
@test "router advertisements: accept_ra in sysctl makes a pod with only IPv4 addresses take them" {
	run -0 cni ADD "$(answering "$ipv4" "$(sysctl net.ipv6.conf.IFNAME.accept_ra=1)")" "$delegates"
	advertise_to "$pod"
	run -0 from_router "$pod"
	[ "$output" = "address route" ]
}
@test "router advertisements: a pod with an IPv6 address of IPAM takes them, as is the kernel's default" {
	run -0 cni ADD "$(answering "$ipv6" '{"dad":"off"}')" "$delegates"
	advertise_to "$pod"
	run -0 from_router "$pod"
	[ "$output" = "address route" ]
	run -0 jq -c .sysctl "$(record)"
	[ "$output" = null ]
}
@test "router advertisements: accept_ra and autoconf in sysctl disable them for a pod with an IPv6 address" {
	run -0 cni ADD "$(answering "$ipv6" "$(sysctl net.ipv6.conf.IFNAME.accept_ra=0 -- '{"dad":"off"}')")" "$delegates"
	run -0 cni ADD "$(answering '{"ips":[{"address":"fd98::7/64"}]}' \
		"$(sysctl net.ipv6.conf.IFNAME.autoconf=0 -- '{"dad":"off"}')")" "$delegates" \
		CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	advertise_to "$pod" "$other"
	run -0 from_router "$pod"
	[ -z "$output" ]
	run -0 from_router "$other"
	[ "$output" = route ]
}

@test "sysctl: settings of both families are on the link and on record, under either spelling of its name" {
	wanted=$(sysctl net.ipv4.conf.IFNAME.arp_ignore=2 net.ipv4.conf.eth0.rp_filter=2 net/ipv6/conf/IFNAME/accept_ra=2 \
		net.ipv6.conf.eth0.use_tempaddr=-1)
	run -0 cni ADD "$(answering "$ipv4" "$wanted")" "$delegates"
	run -0 setting ipv4 arp_ignore
	[ "$output" = 2 ]
	run -0 setting ipv4 rp_filter
	[ "$output" = 2 ]
	run -0 setting ipv6 accept_ra
	[ "$output" = 2 ]
	run -0 setting ipv6 use_tempaddr
	[ "$output" = -1 ]
	run -0 cat "$(record)"
	json_is '.sysctl | to_entries | map("\(.key)=\(.value)") | sort | join(" ")' \
		"net.ipv4.conf.eth0.arp_ignore=2 net.ipv4.conf.eth0.rp_filter=2 net.ipv6.conf.eth0.accept_ra=2 net.ipv6.conf.eth0.use_tempaddr=-1"
	run -0 cni CHECK "$(answering "$ipv4" "$wanted")" "$delegates"
}
@test "sysctl: accepts an interface name with a dot" {
	run -0 cni ADD "$(sysctl net.ipv4.conf.net1.5.arp_filter=1)" CNI_IFNAME=net1.5
	run -0 setting ipv4 arp_filter net1.5
	[ "$output" = 1 ]
}
@test "sysctl: the configuration overrides podtap's own settings" {
	wanted=$(sysctl net.ipv4.conf.IFNAME.arp_notify=0 net.ipv6.conf.IFNAME.ndisc_notify=0 \
		net.ipv6.conf.IFNAME.keep_addr_on_down=0 -- '{"dad":"off"}')
	run -0 cni ADD "$(answering "$both_families" "$wanted")" "$delegates"
	for name in ipv4/arp_notify ipv6/ndisc_notify ipv6/keep_addr_on_down; do
		run -0 setting "${name%/*}" "${name#*/}"
		[ "$output" = 0 ]
	done
}
@test "sysctl: settings apply to a link without addresses, to a guest's, and to one in the container" {
	wanted=$(sysctl net.ipv4.conf.IFNAME.arp_ignore=8)
	run -0 cni ADD "$wanted"
	run -0 setting ipv4 arp_ignore
	[ "$output" = 8 ]
	run -0 cni ADD "$(answering "$both_families" "$(jq -c '.addressOwner = "guest"' <<<"$wanted")")" "$delegates" CNI_IFNAME=net1
	run -0 setting ipv4 arp_ignore net1
	[ "$output" = 8 ]
	run -0 jq -c .sysctl "$(record net1)"
	[ "$output" = '{"net.ipv4.conf.net1.arp_ignore":"8","net.ipv6.conf.net1.accept_ra":"0"}' ]
	run -0 cni ADD "$(jq -c '. + {master: "eth0", linkInContainer: true}' <<<"$wanted")" CNI_IFNAME=net2
	run -0 setting ipv4 arp_ignore net2
	[ "$output" = 8 ]
}
@test "sysctl: CHECK names a setting that has another value, and the value" {
	wanted=$(sysctl net.ipv6.conf.IFNAME.accept_ra=0)
	run -0 cni ADD "$(answering "$ipv4" "$wanted")" "$delegates"
	at "$pod" sh -c 'echo 2 >/proc/sys/net/ipv6/conf/eth0/accept_ra'
	run -1 cni CHECK "$(answering "$ipv4" "$wanted")" "$delegates"
	error_is 999 "net.ipv6.conf.eth0.accept_ra is 2, not 0"
}
@test "sysctl: CHECK ignores settings that the configuration does not name" {
	run -0 cni ADD "$(answering "$ipv4")" "$delegates"
	at "$pod" sh -c 'echo 2 >/proc/sys/net/ipv6/conf/eth0/accept_ra'
	run -0 cni CHECK "$(answering "$ipv4")" "$delegates"
}

@test "sysctl: another interface, another setting and a wrong value are refused by name; nothing is made" {
	while read -r pair text; do
		run -1 cni ADD "$(sysctl "$pair")"
		error_is 7 "${pair%%=*}" "\"${pair#*=}\"" "$text"
		nothing_made
	done <<-END
		net.ipv6.conf.all.accept_ra=0 this endpoint's interface
		net.ipv6.conf.default.accept_ra=0 this endpoint's interface
		net.ipv6.conf.lo.accept_ra=0 this endpoint's interface
		net.ipv6.conf.eth01.accept_ra=0 this endpoint's interface
		net.ipv6.conf.IFNAME=0 this endpoint's interface
		net.ipv4.ip_forward=1 this endpoint's interface
		net.ipv4.conf.IFNAME/arp_filter=1 this endpoint's interface
		kernel.core_pattern=x this endpoint's interface
		net/ipv4/conf/../../../kernel/sysrq=1 this endpoint's interface
		net.ipv4.conf.IFNAME.forwarding=1 no such setting
		net.ipv4.conf.IFNAME.proxy_arp=1 no such setting
		net.ipv6.conf.IFNAME.dad_transmits=1 no such setting
		net.ipv6.conf.IFNAME.=1 no such setting
		net.ipv6.conf.IFNAME.accept_ra=3 from 0 to 2
		net.ipv6.conf.IFNAME.accept_ra=-1 from 0 to 2
		net.ipv6.conf.IFNAME.accept_ra= from 0 to 2
		net.ipv6.conf.IFNAME.accept_ra=1x from 0 to 2
		net.ipv6.conf.IFNAME.accept_ra=99999999999999999999 from 0 to 2
	END
	run -1 cni ADD '{"sysctl":{"net.ipv6.conf.IFNAME.accept_ra":0}}'
	error_is 7 net.ipv6.conf.IFNAME.accept_ra "a string"
	run -1 cni ADD "$(sysctl net.ipv6.conf.IFNAME.accept_ra=0 net.ipv6.conf.eth0.accept_ra=1)"
	error_is 7 net.ipv6.conf.eth0.accept_ra twice
	run -1 cni ADD '{"sysctl":["net.ipv6.conf.IFNAME.accept_ra"]}'
	error_is 7 sysctl "an object"
	nothing_made
}
@test "sysctl: a conflict with the rest of the configuration is refused by name, and nothing stays" {
	run -1 cni ADD "$(sysctl net.ipv6.conf.IFNAME.accept_ra=1)"
	error_is 7 net.ipv6.conf.IFNAME.accept_ra "addressOwner guest"
	run -1 with_calls cni_raw ADD "$(config "$(answering "$ipv6" "$(sysctl net.ipv6.conf.IFNAME.disable_ipv6=1)")")"
	error_is 7 net.ipv6.conf.IFNAME.disable_ipv6 "IPv6 address"
	[ "$(cat "$BATS_TEST_TMPDIR/calls")" = $'ADD\nDEL' ]
	nothing_made
}
@test "sysctl: a setting that the link does not have is refused by name, and nothing stays" {
	run -1 cni ADD "$(sysctl net.ipv6.conf.IFNAME.use_tempaddr=0 -- '{"mtu":1000}')"
	error_is 7 "net.ipv6.conf.eth0.use_tempaddr" 1280
	nothing_made
}
@test "sysctl: STATUS judges the key like ADD, as far as it can without a container" {
	run -0 cni STATUS "$(sysctl net.ipv6.conf.eth0.accept_ra=0 -- '{"link":"macvlan"}')" CNI_IFNAME=
	run -1 cni STATUS "$(sysctl net.ipv6.conf.all.accept_ra=0)" CNI_IFNAME=
	error_is 7 net.ipv6.conf.all.accept_ra
}
@test "sysctl: the policy restricts the settings to its list; without a list all of podtap's are allowed" {
	mkdir "$BATS_TEST_TMPDIR/policy"
	wanted=$(sysctl net.ipv6.conf.eth0.accept_ra=0)
	echo '{"rules":[{"masters":["*"],"modes":["bridge"]}]}' >"$PODTAP_POLICY"
	run -0 cni ADD "$wanted"
	run -0 cni DEL "$wanted"
	echo '{"rules":[{"name":"t","masters":["*"],"modes":["bridge"],"sysctls":["net.ipv6.conf.IFNAME.*"]}]}' >"$PODTAP_POLICY"
	run -0 cni ADD "$wanted"
	run -0 cni DEL "$wanted"
	run -1 cni ADD "$(sysctl net.ipv6.conf.eth0.accept_ra=0 net.ipv4.conf.eth0.rp_filter=0)"
	error_is 7 'rule 1 (t) has sysctls ["net.ipv6.conf.IFNAME.*"], not sysctl net.ipv6.conf.IFNAME.accept_ra net.ipv4.conf.IFNAME.rp_filter'
	nothing_made
}
