# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a check is shown: no secret, no control character, the end of a long output, and all of that in no time."""

from __future__ import annotations

import time

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._check.masking import (
    masked_argv,
    masked_text,
    masking_of,
    user_and_password,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._check.module import shown_options
from ansible_collections.drdrill.powerstore.plugins.module_utils._check.options import parse_checks
from tests.unit.makers.checks import Options, a_check

ARGV: list[tuple[list[str], list[str]]] = [
    (["app", "--password", "hunter2x"], ["app", "--password", "********"]),
    (["app", "--password=hunter2x"], ["app", "--password=********"]),
    (["app", "-password", "-hunter2x"], ["app", "-password", "********"]),
    (["app", "--no-password", "--host=a"], ["app", "--no-password", "--host=a"]),
    (["env", "PGPASSWORD=hunter2x", "psql"], ["env", "PGPASSWORD=********", "psql"]),
    (["env", "API_TOKEN=hunter2x", "x"], ["env", "API_TOKEN=********", "x"]),
    (["sh", "-c", "DB_SECRET='hunter 2x' run; id"], ["sh", "-c", "DB_SECRET=******** run; id"]),
    (["sh", "-c", "TOKEN=hunter2x; id"], ["sh", "-c", "TOKEN=********; id"]),
    (["curl", "-u", "me:hunter2x", "http://a"], ["curl", "-u", "me:********", "http://a"]),
    (["curl", "-u", "me", "http://a"], ["curl", "-u", "me", "http://a"]),
    (["curl", "https://me:hunter2x@a/b"], ["curl", "https://me:********@a/b"]),
    (["curl", "https://a/b?x=1&access_token=hunter2x&y=2"], ["curl", "https://a/b?x=1&access_token=********&y=2"]),
    (["curl", "-H", "Authorization: Bearer hunter2x"], ["curl", "-H", "Authorization: ********"]),
    (["curl", "-H", "X-Auth-Token: hunter2x"], ["curl", "-H", "X-Auth-Token: ********"]),
    (["curl", "-H", "Accept: text/plain"], ["curl", "-H", "Accept: text/plain"]),
    (["/usr/bin/mysql", "-phunter2x", "db"], ["/usr/bin/mysql", "-p********", "db"]),
    (["sshpass", "-phunter2x", "ssh", "a"], ["sshpass", "-p********", "ssh", "a"]),
    (["ssh", "-p22", "a"], ["ssh", "-p22", "a"]),
    (["secret-tool", "lookup", "name"], ["secret-tool", "lookup", "name"]),
]


@pytest.mark.parametrize(("argv", "shown"), ARGV)
def test_passwords_among_the_words_of_a_command(argv: list[str], shown: list[str]) -> None:
    assert masked_argv(argv)[0] == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password": "hunter2x", "user": "me"}', '{"password": ********, "user": "me"}'),
        ("authorization: Basic aHVudGVy", "authorization: Basic ********"),
        ("password: ********", "password: ********"),
        ("password authentication failed", "password authentication failed"),
        ("see https://a.example/token://x", "see https://a.example/token://x"),
    ],
)
def test_passwords_in_an_output(text: str, shown: str) -> None:
    assert masked_text(text)[0] == shown


def shown_of(text: str, **options: object) -> str:
    [check] = parse_checks([a_check(**options)])
    return masking_of(check).tail(text)


def test_what_a_check_is_given_is_not_in_what_it_shows() -> None:
    http: Options = {
        "url": "https://me:geheim%2F1@a/",
        "headers": {"Authorization": "Bearer abcdefgh", "X": "wert1234"},
    }
    assert shown_of("Bearer abcdefgh | abcdefgh | wert1234", http=http) == "******** | ******** | ********"
    assert shown_of("geheim%2F1 | geheim/1", http=http) == "******** | ********"
    assert shown_of(f"Basic {user_and_password(str(http['url']))}", http=http) == "Basic ********"
    assert shown_of("the hunter2x", command=["app", "--token", "hunter2x"]) == "the ********"
    assert shown_of("first1\nthen\nsecond2", environment={"KEY": "first1\nsecond2"}) == "********\nthen\n********"
    assert shown_of("a 1", environment={"A": "1"}) == "a 1"
    assert shown_of("anything", no_log=True) == ""


def test_control_characters_are_taken_out_and_hide_no_secret() -> None:
    assert shown_of("a\x1b[31mred\x1b[0m\x1b]0;title\x07\x00\x07b\u202ec\td\r\ne\r") == "aredbc\td\ne"
    assert shown_of("hun\x00ter2x hun\x1b[1mter2x", environment={"A": "hunter2x"}) == "******** ********"


def test_the_end_of_a_long_output_is_shown_and_no_half_of_a_secret() -> None:
    assert shown_of("x" * 5000 + "end") == "x" * 4093 + "end"
    assert shown_of("ä" * 3000) == "ä" * 2048
    assert shown_of("ä" * 3000 + "!") == "ä" * 2047 + "!"
    text = "hunter2x" + "y" * 4092
    assert shown_of(text, environment={"A": "hunter2x"}) == "****" + "y" * 4092


@pytest.mark.parametrize(
    "text",
    ["a" * 10**6, "pass" * 10**6, "a:" * 10**6, "x://" * 10**6, "\x1b[" * 10**6, "\x1b]" * 10**6, 'pwd="' * 10**6],
)
def test_no_output_makes_the_masking_slow(text: str) -> None:
    begun = time.process_time()
    shown_of(text)
    assert time.process_time() - begun < 20


def test_options_are_shown_without_their_secrets() -> None:
    shown = shown_options(
        {
            "name": "one",
            "http": {"url": "https://me:geheim12@a/", "headers": {"A": "wert1234"}, "status": [200]},
            "command": "mysql -phunter2x",
            "environment": {"B": "other123"},
            "timeout": 5,
        }
    )
    assert shown == {
        "name": "one",
        "http": {"url": "https://me:********@a/", "headers": {"A": "********"}, "status": [200]},
        "command": "mysql -p********",
        "environment": {"B": "********"},
        "timeout": 5,
    }
    # What is not valid must not be shown for that reason: these are masked before anything else is known of them.
    assert shown_options({"command": "a 'b", "environment": "A=b", "http": "x"}) == {
        "command": "hidden by no_log",
        "environment": "********",
        "http": "x",
    }
    hidden = shown_options({"name": "one", "no_log": "maybe", "command": ["a"], "tcp": None, "timeout": 1})
    assert hidden == {"name": "one", "no_log": "maybe", "command": "hidden by no_log", "timeout": 1}
