# SPDX-License-Identifier: Apache-2.0
# What a runtime of the recorded kinds could object to in the result of an ADD: a list of sentences.
# Takes $config, $result, $ifname and $sandbox.
def address: split("/") | length == 2 and (.[1] | tonumber) <= 128;
def asked: [$config.runtimeConfig.ips // [] | .[] | split("/")[0]];
def given: [$result.ips // [] | .[].address | split("/")[0]];

($result.interfaces // []) as $interfaces
| ([$interfaces[] | select(.name == $ifname and .sandbox == $sandbox)]) as $ours
| [
	(if $result.cniVersion == $config.cniVersion then empty else "cniVersion differs" end),
	(if ($ours | length) == 1 then empty else "the interface is not listed once" end),
	(if $ours[0].mac | test("^([0-9a-f]{2}:){5}[0-9a-f]{2}$") then empty else "mac" end),
	(if $config.runtimeConfig.mac == null or $config.runtimeConfig.mac == $ours[0].mac
		then empty else "not the mac asked for" end),
	(if $config.cniVersion >= "1.0.0" or ($ours[0] | has("mtu") | not)
		then empty else "mtu is of 1.0.0 and later" end),
	(if $config.cniVersion >= "1.0.0" or ($result | has("dns")) then empty else "dns missing" end),
	(if ($config.ipam.type // "") == "" then
		(if given == [] then empty else "addresses nobody gave" end)
	else
		(if given == [] then "no address" else empty end),
		(if asked - given == [] then empty else "not the addresses asked for" end)
	end),
	($result.ips // [] | .[]
		| (if .address | address then empty else "address without prefix" end),
		(if $interfaces[.interface].name == $ifname then empty else "an address of no interface" end),
		(if has("version") == ($config.cniVersion < "1.0.0") then empty else "ips[].version" end)),
	($result.routes // [] | .[] | if .dst | address then empty else "route without prefix" end)
]
