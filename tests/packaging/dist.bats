#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What `make dist` makes: all of it, named in the checksums, and the same bytes in another directory.
# bats file_tags=runtime
load ../lib/lib
load ../lib/packaging

setup() {
	unset host
}

@test "make dist: in another directory, by another umask, time zone and locale, it makes the same bytes" {
	other=$BATS_TEST_TMPDIR/another/directory
	"$tests/packaging/clone" "$other"
	run -0 env -u MAKEFLAGS -u MAKELEVEL -u SAN -u CFLAGS -u LINK -u O -u CC TZ=Asia/Tokyo LC_ALL=C sh -c \
		'umask 077; exec make -s -j"$(nproc)" -C "$0" ARCHIVES="$1" DIST=there DIRTY=1 dist' "$other" "$root/build-archives"
	run -0 diff "$DIST/SHA256SUMS" "$other/there/SHA256SUMS"
}
@test "make dist: the checksums name every file and are right; both architectures have everything" {
	cd "$DIST"
	run -0 sha256sum --quiet -c SHA256SUMS
	[ "$(cut -c 67- SHA256SUMS)" = "$(find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort)" ]
	for name in "podtap-$version".{tar.gz,spdx.json,changelog.md} "podtap-$version-linux-"{amd64,arm64}.tar.gz; do
		grep -q "  $name$" SHA256SUMS
	done
}
@test "make dist: the sources are those of the commit, the executables are static, the changelog is the version's" {
	mkdir "$BATS_TEST_TMPDIR/sources"
	tar -xzf "$DIST/podtap-$version.tar.gz" -C "$BATS_TEST_TMPDIR/sources" --strip-components 1
	run -0 sh -c 'cd "$0" && find . ! -type d -printf "%P\n" | LC_ALL=C sort' "$BATS_TEST_TMPDIR/sources"
	[ "$output" = "$(git -C "$root" ls-tree -r --name-only HEAD | LC_ALL=C sort)" ]
	tar -xzf "$DIST/podtap-$version-linux-$arch.tar.gz" -C "$BATS_TEST_TMPDIR"
	run -0 "$BATS_TEST_TMPDIR/podtap-$version-linux-$arch/opt/cni/bin/podtap" --version
	[ "$output" = "podtap $version (static, musl)" ]
	run -0 readelf -SlW "$BATS_TEST_TMPDIR/podtap-$version-linux-$arch/opt/cni/bin/podtap"
	[[ $output != *INTERP* && $output != *.symtab* ]]
	run -0 grep '^## ' "$DIST/podtap-$version.changelog.md"
	[[ ${#lines[@]} = 1 && $output == "## [${version%-*}]"* ]]
}
@test "make dist: the SBOM names every library that is linked, with its version, and every file" {
	sbom=$DIST/podtap-$version.spdx.json
	output=$(cat "$sbom")
	json_is .spdxVersion SPDX-2.3
	json_is '.packages[0] | "\(.name) \(.versionInfo)"' "podtap $version"
	while read -r name of; do
		jq -e --arg name "$name" --arg of "$of" '(.packages[] | select(.name == $name) | .versionInfo == $of and (.licenseDeclared | length > 0))
			and any(.relationships[]; .relationshipType == "STATIC_LINK" and .relatedSpdxElement == "SPDXRef-\($name)")' "$sbom" >/dev/null || {
			echo "no $name $of"
			return 1
		}
	done <"$root/build-archives/musl/versions"
	run -0 jq -r '.files[] | "\(.checksums[0].checksumValue)  \(.fileName[2:])"' "$sbom"
	[ "$(LC_ALL=C sort -k 2 <<<"$output")" = "$(grep -E '(tar\.gz|deb|rpm)$' "$DIST/SHA256SUMS")" ]
}
@test "make dist: refuses changes that are not committed, and a tag that is not the version" {
	git clone -q "$root" "$BATS_TEST_TMPDIR/clone"
	cd "$BATS_TEST_TMPDIR/clone"
	cp -r "$root/packaging" .
	git add -A
	git -c user.name=t -c user.email=t@t commit -q --allow-empty -a -m t
	echo change >>VERSION
	run -1 packaging/dist out archives
	[[ $output == "make dist: there are changes that are not committed."* ]]
	git checkout -q VERSION
	git -c user.name=t -c user.email=t@t tag -a -m t v9.9.9
	run -1 packaging/dist out archives
	[[ $output == "make dist: the commit has the tag v9.9.9, and VERSION is $version" ]]
}
