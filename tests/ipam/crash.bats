#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-ipam under load, at any size, and killed at any system call.
# bats file_tags=plain
load ../lib/lib
load ../lib/ipam

setup() {
	lan_setup
	export ASAN_OPTIONS=detect_leaks=0 # the leak checker works under no tracer
	PLUGIN=podtap-ipam
	ipam_begin
}
teardown() {
	rm -rf "${leases:?}"/* ${disk:+"$disk"}
	lan_teardown
}

# The executable on its own, without a runtime around it: bare VERB ID CONFIGURATION [COMMAND...]
bare() {
	local verb=$1 id=$2 text=$3
	shift 3
	CNI_COMMAND=$verb CNI_CONTAINERID=$id CNI_NETNS=/none CNI_IFNAME=eth0 CNI_PATH=/none \
		"${wrapper[@]}" "$@" "$BUILD/podtap-ipam" <<<"$text"
}

# System calls for memory, which the sanitizers make at random.
memory='^(brk|m(un|re)?map|mprotect|madvise)\('
# Counts a call's system calls, without those for memory and those that start a process.
calls() {
	local made status=0
	bare "$@" strace -qq -o "$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/answer" || status=$?
	made=$(grep -cvE "$memory" "$BATS_TEST_TMPDIR/calls")
	bare VERSION x '' strace -qq -o "$BATS_TEST_TMPDIR/none" >/dev/null || return
	echo $((made - $(grep -cvE "$memory" "$BATS_TEST_TMPDIR/none")))
	return $status
}
# Prints the least times of a call under two configurations in turn, in microseconds. It repeats the calls while
# the second takes twice the first, since other load on the machine only makes a call slower.
least() {
	local i k start took least=(999999999 999999999)
	for ((i = 0; i < 15 || i < 300 && least[1] >= least[0] * 2; i++)); do
		for k in 0 1; do
			start=${EPOCHREALTIME/./}
			bare "$1" "$2" "${@:3 + k:1}" >"$BATS_TEST_TMPDIR/answer" || return
			took=$((${EPOCHREALTIME/./} - start))
			((took >= least[k])) || least[k]=$took
			[ "$1" != ADD ] || bare DEL "$2" "${@:3 + k:1}" || return
		done
	done
	echo "${least[@]}"
}
costs() {
	local verb id
	for verb in ADD CHECK DEL DEL; do
		id=$([ -e "$BATS_TEST_TMPDIR/deleted" ] && echo unknown || echo one)
		[ "$verb" != DEL ] || touch "$BATS_TEST_TMPDIR/deleted"
		calls "$verb" "$id" "$(jq -c --slurpfile r "$BATS_TEST_TMPDIR/result" '. + {prevResult: $r[0]}' <<<"$1")" || return
		[ "$verb" != ADD ] || cp "$BATS_TEST_TMPDIR/answer" "$BATS_TEST_TMPDIR/result"
	done
	rm "$BATS_TEST_TMPDIR/deleted"
}

# bats test_tags=long
@test "cost: ADD, CHECK and DEL make the same system calls with 100 and with 60,000 reservations, and no more with 10" {
	local few many hundred each confs=()
	echo '{}' >"$BATS_TEST_TMPDIR/result"
	for count in 100 10 60000; do
		network=net-$count store=$data/net-$count
		mkdir -p "$store"
		"$BUILD/tests/tools/ipamfill" "$store" 10.1.0.2 $count
		conf=$(config "$(ipam '{"subnet":"10.1.0.0/16"}')")
		bare ADD first "$conf"
		bare ADD second "$conf"
		costs "$conf" >"$BATS_TEST_TMPDIR/costs-$count"
		[ $count = 100 ] || confs+=("$conf")
	done
	mapfile -t few <"$BATS_TEST_TMPDIR/costs-10"
	mapfile -t hundred <"$BATS_TEST_TMPDIR/costs-100"
	mapfile -t many <"$BATS_TEST_TMPDIR/costs-60000"
	echo "calls of ADD, CHECK, DEL and DEL of nobody: ${few[*]}, ${hundred[*]} and ${many[*]}"
	[ "${hundred[*]}" = "${many[*]}" ]
	for each in 0 1 2 3; do
		[ "${few[each]}" -le "${many[each]}" ]
	done
	for verb in ADD DEL; do
		run -0 least "$verb" third "${confs[@]}"
		echo "microseconds of $verb: $output"
		[ "${output#* }" -lt $((${output% *} * 2)) ]
	done
}
@test "exhaustion: an ADD on a full /16 fails at once, with the range, its size and how to list its holders" {
	local conf
	mkdir -p "$store"
	"$BUILD/tests/tools/ipamfill" "$store" 10.1.0.2 65532
	conf=$(config "$(ipam '{"subnet":"10.1.0.0/16"}')")
	run -0 bare ADD last "$conf"
	json_is '.ips[0].address' 10.1.255.254/16
	run -1 bare ADD more "$conf"
	error_is 11 "range set 0 (10.1.0.1-10.1.255.254 of 10.1.0.0/16)" "all 65533 addresses" "grep -r . $store"
	grep -r . "$store" >"$BATS_TEST_TMPDIR/holders"
	[ "$(grep -c -a 'filler' "$BATS_TEST_TMPDIR/holders")" = 65532 ]
	run -1 calls ADD more "$conf"
	[ "$output" -lt 60 ]
	run -1 bare STATUS '' "$(jq -c '.ipam.strictStatus = true' <<<"$conf")"
	error_is 50 "range set 0" "all 65533"
	rm "$store/10.1.99.99"
	run -0 bare ADD again "$conf"
	json_is '.ips[0].address' 10.1.99.99/16
}
# bats test_tags=long
@test "storm: 10,000 calls of 64 runtimes, some killed, leave no duplicate, no lost address and no lock (disk)" {
	disk=$(mktemp -d /var/tmp/podtap-storm-XXXXXX)
	storm "$disk"
}
# bats test_tags=long
@test "storm: 10,000 calls of 64 runtimes, some killed, leave no duplicate, no lost address and no lock (tmpfs)" {
	mkdir -p "$data"
	export -f storm
	export BATS_TEST_TMPDIR BUILD
	run -0 unshare -m bash -ec 'mount -t tmpfs none "$1"; storm "$1" "$1"' bash "$data"
}

# Runs 10,000 calls of 64 runtimes, fewer with sanitizers. Afterwards every address can be reserved, once.
storm() {
	local i killed conf count=10000
	[[ $(ldd "$BUILD/podtap-ipam") != *libasan* ]] || count=3000
	killed=$("$BUILD/tests/tools/ipamstorm" "$BUILD/podtap-ipam" "$1" 64 $count 100) || { echo "$killed"; return 1; }
	[ "${killed%% *}" -gt 50 ] || { echo "too few were killed: $killed"; return 1; }
	ls "$1/storm" >"$BATS_TEST_TMPDIR/left"
	[ "$(paste -sd ' ' "$BATS_TEST_TMPDIR/left")" = "last_reserved_ip.0 lock" ] || { cat "$BATS_TEST_TMPDIR/left"; return 1; }
	conf='{"cniVersion":"1.0.0","name":"storm","ipam":{"dataDir":"'$1'","subnet":"10.0.0.0/25"}}'
	for ((i = 0; i < 125; i++)); do
		CNI_COMMAND=ADD CNI_CONTAINERID=after-$i CNI_NETNS=/none CNI_IFNAME=eth0 CNI_PATH=/none \
			"$BUILD/podtap-ipam" <<<"$conf" || return
	done | sort -u >"$BATS_TEST_TMPDIR/all"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/all")" = 125 ]
}

# Kills a call before each of its system calls in turn, after it has read its configuration. Skips calls for
# memory, since they change nothing.
# After each kill, the runtime's next call works, and every free address can be reserved.
#   crash PREPARE VERB [ADDRESS OF WHO STAYS]
crash() {
	local prepare=$1 verb=$2 stays=${3:-} conf first n name made=()
	local -A times=()
	conf=$(config "$(ipam '{"subnet":"10.1.0.0/29","sticky":true}')")
	clean_slate
	"$prepare" "$conf"
	bare "$verb" victim "$conf" strace -qq -o "$BATS_TEST_TMPDIR/calls" >/dev/null || return
	first=$(grep -n '^read(0' "$BATS_TEST_TMPDIR/calls" | head -1 | cut -d: -f1)
	mapfile -t made <"$BATS_TEST_TMPDIR/calls"
	[ ${#made[@]} -gt $((first + 10)) ] || return
	for n in "${!made[@]}"; do
		name=${made[n]%%(*}
		times[$name]=$((${times[$name]:-0} + 1))
		if [ "$n" -lt $((first - 1)) ] || [[ ${made[n]} =~ $memory ]]; then continue; fi
		clean_slate
		"$prepare" "$conf"
		bare "$verb" victim "$conf" strace -qq -o /dev/null -e "inject=$name:signal=KILL:when=${times[$name]}" >/dev/null 2>&1
		[ $? = 137 ] && mended "$conf" "$stays" && continue
		echo "after $verb was killed at call $((n + 1)): ${made[n]}"
		return 1
	done
}
clean_slate() {
	wrapper=()
	rm -rf "${data:?}" "${PODTAP_IPAM_STATE_DIR:?}"
}
mended() {
	local id had=" $2 " line address
	[ -z "$2" ] || bare CHECK stays "${1%\}},\"prevResult\":{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"$2\"}]}}" || return
	bare ADD next "$1" >"$BATS_TEST_TMPDIR/next" || return
	bare DEL victim "$1" || return
	bare DEL next "$1" || return
	while bare ADD more-$((++id)) "$1" >"$BATS_TEST_TMPDIR/more"; do
		read -r line <"$BATS_TEST_TMPDIR/more" || [ -n "$line" ]
		[[ $line =~ \"address\":\"([^\"]*)\" ]] && had+="${BASH_REMATCH[1]} "
	done
	for address in 10.1.0.{2..6}/29; do
		[[ $had == *" $address "* ]] || { echo "could not be had: $address"; return 1; }
		had=${had/" $address "/ }
	done
	[ -z "${had// /}" ] || { echo "could be had twice, or not at all: $had"; return 1; }
}
# States a call may find: one who stays; besides him the victim; each of them with no index, so that
# it is made anew; an empty file in the way, as host-local leaves one; a boot since.
one_stays() {
	bare ADD stays "$1" >/dev/null
}
one_stays_unindexed() {
	one_stays "$1"
	rm "$(beside index)"
}
victim_too() {
	one_stays "$1"
	bare ADD victim "$1" >/dev/null
}
victim_too_unindexed() {
	victim_too "$1"
	rm "$(beside index)"
}
empty_file() {
	one_stays "$1"
	: >"$store/10.1.0.3"
}
rebooted() {
	wrapper=("${boot_one[@]}")
	victim_too "$1"
	wrapper=("${boot_two[@]}")
}

# bats test_tags=long
@test "crash: ADD killed before any of its system calls loses nothing, and the next call works" {
	run -0 crash one_stays ADD 10.1.0.2/29
}
# bats test_tags=long
@test "crash: ADD that reads the whole store, killed before any system call, loses nothing" {
	run -0 crash one_stays_unindexed ADD 10.1.0.2/29
}
# bats test_tags=long
@test "crash: ADD that repairs an empty file, killed before any system call, loses nothing" {
	run -0 crash empty_file ADD 10.1.0.2/29
}
# bats test_tags=long
@test "crash: the next ADD completes the first ADD after a boot that was killed before any system call" {
	boot one
	boot_one=("${wrapper[@]}")
	boot two
	boot_two=("${wrapper[@]}")
	run -0 crash rebooted ADD
}
# bats test_tags=long
@test "crash: DEL killed before any of its system calls loses nothing, and the next call works" {
	run -0 crash victim_too DEL 10.1.0.2/29
}
# bats test_tags=long
@test "crash: DEL that reads the whole store, killed before any system call, loses nothing" {
	run -0 crash victim_too_unindexed DEL 10.1.0.2/29
}

# Prints the calls that an ADD of two families makes while it holds the lock: under_lock CONFIGURATION
under_lock() {
	bare ADD a "$1" strace -qq -o "$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/answer" || return
	awk '/^flock\(/ { lock = $1; gsub(/[^0-9]/, "", lock); held = 1; next }
		held && $0 ~ "^close\\(" lock "\\)" { held = 0 }
		held' "$BATS_TEST_TMPDIR/calls"
}
@test "lock: an ADD writes its reservations' files before it takes the lock, and waits for the disk without it" {
	for more in '{}' '{"keepAcrossBoots":true}'; do
		clean_slate
		conf=$(config "$(ipam "$(jq -c '.ranges=[[{"subnet":"10.1.0.0/29"}],[{"subnet":"fd01::/64"}]]' <<<"$more")")")
		bare ADD first "$conf" >/dev/null
		run -0 under_lock "$conf"
		[ "$(grep -c '^linkat(' <<<"$output")" = 2 ]
		run -1 grep -E 'O_TMPFILE|^fsync|^fdatasync|boot_id|^f?setxattr|^socket' <<<"$output"
	done
	run -0 grep -c '^fsync(' "$BATS_TEST_TMPDIR/calls"
	[ "$output" = 3 ] # two files and the directory
}
@test "lock: an ADD whose reservations do not reach the disk gives them back" {
	conf=$(config "$(ipam '{"subnet":"10.1.0.0/29","keepAcrossBoots":true}')")
	bare ADD first "$conf" >/dev/null
	run -1 bare ADD second "$conf" strace -qq -o /dev/null -e inject=fsync:error=EIO:when=2
	error_is 5 "$store" "Input/output error"
	[ "$(reserved)" = 10.1.0.2 ]
	run -0 bare ADD third "$conf"
	json_is '.ips[0].address' 10.1.0.4/29
}
