#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The protocol itself: which error a wrong call gets, and that nothing else happens.
load ../lib/lib

good='{"cniVersion":"1.1.0","name":"net","type":"podtap","master":"lan0"}'
every_verb="ADD DEL CHECK STATUS GC"

# Calls with no CNI_ variable but those given: bare TEXT [VARIABLE=VALUE...]
bare() {
	printf %s "$1" | at "$host" env "${@:2}" "$BUILD/podtap" 2>"$BATS_TEST_TMPDIR/stderr"
}
changed() {
	config "$1"
}

@test "no CNI_COMMAND: says what it is on stderr, exit 0, and leaves stdin alone" {
	run -0 --separate-stderr bash -c 'printf untouched | { "$0"; cat; }' "$BUILD/podtap"
	[ "$output" = untouched ]
	[[ $stderr == *podtap* ]]
	[[ $stderr == *"CNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0"* ]]
}
@test "--version: the same on stdout" {
	run -0 --separate-stderr "$BUILD/podtap" --version
	[[ $output == *podtap* ]]
	[ -z "$stderr" ]
}
@test "VERSION: lists exactly the seven versions and says 1.1.0" {
	run -0 cni_raw VERSION '{"cniVersion":"0.2.0"}'
	json_is . '{"cniVersion":"1.1.0","supportedVersions":["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}'
}
@test "VERSION: never reads stdin, so a closed or a silent one is fine" {
	run -0 timeout 60 bash -c 'CNI_COMMAND=VERSION "$0" <&-' "$BUILD/podtap"
	json_is .cniVersion 1.1.0
	mkfifo "$BATS_TEST_TMPDIR/silent"
	run -0 timeout 60 bash -c 'CNI_COMMAND=VERSION "$0" <>"$1"' "$BUILD/podtap" "$BATS_TEST_TMPDIR/silent"
	json_is .cniVersion 1.1.0
}
@test "VERSION: no variable is looked at" {
	run -0 cni_raw VERSION "" CNI_CONTAINERID="not/valid" CNI_IFNAME=" " CNI_NETNS=dummy CNI_PATH=dummy
	json_is .cniVersion 1.1.0
}

