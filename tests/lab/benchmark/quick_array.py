# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.lab.benchmark.quick_array``: an array that costs next to nothing, so that it limits no benchmark.

It has the simulator's rules as far as a drill and an abort meet them: login by Basic, cookie and token; lists with
filters and pages; an operation is a job (202), or done when it is answered (204); a session has one operation at a
time, and shows the test when its job has ended; jobs and audit events are kept. What it does not know it refuses (400),
so that nothing is measured that only seems to work. ``/bench`` says without a login what it has seen; that is not
counted.

Nothing runs between two requests: what a job and a session show is worked out from the clock when they are read.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import random
import re
import resource
import signal
import sys
import time
import typing as t
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import unquote_plus

from tests.lab.simulator.pki import Pki

USERNAME, PASSWORD = "drill", "quick-enough"  # of an array that is not there
BASE = "/api/rest"
PAGE, LARGEST_PAGE = 100, 2000  # rows, api-facts 2
_BASIC = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
_COOKIE, _TOKEN = "auth_cookie=quick", "quick-token"
_RULE, _REMOTE = str(uuid.UUID(int=1)), {"id": str(uuid.UUID(int=2)), "name": "production", "state": "OK"}
_REASONS: t.Final = {
    200: "OK", 202: "Accepted", 204: "No Content", 206: "Partial Content", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 422: "Unprocessable",
}  # fmt: skip
_CONDITION = re.compile(r"(eq|neq|gt|gte|lte|in|is)\.(.*)", re.DOTALL)
_NAME = re.compile(r"[a-z_]+(?=[,(]|$)")

Row = dict[str, t.Any]


