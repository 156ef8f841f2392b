#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-ipam's reservations: host-local's directory with any content, and the index beside it.
load ../lib/lib
load ../lib/ipam

range='{"subnet":"10.1.0.0/29"}'

# Debian's host-local on the same network: host_local VERB ID
host_local() {
	printf %s "$(config "$(ipam "${3:-$range}" '{"cniVersion":"1.0.0"}')")" | env CNI_COMMAND="$1" \
		CNI_CONTAINERID="$2" CNI_NETNS=/none CNI_IFNAME=eth0 CNI_PATH=/none /usr/lib/cni/host-local
}

@test "store: its files equal those of host-local byte for byte" {
	local two='{"ranges":[[{"subnet":"10.1.0.0/29"}],[{"subnet":"fd01::/64","rangeStart":"fd01::ab:0:0:c"}]]}'
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		umask 022
		run -0 add a "$two"
		[ "$(cat "$store/10.1.0.2")" = "$PLUGIN-a"$'\r\nif-a' ]
		[ "$(stat -c '%a %s' "$store/10.1.0.2")" = "600 $((${#PLUGIN} + 8))" ]
		[ "$(stat -c '%a %s' "$store/fd01::ab:0:0:c")" = "600 $((${#PLUGIN} + 8))" ]
		[ "$(stat -c '%a %s' "$store/last_reserved_ip.0")" = "600 8" ]
		[ "$(last 0) $(last 1)" = "10.1.0.2 fd01::ab:0:0:c" ]
		[ "$(stat -c '%a %s' "$store/lock")" = "750 0" ]
		[ "$(stat -c %a "$store" "$data" | paste -sd ' ')" = "755 755" ]
		run -0 find "$data" -mindepth 2 -type f
		[ ${#lines[@]} = 5 ] # and what is ours alone is elsewhere, under a note of whose it is
		[ "$(cat "$(dirname "$(beside index)")/../.dataDir")" = "$data" ]
		run -0 del a "$two"
		[ "$(last 0)" = 10.1.0.2 ]
	done
}
@test "store: takes over a host-local directory unchanged, and host-local takes it back" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 host_local ADD first
		run -0 host_local ADD second
		[ "$(given a "$range")" = 10.1.0.4/29 ]
		run -0 host_local DEL first
		run -0 host_local ADD third
		json_is '.ips[0].address' 10.1.0.5/29
		[ "$(given b "$range")" = 10.1.0.6/29 ]
		[ "$(given c "$range")" = 10.1.0.2/29 ]
		run -1 add d "$range"
		error_is 11 10.1.0.0/29
		run -0 host_local DEL "$PLUGIN-b"
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6" ]
		run -0 host_local DEL second
		[ "$(given d "$range")" = 10.1.0.3/29 ]
		run -0 cni DEL "$(ipam "$range")" CNI_CONTAINERID=third
		[ "$(reserved)" = "10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.6" ]
		run -0 host_local ADD fifth
		json_is '.ips[0].address' 10.1.0.5/29
		run -0 host_local DEL fifth
	done
}
@test "store: notices a change by others in the same clock tick as its own" {
	cat >"$BATS_TEST_TMPDIR/ticks" <<-'END'
		# ramfs dates by the tick; what others write here follows our answer as fast as a shell can.
		mount -t ramfs none "$1" || exit
		conf="{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"ipam\":{\"subnet\":\"10.1.0.0/16\",\"dataDir\":\"$1\"}}"
		export CNI_NETNS=/none CNI_IFNAME=eth0 CNI_PATH=/none
		same=0 wrong=0
		for ((i = 0; i < 2000 && same < 5; i++)); do
			theirs=$1/n/10.1.$((200 + i / 256)).$((i % 256))
			CNI_COMMAND=ADD CNI_CONTAINERID=ours-$i "$2" <<<"$conf" | {
				read -r answer
				printf 'theirs-%d\r\neth0' $i >"$theirs"
				echo "$answer" >"$3/answer"
			}
			[[ $(<"$3/answer") =~ 10\.1\.([0-9]+)\.([0-9]+)/16 ]] || exit
			mine=$1/n/10.1.${BASH_REMATCH[1]}.${BASH_REMATCH[2]}
			[ "$(stat -c %.Z "$mine")" != "$(stat -c %.Z "$theirs")" ] || same=$((same + 1))
			CNI_COMMAND=DEL CNI_CONTAINERID=theirs-$i "$2" <<<"$conf" || exit
			[ ! -e "$theirs" ] || wrong=$((wrong + 1))
		done
		echo "$same $wrong"
	END
	mkdir "$BATS_TEST_TMPDIR/ram"
	run -0 unshare -m bash "$BATS_TEST_TMPDIR/ticks" "$BATS_TEST_TMPDIR/ram" "$BUILD/podtap-ipam" "$BATS_TEST_TMPDIR"
	read -r same wrong <<<"$output"
	[ "$same" = 5 ]
	[ "$wrong" = 0 ]
}
@test "store: gives out an address again whose file a crash left empty or full of NULs" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reserve 10.1.0.2 ''
		reserve 10.1.0.3 $'\r\n'
		head -c 70 /dev/zero >"$store/10.1.0.4"
		[ "$(given a "$range")" = 10.1.0.2/29 ]
		[ "$(given b "$range" '{}' CNI_ARGS=IP=10.1.0.3)" = 10.1.0.3/29 ]
		[ "$(given c "$range")" = 10.1.0.4/29 ]
		run -0 check a "$range"
		: >"$store/10.1.0.2" # ours, emptied behind our back
		run -0 del a "$range"
		[ "$(given d "$range")" = 10.1.0.5/29 ]
		[ "$(given e "$range")" = 10.1.0.6/29 ]
		[ "$(given f "$range")" = 10.1.0.2/29 ]
	done
}
@test "store: DEL releases a half-written file that has its container's whole name" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		reserve 10.1.0.2 "$PLUGIN-a"
		reserve 10.1.0.3 "$PLUGIN-b"$'\r\n'
		run -0 del a "$range"
		run -0 del b "$range"
		[ "$(reserved)" = "" ]
	done
}
@test "store: a foreign file is not followed, deleted or given out, and stops no call" {
	local name
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		mkdir -p "$store/10.1.0.2" "$store/fd00::1" "$store/deep/er"
		printf '%s' "$PLUGIN-a"$'\r\nif-a' | tee "$store/README" "$store/10.1.0.002" "$store/deep/er/10.1.0.9" \
			"$BATS_TEST_TMPDIR/outside" >"$store/2001:DB8::1"
		ln -s "$BATS_TEST_TMPDIR/outside" "$store/10.1.0.3"
		ln -s /no/where "$store/last_reserved_ip.0"
		head -c 100000 /dev/urandom >"$store/10.1.0.4"
		mkfifo "$store/10.1.0.99"
		printf 'no\0container' >"$store/10.1.0.98"
		find "$data" "$BATS_TEST_TMPDIR/outside" | sort >"$BATS_TEST_TMPDIR/before"
		[ "$(given a "$range")" = 10.1.0.5/29 ]
		run -0 check a "$range"
		run -0 status "$range" '{"strictStatus":true}'
		run -1 add b "$range" '{}' CNI_ARGS=IP=10.1.0.3
		error_is 11 10.1.0.3
		run -1 add b "$range" '{}' CNI_ARGS=IP=10.1.0.2
		error_is 11 10.1.0.2
		[ "$(given b "$range")" = 10.1.0.6/29 ]
		run -1 add c "$range"
		error_is 11 "no IP addresses available"
		run -0 gc "$range" '{"cni.dev/valid-attachments":[]}'
		rm -f "$store/lock"
		find "$data" "$BATS_TEST_TMPDIR/outside" | sort >"$BATS_TEST_TMPDIR/after"
		run -0 cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
		run -0 del a "$range"
		run -0 del b "$range"
		rm -r "${store:?}"
	done
}
@test "store: does not follow a lock that is a link, and does not wait on one that is a pipe" {
	PLUGIN=podtap-ipam
	ipam_begin
	mkdir -p "$store"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$store/lock"
	run -1 add a "$range"
	error_is 5 "$store/lock"
	[ ! -e "$BATS_TEST_TMPDIR/elsewhere" ]
	rm "$store/lock"
	mkfifo "$store/lock"
	run -0 add a "$range"
	rm "$store/lock"
}
@test "store: a call waits for host-local's lock, and takes its turn" {
	PLUGIN=podtap-ipam
	ipam_begin
	mkdir -p "$store"
	: >"$store/lock"
	mkfifo "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/done"
	flock "$store/lock" sh -c 'echo >"$1"; read -r x <"$2"' sh "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/done" 3>&- &
	background+=($!)
	read -r <"$BATS_TEST_TMPDIR/held"
	add a "$range" >"$BATS_TEST_TMPDIR/answer" 3>&- &
	local waiting=$!
	until grep -q . <(lslocks -n -o PID,TYPE,PATH | grep "$store/lock" | grep -v "^ *${background[0]} ") ||
		! kill -0 $waiting; do :; done
	[ ! -s "$BATS_TEST_TMPDIR/answer" ]
	[ "$(reserved)" = "" ]
	echo >"$BATS_TEST_TMPDIR/done"
	wait $waiting
	[ "$(reserved)" = 10.1.0.2 ]
}
@test "index: a limit on the size of files that cuts its write hides no reservation" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add a "$range"
		for id in b c d e; do
			wrapper=(prlimit --fsize=1024 --)
			run -0 add "$id" "$range"
			wrapper=()
			run -0 del "$id" "$range" '{"prevResult":{}}'
			[ "$(reserved)" = 10.1.0.2 ]
		done
	done
}
@test "index: no answer changes when it is deleted, older, cut, damaged, replaced or unreadable" {
	local index damage
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add a "$range"
		cp "$(beside index)" "$BATS_TEST_TMPDIR/older"
		run -0 add b "$range"
		index=$(beside index)
		for damage in 'rm "$index"' 'cp "$BATS_TEST_TMPDIR/older" "$index"' ': >"$index"' 'truncate -s 600 "$index"' \
			'head -c 4000 /dev/urandom >"$index"' 'head -c 4000 /dev/zero >"$index"' \
			'dd if=/dev/urandom of="$index" bs=1 seek=20 count=8 conv=notrunc status=none' \
			'dd if=/dev/zero of="$index" bs=512 seek=1 conv=notrunc count=6 status=none' \
			'dd if="$BATS_TEST_TMPDIR/older" of="$index" bs=512 seek=1 skip=1 conv=notrunc status=none' \
			'rm "$index"; mkdir "$index"' 'rm -rf "$index"; ln -s /dev/zero "$index"' 'rm "$index"; mkfifo "$index"' \
			'rm -rf "$PODTAP_IPAM_STATE_DIR"; : >"$PODTAP_IPAM_STATE_DIR"'; do
			eval "$damage"
			run -0 check b "$range"
			address=$(given c "$range")
			[[ $address == 10.1.0.[456]/29 ]]
			run -0 check a "$range"
			run -0 del c "$range"
			run -0 del unknown "$range"
			[ "$(reserved)" = "10.1.0.2 10.1.0.3" ]
		done
		rm "$PODTAP_IPAM_STATE_DIR"
	done
}
@test "index: sees a file as it is after others rewrote, made or removed it" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		run -0 add a "$range"
		run -0 add b "$range"
		printf 'usurper\r\neth0' >"$store/10.1.0.2" # in place: the directory does not change
		run -0 del a "$range"
		[ "$(cat "$store/10.1.0.2")" = $'usurper\r\neth0' ]
		run -0 cni DEL "$(ipam "$range")" CNI_CONTAINERID=usurper
		[ "$(reserved)" = 10.1.0.3 ]
		rm "$store/10.1.0.3"
		reserve 10.1.0.4 "$PLUGIN-b"$'\r\nif-b'
		run -1 check b "$range"
		run -0 del b "$range"
		[ "$(reserved)" = "" ]
		mv "$store" "$store-away"
		[ "$(given c "$range")" = 10.1.0.2/29 ]
		rm -r "${store:?}"
		mv "$store-away" "$store"
		[ "$(given d "$range")" = 10.1.0.4/29 ]
	done
}

# Makes a file unreadable: /proc/PID/mem, bound over it, fails every read at offset 0.
unreadable() {
	wrapper=(unshare -m sh -c 'mount --bind "/proc/$$/mem" "$0" && exec "$@"' "$store/$1")
}
@test "store: an unreadable reservation stops only its possible owner, until it can be read" {
	for PLUGIN in "${ways[@]}"; do
		ipam_begin
		for id in a b; do
			run -0 add "$id" "$range"
		done
		rm "$(beside index)"
		unreadable 10.1.0.2
		[ "$(given c "$range")" = 10.1.0.4/29 ]
		run -0 del b "$range"
		run -1 del a "$range"
		error_is 5 "$store/10.1.0.2"
		run -1 gc "$range" '{"cni.dev/valid-attachments":[]}'
		error_is 5 "$store/10.1.0.2"
		[ "$(reserved)" = 10.1.0.2 ]
		wrapper=()
		run -0 del a "$range"
		[ "$(reserved)" = "" ]
	done
}
