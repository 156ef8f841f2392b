# SPDX-License-Identifier: Apache-2.0
# podtap-nri before a scripted runtime (tests/fixtures/nri/runtime).

# shellcheck disable=SC2154 # host, pod and the like are lib.bash's
# shellcheck disable=SC2034 # what the tests use

setup() {
	lan_setup
	dir=$BATS_TEST_TMPDIR
	socket=$dir/nri/nri.sock
	mkdir "$dir/nri"
	unset NRI_PLUGIN_NAME NRI_PLUGIN_IDX NRI_PLUGIN_SOCKET
}

# Starts the plugin on the host; its log goes to $dir/log: plugin_start [OPTION...]
plugin_start() {
	nsenter --net="/run/netns/$host" -- "${wrapper[@]}" "$BUILD/podtap-nri" --socket "$socket" "$@" 2>>"$dir/log" 3>&- &
	plugin=$!
	background+=($!)
}
# A runtime on the socket that does these steps (tests/fixtures/nri/runtime), one JSON value each.
runtime() {
	printf '%s\n' "$@" >"$dir/steps"
	"$fixtures/nri/runtime" "$socket" <"$dir/steps"
}
# Waits until the log has so many lines with this text: logged COUNT TEXT
logged() {
	local try
	for try in {1..6000}; do
		[ "$(grep -cF -- "$2" "$dir/log")" -lt "$1" ] || return 0
		sleep 0.01
	done
	echo "not logged $1 times: $2, in:"
	cat "$dir/log"
	return 1
}
# The step that creates a container of the pod, changed by a jq filter.
create() {
	jq -cn --arg id "$container" --arg path "/run/netns/$pod" '{create: {
		pod: {id: $id, name: "vm", namespace: "default", annotations: {}, linux: {namespaces:
			[{type: "ipc"}, {type: "network", path: $path}]}},
		container: {id: "c1", pod_sandbox_id: $id, name: "qemu", env: ["A=b"],
			linux: {namespaces: [{type: "network", path: "/proc/1/ns/net"}]}}}} | '"${1:-.}"
}
# The answer that gives a container these nodes, made as the record says: adjusts NODE...
adjusts() {
	local node devices=()
	for node; do
		devices+=("$(stat -c '%t %T %u %g %a' "$node" | {
			read -r major minor uid gid mode
			optional() { [ "$2" = 0 ] && echo "\"$1\":{}" || echo "\"$1\":{\"value\":$2}"; }
			echo "{\"path\":\"$node\",\"type\":\"c\",\"major\":\"$((0x$major))\",\"minor\":\"$((0x$minor))\",$(
				optional file_mode $((0$mode))),$(optional uid "$uid"),$(optional gid "$gid")}"
		})")
	done
	(IFS=,; echo "{\"adjust\":{\"linux\":{\"devices\":[${devices[*]}]}}}")
}
# Zeros are not sent: they count as absent.
same_json() {
	diff <(jq -S 'del(.. | select(. == "0")?)' <<<"$1") <(jq -S 'del(.. | select(. == "0")?)' <<<"$2")
}
# A session that creates one container; $output is then the answer to that.
creates() {
	run -0 runtime '"session"' "$@"
	output=${lines[-1]}
}
# The container is created unchanged, and the log has this text.
unchanged() {
	creates "$(create "$1")"
	[ "$output" = '{}' ] || { echo "$output"; return 1; }
	logged 1 "left as it is: container"
	logged 1 "$2"
}
session='{"plugin_name": "podtap", "plugin_idx": "50", "events": 520, "sync": [false]}'
# Ends the plugin as a runtime's service manager does, and waits for that: ended SIGNAL
ended() {
	local try
	kill "-$1" "$plugin"
	for try in {1..1000}; do
		[[ $(ps -o stat= -p "$plugin") == [^Z]* ]] || break
		sleep 0.01
	done
	[ "$try" -lt 1000 ] || { kill -KILL "$plugin"; echo "it goes on after SIG$1"; return 1; }
	wait "$plugin"
}
