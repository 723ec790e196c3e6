# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS for one array: a thread per connection, keep-alive, one write per answer.

Why not Werkzeug's server: it closes the connection after each answer, writes headers and body apart, and does the
TLS handshake in the accept loop. Tests must be able to count connections, and to break them.
"""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Protocol

from .endpoint import Delivery, shortened
from .faults import Fault
from .message import Reply, Request
from .spoiling import pieces

BACKLOG = 1024
HANDSHAKE_SECONDS = 15.0
MAX_LINE = 256 * 1024  # id=in.(…) makes long request lines
MAX_HEADERS = 200
# RST instead of FIN: linger on, for zero seconds.
_RESET = struct.pack("ii", 1, 0)
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class BadRequestError(Exception):
    """Not HTTP/1.x as we understand it."""


class Named(Protocol):
    """Something with a name."""

    @property
    def name(self) -> str: ...


class Front(Protocol):
    """What answers: a simulated array's endpoint, or a recording."""

    server: ArrayServer | None

    @property
    def array(self) -> Named: ...

    def handle(self, request: Request, /) -> Delivery: ...


class Stream(Protocol):
    """What is read from: a buffered socket file."""

    def readline(self, size: int, /) -> bytes: ...

    def read(self, size: int, /) -> bytes: ...


def read_request(stream: Stream, connection: int) -> tuple[Request, bool] | None:
    """The next request and whether the connection stays open; None at the end of the stream."""
    line = stream.readline(MAX_LINE)
    if not line.strip():
        return None
    try:
        method, target, version = line.decode("latin-1").split()
    except ValueError as error:
        raise BadRequestError(line[:80]) from error
    headers = _read_headers(stream)
    lower = {name.lower(): value for name, value in headers.items()}
    if "transfer-encoding" in lower:
        raise BadRequestError("chunked bodies are not supported")
    length = lower.get("content-length", "0")
    if not length.isdigit():
        raise BadRequestError("Content-Length")
    body = stream.read(int(length)) if length != "0" else b""
    if len(body) < int(length):
        return None
    keep = lower.get("connection", "").lower() != "close" and version == "HTTP/1.1"
    return Request(method, target, headers, body, connection), keep


def _read_headers(stream: Stream) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _number in range(MAX_HEADERS):
        line = stream.readline(MAX_LINE)
        if line in (b"\r\n", b"\n", b""):
            return headers
        name, _colon, value = line.decode("latin-1").partition(":")
        headers[name.strip()] = value.strip()
    raise BadRequestError("too many headers")


def answer_bytes(reply: Reply, keep: bool) -> bytes:
    """Head and body in one piece."""
    bare = reply.status < 200 or reply.status in (204, 304)  # a body there would be taken for the next answer
    payload = b"" if bare else reply.payload
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}"]
    if payload and "Content-Type" not in reply.headers:
        lines.append("Content-Type: application/json")
    if not bare:
        lines.append(f"Content-Length: {len(payload)}")
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + payload


class ArrayServer:
    """Listens for one array. Start it with start(); stop() returns within a fraction of a second."""

    def __init__(self, endpoint: Front, context: ssl.SSLContext, bind: str, port: int) -> None:
        self._endpoint = endpoint
        self._context = context
        self._bind = bind
        self._lock = threading.Lock()
        self._open: dict[int, socket.socket] = {}
        self._listener: socket.socket | None = self._listen(port)
        self.port: int = self._listener.getsockname()[1] if self._listener else port
        self._down_until = 0.0
        self._stopping = threading.Event()
        self.connections = 0  # TLS handshakes completed
        self._thread = threading.Thread(target=self._accept, name=f"simulator-{endpoint.array.name}", daemon=True)
        endpoint.server = self

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._bind, port))
        except OSError:
            listener.close()
            raise
        listener.listen(BACKLOG)
        return listener

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._close_listener()
        self._close_connections()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def go_down(self, seconds: float) -> None:
        """The array restarts: connections break, new ones are refused for a while."""
        self._down_until = time.monotonic() + seconds
        self._close_listener()
        self._close_connections()

    def _close_listener(self) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            listener.close()

    def _close_connections(self) -> None:
        with self._lock:
            connections = list(self._open.values())
        for connection in connections:
            with contextlib.suppress(OSError):
                # Not SSLSocket's own shutdown, which drops the TLS state under the thread that reads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            listener = self._listener
            if listener is None:
                if self._stopping.wait(max(0.0, self._down_until - time.monotonic())):
                    return
                reopened = self._listen(self.port)
                with self._lock:
                    self._listener = reopened
                continue
            try:
                raw, _address = listener.accept()
            except OSError:
                continue  # closed by stop() or go_down()
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    @contextlib.contextmanager
    def _registered(self, raw: socket.socket) -> Iterator[None]:
        key = id(raw)
        with self._lock:
            self._open[key] = raw
        try:
            yield
        finally:
            with self._lock:
                self._open.pop(key, None)
            raw.close()

    def _serve(self, raw: socket.socket) -> None:
        """One connection from handshake to end, in its own thread."""
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.settimeout(HANDSHAKE_SECONDS)
        try:
            tls = self._context.wrap_socket(raw, server_side=True)
        except (OSError, ValueError):
            raw.close()
            return
        with self._lock:
            self.connections += 1
            number = self.connections
        tls.settimeout(None)
        with contextlib.suppress(OSError), self._registered(tls):
            self._talk(tls, number)

    def _talk(self, tls: ssl.SSLSocket, number: int) -> None:
        with io.BufferedReader(tls.makefile("rb", buffering=0), 65536) as stream:
            keep = True
            while keep and not self._stopping.is_set():
                try:
                    read = read_request(stream, number)
                except BadRequestError:
                    tls.sendall(answer_bytes(Reply(400), keep=False))
                    return
                if read is None:
                    return
                request, keep = read
                keep = self._deliver(tls, self._endpoint.handle(request), keep)

    def _deliver(self, tls: ssl.SSLSocket, delivery: Delivery, keep: bool) -> bool:
        """Send the answer; -> whether the connection goes on."""
        if self._stopping.is_set():
            return False
        if delivery.how == "reset":
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            return False
        if delivery.how == "slow" and delivery.slow is not None:
            return self._slowly(tls, delivery.slow, answer_bytes(delivery.reply, keep=False))
        if delivery.how == "truncate":
            # The length of what is sent: the JSON is broken, not the HTTP.
            tls.sendall(answer_bytes(shortened(delivery.reply), keep))
            return keep
        tls.sendall(answer_bytes(delivery.reply, keep))
        return keep

    def _slowly(self, tls: ssl.SSLSocket, fault: Fault, whole: bytes) -> bool:
        """Until it is all out, the client has had enough (OSError) or the simulator ends; the connection ends, too."""
        for piece, seconds in pieces(fault, whole):
            if self._stopping.wait(seconds):
                break
            tls.sendall(piece)
        return False
