# SPDX-License-Identifier: Apache-2.0
"""Where a scenario happens: a host with a LAN interface and pods, namespaces all of them, and the
directories its plugins keep things in. Nothing of it is left when the scenario has ended."""

import itertools
import json
import os
import subprocess
import tempfile

SERIAL = itertools.count()
MEASURED = ("podtap", "podtap-ipam", "podtap-hook", "podtapctl",
            *(f"tests/bench/{name}" for name in ("floor", "empty", "floor_linked", "empty_linked")))
MASTER = "lan0"


def batch(text, namespace=None):
    """Runs `ip` once for many commands."""
    where = ["-n", namespace] if namespace else []
    subprocess.run(["ip", *where, "-batch", "-"], input=text, text=True, check=True)


class Lab:
    def __init__(self, build, peers, pods):
        self.build = os.path.abspath(build)
        self.id = f"pb{os.getpid()}x{next(SERIAL)}"
        self.host = f"{self.id}-host"
        self.names = []
        self.pods = pods
        self.master_index = 0
        # A record is kept in /run, which is a tmpfs; reservations are kept on a disk.
        self.state = tempfile.mkdtemp(prefix=f"{self.id}-", dir="/dev/shm")
        self.disk = tempfile.mkdtemp(prefix=f"{self.id}-", dir="/var/tmp")
        self.installed = f"{self.disk}/installed"
        self.path = [self.installed, self.state, peers]  # where plugins are found
        # Under another name it is run as any IPAM plugin is, instead of being called in process.
        os.symlink(f"{self.installed}/podtap-ipam", f"{self.state}/delegated-ipam")

    def __enter__(self):
        try:
            self.install()
            self.hosts()
        except BaseException:
            self.__exit__()
            raise
        return self

    def install(self):
        """What is measured is run as installed: what a linker wrote in many small pieces is cached in pages
        as small, and so takes longer to start than any copy of it."""
        os.mkdir(self.installed)
        subprocess.run(["install", "-t", self.installed, *(f"{self.build}/{name}" for name in MEASURED)], check=True)

    def hosts(self):
        self.namespaces([self.host, f"{self.id}-lan"])
        batch(f"link add {MASTER} netns {self.host} type veth peer name p netns {self.id}-lan\n")
        batch(f"link set {MASTER} up\n", self.host)
        batch("link set p up\n", f"{self.id}-lan")
        self.namespaces([self.pod(i) for i in range(self.pods)])
        link = subprocess.run(["ip", "-n", self.host, "-j", "link", "show", MASTER],
                              capture_output=True, check=True).stdout
        self.master_index = json.loads(link)[0]["ifindex"]

    def __exit__(self, *_):
        batch("".join(f"netns del {name}\n" for name in self.names if os.path.exists(f"/run/netns/{name}")))
        self.links_remove()
        subprocess.run(["rm", "-rf", self.state, self.disk], check=True)

    def links_remove(self):
        """The links in /dev/char to the taps of endpoints that had no DEL: the kernel removed only the taps."""
        indices = f"{self.state}/podtap/indices"
        taps = {f"../tap{index}" for index in (os.listdir(indices) if os.path.isdir(indices) else [])}
        for entry in os.scandir("/dev/char") if taps and os.path.isdir("/dev/char") else []:
            if entry.is_symlink() and os.readlink(entry.path) in taps:
                os.unlink(entry.path)

    def namespaces(self, names):
        self.names += names
        batch("".join(f"netns add {name}\n" for name in names))

    def pod(self, number):
        return f"{self.id}-pod{number}"

    def write(self, name, content):
        path = f"{self.state}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def inside(self, command):
        """A command as it is run on the lab's host."""
        return ["nsenter", f"--net=/run/netns/{self.host}", "--", *command]

    def tool(self, name):
        measured = name in MEASURED or f"tests/bench/{name}" in MEASURED
        directory = self.installed if measured else f"{self.build}/tests/bench"
        return f"{directory}/{name}"
