# SPDX-License-Identifier: Apache-2.0
"""What is measured: each scenario's contenders, verbs and surroundings."""

import ipaddress
import os
import subprocess
from dataclasses import dataclass, field
from typing import Callable, Optional

from contenders import HIDDEN, BareDelete, Call, Floor, Plugin, measure
from lab import MASTER, batch

EMPTY = Floor("empty C program", "")
FLOOR = Floor("floor macvtap", "macvtap")
FLOOR_MACVLAN = Floor("floor macvlan", "macvlan")
PODTAP = Plugin("podtap macvtap", "podtap")
PODTAP_MACVLAN = Plugin("podtap macvlan", "podtap", keys={"link": "macvlan"})
MACVLAN = Plugin("macvlan", "macvlan")
BARE = BareDelete("bare delete", PODTAP)

# The label of a measured call says which budget it is judged by; see report.py.
IN_PROCESS = "podtap+podtap-ipam"
DELEGATED = "podtap+podtap-ipam run"
PEER = "macvlan+host-local"
THEIRS = "podtap+host-local"


def with_ipam(families, gateway=True, **keys):
    """Every pair of a plugin and an IPAM plugin; the first is called in process."""
    pairs = [(IN_PROCESS, "podtap", "podtap-ipam"), (DELEGATED, "podtap", "delegated-ipam"),
             (THEIRS, "podtap", "host-local"), ("podtap+static", "podtap", "static"),
             ("macvlan+podtap-ipam", "macvlan", "podtap-ipam"), (PEER, "macvlan", "host-local"),
             ("macvlan+static", "macvlan", "static")]
    return [Plugin(name, program, ipam, families, keys if program == "podtap" else {}, gateway)
            for name, program, ipam in pairs]


def pick(contenders, *names):
    return [c for c in contenders if c.name in names]


@dataclass(frozen=True)
class Scenario:
    title: str
    contenders: list
    verbs: tuple = ("ADD", "DEL")
    share: float = 1.0  # of the rounds asked for
    few: dict = field(default_factory=dict)  # contenders that take part in so many rounds only
    together: int = 1  # calls at once
    prepare: Optional[Callable] = None
    series: str = ""  # what x counts, for plots and budgets
    x: int = 0


def reservations(count):
    """Fills the stores with what other attachments hold, in the files both allocators keep."""
    def prepare(lab, scenario):
        first = ipaddress.ip_address("10.64.0.2")
        stores = {c.data_directory(lab) for c in scenario.contenders if isinstance(c, Plugin) and c.ipam}
        for directory in (f"{store}/bench" for store in stores if count):
            os.makedirs(directory)
            subprocess.run([f"{lab.build}/tests/tools/ipamfill", directory, str(first), str(count)], check=True)
            with open(f"{directory}/last_reserved_ip.0", "w", encoding="utf-8") as file:
                file.write(str(first + count - 1))
    return prepare


def endpoints(count):
    """Endpoints of other pods on the same master, made as any is."""
    def prepare(lab, _):
        crowd = [f"{lab.id}-crowd{i}" for i in range(min(count, 100))]
        lab.namespaces(crowd)
        template = PODTAP.calls(lab, "ADD", 0, HIDDEN)[0]
        lines = []
        for i in range(count):
            environment = {**template.environment, "CNI_CONTAINERID": f"{lab.id}-crowd-{i}",
                           "CNI_NETNS": f"/run/netns/{crowd[i % len(crowd)]}",
                           "CNI_IFNAME": f"e{i // len(crowd)}"}
            lines += [Call(HIDDEN, template.input, environment, template.command).plan(), ""]
        measure(lab, lines)
    return prepare


def foreign(links, routes):
    def prepare(lab, _):
        batch("".join(f"link add v{i} type veth peer name w{i}\n" for i in range(links // 2)),
              lab.host)
        first = ipaddress.ip_address("172.16.0.0")
        batch("".join(f"route add {first + i} dev {MASTER}\n" for i in range(routes)), lab.host)
    return prepare


def everything():
    v4 = with_ipam((4,))
    dual = with_ipam((4, 6), dad="off")
    waiting = pick(with_ipam((4, 6)), IN_PROCESS, PEER)
    bare_dual = pick(with_ipam((4, 6), gateway=False), "podtap+static", "macvlan+static")
    few = pick(v4, IN_PROCESS, PEER)

    yield Scenario("VERSION", [EMPTY, PODTAP, MACVLAN], ("VERSION",), share=3)
    yield Scenario("without IPAM", [FLOOR, PODTAP, BARE, FLOOR_MACVLAN, PODTAP_MACVLAN, MACVLAN])
    yield Scenario("IPv4", [FLOOR, BARE, *v4])
    yield Scenario("IPv4 and IPv6, no duplicate address detection",
                   [FLOOR, *pick(dual, IN_PROCESS, DELEGATED, THEIRS), *bare_dual], share=0.5)
    yield Scenario("IPv4 and IPv6, waiting for duplicate address detection", [FLOOR, *waiting],
                   share=0.05)
    yield Scenario("CHECK without IPAM", [EMPTY, PODTAP, MACVLAN], ("CHECK",))
    yield Scenario("CHECK with IPv4", [EMPTY, *v4], ("CHECK",))
    yield Scenario("CHECK with IPv4 and IPv6", [EMPTY, *with_ipam((4, 6), gateway=False, dad="off")], ("CHECK",))
    for together in (8, 64):
        yield Scenario(f"{together} at once", [FLOOR, PODTAP, MACVLAN, *few], share=0.1,
                       together=together)
    for count in (10, 500, 4000):
        yield Scenario(f"{count} endpoints on the host", [FLOOR, PODTAP, BARE, MACVLAN, *pick(v4, IN_PROCESS)],
                       share=0.5, prepare=endpoints(count), series="endpoints", x=count)
    yield Scenario("2000 foreign links and 10000 foreign routes on the host",
                   [FLOOR, PODTAP, BARE, MACVLAN, *few], share=0.5, prepare=foreign(2000, 10000))
    # Last: after so many files are removed ext4 is slow to make new ones, for minutes (it spares their inodes).
    for count in (0, 1000, 10000, 60000):
        slow = max(4, 20000 // (count + 1))
        yield Scenario(f"{count} reservations", [FLOOR, *pick(v4, IN_PROCESS, DELEGATED, THEIRS, PEER)],
                       share=0.5, few={THEIRS: slow, PEER: slow}, prepare=reservations(count),
                       series="reservations", x=count)
