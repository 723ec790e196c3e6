# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes the parts that decide, one place at a time, and lists the changes that no test notices.

python tools/mutation.py [MODULE ...]; it works on copies in build/mutation. A survivor is a test that is missing, or a
change that makes no difference; which of the two, only a reader can say.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from working_copy import ROOT, copy_to

WORK = ROOT / "build" / "mutation"
LINK = ".ansible/collections/ansible_collections/drdrill/powerstore"
# Each module, and the tests that have to notice.
MUTATED = {
    "_readiness": ["test_readiness", "test_failover_test"],
    "_failover_test": ["test_failover_test", "test_readiness", "test_operation"],
    "_surroundings": ["test_surroundings", "test_assess_surroundings", "test_record_readiness"],
    "_assess_surroundings": ["test_assess_surroundings", "test_surroundings", "test_record_readiness"],
}
CONFIG = """
[cosmic-ray]
module-path = "plugins/module_utils/{module}.py"
timeout = 60.0
excluded-modules = []
test-command = "{python} -m pytest -x -q --no-cov -p no:cacheprovider {tests}"

[cosmic-ray.distributor]
name = "local"
"""


def place_for(module: str) -> Path:
    """A copy of the project, as the module is changed in place."""
    folder = WORK / module
    shutil.rmtree(folder, ignore_errors=True)
    copy_to(folder)
    (folder / LINK).parent.mkdir(parents=True)
    (folder / LINK).symlink_to("../../../..")
    return folder


def mutate(module: str) -> tuple[str, int, list[str]]:
    """The module, how many changes were made, and those that were not noticed, each as a diff."""
    folder = place_for(module)
    tests = " ".join(f"tests/unit/module_utils/{name}.py" for name in MUTATED[module])
    (folder / "mutation.toml").write_text(CONFIG.format(module=module, python=sys.executable, tests=tests))
    environment = {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}

    def cosmic_ray(*words: str) -> str:
        command = [str(Path(sys.executable).parent / "cosmic-ray"), *words]
        done = subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    cosmic_ray("baseline", "mutation.toml")  # unchanged: tests that fail anyhow would notice everything
    cosmic_ray("init", "mutation.toml", "mutation.sqlite")
    cosmic_ray("exec", "mutation.toml", "mutation.sqlite")
    dumped = cosmic_ray("dump", "mutation.sqlite")
    pairs = [json.loads(line) for line in dumped.splitlines()]
    survivors = [result["diff"] for _item, result in pairs if result and result["test_outcome"] == "survived"]
    return module, len(pairs), survivors


def main() -> int:
    chosen = sys.argv[1:] or list(MUTATED)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for module, count, survivors in pool.map(mutate, chosen):
            print(f"{module}: {count} changes, {count - len(survivors)} noticed, {len(survivors)} not\n")
            for diff in survivors:
                print(diff, end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
