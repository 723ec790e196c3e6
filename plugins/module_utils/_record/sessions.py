# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One session in the record of a drill: what was measured on it, and whether it returned to normal. Pure."""

from __future__ import annotations

import typing as t

from .._json import Json
from .common import (
    FAILURE_NAMES,
    condition,
    recovery_point,
)
from .observed import (
    VALIDATE,
    Observations,
    Scoped,
    by_id,
    looked_at,
    moment_text,
    not_executed,
    seconds,
)


def session_record(scoped: Scoped, seen: Observations) -> Json:
    """The session without its verdict and reasons."""
    session_id = scoped.session_id
    before, during, after = (by_id(phase).get(session_id or "") for phase in (seen.before, seen.during, seen.after))
    starts = seen.starts_of(session_id)
    start = starts[-1] if starts else None
    stop = _last_stop([by_id(attempt).get(session_id or "") for attempt in seen.stops])
    owned = session_id in seen.owned or _owned(before, start, after)
    remote = (before or {}).get("remote_system") or {}
    point = recovery_point(before, _first(scoped.wish.get("rpo_seconds"), seen.rpo_seconds))
    tested = owned or bool(start and start.get("failed"))
    return {
        "session_id": session_id,
        "resource_type": scoped.seen.get("resource_type"),
        "resource_name": scoped.name,
        "resource_id": scoped.seen.get("resource_id"),
        "remote_system": remote.get("name"),
        "wave": scoped.wave,
        "test_owned": owned,
        "adopted": session_id in seen.adopted,
        "recovery_point": point,
        "rto": _rto(scoped, start, seen) if tested else _no_rto(scoped, seen),
        "start": operation(start),
        "stop": operation(stop),
        "seconds_in_test": seconds((start or {}).get("finished_at"), (stop or {}).get("started_at")),
        "validations": [
            *(_of_array(start, during, point, adopted=session_id in seen.adopted) if tested else ()),
            *(validation(step) for step in seen.steps if scoped.is_meant_by(step)),
            *(left_out(step) for step in not_executed(seen) if scoped.is_meant_by(step)),
        ],
        "return_to_normal": _return_to_normal(before, start, stop, after, held=session_id in seen.held)
        if owned
        else None,
        "before": condition(before, looked_at(seen.before)),
        "during": condition(during, looked_at(seen.during)),
        "after": condition(after, looked_at(seen.after)),
        "findings": [
            *((before or {}).get("findings") or ()),
            *_new_findings(before, start),
            *_new_findings(start, stop),
        ],
    }


def _first(*values: t.Any) -> t.Any:
    return next((value for value in values if value is not None), None)


def _owned(before: Json | None, start: Json | None, after: Json | None) -> bool:
    """Whether the drill started a test on the session, or a test runs there that did not before it."""
    started = bool(start and start.get("request_sent") and start.get("action") != "rolled_back")
    appeared = _in_test(after) and before is not None and not _in_test(before)
    return started or (appeared and not _is_someone_elses(start))


def _is_someone_elses(start: Json | None) -> bool:
    """Whether the start found a test running and sent nothing."""
    return bool(start and start.get("action") == "none" and not start.get("request_sent") and not start.get("failed"))


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


def operation(entry: Json | None) -> Json | None:
    """A start or a stop as the record has it; only what is meant for it is taken over."""
    if entry is None:
        return None
    failure, kept, snapshot = entry.get("failure"), entry.get("end_of_test_snapshot"), entry.get("snapshot")
    return {
        "action": entry["action"],
        "failed": bool(entry.get("failed")),
        "job_id": entry.get("job_id"),
        "started_at": moment_text(entry.get("started_at")),
        "finished_at": moment_text(entry.get("finished_at")),
        "duration_seconds": entry.get("duration_seconds"),
        "snapshot": {"id": snapshot["id"], "name": snapshot.get("name")} if snapshot else None,
        "end_of_test_snapshot": {
            "id": kept["id"],
            "name": kept.get("name"),
            "expiration_timestamp": moment_text(kept.get("expiration_timestamp")),
        }
        if kept
        else None,
        "failure": {name: failure.get(name) for name in FAILURE_NAMES} if failure else None,
    }


def validation(step: Json) -> Json:
    """A step of the user that was done."""
    return {
        "name": step["name"],
        "kind": step["kind"],
        "phase": step["phase"],
        "expected": step.get("expected"),
        "observed": step.get("observed"),
        "passed": step.get("passed"),
        "critical": step.get("critical", True),
        "started_at": moment_text(step.get("started_at")),
        "seconds": step.get("seconds"),
        "timeout_seconds": step.get("timeout_seconds"),
    }


def left_out(step: Json) -> Json:
    """A planned step that was not done."""
    return validation({**step, "expected": None, "observed": "not executed", "passed": None, "started_at": None})


def _array_says(name: str, expected: str, observed: str, result: bool | None, phase: str = VALIDATE) -> Json:
    found = {"expected": expected, "observed": observed, "passed": result}
    return validation({"name": name, "kind": "array", "phase": phase, **found})


