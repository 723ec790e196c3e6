# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook drill as a user runs it, by its name, against the simulated arrays."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.demo.application import Application
from tests.simulator import Simulator

ROOT = Path(__file__).parents[2]
SESSIONS = [{"volume": "erp-data"}, {"volume_group": "erp-db"}]


class Drill:
    """Runs the playbook with some variables and reads the record that it leaves."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.records = folder / "records"
        self._folder = folder

    def __call__(self, *arguments: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
        given = {
            "ansible_host": self.simulator.dr.host,
            "failover_drill_port": self.simulator.dr.port,
            "failover_drill_username": self.simulator.username,
            "failover_drill_ca_path": str(self.simulator.ca_path),
            "failover_drill_records_directory": str(self.records),
            "failover_drill_sessions": SESSIONS,
            "failover_drill_poll_interval": 0.2,
            "failover_drill_stop_retry_delay": 1,
            **{f"failover_drill_{name}": value for name, value in variables.items()},
        }
        file = self._folder / "variables.json"
        file.write_text(json.dumps(given))
        return subprocess.run(
            ["ansible-playbook", "-i", "powerstore-dr,", "drdrill.powerstore.drill", "-e", f"@{file}", *arguments],
            cwd=self._folder,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_NOCOLOR": "1",
                "POWERSTORE_PASSWORD": self.simulator.password,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def record(self) -> dict[str, t.Any]:
        """The newest record."""
        newest = max(self.records.glob("drill-*.json"), key=lambda path: path.stat().st_mtime_ns)
        record: dict[str, t.Any] = json.loads(newest.read_text(encoding="utf-8"))
        return record

    def running(self) -> list[str]:
        """Names of what is still in a failover test on the array."""
        return [s.resource_name for s in self.simulator.dr.array.sessions if s.failover_test_in_progress]


@pytest.fixture
def drill(simulator: Simulator, tmp_path: Path) -> Drill:
    return Drill(simulator, tmp_path)


def test_a_drill_passes_and_a_second_one_right_after(drill: Drill) -> None:
    with Application() as application:
        checks = [
            {"name": "port", "tcp": {"host": "127.0.0.1", "port": application.port}, "timeout": 5},
            {"name": "url", "http": {"url": f"{application.url}/health", "contains": "open"}},
            {"name": "command", "command": ["date", "--utc"], "contains": "UTC"},
        ]
        for _time in range(2):
            done = drill(checks=checks, rto_seconds=300)
            assert done.returncode == 0, done.stdout + done.stderr
    record = drill.record()
    assert (record["verdict"], record["cleanup"]["verdict"], record["reasons"]) == ("passed", "passed", [])
    assert [check["passed"] for check in record["checks"]] == [True, True, True]
    for session in record["sessions"]:
        assert session["return_to_normal"] == {"stop_confirmed": True, "differences": []}
        assert session["rto"]["met"] is True and session["recovery_point"]["met"] is True
        assert all(validation["passed"] for validation in session["validations"])
    assert drill.running() == []
    array = drill.simulator.dr
    assert len(array.executed("start_failover_test")) == len(array.executed("stop_failover_test")) == 4
    assert array.logins == array.logouts and array.open_sessions == 0
    assert len(list(drill.records.iterdir())) == 2
    for output in (done.stdout, done.stderr, json.dumps(record)):
        assert drill.simulator.password not in output


def test_check_mode_predicts_and_posts_nothing(drill: Drill) -> None:
    done = drill("--check", "--diff", checks=[{"name": "never", "command": ["false"]}])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=1" in done.stdout
    posts = {e.path for e in drill.simulator.dr.journal() if e.method != "GET"}
    assert posts == {"/logout"}
    assert not drill.records.exists()


TASKS = {
    "failing.yml": "- ansible.builtin.fail:\n    msg: the tasks say no\n",
    "silent.yml": "- ansible.builtin.debug:\n    msg: nothing is said\n",
    "unreachable.yml": "- ansible.builtin.ping:\n  delegate_to: nowhere.invalid\n  vars: {ansible_connection: ssh}\n",
}


@pytest.mark.parametrize(
    ("check", "observed"),
    [
        ({"tcp": {"host": "127.0.0.1", "port": 1}, "timeout": 1}, "Timeout when waiting"),
        ({"http": {"url": "http://127.0.0.1:1/"}, "timeout": 1}, "Connection refused"),
        ({"command": ["sh", "-c", "exit 3"]}, "exit code 3"),
        ({"command": ["echo", "closed"], "contains": "open"}, "exit code 0, not in its output"),
        ({"command": ["sleep", "30"], "timeout": 1}, "Timed out"),
        ({"tasks": "failing.yml"}, "the tasks say no"),
        ({"tasks": "silent.yml"}, "did not set failover_drill_check_observed"),
        ({"tasks": "unreachable.yml"}, "did not set failover_drill_check_observed"),
    ],
    ids=["tcp", "http", "command", "contains", "hangs", "tasks", "silent", "unreachable"],
)
def test_a_failed_check_fails_the_drill_after_the_stop(
    drill: Drill, tmp_path: Path, check: dict[str, t.Any], observed: str
) -> None:
    for name, text in TASKS.items():
        (tmp_path / name).write_text(text)
    if "tasks" in check:
        check = {"tasks": str(tmp_path / check["tasks"])}
    done = drill(checks=[{"name": "no good", **check}, {"name": "still done", "command": ["true"]}])
    assert done.returncode != 0
    record = drill.record()
    assert record["verdict"] == "failed" and record["cleanup"]["verdict"] == "passed"
    assert [c["passed"] for c in record["checks"]] == [False, True]
    assert observed in record["checks"][0]["observed"]
    assert drill.running() == []


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"tcp": {"host": "127.0.0.1", "port": 1}, "command": ["true"]}, "exactly one of tcp, http, command"),
        ({}, "exactly one of tcp, http, command"),
        ({"http": {"url": "http://127.0.0.1:1/"}, "contains": "open"}, "contains belongs to command"),
        ({"tasks": "/no/such/file.yml"}, "/no/such/file.yml"),
        ({"tasks": "ends.yml"}, "ends the play"),
    ],
    ids=["two kinds", "no kind", "contains", "no file", "ends the play"],
)
def test_a_check_that_cannot_be_meant_is_refused_before_the_start(
    drill: Drill, tmp_path: Path, check: dict[str, t.Any], said: str
) -> None:
    (tmp_path / "ends.yml").write_text("- ansible.builtin.meta: end_host\n")
    done = drill(checks=[{"name": "odd", **check}])
    assert done.returncode != 0
    assert said in " ".join(done.stdout.split())
    assert drill.simulator.dr.executed("start_failover_test") == []
    assert drill.record()["verdict"] == "aborted"


def test_a_tasks_file_that_cannot_be_loaded_ends_the_run_before_the_start(drill: Drill, tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("- no.such.collection.module:\n")
    done = drill(checks=[{"name": "misspelt", "tasks": str(tmp_path / "broken.yml")}])
    assert done.returncode != 0
    assert "no.such.collection.module" in done.stderr
    assert drill.simulator.dr.executed("start_failover_test") == []


def test_a_play_that_is_ended_by_a_check_is_finished_by_the_next(drill: Drill, tmp_path: Path) -> None:
    (tmp_path / "ends.yml").write_text("- ansible.builtin.meta: end_host\n")
    (tmp_path / "hides.yml").write_text(f"- ansible.builtin.include_tasks: {tmp_path}/ends.yml\n")
    done = drill(checks=[{"name": "hidden end", "tasks": str(tmp_path / "hides.yml")}])
    assert done.returncode != 0
    assert drill.running() == []
    record = drill.record()
    assert record["verdict"] == "incomplete" and record["cleanup"]["verdict"] == "passed"


def test_a_start_that_outlives_its_task_is_stopped_all_the_same(drill: Drill) -> None:
    drill.simulator.operation_seconds["start_failover_test"] = 6
    done = drill(wait_timeout=2, stop_retries=5)
    assert done.returncode != 0
    assert drill.running() == []
    array = drill.simulator.dr
    assert len(array.executed("start_failover_test")) == len(array.executed("stop_failover_test")) == 2
    assert drill.record()["cleanup"]["verdict"] == "passed"


def test_a_login_that_fails_at_the_stop_is_tried_again(drill: Drill) -> None:
    drill.simulator.faults.add(array="dr", method="GET", path="/login_session", action="answer", status=500, nth=4)
    done = drill()
    assert done.returncode == 0, done.stdout
    assert drill.running() == []
    assert drill.record()["verdict"] == "passed"


def test_numbers_given_as_text_are_numbers(drill: Drill) -> None:
    done = drill("-e", "failover_drill_stop_retries=3", "-e", "failover_drill_rto_seconds=300")
    assert done.returncode == 0, done.stdout
    assert drill.record()["verdict"] == "passed"


def test_an_expiration_that_is_refused_is_a_deviation(drill: Drill) -> None:
    drill.simulator.faults.add(array="dr", method="PATCH", path="/volume/{id}", action="answer", status=422)
    done = drill(create_end_of_test_snapshot=True, end_of_test_snapshot_expiration="30d")
    assert done.returncode == 0, done.stdout
    record = drill.record()
    assert record["verdict"] == "passed_with_deviations"
    stops = {session["resource_name"]: session["stop"] for session in record["sessions"]}
    assert stops["erp-data"]["action"] == "stopped" and stops["erp-data"]["started_at"]
    assert stops["erp-data"]["end_of_test_snapshot"]["name"].startswith("failover_test_STOPPED_")
    assert stops["erp-db"]["failure"] is None


def test_a_check_that_is_not_critical_is_a_deviation(drill: Drill) -> None:
    done = drill(checks=[{"name": "nice to have", "command": ["false"], "critical": False}])
    assert done.returncode == 0, done.stdout
    assert drill.record()["verdict"] == "passed_with_deviations"


def test_an_unmapped_volume_fails_the_drill(drill: Drill) -> None:
    session = drill.simulator.dr.session("erp-data")
    mappings = drill.simulator.dr.array.tables["host_volume_mapping"]
    for mapping in list(mappings.lookup("volume_id", [session.local_resource_id])):
        mappings.remove(mapping["id"])
    done = drill()
    assert done.returncode != 0
    record = drill.record()
    assert record["verdict"] == "failed"
    assert any("destination volumes mapped to a host" in reason for reason in record["reasons"])
    assert drill.running() == []


def test_an_old_recovery_point_fails_the_drill(drill: Drill) -> None:
    drill.simulator.dr.set_session("erp-data", state="Paused")
    drill.simulator.clock.advance(3600)
    done = drill()
    assert done.returncode != 0
    record = drill.record()
    assert record["verdict"] == "failed"
    assert any("recovery point within the RPO" in reason for reason in record["reasons"])


def test_somebody_elses_test_is_a_blocker_and_left_alone(drill: Drill) -> None:
    drill.simulator.dr.start_failover_test("erp-db", user="colleague")
    done = drill()
    assert done.returncode != 0
    assert "started by colleague" in done.stdout
    assert drill.running() == ["erp-db"]
    assert drill.record()["verdict"] == "aborted"
    assert drill.simulator.dr.executed("stop_failover_test") == []


def test_one_refused_start_stops_the_others(drill: Drill) -> None:
    session_id = drill.simulator.dr.session("erp-db").id
    path = f"/replication_session/{session_id}/start_failover_test"
    drill.simulator.faults.add(array="dr", method="POST", path=path, action="answer", status=422, body={"messages": []})
    done = drill()
    assert done.returncode != 0
    record = drill.record()
    assert record["verdict"] == "failed" and record["cleanup"]["verdict"] == "passed"
    assert drill.running() == []
    assert len(drill.simulator.dr.executed("stop_failover_test")) == 1


def test_a_stop_that_is_not_confirmed_is_the_loudest_thing(drill: Drill) -> None:
    drill.simulator.faults.add(
        array="dr", method="POST", path="*/stop_failover_test", action="answer", status=422, body={"messages": []}
    )
    done = drill(stop_retries=1)
    assert done.returncode != 0
    assert "FAILOVER TESTS MAY STILL BE RUNNING" in done.stdout
    assert "CANNOT BE FAILED OVER" in done.stdout
    record = drill.record()
    assert record["verdict"] == record["cleanup"]["verdict"] == "failed"
    assert sorted(drill.running()) == ["erp-data", "erp-db"]


def test_a_stop_that_fails_once_is_tried_again(drill: Drill) -> None:
    drill.simulator.faults.add(
        array="dr",
        method="POST",
        path="*/stop_failover_test",
        action="answer",
        status=422,
        body={"messages": []},
        count=1,
    )
    done = drill()
    assert done.returncode == 0, done.stdout
    assert drill.running() == []
    assert drill.record()["cleanup"]["verdict"] == "passed"


def test_a_records_directory_that_cannot_be_written_hides_nothing(drill: Drill, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = drill(records_directory=str(tmp_path / "file"))
    assert done.returncode != 0
    assert "The record could not be written" in done.stdout
    assert "Verdict: passed" in done.stdout
    assert drill.running() == []


def test_no_sessions_is_said_before_the_array_is_asked(drill: Drill) -> None:
    done = drill(sessions=[])
    assert done.returncode != 0
    assert "failover_drill_sessions is empty" in done.stdout
    assert drill.simulator.dr.journal() == []
