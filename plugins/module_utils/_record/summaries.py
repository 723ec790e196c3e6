# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person at a terminal reads of a record, at most 120 columns wide with what Ansible puts round it. Pure.

Every table has the verdict first and times in words; problems are shown before the rest.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from .._terminal import Column, compared, fitted, longer, mark, span, table
from .._time import format_time
from .._words import Changed, Severity, Verdict, WitnessVerdict
from .types import (
    AbortRecord,
    AbortSession,
    AnyRecord,
    DrillRecord,
    DrillSession,
    Finding,
    ReadinessRecord,
    ReadinessSession,
    RunRecord,
    Session,
    SweepRecord,
    SweepSession,
    WitnessRecord,
)
from .witness import of_unclaimed
from .witness_types import Claim, Witness

_NAMED = 5  # records that cannot be read
_MOST = 40  # sessions, checks and reasons that a person reads at a terminal; the rest is in the record
_KINDS: t.Final[t.Mapping[str, str]] = {
    "volume": "volume",
    "volume_group": "volume group",
    "replication_group": "vVol group",
    "nas_server": "NAS server",
    "file_system": "file system",
}
_WORDS: t.Final[t.Mapping[Verdict, str]] = {
    verdict: verdict.value.replace("passed_with_deviations", "deviations") for verdict in Verdict
}
S = t.TypeVar("S", bound=Session)


def summary(record: AnyRecord, path: str) -> list[str]:
    """The lines of a record, the verdict and the file at their end."""
    lines = _of_kind(record)
    return [
        *fitted([_title(record), ""]),
        *lines,
        *fitted(_population(record)),
        f"Record: {path}",
    ]  # a path is never broken: it is there to be copied


def _of_kind(record: AnyRecord) -> list[str]:
    if isinstance(record, DrillRecord):
        return _drill(record)
    if isinstance(record, ReadinessRecord):
        return _readiness(record)
    if isinstance(record, AbortRecord):
        return _abort(record)
    if isinstance(record, WitnessRecord):
        return _witness(record)
    return _sweep(record) if isinstance(record, SweepRecord) else _run(record)


def _title(record: AnyRecord) -> str:
    array = record.array
    begun = format_time(record.times.started_at) or "not read"
    name, release = array.name or array.host or "array", array.release_version or "not known"
    return f"{record.drill.title}  ({name}, PowerStoreOS {release}, {begun})"


def _population(record: AnyRecord) -> t.Iterator[str]:
    """How much of the array the record is about."""
    known = record.scope.population
    if known:
        yield (
            f"Population: {known.destinations} sessions have this array as their destination, {known.testable} of them "
            f"can be tested. In scope {known.in_scope}, left out on purpose {known.excluded}, "
            f"not selected {known.not_selected}."
        )


def _resource(session: Session) -> str:
    kind = _KINDS.get(session.resource_type or "", "session")
    return f"{kind} {session.resource_name or session.resource_id or session.session_id or '-'}"


def _chosen(sessions: t.Sequence[S]) -> tuple[list[S], list[str]]:
    """Of many sessions those first that did not pass, and a line for those that are not shown."""
    if len(sessions) <= _MOST:
        return list(sessions), []
    worst = sorted(sessions, key=lambda session: session.verdict.weight)
    return worst[:_MOST], [f"and {len(sessions) - _MOST} more, in the record"]


def _counted(lines: t.Sequence[str]) -> list[str]:
    more = [f"  - and {len(lines) - _MOST} more, in the record"] if len(lines) > _MOST else []
    return [*lines[:_MOST], *more]


_DRILL: t.Final = (
    Column("Verdict", 10), Column("Session", 28), Column("Storage after", 13), Column("In test", 11),
    Column("Recovery point / RPO", 21), Column("RTO / objective", 17), Column("Stop", 13),
)  # fmt: skip


