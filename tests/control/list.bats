#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl: finding endpoints by what a person knows of them, and the forms of a listing.
load ../lib/lib
load ../lib/control

setup() {
	lan_setup
	run -0 cni ADD '{}' CNI_ARGS="$(pod_args shop db-0)"
	run -0 cni ADD '{"name":"other","link":"macvlan"}' CNI_IFNAME=net1 CNI_ARGS="$(pod_args shop db-0)"
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other" CNI_ARGS="$(pod_args test db-0)"
}
# Which endpoints a call lists: listed ARGUMENTS
listed() {
	ctl "$@" -o json | jq -r 'map(.containerID + " " + .ifname) | join(",")' | sed "s/$container/C/g"
}

@test "list: --network, --namespace, --pod and --master leave out the others, also together" {
	[ "$(listed list)" = "C eth0,C net1,C-o eth0" ]
	[ "$(listed list --network net)" = "C eth0,C-o eth0" ]
	[ "$(listed list --namespace shop)" = "C eth0,C net1" ]
	[ "$(listed list --pod db-0)" = "C eth0,C net1,C-o eth0" ]
	[ "$(listed list --pod test/db-0)" = "C-o eth0" ]
	[ "$(listed list --pod shop/db-0 --network other)" = "C net1" ]
	[ "$(listed list --master lan0)" = "C eth0,C net1,C-o eth0" ]
	[ "$(listed list --master lan1)" = "" ]
	[ "$(listed list --pod db)" = "" ]
}
@test "list: --stale lists only what is stale, and says why in the JSON too" {
	run -0 ctl list --stale
	[ "${#lines[@]}" = 1 ]
	ip -n "$pod" link del eth0
	run -1 ctl list --stale -o json
	json_is 'map(.ifname)' '["eth0"]'
	json_is '.[0].why | test("its interface is gone")' true
	run -0 ctl list --stale --network other
}
@test "show: takes the beginning of an id, or a pod's name; what several have is refused with all of them" {
	run -0 ctl show "$container-"
	[[ ${lines[1]} == "$container-o "* ]]
	run -0 ctl show "$container" # an exact id wins
	[[ ${lines[1]} == "$container "* ]]
	run -2 ctl show "${container%?}"
	err_has "2 containers are meant: "
	err_has "$container-o"
	run -2 ctl show db-0
	err_has "2 containers are meant: "
	[ "$(listed show test/db-0)" = "C-o eth0" ]
	[ "$(listed show shop/db-0)" = "C eth0,C net1" ]
	run -0 ctl guest-config shop/db-0 eth0
	run -2 ctl show nowhere/db-0
	run -2 ctl show ../db-0
	run -2 ctl show ""
}
@test "list: -o wide adds columns, -o yaml has the same content as -o json" {
	run -0 ctl list -o wide
	[[ ${lines[0]} == *" STATE "*" IPAM "*" CREATED "*" NETNS" ]]
	[[ ${lines[1]} == *" alive "*" /run/netns/$pod" ]]
	run -0 ctl list --output yaml
	yaml=$output
	run -0 ctl list --json
	diff <(jq -S . <<<"$output") <(python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' <<<"$yaml" | jq -S .)
	run -2 ctl list -o xml
	grep -q "it must be one of: table, wide, json, yaml" "$BATS_TEST_TMPDIR/err"
}
@test "list: no text of a record is a word, a number or a key of YAML" {
	jq -c '.network = "no" | .master = "1e3: #\u0007\u2028\"\\" | .sysctl = {"yes": "~", "a: b": []}' "$(record)" >"$BATS_TEST_TMPDIR/new"
	cp "$BATS_TEST_TMPDIR/new" "$(record)"
	run -0 ctl show "$container" eth0 -o yaml
	yaml=$output
	run -0 ctl show "$container" eth0 -o json
	diff <(jq -S . <<<"$output") <(python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' <<<"$yaml" | jq -S .)
	json_is .network no
}

# Begins to watch; the lines are read from descriptor 7: watching OPTION...
watching() {
	mkfifo "$BATS_TEST_TMPDIR/lines"
	"$BUILD/podtapctl" list --watch "$@" >"$BATS_TEST_TMPDIR/lines" 2>"$BATS_TEST_TMPDIR/err" &
	watcher=$!
	background+=($!)
	exec 7<"$BATS_TEST_TMPDIR/lines"
}
# Reads the next line, into $line.
line_next() {
	read -r -t 20 -u 7 line || { echo "no further line; $(cat "$BATS_TEST_TMPDIR/err")"; return 1; }
}
# Nobody reads any more: the watcher ends by itself.
watching_ends() {
	exec 7<&-
	wait "$watcher"
}
@test "list --watch: prints what there is, and a line when an endpoint is made, completed and removed" {
	watching
	line_next
	[[ $line == CONTAINER* ]]
	for container_shown in "$container eth0" "$container net1" "$container-o eth0"; do
		line_next
		read -ra words <<<"$line"
		[ "${words[0]} ${words[1]} ${words[-1]}" = "$container_shown alive" ]
	done
	run -0 cni ADD '{}' CNI_CONTAINERID=new CNI_IFNAME=net7
	until [[ $line == new*net7*alive ]]; do line_next; done
	run -0 cni DEL '{}' CNI_CONTAINERID=new CNI_IFNAME=net7
	line_next
	read -ra words <<<"$line"
	[ "${words[0]} ${words[1]} ${words[-1]}" = "new net7 removed" ]
	run -0 cni DEL '{}' CNI_IFNAME=net1
	line_next
	[[ $line == "$container "*net1*removed ]]
	watching_ends
}
@test "list --watch: an object of JSON on each line, of the endpoints that the filters want" {
	watching -o json --network other
	line_next
	output=$line
	json_is '[.ifname, .alive]' '["net1",true]'
	run -0 cni ADD '{}' CNI_CONTAINERID=new CNI_IFNAME=net7
	run -0 cni ADD '{"name":"other"}' CNI_CONTAINERID=new CNI_IFNAME=net8
	until [[ $line == *'"state":"ready"'*net8* || $line == *net8*'"alive":true'* ]]; do line_next; done
	[[ $line != *net7* ]]
	run -0 cni DEL '{"name":"other"}' CNI_CONTAINERID=new CNI_IFNAME=net8
	line_next
	output=$line
	json_is . '{"containerID":"new","ifname":"net8","removed":true}'
	watching_ends
}
