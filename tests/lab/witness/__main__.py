# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make witness-table``: every lie about a drill, and what the array's own logs say of it."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.lab.witness.lab import laboratory
from tests.lab.witness.run import Seen, run_row
from tests.lab.witness.table import ROWS, Row


def main() -> int:
    """Print the table; the exit code is 1 if a row is wrong."""
    wrong = 0
    print(f"{'Record and logs':<50}{'Expected':<14}{'Seen':<14}{'Logs':<18}As it has to be")
    with ExitStack() as stack:
        shared = stack.enter_context(laboratory(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        for row in ROWS:
            seen = _own(row) if row.own else run_row(row, shared)
            problems = list(seen.problems(row))
            wrong += bool(problems)
            logs = "+".join(each.removesuffix("_event") for each in seen.by) or "-"
            print(f"{row.name:<50}{row.verdict:<14}{seen.verdict:<14}{logs:<18}{'WRONG' if problems else 'right'}")
            for problem in problems:
                print(f"    {problem}")
    print(f"{len(ROWS)} rows, {wrong} wrong.")
    return min(wrong, 1)


def _own(row: Row) -> Seen:
    with tempfile.TemporaryDirectory() as place, laboratory(Path(place), row.clock_ahead) as lab:
        return run_row(row, lab)


if __name__ == "__main__":
    sys.exit(main())
