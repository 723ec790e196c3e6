# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparing a record with its schema: whether it is valid, and what is wrong with it, are said by two functions."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.published import published, schema_of
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import read_record
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.validation import Check
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind
from tests.unit.makers.records import drill_record


def places(value: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    """The path to everything in a value."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(value[key], (*path, key))


@pytest.mark.parametrize(
    "odd", [None, "x", 7, 1.5, True, [], {}, "2026-13-01T00:00:00Z", float("nan"), [None], ...], ids=repr
)
def test_the_quick_look_at_a_record_refuses_what_the_thorough_one_does(odd: t.Any) -> None:
    """Whether a record is valid is decided by one function, what is wrong with it is said by another."""
    check = Check(published()["$defs"])
    schema = schema_of(Kind.DRILL)
    record = read_record(drill_record(1), "a record").as_json()
    assert check.problems(record, schema) == check._found(record, schema) == []
    for *folders, last in list(places(record)):
        place: t.Any = record
        for folder in folders:
            place = place[folder]
        before = place[last]
        if odd is not ...:
            place[last] = odd
        elif isinstance(place, dict):
            del place[last]
        assert check._fits(schema)(record) is (not check._found(record, schema)), (*folders, last)
        if isinstance(place, dict) or odd is not ...:
            place[last] = before
