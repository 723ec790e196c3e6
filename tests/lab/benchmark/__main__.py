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
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from ansible.release import __version__ as ansible_version

from tests.lab.benchmark import drills, measure
from tests.lab.benchmark.cpu import Others
from tests.lab.benchmark.table import README, Report, Row, number, readme_text

WORK = Path("build/bench").absolute()
OTHERS_ALLOWED = 0.1  # of the CPU; above that, seconds say little
REQUESTS, CPU_OF_THEM = 1200, 1.2  # of a task of 1,000 sessions, about; CPU in seconds
SENT_AND_ALL = "found, sent, followed, confirmed, 64 at once"


def _medians(found: list[dict[str, float]]) -> dict[str, str]:
    return {name: number(statistics.median(each[name] for each in found)) for name in found[0]}


def one_more(rounds: int) -> Iterator[Row]:
    """CPU for one more session, beside what its POST alone costs others."""
    found = [measure.one_more(WORK) for _round in range(rounds)]
    floors = _medians(found)
    beside = (
        f"the POST alone: `requests` {floors['requests']}, urllib3 {floors['urllib3']}, `curl -Z` {floors['curl -Z']}, "
        f"`curl` by `xargs` {number(measure.curl(WORK))}, a loop of `ansible.builtin.uri` "
        f"{number(measure.uri_loop(WORK))} ms"
    )
    for name, others in (("start", beside), ("stop", "")):
        used = [each[name] for each in found]
        yield Row(f"CPU for one more session, {name}: {SENT_AND_ALL}", "ms", 1.6, used, others)


def requests_a_session(rounds: int) -> Iterator[Row]:
    """How often an array is asked about one session, by how long its operations take."""
    for policy, goal in (
        (measure.Policy(0.2, 0, 64, 1000, 0.2), 1.12),
        (measure.Policy(0.2, 0.06, 64, 1000, 0.2), None),
        (measure.Policy(5, 1.5, 16, 300, 5), 2.4),
        (measure.Policy(5, 1.5, 64, 1000, 5), 1.5),
        (measure.Policy(120, 36, 64, 1000, 60), 2.5),
    ):
        # Those of long operations take long, and hardly differ.
        found = [measure.requests_a_session(policy, WORK) for _round in range(rounds if policy.mean < 1 else 1)]
        reads = number((statistics.median(found) - 1) * policy.parallel)
        limit = f"That is {reads} reads for each {policy.parallel} sessions that are under way at once."
        faster = f"{policy.speed:g} times as fast" if policy.speed > 1 else f"{1 / policy.speed:g} times as slow"
        spread = f" (sd {policy.deviation:g} s)" if policy.deviation else ""
        what = f"Requests a session, operations of {policy.mean:g} s{spread}, {policy.parallel} at once"
        beside = f"the POST alone: 1. {policy.sessions:,} sessions, all clocks {faster}"
        yield Row(what, "", goal, found, beside, limit)


def tasks(rounds: int) -> Iterator[Row]:
    """What one more task of a playbook costs."""
    found = [measure.a_task(WORK) for _round in range(rounds)]
    others = _medians(found)
    beside = f"{others['sent']} s where the module is sent; a task of `debug` {others['nothing']} s"
    yield Row("CPU for one more task with a module in a playbook", "s", 0.1, [each["fork"] for each in found], beside)


def abort(rounds: int) -> Iterator[Row]:
    """How soon the first stop is sent, in seconds: the quickest round is the one that other work slowed least."""
    found = [measure.first_post(WORK) for _round in range(rounds)]
    best = {name: min(each[name] for each in found) for name in found[0]}
    times = {name: number(seconds / best["urllib3"]) for name, seconds in best.items()}
    beside = (
        f"the quickest of {rounds}: {number(best['playbook'])} s beside {number(best['urllib3'])} s; the module alone, "
        f"in a new process, {times['module']} times, as an ad hoc command (`ansible -m`) {times['ad hoc']} times; a "
        f"playbook that does nothing {times['nothing']} times"
    )
    limit = f"`ansible-playbook` takes {times['nothing']} times as long to do nothing and end."
    what = "`abort`: first stop sent after the start of `ansible-playbook`, times bare urllib3 (login, list, stop)"
    yield Row(what, "x", 5, [best["playbook"] / best["urllib3"]], beside, limit)


