# SPDX-License-Identifier: Apache-2.0
"""What a run says: tables, budgets, CSV and JSON."""

import csv
import dataclasses
import json
import os
import platform
import subprocess

from rounds import Row
from scenarios import BARE, COLLECTORS, EMPTY, FLOOR, FLOOR_MACVLAN, GUEST, IN_PROCESS, IN_PROCESS_MACVLAN, PEER
from scenarios import PODTAP, PODTAP_MACVLAN, READER, UNUSED

LEGEND = """\
Times of a process in ms, medians; p10: what one tenth of the calls stay below. ratio: of the median to the
dynamic floor's of the same kind of link, where it takes part, else to the first floor's; after cpu: of both
p10. cpu: user and system. wait: the median without cpu. calls: system calls, with those of its children;
KiB: the peak of the largest process (VmHWM); both in a run of their own, where that is not too long. kB
file: the executables, stripped. all: until the last of those started at once had ended."""
HEAD = ("", "verb", "runs", "median", "p10", "p99", "ratio", "cpu", "p10", "ratio", "wait", "calls", "KiB", "kB file")


def cells(row):
    counted = [str(row.calls), str(row.peak_kib), f"{row.bytes / 1000:.0f}"] if row.calls else [""] * 3
    name = row.contender if row.together == 1 else f"{row.contender} (all: {row.all_wall / 1000:.1f})"
    return [name, row.verb, str(row.runs), *(f"{time / 1000:.2f}" for time in (row.wall, row.wall_p10, row.wall_p99)),
            f"{row.ratio:.2f}" if row.ratio else "", f"{row.cpu / 1000:.2f}", f"{row.cpu_p10 / 1000:.2f}",
            f"{row.ratio_cpu:.2f}" if row.ratio_cpu else "", f"{row.wait / 1000:.2f}", *counted]


