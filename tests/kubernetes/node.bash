# SPDX-License-Identifier: Apache-2.0
# A Kubernetes node: the private host with containerd of a newer Debian, called as kubelet calls it.
# One node serves a file's tests: node_setup in setup_file, node_teardown in teardown_file.
#
#   $switch, $host   the LAN and the node, as in lib.bash
#   handlers         runtime handlers that differ in their networks: a pod names one as it would name
#                    its networks by annotation. Their configurations are in /etc/cni/HANDLER.d.

# shellcheck disable=SC2154 # host, lab and the like are lib.bash's and lab.bash's

load ../lib/lib
load ../lib/frames
load ../lib/lab
load ../lib/containerd
load pods

# The node belongs to the file, not to a test.
setup() {
	:
}
teardown() {
	:
}

# The node with containerd of a Debian suite: node_setup [SUITE]
node_setup() {
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR BATS_TEST_NUMBER=0
	lan_setup
	lab_setup
	suite=${1:-sid}
	tree=$("$tests/tree" "$suite")
	# Over this machine's libraries: programs that were built here also run with the newer ones.
	inside mount -t overlay overlay -o "lowerdir=$tree/usr:/usr" /usr
	inside containerd --version | sed 's/^/# /' >&3
	inside mkdir -p /opt/nri/plugins /etc/nri /run/node
	inside mount --bind "$lab" /run/node # a user namespace has to reach it, and cannot go through bats' folder
	lab=/run/node rootfs=/run/node/rootfs
	inside ln -s podtap /opt/cni/bin/macvtap
	inside ln -s "$BATS_TEST_DIRNAME/multus" /opt/cni/bin/
	inside bash -ec "$(declare -f containerd_image); containerd_image '$lab'"
	node_networks
	"node_config_$suite" | inside tee "$lab/config.toml" >/dev/null
	export host switch pod other lab lab_pid rootfs container leases cache
	containerd_start
	inside ctr -a "$lab/socket" -n k8s.io images import "$lab/image.tar" >/dev/null
}

# Handlers and their networks: addresses for the pod; the same with a CDI device; the same with an
# owner of the host; a second one for a virtual machine beside it; only that; a second one of Multus' kind.
handlers=(runc cdi users two level2 device)
node_networks() {
	local pool='"ipam":{"type":"podtap-ipam","subnet":"10.99.0.0/24","rangeEnd":"10.99.0.200"}'
	node_network runc lan "{$pool,\"owner\":1234}"
	node_network cdi lan "{$pool,\"owner\":1234,\"cdi\":true}"
	node_network users lan "{$pool,\"owner\":1234,\"ownerIn\":\"host\"}"
	node_network two lan "{$pool,\"owner\":1234,\"cdi\":true}"
	node_network two vm '{"owner":1234,"cdi":true,"vmDevices":true}'
	node_network level2 vm '{}'
	node_network device lan "{$pool}"
	node_network device vm '{"type":"multus","capabilities":{"io.kubernetes.cri.pod-annotations":true}}'
}
# node_network HANDLER NAME CHANGES
node_network() {
	jq -cn --arg name "$2" --argjson change "$3" '{cniVersion: "1.0.0", name: $name,
		plugins: [{type: "podtap", master: "lan0"} + $change]}' |
		inside install -D -m 0644 /dev/stdin "/etc/cni/$1.d/$2.conflist"
}

# The configuration of containerd 2.
node_config_sid() {
	node_config 3 "'io.containerd.cri.v1.runtime'"
	cat <<-END
		[plugins.'io.containerd.cri.v1.images'.pinned_images]
		  sandbox = "localhost/box:latest"
	END
}
# The configuration of containerd 1.7, where NRI and CDI are off by default.
node_config_trixie() {
	node_config 2 "'io.containerd.grpc.v1.cri'" 'sandbox_image = "localhost/box:latest"'
	cat <<-END
		[plugins.'io.containerd.grpc.v1.cri'.cni]
		  bin_dir = "/opt/cni/bin"
	END
}
# node_config VERSION TABLE [LINE-OF-THE-TABLE]
node_config() {
	local handler
	containerd_config "$lab" "$1"
	cat <<-END
		[plugins.'io.containerd.nri.v1.nri']
		  disable = false
		  plugin_registration_timeout = "60s" # of a plugin that takes longer it goes on without,
		  plugin_request_timeout = "60s" # and here the machine may have other things to do
		[plugins.$2]
		  restrict_oom_score_adj = true
		  enable_cdi = true
		  ${3:-}
	END
	for handler in "${handlers[@]}"; do
		cat <<-END
			[plugins.$2.containerd.runtimes.$handler]
			  runtime_type = "io.containerd.runc.v2"
			  cni_conf_dir = "/etc/cni/$handler.d"
			  cni_max_conf_num = 2
		END
	done
}

