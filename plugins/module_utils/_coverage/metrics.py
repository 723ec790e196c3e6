# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The coverage for Prometheus: a file for node_exporter's textfile collector. Pure.

Gauges only, in the form that the Prometheus text format and OpenMetrics share. No sample has a time of its own, as the
collector refuses those. What is not known is left out; it is never 0.
"""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._text import one_line
from .._words import Coverage
from .cover import STATUSES
from .document import Application, CoverageDocument
from .trend import Series

Labels = t.Mapping[str, str]
Sample: t.TypeAlias = "tuple[Labels, float | None]"


@dataclass(frozen=True)
class _Metric:
    name: str
    help: str
    samples: tuple[Sample, ...]


def metrics_of(document: CoverageDocument, trend: t.Sequence[Series]) -> str:
    """The content of ``drdrill.prom``."""
    lines = []
    for metric in (*_of_all(document), *_of_applications(document), *_of_trend(trend)):
        known = [(labels, value) for labels, value in metric.samples if value is not None]
        if known:
            lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} gauge"]
            lines += [f"{metric.name}{_labels(labels)} {_number(value)}" for labels, value in known]
    return "\n".join((*lines, "# EOF")) + "\n"


def _of_all(document: CoverageDocument) -> t.Iterator[_Metric]:
    yield _Metric(
        "drdrill_coverage_written_timestamp_seconds",
        "When the coverage was made, in seconds since 1970.",
        (({}, document.written_at.timestamp()),),
    )
    counts = {each: sum(row.state is each for row in document.rows) for each in Coverage}
    yield _Metric(
        "drdrill_coverage_sessions",
        "Replication sessions by the state of their coverage.",
        tuple(({"state": state.value}, float(count)) for state, count in counts.items()),
    )
    yield _Metric(
        "drdrill_coverage_array_read",
        "Whether the array could be read: 1 or 0.",
        tuple(({"array": each.host}, float(each.read)) for each in document.arrays),
    )
    yield _Metric(
        "drdrill_actions",
        "What is open from drills, by status.",
        tuple(({"status": each}, float(sum(one.status == each for one in document.actions))) for each in STATUSES),
    )
    yield _Metric("drdrill_coverage_records", "Records of drills that were read.", (({}, document.records.drills),))


_APPLICATION: t.Final[t.Sequence[tuple[str, str, t.Callable[[Application], float | None]]]] = (
    ("sessions", "Replication sessions of the application.", lambda each: each.sessions),
    ("sessions_covered", "Those whose test is not due, or due soon.", lambda each: each.covered),
    (
        "tested_timestamp_seconds",
        "The oldest of the last good tests of its sessions; left out where one was never tested well.",
        lambda each: _seconds(each.tested_since),
    ),
    ("due_timestamp_seconds", "When the first of its sessions is due.", lambda each: _seconds(each.due)),
    ("rto_seconds", "The longest recovery time of the last tests of its sessions.", lambda each: each.rto_seconds),
    ("rto_objective_seconds", "The RTO that it is compared with.", lambda each: each.rto_objective_seconds),
    ("rpo_seconds", "The oldest recovery point of the last tests of its sessions.", lambda each: each.rpo_seconds),
    ("rpo_objective_seconds", "The RPO that it is compared with.", lambda each: each.rpo_objective_seconds),
    ("rto_met", "Whether all its sessions met their RTO: 1 or 0.", lambda each: _flag(each.rto_met)),
    ("rpo_met", "Whether all its sessions met their RPO: 1 or 0.", lambda each: _flag(each.rpo_met)),
)


def _of_applications(document: CoverageDocument) -> t.Iterator[_Metric]:
    named = [each for each in document.applications if each.application is not None]
    for name, text, value in _APPLICATION:
        samples = tuple((_about(each.application, each.tier), value(each)) for each in named)
        yield _Metric(f"drdrill_application_{name}", text, samples)


def _of_trend(trend: t.Sequence[Series]) -> t.Iterator[_Metric]:
    named = [each for each in trend if each.application is not None]
    yield _Metric(
        "drdrill_application_rto_slope_seconds_per_quarter",
        "By how much the recovery time grows in a quarter, over the last drills.",
        tuple((_about(each.application, each.tier), each.slope) for each in named),
    )
    yield _Metric(
        "drdrill_application_rto_regressed",
        "Whether the last drill took longer than the one before by more than is allowed: 1 or 0.",
        tuple((_about(each.application, each.tier), _flag(each.regressed)) for each in named),
    )


def _about(application: str | None, tier: str | None) -> Labels:
    return {"application": application or "", **({"tier": tier} if tier else {})}


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _flag(value: bool | None) -> float | None:
    return None if value is None else float(value)


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    """On one line, no matter what a reader takes for the end of a line."""
    return one_line(value).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no value of a metric.")
    return str(int(value)) if float(value).is_integer() else repr(round(float(value), 6))
