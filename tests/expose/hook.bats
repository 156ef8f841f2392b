#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The OCI hook: which containers get which taps, and that every other configuration stays unchanged.
load ../lib/lib
load ../lib/crowd

setup() {
	lan_setup
	dir=$BATS_TEST_TMPDIR
}

# Prints a configuration that podman wrote, with another path of the network namespace.
oci() {
	jq -c --arg path "$1" '(.linux.namespaces[] | select(.type == "network")).path = $path' \
		"$fixtures/captures/hooks/podman-all-stages-precreate.json"
}
# Runs the hook on a file, as podman does: with an environment that has only the tests' directories. Its
# stdout goes to $dir/out, its stderr to $dir/err.
hook() {
	env -i PODTAP_STATE_DIR="$PODTAP_STATE_DIR" ${PODTAP_DEV_DIR:+PODTAP_DEV_DIR="$PODTAP_DEV_DIR"} \
		"$BUILD/podtap-hook" precreate <"$1" >"$dir/out" 2>"$dir/err"
}
untouched() {
	cmp "$1" "$dir/out"
}
# The hook leaves this text as it is, exit 0: passes TEXT
passes() {
	printf %s "$1" >"$dir/in"
	hook "$dir/in" && untouched "$dir/in"
}
numbers() { # of a node, as "major minor"
	echo "$((0x$(stat -c %t "$1"))) $((0x$(stat -c %T "$1")))"
}
record_change() {
	jq -c "$1" "$(record)" >"$dir/record" && cp "$dir/record" "$(record)"
}

