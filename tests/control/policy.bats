#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl policy: a policy gets onto the node in the form that podtap demands, and an invalid one never does.
load ../lib/lib

setup() {
	dir=$BATS_TEST_TMPDIR
	node=$dir/etc/policy.json
	# As the kubelet mounts a ConfigMap: links to a directory of the version.
	mkdir -p "$dir/config/..data"
	ln -s ..data/policy.json "$dir/config/policy.json"
	offer '{"rules":[{"masters":["eth0"],"modes":["bridge"]}]}'
}
teardown() {
	:
}
offer() {
	printf '%s\n' "$1" >"$dir/config/..data/policy.json"
}
install_policy() {
	podtapctl policy install "$dir/config/policy.json" --to "$node"
}
podtapctl() {
	"$BUILD/podtapctl" "$@"
}

@test "podtapctl policy install: makes a file of root's for all to read, as a whole; a second time changes nothing" {
	umask 077
	run -0 install_policy
	[ "$output" = "installed $node" ]
	[ "$(stat -c '%u:%g %a %F' "$dir/etc" "$node")" = $'0:0 755 directory\n0:0 644 regular file' ]
	run env PODTAP_POLICY="$node" "$BUILD/podtapctl" doctor -o json
	[[ $output == *"$node is valid"* ]]
	inode=$(stat -c %i "$node")
	run -0 install_policy
	[ "$output" = "$node is this policy already" ]
	[ "$(stat -c %i "$node")" = "$inode" ]
	exec {old}<"$node"
	offer '{"rules":[]}'
	run -0 install_policy
	[ "$(cat "$node") $(cat <&"$old")" = '{"rules":[]} {"rules":[{"masters":["eth0"],"modes":["bridge"]}]}' ]
	exec {old}<&-
	[ "$(ls -A "$dir/etc")" = policy.json ]
}
@test "podtapctl policy install: a malformed policy is refused with its finding, and the old one stays" {
	run -0 install_policy
	before=$(stat -c '%i %z' "$node")
	while IFS='|' read -r text finding; do
		offer "$text"
		for action in check install; do
			run -2 podtapctl policy $action "$dir/config/policy.json" --to "$node"
			[[ $output == "podtapctl: "*"$dir/config/policy.json: $finding"* ]] || { echo "$output"; false; }
		done
		[ "$(stat -c '%i %z' "$node")" = "$before" ]
	done <<-'END'
		{"rules":[{"mode":["bridge"]}]}|rule 1: key mode: there is no such key
		{"rules":[{"masters":["eth0"],"modes":["bridges"]}]}|rule 1: key modes
		[]|it is no object
		{"rules":|
		|
	END
	run -2 podtapctl policy install "$dir/nothing" --to "$node"
	[ "$output" = "podtapctl: read $dir/nothing: No such file or directory" ]
	run -0 podtapctl policy check "$root/examples/policy.json"
	[ "$output" = "$root/examples/policy.json is a valid policy" ]
}
@test "podtapctl policy install: replaces a link and what others may write, and refuses a directory that podtap refuses" {
	mkdir "$dir/etc"
	echo elsewhere >"$dir/elsewhere"
	ln -s ../elsewhere "$node"
	run -0 install_policy
	[ "$(stat -c '%F %a' "$node") $(cat "$dir/elsewhere")" = "regular file 644 elsewhere" ]
	chmod 0666 "$node"
	run -0 install_policy
	[ "$(stat -c %a "$node")" = 644 ]
	chmod 0777 "$dir/etc"
	run -2 install_policy
	[ "$output" = "podtapctl: use $dir/etc: it must belong to root, and only root may write it" ]
	chmod 0755 "$dir/etc"
	mv "$dir/etc" "$dir/real"
	ln -s real "$dir/etc"
	run -2 install_policy
	[ "$output" = "podtapctl: use $dir/etc: it is a symbolic link, which podtap refuses" ]
	run -2 podtapctl policy install "$dir/config/policy.json" --to policy.json
	[ "$output" = "podtapctl: --to policy.json: it must be the absolute path of a file" ]
	run -2 podtapctl policy remove "$dir/config/policy.json"
	[ "$output" = "podtapctl: the word remove: it must be check or install" ]
}
