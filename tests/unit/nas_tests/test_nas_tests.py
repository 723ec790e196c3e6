# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DR-test clones of NAS servers: their names, and what of them is read of an array, however it shows it."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.client import Client
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import Connection
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.fields import Unread
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.read_cluster import read_cluster
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import AuthorizationError, PowerStoreError
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_tests.clone import (
    Clone,
    CloneJob,
    FileSystem,
    NasServer,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_tests.join import (
    of_server,
    of_unknown_source,
    with_jobs,
    with_sources,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_tests.mark import (
    LONGEST,
    clone_name,
    label_of,
    mark_of,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_tests.reading import read_clones, read_interfaces
from tests.lab.simulator import Simulator
from tests.running import connection_to

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


# Names


@pytest.mark.parametrize("label", ["drill", "CORP\\drill", "x" * 300, "drill_20261123", "ü"])
@pytest.mark.parametrize("name", ["homes", "n" * 300, "finance (old)", "a_b_c", ""])
def test_a_name_says_whose_and_of_what_and_is_short(label: str, name: str) -> None:
    made = clone_name(label, "nas-1", name)
    assert len(made) <= LONGEST
    mark = mark_of(made)
    assert mark is not None
    assert mark.is_of(label, "nas-1")
    assert not mark.is_of(label, "nas-2")
    assert not mark.is_of(f"{label}-b", "nas-1")
    assert made == clone_name(label, "nas-1", name)  # the same for the same: a second clone of it is refused


def test_a_renamed_source_changes_nothing() -> None:
    mark = mark_of(clone_name("drill", "nas-1", "homes").upper())
    assert mark is not None
    assert mark.is_of("Drill", "nas-1")
    assert mark.label == "DRILL"


@pytest.mark.parametrize("name", ["homes", "drtest_homes", "drtest_drill_homes_123", "drtest__homes_01234567"])
def test_another_name_is_no_mark(name: str) -> None:
    assert mark_of(name) is None


@pytest.mark.parametrize("account", ["drill", "CORP\\Drill", "Drill@corp.example"])
def test_an_account_has_one_label(account: str) -> None:
    assert label_of(account) == "drill"


# Joining


def a_clone(**values: t.Any) -> Clone:
    given: dict[str, t.Any] = {"server": NasServer("clone", "test", "Started", is_dr_test=True), **values}
    return Clone(**given)


def a_job(job_id: str = "j", **values: t.Any) -> CloneJob:
    given: dict[str, t.Any] = {
        "resource_id": "nas-1",
        "made_id": "clone",
        "user": "drill",
        "phase": "Completed",
        "start_time": NOW,
        "end_time": NOW + timedelta(seconds=3),
        **values,
    }
    return CloneJob(job_id, **given)


def files(*parents: str | None, at: datetime | None = None) -> tuple[FileSystem, ...]:
    return tuple(FileSystem(f"f{n}", f"f{n}", "clone", parent, created_at=at) for n, parent in enumerate(parents))


PARENTS = [
    FileSystem("home-a", "home-a", "nas-1"),
    FileSystem("home-b", "home-b", "nas-1"),
    FileSystem("base", "base", "nas-1", "home-a", "Snapshot"),
    FileSystem("other", "other", "nas-2"),
    FileSystem("own", "own", "clone"),
    FileSystem("lost", "lost", None),
]


@pytest.mark.parametrize(
    ("parents", "source"),
    [
        (("home-a", "home-b"), "nas-1"),
        (("base",), "nas-1"),
        (("home-a", None), "nas-1"),
        (("home-a", "own"), "nas-1"),
        (("home-a", "lost"), "nas-1"),
        (("home-a", "gone"), "nas-1"),
        (("home-a", "other"), None),
        ((None,), None),
        ((), None),
    ],
)
def test_the_source_is_what_the_file_systems_are_copies_of(parents: tuple[str | None, ...], source: str | None) -> None:
    clone = with_sources([a_clone(file_systems=files(*parents))], PARENTS)[0]
    assert clone.source_id == source
    assert clone.source_by == ("file_systems" if source else None)
    assert clone.is_of("nas-1") is (True if source else None)
    assert clone.is_of("nas-2") is (False if source else None)


def test_the_job_tells_account_and_time_and_the_source_where_the_file_systems_do_not() -> None:
    clone = with_jobs([a_clone(file_systems=files(None, at=NOW))], [a_job()])[0]
    assert (clone.started_by, clone.job_id, clone.started_at, clone.started_from) == ("drill", "j", NOW, "job")
    assert (clone.source_id, clone.source_by) == ("nas-1", "job")
    assert clone.age(NOW + timedelta(hours=1)) == timedelta(hours=1)
    assert clone.age(None) is None


def test_file_systems_outweigh_the_job() -> None:
    clone = with_jobs([a_clone(source_id="nas-2", source_by="file_systems")], [a_job()])[0]
    assert (clone.source_id, clone.source_by) == ("nas-2", "file_systems")


@pytest.mark.parametrize(
    ("jobs", "known"),
    [
        ([a_job(resource_id="clone", made_id=None)], "j"),  # the job is of what was made
        ([a_job(made_id=None)], "j"),  # of the source, at the time at which the file systems were made
        ([a_job(made_id=None), a_job("k", made_id=None)], None),  # two of them
        ([a_job(made_id=None, start_time=NOW - timedelta(hours=1), end_time=NOW - timedelta(minutes=59))], None),
        ([a_job(phase="Failed")], None),
        ([a_job(made_id="another", resource_id="clone")], None),  # a clone of the clone
        ([], None),
    ],
)
def test_which_job_made_it(jobs: list[CloneJob], known: str | None) -> None:
    made = with_sources([a_clone(file_systems=files("home-a", at=NOW + timedelta(seconds=1)))], PARENTS)
    clone = with_jobs(made, jobs)[0]
    assert clone.job_id == known
    assert clone.started_at == (NOW if known else NOW + timedelta(seconds=1))
    assert clone.started_from == ("job" if known else "file_systems")
    assert clone.source_id == "nas-1"


def test_without_files_and_jobs_nothing_is_known_and_nothing_guessed() -> None:
    clone = with_jobs([a_clone(file_systems=None, interfaces=None)], [])[0]
    assert (clone.source_id, clone.started_at, clone.started_from) == (None, None, None)
    assert of_unknown_source([clone]) == [clone]
    assert of_server([clone], "nas-1") == []
    assert clone.as_result(NOW)["file_systems"] is None
    assert clone.as_result(NOW)["age_seconds"] is None


# Reading


HOMES = {"nas_server": "homes", "file_systems": ["home-a", "home-b"], "interfaces": [{"ip_address": "10.9.0.5"}]}


@contextmanager
def asked(options: dict[str, t.Any] | None = None, **session: t.Any) -> Iterator[tuple[Simulator, Client]]:
    sessions = [{**HOMES, **session}, {"nas_server": "finance"}]
    with Simulator.from_dict({"options": options or {}, "sessions": sessions}) as simulator:
        given = {**connection_to(simulator), "validate_certs": True, "timeout": 30}
        client = Client(Connection.from_params(given))
        with client:
            yield simulator, client


def test_all_is_read_in_few_requests() -> None:
    with asked() as (simulator, client):
        for number in range(3):
            name = clone_name(f"drill{number}", str(simulator.dr.nas_server("homes")["id"]), "homes")
            simulator.dr.clone_nas_server("homes", name, "jdoe", age=3600)
            simulator.dr.add_file_interface(name, f"10.9.3.{number}")
        simulator.dr.clone_nas_server("finance", "by-hand", "admin", age=60)
        simulator.dr.clone_nas_server("finance", "no-test", "admin", is_dr_test=False)
        cluster = read_cluster(client)
        simulator.clear_journal()
        clones = read_clones(client, cluster)
        assert len(simulator.dr.journal()) <= 7
        by_name = {clone.server.name: clone for clone in clones}
        assert len(by_name) == 4
        by_hand = by_name["by-hand"]
        assert (by_hand.mark, by_hand.source_name, by_hand.started_by) == (None, "finance", "admin")
        homes = of_server(clones, str(simulator.dr.nas_server("homes")["id"]))
        assert len(homes) == 3
        shown = homes[0].as_result(cluster.system_time)
        assert shown["label"] in {"drill0", "drill1", "drill2"}
        assert 3500 < shown["age_seconds"] < 3700
        assert (shown["started_by"], shown["source_shown_by"]) == ("jdoe", "file_systems")
        assert sorted(each["name"] for each in shown["file_systems"]) == ["home-a", "home-b"]
        assert shown["interfaces"][0]["ip_address"].startswith("10.9.3.")


@pytest.mark.parametrize("parent", ["file_system", "snapshot", "hidden"])
@pytest.mark.parametrize("names", ["source", "clone"])
@pytest.mark.parametrize("tells", [True, False])
def test_however_the_array_shows_where_a_clone_comes_from(parent: str, names: str, tells: bool) -> None:
    options = {"clone_parent": parent, "clone_job_names": names, "clone_job_tells_id": tells}
    with asked(options) as (simulator, client):
        simulator.dr.clone_nas_server("homes", "test", "jdoe", age=3600)
        clone = read_clones(client, read_cluster(client))[0]
        known = parent != "hidden" or (names == "source" and tells)
        assert clone.source_id == (simulator.dr.nas_server("homes")["id"] if known else None)
        # Where neither the clone nor what it was made of is shown, the log cannot be joined.
        assert clone.started_by == (None if parent == "hidden" and names == "source" and not tells else "jdoe")
        assert clone.started_at is not None


def test_where_there_is_no_clone_one_request_is_enough_and_before_3_6_none() -> None:
    with asked() as (simulator, client):
        cluster = read_cluster(client)
        simulator.clear_journal()
        assert read_clones(client, cluster) == []
        assert len(simulator.dr.journal()) == 1
        simulator.dr.set_release_version("3.5.0.0")
        cluster = read_cluster(client)
        simulator.clear_journal()
        assert read_clones(client, cluster) == []
        assert simulator.dr.journal() == []


@pytest.mark.parametrize("path", ["/file_system", "/file_interface", "/job"])
def test_what_cannot_be_read_is_noted_and_hides_no_clone(path: str) -> None:
    with asked() as (simulator, client):
        simulator.dr.clone_nas_server("homes", "test", "jdoe", age=3600)
        simulator.faults.add(action="forbid", path=path)
        cluster = read_cluster(client)
        unread: list[Unread] = []
        clone = read_clones(client, cluster, unread=unread)[0]
        assert [type(each.error) for each in unread] == [AuthorizationError]
        assert (clone.file_systems is None) is (path == "/file_system")
        assert (clone.interfaces is None) is (path == "/file_interface")
        assert (clone.job_id is None) is (path == "/job")
        with pytest.raises(AuthorizationError):
            read_clones(client, cluster)


def test_an_odd_row_is_used_as_far_as_it_goes() -> None:
    with asked() as (simulator, client):
        simulator.dr.clone_nas_server("homes", "test", "jdoe")
        simulator.faults.add(action="odd_row", path="/nas_server", attribute="operational_status", value=7)
        clone = read_clones(client, read_cluster(client))[0]
        assert clone.server.operational_status == "unknown"
        simulator.faults.clear()
        simulator.faults.add(action="odd_row", path="/nas_server", attribute="id", value=None)
        with pytest.raises(PowerStoreError):
            read_clones(client, read_cluster(client))


def test_interfaces_of_the_array_show_what_they_are_at_the_source() -> None:
    with asked() as (_simulator, client):
        (interface,) = read_interfaces(client, read_cluster(client))
        assert (interface.ip_address, interface.source_address) == ("10.9.0.5", "10.9.0.5")
