#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The executables for arm64, which are cross-compiled, run by QEMU's emulation: of a process, and of a machine with Debian's
# kernel.
# bats file_tags=runtime
load ../lib/lib
load ../lib/packaging

setup() {
	tree=$DIST/tree-arm64
	unset host
	export PODTAP_STATE_DIR=$BATS_TEST_TMPDIR/state PODTAP_IPAM_STATE_DIR=$BATS_TEST_TMPDIR/ipam
	export PODTAP_POLICY=$BATS_TEST_TMPDIR/policy.json
}
arm64() {
	qemu-aarch64-static "$@"
}
# Calls the IPAM plugin: ipam VERB [CHANGES OF THE CONFIGURATION]
ipam() {
	jq -cn --arg dir "$BATS_TEST_TMPDIR/leases" --argjson change "${2:-"{}"}" '{cniVersion: "1.1.0", name: "net", type: "podtap",
		ipam: {type: "podtap-ipam", subnet: "10.99.0.0/29", dataDir: $dir}} + $change' |
		env CNI_COMMAND="$1" CNI_CONTAINERID=arm64 CNI_NETNS=/proc/self/ns/net CNI_IFNAME=eth0 CNI_PATH="$tree/opt/cni/bin" \
			qemu-aarch64-static "$tree/opt/cni/bin/podtap-ipam"
}

@test "every program for arm64: is a static executable for it, and runs: --version and --help" {
	for file in "$tree"/opt/cni/bin/* "$tree"/usr/bin/* "$tree"/usr/libexec/podtap/* "$tree/usr/libexec/netavark/podtap"; do
		run -0 arm64 "$file" --version
		[[ $output == podtap*" $version (static, musl)" ]]
		run -0 arm64 "$file" --help
		run -0 readelf -hldW "$file"
		[[ $output == *"Machine: "*AArch64* && $output != *INTERP* && $output != *"(NEEDED)"* ]]
	done
	run -0 find "$tree" -type f -perm -100
	[ "${#lines[@]}" = 9 ]
}
@test "podtap for arm64: answers VERSION, and refuses what is malformed" {
	run -0 env CNI_COMMAND=VERSION qemu-aarch64-static "$tree/opt/cni/bin/podtap" <<<'{"cniVersion":"1.1.0"}'
	json_is '.supportedVersions[-1]' 1.1.0
	run -1 env CNI_COMMAND=ADD CNI_CONTAINERID=arm64 CNI_NETNS=/proc/self/ns/net CNI_IFNAME=eth0 CNI_PATH=/ \
		qemu-aarch64-static "$tree/opt/cni/bin/podtap" <<<'{"cniVersion":"1.1.0","name":'
	json_is .code 6
}
@test "podtap-ipam for arm64: ADD, CHECK, STATUS, GC and DEL" {
	run -0 ipam VERSION
	run -0 ipam STATUS
	run -0 ipam ADD
	json_is '.ips[0].address' 10.99.0.2/29
	previous="{\"prevResult\":$output}"
	run -0 ipam CHECK "$previous"
	run -0 ipam GC '{"cni.dev/valid-attachments":[{"containerID":"arm64","ifname":"eth0"}]}'
	[ -f "$BATS_TEST_TMPDIR/leases/net/10.99.0.2" ]
	run -0 ipam GC '{"cni.dev/valid-attachments":[]}'
	[ ! -e "$BATS_TEST_TMPDIR/leases/net/10.99.0.2" ]
	run -1 ipam CHECK "$previous"
	json_is .msg 'container arm64 has no address reserved for eth0'
	run -0 ipam ADD
	run -0 ipam DEL
	[ -z "$(find "$BATS_TEST_TMPDIR/leases" -name '10.*')" ]
}
@test "podtapctl for arm64: lists endpoints and validates a configuration" {
	run -0 arm64 "$tree/usr/bin/podtapctl" list
	run -0 arm64 "$tree/usr/bin/podtapctl" validate "$root/examples/bridge.conflist"
}
@test "podtap for arm64: ADD, CHECK, DEL, GC and STATUS under Debian's arm64 kernel, with a tap and podtap-ipam" {
	local parts
	parts=$("$tests/packaging/arm64/fetch")
	cd "$BATS_TEST_TMPDIR"
	mkdir -p disk/bin disk/proc disk/sys disk/dev disk/run
	cp "$parts/busybox" "$tree"/opt/cni/bin/* "$tree/usr/bin/podtapctl" disk/bin/
	cp -r "$parts/modules" "$tests/packaging/arm64/init" disk/
	(cd disk && find . | cpio -o -H newc --quiet) >initrd
	run -0 timeout 300 qemu-system-aarch64 -accel tcg -M virt -cpu cortex-a57 -m 256 -nodefaults -nographic -serial stdio -no-reboot \
		-kernel "$parts/vmlinuz" -initrd initrd -append 'console=ttyAMA0 quiet panic=-1 nokaslr mitigations=off' </dev/null
	console=${output//$'\r'/}
	said() { sed -n "s/^$1 //p" <<<"$console"; }
	[ "$(said KERNEL)" = aarch64 ]
	[ "$(said STATUS) $(said CHECK) $(said DEL) $(said GC) $(said EXAMINED)" = "0  0  0  0  0" ]
	[[ $(said ADD) == "0 "*'"10.99.0.2/24"'* ]]
	[ "$(said TAPS)" = $'1\n0' ]
}
