# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML says the order of a drill, Python decides: the role stays small, and no long expression of Jinja decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).parents[2] / "roles/failover_drill"
TASKS = sorted((ROLE / "tasks").rglob("*.yml"))
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
# What only says something to a person, or makes a name.
_SAYING = (
    "msg",
    "fail_msg",
    "success_msg",
    "__failover_drill_summary",
    "__failover_drill_verdict_text",
    "__failover_drill_means",
    "id",
)
_KEY = re.compile(r"^[\s-]*([A-Za-z_][\w.]*):", re.MULTILINE)


def long_expressions(text: str) -> list[str]:
    """Expressions of more than two lines, with the key that they are the value of."""
    found = []
    for match in _EXPRESSION.finditer(text):
        key = [each.group(1) for each in _KEY.finditer(text[: match.start()])][-1]
        if match.group().count("\n") > 1 and key not in _SAYING:
            found.append(f"{key}: {match.group()}")
    return found


def conditions(value: object) -> Iterator[str]:
    """What decides without braces: each condition of a task."""
    if isinstance(value, list):
        for each in value:
            yield from conditions(each)
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("when", "until", "that", "failed_when", "changed_when"):
                yield from map(str, each if isinstance(each, list) else [each])
            else:
                yield from conditions(each)


def test_the_role_has_few_files_of_tasks() -> None:
    assert len(TASKS) <= 16


@pytest.mark.parametrize("path", [*TASKS, *sorted((ROLE / "vars").rglob("*.yml"))], ids=lambda path: path.name)
def test_no_long_expression_decides(path: Path) -> None:
    assert long_expressions(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.name)
def test_no_long_condition_decides(path: Path) -> None:
    """Without its line ends, which YAML folds: two lines of 120 columns."""
    found = list(conditions(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert [condition for condition in found if len(condition) > 2 * 120] == []


def test_conditions_are_found_at_any_depth() -> None:
    tasks = [{"block": [{"name": "a", "when": ["x", "y"]}], "always": [{"assert": {"that": "z"}, "until": "w"}]}]
    assert sorted(conditions(tasks)) == ["w", "x", "y", "z"]


def test_the_preflight_judges_every_variable_of_a_drill() -> None:
    """By the same judge; the role hands over all of them, and a playbook has to name each."""
    drill = yaml.safe_load((ROLE / "vars/main/drill.yml").read_text(encoding="utf-8"))["__failover_drill_variables"]
    play = yaml.safe_load((ROLE.parents[1] / "playbooks/preflight.yml").read_text(encoding="utf-8"))[0]
    named = re.findall(r"'(\w+)'", play["vars"]["__preflight_names"])
    assert sorted(named) == sorted(drill.keys() - {"steps"})
    of_steps = play["vars"]["__preflight_variables"]
    assert all(f"'{phase}'" in of_steps for phase in ("attach", "validate", "release", "notify"))


def test_a_long_expression_would_be_found() -> None:
    assert long_expressions("- when: >-\n    {{ a\n    and b\n    and c }}\n") == [
        "when: {{ a\n    and b\n    and c }}"
    ]
    assert long_expressions("- when: >-\n    {{ a\n    and b }}\n  msg: >-\n    {{ a\n    ~ b\n    ~ c }}\n") == []


@pytest.mark.parametrize("name", ["drill", "abort", "preflight", "stop_tests"])
def test_what_a_playbook_has_of_the_shared_variables_is_as_there(name: str) -> None:
    """Ansible reads the files of vars_files anew for every task, so these playbooks have what they need of them."""
    shared: dict[str, object] = {}
    for path in ("playbooks/vars/array.yml", "roles/failover_drill/vars/main/awx.yml"):
        shared |= yaml.safe_load((ROLE.parents[1] / path).read_text(encoding="utf-8"))
    text = (ROLE.parents[1] / f"playbooks/{name}.yml").read_text(encoding="utf-8")
    plays = yaml.safe_load(text)
    assert [play for play in plays if "vars_files" in play] == []
    own = [(key, value) for play in plays for key, value in play.get("vars", {}).items() if key in shared]
    assert own
    assert [(key, value) for key, value in own if value != shared[key]] == []
    if name in ("preflight", "stop_tests"):  # the others get the rest from the role, or read it where AWX runs them
        assert (set(re.findall(r"\b__\w+", text)) & shared.keys()) - {key for key, _value in own} == set()
