# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The PowerStore REST API as verbs: log in, read, read all, operate, change, log out. I/O only, no decisions.

One `Client` is one keep-alive `requests.Session` and one login for a whole task. It may be used from many threads.

What is retried, and for how long: a GET, and any request that certainly never reached the array (the connection was
not made), up to 8 times with growing pauses (about 20 s together) within twice the option `timeout`. An operation that
may have reached the array is never sent again from here; the caller is told with `OutcomeUnknownError` and reads what
the array shows.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
import traceback
import typing as t
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from .._errors import (
    AuthenticationError,
    OutcomeUnknownError,
    PowerStoreError,
    ProtocolError,
    UnreachableError,
    error_from_answer,
)
from .._json import Json
from .._version import VERSION
from .connection import Connection

Query = t.Sequence[tuple[str, str]]

BUSY_STATUSES = frozenset({429, 503})
PAGE_SIZE = 2000  # the array clamps a larger limit (api-facts 2)
URL_LENGTH = 7000  # front ends refuse a request line above 8 KiB
_CSRF_HEADER = "DELL-EMC-TOKEN"
_RELOGINS = 5  # in one task; a login session that keeps dying is a fault to report, not to work around
_UNREADABLE: t.Final = object()


@dataclass
class _Call:
    """What the retries of one request must know, and what they tell of it."""

    give_up_at: float
    on_busy: t.Callable[[], None] | None
    tries: int = 1


