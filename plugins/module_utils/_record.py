# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a drill: what was observed, held against what was expected, and the verdict. Pure: no I/O, no clock.

Not measured is never a pass, and a drill passes only when the array confirmed that every test it started is stopped.
"""

from __future__ import annotations

import textwrap
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.drdrill.powerstore.plugins.module_utils._session import format_time, parse_time
from ansible_collections.drdrill.powerstore.plugins.module_utils._version import VERSION

Json = dict[str, t.Any]
SCHEMA_VERSION = "1.0"

PASSED, DEVIATIONS, FAILED = "passed", "passed_with_deviations", "failed"
ABORTED, INCOMPLETE, NOT_NEEDED = "aborted", "incomplete", "not_needed"
_WORST_FIRST = (FAILED, ABORTED, INCOMPLETE, DEVIATIONS, PASSED)


@dataclass(frozen=True)
class Observations:
    """What the phases of a drill returned, as their modules returned it; None for a phase that did not happen."""

    title: str
    before: Json | None = None  # replication_session_info in the preflight
    start: Json | None = None  # replication_failover_test, state=started
    during: Json | None = None  # replication_session_info after the last check
    stops: t.Sequence[Json] = ()  # replication_failover_test, state=stopped, each attempt
    after: Json | None = None  # replication_session_info after the stop
    checks: t.Sequence[Json] = ()
    planned_checks: t.Sequence[str] = ()
    owned: t.Sequence[str] = ()  # ids of the sessions that the drill set out to stop
    end_of_test_snapshot_wanted: bool = False
    rpo_seconds: int | None = None  # instead of the replication rule's
    rto_seconds: int | None = None
    interruption: Json | None = None
    operator: Json = field(default_factory=dict)
    ansible_version: str = ""


def build_record(seen: Observations, drill_id: str, written_at: datetime) -> Json:
    """The whole record. ``written_at`` is the controller's time; all other times are the array's."""
    sessions = [_session_record(session, seen) for session in _scope(seen)]
    cleanup = _cleanup(sessions)
    verdict, reasons = _verdict(sessions, cleanup, seen)
    cluster = (seen.before or seen.start or {}).get("cluster") or {}
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "drill",
        "drill": {"id": drill_id, "title": seen.title},
        "array": {key: cluster.get(key) for key in ("name", "global_id", "release_version")},
        "times": _times(seen, written_at),
        "operator": seen.operator,
        "objectives": {"rpo_seconds": seen.rpo_seconds, "rto_seconds": seen.rto_seconds},
        "verdict": verdict,
        "reasons": reasons,
        "cleanup": cleanup,
        "sessions": sessions,
        "checks": [*seen.checks, *_not_executed(seen)],
        "interruption": seen.interruption,
        "versions": {
            "collection": VERSION,
            "ansible_core": seen.ansible_version,
            "powerstoreos": cluster.get("release_version"),
        },
    }


def _times(seen: Observations, written_at: datetime) -> Json:
    clocks = [phase["cluster"]["system_time"] for phase in (seen.before, seen.during, seen.after) if phase]
    return {
        "started_at": clocks[0] if clocks else None,
        "finished_at": clocks[-1] if clocks else None,
        "clock": "array",
        "written_at": format_time(written_at),
        "written_at_clock": "controller",
    }


def _scope(seen: Observations) -> list[Json]:
    """One entry for each session of the drill, from the earliest phase that knows them."""
    for phase in (seen.before, seen.start):
        if phase and phase.get("sessions"):
            return list(phase["sessions"])
    return []


def _by_id(phase: Json | None) -> dict[str, Json]:
    return {entry["session_id"]: entry for entry in (phase or {}).get("sessions", ()) if entry.get("session_id")}


def _session_record(session: Json, seen: Observations) -> Json:
    session_id = session.get("session_id")
    before, start, during, after = (
        _by_id(phase).get(session_id or "") for phase in (seen.before, seen.start, seen.during, seen.after)
    )
    stop = _last_stop([_by_id(attempt).get(session_id or "") for attempt in seen.stops])
    owned = session_id in seen.owned or _owned(before, start, after)
    validations = _validations(before, start, during, seen) if owned or (start and start.get("failed")) else []
    return {
        "session_id": session_id,
        "resource_type": session.get("resource_type"),
        "resource_name": session.get("resource_name"),
        "resource_id": session.get("resource_id"),
        "test_owned": owned,
        "validations": validations,
        "recovery_point": _recovery_point(before, seen),
        "rto": _rto(start, seen),
        "start": _operation(start),
        "stop": _operation(stop),
        "seconds_in_test": _seconds((start or {}).get("finished_at"), (stop or {}).get("started_at")),
        "return_to_normal": _return_to_normal(before, start, stop, after) if owned else None,
        "before": before,
        "during": during,
        "after": after,
        "findings": [
            *((before or {}).get("findings") or ()),
            *_new_findings(before, start),
            *_new_findings(start, stop),
        ],
    }


def _owned(before: Json | None, start: Json | None, after: Json | None) -> bool:
    """Whether the drill started a test on the session, or a test runs there that did not before it."""
    started = bool(start and start.get("request_sent") and start.get("action") != "rolled_back")
    appeared = _in_test(after) and before is not None and not _in_test(before)
    return started or appeared


def _in_test(entry: Json | None) -> bool:
    return (entry or {}).get("failover_test_in_progress") is True


def _last_stop(attempts: t.Sequence[Json | None]) -> Json | None:
    """The stop of a session over all attempts.

    An attempt that found nothing to stop any more confirms the one before it that was sent; times, job and
    end-of-test snapshot are those of the attempt that did the work.
    """
    entries = [entry for entry in attempts if entry]
    sent = [entry for entry in entries if entry.get("request_sent")]
    if not entries or not sent or entries[-1] is sent[-1] or entries[-1].get("action") != "none":
        return entries[-1] if entries else None
    return {**sent[-1], "action": "stopped", "failed": False, "failure": None, "after": entries[-1].get("after")}


def _new_findings(earlier: Json | None, later: Json | None) -> list[Json]:
    known = {finding["id"] for finding in (earlier or {}).get("findings") or ()}
    return [finding for finding in (later or {}).get("findings") or () if finding["id"] not in known]


def _operation(entry: Json | None) -> Json | None:
    if entry is None:
        return None
    names = (
        "action", "failed", "job_id", "started_at", "finished_at", "duration_seconds", "snapshot",
        "end_of_test_snapshot", "failure",
    )  # fmt: skip
    return {name: entry.get(name) for name in names}


def _validation(name: str, expected: str, observed: str, result: bool | None) -> Json:
    return {"name": name, "expected": expected, "observed": observed, "passed": result, "critical": True}


def _validations(before: Json | None, start: Json | None, during: Json | None, seen: Observations) -> list[Json]:
    """What every drill holds against each session; ``passed`` is None for what could not be observed."""
    flag = None if during is None else during.get("failover_test_in_progress")
    started = bool(start and start.get("action") == "started")
    shown = None if during is None else started and flag is True
    point = _recovery_point(before, seen)
    volumes = (during or {}).get("volumes") or []
    unmapped = [volume["name"] for volume in volumes if not volume["hosts"]]
    age = point["age_seconds"]
    return [
        _validation("failover test in progress", "true", "not read" if during is None else str(flag).lower(), shown),
        _validation(
            "recovery point within the RPO",
            "not set" if point["objective_seconds"] is None else f"at most {point['objective_seconds']} s old",
            "not measured" if age is None else f"{age:.0f} s old",
            point["met"],
        ),
        _validation(
            "destination volumes mapped to a host",
            "each volume",
            f"not mapped: {', '.join(unmapped)}" if unmapped else f"{len(volumes)} of {len(volumes)} mapped",
            not unmapped if volumes else None,
        ),
    ]


def _recovery_point(before: Json | None, seen: Observations) -> Json:
    entry = before or {}
    given = seen.rpo_seconds is not None
    objective = seen.rpo_seconds if given else entry.get("rpo_objective_seconds")
    age = entry.get("recovery_point_age_seconds")
    return {
        "objective_seconds": objective,
        "objective_from": "drill" if given else "replication rule",
        "timestamp": entry.get("recovery_point_timestamp"),
        "age_seconds": age,
        "met": None if age is None or objective is None else age <= objective,
    }


def _rto(start: Json | None, seen: Observations) -> Json:
    """From the start being sent to the last check being done, both by the array's clock."""
    validated_at = seen.during["cluster"]["system_time"] if seen.during and not _not_executed(seen) else None
    actual = _seconds((start or {}).get("started_at"), validated_at)
    objective = seen.rto_seconds
    return {
        "objective_seconds": objective,
        "storage_accessible_seconds": (start or {}).get("duration_seconds"),
        "validated_seconds": actual,
        "met": None if actual is None or objective is None else actual <= objective,
    }


