# SPDX-License-Identifier: Apache-2.0
"""Who is measured: how each one is called for a verb, in a pod of a lab."""

import json
import os
import shutil
import subprocess
import tempfile
import zlib
from dataclasses import dataclass, field, replace

from lab import MASTER

HOOKED = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../fixtures/captures/hooks/podman-all-stages-precreate.json")
HIDDEN = "-"  # the label of a call that only prepares for another one


@dataclass(frozen=True)
class Call:
    """One run of one program."""
    label: str
    input: str
    environment: dict
    command: list

    def plan(self):
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return " ".join([self.label, self.input, *variables, "--", *self.command])


@dataclass(frozen=True)
class Floor:
    """The bare request, or (kind "") the process that does nothing; linked as podtap is, or dynamically."""
    name: str
    kind: str
    linked: str = ""

    def calls(self, lab, verb, pod, label):
        if not self.kind:
            return [Call(label, "/dev/null", {}, self.programs(lab))]
        netns = f"/run/netns/{lab.pod(pod)}"
        words = {"ADD": [self.kind, str(lab.master_index), "eth0", str(0xf0000 + pod)],
                 "DEL": ["eth0"]}[verb]
        return [Call(label, "/dev/null", {}, [*self.programs(lab), verb, netns, *words])]

    def programs(self, lab):
        return [lab.tool(("floor" if self.kind else "empty") + self.linked)]


@dataclass(frozen=True)
class Plugin:
    """A CNI plugin with a network configuration; ipam is "" or the type of an IPAM plugin."""
    name: str
    program: str
    ipam: str = ""
    families: tuple = ()
    keys: dict = field(default_factory=dict)
    gateway: bool = True
    network: str = "bench"

    @property
    def kind(self):
        return self.keys.get("link", "macvtap") if self.program == "podtap" else "macvlan"

    def path(self, lab, program):
        for directory in lab.path:
            if os.path.exists(f"{directory}/{program}"):
                return f"{directory}/{program}"
        return f"{lab.installed}/{program}"

    def programs(self, lab):
        in_process = self.program == "podtap" and self.ipam == "podtap-ipam"
        delegates = [self.ipam] if self.ipam and not in_process else []
        return [self.path(lab, name) for name in [self.program, *delegates]]

    def present(self, lab):
        return all(os.path.exists(program) for program in self.programs(lab))

    def data_directory(self, lab):
        """One for each allocator: which plugin it is called by makes no difference to its store."""
        return f"{lab.disk}/{'host-local' if self.ipam == 'host-local' else 'podtap-ipam'}"

    def nets(self):
        """Subnet, an address and the gateway of each family. All contenders are on one LAN, where
        duplicate address detection hears the others: it is to hear none with the same address."""
        own = f"fd64:0:0:{zlib.crc32(self.name.encode()) & 0xffff:x}::"
        nets = {4: ("10.64.0.0/12", "10.64.7.7/12", "10.64.0.1"), 6: (f"{own}/64", f"{own}7/64", f"{own}1")}
        return [nets[family] for family in self.families]

    def ipam_keys(self, lab):
        if self.ipam == "static":
            return {"addresses": [{"address": address, **({"gateway": gateway} if self.gateway else {})}
                                  for _, address, gateway in self.nets()]}
        return {"dataDir": self.data_directory(lab), "ranges": [[{"subnet": net}] for net, *_ in self.nets()]}

    def config(self, lab, previous=None, **keys):
        config = {"cniVersion": "1.0.0", "name": self.network, "type": self.program, "master": MASTER,
                  **self.keys, **keys}
        if self.ipam:
            config["ipam"] = {"type": self.ipam, **self.ipam_keys(lab)}
        if previous:
            config["prevResult"] = previous
        return json.dumps(config)

    def container(self, lab, pod):
        return f"{lab.id}-{''.join(c for c in self.name if c.isalnum())}-{pod}"

    def environment(self, lab, verb, pod):
        return {"CNI_COMMAND": verb, "CNI_CONTAINERID": self.container(lab, pod),
                "CNI_NETNS": f"/run/netns/{lab.pod(pod)}", "CNI_IFNAME": "eth0",
                "CNI_PATH": ":".join(lab.path), "PODTAP_STATE_DIR": f"{lab.state}/podtap",
                "PODTAP_IPAM_STATE_DIR": f"{lab.disk}/podtap-ipam"}

    def input(self, lab, previous=None):
        name = "".join(c for c in self.name if c.isalnum())
        return lab.write(f"{name}{'-previous' if previous else ''}.json", self.config(lab, previous))

    def calls(self, lab, verb, pod, label, previous=None):
        if verb == "VERSION":
            return [Call(label, "/dev/null", {"CNI_COMMAND": "VERSION"},
                         [self.path(lab, self.program)])]
        return [Call(label, self.input(lab, previous), self.environment(lab, verb, pod),
                     [self.path(lab, self.program)])]


