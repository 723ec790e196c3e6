# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check is, and reading it from a task's options. Pure.

This package runs on managed hosts, too: it keeps to Python 3.8, the standard library and ansible-core.
"""

from __future__ import annotations

import math
import re
import shlex
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._errors import InvalidInputError

KINDS: t.Final = ("tcp", "http", "command")
LONGEST_TIMEOUT: t.Final = 86400.0
MOST_PARALLEL: t.Final = 128
MOST_FILES: t.Final = 16  # of evidence
_SAFE_METHODS: t.Final = ("GET", "HEAD")
_TOKEN: t.Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINE_END: t.Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
Options = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Tcp:
    """A port that has to accept connections."""

    host: str
    port: int
    kind: t.ClassVar[str] = "tcp"

    @property
    def expected(self) -> str:
        return f"{self.host}:{self.port} accepts connections"


@dataclass(frozen=True)
class Http:
    """A URL that has to answer with one of the status codes and, where it is given, with a text in its body."""

    url: str
    method: str
    status: tuple[int, ...]
    contains: str | None
    headers: t.Mapping[str, str]
    validate_certs: bool
    ca_path: str | None
    kind: t.ClassVar[str] = "http"

    @property
    def expected(self) -> str:
        codes = " or ".join(map(str, self.status))
        return f"HTTP {codes}" + (f" with {self.contains}" if self.contains is not None else "")


@dataclass(frozen=True)
class Command:
    """A command that has to end with exit code 0 and, where it is given, with a text in its standard output."""

    argv: tuple[str, ...]
    contains: str | None
    chdir: str | None
    environment: t.Mapping[str, str]
    kind: t.ClassVar[str] = "command"

    @property
    def expected(self) -> str:
        return "exit code 0" + (f" and {self.contains} in its output" if self.contains is not None else "")


Probe = t.Union[Tcp, Http, Command]


@dataclass(frozen=True)
class Check:
    """One check of a task. ``timeout`` is in seconds."""

    name: str
    critical: bool
    timeout: float
    session: str | None
    no_log: bool
    retry: bool
    probe: Probe
    evidence: tuple[str, ...] = ()  # paths of files that it leaves


def parse_checks(given: t.Sequence[Options]) -> list[Check]:
    """The checks of the option ``checks``, which has been through the argument spec.

    Raises InvalidInputError, which names the check, for anything that has no one meaning; nothing has run then.
    """
    checks = [_parse_check(number, options) for number, options in enumerate(given, start=1)]
    names = [check.name for check in checks]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInputError(
                f"Two checks are called '{name}': expected a name of its own for each, as the result is read by it."
            )
    return checks


def parse_parallel(value: int) -> int:
    """How many checks run at once. Raises InvalidInputError for what is not 1 to 128."""
    if not 1 <= value <= MOST_PARALLEL:
        raise InvalidInputError(f"parallel is {value}: expected 1 to {MOST_PARALLEL}.")
    return value


def parse_time_limit(value: float | None) -> float | None:
    """Seconds for all checks together. Raises InvalidInputError for what is not more than 0 and at most a day."""
    if value is not None and not 0 < value <= LONGEST_TIMEOUT:
        raise InvalidInputError(f"time_limit is {value:g}: expected more than 0 and at most {LONGEST_TIMEOUT:g}.")
    return value


def _parse_check(number: int, options: Options) -> Check:
    name = options["name"].strip()
    if not name or _LINE_END.search(name):
        raise InvalidInputError(f"Check {number}: expected a name of one line that is not empty.")
    kinds = [kind for kind in KINDS if options.get(kind) is not None]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none"
        raise InvalidInputError(f"Check '{name}': expected exactly one of {', '.join(KINDS)}, found {found}.")
    probe = _PARSERS[kinds[0]](name, options)
    retry = options.get("retry")
    return Check(
        name=name,
        critical=options["critical"],
        timeout=_timeout(name, options["timeout"]),
        session=options.get("session"),
        no_log=options["no_log"],
        retry=_may_be_repeated(probe) if retry is None else retry,
        probe=probe,
        evidence=_evidence(name, options.get("evidence") or ()),
    )


def _evidence(name: str, given: t.Sequence[object]) -> tuple[str, ...]:
    """The paths of files that the check leaves as evidence."""
    if len(given) > MOST_FILES:
        raise InvalidInputError(f"Check '{name}': evidence has {len(given)} files: expected at most {MOST_FILES}.")
    if any(not isinstance(path, str) or not path.strip() or "\0" in path for path in given):
        raise InvalidInputError(f"Check '{name}': evidence: expected paths of files that the check leaves.")
    return tuple(str(path) for path in given)


def _may_be_repeated(probe: Probe) -> bool:
    """A request that may change something is not sent twice unless the task says so."""
    return not isinstance(probe, Http) or probe.method in _SAFE_METHODS


def _timeout(name: str, value: float) -> float:
    if not math.isfinite(value) or not 0 < value <= LONGEST_TIMEOUT:
        raise InvalidInputError(
            f"Check '{name}': timeout is {value:g}: expected seconds, more than 0 and at most {LONGEST_TIMEOUT:g}."
        )
    return value


def _text(name: str, option: str, value: object) -> str | None:
    """A text, or None. YAML makes a boolean of ``true`` and a number of ``5``: which text is meant is not known."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInputError(
            f"Check '{name}': {option} is not a text but {_type_name(value)}: expected a text, "
            'in quotes where YAML reads it as something else (contains: "true", contains: "5").'
        )
    if not value:
        raise InvalidInputError(f"Check '{name}': {option} is empty: every answer contains that. Leave it out.")
    return str(value)


