# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading many rows: by ids or page by page, whichever takes fewer requests; and rows that are not as described."""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass, field

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.client import PAGE_SIZE, Client, chunks
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.read_related import read_related
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.rows import read_any, read_by
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthorizationError,
    ServerFaultError,
    UnreachableError,
)
from tests.unit.makers.samples import a_session

Row = dict[str, t.Any]


@dataclass
class Collections:
    """A client whose collections are lists of rows, or the error that asking for them raises."""

    rows: dict[str, list[Row] | Exception] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def as_client(self) -> Client:
        return t.cast(Client, self)

    def _said(self, collection: str) -> list[Row]:
        said = self.rows.get(collection, [])
        if isinstance(said, Exception):
            raise said
        return said

    def count(self, collection: str, *_query: object, **_options: object) -> int:
        self.requests.append("count")
        return len(self._said(collection))

    def get_all(self, collection: str, *_query: object, **_options: object) -> list[Row]:
        self.requests += ["page"] * max(1, -(-len(self._said(collection)) // PAGE_SIZE))
        return self._said(collection)

    def get_by(
        self, collection: str, attribute: str, values: t.Iterable[str], *_query: object, **_options: object
    ) -> list[Row]:
        wanted = list(values)
        self.requests += ["url"] * len(list(chunks(wanted)))
        return [row for row in self._said(collection) if row.get(attribute) in wanted]


def identities(number: int) -> list[str]:
    return [str(uuid.UUID(int=position)) for position in range(number)]


@pytest.mark.parametrize(
    ("wanted", "there", "requests"),
    [
        (0, 10, []),
        (1, 10, ["url"]),
        (300, 300, ["url"] * 2),  # finding out would cost as much as it saves
        (1000, 1000, ["count", "page"]),
        (1000, 8000, ["count"] + ["page"] * 4),
        (1000, 30_000, ["count"] + ["url"] * 6),
    ],
)
def test_by_whichever_way_takes_fewer(wanted: int, there: int, requests: list[str]) -> None:
    known = identities(there)
    client = Collections({"volume": [{"id": value} for value in known]})
    rows = read_by(client.as_client(), "volume", "id", known[:wanted], [("select", "id")], doing="Reading")
    assert [row["id"] for row in rows] == known[:wanted]
    assert client.requests == requests


def test_lookups_one_by_one_or_all_at_once() -> None:
    client = Collections({"volume": [{"id": "1", "name": "a,b"}]})
    lookups = [("name", f"eq.{letter},") for letter in "abcde"]
    assert read_any(client.as_client(), "volume", lookups[:2], doing="Reading") and client.requests == ["page"] * 2
    client.requests.clear()
    assert read_any(client.as_client(), "volume", lookups, doing="Reading") and client.requests == ["count", "page"]


STARTED = {"id": "1", "username": "colleague", "timestamp": "2026-11-23T19:00:00Z"}


@pytest.mark.parametrize(
    ("argument", "names", "known"),
    [
        ("s-1", ["erp-data", "other"], {"s-1"}),
        ("other", ["erp-data", "other"], {"s-2"}),
        ("erp-data", ["erp-data", "erp-data"], set()),  # a volume and a volume group may share a name
        ("nobody", ["erp-data", "other"], set()),
    ],
)
def test_whose_start_an_audit_event_tells(argument: str, names: list[str], known: set[str]) -> None:
    sessions = [
        a_session(id=f"s-{number}", failover_test_in_progress=True).named(name)
        for number, name in enumerate(names, start=1)
    ]
    client = Collections(
        {
            "job": AuthorizationError("no"),
            "audit_event": [{**STARTED, "message_arguments": ["colleague", argument]}],
        }
    )
    running = read_related(client.as_client(), sessions).running
    assert {session_id for session_id, test in running.items() if test.source == "audit_event"} == known


@pytest.mark.parametrize("collection", ["alert", "job", "audit_event"])
def test_what_a_drill_can_do_without_may_be_forbidden_but_not_gone(collection: str) -> None:
    sessions = [a_session(failover_test_in_progress=True)]
    related = read_related(Collections({collection: AuthorizationError("no")}).as_client(), sessions)
    assert (related.alerts is None) is (collection == "alert")
    assert related.running == {}
    with pytest.raises(UnreachableError):
        read_related(Collections({collection: UnreachableError("gone")}).as_client(), sessions)


@pytest.mark.parametrize(
    ("collection", "row"),
    [
        ("replication_rule", {"id": "rule-1", "rpo": ["Five_Minutes"]}),
        ("volume_group", {"id": "g-1", "volumes": [None]}),
        ("host_volume_mapping", {"id": "m", "volume_id": "v-1", "host": "a text"}),
        ("alert", {"id": "a", "resource_id": "s-1", "raised_timestamp": "soon"}),
    ],
)
def test_an_odd_row_spoils_no_other_and_is_said(collection: str, row: Row) -> None:
    session = a_session(resource_type="volume_group", local_resource_id="g-1")
    related = read_related(Collections({collection: [row]}).as_client(), [session])
    (unread,) = related.unread
    assert unread.what == f"{collection.replace('_', ' ')} {row['id']}" and unread.error.kind == "protocol"
    assert str(unread).startswith(f"Not read: {unread.what}. ") and "expected" in str(unread)


@pytest.mark.parametrize("collection", ["replication_rule", "volume_group", "volume", "host_volume_mapping"])
def test_what_has_to_be_readable_is_raised_or_said(collection: str) -> None:
    session = a_session(resource_type="volume_group", local_resource_id="g-1")
    client = Collections({collection: ServerFaultError("500")}).as_client()
    with pytest.raises(ServerFaultError):
        read_related(client, [session])
    assert [each.error.message for each in read_related(client, [session], tolerant=True).unread] == ["500"]
