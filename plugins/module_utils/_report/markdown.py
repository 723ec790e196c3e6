# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record as a short Markdown text for a ticket or a chat: at most 40 lines, however many sessions there are.

Each framework whose crosswalk was asked for adds a line to them.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter

from .._record.application import Measured
from .._record.types import (
    AbortRecord,
    AnyRecord,
    DrillRecord,
    DrillRto,
    DrillSession,
    Population,
    Session,
    WitnessRecord,
)
from .._record.witness_types import Witness
from .._text import one_line
from .._words import Changed, Verdict, WitnessVerdict
from .causes import Cause, causes, own_reasons, verdict_sentence
from .crosswalk import NOTE, STATES, crosswalks
from .source import Source
from .text import Count, duration, recovery_time, utc, worst_first

_SESSIONS, _REASONS, _NAMES, _LONGEST, _LONGEST_SENTENCE = 9, 8, 3, 200, 500
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#!|~<>&$^])")
# What a ticket system makes a mention, a reference or a link of, although no sign of Markdown stands before it.
_SELF_LINKING = re.compile(r"(@|:(?=//)|(?<=[Ww]{3})\.)")
_NO_SPACE = "\u200b"


def markdown_text(value: str, longest: int = _LONGEST) -> str:
    """A text from the array or a user on one line, without Markdown, HTML, mentions and links."""
    return _SELF_LINKING.sub(rf"\1{_NO_SPACE}", _SPECIAL.sub(r"\\\1", one_line(value, longest)))


def render_markdown(source: Source) -> str:
    """The summary of a record. The same record gives the same bytes."""
    record = source.record
    lines = [
        f"## {record.verdict.sign} {record.verdict.word}: {markdown_text(record.drill.title)}",
        "",
        markdown_text(verdict_sentence(record), _LONGEST_SENTENCE),
        "",
        *_facts(record),
        *(f"- **Signed off:** {markdown_text(each.text)}" for each in source.sign_offs),
        *_reasons(record),
        *_table(record),
        *_crosswalks(source),
        "",
        f"Record: {markdown_text(source.file_name)}, SHA-256 {source.sha256}{_chain(record)}",
    ]
    return "\n".join(lines) + "\n"


def _chain(record: AnyRecord) -> str:
    """The end of the chain before the record: its own place in it has the hash of this text, so comes after it."""
    head = record.chain_before
    return f". Chain head before this record: {head.seq} {markdown_text(head.sha256)}" if head else ""


def _facts(record: AnyRecord) -> t.Iterator[str]:
    yield from _circumstances(record)
    if isinstance(record, DrillRecord):
        yield f"- **Clean-up:** {record.cleanup.verdict.sign} {record.cleanup.verdict.word}"
    if isinstance(record, WitnessRecord):
        yield f"- **Compared:** {markdown_text(record.record_file)}, SHA-256 {record.record_sha256}"
        yield from _witnessed(record.witness)
        return
    yield f"- **Sessions passed:** {_count(session.verdict is Verdict.PASSED for session in record.sessions)}"
    if isinstance(record, AbortRecord):
        otherwise = "all sessions, the time was not measured" if record.all_ready else "not shown by all sessions"
        ready = duration(record.seconds_to_failover_ready, otherwise)
        yield f"- **Ready for a failover:** {ready}"
    else:
        yield f"- **RPO met:** {_count(Measured.rpo(session).met for session in record.sessions)}"
    if isinstance(record, DrillRecord) and record.previous:
        yield f"- **Since the drill before** ({utc(record.previous.at)}): {_changes(record)}"
    if record.scope.population:
        yield f"- **Population:** {_population(record.scope.population)}"
    if isinstance(record, DrillRecord):
        yield from _measured(record)


def _circumstances(record: AnyRecord) -> t.Iterator[str]:
    """Which array, when, and by whom."""
    who = record.who
    name = markdown_text(record.array.name or record.array.host or "not known")
    begun = utc(record.times.started_at or record.times.written_at)
    yield f"- **Array:** {name}, **began:** {begun}"
    job = who.awx.job_id if who.awx else None
    run_by = who.awx.launched_by if who.awx else f"{who.controller_user} on {who.controller_host}"
    yield f"- **Run by:** {markdown_text(run_by)}" + (f", AWX job {markdown_text(job)}" if job else "")
    for approval in (who.awx.approvals if who.awx else None) or ():
        yield f"- **{markdown_text(approval.decision or 'not known')}** by {markdown_text(approval.by or 'nobody')}"
    if record.drill.change_ticket:
        yield f"- **Change:** {markdown_text(record.drill.change_ticket)}"


def _measured(record: DrillRecord) -> t.Iterator[str]:
    """What a drill alone measures."""
    yield f"- **RTO met:** {_count(session.rto.met for session in record.sessions)}"
    if record.rto and (record.rto.actual_seconds is not None or record.rto.met is False):
        yield _recovery_time(record.rto)
    yield f"- **Validations passed:** {_count(check.passed for check in record.all_validations)}"
    if record.witness:
        yield from _witnessed(record.witness)


