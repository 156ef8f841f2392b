#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The capabilities of a call after it opened every namespace, and those of a delegate.
load ../lib/lib
load ../lib/delegate
load ../lib/tamper

setup() {
	lan_setup
	delegates_setup
	trace=$BATS_TEST_TMPDIR/trace
	wrapper=("${traced[@]}" -e "trace=setns,capset")
}

# Prints the capabilities at the end, without "CAP_". No namespace is entered after that.
kept() {
	tail -n 1 "$trace" | sed -nE 's/^capset.*effective=([^,]*), permitted=\1,.*/\1/p' | sed 's/1<<CAP_//g' |
		tr '|' '\n' | LC_ALL=C sort | paste -sd ' '
}

@test "ADD, CHECK: keep the capabilities for links, addresses and nodes, none for namespaces or the LAN" {
	for change in '{}' '{"acd":true}' '{"hostAccess":true}' '{"mode":"private","antispoof":true,"ingressRate":1000000}' '{"type":"macvlan"}'; do
		for verb in ADD CHECK; do
			run -0 cni "$verb" "$change"
			grep -q setns "$trace"
			[ "$(kept)" = "CHOWN DAC_OVERRIDE FOWNER MKNOD NET_ADMIN" ] || { cat "$trace"; return 1; }
		done
		run -0 cni DEL "$change"
	done
}
@test "ADD: before it executes a plugin keeps the same capabilities effective and the rest permitted" {
	delegate asking <<-'END'
		answer '"ips":[{"address":"10.99.0.7/24"}]'
	END
	run -0 cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"asking"}}' "$delegates"
	effective=$(sed -nE 's/^capset.*effective=([^,]*), permitted=[^,]*SYS_PTRACE.*/\1/p' "$trace" | tail -n 1 |
		sed 's/1<<CAP_//g' | tr '|' '\n' | LC_ALL=C sort | paste -sd ' ')
	[ "$effective" = "CHOWN DAC_OVERRIDE FOWNER MKNOD NET_ADMIN" ] || { cat "$trace"; return 1; }
}
@test "STATUS: enters no namespace, and keeps no more capabilities than ADD" {
	run -0 cni STATUS
	[ "$(grep -c setns "$trace")" = 0 ]
	[ "$(kept)" = "CHOWN DAC_OVERRIDE FOWNER MKNOD NET_ADMIN" ]
}
@test "ADD, CHECK, DEL, GC, STATUS: drop capabilities before they touch podtap-ipam's folders" {
	wrapper=("${traced[@]}" -e "trace=capset,file")
	ipam='{"ipam":{"type":"podtap-ipam","subnet":"10.99.0.0/24","dataDir":"'$leases'"},"cni.dev/valid-attachments":[]}'
	for verb in ADD CHECK STATUS DEL ADD GC; do
		run -0 cni "$verb" "$ipam"
		run -0 grep -nEm 1 "\"($leases|$PODTAP_IPAM_STATE_DIR)" "$trace"
		touched=${output%%:*}
		run -0 grep -nm 1 capset "$trace"
		[ "${output%%:*}" -lt "$touched" ] || { echo "$verb"; cat "$trace"; return 1; }
	done
}
@test "ADD: without permission to enter the namespace names the needed capability and makes nothing" {
	for how in "setpriv --reuid 65534 --clear-groups" "setpriv --bounding-set -sys_admin"; do
		read -ra wrapper <<<"$how"
		run -1 cni ADD
		error_is 999 root CAP_SYS_ADMIN
		[ ! -e "$PODTAP_STATE_DIR" ]
	done
	wrapper=()
}
@test "DEL: fails when the namespace cannot be read, with and without a record" {
	nsenter --net="/run/netns/$pod" sleep 600 3>&- &
	background+=($!)
	path=/proc/$!/ns/net
	until [ "$(readlink "$path")" != "$(readlink /proc/self/ns/net)" ]; do :; done
	run -0 cni ADD '{}' CNI_NETNS="$path"
	node=$(tap)
	wrapper=(setpriv --bounding-set -sys_ptrace)
	run -1 cni DEL '{}' CNI_NETNS="$path"
	error_is 4 "$path" "Permission denied"
	run -0 link_exists "$pod" eth0
	run -1 cni DEL '{}' CNI_NETNS="$path" CNI_CONTAINERID=stranger
	wrapper=()
	run -0 cni DEL '{}' CNI_NETNS="$path"
	[ ! -e "$node" ]
}
@test "IPAM: a plugin has the runtime's capabilities, though podtap dropped its own" {
	delegate asking <<-END
		grep CapEff /proc/self/status >"$BATS_TEST_TMPDIR/\$CNI_COMMAND"
		answer '"ips":[{"address":"10.99.0.7/24"}]'
	END
	for verb in ADD CHECK DEL; do
		run -0 cni "$verb" '{"cniVersion":"1.0.0","ipam":{"type":"asking"}}' "$delegates"
		[ "$(cat "$BATS_TEST_TMPDIR/$verb")" = "$(grep CapEff /proc/self/status)" ]
	done
}

# Prints the capabilities at the n-th netlink request, as the kernel reports them: at_request N VERB [CHANGES]
at_request() {
	local pid
	rm -f "$trace"
	wrapper=("${traced[@]}" -e trace=sendto -e "inject=sendto:signal=SIGSTOP:when=$1")
	cni "${@:2}" 3>&- >/dev/null &
	until grep -qs 'stopped by SIGSTOP' "$trace"; do kill -0 $! || return 1; done
	pid=$(stopped)
	sed -n 's/^Cap\(Eff\|Prm\):.*0*\([0-9a-f]\{8\}\)$/\2/p' "/proc/$pid/status" | paste -sd ' '
	kill -CONT "$pid"
	wait $!
}
# The process of this test's container.
stopped() {
	local pid
	for pid in $(pgrep -x podtap); do
		! grep -qzs "CNI_CONTAINERID=$container$" "/proc/$pid/environ" || echo "$pid"
	done
}
@test "ADD, CHECK, DEL, GC, STATUS: have only the needed capabilities at the first and last netlink request" {
	opening=0828300b working=0800100b # the latter without NET_RAW, SYS_PTRACE, SYS_ADMIN
	for verb in ADD CHECK STATUS DEL ADD GC; do
		wrapper=("${traced[@]}" -e trace=sendto)
		run -0 cni "$verb" '{"cni.dev/valid-attachments":[]}'
		requests=$(wc -l <"$trace")
		case $verb in ADD) run -0 cni DEL ;; DEL | GC) wrapper=() && run -0 cni ADD ;; esac
		case $verb in STATUS | DEL) first=$working ;; *) first=$opening ;; esac
		case $verb in GC) last=$opening ;; *) last=$working ;; esac
		run -0 at_request 1 "$verb" '{"cni.dev/valid-attachments":[]}'
		[ "$output" = "$first $first" ] || { echo "$verb 1: $output"; return 1; }
		wrapper=()
		case $verb in ADD) run -0 cni DEL ;; DEL | GC) run -0 cni ADD ;; esac
		run -0 at_request "$requests" "$verb" '{"cni.dev/valid-attachments":[]}'
		[ "$output" = "$last $last" ] || { echo "$verb $requests: $output"; return 1; }
	done
}
