# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The population as CSV: one line for each session, which an auditor samples from. Pure."""

from __future__ import annotations

import csv
import io
import typing as t

from .._report.register import csv_text
from .._time import format_time
from .document import CoverageDocument, Row

COLUMNS: t.Final = (
    "state", "because", "application", "tier", "owner", "array", "array_global_id", "host", "resource_type",
    "resource_name", "resource_id", "session_id", "wwns", "remote_system", "period_days", "due", "tests", "last_tested",
    "last_verdict", "last_record_id", "last_record_sha256", "last_good", "rpo_seconds", "rpo_objective_seconds",
    "rpo_met", "rto_seconds", "rto_objective_seconds", "rto_met", "last_signed_off",
    "changes", "not_compared", "unrecorded_jobs",
    "exclusion_reason", "exclusion_owner", "exclusion_approved_by", "exclusion_expires", "exclusion_alternative",
)  # fmt: skip
YES_NO: t.Final[t.Mapping[bool | None, str]] = {True: "yes", False: "no", None: ""}
BOM: t.Final = "\ufeff"  # without it Excel takes the file for another encoding


def population_csv(document: CoverageDocument) -> str:
    """All rows, the worst first."""
    return table(COLUMNS, map(_line, document.rows))


def table(columns: t.Sequence[str], lines: t.Iterable[t.Mapping[str, object]]) -> str:
    """CSV with a header. What a spreadsheet would compute is made a text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for line in lines:
        writer.writerow([csv_text(line.get(column)) for column in columns])
    return BOM + text.getvalue()


def _line(row: Row) -> dict[str, object]:
    last, excluded = row.last, row.exclusion
    line: dict[str, object] = {
        "state": row.state.value,
        "because": " ".join(each.text for each in row.because),
        "application": row.application,
        "tier": row.tier,
        "owner": row.owner,
        "array": row.array,
        "array_global_id": row.array_global_id,
        "host": row.host,
        "resource_type": row.resource_type,
        "resource_name": row.resource_name,
        "resource_id": row.resource_id,
        "session_id": row.session_id,
        "wwns": " ".join(row.wwns),
        "remote_system": row.remote_system,
        "period_days": round(row.period_seconds / 86400, 2),
        "due": format_time(row.due),
        "tests": row.tests,
        "last_good": format_time(row.last_good.at) if row.last_good else None,
        "changes": "; ".join(f"{each.what}: {each.tested} -> {each.now}" for each in row.changes),
        "not_compared": " ".join(row.not_compared),
        "unrecorded_jobs": " ".join(filter(None, (each.job_id or each.clone_id for each in row.unrecorded))),
    }
    if last:
        line |= {
            "last_tested": format_time(last.at),
            "last_verdict": last.verdict.value,
            "last_record_id": last.record_id,
            "last_record_sha256": last.sha256,
            "rpo_seconds": last.rpo_seconds,
            "rpo_objective_seconds": last.rpo_objective_seconds,
            "rpo_met": YES_NO[last.rpo_met],
            "rto_seconds": last.rto_seconds,
            "rto_objective_seconds": last.rto_objective_seconds,
            "rto_met": YES_NO[last.rto_met],
            "last_signed_off": "; ".join(f"{each.decision} by {each.name} ({each.role})" for each in last.sign_offs),
        }
    if excluded:
        line |= {
            "exclusion_reason": excluded.reason,
            "exclusion_owner": excluded.owner,
            "exclusion_approved_by": excluded.approved_by,
            "exclusion_expires": excluded.expires,
            "exclusion_alternative": excluded.alternative,
        }
    return line
