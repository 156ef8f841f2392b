#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The NRI plugin against a scripted runtime: which containers get which taps, and that nothing on its
# socket stops it.
load ../lib/lib
load ../lib/nri
load ../lib/memory

@test "NRI: registers as 50-podtap, and subscribes only to the creation and the end of containers" {
	plugin_start
	run -0 runtime '"session"' '{"call":"StateChange"}' '{"call":"Shutdown"}' '{"call":"RunPodSandbox"}'
	[ "${lines[0]}" = "$session" ]
	[ "${lines[1]}" = '{}' ]
	[ "${lines[2]}" = '{}' ]
	[ "${lines[3]}" = '{"code": 12}' ]
	logged 1 "registered with containerd v2.1.9"
}
@test "NRI: a container gets its pod's taps, node by node" {
	run -0 cni ADD '{"owner":107,"group":108,"tapMode":"0640"}'
	run -0 cni ADD '{"name":"net2"}' CNI_IFNAME=net1
	run -0 cni ADD '{"name":"net3"}' CNI_CONTAINERID="$container-2" CNI_NETNS="/run/netns/$other"
	plugin_start
	creates "$(create)"
	given=$(jq -c '.adjust.linux.devices | sort_by(.path) | map(.path)' <<<"$output")
	[ "$given" = "$(jq -cn '$ARGS.positional | sort' --args "$(tap)" "$(tap net1)")" ]
	one=$(jq --arg path "$(tap)" '.adjust.linux.devices |= map(select(.path == $path))' <<<"$output")
	run -0 same_json "$one" "$(adjusts "$(tap)")"
	logged 1 "container qemu of pod default/vm gets $(tap) ("
	tap eth0 "$container-2"
}
@test "NRI: accepts the pod's other paths to its namespace" {
	run -0 cni ADD
	mkdir "$dir/elsewhere"
	: >"$dir/elsewhere/net"
	mount --bind "/run/netns/$pod" "$dir/elsewhere/net"
	plugin_start
	run -0 runtime '"session"' \
		"$(create ".create.pod.linux.namespaces[1].path = \"$dir/elsewhere/net\"")" \
		"$(create "del(.create.pod.linux) | .create.container.linux.namespaces[0].path = \"/run/netns/$pod\"")"
	umount "$dir/elsewhere/net"
	run -0 same_json "${lines[1]}${lines[2]}" "$(adjusts "$(tap)")$(adjusts "$(tap)")"
}
@test "vmDevices: the container gets the devices that a VM needs beside the tap" {
	devices_private
	run -0 cni ADD '{"vmDevices":true,"owner":107}'
	mknod "$PODTAP_DEV_DIR/kvm" c 10 232
	mknod "$PODTAP_DEV_DIR/vhost-net" c 10 238
	plugin_start
	creates "$(create)"
	json_is '.adjust.linux.devices[1:] | map([.path, .major, .minor, .uid.value])' \
		'[["/dev/kvm","10","232",107],["/dev/vhost-net","10","238",107]]'
	rm "$PODTAP_DEV_DIR/kvm" "$PODTAP_DEV_DIR/vhost-net"
}
@test "podtap.dev/containers: only the named containers get the taps" {
	run -0 cni ADD
	plugin_start
	named() { create ".create.pod.annotations[\"podtap.dev/containers\"] = \"$1\" | .create.container.name = \"$2\""; }
	run -0 runtime '"session"' "$(named qemu qemu)" "$(named 'sidecar, qemu' qemu)" "$(named sidecar qemu)" \
		"$(named '' qemu)" "$(named 'qemu2,q' qemu)" "$(named 'sidecar,qemu' sidecar)"
	gets=$(adjusts "$(tap)")
	run -0 same_json "${lines[1]}${lines[2]}${lines[6]}" "$gets$gets$gets"
}
@test "podtap.dev/containers: leaves all other containers unchanged, and logs nothing" {
	run -0 cni ADD
	plugin_start
	named() { create ".create.pod.annotations[\"podtap.dev/containers\"] = \"$1\" | .create.container.name = \"$2\""; }
	run -0 runtime '"session"' "$(named sidecar qemu)" "$(named '' qemu)" "$(named 'qemu2,q' qemu)" "$(named QEMU qemu)"
	[ "${lines[*]:1}" = "{} {} {} {}" ]
	run -1 grep -E 'gets|left as it is' "$dir/log"
}
@test "NRI: leaves a pod without taps or with the host network unchanged, and logs nothing" {
	run -0 cni ADD
	plugin_start
	run -0 runtime '"session"' "$(create 'del(.create.pod.linux, .create.container.linux)')" \
		"$(create '.create.pod.linux.namespaces = [{"type":"network"}] | .create.container.linux.namespaces = []')" \
		"$(create '.create.pod.id = "another" | .create.container.pod_sandbox_id = "another"')" \
		"$(create "del(.create.pod.linux) | .create.pod.id = \"another\" | .create.container = {}")" \
		"$(create '.create.pod.linux.namespaces = [] | .create.pod.id = "another" | .create.container.pod_sandbox_id = "another" |
			.create.container.linux.namespaces[0].path = "/proc/999999999/ns/net"')"
	[ "${lines[*]:1}" = "{} {} {} {} {}" ]
	run -1 grep -E 'gets|left as it is' "$dir/log"
}
@test "NRI: leaves the container unchanged and logs, when its namespace differs from the record's" {
	run -0 cni ADD
	plugin_start
	unchanged ".create.pod.linux.namespaces[1].path = \"/run/netns/$other\"" "another network namespace than the container's"
}
@test "NRI: leaves the container unchanged and logs, when its namespace does not exist" {
	run -0 cni ADD
	plugin_start
	unchanged '.create.pod.linux.namespaces[1].path = "/run/netns/none"' "/run/netns/none: No such file"
}
@test "NRI: leaves the container unchanged and logs, when the kernel does not confirm the record" {
	run -0 cni ADD
	record=$PODTAP_STATE_DIR/endpoints/$container/eth0.json
	cp "$record" "$dir/record"
	jq -c '.tap.minor += 1' "$dir/record" >"$record"
	plugin_start
	unchanged . "its device has another number than the record says"
	cp "$dir/record" "$record"
}
@test "NRI: adds neither of two endpoints and logs, when one is in doubt" {
	run -0 cni ADD
	run -0 cni ADD '{"name":"net2"}' CNI_IFNAME=net1
	tap net1
	record=$PODTAP_STATE_DIR/endpoints/$container/net1.json
	cp "$record" "$dir/record"
	echo garbage >"$record"
	plugin_start
	unchanged . "endpoint net1 of container $container"
	cp "$dir/record" "$record"
}
@test "NRI: leaves the container unchanged and logs, when another device has the tap's path" {
	run -0 cni ADD
	node=$(tap)
	read -r major minor <<<"$(stat -c '%t %T' "$node")"
	plugin_start
	has() { create ".create.container.linux.devices = [{path: \"$node\", type: \"$1\", major: \"$2\", minor: \"$3\"}]"; }
	run -0 runtime '"session"' "$(has c $((0x$major)) $((0x$minor + 1)))" "$(has b $((0x$major)) $((0x$minor)))"
	[ "${lines[1]} ${lines[2]}" = "{} {}" ]
	logged 2 "the container has another device there already"
}
@test "NRI: skips a device that the container has by CDI or a second podtap-nri, and adds the others" {
	run -0 cni ADD
	run -0 cni ADD '{"name":"net2"}' CNI_IFNAME=net1
	node=$(tap)
	read -r major minor <<<"$(stat -c '%t %T' "$node")"
	plugin_start
	creates "$(create ".create.container.linux.devices = [{path: \"$node\", type: \"c\", major: \"$((0x$major))\", minor: \"$((0x$minor))\"}]")"
	run -0 same_json "$output" "$(adjusts "$(tap net1)")"
	run -1 grep 'left as it is' "$dir/log"
}
@test "NRI: a tap that kubelet allocated goes only to the containers that have its CDI name" {
	mkdir -p "$PODTAP_STATE_DIR"
	echo '{"version":1,"resources":[{"name":"lan","master":"lan0","mode":"bridge"}]}' >"$PODTAP_STATE_DIR/resources.json"
	run -0 cni ADD '{"master":null,"deviceID":"lanMvp7"}'
	plugin_start
	annotated() { create ".create.container.annotations[\"cdi.k8s.io/podtap\"] = \"$1\""; }
	run -0 runtime '"session"' "$(create)" "$(annotated podtap.dev/tap=lanMvp70)" \
		"$(create '.create.container.annotations.other = "podtap.dev/tap=lanMvp7"')" \
		"$(create '.create.container.CDI_devices = [{name: "vendor.com/tap=lanMvp7"}]')" \
		"$(annotated vendor.com/a=b,podtap.dev/tap=lanMvp7)" \
		"$(create '.create.container.CDI_devices = [{name: "podtap.dev/tap=lanMvp7"}]')" \
		"$(create '.create.pod.annotations["podtap.dev/containers"] = "qemu"')"
	[ "${lines[*]:1:4}" = "{} {} {} {}" ]
	gets=$(adjusts "$(tap)")
	run -0 same_json "${lines[5]}${lines[6]}${lines[7]}" "$gets$gets$gets"
	run -1 grep 'left as it is' "$dir/log"
	run -0 cni DEL
	rm "$PODTAP_STATE_DIR/resources.json"
}
@test "NRI: a tap that the configuration names goes to all containers of the pod" {
	run -0 cni ADD '{"deviceID":"lanMvp7"}'
	run -0 cni ADD '{"name":"net2","cdi":true}' CNI_IFNAME=net1
	plugin_start
	creates "$(create)"
	[ "$(jq -c '.adjust.linux.devices | map(.path) | sort' <<<"$output")" = "$(jq -cn '$ARGS.positional | sort' --args "$(tap)" "$(tap net1)")" ]
}
@test "NRI: leaves the container unchanged, logs and opens no file, for IDs with unexpected characters" {
	run -0 cni ADD
	plugin_start
	named() { create ".create.pod.id = $1 | .create.container.pod_sandbox_id = .create.pod.id"; }
	steps=()
	for id in '""' '"../endpoints"' "\"x/../$container\"" '"."' '".."' "\"$container\\u0000x\"" '"-x"' '"x y"' '("x" * 300)' '"ä"'; do
		steps+=("$(named "$id")")
	done
	run -0 runtime '"session"' "${steps[@]}" "$(create '.create.container.pod_sandbox_id = "other"')"
	for answer in "${lines[@]:1}"; do
		[ "$answer" = '{}' ] || { echo "$answer"; false; }
	done
	logged 10 "the pod's id: it is empty, too long or has unexpected characters"
	logged 1 "the container says it is another pod's"
}
@test "NRI: a log entry is one line for any pod name" {
	run -0 cni ADD
	plugin_start
	unchanged '.create.pod.name = "a\nb\u001b[2J" | .create.pod.id = "/"' "of pod default/a b"
	run -1 grep -vE '^podtap-nri: ' "$dir/log"
}

@test "NRI: waits for a socket and its directory that do not exist yet" {
	rmdir "$dir/nri"
	plugin_start
	logged 1 "connect to $socket: No such file or directory"
	mkdir "$dir/nri"
	: >"$dir/nri/other"
	idle
	run -0 runtime '"session"'
	[ "$output" = "$session" ]
}
# The plugin is idle meanwhile: it sets no timer, and sleeps after it has looked.
idle() {
	local before after try
	run -0 grep -h it_value "/proc/$plugin/fdinfo" -r
	[ "$output" = "it_value: (0, 0)" ]
	for try in {1..50}; do
		before=$(grep ctxt_switches "/proc/$plugin/status")
		sleep 0.3
		after=$(grep ctxt_switches "/proc/$plugin/status")
		[ "$before" != "$after" ] || return 0
	done
	echo "it wakes up: $before, then $after"
	return 1
}
@test "NRI: reconnects on the same socket each time the runtime ends the connection" {
	plugin_start
	run -0 runtime '"session"' '"again"' '"session"' '"again"' '"session"'
	[ "${lines[*]}" = "$session $session $session" ]
	logged 3 "registered"
}
@test "NRI: serves a restarted runtime at once" {
	plugin_start
	for round in 1 2 3; do
		run -0 runtime '"session"' '"waited"'
		[ "${lines[0]}" = "$session" ]
		run -0 jq -e '. < 10' <<<"${lines[1]}"
		logged "$round" "the connection to the runtime has ended"
	done
}
@test "NRI: serves again after it was killed and restarted" {
	run -0 cni ADD
	plugin_start
	creates "$(create)"
	kill -KILL "$plugin"
	wait "$plugin" || true
	plugin_start
	creates "$(create)"
	run -0 same_json "$output" "$(adjusts "$(tap)")"
}
@test "NRI: exits 0 on SIGTERM and SIGINT, connected or not" {
	plugin_start
	logged 1 "No such file"
	kill -TERM "$plugin"
	wait "$plugin"
	plugin_start
	runtime '"session"' '"wait"' >"$dir/told" 3>&- &
	peer=$!
	until [ -s "$dir/told" ]; do # the whole session
		kill -0 "$peer"
		sleep 0.01
	done
	kill -INT "$plugin"
	wait "$plugin"
	wait "$peer"
}
# Waits until the plugin sleeps in a system call: sleeps_in NUMBER
sleeps_in() {
	until [[ $(cat "/proc/$plugin/syscall") == "$1 "* ]]; do
		kill -0 "$plugin"
		sleep 0.01
	done
}
@test "NRI: exits on SIGTERM while the runtime's socket accepts no connection" {
	python3 - "$socket" 3>&- <<-'END' &
		import os, socket, sys, time
		listener = socket.socket(socket.AF_UNIX)
		listener.bind(sys.argv[1] + ".new")
		listener.listen(0)
		waiting = socket.socket(socket.AF_UNIX)
		waiting.connect(sys.argv[1] + ".new")
		os.rename(sys.argv[1] + ".new", sys.argv[1])
		time.sleep(1000)
	END
	background+=($!)
	until [ -e "$socket" ]; do sleep 0.01; done
	plugin_start
	sleeps_in 42 # connect
	ended TERM
	plugin_start
	logged 1 "connect to $socket: Resource temporarily unavailable"
	sleeps_in 42
	ended INT
}
@test "NRI: exits on SIGTERM while the runtime is silent after registration" {
	python3 - "$socket" "$dir/accepted" 3>&- <<-'END' &
		import socket, sys, time
		listener = socket.socket(socket.AF_UNIX)
		listener.bind(sys.argv[1])
		listener.listen(1)
		connection = listener.accept()
		open(sys.argv[2], "w")
		time.sleep(1000)
	END
	background+=($!)
	until [ -e "$socket" ]; do sleep 0.01; done
	plugin_start
	until [ -e "$dir/accepted" ]; do sleep 0.01; done
	ended TERM
}
@test "NRI: exits on SIGTERM while the runtime reads no answers" {
	plugin_start
	runtime '"session"' '"deaf"' >/dev/null 3>&- &
	background+=($!)
	sleeps_in 1 # write
	ended TERM
	logged 1 "ended while something was waited for"
}
@test "NRI: all containers get their taps while a container's root floods netlink, and SIGTERM ends it" {
	local own others steps=('"session"')
	run -0 cni ADD
	run -0 cni ADD '{}' CNI_CONTAINERID="$container-o" CNI_NETNS="/run/netns/$other"
	plugin_start
	# The port of its first netlink socket in any namespace is its process id.
	nsenter --net="/run/netns/$pod" -- "$BUILD/tests/tools/nlflood" unicast "$plugin" >"$dir/flood" 3>&- &
	background+=($!)
	until [ -s "$dir/flood" ]; do sleep 0.01; done
	own=$(create)
	others=$(create ".create.pod.id = \"$container-o\" | .create.container.pod_sandbox_id = \"$container-o\"
		| .create.pod.linux.namespaces[1].path = \"/run/netns/$other\"")
	for _ in {1..100}; do
		steps+=("$own" "$others")
	done
	run -0 runtime "${steps[@]}"
	[ "$(grep -cF "\"$(tap)\"" <<<"$output")" = 100 ]
	[ "$(grep -cF "\"$(tap eth0 "$container-o")\"" <<<"$output")" = 100 ]
	ended TERM
}
@test "NRI: serves the inherited connection when the runtime launches it, and exits with it" {
	run -0 cni ADD
	printf '%s\n' '"session"' "$(create)" >"$dir/steps"
	run -0 --separate-stderr nsenter --net="/run/netns/$host" -- "$fixtures/nri/runtime" --launch "$BUILD/podtap-nri" <"$dir/steps"
	[ "${lines[0]}" = '{"plugin_name": "podtap-nri", "plugin_idx": "50", "events": 520, "sync": [false]}' ]
	[[ $output == *'{"exit": 1}' ]]
	[[ $output == *"\"path\": \"$(tap)\""* ]]
}
@test "NRI: exits 2 on an invalid command line or environment" {
	for words in --nonsense "--index 5" "--index 5x" "--socket relative" "--name=" operand; do
		# shellcheck disable=SC2086 # words
		run -2 "$BUILD/podtap-nri" $words
	done
	run -2 env NRI_PLUGIN_SOCKET=9 "$BUILD/podtap-nri"
	run -2 env NRI_PLUGIN_SOCKET=1x "$BUILD/podtap-nri"
}
@test "NRI: runs with two capabilities, a system call filter, and memory in small pages" {
	plugin_start
	logged 1 "No such file"
	run -0 grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp|THP_enabled):' "/proc/$plugin/status"
	[ "${lines[*]//	/}" = "THP_enabled:0 CapPrm:0000000000280000 CapEff:0000000000280000 CapBnd:0000000000000000 NoNewPrivs:1 Seccomp:2" ]
}

