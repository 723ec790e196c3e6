# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of the array as objects: times, releases, sessions, snapshots; and how a task names sessions."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import (
    RPO_SECONDS,
    Release,
    ReplicationSession,
    Selector,
    Snapshot,
    SnapshotChoice,
    selectors_from_params,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError, ProtocolError
from ansible_collections.drdrill.powerstore.plugins.module_utils._time import format_time, parse_time
from tests.unit.makers.samples import a_cluster, a_session, a_snapshot, session_row


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T20:02:11.120Z", datetime(2026, 11, 23, 20, 2, 11, 120000, UTC)),
        ("2026-11-23T20:02:11Z", datetime(2026, 11, 23, 20, 2, 11, 0, UTC)),
        ("2026-11-23T20:02:11.120456+00:00", datetime(2026, 11, 23, 20, 2, 11, 120456, UTC)),
        ("2026-11-23T22:02:11+02:00", datetime(2026, 11, 23, 20, 2, 11, 0, UTC)),
        ("2026-11-23T20:02:11", datetime(2026, 11, 23, 20, 2, 11, 0, UTC)),
        ("2026-11-23 20:02:11+00:00", datetime(2026, 11, 23, 20, 2, 11, 0, UTC)),
    ],
)
def test_times_of_the_array(text: str, moment: datetime) -> None:
    parsed = parse_time(text)

    assert parsed == moment
    assert parsed is not None and parsed.tzinfo is UTC


@pytest.mark.parametrize("value", ["", "soon", "2026-13-01T00:00:00Z", "25:00", {}, [], True, 1.5, "1700000000000"])
def test_what_is_no_time(value: object) -> None:
    with pytest.raises(ProtocolError):
        parse_time(value)


def test_no_time_stays_no_time() -> None:
    assert parse_time(None) is None
    assert format_time(None) is None


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 23, 20, 2, 11, 120999, UTC), "2026-11-23T20:02:11.120Z"),
        (datetime(2026, 11, 23, 22, 2, 11, tzinfo=timezone(timedelta(hours=2))), "2026-11-23T20:02:11.000Z"),
    ],
)
def test_one_form_of_time_in_results(moment: datetime, text: str) -> None:
    assert format_time(moment) == text


@settings(max_examples=150, deadline=None)
@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30), timezones=st.timezones()))
def test_a_time_in_a_result_is_the_same_moment(moment: datetime) -> None:
    text = format_time(moment)
    again = parse_time(text)

    assert text is not None and text.endswith("Z") and len(text) == len("2026-11-23T20:02:11.120Z")
    assert again is not None and timedelta() <= moment.astimezone(UTC) - again < timedelta(milliseconds=1)
    assert format_time(again) == text


@pytest.mark.parametrize(
    ("release", "other", "expected"),
    [
        ("1.0.4.0", (2, 0), False),
        ("2.0.0.0", (2, 0), True),
        ("2.1.1.1", (2, 0), True),
        ("2.1.1.1", (3, 0), False),
        ("3.0.0.0", (3, 0), True),
        ("3.6.1.0", (3, 6), True),
        ("3.5.9.9", (3, 6), False),
        ("4.1.0.0", (4, 1, 0, 0), True),
        ("4.1.0.0", (4, 1, 0, 1), False),
        ("10.0.0.0", (4, 0), True),
        ("3.10.0.0", (3, 6), True),
        ("4.1.0.0-2345678", (4, 1, 0, 0), True),
        ("V4.1", (4, 1), True),  # not understood: never old, as that would hide a running test
        ("", (2, 0), True),
        ("0001-01-01T00:00:00Z", (2, 0), True),
        ("7", (9, 0), True),
        ("None", (99, 0), True),
        ("\u00b2.0", (3, 0), True),
        ("9" * 5000, (3, 0), True),
    ],
)
def test_releases_compare_by_number(release: str, other: tuple[int, ...], expected: bool) -> None:
    assert (Release.parse(release) >= other) is expected
    assert (a_cluster(release).release >= other) is expected


def test_cluster_as_result() -> None:
    assert a_cluster().as_result() == {
        "name": "powerstore-dr",
        "global_id": "PS0123456789ab",
        "release_version": "4.1.0.0",
    }