def small_drills(rounds: int) -> Iterator[Row]:
    """A drill of 3 sessions, and one of 40 with a check each."""
    three = [drills.drill(WORK, 3) for _round in range(rounds)]
    ran = three[0]
    nothing = number(drills.nothing(WORK, ran.done, ran.skipped))
    alone = f"a playbook with as many tasks that do nothing ({ran.done}, and {ran.skipped} skipped) takes {nothing} s"
    yield Row(
        "A drill of 3 sessions, CPU", "s", 5, [each.cpu for each in three], alone, f"Of it, Ansible alone: {alone}."
    )
    array = f"an operation of the array takes {drills.OPERATION:g} s, the port answers at once"
    rto = [each.record["rto"]["actual_seconds"] for each in three]
    yield Row("RTO in the record of a drill of 3 sessions", "s", 1, rto, array, _of_the_tool(three))
    forty = [drills.drill(WORK, 40, each=True) for _round in range(rounds)]
    first, last = [each.rtos[0] for each in forty], [each.rtos[-1] for each in forty]
    what = "RTO of 40 sessions with a check each, the"
    limit = _of_the_tool(forty)
    yield Row(f"{what} shortest", "s", 2, first, "16 starts at once", limit)
    yield Row(f"{what} longest", "s", 2, last, f"{number(statistics.median(last) - statistics.median(first))} s more",
              limit)  # fmt: skip


def _of_the_tool(ran: list[drills.Drilled]) -> str:
    parts = [each.record["rto"]["parts"] for each in ran]
    tool, array = (number(statistics.median(part[f"{name}_seconds"] for part in parts)) for name in ("tool", "array"))
    return f"Of the RTO of the drill, {array} s are the array's and {tool} s the tool's, between start and checks."


def _drilled(sessions: int, arrays: int = 1) -> drills.Drilled:
    """One that takes long says so."""
    print(f"    ... a drill of {sessions:,} sessions on {arrays}", flush=True)
    return drills.drill(WORK, sessions, arrays=arrays)


def large_drills(_rounds: int) -> Iterator[Row]:
    """Drills of 500 and of 2,000 sessions, once each."""
    half, whole = _drilled(500), _drilled(2000)
    for count, ran, goal in ((500, half, 15), (2000, whole, 60)):
        parts = ran.record["rto"]["parts"]
        beside = (
            f"RTO in its record {number(ran.record['rto']['actual_seconds'])} s, of which the array "
            f"{number(parts['array_seconds'])} s; the whole run {number(ran.seconds)} s"
        )
        yield Row(f"A drill of {count:,} sessions, CPU", "s", goal, [ran.cpu], beside)
    yield _growth(500, half, 2000, whole)
    print("    ... a stop of 2,000 sessions by the module alone", flush=True)
    module = number(measure.before_the_first_stop(WORK, 2000))
    seconds, used, main_process = whole.before_stop
    beside = f"{number(seconds)} s; the module of the stop alone, without its imports, {module} s of CPU"
    limit = (
        f"Of it, {number(main_process)} s are in Ansible's main process, and {number(used - main_process)} s in its "
        f"workers, where the stop's own look at all sessions and their starts takes {module} s: the rest is what the "
        "role writes down, works out and hands to the stop between two tasks."
    )
    what = "From the last check to the first stop sent, 2,000 sessions, CPU"
    yield Row(what, "s", 1, [used], beside, limit)


def _growth(less: int, half: drills.Drilled, more: int, whole: drills.Drilled) -> Row:
    each = (whole.cpu - half.cpu) / (more - less) * 1000
    beside = f"{number(half.cpu / less * 1000)} ms each in the drill of {less:,}, {number(whole.cpu / more * 1000)} "
    what = f"CPU for one more session of a drill, from {less:,} to {more:,}"
    return Row(what, "ms", None, [each], f"{beside}in that of {more:,}; not more with size: linear")


def five_thousand(_rounds: int) -> Iterator[Row]:
    """Only where it is named: it takes minutes."""
    whole, most = _drilled(2000), _drilled(5000)
    yield Row("A drill of 5,000 sessions, CPU", "s", 150, [most.cpu], f"the whole run {number(most.seconds)} s")
    yield _growth(2000, whole, 5000, most)


def arrays(_rounds: int) -> Iterator[Row]:
    """Drills of one session on each of several arrays, in one run."""
    yield from _arrays(10)


def fifty_arrays(_rounds: int) -> Iterator[Row]:
    """Only where it is named."""
    yield from _arrays(50)


def _arrays(count: int) -> Iterator[Row]:
    one, many = _drilled(1), _drilled(1, count)
    rtos = [record["rto"]["actual_seconds"] for record in many.records]
    beside = (
        f"{number(one.cpu)} s for one array alone; {count} arrays take {number(many.seconds)} s, and the RTO is "
        f"{number(min(rtos))} to {number(max(rtos))} s, {number(one.record['rto']['actual_seconds'])} s for one alone"
    )
    yield Row(f"CPU for one more array in a drill of {count}", "s", None, [(many.cpu - one.cpu) / (count - 1)], beside)


