# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arrays of one run together: what became of the drill of each, and what the record of all is made from. Pure."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass

from .._json import Json

_LINE = "%-32s %-24s %s"


@dataclass(frozen=True, slots=True)
class Drilled:
    """What the role left of the drill of one array."""

    array: str  # its name in the inventory
    verdict: str | None = None
    cleanup: str | None = None
    record: str | None = None  # path; None where there is none
    formats: tuple[str, ...] = ()  # of its reports
    chained: bool = False  # whether it was to be added to the chain of its folder

    @classmethod
    def of(cls, array: str, result: object, report: object) -> Drilled:
        """From the results of ``drill_record`` and ``drill_report``; of an array that was given up there are none."""
        found = result if isinstance(result, dict) else {}
        files = report.get("files") if isinstance(report, dict) else None
        path = str(found.get("path") or "")
        return cls(
            array,
            str(found.get("verdict") or "") or None,
            str(found.get("cleanup_verdict") or "") or None,
            path if os.path.isabs(path) else None,
            tuple(map(str, files or ())),
            isinstance(report, dict) and "chain" in report,
        )


def together(arrays: t.Sequence[Drilled]) -> Json:
    """``lines`` for a person, and the options of ``drill_record`` and ``drill_report`` for the record of all.

    ``is_run``: whether there are several arrays, and a record of at least one. Its folder is that of the first record.
    """
    lines = [_LINE % ("Array", "Verdict", "Clean-up")]
    lines += [_LINE % (each.array, each.verdict or "no record", each.cleanup or "not known") for each in arrays]
    records = [each.record for each in arrays if each.record]
    return {
        "is_run": len(arrays) > 1 and bool(records),
        "title": f"Failover drill of {len(arrays)} arrays",
        "directory": os.path.dirname(records[0]) if records else "",
        "records": records,
        "without_record": [each.array for each in arrays if not each.record],
        "formats": list(dict.fromkeys(name for each in arrays for name in each.formats)),
        "chain": any(each.chained for each in arrays),
        "lines": lines,
    }
