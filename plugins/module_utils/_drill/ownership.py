# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill has to stop, what it leaves alone, whether it holds its tests, and what keeps it from going on. Pure.

A request that was sent counts, even if its answer was lost: doubt counts as the drill's own.
"""

from __future__ import annotations

from .._json import Json
from .drill import BEFORE, DURING, Drill

_AT_WORK = ("Failing_Over", "Failing_Over_For_DR", "Failed_Over", "Reprotecting", "Modify_Role_In_Progress")


def blockers(drill: Drill) -> list[Json]:
    """The findings that refuse the start: every blocker, but for a running test that is taken over."""
    adopted = set(drill.adopted)
    return [
        finding
        for session in drill.sessions
        for finding in session.get("findings") or ()
        if finding["severity"] == "blocker"
        and not (finding["id"] == "test.already_running" and finding["session_id"] in adopted)
    ]


def owned(drill: Drill) -> list[str]:
    """Ids of the sessions whose test this drill started, or may have started, or took over, in the order asked.

    A start task that left no result at all (killed, timed out) may have started any session of its wave; the preflight
    showed that no test was running on them before.
    """
    told = {str(entry["session_id"]) for entry in drill.started}
    sent = {
        str(entry["session_id"])
        for entry in drill.started
        if entry.get("request_sent") and entry.get("action") != "rolled_back"
    }
    untold = {
        session_id
        for session_id, wave in drill.waves.items()
        if drill.real and wave in drill.attempted and session_id not in told and session_id not in _running(drill)
    }
    adopted = set(drill.adopted) if drill.real and drill.attempted else set()
    mine = sent | untold | adopted
    known = [session_id for session_id in drill.waves if session_id in mine]
    return known + sorted(mine - set(known))


def _running(drill: Drill) -> set[str]:
    return {str(s["session_id"]) for s in drill.sessions if s.get("failover_test_in_progress") is True}


def is_foreign(session: Json) -> bool:
    """Whether a test runs on a session that this account did not start, or that nobody is known to have started."""
    own = (session.get("failover_test") or {}).get("own")
    return session.get("failover_test_in_progress") is True and own is not True


def unknown_starts(drill: Drill) -> bool:
    """Whether a start left no result, so that what it sent may come to the array only later."""
    answered = len([start for start in drill.starts if start.get("sessions") is not None])
    return drill.real and answered < len(drill.attempted)


def went_wrong(drill: Drill) -> bool:
    """Whether something failed that a person may want to look at while the tests run."""
    return (
        drill.interruption is not None
        or any(start.get("failed") for start in drill.starts)
        or any(step["critical"] and not step["passed"] for step in drill.steps)
    )


def hold(drill: Drill) -> bool:
    """Whether the tests are left running on purpose."""
    declared = drill.policy.get("on_partial_failure") == "hold"
    return declared and drill.real and bool(owned(drill)) and went_wrong(drill)


def left_alone(drill: Drill) -> dict[str, str]:
    """The sessions that are not touched any more, with the reason, by their ids.

    As they were last read while the tests ran: one that was failed over is production now, and one that is gone has
    nothing to stop.
    """
    last = next((event["result"] for event in reversed(drill.of("read")) if event["what"] == DURING), None)
    mine = set(owned(drill))
    found: dict[str, str] = {}
    for entry in (last or {}).get("sessions") or ():
        session_id = str(entry.get("session_id") or (entry.get("selector") or {}).get("session_id"))
        why = _why_left_alone(entry)
        if why and session_id in mine:
            found[session_id] = why
    return found


def _why_left_alone(entry: Json) -> str | None:
    if entry.get("session_id") is None:
        gone = any(finding["id"] == "session.not_found" for finding in entry.get("findings") or ())
        return "the session is gone" if gone else None
    if entry.get("role") != "Destination" or entry.get("state") in _AT_WORK:
        return f"it was failed over during the drill (role {entry.get('role')}, state {entry.get('state')})"
    return None


def releasable(step: Json, drill: Drill) -> bool:
    """Whether a release step may be done: not one of a session that is left alone, nor one of the whole drill then."""
    alone = left_alone(drill)
    return not alone or (step["session"] is not None and step["session"] not in alone)


def login_refused(drill: Drill) -> bool:
    """Whether the array refused the account. It is not asked again: further refusals may lock the account."""
    results = (event.get("result") or {} for event in drill.events if event["event"] in ("read", "started", "stopped"))
    return any((result.get("failure") or {}).get("kind") == "authentication" for result in results)


def why_no_start(drill: Drill) -> str | None:
    """Why the drill does not go on after the last start; None where it does."""
    last = drill.starts[-1]
    goes_on = drill.policy.get("on_partial_failure") == "continue"
    others = [
        str(entry["resource_name"])
        for entry in last.get("sessions") or ()
        if entry.get("action") == "none" and entry["session_id"] not in drill.adopted
    ]
    if others and not goes_on:
        return (
            f"Someone else started a failover test between the preflight and the start, on {', '.join(others)}. It is "
            "left alone; what this drill started is stopped."
        )
    if not last.get("failed") and last.get("sessions") is not None:
        return None
    if goes_on and any(entry.get("action") in ("started", "none") for entry in drill.started):
        return None
    return str(last.get("msg") or "The start ended without a result.")


def why_no_further(drill: Drill, phase: str, wave: int | None) -> str | None:
    """Why the drill ends early after the steps of a phase; None where it goes on.

    A critical attach step that fails ends it always, a check that belongs to a wave unless it is to go on all the same.
    """
    if phase not in ("attach", "validate"):
        return None
    if phase == "validate" and (wave is None or drill.policy.get("on_partial_failure") == "continue"):
        return None
    done = [
        step
        for event in drill.of("steps")
        if (event["phase"], event["wave"]) == (phase, wave)
        for step in event["steps"]
    ]
    bad = [f"{step['name']}: {step['observed']}" for step in done if step["critical"] and not step["passed"]]
    return f"{phase.capitalize()}: {'; '.join(bad)}" if bad else None


def why_no_drill(drill: Drill) -> str | None:
    """Why nothing is started after the last reading; None where it may be."""
    last = next((event["result"] for event in reversed(drill.of("read")) if event["what"] == BEFORE), None)
    if last is None or last.get("failed"):
        return str((last or {}).get("msg") or "The sessions could not be read.")
    found = blockers(drill)
    if not found:
        return None
    return " ".join([*(f"{each['message']} {each['resolution']}" for each in found), "Nothing was started."])
