# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for rows of the array to become what is wanted: many operations wait, one query answers them all.

Nobody is hired for it: one of those who wait does the looking for all, and hands it on when his own row has come.
"""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import dataclass, field

from .._array.client import Client, Query
from .._errors import (
    MALFORMED,
    BusyError,
    NotFoundError,
    PowerStoreError,
    ProtocolError,
    UnreachableError,
)
from .._json import Json

_SHORTEST_PAUSE = 0.05  # seconds until the first look at an operation whose duration is not known yet
_BETWEEN = 0.03  # seconds between two looks, at the least
_LONGEST_PAUSE = 10.0  # and at the most, once it is known how long operations take here
_GATHER = 0.015  # seconds in which rows that are wanted at the same time come together in one query
_MISSES = 3  # looks in a row that do not find the id at all
_PASSING = (BusyError, UnreachableError, ProtocolError)  # a later look may succeed; the deadline bounds the patience
_GARBLED = 5.0  # seconds of answers that cannot be understood, before they are taken for what is to be had

_Accept = t.Callable[[Json], object]  # judged by its truth


class OverdueError(Exception):
    """The row did not become what was wanted in time. ``row``: as last seen; ``error``: why it could not be read."""

    def __init__(self, row: Json | None, error: PowerStoreError | None) -> None:
        super().__init__()
        self.row = row
        self.error = error


@dataclass(eq=False)
class _Wanted:
    """A row that somebody waits for."""

    collection: str
    id: str
    accept: _Accept
    deadline: float
    ripe: float  # no look makes sense before
    is_timed: bool  # how long it takes is a measure for others
    since: float = field(default_factory=time.monotonic)
    row: Json | None = None  # as last seen
    error: PowerStoreError | None = None  # of the last look
    misses: int = 0
    garbled_since: float | None = None
    result: Json | None = None
    failure: Exception | None = None
    woken: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return self.result is not None or self.failure is not None

    def give_up(self) -> None:
        """It did not come in time."""
        self.failure = OverdueError(self.row, self.error)


@dataclass
class _Pace:
    """How often the rows of a collection are looked at: learned from how long operations take on this array."""

    typical: float | None = None  # seconds until a row was accepted, of late
    shortest: float | None = None
    looked_at: float = 0.0  # when the last look ended
    failed: bool = False  # whether it did

    def learn(self, took: float) -> None:
        """How long one took."""
        self.typical = took if self.typical is None else 0.7 * self.typical + 0.3 * took
        self.shortest = took if self.shortest is None else min(self.shortest, took)


class Waiting:
    """Reads rows for all who wait, by ``id=in.(…)``.

    A look takes all that may have ended: all that are older than 0.8 of the shortest operation seen. Two looks are a
    tenth of a typical operation apart, 30 ms at the least and 10 s at the most. As long as none has ended, the first
    look comes after 50 ms, and another when a quarter more time has passed, at the latest after ``poll_interval``.

    Looks that are wanted at once, to confirm what has ended, come as often while few are under way. While many are, one
    look answers several: two are up to a third of a typical operation apart, ``poll_interval`` at the most.
    """

    def __init__(self, client: Client, selects: t.Mapping[str, Query], poll_interval: float) -> None:
        """``selects``: for each collection that may be waited for, the query that names its attributes."""
        self._client = client
        self._selects = selects
        self._poll_interval = poll_interval
        self._changed = threading.Condition()
        self._wanted: list[_Wanted] = []
        self._has_looker = False
        self._closed = False
        self._next_look = 0.0
        self._paces = {collection: _Pace() for collection in selects}

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._changed:
            self._closed = True
            for wanted in self._wanted:
                wanted.woken.set()
            self._changed.notify_all()

    def until(
        self,
        collection: str,
        row_id: str,
        accept: _Accept,
        deadline: float,
        *,
        at_once: bool = False,
    ) -> Json:
        """The row, as soon as it is accepted. ``deadline`` is a time of ``time.monotonic()``.

        ``at_once``: look now, as the row is expected to fit already. Raises OverdueError at the deadline, and the
        error of the query where a later look cannot succeed (the account may not read it, the row does not exist).
        """
        wanted = _Wanted(collection, row_id, accept, deadline, 0.0, not at_once)
        pace = self._paces[collection]
        if at_once:
            first = _GATHER
        elif pace.shortest is None:
            first = min(_SHORTEST_PAUSE, self._poll_interval)
        else:
            first = min(0.8 * pace.shortest, _LONGEST_PAUSE)
        wanted.ripe = min(wanted.since + max(first, _GATHER), deadline)
        with self._changed:
            if self._closed:
                raise OverdueError(None, ProtocolError("Waiting for rows of the array has ended."))
            self._wanted.append(wanted)
            if wanted.ripe < self._next_look:
                self._changed.notify()  # who looks has to look earlier now
        try:
            self._wait(wanted)
        finally:
            self._leave(wanted)
        if wanted.failure is not None:
            raise wanted.failure
        return wanted.result or {}

    def _wait(self, wanted: _Wanted) -> None:
        while not wanted.is_over:
            with self._changed:
                if self._closed:
                    wanted.give_up()
                    return
                wanted.woken.clear()
                if wanted.is_over:  # since the event was set for it, which is cleared now
                    return
                looks = not self._has_looker
                self._has_looker = True
            if not looks:
                wanted.woken.wait()
                continue
            try:
                self._look_for_all(wanted)
            finally:
                with self._changed:
                    self._has_looker = False

    def _leave(self, wanted: _Wanted) -> None:
        """Go, and have somebody else look."""
        with self._changed:
            self._wanted.remove(wanted)
            if not self._has_looker and self._wanted:
                self._wanted[0].woken.set()

    # Looking

    def _look_for_all(self, own: _Wanted) -> None:
        """Look, until the own row has come."""
        while not own.is_over:
            with self._changed:
                if self._closed:
                    return
                due = {collection: self._due(collection) for collection in self._paces}
                self._next_look = min(due.values())
                pause = self._next_look - time.monotonic()
                if pause > 0:
                    self._changed.wait(min(pause, threading.TIMEOUT_MAX))
                    continue
                collection = min(due, key=lambda each: due[each])
                ripe = [w for w in self._open(collection) if w.ripe <= time.monotonic() + _GATHER]
            self._look(collection, ripe)
            for wanted in ripe:
                if wanted.is_over:
                    wanted.woken.set()

    def _open(self, collection: str) -> list[_Wanted]:
        return [wanted for wanted in self._wanted if wanted.collection == collection and not wanted.is_over]

    def _due(self, collection: str) -> float:
        """When the next look at this collection is due."""
        waiting = self._open(collection)
        if not waiting:
            return float("inf")
        first = max(min(w.ripe for w in waiting), self._paces[collection].looked_at + self._pause(collection, waiting))
        return min(first, *(w.deadline for w in waiting))

    def _pause(self, collection: str, waiting: t.Sequence[_Wanted]) -> float:
        """Seconds between two looks."""
        pace = self._paces[collection]
        is_timed = any(w.is_timed for w in waiting)
        known = pace.typical if is_timed else self._longest_typical()
        if known is not None and not pace.failed:
            if is_timed:
                return min(max(known / 10, _BETWEEN), _LONGEST_PAUSE)
            under_way = sum(w.is_timed for w in self._wanted)
            pause = known * min(max(0.1, under_way / 100), 1 / 3)
        else:
            seen = any(w.row is not None or w.error is not None for w in waiting)
            youngest = min(pace.looked_at - w.since for w in waiting)
            pause = max(youngest / 4, _SHORTEST_PAUSE if seen else 0)
        return min(max(pause, _BETWEEN), self._poll_interval)

    def _longest_typical(self) -> float | None:
        known = [pace.typical for pace in self._paces.values() if pace.typical is not None]
        return max(known, default=None)

    def _look(self, collection: str, ripe: t.Sequence[_Wanted]) -> None:
        what, pace = collection.replace("_", " "), self._paces[collection]
        ids = [w.id for w in ripe]
        give_up = min(w.deadline for w in ripe)
        try:
            found = self._client.get_by(
                collection, "id", ids, self._selects[collection], doing=f"Reading {what}s", deadline=give_up
            )
        except PowerStoreError as error:
            pace.failed = True
            for wanted in ripe:
                self._missed(wanted, error)
            return
        finally:
            pace.looked_at = time.monotonic()
        pace.failed = False
        rows = {str(row["id"]): row for row in found}
        for wanted in ripe:
            try:
                self._seen(wanted, rows.get(wanted.id))
            except (PowerStoreError, *MALFORMED) as error:
                self._missed(wanted, ProtocolError(f"Reading {what} {wanted.id}: not as described: {error!r}."))

    def _seen(self, wanted: _Wanted, row: Json | None) -> None:
        wanted.row = row or wanted.row
        wanted.misses = 0 if row is not None else wanted.misses + 1
        accepted = row is not None and wanted.accept(row)
        wanted.error = wanted.garbled_since = None
        if row is not None and accepted:
            if wanted.is_timed:
                self._paces[wanted.collection].learn(time.monotonic() - wanted.since)
            wanted.result = row
        elif wanted.misses >= _MISSES:
            what = wanted.collection.replace("_", " ")
            wanted.failure = NotFoundError(f"The array does not list the {what} {wanted.id} any more.")
        elif time.monotonic() >= wanted.deadline:
            wanted.give_up()

    def _missed(self, wanted: _Wanted, error: PowerStoreError) -> None:
        wanted.error = error
        now = time.monotonic()
        if isinstance(error, ProtocolError):
            wanted.garbled_since = wanted.garbled_since or now
        if not isinstance(error, _PASSING) or now - (wanted.garbled_since or now) >= _GARBLED:
            wanted.failure = error
        elif now >= wanted.deadline:
            wanted.give_up()
