# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The law of all modules. A new module fails here until tests/law/scenarios.py has a task of it.

Check mode predicts the real run and only reads; a second run changes nothing; a diff shows what the array shows; each
value that a module returns is documented with a sample, and each documented one is seen here with its type.
"""

from __future__ import annotations

import importlib
import os
import re
import typing as t
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.lab.simulator import Simulator
from tests.lab.simulator.clock import stamp
from tests.running import Result, run_module

from .scenarios import SCENARIOS, Scenario

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py"))
CASES = [pytest.param(name, each, id=f"{name}: {each.name}") for name in SCENARIOS for each in SCENARIOS[name]]
# What Ansible itself has every module return.
COMMON = {"changed", "failed", "msg", "invocation", "diff", "warnings", "exception", "deprecations"}
OF_A_PATH = {"owner", "group", "mode", "uid", "gid", "size", "state", "secontext"}  # added to whoever returns `path`
TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,), "bool": (bool,), "int": (int,), "float": (float, int), "dict": (dict,), "list": (list,),
}  # fmt: skip
NAS_SERVER = re.compile(r"NAS server '(.+)' \(")
SESSION = re.compile(r"\(session ([0-9a-f-]+)\)")


def test_every_module_has_tasks_that_it_is_held_against() -> None:
    assert sorted(SCENARIOS) == MODULES


def prepared(scenario: Scenario, simulator: Simulator, folder: Path) -> dict[str, t.Any]:
    options = scenario.prepare(simulator, folder)
    simulator.clear_journal()
    return options


def requests_sent(simulator: Simulator) -> set[str]:
    return {exchange.method for exchange in simulator.journal() if exchange.path != "/logout"}


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_the_array_is_as_the_diff_says(simulator: Simulator, side: dict[str, t.Any]) -> None:
    """Each line of a diff's side about a session against the array that the session is on."""
    for line, said in side.items():
        found = SESSION.search(line)
        assert found, f"the diff names no session: {line}"
        text = str(said)
        if "last_sync_timestamp" in text:
            shown = stamp(simulator.production.session(found[1]).last_sync)
            assert shown and said["last_sync_timestamp"] == shown.replace("+00:00", "Z"), line
        else:
            in_progress = text == "{'running': True}" or text.startswith("failover test in progress")
            assert simulator.dr.session(found[1]).failover_test_in_progress is in_progress, line


def assert_the_clones_are_as_the_diff_says(simulator: Simulator, side: dict[str, str]) -> None:
    """Each line of a diff's side about a NAS server against the DR-test clones that the array has."""
    for line, said in side.items():
        source = {row["id"] for row in simulator.dr.file_systems(NAS_SERVER.findall(line)[0])}
        clones = []
        for row in simulator.dr.nas_servers(dr_test=True):
            key = str(row["id"])
            files = simulator.dr.file_systems(key)
            if source & {each["parent_id"] for each in files}:
                names = ", ".join(sorted(str(each["name"]) for each in files))
                addresses = ", ".join(str(each["ip_address"]) for each in simulator.dr.file_interfaces(key))
                clones.append(f"DR-test clone '{row['name']}' with {names} and {addresses or 'no file interface'}")
        assert said == ("; ".join(sorted(clones)) or "no DR-test clone"), line


def assert_is_as_said(module: str, simulator: Simulator, side: dict[str, t.Any]) -> None:
    """A diff's side against the array, of the modules that ask one."""
    swept = {line: said for line, said in side.items() if line.startswith("DR-test clone ")}
    of_nas = {line: said for line, said in side.items() if line not in swept and NAS_SERVER.search(line)}
    if module == "nas_dr_test" or of_nas:
        assert_the_clones_are_as_the_diff_says(simulator, of_nas)
    names = {f"DR-test clone '{row['name']}'" for row in simulator.dr.nas_servers(dr_test=True)}
    for line, said in swept.items():
        assert said["running"] is any(line.startswith(name) for name in names), line
    if module.startswith("replication_"):
        others = {line: said for line, said in side.items() if line not in {**swept, **of_nas}}
        assert_the_array_is_as_the_diff_says(simulator, others)


