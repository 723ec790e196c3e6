# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's steps: what each means, what is refused before the start, and in which turns they are done."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.steps import (
    Step,
    in_waves,
    plan_steps,
    resolved,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json

SESSIONS: list[Json] = [
    {"session_id": "s1", "resource_id": "r1", "resource_name": "erp-data", "resource_type": "volume"},
    {"session_id": "s2", "resource_id": "r2", "resource_name": "erp", "resource_type": "volume"},
    {"session_id": "s3", "resource_id": "r3", "resource_name": "ERP", "resource_type": "volume_group"},
    {"session_id": "s4", "resource_id": "r4", "resource_name": "1234", "resource_type": "volume"},
]


def planned(phase: str = "validate", **step: t.Any) -> Step:
    """The one step of a drill that has just this one."""
    (found,) = plan_steps({phase: [{"name": "x", **step}]}, 30, 600)
    return found


# What a step means


def test_what_is_not_said_has_a_default() -> None:
    step = planned(command=["true"])
    assert (step.critical, step.timeout, step.session, step.wave, step.on, step.file) == (
        True,
        30,
        None,
        None,
        None,
        None,
    )
    assert planned(tasks="a.yml").timeout == 600
    assert (planned(tasks="a.yml").file, planned(tasks="a.yml").options) == ("a.yml", {})


@pytest.mark.parametrize(("given", "taken"), [("off", False), ("no", False), (0, False), ("on", True), (True, True)])
def test_critical_has_one_meaning(given: object, taken: bool) -> None:
    step = planned(command=["true"], critical=given)
    assert step.critical is taken is step.options["critical"] is step.as_planned()["critical"]


@pytest.mark.parametrize(("given", "taken"), [("5", 5.0), (0.5, 0.5), (86400, 86400.0)])
def test_a_timeout_may_be_a_text(given: object, taken: float) -> None:
    assert planned(command=["true"], timeout=given).timeout == taken


def test_on_is_understood_as_yaml_reads_it() -> None:
    read = yaml.safe_load("{name: x, command: ['true'], on: db-host}")
    (step,) = plan_steps({"validate": [read]}, 30, 600)
    assert True in read and step.on == "db-host" == planned(command=["true"], on="db-host").on


def test_numbers_are_taken_for_names() -> None:
    assert planned(command=["true"], session=1234, wave="2") == planned(command=["true"], session="1234", wave=2)


def test_options_are_those_of_drill_check() -> None:
    http = {"url": "http://x/", "status": "204", "contains": "ok", "headers": '{"Accept": "text/html"}'}
    assert planned(http=http, no_log="yes").options == {
        "name": "x",
        "critical": True,
        "timeout": 30.0,
        "no_log": True,
        "http": {
            "url": "http://x/",
            "method": "GET",
            "status": [204],
            "validate_certs": True,
            "contains": "ok",
            "headers": {"Accept": "text/html"},
        },
    }
    assert planned(tcp={"host": "h", "port": "5432"}).options["tcp"] == {"host": "h", "port": 5432}
    command = planned(command=["a", 1], contains="ok", chdir="/", environment={"A": "b"}, retry="no").options
    assert {key: command[key] for key in ("command", "contains", "chdir", "environment", "retry")} == {
        "command": ["a", 1], "contains": "ok", "chdir": "/", "environment": {"A": "b"}, "retry": False,
    }  # fmt: skip


@pytest.mark.parametrize("phase", ["attach", "release", "notify"])
def test_what_is_done_is_done_once_and_what_is_looked_at_again(phase: str) -> None:
    http = {"url": "http://x/"}
    assert planned(phase, command=["true"]).options["retry"] is planned(phase, http=http).options["retry"] is False
    assert "retry" not in planned(phase, tcp={"host": "h", "port": 1}).options
    assert planned(phase, command=["true"], retry=True).options["retry"] is True
    assert "retry" not in planned("validate", command=["true"]).options


REFUSED: list[tuple[Json, str]] = [
    ({"command": ["true"], "contains": True}, 'contains: "true"'),
    ({"command": ["true"], "contains": 5}, 'contains: "5"'),
    ({"http": {"url": "http://x/", "contains": 5}}, "http.contains is not a text"),
    ({"http": {"url": "http://x/"}, "contains": "open"}, "contains belongs to command, and inside http to http"),
    ({"tcp": {"host": "x", "port": 1}, "chdir": "/"}, "chdir belongs to command"),
    ({"tcp": {"host": "x", "port": 1}, "command": ["true"]}, "exactly one of tcp, http, command, tasks"),
    ({}, "exactly one of tcp, http, command, tasks, found none"),
    ({"command": None}, "found none"),
    ({"command": ["true"], "critical": "perhaps"}, "critical is 'perhaps': expected true or false"),
    ({"command": ["true"], "timeout": 0}, "timeout is 0: expected seconds, more than 0"),
    ({"command": ["true"], "timeout": -1}, "more than 0"),
    ({"command": ["true"], "timeout": "soon"}, "more than 0"),
    ({"command": ["true"], "timeout": True}, "more than 0"),
    ({"command": ["true"], "timeout": 90000}, "at most 86400"),
    ({"command": ["true"], "wave": 0}, "wave is 0: expected a whole number from 1"),
    ({"command": ["true"], "wave": "two"}, "expected a whole number from 1"),
    ({"command": ["true"], "session": True}, "session is true: expected a text"),
    ({"command": ["true"], "sesion": "a"}, "has 'sesion'"),
    ({"command": []}, "command is empty"),
    ({"command": 5}, "command is a number"),
    ({"command": ["echo", True]}, "a boolean"),
    ({"tcp": {"host": "x"}}, "tcp.port is null"),
    ({"tcp": {"host": "x", "port": 65536}}, "from 1 to 65535"),
    ({"tcp": "x:1"}, "expected a mapping"),
    ({"tcp": {"host": "x", "port": 1, "timeout": 3}}, "has 'timeout'"),
    ({"http": {"url": "ftp://x/"}}, "http.url is no URL"),
    ({"http": {"url": "http://x/", "status": "fine"}}, "status is 'fine': expected a whole number"),
    ({"http": {"url": "http://x/", "validate_certs": "perhaps"}}, "validate_certs is 'perhaps'"),
    ({"tasks": ""}, "tasks is '': expected a text"),
    ({"tasks": "a.yml", "on": "host"}, "on and retry are not for tasks"),
    ({"tasks": "a.yml", "retry": True}, "on and retry are not for tasks"),
    ({"command": ["true"], "on": ""}, "on is '': expected a text"),
]


