# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks stop_tests and abort by their names, and the rows of the kill matrix that prove most."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind
from tests.integration.arrays import SCHEMA
from tests.lab.kill.run import in_the_way, run_row
from tests.lab.kill.table import NOTHING, ON_ITS_WAY, ROWS, STOP_TESTS, STOPPING, VALIDATING, Row
from tests.lab.simulator import Simulator
from tests.prepared import run_ansible
from tests.unit.makers.journals import Told, a_reading, a_session, an_operation

ROOT = Path(__file__).parents[2]


def play(simulator: Simulator, folder: Path, name: str, **variables: object) -> subprocess.CompletedProcess[str]:
    """The playbook on the simulated array and on one that is not there."""
    inventory = folder / "inventory.yml"
    hosts = {"powerstore-gone": 1, "powerstore-dr": simulator.dr.port}
    here = {"ansible_host": simulator.dr.host}
    inventory.write_text(
        json.dumps({"all": {"hosts": {host: {**here, "failover_drill_port": port} for host, port in hosts.items()}}})
    )
    return run_ansible(
        ["ansible-playbook", "-i", str(inventory), f"drdrill.powerstore.{name}", "-e", json.dumps(variables)],
        cwd=folder,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "POWERSTORE_USERNAME": simulator.username,
            "POWERSTORE_PASSWORD": simulator.password,
            "POWERSTORE_CA_PATH": simulator.ca_path,
            "POWERSTORE_TIMEOUT": "1",
            "PWD": str(folder),
        },
        timeout=1200,
    )


def sweeps(folder: Path) -> list[Json]:
    """The records of sweeps, each as its schema has it."""
    records = [json.loads(path.read_text()) for path in (folder / "drill-records").glob("sweep-*.json")]
    for record in records:
        SCHEMA.validate(record)
    return records


