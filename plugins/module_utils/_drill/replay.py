# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a journal to what drill_record takes: a record can be made again from the file, by anybody. Pure."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._errors import InvalidInputError
from .._json import Json
from .._time import format_time, parse_time
from .._words import Kind
from .drill import AFTER, BEFORE, DONE_PHASES, DURING, Drill
from .guards import as_recorded
from .journal import END, INTENT, ODD, REMADE
from .nas import is_nas, with_clones_of
from .ownership import hold, left_alone, owned, why_not_touched
from .packed import events_of
from .phases import phases

_IDENTITY = ("title", "scenario", "change_ticket", "participants", "approvers", "success_criteria")
CUT_OFF = "cut off: no end in the journal"


def record_options(events: t.Sequence[Json], found: Json | None = None, later: Json | None = None) -> Json:
    """The options of ``drill_record``, without directory.

    A drill whose journal has no end was cut off. ``found``: what a sweep found and did afterwards; ``later``: what its
    sessions were when they were read then (``replication_session_info``); None where nobody looked. What was seen of
    another array says nothing of this one. Raises InvalidInputError for events that no drill wrote.
    """
    try:
        drill = Drill(tuple(events_of(events)))
        found, later = (each if each and _is_of_this_array(each, drill) else None for each in (found, later))
        return _options(drill, found, with_clones_of(drill, later) if later else None)
    except ODD as error:
        raise InvalidInputError(
            f"The events are not those of a drill ({type(error).__name__}: {error}). Expected a journal as "
            "drill_journal wrote it; this one was changed by somebody."
        ) from error


def _options(drill: Drill, found: Json | None, later: Json | None) -> Json:
    started = bool(drill.attempted)
    after = next(reversed(drill.reads(AFTER)), None)
    cut_off = drill.plan["event"] == INTENT and not drill.of(END)
    common = _of_every_kind(drill, cut_off)
    steps = [
        step
        for step in planned_steps(drill)
        if step["phase"] in DONE_PHASES and (started or not drill.real or step["phase"] != "release")
    ]
    if not drill.real and not any(entry.get("request_sent") for entry in drill.started):
        return {"kind": Kind.READINESS.value, **common, "planned_steps": steps}
    mine = owned(drill)
    found, later = (found, later) if cut_off else (None, None)
    return {
        "kind": Kind.DRILL.value,
        **common,
        "as_found": drill.reads(BEFORE)[0] if len(drill.reads(BEFORE)) > 1 else None,
        "synchronised": next((event["result"] for event in reversed(drill.of("synchronised"))), None),
        "waits": [{"started_at": _earlier(event), "finished_at": event["at"]} for event in drill.of("pause")],
        "starts": drill.starts,
        "during": next(reversed(drill.reads(DURING)), None),
        "stops": [*drill.stops, *_stops_found(drill, found, later)],
        "after": after or later,
        "owned": mine,
        "adopted": drill.adopted,
        "held": mine if hold(drill) else [],
        "left_alone": [{"session_id": each, "reason": why} for each, why in _left_alone(drill, later).items()],
        "steps": drill.steps,
        "planned_steps": steps,
        "phases": phases(drill),
        "witness": _witness(drill),
        "guards": as_recorded(drill),
    }


def _of_every_kind(drill: Drill, cut_off: bool) -> Json:
    """The options of a drill and of a readiness report, which check mode and a refusal come to."""
    plan = drill.plan
    return {
        "id": plan["id"],
        "run_id": plan.get("run_id"),
        **{name: plan[name] for name in _IDENTITY if plan.get(name)},
        "before": _look(drill),
        "wishes": drill.wishes,
        **plan["objectives"],
        "policy": {name: plan["policy"][name] for name in ("on_partial_failure", "end_of_test_snapshot")}
        | {name: plan["policy"].get(name, False) for name in ("synchronise_first", "adopt_running", "storage_only")}
        | ({"witness": plan["policy"]["witness"]} if plan["policy"].get("witness") else {}),
        "interruption": _interruption(drill, cut_off),
        "population": next((e["population"] for e in reversed(drill.of("read")) if e.get("population")), None),
        "filters": plan["asked"]["filters"],
        "exclusions": plan["asked"]["exclusions"],
        "array_host": plan["host"],
        "ansible_version": plan["ansible_version"],
        **{name: plan["who"][name] for name in ("controller_user", "controller_host", "awx")},
    }


