# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is related to a session becomes a finding: its replication, volumes, alerts and other sessions."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.related import Alert, Related, Volume
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import ReplicationSession
from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.related import assess_related
from ansible_collections.drdrill.powerstore.plugins.module_utils._time import in_words
from tests.unit.makers.samples import NOW, a_cluster, a_session


def volume(name: str = "v-1", state: str | None = "Ready", hosts: tuple[str, ...] | None = ("dr-host-1",)) -> Volume:
    return Volume(name, f"name of {name}", state, None, None, hosts)


def having(*volumes: Volume, **others: t.Any) -> Related:
    given: dict[str, t.Any] = {"rpo_seconds": {"rule-1": 300}, "volumes": {v.id: v for v in volumes or (volume(),)}}
    return Related(**{**given, **others})


def group(*pairs: str, **attributes: t.Any) -> ReplicationSession:
    replicated = [{"local_storage_element_id": p, "remote_storage_element_id": f"r{p}"} for p in pairs]
    return a_session(
        resource_type="volume_group", local_resource_id="g-1", storage_element_pairs=replicated, **attributes
    )


def found(session: ReplicationSession, related: Related) -> list[tuple[str, str]]:
    findings = assess_related(session, related, a_cluster())
    assert all(finding.session_id == session.id and session.label in finding.message for finding in findings)
    return [(finding.rule.id, finding.severity) for finding in findings]


def message(session: ReplicationSession, related: Related) -> str:
    [finding] = assess_related(session, related, a_cluster())
    return finding.message


def synced(seconds_ago: float | None, **attributes: t.Any) -> ReplicationSession:
    moment = None if seconds_ago is None else (NOW - timedelta(seconds=seconds_ago)).isoformat()
    return a_session(last_sync_timestamp=moment, last_sync_duration=0, **attributes)


def test_nothing_is_to_be_said_where_everything_is_well() -> None:
    assert found(a_session(), having()) == []
    assert found(group("a", "b"), having(volume("a"), volume("b"), members={"g-1": ("b", "a")})) == []


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (synced(300), []),
        (synced(301), ["rpo.exceeded"]),
        (synced(None), ["rpo.not_measured"]),
        (synced(10, replication_rule_id=None), ["rpo.not_measured"]),
        (synced(10, replication_rule_id="rule-9"), ["rpo.not_measured"]),
        (a_session(error_code="0xE0201005000F"), ["session.error"]),
        (a_session(data_connection_state="Partial_Data_Connection_Loss"), ["link.degraded"]),
        (a_session(data_connection_state="Data_Connection_Unstable"), ["link.degraded"]),
        (a_session(data_connection_state="Status_Not_Available"), ["link.degraded"]),
        (a_session(data_connection_state=None), []),
    ],
)
def test_what_the_session_itself_shows(session: ReplicationSession, expected: list[str]) -> None:
    assert found(session, having()) == [(rule, "warning") for rule in expected]


def test_messages_have_the_figures() -> None:
    assert "301 s (5 min) old; the objective is 300 s (5 min)" in message(synced(301), having())
    metro = having(rpo_seconds={"rule-1": 0})
    assert "1 s old; the objective is 0 s." in message(synced(1), metro)
    assert "no synchronisation yet" in message(synced(None), having())
    assert "no replication rule with an RPO" in message(synced(10, replication_rule_id=None), having())
    assert "0xE0201005000F" in message(a_session(error_code="0xE0201005000F"), having())


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ({"state": "OK", "data_connection_state": "OK"}, []),
        ({"state": "Update_Needed", "data_connection_state": "OK"}, ["link.degraded"]),
        ({"state": "OK", "data_connection_state": "Partial_Data_Connection_Loss"}, ["link.degraded"]),
        # These are lost: remote.unreachable, a finding of the start and of the stop.
        ({"state": "Management_Connection_Lost", "data_connection_state": "OK"}, []),
        ({"state": "OK", "data_connection_state": "No_Targets_Discovered"}, []),
        ({}, []),
    ],
)
def test_the_remote_system_that_is_neither_well_nor_lost(remote: dict[str, str], expected: list[str]) -> None:
    session = a_session(remote_system={"name": "production", **remote})
    assert [rule for rule, _severity in found(session, having())] == expected


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [
        ([volume("a", hosts=()), volume("b"), volume("c", hosts=())], ["host.not_mapped"]),
        ([volume("a", state="Offline"), volume("b", None), volume("c", "Destroying")], ["volume.not_ready"] * 2),
        ([volume("a"), volume("b")], ["volume.not_found"]),
        ([volume("a", "Offline", ()), volume("b")], ["host.not_mapped", "volume.not_ready", "volume.not_found"]),
    ],
)  # fmt: skip
def test_volumes(volumes: list[Volume], expected: list[str]) -> None:
    assert found(group("a", "b", "c"), having(*volumes)) == [(rule, "warning") for rule in expected]


def test_what_was_not_read_is_not_said_to_be_missing() -> None:
    """A collection that the array did not answer for shows neither that volumes are gone nor that none is mapped."""
    assert found(group("a", "b"), Related(rpo_seconds={"rule-1": 300}, lost=frozenset({"volume"}))) == []
    assert found(group("a", "b"), having(volume("a", hosts=None), volume("b", hosts=None))) == []

    said = message(synced(10), having(rpo_seconds={}, lost=frozenset({"replication_rule"})))
    assert "has a replication rule that could not be read" in said
    assert "has no replication rule" in message(synced(10), having(rpo_seconds={}))


def test_alerts_of_appliances_that_cannot_be_read_are_not_known() -> None:
    assert found(a_session(), having(appliance_alerts=None)) == [("alerts.not_readable", "info")]
    assert found(a_session(), having(alerts=None, appliance_alerts=None)) == [("alerts.not_readable", "info")]