@test "ADD: all missing variables are named in one error, in order" {
	run -1 bare "$good" CNI_COMMAND=ADD
	error_is 4
	json_is .msg "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing"
}
@test "each verb: exactly the variables it needs are required, and an empty one is missing" {
	while read -r verb needed; do
		run -1 cni_raw "$verb" "$good" CNI_CONTAINERID= CNI_NETNS= CNI_IFNAME= CNI_PATH=
		error_is 4
		json_is .msg "required env variables [$needed] missing"
	done <<-END
		ADD CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH
		CHECK CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH
		DEL CNI_CONTAINERID,CNI_IFNAME,CNI_PATH
		STATUS CNI_PATH
		GC CNI_PATH
	END
}
@test "ADD: a bad variable ends the call even where others are missing" {
	run -1 cni_raw ADD "$good" CNI_CONTAINERID="a/b" CNI_PATH=
	error_is 4
	json_is .msg "invalid characters in containerID"
	json_is .details "a/b"
	run -1 cni_raw ADD "$good" CNI_CONTAINERID= CNI_IFNAME="a b" CNI_PATH=
	error_is 4
	[[ $output != *missing* ]]
}
@test "STATUS and GC: attachment variables are not looked at" {
	for verb in STATUS GC; do
		run -0 cni_raw $verb "$good" CNI_CONTAINERID="not/valid" CNI_IFNAME="too long for a name" CNI_NETNS=/nowhere
		[ -z "$output" ]
	done
}
@test "containerID: letters, digits, _ . - after a letter or digit, nothing else" {
	for bad in -a .a _a "a b" "a/b" "a:b" $'a\n' "ä" "a*" "../a" .. .; do
		run -1 cni_raw ADD "$good" CNI_CONTAINERID="$bad"
		error_is 4
		json_is .msg "invalid characters in containerID"
	done
	for fine in a 0 a_b A.b-c "$(printf 'x%.0s' {1..200})"; do
		run -0 cni_raw DEL "$good" CNI_CONTAINERID="$fine"
		[ -z "$output" ]
	done
}
@test "containerID: one longer than a file name is refused by ADD" {
	run -1 cni ADD '{}' CNI_CONTAINERID="$(printf 'x%.0s' {1..256})"
	error_is 4
	run -0 cni ADD '{}' CNI_CONTAINERID="$(printf 'x%.0s' {1..255})"
}
@test "CNI_IFNAME: what the specification or the kernel refuses is code 4 and makes nothing" {
	for bad in . .. a/b a:b "a b" $'a\tb' $'a\n' $'a\u0085' $'a\u00a0' $'a\u1680' $'a\u2003' $'a\u2028' \
		$'a\u202f' $'a\u205f' $'a\u3000' all default eth%d 50% abcdefghijklmnop éééééééé à; do
		run -1 cni_raw ADD "$good" CNI_IFNAME="$bad"
		error_is 4
	done
	run -1 cni_raw ADD "$good" CNI_IFNAME=abcdefghijklmnop
	json_is .msg "interface name is too long"
	json_is .details "interface name should be less than 16 characters"
	run -0 ip -n "$pod" -o link show
	[ "${#lines[@]}" = 1 ]
}
@test "CNI_IFNAME: a leading dash, dots, other scripts and 15 bytes work" {
	ipv6='{"cniVersion":"1.0.0","ipam":{"type":"static","addresses":[{"address":"fd99::7/64"}]},"dad":"off"}'
	for fine in -a eth0.5 éth0 abcdefghijklmno; do
		run -0 cni ADD "$ipv6" CNI_IFNAME="$fine"
		json_is '.interfaces[0].name' "$fine"
		run -0 cni CHECK "$ipv6" CNI_IFNAME="$fine"
		run -0 cni DEL "$ipv6" CNI_IFNAME="$fine"
	done
}

@test "stdin: empty, truncated, trailing bytes, a BOM, other than an object: code 6" {
	for text in "" " " "{" "${good%?}" "$good x" "$good$good" $'\xef\xbb\xbf'"$good" "[]" "5" '"a"' true nul '{"name":}' \
		"{'name':'net'}" '{"name":"net",}' '{"name":"net" "type":"x"}' '{"a":01,"name":"net"}' '{"a":+1}' '{"a":.5}' \
		'{"a":"	"}' '{"a":"\x"}' '{"a":"\ud800"' "/* */$good"; do
		run -1 cni_raw ADD "$text"
		error_is 6 || { echo "for: $text"; return 1; }
	done
}
@test "stdin: hostile nesting is an error, not a crash" {
	deep=$(printf '[%.0s' {1..20000})
	run -1 cni_raw ADD "{\"name\":\"net\",\"x\":$deep"
	error_is 6
	run -1 cni_raw ADD "{\"name\":\"net\",\"x\":$deep$(printf ']%.0s' {1..20000})}"
	error_is 6
	deep=$(printf '{"a":%.0s' {1..20000})
	run -1 cni_raw ADD "$deep"
	error_is 6
}
@test "stdin: more than any configuration could be is refused, and 400 kB are not" {
	head -c 17000000 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/huge"
	run -1 bash -c 'CNI_COMMAND=STATUS CNI_PATH=/ "$0" <"$1" 2>/dev/null' "$BUILD/podtap" "$BATS_TEST_TMPDIR/huge"
	[ "$(jq .code <<<"$output")" = 5 ] || error_is 6
	jq -cn '{cniVersion: "1.1.0", name: "net", type: "podtap", master: "lan0",
		"cni.dev/valid-attachments": [range(6000) | {containerID: "container-\(.)-with-a-long-name-as-they-have", ifname: "eth0"}]}' \
		>"$BATS_TEST_TMPDIR/list"
	run -0 cni_raw GC "$(cat "$BATS_TEST_TMPDIR/list")"
	[ -z "$output" ]
}
@test "stdin: null at the top is a configuration without a name, code 7" {
	run -1 cni_raw ADD null
	error_is 7
}
@test "name: absent, empty or null is code 7, with other characters too, named in details" {
	for change in '{"name":null}' '{"name":""}'; do
		run -1 cni_raw ADD "$(changed "$change")"
		error_is 7
	done
	run -1 cni_raw ADD '{"cniVersion":"1.1.0","name":null,"type":"podtap"}'
	error_is 7
	for bad in "a b" "a/b" ../a "a\\n" -a; do
		run -1 cni_raw ADD "{\"cniVersion\":\"1.1.0\",\"name\":\"$bad\",\"type\":\"podtap\"}"
		error_is 7
		json_is .msg "invalid characters found in network name"
	done
	run -1 cni_raw ADD '{"cniVersion":"1.1.0","name":5,"type":"podtap"}'
	[[ $(jq .code <<<"$output") == [67] ]]
}
@test "an unknown verb is refused only after the configuration was read" {
	run -1 cni_raw add "{"
	error_is 6
	run -1 cni_raw add "$(changed '{"name":null}')"
	error_is 7
	for verb in add Add REMOVE "ADD "; do
		run -1 cni_raw "$verb" "$good"
		error_is 4
		json_is .msg "unknown CNI_COMMAND: $verb"
	done
}

