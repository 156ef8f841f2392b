#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The kubelet device plugin with a scripted kubelet: the devices, their health and their allocation. No
# client can end it.
load ../lib/lib

setup() {
	lan_setup
	kubelet=$fixtures/kubelet/kubelet
	folder=$BATS_TEST_TMPDIR/k
	mkdir "$folder"
	heard=$BATS_TEST_TMPDIR/heard
	said=$BATS_TEST_TMPDIR/said
	dataplane='[{"name":"dataplane","lowerDevice":"lan0","capacity":3}]'
}
teardown() {
	# The file of resources stays behind on purpose.
	rm -f "$PODTAP_STATE_DIR/resources.json"
	lan_teardown
}

kubelet_start() {
	"$kubelet" serve "$folder" "$@" >>"$heard" 3>&- &
	kubelet_pid=$!
	background+=("$kubelet_pid")
}
kubelet_stop() {
	kill "$kubelet_pid"
	wait "$kubelet_pid" || true
}
# Starts the device plugin with this configuration and these arguments.
plugin_start() {
	DP_MACVTAP_CONF=$1 nsenter --net="/run/netns/$host" -- "$BUILD/podtap-device-plugin" -d "$folder" "${@:2}" 2>>"$said" 3>&- &
	plugin_pid=$!
	background+=("$plugin_pid")
}
# Waits until a file has this many lines of a pattern: lines FILE PATTERN [COUNT]
lines() {
	local end=$((SECONDS + 60))
	until [ "$(grep -cE -e "$2" "$1" 2>/dev/null)" -ge "${3:-1}" ]; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "no ${3:-1} lines of $2 in:"
			cat "$1"
			return 1
		fi
		sleep 0.02
	done
}
# What kubelet heard last of an event: heard EVENT
heard() {
	output=$(grep "\"event\": \"$1\"" "$heard" | tail -n 1)
}
ask() { # METHOD JSON
	"$kubelet" call "$folder/podtap-dataplane.sock" "$1" <<<"$2"
}
peak() { # of the device plugin's memory, in KiB
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$plugin_pid/status"
}

