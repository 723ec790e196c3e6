# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a drill as types: policy, objectives, steps, clean-up, and the drill before. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated as Said

from .._words import CleanUp, Kind, Phase, StepResult, Verdict
from .drill_session_types import DrillSession, Validation
from .envelope_types import Array, Record, Texts
from .session_types import Failure
from .typed import Says
from .witness_types import Witness


@dataclass(frozen=True, kw_only=True)
class SyncedSession:
    """One session that was synchronised; times are by the production array's clock."""

    session_id: Said[str | None, Says("Its id on the production array.", since="1.1")]
    resource_name: Said[str | None, Says("The resource on the production array.", since="1.1")]
    resource_id: Said[str | None, Says("Its id there.", since="1.1")]
    action: Said[str, Says("synchronised, none, failed or not_attempted.", since="1.1")]
    failed: Said[bool, Says("Whether no fresh synchronisation was confirmed.", since="1.1")]
    job_id: Said[str | None, Says("The job of the production array.", since="1.1")]
    started_at: Said[datetime | None, Says("When it was sent.", since="1.1")]
    finished_at: Said[datetime | None, Says("When the array showed the new recovery point.", since="1.1")]
    duration_seconds: Said[float | None, Says("Between the two.", since="1.1")]
    failure: Said[Failure | None, Says("", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Synchronisation:
    """The synchronisation that the drill asked the production array for, before the start."""

    array: Said[Array, Says("The production array.", since="1.1")]
    sessions: Said[tuple[SyncedSession, ...], Says("What came of each session.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class RtoParts:
    """What the recovery time of a drill was spent on. The parts add up to it."""

    array_seconds: Said[float, Says("The array's operations.", since="1.1")]
    steps_seconds: Said[float, Says("The user's attach steps and checks, by their own clock.", since="1.1")]
    waiting_seconds: Said[float, Says("Pauses between waves, and people.", since="1.1")]
    tool_seconds: Said[float, Says("Everything else: what Ansible and this collection add.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class DrillRto:
    """The recovery time of the drill as a whole: from the first start being sent to the last critical check passed."""

    objective_seconds: Said[int | None, Says("RTO.", since="1.1")]
    actual_seconds: Said[float | None, Says("The recovery time; null where there is none.", since="1.1")]
    met: Said[bool | None, Says("Null where not measured or no objective was given.", since="1.1")]
    reason: Said[str | None, Says("Why there is no recovery time.", since="1.1")]
    parts: Said[RtoParts | None, Says("", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step, done or not."""

    phase: Said[Phase, "The phase it belongs to."]
    name: Said[str, "What was done."]
    wave: Said[int | None, "The wave it belongs to, from 1."] = None
    session_ids: Said[Texts, "The sessions it is about; empty for all of the drill."] = ()
    clock: Said[t.Literal["array", "controller"], "Whose clock the times are from."]
    started_at: Said[datetime | None, "Begin."] = None
    finished_at: Said[datetime | None, "End."] = None
    result: Said[StepResult, "What came of it."]
    reason: Said[str | None, "Why it failed or was not executed."] = None


@dataclass(frozen=True, kw_only=True)
class Cleanup:
    """Whether everything returned to normal, no matter what the verdict of the drill is."""

    verdict: Said[CleanUp, "held: left running on purpose; not_needed: no test was started."]
    not_confirmed_stopped: Said[Texts, "Ids of sessions whose stop the array did not confirm."]
    held: Said[Texts, "Ids of sessions that were left running on purpose."]
    not_as_before: Said[Texts, "Ids of sessions that changed."]
    left_alone: Said[
        Texts, Says("Ids of sessions that were failed over, gone or in somebody else's test by then.", since="1.1")
    ] = ()


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What was declared before the run."""

    on_partial_failure: Said[
        t.Literal["stop_all", "continue", "hold"], "When something cannot be started or fails."
    ] = "stop_all"
    end_of_test_snapshot: Said[t.Literal["none", "all", "failed"], "For which sessions what was written is kept."] = (
        "none"
    )
    synchronise_first: Said[bool, "Whether a fresh synchronisation was asked for before the start."] = False
    adopt_running: Said[bool, "Whether tests of the same account that ran already were taken over."] = False
    storage_only: Said[
        bool | None, Says("Whether the drill was meant to have no check of an application.", since="1.1")
    ] = None
    witness: Said[
        t.Literal["off", "optional", "required"] | None,
        Says("Whether the drill is compared with the array's own logs.", since="1.1"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Objectives:
    """The objectives of the drill as a whole; each session has its own."""

    rpo_seconds: Said[int | None, "RPO instead of the replication rules'."]
    rto_seconds: Said[int | None, "RTO."]
    rto_formula: Said[str, "What is measured as the RTO, and by which clocks."]
    recovery_point_formula: Said[str, "What is taken for the recovery point."]
    rto_regression_percent: Said[
        int | None,
        Says(
            "A recovery time that is longer than last time by more than this, and by more than 30 s, is a deviation; "
            "null where times are not compared.",
            since="1.1",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Previous:
    """The drill before: the last one in the folder of the records that started a test on one of these sessions."""

    id: Said[str, Says("Its id.", since="1.1")]
    at: Said[datetime | None, Says("When it began.", since="1.1")]
    verdict: Said[Verdict, Says("Its verdict.", since="1.1")]
    cleanup: Said[CleanUp, Says("The verdict of its clean-up.", since="1.1")]
    file: Said[str, Says("Its file, in the folder of this record.", since="1.1")]
    sha256: Said[str, Says("SHA-256 of that file.", since="1.1")]
    in_common: Said[int, Says("How many sessions are in both.", since="1.1")]
    left_out_now: Said[Texts, Says("Names of sessions that were in it and are not in this one.", since="1.1")]
    rto_seconds: Said[float | None, Says("The recovery time of that drill as a whole.", since="1.1")]
    rto_delta_seconds: Said[
        float | None,
        Says(
            "That of this drill less it; null where one was not measured, or the two had other sessions.", since="1.1"
        ),
    ]
    rto_delta_percent: Said[float | None, Says("The same as a part of the time before.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class CarriedOver:
    """A deviation of an earlier drill that somebody takes care of, as actions.jsonl beside the records has it."""

    fingerprint: Said[str, Says("That of the deviation.", since="1.1")]
    status: Said[
        t.Literal["open", "overdue", "accepted", "recurred"],
        Says("accepted: its risk is accepted; recurred: it was closed, and this drill shows it again.", since="1.1"),
    ]
    cause: Said[str | None, Says("Its cause.", since="1.1")]
    subject: Said[str | None, Says("What it is about.", since="1.1")]
    session_id: Said[str | None, Says("The session it is about.", since="1.1")]
    opened_at: Said[datetime, Says("When it was opened, the last time.", since="1.1")]
    opened_in: Said[str | None, Says("Id of the record that it was opened by.", since="1.1")]
    closed_at: Said[datetime | None, Says("When it was closed.", since="1.1")]
    owner: Said[str | None, Says("Who takes care of it.", since="1.1")]
    due: Said[str | None, Says("Until when, a day.", since="1.1")]
    accepted_until: Said[str | None, Says("Until when its risk is accepted, a day.", since="1.1")]
    comment: Said[str | None, Says("What was said of it last.", since="1.1")]
    seen: Said[
        bool | None,
        Says("Whether this drill shows it, too; null where the drill is not about its session.", since="1.1"),
    ]


@dataclass(frozen=True, kw_only=True)
class NotReadable:
    """An older record that could not be compared with."""

    file: Said[str, Says("Its file, in the folder of this record.", since="1.1")]
    why: Said[str, Says("Why it could not be read.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Interruption:
    """The failure that ended the drill early."""

    task: Said[str, "The task."]
    message: Said[str, "What it said."]


@dataclass(frozen=True, kw_only=True)
class Guards:
    """When the drill was allowed to run, and how long, by the controller's clock; null where nothing limited it."""

    window: Said[str | None, Says("The window in which drills may run.", since="1.1")] = None
    freezes: Said[
        Texts, Says("Freezes that the drill could have reached: from when to when, and why.", since="1.1")
    ] = ()
    planned_seconds: Said[
        int | None, Says("The longest duration, after which the drill goes to its stop by itself.", since="1.1")
    ] = None
    planned_end: Said[datetime | None, Says("When that is.", since="1.1")] = None
    actual_seconds: Said[
        float | None,
        Says("How long it took, the stop and its proof included; null where its end is not known.", since="1.1"),
    ] = None
    overran: Said[bool | None, Says("Whether it was ended as it took too long.", since="1.1")] = None


@dataclass(frozen=True, kw_only=True)
class DrillRecord(Record):
    """A drill."""

    kind: Said[t.Literal[Kind.DRILL], "Kind of record."] = Kind.DRILL
    policy: Policy
    objectives: Objectives
    cleanup: Cleanup
    sessions: Said[tuple[DrillSession, ...], "The sessions, in the order asked."]
    validations: Said[tuple[Validation, ...], "The checks that are about the drill as a whole."]
    steps: Said[tuple[Step, ...], "Everything that was done, and what was not, in order."]
    interruption: Interruption | None
    rto: Said[DrillRto | None, Says("", since="1.1")] = None
    synchronisation: Said[
        Synchronisation | None, Says("Null where none was asked for, or the drill ended before it.", since="1.1")
    ] = None
    previous: Said[Previous | None, Says("Null where there is no drill before.", since="1.1")] = None
    carried_over: Said[
        tuple[CarriedOver, ...], Says("What was open from earlier drills of this array, the worst first.", since="1.1")
    ] = ()
    not_readable: Said[
        tuple[NotReadable, ...], Says("Older records that could not be compared with.", since="1.1")
    ] = ()
    witness: Said[Witness | None, Says("", since="1.1")] = None
    guards: Said[Guards | None, Says("", since="1.1")] = None

    @property
    def all_validations(self) -> tuple[Validation, ...]:
        """The validations of the drill as a whole and of its sessions."""
        return (*self.validations, *(check for session in self.sessions for check in session.validations))
