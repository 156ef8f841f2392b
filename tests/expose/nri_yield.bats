#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-nri sets the link of a guest down when its container has stopped, and up for the next one.
load ../lib/lib
load ../lib/frames
load ../lib/nri
load ../lib/memory

# The steps that create a container of the pod and that report its end: create ID [FILTER], stopped ID [FILTER]
created() {
	create "$named | .create.container.id = \"$1\" | ${2:-.}"
}
stopped() {
	created "$@" | jq -c '{stop: .create}'
}
named='.create.pod.annotations["podtap.dev/containers"] = "qemu"'
is_up() { # [POD [INTERFACE]]
	[ "$(link "${1:-$pod}" "${2:-eth0}" '.flags | index("UP") != null')" = true ]
}
# The process that sets links.
yielder() {
	pgrep -P "$plugin"
}
# A guest's endpoint in another pod, whose container stops after all else: once its link is down, what came
# before has been done. last_add; last_down COUNT
last_add() {
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	last=$(stopped last ".create.pod.id = \"$container-o\" | .create.container.pod_sandbox_id = \"$container-o\"
		| .create.pod.linux.namespaces[1].path = \"/run/netns/$other\"")
}
last_down() {
	logged "$1" "interface eth0 of container $container-o is down"
}

@test "NRI: a guest's link is down after its container has stopped, and up when the next one is created" {
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_IFNAME=net1
	plugin_start
	run -0 runtime '"session"' "$(created c1)" "$(stopped c1)"
	[ "${lines[2]}" = '{}' ]
	logged 1 "interface eth0 of container $container is down"
	logged 1 "interface net1 of container $container is down"
	run -1 is_up
	run -0 runtime '"session"' "$(created c2)"
	logged 1 "interface eth0 of container $container is up"
	is_up
	logged 1 "interface net1 of container $container is up"
}
@test "NRI: the late end of a former container leaves the link of the next one up" {
	run -0 cni ADD
	last_add
	plugin_start
	run -0 runtime '"session"' "$(created c1)" "$(created c2)" "$(stopped c1)" "$last"
	last_down 1
	is_up
	run -0 runtime '"session"' "$(stopped c2)"
	logged 1 "interface eth0 of container $container is down"
	run -1 grep -c 'is up' "$dir/log" # it never was down before
}
# The endpoint of a device that kubelet allocated, beside podtap-nri.
allocated() {
	mkdir -p "$PODTAP_STATE_DIR"
	echo '{"version":1,"resources":[{"name":"lan","master":"lan0","mode":"bridge"}]}' >"$PODTAP_STATE_DIR/resources.json"
	run -0 cni ADD '{"master":null,"deviceID":"lanMvp7"}'
	read -r major minor <<<"$(stat -c '%t %T' "$(tap)")"
	last_add
	plugin_start
}
@test "NRI: a tap that kubelet allocated: the link is down after the container that has it has stopped" {
	allocated
	by_name='del(.create.pod.annotations["podtap.dev/containers"]) | .create.container.CDI_devices = [{name: "podtap.dev/tap=lanMvp7"}]'
	by_device="del(.create.pod.annotations[\"podtap.dev/containers\"]) | .create.container.linux.devices = [{path: \"$(tap)\",
		type: \"c\", major: \"$((0x$major))\", minor: \"$((0x$minor))\"}]"
	run -0 runtime '"session"' "$(stopped c1 'del(.create.pod.annotations["podtap.dev/containers"])')" "$last"
	last_down 1
	is_up
	run -0 runtime '"session"' "$(stopped c1 "$by_name")"
	logged 1 "interface eth0 of container $container is down"
	run -0 runtime '"session"' "$(created c2 "$by_name")"
	logged 1 "interface eth0 of container $container is up"
	run -0 runtime '"session"' "$(stopped c2 "$by_device")"
	logged 2 "interface eth0 of container $container is down"
	run -0 cni DEL
	rm "$PODTAP_STATE_DIR/resources.json"
}
# What the runtime reports when podtap-nri registers: the pod and its containers, changed by a filter, before the
# other pod, whose container is not there: present [FILTER]
present() {
	jq -cn --argjson step "$(create "$named | .create.container.state = 3")" --arg id "$container-o" --arg path "/run/netns/$other" \
		'{present: [{pods: [$step.create.pod], containers: [$step.create.container]} | ('"${1:-.}"')
		| .pods += [$step.create.pod | .id = $id | .linux.namespaces[1].path = $path]]}'
}
registered=('"register"' '"configure"')
@test "NRI: a guest's link is down if its container stopped while podtap-nri was away, or the runtime" {
	run -0 cni ADD
	last_add
	plugin_start
	run -0 runtime "${registered[@]}" "$(present)"
	last_down 1
	is_up
	run -0 runtime "${registered[@]}" "$(present '.containers = []')"
	logged 1 "interface eth0 of container $container is down"
	run -0 at "$host" "$BUILD/podtapctl" resume "$container"
	run -0 runtime "${registered[@]}" "$(present '.containers[0].state = 4')" "$(created c2)"
	logged 2 "interface eth0 of container $container is down"
	logged 1 "interface eth0 of container $container is up"
	# The container that podtap-nri saw created has stopped while the runtime was away.
	run -0 runtime "${registered[@]}" "$(present '.containers[0].name = "sidecar"')"
	logged 3 "interface eth0 of container $container is down"
}
@test "NRI: what the runtime reports in several messages counts together, in any order" {
	run -0 cni ADD
	last_add
	plugin_start
	run -0 runtime "${registered[@]}" "$(present | jq -c '.present[0] as {$pods, $containers}
		| .present = [{containers: $containers}, {pods: $pods[:1]}, {pods: $pods[1:]}]')"
	[ "${lines[2]}" = "[true, true, false]" ]
	last_down 1
	is_up
}
@test "NRI: at its start podtap-nri leaves links up that another container may use, or that it cannot judge" {
	run -0 cni ADD
	last_add
	plugin_start
	for change in 'del(.pods[0].annotations)' '.pods[0].annotations["podtap.dev/containers"] = "qemu, sidecar"' \
		'.pods[0].id = "another"' '.pods[0].id = "../endpoints"' 'del(.pods[0].linux)' '.pods = []'; do
		run -0 runtime "${registered[@]}" "$(present ".containers = [] | $change")"
		last_down 1
		run -0 at "$host" "$BUILD/podtapctl" resume "$container-o"
		truncate -s 0 "$dir/log"
		is_up
	done
	# A container that is too long to be read may be the one that has the tap.
	run -0 runtime "${registered[@]}" "$(present '.containers[0].env = ["A=\("x" * 1100000)"]')"
	logged 1 "not all pods and containers could be read"
	is_up
	is_up "$other"
}
@test "NRI: a tap that kubelet allocated: the link is down if the container that had it stopped meanwhile" {
	allocated
	for has in '.CDI_devices = [{name: "podtap.dev/tap=lanMvp7"}]' \
		'.annotations["cdi.k8s.io/x"] = "other/tap=lanMvp7,podtap.dev/tap=lanMvp7"' \
		".linux.devices = [{path: \"/dev/x\", type: \"c\", major: \"$((0x$major))\", minor: \"$((0x$minor))\"}]"; do
		run -0 runtime "${registered[@]}" "$(present "del(.pods[0].annotations) | .containers[0] |= ($has)")"
		last_down 1
		run -0 at "$host" "$BUILD/podtapctl" resume "$container-o"
		truncate -s 0 "$dir/log"
		is_up
	done
	run -0 runtime "${registered[@]}" "$(present 'del(.pods[0].annotations)')"
	logged 1 "interface eth0 of container $container is down"
	run -0 cni DEL
	rm "$PODTAP_STATE_DIR/resources.json"
}
@test "NRI: the link stays up when another container may have the tap, the pod owns the address, or the pod is another" {
	run -0 cni ADD
	run -0 cni ADD '{"ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.7/24"}]}}' CNI_IFNAME=net1
	run -0 cni ADD '{"link":"macvlan"}' CNI_IFNAME=net2
	last_add
	plugin_start
	run -0 runtime '"session"' "$(stopped c1 'del(.create.pod.annotations["podtap.dev/containers"])')" \
		"$(stopped c1 '.create.pod.annotations["podtap.dev/containers"] = "qemu,sidecar"')" \
		"$(stopped c1 '.create.container.name = "sidecar"')" \
		"$(stopped c1 '.create.pod.id = "another" | .create.container.pod_sandbox_id = "another"')" \
		"$(stopped c1 '.create.pod.id = "../endpoints"')" \
		"$(stopped c1 ".create.pod.linux.namespaces[1].path = \"/run/netns/$other\"")" \
		"$(stopped c1 'del(.create.pod.linux, .create.container.linux)')" "$last"
	last_down 1
	is_up
	run -0 runtime '"session"' "$(stopped c1)" "$last"
	logged 1 "interface eth0 of container $container is down"
	is_up "$pod" net1
	is_up "$pod" net2
	[ "$(grep -c ' is down' "$dir/log")" = 2 ]
}
@test "NRI: a request to stop that cannot be decoded is answered and logged, and the next one is served" {
	plugin_start
	body=$(python3 - <<-'END'
		def field(n, b):
		    return bytes([n << 3 | 2, len(b)]) + b
		print((field(1, b"nri.pkg.api.v1alpha1.Plugin") + field(2, b"StopContainer") + field(3, b"\xff")).hex())
	END
	)
	run -0 runtime '"session"' "{\"message\":\"$body\",\"stream\":99}" '"shut"' '"wait"'
	logged 1 "the request to stop a container: it cannot be decoded"
	run -0 runtime '"session"' "$(stopped c1)"
	[ "${lines[1]}" = '{}' ]
}
@test "NRI: only the process that sets links has CAP_NET_ADMIN, under a filter of its own, and in 2 MiB" {
	run -0 cni ADD
	plugin_start
	run -0 runtime '"session"' "$(created c1)" "$(stopped c1)"
	logged 1 "is down"
	run -0 grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp|THP_enabled):' "/proc/$(yielder)/status"
	[ "${lines[*]//	/}" = "THP_enabled:0 CapPrm:0000000000281000 CapEff:0000000000281000 CapBnd:0000000000000000 NoNewPrivs:1 Seccomp:2" ]
	run -0 grep -E '^(CapEff|CapPrm|CapBnd):' "/proc/$plugin/status"
	[ "${lines[*]//	/}" = "CapPrm:0000000000280000 CapEff:0000000000280000 CapBnd:0000000000000000" ]
	run -0 awk '/VmHWM/ { print $2 }' "/proc/$(yielder)/status"
	[ "$output" -lt "$(memory_limit podtap-nri 2048)" ]
	# of the first process it has the log and the orders alone
	run -0 find "/proc/$(yielder)/fd" -type l -printf '%l\n'
	[ "$(grep -c socket: <<<"$output")" = 2 ] # orders, and rtnetlink
	run -1 grep -E 'eventpoll|signalfd|timerfd|inotify' <<<"$output"
}
@test "NRI: the two processes end with each other" {
	plugin_start
	run -0 runtime '"session"'
	child=$(yielder)
	kill -TERM "$child" "$child"
	kill -KILL "$plugin"
	wait "$plugin" || true
	timeout 20 tail --pid="$child" -s 0.05 -f /dev/null
	plugin_start
	run -0 runtime '"session"'
	kill -KILL "$(yielder)"
	local ended=0
	wait "$plugin" || ended=$?
	[ "$ended" = 1 ]
	logged 1 "the process that sets the links of guests down has ended"
}
@test "NRI: without CAP_NET_ADMIN gives taps as ever, says so, and asks for no end of a container" {
	run -0 cni ADD
	wrapper=(setpriv --bounding-set=-net_admin --inh-caps=-net_admin)
	plugin_start
	wrapper=()
	run -0 runtime '"session"' "$(created c1)"
	[ "${lines[0]}" = "${session/520/8}" ]
	run -0 same_json "${lines[1]}" "$(adjusts "$(tap)")"
	logged 1 "without CAP_NET_ADMIN, the links of guests stay up when their containers stop"
	run -1 yielder
	run -0 runtime '"session"' "$(stopped c1)"
	[ "${lines[1]}" = '{}' ]
	is_up
}