@test "cniVersion: of another type is code 6" {
	for value in 1.1 1 true '[]' '{}'; do
		run -1 cni_raw ADD "{\"cniVersion\":$value,\"name\":\"net\",\"type\":\"podtap\",\"master\":\"lan0\"}"
		error_is 6
	done
}
@test "cniVersion: absent or empty means 0.1.0" {
	ipam='"ipam":{"type":"static","addresses":[{"address":"10.99.0.7/24"}]}'
	for change in "{\"cniVersion\":null,$ipam}" "{\"cniVersion\":\"\",$ipam}"; do
		run -0 cni ADD "$change"
		json_is .cniVersion 0.1.0
		json_is .ip4.ip 10.99.0.7/24
		run -0 cni DEL "$change"
	done
}
@test "cniVersion: only exactly the supported ones are known" {
	for version in 1.0 1.0.00 v1.0.0 0.9.9 2.0.0 " 1.0.0" abc 1.2.3.4 1; do
		for verb in ADD DEL; do
			run -1 cni_raw $verb "$(changed "{\"cniVersion\":\"$version\"}")"
			error_is 1 "$version" "0.1.0" "1.1.0"
			json_is .msg "incompatible CNI versions"
		done
	done
}
@test "CHECK, STATUS, GC: an older version does not allow them, code 1" {
	while read -r verb version; do
		run -1 cni_raw "$verb" "$(changed "{\"cniVersion\":\"$version\"}")"
		error_is 1
		json_is .msg "config version does not allow $verb"
		json_is .cniVersion "$version"
	done <<-END
		CHECK 0.1.0
		CHECK 0.3.1
		STATUS 0.4.0
		STATUS 1.0.0
		GC 1.0.0
		GC 0.4.0
	END
	run -1 cni_raw CHECK "$(changed '{"cniVersion":null}')"
	error_is 1
}
@test "CHECK, STATUS, GC: a version that is none is code 6, an unknown one code 1" {
	for verb in CHECK STATUS GC; do
		for version in abc 1.2.3.4 1.x; do
			run -1 cni_raw $verb "$(changed "{\"cniVersion\":\"$version\"}")"
			error_is 6
		done
		for version in 2 2.0 1.9.0; do
			run -1 cni_raw $verb "$(changed "{\"cniVersion\":\"$version\"}")"
			error_is 1
			json_is .msg "incompatible CNI versions"
		done
	done
}
@test "errors: the configuration's version, else 1.1.0, and always one object on stdout" {
	run -1 cni_raw ADD "$(changed '{"cniVersion":"0.3.1","mode":"no such mode"}')"
	error_is 7
	json_is .cniVersion 0.3.1
	run -1 cni_raw ADD "{"
	json_is .cniVersion 1.1.0
	run -1 bare "$good" CNI_COMMAND=ADD
	json_is .cniVersion 1.1.0
}

