# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill of hundreds of sessions: what is between last check and first stop, and what it hands to the user."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.integration.arrays import ROOT
from tests.lab.simulator import Simulator
from tests.prepared import run_ansible

COUNT = 220
SCENARIO = {
    "operation_seconds": {"default": 0.02},
    "arrays": {"dr": {"hosts": ["dr-host-1"]}},
    "rules": {"rpo-5min": "Five_Minutes"},
    "defaults": {"rule": "rpo-5min", "hosts": ["dr-host-1"]},
    "generate": {"volumes": COUNT, "prefix": "vol-"},
}
# A look takes some seconds; a real check does not wait for it either. Here it lasts until the look has left its result,
# whose place the journal has.
LOOKED = r"""
until path=$(sed -n '/"event": "looking"/s/.*"path": "\([^"]*\)".*/\1/p' "$0"/*.journal.jsonl) && test -e "$path"
do sleep 0.2
done
"""


def test_nothing_but_the_stop_comes_after_the_last_check(tmp_path: Path) -> None:
    records = tmp_path / "records"
    with Simulator.from_dict(SCENARIO) as simulator:
        host = {
            "ansible_host": simulator.dr.host,
            "failover_drill_port": simulator.dr.port,
            "failover_drill_username": simulator.username,
            "failover_drill_ca_path": str(simulator.ca_path),
            "failover_drill_filters": {"name": "vol-*"},
            "failover_drill_checks": [
                {"name": "takes a while", "command": ["sh", "-c", LOOKED, str(records)], "timeout": 300}
            ],
            "failover_drill_max_parallel": 64,
            "failover_drill_poll_interval": 0.2,
            "failover_drill_report_formats": ["markdown"],
            "failover_drill_records_directory": str(records),
        }
        (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": {"dr": host}}}))
        later = tmp_path / "later.yml"
        later.write_text(
            "- hosts: all\n  connection: local\n  gather_facts: false\n  tasks:\n    - ansible.builtin.copy:\n"
            '        content: "{{ failover_drill_result | to_json }}"\n        dest: result.json\n'
            "      vars: {ansible_python_interpreter: '{{ ansible_playbook_python }}'}\n"
        )
        done = run_ansible(
            ["ansible-playbook", "-i", "inventory.json", "drdrill.powerstore.drill", str(later)],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
                "ANSIBLE_NOCOLOR": "1",
                "POWERSTORE_PASSWORD": simulator.password,
            },
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        exchanges = simulator.dr.journal()
    first_stop = next(n for n, each in enumerate(exchanges) if each.path.endswith("/stop_failover_test"))
    began = max(n for n, each in enumerate(exchanges[:first_stop]) if each.path == "/login_session")
    # The stop is a task of its own, from its login on: it looks for itself, and reads nothing else.
    assert not [each.path for each in exchanges[began:first_stop] if "host" in each.path or "alert" in each.path]
    (journal,) = records.glob("*.journal.jsonl")
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    names = [event["event"] for event in events]
    expected = [
        "read",
        "starting",
        "started",
        "looking",
        "steps",
        "looked",
        "stopped",
        "read",
        "read",
        "witness",
        "end",
    ]
    assert names == [*expected[:0], "intent", *expected], names
    (path,) = (path for path in records.glob("drill-*.json"))
    record = json.loads(path.read_text())
    assert record["verdict"] == "passed" and len(record["sessions"]) == COUNT
    assert {each["during"]["failover_test_in_progress"] for each in record["sessions"]} == {True}
    # Of many sessions, the details are in the file alone.
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["verdict"], result["path"], result["stop_failures"]) == ("passed", str(path), [])
    left_out = {"sessions", "steps", "validations", "deviations"}
    assert set(record) - set(result["record"]) == left_out and "claims" not in result["record"]["witness"]
    assert len(json.dumps(result)) < 100 * COUNT
