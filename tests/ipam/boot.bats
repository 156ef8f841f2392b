#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-ipam across boots of the machine and restarts of a pod.
load ../lib/lib
load ../lib/ipam

teardown() {
	node_end
	lan_teardown
}

range='{"subnet":"10.1.0.0/29"}'
sticky='{"subnet":"10.1.0.0/24","sticky":true}'

@test "boot: the first ADD after a boot releases earlier reservations, and no other verb does" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		for id in a b c d e; do
			run -0 add $id "$range"
		done
		run -1 add f "$range"
		reboot "two-$PLUGIN"
		run -1 add g "$range" '{}' CNI_ARGS=COLOUR=red
		run -0 status "$range" '{"strictStatus":true}'
		run -0 gc "$range" '{"cni.dev/valid-attachments":['"$(for id in a b d e; do
			echo '{"containerID":"'"$PLUGIN-$id"'","ifname":"if-'$id'"},'
		done | tr -d '\n')"'{"containerID":"x","ifname":"y"}]}'
		run -0 del e "$range"
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.5" ]
		[ "$(given g "$range")" = 10.1.0.2/29 ]
		[ "$(reserved)" = 10.1.0.2 ]
		[ "$(given h "$range")" = 10.1.0.3/29 ]
		run -0 check g "$range"
		wrapper=()
	done
}
# bats test_tags=attributes
@test "boot: reservations are released once, also where the index is missing or damaged" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		for damage in 'rm "$(beside index)"' ': >"$(beside index)"' 'head -c 4096 /dev/urandom >"$(beside index)"' \
			'dd if=/dev/urandom of="$(beside index)" bs=512 seek=1 count=2 conv=notrunc status=none'; do
			reboot "one-$PLUGIN"
			run -0 add a "$range"
			run -0 add b "$range"
			eval "$damage"
			reboot "two-$PLUGIN"
			run -0 add c "$range"
			[ "$(reserved | wc -w)" = 1 ]
			eval "$damage"
			run -0 add d "$range"
			[ "$(reserved | wc -w)" = 2 ]
			run -0 del c "$range"
			run -0 del d "$range"
		done
		wrapper=()
	done
}
@test "boot: a live host-local directory without a boot stamp loses nothing until the next boot" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		reserve 10.1.0.2 $'live\r\neth0'
		run -0 del x "$range"
		[ "$(given a "$range")" = 10.1.0.3/29 ]
		[ "$(reserved)" = "10.1.0.2 10.1.0.3" ]
		rm "$(beside boot)"
		reboot "two-$PLUGIN"
		[ "$(given b "$range")" = 10.1.0.4/29 ]
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4" ]
		reboot "three-$PLUGIN"
		run -0 add c "$range"
		[ "$(reserved)" = 10.1.0.5 ]
		wrapper=()
	done
}
@test "boot: reservations that host-local made since the boot survive the first ADD" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		run -0 add a "$range"
		reboot "two-$PLUGIN"
		reserve 10.1.0.4 $'since\r\neth0'
		[ "$(given b "$range")" = 10.1.0.3/29 ]
		[ "$(reserved)" = "10.1.0.3 10.1.0.4" ]
		rm "$store/10.1.0.4"
		wrapper=()
	done
}
@test "boot: keepAcrossBoots keeps reservations, and assigns them to the current boot" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		run -0 add a "$range"
		reboot "two-$PLUGIN"
		[ "$(given b '{"subnet":"10.1.0.0/29","keepAcrossBoots":true}')" = 10.1.0.3/29 ]
		[ "$(given c "$range")" = 10.1.0.4/29 ]
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4" ]
		reboot "three-$PLUGIN"
		[ "$(given d "$range")" = 10.1.0.5/29 ]
		[ "$(reserved)" = 10.1.0.5 ]
		wrapper=()
	done
}
@test "boot: a stamp that cannot be written is an error, and does not release at every ADD" {
	PLUGIN=podtap-ipam
	ipam_begin
	reboot one
	run -0 add a "$range"
	reboot two
	stamp=$(beside boot)
	mkdir "$stamp.new"
	run -1 add b "$range"
	error_is 5 "$store"
	rmdir "$stamp.new"
	run -0 add b "$range"
	[ "$(reserved | wc -w)" = 1 ]
	wrapper=()
}
# bats test_tags=attributes
@test "boot: the first ADD keeps what others reserved since the boot, for every state of the index, and frees ours" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		for damage in : 'rm "$(beside index)"' ': >"$(beside index)"' 'head -c 4096 /dev/urandom >"$(beside index)"' \
			'dd if=/dev/urandom of="$(beside index)" bs=512 seek=1 count=2 conv=notrunc status=none' \
			'mv "$(beside index)" "$BATS_TEST_TMPDIR/older"; rm "$store/10.1.0.3"; run -0 add d "$range"; mv "$BATS_TEST_TMPDIR/older" "$(beside index)"'; do
			rm -rf "$data" "$PODTAP_IPAM_STATE_DIR"
			reboot "one-$PLUGIN"
			run -0 add a "$range"
			run -0 add b "$range"
			[ "$(reserved)" = "10.1.0.2 10.1.0.3" ]
			reserve 10.1.0.5 $'former\r\neth0'
			run -0 add c "$range"
			[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5" ]
			eval "$damage"
			reboot "two-$PLUGIN"
			rm "$store/10.1.0.2"
			reserve 10.1.0.2 "$PLUGIN-a"$'\r\nif-a' # the same container has it again, by other means
			reserve 10.1.0.6 $'since\r\neth0'
			run -0 add g "$range"
			run -0 add h "$range"
			[[ $(reserved) == 10.1.0.2\ *\ 10.1.0.6 ]]
			[ "$(reserved | wc -w)" = 4 ]
			[ "$(cat "$store/10.1.0.2" "$store/10.1.0.6")" = "$PLUGIN-a"$'\r\nif-asince\r\neth0' ]
			reboot "three-$PLUGIN"
			run -0 add i "$range"
			[ "$(reserved | wc -w)" = 1 ]
			run -0 del i "$range"
		done
		wrapper=()
	done
}
# bats test_tags=attributes
@test "boot: without a boot id nothing is released, until a boot id or the uptime proves a boot" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		run -0 add a "$range"
		boot_unknown
		run -0 add b "$range"
		run -0 add c "$range"
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4" ]
		run -1 add x '{"subnet":"10.1.0.0/29","rangeEnd":"10.1.0.4"}'
		error_is 11 "all 3 addresses are reserved" "the kernel's boot id cannot be read"
		reboot "two-$PLUGIN"
		run -0 add d "$range" # b and c may be of this boot
		[ "$(reserved)" = "10.1.0.3 10.1.0.4 10.1.0.5" ]
		reboot "three-$PLUGIN"
		run -0 add e "$range"
		[ "$(reserved | wc -w)" = 1 ]
		rm -rf "$data" "$PODTAP_IPAM_STATE_DIR"
		boot_unknown
		wrapper=(unshare --fork --time --boottime 86400 -- "${wrapper[@]}") # a day later than now
		run -0 add f "$range"
		run -0 add g "$range"
		[ "$(reserved)" = "10.1.0.2 10.1.0.3" ]
		boot_unknown
		run -0 add h "$range"
		[ "$(reserved)" = 10.1.0.4 ]
		run -0 add i "$range"
		[ "$(reserved)" = "10.1.0.4 10.1.0.5" ]
		wrapper=()
		run -0 add j "$range"
		[ "$(reserved)" = "10.1.0.4 10.1.0.5 10.1.0.6" ]
	done
}
@test "boot: without a boot id, a pipe or a link in place of the random number holds no call and is not followed" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		boot_unknown
		wrapper=(timeout "${LIMIT:-60}" "${wrapper[@]}")
		for thing in mkfifo 'ln -s /dev/zero' mkdir; do
			rm -rf "${PODTAP_STATE_DIR:?}/boot"
			mkdir -p "$PODTAP_STATE_DIR"
			$thing "$PODTAP_STATE_DIR/boot"
			run -0 add a "$range"
			run -0 del a "$range"
		done
		rm -rf "${PODTAP_STATE_DIR:?}/boot"
	done
}
@test "boot: without a boot id, a new state directory and another time of the start prove a boot, and neither does alone" {
	# The node started an hour earlier than it did, by its uptime.
	earlier() {
		boot_unknown
		wrapper=(unshare --fork --time --boottime "$1" -- "${wrapper[@]}")
	}
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		boot_unknown
		run -0 add a "$range"
		run -0 add b "$range"
		rm -rf "${PODTAP_STATE_DIR:?}"/* # by hand
		run -0 add c "$range"
		earlier 3600 # the clock was set
		run -0 add d "$range"
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5" ]
		rm -rf "$PODTAP_STATE_DIR"
		ip netns del "$pod"
		ip netns add "$pod"
		earlier 7200
		run -0 add e "$range"
		[ "$(reserved | wc -w)" = 1 ]
		run -0 add f "$range"
		[ "$(reserved | wc -w)" = 2 ]
		run -0 find "$PODTAP_STATE_DIR" -maxdepth 1 -name 'boot*' -printf '%f\n'
		[ "$output" = boot ]
		wrapper=()
	done
}
# bats test_tags=attributes
@test "boot: a node that is a container releases its earlier reservations when it starts" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		node
		for id in a b c d; do
			run -0 add $id "$range"
		done
		node
		reserve 10.1.0.6 $'since\r\neth0'
		[ "$(given e "$range")" = 10.1.0.2/29 ]
		[ "$(reserved)" = "10.1.0.2 10.1.0.6" ]
		[ "$(given f "$range")" = 10.1.0.3/29 ]
		run -0 check e "$range"
		rm "$(beside index)"
		node
		[ "$(given g "$range")" = 10.1.0.4/29 ]
		[ "$(reserved)" = 10.1.0.4 ]
		node
		[ "$(given h '{"subnet":"10.1.0.0/29","keepAcrossBoots":true}')" = 10.1.0.5/29 ]
		[ "$(reserved)" = "10.1.0.4 10.1.0.5" ]
		run -0 del g "$range"
		run -0 del h "$range"
		node_end
	done
}
@test "boot: a call from another PID, mount or network namespace of a running node releases nothing" {
	local nearby node_calls
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		node
		for id in a b c d e; do
			run -0 add $id "$range"
		done
		node_calls=("${wrapper[@]}")
		nearby=('unshare --pid --fork --mount-proc')
		# podtap itself takes a master and a namespace of /run.
		[ "$PLUGIN" != podtap-ipam ] || nearby+=('unshare --net'
			'unshare --pid --fork --mount-proc sh -c "mount -t tmpfs run /run && exec \"\$@\"" sh')
		for how in "${nearby[@]}"; do
			eval "wrapper=(\"\${node_calls[@]}\" $how)"
			run -1 add f "$range"
			error_is 11 10.1.0.0/29
			rm "$(beside index)" # which says of what life it is, and nothing else is asked
			run -1 add f "$range"
			error_is 11 10.1.0.0/29
			wrapper=("${node_calls[@]}")
			run -1 add f "$range"
			[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6" ]
		done
		wrapper=(nsenter --target "$init" --net --) # as the machine around the node would
		run -1 add f "$range"
		error_is 11 10.1.0.0/29
		[ "$PLUGIN" != podtap-ipam ] || {
			wrapper=()
			run -1 add f "$range"
			error_is 11 10.1.0.0/29
		}
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6" ]
		wrapper=("${node_calls[@]}")
		run -0 gc "$range" '{"cni.dev/valid-attachments":[]}'
		node_end
	done
}
@test "boot: without extended attributes the index tells old reservations; without an index all stay" {
	boot one
	boot two
	boot three
	cat >"$BATS_TEST_TMPDIR/bare" <<-'END'
		mount -t ramfs none "$1" # keeps no attributes
		conf="{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"ipam\":{\"subnet\":\"10.1.0.0/28\",\"dataDir\":\"$1\"}}"
		export CNI_NETNS=/none CNI_IFNAME=eth0 CNI_PATH=/none CNI_COMMAND=ADD
		add() { CNI_CONTAINERID=$1 "$2" <<<"$conf" >/dev/null; }
		for life in one two three; do
			mount --bind "$3/boot-$life" /proc/sys/kernel/random/boot_id
			[ $life = one ] || printf 'since-%s\r\neth0' $life >"$1/n/$([ $life = two ] && echo 10.1.0.12 || echo 10.1.0.13)"
			[ $life != three ] || rm "$PODTAP_IPAM_STATE_DIR"/*/n/index
			add a-$life "$2"
			[ $life = three ] || add b-$life "$2"
			echo "$life: $(cd "$1/n" && grep -o '^[a-z]*-[a-z]*' 10.* | sed 's/.*://' | sort | paste -sd ' ')"
		done
	END
	mkdir "$BATS_TEST_TMPDIR/store"
	run -0 unshare -m bash -e "$BATS_TEST_TMPDIR/bare" "$BATS_TEST_TMPDIR/store" "$BUILD/podtap-ipam" "$BATS_TEST_TMPDIR"
	[ "${lines[0]}" = "one: a-one b-one" ]
	[ "${lines[1]}" = "two: a-two b-two since-two" ]
	[ "${lines[2]}" = "three: a-three a-two b-two since-three since-two" ]
}
@test "sticky: a pod gets its former address again while it is free, across containers and boots" {
	local pod_a='CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=prod;K8S_POD_NAME=db-0'
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reboot "one-$PLUGIN"
		[ "$(given a "$sticky" '{}' "$pod_a")" = 10.1.0.2/24 ]
		[ "$(given b "$sticky" '{}' "${pod_a%0}1")" = 10.1.0.3/24 ]
		run -0 del a "$sticky" '{}' "$pod_a"
		[ "$(given c "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a)" = 10.1.0.2/24 ]
		[ "$(given d "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a2)" = 10.1.0.4/24 ] # another interface
		run -0 del c "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a
		run -0 del b "$sticky"
		[ "$(given e "$sticky" '{}' 'CNI_ARGS=IP=10.1.0.2')" = 10.1.0.2/24 ]
		[ "$(given f "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a)" = 10.1.0.3/24 ] # taken: another, from now on
		reboot "two-$PLUGIN"
		[ "$(given g "$sticky" '{}' "$pod_a" CNI_IFNAME=if-a)" = 10.1.0.3/24 ]
		[ "$(reserved)" = 10.1.0.3 ]
		wrapper=()
	done
}
@test "sticky: without a pod name the container ID identifies; without the key nothing is remembered" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		[ "$(given a "$sticky")" = 10.1.0.2/24 ]
		[ "$(given b "$sticky")" = 10.1.0.3/24 ]
		run -0 del a "$sticky"
		[ "$(given a "$sticky")" = 10.1.0.2/24 ]
		run -0 del a "$sticky"
		[ "$(given a '{"subnet":"10.1.0.0/24"}')" = 10.1.0.3/24 ] || [ "$(reserved)" = "10.1.0.3 10.1.0.4" ]
		run -0 del a "$sticky"
		[ "$(given a '{"subnet":"10.1.0.0/24","sticky":true,"exclude":["10.1.0.2"]}')" != 10.1.0.2/24 ]
	done
}
@test "sticky: ignores a remembered address that is damaged or of another range" {
	PLUGIN=podtap-ipam
	ipam_begin
	run -0 add a "$sticky"
	run -0 del a "$sticky"
	[ "$(given a '{"subnet":"10.2.0.0/24","sticky":true}')" = 10.2.0.2/24 ]
	run -0 del a "$sticky"
	head -c 5000000 /dev/urandom >"$(beside sticky)"
	run -0 add b "$sticky"
	rm "$(beside sticky)"
	mkdir "$(dirname "$(beside index)")/sticky"
	run -0 add c "$sticky"
}
