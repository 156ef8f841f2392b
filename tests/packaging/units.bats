#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The services of the packages, run by systemd: each does its work in its sandbox. An upgrade restarts those that run.
# bats file_tags=runtime
load ../lib/lib
load ../lib/nri
load ../lib/packaging

setup() {
	lan_setup
	machine_setup
}
teardown() {
	local status=0
	if [ -n "${init:-}" ]; then
		for unit in "${units[@]}"; do
			logs "$unit"
		done
	fi
	lan_teardown || status=1
	machine_end
	return $status
}
units=(podtap-nri podtap-device-plugin podtap-addresses)

# Installs the packages of a version on a machine that runs: install DIRECTORY
install() {
	machine dpkg -i "$1"/podtap_*_"$arch".deb "$1"/podtap-kubernetes_*_"$arch".deb
}
booted() {
	machine_boot
	run -0 install "$DIST"
	# The paths of the machine, as a process of this one finds them.
	there=/proc/$init/root
}
# Starts a service, which goes on.
started() {
	run -0 machine systemctl enable --now "$1"
	run -0 machine systemctl is-active "$1"
}
# The stand-in for kubelet serves the machine.
kubelet_start() {
	machine mkdir -p /var/lib/kubelet/device-plugins /etc/podtap
	machine tee /etc/podtap/device-plugin.json <<<'[{"name":"dataplane","lowerDevice":"lan0","capacity":3}]' >/dev/null
	"$fixtures/kubelet/kubelet" serve "$there/var/lib/kubelet/device-plugins" >>"$BATS_TEST_TMPDIR/heard" 3>&- &
	background+=($!)
}

