# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks of docs/awx-project as AWX runs them: ansible-runner, an unprivileged user, nothing else to write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
import typing as t
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.process import run_of
from tests.lab.awx.controller import Controller, Object
from tests.lab.awx.runner import NOBODY, PROJECT, ROOT, Answer, Job, as_stranger
from tests.lab.simulator import Simulator


@pytest.fixture
def job(simulator: Simulator) -> Iterator[Job]:
    # Not pytest's tmp_path: that is closed to other users.
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    made = Job(simulator, folder)
    yield made
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def running(job: Job) -> list[str]:
    return [s.resource_name for s in job.simulator.dr.array.sessions if s.failover_test_in_progress]


def record(job: Job, kind: str) -> dict[str, t.Any]:
    (path,) = job.records.glob(f"{kind}-*.json")
    read: dict[str, t.Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def test_a_drill_with_the_answers_of_a_survey(job: Job) -> None:
    done = job.run(
        "drill.yml",
        failover_drill_hosts="powerstore-dr",
        drill_title=Answer("Drill {{ 7 * 7 }} of O'Neil"),
        drill_ticket=Answer(""),
        drill_selection=Answer(" erp-data, vg: erp-db "),
        drill_snapshot=Answer(""),
        drill_keep=Answer("all"),
        drill_expiration=Answer("12h"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(job) == []
    kept = record(job, "drill")
    # The survey asks for no check, and a drill without one is not passed.
    assert (kept["verdict"], kept["drill"]["title"]) == ("passed_with_deviations", "Drill {{ 7 * 7 }} of O'Neil")
    assert sorted(session["resource_name"] for session in kept["sessions"]) == ["erp-data", "erp-db"]
    assert all(session["stop"]["end_of_test_snapshot"]["name"] for session in kept["sessions"])
    if as_stranger():
        assert {path.stat().st_uid for path in job.records.iterdir()} == {NOBODY}
    project = {str(path.relative_to(job.folder / "project")) for path in (job.folder / "project").rglob("*")}
    assert project == {str(path.relative_to(PROJECT)) for path in PROJECT.rglob("*")}
    # ansible-runner itself writes the whole environment down, in a file called command.
    written = [path for path in job.artifacts.rglob("*") if path.is_file() and path.name != "command"]
    assert [path for path in written if job.simulator.password.encode() in path.read_bytes()] == []


FAILED = {
    "verdict": "failed",
    "cleanup_verdict": "passed",
    "record_path": "/records/1.json",
    "reason": "A check failed.",
}
AFTER_APPROVAL = {"drill_not_passed_after": "approval", "drill_approval_timeout": 86400}
BY_ANNA = {"status": "failed", "summary_fields": {"approved_or_denied_by": {"username": "anna"}}}
APPROVED = {"status": "successful", "summary_fields": {"approved_or_denied_by": {"username": "anna"}}}
NOT_PASSED: list[tuple[dict[str, t.Any], tuple[Object, Object] | None, str]] = [
    (
        {"drdrill_powerstore_drill": {"powerstore-dr": FAILED}},
        None,
        "powerstore-dr: failed, clean-up passed, record /records/1.json. A check failed. The job of stop_tests",
    ),
    ({}, None, "its job was cancelled, reached the timeout of its template, or was lost with its node."),
    ({}, (APPROVED, {"status": "canceled"}), "The drill left no result: its job 89 was cancelled."),
    (
        {},
        (APPROVED, {"status": "failed", "job_explanation": "Job terminated due to timeout"}),
        "its job 89 reached the timeout of its template.",
    ),
    ({}, (APPROVED, {"status": "error"}), "its job 89 was lost with its node or container."),
    (AFTER_APPROVAL, (BY_ANNA, {}), "The approval was denied by anna. No drill was started."),
    (
        AFTER_APPROVAL,
        ({"status": "failed", "timed_out": True}, {}),
        "The approval was timed out. No drill was started.",
    ),
    (
        {**AFTER_APPROVAL, "drdrill_powerstore_preflight": {"powerstore-dr": {"at": "0"}}},
        None,
        "Nobody answered the approval in time. No drill was started.",
    ),
    (
        {**AFTER_APPROVAL, "drdrill_powerstore_preflight": {"powerstore-dr": {"at": str(int(time.time()))}}},
        None,
        "The approval was denied, or the workflow was cancelled there.",
    ),
]


@pytest.mark.parametrize(("given", "awx", "says"), NOT_PASSED)
def test_a_workflow_whose_drill_did_not_pass_says_which_of_all_it_was(
    tmp_path: Path, given: dict[str, t.Any], awx: tuple[Object, Object] | None, says: str
) -> None:
    with Controller() as controller:
        account = {"CONTROLLER_HOST": controller.url, "CONTROLLER_OAUTH_TOKEN": controller.token} if awx else {}
        if awx:
            controller.has_run(7, *awx)
        known = {"awx_job_id": 90, "awx_workflow_job_id": 7, **given}
        done = subprocess.run(
            ["ansible-playbook", PROJECT / "playbooks" / "not_passed.yml", "-e", json.dumps(known)],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_SHOW_CUSTOM_STATS": "1",
                **account,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )
        assert controller.token not in done.stdout + done.stderr
    assert done.returncode == 2
    said = " ".join(done.stdout.split())
    assert "No passed drill came out of this workflow." in said
    assert says in said
    assert "drdrill_powerstore_not_passed" in said  # for the notification


def test_a_preflight_in_check_mode(job: Job) -> None:
    done = job.run("preflight.yml", "--check", drill_selection=Answer("erp-data"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert {exchange.path for exchange in job.simulator.dr.journal() if exchange.method != "GET"} == {"/logout"}


def test_the_stop_after_a_drill_that_was_killed(job: Job) -> None:
    job.simulator.dr.start_failover_test("erp-data", user=job.simulator.username)
    done = job.run("stop_tests.yml", stop_tests_policy="stop", stop_tests_max_age="0", stop_tests_settle_time=1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(job) == []


def test_a_disaster_during_somebody_elses_drill(job: Job) -> None:
    job.simulator.dr.start_failover_test("erp-data", user="colleague")
    job.simulator.link.cut()
    done = job.run("abort.yml", abort_settle_time=1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(job) == []
    assert record(job, "abort")["kind"] == "abort"


ANSWERS: list[tuple[dict[str, str], list[dict[str, str]] | str]] = [
    ({}, [{"volume": "of the inventory"}]),
    ({"drill_selection": ""}, [{"volume": "of the inventory"}]),
    ({"drill_selection": "a b"}, [{"volume": "a b"}]),
    ({"drill_selection": "a,, vg:b ,session:5"}, [{"volume": "a"}, {"volume_group": "b"}, {"session_id": "5"}]),
    ({"drill_selection": "erp-data\nvg:erp-db\r\n\n"}, [{"volume": "erp-data"}, {"volume_group": "erp-db"}]),
    ({"drill_selection": "volume:a:b"}, [{"volume": "a:b"}]),
    ({"drill_selection": "a", "drill_snapshot": " s "}, [{"volume": "a", "snapshot": "s"}]),
    ({"drill_selection": "{{ 7 * 7 }}"}, [{"volume": "{{ 7 * 7 }}"}]),
    ({"drill_selection": "group:b"}, "Not understood: group:b."),
    ({"drill_selection": "vg:"}, "Not understood: vg:."),
    ({"drill_snapshot": "s"}, "a snapshot only with a selection"),
]


INTERPRETER = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def test_what_is_made_of_answers(tmp_path: Path) -> None:
    plays = []
    for number, (answers, _expected) in enumerate(ANSWERS):
        said = {"said": "{{ failover_drill_sessions }}", "refused": "{{ ansible_failed_result.msg | default('') }}"}
        keep = {"content": "{{ kept | to_json }}", "dest": f"{tmp_path}/{number}.json", "mode": "0600"}
        plays.append(
            {
                "hosts": f"array-{number}",
                "connection": "local",
                "gather_facts": False,
                "vars": {name: Answer(text) for name, text in answers.items()} | {"kept": said, **INTERPRETER},
                "tasks": [
                    {
                        "block": [{"ansible.builtin.import_tasks": f"{PROJECT}/playbooks/tasks/answers.yml"}],
                        "rescue": [{"ansible.builtin.debug": {"msg": "refused"}}],
                        "always": [{"ansible.builtin.copy": keep}],
                    }
                ],
            }
        )
    (tmp_path / "play.yml").write_text(dump(plays))
    hosts = {f"array-{number}": {} for number in range(len(ANSWERS))}
    inventory = {"all": {"hosts": hosts, "vars": {"failover_drill_sessions": [{"volume": "of the inventory"}]}}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory))
    done = subprocess.run(
        ["ansible-playbook", "-i", tmp_path / "hosts.json", tmp_path / "play.yml"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for number, (answers, expected) in enumerate(ANSWERS):
        found = json.loads((tmp_path / f"{number}.json").read_text())
        if isinstance(expected, str):
            assert expected in " ".join(found["refused"].split()), answers
        else:
            assert (found["said"], found["refused"]) == (expected, ""), answers


def dump(plays: list[dict[str, t.Any]]) -> str:
    """The plays as YAML, with answers marked as AWX marks them."""
    return yaml.dump(plays, Dumper=Job.dumper, sort_keys=False)


AFTER_DRILL = {
    "stop_tests_policy": "stop",
    "stop_tests_max_age": "0",
    "stop_tests_after_drill": True,
    "stop_tests_settle_time": 1,
}


def ago(seconds: int) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def session_id(job: Job, name: str) -> str:
    return next(s.id for s in job.simulator.dr.array.sessions if s.resource_name == name)


def a_killed_drill(job: Job, workflow: str, name: str, began: str) -> None:
    """What a drill of one volume leaves that was killed while its test ran, in a folder that outlives its job."""
    job.records.mkdir(exist_ok=True)
    empty = {name: {} for name in ("asked", "objectives", "policy", "how")}
    intent = {
        **empty,
        "event": "intent",
        "id": workflow,
        "title": "Drill",
        "real": True,
        "ansible_version": "2.19.4",
        "process": run_of(os.getpid()),  # so nobody takes it for one whose record is to be written
        "steps": [],
        "at": began,
        "array": "powerstore-dr",
        "who": {"awx": {"workflow_job_id": workflow}},
        "sessions": [{"session_id": session_id(job, name), "wave": 1}],
    }
    lines = [intent, {"event": "starting", "at": began, "wave": 1}]
    path = job.records / f"drill-{workflow}.journal.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_stop_of_a_workflow_leaves_the_test_of_a_drill_that_waited(job: Job) -> None:
    """AWX starts the stop node and the drill that waited for the same template in the same second."""
    job.simulator.dr.start_failover_test("erp-data", user=job.simulator.username)
    stat = {"started": [session_id(job, "erp-data")], "ended_at": ago(60), "verdict": "passed"}
    workflow = {"awx_job_id": 90, "awx_workflow_job_id": 7, "drdrill_powerstore_drill": {"powerstore-dr": stat}}
    done = job.run("stop_tests.yml", **AFTER_DRILL, **workflow)
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(job) == ["erp-data"]
    assert "it began after that drill had ended" in " ".join(done.stdout.split())


def test_the_stop_of_a_workflow_stops_what_its_drill_left(job: Job) -> None:
    for name in ("erp-data", "erp-db"):
        job.simulator.dr.start_failover_test(name, user=job.simulator.username)
    stat = {"started": [session_id(job, "erp-data")], "ended_at": ago(0), "verdict": "failed"}
    workflow = {"awx_job_id": 90, "awx_workflow_job_id": 7, "drdrill_powerstore_drill": {"powerstore-dr": stat}}
    done = job.run("stop_tests.yml", **AFTER_DRILL, **workflow)
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(job) == ["erp-db"]


def test_the_stop_after_a_killed_drill_goes_by_its_journal(job: Job) -> None:
    for name in ("erp-data", "erp-db"):
        job.simulator.dr.start_failover_test(name, user=job.simulator.username)
    a_killed_drill(job, "7", "erp-data", ago(60))
    done = job.run("stop_tests.yml", **AFTER_DRILL, awx_job_id=90, awx_workflow_job_id=7)
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(job) == ["erp-db"]


def test_the_stop_after_a_killed_drill_leaves_the_next_ones_test(job: Job) -> None:
    job.simulator.dr.start_failover_test("erp-data", user=job.simulator.username)
    a_killed_drill(job, "7", "erp-data", ago(60))
    a_killed_drill(job, "8", "erp-data", ago(30))
    done = job.run("stop_tests.yml", **AFTER_DRILL, awx_job_id=90, awx_workflow_job_id=7)
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(job) == ["erp-data"]


def test_the_stop_after_a_drill_that_left_nothing_goes_by_the_time(job: Job) -> None:
    job.simulator.dr.start_failover_test("erp-data", user=job.simulator.username)
    done = job.run("stop_tests.yml", **AFTER_DRILL, awx_job_id=90, awx_workflow_job_id=7)
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(job) == []


IN_A_JOB = {"awx_job_id": 90, "awx_user_name": "erika", "awx_job_launch_type": "manual", "awx_project_revision": "4f2a"}


def test_a_folder_that_is_thrown_away_with_the_job_refuses_the_drill(job: Job) -> None:
    done = job.run("drill.yml", **IN_A_JOB, drill_selection=Answer("erp-data"))
    assert done.returncode == 2
    said = " ".join(done.stdout.split())
    assert "is not known to outlive this job: no earlier job left a mark there" in said
    assert "failover_drill_records_ephemeral: true" in said
    assert {exchange.path for exchange in job.simulator.dr.journal()} == set()
    # What a later node of the workflow, and a notification, is given.
    assert '"verdict": "incomplete"' in stats(job)
    # The mark that this job left is what the next one finds.
    done = job.run("drill.yml", **{**IN_A_JOB, "awx_job_id": 91}, drill_selection=Answer("erp-data"))
    assert done.returncode == 0, done.stdout + done.stderr
    who = record(job, "drill")["who"]["awx"]
    assert (who["user"], who["launch_type"], who["project_revision"]) == ("erika", "manual", "4f2a")
    assert who["approvals"] is None


def test_a_record_that_is_thrown_away_is_printed(job: Job) -> None:
    said = {"failover_drill_records_ephemeral": True, "failover_drill_records_mode": "0604"}
    done = job.run("drill.yml", **IN_A_JOB, **said, drill_selection=Answer("erp-data"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"schema_version": "1.1"' in done.stdout
    modes = {path.name: path.stat().st_mode & 0o777 for path in job.records.glob("drill-*")}
    assert len(modes) >= 5 and set(modes.values()) == {0o604}, modes


def test_a_preflight_leaves_the_mark_that_the_drill_finds(job: Job) -> None:
    done = job.run("preflight.yml", "--check", **IN_A_JOB, drill_selection=Answer("erp-data"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This job left its mark there" in " ".join(done.stdout.split())
    done = job.run("preflight.yml", "--check", **{**IN_A_JOB, "awx_job_id": 91}, drill_selection=Answer("erp-data"))
    assert "This job left its mark there" not in " ".join(done.stdout.split())


def stats(job: Job) -> str:
    """What the job sends to AWX by set_stats, as JSON; of the last run."""
    events = [path for path in job.artifacts.rglob("job_events/*.json") if '"playbook_on_stats"' in path.read_text()]
    newest = max(events, key=lambda path: path.stat().st_mtime)
    return json.dumps(json.loads(newest.read_text())["event_data"]["artifact_data"])


def test_awx_says_when_the_killed_drill_was_over_and_who_approved_it(job: Job) -> None:
    with Controller() as controller:
        controller.has_run(7, APPROVED, {"status": "canceled", "finished": ago(60)})
        job.injected = {"CONTROLLER_HOST": controller.url, "CONTROLLER_OAUTH_TOKEN": controller.token}
        job.simulator.dr.start_failover_test("erp-data", user=job.simulator.username)
        done = job.run("stop_tests.yml", **AFTER_DRILL, awx_job_id=90, awx_workflow_job_id=7)
        assert done.returncode == 0, done.stdout + done.stderr
        assert running(job) == ["erp-data"]

        job.simulator.dr.stop_failover_test("erp-data")
        done = job.run("drill.yml", **{**IN_A_JOB, "awx_workflow_job_id": 7}, drill_selection=Answer("erp-data"))
        assert done.returncode == 0, done.stdout + done.stderr
        who = record(job, "drill")["who"]["awx"]
        assert [(one["decision"], one["by"]) for one in who["approvals"]] == [("approved", "anna")]
        assert who["image"] == "registry.example.com/drills:1"
        assert (who["job_id"], who["workflow_job_id"]) == ("90", "7")
        assert controller.token not in done.stdout + done.stderr


def test_a_notice_whose_file_is_missing_never_ends_green(job: Job) -> None:
    notify = [{"name": "tell", "tasks": "playbooks/tasks/missing.yml"}]
    done = job.run("drill.yml", failover_drill_notify=notify, drill_selection=Answer("erp-data"))
    assert done.returncode == 2
    assert running(job) == []
    assert "missing.yml" in done.stdout


def test_the_preflight_refuses_what_the_drill_would_refuse(job: Job) -> None:
    done = job.run("preflight.yml", "--check", drill_keep=Answer("all"), drill_expiration=Answer("soon"))
    assert done.returncode == 2, done.stdout
    assert list(job.records.glob("readiness-*.json")), done.stdout
    assert "failover_drill_end_of_test_snapshot_expiration" in " ".join(done.stdout.split())
    assert record(job, "readiness")["verdict"] != "passed"


def test_a_session_that_is_missing_is_told_with_the_arrays_name(job: Job) -> None:
    done = job.run("preflight.yml", "--check", drill_selection=Answer("nothing"))
    assert done.returncode == 2
    assert "None" not in done.stdout
    found = record(job, "readiness")
    assert found["array"]["name"] == "ps-dr" and "-ps-dr-" in found["drill"]["id"]
