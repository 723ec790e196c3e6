# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every kind of record has in common: who, when, what about, and the verdict with its reasons. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._errors import ProtocolError
from .._time import in_words, length, moved, parse_time
from .._version import VERSION
from .._words import Cause, Verdict
from .causes import Judgement, Reason, groups_of, of_input
from .clocks import TOLERANCE, Clocks
from .published import NEWEST
from .results import Cluster, ConditionSeen, SessionSeen
from .types import (
    Array,
    Awx,
    CauseGroup,
    ChainHead,
    Condition,
    Deviation,
    Exclusion,
    Identity,
    Population,
    Scope,
    Texts,
    Times,
    Versions,
    Volume,
    Who,
)

NOT_KNOWN: t.Final = "not known"


@dataclass(frozen=True)
class Context:
    """What a record says besides what was observed on the array."""

    title: str
    controller_user: str
    controller_host: str
    scenario: str | None = None
    change_ticket: str | None = None
    success_criteria: Texts = ()
    participants: Texts = ()
    approvers: Texts = ()
    awx: Awx | None = None
    array_host: str | None = None
    array_account: str | None = None
    filters: t.Mapping[str, object] | None = None
    exclusions: tuple[Exclusion, ...] = ()
    ansible_version: str = ""
    clock_skew_seconds: float | None = None
    run_id: str | None = None
    chain_before: ChainHead | None = None
    not_signed: str | None = None  # why the signature that was wanted could not be made
    not_chained: str | None = None  # which earlier records the chain of the folder should have, and has not


def of_clocks(clocks: Clocks) -> t.Iterator[Reason]:
    """Clocks that differ, and a clock that was set: times of the two cannot simply be compared."""
    if clocks.step is not None and abs(clocks.step) > TOLERANCE:
        text = (
            f"The array's or the controller's clock was set by {clocks.step:+.0f} s: times across it are not measured."
        )
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, Cause.CLOCK_STEPPED, text, subject="clocks")
    if clocks.skew is not None and abs(clocks.skew) > TOLERANCE:
        ahead = "ahead of" if clocks.skew > 0 else "behind"
        text = f"The array's clock is {in_words(length(abs(clocks.skew)))} {ahead} the controller's."
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, Cause.CLOCK_SKEWED, text, subject="clocks")


def of_exclusions(context: Context, at: datetime | None) -> t.Iterator[Reason]:
    """What is left out longer than was agreed. It still is, as an exclusion protects; somebody has to know it."""
    for left_out in context.exclusions:
        try:
            expired = _expiry(left_out.expires)
        except ProtocolError:
            yield from of_input([f"exclusions.expires is {left_out.expires!r}: expected a day such as 2026-12-31"])
            continue
        if expired is not None and at is not None and expired <= at:
            name = left_out.resource_name or left_out.session_id or NOT_KNOWN
            owner = f" Its owner is {left_out.owner}." if left_out.owner else ""
            text = f"{name} is left out by an exclusion that expired on {left_out.expires}.{owner}"
            yield Reason(Verdict.PASSED_WITH_DEVIATIONS, Cause.EXCLUSION_EXPIRED, text, subject=name, check=name)


def _of_protection(context: Context) -> t.Iterator[Reason]:
    """What is missing of the protection against later change."""
    for text, cause, subject in (
        (context.not_signed, Cause.NOT_SIGNED, "signature"),
        (context.not_chained, Cause.NOT_CHAINED, "chain"),
    ):
        if text:
            yield Reason(Verdict.PASSED_WITH_DEVIATIONS, cause, text, subject=subject)


def _expiry(text: str | None) -> datetime | None:
    """The end of a day, or a time; None where there is none. Raises ProtocolError. Until it is over, no day is past."""
    moment = parse_time(text)
    is_day = moment and text and len(text) == len("2026-12-31")
    return moved(moment, 86400) or moment if moment and is_day else moment  # the last day of all has no next one


class Envelope(t.TypedDict):
    """The fields of `types.Record`."""

    schema_version: str
    drill: Identity
    array: Array
    times: Times
    who: Who
    scope: Scope
    verdict: Verdict
    reasons: Texts
    deviations: tuple[Deviation, ...]
    versions: Versions
    causes: tuple[CauseGroup, ...]
    run_id: str | None
    chain_before: ChainHead | None


def envelope(
    record_id: str,
    context: Context,
    cluster: Cluster,
    looks: t.Sequence[datetime | None],
    judgement: Judgement,
    written_at: datetime,
    *,
    clocks: Clocks,
    selected_by: t.Literal["sessions", "filters", "all"],
    population: Population | None = None,
) -> Envelope:
    """The part of a record that all kinds share. ``looks``: the array's time at each look at it, oldest first."""
    judgement = Judgement((*judgement.reasons, *_of_protection(context)))
    deviations = judgement.deviations(cluster.global_id)
    return {
        "schema_version": NEWEST,
        "drill": Identity(
            id=record_id,
            title=context.title,
            scenario=context.scenario,
            change_ticket=context.change_ticket,
            success_criteria=context.success_criteria,
        ),
        "array": Array(
            host=context.array_host,
            name=cluster.name,
            global_id=cluster.global_id,
            release_version=cluster.release_version,
        ),
        "times": _times([look for look in looks if look], written_at, clocks),
        "who": _who(context),
        "scope": Scope(
            selected_by=selected_by, filters=context.filters, exclusions=context.exclusions, population=population
        ),
        "verdict": judgement.verdict,
        "reasons": judgement.causes,
        "deviations": deviations,
        "causes": groups_of(deviations),
        "run_id": context.run_id,
        "chain_before": context.chain_before,
        "versions": Versions(
            collection=VERSION, ansible_core=context.ansible_version, powerstoreos=cluster.release_version
        ),
    }


def _times(looks: t.Sequence[datetime], written_at: datetime, clocks: Clocks) -> Times:
    return Times(
        started_at=looks[0] if looks else None,
        finished_at=looks[-1] if looks else None,
        written_at=written_at,
        clock_skew_seconds=clocks.skew,
        written_by_array=clocks.by_array(written_at),
        duration_seconds=clocks.seconds(looks[0], looks[-1]) if looks else None,
        clock_step_seconds=clocks.step,
        clocks=clocks.looks,
    )


def _who(context: Context) -> Who:
    return Who(
        controller_user=context.controller_user,
        controller_host=context.controller_host,
        awx=context.awx,
        array_account=context.array_account,
        participants=context.participants,
        approvers=context.approvers,
    )


def condition(entry: ConditionSeen | None, read_at: datetime | None) -> Condition | None:
    """A session as it was read, reduced to what a record keeps."""
    if entry is None:
        return None
    volumes = entry.volumes if isinstance(entry, SessionSeen) else ()
    return Condition(
        read_at=read_at,
        state=entry.state or NOT_KNOWN,
        role=entry.role or NOT_KNOWN,
        failover_test_in_progress=entry.failover_test_in_progress,
        last_sync_timestamp=entry.last_sync_timestamp,
        volumes=None
        if volumes is None
        else tuple(
            Volume(
                id=volume.id or NOT_KNOWN,
                name=volume.name or volume.id or NOT_KNOWN,
                state=volume.state,
                wwn=volume.wwn,
                size=volume.size,
                hosts=volume.hosts,
            )
            for volume in volumes
        ),
    )
