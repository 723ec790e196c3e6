# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why sessions did not pass, in a few words each, and the sentence that counts them. Pure.

A session counts once, under the first cause that applies: a test that could not be started has no RTO either, and that
is a consequence.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._record.clean import one_line
from .._record.types import (
    AbortRecord,
    AbortSession,
    AnyRecord,
    DrillRecord,
    DrillSession,
    Finding,
    Session,
    Validation,
)
from .._words import Severity, Verdict
from .text import meaning, without_name

_SHOWN, _LONGEST = 4, 60
_OTHER: t.Final = "another reason"


@dataclass(frozen=True)
class Cause:
    """What keeps some sessions from having passed; ``said`` is what is said of the first one, without its name."""

    words: str
    sessions: t.Sequence[Session]
    said: str


def causes(record: AnyRecord) -> list[Cause]:
    """The causes of a record's sessions, the most frequent first. A record of version 1.0 does not name them."""
    return list(_named(record) if record.causes else _derived(record))


def _named(record: AnyRecord) -> t.Iterator[Cause]:
    sessions = {session.session_id: session for session in record.sessions}
    descriptions = {deviation.id: deviation.description for deviation in record.deviations}
    for group in record.causes:
        concerned = [sessions[each] for each in group.sessions if each in sessions]
        if concerned:
            said = next((descriptions[each] for each in group.deviations if each in descriptions), group.words)
            yield Cause(group.words, concerned, without_name(said, concerned[0].called))


def _derived(record: AnyRecord) -> t.Iterator[Cause]:
    found: dict[str, list[Session]] = {}
    for session in record.sessions:
        if session.verdict is not Verdict.PASSED:
            found.setdefault(cause_of(session), []).append(session)
    for words, concerned in sorted(found.items(), key=lambda item: -len(item[1])):
        first = concerned[0]
        said = " ".join(without_name(reason, first.called) for reason in first.reasons)
        yield Cause(words, concerned, said or f"{words[:1].upper()}{words[1:]}.")


def own_reasons(record: AnyRecord) -> list[str]:
    """The reasons that are about the record as a whole: about no session, and not the interruption."""
    known = {reason for session in record.sessions for reason in session.reasons}
    interruption = record.interruption.message if isinstance(record, DrillRecord) and record.interruption else None
    return [
        reason
        for reason in record.reasons
        if reason not in known and not (interruption and reason.endswith(interruption))
    ]


def verdict_sentence(record: AnyRecord) -> str:
    """The verdict in a sentence that counts the causes; one of its own where there is nothing to count."""
    counted = counting_sentence(record)
    if record.verdict in (Verdict.FAILED, Verdict.INCOMPLETE) and counted:
        return counted
    return " ".join(filter(None, [meaning(record), counted]))


def counting_sentence(record: AnyRecord) -> str:
    """``12 of 40 sessions did not pass: 8 not mapped to a host, 4 RPO missed.``; empty where nothing is counted."""
    parts = []
    if isinstance(record, DrillRecord) and record.interruption:
        parts.append(f"The drill was interrupted in \u201c{one_line(record.interruption.task, _LONGEST)}\u201d.")
    parts += _of_sessions(record)
    parts += _of_checks(record, False, "failed")
    return " ".join(parts or _of_checks(record, None, "not executed"))


def _of_sessions(record: AnyRecord) -> t.Iterator[str]:
    found, total = causes(record), len(record.sessions)
    failed = sum(session.verdict is not Verdict.PASSED for session in record.sessions)
    if not failed or not found:
        return
    did = "cannot be failed over" if isinstance(record, AbortRecord) else "did not pass"
    shown = [f"{len(cause.sessions)} {cause.words}" for cause in found[:_SHOWN]]
    if len(found) > _SHOWN:
        shown.append(f"{sum(len(cause.sessions) for cause in found[_SHOWN:])} for other reasons")
    if total == 1:
        yield f"The session {did}: {', '.join(cause.words for cause in found[:_SHOWN])}."
    elif len(found) == 1 and len(found[0].sessions) == failed:
        yield f"{failed} of {total} sessions {did}: {found[0].words}."
    else:
        yield f"{failed} of {total} sessions {did}: {', '.join(shown)}."