def register(folder: Path) -> list[dict[str, str]]:
    """The lines of the register."""
    with (folder / "drill-records/register.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_stop_tests_visits_every_array_and_tells_what_is_left(simulator: Simulator, tmp_path: Path) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    simulator.dr.start_failover_test("erp-db", user="colleague")
    done = play(simulator, tmp_path, "stop_tests", stop_tests_settle_time=0, awx_job_id=815)
    assert done.returncode == 2
    assert in_the_way(simulator) == ["erp-db"]
    assert "A FAILOVER TEST IS LEFT RUNNING" in done.stdout + done.stderr
    assert "started by colleague" in done.stdout
    assert "NOT KNOWN whether failover tests are running" in done.stdout
    records = sweeps(tmp_path)
    assert sorted(record["verdict"] for record in records) == ["failed", "incomplete"]
    seen = next(record for record in records if record["verdict"] == "failed")
    tests = {session["resource_name"]: session for session in seen["sessions"] if session["test_found"]}
    assert (tests["erp-data"]["stop"]["action"], tests["erp-data"]["still_running"]) == ("stopped", False)
    assert (tests["erp-db"]["started_by"], tests["erp-db"]["decision"]) == ("colleague", "leave")
    assert (seen["who"]["array_account"], seen["who"]["awx"]["job_id"]) == (simulator.username, "815")
    assert seen["array"]["global_id"] == "PS0a1b2c3d4e02"
    assert seen["scope"]["population"]["destinations"] == len(seen["sessions"]) > 0
    assert seen["sessions"][0]["recovery_point"]["age_seconds"] is not None
    assert len(register(tmp_path)) == 2 and len(list((tmp_path / "drill-records").glob("sweep-*.html"))) == 2
    assert simulator.password not in done.stdout + done.stderr


def test_a_schedule_of_every_minute_records_only_news(simulator: Simulator, tmp_path: Path) -> None:
    """tests/unit/record/test_sweep.py has what is news."""
    play(simulator, tmp_path, "stop_tests", stop_tests_settle_time=0, stop_tests_record_always=True)
    assert sorted(record["verdict"] for record in sweeps(tmp_path)) == ["incomplete", "passed"]
    simulator.dr.start_failover_test("erp-db", user="colleague")
    again = [play(simulator, tmp_path, "stop_tests", stop_tests_settle_time=0) for _minute in range(2)]
    [left] = [record for record in sweeps(tmp_path) if record["verdict"] == "failed"]
    assert len(sweeps(tmp_path)) == 3  # that an array is gone was known
    assert all(f"sweep-{left['drill']['id']}.json" in done.stdout for done in again)


def test_a_journal_says_whose_a_test_is_where_the_array_does_not(tmp_path: Path) -> None:
    account = {"username": "drill", "password": "Secret-1!", "role": "administrator", "forbidden": ["/job*", "/audit*"]}
    tested = [{"volume": name, "test": {"user": "drill", "age": "2h"}} for name in ("erp-data", "erp-db")]
    (tmp_path / "drill-records").mkdir()
    with Simulator.from_dict({"accounts": [account], "sessions": tested}) as simulator:
        session_id = next(each.id for each in simulator.dr.array.sessions if each.resource_name == "erp-data")
        told = Told(tmp_path / "drill-records", sessions=[{"volume": "erp-data"}])
        read = a_session("erp-data", session_id=session_id)
        told("read", what="before", result=a_reading(read, cluster={"system_time": "2026-01-01T00:00:00.000Z"}))
        told.started(an_operation("erp-data", "started", session_id=session_id))
        done = play(simulator, tmp_path, "stop_tests", stop_tests_settle_time=0)

        assert in_the_way(simulator) == ["erp-db"], done.stdout
        assert "a drill of this controller sent a start" in " ".join(done.stdout.split())


def test_abort_stops_everything_with_production_lost_and_leaves_a_record(simulator: Simulator, tmp_path: Path) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    simulator.dr.start_failover_test("erp-db", user="colleague")
    simulator.link.cut()
    records = tmp_path / "records"
    job = {"awx_job_id": 815, "awx_job_template_name": "Abort", "awx_user_name": "kim", "awx_workflow_job_id": 814}
    done = play(simulator, tmp_path, "abort", abort_settle_time=0, abort_records_directory=str(records), **job)
    assert done.returncode == 2  # as one array could not be reached
    assert in_the_way(simulator) == []
    assert "CAN TAKE OVER: all 3 sessions" in done.stdout
    assert "NOT KNOWN whether this array can take over" in done.stdout
    # The answer comes before anything is written.
    assert done.stdout.index("CAN TAKE OVER") < done.stdout.index("Write the record")
    written = [json.loads(path.read_text()) for path in records.glob("abort-*.json")]
    assert sorted(record["verdict"] for record in written) == ["incomplete", "passed"]
    assert not [problem for record in written for problem in problems(record, Kind.ABORT)]
    seen = next(record for record in written if record["verdict"] == "passed")
    known = {name: text for name, text in seen["who"]["awx"].items() if text is not None}
    assert known == {"job_id": "815", "job_template": "Abort", "user": "kim", "workflow_job_id": "814"}
    assert seen["who"]["array_account"] == simulator.username
    assert seen["times"]["clock_skew_seconds"] is not None
    population = seen["scope"]["population"]
    assert population["destinations"] >= population["testable"] == population["in_scope"] == 3


def test_abort_without_room_for_its_record_is_not_held_up(simulator: Simulator, tmp_path: Path) -> None:
    simulator.dr.start_failover_test("erp-data", user="colleague")
    (tmp_path / "file").write_text("")
    done = play(
        simulator, tmp_path, "abort", abort_hosts="powerstore-dr", abort_settle_time=0,
        abort_records_directory=str(tmp_path / "file"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert in_the_way(simulator) == []
    assert "The record could not be written" in done.stdout


# The others are run by `make kill-matrix`.
_SAMPLE = (
    Row("SIGKILL to the playbook", ON_ITS_WAY, True, STOP_TESTS),
    Row("SIGKILL to the module", ON_ITS_WAY, False, NOTHING),
    Row("SIGKILL to the module", STOPPING, False, NOTHING),
    Row("cancel of ansible-runner", VALIDATING, True, STOP_TESTS),
)


@pytest.mark.parametrize("row", _SAMPLE, ids=[row.label for row in _SAMPLE])
def test_the_array_is_failover_ready_after(row: Row, tmp_path: Path) -> None:
    assert row in ROWS
    seen = run_row(row, tmp_path)
    assert seen.problems == [], seen.output
    if row.phase == STOPPING:  # the stop that was killed is known by its job, and is this drill's
        (record,) = (json.loads(path.read_text()) for path in (tmp_path / "records").glob("drill-*.json"))
        assert (record["cleanup"]["verdict"], record["witness"]["verdict"]) == ("passed", "corroborated"), seen.output
    if row.then == STOP_TESTS:
        journals, records = (list((tmp_path / "records").glob(f"drill-*.{kind}")) for kind in ("journal.jsonl", "json"))
        assert len(journals) == len(records) == 1, seen.output
        record = json.loads(records[0].read_text())
        assert record["interruption"]["message"] == "cut off: no end in the journal"
