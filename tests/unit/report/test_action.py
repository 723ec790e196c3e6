# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions that work on the controller: their arguments, and where they refuse to run."""

from __future__ import annotations

import copy
import datetime
import io
import json
import typing as t
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.drdrill.powerstore.plugins.module_utils._module.arguments import checked_arguments, plain
from ansible_collections.drdrill.powerstore.plugins.modules import drill_record, drill_report
from tests.running import run_action
from tests.unit.makers.records import drill_record as a_record
from tests.unit.makers.reporting import run_report, write_record

SPEC: t.Final = {
    "results": {"type": "list", "elements": "dict"},
    "before": {"type": "dict"},
    "count": {"type": "int", "default": 3},
    "steps": {"type": "list", "elements": "dict", "options": {"name": {"type": "str", "required": True}}},
}


class Tagged(str):
    """As Ansible hands in a text: a subclass."""


class TaggedNumber(int):
    """The same of a number."""


class Lazy(dict[str, t.Any]):
    """As Ansible hands in a mapping."""


def test_arguments_are_made_plain() -> None:
    given = Lazy(
        {Tagged("a"): [Tagged("b"), TaggedNumber(1), True, None, 1.5, ("x",)], "day": datetime.date(2026, 1, 2)}
    )
    made = plain(given)

    assert made == {"a": ["b", 1, True, None, 1.5, ["x"]], "day": "2026-01-02"}
    assert [type(value) for value in (made, *made, *made["a"][:2])] == [dict, str, str, str, int]


def test_what_the_spec_does_not_describe_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[object] = []
    ordinary = copy.deepcopy
    monkeypatch.setattr(
        "ansible.module_utils.common.arg_spec.deepcopy", lambda value: copied.append(value) or ordinary(value)
    )
    sessions = [{"sessions": [{"session_id": str(number)} for number in range(3)]}, {}]
    params, problem = checked_arguments({"results": sessions, "before": {"a": 1}, "count": "7"}, SPEC)

    assert (params, problem) == ({"results": sessions, "before": {"a": 1}, "count": 7, "steps": None}, "")
    assert copied == [{"results": [{}, {}], "before": {}, "count": "7"}]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"befor": {}}, "befor. Supported parameters include: before, count, results, steps."),
        ({"before": [1]}, "argument 'before' is of type list and we were unable to convert to dict"),
        ({"results": [{}, 5]}, "Elements value for option 'results' is of type"),
        ({"count": "many"}, "argument 'count' is of type str and we were unable to convert to int"),
        ({"steps": [{}]}, "missing required arguments: name found in steps"),
    ],
)
def test_wrong_arguments_are_named(given: dict[str, t.Any], message: str) -> None:
    assert message in checked_arguments(given, SPEC)[1]


def test_a_spec_stays_as_it_is() -> None:
    """A default that is a dictionary with options of its own is filled in each time, in a copy."""
    spec: dict[str, t.Any] = {"policy": {"type": "dict", "default": {}, "options": {"all": {"default": "yes"}}}}

    assert checked_arguments({}, spec)[0] == {"policy": {"all": "yes"}}
    assert spec["policy"]["default"] == {}


def test_json_as_a_text_is_taken_as_ansible_takes_it() -> None:
    assert checked_arguments({"before": '{"a": 1}'}, SPEC)[0]["before"] == {"a": 1}


def test_wrong_options_of_an_action_name_it(tmp_path: Path) -> None:
    result = run_report(record=tmp_path / "drill.json", format="html")

    assert result["failed"] and "drdrill.powerstore.drill_report: format. Supported parameters" in result["msg"]


@pytest.mark.parametrize("module", [drill_record, drill_report])
def test_the_file_of_the_module_says_that_an_action_does_the_work(
    module: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OPTIONS", copy.deepcopy(module.OPTIONS))  # AnsibleModule writes into it
    options = {"directory": "/x", "title": "x", "record": "/x"}
    given = {name: value for name, value in options.items() if name in module.OPTIONS}
    stdout = io.StringIO()
    with patch_module_args(given), redirect_stdout(stdout), pytest.raises(SystemExit):
        module.main()

    assert "works on the controller" in json.loads(stdout.getvalue())["msg"]


@pytest.mark.parametrize(
    ("host", "connection", "refused"),
    [(None, "ssh", False), ("localhost", "ssh", False), ("powerstore-dr", "local", False), ("db-1", "ssh", True)],
)
def test_another_host_is_refused(tmp_path: Path, host: str | None, connection: str, refused: bool) -> None:
    path = write_record(tmp_path, a_record())
    given = {"record": str(path), "formats": ["markdown"]}
    result = run_action("drill_report", delegate_to=host, connection=connection, **given)

    assert bool(result.get("failed")) is refused
    if refused:
        assert "delegated to db-1" in result["msg"] and "Remove delegate_to" in result["msg"]
