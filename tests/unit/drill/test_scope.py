# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions a drill is about: what is asked for, what is left out, and what is refused instead of guessed."""

from __future__ import annotations

import typing as t
from datetime import date

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.scope import (
    NothingFitsError,
    Request,
    Scope,
    chosen,
    population,
    request,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError, ProtocolError
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_dr_test.wish import Interface


def entry(name: str, kind: str = "volume") -> Json:
    return {"session_id": f"s-{name}", "resource_type": kind, "resource_name": name, "resource_id": f"id-{name}"}


ARRAY = [entry("erp-data"), entry("erp-db", "volume_group"), entry("files-archive")]
BY_NAME = {each["resource_name"]: each for each in ARRAY}


def out(reason: object = "why", **named: object) -> Json:
    return {**named, "reason": reason}


def scope(sessions: object, filters: object, exclusions: object) -> Scope:
    """The scope on an array that has just these three sessions, and answers filters with all of them."""
    asked = request(sessions, filters, exclusions)
    if not asked.wishes:
        return chosen(asked, ARRAY)
    read = [BY_NAME[wish.value.lower()] for wish in asked.wishes]
    return chosen(asked, read)


def names(found: Scope) -> list[str]:
    return [session["resource_name"] for session in found.sessions]


# What is asked for


def test_what_is_said_of_a_session_and_of_an_exclusion_is_kept() -> None:
    session = {"volume": "a", "wave": 1, "application": "ERP", "tier": "1", "owner": "A. Storage"}
    exclusion = {"volume": "b", "reason": "why", "owner": "B. Manager", "expires": "2027-01-01"}
    asked = request([{**session, "tier": 1}], None, [exclusion])
    assert asked.wishes[0].as_wish() == session and asked.exclusions[0].as_result() == exclusion
    again = Request.from_plan(asked.as_plan())
    assert (again.wishes, again.exclusions) == (asked.wishes, asked.exclusions)


@pytest.mark.parametrize(
    "read", [[], ARRAY[:1], [*ARRAY, entry("more")], [{**ARRAY[0], "selector": {"volume": "x"}}, ARRAY[1]]]
)
def test_the_answer_to_another_question_is_refused(read: list[Json]) -> None:
    asked = request([{"volume": "erp-data"}, {"volume_group": "erp-db"}], None, [])
    with pytest.raises(ProtocolError, match="are not those that were asked for"):
        chosen(asked, read)


def test_sessions_and_what_is_asked_of_the_array() -> None:
    asked = request(
        [{"volume": 1234, "wave": "2", "rto_seconds": "300"}, {"volume_group": "g", "snapshot": "monday"}], {}, []
    )
    assert asked.selection() == {"sessions": [{"volume": "1234"}, {"volume_group": "g", "snapshot": "monday"}]}
    assert [wish.as_wish() for wish in asked.wishes] == [
        {"volume": "1234", "wave": 2, "rto_seconds": 300},
        {"volume_group": "g", "wave": 1, "snapshot": "monday"},
    ]


@pytest.mark.parametrize(
    ("filters", "selection"),
    [
        ({"name": "erp-*"}, {"role": "Destination", "name": "erp-*"}),
        ('{"name": "erp-*"}', {"role": "Destination", "name": "erp-*"}),
        ({"role": "any", "failover_test_in_progress": "no"}, {"failover_test_in_progress": False}),
        ({"role": "source", "resource_type": "Volume"}, {"role": "Source", "resource_type": "volume"}),
        ({"state": "OK", "remote_system": 7}, {"role": "Destination", "state": "OK", "remote_system": "7"}),
    ],
)
def test_filters_have_one_meaning(filters: object, selection: Json) -> None:
    assert request([], filters, []).selection() == selection


def test_without_sessions_and_filters_only_a_preflight_takes_all() -> None:
    assert request([], {}, [], everything=True).selection() == {"role": "Destination"}
    assert request(None, None, None, everything=True).selection() == {"role": "Destination"}
    with pytest.raises(InvalidInputError, match="failover_drill_sessions is empty, and failover_drill_filters, too"):
        request([], {}, [])


ADDRESS: t.Final = {"ip_address": "192.0.2.20", "prefix_length": 24}


def nas(**interface: object) -> Json:
    return {"nas_server": "homes", "interface": {**ADDRESS, **interface}}


def test_what_is_said_of_a_nas_server_is_kept_and_goes_to_the_modules() -> None:
    interface = {**ADDRESS, "gateway": "192.0.2.1", "vlan_id": 7, "ip_port_id": "IP_PORT1"}
    given = {"nas_server": "homes", "interface": interface, "file_systems": ["home", 7], "isolated": "yes", "wave": 2}
    asked = request([given, {"volume": "erp-data"}], None, [])
    own = {"interface": interface, "file_systems": ["home", "7"], "isolated": True}
    assert asked.selection()["sessions"] == [{"nas_server": "homes", **own}, {"volume": "erp-data"}]
    assert asked.wishes[0].as_wish() == {"nas_server": "homes", "wave": 2, **own}
    assert Request.from_plan(asked.as_plan()) == Request(asked.wishes, {}, (), ())


@pytest.mark.parametrize(
    ("interface", "plain"),
    [
        (ADDRESS, ADDRESS),
        ({"ip_address": "2001:DB8::0020", "prefix_length": "64"}, {"ip_address": "2001:db8::20", "prefix_length": 64}),
        ({**ADDRESS, "gateway": "", "vlan_id": None, "ip_port_id": None}, ADDRESS),  # as a survey leaves them empty
        ('{"ip_address": "192.0.2.20", "prefix_length": 24}', ADDRESS),
    ],
)
def test_an_interface_has_one_meaning(interface: object, plain: Json) -> None:
    [wish] = request([{"nas_server": "homes", "interface": interface}], None, []).wishes
    assert wish.as_selector() == {"nas_server": "homes", "interface": plain}


def test_two_clones_may_have_one_address_in_networks_of_their_own() -> None:
    asked = request([nas(vlan_id=7), {**nas(vlan_id=8), "nas_server": "b"}], None, [])
    assert len(asked.wishes) == 2


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"ip_address": "2001:db8::20", "prefix_length": 129},
        {"ip_address": "2001:db8::20", "prefix_length": 64, "gateway": "2001:db8::1"},
        {"ip_address": "::", "prefix_length": 64},
        {"ip_address": "224.0.0.1"},
        {"prefix_length": 0},
        {"gateway": "192.0.2.1"},
        {"gateway": "192.0.2.20"},
        {"gateway": "198.51.100.1"},
        {"vlan_id": -1},
        {"vlan_id": 4095},
    ],
)
def test_the_drill_refuses_the_interfaces_that_the_module_refuses(change: Json) -> None:
    def is_refused(attempt: t.Callable[[], object]) -> bool:
        try:
            attempt()
        except InvalidInputError:
            return True
        return False

    by_module = is_refused(lambda: Interface.from_option({**ADDRESS, **change}, "interface"))
    assert is_refused(lambda: request([nas(**change)], None, [])) is by_module