def _drill(record: DrillRecord) -> list[str]:
    shown, more = _chosen(record.sessions)
    checks = [check for check in record.all_validations if check.kind != "array"]
    return [
        *_drill_table(record, shown),
        *more,
        "",
        *fitted(_counted([f"{mark(check.passed)} {check.name}: {check.observed}" for check in checks])),
        "",
        *fitted(_recovery(record)),
        *fitted(_last_time(record)),
        *(fitted([witnessed(record.witness), *_not_witnessed(record.witness)]) if record.witness else []),
        f"Verdict: {record.verdict.value}   Clean-up: {record.cleanup.verdict.value}",
        *fitted(_counted([f"  - {reason}" for reason in record.reasons])),
    ]


_SINCE: t.Final = (
    Column("Verdict", 10), Column("Last time", 13), Column("Session", 23), Column("In test", 8),
    Column("Recovery point / RPO", 20), Column("RTO / objective", 15), Column("Stop", 13),
)  # fmt: skip


def _drill_table(record: DrillRecord, shown: t.Sequence[DrillSession]) -> list[str]:
    """With a drill before, what changed since stands beside the verdict, and the array's own time is in the report."""
    if record.previous is None:
        return table(_DRILL, map(_drill_row, shown))
    rows = [(row[0], _change(session), row[1], *row[3:]) for session in shown for row in [_drill_row(session)]]
    return table(_SINCE, rows)


def _change(session: DrillSession) -> str:
    return session.change.what.word if session.change else "-"


def _last_time(record: DrillRecord) -> t.Iterator[str]:
    """What changed since the drill before, and which older records could not be read."""
    last = record.previous
    if last:
        counted = Counter(session.change.what for session in record.sessions if session.change)
        said = [f"{counted[what]} {what.word}" for what in Changed if counted[what]]
        said += [f"{len(last.left_out_now)} not in this drill"] if last.left_out_now else []
        yield f"Last time ({format_time(last.at)}, {last.verdict.value}): {', '.join(said)}. Record: {last.file}"
    if last and last.rto_delta_seconds is not None:
        yield f"  RTO of the drill then: {span(last.rto_seconds)}, now {longer(last.rto_delta_seconds)}."
    for each in record.not_readable[:_NAMED]:
        yield f"Not compared with {each.file}: {each.why}"
    if len(record.not_readable) > _NAMED:
        yield f"Not compared with {len(record.not_readable) - _NAMED} other records that cannot be read."


def _recovery(record: DrillRecord) -> t.Iterator[str]:
    """The recovery time of the drill as a whole, and what it was spent on."""
    objective = record.objectives.rto_seconds
    said = "none given" if objective is None else span(objective)
    yield f"RTO objective: {said}"
    rto = record.rto
    if rto is None:
        return
    yield f"RTO of the drill: {span(rto.actual_seconds) if rto.actual_seconds is not None else rto.reason or '-'}"
    if rto.parts:
        parts = rto.parts
        yield (
            f"  array {span(parts.array_seconds)}, steps {span(parts.steps_seconds)}, waiting "
            f"{span(parts.waiting_seconds)}, tool {span(parts.tool_seconds)}"
        )


def _drill_row(session: DrillSession) -> list[str]:
    point, rto = session.recovery_point, session.rto
    return [
        _WORDS[session.verdict],
        _resource(session),
        span(rto.storage_accessible_seconds),
        span(session.seconds_in_test),
        f"snapshot, {span(point.age_seconds)}" if point.of == "snapshot" else _rpo(session),
        f"failed / {span(rto.objective_seconds)}"
        if rto.met is False and rto.actual_seconds is None
        else compared(rto.actual_seconds, rto.objective_seconds),
        _stopped(session),
    ]


def _rpo(session: Session) -> str:
    return compared(session.recovery_point.age_seconds, session.recovery_point.objective_seconds)


def _stopped(session: DrillSession) -> str:
    normal = session.return_to_normal
    if normal is None:
        return "not started"
    if normal.left_alone:
        return "LEFT ALONE"
    return "confirmed" if normal.stop_confirmed else "HELD" if normal.held else "NOT CONFIRMED"


_READINESS: t.Final = (
    Column("Ready", 5), Column("Would be", 10), Column("Session", 8), Column("Resource", 22), Column("Role", 11),
    Column("State", 12), Column("Age / RPO", 17), Column("First blocker", 16),
)  # fmt: skip


