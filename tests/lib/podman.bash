# SPDX-License-Identifier: Apache-2.0
# podman on the private host: its own storage, no registry, the hook found through hooks_dir. Its networks are
# CNI's, by this machine's podman, or with backend=netavark those of netavark, by the podman of Debian 13.

backend=${backend:-cni}

# To be called after lan_setup.
podman_setup() {
	local plugins=$BATS_TEST_TMPDIR/netavark tree
	lab_setup
	mkdir -p "$plugins"
	if [ "$backend" = netavark ]; then
		tree=$("$tests/tree" trixie) || return
		ln -sfn "$BUILD/podtap-netavark" "$plugins/podtap"
		# Over this machine's libraries: programs that were built here also run with the newer ones.
		inside mount -t overlay overlay -o "lowerdir=$tree/usr:/usr" /usr
		# crun refuses cgroups of both versions at once.
		! inside mountpoint -q /sys/fs/cgroup/unified || inside umount /sys/fs/cgroup/unified
	fi
	inside bash -ec "$(declare -f podman_files podman_settings); backend=$backend plugins=$plugins
		podman_files '$lab' '$BUILD' '$root'"
}
# Prints the versions, as a line of the tests' output.
podman_versions() {
	pm info --format json | jq -r '"# podman \(.version.Version), \(.host.networkBackend) \(.host.networkBackendInfo.version // ""), \(.host.ociRuntime.name)"'
}

pm() {
	inside env PODMAN_IGNORE_CGROUPSV1_WARNING=1 CONTAINERS_CONF="$lab/containers.conf" CONTAINERS_STORAGE_CONF="$lab/storage.conf" podman "$@"
}

# podman_files DIRECTORY BUILD SOURCES
podman_files() {
	cd "$1" || return
	# Builds nothing: the build that other tests use may have other flags.
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$3" O="$2" -o "$2/podtap-hook" HOOKS_DIR="$1/hooks.d" \
		LIBEXECDIR="$1/libexec" install-hook >/dev/null
	podman_settings "$1" >containers.conf
	printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$1/root" "$1/run" >storage.conf
}
# podman_settings DIRECTORY
podman_settings() {
	cat <<-END
		[containers]
		default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		lock_type = "file"
		infra_image = "localhost/box"
		hooks_dir = ["$1/hooks.d"]
	END
	case $backend in
	cni) cat <<-END ;;
		runtime = "runc"
		[network]
		network_backend = "cni"
		cni_plugin_dirs = ["/opt/cni/bin", "/usr/lib/cni"]
		network_config_dir = "/etc/cni/net.d"
	END
	netavark) cat <<-END ;;
		runtime = "crun"
		[network]
		network_backend = "netavark"
		netavark_plugin_dirs = ["$plugins"]
		network_config_dir = "$1/networks"
	END
	esac
}

# A network of podtap's with a subnet, or - for none, and configuration keys; its master is lan0.
#   podman_network NAME SUBNET|- [KEY=VALUE...]
podman_network() {
	"podman_network_$backend" "$@"
}
podman_network_cni() {
	local name=$1 subnet=$2
	shift 2
	network "$name" "$(jq -cn --arg subnet "$subnet" 'def value: if test("^(0|[1-9][0-9]*|true|false)$") then fromjson else . end;
		reduce ($ARGS.positional[] | capture("^(?<key>[^=]*)=(?<value>.*)")) as $o ({}; .[$o.key] = ($o.value | value)) |
		if $subnet == "-" then . else . + {capabilities: {ips: true}, ipam: {type: "podtap-ipam", subnet: $subnet,
			gateway: ($subnet | sub("0/24$"; "254")), routes: [{dst: "0.0.0.0/0"}]}} end' --args -- "$@")"
}
podman_network_netavark() {
	local name=$1 addresses=(--subnet "$2" --gateway "${2%0/24}254") option options=()
	[ "$2" != - ] || addresses=(--ipam-driver none)
	shift 2
	for option; do options+=(--opt "$option"); done
	pm network create --driver podtap --opt parent=lan0 "${addresses[@]}" "${options[@]}" "$name" >/dev/null
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

# What a container runs that ends when it is told to.
ends='trap exit TERM; while :; do sleep 0.1; done'

# Makes the image localhost/box of $rootfs, which runs that and also serves a pod as its first container.
box_image() {
	inside tar -C "$rootfs" -c . |
		pm import -q --change "CMD [\"/bin/sh\", \"-c\", \"$ends\"]" --change ENV=PATH=/bin - localhost/box >/dev/null
}
# A pod of Kubernetes' kind, and a project of compose: each has one container of that image, on a network tap.
pod_file() {
	jq -n --arg tools "$BUILD/tests/tools" '{apiVersion: "v1", kind: "Pod", metadata: {name: "played"}, spec: {
		volumes: [{name: "usr", hostPath: {path: "/usr"}}, {name: "tools", hostPath: {path: $tools}}],
		containers: [{name: "box", image: "localhost/box",
			volumeMounts: [{name: "usr", mountPath: "/usr", readOnly: true}, {name: "tools", mountPath: "/tools"}]}]}}'
}
compose_file() {
	jq -n --arg tools "$BUILD/tests/tools" '{version: "3", networks: {tap: {external: true}}, services: {box: {
		container_name: "composed", image: "localhost/box", networks: ["tap"],
		volumes: ["/usr:/usr:ro", "\($tools):/tools:ro"]}}}'
}
compose() {
	inside env PODMAN_IGNORE_CGROUPSV1_WARNING=1 CONTAINERS_CONF="$lab/containers.conf" \
		CONTAINERS_STORAGE_CONF="$lab/storage.conf" podman-compose -f "$lab/compose.yaml" "$@"
}

# A network and a container for quadlet: quadlet_files DIRECTORY
quadlet_files() {
	mkdir "$1"
	printf '%s\n' '[Network]' Driver=podtap Options=parent=lan0 IPAMDriver=none >"$1/lan.network"
	printf '%s\n' '[Container]' "Rootfs=$rootfs" Network=lan.network 'Exec=sleep 1000' ReadOnly=true \
		Volume=/usr:/usr:ro "Volume=$BUILD/tests/tools:/tools:ro" "PodmanArgs=--cgroups=enabled --stop-timeout=0" >"$1/box.container"
}
# Writes a unit that quadlet makes of them: quadlet UNIT
quadlet() {
	inside env QUADLET_UNIT_DIRS="$BATS_TEST_TMPDIR/quadlet" /usr/libexec/podman/quadlet -dryrun 2>/dev/null |
		awk -v unit="---$1---" '/^---.*---$/ { shown = $0 == unit; next } shown' >"$BATS_TEST_TMPDIR/unit"
}

# Runs a command of the unit in $BATS_TEST_TMPDIR/unit as systemd would: unit_run KEY
unit_run() {
	local line
	line=$(awk -v key="$1=" 'index($0, key) == 1 { on = 1 } on; !/\\$/ { on = 0 }' "$BATS_TEST_TMPDIR/unit" |
		sed "s|^$1=||; s|%t|$lab|g; s|%n|vm.service|g; s|%N|box|g; s|%%|%|g")
	inside env PODMAN_IGNORE_CGROUPSV1_WARNING=1 CONTAINERS_CONF="$lab/containers.conf" \
		CONTAINERS_STORAGE_CONF="$lab/storage.conf" PODMAN_SYSTEMD_UNIT=vm.service sh -c "${line#-}"
}

podman_teardown() {
	pm rm -f -t 0 -a >/dev/null
	pm pod rm -f -t 0 -a >/dev/null
	lab_teardown
}
