# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a coverage takes and how much memory: python -m tests.lab.benchmark.coverage [SESSIONS] [RECORDS] [EACH]

5,000 sessions and 2,000 records of ten sessions each, unless given. The records are made first and are not counted;
the coverage is made in a process of its own, whose largest size is printed.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.unit.makers.covered import ago, array, now_on, record

RULES = [{"match": {"name": f"vol-{part}*"}, "application": f"app-{part}", "owner": "A. Osei"} for part in range(10)]
POLICY = {"period": "90d", "rules": RULES}


def main(sessions: int = 5000, records: int = 2000, each: int = 10) -> None:
    """Make the input, then measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(records):
            names = [f"vol-{(number * each + at) % sessions}" for at in range(each)]
            made = record(*names, at=ago(1 + number * 300 / records), number=number)
            (folder / f"drill-{made['drill']['id']}.json").write_text(json.dumps(made))
        (folder / "policy.yml").write_text(json.dumps(POLICY))
        (folder / "arrays.txt").write_text(
            json.dumps([array(*(now_on(f"vol-{number}") for number in range(sessions)))])
        )
        subprocess.run([sys.executable, "-m", "tests.lab.benchmark.coverage", "--measure", name], check=True)


def measure(folder: Path) -> None:
    """Make the coverage of what `main` made, and print what it took."""
    from ansible_collections.drdrill.powerstore.plugins.module_utils._coverage.options import OPTIONS
    from ansible_collections.drdrill.powerstore.plugins.module_utils._coverage.task import run_coverage
    from ansible_collections.drdrill.powerstore.plugins.module_utils._module.arguments import checked_arguments

    given = {"directory": str(folder), "policy": str(folder / "policy.yml"), "output_directory": str(folder / "out")}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun, cpu = time.monotonic(), time.process_time()
    arrays = json.loads((folder / "arrays.txt").read_text())
    params, problem = checked_arguments({**given, "arrays": arrays}, OPTIONS)
    result = run_coverage(params, write=True)
    took, used = time.monotonic() - begun, time.process_time() - cpu
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(problem or result.get("msg") or result["totals"])
    print(f"{took:.1f} s ({used:.1f} s CPU), {largest / 1024:.0f} MiB ({before / 1024:.0f} MiB before)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