@test "hook: adds the node and the permission to open it, and changes nothing else" {
	run -0 cni ADD '{"owner":107,"group":108,"tapMode":"0640"}'
	node=$(tap)
	read -r major minor <<<"$(numbers "$node")"
	oci "/run/netns/$pod" >"$dir/in"
	run -0 hook "$dir/in"
	output=$(cat "$dir/out")
	json_is '.linux.devices' "[{\"path\":\"$node\",\"type\":\"c\",\"major\":$major,\"minor\":$minor,\"fileMode\":416,\"uid\":107,\"gid\":108}]"
	json_is '.linux.resources.devices[-1]' "{\"allow\":true,\"type\":\"c\",\"major\":$major,\"minor\":$minor,\"access\":\"rw\"}"
	json_is '.linux.resources.devices[0]' '{"allow":false,"access":"rwm"}'
	run -0 diff <(jq -S 'del(.linux.devices) | del(.linux.resources.devices[-1])' "$dir/out") <(jq -S . "$dir/in")
	[ ! -s "$dir/err" ]
}
@test "hook: inserts its additions, and leaves every other byte of the configuration unchanged" {
	run -0 cni ADD
	read -r major minor <<<"$(numbers "$(tap)")"
	node="{\"path\":\"$(tap)\",\"type\":\"c\",\"major\":$major,\"minor\":$minor,\"fileMode\":384,\"uid\":0,\"gid\":0}"
	rule="{\"allow\":true,\"type\":\"c\",\"major\":$major,\"minor\":$minor,\"access\":\"rw\"}"
	{
		printf '\n { "big" : 18446744073709551615, "big": 1E400, "u":"\\u00e4\\ud83d\\ude00\\/", "linux"\t:{ "resources" :'
		printf '{ "devices":[ {"allow" :false} \r\n], "memory":{"limit":9223372036854775807,"swap":-1.0}},\n'
		printf '"namespaces": [{"path":"\\/run\\/netns/%s","type":"netw\\u006frk"}] , "devices" : [ ] } , "x":{},"x":[]}\n\n' "$pod"
	} >"$dir/in"
	run -0 hook "$dir/in"
	[ ! -s "$dir/err" ]
	run -1 untouched "$dir/in"
	out=$(cat "$dir/out" && echo .)
	without=${out/"$node"/}
	without=${without/",$rule"/}
	run -0 cmp "$dir/in" - <<<"${without%
.}"
}
@test "hook: accepts devices that are null or absent" {
	run -0 cni ADD
	for change in '.linux.devices = null' '.linux.resources.devices = null' '.linux.resources = null' 'del(.linux.resources)' \
		'.linux.devices = []' '.linux.resources = {}'; do
		oci "/run/netns/$pod" | jq -c "$change" >"$dir/in"
		run -0 hook "$dir/in"
		output=$(cat "$dir/out")
		json_is '.linux.devices | map(.path)' "[\"$(tap)\"]"
		json_is '.linux.resources.devices[-1].access' rw
	done
}
@test "hook: identifies the namespace by its inode, also by the other path that a pod's member has" {
	run -0 cni ADD
	nsenter --net="/run/netns/$pod" -- sleep 60 3>&- &
	background+=($!)
	until [ "$(readlink "/proc/$!/exe")" = "$(readlink -f "$(command -v sleep)")" ]; do :; done
	oci "/proc/$!/ns/net" >"$dir/in"
	run -0 hook "$dir/in"
	output=$(cat "$dir/out")
	json_is '.linux.devices[0].path' "$(tap)"
}
@test "hook: adds a device for each of two taps of a namespace, none for a macvlan or another pod's tap" {
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_IFNAME=net1
	run -0 cni ADD '{"link":"macvlan"}' CNI_IFNAME=net2
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	oci "/run/netns/$pod" >"$dir/in"
	run -0 hook "$dir/in"
	output=$(cat "$dir/out")
	json_is '.linux.devices | map(.path) | sort' "$(printf '%s\n' "$(tap)" "$(tap net1)" | jq -Rnc '[inputs] | sort')"
	json_is '.linux.resources.devices | length' 3
}
@test "hook: leaves a container with only a macvlan unchanged" {
	run -0 cni ADD '{"link":"macvlan"}'
	run -0 passes "$(oci "/run/netns/$pod")"
}
@test "vmDevices: adds the host's kvm and vhost-net devices once, for the tap's owner" {
	run -0 cni ADD '{"vmDevices":true,"owner":107}'
	run -0 cni ADD '{"vmDevices":true,"owner":107}' CNI_IFNAME=net1
	mkdir "$dir/dev"
	for node in "$(tap)" "$(tap net1)"; do
		read -r major minor <<<"$(numbers "$node")"
		mknod "$dir/dev/${node##*/}" c "$major" "$minor"
	done
	mknod "$dir/dev/vhost-net" c 10 238
	oci "/run/netns/$pod" >"$dir/in"
	PODTAP_DEV_DIR=$dir/dev run -0 hook "$dir/in"
	output=$(cat "$dir/out")
	json_is '[.linux.devices[] | select(.path | test("tap") | not)]' \
		'[{"path":"/dev/vhost-net","type":"c","major":10,"minor":238,"fileMode":384,"uid":107,"gid":0}]'
	json_is '.linux.devices | length' 3
}
@test "hook: leaves a container without podtap endpoints unchanged, for every kind of namespace" {
	run -0 passes "$(oci "/run/netns/$pod")"
	[ ! -s "$dir/err" ]
	run -0 cni ADD
	run -0 passes "$(oci "/run/netns/$other")"
	[ ! -s "$dir/err" ]
	run -0 passes "$(oci "/run/netns/$pod" | jq -c 'del(.linux.namespaces)')"
	run -0 passes "$(oci "/run/netns/$pod" | jq -c '.linux.namespaces |= map(del(.path))')"
	run -0 passes "$(oci "/run/netns/$pod" | jq -c 'del(.linux)')"
	[ ! -s "$dir/err" ]
	run -0 passes "$(oci /nowhere)"
	grep -q /nowhere "$dir/err"
	run -0 passes "$(oci /etc/passwd)"
}
# Runs the hook for the pod. Prints its system calls of this kind: traced CALLS
traced() {
	oci "/run/netns/$pod" >"$dir/in"
	env -i ASAN_OPTIONS=detect_leaks=0 PODTAP_STATE_DIR="$PODTAP_STATE_DIR" strace -f -qq -o "$dir/trace" -e trace="$1" \
		"$BUILD/podtap-hook" <"$dir/in" >"$dir/out"
	cat "$dir/trace"
}
@test "hook: opens and reads no namespace when there is no record" {
	run -0 traced setns,openat,fsopen
	[[ $output != *setns* && $output != *fsopen* && $output != *"$pod"* ]]
}
@test "hook: reads no record for a namespace without a tap, and one for each tap, of any number of records" {
	run -0 cni ADD '{}' CNI_NETNS="/run/netns/$other" CNI_CONTAINERID="$container-o"
	run -0 cni ADD '{"link":"macvlan"}'
	crowd 30
	run -0 traced getdents64 # nor the names of all containers
	[[ ${#lines[@]} = 1 && $output == *', 512) = '* ]]
	run -0 traced openat
	run -1 grep -F .json <<<"$output"
	run -0 cmp "$dir/in" "$dir/out"
	run -0 cni ADD '{}' CNI_IFNAME=net1
	run -0 traced openat
	run -0 grep -F .json <<<"$output"
	[[ ${#lines[@]} = 1 && $output == *net1.json* ]]
	run -0 jq -r '.linux.devices[0].path' "$dir/out"
	[ "$output" = "$(tap net1)" ]
	crowd_end
}
@test "hook: finds a tap whose note is lost or wrong, and one beside a macvtap that is not podtap's" {
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	note=$PODTAP_STATE_DIR/indices/$(jq .ifindex "$(record)")
	for text in '' nobody/eth0 "$container-o/eth0" "$container/../x"; do
		rm -f "$note"
		[ -z "$text" ] || ln -s "$text" "$note"
		run -0 traced openat
		run -0 jq -r '.linux.devices | map(.path) | join(" ")' "$dir/out"
		[ "$output" = "$(tap)" ]
	done
	ln -sf "$container/eth0" "$note"
	ip -n "$pod" link add p0 type veth peer name p1
	ip -n "$pod" link add link p0 name foreign type macvtap
	run -0 traced openat
	run -0 jq -r '.linux.devices | map(.path) | join(" ")' "$dir/out"
	[ "$output" = "$(tap)" ]
	ip -n "$pod" link del p0
}
@test "hook: reports no error when the state directory is missing" {
	PODTAP_STATE_DIR=$dir/none run -0 passes "$(oci "/run/netns/$pod")"
	[ ! -s "$dir/err" ]
}
@test "hook: passes invalid JSON unchanged, exits 0, and gives a reason on stderr" {
	run -0 cni ADD
	for text in '' '{' 'null' '[]' '{"linux":}' "$(oci "/run/netns/$pod")x" '{"linux":{"namespaces":[{"type":"network"' \
		$'{"a":"\x01"}' "$(printf '[%.0s' {1..200})"; do
		run -0 passes "$text"
		[ "$text" = null ] || [ "$text" = '[]' ] || [ -s "$dir/err" ]
	done
}
@test "hook: passes a configuration of another shape unchanged, and gives a reason on stderr" {
	run -0 cni ADD
	for change in '.linux.devices = {}' '.linux.devices = "x"' '.linux.resources = 1' '.linux.resources.devices = {}' \
		'.linux.Devices = []' '.Linux = {}' '.linux.namespaces += [{"type":"network"}]'; do
		run -0 passes "$(oci "/run/netns/$pod" | jq -c "$change")"
		[ -s "$dir/err" ]
	done
}
@test "hook: adds nothing for another device at the tap's path; only permits a tap that is already there" {
	run -0 cni ADD
	read -r major minor <<<"$(numbers "$(tap)")"
	device() {
		oci "/run/netns/$pod" | jq -c --arg path "$(tap)" --argjson minor "$1" --argjson major "$major" \
			'.linux.devices = [{path: $path, type: "c", major: $major, minor: $minor}]'
	}
	run -0 passes "$(device $((minor + 1)))"
	grep -q "$(tap)" "$dir/err"
	device "$minor" >"$dir/in"
	run -0 hook "$dir/in"
	output=$(cat "$dir/out")
	json_is '.linux.devices | length' 1
	json_is '.linux.resources.devices[-1].minor' "$minor"
}
@test "hook: passes large configurations, with the tap up to the limit and unchanged beyond it" {
	run -0 cni ADD
	oci "/run/netns/$pod" >"$dir/small"
	for megabytes in 8 40; do
		{
			printf '{"x":"'
			head -c "${megabytes}M" /dev/zero | tr '\0' x
			printf '",'
			tail -c +2 "$dir/small"
		} >"$dir/in"
		run -0 hook "$dir/in"
		if [ "$megabytes" = 40 ]; then
			untouched "$dir/in"
			grep -q "too large" "$dir/err"
		else
			run -0 jq -r '.linux.devices[0].path' "$dir/out"
			[ "$output" = "$(tap)" ]
		fi
	done
}
@test "hook: reports unreadable records for a namespace with a macvtap of no readable record, and still serves the others" {
	run -0 cni ADD
	ip -n "$pod" link add p0 type veth peer name p1
	ip -n "$pod" link add link p0 name foreign type macvtap
	mkdir "$PODTAP_STATE_DIR/endpoints/broken"
	printf '{"version":1,' >"$PODTAP_STATE_DIR/endpoints/broken/eth0.json"
	printf '[]' >"$PODTAP_STATE_DIR/endpoints/broken/eth1.json"
	mkfifo "$PODTAP_STATE_DIR/endpoints/broken/eth2.json"
	oci "/run/netns/$pod" >"$dir/in"
	run -0 timeout 60 bash -c "$(declare -f hook); dir='$dir'; hook '$dir/in'"
	output=$(cat "$dir/out")
	json_is '.linux.devices | map(.path)' "[\"$(tap)\"]"
	[ "$(grep -c "of container broken" "$dir/err")" = 3 ]
	rm -r "$PODTAP_STATE_DIR/endpoints/broken"
	ip -n "$pod" link del p0
}
@test "hook: does not pass the device of a vanished endpoint" {
	run -0 cni ADD
	tap
	ip -n "$pod" link del eth0
	run -0 passes "$(oci "/run/netns/$pod")"
}
@test "hook: never passes a device number that belongs to another endpoint now" {
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	read -r major minor <<<"$(numbers "$(tap eth0 "$container-o")")"
	record_change ".tap.minor = $minor"
	run -0 passes "$(oci "/run/netns/$pod")"
	grep -q "another number" "$dir/err"
}
@test "hook: passes no device for a record with a wrong interface index or kind" {
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	cp "$(record)" "$dir/kept"
	index=$(jq .ifindex "$PODTAP_STATE_DIR/endpoints/$container-o/eth0.json")
	for change in ".ifindex = $index" '.ifindex = 1' '.kind = "macvlan"' '.state = "adding"' '.netns.cookie += 1' '.netns.inode += 1'; do
		record_change "$change"
		run -0 passes "$(oci "/run/netns/$pod")"
		cp "$dir/kept" "$(record)"
	done
}
@test "hook: does not pass a node that is missing on the host or of another device" {
	run -0 cni ADD
	mkdir "$dir/dev"
	PODTAP_DEV_DIR=$dir/dev run -0 passes "$(oci "/run/netns/$pod")"
	grep -q "node on the host is missing" "$dir/err"
	mknod "$dir/dev/$(basename "$(tap)")" c 1 3
	PODTAP_DEV_DIR=$dir/dev run -0 passes "$(oci "/run/netns/$pod")"
	grep -q "another device" "$dir/err"
}

@test "install-hook: installs executable and JSON with its absolute path; uninstall-hook removes both" {
	run -0 install_hook install-hook
	run -0 jq -er '.hook.path' "$dir/d/usr/share/containers/oci/hooks.d/50-podtap.json"
	[ "$output" = /usr/libexec/podtap/podtap-hook ]
	[ -x "$dir/d/$output" ]
	run -0 jq -c '[.version, .stages, .when]' "$dir/d/usr/share/containers/oci/hooks.d/50-podtap.json"
	[ "$output" = '["1.0.0",["precreate"],{"always":true}]' ]
	run -0 install_hook uninstall-hook
	[ -z "$(find "$dir/d" -type f)" ]
}
@test "install-hook: the executable exists before the JSON does and until it is removed" {
	run -0 install_hook -n install-hook
	[[ $output == *libexec/podtap/podtap-hook*hooks.d/50-podtap.json* ]]
	for target in uninstall-hook uninstall; do
		run -0 install_hook -n $target
		[[ $output == *rm*hooks.d/50-podtap.json*rm*libexec/podtap/podtap-hook* ]]
	done
}
@test "install-hook: refuses a host with CRI-O, unless FORCE=1" {
	mkdir "$dir/bin"
	printf '#!/bin/sh\n' >"$dir/bin/crio"
	chmod +x "$dir/bin/crio"
	PATH=$PATH:$dir/bin run -2 install_hook install-hook
	[[ $output == *FORCE=1* ]]
	[ ! -e "$dir/d" ]
	PATH=$PATH:$dir/bin run -0 install_hook install-hook FORCE=1
	[ -e "$dir/d/usr/share/containers/oci/hooks.d/50-podtap.json" ]
}
# Runs make as a person does, but builds nothing: the build that other tests use may have other flags.
install_hook() {
	env -u MAKEFLAGS -u MAKELEVEL make -C "$root" O="$BUILD" -o "$BUILD/podtap-hook" \
		DESTDIR="$dir/d" "$@"
}
