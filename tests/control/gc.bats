#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl gc: what is stale in one network goes, with the addresses that nothing has.
load ../lib/lib
load ../lib/control
load ../lib/delegate

ipam() { # TYPE [CHANGES OF THE CONFIGURATION]
	jq -cn --arg type "$1" --arg dir "$leases" --argjson more "${2:-"{}"}" \
		'{cniVersion: "1.0.0", ipam: {type: $type, dataDir: $dir, ranges: [[{subnet: "10.99.0.0/24"}]]}} + $more'
}
reserved() { # [NETWORK]
	find "$leases/${1:-net}" -name '10.99.*' -printf '%f\n' 2>/dev/null | sort | paste -sd ' '
}

@test "gc: stale endpoints of the network go with their addresses; what lives and other networks stay" {
	for type in host-local podtap-ipam; do
		run -0 cni ADD "$(ipam $type)"
		run -0 cni ADD "$(ipam $type)" CNI_IFNAME=net1
		run -0 cni ADD "$(ipam $type '{"name":"else"}')" CNI_IFNAME=net2
		ip -n "$pod" link del net1
		ip -n "$pod" link del net2
		run -1 ctl gc --dry-run net
		[ "$output" = "net1 of $container: stale: its interface is gone" ]
		run -0 ctl gc net
		[ "$output" = "net1 of $container: deleted" ]
		run -0 ctl gc --dry-run net
		[ -z "$output" ]
		[ "$(reserved | wc -w) $(reserved else | wc -w)" = "1 1" ]
		[ -e "$(record)" ]
		run -1 ctl list # that of the other network is stale
		run -0 ctl gc else
		[ -z "$(reserved else)" ]
		run -0 cni DEL "$(ipam $type)"
	done
	run -2 ctl gc net
	err_has "network net: no endpoint's record keeps its configuration: podtapctl gc FILE, with the file that has it"
}
@test "gc: a list of version 1.1.0 works with an IPAM plugin that knows 1.0.0" {
	config "$(ipam host-local '{"cniVersion":"1.1.0"}')" | jq '{cniVersion, name, plugins: [.]}' >"$BATS_TEST_TMPDIR/net.conflist"
	run -0 cni ADD "$(ipam host-local)"
	ip -n "$pod" link del eth0
	export CNI_PATH=/usr/lib/cni
	run -0 ctl gc "$BATS_TEST_TMPDIR/net.conflist"
	[ "$output" = "eth0 of $container: deleted" ]
	[ -z "$(reserved)" ]
}
@test "gc: addresses that are reserved for no endpoint are released, unless a runtime knows the attachment" {
	local no_tap='{"link":"macvlan"}'
	devices_private
	for type in host-local podtap-ipam; do
		run -0 cni ADD "$(ipam $type "$no_tap")"
		run -0 cni ADD "$(ipam $type "$no_tap")" CNI_CONTAINERID="$container-lost" CNI_NETNS="/run/netns/$other"
		ip -n "$other" link del eth0
		rm -r "$PODTAP_STATE_DIR/endpoints/$container-lost"
		mkdir -p /var/lib/cni/results
		known=/var/lib/cni/results/net-$container-lost-eth0
		: >"$known"
		run -0 ctl gc net
		[ -z "$output" ]
		touch -d 1980-01-01 "$known" # of another boot
		run -1 ctl gc -n net
		[[ $output == "10.99.0."*", reserved for eth0 of $container-lost: there is no such endpoint" ]]
		[ "$(reserved | wc -w)" = 2 ]
		rm "$known"
		run -0 ctl gc net
		[[ $output == "10.99.0."*": released" ]]
		[ "$(reserved | wc -w)" = 1 ]
		run -0 cni DEL "$(ipam $type "$no_tap")"
		run -0 cni DEL "$(ipam $type "$no_tap")" CNI_CONTAINERID="$container-lost" CNI_NETNS="/run/netns/$other"
	done
	run -0 ctl prune # the indices
}
@test "gc: while a record cannot be read, no address is released" {
	run -0 cni ADD "$(ipam host-local)"
	run -0 cni ADD "$(ipam host-local)" CNI_IFNAME=net1
	cp "$(record)" "$BATS_TEST_TMPDIR/kept"
	echo '{' >"$(record)"
	run -2 ctl gc net
	[ "$(reserved)" = "10.99.0.2 10.99.0.3" ]
	cp "$BATS_TEST_TMPDIR/kept" "$(record)"
}
@test "gc: another IPAM plugin gets GC in version 1.1.0 with the network's endpoints, if it knows that" {
	delegates_setup
	delegate knows <<-END
		case \$CNI_COMMAND in
		VERSION) echo '{"cniVersion":"1.1.0","supportedVersions":["1.0.0","1.1.0"]}' ;;
		GC) cat >"$BATS_TEST_TMPDIR/gc" ;;
		*) answer '"ips":[{"version":"4","address":"10.99.0.9/24"}]' ;;
		esac
	END
	run -0 cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"knows"}}' "$delegates"
	run -0 ctl gc net
	output=$(cat "$BATS_TEST_TMPDIR/gc")
	json_is '[.cniVersion, .["cni.dev/valid-attachments"]]' "[\"1.1.0\",[{\"containerID\":\"$container\",\"ifname\":\"eth0\"}]]"
	sed -i 's/,"1.1.0"\]/]/' "$BATS_TEST_TMPDIR/delegates/knows"
	rm "$BATS_TEST_TMPDIR/gc"
	run -0 ctl gc net
	err_has "IPAM plugin knows does not know GC"
	[ ! -e "$BATS_TEST_TMPDIR/gc" ]
}
