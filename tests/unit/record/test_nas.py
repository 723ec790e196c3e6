# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A NAS server in the record of a drill: its clone is what is shown, and its recovery point is never measured."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._report.html.page import render_html
from tests.unit.makers.drills import Json, a_drill
from tests.unit.makers.reporting import source_of
from tests.unit.makers.spoils import record_of

CLONE: t.Final[Json] = {
    "id": "nas-9",
    "name": "homes-dr-test",
    "interfaces": [{"id": "i-9", "ip_address": "192.0.2.20"}],
    "file_systems": [{"id": "f-8", "name": "home"}, {"id": "f-9", "name": "projects"}],
}


def with_a_nas_server() -> Json:
    """The second session replicates the NAS server homes, of which a clone was made."""
    drill = a_drill()
    drill["wishes"][1] = {"nas_server": "homes", "interface": {"ip_address": "192.0.2.20", "prefix_length": 24}}
    for look in ("before", "during", "after"):
        seen = drill[look]["sessions"][1]
        seen |= {"resource_type": "nas_server", "resource_name": "homes", "resource_id": "nas-2", "volumes": []}
        seen |= {"hosts": [], "dr_test_clones": [CLONE] if look == "during" else []}
        seen |= dict.fromkeys(("last_sync_timestamp", "recovery_point_timestamp", "recovery_point_age_seconds"))
    for operated in (*drill["starts"], *drill["stops"]):
        entry = operated["sessions"][1]
        entry |= {"resource_type": "nas_server", "resource_name": "homes", "resource_id": "nas-2"}
        for shown in (entry["before"], entry["after"]):
            shown |= {"last_sync_timestamp": None, "recovery_point_timestamp": None}
    return drill


def homes_of(drill: Json) -> tuple[Json, Json]:
    record = record_of(drill)
    return record, record["sessions"][1]


def test_its_recovery_point_is_not_measured_and_the_record_says_why() -> None:
    record, homes = homes_of(with_a_nas_server())
    why = (
        "The array does not say when a NAS server was last synchronised. To know how old its data is, let a check "
        "read a file that production writes all the time."
    )
    assert record["verdict"] == homes["verdict"] == "passed_with_deviations"
    point = homes["recovery_point"]
    assert (point["objective_seconds"], point["age_seconds"], point["met"], point["of"]) == (300, None, None, None)
    assert point["reason"] == why and homes["replication_rpo"] is None
    assert homes["reasons"] == [f"homes: recovery point within the RPO: not measured. {why}"]
    [cause] = [each for each in record["causes"] if each["cause"] == "rpo.not_measured"]
    assert cause["sessions"] == ["s-2"] and record["sessions"][0]["verdict"] == "passed"


def test_the_record_says_that_a_nas_server_was_left_out_of_the_synchronisation() -> None:
    drill = with_a_nas_server()
    drill["policy"] = {**drill.get("policy", {}), "synchronise_first": True}
    _record, homes = homes_of(drill)
    assert "It was left out of the synchronisation before the test" in homes["recovery_point"]["reason"]
    assert "It was left out of the synchronisation" in homes["reasons"][0]


def test_the_clone_is_what_the_array_shows_of_its_test() -> None:
    _record, homes = homes_of(with_a_nas_server())
    assert homes["dr_test_clone"] == {
        "id": "nas-9",
        "name": "homes-dr-test",
        "addresses": ["192.0.2.20"],
        "file_systems": ["home", "projects"],
    }
    [shown] = [each for each in homes["validations"] if each["name"] == "DR-test clone with an address"]
    assert (shown["passed"], shown["observed"]) == (True, "homes-dr-test with 192.0.2.20 and 2 file systems")
    assert homes["failover_blocked"] is None  # Dell: a failover may run while the clone is up
    assert homes["return_to_normal"]["stop_confirmed"] and not homes["return_to_normal"]["differences"]


