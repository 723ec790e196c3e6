# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan of a DR test of a NAS server refuses, does, leaves alone and says; and its result, without any I/O."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import Cluster, Selector
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    InvalidInputError,
    NotFoundError,
    NotReadyError,
    OperationTimeoutError,
    PowerStoreError,
    RejectedError,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_dr_test import entry as entries
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_dr_test.plan import (
    Array,
    Desired,
    Found,
    Step,
    addresses_to_probe,
    overdue,
    plan,
    wanted_file_systems,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_dr_test.wish import (
    Interface,
    Wish,
    label_from_params,
    same_address,
    wishes_from_params,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_dr_test.work import Making, Removing, Work
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_tests.clone import (
    Clone,
    CloneJob,
    FileInterface,
    FileSystem,
    NasServer,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_tests.mark import clone_name
from tests.unit.makers.samples import a_session

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
CLUSTER = Cluster("ps-dr", "PS1", "4.1.0.0", NOW)
HOMES = NasServer("nas-1", "homes", "Started", is_dr_test=False, is_replication_destination=True)
FILES = (
    FileSystem("f-a", "home-a", "nas-1", type="Primary"),
    FileSystem("f-b", "home-b", "nas-1", type="Primary"),
    FileSystem("f-s", "home-a.snap", "nas-1", "f-a", "Snapshot"),
)
ADDRESS = Interface("192.0.2.20", 24)
START, STOP = Desired(running=True, label="drill"), Desired(running=False, label="drill")
NAME = clone_name("drill", "nas-1", "homes")


def a_wish(**values: t.Any) -> Wish:
    return Wish(**{"selector": Selector("nas_server", "homes"), "interface": ADDRESS, **values})


def found(wish: Wish | None = None, **values: t.Any) -> Found:
    session = a_session(id="s-1", resource_type="nas_server", local_resource_id="nas-1", resource_name="homes")
    given: dict[str, t.Any] = {"server": HOMES, "session": session, "file_systems": FILES, **values}
    return Found(wish or a_wish(), **given)


def a_clone(clone_id: str = "c-1", name: str = NAME, **values: t.Any) -> Clone:
    given: dict[str, t.Any] = {
        "server": NasServer(clone_id, name, "Started", is_dr_test=True),
        "file_systems": (FileSystem("c-a", "home-a", clone_id, "f-a"), FileSystem("c-b", "home-b", clone_id, "f-b")),
        "interfaces": (FileInterface("i-1", clone_id, "192.0.2.20"),),
        "source_id": "nas-1",
        "source_name": "homes",
        "started_at": NOW - timedelta(hours=2),
        **values,
    }
    return Clone(**given)


def step_of(
    desired: Desired, one: Found | None = None, *clones: Clone, interfaces: t.Any = (), **values: t.Any
) -> Step:
    array = Array(CLUSTER, clones, tuple(interfaces), **values)
    return plan(array, [one or found()], desired).steps[0]


def ids(step: Step) -> list[str]:
    return [finding.rule.id for finding in step.findings]


def blocked(step: Step, rule: str) -> bool:
    return step.goal is None and isinstance(step.error, NotReadyError) and rule in ids(step)


# Starts


def test_a_start_clones_all_file_systems_under_its_name() -> None:
    step = step_of(START)
    assert isinstance(step.goal, Making)
    assert (step.goal.name, step.goal.interface, step.goal.existing) == (NAME, ADDRESS, None)
    assert [each.id for each in step.goal.file_systems] == ["f-a", "f-b"]
    assert step.findings == ()


@pytest.mark.parametrize(("named", "wanted"), [(("HOME-B",), ["f-b"]), (("f-a", "home-b"), ["f-a", "f-b"])])
def test_file_systems_are_named_by_name_or_id(named: tuple[str, ...], wanted: list[str]) -> None:
    assert [each.id for each in wanted_file_systems(found(a_wish(file_systems=named)))] == wanted


def test_what_the_array_does_not_clone_is_left_out_and_said_unless_it_is_named() -> None:
    locked = replace(FILES[1], flr_mode="Compliance")
    one = found(file_systems=(FILES[0], locked))
    step = step_of(START, one)
    assert ids(step) == ["nas.file_systems_missing"]
    assert isinstance(step.goal, Making)
    assert [each.id for each in step.goal.file_systems] == ["f-a"]
    named = replace(one, wish=a_wish(file_systems=("home-b",)))
    assert [each.id for each in wanted_file_systems(named)] == ["f-b"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"session": None}, "nas.not_destination"),
        ({"session": a_session(role="Source", resource_type="nas_server")}, "nas.not_destination"),
        ({"server": replace(HOMES, is_dr_test=True)}, "nas.not_destination"),
        ({"named": NasServer("x", NAME, "Started", is_dr_test=False)}, "nas.name_taken"),
        ({"wish": a_wish(file_systems=("home-s",))}, "nas.file_system_not_found"),
    ],
)
def test_what_refuses_a_start(change: dict[str, t.Any], rule: str) -> None:
    assert blocked(step_of(START, replace(found(), **change)), rule)


