# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks of docs/awx-project as AWX runs them: ansible-runner, an unprivileged user, nothing else to write."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
import typing as t
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.process import run_of
from tests.integration.arrays import Case, Prepare
from tests.lab.awx.controller import Controller, Object
from tests.lab.awx.runner import NOBODY, PROJECT, ROOT, Answer, Job, as_stranger
from tests.lab.simulator import Simulator
from tests.prepared import run_ansible
from tests.running import run_action


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


IN_A_JOB = {"awx_job_id": 90, "awx_user_name": "erika", "awx_job_launch_type": "manual", "awx_project_revision": "4f2a"}


def test_a_drill_with_the_answers_of_a_survey_whose_record_is_thrown_away(job: Job) -> None:
    done = job.run(
        "drill.yml",
        **IN_A_JOB,
        failover_drill_hosts="powerstore-dr",
        failover_drill_records_ephemeral=True,
        failover_drill_records_mode="0604",
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
    assert kept["who"]["awx"]["approvals"] is None
    assert '"schema_version": "1.1"' in done.stdout  # the record is printed
    modes = {path.name: path.stat().st_mode & 0o777 for path in job.records.glob("drill-*")}
    assert len(modes) >= 5 and set(modes.values()) == {0o604}, modes
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
        "powerstore-dr: failed, clean-up passed, record /records/1.json. A check failed.",
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
    monkeypatch: pytest.MonkeyPatch, given: dict[str, t.Any], awx: tuple[Object, Object] | None, says: str
) -> None:
    """What the playbook makes of what AWX answers, without a run of Ansible; the next test has one."""
    with Controller() as controller:
        if awx:
            controller.has_run(7, *awx)
            monkeypatch.setenv("CONTROLLER_HOST", controller.url)
            monkeypatch.setenv("CONTROLLER_OAUTH_TOKEN", controller.token)
        read = run_action("drill_awx", job_id="90", workflow_job_id="7")
    loader = DataLoader()
    (play,) = loader.load_from_file(str(PROJECT / "playbooks" / "not_passed.yml"), trusted_as_template=True)
    templar = Templar(loader, variables={**play["vars"], **given, "drill_awx_read": read})
    assert says in templar.template(trust_as_template("{{ __why }}"))


def test_a_workflow_whose_drill_did_not_pass_fails_and_tells_its_notification_why(tmp_path: Path) -> None:
    with Controller() as controller:
        controller.has_run(7, APPROVED, {"status": "canceled"})
        done = run_ansible(
            ["ansible-playbook", PROJECT / "playbooks" / "not_passed.yml", "-e", "awx_job_id=90 awx_workflow_job_id=7"],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_SHOW_CUSTOM_STATS": "1",
                "CONTROLLER_HOST": controller.url,
                "CONTROLLER_OAUTH_TOKEN": controller.token,
            },
            timeout=1200,
        )
        assert controller.token not in done.stdout + done.stderr
    assert done.returncode == 2
    why = "The drill left no result: its job 89 was cancelled."
    assert f"No passed drill came out of this workflow. {why} The job of stop_tests" in " ".join(done.stdout.split())
    told = json.loads(re.findall(r"^\s*RUN: (\{.*\})\s*$", done.stdout, re.MULTILINE)[0])
    assert told == {"drdrill_powerstore_not_passed": why}


