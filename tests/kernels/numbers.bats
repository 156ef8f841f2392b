#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A tap's number, which alone decides what a container may open. In a guest, where nothing else has macvtap
# links: the kernel gives the lowest number that is free.
load ../lib/lib

setup() {
	lan_setup
}
teardown() {
	lan_teardown
}

# The device number the kernel gives an interface of a namespace: MAJOR:MINOR
number_of() {
	at "$1" unshare -m sh -c "mount -t sysfs none /sys && cat /sys/class/net/$2/macvtap/tap*/dev"
}

# A pod whose containers have its tap loses the link and lives on: the next pod gets another number.
#   number_is_kept WAY COMMAND...    the command takes the tap away
number_is_kept() {
	local way=$1 before after changes='{}' arguments=()
	shift
	case $way in
	cdi) changes='{"cdi":true}' ;;
	kubernetes) arguments=("CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=vm") ;;
	esac
	run -0 cni ADD "$changes" "${arguments[@]}"
	if [ "$way" = podman ]; then
		jq -n --arg path "/run/netns/$pod" '{ociVersion: "1.0.2", linux: {namespaces: [{type: "network", path: $path}]}}' |
			"$BUILD/podtap-hook" precreate | jq -e '.linux.devices | length > 0'
	fi
	before=$(number_of "$pod" eth0)
	"$@"
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	after=$(number_of "$other" eth0)
	[ "$after" != "$before" ]
	[ "$(stat -c '%t:%T' "$(tap eth0 "$container-2")")" = "$(printf '%x:%x' "${after%:*}" "${after#*:}")" ]
	[ "$(ip -n "$other" -j link show type macvtap | jq length)" = 1 ]
	run -0 cni DEL "$changes" "${arguments[@]}"
	run -0 cni DEL '{}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
}
@test "tap: a number stays reserved while its pod lives, after DEL as of podman network disconnect" {
	for way in cdi kubernetes podman; do
		number_is_kept $way cni DEL
	done
}
@test "tap: a number stays reserved while its pod lives, after the pod's root deleted the link" {
	for way in cdi kubernetes podman; do
		number_is_kept $way ip -n "$pod" link del eth0
	done
}
@test "tap: the reservation of a number ends with the ADD, also when that is killed" {
	run -0 cni ADD '{"cdi":true}'
	ip -n "$pod" link del eth0
	theirs=(CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other")
	statuses=
	for call in 1 2; do # the child's answers come by this call, the kernel's by others
		wrapper=(strace -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=recvfrom -e "inject=recvfrom:signal=KILL:when=$call")
		run cni ADD '{}' "${theirs[@]}" ASAN_OPTIONS=detect_leaks=0
		wrapper=()
		statuses+=" $status"
		run -0 cni DEL '{}' "${theirs[@]}"
		left=1
		for _ in {1..200}; do
			left=$(grep -lsz "^CNI_CONTAINERID=$container-2\$" /proc/[0-9]*/environ | wc -l)
			[ "$left" != 0 ] || break
			sleep 0.05
		done
		[ "$left" = 0 ]
	done
	[ "$statuses" = " 137 0" ]
	run -0 cni DEL '{"cdi":true}'
}
@test "tap: a number without a living pod goes to the next pod" {
	theirs=(CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other")
	for changes in '{}' '{"cdi":true}'; do
		run -0 cni ADD "$changes"
		before=$(number_of "$pod" eth0)
		run -0 cni DEL "$changes"
		[ "$changes" = '{}' ] || ip netns del "$pod"
		run -0 cni ADD '{}' "${theirs[@]}"
		after=$(number_of "$other" eth0)
		((${after#*:} <= ${before#*:})) # lower, where an earlier test's was not free yet
		run -0 cni DEL '{}' "${theirs[@]}"
	done
}