# Starts a program on the node, in the background of the whole file; its output goes to NAME.log.
#   daemon NAME COMMAND...
daemon() {
	local name=$1
	shift
	: >"$BATS_FILE_TMPDIR/$name.log" # what a former one said is not read again
	(
		for fd in /proc/self/fd/*; do # what a program of the node starts may outlive the test
			fd=${fd##*/}
			[ "$fd" -le 2 ] || eval "exec $fd>&-"
		done
		inside_exec "$@"
	) >>"$BATS_FILE_TMPDIR/$name.log" 2>&1 </dev/null &
	echo $! >"$BATS_FILE_TMPDIR/$name.pid"
}
# Ends it and waits until it is gone: daemon_end NAME [SIGNAL]
daemon_end() {
	local pid
	pid=$(cat "$BATS_FILE_TMPDIR/$1.pid")
	rm "$BATS_FILE_TMPDIR/$1.pid"
	! kill "-${2:-TERM}" "$pid" 2>/dev/null || tail --pid="$pid" -s 0.05 -f /dev/null
}
# Waits until a program has said a line with this text, so many times: daemon_says NAME TEXT [TIMES]
daemon_says() {
	local log=$BATS_FILE_TMPDIR/$1.log
	# Neither -q nor a discarded output: with these grep ends at the first.
	[ "$(timeout 60 grep -cF -m "${3:-1}" -e "$2" <(exec tail -n +1 -F "$log" 2>/dev/null))" = "${3:-1}" ] ||
		{ echo "$1 did not say \"$2\" ${3:-1} times:"; cat "$log"; return 1; }
}

# Shows the logs of the plugin and of containerd, where a test failed.
nri_told() {
	cat "$BATS_FILE_TMPDIR/nri.log"
	grep -i -e nri -e podtap "$BATS_FILE_TMPDIR/containerd.log" | grep -v 'Searching for' || :
}

containerd_start() {
	daemon containerd containerd -c "$lab/config.toml"
	containerd_await "$(cat "$BATS_FILE_TMPDIR/containerd.pid")" "$BATS_FILE_TMPDIR/containerd.log"
}

node_teardown() {
	local status=0 pid name
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	pods_remove || status=1
	for pid in "$BATS_FILE_TMPDIR"/*.pid; do
		[ ! -e "$pid" ] || daemon_end "$(basename "$pid" .pid)"
	done
	left_end
	lab_teardown
	lan_teardown || status=1
	return $status
}
pods_remove() {
	cri ListPodSandbox '{}' | jq -c '.items[]?.id | {pod_sandbox_id: .}' >"$BATS_FILE_TMPDIR/pods"
	cri StopPodSandbox <"$BATS_FILE_TMPDIR/pods" && cri RemovePodSandbox <"$BATS_FILE_TMPDIR/pods"
}
# Ends what a containerd that died left running, and waits until it is gone: containers are in the test's
# own cgroups, all else is in the node's mount namespace.
left_end() {
	local process pids
	mapfile -t pids < <(find /sys/fs/cgroup{,/*}/"$host" -name cgroup.procs -exec cat {} + 2>/dev/null)
	for process in /proc/[0-9]*; do
		[ "$process" = "/proc/$lab_pid" ] || ! [ "$process/ns/mnt" -ef "/proc/$lab_pid/ns/mnt" ] || pids+=("${process#/proc/}")
	done
	[ "${#pids[@]}" = 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || :
	for process in "${pids[@]}"; do
		timeout 10 tail --pid="$process" -s 0.05 -f /dev/null
	done
	find /sys/fs/cgroup{,/*}/"$host" -depth -type d -exec rmdir {} + 2>/dev/null || :
}
