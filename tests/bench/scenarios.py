# SPDX-License-Identifier: Apache-2.0
"""What is measured: each scenario's contenders, verbs and surroundings."""

import ipaddress
import json
import os
import subprocess
from dataclasses import dataclass, field, replace
from typing import Callable, Optional

from contenders import HIDDEN, BareDelete, Call, Collector, Floor, Plugin, Reader, measure, run
from lab import MASTER, batch

EMPTY = Floor("empty C program", "")
EMPTY_LINKED = Floor("empty, linked as podtap", "", "_linked")
FLOOR = Floor("floor macvtap", "macvtap")
FLOOR_LINKED = Floor("floor macvtap, linked as podtap", "macvtap", "_linked")
FLOOR_MACVLAN = Floor("floor macvlan", "macvlan")
PODTAP = Plugin("podtap macvtap", "podtap")
PODTAP_MACVLAN = Plugin("podtap macvlan", "podtap", keys={"link": "macvlan"})
MACVLAN = Plugin("macvlan", "macvlan")
BARE = BareDelete("bare delete", PODTAP)
GUEST = Plugin("podtap for a guest", "podtap", "podtap-ipam", (4,), {"addressOwner": "guest"})
READER = Reader("podtap's programs", PODTAP)
COLLECTORS = (Collector("podtap", PODTAP), Collector("podtap, one pod", PODTAP, True))

# The label of a measured call says which budget it is judged by; see report.py.
IN_PROCESS = "podtap+podtap-ipam"
IN_PROCESS_MACVLAN = "podtap macvlan+podtap-ipam"
DELEGATED = "podtap+podtap-ipam run"
UNUSED = "podtap+podtap-ipam, network unused"
PEER = "macvlan+host-local"
THEIRS = "podtap+host-local"


def with_ipam(families, gateway=True, **keys):
    """Every pair of a plugin and an IPAM plugin; in the first two it is called in process."""
    pairs = [(IN_PROCESS, "podtap", "podtap-ipam"), (IN_PROCESS_MACVLAN, "podtap", "podtap-ipam"),
             (DELEGATED, "podtap", "delegated-ipam"),
             (THEIRS, "podtap", "host-local"), ("podtap+static", "podtap", "static"),
             ("macvlan+podtap-ipam", "macvlan", "podtap-ipam"), (PEER, "macvlan", "host-local"),
             ("macvlan+static", "macvlan", "static")]
    return [Plugin(name, program, ipam, families, own_keys(name, program, keys), gateway)
            for name, program, ipam in pairs]


def own_keys(name, program, keys):
    if program != "podtap":
        return {}
    return {**keys, "link": "macvlan"} if name == IN_PROCESS_MACVLAN else keys


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


def unused(contenders):
    """podtap in a network of its own, which has no reservations: what others in the same rounds have grown by."""
    return [replace(c, name=UNUSED, network="unused") for c in pick(contenders, IN_PROCESS)]


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


def namespaces(count):
    """Network namespaces of other pods, in each of which something has read a setting of IPv6: the kernel keeps that
    name, and all those of one name in one chain."""
    def prepare(lab, _):
        idle = [f"{lab.id}-idle{i}" for i in range(count - len(lab.names))]
        lab.namespaces(idle)
        look = "for name; do nsenter --net=/run/netns/$name stat /proc/sys/net/ipv6/conf/all >/dev/null; done"
        subprocess.run(["sh", "-ec", look, "sh", *idle], check=True)
    return prepare


def records(count):
    """Records: the first pod's, and copies of it for endpoints that are gone."""
    def prepare(lab, _):
        run(lab, PODTAP.calls(lab, "ADD", 0, HIDDEN)[0])
        own = PODTAP.container(lab, 0)
        state = f"{lab.state}/podtap"
        with open(f"{state}/endpoints/{own}/eth0.json", encoding="utf-8") as file:
            record = json.load(file)
        for i in range(1, count):
            index = record["ifindex"] + i
            gone = {"path": f"/run/netns/{own}-{i}", "inode": 5 * 10**9 + i, "cookie": 10**9 + i}
            other = {**record, "containerID": f"{own}-{i}", "ifindex": index, "netns": {**record["netns"], **gone},
                     "tap": {**record["tap"], "path": f"/dev/tap{index}", "minor": 1000 + i}}
            os.mkdir(f"{state}/endpoints/{own}-{i}")
            with open(f"{state}/endpoints/{own}-{i}/eth0.json", "w", encoding="utf-8") as file:
                json.dump(other, file)
            os.symlink(f"{own}-{i}/eth0", f"{state}/indices/{index}")
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
    few = pick(v4, IN_PROCESS, IN_PROCESS_MACVLAN, PEER)
    slow = {name: 25 for name in (DELEGATED, THEIRS, "podtap+static", "macvlan+podtap-ipam", "macvlan+static")}

    yield Scenario("VERSION", [EMPTY, EMPTY_LINKED, PODTAP, MACVLAN], ("VERSION",), share=3)
    yield Scenario("without IPAM", [FLOOR, FLOOR_LINKED, PODTAP, BARE, FLOOR_MACVLAN, PODTAP_MACVLAN, MACVLAN])
    yield Scenario("IPv4", [FLOOR, FLOOR_MACVLAN, BARE, *v4], few=slow)
    yield Scenario("IPv4 and IPv6, no duplicate address detection",
                   [FLOOR, *pick(dual, IN_PROCESS, DELEGATED, THEIRS), *bare_dual], share=0.2)
    yield Scenario("IPv4 and IPv6, waiting for duplicate address detection", [FLOOR, *waiting],
                   share=0.03)
    yield Scenario("CHECK without IPAM", [EMPTY, PODTAP, MACVLAN], ("CHECK",))
    yield Scenario("CHECK with IPv4", [EMPTY, *v4], ("CHECK",), share=0.5)
    yield Scenario("64 at once", [FLOOR, FLOOR_MACVLAN, PODTAP, MACVLAN, *few], share=0.1, together=64)
    yield Scenario("GC of 64 endpoints", [*COLLECTORS], ("GC",), share=0.1, together=64)
    for count in (20, 700):
        yield Scenario(f"{count} namespaces on the host", [FLOOR, GUEST, *pick(v4, IN_PROCESS)],
                       share=0.5, prepare=namespaces(count), series="namespaces", x=count)
    for count in (10, 10000):
        yield Scenario(f"{count} records", [READER], ("hook", "show", "list", "GC"), share=0.5,
                       prepare=records(count), series="records", x=count)
    for count in (10, 500, 4000):
        yield Scenario(f"{count} endpoints on the host", [FLOOR, PODTAP, BARE, MACVLAN, *pick(v4, IN_PROCESS)],
                       share=0.3, prepare=endpoints(count), series="endpoints", x=count)
    yield Scenario("2000 foreign links and 10000 foreign routes on the host",
                   [FLOOR, PODTAP, BARE, MACVLAN, *pick(few, IN_PROCESS, PEER)], share=0.2,
                   prepare=foreign(2000, 10000))
    # Last: after so many files are removed ext4 is slow to make new ones, for minutes (it spares their inodes).
    for count in (0, 1000, 10000, 60000):
        slow = max(4, 10000 // (count + 1))
        yield Scenario(f"{count} reservations",
                       [FLOOR, *pick(v4, IN_PROCESS, IN_PROCESS_MACVLAN, DELEGATED, THEIRS, PEER), *unused(v4)],
                       share=0.3, few={THEIRS: slow, PEER: slow}, prepare=reservations(count),
                       series="reservations", x=count)