def _seconds(begin: t.Any, end: t.Any) -> float | None:
    first, last = parse_time(begin), parse_time(end)
    return None if first is None or last is None else round((last - first).total_seconds(), 3)


def _return_to_normal(before: Json | None, start: Json | None, stop: Json | None, after: Json | None) -> Json:
    """Whether the array shows the session as it was: the proof that the drill left nothing behind."""
    ended = bool(
        stop and stop.get("action") in ("stopped", "none") and stop.get("after") and not _in_test(stop["after"])
    )
    confirmed = ended and after is not None and not _in_test(after) and not _may_still_come(start, stop)
    differences: list[Json] = []
    if before is not None and after is not None:
        for name in ("role", "volumes", "hosts"):
            if _comparable(before[name]) != _comparable(after[name]):
                differences.append({"what": name, "before": before[name], "after": after[name]})
        if not _same_health(before["state"], after["state"]):
            differences.append({"what": "state", "before": before["state"], "after": after["state"]})
    return {"stop_confirmed": confirmed, "differences": differences}


def _may_still_come(start: Json | None, stop: Json | None) -> bool:
    """Whether a start whose fate is unknown was followed by a stop that found nothing and could not rule it out."""
    unknown = bool(start and start.get("request_sent") and start.get("failed"))
    doubts = {"jobs.not_readable", "start.unaccounted"}
    found = {finding["id"] for finding in (stop or {}).get("findings") or ()}
    return unknown and (stop or {}).get("action") == "none" and bool(doubts & found)