def _type_name(value: object) -> str:
    return {bool: "a boolean", int: "a number", float: "a number", dict: "a dictionary", list: "a list"}.get(
        type(value), f"of type {type(value).__name__}"
    )


def _no_contains(name: str, options: Options) -> None:
    if options.get("contains") is not None:
        raise InvalidInputError(
            f"Check '{name}': contains belongs to command; for http it is written inside of http, and tcp has none."
        )


def _parse_tcp(name: str, options: Options) -> Tcp:
    _no_contains(name, options)
    _no_command_options(name, options)
    host, port = options["tcp"]["host"].strip(), options["tcp"]["port"]
    if not host or _LINE_END.search(host):
        raise InvalidInputError(f"Check '{name}': tcp.host is empty: expected a name or an address.")
    if isinstance(port, bool) or not 0 < port < 65536:
        raise InvalidInputError(f"Check '{name}': tcp.port is {port}: expected 1 to 65535.")
    return Tcp(host, port)


def _parse_http(name: str, options: Options) -> Http:
    _no_contains(name, options)
    _no_command_options(name, options)
    http = options["http"]
    method, status = http["method"].strip().upper(), tuple(http["status"])
    _valid_url(name, http["url"])
    if not _TOKEN.fullmatch(method):
        raise InvalidInputError(f"Check '{name}': http.method is '{method}': expected a method such as GET.")
    if not status or any(isinstance(code, bool) or not 200 <= code <= 599 for code in status):
        raise InvalidInputError(f"Check '{name}': http.status is {list(status)}: expected codes from 200 to 599.")
    contains = _text(name, "http.contains", http.get("contains"))
    if method == "HEAD" and contains is not None:
        raise InvalidInputError(f"Check '{name}': http.contains: an answer to HEAD has no text. Use GET.")
    return Http(
        url=http["url"],
        method=method,
        status=status,
        contains=contains,
        headers=_headers(name, http.get("headers") or {}),
        validate_certs=http["validate_certs"],
        ca_path=http.get("ca_path"),
    )


def _valid_url(name: str, url: str) -> None:
    """Raises InvalidInputError for what is no URL of a web server. The URL is not shown: it may hold a password."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or re.search(r"[\x00-\x20\x7f]", url) or not url.isascii():
        raise InvalidInputError(
            f"Check '{name}': http.url is no URL: expected http:// or https://, a host and no spaces, "
            "with other characters than ASCII percent-encoded."
        )


def _headers(name: str, given: t.Mapping[str, object]) -> dict[str, str]:
    headers = {key: _scalar(name, f"http.headers, {key}", value) for key, value in given.items()}
    for key, value in headers.items():
        if not _TOKEN.fullmatch(key) or _LINE_END.search(value) or not _is_latin(value):
            raise InvalidInputError(f"Check '{name}': http.headers, {key!r}: expected a header's name and one line.")
    return headers


def _is_latin(value: str) -> bool:
    return all(ord(character) < 256 for character in value)


def _scalar(name: str, where: str, value: object) -> str:
    """A text, or a number as text. A boolean could be written as true, True, yes or 1."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InvalidInputError(f"Check '{name}': {where} is {_type_name(value)}: expected a text; put it in quotes.")
    return str(value)


def _no_command_options(name: str, options: Options) -> None:
    for option in ("chdir", "environment"):
        if options.get(option) is not None:
            raise InvalidInputError(f"Check '{name}': {option} belongs to command.")


def _parse_command(name: str, options: Options) -> Command:
    environment = {
        key: _scalar(name, f"environment, {key}", value) for key, value in (options.get("environment") or {}).items()
    }
    if any(not key or "=" in key or "\0" in key + value for key, value in environment.items()):
        raise InvalidInputError(f"Check '{name}': environment: expected names without = and values without NUL.")
    return Command(
        argv=_argv(name, options["command"]),
        contains=_text(name, "contains", options.get("contains")),
        chdir=options.get("chdir"),
        environment=environment,
    )


def _argv(name: str, given: object) -> tuple[str, ...]:
    """The command's words. Of a text they are those that a shell would see, but no shell reads it."""
    words: t.Sequence[object]
    if isinstance(given, str):
        try:
            words = shlex.split(given)
        except ValueError as error:
            raise InvalidInputError(f"Check '{name}': command: {error}. Give it as a list of words.") from error
    elif isinstance(given, (list, tuple)):
        words = given
    else:
        raise InvalidInputError(f"Check '{name}': command is {_type_name(given)}: expected a list of words, or a text.")
    argv = tuple(_scalar(name, "a word of command", word) for word in words)
    if not argv or not argv[0] or any("\0" in word for word in argv):
        raise InvalidInputError(f"Check '{name}': command is empty: expected a program and its arguments.")
    return argv


_PARSERS: t.Final[t.Mapping[str, t.Callable[[str, Options], Probe]]] = {
    "tcp": _parse_tcp,
    "http": _parse_http,
    "command": _parse_command,
}
