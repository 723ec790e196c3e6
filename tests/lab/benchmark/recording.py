# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.lab.benchmark.recording``: what POWERSTORE_TRACE costs, as a ratio to the same tasks without it.

A round starts and stops the same sessions with and without it, the order by turns, so that a machine that gets slower
slows both. The median of the rounds counts. On a machine that has other work, look at the CPU seconds of the tasks.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from tests.lab.benchmark.__main__ import WORK
from tests.lab.benchmark.array import ArrayProcess, Figures

ALLOWED = 1.10


def main() -> int:
    """Print the table; 1 where recording costs more than ALLOWED."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.benchmark.recording", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--operation-ms", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    ratios: list[float] = []
    cpu_ratios: list[float] = []
    print(f"{'without':>9}{'with':>9}{'ratio':>8}{'CPU':>9}{'with':>9}{'ratio':>8}{'files KiB':>11}", flush=True)
    with (
        ArrayProcess(options.sessions, options.operation_ms / 1000, WORK) as array,
        tempfile.TemporaryDirectory() as to,
    ):
        for turn in range(options.rounds):
            order = ("", to) if turn % 2 else (to, "")
            spent = {folder: start_and_stop(array, options.sessions, folder) for folder in order}
            (off, off_cpu), (on, on_cpu) = spent[""], spent[to]
            ratios.append(on / off)
            cpu_ratios.append(on_cpu / off_cpu)
            size = sum(entry.stat().st_size for entry in os.scandir(to)) >> 10
            print(
                f"{off:>9.2f}{on:>9.2f}{on / off:>8.3f}{off_cpu:>9.2f}{on_cpu:>9.2f}{on_cpu / off_cpu:>8.3f}{size:>11}",
                flush=True,
            )
    median, cpu = statistics.median(ratios), statistics.median(cpu_ratios)
    print(f"Recording takes {median - 1:+.1%} time and {cpu - 1:+.1%} CPU (median of {len(ratios)}).")
    print(f"Allowed are {ALLOWED - 1:.0%} time.")
    return int(median > ALLOWED)


def start_and_stop(array: ArrayProcess, sessions: int, folder: str) -> tuple[float, float]:
    """Seconds and CPU seconds of two tasks, each in a process of its own."""
    began, cpu = time.monotonic(), _cpu_of_children()
    for state in ("started", "stopped"):
        run(array, sessions, state, {"POWERSTORE_TRACE": folder})
    return time.monotonic() - began, _cpu_of_children() - cpu


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(array: ArrayProcess, sessions: int, state: str, environment: dict[str, str]) -> None:
    """One task on all sessions. Raises RuntimeError where it fails."""
    width = max(4, len(str(sessions)))
    names = [{"volume": f"vol-{number:0{width}}"} for number in range(1, sessions + 1)]
    given = {
        "connection": array.connection,
        "name": "replication_failover_test",
        "options": {"state": state, "sessions": names, "max_parallel": 16},
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.benchmark.module_process"],
        input=json.dumps(given), capture_output=True, text=True, check=True, env={**os.environ, **environment},
    )  # fmt: skip
    figures: Figures = json.loads(done.stdout)
    if figures["msg"]:
        raise RuntimeError(figures["msg"])


if __name__ == "__main__":
    sys.exit(main())
