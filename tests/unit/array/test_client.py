# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs, over HTTPS against a simulated array; and what becomes of ids, names and filters in a URL."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.client import (
    URL_LENGTH,
    Client,
    Receipt,
    chunks,
    encode_query,
    path_id,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import Connection
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthorizationError,
    BusyError,
    NotFoundError,
    OutcomeUnknownError,
    PowerStoreError,
    ProtocolError,
    RejectedError,
    ServerFaultError,
)
from tests.lab.simulator import Simulator
from tests.running import connection_to

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


def in_filter(values: list[str]) -> str:
    """The filter as it is sent."""
    return encode_query([("id", f"in.({','.join(values)})")])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda text, times: text * times, st.text(st.sampled_from("aZ9-_ ü€"), max_size=8), st.integers(1, 400)
        ),
        max_size=30,
    )
)
def test_chunks_lose_nothing_and_fit_into_a_url(values: list[str]) -> None:
    groups = list(chunks(values))

    assert [value for group in groups for value in group] == values
    assert all(groups)
    for group in groups:
        assert len(group) == 1 or len(in_filter(group)) <= URL_LENGTH + len(in_filter([]))


def test_chunks_of_ids_are_as_few_as_possible() -> None:
    values = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(1000)]
    groups = list(chunks(values))

    assert len(groups) == 6  # 37 characters each, 7,000 in a URL: 189 in one query
    assert all(len(in_filter(group)) <= URL_LENGTH + len(in_filter([])) for group in groups)
    # One more value would not have fitted.
    assert all(len(in_filter([*group, following[0]])) > URL_LENGTH for group, following in pairwise(groups))


def test_no_values_are_no_query() -> None:
    # `in.()` would be refused by the array.
    assert list(chunks([])) == []


def test_a_value_longer_than_a_url_goes_alone() -> None:
    long = "x" * (URL_LENGTH + 1)

    assert list(chunks(["a", long, "b"])) == [["a"], [long], ["b"]]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_a_query_arrives_as_it_was_meant(query: list[tuple[str, str]]) -> None:
    encoded = encode_query(query)

    assert parse_qsl(encoded, keep_blank_values=True, strict_parsing=False) == query
    assert urlsplit(f"https://array/api/rest/volume?{encoded}").query == encoded
    assert encoded.isascii() and " " not in encoded and "+" not in encoded


def test_the_filter_language_stays_readable() -> None:
    query = [("select", "id,remote_system(id,name)"), ("name", "ilike.failover_test_STOPPED_*"), ("id", "in.(a,b)")]

    assert encode_query(query) == ("select=id,remote_system(id,name)&name=ilike.failover_test_STOPPED_*&id=in.(a,b)")


@pytest.mark.parametrize(
    ("name_or_id", "segment"),
    [
        ("0a1b2c3d-0000-4000-8000-00000000000a", "0a1b2c3d-0000-4000-8000-00000000000a"),
        ("name:erp-data", "name:erp-data"),
        ("name:a b", "name:a%20b"),
        ("../cluster", "..%2Fcluster"),
        ("a?x=1#y", "a%3Fx%3D1%23y"),
        ("100%", "100%25"),
        ("größe", "gr%C3%B6%C3%9Fe"),
    ],
)
def test_a_name_stays_one_segment_of_the_path(name_or_id: str, segment: str) -> None:
    assert path_id(name_or_id) == segment


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_any_name_survives_the_path(name: str) -> None:
    segment = path_id(name)
    parts = urlsplit(f"https://array/api/rest/volume/{segment}")

    assert unquote(segment) == name
    assert parts.path == f"/api/rest/volume/{segment}"
    assert "/" not in segment and not parts.query and not parts.fragment


OWN = {"messages": [{"code": "0xE1", "severity": "Error", "message_l10n": "No.", "arguments": []}]}
HTML = "<html>"
START = "/replication_session/{id}/start_failover_test"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    options = {**connection_to(simulator), "validate_certs": True, "timeout": 10}
    with Client(Connection.from_params(options)) as made:
        yield made


def start(client: Client, simulator: Simulator) -> Receipt:
    session_id = simulator.dr.session("erp-data").id
    return client.operate(f"/replication_session/{session_id}/start_failover_test", {}, doing="Starting")


def answer(simulator: Simulator, method: str, path: str, status: int, body: object, **more: t.Any) -> None:
    simulator.faults.add(action="answer", array="dr", method=method, path=path, status=status, body=body, **more)


