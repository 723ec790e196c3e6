# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A NAS server in the record of a drill: its clone is what is shown, and its recovery point is never measured."""

from __future__ import annotations

import typing as t

import pytest

from tests.unit.makers.drills import Json, a_drill
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
    why = "The array tells no time of the last synchronisation of a NAS server."
    assert record["verdict"] == homes["verdict"] == "passed_with_deviations"
    point = homes["recovery_point"]
    assert (point["objective_seconds"], point["age_seconds"], point["met"], point["of"]) == (300, None, None, None)
    assert point["reason"] == why and homes["replication_rpo"] is None
    assert homes["reasons"] == [f"homes: recovery point within the RPO: not measured. {why}"]
    [cause] = [each for each in record["causes"] if each["cause"] == "rpo.not_measured"]
    assert cause["sessions"] == ["s-2"] and record["sessions"][0]["verdict"] == "passed"


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
        (None, None, "not read", "incomplete"),
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


def test_a_clone_that_was_left_on_purpose_does_not_say_that_it_keeps_from_a_failover() -> None:
    drill = with_a_nas_server()
    drill |= {"held": ["s-1", "s-2"], "stops": []}
    for seen in drill["after"]["sessions"]:
        seen["failover_test_in_progress"] = True
    record, homes = homes_of(drill)
    assert record["cleanup"]["verdict"] == "held"
    assert "The DR-test clone of homes was left on purpose." in homes["reasons"]
    assert any(each.endswith("it cannot be failed over.") for each in record["sessions"][0]["reasons"])
