# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook awx_setup, with the real modules of awx.awx, against a stand-in for AWX's API."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import typing as t
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.lab.awx.controller import (
    FIELDS,
    ME,
    UNIFIED_JOBS,
    Controller,
    Object,
    RefusedError,
    page,
    rrule_problems,
)

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "docs" / "awx-project"
SECRETS = ("dr-secret-1", "production-secret-2", "mail-secret-3", "slack-secret-4")
# The modules of awx.awx load the machine's authorities for each request, here over plain HTTP: most of their cost.
NO_AUTHORITIES = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
CHOICES: dict[str, t.Any] = {
    "awx_setup_project_url": "https://git.example.com/drills.git",
    "awx_setup_ee_image": "drills:1",
    "awx_setup_arrays": [
        {"name": "powerstore-dr", "address": "dr.example.com", "vars": {"failover_drill_rto_seconds": 900}},
        {"name": "powerstore-dr2", "address": "dr2.example.com"},
    ],
    "awx_setup_use_production": True,
    "awx_setup_notify_error": ["Storage team"],
    "awx_setup_notify_approvals": ["Storage team"],
    "awx_setup_drill_answers": {"drill_title": "Quarterly drill"},
    "awx_setup_readers": ["Auditors"],
    "awx_setup_launchers": ["Storage"],
    "awx_setup_approvers": ["Owners"],
    "awx_setup_notifications": [
        {"name": "Mail", "type": "email", "configuration": {"host": "mail.example.com", "password": "mail-secret-3"}},
        {"name": "Teams", "type": "webhook", "configuration": {"url": "https://teams.example.com"}},
        {"name": "Slack", "type": "slack", "configuration": {"channels": ["drills"], "token": "slack-secret-4"}},
    ],
    "awx_setup_coverage_policy": "coverage-policy.yml",
    "awx_setup_notify_success": ["Mail", "Teams", "Slack"],
    "awx_setup_sign_off_timeout": 604800,
}


def setup(
    awx: Controller, folder: Path, environment: dict[str, str] | None = None, **choices: t.Any
) -> subprocess.CompletedProcess[str]:
    """Run the playbook with the choices."""
    (folder / "ca.pem").write_text(PEM)
    (folder / "choices.json").write_text(json.dumps({**CHOICES, **choices}))
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.lab.awx.playbook",
            "drdrill.powerstore.awx_setup",
            "-e",
            f"@{folder}/choices.json",
        ],
        cwd=ROOT,
        env={
            **os.environ,
            **NO_AUTHORITIES,
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "CONTROLLER_HOST": awx.url,
            "CONTROLLER_OAUTH_TOKEN": awx.token,
            "POWERSTORE_USERNAME": "drill",
            "POWERSTORE_PASSWORD": SECRETS[0],
            "POWERSTORE_CA_PATH": str(folder / "ca.pem"),
            "POWERSTORE_PRODUCTION_HOST": "production.example.com",
            "POWERSTORE_PRODUCTION_USERNAME": "reader",
            "POWERSTORE_PRODUCTION_PASSWORD": SECRETS[1],
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )


@pytest.fixture
def awx() -> Iterator[Controller]:
    with Controller() as controller:
        controller.add("notification_templates", name="Storage team", notification_type="email")
        for team in ("Auditors", "Storage", "Owners"):
            controller.add("teams", name=team, organization=1)
        yield controller


