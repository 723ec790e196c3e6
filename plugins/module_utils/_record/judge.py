# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of a drill: not measured is never a pass, and a drill passes only when every stop was confirmed. Pure."""

from __future__ import annotations

import typing as t

from .._json import Json
from .._words import CleanUp, Verdict
from .common import Judgement, Reason
from .observed import Observations


def judge_cleanup(sessions: t.Sequence[Json]) -> Json:
    """Whether everything that was started is stopped and as before, whatever the drill itself came to."""
    owned = [session for session in sessions if session["test_owned"]]
    held = [s["session_id"] for s in owned if s["return_to_normal"]["held"]]
    left = [
        s["session_id"]
        for s in owned
        if not s["return_to_normal"]["stop_confirmed"] and not s["return_to_normal"]["held"]
    ]
    changed = [s["session_id"] for s in owned if s["return_to_normal"]["differences"]]
    worst_first = (
        (left, CleanUp.FAILED),
        (held, CleanUp.HELD),
        (changed, CleanUp.PASSED_WITH_DEVIATIONS),
        (owned, CleanUp.PASSED),
    )
    return {
        "verdict": next((verdict for found, verdict in worst_first if found), CleanUp.NOT_NEEDED).value,
        "not_confirmed_stopped": left,
        "held": held,
        "not_as_before": changed,
    }


def judge(sessions: t.Sequence[Json], validations: t.Sequence[Json], cleanup: Json, seen: Observations) -> Judgement:
    """All that keeps the drill from having passed, each with the verdict that it allows at best."""
    started = any(session["test_owned"] for session in sessions)
    return Judgement(
        (
            *_of_cleanup(sessions, cleanup),
            *([] if started else [Reason(Verdict.ABORTED, "No failover test was started.")]),
            *_of_interruption(seen),
            *(reason for session in sessions for reason in _of_session(session, seen, started=started)),
            *(_of_validations(validations, "", None) if started else ()),
        )
    )


def _of_cleanup(sessions: t.Sequence[Json], cleanup: Json) -> t.Iterator[Reason]:
    names = {session["session_id"]: session["resource_name"] for session in sessions}
    for left in cleanup["not_confirmed_stopped"]:
        yield Reason(
            Verdict.FAILED, f"The array did not confirm that the failover test of {names[left]} is stopped.", left
        )
    for held in cleanup["held"]:
        text = f"The failover test of {names[held]} was left running on purpose; it cannot be failed over."
        yield Reason(Verdict.FAILED, text, held)
    for changed in cleanup["not_as_before"]:
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, f"{names[changed]} is not as it was before the drill.", changed)


def _of_interruption(seen: Observations) -> t.Iterator[Reason]:
    if seen.interruption:
        text = f"Interrupted in '{seen.interruption.get('task')}': {seen.interruption.get('message')}"
        yield Reason(Verdict.INCOMPLETE, text)


def _of_session(session: Json, seen: Observations, *, started: bool) -> t.Iterator[Reason]:
    name, session_id, start = session["resource_name"], session["session_id"], session["start"]
    if not session["test_owned"]:
        if started:
            yield Reason(Verdict.INCOMPLETE, f"{name}: no failover test of this drill.", session_id)
        else:
            yield Reason(Verdict.ABORTED, f"{name}: no failover test was started.", session_id)
    if start and start["failed"]:
        message = (start["failure"] or {}).get("message") or "the start failed without a reason."
        yield Reason(Verdict.FAILED, f"{name}: {message}", session_id)
    yield from _of_kept_data(session, seen)
    yield from _of_validations(session["validations"], f"{name}: ", session_id)
    if session["test_owned"]:
        yield from _of_rto(session)


def _of_kept_data(session: Json, seen: Observations) -> t.Iterator[Reason]:
    name, stop = session["resource_name"], session["stop"] or {}
    wanted = seen.policy.get("end_of_test_snapshot") or "none"
    failed = any(validation["passed"] is False for validation in session["validations"])
    if stop.get("action") == "stopped" and stop.get("failure"):
        text = f"{name}: the test was stopped, but: {stop['failure']['message']}"
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, text, session["session_id"])
    elif not session["test_owned"] or stop.get("end_of_test_snapshot") or session["return_to_normal"]["held"]:
        return
    elif wanted == "all" or (wanted == "failed" and failed):
        text = f"{name}: no end-of-test snapshot is known, although one was wanted."
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, text, session["session_id"])


def _of_rto(session: Json) -> t.Iterator[Reason]:
    rto, name = session["rto"], session["resource_name"]
    if rto["objective_seconds"] is not None and rto["met"] is None:
        text = f"{name}: RTO not measured, objective {rto['objective_seconds']} s."
        yield Reason(Verdict.INCOMPLETE, text, session["session_id"])
    elif rto["met"] is False:
        text = f"{name}: RTO {rto['actual_seconds']:.0f} s, objective {rto['objective_seconds']} s."
        yield Reason(Verdict.FAILED, text, session["session_id"])


def _of_validations(validations: t.Iterable[Json], of: str, session_id: str | None) -> t.Iterator[Reason]:
    for validation in validations:
        if validation["passed"] is None:
            yield Reason(Verdict.INCOMPLETE, f"{of}{validation['name']}: {validation['observed']}.", session_id)
        elif not validation["passed"]:
            weight = Verdict.FAILED if validation["critical"] else Verdict.PASSED_WITH_DEVIATIONS
            found = f"expected {validation['expected']}, found {validation['observed']}."
            yield Reason(weight, f"{of}{validation['name']}: {found}", session_id)
