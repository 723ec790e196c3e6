# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The query language, as Dell's developers guide has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.simulator import Simulator

from .conftest import ESTATE, Client


def names(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(row["name"] for row in rows)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"name": "eq.ERP-DATA"}, ["erp-data"]),
        ({"name": "ilike.*DB*", "type": "eq.Primary"}, ["db(log)", "db,data"]),
        ({"name": "in.(old,erp-data)"}, ["erp-data", "old"]),
        ({"name": 'in.("db,data","db(log)")'}, ["db(log)", "db,data"]),
        ({"name": "eq.db,data"}, ["db,data"]),
        ({"name": "not.in.(old,metro-1)", "type": "eq.Primary"}, ["db(log)", "db,data", "erp-data"]),
        ({"and": '(type.eq.Primary,name.in.("db,data",old))'}, ["db,data", "old"]),
        ({"or": "(name.eq.old,and(name.eq.erp-data,size.gt.50))"}, ["erp-data", "old"]),
        ({"or": "(name.eq.old,not.and(type.eq.Snapshot))", "name": "ilike.o*"}, ["old"]),
        ({"not.or": "(name.eq.old,type.eq.Snapshot)", "name": "ilike.*e*"}, ["erp-data", "metro-1"]),
        ({"size": "lt.5"}, []),
        ({"size": "gte.107374182400", "name": "eq.old"}, ["old"]),
        ({"is_replication_destination": "is.true", "name": "ilike.o*"}, ["old"]),
        ({"metro_replication_session_id": "is.null", "name": "eq.old"}, ["old"]),
        ({"metro_replication_session_id": "not.is.null"}, ["metro-1"]),
        ({"metro_replication_session_id": "neq.x", "name": "eq.old"}, []),  # null is unknown, as in SQL
        ({"creation_timestamp": "gt.2000-01-01T00:00:00Z", "name": "eq.old"}, ["old"]),
    ],
)
def test_filters(dr: Client, filters: dict[str, str], found: list[str]) -> None:
    assert names(dr.get("/volume", select="id,name", **filters)) == found


def test_json_path_and_list_filters(dr: Client) -> None:
    volume = dr.get("/volume/name:erp-data")["id"]
    rows = dr.get("/volume", **{"protection_data->>source_id": f"eq.{volume}", "select": "name,type"})
    assert names(rows) == ["engine", "monday"]
    assert len(dr.get("/remote_system", capabilities="cs.{Asynchronous_Block_Replication}")) == 1
    assert dr.get("/remote_system", capabilities="cs.{Remote_Backup}") == []


def test_without_select_only_the_id(dr: Client) -> None:
    assert all(list(row) == ["id"] for row in dr.get("/volume"))
    assert list(dr.get("/volume/name:old")) == ["id"]


def test_star_is_own_attributes_without_references(dr: Client) -> None:
    row = dr.get("/volume/name:erp-data", select="*")
    assert row["protection_data"]["family_id"] == row["id"]
    assert not {"appliance", "mapped_volumes", "volume_groups"} & row.keys()
    assert row["type_l10n"] == "Primary"


