#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtapctl doctor: broken nodes, each made for real, and what it says. The node's files are in a
# directory of the test; its kernel and its interfaces are those of the test's host.
load ../lib/lib
load ../lib/crowd

setup() {
	lan_setup
	node=$BATS_TEST_TMPDIR/node
	net=$node/etc/cni/net.d
	mkdir -p "$net" "$node"/opt/cni/bin "$node"/etc/containers/networks
	export PODTAP_IPAM_STATE_DIR=$node/var/lib/podtap/ipam PODTAP_CDI_DIR=$node/var/run/cdi
	cp "$BUILD/podtap" "$BUILD/podtap-ipam" "$node/opt/cni/bin/"
	network_is
}

ctl() {
	at "$host" env -u CNI_PATH "$BUILD/podtapctl" "$@" 2>"$BATS_TEST_TMPDIR/err"
}
# The network of the node: network_is [CHANGES OF PODTAP'S CONFIGURATION]
network_is() {
	jq -cn --argjson change "${1:-"{}"}" '{cniVersion: "1.0.0", name: "net",
		plugins: [{type: "podtap", master: "lan0"} + $change]}' >"$net/net.conflist"
}
# podtap-ipam with a store of the test's own: reserving RANGE
reserving() {
	jq -cn --arg dir "$leases" --argjson range "$1" '{ipam: ({type: "podtap-ipam", dataDir: $dir} + $range)}'
}
# doctor says exactly these codes at the levels warn and error, in any order, each with a reason and a
# fix. Tests need not be on a tmpfs.
doctors() {
	run ctl doctor --root "$node"
	grep -E '^(warn|error) ' <<<"$output" | grep -v state-not-tmpfs >"$BATS_TEST_TMPDIR/bad" || :
	[ "$(sed -E 's/^[a-z]+ +([a-z-]+): .*/\1/' "$BATS_TEST_TMPDIR/bad" | sort)" = "$(printf '%s\n' "$@" | sort)" ] ||
		{ echo "not $*: $output"; return 1; }
	if grep -vE '^(warn|error) +[a-z-]+: .+: .+; .+$' "$BATS_TEST_TMPDIR/bad"; then return 1; fi
}
says() {
	[[ $output == *"$1"* ]] || { echo "does not say $1: $output"; return 1; }
}

