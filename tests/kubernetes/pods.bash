# SPDX-License-Identifier: Apache-2.0
# Pods and containers on a node, made as kubelet makes them, each with names of the test's own.
#
#   pods[NAME], boxes[NAME]      the ids the runtime gave

# shellcheck disable=SC2154 # host, lab and the like are lib.bash's and lab.bash's

declare -gA pods boxes

# Runs a pod: pod_run NAME HANDLER [CHANGES OF ITS CONFIGURATION]
pod_run() {
	local config made
	config=$(pod_sandbox "$@") || return
	made=$(cri RunPodSandbox "{\"config\":$config,\"runtime_handler\":\"$2\"}") || return
	pods[$1]=$(jq -r .pod_sandbox_id <<<"$made")
}
pod_sandbox() {
	jq -cn --arg name "$1-$BATS_TEST_NUMBER" --arg cgroup "/$host/$1-$BATS_TEST_NUMBER" --arg log "$lab/log" \
		--argjson change "${3:-"{}"}" '{metadata: {name: $name, uid: $name, namespace: "space"}, hostname: $name,
		log_directory: $log, linux: {cgroup_parent: $cgroup}} * $change' | tee "$BATS_TEST_TMPDIR/$1.pod"
}
pod_stop() {
	cri StopPodSandbox "{\"pod_sandbox_id\":\"${pods[$1]}\"}" && cri RemovePodSandbox "{\"pod_sandbox_id\":\"${pods[$1]}\"}"
}

# Runs a container in a pod, as the user 1234 unless the changes have another: box_run POD NAME [CHANGES]
box_run() {
	local made
	made=$(cri CreateContainer "$(box_request "$@")") || return
	boxes[$2]=$(jq -r .container_id <<<"$made")
	cri StartContainer "{\"container_id\":\"${boxes[$2]}\"}" >/dev/null
}
box_request() {
	jq -cn --arg pod "${pods[$1]}" --arg name "$2" --slurpfile sandbox "$BATS_TEST_TMPDIR/$1.pod" \
		--arg tools "$BUILD/tests/tools" --argjson change "${3:-"{}"}" '{pod_sandbox_id: $pod, sandbox_config: $sandbox[0],
		config: ({metadata: {name: $name}, image: {image: "localhost/box:latest"}, command: ["sleep", "1000"],
		log_path: "\($pod)-\($name).log",
		mounts: [{container_path: "/usr", host_path: "/usr", readonly: true},
			{container_path: "/tools", host_path: $tools, readonly: true}],
		linux: {security_context: {run_as_user: {value: 1234}, run_as_group: {value: 1234}}}} * $change)}'
}
# Runs a command in a container: box_exec NAME COMMAND...
box_exec() {
	local name=$1
	shift
	cri ExecSync "$(jq -cn --arg box "${boxes[$name]}" '{container_id: $box, cmd: $ARGS.positional, timeout: 200}' --args -- "$@")"
}

box_stop() {
	cri StopContainer "{\"container_id\":\"${boxes[$1]}\"}" >/dev/null
}

# Prints the result of a jq filter on an endpoint's record: pod_endpoint POD FILTER [IFNAME]
pod_endpoint() {
	jq -er "$2" "$PODTAP_STATE_DIR/endpoints/${pods[$1]}/${3:-eth0}.json"
}

# A container opens its tap, sends to the LAN and receives the answer: box_talks POD BOX [IFNAME]
box_talks() {
	local node mac
	read -r node mac < <(pod_endpoint "$1" '"\(.tap.path) \(.mac)"' "${3:-}")
	listen "$2" "$switch" br0 expect "$(text_hex "ask$mac")" 60000 send "$(frame "$mac" 02:00:00:00:00:fe "answer$mac")"
	box_exec "$2" /tools/tapio "$node" identity send "$(frame "$broadcast" "$mac" "ask$mac")" \
		expect "$(text_hex "answer$mac")" 60000 || return
	heard "$2"
}

# A container cannot see this tap, nor open it as root with a node of its own: box_is_kept_from BOX NODE
box_is_kept_from() {
	local numbers
	numbers=$(stat -c '0x%t 0x%T' "$2")
	run -1 box_exec "$1" test -e "$2"
	# shellcheck disable=SC2086 # two numbers
	run -1 box_exec "$1" sh -c 'mknod /tmp/tap c "$1" "$2" && /tools/tapio /tmp/tap identity' sh $((${numbers% *})) $((${numbers#* }))
	echo "$output"
	[[ $output == *"/tmp/tap: Operation not permitted"* ]]
}

# The configuration of a container that runs as root.
as_root='{"linux":{"security_context":{"run_as_user":{"value":0},"run_as_group":{"value":0}}}}'

# The link of an endpoint is up or down, as the podtap-nri daemon `nri` has said so many times:
#   pod_link_is POD IFNAME up|down TIMES
pod_link_is() {
	local flags
	daemon_says nri "interface $2 of container ${pods[$1]} is $3" "$4" || return
	flags=$(inside nsenter --net="$(pod_endpoint "$1" .netns.path "$2")" ip -j link show dev "$2" |
		jq -r 'if .[0].flags | index("UP") then "up" else "down" end')
	[ "$flags" = "$3" ] || { echo "$2 is $flags, not $3"; return 1; }
}
# A guest's link follows its container: down after the container was stopped or has ended, up for the next
# one. The endpoint with addresses stays up: guest_follows POD
guest_follows() {
	pod_run "$1" two '{"annotations":{"podtap.dev/containers":"vm"}}'
	box_run "$1" vm
	box_run "$1" sidecar
	run -0 box_talks "$1" vm eth1
	box_stop sidecar
	box_stop vm
	pod_link_is "$1" eth1 down 1
	box_run "$1" vm '{"metadata":{"attempt":1}}'
	pod_link_is "$1" eth1 up 1
	run -0 box_talks "$1" vm eth1
	run -0 box_talks "$1" vm eth0
	box_stop vm
	pod_link_is "$1" eth1 down 2
	box_run "$1" vm '{"metadata":{"attempt":2},"command":["true"]}'
	pod_link_is "$1" eth1 down 3
}