@pytest.mark.parametrize(("module", "scenario"), CASES)
def test_check_mode_predicts_and_only_reads_and_a_second_run_changes_nothing(
    module: str, scenario: Scenario, simulator: Simulator, tmp_path: Path
) -> None:
    options = prepared(scenario, simulator, tmp_path)
    files = files_in(tmp_path)
    predicted = run_module(simulator, module, check=True, diff=True, **options)
    assert requests_sent(simulator) <= {"GET"}
    assert files_in(tmp_path) == files
    if predicted.get("diff"):
        assert_is_as_said(module, simulator, predicted["diff"]["before"])

    real = run_module(simulator, module, diff=True, **options)
    assert bool(real.get("failed")) is scenario.fails, real.get("msg")
    assert predicted.get("changed", False) is scenario.changes
    if not scenario.unforeseen:
        assert bool(predicted.get("failed")) is scenario.fails
        assert real.get("changed", False) is scenario.changes
    if real.get("diff") and not scenario.meanwhile:
        assert_is_as_said(module, simulator, real["diff"]["after"])
        assert (real["diff"]["before"] != real["diff"]["after"]) is real["changed"]
        assert predicted["diff"]["before"] == real["diff"]["before"]

    simulator.clear_journal()
    files = files_in(tmp_path)
    again = run_module(simulator, module, diff=True, **options)
    if scenario.not_repeatable:
        assert again["changed"] is True
        return
    assert again.get("changed", False) is False
    assert files_in(tmp_path) == files
    if not scenario.unforeseen:
        assert requests_sent(simulator) <= {"GET"}


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scenario may bring commands of its own; after the test they are out of PATH again."""
    monkeypatch.setenv("PATH", os.environ["PATH"])


@cache
def return_values(module: str) -> dict[str, t.Any]:
    code = importlib.import_module(f"ansible_collections.drdrill.powerstore.plugins.modules.{module}")
    return t.cast(dict[str, t.Any], yaml.safe_load(code.RETURN))


def seen_in(result: Result, documented: dict[str, t.Any], where: str = "") -> t.Iterator[str]:
    """The documented values that the result has, each with its type; a value that is not documented is an error."""
    ansible = set() if where else COMMON | (OF_A_PATH if "path" in result else set())
    undocumented = result.keys() - documented.keys() - ansible
    assert not undocumented, f"{where or 'result'}: not documented: {sorted(undocumented)}"
    for name in result.keys() & documented.keys():
        value, entry = result[name], documented[name]
        path = f"{where}{name}"
        if value is None:
            continue
        assert isinstance(value, TYPES[entry["type"]]), f"{path}: {value!r} is no {entry['type']}"
        assert isinstance(value, bool) is (entry["type"] == "bool"), f"{path}: {value!r} is no {entry['type']}"
        yield path
        elements = value if isinstance(value, list) else [value]
        if "elements" in entry:
            assert all(isinstance(each, TYPES[entry["elements"]]) for each in elements), path
        for each in elements if "contains" in entry else []:
            yield from seen_in(each, entry["contains"], f"{path}.")


def all_of(documented: dict[str, t.Any], where: str = "", sampled: bool = False) -> t.Iterator[str]:
    """Every documented value. Each has a sample, or is a part of one that has."""
    for name, entry in documented.items():
        yield f"{where}{name}"
        parts = entry.get("contains", {})
        assert sampled or "sample" in entry or parts, f"{where}{name}: no sample"
        if entry.get("sample") is not None:
            assert isinstance(entry["sample"], TYPES[entry["type"]]), f"{where}{name}: the sample is no {entry['type']}"
        yield from all_of(parts, f"{where}{name}.", sampled or "sample" in entry)


@pytest.mark.parametrize("module", MODULES)
def test_every_return_value_is_documented_and_seen(module: str, tmp_path: Path) -> None:
    documented = return_values(module)
    seen: set[str] = set()
    for number, scenario in enumerate(SCENARIOS[module]):
        with Simulator() as simulator:
            simulator.operation_seconds.update(dict.fromkeys(simulator.operation_seconds, 0.1))
            options = scenario.prepare(simulator, tmp_path / str(number))
            seen |= set(seen_in(run_module(simulator, module, **options), documented))
    assert sorted(set(all_of(documented)) - seen) == []
