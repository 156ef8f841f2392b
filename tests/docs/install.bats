#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The targets of make for people: they install, remove, and report what is missing.
# bats file_tags=runtime
load ../lib/lib

setup() {
	built=$(cd "$BUILD" && pwd)
	dest=$BATS_TEST_TMPDIR/dest
	bin=$dest/opt/cni/bin
}
# Runs make as a person types it, without the variables of the make that runs the tests.
make_it() {
	env -u MAKEFLAGS -u MAKELEVEL -u SAN -u CFLAGS -u LINK make -s -C "$root" O="$built" -o all "$@" 2>&1
}

@test "make install: installs all files, and uninstall removes every file and directory" {
	run -0 make_it install DESTDIR="$dest"
	run -0 "$bin/podtap" --version
	[ -x "$bin/podtap-ipam" ]
	run -0 "$dest/usr/libexec/netavark/podtap" info
	json_is .api_version 1.0.0
	run -0 readelf -SW "$bin/podtap"
	[[ $output != *.debug_info* ]]
	[ -f "$dest/usr/share/man/man8/podtap.8" ]
	[ -f "$dest/usr/share/doc/podtap/examples/bridge.conflist" ]
	[ -f "$dest/usr/share/doc/podtap/LICENSE" ]
	for page in README.md CHANGELOG.md docs/podman.md docs/development/style.md; do
		run -0 cmp "$root/$page" "$dest/usr/share/doc/podtap/$page"
	done
	run -0 make_it uninstall DESTDIR="$dest"
	[ "$output" = "removed $bin/podtap"$'\n'"removed $bin/podtap-ipam" ]
	run -0 find "$dest" ! -type d -o -name podtap
	[ -z "$output" ]
}
@test "make install: prints a line for each directory, whether it strips, and what to do next" {
	told() {
		env -u MAKEFLAGS -u MAKELEVEL -u SAN -u CFLAGS -u LINK make -C "$root" --no-print-directory O="$built" -o all \
			DESTDIR="$dest" "$@" install
	}
	run -0 told
	[ "${lines[0]}" = "$dest/opt/cni/bin: podtap podtap-ipam" ]
	[ "$(printf '%s\n' "${lines[@]%%: *}" | grep "^$dest/")" = "$(find "$dest" -type f -printf '%h\n' | LC_ALL=C sort -u)" ]
	[[ $output == *"man/man8: 9 files"* && $output == *$'\n'"Stripped by strip."$'\n'"Next: podtapctl doctor"* ]]
	run -0 told STRIP=
	[[ $output == *"Not stripped: STRIP is empty."* ]]
	run -0 told STRIP=no-strip
	[[ $output == *"Not stripped: there is no no-strip."* ]]
}
@test "make: builds and installs by the CC, AR, STRIP, PKG_CONFIG and CROSS_COMPILE given" {
	local tool tools=$BATS_TEST_TMPDIR/tools
	mkdir "$tools"
	for tool in cc ar strip pkg-config some-gcc; do
		printf '#!/bin/sh\n[ "$1" != -print-prog-name=ar ] || exec echo "%s/ar"\necho "%s" >>"%s/used"\nexec %s "$@"\n' \
			"$tools" "$tool" "$tools" "${tool/some-}" >"$tools/$tool"
		chmod +x "$tools/$tool"
	done
	used() { sort -u "$tools/used" | paste -sd' '; rm "$tools/used"; }
	parts() { make_it LINK=dynamic sources=base/cli.c messages= O="$BATS_TEST_TMPDIR/$1" "$BATS_TEST_TMPDIR/$1/parts.a" "${@:2}"; }
	run -0 parts named CC="$tools/cc" AR="$tools/ar" PKG_CONFIG="$tools/pkg-config"
	[ "$(used)" = "ar cc pkg-config" ]
	unset CC AR
	run -0 parts crossed CROSS_COMPILE="$tools/some-"
	[ "$(used)" = "ar some-gcc" ]
	run -0 make_it install DESTDIR="$dest" STRIP="$tools/strip"
	[ "$(used)" = strip ]
}
@test "make install: CNI_BIN_DIR, NETAVARK_PLUGIN_DIR, PREFIX and MANDIR set the directories" {
	set_to=(CNI_BIN_DIR=/usr/lib/cni NETAVARK_PLUGIN_DIR=/plugins PREFIX=/usr/local MANDIR=/man)
	run -0 make_it install DESTDIR="$dest" "${set_to[@]}"
	[ -x "$dest/usr/lib/cni/podtap" ]
	[ -x "$dest/plugins/podtap" ]
	[ -f "$dest/man/man8/podtap.8" ]
	[ -d "$dest/usr/local/share/doc/podtap" ]
	[ ! -e "$dest/opt" ]
	run -0 make_it uninstall DESTDIR="$dest" "${set_to[@]}"
	run -0 find "$dest" ! -type d
	[ -z "$output" ]
}
@test "make uninstall: refuses while an endpoint is on record, and then removes nothing, also not the hook" {
	set_to=(CNI_BIN_DIR="$bin" NETAVARK_PLUGIN_DIR="$dest/plugins" PREFIX="$dest/usr" MANDIR="$dest/man" HOOKS_DIR="$dest/hooks")
	export PODTAP_STATE_DIR=$BATS_TEST_TMPDIR/state
	run -0 make_it -o "$built/podtap-hook" install install-hook "${set_to[@]}"
	before=$(find "$dest" ! -type d | sort)
	[ -e "$dest/hooks/50-podtap.json" ]
	mkdir -p "$PODTAP_STATE_DIR/endpoints/vm1"
	echo '{}' >"$PODTAP_STATE_DIR/endpoints/vm1/eth0.json"
	run -2 make_it uninstall "${set_to[@]}"
	[[ $output == *"uninstall with 1 endpoints on record"* ]]
	[ "$(find "$dest" ! -type d | sort)" = "$before" ]
	rm -r "$PODTAP_STATE_DIR"
	run -0 make_it uninstall "${set_to[@]}"
	run -0 find "$dest" ! -type d
	[ -z "$output" ]
}
@test "make install: replaces a running executable by a new file" {
	mkdir -p "$bin"
	cp "$(command -v sleep)" "$bin/podtap"
	"$bin/podtap" 600 3>&- &
	sleeper=$!
	until [ "$(readlink "/proc/$sleeper/exe")" = "$(realpath "$bin/podtap")" ]; do kill -0 "$sleeper"; done
	before=$(stat -c %i "$bin/podtap")
	run -0 make_it install DESTDIR="$dest"
	[ "$(stat -c %i "$bin/podtap")" != "$before" ]
	kill "$sleeper"
	run -0 "$bin/podtap" --version
}
never_without() { "$tests/lib/never_without" "$@"; } # DIRECTORY FILE COMMAND...
@test "make install, podtapctl install and uninstall: an upgrade leaves no moment without the plugin's file" {
	run -0 make_it install DESTDIR="$dest"
	echo former >>"$bin/podtap"
	run -0 never_without "$bin" podtap env -u MAKEFLAGS -u MAKELEVEL -u SAN -u CFLAGS -u LINK make -s -C "$root" O="$built" -o all \
		install DESTDIR="$dest"
	echo former >>"$bin/podtap"
	cp /usr/lib/cni/macvlan "$bin/macvlan"
	for name in podtap macvlan; do
		run -0 never_without "$bin" $name "$built/podtapctl" install --aliases --from "$built" --to "$bin"
		run -0 cmp "$bin/podtap" "$built/podtap"
		[ -L "$bin/macvlan" ]
		run -0 never_without "$bin" $name "$built/podtapctl" uninstall --aliases --from "$bin"
		run -0 cmp "$bin/macvlan" /usr/lib/cni/macvlan
		echo former >>"$bin/podtap"
	done
	run -1 never_without "$bin" podtap sh -c 'rm "$0"; cp "$1" "$0"' "$bin/podtap" "$built/podtap"
}
@test "make install-aliases: macvtap and macvlan run podtap, and uninstall removes them" {
	run -0 make_it install-aliases DESTDIR="$dest"
	for name in macvtap macvlan; do
		run -0 env CNI_COMMAND=VERSION "$bin/$name"
		json_is .cniVersion 1.1.0
	done
	run -0 make_it install-aliases DESTDIR="$dest"
	run -0 make_it uninstall DESTDIR="$dest"
	run -0 find "$dest" ! -type d
	[ -z "$output" ]
}
@test "make install-aliases: keeps another program's files, says whose they are, and uninstall puts them back" {
	mkdir -p "$bin"
	cp --preserve=timestamps /usr/lib/cni/macvlan "$bin/macvlan"
	run -0 make_it install-aliases DESTDIR="$dest"
	[[ $output == *"kept $bin/macvlan (github.com/containernetworking/plugins/"*"/macvlan, "*") as macvlan.before-podtap"* ]]
	[ "$(readlink "$bin/macvlan" "$bin/macvtap")" = $'podtap\npodtap' ]
	run -0 make_it uninstall DESTDIR="$dest"
	run -0 cmp "$bin/macvlan" /usr/lib/cni/macvlan
	run -0 make_it uninstall DESTDIR="$dest" # also without an installed podtapctl
	run -0 find "$dest" ! -type d
	[ "$output" = "$bin/macvlan" ]
}
# Decides as make does: linkage WANTED SANITIZERS ARCHIVES
linkage() {
	"$root/tests/linkage" "$@" cc
}
# Archives that cannot be fetched, and a directory with empty ones.
hide_archives() {
	local library
	mkdir -p "$BATS_TEST_TMPDIR/hidden" "$BATS_TEST_TMPDIR/empty"
	echo "the mirror is away" >"$BATS_TEST_TMPDIR/hidden/failed"
	for library in mnl cjson cap-ng protobuf-c seccomp nghttp2; do
		ar rcs "$BATS_TEST_TMPDIR/empty/lib$library.a"
	done
}

