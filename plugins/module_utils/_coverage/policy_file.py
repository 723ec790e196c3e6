# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the policy of a coverage from its file. Pure.

It fails closed: a key that is not known, a value that is not understood, a rule without an owner or an exclusion
without an owner or an expiry refuses the whole policy, and all of them are named at once.
"""

from __future__ import annotations

import re
import typing as t
from datetime import UTC, date, datetime, timedelta

from .._errors import InvalidInputError
from .._record.clean import cleaned_text
from .._text import one_line
from .._time import parse_duration
from .policies import LONGEST, MATCHES, SIGNIFICANT, Exclusion, KnownTest, Match, Policy, Retired, Rule, Significant


def parse_policy(data: object, path: str) -> Policy:
    """The policy from YAML or JSON. Raises InvalidInputError that names everything that is wrong with it."""
    reader = _Reader()
    values = reader.mapping(data, "the policy", _KEYS, needed=("period",))
    period = reader.duration(values.get("period"), "period") or timedelta()
    warn = reader.duration(values.get("warn", "14d"), "warn") or timedelta()
    policy = Policy(
        period=period,
        warn=warn,
        rules=tuple(map(reader.rule, *_numbered(reader.entries(values, "rules"), "rules"))),
        exclusions=tuple(map(reader.exclusion, *_numbered(reader.entries(values, "exclusions"), "exclusions"))),
        significant=reader.significant(values.get("significant")),
        known_tests=tuple(map(reader.known, *_numbered(reader.entries(values, "known_tests"), "known_tests"))),
        retired=tuple(map(reader.retired, *_numbered(reader.entries(values, "retired_arrays"), "retired_arrays"))),
        on_expired=t.cast(
            t.Literal["refuse", "show"], reader.word(values, "on_expired", ("refuse", "show")) or "refuse"
        ),
    )
    if warn >= period > timedelta():
        reader.problems.append("warn is not shorter than period: expected for example period 90d and warn 14d")
    refuse(reader.problems, path)
    return policy


def refuse(problems: t.Sequence[str], path: str) -> None:
    """Raises InvalidInputError where there are problems; all are named."""
    if problems:
        listed = "; ".join(dict.fromkeys(problems))
        raise InvalidInputError(
            f"The policy {path} is refused, and nothing was written: {listed}. Correct it and run the task again."
        )


_KEYS = ("period", "warn", "rules", "exclusions", "significant", "known_tests", "retired_arrays", "on_expired")


def _numbered(entries: t.Sequence[object], name: str) -> tuple[t.Sequence[object], list[str]]:
    return entries, [f"{name}[{number}]" for number in range(len(entries))]


class _Reader:
    """Reads the parts of a policy, and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def mapping(
        self, value: object, where: str, known: t.Collection[str], needed: t.Sequence[str] = ()
    ) -> t.Mapping[str, object]:
        if not isinstance(value, dict):
            self.problems.append(f"{where} is {_shown(value)}: expected a mapping with {', '.join(known)}")
            return {}
        for key in value:
            if key not in known:
                self.problems.append(f"{where} has the unknown key '{key}': expected only {', '.join(known)}")
        for key in needed:
            if value.get(key) is None or (isinstance(value[key], str) and not value[key].strip()):
                self.problems.append(f"{where} has no {key}")
        return value

    def entries(self, values: t.Mapping[str, object], name: str) -> t.Sequence[object]:
        value = values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.problems.append(f"{name} is {_shown(value)}: expected a list")
            return ()
        return value

    def text(self, values: t.Mapping[str, object], key: str, where: str) -> str | None:
        value = values.get(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):  # a tier, say
            return str(value)
        if not isinstance(value, str) or not value.strip():
            self.problems.append(f"{where}: {key} is {_shown(value)}: expected a text")
            return None
        return one_line(cleaned_text(value))

    def word(self, values: t.Mapping[str, object], key: str, words: t.Sequence[str]) -> str | None:
        value = values.get(key)
        if value is not None and value not in words:
            self.problems.append(f"{key} is {_shown(value)}: expected {' or '.join(words)}")
        return str(value) if value in words else None

    def duration(self, value: object, where: str) -> timedelta | None:
        """A positive duration such as 90d."""
        if value is None:
            return None
        try:
            found = parse_duration(value) if isinstance(value, str) else None
        except OverflowError:
            found = None
        if found is None or not timedelta() < found <= LONGEST:
            self.problems.append(f"{where} is {_shown(value)}: expected a duration such as 90d or 12w, up to ten years")
            return None
        return found

    def match(self, values: t.Mapping[str, object], where: str) -> Match:
        patterns = {}
        for key in MATCHES:
            pattern = self.text(values, key, where)
            if pattern is not None:
                patterns[key] = pattern
        if not patterns:
            self.problems.append(f"{where} names no session: expected at least one of {', '.join(MATCHES)}")
        return Match(patterns)

    def rule(self, value: object, where: str) -> Rule:
        values = self.mapping(
            value, where, ("match", "application", "tier", "period", "owner"), needed=("match", "owner")
        )
        match = Match({})
        if values.get("match") is not None:
            inside = f"{where}.match"
            match = self.match(self.mapping(values["match"], inside, MATCHES), inside)
        return Rule(
            where=where,
            match=match,
            owner=self.text(values, "owner", where) or "",
            application=self.text(values, "application", where),
            tier=self.text(values, "tier", where),
            period=self.duration(values.get("period"), f"{where}.period"),
        )

    def exclusion(self, value: object, where: str) -> Exclusion:
        more = ("reason", "owner", "approved_by", "expires", "alternative")
        values = self.mapping(value, where, (*MATCHES, *more), needed=("reason", "owner", "expires"))
        expires = values.get("expires")
        return Exclusion(
            where=where,
            match=self.match(values, where),
            reason=self.text(values, "reason", where) or "",
            owner=self.text(values, "owner", where) or "",
            expires=self.moment(expires, f"{where}.expires"),
            shown=str(expires),
            approved_by=self.text(values, "approved_by", where),
            alternative=self.text(values, "alternative", where),
        )

    def moment(self, value: object, where: str) -> datetime:
        found = until(value)
        if found is None:
            if value is not None:
                self.problems.append(f"{where} is {_shown(value)}: expected a day such as 2026-12-31")
            return datetime.min.replace(tzinfo=UTC)
        return found

    def known(self, value: object, where: str) -> KnownTest:
        needed = ("job_id", "reason", "owner")
        values = self.mapping(value, where, needed, needed=needed)
        return KnownTest(where, self.text(values, "job_id", where) or "")

    def retired(self, value: object, where: str) -> Retired:
        needed = ("array", "reason", "owner")
        values = self.mapping(value, where, needed, needed=needed)
        return Retired(where, self.text(values, "array", where) or "")

    def significant(self, value: object) -> Significant:
        if value is None:
            return Significant()
        known = (*(name for name in SIGNIFICANT if name not in ("size", "release")), "size_growth_percent", "release")
        values = self.mapping(value, "significant", known)
        what, default = set(SIGNIFICANT), Significant()
        for key in known[:-2]:
            if key in values and not isinstance(values[key], bool):
                self.problems.append(f"significant.{key} is {_shown(values[key])}: expected true or false")
            if values.get(key, True) is False:
                what.discard(key)
        growth = values.get("size_growth_percent", default.size_growth_percent)
        if growth is None:
            what.discard("size")
        elif isinstance(growth, bool) or not isinstance(growth, int | float) or not 0 <= growth <= 1000:
            self.problems.append(
                f"significant.size_growth_percent is {_shown(growth)}: expected 0 to 1000, or null where growth does "
                "not matter"
            )
        release = values.get("release", "minor")
        if not isinstance(release, str) or release not in _RELEASE_PARTS:
            self.problems.append(
                f"significant.release is {_shown(release)}: expected {', '.join(map(str, _RELEASE_PARTS))}"
            )
        if release == "none":
            what.discard("release")
        return Significant(
            frozenset(what),
            float(growth) if isinstance(growth, int | float) else default.size_growth_percent,
            _RELEASE_PARTS.get(str(release), 2),
        )


_RELEASE_PARTS: t.Final[t.Mapping[str, int]] = {"none": 0, "major": 1, "minor": 2, "any": 99}


def until(value: object) -> datetime | None:
    """The end of a day, or a time with its zone; None for anything else."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        value = value.isoformat()
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
            return moment.replace(tzinfo=UTC) + timedelta(days=1)
        return moment if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _shown(value: object) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
