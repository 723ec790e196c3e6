# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record as types, each field with what it says: schema, documentation, builders and readers come from here.

Every field is always there in JSON; None is null and says that something was not measured, is not known or does not
apply. Durations are seconds, sizes bytes, times UTC. A field that is added says the version of the schema that first
had it (``Says(text, since="1.1")``); it can be None or an empty list, which is what a record of an older version has.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated as Said

from .._json import Json
from .._words import Changed, CleanUp, Kind, Phase, Severity, StepResult, Verdict
from .typed import Says, as_json, read
from .witness_types import Witness

Texts = tuple[str, ...]
NotPassed = t.Literal[Verdict.FAILED, Verdict.ABORTED, Verdict.INCOMPLETE, Verdict.PASSED_WITH_DEVIATIONS]
# Words that an enumeration has since a later version than 1.0.
WORDS_SINCE: t.Final[t.Mapping[tuple[type, str], str]] = {
    (StepResult, "held"): "1.1",
    (Kind, "sweep"): "1.1",
    (Kind, "run"): "1.1",
    (Kind, "witness"): "1.1",
    (Phase, "witness"): "1.1",
}


@dataclass(frozen=True, kw_only=True)
class AwxApproval:
    """An approval of the workflow that the job is a part of, as AWX has it."""

    name: Said[str | None, Says("Name of the approval.", since="1.1")] = None
    decision: Said[str | None, Says("approved, denied, timed out, canceled or not answered.", since="1.1")] = None
    by: Said[str | None, Says("Who decided; null where nobody did.", since="1.1")] = None
    at: Said[datetime | None, Says("When, by the clock of AWX.", since="1.1")] = None


@dataclass(frozen=True, kw_only=True)
class Awx:
    """The AWX or Automation Controller job that wrote the record; null where it was run by hand."""

    job_id: Said[str | None, "Id of the job."] = None
    job_url: Said[str | None, "Address of the job's page."] = None
    job_template: Said[str | None, "Name of the job template."] = None
    user: Said[str | None, "Who launched it; null for a schedule."] = None
    workflow_job_id: Said[str | None, "Id of the workflow job it is a part of."] = None
    workflow: Said[str | None, Says("Name of that workflow.", since="1.1")] = None
    launch_type: Said[
        str | None, Says("What launched the workflow, or the job: manual, scheduled and so on.", since="1.1")
    ] = None
    schedule: Said[str | None, Says("Name of the schedule that launched it.", since="1.1")] = None
    project_revision: Said[str | None, Says("Revision of the project that the job ran.", since="1.1")] = None
    image: Said[str | None, Says("Image of the execution environment.", since="1.1")] = None
    approvals: Said[
        tuple[AwxApproval, ...] | None,
        Says("Who approved the workflow; null where AWX was not asked, as the job had no account there.", since="1.1"),
    ] = None

    @property
    def launched_by(self) -> str:
        """Who or what launched it, in words."""
        return self.user or (f"the schedule {self.schedule}" if self.schedule else "not known")


