# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recording what a task and an array say to each other, as a HAR 1.2 file, where POWERSTORE_TRACE names a folder.

A thread of its own makes the entries and writes them: a request waits neither for a disk nor for a file system that
hangs. After each write the file is complete, so that a task that is killed leaves what it had. Whatever goes wrong here
ends the recording, with one warning in the task's result, and nothing else.

Secrets are never written: headers that hold them have ``***`` for a value, so have attributes that are called like one,
and the password, cookies and tokens are looked for in what is left. Names: `_array/standins.py`.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import queue
import re
import secrets
import threading
import time
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote, quote_plus, urlencode

from .._errors import MALFORMED
from .._json import Json
from .._time import format_time
from .._version import VERSION
from .connection import BASE_PATH, Connection
from .standins import SECRET, StandIns

FOLDER, NAMES = "POWERSTORE_TRACE", "POWERSTORE_TRACE_NAMES"
_KEY_FILE = "stand-ins.key"
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_SHOWN_HEADERS: t.Final = frozenset({
    "accept", "accept-encoding", "accept-language", "application-type", "user-agent", "content-type",
    "content-length", "content-range", "content-encoding", "transfer-encoding", "connection", "date", "retry-after",
    "allow",
})  # fmt: skip
_SECRET_HEADERS: t.Final = frozenset({"authorization", "cookie", "dell-emc-token", "set-cookie"})
_WAITING = 500  # exchanges that wait to be written, at most
_PATIENCE = 1.0  # seconds that a request waits for room among them, once
_PAUSE = 0.01
_AT_ONCE = 32  # exchanges that are written together
_LAST_PATIENCE = 10.0  # seconds for what is not written yet when the task ends
_SHORTEST_SECRET = 4  # characters; what is shorter is found everywhere
_END = "\n]}}\n"
_PERCENT = re.compile(r"%[0-9A-F]{2}")
_KIND = re.compile(r";(?!\s*charset=[\w-]+\s*(;|$)).*", re.IGNORECASE | re.DOTALL)
_FAULTS = (*MALFORMED, OSError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One try of a request, and what came back: an answer, or the error that stands for none."""

    began: datetime
    seconds: float
    method: str
    path: str  # below /api/rest, quoted
    query: t.Sequence[tuple[str, str]]
    headers: t.Mapping[str, str] = field(repr=False)
    body: Json | None = field(repr=False)
    doing: str
    status: int = 0  # 0: no answer
    answer_headers: t.Sequence[tuple[str, str]] = field(default=(), repr=False)
    raw: bytes = field(default=b"", repr=False)
    error: str | None = None


class Trace:
    """The recording of one task. `note` may be called from many threads."""

    def __init__(self, folder: str, connection: Connection, *, keep_names: bool) -> None:
        # Ansible runs tasks in the folder of the playbook; a relative path is relative to where Ansible was started.
        self._folder = os.path.abspath(os.path.join(os.environ.get("PWD", ""), os.path.expanduser(folder)))
        self._connection = connection
        self._keep_names = keep_names
        self._queue: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.problem: str | None = None  # why the recording is not whole

    @classmethod
    def from_environment(cls, connection: Connection) -> Trace | None:
        """The recording that the environment asks for, if it does."""
        folder = os.environ.get(FOLDER, "").strip()
        if not folder:
            return None
        return cls(folder, connection, keep_names=os.environ.get(NAMES, "").strip().lower() == "keep")

    def note(self, exchange: Exchange) -> None:
        """Have an exchange written."""
        if self.problem is not None:
            return
        if self._thread is None:
            self._begin()
        deadline = time.monotonic() + _PATIENCE
        while self._queue.qsize() >= _WAITING and self.problem is None:
            if time.monotonic() > deadline:
                self._give_up("it is written too slowly")
            time.sleep(_PAUSE)
        self._queue.put(exchange)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None and self.problem is None:
                thread = threading.Thread(target=self._write_all, name="trace", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:  # this computer has none left
                    self._give_up(str(error))
                else:
                    self._thread = thread

    def close(self) -> None:
        """Write what is left, for a bounded time."""
        if self._thread is None:
            return
        self._queue.put(None)
        self._thread.join(_LAST_PATIENCE)
        if self._thread.is_alive():
            self._give_up("it is written too slowly")

    def _give_up(self, why: str) -> None:
        self.problem = self.problem or (
            f"The recording of this task ({FOLDER}={self._folder}) is not whole: {why}. The task is not affected."
        )

    def _write_all(self) -> None:
        """The thread: it ends with the task, or with the first fault."""
        file: _HarFile | None = None
        try:
            made = Entries(self._connection, _key_of(self._folder), keep_names=self._keep_names)
            file = _HarFile(self._folder, made.about())
            while (exchanges := self._taken())[0] is not None and self.problem is None:
                file.append(",\n".join(made.entry(each) for each in exchanges if each is not None))
                if exchanges[-1] is None:
                    break
            file.end(made.stand_ins.replaced)
        except _FAULTS as error:
            self._give_up(getattr(error, "strerror", None) or type(error).__name__)
        finally:
            if file is not None:
                file.close()

    def _taken(self) -> list[Exchange | None]:
        """The next exchange, and what else waits: written at once, they cost one wait for the disk."""
        taken = [self._queue.get()]
        while taken[-1] is not None and len(taken) < _AT_ONCE and not self._queue.empty():
            taken.append(self._queue.get())
        return taken


def _key_of(folder: str) -> bytes:
    """The key of the folder's stand-ins, made where there is none: complete from the first moment anyone sees it."""
    os.makedirs(folder, _FOLDER_MODE, exist_ok=True)
    path = os.path.join(folder, _KEY_FILE)
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        return file.read()
    temporary = f"{path}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    try:
        with open(handle, "wb") as made:
            made.write(secrets.token_hex(32).encode("ascii"))
        with contextlib.suppress(FileExistsError):  # another task was first
            os.link(temporary, path)
    finally:
        os.unlink(temporary)
    with open(path, "rb") as file:
        return file.read()


class _HarFile:
    """A file that is whole JSON after each entry: what comes next is written over its end."""

    def __init__(self, folder: str, about: Json) -> None:
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03}Z-{os.getpid()}-{secrets.token_hex(3)}.har"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.open(os.path.join(folder, name), flags, _FILE_MODE)
        self._at = 0
        self._empty = True
        self._write(f'{{"log": {json.dumps(about)[:-1]}, "entries": [', _END)

    def append(self, entry: str) -> None:
        """Raises OSError; the file is then as it was before."""
        self._write(("\n" if self._empty else ",\n") + entry, _END)
        self._empty = False

    def end(self, replaced: t.Mapping[str, str]) -> None:
        """List what was replaced; names that begin with ``_`` are for what HAR does not know."""
        listed = [{"stand_in": made, "for": kind} for made, kind in sorted(replaced.items())]
        self._write("", f'\n], "_replaced": {json.dumps(listed, indent=1)}}}}}\n')

    def close(self) -> None:
        os.close(self._file)

    def _write(self, text: str, end: str) -> None:
        data, at = (text + end).encode("ascii"), self._at
        try:
            while data:
                written = os.pwrite(self._file, data, at)
                data, at = data[written:], at + written
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._at)
                os.pwrite(self._file, _END.encode("ascii"), self._at)
            raise
        self._at += len(text)


