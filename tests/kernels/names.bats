#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A name on both sides: older kernels look the name of a new link up on the host, unless its index is
# asked for too.
load ../lib/lib

@test "ADD: names the interface eth0 although the host has an eth0, also where that is the master" {
	ip -n "$host" link add eth0 type dummy
	for kind in macvtap macvlan; do
		run -0 cni ADD "{\"link\":\"$kind\"}"
		[ "$(link "$pod" eth0 .linkinfo.info_kind)" = "$kind" ]
		[ "$(link "$host" eth0 .linkinfo.info_kind)" = dummy ]
		run -0 cni DEL "{\"link\":\"$kind\"}"
	done
	ip -n "$host" -batch - <<-END
		link del eth0
		link set lan0 down
		link set lan0 name eth0
		link set eth0 up
	END
	run -0 cni ADD '{"master":"eth0"}'
	run -0 cni CHECK '{"master":"eth0"}'
	[ "$(link "$pod" eth0 .linkinfo.info_kind)" = macvtap ]
	[ "$(link "$host" eth0 .linkinfo.info_kind)" = veth ]
}