@test "make: every executable is what make and --version say: static, or dynamic" {
	said=$(cat "$BUILD/linkage")
	[[ $said =~ ^Linked\ as\ (static,\ musl|static,\ glibc|dynamic):\ .+\.$ ]]
	kind=${BASH_REMATCH[1]}
	for program in podtap podtap-ipam podtap-netavark podtap-hook podtap-nri podtap-device-plugin podtap-addresses podtapctl podtap-exec; do
		[[ $("$BUILD/$program" --version) == "$program "*" ($kind)" ]]
		loads=$(readelf -ldW "$BUILD/$program" | grep -cE '^ +INTERP |\(NEEDED\)') || :
		if [ "$kind" = dynamic ]; then [ "$loads" -gt 1 ]; else [ "$loads" = 0 ]; fi
	done
}
@test "make: links with musl, else with glibc, else dynamically, and says why" {
	hide_archives
	run -0 linkage '' '' "$BATS_TEST_TMPDIR/hidden"
	[ "$output" = "dynamic - no musl: the mirror is away; no glibc: the mirror is away" ]
	LIBRARY_PATH=$BATS_TEST_TMPDIR/empty run -0 linkage '' '' "$BATS_TEST_TMPDIR/hidden"
	[ "$output" = "glibc - archives of this machine" ]
	run -0 linkage '' address "$BATS_TEST_TMPDIR/hidden"
	[[ $output == "dynamic - SAN=address needs "* ]]
	run -0 linkage dynamic '' "$BATS_TEST_TMPDIR/hidden"
	[ "$output" = "dynamic - LINK=dynamic" ]
	run -2 make_it LINK=musl ARCHIVES="$BATS_TEST_TMPDIR/hidden" O="$BATS_TEST_TMPDIR/build" "$BATS_TEST_TMPDIR/build/flags"
	[[ $output == *"LINK=musl: the mirror is away"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/build/flags" ]
}
@test "make: names the source package that Debian's mirror lacks" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/apt-get" <<-'END'
		#!/bin/bash
		case "$*" in
		*source*libcap-ng=1) echo "E: Failed to fetch libcap-ng_1.dsc" >&2; exit 1 ;;
		*source*) package=${!#}; package=${package%=*}; mkdir "$package-1"; echo "Version: 1" >"${package}_1.dsc" ;;
		esac
	END
	printf '#!/bin/sh\necho " $2 | 1 | Sources"\n' >"$BATS_TEST_TMPDIR/bin/apt-cache"
	printf '#!/bin/sh\n' >"$BATS_TEST_TMPDIR/bin/sleep" # between two tries
	chmod +x "$BATS_TEST_TMPDIR"/bin/*
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run -1 "$root/tests/archives" glibc "$BATS_TEST_TMPDIR/archives" cc
	[ "${lines[-1]}" = "the sources cannot be fetched from Debian: E: Failed to fetch libcap-ng_1.dsc" ]
}
@test "make LINK=dynamic: links one program so, with a sentence and --version that say it" {
	make_them() {
		make_it LINK=dynamic O="$BATS_TEST_TMPDIR/build" sources='base/cli.c base/failure.c' "$@"
	}
	run -0 make_them linkage
	[ "$output" = "Linked as dynamic: LINK=dynamic." ]
	run -0 make_them "$BATS_TEST_TMPDIR/build/base/cli.o"
	run -0 grep -c '(%s)' "$BATS_TEST_TMPDIR/build/base/cli.o"
	run -0 grep -cw dynamic "$BATS_TEST_TMPDIR/build/base/cli.o"
}
@test "make: another linker than GNU ld gets the scripts that it takes" {
	scripts() {
		make_it -n V=1 O="$BATS_TEST_TMPDIR/build" "$@" "$BATS_TEST_TMPDIR/build/podtap" | grep -o -- '-Wl,-T,[^ ]*' | sort -u
	}
	run -0 cat "$BUILD/linkage"
	[[ $output == "Linked as static, musl"* ]] || skip "only static programs with musl are laid out"
	run -0 scripts LDFLAGS=-fuse-ld=bfd
	[ "$output" = $'-Wl,-T,base/dynamic.ld\n-Wl,-T,base/order.ld\n-Wl,-T,base/segments.ld' ]
	run -0 scripts LDFLAGS=-fuse-ld=lld
	[ "$output" = $'-Wl,-T,base/order.ld\n-Wl,-T,base/segments.ld' ]
	command -v ld.lld >/dev/null || return 0
	echo 'const char *volatile text = "x"; void _start(void) { for (;;) text++; }' >"$BATS_TEST_TMPDIR/start.c"
	cd "$root"
	cc -nostdlib -static-pie -fPIE -fuse-ld=lld -Wl,-z,relro,-z,now "${lines[@]}" -o "$BATS_TEST_TMPDIR/start" "$BATS_TEST_TMPDIR/start.c"
}
@test "make check: without root it names missing packages and the command that installs them" {
	empty=$(mktemp -d)
	printf '#!/bin/sh\nexit 1\n' >"$empty/dpkg-query"
	chmod -R 755 "$empty"
	run -1 setpriv --reuid 65534 --clear-groups env PATH="$empty:$PATH" sh -s install build check <"$root/tests/packages"
	rm -r "$empty"
	[[ $output == *"apt-get install --no-install-recommends gcc"* ]]
	[[ $output == *bats* ]]
}
@test "manual pages: cause no warning" {
	run -0 env MANWIDTH=80 groff -mandoc -Tutf8 -ww -z "$root"/*/*.[58]
	[ -z "$output" ]
}
