# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that sends whatever bytes a test wants over TLS, and a connection to it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
import typing as t
from pathlib import Path

import trustme

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import Connection
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.transport import Answer, Request, Transport

READ = Request("GET", "/volume", "Reading volumes")
OPERATION = Request("POST", "/replication_session/s-1/start_failover_test", "Starting", body={})
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: 2\r\n\r\n[]"


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


def a_connection(port: int, ca_path: Path | None = None, **options: t.Any) -> Connection:
    """To a port of this computer, with a ``timeout`` that no loaded machine reaches."""
    given = {
        "host": "127.0.0.1", "port": port, "username": "drill", "password": "secret", "validate_certs": True,
        "ca_path": ca_path and str(ca_path), "timeout": 30,
    }  # fmt: skip
    return Connection.from_params({**given, **options})


def ask(server: RawServer, request: Request = READ, **options: t.Any) -> Answer:
    """The answer to one request, over a connection of its own."""
    transport = Transport(a_connection(server.port, server.ca_path, **options), 1)
    try:
        return transport.send(request)
    finally:
        transport.close()


def ok(body: bytes, *headers: bytes) -> bytes:
    """An answer of status 200."""
    return b"\r\n".join([HEAD[:-2], *headers, b"Content-Length: %d" % len(body), b"", body])
