# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A host with many endpoint records beside those of a test.

# Adds records of containers x0, x1, ... whose namespaces are gone, like the record of the test's endpoint:
# crowd NUMBER [NETWORK]
crowd() {
	local line id
	jq -cn --slurpfile of "$(record)" --argjson n "$1" --arg network "${2:-}" 'range($n) | "x\(.)" as $id
		| $of[0] + {containerID: $id, ifindex: (2097152 + .)} + if $network == "" then {} else {network: $network} end
		| .netns += {path: "/run/netns/none", inode: (9000000000 + .netns.inode), cookie: 1}' |
		while read -r line; do
			id=${line#*containerID\":\"}
			id=${id%%\"*}
			mkdir "$PODTAP_STATE_DIR/endpoints/$id"
			echo "$line" >"$PODTAP_STATE_DIR/endpoints/$id/eth0.json"
		done
}
crowd_end() {
	rm -r "$PODTAP_STATE_DIR"/endpoints/x*
}
