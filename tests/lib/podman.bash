# SPDX-License-Identifier: Apache-2.0
# podman on the private host: its own storage, runc, no registry, the hook found through hooks_dir.

# To be called after lan_setup.
podman_setup() {
	lab_setup
	inside bash -ec "$(declare -f podman_files); podman_files '$lab' '$BUILD' '$root'"
}

pm() {
	inside env CONTAINERS_CONF="$lab/containers.conf" CONTAINERS_STORAGE_CONF="$lab/storage.conf" podman "$@"
}

# podman_files DIRECTORY BUILD SOURCES
podman_files() {
	cd "$1" || return
	# Builds nothing: the build that other tests use may have other flags.
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$3" O="$2" -o "$2/podtap-hook" HOOKS_DIR="$1/hooks.d" \
		LIBEXECDIR="$1/libexec" install-hook >/dev/null
	cat >containers.conf <<-END
		[containers]
		default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
		[network]
		network_backend = "cni"
		cni_plugin_dirs = ["/opt/cni/bin", "/usr/lib/cni"]
		network_config_dir = "/etc/cni/net.d"
		[engine]
		cgroup_manager = "cgroupfs"
		runtime = "runc"
		events_logger = "none"
		lock_type = "file"
		hooks_dir = ["$1/hooks.d"]
	END
	printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$1/root" "$1/run" >storage.conf
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

podman_teardown() {
	pm rm -f -t 0 -a >/dev/null
	pm pod rm -f -t 0 -a >/dev/null
	lab_teardown
}
