# SPDX-License-Identifier: Apache-2.0
# Looking at endpoints: their links' events, indices, records and taps, and whether IPAM was asked.

# shellcheck disable=SC2154 # pod, container and the like are lib.bash's

export delegates="CNI_PATH=$fixtures/delegates:$BUILD:/usr/lib/cni"

# Watches the links of a namespace from now on: watch_links NAMESPACE WATCH
declare -gA watchers
watch_links() {
	local log=$BATS_TEST_TMPDIR/$2.links
	ip -n "$1" -o monitor link >>"$log" 2>&1 3>&- &
	watchers[$2]=$!
	background+=($!)
	watch_mark "$1" "$log"
	: >"$log"
}
# Makes an event in the namespace and waits until the watcher has written it.
watch_mark() {
	local try
	for try in {1..2000}; do
		ip -n "$1" link set lo mtu $((60000 + try))
		sleep 0.01
		! grep -q ": lo: .* mtu $((60000 + try)) " "$2" || return 0
	done
	echo "the events of $1 cannot be watched"
	return 1
}
# Ends the watcher. Prints for each link except lo that had an event: INDEX NAME
links_seen() {
	local log=$BATS_TEST_TMPDIR/$2.links
	watch_mark "$1" "$log" || return 1
	kill "${watchers[$2]}"
	sed -nE 's/^(Deleted )?([0-9]+): ([^:@]+)[:@].*/\2 \3/p' "$log" | sed '/ lo$/d' | sort -u
}

# Prints an index of the plugin's range that no link of the host and no node in /dev has.
free_index() {
	local index
	while :; do
		index=$((0x100000 + (RANDOM << 8 ^ RANDOM) % 0xf00000))
		[ -e "/dev/tap$index" ] || break
	done
	echo "$index"
}
# Lets the plugin draw these indices first: drawing "INDEX..." cni ADD ...
drawing() {
	local draws=$1
	shift
	export ASAN_OPTIONS=detect_leaks=0 # the leak checker works under no tracer
	wrapper=("$BUILD/tests/tools/rewrite" draws "$draws")
	"$@"
}

# Changes of the configuration by which IPAM answers with this: answering ANSWER [FURTHER CHANGES]
answering() {
	jq -cn --argjson answer "$1" --argjson further "${2:-"{}"}" '{ipam: {type: "answering", answer: $answer}} + $further'
}
export both_families='{"ips":[{"address":"10.99.0.7/24"},{"address":"fd99::7/64"}]}' # such an answer

# Runs a command that notes which verbs the delegate `answering` is called with.
with_calls() {
	rm -f "$BATS_TEST_TMPDIR/calls"
	"$@" "$delegates" CALLS="$BATS_TEST_TMPDIR/calls"
}
no_calls() {
	[ ! -e "$BATS_TEST_TMPDIR/calls" ] || { echo "IPAM was asked: $(cat "$BATS_TEST_TMPDIR/calls")"; return 1; }
}

# Prints the link name and MAC address that an open tap reports.
tap_identity() {
	"$tapio" "$1" identity | sed -E 's/(..)(..)(..)(..)(..)(..)$/\1:\2:\3:\4:\5:\6/'
}
# The pod has no link, no record and no note of an index.
nothing_made() {
	local left
	left=$(ip -n "$pod" -o link show | sed '/: lo:/d')
	left+=$(find "$PODTAP_STATE_DIR" -mindepth 2 2>/dev/null || true)
	[ -z "$left" ] || { echo "left behind: $left"; return 1; }
}
