# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault does what it says, where it says."""

from __future__ import annotations

import json

import pytest
import requests

from tests.lab.kill.run import until
from tests.lab.simulator import ScenarioError, Simulator

from .conftest import ESTATE, Client


def start_path(sim: Simulator) -> str:
    return f"/replication_session/{sim.dr.session('erp-data').id}/start_failover_test"


START = "/replication_session/{id}/start_failover_test"


def test_reset_before_and_after(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="reset_before", array="dr", method="POST", path=START, nth=1)
    sim.faults.add(action="reset_after", array="dr", method="POST", path=START, nth=2)
    for executed in (0, 1):
        with pytest.raises(requests.ConnectionError, match=r"abort|reset"):
            dr.post(start_path(sim))
        assert len(sim.dr.executed("start_failover_test")) == executed
    assert [each.status for each in sim.dr.journal() if each.method == "POST"] == [0, 0]
    assert dr.get("/volume")


def is_refused(dr: Client) -> bool:
    """Whether the array is down at the moment."""
    try:
        dr.send("GET", "/volume")
    except requests.ConnectionError:
        return True
    return False


def test_refuse_for_a_while(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="refuse", array="dr", path="/volume", nth=1, seconds=3)
    for _attempt in range(2):
        with pytest.raises(requests.ConnectionError):
            dr.send("GET", "/volume")
    until("the restart", lambda: not is_refused(dr))
    assert dr.get("/volume")


@pytest.mark.parametrize("executed", [True, False])
def test_delay(sim: Simulator, dr: Client, executed: bool) -> None:
    sim.faults.add(action="delay", method="POST", seconds=3, executed=executed)
    with pytest.raises(requests.Timeout):
        dr.http.post(f"{dr.array.url}{start_path(sim)}", headers={"DELL-EMC-TOKEN": dr.token}, timeout=0.5)
    assert (len(sim.dr.executed("start_failover_test")) == 1) is executed
    until("the start", lambda: len(sim.dr.executed("start_failover_test")) == 1)


def test_truncated_json(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="truncate", path="/volume", count=1)
    answer = dr.send("GET", "/volume")
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)
    assert dr.get("/volume")


@pytest.mark.parametrize(
    ("fault", "status", "content", "header"),
    [
        ({"status": 500, "body": "<html>oops</html>"}, 500, b"<html>oops</html>", ("Content-Type", "text/html")),
        ({"status": 401}, 401, b"", ("Content-Length", "0")),
        ({"status": 429, "headers": {"Retry-After": 1}}, 429, b"", ("Retry-After", "1")),
        ({"status": 503, "body": {"messages": []}}, 503, b'{"messages":[]}', ("Content-Type", "application/json")),
    ],
)
def test_answers(
    sim: Simulator, dr: Client, fault: dict[str, object], status: int, content: bytes, header: tuple[str, str]
) -> None:
    sim.faults.add({"action": "answer", "path": "/volume", "after": 1, "count": 2, **fault})
    assert [dr.send("GET", "/volume").status_code for _number in range(4)] == [200, status, status, 200]
    sim.faults.clear()
    sim.faults.add({"action": "answer", "path": "/volume", **fault})
    answer = dr.send("GET", "/volume")
    assert answer.content == content
    assert answer.headers[header[0]] == header[1]


def test_an_answer_after_the_deed(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="answer", method="POST", status=503, executed=True)
    assert dr.post(start_path(sim)).status_code == 503
    assert len(sim.dr.executed("start_failover_test")) == 1


def test_session_and_token(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="stale_token", method="POST", nth=1)
    assert dr.post(start_path(sim)).status_code == 403
    dr.token = dr.send("GET", "/volume").headers["DELL-EMC-TOKEN"]
    assert dr.post(start_path(sim)).status_code == 204
    sim.faults.add(action="rotate_token")
    first, second = (dr.send("GET", "/volume").headers["DELL-EMC-TOKEN"] for _number in range(2))
    assert first != second
    sim.faults.clear()
    sim.faults.add(action="expire_session", path="/volume", nth=1)
    assert [dr.send("GET", "/volume").status_code for _number in range(2)] == [401, 401]


def test_logins_without_a_token(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="no_token", path="/login_session", count=1)
    assert dr.login().status_code == 200
    assert dr.token == ""
    assert dr.post(start_path(sim)).status_code == 403
    dr.token = dr.send("GET", "/volume").headers["DELL-EMC-TOKEN"]
    assert dr.post(start_path(sim)).status_code == 204


def test_password_and_session_change_at_run_time(sim: Simulator, dr: Client, production: Client) -> None:
    sim.faults.add(action="change_password", array="dr", path="/host", user="admin", password="new", nth=1)
    assert dr.send("GET", "/host").status_code == 401
    dr.credentials = ("admin", "new")
    dr.login()
    path = start_path(sim)
    sim.faults.add(action="remove_session", method="POST", nth=1)
    assert dr.post(path).status_code == 404
    for client in (dr, production):
        assert len(client.get("/replication_session")) == 4
        row = client.get("/volume/name:erp-data", select="is_replication_destination,protection_policy_id")
        assert row == {"is_replication_destination": False, "protection_policy_id": None}