def check_the_workflow_is_preflight_approval_drill_and_always_the_stop(awx: Controller) -> None:
    nodes = awx.objects("workflow_job_template_nodes")
    relations = ("success_nodes", "failure_nodes", "always_nodes")
    edges = {
        (node["identifier"], relation.removesuffix("_nodes"), child)
        for node in nodes
        for relation in relations
        for child in awx.linked("workflow_job_template_nodes", node, relation)
    }
    assert edges == {
        ("preflight", "success", "approval"),
        ("approval", "success", "drill"),
        ("approval", "failure", "stop_after_denial"),
        ("approval", "failure", "drill_not_approved"),
        ("drill", "success", "sign_off"),
        ("drill", "always", "stop_after_drill"),
        ("drill", "failure", "drill_not_passed"),
    }
    starts = {node["identifier"]: awx.unified(node["unified_job_template"]) for node in nodes}
    playbooks = {name: template.get("playbook") for name, (_kind, template) in starts.items()}
    assert playbooks == {
        "preflight": "playbooks/preflight.yml",
        "approval": None,
        "drill": "playbooks/drill.yml",
        "sign_off": None,
        "stop_after_drill": "playbooks/stop_tests.yml",
        "stop_after_denial": "playbooks/stop_tests.yml",
        "drill_not_passed": "playbooks/not_passed.yml",
        "drill_not_approved": "playbooks/not_passed.yml",
    }
    assert json.loads(starts["drill_not_passed"][1]["extra_vars"]) == {"drill_not_passed_after": "drill"}
    assert json.loads(starts["drill_not_approved"][1]["extra_vars"])["drill_not_passed_after"] == "approval"
    assert starts["approval"][0] == "workflow_approval_templates" and starts["approval"][1]["timeout"] == 86400
    assert starts["sign_off"][0] == "workflow_approval_templates" and starts["sign_off"][1]["timeout"] == 604800
    assert awx.named("workflow_job_template_nodes", "stop_after_drill")["extra_data"] == {
        "stop_tests_policy": "stop",
        "stop_tests_max_age": "0",
        "stop_tests_after_drill": True,
    }


def check_job_templates_hold_what_their_playbooks_need(awx: Controller) -> None:
    templates = awx.objects("job_templates")
    assert all((PROJECT / template["playbook"]).is_file() for template in templates)
    held = {template["name"]: awx.linked("job_templates", template, "credentials") for template in templates}
    both = ["PowerStore DR site account", "PowerStore production site account"]
    assert held == {
        "PowerStore preflight": both,
        "PowerStore drill": both,
        "PowerStore stop tests": both[:1],
        "PowerStore abort": both[:1],
        "PowerStore drill not passed": [],
        "PowerStore drill not approved": [],
        "PowerStore coverage": both[:1],
    }
    assert all(template["timeout"] > 0 for template in templates)
    assert [t_["name"] for t_ in templates if t_["job_type"] == "check"] == ["PowerStore preflight"]
    alone = {t_["name"] for t_ in templates if not t_["allow_simultaneous"]}
    assert alone == {"PowerStore drill", "PowerStore stop tests", "PowerStore coverage"}
    workflow = awx.named("workflow_job_templates", "PowerStore approved drill")
    assert not workflow["allow_simultaneous"]


def check_one_event_makes_one_message(awx: Controller) -> None:
    told = {
        t_["name"]: awx.linked("job_templates", t_, "notification_templates_error")
        for t_ in awx.objects("job_templates")
    }
    # A drill that did not pass has told of itself; of an approval that was not given nothing else tells.
    assert told.pop("PowerStore drill not passed") == []
    assert set(map(tuple, told.values())) == {("Storage team",)} and len(told) == 6
    workflow = awx.named("workflow_job_templates", "PowerStore approved drill")
    for event, expected in (("started", []), ("success", []), ("error", []), ("approvals", ["Storage team"])):
        assert awx.linked("workflow_job_templates", workflow, f"notification_templates_{event}") == expected


def check_teams_see_the_jobs(awx: Controller) -> None:
    everybody = ["Auditors", "Owners", "Storage"]
    for template in awx.objects("job_templates"):
        assert awx.teams_with("job_templates", template["name"], "read_role") == everybody
    workflow = "PowerStore approved drill"
    assert awx.teams_with("workflow_job_templates", workflow, "read_role") == everybody
    assert awx.teams_with("workflow_job_templates", workflow, "approval_role") == ["Owners"]
    assert awx.teams_with("workflow_job_templates", workflow, "execute_role") == ["Storage"]
    launched = {t_["name"] for t_ in awx.objects("job_templates")}
    launched = {name for name in launched if awx.teams_with("job_templates", name, "execute_role")}
    names = ("preflight", "stop tests", "abort", "coverage")
    assert launched == {f"PowerStore {name}" for name in names}


