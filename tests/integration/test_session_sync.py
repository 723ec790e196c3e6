# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""replication_session_sync from end to end, against the production array of the simulated pair."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from tests.lab.simulator import Simulator
from tests.running import Result, run_module

SYNC_PATH = "/replication_session/{id}/sync"
ALL = [{"volume": "erp-data"}, {"volume_group": "erp-db"}, {"volume": "files-archive"}]
BUSY = {"messages": [{"code": "0xE04040010001", "severity": "Error", "message_l10n": "Busy.", "arguments": []}]}
REFUSAL = {"messages": [{"code": "0xE02010050042", "severity": "Error", "message_l10n": "No.", "arguments": []}]}


def sync(simulator: Simulator, **options: t.Any) -> Result:
    """The module, run against the production array."""
    at_production = {"host": simulator.production.host, "port": simulator.production.port, "poll_interval": 0.2}
    return run_module(simulator, "replication_session_sync", **{**at_production, **options})


def only(result: Result) -> Result:
    (entry,) = result["sessions"]
    return t.cast(Result, entry)


def last_sync(simulator: Simulator, name: str) -> datetime:
    moment = simulator.dr.session(name).last_sync
    assert moment is not None
    return moment


def posts(simulator: Simulator) -> list[str]:
    """Every request to either array that changes something, besides logout."""
    journal = [*simulator.production.journal(), *simulator.dr.journal()]
    return [e.path for e in journal if e.method != "GET" and e.path != "/logout"]


def test_every_session_gets_a_new_recovery_point_that_the_destination_has(simulator: Simulator) -> None:
    names = ["erp-data", "erp-db", "files-archive"]
    before = {name: last_sync(simulator, name) for name in names}
    began = simulator.clock.now()

    result = sync(simulator, sessions=ALL, diff=True)

    assert [entry["resource_name"] for entry in result["sessions"]] == names
    assert [entry["action"] for entry in result["sessions"]] == ["synchronised"] * 3
    for entry in result["sessions"]:
        name = entry["resource_name"]
        assert last_sync(simulator, name) >= began > before[name]
        assert datetime.fromisoformat(entry["after"]["last_sync_timestamp"]) >= began
        assert entry["changed"] and entry["job_id"] and entry["before"]["role"] == "Source"
    assert all(shown["last_sync_timestamp"] for shown in result["diff"]["after"].values())
    assert result["diff"]["before"] != result["diff"]["after"]
    array = simulator.production
    assert len(array.executed("sync")) == 3
    assert (array.logins, array.logouts, array.open_sessions, simulator.dr.logins) == (1, 1, 0, 0)


def test_check_mode_predicts_and_only_reads(simulator: Simulator) -> None:
    predicted = sync(simulator, sessions=ALL, check=True, diff=True)
    assert posts(simulator) == []
    real = sync(simulator, sessions=ALL, diff=True)

    assert predicted["changed"] is real["changed"] is True
    assert [e["action"] for e in predicted["sessions"]] == [e["action"] for e in real["sessions"]]
    assert predicted["diff"]["before"] == real["diff"]["before"]
    assert all(shown["last_sync_timestamp"].startswith("later than") for shown in predicted["diff"]["after"].values())


def test_fresh_enough_is_left_alone(simulator: Simulator) -> None:
    first = sync(simulator, sessions=ALL, since="5m")
    assert [entry["action"] for entry in first["sessions"]] == ["none", "none", "synchronised"]
    again = sync(simulator, sessions=ALL, since="5m", diff=True)

    assert again["changed"] is False and again["diff"]["before"] == again["diff"]["after"]
    assert len(simulator.production.executed("sync")) == 1
    simulator.production.set_session("erp-data", state="Paused")
    assert sync(simulator, sessions=ALL, since="10m")["changed"] is False  # what is needed is there already


def test_a_recovery_point_is_as_old_as_the_begin_of_its_cycle(simulator: Simulator) -> None:
    moment = last_sync(simulator, "erp-data").isoformat()

    entry = only(sync(simulator, sessions=[{"volume": "erp-data"}], since=moment, check=True))

    assert entry["action"] == "synchronised"


