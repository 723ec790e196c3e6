# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make demo``: a preflight, then a whole drill of three sessions, against simulated arrays, with the installed
collection."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.lab.demo.application import Application
from tests.lab.demo.preflight import run_preflight
from tests.lab.simulator import Simulator

HERE = Path(__file__).parent
WORK = Path("build/demo")
MOST_TASKS = 60  # a user has to be able to read what a drill does


def main() -> int:
    """Run the drill and hold the simulator's journal against what a drill may do."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.demo", description=__doc__)
    parser.add_argument("--fail-validation", action="store_true", help="one check fails, after the stop the drill too")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    if not (WORK / "records/chain.jsonl").exists():  # of a demo before there was a chain
        shutil.rmtree(WORK / "records", ignore_errors=True)
    problems = run_preflight(WORK)
    with Simulator() as simulator, Application() as application:
        print(f"Simulated arrays: production {simulator.production.url}, DR {simulator.dr.url}", flush=True)
        code = run_drill(simulator, application, fail=options.fail_validation)
        problems += journal_problems(simulator)
    print_outcome(code, problems)  # which may find one more
    return code or len(problems)


def run_drill(simulator: Simulator, application: Application, *, fail: bool) -> int:
    """ansible-playbook as a user would call it; the exit code is its own."""
    variables = {
        "ansible_host": simulator.dr.host,
        "demo_application": application.url,
        "demo_application_port": application.port,
        "demo_directory": str(HERE.absolute()),
        "demo_expected_health": "closed for repairs" if fail else "open for business",
        "failover_drill_records_directory": str((WORK / "records").absolute()),
    }
    connection = {
        "POWERSTORE_PORT": str(simulator.dr.port),
        "POWERSTORE_USERNAME": simulator.username,
        "POWERSTORE_PASSWORD": simulator.password,
        "POWERSTORE_CA_PATH": str(simulator.ca_path),
        "ANSIBLE_CONFIG": str(HERE / "ansible.cfg"),
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=WORK) as file:
        json.dump(variables, file)
        file.flush()
        command = ["ansible-playbook", "-i", "powerstore-dr,", "drdrill.powerstore.drill"]
        command += ["-e", f"@{HERE / 'drill.yml'}", "-e", f"@{file.name}"]
        print("$", " ".join(command), flush=True)
        code, tasks = shown(command, {**os.environ, **connection})
    print(f"\nThe drill showed {tasks} tasks, of at most {MOST_TASKS}.")
    return code or int(tasks > MOST_TASKS)


def shown(command: list[str], environment: dict[str, str]) -> tuple[int, int]:
    """Run it, show what it says as it says it; its exit code, and how many tasks were among that."""
    if sys.stdout.isatty():
        environment = {"ANSIBLE_FORCE_COLOR": "1", **environment}
    tasks = 0
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, errors="replace") as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            tasks += line.startswith("TASK [")
    return process.returncode, tasks


def journal_problems(simulator: Simulator) -> list[str]:
    """What the array saw that a drill may not do: one start, one stop for each session; a logout for each login."""
    array = simulator.dr
    wanted = sorted(session.id for session in array.array.sessions)
    problems = [
        f"{operation} was executed on {sorted(array.executed(operation))}, expected once on each of {wanted}"
        for operation in ("start_failover_test", "stop_failover_test")
        if sorted(array.executed(operation)) != wanted
    ]
    if array.logins != array.logouts or array.open_sessions:
        problems.append(f"{array.logins} logins, {array.logouts} logouts, {array.open_sessions} left open")
    requests = Counter(exchange.method for exchange in array.journal())
    print(
        f"\nThe simulated DR array saw {array.logins} logins, {array.logouts} logouts, {requests['GET']} reads, "
        f"{len(array.executed('start_failover_test'))} starts, {len(array.executed('stop_failover_test'))} stops."
    )
    return problems


def witness_line(witness: dict[str, Any] | None) -> str:
    """What the array's own logs say of the drill."""
    if witness is None:
        return "The array's own logs were not asked."
    agreed = [claim["verdict"] for claim in witness["claims"]].count("corroborated")
    logs = " and ".join(witness["by"]) or "none"
    return f"Witness: {witness['verdict']} by {logs}, {agreed} of {len(witness['claims'])} starts and stops"


def print_outcome(code: int, problems: list[str]) -> None:
    """The newest record once more, as the last thing on the screen."""
    records = sorted((WORK / "records").glob("drill-*.json"), key=lambda path: path.stat().st_mtime)
    if records:
        record = json.loads(records[-1].read_text(encoding="utf-8"))
        cleanup = record["cleanup"]["verdict"]
        print(f"Verdict: {record['verdict']} (clean-up: {cleanup}), ansible-playbook ended with {code}.")
        print(f"Record: {records[-1]}")
        print(witness_line(record["witness"]))
        if (record["witness"] or {}).get("verdict") != "corroborated":
            problems.append("the array's own logs do not corroborate the drill")
    chain = WORK / "records/chain.jsonl"
    if chain.exists():
        lines = chain.read_bytes().splitlines()
        print(f"Chain head {len(lines)} {hashlib.sha256(lines[-1]).hexdigest()}")
        print(f"Verify the folder: make verify DIR={chain.parent}")
    for problem in problems:
        print(f"PROBLEM: {problem}")


if __name__ == "__main__":
    sys.exit(main())
