# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a run: the verdict of several arrays together, per array and per application. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime

from .._time import moved
from .._words import Cause, Verdict
from .application import Measured, measured_fields
from .causes import Judgement, Reason
from .clocks import TOLERANCE, Clocks
from .common import Context, envelope
from .results import Cluster
from .types import AnyRecord, DrillRecord, RunApplication, RunMember, RunRecord, RunSession, Session

T = t.TypeVar("T")


@dataclass(frozen=True)
class Member:
    """The record of one array, and the file it was read from."""

    record: AnyRecord
    file: str
    sha256: str

    @property
    def array(self) -> str | None:
        """Name of the array, else the address that it was asked at."""
        return self.record.array.name or self.record.array.host


def build_run(
    members: t.Sequence[Member],
    context: Context,
    record_id: str,
    written_at: datetime,
    *,
    without_record: t.Sequence[str] = (),
) -> RunRecord:
    """The record. ``written_at`` is the controller's time; ``without_record``: arrays about which nothing is known."""
    judgement = Judgement((*_reasons(members), *_not_known(without_record)))
    context = _with_what_all_say(context, members)
    moments, on_one_clock = _moments(members)
    names = ", ".join(each.array or "an array without a name" for each in members)
    sessions = [(each, session) for each in members for session in each.record.sessions]
    common = envelope(
        record_id,
        context,
        Cluster(name=names or None),
        sorted(moments),
        judgement,
        written_at,
        clocks=Clocks(),
        selected_by="all",
    )
    if not on_one_clock:
        common["times"] = replace(common["times"], duration_seconds=None)
    return RunRecord(
        **common,
        members=tuple(map(_member, members)),
        applications=tuple(_applications(sessions)),
        sessions=tuple(_session(member, session) for member, session in sessions),
    )


def _moments(members: t.Sequence[Member]) -> tuple[list[datetime], bool]:
    """When the records begin and end, and whether all of it is on one clock.

    Each array has a clock of its own, so the controller's is taken, which was compared with each.
    """
    times = [each.record.times for each in members]
    found = [
        moved(moment, -(each.clock_skew_seconds or 0.0)) or moment
        for each in times
        for moment in (each.started_at, each.finished_at)
        if moment
    ]
    compared = all(each.clock_skew_seconds is not None for each in times if each.started_at)
    stepped = any(abs(each.clock_step_seconds or 0.0) > TOLERANCE for each in times)
    return found, (compared and not stepped) or len(members) < 2


def _with_what_all_say(context: Context, members: t.Sequence[Member]) -> Context:
    """What the records of all arrays have in common is said of the run."""
    records = [each.record for each in members]
    return replace(
        context,
        run_id=_common(each.run_id for each in records) if records else context.run_id,
        scenario=context.scenario or _common(each.drill.scenario for each in records),
        change_ticket=context.change_ticket or _common(each.drill.change_ticket for each in records),
        success_criteria=context.success_criteria or _common(each.drill.success_criteria for each in records) or (),
        participants=context.participants or _common(each.who.participants for each in records) or (),
        approvers=context.approvers or _common(each.who.approvers for each in records) or (),
        awx=context.awx or _common(each.who.awx for each in records),
    )


def _common(values: t.Iterable[T]) -> T | None:
    """What all are; None where two differ."""
    found = list(values)
    return found[0] if found and all(each == found[0] for each in found) else None


def _not_known(arrays: t.Sequence[str]) -> t.Iterator[Reason]:
    for array in arrays:
        text = f"{array}: there is no record of its drill. Look at the array, and whether a failover test runs there."
        yield Reason(Verdict.INCOMPLETE, Cause.NOT_READ, text, subject=array)


def _reasons(members: t.Sequence[Member]) -> t.Iterator[Reason]:
    if not members:
        yield Reason(Verdict.INCOMPLETE, Cause.NOT_READ, "The run has no record of any array.")
    for member in members:
        verdict = member.record.verdict
        if verdict is Verdict.PASSED:
            continue
        first = next(iter(member.record.reasons), "no reason is given")
        more = len(member.record.reasons) - 1
        text = f"{member.array or member.file}: {verdict.word.lower()}. {first}" + (
            f" And {more} more." if more > 0 else ""
        )
        yield Reason(verdict, Cause.MEMBER, text, subject=member.array, check=member.record.array.global_id)


def _member(member: Member) -> RunMember:
    record = member.record
    return RunMember(
        id=record.drill.id,
        kind=record.kind,
        array=member.array,
        verdict=record.verdict,
        cleanup=record.cleanup.verdict if isinstance(record, DrillRecord) else None,
        file=member.file,
        sha256=member.sha256,
    )


def _applications(sessions: t.Sequence[tuple[Member, Session]]) -> list[RunApplication]:
    """Every application that a session names; a session without one belongs to none."""
    found: dict[str, list[tuple[Member, Session]]] = {}
    for member, session in sessions:
        if session.application:
            found.setdefault(session.application, []).append((member, session))
    made = [_application(name, own) for name, own in found.items()]
    return sorted(made, key=lambda each: (each.verdict.weight, each.application))


def _application(name: str, own: t.Sequence[tuple[Member, Session]]) -> RunApplication:
    rpo = Measured.together(Measured.rpo(session) for _member, session in own)
    rto = Measured.together(Measured.rto(session) for _member, session in own)
    return RunApplication(
        application=name,
        tier=next((session.tier for _member, session in own if session.tier), None),
        owner=next((session.owner for _member, session in own if session.owner), None),
        sessions=len(own),
        arrays=tuple(dict.fromkeys(member.array for member, _session in own if member.array)),
        verdict=Verdict.worst((session.verdict for _member, session in own), otherwise=Verdict.PASSED),
        **measured_fields(rpo, rto),
    )


def _session(member: Member, session: Session) -> RunSession:
    return RunSession(
        session_id=session.session_id,
        resource_type=session.resource_type,
        resource_name=session.resource_name,
        resource_id=session.resource_id,
        remote_system=session.remote_system,
        verdict=session.verdict,
        reasons=session.reasons,
        recovery_point=session.recovery_point,
        before=session.before,
        findings=session.findings,
        application=session.application,
        tier=session.tier,
        owner=session.owner,
        replication_rule=session.replication_rule,
        array=member.array,
        record_id=member.record.drill.id,
    )