@pytest.mark.parametrize(
    ("clones", "passed", "observed", "verdict"),
    [
        ([], False, "none", "failed"),
        ([{**CLONE, "interfaces": []}], False, "homes-dr-test with no address and 2 file systems", "failed"),
        (
            [{**CLONE, "file_systems": CLONE["file_systems"][:1]}],
            True,
            "homes-dr-test with 192.0.2.20 and 1 file system",
            None,
        ),
        (None, None, "not read: the DR-test clones could not be read while the test ran", "incomplete"),
    ],
)
def test_a_clone_that_is_not_shown_is_no_test(
    clones: object, passed: bool | None, observed: str, verdict: str | None
) -> None:
    drill = with_a_nas_server()
    drill["during"]["sessions"][1]["dr_test_clones"] = clones
    _record, homes = homes_of(drill)
    [shown] = [each for each in homes["validations"] if each["name"] == "DR-test clone with an address"]
    assert (shown["passed"], shown["observed"]) == (passed, observed)
    assert homes["verdict"] == (verdict or "passed_with_deviations")


def test_a_clone_that_is_left_fails_the_drill() -> None:
    drill = with_a_nas_server()
    drill["after"]["sessions"][1] |= {"failover_test_in_progress": True, "dr_test_clones": [CLONE]}
    record, homes = homes_of(drill)
    assert record["verdict"] == homes["verdict"] == record["cleanup"]["verdict"] == "failed"
    assert record["cleanup"]["not_confirmed_stopped"] == ["s-2"]
    assert (
        "The DR-test clone 'homes-dr-test' (nas-9) of homes is on the array still: run the playbook stop_tests, which "
        "deletes it."
    ) in homes["reasons"]


def test_a_clone_of_which_nobody_knows_whether_it_is_left_is_no_failover_test_either() -> None:
    drill = with_a_nas_server()
    drill["after"] = {"cluster": drill["before"]["cluster"], "sessions": None}
    drill["stops"] = []
    _record, homes = homes_of(drill)
    assert (
        "The array did not confirm that the DR-test clone 'homes-dr-test' (nas-9) of homes is deleted: run the "
        "playbook stop_tests, which looks for it."
    ) in homes["reasons"]


def test_a_clone_that_was_not_looked_at_during_the_test_is_the_one_that_the_start_made() -> None:
    drill = with_a_nas_server()
    drill["during"] = None
    drill["starts"][0]["sessions"][1]["clone"] = CLONE
    _record, homes = homes_of(drill)
    assert (homes["dr_test_clone"]["id"], homes["dr_test_clone"]["addresses"]) == ("nas-9", ["192.0.2.20"])


def test_a_clone_that_was_left_on_purpose_does_not_say_that_it_keeps_from_a_failover() -> None:
    drill = with_a_nas_server()
    drill |= {"held": ["s-1", "s-2"], "stops": []}
    for seen in drill["after"]["sessions"]:
        seen["failover_test_in_progress"] = True
    record, homes = homes_of(drill)
    assert record["cleanup"]["verdict"] == "held"
    assert "The DR-test clone of homes was left on purpose." in homes["reasons"]
    assert any(each.endswith("it cannot be failed over.") for each in record["sessions"][0]["reasons"])


@pytest.mark.parametrize("also_a_volume", [False, True])
def test_a_report_does_not_say_that_a_clone_keeps_from_a_failover(tmp_path: Path, also_a_volume: bool) -> None:
    drill = with_a_nas_server()
    for seen in drill["after"]["sessions"][0 if also_a_volume else 1 :]:
        seen["failover_test_in_progress"] = True
    drill["after"]["sessions"][1]["dr_test_clones"] = [CLONE]
    html = render_html(source_of(tmp_path, record_of(drill)))
    text = " ".join(re.sub("<[^>]*>", " ", html).split())
    assert ("No failover is possible while a test is running; of a NAS server it is." in text) is also_a_volume
    assert ("A DR-test clone takes space and can be reached; the NAS server can be failed over." in text) is (
        not also_a_volume
    )
    assert ("a failover test may be running" in text) is also_a_volume
    assert "while it is there, a failover is possible" in text
