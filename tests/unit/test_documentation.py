# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written down in two places is the same in both: versions, action groups, options and their documentation."""

from __future__ import annotations

import importlib
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.drdrill.powerstore.plugins.module_utils._module.options import ArgumentSpec
from ansible_collections.drdrill.powerstore.plugins.module_utils._version import VERSION

ROOT = Path(__file__).parents[2]
PACKAGE = "ansible_collections.drdrill.powerstore.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py"))
Options = dict[str, dict[str, t.Any]]


def imported(kind: str, name: str) -> t.Any:
    return importlib.import_module(f"{PACKAGE}.{kind}.{name}")


def documentation(module: str) -> dict[str, t.Any]:
    return t.cast(dict[str, t.Any], yaml.safe_load(imported("modules", module).DOCUMENTATION))


def fragments_of(module: str) -> list[str]:
    return t.cast(list[str], documentation(module)["extends_documentation_fragment"])


def documented_options(module: str) -> Options:
    """The options of a module's documentation together with those of its fragments."""
    options: Options = {}
    for fragment in fragments_of(module):
        *collection, name, part = [*fragment.split("."), "documentation"][:4]
        assert collection == ["drdrill", "powerstore"]
        text = getattr(imported("doc_fragments", name).ModuleDocFragment, part.upper())
        options |= yaml.safe_load(text).get("options", {})
    return options | documentation(module).get("options", {})


def coded_options(module: str) -> Options:
    code = imported("modules", module)
    return t.cast(Options, code.SPEC.options if isinstance(getattr(code, "SPEC", None), ArgumentSpec) else code.OPTIONS)


def comparable(options: Options, suboptions: str) -> Options:
    """What documentation and argument spec both say of each option, with Ansible's defaults filled in."""
    return {
        name: {
            "type": option.get("type", "str"),
            "elements": option.get("elements"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "aliases": sorted(option.get("aliases", [])),
            "options": comparable(option[suboptions], suboptions) if suboptions in option else None,
        }
        for name, option in options.items()
    }


def test_there_are_modules() -> None:
    assert {"replication_failover_test", "replication_session_info", "drill_record"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_options_are_as_documented(module: str) -> None:
    coded = comparable(coded_options(module), "options")
    documented = comparable(documented_options(module), "suboptions")

    assert coded.keys() == documented.keys()
    for name, option in coded.items():
        assert option == documented[name], name


@pytest.mark.parametrize("module", MODULES)
def test_the_module_is_documented_under_its_own_name(module: str) -> None:
    assert documentation(module)["module"] == module


@pytest.mark.parametrize("module", [name for name in MODULES if "drdrill.powerstore.connection" in fragments_of(name)])
def test_connection_options_come_from_the_environment_they_document(module: str) -> None:
    documented = documented_options(module)
    for name, option in coded_options(module).items():
        fallback = option.get("fallback")
        text = str(documented[name]["description"])
        assert (fallback is not None) is ("E(POWERSTORE_" in text), name
        if fallback:
            assert f"E({fallback[1][0]})" in text and fallback[1] == [f"POWERSTORE_{name.upper()}"]


def test_the_password_is_never_logged() -> None:
    secret = [
        (module, name)
        for module in MODULES
        for name, option in coded_options(module).items()
        if "password" in name and option.get("no_log") is not True
    ]

    assert secret == []


def test_the_action_group_lists_every_module_with_a_connection() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    connected = [name for name in MODULES if "drdrill.powerstore.connection" in fragments_of(name)]
    members = [name for name in MODULES if "drdrill.powerstore.attributes.action_group" in fragments_of(name)]

    assert sorted(runtime["action_groups"]["all"]) == connected == members


def test_one_version() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == VERSION


def test_the_readme_lists_each_playbook_role_and_module_once() -> None:
    rows = [
        row
        for row in (ROOT / "README.md").read_text().splitlines()
        if row.startswith(("| playbook", "| module", "| role"))
    ]
    named = [
        name.removeprefix("drdrill.powerstore.")
        for row in rows
        for name in re.findall(r"`([\w.]+)`", row.split("|")[1])
    ]
    playbooks = [path.stem for path in (ROOT / "playbooks").glob("*.yml")]
    roles = [path.name for path in (ROOT / "roles").iterdir()]
    assert sorted(named) == sorted([*playbooks, *roles, *MODULES])
