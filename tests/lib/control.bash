# SPDX-License-Identifier: Apache-2.0
# Calling podtapctl as an operator of the test's host does.

# shellcheck disable=SC2154 # host is lib.bash's

# Runs it; what it says on stderr is in a file: ctl ARGUMENT...
ctl() {
	"$BUILD/podtapctl" "$@" 2>"$BATS_TEST_TMPDIR/err"
}
pod_args() { # NAMESPACE NAME
	echo "IgnoreUnknown=1;K8S_POD_NAMESPACE=$1;K8S_POD_NAME=$2"
}
# The last call said this on stderr.
err_has() {
	grep -qF -- "$1" "$BATS_TEST_TMPDIR/err" || { cat "$BATS_TEST_TMPDIR/err"; return 1; }
}