def check_abort_asks_whether_to_force(awx: Controller) -> None:
    (question,) = awx.survey("job_templates", "PowerStore abort")["spec"]
    assert (question["variable"], question["choices"]) == ("abort_force", ["when_unreachable", "always"])
    assert awx.named("job_templates", "PowerStore abort")["survey_enabled"]


def check_the_survey_asks_the_same_everywhere(awx: Controller) -> None:
    survey = awx.survey("workflow_job_templates", "PowerStore approved drill")
    asked = {question["variable"]: question for question in survey["spec"]}
    assert list(asked) == [
        "failover_drill_hosts",
        *(f"drill_{name}" for name in ("title", "ticket", "selection", "snapshot", "keep", "expiration")),
    ]
    assert asked["failover_drill_hosts"]["choices"] == ["powerstore-dr", "powerstore-dr2", "all"]
    for name in ("PowerStore drill", "PowerStore preflight"):
        assert awx.survey("job_templates", name) == survey


def check_schedules_answer_the_survey(awx: Controller) -> None:
    schedules = {schedule["name"]: schedule for schedule in awx.objects("schedules")}
    assert {name: schedule["enabled"] for name, schedule in schedules.items()} == {
        "PowerStore drill, scheduled": False,
        "PowerStore preflight, scheduled": True,
        "PowerStore stop tests, scheduled": True,
        "PowerStore coverage, scheduled": True,
    }
    drill = schedules["PowerStore drill, scheduled"]
    assert awx.unified(drill["unified_job_template"])[1]["name"] == "PowerStore approved drill"
    assert drill["extra_data"]["drill_title"] == "Quarterly drill"
    # The survey proposes one array; nobody is there to choose one when a schedule launches it.
    assert drill["extra_data"]["failover_drill_hosts"] == "all"
    assert schedules["PowerStore preflight, scheduled"]["extra_data"]["failover_drill_hosts"] == "all"
    stop = schedules["PowerStore stop tests, scheduled"]
    assert "FREQ=MINUTELY;INTERVAL=15" in stop["rrule"] and stop["extra_data"]["stop_tests_max_age"] == "5h"


def check_the_inventory_has_one_host_for_each_array(awx: Controller) -> None:
    hosts = {host["name"]: json.loads(host["variables"]) for host in awx.objects("hosts")}
    assert hosts == {
        "powerstore-dr": {"ansible_host": "dr.example.com", "failover_drill_rto_seconds": 900},
        "powerstore-dr2": {"ansible_host": "dr2.example.com"},
    }
    variables = json.loads(awx.named("inventories", "PowerStore arrays")["variables"])
    assert variables == {
        "failover_drill_records_directory": "/var/lib/drill-records",
        "failover_drill_awx_templates": {"stop_tests": "PowerStore stop tests", "abort": "PowerStore abort"},
        "failover_drill_awx_image": "drills:1",
    }


def check_credentials_inject_what_the_modules_look_for(awx: Controller) -> None:
    injected, files = inject(awx, awx.named("credentials", "PowerStore DR site account"))
    assert injected == {
        "POWERSTORE_USERNAME": "drill",
        "POWERSTORE_PASSWORD": SECRETS[0],
        "POWERSTORE_VALIDATE_CERTS": "true",
        "POWERSTORE_CA_PATH": "/runner/env/ca",
    }
    assert files == {"template.ca": PEM}
    injected, files = inject(awx, awx.named("credentials", "PowerStore production site account"))
    assert injected == {
        "POWERSTORE_PRODUCTION_HOST": "production.example.com",
        "POWERSTORE_PRODUCTION_USERNAME": "reader",
        "POWERSTORE_PRODUCTION_PASSWORD": SECRETS[1],
        "POWERSTORE_PRODUCTION_VALIDATE_CERTS": "true",
        "POWERSTORE_PRODUCTION_CA_PATH": "",
    }
    assert files == {"template.production_ca": ""}


