#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A deviceID of podtap-device-plugin: its resource gives master and mode, and the tap is a CDI device of
# that name.
load ../lib/lib
load ../lib/endpoint

setup() {
	lan_setup
	listed '{"name":"dataplane","resource":"macvtap.network.kubevirt.io/dataplane","master":"lan0","mode":"private"}'
}
teardown() {
	lan_teardown
	rm -f "$PODTAP_STATE_DIR/resources.json"
}

# Writes the device plugin's file: listed RESOURCE...
listed() {
	local IFS=,
	mkdir -p "$PODTAP_STATE_DIR"
	echo "{\"version\":1,\"resources\":[$*]}" >"$PODTAP_STATE_DIR/resources.json"
}
# Calls with only the type configured, as Multus completes it: multus VERB ID [CHANGES]
# [VARIABLE=VALUE...]
multus() {
	local changes
	changes=$(jq -cn --arg id "$2" --argjson more "${3:-"{}"}" \
		'{type: "macvtap", master: null, deviceID: $id, pciBusID: $id} + $more')
	cni "$1" "$changes" "${@:4}"
}

@test "ADD: needs only type and deviceID; the resource gives master and mode; CHECK and DEL do not need it" {
	run -0 multus ADD dataplaneMvp0
	[ "$(link "$pod" eth0 '[.linkinfo.info_kind, .linkinfo.info_data.mode]')" = '["macvtap","private"]' ]
	run -0 jq -c '[.master, .mode, .deviceID, .cdi, .taken]' "$(record)"
	[ "$output" = '["lan0","private","dataplaneMvp0","dataplaneMvp0",null]' ]
	for text in '{' '{"version":1,"resources":[]}' ''; do
		echo "$text" >"$PODTAP_STATE_DIR/resources.json"
		run -0 multus CHECK dataplaneMvp0
	done
	rm "$PODTAP_STATE_DIR/resources.json"
	run -0 multus CHECK dataplaneMvp0
	run -0 multus DEL dataplaneMvp0
}
@test "ADD: runtimeConfig.deviceID overrides deviceID; the configuration's master and mode override the resource" {
	ip -n "$host" link add other0 type bridge
	run -0 multus ADD nothingMvp0 '{"runtimeConfig":{"deviceID":"dataplaneMvp12"}}'
	[ "$(jq -r '.master + " " + .mode + " " + .cdi' "$(record)")" = "lan0 private dataplaneMvp12" ]
	run -0 multus DEL nothingMvp0
	run -0 multus ADD dataplaneMvp0 '{"master":"other0","mode":"vepa"}'
	[ "$(jq -r '.master + " " + .mode' "$(record)")" = "other0 vepa" ]
	run -0 multus DEL dataplaneMvp0
	run -0 multus ADD dataplaneMvp0 '{"mode":"bridge"}'
	[ "$(jq -r '.master + " " + .mode' "$(record)")" = "lan0 bridge" ]
	run -0 multus DEL dataplaneMvp0
	ip -n "$host" link del other0
}
@test "ADD: a resource of mode passthru permits passthru; passthru without any master is refused" {
	listed '{"name":"whole","master":"lan0","mode":"passthru"}'
	run -0 multus ADD wholeMvp0
	[ "$(link "$pod" eth0 .linkinfo.info_data.mode)" = passthru ]
	[ "$(link "$pod" eth0 .address)" = "$(link "$host" lan0 .address)" ]
	run -0 multus DEL wholeMvp0
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	ip -n "$host" route add default via 10.99.0.254
	run -1 multus ADD any '{"mode":"passthru"}'
	error_is 7 "needs configuration key master"
}
@test "ADD: makes a new link for a known resource, though a link of that name is on the host" {
	ip -n "$host" link add link lan0 index "$(free_index)" name mvtcc7b47d9091b type macvtap mode bridge
	run -0 multus ADD dataplaneMvp0
	run -0 link_exists "$host" mvtcc7b47d9091b
	run -0 multus DEL dataplaneMvp0
	run -0 link_exists "$host" mvtcc7b47d9091b
	ip -n "$host" link del mvtcc7b47d9091b
}
@test "ADD: an invalid list of resources is an error only where it is needed" {
	while IFS='|' read -r code text says; do
		printf %s "$text" >"$PODTAP_STATE_DIR/resources.json"
		run -1 multus ADD dataplaneMvp0
		error_is "$code" resources.json "$says"
		run -0 multus DEL dataplaneMvp0
		run -0 multus ADD dataplaneMvp0 '{"master":"lan0","mode":"bridge"}'
		run -0 multus DEL dataplaneMvp0
		run -0 multus ADD dataplane '{"master":"lan0"}'
		run -0 multus DEL dataplane
	done <<-END
		6||resources.json
		6|{|a string
		6|[]|another version
		6|{"version":2,"resources":[]}|another version
		6|{"version":1}|no list
		6|{"version":1,"resources":{"name":"dataplane"}}|no list
		7|{"version":1,"resources":[]}|no such resource
		7|{"version":1,"resources":[null,5,[],{},{"name":5},{"name":"data"}]}|no such resource
		6|{"version":1,"resources":[{"name":"dataplane"}]}|master
		6|{"version":1,"resources":[{"name":"dataplane","master":"../x","mode":"bridge"}]}|master
		6|{"version":1,"resources":[{"name":"dataplane","master":"lan0","mode":"hairpin"}]}|mode
		6|{"version":1,"resources":[{"name":"dataplane","master":"lan0","mode":4}]}|mode
		6|$(printf '[%.0s' {1..200})|100 levels
	END
}
@test "ADD: a missing file, a directory, a fifo or a link in its place gives code 7 or 5 at once" {
	file=$PODTAP_STATE_DIR/resources.json
	for make in rm 'mkdir -p' mkfifo 'ln -s /etc/passwd'; do
		rm -rf "$file"
		[ "$make" = rm ] || $make "$file"
		run -1 multus ADD dataplaneMvp0
		error_is "$([ "$make" = rm ] && echo 7 || echo 5)" resources.json
	done
	rm "$file"
}
@test "ADD: a deviceID of another form is only a name; the master is the default route's interface" {
	ip -n "$host" address add 10.99.0.1/24 dev lan0
	ip -n "$host" route add default via 10.99.0.254
	for id in Mvp0 dataplaneMvp dataplaneMvpx dataplanemvp0 0000:03:00.1 x; do
		run -0 multus ADD "$id"
		[ "$(jq -r '.master + " " + .mode' "$(record)")" = "lan0 bridge" ]
		run -0 multus DEL "$id"
	done
}
@test "ADD: in a new sandbox gives the id to the new tap, and DEL of the stale one leaves it alone" {
	node() {
		jq -r '.devices[0].containerEdits.deviceNodes[0].path' "$PODTAP_CDI_DIR/podtap.dev-tap_dataplaneMvp0.json"
	}
	pod_args="CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=space;K8S_POD_NAME=vm;K8S_POD_UID=u-1"
	run -0 multus ADD dataplaneMvp0 '{}' "$pod_args"
	[ "$(node)" = "$(tap)" ]
	again=(CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other" "$pod_args")
	run -0 multus ADD dataplaneMvp0 '{}' "${again[@]}"
	[ "$(node)" = "$(tap eth0 "$container-2")" ]
	run -0 multus DEL dataplaneMvp0
	[ "$(node)" = "$(tap eth0 "$container-2")" ]
	run -0 multus CHECK dataplaneMvp0 '{}' "${again[@]}"
	run -0 multus DEL dataplaneMvp0 '{}' "${again[@]}"
	[ -z "$(ls -A "$PODTAP_CDI_DIR")" ]
}
@test "ADD: ignores runtimeConfig.CNIDeviceInfoFile, present or not, and DEL does not need it" {
	devinfo=$BATS_TEST_TMPDIR/devinfo
	mkdir "$devinfo"
	asked="{\"runtimeConfig\":{\"deviceID\":\"dataplaneMvp0\",\"CNIDeviceInfoFile\":\"$devinfo/file\"}}"
	run -0 multus ADD dataplaneMvp0 "$asked"
	[ -z "$(ls -A "$devinfo")" ]
	run -0 multus CHECK dataplaneMvp0 "$asked"
	run -0 multus DEL dataplaneMvp0 "$asked"
	echo '{"type":"pci","version":"1.1.0"}' >"$devinfo/file"
	run -0 multus ADD dataplaneMvp0 "$asked"
	[ "$(cat "$devinfo/file")" = '{"type":"pci","version":"1.1.0"}' ]
	rm "$devinfo/file"
	run -0 multus DEL dataplaneMvp0 "$asked"
	run -0 multus ADD dataplaneMvp0 '{"runtimeConfig":{"CNIDeviceInfoFile":7}}'
	[ -z "$(ls -A "$devinfo")" ]
}
