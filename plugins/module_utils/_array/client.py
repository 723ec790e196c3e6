# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The PowerStore REST API as verbs: get, get_all, get_by, count, operate, change. I/O only, no decisions.

One `Client` is one login for a whole task, over connections that are kept open. It may be used from many threads. What
is sent again, and for how long: `_array/transport.py`; when it logs in again: `_array/login.py`.
"""

from __future__ import annotations

import contextlib
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from .._errors import (
    IS_IT_A_POWERSTORE,
    PowerStoreError,
    ProtocolError,
    UnclearAnswerError,
    error_from_answer,
)
from .._json import Json
from .connection import Connection
from .fields import Unread
from .login import Flow, Login
from .pages import GONE, PAGE_SIZE, Pages
from .transport import (
    REQUESTS_IMPORT_ERROR,
    UNREADABLE,
    Answer,
    Query,
    Request,
    Transport,
    encode_query,
)

__all__ = [
    "PAGE_SIZE",
    "REQUESTS_IMPORT_ERROR",
    "URL_LENGTH",
    "Client",
    "Query",
    "Receipt",
    "chunks",
    "encode_query",
    "path_id",
]

URL_LENGTH = 7000  # front ends refuse a request line above 8 KiB
_READINGS = 3  # of a set whose count differs
_DONE = (200, 201, 204)  # HttpStatusEnum for an operation that was done at once
_PLAIN = re.compile(r"[\w.@ -]+", re.ASCII)  # needs no quoting inside in.(…)
_TAKEN = 202  # and for one that a job does


@dataclass(frozen=True)
class Receipt:
    """What the array said to an operation that it took: the job that does it, or the body when it was done at once."""

    job_id: str | None = None
    body: Json | None = None


class Client:
    """One array, one account, one login. Use it as a context manager: it logs in on entry, out on exit."""

    def __init__(self, connection: Connection, *, connections: int = 1) -> None:
        """``connections``: how many requests may be under way at once; no more TLS connections are ever open."""
        self._connection = connection
        self._transport = Transport(connection, connections)
        self._login = Login(connection)

    @property
    def on_busy(self) -> t.Callable[[], None] | None:
        """Called whenever the array asks for fewer requests (429, 503)."""
        return self._transport.on_busy

    @on_busy.setter
    def on_busy(self, call: t.Callable[[], None] | None) -> None:
        self._transport.on_busy = call

    # Account

    @property
    def account(self) -> str:
        """The account as the array names it."""
        return self._login.account.name

    @property
    def host(self) -> str:
        """The name or address that is asked."""
        return self._connection.host

    @property
    def warnings(self) -> list[str]:
        """What the task should warn of, once this is closed."""
        return self._transport.warnings

    def is_own(self, user: str | None) -> bool | None:
        """Whether the array means this task's account; None where that is in doubt.

        ``CORP\\drill``, ``drill@corp.example`` and ``Drill`` are one account. In doubt: no name at all, and another
        name as long as the array has not shown how it writes this account, neither at login nor by `learn_account`.
        Who looks after its own request takes doubt for ours (``is not False``); who would stop somebody else's test
        does not (``is True``).
        """
        return self._login.account.is_own(user)

    def learn_account(self, name: str | None) -> None:
        """The account as a job has it that is certainly ours: one whose id came with our own receipt (202)."""
        self._login.account.learn(name)

    def __enter__(self) -> Client:
        try:
            self._drive(self._login.open())
        except PowerStoreError:
            self._transport.close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        with contextlib.suppress(PowerStoreError):  # changes no result: the array drops idle sessions itself
            self._drive(self._login.close())
        self._transport.close()

    # Reading

    def get(self, path: str, query: Query = (), *, doing: str, deadline: float | None = None) -> t.Any:
        """The decoded body of a GET on one instance or one page."""
        return self._get(Request("GET", path, doing, query, deadline=deadline)).payload

    def get_all(
        self, collection: str, query: Query = (), *, doing: str, deadline: float | None = None,
        unread: list[Unread] | None = None,
    ) -> list[Json]:  # fmt: skip
        """All rows of a collection that fit the query, in the order of their ids: one request where all fit a page.

        Never a short list: where the array counts more rows than it lists, the set is read again, up to three times,
        and then a ProtocolError is raised. Each row is an object with an id. What is not is noted in ``unread``,
        where that is given, and else raised as a ProtocolError.
        """
        for _attempt in range(_READINGS):
            pages = Pages(collection)
            more = True
            while more:
                request = Request("GET", f"/{collection}", doing, [*query, *pages.query()], deadline=deadline)
                more = pages.take(self._get(request, expected=(200, 206, GONE)))
            if pages.problem is None:
                break
        else:
            raise ProtocolError(f"{doing}: {pages.problem}, {_READINGS} times. A list that is not whole is not used.")
        if unread is not None:
            unread.extend(pages.odd)
        elif pages.odd:
            raise ProtocolError(f"{doing}: {pages.odd[0].error.message}")
        return pages.rows

    def get_by(
        self, collection: str, attribute: str, values: t.Iterable[str], query: Query = (), *, doing: str,
        deadline: float | None = None, unread: list[Unread] | None = None,
    ) -> list[Json]:  # fmt: skip
        """The rows whose ``attribute`` is one of ``values``: one query for as many values as a URL may hold."""
        rows: list[Json] = []
        for condition in any_of(values):
            filters = [*query, (attribute, condition)]
            rows.extend(self.get_all(collection, filters, doing=doing, deadline=deadline, unread=unread))
        return rows

    def count(self, collection: str, query: Query = (), *, doing: str, deadline: float | None = None) -> int | None:
        """How many rows fit the query by the array's own count, None where it does not tell: one small request."""
        counting = [*query, ("select", "id"), ("limit", "1")]
        answer = self._get(Request("GET", f"/{collection}", doing, counting, deadline=deadline))
        if answer.total is None and answer.status == 200 and isinstance(answer.payload, list):
            return len(answer.payload)
        return answer.total

    def _get(self, request: Request, expected: t.Container[int] = (200, 206)) -> Answer:
        answer = self._drive(self._login.authenticated(request))
        if answer.status not in expected:
            raise self._error(answer)
        if answer.payload is UNREADABLE and answer.status != GONE:
            raise ProtocolError(
                f"{request.doing}: the answer of {self._connection.base_url}{request.path} is not JSON, three times. "
                f"{IS_IT_A_POWERSTORE}",
                http_status=answer.status,
            )
        return answer

    # Operating

    def operate(
        self, path: str, body: Json | None, *, doing: str, deadline: float | None = None, method: str = "POST"
    ) -> Receipt:
        """Send one operation, once. 202 brings a job; 200, 201 or 204 say that it is done already.

        Raises OutcomeUnknownError where the operation may have been executed: no answer came, or one that is not the
        array's own word. Any other error is the array's refusal.
        """
        request = Request(method, path, doing, [("is_async", "true")], body, deadline)
        answer = self._drive(self._login.authenticated(request))
        payload = answer.payload if isinstance(answer.payload, dict) else None
        if answer.status == _TAKEN and payload and isinstance(payload.get("id"), str | int):
            return Receipt(job_id=str(payload["id"]))
        if answer.status in _DONE and (payload is not None or answer.payload is None):
            return Receipt(body=payload)
        raise self._unclear(answer) if 200 <= answer.status < 300 else self._error(answer, operation=True)

    def change(self, path: str, body: Json, *, doing: str) -> None:
        """PATCH attributes of one instance. Raises as `operate` does."""
        answer = self._drive(self._login.authenticated(Request("PATCH", path, doing, body=body)))
        if answer.status not in _DONE:
            raise self._error(answer, operation=True)

    def _error(self, answer: Answer, *, operation: bool = False) -> PowerStoreError:
        hint = self._login.hint if answer.status == 403 else None
        return error_from_answer(
            answer.status, answer.payload, answer.doing, answer.retry_after, operation=operation, hint=hint
        )

    @staticmethod
    def _unclear(answer: Answer) -> UnclearAnswerError:
        return UnclearAnswerError(
            f"{answer.doing}: the array answered {answer.status}, but neither with a job nor with a result as the API's"
            " description has them. It may have been executed.",
            http_status=answer.status,
        )

    def _drive(self, flow: Flow) -> Answer:
        """Send the requests of a flow until it has its answer."""
        with contextlib.closing(flow):  # at once, as it may hold a lock that other threads wait for
            try:
                request = next(flow)
                while True:
                    request = flow.send(self._transport.send(request))
            except StopIteration as ended:
                answer: Answer = ended.value
                return answer


def any_of(values: t.Iterable[str]) -> t.Iterator[str]:
    """The filters that find these values: many together by ``in.(…)``, each odd one by itself.

    A single eq takes the rest of the parameter as it is, while in.(…) would need quoting that is
    not documented.
    """
    wanted = list(dict.fromkeys(values))
    plain = [value for value in wanted if _PLAIN.fullmatch(value) and value == value.strip()]
    yield from (f"in.({','.join(chunk)})" for chunk in chunks(plain))
    yield from (f"eq.{value}" for value in wanted if value not in set(plain))


def chunks(values: list[str]) -> t.Iterator[list[str]]:
    """The values in groups that fit into one URL each."""
    chunk: list[str] = []
    length = 0
    for value in values:
        size = len(quote(value, safe="")) + 1
        if chunk and length + size > URL_LENGTH:
            yield chunk
            chunk, length = [], 0
        chunk.append(value)
        length += size
    if chunk:
        yield chunk


def path_id(name_or_id: str) -> str:
    """An id, or ``name:…``, as a segment of a path."""
    return quote(name_or_id, safe=":")
