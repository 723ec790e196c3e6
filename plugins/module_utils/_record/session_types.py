# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One session, as every kind of record has it. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated as Said

from .._words import Severity, Verdict
from .envelope_types import Texts
from .typed import Says


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
    hosts: Said[
        Texts | None,
        Says("Hosts and host groups it is mapped to; null where that could not be read.", null_since="1.1"),
    ] = ()


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The session as the array showed it."""

    read_at: Said[datetime | None, "When, by the array's clock."]
    state: Said[str, "Replication state."]
    role: Said[str, "Role on this array."]
    failover_test_in_progress: Said[bool | None, "The flag as the array shows it."]
    last_sync_timestamp: Said[datetime | None, "Last successful synchronisation."]
    volumes: Said[
        tuple[Volume, ...] | None,
        Says("Destination volumes; for a volume group its members. Null where they were not read.", null_since="1.1"),
    ]


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
