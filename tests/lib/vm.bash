# SPDX-License-Identifier: Apache-2.0
# Virtual machines in podman's containers: QEMU as an unprivileged user on the container's taps, and a
# console to each guest.
#
#   $ACCEL   QEMU's accelerator, default tcg: /dev/kvm may open and still run no guest

# Makes a container for a VM: its guest knows its network from `podtapctl guest-config`.
#   vm_prepare NAME IFNAMES [PODMAN-OPTION...]
vm_prepare() {
	local name=$1 ifnames=$2 place=$BATS_TEST_TMPDIR/vms/$1 id
	shift 2
	mkdir -p "$place/tree/etc"
	mkfifo -m 0666 "$place/console.in" "$place/console.out"
	id=$(box "$name" --user 1234 --cap-drop all --volume "$place:/vm" --volume "$guest:/guest:ro" "$@" -- \
		sh -c 'while :; do sleep 1 & wait; done') || return # reaps what daemons leave it
	echo "$id" >"$place/id"
	for ifname in $ifnames; do
		inside "$BUILD/podtapctl" guest-config "$id" "$ifname" >"$place/tree/etc/network-config-$ifname" || return
	done
	(cd "$place/tree" && find . | cpio -o -H newc --quiet) | cat "$guest/initrd" - >"$place/initrd"
	chmod -R a+rX "$place"
	chmod a+w "$place"
}

# The same, and starts QEMU in it with $cpus processors; `vm_ready NAME` waits for the guest.
vm_start() {
	vm_prepare "$@" || return
	pm exec -d "$1" sh -c "exec podtap-exec -- timeout 1500 qemu-system-x86_64 -M q35 -accel ${ACCEL:-tcg} \
		-cpu qemu64 -m 160 -smp $cpus -nodefaults -no-user-config -display none -no-reboot \
		-kernel /guest/vmlinuz -initrd /vm/initrd \
		-append 'console=ttyS0 quiet panic=-1 nokaslr mitigations=off' \
		-chardev pipe,id=console,path=/vm/console -serial chardev:console \
		-netdev {netdev} -device {device},romfile= >/vm/log 2>&1" >/dev/null
}

vm_ready() {
	local line place=$BATS_TEST_TMPDIR/vms/$1
	while read -r -t 200 line; do
		[[ $line != ready* ]] || return 0
	done <>"$place/console.out"
	echo "$1 does not start: $(cat "$place/log")"
	return 1
}

# Runs a line in a guest: guest NAME LINE...
guest() {
	local line place=$BATS_TEST_TMPDIR/vms/$1
	shift
	printf '%s\n' "$*" 1<>"$place/console.in"
	while IFS= read -r -t 150 line; do
		line=${line%$'\r'}
		[[ $line != *@@* ]] || return "${line##*@@}"
		printf '%s\n' "$line"
	done <>"$place/console.out"
	echo "no answer"
	return 99
}
