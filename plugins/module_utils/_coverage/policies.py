# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy of a coverage: how often what has to be tested, by rules and exclusions that are kept in git. Pure."""

from __future__ import annotations

import functools
import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SIGNIFICANT: t.Final = ("members", "size", "rule", "hosts", "wwn", "remote_system", "release")
_RESOURCES: t.Final = ("volume", "volume_group", "replication_group", "nas_server", "file_system")
MATCHES: t.Final = ("array", "session_id", "name", "resource_type", "remote_system", *_RESOURCES)
LONGEST: t.Final = timedelta(days=3660)


@dataclass(frozen=True)
class Named:
    """What a rule or an exclusion is compared with: a session, from an array or from a record."""

    arrays: tuple[str, ...]  # its host in the inventory, its name, its global id
    session_id: str | None
    resource_type: str | None
    names: tuple[str, ...]  # name and id of the resource
    remote_system: str | None


@dataclass(frozen=True)
class Match:
    """Which sessions are meant: those that fit every pattern. ``*`` and ``?`` stand for others, case is disregarded."""

    patterns: t.Mapping[str, str]

    @functools.cached_property
    def _compiled(self) -> t.Sequence[tuple[str, re.Pattern[str]]]:
        return [(key, _compiled(pattern)) for key, pattern in self.patterns.items()]

    def fits(self, named: Named) -> bool:
        """Whether the session is meant."""
        return all(
            any(pattern.fullmatch(value.casefold()) for value in _values(key, named) if value)
            for key, pattern in self._compiled
        )

    def __str__(self) -> str:
        return ", ".join(f"{key} {value}" for key, value in self.patterns.items())


def _compiled(pattern: str) -> re.Pattern[str]:
    """Only ``*`` and ``?`` stand for others: names may hold brackets."""
    parts = ({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in pattern.casefold())
    return re.compile("".join(parts), re.DOTALL)


def _values(key: str, named: Named) -> t.Sequence[str | None]:
    if key == "array":
        return named.arrays
    if key in _RESOURCES:
        return named.names if named.resource_type == key else ()
    if key == "name":
        return named.names
    return (getattr(named, key),)


@dataclass(frozen=True)
class Rule:
    """What holds for some sessions. ``where`` is how messages call it: ``rules[0]``."""

    where: str
    match: Match
    owner: str
    application: str | None = None
    tier: str | None = None
    period: timedelta | None = None

    def __str__(self) -> str:
        return f"{self.where} ({self.application or self.match})"


@dataclass(frozen=True)
class Exclusion:
    """Some sessions that need no test for a time."""

    where: str
    match: Match
    reason: str
    owner: str
    expires: datetime
    shown: str  # the expiry as it was written
    approved_by: str | None = None
    alternative: str | None = None

    def __str__(self) -> str:
        return f"{self.where} ({self.match})"


@dataclass(frozen=True)
class KnownTest:
    """A test in an array's log that has no record, and is known of."""

    where: str
    job_id: str


@dataclass(frozen=True)
class Retired:
    """An array that records tell of and that is not there any more."""

    where: str
    array: str


@dataclass(frozen=True)
class Significant:
    """Which changes make a test worthless."""

    what: frozenset[str] = frozenset(SIGNIFICANT)
    size_growth_percent: float = 10.0
    release_parts: int = 2  # how many numbers of the release are compared


@dataclass(frozen=True)
class Policy:
    """A policy that was understood."""

    period: timedelta
    warn: timedelta
    rules: tuple[Rule, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    significant: Significant = field(default_factory=Significant)
    known_tests: tuple[KnownTest, ...] = ()
    retired: tuple[Retired, ...] = ()
    on_expired: t.Literal["refuse", "show"] = "refuse"
