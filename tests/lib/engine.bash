# SPDX-License-Identifier: Apache-2.0
# Engines of podtap-addresses: a network of their own with only lo, certificates, etcd, the stand-in for the
# Kubernetes API, and processes that call an engine and keep their connection.
#
#   $net      the namespace in which everything runs
bats_require_minimum_version 1.5.0

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=${tests%/*}
: "${BUILD:=$root/build}"

engine_setup() {
	net=pt$$-$RANDOM$BATS_TEST_NUMBER-engine
	pids=() members=()
	ip netns add "$net"
	ip -n "$net" link set lo up
	cd "$BATS_TEST_TMPDIR" || return
}

engine_teardown() {
	local pid
	for pid in "${pids[@]}" "${members[@]}"; do
		[ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	ip netns del "$net"
}

inside() {
	nsenter --net="/run/netns/$net" -- "$@"
}

# Runs a command until it succeeds: what it asks for has no event.
until_true() {
	local try
	for try in {1..1200}; do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.05
	done
	echo "never true: $*"
	return 1
}

# Starts a process that calls an engine, under a name, by a configuration.
#   engine_open NAME JSON
engine_open() {
	local name=$1
	printf %s "$2" >"$name.json"
	mkfifo "$name.in" "$name.out"
	nsenter --net="/run/netns/$net" -- "$BUILD/tests/tools/engine" "$name.json" <"$name.in" >"$name.out" 2>>"$name.err" 3>&- &
	pids+=($!)
	exec {in}>"$name.in" {out}<"$name.out"
	declare -g "engine_in_$name=$in" "engine_out_$name=$out" "engine_pid_$name=$!"
}

# Makes a call of tests/tools/engine. Sets $answer to its line.
#   engine NAME CALL
engine() {
	local -n to=engine_in_$1 from=engine_out_$1
	answer=
	# The write to a process that has ended must fail, and not end the test.
	{ (trap "" PIPE && printf "%s\n" "$2" >&"$to") && IFS= read -r -t 30 answer <&"$from"; } || { echo "no answer to: $2"; cat "$1.err"; return 1; }
	echo "$2: $answer"
}

# The answer to a call matches a pattern. \$1 may be a name's process.
#   engine_is NAME CALL PATTERN
engine_is() {
	engine "$1" "$2" || return
	# shellcheck disable=SC2053 # a pattern
	[[ $answer == $3 ]]
}

# A block's JSON with one claim of four addresses.
#   block HEX VERSION NODE [OFFSET]
block() {
	jq -cn --arg hex "$1" --arg version "$2" --arg node "$3" --argjson offset "${4:-0}" '
		{metadata: ({name: "lan.\($hex)"} + if $version == "" then {} else {resourceVersion: $version} end),
		 spec: {claims: [{offset: $offset, count: 4, node: $node, nodeUID: "uid-\($node)", state: "active",
			since: "2026-01-02T03:04:05Z"}]}}'
}

pool='{"apiVersion":"ipam.podtap.dev/v1alpha1","kind":"AddressPool","metadata":{"name":"lan"},
	"spec":{"sets":[{"subnet":"10.0.0.0/24"}]}}'

# Makes an authority in ca.crt, certificates of it for a server on 127.0.0.1 and for clients in
# server.crt/.key and client.crt/.key, and another authority in other.crt.
certificates() {
	local name authority=(-days 2 -subj /CN=authority -addext "keyUsage=critical,keyCertSign")
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "${authority[@]}" -keyout ca.key -out ca.crt
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "${authority[@]}" -keyout other.key -out other.crt
		for name in server client; do
			printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\nauthorityKeyIdentifier=keyid\n' >"$name.ext"
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=system:masters/CN=$name" \
				-keyout "$name.key" -out "$name.csr"
			openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile "$name.ext" -out "$name.crt"
		done
	} 2>openssl.log
}

# Starts member number $1 of the etcd of $members_wanted members. Its clients' port is 1000$1.
#   etcd_member NUMBER [OPTION...]
etcd_member() {
	local number=$1 scheme=${etcd_scheme:-http} i cluster=
	shift
	for ((i = 1; i <= members_wanted; i++)); do
		cluster+=${cluster:+,}m$i=http://127.0.0.1:2000$i
	done
	nsenter --net="/run/netns/$net" -- etcd --name "m$number" --data-dir "etcd$number" --initial-cluster "$cluster" \
		--listen-client-urls "$scheme://127.0.0.1:1000$number" --advertise-client-urls "$scheme://127.0.0.1:1000$number" \
		--listen-peer-urls "http://127.0.0.1:2000$number" --initial-advertise-peer-urls "http://127.0.0.1:2000$number" \
		--heartbeat-interval 50 --election-timeout 500 "$@" >>"etcd$number.log" 2>&1 3>&- &
	members[number]=$!
}

# Starts an etcd, and waits until it answers.
#   etcd_start MEMBERS [OPTION...]
etcd_start() {
	local i
	members_wanted=$1
	shift
	for ((i = 1; i <= members_wanted; i++)); do
		etcd_member "$i" "$@"
	done
	for ((i = 1; i <= members_wanted; i++)); do
		until_true etcdctl_at "$i" endpoint health
	done
}

# Ends a member by a signal.
etcd_end() {
	kill "-${2:-KILL}" "${members[$1]}"
	wait "${members[$1]}" 2>/dev/null || :
	members[$1]=
}

# etcdctl at a member; $etcdctl_options is an array.
etcdctl_at() {
	local number=$1
	shift
	inside env ETCDCTL_API=3 etcdctl --endpoints "${etcd_scheme:-http}://127.0.0.1:1000$number" "${etcdctl_options[@]}" "$@"
}
etcdctl_options=()

# A configuration for some members.
#   etcd_config MEMBERS [JSON]
etcd_config() {
	jq -cn --argjson n "$1" --arg scheme "${etcd_scheme:-http}" --argjson more "${2:-"{}"}" \
		'{engine: "etcd", etcd: ({endpoints: [range($n) | "\($scheme)://127.0.0.1:1000\(. + 1)"]} + $more)}'
}

# Starts the stand-in for the Kubernetes API, with what the component cluster-addresses has, and the node
# `one`, whose UID is in $node_uid.
#   kube_start [YAML...]     more objects
kube_start() {
	certificates
	kube_serve "$root"/deploy/kubernetes/components/cluster-addresses/{crds,rbac}.yaml "$@"
	kube POST /api/v1/nodes '{"kind":"Node","apiVersion":"v1","metadata":{"name":"one"}}' >node.json
	node_uid=$(jq -r .metadata.uid node.json)
}

kube_serve() {
	nsenter --net="/run/netns/$net" -- "$tests/fixtures/kube-apiserver/apiserver" 6443 server.crt server.key ca.crt "$@" >>kube.log 2>&1 3>&- &
	kube_pid=$!
	pids+=("$kube_pid")
	until_true kube GET /version
}

# A request as an administrator. Prints the answer; fails where the API does.
#   kube METHOD PATH [JSON]
kube() {
	inside curl -sS --fail-with-body --cacert ca.crt --cert client.crt --key client.key -X "$1" \
		${3:+-H 'Content-Type: application/json' -d "$3"} "https://127.0.0.1:6443$2"
}

# Has the stand-in do something: see there.
standin() {
	kube POST "/standin/$1" "$2"
}

blocks_api=/apis/ipam.podtap.dev/v1alpha1/addressblocks
pools_api=/apis/ipam.podtap.dev/v1alpha1/addresspools

# A configuration with a kubeconfig for a user, whose members are in YAML. A process may be reading the former one.
#   kube_config [YAML]
kube_config() {
	cat >kubeconfig.new <<-END
		apiVersion: v1
		kind: Config
		current-context: here
		contexts:
		- name: there
		- {name: here, context: {cluster: standin, user: "me"}}
		clusters:
		- name: standin
		  cluster:
		    server: https://127.0.0.1:6443/
		    certificate-authority: ca.crt # beside this file
		users:
		- name: me
		  user: {${1:-client-certificate: client.crt, client-key: client.key}}
	END
	mv kubeconfig.new kubeconfig
	jq -cn --arg path "$PWD/kubeconfig" '{engine: "kubernetes", kubernetes: {kubeconfig: $path}}'
}