def _comparable(value: t.Any) -> t.Any:
    return sorted(value, key=str) if isinstance(value, list) else value


def _same_health(before: str, after: str) -> bool:
    # A session at work goes back and forth between these two by itself.
    working = {"OK", "Synchronizing"}
    return before == after or {before, after} <= working


def _cleanup(sessions: t.Sequence[Json]) -> Json:
    owned = [session for session in sessions if session["test_owned"]]
    left = [s["session_id"] for s in owned if not s["return_to_normal"]["stop_confirmed"]]
    changed = [s["session_id"] for s in owned if s["return_to_normal"]["differences"]]
    verdict = FAILED if left else DEVIATIONS if changed else PASSED if owned else NOT_NEEDED
    return {"verdict": verdict, "not_confirmed_stopped": left, "not_as_before": changed}


def _not_executed(seen: Observations) -> list[Json]:
    done = {check["name"] for check in seen.checks}
    return [
        {"name": name, "passed": None, "critical": True, "observed": "not executed", "expected": None}
        for name in seen.planned_checks
        if name not in done
    ]


def _verdict(sessions: t.Sequence[Json], cleanup: Json, seen: Observations) -> tuple[str, list[str]]:
    reasons = list(_reasons(sessions, cleanup, seen))
    verdict = min((weight for weight, _reason in reasons), key=_WORST_FIRST.index, default=PASSED)
    return verdict, [reason for _weight, reason in reasons]


def _reasons(sessions: t.Sequence[Json], cleanup: Json, seen: Observations) -> t.Iterator[tuple[str, str]]:
    """What keeps the drill from having passed, each with the verdict that it allows at best."""
    names = {session["session_id"]: session["resource_name"] or session["session_id"] for session in sessions}
    for left in cleanup["not_confirmed_stopped"]:
        yield FAILED, f"The array did not confirm that the failover test of {names[left]} is stopped."
    for changed in cleanup["not_as_before"]:
        yield DEVIATIONS, f"{names[changed]} is not as it was before the drill."
    if not any(session["test_owned"] for session in sessions):
        yield ABORTED, "No failover test was started."
    if seen.interruption:
        yield INCOMPLETE, f"Interrupted in '{seen.interruption.get('task')}': {seen.interruption.get('message')}"
    started = any(session["test_owned"] for session in sessions)
    for session in sessions:
        start = session["start"]
        if started and not session["test_owned"]:
            yield INCOMPLETE, f"{names[session['session_id']]}: no failover test of this drill."
        if start and start["failed"]:
            yield FAILED if seen.start else ABORTED, f"{names[session['session_id']]}: {start['failure']['message']}"
        yield from _kept_data(session, seen, names[session["session_id"]])
        yield from _judged(session["validations"], f"{names[session['session_id']]}: ")
        if session["test_owned"]:
            yield from _judged_rto(session["rto"], names[session["session_id"]])
    if any(session["test_owned"] for session in sessions):
        yield from _judged([*seen.checks, *_not_executed(seen)], "")


