# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the REST helper: what becomes of ids, names and filters in a URL."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.client import (
    URL_LENGTH,
    chunks,
    encode_query,
    path_id,
)

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