# What the LAN says of a guest: from_lan FRAME...
from_lan() {
	local frame words=()
	for frame; do
		words+=(send "$frame")
	done
	at "$switch" "$tapio" br0 "${words[@]}"
}
guest=02:00:5e:10:00:0b
# A guest's endpoint with that MAC address, and the one of the other pod, by which the rest is known to be done.
guests_add() { # [CHANGES]
	run -0 cni ADD "$(jq -c '{mac: "'$guest'"} + .' <<<"${1:-"{}"}")"
	last_add
	last_mac=$(jq -r .mac "$(record eth0 "$container-o")")
}

@test "--announced: a guest's announcement from the LAN sets its link down, once for each container" {
	guests_add
	plugin_start --announced
	run -0 runtime '"session"' "$(created c1)"
	at "$host" "$tapio" "$(tap)" send "$(rarp $guest)" # its own, as after it came here
	from_lan "$(arp_request $guest 10.99.0.7 10.99.0.7)" "$(frame "$broadcast" $guest anything)" \
		"$(rarp 02:00:5e:10:00:0c)" "$(rarp "$last_mac")"
	last_down 1
	is_up
	from_lan "$(rarp $guest)"
	logged 1 "interface eth0 of container $container is down"
	run -1 is_up
	run -0 at "$host" "$BUILD/podtapctl" resume "$container"
	run -0 runtime '"session"' "${last/stop/create}"
	logged 1 "interface eth0 of container $container-o is up"
	from_lan "$(rarp $guest)" "$(rarp "$last_mac")"
	last_down 2
	is_up
	run -0 runtime '"session"' "$(created c2)" "$last"
	from_lan "$(rarp $guest)"
	logged 2 "interface eth0 of container $container is down"
}
@test "--announced: knows the guests that were there before it" {
	guests_add
	plugin_start --announced
	run -0 runtime '"session"'
	from_lan "$(rarp $guest)"
	logged 1 "interface eth0 of container $container is down"
	is_up "$other"
}
@test "--announced: only in mode bridge, and only on the link's own master" {
	ip link add lan1 netns "$host" type veth peer name elsewhere netns "$switch"
	ip -n "$host" link set lan1 up
	ip -n "$switch" link set elsewhere up
	guests_add '{"mode":"vepa"}'
	run -0 cni ADD '{"mac":"02:00:5e:10:00:0d"}' CNI_IFNAME=net1
	plugin_start --announced
	run -0 runtime '"session"'
	at "$switch" "$tapio" elsewhere send "$(rarp "$last_mac")"
	from_lan "$(rarp $guest)" "$(rarp 02:00:5e:10:00:0d)"
	logged 1 "interface net1 of container $container is down" # so all before has been done
	is_up
	is_up "$other"
	from_lan "$(rarp "$last_mac")"
	last_down 1
}
@test "--announced: without CAP_NET_RAW exits 1 and says why" {
	wrapper=(setpriv --bounding-set=-net_raw --inh-caps=-net_raw)
	plugin_start --announced
	wrapper=()
	local ended=0
	wait "$plugin" || ended=$?
	[ "$ended" = 1 ]
	logged 1 "listen for announcements (RARP): Operation not permitted"
}
@test "NRI: without --announced no announcement matters" {
	guests_add
	plugin_start
	run -0 runtime '"session"' "$(created c1)"
	from_lan "$(rarp $guest)"
	run -0 runtime '"session"' "$last"
	last_down 1
	is_up
	run -0 find "/proc/$(yielder)/fd" -type l -printf '%l\n'
	[ "$(grep -c socket: <<<"$output")" = 2 ] # orders, and rtnetlink
}
