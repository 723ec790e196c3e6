# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook awx_setup, with the real modules of awx.awx, against a stand-in for AWX's API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.lab.awx.controller import Controller, Object, RefusedError, rrule_problems

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "docs" / "awx-project"
SECRETS = ("dr-secret-1", "production-secret-2")
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
CHOICES = {
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
}


def setup(awx: Controller, folder: Path, **choices: t.Any) -> subprocess.CompletedProcess[str]:
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
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "CONTROLLER_HOST": awx.url,
            "CONTROLLER_OAUTH_TOKEN": awx.token,
            "POWERSTORE_USERNAME": "drill",
            "POWERSTORE_PASSWORD": SECRETS[0],
            "POWERSTORE_CA_PATH": str(folder / "ca.pem"),
            "POWERSTORE_PRODUCTION_HOST": "production.example.com",
            "POWERSTORE_PRODUCTION_USERNAME": "reader",
            "POWERSTORE_PRODUCTION_PASSWORD": SECRETS[1],
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
        ("drill", "always", "stop_after_drill"),
        ("drill", "failure", "drill_not_passed"),
    }
    starts = {node["identifier"]: awx.unified(node["unified_job_template"]) for node in nodes}
    playbooks = {name: template.get("playbook") for name, (_kind, template) in starts.items()}
    assert playbooks == {
        "preflight": "playbooks/preflight.yml",
        "approval": None,
        "drill": "playbooks/drill.yml",
        "stop_after_drill": "playbooks/stop_tests.yml",
        "stop_after_denial": "playbooks/stop_tests.yml",
        "drill_not_passed": "playbooks/not_passed.yml",
        "drill_not_approved": "playbooks/not_passed.yml",
    }
    assert starts["approval"][0] == "workflow_approval_templates" and starts["approval"][1]["timeout"] == 86400
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
    }
    for template in templates:
        assert template["timeout"] > 0
        assert awx.linked("job_templates", template, "notification_templates_error") == ["Storage team"]
    assert [t_["name"] for t_ in templates if t_["job_type"] == "check"] == ["PowerStore preflight"]
    alone = {t_["name"] for t_ in templates if not t_["allow_simultaneous"]}
    assert alone == {"PowerStore drill", "PowerStore stop tests"}
    workflow = awx.named("workflow_job_templates", "PowerStore approved drill")
    assert not workflow["allow_simultaneous"]
    assert awx.linked("workflow_job_templates", workflow, "notification_templates_approvals") == ["Storage team"]


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
    }
    drill = schedules["PowerStore drill, scheduled"]
    assert awx.unified(drill["unified_job_template"])[1]["name"] == "PowerStore approved drill"
    assert drill["extra_data"]["drill_title"] == "Quarterly drill"
    assert drill["extra_data"]["failover_drill_hosts"] == "powerstore-dr"
    stop = schedules["PowerStore stop tests, scheduled"]
    assert "FREQ=MINUTELY;INTERVAL=15" in stop["rrule"] and stop["extra_data"]["stop_tests_max_age"] == "5h"


def check_the_inventory_has_one_host_for_each_array(awx: Controller) -> None:
    hosts = {host["name"]: json.loads(host["variables"]) for host in awx.objects("hosts")}
    assert hosts == {
        "powerstore-dr": {"ansible_host": "dr.example.com", "failover_drill_rto_seconds": 900},
        "powerstore-dr2": {"ansible_host": "dr2.example.com"},
    }
    variables = json.loads(awx.named("inventories", "PowerStore arrays")["variables"])
    assert variables == {"failover_drill_records_directory": "/var/lib/drill-records"}


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


def test_one_run_makes_everything_and_a_second_one_changes_nothing(awx: Controller, tmp_path: Path) -> None:
    first = setup(awx, tmp_path)
    assert first.returncode == 0, first.stdout + first.stderr
    assert len(awx.writes) > 30
    awx.writes.clear()
    check_the_workflow_is_preflight_approval_drill_and_always_the_stop(awx)
    check_job_templates_hold_what_their_playbooks_need(awx)
    check_the_survey_asks_the_same_everywhere(awx)
    check_schedules_answer_the_survey(awx)
    check_the_inventory_has_one_host_for_each_array(awx)
    check_credentials_inject_what_the_modules_look_for(awx)
    second = setup(awx, tmp_path)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "changed=0 " in second.stdout
    assert awx.writes == []
    for output in (first, second):
        assert not any(secret in output.stdout + output.stderr for secret in SECRETS)


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


def test_what_has_no_default_is_said_before_awx_is_asked(awx: Controller, tmp_path: Path) -> None:
    done = setup(awx, tmp_path, awx_setup_arrays=[{"name": "powerstore-dr"}])
    assert done.returncode != 0
    assert "for each array at the DR site a name and an address" in " ".join(done.stdout.split())
    assert awx.writes == []


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