def recording(rounds: int) -> Iterator[Row]:
    """What POWERSTORE_TRACE costs."""
    found = [measure.recording(WORK, number) for number in range(rounds)]
    more = {name: [(each[name] - 1) * 100 for each in found] for name in ("time", "cpu")}
    cpu = f"{number(statistics.median(more['cpu']))} % more CPU"
    what = "Recording a start and a stop of 200 sessions (`POWERSTORE_TRACE`), operations of 200 ms: time"
    yield Row(what, "%", 10, more["time"], cpu, f"It takes {cpu}, and there was no core left for it.")
    off = measure.not_recording(REQUESTS) / CPU_OF_THEM * 100
    what = "Not recording, of the CPU of a task of 1,000 sessions (the goal is nothing)"
    yield Row(what, "%", 0.1, [off], "a look at the environment for each task, a test for each request")


def others(_rounds: int) -> Iterator[Row]:
    """The size of a result, and what the array serves alone."""
    sizes = measure.result_sizes(WORK)
    ranked = sorted(((size, name) for name, size in sizes.items() if name != "all"), reverse=True)
    parts = ", ".join(f"{name} {size:.0f}" for size, name in ranked[:9])
    rest = sum(size for size, _name in ranked[9:])
    listed = f"bytes: {parts}, {len(ranked) - 9} others {rest:.0f}"
    limit = f"What is left says something about each session, in {listed}."
    yield Row("Result of a start, JSON a session", "KiB", 0.56, [sizes["all"] / 1024], listed, limit)
    alone = measure.array_alone(WORK)
    beside = (
        f"{number(alone['cpu'])} ms each; asked by 16 threads of `requests` on the same cores, {alone['served']:.0f}"
    )
    yield Row("The array alone, requests for a second of CPU", "", None, [1000 / alone["cpu"]], beside)


Section = Callable[[int], Iterator[Row]]
SECTIONS: dict[str, Section] = {
    "one-more": one_more,
    "requests": requests_a_session,
    "tasks": tasks,
    "abort": abort,
    "drills": small_drills,
    "large-drills": large_drills,
    "arrays": arrays,
    "recording": recording,
    "others": others,
}
MORE: dict[str, Section] = {"five-thousand": five_thousand, "fifty-arrays": fifty_arrays}


def main() -> int:
    """Measure, print the table, write build/bench/bench.json; 1 where a goal is missed and nothing else was asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.benchmark", description=__doc__)
    parser.add_argument("--only", choices=[*SECTIONS, *MORE], nargs="+", default=list(SECTIONS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--readme", action="store_true", help="write the table into the README")
    options = parser.parse_args()
    if options.readme and set(options.only) != set(SECTIONS):
        parser.error("the README has the table of one whole run: expected --readme without --only")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    report = measured(options.only, options.rounds)
    print(f"\n{report.as_text()}")
    figures = {"about": report.about, "rows": [{**asdict(row), "now": row.now} for row in report.rows]}
    (WORK / "bench.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")
    if options.readme:
        README.write_text(readme_text(README.read_text(encoding="utf-8"), report), encoding="utf-8")
        print(f"\nThe table is in {README.name}.")
        return 0
    return int(bool(report.missed))


def measured(names: list[str], rounds: int) -> Report:
    """Every section's rows; each is printed when it is known."""
    began, load, others_had = time.monotonic(), os.getloadavg()[0], Others()
    print(f"{os.cpu_count()} cores, load {load:.1f}. About eight minutes on two idle cores.", flush=True)
    rows: list[Row] = []
    for place, name in enumerate(names, start=1):
        print(f"[{(time.monotonic() - began) / 60:4.1f} min] {name}, {place} of {len(names)}", flush=True)
        for row in {**SECTIONS, **MORE}[name](rounds):
            rows.append(row)
            print(f"    {row.what}: {row.shown} {row.verdict}".rstrip(), flush=True)
    minutes, share = (time.monotonic() - began) / 60, others_had.share()
    had = "" if share is None else f", of which other work had {share:.0%}"
    said = "One round" if rounds == 1 else f"Medians of {rounds} rounds, of one where it takes long"
    about = (
        f"{said}, measured in {minutes:.0f} minutes on "
        f"{datetime.now(UTC):%d %B %Y} on {os.cpu_count()} cores{had} (load {load:.1f} before, "
        f"{os.getloadavg()[0]:.1f} after), with ansible-core {ansible_version} on Python {platform.python_version()}."
    )
    return Report(rows, about, _warning(load, share))


def _warning(load: float, others_share: float | None) -> str:
    busy = load > (os.cpu_count() or 1) / 2 if others_share is None else others_share > OTHERS_ALLOWED
    return (
        "this machine had other work meanwhile. CPU and requests hold; times, RTO among them, do not." if busy else ""
    )


if __name__ == "__main__":
    sys.exit(main())
