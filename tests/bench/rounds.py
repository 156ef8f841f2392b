# SPDX-License-Identifier: Apache-2.0
"""Runs a scenario: its contenders in random order, round after round, so that what else the machine does
befalls all of them alike."""

import json
import random
import statistics
import subprocess
from dataclasses import dataclass

from contenders import HIDDEN, BareDelete, Floor, measure, run, stripped_bytes

TRACED_MAX = 100e3  # microseconds: whoever computes longer makes so many system calls that counting takes minutes


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
    wall_p10: float
    wall_p99: float
    cpu: float  # user and system, median
    cpu_p10: float
    user: float  # of it, as far as the kernel's tick tells in so short a time
    wait: float  # wall without cpu
    all_wall: float  # median of the time until the last of those at once had ended
    all_p10: float
    ratio: float = 0  # of wall to the floor's; 0: there is none
    ratio_cpu: float = 0  # of cpu_p10 to the floor's
    calls: int = 0
    peak_kib: int = 0
    bytes: int = 0


def groups(lab, scenario, contender, index, verb):
    """The calls of one round, as groups of what is started together."""
    label = f"{index}:{verb}"
    pods = range(scenario.together) if scenario.together > 1 else [index]
    steps = [contender.calls(lab, verb, pod, label) for pod in pods]
    return [[call for call in group if call] for group in zip(*steps)]


def takes_part(scenario, contender, number, rounds):
    """Whether a contender is measured in this round; slow ones are in few, spread over all."""
    few = scenario.few.get(contender.name, rounds)
    return number * few // rounds != (number - 1) * few // rounds


def in_random_order(contenders):
    numbered = list(enumerate(contenders))
    random.shuffle(numbered)
    return numbered


def plan(lab, scenario, rounds):
    for number in range(rounds):
        for index, contender in in_random_order(scenario.contenders):
            if not takes_part(scenario, contender, number, rounds):
                continue
            for verb in scenario.verbs:
                for group in groups(lab, scenario, contender, index, verb):
                    yield from (call.plan() for call in group)
                    yield ""


def check_calls(lab, scenario):
    """CHECK compares with what ADD answered, so it needs an endpoint that stays: one call each."""
    for index, contender in enumerate(scenario.contenders):
        label = f"{index}:CHECK"
        if isinstance(contender, Floor):
            yield from contender.calls(lab, "CHECK", index, label)
            continue
        previous = json.loads(run(lab, contender.calls(lab, "ADD", index, HIDDEN)[0]))
        yield from contender.calls(lab, "CHECK", index, label, previous)


def part(values, share):
    """The value that this share of all is below."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def row_of(scenario, label, figures):
    index, verb = label.split(":")
    wall, user, system, together = zip(*figures)
    cpu = [of_user + of_system for of_user, of_system in zip(user, system)]
    return Row(scenario.title, scenario.series, scenario.x, scenario.contenders[int(index)].name,
               verb, scenario.together, len(wall), statistics.median(wall), part(wall, 0.1), part(wall, 0.99),
               statistics.median(cpu), part(cpu, 0.1), statistics.fmean(user),
               max(0, statistics.median(wall) - statistics.median(cpu)), statistics.median(together),
               part(together, 0.1))


def compare(scenario, rows):
    """Ratios to the floor of the same kind of link where it takes part, else to the first floor; what
    a plugin's ADD made is up, so DEL compares with the bare delete of such a link."""
    floors, bare = {}, {}
    for row in rows:
        contender = by_name(scenario, row.contender)
        if isinstance(contender, Floor):
            floors.setdefault((row.verb, contender.kind), row)
            floors.setdefault((row.verb, ""), row)
        if isinstance(contender, BareDelete):
            bare[row.verb] = row
    for row in rows:
        kind = by_name(scenario, row.contender).kind
        floor = bare.get(row.verb) or floors.get((row.verb, kind)) or floors.get((row.verb, ""))
        if floor:
            row.ratio = row.wall / floor.wall
            row.ratio_cpu = row.cpu_p10 / floor.cpu_p10 if floor.cpu_p10 else 0


def by_name(scenario, name):
    return next(c for c in scenario.contenders if c.name == name)


def traced(lab, call):
    """System calls and peak memory of one call, in a run of its own."""
    with open(call.input, encoding="utf-8") as stdin:
        done = subprocess.run(lab.inside([lab.tool("trace"), *call.command]), stdin=stdin,
                              env=call.environment, capture_output=True, text=True, check=True)
    return [int(word) for word in done.stderr.splitlines()[-1].split()]


def trace(lab, scenario, rows, checks):
    """Adds what only a traced run tells to the rows."""
    for index, contender in enumerate(scenario.contenders):
        size = sum(stripped_bytes(path) for path in contender.programs(lab))
        calls = [call for call in checks if call.label == f"{index}:CHECK"] or [
            call for verb in scenario.verbs for call in contender.calls(lab, verb, index, f"{index}:{verb}")]
        for call in calls:
            row = next((row for row in rows if (row.contender, row.verb) ==
                        (contender.name, call.label.split(":")[-1])), None)
            if not row or row.cpu > TRACED_MAX:
                run(lab, call)
                continue
            row.calls, row.peak_kib = traced(lab, call)
            row.bytes = size


def scenario_run(lab, scenario, rounds, progress):
    rounds = max(3, int(rounds * scenario.share))
    checks = list(check_calls(lab, scenario)) if scenario.verbs == ("CHECK",) else []
    lines = [line for _ in range(rounds) for call in random.sample(checks, len(checks)) for line in (call.plan(), "")] \
        or list(plan(lab, scenario, rounds))
    total = sum(1 for line in lines if line)
    figures = measure(lab, lines, lambda done: progress(done + 1, total))
    labels = sorted(figures.keys() - {HIDDEN}, key=lambda label: int(label.split(":")[0]))
    rows = [row_of(scenario, label, figures[label]) for label in labels]
    compare(scenario, rows)
    if scenario.together == 1:
        trace(lab, scenario, rows, checks)
    return rows
