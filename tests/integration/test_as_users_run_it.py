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
from tests.running import older_pythons

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "plugins" / "modules").glob("[!_]*.py"))
OF_ARRAYS = [path for path in MODULES if path.name.startswith("replication_")]


def playbook(folder: Path, simulator: Simulator, plays: t.Any, *arguments: str, **environment: str) -> str:
    """The output of ansible-playbook, which is run in `folder`, and its exit code in the last line."""
    (folder / "play.yml").write_text(json.dumps(plays))
    done = subprocess.run(
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
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert simulator.password not in done.stdout + done.stderr
    return f"{done.stdout}{done.stderr}\nexit code {done.returncode}"


def on_localhost(*tasks: dict[str, t.Any], **variables: t.Any) -> list[dict[str, t.Any]]:
    return [
        {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": list(tasks)}
    ]


@pytest.mark.skipif(not older_pythons(), reason="this machine has no Python from 3.8 to 3.10")
@pytest.mark.parametrize("module", [path.stem for path in OF_ARRAYS])
def test_a_python_that_is_too_old_is_named(simulator: Simulator, tmp_path: Path, module: str) -> None:
    python = older_pythons()[-1]
    task = {f"drdrill.powerstore.{module}": {}, "vars": {"ansible_python_interpreter": python}}
    said = playbook(tmp_path, simulator, on_localhost(task))
    found = Path(python).name.removeprefix("python")
    assert f"needs Python 3.11, this is {found} ({python}): set ansible_python_interpreter" in " ".join(said.split())
    assert said.endswith("exit code 2")
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