def _readiness(record: ReadinessRecord) -> list[str]:
    sessions = record.sessions
    if record.scope.selected_by != "sessions":  # those that were asked for stay in the order asked
        sessions = tuple(sorted(sessions, key=lambda session: (session.resource_name or "").casefold()))
    ready = sum(session.ready for session in sessions)
    return [
        *(table(_READINESS, map(_readiness_row, sessions)) if sessions else fitted(record.reasons)),
        "",
        *fitted(_findings(sessions)),
        *_expected(record),
        f"Verdict: {record.verdict.value}. Ready for a failover test: {ready} of {len(sessions)} sessions.",
    ]


def _expected(record: ReadinessRecord) -> list[str]:
    """What a drill would come to, and why it would not pass."""
    expected = record.would_be
    if expected is None:
        return []
    lines = [f"A drill would be {expected.verdict.value}, if everything stayed as it is and every check passed."]
    return fitted([*lines, *_counted([f"  - {reason}" for reason in expected.reasons])])


def _readiness_row(session: ReadinessSession) -> list[str]:
    before = session.before
    blockers = [finding.id for finding in session.findings if finding.severity is Severity.BLOCKER]
    warnings = sum(finding.severity is Severity.WARNING for finding in session.findings)
    noted = f"({warnings} warning{'s' if warnings > 1 else ''})" if warnings else "-"
    return [
        "yes" if session.ready else "NO",
        _WORDS[session.would_be.verdict] if session.would_be else "-",
        (session.session_id or "-")[:8],
        _resource(session),
        before.role if before else "-",
        before.state if before else "-",
        _rpo(session),
        blockers[0] if blockers else noted,
    ]


def _findings(sessions: t.Sequence[Session]) -> t.Iterator[str]:
    """Every finding in full, those of one kind together: what it means and what to do is said once."""
    found: dict[tuple[Severity, str], list[Finding]] = {}
    for session in sessions:
        for finding in session.findings:
            found.setdefault((finding.severity, finding.id), []).append(finding)
    for (severity, rule_id), findings in sorted(found.items(), key=lambda group: group[0][0].weight):
        yield f"{severity.upper()} {rule_id}"
        yield from (f"  - {finding.message}" for finding in findings)
        yield f"  Impact: {findings[0].impact}"
        yield f"  What to do: {findings[0].resolution}"
        yield ""


_ABORT: t.Final = (
    Column("Can fail over", 13), Column("Resource", 28), Column("Test found", 24), Column("Stop", 14),
    Column("Copy's age", 14),
)  # fmt: skip


def _abort(record: AbortRecord) -> list[str]:
    shown, more = _chosen(record.sessions)
    ready, taken = sum(session.failover_ready for session in record.sessions), record.seconds_to_failover_ready
    return [
        *(table(_ABORT, map(_abort_row, shown)) if shown else []),
        *more,
        "",
        f"{ready} of {len(record.sessions)} sessions can be failed over{f', after {span(taken)}' if taken else ''}.",
        f"{sum(session.test_found for session in record.sessions)} failover tests were found.",
        f"Verdict: {record.verdict.value}",
        *fitted(_counted([f"  - {reason}" for reason in record.reasons])),
    ]


def _abort_row(session: AbortSession) -> list[str]:
    stop = session.stop
    return [
        {True: "yes", False: "NO", None: "NOT KNOWN"}[session.known_ready],
        _resource(session),
        f"by {session.started_by or 'an unknown account'}" if session.test_found else "no",
        "-" if stop is None else "FAILED" if stop.failed else stop.action.replace("_", " "),
        span(session.recovery_point.age_seconds),
    ]


_SWEEP: t.Final = (
    Column("Now", 12), Column("Resource", 28), Column("Started by", 20), Column("Running for", 12),
    Column("Overdue", 7), Column("Decision", 10),
)  # fmt: skip


def _sweep(record: SweepRecord) -> list[str]:
    found = [session for session in record.sessions if session.test_found]
    shown, more = _chosen(found)
    known = "As far as it could be read: " if record.verdict is Verdict.INCOMPLETE else ""
    return [
        *(table(_SWEEP, map(_sweep_row, shown)) if shown else []),
        *more,
        "",
        f"{known}{record.tests_found} failover tests were found, {len(record.overdue_left)} overdue ones are left.",
        f"Verdict: {record.verdict.value}",
        *fitted(_counted([f"  - {reason}" for reason in record.reasons])),
    ]


