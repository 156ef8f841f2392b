#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# STATUS: reports that an ADD would fail, and changes nothing.
load ../lib/lib
load ../lib/delegate
load ../lib/frames
load ../lib/tamper

setup() {
	lan_setup
	delegates_setup
}

# Runs STATUS with only what a runtime passes: status_of [CHANGES [VARIABLE=VALUE...]]
status_of() {
	config "${1:-}" | at "$host" "${wrapper[@]}" env "$delegates" CNI_COMMAND=STATUS "${@:2}" "$BUILD/podtap" \
		2>"$BATS_TEST_TMPDIR/stderr"
}
is_ready() {
	run -0 status_of "$@"
	[ -z "$output" ]
}
# Asserts the error of STATUS: not_ready CODE CHANGES TEXT...
not_ready() {
	run -1 status_of "$2"
	error_is "$1" "${@:3}"
}

@test "STATUS: is silent where an ADD would work" {
	for change in '{}' '{"type":"macvlan"}' '{"mode":"private"}' '{"mode":"vepa","mtu":1400}' '{"mode":"passthru"}' \
		'{"mode":"source"}' '{"ipam":{}}' '{"ipam":null}'; do
		is_ready "$change"
	done
}
@test "STATUS: a missing or unsuitable master gives code 50 with the reason" {
	ip -n "$host" tuntap add tun0 mode tun
	not_ready 50 '{"master":"absent0"}' absent0 "no such interface"
	not_ready 50 '{"master":"lo"}' lo loopback
	not_ready 50 '{"master":"tun0"}' tun0 Ethernet
	not_ready 50 '{"mtu":9000}' 9000 1500 lan0
	is_ready '{"mtu":1500}'
}
@test "STATUS: without master uses the default route's interface; a missing one is no failure" {
	is_ready '{"master":null}'
	is_ready '{"master":""}'
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	ip -n "$host" route add default via 10.99.0.254
	is_ready '{"master":null}'
	not_ready 50 '{"master":null,"mtu":9000}' lan0
	ip -n "$host" tuntap add tun0 mode tun
	ip -n "$host" address add 10.98.0.1/24 dev tun0
	ip -n "$host" link set tun0 up
	ip -n "$host" route replace default via 10.98.0.254 dev tun0
	not_ready 50 '{"master":null}' tun0 Ethernet
}
@test "STATUS: does not look for a master in containers" {
	is_ready '{"master":"absent0","linkInContainer":true}'
}
@test "STATUS: a kind the kernel does not know gives code 50 and names the module to load" {
	local asked hex
	# The question as it is asked, and the same with a kind that no kernel knows.
	wrapper=("${traced[@]}" -e trace=sendto -e write=all)
	is_ready
	asked=$(awk '/^sendto/ { n++ } n == 1 && /^ \| / { print substr($0, 11, 49) }' "$BATS_TEST_TMPDIR/trace" | tr -d ' \n')
	hex=$(text_hex macvtap)
	[[ $asked == *"$hex"* ]]
	asked=${asked//"$hex"/"$(text_hex nosuchk)"}
	wrapper=("${traced[@]}" -e trace=sendto -e "inject=sendto:poke_enter=@arg2=$asked:when=1")
	not_ready 50 '{}' macvtap module
}
@test "STATUS: passthru on a master that the host uses is refused unless forced" {
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	not_ready 50 '{"mode":"passthru"}' lan0 force
	is_ready '{"mode":"passthru","force":true}'
	ip -n "$host" address del 10.99.0.1/24 dev lan0
	is_ready '{"mode":"passthru"}'
}

@test "STATUS: a master in use is a failure only with strictStatus, which names the holder" {
	strict='{"mode":"passthru","strictStatus":true}'
	is_ready "$strict"
	run -0 cni ADD '{"mode":"passthru"}'
	is_ready '{"mode":"passthru"}'
	is_ready '{}'
	not_ready 50 "$strict" lan0 "$container" eth0
	not_ready 50 '{"strictStatus":true}' lan0 "$container" passthru
	run -0 cni DEL '{"mode":"passthru"}'
	is_ready "$strict"
	run -0 cni ADD
	is_ready '{"strictStatus":true}'
	not_ready 50 "$strict" lan0 "$container" bridge
}

@test "STATUS: a state directory that ADD cannot make gives code 50 and is named" {
	local place
	touch "$BATS_TEST_TMPDIR/file"
	ln -s "$BATS_TEST_TMPDIR/nowhere" "$BATS_TEST_TMPDIR/dangling"
	for place in /proc/x "$BATS_TEST_TMPDIR/file/x" "$BATS_TEST_TMPDIR/dangling/x"; do
		run -1 status_of '{}' PODTAP_STATE_DIR="$place"
		error_is 50 "endpoint records" "$place"
		run -1 cni_raw ADD "$(config)" PODTAP_STATE_DIR="$place"
		error_is 5 "$place"
	done
	run -0 status_of '{}' PODTAP_STATE_DIR="$BATS_TEST_TMPDIR/a/b/c"
	[ ! -e "$BATS_TEST_TMPDIR/a" ]
	run -0 cni ADD '{}' PODTAP_STATE_DIR="$BATS_TEST_TMPDIR/a/b/c"
	run -0 status_of '{}' PODTAP_STATE_DIR="$BATS_TEST_TMPDIR/a/b/c"
	run -0 cni DEL '{}' PODTAP_STATE_DIR="$BATS_TEST_TMPDIR/a/b/c"
}

@test "STATUS: a missing IPAM plugin gives code 50 and is named" {
	not_ready 50 '{"ipam":{"type":"absent"}}' absent "$BATS_TEST_TMPDIR/delegates"
}
@test "STATUS: forwards the message and code of an IPAM plugin that fails" {
	for code in 50 51 11 999; do
		delegate ailing <<<"refuse $code 'the range is exhausted'"
		not_ready $code '{"ipam":{"type":"ailing"}}' "the range is exhausted"
	done
	delegate ailing <<<'exit 1'
	not_ready 999 '{"ipam":{"type":"ailing"}}' ailing
}
@test "STATUS: an IPAM plugin without STATUS counts as ready" {
	for code in 1 4; do
		delegate old <<<"refuse $code 'what is STATUS?'"
		is_ready '{"ipam":{"type":"old"}}'
	done
	delegate serving <<<'[ "$CNI_COMMAND" = STATUS ]'
	is_ready '{"ipam":{"type":"serving"}}'
	[ "$(called STATUS)" = 3 ]
	is_ready "{$(host_local)}"
	is_ready "{$(host_local)}" CNI_PATH=/usr/lib/cni
	is_ready '{"ipam":{"type":"dhcp"}}' CNI_PATH=/usr/lib/cni
}
@test "STATUS: reports its first finding, and calls the delegate last" {
	delegate ailing <<<'refuse 51 "the range is exhausted"'
	not_ready 50 '{"master":"absent0","ipam":{"type":"ailing"}}' absent0
	[ ! -s "$calls" ]
	not_ready 7 '{"mode":"hairpin","master":"absent0"}' mode hairpin
}
@test "STATUS: changes nothing, and an ADD works after any answer" {
	state() {
		ip -n "$host" -d -j link show | jq -c '.[] | [.ifname, .address, .mtu, .promiscuity]'
		ip -n "$host" -4 -o address show
	}
	state >"$BATS_TEST_TMPDIR/before"
	is_ready "{$(host_local)}"
	not_ready 50 '{"master":"absent0"}'
	delegate ailing <<-'SCRIPT'
		case $CNI_COMMAND in
		ADD) answer '"ips":[{"address":"10.99.0.7/24"}]' ;;
		STATUS) refuse 50 "not now" ;;
		esac
	SCRIPT
	not_ready 50 '{"ipam":{"type":"ailing"}}'
	state >"$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ ! -e "$PODTAP_STATE_DIR" ]
	run -0 cni ADD '{"ipam":{"type":"ailing"}}' "$delegates"
}
@test "STATUS: warns of the first sixteen unknown keys of thirty thousand, and answers" {
	keys=$(jq -cn '[range(30000) | {key: "promiscMod\(.)x", value: 1}] | from_entries')
	run -0 cni_raw STATUS "$(jq -c --slurpfile more /dev/stdin '. + $more[0]' <(config '{"cniVersion":"1.1.0"}') <<<"$keys")"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/stderr")" = 16 ]
}
@test "STATUS: warns of every unknown key and names the key that is meant; STATUS and ADD still succeed" {
	log=$BATS_TEST_TMPDIR/log
	change="{\"mastr\":\"lan0\",\"logFile\":\"$log\",\"x\":1,\"cni.dev/attachments\":[],\"runtimeConfig\":{\"any\":1},
		\"ipam\":{\"type\":\"podtap-ipam\",\"dataDir\":\"$BATS_TEST_TMPDIR/store\",\"ranges\":[[{\"subnet\":\"10.99.0.0/24\",
		\"range_start\":\"10.99.0.9\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}}"
	run -0 --separate-stderr cni STATUS "$change"
	expected='configuration key mastr is unknown and has no effect (did you mean master?)
configuration key x is unknown and has no effect
configuration key ipam.ranges[0][0].range_start is unknown and has no effect (did you mean rangeStart?)'
	[ "$(sed 's/^podtap: //' "$BATS_TEST_TMPDIR/stderr")" = "$expected" ]
	[ "$(sed -n 's/.* warning STATUS .*netns=[^ ]* //p' "$log")" = "$expected" ]
	rm "$log"
	run -0 cni ADD "$change"
	[ "$(sed -n 's/.* warning ADD .*netns=[^ ]* //p' "$log")" = "$expected" ]
	[ ! -s "$BATS_TEST_TMPDIR/stderr" ]
	run -0 cni DEL "$change"
	run -0 --separate-stderr cni_raw STATUS "$(config '{"ipam":{"type":"host-local","any":1,"subnet":"10.99.0.0/24"}}')"
	[ ! -s "$BATS_TEST_TMPDIR/stderr" ]
	rm -r "$BATS_TEST_TMPDIR/store"
}
