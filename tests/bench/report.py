# SPDX-License-Identifier: Apache-2.0
"""What a run says: tables, budgets, CSV, JSON and a plot."""

import csv
import dataclasses
import json
import os
import platform
import subprocess

from rounds import Row
from scenarios import BARE, EMPTY, FLOOR, IN_PROCESS, PEER, PODTAP

HEAD = ("", "verb", "median", "p99", "ratio", "user", "system", "calls", "KiB", "kB file")


def cells(row):
    counted = [str(row.calls), str(row.peak_kib), f"{row.bytes / 1000:.0f}"] if row.calls else [""] * 3
    name = row.contender if row.together == 1 else f"{row.contender} (all: {row.all_wall / 1000:.1f})"
    return [name, row.verb, f"{row.wall / 1000:.2f}", f"{row.wall_p99 / 1000:.2f}",
            f"{row.ratio:.2f}" if row.ratio else "", f"{row.user / 1000:.2f}",
            f"{row.system / 1000:.2f}", *counted]


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

    def slowest_growth(self, contender, series):
        walls = [row.wall for row in self.rows
                 if (row.contender, row.verb, row.series) == (contender, "ADD", series)]
        return max(walls) / walls[0] if walls else None


def budgets(r):
    """Sentence, what was reached, whether at most or at least, and the budget."""
    def versus_peer(count):
        where = {"series": "reservations", "x": count}
        return r.ratio(r.find(PEER, "ADD", **where), r.find(IN_PROCESS, "ADD", **where))

    plain = {"scenario": "without IPAM"}
    peaks = [row.peak_kib / 1024 for row in r.rows
             if row.contender in (PODTAP.name, IN_PROCESS) and row.peak_kib]
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
           r.slowest_growth(IN_PROCESS, "reservations"), "<=", 1.2)
    growth = r.slowest_growth(FLOOR.name, "endpoints")
    if growth:
        yield ("ADD, 4,000 endpoints to 10 (budget: the floor's own growth)",
               r.slowest_growth(PODTAP.name, "endpoints"), "<=", growth)


def verdicts(rows):
    for sentence, reached, relation, budget in budgets(Results(rows)):
        if reached is None:
            yield f"not measured  {sentence}"
            continue
        good = reached <= budget if relation == "<=" else reached >= budget
        shortfall = "" if good else f"  short by {abs(reached / budget - 1) * 100:.0f} %"
        yield f"{'PASS' if good else 'MISS':4}  {sentence}: {reached:.2f} ({relation} {budget:.2f}){shortfall}"


def machine():
    return f"{os.cpu_count()} cores, kernel {'.'.join(platform.release().split('.')[:2])}"


def write(rows, directory):
    names = [field.name for field in dataclasses.fields(Row)]
    with open(f"{directory}/results.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(dataclasses.asdict(row) for row in rows)
    with open(f"{directory}/results.json", "w", encoding="utf-8") as file:
        json.dump({"machine": machine(), "budgets": list(verdicts(rows)),
                   "rows": [dataclasses.asdict(row) for row in rows]}, file, indent=1)
        file.write("\n")


PLOTS = (("reservations", "reservations in the range", (FLOOR.name, IN_PROCESS, PEER)),
         ("endpoints", "endpoints on the host", (FLOOR.name, PODTAP.name, IN_PROCESS, "macvlan")))


def curves(rows, series, contenders):
    for contender in contenders:
        points = [(row.x, row.wall / 1000) for row in rows
                  if (row.contender, row.verb, row.series) == (contender, "ADD", series)]
        if points:
            yield contender, points


def plot(rows, path):
    """Milliseconds an ADD takes, against what there is already."""
    lines = ["set terminal svg size 900,340 font 'sans-serif,12' background 'white'",
             f"set output '{path}'", "set multiplot layout 1,2", "set logscale y",
             "set ylabel 'ADD, median, ms'", "set yrange [0.5:*]", "set key top left", "set grid y",
             "set format x '%.0s%c'"]
    for series, label, contenders in PLOTS:
        drawn = list(curves(rows, series, contenders))
        if not drawn:
            continue
        lines.append(f"set xlabel '{label}'")
        lines.append("plot " + ", ".join(
            f"'-' using 1:2 with linespoints linewidth 2 title '{name}'" for name, _ in drawn))
        for _, points in drawn:
            lines += [*(f"{x} {y:.3f}" for x, y in points), "e"]
    subprocess.run(["gnuplot"], input="\n".join(lines) + "\n", text=True, check=True)
