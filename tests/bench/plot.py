# SPDX-License-Identifier: Apache-2.0
"""Draws what an ADD costs against what there is already, by gnuplot."""

import subprocess

from scenarios import FLOOR, IN_PROCESS, PEER, PODTAP, THEIRS

PLOTS = (("reservations", "reservations in the range", (FLOOR.name, IN_PROCESS, THEIRS, PEER)),
         ("endpoints", "endpoints on the host", (FLOOR.name, PODTAP.name, IN_PROCESS, "macvlan")))


def curves(rows, series, contenders):
    for contender in contenders:
        points = [(row.x, row.wall / 1000) for row in rows
                  if (row.contender, row.verb, row.series) == (contender, "ADD", series)]
        if points:
            yield contender, points


def draw(rows, path):
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
