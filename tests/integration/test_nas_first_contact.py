# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""first_contact on a NAS server that the user names: what its clone tells, and that nothing of it is left."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.integration.test_first_contact import Prepare, lab
from tests.integration.test_nas_drill import left
from tests.lab.simulator import Simulator, facts
from tests.running import run_module

__all__ = ["lab"]
OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "one": {"clone_without_list": "all", "clone_parent": "snapshot", "clone_job_names": "clone",
            "nas_flag_at_rest": False},
    "other": {"clone_without_list": "none", "clone_parent": "hidden", "clone_job_tells_id": False,
              "nas_flag_at_rest": None},
}  # fmt: skip
HOMES: t.Final = {"nas_server": "homes", "file_systems": ["home", "projects"]}


def scenario_of(name: str) -> dict[str, t.Any]:
    seconds = {"start_failover_test": 0.2, "stop_failover_test": 0.2, "clone": 0.6, "nas_server_start": 0.5}
    sessions = [{"volume": "playground"}, HOMES]
    return {"sessions": sessions, "options": OPTIONS[name], "operation_seconds": seconds}


def test_it_finds_what_two_arrays_do_with_clones(lab: Prepare) -> None:
    made = lab(**{name: scenario_of(name) for name in OPTIONS})
    code, output = made.run(first_contact_nas_server="homes")
    assert code == 0, output
    for name, options in OPTIONS.items():
        found = made.facts_of(name)
        assert left(made[name]) == [] and len(made[name].dr.executed("clone")) == 1
        assert found["nas_flag"] is options["nas_flag_at_rest"]
        assert found["nas_without_list"]["has"] == options["clone_without_list"]
        assert found["nas_clone"]["as_job"] is True and found["nas_clone"]["job_seconds"] >= 0.5
        assert found["nas_clone_job"]["tells_id"] is options.get("clone_job_tells_id", True)
        assert found["nas_clone_job"]["names"] == options.get("clone_job_names", "source")
        # Of a clone without file systems, nothing shows a parent.
        assert found["nas_clone_parent"] == ("hidden" if name == "other" else options["clone_parent"])
        again = facts.overlay(facts.read_facts(next(Path(made.folder / name).glob("*.json")))).document
        assert {key: again["options"][key] for key in options} == options
        assert 0.5 <= again["operation_seconds"]["clone"] < 120
    assert "Does a clone without file_systems have all of them?" in output


def test_without_a_nas_server_its_questions_stay_open(lab: Prepare) -> None:
    made = lab(one=scenario_of("one"))
    code, output = made.run()
    assert code == 0, output
    assert made["one"].dr.executed("clone") == [] and "nas_clone" not in made.facts_of("one")
    assert "no NAS server was named (first_contact_nas_server)" in " ".join(output.split())


@pytest.mark.parametrize(
    ("sessions", "options", "says"),
    [
        ([HOMES], {"nas_server": "home"}, "No NAS server 'home'"),
        ([HOMES], {"volume": "playground"}, "expected nas_server"),
        ([{**HOMES, "dr_tests": [{"name": "there"}]}], {"nas_server": "homes"}, "is there already"),
        ([{**HOMES, "role": "Source"}], {"nas_server": "homes"}, "is not the destination"),
    ],
)
def test_what_is_not_cloned(sessions: list[t.Any], options: dict[str, t.Any], says: str) -> None:
    with Simulator.from_dict({"sessions": [{"volume": "playground"}, *sessions]}) as simulator:
        result = run_module(simulator, "first_contact", step="nas_clone", **options)
        predicted = run_module(simulator, "first_contact", step="nas_clone", check=True, **options)
        assert simulator.dr.executed("clone") == []
    assert result["failed"] and predicted["failed"] and says in result["msg"]


def test_check_mode_sends_nothing() -> None:
    with Simulator.from_dict({"sessions": [HOMES]}) as simulator:
        result = run_module(simulator, "first_contact", step="nas_clone", nas_server="homes", check=True)
        assert result["observed"]["sent"] is False and left(simulator) == []
