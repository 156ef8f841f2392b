# SPDX-License-Identifier: Apache-2.0
"""Where the two ends of a path are: in pods, or in QEMU's guests, told by their consoles."""

import os
import subprocess
import tempfile


class Pod:
    """A namespace."""

    def __init__(self, lab, namespace):
        self.prefix = ["nsenter", f"--net=/run/netns/{namespace}", "--", lab.tool("stream")]
        self.server = None

    def serve(self):
        self.server = subprocess.Popen(  # pylint: disable=consider-using-with
            [*self.prefix, "serve"], stdout=subprocess.PIPE)
        self.server.stdout.readline()

    def ask(self, *words):
        return float(subprocess.run([*self.prefix, *words], stdout=subprocess.PIPE, check=True).stdout)

    def close(self):
        if self.server:
            self.server.kill()
            self.server.communicate()


class Guest:
    """A virtual machine, whose QEMU runs in a namespace; prepare is what its shell does before."""

    def __init__(self, lab, namespace, netdev, mac, prepare="true"):
        guest = f"{lab.build}/guest"
        qemu = ["timeout", "300", "qemu-system-x86_64", "-M", "q35", "-accel", os.environ.get("ACCEL", "tcg"),
                "-cpu", "qemu64", "-m", "160", "-nodefaults", "-no-user-config", "-display", "none",
                "-no-reboot", "-kernel", f"{guest}/vmlinuz", "-initrd", f"{lab.state}/initrd",
                "-append", "console=ttyS0 quiet panic=-1 nokaslr mitigations=off", "-serial", "stdio",
                "-netdev", f"tap,id=n,{netdev}", "-device", f"virtio-net-pci,netdev=n,mac={mac},romfile="]
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["nsenter", f"--net=/run/netns/{namespace}", "--", "bash", "-c", f'{prepare}; exec "$@"', "bash", *qemu],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ready(self, address):
        self.read("ready")
        self.line(f"ip link set eth0 up && ip address add {address}/24 dev eth0")

    def read(self, end):
        """The lines before the one that begins so."""
        said = []
        for line in self.process.stdout:
            if line.startswith(end):
                return said, line.strip()
            said.append(line.strip())
        raise RuntimeError(f"the guest ended: {said}")

    def line(self, text):
        self.process.stdin.write(text + "\n")
        said, end = self.read("@@")
        if end != "@@0":
            raise RuntimeError(f"{text}: {said} {end}")
        return said

    def serve(self):
        self.line("stream serve </dev/null >/tmp/serve & until grep -q serving /tmp/serve; do :; done")

    def ask(self, *words):
        return float(self.line(" ".join(("stream", *words)))[-1])

    def close(self):
        try:
            self.process.communicate("poweroff -f\n", timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.terminate()  # timeout, which ends QEMU
            self.process.wait()


def initrd_make(lab):
    """The tests' guest, with stream in it: an initramfs may be several archives, one after the other."""
    with tempfile.TemporaryDirectory() as tree:
        os.mkdir(f"{tree}/bin")
        here = os.path.dirname(os.path.abspath(__file__))
        subprocess.run(["cc", "-O2", "-static", "-D_GNU_SOURCE", f"-I{here}/../..", "-o", f"{tree}/bin/stream",
                        f"{here}/stream.c"], check=True)
        added = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=b"bin\nbin/stream\n", cwd=tree,
                               stdout=subprocess.PIPE, check=True).stdout
    with open(f"{lab.build}/guest/initrd", "rb") as base, open(f"{lab.state}/initrd", "wb") as file:
        file.write(base.read() + added)
