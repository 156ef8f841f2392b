#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# With every configuration of up to 16 MiB a call ends soon, answers, and stays within a limit of
# memory.
load ../lib/lib

# Configurations of nearly 16 MiB, or of nearly 200,000 values, each in a file of a directory.
hostile() {
	python3 - "$1" "$leases" <<-'END'
		import sys
		size, values = (16 << 20) - 1000, 190000
		addresses = [f'{{"address":"10.{i >> 16}.{i >> 8 & 255}.{i & 255}/8"}}' for i in range(1, values // 3)]
		ranges = ['[{"subnet":"10.%d.%d.0/30"}]' % (i >> 8, i & 255) for i in range(500)]
		ours = '"ipam":{"type":"podtap-ipam","dataDir":"%s",' % sys.argv[2]
		kinds = {
		    "text": '"x":"%s"' % ("a" * size),
		    "escapes": '"x":"%s"' % ("\\u00e9" * (size // 6)),
		    "texts": '"x":[%s]' % ",".join(['"%s"' % ("a" * (size // values - 4))] * values),
		    "members": '"x":{%s}' % ",".join(f'"{i:08}{"a" * 60}":0' for i in range(values)),
		    "dns": '"dns":{"search":[%s]}' % ",".join(['"%s"' % ("a" * 60)] * values),
		    "previous": '"prevResult":{"cniVersion":"1.1.0","ips":[%s]}' % ",".join(addresses),
		    "addresses": ours + '"addresses":[%s]}' % ",".join(addresses),
		    "ranges": ours + '"ranges":[%s]}' % ",".join(ranges),
		    "attachments": '"cni.dev/valid-attachments":[%s]' %
		        ",".join('{"containerID":"%08d","ifname":"e"}' % i for i in range(values // 3)),
		}
		for kind, text in kinds.items():
		    with open(f"{sys.argv[1]}/{kind}", "w") as file:
		        file.write('{"cniVersion":"1.1.0","name":"net","type":"podtap","master":"lan0",' + text + "}")
	END
}
# Runs podtap with each of these files; a line a call: FILE VERB STATUS PEAK-KIB ANSWER
measured() {
	at "$host" env CNI_CONTAINERID="$container" CNI_NETNS="/run/netns/$pod" CNI_IFNAME=eth0 CNI_PATH="$BUILD" \
		python3 - "$1" "$BUILD/podtap" <<-'END'
		import os, signal, subprocess, sys
		for kind in sorted(os.listdir(sys.argv[1])):
		    for verb in ("ADD", "DEL", "GC"):
		        call = subprocess.Popen([sys.argv[2]], stdin=open(f"{sys.argv[1]}/{kind}"), stdout=subprocess.PIPE,
		                                env=dict(os.environ, CNI_COMMAND=verb))
		        signal.alarm(120)
		        said = call.stdout.read()[:40].decode()
		        _, ended, used = os.wait4(call.pid, 0)
		        print(kind, verb, os.waitstatus_to_exitcode(ended), used.ru_maxrss, said.strip(), flush=True)
	END
}

@test "memory: ADD, DEL and GC need at most 96 MiB and end soon for every configuration" {
	mkdir "$BATS_TEST_TMPDIR/texts"
	hostile "$BATS_TEST_TMPDIR/texts"
	limit=$((96 * 1024)) # of which a sanitizer makes much more
	[[ $(ldd "$BUILD/podtap") != *libasan* ]] || limit=$((limit * 8))
	run -0 measured "$BATS_TEST_TMPDIR/texts"
	[ "${#lines[@]}" = 27 ]
	for line in "${lines[@]}"; do
		read -r kind verb ended peak said <<<"$line"
		[ "$peak" -lt "$limit" ] || { echo "$line"; return 1; }
		[ "$ended" = 0 ] || [[ $verb,$ended = ADD,1 && $said == '{"cniVersion":'*'"code":'* ]]
	done
}