STUB = {"id": 42, "name": "a template", "status": "running", "artifacts": {}}  # with which AWX checks messages
DRILL = {
    "verdict": "failed", "cleanup_verdict": "passed", "title": "Quarterly", "record_path": "/records/1.json",
    "reason": 'The check "port" failed.',
}  # fmt: skip
STOPPED = {"verdict": "failed", "running": ["erp-data"], "message": "A stop failed.", "record_path": ""}
SAID: list[tuple[Object, list[str]]] = [
    (STUB, ["a template #42 running."]),
    (
        {**STUB, "status": "failed", "artifacts": {"drdrill_powerstore_drill": {"dr": DRILL}}},
        ["dr: drill failed, clean-up passed", 'Quarterly. dr: The check "port" failed.', "Record: /records/1.json."],
    ),
    (
        {**STUB, "status": "failed", "artifacts": {"drdrill_powerstore_stop_tests": {"dr": STOPPED}}},
        ["dr: stop tests failed, STILL RUNNING: erp-data", "A stop failed."],
    ),
    ({**STUB, "status": "canceled"}, ["it left no result, as it was cancelled"]),
    (
        {
            **STUB,
            "status": "failed",
            "artifacts": {"drdrill_powerstore_not_passed": "The approval was denied by anna."},
        },
        ["#42 failed; The approval was denied by anna."],
    ),
]


def check_messages_say_the_verdict(awx: Controller) -> None:
    """As awx/main/models/notifications.py renders them: sandboxed, undefined names being errors."""
    jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for name in ("Mail", "Teams", "Slack"):
        messages = awx.named("notification_templates", name)["messages"]
        for job, expected in SAID:
            texts = messages["error"].values()
            sent = [jinja.from_string(text).render(job=job, url="https://awx/1") for text in texts]
            said = " ".join(json.loads(text)["text"] if name == "Teams" and text else text for text in sent)
            assert all(text in said for text in expected), (name, said)
            assert "https://awx/1" in said and "\n" not in sent[0]
        # There is no job in them.
        approval = {"approval_node_name": "may start", "approval_status": "running", "workflow_url": "https://awx/7"}
        for kind in ("running", "approved", "denied", "timed_out"):
            texts = messages["workflow_approval"][kind].values()
            sent = [jinja.from_string(text).render(**approval, job_metadata='{"title": "Quarterly"}') for text in texts]
            assert "Quarterly" in "".join(sent) and "https://awx/7" in "".join(sent)


def inject(awx: Controller, credential: Object) -> tuple[dict[str, str], dict[str, str]]:
    """What a job gets of a credential, as awx/main/models/credential.py makes it: environment, and files by label."""
    kind = next(one for one in awx.objects("credential_types") if one["id"] == credential["credential_type"])
    values = {key: value for key, value in awx.secrets[credential["id"]].items() if value != ""}
    for field in kind["inputs"]["fields"]:
        if field["type"] == "boolean":
            values.setdefault(field["id"], False)
    # AWX checks the templates with undefined variables being errors, and renders them without.
    jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    templates = kind["injectors"]["file"]
    files = {label: jinja.from_string(template).render(values) for label, template in templates.items()}
    names = {label.removeprefix("template."): f"/runner/env/{label.removeprefix('template.')}" for label in files}
    values["tower"] = {"filename": names}
    return {name: jinja.from_string(text).render(values) for name, text in kind["injectors"]["env"].items()}, files


