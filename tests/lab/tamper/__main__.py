# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make tamper-table``: every manipulation of a folder of records, and what the check says of it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.lab.tamper.run import run_row
from tests.lab.tamper.table import ROWS


def main() -> int:
    """Print the table; the exit code is 1 if a row is wrong."""
    wrong = 0
    print(f"{'Manipulation':<42}{'Exit':<6}{'What the check says':<60}As it has to be")
    for row in ROWS:
        with tempfile.TemporaryDirectory() as place:
            seen = run_row(row, Path(place))
        problems = list(seen.problems(row))
        wrong += bool(problems)
        said = "; ".join(dict.fromkeys(line[:30] for line in seen.of_the_script())) or seen.lines[0][:40]
        print(f"{row.name:<42}{seen.exit_code:<6}{said[:58]:<60}{'WRONG' if problems else 'right'}")
        for problem in problems:
            print(f"    {problem}")
    print(f"{len(ROWS)} manipulations, {wrong} wrong.")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
