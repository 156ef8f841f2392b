# SPDX-License-Identifier: Apache-2.0
"""Draws what an ADD costs against what there is already, by gnuplot."""

import subprocess

from scenarios import FLOOR, IN_PROCESS, MACVLAN, PEER, PODTAP, THEIRS

COLOURS = {FLOOR.name: "#777777", PODTAP.name: "#56b4e9", IN_PROCESS: "#0072b2", THEIRS: "#e69f00",
           MACVLAN.name: "#cc79a7", PEER: "#d55e00"}
# Series, its axes, and who is drawn. Reservations take three powers of ten; zero has a place only on a linear x.
PLOTS = (("reservations", ("set xlabel 'reservations in the network'", "set xtics 10000", "set logscale y",
                           "set yrange [1:1000]"), (FLOOR.name, IN_PROCESS, THEIRS, PEER)),
         ("endpoints", ("set xlabel 'endpoints on the host, all on one master'", "set xtics 500", "unset logscale y",
                        "set yrange [0:*]"), (FLOOR.name, PODTAP.name, IN_PROCESS, MACVLAN.name)))


def curves(rows, series, contenders):
    for contender in contenders:
        points = [(row.x, row.wall / 1000) for row in rows
                  if (row.contender, row.verb, row.series) == (contender, "ADD", series)]
        if points:
            yield contender, points


def draw(rows, path):
    """Milliseconds an ADD takes, against what there is already."""
    lines = ["set terminal svg size 960,380 font 'sans-serif,12' background 'white'",
             f"set output '{path}'", "set multiplot layout 1,2", "set ylabel 'ADD, median, ms'",
             "set key outside below horizontal", "set grid y", "set format x \"%'.0f\"", "set rmargin 4"]
    for series, axes, contenders in PLOTS:
        drawn = list(curves(rows, series, contenders))
        if not drawn:
            continue
        last = max(x for _, points in drawn for x, _ in points)
        lines += [*axes, f"set xrange [0:{max(1, last)}]", "plot " + ", ".join(
            f"'-' using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.6 "
            f"linecolor rgb '{COLOURS[name]}' title '{name}'" for name, _ in drawn)]
        for _, points in drawn:
            lines += [*(f"{x} {y:.3f}" for x, y in points), "e"]
    subprocess.run(["gnuplot"], input="\n".join(lines) + "\n", text=True, check=True)
