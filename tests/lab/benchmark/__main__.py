# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: what the collection costs, goal beside now, and peers in the same run.

Each figure is the median of several rounds; beside it are the lowest and the highest. CPU is that of the client's whole
process tree, so it holds on a machine that has other work, while seconds do not; ratios to what was measured in the
same round hold best. The array is `quick_array`, which limits none of this.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.lab.benchmark import measure

WORK = Path("build/bench").absolute()


@dataclass(frozen=True)
class Row:
    """One line of the table. ``goal``: None where there is none; a figure meets it that, rounded, is not above it."""

    what: str
    unit: str
    goal: float | None
    rounds: list[float]
    remark: str = ""

    @property
    def now(self) -> float:
        """The median."""
        return statistics.median(self.rounds)

    @property
    def is_missed(self) -> bool:
        """Whether there is a goal, and it is not met; goals have two digits after the point at the most."""
        return self.goal is not None and round(self.now, 2) > self.goal

    def as_line(self) -> str:
        """As it is printed."""
        goal = "" if self.goal is None else f"{self.goal:g}"
        met = "" if self.goal is None else "MISSED" if self.is_missed else "met"
        spread = f"{min(self.rounds):.3g} - {max(self.rounds):.3g}"
        return f"{self.what:<72}{goal:>7}{self.now:>9.3g}  {self.unit:<8}{spread:>17}  {met:<7}{self.remark}"


def one_more(rounds: int) -> Iterator[Row]:
    """CPU for one more session, beside what its POST alone costs others."""
    found = [measure.one_more(WORK) for _round in range(rounds)]
    over = {"start": 1.6, "stop": 1.6}
    for name in found[0]:
        yield Row(
            f"CPU for one more session, {name}", "ms", over.get(name), [each[name] for each in found],
            "found, sent, followed, confirmed; 64 at once" if name in over else "",
        )  # fmt: skip


def requests_a_session(rounds: int) -> Iterator[Row]:
    """How often an array is asked about one session, by how long its operations take."""
    for policy, goal in (
        (measure.Policy(0.2, 0, 64, 1000, 0.2), 1.12),
        (measure.Policy(0.2, 0.06, 64, 1000, 0.2), None),
        (measure.Policy(5, 1.5, 16, 300, 5), 2.4),
        (measure.Policy(5, 1.5, 64, 1000, 5), 1.5),
        (measure.Policy(120, 36, 64, 1000, 60), 2.5),
    ):
        found = [measure.requests_a_session(policy, WORK) for _round in range(rounds)]
        faster = f"clock {policy.speed:g} times as fast" if policy.speed > 1 else "clock 5 times as slow"
        what = (
            f"Requests a session, operations of {policy.mean:g} s (sd {policy.deviation:g}), {policy.parallel} at once"
        )
        yield Row(what, "", goal, found, f"{policy.sessions} sessions, {faster}")


def tasks(rounds: int) -> Iterator[Row]:
    """What one more task of a playbook costs."""
    found = [measure.a_task(WORK) for _round in range(rounds)]
    yield Row("One more task with a module in a playbook, CPU", "s", 0.1, [each["fork"] for each in found])
    yield Row("the same where the module is sent", "s", None, [each["sent"] for each in found])


def loops(rounds: int) -> Iterator[Row]:
    """Peers that start a process or a module for each session."""
    for name, peer in (
        ("a loop of ansible.builtin.uri", measure.uri_loop),
        ("curl by xargs, 16 at once", measure.curl),
    ):
        found = [peer(WORK) for _round in range(rounds)]
        yield Row(f"CPU for one POST, {name}", "ms", None, found)


def abort(rounds: int) -> Iterator[Row]:
    """How soon the first stop is sent, in seconds: the quickest round is the one that other work slowed least."""
    found = [measure.first_post(WORK) for _round in range(rounds)]
    ours = [each["playbook"] for each in found]
    yield Row("abort: first stop POST after the start of ansible-playbook", "s", None, ours, "1 test among 100")
    yield Row("the same by the module alone, in a new process", "s", None, [each["module"] for each in found])
    yield Row("the same by bare urllib3, in a new process", "s", None, [each["urllib3"] for each in found])
    yield Row("ansible-playbook alone, until its first task ends", "s", None, [each["nothing"] for each in found])
    yield Row("ansible-playbook alone, times bare urllib3, quickest rounds", "x", None, [_times(found, "nothing")])
    yield Row("abort, times bare urllib3, quickest rounds", "x", 5, [_times(found, "playbook")])


def _times(found: list[dict[str, float]], name: str) -> float:
    return min(each[name] for each in found) / min(each["urllib3"] for each in found)


def others(rounds: int) -> Iterator[Row]:
    """The size of a result, and what the array serves alone."""
    del rounds
    yield Row("Result of a task, JSON a session", "KiB", 0.56, [measure.result_size(WORK)])
    alone = measure.array_alone(WORK)
    yield Row("The array alone serves, requests a second", "1/s", None, [alone["served"]], f"load {alone['load']:.0f}")
    yield Row("The array alone, CPU for a request", "ms", None, [alone["cpu"]])


SECTIONS: dict[str, Callable[[int], Iterator[Row]]] = {
    "one-more": one_more,
    "requests": requests_a_session,
    "tasks": tasks,
    "loops": loops,
    "abort": abort,
    "others": others,
}


def main() -> int:
    """Measure, print the table, write build/bench/bench.json; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.benchmark", description=__doc__)
    parser.add_argument("--only", choices=SECTIONS, nargs="+", default=list(SECTIONS))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    began, load = time.monotonic(), os.getloadavg()[0]
    rows: list[Row] = []
    print(f"{'What':<72}{'goal':>7}{'now':>9}  {'':<8}{'lowest - highest':>17}", flush=True)
    for name in options.only:
        for row in SECTIONS[name](options.rounds):
            rows.append(row)
            print(row.as_line(), flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"{os.cpu_count()} cores, load {load:.0f} before and {os.getloadavg()[0]:.0f} after, {minutes:.0f} minutes.")
    report = {"cores": os.cpu_count(), "load": load, "rows": [{**asdict(row), "now": row.now} for row in rows]}
    (WORK / "bench.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    return int(any(row.is_missed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