def _is_of_this_array(found: Json, drill: Drill) -> bool:
    ids = [((result or {}).get("cluster") or {}).get("global_id") for result in (found, drill.before)]
    return None in ids or ids[0] == ids[1]


def _left_alone(drill: Drill, later: Json | None) -> dict[str, str]:
    """With what was read after a drill that was cut off."""
    events = [{"event": "read", "what": AFTER, "result": later}] if later else []
    return left_alone(Drill((*drill.events, *events)))


def _witness(drill: Drill) -> Json | None:
    """What the array's own logs say; why they say nothing, where they were asked and that came to nothing."""
    results = [event["result"] for event in drill.of("witness")]
    if not results:
        return None
    found = results[-1].get("witness")
    why = str(results[-1].get("msg") or "the logs were not asked")
    return found if isinstance(found, dict) else {"verdict": "unavailable", "why_unavailable": why}


def _earlier(event: Json) -> str | None:
    """When a pause began, by the controller's clock."""
    ended = parse_time(event["at"])
    return format_time(ended - timedelta(seconds=float(event["seconds"]))) if ended else None


def planned_steps(drill: Drill) -> list[Json]:
    """The user's steps as they were planned, with their sessions and waves once these are known."""
    found = [event["steps"] for event in drill.of("read") if event.get("steps") is not None]
    return list(found[-1] if found else drill.plan["steps"])


def _look(drill: Drill) -> Json | None:
    """The last reading before the start, also one that failed: a record of kind readiness says why."""
    readings = [event["result"] for event in drill.of("read") if event["what"] == "before"]
    return drill.before or (readings[-1] if readings and not drill.real else None)


def _interruption(drill: Drill, cut_off: bool) -> Json | None:
    if drill.interruption is not None or not cut_off:
        remade = next((event["message"] for event in drill.of(REMADE)), None)
        return drill.interruption or ({"task": "the journal", "message": remade} if remade else None)
    last = drill.events[-1]
    return {"task": f"after '{last['event']}' at {last['at']}", "message": CUT_OFF}


def _stops_found(drill: Drill, found: Json | None, later: Json | None) -> list[Json]:
    """What became of the drill's tests after it was cut off, in the shape of a stop.

    A sweep says which it stopped. Where none was found on a session, and the array shows none later, it is over; unless
    its start left no result, and nobody waited for what it may have sent.
    """
    mine, swept = set(owned(drill)), found or {}
    tests = [test for test in swept.get("tests") or () if test.get("session_id") in mine]
    known = {str(entry["session_id"]) for entry in drill.started} | ({*mine} if swept else set())
    seen = [entry for entry in (later or {}).get("sessions") or () if entry.get("session_id") in mine & known]
    listed = {test["session_id"] for test in tests}
    over = [
        entry
        for entry in seen
        if entry["session_id"] not in listed
        and not entry.get("failover_test_in_progress")
        and (not is_nas(entry) or swept.get("dr_tests_read") or entry.get("dr_test_clones") is not None)
        and not why_not_touched(entry)
    ]
    entries = [*map(_swept, tests), *map(_seen_over, over)]
    return [{"cluster": swept.get("cluster") or (later or {}).get("cluster"), "sessions": entries}] if entries else []


def _swept(test: Json) -> Json:
    after = {**(test.get("before") or {}), "failover_test_in_progress": test.get("running")}
    return {
        **{key: test.get(key) for key in _NAMES},
        "action": test["action"],
        "request_sent": test.get("request_sent"),
        "failed": test.get("failure") is not None,
        "failure": test.get("failure"),
        "before": test.get("before"),
        "after": after if test.get("running") is not None else None,
        "findings": test.get("findings") or [],
        **{name: test.get(f"stop_{name}") for name in _TIMING},
    }


def _seen_over(session: Json) -> Json:
    shown = {key: session.get(key) for key in ("role", "state", "failover_test_in_progress", "last_sync_timestamp")}
    return {
        **{key: session.get(key) for key in _NAMES},
        "action": "none",
        "request_sent": False,
        "failed": False,
        "before": shown,
        "after": shown,
        "findings": [],
    }


_NAMES = ("session_id", "resource_name", "resource_type", "resource_id")
_TIMING = ("job_id", "started_at", "finished_at", "duration_seconds")
