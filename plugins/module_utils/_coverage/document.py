# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The coverage as types: what is written as JSON, and what every other output is made from.

Every field is always there; None is null and says that something is not known or does not apply. Times are UTC,
durations seconds.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated as Said

from .._record.typed import as_json
from .._words import Coverage, Verdict

Texts = tuple[str, ...]
SCHEMA_VERSION: t.Final = "1.0"


@dataclass(frozen=True, kw_only=True)
class Because:
    """One source of a row's state. The row is no better than the worst of them."""

    state: Said[Coverage, "What this source alone would make of the row."]
    text: Said[str, "What it says."]


@dataclass(frozen=True, kw_only=True)
class SignOff:
    """What a person said of the record, last."""

    name: Said[str, "Who."]
    role: Said[str, "As what."]
    decision: Said[t.Literal["accepted", "rejected"], "What was decided."]
    method: Said[str, "ssh, gpg, awx_approval or paper."]
    at: Said[datetime, "When."]


@dataclass(frozen=True, kw_only=True)
class Test:
    """A failover test of a session, as its record tells of it."""

    record_id: Said[str, "Id of the record."]
    file: Said[str, "Its file, in the folder of the records."]
    sha256: Said[str, "SHA-256 of that file."]
    at: Said[datetime, "When the test was started, by the array's clock."]
    verdict: Said[
        Verdict,
        "The verdict of the session, no better than what the record says of the drill as a whole, and failed where the "
        "array's logs contradict the record or a person rejected it.",
    ]
    reasons: Said[Texts, "Why it is not passed."]
    rpo_seconds: Said[float | None, "Age of the recovery point."]
    rpo_objective_seconds: Said[int | None, "RPO."]
    rpo_met: Said[bool | None, "Null where not measured or not compared."]
    rto_seconds: Said[float | None, "Recovery time."]
    rto_objective_seconds: Said[int | None, "RTO."]
    rto_met: Said[bool | None, "Null where not measured or not compared."]
    sign_offs: Said[tuple[SignOff, ...], "What persons said of the record, each person's last word."] = ()

    @property
    def is_good(self) -> bool:
        """Whether it counts as a test for the policy's period."""
        return self.verdict in (Verdict.PASSED, Verdict.PASSED_WITH_DEVIATIONS)


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something significant that is not as it was when it was tested."""

    what: Said[str, "members, size, rule, hosts, wwn, remote_system, release or role."]
    tested: Said[str, "As the record has it."]
    now: Said[str, "As the array shows it."]


@dataclass(frozen=True, kw_only=True)
class LoggedTest:
    """A start of a failover test in the array's log, or a DR-test clone of a NAS server that is on the array."""

    job_id: Said[str | None, "The array's job; null for a clone whose job is not known."]
    at: Said[datetime | None, "When; null for one that is still queued, and where it is not known of a clone."]
    user: Said[str | None, "The account."]
    clone: Said[str | None, "Name of the DR-test clone; null for a failover test."] = None
    clone_id: Said[str | None, "Its id."] = None


