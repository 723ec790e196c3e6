# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was tested and what was not: the rows of a coverage, and what they come to. Pure."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from .._record.actions import Action
from .._record.application import Measured, measured_fields
from .._text import one_line
from .._time import format_time
from .._version import VERSION
from .._words import Coverage, Verdict
from .applied import Applied, applied
from .arrays import ArrayNow, is_double
from .document import (
    Application,
    ArrayRead,
    CoverageDocument,
    Excluded,
    OpenAction,
    PolicyUsed,
    Records,
    Row,
    Test,
)
from .folder import Folder
from .policies import Exclusion, Policy, Rule
from .population import Member, population
from .significant import compared
from .states import Sources, because

# What needs no test, or is not there to be tested.
STATUSES: t.Final = ("overdue", "open", "accepted")  # of actions that are not closed
NOT_COUNTED: t.Final = (Coverage.EXCLUDED, Coverage.NOT_TESTABLE, Coverage.GONE)
_NEXT: t.Final = 10


@dataclass(frozen=True)
class Inputs:
    """All that a coverage is made from."""

    arrays: t.Sequence[ArrayNow]
    folder: Folder
    policy: Policy
    policy_path: str
    policy_sha256: str
    directory: str
    actions: t.Sequence[Action]
    written_at: datetime
    id: str
    title: str


@dataclass(frozen=True)
class Covered:
    """The coverage, and the members behind its rows in the order of the population."""

    document: CoverageDocument
    members: tuple[tuple[Member, Row], ...]


def cover(inputs: Inputs) -> Covered:
    """The coverage. Raises InvalidInputError where the policy does not fit what is there."""
    policy = inputs.policy
    known = {each.job_id for each in policy.known_tests}
    members = population(inputs.arrays, inputs.folder.records, policy.retired, known)
    found = applied(policy, inputs.policy_path, members, inputs.arrays, inputs.folder.records, inputs.written_at)
    rows = [
        _row(member, rule, exclusion, inputs)
        for member, rule, exclusion in zip(members, found.rules, found.exclusions, strict=True)
    ]
    ordered = sorted(rows, key=_order)
    state = Coverage.worst((row.state for row in rows), otherwise=Coverage.NOT_READ)
    document = CoverageDocument(
        id=inputs.id,
        title=inputs.title,
        written_at=inputs.written_at,
        collection=VERSION,
        state=state,
        totals={each.value: sum(row.state is each for row in rows) for each in Coverage},
        policy=_used(inputs),
        records=_records(inputs),
        notes=tuple(_notes(found, inputs)),
        arrays=tuple(_array(array, inputs.arrays, rows) for array in inputs.arrays),
        applications=tuple(_applications(ordered)),
        actions=tuple(_open_actions(inputs)),
        next_due=tuple(next_due(rows)),
        rows=tuple(ordered),
    )
    return Covered(document, tuple(zip(members, rows, strict=True)))


def _open_actions(inputs: Inputs) -> list[OpenAction]:
    found = [
        OpenAction(
            fingerprint=each.fingerprint,
            status=each.status(inputs.written_at),
            cause=each.cause,
            subject=each.subject,
            array_global_id=each.array,
            owner=each.owner,
            due=each.accepted_until or each.due,
            opened_at=each.opened_at,
        )
        for each in inputs.actions
        if each.closed_at is None
    ]
    return sorted(found, key=lambda each: (STATUSES.index(each.status), each.due or "9", each.opened_at))


def _used(inputs: Inputs) -> PolicyUsed:
    policy = inputs.policy
    return PolicyUsed(
        path=inputs.policy_path,
        sha256=inputs.policy_sha256,
        period_seconds=int(policy.period.total_seconds()),
        warn_seconds=int(policy.warn.total_seconds()),
        rules=len(policy.rules),
        exclusions=len(policy.exclusions),
    )


