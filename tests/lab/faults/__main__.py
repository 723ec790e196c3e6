# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make faults``: every fault, what the module made of it, and whether that is as it has to be."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

from tests.lab.faults import nas
from tests.lab.faults.run import Observed, run_row
from tests.lab.faults.table import ROWS, Row


def line(row: Row | nas.NasRow, seen: Observed) -> str:
    """One line of the table, at most 120 columns wide."""
    failure = seen.entry.get("failure") or {}
    result = failure.get("kind") or "ok"
    return (
        f"{row.fault[:49]:<50}{seen.entry['action']:<15}{seen.result['changed']!s:<9}{result:<16}"
        f"{seen.requests:>8}{seen.seconds:>9.1f}  {'WRONG' if seen.problems else 'right'}"
    )


def main() -> int:
    """Print the table; the exit code is the number of rows that are wrong."""
    print(f"{'Fault':<50}{'Action':<15}{'Changed':<9}{'Result':<16}{'Requests':>8}{'Seconds':>9}  As it has to be")
    wrong = 0
    with ProcessPoolExecutor(4) as pool:
        seen_of_each = chain(pool.map(run_row, ROWS), pool.map(nas.run_row, nas.ROWS))
        for row, seen in zip((*ROWS, *nas.ROWS), seen_of_each, strict=True):
            print(line(row, seen), *(f"    {problem}" for problem in seen.problems), sep="\n", flush=True)
            wrong += bool(seen.problems)
    print(f"{len(ROWS) + len(nas.ROWS)} faults, {wrong} wrong.")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
