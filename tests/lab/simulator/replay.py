# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An array that answers as it was recorded: for a bug report that becomes a test.

Of several arrays the first that was asked is replayed. Each login begins the next task. Within a task an answer is
found by method, path, query and body, times in them apart. Equal requests get the answers in the order in which they
were recorded. What was recorded before an operation is not answered after it, nor the other way round.

Which rows are polled together, and how often, depends on the moment. So a request for rows gets them as they were last,
from the answers to all requests for them, once its own answers are used up or if it was not recorded in these words.

With ``clock_goes_on`` the array's clock goes on as the controller's does, and all times go with it. A time that a
request set is shown as it is set now.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from .endpoint import Delivery
from .errors import error_body
from .message import Reply, Request
from .pace import Pace
from .pki import Pki
from .reading import ScenarioError
from .recorded import SECRET, Recorded, read_tasks
from .server import ArrayServer

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?")
_VALUES = re.compile(r"(?:in\.\((?P<several>.*)\)|eq\.(?P<one>.*))", re.DOTALL)
_COOKIE = "auth_cookie=replay; Path=/; Secure; HttpOnly"
Key = tuple[str, str, tuple[tuple[str, str], ...], str]


def _key(method: str, path: str, query: Sequence[tuple[str, str]], body: object) -> Key:
    timeless = sorted((name, _TIME.sub("TIME", value)) for name, value in query)
    return (
        method,
        path,
        tuple(timeless),
        _TIME.sub("TIME", json.dumps(body, sort_keys=True)) if body is not None else "",
    )


@dataclass(frozen=True)
class _Name:
    name: str = "replay"


class Player:
    """Takes requests from the server's threads."""

    def __init__(self, paths: Sequence[Path], *, slowly: bool, clock_goes_on: bool) -> None:
        self.array = _Name()
        self.server: ArrayServer | None = None
        self.misses: list[str] = []  # what was asked and is in no recording
        tasks = read_tasks(paths)
        if not tasks:
            raise ScenarioError(f"There is no exchange in {', '.join(map(str, paths))}.")
        self._tasks = [task for task in tasks if task.array == tasks[0].array]
        self.left_out = [task.file for task in tasks if task.array != tasks[0].array]  # of another array
        self._slowly = slowly
        exchanges = [each for task in self._tasks for each in task.exchanges]
        self._pace = Pace(exchanges) if clock_goes_on else None
        self._lock = threading.Lock()
        self._next = 0
        self._begin()

    @property
    def exchanges(self) -> int:
        """How many there are."""
        return sum(len(task.exchanges) for task in self._tasks)

    def _begin(self) -> None:
        """The next task; the last one goes on for ever."""
        self._now = self._tasks[min(self._next, len(self._tasks) - 1)].exchanges
        self._next += 1
        self._served: set[int] = set()
        self._floor = 0

    def handle(self, request: Request) -> Delivery:
        with self._lock:
            found = self._find(request)
            if found is not None and self._pace is not None:
                self._pace.answered(found, datetime.now(UTC))
                self._pace.asked(found.path, found.body, request.json_or_none)
                found = replace(found, raw=found.raw and self._pace.text(found, found.raw))
        if found is None:
            asked = f"{request.method} {request.target}"
            self.misses.append(asked)
            body = error_body("0xE0000000000", f"This request is not in the recording: {asked}", [])
            return Delivery(Reply(404, body))
        if self._slowly:
            time.sleep(found.seconds)
        return _delivery(found, request)

    def _find(self, request: Request) -> Recorded | None:
        if request.segments == ("login_session",) and "authorization" in request.lower_headers and self._served:
            self._begin_unless_it_logs_in_again(request)
        wanted = _key(request.method, request.path, request.query, request.json_or_none)
        fitting = [at for at, each in enumerate(self._now) if self._key_of(each) == wanted]
        left = [at for at in fitting if at not in self._served]
        known = range(self._floor, len(self._known()))
        at = next((each for each in left if each in known or request.method != "GET"), None)
        if at is None:
            rows = self._of_rows(request)
            if rows is not None or not fitting:
                return rows
            at = next((each for each in left if each >= self._floor), fitting[-1])
        self._served.add(at)
        if _operates(self._now[at]):
            self._floor = max(self._floor, at)
        return self._now[at]

    def _begin_unless_it_logs_in_again(self, request: Request) -> None:
        wanted = _key(request.method, request.path, request.query, None)
        again = [at for at, each in enumerate(self._now) if self._key_of(each) == wanted and at not in self._served]
        left = any(each.path == "/logout" for at, each in enumerate(self._now) if at in self._served)
        if left or not again:
            self._begin()

    @staticmethod
    def _key_of(each: Recorded) -> Key:
        return _key(each.method, each.path, each.query, each.body)

    def _of_rows(self, request: Request) -> Recorded | None:
        """The rows that fit, as they were last, from all answers about the same collection and attributes."""
        given = dict(request.query)
        filters = {name: found for name, value in given.items() if (found := _VALUES.fullmatch(value))}
        filtered = next((name for name in filters if name == "id" or name.endswith("_id")), None)
        if request.method != "GET" or filtered is None:
            return None
        several, one = filters[filtered]["several"], filters[filtered]["one"]
        wanted = several.split(",") if several is not None else [one]
        like = [each for each in self._known() if _is_like(each, request.path, given.get("select"))]
        if not like:
            return None
        newest = {str(row.get("id")): row for each in like for row in each.rows}
        rows = [row for row in newest.values() if filtered not in row or str(row[filtered]) in wanted]
        raw = json.dumps(sorted(rows, key=lambda row: str(row.get("id")))).encode()
        return Recorded(like[-1].began, 0.0, "GET", request.path, request.query, None, 200, {}, raw, None)

    def _known(self) -> Sequence[Recorded]:
        """What can be known now: before the first operation, nothing that was recorded after it."""
        operations = [at for at, each in enumerate(self._now) if _operates(each)]
        begun = not operations or self._served.intersection(operations)
        return self._now if begun else self._now[: operations[0]]