class RefusalError(Exception):
    """An answer that is no success: its status and its text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(slots=True)
class Session:
    """One replication session; what it shows changes when the job that was sent last has ended."""

    row: Row
    shown: bool = False
    job: Job | None = None

    def in_test(self, now: float) -> bool:
        """Whether it shows a test."""
        if self.job is not None and self.job.ends_at <= now:
            self.shown, self.job = self.job.starts, None
        return self.shown


@dataclass(slots=True)
class Job:
    """One start or stop."""

    id: str
    session: str
    starts: bool
    began: datetime
    takes: float  # seconds
    ends_at: float  # of time.monotonic()

    def row(self, now: float) -> Row:
        """As the array lists it."""
        ended = self.ends_at <= now
        return {
            "id": self.id,
            "resource_type": "replication_session",
            "resource_id": self.session,
            "resource_action": "start_failover_test" if self.starts else "stop_failover_test",
            "phase": "Completed" if ended else "In_Progress",
            "user": USERNAME,
            "response_body": None,
            "start_time": stamp(self.began),
            "end_time": stamp(self.began + timedelta(seconds=self.takes)) if ended else None,
        }

    def event(self) -> Row:
        """What the audit log has of it."""
        return {
            "id": self.id,
            "job_id": self.id,
            "resource_type": "replication_session",
            "resource_action": "start_failover_test" if self.starts else "stop_failover_test",
            "username": USERNAME,
            "client_address": "127.0.0.1",
            "is_successful": True,
            "timestamp": stamp(self.began),
            "message_arguments": [self.session],
        }


def stamp(moment: datetime) -> str:
    """A time as the array writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Seen:
    """What the array has seen so far."""

    requests: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    first_stop: float | None = None  # of time.time(); since the last call of /bench

    def as_row(self) -> Row:
        """For /bench: a request is counted by its method and the last word of its path."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "requests": dict(self.requests),
            "connections": self.connections,
            "logins": self.requests["GET login_session"],
            "logouts": self.requests["POST logout"],
            "first_stop": self.first_stop,
            "cpu_seconds": used.ru_utime + used.ru_stime,
        }


class QuickArray:
    """N volumes, each with a session that has this array as its destination, and mapped to a host."""

    def __init__(self, count: int, mean: float, deviation: float, running: int, number: int = 1) -> None:
        """``mean``, ``deviation``: seconds of an operation. ``running``: how many sessions are in test already."""
        self._name = f"quick-{number}"
        width = max(4, len(str(count)))
        self._mean, self._deviation = mean, deviation
        self._chance = random.Random(23)  # every run meets the same durations
        self._sessions: dict[str, Session] = {}
        self._volumes: dict[str, Row] = {}
        for number in range(1, count + 1):
            volume, session = str(uuid.UUID(int=number << 64)), str(uuid.UUID(int=number << 32 | 7))
            name = f"vol-{number:0{width}}"
            self._volumes[volume] = {
                "id": volume, "name": name, "type": "Primary", "state": "Ready", "wwn": f"naa.68ccf098{number:024x}",
                "size": 100 << 30, "appliance_id": "A1",
            }  # fmt: skip
            self._sessions[session] = Session(_session_row(session, volume, name), shown=number <= running)
        self._jobs: dict[str, Job] = {}
        self.seen = Seen()

    # Reading

    def read(self, path: str, query: list[tuple[str, str]]) -> tuple[int, str, str]:
        """Status, Content-Range and body of a GET. Raises RefusalError."""
        collection, _slash, row_id = path.partition("/")
        rows = self._rows(collection, dict(query).get("id"), row_id)
        if row_id:
            if not rows:
                raise RefusalError(404, f"Instance with id {row_id} was not found.")
            return 200, "", json.dumps(_selected(rows[:1], query)[0])
        limit, found = PAGE, rows
        for name, value in query:
            if name == "limit":
                limit = min(int(value), LARGEST_PAGE)
            elif name == "order":
                if value not in ("id", "id.asc"):
                    raise RefusalError(400, f"order={value} is not known here")
                found = sorted(found, key=lambda row: str(row["id"]))
            elif name == "or":  # of starts: since when; none is older than this array
                continue
            elif name == "and":  # (start_time.gte.TIME,start_time.lte.TIME)
                for part in value[1:-1].split(","):
                    found = _filtered(found, *part.split(".", 1))
            elif name != "select":
                found = _filtered(found, name, value)
        page = found[:limit]
        bounds = f"{0}-{len(page) - 1}/{len(found)}" if page else "*/0"
        return (206 if len(page) < len(found) else 200), bounds, json.dumps(_selected(page, query))

    def _rows(self, collection: str, by_id: str | None, row_id: str) -> list[Row]:
        """The rows that may fit; where ids are given, no others are looked at."""
        now = time.monotonic()
        if collection == "replication_session":
            found = _by_id(self._sessions, by_id, row_id)
            return [{**each.row, "failover_test_in_progress": each.in_test(now)} for each in found]
        if collection == "job":
            return [job.row(now) for job in _by_id(self._jobs, by_id, row_id)]
        if collection == "audit_event":
            return [job.event() for job in _by_id(self._jobs, by_id, row_id)]
        if collection == "volume":
            return _by_id(self._volumes, by_id, row_id)
        return self._others(collection)

    def _others(self, collection: str) -> list[Row]:
        """The rows of what does not change."""
        if collection == "host_volume_mapping":
            host = {"host": {"name": "dr-host"}, "host_group": None}
            return [{"id": f"m{volume}", "volume_id": volume, **host} for volume in self._volumes]
        if collection == "replication_rule":
            return [{"id": _RULE, "name": "rpo-1h", "rpo": "One_Hour"}]
        if collection == "login_session":
            return [{"id": "1", "user": USERNAME, "is_password_change_required": False}]
        if collection == "software_installed":
            return [{"id": "1", "release_version": "4.1.0.0", "is_cluster": True}]
        if collection == "cluster":
            known = {"name": self._name, "global_id": f"PS{self._name}"}
            return [{"id": "0", **known, "system_time": stamp(datetime.now(UTC))}]
        if collection in ("volume_group", "remote_system", "alert"):
            return []
        raise RefusalError(404, f"/{collection} is not known here")

    # Operating

    def operate(self, session_id: str, action: str) -> Job:
        """The job of a start or a stop. Raises RefusalError where the session's state does not allow it."""
        session, now = self._sessions.get(session_id), time.monotonic()
        if session is None:
            raise RefusalError(404, f"Instance with id {session_id} was not found.")
        if action not in ("start_failover_test", "stop_failover_test"):
            raise RefusalError(404, f"{action} is not known here")
        starts = action == "start_failover_test"
        if session.in_test(now) == starts or session.job is not None:
            raise RefusalError(422, f"{action}: the session is not in a state for it")
        if self.seen.first_stop is None and not starts:
            self.seen.first_stop = time.time()
        takes = max(self._mean / 10, self._chance.gauss(self._mean, self._deviation)) if self._mean else 0.0
        job_id = str(uuid.UUID(int=self._chance.getrandbits(128)))
        session.job = self._jobs[job_id] = Job(job_id, session_id, starts, datetime.now(UTC), takes, now + takes)
        return session.job