_call: ContextVar[_Call] = ContextVar("_call")

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

    class _BoundedRetry(Retry):
        """urllib3's Retry, which stops where the next pause would pass the end of the time given to the request."""

        def increment(
            self,
            method: t.Any = None,
            url: t.Any = None,
            response: t.Any = None,
            error: t.Any = None,
            _pool: t.Any = None,
            _stacktrace: t.Any = None,
        ) -> t.Any:
            following = super().increment(method, url, response, error, _pool, _stacktrace)
            call = _call.get()
            if response is not None and response.status in BUSY_STATUSES and call.on_busy:
                call.on_busy()
            pause = (self.get_retry_after(response) if response is not None else None) or following.get_backoff_time()
            hopeless = isinstance(error, getattr(urllib3.exceptions, "NameResolutionError", ()))
            if hopeless or time.monotonic() + pause > call.give_up_at:
                reason = error or urllib3.exceptions.ResponseError("no time left to try again")
                raise urllib3.exceptions.MaxRetryError(_pool, url, reason)
            call.tries += 1
            return following

    def _retries() -> Retry:
        # other=0: a certificate that is not trusted will not be trusted at the second try either.
        return _BoundedRetry(
            total=8,
            other=0,
            redirect=0,
            allowed_methods={"GET"},
            status_forcelist=BUSY_STATUSES,
            backoff_factor=0.25,
            backoff_max=5,
            raise_on_status=False,
        )


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: its status, and its body decoded from JSON (None when empty)."""

    status: int
    payload: t.Any
    total: int | None = None  # rows in the whole set, from Content-Range
    doing: str = ""  # what was asked, with how often where that was more than once
    retry_after: float | None = None  # seconds


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
        self._token: str | None = None
        self._login_count = 0
        self._account = connection.username
        self._login_lock = threading.Lock()
        self._refused: AuthenticationError | None = None
        self._denied: set[str] = set()  # operations that stayed forbidden with a fresh login
        self.on_busy: t.Callable[[], None] | None = None
        self._http = requests.Session()
        # The environment gives the proxies, once. Not ~/.netrc, whose credentials nobody asked for here, and not
        # REQUESTS_CA_BUNDLE, which would win over ca_path.
        self._http.trust_env = False
        self._http.proxies = requests.utils.get_environ_proxies(connection.base_url)
        self._http.mount(
            "https://",
            HTTPAdapter(pool_connections=1, pool_maxsize=connections, pool_block=True, max_retries=_retries()),
        )
        if connection.verify is False:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    @property
    def account(self) -> str:
        """The account as the array names it."""
        return self._account

    @property
    def host(self) -> str:
        """The name or address that is asked."""
        return self._connection.host

    def is_own(self, user: str | None) -> bool:
        """Whether the array means this account; without a name, nothing speaks against it."""
        names = {self._connection.username.casefold(), self._account.casefold()}
        return user is None or user.casefold() in names

    def __enter__(self) -> Client:
        self._login()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._logout()
        self._http.close()

    # Reading

    def get(self, path: str, query: Query = (), *, doing: str, deadline: float | None = None) -> t.Any:
        """The decoded body of a GET on one instance or one page."""
        return self._get(path, query, doing, deadline).payload

    def get_all(self, collection: str, query: Query = (), *, doing: str, deadline: float | None = None) -> list[Json]:
        """All rows of a collection that fit the query, page by page, in the order of their ids.

        A set that changes between two pages is read again from its start, at most three times: rows move from page
        to page when others vanish. 416 means that the set ended before this page (api-facts 2).
        """
        for _attempt in range(3):
            rows: dict[str, Json] = {}
            totals: set[int] = set()
            while True:
                known = len(rows)
                page = self._page(collection, query, known, doing, deadline)
                rows.update((str(row["id"]), row) for row in page.payload)
                totals.add(page.total if page.total is not None else len(rows))
                if len(rows) == known or page.total is None or len(rows) >= page.total:
                    break
            if totals == {len(rows)}:
                return list(rows.values())
        if len(rows) < min(totals):
            raise ProtocolError(f"{doing}: the array counts {min(totals)} and lists {len(rows)}, three times.")
        return list(rows.values())

    def get_by(
        self, collection: str, attribute: str, values: t.Iterable[str], query: Query = (), *, doing: str,
        deadline: float | None = None,
    ) -> list[Json]:  # fmt: skip
        """The rows whose ``attribute`` is one of ``values``: one query for as many values as a URL may hold."""
        rows: list[Json] = []
        for chunk in chunks(list(dict.fromkeys(values))):
            filters = [*query, (attribute, f"in.({','.join(chunk)})")]
            rows.extend(self.get_all(collection, filters, doing=doing, deadline=deadline))
        return rows

    def count(self, collection: str, query: Query = (), *, doing: str, deadline: float | None = None) -> int:
        """How many rows fit the query, by the array's own count: one small request."""
        answer = self._get(f"/{collection}", [*query, ("select", "id"), ("limit", "1")], doing, deadline)
        if answer.total is None and not isinstance(answer.payload, list):
            raise ProtocolError(f"{doing}: expected a list of {collection}, found something else.")
        return len(answer.payload) if answer.total is None else answer.total

    def _page(self, collection: str, query: Query, offset: int, doing: str, deadline: float | None) -> Answer:
        paging = [("order", "id"), ("limit", str(PAGE_SIZE))] + ([("offset", str(offset))] if offset else [])
        answer = self._get(f"/{collection}", [*query, *paging], doing, deadline, expected=(200, 206, 416))
        if answer.status == 416:
            return Answer(416, [], None)
        if not isinstance(answer.payload, list) or not all(isinstance(r, dict) and "id" in r for r in answer.payload):
            raise ProtocolError(f"{doing}: expected a list of {collection} with ids, found something else.")
        return answer

    def _get(
        self, path: str, query: Query, doing: str, deadline: float | None, expected: t.Container[int] = (200, 206)
    ) -> Answer:
        answer = self._authenticated("GET", path, query, None, doing, deadline)
        if answer.status not in expected:
            raise error_from_answer(answer.status, answer.payload, answer.doing or doing)
        if answer.payload is _UNREADABLE and answer.status != 416:
            raise ProtocolError(
                f"{doing}: the answer of {self._connection.base_url}{path} is not JSON, three times. "
                "Is this the management address of a PowerStore?",
                http_status=answer.status,
            )
        return answer

    # Operating

    def operate(self, path: str, body: Json, *, doing: str, deadline: float | None = None) -> Receipt:
        """Send one operation, once. 202 brings a job; 200, 201 or 204 say that it is done already.

        Raises OutcomeUnknownError where the operation may have been executed without the answer arriving.
        """
        answer = self._authenticated("POST", path, [("is_async", "true")], body, doing, deadline)
        if answer.status not in (200, 201, 202, 204):
            raise error_from_answer(answer.status, answer.payload, answer.doing or doing, answer.retry_after)
        payload = answer.payload if isinstance(answer.payload, dict) else None
        if answer.status == 202:
            return Receipt(job_id=str(payload["id"]) if payload and payload.get("id") else None)
        return Receipt(body=payload)

    def change(self, path: str, body: Json, *, doing: str) -> None:
        """PATCH attributes of one instance."""
        answer = self._authenticated("PATCH", path, (), body, doing, None)
        if not 200 <= answer.status < 300:
            raise error_from_answer(answer.status, answer.payload, answer.doing or doing)

    # Login session

    def _login(self) -> None:
        if self._refused:  # never a second try with credentials that were refused: accounts lock
            raise self._refused
        doing = f"Logging in to {self._connection.host} as {self._connection.username}"
        self._http.cookies.clear()
        self._token = None
        basic = requests.auth.HTTPBasicAuth(
            self._connection.username.encode("utf-8"), self._connection.password.encode("utf-8")
        )
        answer = self._send("GET", "/login_session", (), None, doing, None, basic)
        if answer.status == 401:
            self._refused = AuthenticationError(
                f"{doing}: user name or password was refused (401). Tried once, not again: accounts lock. "
                "Check username and password (POWERSTORE_USERNAME, POWERSTORE_PASSWORD).",
                http_status=401,
            )
            raise self._refused
        if answer.status != 200:
            raise error_from_answer(answer.status, answer.payload, answer.doing or doing)
        if answer.payload is _UNREADABLE or not self._http.cookies:
            raise ProtocolError(
                f"{doing}: the answer is not that of a PowerStore (no login session in it). "
                f"Is {self._connection.host}:{self._connection.port} the management address of the array?",
                http_status=200,
            )
        if isinstance(answer.payload, list) and answer.payload and isinstance(answer.payload[0], dict):
            self._account = str(answer.payload[0].get("user") or self._connection.username)
        self._login_count += 1

    def _login_again(self, seen: int, status: int, cause: PowerStoreError) -> None:
        """A fresh login, unless another thread made one since this request was sent."""
        with self._login_lock:
            if self._login_count != seen:
                return
            if self._login_count > _RELOGINS:
                raise cause
            if status == 403:  # the old login session is alive, so it is not left behind
                self._logout()
            self._login()

    def _logout(self) -> None:
        """End the login session on the array. A failure changes no result: the array drops idle sessions itself."""
        if not self._http.cookies:
            return
        with contextlib.suppress(PowerStoreError):
            self._send("POST", "/logout", (), None, "Logging out", time.monotonic() + 5, None)

    def _authenticated(
        self, method: str, path: str, query: Query, body: Json | None, doing: str, deadline: float | None
    ) -> Answer:
        """Send; where the token is stale (403) or the login session died (401), renew it and send once more.

        Both answers come before the array executes anything, so an operation may be sent again after them (INF). A
        403 that stays with a fresh login means that the account may not do this; that is asked once for each kind.
        """
        kind = f"{method} {path.rpartition('/')[2] if method == 'POST' else path.split('/')[1]}"
        seen = self._login_count
        answer = self._send(method, path, query, body, doing, deadline, None)
        if answer.status == 403 and method != "GET" and kind not in self._denied:
            self._send("GET", "/login_session", (), None, "Renewing the login session's token", deadline, None)
            answer = self._send(method, path, query, body, doing, deadline, None)
        if answer.status == 401 or (answer.status == 403 and kind not in self._denied):
            self._login_again(seen, answer.status, error_from_answer(answer.status, answer.payload, doing))
            answer = self._send(method, path, query, body, doing, deadline, None)
            if answer.status == 403:
                self._denied.add(kind)
        return answer

    # Transport

    def _send(
        self, method: str, path: str, query: Query, body: Json | None, doing: str, deadline: float | None, auth: t.Any
    ) -> Answer:
        """One request; a GET whose answer was cut short (a lost connection that HTTP did not notice) up to three."""
        answer = self._exchange(method, path, query, body, doing, deadline, auth)
        for _again in range(2):
            if method != "GET" or answer.payload is not _UNREADABLE or answer.status >= 400:
                break
            answer = self._exchange(method, path, query, body, doing, deadline, auth)
        return answer

    def _exchange(
        self, method: str, path: str, query: Query, body: Json | None, doing: str, deadline: float | None, auth: t.Any
    ) -> Answer:
        now = time.monotonic()
        allowed = max(1.0, min(self._connection.timeout, (deadline or float("inf")) - now))
        # A GET that was not answered in time gets a second chance; within a wait, the wait's own end is the bound.
        call = _Call(now + allowed * (1 if deadline else 2), self.on_busy)
        context = _call.set(call)
        headers = {"Accept": "application/json", "Application-Type": f"drdrill.powerstore/{VERSION}"}
        if method != "GET" and self._token:
            headers[_CSRF_HEADER] = self._token
        try:
            response = self._http.request(
                method,
                self._connection.base_url + path + (f"?{encode_query(query)}" if query else ""),
                json=body,
                headers=headers,
                auth=auth,
                timeout=allowed,
                verify=self._connection.verify,
                allow_redirects=False,
            )
        except requests.exceptions.RequestException as error:
            if method == "GET" and isinstance(error, requests.exceptions.ChunkedEncodingError):
                return Answer(200, _UNREADABLE)
            raise self._unanswered(error, method, f"{doing} ({_effort(call, now)})") from error
        finally:
            _call.reset(context)
        return self._answer(response, doing if call.tries == 1 else f"{doing} ({_effort(call, now)})")

    def _answer(self, response: requests.Response, doing: str) -> Answer:
        if 300 <= response.status_code < 400:
            # Followed, a redirect would hand the login session to whoever it names.
            raise ProtocolError(
                f"{doing}: {self._connection.host} redirects ({response.status_code}) and is not followed. "
                "Is this the management address of a PowerStore?",
                http_status=response.status_code,
            )
        if response.status_code in BUSY_STATUSES and self.on_busy:
            self.on_busy()
        if response.ok and response.headers.get(_CSRF_HEADER):
            self._token = response.headers[_CSRF_HEADER]
        try:
            payload = response.json() if response.content else None
        except ValueError:
            payload = _UNREADABLE
        total = response.headers.get("Content-Range", "").rpartition("/")[2]
        later = response.headers.get("Retry-After", "")
        return Answer(
            response.status_code,
            payload,
            int(total) if total.isdigit() else None,
            doing,
            float(later) if later.isdigit() else None,
        )

    def _unanswered(self, error: Exception, method: str, doing: str) -> UnreachableError:
        """What it means that no answer came. The cause is named, the URL with its query is not repeated."""
        where = f"{self._connection.host}:{self._connection.port}"
        if isinstance(error, requests.exceptions.SSLError) and (method == "GET" or _is_about_trust(error)):
            return UnreachableError(
                f"{doing}: the TLS connection to {where} failed: {_root_cause(error)}. Give the authority that signed "
                "the array's certificate in ca_path (POWERSTORE_CA_PATH), or set validate_certs to false to trust "
                "whoever answers."
            )
        cause = _root_cause(error)
        if _certainly_not_sent(error):
            return UnreachableError(
                f"{doing}: no connection to {where}: {cause}. Check host and port, and that the array's management "
                "network is reachable from here."
            )
        if method == "GET":
            return UnreachableError(f"{doing}: no answer from {where}: {cause}.")
        return OutcomeUnknownError(f"{doing}: sent to {where}, but no answer came: {cause}.")


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