@test "ADD and CHECK: a namespace that is none is code 4 naming CNI_NETNS, and nothing is made" {
	touch "$BATS_TEST_TMPDIR/file"
	for bad in /nowhere "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/file" /proc/self/ns/mnt /proc/self/ns/user /dev/null /proc/self/stat relative; do
		run -1 cni_raw ADD "$good" CNI_NETNS="$bad"
		error_is 4 CNI_NETNS
		run -1 cni_raw CHECK "$(changed '{"prevResult":{"cniVersion":"1.1.0"}}')" CNI_NETNS="$bad"
		error_is 4 CNI_NETNS
	done
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	run -1 timeout 60 env BUILD="$BUILD" bash -c 'CNI_COMMAND=ADD CNI_CONTAINERID=a CNI_IFNAME=eth0 CNI_PATH=/ CNI_NETNS=$0 \
		"$BUILD/podtap" <<<"$1" 2>/dev/null' "$BATS_TEST_TMPDIR/fifo" "$good"
	error_is 4 CNI_NETNS
}
@test "ADD: the plugin's own namespace is code 8 and nothing is made; DEL of it succeeds and touches nothing" {
	run -1 cni_raw ADD "$good" CNI_NETNS="/run/netns/$host"
	error_is 8
	run -1 cni_raw ADD "$good" CNI_NETNS=/proc/self/ns/net
	error_is 8
	ip -n "$host" link add link lan0 name eth0 type macvlan mode bridge
	run -0 cni_raw DEL "$good" CNI_NETNS="/run/netns/$host"
	[ -z "$output" ]
	link_exists "$host" eth0
	ip -n "$host" link del eth0
}
@test "ADD: CNI_NETNS_OVERRIDE, 1 or true, allows the plugin's own namespace" {
	for yes in 1 true TRUE True; do
		run -0 cni ADD '{}' CNI_NETNS="/run/netns/$host" CNI_NETNS_OVERRIDE=$yes
		link_exists "$host" eth0
		run -0 cni DEL '{}' CNI_NETNS="/run/netns/$host" CNI_NETNS_OVERRIDE=$yes
		run -1 link_exists "$host" eth0
	done
	for no in 0 yes false ""; do
		run -1 cni_raw ADD "$good" CNI_NETNS="/run/netns/$host" CNI_NETNS_OVERRIDE="$no"
		error_is 8
	done
}
@test "ADD: any path to a namespace works and comes back as it was given" {
	ln -s "/run/netns/$pod" "$BATS_TEST_TMPDIR/link"
	nsenter --net="/run/netns/$pod" sleep 600 3>&- &
	background+=($!)
	sleeper=$!
	until [ "$(readlink "/proc/$sleeper/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do :; done
	for path in "/var/run/netns/$pod" "/run/netns/../netns/$pod" "$BATS_TEST_TMPDIR/link" "/proc/$sleeper/ns/net"; do
		run -0 cni ADD '{}' CNI_NETNS="$path"
		json_is '.interfaces[0].sandbox' "$path"
		run -0 cni DEL '{}' CNI_NETNS="$path"
		run -1 link_exists "$pod" eth0
	done
}

@test "ADD: a relative path to a namespace is on record so that it is found from anywhere" {
	cd /run/netns
	run -0 cni ADD '{}' CNI_NETNS="../netns/$pod"
	json_is '.interfaces[0].sandbox' "../netns/$pod"
	run -0 cni CHECK '{}' CNI_NETNS="../netns/$pod"
	cd /
	run -0 cni GC '{"cni.dev/valid-attachments":[]}'
	run -1 link_exists "$pod" eth0
}

@test "keys: any letter case, as the reference plugins read them" {
	run -0 cni_raw ADD '{"CNIVERSION":"1.0.0","NaMe":"net","type":"podtap","Master":"lan0","MTU":1400,"RuntimeConfig":{"MAC":"02:00:00:00:00:07"}}'
	json_is .cniVersion 1.0.0
	json_is '.interfaces[0].mac' 02:00:00:00:00:07
	json_is '.interfaces[0].mtu' 1400
	run -0 cni_raw DEL "$good"
}
@test "keys: of duplicates the last counts, and repeated objects are merged" {
	run -0 cni_raw ADD '{"cniVersion":"1.1.0","name":"net","type":"podtap","master":"none","master":"lan0","mtu":1300,"MTU":1400,
		"runtimeConfig":{"mac":"02:00:00:00:00:07"},"runtimeConfig":{"ips":[]}}'
	json_is '.interfaces[0].mac' 02:00:00:00:00:07
	json_is '.interfaces[0].mtu' 1400
	run -0 cni_raw DEL "$good"
}
@test "keys: null is absent, escapes are read, unknown ones are ignored" {
	run -0 cni_raw ADD '{"cniVersion":"1.1.0","name":"n\u0065t","type":"podtap","m\u0061ster":"lan\u0030","mtu":null,"mode":null,"ipam":null,"dns":null,
		"prevResult":null,"runtimeConfig":null,"args":null,"capabilities":{"mac":true},"cniVersions":["1.1.0"],"disableCheck":"true",
		"disableGC":false,"loadOnlyInlinedPlugins":true,"plugins":[],"cni.dev/x":1,"\ud83d\ude00":"\ud83d\ude00","what":{"ever":[1e400]}}'
	json_is '.interfaces[0].name' eth0
	run -0 cni_raw DEL "$good"
}

