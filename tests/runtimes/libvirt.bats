#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# libvirt in an unprivileged container: the interface KubeVirt generates opens the tap at
# /dev/tap<ifindex>.
# bats file_tags=runtime
load ../lib/lib
load ../lib/lab
load ../lib/podman
load ../lib/vm

setup() {
	lan_setup
	podman_setup
	guest_make
}
teardown() {
	podman_teardown
	lan_teardown
}

# The domain, for an interface and its MAC.
domain() {
	cat <<-END
		<domain type='qemu'>
		  <name>guest</name><memory unit='MiB'>160</memory><vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>/guest/vmlinuz</kernel><initrd>/vm/initrd</initrd>
		    <cmdline>console=ttyS0 quiet panic=-1 nokaslr mitigations=off</cmdline></os>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <controller type='usb' model='none'/>
		    <serial type='pipe'><source path='/vm/console'/></serial>
		    <interface type='ethernet'>
		      <mac address='$2'/><target dev='$1' managed='no'/><model type='virtio'/><rom enabled='no'/>
		    </interface>
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
}
# What runs in the container: a libvirtd of the user's own, with the driver of QEMU alone.
daemon='export HOME=/vm XDG_RUNTIME_DIR=/vm/run XDG_CONFIG_HOME=/vm/etc XDG_CACHE_HOME=/vm/cache XDG_DATA_HOME=/vm/data
	export LIBVIRT_DRIVER_DIR=/vm/drivers PATH=/usr/sbin:/usr/bin:/bin
	mkdir -p /vm/run /vm/etc/libvirt /vm/drivers
	ln -s /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so /vm/drivers/
	printf "%s\n" "security_driver = \"none\"" "namespaces = []" "cgroup_controllers = []" "stdio_handler = \"file\"" >/vm/etc/libvirt/qemu.conf
	exec libvirtd >/vm/log 2>&1'
virsh() {
	pm exec -e XDG_RUNTIME_DIR=/vm/run -e HOME=/vm -e LIBVIRT_AUTOSTART=0 vm virsh -c qemu:///session "$@"
}

@test "libvirt: type ethernet with target managed no runs a guest on the container's own tap" {
	network tap '{"owner":1234,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.99.0.0/24"}]]},"addressOwner":"guest"}'
	vm_prepare vm eth0 --network tap:interface_name=eth0
	pm exec -d vm sh -c "$daemon"
	vms=$BATS_TEST_TMPDIR/vms/vm
	domain eth0 "$(endpoint tap '.[0].mac')" >"$vms/domain.xml"
	for _ in {1..300}; do ! virsh uri >/dev/null 2>&1 || break; sleep 0.1; done # until it serves its socket
	run -0 virsh create /vm/domain.xml
	run -0 vm_ready vm
	run -0 guest vm "for i in 1 2 3 4 5; do ping -c 1 -W 3 10.99.0.254 && break; done"
	run -0 at "$switch" ping -c 1 -W 60 10.99.0.2
	run -0 ip -n "$switch" -j neigh show to 10.99.0.2
	json_is '.[0].lladdr' "$(endpoint tap '.[0].mac')"
	run pm exec vm sh -c 'readlink /proc/[0-9]*/fd/*'
	[[ $output == *"$(endpoint tap '.[0].tap.path')"* ]]
	run -0 virsh destroy guest
}
