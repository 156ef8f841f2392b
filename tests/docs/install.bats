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
	[ -z "$output" ]
	run -0 find "$dest" ! -type d -o -name podtap
	[ -z "$output" ]
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
@test "make install-aliases: names and keeps a foreign file, unless FORCE=1" {
	mkdir -p "$bin"
	echo foreign >"$bin/macvlan"
	run -2 make_it install-aliases DESTDIR="$dest"
	[[ $output == *"$bin/macvlan is not ours"* ]]
	run -0 cat "$bin/macvlan"
	[ "$output" = foreign ]
	run -0 make_it install-aliases DESTDIR="$dest" FORCE=1
	[ "$(readlink "$bin/macvlan")" = podtap ]
}
@test "make uninstall: keeps a foreign file at an alias's path" {
	run -0 make_it install DESTDIR="$dest"
	echo foreign >"$bin/macvtap"
	run -0 make_it uninstall DESTDIR="$dest"
	run -0 cat "$bin/macvtap"
	[ "$output" = foreign ]
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
	for program in podtap podtap-ipam podtap-netavark podtap-hook podtap-nri podtap-device-plugin podtapctl podtap-exec; do
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
