# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``kill -9`` of ansible-playbook in each phase of a drill, then one stop_tests on the folder: a record for each."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.replay import CUT_OFF
from tests.integration.arrays import ROOT, SCHEMA, Json
from tests.lab.kill.run import Controller, descendants, in_the_way, is_alive, prepare, run_row, until
from tests.lab.kill.table import PREFLIGHT, PROVING, REPORTING, ROWS, STARTING, STOPPING, VALIDATING, WORKER_KILLED, Row
from tests.lab.simulator import Simulator

PHASES = (PREFLIGHT, STARTING, VALIDATING, STOPPING, PROVING, REPORTING)


def name_of(phase: str) -> str:
    return f"dr-{phase.split()[0]}"


class Killed:
    """One array, its drill that is killed in a phase, and what ran on."""

    def __init__(
        self, phase: str, simulator: Simulator, folder: Path, inventory: Path, name: str | None = None
    ) -> None:
        self.phase, self.simulator, self._inventory = name or phase, simulator, inventory
        (folder / self.phase).mkdir()
        self.controller = Controller(simulator, folder / self.phase)
        self.controller.variables["failover_drill_records_directory"] = str(folder / "records")
        self._orphans: dict[int, str] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.has_come = prepare(Row("SIGKILL to the playbook", phase, False), self.controller)

    def begin(self) -> None:
        self.process = playbook(self._inventory, self.simulator, "drill", "--limit", name_of(self.phase))

    def kill(self) -> None:
        process = self.process
        assert process is not None
        until(f"phase {self.phase}", lambda: self.has_come() or process.poll() is not None)
        assert process.poll() is None, f"the drill ended before the phase {self.phase}"
        self._orphans = descendants(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def wait_for_what_runs_on(self) -> None:
        for pid, line in self._orphans.items():
            if line.startswith("sleep "):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        until("end of what ran on", lambda: not any(map(is_alive, self._orphans)))

    def end(self) -> None:
        for pid in (*([self.process.pid] if self.process else []), *self._orphans):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


def playbook(inventory: Path, simulator: Simulator, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["ansible-playbook", "-i", str(inventory), f"drdrill.powerstore.{name}", *arguments],
        cwd=inventory.parent,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "POWERSTORE_PASSWORD": simulator.password,
        },
        stdout=(inventory.parent / f"{name}-{'-'.join(arguments)}.log").open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def test_each_drill_that_was_killed_gets_its_record(tmp_path: Path) -> None:
    inventory, records = tmp_path / "inventory.json", tmp_path / "records"
    with contextlib.ExitStack() as stack:
        drills = []
        for phase in PHASES:
            simulator = stack.enter_context(Simulator())
            simulator.operation_seconds.update(dict.fromkeys(simulator.operation_seconds, 0.2))
            drills.append(Killed(phase, simulator, tmp_path, inventory))
            stack.callback(drills[-1].end)
        hosts = {name_of(each.phase): each.controller.variables for each in drills}
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        for at in range(0, len(drills), 2):
            for each in drills[at : at + 2]:
                each.begin()
            for each in drills[at : at + 2]:
                each.kill()
        for each in drills:
            each.wait_for_what_runs_on()
        left = {each.phase for each in drills if in_the_way(each.simulator)}
        done = playbook(inventory, drills[0].simulator, "stop_tests", "-e", "stop_tests_settle_time=1")
        stack.callback(done.kill)
        until("end of stop_tests", lambda: done.poll() is not None)
        output = next(tmp_path.glob("stop_tests-*.log")).read_text()
        assert done.returncode == 0, output
        assert left >= {STARTING, VALIDATING} and not any(in_the_way(each.simulator) for each in drills)
        _assert_records(drills, records, output)


def _assert_records(drills: list[Killed], records: Path, output: str) -> None:
    found: dict[str, Json] = {}
    for path in records.glob("drill-*.journal.jsonl"):
        intent = json.loads(path.read_text().splitlines()[0])
        record = json.loads(path.with_name(path.name.replace(".journal.jsonl", ".json")).read_text())
        SCHEMA.validate(record)
        found[intent["array"]] = record
    # One that was killed in its preflight had not begun: there is no journal, and nothing to stop.
    assert sorted(found) == sorted(name_of(phase) for phase in PHASES if phase != PREFLIGHT), output
    for each in drills:
        if each.phase == PREFLIGHT:
            assert each.simulator.dr.executed("start_failover_test") == []
            continue
        record = found[name_of(each.phase)]
        if each.phase == REPORTING:  # the drill itself was over
            assert (record["verdict"], record["interruption"]) == ("passed_with_deviations", None)
        else:
            assert (record["verdict"], record["interruption"]["message"]) == ("incomplete", CUT_OFF), each.phase
        assert record["cleanup"]["verdict"] == "passed", (each.phase, record["reasons"])
        assert {s["test_owned"] for s in record["sessions"]} == {True}, each.phase


def test_a_worker_that_is_killed_ends_the_run(tmp_path: Path) -> None:
    """With an error: most of Ansible's strategies would wait for it without an end, while the tests run."""
    (row,) = (row for row in ROWS if (row.event, row.phase) == (WORKER_KILLED, VALIDATING))
    seen = run_row(row, tmp_path)
    assert seen.problems == [], seen.output
    assert seen.codes[0] != 0