def _sweep_row(session: SweepSession) -> list[str]:
    now = {True: "RUNNING", False: "over", None: "NOT KNOWN"}[session.still_running]
    return [
        now,
        _resource(session),
        session.started_by or "not known",
        span(session.age_seconds),
        "yes" if session.overdue else "no",
        session.decision or "-",
    ]


_RUN: t.Final = (Column("Verdict", 10), Column("Array", 30), Column("Kind", 10), Column("Clean-up", 12))
_APPLICATIONS: t.Final = (Column("Verdict", 10), Column("Application", 30), Column("Tier", 12), Column("Sessions", 8))


def _run(record: RunRecord) -> list[str]:
    rows = [
        [
            _WORDS[each.verdict],
            each.array or "-",
            each.kind.value,
            each.cleanup.value.replace("_", " ") if each.cleanup else "-",
        ]
        for each in record.members
    ]
    own = [
        [_WORDS[each.verdict], each.application, each.tier or "-", str(each.sessions)] for each in record.applications
    ]
    return [
        *(table(_RUN, rows) if rows else []),
        *(["", *table(_APPLICATIONS, own)] if own else []),
        "",
        f"Verdict: {record.verdict.value}",
        *fitted(_counted([f"  - {reason}" for reason in record.reasons])),
    ]


_CLAIMS: t.Final = (
    Column("The array's logs", 16), Column("Operation", 9), Column("Resource", 28), Column("Began", 24),
    Column("By", 18), Column("From", 15),
)  # fmt: skip


def _witness(record: WitnessRecord) -> list[str]:
    return [
        *fitted([f"Compared: {record.record_file} of verdict {record.record_verdict.value}"]),
        *witness_lines(record.witness),
        f"Verdict: {record.verdict.value}",
    ]


def witnessed(witness: Witness) -> str:
    """What the array's own logs say, in a sentence."""
    logs = " and ".join(witness.by) or "no log"
    count = f"{witness.count(WitnessVerdict.CORROBORATED)} of {len(witness.claims)} starts and stops"
    return f"Array's own logs ({logs}): {witness.verdict.value}, {count}; asked as {witness.account or 'not known'}"


def _not_witnessed(witness: Witness) -> list[str]:
    return [f"Not witnessed: {each}" for each in witness.not_witnessed]


def witness_lines(witness: Witness) -> list[str]:
    """Every claim that is not corroborated, else some that are; what is not in the record; and the verdict."""
    order = sorted(witness.claims, key=lambda claim: claim.verdict.weight)
    odd = [claim for claim in order if claim.verdict is not WitnessVerdict.CORROBORATED]
    shown = order[: max(_MOST, 1)]
    more = [f"and {len(order) - len(shown)} more"] if len(order) > len(shown) else []
    others = sum(not each.contradicts for each in witness.not_in_the_record)
    lines = [
        *(f"  - {claim.resource_name or claim.session_id}: {' '.join(claim.differences)}" for claim in odd),
        *(f"  - {of_unclaimed(each)}" for each in witness.contradictions),
        *([f"Other starts and stops in that time, which the record need not have: {others}"] if others else []),
        *([f"Not compared: {witness.why_unavailable}"] if witness.why_unavailable else []),
        *_not_witnessed(witness),
        witnessed(witness),
    ]
    return [*(table(_CLAIMS, map(_claim_row, shown)) if shown else []), *more, "", *fitted(lines)]


def _claim_row(claim: Claim) -> list[str]:
    array = claim.array
    word = claim.verdict.value
    return [
        word.upper() if claim.verdict is WitnessVerdict.CONTRADICTED else word,
        claim.operation.partition("_")[0],
        claim.resource_name or claim.session_id,
        (format_time(array.start) if array else None) or "-",
        (array.user if array else None) or "-",
        (array.client_address if array else None) or "-",
    ]
