# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``kill -9`` of a drill with a NAS server, in each phase of its clone, then one stop_tests: nothing is left."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.replay import CUT_OFF
from tests.integration.arrays import SCHEMA, Json, simulator_with
from tests.integration.test_drill_killed import Killed, name_of, playbook
from tests.integration.test_nas_drill import ALL, HOMES, left
from tests.lab.kill.run import in_the_way, until
from tests.lab.kill.table import VALIDATING
from tests.lab.simulator import Simulator
from tests.running import run_module

CLONING, ADDRESSING, DELETING = "cloning", "addressing", "deleting"
# In the other phases a NAS server makes no difference: tests/integration/test_drill_killed.py.
PHASES = (CLONING, ADDRESSING, VALIDATING, DELETING)
LEAVING = (CLONING, ADDRESSING, VALIDATING)  # in which something is left that stop_tests has to remove
LOOKED_AT = (CLONING, VALIDATING)  # by a preflight before stop_tests


class NasKilled(Killed):
    """One array whose drill is killed in a phase of its DR test of a NAS server."""

    def __init__(self, phase: str, simulator: Simulator, folder: Path, inventory: Path) -> None:
        super().__init__(VALIDATING, simulator, folder, inventory, phase)
        self.controller.variables["failover_drill_sessions"] = ALL
        if phase in LOOKED_AT:  # a preflight writes the records of all drills of its folder
            self.controller.variables["failover_drill_records_directory"] = str(folder / "looked-at")
        if phase != VALIDATING:
            self.controller.variables["failover_drill_checks"] = []
            self.has_come = self._has_come(phase, simulator)

    @staticmethod
    def _has_come(phase: str, simulator: Simulator) -> Callable[[], object]:
        action, kind = {
            CLONING: ("clone", "nas_server"),
            ADDRESSING: ("create", "file_interface"),
            DELETING: ("delete", "file_interface"),
        }[phase]
        simulator.operation_seconds[action] = 3.0
        jobs = simulator.dr.array.jobs
        return lambda: any((job.resource_action, job.resource_type) == (action, kind) for job in list(jobs))


def test_each_drill_of_a_nas_server_that_was_killed_gets_its_record(tmp_path: Path) -> None:
    """By stop_tests, or before that by the next preflight, which says which clone is left and which is gone."""
    inventory = tmp_path / "inventory.json"
    with contextlib.ExitStack() as stack:
        drills = []
        for phase in PHASES:
            simulator = stack.enter_context(simulator_with([HOMES]))
            simulator.operation_seconds.update(dict.fromkeys(simulator.operation_seconds, 0.2))
            drills.append(NasKilled(phase, simulator, tmp_path, inventory))
            stack.callback(drills[-1].end)
        hosts = {name_of(each.phase): each.controller.variables for each in drills}
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        for at in range(0, len(drills), 2):
            for each in drills[at : at + 2]:
                each.begin()
            for each in drills[at : at + 2]:
                each.kill()
        seen = {each.phase for each in drills if left(each.simulator) or in_the_way(each.simulator)}
        for each in drills:
            each.wait_for_what_runs_on()
        _assert_preflight({each.phase: each.simulator for each in drills}, inventory, stack)

        done = playbook(inventory, drills[0].simulator, "stop_tests", "-e", "stop_tests_settle_time=1")
        stack.callback(done.kill)
        until("end of stop_tests", lambda: done.poll() is not None)
        output = next(tmp_path.glob("stop_tests-*.log")).read_text()
        assert done.returncode == 0, output
        assert seen >= set(LEAVING), seen
        assert {each.phase: left(each.simulator) + in_the_way(each.simulator) for each in drills} == {
            phase: [] for phase in PHASES
        }, output
        _assert_records(tmp_path, output)


def _records(folder: Path) -> dict[str, Json]:
    """The records of the drills that were cut off, by their arrays."""
    found: dict[str, Json] = {}
    for path in folder.glob("*/drill-*.journal.jsonl"):
        intent = json.loads(path.read_text().splitlines()[0])
        written = path.with_name(path.name.replace(".journal.jsonl", ".json"))
        if written.exists():
            found[intent["array"]] = json.loads(written.read_text())
            SCHEMA.validate(found[intent["array"]])
    return found


def _assert_records(folder: Path, output: str) -> None:
    found = _records(folder)
    assert sorted(found) == sorted(map(name_of, PHASES)), output
    for phase in PHASES:
        record = found[name_of(phase)]
        assert record["interruption"]["message"] == CUT_OFF, phase
        assert record["verdict"] == ("failed" if phase in LOOKED_AT else "incomplete"), phase
        if phase not in LOOKED_AT:  # where no preflight came first, the test was over before the record was written
            assert record["cleanup"]["verdict"] == "passed", (phase, record["reasons"])
        assert [session["resource_type"] for session in record["sessions"]] == ["volume", "volume_group", "nas_server"]
        assert {session["test_owned"] for session in record["sessions"]} == {True}, phase


def _assert_preflight(arrays: dict[str, Simulator], inventory: Path, stack: contextlib.ExitStack) -> None:
    """Whatever it was asked to look at itself: all sessions of a drill that was cut off are read."""
    cloning, validating = (arrays[phase] for phase in LOOKED_AT)
    until("the clone", lambda: left(cloning))
    removed = run_module(validating, "nas_dr_test", nas_server="homes", clones="all", state="stopped")
    assert removed["nas_servers"][0]["action"] == "stopped" and left(validating) == []
    [clone] = cloning.dr.nas_servers(dr_test=True)
    narrow = ("-e", json.dumps({"failover_drill_sessions": [{"volume": "erp-data"}]}))
    done = playbook(inventory, cloning, "preflight", "--limit", ",".join(map(name_of, LOOKED_AT)), *narrow)
    stack.callback(done.kill)
    until("end of the preflight", lambda: done.poll() is not None)
    output = next(inventory.parent.glob("preflight-*.log")).read_text()
    found = _records(inventory.parent)
    assert sorted(found) == sorted(map(name_of, LOOKED_AT)), output
    gone, there = (
        next(each for each in found[name_of(phase)]["sessions"] if each["resource_type"] == "nas_server")
        for phase in (VALIDATING, CLONING)
    )
    assert gone["return_to_normal"]["stop_confirmed"] and not there["return_to_normal"]["stop_confirmed"]
    assert gone["dr_test_clone"]["addresses"] == ["127.0.0.1"] and gone["after"]["failover_test_in_progress"] is False
    assert (there["dr_test_clone"]["id"], there["dr_test_clone"]["name"]) == (clone["id"], clone["name"])
    assert (
        f"The DR-test clone '{clone['name']}' ({clone['id']}) of homes is on the array still: run the playbook "
        "stop_tests, which deletes it."
    ) in there["reasons"]
