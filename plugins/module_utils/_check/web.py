# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at a URL.

Ansible's own open_url sets one opener for the whole process, so that one check could use the trust of another that runs
beside it; requests may be missing on a managed host. The standard library has an opener for each check.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import time
import typing as t
import urllib.request
from urllib.parse import urljoin, urlsplit, urlunsplit

from .._errors import InvalidInputError
from .look import Look, Observation, left_until, out_of_time, reason_of
from .masking import user_and_password
from .options import Http

BODY_BYTES: t.Final = 1024 * 1024
CONNECT_SECONDS: t.Final = 10.0
MOST_REDIRECTS: t.Final = 5
_REDIRECTS: t.Final = (301, 302, 303, 307, 308)
_PORTS: t.Final = {"http": 80, "https": 443}


class _Connection(http.client.HTTPConnection):
    """A connection that is made, TLS included, in a time of its own, and read in the time of the whole request."""

    def connect(self) -> None:
        whole, self.timeout = t.cast(float, self.timeout), min(CONNECT_SECONDS, t.cast(float, self.timeout))
        super().connect()
        self.sock.settimeout(whole)


class _TlsConnection(_Connection, http.client.HTTPSConnection):
    pass


class _Handler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _TlsHandler(urllib.request.HTTPSHandler):
    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._trust = context

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_TlsConnection, req, context=self._trust)


def prepare_look_at_url(name: str, probe: Http) -> Look:
    """What looks at the URL. Raises InvalidInputError, which names the check, where the authority cannot be used.

    Proxies are those of the environment, as for every other program of the host. Nothing follows a redirect, takes
    credentials from a file or raises for a status code: the opener has no part that does.
    """
    opener = urllib.request.OpenerDirector()
    opener.addheaders = [("User-Agent", "drdrill.powerstore")]
    for handler in (urllib.request.ProxyHandler(), _Handler(), _TlsHandler(_trust(name, probe))):
        opener.add_handler(handler)
    return lambda deadline: _look(opener, probe, deadline)


def _trust(name: str, probe: Http) -> ssl.SSLContext:
    if not probe.validate_certs:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        if probe.ca_path and os.path.exists(probe.ca_path) and not os.path.isfile(probe.ca_path):
            raise ValueError("it is no plain file")  # a FIFO would be waited for
        return ssl.create_default_context(cafile=probe.ca_path)
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"Check '{name}': http.ca_path {probe.ca_path}: {reason_of(error)}: expected a PEM file with certificates "
            "that can be read on the host where the check runs."
        ) from error


def _look(opener: urllib.request.OpenerDirector, probe: Http, deadline: float) -> Observation:
    """Ask, and follow redirects that stay on the host: another host's answer says nothing of this one."""
    url = probe.url
    try:
        for _redirect in range(MOST_REDIRECTS + 1):
            with opener.open(_request(url, probe), timeout=left_until(deadline)) as answer:
                body, whole = _body(answer, deadline)
                code, place = answer.status, answer.headers.get("Location")
                charset = answer.headers.get_content_charset() or "utf-8"
            if not whole and time.monotonic() >= deadline:
                return out_of_time()
            to = urljoin(url, place) if place and code in _REDIRECTS and code not in probe.status else None
            if to is None or probe.method not in ("GET", "HEAD") or not _stays(url, to):
                return _judge(probe, code, _text(body, charset), whole, to)
            url = to
    except socket.timeout:
        if time.monotonic() >= deadline:
            return out_of_time()
        return Observation(False, "no connection: no answer")
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(getattr(error, "reason", None), socket.timeout) and time.monotonic() >= deadline:
            return out_of_time()
        return Observation(False, f"no answer: {reason_of(error)}")
    return Observation(False, f"more than {MOST_REDIRECTS} redirects")


def _request(url: str, probe: Http) -> urllib.request.Request:
    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    # Its scheme is http or https: options._valid_url, _stays.
    request = urllib.request.Request(bare, headers=dict(probe.headers), method=probe.method)  # noqa: S310
    pair = user_and_password(url) or user_and_password(probe.url)
    if pair is not None and not request.has_header("Authorization"):
        request.add_header("Authorization", f"Basic {pair}")
    return request


def _stays(before: str, after: str) -> bool:
    """Whether a redirect leads to the same port of the same host, or from its port 80 to its port 443."""

    def place(url: str) -> tuple[str, str | None, int | None]:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)

    (scheme, host, port), (new_scheme, new_host, new_port) = place(before), place(after)
    if host != new_host:
        return False
    return (scheme, port) == (new_scheme, new_port) or (scheme, port, new_scheme, new_port) == (
        "http",
        80,
        "https",
        443,
    )


def _body(answer: http.client.HTTPResponse, deadline: float) -> tuple[bytes, bool]:
    """The first MiB of the answer, and whether that is all of it. Each read is short, so that drops of it end, too."""
    parts: list[bytes] = []
    size = 0
    while size < BODY_BYTES:
        if time.monotonic() >= deadline:
            return b"".join(parts), False
        part = answer.read1(min(65536, BODY_BYTES - size))
        if not part:
            return b"".join(parts), True
        parts.append(part)
        size += len(part)
    return b"".join(parts), not answer.read1(1)


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _judge(probe: Http, code: int, body: str, whole: bool, to: str | None) -> Observation:
    seen = f"HTTP {code}"
    if code not in probe.status:
        if to is not None:
            seen += f" to {to}, which is not followed"
        return Observation(False, seen, body)
    if probe.contains is not None and probe.contains not in body:
        return Observation(False, seen + (" without it" if whole else " without it in the first MiB"), body)
    return Observation(True, seen, body)
