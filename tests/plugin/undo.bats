#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ADD leaves nothing when it fails, at any step. DEL or GC removes what a killed ADD leaves.
load ../lib/lib
load ../lib/delegate
load ../lib/tamper

setup() {
	lan_setup
	delegates_setup
	reserving
}
teardown() {
	local status=0
	lan_teardown || status=1
	! mountpoint -q "$PODTAP_STATE_DIR" || umount "$PODTAP_STATE_DIR"
	return $status
}

# A delegate "reserving" whose reservations are files in $leases, and its configuration in $ipam.
# Its answer is $1, a list of members of a result; the default is one address with a route.
reserving() {
	ipam='"ipam":{"type":"reserving"}'
	delegate reserving <<-SCRIPT
		lease='$leases'/\$CNI_CONTAINERID-\$CNI_IFNAME
		case \$CNI_COMMAND in
		ADD) : >"\$lease"; answer '${1:-"\"ips\":[{\"address\":\"10.99.0.7/24\",\"gateway\":\"10.99.0.254\"}],\"routes\":[{\"dst\":\"0.0.0.0/0\"}]"}' ;;
		DEL) rm -f "\$lease" ;;
		esac
	SCRIPT
}

# Asserts that an ADD with these changes fails with this code and these texts, and leaves nothing:
#   fails CODE CHANGES [TEXT...]
# $variables are those of the call.
variables=()
fails() {
	local code=$1 change=$2
	shift 2
	run -1 cni ADD "$change" "$delegates" "${variables[@]}"
	error_is "$code" "$@" || return 1
	error=$output
	run -0 assert_nothing_left
	output=$error
}

