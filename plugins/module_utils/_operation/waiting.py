# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for rows of the array to become what is wanted: many operations wait, one query answers them all."""

from __future__ import annotations

import threading
import time
import typing as t
from concurrent.futures import Future
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

_SHORTEST_PAUSE = 0.05  # seconds between two looks at an operation that has just begun
_GATHER = 0.015  # seconds in which rows that are wanted at the same time come together in one query
_MISSES = 3  # looks in a row that do not find the id at all
_PASSING = (BusyError, UnreachableError, ProtocolError)  # a later look may succeed; the deadline bounds the patience
_GARBLED = 5.0  # seconds of answers that cannot be understood, before they are taken for what is to be had


_Accept = t.Callable[[Json], object]  # judged by its truth


@dataclass
class _Wanted:
    collection: str
    id: str
    accept: _Accept
    deadline: float
    due: float
    since: float = field(default_factory=time.monotonic)
    row: Json | None = None
    error: PowerStoreError | None = None
    misses: int = 0
    garbled_since: float | None = None
    result: Future[Json] = field(default_factory=Future)


class OverdueError(Exception):
    """The row did not become what was wanted in time. ``row``: as last seen; ``error``: why it could not be read."""

    def __init__(self, row: Json | None, error: PowerStoreError | None) -> None:
        super().__init__()
        self.row = row
        self.error = error


class Waiting:
    """Reads rows for all who wait, by ``id=in.(…)``, at a pace that slows down with the age of what is waited for.

    The first look comes when most operations of the task before it were done, without any after 45 ms; another
    when a quarter more time has passed (an eighth, once others were seen to end), at most ``poll_interval`` later.
    """

    def __init__(self, client: Client, selects: t.Mapping[str, Query], poll_interval: float) -> None:
        """``selects``: for each collection that may be watched, the query that names its attributes."""
        self._client = client
        self._selects = selects
        self._poll_interval = poll_interval
        self._changed = threading.Condition()
        self._waiting: list[_Wanted] = []
        self._closed = False
        self._typical: dict[str, float] = {}  # seconds until a row of the collection was accepted, of late
        self._thread = threading.Thread(target=self._run, name="waiting", daemon=True)

    def __enter__(self) -> Waiting:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

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
        now = time.monotonic()
        first = min(max(0.9 * self._typical.get(collection, _SHORTEST_PAUSE), _GATHER), self._poll_interval)
        wanted = _Wanted(collection, row_id, accept, deadline, min(now + (_GATHER if at_once else first), deadline))
        with self._changed:
            if self._closed:
                raise OverdueError(None, ProtocolError("The waiting over the array's rows has ended."))
            self._waiting.append(wanted)
            self._changed.notify()
        return wanted.result.result()

    def _run(self) -> None:
        try:
            self._loop()
        finally:  # whatever ended the thread, nobody waits for it for ever, nor does anyone begin to
            with self._changed:
                self._closed = True
                for wanted in self._waiting:
                    if not wanted.result.done():
                        wanted.result.set_exception(OverdueError(wanted.row, wanted.error))

    def _loop(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                pause = min((w.due for w in self._waiting), default=float("inf")) - time.monotonic()
                if pause > 0:
                    self._changed.wait(min(pause, threading.TIMEOUT_MAX))
                    continue
                due = [w for w in self._waiting if w.due <= time.monotonic() + _GATHER]
            for collection in dict.fromkeys(w.collection for w in due):
                self._look(collection, [w for w in due if w.collection == collection])
            with self._changed:
                self._waiting = [w for w in self._waiting if not w.result.done()]

    def _look(self, collection: str, due: t.Sequence[_Wanted]) -> None:
        what = collection.replace("_", " ")
        ids = [w.id for w in due]
        give_up = min(w.deadline for w in due)
        try:
            found = self._client.get_by(
                collection, "id", ids, self._selects[collection], doing=f"Reading {what}s", deadline=give_up
            )
        except PowerStoreError as error:
            for wanted in due:
                self._missed(wanted, error)
            return
        rows = {str(row["id"]): row for row in found}
        for wanted in due:
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
            # Looking a little earlier each time finds the true time, as the pace between two looks overstates it.
            took = time.monotonic() - wanted.since
            self._typical[wanted.collection] = 0.7 * self._typical.get(wanted.collection, took) + 0.3 * took
            wanted.result.set_result(row)
        elif wanted.misses >= _MISSES:
            what = wanted.collection.replace("_", " ")
            wanted.result.set_exception(NotFoundError(f"The array does not list the {what} {wanted.id} any more."))
        else:
            self._later(wanted)

    def _missed(self, wanted: _Wanted, error: PowerStoreError) -> None:
        wanted.error = error
        now = time.monotonic()
        if isinstance(error, ProtocolError):
            wanted.garbled_since = wanted.garbled_since or now
        if isinstance(error, _PASSING) and now - (wanted.garbled_since or now) < _GARBLED:
            self._later(wanted)
        else:
            wanted.result.set_exception(error)

    def _later(self, wanted: _Wanted) -> None:
        now = time.monotonic()
        if now >= wanted.deadline:
            wanted.result.set_exception(OverdueError(wanted.row, wanted.error))
            return
        # Where operations follow one another, each look that comes late costs all those behind it.
        haste = 2 if wanted.collection in self._typical else 1
        pause = min(max((now - wanted.since) / 4, _SHORTEST_PAUSE) / haste, self._poll_interval)
        wanted.due = min(now + pause, wanted.deadline)
