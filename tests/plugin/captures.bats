#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What real runtimes really sent (captures/README.md), replayed call by call and byte for byte; only
# the namespace is a real one of ours, and type "tap" is podtap. prevResult of a CHECK is what our
# own ADD answered, as it would have been.
# bats file_tags=plain
load ../lib/lib
load ../lib/frames
load ../lib/lists

setup() {
	lan_setup
	declare -gA namespace=()
	own_state
}

# Makes a test namespace for a recorded path, with the same kind of path.
namespace_of() {
	local recorded=$1 name
	[ -z "${namespace[$recorded]}" ] || return 0
	pod_add "capture${#namespace[@]}"
	name=capture${#namespace[@]}
	namespace[$recorded]=/run/netns/${!name}
	case $recorded in
	/proc/*)
		listen "${!name}" "${!name}" lo expect 00 600000
		namespace[$recorded]=/proc/${listeners[${!name}]}/ns/net
		;;
	esac
}

# Replays one call: call FILE (without its endings)
call() {
	local text line variables=()
	while read -r line; do
		variables+=("$line")
	done < <(grep -E '^CNI_(ARGS|CONTAINERID|IFNAME|NETNS)=' "$1.env")
	CNI_COMMAND=$(sed -n 's/^CNI_COMMAND=//p' "$1.env")
	CNI_IFNAME=$(sed -n 's/^CNI_IFNAME=//p' "$1.env")
	CNI_NETNS=$(sed -n 's/^CNI_NETNS=//p' "$1.env")
	CNI_CONTAINERID=$(sed -n 's/^CNI_CONTAINERID=//p' "$1.env")
	CNI_PATH=$(sed -n 's/^CNI_PATH=//p' "$1.env")
	text=$(sed 's/"type":"tap"/"type":"podtap"/' "$1.stdin.json")
	if [ -n "$CNI_NETNS" ] && [ "$CNI_NETNS" != dummy ]; then
		namespace_of "$CNI_NETNS"
		text=${text//"\"$CNI_NETNS\""/"\"${namespace[$CNI_NETNS]}\""}
		CNI_NETNS=${namespace[$CNI_NETNS]}
	fi
	result=$cache/$CNI_CONTAINERID-$CNI_IFNAME.result
	[ "$CNI_COMMAND" != CHECK ] || text=$(jq -c --slurpfile r "$result" '.prevResult = $r[0]' <<<"$text")
	[ "$CNI_COMMAND" != ADD ] ||
		printf '%s\0' "$text" "${variables[@]}" CNI_NETNS="$CNI_NETNS" \
			>"$cache/$CNI_CONTAINERID-$CNI_IFNAME.add"
	config=$text
	run -"${2:-0}" cni_raw "$CNI_COMMAND" "$text" "${variables[@]}" \
		CNI_NETNS="$CNI_NETNS" CNI_PATH="$CNI_PATH:$fixtures/delegates:/usr/lib/cni"
}

# Replays a scenario. The recorded plugin refused the named calls, and podtap must refuse them too.
replay() {
	local folder=$fixtures/captures/$1 file
	shift
	for file in "$folder"/*.env; do
		file=${file%.env}
		case " $* " in
		*" ${file##*/} "*)
			call "$file" 1
			error_is "$(jq .code <<<"$output")"
			;;
		*)
			call "$file"
			"accepted_$(tr '[:upper:]' '[:lower:]' <<<"$CNI_COMMAND")"
			;;
		esac
	done
}