@pytest.mark.parametrize(
    ("status", "body", "receipt"),
    [
        (200, None, Receipt()),
        (201, {}, Receipt(body={})),
        (204, None, Receipt()),
        (200, {"snapshot_id": "s"}, Receipt(body={"snapshot_id": "s"})),
        (202, {"id": "j-1"}, Receipt("j-1")),
        (202, {"id": 7}, Receipt("7")),
    ],
)
def test_an_operation_that_was_taken(
    client: Client, simulator: Simulator, status: int, body: object, receipt: Receipt
) -> None:
    answer(simulator, "POST", START, status, body)

    assert start(client, simulator) == receipt


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, OWN, RejectedError), (403, OWN, AuthorizationError), (404, OWN, NotFoundError), (422, OWN, RejectedError),
        (429, OWN, BusyError), (503, OWN, BusyError),
    ],
)  # fmt: skip
def test_an_operation_that_the_array_refused(
    client: Client, simulator: Simulator, status: int, body: object, error: type[PowerStoreError]
) -> None:
    answer(simulator, "POST", START, status, body)
    with pytest.raises(error, match=r"No\. \(0xE1\)") as raised:
        start(client, simulator)

    assert not isinstance(raised.value, OutcomeUnknownError)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (199, None), (200, HTML), (200, []), (202, None), (202, {}), (202, {"id": None}), (202, HTML), (203, {}),
        (205, None), (206, {}), (207, {}), (299, None), (301, HTML), (302, None), (307, HTML), (400, HTML), (401, None),
        (401, HTML), (403, HTML), (404, HTML), (408, OWN), (408, HTML), (409, {}), (422, {"messages": None}),
        (429, HTML), (499, None), (500, OWN), (502, HTML), (503, HTML), (503, None), (504, HTML),
    ],
)  # fmt: skip
def test_an_operation_of_which_the_array_itself_says_nothing(
    client: Client, simulator: Simulator, status: int, body: object
) -> None:
    answer(simulator, "POST", START, status, body)
    with pytest.raises(OutcomeUnknownError):
        start(client, simulator)

    sent = [exchange for exchange in simulator.dr.journal() if exchange.path.endswith("start_failover_test")]
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, OWN, NotFoundError), (400, HTML, RejectedError), (302, HTML, ProtocolError), (207, [], ProtocolError),
        (500, OWN, ServerFaultError), (503, OWN, BusyError), (200, HTML, ProtocolError),
    ],
)  # fmt: skip
def test_reads_that_fail(
    client: Client, simulator: Simulator, status: int, body: object, error: type[PowerStoreError], quick: None
) -> None:
    answer(simulator, "GET", "/volume", status, body)
    with pytest.raises(error, match="Reading"):
        client.get_all("volume", doing="Reading")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries that take no time."""
    monkeypatch.setattr(
        "ansible_collections.drdrill.powerstore.plugins.module_utils._array.transport._FIRST_PAUSE", 0.01
    )


@pytest.mark.parametrize(
    ("fault", "count"),
    [
        ({}, "all"),
        ({"action": "no_total"}, None),
        ({"action": "no_range"}, None),
        ({"action": "headers", "headers": {"Content-Range": "0-0/\u00b2"}}, None),
    ],
)
def test_how_many_there_are(client: Client, simulator: Simulator, fault: dict[str, t.Any], count: object) -> None:
    known = len(client.get_all("volume", doing="Reading"))
    if fault:
        simulator.faults.add(array="dr", method="GET", path="/volume", **fault)

    assert client.count("volume", doing="Counting") == (known if count else None)


@pytest.mark.parametrize("body", [{}, "text", [1, 2], {"id": "v-1"}, None])
def test_what_is_no_list_of_rows(client: Client, simulator: Simulator, body: object) -> None:
    answer(simulator, "GET", "/volume", 200, body)
    with pytest.raises(ProtocolError, match="Reading"):
        client.get_all("volume", doing="Reading")


def test_odd_rows_are_noted_where_that_is_asked_for(client: Client, simulator: Simulator) -> None:
    answer(simulator, "GET", "/volume", 200, [{"id": "v-1"}, {"id": None}, None])
    unread: list[t.Any] = []

    assert client.get_all("volume", doing="Reading", unread=unread) == [{"id": "v-1"}]
    assert len(unread) == 2


def test_many_values_are_asked_for_in_as_many_urls_as_they_take(client: Client, simulator: Simulator) -> None:
    known = [row["id"] for row in client.get_all("volume", doing="Reading")]
    simulator.dr.clear_journal()
    wanted = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(400)] + known

    assert {row["id"] for row in client.get_by("volume", "id", wanted, doing="Reading")} == set(known)
    assert len(simulator.dr.journal()) == 3


def test_a_change_is_refused_taken_or_unclear(client: Client, simulator: Simulator) -> None:
    path = f"/volume/{client.get_all('volume', doing='Reading')[0]['id']}"
    answer(simulator, "PATCH", "/volume/{id}", 204, None, count=1)
    client.change(path, {"description": "x"}, doing="Changing")
    answer(simulator, "PATCH", "/volume/{id}", 422, OWN, count=1)
    with pytest.raises(RejectedError):
        client.change(path, {"description": "x"}, doing="Changing")
    answer(simulator, "PATCH", "/volume/{id}", 302, HTML, count=1)
    with pytest.raises(OutcomeUnknownError):
        client.change(path, {"description": "x"}, doing="Changing")


def test_the_account_is_the_arrays_word(client: Client) -> None:
    assert client.account == "admin" and client.host == "127.0.0.1"
    assert client.is_own("CORP\\Admin") is True and client.is_own("someone") is False and client.is_own(None) is None
    client.learn_account("svc-7")
    assert client.account == "svc-7" and client.is_own("SVC-7") is True and client.is_own("admin") is True
