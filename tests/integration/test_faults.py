# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every row of the fault table, and what has to hold whatever goes wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import typing as t
from collections.abc import Mapping
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array import pages
from tests.conftest import ModuleRunner
from tests.lab.faults.run import run_row
from tests.lab.faults.table import ROWS, SESSIONS, START_PATH, Row, at
from tests.lab.kill.run import until
from tests.lab.simulator import Simulator, auth
from tests.prepared import run_ansible
from tests.running import connection_to, run_module

ROOT = Path(__file__).parents[2]


@pytest.fixture
def issued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every cookie and token that a simulated array hands out from here on."""
    handed_out: list[str] = []
    make = auth._secret

    def remember() -> str:
        handed_out.append(make())
        return handed_out[-1]

    monkeypatch.setattr(auth, "_secret", remember)
    return handed_out


@pytest.mark.parametrize("row", ROWS, ids=[row.fault for row in ROWS])
def test_the_result_is_what_the_array_shows(row: Row, issued: list[str]) -> None:
    seen = run_row(row)
    assert seen.problems == []
    text = json.dumps(seen.result)
    assert not [secret for secret in issued if secret in text]
    assert "Traceback" not in text


@pytest.mark.parametrize(
    "fault",
    [
        at("POST", START_PATH, "reset_after"),
        at("GET", "/replication_session", "answer", status=500, body="<html>"),
        None,
    ],
)
def test_no_secret_at_any_verbosity(simulator: Simulator, issued: list[str], fault: dict | None) -> None:
    if fault:
        simulator.faults.add(dict(fault))
    environment = {f"POWERSTORE_{name.upper()}": str(value) for name, value in connection_to(simulator).items()}
    environment |= {"ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    environment |= {"POWERSTORE_TIMEOUT": "5"}
    options = json.dumps({"state": "started", "volume": "erp-data", "wait_timeout": 5})
    done = run_ansible(
        [
            "ansible",
            "localhost",
            "-vvvvv",
            "--diff",
            "-m",
            "drdrill.powerstore.replication_failover_test",
            "-a",
            options,
        ],
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=600,
    )
    output = done.stdout + done.stderr
    assert "erp-data" in output
    assert len(issued) >= 2
    assert not [secret for secret in [*issued, simulator.password] if secret in output]


def test_a_lasting_fault_says_how_often_it_was_tried(simulator: Simulator, run: ModuleRunner) -> None:
    simulator.faults.add(at("GET", "/replication_session", "reset_before"))
    message = run.start(volume="erp-data", timeout=2)["msg"]
    assert "Reading replication sessions (" in message
    assert " times, " in message


PAGING: dict[str, list[Mapping[str, t.Any]]] = {
    "pages of 3": [],
    "shorter pages than asked for": [at("GET", SESSIONS, "short_pages", rows=2)],
    "no total": [at("GET", SESSIONS, "no_total")],
    "no range": [at("GET", SESSIONS, "no_range")],
    "short pages without a total": [at("GET", SESSIONS, "short_pages", rows=2), at("GET", SESSIONS, "no_total")],
    "short pages without a range": [at("GET", SESSIONS, "short_pages", rows=1), at("GET", SESSIONS, "no_range")],
    "a count that differs, once": [at("GET", SESSIONS, "page_shrinks", rows=2, nth=2)],
    "rows that move": [at("GET", SESSIONS, "rows_move", rows=2)],
}


@pytest.mark.parametrize("faults", PAGING.values(), ids=PAGING)
def test_a_set_is_read_whole(faults: list[Mapping[str, t.Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_SIZE", 3)
    with Simulator.from_dict({"sessions": [], "generate": {"volumes": 10, "prefix": "vol-"}}) as many:
        last = max(side.id for side in many.dr.array.sessions)
        many.dr.start_failover_test(last, user="admin")
        for fault in faults:
            many.faults.add(fault)
        result = run_module(many, "replication_session_info")
        assert not result.get("failed"), result
        assert len(result["sessions"]) == 10
        # The test on the last page is seen, and stopped.
        assert [s["session_id"] for s in result["sessions"] if s["failover_test_in_progress"]] == [last]
        swept = run_module(many, "replication_failover_test_sweep", policy="stop", settle_time=0)
        assert not swept.get("failed"), swept
        assert many.dr.executed("stop_failover_test") == [last]


def test_a_set_whose_count_keeps_differing_is_not_used() -> None:
    with Simulator() as simulator:
        simulator.faults.add(at("GET", SESSIONS, "headers", headers={"Content-Range": "0-2/7"}))
        result = run_module(simulator, "replication_session_info")
        assert result["failure"]["kind"] == "protocol"
        assert "and lists 3, 3 times" in result["msg"]


START_IN_A_PROCESS = """
import json, sys
from tests.running import run_module
from tests.prepared import run_ansible
from types import SimpleNamespace
given = json.loads(sys.argv[1])
array = SimpleNamespace(host=given["host"], port=given["port"])
simulator = SimpleNamespace(dr=array, username=given["username"], password=given["password"], ca_path=given["ca_path"])
print(json.dumps(run_module(simulator, "replication_failover_test", state="started", volume="erp-data")))
"""


@pytest.mark.parametrize("sent", ["before the answer", "while the job runs"])
def test_a_killed_start_is_found_by_the_next_run(simulator: Simulator, run: ModuleRunner, sent: str) -> None:
    if sent == "before the answer":
        simulator.faults.add(at("POST", START_PATH, "delay", seconds=6, executed=True))
    simulator.operation_seconds["start_failover_test"] = 6
    module = subprocess.Popen(
        [sys.executable, "-c", START_IN_A_PROCESS, json.dumps(connection_to(simulator))],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/.ansible/collections"},
        stdout=subprocess.DEVNULL,
    )
    until("the start", lambda: any(job.resource_action == "start_failover_test" for job in [*simulator.dr.array.jobs]))
    module.send_signal(signal.SIGTERM)
    assert module.wait(60) == -signal.SIGTERM
    until("the end of what was sent", lambda: simulator.dr.executed("start_failover_test") != [])

    found = run("replication_session_info", failover_test_in_progress=True)
    (session,) = found["sessions"]
    assert session["failover_test"]["started_by"] == simulator.username
    assert session["failover_test"]["source"] == "job"
    assert run.start(volume="erp-data")["changed"] is False
    assert run.stop(volume="erp-data")["changed"] is True
    assert simulator.dr.executed("start_failover_test") == [session["session_id"]]
