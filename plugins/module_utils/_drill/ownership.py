# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill has to stop, what it leaves alone, whether it holds its tests, and what keeps it from going on. Pure.

A request that was sent counts, even if its answer was lost: doubt counts as the drill's own.
"""

from __future__ import annotations

import typing as t

from .._json import Json
from .drill import AFTER, BEFORE, DURING, Drill, decided_once
from .guards import overran
from .nas import is_nas

# What replication_failover_test says of a session whose test it did not stop, on purpose.
LEAVING: t.Final[t.Mapping[str, str]] = {
    "session.failed_over": "it was failed over during the drill",
    "session.gone": "the array does not list the session any more",
    "test.of_somebody_else": "somebody else's failover test runs on it",
}
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


@decided_once
def owned(drill: Drill) -> list[str]:
    """Ids of the sessions whose test this drill started, or may have started, or took over, in the order asked.

    A start task that left no result at all (killed, timed out) may have started any session of its wave; the preflight
    showed that no test was running on them before.
    """
    reported = {str(entry["session_id"]) for entry in drill.started}
    sent = {
        str(entry["session_id"])
        for entry in drill.started
        if entry.get("request_sent") and entry.get("action") != "rolled_back"
    }
    wave_of, attempted, running = drill.waves, set(drill.attempted), _running(drill)
    unreported = {
        session_id
        for session_id, wave in wave_of.items()
        if drill.real and wave in attempted and session_id not in reported and session_id not in running
    }
    adopted = set(drill.adopted) if drill.real and drill.attempted else set()
    mine = sent | unreported | adopted
    known = [session_id for session_id in wave_of if session_id in mine]
    return known + sorted(mine - set(known))


def _running(drill: Drill) -> set[str]:
    return {str(s["session_id"]) for s in drill.sessions if s.get("failover_test_in_progress") is True}


def not_proven(drill: Drill) -> list[str]:
    """Ids of the sessions whose test this drill has to stop, and that stop and proof do not show to be over.

    The record judges it with more care; this is what is known where no record could be made.
    """
    stops = {_id_of(entry): entry for stop in drill.stops for entry in stop.get("sessions") or ()}
    stopped = {i for i, e in stops.items() if e.get("action") in ("stopped", "none") and not e.get("failed")}
    proof = next(reversed(drill.reads(AFTER)), None) or {}
    over = {
        _id_of(entry)
        for entry in proof.get("sessions") or ()
        if (not is_nas(entry) or entry.get("dr_test_clones") == [])
        and entry.get("session_id")
        and entry.get("failover_test_in_progress") is not True
    }
    proven = stopped & over
    return [session_id for session_id in owned(drill) if session_id not in proven]


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
    """Whether the tests are left running on purpose; never those of a drill that took too long."""
    declared = drill.policy.get("on_partial_failure") == "hold" and not overran(drill)
    return declared and drill.real and bool(owned(drill)) and went_wrong(drill)


@decided_once
def left_alone(drill: Drill) -> dict[str, str]:
    """The sessions that are not touched any more, with the reason, by their ids.

    As they were read since the tests ran, and as the stop found them: one that was failed over is production now, one
    that is gone has nothing to stop, and somebody else's test is not this drill's.
    """
    mine = set(owned(drill))
    found: dict[str, str] = {}
    for event in drill.events:
        result = event.get("result") or {}
        if event["event"] == "read" and event["what"] in (DURING, AFTER):
            # A clone is no production, no matter what became of the NAS server.
            read = [entry for entry in result.get("sessions") or () if not is_nas(entry)]
            reasons = [(_id_of(entry), why_not_touched(entry)) for entry in read]
        elif event["event"] == "stopped":
            reasons = [(_id_of(entry), _why_not_stopped(entry)) for entry in result.get("sessions") or ()]
        else:
            continue
        found |= {session_id: why for session_id, why in reasons if why and session_id in mine}
    return found


def _id_of(entry: Json) -> str:
    return str(entry.get("session_id") or (entry.get("selector") or {}).get("session_id"))


def why_not_touched(entry: Json) -> str | None:
    """Why a session is left alone that was read since the tests ran; None where it is not."""
    if entry.get("session_id") is None:
        gone = any(finding["id"] == "session.not_found" for finding in entry.get("findings") or ())
        return LEAVING["session.gone"] if gone else None
    if entry.get("role") != "Destination" or entry.get("state") in _AT_WORK:
        return f"{LEAVING['session.failed_over']} (role {entry.get('role')}, state {entry.get('state')})"
    return None


def _why_not_stopped(entry: Json) -> str | None:
    return next((LEAVING[each["id"]] for each in entry.get("findings") or () if each["id"] in LEAVING), None)


def unseen(drill: Drill) -> bool:
    """Whether the sessions were to be looked at while the tests ran, and none could be read."""
    looked = any(event["what"] == DURING for event in drill.of("read"))
    return login_refused(drill) or (looked and not drill.reads(DURING))


def releasable(step: Json, drill: Drill) -> bool:
    """Whether a release step may be done: not one of a session that is left alone, nor one of the whole drill then.

    Where no session could be read, none is: what it would detach may be production by now.
    """
    if unseen(drill):
        return False
    alone = left_alone(drill)
    return not alone or (step["session"] is not None and step["session"] not in alone)


def login_refused(drill: Drill) -> bool:
    """Whether the array refused the credentials in use. They are not tried again, as that may lock the account.

    Others that the role's variables have by then were not refused yet. What the production array refuses, which is
    asked to synchronise, says nothing of the credentials here.
    """
    refused = False
    for event in drill.events:
        if event["event"] == "synchronised":
            continue
        kind = ((event.get("result") or {}).get("failure") or {}).get("kind")
        refused = kind == "authentication" or (refused and not event.get("present"))
    return refused


def refused_stop(drill: Drill) -> bool:
    """Whether the array refused the credentials of the last stop, and takes others that were tried since."""
    refused, again = False, False
    for event in drill.events:
        if event["event"] == "stopped":
            kind = ((event.get("result") or {}).get("failure") or {}).get("kind")
            refused, again = kind == "authentication", False
        again = again or bool(event.get("present"))
    return refused and again and not login_refused(drill)


def uses_present(drill: Drill) -> bool:
    """Whether the credentials are used that the variables have now, instead of those of the start."""
    return any(event.get("present") for event in drill.of("read"))


def why_no_start(drill: Drill) -> str | None:
    """Why the drill does not go on after the last start; None where it does."""
    last, adopted = drill.starts[-1], set(drill.adopted)
    goes_on = drill.policy.get("on_partial_failure") == "continue"
    others = [
        str(entry["resource_name"])
        for entry in last.get("sessions") or ()
        if entry.get("action") == "none" and entry["session_id"] not in adopted
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
    told = dict.fromkeys(f"{each['message']} {each['resolution']}" for each in found)  # of all sessions: once
    return " ".join([*told, "Nothing was started."])
