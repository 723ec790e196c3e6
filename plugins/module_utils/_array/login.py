# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login session of one task as an auth flow: which requests to send around a request, and what to keep of answers.

A flow is a generator that yields requests and is sent their answers; who drives it does the I/O. Login is
``GET /login_session`` with Basic credentials; then the cookie tells who asks, and ``DELL-EMC-TOKEN`` goes with all that
is no GET (api-facts 1). Credentials that were refused are never sent a second time: accounts lock.
"""

from __future__ import annotations

import base64
import threading
import time
import typing as t
from dataclasses import replace

from .._errors import (
    IS_IT_A_POWERSTORE,
    AuthenticationError,
    PowerStoreError,
    ProtocolError,
    error_from_answer,
    is_own_word,
)
from .connection import Connection, called
from .transport import UNREADABLE, Answer, Request

Flow = t.Generator[Request, Answer, Answer]

_TOKEN = "DELL-EMC-TOKEN"  # noqa: S105  # the name of a header
_SELECT = [("select", "id,user,is_password_change_required")]  # else the array shows the id alone
_LOGINS = 6  # in one task; a login session that keeps dying is a fault to report, not to work around
_SETTLING = (0.5, 1.0)  # seconds; just after a login the array may not know the session everywhere yet (api-facts 10)


class Account:
    """The account of a task, in all the ways in which the array writes it."""

    def __init__(self, username: str) -> None:
        self._names = [username]
        self._shown: str | None = None

    @property
    def name(self) -> str:
        """As the array writes it, where it has shown that; else as it was given."""
        return self._shown or self._names[0]

    def learn(self, name: object) -> None:
        """The array's own word for this account: of the login session, or of a job that is certainly ours."""
        if isinstance(name, str) and name.strip():
            self._shown = name
            self._names.append(name)

    def is_own(self, name: object) -> bool | None:
        """Whether a job's or an audit event's account is this one; None where that is in doubt.

        Names are case-blind, and ``CORP\\drill``, ``drill@corp.example`` and ``drill`` are one. In doubt: no name; two
        domains written in one way; another name while the array has not shown how it writes this account.
        """
        if not isinstance(name, str) or not name.strip():
            return None
        found = {_same(known, name) for known in self._names}
        if True in found:
            return True
        return None if None in found or self._shown is None else False


def _same(one: str, other: str) -> bool | None:
    (one_name, one_domains), (other_name, other_domains) = _parts(one), _parts(other)
    if one_name != other_name:
        return False
    differ = any(a and b and a != b for a, b in zip(one_domains, other_domains, strict=True))
    return None if differ else True


def _parts(name: str) -> tuple[str, tuple[str, str]]:
    """The name without its domain, and the domain as written before and after it."""
    before, _sign, rest = name.strip().casefold().rpartition("\\")
    bare, _sign, after = rest.partition("@")
    return bare, (before, after)