def _of_checks(record: AnyRecord, passed: bool | None, did: str) -> t.Iterator[str]:
    """The critical checks of the drill as a whole that came to that."""
    own = record.validations if isinstance(record, DrillRecord) else ()
    checks = [check for check in own if check.passed is passed and check.critical]
    if checks:
        plural = "check" if len(checks) == 1 else "checks"
        names = ", ".join(one_line(check.name, _LONGEST) for check in checks[:_SHOWN])
        more = f" and {len(checks) - _SHOWN} more" if len(checks) > _SHOWN else ""
        yield f"{len(checks)} {plural} of the drill {did}: {names}{more}."


def cause_of(session: Session) -> str:
    """The first cause of a session that did not pass, in words that follow a number of sessions."""
    if isinstance(session, DrillSession):
        found = _drill_causes(session)
    elif isinstance(session, AbortSession):
        found = _abort_causes(session)
    else:
        found = iter(())
    return next(found, None) or next(_finding_causes(session), None) or _point_cause(session) or _OTHER


def _drill_causes(session: DrillSession) -> t.Iterator[str]:
    normal = session.return_to_normal
    if normal and normal.held:
        yield "left running on purpose"
    elif normal and not normal.stop_confirmed:
        yield "stop not confirmed"
    if session.start and session.start.failed:
        kind = session.start.failure.kind if session.start.failure else "no reason known"
        yield f"not started ({kind.replace('_', ' ')})"
    if not session.test_owned:
        blocked = [finding for finding in session.findings if finding.severity is Severity.BLOCKER]
        yield f"not tested ({_finding_words(blocked[0])})" if blocked else "not tested"
    yield from (_check_words(check) for check in session.validations if check.passed is False and check.critical)
    if session.rto.met is False:
        yield "RTO missed"
    yield from (_check_words(check) for check in session.validations if check.passed is None)
    if session.rto.met is None and session.rto.objective_seconds is not None:
        yield "RTO not measured"
    if normal and normal.differences:
        yield "changed"
    yield from (_check_words(check) for check in session.validations if check.passed is False)
    if session.stop and session.stop.failure:
        yield "stopped with a problem"


def _check_words(check: Validation) -> str:
    """What the array shows has words of its own; a check of the user is called by its name."""
    if check.kind == "array":
        if "RPO" in check.name:
            return "RPO not measured" if check.passed is None else "RPO missed"
        if "mapped" in check.name:
            return "mapping not read" if check.passed is None else "not mapped to a host"
        return "test not read" if check.passed is None else "test not shown by the array"
    did = "failed" if check.passed is False else "was not executed"
    return f"\u201c{one_line(check.name, _LONGEST)}\u201d {did}"


def _abort_causes(session: AbortSession) -> t.Iterator[str]:
    if session.stop and session.stop.failed:
        kind = session.stop.failure.kind if session.stop.failure else "no reason known"
        yield f"test not stopped ({kind.replace('_', ' ')})"


def _finding_causes(session: Session) -> t.Iterator[str]:
    """The heaviest finding, by its id."""
    heavy = [finding for finding in session.findings if finding.severity is not Severity.INFO]
    for finding in sorted(heavy, key=lambda finding: finding.severity.weight):
        yield _finding_words(finding)


def _finding_words(finding: Finding) -> str:
    """``host.not_mapped`` reads ``host not mapped``."""
    return finding.id.replace(".", " ").replace("_", " ").replace("rpo ", "RPO ")


def _point_cause(session: Session) -> str | None:
    met = session.recovery_point.met
    return "RPO missed" if met is False else None
