#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# IPAM delegates: how podtap calls them, and what happens when they misbehave.
load ../lib/lib
load ../lib/lists
load ../lib/delegate
load ../lib/tamper

setup() {
	lan_setup
	own_state
	log=$BATS_TEST_TMPDIR/log
	mkdir "$log"
	scripted='{"cniVersion":"1.0.0","ipam":{"type":"scripted"}}'
	status11='{"ipam":{"type":"scripted"}}'
}
teardown() {
	export SCRIPT_LOG=$log
	lan_teardown
}

# A call with the scripted plugin in CNI_PATH, which DEL at the end uses as well.
scripted() {
	cni "$1" "${@:2}" CNI_PATH="$BUILD:$fixtures/delegates:/usr/lib/cni" SCRIPT_LOG="$log"
}
calls() {
	[ "$(cut -d' ' -f1 "$log/calls" | tr '\n' ' ')" = "$* " ] || { cat "$log/calls"; return 1; }
}
nothing_made() {
	run -1 link_exists "$pod" eth0
	[ -z "$(find "$PODTAP_STATE_DIR" -type f ! -path "$PODTAP_STATE_DIR/lock" ! -path "$PODTAP_STATE_DIR/minors")" ]
}

@test "IPAM: ADD, CHECK and DEL reach the delegate, and the link and the result have its addresses" {
	run -0 scripted ADD "$scripted"
	json_is '.ips' '[{"interface":0,"address":"10.99.0.66/24","gateway":"10.99.0.254"}]'
	json_is '[.interfaces[].name]' '["eth0"]'
	run -0 ip -n "$pod" -4 address show eth0
	[[ $output == *10.99.0.66/24* ]]
	run -0 ip -n "$pod" route
	[[ $output == *"10.77.0.0/16 via 10.99.0.254 dev eth0"* ]]
	run -0 scripted CHECK "$scripted"
	run -0 scripted DEL "$scripted"
	calls ADD CHECK DEL
}
@test "IPAM: the delegate gets stdin byte for byte" {
	text='  {"name":"net", "cniVersion" :"1.0.0","type":"podtap","master":"lan0","unknown":[1.50,1e2,"\u00e4ä"],
		"ipam":{"type":"scripted","x":{"y":null}} }
'
	run -0 cni_raw ADD "$text" CNI_PATH="$fixtures/delegates" SCRIPT_LOG="$log"
	run -0 cmp "$log/ADD.stdin" - <<<"${text%$'\n'}"
	run -0 cni_raw DEL "$text" CNI_PATH="$fixtures/delegates" SCRIPT_LOG="$log"
	run -0 cmp "$log/DEL.stdin" "$log/ADD.stdin"
}
@test "IPAM: the delegate gets the plugin's environment, except for CNI_COMMAND" {
	run -0 scripted ADD "$scripted" CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAME=x;A=B=C" TRACEPARENT=00-ab-cd-01 OTHER="a b" CNI_NETNS_OVERRIDE=
	for line in CNI_COMMAND=ADD "CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAME=x;A=B=C" TRACEPARENT=00-ab-cd-01 "OTHER=a b" \
		"CNI_NETNS=/run/netns/$pod" "CNI_CONTAINERID=$container" CNI_IFNAME=eth0 CNI_NETNS_OVERRIDE=; do
		run -0 grep -qxF "$line" "$log/ADD.env"
	done
}
@test "IPAM: the delegate runs in the host's namespace and the working directory, while the link exists" {
	cd "$BATS_TEST_TMPDIR"
	run -0 scripted ADD "$scripted"
	run -0 at "$host" readlink /proc/self/ns/net /proc/self/cwd
	[ "$output" = "$(cat "$log/ADD.where")" ]
	run -0 grep -q eth0@ "$log/ADD.link"
	run -0 scripted DEL "$scripted"
	run -0 grep -q eth0@ "$log/DEL.link"
}
@test "IPAM: the delegate's stderr reaches the plugin's stderr, not stdout" {
	run -0 scripted ADD "$scripted"
	json_is .cniVersion 1.0.0
	run -0 grep -q "the plugin's own words" "$BATS_TEST_TMPDIR/stderr"
}
@test "IPAM: the first directory of CNI_PATH that has the file wins; a directory of that name does not count" {
	mkdir -p "$BATS_TEST_TMPDIR/a/scripted" "$BATS_TEST_TMPDIR/b"
	ln -s "$fixtures/delegates/scripted" "$BATS_TEST_TMPDIR/b/scripted"
	run -0 cni ADD "$scripted" CNI_PATH="/nowhere::$BATS_TEST_TMPDIR/a:$BATS_TEST_TMPDIR/b" SCRIPT_LOG="$log"
	calls ADD
}
@test "IPAM: an ipam that is absent, null, {} or of an empty type runs no delegate on any verb" {
	for ipam in null '{}' '{"type":""}' '{"type":null}'; do
		for verb in ADD CHECK STATUS GC DEL; do
			run -0 scripted $verb "{\"ipam\":$ipam}"
		done
	done
	[ ! -e "$log/calls" ]
}