def test_one_run_makes_everything_a_second_changes_nothing_and_what_drifted_is_put_right(
    awx: Controller, tmp_path: Path
) -> None:
    # A project whose first update failed is updated by the next run; it has no playbooks until then.
    awx.next_update = "failed"
    done = setup(awx, tmp_path)
    assert done.returncode == 2 and awx.objects("job_templates") == []
    awx.next_update = "successful"
    first = setup(awx, tmp_path, awx_setup_project_branch="main")
    assert first.returncode == 0, first.stdout + first.stderr
    assert len(awx.writes) > 30
    awx.writes.clear()
    check_the_workflow_is_preflight_approval_drill_and_always_the_stop(awx)
    check_job_templates_hold_what_their_playbooks_need(awx)
    check_the_survey_asks_the_same_everywhere(awx)
    check_schedules_answer_the_survey(awx)
    check_the_inventory_has_one_host_for_each_array(awx)
    check_credentials_inject_what_the_modules_look_for(awx)
    check_one_event_makes_one_message(awx)
    check_teams_see_the_jobs(awx)
    check_abort_asks_whether_to_force(awx)
    check_messages_say_the_verdict(awx)
    second = setup(awx, tmp_path, awx_setup_project_branch="main")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "changed=0 " in second.stdout
    assert awx.writes == []
    for output in (first, second):
        assert not any(secret in output.stdout + output.stderr for secret in SECRETS)
    assert len(awx.objects("job_templates")) == 7

    # What somebody changed comes back; what is not given is left; what left the choices goes.
    awx.named("job_templates", "PowerStore drill")["timeout"] = 1
    awx.named("job_templates", "PowerStore stop tests").update(limit="dr2", skip_tags="stop", job_slice_count=2)
    awx.named("hosts", "powerstore-dr")["enabled"] = False
    nothing = {"POWERSTORE_PASSWORD": "", "POWERSTORE_CA_PATH": "", "POWERSTORE_PRODUCTION_PASSWORD": ""}
    left = {"awx_setup_arrays": CHOICES["awx_setup_arrays"][:1], "awx_setup_coverage_policy": ""}
    left["awx_setup_sign_off_timeout"] = 0
    done = setup(awx, tmp_path, nothing, **left, awx_setup_ee_image="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(awx.objects("job_templates")) == 6 and len(awx.objects("schedules")) == 3
    assert awx.named("job_templates", "PowerStore drill")["timeout"] == 14400
    stop = awx.named("job_templates", "PowerStore stop tests")
    assert (stop["limit"], stop["skip_tags"], stop["job_slice_count"]) == ("", "", 1)
    assert "sign_off" not in {node["identifier"] for node in awx.objects("workflow_job_template_nodes")}
    assert [each["name"] for each in awx.objects("workflow_approval_templates")] == ["PowerStore drill may start"]
    assert [(host["name"], host["enabled"]) for host in awx.objects("hosts")] == [("powerstore-dr", True)]
    kept = awx.secrets[awx.named("credentials", "PowerStore DR site account")["id"]]
    assert (kept["password"], kept["ca"]) == (SECRETS[0], PEM)
    assert "PowerStore DR site account: ca, password not given, left as it is in AWX." in done.stdout
    assert awx.named("projects", "PowerStore drills")["scm_branch"] == ""
    assert awx.named("projects", "PowerStore drills")["default_environment"] is None
    assert {template["execution_environment"] for template in awx.objects("job_templates")} == {None}
    assert awx.objects("execution_environments") == []

    awx.writes.clear()
    awx.pages[UNIFIED_JOBS] = page(id=89, name="PowerStore drill", status="running")
    done = setup(awx, tmp_path, awx_setup_state="absent")
    assert done.returncode == 2 and awx.writes == []
    assert "PowerStore drill #89 is running: expected that none of these is under way." in " ".join(done.stdout.split())
    awx.pages[UNIFIED_JOBS] = page(id=90, name="another template", status="running")
    for changed in (True, False):
        done = setup(awx, tmp_path, awx_setup_state="absent")
        assert done.returncode == 0, done.stdout + done.stderr
        assert ("changed=0 " not in done.stdout) is changed
    there = {name: [row["name"] for row in awx.objects(name)] for name in FIELDS if awx.objects(name)}
    assert there == {
        "organizations": ["Default"],
        "notification_templates": ["Storage team"],
        "teams": ["Auditors", "Storage", "Owners"],
    }


@pytest.mark.parametrize(
    ("choices", "environment", "says"),
    [
        (
            {"awx_setup_notify_error": ["Storage team", "Nobody"]},
            {},
            "awx_setup_notify_started, _success, _error, _approvals or _preflight names 'Nobody'",
        ),
        ({"awx_setup_approvers": ["Owner"]}, {}, "awx_setup_approvers names 'Owner'"),
        (
            {"awx_setup_drill_timeout": 18000},
            {},
            "awx_setup_drill_timeout is 18000 and awx_setup_stop_scheduled has stop_tests_max_age 5h: expected a drill",
        ),
        ({}, {"POWERSTORE_PASSWORD": ""}, "AWX has no credential 'PowerStore DR site account'"),
    ],
)
def test_what_is_missing_is_said_before_the_first_write(
    awx: Controller, tmp_path: Path, choices: Object, environment: dict[str, str], says: str
) -> None:
    done = setup(awx, tmp_path, environment, **choices)
    assert done.returncode == 2
    assert says in " ".join(done.stdout.split())
    assert awx.writes == []


def test_an_administrator_of_the_organisation_needs_the_credential_types(awx: Controller, tmp_path: Path) -> None:
    awx.pages[ME] = page(username="erika", is_superuser=False)
    done = setup(awx, tmp_path)
    assert done.returncode == 2 and awx.writes == []
    said = "erika is no system administrator of AWX, which has no PowerStore DR site, PowerStore production site"
    assert said in " ".join(done.stdout.split())


def test_what_has_no_default_is_said_before_awx_is_asked(awx: Controller, tmp_path: Path) -> None:
    done = setup(awx, tmp_path, awx_setup_arrays=[{"name": "powerstore-dr"}])
    assert done.returncode != 0
    assert "for each array at the DR site a name and an address" in " ".join(done.stdout.split())
    assert awx.writes == []


def test_a_name_that_means_other_hosts_is_said_before_awx_is_asked(awx: Controller, tmp_path: Path) -> None:
    names = ("dr", "all", "dr*", "dr,x", "!dr", "dr-2.example.com", "dr")
    done = setup(awx, tmp_path, awx_setup_arrays=[{"name": name, "address": "192.0.2.1"} for name in names])
    assert done.returncode != 0 and awx.writes == []
    assert "awx_setup_arrays has dr, all, dr*, dr,x, !dr: expected each array once" in " ".join(done.stdout.split())


def test_the_stand_in_refuses_what_awx_refuses() -> None:
    assert rrule_problems("DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=1") == []
    assert rrule_problems("RRULE:FREQ=DAILY;INTERVAL=1")[0].startswith("Valid DTSTART required")
    assert "numeric prefix" in rrule_problems("DTSTART:20260101T000000Z RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=1SA")[0]
    awx = Controller()
    with pytest.raises(RefusedError, match="no such field"):
        awx.add("organizations", name="x", colour="red")
    with pytest.raises(RefusedError, match="required"):
        awx.add("hosts", name="x")


def test_the_choices_hold_no_secret_and_are_all_used() -> None:
    text = (ROOT / "playbooks" / "vars" / "awx_setup.yml").read_text()
    choices = yaml.safe_load(text)
    for name, value in choices.items():
        assert "password" not in name or str(value).startswith("{{ lookup('ansible.builtin.env',"), name
    users = [ROOT / "playbooks" / "vars" / "awx_objects.yml", *(ROOT / "playbooks" / "tasks").glob("awx_*.yml")]
    used = "".join(path.read_text() for path in users)
    assert [name for name in choices if name not in used] == []


def test_the_tarball_has_what_users_copy() -> None:
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    needed = [path for folder in ("docs/awx-project", "playbooks") for path in (ROOT / folder).rglob("*")]
    assert len(needed) > 20
    left_out = [p for p in needed if any(fnmatch(str(p.relative_to(ROOT)), pattern) for pattern in ignored)]
    assert left_out == []


def test_the_execution_environment_can_be_built(tmp_path: Path) -> None:
    definition = PROJECT / "execution-environment" / "execution-environment.yml"
    tool = Path(sys.executable).with_name("ansible-builder")
    done = subprocess.run(
        [tool, "create", "-f", definition, "-c", tmp_path, "--output-filename", "Containerfile"],
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (collection,) = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text())["collections"]
    pinned = yaml.safe_load((PROJECT / "collections" / "requirements.yml").read_text())["collections"]
    assert [collection] == pinned
    steps = (tmp_path / "Containerfile").read_text().splitlines()
    assert any(step.startswith("ENV ANSIBLE_HOME=") for step in steps)
    # ansible-builder asks each collection of the image what it needs; ours says requests.
    own = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text())
    assert "requests" in (ROOT / own["dependencies"]["python"]).read_text()
    assert any("introspect.py introspect" in step for step in steps)


