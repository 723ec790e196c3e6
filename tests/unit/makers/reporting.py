# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the reports share: running drill_report as Ansible does, and records on disk."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.causes import groups_of
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import read_record
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.typed import as_json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import record_from_json
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.source import Source, read_source
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Cause
from tests.running import run_action
from tests.unit.makers.records import (
    FAILURE,
    Filling,
    Json,
    at,
    deviation,
    drill_record,
    failed_record,
    filled,
    operation,
    validation,
)

# A name or message that tries to become something else in HTML, SVG, XML, Markdown, CSV, a terminal or a table.
HOSTILE = (
    "=HYPERLINK(\"http://evil.example\")</title></bdi></style><script>alert('x')</script><img src=x onerror=alert(1)>"
    '" onload="alert(2) ]]> &amp; {{ 7*7 }} {% raw %} | `id` [a](javascript:alert(3)) @all #1\r\n# heading\n/close\n'
    "\x00\x1b[31m\ufffe\u202eevil\u2066\u2028\u05e9\u05dc\u05dd\ud800"
)


def write_record(folder: Path, record: Json) -> Path:
    """The record in a file named as drill_record names it."""
    path = folder / f"{record['kind']}-{record['drill']['id']}.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


def source_of(folder: Path, record: Json) -> Source:
    """The record, read from a file as the reports are given it."""
    return read_source(str(write_record(folder, record)))


def hostile(folder: Path, kind: str) -> Source:
    """A record that is hostile wherever the schema allows a text."""
    return source_of(folder, filled(kind, Filling(text=HOSTILE, items=2)))


def many_causes() -> Json:
    """A drill of 500 sessions of which 117 did not pass, for four causes."""
    record = drill_record(500)
    for number, session in enumerate(record["sessions"]):
        name = session["resource_name"]
        session["validations"] = [
            validation("recovery point within the RPO", kind="array", phase="preflight"),
            validation("destination volumes mapped to a host", kind="array"),
        ]
        if number % 8 == 3:
            session["validations"][1].update(passed=False, observed=f"not mapped: {name}")
            reason = f"{name}: destination volumes mapped to a host: found not mapped: {name}."
            _spoil(record, session, reason, Cause.NOT_MAPPED)
        elif number % 10 == 4:
            session["recovery_point"].update(age_seconds=1310.0 + number, met=False)
            session["validations"][0].update(passed=False, observed=f"{1310 + number} s old")
            reason = f"{name}: recovery point within the RPO: found {1310 + number} s old."
            _spoil(record, session, reason, Cause.RPO_MISSED)
        elif number % 100 == 7:
            start = operation("failed", 11, 2.0, failed=True, failure=FAILURE)
            session.update(start=start, stop=None, test_owned=False, during=None, return_to_normal=None)
            _spoil(record, session, f"{name}: {FAILURE['message']}", Cause.START_FAILED)
        elif number == 250:
            session["stop"].update(action="failed", failed=True, failure=FAILURE)
            session["return_to_normal"].update(stop_confirmed=False)
            record["cleanup"].update(verdict="failed", not_confirmed_stopped=[session["session_id"]])
            reason = f"The array did not confirm that the failover test of {name} is stopped."
            _spoil(record, session, reason, Cause.STOP_NOT_CONFIRMED)
    found = groups_of(record_from_json(record).deviations)
    return {**record, "causes": [as_json(group) for group in found]}


def newest_record() -> Json:
    """A drill that failed, with the fields of schema version 1.1."""
    record = read_record(failed_record(), "a record").as_json()
    stuck_id = record["sessions"][1]["session_id"]
    record["times"].update(duration_seconds=194.0, clock_step_seconds=-6.2, written_by_array=at(196))
    parts = {"array_seconds": 14.2, "steps_seconds": 96.0, "waiting_seconds": 20.0, "tool_seconds": 40.8}
    record["rto"] = {"objective_seconds": 120, "actual_seconds": 171.0, "met": False, "reason": None, "parts": parts}
    record["scope"]["population"] = {
        "destinations": 14, "testable": 12, "in_scope": 3, "excluded": 1, "not_selected": 8,
    }  # fmt: skip
    slow, stuck, refused = record["sessions"]
    slow.update(application="ERP", tier="1", owner="A. Osei")
    slow["recovery_point"].update(of="last_sync", as_found={"timestamp": at(-4000), "age_seconds": 4010.0})
    slow["replication_rpo"] = {"objective_seconds": 300, "timestamp": at(-600), "age_seconds": 612.0, "met": False}
    slow["failover_blocked"] = {"from": at(10), "until": at(183), "seconds": 173.0}
    stuck["failover_blocked"] = {"from": at(10), "until": None, "seconds": None}
    stuck["rto"]["reason"] = "A critical check failed: ERP answers."
    attachment = {"name": "erp-answers.html", "sha256": "9f86d081884c7d65" * 4, "bytes": 2048, "source": "output"}
    record["validations"][0].update(
        action="GET https://erp.dr.example.com/health",
        attempts=3,
        output_tail="HTTP/1.1 503 Service Unavailable\n  Retry-After: 120\n\n<h1>closed for repairs</h1>",
        attachments=[attachment],
    )
    named = (
        ("stop.not_confirmed", "stop not confirmed", "D3", [stuck_id]),
        ("check.failed", "check failed", "D5", []),
        ("rto.missed", "RTO missed", "D1", [slow["session_id"]]),
        ("rpo.missed", "RPO missed", "D2", [slow["session_id"]]),
        ("start.refused", "not started", "D4", [refused["session_id"]]),
    )
    for cause, words, deviation_id, ids in named:
        one = next(each for each in record["deviations"] if each["id"] == deviation_id)
        one.update(cause=cause, session_id=ids[0] if ids else None, fingerprint="0" * 64)
        group = {"cause": cause, "words": words, "severity": "failed", "count": 1}
        record["causes"].append({**group, "sessions": ids, "deviations": [deviation_id]})
    return record


def _spoil(record: Json, session: Json, reason: str, cause: Cause) -> None:
    session.update(verdict="failed", reasons=[reason])
    record["verdict"] = "failed"
    record["reasons"].append(reason)
    found = deviation(len(record["reasons"]), "failed", reason, session["session_id"])
    record["deviations"].append({**found, "cause": cause.value, "subject": session["resource_name"]})


def run_report(*, check: bool = False, **options: t.Any) -> Json:
    """The result of drill_report."""
    given = {key: str(value) if isinstance(value, Path) else value for key, value in options.items()}
    return run_action("drill_report", check=check, **given)
