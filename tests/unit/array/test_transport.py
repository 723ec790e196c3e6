# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request and its answer against servers that do not keep to HTTP: every exchange ends, with a typed error."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import typing as t
import zlib
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._array import transport as module
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import Connection
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.transport import (
    UNREADABLE,
    Answer,
    Request,
    Transport,
    decoded,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    InvalidInputError,
    OutcomeUnknownError,
    PowerStoreError,
    ProtocolError,
    UnreachableError,
)

READ = Request("GET", "/volume", "Reading volumes")
OPERATION = Request("POST", "/replication_session/s-1/start_failover_test", "Starting", body={})
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE = _HEAD + b"Content-Length: 2\r\n\r\n[]"


class Wire(t.Protocol):
    """What a server does with one connection once it has read a request."""

    def __call__(self, tls: ssl.SSLSocket) -> object: ...


class RawServer:
    """TLS, and then whatever bytes a test wants."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ("127.0.0.1",)) -> None:
        authority = trustme.CA()
        self.ca_path = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_path))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(self._context)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.wires: list[Wire] = []  # one for each request; the last one for all that follow
        self.requests: list[bytes] = []
        self.records: list[bytes] = []  # of TLS, as they came
        self.connections = 0
        self.before_tls: t.Callable[[socket.socket], bool] = lambda _raw: True
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, _address = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), raw:
            if not self.before_tls(raw):
                return
            with self._context.wrap_socket(raw, server_side=True) as tls:
                while request := self._read(tls):
                    self.requests.append(request)
                    wire = self.wires.pop(0) if len(self.wires) > 1 else self.wires[0]
                    if wire(tls) is False:
                        return

    def _read(self, tls: ssl.SSLSocket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = tls.recv(65536)
            if not piece:
                return b""
            self.records.append(piece)
            data += piece
        head, _end, body = data.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        while len(body) < length:
            self.records.append(tls.recv(65536))
            body += self.records[-1]
        return head


def sends(data: bytes, *, close: bool = False) -> Wire:
    """All at once."""

    def wire(tls: ssl.SSLSocket) -> bool:
        tls.sendall(data)
        return not close

    return wire


def drips(data: bytes, pause: float = 0.1) -> Wire:
    """A byte, a pause, a byte."""

    def wire(tls: ssl.SSLSocket) -> None:
        for byte in data:
            tls.sendall(bytes([byte]))
            time.sleep(pause)

    return wire


def resets(tls: ssl.SSLSocket) -> bool:
    """The connection breaks."""
    tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RawServer]:
    made = RawServer(tmp_path)
    yield made
    made.close()


def a_connection(port: int, ca_path: Path | None = None, **options: t.Any) -> Connection:
    given = {
        "host": "127.0.0.1", "port": port, "username": "drill", "password": "secret", "validate_certs": True,
        "ca_path": ca_path and str(ca_path), "timeout": 1,
    }  # fmt: skip
    return Connection.from_params({**given, **options})


def ask(server: RawServer, request: Request = READ, **options: t.Any) -> Answer:
    transport = Transport(a_connection(server.port, server.ca_path, **options), 1)
    try:
        return transport.send(request)
    finally:
        transport.close()


def ok(body: bytes, *headers: bytes) -> bytes:
    """An answer of status 200."""
    return b"\r\n".join([_HEAD[:-2], *headers, b"Content-Length: %d" % len(body), b"", body])


def test_an_answer(server: RawServer) -> None:
    headers = (b"Content-Range: 0-0/7", b"Retry-After: 3", b"Set-Cookie: a=1; Secure", b"Set-Cookie: b=2")
    server.wires = [sends(ok(b'[{"id": "v-1"}]', *headers))]
    answer = ask(server)

    assert (answer.status, answer.payload, answer.total, answer.retry_after) == (200, [{"id": "v-1"}], 7, 3.0)
    assert answer.cookies == ("a=1; Secure", "b=2")
    assert answer.doing == "Reading volumes"
    assert "a=1" not in repr(answer)


def test_one_connection_for_many_requests(server: RawServer) -> None:
    server.wires = [sends(WHOLE)]
    transport = Transport(a_connection(server.port, server.ca_path), 1)

    assert [transport.send(READ).payload for _request in range(3)] == [[]] * 3
    assert (server.connections, len(server.requests)) == (1, 3)


# Bounds in time. The bound of these tests is 1 s for each try, two tries for a read; they may take five times that.


def dripping_headers() -> Wire:
    return drips(_HEAD + b"X: " + b"x" * 1000)


def an_endless_body(tls: ssl.SSLSocket) -> None:
    tls.sendall(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        tls.sendall(b"1\r\n \r\n")
        time.sleep(0.05)


def interim_answers(tls: ssl.SSLSocket) -> None:
    while True:
        tls.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


SLOW: dict[str, Wire] = {
    "nothing": lambda tls: time.sleep(10),
    "dripping status line": drips(b"HTTP/1.1 200 " + b"x" * 1000),
    "dripping headers": dripping_headers(),
    "dripping body": lambda tls: (tls.sendall(_HEAD + b"Content-Length: 1000\r\n\r\n"), drips(b"x" * 1000)(tls)),
    "an endless body": an_endless_body,
    "interim answers without end": interim_answers,
}


@pytest.mark.parametrize("wire", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("request_", [READ, OPERATION], ids=["read", "operation"])
def test_a_request_ends_in_time_as_a_whole(server: RawServer, wire: Wire, request_: Request) -> None:
    server.wires = [wire]
    began = time.monotonic()
    with pytest.raises(UnreachableError, match=r"no complete answer from 127\.0\.0\.1") as raised:
        ask(server, request_)

    assert 0.9 < time.monotonic() - began < 10
    assert isinstance(raised.value, OutcomeUnknownError) is not request_.is_read
    assert len(server.requests) == (2 if request_.is_read else 1)


def test_a_handshake_that_does_not_end(server: RawServer) -> None:
    server.before_tls = lambda raw: bool(time.sleep(10))
    with pytest.raises(UnreachableError) as raised:
        ask(server, OPERATION)

    # Nothing of the request had been sent.
    assert not isinstance(raised.value, OutcomeUnknownError)


def test_a_deadline_bounds_all_tries(server: RawServer) -> None:
    server.wires = [lambda tls: time.sleep(10)]
    began = time.monotonic()
    with pytest.raises(UnreachableError):
        ask(server, Request("GET", "/volume", "Reading", deadline=began + 1.5), timeout=60)

    assert time.monotonic() - began < 10


def test_headers_and_body_leave_together(server: RawServer) -> None:
    server.wires = [sends(ok(b"{}"))]
    transport = Transport(a_connection(server.port, server.ca_path), 1)
    try:
        for body in ({}, {"snapshot_id": "s-1"}):
            transport.send(Request("POST", "/replication_session/s-1/start_failover_test", "Starting", body=body))
        transport.send(READ)
    finally:
        transport.close()

    assert [record.partition(b"\r\n\r\n")[2] for record in server.records] == [b"{}", b'{"snapshot_id": "s-1"}', b""]
    assert server.connections == 1


# Bounds in bytes


def test_an_answer_that_is_too_large(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_ANSWER", 2**20)
    server.wires = [sends(_HEAD + b"Content-Length: 99999999\r\n\r\n" + b" " * 2**21)]
    with pytest.raises(ProtocolError, match="more than 1 MiB") as raised:
        ask(server, timeout=20)
    assert not isinstance(raised.value, UnreachableError) and len(server.requests) == 1

    with pytest.raises(OutcomeUnknownError, match="more than 1 MiB"):
        ask(server, OPERATION, timeout=20)


@pytest.mark.parametrize("packing", [b"gzip", b"x-gzip", b"GZIP"])
def test_a_bomb_is_not_unpacked(server: RawServer, packing: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_ANSWER", 2**20)
    bomb = zipped(b" " * 2**24)
    assert len(bomb) < 2**15
    server.wires = [sends(ok(bomb, b"Content-Encoding: " + packing))]
    with pytest.raises(ProtocolError, match="more than 1 MiB"):
        ask(server, timeout=20)


def zipped(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("packing", "pack"),
    [(b"gzip", zipped), (b"deflate", zlib.compress), (b"identity", bytes), (b"", bytes)],
)
def test_packed_answers(server: RawServer, packing: bytes, pack: t.Callable[[bytes], bytes]) -> None:
    body = json.dumps([{"id": str(number)} for number in range(5000)]).encode()
    server.wires = [sends(ok(pack(body), b"Content-Encoding: " + packing))]

    assert len(ask(server).payload) == 5000


# What is not HTTP, not JSON, or not sound

ODD: dict[str, bytes] = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "no status": b"HTTP/1.1 two hundred\r\n\r\n",
    "a header of a megabyte": _HEAD + b"X: " + b"x" * 2**20 + b"\r\n\r\n",
    "a thousand headers": _HEAD + b"X: y\r\n" * 1000 + b"\r\n",
    "a chunk of no length": _HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n[]\r\n",
    "a chunk of a superscript length": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n\xb2\r\n[]\r\n",
    "a chunk that is too long": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n[]\r\n",
    "a body that breaks off": _HEAD + b"Content-Length: 100\r\n\r\n[",
    "a chunk that breaks off": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\n[",
    "no gzip": ok(b"no gzip", b"Content-Encoding: gzip"),
    "half of gzip": ok(zipped(b"[1, 2, 3]" * 99)[:20], b"Content-Encoding: gzip"),
    "an encoding that is not known": ok(b"\x00\x01", b"Content-Encoding: br"),
    "not JSON": ok(b"<html>"),
    "JSON that breaks off": ok(b'[{"id": "v'),
    "deep nesting": ok(b"[" * 200_000 + b"]" * 200_000),
    "deep objects": ok(b'{"a":' * 200_000),
    "a number that is none": ok(b"[NaN]"),
    "infinity": ok(b"[1e999]"),
    "an endless number": ok(b"[" + b"9" * 10_000 + b"]"),
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_an_odd_answer_is_a_typed_error_or_unreadable(
    server: RawServer, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0)
    server.wires = [sends(data, close=True)]
    with contextlib.suppress(UnreachableError):
        assert ask(server, timeout=5).payload is UNREADABLE
    with contextlib.suppress(OutcomeUnknownError):
        assert ask(server, OPERATION, timeout=5).payload is UNREADABLE


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Range: 0-99/\xb2", b"Content-Range: \xff", b"Retry-After: \xb2", b"Set-Cookie: =", b"Set-Cookie: a",
        b"Set-Cookie: \xb2=\xff", b"DELL-EMC-TOKEN: \xb2", b": nothing",
    ],
)  # fmt: skip
def test_odd_headers_do_no_harm(server: RawServer, header: bytes) -> None:
    server.wires = [sends(ok(b"[]", header))]
    answer = ask(server)

    assert answer.status == 200 and answer.total is None and answer.retry_after is None


@pytest.mark.parametrize("header", [b"Content-Length : 2", b"X\xb2: y", b"X"])
def test_headers_that_hide_those_after_them(server: RawServer, header: bytes) -> None:
    # Where the answer ends is not known then, so it is waited for.
    server.wires = [sends(ok(b"[]", header))]
    with pytest.raises(UnreachableError):
        ask(server)


def test_an_interim_answer_is_not_that_of_the_next_request(server: RawServer) -> None:
    late = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n[1, 2]"
    server.wires = [sends(b"HTTP/1.1 103 Early Hints\r\n\r\n" + late), sends(WHOLE)]
    transport = Transport(a_connection(server.port, server.ca_path), 1)

    assert transport.send(OPERATION).status == 103
    assert transport.send(READ).payload == []
    assert server.connections == 2


def test_an_answer_that_is_longer_than_it_says_is_not_that_of_the_next_request(server: RawServer) -> None:
    server.wires = [sends(WHOLE + b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]"), sends(WHOLE)]
    transport = Transport(a_connection(server.port, server.ca_path), 1)

    assert [transport.send(READ).payload, transport.send(READ).payload] == [[], []]
    assert server.connections == 2


# What is tried again


@pytest.mark.parametrize(
    ("wires", "requests"),
    [
        ([resets, sends(WHOLE)], 2),
        ([sends(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), sends(WHOLE)], 2),
        ([sends(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), sends(WHOLE)], 2),
        ([sends(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"), sends(WHOLE)], 2),
        ([sends(b"HTTP/1.1 504 No\r\nContent-Length: 0\r\n\r\n"), sends(WHOLE)], 2),
        ([sends(ok(b"[")), sends(ok(b"[")), sends(WHOLE)], 3),
        ([sends(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")], 1),
        ([sends(b"HTTP/1.1 501 No\r\nContent-Length: 0\r\n\r\n")], 1),
    ],
)
def test_a_read_is_tried_again(server: RawServer, wires: list[Wire], requests: int) -> None:
    server.wires = wires
    answer = ask(server, timeout=10)

    assert len(server.requests) == requests
    assert (f"({requests} times, " in answer.doing) is (requests > 1)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_an_operation_is_not_tried_again(server: RawServer, status: int) -> None:
    server.wires = [sends(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)]

    assert ask(server, OPERATION).status == status and len(server.requests) == 1


def test_an_operation_without_an_answer_is_not_sent_again(server: RawServer) -> None:
    server.wires = [resets]
    with pytest.raises(OutcomeUnknownError):
        ask(server, OPERATION)

    assert len(server.requests) == 1


def test_an_operation_that_was_not_sent_is_tried_again(server: RawServer) -> None:
    server.wires = [sends(WHOLE)]
    tries: list[int] = []

    def third_time_lucky(raw: socket.socket) -> bool:
        tries.append(1)
        return len(tries) > 2

    server.before_tls = third_time_lucky

    assert ask(server, OPERATION, timeout=10).status == 200
    assert (len(tries), len(server.requests)) == (3, 1)


def test_a_busy_array_is_told_to_whoever_asks(server: RawServer) -> None:
    server.wires = [sends(b"HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n")] * 2 + [sends(WHOLE)]
    transport = Transport(a_connection(server.port, server.ca_path, timeout=10), 1)
    called: list[int] = []
    transport.on_busy = lambda: called.append(1)
    transport.send(READ)

    assert len(called) == 2


NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0), ("1.5", 1.5), ("0", 0.0), (" 3 ", 3.0), ("", None), ("-1", None), ("\u00b2", None), ("soon", None),
        ("nan", None), ("inf", None), ("1e9", None), ("0x10", None), ("9" * 400, float("inf")),
        (formatdate(NOW + 7, usegmt=True), 7.0), (formatdate(NOW - 7, usegmt=True), 0.0),
        ("Mon, 99 Foo 2026 00:00:00 GMT", None), ("Wed, 01 Jan 99999 00:00:00 GMT", None),
    ],
)  # fmt: skip
def test_how_long_the_array_asks_to_wait(value: str, seconds: float | None) -> None:
    answer = Answer(503, headers={"retry-after": value, "date": formatdate(NOW, usegmt=True)})

    assert answer.retry_after == seconds


def test_a_date_is_compared_with_the_clock_here_where_the_array_gives_none() -> None:
    after = Answer(503, headers={"retry-after": formatdate(time.time() + 100, usegmt=True)}).retry_after

    assert after is not None and 0 < after < 120


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_body_is_decoded_or_unreadable(body: bytes) -> None:
    payload = decoded(body)

    if payload is not UNREADABLE:
        json.dumps(payload, allow_nan=False, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b"", None),
        (b" \r\n", None),
        (b"\xef\xbb\xbf[]", []),
        (b'{"a": "\\ud83d"}', {"a": "\ufffd"}),
        (b'{"a": "\\ud83d\\ude80"}', {"a": "\U0001f680"}),
        (b'{"a": "\xed\xa0\xbd"}', {"a": "\ufffd\ufffd\ufffd"}),
        (b'{"a": "one\\nfatal: all is well"}', {"a": "one fatal: all is well"}),
        (b'{"a": "one\ntwo"}', {"a": "one two"}),
        (b'{"a": "\\u001b]8;;https://evil\\u0007x\\u001b]8;;\\u0007"}', {"a": "x"}),
        ('{"a": "\u9b5a\u202e"}'.encode(), {"a": "\u9b5a"}),
    ],
)
def test_texts_are_cleaned_where_answers_come_in(body: bytes, payload: object) -> None:
    assert decoded(body) == payload


# An array that is away: for how long, on a clock that runs as fast as it is asked to


class Clock:
    """Time that passes only where somebody sleeps, or a try takes its time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.time = time.time

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Away(Transport):
    """Says at each moment what a try comes to, without a server. A try takes 10 ms, or what it is allowed."""

    def __init__(self, clock: Clock, at: t.Callable[[float], int | type[OSError]], timeout: float = 60) -> None:
        super().__init__(a_connection(443, timeout=timeout), 1)
        self.clock, self.at = clock, at
        self.tries: list[float] = []  # seconds since the beginning

    def _try(self, request: Request, seconds: float) -> Answer | module._LostError:
        self.tries.append(self.clock.now - 1000)
        result = self.at(self.tries[-1])
        self.clock.now += seconds if result is TimeoutError else 0.01
        if isinstance(result, int):
            return Answer(result, [], request.doing)
        lost = module._LostError(sent=result is not ConnectionRefusedError)
        lost.__cause__ = result("gone")
        return lost


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def refused_until(back: float, then: int | type[OSError] = 200) -> t.Callable[[float], int | type[OSError]]:
    return lambda now: ConnectionRefusedError if now < back else then


