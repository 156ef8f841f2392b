#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The protocol itself: the error of each wrong call, and no side effects.
load ../lib/lib

good='{"cniVersion":"1.1.0","name":"net","type":"podtap","master":"lan0"}'
every_verb="ADD DEL CHECK STATUS GC"

# Calls with only the given CNI_ variables: bare TEXT [VARIABLE=VALUE...]
bare() {
	printf %s "$1" | at "$host" env "${@:2}" "$BUILD/podtap" 2>"$BATS_TEST_TMPDIR/stderr"
}
changed() {
	config "$1"
}

@test "no CNI_COMMAND: prints the program's version on stderr, exits 0 and does not read stdin" {
	run -0 --separate-stderr bash -c 'printf untouched | { "$0"; cat; }' "$BUILD/podtap"
	[ "$output" = untouched ]
	[[ $stderr == *podtap* ]]
	[[ $stderr == *"CNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0"* ]]
}
@test "--version: prints the version on stdout" {
	run -0 --separate-stderr "$BUILD/podtap" --version
	[[ $output == *podtap* ]]
	[ -z "$stderr" ]
}
@test "VERSION: lists exactly the seven versions and answers in 1.1.0" {
	run -0 cni_raw VERSION '{"cniVersion":"0.2.0"}'
	json_is . '{"cniVersion":"1.1.0","supportedVersions":["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}'
}
@test "VERSION: never reads stdin, and works with a closed or silent one" {
	run -0 timeout 60 bash -c 'CNI_COMMAND=VERSION "$0" <&-' "$BUILD/podtap"
	json_is .cniVersion 1.1.0
	mkfifo "$BATS_TEST_TMPDIR/silent"
	run -0 timeout 60 bash -c 'CNI_COMMAND=VERSION "$0" <>"$1"' "$BUILD/podtap" "$BATS_TEST_TMPDIR/silent"
	json_is .cniVersion 1.1.0
}
@test "VERSION: asks the kernel for no capability, and opens no file" {
	[[ $("$BUILD/podtap" --version) != *dynamic* ]] || return 0 # there the loader opens files, and libcap-ng begins
	run -0 env CNI_COMMAND=VERSION strace -qq -o "$BATS_TEST_TMPDIR/trace" "$BUILD/podtap"
	run -1 grep -E '^(capget|capset|prctl|open|openat)\(' "$BATS_TEST_TMPDIR/trace"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/trace")" -le 20 ]
}
@test "VERSION: reads no variable" {
	run -0 cni_raw VERSION "" CNI_CONTAINERID="not/valid" CNI_IFNAME=" " CNI_NETNS=dummy CNI_PATH=dummy
	json_is .cniVersion 1.1.0
}

