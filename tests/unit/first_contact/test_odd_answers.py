# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An array that answers oddly leaves questions open, and ends nothing early."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._first_contact.answers import answers
from tests.lab.simulator import Simulator, facts
from tests.running import Result, run_action, run_module

# Where the answer is odd: path, attribute, value, and the question that stays open.
ODD: tuple[tuple[str, str, t.Any, str | None], ...] = (
    ("/login_session", "role_ids", 5, None),
    ("/login_session", "idle_timeout", "long", None),
    ("/volume/*", "is_replication_destination", {"a": 1}, None),
    ("/job", "response_body", 7, "jobs"),
    ("/job", "start_time", ["x"], None),
    ("/job", "user", 12, None),
    ("/audit_event", "username", {}, None),
    ("/audit_event", "job_id", [1], None),
    ("/volume", "protection_data", "none", "end_of_test_snapshot"),
    ("/replication_session/*", "state", None, None),
    ("/host_volume_mapping", "id", None, None),
)


def all_steps(simulator: Simulator) -> dict[str, Result]:
    """What the playbook does."""
    one = {"volume": "erp-data"}
    steps = {"before": run_module(simulator, "first_contact", step="read", **one)}
    steps["start"] = run_module(
        simulator, "replication_failover_test", state="started", poll_interval=0.1, wait_timeout=5, **one
    )
    entry = steps["start"]["sessions"][0]
    since = {"since": entry["started_at"], "job_id": entry["job_id"], "seconds": 0}
    steps["during"] = run_module(simulator, "first_contact", step="watch", **one, **since)
    steps["stop"] = run_module(
        simulator,
        "replication_failover_test",
        state="stopped",
        poll_interval=0.1,
        create_end_of_test_snapshot=True,
        **one,
    )
    kept = steps["stop"]["sessions"][0].get("end_of_test_snapshot", {}).get("id")
    steps["after"] = run_module(simulator, "first_contact", step="watch", **one, **since, snapshot=kept)
    return steps


@pytest.mark.parametrize(("path", "attribute", "value", "is_open"), ODD, ids=[f"{p} {a}" for p, a, _v, _o in ODD])
def test_an_odd_answer_leaves_at_most_its_question_open(
    path: str, attribute: str, value: t.Any, is_open: str | None, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.faults.add(action="odd_row", array="dr", path=path, attribute=attribute, value=value, row=None)
    steps = all_steps(simulator)
    report = run_action("first_contact_report", directory=str(tmp_path), **steps)
    status = {each["id"]: each["status"] for each in report["facts"]["answers"]}
    assert status["release"] == "answered"
    if is_open:
        assert status[is_open] == "not seen"
    assert [name for name, step in steps.items() if step.get("failed") and name != "start"] == []


def test_an_account_that_may_read_little_gets_what_it_may(simulator: Simulator, tmp_path: Path) -> None:
    for path in ("/job*", "/audit_event*", "/host_volume_mapping*", "/alert*"):
        simulator.faults.add(action="forbid", array="dr", method="GET", path=path)
    report = run_action("first_contact_report", directory=str(tmp_path), **all_steps(simulator))
    answers = {each["id"]: each for each in report["facts"]["answers"]}
    assert answers["readable"]["value"]["audit_event"] == 403
    assert "audit_event (403)" in answers["readable"]["answer"]
    assert {answers[name]["status"] for name in ("jobs", "audit", "mappings")} == {"not seen"}
    assert answers["flag_at_destination"]["value"] == {"before": False, "during": True, "after": False}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (None, "was not given"),
        ({"failed": True, "failure": {"kind": "authentication"}, "msg": "of a name"}, "be read (authentication);"),
        ({"failed": True, "msg": "of a name"}, "see the output above"),
        ({"observed": {"session": {"failover_test_in_progress": False}}}, "the test was not started"),
    ],
    ids=["not given", "refused", "failed", "read, without a test"],
)
def test_it_says_why_the_source_was_not_seen(source: Result | None, why: str) -> None:
    (flag,) = (answer for answer in answers({"source_before": source}) if answer.id == "flag_at_source")
    assert flag.status == "not seen" and why in flag.answer and "of a name" not in flag.answer


@pytest.mark.parametrize(
    ("start", "may", "said"),
    [
        ({"action": "started"}, True, "start: yes, stop: not seen"),
        ({"action": "failed", "failure": {"kind": "authorization"}}, False, "start: refused, stop: not seen"),
        ({"action": "failed", "failure": {"kind": "not_ready"}}, None, "start: not seen, stop: not seen"),
        (None, None, "start: not seen, stop: not seen"),
    ],
    ids=["started", "refused", "failed otherwise", "not tried"],
)
def test_only_a_refusal_says_that_an_account_may_not(start: Result | None, may: bool | None, said: str) -> None:
    """A rehearsal on the simulator would refuse every start otherwise."""
    steps: dict[str, Result | None] = {"before": {"observed": {"account": {"role_ids": ["1"]}}}}
    steps["start"] = start and {"sessions": [start]}
    (role,) = (answer for answer in answers(steps) if answer.id == "role")
    assert role.value == {"role_ids": ["1"], "start": may, "stop": None} and said in role.answer
    made = facts.overlay({"answers": [role.as_json()]})
    assert ("forbidden" in made.account) is (may is False)