@test "doctor: a node that is as it should be has no warning, and the same as JSON" {
	doctors
	says "ok     kernel: Linux "
	says "ok     plugin: /opt/cni/bin/podtap has version "
	says "ok     network: network net in /etc/cni/net.d/net.conflist"
	says "ok     master: master lan0 is up"
	run ctl doctor --root "$node" -o json
	json_is 'map(select(.code == "network")) | .[0] | [.level, .what]' '["ok","network net in /etc/cni/net.d/net.conflist"]'
}
@test "broken plugins: doctor names a directory without podtap, with another version, or with a part of it" {
	rm "$node/opt/cni/bin/podtap-ipam"
	doctors plugin-without-ipam
	read -r _ version _ < <("$BUILD/podtap" --version)
	other=${version%?}x
	LC_ALL=C sed "s/\x00$version\x00/\x00$other\x00/g" "$BUILD/podtap" >"$node/opt/cni/bin/podtap"
	cp "$BUILD/podtap-ipam" "$node/opt/cni/bin/"
	doctors plugin-version
	says "has version $other, not $version"
	chmod a-x "$node/opt/cni/bin/podtap"
	doctors plugin-broken
	says "Permission denied"
	rm "$node/opt/cni/bin/podtap"
	doctors plugin-missing
	mkdir -p "$node/etc/containerd" "$node/home/cni"
	cp "$BUILD/podtap" "$BUILD/podtap-ipam" "$node/home/cni/"
	while read -r line; do
		printf '# bin_dir = "/nowhere"\n[plugins]\n  bin_director = 7\n  %s\n' "$line" >"$node/etc/containerd/config.toml"
		doctors
		says "ok     plugin: /home/cni/podtap has version"
	done <<-END
		bin_dir = "/home/cni"
		bin_dir='/home/cni'
		bin_dirs = ['/home/cni', "/opt/cni/bin"]
	END
	echo 'bin_dir = 7' >"$node/etc/containerd/config.toml"
	doctors plugin-missing
}
@test "doctor: finds the networks and plugins where CRI-O's configuration has them, of which the last file by name counts" {
	mkdir -p "$node"/etc/crio/crio.conf.d "$node"/etc/kubernetes/cni "$node"/var/lib/cni
	mv "$net" "$node/etc/kubernetes/cni/net.d"
	mv "$node/opt/cni/bin" "$node/var/lib/cni/bin"
	printf '[crio.network]\nnetwork_dir = "%s"\nplugin_dirs = ["%s"]\n' /nowhere/ /nowhere >"$node/etc/crio/crio.conf"
	doctors plugin-missing
	printf '[crio.network]\nnetwork_dir = "%s"\n\n# plugins\nplugin_dirs = [\n\t"%s",\n\t"/opt/cni/bin/",\n]\n' \
		/etc/kubernetes/cni/net.d/ /var/lib/cni/bin/ >"$node/etc/crio/crio.conf.d/10-node.conf"
	for name in 00-crio.conf zz.conf; do # a file of one key leaves the others as they are
		printf '[crio.network]\n#network_dir = "/nowhere"\nplugin_dirs = ["/nowhere"]\n' >"$node/etc/crio/crio.conf.d/$name"
		if [ "$name" = 00-crio.conf ]; then doctors; else doctors plugin-missing; fi
		says "ok     network: network net in /etc/kubernetes/cni/net.d/net.conflist"
	done
	rm "$node/etc/crio/crio.conf.d/zz.conf"
	doctors
	says "ok     plugin: /var/lib/cni/bin/podtap has version"
	mkdir -p "$node/etc/cni" # where others look, everything is found once
	mv "$node/etc/kubernetes/cni/net.d" "$net"
	printf '[crio.network]\nnetwork_dir = "/etc/cni/net.d/"\n' >"$node/etc/crio/crio.conf.d/20-usual.conf"
	doctors
	[ "$(grep -c "network net in" <<<"$output")" = 1 ]
}
@test "broken networks: doctor names the file, the key and the reason; an alias of podtap counts" {
	network_is '{"mastr":"lan0"}'
	doctors network-unknown-key
	says "network net in /etc/cni/net.d/net.conflist: configuration key mastr is unknown and has no effect (did you mean master?)"
	network_is "$(reserving '{"subnet":"10.99.0.0/24","range_start":"10.99.0.5"}')"
	doctors network-unknown-key
	says "ipam.range_start"
	network_is '{"mode":"hairpin"}'
	doctors network-invalid
	says "configuration key mode is \"hairpin\": it must be one of"
	network_is '{"master":"eth9"}'
	doctors network-master
	says "master eth9: there is no such interface"
	network_is '{"ipam":{"type":"whereabouts"}}'
	doctors network-ipam-missing
	network_is "$(reserving '{"subnet":"10.99.0.0/33"}')"
	doctors network-invalid
	one=$(reserving '{"subnet":"10.99.0.0/24","rangeStart":"10.99.0.5","rangeEnd":"10.99.0.5"}')
	network_is "$one"
	doctors
	run -0 cni ADD "$one"
	doctors network-ipam
	says "range set 0 (10.99.0.5-10.99.0.5 of 10.99.0.0/24) is exhausted: all 1 addresses are reserved"
	run -0 cni DEL "$one"
	network_is
	echo '{' >"$net/other.conf"
	doctors network-invalid
	jq -n '{cniVersion: "1.0.0", name: "other", type: "macvlan", mode: "hairpin"}' >"$net/other.conf"
	doctors
	ln -s podtap "$node/opt/cni/bin/macvlan"
	doctors network-invalid
	says "ok     plugin-alias: /opt/cni/bin/macvlan is podtap"
	echo foreign >"$node/opt/cni/bin/macvlan.before-podtap"
	doctors network-invalid
	rm "$node/opt/cni/bin/macvlan"
	echo newer >"$node/opt/cni/bin/macvlan"
	doctors plugin-alias-lost
	says "/opt/cni/bin/macvlan.before-podtap is kept, but /opt/cni/bin/macvlan is not podtap"
	rm "$node"/opt/cni/bin/macvlan*
	ln -s podtap "$node/opt/cni/bin/macvlan"
	rm "$net/other.conf"
	jq -n '{name: "pod", driver: "podtap", network_interface: "lan0", options: {mode: "hairpin"},
		ipam_options: {driver: "none"}}' >"$node/etc/containers/networks/pod.json"
	doctors network-invalid plugin-netavark-missing
	mkdir -p "$node/usr/local/libexec/netavark"
	cp "$BUILD/podtap-netavark" "$node/usr/local/libexec/netavark/podtap"
	doctors network-invalid
	says "/etc/containers/networks/pod.json: "
	jq -n '{name: "pod", driver: "podtap", network_interface: "lan0", ipam_options: {driver: "none"}}' \
		>"$node/etc/containers/networks/pod.json"
	doctors
	says "ok     network: network pod in /etc/containers/networks/pod.json"
}
@test "broken policy: doctor names one that allows no network, and one that cannot be used" {
	mkdir -p "${PODTAP_POLICY%/*}"
	echo '{"rules":[{"name":"tenants","masters":["eth2"],"modes":["bridge"]}]}' >"$PODTAP_POLICY"
	doctors network-refused
	says "rule 1 (tenants) has masters [\"eth2\"], not master lan0"
	echo '{"rules":[{"mode":["bridge"]}]}' >"$PODTAP_POLICY"
	doctors policy-unusable
	says "key mode: there is no such key"
	echo '{' >"$PODTAP_POLICY"
	doctors policy-unusable
	echo '{"rules":[{"masters":["*"],"modes":["bridge"],"links":["macvtap"],"owners":[0]}]}' >"$PODTAP_POLICY"
	chmod 0666 "$PODTAP_POLICY"
	doctors policy-unusable
	chmod 0644 "$PODTAP_POLICY"
	run ctl doctor --root "$node"
	says "ok     policy: $PODTAP_POLICY is valid"
}
@test "broken masters: doctor names one that is down, without carrier, a port, wireless or a virtual machine's" {
	ip -n "$host" link set lan0 down
	doctors master-down
	ip -n "$host" link set lan0 up
	ip -n "$switch" link set port0 down
	doctors master-no-carrier
	ip -n "$switch" link set port0 up
	ip -n "$host" link add br7 type bridge
	ip -n "$host" link set lan0 master br7
	ip -n "$host" link set br7 up
	doctors master-port
	says "master lan0 is a port of br7"
	mkdir -p "$node/proc/sys/net/bridge"
	echo 1 >"$node/proc/sys/net/bridge/bridge-nf-call-iptables"
	network_is '{"master":"br7"}'
	doctors master-bridge-netfilter
	ip -n "$host" link del br7
	network_is
	mkdir -p "$node/sys/class/net/lan0/phy80211"
	doctors master-wireless
	rmdir "$node/sys/class/net/lan0/phy80211"
	mkdir -p "$node/sys/class/net/lan0/device"
	ln -s ../../../bus/virtio/drivers/virtio_net "$node/sys/class/net/lan0/device/driver"
	doctors
	says "note   master-virtual-nic: master lan0 has the driver virtio_net"
}
@test "broken runtime: doctor names NRI that is off, a hook without its program, and CRI-O beside the hook" {
	mkdir -p "$node/var/lib/kubelet"
	doctors nri-off
	mkdir -p "$node/var/run/nri"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$node/var/run/nri/nri.sock"
	doctors
	mkdir -p "$node/usr/share/containers/oci/hooks.d" "$node/usr/libexec/podtap"
	sed 's#@LIBEXECDIR@#/usr/libexec/podtap#' "$root/expose/hook/50-podtap.json" \
		>"$node/usr/share/containers/oci/hooks.d/50-podtap.json"
	doctors hook-broken
	cp "$BUILD/podtap-hook" "$node/usr/libexec/podtap/"
	doctors
	mkdir "$node/etc/crio"
	doctors hook-crio
	says "does not start with a hook"
	mkdir -p "$node/etc/containers/oci" # CRI-O does not read this directory, unless it is told to
	mv "$node/usr/share/containers/oci/hooks.d" "$node/etc/containers/oci/"
	doctors
	says "ok     hook: /etc/containers/oci/hooks.d/50-podtap.json"
	printf 'hooks_dir = [\n\t"/etc/containers/oci/hooks.d/",\n]\n' >"$node/etc/crio/crio.conf"
	doctors hook-crio
	rm "$node/etc/crio/crio.conf"
	cp -R "$node/etc/containers/oci/hooks.d" "$node/usr/share/containers/oci/"
	doctors hook-crio
	rm -r "$node/etc/containers/oci"
	rmdir "$node/etc/crio"
	PODTAP_CDI_DIR=$node/elsewhere doctors cdi-directory
}
@test "broken device plugin: doctor names a kubelet, a socket and an interface that are gone" {
	mkdir -p "$PODTAP_STATE_DIR" "$node/var/lib/kubelet/device-plugins" "$node/var/run/nri"
	touch "$node/var/run/nri/nri.sock"
	jq -n '{version: 1, resources: [{name: "dataplane", resource: "podtap.dev/dataplane", master: "lan0", mode: "bridge"}]}' \
		>"$PODTAP_STATE_DIR/resources.json"
	doctors device-plugin-kubelet # it waits for a kubelet, or does not run
	touch "$node/var/lib/kubelet/device-plugins/kubelet.sock"
	doctors device-plugin-gone
	touch "$node/var/lib/kubelet/device-plugins/podtap-dataplane.sock"
	doctors
	jq -c '.resources[0].master = "eth9"' "$PODTAP_STATE_DIR/resources.json" >"$BATS_TEST_TMPDIR/new"
	cp "$BATS_TEST_TMPDIR/new" "$PODTAP_STATE_DIR/resources.json"
	doctors device-plugin-master
	echo '{' >"$PODTAP_STATE_DIR/resources.json"
	doctors device-plugin-file
	rm "$PODTAP_STATE_DIR/resources.json"
}
@test "broken state: doctor names a directory that is another's, open to others, no directory, full or not on a tmpfs" {
	mkdir -p "$PODTAP_STATE_DIR/endpoints"
	chmod 0777 "$PODTAP_STATE_DIR"
	doctors state-owner
	chmod 0755 "$PODTAP_STATE_DIR"
	chown 1234 "$PODTAP_STATE_DIR/endpoints"
	doctors state-owner
	rmdir "$PODTAP_STATE_DIR/endpoints"
	touch "$PODTAP_STATE_DIR/endpoints"
	doctors state-no-directory state-closed
	rm "$PODTAP_STATE_DIR/endpoints"
	mkdir "$BATS_TEST_TMPDIR/disk"
	mount -t ramfs none "$BATS_TEST_TMPDIR/disk"
	PODTAP_STATE_DIR=$BATS_TEST_TMPDIR/disk run ctl doctor --root "$node"
	says "ok     state: $BATS_TEST_TMPDIR/disk"
	umount "$BATS_TEST_TMPDIR/disk"
	for left in size=40k nr_inodes=10; do
		mount -t tmpfs -o "mode=0755,$left" none "$BATS_TEST_TMPDIR/disk"
		PODTAP_STATE_DIR=$BATS_TEST_TMPDIR/disk run ctl doctor --root "$node"
		umount "$BATS_TEST_TMPDIR/disk"
		says "error  state-full: $BATS_TEST_TMPDIR/disk has "
	done
	PODTAP_STATE_DIR=/proc/self run ctl doctor --root "$node"
	says "warn   state-not-tmpfs: "
}
@test "broken stores: doctor names reservations without an endpoint, and an endpoint without its reservation" {
	ipam=$(jq -cn --arg dir "$leases" '{ipam: {type: "podtap-ipam", dataDir: $dir, subnet: "10.99.0.0/24", rangeStart: "10.99.0.5"}}')
	network_is "$ipam"
	run -0 cni ADD "$ipam"
	doctors
	says "ok     reservations: 1 in $leases/net, all with an endpoint"
	for number in {10..40}; do printf 'gone%d\r\neth0' "$number" >"$leases/net/10.99.0.$number"; done
	run ctl doctor --root "$node"
	[ "$(grep -c '^warn   reservation-leaked: ' <<<"$output")" = 20 ]
	says "reservation-leaked-more: 11 more in $leases/net"
	says "is reserved for container gone"
	rm "$leases"/net/10.99.0.*
	doctors reservation-missing
	says "eth0 of $container: 10.99.0.5 is not reserved"
	crowd 30
	run -1 ctl doctor --root "$node"
	[ "$(grep -c '^error  reservation-missing: ' <<<"$output")" = 20 ]
	says "warn   reservation-missing-more: 11 more endpoints: they are not listed; podtapctl check --all"
	crowd_end
}
@test "check, doctor: every code is in docs/troubleshooting.md" {
	cat "$root"/control/*.c | tr '\n\t' '  ' | grep -oE 'LEVEL_[A-Z]+, +"[a-z-]+"' | cut -d'"' -f2 | sort -u >"$BATS_TEST_TMPDIR/codes"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/codes")" -gt 70 ]
	while read -r code; do
		grep -qF "\`$code\`" "$root/docs/troubleshooting.md" || { echo "not documented: $code"; false; }
	done <"$BATS_TEST_TMPDIR/codes"
}
