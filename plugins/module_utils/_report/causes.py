# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The causes that a record names, and the sentence that counts them. Pure.

They are found once, by the judge (`_record.causes`). A record of version 1.0 names none: where the same is said of
several sessions they are shown together, and only the sessions are counted.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._record.types import AbortRecord, AnyRecord, DrillRecord, Session
from .._text import one_line
from .._words import Verdict
from .text import meaning, without_name

_SHOWN, _LONGEST = 4, 60
_FIGURES = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Cause:
    """What keeps some sessions from having passed; ``said`` is what is said of the first one, without its name.

    ``words`` follow a number of sessions; they are empty where the record does not name its causes.
    """

    words: str
    sessions: t.Sequence[Session]
    said: str


def causes(record: AnyRecord) -> list[Cause]:
    """The causes of a record's sessions: the worst first, then those of most sessions."""
    return list(_named(record) if record.causes else _described(record))


def _named(record: AnyRecord) -> t.Iterator[Cause]:
    sessions = {session.session_id: session for session in record.sessions}
    descriptions = {deviation.id: deviation.description for deviation in record.deviations}
    for group in record.causes:
        concerned = [sessions[each] for each in group.sessions if each in sessions]
        if concerned:
            said = next((descriptions[each] for each in group.deviations if each in descriptions), group.words)
            yield Cause(group.words, concerned, without_name(said, concerned[0].called))


def _described(record: AnyRecord) -> t.Iterator[Cause]:
    """Sessions with the same reasons, apart from names and figures."""
    found: dict[str, tuple[str, list[Session]]] = {}
    for session in record.sessions:
        if session.verdict is not Verdict.PASSED:
            said = " ".join(without_name(reason, session.called) for reason in session.reasons)
            same = _FIGURES.sub("#", said.replace(session.called, "…"))
            found.setdefault(same, (said or f"{session.verdict.word}.", []))[1].append(session)
    for said, concerned in sorted(found.values(), key=lambda each: -len(each[1])):
        yield Cause("", concerned, said)


def own_reasons(record: AnyRecord) -> list[str]:
    """What is said of the record as a whole: of no session, and not the interruption, which is shown by itself.

    A critical check of the drill as a whole is a reason of each session, too; here it is one.
    """
    interruption = record.interruption.message if isinstance(record, DrillRecord) and record.interruption else None
    named = {session.session_id for session in record.sessions}
    if record.causes:
        own = [each.description for each in record.deviations if each.session_id not in named]
    else:
        known = {reason for session in record.sessions for reason in session.reasons}
        own = [reason for reason in record.reasons if reason not in known]
    return [reason for reason in own if not (interruption and reason.endswith(interruption))]


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
    found, total = [cause for cause in causes(record) if cause.words], len(record.sessions)
    failed = sum(session.verdict is not Verdict.PASSED for session in record.sessions)
    if not failed:
        return
    did = "cannot be failed over" if isinstance(record, AbortRecord) else "did not pass"
    if not found:
        yield f"{failed} of {total} sessions {did}." if total > 1 else f"The session {did}."
        return
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