@test "undo: an invalid configuration or request makes nothing (3.1, 3.2)" {
	fails 7 "{$ipam,\"mode\":\"hairpin\"}" hairpin bridge
	fails 7 "{$ipam,\"mtu\":5}" mtu
	variables=(CNI_ARGS="NONSENSE=1")
	fails 4 "{$ipam}" NONSENSE
	variables=(CNI_NETNS="/run/netns/$host")
	fails 8 "{$ipam}" "/run/netns/$host"
	variables=(CNI_NETNS=/proc/self/ns/mnt)
	fails 4 "{$ipam}" CNI_NETNS
	[ ! -s "$calls" ]
	[ ! -e "$PODTAP_STATE_DIR" ]
}
@test "undo: an unsuitable master makes nothing, and no delegate is called (3.4, MV-3)" {
	fails 7 "{$ipam,\"master\":\"absent0\"}" absent0
	fails 7 "{$ipam,\"master\":\"lo\"}" lo loopback
	fails 7 "{$ipam,\"mtu\":9000}" 9000 1500
	fails 7 "{$ipam,\"master\":null}" master "default route"
	[ ! -s "$calls" ]
	[ ! -e "$PODTAP_STATE_DIR" ]
}
@test "undo: a record that cannot be written makes nothing, and no delegate is called (3.5)" {
	echo text >"$PODTAP_STATE_DIR"
	fails 5 "{$ipam}" "$PODTAP_STATE_DIR"
	rm "$PODTAP_STATE_DIR"
	mkdir "$PODTAP_STATE_DIR"
	ln -s /tmp "$PODTAP_STATE_DIR/endpoints"
	fails 5 "{$ipam}" endpoints
	rm "$PODTAP_STATE_DIR/endpoints"
	mkdir "$PODTAP_STATE_DIR/endpoints"
	wrapper=(unshare -m sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' "$PODTAP_STATE_DIR")
	fails 5 "{$ipam}" "Read-only"
	[ ! -s "$calls" ]
	wrapper=()
}
# bats test_tags=long
@test "undo: a full disk at any file leaves nothing (3.5, 3.10)" {
	mkdir "$PODTAP_STATE_DIR"
	text=$(config "{$ipam}")
	failed=0
	for inodes in 1 2 3 4 5 6 7 8; do
		mount -t tmpfs -o "nr_inodes=$inodes" tmpfs "$PODTAP_STATE_DIR"
		run cni_raw ADD "$text" "$delegates"
		if [ "$status" = 0 ]; then
			run -0 cni_raw DEL "$text" "$delegates"
		else
			failed=$((failed + 1))
			error_is 5 "No space left"
		fi
		run -0 assert_nothing_left
		umount "$PODTAP_STATE_DIR"
	done
	# At endpoints, the container's folder, the record, indices and the note at least; in the end at none.
	[ "$failed" -ge 5 ]
	[ "$failed" -lt 8 ]
}
@test "undo: a limit on the size of files is reported and leaves nothing" {
	wrapper=(prlimit --fsize=0 --)
	run -1 cni_raw ADD "$(config "{$ipam}")" "$delegates"
	error_is 5 "File too large"
	run -0 assert_nothing_left
}
@test "undo: a record that cannot be completed leaves nothing (3.10)" {
	variables=()
	mkdir "$PODTAP_STATE_DIR"
	# The record fits on the disk, the longer one that replaces it does not.
	mount -t tmpfs -o nr_blocks=1 tmpfs "$PODTAP_STATE_DIR"
	fails 5 "{$ipam}" "No space left"
	[ "$(called DEL)" = 1 ]
}
@test "undo: a record above the size limit leaves nothing (3.10)" {
	text=$(config '{}' | jq -c '.dns.domain = "x" * 1100000')
	run -1 cni_raw ADD "$text"
	error_is 5 "endpoint record" "too large"
	run -0 assert_nothing_left
}
@test "undo: a link the kernel refuses leaves nothing, and no delegate is called (3.6, MV-23, KV-8)" {
	run -0 cni ADD '{"mode":"passthru"}' CNI_CONTAINERID=first
	run -1 cni ADD "{$ipam}" "$delegates"
	error_is 7 lan0 "container first"
	run -0 cni DEL '{"mode":"passthru"}' CNI_CONTAINERID=first
	run -0 assert_nothing_left

	ip -n "$pod" link add eth0 type bridge
	fails 999 "{$ipam}" eth0 exists
	[ "$(link "$pod" eth0 .linkinfo.info_kind)" = bridge ]
	ip -n "$pod" link del eth0

	ip -n "$host" link add br0 type bridge
	ip -n "$host" link set lan0 master br0
	fails 11 "{$ipam}" lan0 bridge
	[ ! -s "$calls" ]
}
@test "undo: a name that is a kernel template never reaches the kernel" {
	run -1 cni_raw ADD "$(config "{$ipam}")" "$delegates" CNI_IFNAME=eth%d
	error_is 4 %
	run -0 assert_nothing_left
	run -1 link_exists "$pod" eth0
	[ ! -s "$calls" ]
}
@test "undo: a node that cannot be made leaves nothing (3.7)" {
	devices_private
	# shellcheck disable=SC2016
	wrapper=(unshare -m sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' "$PODTAP_DEV_DIR")
	fails 999 "{$ipam}" "tap node" "Read-only"
	wrapper=()
	rmdir "$PODTAP_DEV_DIR"
	fails 999 "{$ipam}" "$PODTAP_DEV_DIR" "No such file"
	[ ! -s "$calls" ]
}
@test "undo: after sixteen indices with foreign node files ADD gives up and leaves only those (3.7)" {
	devices_private
	echo foreign >"$PODTAP_DEV_DIR/tap1048576"
	# The lowest index that a draw can give.
	wrapper=("${traced[@]}" -e trace=getrandom -e inject=getrandom:retval=4:poke_exit=@arg1=00000000)
	run -1 cni ADD "{$ipam,\"mac\":\"02:00:00:00:00:07\"}" "$delegates"
	error_is 11 sixteen
	wrapper=()
	[ "$(cat "$PODTAP_DEV_DIR/tap1048576")" = foreign ]
	rm -r "$PODTAP_DEV_DIR"
	run -0 assert_nothing_left
	[ ! -s "$calls" ]
}

@test "undo: any failure of an IPAM plugin leaves nothing (3.8, MV-20, D-7, D-9, ADD-4)" {
	fails 7 '{"ipam":{"type":"absent"}}' absent
	while read -r code text script; do
		: >"$calls"
		delegate reserving <<-SCRIPT
			case \$CNI_COMMAND in ADD) $script ;; esac
		SCRIPT
		fails "$code" "{$ipam}" "$text"
		[ "$(called ADD)" = 1 ]
		[ "$(called DEL)" -ge 1 ]
	done <<-'SCRIPTS'
		11 tomorrow refuse 11 tomorrow
		999 address answer '"ips":[]'
		999 address echo null
		6 reserving exit 0
		6 reserving printf '{"ips":['
		6 reserving answer '"ips":[{"address":"10.99.0.7"}]'
		999 reserving answer '"ips":[{"address":"10.99.0.7/24"}]'; exit 1
		999 Killed kill -KILL $$
	SCRIPTS
}
@test "undo: with Debian's host-local no reservation stays (3.8, 3.9, MV-20)" {
	run -1 cni ADD "{$(host_local '"routes":[{"dst":"10.1.0.0/16","gw":"172.31.0.1"}]')}" "$delegates"
	error_is 7 10.1.0.0/16
	run -0 assert_nothing_left
	run -1 cni_raw ADD "$(config "{$(host_local '"rangeStart":"10.98.0.1"')}")" "$delegates"
	error_is 999
	run -0 assert_nothing_left
}
@test "undo: a setting that fails leaves nothing (3.9)" {
	reserving '"ips":[{"address":"fd99::7/64"}]'
	wrapper=(unshare -m sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"' sh
		env ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null -e trace=fsmount -e inject=fsmount:error=EPERM)
	fails 999 "{$ipam}" disable_ipv6 Read-only
	wrapper=()
	[ "$(called DEL)" = 1 ]
}
@test "undo: an address or a route the kernel refuses leaves nothing, and its message is reported (3.9, MV-20)" {
	reserving '"ips":[{"address":"10.99.0.7/24"},{"address":"10.99.0.7/24"}]'
	fails 999 "{$ipam}" 10.99.0.7/24 "File exists"
	reserving '"ips":[{"address":"10.99.0.7/24"}],"routes":[{"dst":"10.1.0.0/16","gw":"10.99.0.255"}]'
	fails 999 "{$ipam}" 10.1.0.0/16 "Nexthop has invalid gateway"
	[ "$(called ADD)" = 2 ]
	[ "$(called DEL)" = 2 ]
}
@test "undo: a gateway of the other family is refused by name and never truncated" {
	while read -r route gateway; do
		reserving "\"ips\":[{\"address\":\"10.99.0.7/24\"},{\"address\":\"253.153.0.7/24\"},{\"address\":\"fd99::7/64\"}],
			\"routes\":[{\"dst\":\"$route\",\"gw\":\"$gateway\"}]"
		fails 7 "{$ipam}" "$route" "$gateway" family
	done <<-'ROUTES'
		10.1.0.0/16 fd99::1
		fd77::/64 10.99.0.1
	ROUTES
}
@test "undo: a MAC address in use leaves nothing and is reported (3.9, fact 8)" {
	run -0 cni ADD '{"mac":"02:00:00:00:00:07"}' CNI_CONTAINERID=first
	run -1 cni ADD "{$ipam,\"mac\":\"02:00:00:00:00:07\"}" "$delegates" CNI_NETNS="/run/netns/$other"
	error_is 7 02:00:00:00:00:07 "in use"
	run -1 link_exists "$other" eth0
	[ ! -e "$PODTAP_STATE_DIR/endpoints/$container" ]
	[ "$(called DEL)" = 1 ]
	run -0 cni DEL '{}' CNI_CONTAINERID=first
}
@test "undo: an IPv6 address that another host has leaves nothing and is reported (3.9, E12)" {
	dad_transmits 3
	reserving '"ips":[{"address":"fd99::fe/64","gateway":"fd99::1"}]'
	fails 999 "{$ipam}" fd99::fe/64 "in use"
	[ "$(called DEL)" = 1 ]
}
@test "undo: a stdout that is closed, full or a broken pipe leaves nothing (3.11, OUT-8)" {
	text=$(config "{$ipam}")
	call=(env "$delegates" CNI_COMMAND=ADD CNI_CONTAINERID="$container" CNI_NETNS="/run/netns/$pod"
		CNI_IFNAME=eth0 "$BUILD/podtap")
	for stdout in 'exec >&-' 'exec >/dev/full' 'exec > >(:); wait $!'; do
		run -1 at "$host" bash -c "text=\$0; $stdout; \"\$@\" <<<\"\$text\"" "$text" "${call[@]}"
		run -0 assert_nothing_left
	done
	[ "$(called ADD)" = 3 ]
	[ "$(called ADD)" = "$(called DEL)" ]
}
@test "undo: a write of zero bytes ends the call with an error" {
	run -1 timeout 60 strace -f -qq -o /dev/null -e inject=write:retval=0 \
		env ASAN_OPTIONS=detect_leaks=0 CNI_COMMAND=VERSION "$BUILD/podtap" <<<'{"cniVersion":"1.0.0"}'
	[ -z "$output" ]
}
@test "undo: a version that cannot express the result is refused before anything is made" {
	for version in 0.1.0 0.2.0; do
		fails 7 "{\"cniVersion\":\"$version\"}" "no valid IP addresses"
	done
	[ ! -e "$PODTAP_STATE_DIR" ]
}
@test "undo: addresses that cannot be released keep the record for the next GC; the first error is reported" {
	mended=$BATS_TEST_TMPDIR/mended
	delegate reserving <<-SCRIPT
		lease='$leases'/\$CNI_CONTAINERID-\$CNI_IFNAME
		case \$CNI_COMMAND in
		ADD) : >"\$lease"; answer '"ips":[{"address":"10.99.0.7/24"},{"address":"10.99.0.7/24"}]' ;;
		DEL) [ -e '$mended' ] || refuse 11 "the undoing failed"; rm -f "\$lease" ;;
		esac
	SCRIPT
	run -1 cni ADD "{$ipam}" "$delegates"
	error_is 999 10.99.0.7/24 "File exists"
	[[ $output != *"the undoing failed"* ]]
	run -1 link_exists "$pod" eth0
	[ -e "$(record)" ]
	: >"$mended"
	run -0 cni GC "{$ipam,\"cni.dev/valid-attachments\":[]}" "$delegates"
	run -0 assert_nothing_left
}
@test "undo: settings of other interfaces stay unchanged" {
	settings() {
		at "$pod" grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf | grep -v '/lo/disable_ipv6' | sort
	}
	reserving '"ips":[{"address":"fd99::7/64"}],"routes":[{"dst":"10.1.0.0/16","gw":"172.31.0.1"}]'
	settings >"$BATS_TEST_TMPDIR/before"
	fails 7 "{$ipam}" 10.1.0.0/16
	settings >"$BATS_TEST_TMPDIR/after"
	run -0 diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

# Kills an ADD at every third system call, undoes it by a command, and asserts that nothing is left.
killed_and_undone() {
	local name which
	text=$(config "{$ipam,\"deviceID\":\"device\"}")
	every_third "$1" ADD
	while read -r name which; do
		echo "killed at $name $which"
		run tampered ADD "$text" -e inject="$name:signal=KILL:when=$which"
		[ "$status" = 137 ] || has_fewer "$name" "$which"
		run -0 "${@:2}"
		[ -z "$output" ]
		run -0 assert_nothing_left
	done <"$calls_to_tamper"
	run -0 cni_raw ADD "$text" "$delegates"
	json_is '.interfaces[0].name' eth0
	run -0 cni_raw DEL "$text" "$delegates"
}
gc() {
	cni_raw GC "${text%\}},\"cni.dev/valid-attachments\":[]}" "$delegates"
}
del() {
	cni_raw DEL "$text" "$delegates" "$@"
}
# bats test_tags=long,plain
@test "undo: DEL leaves nothing of an ADD killed at any system call" {
	killed_and_undone 0 del
}
# bats test_tags=long,plain
@test "undo: DEL without a namespace leaves nothing of an ADD killed at any system call" {
	killed_and_undone 1 del CNI_NETNS=
}
# bats test_tags=long,plain
@test "undo: GC leaves nothing of an ADD killed at any system call" {
	killed_and_undone 2 gc
}
# bats test_tags=long,plain
@test "undo: DEL without devtmpfs leaves nothing of an ADD killed at any system call" {
	devices_private
	ipam='"ipam":{}'
	killed_and_undone 1 del
}

# Makes every third system call of an ADD fail, and asserts that either it did not matter, or that the
# answer is an error and nothing is left.
failed_and_undone() {
	local name which
	text=$(config "{$ipam,\"deviceID\":\"device\"}")
	every_third "$1" ADD
	while read -r name which; do
		echo "failing: $name $which"
		run tampered ADD "$text" -e inject="$name:error=EIO:when=$which"
		if [ "$status" = 0 ]; then
			json_is '.interfaces[0].name' eth0
			run -0 cni_raw DEL "$text" "$delegates"
		else
			error_is "$(jq .code <<<"$output")"
		fi
		run -0 assert_nothing_left
	done <"$calls_to_tamper"
}
# bats test_tags=long
@test "undo: ADD answers with an error and leaves nothing when any system call fails, 1 of 3" {
	failed_and_undone 0
}
# bats test_tags=long
@test "undo: ADD answers with an error and leaves nothing when any system call fails, 2 of 3" {
	failed_and_undone 1
}
# bats test_tags=long
@test "undo: ADD answers with an error and leaves nothing when any system call fails, 3 of 3" {
	failed_and_undone 2
}

@test "ADD: leaves nothing when descriptors run out at any point" {
	local limit change worked
	for change in '{}' '{"link":"macvlan"}' "{$ipam}" "{\"ipam\":{\"type\":\"podtap-ipam\",\"dataDir\":\"$leases\",\"ranges\":[[{\"subnet\":\"10.99.0.0/24\"}]]}}"; do
		worked=
		for limit in {6..40}; do
			wrapper=(prlimit "--nofile=$limit:$limit")
			run cni ADD "$change" "$delegates"
			wrapper=()
			if [ "$status" = 0 ]; then
				worked=1
				run -0 cni DEL "$change" "$delegates"
				break
			fi
			[[ $output == *"Too many open files"* || -z $output ]]
			run -0 assert_nothing_left
		done
		[ "$worked" ]
	done
}
