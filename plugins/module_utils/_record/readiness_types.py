# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a readiness report as types: what would refuse a drill, and what a drill would come to. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from typing import Annotated as Said

from .._words import Kind, Phase, Verdict
from .drill_types import Objectives
from .envelope_types import Record, Texts
from .session_types import Session
from .typed import Says


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
class ReadinessRecord(Record):
    """A readiness report: what would refuse a drill. passed: all ready; passed_with_deviations: ready with
    warnings; failed: something blocks; incomplete: not everything could be read."""

    kind: Said[t.Literal[Kind.READINESS], "Kind of record."] = Kind.READINESS
    sessions: Said[tuple[ReadinessSession, ...], "The sessions."]
    would_be: Said[WouldBe | None, Says("", since="1.1")] = None
    objectives: Said[Objectives | None, Says("", since="1.1")] = None
    planned_steps: Said[tuple[PlannedStep, ...], Says("The steps that a drill would do.", since="1.1")] = ()