class Entries:
    """Makes the entries of a HAR file from exchanges."""

    def __init__(self, connection: Connection, key: bytes, *, keep_names: bool) -> None:
        account = connection.username.replace("\\", " ").replace("@", " ").split()
        known = [connection.host, connection.username, *account]
        self.stand_ins = StandIns(key, known, keep=keep_names)
        self._secrets: set[str] = set()
        self._seen: set[str] = set()  # values of headers in which secrets were looked for
        self._forms: tuple[str, ...] = ()  # the secrets as they may look in an entry
        pair = f"{connection.username}:{connection.password}".encode("utf-8", "surrogateescape")
        self._keep_secret(connection.password, base64.b64encode(pair).decode("ascii"))
        host = connection.url_host if keep_names else f"{self.stand_ins.name(connection.host)}.invalid"
        self._base = f"https://{host}:{connection.port}{BASE_PATH}"

    def about(self) -> Json:
        """What the file says of itself."""
        comment = (
            "Names and addresses are as the array has them."
            if self.stand_ins.keep
            else "Names and addresses are replaced by stand-ins; _replaced lists them."
        )
        return {
            "version": "1.2",
            "creator": {"name": "drdrill.powerstore", "version": VERSION},
            "comment": f"{comment} Passwords, cookies and tokens were not written.",
            "_names": "kept" if self.stand_ins.keep else "replaced",
        }

    def entry(self, exchange: Exchange) -> str:
        """One entry, as ASCII, without any secret that is known by now."""
        for name, value in (*exchange.headers.items(), *exchange.answer_headers):
            if value not in self._seen and name.lower() in _SECRET_HEADERS:
                self._seen.add(value)
                self._keep_secret(*_secrets_of(value))
        sent = exchange.body if isinstance(exchange.body, dict) else {}
        self._keep_secret(*(str(value) for name, value in sent.items() if value and "password" in name))
        milliseconds = round(exchange.seconds * 1000, 3)
        made: Json = {
            "startedDateTime": format_time(exchange.began),
            "time": milliseconds,
            "request": self._request(exchange),
            "response": self._response(exchange),
            "cache": {},
            "timings": {"send": 0, "wait": milliseconds, "receive": 0},
            "comment": self.stand_ins.text(exchange.doing),
        }
        return self._without_secrets(json.dumps(made)) or self._left_out(made)

    def _request(self, exchange: Exchange) -> Json:
        query = self.stand_ins.query(exchange.query)
        sent = json.dumps(self.stand_ins.json(exchange.body)) if exchange.body is not None else None
        target = self.stand_ins.path(exchange.path) + (
            f"?{urlencode(query, quote_via=quote, safe='(),:*')}" if query else ""
        )
        posted = {} if sent is None else {"postData": {"mimeType": "application/json", "text": sent}}
        return {
            "method": exchange.method,
            "url": self._base + target,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(exchange.headers.items()),
            "queryString": [{"name": name, "value": value} for name, value in query],
            **posted,
            "headersSize": -1,
            "bodySize": len(sent or ""),
        }

    def _response(self, exchange: Exchange) -> Json:
        failed = {} if exchange.error is None else {"_error": self.stand_ins.text(exchange.error)}
        kind = next((value for name, value in exchange.answer_headers if name.lower() == "content-type"), "")
        return {
            "status": exchange.status,
            "statusText": _phrase(exchange.status),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(exchange.answer_headers),
            "content": {"size": len(exchange.raw), "mimeType": _KIND.sub("", kind), **self._content(exchange)},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(exchange.raw),
            **failed,
        }

    def _content(self, exchange: Exchange) -> Json:
        if not exchange.raw.strip():
            return {"text": ""}
        try:
            value = json.loads(exchange.raw.decode("utf-8-sig", "replace"), strict=False)
        except (ValueError, RecursionError):
            return {"comment": "Not JSON: left out, as names and secrets cannot be found in it."}
        if exchange.path == "/login_session" and isinstance(value, list):  # nobody says that its id is no secret
            value = [{**row, "id": SECRET} if isinstance(row, dict) and "id" in row else row for row in value]
        return {"text": json.dumps(self.stand_ins.json(value), separators=(",", ":"))}

    def _keep_secret(self, *values: str) -> None:
        new = {value for value in values if len(value) >= _SHORTEST_SECRET} - self._secrets
        if new:
            self._secrets |= new
            written = {each for value in self._secrets for each in _forms_of(value)}
            once = {json.dumps(value)[1:-1] for value in written}
            twice = {json.dumps(value)[1:-1] for value in once}  # bodies are texts of JSON inside JSON
            thrice = {json.dumps(value)[1:-1] for value in twice}  # and may hold one more
            self._forms = tuple(sorted(once | twice | thrice, key=len, reverse=True))

    def _left_out(self, made: Json) -> str:
        """An entry that keeps only its times and status."""
        empty = Exchange(began=datetime.now(UTC), seconds=0.0, method="GET", path="/", query=[], headers={}, body=None,
                         doing="")  # fmt: skip
        left = {
            "request": self._request(empty),
            "response": {**self._response(empty), "status": made["response"]["status"]},
        }
        return json.dumps({**made, **left, "comment": "Left out: a secret was found in it."})

    def _without_secrets(self, entry: str) -> str | None:
        """The entry without secrets; None where they cannot be cut out of it."""
        found = [form for form in self._forms if form in entry]
        if not found:
            return entry
        for form in found:
            entry = entry.replace(form, SECRET)
        try:
            json.loads(entry)
        except ValueError:  # cut in the middle of an escape
            return None
        return entry


def _forms_of(secret: str) -> t.Iterator[str]:
    """A secret as it may be written: as it is, in a URL, in HTML, and in base 64."""
    data = secret.encode("utf-8", "surrogateescape")
    yield secret
    for quoted in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield quoted
        yield _PERCENT.sub(lambda found: found[0].lower(), quoted)
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data).decode("ascii").rstrip("=")


def _headers(headers: t.Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": _shown(name.lower(), value)} for name, value in headers]


def _shown(name: str, value: str) -> str:
    """The value of a header; of a type of content, what a parameter says may be a name."""
    if name == "content-type":
        return _KIND.sub("", value)
    return value if name in _SHOWN_HEADERS else SECRET


def _secrets_of(header: str) -> t.Iterator[str]:
    """What in the value of a header is secret: the whole, and each value of a cookie."""
    yield header
    yield header.partition(" ")[2]
    for part in header.split(";"):
        name, _sign, value = part.strip().partition("=")
        if name.lower() not in ("path", "domain", "expires", "max-age", "samesite"):
            yield value


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