def _recovery_time(rto: DrillRto) -> str:
    """That of the drill as a whole, and what it was spent on."""
    parts, of = rto.parts, ""
    if parts:
        named = {"array": parts.array_seconds, "steps": parts.steps_seconds, "waiting": parts.waiting_seconds}
        of = "".join(f", {name} {duration(took)}" for name, took in {**named, "tool": parts.tool_seconds}.items())
    took = recovery_time(rto.actual_seconds, rto.met)
    return f"- **Recovery time of the drill:** {took} / {duration(rto.objective_seconds, 'none')}{of}"


def _witnessed(witness: Witness) -> t.Iterator[str]:
    """What the array's own logs say, in one line, and what they were not asked for."""
    logs = markdown_text(" and ".join(witness.by) or "none")
    agreed = f"{witness.count(WitnessVerdict.CORROBORATED)} of {len(witness.claims)} starts and stops"
    yield f"- **Array's own logs ({logs}):** {witness.verdict.sign} {witness.verdict.word}, {agreed}"
    for each in witness.not_witnessed:
        yield f"- **Not witnessed:** {markdown_text(each)}"


def _changes(record: DrillRecord) -> str:
    counted = Counter(session.change.what for session in record.sessions if session.change)
    return ", ".join(f"{counted[what]} {what.word}" for what in Changed if counted[what]) or "nothing in common"


def _population(known: Population) -> str:
    return (
        f"{known.destinations} on the array, {known.testable} can be tested; {known.in_scope} in scope, "
        f"{known.excluded} left out on purpose, {known.not_selected} not selected"
    )


def _count(results: t.Iterable[bool | None]) -> str:
    count = Count.of(results)
    unknown = f", {count.unknown} not measured" if count.unknown else ""
    return f"{count.met} of {count.total}{unknown}"


def _reasons(record: AnyRecord) -> t.Iterator[str]:
    """One line for each cause, however many sessions have it."""
    lines = [f"- {markdown_text(reason)}" for reason in own_reasons(record)]
    lines += [_cause(cause, len(record.sessions)) for cause in causes(record)]
    if not lines:
        return
    yield ""
    yield "**Why it did not pass**"
    yield ""
    yield from lines[:_REASONS]
    if len(lines) > _REASONS:
        yield f"- and {len(lines) - _REASONS} more, see the report"


def _cause(cause: Cause, total: int) -> str:
    if len(cause.sessions) == 1:
        return f"- **{markdown_text(cause.sessions[0].called, 60)}:** {markdown_text(cause.said)}"
    names = ", ".join(markdown_text(session.called, 60) for session in cause.sessions[:_NAMES])
    more = f" and {len(cause.sessions) - _NAMES} more" if len(cause.sessions) > _NAMES else ""
    what = markdown_text(cause.words or cause.said)
    return f"- **{len(cause.sessions)} of {total} sessions:** {what} ({names}{more})"


def _table(record: AnyRecord) -> t.Iterator[str]:
    sessions: list[Session] = worst_first(record.sessions)
    if not sessions:
        return
    drill = isinstance(record, DrillRecord)
    yield ""
    yield f"| Session | Verdict | Recovery point / RPO |{' Recovery time / RTO |' if drill else ''}"
    yield f"| --- | --- | --- |{' --- |' if drill else ''}"
    for session in sessions[:_SESSIONS]:
        point = session.recovery_point
        row = f"| {markdown_text(session.called, 60)} | {session.verdict.sign} {session.verdict.word} "
        rpo = Measured.rpo(session)
        snapshot = f"snapshot {duration(point.age_seconds)} old; replication " if point.of == "snapshot" else ""
        row += f"| {snapshot}{_against(rpo.seconds, rpo.objective)} |"
        if isinstance(session, DrillSession):
            rto = session.rto
            row += f" {recovery_time(rto.actual_seconds, rto.met)} / {duration(rto.objective_seconds, 'none')} |"
        yield row
    if len(sessions) > _SESSIONS:
        yield ""
        yield f"{len(sessions) - _SESSIONS} more sessions are in the report; those with problems are shown first."


def _crosswalks(source: Source) -> t.Iterator[str]:
    """The appendix: one line for each framework that was chosen."""
    if not source.frameworks:
        return
    yield ""
    yield f"**What this record supports.** {NOTE}"
    yield ""
    for walk in crosswalks(source.record, source.frameworks):
        states = ((state, walk.in_state(state)) for state in STATES)
        said = "; ".join(f"{state}: {', '.join(references)}" for state, references in states if references)
        name, text = f"{walk.framework.name} ({walk.framework.version})", markdown_text(said, _LONGEST_SENTENCE)
        yield f"- **{markdown_text(name)}:** {text}"


def _against(actual: float | None, objective: float | None) -> str:
    return f"{duration(actual)} / {duration(objective, 'none')}"
