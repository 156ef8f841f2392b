#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl: the list of endpoints, and the configurations for guests.
load ../lib/lib

ctl() {
	"$BUILD/podtapctl" "$@" 2>"$BATS_TEST_TMPDIR/err"
}
host_local() { # SUBNET [ROUTES]
	jq -cn --arg dir "$leases" --arg subnet "$1" --argjson routes "${2:-[]}" \
		'{cniVersion: "1.0.0", ipam: {type: "host-local", dataDir: $dir, ranges: [[{subnet: $subnet}]], routes: $routes}}'
}
pod_args() { # NAMESPACE NAME
	echo "IgnoreUnknown=1;K8S_POD_NAMESPACE=$1;K8S_POD_NAME=$2"
}
static() { # MEMBERS OF THE CONFIGURATION'S ipam
	jq -cn --argjson ipam "$1" '{cniVersion: "1.0.0", addressOwner: "guest", ipam: ({type: "static"} + $ipam)}'
}

@test "list: prints only the table's head and exits 0 without endpoints" {
	run -0 ctl list
	[ "${#lines[@]}" = 1 ]
	run -0 ctl list --json
	json_is . '[]'
}
@test "list: aligns container, interface, pod, network, kind, mode, master, MAC, addresses, tap and state in a table" {
	run -0 cni ADD "$(host_local 10.99.0.0/24)" CNI_ARGS="$(pod_args shop db-0)"
	run -0 cni ADD '{"link":"macvlan","mode":"private","mac":"02:00:00:00:07:07"}' CNI_IFNAME=net1
	run -0 ctl list
	[ "${#lines[@]}" = 3 ]
	read -ra row <<<"${lines[1]}"
	[ "${row[*]}" = "$container eth0 shop/db-0 net macvtap bridge lan0 $(jq -r .mac "$(record)") 10.99.0.2/24 $(tap) alive" ]
	read -ra row <<<"${lines[2]}"
	[ "${row[*]}" = "$container net1 - net macvlan private lan0 02:00:00:00:07:07 - - alive" ]
	for column in "INTERFACE eth0 net1" "MASTER lan0 lan0" "TAP $(tap) -" "STATE alive alive"; do
		read -r title first second <<<"$column"
		before=${lines[0]%% "$title"*}
		[ "${lines[1]:${#before}+1:${#first}}" = "$first" ]
		[ -z "$second" ] || [ "${lines[2]:${#before}+1:${#second}}" = "$second" ]
	done
}
@test "list --json: prints the records without the calls that made them, and whether each endpoint is alive" {
	run -0 cni ADD "$(host_local 10.99.0.0/24)"
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	run -0 ctl list --json
	json_is 'map(.containerID)' "[\"$container\",\"$container-o\"]"
	run -0 diff <(jq -S ".[0]" <<<"$output") <(jq -S "del(.call) + {alive: true}" "$(record)")
}
@test "show: prints one container's endpoints or one of them; --json with an interface prints that one alone" {
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_IFNAME=net1
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	run -0 ctl show "$container"
	[ "${#lines[@]}" = 3 ]
	run -0 ctl show "$container" net1
	[ "${#lines[@]}" = 2 ]
	run -0 ctl show --json "$container" net1
	json_is '[.ifname, .alive, .tap.path]' "[\"net1\",true,\"$(tap net1)\"]"
	run -0 ctl show "$container" --json
	json_is 'map(.ifname)' '["eth0","net1"]'
	run -2 ctl show "$container" net7
	run -2 ctl show nobody
	grep -qF "endpoints of nobody: there is no record of it" "$BATS_TEST_TMPDIR/err"
	grep -qF "podtapctl list shows those there are" "$BATS_TEST_TMPDIR/err"
}
@test "list: exits 1 for a stale endpoint, and names the namespace, interface, node, number or record on stderr" {
	run -0 cni ADD
	cp "$(record)" "$BATS_TEST_TMPDIR/kept"
	stale() { # WORDS ON STDERR
		run -1 ctl list
		[[ ${lines[1]} == *stale ]]
		grep -q "$1" "$BATS_TEST_TMPDIR/err"
		run -1 ctl list --json
		json_is '.[0].alive' false
	}
	echo '{' >"$(record)"
	stale decode
	jq -c '.tap.minor += 1' "$BATS_TEST_TMPDIR/kept" >"$(record)"
	stale "another number"
	jq -c '.state = "adding"' "$BATS_TEST_TMPDIR/kept" >"$(record)"
	stale "under way"
	cp "$BATS_TEST_TMPDIR/kept" "$(record)"
	run -0 ctl list
	node=$(tap)
	mv "$node" "$node.away"
	stale "missing"
	mv "$node.away" "$node"
	ip -n "$pod" link del eth0
	stale "interface is gone"
	ip netns del "$pod"
	stale "namespace is gone"
}
@test "list: the text of a record cannot control the terminal" {
	run -0 cni ADD
	jq -c '.master = "la\u001b[2Jn"' "$(record)" >"$BATS_TEST_TMPDIR/new"
	cp "$BATS_TEST_TMPDIR/new" "$(record)"
	run ctl list
	[[ $output == *'la?[2Jn'* ]]
}
@test "podtapctl: invalid usage names the mistake, prints help and exits 2" {
	while IFS='|' read -r call message; do
		# shellcheck disable=SC2086 # words
		run -2 ctl $call
		[ "$(head -n 1 "$BATS_TEST_TMPDIR/err")" = "podtapctl$message" ]
		grep -q ^usage: "$BATS_TEST_TMPDIR/err"
	done <<-END
		|: there is no verb
		lst|: unknown verb lst
		list x| list: unexpected argument x
		list --format json| list: unknown option --format
		show| show: it needs a container
		show a b c| show: unexpected argument c
		guest-config| guest-config: it needs a container and an interface
		guest-config a| guest-config: it needs a container and an interface
		guest-config --json a b| guest-config: unknown option --json
		show --jason a| show: unknown option --jason
	END
	run -2 ctl guest-config --format yaml a b
	grep -q "one of: cloud-init, kernel, json" "$BATS_TEST_TMPDIR/err"
}

