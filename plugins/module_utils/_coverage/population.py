# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The population of a coverage: arrays as they are now, joined with what records and logs say. Pure.

A session is known by the array's global id and the id of its resource; where that leads to none, by the WWNs of its
volumes. What records or logs tell of and no array has any more is a row, too: nothing that was there is left out.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from .._words import kind_in_words
from .arrays import ArrayNow, Current, is_double
from .document import LoggedTest
from .policies import Named, Retired
from .tested import FromRecord, LeftOut, Tested


@dataclass
class Member:
    """One row in the making: a session of an array, or one that only records and logs tell of."""

    current: Current | None = None
    tests: list[Tested] = field(default_factory=list)  # the oldest first
    unrecorded: list[LoggedTest] = field(default_factory=list)
    left_out: LeftOut | None = None
    not_read: str | None = None
    now: datetime | None = None
    array: ArrayNow | None = None  # also of one that is not there any more, where the array is known

    @property
    def named(self) -> Named:
        """What the policy's rules are compared with."""
        if self.current:
            return self.current.named
        named = self.tests[-1].named if self.tests else Named((), None, None, (), None)
        return named if not self.array else Named((*self.array.called, *named.arrays), *_rest(named))

    @property
    def label(self) -> str:
        """How messages call it."""
        named = self.named
        return f"{kind_in_words(named.resource_type or 'session')} '{(named.names or (named.session_id,))[0]}'"


def _order(tested: Tested) -> tuple[datetime, str]:
    return tested.test.at, tested.test.record_id


def _rest(named: Named) -> tuple[str | None, str | None, tuple[str, ...], str | None]:
    return named.session_id, named.resource_type, named.names, named.remote_system


def population(
    arrays: t.Sequence[ArrayNow],
    records: t.Sequence[FromRecord],
    retired: t.Sequence[Retired],
    known_jobs: t.Collection[str],
) -> list[Member]:
    """All rows: those of the arrays, then those that only records and logs tell of."""
    found = _Join(arrays)
    for tested in sorted((each for record in records for each in record.tested), key=_order):
        found.add(tested)
    found.add_logs(known_jobs)
    found.add_left_out(each for record in records for each in record.left_out)
    return found.members({each.array.casefold() for each in retired})


class _Join:
    """Sessions by what they are known by."""

    def __init__(self, arrays: t.Sequence[ArrayNow]) -> None:
        self._arrays = arrays
        self._by_id = {array.global_id: array for array in arrays if array.why_not is None}
        self._current: list[Member] = []
        self._by_key: dict[tuple[str, str], list[Member]] = defaultdict(list)
        self._by_wwns: dict[frozenset[str], list[Member]] = defaultdict(list)
        self._by_session: dict[tuple[str, str], Member] = {}
        self._past: dict[object, Member] = {}
        for array in arrays:
            for current in array.sessions:
                self._place(Member(current, now=array.now, array=array, not_read=current.not_read), current)

    def _place(self, member: Member, current: Current) -> None:
        self._current.append(member)
        if current.key:
            self._by_key[current.key].append(member)
        if current.wwns:
            self._by_wwns[current.wwns].append(member)
        self._by_session[current.array.global_id, current.seen.session_id or ""] = member

    def add(self, tested: Tested) -> None:
        """Give a test to the session that it is of."""
        if tested.session_id is None and tested.resource_id is None:
            return  # a name that led to no session
        candidates = self._by_key.get(tested.key, []) if tested.key else []
        if not candidates and tested.wwns:
            candidates = self._by_wwns.get(tested.wwns, [])
        exact = [each for each in candidates if each.current and each.current.seen.session_id == tested.session_id]
        if len(candidates) != 1:
            candidates = exact
        if candidates:
            candidates[0].tests.append(tested)
            return
        place = tested.key or tested.wwns or (tested.array_global_id, tested.session_id)
        past = self._past.setdefault(place, Member(array=self._by_id.get(tested.array_global_id or "")))
        past.tests.append(tested)

    def add_logs(self, known_jobs: t.Collection[str]) -> None:
        """What is in the arrays' logs, but in no record and not in the policy."""
        claims: dict[tuple[str | None, str | None], list[Tested]] = defaultdict(list)
        past = {}
        for member in (*self._current, *self._past.values()):
            for tested in member.tests:
                claims[tested.array_global_id, tested.session_id].append(tested)
                past[tested.array_global_id, tested.session_id] = member
        for array in self._arrays:
            for session_id, tests in (array.log or {}).items():
                key = (array.global_id, session_id)
                left = [
                    each
                    for each in tests
                    if not {each.job_id, each.clone_id} & {*known_jobs}
                    and not any(tested.claims(each) for tested in claims.get(key, ()))
                ]
                if left:
                    member = self._by_session.get(key) or past.get(key) or self._only_in_the_log(array, session_id)
                    member.unrecorded.extend(left)

    def _only_in_the_log(self, array: ArrayNow, session_id: str) -> Member:
        """A test of a session that is gone, and that is in no record."""
        return self._past.setdefault((array.global_id, session_id), _OnlyLogged(array=array, session_id=session_id))

    def add_left_out(self, left_out: t.Iterable[LeftOut]) -> None:
        """What the last drills left out until a time that may be over; a test since then outdates it."""
        of_array: dict[str | None, list[LeftOut]] = defaultdict(list)
        for each in left_out:
            of_array[each.array_global_id].append(each)
        for member in self._current:
            current = member.current
            if current is None or current.array.global_id not in of_array:
                continue
            own = [
                each
                for each in of_array[current.array.global_id]
                if each.means(current.seen.session_id, current.named.names)
            ]
            newest = max(own, key=lambda each: each.at, default=None)
            tested = max((each.test.at for each in member.tests if each.started), default=None)
            if newest and newest.expires <= current.array.now and (tested is None or tested <= newest.at):
                member.left_out = newest

    def members(self, retired: t.Collection[str]) -> list[Member]:
        """All rows. A session of an array that was not read, or is in no inventory, is not read."""
        kept = [each for each in self._current if each.current and (each.current.is_destination or each.tests)]
        for array in self._arrays:
            if array.why_not is not None and not is_double(array, self._arrays):
                text = f"array {array.host} was not read: {array.why_not}"
                kept.append(Member(array=array, now=array.now, not_read=text))
        for member in self._past.values():
            global_id, name = self._where(member)
            if member.array is None and not {str(global_id).casefold(), str(name).casefold()} & set(retired):
                member.not_read = (
                    f"array {name or global_id} ({global_id}) was not read, or is not in the inventory; where it is "
                    "not there any more, name it in retired_arrays of the policy"
                )
            member.now = member.array.now if member.array else None
            kept.append(member)
        return kept

    @staticmethod
    def _where(member: Member) -> tuple[str | None, str | None]:
        last = member.tests[-1] if member.tests else None
        if last is None:
            return None, None
        return last.array_global_id, last.array_name


@dataclass
class _OnlyLogged(Member):
    """A session that only an array's log tells of."""

    session_id: str | None = None

    @property
    def named(self) -> Named:
        """Its id is all that is known."""
        return Named(self.array.called if self.array else (), self.session_id, None, (), None)