def table(rows):
    """One scenario's rows, by verb; times in milliseconds."""
    ordered = sorted(rows, key=lambda row: row.verb)
    lines = [HEAD, *map(cells, ordered)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    return "\n".join("  " + line[0].ljust(widths[0]) + "  " + line[1].ljust(widths[1]) + "".join(
        "  " + cell.rjust(width) for cell, width in zip(line[2:], widths[2:])) for line in lines)


class Results:
    def __init__(self, rows):
        self.rows = rows

    def find(self, contender, verb, scenario=None, series="", x=None):
        for row in self.rows:
            if (row.contender, row.verb, row.series) == (contender, verb, series) and \
                    scenario in (None, row.scenario) and x in (None, row.x):
                return row
        return None

    def ratio(self, one, other, key="wall"):
        return getattr(one, key) / getattr(other, key) if one and other else None

    def added(self, contender, series):
        """What the slowest ADD of a series takes longer than the first."""
        walls = [row.wall for row in self.rows
                 if (row.contender, row.verb, row.series) == (contender, "ADD", series)]
        return max(walls) - walls[0] if len(walls) > 1 else None


# At most or at least, for each way in which podtap is linked: static with musl, or else.
LINKED = {"musl": 0}


def budgets(r, linked):
    """What is promised, what was reached, whether that is to be at most or at least, and the promise. A ratio is of the
    CPU time that one tenth of the calls stay below, where nothing else is said."""
    column = LINKED.get(linked, 1)
    yield from own_cost(r, column)
    yield from growth(r)


def own_cost(r, column):
    def add(name, scenario, floor, key="cpu_p10"):
        return r.ratio(r.find(name, "ADD", scenario), r.find(floor.name, "ADD", scenario), key)

    def versus_peer(count):
        where = {"series": "reservations", "x": count}
        return r.ratio(r.find(PEER, "ADD", **where), r.find(IN_PROCESS_MACVLAN, "ADD", **where), "cpu_p10")

    peaks = [row.peak_kib / 1024 for row in r.rows
             if row.contender in (PODTAP.name, PODTAP_MACVLAN.name, IN_PROCESS) and row.peak_kib]
    plain, together = "without IPAM", "64 at once"
    yield ("VERSION, to the empty dynamic program", r.ratio(
        r.find(PODTAP.name, "VERSION"), r.find(EMPTY.name, "VERSION"), "cpu_p10"), "<=", (0.4, 0.8)[column])
    yield ("ADD macvlan, to the dynamic floor", add(PODTAP_MACVLAN.name, plain, FLOOR_MACVLAN),
           "<=", (0.65, 0.95)[column])
    yield "ADD macvtap, to the dynamic floor", add(PODTAP.name, plain, FLOOR), "<=", (0.8, 1.05)[column]
    yield ("ADD macvlan with podtap-ipam, to the dynamic floor", add(IN_PROCESS_MACVLAN, "IPv4", FLOOR_MACVLAN),
           "<=", (0.85, 1.15)[column])
    yield ("Go macvlan with host-local, to ADD macvlan with podtap-ipam, no reservations", versus_peer(0),
           ">=", (7.5, 5.5)[column])
    yield ("Go macvlan with host-local, to ADD macvlan with podtap-ipam, 10,000 reservations", versus_peer(10000),
           ">=", (75, 60)[column])
    yield ("64 ADDs macvlan at once with podtap-ipam, to 64 dynamic floors, until the last ended, median",
           add(IN_PROCESS_MACVLAN, together, FLOOR_MACVLAN, "all_wall"), "<=", (1.3, 1.5)[column])
    yield ("64 Go macvlan at once with host-local, to 64 ADDs macvlan with podtap-ipam, until the last ended, median",
           r.ratio(r.find(PEER, "ADD", together), r.find(IN_PROCESS_MACVLAN, "ADD", together), "all_wall"),
           ">=", (7, 5)[column])
    yield ("DEL, to the bare request; 0.05 of it are noise", r.ratio(
        r.find(PODTAP.name, "DEL", plain), r.find(BARE.name, "DEL", plain), "cpu_p10"), "<=", 1.05)
    yield "peak memory in MiB", max(peaks, default=None), "<=", (0.5, 1.2)[column]


def milliseconds_of(microseconds):
    return None if microseconds is None else microseconds / 1000


def growth(r):
    def grown(contender, verb, series):
        rows = [row for row in r.rows if (row.contender, row.verb, row.series) == (contender, verb, series)]
        return r.ratio(rows[-1], rows[0], "cpu_p10") if len(rows) > 1 else None

    def milliseconds(row):
        return milliseconds_of(row.cpu_p10) if row else None

    for contender, what in ((IN_PROCESS, "IPv4"), (GUEST.name, "a guest")):
        yield (f"ADD with {what}, 700 namespaces to 20", grown(contender, "ADD", "namespaces"), "<=", 1.05)
    for verb in ("hook", "show"):
        yield f"{verb}, 10,000 records to 10", grown(READER.name, verb, "records"), "<=", 1.5
    for verb, what, limit in (("GC", "GC that removes nothing", 60), ("list", "list", 400)):
        yield (f"{what}, 10,000 records, in ms",
               milliseconds(r.find(READER.name, verb, series="records", x=10000)), "<=", limit)
    gc = r.find(COLLECTORS[0].name, "GC", "GC of 64 endpoints")
    yield "GC of 64 endpoints, until it ended, in ms", gc.wall_p10 / 1000 if gc else None, "<=", 200
    # Both networks are in the same rounds: after 60,000 files were made, the disk is busy for a while.
    most = max((row.x for row in r.rows if row.series == "reservations"), default=0)
    where = {"verb": "ADD", "series": "reservations", "x": most}
    yield ("ADD with podtap-ipam, 60,000 reservations to none, median",
           r.ratio(r.find(IN_PROCESS, **where), r.find(UNUSED, **where)), "<=", 1.2)
    # Not a ratio of ratios: who takes less time with 10 endpoints grows by a larger factor, for the same milliseconds.
    yield ("ADD, what 4,000 endpoints add to 10's median, in ms; what they add to the floor is the budget",
           milliseconds_of(r.added(PODTAP.name, "endpoints")), "<=",
           milliseconds_of(r.added(FLOOR.name, "endpoints")))


def verdicts(rows, linked):
    for promise, reached, relation, budget in budgets(Results(rows), linked):
        known = reached is not None and budget is not None
        kept = known and (reached <= budget if relation == "<=" else reached >= budget)
        yield {"promise": promise, "reached": reached, "relation": relation, "budget": budget,
               "verdict": "PASS" if kept else "MISS" if known else "not measured"}


def verdict_line(v):
    if v["verdict"] == "not measured":
        return f"not measured  {v['promise']}"
    short = abs(v["reached"] / v["budget"] - 1) * 100
    shortfall = f"  short by {short:.1f} %" if v["verdict"] == "MISS" else ""
    return f"{v['verdict']}  {v['promise']}: {v['reached']:.2f} ({v['relation']} {v['budget']:.2f}){shortfall}"


def notes(rows):
    """What has no budget and is asked for all the same."""
    r = Results(rows)
    for name in (BARE.name, PODTAP.name):
        row = r.find(name, "DEL", "without IPAM")
        if row:
            yield (f"DEL, {name}: {row.cpu / 1000:.2f} ms of CPU ({row.user / 1000:.2f} as user), "
                   f"{row.calls} system calls")
    for row in rows:
        if row.verb == "ADD" and row.scenario.endswith(", waiting for duplicate address detection"):
            yield f"ADD, {row.contender}: of {row.wall / 1000:.1f} ms waiting took {row.wait / 1000:.1f}"


def machine():
    return f"{os.cpu_count()} cores, kernel {'.'.join(platform.release().split('.')[:2])}"


def linked(build):
    """How the podtap of a build is linked, as it says: musl, glibc or dynamic."""
    said = subprocess.run([f"{build}/podtap", "--version"], capture_output=True, text=True, check=True).stdout
    return next((word for word in ("musl", "glibc") if word in said), "dynamic")


def write(rows, how, directory):
    """Keeps the rows and how podtap was linked, as CSV and as JSON."""
    names = ["machine", "linked", *(field.name for field in dataclasses.fields(Row))]
    with open(f"{directory}/results.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({"machine": machine(), "linked": how, **in_text(row)} for row in rows)
    with open(f"{directory}/results.json", "w", encoding="utf-8") as file:
        json.dump({"machine": machine(), "linked": how, "budgets": list(verdicts(rows, how)),
                   "rows": [dataclasses.asdict(row) for row in rows]}, file, indent=1)
        file.write("\n")


def in_text(row):
    return {name: f"{value:.4g}" if name.startswith("ratio") else f"{value:.1f}" if isinstance(value, float) else value
            for name, value in dataclasses.asdict(row).items()}


def read(path):
    """What write() left as CSV: the machine, how podtap was linked, and the rows."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    return lines[0]["machine"], lines[0]["linked"], [
        Row(**{field.name: field.type(line[field.name]) for field in dataclasses.fields(Row)}) for line in lines]
