# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several arrays in one run of the drill: each goes its own way, and the end of one says nothing of another."""

from __future__ import annotations

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from tests.integration.arrays import SESSIONS, Case, Prepare
from tests.lab.kill.run import until
from tests.lab.simulator import Simulator

STOP = {"array": "dr", "method": "POST", "path": "*/stop_failover_test"}
NO = {"action": "answer", "status": 422, "body": {"messages": []}}
PORT = [{"name": "true at once", "command": ["true"]}]


def slow(simulator: Simulator) -> None:
    simulator.operation_seconds["start_failover_test"] = 4


def not_stopped(simulator: Simulator) -> None:
    simulator.faults.add({**STOP, **NO})


def until_stopped(journals: str) -> list[str]:
    """A command that waits for the stop of a drill, as its journal in the folder has it."""
    return ["sh", "-c", f'until grep -q \'"event": "stopped"\' {journals}/*.journal.jsonl; do sleep 0.2; done']


def test_a_slow_array_costs_another_no_time(arrays: Prepare, tmp_path: Path) -> None:
    """The slow one waits until the other was stopped, which would last for ever if that waited, too."""
    waits = {"name": "waits", "command": until_stopped(f"{tmp_path}/records/fast"), "timeout": 300}
    drill = arrays(
        Case("fast", {"sessions": SESSIONS[:1], "checks": PORT}),
        Case("slow", {"sessions": SESSIONS[:1], "attach": [waits], "checks": PORT}),
    )
    done = drill.run()
    assert done.code == 0, done.output
    fast, late = drill["fast"].record(), drill["slow"].record()
    assert (fast["verdict"], late["verdict"]) == ("passed", "passed")
    # The array's own times, in one clock.
    assert fast["sessions"][0]["stop"]["finished_at"] < late["sessions"][0]["stop"]["started_at"]
    blocked = [record["sessions"][0]["failover_blocked"]["seconds"] for record in (fast, late)]
    assert 0 < blocked[0] < blocked[1]
    assert done.says("fast passed passed") and done.says("slow passed passed")
    assert done.says("All arrays together: passed.")


def test_what_ends_one_array_leaves_the_verdict_of_another(arrays: Prepare, tmp_path: Path) -> None:
    """One, which failed by a file that cannot be included, is over while the other tells of a stop that was refused."""
    (tmp_path / "no-role.yml").write_text("- ansible.builtin.include_role:\n    name: no.such.role\n")
    tell = {"name": "tell", "command": ["sh", "-c", "test $0 = started || sleep 10", "{{ failover_drill_event }}"]}
    drill = arrays(
        Case(
            "rescued",
            {"sessions": SESSIONS[:1], "checks": [{"name": "no", "tasks": str(tmp_path / "no-role.yml")}]},
            slow,
        ),
        Case("left", {"sessions": SESSIONS[:1], "checks": PORT, "stop_retries": 0, "notify": [tell]}, not_stopped),
    )
    done = drill.run()
    assert done.code == 2, done.output
    assert drill["rescued"].verdicts == ("failed", "passed")
    assert drill["left"].verdicts == ("failed", "failed")
    assert done.says("FAILOVER TESTS MAY STILL BE RUNNING ON left.")
    assert done.says("rescued failed passed") and done.says("left failed failed")
    verdict = done.output.rpartition("PLAY [Verdict]")[2]
    assert "fatal: [rescued]" in verdict and "fatal: [left]" in verdict


def test_a_notification_costs_no_measured_time_and_its_end_is_awaited(arrays: Prepare, tmp_path: Path) -> None:
    """One that takes long, one that hangs past its time-out, and a tasks file, which Ansible has to do itself."""
    (tmp_path / "told.yml").write_text("- ansible.builtin.fail: {msg: nobody there}\n")
    hangs = ["sh", "-c", "test $0 = finished || sleep 600", "{{ failover_drill_event }}"]
    # Until the stop: which would never come if it waited for this.
    *shell, script = until_stopped(f"{tmp_path}/records/dr")
    takes_long = [*shell, f"test $0 = finished || {{ {script}; exit 7; }}", "{{ failover_drill_event }}"]
    case = Case(
        "dr",
        {
            "checks": PORT,
            "notify": [
                {"name": "long", "command": takes_long, "timeout": 300},
                {"name": "hangs", "command": hangs, "timeout": 1},
                {"name": "file", "tasks": str(tmp_path / "told.yml")},
            ],
        },
    )
    done = arrays(case).run()
    assert done.code == 0, done.output
    record = case.record()
    assert (record["verdict"], record["cleanup"]["verdict"]) == ("passed", "passed")
    (path,) = case.records.glob("*.journal.jsonl")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    order = [event["event"] for event in events]
    assert order.index("beside") < order.index("starting") < order.index("stopped") < order.index("told")
    notices = [(e, step) for e in events if e["event"] == "steps" and e["phase"] == "notify" for step in e["steps"]]
    told = [(step["name"], step["passed"]) for _event, step in notices]
    assert told == [
        ("file", False),
        ("long", False),
        ("hangs", False),
        ("long", True),
        ("hangs", True),
        ("file", False),
    ]
    assert events.index(notices[0][0]) < order.index("starting") < order.index("end") < events.index(notices[1][0])
    assert done.says("WARNING: a notification failed: long: exit code 7")
    assert done.says("WARNING: a notification failed: hangs:") and done.says("notification failed: file: nobody there")


def test_a_worker_that_is_killed_keeps_no_array_waiting_and_its_tests_are_stopped(
    arrays: Prepare, tmp_path: Path
) -> None:
    """As by the kernel, where memory runs out. The strategies free and host_pinned wait for it without an end."""
    looking, over = tmp_path / "looking", tmp_path / "over"
    waits = f"touch {looking}; until test -e {over}; do sleep 0.2; done"
    check = {"name": "looks", "command": ["sh", "-c", waits], "timeout": 600, "retry": False}
    both = arrays(Case("quick"), Case("killed", {"checks": [check]}))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(both.run, itself=True)
        until("one drill is over, and the other one looks", lambda: looking.exists() and any(records_of(both["quick"])))
        until("the worker of the other one is alone", lambda: len(workers()) == 1)
        os.kill(workers()[0].pid, signal.SIGKILL)
        done = running.result()
    over.touch()
    assert both["killed"].running() == [], done.output
    assert done.code == 2, done.output
    assert done.says("A worker of Ansible was killed by signal 9") and done.says("The play is ended")
    assert done.says("drdrill.powerstore.stop_tests -e stop_tests_policy=stop")
    assert both["quick"].verdicts == ("passed", "passed")
    assert both["killed"].verdicts == ("incomplete", "passed")
    verdict = done.output.rpartition("PLAY [Verdict]")[2]
    assert "fatal: [killed]" in verdict and "fatal: [quick]" not in verdict


def records_of(case: Case) -> list[Path]:
    """The records of an array that are written by now."""
    return list(case.records.glob("drill-*Z-*.json"))


def workers() -> list[psutil.Process]:
    """The workers of the ansible-playbook that this process started."""
    mains = [child for child in psutil.Process().children() if "ansible-playbook" in " ".join(child.cmdline())]
    return [worker for main in mains for worker in main.children() if worker.status() != psutil.STATUS_ZOMBIE]