class Login:
    """One account's login session. It may be used from many threads."""

    def __init__(self, connection: Connection, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self.account = Account(connection.username)
        self.must_change_password = False
        self._connection = connection
        self._sleep = sleep
        self._lock = threading.Lock()
        self._cookies: dict[str, str] = {}
        self._token: str | None = None
        self._count = 0
        self._proven = False  # whether the array has answered this session, so that it knows it
        self._refused: AuthenticationError | None = None
        self._denied: set[str] = set()  # kinds of requests that stayed forbidden with a fresh login

    @property
    def hint(self) -> str | None:
        """What a 403 means where it is not about the role."""
        if not self.must_change_password:
            return None
        return f"Change the password of the account {self.account.name} in PowerStore first: the array asks for that."

    # Flows

    def open(self, deadline: float | None = None) -> Flow:
        """Log in. Raises AuthenticationError where user or password is refused, now and ever after.

        ``deadline``: of the request that needs it, a time of time.monotonic().
        """
        if self._refused:
            raise self._refused
        doing = f"Logging in to {self._connection.host} as {self._connection.username}"
        self._cookies, self._token = {}, None
        basic = {"Authorization": self._basic()}
        answer = yield Request("GET", "/login_session", doing, _SELECT, deadline=deadline, headers=basic)
        if answer.status == 401:
            self._refused = AuthenticationError(
                f"{doing}: user name or password was refused (401). Tried once, not again: accounts lock. "
                f"Check {called('username', 'password')}.{self._about_password()}",
                http_status=401,
            )
            raise self._refused
        if answer.status != 200:
            hint = IS_IT_A_POWERSTORE if answer.status == 404 else None
            raise error_from_answer(answer.status, answer.payload, answer.doing or doing, hint=hint)
        self._heed(answer)
        if answer.payload is UNREADABLE or not self._cookies:
            raise ProtocolError(
                f"{doing}: the answer is not that of a PowerStore (no login session in it). "
                f"Is {self._connection.host}:{self._connection.port} the management address of the array?",
                http_status=200,
            )
        row = answer.payload[0] if isinstance(answer.payload, list) and answer.payload else None
        if isinstance(row, dict):
            self.account.learn(row.get("user"))
            self.must_change_password = row.get("is_password_change_required") is True
        self._count += 1
        return answer

    def close(self) -> Flow:
        """Log out, where there is a login session: the array keeps about 2,000 of all clients together."""
        answer = Answer(204)
        if self._cookies:
            logout = Request("POST", "/logout", "Logging out", deadline=time.monotonic() + 5)
            answer = yield self._signed(logout)
            self._cookies, self._token = {}, None
        return answer

    def authenticated(self, request: Request) -> Flow:
        """Send a request; where the token is stale (403) or the login session died (401), renew it and send once more.

        Both answers come before the array executes anything, so an operation may be sent again after them (INF), but
        only if they are the array's own words. A 403 that stays with a fresh login means that the account may not do
        this; that is asked once for each kind.
        """
        kind = _kind(request)
        if not self._cookies:  # a login meanwhile came to nothing
            yield from self._open_again(request, self._count, 401, AuthenticationError("There is no login session."))
        if not request.is_read and not self._token:
            yield from self._renew(request)  # a login may come without a token (api-facts 10)
        seen = self._count
        answer = yield from self._ask(request)
        if not self._proven:
            answer = yield from self._settled(request, answer, (401, 403), _SETTLING)
        if answer.status == 403 and not request.is_read and kind not in self._denied:
            if not self._may_repeat(request, answer):
                return answer
            yield from self._renew(request)
            answer = yield from self._ask(request)
        if self._may_repeat(request, answer) and (answer.status == 401 or kind not in self._denied):
            cause = error_from_answer(answer.status, answer.payload, request.doing)
            yield from self._open_again(request, seen, answer.status, cause)
            answer = yield from self._ask(request)
            answer = yield from self._settled(request, answer, (401,), _SETTLING[:1])
            if answer.status == 403:
                self._denied.add(kind)
        return answer

    def _settled(self, request: Request, answer: Answer, statuses: t.Container[int], pauses: t.Iterable[float]) -> Flow:
        """The answer once the array knows a fresh login session, or when the pauses are over."""
        for pause in pauses:
            if answer.status not in statuses or not self._may_repeat(request, answer):
                break
            self._sleep(pause)
            answer = yield from self._ask(request)
        return answer

    def _may_repeat(self, request: Request, answer: Answer) -> bool:
        if answer.status not in (401, 403) or (answer.status == 403 and self.must_change_password):
            return False
        return request.is_read or is_own_word(answer.status, answer.payload)

    def _open_again(self, request: Request, seen: int, status: int, cause: PowerStoreError) -> Flow:
        """A fresh login, unless another thread made one since the request was sent."""
        with self._lock:
            if self._count != seen:
                return Answer(200)
            if self._count >= _LOGINS:
                raise cause
            if status == 403:  # the old login session is alive, so it is not left behind
                yield from self.close()
            return (yield from self.open(request.deadline))

    def _renew(self, request: Request) -> Flow:
        doing = "Renewing the login session's token"
        return (yield from self._ask(Request("GET", "/login_session", doing, deadline=request.deadline)))

    def _ask(self, request: Request) -> Flow:
        count = self._count
        answer = yield self._signed(request)
        if answer.status < 300 and count == self._count:
            self._heed(answer)
            self._proven = True
        return answer

    # What is kept of answers and sent with requests

    def _signed(self, request: Request) -> Request:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if not request.is_read and self._token:
            headers[_TOKEN] = self._token
        return replace(request, headers=headers)

    def _heed(self, answer: Answer) -> None:
        for cookie in answer.cookies:
            name, _sign, value = " ".join(cookie.partition(";")[0].split()).partition("=")
            if name and value:
                self._cookies = {**self._cookies, name: value}
        self._token = answer.headers.get(_TOKEN.lower()) or self._token

    def _basic(self) -> str:
        pair = f"{self._connection.username}:{self._connection.password}"
        return "Basic " + base64.b64encode(pair.encode("utf-8", errors="surrogateescape")).decode("ascii")

    def _about_password(self) -> str:
        if self._connection.password[-1:] in ("\n", "\r"):
            return " The password ends in a line end, which a file or a prompt may have left there."
        if self._connection.password != self._connection.password.strip():
            return " The password begins or ends with a space."
        return ""


def _kind(request: Request) -> str:
    """What a role may be denied: the operation, or the collection that is read."""
    steps = request.path.split("/")
    return f"{request.method} {steps[1] if request.is_read else steps[-1]}"
