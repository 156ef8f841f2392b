# SPDX-License-Identifier: Apache-2.0
# containerd on the private host, with an image of busybox.

# To be called after lan_setup.
containerd_setup() {
	lab_setup
	inside bash -ec "$(declare -f containerd_config containerd_files containerd_image); containerd_files '$lab'; containerd_image '$lab'"
}
# Call this after the networks exist: the CRI reads them when it starts, and later ones with a delay.
containerd_run() {
	inside_exec containerd -c "$lab/config.toml" >"$BATS_TEST_TMPDIR/containerd.log" 2>&1 &
	background+=($!)
	containerd_await $! "$BATS_TEST_TMPDIR/containerd.log" || return
	for namespace in default k8s.io; do
		inside ctr -a "$lab/socket" -n "$namespace" images import "$lab/image.tar" >/dev/null
	done
}

# Waits until a containerd that was started serves, and its CRI too, which comes last; fails when the
# process is gone.
#   containerd_await PID LOG
containerd_await() {
	until inside ctr -a "$lab/socket" version >/dev/null 2>&1 && cri ListPodSandbox '{}' >/dev/null 2>&1; do
		kill -0 "$1" || { cat "$2"; return 1; }
		sleep 0.1
	done
}

# The first lines of every containerd configuration in a directory: containerd_config DIRECTORY VERSION
containerd_config() {
	cat <<-END
		version = $2
		root = "$1/root"
		state = "$1/state"
		[grpc]
		  address = "$1/socket"
		[timeouts]
		  "io.containerd.timeout.shim.load" = "60s"
		  "io.containerd.timeout.shim.cleanup" = "60s"
		  "io.containerd.timeout.task.state" = "60s"
		[plugins."io.containerd.internal.v1.opt"]
		  path = "$1/opt"
	END
}
# containerd_files DIRECTORY
containerd_files() {
	cd "$1" || return
	{
		containerd_config "$1" 2
		cat <<-END
			[plugins."io.containerd.grpc.v1.cri"]
			  sandbox_image = "localhost/box:latest"
			  restrict_oom_score_adj = true
		END
	} >config.toml
}

# Makes the image localhost/box of $rootfs, which sleeps by default: containerd_image DIRECTORY
containerd_image() {
	cd "$1" || return
	mkdir image log
	tar -C rootfs -cf image/layer.tar .
	(
		cd image || exit
		jq -n --arg layer "sha256:$(sha256sum layer.tar | cut -d ' ' -f 1)" '{architecture: "amd64", os: "linux",
			config: {Env: ["PATH=/bin"], Cmd: ["sleep", "1000"]}, rootfs: {type: "layers", diff_ids: [$layer]}}' >config.json
		jq -n '[{Config: "config.json", RepoTags: ["localhost/box:latest"], Layers: ["layer.tar"]}]' >manifest.json
		tar -cf ../image.tar manifest.json config.json layer.tar
	)
}

# ctr run of the image, on the network first by name: box_run NAME OPTION... -- COMMAND...
box_run() {
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	inside ctr -a "$lab/socket" run --cni "${options[@]}" localhost/box:latest "$name" "$@"
}

cri() {
	inside "$tests/guest/cri" "$lab/socket" "$@"
}
pod_config() { # NAME
	jq -cn --arg name "$1" --arg cgroup "/$host-$1" --arg log "$lab/log" '{metadata: {name: $name, uid: $name, namespace: "space"}, hostname: $name,
		log_directory: $log, linux: {cgroup_parent: $cgroup}}'
}
