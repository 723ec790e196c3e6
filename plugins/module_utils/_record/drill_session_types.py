# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One session of a drill: what was measured on it, what was looked at, whether it returned to normal. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated as Said

from .._words import Changed, Phase, Verdict
from .envelope_types import Texts
from .session_types import Condition, Operation, Session
from .typed import Says


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
    not_compared: Said[
        Texts, Says("What could not be compared, as it could not be read before or after.", since="1.1")
    ] = ()


@dataclass(frozen=True, kw_only=True)
class DrTestClone:
    """The clone by which a NAS server was tested, as the array showed it during the test; where it was not read then,
    at the start or afterwards. Null for other resources."""

    id: Said[str, Says("Its id.", since="1.1")]
    name: Said[str | None, Says("Its name.", since="1.1")]
    addresses: Said[Texts, Says("The addresses of its file interfaces.", since="1.1")] = ()
    file_systems: Said[Texts, Says("The names of its file systems.", since="1.1")] = ()


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
    dr_test_clone: Said[DrTestClone | None, Says("", since="1.1")] = None
    change: Said[Change | None, Says("Null where there is no drill before.", since="1.1")] = None