def encode_query(query: Query) -> str:
    """The query string; the characters of the array's filter language stay readable and short."""
    return urlencode(list(query), quote_via=quote, safe="(),:*")


def path_id(name_or_id: str) -> str:
    """An id, or ``name:…``, as a segment of a path."""
    return quote(name_or_id, safe=":")


def _effort(call: _Call, began: float) -> str:
    return f"{'once' if call.tries == 1 else f'{call.tries} times'}, {time.monotonic() - began:.1f} s"


def _certainly_not_sent(error: Exception) -> bool:
    """Whether the connection was never made, so that the array cannot have read the request."""
    reason = getattr(error.args[0] if error.args else None, "reason", error)
    return isinstance(reason, urllib3.exceptions.ConnectTimeoutError) or isinstance(
        error, requests.exceptions.ConnectTimeout
    )


def _is_about_trust(error: BaseException | None) -> bool:
    """Whether the certificate was refused: before any request was sent. TLS may also break after one."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
        seen += 1
    return False


def _root_cause(error: BaseException) -> str:
    """The innermost message: requests and urllib3 wrap the operating system's word several times."""
    while True:
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(inner, BaseException):
            inner = error.__cause__
        if inner is None or inner is error:
            break
        error = inner
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.rpartition(">: ")[2]