# Each answer is refused: the error is an object, nothing is left, and the delegate's DEL ran.
@test "IPAM: an invalid answer fails ADD, is released with DEL and leaves nothing" {
	for say in nothing half garbage null list two silent-1 words-and-1 result-and-1 killed wrong-version no-addresses \
		bad-address enormous impossible twice; do
		rm -f "$log/calls"
		run -1 scripted ADD "$scripted" SCRIPT_ADD=$say
		error_is "$(jq .code <<<"$output")" || { echo "for: $say"; return 1; }
		[ "$(jq .code <<<"$output")" -ge 6 ]
		calls ADD DEL || { echo "for: $say"; return 1; }
		nothing_made || { echo "for: $say"; return 1; }
	done
}
@test "IPAM: the delegate's error is returned unchanged, and the DEL after it does not hide it" {
	run -1 scripted ADD "$scripted" SCRIPT_ADD=error SCRIPT_DEL=words-and-1
	error_is 11
	json_is .msg "the pool is busy"
	json_is .details "come back later"
	calls ADD DEL
	nothing_made
	rm "$cache"/* # the DEL at the end would fail as told
}
@test "IPAM: a failure without an error object reports the delegate's output with code 999" {
	run -1 scripted ADD "$scripted" SCRIPT_ADD=words-and-1
	error_is 999 scripted "no more addresses"
	nothing_made
}
@test "IPAM: accepts answers of older versions, without a version, large ones, and delegates that ignore stdin" {
	for say in old-version no-version large deaf; do
		run -0 scripted ADD "$scripted" SCRIPT_ADD=$say
		json_is .cniVersion 1.0.0
		json_is '.ips[0].address' 10.99.0.66/24
		run -0 scripted DEL "$scripted"
	done
}
@test "IPAM: a delegate that reads nothing of a long stdin does no harm" {
	long=$(jq -cn '{cniVersion: "1.0.0", ipam: {type: "scripted"}, x: [range(60000)]}')
	printf '%s' "$long" >"$BATS_TEST_TMPDIR/long"
	run -0 cni_raw ADD "$(jq -c '. + {name: "net", type: "podtap", master: "lan0"}' "$BATS_TEST_TMPDIR/long")" \
		CNI_PATH="$fixtures/delegates" SCRIPT_LOG="$log" SCRIPT_ADD=deaf
	run -0 scripted DEL "$scripted"
}
@test "IPAM: a failed DEL of the delegate is reported, and the link is removed all the same" {
	run -0 scripted ADD "$scripted"
	node=$(tap)
	run -1 scripted DEL "$scripted" SCRIPT_DEL=error
	error_is 11
	json_is .msg "the pool is busy"
	nothing_made
	[ ! -e "$node" ]
	run -0 scripted DEL "$scripted"
}
@test "IPAM: DEL reaches the delegate without a namespace too" {
	run -0 scripted ADD "$scripted"
	run -0 scripted DEL "$scripted" CNI_NETNS=
	run -0 scripted DEL "$scripted" CNI_NETNS=/nowhere
	calls ADD DEL DEL
}
@test "IPAM: CHECK and STATUS return the delegate's errors" {
	run -0 scripted ADD "$scripted"
	run -1 scripted CHECK "$scripted" SCRIPT_CHECK=error
	error_is 11 "the pool is busy"
	run -1 scripted STATUS "$status11" SCRIPT_STATUS=error
	error_is 11 "the pool is busy"
	run -1 scripted STATUS '{"ipam":{"type":"no-such-plugin"}}'
	error_is "$(jq .code <<<"$output")" no-such-plugin
}
@test "IPAM: a delegate that does not know STATUS or GC causes no error" {
	for code in 4 1 3; do
		for verb in STATUS GC; do
			run -0 scripted $verb "$status11" SCRIPT_$verb=code-$code
			[ -z "$output" ]
		done
	done
	run -0 cni STATUS '{"ipam":{"type":"host-local","subnet":"10.99.0.0/24"}}'
	run -0 cni GC '{"ipam":{"type":"host-local","subnet":"10.99.0.0/24"},"cni.dev/valid-attachments":[]}'
}
@test "IPAM: the delegate gets GC, and DEL for every stale attachment; errors are reported at the end" {
	run -0 scripted ADD "$scripted"
	run -0 scripted ADD "$scripted" CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	rm "$log/calls"
	run -1 scripted GC "$(jq -cn --arg id "$container" '{ipam: {type: "scripted"},
		"cni.dev/valid-attachments": [{containerID: $id, ifname: "eth0"}]}')" SCRIPT_GC=error
	error_is 11 "the pool is busy"
	run -0 grep -qx "DEL $container-2 eth0" "$log/calls"
	run -1 grep -q "DEL $container eth0" "$log/calls"
	run -0 grep -q "^GC" "$log/calls"
	link_exists "$pod" eth0
	run -1 link_exists "$other" eth0
}

@test "host-local: has a lease after ADD, and none after DEL or after an ADD that fails late" {
	change='{"cniVersion":"1.0.0","ipam":{"type":"host-local","subnet":"10.99.0.0/24","rangeStart":"10.99.0.50"}}'
	run -0 cni ADD "$change"
	json_is '.ips[0].address' 10.99.0.50/24
	[ -f "$leases/net/10.99.0.50" ]
	run -0 cni CHECK "$change"
	run -0 cni DEL "$change"
	[ ! -e "$leases/net/10.99.0.50" ]
	change='{"cniVersion":"1.0.0","ipam":{"type":"host-local","subnet":"10.99.0.0/24","routes":[{"dst":"10.3.0.0/16","gw":"203.0.113.9"}]}}'
	run -1 cni ADD "$change"
	error_is "$(jq .code <<<"$output")" 10.3.0.0/16
	run -0 find "$leases/net" -name '10.*'
	[ -z "$output" ]
	nothing_made
}
@test "static: gives addresses of both families, routes and dns" {
	run -0 cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"static","addresses":[{"address":"10.99.0.7/24","gateway":"10.99.0.254"},
		{"address":"fd99::7/64","gateway":"fd99::fe"}],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}],"dns":{"nameservers":["10.99.0.254"]}}}'
	json_is '[.ips[].address]' '["10.99.0.7/24","fd99::7/64"]'
	json_is '[.routes[].gw]' '["10.99.0.254","fd99::fe"]'
	json_is .dns '{"nameservers":["10.99.0.254"]}'
	run -0 at "$pod" ping -n -q -c 1 -w 30 10.99.0.254
	run -0 at "$pod" ping -n -q -c 1 -w 30 fd99::fe
}
@test "static: ADD without an address fails and leaves nothing" {
	run -1 cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"static"}}'
	error_is 999 static
	nothing_made
}
@test "dhcp: ADD gets a lease from a real server, and DEL gives it back" {
	dhcp_start 10.98.0.1/24 10.98.0.50 10.98.0.59
	change='{"cniVersion":"1.0.0","ipam":{"type":"dhcp"}}'
	run -0 cni ADD "$change"
	address=$(jq -r '.ips[0].address' <<<"$output")
	[[ $address == 10.98.0.5?/24 ]]
	json_is '.ips[0].gateway' 10.98.0.1
	run -0 at "$pod" ping -n -q -c 1 -w 30 10.98.0.1
	run -0 cni CHECK "$change"
	run -0 grep -q "${address%/*}" "$BATS_TEST_TMPDIR/dnsmasq.leases"
	run -0 cni DEL "$change"
	run -0 timeout 60 sh -c 'while grep -q "$1" "$0"; do sleep 0.05; done' "$BATS_TEST_TMPDIR/dnsmasq.leases" "${address%/*}"
	run -1 link_exists "$pod" eth0
}
@test "dhcp: without its daemon ADD fails and leaves nothing; DEL reports it and removes the link" {
	run -1 cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"dhcp"}}'
	error_is "$(jq .code <<<"$output")" dhcp.sock
	nothing_made
	rm -f "$cache"/*
	run -0 cni ADD
	run -1 cni_raw DEL "$(config '{"cniVersion":"1.0.0","ipam":{"type":"dhcp"}}')"
	error_is "$(jq .code <<<"$output")" dhcp.sock
	run -1 link_exists "$pod" eth0
}

# Makes a delegate that writes its PID and its parent's to the file `started`. It reserves an address in the
# file `reserved` only after a write to the fifo `go`.
waiting_plugin() {
	delegates_setup
	mkfifo "$BATS_TEST_TMPDIR/go"
	delegate waiting <<-END
		[ "\$CNI_COMMAND" = ADD ] || exit 0
		echo "\$\$ \$PPID" >'$BATS_TEST_TMPDIR/started'
		read -r _ <'$BATS_TEST_TMPDIR/go'
		echo >'$BATS_TEST_TMPDIR/reserved'
		answer '"ips":[{"address":"10.99.0.7/24"}]'
	END
	waiting='{"cniVersion":"1.0.0","ipam":{"type":"waiting"}}'
}
# Waits until a condition holds, as long as a slow machine takes.
until_true() {
	local try
	for try in {1..600}; do
		! "$@" || return 0
		sleep 0.1
	done
	echo "never: $*"
	return 1
}
gone() {
	[[ ! -e /proc/$1 || $(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) == [ZX] ]]
}

@test "IPAM: the delegate dies with podtap, so that it reserves nothing after the DEL" {
	waiting_plugin
	cni ADD "$waiting" "$delegates" 3>&- &
	call=$!
	until_true test -s "$BATS_TEST_TMPDIR/started"
	read -r plugin parent <"$BATS_TEST_TMPDIR/started"
	kill -KILL "$parent"
	wait "$call" || true
	run -0 cni DEL "$waiting" "$delegates"
	until_true gone "$plugin"
	nothing_made
	[ ! -e "$BATS_TEST_TMPDIR/reserved" ]
}
@test "IPAM: a delegate that was not executed before podtap was killed never runs" {
	waiting_plugin
	printf %s "$(config "$waiting")" | at "$host" env "$delegates" CNI_COMMAND=ADD CNI_CONTAINERID="$container" \
		CNI_NETNS="/run/netns/$pod" CNI_IFNAME=eth0 strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=prctl \
		-e inject=prctl:delay_enter=3000000 "$BUILD/podtap" 3>&- >/dev/null &
	call=$!
	until_true grep -qs 'prctl(PR_SET_PDEATHSIG' "$BATS_TEST_TMPDIR/trace"
	plugin=$(sed -n 's/^\([0-9]*\) .*prctl(PR_SET_PDEATHSIG.*/\1/p' "$BATS_TEST_TMPDIR/trace")
	parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$plugin/status")
	[ "$parent" -gt 1 ]
	kill -KILL "$parent"
	until_true gone "$plugin"
	wait "$call" || true
	[ ! -e "$BATS_TEST_TMPDIR/started" ]
	run -0 cni DEL "$waiting" "$delegates"
}
@test "IPAM: a delegate slower than ipamTimeout is killed with its children, named in the error, and gets DEL" {
	delegates_setup
	delegate hanging <<-END
		[ "\$CNI_COMMAND" = ADD ] || exit 0
		sleep 600 &
		echo "\$\$ \$!" >'$BATS_TEST_TMPDIR/started'
		echo "asking a server" >&2
		wait
	END
	run -1 cni ADD '{"cniVersion":"1.0.0","ipamTimeout":1,"ipam":{"type":"hanging"}}' "$delegates"
	error_is 11 "plugin hanging: ADD did not end within 1 seconds" ipamTimeout "asking a server"
	[ "$(called ADD) $(called DEL)" = "1 1" ]
	read -r plugin started <"$BATS_TEST_TMPDIR/started"
	until_true gone "$plugin"
	until_true gone "$started"
	nothing_made
}
@test "IPAM: a slow DEL of the delegate is killed, and the link is removed all the same" {
	delegates_setup
	delegate hanging <<-END
		[ "\$CNI_COMMAND" = ADD ] || exec sleep 600
		answer '"ips":[{"address":"10.99.0.7/24"}]'
	END
	change='{"cniVersion":"1.0.0","ipamTimeout":1,"ipam":{"type":"hanging"}}'
	run -0 cni ADD "$change" "$delegates"
	run -1 cni DEL "$change" "$delegates"
	error_is 11 "plugin hanging: DEL did not end within 1 seconds"
	nothing_made
	run -0 cni_raw DEL "$(config '{"ipam":null}')"
	rm "$cache"/*
}
@test "IPAM: a process that the delegate leaves behind with its streams delays no call" {
	delegates_setup
	delegate leaving <<-END
		[ "\$CNI_COMMAND" = ADD ] || exit 0
		sleep 600 3>&- &
		echo \$! >'$BATS_TEST_TMPDIR/left'
		answer '"ips":[{"address":"10.99.0.7/24"}]'
	END
	run -0 timeout 300 cat <(cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"leaving"}}' "$delegates")
	json_is '.ips[0].address' 10.99.0.7/24
	kill "$(cat "$BATS_TEST_TMPDIR/left")" # it is alive: nobody waited for it
	run -0 cni DEL '{"cniVersion":"1.0.0","ipam":{"type":"leaving"}}' "$delegates"
}
@test "IPAM: without an error object the delegate's stderr is in the error and in logFile" {
	delegates_setup
	delegate panicking <<-END
		[ "\$CNI_COMMAND" = ADD ] || exit 0
		printf 'panic: no such\\nrange\\n' >&2
		exit 2
	END
	change=$(jq -cn --arg log "$cache/log" '{cniVersion: "1.0.0", logFile: $log, ipam: {type: "panicking"}}')
	run -1 cni ADD "$change" "$delegates"
	error_is 999 "plugin panicking failed" "exit status 2"
	json_is .details $'panic: no such\nrange'
	stderr_has "panic: no such"
	run -0 grep -c "error ADD .*plugin panicking failed.*panic: no such range" "$cache/log"
	rm "$cache/log"
	run -1 scripted ADD "$scripted" SCRIPT_ADD=words-and-1
	error_is 999 "no more addresses" "the plugin's own words"
	run -1 scripted ADD "$scripted" SCRIPT_ADD=killed
	error_is 999 "signal 9" "the plugin's own words"
	nothing_made
}
@test "IPAM: the error has the beginning and the end of a long stderr, and the plugin's stderr has all of it" {
	delegates_setup
	delegate wordy <<-END
		[ "\$CNI_COMMAND" = ADD ] || exit 0
		{ echo "the beginning"; head -c 1000000 /dev/zero | tr '\\0' .; echo "the end"; } >&2
		exit 1
	END
	run -1 cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"wordy"}}' "$delegates"
	error_is 999 "the beginning" "[...]" "the end"
	[ "$(wc -c <"$BATS_TEST_TMPDIR/stderr")" -gt 1000000 ]
	stderr_has "the end"
}
@test "IPAM: a stderr that nobody reads delays no call" {
	delegates_setup
	delegate wordy <<-END
		[ "\$CNI_COMMAND" = ADD ] || exit 0
		head -c 1000000 /dev/zero | tr '\\0' . >&2
		answer '"ips":[{"address":"10.99.0.7/24"}]'
	END
	mkfifo "$BATS_TEST_TMPDIR/unread"
	exec 8<>"$BATS_TEST_TMPDIR/unread"
	rm -f "$BATS_TEST_TMPDIR/stderr"
	ln -s /proc/self/fd/8 "$BATS_TEST_TMPDIR/stderr"
	run -0 timeout 120 cat <(cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"wordy"}}' "$delegates")
	json_is '.ips[0].address' 10.99.0.7/24
	rm "$BATS_TEST_TMPDIR/stderr"
	exec 8>&-
	run -0 cni DEL '{"cniVersion":"1.0.0","ipam":{"type":"wordy"}}' "$delegates"
}
@test "IPAM: an invalid ipamTimeout fails ADD, but not DEL and GC" {
	for wrong in 0 -1 86401 1.5 '"5"'; do
		run -1 scripted ADD "$(jq -c --argjson s "$wrong" '. + {ipamTimeout: $s}' <<<"$scripted")"
		error_is 7 ipamTimeout "$wrong" "1 to 86400"
		run -0 scripted DEL "$(jq -c --argjson s "$wrong" '. + {ipamTimeout: $s}' <<<"$scripted")"
		run -0 scripted GC "$(jq -c --argjson s "$wrong" '. + {ipamTimeout: $s, "cni.dev/valid-attachments": []}' <<<"$status11")"
	done
	calls DEL GC DEL GC DEL GC DEL GC DEL GC
}
