# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The readiness report: what would refuse a drill, as a record. Pure.

Everything in it is what ``replication_session_info`` returned; nothing is judged a second time but the verdict.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._words import Severity, Verdict
from .common import Context, Judgement, Reason, condition, envelope, of_input, recovery_point
from .results import Cluster, Preflight, Selector, SessionSeen
from .types import NotPassed, ReadinessRecord, ReadinessSession

_VERDICTS: t.Final[t.Mapping[Severity, NotPassed]] = {
    Severity.BLOCKER: Verdict.FAILED,
    Severity.WARNING: Verdict.PASSED_WITH_DEVIATIONS,
}


def build_readiness(seen: Preflight, context: Context, record_id: str, written_at: datetime) -> ReadinessRecord:
    """The record of kind ``readiness``; it needs ``before`` only.

    A ``before`` without sessions is that of an array that could not be read, and makes the record incomplete.
    """
    look = seen.before
    entries = [entry for entry in look.sessions or () if not any(_is_named(entry, out) for out in seen.exclusions)]
    judged = [Judgement(tuple(_reasons(entry))) for entry in entries]
    reasons = [*(reason for judgement in judged for reason in judgement.reasons), *of_input(seen.notes)]
    if look.sessions is None:
        reasons.append(Reason(Verdict.INCOMPLETE, f"Nothing was looked at: {look.msg or 'no reason was given'}"))
    elif not entries:
        reasons.append(
            Reason(Verdict.INCOMPLETE, "No replication session fits and is not excluded: nothing was looked at.")
        )
    filters = context.filters
    return ReadinessRecord(
        **envelope(
            record_id,
            context,
            look.cluster or Cluster(),
            [look.at],
            Judgement(tuple(reasons)),
            written_at,
            selected_by="sessions" if filters is None else "filters" if filters else "all",
        ),
        sessions=tuple(_session(entry, own, look.at) for entry, own in zip(entries, judged, strict=True)),
    )


def _is_named(entry: SessionSeen, exclusion: Selector) -> bool:
    """Whether an exclusion means this session: by its id, or by the name or id of its volume or volume group."""
    by_type = {"volume": exclusion.volume, "volume_group": exclusion.volume_group}
    resource = by_type.get(entry.resource_type or "")
    names = {str(name).casefold() for name in (entry.resource_name, entry.resource_id)}
    wanted = exclusion.session_id
    return (wanted is not None and wanted == entry.session_id) or (
        resource is not None and resource.casefold() in names
    )


def _reasons(entry: SessionSeen) -> t.Iterator[Reason]:
    for finding in entry.findings:
        if finding.severity in _VERDICTS:
            yield Reason(_VERDICTS[finding.severity], finding.message, entry.session_id)


def _session(entry: SessionSeen, judgement: Judgement, looked_at: datetime | None) -> ReadinessSession:
    return ReadinessSession(
        session_id=entry.session_id,
        resource_type=entry.resource_type,
        resource_name=entry.resource_name or entry.selector.asked,
        resource_id=entry.resource_id,
        remote_system=entry.remote_system.name if entry.remote_system else None,
        verdict=judgement.verdict,
        reasons=judgement.texts,
        recovery_point=recovery_point(entry),
        before=condition(entry, looked_at) if entry.session_id is not None else None,
        findings=entry.findings,
        ready=entry.ready,
    )
