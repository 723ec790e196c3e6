# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays as users write them, outside AWX: what they forget, and what their configuration says."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.lab.simulator import Simulator
from tests.prepared import run_ansible
from tests.running import older_pythons

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "plugins" / "modules").glob("[!_]*.py"))
OF_ARRAYS = [path for path in MODULES if "drdrill.powerstore.connection" in path.read_text(encoding="utf-8")]


def playbook(folder: Path, simulator: Simulator, plays: t.Any, *arguments: str, **environment: str) -> str:
    """The output of ansible-playbook, which is run in `folder`, and its exit code in the last line."""
    (folder / "play.yml").write_text(json.dumps(plays))
    done = run_ansible(
        ["ansible-playbook", "play.yml", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "POWERSTORE_HOST": simulator.dr.host,
            "POWERSTORE_PORT": str(simulator.dr.port),
            "POWERSTORE_USERNAME": simulator.username,
            "POWERSTORE_PASSWORD": simulator.password,
            "POWERSTORE_CA_PATH": str(simulator.ca_path),
            "PWD": str(folder),
            **environment,
        },
        timeout=600,
    )
    assert simulator.password not in done.stdout + done.stderr
    return f"{done.stdout}{done.stderr}\nexit code {done.returncode}"


def on_localhost(*tasks: dict[str, t.Any], **variables: t.Any) -> list[dict[str, t.Any]]:
    return [
        {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": list(tasks)}
    ]


@pytest.mark.skipif(not older_pythons(), reason="this machine has no Python from 3.8 to 3.10")
def test_a_python_that_is_too_old_is_named(simulator: Simulator, tmp_path: Path) -> None:
    python = older_pythons()[-1]
    # One of each kind of action; that all look first, too.
    modules = ["replication_failover_test", "replication_session_info"]
    tasks = [{f"drdrill.powerstore.{module}": {}, "ignore_errors": True} for module in modules]
    said = playbook(tmp_path, simulator, on_localhost(*tasks, ansible_python_interpreter=python))
    found = Path(python).name.removeprefix("python")
    refused = f"needs Python 3.11, this is {found} ({python}): set ansible_python_interpreter"
    for module in modules:
        told = said.partition(f"TASK [drdrill.powerstore.{module}]")[2].partition("TASK [")[0]
        assert refused in " ".join(told.split()), told
    assert simulator.dr.journal() == []


def test_what_refuses_an_old_python_comes_first_and_can_be_read_by_it() -> None:
    check = ROOT / "plugins" / "module_utils" / "_python.py"
    for path in (check, *OF_ARRAYS):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
        imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.level]
        if path != check:
            assert [(imports[0].module, imports[0].names[0].name)] == [("module_utils", "_python")], path


def test_requirements_name_the_python_of_every_module() -> None:
    fragment = (ROOT / "plugins" / "doc_fragments" / "connection.py").read_text(encoding="utf-8")
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        documentation = yaml.safe_load(text.split('r"""')[1].split('"""')[0])
        said = str(documentation.get("requirements", []))
        if "drdrill.powerstore.connection" in documentation["extends_documentation_fragment"]:
            said += fragment
        assert "Python >= 3.11" in said or "Python 3.8 or later" in said, path


def test_the_guides_vault_command_hides_the_password_and_keeps_it_whole(tmp_path: Path) -> None:
    guide = (ROOT / "docs/docsite/rst/guide_first_drill.rst").read_text(encoding="utf-8")
    block = guide.split("The password\n", 1)[1].split(".. code-block:: bash\n\n", 1)[1].split("\n\n", 1)[0]
    (tmp_path / "vault").write_text("vault-password")
    environment = {**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "vault")}
    run = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True, "timeout": 600}
    done = subprocess.run(["bash", "-euc", block], input="pass word-{{1}}\n", check=True, **run)
    assert "pass word" not in done.stdout + done.stderr
    show = ["ansible", "localhost", "-m", "debug", "-a", "var=vault_drill_password", "-e", "@vault.yml"]
    assert '"vault_drill_password": "pass word-{{1}}"' in subprocess.run(show, check=True, **run).stdout


CHECK = {
    "name": "port",
    "http": {"url": "https://db.example.com/", "headers": {"X-Token": "token-of-a-check"}},
    "timeout": 1,
}


@pytest.fixture
def drill(simulator: Simulator, tmp_path: Path) -> list[dict[str, t.Any]]:
    """A play of a user's own with the role, and files beside it that it names by relative paths."""
    (tmp_path / "ca.pem").write_bytes(Path(simulator.ca_path).read_bytes())
    (tmp_path / "look.sh").write_text("#!/bin/sh\necho seen\n")
    (tmp_path / "look.sh").chmod(0o755)
    tell = [{"name": "Tell", "ansible.builtin.set_fact": {"failover_drill_check_observed": "told"}}]
    (tmp_path / "tell.yml").write_text(json.dumps(tell))
    variables = {
        "failover_drill_sessions": [{"volume": "erp-data"}],
        "failover_drill_records_directory": "my-records",
        "failover_drill_ca_path": "ca.pem",
        "failover_drill_poll_interval": 0.2,
        "failover_drill_checks": [
            {"name": "look", "command": ["./look.sh"], "contains": "seen"},
            {"name": "tell", "tasks": "tell.yml"},
        ],
    }
    return [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": variables,
            "roles": ["drdrill.powerstore.failover_drill"],
        }
    ]


