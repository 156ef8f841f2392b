# SPDX-License-Identifier: Apache-2.0
"""Runs a scenario: its contenders in turn, round after round, so that whatever else the machine does
befalls all of them alike."""

import json
import statistics
import subprocess
from dataclasses import dataclass

from contenders import HIDDEN, BareDelete, Floor, measure, run, stripped_bytes


@dataclass
class Row:
    """What one contender's verb cost in one scenario; times in microseconds."""
    scenario: str
    series: str
    x: int
    contender: str
    verb: str
    together: int
    runs: int
    wall: float  # median
    wall_p99: float
    user: float  # mean, like system
    system: float
    all_wall: float  # median of the time until the last of those at once had ended
    ratio: float = 0  # of wall to the floor's; 0: there is none
    calls: int = 0
    peak_kib: int = 0
    bytes: int = 0


def groups(lab, scenario, contender, index, verb):
    """The calls of one round, as groups of what is started together."""
    label = f"{index}:{verb}"
    pods = range(scenario.together) if scenario.together > 1 else [index]
    steps = [contender.calls(lab, verb, pod, label) for pod in pods]
    return [list(group) for group in zip(*steps)]


def plan(lab, scenario, rounds):
    for number in range(rounds):
        for index, contender in enumerate(scenario.contenders):
            if number % scenario.slow.get(contender.name, 1):
                continue
            for verb in scenario.verbs:
                for group in groups(lab, scenario, contender, index, verb):
                    yield from (call.plan() for call in group)
                    yield ""


def check_plan(lab, scenario, rounds):
    """CHECK compares with what ADD answered, so it needs an endpoint that stays."""
    calls = []
    for index, contender in enumerate(scenario.contenders):
        previous = None
        if not isinstance(contender, Floor):
            previous = json.loads(run(lab, contender.calls(lab, "ADD", index, HIDDEN)[0]))
            calls += contender.calls(lab, "CHECK", index, f"{index}:CHECK", previous)
        else:
            calls += contender.calls(lab, "CHECK", index, f"{index}:CHECK")
    for _ in range(rounds):
        for call in calls:
            yield from (call.plan(), "")


def row_of(scenario, label, figures):
    index, verb = label.split(":")
    wall, user, system, together = zip(*figures)
    return Row(scenario.title, scenario.series, scenario.x, scenario.contenders[int(index)].name,
               verb, scenario.together, len(wall), statistics.median(wall),
               sorted(wall)[min(len(wall) - 1, int(len(wall) * 0.99))], statistics.fmean(user),
               statistics.fmean(system), statistics.median(together))


def compare(scenario, rows):
    """Ratios to the floor; what a plugin's ADD made is up, so only the bare delete compares with DEL."""
    floors = {row.verb: row.wall for row in reversed(rows)
              if isinstance(by_name(scenario, row.contender), Floor)}
    for row in rows:
        if isinstance(by_name(scenario, row.contender), BareDelete):
            floors[row.verb] = row.wall
    for row in rows:
        row.ratio = row.wall / floors[row.verb] if row.verb in floors else 0


def by_name(scenario, name):
    return next(c for c in scenario.contenders if c.name == name)


def traced(lab, call):
    """System calls and peak memory of one call, in a run of its own."""
    with open(call.input, encoding="utf-8") as stdin:
        done = subprocess.run(lab.inside([lab.tool("trace"), *call.command]), stdin=stdin,
                              env=call.environment, capture_output=True, text=True, check=True)
    return [int(word) for word in done.stderr.splitlines()[-1].split()]


def trace(lab, scenario, rows):
    """Adds what only a traced run tells to the rows."""
    for index, contender in enumerate(scenario.contenders):
        size = sum(stripped_bytes(path) for path in contender.programs(lab))
        for verb in scenario.verbs:
            for call in contender.calls(lab, verb, index, "shown"):
                if call.label == HIDDEN:
                    run(lab, call)
                    continue
                calls, kib = traced(lab, call)
                for row in rows:
                    if (row.contender, row.verb) == (contender.name, verb):
                        row.calls, row.peak_kib, row.bytes = calls, kib, size


def scenario_run(lab, scenario, rounds, progress):
    rounds = max(3, int(rounds * scenario.share))
    checking = scenario.verbs == ("CHECK",)
    lines = list((check_plan if checking else plan)(lab, scenario, rounds))
    total = sum(1 for line in lines if line)
    figures = measure(lab, lines, lambda done: progress(done + 1, total))
    rows = [row_of(scenario, label, numbers) for label, numbers in figures.items()
            if label != HIDDEN]
    compare(scenario, rows)
    if scenario.together == 1 and not checking:
        trace(lab, scenario, rows)
    return rows
