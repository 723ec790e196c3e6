# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What refuses a start or a stop, compared with the rules of the array (api-facts 3.2, 3.3, 4.1 and 4.2)."""

from __future__ import annotations

import itertools
import re
import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import Snapshot, SnapshotChoice
from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.finding import Finding
from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.rules import RULES
from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.start_stop import (
    assess_start,
    assess_stop,
    blocking_error,
)
from tests.unit.makers.samples import NOW, STATES, a_cluster, a_session, a_snapshot, a_target

ROLES = ("Source", "Destination", "Metro_Preferred", "Metro_Non_Preferred")
RESOURCES = ("volume", "volume_group", "replication_group", "nas_server", "file_system")
FLAGS = (None, False, True)
# The type exists since 3.0; on 2.x every session is asynchronous.
RELEASES_AND_TYPES = [
    ("1.0.4.0", None),
    ("2.0.0.0", None),
    ("2.1.1.1", None),
    *itertools.product(("3.0.0.0", "3.6.1.0", "4.1.0.0"), ("Asynchronous", "Metro_Active_Active", "Synchronous")),
]


def kept_from_any_test(role: str, resource_type: str, release: str) -> bool:
    """Where failover tests do not exist or cannot be handled from: another release, side or kind of resource."""
    return release.startswith("1.") or role != "Destination" or resource_type not in ("volume", "volume_group")


def array_refuses_start(state: str, role: str, resource_type: str, release: str, session_type: str | None) -> bool:
    """api-facts 3.3 and 4.1, apart from a test that runs already."""
    return (
        kept_from_any_test(role, resource_type, release)
        or session_type not in (None, "Asynchronous")
        or state not in ("OK", "Synchronizing", "Paused", "System_Paused")
    )


def blockers(findings: t.Iterable[Finding]) -> list[str]:
    return [finding.rule.id for finding in findings if finding.severity == "blocker"]


@pytest.mark.parametrize("state", STATES)
def test_start_has_a_blocker_exactly_where_the_array_refuses(state: str) -> None:
    for role, resource_type, flag, (release, session_type) in itertools.product(
        ROLES, RESOURCES, FLAGS, RELEASES_AND_TYPES
    ):
        session = a_session(
            state=state, role=role, resource_type=resource_type, failover_test_in_progress=flag, type=session_type
        )
        found = blockers(assess_start(a_target(session), a_cluster(release)))
        # Where a test runs, nothing will be sent, so the state of the replication refuses nothing.
        startable = "OK" if flag else state
        refused = array_refuses_start(startable, role, resource_type, release, session_type)

        assert bool(found) is refused, (role, resource_type, flag, release, session_type, found)
        assert len(found) == len(set(found))


@pytest.mark.parametrize("state", STATES)
def test_stop_has_a_blocker_exactly_where_it_cannot_be_said_that_no_test_runs(state: str) -> None:
    for role, resource_type, flag, (release, session_type) in itertools.product(
        ROLES, RESOURCES, FLAGS, RELEASES_AND_TYPES
    ):
        session = a_session(
            state=state, role=role, resource_type=resource_type, failover_test_in_progress=flag, type=session_type
        )
        found = blockers(assess_stop(a_target(session), a_cluster(release)))

        # The flag itself shows that the release has failover tests.
        known = "4.1.0.0" if flag else release
        assert bool(found) is kept_from_any_test(role, resource_type, known), (role, resource_type, flag, release)


def test_a_role_that_is_not_known_keeps_no_test_from_being_stopped() -> None:
    running, quiet = (a_target(a_session(role="not known", failover_test_in_progress=flag)) for flag in (True, False))
    assert blockers(assess_stop(running, a_cluster())) == []
    assert blockers(assess_stop(quiet, a_cluster())) == ["role.not_destination"]