def test_by_the_ids_that_the_destination_shows() -> None:
    with Simulator.from_dict(
        {
            "arrays": {"production": {}, "dr": {}},
            "options": {"same_session_id": False},
            "sessions": [{"volume": "erp-data"}, {"volume_group": "erp-db"}],
        }
    ) as simulator:
        read = run_module(simulator, "replication_session_info")["sessions"]
        result = sync(simulator, resource_ids=[session["remote_resource_id"] for session in read])
        single = sync(simulator, sessions=[{"resource_id": read[0]["remote_resource_id"]}])

    assert [e["resource_name"] for e in result["sessions"]] == [session["resource_name"] for session in read]
    assert [e["action"] for e in result["sessions"]] == ["synchronised"] * 2
    assert {e["session_id"] for e in result["sessions"]}.isdisjoint(session["session_id"] for session in read)
    assert only(single)["session_id"] == result["sessions"][0]["session_id"]


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"state": "Paused"}, "Resume the session on the source array first"),
        ({"state": "Reprotecting"}, "Wait until it is OK"),
        ({"type": "Synchronous"}, "has every write already"),
        ({"role": "Destination"}, "expected Source"),
    ],
)
def test_what_cannot_be_synchronised_refuses_the_task(
    simulator: Simulator, attributes: dict[str, str], says: str
) -> None:
    simulator.production.set_session("erp-db", **attributes)
    predicted = sync(simulator, sessions=ALL, check=True)
    real = sync(simulator, sessions=ALL)

    for result in (predicted, real):
        assert result["failed"] and result["changed"] is False
        assert result["failure"]["kind"] == "not_ready" and says in result["msg"]
        assert [e["action"] for e in result["sessions"]] == ["not_attempted", "failed", "not_attempted"]
    assert posts(simulator) == []


def test_what_the_array_paused_is_synchronised_once_the_link_is_back(simulator: Simulator) -> None:
    # "Synchronization is allowed when the replication session is in the following states: OK, System_Paused"
    simulator.link.cut()
    cut_off = [sync(simulator, sessions=ALL[:1], check=check) for check in (True, False)]
    simulator.link.restore()
    simulator.production.set_session("erp-data", state="System_Paused")
    before = last_sync(simulator, "erp-data")
    predicted, real = (only(sync(simulator, sessions=ALL[:1], check=check)) for check in (True, False))

    for result in cut_off:
        assert result["failure"]["kind"] == "not_ready" and "Restore it" in result["msg"]
        assert only(result)["before"]["state"] == "System_Paused"
    assert predicted["action"] == real["action"] == "synchronised"
    assert last_sync(simulator, "erp-data") > before


def test_at_the_destination_it_is_refused_with_the_way_out(simulator: Simulator) -> None:
    result = run_module(simulator, "replication_session_sync", sessions=[{"volume": "erp-data"}])

    assert result["failure"]["kind"] == "not_ready" and "Set host to that one" in result["msg"]
    assert posts(simulator) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "one of the following is required: sessions, resource_ids"),
        ({"sessions": []}, "empty list"),
        ({"resource_ids": []}, "empty list"),
        ({"sessions": ALL, "resource_ids": ["x"]}, "mutually exclusive"),
        ({"sessions": [{"volume": "a", "resource_id": "b"}]}, "mutually exclusive"),
        ({"sessions": [{}]}, "one of the following is required"),
        ({"sessions": ALL, "wait_timeout": 0}, "wait_timeout is 0"),
        ({"sessions": ALL, "since": "soon"}, "since is 'soon': expected how long ago"),
        ({"sessions": ALL, "since": "never"}, "since is 'never': expected how long ago"),
        ({"sessions": ALL, "since": "2026-11-23T20:00:00"}, "with its zone"),
    ],
)
def test_options_that_cannot_be_meant(simulator: Simulator, options: dict[str, t.Any], says: str) -> None:
    result = sync(simulator, **options)

    assert result["failure"]["kind"] == "invalid_input" and says in result["msg"]
    assert simulator.production.journal() == []


