# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module nas_dr_test is killed in each phase; its stop, the documented next step, then finds what is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tests.lab.faults.nas import ADDRESS, HOMES, NAME
from tests.lab.simulator import Simulator
from tests.running import connection_to, run_module

ROOT = Path(__file__).parents[3]
LATE = 4.0  # seconds until the array carries out a clone that is on its way
LONG = 2.0  # seconds of an operation that is to be met
PATIENCE = 60.0
CLONE_PATH = "/nas_server/{id}/clone"
IN_A_PROCESS = """
import json, sys
from types import SimpleNamespace
from tests.running import run_module
given = json.loads(sys.argv[1])
array = SimpleNamespace(host=given.pop("host"), port=given.pop("port"))
simulator = SimpleNamespace(dr=array, **{name: given.pop(name) for name in ("username", "password", "ca_path")})
run_module(simulator, "nas_dr_test", **given)
"""


@dataclass(frozen=True)
class NasRow:
    """One end of the module. ``left``: whether a DR-test clone is there, or comes, once it has ended."""

    signal: signal.Signals
    phase: str
    left: bool = True
    state: str = "started"

    @property
    def label(self) -> str:
        """How the row is called."""
        return f"{self.signal.name} to the module, {self.phase}"


READING, ON_ITS_WAY, CLONING, ADDING = "reading", "clone on its way", "clone in flight", "interface in flight"
OFF_INTERFACE, OFF_FILES, OFF_CLONE = ("interface goes", "file system goes", "clone goes")
_OPERATIONS: t.Final = {
    CLONING: ("nas_server", "clone"),
    ADDING: ("file_interface", "create"),
    OFF_INTERFACE: ("file_interface", "delete"),
    OFF_FILES: ("file_system", "delete"),
    OFF_CLONE: ("nas_server", "delete"),
}
ROWS: tuple[NasRow, ...] = tuple(
    NasRow(number, phase, left, state)
    for number in (signal.SIGTERM, signal.SIGKILL)
    for phase, left, state in (
        (READING, False, "started"),
        (ON_ITS_WAY, True, "started"),
        (CLONING, True, "started"),
        (ADDING, True, "started"),
        (OFF_INTERFACE, True, "stopped"),
        (OFF_FILES, True, "stopped"),
        (OFF_CLONE, False, "stopped"),
    )
)


def run_row(row: NasRow) -> list[str]:
    """In what the row is not as it has to be."""
    with Simulator.from_dict({"sessions": [HOMES]}) as simulator:
        options = {"nas_server": NAME, "isolated": True, "poll_interval": 0.2, "wait_timeout": 60}
        start = {**options, "state": "started", "interface": ADDRESS}
        if row.state == "stopped":
            assert not run_module(simulator, "nas_dr_test", **start).get("failed")
        _killed(row, simulator, start if row.state == "started" else {**options, "state": "stopped"})
        simulator.operation_seconds.clear()
        return list(_problems(row, simulator, options))


def _killed(row: NasRow, simulator: Simulator, options: dict[str, t.Any]) -> None:
    """Run the module in a process of its own until the phase has come, and end it."""
    has_come = _prepared(row, simulator)
    module = subprocess.Popen(
        [sys.executable, "-c", IN_A_PROCESS, json.dumps({**connection_to(simulator), **options})],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/.ansible/collections"},
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + PATIENCE
        while not has_come():
            if module.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"the phase {row.phase} did not come")
            time.sleep(0.02)
    finally:
        module.send_signal(row.signal)
        module.wait(PATIENCE)


def _prepared(row: NasRow, simulator: Simulator) -> t.Callable[[], object]:
    if row.phase == READING:
        simulator.faults.add(array="dr", method="GET", path="/nas_server", action="delay", seconds=2, nth=1)
        return lambda: simulator.faults.fired("delay")
    if row.phase == ON_ITS_WAY:
        simulator.faults.add(array="dr", method="POST", path=CLONE_PATH, action="delay", seconds=LATE, nth=1)
        return lambda: simulator.faults.fired("delay")
    kind, action = _OPERATIONS[row.phase]
    known = len(simulator.dr.array.jobs)
    simulator.operation_seconds[action] = LONG

    def has_come() -> bool:
        jobs = list(simulator.dr.array.jobs)[known:]
        return any((job.resource_type, job.resource_action) == (kind, action) for job in jobs)

    return has_come


def _problems(row: NasRow, simulator: Simulator, options: dict[str, t.Any]) -> t.Iterator[str]:
    settle = LATE + 4 if row.phase == ON_ITS_WAY else 0
    stop = run_module(simulator, "nas_dr_test", **options, state="stopped", settle_time=settle)
    time.sleep(LONG)  # what ran on comes to its end before the array is looked at for the last time
    simulator.world.settle()
    if stop.get("failed"):
        yield f"the stop failed: {stop['msg']}"
    elif row.left and stop["nas_servers"][0]["action"] != "stopped":
        yield f"the stop found nothing: {stop['nas_servers'][0]['action']}"
    if left := [str(server["name"]) for server in simulator.dr.nas_servers(dr_test=True)]:
        yield f"left: {', '.join(left)}"
    if len(simulator.dr.file_systems(NAME)) != 2 or len(simulator.dr.file_interfaces(NAME)) != 1:
        yield "production has changed"
    if len(simulator.dr.executed("clone")) > 1:
        yield f"{len(simulator.dr.executed('clone'))} clones were made"
    again = run_module(simulator, "nas_dr_test", **options, state="started", interface=ADDRESS)
    if again.get("failed"):
        yield f"the next start failed: {again['msg']}"