def _operates(each: Recorded) -> bool:
    return each.method != "GET" and each.path != "/logout"


def _is_like(each: Recorded, path: str, select: str | None) -> bool:
    return each.method == "GET" and each.path == path and dict(each.query).get("select") == select


def _delivery(found: Recorded, request: Request) -> Delivery:
    if found.status == 0:
        return Delivery(Reply(0), "reset")
    headers = {name: value for name, value in found.headers.items() if value != SECRET}
    secret = {name.lower() for name, value in found.headers.items() if value == SECRET}
    if "dell-emc-token" in secret:
        headers["DELL-EMC-TOKEN"] = "replay"
    if "set-cookie" in secret and request.segments == ("login_session",):
        headers["Set-Cookie"] = _COOKIE
    raw = b"<html>not recorded</html>" if found.raw is None else found.raw
    return Delivery(Reply(found.status, None, headers, raw=raw))


class Replay:
    """`with Replay([path, …]) as array:` - over HTTPS, in threads of this process. Any account is taken."""

    username, password = "anybody", "Replay-takes-any-1!"

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        bind: str = "127.0.0.1",
        port: int = 0,
        state_dir: Path | None = None,
        slowly: bool = False,
        clock_goes_on: bool = False,
    ) -> None:
        self._player = Player(paths, slowly=slowly, clock_goes_on=clock_goes_on)
        self._temporary = state_dir is None
        self._directory = state_dir or Path(tempfile.mkdtemp(prefix="powerstore-replay-"))
        self._directory.mkdir(parents=True, exist_ok=True)
        pki = Pki(self._directory)
        self.ca_path = str(pki.ca_path)
        self._server = ArrayServer(self._player, pki.server_context(bind), bind, port)
        self.dr = Address("127.0.0.1" if bind == "0.0.0.0" else bind, self._server.port)

    @property
    def exchanges(self) -> int:
        """How many were recorded."""
        return self._player.exchanges

    @property
    def left_out(self) -> list[str]:
        """Files of other arrays than that of the first."""
        return self._player.left_out

    @property
    def misses(self) -> list[str]:
        """What was asked and is in no recording."""
        return self._player.misses

    def __enter__(self) -> Replay:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        if self._temporary:
            shutil.rmtree(self._directory, ignore_errors=True)


@dataclass(frozen=True)
class Address:
    """Where it listens."""

    host: str
    port: int
