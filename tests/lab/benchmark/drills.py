# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a whole drill costs: ``ansible-playbook drdrill.powerstore.drill`` against `quick_array`, and its record."""

from __future__ import annotations

import json
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.lab.benchmark.array import Figures, QuickArrayProcess
from tests.lab.benchmark.cpu import TreeCpu, cpu_seconds
from tests.lab.benchmark.measure import NOTHING, play, volumes
from tests.lab.benchmark.target import Target

OPERATION = 0.07  # seconds of an operation of the array
FORKS = 50
_TASKS = re.compile(r"^array\S* +: ok=(\d+) .* skipped=(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Drilled:
    """One run of the playbook. ``cpu``: seconds of its whole process tree; ``done``, ``skipped``: its tasks.

    ``before_stop``: between the last check and the first stop, seconds, CPU seconds, those of Ansible's main process.
    """

    seconds: float
    cpu: float
    before_stop: tuple[float, float, float]
    done: int
    skipped: int
    records: tuple[Figures, ...]

    @property
    def record(self) -> Figures:
        """Of the first array."""
        return self.records[0]

    @property
    def rtos(self) -> list[float]:
        """Seconds that the record says of each session, the shortest first."""
        return sorted(session["rto"]["actual_seconds"] for session in self.record["sessions"])


def drill(work: Path, sessions: int, *, each: bool = False, arrays: int = 1) -> Drilled:
    """Drill so many sessions of each array with one TCP check, or with one for each session.

    Raises RuntimeError where the drill did not pass: then it did something else than what is measured.
    """
    records = work / f"drill-{time.monotonic_ns()}"
    with QuickArrayProcess(sessions, work, mean=OPERATION, arrays=arrays) as array, Target() as target:
        command = _command(work, array, records, _checks(target, sessions, each=each), sessions)
        array.since_last()
        began, cpu = time.monotonic(), cpu_seconds()
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
            TreeCpu(process.pid) as tree,
        ):
            output, _none = process.communicate()
        seconds, cpu = time.monotonic() - began, cpu_seconds() - cpu
        stop, check = array.since_last()["first_stop"], target.last
    found = tuple(json.loads(path.read_bytes()) for path in sorted(records.glob("drill-*.json")))
    tasks = _TASKS.search(output)
    if process.returncode or len(found) != arrays or check is None or stop is None or tasks is None:
        raise RuntimeError(f"A drill of {sessions} sessions on {arrays} arrays did not pass: {output[-3000:]}")
    between = (stop - check, tree.between(check, stop), tree.first_between(check, stop))
    return Drilled(seconds, cpu, between, int(tasks[1]), int(tasks[2]), found)


def _checks(target: Target, sessions: int, *, each: bool) -> list[Figures]:
    tcp = {"host": "127.0.0.1", "port": target.port}
    if not each:
        return [{"name": "port", "tcp": tcp}]
    return [{"name": f"port of {named['volume']}", "tcp": tcp, "session": named["volume"]}
            for named in volumes(sessions, sessions)]  # fmt: skip


def _command(work: Path, array: QuickArrayProcess, records: Path, checks: list[Figures], sessions: int) -> list[str]:
    known = array.connection
    variables = {
        **{f"failover_drill_{name}": known[name] for name in ("username", "password", "ca_path")},
        "failover_drill_records_directory": str(records),
        "failover_drill_sessions": volumes(sessions, sessions),
        "failover_drill_checks": checks,
    }
    hosts = {
        f"array-{number}": {"ansible_host": known["host"], "failover_drill_port": port}
        for number, port in enumerate(array.ports)
    }
    (work / "drill-variables.json").write_text(json.dumps(variables))
    (work / "drill-inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    command = ["ansible-playbook", "-i", str(work / "drill-inventory.json"), "--forks", str(FORKS)]
    return [*command, "drdrill.powerstore.drill", "-e", f"@{work / 'drill-variables.json'}"]


def nothing(work: Path, done: int, skipped: int) -> float:
    """CPU seconds of a playbook with so many tasks that do nothing, and so many that are skipped: Ansible alone."""
    return play(work, [NOTHING] * done + [{**NOTHING, "when": False}] * skipped)