@pytest.mark.parametrize("gone", [3, 25, 60, 100])
@pytest.mark.parametrize("request_", [READ, OPERATION], ids=["read", "operation"])
def test_an_array_that_is_away_is_waited_for_twice_the_timeout(clock: Clock, gone: float, request_: Request) -> None:
    array = Away(clock, refused_until(gone))

    assert array.send(request_).status == 200
    assert gone <= clock.now - 1000 <= gone + 6  # the pauses grow to 5 s


@pytest.mark.parametrize("timeout", [2, 60, 300])
def test_and_no_longer(clock: Clock, timeout: float) -> None:
    with pytest.raises(UnreachableError, match="gone"):
        Away(clock, refused_until(9999), timeout).send(READ)

    assert 2 * timeout - 5.1 <= clock.now - 1000 <= 2 * timeout


def test_a_deadline_is_earlier(clock: Clock) -> None:
    with pytest.raises(UnreachableError):
        Away(clock, refused_until(9999)).send(Request("GET", "/volume", "Reading", deadline=clock.now + 10))

    assert clock.now - 1000 <= 10


def test_an_array_that_hangs_has_a_second_chance(clock: Clock) -> None:
    array = Away(clock, lambda now: TimeoutError if now < 60 else 200)
    assert array.send(READ).status == 200 and array.tries == [0, 60]

    with pytest.raises(UnreachableError, match="2 times"):
        Away(clock, lambda _now: TimeoutError).send(READ)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_an_array_answers_that_comes_up_counts_as_no_answer(clock: Clock, status: int) -> None:
    # Its front end is back before what is behind it; the login is the first that is asked, and the array as a whole.
    array = Away(clock, lambda now: ConnectionRefusedError if now < 30 else status if now < 90 else 200)
    assert array.send(READ).status == 200 and 90 <= clock.now - 1000 <= 96
    clock.now = 1000
    assert Away(clock, lambda now: status if now < 100 else 200).send(READ).status == 200
    assert 100 <= clock.now - 1000 <= 106


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_one_read_that_fails_while_others_are_answered_does_not_wait_as_long(clock: Clock, status: int) -> None:
    array = Away(clock, lambda now: 200 if now == 0 else status)
    assert array.send(READ).status == 200
    assert array.send(READ).status == status

    assert len(array.tries) == 10 and clock.now - 1000 < 25


