#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The node's policy: restricts what configurations may request.
load ../lib/lib

setup() {
	lan_setup
	directory=$BATS_TEST_TMPDIR/policy
	mkdir "$directory"
	export PODTAP_POLICY=$directory/policy.json
	in_vms="CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=vms"
}
teardown() {
	unset PODTAP_POLICY
	lan_teardown
}

policy() {
	printf '%s' "$1" >"$PODTAP_POLICY"
}
# Writes one rule that allows everything except these keys: rule OBJECT
rule() {
	policy "$(jq -cn --argjson rule "$1" '{rules: [{masters: ["lan?"], modes: ["bridge"]} + $rule]}')"
}
allowed() {
	run -0 cni ADD "$@"
	run -0 cni DEL "$@"
}
# Asserts that ADD is refused for a reason and makes nothing: refused TEXT [CHANGES [VARIABLE=VALUE...]]
refused() {
	local text=$1
	shift
	run -1 cni ADD "$@"
	error_is 7 "$PODTAP_POLICY" "$text"
	run -0 assert_nothing_left
}
# Asserts that ADD and STATUS refuse the file, and that DEL and CHECK ignore it: unusable CODE TEXT
unusable() {
	run -1 cni ADD '{}' CNI_CONTAINERID=second CNI_NETNS="/run/netns/$other"
	error_is "$1" "$PODTAP_POLICY" "$2"
	run -1 cni STATUS
	error_is 50 "$PODTAP_POLICY" "$2"
	run -0 cni CHECK
}

