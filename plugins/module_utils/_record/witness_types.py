# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the array's own logs say of what a record claims, as types of the record. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated as Said

from .._words import Kind, Verdict, WitnessVerdict
from .envelope_types import Record
from .session_types import Session
from .typed import Says

LogName = t.Literal["job", "audit_event"]
OperationName = t.Literal["start_failover_test", "stop_failover_test"]


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One start or stop as the array logged it."""

    start: Said[datetime | None, Says("When it began.", since="1.1")] = None
    end: Said[datetime | None, Says("When it ended.", since="1.1")] = None
    phase: Said[str | None, Says("Phase of the job.", since="1.1")] = None
    user: Said[str | None, Says("The account that asked for it.", since="1.1")] = None
    client_address: Said[str | None, Says("The address that it was asked from.", since="1.1")] = None
    event_id: Said[str | None, Says("Id of the audit event.", since="1.1")] = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One start or stop that the record claims, and what the array's logs say of it."""

    session_id: Said[str, Says("Id of the session.", since="1.1")]
    resource_name: Said[str | None, Says("The resource that it replicates.", since="1.1")]
    operation: Said[OperationName, Says("What the record claims.", since="1.1")]
    job_id: Said[
        str | None, Says("The array's job: as recorded, or where the record names none, as found.", since="1.1")
    ]
    verdict: Said[WitnessVerdict, Says("Whether the logs have it so.", since="1.1")]
    by: Said[tuple[LogName, ...], Says("The logs that say so.", since="1.1")]
    array: Said[Logged | None, Says("", since="1.1")]
    differences: Said[tuple[str, ...], Says("In what the logs differ, or why nothing can be said.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Unclaimed:
    """One start or stop in the time of the drill that the record does not have."""

    operation: Said[OperationName, Says("What was done.", since="1.1")]
    session_id: Said[str | None, Says("Id of the session; null where only an audit event is known.", since="1.1")]
    job_id: Said[str | None, Says("The array's job.", since="1.1")]
    array: Said[Logged, Says("", since="1.1")]
    claimed_by: Said[str | None, Says("Another file of the same folder that has it.", since="1.1")]
    contradicts: Said[bool, Says("Whether the record should have it.", since="1.1")]
    reason: Said[str, Says("Why it should, or need not.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class Window:
    """The time that was looked at, by the array's clock."""

    from_: Said[datetime | None, Says("Beginning, less the tolerance.", since="1.1", key="from")] = None
    until: Said[datetime | None, Says("End, plus the tolerance.", since="1.1")] = None


@dataclass(frozen=True, kw_only=True)
class Witness:
    """What the array's own logs say of the starts and stops of a drill. Both logs are the array's: a witness is
    independent where another account, on another machine, has asked for it."""

    verdict: Said[WitnessVerdict, Says("The worst of all claims and of what the record does not have.", since="1.1")]
    by: Said[tuple[LogName, ...], Says("The logs that were read.", since="1.1")] = ()
    read_at: Said[datetime | None, Says("When, by the array's clock.", since="1.1")] = None
    account: Said[str | None, Says("The account that read them.", since="1.1")] = None
    second_account: Said[
        bool | None, Says("Whether that is another account than the drill's; null where not known.", since="1.1")
    ] = None
    host: Said[str | None, Says("The name or address that was asked.", since="1.1")] = None
    window: Said[Window | None, Says("", since="1.1")] = None
    tolerance_seconds: Said[float, Says("How far times may differ.", since="1.1")] = 0.0
    claims: Said[tuple[Claim, ...], Says("Every start and stop of the record.", since="1.1")] = ()
    not_in_the_record: Said[tuple[Unclaimed, ...], Says("Every other start and stop in that time.", since="1.1")] = ()
    why_unavailable: Said[str | None, Says("Why not everything could be compared.", since="1.1")] = None
    not_witnessed: Said[
        tuple[str, ...], Says("What of the drill is not looked for in the logs, a sentence each.", since="1.1")
    ] = ()

    def count(self, verdict: WitnessVerdict) -> int:
        """How many claims have that verdict."""
        return sum(claim.verdict is verdict for claim in self.claims)

    @property
    def contradicted(self) -> tuple[Claim, ...]:
        """The claims that the logs contradict."""
        return tuple(claim for claim in self.claims if claim.verdict is WitnessVerdict.CONTRADICTED)

    @property
    def contradictions(self) -> tuple[Unclaimed, ...]:
        """What the record should have, and does not."""
        return tuple(each for each in self.not_in_the_record if each.contradicts)


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
