#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# From the reference macvlan plugin to podtap and back, under endpoints that live on: docs/migrating.md.
load ../lib/lib

setup() {
	lan_setup
	bin=$BATS_TEST_TMPDIR/bin
	mkdir "$bin"
	cp -p /usr/lib/cni/macvlan /usr/lib/cni/host-local "$bin"
	conf=$(jq -cn --arg dir "$leases" '{cniVersion: "1.0.0", type: "macvlan", mode: "bridge", ipam: {type: "host-local", dataDir: $dir,
		ranges: [[{subnet: "10.99.0.0/24", rangeStart: "10.99.0.10", rangeEnd: "10.99.0.20", gateway: "10.99.0.254"}]]}}')
}

# Calls the plugin macvlan that is there now: by_name VERB POD ID [CHANGES OF THE CONFIGURATION]
by_name() {
	PLUGIN=$bin/macvlan cni "$1" "$(jq -c "${4:-.}" <<<"$conf")" CNI_NETNS="/run/netns/$2" CNI_CONTAINERID="$3" CNI_IFNAME=eth0 CNI_PATH="$bin"
}
given() {
	jq -r '.ips[0].address | sub("/.*"; "")' <<<"$output"
}
aliases() {
	"$BUILD/podtapctl" "$@" "$bin"
}

@test "from the macvlan plugin and back: endpoints live on, and each plugin ends the other's with its address" {
	pod_add third
	run -0 by_name ADD "$pod" old
	old=$(given)
	run -0 by_name ADD "$other" kept
	run -0 aliases install --aliases --from "$BUILD" --to
	# The alias serves the reference plugin's endpoints, whose result it gets.
	run -0 by_name CHECK "$pod" old
	run -0 by_name ADD "$third" new
	new=$(given)
	run -0 at "$other" ping -n -q -c 1 -w 30 "$new"
	run -0 by_name DEL "$pod" old
	run -1 link_exists "$pod" eth0
	[ ! -e "$leases/net/$old" ]
	[ -e "$leases/net/$new" ]
	changes='. + {link: "macvtap", cdi: true, hostAccess: true}'
	run -0 by_name ADD "$pod" vm "$changes"
	tap eth0 vm >/dev/null

	run -0 aliases uninstall --aliases --from
	run -0 cmp "$bin/macvlan" /usr/lib/cni/macvlan
	run -0 at "$other" ping -n -q -c 1 -w 30 "$new"
	for attachment in "$third new" "$pod vm"; do
		read -r netns id <<<"$attachment"
		run -0 by_name DEL "$netns" "$id" "$changes"
		run -1 link_exists "$netns" eth0
	done
	run -0 by_name DEL "$other" kept
	[ -z "$(find "$leases" -name '10.*')" ]
	# Of podtap's there are the records, a CDI device and an entry of hostAccess.
	run -1 at "$host" "$BUILD/podtapctl" prune --dry-run
	[[ $output == *"eth0 of new: stale"* && $output == *"eth0 of vm: stale"* ]]
	[ -n "$(find "$PODTAP_CDI_DIR" -type f)" ]
	run -0 at "$host" "$BUILD/podtapctl" prune
	[[ $output == *"eth0 of new: deleted"* && $output == *"eth0 of vm: deleted"* ]]
	run -0 at "$host" "$BUILD/podtapctl" prune --dry-run
	[ -z "$output" ]
}
