# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request and its answer over HTTPS: bounds in time and bytes, and what is tried again. It knows no login.

Bounds. One try ends after the option ``timeout`` as a whole: connecting, TLS, the headers and the body together,
however slowly an answer drips. (The resolver of names has its own.) An answer has at most 64 MiB, unpacked.

What is tried again, with growing pauses, within twice ``timeout`` and until the request's own deadline:

- A read (GET) without an answer, and any request that certainly was not sent, as the connection was never made: as long
  as that. An array whose management moves to its other node is away for tens of seconds to minutes. The time counts
  once for all requests of a task: after an array was waited for in vain, each further one is tried again for 5 s.
  Where connections are refused and the task was never answered, the address is more likely wrong: 30 s.
- A read that was answered 429 or 5xx, up to 8 times. An array that has not answered otherwise yet, or not since it was
  away, is still coming up: its 502, 503 and 504 count as no answer.
- A read whose answer is not JSON, twice.

An operation that may have reached the array is never sent again from here.

This speaks to urllib3, which comes with requests. What requests adds is used where it is needed: the proxies of the
environment with their exceptions, and the authorities that it trusts.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import io
import itertools
import json
import re
import socket
import ssl
import time
import traceback
import typing as t
import urllib.request
import zlib
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit

from .._errors import (
    InvalidInputError,
    OutcomeUnknownError,
    ProtocolError,
    UnclearAnswerError,
    UnreachableError,
)
from .._json import Json
from .._text import all_plain, may_hold_controls, plain
from .._version import VERSION
from .absence import COMING_UP, Absence
from .connection import BASE_PATH, Connection, called, variable
from .trace import Exchange, Trace

try:
    import urllib3
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

Query = t.Sequence[tuple[str, str]]

BUSY_STATUSES = frozenset({429, 503})
LARGEST_ANSWER = 64 * 2**20  # bytes, unpacked
UNREADABLE: t.Final = object()  # the payload of an answer that is not JSON

