#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Broken situations, each made for real, and what podtapctl list, check and doctor say about it. The
# table in docs/troubleshooting.md has the same rows.
load ../lib/lib
load ../lib/crowd

setup() {
	lan_setup
	node=$BATS_TEST_TMPDIR/node
	mkdir -p "$node"/{var/run/nri,usr/share/containers/oci/hooks.d,run}
	export PODTAP_IPAM_STATE_DIR=$node/var/lib/podtap/ipam
}

ctl() {
	at "$host" "$BUILD/podtapctl" "$@" 2>"$BATS_TEST_TMPDIR/err"
}
# The endpoint that is broken: a pod's, with an address, a route, a setting and a CDI device.
#   endpoint_add [CHANGES OF THE CONFIGURATION] [VARIABLE=VALUE...]
endpoint_add() {
	run -0 cni ADD "$(jq -cn --arg dir "$leases" --argjson change "${1:-"{}"}" '{
		mtu: 1400, sysctl: {"net.ipv4.conf.IFNAME.rp_filter": "1"},
		ipam: {type: "podtap-ipam", dataDir: $dir, subnet: "10.99.0.0/24", rangeStart: "10.99.0.5",
			routes: [{dst: "10.7.0.0/16", gw: "10.99.0.254"}]}} + $change')" "${@:2}"
}
# list says this state of the endpoint.
lists() {
	run ctl list
	[[ $output == *" $1" ]] || { echo "list does not say $1: $output"; return 1; }
}
# check says exactly these codes of the endpoint, in any order, each in a line that has a reason.
checks() {
	local status=1
	[[ $* != healthy ]] || status=0
	run -$status ctl check --root "$node" "$container" eth0
	[ "$(sed -E 's/^[a-z]+ +([a-z-]+): .*/\1/' <<<"$output" | sort)" = "$(printf '%s\n' "$@" | sort)" ] ||
		{ echo "not $*: $output"; return 1; }
	[[ $* == healthy ]] || ! grep -vE '^(note|warn|error) +[a-z-]+: eth0 of [^:]+: .+: .+; .+$' <<<"$output"
}
# The endpoint's link, by its index, because its name may change.
in_pod() {
	ip -n "$pod" "$@"
}
# Lets a process that ends with the test have the tap open.
opens() {
	sleep infinity 7<>"$(tap)" 3>&- &
	background+=($!)
	until [ "$(cat "/proc/$!/comm")" = sleep ]; do sleep 0.01; done
}
# Puts the routes back that the kernel removes with an address or a link.
routes_back() {
	in_pod route replace 10.7.0.0/16 via 10.99.0.254 dev eth0
}

