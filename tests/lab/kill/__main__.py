# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make kill-matrix``: every end of a drill, what it left, what found that, and when the array was failover-ready."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.lab.kill import nas
from tests.lab.kill.run import Observed, run_row
from tests.lab.kill.table import ROWS, Row


def line(row: Row, seen: Observed) -> str:
    """One line of the table, at most 120 columns wide."""
    left = ", ".join(seen.left) or "nothing"
    seconds = "-" if seen.seconds is None else f"{seen.seconds:.1f} s"
    right = "WRONG" if seen.problems else "right"
    return f"{row.event[:40]:<41}{row.phase:<17}{left:<18}{seen.found_by[:27]:<28}{seconds:>7}  {right}"


def run(row: Row) -> Observed:
    """One row in a folder of its own, which is removed."""
    folder = Path(tempfile.mkdtemp(prefix="kill-"))
    try:
        return run_row(row, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Print the table; the exit code tells whether a row is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.kill", description=__doc__)
    parser.add_argument("words", nargs="*", help="only rows whose name has one of these words")
    parser.add_argument("--output", action="store_true", help="print what the playbooks of wrong rows said")
    parser.add_argument("--parallel", type=int, default=2)
    options = parser.parse_args()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores it for all that is started, so for the drills as well
    rows = [row for row in ROWS if not options.words or any(word in row.label for word in options.words)]
    print(f"{'Event':<41}{'Phase':<17}{'Left':<18}{'Found and stopped by':<28}{'Ready':>7}  As it has to be")
    wrong = 0
    with ProcessPoolExecutor(options.parallel) as pool:
        for row, seen in zip(rows, pool.map(run, rows), strict=True):
            print(line(row, seen), *(f"    {problem}" for problem in seen.problems), sep="\n", flush=True)
            if seen.problems and options.output:
                print(seen.output)
            wrong += bool(seen.problems)
        of_nas = [row for row in nas.ROWS if not options.words or any(word in row.label for word in options.words)]
        for each, problems in zip(of_nas, pool.map(nas.run_row, of_nas), strict=True):
            left, right = "a clone" if each.left else "nothing", "WRONG" if problems else "right"
            name = f"{each.signal.name} to nas_dr_test"
            print(f"{name:<41}{each.phase:<17}{left:<18}{'its stop':<28}{'-':>7}  {right}", *problems, sep="\n    ")
            wrong += bool(problems)
    count = len(rows) + len(of_nas)
    print(f"{count} ends of a drill or a module, {wrong} wrong. Ready: from the event until a failover was possible.")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
