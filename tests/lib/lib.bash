# SPDX-License-Identifier: Apache-2.0
# The base of every test: a private "host" with a LAN and pods, and a runtime that calls the plugin as
# real ones do.
#
#   $host    the namespace the plugin runs in; lan0 in it is the master, a port of the switch
#   $switch  behind lan0: a bridge br0 (10.99.0.254/24, fd99::fe/64), whose port to the host is port0
#   $pod, $other    two pods that have only lo
bats_require_minimum_version 1.5.0

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=${tests%/*}
fixtures=$tests/fixtures
: "${BUILD:=$root/build}"
tapio=$BUILD/tests/tools/tapio

lan_setup() {
	local id
	id=pt$$-$RANDOM$BATS_TEST_NUMBER
	host=$id-host switch=$id-switch pod=$id-pod other=$id-other
	namespaces=("$host" "$switch" "$pod" "$other")
	container=ctr-$id
	leases=$BATS_TEST_TMPDIR/leases
	cache=$BATS_TEST_TMPDIR/cache
	background=() wrapper=()
	export PODTAP_STATE_DIR=$BATS_TEST_TMPDIR/state PODTAP_CDI_DIR=$BATS_TEST_TMPDIR/cdi
	export PODTAP_IPAM_STATE_DIR=$BATS_TEST_TMPDIR/ipam PODTAP_POLICY=$BATS_TEST_TMPDIR/policy/policy.json
	export PODTAP_JOURNAL=$BATS_TEST_TMPDIR/journal
	unset PODTAP_DEV_DIR
	mkdir -p "$leases" "$cache"
	ip -batch - <<-END
		netns add $host
		netns add $switch
		netns add $pod
		netns add $other
		link add name port0 netns $switch type veth peer name lan0 netns $host
	END
	ip -n "$switch" -batch - <<-END
		link add br0 address 02:00:00:00:00:fe type bridge forward_delay 0 mcast_snooping 0
		link set lo up
		link set port0 master br0 up
		address add 10.99.0.254/24 dev br0
		address add fd99::fe/64 dev br0 nodad
		link set br0 up
	END
	ip -n "$host" link set lan0 up
	ip -n "$pod" link set lo up
	ip -n "$other" link set lo up
	lan_carries
}

# Waits until the switch forwards: the kernel tells it of a carrier when it has time to, and what comes
# before that is dropped.
lan_carries() {
	local try
	for try in {1..1000}; do
		[[ $(ip -n "$switch" link show dev br0) != *" state UP "* ]] || return 0
		sleep 0.02
	done
	echo "the switch has no carrier"
	return 1
}
# Sets how many DAD probes the kernel sends, one a second, before a pod's IPv6 address is usable.
dad_transmits() {
	at "$pod" sh -c 'echo "$0" >/proc/sys/net/ipv6/conf/default/dad_transmits' "$1"
}

# From here on the plugin makes nodes in the test's own directory, as on a host without devtmpfs.
devices_private() {
	export PODTAP_DEV_DIR=$BATS_TEST_TMPDIR/dev
	mkdir "$PODTAP_DEV_DIR"
}

# Another pod, in the variable named.
pod_add() {
	local name=$host-$1
	ip netns add "$name"
	namespaces+=("$name")
	printf -v "$1" %s "$name"
}

# Undoes the test's attachments as a runtime would, ends what it left running, and proves that nothing
# of ours is left; then removes the namespaces in any case.
lan_teardown() {
	local status=0 pid name
	cni_del_all || status=1
	for pid in "${background[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	assert_nothing_left || status=1
	for name in "${namespaces[@]}"; do
		[ ! -e "/run/netns/$name" ] || echo "netns del $name"
	done | ip -force -batch -
	return $status
}

# What every file has that does not define its own.
setup() {
	lan_setup
}
teardown() {
	[ -z "${host:-}" ] || lan_teardown
}

# Runs a command in a namespace. Unlike `ip netns exec` it leaves /sys alone.
at() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name" -- "$@"
}

# Prints the links of a namespace without their state, which changes by itself.
links_shown() {
	ip -n "$1" -j link show | jq -c '.[] | [.ifindex, .ifname, .altnames, .address, .mtu, .master, .link]'
}

# Calls a plugin ($PLUGIN, default podtap, in $BUILD unless it is a path) on the host, with exactly
# these bytes on stdin; within the command in the array `wrapper`, if there is one.
#   cni_raw VERB TEXT [VARIABLE=VALUE...]
# Prints its stdout; its stderr goes to $BATS_TEST_TMPDIR/stderr.
cni_raw() {
	local verb=$1 text=$2 plugin=${PLUGIN:-podtap}
	shift 2
	[[ $plugin == /* ]] || plugin=$BUILD/$plugin
	# Starting a process costs more than what the plugin does: here are as few as there can be.
	# shellcheck disable=SC2163 # assignments
	printf %s "$text" | {
		export CNI_COMMAND="$verb" CNI_CONTAINERID="$container" CNI_NETNS="/run/netns/$pod" CNI_IFNAME=eth0 \
			CNI_ARGS='' CNI_PATH="$BUILD:/usr/lib/cni" "$@"
		exec nsenter --net="/run/netns/$host" -- "${wrapper[@]}" "$plugin" 2>"$BATS_TEST_TMPDIR/stderr"
	}
}

# The network configuration: the defaults, changed by a JSON object (null removes a key), with the result
# in a file as prevResult where that key may be.
#   config [CHANGES [FILE]]
config_default='{"cniVersion":"1.1.0","name":"net","type":"podtap","master":"lan0"}'
config() {
	jq -cn --argjson default "$config_default" --argjson change "${1:-"{}"}" --slurpfile result "${2:-/dev/null}" \
		'$default + $change | with_entries(select(.value != null))'"${2:+"
		| if .cniVersion < \"0.4.0\" or has(\"prevResult\") then . else .prevResult = \$result[0] end"}"
}

# Calls the plugin as a runtime does: keeps what ADD answered and gives it to CHECK and DEL.
#   cni VERB [CHANGES OF THE CONFIGURATION] [VARIABLE=VALUE...]
cni() {
	local verb=$1 text=$config_default answer attachment changes=(${2:+"$2"}) status=0
	attachment_find "${@:3}"
	case $verb in CHECK | DEL) [ ! -e "$attachment.result" ] || changes=("${2:-}" "$attachment.result") ;; esac
	[ ${#changes[@]} = 0 ] || text=$(config "${changes[@]}") || return 99
	# An ADD that fails is undone by DEL all the same.
	[ "$verb" != ADD ] || printf '%s\0' "$text" "${@:3}" >"$attachment.add"
	cni_raw "$verb" "$text" "${@:3}" >"$BATS_TEST_TMPDIR/stdout" || status=$?
	IFS= read -rd '' answer <"$BATS_TEST_TMPDIR/stdout" || :
	case $verb,$status in
	ADD,0) printf %s "$answer" >"$attachment.result" ;;
	DEL,0) rm -f "$attachment.add" "$attachment.result" ;;
	esac
	printf %s "$answer"
	return $status
}

# Sets $attachment to where the runtime keeps its data on the attachment that these variables name.
attachment_find() {
	local id=$container name=eth0 variable
	for variable; do
		case $variable in
		CNI_CONTAINERID=*) id=${variable#*=} ;;
		CNI_IFNAME=*) name=${variable#*=} ;;
		esac
	done
	name="$id $name"
	name=${name//[^A-Za-z0-9_.-]/_}
	[ ${#name} -le 200 ] || name=${name: -200}
	attachment=$cache/$name
}
# Prints it.
attachment() {
	local attachment
	attachment_find "$@"
	printf %s "$attachment"
}

# DEL for every ADD that had none, with the configuration the ADD had.
cni_del_all() {
	local file call status=0
	for file in "$cache"/*.add; do
		[ -e "$file" ] || continue
		mapfile -d '' -t call <"$file"
		if ! cni_raw DEL "${call[@]}" >"$BATS_TEST_TMPDIR/stdout" || [ -s "$BATS_TEST_TMPDIR/stdout" ]; then
			echo "DEL at the end failed: $(cat "$BATS_TEST_TMPDIR/stdout" "$BATS_TEST_TMPDIR/stderr")"
			status=1
		fi
	done
	return $status
}

# Nothing of ours exists: no link of our kinds in any of the test's namespaces (unless the test says
# foreign_links=yes), no record, no lease, no node of a tap that ever was on record and no link to one.
assert_nothing_left() {
	local name left=""
	left=$(
		[ "${foreign_links:-no}" = yes ] || for name in "${namespaces[@]}"; do
			[ ! -e "/run/netns/$name" ] || ip -n "$name" -d -o link show
		done | grep -E ' mac(vlan|vtap) +mode '
		exec find "$PODTAP_STATE_DIR" "$PODTAP_CDI_DIR" ${PODTAP_DEV_DIR:+"$PODTAP_DEV_DIR"} "$leases" -mindepth 1 \
			\( -path "$PODTAP_STATE_DIR/*" ! -path "$PODTAP_STATE_DIR/*/*" \) -o -path "$leases/*" \
			\( ! -type f -o -name lock -o -name 'last_reserved_ip*' \) -o -print 2>/dev/null
	) || :
	[ ! -e "$BATS_TEST_TMPDIR/taps" ] || while read -r name; do
		[ ! -e "$name" ] || left+=" $name"
		left+=$(find /dev/char -lname "../${name##*/}" 2>/dev/null)
	done <"$BATS_TEST_TMPDIR/taps"
	[ -z "$left" ] || echo "left behind: $left"
	[ -z "$left" ]
}

