#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The image: its files, sizes and platforms, and what podman runs of it.
# bats file_tags=runtime
load ../lib/lib
load ../lib/lab
load ../lib/podman

# $IMAGE is the directory in which make image made the image, and the trees of its files.
setup_file() {
	[ -n "$IMAGE" ] || { echo "make check-image runs this file"; return 1; }
	mkdir "$BATS_FILE_TMPDIR/oci"
	tar -C "$BATS_FILE_TMPDIR/oci" -xf "$IMAGE/podtap-image.tar"
}
setup() {
	oci=$BATS_FILE_TMPDIR/oci
}
teardown() {
	[ -z "${lab_pid:-}" ] || podman_teardown
	[ -z "${host:-}" ] || lan_teardown
}
# Prints what jq says of a blob: blob DIGEST FILTER
blob() {
	jq -rc "$2" "$oci/blobs/${1/://}"
}

@test "make image: one manifest list has each architecture in less than 12 MB, labelled, and twice the same bytes" {
	run -0 "$root/image/build" "$(cat "$root/VERSION")" "$BATS_TEST_TMPDIR/again.tar" "$IMAGE/tree-amd64" "$IMAGE/tree-arm64"
	echo "# $output" >&3
	run -0 cmp "$IMAGE/podtap-image.tar" "$BATS_TEST_TMPDIR/again.tar"
	list=$(jq -r '.manifests[0].digest' "$oci/index.json")
	# A node finds it by this name: containerd takes a name without a registry for one of docker.io.
	[ "$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' "$oci/index.json")" = "localhost/podtap:$(cat "$root/VERSION")" ]
	emulator=()
	run -0 blob "$list" '[.manifests[].platform | .os + "/" + .architecture] | join(" ")'
	[ "$output" = "linux/amd64 linux/arm64" ]
	while read -r digest architecture machine; do
		run -0 blob "$(blob "$digest" .config.digest)" '[.architecture, .config.User, .config.Entrypoint[0],
			(.config.Labels | [.["org.opencontainers.image.title", "org.opencontainers.image.version"]])]'
		[ "$output" = "[\"$architecture\",\"65532:65532\",\"/usr/bin/podtapctl\",[\"podtap\",\"$(cat "$root/VERSION")\"]]" ]
		run -0 blob "$digest" '[.layers[].size] | add'
		[ "$output" -lt 12000000 ]
		files=$BATS_TEST_TMPDIR/$architecture
		mkdir "$files"
		for layer in $(blob "$digest" '.layers[].digest'); do
			tar -C "$files" -xzf "$oci/blobs/${layer/://}"
		done
		[ "$(du -sb "$files" | cut -f1)" -lt 12000000 ]
		run -0 find "$files" ! -type d -printf '%P %m %U %G\n'
		[ "$(sort <<<"$output")" = "$(printf '%s 0 0\n' 'opt/cni/bin/podtap 755' 'opt/cni/bin/podtap-ipam 755' 'usr/bin/podtap-exec 755' \
			'usr/bin/podtapctl 755' 'usr/libexec/podtap/podtap-addresses 755' 'usr/libexec/podtap/podtap-device-plugin 755' \
			'usr/libexec/podtap/podtap-nri 755' 'usr/share/doc/podtap/LICENSE 644')" ]
		for program in "$files"/*/*/*/podtap*; do
			[ -d "$program" ] || [[ $(readelf -h "$program") == *"Machine:"*"$machine"* ]]
		done
		mkdir "$files-node"
		[ "$architecture" = amd64 ] || emulator=(qemu-aarch64-static)
		run -0 "${emulator[@]}" "$files/usr/bin/podtapctl" install --aliases --from "$files/opt/cni/bin" --to "$files-node"
		run -0 cmp "$files-node/macvlan" "$files/opt/cni/bin/podtap"
	done < <(blob "$list" '.manifests[] | .digest + " " + .platform.architecture + " " +
		{amd64: "X86-64", arm64: "AArch64"}[.platform.architecture]')
}
@test "the image, by podman: runs each program, and its installer's plugin makes an endpoint, without a capability" {
	lan_setup
	podman_setup
	mkdir "$BATS_TEST_TMPDIR/node"
	run -0 pm load -q -i "$IMAGE/podtap-image.tar"
	image=${output##*: }
	run_it() {
		pm run --rm --network none --read-only --cap-drop all --security-opt no-new-privileges "$@"
	}
	for program in /opt/cni/bin/podtap /opt/cni/bin/podtap-ipam podtap-nri podtap-device-plugin podtap-addresses podtapctl podtap-exec; do
		run -0 run_it --entrypoint "$program" "$image" --version
		[[ $output == "${program##*/} "* ]]
	done
	# As the image's own user.
	run -0 run_it "$image" mac lan shop/db-0 eth0
	[ "$output" = "$("$BUILD/podtapctl" mac lan shop/db-0 eth0)" ]
	installer=(run_it --user 0 --volume "$BATS_TEST_TMPDIR/node:/host/opt/cni/bin" "$image" install)
	cp -p /usr/lib/cni/macvlan "$BATS_TEST_TMPDIR/node"
	chown -h 1234:1234 "$BATS_TEST_TMPDIR/node/macvlan" # CAP_FOWNER would be needed to link it
	run -0 "${installer[@]}" --aliases --to /host/opt/cni/bin
	[ "$(tr -d '\r' <<<"$output")" = "$(printf '%s\n' "installed /host/opt/cni/bin/podtap" "installed /host/opt/cni/bin/podtap-ipam" \
		"installed /host/opt/cni/bin/macvtap" "kept /host/opt/cni/bin/macvlan (github.com/containernetworking/plugins/plugins/main/macvlan, $(
			stat -c '%s bytes of %y' /usr/lib/cni/macvlan | cut -d' ' -f1-4)) as macvlan.before-podtap" "installed /host/opt/cni/bin/macvlan")" ]
	run -0 cmp "$BATS_TEST_TMPDIR/node/macvlan.before-podtap" /usr/lib/cni/macvlan
	run -0 "${installer[@]}" --aliases --to /host/opt/cni/bin
	[[ $output == "/host/opt/cni/bin is up to date"* ]]
	export PLUGIN=$BATS_TEST_TMPDIR/node/macvtap
	run -0 cni ADD
	[ "$(link "$pod" eth0 .linkinfo.info_kind)" = macvtap ]
	run -0 cni DEL
}