@test "device plugin: registers a resource as macvtap-cni does, and reports each device to kubelet" {
	kubelet_start
	plugin_start "$dataplane"
	lines "$heard" '"devices"'
	heard register
	json_is .version v1beta1
	json_is .resource_name macvtap.network.kubevirt.io/dataplane
	json_is .options '{}'
	[ -S "$folder/$(jq -r .endpoint <<<"$output")" ]
	heard options
	json_is .options '{}'
	heard devices
	json_is .ids '["dataplaneMvp0","dataplaneMvp1","dataplaneMvp2"]'
	json_is '[.healthy, .unhealthy]' '[3,0]'
}
@test "device plugin: devices are unhealthy while the lower device is absent, and healthy when it returns" {
	kubelet_start
	plugin_start '{"resourceNamespace":"example.com","resources":[{"Name":"dataplane","lowerDevice":"lan0"}]}'
	lines "$heard" '"healthy": 100'
	heard register
	json_is .resource_name example.com/dataplane
	ip -n "$host" link set lan0 down
	ip -n "$host" link set lan0 name away
	ip -n "$host" link set away up
	lines "$heard" '"unhealthy": 100'
	ip -n "$host" link property add dev away altname lan0
	lines "$heard" '"healthy": 100' 2
	ip -n "$host" link del away
	lines "$heard" '"unhealthy": 100' 2
	ip -n "$host" link add br0 type bridge
	ip -n "$host" link set br0 name lan0
	lines "$heard" '"healthy": 100' 3
	[ "$(grep -c '"event": "devices"' "$heard")" = 5 ]
}
@test "device plugin: lists links again after lost link notifications" {
	kubelet_start
	plugin_start "$dataplane"
	lines "$heard" '"healthy": 3'
	ip -n "$host" link add noise type bridge
	for ((i = 0; i < 1000; i++)); do
		echo "link set noise mtu $((1400 + i % 2))"
	done >"$BATS_TEST_TMPDIR/batch"
	kill -STOP "$plugin_pid"
	ip -n "$host" -batch "$BATS_TEST_TMPDIR/batch"
	ip -n "$host" link del lan0
	kill -CONT "$plugin_pid"
	lines "$heard" '"unhealthy": 3'
}
@test "device plugin: Allocate returns CDI devices by device name for each container, and makes nothing" {
	kubelet_start
	plugin_start "$dataplane"
	lines "$heard" '"healthy": 3'
	before=$(links_shown "$host")
	run -0 ask Allocate '{"container_requests":[{"devicesIDs":["dataplaneMvp2","dataplaneMvp0"]},{},{"devicesIDs":["dataplaneMvp1"]}]}'
	json_is '[.container_responses[] | [.cdi_devices[]?.name]]' \
		'[["podtap.dev/tap=dataplaneMvp2","podtap.dev/tap=dataplaneMvp0"],[],["podtap.dev/tap=dataplaneMvp1"]]'
	json_is '[.container_responses[] | keys[]] | unique' '["cdi_devices"]'
	[ "$(links_shown "$host")" = "$before" ]
	[ ! -e "$PODTAP_CDI_DIR" ]
	for id in dataplaneMvp3 dataplaneMvp00 dataplaneMvp dataplaneMvp+1 Mvp0 otherMvp0 '' 'dataplaneMvp1 é%'; do
		run -1 ask Allocate "{\"container_requests\":[{\"devicesIDs\":[\"dataplaneMvp1\",\"$id\"]}]}"
		[ "$output" = "NOT_FOUND dataplane has no device $id" ]
	done
	run -0 ask PreStartContainer '{"devicesIDs":["dataplaneMvp0"]}'
	[ "$output" = '{}' ]
	run -0 ask GetPreferredAllocation '{"container_requests":[{"available_deviceIDs":["dataplaneMvp0"],"allocation_size":1}]}'
	[ "$output" = '{}' ]
}
@test "device plugin: ADD makes the allocated CDI device, on the resource's interface, for a new sandbox too" {
	kubelet_start
	plugin_start "$dataplane"
	lines "$heard" '"healthy": 3'
	run -0 ask Allocate '{"container_requests":[{"devicesIDs":["dataplaneMvp2"]}]}'
	given=$(jq -r '.container_responses[0].cdi_devices[0].name' <<<"$output")
	for sandbox in "$container" "$container-again"; do
		run -0 cni ADD '{"type":"macvtap","master":null,"deviceID":"dataplaneMvp2"}' CNI_CONTAINERID="$sandbox"
		run -0 cat "$PODTAP_CDI_DIR/podtap.dev-tap_dataplaneMvp2.json"
		json_is '"\(.kind)=\(.devices[0].name)"' "$given"
		json_is '.devices[0].containerEdits.deviceNodes[0].path' "$(tap eth0 "$sandbox")"
		[ "$(jq -r '.master + " " + .mode' "$PODTAP_STATE_DIR/endpoints/$sandbox/eth0.json")" = "lan0 bridge" ]
		run -0 cni DEL '{"type":"macvtap","master":null,"deviceID":"dataplaneMvp2"}' CNI_CONTAINERID="$sandbox"
	done
}
# bats test_tags=long
@test "device plugin: lists ten thousand devices, and allocates them in one call" {
	kubelet_start
	plugin_start '[{"name":"dataplane","lowerDevice":"lan0","capacity":10000}]'
	lines "$heard" '"last": "dataplaneMvp9999", "healthy": 10000'
	run -0 ask Allocate "$(jq -cn '{container_requests: [{devicesIDs: [range(10000) | "dataplaneMvp\(.)"]}]}')"
	json_is '.container_responses[0].cdi_devices | length' 10000
	json_is '.container_responses[0].cdi_devices[9999].name' podtap.dev/tap=dataplaneMvp9999
}
@test "device plugin: registers with a kubelet that starts later, restarts or is replaced; restores removed sockets" {
	rmdir "$folder"
	plugin_start "$dataplane"
	lines "$said" "there is no kubelet at $folder/kubelet.sock: resources are registered when it starts"
	mkdir "$folder"
	kubelet_start
	lines "$heard" '"healthy": 3'
	kubelet_stop
	touch "$folder/checkpoint"
	kubelet_start
	lines "$heard" '"serving"' 2
	[ ! -e "$folder/checkpoint" ]
	lines "$heard" '"healthy": 3' 2
	run -0 ask Allocate '{"container_requests":[{"devicesIDs":["dataplaneMvp0"]}]}'
	rm "$folder/podtap-dataplane.sock"
	lines "$heard" '"healthy": 3' 3
	[ -S "$folder/podtap-dataplane.sock" ]
}
@test "device plugin: retries a kubelet that refuses, with growing delay, and logs its message once" {
	kubelet_start refuse
	plugin_start "$dataplane"
	lines "$heard" '"register"' 4
	lines "$said" 'dataplane is not registered: kubelet says \(code 3\): no such version: 100% wrong'
	[ "$(grep -c 'not registered: kubelet says' "$said")" = 1 ]
	run -0 jq -cs 'map(select(.event == "register").at) | [.[1:4], .[0:3]] | transpose | map(.[0] - .[1]) |
		.[0] >= 0.1 and .[1] >= 0.2 and .[2] >= 0.4' "$heard"
	[ "$output" = true ]
}
# Kubelet may confuse the connection to a restarted plugin with the former one.
@test "device plugin: registers again with a kubelet that stopped listening on an unchanged socket" {
	kubelet_start forget
	plugin_start "$dataplane"
	lines "$heard" '"healthy": 3' 2
	[ "$(grep -c '"event": "register"' "$heard")" = 2 ]
	ip -n "$host" link del lan0
	lines "$heard" '"unhealthy": 3'
}
# A kubelet that was killed leaves its socket.
kubelet_killed() {
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$folder/kubelet.sock"
}
@test "device plugin: logs once that a stale kubelet.sock refuses connections, and when a kubelet has registered it" {
	refused="dataplane is not registered: connect to $folder/kubelet.sock: Connection refused"
	kubelet_killed
	DP_MACVTAP_CONF=$dataplane ASAN_OPTIONS=detect_leaks=0 strace -D -qq -o "$BATS_TEST_TMPDIR/calls" -e trace=connect \
		nsenter --net="/run/netns/$host" -- "$BUILD/podtap-device-plugin" -d "$folder" 2>>"$said" 3>&- &
	background+=($!)
	lines "$BATS_TEST_TMPDIR/calls" ECONNREFUSED 4
	[ "$(grep -c "$refused" "$said")" = 1 ]
	kubelet_start
	lines "$said" 'dataplane is registered: 3 devices on lan0'
	kubelet_stop
	rm -f "$folder/kubelet.sock"
	lines "$said" "there is no kubelet at"
	kubelet_killed
	lines "$said" "$refused" 2
	lines "$BATS_TEST_TMPDIR/calls" ECONNREFUSED 7
	[ "$(grep -c "$refused" "$said")" = 2 ]
}
@test "device plugin: logs why it cannot register at a kubelet.sock without gRPC, and registers with the next kubelet" {
	python3 -c 'import socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.bind(sys.argv[1])
    s.listen()
    for said in b"garbage\n" * 1000, b"\0\0\1\4\0\0\0\0\0!", b"":
        client, _ = s.accept()
        try:
            client.sendall(said)
            while said and client.recv(1 << 16):
                pass
        except OSError:
            pass
        client.close()' "$folder/kubelet.sock" 3>&- &
	local former=$!
	background+=("$former")
	plugin_start "$dataplane"
	lines "$said" 'dataplane is not registered: the answer is no HTTP/2: (PROTOCOL|FRAME_SIZE)_ERROR'
	wait "$former"
	kubelet_start
	lines "$heard" '"healthy": 3'
}
@test "device plugin: leaves another program's socket at its path, and restores its own when that is gone" {
	kubelet_start
	plugin_start "$dataplane"
	lines "$heard" '"healthy": 3'
	first=$plugin_pid
	plugin_start '[{"name":"dataplane","lowerDevice":"lan0","capacity":7}]'
	lines "$heard" '"healthy": 7'
	kill "$plugin_pid"
	wait "$plugin_pid"
	lines "$heard" '"healthy": 3' 2
	[ -d "/proc/$first" ]
}
# The registered plugin reports the health of devices to kubelet: a change of it proves the registration.
registered_now() {
	ip -n "$host" link set lan0 name away
	lines "$heard" '"unhealthy": 3'
	ip -n "$host" link set away name lan0
}
@test "device plugin: reports its devices to kubelet again each time its socket is removed" {
	kubelet_start
	plugin_start "$dataplane"
	for ((n = 1; n <= 8; n++)); do
		lines "$heard" '"healthy": 3' $n
		rm "$folder/podtap-dataplane.sock"
	done
	lines "$heard" '"healthy": 3' 9
	registered_now
}
@test "device plugin: stays registered after a second device plugin comes and goes repeatedly" {
	kubelet_start
	plugin_start "$dataplane"
	lines "$heard" '"healthy": 3'
	for ((n = 1; n <= 5; n++)); do
		plugin_start '[{"name":"dataplane","lowerDevice":"lan0","capacity":7}]'
		lines "$heard" '"healthy": 7' $n
		kill "$plugin_pid"
		wait "$plugin_pid"
		lines "$heard" '"healthy": 3' $((n + 1))
	done
	registered_now
}
@test "device plugin: retries a refused registration, although a client is watching the devices" {
	kubelet_start refuse
	plugin_start "$dataplane"
	lines "$heard" '"register"'
	for ((n = 1; n <= 3; n++)); do
		"$kubelet" watch "$folder/podtap-dataplane.sock" >"$BATS_TEST_TMPDIR/seen" 3>&- &
		background+=($!)
		lines "$BATS_TEST_TMPDIR/seen" '"healthy": 3'
		lines "$heard" '"register"' $(($(grep -c '"register"' "$heard") + 1))
	done
}
@test "device plugin: leaves files named after its process number: another container's may be equal" {
	plugin_start "$dataplane"
	lines "$said" 'lan0 is there'
	kill -STOP "$plugin_pid"
	kubelet_start
	timeout 60 sh -c 'until [ -S "$0" ]; do sleep 0.02; done' "$folder/kubelet.sock"
	: >"$folder/.$plugin_pid"
	kill -CONT "$plugin_pid"
	lines "$heard" '"healthy": 3'
	run -0 ls -A "$folder"
	[ "${lines[*]}" = ".$plugin_pid kubelet.sock podtap-dataplane.sock" ]
}
@test "SIGTERM: removes the sockets, keeps the file of resources, and exits 0" {
	kubelet_start
	plugin_start '[{"name":"a","lowerDevice":"lan0"},{"name":"b","lowerDevice":"lan0","mode":"private"}]'
	lines "$heard" '"healthy": 100' 2
	kill "$plugin_pid"
	wait "$plugin_pid"
	run -0 ls "$folder"
	[ "$output" = kubelet.sock ]
	[ -e "$PODTAP_STATE_DIR/resources.json" ]
}
@test "resources.json: lists each resource's interface and mode, and is readable by all" {
	umask 077
	plugin_start '[{"name":"dataplane","lowerDevice":"eth7","mode":""},{"name":"vf","lowerDevice":"eth8","mode":"passthru"}]'
	lines "$said" 'there is no eth8 yet'
	[ "$(stat -c %a "$PODTAP_STATE_DIR/resources.json")" = 644 ]
	run -0 cat "$PODTAP_STATE_DIR/resources.json"
	json_is . '{"version":1,"resources":[{"name":"dataplane","resource":"macvtap.network.kubevirt.io/dataplane","master":"eth7","mode":"bridge"},{"name":"vf","resource":"macvtap.network.kubevirt.io/vf","master":"eth8","mode":"passthru"}]}'
	run -0 ls "$PODTAP_STATE_DIR"
	[ "${lines[*]}" = "lock resources.json" ]
}
@test "resources.json: keeps other namespaces' resources, drops unconfigured own ones; the later duplicate wins" {
	local file=$PODTAP_STATE_DIR/resources.json
	mkdir -p "$PODTAP_STATE_DIR"
	echo '{"version":1,"resources":[{"name":"half","resource":"c.example/half"},7]}' >"$file"
	plugin_start '{"resourceNamespace":"a.example","resources":[{"name":"dataplane","lowerDevice":"lan0"},{"name":"old","lowerDevice":"eth7"}]}'
	lines "$said" 'a.example/old: there is no eth7 yet'
	plugin_start '{"resourceNamespace":"b.example","resources":[{"name":"storage","lowerDevice":"eth8","mode":"vepa"},{"name":"old","lowerDevice":"eth9"}]}'
	lines "$said" 'b.example/old: there is no eth9 yet'
	lines "$said" 'a.example/old .*b.example'
	kill "$plugin_pid"
	wait "$plugin_pid"
	run -0 jq -c '[.resources[] | [.resource, .master, .mode]] | sort' "$file"
	[ "$output" = '[["a.example/dataplane","lan0","bridge"],["b.example/old","eth9","bridge"],["b.example/storage","eth8","vepa"]]' ]
	plugin_start '{"resourceNamespace":"b.example","resources":[{"name":"new","lowerDevice":"eth6"}]}'
	lines "$said" 'b.example/new: there is no eth6 yet'
	run -0 jq -c '[.resources[].resource] | sort' "$file"
	[ "$output" = '["a.example/dataplane","b.example/new"]' ]
	run -0 cni ADD '{"type":"macvtap","master":null,"deviceID":"dataplaneMvp0"}'
	run -0 cni DEL '{"type":"macvtap","master":null,"deviceID":"dataplaneMvp0"}'
}
@test "resources.json: a file that cannot be read now is not replaced, because it has rows of others" {
	local file=$PODTAP_STATE_DIR/resources.json
	mkdir -p "$PODTAP_STATE_DIR"
	echo '{"version":1,"resources":[{"name":"x","resource":"a.example/x","master":"eth7","mode":"bridge"}]}' >"$file"
	cp "$file" "$BATS_TEST_TMPDIR/before"
	DP_MACVTAP_CONF=$dataplane ASAN_OPTIONS=detect_leaks=0 strace -D -qq -o "$BATS_TEST_TMPDIR/calls" -P resources.json \
		-e inject=openat:error=EIO "$BUILD/podtap-device-plugin" -d "$folder" 2>>"$said" 3>&- &
	background+=($!)
	lines "$said" 'there is no lan0 yet'
	grep -q "read $file: Input/output error" "$said"
	cmp "$file" "$BATS_TEST_TMPDIR/before"
}
@test "device plugin: a passthru resource has one device" {
	kubelet_start
	plugin_start '[{"name":"vf","lowerDevice":"lan0","mode":"passthru"}]'
	lines "$heard" '"last": "vfMvp0", "healthy": 1, "unhealthy": 0'
}
@test "[]: makes a resource of every physical interface and bond of the host" {
	# Only hardware has no kind: this lists the machine's own interfaces, and changes nothing.
	kubelet_start
	DP_MACVTAP_CONF='[]' "$BUILD/podtap-device-plugin" -d "$folder" 2>>"$said" 3>&- &
	background+=($!)
	expected=$(ip -d -j link show | jq -c '[.[] | select(.link_type == "ether" and
		(.linkinfo.info_kind // "bond") == "bond").ifname] | sort')
	[ "$expected" != '[]' ]
	lines "$heard" '"healthy": 100' "$(jq length <<<"$expected")"
	run -0 jq -cS '[.resources[] | .name] | sort' "$PODTAP_STATE_DIR/resources.json"
	[ "$output" = "$expected" ]
	run -0 jq -cS '[.resources[] | select(.master != .name or .mode != "bridge")]' "$PODTAP_STATE_DIR/resources.json"
	[ "$output" = '[]' ]
}

# The device plugin refuses this configuration, saying these words: refused CONFIGURATION WORDS...
refused() {
	local word
	DP_MACVTAP_CONF=$1 run -1 at "$host" "$BUILD/podtap-device-plugin" -d "$folder"
	for word in "${@:2}"; do
		[[ $output == *"$word"* ]] || { echo "does not say \"$word\": $output"; return 1; }
	done
}
@test "device plugin: runs with a system call filter, no capability, and memory in small pages" {
	kubelet_start
	plugin_start "$dataplane"
	lines "$heard" '"register"'
	run -0 grep -E '^(CapEff|NoNewPrivs|Seccomp|THP_enabled):' "/proc/$plugin_pid/status"
	[ "${lines[*]//	/}" = "THP_enabled:0 CapEff:0000000000000000 NoNewPrivs:1 Seccomp:2" ]
}
@test "device plugin: refuses an invalid configuration at start, and names the entry" {
	refused '' 'cannot decode the configuration'
	refused '[' 'cannot decode the configuration'
	refused '"x"' 'it must be a list or an object'
	refused '{}' "configuration's resources" 'it must be a list'
	refused '{"resources":[],"resource":1}' 'configuration key resource:' 'there is no such key'
	refused '{"resources":[],"resourceNamespace":"Example.com"}' 'resourceNamespace is "Example.com"'
	# Kubelet would refuse these again and again.
	refused '{"resources":[],"resourceNamespace":"tap.kubernetes.io"}' 'resourceNamespace is "tap.kubernetes.io"'
	refused '{"resources":[],"resourceNamespace":"requests.example.com"}' 'resourceNamespace is "requests.example.com"'
	refused "{\"resources\":[],\"resourceNamespace\":\"$(printf 'a%.0s' {1..245})\"}" 'resourceNamespace is "aaa'
	refused '[{"name":"a","lowerDevice":"lan0"},{"name":"two","lowerDevice":"lan0","lower":1}]' \
		'entry 2, "two": configuration key lower: there is no such key'
	refused '[{"name":"a","lowerDevice":"lan0"},{"name":"a","lowerDevice":"lan1"}]' 'entry 2, "a": its name: another entry has it'
	refused '[{"name":"a","lowerDevice":"lan0","capacity":-1}]' 'entry 1, "a": configuration key capacity is -1' '0 to 10000'
	refused '[{"name":"a","lowerDevice":"lan0","capacity":10001}]' 'entry 1, "a": configuration key capacity is 10001'
	refused '[{"name":"a","lowerDevice":"lan0","capacity":1.0}]' 'configuration key capacity is 1'
	refused '[{"name":"a","lowerDevice":"lan0","mode":"hairpin"}]' 'entry 1, "a": configuration key mode is "hairpin"' bridge
	refused '[{"name":"a","lowerDevice":"lan0","mode":"passthru","capacity":2}]' 'entry 1, "a"' 'passthru serves one'
	refused '[{"name":"a"}]' 'entry 1, "a": configuration key lowerDevice is missing'
	refused '[{"name":"a","lowerDevice":"lan/0"}]' 'entry 1, "a": configuration key lowerDevice is "lan/0"'
	refused '[{"lowerDevice":"lan0"}]' 'entry 1, "": configuration key name is ""'
	refused '[{"name":"a/../b","lowerDevice":"lan0"}]' 'configuration key name is "a/../b"'
	refused "[{\"name\":\"$(printf 'a%.0s' {1..64})\",\"lowerDevice\":\"lan0\"}]" 'configuration key name'
	refused '[[]]' 'entry 1' 'it must be an object'
	[ ! -e "$PODTAP_STATE_DIR/resources.json" ]
	run -1 env -u DP_MACVTAP_CONF "$BUILD/podtap-device-plugin"
	[[ $output == *'there is no configuration'* ]]
	run -2 "$BUILD/podtap-device-plugin" more
	run -2 "$BUILD/podtap-device-plugin" -x
	run -1 env DP_MACVTAP_CONF=[] "$BUILD/podtap-device-plugin" -d relative
	[[ $output == *'no absolute path'* ]]
	run -1 env DP_MACVTAP_CONF="$dataplane" "$BUILD/podtap-device-plugin" -d "/$(printf 'a%.0s' {1..90})"
	[[ $output == *'its path is too long'* ]]
}
@test "-c: reads the configuration from a file, and refuses an unreadable one" {
	printf '%s' "$dataplane" >"$BATS_TEST_TMPDIR/data"
	ln -s data "$BATS_TEST_TMPDIR/conf" # as a ConfigMap's files are
	kubelet_start
	plugin_start '[' -c "$BATS_TEST_TMPDIR/conf"
	lines "$heard" '"healthy": 3'
	run -1 "$BUILD/podtap-device-plugin" -c /nowhere
	[[ $output == *'read the configuration /nowhere: No such file'* ]]
	truncate -s 2M "$BATS_TEST_TMPDIR/conf"
	run -1 "$BUILD/podtap-device-plugin" -c "$BATS_TEST_TMPDIR/conf"
	[[ $output == *'it has more than 1 MiB'* ]]
}

# POSTs stdin to a method as gRPC does, and prints the answer's headers and trailers.
post() {
	curl -sS --http2-prior-knowledge --max-time 60 --unix-socket "$folder/podtap-dataplane.sock" -o /dev/null -D - \
		-H 'content-type: application/grpc' -H 'te: trailers' --data-binary @- "${@:2}" \
		"http://localhost/v1beta1.DevicePlugin/$1"
}
# The file body, posted, is answered with this code: posted CODE METHOD [ARGUMENT...]
posted() {
	run post "${@:2}" <"$BATS_TEST_TMPDIR/body"
	[ "$status" = 0 ] || [ "$status" = 55 ] # 55: curl had not sent all when the answer came
	[[ $output == *"grpc-status: $1"* ]] || { echo "no $1: $output"; return 1; }
}
# The same for what printf makes of a format: code CODE FORMAT METHOD [ARGUMENT...]
code() {
	printf %b "$2" >"$BATS_TEST_TMPDIR/body"
	posted "$1" "${@:3}" || { echo "this was $2"; return 1; }
}
@test "device plugin: survives input that is not gRPC, and does not grow" {
	kubelet_start
	plugin_start "$dataplane"
	lines "$heard" '"healthy": 3'
	socket=$folder/podtap-dataplane.sock
	code 0 '\0\0\0\0\0' Allocate
	code 12 '\0\0\0\0\0' Deallocate
	code 12 '\1\0\0\0\0' Allocate
	code 13 '\2\0\0\0\0' Allocate
	code 13 '\0\0\0\0\0\0\0\0\0\0' Allocate
	code 13 '\0\0\0\0\7\n' Allocate
	code 13 '' Allocate
	code 8 '\0\6\100\0\0\n' Allocate # 100 MiB
	code 3 '\0\0\0\0\2\n\5' Allocate
	head -c 20000000 /dev/zero >"$BATS_TEST_TMPDIR/body"
	posted 13 Allocate
	run -0 post Allocate -H 'content-type: text/plain' <<<''
	[[ $output == 'HTTP/2 415'* ]] || { echo "$output"; false; }
	run -0 post Allocate -X PUT <<<''
	[[ $output == 'HTTP/2 405'* ]]
	# Each two bytes of this are a field of their own.
	{ printf '\0\0\17\377\376'; yes $'\x10' | head -c 1048574; } >"$BATS_TEST_TMPDIR/body"
	posted 3 Allocate
	run -0 "$kubelet" send "$socket" <<<'GET / HTTP/1.1'
	lines "$said" 'a client is closed: .*magic'
	yes garbage | head -c 100000 >"$BATS_TEST_TMPDIR/body"
	run -0 "$kubelet" send "$socket" <"$BATS_TEST_TMPDIR/body"
	{ printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0'; cat "$BATS_TEST_TMPDIR/body"; } >"$BATS_TEST_TMPDIR/framed"
	run -0 "$kubelet" send "$socket" <"$BATS_TEST_TMPDIR/framed"
	lines "$said" 'a client is closed: FRAME_SIZE_ERROR'
	[ "$(peak)" -lt $((32 * 1024)) ]
	run -0 ask Allocate '{"container_requests":[{"devicesIDs":["dataplaneMvp0"]}]}'
	heard over
	[ -z "$output" ]
}
@test "device plugin: closes silent clients after a while, and serves others until then" {
	kubelet_start
	plugin_start "$dataplane"
	lines "$heard" '"healthy": 3'
	mkfifo "$BATS_TEST_TMPDIR/silence"
	"$kubelet" send "$folder/podtap-dataplane.sock" 6 <"$BATS_TEST_TMPDIR/silence" >"$BATS_TEST_TMPDIR/ended" 3>&- &
	background+=($!)
	exec 8>"$BATS_TEST_TMPDIR/silence"
	lines "$said" 'a client is closed: there are too many' 3
	run -0 ask Allocate '{"container_requests":[{"devicesIDs":["dataplaneMvp0"]}]}'
	printf 'PRI * HTTP/2.0\r\n' >&8
	exec 8>&-
	lines "$said" 'a client is closed: it made no call for too long'
	lines "$BATS_TEST_TMPDIR/ended" closed 6
	heard over
	[ -z "$output" ]
}