def test_forbid_and_missing_path(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="forbid", path="/job*")
    sim.faults.add(action="missing_path", path="/cluster")
    assert [dr.send("GET", "/job").status_code for _number in range(2)] == [403, 403]
    assert dr.send("GET", "/cluster").status_code == 404


@pytest.mark.parametrize("phase", ["Failed", "Unrecoverable_Failed"])
@pytest.mark.parametrize("executed", [True, False])
def test_failing_jobs(sim: Simulator, dr: Client, phase: str, executed: bool) -> None:
    sim.faults.add(action="job_fails", method="POST", phase=phase, executed=executed)
    job = dr.post(start_path(sim), is_async="true").json()["id"]
    row = dr.get(f"/job/{job}", select="phase,response_body,response_status")
    assert row["phase"] == phase
    assert row["response_status"] == "500"
    assert row["response_body"]["messages"]
    assert sim.dr.session("erp-data").failover_test_in_progress is executed


def test_job_never_ends(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="job_never_ends", method="POST", executed=True)
    job = dr.post(start_path(sim), is_async="true").json()["id"]
    assert dr.get(f"/job/{job}", select="phase") == {"phase": "In_Progress"}
    assert sim.dr.session("erp-data").failover_test_in_progress is True


def test_flag_late_and_flag_null(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="flag_late", method="POST", seconds=2)
    assert dr.post(start_path(sim)).status_code == 204
    assert sim.dr.session("erp-data").failover_test_in_progress is False
    path = start_path(sim).rpartition("/")[0]
    until("the flag", lambda: dr.get(path, select="failover_test_in_progress") == {"failover_test_in_progress": True})
    stop = path + "/stop_failover_test"
    assert [dr.post(stop).status_code for _attempt in range(2)] == [204, 422]  # refused although the flag lags
    assert sim.dr.session("erp-data").failover_test_in_progress is True
    until("the flag", lambda: dr.get(path, select="failover_test_in_progress") == {"failover_test_in_progress": False})
    sim.faults.clear()
    sim.dr.start_failover_test("erp-data")
    sim.faults.add(action="flag_null", method="GET", count=1)
    assert dr.get(path, select="failover_test_in_progress") == {"failover_test_in_progress": None}
    assert dr.get(path, select="failover_test_in_progress") == {"failover_test_in_progress": True}


@pytest.mark.parametrize("mode", ["immediate", "blocking"])
def test_async_ignored(sim: Simulator, dr: Client, mode: str) -> None:
    sim.operation_seconds["default"] = 0.2
    sim.faults.add(action="ignore_async", method="POST", mode=mode)
    assert dr.post(start_path(sim), is_async="true").status_code == 204
    assert sim.dr.session("erp-data").failover_test_in_progress is (mode == "blocking")


def test_someone_else_is_faster(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="foreign", method="POST", path=START, operation="start_failover_test", user="jdoe", nth=1)
    assert dr.post(start_path(sim)).status_code == 422
    test = sim.dr.session("erp-data").replication.test
    assert test is not None
    assert test.user == "jdoe"
    sim.faults.add(action="foreign", path="/volume", session="erp-db", state="Paused")
    dr.get("/volume")
    assert sim.dr.session("erp-db").state == "Paused"


def test_page_shrinks_link_and_clock(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="page_shrinks", path="/volume", nth=2, rows=1)
    assert dr.send("GET", "/volume", params={"limit": "2"}).status_code == 206
    assert dr.send("GET", "/volume", params={"limit": "2", "offset": "2"}).status_code == 416
    sim.faults.add(action="cut_link", path="/host", nth=2)
    sim.faults.add(action="restore_link", path="/policy", nth=1)
    for path, up in (("/host", True), ("/host", False), ("/policy", True)):
        dr.get(path)
        assert sim.link.up is up
    sim.faults.add(action="clock_skew", array="dr", path="/cluster", nth=1, seconds="1h")
    (cluster,) = dr.get("/cluster", select="system_time")
    assert cluster["system_time"] > (sim.clock.now().isoformat())
    assert sim.faults.fired("cut_link") == 1
    last = sim.dr.session("erp-data").last_sync
    sim.faults.add(action="clock_step", array="dr", path="/cluster", nth=1, seconds="1h")
    sim.faults.add(action="write_protect", array="dr", path="/cluster", nth=1)
    (stepped,) = dr.get("/cluster", select="system_time")
    assert stepped["system_time"] > cluster["system_time"]
    assert sim.dr.session("erp-data").last_sync == last
    assert len(dr.get("/alert", resource_type="eq.appliance")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "explode"},
        {"action": "delay", "colour": "red"},
        {"action": "delay", "rows": 1},
        {"action": "delay", "seconds": "soon"},
        {"action": "delay", "array": "both"},
    ],
)
def test_bad_faults_are_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ScenarioError, match=r"explode|colour|rows|seconds|array"):
        Simulator.from_dict({**ESTATE, "faults": [fault]})
