# SPDX-License-Identifier: Apache-2.0
# DEL, silent and as often as it is asked for: del [CHANGES] [VARIABLE=VALUE...]
del() {
	for _ in 1 2; do
		run -0 cni DEL "$@"
		[ -z "$output" ] || return 1
	done
}