accepted_version() {
	json_is "(.supportedVersions | index(\"$(jq -r .cniVersion <<<"$config")\")) != null" true
}
accepted_status() { [ -z "$output" ]; }
accepted_check() { [ -z "$output" ]; }
accepted_gc() { [ -z "$output" ]; }
accepted_del() {
	[ -z "$output" ]
	rm -f "$cache/$CNI_CONTAINERID-$CNI_IFNAME".*
}
accepted_add() {
	printf %s "$output" >"$result"
	run -0 jq -n --argjson config "$config" --argjson result "$output" \
		--arg ifname "$CNI_IFNAME" --arg sandbox "$CNI_NETNS" -f "$fixtures/captures.jq"
	[ "$output" = "[]" ] || { echo "the runtime would object: $output"; return 1; }
}
@test "captures: containerd 1.6.20: a pod starts, stops, and is removed by repeated DELs without a namespace" {
	replay containerd-cri-1.6.20/01-pod
}
@test "captures: containerd 1.6.20: a primary network without addresses" {
	replay containerd-cri-1.6.20/03-l2-only-primary
}
@test "captures: containerd 1.6.20: a tap as a second network of a pod" {
	replay containerd-cri-1.6.20/06-device-host-path
}
@test "captures: containerd 1.6.20: two pods, STATUS, and a DEL of an unknown attachment" {
	replay containerd-cri-1.6.20/07-two-pods-ping
}
@test "captures: containerd 2.1.9: STATUS at start-up" {
	replay containerd-cri-2.1.9/00-startup-and-status
}
@test "captures: containerd 2.1.9: a pod with a tap as second network and every capability" {
	replay containerd-cri-2.1.9/01-pod
}
@test "captures: containerd 2.1.9: STATUS after a restart" {
	replay containerd-cri-2.1.9/02-restart
}
@test "captures: CRI-O 1.37: CHECK after each ADD and at a restart, GC, and a DEL for a pod that was lost" {
	replay crio-1.37.0/01-pods-restart-lost
}
@test "captures: ctr 1.6.20: a container, whose DEL has no namespace" {
	replay ctr-1.6.20/01-run-cni
}
@test "captures: ctr 1.6.20: detached containers, some never deleted" {
	replay ctr-1.6.20/02-run-detached
}
@test "captures: ctr 1.6.20: a tap, twice under the same containerID" {
	replay ctr-1.6.20/03-run-cni-tap
}
@test "captures: libcni 1.3.0: all six verbs with addresses" {
	replay libcni-1.3.0/mv11
}
@test "captures: libcni 1.3.0: all six verbs with a tap" {
	replay libcni-1.3.0/tap11
}
@test "captures: podman 4.3.1: two containers" {
	replay podman-4.3.1/01-two-containers-ping
}
@test "captures: podman 4.3.1: --mac-address" {
	replay podman-4.3.1/02-mac
}
@test "captures: podman 4.3.1: --ip" {
	replay podman-4.3.1/03-ip
}
@test "captures: podman 4.3.1: --mac-address and --ip" {
	replay podman-4.3.1/04-mac-ip
}
@test "captures: podman 4.3.1: options of --network, an interface name among them" {
	replay podman-4.3.1/05-netopts
}
@test "captures: podman 4.3.1: --ip6, refused before any ADD" {
	replay podman-4.3.1/05b-ip6
}
@test "captures: podman 4.3.1: two families, aliases, labels and ports" {
	replay podman-4.3.1/07-dual-alias-port
}
@test "captures: podman 4.3.1: labels and annotations" {
	replay podman-4.3.1/09-label-annot
}
@test "captures: podman 4.3.1: with OCI hooks" {
	replay podman-4.3.1/10-hooks
}
@test "captures: podman 4.3.1: taps, with CDI" {
	replay podman-4.3.1/12-cdi-during-add
}
@test "captures: podman 4.3.1: restarts, each with a new namespace" {
	replay podman-4.3.1/13-restart
}
@test "captures: podman 4.3.1: two networks on a container, and pods" {
	replay podman-4.3.1/15-two-nets
}
@test "captures: podman 4.3.1: hooks that fail" {
	replay podman-4.3.1/16-hook-fail
}
@test "captures: podman 4.3.1: user namespaces" {
	replay podman-4.3.1/17-userns
}
@test "captures: podman 4.3.1: a network of version 0.1.0" {
	replay podman-4.3.1/19-cniversion-0.1.0
}
@test "captures: podman 4.3.1: a network of version 0.2.0" {
	replay podman-4.3.1/19-cniversion-0.2.0
}
@test "captures: podman 4.3.1: a network of version 0.3.0" {
	replay podman-4.3.1/19-cniversion-0.3.0
}
@test "captures: podman 4.3.1: a network of version 0.3.1" {
	replay podman-4.3.1/19-cniversion-0.3.1
}
@test "captures: podman 4.3.1: a network of version 0.4.0" {
	replay podman-4.3.1/19-cniversion-0.4.0
}
@test "captures: podman 4.3.1: a network of version 1.0.0" {
	replay podman-4.3.1/19-cniversion-1.0.0
}
@test "captures: podman 4.3.1: a network of version 1.1.0" {
	replay podman-4.3.1/19-cniversion-1.1.0
}
@test "captures: podman 4.3.1: static addresses" {
	replay podman-4.3.1/21-static
}
@test "captures: podman 4.3.1: --ip with static, which asks for a prefix and refuses" {
	replay podman-4.3.1/22-static-ip 005-ADD
}
@test "captures: podman 4.3.1: --ip without IPAM" {
	replay podman-4.3.1/23-noipam-ip
}
@test "captures: podman 4.3.1: CNI_ARGS from podman's own environment" {
	replay podman-4.3.1/24-static-env
}
@test "captures: podman 4.3.1: two --ip in one range, which host-local refuses" {
	replay podman-4.3.1/25-two-v4 005-ADD
}
@test "captures: every recorded scenario is replayed" {
	for folder in "$fixtures"/captures/*/*/; do
		scenario=$(basename "$(dirname "$folder")")/$(basename "$folder")
		run -0 grep -qE "^	replay $scenario( |\$)" "$BATS_TEST_FILENAME"
	done
}
