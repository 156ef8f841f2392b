# SPDX-License-Identifier: Apache-2.0
"""What a run says: tables, budgets, CSV and JSON."""

import csv
import dataclasses
import json
import os
import platform

from rounds import Row
from scenarios import BARE, EMPTY, FLOOR, IN_PROCESS, PEER, PODTAP, PODTAP_MACVLAN

LEGEND = """\
Times of a process in ms. ratio: of the median to the floor's of the same kind of link, where it takes
part, else to the first floor's. cpu: user and system, a mean; user: as the kernel's tick samples it;
wait: the median without cpu. calls: system calls, with those of its children; KiB: the peak of the
largest process (VmHWM); both in a run of their own, where that is not too long. kB file: the
executables, stripped. all: until the last of those started at once had ended."""
HEAD = ("", "verb", "runs", "median", "p99", "ratio", "cpu", "user", "wait", "calls", "KiB", "kB file")


def cells(row):
    counted = [str(row.calls), str(row.peak_kib), f"{row.bytes / 1000:.0f}"] if row.calls else [""] * 3
    name = row.contender if row.together == 1 else f"{row.contender} (all: {row.all_wall / 1000:.1f})"
    return [name, row.verb, str(row.runs), f"{row.wall / 1000:.2f}", f"{row.wall_p99 / 1000:.2f}",
            f"{row.ratio:.2f}" if row.ratio else "", f"{row.cpu / 1000:.2f}", f"{row.user / 1000:.2f}",
            f"{row.wait / 1000:.2f}", *counted]


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

    def growth(self, contender, series):
        """The slowest ADD of a series, to the first."""
        walls = [row.wall for row in self.rows
                 if (row.contender, row.verb, row.series) == (contender, "ADD", series)]
        return max(walls) / walls[0] if len(walls) > 1 else None


def budgets(r):
    """What is promised, what was reached, whether that is to be at most or at least, and the promise."""
    def versus_peer(count):
        where = {"series": "reservations", "x": count}
        return r.ratio(r.find(PEER, "ADD", **where), r.find(IN_PROCESS, "ADD", **where))

    plain = {"scenario": "without IPAM"}
    peaks = [row.peak_kib / 1024 for row in r.rows
             if row.contender in (PODTAP.name, PODTAP_MACVLAN.name, IN_PROCESS) and row.peak_kib]
    yield ("VERSION, to an empty C program", r.ratio(
        r.find(PODTAP.name, "VERSION"), r.find(EMPTY.name, "VERSION")), "<=", 1.25)
    yield ("ADD without IPAM, to the floor", r.ratio(
        r.find(PODTAP.name, "ADD", **plain), r.find(FLOOR.name, "ADD", **plain)), "<=", 1.3)
    yield ("ADD with podtap-ipam, to the floor", r.ratio(
        r.find(IN_PROCESS, "ADD", "IPv4"), r.find(FLOOR.name, "ADD", "IPv4")), "<=", 1.5)
    yield ("macvlan with host-local, to ADD with podtap-ipam, no reservations", versus_peer(0), ">=", 5)
    yield ("macvlan with host-local, to ADD with podtap-ipam, 10,000", versus_peer(10000), ">=", 60)
    yield ("DEL, to the bare request", r.ratio(
        r.find(PODTAP.name, "DEL", **plain), r.find(BARE.name, "DEL", **plain)), "<=", 1.1)
    yield ("peak memory in MiB", max(peaks, default=None), "<=", 2.5)
    yield ("ADD with podtap-ipam, 60,000 reservations to none",
           r.growth(IN_PROCESS, "reservations"), "<=", 1.2)
    yield ("ADD, 4,000 endpoints to 10; the floor's own growth is the budget",
           r.growth(PODTAP.name, "endpoints"), "<=", r.growth(FLOOR.name, "endpoints"))


def verdicts(rows):
    for promise, reached, relation, budget in budgets(Results(rows)):
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


def write(rows, directory):
    names = ["machine", *(field.name for field in dataclasses.fields(Row))]
    with open(f"{directory}/results.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({"machine": machine(), **in_text(row)} for row in rows)
    with open(f"{directory}/results.json", "w", encoding="utf-8") as file:
        json.dump({"machine": machine(), "budgets": list(verdicts(rows)),
                   "rows": [dataclasses.asdict(row) for row in rows]}, file, indent=1)
        file.write("\n")


def in_text(row):
    return {name: f"{value:.4g}" if name == "ratio" else f"{value:.1f}" if isinstance(value, float) else value
            for name, value in dataclasses.asdict(row).items()}


def read(path):
    """What write() left as CSV: the machine and the rows."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    return lines[0]["machine"], [
        Row(**{field.name: field.type(line[field.name]) for field in dataclasses.fields(Row)}) for line in lines]
