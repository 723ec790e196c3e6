# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record as a short Markdown text for a ticket or a chat: at most 40 lines, however many sessions there are."""

from __future__ import annotations

import re
import typing as t

from .._json import Json
from .._words import Kind, Verdict
from .source import Source
from .text import (
    all_validations,
    counted,
    duration,
    meaning,
    one_line,
    session_name,
    utc,
    verdict_sign,
    verdict_words,
    worst_first,
)

_SESSIONS, _REASONS, _LONGEST = 9, 8, 200
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
    verdict = record["verdict"]
    lines = [
        f"## {verdict_sign(verdict)} {verdict_words(verdict)}: {markdown_text(record['drill']['title'])}",
        "",
        meaning(record),
        "",
        *_facts(record),
        *_reasons(record),
        *_table(record),
        "",
        f"Record: {markdown_text(source.file_name)}, SHA-256 {source.sha256}",
    ]
    return "\n".join(lines) + "\n"


def _facts(record: Json) -> t.Iterator[str]:
    array, who = record["array"], record["who"]
    name = markdown_text(array["name"] or array["host"] or "not known")
    begun = utc(record["times"]["started_at"] or record["times"]["written_at"])
    yield f"- **Array:** {name}, **begin:** {begun}"
    run_by = f"{who['controller_user']} on {who['controller_host']}"
    job = (who["awx"] or {}).get("job_id")
    yield f"- **Run by:** {markdown_text(run_by)}" + (f", AWX job {markdown_text(job)}" if job else "")
    if record["drill"]["change_ticket"]:
        yield f"- **Change:** {markdown_text(record['drill']['change_ticket'])}"
    if "cleanup" in record:
        cleanup = record["cleanup"]["verdict"]
        yield f"- **Clean-up:** {verdict_sign(cleanup)} {verdict_words(cleanup)}"
    yield f"- **Sessions passed:** {_count(session['verdict'] == Verdict.PASSED for session in record['sessions'])}"
    if record["kind"] == Kind.ABORT:
        ready = duration(record["seconds_to_failover_ready"], "not shown by all sessions")
        yield f"- **Ready for a failover:** {ready}"
    else:
        yield f"- **RPO met:** {_count(session['recovery_point']['met'] for session in record['sessions'])}"
    if record["kind"] == Kind.DRILL:
        yield f"- **RTO met:** {_count(session['rto']['met'] for session in record['sessions'])}"
        checks = all_validations(record)
        yield f"- **Validations passed:** {_count(check['passed'] for check in checks)}"


def _count(results: t.Iterable[bool | None]) -> str:
    count = counted(results)
    unknown = f", {count['unknown']} not measured" if count["unknown"] else ""
    return f"{count['met']} of {count['total']}{unknown}"


def _reasons(record: Json) -> t.Iterator[str]:
    if not record["reasons"]:
        return
    yield ""
    yield "**Why it is not passed**"
    yield ""
    for reason in record["reasons"][:_REASONS]:
        yield f"- {markdown_text(reason)}"
    if len(record["reasons"]) > _REASONS:
        yield f"- and {len(record['reasons']) - _REASONS} more, see the report"


def _table(record: Json) -> t.Iterator[str]:
    sessions = worst_first(record["sessions"])
    if not sessions:
        return
    drill = record["kind"] == Kind.DRILL
    yield ""
    yield f"| Session | Verdict | RPO age / objective |{' RTO / objective |' if drill else ''}"
    yield f"| --- | --- | --- |{' --- |' if drill else ''}"
    for session in sessions[:_SESSIONS]:
        point = session["recovery_point"]
        name, verdict = markdown_text(session_name(session), 60), session["verdict"]
        row = f"| {name} | {verdict_sign(verdict)} {verdict_words(verdict)} "
        row += f"| {_against(point['age_seconds'], point['objective_seconds'])} |"
        if drill:
            row += f" {_against(session['rto']['actual_seconds'], session['rto']['objective_seconds'])} |"
        yield row
    if len(sessions) > _SESSIONS:
        yield ""
        yield f"{len(sessions) - _SESSIONS} more sessions are in the report; those with problems are shown first."


def _against(actual: float | None, objective: float | None) -> str:
    return f"{duration(actual)} / {duration(objective, 'none')}"