@test "services: systemd finds no fault in them, and after the installation none runs" {
	booted
	run -0 machine systemd-analyze verify --man=yes "${units[@]/%/.service}"
	[ -z "$output" ]
	run -0 machine systemctl list-units --all --plain --no-legend 'podtap*'
	[ -z "$output" ]
	# Without a configuration the condition keeps these from starting, and that is no failure.
	for unit in device-plugin addresses; do
		run -0 machine systemctl start "podtap-$unit"
		run -3 machine systemctl is-active "podtap-$unit"
		[ "$output" = inactive ]
	done
}
@test "podtap-nri.service: in its sandbox, it gives a container its pod's tap, and sets the link down when the container has stopped" {
	booted
	machine mkdir -p /run/nri
	run -0 cni ADD
	started podtap-nri
	socket=$there/run/nri/nri.sock
	named='.create.pod.annotations["podtap.dev/containers"] = "qemu"'
	run -0 runtime '"session"' "$(create "$named")" "$(create "$named" | jq -c '{stop: .create}')"
	output=${lines[1]}
	json_is '.adjust.linux.devices[0].path' "$(machine jq -r .tap.path "/run/podtap/endpoints/$container/eth0.json")"
	service_says podtap-nri "interface eth0 of container $container is down"
	run -0 link "$pod" eth0 '.flags | index("UP")'
	[ "$output" = null ]
	run -0 machine systemctl stop podtap-nri
	run -0 machine systemctl show -P Result podtap-nri
	[ "$output" = success ]
}
# The first answer, as soon as the service listens.
scrape() {
	for _ in {1..1200}; do
		! output=$(machine curl -sS --max-time 60 --unix-socket /run/podtap/metrics.sock http://podtap/metrics) || return 0
		sleep 0.05
	done
	return 1
}
@test "podtap-nri.service: with --metrics, it counts calls from the first after a boot on; what calls made outlives a restart" {
	booted
	run -1 machine test -e /run/podtap
	machine mkdir -p /etc/systemd/system/podtap-nri.service.d
	printf '%s\n' '[Service]' ExecStart= 'ExecStart=/usr/libexec/podtap/podtap-nri --metrics unix:/run/podtap/metrics.sock' |
		machine tee /etc/systemd/system/podtap-nri.service.d/metrics.conf >/dev/null
	run -0 machine systemctl daemon-reload
	started podtap-nri
	scrape
	run -0 cni ADD
	run -0 machine systemctl restart podtap-nri
	scrape
	[[ $output == *$'\npodtap_call_duration_seconds_count{verb="ADD"} 1\n'* ]]
	run -0 machine systemctl stop podtap-nri
	run -0 machine podtapctl check "$container"
	run -0 cni DEL
}
@test "podtap-device-plugin.service: in its sandbox, kubelet has its devices, a CNI call its resources; killed, it comes back" {
	booted
	kubelet_start
	started podtap-device-plugin
	service_says podtap-device-plugin "macvtap.network.kubevirt.io/dataplane is registered: 3 devices on lan0"
	run -0 cni ADD '{"master":null,"deviceID":"dataplaneMvp0"}'
	[ "$(machine jq -r .master "/run/podtap/endpoints/$container/eth0.json")" = lan0 ]
	run -0 machine systemctl kill -s KILL podtap-device-plugin
	until [ "$(grep -c '"event": "register"' "$BATS_TEST_TMPDIR/heard")" = 2 ]; do sleep 0.05; done
}
@test "podtap-addresses.service: in its sandbox, it holds addresses of a pool in etcd, and an ADD gets one" {
	booted
	nsenter --net="/run/netns/$host" -- ip link set lo up
	nsenter --net="/run/netns/$host" -- etcd --data-dir "$BATS_TEST_TMPDIR/etcd" --unsafe-no-fsync --logger zap --log-level error 3>&- &
	background+=($!)
	until nsenter --net="/run/netns/$host" -- etcdctl put /podtap/pools/lan '{"apiVersion": "ipam.podtap.dev/v1alpha1",
		"kind": "AddressPool", "metadata": {"name": "lan"}, "spec": {"sets": [{"subnet": "10.99.0.0/24"}]}}' >/dev/null 2>&1; do sleep 0.1; done
	machine mkdir -p /etc/podtap
	machine tee /etc/podtap/addresses.json <<<'{"engine":"etcd","etcd":{"endpoints":["http://127.0.0.1:2379"]}}' >/dev/null
	started podtap-addresses
	run -0 cni ADD '{"ipam":{"type":"podtap-ipam","pool":"lan","poolWait":60}}' CNI_PATH=/opt/cni/bin
	json_is '.ips[0].address | startswith("10.99.0.")' true
}
# After another version was installed by this command, nri runs anew, in it, and device-plugin, which was stopped, does not; the
# endpoint of the former version lives, and is checked and deleted: upgraded COMMAND...
upgraded() {
	local before process
	started podtap-nri
	run -0 machine systemctl enable podtap-device-plugin
	process=$(machine systemctl show -P MainPID podtap-nri)
	run -0 machine "/proc/$process/exe" --version
	[[ $output == "podtap-nri 0.1.0 "* ]]
	run -0 cni ADD
	before=$(ip -n "$pod" -o link show eth0)
	run -0 machine_never_without /opt/cni/bin podtap "$@"
	run -0 machine /opt/cni/bin/podtap --version
	[[ $output == "podtap $version "* ]]
	[ "$process" != "$(machine systemctl show -P MainPID podtap-nri)" ]
	run -0 machine "/proc/$(machine systemctl show -P MainPID podtap-nri)/exe" --version
	[[ $output == "podtap-nri $version "* ]]
	run -3 machine systemctl is-active podtap-device-plugin
	run -0 machine systemctl is-enabled podtap-nri podtap-device-plugin
	[ "$(ip -n "$pod" -o link show eth0)" = "$before" ]
	run -0 cni CHECK
	run -0 cni DEL
	run ! ip -n "$pod" link show eth0
}
# Of a unit that is gone systemd may keep the name for a moment: "not-found inactive dead".
removed() {
	run -0 machine systemctl list-units --all --plain --no-legend 'podtap*'
	[[ $output != *" loaded "* && $output != *" active "* ]]
}
@test "the .deb packages: an upgrade from 0.1.0 restarts the service that runs and no other, under an endpoint; removal stops it" {
	machine_boot
	run -0 install "$FORMER"
	upgraded dpkg -i "$DIST"/podtap_*_"$arch".deb "$DIST"/podtap-kubernetes_*_"$arch".deb
	run -0 machine dpkg -P podtap-kubernetes podtap
	removed
	run -0 machine_files 'podtap*.service'
	[ -z "$output" ]
}
@test "the .rpm packages: an upgrade from 0.1.0 restarts the service that runs and no other, under an endpoint; removal stops it" {
	machine_boot
	packages=(rpm --force-debian --nodeps)
	run -0 machine "${packages[@]}" -i "$FORMER"/podtap-[0-9]*."$(uname -m)".rpm "$FORMER"/podtap-kubernetes-*."$(uname -m)".rpm
	upgraded "${packages[@]}" -U "$DIST"/podtap-[0-9]*."$(uname -m)".rpm "$DIST"/podtap-kubernetes-*."$(uname -m)".rpm
	run -0 machine "${packages[@]}" -e podtap-kubernetes podtap
	removed
	run -0 machine_files 'podtap*.service'
	[ -z "$output" ]
}