@dataclass(frozen=True, kw_only=True)
class Who:
    """Who ran it, and with which account."""

    controller_user: Said[str, "Account on the host where Ansible ran."]
    controller_host: Said[str, "That host."]
    awx: Awx | None
    array_account: Said[str | None, "Account on the array."]
    participants: Said[Texts, "Who took part, as given before the run."]
    approvers: Said[Texts, "Who approved it, as given before the run."]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What this is a record of."""

    id: Said[str, "Unique id; the names of all files of the drill come from it."]
    title: Said[str, "What it is called."]
    scenario: Said[str | None, "What is rehearsed, for example the loss of the production site."]
    change_ticket: Said[str | None, "Reference of the change."]
    success_criteria: Said[Texts, "What was agreed before the run to mean success; a person compares it with this."]


@dataclass(frozen=True, kw_only=True)
class Array:
    """The array that was asked: the destination."""

    host: Said[str | None, "The name or address it was asked at."]
    name: Said[str | None, "Name of the cluster."]
    global_id: Said[str | None, "Identity of the cluster."]
    release_version: Said[str | None, "Version of PowerStoreOS."]


@dataclass(frozen=True, kw_only=True)
class ClockLook:
    """One comparison of the two clocks."""

    at: Said[datetime, Says("The array's clock.", since="1.1")]
    skew_seconds: Said[float, Says("That clock less the controller's.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Times:
    """When. The array's clock counts; the controller's is used where the array was not asked."""

    started_at: Said[datetime | None, "First look at the array, by its clock."]
    finished_at: Said[datetime | None, "Last look at the array, by its clock."]
    written_at: Said[datetime | None, "When the record was written, by the controller's clock."]
    clock_skew_seconds: Said[float | None, "The array's clock less the controller's; null where it was not measured."]
    written_by_array: Said[
        datetime | None, Says("written_at on the array's clock; null where the clocks were not compared.", since="1.1")
    ] = None
    duration_seconds: Said[
        float | None,
        Says("From the first look to the last: its one length. Null where a clock was set meanwhile.", since="1.1"),
    ] = None
    clock_step_seconds: Said[
        float | None,
        Says("How much one clock was set; null where the two were compared once or never.", since="1.1"),
    ] = None
    clocks: Said[tuple[ClockLook, ...], Says("Every comparison of the two clocks.", since="1.1")] = ()


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """One session that was left out on purpose."""

    session_id: Said[str | None, "Its id."]
    resource_name: Said[str | None, "The resource it replicates."]
    reason: Said[str, "Why it was left out."]
    owner: Said[str | None, Says("Who answers for leaving it out.", since="1.1")] = None
    expires: Said[str | None, Says("Until when it is left out.", since="1.1")] = None


@dataclass(frozen=True, kw_only=True)
class Population:
    """All that the array is the destination of, and what of it was looked at."""

    destinations: Said[int, Says("Replication sessions of which the array is the destination.", since="1.1")]
    testable: Said[int, Says("Those of a kind that a failover test can be started on.", since="1.1")]
    in_scope: Said[int, Says("Those in this record.", since="1.1")]
    excluded: Said[int, Says("Those that were left out on purpose.", since="1.1")]
    not_selected: Said[int, Says("Those that can be tested, and were neither selected nor left out.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What was meant to be covered."""

    selected_by: Said[t.Literal["sessions", "filters", "all"], "How the sessions were chosen."]
    filters: Said[t.Mapping[str, object] | None, "The filters, where there were any."]
    exclusions: Said[tuple[Exclusion, ...], "What was left out, and why."]
    population: Said[
        Population | None,
        Says("What there is to test on the array; null where not all of it was read.", since="1.1"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that refuses a drill or should be known."""

    id: Said[str, "Stable id, see the list of findings in the documentation."]
    session_id: Said[str | None, "The session it is about."] = None
    severity: Said[Severity, "A blocker refuses a start."]
    message: Said[str, "What was found."]
    impact: Said[str, "What it means."]
    resolution: Said[str, "What to do."]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why an operation failed."""

    kind: Said[str, "Kind of failure, see the documentation."]
    http_status: Said[int | None, "Status of the array's answer."] = None
    code: Said[str | None, "The array's own code."] = None
    message: Said[str, "The array's words, or what happened instead of an answer."]


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A destination volume."""

    id: Said[str, "Its id."]
    name: Said[str, "Its name."]
    state: Said[str | None, "Its state."] = None
    wwn: Said[str | None, "What a host knows it by."] = None
    size: Said[int | None, "Bytes."] = None
    hosts: Said[Texts, "Hosts and host groups it is mapped to."] = ()


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The session as the array showed it."""

    read_at: Said[datetime | None, "When, by the array's clock."]
    state: Said[str, "Replication state."]
    role: Said[str, "Role on this array."]
    failover_test_in_progress: Said[bool | None, "The flag as the array shows it."]
    last_sync_timestamp: Said[datetime | None, "Last successful synchronisation."]
    volumes: Said[tuple[Volume, ...], "Destination volumes; for a volume group its members."]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A snapshot."""

    id: Said[str, "Its id."]
    name: Said[str | None, "Its name."] = None


@dataclass(frozen=True, kw_only=True)
class KeptSnapshot(Snapshot):
    """The snapshot that keeps what was written during the test."""

    expiration_timestamp: Said[datetime | None, "When the array deletes it."] = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A start or a stop of the failover test; null where none was attempted."""

    action: Said[str, "started, stopped, none, failed, not_attempted or rolled_back."]
    failed: Said[bool, "Whether it failed."]
    job_id: Said[str | None, "The array's job."]
    started_at: Said[datetime | None, "By the array's clock."]
    finished_at: Said[datetime | None, "When the array showed the result, by its clock."]
    duration_seconds: Said[float | None, "Between the two."]
    snapshot: Snapshot | None
    end_of_test_snapshot: KeptSnapshot | None
    failure: Failure | None


@dataclass(frozen=True, kw_only=True)
class AsFound:
    """The recovery point before the synchronisation that the drill asked for: what a disaster would have met."""

    timestamp: Said[datetime | None, Says("The recovery point.", since="1.1")]
    age_seconds: Said[float | None, Says("Its age by the array's clock.", since="1.1")]


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
class RecoveryPoint:
    """How old the data was that was tested, as its own test started."""

    objective_seconds: Said[int | None, "RPO."]
    objective_from: Said[t.Literal["drill", "replication rule"] | None, "Where the objective comes from."]
    timestamp: Said[datetime | None, "The recovery point."]
    age_seconds: Said[float | None, "Its age by the array's clock."]
    met: Said[bool | None, "Null where not measured; that is never met. Null for a snapshot: see replication_rpo."]
    of: Said[
        t.Literal["last_sync", "snapshot"] | None, Says("What was tested; null where nothing was.", since="1.1")
    ] = None
    age_at_preflight_seconds: Said[
        float | None, Says("How old the last synchronisation was in the preflight.", since="1.1")
    ] = None
    as_found: Said[AsFound | None, Says("", since="1.1")] = None
    reason: Said[str | None, Says("Why it was not measured, or is not compared.", since="1.1")] = None


@dataclass(frozen=True, kw_only=True)
class ReplicationRpo:
    """Whether the replication met its RPO when the test started, no matter which data was tested."""

    objective_seconds: Said[int | None, Says("RPO.", since="1.1")]
    timestamp: Said[datetime | None, Says("Of which time the last synchronised data is.", since="1.1")]
    age_seconds: Said[float | None, Says("Its age by the array's clock.", since="1.1")]
    met: Said[bool | None, Says("Null where not measured; that is never met.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Rto:
    """How long it took until the DR site could work."""

    objective_seconds: Said[int | None, "RTO."]
    objective_from: Said[t.Literal["drill", "session"] | None, "Where the objective comes from."]
    storage_accessible_seconds: Said[float | None, "Until the array showed the test: storage is accessible."] = None
    hosts_see_it_seconds: Said[float | None, "Until the attach steps were done: hosts see it."] = None
    application_validated_seconds: Said[
        float | None, "Until the last check was done: the application is validated."
    ] = None
    actual_seconds: Said[float | None, "The part that is compared with the objective."] = None
    met: Said[bool | None, "Null where not measured; that is never met."] = None
    reason: Said[str | None, Says("Why there is no recovery time.", since="1.1")] = None


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
class FailoverBlocked:
    """The time in which the session could not be failed over, because of the failover test."""

    from_: Said[datetime | None, Says("When the start was sent.", since="1.1", key="from")]
    until: Said[
        datetime | None, Says("When the stop was confirmed; null while the session is still in test.", since="1.1")
    ]
    seconds: Said[float | None, Says("Between the two; null while it goes on, or not measured.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that a check left as evidence."""

    name: Said[str, Says("Its name in the folder KIND-ID.evidence beside the record.", since="1.1")]
    sha256: Said[str, Says("SHA-256 of its bytes.", since="1.1")]
    bytes: Said[int, Says("Its size.", since="1.1")]
    source: Said[
        str | None,
        Says("output: all that the check wrote; else the path of the file on the host that it ran on.", since="1.1"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Validation:
    """One thing that was looked at."""

    name: Said[str, "What it is called."]
    kind: Said[str, "array, tcp, http, command or tasks."]
    phase: Said[Phase, "When it was looked at."]
    expected: Said[str | None, "What was expected."] = None
    observed: Said[str | None, "What was found."] = None
    passed: Said[bool | None, "Null where it could not be looked at; that is never passed."] = None
    critical: Said[bool, "Whether the drill fails with it."] = True
    started_at: Said[datetime | None, "By the controller's clock."] = None
    seconds: Said[float | None, "How long it took."] = None
    timeout_seconds: Said[float | None, "How long it might have taken."] = None
    action: Said[
        str | None, Says("What was done: command, address, or file with its SHA-256; secrets are masked.", since="1.1")
    ] = None
    attempts: Said[int | None, Says("How often it was tried.", since="1.1")] = None
    output_tail: Said[str | None, Says("The end of its output, at most 4 KiB; secrets are masked.", since="1.1")] = None
    attachments: Said[tuple[Attachment, ...], Says("Files that it left.", since="1.1")] = ()
    not_attached: Said[Texts, Says("Files that it names and that could not be kept, and why.", since="1.1")] = ()


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Something that changed."""

    what: Said[str, "State, role, hosts, members or size."]
    before: Said[str, "Before the drill."]
    after: Said[str, "After it."]


@dataclass(frozen=True, kw_only=True)
class ReturnToNormal:
    """Whether the array shows the session as it was; null where the drill started nothing on it."""

    stop_confirmed: Said[bool, "Whether the array confirmed that the test is over."]
    held: Said[bool, "Whether it was left running on purpose, as the drill's policy declared."]
    differences: Said[tuple[Difference, ...], "What changed."]
    left_alone: Said[
        str | None, Says("Why it was not touched any more: failed over during the drill, for example.", since="1.1")
    ] = None


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
class Deviation:
    """Something that was not as it should be. A person completes it."""

    id: Said[str, "Unique in the record: D1, D2, …"]
    session_id: Said[str | None, "The session it is about."]
    severity: Said[NotPassed, "The verdict that it allows."]
    description: Said[str, "What was not as it should be."]
    owner: Said[str | None, "Who takes care of it; for a person to fill in."] = None
    due: Said[str | None, "Until when; for a person to fill in."] = None
    comment: Said[str | None, "For a person to fill in."] = None
    cause: Said[str | None, Says("Stable id of the kind of cause, see the guide.", since="1.1")] = None
    subject: Said[str | None, Says("What it is about: a resource, a check, a clock.", since="1.1")] = None
    fingerprint: Said[
        str | None,
        Says(
            "The same for the same cause in every drill: SHA-256 of cause, array.global_id, resource id and check, "
            "joined by a vertical bar.",
            since="1.1",
        ),
    ] = None
    consequences: Said[Texts, Says("What followed from it, and is not counted beside it.", since="1.1")] = ()


@dataclass(frozen=True, kw_only=True)
class CauseGroup:
    """All deviations of one cause."""

    cause: Said[str, Says("Stable id of the kind of cause.", since="1.1")]
    words: Said[str, Says("The same in words that follow a number.", since="1.1")]
    severity: Said[NotPassed, Says("The worst verdict that they allow.", since="1.1")]
    count: Said[int, Says("How many deviations have it.", since="1.1")]
    sessions: Said[Texts, Says("Ids of the sessions that they are about.", since="1.1")]
    deviations: Said[Texts, Says("Ids of the deviations.", since="1.1")]


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
class Change:
    """How a session did compared with the drill before. A session that was not in that drill is new."""

    what: Said[Changed, Says("passed_with_deviations counts as passing.", since="1.1")]
    verdict_before: Said[Verdict | None, Says("Its verdict in that drill.", since="1.1")]
    rto_seconds_before: Said[float | None, Says("Its recovery time in that drill.", since="1.1")]
    rto_delta_seconds: Said[
        float | None, Says("Its recovery time now less that; null where one of them was not measured.", since="1.1")
    ]
    rto_delta_percent: Said[float | None, Says("The same as a part of the time before.", since="1.1")]


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
class Versions:
    """What it was made with."""

    collection: Said[str, "Version of drdrill.powerstore."]
    ansible_core: Said[str, "Version of ansible-core."]
    powerstoreos: Said[str | None, "Version of PowerStoreOS."]


@dataclass(frozen=True, kw_only=True)
class Session:
    """One session, in every kind of record."""

    session_id: Said[str | None, "Id of the replication session; null where a name leads to none."]
    resource_type: Said[str | None, "Kind of resource."]
    resource_name: Said[str | None, "Its name on this array; where it was not found, the name asked for."]
    resource_id: Said[str | None, "Its id on this array."]
    remote_system: Said[str | None, "Name of the array at the other end."]
    verdict: Said[Verdict, "The verdict of this session."]
    reasons: Said[Texts, "Why it is not passed."]
    recovery_point: RecoveryPoint
    before: Condition | None
    findings: Said[tuple[Finding, ...], "What refuses a drill on it or should be known."]
    application: Said[str | None, Says("The application that it belongs to.", since="1.1")] = None
    tier: Said[str | None, Says("How important the application is, in the user's own words.", since="1.1")] = None
    owner: Said[str | None, Says("Who answers for the application.", since="1.1")] = None
    replication_rule: Said[
        str | None, Says("Name of its replication rule; null where it was not read.", since="1.1")
    ] = None

    @property
    def called(self) -> str:
        """What a person calls it: its resource's name, else its id."""
        return self.resource_name or self.session_id or "not known"


@dataclass(frozen=True, kw_only=True)
class DrillSession(Session):
    """One session of a drill."""

    wave: Said[int, "The wave it was started in, from 1."]
    test_owned: Said[bool, "Whether the drill started (or took over) a failover test on it."]
    adopted: Said[bool, "Whether the test ran before and was taken over."]
    start: Operation | None
    stop: Operation | None
    seconds_in_test: Said[float | None, "From the start being confirmed to the stop being sent."]
    rto: Rto
    validations: Said[
        tuple[Validation, ...], "What the array showed of this session, and the checks that are about it."
    ]
    during: Condition | None
    after: Condition | None
    return_to_normal: ReturnToNormal | None
    replication_rpo: Said[ReplicationRpo | None, Says("", since="1.1")] = None
    failover_blocked: Said[FailoverBlocked | None, Says("", since="1.1")] = None
    change: Said[Change | None, Says("Null where there is no drill before.", since="1.1")] = None


@dataclass(frozen=True, kw_only=True)
class WouldBe:
    """What a drill would come to if everything stayed as it is and every step and check passed."""

    verdict: Said[Verdict, Says("The verdict, by the same function that judges a drill.", since="1.1")]
    reasons: Said[Texts, Says("Why it would not be passed.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """A step of the user that a drill would do."""

    phase: Said[Phase, Says("The phase it belongs to.", since="1.1")]
    name: Said[str, Says("What it is called.", since="1.1")]
    kind: Said[str, Says("tcp, http, command or tasks.", since="1.1")]
    wave: Said[int | None, Says("The wave it belongs to.", since="1.1")]
    session: Said[str | None, Says("The session it is about, as given; null for all of the drill.", since="1.1")]
    critical: Said[bool, Says("Whether the drill would fail with it.", since="1.1")]
    timeout_seconds: Said[float | None, Says("How long it may take.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class ReadinessSession(Session):
    """One session of a readiness report."""

    ready: Said[bool, "Whether a failover test could be started now."]
    would_be: Said[WouldBe | None, Says("", since="1.1")] = None


@dataclass(frozen=True, kw_only=True)
class AbortSession(Session):
    """One session of an abort."""

    test_found: Said[bool, "Whether a failover test ran, or was about to."]
    started_by: Said[str | None, "Account that started it; null where not known."]
    test_started_at: Said[datetime | None, "When it was started."]
    forced: Said[bool, "Whether the stop was forced because the remote system is not reachable."]
    stop: Operation | None
    after: Condition | None
    failover_ready: Said[bool, "Whether the array shows nothing that refuses a failover now."]
    failover_ready_at: Said[datetime | None, "When the array showed that, by its clock."]


@dataclass(frozen=True, kw_only=True)
class ChainHead:
    """The end of the chain that protects the records of a folder."""

    seq: Said[int, Says("How many lines the chain had.", since="1.1")]
    sha256: Said[str, Says("SHA-256 of the last one.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every kind of record has."""

    schema_version: Said[str, "Version of this schema."]
    drill: Identity
    array: Array
    times: Times
    who: Who
    scope: Scope
    verdict: Said[Verdict, "The verdict."]
    reasons: Said[Texts, "Why it is not passed."]
    deviations: Said[tuple[Deviation, ...], "What somebody has to take care of."]
    versions: Versions
    run_id: Said[str | None, Says("What the records of one run of a playbook share.", since="1.1")] = None
    causes: Said[tuple[CauseGroup, ...], Says("The deviations by their cause, the worst first.", since="1.1")] = ()
    chain_before: Said[
        ChainHead | None,
        Says("The chain of the record's folder before this record; null where there was none.", since="1.1"),
    ] = None

    @staticmethod
    def from_json(data: Json) -> AnyRecord:
        """A record of any kind, from JSON that its schema accepts (see `reading.read_record`).

        Raises ValueError, which names the places, for anything else.
        """
        notes: list[str] = []
        cls = BY_KIND.get(Kind(data["kind"])) if data.get("kind") in set(Kind) else None
        record = read(cls, data, "record", notes) if cls else None
        if notes or record is None:
            raise ValueError("; ".join(notes) or f"record.kind is {data.get('kind')!r:.80}")
        return record

    def as_json(self) -> Json:
        """The record as it is in its file: plain types only."""
        return as_json(self)


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
        Synchronisation | None, Says("Null where none was asked for, or it did not come to it.", since="1.1")
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


@dataclass(frozen=True, kw_only=True)
class ReadinessRecord(Record):
    """A readiness report: what would refuse a drill. passed: all ready; passed_with_deviations: ready with
    warnings; failed: something blocks; incomplete: not everything could be read."""

    kind: Said[t.Literal[Kind.READINESS], "Kind of record."] = Kind.READINESS
    sessions: Said[tuple[ReadinessSession, ...], "The sessions."]
    would_be: Said[WouldBe | None, Says("", since="1.1")] = None
    objectives: Said[Objectives | None, Says("", since="1.1")] = None
    planned_steps: Said[tuple[PlannedStep, ...], Says("The steps that a drill would do.", since="1.1")] = ()


@dataclass(frozen=True, kw_only=True)
class NotJudged:
    """A replication of which it is not said whether it can be failed over."""

    session_id: Said[str | None, Says("Its id.", since="1.1")]
    resource_type: Said[str | None, Says("Kind of resource.", since="1.1")]
    resource_name: Said[str | None, Says("Its name on this array.", since="1.1")]
    state: Said[str | None, Says("Its state.", since="1.1")]
    why: Said[str, Says("Why it was not judged.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class AbortRecord(Record):
    """An abort: every running failover test was stopped so that the site can take over."""

    kind: Said[t.Literal[Kind.ABORT], "Kind of record."] = Kind.ABORT
    seconds_to_failover_ready: Said[
        float | None,
        "From the beginning to the last session being ready, by the controller's clock; null where one is not.",
    ]
    sessions: Said[tuple[AbortSession, ...], "Every session of which this array is the destination."]
    not_judged: Said[
        tuple[NotJudged, ...], Says("What else is replicated to this array, and was not judged.", since="1.1")
    ] = ()


@dataclass(frozen=True, kw_only=True)
class SweepSession(Session):
    """One session of a sweep over an array."""

    test_found: Said[bool, Says("Whether a failover test ran, or was about to.", since="1.1")]
    started_by: Said[str | None, Says("Account that started it; null where not known.", since="1.1")]
    test_started_at: Said[datetime | None, Says("When it was started.", since="1.1")]
    age_seconds: Said[float | None, Says("How long it had been running; null where not known.", since="1.1")]
    overdue: Said[bool, Says("Whether it should not have been running any more, by the sweep's policy.", since="1.1")]
    decision: Said[str | None, Says("What the policy said of it; null where no test was found.", since="1.1")]
    decision_reason: Said[str | None, Says("Why.", since="1.1")]
    still_running: Said[bool | None, Says("Whether it ran at the last look; null where not known.", since="1.1")]
    forced: Said[bool, Says("Whether the stop was forced.", since="1.1")]
    stop: Said[Operation | None, Says("", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class SweepRecord(Record):
    """A sweep: every running failover test of an array, and what became of it by a policy."""

    kind: Said[t.Literal[Kind.SWEEP], Says("Kind of record.", since="1.1")] = Kind.SWEEP
    tests_found: Said[int, Says("How many failover tests were found.", since="1.1")]
    overdue_left: Said[
        Texts, Says("Ids of sessions with an overdue test that is not shown to have ended.", since="1.1")
    ]
    sessions: Said[tuple[SweepSession, ...], Says("Every session that was looked at.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class RunMember:
    """The record of one array in a run."""

    id: Said[str, Says("Its id.", since="1.1")]
    kind: Said[Kind, Says("Its kind.", since="1.1")]
    array: Said[str | None, Says("Name of the array.", since="1.1")]
    verdict: Said[Verdict, Says("Its verdict.", since="1.1")]
    cleanup: Said[CleanUp | None, Says("The verdict of its clean-up, of a drill.", since="1.1")]
    file: Said[str, Says("Its file, in the folder of this record.", since="1.1")]
    sha256: Said[str, Says("SHA-256 of that file.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class RunApplication:
    """One application over all arrays; it is no better than the worst of its sessions."""

    application: Said[str, Says("Its name.", since="1.1")]
    tier: Said[str | None, Says("How important it is.", since="1.1")]
    owner: Said[str | None, Says("Who answers for it.", since="1.1")]
    sessions: Said[int, Says("How many sessions belong to it.", since="1.1")]
    arrays: Said[Texts, Says("On which arrays.", since="1.1")]
    verdict: Said[Verdict, Says("The worst of them.", since="1.1")]
    rpo_seconds: Said[
        float | None, Says("The oldest recovery point of its sessions; null where one was not measured.", since="1.1")
    ] = None
    rpo_objective_seconds: Said[int | None, Says("The RPO that it is compared with.", since="1.1")] = None
    rpo_met: Said[bool | None, Says("Whether all its sessions met their RPO; null where not known.", since="1.1")] = (
        None
    )
    rto_seconds: Said[
        float | None, Says("The longest recovery time of its sessions; null where one was not measured.", since="1.1")
    ] = None
    rto_objective_seconds: Said[int | None, Says("The RTO that it is compared with.", since="1.1")] = None
    rto_met: Said[bool | None, Says("Whether all its sessions met their RTO; null where not known.", since="1.1")] = (
        None
    )


@dataclass(frozen=True, kw_only=True)
class RunSession(Session):
    """One session of an array in a run."""

    array: Said[str | None, Says("Name of the array.", since="1.1")]
    record_id: Said[str, Says("Id of the record that has its details.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class RunRecord(Record):
    """A run over several arrays: no better than the worst of them."""

    kind: Said[t.Literal[Kind.RUN], Says("Kind of record.", since="1.1")] = Kind.RUN
    members: Said[tuple[RunMember, ...], Says("The record of each array.", since="1.1")]
    applications: Said[
        tuple[RunApplication, ...], Says("The applications that were named, the worst first.", since="1.1")
    ]
    sessions: Said[tuple[RunSession, ...], Says("The sessions of all arrays.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class WitnessRecord(Record):
    """A witness: the record of a drill, compared later with the array's own logs. passed: corroborated; failed:
    contradicted; incomplete: unavailable."""

    kind: Said[t.Literal[Kind.WITNESS], Says("Kind of record.", since="1.1")] = Kind.WITNESS
    record_id: Said[str, Says("Id of the record that was compared.", since="1.1")]
    record_file: Said[str, Says("Its file.", since="1.1")]
    record_sha256: Said[str, Says("SHA-256 of that file.", since="1.1")]
    record_verdict: Said[Verdict, Says("Its verdict.", since="1.1")]
    witness: Said[Witness, Says("", since="1.1")]
    sessions: Said[tuple[Session, ...], Says("Always empty: they are in the record.", since="1.1")] = ()


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