@pytest.mark.parametrize("release", ["2.1.0.0", "3.5.0.0"])
def test_an_old_release_refuses(release: str) -> None:
    array = Array(replace(CLUSTER, release_version=release))
    assert blocked(plan(array, [found()], START).steps[0], "nas.version_not_supported")
    assert not plan(Array(replace(CLUSTER, release_version="unknown")), [found()], START).steps[0].error


@pytest.mark.parametrize(
    "interface",
    [
        FileInterface("i", "nas-1", "192.0.2.20"),
        FileInterface("i", "nas-1", "192.0.2.9", source_address="192.0.2.20"),
        FileInterface("i", "c-9", "192.0.2.20", is_dr_test=True),
    ],
)
def test_an_address_of_the_array_is_refused_unless_the_network_is_isolated(interface: FileInterface) -> None:
    assert blocked(step_of(START, interfaces=[interface]), "nas.address_in_use")
    isolated = found(a_wish(isolated=True))
    assert step_of(START, isolated, interfaces=[interface], answering={"192.0.2.20": 445}).error is None


def test_an_address_that_answers_is_refused_and_only_those_in_question_are_asked() -> None:
    assert blocked(step_of(START, answering={"192.0.2.20": 445}), "nas.address_answers")
    array = Array(CLUSTER)
    assert addresses_to_probe(array, [found()], START) == ["192.0.2.20"]
    assert addresses_to_probe(array, [found(a_wish(isolated=True))], START) == []
    assert addresses_to_probe(array, [found(a_wish(interface=None))], START) == []
    assert addresses_to_probe(array, [found(session=None)], START) == []
    assert addresses_to_probe(Array(CLUSTER, (a_clone(),)), [found()], START) == []


def test_ipv6_is_one_address_however_it_is_written() -> None:
    assert same_address("2001:db8::1", "2001:DB8:0:0::1")
    assert not same_address("2001:db8::1", None)
    assert same_address("odd", "odd")


def test_a_clone_of_this_task_is_left_as_it_is() -> None:
    step = step_of(START, None, a_clone())
    assert (step.goal, step.error, ids(step)) == (None, None, ["nas.already_started"])
    assert "for 2 h" in step.findings[0].message
    assert "2 file systems and 192.0.2.20" in step.findings[0].message


def test_a_clone_that_a_broken_off_stop_left_half_is_said_to_be_so() -> None:
    half = a_clone(file_systems=(FileSystem("c-b", "home-b", "c-1", "f-b"),), interfaces=())
    step = step_of(START, None, a_clone("c-0", clone_name("a", "nas-1", "homes")), half)
    assert {"nas.already_started", "nas.file_systems_missing"} <= set(ids(step))
    assert step.own is half
    shown = entries.predicted(step, plan(Array(CLUSTER), [found()], START)).as_result(NOW)
    assert shown["clone"]["id"] == "c-1"