@pytest.mark.parametrize(("step", "said"), REFUSED)
@pytest.mark.parametrize("phase", ["attach", "validate", "release", "notify"])
def test_what_has_no_one_meaning_is_refused(phase: str, step: Json, said: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        planned(phase, **step)
    assert said in refused.value.message
    assert "'x'" in refused.value.message


def test_the_lists_and_names_are_validated() -> None:
    with pytest.raises(InvalidInputError, match="failover_drill_checks is 'x': expected a list"):
        plan_steps({"validate": "x"}, 30, 600)
    with pytest.raises(InvalidInputError, match=r"failover_drill_checks\[0\].name is null"):
        plan_steps({"validate": [{"command": ["true"]}]}, 30, 600)
    with pytest.raises(InvalidInputError, match="Two steps are called 'x'"):
        plan_steps({"validate": [{"name": "x", "command": "true"}], "release": [{"name": "x", "tasks": "a"}]}, 30, 600)
    for name in ("failover_drill_step_timeout", "failover_drill_tasks_timeout"):
        with pytest.raises(InvalidInputError, match=f"{name} is 0"):
            plan_steps({}, *((0, 1) if "step" in name else (1, 0)))
    assert plan_steps({"validate": None, "attach": []}, "30", "600") == ()


def test_json_in_a_text_is_a_list_of_steps() -> None:
    (step,) = plan_steps({"validate": '[{"name": "x", "command": ["true"]}]'}, 30, 600)
    assert step.name == "x"


# Which session a step is about


@pytest.mark.parametrize(
    ("named", "session_id"),
    [("erp-data", "s1"), ("ERP-Data", "s1"), ("r3", "s3"), ("s2", "s2"), ("S2", "s2"), (1234, "s4")],
)
def test_a_step_is_about_one_session(named: object, session_id: str) -> None:
    (step,) = resolved([planned(command=["true"], session=named)], SESSIONS)
    assert step.session == session_id


def test_a_step_that_names_none_is_about_the_drill() -> None:
    assert resolved([planned(command=["true"])], SESSIONS)[0].session is None


def test_a_name_of_two_sessions_is_ambiguous() -> None:
    with pytest.raises(InvalidInputError, match=r"ambiguous: use the id of one of s2 \(volume\), s3 \(volume group\)"):
        resolved([planned(command=["true"], session="erp")], SESSIONS)


def test_a_name_of_no_session_is_refused_with_the_names() -> None:
    with pytest.raises(InvalidInputError, match=r"is about session 'files': expected .* \(erp-data, erp, ERP, 1234\)"):
        resolved([planned(command=["true"], session="files")], SESSIONS)
    many = [{**SESSIONS[0], "resource_name": f"a-rather-long-name-{n}"} for n in range(100)]
    with pytest.raises(InvalidInputError) as refused:
        resolved([planned(command=["true"], session="files")], many)
    assert len(refused.value.message) < 500


# Waves


def test_an_attach_step_without_a_wave_waits_for_the_last() -> None:
    steps = plan_steps(
        {
            "attach": [{"name": "a", "tasks": "a"}, {"name": "b", "tasks": "b", "wave": 1}],
            "validate": [{"name": "c", "tasks": "c"}, {"name": "d", "tasks": "d", "wave": 2}],
            "release": [{"name": "e", "tasks": "e", "wave": 7}],
        },
        30,
        600,
    )
    assert [step.wave for step in in_waves(steps, [1, 2])] == [2, 1, None, 2, None]


@pytest.mark.parametrize("phase", ["attach", "validate"])
def test_a_step_of_a_wave_that_never_comes_is_refused(phase: str) -> None:
    with pytest.raises(
        InvalidInputError, match="belongs to wave 3, in which no session is started: expected one of 1, 2"
    ):
        in_waves([planned(phase, command=["true"], wave=3)], [1, 2])


def test_what_is_planned_has_no_secret() -> None:
    step = planned(command=["login", "--password", "s3cret"], environment={"TOKEN": "s3cret"})
    assert "s3cret" not in str(step.as_planned("0" * 64))
    assert step.as_planned("0" * 64)["sha256"] == "0" * 64