def code_blocks(language: str) -> list[str]:
    """What the guide tells to type or to write, in its order."""
    guide = (ROOT / "docs/docsite/rst/guide_awx.rst").read_text(encoding="utf-8")
    found = re.findall(rf"^\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", guide, re.MULTILINE)
    return [textwrap.dedent(block).strip() + "\n" for block in found]


def test_the_guides_own_choices_and_command_make_everything(tmp_path: Path) -> None:
    """From nothing, as the page "Running it in AWX" says, but for what it installs and for the address of AWX."""
    (tmp_path / "my-awx.yml").write_text(
        next(block for block in code_blocks("yaml") if "awx_setup_project_url" in block)
    )
    [command] = [line for block in code_blocks("bash") for line in block.splitlines() if "awx_setup" in line]
    words = shlex.split(command)
    assert words[0] == "ansible-playbook"
    (tmp_path / "powerstore-ca.pem").write_text(PEM)
    with Controller() as controller:
        for team in ("Auditors", "Storage", "Service owners"):
            controller.add("teams", name=team, organization=1)
        done = subprocess.run(
            [sys.executable, "-m", "tests.lab.awx.playbook", words[1], "-e", f"@{tmp_path}/my-awx.yml"],
            cwd=ROOT,
            env={
                **os.environ,
                **NO_AUTHORITIES,
                "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
                "CONTROLLER_HOST": controller.url,
                "CONTROLLER_OAUTH_TOKEN": controller.token,
                "POWERSTORE_USERNAME": "drill",
                "POWERSTORE_PASSWORD": SECRETS[0],
                "POWERSTORE_CA_PATH": str(tmp_path / "powerstore-ca.pem"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert words[2:] == ["-e", "@my-awx.yml"]
        assert len(controller.objects("workflow_job_template_nodes")) == 7
        mail = controller.named("notification_templates", "Drills by mail")
        assert mail["notification_configuration"]["recipients"] == ["storage@example.com"]


def test_the_guide_names_what_there_is() -> None:
    guide = (ROOT / "docs/docsite/rst/guide_awx.rst").read_text(encoding="utf-8")
    choices = yaml.safe_load((ROOT / "playbooks" / "vars" / "awx_setup.yml").read_text())
    named = set(re.findall(r"awx_setup_[a-z_]+[a-z]", guide))
    assert named - set(choices) == set()
    for name in ("preflight", "drill", "stop tests", "abort", "drill not passed", "drill not approved", "coverage"):
        assert f"PowerStore {name}" in guide