# The path of an attachment's record: record [IFNAME [CONTAINERID]]
record() {
	echo "$PODTAP_STATE_DIR/endpoints/${2:-$container}/${1:-eth0}.json"
}
# The path of an attachment's tap, from its record, and a note that it must be gone in the end.
#   tap [IFNAME [CONTAINERID]]
tap() {
	jq -re .tap.path "$(record "$@")" | tee -a "$BATS_TEST_TMPDIR/taps"
}

# What a jq filter says of $output is this text; strings come without quotes, all else compact.
json_is() {
	local got
	got=$(exec jq -rc "$1" <<<"$output") || { echo "not JSON: $output"; return 1; }
	[ "$got" = "$2" ] || { echo "$1 is $got, not $2, in: $output"; return 1; }
}

# $output is exactly one error object with this code; further arguments are texts it must hold.
error_is() {
	local code=$1 IFS=$'\x1f' wrong
	shift
	wrong=$(exec jq -rs --arg code "$code" --arg texts "$*" '
		if length != 1 or (.[0] | map_values(type) | [.code, .msg, .cniVersion, .details]) != ["number", "string", "string", "string"]
			or .[0].msg == "" then "no error object"
		elif (.[0].code | tostring) != $code then ".code is not \($code)"
		else (.[0] | .msg + "\n" + .details) as $said |
			[$texts | split("\u001f")[] | select(. as $text | $said | contains($text) | not)][] | "does not say \"\(.)\""
		end' <<<"$output") || wrong="no error object"
	[ -z "$wrong" ] || { echo "$wrong: $output"; return 1; }
}

# The plugin's last stderr has this text.
stderr_has() {
	grep -qF -- "$1" "$BATS_TEST_TMPDIR/stderr" || { cat "$BATS_TEST_TMPDIR/stderr"; return 1; }
}

# What a jq filter says of one link: link NAMESPACE NAME FILTER
link() {
	ip -n "$1" -d -j link show dev "$2" | jq -rc ".[0] | $3"
}
link_exists() {
	ip -n "$1" link show dev "$2" >/dev/null 2>&1
}