dual='{"addresses":[{"address":"10.99.0.5/24","gateway":"10.99.0.254"},{"address":"fd99::5/64","gateway":"fd99::fe"}],
	"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"},{"dst":"10.1.0.0/16","gw":"10.99.0.9"}],
	"dns":{"nameservers":["10.99.0.53","fd99::53","10.99.0.54","10.99.0.55"],"search":["example.org"]}}'

@test "guest-config: prints cloud-init's network-config v2 with all data of the record" {
	run -0 cni ADD "$(static "$dual")"
	run -0 ctl guest-config "$container" eth0
	diff - <(printf '%s\n' "$output") <<-END
		version: 2
		ethernets:
		  "eth0":
		    match:
		      macaddress: "$(jq -r .mac "$(record)")"
		    mtu: 1500
		    dhcp4: false
		    dhcp6: false
		    addresses:
		      - "10.99.0.5/24"
		      - "fd99::5/64"
		    routes:
		      - to: "0.0.0.0/0"
		        via: "10.99.0.254"
		      - to: "::/0"
		        via: "fd99::fe"
		      - to: "10.1.0.0/16"
		        via: "10.99.0.9"
		    nameservers:
		      addresses:
		        - "10.99.0.53"
		        - "fd99::53"
		        - "10.99.0.54"
		        - "10.99.0.55"
		      search:
		        - "example.org"
	END
	run -0 ctl guest-config --format cloud-init "$container" eth0
	[ "${lines[0]}" = "version: 2" ]
}
@test "guest-config: puts a gateway outside the guest's networks on the link" {
	run -0 cni ADD "$(static '{"addresses":[{"address":"10.99.0.5/32","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}')"
	run -0 ctl guest-config "$container" eth0
	[[ $output == *'via: "10.99.0.254"'$'\n''        on-link: true'* ]]
}
@test "guest-config: prints the kernel's ip= argument, and reports what that cannot hold" {
	run -0 cni ADD "$(static "$dual")"
	run -0 ctl guest-config "$container" eth0 --format kernel
	[ "$output" = "ip=10.99.0.5::10.99.0.254:255.255.255.0:::off:10.99.0.53:10.99.0.54" ]
	grep -q "one IPv4 address: the others are left out" "$BATS_TEST_TMPDIR/err"
	grep -q "other routes are left out" "$BATS_TEST_TMPDIR/err"
	run -0 cni DEL "$(static "$dual")"
	run -0 cni ADD "$(static '{"addresses":[{"address":"10.99.0.5/30","gateway":"10.99.0.6"}]}')"
	run -0 ctl guest-config "$container" eth0 --format kernel
	[ "$output" = "ip=10.99.0.5:::255.255.255.252:::off" ]
	run -0 cni DEL "$(static "$dual")"
	run -0 cni ADD "$(static '{"addresses":[{"address":"fd99::5/64"}]}')"
	run -2 ctl guest-config "$container" eth0 --format kernel
	grep -q "IPv4 only" "$BATS_TEST_TMPDIR/err"
}
@test "list, show, guest-config: print the link's present MAC, mtu and mode, after tuning and the container's root" {
	local tuned
	run -0 cni ADD "$(host_local 10.99.0.0/24)"
	tuned=$(jq -cn --argjson previous "$output" --arg dir "$BATS_TEST_TMPDIR/tuning" '{cniVersion: "1.0.0", name: "net",
		type: "tuning", dataDir: $dir, mac: "02:00:00:00:00:55", mtu: 1400, prevResult: $previous}')
	run -0 at "$host" env CNI_COMMAND=ADD CNI_CONTAINERID="$container" CNI_NETNS="/run/netns/$pod" CNI_IFNAME=eth0 \
		CNI_PATH=/usr/lib/cni /usr/lib/cni/tuning <<<"$tuned"
	run -0 ctl guest-config "$container" eth0
	[[ $output == *'macaddress: "02:00:00:00:00:55"'* && $output == *'mtu: 1400'* ]]
	run -0 ctl guest-config --format json "$container" eth0
	json_is '[.mac, .mtu]' '["02:00:00:00:00:55",1400]'
	ip -n "$pod" link set eth0 address 02:00:00:00:00:66 mtu 1300
	ip -n "$pod" link set eth0 type macvtap mode private
	run -0 ctl list
	read -ra row <<<"${lines[1]}"
	[ "${row[*]}" = "$container eth0 - net macvtap private lan0 02:00:00:00:00:66 10.99.0.2/24 $(tap) alive" ]
	run -0 ctl show --json "$container" eth0
	json_is '[.mac, .mtu, .mode, .alive]' '["02:00:00:00:00:66",1300,"private",true]'
	mv "$(tap)" "$(tap).away" # a stale one's link is what it is, too
	run -1 ctl list --json
	json_is '.[0] | [.mac, .alive]' '["02:00:00:00:00:66",false]'
	mv "$(tap).away" "$(tap)"
	ip -n "$pod" link del eth0
	run -2 ctl guest-config "$container" eth0
	[ -z "$output" ]
	grep -q "interface is gone" "$BATS_TEST_TMPDIR/err"
	run -1 ctl list
}
@test "guest-config: fails for a gateway that ip= cannot express, and names what works" {
	run -0 cni ADD "$(static '{"addresses":[{"address":"10.99.0.5/32","gateway":"10.99.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}')"
	run -2 ctl guest-config --format kernel "$container" eth0
	[ -z "$output" ]
	grep -q "gateway 10.99.0.254 of 10.99.0.5/32: the kernel refuses a gateway outside" "$BATS_TEST_TMPDIR/err"
}
@test "guest-config: prints JSON" {
	run -0 cni ADD "$(static "$dual")"
	run -0 ctl guest-config "$container" eth0 --format json
	json_is '[.ifname, .mac, .mtu]' "[\"eth0\",\"$(jq -r .mac "$(record)")\",1500]"
	json_is .addresses '["10.99.0.5/24","fd99::5/64"]'
	json_is '.routes' '[{"dst":"0.0.0.0/0","gw":"10.99.0.254"},{"dst":"::/0","gw":"fd99::fe"},{"dst":"10.1.0.0/16","gw":"10.99.0.9"}]'
	json_is '.dns.search[0]' example.org
}
@test "guest-config: without IPAM the guest asks the LAN for addresses" {
	run -0 cni ADD
	run -0 ctl guest-config "$container" eth0
	[[ $output == *"dhcp4: true"* ]]
	run -0 ctl guest-config "$container" eth0 --format kernel
	[ "$output" = ip=dhcp ]
	run -0 ctl guest-config "$container" eth0 --format json
	json_is .addresses '[]'
	run -2 ctl guest-config "$container" eth7
}
@test "addressOwner guest: result and record have the addresses, the link has none, and CHECK agrees" {
	run -0 cni ADD "$(static "$dual")"
	json_is '.ips | map(.address)' '["10.99.0.5/24","fd99::5/64"]'
	[ "$(jq -c '.ips | map(.address)' "$(record)")" = '["10.99.0.5/24","fd99::5/64"]' ]
	[ "$(jq -r .addressOwner "$(record)")" = guest ]
	run -0 ip -n "$pod" -o addr show dev eth0
	[ -z "$output" ]
	run -0 ip -n "$pod" route show
	[ -z "$output" ]
	run -0 cni CHECK "$(static "$dual")"
}
@test "mac: prints the address that a stable one will be, without an endpoint" {
	while read -r network name ifname wanted; do
		run -0 "$BUILD/podtapctl" mac "$network" "$name" "$ifname"
		[ "$output" = "$wanted" ]
	done <<-'END'
		lan vm eth0 ae:5c:51:ef:0d:9c
		lan default/db-0 net1 d2:c7:bf:f9:1d:76
		lan default/db-0 eth0 62:84:a8:6c:9d:86
	END
	run -2 "$BUILD/podtapctl" mac lan vm
	[[ $output == *"it needs a network, a name and an interface"* ]]
	run -2 "$BUILD/podtapctl" mac lan vm eth0 more
	[[ $output == *"unexpected argument more"* ]]
	run -2 "$BUILD/podtapctl" mac lan "$(printf '%2000s' x)" eth0
	[[ $output == *"too long"* ]]
}
# Its output goes to a file, or nowhere: ctl_to FILE|closed ARGUMENT...
ctl_to() {
	local where=$1
	shift
	if [ "$where" = closed ]; then "$BUILD/podtapctl" "$@" >&-; else "$BUILD/podtapctl" "$@" >"$where"; fi
}
@test "podtapctl: output that cannot be written is an error, however much it is" {
	run -0 cni ADD
	for verb in list 'list -o json' 'check --all' 'schema podtap' 'completion bash' metrics; do
		for where in /dev/full closed; do
			# shellcheck disable=SC2086 # words
			run -2 --separate-stderr ctl_to "$where" $verb
			[[ $stderr == 'podtapctl: not all output could be written: '* ]] || { echo "$verb $where: $stderr"; false; }
		done
	done
	rm "$PODTAP_STATE_DIR/counters"
}
# bats test_tags=plain
@test "podtapctl: what it opens never takes the place of a standard stream that is closed" {
	run -0 cni ADD
	# shellcheck disable=SC2016 # for the other shell
	run -2 strace -o "$BATS_TEST_TMPDIR/trace" -e trace=openat,socket bash -c 'exec "$0" list <&- >&- 2>&-' "$BUILD/podtapctl"
	sed '1,/"\/dev\/null".* = [3-9]$/d' "$BATS_TEST_TMPDIR/trace" >"$BATS_TEST_TMPDIR/after"
	grep -q socket "$BATS_TEST_TMPDIR/after"
	run -1 grep -E ' = [012]$' "$BATS_TEST_TMPDIR/after"
}
@test "podtapctl: for another user than root, an endpoint is refused with that reason" {
	run -0 cni ADD
	chmod 0755 "$BATS_TEST_TMPDIR" "$PODTAP_STATE_DIR"
	for verb in show yield delete; do
		run -2 --separate-stderr setpriv --reuid 65534 --clear-groups "$BUILD/podtapctl" $verb "$container"
		[ "$stderr" = "podtapctl: open the state directory $PODTAP_STATE_DIR/endpoints: only root can read it" ]
	done
}
@test "drops: a container without an endpoint is an error; endpoints without a guard are said to count nothing" {
	run -0 cni ADD
	run -2 ctl drops nosuch
	grep -q 'endpoints of nosuch: there is no record of it' "$BATS_TEST_TMPDIR/err"
	run -2 ctl drops "$container" net7
	run -0 ctl drops "$container"
	[ -z "$output" ]
	grep -q 'no endpoint here has antispoof, egressRate or ingressRate: nothing counts' "$BATS_TEST_TMPDIR/err"
	run -0 ctl drops "$container" -o json
	[ "$output" = '[]' ]
}