def _session_row(session: str, volume: str, name: str) -> Row:
    """As long as a real one with the attributes that a start asks for."""
    remote = str(uuid.UUID(int=uuid.UUID(volume).int | 9))
    return {
        "id": session,
        "role": "Destination",
        "state": "OK",
        "resource_type": "volume",
        "last_sync_timestamp": stamp(datetime.now(UTC)),
        "local_resource_id": volume,
        "remote_resource_id": remote,
        "remote_system_id": _REMOTE["id"],
        "replication_rule_id": _RULE,
        "storage_element_pairs": [
            {
                "local_storage_element_id": volume,
                "remote_storage_element_id": remote,
                "storage_element_type": "volume",
                "replication_shadow_id": None,
            }
        ],
        "remote_system": {**_REMOTE, "data_connection_state": "OK"},
        "last_sync_duration": 8000,
        "type": "Asynchronous",
        "error_code": None,
        "data_connection_state": "OK",
        "volumes": [{"id": volume, "name": name}],
        "volume_groups": [],
    }


Value = t.TypeVar("Value")


def _by_id(rows: t.Mapping[str, Value], condition: str | None, row_id: str) -> list[Value]:
    if row_id:
        return [rows[row_id]] if row_id in rows else []
    if condition is not None and condition.startswith(("in.(", "eq.")):
        wanted = condition[4:-1].split(",") if condition.startswith("in.") else [condition[3:]]
        return [rows[each] for each in wanted if each in rows]
    return list(rows.values())


def _filtered(rows: list[Row], name: str, value: str) -> list[Row]:
    condition = _CONDITION.fullmatch(value)
    if condition is None or (rows and name not in rows[0]):
        raise RefusalError(400, f"the filter {name}={value} is not known here")
    kind, wanted = condition.groups()
    if kind == "in":
        values = set(wanted[1:-1].split(","))
        return [row for row in rows if _text(row[name]) in values]
    if kind == "lte":
        return [row for row in rows if _text(row[name]) <= wanted]
    if kind in ("gt", "gte"):
        return [row for row in rows if _text(row[name]) > wanted or (kind == "gte" and _text(row[name]) == wanted)]
    same = kind in ("eq", "is")
    return [row for row in rows if (_text(row[name]) == wanted) == same]


def _text(value: object) -> str:
    return {True: "true", False: "false", None: "null"}.get(value, value) if not isinstance(value, str) else value  # type: ignore[call-overload,no-any-return]


def _selected(rows: list[Row], query: list[tuple[str, str]]) -> list[Row]:
    """The attributes that ``select`` names; an embedded row comes whole."""
    wanted = _NAME.findall(re.sub(r"\([^)]*\)", "", dict(query).get("select", "id")))
    return [{name: row[name] for name in wanted if name in row} for row in rows]


