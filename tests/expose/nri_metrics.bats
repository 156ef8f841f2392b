#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podtap-nri --metrics: it serves the node's metrics beside its work, and is not disturbed by who reads them.
load ../lib/lib
load ../lib/nri
load ../lib/crowd

at_socket=unix:$BATS_TEST_TMPDIR/metrics.sock
# Asks for the metrics: scrape [OPTION...]
scrape() {
	curl -sS --max-time 60 --unix-socket "${at_socket#unix:}" "$@" http://podtap/metrics
}
# The first answer, as soon as the process listens.
first_scrape() {
	local try
	for try in {1..1000}; do
		[ ! -S "${at_socket#unix:}" ] || ! output=$(scrape) || return 0
		sleep 0.01
	done
	echo "nobody serves metrics at $at_socket, $try attempts:"
	cat "$dir/log"
	return 1
}
# The process that serves them, beside the one that sets links, which started earlier.
newest_server() {
	pgrep -n -P "$plugin"
}
gone() {
	until [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; do sleep 0.01; done
}
# Sends bytes, as printf writes them, and prints the answer: ask BYTES
ask() {
	printf '%b' "$1" | python3 -c 'import socket, sys
at = socket.socket(socket.AF_UNIX)
at.connect(sys.argv[1])
try:
    at.sendall(sys.stdin.buffer.read())
    sys.stdout.buffer.write(at.makefile("rb").read())
except OSError:
    pass' "${at_socket#unix:}"
}

@test "NRI metrics: serves them at a socket for root alone while a container gets its tap; none without the option" {
	run -0 cni ADD
	plugin_start --metrics "$at_socket"
	first_scrape
	[[ $output == '# HELP podtap_build_info '* ]]
	[[ $output == *"podtap_endpoints{network=\"net\",kind=\"macvtap\",mode=\"bridge\",master=\"lan0\",state=\"alive\"} 1"* ]]
	[ "$(stat -c %a "${at_socket#unix:}")" = 600 ]
	creates "$(create)"
	same_json "$output" "$(adjusts "$(tap)")"
	run -22 scrape -f -X POST
	ended TERM
	rm "$dir/log" "${at_socket#unix:}"
	plugin_start
	logged 1 "Connection refused"
	[ ! -e "${at_socket#unix:}" ]
	[ "$(pgrep -c -P "$plugin")" = 1 ] # the one that sets links
	run -7 scrape
}
@test "NRI metrics: the process that serves has two capabilities, a filter of its own, and goes first where memory is short" {
	plugin_start --metrics "$at_socket"
	first_scrape
	run -0 grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):' "/proc/$(newest_server)/status"
	[ "${lines[*]//	/}" = "CapPrm:0000000000280000 CapEff:0000000000280000 CapBnd:0000000000000000 NoNewPrivs:1 Seccomp:2" ]
	run -0 grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):' "/proc/$plugin/status"
	[ "${lines[*]//	/}" = "CapPrm:0000000000280000 CapEff:0000000000280000 CapBnd:0000000000000000 NoNewPrivs:1 Seccomp:2" ]
	[ "$(cat "/proc/$(newest_server)/oom_score_adj")" = 1000 ]
	[ "$(cat "/proc/$plugin/oom_score_adj")" != 1000 ]
	[ "$(ps -o ni= -p "$(newest_server)" | tr -d ' ')" = 5 ]
	# the orders for links are the other process's
	[ "$(find "/proc/$(newest_server)/fd" -lname 'socket:*' | wc -l)" = 2 ] # the listener, and the pair with its parent
}
@test "NRI metrics: at an address; a place that another has is tried again, and containers get their taps meanwhile" {
	ip -n "$host" link set lo up
	ip netns exec "$host" python3 -c 'import socket, sys, time
at = socket.create_server(("127.0.0.1", 9799))
print("listens", flush=True)
time.sleep(1000)' >"$dir/other" 3>&- &
	other_pid=$!
	background+=($!)
	until grep -q listens "$dir/other"; do sleep 0.02; done
	run -0 cni ADD
	plugin_start --metrics 127.0.0.1:9799
	logged 1 "serve the metrics at 127.0.0.1:9799: Address already in use"
	creates "$(create)"
	same_json "$output" "$(adjusts "$(tap)")"
	kill "$other_pid"
	logged 1 "the metrics are served at 127.0.0.1:9799 now"
	[ "$(grep -c 'Address already in use' "$dir/log")" = 1 ]
	run -0 --separate-stderr at "$host" curl -sS --max-time 60 http://127.0.0.1:9799/metrics
	[[ $output == *'podtap_endpoints{'* ]]
}
@test "NRI metrics: scrapers that stall, read nothing or come in hundreds leave the program's work and the next scrape alone" {
	run -0 cni ADD
	crowd 500
	plugin_start --metrics "$at_socket"
	first_scrape
	# one that is silent, one that sends half of a head, one that takes no answer, for all places but one
	python3 -c 'import socket, sys, time
all = []
for i in range(63):
    at = socket.socket(socket.AF_UNIX)
    at.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    at.connect(sys.argv[1])
    at.send((b"", b"GET /metrics HTTP/1.1\r\nHost:", b"GET /metrics HTTP/1.1\r\n\r\n")[i % 3])
    all.append(at)
print("stalls", flush=True)
time.sleep(1000)' "${at_socket#unix:}" >"$dir/stalls" 3>&- &
	background+=($!)
	until grep -q stalls "$dir/stalls"; do sleep 0.02; done
	creates "$(create)"
	same_json "$output" "$(adjusts "$(tap)")"
	run -0 scrape
	[[ $output == *'state="alive"} 1'* && $output == *'state="stale"} 500'* ]] || { head -5 <<<"$output"; false; }
	# all at once: everybody gets the whole answer, from few collections
	for _ in {1..150}; do scrape -o /dev/null & scrapers+=($!); done
	for pid in "${scrapers[@]}"; do wait "$pid"; done
	creates "$(create)"
	same_json "$output" "$(adjusts "$(tap)")"
	crowd_end
}
@test "NRI metrics: garbage is refused, and a request without an end is not kept" {
	plugin_start --metrics "$at_socket"
	first_scrape
	for request in 'POST /metrics HTTP/1.1\r\n\r\n' 'GET /metricsx HTTP/1.1\r\n\r\n' 'GET / HTTP/1.1\r\n\r\n' '\r\n\r\n' '\0\377\r\n\r\n'; do
		run -0 ask "$request"
		[[ $output == 'HTTP/1.1 404 Not Found'* ]] || { echo "$request: $output"; false; }
	done
	run -0 ask 'GET /metrics?name=x HTTP/1.0\r\n\r\n'
	[[ $output == 'HTTP/1.1 200 OK'*'Connection: close'*podtap_endpoints* ]]
	run -0 ask "$(printf 'x%.0s' {1..5000})"
	[ -z "$output" ]
}
@test "NRI metrics: serves at the socket that a killed one left; ends with its program, and the program without it goes on" {
	run -0 cni ADD
	plugin_start --metrics "$at_socket"
	first_scrape
	former=$(newest_server)
	kill -KILL "$plugin"
	gone "$former"
	[ -S "${at_socket#unix:}" ]
	plugin_start --metrics "$at_socket"
	first_scrape
	kill -KILL "$(newest_server)"
	logged 1 "the process that serves metrics has ended"
	creates "$(create)"
	same_json "$output" "$(adjusts "$(tap)")"
	run -7 scrape
	ended TERM
	# nothing but a socket is replaced
	rm "${at_socket#unix:}"
	echo mine >"${at_socket#unix:}"
	plugin_start --metrics "$at_socket"
	logged 1 "serve the metrics at $at_socket: Address already in use"
	[ "$(cat "${at_socket#unix:}")" = mine ]
}
@test "NRI metrics: a collection that fails is an answer with the reason, and the next one succeeds" {
	plugin_start --metrics "$at_socket"
	first_scrape
	mv "$PODTAP_STATE_DIR" "$dir/away"
	echo file >"$PODTAP_STATE_DIR"
	until output=$(scrape) && [[ $output != '# HELP'* ]]; do sleep 0.05; done
	[[ $output == *"open the state directory $PODTAP_STATE_DIR/endpoints: Not a directory"* ]] || { echo "$output"; false; }
	run -22 scrape -f
	sleep 1.1 # the next answer is collected anew
	run -22 scrape -f
	logged 1 "Not a directory"
	[ "$(grep -c "Not a directory" "$dir/log")" = 1 ]
	rm "$PODTAP_STATE_DIR"
	mv "$dir/away" "$PODTAP_STATE_DIR"
	until output=$(scrape) && [[ $output == '# HELP'* ]]; do sleep 0.05; done
}
@test "NRI metrics: exits 2 for an invalid address" {
	for wrong in 127.0.0.1 localhost:80 unix: "unix:/$(printf %0200d 0)" 127.0.0.1:0; do
		run -2 --separate-stderr "$BUILD/podtap-nri" --metrics "$wrong"
		[[ $stderr == *"--metrics $wrong: it must be unix:PATH"* ]]
	done
}