def test_after_an_array_was_waited_for_in_vain_nobody_waits_as_long_again(clock: Clock) -> None:
    array = Away(clock, refused_until(500))
    with pytest.raises(UnreachableError):
        array.send(READ)
    for _request in range(20):
        with pytest.raises(UnreachableError):
            array.send(OPERATION)
    assert clock.now - 1000 < 120 + 20 * 5

    clock.now = 1500
    assert array.send(READ).status == 200
    array.at = refused_until(600)  # it goes away again, so it is waited for again
    assert array.send(READ).status == 200 and clock.now >= 1600


# Why there is no connection


def failure(connection: Connection, request: Request = READ) -> UnreachableError:
    transport = Transport(connection, 1)
    with pytest.raises(UnreachableError) as raised:
        transport.send(request)
    transport.close()
    return raised.value


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_a_port_that_refuses() -> None:
    error = failure(a_connection(closed_port()), OPERATION)

    assert "Connection refused" in error.message and "Check host and port" in error.message
    assert not isinstance(error, OutcomeUnknownError)


def test_a_name_that_is_not_known_is_not_tried_again() -> None:
    began = time.monotonic()
    error = failure(a_connection(443, host="array.invalid", timeout=60))

    assert "no connection to array.invalid:443" in error.message and "once" in error.message
    assert time.monotonic() - began < 60


