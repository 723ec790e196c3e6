# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preflight of the demo: twelve sessions, most of which have something, and what it says of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.lab.simulator import Simulator

HERE = Path(__file__).parent
ESTATE = HERE.parent / "simulator/scenarios/problems.yml"


def run_preflight(work: Path) -> list[str]:
    """Ask an estate of its own whether it is ready, as a user would; what was not as expected."""
    with Simulator.from_file(ESTATE) as simulator:
        array = simulator.dr
        variables = {
            "ansible_host": array.host,
            "failover_drill_filters": {"role": "any"},
            "failover_drill_port": array.port,
            "failover_drill_records_directory": str((work / "records").absolute()),
        }
        connection = {
            "POWERSTORE_USERNAME": simulator.username,
            "POWERSTORE_PASSWORD": simulator.password,
            "POWERSTORE_CA_PATH": simulator.ca_path,
            "ANSIBLE_CONFIG": str(HERE / "ansible.cfg"),
        }
        command = ["ansible-playbook", "-i", "powerstore-dr,", "drdrill.powerstore.preflight"]
        command += ["-e", json.dumps(variables)]
        print("$", " ".join(command[:-1]), f"'{command[-1]}'", flush=True)
        code = subprocess.run(command, env={**os.environ, **connection}, check=False).returncode
        changing = [
            e.path for e in array.journal() if e.method != "GET" and e.path not in ("/logout", "/login_session")
        ]
    print("\nSomething blocks a drill there, so the preflight fails. Now a drill of an estate that is ready.\n")
    problems = [] if code == 2 else [f"the preflight ended with {code}, expected 2: something blocks a drill"]
    problems += [f"the preflight sent {path}, expected only reads" for path in changing]
    newest = max((work / "records").glob("readiness-*.json"), key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        return [*problems, "the preflight left no report"]
    report = json.loads(newest.read_text(encoding="utf-8"))
    kinds = {finding["id"] for session in report["sessions"] for finding in session["findings"]}
    if len(report["sessions"]) != len(list(array.array.sessions)) or len(kinds) < 6:
        problems.append(f"the report has {len(report['sessions'])} sessions and the findings {sorted(kinds)}")
    return problems