def the_record(folder: Path) -> dict[str, t.Any]:
    (path,) = (folder / "my-records").glob("drill-*.json")
    read: dict[str, t.Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def test_relative_paths_of_the_collections_own_playbook(
    simulator: Simulator, tmp_path: Path, drill: list[dict[str, t.Any]]
) -> None:
    hosts = {"powerstore-dr": {"ansible_host": simulator.dr.host, **drill[0]["vars"]}}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    imported = [{"ansible.builtin.import_playbook": "drdrill.powerstore.drill"}]
    said = playbook(tmp_path, simulator, imported, "-i", "hosts.json", POWERSTORE_CA_PATH="", POWERSTORE_HOST="")
    assert said.endswith("exit code 0"), said
    assert the_record(tmp_path)["verdict"] == "passed"


def test_the_role_in_a_job_of_awx_starts_nothing_where_its_record_would_be_thrown_away(
    simulator: Simulator, tmp_path: Path, drill: list[dict[str, t.Any]]
) -> None:
    """Also in a play of one's own; the mark that this job leaves is what the next one finds. There relative paths are
    relative to where Ansible was started, and no become and short task timeout of ansible.cfg cuts anything."""
    said = playbook(tmp_path, simulator, drill, "-e", "awx_job_id=90")
    assert "is not known to outlive this job: no earlier job left a mark there" in " ".join(said.split())
    assert said.endswith("exit code 2") and simulator.dr.executed("start_failover_test") == []
    for path in (tmp_path / "my-records").glob("drill-*.json"):
        path.unlink()
    simulator.operation_seconds["stop_failover_test"] = 3
    configured = {"ANSIBLE_BECOME": "true", "ANSIBLE_BECOME_EXE": "/nonexistent/sudo", "ANSIBLE_TASK_TIMEOUT": "2"}
    said = playbook(tmp_path, simulator, drill, "-e", "awx_job_id=91", POWERSTORE_CA_PATH="", **configured)
    assert said.endswith("exit code 0"), said
    assert len(simulator.dr.executed("start_failover_test")) == 1
    assert not [side for side in simulator.dr.array.sessions if side.in_test()]
    assert '"schema_version"' not in said and the_record(tmp_path)["verdict"] == "passed"


def test_verbose_output_shows_labels_of_steps_and_no_secret_of_theirs(
    simulator: Simulator, tmp_path: Path, drill: list[dict[str, t.Any]]
) -> None:
    """And no word of a tasks file that hides what it does."""
    told = {"name": "Tell", "ansible.builtin.set_fact": {"failover_drill_check_observed": "word-that-is-seen"}}
    # Of a task that fails, ansible-core shows its message and its lines of YAML, no_log or not.
    (tmp_path / "seen").write_text("word-of-a-failure")
    refused = {"name": "Refuse", "ansible.builtin.command": {"argv": ["sh", "-c", "cat seen; exit 1"]}}
    for name, tasks in (("tell", [told]), ("refuse", [told, refused])):
        (tmp_path / f"{name}.yml").write_text(json.dumps(tasks))
    hidden = [{"name": name, "tasks": f"{name}.yml", "no_log": True} for name in ("tell", "refuse")]
    drill[0]["vars"]["failover_drill_checks"] = [CHECK, *hidden]
    said = playbook(tmp_path, simulator, drill, "-vvv")
    assert said.endswith("exit code 2"), said
    assert "token-of-a-check" not in said
    assert "validate" in said and "port" in said
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "my-records").glob("*.*"))
    assert "word-" not in said + written
    seen = {check["name"]: (check["observed"], check["passed"]) for check in the_record(tmp_path)["validations"]}
    assert {name: seen[name] for name in ("tell", "refuse")} == {
        "tell": ("hidden by no_log", True),
        "refuse": ("hidden by no_log", False),
    }


PLAY = """---
- name: Drill
  hosts: powerstore_dr
  gather_facts: false
  roles:
    - role: drdrill.powerstore.failover_drill
      failover_drill_sessions:
        - volume: erp-data
      failover_drill_checks:
        - name: port
          tcp: {host: erp-db-dr.example.com, port: 5432}
"""


def test_ansible_lint_has_no_warning_for_a_users_play(tmp_path: Path) -> None:
    (tmp_path / "play.yml").write_text(PLAY)
    done = subprocess.run(
        ["ansible-lint", "--offline", "--nocolor", "play.yml"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections")},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    said = done.stdout + done.stderr
    assert "Passed: 0 failure(s), 0 warning(s)" in said, said
    assert "Falling back to Ansible unique filter" not in said