def test_a_certificate_that_nobody_trusts(server: RawServer, tmp_path: Path) -> None:
    other = trustme.CA()
    other.cert_pem.write_to_path(str(tmp_path / "other.pem"))
    error = failure(a_connection(server.port, tmp_path / "other.pem", timeout=20), OPERATION)

    assert "certificate of 127.0.0.1" in error.message and "ca_path" in error.message and "once" in error.message
    assert not isinstance(error, OutcomeUnknownError)


def test_a_certificate_for_another_name(tmp_path: Path) -> None:
    server = RawServer(tmp_path, ("powerstore.example.com",))
    error = failure(a_connection(server.port, server.ca_path, timeout=20))

    assert "It is for another name" in error.message and "POWERSTORE_HOST" in error.message
    assert "ca_path" not in error.message
    server.close()


def test_the_arrays_own_certificate_may_be_trusted(server: RawServer, tmp_path: Path) -> None:
    leaf = tmp_path / "leaf.pem"
    context = ssl.create_default_context(cafile=str(server.ca_path))
    with (
        socket.create_connection(("127.0.0.1", server.port)) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as tls,
    ):
        leaf.write_text(ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True) or b""))
    server.wires = [sends(WHOLE)]
    transport = Transport(a_connection(server.port, leaf), 1)

    assert transport.send(READ).status == 200