@dataclass(frozen=True)
class BareDelete:
    """The bare request on what a plugin's ADD made, which is more than the bare ADD made: it is up."""
    name: str
    of: Plugin

    @property
    def kind(self):
        return self.of.kind

    def calls(self, lab, verb, pod, label):
        if verb == "ADD":
            return self.of.calls(lab, "ADD", pod, HIDDEN)
        return [*Floor("", "macvtap").calls(lab, "DEL", pod, label),
                *self.of.calls(lab, "DEL", pod, HIDDEN)]

    def programs(self, lab):
        return [lab.tool("floor")]


@dataclass(frozen=True)
class Collector:
    """A GC that removes an endpoint of each pod, or (one=True) as many of one pod."""
    name: str
    of: Plugin
    one: bool = False
    kind = "macvtap"

    def calls(self, lab, verb, pod, label):
        add = self.of.calls(lab, "ADD", pod, HIDDEN)[0]
        if self.one:
            add = replace(add, environment={**add.environment, "CNI_NETNS": f"/run/netns/{lab.pod(0)}",
                                            "CNI_IFNAME": f"e{pod}"})
        return [add, collection(lab, self.of, [], label) if pod == 0 else None]

    def programs(self, lab):
        return self.of.programs(lab)


def collection(lab, plugin, valid, label):
    """A GC of a plugin's network, with the attachments that remain."""
    text = plugin.config(lab, cniVersion="1.1.0", **{"cni.dev/valid-attachments": valid})
    return Call(label, lab.write("gc.json", text), plugin.environment(lab, "GC", 0), plugin.programs(lab)[:1])


@dataclass(frozen=True)
class Reader:
    """What reads records: the hook for a container that has a tap; podtapctl for it and for all; a GC that removes
    nothing. All endpoints of the lab but the first pod's are gone."""
    name: str
    of: Plugin
    kind = ""

    def programs(self, lab):
        return [lab.tool("podtapctl")]

    def calls(self, lab, verb, pod, label):
        return [{"hook": self.hook, "show": self.show, "list": self.list, "GC": self.collect}[verb](lab, label)]

    def call(self, lab, label, file, *command):
        return Call(label, file, {"PODTAP_STATE_DIR": f"{lab.state}/podtap"}, list(command))

    def hook(self, lab, label):
        with open(HOOKED, encoding="utf-8") as file:
            oci = json.load(file)
        for namespace in oci["linux"]["namespaces"]:
            if namespace["type"] == "network":
                namespace["path"] = f"/run/netns/{lab.pod(0)}"
        return self.call(lab, label, lab.write("oci.json", json.dumps(oci)), lab.tool("podtap-hook"))

    def show(self, lab, label):
        return self.call(lab, label, "/dev/null", lab.tool("podtapctl"), "show", self.of.container(lab, 0))

    def list(self, lab, label):  # exits 1: most endpoints are gone
        quiet = "$0\tlist\t>/dev/null\t2>&1;:"
        return self.call(lab, label, "/dev/null", "/bin/sh", "-c", quiet, lab.tool("podtapctl"))

    def collect(self, lab, label):
        valid = [{"containerID": name, "ifname": "eth0"} for name in os.listdir(f"{lab.state}/podtap/endpoints")]
        return collection(lab, self.of, valid, label)


def run(lab, call):
    """Runs one call now, outside any measurement; returns what it printed."""
    with open(call.input, encoding="utf-8") as stdin:
        done = subprocess.run(lab.inside(call.command), stdin=stdin, env=call.environment,
                              capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(" ".join(f"{call.command[0]}: {done.stdout}{done.stderr}".split()))
    return done.stdout


def measure(lab, lines, progress=lambda done: None):
    """Runs a plan; returns the figures of each label's calls."""
    figures = {}
    with tempfile.TemporaryFile("w+") as file:
        file.write("\n".join(lines) + "\n")
        file.seek(0)
        with subprocess.Popen(lab.inside([lab.tool("measure")]), stdin=file,
                              stdout=subprocess.PIPE, text=True) as process:
            for done, line in enumerate(process.stdout):
                label, *numbers = line.split()
                figures.setdefault(label, []).append([float(number) for number in numbers])
                progress(done)
        if process.returncode:
            raise RuntimeError("a call failed")
    return figures


def stripped_bytes(path):
    """Size without debugging information, which is how packages ship executables."""
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run([shutil.which("strip"), "-o", copy.name, path], check=True)
        return os.stat(copy.name).st_size
