# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How old the data at the destination is, and which volumes a session stands for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.related import (
    RecoveryPoint,
    Related,
    RunningTest,
    Volume,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._time import format_time
from tests.unit.makers.samples import NOW, a_cluster, a_session


def synced(seconds_ago: float, duration_ms: int | None = 0) -> RecoveryPoint:
    session = a_session(
        last_sync_timestamp=(NOW - timedelta(seconds=seconds_ago)).isoformat(), last_sync_duration=duration_ms
    )
    return RecoveryPoint.of(session, 300, a_cluster())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**7), st.integers(0, 90_000))
def test_age_by_the_arrays_clock(since: int, took_ms: int, objective: int) -> None:
    session = a_session(last_sync_timestamp=(NOW - timedelta(seconds=since)).isoformat(), last_sync_duration=took_ms)
    point = RecoveryPoint.of(session, objective, a_cluster())
    # api-facts 5: the data is that of the begin of the cycle.
    age = since + took_ms / 1000

    assert point.age == timedelta(milliseconds=since * 1000 + took_ms)
    assert point.met is (age <= objective)
    assert point.as_result() == {
        "rpo_objective_seconds": objective,
        "recovery_point_timestamp": format_time(NOW - timedelta(milliseconds=since * 1000 + took_ms)),
        "recovery_point_age_seconds": pytest.approx(age),
        "rpo_met": age <= objective,
    }


@pytest.mark.parametrize(
    ("point", "met"),
    [
        (synced(300), True),
        (synced(300.001), False),
        (synced(299, 1000), True),
        (synced(299, 1001), False),
        (synced(300, None), True),
        (synced(0), True),
    ],
)
def test_met_at_exactly_the_objective(point: RecoveryPoint, met: bool) -> None:
    assert point.met is met


def test_an_age_is_told_in_milliseconds() -> None:
    point = RecoveryPoint(NOW, timedelta(microseconds=1_234_567), 300)

    assert point.as_result()["recovery_point_age_seconds"] == 1.235


def test_synchronous_replication_is_met_at_no_age_only() -> None:
    never_behind = RecoveryPoint(NOW, timedelta(), 0)

    assert never_behind.met is True
    assert replace(never_behind, age=timedelta(milliseconds=1)).met is False


@pytest.mark.parametrize(
    ("last_sync", "objective", "has_clock"),
    [
        (None, 300, True),
        ("2026-11-23T19:59:00Z", None, True),
        ("2026-11-23T19:59:00Z", 300, False),
        (None, None, False),
    ],
)
def test_not_measured_is_neither_met_nor_missed(last_sync: str | None, objective: int | None, has_clock: bool) -> None:
    cluster = a_cluster() if has_clock else replace(a_cluster(), system_time=None)
    point = RecoveryPoint.of(a_session(last_sync_timestamp=last_sync), objective, cluster)
    result = point.as_result()

    assert point.met is None and result["rpo_met"] is None
    assert result["rpo_objective_seconds"] == objective
    measured = last_sync is not None and has_clock
    assert (result["recovery_point_age_seconds"] is not None) is measured
    assert (result["recovery_point_timestamp"] is not None) is measured


def volume(volume_id: str) -> Volume:
    return Volume(volume_id, f"name of {volume_id}", "Ready", None, 2**30, ("dr-host-1",))


VOLUMES = {name: volume(name) for name in ("v-1", "v-2", "v-3")}
PAIRS = [
    {"local_storage_element_id": "v-3", "remote_storage_element_id": "rv-3"},
    {"local_storage_element_id": "v-1", "remote_storage_element_id": "rv-1"},
]


@pytest.mark.parametrize(
    ("attributes", "members", "expected"),
    [
        ({"resource_type": "volume", "local_resource_id": "v-2"}, {}, ["v-2"]),
        ({"resource_type": "volume", "local_resource_id": "v-2", "storage_element_pairs": PAIRS}, {}, ["v-2"]),
        ({"resource_type": "volume", "local_resource_id": "v-9"}, {}, []),
        ({"resource_type": "volume_group", "local_resource_id": "g-1"}, {"g-1": ("v-1", "v-2")}, ["v-1", "v-2"]),
        ({"resource_type": "volume_group", "local_resource_id": "g-1"}, {"g-1": ("v-1", "v-9")}, ["v-1"]),
        (
            {"resource_type": "volume_group", "local_resource_id": "g-1", "storage_element_pairs": PAIRS},
            {"g-2": ("v-2",)},
            ["v-3", "v-1"],
        ),
        ({"resource_type": "volume_group", "local_resource_id": "g-1", "storage_element_pairs": None}, {}, []),
        ({"resource_type": "nas_server", "local_resource_id": "v-1", "storage_element_pairs": PAIRS}, {}, []),
        ({"resource_type": "replication_group", "local_resource_id": "v-1"}, {}, []),
    ],
)
def test_volumes_of_a_session(
    attributes: dict[str, object], members: dict[str, tuple[str, ...]], expected: list[str]
) -> None:
    related = Related(members=members, volumes=VOLUMES)

    assert [found.id for found in related.volumes_of(a_session(**attributes))] == expected


@pytest.mark.parametrize(("rule_id", "objective"), [("rule-1", 300), ("rule-2", 0), ("rule-3", None), (None, None)])
def test_objective_of_the_sessions_own_rule(rule_id: str | None, objective: int | None) -> None:
    related = Related(rpo_seconds={"rule-1": 300, "rule-2": 0})

    assert related.objective(a_session(replication_rule_id=rule_id)) == objective


@pytest.mark.parametrize(
    ("started_at", "system_time", "age"),
    [
        (NOW - timedelta(hours=2), NOW, timedelta(hours=2)),
        (None, NOW, None),
        (NOW, None, None),
        (None, None, None),
    ],
)
def test_a_running_tests_age_is_by_the_arrays_clock(
    started_at: datetime | None, system_time: datetime | None, age: timedelta | None
) -> None:
    assert RunningTest(started_at).age(replace(a_cluster(), system_time=system_time)) == age


def test_volume_as_result() -> None:
    assert volume("v-1").as_result() == {
        "id": "v-1",
        "name": "name of v-1",
        "state": "Ready",
        "wwn": None,
        "size": 2**30,
        "hosts": ["dr-host-1"],
    }
