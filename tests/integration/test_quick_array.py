# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The array of the benchmark is one: a task does on it what it does on the simulator."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests

from tests.lab.benchmark.array import QuickArrayProcess
from tests.running import run_module

TWO = [{"volume": "vol-0001"}, {"volume": "vol-0002"}]
TEST = "replication_failover_test"


@pytest.fixture(scope="module")
def array(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickArrayProcess]:
    with QuickArrayProcess(3, tmp_path_factory.mktemp("quick"), mean=0.1, deviation=0.03) as started:
        yield started


def run(array: QuickArrayProcess, state: str) -> dict[str, t.Any]:
    known = array.connection
    dr = SimpleNamespace(host=known["host"], port=known["port"])
    simulator: t.Any = SimpleNamespace(**known, dr=dr)
    return run_module(simulator, TEST, state=state, sessions=TWO)


def ask(array: QuickArrayProcess, path: str, method: str = "GET", **options: t.Any) -> requests.Response:
    known = array.connection
    given = {"auth": (known["username"], known["password"]), "verify": known["ca_path"], "timeout": 30, **options}
    return requests.request(method, f"{array.base}/api/rest/{path}", **given)


def test_a_task_starts_and_stops_what_the_array_then_shows(array: QuickArrayProcess) -> None:
    for state, in_test in (("started", True), ("stopped", False)):
        array.since_last()
        result = run(array, state)
        assert [entry["action"] for entry in result["sessions"]] == [state] * 2
        assert [entry["after"]["failover_test_in_progress"] for entry in result["sessions"]] == [in_test] * 2
        seen = array.since_last()
        assert (seen["logins"], seen["logouts"]) == (1, 1)
        assert not run(array, state)["changed"]
        rows = ask(array, "replication_session?select=id&failover_test_in_progress=eq.true").json()
        assert len(rows) == (2 if in_test else 0)


def test_what_it_does_not_know_it_refuses(array: QuickArrayProcess) -> None:
    assert ask(array, "replication_session?state=ilike.OK*").status_code == 400
    assert ask(array, "replication_session?progress=eq.1").status_code == 400
    assert ask(array, "nothing").status_code == 404
    assert ask(array, "volume", auth=("drill", "wrong")).status_code == 401
    session = ask(array, "replication_session?limit=1")
    assert session.status_code == 206 and session.headers["Content-Range"] == "0-0/3"
    path = f"replication_session/{session.json()[0]['id']}"
    assert ask(array, f"{path}/stop_failover_test", "POST", json={}).status_code == 422
    cookie = {"Cookie": ask(array, "login_session").headers["Set-Cookie"].partition(";")[0]}
    assert ask(array, f"{path}/start_failover_test", "POST", json={}, auth=None, headers=cookie).status_code == 403


def test_its_logs_have_what_a_witness_compares(array: QuickArrayProcess) -> None:
    run(array, "started")
    run(array, "stopped")
    since = "start_time.gte.2026-01-01T00:00:00.000Z"
    jobs = ask(array, f"job?select=id,resource_action,user,end_time&and=({since},start_time.lte.9999)").json()
    assert {job["resource_action"] for job in jobs} == {"start_failover_test", "stop_failover_test"}
    assert ask(array, f"job?and=({since},start_time.lte.2026-01-02T00:00:00.000Z)").json() == []
    events = ask(array, "audit_event?select=job_id,username&and=(timestamp.gte.2026,timestamp.lte.9999)").json()
    assert {event["job_id"] for event in events} == {job["id"] for job in jobs}
    assert {event["username"] for event in events} == {job["user"] for job in jobs} == {"drill"}