class Connection(asyncio.Protocol):
    """One connection: requests of HTTP/1.1, one after the other."""

    def __init__(self, array: QuickArray) -> None:
        self._array = array
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TLS is established."""
        self._transport = t.cast(asyncio.Transport, transport)
        self._array.seen.connections += 1

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].decode("latin-1")
            lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self._received) < whole:
                return
            self._received = self._received[whole:]
            method, target, _version = lines[0].split(" ")
            self._answer(method, target, headers)

    def _answer(self, method: str, target: str, headers: t.Mapping[str, str]) -> None:
        url, _mark, query = target.partition("?")
        if url == "/bench":
            self._send(200, json.dumps(self._array.seen.as_row()))
            self._array.seen.first_stop = None
            return
        path = url.removeprefix(f"{BASE}/")
        last = path.rpartition("/")[2]
        self._array.seen.requests[f"{method} {last if method == 'POST' else path.partition('/')[0]}"] += 1
        try:
            _authorized(method, path, headers)
            if method == "GET":
                pairs = [(name, unquote_plus(value)) for name, _, value in (p.partition("=") for p in query.split("&"))]
                status, bounds, body = self._array.read(path, pairs if query else [])
                login = f"Set-Cookie: {_COOKIE}; Path=/; Secure; HttpOnly\r\n" if path == "login_session" else ""
                self._send(status, body, f"DELL-EMC-TOKEN: {_TOKEN}\r\nContent-Range: {bounds}\r\n{login}")
            elif path == "logout":
                self._send(204)
            else:
                self._operate(path, "is_async=true" in query)
        except RefusalError as refusal:
            message = {"code": "0xE04040010005", "severity": "Error", "message_l10n": str(refusal), "arguments": []}
            self._send(refusal.status, json.dumps({"messages": [message]}))

    def _operate(self, path: str, is_async: bool) -> None:
        collection, session, action = ([*path.split("/"), "", ""])[:3]
        if collection != "replication_session":
            raise RefusalError(404, f"POST /{collection} is not known here")
        job = self._array.operate(session, action)
        left = job.ends_at - time.monotonic()
        if is_async:
            self._send(202, f'{{"id":"{job.id}"}}')
        elif left > 0:
            asyncio.get_running_loop().call_later(left, self._send, 204)
        else:
            self._send(204)

    def _send(self, status: int, body: str = "", more: str = "") -> None:
        about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if status != 204 else ""
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\n{about}{more}Connection: keep-alive\r\n\r\n"
        self._transport.write((head + body).encode("ascii"))


def _authorized(method: str, path: str, headers: t.Mapping[str, str]) -> None:
    """Basic on any request, or the cookie of a login; with the cookie alone, what is no GET needs the token."""
    if headers.get("authorization") == _BASIC:
        return
    if _COOKIE not in headers.get("cookie", "") or (path == "login_session" and "authorization" in headers):
        raise RefusalError(401, "not authenticated")
    if method != "GET" and headers.get("dell-emc-token") != _TOKEN:
        raise RefusalError(403, "no token")


async def serve(arrays: t.Sequence[QuickArray], ready: Path) -> None:
    """Each array on a port of its own, until SIGTERM. ``ready`` appears, whole, once they listen."""
    pki = Pki(ready.parent)
    loop = asyncio.get_running_loop()
    context = pki.server_context("127.0.0.1")
    servers = [
        await loop.create_server(partial(Connection, array), "127.0.0.1", 0, ssl=context, backlog=1000)
        for array in arrays
    ]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    known = {"host": "127.0.0.1", "port": ports[0], "username": USERNAME, "password": PASSWORD, "ports": ports}
    temporary = ready.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps({**known, "ca_path": str(pki.ca_path)}), encoding="utf-8")
    temporary.replace(ready)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    for server in servers:
        server.close()


def main() -> int:
    """Read the options, serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.benchmark.quick_array", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--arrays", type=int, default=1, help="how many of them, each with so many sessions")
    parser.add_argument("--running", type=int, default=0, help="sessions that are in test already")
    parser.add_argument("--mean", type=float, default=0.0, help="seconds of an operation")
    parser.add_argument("--deviation", type=float, default=0.0, help="their standard deviation")
    parser.add_argument("--ready-file", type=Path, required=True)
    options = parser.parse_args()
    given = (options.sessions, options.mean, options.deviation, options.running)
    arrays = [QuickArray(*given, number) for number in range(1, options.arrays + 1)]
    asyncio.run(serve(arrays, options.ready_file.absolute()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