@test "check: an endpoint that is as it should be is one line, with the process that has its tap open" {
	endpoint_add
	checks healthy
	[[ $output == "ok     healthy: eth0 of $container: $(tap) is not open" ]]
	opens
	checks healthy
	[[ $output == *"$(tap) is open in sleep (pid $!)" ]]
	opens
	run -0 ctl check "$container"
	[[ $output == "note   tap-shared: "*"(pid $!)"*"distributes the frames"* ]]
	run -0 ctl check --all -o json
	json_is '.[1] | [.level, .code, .containerID, .ifname]' "[\"ok\",\"healthy\",\"$container\",\"eth0\"]"
}
@test "check: reads the record and the reservation of its endpoint alone" {
	endpoint_add
	for number in {10..60}; do printf 'x%d\r\neth0' "$number" >"$leases/net/10.99.0.$number"; done
	crowd 30
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=open,openat,openat2 \
		nsenter --net="/run/netns/$host" "$BUILD/podtapctl" check "$container" eth0
	[ "$(grep -c '\.json"' "$BATS_TEST_TMPDIR/trace")" = 1 ]
	[ "$(grep -c '"10\.99\.' "$BATS_TEST_TMPDIR/trace")" = 1 ]
	crowd_end
	rm "$leases"/net/10.99.0.[1-6]?
}
@test "broken link: check says what root of the container changed, where list says alive" {
	endpoint_add
	in_pod link set eth0 down
	lists alive
	checks interface-down route-missing
	in_pod link set eth0 up
	routes_back
	in_pod address flush dev eth0
	lists alive
	checks address-missing route-missing
	in_pod address add 10.99.0.5/24 dev eth0
	checks route-missing
	routes_back
	mac=$(jq -r .mac "$(record)")
	in_pod link set eth0 address 02:00:00:00:00:66
	lists alive
	checks mac-changed
	[[ $output == *"its MAC address is 02:00:00:00:00:66, not $mac"* ]]
	in_pod link set eth0 address "$mac" mtu 1300
	checks mtu-changed
	in_pod link set eth0 mtu 1400 type macvtap mode private
	checks mode-changed
	in_pod link set eth0 type macvtap mode bridge
	at "$pod" sh -c 'echo 0 >/proc/sys/net/ipv4/conf/eth0/rp_filter'
	checks sysctl-changed
	at "$pod" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter'
	in_pod link set eth0 down
	in_pod link set eth0 name eth7
	in_pod link set eth7 up
	checks interface-renamed route-missing
	in_pod link set eth7 down
	in_pod link set eth7 name eth0
	in_pod link set eth0 up
	routes_back
	checks healthy
}

@test "broken master: check names a master that is down, without carrier, renamed or gone" {
	endpoint_add '{"ipam":null}'
	checks healthy
	ip -n "$switch" link set port0 down
	lists alive
	checks master-no-carrier
	ip -n "$switch" link set port0 up
	ip -n "$host" link set lan0 down
	lists alive
	checks master-down
	ip -n "$host" link set lan0 name lan7
	ip -n "$host" link set lan7 up
	lists alive
	checks master-renamed
	[[ $output == *"its master lan0 is now lan7"* ]]
	ip -n "$host" link add lan0 type bridge
	checks master-other
	ip -n "$host" link del lan0
	ip -n "$host" link property add dev lan7 altname lan0
	checks healthy
	ip -n "$host" link set lan7 netns "$other" name lan7
	checks master-elsewhere
	ip -n "$other" link set lan7 netns "$host"
	ip -n "$host" link set lan7 up
	ip -n "$host" link del lan7
	lists stale
	checks interface-gone
	[[ $output == *"it is gone, and so is its master lan0"* ]]
}
@test "broken guest: check says that its link was yielded, and that hostAccess lost it" {
	endpoint_add '{"ipam":null,"addressOwner":"guest","hostAccess":true}'
	checks healthy
	in_pod link set eth0 down
	lists alive
	checks interface-yielded
	in_pod link set eth0 up
	checks healthy
	run -0 ctl yield "$container" eth0
	checks interface-yielded host-access-missing
	run -0 ctl resume "$container" eth0
	checks healthy
}
@test "broken tap: check names a node that is gone, another's, or open to the wrong users" {
	endpoint_add '{"cdi":true}' CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web"
	checks healthy
	node_of=$(tap)
	chown 1234:1234 "$node_of"
	lists alive
	checks tap-owner
	chown 0:0 "$node_of"
	chmod 0666 "$node_of"
	checks tap-mode
	chmod 0600 "$node_of"
	mv "$node_of" "$node_of.away"
	lists stale
	checks tap-missing
	echo mine >"$node_of"
	lists stale
	checks tap-foreign
	mv "$node_of.away" "$node_of"
	spec=$(echo "$PODTAP_CDI_DIR"/*.json)
	mv "$spec" "$BATS_TEST_TMPDIR/spec"
	lists alive
	checks cdi-missing
	sed "s/tap[0-9]*/tap7/g" "$BATS_TEST_TMPDIR/spec" >"$spec"
	checks cdi-other
	mv "$BATS_TEST_TMPDIR/spec" "$spec"
	checks healthy
}
@test "broken exposure: check names the runtime's NRI or podman's hook only for a pod that needs it" {
	endpoint_add '{"ipam":null}' CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web"
	lists alive
	checks nri-off
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$node/var/run/nri/nri.sock"
	checks healthy
	run -0 cni DEL
	endpoint_add '{"ipam":null}' CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAME=web"
	checks hook-missing
	cp "$root/expose/hook/50-podtap.json" "$node/usr/share/containers/oci/hooks.d/"
	checks healthy
}
@test "broken reservation: check names one that is gone, and one that is another container's" {
	endpoint_add
	reservation=$leases/net/10.99.0.5
	mv "$reservation" "$BATS_TEST_TMPDIR/reservation"
	lists alive
	checks reservation-missing
	printf 'another\r\neth0' >"$reservation"
	checks reservation-other
	[[ $output == *"is reserved for container another: two containers"* ]]
	ln -sf /etc/passwd "$reservation"
	run -2 ctl check "$container"
	[[ $output == "unknown  reservation-unreadable: "* ]]
	mv "$BATS_TEST_TMPDIR/reservation" "$reservation"
	checks healthy
	# An address that the configuration lists needs no reservation.
	run -0 cni DEL "$(jq -cn --arg dir "$leases" '{ipam: {type: "podtap-ipam", dataDir: $dir}}')"
	endpoint_add "$(jq -cn --arg dir "$leases" '{ipam: {type: "podtap-ipam", dataDir: $dir, addresses: [{address: "10.99.0.9/24"}]}}')"
	checks healthy
}
@test "broken record: check names one that is incomplete, unreadable, newer or stale" {
	endpoint_add '{"ipam":null}'
	cp "$(record)" "$BATS_TEST_TMPDIR/kept"
	jq -c '.state = "adding"' "$BATS_TEST_TMPDIR/kept" >"$(record)"
	lists stale
	checks record-incomplete
	echo '{' >"$(record)"
	lists stale
	checks record-unreadable
	jq -c '.version = 99' "$BATS_TEST_TMPDIR/kept" >"$(record)"
	run -2 ctl check --all
	[[ $output == "unknown  record-newer: "* ]]
	jq -c '.tap.minor += 1' "$BATS_TEST_TMPDIR/kept" >"$(record)"
	lists stale
	checks tap-number
	cp "$BATS_TEST_TMPDIR/kept" "$(record)"
	ip netns del "$pod"
	lists stale
	checks namespace-gone
}
@test "broken record: list and check name what is in the place of records, in the order of containers" {
	records=$PODTAP_STATE_DIR/endpoints
	mkdir -p "$records"/c{9..0}
	for id in c{9..0}; do
		case $id in
		c[0-3]) ln -s /etc/passwd "$records/$id/eth0.json" ;;
		c[4-6]) mkfifo "$records/$id/eth0.json" ;;
		*) mkdir "$records/$id/eth0.json" ;;
		esac
	done
	run -1 ctl check --all -o json
	[ "$(jq -r '.[] | .containerID' <<<"$output" | tr -d '\n')" = c0c1c2c3c4c5c6c7c8c9 ]
	[ "$(jq -r '.[3,4,9].why' <<<"$output")" = 'it is a symbolic link
it is not a regular file, or too large
it is not a regular file, or too large' ]
	run -1 ctl list
	grep -qF 'eth0 of c4: read the endpoint record eth0.json: it is not a regular file, or too large' "$BATS_TEST_TMPDIR/err"
	rm -r "$records"/c?
}
@test "check: needs a container or --all, and says that there is no record" {
	run -2 ctl check
	run -2 ctl check --all "$container"
	run -2 ctl check nobody
	grep -q "there is no record of it" "$BATS_TEST_TMPDIR/err"
	run -2 ctl check --all -o xml
	grep -q "one of: table, wide, json, yaml" "$BATS_TEST_TMPDIR/err"
	run -0 ctl check --all
	[ -z "$output" ]
}