@dataclass(frozen=True, kw_only=True)
class Excluded:
    """The exclusion that a row falls under."""

    reason: Said[str, "Why it need not be tested."]
    owner: Said[str | None, "Who answers for it."]
    approved_by: Said[str | None, "Who approved it."]
    expires: Said[str, "Until when."]
    alternative: Said[str | None, "What is done instead of a failover test."]
    expired: Said[bool, "Whether that time is over."]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One replication session: of the arrays as they are now, or one that is known from records or logs only."""

    state: Said[Coverage, "The worst of its sources."]
    because: Said[tuple[Because, ...], "Its sources, the worst first."]
    array: Said[str | None, "Name of the array."]
    array_global_id: Said[str | None, "Identity of the array."]
    host: Said[str | None, "Name of the array in the inventory."]
    session_id: Said[str | None, "Id of the replication session."]
    resource_type: Said[str | None, "Kind of the replicated resource."]
    resource_name: Said[str | None, "Its name on this array."]
    resource_id: Said[str | None, "Its id on this array."]
    wwns: Said[Texts, "The WWNs of its volumes."]
    remote_system: Said[str | None, "Name of the array at the other end."]
    application: Said[str | None, "The application that it belongs to, by the policy, else by its last record."]
    tier: Said[str | None, "How important the application is."]
    owner: Said[str | None, "Who answers for the application."]
    period_seconds: Said[int, "How often it has to be tested."]
    due: Said[datetime | None, "Until when it has to be tested again; null where it was never tested well."]
    tests: Said[int, "How many records have a test of it."]
    last: Test | None
    last_good: Test | None
    changes: Said[tuple[Change, ...], "What is significant and not as it was tested."]
    not_compared: Said[Texts, "What is significant, and the record of its last good test, or the array, does not have."]
    unrecorded: Said[
        tuple[LoggedTest, ...], "Tests in the array's log, and DR-test clones on the array, that are in no record."
    ]
    exclusion: Excluded | None

    @property
    def called(self) -> str:
        """What a person calls it."""
        return self.resource_name or self.resource_id or self.session_id or "every session"

    @property
    def on(self) -> str:
        """Where it is."""
        return self.array or self.host or self.array_global_id or "not known"


@dataclass(frozen=True, kw_only=True)
class ArrayRead:
    """One array of the inventory."""

    host: Said[str, "Its name in the inventory."]
    name: Said[str | None, "Name of the cluster."]
    global_id: Said[str | None, "Identity of the cluster."]
    release_version: Said[str | None, "Version of PowerStoreOS."]
    read: Said[bool, "Whether it was read."]
    read_at: Said[datetime | None, "When, by its own clock; by the controller's where it tells no time."]
    why_not: Said[str | None, "Why it, or a part of it, was not read."]
    state: Said[Coverage, "The worst of its rows; not_read where it was not read."]
    sessions: Said[int, "How many rows it has."]


@dataclass(frozen=True, kw_only=True)
class Application:
    """One application over all arrays; it is no better than the worst of its sessions."""

    application: Said[str | None, "Its name; null for the sessions that belong to none."]
    tier: Said[str | None, "How important it is."]
    owner: Said[str | None, "Who answers for it."]
    state: Said[Coverage, "The worst of its sessions."]
    verdict: Said[Verdict | None, "The worst of the last tests; null where a session was never tested."]
    sessions: Said[int, "How many sessions it has."]
    covered: Said[int, "How many of them are due_soon or better, without excluded ones."]
    arrays: Said[Texts, "On which arrays."]
    tested_since: Said[datetime | None, "The oldest of the last good tests; null where one is missing."]
    due: Said[datetime | None, "When the first of them is due."]
    rpo_seconds: Said[float | None, "The oldest recovery point of the last tests; null where one was not measured."]
    rpo_objective_seconds: Said[int | None, "The RPO that it is compared with."]
    rpo_met: Said[bool | None, "Whether all met their RPO; null where not known."]
    rto_seconds: Said[float | None, "The longest recovery time of the last tests; null where one was not measured."]
    rto_objective_seconds: Said[int | None, "The RTO that it is compared with."]
    rto_met: Said[bool | None, "Whether all met their RTO; null where not known."]


@dataclass(frozen=True, kw_only=True)
class PolicyUsed:
    """The policy that the coverage was judged by."""

    path: Said[str, "Its file."]
    sha256: Said[str, "SHA-256 of that file."]
    period_seconds: Said[int, "How often a session has to be tested, unless a rule says otherwise."]
    warn_seconds: Said[int, "How long before that it is due soon."]
    rules: Said[int, "How many rules it has."]
    exclusions: Said[int, "How many exclusions it has."]


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records that were read."""

    directory: Said[str, "Their folder."]
    drills: Said[int, "How many records of drills."]
    unfinished: Said[Texts, "Journals of drills that were cut off and have no record yet."]
    not_in_the_chain: Said[Texts, "Records that the chain of the folder does not name."]


@dataclass(frozen=True, kw_only=True)
class OpenAction:
    """A deviation of a drill that is not closed, as actions.jsonl beside the records has it."""

    fingerprint: Said[str, "What it is known by."]
    status: Said[str, "open, overdue or accepted."]
    cause: Said[str | None, "Its cause."]
    subject: Said[str | None, "What it is about."]
    array_global_id: Said[str | None, "Identity of the array."]
    owner: Said[str | None, "Who takes care of it."]
    due: Said[str | None, "Until when, a day; of an accepted risk, until when it is accepted."]
    opened_at: Said[datetime, "When it was opened."]


@dataclass(frozen=True, kw_only=True)
class CoverageDocument:
    """What was tested and what was not: arrays as they are now, all records, and a policy."""

    kind: Said[t.Literal["coverage"], "Kind of document."] = "coverage"
    schema_version: Said[str, "Version of this form."] = SCHEMA_VERSION
    id: Said[str, "Its id; the names of its files come from it."]
    title: Said[str, "What it is called."]
    written_at: Said[datetime, "When it was made, by the controller's clock."]
    collection: Said[str, "Version of drdrill.powerstore."]
    state: Said[Coverage, "The worst of all rows; not_read where nothing was read."]
    totals: Said[t.Mapping[str, object], "Number of rows by state, the worst first."]
    policy: PolicyUsed
    records: Records
    notes: Said[Texts, "What a reader should know beside the rows."]
    arrays: Said[tuple[ArrayRead, ...], "The arrays of the inventory."]
    applications: Said[tuple[Application, ...], "The applications, the worst first."]
    actions: Said[tuple[OpenAction, ...], "What is open from drills, overdue ones first."]
    next_due: Said[tuple[Row, ...], "The ten rows that are due next, overdue ones first."]
    rows: Said[tuple[Row, ...], "The whole population, the worst first."]

    def as_text(self) -> str:
        """The document as it is in its file: JSON with each row on a line of its own.

        5,000 rows as objects of JSON would take more memory than all the rest, so they are written one by one.
        """
        head = json.dumps(as_json(dataclasses.replace(self, rows=())), indent=1, sort_keys=True, ensure_ascii=False)
        rows = ",\n".join(json.dumps(as_json(row), sort_keys=True, ensure_ascii=False) for row in self.rows)
        before, _rows, after = head.rpartition('\n "rows": []')
        return f'{before}\n "rows": [\n{rows}\n ]{after}\n'