# api-facts 3.2: these end by themselves; Synchronizing does too, but a test may be started meanwhile.
TRANSIENT = {
    "Initializing", "Pausing", "Resuming", "Failing_Over", "Failing_Over_For_DR", "Reprotecting",
    "Modify_Role_In_Progress", "Switching_To_Metro_Sync", "Switching_To_Synchronous", "Deleting",
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_finding_of_each_state(state: str) -> None:
    if state in ("OK", "Synchronizing"):
        expected = []
    elif state in ("Paused", "System_Paused"):
        expected = [("replication.paused", "warning")]
    else:
        expected = [("session.busy" if state in TRANSIENT else "state.not_allowed", "blocker")]
    findings = assess_start(a_target(a_session(state=state)), a_cluster())

    assert [(finding.rule.id, finding.severity) for finding in findings] == expected
    assert all(state in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("attributes", "release", "expected"),
    [
        ({"role": "Source"}, "4.1.0.0", ["role.not_destination"]),
        (
            {"role": "Metro_Preferred", "type": "Metro_Active_Active"},
            "4.1.0.0",
            ["type.not_asynchronous", "role.not_destination"],
        ),
        ({"type": "Synchronous"}, "4.1.0.0", ["type.not_asynchronous"]),
        ({"resource_type": "nas_server"}, "4.1.0.0", ["nas.use_clone"]),
        ({"resource_type": "filesystem"}, "4.1.0.0", ["nas.use_clone"]),
        ({"resource_type": "replication_group"}, "4.1.0.0", ["vvol.use_vsphere"]),
        ({"type": None}, "1.0.4.0", ["version.not_supported"]),
        ({"role": "Source", "state": "Failed_Over"}, "4.1.0.0", ["role.not_destination", "state.not_allowed"]),
    ],
)  # fmt: skip
def test_ids_of_blockers_of_a_start(attributes: dict[str, t.Any], release: str, expected: list[str]) -> None:
    assert blockers(assess_start(a_target(a_session(**attributes)), a_cluster(release))) == expected


@pytest.mark.parametrize("state", STATES)
def test_a_running_test_is_information_for_a_start(state: str) -> None:
    findings = assess_start(a_target(a_session(failover_test_in_progress=True, state=state)), a_cluster())

    assert [(finding.rule.id, finding.severity) for finding in findings] == [("test.already_running", "info")]


LINKS = [
    ({"state": "OK", "data_connection_state": "OK"}, False),
    ({"state": "Update_Needed", "data_connection_state": "OK"}, False),
    ({"state": "OK", "data_connection_state": "Partial_Data_Connection_Loss"}, False),
    ({"state": "Management_Connection_Lost", "data_connection_state": "OK"}, True),
    ({"state": "OK", "data_connection_state": "Complete_Data_Connection_Loss"}, True),
    ({"state": "OK", "data_connection_state": "No_Targets_Discovered"}, True),
    ({"state": "Management_Connection_Lost", "data_connection_state": "Complete_Data_Connection_Loss"}, True),
    ({}, False),
    (None, False),
]


@pytest.mark.parametrize(("remote", "lost"), LINKS)
@pytest.mark.parametrize("running", [True, False])
def test_a_lost_link_is_never_more_than_a_warning(remote: dict[str, str] | None, lost: bool, running: bool) -> None:
    named = None if remote is None else {"name": "production", **remote}
    target = a_target(a_session(remote_system=named, failover_test_in_progress=running))
    expected = [("remote.unreachable", "warning")] if lost else []
    starting = [
        (f.rule.id, f.severity) for f in assess_start(target, a_cluster()) if f.rule.id != "test.already_running"
    ]
    stopping = [(f.rule.id, f.severity) for f in assess_stop(target, a_cluster())]

    assert starting == expected
    assert stopping == (expected if running else [])


@pytest.mark.parametrize(("running", "readable"), list(itertools.product([False, True], repeat=2)))
def test_a_stop_says_where_a_start_under_way_would_not_be_seen(running: bool, readable: bool) -> None:
    target = replace(a_target(a_session(failover_test_in_progress=running)), jobs_readable=readable)
    expected = [] if running or readable else [("jobs.not_readable", "info")]

    assert [(f.rule.id, f.severity) for f in assess_stop(target, a_cluster())] == expected


SYSTEM = a_snapshot("snap-9", protection_data={"source_id": "v-1", "creator_type": "System"})
SCHEDULED = a_snapshot("snap-8", protection_data={"source_id": "v-1", "creator_type": "Scheduler"})
OF_ANOTHER = a_snapshot("snap-7", protection_data={"source_id": "v-2", "creator_type": "User"})
A_VOLUME = a_snapshot("v-2", type="Primary", protection_data=None)


@pytest.mark.parametrize(
    ("choice", "expected", "word"),
    [
        (None, [], ""),
        (SnapshotChoice("monday", (a_snapshot(),)), [], ""),
        (SnapshotChoice("monday", (SCHEDULED,)), [], ""),
        (SnapshotChoice("monday", (a_snapshot(),), (OF_ANOTHER,)), [], ""),
        (SnapshotChoice("monday"), ["snapshot.not_found"], "'monday'"),
        (SnapshotChoice("monday", (), (OF_ANOTHER,)), ["snapshot.wrong_resource"], "a snapshot of another resource"),
        (SnapshotChoice("monday", (), (A_VOLUME,)), ["snapshot.wrong_resource"], "not a snapshot at all"),
        (SnapshotChoice("monday", (a_snapshot(), SCHEDULED)), ["snapshot.ambiguous"], "snap-1, snap-8"),
        (SnapshotChoice("monday", (SYSTEM,)), ["snapshot.system"], "made by the system"),
    ],
)
def test_snapshots(choice: SnapshotChoice | None, expected: list[str], word: str) -> None:
    findings = assess_start(a_target(choice=choice), a_cluster())

    assert [finding.rule.id for finding in findings] == expected == blockers(findings)
    assert all(word in finding.message for finding in findings)


def test_a_snapshot_is_no_matter_of_a_stop() -> None:
    target = a_target(a_session(failover_test_in_progress=True), SnapshotChoice("monday"))

    assert assess_stop(target, a_cluster()) == ()


def of(rule_id: str, severity: str | None = None) -> Finding:
    return Finding.of(rule_id, a_session(), f"Words of {rule_id}.", severity)


@pytest.mark.parametrize(
    ("findings", "kind"),
    [
        ([], None),
        ([of("remote.unreachable"), of("test.already_running")], None),
        ([of("snapshot.not_found")], "not_found"),
        ([of("remote.unreachable"), of("snapshot.not_found")], "not_found"),
        ([of("state.not_allowed")], "not_ready"),
        ([of("snapshot.not_found"), of("role.not_destination")], "not_ready"),
        ([of("test.already_running", "blocker")], "not_ready"),
    ],
)
def test_blockers_as_an_error(findings: list[Finding], kind: str | None) -> None:
    error = blocking_error(findings)

    assert (error.kind if error else None) == kind
    if error:
        for finding in findings:
            shown = finding.message in error.message and finding.rule.resolution in error.message
            assert shown is (finding.severity == "blocker")


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_it_means_and_what_to_do(name: str) -> None:
    rule = RULES[name]

    assert rule.id == name
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", rule.id)
    assert rule.severity in ("blocker", "warning", "info")
    assert rule.before_drill in (None, "blocker")
    for text in (rule.meaning, rule.impact, rule.resolution, rule.source):
        assert text.strip() == text and text.endswith(".") and len(text) > 10
    result = of(name).as_result()
    assert result == {
        "id": name,
        "session_id": "s-1",
        "severity": rule.severity,
        "message": f"Words of {name}.",
        "impact": rule.impact,
        "resolution": rule.resolution,
    }


def test_documented_ids_exist_and_no_text_is_used_twice() -> None:
    # design.md, "Findings": the ids are an interface.
    documented = {
        "role.not_destination", "state.not_allowed", "type.not_asynchronous", "test.already_running", "nas.use_clone",
        "snapshot.not_found", "snapshot.wrong_resource", "remote.unreachable", "rpo.exceeded", "host.not_mapped",
        "session.busy",
    }  # fmt: skip
    resolutions = [rule.resolution for rule in RULES.values()]

    assert documented <= RULES.keys()
    assert len(set(resolutions)) == len(resolutions)


@pytest.mark.parametrize(
    ("attributes", "expected", "says"),
    [
        ({}, [], ""),
        ({"expires": timedelta(days=2)}, [], ""),
        ({"expires": timedelta(minutes=5)}, [("snapshot.expires_soon", "warning")], "in 5 min"),
        ({"expires": timedelta(hours=-2)}, [("snapshot.expired", "blocker")], "2 h ago"),
        ({"state": "Ready"}, [], ""),
        ({"state": "Initializing"}, [("snapshot.not_ready", "blocker")], "is Initializing: expected Ready"),
        (
            {"state": "Destroying", "expires": timedelta(0), "creator_type": "System"},
            [("snapshot.system", "blocker"), ("snapshot.not_ready", "blocker"), ("snapshot.expired", "blocker")],
            "was made by the system",
        ),
    ],
)
def test_what_is_wrong_with_the_snapshot_itself(
    attributes: dict[str, t.Any], expected: list[tuple[str, str]], says: str
) -> None:
    expires = attributes.pop("expires", None)
    snapshot = Snapshot(
        "snap-1", "monday", frozenset({"v-1"}), attributes.pop("creator_type", "User"),
        None if expires is None else NOW + expires, **attributes,
    )  # fmt: skip
    target = replace(a_target(a_session()), snapshot=SnapshotChoice("monday", (snapshot,)))
    findings = assess_start(target, a_cluster())
    assert [(finding.rule.id, finding.severity) for finding in findings] == expected
    assert all("Snapshot 'monday' of the" in finding.message for finding in findings)
    assert says in " ".join(finding.message for finding in findings)