def test_a_disaster_during_somebody_elses_drill(job: Job) -> None:
    job.simulator.dr.start_failover_test("erp-data", user="colleague")
    job.simulator.link.cut()
    done = job.run("abort.yml", abort_settle_time=1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(job) == []
    assert record(job, "abort")["kind"] == "abort"


ANSWERS: list[tuple[dict[str, str | list[str]], list[dict[str, str]] | str]] = [
    ({"drill_selection": ""}, [{"volume": "of the inventory"}]),
    ({"drill_selection": ["erp-data", "vg:erp-db", ""]}, [{"volume": "erp-data"}, {"volume_group": "erp-db"}]),
    ({"drill_selection": []}, [{"volume": "of the inventory"}]),
    (
        {"drill_selection": "a b,, vg:b ,session:5\nerp-data\r\n\nvolume:a:b\n{{ 7 * 7 }}"},
        [
            {"volume": "a b"},
            {"volume_group": "b"},
            {"session_id": "5"},
            {"volume": "erp-data"},
            {"volume": "a:b"},
            {"volume": "{{ 7 * 7 }}"},
        ],
    ),
    ({"drill_selection": "a", "drill_snapshot": " s "}, [{"volume": "a", "snapshot": "s"}]),
    ({"drill_selection": "a, group:b, vg:"}, "Not understood: group:b, vg:."),
    ({"drill_snapshot": "s"}, "a snapshot only with a selection"),
]


INTERPRETER = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def typed(answer: str | list[str]) -> Answer | list[Answer]:
    """As AWX hands it over; of a question with several choices it is a list."""
    return Answer(answer) if isinstance(answer, str) else [Answer(each) for each in answer]


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
                "vars": {name: typed(answer) for name, answer in answers.items()} | {"kept": said, **INTERPRETER},
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
    done = run_ansible(
        ["ansible-playbook", "-i", tmp_path / "hosts.json", tmp_path / "play.yml"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
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


STOP_NOW = {"stop_tests_policy": "stop", "stop_tests_max_age": "0", "stop_tests_settle_time": 1}


def ago(seconds: int) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def a_killed_drill(array: Case, workflow: str, name: str, began: str) -> None:
    """What a drill of one volume leaves that was killed while its test ran, in a folder that outlives its job."""
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
        "array": array.name,
        "who": {"awx": {"workflow_job_id": workflow}},
        "sessions": [{"session_id": array.simulator.dr.session(name).id, "wave": 1}],
    }
    lines = [intent, {"event": "starting", "at": began, "wave": 1}]
    path = array.records / f"drill-{workflow}.journal.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_stop_of_a_workflow_stops_what_its_drill_left_and_nothing_else(job: Job, arrays: Prepare) -> None:
    """Each array is one way in which its drill went; AWX would have a workflow for each."""

    def case(name: str, *in_test: str) -> Case:
        def starts(simulator: Simulator) -> None:
            for each in in_test:
                simulator.dr.start_failover_test(each, user=simulator.username)

        return Case(name, {}, starts)

    both = ("erp-data", "erp-db")
    cases = [
        # AWX starts the stop node and the drill that waited for the same template in the same second.
        case("another-waited", "erp-data"),
        case("left", *both),
        case("killed", *both),
        case("killed-next-runs", "erp-data"),
        case("killed-no-journal", "erp-data"),
        # Not of a workflow: the schedule that stops whatever is found.
        case("schedule", "erp-data"),
    ]
    arrays(*cases)
    waited, left, killed, next_runs, no_journal, schedule = cases

    def drill(array: Case, **said: str) -> dict[str, t.Any]:
        stat = {"started": [array.simulator.dr.session("erp-data").id], **said}
        return {"drdrill_powerstore_drill": {array.name: stat}}

    own: dict[str, dict[str, t.Any]] = {
        waited.name: drill(waited, ended_at=ago(60), verdict="passed"),
        left.name: drill(left, ended_at=ago(0), verdict="failed"),
        schedule.name: {"stop_tests_after_drill": False},
    }
    inventory = {}
    for each in cases:
        each.records = job.artifacts / "of-arrays" / each.name
        each.records.mkdir(parents=True)
        each.records.chmod(0o777)
        variables = {"failover_drill_records_directory": str(each.records), "stop_tests_after_drill": True}
        inventory[each.name] = (each.simulator, variables | own.get(each.name, {}))
    job.has_arrays(inventory)
    a_killed_drill(killed, "7", "erp-data", ago(60))
    a_killed_drill(next_runs, "7", "erp-data", ago(60))
    a_killed_drill(next_runs, "8", "erp-data", ago(30))

    done = job.run("stop_tests.yml", **STOP_NOW, awx_job_id=90, awx_workflow_job_id=7)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {each.name: each.running() for each in cases} == {
        waited.name: ["erp-data"],
        left.name: ["erp-db"],
        killed.name: ["erp-db"],
        next_runs.name: ["erp-data"],
        no_journal.name: [],
        schedule.name: [],
    }
    assert "it began after that drill had ended" in " ".join(done.stdout.split())


def test_a_preflight_leaves_the_mark_that_the_drill_finds(job: Job) -> None:
    done = job.run("preflight.yml", "--check", **IN_A_JOB, drill_selection=Answer("erp-data"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert {exchange.path for exchange in job.simulator.dr.journal() if exchange.method != "GET"} == {"/logout"}
    assert "This job left its mark there" in " ".join(done.stdout.split())
    for path in job.records.glob("readiness-*"):
        path.unlink()

    # Found by the next one, whose session is missing; it is named with the array's name.
    done = job.run("preflight.yml", "--check", **{**IN_A_JOB, "awx_job_id": 91}, drill_selection=Answer("nothing"))
    assert done.returncode == 2
    assert "This job left its mark there" not in " ".join(done.stdout.split())
    assert "None" not in done.stdout
    found = record(job, "readiness")
    assert found["array"]["name"] == "ps-dr" and "-ps-dr-" in found["drill"]["id"]


def stats(job: Job) -> str:
    """What the job sends to AWX by set_stats, as JSON; of the last run."""
    events = [path for path in job.artifacts.rglob("job_events/*.json") if '"playbook_on_stats"' in path.read_text()]
    newest = max(events, key=lambda path: path.stat().st_mtime)
    return json.dumps(json.loads(newest.read_text())["event_data"]["artifact_data"])


def test_a_folder_that_is_thrown_away_with_the_job_refuses_the_drill(job: Job) -> None:
    """And AWX, where the job has an account there, says when a killed drill was over and who approved the next."""
    job.simulator.dr.start_failover_test("erp-data", user=job.simulator.username)
    with Controller() as controller:
        controller.has_run(7, APPROVED, {"status": "canceled", "finished": ago(60)})
        job.injected = {"CONTROLLER_HOST": controller.url, "CONTROLLER_OAUTH_TOKEN": controller.token}
        done = job.run("stop_tests.yml", **STOP_NOW, stop_tests_after_drill=True, awx_job_id=90, awx_workflow_job_id=7)
        assert done.returncode == 0, done.stdout + done.stderr
        assert running(job) == ["erp-data"]
        job.simulator.dr.stop_failover_test("erp-data")
        # Where a start follows within two seconds, the witness takes that stop for one of the drill's own test.
        job.simulator.clock.advance(60)

        shutil.rmtree(job.records, ignore_errors=True)
        job.simulator.dr.clear_journal()
        in_workflow = {**IN_A_JOB, "awx_workflow_job_id": 7}
        done = job.run("drill.yml", **in_workflow, drill_selection=Answer("erp-data"))
        assert done.returncode == 2
        said = " ".join(done.stdout.split())
        assert "is not known to outlive this job: no earlier job left a mark there" in said
        assert "failover_drill_records_ephemeral: true" in said
        assert {exchange.path for exchange in job.simulator.dr.journal()} == set()
        # What a later node of the workflow, and a notification, is given.
        assert '"verdict": "incomplete"' in stats(job)
        for path in job.records.glob("drill-*.json"):
            path.unlink()

        # The mark that this job left is what the next one finds.
        controller.pages["/api/v2/jobs/91/"] = controller.pages["/api/v2/jobs/90/"]
        done = job.run("drill.yml", **{**in_workflow, "awx_job_id": 91}, drill_selection=Answer("erp-data"))
        assert done.returncode == 0, done.stdout + done.stderr
        who = record(job, "drill")["who"]["awx"]
        assert [(one["decision"], one["by"]) for one in who["approvals"]] == [("approved", "anna")]
        assert who["image"] == "registry.example.com/drills:1"
        assert (who["job_id"], who["workflow_job_id"]) == ("91", "7")
        assert (who["user"], who["launch_type"], who["project_revision"]) == ("erika", "manual", "4f2a")
        assert controller.token not in done.stdout + done.stderr


def test_the_preflight_refuses_what_the_drill_would_refuse(job: Job) -> None:
    done = job.run("preflight.yml", "--check", drill_keep=Answer("all"), drill_expiration=Answer("soon"))
    assert done.returncode == 2, done.stdout
    assert list(job.records.glob("readiness-*.json")), done.stdout
    assert "failover_drill_end_of_test_snapshot_expiration" in " ".join(done.stdout.split())
    assert record(job, "readiness")["verdict"] != "passed"