def _records(inputs: Inputs) -> Records:
    folder = inputs.folder
    return Records(
        directory=inputs.directory,
        drills=len(folder.records),
        unfinished=folder.unfinished,
        not_in_the_chain=folder.not_in_the_chain,
    )


def _notes(found: Applied, inputs: Inputs) -> t.Iterator[str]:
    yield from found.notes
    folder = inputs.folder
    if folder.unfinished:
        yield (
            f"{len(folder.unfinished)} journals of drills that were cut off have no record: run stop_tests, which "
            "writes them."
        )
    if folder.records and not folder.has_chain:
        yield "The folder of the records has no chain, so nothing shows whether a record was changed or taken away."
    if folder.not_in_the_chain:
        yield (
            f"{len(folder.not_in_the_chain)} records are not in the chain of the folder, such as "
            f"{folder.not_in_the_chain[0]}, so nothing shows whether they were changed: add them with the playbook "
            "collect."
        )
    if not folder.records:
        yield f"No record of a drill is in {inputs.directory}."


def _order(row: Row) -> tuple[int, str, str, str]:
    return row.state.weight, row.application or "\uffff", row.on, row.called


def next_due(rows: t.Iterable[Row]) -> list[Row]:
    """The rows that are due next, overdue ones first."""
    due = [(row.due, row) for row in rows if row.due is not None and row.state not in NOT_COUNTED]
    return [row for _due, row in sorted(due, key=lambda each: (each[0], each[1].called))[:_NEXT]]


def _row(member: Member, rule: Rule | None, exclusion: Exclusion | None, inputs: Inputs) -> Row:
    current, policy = member.current, inputs.policy
    now = member.now or inputs.written_at
    period = (rule.period if rule else None) or policy.period
    sources = Sources(
        now=now,
        period=period,
        warn=policy.warn,
        not_read=member.not_read,
        seen=current.seen if current else None,
        is_destination=current.is_destination if current else True,
        can_be_tested=current.can_be_tested if current else True,
        tests=tuple(member.tests),
        unrecorded=tuple(
            each for each in member.unrecorded if each.at is None or each.at >= now - period or each.clone_id
        ),
        exclusion=exclusion,
        left_out=member.left_out,
    )
    good = sources.last_good
    if current and good:
        changes, missing = compared(current, good.as_tested, policy.significant)
        sources = replace(sources, changes=tuple(changes), not_compared=tuple(missing))
    found = because(sources)
    return Row(
        state=found[0].state,
        because=found,
        **_identity(member),
        **_belongs(member, rule),
        period_seconds=int(period.total_seconds()),
        due=sources.due,
        tests=sum(each.started for each in member.tests),
        last=sources.last,
        last_good=good.test if good else None,
        changes=sources.changes,
        not_compared=sources.not_compared,
        unrecorded=sources.unrecorded,
        exclusion=_excluded(sources) if exclusion else None,
    )


class _Identity(t.TypedDict):
    array: str | None
    array_global_id: str | None
    host: str | None
    session_id: str | None
    resource_type: str | None
    resource_name: str | None
    resource_id: str | None
    wwns: tuple[str, ...]
    remote_system: str | None


def _identity(member: Member) -> _Identity:
    """What the array shows; of a session that is not there, what its last record says."""
    last = member.tests[-1] if member.tests else None
    named, array = member.named, member.array
    seen = member.current.seen if member.current else None
    return {
        "array": (array.name if array else None) or (last.array_name if last else None),
        "array_global_id": (array.global_id if array else None) or (last.array_global_id if last else None) or None,
        "host": array.host if array else None,
        "session_id": named.session_id,
        "resource_type": named.resource_type,
        "resource_name": seen.resource_name if seen else last.resource_name if last else None,
        "resource_id": seen.resource_id if seen else last.resource_id if last else None,
        "wwns": tuple(sorted(member.current.wwns if member.current else last.wwns if last else ())),
        "remote_system": named.remote_system,
    }


class _Belongs(t.TypedDict):
    application: str | None
    tier: str | None
    owner: str | None


