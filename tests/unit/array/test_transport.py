# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request and its answer against servers that do not keep to HTTP: every exchange ends, with a typed error."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import time
import typing as t
import zlib
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._array import absence
from ansible_collections.drdrill.powerstore.plugins.module_utils._array import transport as module
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.transport import (
    UNREADABLE,
    Answer,
    Request,
    Transport,
    decoded,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    OutcomeUnknownError,
    ProtocolError,
    UnreachableError,
)
from tests.unit.makers.wire import (
    HEAD,
    OPERATION,
    READ,
    WHOLE,
    RawServer,
    Wire,
    a_connection,
    ask,
    drips,
    ok,
    resets,
    sends,
)


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


# Bounds in time. The bound is 2 s for each try, two tries for a read; they may take five times that.


def dripping_headers() -> Wire:
    return drips(HEAD + b"X: " + b"x" * 1000)


def an_endless_body(tls: ssl.SSLSocket) -> None:
    tls.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        tls.sendall(b"1\r\n \r\n")
        time.sleep(0.05)


def interim_answers(tls: ssl.SSLSocket) -> None:
    while True:
        tls.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


SLOW: dict[str, Wire] = {
    "nothing": lambda tls: time.sleep(30),
    "dripping status line": drips(b"HTTP/1.1 200 " + b"x" * 1000),
    "dripping headers": dripping_headers(),
    "dripping body": lambda tls: (tls.sendall(HEAD + b"Content-Length: 1000\r\n\r\n"), drips(b"x" * 1000)(tls)),
    "an endless body": an_endless_body,
    "interim answers without end": interim_answers,
}


@pytest.mark.parametrize("wire", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("request_", [READ, OPERATION], ids=["read", "operation"])
def test_a_request_ends_in_time_as_a_whole(server: RawServer, wire: Wire, request_: Request) -> None:
    server.wires = [wire]
    began = time.monotonic()
    with pytest.raises(UnreachableError, match=r"no complete answer from 127\.0\.0\.1") as raised:
        ask(server, request_, timeout=2)

    assert 1.9 < time.monotonic() - began < 20
    assert isinstance(raised.value, OutcomeUnknownError) is not request_.is_read
    assert len(server.requests) == (2 if request_.is_read else 1)


def test_a_handshake_that_does_not_end(server: RawServer) -> None:
    server.before_tls = lambda raw: bool(time.sleep(10))
    with pytest.raises(UnreachableError) as raised:
        ask(server, OPERATION, timeout=1)

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
    server.wires = [sends(HEAD + b"Content-Length: 99999999\r\n\r\n" + b" " * 2**21)]
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
    "a header of a megabyte": HEAD + b"X: " + b"x" * 2**20 + b"\r\n\r\n",
    "a thousand headers": HEAD + b"X: y\r\n" * 1000 + b"\r\n",
    "a chunk of no length": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n[]\r\n",
    "a chunk of a superscript length": HEAD + b"Transfer-Encoding: chunked\r\n\r\n\xb2\r\n[]\r\n",
    "a chunk that is too long": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n[]\r\n",
    "a body that breaks off": HEAD + b"Content-Length: 100\r\n\r\n[",
    "a chunk that breaks off": HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\n[",
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
    monkeypatch.setattr(absence, "PATIENCE", 0)
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
        ask(server, timeout=1)


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
