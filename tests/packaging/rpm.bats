#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The .rpm packages: what they say, and what a machine has after they are installed, upgraded and removed.
# bats file_tags=runtime
load ../lib/lib
load ../lib/packaging

setup() {
	lan_setup
	machine_setup
	machine_name=$(uname -m)
	rpm=$(echo "$DIST"/podtap-[0-9]*."$machine_name".rpm)
}
# A machine of Debian, whose packages rpm does not know.
packages() {
	machine rpm --force-debian --nodeps "$@"
}

@test "the .rpm packages: one version, both architectures, digests that are right, no place of the build" {
	run -0 rpm -K --nosignature "$DIST"/*.rpm
	[ "$(grep -c 'digests OK$' <<<"$output")" = 6 ]
	run -0 rpm -qp --qf '%{NAME} %{VERSION} %{ARCH} %{BUILDHOST} %{LICENSE}\n' "$DIST"/*.rpm
	[ "$(cut -d' ' -f1,3 <<<"$output" | sort | paste -sd,)" = "podtap aarch64,podtap x86_64,podtap-kubernetes aarch64,podtap-kubernetes x86_64,podtap-podman aarch64,podtap-podman x86_64" ]
	[ "$(cut -d' ' -f2,4,5 <<<"$output" | sort -u)" = "${version/-/\~} podtap Apache-2.0" ]
	run -0 rpm -qp --requires "$DIST"/podtap-{podman,kubernetes}-*."$machine_name".rpm
	[ "$(grep -c "^podtap = ${version/-/\~}-1$" <<<"$output")" = 2 ]
	run -0 rpm -qp --conflicts "$DIST"/podtap-podman-*."$machine_name".rpm
	[ "$output" = cri-o ]
	run -0 rpmlint -c "$root/packaging/rpmlint.toml" "$DIST"/*.rpm
	[[ $output == *" 0 errors, 0 warnings"* ]]
	# Not a file of one architecture is missing in the other.
	[ "$(rpm -qlp "$DIST"/*.x86_64.rpm)" = "$(rpm -qlp "$DIST"/*.aarch64.rpm)" ]
}
@test "podtap.rpm: passes rpm's test, installs for both directories of plugins, upgrades from 0.1.0 under a running pod, and is removed" {
	machine find /opt -mindepth 1 -delete
	run -0 packages --test -i "$rpm"
	run -0 packages -i "$FORMER"/podtap-[0-9]*."$machine_name".rpm
	run -0 machine readlink /opt/cni/bin/podtap /opt/cni/bin/podtap-ipam
	[ "$output" = $'/usr/libexec/cni/podtap\n/usr/libexec/cni/podtap-ipam' ]
	run -0 packages -V podtap
	[ -z "$output" ]
	run -0 cni ADD
	run -0 machine_never_without /usr/libexec/cni podtap rpm --force-debian --nodeps -U "$rpm"
	run -0 machine /opt/cni/bin/podtap --version
	[[ $output == "podtap $version "* ]]
	run -0 machine_never_without /opt/cni/bin podtap rpm --force-debian --nodeps -U --replacepkgs "$rpm"
	run -0 packages -V podtap
	run -0 cni CHECK
	run -0 packages -e podtap
	[[ $output == *"podtap: endpoints on record: 1."* ]]
	run -0 packages -i "$rpm"
	run -0 cni DEL
	run -0 packages -e podtap
	[ -z "$output" ]
	run -0 machine_files '*podtap*'
	run ! grep -v ^/run/podtap <<<"$output"
	run -0 machine find /opt
	[ "$output" = /opt ]
}
