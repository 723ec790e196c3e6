# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every kind of record has in common: who, when, what about, and the verdict with its reasons. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from .._json import Json
from .._time import format_time
from .._version import VERSION
from .._words import Kind, Verdict
from .schema import SCHEMA_VERSION

FAILURE_NAMES = ("kind", "http_status", "code", "message")


@dataclass(frozen=True)
class Context:
    """What a record says besides what was observed on the array."""

    title: str
    controller_user: str
    controller_host: str
    scenario: str | None = None
    change_ticket: str | None = None
    success_criteria: t.Sequence[str] = ()
    participants: t.Sequence[str] = ()
    approvers: t.Sequence[str] = ()
    awx: Json | None = None  # job_id, job_url, job_template, user, workflow_job_id
    array_host: str | None = None
    array_account: str | None = None
    filters: Json | None = None
    exclusions: t.Sequence[Json] = ()  # session_id, resource_name, reason
    ansible_version: str = ""
    clock_skew_seconds: float | None = None


@dataclass(frozen=True)
class Reason:
    """Something that keeps a record from having passed, with the verdict that it allows at best."""

    verdict: Verdict
    text: str
    session_id: str | None = None


@dataclass(frozen=True)
class Judgement:
    """The reasons that were found, and the verdict they come to."""

    reasons: tuple[Reason, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """The worst that a reason allows; passed where there is none."""
        return Verdict.worst((reason.verdict for reason in self.reasons), otherwise=Verdict.PASSED)

    def of(self, session_id: str | None) -> Judgement:
        """The same for one session."""
        return Judgement(tuple(reason for reason in self.reasons if reason.session_id == session_id))

    @property
    def texts(self) -> list[str]:
        """The reasons, each once, in their order."""
        return list(dict.fromkeys(reason.text for reason in self.reasons))

    def deviations(self) -> list[Json]:
        """The reasons as a list for a person to complete."""
        return [
            {
                "id": f"D{number}",
                "session_id": reason.session_id,
                "severity": reason.verdict.value,
                "description": reason.text,
                "owner": None,
                "due": None,
                "comment": None,
            }
            for number, reason in enumerate(dict.fromkeys(self.reasons), start=1)
        ]


def envelope(
    kind: Kind,
    record_id: str,
    context: Context,
    cluster: Json,
    looks: t.Sequence[str | None],
    judgement: Judgement,
    written_at: datetime,
    *,
    selected_by: str = "sessions",
) -> Json:
    """The part of a record that all kinds share. ``looks``: the array's time at each look at it, oldest first."""
    seen = [look for look in looks if look]
    awx = context.awx or {}
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": kind.value,
        "drill": {
            "id": record_id,
            "title": context.title,
            "scenario": context.scenario,
            "change_ticket": context.change_ticket,
            "success_criteria": list(context.success_criteria),
        },
        "array": {
            "host": context.array_host,
            **{key: cluster.get(key) for key in ("name", "global_id", "release_version")},
        },
        "times": {
            "started_at": seen[0] if seen else None,
            "finished_at": seen[-1] if seen else None,
            "written_at": format_time(written_at),
            "clock_skew_seconds": context.clock_skew_seconds,
        },
        "who": {
            "controller_user": context.controller_user,
            "controller_host": context.controller_host,
            "awx": {name: awx.get(name) for name in ("job_id", "job_url", "job_template", "user", "workflow_job_id")}
            if awx
            else None,
            "array_account": context.array_account,
            "participants": list(context.participants),
            "approvers": list(context.approvers),
        },
        "scope": {
            "selected_by": selected_by,
            "filters": context.filters,
            "exclusions": list(context.exclusions),
        },
        "verdict": judgement.verdict.value,
        "reasons": judgement.texts,
        "deviations": judgement.deviations(),
        "versions": {
            "collection": VERSION,
            "ansible_core": context.ansible_version,
            "powerstoreos": cluster.get("release_version"),
        },
    }


def condition(entry: Json | None, read_at: str | None) -> Json | None:
    """A session as ``replication_session_info`` returned it, reduced to what a record keeps."""
    if entry is None:
        return None
    names = ("state", "role", "failover_test_in_progress", "last_sync_timestamp")
    volumes = [
        {key: volume.get(key) for key in ("id", "name", "state", "wwn", "size", "hosts")}
        for volume in entry.get("volumes") or ()
    ]
    return {"read_at": read_at, **{name: entry.get(name) for name in names}, "volumes": volumes}


def recovery_point(entry: Json | None, given: int | None = None) -> Json:
    """The recovery point of a session that was read, held against the RPO given or else that of its rule."""
    seen = entry or {}
    objective = given if given is not None else seen.get("rpo_objective_seconds")
    age = seen.get("recovery_point_age_seconds")
    source = "drill" if given is not None else "replication rule"
    return {
        "objective_seconds": objective,
        "objective_from": None if objective is None else source,
        "timestamp": seen.get("recovery_point_timestamp"),
        "age_seconds": age,
        "met": None if age is None or objective is None else age <= objective,
    }
