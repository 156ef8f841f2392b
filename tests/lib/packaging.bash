# SPDX-License-Identifier: Apache-2.0
# A release, in $DIST, and a machine on which its packages are installed. $FORMER has the packages of a former version.

: "${DIST:=$root/dist}" "${FORMER:=$BUILD/former}"
version=$(cat "$root/VERSION")
arch=$(dpkg --print-architecture)

# A machine of the test's own; a plugin that `cni` calls is the one that the machine's runtimes find.
machine_setup() {
	machine_dir=$BATS_TEST_TMPDIR/machine
	wrapper=("$tests/packaging/machine" "$machine_dir" "${here_only[@]}")
	PLUGIN=/opt/cni/bin/podtap
}
# This machine's variables say nothing of the other one.
here_only=(env -u PODTAP_STATE_DIR -u PODTAP_CDI_DIR -u PODTAP_IPAM_STATE_DIR -u PODTAP_POLICY -u PODTAP_JOURNAL)
machine() {
	"${wrapper[@]}" "$@"
}
# Prints the files of a name that were made on the machine and are still there, except those of a package manager.
machine_files() {
	find "$machine_dir/upper" -name "$1" ! -type c ! -path '*/var/lib/dpkg/*' ! -path '*/var/lib/rpm/*' -printf '/%P\n'
}
# Runs a command on the machine, and fails if a file of a directory was missing for a moment meanwhile.
#   machine_never_without DIRECTORY FILE COMMAND...
machine_never_without() {
	machine python3 "$tests/lib/never_without" "$@"
}

# Starts systemd on the machine, as its process 1, in the network namespace of the host. machine_end ends it.
machine_boot() {
	# It would keep packages from restarting services, as this machine's does.
	machine rm -f /usr/sbin/policy-rc.d
	nsenter --net="/run/netns/$host" -- "$tests/packaging/boot" "$machine_dir" >"$BATS_TEST_TMPDIR/boot" 2>&1 3>&- &
	machine_pid=$!
	until init=$(pgrep -P "$machine_pid" -x systemd) && wrapper=(nsenter --target "$init" --mount --pid --net -- "${here_only[@]}") &&
		machine test -S /run/systemd/private; do
		kill -0 "$machine_pid" 2>/dev/null || { cat "$BATS_TEST_TMPDIR/boot"; return 1; }
		sleep 0.05
	done
	machine systemctl is-system-running --wait && machine systemctl start systemd-journald.socket systemd-journald.service
}
machine_end() {
	[ -n "${machine_pid:-}" ] || return 0
	kill -KILL "$init" 2>/dev/null
	wait "$machine_pid" || :
	find "$(cat "$machine_dir/group")" -depth -type d -exec rmdir {} +
}
# What a service has logged.
logs() {
	machine journalctl --no-pager -o cat -u "$1"
}
# Waits until a service has logged a text: service_says SERVICE TEXT
service_says() {
	local log
	for _ in {1..1200}; do
		log=$(logs "$1")
		[[ $log != *"$2"* ]] || return 0
		sleep 0.05
	done
	echo "$1 did not log: $2, but:"
	echo "$log"
	return 1
}