def test_a_clone_of_this_task_gets_the_interface_that_it_lacks_and_no_other() -> None:
    bare = a_clone(interfaces=())
    step = step_of(START, None, bare)
    assert isinstance(step.goal, Making)
    assert (step.goal.existing, step.goal.interface) == (bare, ADDRESS)
    other = a_clone(interfaces=(FileInterface("i", "c-1", "192.0.2.99"),))
    assert blocked(step_of(START, None, other), "nas.another_interface")
    assert step_of(START, found(a_wish(interface=None)), other).error is None


def test_clones_of_others_keep_nothing_from_being_started() -> None:
    by_hand = a_clone("c-2", "by-hand", started_by="jdoe")
    step = step_of(START, None, by_hand, a_clone("c-3", "x", source_id="nas-2"))
    assert isinstance(step.goal, Making)
    assert ids(step) == ["nas.of_somebody_else"]
    assert "jdoe" in step.findings[0].message


def test_a_start_without_an_interface_warns() -> None:
    assert ids(step_of(START, found(a_wish(interface=None)))) == ["nas.no_interface"]


def test_a_blocker_refuses_a_start_for_all_and_a_stop_for_none() -> None:
    lost = found(server=None, error=NotFoundError("none"))
    planned = plan(Array(CLUSTER), [found(), lost], START)
    assert planned.refused
    assert [entries.predicted(step, planned).action for step in planned.steps] == ["not_attempted", "failed"]
    stopping = plan(Array(CLUSTER, (a_clone(),)), [found(), lost], STOP)
    assert not stopping.refused
    assert [entries.predicted(step, stopping).action for step in stopping.steps] == ["stopped", "failed"]


# Stops


def removed(step: Step) -> list[str]:
    return [clone.id for clone in step.goal.clones] if isinstance(step.goal, Removing) else []


def test_a_stop_takes_what_is_shown_to_be_of_the_server_and_has_the_label() -> None:
    clones = (
        a_clone(),
        a_clone("c-2", "by-hand"),
        a_clone("c-3", clone_name("other", "nas-1", "homes")),
        a_clone("c-4", NAME, source_id="nas-2"),
        a_clone("c-5", NAME, source_id=None),
        a_clone("c-6", "unknown", source_id=None),
    )
    step = step_of(STOP, None, *clones)
    assert removed(step) == ["c-1"]
    assert ids(step) == ["nas.of_somebody_else", "nas.of_somebody_else", "nas.source_unknown"]
    everything = step_of(replace(STOP, clones="all"), None, *clones)
    assert removed(everything) == ["c-1", "c-2", "c-3"]
    assert ids(everything) == ["nas.source_unknown", "nas.source_unknown"]


def test_a_stop_by_id_takes_that_clone_and_no_other() -> None:
    one = found(a_wish(clone_id="c-2"))
    clones = (
        a_clone(),
        a_clone("c-2", "by-hand"),
        a_clone("c-3", "x", source_id="nas-2"),
        a_clone("c-4", source_id=None),
    )
    assert removed(step_of(STOP, one, *clones)) == ["c-2"]
    assert removed(step_of(STOP, found(a_wish(clone_id="c-4")), *clones)) == ["c-4"]
    of_another = step_of(STOP, found(a_wish(clone_id="c-3")), *clones)
    assert isinstance(of_another.error, RejectedError)
    alone = Found(Wish(Selector("clone_id", "c-3"), "c-3"))
    assert removed(step_of(STOP, alone, *clones)) == ["c-3"]
    gone = step_of(STOP, found(a_wish(clone_id="c-9")), *clones)
    assert (gone.goal, gone.error) == (None, None)
    production = step_of(STOP, found(a_wish(clone_id="nas-7"), named=replace(HOMES, id="nas-7")), *clones)
    assert isinstance(production.error, RejectedError)


def test_a_clone_by_id_of_a_nas_server_that_is_gone_is_an_error() -> None:
    error = NotFoundError("No NAS server")
    step = step_of(STOP, found(a_wish(clone_id="c-1"), server=None, error=error), a_clone())
    assert step.error is error


