# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a check: each has one meaning, or is refused with the check's name before anything runs."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._check.options import (
    Command,
    Http,
    Tcp,
    parse_checks,
    parse_parallel,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from tests.unit.makers.checks import Options, a_check

URL = "https://erp-dr.example.com/health"


def parsed(**options: t.Any) -> t.Any:
    [check] = parse_checks([a_check(**options)])
    return check


REFUSED: list[tuple[Options, str]] = [
    ({"contains": True}, "contains is not a text but a boolean"),
    ({"contains": 5}, "contains is not a text but a number"),
    ({"contains": 5.5}, "contains is not a text but a number"),
    ({"contains": ["a"]}, "contains is not a text but a list"),
    ({"contains": {"a": 1}}, "contains is not a text but a dictionary"),
    ({"contains": ""}, "contains is empty"),
    ({"http": {"url": URL, "contains": True}}, "http.contains is not a text but a boolean"),
    ({"http": {"url": URL, "contains": ""}}, "http.contains is empty"),
    ({"http": {"url": URL}, "contains": "ok"}, "contains belongs to command"),
    ({"tcp": {"host": "a", "port": 1}, "contains": "ok"}, "contains belongs to command"),
    ({"http": {"url": URL}, "chdir": "/"}, "chdir belongs to command"),
    ({"tcp": {"host": "a", "port": 1}, "environment": {}}, "environment belongs to command"),
    ({"timeout": 0.0}, "timeout is 0: expected seconds, more than 0"),
    ({"timeout": -1.0}, "timeout is -1"),
    ({"timeout": float("nan")}, "timeout is nan"),
    ({"timeout": float("inf")}, "timeout is inf"),
    ({"timeout": 86400.5}, "at most 86400"),
    ({"command": None}, "expected exactly one of tcp, http, command, found none"),
    ({"command": ["true"], "tcp": {"host": "a", "port": 1}}, "found tcp and command"),
    ({"command": []}, "command is empty"),
    ({"command": ""}, "command is empty"),
    ({"command": [""]}, "command is empty"),
    ({"command": ["a\0b"]}, "command is empty"),
    ({"command": "echo 'a"}, "No closing quotation"),
    ({"command": 5}, "command is a number"),
    ({"command": True}, "command is a boolean"),
    ({"command": ["echo", True]}, "a word of command is a boolean"),
    ({"command": ["echo", ["a"]]}, "a word of command is a list"),
    ({"environment": {"A": True}}, "environment, A is a boolean"),
    ({"environment": {"A=B": "c"}}, "names without ="),
    ({"environment": {"": "c"}}, "names without ="),
    ({"environment": {"A": "c\0"}}, "values without NUL"),
    ({"tcp": {"host": "a", "port": 0}}, "tcp.port is 0"),
    ({"tcp": {"host": "a", "port": 65536}}, "tcp.port is 65536"),
    ({"tcp": {"host": "a", "port": True}}, "tcp.port is True"),
    ({"tcp": {"host": " ", "port": 1}}, "tcp.host is empty"),
    ({"http": {"url": "ftp://erp"}}, "http.url is no URL"),
    ({"http": {"url": "file:///etc/passwd"}}, "http.url is no URL"),
    ({"http": {"url": "https:///health"}}, "http.url is no URL"),
    ({"http": {"url": "https://erp:0/"}}, "http.url is no URL"),
    ({"http": {"url": "https://erp:99999/"}}, "http.url is no URL"),
    ({"http": {"url": "https://erp/a b"}}, "http.url is no URL"),
    ({"http": {"url": "https://erp/\r\nHost: other"}}, "http.url is no URL"),
    ({"http": {"url": "https://erp/ä"}}, "http.url is no URL"),
    ({"http": {"url": "https://[::1"}}, "http.url is no URL"),
    ({"http": {"url": URL, "status": []}}, "http.status is []"),
    ({"http": {"url": URL, "status": [100]}}, "http.status is [100]"),
    ({"http": {"url": URL, "status": [600]}}, "http.status is [600]"),
    ({"http": {"url": URL, "status": [True]}}, "http.status is [True]"),
    ({"http": {"url": URL, "method": "GET /"}}, "http.method is"),
    ({"http": {"url": URL, "method": "HEAD", "contains": "ok"}}, "an answer to HEAD has no text"),
    ({"http": {"url": URL, "headers": {"A": False}}}, "http.headers, A is a boolean"),
    ({"http": {"url": URL, "headers": {"A": "b\r\nC: d"}}}, "a header's name and one line"),
    ({"http": {"url": URL, "headers": {"A B": "c"}}}, "a header's name and one line"),
    ({"http": {"url": URL, "headers": {"A": "\u20ac"}}}, "a header's name and one line"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_what_has_no_one_meaning_is_refused(options: Options, message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parsed(**options)
    assert message in refused.value.message
    assert refused.value.message.startswith("Check 'one': ")


@pytest.mark.parametrize("name", ["", "  ", "a\nb"])
def test_a_name_is_one_line(name: str) -> None:
    with pytest.raises(InvalidInputError, match="Check 1: expected a name of one line"):
        parsed(name=name)


def test_two_checks_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="Two checks are called 'one'"):
        parse_checks([a_check(), a_check(name="two"), a_check(name=" one ")])


@pytest.mark.parametrize(("value", "good"), [(0, False), (1, True), (128, True), (129, False), (-1, False)])
def test_how_many_at_once(value: int, good: bool) -> None:
    if good:
        assert parse_parallel(value) == value
    else:
        with pytest.raises(InvalidInputError, match=f"parallel is {value}: expected 1 to 128"):
            parse_parallel(value)


def test_each_kind_says_what_it_expects() -> None:
    tcp = parsed(tcp={"host": " db ", "port": 5432}).probe
    http = parsed(http={"url": URL, "status": [200, 401], "contains": "ok", "headers": {"N": 1}}).probe
    command = parsed(command=["psql", "-c", 5], contains="0 gaps", environment={"A": 1}, chdir="/tmp").probe

    assert (tcp, tcp.expected) == (Tcp("db", 5432), "db:5432 accepts connections")
    assert http == Http(URL, "GET", (200, 401), "ok", {"N": "1"}, True, None)
    assert http.expected == "HTTP 200 or 401 with ok"
    assert command == Command(("psql", "-c", "5"), "0 gaps", "/tmp", {"A": "1"})
    assert command.expected == "exit code 0 and 0 gaps in its output"
    assert parsed(http={"url": URL}).probe.expected == "HTTP 200"
    assert parsed(command="true").probe.expected == "exit code 0"


def test_a_text_is_split_into_words_without_a_shell() -> None:
    assert parsed(command="sh -c 'echo $HOME; id'").probe.argv == ("sh", "-c", "echo $HOME; id")


@pytest.mark.parametrize(
    ("options", "retry"),
    [
        ({"tcp": {"host": "a", "port": 1}}, True),
        ({"command": "true"}, True),
        ({"command": "true", "retry": False}, False),
        ({"http": {"url": URL}}, True),
        ({"http": {"url": URL, "method": "head"}}, True),
        ({"http": {"url": URL, "method": "POST"}}, False),
        ({"http": {"url": URL, "method": "POST"}, "retry": True}, True),
        ({"http": {"url": URL}, "retry": False}, False),
    ],
)
def test_what_may_change_something_is_not_sent_twice_unasked(options: Options, retry: bool) -> None:
    assert parsed(**options).retry is retry