@test "CNI_ARGS: an unknown key is refused unless IgnoreUnknown says so" {
	for args in "FOO=1" "mac=02:00:00:00:00:07" "FOO=1;IgnoreUnknown=0" "IgnoreUnknown=false;FOO=1" "IgnoreUnknown=yes"; do
		run -1 cni_raw ADD "$good" CNI_ARGS="$args"
		error_is 4 CNI_ARGS
	done
	for args in "FOO=1;IgnoreUnknown=1" "IgnoreUnknown=TRUE;K8S_POD_NAME=x" "IgnoreUnknown=true;A=B=C;" ";IgnoreUnknown=1;;X=;"; do
		run -0 cni ADD '{}' CNI_ARGS="$args"
		run -0 cni DEL '{}' CNI_ARGS="$args"
	done
}
@test "CNI_ARGS: DEL does not read them" {
	run -0 cni ADD
	run -0 cni DEL '{}' CNI_ARGS="FOO=1;=;==;IgnoreUnknown=perhaps"
	run -1 link_exists "$pod" eth0
}

@test "stdout that cannot be written: ADD undoes itself and fails" {
	run -1 cni_raw_to /dev/full ADD "$good"
	run -1 link_exists "$pod" eth0
	run -1 cni_raw_to closed ADD "$good"
	run -1 link_exists "$pod" eth0
}
cni_raw_to() {
	local variables=(CNI_COMMAND="$2" CNI_CONTAINERID="$container" CNI_NETNS="/run/netns/$pod" CNI_IFNAME=eth0 CNI_PATH=/)
	case $1 in
	closed) at "$host" env "${variables[@]}" "$BUILD/podtap" <<<"$3" >&- 2>/dev/null ;;
	*) at "$host" env "${variables[@]}" "$BUILD/podtap" <<<"$3" >"$1" 2>/dev/null ;;
	esac
}
@test "every error of every verb is one object on stdout, and exit 1" {
	for verb in $every_verb; do
		for text in "{" "$(changed '{"name":null}')" "$(changed '{"cniVersion":"7"}')"; do
			run -1 cni_raw "$verb" "$text"
			error_is "$(jq .code <<<"$output")"
		done
	done
}
@test "inherited descriptors and any working directory do no harm" {
	cd /proc/self
	run -0 cni ADD
	run -0 cni DEL
	exec 0<&-
	run -0 cni_raw VERSION ""
}