def test_a_time_to_come_is_refused(simulator: Simulator) -> None:
    result = sync(simulator, sessions=ALL, since="2999-01-01T00:00:00Z")

    assert result["failure"]["kind"] == "invalid_input" and "expected a time that has passed" in result["msg"]
    assert posts(simulator) == []


def test_names_that_lead_nowhere_or_to_the_same(simulator: Simulator) -> None:
    session = simulator.production.session("erp-data")
    nowhere = sync(simulator, sessions=[{"volume": "erp-data"}, {"resource_id": "no-such-id"}])
    twice = sync(simulator, sessions=[{"volume": "erp-data"}, {"resource_id": session.local_resource_id}])

    assert [e["action"] for e in nowhere["sessions"]] == ["not_attempted", "failed"]
    assert nowhere["failure"]["kind"] == "not_found" and "replicated resource 'no-such-id'" in nowhere["msg"]
    assert twice["failure"]["kind"] == "ambiguous"
    assert posts(simulator) == []


@dataclass(frozen=True)
class Row:
    """Faults of the production array, and what the module has to make of them."""

    name: str
    faults: tuple[dict[str, t.Any], ...]
    action: str = "synchronised"
    kind: str | None = None
    executed: int = 1
    changed: bool | None = None  # None: exactly where it was executed
    options: dict[str, t.Any] = field(default_factory=dict)
    says: str = ""


def at(method: str, path: str, action: str, **rest: t.Any) -> dict[str, t.Any]:
    return {"array": "production", "method": method, "path": path, "action": action, **rest}


POST = "POST", SYNC_PATH
QUICK = {"wait_timeout": 2}
ROWS = [
    Row("reset before it was read", (at(*POST, "reset_before", count=1),)),
    Row("executed, answer lost", (at(*POST, "reset_after", count=1),)),
    Row("answers 500, executed", (at(*POST, "answer", status=500, body="<html>", executed=True, count=1),)),
    Row("answers busy, twice", (at(*POST, "answer", status=503, body=BUSY, count=2),)),
    Row("refused", (at(*POST, "answer", status=422, body=REFUSAL),), "failed", "rejected", 0, says="No."),
    Row("role may not", (at(*POST, "forbid"),), "failed", "authorization", 0),
    Row("job fails", (at(*POST, "job_fails", phase="Failed", body=REFUSAL),), "failed", "rejected", 0, says="No."),
    Row("job never ends", (at(*POST, "job_never_ends", executed=False),), "failed", "timeout", 0, options=QUICK),
    Row("jobs may not be read", (at("GET", "/job", "forbid"),)),
    Row("done at once", (at(*POST, "ignore_async", mode="immediate"),)),
    Row("login expires on the way", (at("GET", "/job", "expire_session", count=1),)),
    Row(
        "somebody else synchronises and the array refuses",
        (at(*POST, "foreign", operation="sync"), at(*POST, "answer", status=422, body=REFUSAL)),
        "none",
        executed=1,
        changed=False,
    ),
    Row("the link goes away", (at(*POST, "cut_link", count=1),), "failed", "rejected", 0),
    Row(
        "sessions cannot be read",
        (at("GET", "/replication_session", "answer", status=500, body="<html>"),),
        "not_attempted",
        "protocol",
        0,
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_the_result_is_what_the_array_shows(simulator: Simulator, row: Row) -> None:
    before = last_sync(simulator, "erp-data")
    for fault in row.faults:
        simulator.faults.add(fault)
    result = sync(simulator, sessions=[{"volume": "erp-data"}], **{"wait_timeout": 30, **row.options})

    entry = only(result)
    assert (entry["action"], entry.get("failure", {}).get("kind")) == (row.action, row.kind), result
    assert len(simulator.production.executed("sync")) == row.executed
    assert (last_sync(simulator, "erp-data") > before) is bool(row.executed)
    assert entry["changed"] is (bool(row.executed) if row.changed is None else row.changed)
    assert result.get("failed", False) is (row.kind is not None)
    assert row.says in str(result.get("msg"))
    assert simulator.production.open_sessions == 0