@test "ADD: names all missing variables in one error, in order" {
	run -1 bare "$good" CNI_COMMAND=ADD
	error_is 4
	json_is .msg "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing"
}
@test "each verb: requires exactly the variables it needs; an empty one counts as missing" {
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
@test "ADD: reports an invalid variable even where others are missing" {
	run -1 cni_raw ADD "$good" CNI_CONTAINERID="a/b" CNI_PATH=
	error_is 4
	json_is .msg "invalid characters in containerID"
	json_is .details "a/b"
	run -1 cni_raw ADD "$good" CNI_CONTAINERID= CNI_IFNAME="a b" CNI_PATH=
	error_is 4
	[[ $output != *missing* ]]
}
@test "STATUS and GC: ignore attachment variables" {
	for verb in STATUS GC; do
		run -0 cni_raw $verb "$good" CNI_CONTAINERID="not/valid" CNI_IFNAME="too long for a name" CNI_NETNS=/nowhere
		[ -z "$output" ]
	done
}
@test "containerID: allows letters, digits, _ . - after a letter or digit, nothing else" {
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
@test "containerID: ADD refuses one longer than a file name" {
	run -1 cni ADD '{}' CNI_CONTAINERID="$(printf 'x%.0s' {1..256})"
	error_is 4
	run -0 cni ADD '{}' CNI_CONTAINERID="$(printf 'x%.0s' {1..255})"
}
@test "CNI_IFNAME: a name that the specification or the kernel forbids gives code 4 and makes nothing" {
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

@test "stdin: empty, truncated, trailing bytes, a BOM and other types than an object give code 6" {
	for text in "" " " "{" "${good%?}" "$good x" "$good$good" $'\xef\xbb\xbf'"$good" "[]" "5" '"a"' true nul '{"name":}' \
		"{'name':'net'}" '{"name":"net",}' '{"name":"net" "type":"x"}' '{"a":01,"name":"net"}' '{"a":+1}' '{"a":.5}' \
		'{"a":"	"}' '{"a":"\x"}' '{"a":"\ud800"' "/* */$good"; do
		run -1 cni_raw ADD "$text"
		error_is 6 || { echo "for: $text"; return 1; }
	done
}
@test "stdin: deep nesting gives an error and no crash" {
	deep=$(printf '[%.0s' {1..20000})
	run -1 cni_raw ADD "{\"name\":\"net\",\"x\":$deep"
	error_is 6
	run -1 cni_raw ADD "{\"name\":\"net\",\"x\":$deep$(printf ']%.0s' {1..20000})}"
	error_is 6
	deep=$(printf '{"a":%.0s' {1..20000})
	run -1 cni_raw ADD "$deep"
	error_is 6
}
@test "stdin: more than the limit is refused, and 400 kB are accepted" {
	head -c 17000000 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/huge"
	run -1 bash -c 'CNI_COMMAND=STATUS CNI_PATH=/ "$0" <"$1" 2>/dev/null' "$BUILD/podtap" "$BATS_TEST_TMPDIR/huge"
	[ "$(jq .code <<<"$output")" = 5 ] || error_is 6
	jq -cn '{cniVersion: "1.1.0", name: "net", type: "podtap", master: "lan0",
		"cni.dev/valid-attachments": [range(6000) | {containerID: "container-\(.)-with-a-long-name-as-they-have", ifname: "eth0"}]}' \
		>"$BATS_TEST_TMPDIR/list"
	run -0 cni_raw GC "$(cat "$BATS_TEST_TMPDIR/list")"
	[ -z "$output" ]
}
@test "stdin: null is a configuration without a name and gives code 7" {
	run -1 cni_raw ADD null
	error_is 7
}
@test "name: absent, empty, null or with other characters gives code 7, named in details" {
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
@test "an unknown verb: is refused only after the configuration was read" {
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

@test "cniVersion: another type gives code 6" {
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
@test "cniVersion: only the exact supported versions are accepted" {
	for version in 1.0 1.0.00 v1.0.0 0.9.9 2.0.0 " 1.0.0" abc 1.2.3.4 1; do
		for verb in ADD DEL; do
			run -1 cni_raw $verb "$(changed "{\"cniVersion\":\"$version\"}")"
			error_is 1 "$version" "0.1.0" "1.1.0"
			json_is .msg "incompatible CNI versions"
		done
	done
}
@test "CHECK, STATUS, GC: a version that does not have the verb gives code 1" {
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
@test "CHECK, STATUS, GC: an invalid version gives code 6, an unknown one code 1" {
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
@test "errors: have the configuration's version, else 1.1.0, and are one object on stdout" {
	run -1 cni_raw ADD "$(changed '{"cniVersion":"0.3.1","mode":"no such mode"}')"
	error_is 7
	json_is .cniVersion 0.3.1
	run -1 cni_raw ADD "{"
	json_is .cniVersion 1.1.0
	run -1 bare "$good" CNI_COMMAND=ADD
	json_is .cniVersion 1.1.0
}

@test "ADD and CHECK: an invalid namespace gives code 4 with CNI_NETNS, and nothing is made" {
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
@test "ADD: refuses the plugin's own namespace with code 8 and makes nothing; DEL of it succeeds and changes nothing" {
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
@test "ADD: accepts any path to a namespace and returns it unchanged" {
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

@test "ADD: records a relative path to a namespace so that GC finds it from any directory" {
	cd /run/netns
	run -0 cni ADD '{}' CNI_NETNS="../netns/$pod"
	json_is '.interfaces[0].sandbox' "../netns/$pod"
	run -0 cni CHECK '{}' CNI_NETNS="../netns/$pod"
	cd /
	run -0 cni GC '{"cni.dev/valid-attachments":[]}'
	run -1 link_exists "$pod" eth0
}

@test "keys: match in any letter case, as with the reference plugins" {
	run -0 cni_raw ADD '{"CNIVERSION":"1.0.0","NaMe":"net","type":"podtap","Master":"lan0","MTU":1400,"RuntimeConfig":{"MAC":"02:00:00:00:00:07"}}'
	json_is .cniVersion 1.0.0
	json_is '.interfaces[0].mac' 02:00:00:00:00:07
	json_is '.interfaces[0].mtu' 1400
	run -0 cni_raw DEL "$good"
}
@test "keys: the last duplicate wins, and repeated objects are merged" {
	run -0 cni_raw ADD '{"cniVersion":"1.1.0","name":"net","type":"podtap","master":"none","master":"lan0","mtu":1300,"MTU":1400,
		"runtimeConfig":{"mac":"02:00:00:00:00:07"},"runtimeConfig":{"ips":[]}}'
	json_is '.interfaces[0].mac' 02:00:00:00:00:07
	json_is '.interfaces[0].mtu' 1400
	run -0 cni_raw DEL "$good"
}
@test "keys: null counts as absent, escapes are decoded, unknown keys are ignored" {
	run -0 cni_raw ADD '{"cniVersion":"1.1.0","name":"n\u0065t","type":"podtap","m\u0061ster":"lan\u0030","mtu":null,"mode":null,"ipam":null,"dns":null,
		"prevResult":null,"runtimeConfig":null,"args":null,"capabilities":{"mac":true},"cniVersions":["1.1.0"],"disableCheck":"true",
		"disableGC":false,"loadOnlyInlinedPlugins":true,"plugins":[],"cni.dev/x":1,"\ud83d\ude00":"\ud83d\ude00","what":{"ever":[1e400]}}'
	json_is '.interfaces[0].name' eth0
	run -0 cni_raw DEL "$good"
}

@test "CNI_ARGS: an unknown key is refused unless IgnoreUnknown is set" {
	for args in "FOO=1" "mac=02:00:00:00:00:07" "FOO=1;IgnoreUnknown=0" "IgnoreUnknown=false;FOO=1" "IgnoreUnknown=yes"; do
		run -1 cni_raw ADD "$good" CNI_ARGS="$args"
		error_is 4 CNI_ARGS
	done
	for args in "FOO=1;IgnoreUnknown=1" "IgnoreUnknown=TRUE;K8S_POD_NAME=x" "IgnoreUnknown=true;A=B=C;" ";IgnoreUnknown=1;;X=;"; do
		run -0 cni ADD '{}' CNI_ARGS="$args"
		run -0 cni DEL '{}' CNI_ARGS="$args"
	done
}
@test "CNI_ARGS: DEL ignores them" {
	run -0 cni ADD
	run -0 cni DEL '{}' CNI_ARGS="FOO=1;=;==;IgnoreUnknown=perhaps"
	run -1 link_exists "$pod" eth0
}

@test "stdout: ADD undoes itself and fails when it cannot write the result" {
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
@test "stdout: ADD waits for the reader of a pipe that is full and does not block" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec {both}<>"$BATS_TEST_TMPDIR/pipe"
	exec {in}<"$BATS_TEST_TMPDIR/pipe"
	exec {out}>"$BATS_TEST_TMPDIR/pipe" {both}>&-
	printf '%65536s' '' >&"$out"
	dd oflag=nonblock count=0 status=none </dev/null >&"$out"
	cni_raw ADD "$(config)" >&"$out" {in}<&- {out}>&- 3>&- &
	call=$!
	exec {out}>&-
	while kill -0 "$call" 2>/dev/null && [ "$(jq -r .state "$(record)" 2>/dev/null)" != ready ]; do sleep 0.02; done
	run -0 jq -c '[.code, .interfaces[0].name]' <&"$in"
	[ "$output" = '[null,"eth0"]' ]
	wait "$call"
	run -0 cni_raw DEL "$(config)"
}
@test "errors: each verb prints one object on stdout and exits 1" {
	for verb in $every_verb; do
		for text in "{" "$(changed '{"name":null}')" "$(changed '{"cniVersion":"7"}')"; do
			run -1 cni_raw "$verb" "$text"
			error_is "$(jq .code <<<"$output")"
		done
	done
}
@test "inherited descriptors and any working directory have no effect" {
	cd /proc/self
	run -0 cni ADD
	run -0 cni DEL
	exec 0<&-
	run -0 cni_raw VERSION ""
}