def test_an_exclusion_leaves_out_a_nas_server() -> None:
    everything = [*ARRAY, entry("homes", "nas_server")]
    asked = request([], {"name": "*"}, [out(nas_server="HOMES")])
    assert names(chosen(asked, everything)) == ["erp-data", "erp-db", "files-archive"]
    with pytest.raises(InvalidInputError, match=r"homes is a NAS server\. Write nas_server: homes"):
        chosen(request([], {"name": "*"}, [out(volume="homes")]), everything)


REFUSED: list[tuple[tuple[t.Any, t.Any, t.Any], str]] = [
    (([{"volume": "a"}], {"name": "b"}, []), "both given"),
    (("erp-data", {}, []), "failover_drill_sessions is 'erp-data': expected a list"),
    ((["erp-data"], {}, []), r"failover_drill_sessions\[0\] is 'erp-data': expected a mapping"),
    (([{"volume": "a", "volume_group": "b"}], {}, []), "names volume and volume_group"),
    (([{"snapshot": "a"}], {}, []), "names no session"),
    (([{"volume": ""}], {}, []), r"failover_drill_sessions\[0\].volume is '': expected a text"),
    (([{"volume": True}], {}, []), "expected a text"),
    (([{"volume": "a", "waves": 2}], {}, []), "has 'waves'"),
    (([{"volume": "a", "wave": 0}], {}, []), "whole number from 1"),
    (([{"volume": "a", "wave": "two"}], {}, []), "whole number from 1"),
    (([{"volume": "a", "rpo_seconds": -1}], {}, []), "whole number from 0"),
    (([{"volume": "a", "rto_seconds": True}], {}, []), "whole number from 0"),
    (([{"volume": "a", "snapshot": ""}], {}, []), "snapshot is '': expected a text"),
    (([], "erp-*", []), "failover_drill_filters is 'erp-.': expected a mapping"),
    (([], '{"name": "a", "name": "b"}', []), "expected a mapping"),
    (([], ["erp-*"], []), "expected a mapping"),
    (([], True, []), "expected a mapping"),
    (([], {"nam": "erp-*"}, []), "has 'nam': expected only role, resource_type"),
    (([], {"name": None}, []), "failover_drill_filters.name is null: expected a text"),
    (([], {"name": ["a", "b"]}, []), "expected a text"),
    (([], {"role": "Dest"}, []), "expected one of Source, Destination"),
    (([], {"role": None}, []), "expected one of Source, Destination"),
    (([], {"resource_type": "volumes"}, []), "expected one of volume"),
    (([], {"failover_test_in_progress": "perhaps"}, []), "expected true or false"),
    (([], {"name": "*"}, "erp-data"), "failover_drill_exclusions is 'erp-data': expected a list"),
    (([], {"name": "*"}, {"volume": "a"}), "failover_drill_exclusions is .*expected a list"),
    (([], {"name": "*"}, ["erp-data"]), "expected a mapping"),
    (([], {"name": "*"}, [out(volumes="a")]), "has 'volumes'"),
    (([], {"name": "*"}, [out(volume=None)]), "names no session"),
    (([], {"name": "*"}, [{"volume": "a"}]), "reason is null: expected a text"),
    (([{"volume": "a"}], {}, [out(volume="A")]), "leave out every one"),
    (([{"nas_server": "a"}], {}, []), r"failover_drill_sessions\[0\] names a NAS server without interface: expected"),
    (([{"nas_server": "a", "interface": {}}], {}, []), "interface.ip_address is null: expected a text"),
    (([{"nas_server": "a", "interface": "192.0.2.20/24"}], {}, []), "interface is '192.0.2.20/24': expected a mapping"),
    (([nas(ip_address="192.0.2")], {}, []), "interface.ip_address is '192.0.2': expected an IP address"),
    (([nas(prefix_length=33)], {}, []), "interface.prefix_length is 33: expected a whole number from 1 to 32"),
    (([nas(prefix_length=None)], {}, []), "interface.prefix_length is null: expected a whole number from 1 to 32"),
    (([nas(gateway="198.51.100.1")], {}, []), "gateway is '198.51.100.1': expected another address in 192.0.2.0/24"),
    (([nas(gateway="192.0.2.20")], {}, []), "gateway is '192.0.2.20': expected another address in 192.0.2.0/24"),
    (([nas(ip_address="0.0.0.0")], {}, []), "ip_address is '0.0.0.0': expected the address of one interface"),
    (([nas(), {**nas(), "nas_server": "b"}], {}, []), "give the address 192.0.2.20 to more than one DR-test clone"),
    (([nas(vlan_id=4095)], {}, []), "interface.vlan_id is 4095: expected a whole number from 0 to 4094"),
    (([nas(vlan=7)], {}, []), r"interface has 'vlan': expected only ip_address"),
    (([{**nas(), "snapshot": "monday"}], {}, []), "snapshot is not for nas_server"),
    (([{**nas(), "file_systems": "home"}], {}, []), "file_systems is 'home': expected a list"),
    (([{**nas(), "file_systems": ["home", "HOME"]}], {}, []), "expected each file system once"),
    (([{**nas(), "isolated": "perhaps"}], {}, []), "isolated is 'perhaps': expected true or false"),
    (([{**nas(), "volume": "a"}], {}, []), "names volume and nas_server"),
    (([{"volume": "a", "interface": ADDRESS}], {}, []), "interface is only for nas_server: expected none beside vol"),
    (([{"session_id": "a", "file_systems": ["b"]}], {}, []), "file_systems is only for nas_server"),
    (([], {"name": "*"}, [out(nas_server="a", interface=ADDRESS)]), "has 'interface'"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_what_is_not_understood_is_refused(given: tuple[t.Any, t.Any, t.Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        request(*given)


# What is left out


@pytest.mark.parametrize(
    ("exclusion", "left"),
    [
        (out(volume="ERP-Data"), ["erp-db", "files-archive"]),
        (out(volume="ID-erp-data"), ["erp-db", "files-archive"]),
        (out(volume_group="Erp-DB"), ["erp-data", "files-archive"]),
        (out(session_id="s-files-archive"), ["erp-data", "erp-db"]),
    ],
)
def test_an_exclusion_leaves_out_by_any_name_of_the_session(exclusion: Json, left: list[str]) -> None:
    for filters in ({"name": "*"}, '{"name": "*"}'):
        found = scope([], filters, [exclusion])
        assert names(found) == left
        assert len(found.wishes) == 2 and len(found.excluded) == 1
    asked = [{"volume": "erp-data"}, {"volume_group": "erp-db"}, {"volume": "files-archive"}]
    assert names(scope(asked, {}, [exclusion])) == left


def test_what_is_named_in_the_same_words_is_not_even_read() -> None:
    asked = request([{"volume": "erp-data"}, {"volume": "gone"}], {}, [out(volume="GONE")])
    assert asked.selection() == {"sessions": [{"volume": "erp-data"}]}
    found = chosen(asked, [BY_NAME["erp-data"]])
    assert names(found) == ["erp-data"] and found.excluded == ()


def test_wishes_stay_with_their_sessions() -> None:
    asked = [{"volume": "files-archive", "wave": 3}, {"volume": "erp-data", "wave": 1}, {"volume_group": "erp-db"}]
    found = scope(asked, {}, [out(session_id="s-erp-data")])
    assert [
        (wish.wave, session["resource_name"]) for wish, session in zip(found.wishes, found.sessions, strict=True)
    ] == [(3, "files-archive"), (1, "erp-db")]


IDLE: list[tuple[Json, str]] = [
    (out(volume="erp-db"), "erp-db is a volume group. Write volume_group: erp-db"),
    (out(volume_group="ERP-DATA"), "erp-data is a volume. Write volume: ERP-DATA"),
    (out(volume="erp-dta"), "The nearest name is erp-data"),
    (out(volume="erp-*"), "exclusions take no patterns"),
    (out(volume="quite-another"), "No name is near it"),
    (out(session_id="s-erp-dat"), "The nearest name is s-erp-data"),
]


@pytest.mark.parametrize(("exclusion", "said"), IDLE)
def test_an_exclusion_that_leaves_nothing_out_is_refused(exclusion: Json, said: str) -> None:
    with pytest.raises(InvalidInputError, match="matches none of the 3 sessions") as refused:
        scope([], {"name": "*"}, [exclusion])
    assert said in refused.value.message
    with pytest.raises(InvalidInputError):
        scope([{"volume": "erp-data"}], {}, [out(volume="erp-dta")])


def test_nothing_left_is_refused() -> None:
    asked = request([], {"name": "x*"}, [])
    with pytest.raises(NothingFitsError, match="No replication session on dr matches failover_drill_filters"):
        chosen(asked, [], "dr")
    everything = [out(volume="erp-data"), out(volume_group="erp-db"), out(session_id="s-files-archive")]
    with pytest.raises(NothingFitsError):
        scope([], {"name": "*"}, everything)


def test_a_session_that_was_not_found_is_no_exclusions() -> None:
    unresolved = {"session_id": None, "resource_type": "volume", "resource_name": "none", "resource_id": None}
    asked = Request(request([{"volume": "none"}], {}, []).wishes, {}, ())
    assert names(chosen(asked, [unresolved])) == ["none"]


# How much there is


def destination(name: str, kind: str = "volume", **more: object) -> Json:
    return {**entry(name, kind), "role": "Destination", "type": "Asynchronous", **more}


def test_the_population_counts_each_session_once() -> None:
    everything = [
        *(destination(each["resource_name"], each["resource_type"]) for each in ARRAY),
        destination("erp-scratch"),
        destination("files", "nas_server"),
        destination("vm-group", "replication_group"),
        destination("near", type="Synchronous"),
        destination("old-release", type=None),
        {**destination("local"), "role": "Source"},
    ]
    # erp-scratch is named in the same words by both, so it is not even read.
    asked = request([{"volume": "erp-data"}, {"volume": "ERP-SCRATCH"}], {}, [out(volume="erp-scratch")])
    found = chosen(asked, [BY_NAME["erp-data"]])

    assert population(everything, asked, found.sessions) == {
        "destinations": 8, "testable": 6, "in_scope": 1, "excluded": 1, "not_selected": 4,
    }  # fmt: skip


def test_who_answers_for_an_exclusion_and_until_when() -> None:
    given = [
        out(volume="a", owner="A. Osei", expires="2026-12-31"),
        out(volume="b", expires=date(2026, 12, 31)),  # as YAML reads it without quotes
        out(volume="c"),
    ]
    asked = request([{"volume": "d"}], {}, given)
    plan = asked.as_plan()["exclusions"]

    assert plan == [
        {"volume": "a", "reason": "why", "owner": "A. Osei", "expires": "2026-12-31"},
        {"volume": "b", "reason": "why", "expires": "2026-12-31"},
        {"volume": "c", "reason": "why"},
    ]
    assert Request.from_plan(asked.as_plan()).exclusions == asked.exclusions


@pytest.mark.parametrize("expires", ["next year", "31.12.2026", 7])
def test_an_exclusion_until_nobody_knows_when_is_refused(expires: object) -> None:
    with pytest.raises(InvalidInputError, match=r"failover_drill_exclusions\[0\].expires is .*: expected a day"):
        request([{"volume": "d"}], {}, [out(volume="a", expires=expires)])
