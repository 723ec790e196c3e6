# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The readiness report: what would stand against a drill, as a record and as a table for a person. Pure.

Everything in it is what ``replication_session_info`` returned; nothing is judged a second time but the verdict.
"""

from __future__ import annotations

import textwrap
import typing as t
from datetime import datetime, timedelta

from .._json import Json
from .._time import in_words
from .._words import BLOCKER, WARNING, Kind, Severity, Verdict
from .common import (
    Context,
    Judgement,
    Reason,
    condition,
    envelope,
    recovery_point,
)

_VERDICTS = {BLOCKER: Verdict.FAILED, WARNING: Verdict.PASSED_WITH_DEVIATIONS}
_WIDTH = 108  # with the indentation and the quotes that Ansible puts round a line, 120
_COLUMNS: t.Final[t.Mapping[str, int]] = {  # the widest that each may become
    "Session": 8,
    "Resource": 25,
    "Role": 12,
    "State": 15,
    "Age / RPO": 14,
    "Ready": 5,
    "First blocker": 22,
}

_KINDS = {
    "volume": "volume",
    "volume_group": "volume group",
    "replication_group": "vVol group",
    "nas_server": "NAS server",
    "file_system": "file system",
}


def build_readiness(params: Json, context: Context, record_id: str, written_at: datetime) -> Json:
    """The record of kind ``readiness``, from the options of the module drill_record; it needs ``before`` only.

    A ``before`` without sessions is that of an array that could not be read, and makes the record incomplete.
    """
    seen: Json = params.get("before") or {}
    cluster: Json = seen.get("cluster") or {}
    looked_at = cluster.get("system_time")
    left_out = params.get("exclusions") or []
    entries: list[Json] = [e for e in seen.get("sessions") or [] if not any(_is_named(e, out) for out in left_out)]
    judged = [Judgement(tuple(_reasons(entry))) for entry in entries]
    reasons = [reason for judgement in judged for reason in judgement.reasons]
    if "sessions" not in seen:
        reasons.append(
            Reason(Verdict.INCOMPLETE, f"The array could not be read: {seen.get('msg') or 'no reason was given'}")
        )
    elif not entries:
        reasons.append(
            Reason(Verdict.INCOMPLETE, "No replication session fits and is not excluded: nothing was looked at.")
        )
    filters = context.filters
    return {
        **envelope(
            Kind.READINESS,
            record_id,
            context,
            cluster,
            [looked_at],
            Judgement(tuple(reasons)),
            written_at,
            selected_by="sessions" if filters is None else "filters" if filters else "all",
        ),
        "sessions": [_session(entry, judgement, looked_at) for entry, judgement in zip(entries, judged, strict=True)],
    }


def _is_named(entry: Json, exclusion: Json) -> bool:
    """Whether an exclusion means this session: by its id, or by the name or id of its volume or volume group."""
    resource = exclusion.get(entry["resource_type"])
    names = {str(entry.get(key)).casefold() for key in ("resource_name", "resource_id")}
    wanted = exclusion.get("session_id")
    return (wanted is not None and wanted == entry["session_id"]) or (
        resource is not None and resource.casefold() in names
    )


def _reasons(entry: Json) -> t.Iterator[Reason]:
    for finding in entry["findings"]:
        if finding["severity"] in _VERDICTS:
            yield Reason(_VERDICTS[finding["severity"]], finding["message"], entry["session_id"])


def _session(entry: Json, judgement: Judgement, looked_at: str | None) -> Json:
    names = ("session_id", "resource_type", "resource_name", "resource_id")
    found = entry["session_id"] is not None
    return {
        **{name: entry.get(name) for name in names},
        "resource_name": entry.get("resource_name") or next(iter(entry.get("selector", {}).values()), None),
        "remote_system": (entry.get("remote_system") or {}).get("name"),
        "verdict": judgement.verdict.value,
        "reasons": judgement.texts,
        "recovery_point": recovery_point(entry),
        "before": condition(entry, looked_at) if found else None,
        "findings": entry["findings"],
        "ready": entry["ready"],
    }


def readiness_summary(record: Json, path: str) -> list[str]:
    """The report for a person at a terminal, at most 120 columns wide with what Ansible puts round each line."""
    array, sessions = record["array"], record["sessions"]
    if record["scope"]["selected_by"] != "sessions":  # those that were asked for stay in the order asked
        sessions = sorted(sessions, key=lambda session: (session["resource_name"] or "").casefold())
    name, release = array["name"] or array["host"] or "array", array["release_version"] or "not known"
    ready = sum(session["ready"] for session in sessions)
    lines = [
        f"{record['drill']['title']}  ({name}, PowerStoreOS {release}, {record['times']['started_at'] or 'not read'})",
        "",
        *(_table(sessions) if sessions else record["reasons"]),
        "",
        *_findings(sessions),
        f"Verdict: {record['verdict']}. Ready for a failover test: {ready} of {len(sessions)} sessions.",
        f"Record: {path}",
    ]
    return [part for line in lines for part in _wrapped(line)]


def _wrapped(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(_plain(line), _WIDTH, subsequent_indent=indent) or [""]


def _table(sessions: t.Sequence[Json]) -> list[str]:
    rows = [list(_COLUMNS), *(_row(session) for session in sessions)]
    widths = [min(widest, max(len(row[column]) for row in rows)) for column, widest in enumerate(_COLUMNS.values())]
    return [
        " ".join(_cut(cell, width).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [rows[0], ["-" * width for width in widths], *rows[1:]]
    ]


def _row(session: Json) -> list[str]:
    before = session["before"] or {}
    point = session["recovery_point"]
    age, objective = point["age_seconds"], point["objective_seconds"]
    severities = [finding["severity"] for finding in session["findings"]]
    blockers = [finding["id"] for finding in session["findings"] if finding["severity"] == BLOCKER]
    warnings = severities.count(WARNING)
    noted = f"({warnings} warning{'s' if warnings > 1 else ''})" if warnings else "-"
    kind = _KINDS.get(session["resource_type"], "session")
    return [
        (session["session_id"] or "-")[:8],
        f"{kind} {session['resource_name'] or session['resource_id'] or '-'}",
        before.get("role") or "-",
        before.get("state") or "-",
        f"{_duration(age)} / {_duration(objective)}",
        "yes" if session["ready"] else "NO",
        blockers[0] if blockers else noted,
    ]


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else in_words(timedelta(seconds=seconds)).replace(" min", "m").replace(" ", "")


def _cut(text: str, width: int) -> str:
    """The text with an ellipsis where it is too long for a column."""
    plain = _plain(text)
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"


def _plain(text: str) -> str:
    """The text without what would break a line or steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _findings(sessions: t.Sequence[Json]) -> t.Iterator[str]:
    """Every finding in full, those of one kind together: what it means and what to do is said once."""
    found: dict[tuple[str, str], list[Json]] = {}
    for session in sessions:
        for finding in session["findings"]:
            found.setdefault((finding["severity"], finding["id"]), []).append(finding)
    for severity in Severity:
        for (weight, rule_id), findings in found.items():
            if weight != severity:
                continue
            yield f"{severity.upper()} {rule_id}"
            yield from (f"  - {finding['message']}" for finding in findings)
            yield f"  Impact: {findings[0]['impact']}"
            yield f"  What to do: {findings[0]['resolution']}"
            yield ""
