#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl delete: what DEL does, without a runtime.
load ../lib/lib
load ../lib/control
load ../lib/delegate

address() {
	jq -cn --arg dir "$leases" \
		'{cniVersion: "1.0.0", ipam: {type: "host-local", dataDir: $dir, ranges: [[{subnet: "10.99.0.0/24"}]]}}'
}
reserved() {
	find "$leases" -name '10.99.*' -printf '%f '
}

@test "delete: a stale endpoint goes with its address, its node and its record, by the configuration on record" {
	run -0 cni ADD "$(address)"
	node=$(tap)
	[ "$(reserved)" = "10.99.0.2 " ]
	ip netns del "$pod"
	run -0 ctl delete "$container" eth0
	[ "$output" = "eth0 of $container: deleted" ]
	[ -z "$(reserved)" ]
	[ ! -e "$node" ]
	[ ! -e "$(record)" ]
	run -2 ctl delete "$container" eth0
	err_has "there is no record of it"
}
@test "delete: refuses what lives, with every part of it unchanged, and --force deletes it" {
	run -0 cni ADD "$(address)"
	run -0 cni ADD '{"link":"macvlan"}' CNI_IFNAME=net1
	ip -n "$pod" link del net1
	sum=$(md5sum <"$(record)")
	run -2 ctl delete "${container%??}"
	[ "$output" = "net1 of $container: deleted" ]
	err_has "endpoint eth0 of container $container: its interface exists: end its container, or delete it all the same with --force"
	[ "$(md5sum <"$(record)")" = "$sum" ]
	link_exists "$pod" eth0
	[ "$(reserved)" = "10.99.0.2 " ]
	mv "$(tap)" "$(tap).away" # what lives without its node lives
	run -2 ctl delete "$container"
	mv "$(tap).away" "$(tap)"
	run -0 ctl delete --force "$container"
	run -1 link_exists "$pod" eth0
	[ -z "$(reserved)" ]
}
@test "delete: the record stays if its address cannot be released, unless by force" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	cp /usr/lib/cni/host-local "$BATS_TEST_TMPDIR/bin"
	run -0 cni ADD "$(address)" CNI_PATH="$BATS_TEST_TMPDIR/bin"
	ip -n "$pod" link del eth0
	rm "$BATS_TEST_TMPDIR/bin/host-local"
	run -2 ctl delete "$container"
	err_has 'failed to find plugin "host-local"'
	[ -e "$(record)" ]
	run -2 ctl delete --force "$container"
	[ ! -e "$(record)" ]
	run -0 cni DEL "$(address)"
}
@test "delete: an older podtap's record needs --config, a list's plugin podtap or a configuration" {
	run -0 cni ADD "$(address)"
	jq -c 'del(.call)' "$(record)" >"$BATS_TEST_TMPDIR/old"
	cp "$BATS_TEST_TMPDIR/old" "$(record)"
	ip -n "$pod" link del eth0
	run -2 ctl delete "$container"
	err_has "name a file with --config"
	config "$(address)" | jq '{cniVersion, name: "else", plugins: [{type: "tuning"}, .]}' >"$BATS_TEST_TMPDIR/list"
	run -2 ctl delete --config "$BATS_TEST_TMPDIR/list" "$container"
	err_has "the endpoint is of another network"
	sed -i 's/else/net/; s/"podtap"/"macvtap"/' "$BATS_TEST_TMPDIR/list" # another name of podtap
	CNI_PATH=/usr/lib/cni run -2 ctl delete -c "$BATS_TEST_TMPDIR/list" "$container"
	err_has "none of its plugins is podtap"
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$BUILD/podtap" "$BATS_TEST_TMPDIR/bin"
	ln -s podtap "$BATS_TEST_TMPDIR/bin/macvtap"
	CNI_PATH=$BATS_TEST_TMPDIR/bin:/usr/lib/cni run -0 ctl delete -c "$BATS_TEST_TMPDIR/list" "$container"
	[ -z "$(reserved)" ]
	run -0 cni ADD
	jq -c 'del(.call)' "$(record)" >"$BATS_TEST_TMPDIR/old"
	cp "$BATS_TEST_TMPDIR/old" "$(record)"
	ip -n "$pod" link del eth0
	run -0 ctl delete "$container" # it has no addresses to release
}
@test "delete: a record that nobody can read is deleted by force only" {
	run -0 cni ADD
	echo '{' >"$(record)"
	run -2 ctl delete "$container"
	err_has "the record of endpoint eth0 of container $container: a string is missing, at byte 2: --force deletes it, and its addresses only by a file with --config"
	link_exists "$pod" eth0
	run -0 ctl delete --force "$container"
	[ ! -e "$(record)" ]
	ip -n "$pod" link del eth0
}
@test "delete: an ADD that is under way is left alone; more than five characters of an id are needed" {
	mkfifo "$BATS_TEST_TMPDIR/go"
	delegates_setup
	delegate waiting <<-END
		[ \$CNI_COMMAND = DEL ] || read -r < "$BATS_TEST_TMPDIR/go"
		answer '"ips":[{"version":"4","address":"10.99.0.9/24"}]'
	END
	cni ADD '{"cniVersion":"1.0.0","ipam":{"type":"waiting"}}' "$delegates" >"$BATS_TEST_TMPDIR/added" &
	until grep -q ADD "$calls"; do sleep 0.01; done
	run -2 ctl delete "$container"
	err_has "endpoint eth0 of container $container: another call works on it: try again when that has ended"
	run -0 ctl prune
	[[ ${lines[0]} == "eth0 of $container: left: another call works on it" ]] # what other tests have left may follow
	echo >"$BATS_TEST_TMPDIR/go"
	wait $!
	run -0 ctl list
	run -2 ctl delete "${container:0:5}"
	err_has "at least 6 characters"
}
