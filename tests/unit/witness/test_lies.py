# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the witness says of a true record and of every lie; how much it asks; and what is joined in the report."""

from __future__ import annotations

import copy
import json
import typing as t
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import record_from_json
from ansible_collections.drdrill.powerstore.plugins.module_utils._witness import task
from ansible_collections.drdrill.powerstore.plugins.module_utils._witness.statement import Statement
from tests.lab.simulator import Simulator
from tests.lab.witness.lab import AUDITOR, START, STOP, Lab, laboratory
from tests.lab.witness.run import run_row
from tests.lab.witness.table import ROWS, Row, backdated_stop, forbidden
from tests.running import connection_to, run_module


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One drill for all that leaves it as it was."""
    with laboratory(tmp_path_factory.mktemp("witness")) as lab:
        yield lab


@pytest.mark.parametrize("row", [row for row in ROWS if not row.own], ids=lambda row: row.name)
def test_what_the_logs_say(row: Row, shared: Lab) -> None:
    assert list(run_row(row, shared).problems(row)) == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.own], ids=lambda row: row.name)
def test_what_the_logs_say_of_a_drill_of_its_own(row: Row, tmp_path: Path) -> None:
    with laboratory(tmp_path, row.clock_ahead) as lab:
        assert list(run_row(row, lab).problems(row)) == []


@pytest.mark.uncounted
def test_a_thousand_sessions_are_two_requests_and_their_pages(shared: Lab) -> None:
    with shared.untouched() as lab:
        pattern = lab.session("erp-data")
        for number in range(1000):
            session = copy.deepcopy(pattern) | {"session_id": f"s-{number}", "resource_name": f"vol-{number}"}
            for name, operation in (("start", START), ("stop", STOP)):
                when = datetime.fromisoformat(session[name]["started_at"])
                job = lab.array.past_job("admin", operation, ("replication_session", f"s-{number}", None), when)
                session[name]["job_id"] = job.id
            lab.record["sessions"].append(session)
        result = lab.ask()

        assert result["verdict"] == "corroborated"
        assert len(result["witness"]["claims"]) == 2004
        assert (lab.requests("job"), lab.requests("audit_event")) == (2, 2)  # 2,000 rows a page
        asked = lab.simulator.dr.requests_by_path()
        assert sum(asked.values()) == 7, asked  # login, logout and the array's identity besides


def test_it_only_reads(shared: Lab) -> None:
    with shared.untouched() as lab:
        backdated_stop(lab)
        lab.ask()
        assert {each.method for each in lab.simulator.dr.journal() if each.path != "/logout"} == {"GET"}


def test_without_a_log_the_task_fails_only_where_that_is_asked_for(shared: Lab) -> None:
    with shared.untouched() as lab:
        forbidden("/job*", "/audit_event*")(lab)
        assert lab.ask().get("failed") is None
        result = run_module(lab.simulator, "drill_witness", required=True, record=str(lab.path), **AUDITOR)
        assert result["failed"] and result["failure"]["kind"] == "authorization"
        assert "Not read: the array's jobs." in result["msg"]


def test_a_refused_account_is_a_failure_of_its_own(shared: Lab) -> None:
    with shared.untouched() as lab:
        result = run_module(lab.simulator, "drill_witness", record=str(lab.path), username="nobody")
        assert result["failed"] and result["failure"]["kind"] == "authentication"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "expected record, journal or events"),
        ({"record": "/none/drill-1.json"}, "could not be read"),
        ({"record": "/none/drill-1.json", "events": [{"event": "begin"}]}, "expected one of them"),
        ({"journal": "/none/drill-1.journal.jsonl"}, "No such file"),
        ({"record": ["a"]}, "Nothing was asked"),
        ({"claims": {"record_id": 1}}, "Give the file of the record as record instead"),
    ],
)
def test_what_is_nothing_to_compare_is_named(shared: Lab, given: Json, said: str) -> None:
    result = run_module(shared.simulator, "drill_witness", **given)
    assert result["failed"] and said in result["msg"], result["msg"]


def test_what_is_handed_to_the_module_is_what_it_reads(shared: Lab) -> None:
    record = record_from_json(shared.record)
    statement = Statement.of(t.cast(t.Any, record), "7" * 64)
    assert Statement.from_json(json.loads(json.dumps(statement.as_json()))) == statement
    assert [(claim.operation, claim.done) for claim in statement.claims] == [(START, True), (STOP, True)] * 2


def test_a_start_that_was_rolled_back_has_a_stop(shared: Lab) -> None:
    """The record has no job of that stop; the log may have it or not."""
    with shared.untouched() as lab:
        session = lab.session("erp-data")
        session["start"].update(action="rolled_back", failed=True)
        stop, session["stop"] = session["stop"], None
        assert lab.ask()["verdict"] == "corroborated"
        lab.array.jobs.remove(stop["job_id"])
        assert lab.ask()["verdict"] == "corroborated"


def test_a_failed_start_may_be_in_the_log_or_not(shared: Lab) -> None:
    with shared.untouched() as lab:
        session = lab.session("erp-data")
        lab.array.jobs.remove(session["stop"]["job_id"])
        session["start"].update(action="failed", failed=True, job_id=None)
        session["stop"] = None
        assert lab.ask()["verdict"] == "corroborated"
        for job in list(lab.array.jobs):
            if job.resource_name == "erp-data":
                lab.array.jobs.remove(job.id)
        assert lab.ask()["verdict"] == "corroborated"


def test_a_report_that_is_made_again_has_what_a_witness_said_later(shared: Lab, tmp_path: Path) -> None:
    with shared.untouched() as lab:
        backdated_stop(lab)
        result = lab.ask()
        none = dict.fromkeys(connection_to(lab.simulator))
        folder = str(lab.folder)
        written = run_module(
            lab.simulator, "drill_record", **none, kind="witness", directory=folder, title="Witness of the auditor",
            records=[str(lab.path)], witness=result,
        )  # fmt: skip
        assert written["verdict"] == "failed" and Path(written["path"]).name.startswith("witness-")
        report = run_module(
            lab.simulator, "drill_report", **none, record=str(lab.path), directory=str(tmp_path), formats=["html"]
        )
        html = Path(report["files"]["html"]).read_text(encoding="utf-8")
        assert "Compared later: <bdi>Witness of the auditor</bdi>" in html and "The array began it at" in html
        own = run_module(lab.simulator, "drill_report", **none, record=written["path"], directory=str(tmp_path))
        assert not own.get("failed"), own

        # A record that changed since is another one: the witness is not of it.
        lab.path.write_text(json.dumps(lab.record) + "\n")
        refused = run_module(
            lab.simulator, "drill_record", **none, kind="witness", directory=folder, title="Again",
            records=[str(lab.path)], witness=result,
        )  # fmt: skip
        assert refused["failed"] and "is not the file that was compared" in refused["msg"]


def test_the_simulated_array_keeps_its_logs_as_long_as_the_scenario_says() -> None:
    document: Json = {
        "sessions": [{"volume": "a", "test": {"age": 7200}}],
        "options": {"job_retention": 3600, "audit_retention": 10000},
    }
    with Simulator.from_dict(document) as simulator:
        array = simulator.dr.array
        array.keep_to_retention()
        assert (len(array.jobs), len(array.tables["audit_event"])) == (0, 1)
        simulator.clock.advance(timedelta(hours=3).total_seconds())
        array.keep_to_retention()
        assert len(array.tables["audit_event"]) == 0


@pytest.mark.parametrize(
    ("fault", "verdict", "by"),
    [
        ({"path": "/job", "action": "endless", "seconds": 30}, "corroborated", ["audit_event"]),
        ({"path": "/audit_event", "action": "endless", "seconds": 30}, "corroborated", ["job"]),
        ({"path": "/job", "action": "odd_row", "attribute": "id", "value": None}, "corroborated", ["audit_event"]),
        ({"path": "/job", "action": "odd_row", "attribute": "start_time", "value": "soon"}, "corroborated", None),
        ({"path": "/job", "action": "short_pages", "rows": 1}, "corroborated", None),
        ({"path": "/job", "action": "no_total"}, "corroborated", None),
        (
            {"path": "/job", "action": "answer", "status": 400, "body": {"messages": []}},
            "corroborated",
            ["audit_event"],
        ),
        ({"path": "/*", "action": "endless", "seconds": 30}, None, None),
    ],
    ids=lambda value: f"{value['path']} {value['action']}" if isinstance(value, dict) else None,
)
def test_a_log_that_cannot_be_read_well_is_no_contradiction(
    fault: Json, verdict: str | None, by: list[str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "PATIENCE", 10.0)
    with laboratory(tmp_path) as lab:
        lab.simulator.faults.add(array="dr", method="GET", **fault)
        result = run_module(lab.simulator, "drill_witness", record=str(lab.path), timeout=3, **AUDITOR)
    assert result.get("verdict") == verdict, result.get("msg")
    if verdict is None:
        assert result["failed"] and result["failure"]["kind"] in ("timeout", "unreachable")
    else:
        assert result["witness"]["by"] == (by or ["job", "audit_event"])


@pytest.mark.parametrize(
    ("lie", "verdict", "says"),
    [
        (lambda start, job: None, "corroborated", ""),
        (lambda start, job: start.update(job_id="invented"), "contradicted", "Job invented is not in the array's jobs"),
        (lambda start, job: setattr(job, "resource_action", "delete"), "contradicted", "is a deletion, not a clone"),
        (lambda start, job: setattr(job, "phase", "Failed"), "contradicted", "ended as Failed"),
        (lambda start, job: setattr(job, "user", "colleague"), "contradicted", "says colleague"),
        (lambda start, job: start.update(job_id=None), "unavailable", "The record names no job for it"),
    ],
    ids=["true", "invented", "another operation", "failed", "another account", "no job"],
)
def test_the_clone_of_a_nas_server_is_looked_up(
    lie: t.Callable[[Json, t.Any], object], verdict: str, says: str, tmp_path: Path
) -> None:
    """A drill of NAS servers alone has no start or stop; that nothing contradicts it would corroborate nothing."""
    with laboratory(tmp_path) as lab:
        lab.record["sessions"] = [lab.session("erp-data")]
        (session,) = lab.record["sessions"]
        session |= {"resource_type": "nas_server", "stop": None}
        job = lab.job(session["start"])
        for each in list(lab.array.jobs):
            if each is not job and each.user != "colleague":
                lab.array.jobs.remove(each.id)
        for row in lab.events():
            lab.array.tables["audit_event"].remove(str(row["id"]))
        job.resource_action, job.resource_type, job.resource_id = "clone", "nas_server", "nas-1"
        lie(session["start"], job)
        result = lab.ask()
        assert result["verdict"] == verdict, result.get("msg")
        (claim,) = result["witness"]["claims"]
        assert says in " ".join(claim["differences"])


@pytest.mark.parametrize(
    ("lie", "verdict", "says"),
    [
        (lambda stop, job: None, "corroborated", ""),
        (lambda stop, job: stop.update(job_id="invented"), "contradicted", "Job invented is not in the array's jobs"),
        (lambda stop, job: setattr(job, "resource_action", "clone"), "contradicted", "is a clone, not a deletion"),
        (lambda stop, job: setattr(job, "phase", "Failed"), "contradicted", "ended as Failed"),
        (lambda stop, job: setattr(job, "user", "colleague"), "contradicted", "says colleague"),
        (lambda stop, job: setattr(job, "resource_id", "clone-2"), "contradicted", "is of the clone of erp-db"),
        (lambda stop, job: setattr(job, "resource_id", "nas-1"), "corroborated", ""),  # which id it has is not known
        (lambda stop, job: stop.update(job_id=None), "unavailable", "its deletion is not witnessed"),
    ],
    ids=["true", "invented", "another operation", "failed", "another account", "swapped", "source", "no job"],
)
def test_the_deletion_of_a_clone_is_looked_up(
    lie: t.Callable[[Json, t.Any], object], verdict: str, says: str, tmp_path: Path
) -> None:
    with laboratory(tmp_path) as lab:
        for number, name in enumerate(("erp-data", "erp-db"), 1):
            session = lab.session(name)
            session["resource_type"] = "nas_server"
            clone = {"id": f"clone-{number}", "name": None, "addresses": [], "file_systems": []}
            session["dr_test_clone"] = clone
            for operation, action in (("start", "clone"), ("stop", "delete")):
                job = lab.job(session[operation])
                job.resource_action, job.resource_type, job.resource_id = action, "nas_server", f"clone-{number}"
        for row in lab.events():
            lab.array.tables["audit_event"].remove(str(row["id"]))
        stop = lab.session("erp-data")["stop"]
        lie(stop, lab.job(stop))
        result = lab.ask()
    assert result["verdict"] == verdict, result.get("msg")
    assert len(result["witness"]["claims"]) == 4
    assert says in " ".join(" ".join(claim["differences"]) for claim in result["witness"]["claims"])
    [known] = result["witness"]["not_witnessed"]
    assert "(erp-data, erp-db)" in known and f"Not witnessed: {known[:40]}" in "\n".join(result["summary"])


def test_a_deletion_that_the_record_does_not_have_is_said(tmp_path: Path) -> None:
    with laboratory(tmp_path) as lab:
        session = lab.session("erp-data")
        session |= {"resource_type": "nas_server", "stop": None}
        result = lab.ask()
    said = result["witness"]["not_witnessed"]
    assert "The deletion of the clone of erp-data: the record has no request for it." in said


def test_what_is_not_witnessed_of_many_is_one_sentence() -> None:
    known = Statement(record_id="r", nas_servers=tuple(f"nas-{number}" for number in range(500)))
    said = known.not_witnessed
    assert len(said) == 2 and all("nas-4 and 495 more" in each and len(each) < 400 for each in said)