def test_session_of_4x() -> None:
    session = a_session()

    assert (session.id, session.role, session.state, session.resource_type) == ("s-1", "Destination", "OK", "volume")
    assert session.type == "Asynchronous"
    assert session.last_sync_timestamp == datetime(2026, 11, 23, 19, 58, tzinfo=UTC)
    assert session.last_sync_duration == timedelta(seconds=2.5)
    assert (session.local_resource_id, session.remote_resource_id) == ("v-1", "rv-1")
    assert (session.remote_system_id, session.replication_rule_id) == ("r-1", "rule-1")
    assert session.remote_system["name"] == "production"
    assert session.local_element_ids == ("v-1",)
    assert session.resource_name == "erp-data"
    assert session.label == "volume 'erp-data' (session s-1)"
    assert session.as_condition() == {
        "state": "OK",
        "role": "Destination",
        "failover_test_in_progress": False,
        "last_sync_timestamp": "2026-11-23T19:58:00.000Z",
        "recovery_point_timestamp": "2026-11-23T19:57:57.500Z",
    }


def test_session_of_2x_has_neither_type_nor_names() -> None:
    row = session_row()
    for name in ("type", "error_code", "data_connection_state", "volumes", "volume_groups"):
        del row[name]
    session = ReplicationSession.from_row(row)

    assert session.type is None and session.error_code is None and session.data_connection_state is None
    assert session.resource_name is None
    assert session.label == "volume 'v-1' (session s-1)"
    assert session.named("erp-data").label == "volume 'erp-data' (session s-1)"
    assert session.in_test is False


def test_session_with_nothing_but_what_every_release_has() -> None:
    session = ReplicationSession.from_row(
        {"id": 7, "role": "Source", "state": "OK", "resource_type": "volume", "failover_test_in_progress": None}
    )

    assert session.id == "7"
    assert session.failover_test_in_progress is None and not session.in_test
    assert session.last_sync_timestamp is None and session.last_sync_duration is None
    assert session.remote_system == {} and session.local_element_ids == () and session.local_resource_id == ""
    assert session.remote_resource_id is None and session.replication_rule_id is None


@pytest.mark.parametrize(
    "name",
    [
        "type", "last_sync_timestamp", "last_sync_duration", "local_resource_id",
        "remote_resource_id", "remote_system_id", "replication_rule_id", "storage_element_pairs", "remote_system",
        "error_code", "data_connection_state", "volumes", "volume_groups",
    ],
)  # fmt: skip
def test_null_is_the_same_as_absent(name: str) -> None:
    absent = session_row()
    del absent[name]

    assert ReplicationSession.from_row(absent) == a_session(**{name: None})


@pytest.mark.parametrize("name", ["id", "failover_test_in_progress"])
def test_session_without_what_a_stop_needs(name: str) -> None:
    row = session_row()
    del row[name]

    with pytest.raises(ProtocolError, match=f"{name} of replication session .* missing"):
        ReplicationSession.from_row(row)


@pytest.mark.parametrize("name", ["role", "state", "resource_type"])
def test_session_without_what_every_release_has(name: str) -> None:
    row = session_row(failover_test_in_progress=True)
    del row[name]
    session = ReplicationSession.from_row(row)

    assert getattr(session, name) == "unknown" and session.in_test
    assert session.problems == {name: f"{name} of replication session s-1 is missing: expected a text"}


@pytest.mark.parametrize("row", [None, [], "s-1", 7, {}, {"id": None}, {"id": ""}, {"id": True}, {"id": ["s-1"]}])
def test_a_row_that_is_no_session(row: object) -> None:
    with pytest.raises(ProtocolError, match=r"expected an (object|id)"):
        ReplicationSession.from_row(row)