def test_a_clone_under_way_is_awaited_and_after_all_the_time_an_error() -> None:
    job = CloneJob("j", "nas-1", None, "drill", "In_Progress", NOW, None)
    step = step_of(STOP, found(under_way=(job,)))
    assert step.awaits
    assert ids(step) == ["nas.start_under_way"]
    planned = plan(Array(CLUSTER), [found(under_way=(job,))], STOP)
    assert entries.predicted(planned.steps[0], planned).action == "stopped"
    late = overdue(planned).steps[0]
    assert isinstance(late.error, OperationTimeoutError)
    assert overdue(plan(Array(CLUSTER), [found()], STOP)).steps[0].error is None
    assert not step_of(STOP, found(under_way=(job,)), a_clone()).awaits


def test_what_could_not_be_read_is_a_finding_of_each() -> None:
    assert ids(step_of(STOP, incomplete=("Not read: the clock.",))) == ["reading.incomplete"]


def test_a_wish_that_led_nowhere_keeps_its_error() -> None:
    error = NotFoundError("none")
    for desired in (START, STOP):
        assert step_of(desired, found(server=None, error=error)).error is error


# Results


def made(step: Step, **values: t.Any) -> Work:
    work = Work(NOW, NOW + timedelta(seconds=5), request_sent=True, is_new=True, made=["DR-test clone 'x' (c-1)"])
    work.clone = values.pop("clone", a_clone())
    for name, value in values.items():
        setattr(work, name, value)
    return work


def test_a_start_that_went_well() -> None:
    step = step_of(START)
    entry = entries.entry_of_start(step, made(step), None)
    assert (entry.action, entry.changed, entry.error, entry.findings) == ("started", True, None, ())
    shown = entry.as_result(NOW)
    assert shown["duration_seconds"] == 5
    assert shown["clone"]["age_seconds"] == 7200
    assert entry.shown(before=True) == "no DR-test clone"
    assert "192.0.2.20" in entry.shown(before=False)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((FileSystem("c-a", "home-a", "c-1", "f-a"),), "no copy of 'home-b'"),
        ((FileSystem("c-b", "home-b", "c-1"),), "no copy of 'home-a'"),
        ((), "no copy of 'home-a', 'home-b'"),
    ],
)
def test_what_a_clone_lacks_is_said(files: tuple[FileSystem, ...], said: str) -> None:
    step = step_of(START)
    entry = entries.entry_of_start(step, made(step, clone=a_clone(file_systems=files)), None)
    assert [each.rule.id for each in entry.findings] == ["nas.file_systems_missing"]
    assert said in entry.findings[0].message


def test_a_start_that_failed_says_what_became_of_what_it_made() -> None:
    step, error = step_of(START), RejectedError("No.")
    gone = Work(NOW, gone={"c-1"}, removed=["NAS server 'x' (c-1)"])
    entry = entries.entry_of_start(step, made(step, error=error), gone)
    assert (entry.action, entry.changed, entry.after) == ("failed", False, ())
    assert "removed again" in entry.findings[0].message

    kept = entries.entry_of_start(step, made(step, error=error), Work(NOW, error=PowerStoreError("busy")))
    assert (kept.action, kept.changed, kept.error) == ("failed", True, error)
    assert "taking that back failed: busy" in kept.findings[0].message

    left = entries.entry_of_start(step, made(step, error=error), None)
    assert "which is left" in left.findings[0].message

    unknown = entries.entry_of_start(step, made(step, error=error, clone=None, made=[], is_new=False), None)
    assert (unknown.changed, unknown.after) == (True, None)
    assert "could not be read" in unknown.findings[0].message
    assert unknown.shown(before=False).startswith("not known")

    nothing = entries.entry_of_start(step, Work(NOW, error=error), None)
    assert (nothing.changed, nothing.findings, nothing.after) == (False, (), ())


