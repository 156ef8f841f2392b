#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The JSON Schemas of podtapctl schema agree with the programs.
# bats file_tags=plain
load ../lib/lib

setup() {
	mkdir "$BATS_TEST_TMPDIR/schemas"
	for name in podtap podtap-ipam policy device-plugin; do
		"$BUILD/podtapctl" schema $name >"$BATS_TEST_TMPDIR/schemas/$name"
	done
}
# Runs Python with a function `fits(schema, value)`.
with_schemas() {
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c 'import copy, glob, json, os, subprocess, sys
import jsonschema
folder, build, root = sys.argv[1:4]
schemas = {name: json.load(open(f"{folder}/{name}")) for name in os.listdir(folder)}
def fits(name, value):
    return jsonschema.Draft202012Validator(schemas[name]).is_valid(value)
'"$1" "$BATS_TEST_TMPDIR/schemas" "$BUILD" "$root"
}

@test "schema: each is a valid schema, and has every key of its configuration" {
	run -0 with_schemas '
for schema in schemas.values():
    jsonschema.Draft202012Validator.check_schema(schema)
print(*sorted(schemas["podtap"]["properties"]))'
	while read -r key; do
		[[ " $output " == *" $key "* ]] || grep -q "\"$key\"" "$BATS_TEST_TMPDIR/schemas/podtap" || { echo "no $key"; return 1; }
	done < <(sed -n 's/^| `\([A-Za-z]*\)`.*/\1/p' "$root/docs/configuration.md" | sort -u)
	run -2 --separate-stderr "$BUILD/podtapctl" schema x
	[[ $stderr == *'it must be one of: podtap, podtap-ipam, policy, device-plugin' ]]
}
@test "schema: takes every example and every recorded call" {
	run -0 with_schemas '
count = 0
for path in glob.glob(root + "/examples/*.conf*") + glob.glob(root + "/tests/fixtures/captures/**/*.json", recursive=True):
    try:
        document = json.load(open(path))
    except ValueError:
        continue
    for plugin in document.get("plugins", [document]) if isinstance(document, dict) else []:
        if plugin.get("type") in ("podtap", "macvtap"):
            plugin.pop("plugins", None)
            assert fits("podtap", plugin), (path, list(jsonschema.Draft202012Validator(schemas["podtap"]).iter_errors(plugin)))
            count += 1
assert count >= 5, count'
}
@test "schema: podtap and the schema agree on every key and every kind of value" {
	run -0 with_schemas '
values = [True, 0, 1, 70000, 1.5, -1, "", "x", "/x", "0660", "9", "bridge", "macvtap", "10.0.0.1", "10.0.0.0/24",
    "02:00:5e:10:00:01", "stable", [], ["02:00:5e:10:00:01"], [1], {}, {"a": 1}]
env = dict(os.environ, CNI_COMMAND="STATUS", CNI_PATH="/x", PODTAP_STATE_DIR=folder + "/state")
def refused(config):
    ran = subprocess.run([build + "/podtap"], input=json.dumps(config), env=env, capture_output=True, text=True)
    return ran.returncode != 0 and json.loads(ran.stdout)["code"] == 7
# The value has to fit together with other keys, or its text is read further than a schema can.
further = {"sysctl", "dns", "ipam", "prevResult", "runtimeConfig", "args", "capabilities", "cniVersions"}
runtime = {"disableCheck", "disableGC"} # podtap does not read these
wrong = []
for key in schemas["podtap"]["properties"]:
    if key in further | runtime or key in ("name", "type", "cniVersion") or "/" in key:
        continue
    for value in values:
        config = {"cniVersion": "1.1.0", "name": "net", "type": "podtap", "master": "none0", key: value}
        if key == "sourceMacs":
            config["mode"] = "source"
        if key in ("antispoof", "allowDhcpServer", "allowRouterAdvertisements"):
            config = {"mode": "private", "antispoof": True} | config
        if key.endswith("Burst"):
            config[key.replace("Burst", "Rate")] = 1000
        if key in ("mtu", "ingressRate", "egressRate") and value == 1: # 0, or at least 68 or 1000
            continue
        if fits("podtap", config) == refused(config):
            wrong.append((key, value, refused(config)))
for line in wrong:
    print(*line)
assert not wrong'
}
