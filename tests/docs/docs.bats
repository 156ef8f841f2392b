#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# README.md, the pages of docs/ and the manual pages describe what the programs do.
# bats file_tags=runtime
# shellcheck disable=SC2030,SC2031 # bats runs each test in a shell of its own
load ../lib/lib
load ../lib/lists

setup() {
	pages=("$root"/README.md "$root"/docs/*.md)
	configuration=$root/docs/configuration.md
	manual=$root/man/podtap.8
	ipam_manual=$root/man/podtap-ipam.8
}

# The lines of a page of docs/ between a heading and the next one: section PAGE HEADING
section() {
	sed -n "/^##* $2\$/,/^## /p" "$root/docs/$1.md"
}
# Every block of the pages in this language, each in a file of its own: blocks LANGUAGE
blocks() {
	cat "${pages[@]}" | awk -v name="$BATS_TEST_TMPDIR/block" -v begin="^\`\`\`$1\$" '
		$0 ~ begin { file = name "." ++n; next } /^```$/ { file = "" } file { print > file }'
}
# The same of the manual pages, where a block begins as JSON does.
manual_blocks() {
	cat "$manual" "$ipam_manual" | awk -v name="$BATS_TEST_TMPDIR/block" '
		before && /^\{/ { file = name "." ++n } { before = 0 } /^\.Bd/ { before = 1 }
		/^\.Ed/ { file = "" } file { print > file }'
}
# Two lists have the same entries.
same() {
	if [ -z "$1" ] || [ -z "$2" ]; then echo "nothing found"; return 1; fi
	diff <(sort -u <<<"$1") <(sort -u <<<"$2")
}

@test "pages: every JSON document equals an example, word for word" {
	blocks json
	[ -e "$BATS_TEST_TMPDIR/block.3" ]
	for block in "$BATS_TEST_TMPDIR"/block.*; do
		found=no
		for file in "$root"/examples/*.{conflist,json}; do
			! cmp -s "$block" "$file" || found=yes
		done
		[ $found = yes ] || { cat "$block"; false; }
	done
}
@test "kubernetes.md: the NetworkAttachmentDefinition equals the example, except for its comment" {
	blocks yaml
	run -0 diff <(grep -v '^#' "$root/examples/multus-nad.yaml") "$BATS_TEST_TMPDIR/block.1"
}
@test "podtap(8), podtap-ipam(8): every JSON document is valid" {
	manual_blocks
	[ -e "$BATS_TEST_TMPDIR/block.2" ]
	for block in "$BATS_TEST_TMPDIR"/block.*; do
		run -0 jq -e '.plugins // .ranges' "$block"
	done
}

# The keys the programs read are the rows of their tables: keys_in FILE...
keys_in() {
	sed -n 's/^\t{ "\([A-Za-z_]*\)", KEY_.*/\1/p' "$@"
}
# Of podtap; name, ipam and dns are described beside the table of keys.
keys_of_the_program() {
	keys_in "$root/plugin/config.c" | grep -vxE 'dns|ipam'
	sed -n 's/^const struct key .*{ "\([A-Za-z]*\)", KEY_.*/\1/p' "$root/ipam/ipam.c"
}
keys_of_the_allocator() {
	keys_in "$root"/ipam/*.c
}
# The keys of a table: of a section of a page, or of a manual page.
page_keys() {
	section "$@" | sed -n 's/^| \(`[^|]*\) |.*/\1/p' | grep -oE '[A-Za-z_]+'
}
manual_keys() {
	sed -n '/^\.Sh CONFIGURATION/,/^\.Sh [^C]/s/^\.\(It \)*Cm //p' "$1" | grep -oE '[A-Za-z_]+'
}
@test "configuration.md: the key table has exactly the program's keys" {
	run -0 same "$(keys_of_the_program)" "$(page_keys configuration "Configuration keys")"
}
@test "podtap(8): documents exactly the program's keys" {
	run -0 same "$(keys_of_the_program)" "$(manual_keys "$manual")"
}
@test "podtap(8): documents exactly the program's link settings" {
	listed=$(sed -n '/^Of net\.ipv[46]\.conf:/,/^\.Pp/p' "$manual" | grep -v '^Of \|^\.' | tr -d ',.' | tr ' ' '\n')
	run -0 same "$(sed -nE 's/^\t\{ SETTINGS_IPV[46], "([a-z0-9_]+)".*/\1/p' "$root/plugin/sysctl.c")" "$listed"
}
@test "addresses.md: the key table has exactly podtap-ipam's keys" {
	run -0 same "$(keys_of_the_allocator)" "$(page_keys addresses podtap-ipam; echo address)"
}
@test "podtap-ipam(8): documents exactly the program's keys" {
	run -0 same "$(keys_of_the_allocator)" "$(manual_keys "$ipam_manual")"
}
@test "podtap-netavark(8), podman.md: document exactly the driver's own options, and the names that it refuses" {
	options=$root/netavark/options.c
	own=$(sed -n 's/^\t{ "\([a-z_]*\)", KEY_.*/\1/p' "$options")
	refused=$(sed -n 's/^\t{ "\([A-Za-z]*\)", "[^"].*/\1/p' "$options")
	part=$(sed -n '/^\.Sh OPTIONS/,/^\.Sh ADDRESSES/p' "$root/man/podtap-netavark.8")
	run -0 same "$own"$'\n'"$refused" "$(sed -nE 's/^\.(It )?Cm ([A-Za-z_]+).*/\2/p' <<<"$part" | grep -vxE 'sysctl|bcqueuelen')"
	page=$(section podman "The netavark driver")
	for name in $own $refused; do
		[[ $page =~ \`(-o\ )?$name=?\` ]] || { echo "podman.md does not name $name"; return 1; }
	done
}
@test "policy.md, podtap-policy(5): document exactly the program's policy keys" {
	keys=$(sed -nE 's/^\t(FLAG\(|\{ \{ )"([A-Za-z]+)".*/\2/p' "$root/plugin/policy_keys.c")
	run -0 same "$keys" "$(printf 'rules\nfiles\n'; page_keys policy Policy)"
	run -0 same "$keys" "$(sed '/^\.Sh EVERY KEY/,$d' "$root/man/podtap-policy.5" | sed -n '/^\.Bl/,/^\.El/s/^\.It Cm //p' |
		grep -oE '[A-Za-z]+' | grep -vxE '[A-Z]+')"
}
@test "podtap-policy(5): says what exactly each configuration key can do to others" {
	run -0 same "$(keys_of_the_program; printf '%s\n' name ipam dns)" \
		"$(sed -n '/^\.Sh EVERY KEY/,/^\.Sh W/s/^\.It Li //p' "$root/man/podtap-policy.5" | grep -oE '[A-Za-z]+')"
}
# PAGE|what it says|the file that decides|the constant there|its value
bounds() {
	cat <<-'END'
		SECURITY.md|16 MiB of standard input|cni/request.h|REQUEST_MAX|16 << 20
		SECURITY.md|1 MiB of an IPAM plugin's answer|ipam/delegate.h|DELEGATE_OUTPUT_MAX|1 << 20
		SECURITY.md|100 levels|base/json.h|JSON_DEPTH_MAX|100
		SECURITY.md|200,000 values of JSON|base/json.h|JSON_VALUES_MAX|200000
		SECURITY.md|1 MiB for a record, a policy or the device plugin's configuration|record/endpoint.c|RECORD_MAX|1 << 20
		SECURITY.md|1 MiB for a record, a policy or the device plugin's configuration|plugin/policy.h|POLICY_MAX|1 << 20
		SECURITY.md|a policy or the device plugin's configuration|expose/common/config_file.c|CONFIG_FILE_MAX|1 << 20
		SECURITY.md|32 MiB of a container's for the hook|expose/hook/podtap-hook.c|CONFIG_MAX|32 << 20
		SECURITY.md|4 MiB of a runtime's message|expose/ttrpc/ttrpc.h|TTRPC_MAX|4 << 20
		SECURITY.md|1 MiB of the kubelet's|expose/grpc/grpc_frame.h|GRPC_MESSAGE_MAX|1 << 20
		docs/configuration.md|frames in the queue for broadcasts, 10000 at most|plugin/config.h|BCQUEUELEN_MAX|10000
		docs/configuration.md|the kernel's, 1000|plugin/config.h|BCQUEUELEN_KERNEL|1000
		docs/configuration.md|more are lost. 10000 at most|plugin/config.h|TXQUEUELEN_MAX|10000
		docs/configuration.md|`txqueuelen`, from 1000 to 10000|plugin/config.h|TXQUEUELEN_DEFAULT|1000
		docs/addresses.md|0.1 s for the answer to each probe|netns/dad_timers.h|DAD_RETRANS_MS|100
		docs/policy.md|1000 to 10000: what waits|plugin/config.h|TXQUEUELEN_MAX|10000
		docs/policy.md|1000 to 10000; the master has one queue|plugin/config.h|BCQUEUELEN_MAX|10000
		docs/configuration.md|1 to 256: queues of the link|plugin/config.h|QUEUES_MAX|256
		docs/configuration.md|the senders heard in mode `source`, 256 at most|plugin/config.h|SOURCES_MAX|256
		docs/kubevirt.md|0 means 100; 10,000 at most|expose/device-plugin/dp_config.h|DP_CAPACITY_MAX|10000
		docs/kubevirt.md|0 means 100; 10,000 at most|expose/device-plugin/dp_config.c|CAPACITY_DEFAULT|100
		docs/migrating.md|100; 10,000 at most|expose/device-plugin/dp_config.h|DP_CAPACITY_MAX|10000
		docs/addresses.md|Lists have 4096 members at most|ipam/ipam_config.h|LIST_MAX|4096
		docs/addresses.md|Lists have 4096 members at most|ipam/range.h|RANGES_MAX|4096
		man/podtap.8|Frames in the queue for broadcasts, 10000 at most|plugin/config.h|BCQUEUELEN_MAX|10000
		man/podtap.8|10000 at most; each frame that waits|plugin/config.h|TXQUEUELEN_MAX|10000
		man/podtap.8|1 to 256: queues of the link|plugin/config.h|QUEUES_MAX|256
		man/podtap.8|The senders heard in mode source, 256 at most|plugin/config.h|SOURCES_MAX|256
		man/podtap-ipam.8|A list has 4096 members at most|ipam/ipam_config.h|LIST_MAX|4096
		man/podtap-policy.5|that may be asked for, 1000 to 10000|plugin/config.h|BCQUEUELEN_MAX|10000
		man/podtap-policy.5|a regular one of at most 1 MiB|plugin/policy.h|POLICY_MAX|1 << 20
		man/podtap-policy.5|A list of the endpoint's own, 256 at most|plugin/config.h|SOURCES_MAX|256
		man/podtap-policy.5|256 queues of 10000 frames at most|plugin/config.h|QUEUES_MAX|256
		man/podtap-policy.5|256 queues of 10000 frames at most|plugin/config.h|TXQUEUELEN_MAX|10000
		man/podtap-device-plugin.8|at most 63 letters|record/resources.c|RESOURCE_NAME_MAX|63
		man/podtap-device-plugin.8|up to 10000; 0, or none, means 100|expose/device-plugin/dp_config.h|DP_CAPACITY_MAX|10000
		man/podtap-device-plugin.8|up to 10000; 0, or none, means 100|expose/device-plugin/dp_config.c|CAPACITY_DEFAULT|100
	END
}
@test "SECURITY.md, the pages and the manuals: state the code's bounds, and SECURITY.md states them all" {
	local page text file name value code stated
	while IFS='|' read -r page text file name value; do
		grep -qF -- "$text" <(tr -s ' \n' ' ' <"$root/$page") || { echo "$page does not say: $text"; return 1; }
		code=$(sed -n "s/.*\b$name = \([0-9 <]*\).*/\1/p" "$root/$file")
		[ "$((${code:-0}))" = "$((value))" ] || { echo "$name in $file is ${code:-nowhere}, not $value"; return 1; }
	done < <(bounds)
	# The tests of memory measure the last one.
	stated=$(sed -n '/^- \*\*Sizes are bounded/,/^- \*\*[^S]/p' "$root/SECURITY.md" | sed '$d' | tr -s ' \n' ' ' |
		grep -oE '[0-9,]+ (MiB|levels|values)' | sed '$d')
	run -0 same "$stated" "$(bounds | grep '^SECURITY.md' | cut -d'|' -f2 | grep -oE '[0-9,]+ (MiB|levels|values)')"
}
@test "configuration.md and the manual: document exactly the program's PODTAP_ variables" {
	variables=$(grep -rhoE '"PODTAP_[A-Z_]+"' --include='*.[ch]' "$root"/{base,cni,netns,ipam,record,plugin,expose,tools} | tr -d '"')
	run -0 same "$variables" "$(grep -oE 'PODTAP_[A-Z_]+' "$configuration")"
	run -0 same "$variables" "$(grep -ohE 'PODTAP_[A-Z_]+' "$manual" "$ipam_manual")"
}
# Every page that people read.
documents() {
	git -C "$root" ls-files --cached --others --exclude-standard '*.md' | grep -v '^tests/fixtures/'
}
# The anchors of a page, as forges make them of its headings.
anchors() {
	sed '/^```/,/^```/d' "$1" | sed -n 's/^##* //p' | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}
@test "pages: every relative link leads to a file, and every anchor to a heading" {
	local page link file anchor count=0
	while read -r page; do
		while read -r link; do
			file=${link%%#*} anchor=
			[[ $link != *'#'* ]] || anchor=${link#*#}
			file=$(dirname "$root/$page")/$file
			[ -n "${link%%#*}" ] || file=$root/$page
			[ -e "$file" ] || { echo "$page: $link: no such file"; return 1; }
			[ -z "$anchor" ] || anchors "$file" | grep -qxF -- "$anchor" || { echo "$page: $link: no such heading"; return 1; }
			count=$((count + 1))
		done < <(grep -oE '\]\([^) ]+\)' "$root/$page" | sed 's/^](//; s/)$//' | grep -vE '^[a-z]+:')
	done < <(documents)
	[ "$count" -gt 90 ]
}
@test "README: has at most 150 lines, and a link to every page of docs/" {
	[ "$(wc -l <"$root/README.md")" -le 150 ]
	for page in "$root"/docs/*.md; do
		grep -qF "](docs/$(basename "$page")" "$root/README.md" || { echo "${page##*/}"; return 1; }
	done
}
@test "pages: every make target that they name is in the Makefile" {
	cd "$root"
	mapfile -t all < <(documents)
	targets=$(grep -ohE '^    (sudo )?make [a-z-]+|`(sudo )?make [a-z-]+' "${all[@]}" | grep -oE '[a-z-]+$' | sort -u)
	[ "$(wc -l <<<"$targets")" -gt 10 ]
	for target in $targets; do
		grep -qE "^$target:|^\.PHONY:.* $target( |\$)" Makefile || { echo "make $target"; return 1; }
	done
}
@test "pages: every option of a podtap program that they name is in its manual" {
	local page program options count=0
	mapfile -t all < <(documents | sed "s|^|$root/|")
	for page in "$root"/man/*.8; do
		program=$(basename "$page" .8)
		options=$(sed -E 's/(-d|--driver) podtap//; s/helm install podtap.*//' "${all[@]}" | grep -oE "(^|[ \`])$program [^\`|)]*" | sed 's/ -- .*//' | grep -oE -- '--[a-z-]*[a-z]' | sort -u || :)
		for option in $options; do
			grep -qE -- "Fl (. , Fl )?-${option#--}( |\$)|Li $option|$option\b" "$page" || { echo "$program $option"; return 1; }
			count=$((count + 1))
		done
	done
	[ "$count" -ge 3 ]
}
@test "pages: every file of examples/ and tests/ that a command names exists" {
	while read -r file; do
		[ -e "$root/$file" ] || { echo "$file"; return 1; }
	done < <(cat "${pages[@]}" "$root"/docs/development/*.md | grep -oE '\b(examples|tests)/[A-Za-z0-9_./-]*[A-Za-z0-9]' | sort -u)
}

# Prints an error as troubleshooting.md writes it: the row of its table without the last cell.
said() {
	[ "$status" = 1 ] || { echo "no error: $output"; return 1; }
	jq -r '"| \(.code) | `\(.msg)\(if .details == "" then "" else ": " + .details end)`"' <<<"$output" |
		sed "s|$pod|vm1|g; s|$other|vm2|g; s|$BATS_TEST_TMPDIR/bin|/opt/cni/bin|;
			s|$PODTAP_POLICY|/etc/podtap/policy.json|" >>"$BATS_TEST_TMPDIR/said"
}
fails() {
	run cni "$@"
	said
}
works() {
	run -0 cni "$@"
}
# A DEL while the ADD of the same attachment waits for its IPAM plugin.
overlap() {
	local add
	rm "$BATS_TEST_TMPDIR/dhcp"
	cni_raw ADD "$(config '{"cniVersion":"1.0.0","master":"eth1","ipam":{"type":"dhcp"}}')" "$@" \
		CNI_PATH="$BATS_TEST_TMPDIR/bin" >/dev/null 3>&- &
	add=$!
	until [ -s "$BATS_TEST_TMPDIR/dhcp" ]; do sleep 0.02; done
	fails DEL '{"master":"eth1"}' "$@"
	kill "$(cat "$BATS_TEST_TMPDIR/dhcp")"
	wait "$add" || true
}
# Causes every error of troubleshooting.md's table.
provoke() {
	local pod1=(CNI_CONTAINERID=vm1) pod2=(CNI_CONTAINERID=vm2 CNI_NETNS="/run/netns/$other")
	fails ADD '{"cniVersion":"1.2.0"}'
	fails GC '{"cniVersion":"1.0.0"}'
	fails ADD '{}' CNI_NETNS= CNI_PATH=
	fails ADD '{}' CNI_NETNS=/run/netns/gone
	fails ADD '{}' CNI_ARGS=FOO=bar
	fails ADD '{"mac":"stable"}'
	run cni_raw ADD '{"cniVersion":"1.1.0","name":"net",'
	said
	fails ADD '{"mode":"hairpin"}'
	fails ADD '{"sysctl":{"net.ipv6.conf.all.accept_ra":"0"}}'
	fails ADD '{"master":"eth9"}'
	fails ADD '{"master":null}'
	ip -n "$host" tuntap add tun0 mode tun
	ip -n "$host" link set tun0 up
	ip -n "$host" route add default dev tun0
	fails ADD '{"master":null}'
	ip -n "$host" link del tun0
	fails ADD '{"master":"eth1","mtu":9000}'
	ip -n "$host" address add 10.99.0.1/24 dev eth1
	fails ADD '{"master":"eth1","mode":"passthru"}'
	ip -n "$host" address flush dev eth1
	works ADD '{"master":"eth1","mode":"passthru"}' "${pod1[@]}"
	fails ADD '{"master":"eth1"}' "${pod2[@]}"
	works DEL '{"master":"eth1"}' "${pod1[@]}"
	mkdir "$BATS_TEST_TMPDIR/policy"
	echo '{"rules":[{"name":"tenants","masters":["eth2"],"modes":["bridge"]}]}' >"$PODTAP_POLICY"
	fails ADD '{"master":"eth1"}' CNI_ARGS=K8S_POD_NAMESPACE=shop
	echo '{"rules":[{"networks":["lan"],"masters":["*"],"modes":["bridge"]}]}' >"$PODTAP_POLICY"
	fails ADD '{"master":"eth1"}'
	echo '{"rules":[{"mode":"bridge"}]}' >"$PODTAP_POLICY"
	fails ADD '{"master":"eth1"}'
	rm "$PODTAP_POLICY"
	fails ADD '{"cniVersion":"0.2.0","master":"eth1"}'
	fails ADD '{"master":"eth1","ipam":{"type":"whereabouts"}}' CNI_PATH="$BATS_TEST_TMPDIR/bin"
	fails ADD '{"cniVersion":"1.0.0","master":"eth1","ipam":{"type":"dhcp"}}'
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\n[ "$CNI_COMMAND" != ADD ] || { echo $$ >"%s"; exec sleep 600; }\n' "$BATS_TEST_TMPDIR/dhcp" \
		>"$BATS_TEST_TMPDIR/bin/dhcp"
	chmod +x "$BATS_TEST_TMPDIR/bin/dhcp"
	fails ADD '{"cniVersion":"1.0.0","master":"eth1","ipamTimeout":2,"ipam":{"type":"dhcp"}}' CNI_PATH="$BATS_TEST_TMPDIR/bin"
	overlap "${pod1[@]}"
	fails CHECK '{"master":"eth1"}'
	full='{"master":"eth1","ipam":{"type":"podtap-ipam","subnet":"10.99.0.4/30"}}'
	works ADD "$full" "${pod1[@]}"
	fails ADD "$full" "${pod2[@]}"
	works DEL "$full" "${pod1[@]}"
	fails ADD '{"master":"eth1","ipam":{"type":"podtap-ipam","pool":"lan","poolWait":0}}'
	fails ADD '{"master":"eth1"}' CNI_NETNS=/proc/self/ns/net
	ip -n "$host" link add br9 type bridge
	ip -n "$host" link add v1 master br9 type veth peer name v2
	fails ADD '{"master":"v1"}'
	ip -n "$switch" link set port0 down
	fails ADD '{"master":"eth1","acd":true,"ipam":{"type":"podtap-ipam","subnet":"10.99.0.0/24"}}'
	ip -n "$switch" link set port0 up
	fails STATUS '{"master":"eth9"}'
	works ADD '{"master":"eth1","mac":"02:00:00:00:00:07"}' "${pod1[@]}"
	fails ADD '{"master":"eth1","mac":"02:00:00:00:00:07"}' "${pod2[@]}"
	fails ADD '{"master":"eth1","ipam":{"type":"podtap-ipam","addresses":[{"address":"10.99.0.7/24","gateway":"10.98.0.1"}],
		"routes":[{"dst":"0.0.0.0/0"}]}}' "${pod2[@]}"
	fails ADD "$full" CNI_ARGS=IP=10.9.9.9 "${pod2[@]}"
	fails ADD '{"master":"eth1"}' "${pod1[@]}"
	works ADD '{"master":"eth1","deviceID":"vm"}' "${pod1[@]}" CNI_IFNAME=net1
	fails ADD '{"master":"eth1","deviceID":"vm"}' "${pod2[@]}"
	ip -n "$pod" link set eth0 down
	fails CHECK '{"master":"eth1","mac":"02:00:00:00:00:07"}' "${pod1[@]}"
	ip -n "$other" link add eth0 type bridge
	fails ADD '{"master":"eth1"}' "${pod2[@]}"
}
@test "troubleshooting.md: its table quotes the programs' errors word for word" {
	lan_setup
	own_state
	ip -n "$host" link set lan0 down
	ip -n "$host" link set lan0 name eth1 up
	provoke
	run -0 same "$(section troubleshooting "Errors and what to do" | grep -E '^\| [0-9]' | sed 's/` | .*/`/')" \
		"$(cat "$BATS_TEST_TMPDIR/said")"
}
@test "make help: lists exactly the targets for people" {
	run -0 make -s -C "$root" help
	listed=$(grep -oE '^make [a-z-]+|[;,] [a-z-]+(-[a-z]+)+' <<<"$output" | grep -oE '[a-z-]+$' | sort -u)
	targets=$(sed -n 's/^\.PHONY: //p' "$root/Makefile" | tr ' ' '\n' |
		grep -vxE 'all|help|FORCE|compile|messages|tests|fuzzers' | sort)
	run -0 diff <(printf '%s\n' "$targets") <(printf '%s\n' "$listed" | grep -vx make)
}
@test "tests/README.md: its table has every directory of tests/" {
	for folder in "$root"/tests/*/; do
		grep -qF "$(basename "$folder")/" <(grep '^| ' "$root/tests/README.md")
	done
}
