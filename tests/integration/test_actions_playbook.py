# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drills in a row on one array: what one finds is open in the next, until it is closed; then it must not come back."""

from __future__ import annotations

import json
import os
import shlex

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.integration.arrays import ROOT, Arrays, Case, Prepare
from tests.prepared import run_ansible

GONE = [{"name": "erp answers", "tcp": {"host": "127.0.0.1", "port": 1}, "timeout": 1}]


def drilled(arrays: Arrays, case: Case, checks: list[Json]) -> Json:
    """The record of one more drill with these checks."""
    before = set(case.records.glob("drill-*.json"))
    ran = arrays.run("-e", json.dumps({"failover_drill_checks": checks}))
    (path,) = set(case.records.glob("drill-*.json")) - before
    record: Json = json.loads(path.read_text(encoding="utf-8"))
    assert (ran.code == 0) is (record["verdict"] == "passed"), ran.output
    return record


def run_here(command: str, case: Case) -> str:
    """A command as it was printed."""
    done = run_ansible(
        shlex.split(command),
        cwd=case.records.parent,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_open_then_not_seen_then_closed_then_recurred(arrays: Prepare) -> None:
    ready = arrays(Case("dr"))
    case = ready["dr"]

    first = drilled(ready, case, GONE)
    assert first["verdict"] == "failed" and first["carried_over"] == []

    second = drilled(ready, case, [])
    (carried,) = (each for each in second["carried_over"] if each["cause"] == "check.failed")
    assert (carried["status"], carried["seen"], carried["opened_in"]) == ("open", False, first["drill"]["id"])

    listed = run_here(f'ansible localhost -m drdrill.powerstore.drill_action -a "directory={case.records}"', case)
    shown = json.loads(listed[listed.index("{") :])["summary"]
    commands = [line.strip() for line in shown if line.strip().startswith("ansible ")]
    close = next(each for each in commands if "state=closed" in each).replace("WHY", "'The service was repaired.'")
    same = close.replace(shown[2].split()[1], carried["fingerprint"][:12])
    assert '"status": "closed"' in run_here(same, case)

    third = drilled(ready, case, GONE)
    (again,) = (each for each in third["carried_over"] if each["status"] == "recurred")
    assert again["fingerprint"] == carried["fingerprint"] and again["comment"] == "The service was repaired."
    assert {"check.failed", "action.recurred"} <= {each["cause"] for each in third["deviations"]}