@test "policy: masters are allowed by names with wildcards, and by the interface's primary name" {
	rule '{"masters":["lan[0-3]","eth*"]}'
	allowed
	ip -n "$host" link property add dev lan0 altname uplink
	allowed '{"master":"uplink"}'
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	ip -n "$host" route add default via 10.99.0.254
	allowed '{"master":null}'
	rule '{"masters":["uplink","lan"]}'
	for master in '"uplink"' '"lan0"' null; do
		refused 'rule 1 has masters ["uplink","lan"], not master lan0' "{\"master\":$master}"
	done
	rule '{"masters":[]}'
	refused 'not master lan0'
}
@test "policy: restricts modes, kinds and owners of the tap, and forbids a tap for all users" {
	rule '{"modes":["private","vepa"],"links":["macvtap"],"owners":[0,107]}'
	allowed '{"mode":"private","tapMode":"0660"}'
	allowed '{"mode":"vepa","owner":107}'
	refused 'rule 1 has modes ["private","vepa"], not mode bridge'
	refused 'not mode passthru' '{"mode":"passthru"}'
	refused 'rule 1 has links ["macvtap"], not link macvlan' '{"mode":"private","type":"macvlan"}'
	refused 'rule 1 has owners [0,107], not owner 1, group 0, tapMode 0600' '{"mode":"private","owner":1}'
	refused 'not owner 0, group 5,' '{"mode":"private","group":5}'
	refused 'tapMode 0606' '{"mode":"private","tapMode":"0606"}'
	rule '{"owners":[]}'
	allowed '{"type":"macvlan"}'
}
@test "policy: allows force, promiscMode, linkInContainer, vmDevices and hostAccess only where it says true" {
	for key in force promiscMode linkInContainer vmDevices hostAccess; do
		for value in '{}' "{\"$key\":false}"; do
			rule "$value"
			allowed "{\"$key\":false}"
			refused "rule 1 does not allow $key" "{\"$key\":true,\"master\":\"lan0\"}" \
				CNI_NETNS="/run/netns/$host" CNI_NETNS_OVERRIDE=1
		done
		rule "{\"$key\":true}"
		[ $key = linkInContainer ] || allowed "{\"$key\":true}"
	done
}
@test "policy: limits the length of the master's broadcast queue, and of the endpoint's own queues" {
	for key in bcqueuelen txQueueLen; do
		rule '{}'
		allowed "{\"$key\":1000}"
		refused "rule 1 without $key does not allow $key 1001" "{\"$key\":1001}"
		rule "{\"$key\":2000}"
		allowed "{\"$key\":2000}"
		refused "rule 1 has $key 2000, not $key 2001" "{\"$key\":2001}"
		run -1 cni STATUS "{\"$key\":2001}"
		error_is 50 "not $key 2001"
	done
}
@test "policy: allows only listed deviceIDs, from the configuration and from the runtime" {
	rule '{}'
	for change in '{"deviceID":"dataplaneMvp3"}' '{"runtimeConfig":{"deviceID":"dataplaneMvp3"}}' \
		'{"deviceID":"dataplaneMvp3","type":"macvlan"}'; do
		refused 'rule 1 without deviceIDs does not allow deviceID dataplaneMvp3' "$change"
	done
	allowed '{"cdi":true}'
	rule '{"deviceIDs":["tenantMvp*"]}'
	allowed '{"deviceID":"tenantMvp0"}'
	refused 'rule 1 has deviceIDs ["tenantMvp*"], not deviceID dataplaneMvp3' \
		'{"deviceID":"tenantMvp0","runtimeConfig":{"deviceID":"dataplaneMvp3"}}'
}
@test "policy: allows only listed MAC addresses, from every source" {
	rule '{"macs":["02:00:5e:*"]}'
	allowed
	for change in '{"mac":"MAC"}' '{"args":{"cni":{"mac":"MAC"}}}' '{"runtimeConfig":{"mac":"MAC"}}'; do
		allowed "${change//MAC/02:00:5E:00:00:01}"
		refused 'rule 1 has macs ["02:00:5e:*"], not mac 02:00:5f:00:00:01' "${change//MAC/02:00:5f:00:00:01}"
	done
	refused 'not mac 02:00:5f:00:00:01' '{}' CNI_ARGS=MAC=02:00:5f:00:00:01
	refused 'not mac ae:5c:51:ef:0d:9c' '{"name":"lan","mac":"stable"}' CNI_ARGS=K8S_POD_NAME=vm
	rule '{}'
	allowed '{"mac":"02:00:5f:00:00:01"}'
}
@test "policy: distinguishes masters in the container from masters on the host" {
	ip -n "$pod" link add lan7 up type bridge
	rule '{"masters":["lan7"],"linkInContainer":true}'
	allowed '{"linkInContainer":true,"master":"lan7"}'
	rule '{"masters":[],"linkInContainer":true}'
	allowed '{"linkInContainer":true,"master":"lan7"}'
	refused 'not master lan0' '{"linkInContainer":true}' CNI_NETNS="/run/netns/$host" CNI_NETNS_OVERRIDE=1
}
@test "policy: judges a macvlan as the master by its lower interface, on the host and in a container" {
	ip -n "$host" link add link lan0 name free0 up type macvlan mode bridge
	ip -n "$host" link add link lan0 name free1 netns "$pod" up type macvlan mode bridge
	ip -n "$pod" link add own0 up type bridge
	ip -n "$pod" link add link own0 name free2 up type macvlan mode bridge
	rule '{"masters":["free?"],"linkInContainer":true}'
	for change in '{"master":"free0"}' '{"master":"free1","linkInContainer":true}'; do
		run -1 cni ADD "$change"
		error_is 7 "$PODTAP_POLICY" 'rule 1 has masters ["free?"], not master lan0'
	done
	run -1 cni STATUS '{"master":"free0"}'
	error_is 50 'not master lan0'
	allowed '{"master":"free2","linkInContainer":true}'
	rule '{"masters":["lan0"],"linkInContainer":true}'
	allowed '{"master":"free0"}'
	run -0 cni STATUS '{"master":"free0"}'
	allowed '{"master":"free1","linkInContainer":true}'
	ip -n "$host" link del free0
	ip -n "$pod" link del free1
	ip -n "$pod" link del own0
}
@test "policy: a rule applies to its networks and namespaces; one with namespaces needs a call that names one" {
	rule '{"networks":["n*"]}'
	allowed
	refused "no rule is for it: look at the networks and namespaces of its rules" '{"name":"other"}'
	rule '{"namespaces":["vms","vms-?"]}'
	allowed '{}' "$in_vms"
	allowed '{}' "$in_vms-1"
	refused "network net in namespace vms-10" '{}' "$in_vms-10"
	refused "network net without a namespace"
	refused "no rule is for it" '{}' "CNI_ARGS=K8S_POD_NAMESPACE="
	allowed '{}' "$in_vms;K8S_POD_NAMESPACE=vms"
	for more in ";K8S_POD_NAMESPACE=default" ";K8S_POD_NAMESPACE=" ";K8S_POD_NAMESPACE=default;K8S_POD_NAMESPACE=vms" \
		"$(printf %0300d 0)"; do
		run -1 cni ADD '{}' "$in_vms$more"
		error_is 4 K8S_POD_NAMESPACE
	done
	rule '{"networks":["net"],"namespaces":["vms"]}'
	allowed '{}' "$in_vms"
	refused "no rule is for it" '{"name":"other"}' "$in_vms"
}
@test "policy: one rule must allow the whole call, and a refusal names the objection of each matching rule" {
	policy '{"rules":[{"name":"tenants","masters":["lan0"],"modes":["private"]},
		{"namespaces":["else"],"masters":["*"],"modes":["bridge"]},
		{"masters":["eth1"],"modes":["bridge","passthru"]}]}'
	refused 'rule 1 (tenants) has modes ["private"], not mode bridge; rule 3 has masters ["eth1"], not master lan0'
	allowed '{"mode":"private"}'
	policy '{"rules":[]}'
	refused "no rule is for it: look at the networks and namespaces of its rules"
	refused "no rule is for it: look at the networks and namespaces of its rules" '{}' "$in_vms"
}
@test "policy: allows only listed host files that root would write or read for a configuration" {
	ipam='"ipam":{"type":"podtap-ipam","subnet":"10.99.0.0/24"'
	policy "{\"rules\":[{\"masters\":[\"*\"],\"modes\":[\"bridge\"]}],\"files\":[\"$leases/*\",\"$leases/*/x\"]}"
	refused "does not allow logFile $cache/log" "{\"logFile\":\"$cache/log\"}"
	refused "logFile $leases/a/../log" "{\"logFile\":\"$leases/a/../log\"}"
	refused "ipam.dataDir $leases/.." "{$ipam,\"dataDir\":\"$leases/..\"}}"
	refused "ipam.dataDir etc" "{$ipam,\"dataDir\":\"etc\"}}"
	refused "ipam.resolvConf /etc/shadow" "{$ipam,\"resolvConf\":\"/etc/shadow\"}}"
	[ ! -e "$cache/log" ]
	mkdir "$cache/net"
	refused "ipam.dataDir $cache" "{$ipam,\"dataDir\":\"$cache\"}}"
	for verb in DEL GC; do
		run -0 cni $verb "{$ipam,\"dataDir\":\"$cache\"},\"cni.dev/valid-attachments\":[]}"
	done
	rmdir "$cache/net"
	allowed "{\"logFile\":\"$leases/log\",$ipam,\"dataDir\":\"$leases/store\"}}"
	run -0 grep -c "done" "$leases/log"
	run -0 cni DEL "{\"logFile\":\"$cache/log\"}"
	[ ! -e "$cache/log" ]
	rm -r "${leases:?}"/*
	policy '{}'
	run -0 cni DEL "{\"logFile\":\"$cache/log\"}"
	[ ! -e "$cache/log" ]
}
@test "policy: judges files under every spelling by which an IPAM plugin in Go finds their keys" {
	store=$leases/store
	policy "{\"rules\":[{\"masters\":[\"*\"],\"modes\":[\"bridge\"]}],\"files\":[\"$store\"]}"
	echo 'nameserver 10.66.66.66' >"$cache/secret"
	for key in re\\u017folvConf RE$'\u017f'OLVCONF ResolvConf; do
		refused "does not allow ipam.resolvConf $cache/secret" "{\"cniVersion\":\"1.0.0\",\"ipam\":{
			\"type\":\"host-local\",\"dataDir\":\"$store\",\"subnet\":\"10.99.0.0/29\",\"$key\":\"$cache/secret\"}}"
	done
	policy "{\"rules\":[{\"masters\":[\"*\"],\"modes\":[\"bridge\"]}]}"
	refused "does not allow ipam.dataDir $cache" "{\"ipam\":{\"type\":\"podtap-ipam\",\"subnet\":\"10.99.0.0/29\",\"DATADIR\":\"$cache\"}}"
}
@test "ADD: finds keys under Unicode case folding, as Go does" {
	run -0 cni ADD '{"queue\u017f":2,"lin\u212a":"macvlan"}'
	[ "$(jq -r '[.queues, .kind] | join(" ")' "$PODTAP_STATE_DIR/endpoints/$container/eth0.json")" = "2 macvlan" ]
}
@test "policy: an unusable file allows no ADD and stops no DEL" {
	run -0 cni ADD
	while read -r text why; do
		policy "$text"
		unusable 7 "$why"
	done <<-'END'
		{} key rules
		{"rules":[],"rule":[]} there is no such key; there are: rules files
		{"rules":[{"masters":["*"],"modes":["bridge"],"network":["net"]}]} rule 1: key network
		{"rules":[{"masters":["*"],"modes":["bridge"],"force":"false"}]} true or false
	END
	policy '{"rules":[],}'
	unusable 6 "at byte"
	policy ''
	unusable 6 "nothing"
	policy "$(jq -nc '{rules: [range(60000) | {masters: ["*"], modes: ["bridge"]}]}')"
	unusable 5 "1 MiB"
	policy '{}'
	run -0 cni DEL
}
@test "policy: a file that is not regular, or that others than root may write or replace, is refused" {
	run -0 cni ADD
	rule '{}'
	run -0 cni STATUS
	chown 1 "$PODTAP_POLICY"
	unusable 5 "its file must belong to root"
	chown 0 "$PODTAP_POLICY"
	for mode in 0664 0646; do
		chmod $mode "$PODTAP_POLICY"
		unusable 5 "its file must belong to root"
	done
	chmod 0400 "$PODTAP_POLICY"
	chmod 1777 "$directory"
	unusable 5 "its directory must belong to root"
	chmod 0755 "$directory"
	mv "$PODTAP_POLICY" "$directory/real"
	ln -s real "$PODTAP_POLICY"
	unusable 5 "symbolic links"
	rm "$PODTAP_POLICY"
	mkfifo "$PODTAP_POLICY"
	unusable 5 "no regular file"
	rm "$PODTAP_POLICY"
	mkdir "$PODTAP_POLICY"
	unusable 5 "no regular file"
	rmdir "$PODTAP_POLICY"
	run -0 cni STATUS
	mv "$directory" "$directory.real"
	for target in "$directory.real" nowhere /dev/null; do
		ln -sfn "$target" "$directory"
		unusable 5 "its directory is a symbolic link"
	done
	rm "$directory"
	PODTAP_POLICY=policy.json run -1 cni STATUS
	error_is 50 PODTAP_POLICY
	run -0 cni DEL
}
@test "policy: without a file allows everything, and costs ADD one look at its directory" {
	PODTAP_POLICY=$directory/absent/policy.json
	wrapper=(strace -qq -o "$BATS_TEST_TMPDIR/trace" -e "trace=open,openat,stat,newfstatat,access")
	ASAN_OPTIONS=detect_leaks=0 run -0 cni ADD
	run -0 grep policy/absent "$BATS_TEST_TMPDIR/trace"
	[ "${#lines[@]}" = 1 ]
	wrapper=()
	run -0 cni DEL
}
@test "policy: STATUS reports a configuration that no rule allows in any namespace" {
	rule '{"namespaces":["vms"]}'
	run -0 cni STATUS
	for change in '{"master":"lo0"}' '{"mode":"passthru"}' '{"name":"other"}' '{"promiscMode":true}' '{"linkInContainer":true}'; do
		[[ $change != *lo0* ]] || ip -n "$host" link add lo0 type bridge
		rule '{"namespaces":["vms"],"networks":["net"]}'
		run -1 cni STATUS "$change"
		error_is 50 "$PODTAP_POLICY does not allow"
	done
	run -0 cni STATUS '{"master":null}'
}
@test "policy: a change does not affect existing endpoints: CHECK and DEL work" {
	run -0 cni ADD
	policy '{"rules":[]}'
	run -0 cni CHECK
	run -0 cni GC
	run -0 cni DEL
}
@test "examples: policy.json gives tenants the virtual machines' interfaces, and the cluster everything" {
	cp "$root/examples/policy.json" "$PODTAP_POLICY"
	ip -n "$host" link add eth1 up type bridge
	ip -n "$host" link add eth0 up type bridge
	tenant=CNI_ARGS=K8S_POD_NAMESPACE=tenant-7
	allowed '{"master":"eth1","vmDevices":true}' "$tenant"
	refused "rule 2 (virtual machines of tenants)" '{"master":"eth0"}' "$tenant"
	refused "mode passthru" '{"master":"eth1","mode":"passthru"}' "$tenant"
	refused "no rule is for it" '{"master":"eth1"}' CNI_ARGS=K8S_POD_NAMESPACE=default
	allowed '{"mode":"passthru","force":true}' CNI_ARGS=K8S_POD_NAMESPACE=kube-system
	allowed '{"name":"lan","master":"eth0"}'
	refused "rule 3" '{"name":"lan","master":"eth1"}'
}