def test_whoever_answers_may_be_trusted(server: RawServer) -> None:
    server.wires = [sends(WHOLE)]

    assert Transport(a_connection(server.port, validate_certs=False), 1).send(READ).status == 200


def test_what_the_environment_trusts_does_not_matter(
    server: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # requests would take these instead of ca_path.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "missing.pem"))
    server.wires = [sends(WHOLE)]

    assert ask(server).status == 200


def test_a_file_without_certificates(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(InvalidInputError, match=r"ca_path is .*empty\.pem: expected a PEM file"):
        Transport(a_connection(443, tmp_path / "empty.pem"), 1)


# Proxies


class Proxy:
    """Answers CONNECT, and then passes bytes on."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 Connected\r\n\r\n") -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://user:pass-word@127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            self.asked.append(client.recv(65536))
            client.sendall(self._answer)
            if b" 200 " not in self._answer:
                return
            host, _colon, port = self.asked[-1].split()[1].decode().rpartition(":")
            with socket.create_connection((host, int(port))) as array:
                back = threading.Thread(target=self._pump, args=(array, client), daemon=True)
                back.start()
                self._pump(client, array)

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_through_the_proxy_of_the_environment(server: RawServer, clean_environment: pytest.MonkeyPatch) -> None:
    proxy = Proxy()
    clean_environment.setenv("HTTPS_PROXY", proxy.url)
    server.wires = [sends(WHOLE)]

    assert ask(server, timeout=10).status == 200
    assert proxy.asked[0].startswith(b"CONNECT 127.0.0.1:") and b"Proxy-Authorization: Basic" in proxy.asked[0].title()
    proxy.close()


@pytest.mark.parametrize("excepted", ["127.0.0.1", "127.0.0.0/8", "*"])
def test_arrays_that_the_environment_excepts(
    server: RawServer, clean_environment: pytest.MonkeyPatch, excepted: str
) -> None:
    clean_environment.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    clean_environment.setenv("NO_PROXY", excepted)
    server.wires = [sends(WHOLE)]

    assert ask(server).status == 200


@pytest.mark.parametrize("request_", [READ, OPERATION], ids=["read", "operation"])
def test_a_proxy_that_refuses_connections(clean_environment: pytest.MonkeyPatch, request_: Request) -> None:
    clean_environment.setenv("HTTPS_PROXY", f"http://user:pass-word@127.0.0.1:{closed_port()}")
    error = failure(a_connection(443, host="powerstore.example.com", validate_certs=False), request_)

    assert "no way to powerstore.example.com:443 through the proxy http://127.0.0.1:" in error.message
    assert "NO_PROXY" in error.message and "pass-word" not in error.message
    assert not isinstance(error, OutcomeUnknownError)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\n\r\n"]
)
def test_a_proxy_that_does_not_connect(clean_environment: pytest.MonkeyPatch, answer: bytes) -> None:
    proxy = Proxy(answer)
    clean_environment.setenv("HTTPS_PROXY", proxy.url)
    error = failure(a_connection(443, host="powerstore.example.com", validate_certs=False), OPERATION)

    assert "through the proxy" in error.message and answer[9:12].decode() in error.message
    assert "pass-word" not in error.message and not isinstance(error, OutcomeUnknownError)
    proxy.close()


@pytest.mark.parametrize("proxy", ["nonsense://x", "http://[::1", "http://x:99999999"])
def test_a_proxy_that_is_none(clean_environment: pytest.MonkeyPatch, proxy: str) -> None:
    clean_environment.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(PowerStoreError) as raised:
        Transport(a_connection(443, validate_certs=False), 1).send(READ)

    assert "roxy" in raised.value.message


# What has to be imported

NEEDED = """
import sys
from pathlib import Path
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.client import Client
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import Connection
options = {"host": "array", "port": 443, "username": "x", "password": "x", "timeout": 1}
Client(Connection.from_params({**options, "validate_certs": True, "ca_path": sys.argv[1]}))
private = "requests" in sys.modules
Client(Connection.from_params({**options, "validate_certs": True}))
print(private, "requests" in sys.modules)
"""


def test_requests_is_only_imported_where_it_is_needed(server: RawServer, clean_environment: pytest.MonkeyPatch) -> None:
    # Importing it takes longer than everything else that a task does before its first request.
    done = subprocess.run(
        [sys.executable, "-c", NEEDED, str(server.ca_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.split() == ["False", "True"], done.stderr
