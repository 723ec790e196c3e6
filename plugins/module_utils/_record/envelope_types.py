# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every kind of record says: who, when, which array, what about, the verdict with its reasons. Pure.

From the types of the rooms ``*_types`` come schema, documentation, builders and readers: each field has what it says.
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
from .._words import Verdict
from .typed import Says, as_json

Texts = tuple[str, ...]
NotPassed = t.Literal[Verdict.FAILED, Verdict.ABORTED, Verdict.INCOMPLETE, Verdict.PASSED_WITH_DEVIATIONS]


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
class Versions:
    """What it was made with."""

    collection: Said[str, "Version of drdrill.powerstore."]
    ansible_core: Said[str, "Version of ansible-core."]
    powerstoreos: Said[str | None, "Version of PowerStoreOS."]


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

    def as_json(self) -> Json:
        """The record as it is in its file: plain types only."""
        return as_json(self)