def _kept_data(session: Json, seen: Observations, name: str) -> t.Iterator[tuple[str, str]]:
    stop = session["stop"] or {}
    if stop.get("action") == "stopped" and stop.get("failure"):
        yield DEVIATIONS, f"{name}: the test was stopped, but: {stop['failure']['message']}"
    elif seen.end_of_test_snapshot_wanted and session["test_owned"] and not stop.get("end_of_test_snapshot"):
        yield DEVIATIONS, f"{name}: no end-of-test snapshot is known, although one was wanted."


def _judged_rto(rto: Json, name: str) -> t.Iterator[tuple[str, str]]:
    if rto["objective_seconds"] is not None and rto["met"] is None:
        yield INCOMPLETE, f"{name}: RTO not measured, objective {rto['objective_seconds']} s."
    elif rto["met"] is False:
        yield FAILED, f"{name}: RTO {rto['validated_seconds']:.0f} s, objective {rto['objective_seconds']} s."


def _judged(validations: t.Iterable[Json], of: str) -> t.Iterator[tuple[str, str]]:
    for validation in validations:
        if validation["passed"] is None:
            yield INCOMPLETE, f"{of}{validation['name']}: {validation['observed']}."
        elif not validation["passed"]:
            weight = FAILED if validation["critical"] else DEVIATIONS
            yield (
                weight,
                f"{of}{validation['name']}: expected {validation['expected']}, found {validation['observed']}.",
            )


def summary(record: Json, path: str) -> list[str]:
    """The record for a person at a terminal, at most 120 columns wide."""
    lines = [
        f"{record['drill']['title']}  ({record['array']['name']}, PowerStoreOS {record['array']['release_version']})",
        "",
        f"{'Session':<26}{'Kind':<14}{'Storage after':>14}{'In test':>10}{'RPO age/objective':>20}{'RTO':>9}  Stopped",
    ]
    for session in record["sessions"]:
        normal = session["return_to_normal"]
        stopped = "not started" if normal is None else "yes" if normal["stop_confirmed"] else "NOT CONFIRMED"
        point = session["recovery_point"]
        objective = f"{_short(point['age_seconds'])} / {_short(point['objective_seconds'])}"
        lines.append(
            f"{str(session['resource_name'] or session['session_id'])[:25]:<26}{session['resource_type'] or '-':<14}"
            f"{_short(session['rto']['storage_accessible_seconds'], 1):>14}{_short(session['seconds_in_test'], 1):>10}"
            f"{objective:>20}{_short(session['rto']['validated_seconds'], 1):>9}  {stopped}"
        )
    lines += ["", *(f"{_mark(check['passed'])} {check['name']}: {check['observed']}" for check in record["checks"])]
    rto = record["objectives"]["rto_seconds"]
    lines += [
        "",
        f"RTO objective: {'none given' if rto is None else f'{rto} s'}",
        f"Verdict: {record['verdict']}   Clean-up: {record['cleanup']['verdict']}",
        *(f"  - {reason}" for reason in record["reasons"]),
    ]
    fitted = [part for line in lines for part in textwrap.wrap(line, 120, subsequent_indent="    ") or [""]]
    return [*fitted, f"Record: {path}"]


def _short(seconds: float | None, digits: int = 0) -> str:
    return "-" if seconds is None else f"{seconds:.{digits}f} s"


def _mark(result: bool | None) -> str:
    return {True: "[passed]", False: "[FAILED]", None: "[not executed]"}[result]