def test_unmapped_volumes_are_named_and_only_these() -> None:
    said = message(group("a", "b", "c"), having(volume("a", hosts=()), volume("b"), volume("c", hosts=())))
    assert "name of a, name of c of the" in said and "name of b" not in said


@pytest.mark.parametrize(
    ("unmapped", "words"), [(5, "name of e of the"), (6, "name of e and 1 more of"), (12, "7 more")]
)
def test_of_many_unmapped_volumes_the_first_are_named(unmapped: int, words: str) -> None:
    names = "abcdefghijklmnop"
    volumes = [volume(name, hosts=() if number < unmapped else ("h",)) for number, name in enumerate(names)]
    said = message(group(*names), having(*volumes))
    assert words in said and "name of f" not in said


@pytest.mark.parametrize(
    ("pairs", "members", "words"),
    [
        ("ab", "ab", None),
        ("ab", "ba", None),
        ("ab", "abc", "in the group but not replicated: name of c"),
        ("abc", "ab", "replicated but not in the group: name of c"),
        ("ab", "ac", "not replicated: name of c; replicated but not in the group: name of b"),
        ("", "abc", None),  # without pairs the array does not tell
    ],
)
def test_members_of_a_group_against_the_pairs(pairs: str, members: str, words: str | None) -> None:
    related = having(*map(volume, "abc"), members={"g-1": tuple(members)})
    expected = [("members.differ", "warning")] if words else []
    assert found(group(*pairs), related) == expected
    if words:
        assert words in message(group(*pairs), related)


def test_a_group_without_volumes_is_not_one_that_has_vanished() -> None:
    assert found(group(), having(members={"g-1": ()})) == [("members.differ", "warning")]
    assert found(group("a"), having(volume("a"))) == []


def test_many_names_are_cut() -> None:
    ids = [f"v{number}" for number in range(9)]
    related = having(*(volume(i, hosts=()) for i in ids), members={"g-1": tuple(ids)})
    assert "name of v4 and 4 more of the" in message(group(*ids), related)


def alert(severity: str | None = "Major", *, acknowledged: bool = False) -> Alert:
    return Alert("a-1", severity, "0x01800A01", "The RPO is not met.", NOW, acknowledged)


@pytest.mark.parametrize(
    ("severity", "weight"),
    [("Critical", "warning"), ("Major", "warning"), ("Minor", "warning"), (None, "warning"), ("Info", "info")],
)
def test_alerts(severity: str | None, weight: str) -> None:
    related = having(alerts={"s-1": (alert(severity),), "s-2": (alert(),)})
    assert found(a_session(), related) == [("alert.active", weight)]


def test_an_alert_is_told_whole() -> None:
    said = message(a_session(), having(alerts={"s-1": (alert(acknowledged=True),)}))
    assert "0x01800A01 (Major, raised 2026-11-23T20:00:00.000Z, acknowledged)" in said
    assert said.endswith(": The RPO is not met.")


def test_alerts_that_cannot_be_read_are_told() -> None:
    assert found(a_session(), having(alerts=None)) == [("alerts.not_readable", "info")]


def test_another_session_of_the_same_resource() -> None:
    own, other = {"id": "s-1", "role": "Destination", "state": "OK"}, {"id": "s-2", "role": "Source", "state": "OK"}
    assert found(a_session(), having(replicating={"v-1": (own,)})) == []
    twice = having(replicating={"v-1": (own, other)})
    assert found(a_session(), twice) == [("resource.replicated_twice", "warning")]
    assert "s-2 (Source, OK)" in message(a_session(), twice)
    earlier = having(replicating={"v-1": ({**other, "id": "s-0"}, own)})
    assert "s-0 (Source, OK)" in message(a_session(), earlier)


@pytest.mark.parametrize("resource_type", ["nas_server", "file_system", "replication_group"])
def test_of_what_has_no_test_only_alerts_are_told(resource_type: str) -> None:
    session = synced(None, resource_type=resource_type, error_code="0x1", data_connection_state="Status_Not_Available")
    assert found(session, having(volume(hosts=()))) == []
    assert found(session, having(alerts={"s-1": (alert(),)})) == [("alert.active", "warning")]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (119.4, "119 s"), (120, "2 min"), (3599, "59 min"), (3600, "1 h"), (5400, "1 h 30 min"),
        (86399, "23 h 59 min"), (86400, "1 d"), (90000, "1 d 1 h"), (86400 + 59 * 60, "1 d"), (30 * 86400, "30 d"),
        (-1, "-1 s"), (-5, "-5 s"), (-3600, "-1 h"),
    ],
)  # fmt: skip
def test_durations_in_words(seconds: float, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


def test_a_critical_alert_of_the_appliance_is_a_warning_of_each_session_on_it() -> None:
    full = replace(alert("Critical"), event_code="0x00200701", resource_name="dr-appliance-1")
    on = replace(volume("v-1"), appliance_id="A1")
    [finding] = assess_related(a_session(), having(on, appliance_alerts={"A1": (full,), "A2": (alert(),)}), a_cluster())
    assert (finding.rule.id, finding.severity) == ("appliance.alert", "warning")
    assert "0x00200701" in finding.message and "the appliance dr-appliance-1 of the volume" in finding.message
    assert found(a_session(), having(on, appliance_alerts={"A2": (full,)})) == []


def test_a_synchronisation_in_the_future_is_not_measured() -> None:
    ahead = synced(-7200)
    assert found(ahead, having()) == [("rpo.not_measured", "warning")]
    assert "lies in the future" in message(ahead, having())
    assert found(synced(-9), having()) == []  # so much may production's clock be ahead
