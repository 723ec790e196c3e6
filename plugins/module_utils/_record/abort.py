# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of an abort: which tests were stopped, and whether and when each session could be failed over. Pure.

``stops`` holds the results of ``replication_failover_test_sweep``, the one that stopped and those that looked again,
``after`` that of ``replication_session_info`` where the sessions could still be read for the record.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._json import Json
from .._time import parse_time
from .._words import Kind, Verdict
from .common import (
    Context,
    Judgement,
    Reason,
    condition,
    envelope,
    recovery_point,
)
from .terminal import fitted

_OPERATION = ("job_id", "started_at", "finished_at", "duration_seconds")


def build_abort(params: Json, context: Context, record_id: str, written_at: datetime) -> Json:
    """The record, from the options of the module drill_record."""
    sweeps: list[Json] = [sweep for sweep in params.get("stops") or () if sweep]
    after: Json = params.get("after") or {}
    reasons = list(_reasons(sweeps))
    judgement = Judgement(tuple(reasons))
    ready = [sweep["failover_ready"] for sweep in sweeps if sweep.get("failover_ready")]
    look = (after.get("cluster") or {}).get("system_time")
    clusters = [phase.get("cluster") for phase in (*sweeps, after)]
    return {
        **envelope(
            Kind.ABORT,
            record_id,
            context,
            next((cluster for cluster in clusters if cluster), {}),
            [*(each[when] for each in ready for when in ("began_at", "ready_at")), look],
            judgement,
            written_at,
            selected_by="all",
        ),
        "seconds_to_failover_ready": _seconds_to_ready(sweeps),
        "sessions": [_session(session_id, sweeps, after, judgement) for session_id in _ids(sweeps)],
    }


def _reasons(sweeps: t.Sequence[Json]) -> t.Iterator[Reason]:
    if not sweeps:
        yield Reason(Verdict.INCOMPLETE, "The array was not asked.")
        return
    last = sweeps[-1]
    if _all_ready(last) is None:
        yield Reason(
            Verdict.INCOMPLETE, f"Not known whether everything can be failed over: {last.get('msg') or 'no message'}"
        )
    elif not last.get("jobs_readable"):
        yield Reason(Verdict.INCOMPLETE, "The array's jobs cannot be read, so a start under way would not be seen.")
    for session in last.get("sessions") or ():
        if session["failover_ready"] is False:
            name = session["resource_name"] or session["session_id"]
            test = _tests(session["session_id"], [last])
            failure = ((test[-1]["failure"] if test else None) or {}).get("message")
            told = " ".join(filter(None, [session["reason"], failure]))
            yield Reason(Verdict.FAILED, f"{name} cannot be failed over: {told}", session["session_id"])


def _all_ready(sweep: Json) -> bool | None:
    known: bool | None = (sweep.get("failover_ready") or {}).get("all")
    return known


def _ids(sweeps: t.Sequence[Json]) -> list[str]:
    """Every session that one of the looks found, in their order."""
    found = [entry for sweep in sweeps for key in ("sessions", "tests") for entry in sweep.get(key) or ()]
    return list(dict.fromkeys(entry["session_id"] for entry in found))


def _tests(session_id: str, sweeps: t.Sequence[Json]) -> list[Json]:
    return [test for sweep in sweeps for test in sweep.get("tests") or () if test["session_id"] == session_id]


def _of(session_id: str, entries: t.Iterable[Json] | None) -> Json | None:
    return next((entry for entry in entries or () if entry["session_id"] == session_id), None)


def _seconds_to_ready(sweeps: t.Sequence[Json]) -> float | None:
    """From the first begin to the last time that something was still in the way."""
    if not sweeps or not _all_ready(sweeps[-1]):
        return None
    seconds: float | None = sweeps[0]["failover_ready"]["controller_seconds"] if _all_ready(sweeps[0]) else None
    if seconds is not None and not any(sweep.get("tests") for sweep in sweeps[1:]):
        return seconds
    # Each look has a begin of its own on the controller; the array's clock is one for all.
    began, at = (sweeps[i]["failover_ready"][when] for i, when in ((0, "began_at"), (-1, "ready_at")))
    first, last = parse_time(began), parse_time(at)
    return round((last - first).total_seconds(), 3) if first and last else None


def _session(session_id: str, sweeps: t.Sequence[Json], after: Json, judgement: Judgement) -> Json:
    tests = _tests(session_id, sweeps)
    shown = [found for sweep in sweeps if (found := _of(session_id, sweep.get("sessions")))]
    read = _of(session_id, after.get("sessions"))
    known = (shown or tests)[-1]
    test = tests[-1] if tests else None
    ready = bool(shown and shown[-1]["failover_ready"] and _all_ready(sweeps[-1]) is not None)
    own = judgement.of(session_id)
    began = next((s["failover_ready"]["began_at"] for s in sweeps if s.get("failover_ready")), None)
    last_look = next((s["failover_ready"]["ready_at"] for s in reversed(sweeps) if s.get("failover_ready")), None)
    return {
        "session_id": session_id,
        "resource_type": known.get("resource_type"),
        "resource_name": known.get("resource_name"),
        "resource_id": known.get("resource_id"),
        "remote_system": known.get("remote_system"),
        "verdict": (Verdict.INCOMPLETE if not ready and not own.reasons else own.verdict).value,
        "reasons": own.texts,
        "recovery_point": recovery_point(read),
        "before": condition(test["before"], began) if test else condition(shown[0], began),
        "findings": [*(test["findings"] if test else ()), *((read or {}).get("findings") or ())],
        "test_found": test is not None,
        "started_by": test["started_by"] if test else None,
        "test_started_at": test["started_at"] if test else None,
        "forced": bool(test and test["forced"]),
        "stop": _operation(test),
        "after": condition(read, after["cluster"]["system_time"])
        if read
        else condition(shown[-1] if shown else None, last_look),
        "failover_ready": ready,
        "failover_ready_at": ((test or {}).get("stop_finished_at") or began) if ready else None,
    }


def _operation(test: Json | None) -> Json | None:
    if test is None or (test["action"] == "none" and not test["request_sent"] and not test["failure"]):
        return None
    return {
        "action": test["action"],
        "failed": test["failure"] is not None,
        **{name: test[f"stop_{name}"] for name in _OPERATION},
        "snapshot": None,
        "end_of_test_snapshot": None,
        "failure": test["failure"],
    }


def abort_summary(record: Json, path: str) -> list[str]:
    """The record for a person at a terminal, at most 120 columns wide."""
    ready = [session for session in record["sessions"] if session["failover_ready"]]
    taken = record["seconds_to_failover_ready"]
    lines = [
        f"{record['drill']['title']}  ({record['array']['name']}, PowerStoreOS {record['array']['release_version']})",
        f"{len(ready)} of {len(record['sessions'])} sessions can be failed over"
        + ("." if taken is None else f", after {taken:.1f} s."),
        f"{sum(session['test_found'] for session in record['sessions'])} failover tests were found.",
        f"Verdict: {record['verdict']}",
        *(f"  - {reason}" for reason in record["reasons"]),
    ]
    return [*fitted(lines), f"Record: {path}"]