def test_a_start_that_was_rolled_back() -> None:
    step = step_of(START)
    entry = entries.entry_of_start(step, made(step), Work(NOW, gone={"c-1"}))
    assert (entry.action, entry.changed, entry.error) == ("rolled_back", False, None)
    failed = entries.entry_of_start(step, made(step), Work(NOW, error=PowerStoreError("busy")))
    assert (failed.action, failed.changed) == ("failed", True)


def test_a_stop_says_what_is_left() -> None:
    step = step_of(replace(STOP, clones="all"), None, a_clone(), a_clone("c-2", "by-hand"))
    work = Work(NOW, NOW, request_sent=True, gone={"c-1"}, error=PowerStoreError("busy"))
    entry = entries.entry_of_stop(step, work)
    assert (entry.action, entry.changed) == ("failed", True)
    assert [clone.id for clone in entry.after or ()] == ["c-2"]
    assert entries.entry_of_stop(step, Work(NOW, gone={"c-1", "c-2"})).action == "none"


def test_the_task_fails_with_the_first_error_and_counts() -> None:
    planned = plan(Array(CLUSTER), [found(), found(server=None, error=NotFoundError("none"))], STOP)
    results = entries.Results(CLUSTER, tuple(entries.predicted(step, planned) for step in planned.steps))
    shown = results.as_result(NOW)
    assert shown["msg"] == "1 of 2 NAS servers failed. The first: none"
    assert list(shown["diff"]["before"]) == ["NAS server 'homes' (nas-1)"]
    assert entries.nothing_attempted([a_wish()], NotFoundError("x"))["nas_servers"][0]["before"] is None


# Options


def params(**values: t.Any) -> dict[str, t.Any]:
    return {"state": "started", "username": "CORP\\drill", "nas_server": "homes", **values}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"nas_server": None}, "names no NAS server"),
        ({"nas_servers": []}, "nas_servers is an empty list"),
        ({"nas_servers": [{"nas_server": None}]}, r"nas_servers\[0\] names no NAS server"),
        ({"nas_servers": [{"nas_server": ""}]}, "nas_server of .* is empty"),
        ({"file_systems": ["a", "A"]}, "each once"),
        ({"clone_id": "c"}, "leave it out of a start"),
        ({"interface": {"ip_address": "224.0.0.1", "prefix_length": 24}}, "one interface"),
        ({"interface": {"ip_address": "2001:db8::1", "prefix_length": 129}}, "expected 1 to 128"),
        ({"interface": {"ip_address": "192.0.2.1", "prefix_length": 24, "gateway": "192.0.2.1"}}, "another address"),
        (
            {
                "nas_servers": [
                    {"nas_server": n, "interface": {"ip_address": "192.0.2.1", "prefix_length": 24}} for n in "ab"
                ]
            },
            "more than one clone",
        ),
    ],
)
def test_options_that_make_no_sense(values: dict[str, t.Any], text: str) -> None:
    with pytest.raises(InvalidInputError, match=text):
        wishes_from_params(params(**values))


def test_options_of_a_task_and_of_an_entry() -> None:
    entry = {"session_id": "s-1", "isolated": False, "interface": {"ip_address": "2001:db8:0::1", "prefix_length": 64}}
    (wish,) = wishes_from_params(params(nas_server=None, nas_servers=[entry], isolated=True))
    assert (wish.selector, wish.isolated) == (Selector("session_id", "s-1"), False)
    assert wish.interface is not None
    assert wish.interface.as_body("c") == {"nas_server_id": "c", "ip_address": "2001:db8::1", "prefix_length": 64}
    (stop,) = wishes_from_params(params(state="stopped", clone_id="c-1", nas_server=None, file_systems=["a"]))
    assert (stop.selector, stop.clone_id, stop.file_systems) == (Selector("clone_id", "c-1"), "c-1", None)
    assert label_from_params(params()) == "drill"
    assert label_from_params(params(label="Q4")) == "Q4"
    with pytest.raises(InvalidInputError):
        label_from_params(params(label=""))