# Each of these ends the connection, logs the reason and costs no memory; the next runtime is served.
garbage() {
	printf '%s\n' '{"raw":"47455420"}' # of a header
	printf '%s\n' '{"raw":"474554202f20485454502f312e310d0a0d0a"}'
	printf '%s\n' '{"frame":"","connection":0}' '{"frame":"00","connection":3}'
	printf '%s\n' '{"raw":"00000001ffffffff"}' '{"raw":"0000000100400010"}' # lengths
	printf '%s\n' '{"frame":"00400001000000010100"}'                       # of a message
	printf '%s\n' '{"message":"","type":3}' '{"message":"","type":2}' '{"message":"","stream":2}'
	printf '%s\n' '{"message":"0affffffff0f"}' '{"message":"ffff"}' '{"message":"00"}'
	printf '%s\n' '{"message":"","type":2,"connection":2,"stream":3}' '{"message":"ff","type":2,"connection":2}'
	printf '%s\n' '{"message":"0a0608051202686f","type":2,"connection":2}'
}
@test "NRI: logs one line for input that is not the protocol, keeps no memory, and serves the next runtime" {
	plugin_start
	n=0
	while read -r step; do
		run -0 runtime "$step" '"shut"' '"wait"' <<<"" || { echo "$step: $output"; false; }
		n=$((n + 1))
		logged $n "the connection to the runtime has ended"
	done < <(garbage)
	run -0 grep -c 'the runtime does not speak\|register with the runtime' "$dir/log"
	[ "$output" = $((n - 1)) ] # the first ends within a header: that is an end, no more
	run -0 runtime '"session"' "{\"rss\":$plugin}"
	[ "${lines[0]}" = "$session" ]
	output=${lines[1]}
	json_is ".VmHWM < $(memory_limit podtap-nri 3072)" true
}
@test "NRI: half of an announced message of 4 MiB costs half the memory, and is freed" {
	plugin_start
	half=$(head -c 2000000 /dev/zero | od -An -v -tx1 | tr -d ' \n')
	run -0 runtime '{"raw":"000000010040000a"}' '{"raw":"00400000000000010100"}' "{\"raw\":\"$half\"}" '"shut"' '"wait"'
	logged 1 "the connection to the runtime has ended"
	run -0 runtime '"session"' "{\"rss\":$plugin}"
	output=${lines[1]}
	json_is ".VmRSS < $(memory_limit podtap-nri 3072) and .VmHWM < $(memory_limit podtap-nri 8192)" true
}
# bats test_tags=long
@test "NRI: thousands of pods, in one message or several, stay below 3 MiB resident" {
	plugin_start
	run -0 runtime '"session"' '{"sync":[4000,2,8]}' '{"sync":[1000,1,1]}' "{\"rss\":$plugin}"
	[ "${lines[1]}" = "[true, true, true, true, true, true, true, false]" ]
	[ "${lines[2]}" = "[false]" ]
	output=${lines[3]}
	json_is ".VmHWM < $(memory_limit podtap-nri 3072)" true
}
@test "NRI: serves a container with megabytes of environment, and frees the memory" {
	run -0 cni ADD
	plugin_start
	run -0 runtime '"session"' '{"fill":3000000}' "$(create)" "{\"rss\":$plugin}"
	run -0 same_json "${lines[1]}" "$(adjusts "$(tap)")"
	run -0 runtime '"session"' "{\"rss\":$plugin}"
	output=${lines[1]}
	json_is ".VmRSS < $(memory_limit podtap-nri 3072)" true
}
@test "NRI: leaves the container unchanged and logs, when its pod's description exceeds the memory limit" {
	plugin_start
	# A request of a pod with two million empty annotations.
	body=$(python3 - <<-'END'
		def field(n, b):
		    size, out = len(b), bytes([n << 3 | 2])
		    while size > 127:
		        out, size = out + bytes([size & 127 | 128]), size >> 7
		    return out + bytes([size]) + b
		pod = field(1, b"abc") + bytes([0x32, 0]) * 2000000
		print((field(1, b"nri.pkg.api.v1alpha1.Plugin") + field(2, b"CreateContainer") +
		       field(3, field(1, pod) + field(2, b""))).hex())
	END
	)
	run -0 runtime '"session"' "{\"message\":\"$body\",\"stream\":99}" "{\"rss\":$plugin}"
	logged 1 "the request to create a container: it cannot be decoded, or is too large"
	output=${lines[1]}
	json_is ".VmHWM < $(memory_limit podtap-nri 32768)" true
}