def _belongs(member: Member, rule: Rule | None) -> _Belongs:
    """By the policy; what it does not say, the last record that says it does. On one line, as the policy has it: one
    application is one, however its name is spaced."""
    tests = member.tests[::-1]
    application = next((each.application for each in tests if each.application), None) or ""
    tier = next((each.tier for each in tests if each.tier), None) or ""
    owner = next((each.owner for each in tests if each.owner), None) or ""
    return {
        "application": (rule.application if rule else None) or one_line(application) or None,
        "tier": (rule.tier if rule else None) or one_line(tier) or None,
        "owner": (rule.owner if rule else None) or one_line(owner) or None,
    }


def _excluded(sources: Sources) -> Excluded | None:
    given = sources.exclusion
    if given is None:
        return None
    return Excluded(
        reason=given.reason,
        owner=given.owner,
        approved_by=given.approved_by,
        expires=format_time(given.expires) or given.shown,
        alternative=given.alternative,
        expired=sources.exclusion_has_expired,
    )


def _array(array: ArrayNow, arrays: t.Sequence[ArrayNow], rows: t.Sequence[Row]) -> ArrayRead:
    double = is_double(array, arrays)
    own = [row for row in rows if row.host == array.host or (double and row.array_global_id == array.global_id)]
    read = array.why_not is None or double
    partial = next((each.not_read for each in array.sessions if each.not_read), None)
    otherwise = Coverage.TESTED if read else Coverage.NOT_READ  # an array without replication sessions
    return ArrayRead(
        host=array.host,
        name=array.name,
        global_id=array.global_id or None,
        release_version=array.release,
        read=read,
        read_at=array.read_at if read else None,
        why_not=array.why_not or partial,
        state=Coverage.worst((row.state for row in own), otherwise=otherwise),
        sessions=0 if double or not read else len(own),
    )


def _applications(rows: t.Sequence[Row]) -> list[Application]:
    found: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        if row.state is not Coverage.GONE:
            found[row.application].append(row)
    made = [_application(name, own) for name, own in found.items()]
    return sorted(made, key=lambda each: (each.application is None, each.state.weight, each.application or ""))


def _application(name: str | None, rows: t.Sequence[Row]) -> Application:
    counted = [row for row in rows if row.state not in NOT_COUNTED]
    tests = [row.last for row in counted if row.last]
    whole = len(tests) == len(counted) and bool(tests)
    good = [row.last_good.at for row in counted if row.last_good]
    return Application(
        application=name,
        tier=next((row.tier for row in rows if row.tier), None) if name else None,
        owner=next((row.owner for row in rows if row.owner), None) if name else None,
        state=Coverage.worst((row.state for row in rows), otherwise=Coverage.NOT_READ),
        verdict=Verdict.worst((each.verdict for each in tests), otherwise=Verdict.PASSED) if whole else None,
        sessions=len(rows),
        covered=sum(row.state.weight >= Coverage.DUE_SOON.weight for row in counted),
        arrays=tuple(dict.fromkeys(row.on for row in rows)),
        tested_since=min(good) if good and len(good) == len(counted) else None,
        due=min((row.due for row in counted if row.due), default=None),
        **measured_fields(*_measured(counted)),
    )


def _measured(rows: t.Sequence[Row]) -> tuple[Measured, Measured]:
    """RPO and RTO of an application: those of the last tests of all its sessions. A session without one has none."""
    tests = [row.last for row in rows]
    return Measured.together(map(rpo_of, tests)), Measured.together(map(rto_of, tests))


def rpo_of(test: Test | None) -> Measured:
    """The RPO of one test."""
    return Measured(test.rpo_seconds, test.rpo_objective_seconds, test.rpo_met) if test else Measured()


def rto_of(test: Test | None) -> Measured:
    """The RTO of one test."""
    return Measured(test.rto_seconds, test.rto_objective_seconds, test.rto_met) if test else Measured()