# How often a read is tried again after such an answer. A fault inside the array (500) is seldom gone a moment later.
_RETRIES: t.Final[t.Mapping[int, int]] = {429: 8, 500: 3, 502: 8, 503: 8, 504: 8}
_UNREADABLE_RETRIES = 2  # after an answer that was cut short in a way that HTTP does not notice
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0  # seconds
_PIECE = 2**16  # bytes read at once
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_TOTAL = re.compile(r"(?:[a-z]+ )?(?:\d+-\d+|\*)/(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, with what its retries and its errors need to know."""

    method: str
    path: str  # below /api/rest, quoted
    doing: str  # how messages begin: "Reading replication sessions"
    query: Query = ()
    body: Json | None = None
    deadline: float | None = None  # of time.monotonic(); no try begins after it
    headers: t.Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold secrets

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing, so that it may be sent again."""
        return self.method == "GET"

    @property
    def target(self) -> str:
        """Path and query as they are sent."""
        return f"{BASE_PATH}{self.path}" + (f"?{encode_query(self.query)}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, and its body decoded from JSON: None when empty, UNREADABLE when it is something else."""

    status: int
    payload: t.Any = None
    doing: str = ""  # what was asked, with how often where that was more than once
    headers: t.Mapping[str, str] = field(default_factory=dict, repr=False)  # names in lower case
    cookies: tuple[str, ...] = field(default=(), repr=False)  # the Set-Cookie headers

    @property
    def total(self) -> int | None:
        """Rows in the whole set, where Content-Range tells: ``0-99/150``. ``0-99/*`` does not (api-facts 10)."""
        found = _TOTAL.fullmatch(self.headers.get("content-range", "").strip())
        return int(found[1]) if found else None

    @property
    def retry_after(self) -> float | None:
        """Seconds that Retry-After asks to wait, as a number or a date; None for anything else."""
        value = self.headers.get("retry-after", "").strip()
        if _SECONDS.fullmatch(value):
            return float(value)
        later, now = _date(value), _date(self.headers.get("date", ""))
        return max(0.0, later - (now if now is not None else time.time())) if later is not None else None


def _date(value: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def encode_query(query: Query) -> str:
    """The query string; the characters of the array's filter language stay readable and short."""
    return urlencode(list(query), quote_via=quote, safe="(),:*")


@dataclass
class _Exchange:
    """The bounds of the exchange under way, for the connection that carries it out."""

    deadline: float
    sent: bool = False  # whether anything of the request may have left
    has_body: bool = False  # whether the next that is sent are headers that a body follows
    head: bytes = b""  # those headers, until the body is there
    # For a recording: what was sent and answered.
    sent_headers: t.Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    headers: t.Sequence[tuple[str, str]] = ()
    raw: bytes = b""

    def left(self) -> float:
        """Seconds; raises TimeoutError where there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


_exchange: ContextVar[_Exchange] = ContextVar("_exchange")


class _BoundedReader(io.RawIOBase):
    """What is received from a socket, each piece in the time that the whole exchange has left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, exchange: _Exchange) -> None:
        self._raw, self._exchange = raw, exchange
        self.sock = sock
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        if self.ended:
            return 0
        self.sock.settimeout(self._exchange.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedBuffer(io.BufferedReader):
    """Gives a connection up on which more came than the answer: it would be taken for that of the next request."""

    raw: _BoundedReader

    def close(self) -> None:
        if not self.closed:
            self.raw.ended = True
            pending = getattr(self.raw.sock, "pending", int)  # what TLS has received and nobody has read
            if self.peek(1) or pending():
                with contextlib.suppress(OSError):
                    self.raw.sock.shutdown(socket.SHUT_RDWR)
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """An answer whose headers and body are read within the bound of their exchange."""

    def __init__(self, sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = _BoundedBuffer(_BoundedReader(raw, sock, _exchange.get()))


class _Bounds:
    """Put before a connection class of urllib3: bounds the TLS handshake, and notes when a request begins to leave.

    Headers and body leave together, as one TLS record and one packet: an operation has a body of a few bytes.
    """

    response_class = _BoundedResponse

    def _new_conn(self) -> t.Any:
        sock = super()._new_conn()  # type: ignore[misc]  # of the class that this is put before
        sock.settimeout(_exchange.get().left())
        return sock

    def putrequest(self, *args: t.Any, **kwargs: t.Any) -> None:
        _exchange.get().sent = True  # connected before, TLS and the way through a proxy included
        super().putrequest(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: bytes) -> None:
        exchange = _exchange.get()
        if exchange.sent and exchange.has_body:
            exchange.has_body, exchange.head = False, data
            return
        data, exchange.head = exchange.head + data, b""
        super().send(data)  # type: ignore[misc]


class _LostError(Exception):
    """No answer came. ``__cause__`` says why; ``sent``: whether the array may have got the request."""

    def __init__(self, sent: bool) -> None:
        super().__init__()
        self.sent = sent


class _TooLargeError(Exception):
    """The answer passed LARGEST_ANSWER."""


class Transport:
    """Connections to one array, kept open. It may be used from many threads."""

    def __init__(self, connection: Connection, connections: int) -> None:
        """``connections``: how many requests may be under way at once; no more TLS connections are ever open.

        Raises InvalidInputError for a CA file that holds no certificate, and a proxy of the environment that is none.
        """
        self._connection = connection
        self._proxy = _proxy_of_environment(connection)
        self._pool = _pool(connection, self._proxy, connections)
        self._trace = Trace.from_environment(connection)
        self._absence = Absence(connection.timeout)
        self.on_busy: t.Callable[[], None] | None = None  # called whenever the array asks for less

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        if self._trace:
            self._trace.close()

    @property
    def warnings(self) -> list[str]:
        """What the user should know of the recording, once it is closed."""
        return [self._trace.problem] if self._trace and self._trace.problem else []

    def send(self, request: Request) -> Answer:
        """The answer, whichever status it has. Raises UnreachableError, and for what is no read OutcomeUnknownError
        where the array may have got it; ProtocolError for an answer that is larger than any."""
        began = time.monotonic()
        allowed = self._connection.timeout
        if request.deadline is not None:
            allowed = max(1.0, min(allowed, request.deadline - began))
        left = allowed
        for tries in itertools.count(1):
            tried = time.monotonic()
            result = self._try(request, left)
            lost = result if isinstance(result, _LostError) else None
            self._absence.note(result.status if isinstance(result, Answer) else None, tried)
            last = self._absence.last_moment(began, refused=lost is not None and _is_refused(lost))
            if request.deadline is not None:
                last = min(last, request.deadline)
            pause = _pause(request, result, tries, is_away=self._absence.is_away)
            if pause is None or time.monotonic() + pause >= last:
                break
            time.sleep(pause)
            left = max(1.0, min(allowed, last - time.monotonic()))
        doing = request.doing
        if tries > 1 or lost:
            effort = "once" if tries == 1 else f"{tries} times"
            doing = f"{doing} ({effort}, {time.monotonic() - began:.1f} s)"
        if isinstance(result, _LostError):
            raise self._unanswered(result, request, doing) from result.__cause__
        return replace(result, doing=doing)

    def _try(self, request: Request, seconds: float) -> Answer | _LostError:
        exchange = _Exchange(time.monotonic() + seconds)
        if self._trace is None:
            return self._bounded(request, exchange)
        began, start = datetime.now(UTC), time.monotonic()
        error: str | None = "The answer is larger than any, or the request was broken off."
        try:
            result = self._bounded(request, exchange)
            lost = result.__cause__ if isinstance(result, _LostError) else None
            error = None if lost is None else _text_of(list(_causes(lost))[-1])
            return result
        finally:
            self._trace.note(
                Exchange(
                    began=began,
                    seconds=time.monotonic() - start,
                    method=request.method,
                    path=request.path,
                    query=request.query,
                    headers=exchange.sent_headers,
                    body=request.body,
                    doing=request.doing,
                    status=0 if error else exchange.status,
                    answer_headers=exchange.headers,
                    raw=exchange.raw,
                    error=error,
                )
            )

    def _bounded(self, request: Request, exchange: _Exchange) -> Answer | _LostError:
        context = _exchange.set(exchange)
        try:
            answer = self._exchange(request, exchange)
        except _TooLargeError as error:
            kind = ProtocolError if request.is_read else UnclearAnswerError
            raise kind(
                f"{request.doing}: the answer has more than {LARGEST_ANSWER >> 20} MiB, which no array answers. "
                "It was not read any further."
            ) from error
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            lost = _LostError(exchange.sent)
            lost.__cause__ = error
            return lost
        finally:
            _exchange.reset(context)
        if answer.status in BUSY_STATUSES and self.on_busy:
            self.on_busy()
        return answer

    def _exchange(self, request: Request, exchange: _Exchange) -> Answer:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Application-Type": f"drdrill.powerstore/{VERSION}",
            "User-Agent": f"drdrill.powerstore/{VERSION}",
            **request.headers,
        }
        exchange.sent_headers = headers
        body = None
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(request.body).encode("ascii")
            exchange.has_body = True
        seconds = exchange.left()
        response = self._pool.request(
            request.method,
            request.target,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=seconds, read=seconds),
            pool_timeout=seconds,
            preload_content=False,
            decode_content=False,
            enforce_content_length=True,
        )
        try:
            # After an interim answer (1xx) another may follow, which must not be taken for that of the next request.
            raw = b"" if response.status < 200 else _body(response)
        finally:
            response.close()  # the connection, too, unless everything was read
            response.release_conn()
        exchange.status, exchange.headers, exchange.raw = response.status, list(response.headers.items()), raw
        found = {name.lower(): value for name, value in response.headers.items()}
        cookies = tuple(response.headers.getlist("set-cookie"))
        return Answer(response.status, decoded(raw), request.doing, found, cookies)

    def _unanswered(self, lost: _LostError, request: Request, doing: str) -> UnreachableError:
        """What it means that no answer came. The cause is named, the URL with its query is not repeated."""
        where = f"{self._connection.host}:{self._connection.port}"
        causes = list(_causes(lost.__cause__))
        cause = _text_of(causes[-1])
        if lost.sent:
            what = "no complete answer" if request.is_read else "sent, but no complete answer"
            kind = UnreachableError if request.is_read else OutcomeUnknownError
            return kind(f"{doing}: {what} from {where}: {cause}.")
        refused = next(filter(_is_about_trust, causes), None)
        if refused is not None:
            return UnreachableError(f"{doing}: the certificate of {where} was refused: {_about(refused)}")
        if self._proxy and _is_of_proxy(causes):
            return UnreachableError(
                f"{doing}: no way to {where} through the proxy {_without_account(self._proxy)}: {cause}. The proxy "
                "comes from the environment (HTTPS_PROXY): correct it there, or name the array in NO_PROXY."
            )
        return UnreachableError(
            f"{doing}: no connection to {where}: {cause}. Check host and port, and that the array's management "
            f"network is reachable from here.{self._absence.advice()}"
        )


def decoded(raw: bytes) -> t.Any:
    """JSON of a body, with every text in it `plain`; None when it is empty, UNREADABLE when it is something else."""
    if not raw.strip():
        return None
    text = raw.decode("utf-8-sig", errors="replace")
    try:
        payload = _DECODER.decode(text)
        return all_plain(payload) if may_hold_controls(text) else payload
    except (ValueError, RecursionError):
        return UNREADABLE


def _no_number(text: str) -> t.NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if abs(number) != float("inf") else _no_number(text)


# Not strict: a line end inside a text is the array's fault, and no reason to lose the whole answer.
_DECODER: t.Final = json.JSONDecoder(strict=False, parse_constant=_no_number, parse_float=_finite)


def _pause(request: Request, result: Answer | _LostError, tries: int, *, is_away: bool) -> float | None:
    """Seconds before another try; None where there shall be none. ``is_away``: the array does not answer. Pure."""
    growing = min(_FIRST_PAUSE * 2 ** min(tries - 1, 8), _LONGEST_PAUSE)
    if isinstance(result, _LostError):
        may = (request.is_read or not result.sent) and not _is_hopeless(result)
        # A connection that had died while it was not used is replaced at once.
        return (0.0 if tries == 1 else growing) if may else None
    if not request.is_read:
        return None
    if result.payload is UNREADABLE and result.status < 300:
        return growing if tries <= _UNREADABLE_RETRIES else None
    again = tries <= _RETRIES.get(result.status, 0) or (is_away and result.status in COMING_UP)
    return max(growing, result.retry_after or 0.0) if again else None


def _is_hopeless(lost: _LostError) -> bool:
    """A certificate that is not trusted and a name that is not known stay so a moment later."""
    return any(isinstance(each, socket.gaierror) or _is_about_trust(each) for each in _causes(lost.__cause__))


def _is_refused(lost: _LostError) -> bool:
    """Whether no connection was made, and nobody was waited for in silence."""
    return not lost.sent and not any(isinstance(each, TimeoutError) for each in _causes(lost.__cause__))


def _is_about_trust(error: BaseException) -> bool:
    """Whether a certificate was refused, by OpenSSL or, for its name, by urllib3 1.26."""
    return isinstance(error, ssl.SSLCertVerificationError) or type(error).__name__ == "CertificateError"


def _body(response: t.Any) -> bytes:
    """The body, unpacked, and never more than LARGEST_ANSWER of it."""
    packed = response.headers.get("content-encoding", "").strip().lower()
    unpack = zlib.decompressobj(wbits=47) if packed in ("gzip", "x-gzip", "deflate") else None
    pieces: list[bytes] = []
    room = LARGEST_ANSWER
    while piece := response.read(_PIECE, decode_content=False):
        if unpack is not None:
            try:
                piece = unpack.decompress(piece, room + 1)
            except zlib.error as error:
                raise http.client.HTTPException(f"the answer cannot be unpacked: {error}") from error
        room -= len(piece)
        if room < 0:
            raise _TooLargeError
        pieces.append(piece)
    if unpack is not None and not unpack.eof:
        raise http.client.HTTPException("the answer breaks off")
    return b"".join(pieces)


def _pool(connection: Connection, proxy: str | None, connections: int) -> t.Any:
    if connection.verify is False:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    options: t.Any = {"maxsize": connections, "block": True, "ssl_context": _tls(connection.verify)}
    try:
        if proxy is None:
            pool = urllib3.HTTPSConnectionPool(connection.url_host, connection.port, **options)
        else:
            pool = _proxy_manager(proxy, options).connection_from_host(connection.url_host, connection.port, "https")
    except (urllib3.exceptions.HTTPError, ImportError, ValueError) as error:
        raise InvalidInputError(
            f"The proxy of the environment (HTTPS_PROXY) cannot be used: {plain(_text_of(error))}."
        ) from error
    # A class made here, as the one that it is put before depends on the kind of proxy.
    pool.ConnectionCls = type("BoundedConnection", (_Bounds, pool.ConnectionCls), {})
    return pool


def _proxy_manager(proxy: str, options: t.Any) -> t.Any:
    url = urlsplit(proxy)
    if url.scheme.startswith("socks"):
        from urllib3.contrib.socks import SOCKSProxyManager  # needs PySocks

        return SOCKSProxyManager(proxy, **options)
    headers = urllib3.make_headers(proxy_basic_auth=f"{url.username}:{url.password}") if url.username else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


def _proxy_of_environment(connection: Connection) -> str | None:
    """The proxy for this array, if any: ``HTTPS_PROXY`` without what ``NO_PROXY`` names (networks, too)."""
    if not urllib.request.getproxies():
        return None
    from requests import utils  # takes as long to import as everything else here, so only where it is needed

    url = f"https://{connection.url_host}:{connection.port}/"
    return utils.select_proxy(url, utils.get_environ_proxies(url)) or None


def _without_account(proxy: str) -> str:
    url = urlsplit(proxy)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"


def _tls(verify: bool | str) -> ssl.SSLContext:
    """One context for all connections: reading the authorities takes longer than a handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    # urllib3 1.26 compares names itself, as it does not tell OpenSSL an address that it connects to.
    context.check_hostname = hasattr(urllib3, "BaseHTTPResponse")  # urllib3 2
    # ca_path may hold the array's own certificate, or an authority that another one has signed.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if verify is True:
        from requests.utils import DEFAULT_CA_BUNDLE_PATH

        verify = str(DEFAULT_CA_BUNDLE_PATH)
    try:
        context.load_verify_locations(verify)
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{variable('ca_path')} is {verify}: expected a PEM file with certificates, found none: {_text_of(error)}."
        ) from error
    return context


def _causes(error: BaseException | None) -> t.Iterator[BaseException]:
    """The error and what it wraps, from the outermost to the operating system's or OpenSSL's own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        inner = getattr(error, "reason", None)
        inside = [inner, *error.args, error.__cause__, error.__context__]
        error = next((each for each in inside if isinstance(each, BaseException)), None)


def _text_of(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return plain(str(text).rpartition(">: ")[2]).rstrip(".")


def _is_of_proxy(causes: t.Sequence[BaseException]) -> bool:
    return any(
        isinstance(each, urllib3.exceptions.ProxyError) or "Tunnel connection failed" in str(each) for each in causes
    )


# OpenSSL's X509_V_ERR_… for what the advice differs.
_NOT_YET_VALID, _EXPIRED, _WRONG_NAME, _WRONG_ADDRESS = 9, 10, 62, 64


def _about(refused: BaseException) -> str:
    """Why a certificate was refused, and what to do."""
    code = getattr(refused, "verify_code", None)
    why = plain(getattr(refused, "verify_message", None) or str(refused)).rstrip(".")
    if code in (_WRONG_NAME, _WRONG_ADDRESS) or "match" in why:
        return f"{why}. It is for another name: give {called('host')} a name or address that is in it."
    if code in (_NOT_YET_VALID, _EXPIRED):
        return f"{why}. Renew it on the array; compare the clocks of array and controller."
    return (
        f"{why}. Give the authority that signed it in {called('ca_path')}, or set {called('validate_certs')} to false "
        "to trust whoever answers."
    )
