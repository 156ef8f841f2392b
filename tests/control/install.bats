#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl install and uninstall: a runtime finds a plugin at any instant, and no file of another program is lost.
# bats file_tags=plain
bats_require_minimum_version 1.5.0

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	: "${BUILD:=$root/build}"
	BUILD=$(cd "$BUILD" && pwd)
	bin=$BATS_TEST_TMPDIR/bin wrapper=()
	export PODTAP_STATE_DIR=$BATS_TEST_TMPDIR/state
	mkdir -p "$bin" "$PODTAP_STATE_DIR"
	cd "$bin" || return
}
install_it() {
	"${wrapper[@]}" "$BUILD/podtapctl" install --from "$BUILD" --to "$bin" "$@"
}
uninstall_it() {
	"${wrapper[@]}" "$BUILD/podtapctl" uninstall --force --from "$bin" "$@"
}
# Another program's plugins: an executable of the reference plugins, and a link.
foreign_make() {
	rm -rf "${bin:?}"/*
	printf '#!/bin/sh\necho foreign\n' >macvlan
	chmod 0711 macvlan
	touch -d 2023-04-09 macvlan
	ln -s /elsewhere/macvtap macvtap
}
# The names in the directory with all that must come back: type, mode, owner, year, size, link.
facts() {
	find . -mindepth 1 -printf '%f %y %m %u %TY %s %l\n' | grep -v "${1:-^$}" | sort
}

@test "install: executables are renamed into place, again only those that changed, and all is removed" {
	run -0 install_it --to "$bin/made/by/it" --aliases
	[ "${lines[0]} $(ls)" = "installed $bin/podtap macvlan"$'\nmacvtap\nmade\npodtap\npodtap-ipam' ]
	for directory in . made/by/it; do
		[ "$(readlink $directory/macvtap $directory/macvlan) $(stat -c %a $directory/podtap)" = $'podtap\npodtap 755' ]
		run -0 "$directory/macvlan" --version
		[[ $output == "podtap "* ]]
	done
	run -0 install_it --aliases
	[ "$output" = "$bin is up to date" ]
	chmod 0700 podtap-ipam
	ln -s "$BUILD/podtap" made/podtap
	run -0 install_it --alias macvtap --to "$bin/made"
	[ "${lines[0]}" = "installed $bin/podtap-ipam" ]
	[ -L made/podtap ] # a package's link to the same file
	# One that runs is not written to.
	cp "$(command -v sleep)" made/by/it/new
	printf PODTAP_STATE_DIR >>made/by/it/new
	mv made/by/it/new podtap
	./podtap 600 3>&- &
	sleeper=$!
	until [ "$(readlink "/proc/$sleeper/exe")" = "$bin/podtap" ]; do kill -0 "$sleeper"; done
	run -0 install_it
	kill "$sleeper"
	[ "$output" = "installed $bin/podtap" ]
	run -0 cmp podtap "$BUILD/podtap"
	run -0 uninstall_it --from "$bin/made/by/it" --from "$bin/none"
	run -0 find . ! -type d -path './*' ! -path './made/*'
	[ -z "$output" ]
	run -0 find made -mindepth 2 ! -type d
	[ -z "$output" ]
}
@test "install --aliases: another program's file stays under another name, is named, and uninstall puts it back" {
	foreign_make
	before=$(facts)
	run -0 install_it
	[ "$(facts podtap)" = "$before" ]
	run -0 install_it --aliases
	[[ $output == *"kept $bin/macvtap (a link to /elsewhere/macvtap) as macvtap.before-podtap"* ]]
	[[ $output == *"kept $bin/macvlan (a script, 23 bytes of 2023-04-09) as macvlan.before-podtap"* ]]
	run -0 install_it --aliases
	[ "$(readlink macvtap macvlan)" = $'podtap\npodtap' ]
	[ "$(./macvlan.before-podtap)" = foreign ]
	run -0 uninstall_it --alias macvlan
	[ "$output" = "restored $bin/macvlan (a script, 23 bytes of 2023-04-09)" ]
	[ -x podtap ]
	run -0 uninstall_it
	[ "$(facts)" = "$before" ]
	cp --preserve=timestamps /usr/lib/cni/macvlan podtap
	run -0 install_it
	[[ ${lines[0]} == "kept $bin/podtap (github.com/containernetworking/plugins/"*"/macvlan, "*" bytes of "*") as podtap.before-podtap" ]]
	run -0 uninstall_it
	run -0 cmp podtap /usr/lib/cni/macvlan
}
@test "install --aliases: a file that a package put there since is kept too, and one that nobody may link is copied" {
	foreign_make
	run -0 install_it --aliases
	printf '#!/bin/sh\necho newer\n' >new
	chmod 0755 new
	mv new macvlan
	run -0 uninstall_it --aliases
	[[ $output == *"left $bin/macvlan (a script, "*"), and macvlan.before-podtap"* ]]
	run -0 install_it --aliases
	[ "$(./macvlan.before-podtap) $(./macvlan.before-podtap.1)" = "newer foreign" ]
	run -0 uninstall_it
	[ "$(./macvlan) $(./macvlan.before-podtap.1)" = "newer foreign" ]
	# The kernel forbids a second name of another user's file without a capability.
	foreign_make
	chown -h 12:34 macvlan macvtap
	before=$(facts | grep ^macvlan)
	wrapper=(strace -qq -o /dev/null -e inject=linkat:error=EPERM)
	run -0 install_it --aliases
	run -0 uninstall_it
	[ "$(facts | grep ^macvlan)" = "$before" ]
	[ "$(stat -c %u:%g macvlan) $(readlink macvtap)" = "12:34 /elsewhere/macvtap" ]
}
# Ends a command before each of its changes of the directory. Both names have their file then, and a whole run completes
# what was begun: ended_anywhere PREPARE COMMAND FACTS
ended_anywhere() {
	local calls=linkat,renameat,symlinkat,unlinkat,sendfile,fchmod,fsync call nth
	"$1"
	wrapper=(strace -qq -o "$BATS_TEST_TMPDIR/calls" -e "trace=$calls")
	"$2" >/dev/null
	while read -r call nth; do
		"$1"
		wrapper=(strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$nth")
		run -137 "$2"
		if [ ! -L macvtap ] || [ ! -s macvlan ]; then echo "ended at $call $nth: a name is missing"; return 1; fi
		wrapper=()
		run -0 "$2"
		[ "$(facts)" = "$3" ] || { echo "ended at $call $nth:"; facts; return 1; }
	done < <(sed 's/(.*//' "$BATS_TEST_TMPDIR/calls" | awk '{ print $1, ++n[$1] }' | tee "$BATS_TEST_TMPDIR/steps")
	[ "$(wc -l <"$BATS_TEST_TMPDIR/steps")" -ge "$4" ]
}
installed_make() {
	foreign_make
	install_it --aliases
}
whole_install() {
	install_it --aliases
}
@test "install, uninstall: ended before any of their steps, no name is without its file, and the next run completes it" {
	foreign_make
	before=$(facts)
	wrapper=()
	installed_make
	ended_anywhere foreign_make whole_install "$(facts)" 15
	wrapper=()
	ended_anywhere installed_make uninstall_it "$before" 8
}
@test "install: installers that run side by side do the work once" {
	foreign_make
	for _ in 1 2 3 4; do
		install_it --aliases 3>&- &
		installers+=($!)
	done >said
	wait "${installers[@]}" # bats has a child of its own
	[ "$(grep -c "installed $bin/podtap$" said) $(grep -c kept said)" = "1 2" ]
	[ "$(./macvlan.before-podtap)" = foreign ]
}
@test "install, uninstall: refuse what they cannot do, with the reason" {
	run -2 install_it --alias bridge
	[ "$output" = "podtapctl: alias bridge: it must be one of: macvtap, macvlan" ]
	run -2 "$BUILD/podtapctl" install --from "$PWD" --to "$PWD"
	[ "$output" = "podtapctl: find the plugins in $PWD: a directory must have podtap and podtap-ipam" ]
	mkdir macvtap
	run -2 install_it --aliases
	[[ $output == *"podtapctl: replace $bin/macvtap: it is neither a file nor a link" ]]
	rmdir macvtap
	mkdir -p "$PODTAP_STATE_DIR/endpoints/ctr"
	echo '{}' >"$PODTAP_STATE_DIR/endpoints/ctr/eth0.json"
	run -2 "$BUILD/podtapctl" uninstall --from "$bin"
	[[ $output == "podtapctl: uninstall with 1 endpoints on record: "* ]]
	[ -x podtap ]
	run -0 "$BUILD/podtapctl" uninstall --aliases --from "$bin"
}
