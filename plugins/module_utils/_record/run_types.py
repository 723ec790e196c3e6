# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a run as types: several arrays together, per array and per application. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from typing import Annotated as Said

from .._words import CleanUp, Kind, Verdict
from .envelope_types import Record, Texts
from .session_types import Session
from .typed import Says


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
    """A run over several arrays: no better than the worst of them. Its times are by the controller's clock."""

    kind: Said[t.Literal[Kind.RUN], Says("Kind of record.", since="1.1")] = Kind.RUN
    members: Said[tuple[RunMember, ...], Says("The record of each array.", since="1.1")]
    applications: Said[
        tuple[RunApplication, ...], Says("The applications that were named, the worst first.", since="1.1")
    ]
    sessions: Said[tuple[RunSession, ...], Says("The sessions of all arrays.", since="1.1")]
