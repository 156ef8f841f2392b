# SPDX-License-Identifier: Apache-2.0
# IPAM plugins for tests: Debian's host-local, and scripted ones that note how they were called.

# shellcheck disable=SC2154 # $leases is lib.bash's

# Call after lan_setup. $delegates is the variable to give the calls that use any of these.
delegates_setup() {
	calls=$BATS_TEST_TMPDIR/calls
	mkdir "$BATS_TEST_TMPDIR/delegates"
	delegates=CNI_PATH=$BATS_TEST_TMPDIR/delegates:$fixtures/delegates:/usr/lib/cni
	: >"$calls"
}

# Makes a plugin of a shell script on stdin, which may use `answer` and `refuse`:
#   delegate NAME <<'END' ... END
# Each call adds "VERB CONTAINERID IFNAME NETNS" to $calls.
delegate() {
	{
		cat <<-END
			#!/bin/bash
			echo "\$CNI_COMMAND \$CNI_CONTAINERID \$CNI_IFNAME \$CNI_NETNS" >>'$calls'
			answer() { printf '{"cniVersion":"1.0.0",%s}' "\$1"; }
			refuse() { printf '{"cniVersion":"1.0.0","code":%s,"msg":"%s"}' "\$1" "\$2"; exit 1; }
		END
		cat
	} >"$BATS_TEST_TMPDIR/delegates/$1"
	chmod +x "$BATS_TEST_TMPDIR/delegates/$1"
}

# A configuration's ipam for host-local, whose reservations are files below $leases/<network>.
host_local() {
	printf '"ipam":{"type":"host-local","dataDir":"%s","subnet":"10.99.0.0/24"%s}' "$leases" "${1:+,$1}"
}

# Counts the calls that begin with these words.
called() {
	grep -c "^$*" "$calls"
}
