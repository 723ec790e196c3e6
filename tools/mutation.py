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
    "_findings/start_stop": ["findings/test_start_stop", "failover_test/test_plan"],
    "_failover_test/plan": ["failover_test/test_plan", "failover_test/test_entry", "findings/test_start_stop"],
    "_failover_test/entry": ["failover_test/test_plan", "failover_test/test_entry"],
    "_operation/sending": ["operation/test_sending", "operation/test_operation"],
    "_array/related": ["array/test_related", "findings/test_related", "record/test_readiness"],
    "_findings/related": ["findings/test_related", "array/test_related", "record/test_readiness"],
    "_linux_volume/judge": ["linux_volume/test_judge"],
    "_linux_volume/options": ["linux_volume/test_options"],
    "_check/options": ["check/test_options"],
}
CONFIG = """
[cosmic-ray]
module-path = "plugins/module_utils/{module}.py"
timeout = 60.0
excluded-modules = []
test-command = "{python} -m pytest -x -q --no-cov {tests}"

[cosmic-ray.distributor]
name = "local"

# In these modules "|" stands in types only, which nothing reads at run time.
[cosmic-ray.filters.operators-filter]
exclude-operators = ["core/ReplaceBinaryOperator_BitOr_.*"]
"""


def place_for(module: str) -> Path:
    """A copy of the project, as the module is changed in place."""
    folder = WORK / module.replace("/", "_")
    shutil.rmtree(folder, ignore_errors=True)
    copy_to(folder)
    (folder / LINK).parent.mkdir(parents=True)
    (folder / LINK).symlink_to("../../../..")
    return folder


def mutate(module: str) -> tuple[str, int, list[str]]:
    """The module, how many changes were made, and those that were not noticed, each as a diff."""
    folder = place_for(module)
    tests = " ".join(f"tests/unit/{name}.py" for name in MUTATED[module])
    (folder / "mutation.toml").write_text(CONFIG.format(module=module, python=sys.executable, tests=tests))
    environment = {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}

    def run(tool: str, *words: str) -> str:
        command = [str(Path(sys.executable).parent / tool), *words]
        done = subprocess.run(command, cwd=folder, env=environment, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f"{module}: {tool} {words[0]} ended with {done.returncode}\n{done.stdout}")
        return done.stdout

    run("cosmic-ray", "baseline", "mutation.toml")  # unchanged: tests that fail anyhow would notice everything
    run("cosmic-ray", "init", "mutation.toml", "mutation.sqlite")
    run("cr-filter-operators", "mutation.sqlite", "mutation.toml")
    run("cosmic-ray", "exec", "mutation.toml", "mutation.sqlite")
    dumped = run("cosmic-ray", "dump", "mutation.sqlite")
    results = [result for _item, result in map(json.loads, dumped.splitlines())]
    made = [result for result in results if result["worker_outcome"] != "skipped"]
    return module, len(made), [result["diff"] for result in made if result["test_outcome"] != "killed"]


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
