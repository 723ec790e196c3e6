# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line that says how far a long task is, in a terminal and as an event of ansible-runner, which AWX shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.lab.simulator import Simulator

ROOT = Path(__file__).parents[2]
LONG = 7  # seconds of one operation: a line after five of them
BOTH = {"sessions": [{"volume": "erp-data"}, {"volume_group": "erp-db"}], "max_parallel": 1}
TEST = "drdrill.powerstore.replication_failover_test"
PLAY = {
    "hosts": "all",
    "connection": "local",
    "gather_facts": False,
    "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
    "tasks": [
        {TEST: {**BOTH, "state": "started"}, "check_mode": True, "diff": True},
        {TEST: {**BOTH, "state": "started"}, "register": "started"},
        {"drdrill.powerstore.first_contact": {"step": "watch", "volume": "erp-data", "seconds": 12, "interval": 0.5}},
        {TEST: {"volume": "erp-data", "state": "stopped"}, "environment": {"POWERSTORE_PROGRESS": "0"}},
        # By another name, so that it is sent.
        {
            TEST: {"volume_group": "erp-db", "state": "stopped"},
            "vars": {"ansible_python_interpreter": str(Path(sys.executable).with_name("python3"))},
        },
    ],
}


def test_a_long_start_shows_how_far_it_is_and_a_quiet_stop_does_not(simulator: Simulator, tmp_path: Path) -> None:
    simulator.operation_seconds.update(dict.fromkeys(simulator.operation_seconds, LONG))
    for folder in ("project", "inventory", "env"):
        (tmp_path / folder).mkdir()
    (tmp_path / "project/play.yml").write_text(json.dumps([PLAY]))
    (tmp_path / "inventory/hosts").write_text("powerstore-dr\n")
    (tmp_path / "env/envvars").write_text(
        json.dumps(
            {
                "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
                "POWERSTORE_HOST": simulator.dr.host,
                "POWERSTORE_PORT": str(simulator.dr.port),
                "POWERSTORE_USERNAME": simulator.username,
                "POWERSTORE_PASSWORD": simulator.password,
                "POWERSTORE_CA_PATH": str(simulator.ca_path),
            }
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "ansible_runner", "run", str(tmp_path), "-p", "play.yml", "--ident", "job"],
        env={name: value for name, value in os.environ.items() if name != "POWERSTORE_PROGRESS"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    events = [json.loads(path.read_text()) for path in (tmp_path / "artifacts/job/job_events").glob("*.json")]
    by_number = sorted(events, key=lambda event: int(event["counter"]))
    shown = [event["stdout"] for event in by_number if "powerstore-dr: " in event["stdout"]]
    lines = [text for text in shown if " of 2" in text]
    assert lines and all("powerstore-dr: started " in line for line in lines), done.stdout
    assert any("powerstore-dr: seconds watched: " in event["stdout"] for event in by_number), done.stdout
    assert any("started 1 of 2, 1 under way, about " in line for line in lines), lines
    # On the way: after the task has begun, before its result.
    kinds = [
        "line" if event["stdout"] in lines else event["event"]
        for event in by_number
        if event["stdout"] in lines or event["event"] in ("playbook_on_task_start", "runner_on_ok")
    ]
    started = kinds.index("line")
    assert kinds[:started] == ["playbook_on_task_start", "runner_on_ok", "playbook_on_task_start"]
    assert kinds[-5:] == ["runner_on_ok", *["playbook_on_task_start", "runner_on_ok"] * 2]
    # Of two stops one is quiet, and the other is sent.
    last = max(place for place, event in enumerate(by_number) if event["event"] == "playbook_on_task_start")
    stops = [place for place, event in enumerate(by_number) if "stopped 0 of 1, 1 under way" in event["stdout"]]
    assert stops and min(stops) > last, shown