def _of_array(start: Json | None, during: Json | None, point: Json, *, adopted: bool) -> list[Json]:
    """What every drill holds against each session; ``passed`` is None for what could not be observed."""
    flag = None if during is None else during.get("failover_test_in_progress")
    started = adopted or bool(start and start.get("action") == "started")
    shown = None if during is None else started and flag is True
    volumes = (during or {}).get("volumes") or []
    unmapped = [volume["name"] for volume in volumes if not volume["hosts"]]
    age, objective = point["age_seconds"], point["objective_seconds"]
    return [
        _array_says("failover test in progress", "true", "not read" if during is None else str(flag).lower(), shown),
        _array_says(
            "recovery point within the RPO",
            "not set" if objective is None else f"at most {objective} s old",
            "not measured" if age is None else f"{age:.0f} s old",
            point["met"],
            "preflight",
        ),
        _array_says(
            "destination volumes mapped to a host",
            "each volume",
            f"not mapped: {', '.join(unmapped)}" if unmapped else f"{len(volumes)} of {len(volumes)} mapped",
            not unmapped if volumes else None,
        ),
    ]


def _no_rto(scoped: Scoped, seen: Observations) -> Json:
    own = scoped.wish.get("rto_seconds")
    objective = _first(own, seen.rto_seconds)
    return {
        "objective_seconds": objective,
        "objective_from": None if objective is None else "drill" if own is None else "session",
        "storage_accessible_seconds": None,
        "hosts_see_it_seconds": None,
        "application_validated_seconds": None,
        "actual_seconds": None,
        "met": None,
    }


def _rto(scoped: Scoped, start: Json | None, seen: Observations) -> Json:
    """Three parts, each from the start being sent; the last is what the objective is held against.

    Storage is accessible when the array shows the test. Hosts see it when the attach steps are done, the application
    is validated when the checks are: those of the session and those of the whole drill. Where there are no such steps,
    or one was not executed, that part was not measured.
    """
    began = None if start is None or start.get("failed") else start.get("started_at")
    parts = {
        name: seconds(began, _done_at(scoped, seen, phase))
        for name, phase in (("hosts_see_it_seconds", "attach"), ("application_validated_seconds", VALIDATE))
    }
    rto = _no_rto(scoped, seen)
    actual, objective = parts["application_validated_seconds"], rto["objective_seconds"]
    return {
        **rto,
        "storage_accessible_seconds": start.get("duration_seconds") if start and began else None,
        **parts,
        "actual_seconds": actual,
        "met": None if actual is None or objective is None else actual <= objective,
    }


def _done_at(scoped: Scoped, seen: Observations, phase: str) -> t.Any:
    """When the last step of a phase that concerns the session was done, on the array's clock."""

    def concerns(step: Json) -> bool:
        return step["phase"] == phase and (step.get("session") is None or scoped.is_meant_by(step))

    done = [step for step in seen.steps if concerns(step)]
    if not done or any(map(concerns, not_executed(seen))):
        return None
    ends = [seen.by_array(step.get("finished_at")) for step in done]
    return None if None in ends else max(end for end in ends if end is not None)


def _return_to_normal(
    before: Json | None, start: Json | None, stop: Json | None, after: Json | None, *, held: bool
) -> Json:
    """Whether the array shows the session as it was: the proof that the drill left nothing behind."""
    ended = bool(
        stop and stop.get("action") in ("stopped", "none") and stop.get("after") and not _in_test(stop["after"])
    )
    confirmed = ended and after is not None and not _in_test(after) and not _may_still_come(start, stop)
    return {
        "stop_confirmed": confirmed,
        "held": held and not confirmed,
        "differences": list(_differences(before, after)) if before is not None and after is not None else [],
    }


def _differences(before: Json, after: Json) -> t.Iterator[Json]:
    members = [{str(v["id"]): v for v in entry.get("volumes") or ()} for entry in (before, after)]
    pairs: list[tuple[str, t.Any, t.Any]] = [
        ("role", before["role"], after["role"]),
        ("hosts", _names(before.get("hosts")), _names(after.get("hosts"))),
        ("members", _volume_names(members[0]), _volume_names(members[1])),
    ]
    if not _same_health(before["state"], after["state"]):
        pairs.append(("state", before["state"], after["state"]))
    for volume_id in members[0].keys() & members[1].keys():
        was, now = members[0][volume_id], members[1][volume_id]
        for what in ("size", "state", "wwn"):
            pairs.append((f"{what} of {was.get('name')}", was.get(what), now.get(what)))
        pairs.append((f"hosts of {was.get('name')}", _names(was.get("hosts")), _names(now.get("hosts"))))
    for what, was, now in sorted(pairs, key=lambda pair: pair[0]):
        if was != now:
            yield {"what": what, "before": str(was), "after": str(now)}


def _volume_names(volumes: t.Mapping[str, Json]) -> str:
    return _names(volume.get("name") for volume in volumes.values())


def _names(values: t.Iterable[t.Any] | None) -> str:
    return ", ".join(sorted(map(str, values or ()))) or "none"


def _may_still_come(start: Json | None, stop: Json | None) -> bool:
    """Whether a start whose fate is unknown was followed by a stop that found nothing and could not rule it out."""
    unknown = bool(start and start.get("request_sent") and start.get("failed"))
    doubts = {"jobs.not_readable", "start.unaccounted"}
    found = {finding["id"] for finding in (stop or {}).get("findings") or ()}
    return unknown and (stop or {}).get("action") == "none" and bool(doubts & found)


def _same_health(before: str, after: str) -> bool:
    # A session at work goes back and forth between these two by itself.
    working = {"OK", "Synchronizing"}
    return before == after or {before, after} <= working
