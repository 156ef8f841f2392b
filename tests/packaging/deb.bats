#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The .deb packages: what lintian says, and what a machine has after they are installed, upgraded and removed.
# bats file_tags=runtime
load ../lib/lib
load ../lib/packaging

setup() {
	lan_setup
	machine_setup
	deb=$(echo "$DIST"/podtap_*_"$arch".deb)
}
install() {
	machine dpkg --no-triggers -i "$@"
}
# The plugin's call as a runtime makes it, with the package's podtap-ipam.
call() {
	cni "$1" '{"ipam":{"type":"podtap-ipam","subnet":"10.99.0.0/24"}}' CNI_PATH=/opt/cni/bin
}

@test "the .deb packages of both architectures pass lintian" {
	run -0 lintian --allow-root --fail-on error,warning "$DIST"/*.deb
	run -0 find "$DIST" -name '*.deb' -printf '%f\n'
	[ "${#lines[@]}" = 6 ]
}
@test "podtap.deb: installs for both directories of plugins, upgrades from 0.1.0 under a running pod, and is purged" {
	machine find /opt -mindepth 1 -delete
	run -0 install "$FORMER"/podtap_*_"$arch".deb
	run -0 machine readlink /opt/cni/bin/podtap /opt/cni/bin/podtap-ipam
	[ "$output" = $'/usr/lib/cni/podtap\n/usr/lib/cni/podtap-ipam' ]
	run -0 call ADD
	cp /usr/lib/cni/macvlan "$BATS_TEST_TMPDIR"
	before=$(ip -n "$pod" -o link show eth0)

	for directory in /usr/lib/cni /opt/cni/bin; do
		run -0 machine_never_without $directory podtap dpkg --no-triggers -i "$deb"
	done
	run -1 machine_never_without /usr/lib/cni podtap mv /usr/lib/cni/podtap /usr/lib/cni/podtap-moved
	run -0 machine mv /usr/lib/cni/podtap-moved /usr/lib/cni/podtap
	run -0 machine /opt/cni/bin/podtap --version
	[[ $output == "podtap $version "* ]]
	[ "$(ip -n "$pod" -o link show eth0)" = "$before" ]
	run -0 call CHECK
	run -0 machine podtapctl install --aliases
	[[ $output == *"kept /usr/lib/cni/macvlan (github.com/containernetworking/plugins/"* && $output == *"installed /opt/cni/bin/macvtap"* ]]

	run -0 machine dpkg --no-triggers -P podtap
	[[ $output == *"podtap: endpoints on record: 1."* && $output == *"/run/podtap is kept"* ]]
	[[ $output == *"restored /usr/lib/cni/macvlan ("* && $output == *"removed /opt/cni/bin/macvtap"* ]]
	run -0 machine cmp /usr/lib/cni/macvlan "$BATS_TEST_TMPDIR/macvlan"
	[ "$(ip -n "$pod" -o link show eth0)" = "$before" ]
	run -0 install "$deb"
	run -0 call DEL
	run ! ip -n "$pod" link show eth0

	run -0 machine dpkg --no-triggers -P podtap
	[[ $output != *"on record"* ]]
	run -0 machine_files '*podtap*'
	[ -z "$output" ]
	run -0 machine find /opt
	[ "$output" = /opt ]
}
@test "podtap.deb: keeps another program's file in /opt/cni/bin, and says so" {
	machine sh -c 'mkdir -p /opt/cni/bin && echo foreign >/opt/cni/bin/podtap'
	run -0 install "$deb"
	[[ $output == *"/opt/cni/bin/podtap is not this package's and is kept"* ]]
	run -0 machine readlink /opt/cni/bin/podtap-ipam
	run -0 machine dpkg --no-triggers -P podtap
	run -0 machine cat /opt/cni/bin/podtap
	[ "$output" = foreign ]
}
@test "podtap-podman.deb, podtap-kubernetes.deb: need podtap of the same version; the hook's file comes after the hook" {
	run -1 install "$DIST"/podtap-podman_*_"$arch".deb
	[[ $output == *"depends on podtap (= "* ]]
	run -0 install "$deb" "$DIST"/podtap-{podman,kubernetes}_*_"$arch".deb
	run -0 machine /usr/libexec/podtap/podtap-hook --version
	[[ $output == "podtap-hook $version "* ]]
	# dpkg renames files in the order of the archive, and removes them in the other.
	hook=$(dpkg-deb -c "$DIST"/podtap-podman_*_"$arch".deb | grep -nE 'podtap-hook$|50-podtap.json$')
	[[ $hook == *libexec*hooks.d* ]]
	run -0 machine jq -re .hook.path /usr/share/containers/oci/hooks.d/50-podtap.json
	[ "$output" = /usr/libexec/podtap/podtap-hook ]
	run -0 dpkg-deb -f "$DIST"/podtap-podman_*_"$arch".deb Conflicts
	[ "$output" = cri-o ]
	for unit in nri device-plugin addresses; do
		program=$(machine sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "/usr/lib/systemd/system/podtap-$unit.service")
		run -0 machine "$program" --version
		[[ $output == "podtap-$unit $version "* ]]
	done
	run -0 machine dpkg --no-triggers -P podtap-podman podtap-kubernetes podtap
	run -0 machine_files '*podtap*'
	[ -z "$output" ]
}