ODD: dict[str, t.Any] = {
    "last_sync_timestamp": ["yesterday", 5, {}, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-10:00", "x" * 10**5],
    "last_sync_duration": ["long", -1, 10**30, 1.5, True, [5]],
    "storage_element_pairs.local_storage_element_id": [None, 5, {}],
    "storage_element_pairs": [5, "text", [None], ["v-1"], {}],
    "volumes": [5, "text", ["v-1"], {}],
    "role": [None, 5, "", {}],
    "state": [None, ["OK"]],
    "resource_type": [None, {"value": "volume"}],
    "type": [5, {}],
    "local_resource_id": [{}, ["v-1"], True],
    "remote_system": ["production", 5, []],
    "remote_system.state": [5, {"value": "OK"}],
    "data_connection_state": [5, ["OK"]],
    "error_code": [{"code": "0xE"}],
}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in ODD.items() for value in values])
def test_an_odd_attribute_hides_no_running_test(path: str, value: object) -> None:
    name, _dot, inner = path.partition(".")
    row = session_row(failover_test_in_progress=True)
    if not inner:
        row[name] = value
    elif isinstance(row[name], list):
        row[name] = [{**row[name][0], inner: value}]
    else:
        row[name] = {**row[name], inner: value}
    session = ReplicationSession.from_row(row)

    assert (session.id, session.in_test) == ("s-1", True)
    (problem,) = session.problems.items()
    assert problem[0] == path and "expected" in problem[1] and len(problem[1]) < 250


@pytest.mark.parametrize("flag", ["true", "", 0, 1, {}, []])
def test_a_flag_that_is_none_is_an_error(flag: object) -> None:
    with pytest.raises(ProtocolError, match="failover_test_in_progress of replication session s-1 is"):
        a_session(failover_test_in_progress=flag)


@pytest.mark.parametrize(("flag", "in_test"), [(True, True), (False, False), (None, False)])
def test_null_means_no_test(flag: bool | None, in_test: bool) -> None:
    assert a_session(failover_test_in_progress=flag).in_test is in_test


@pytest.mark.parametrize(
    ("shown", "resource_type", "is_file"),
    [
        ("volume", "volume", False),
        ("Volume", "volume", False),
        ("volume_group", "volume_group", False),
        ("Volume_Group", "volume_group", False),
        ("replication_group", "replication_group", False),
        ("nas_server", "nas_server", True),
        ("file_system", "file_system", True),
        ("filesystem", "file_system", True),
        ("FileSystem", "file_system", True),
    ],
)
def test_resource_types_however_they_are_written(shown: str, resource_type: str, is_file: bool) -> None:
    session = a_session(resource_type=shown)

    assert (session.resource_type, session.is_file) == (resource_type, is_file)


@pytest.mark.parametrize(
    ("volumes", "groups", "name"),
    [
        ([{"id": "v-1", "name": "erp-data"}], [], "erp-data"),
        ([{"id": "rv-1", "name": "the source's"}, {"id": "v-1", "name": "erp-data"}], None, "erp-data"),
        ([], [{"id": "v-1", "name": "erp-db"}], "erp-db"),
        ([{"id": "other", "name": "other"}], [], None),
        ([{"id": "v-1", "name": None}], [], None),
        ([{"id": "v-1"}], [], None),
    ],
)
def test_the_name_is_that_of_the_local_resource(volumes: list[t.Any], groups: t.Any, name: str | None) -> None:
    assert a_session(volumes=volumes, volume_groups=groups).resource_name == name


def test_rpo_objectives() -> None:
    # RPOEnum of the API description (api-facts 5).
    assert dict(RPO_SECONDS) == {
        "Zero": 0, "Five_Minutes": 300, "Fifteen_Minutes": 900, "Thirty_Minutes": 1800, "One_Hour": 3600,
        "Six_Hours": 21600, "Twelve_Hours": 43200, "One_Day": 86400,
    }  # fmt: skip


NOTHING = {"session_id": None, "volume": None, "volume_group": None, "sessions": None, "snapshot": None}


