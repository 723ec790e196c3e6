# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a drill may run, and how long: nothing is started outside, and what was started is stopped in any case."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.arrays import Case, Json, Prepare

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART:20200101T000000Z
DTEND:20990101T000000Z
SUMMARY:No changes\\, please
END:VEVENT
END:VCALENDAR
"""
LONGEST = 40  # seconds: from Ansible's first task to the check, also on a machine that has much to do
OUTSIDE, FROZEN = "drill.outside_window", "drill.frozen"


def test_outside_window_and_in_a_freeze_preflight_check_mode_and_drill_start_nothing(
    arrays: Prepare, tmp_path: Path
) -> None:
    (tmp_path / "freeze.ics").write_text(CALENDAR)
    now = datetime.now(UTC)
    closed = {"days": [DAYS[(now.weekday() + 3) % 7]], "timezone": "UTC"}
    always = {"from": "00:00", "to": "24:00", "timezone": "UTC"}
    # tests/unit/drill/test_guards.py has each alone, and the drill that may last until the window closes.
    both: Json = {"window": closed, "freeze": str(tmp_path / "freeze.ics")}
    blocked: dict[str, tuple[Json, list[str]]] = {"blocked": (both, [FROZEN, OUTSIDE])}
    refused = {"zone": {"window": {**always, "timezone": "Europe/Berlln"}}}
    drill = arrays(
        *(Case(name, variables) for name, (variables, _ids) in blocked.items()),
        *(Case(name, variables) for name, variables in refused.items()),
        Case("open", {"window": always, "max_duration": 3600}),
    )
    runs = {
        "preflight": drill.run(playbook="drdrill.powerstore.preflight"),
        "check": drill.run("--check", "--limit", "blocked"),
        "drill": drill.run(),
    }
    for how, done in runs.items():
        assert done.code == 2, (how, done.output)
        assert done.says("there is a freeze: No changes, please."), how
        assert done.says("drills may run"), how
        if how != "check":
            assert done.says("timezone is 'Europe/Berlln': expected a time zone that this host knows"), how
    for name, (_variables, ids) in blocked.items():
        own = drill[name]
        assert own.simulator.dr.executed("start_failover_test") == [], name
        paths = [path for path in own.records.glob("*-*.json") if not path.name.startswith("run-")]
        records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        assert sorted(record["kind"] for record in records) == ["drill", "readiness", "readiness"], name
        for record in records:
            told = {each["id"] for session in record["sessions"] for each in session["findings"]}
            assert [each for each in sorted(told) if each.startswith("drill.")] == ids, (name, record["kind"])
        assert own.verdicts == ("aborted", "not_needed"), name
    assert drill["zone"].simulator.dr.executed("start_failover_test") == []
    assert drill["open"].verdicts == ("passed", "passed")
    guards = drill["open"].record()["guards"]
    assert guards["planned_seconds"] == 3600 and 0 < guards["actual_seconds"] < 3600 and guards["overran"] is False
    assert guards["window"] == "mon, tue, wed, thu, fri, sat, sun 00:00 to 24:00 UTC"


@pytest.mark.parametrize("kind", ["checks", "tasks"])
def test_a_drill_that_takes_too_long_stops_by_itself(arrays: Prepare, tmp_path: Path, kind: str) -> None:
    """Also with ``hold``, and no matter how long its step would still wait."""
    file = tmp_path / "wait.yml"
    file.write_text("- ansible.builtin.command: {cmd: sleep 900}\n  changed_when: false\n  ignore_errors: true\n" * 19)
    does = {"tasks": {"tasks": str(file)}}.get(kind, {"command": ["sleep", "900"]})
    slow: Json = {"name": "waits", **does, "timeout": 900, "critical": False}
    # Of checks that wait for one another, all are in one task.
    others: list[Json] = [{**slow, "name": f"waits {number}"} for number in range(29 if kind == "checks" else 0)]
    variables: Json = {
        "max_duration": LONGEST,
        "on_partial_failure": "hold",
        "checks_parallel": 2,
        "checks" if kind == "checks" else "attach": [slow, *others, {"name": "comes too late", "command": ["true"]}],
        "release": [{"name": "released", "command": ["true"]}],
    }
    drill = arrays(Case("late", variables))
    began = time.monotonic()
    done = drill.run()
    assert done.code == 2, done.output
    assert time.monotonic() - began < 300
    late = drill["late"]
    record = late.record()
    assert (late.running(), late.verdicts[1]) == ([], "passed")
    assert record["verdict"] in ("incomplete", "failed")
    assert record["interruption"]["message"].startswith("overrun: the drill has taken")
    assert "drill.overrun" in {each["cause"] for each in record["deviations"]}
    assert record["guards"]["overran"] and record["guards"]["actual_seconds"] >= LONGEST
    steps = {each["name"]: each["result"] for each in record["steps"]}
    assert (steps["comes too late"], steps["released"]) == ("not_executed", "passed"), steps
