# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went over the wire: one Exchange per request, and the counters the tests ask for."""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

from .schema import RESOURCE_NAMES

SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "dell-emc-token"})
KEPT_BYTES = 128 * 2**20  # a benchmark must not fill the memory
OVERHEAD = 2048  # what an exchange weighs besides the answer
_WORD = re.compile(r"[a-z_]+")


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. status 0: no answer was sent (a fault broke the connection)."""

    array: str  # production | dr
    sequence: int  # counts both arrays together, from 1
    method: str
    path: str  # without /api/rest
    query: tuple[tuple[str, str], ...]  # decoded, in the order sent
    request_headers: Mapping[str, str]  # secrets replaced by ***
    request_body: object
    status: int
    response_headers: Mapping[str, str]  # secrets replaced by ***
    response_body: object
    connection: int  # which TLS connection, from 1 for each array
    user: str | None


def masked(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers without secrets."""
    return MappingProxyType(
        {name: "***" if name.lower() in SECRET_HEADERS else value for name, value in headers.items()}
    )


def template(path: str) -> str:
    """'/replication_session/1234/sync' -> '/replication_session/{id}/sync'."""
    first, *rest = path.strip("/").split("/")
    if not rest or first not in RESOURCE_NAMES:
        return path
    return "/".join(["", first, "{id}", *(part for part in rest[1:] if _WORD.fullmatch(part))])


class Journal:
    """The exchanges of both arrays, thread-safe. The oldest go when their bodies together exceed KEPT_BYTES."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sequence = count(1)
        self._exchanges: deque[tuple[Exchange, int]] = deque()
        self._bytes = 0
        self._requests: dict[str, Counter[str]] = {}
        self.observers: list[Callable[[Exchange], None]] = []

    def next_sequence(self) -> int:
        with self._lock:
            return next(self._sequence)

    def add(self, exchange: Exchange, size: int) -> None:
        """size: of the answer's body, in bytes."""
        with self._lock:
            self._exchanges.append((exchange, size + OVERHEAD))
            self._bytes += size + OVERHEAD
            while self._bytes > KEPT_BYTES:
                self._bytes -= self._exchanges.popleft()[1]
            counter = self._requests.setdefault(exchange.array, Counter())
            counter[f"{exchange.method} {template(exchange.path)}"] += 1
        for observer in tuple(self.observers):
            observer(exchange)

    def of(self, array: str | None = None) -> list[Exchange]:
        """Oldest first."""
        with self._lock:
            kept = [exchange for exchange, _size in self._exchanges]
        return sorted(
            (exchange for exchange in kept if array in (None, exchange.array)), key=lambda each: each.sequence
        )

    def clear(self, array: str | None = None) -> None:
        """Forget the exchanges and the counts."""
        with self._lock:
            remaining = [each for each in self._exchanges if array is not None and each[0].array != array]
            self._exchanges = deque(remaining)
            self._bytes = sum(size for _exchange, size in remaining)
            for name in list(self._requests) if array is None else [array]:
                self._requests.pop(name, None)

    def requests_by_path(self, array: str) -> dict[str, int]:
        """{'GET /job/{id}': 12, …}; complete, also when the oldest exchanges are gone."""
        with self._lock:
            return dict(self._requests.get(array, {}))
