# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which replication sessions a drill is about: one grammar for preflight, check mode, drill and stop. Pure.

An exclusion protects: one that is not understood, or that leaves nothing out, refuses the drill. Names are compared
without regard to case, as the array compares them (x-case-insensitive in its description).
"""

from __future__ import annotations

import difflib
import typing as t
from dataclasses import dataclass
from datetime import date

from .._errors import InvalidInputError, PowerStoreError, ProtocolError
from .._json import Json
from .._time import parse_time
from .._words import NAS_SERVER, kind_in_words
from .nas import KEYS as NAS_KEYS
from .nas import Nas, each_its_own_address, nas_of
from .population import counts
from .values import ExpectedError, a_bool, a_choice, a_list, a_mapping, a_number, a_text, known_keys, shown

SELECTORS = ("session_id", "volume", "volume_group", NAS_SERVER)
SESSIONS, FILTERS, EXCLUSIONS = "failover_drill_sessions", "failover_drill_filters", "failover_drill_exclusions"
ROLES = ("Source", "Destination", "Metro_Preferred", "Metro_Non_Preferred")
RESOURCE_TYPES = ("volume", "volume_group", "replication_group", "nas_server", "file_system")
_NUMBERS = ("rpo_seconds", "rto_seconds")
_TEXTS = ("application", "tier", "owner")
_FILTERS = ("role", "resource_type", "state", "remote_system", "name", "failover_test_in_progress")
_EXAMPLES: t.Final[t.Mapping[str, str]] = {
    SESSIONS: "[{volume: erp-data}, {volume_group: erp-db}]",
    FILTERS: "{name: erp-*}",
    EXCLUSIONS: "[{volume: erp-scratch, reason: holds nothing}]",
}


class NothingFitsError(PowerStoreError):
    """No session is left to drill."""

    kind = "not_found"


@dataclass(frozen=True, slots=True)
class Wish:
    """One session that is asked for, by its id or by the resource on this array that it replicates."""

    by: str
    value: str
    snapshot: str | None = None
    wave: int = 1
    rpo_seconds: int | None = None
    rto_seconds: int | None = None
    application: str | None = None
    tier: str | None = None
    owner: str | None = None
    nas: Nas | None = None  # how a NAS server is cloned for its test

    def as_selector(self) -> Json:
        """As the modules take it."""
        own = self.nas.as_options() if self.nas else {}
        return {self.by: self.value, **({"snapshot": self.snapshot} if self.snapshot else {}), **own}

    def as_wish(self) -> Json:
        """As the record takes it: the selector, wave, and what is set of the others."""
        given = {name: getattr(self, name) for name in ("snapshot", *_NUMBERS, *_TEXTS)}
        own = self.nas.as_options() if self.nas else {}
        return {self.by: self.value, "wave": self.wave, **{k: v for k, v in given.items() if v is not None}, **own}


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One session that is left out."""

    by: str
    value: str
    reason: str
    owner: str | None = None
    expires: str | None = None  # a day or a time in ISO 8601

    def names(self, wish: Wish) -> bool:
        """Whether a wish is for this session in the same words."""
        return (self.by, self.value.casefold()) == (wish.by, wish.value.casefold())

    def fits(self, entry: Json) -> bool:
        """Whether a session that was read is this one."""
        wanted = self.value.casefold()
        if self.by == "session_id":
            return str(entry["session_id"]).casefold() == wanted
        return entry["resource_type"] == self.by and wanted in _names(entry)

    def as_result(self) -> Json:
        """As the record takes it."""
        known = {"owner": self.owner, "expires": self.expires}
        return {self.by: self.value, "reason": self.reason, **{key: text for key, text in known.items() if text}}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: sessions, or filters, or (where neither is given and that is allowed) all destinations."""

    wishes: tuple[Wish, ...]
    filters: Json
    exclusions: tuple[Exclusion, ...]
    already_out: tuple[Wish, ...] = ()  # named by an exclusion in the same words, so not even read

    def selection(self) -> Json:
        """The options of ``replication_session_info``; what is not in it does not narrow anything."""
        if self.wishes:
            return {"sessions": [wish.as_selector() for wish in self.wishes]}
        return {key: value for key, value in self.filters.items() if value is not None}

    def as_plan(self) -> Json:
        """As intent and journal have it, so that it can be read again."""
        return {
            "wishes": [wish.as_wish() for wish in self.wishes],
            "filters": None if self.wishes else self.selection(),
            "exclusions": [exclusion.as_result() for exclusion in self.exclusions],
            "already_out": [wish.as_wish() for wish in self.already_out],
        }

    @classmethod
    def from_plan(cls, plan: Json) -> Request:
        """What ``as_plan`` gave."""
        return cls(
            tuple(_wish(entry, SESSIONS) for entry in plan["wishes"]),
            dict(plan["filters"] or {}),
            tuple(_exclusion(entry, EXCLUSIONS) for entry in plan["exclusions"]),
            tuple(_wish(entry, SESSIONS) for entry in plan["already_out"]),
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """The sessions that were read, less those that are left out, each with its wish."""

    wishes: tuple[Wish, ...]
    sessions: tuple[Json, ...]  # as replication_session_info returned them, in the same order
    excluded: tuple[Json, ...]  # those that were read and are left out


def request(sessions: object, filters: object, exclusions: object, *, everything: bool = False) -> Request:
    """What the three variables ask for; with ``everything``, where there are neither sessions nor filters, all.

    Raises InvalidInputError for every value that is of a wrong kind or means nothing.
    """
    wishes = [_wish(entry, f"{SESSIONS}[{n}]") for n, entry in enumerate(_list(sessions, SESSIONS))]
    each_its_own_address(wish.nas for wish in wishes)
    wanted = _filters(filters)
    left_out = tuple(_exclusion(entry, f"{EXCLUSIONS}[{n}]") for n, entry in enumerate(_list(exclusions, EXCLUSIONS)))
    if wishes and wanted is not None:
        raise InvalidInputError(f"{SESSIONS} and {FILTERS} are both given: expected one of them.")
    if not wishes and wanted is None and not everything:
        raise InvalidInputError(
            f"{SESSIONS} is empty, and {FILTERS}, too: expected a list of sessions, such as {_EXAMPLES[SESSIONS]}, or "
            f"filters, such as {_EXAMPLES[FILTERS]}."
        )
    kept = [wish for wish in wishes if not any(each.names(wish) for each in left_out)]
    if wishes and not kept:
        raise InvalidInputError(f"{EXCLUSIONS} leave out every one of {SESSIONS}: expected at least one to drill.")
    out = tuple(wish for wish in wishes if wish not in kept)
    return Request(tuple(kept), wanted or {"role": "Destination"}, left_out, out)


def chosen(asked: Request, entries: t.Sequence[Json], array: str = "this array") -> Scope:
    """The sessions of the drill, from those that ``replication_session_info`` read for ``asked.selection()``.

    Raises InvalidInputError for an exclusion that leaves nothing out, NothingFitsError where nothing is left,
    ProtocolError for an answer to another question.
    """
    _same_question(asked, entries)
    wishes = asked.wishes or tuple(Wish("session_id", str(entry["session_id"])) for entry in entries)
    idle = [
        each
        for each in asked.exclusions
        if not any(each.names(wish) for wish in asked.already_out) and not any(each.fits(entry) for entry in entries)
    ]
    if idle:
        why = " ".join(_why_idle(each, entries) for each in idle)
        raise InvalidInputError(f"{why} An exclusion that leaves nothing out does not protect what it was meant for.")
    out = [any(each.fits(entry) for each in asked.exclusions) for entry in entries]
    if all(out):
        what = f"{SESSIONS}" if asked.wishes else f"{FILTERS} ({shown(asked.selection())})"
        raise NothingFitsError(
            f"No replication session on {array} matches {what} and is not excluded: expected at least one to drill."
        )
    return Scope(
        tuple(wish for wish, leave in zip(wishes, out, strict=True) if not leave),
        tuple(entry for entry, leave in zip(entries, out, strict=True) if not leave),
        tuple(entry for entry, leave in zip(entries, out, strict=True) if leave),
    )


def _same_question(asked: Request, entries: t.Sequence[Json]) -> None:
    """A session for each that was asked for, in the same order: else one would be taken for another."""
    if not asked.wishes:
        return
    wanted = [{wish.by: wish.value} for wish in asked.wishes]
    found = [entry.get("selector", each) for entry, each in zip(entries, wanted, strict=False)]
    if len(entries) != len(wanted) or found != wanted:
        raise ProtocolError(
            f"The sessions that were read are not those that were asked for: expected {len(wanted)}, {shown(wanted)}, "
            f"found {len(entries)}, {shown(found)}. Hand over the result of replication_session_info as it was."
        )


def _list(value: object, where: str) -> list[t.Any]:
    return a_list(value, where, _EXAMPLES[where])


def _selector(entry: Json, where: str) -> tuple[str, str]:
    named = [by for by in SELECTORS if entry.get(by) is not None]
    if len(named) != 1:
        raise InvalidInputError(
            f"{where} names {'no session' if not named else ' and '.join(named)}: expected exactly one of "
            f"{', '.join(SELECTORS)}."
        )
    return named[0], a_text(entry[named[0]], f"{where}.{named[0]}")


def _wish(value: object, where: str) -> Wish:
    entry = a_mapping(value, where, "{volume: erp-data}")
    known_keys(entry, where, (*SELECTORS, "snapshot", "wave", *_NUMBERS, *_TEXTS, *NAS_KEYS))
    by, name = _selector(entry, where)
    snapshot, wave = entry.get("snapshot"), entry.get("wave")
    numbers = {key: a_number(entry[key], f"{where}.{key}", lowest=0) for key in _NUMBERS if entry.get(key) is not None}
    texts = {key: a_text(entry[key], f"{where}.{key}") for key in _TEXTS if entry.get(key) is not None}
    return Wish(
        by,
        name,
        snapshot=None if snapshot is None else a_text(snapshot, f"{where}.snapshot"),
        wave=1 if wave is None else a_number(wave, f"{where}.wave", lowest=1),
        rpo_seconds=numbers.get("rpo_seconds"),
        rto_seconds=numbers.get("rto_seconds"),
        application=texts.get("application"),
        tier=texts.get("tier"),
        owner=texts.get("owner"),
        nas=nas_of(entry, where, by),
    )


def _exclusion(value: object, where: str) -> Exclusion:
    entry = a_mapping(value, where, "{volume: erp-scratch, reason: holds nothing}")
    known_keys(entry, where, (*SELECTORS, "reason", "owner", "expires"))
    by, name = _selector(entry, where)
    owner, expires = entry.get("owner"), entry.get("expires")
    return Exclusion(
        by,
        name,
        a_text(entry.get("reason"), f"{where}.reason"),
        owner=None if owner is None else a_text(owner, f"{where}.owner"),
        expires=None if expires is None else _day(expires, f"{where}.expires"),
    )


def _day(value: object, where: str) -> str:
    """A day or a time, as text; YAML makes a date of one without quotes."""
    text = value.isoformat() if isinstance(value, date) else a_text(value, where)
    try:
        parse_time(text)
    except ProtocolError as error:
        raise ExpectedError(where, "a day such as 2026-12-31, or a time", value) from error
    return text


def population(everything: t.Sequence[Json], asked: Request, sessions: t.Sequence[Json]) -> Json:
    """How much there is to test, if all sessions that have the array as their destination were read."""
    left_out = {str(entry["session_id"]) for entry in everything if any(each.fits(entry) for each in asked.exclusions)}
    in_scope = {str(entry["session_id"]) for entry in sessions}
    return counts(everything, in_scope, left_out - in_scope)


def _filters(value: object) -> Json | None:
    """The filters as ``replication_session_info`` takes them; None where there are none."""
    if value is None or value == "":
        return None
    given = a_mapping(value, FILTERS, _EXAMPLES[FILTERS])
    known_keys(given, FILTERS, _FILTERS)
    if not given:
        return None
    found: Json = {"role": "Destination"}
    for key, entry in given.items():
        where = f"{FILTERS}.{key}"
        if key == "role":
            role = a_choice(entry, where, (*ROLES, "any"))
            found[key] = None if role == "any" else role
        elif key == "resource_type":
            found[key] = a_choice(entry, where, RESOURCE_TYPES)
        elif key == "failover_test_in_progress":
            found[key] = a_bool(entry, where)
        else:
            found[key] = a_text(entry, where)
    return found


def _names(entry: Json) -> set[str]:
    return {str(entry[key]).casefold() for key in ("resource_name", "resource_id") if entry.get(key)}


def _why_idle(exclusion: Exclusion, entries: t.Sequence[Json]) -> str:
    """Why an exclusion matches none of the sessions, and what was probably meant."""
    wanted = exclusion.value.casefold()
    message = (
        f"The exclusion {exclusion.by}: {exclusion.value} matches none of the {len(entries)} sessions that are asked "
        "for"
    )
    other = [e for e in entries if exclusion.by != "session_id" and wanted in _names(e)]
    if other:
        kind = str(other[0]["resource_type"])
        return f"{message}: {other[0]['resource_name']} is a {kind_in_words(kind)}. Write {kind}: {exclusion.value}."
    if "*" in exclusion.value or "?" in exclusion.value:
        return f"{message}: exclusions take no patterns. Name each session that is left out."
    near = difflib.get_close_matches(wanted, [name.casefold() for name in _all_names(entries)], n=1)
    nearest = next((name for name in _all_names(entries) if near and name.casefold() == near[0]), None)
    return f"{message}. {f'The nearest name is {nearest}.' if nearest else 'No name is near it.'}"


def _all_names(entries: t.Sequence[Json]) -> list[str]:
    return [str(entry[key]) for entry in entries for key in ("resource_name", "session_id") if entry.get(key)]
