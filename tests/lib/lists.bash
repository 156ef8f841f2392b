# SPDX-License-Identifier: Apache-2.0
# Network configuration lists, run as libcni runs them.

# One verb on every plugin of a list: cni_list VERB LIST [VARIABLE=VALUE...]
# ADD prints the last plugin's result, which CHECK and DEL then get as prevResult. What the runtime has
# for the capabilities of a plugin, by their names, is the JSON in $offered.
cni_list() {
	local verb=$1 list=$2 indices i text attachment status=0
	shift 2
	attachment=$(attachment "$@")
	indices=$(jq -r '.plugins | keys[]' <<<"$list") || return 99
	[ "$verb" != DEL ] || indices=$(tac <<<"$indices")
	[ "$verb" != ADD ] || rm -f "$attachment.result"
	for i in $indices; do
		text=$(jq -c --argjson i "$i" --argjson offered "${offered:-"{}"}" '.plugins[$i].capabilities as $can |
			($offered | with_entries(select($can[.key]))) as $granted |
			.plugins[$i] + {name, cniVersion} + if $granted == {} then {} else {runtimeConfig: $granted} end' <<<"$list")
		[ ! -s "$attachment.result" ] ||
			text=$(jq -c --slurpfile r "$attachment.result" '.prevResult = $r[0]' <<<"$text")
		[ "$verb,$i" != ADD,0 ] || printf '%s\0' "$text" "$@" >"$attachment.add"
		PLUGIN=$(plugin_path "$(jq -r .type <<<"$text")") cni_raw "$verb" "$text" "$@" \
			>"$BATS_TEST_TMPDIR/stdout" || status=$?
		if [ "$verb" = ADD ] && [ $status = 0 ]; then cp "$BATS_TEST_TMPDIR/stdout" "$attachment.result"; fi
		if [ $status != 0 ] && [ "$verb" != DEL ]; then break; fi
	done
	if [ "$verb" = DEL ] && [ $status = 0 ]; then rm -f "$attachment".*; fi
	cat "$BATS_TEST_TMPDIR/stdout"
	return $status
}
plugin_path() {
	if [ -x "$BUILD/$1" ]; then echo "$BUILD/$1"; else echo "/usr/lib/cni/$1"; fi
}

# Gives the calls from here on a /var/lib of their own, where IPAM plugins keep what they know, and a
# /run/cni, where the daemon of dhcp listens.
own_state() {
	mkdir -p "$BATS_TEST_TMPDIR/var-lib" "$BATS_TEST_TMPDIR/run-cni" /run/cni
	wrapper=(unshare -m sh -c 'mount --bind "$0" /var/lib && mount --bind "$1" /run/cni && shift && exec "$@"'
		"$BATS_TEST_TMPDIR/var-lib" "$BATS_TEST_TMPDIR/run-cni")
	leases=$BATS_TEST_TMPDIR/var-lib/cni/networks
}

# A DHCP server on the LAN, and the daemon of the plugin dhcp on the host (after own_state).
#   dhcp_start SERVER-ADDRESS/PREFIX FIRST LAST
dhcp_start() {
	local line
	ip -n "$switch" address add "$1" dev br0
	mkfifo "$BATS_TEST_TMPDIR/dnsmasq"
	nsenter --net="/run/netns/$switch" -- dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 \
		--interface=br0 --bind-interfaces --dhcp-range="$2,$3,2m" --dhcp-leasefile="$BATS_TEST_TMPDIR/dnsmasq.leases" \
		--pid-file= --log-facility=- --dhcp-option=option:router,"${1%/*}" --no-ping >"$BATS_TEST_TMPDIR/dnsmasq" 2>&1 3>&- &
	background+=($!)
	exec {dnsmasq}<"$BATS_TEST_TMPDIR/dnsmasq"
	until [[ $line == *"IP range"* ]]; do
		read -r -u "$dnsmasq" line || { echo "dnsmasq ended: $line"; return 1; }
	done
	exec {dnsmasq}<&-
	nsenter --net="/run/netns/$host" -- "${wrapper[@]}" /usr/lib/cni/dhcp daemon >"$BATS_TEST_TMPDIR/dhcp.log" 2>&1 3>&- &
	background+=($!)
	# Its socket exists a moment before it listens.
	at "$host" timeout 60 sh -c 'until grep -q " 00010000 .*/dhcp.sock$" /proc/net/unix; do sleep 0.02; done'
}