def test_nested_references(dr: Client) -> None:
    select = "name,volumes(name,mapped_volumes(logical_unit_number,host_group(name,hosts(name)))),protection_policy"
    row = dr.get("/volume_group/name:erp-db", select=select)
    assert row["protection_policy"].keys() == {"id"}
    group = {"name": "cluster", "hosts": [{"name": "h3"}]}
    assert {each["name"]: each["mapped_volumes"][0]["host_group"] for each in row["volumes"]} == {
        "db,data": group,
        "db(log)": group,
    }
    sessions = dr.get("/replication_session", select="remote_system(name,replication_rules(rpo)),volumes(name)")
    assert sessions[0]["remote_system"]["name"] == "ps-production"
    assert sessions[0]["volumes"] == [{"name": "erp-data"}]


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/volume", {"select": "id,colour"}, 400, "0xE04040030001"),
        ("/volume", {"select": "appliance(colour)"}, 400, "0xE04040030001"),
        ("/volume", {"select": "id(name)"}, 400, "0xE04040010005"),
        ("/volume", {"colour": "eq.red"}, 400, "0xE04040030001"),
        ("/volume", {"name": "erp"}, 400, "0xE04040010005"),
        ("/volume", {"name": "like.erp"}, 400, "0xE04040010005"),
        ("/volume", {"size": "gt.big"}, 400, "0xE04040010005"),
        ("/volume", {"and": "(name.eq.a"}, 400, "0xE04040010005"),
        ("/volume", {"order": "colour"}, 400, "0xE04040030001"),
        ("/volume", {"limit": "0"}, 416, "0xE04040010005"),
        ("/volume", {"limit": "-1"}, 416, "0xE04040010005"),
        ("/volume", {"limit": "many"}, 400, "0xE04040010005"),
        ("/volume", {"offset": "1000"}, 416, "0xE04040010005"),
        ("/replication_session", {"storage_element_pairs": "is.null"}, 400, "0xE04040010005"),
        ("/cluster", {"name": "eq.x"}, 400, "0xE04040010005"),
        ("/cluster", {"limit": "1"}, 400, "0xE04040010005"),
        ("/volume/name:nope", {}, 404, "0xE04040020009"),
        ("/volume/name:old", {"limit": "1"}, 400, "0xE04040010005"),
        ("/replication_session/name:erp-data", {}, 404, "0xE04040020009"),
        ("/nonsense", {}, 404, "0xE04040020002"),
    ],
)
def test_bad_requests(dr: Client, path: str, params: dict[str, str], status: int, code: str) -> None:
    answer = dr.send("GET", path, params=params)
    assert answer.status_code == status, answer.text
    (message,) = answer.json()["messages"]
    assert message["code"] == code
    assert message.keys() == {"code", "severity", "message_l10n", "arguments"}


def test_verbs_a_path_does_not_have(dr: Client) -> None:
    assert dr.send("DELETE", "/replication_session/x").status_code == 405
    assert dr.post("/volume", {}).status_code == 405


def test_encoded_names(dr: Client) -> None:
    assert dr.get("/volume/name:db%2Cdata", select="name") == {"name": "db,data"}


def test_order(dr: Client) -> None:
    rows = dr.get("/volume", select="name", type="eq.Primary", order="size.asc,name.desc")
    assert [row["name"] for row in rows] == sorted((row["name"] for row in rows), reverse=True)


def test_empty_collection_is_200(dr: Client) -> None:
    answer = dr.send("GET", "/alert", params={"offset": "5"})
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.fixture(scope="module")
def many() -> Iterator[Client]:
    with Simulator.from_dict({**ESTATE, "sessions": [], "generate": {"volumes": 2105}}) as sim:
        client = Client(sim, sim.dr)
        client.login()
        yield client


@pytest.mark.parametrize(
    ("params", "headers", "status", "content_range", "rows"),
    [
        ({}, {}, 206, "0-99/2105", 100),
        ({"limit": "1000", "offset": "2000"}, {}, 206, "2000-2104/2105", 105),
        ({"limit": "5000"}, {}, 206, "0-1999/2105", 2000),
        ({"limit": "10", "name": "ilike.vol-000*"}, {}, 200, None, 9),
        ({}, {"Range": "10-19"}, 206, "10-19/2105", 10),
        ({}, {"Range": "2105-2200"}, 416, None, None),
        ({}, {"Range": "nonsense"}, 416, None, None),
        ({"offset": "2105"}, {}, 416, None, None),
    ],
)
def test_paging(
    many: Client,
    params: dict[str, str],
    headers: dict[str, str],
    status: int,
    content_range: str | None,
    rows: int | None,
) -> None:
    answer = many.send("GET", "/volume", params=params, headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("Content-Range") == content_range
    if rows is not None:
        assert len(answer.json()) == rows


def test_many_ids_in_one_filter(many: Client) -> None:
    ids = [row["id"] for row in many.get("/replication_session", limit="500")]
    assert len(many.get("/replication_session", id=f"in.({','.join(ids)})", limit="500")) == 500
