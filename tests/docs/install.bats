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
	env -u MAKEFLAGS -u MAKELEVEL -u SAN -u CFLAGS make -s -C "$root" O="$built" -o all "$@" 2>&1
}

@test "make install: installs all files, and uninstall removes every file and directory" {
	run -0 make_it install DESTDIR="$dest"
	run -0 "$bin/podtap" --version
	[ -x "$bin/podtap-ipam" ]
	run -0 "$dest/usr/libexec/netavark/podtap" info
	json_is .api_version 1.0.0
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
@test "make STATIC=1: builds, or names the missing archives and their sources" {
	run env -u MAKEFLAGS -u MAKELEVEL make -s -C "$root" O="$BATS_TEST_TMPDIR/static" STATIC=1
	if [ "$status" = 0 ]; then
		run -1 env LC_ALL=C ldd "$BATS_TEST_TMPDIR/static/podtap"
	else
		[[ $output =~ lib(mnl|cjson|cap-ng)\.a ]]
		[[ $output == *https://* ]]
	fi
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
