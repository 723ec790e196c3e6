# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why there is no connection: ports, names, certificates and proxies; and what a connection imports."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import trustme

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import Connection
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.transport import Request, Transport
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    InvalidInputError,
    OutcomeUnknownError,
    PowerStoreError,
    UnreachableError,
)
from tests.unit.makers.wire import OPERATION, READ, WHOLE, RawServer, a_connection, ask, sends


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
    error = failure(a_connection(closed_port(), timeout=1), OPERATION)

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
    error = failure(a_connection(443, host="powerstore.example.com", validate_certs=False, timeout=1), request_)

    assert "no way to powerstore.example.com:443 through the proxy http://127.0.0.1:" in error.message
    assert "NO_PROXY" in error.message and "pass-word" not in error.message
    assert not isinstance(error, OutcomeUnknownError)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\n\r\n"]
)
def test_a_proxy_that_does_not_connect(clean_environment: pytest.MonkeyPatch, answer: bytes) -> None:
    proxy = Proxy(answer)
    clean_environment.setenv("HTTPS_PROXY", proxy.url)
    error = failure(a_connection(443, host="powerstore.example.com", validate_certs=False, timeout=1), OPERATION)

    assert "through the proxy" in error.message and answer[9:12].decode() in error.message
    assert "pass-word" not in error.message and not isinstance(error, OutcomeUnknownError)
    proxy.close()


@pytest.mark.parametrize("proxy", ["nonsense://x", "http://[::1", "http://x:99999999"])
def test_a_proxy_that_is_none(clean_environment: pytest.MonkeyPatch, proxy: str) -> None:
    clean_environment.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(PowerStoreError) as raised:
        Transport(a_connection(443, validate_certs=False, timeout=1), 1).send(READ)

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
