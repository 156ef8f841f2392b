# SPDX-License-Identifier: Apache-2.0
"""Many containers at once on one master: what a runtime does to them in random order, and what has to
be true in between and in the end."""

import ctypes
import json
import os
import socket
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from glob import glob

from lab import MASTER

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


class Broken(Exception):
    """A promise that was not kept."""


def networks(lab):
    """Both kinds of links; the allocator in process, with two ranges, and as a delegate."""
    def network(name, link, ipam, *subnets, **keys):
        return {"cniVersion": "1.1.0", "name": name, "type": "podtap", "link": link, "master": MASTER, **keys,
                "ipam": {"type": ipam, "dataDir": f"{lab.disk}/leases",
                         "ranges": [[{"subnet": subnet}] for subnet in subnets]}}
    return [network("taps", "macvtap", "podtap-ipam", "10.64.0.0/23", cdi=True),
            network("links", "macvlan", "podtap-ipam", "10.65.0.0/23", "fd65::/64", dad="off"),
            network("guests", "macvtap", "delegated-ipam", "10.66.0.0/23", addressOwner="guest")]


@dataclass
class Endpoint:
    """One container's interface."""
    number: int
    network: dict
    result: dict = None  # of the ADD; None: there is none

    def container(self, lab):
        return f"{lab.id}-{self.number}"

    def record(self, lab):
        with open(f"{lab.state}/podtap/endpoints/{self.container(lab)}/eth0.json", encoding="utf-8") as file:
            return json.load(file)


@dataclass
class Storm:
    """The runtime: `together` calls at any time, none for a container that has one already."""
    lab: object
    containers: int
    together: int
    random: object
    endpoints: list = field(default_factory=list)
    seconds: dict = field(default_factory=dict)  # of each verb's calls
    nodes: set = field(default_factory=set)  # of every tap there ever was

    def __post_init__(self):
        self.networks = networks(self.lab)
        self.endpoints = [Endpoint(i, self.networks[i % len(self.networks)]) for i in range(self.containers)]

    def call(self, verb, config, endpoint=None):
        """Runs the plugin; returns what it printed."""
        lab = self.lab
        environment = {"CNI_COMMAND": verb, "CNI_PATH": ":".join(lab.path), "PATH": os.environ["PATH"],
                       "PODTAP_STATE_DIR": f"{lab.state}/podtap", "PODTAP_CDI_DIR": f"{lab.state}/cdi",
                       "PODTAP_IPAM_STATE_DIR": f"{lab.state}/ipam"}
        if endpoint:
            environment |= {"CNI_CONTAINERID": endpoint.container(lab), "CNI_IFNAME": "eth0",
                            "CNI_NETNS": f"/run/netns/{lab.pod(endpoint.number)}"}
        begun = time.monotonic()
        done = subprocess.run(lab.inside([f"{lab.build}/podtap"]), input=json.dumps(config), env=environment,
                              capture_output=True, text=True, check=False)
        self.seconds.setdefault(verb, []).append(time.monotonic() - begun)
        if done.returncode or done.stderr or bool(done.stdout) != (verb == "ADD"):
            who = endpoint.container(lab) if endpoint else config["name"]
            raise Broken(f"{verb} of {who} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def act(self, verb, endpoint):
        config = endpoint.network
        if verb != "ADD":
            config = {**config, "prevResult": endpoint.result}
        printed = self.call(verb, config, endpoint)
        if verb != "CHECK":
            endpoint.result = json.loads(printed) if verb == "ADD" else None

    def all_at_once(self, verb_of):
        """One verb for each endpoint (None: nothing), in random order."""
        order = [(verb_of(e), e) for e in self.endpoints]
        self.random.shuffle(order)
        with ThreadPoolExecutor(self.together) as pool:
            for done in [pool.submit(self.act, verb, e) for verb, e in order if verb]:
                done.result()

    def forget(self, share):
        """The runtime loses containers, and has the rest kept by GC. Nothing else runs meanwhile."""
        for endpoint in self.alive():
            if self.random.random() < share:
                endpoint.result = None
        for network in self.networks:
            valid = [{"containerID": e.container(self.lab), "ifname": "eth0"} for e in self.alive()
                     if e.network is network]
            self.call("GC", {**network, "cni.dev/valid-attachments": valid})

    def alive(self):
        return [e for e in self.endpoints if e.result]

    def links(self):
        """How many links each pod has beside lo; a thread that visited pods is of no use afterwards."""
        counts = []

        def visit():
            for endpoint in self.endpoints:
                with open(f"/run/netns/{self.lab.pod(endpoint.number)}", "rb") as netns:
                    if LIBC.setns(netns.fileno(), CLONE_NEWNET) < 0:
                        return
                counts.append(len(socket.if_nameindex()) - 1)
        thread = threading.Thread(target=visit)
        thread.start()
        thread.join()
        return counts

    def verify(self):
        """Every endpoint that should be there is, with things that are nobody else's; no other is."""
        records = {e.number: e.record(self.lab) for e in self.alive()}
        seen = {"MAC address": [r["mac"] for r in records.values()],
                "interface index": [r["ifindex"] for r in records.values()],
                "tap": [(r["tap"]["major"], r["tap"]["minor"]) for r in records.values() if "tap" in r],
                "node": [r["tap"]["path"] for r in records.values() if "tap" in r],
                "address": [ip["address"] for e in self.alive() for ip in e.result["ips"]]}
        for what, values in seen.items():
            twice = [value for value, n in Counter(values).items() if n > 1]
            if twice:
                raise Broken(f"more than one endpoint has {what} {twice[0]}")
        self.nodes |= set(seen["node"])
        if self.links() != [int(e.result is not None) for e in self.endpoints]:
            raise Broken("the pods' links are not those of the endpoints")
        self.verify_files(len(records), len(seen["address"]), set(seen["node"]))

    def verify_files(self, endpoints, addresses, nodes):
        lab = self.lab
        kept = {"record": (glob(f"{lab.state}/podtap/endpoints/*"), endpoints),
                "note of an index": (glob(f"{lab.state}/podtap/indices/*"), endpoints),
                "CDI device": (glob(f"{lab.state}/cdi/*"),
                               sum(1 for e in self.alive() if e.network.get("cdi"))),
                "reservation": (glob(f"{lab.disk}/leases/*/[0-9f]*[.:]*"), addresses)}
        for what, (files, expected) in kept.items():
            if len(files) != expected:
                raise Broken(f"there are {len(files)} files, each a {what}, not {expected}")
        left = [node for node in self.nodes - nodes if os.path.exists(node)]
        if left:
            raise Broken(f"{left[0]} is there, but its endpoint is gone")

    def turn(self, endpoint):
        """What befalls an endpoint next."""
        if not endpoint.result:
            return "ADD"
        return self.random.choice(["CHECK", "CHECK", "DEL", None])

    def run(self, turns):
        self.all_at_once(lambda e: "ADD")
        self.verify()
        for _ in range(turns):
            self.all_at_once(self.turn)
            self.verify()
            self.forget(0.05)
            self.verify()
        self.all_at_once(lambda e: "CHECK" if e.result else None)
        self.all_at_once(lambda e: "DEL" if e.result else None)
        self.verify()
