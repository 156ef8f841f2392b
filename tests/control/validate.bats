#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl validate: what is wrong with a configuration, before it is used.
load ../lib/lib

validates() {
	at "$host" "$BUILD/podtapctl" validate "$@"
}
says() {
	[[ $output == *"$1"* ]] || { echo "it does not say: $1"; return 1; }
}
# Writes a network: network FILE NAME [KEYS]
network() {
	jq -n --arg name "$2" --argjson keys "${3:-"{}"}" \
		'{cniVersion: "1.0.0", name: $name, plugins: [{type: "podtap", master: "lan0"} + $keys]}' >"$BATS_TEST_TMPDIR/$1"
}

@test "validate: a misspelled key is named with the key that is meant, at every depth; exit code 1" {
	network x.conflist lan '{"mastr":"lan1","ipam":{"type":"podtap-ipam","ranges":[[{"subnet":"10.99.0.0/24","range_start":"10.99.0.9"}]]}}'
	run -1 validates "$BATS_TEST_TMPDIR/x.conflist"
	says 'configuration key mastr is unknown and has no effect (did you mean master?)'
	says 'configuration key ipam.ranges[0][0].range_start is unknown and has no effect (did you mean rangeStart?)'
	[ "${#lines[@]}" = 2 ]
	network x.conflist lan
	run -0 validates "$BATS_TEST_TMPDIR/x.conflist"
	[[ $output == 'ok     network: network lan in '*/x.conflist ]]
	run -0 validates - <"$BATS_TEST_TMPDIR/x.conflist"
}
@test "validate: an invalid value of podtap or podtap-ipam is what an ADD says" {
	network x.conflist lan '{"mode":"bidge"}'
	run -1 validates "$BATS_TEST_TMPDIR/x.conflist"
	says 'error  network-invalid: '
	says 'configuration key mode is "bidge": it must be one of: bridge'
	network x.conflist lan '{"ipam":{"type":"podtap-ipam","subnet":"10.99.0.0/24","rangeStart":"10.98.0.1"}}'
	run -1 validates "$BATS_TEST_TMPDIR/x.conflist"
	says 'error  network-invalid: '
	says 10.98.0.1
	echo '{"type":' >"$BATS_TEST_TMPDIR/x.conflist"
	run -2 --separate-stderr validates "$BATS_TEST_TMPDIR/x.conflist"
	[[ $stderr == *x.conflist* ]]
	run -2 --separate-stderr validates "$BATS_TEST_TMPDIR/none"
}
@test "validate: each key that has no effect beside the others is named with the reason" {
	while read -r key config; do
		network x.conflist lan "$config"
		run -1 validates "$BATS_TEST_TMPDIR/x.conflist"
		says "warn   network-idle-key: network lan in $BATS_TEST_TMPDIR/x.conflist: key $key has no effect: "
		[ "${#lines[@]}" = 1 ]
	done <<-END
		owner {"link":"macvlan","owner":107}
		group {"link":"macvlan","group":107}
		ownerIn {"link":"macvlan","ownerIn":"host"}
		tapMode {"link":"macvlan","tapMode":"0660"}
		vmDevices {"link":"macvlan","vmDevices":true}
		dad {"dad":"off"}
		acd {"acd":true}
		noCarrier {"noCarrier":"allow"}
		force {"mode":"bridge","force":true}
		logLevel {"logLevel":"debug"}
		logFormat {"logFormat":"json"}
		ipamTimeout {"ipamTimeout":5,"ipam":{"type":"podtap-ipam","subnet":"10.99.0.0/24"}}
	END
	network x.conflist lan '{"link":"macvtap","owner":107,"mode":"passthru","force":true,"logFile":"/x","logLevel":"debug","dad":"fast","acd":true,
		"noCarrier":"allow","addressOwner":"pod","ipam":{"type":"podtap-ipam","subnet":"10.99.0.0/24"}}'
	run -0 validates "$BATS_TEST_TMPDIR/x.conflist"
}
@test "validate: says what the policy says, of the master that the host has" {
	mkdir -p "${PODTAP_POLICY%/*}"
	echo '{"rules":[{"masters":["lan0"],"modes":["bridge"]}]}' >"$PODTAP_POLICY"
	network x.conflist lan
	run -0 validates "$BATS_TEST_TMPDIR/x.conflist"
	network x.conflist lan '{"promiscMode":true}'
	run -1 validates "$BATS_TEST_TMPDIR/x.conflist"
	says 'error  network-refused: '
	says promiscMode
	echo '{"rules":[{"masters":["eth7"],"modes":["bridge"]}]}' >"$PODTAP_POLICY"
	network x.conflist lan
	run -1 validates "$BATS_TEST_TMPDIR/x.conflist"
	says 'not master lan0'
}
@test "validate: networks that give the same addresses on one master are named; other masters, and one store, are not" {
	ranges() {
		echo "{\"master\":\"$1\",\"ipam\":{\"type\":\"podtap-ipam\",\"ranges\":[[{\"subnet\":\"$2\"}]]${3:-}}}"
	}
	both() {
		network a.conflist "$1" "$2"
		network b.conflist "$3" "$4"
		validates "$BATS_TEST_TMPDIR/a.conflist" "$BATS_TEST_TMPDIR/b.conflist"
	}
	run -1 both a "$(ranges lan0 10.99.0.0/24)" b "$(ranges lan0 10.99.0.128/25)"
	says 'warn   network-overlap: network a in '
	says 'both give addresses of 10.99.0.0/24'
	run -0 both a "$(ranges lan0 10.99.0.0/24)" b "$(ranges lan0 10.99.1.0/24)"
	run -0 both a "$(ranges lan0 10.99.0.0/24)" b "$(ranges lan1 10.99.0.0/24)"
	run -0 both a "$(ranges lan0 10.99.0.0/24)" a "$(ranges lan0 10.99.0.0/24)"
	run -1 both a "$(ranges lan0 10.99.0.0/24)" a "$(ranges lan0 10.99.0.0/24 ',"dataDir":"/x"')"
	run -1 both a "$(ranges lan0 fd99::/64)" b "$(ranges lan0 fd99::/80)"
}
@test "validate: reads NetworkAttachmentDefinitions of YAML and JSON, with the name of the definition" {
	cat >"$BATS_TEST_TMPDIR/x.yaml" <<-'END'
		# two definitions, and another object
		apiVersion: v1
		kind: Namespace
		metadata: {name: other}
		---
		apiVersion: k8s.cni.cncf.io/v1
		kind: NetworkAttachmentDefinition
		metadata:
		  name: good
		spec:
		  config: |
		    {"cniVersion": "1.0.0", "type": "podtap", "master": "lan0"}
		---
		kind: NetworkAttachmentDefinition
		metadata: {name: bad}
		spec: {config: '{"cniVersion":"1.0.0","plugins":[{"type":"podtap","mtu":"x"}]}'}
	END
	run -1 validates "$BATS_TEST_TMPDIR/x.yaml"
	says "ok     network: network good in $BATS_TEST_TMPDIR/x.yaml (good)"
	says "error  network-invalid: $BATS_TEST_TMPDIR/x.yaml (bad): configuration key mtu"
	[ "${#lines[@]}" = 2 ]
	jq -n '{kind: "List", items: [{kind: "NetworkAttachmentDefinition", metadata: {name: "n"},
		spec: {config: "{\"cniVersion\":\"1.0.0\",\"type\":\"bridge\"}"}}]}' >"$BATS_TEST_TMPDIR/x.json"
	run -0 validates "$BATS_TEST_TMPDIR/x.json"
	says 'note   network-foreign: '
	printf 'kind: NetworkAttachmentDefinition\nmetadata: {name: n\n' >"$BATS_TEST_TMPDIR/x.yaml"
	run -2 --separate-stderr validates "$BATS_TEST_TMPDIR/x.yaml"
	printf 'kind: NetworkAttachmentDefinition\nspec: {config: "{"}\n' >"$BATS_TEST_TMPDIR/x.yaml"
	run -2 --separate-stderr validates "$BATS_TEST_TMPDIR/x.yaml"
	[[ $stderr == *spec.config* ]]
}
@test "validate: without a file takes the networks of the node; every example is valid" {
	node=$BATS_TEST_TMPDIR/node
	mkdir -p "$node/etc/cni/net.d"
	network a.conflist lan '{"mastr":1}'
	mv "$BATS_TEST_TMPDIR/a.conflist" "$node/etc/cni/net.d/"
	run -1 validates --root "$node"
	says 'network lan in /etc/cni/net.d/a.conflist: configuration key mastr'
	run -1 validates --root "$node" -o json
	[ "$(jq -r '.[0].code' <<<"$output")" = network-unknown-key ]
	for file in "$root"/examples/*.conf* $(grep -l '^kind: NetworkAttachmentDefinition' "$root"/examples/kubernetes/*.yaml); do
		run -0 validates "$file"
	done
}
# A definition with a misspelled key, whose configuration is spelled this way: definition CONFIG
definition() {
	printf 'apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata:\n  name: lan\nspec:\n  config: %s\n' "$1"
}
@test "validate: a file without any network is an error that names the file and what was expected; exit code 2" {
	while IFS='|' read -r text expected; do
		printf '%b' "$text" >"$BATS_TEST_TMPDIR/file"
		run -2 --separate-stderr validates "$BATS_TEST_TMPDIR/file"
		[[ -z $output && $stderr == "podtapctl: $BATS_TEST_TMPDIR/file$expected"* ]] || { echo "$text: $output $stderr"; false; }
	done <<-'END'
		| has no network: a configuration or list of a runtime is a JSON object with type or plugins; NetworkAttachmentDefinitions may be YAML
		 \n\n| has no network: a configuration
		foo\n| has no network: a configuration
		42| has no network: a configuration
		["x"]| has no network: it is a list
		[{"cniVersion":"1.0.0","name":"n","type":"podtap"}]| has no network: it is a list
		apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n| has no network: a configuration
		# kind: NetworkAttachmentDefinition\nkind: ConfigMap\n| has no network: a configuration
		{"kind":"List","items":[{"kind":"ConfigMap"}]}| has no network: a configuration
		cniVersion: 1.0.0\nname: n\ntype: podtap\n| has no network: runtimes read configurations as JSON alone
		name: n\r\nplugins:\r\n- type: podtap\r\n| has no network: runtimes read configurations as JSON alone
		\0357\0273\0277{"cniVersion":"1.0.0","name":"n","type":"podtap"}|: it begins with a byte order mark, which runtimes refuse: remove it
	END
	run -2 --separate-stderr validates - </dev/null
	[[ $stderr == 'podtapctl: - has no network: '* ]]
}
@test "validate: reads a definition in every form of YAML that people write, and names what it does not read" {
	json='{"cniVersion":"1.0.0","type":"podtap","mastr":"lo"}'
	cd "$BATS_TEST_TMPDIR"
	definition "'$json'" >single
	definition "\"${json//\"/\\\"}\"" >double
	definition $'|\n    {\n      "cniVersion": "1.0.0", "type": "podtap", "mastr": "lo"\n    }' >literal
	definition $'>-\n    { "cniVersion": "1.0.0",\n      "type": "podtap", "mastr": "lo" }' >folded
	echo "{apiVersion: k8s.cni.cncf.io/v1, kind: NetworkAttachmentDefinition, metadata: {name: lan}, spec: {config: '$json'}}" >flow
	{ printf 'apiVersion: v1\nkind: List\nitems:\n- '; sed '1!s/^/  /' single; } >list
	{ printf '# a NetworkAttachmentDefinition of the LAN\n\n---\n'; cat single; printf -- '---\n# end\n'; } >comments
	sed 's/^kind: .*/kind: "NetworkAttachmentDefinition"/' single >quoted
	sed '1s/^/\xef\xbb\xbf/' single >marked
	# other documents need not be what podtapctl understands; Windows' line ends
	{ printf 'kind: ConfigMap\nmetadata: &a {name: x}\nother: *a\n---\n'; cat literal; } | sed 's/$/\r/' >windows
	for file in single double literal folded flow list comments quoted marked windows; do
		run -1 --separate-stderr validates "$file"
		[[ ${#lines[@]} = 1 && $output == "warn   network-unknown-key: network lan in $file (lan): configuration key mastr is unknown"* ]] ||
			{ echo "$file: $output $stderr"; false; }
	done
	{ jq -cn --arg config "$json" '{kind: "NetworkAttachmentDefinition", metadata: {name: "a"}, spec: {$config}}'; echo ---; cat single; } >two
	run -1 validates two
	[[ ${#lines[@]} = 2 && ${lines[0]} == *'in two (a)'* && ${lines[1]} == *'in two (lan)'* ]]

	{ cat single; printf -- '---\n'; sed 's/lan/\&name lan/' single; echo 'other: *name'; } >aliased
	run -2 --separate-stderr validates aliased
	[ "$stderr" = 'podtapctl: aliased, document 2, line 8: an alias (*NAME) is not understood: write the value again' ]
	definition $'\n    type: podtap' >object
	run -2 --separate-stderr validates object
	[[ $stderr == 'podtapctl: object (lan): spec.config: it must be a text'* ]]
	definition '' >elsewhere
	run -0 validates elsewhere
	[[ $output == 'note   network-elsewhere: elsewhere (lan) has no spec.config: Multus takes'* ]]
	printf '{"type": podtap}' >broken
	run -2 --separate-stderr validates broken
	[[ $stderr == *'decode broken: '* ]]
}
