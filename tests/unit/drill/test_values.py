# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a drill's variables: what they are taken for, and what is refused."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill import values
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError


@pytest.mark.parametrize(("given", "taken"), [("erp", "erp"), (1234, "1234"), (0, "0"), (" a b ", " a b ")])
def test_a_text(given: object, taken: str) -> None:
    assert values.a_text(given, "x") == taken


@pytest.mark.parametrize("given", [None, "", "  ", True, False, 1.0, ["a"], {"a": 1}])
def test_no_text(given: object) -> None:
    with pytest.raises(InvalidInputError, match=r"x is .*: expected a text"):
        values.a_text(given, "x")


@pytest.mark.parametrize(("given", "taken"), [(1, 1), ("2", 2), (" 300 ", 300), (10, 10)])
def test_a_number(given: object, taken: int) -> None:
    assert values.a_number(given, "x", lowest=1) == taken


@pytest.mark.parametrize("given", [0, -1, "0", "-5", "two", "", True, None, 1.5, "1.5", [1], 2**31, "²"])
def test_no_number(given: object) -> None:
    with pytest.raises(InvalidInputError, match=r"x is .*: expected a whole number from 1"):
        values.a_number(given, "x", lowest=1)


def test_a_number_has_an_upper_bound() -> None:
    assert values.a_number(65535, "port", lowest=1, highest=65535) == 65535
    with pytest.raises(InvalidInputError, match="from 1 to 65535"):
        values.a_number("65536", "port", lowest=1, highest=65535)


@pytest.mark.parametrize(
    ("given", "taken"),
    [(True, True), ("yes", True), ("On", True), (1, True), ("1", True), (False, False), ("off", False), (0, False)],
)
def test_a_bool(given: object, taken: bool) -> None:
    assert values.a_bool(given, "x") is taken


@pytest.mark.parametrize("given", [None, "", "maybe", 2, 1.0, [], {}])
def test_no_bool(given: object) -> None:
    with pytest.raises(InvalidInputError, match="expected true or false"):
        values.a_bool(given, "x")


def test_a_choice_has_the_spelling_of_the_choices() -> None:
    assert values.a_choice("destination ", "role", ("Source", "Destination")) == "Destination"
    for wrong in ("Dest", "", None, 1, True, ["Source"]):
        with pytest.raises(InvalidInputError, match=r"role is .*: expected one of Source, Destination"):
            values.a_choice(wrong, "role", ("Source", "Destination"))


def test_lists_and_mappings_may_be_json_in_a_text() -> None:
    assert values.a_list('[{"volume": "a"}]', "x", "[]") == [{"volume": "a"}]
    assert values.a_list(("a", "b"), "x", "[]") == ["a", "b"]
    assert values.a_list(None, "x", "[]") == values.a_list("", "x", "[]") == []
    assert values.a_mapping('{"name": "erp-*"}', "x", "{}") == {"name": "erp-*"}


@pytest.mark.parametrize("given", ["erp-*", "{name: erp-*}", '"text"', 5, True, {"a": 1}, '{"a": 1}'])
def test_no_list(given: object) -> None:
    with pytest.raises(InvalidInputError, match="expected a list such as EXAMPLE"):
        values.a_list(given, "x", "EXAMPLE")


@pytest.mark.parametrize("given", [None, "", "erp-*", "{name: erp-*}", [], ["a"], "[]", 5, True, {1: 2}])
def test_no_mapping(given: object) -> None:
    with pytest.raises(InvalidInputError, match="expected a mapping such as EXAMPLE"):
        values.a_mapping(given, "x", "EXAMPLE")


def test_json_with_a_key_twice_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        values.a_mapping('{"name": "erp-*", "name": "*"}', "x", "{}")
    with pytest.raises(ValueError, match="the key a is there more than once"):
        values.once([("a", 1), ("b", 1), ("a", 2)])


def test_a_key_that_means_nothing_is_refused_by_its_name() -> None:
    values.known_keys({"a": 1}, "x", ("a", "b"))
    with pytest.raises(InvalidInputError, match="x has 'c', 'd': expected only a, b"):
        values.known_keys({"d": 1, "c": 1, "a": 1}, "x", ("a", "b"))


@pytest.mark.parametrize(
    ("given", "taken"),
    [("a\nb", "'a b'"), (5, "5"), (None, "null"), (["é"], '["é"]'), ("x" * 200, "'" + "x" * 118 + "…")],
)
def test_what_a_message_shows(given: t.Any, taken: str) -> None:
    assert values.shown(given) == taken