@pytest.mark.parametrize(
    ("params", "selectors"),
    [
        ({}, ()),
        ({"session_id": "s-1"}, (Selector("session_id", "s-1"),)),
        ({"volume": "erp-data"}, (Selector("volume", "erp-data"),)),
        ({"volume_group": "erp-db", "snapshot": "monday"}, (Selector("volume_group", "erp-db", "monday"),)),
        (
            {"sessions": [{"volume": "b"}, {"session_id": "a"}, {"volume_group": "c"}]},
            (Selector("volume", "b"), Selector("session_id", "a"), Selector("volume_group", "c")),
        ),
        (
            {"sessions": [{"volume": "b", "snapshot": "own"}, {"volume": "a"}], "snapshot": "task's"},
            (Selector("volume", "b", "own"), Selector("volume", "a", "task's")),
        ),
        (
            {"sessions": [{"volume": "b", "session_id": None, "volume_group": None, "snapshot": None}]},
            (Selector("volume", "b"),),
        ),
    ],
)
def test_selectors_in_the_order_asked(params: dict[str, t.Any], selectors: tuple[Selector, ...]) -> None:
    assert selectors_from_params(NOTHING | params) == selectors


@pytest.mark.parametrize(
    "params",
    [
        {"sessions": []},
        {"sessions": [{}]},
        {"sessions": [{"volume": None, "snapshot": "monday"}]},
        {"volume": ""},
        {"session_id": "  "},
        {"volume_group": "erp-db", "snapshot": ""},
        {"volume_group": "erp-db", "snapshot": " "},
        {"sessions": [{"volume": "a"}, {"volume": ""}]},
        {"sessions": [{"volume": "a", "snapshot": ""}], "snapshot": "task's"},
    ],
)
def test_selectors_that_cannot_be_meant(params: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidInputError):
        selectors_from_params(NOTHING | params)


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (Selector("session_id", "s-1"), "replication session 's-1'"),
        (Selector("volume", "erp-data"), "volume 'erp-data'"),
        (Selector("volume_group", "erp-db"), "volume group 'erp-db'"),
    ],
)
def test_how_messages_call_a_selector(selector: Selector, text: str) -> None:
    assert str(selector) == text


def test_snapshot() -> None:
    row = {
        "id": "snap-1",
        "name": "monday",
        "type": "Snapshot",
        "protection_data": {
            "source_id": "v-1",
            "parent_id": "v-0",
            "creator_type": "Scheduler",
            "expiration_timestamp": "2026-12-01T00:00:00Z",
        },
    }
    snapshot = Snapshot.from_row(row)

    assert snapshot.source_ids == {"v-1", "v-0"}
    assert snapshot.creator_type == "Scheduler"
    assert snapshot.expiration_timestamp == datetime(2026, 12, 1, tzinfo=UTC)
    assert snapshot.is_snapshot
    assert snapshot.as_result() == {"id": "snap-1", "name": "monday", "source_timestamp": None}


@pytest.mark.parametrize("data", [None, {}, {"source_id": None, "parent_id": "", "expiration_timestamp": None}])
def test_snapshot_of_which_little_is_known(data: dict[str, t.Any] | None) -> None:
    snapshot = Snapshot.from_row({"id": "snap-1", "protection_data": data})

    assert snapshot.name == "snap-1"
    assert snapshot.source_ids == frozenset()
    assert snapshot.creator_type is None and snapshot.expiration_timestamp is None
    assert not snapshot.is_snapshot


@pytest.mark.parametrize(
    "row", [{}, {"id": "snap-1", "protection_data": "text"}, {"id": "snap-1", "protection_data": [1]}]
)
def test_snapshot_that_is_not_as_described(row: dict[str, t.Any]) -> None:
    with pytest.raises(ProtocolError):
        Snapshot.from_row(row)


@pytest.mark.parametrize("kind", ["Primary", "Clone", "Proxy", None])
def test_only_the_type_makes_a_snapshot(kind: str | None) -> None:
    assert not a_snapshot(type=kind).is_snapshot


def test_a_choice_is_clear_with_one_snapshot_only() -> None:
    one, other = a_snapshot("snap-1"), a_snapshot("snap-2")

    assert SnapshotChoice("monday", (one,), (other,)).chosen is one
    assert SnapshotChoice("monday", (one, other)).chosen is None
    assert SnapshotChoice("monday", (), (other,)).chosen is None


@pytest.mark.parametrize(
    ("written", "known"), [("NasServer", "nas_server"), ("VolumeGroup", "volume_group"), ("filesystem", "file_system")]
)
def test_resource_types_without_their_underscores(written: str, known: str) -> None:
    assert a_session(resource_type=written).resource_type == known
