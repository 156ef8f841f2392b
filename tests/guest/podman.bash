# SPDX-License-Identifier: Apache-2.0
# podman on the test's private host: its own mounts, storage and networks, runc, no registry. What
# podtap has at fixed places (/run/podtap, /var/run/cdi) is the test's own there.
#
#   $lab     the directory of all this, on a tmpfs only the private host sees
#   $rootfs  a container's root: busybox; /usr is this machine's, read-only

# To be called after lan_setup.
podman_setup() {
	lab=$BATS_TEST_TMPDIR/lab
	rootfs=$lab/rootfs
	mkdir -p "$lab" "$PODTAP_STATE_DIR" "$PODTAP_CDI_DIR" /var/lib/cni
	mkfifo "$BATS_TEST_TMPDIR/lab.fifo"
	nsenter --net="/run/netns/$host" -- unshare --mount --propagation private -- sh -ec '
		for place in "$1" /run /var/lib/cni; do mount -t tmpfs none "$place"; done
		mkdir /run/podtap /run/cdi /run/netns
		mount --bind "$2" /run/podtap
		mount --bind "$3" /run/cdi
		echo ready
		exec sleep infinity' sh "$lab" "$PODTAP_STATE_DIR" "$PODTAP_CDI_DIR" \
		>"$BATS_TEST_TMPDIR/lab.fifo" 3>&- &
	lab_pid=$!
	read -r _ <"$BATS_TEST_TMPDIR/lab.fifo"
	inside bash -ec "$(declare -f podman_lab); podman_lab '$lab' '$BUILD' '$BATS_TEST_DIRNAME/..'"
}

# Runs a command on the private host.
inside() {
	nsenter --target "$lab_pid" --mount --net -- env -u PODTAP_STATE_DIR -u PODTAP_CDI_DIR "$@" 3>&-
}

pm() {
	inside env CONTAINERS_CONF="$lab/containers.conf" CONTAINERS_STORAGE_CONF="$lab/storage.conf" podman "$@"
}

# What the private host consists of: podman_lab DIRECTORY BUILD SOURCES
podman_lab() {
	cd "$1" || return
	mkdir -p net.d cni rootfs/{bin,dev,etc,proc,run,sys,tmp,usr,var}
	cp /bin/busybox "$2/podtap-exec" rootfs/bin/
	/bin/busybox --install -s rootfs/bin
	ln -s usr/lib usr/lib64 rootfs/
	ln -sf /bin/busybox rootfs/bin/sh
	for applet in rootfs/bin/*; do [ ! -L "$applet" ] || ln -sf busybox "$applet"; done
	touch rootfs/etc/{hosts,hostname,resolv.conf} rootfs/run/.containerenv
	printf '%s\n' 'root:x:0:0:root:/:/bin/sh' 'vm:x:1234:1234:vm:/:/bin/sh' >rootfs/etc/passwd
	ln -s "$2/podtap" "$2/podtap-ipam" cni/
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$3" O="$2" HOOKS_DIR="$1/hooks.d" LIBEXECDIR="$1/libexec" \
		install-hook >/dev/null
	cat >containers.conf <<-END
		[containers]
		default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
		[network]
		network_backend = "cni"
		cni_plugin_dirs = ["$1/cni", "/usr/lib/cni"]
		network_config_dir = "$1/net.d"
		[engine]
		cgroup_manager = "cgroupfs"
		runtime = "runc"
		events_logger = "none"
		lock_type = "file"
		tmp_dir = "$1/tmp"
		hooks_dir = ["$1/hooks.d"]
	END
	printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$1/root" "$1/run" >storage.conf
}

# A network of podtap's: network NAME [CHANGES OF THE CONFIGURATION]
network() {
	jq -cn --arg name "$1" --argjson change "${2:-"{}"}" '{cniVersion: "1.0.0", name: $name,
		plugins: [{type: "podtap", master: "lan0"} + $change]}' >"$BATS_TEST_TMPDIR/network"
	inside cp "$BATS_TEST_TMPDIR/network" "$lab/net.d/$1.conflist"
}

# A container of busybox: box NAME NETWORK-OPTION... -- COMMAND...; detached unless the name is "-".
box() {
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	if [ "$name" = - ]; then options+=(--rm); else options+=(-d --name "$name"); fi
	pm run --read-only --volume /usr:/usr:ro --volume "$BUILD/tests/tools:/tools:ro" "${options[@]}" --rootfs "$rootfs" "$@"
}

# An endpoint record, by the network and what jq is to tell of it: endpoint NETWORK FILTER
endpoint() {
	jq -rs --arg network "$1" "map(select(.network == \$network)) | $2" "$PODTAP_STATE_DIR"/endpoints/*/*.json
}

podman_teardown() {
	pm rm -f -t 0 -a >/dev/null
	pm pod rm -f -t 0 -a >/dev/null
	kill "$lab_pid"
	wait "$lab_pid" || :
}
