# SPDX-License-Identifier: Apache-2.0
# A private host for container runtimes: its own mounts, and the test's own at the fixed places of
# podtap (/run/podtap, /var/run/cdi) and of runtimes (/run, /etc/cni, /opt/cni/bin, /var/lib/cni).
#
#   $lab     the directory of all this, on a tmpfs only the private host sees
#   $rootfs  a container's root: busybox; /usr, to be mounted, is this machine's

# The guest's kernel and initramfs, made once for all builds.
guest_make() {
	guest=$root/build/guest
	"$tests/guest/build" "$guest"
}

# To be called after lan_setup.
lab_setup() {
	lab=$BATS_TEST_TMPDIR/lab
	rootfs=$lab/rootfs
	mkdir -p "$lab" "$PODTAP_STATE_DIR" "$PODTAP_CDI_DIR" /var/lib/cni /etc/cni
	mkfifo "$BATS_TEST_TMPDIR/lab.fifo"
	nsenter --net="/run/netns/$host" -- unshare --mount --propagation private -- sh -ec '
		umount --recursive --lazy /run/netns 2>/dev/null || : # runtimes take what is hidden for what is there
		for place in "$1" /run /var/lib/cni /etc/cni /opt; do mount -t tmpfs none "$place"; done
		mkdir -p /run/podtap /run/cdi /run/netns /etc/cni/net.d /opt/cni/bin
		mount --bind "$2" /run/podtap
		mount --bind "$3" /run/cdi
		ln -s "$4"/podtap "$4"/podtap-ipam /usr/lib/cni/* /opt/cni/bin/
		echo ready
		exec sleep infinity' sh "$lab" "$PODTAP_STATE_DIR" "$PODTAP_CDI_DIR" "$BUILD" \
		>"$BATS_TEST_TMPDIR/lab.fifo" 3>&- &
	lab_pid=$!
	read -r _ <"$BATS_TEST_TMPDIR/lab.fifo"
	inside bash -ec "$(declare -f rootfs_make); rootfs_make '$rootfs' '$BUILD'"
}

# Runs a command on the private host; inside_exec in place of a subshell, so that $! is the command's.
inside() (
	inside_exec "$@"
)
inside_exec() {
	exec nsenter --target "$lab_pid" --mount --net -- env -u PODTAP_STATE_DIR -u PODTAP_CDI_DIR "$@" 3>&-
}

# rootfs_make DIRECTORY BUILD
rootfs_make() {
	mkdir -p "$1"
	cd "$1" || return
	mkdir bin dev etc proc run sys tmp tools usr var
	cp /bin/busybox "$2/podtap-exec" bin/
	for applet in $(/bin/busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "bin/$applet"
	done
	ln -s usr/lib usr/lib64 .
	ln -s ../run var/run
	touch etc/{hosts,hostname,resolv.conf} run/.containerenv
	printf '%s\n' 'root:x:0:0:root:/:/bin/sh' 'vm:x:1234:1234:vm:/:/bin/sh' >etc/passwd
}

# A network of podtap's: network NAME [CHANGES OF THE CONFIGURATION]
network() {
	jq -cn --arg name "$1" --argjson change "${2:-"{}"}" '{cniVersion: "1.0.0", name: $name,
		plugins: [{type: "podtap", master: "lan0"} + $change]}' >"$BATS_TEST_TMPDIR/network"
	inside cp "$BATS_TEST_TMPDIR/network" "/etc/cni/net.d/$1.conflist"
}

# An endpoint record, by the network and what jq is to tell of it: endpoint NETWORK FILTER
endpoint() {
	jq -rs --arg network "$1" "map(select(.network == \$network)) | $2" "$PODTAP_STATE_DIR"/endpoints/*/*.json
}

lab_teardown() {
	kill "$lab_pid"
	wait "$lab_pid" || :
}
