#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Routes by way of the host, gw "host": services that the node's kube-proxy translates.
#
#   $host      10.99.0.1, fd99::1 on lan0, and 10.98.0.1, fd98::1 towards $backend
#   $backend   10.98.0.2, fd98::2 behind the host
#   services   10.96.0.10, fd96::10 are the backend, 10.96.0.11 the machine outside, 10.99.0.254
load ../lib/lib
load ../lib/endpoint

setup() {
	lan_setup
	pod_add backend
	ip -n "$host" -batch - <<-END
		address add 10.99.0.1/24 dev lan0
		address add fd99::1/64 dev lan0 nodad
		link add down0 type veth peer name up0 netns $backend
		address add 10.98.0.1/24 dev down0
		address add fd98::1/64 dev down0 nodad
		link set down0 up
	END
	ip -n "$backend" -batch - <<-END
		link set up0 up
		address add 10.98.0.2/24 dev up0
		address add fd98::2/64 dev up0 nodad
		route add default via 10.98.0.1
		route add default via fd98::1
	END
}

routed='{"type":"podtap-ipam","addresses":[{"address":"10.99.0.11/24"},{"address":"fd99::11/64"}],
	"routes":[{"dst":"10.96.0.0/16","gw":"host"},{"dst":"fd96::/64","gw":"host"}]}'

# Does what kube-proxy does: DNAT, and masquerading where the answer would not come back by the node.
services() {
	at "$host" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	at "$host" iptables -w -t nat -A PREROUTING -d 10.96.0.10 -j DNAT --to-destination 10.98.0.2
	at "$host" iptables -w -t nat -A PREROUTING -d 10.96.0.11 -j DNAT --to-destination 10.99.0.254
	at "$host" iptables -w -t nat -A POSTROUTING -d 10.99.0.254 -m conntrack --ctstate DNAT -j MASQUERADE
	at "$host" ip6tables -w -t nat -A PREROUTING -d fd96::10 -j DNAT --to-destination fd98::2
}

@test "hostAccess: a pod reaches services that its node translates, and the answers come back" {
	services
	for mode in bridge private; do
		# A tentative address is no source: the kernel would take the link's own.
		run -0 cni ADD '{"type":"macvlan","mode":"'$mode'","hostAccess":true,"dad":"off","ipam":'"$routed"'}'
		json_is '[.routes[].gw]' '["10.99.0.1","fd99::1"]'
		for service in 10.96.0.10 10.96.0.11 fd96::10; do
			run -0 at "$pod" ping -c 1 -w 30 "$service"
		done
		run -0 cni CHECK '{"type":"macvlan","mode":"'$mode'","hostAccess":true,"dad":"off","ipam":'"$routed"'}'
		run -0 cni DEL
	done
}
@test "hostAccess: a route by the host takes the master's address in the endpoint's own network" {
	ip -n "$host" address add 10.97.0.1/24 dev lan0
	answer='{"type":"podtap-ipam","addresses":[{"address":"10.97.0.7/24"}],"routes":[{"dst":"10.96.0.0/16","gw":"host","priority":7}]}'
	run -0 cni ADD '{"hostAccess":true,"addressOwner":"pod","ipam":'"$answer"'}'
	json_is .routes '[{"dst":"10.96.0.0/16","gw":"10.97.0.1","priority":7}]'
	[ "$(jq -c .routes "$(record)")" = '[{"dst":"10.96.0.0/16","gw":"10.97.0.1","priority":7}]' ]
	run -0 ip -n "$pod" -j route show 10.96.0.0/16
	json_is '[.[] | [.gateway, .metric]]' '[["10.97.0.1",7]]'
}
@test "hostAccess: a route by the host needs the key, and an address of the host on the endpoint's network" {
	run -1 cni ADD '{"type":"macvlan","ipam":'"$routed"'}'
	error_is 7 'the route to 10.96.0.0/16 has gw "host"' '"hostAccess": true'
	nothing_made
	ip -n "$host" address del 10.99.0.1/24 dev lan0
	run -1 cni ADD '{"type":"macvlan","hostAccess":true,"ipam":'"$routed"'}'
	error_is 7 "lan0 has no IPv4 address of the host"
	ip -n "$host" address add 10.95.0.1/24 dev lan0
	run -1 cni ADD '{"type":"macvlan","hostAccess":true,"ipam":'"$routed"'}'
	error_is 7 "lan0 has no IPv4 address in a network of the endpoint's addresses"
	nothing_made
}
@test "hostAccess: podtap-ipam for another main plugin, and other IPAM plugins, refuse a route by the host" {
	PLUGIN=podtap-ipam run -1 cni_raw ADD "$(config '{"type":"macvlan","ipam":'"$routed"'}')"
	error_is 7 'gw is "host"' "main plugin"
	run -1 cni ADD "$(answering '{"ips":[{"address":"10.99.0.7/24"}],"routes":[{"dst":"10.96.0.0/16","gw":"host"}]}' '{"hostAccess":true}')" \
		"$delegates"
	error_is 6 "routes[0].gw"
}
