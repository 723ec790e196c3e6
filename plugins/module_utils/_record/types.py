# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record as types: everything from the files ``*_types``, and which type each kind of record has."""

from __future__ import annotations

import typing as t

from .._json import Json
from .._words import Kind, Phase, StepResult
from .drill_session_types import (
    Attachment,
    Change,
    Difference,
    DrillSession,
    DrTestClone,
    FailoverBlocked,
    ReplicationRpo,
    ReturnToNormal,
    Rto,
    Validation,
)
from .drill_types import (
    CarriedOver,
    Cleanup,
    DrillRecord,
    DrillRto,
    Guards,
    Interruption,
    NotReadable,
    Objectives,
    Policy,
    Previous,
    RtoParts,
    Step,
    SyncedSession,
    Synchronisation,
)
from .envelope_types import (
    Array,
    Awx,
    AwxApproval,
    CauseGroup,
    ChainHead,
    ClockLook,
    Deviation,
    Exclusion,
    Identity,
    NotPassed,
    Population,
    Record,
    Scope,
    Texts,
    Times,
    Versions,
    Who,
)
from .readiness_types import PlannedStep, ReadinessRecord, ReadinessSession, WouldBe
from .run_types import RunApplication, RunMember, RunRecord, RunSession
from .session_types import (
    AsFound,
    Condition,
    Failure,
    Finding,
    KeptSnapshot,
    Operation,
    RecoveryPoint,
    Session,
    Snapshot,
    Volume,
)
from .stop_types import AbortRecord, AbortSession, NotJudged, SweepRecord, SweepSession
from .typed import read
from .witness_types import WitnessRecord

__all__ = [
    "BY_KIND",
    "WORDS_SINCE",
    "AbortRecord",
    "AbortSession",
    "AnyRecord",
    "Array",
    "AsFound",
    "Attachment",
    "Awx",
    "AwxApproval",
    "CarriedOver",
    "CauseGroup",
    "ChainHead",
    "Change",
    "Cleanup",
    "ClockLook",
    "Condition",
    "Deviation",
    "Difference",
    "DrTestClone",
    "DrillRecord",
    "DrillRto",
    "DrillSession",
    "Exclusion",
    "FailoverBlocked",
    "Failure",
    "Finding",
    "Guards",
    "Identity",
    "Interruption",
    "KeptSnapshot",
    "NotJudged",
    "NotPassed",
    "NotReadable",
    "Objectives",
    "Operation",
    "PlannedStep",
    "Policy",
    "Population",
    "Previous",
    "ReadinessRecord",
    "ReadinessSession",
    "Record",
    "RecoveryPoint",
    "ReplicationRpo",
    "ReturnToNormal",
    "Rto",
    "RtoParts",
    "RunApplication",
    "RunMember",
    "RunRecord",
    "RunSession",
    "Scope",
    "Session",
    "Snapshot",
    "Step",
    "SweepRecord",
    "SweepSession",
    "SyncedSession",
    "Synchronisation",
    "Texts",
    "Times",
    "Validation",
    "Versions",
    "Volume",
    "Who",
    "WitnessRecord",
    "WouldBe",
    "record_from_json",
]

# Words that an enumeration has since a later version than 1.0.
WORDS_SINCE: t.Final[t.Mapping[tuple[type, str], str]] = {
    (StepResult, "held"): "1.1",
    (Kind, "sweep"): "1.1",
    (Kind, "run"): "1.1",
    (Kind, "witness"): "1.1",
    (Phase, "witness"): "1.1",
}


AnyRecord: t.TypeAlias = "DrillRecord | ReadinessRecord | AbortRecord | SweepRecord | RunRecord | WitnessRecord"
BY_KIND: t.Final[
    t.Mapping[
        Kind,
        type[DrillRecord]
        | type[ReadinessRecord]
        | type[AbortRecord]
        | type[SweepRecord]
        | type[RunRecord]
        | type[WitnessRecord],
    ]
] = {
    Kind.DRILL: DrillRecord,
    Kind.READINESS: ReadinessRecord,
    Kind.ABORT: AbortRecord,
    Kind.SWEEP: SweepRecord,
    Kind.RUN: RunRecord,
    Kind.WITNESS: WitnessRecord,
}


def record_from_json(data: Json) -> AnyRecord:
    """A record of any kind, from JSON that its schema accepts (see `reading.read_record`).

    Raises ValueError, which names the places, for anything else.
    """
    notes: list[str] = []
    cls = BY_KIND.get(Kind(data["kind"])) if data.get("kind") in set(Kind) else None
    record = read(cls, data, "record", notes) if cls else None
    if notes or record is None:
        raise ValueError("; ".join(notes) or f"record.kind is {data.get('kind')!r:.80}")
    return record
