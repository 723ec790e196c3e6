# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request and a reply, as the layers between the socket and the world hand them on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from .errors import ApiError
from .jobs import GOOD_JOB, JobPlan

BASE = "/api/rest"


@dataclass(frozen=True)
class Request:
    """target as sent ('/api/rest/volume/name:a%20b?select=id'); headers with the client's spelling."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @cached_property
    def lower_headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    @cached_property
    def path(self) -> str:
        """Without /api/rest, still URL-encoded."""
        path = self.target.partition("?")[0]
        return path[len(BASE) :] or "/" if path == BASE or path.startswith(f"{BASE}/") else path

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Decoded one by one: an encoded slash does not separate."""
        return tuple(unquote(part) for part in self.path.split("/")[1:])

    @property
    def is_rest(self) -> bool:
        return self.target.partition("?")[0].startswith(f"{BASE}/")

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        return tuple(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @cached_property
    def json(self) -> object:
        """The parsed body, None if there is none."""
        if not self.body.strip():
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise ApiError("invalid_request", "The body is not JSON.") from error

    @cached_property
    def json_or_none(self) -> object:
        try:
            return self.json
        except ApiError:
            return None


@dataclass(frozen=True)
class Reply:
    """status 204 or body None: nothing follows the headers. raw wins over body."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    raw: bytes | None = None

    @cached_property
    def payload(self) -> bytes:
        """The body's bytes, made once."""
        if self.raw is not None:
            return self.raw
        if self.body is None:
            return b""
        text = json.dumps(self.body, separators=(",", ":"), ensure_ascii=False)
        try:
            return text.encode()
        except UnicodeEncodeError:  # a lone surrogate, which JSON can say only by its number
            return json.dumps(self.body, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Tweaks:
    """How one request departs from the normal, for fault injection."""

    plan: JobPlan = GOOD_JOB
    async_mode: str = "honoured"  # honoured | immediate (answered 204 although asked for a job) | blocking
    rows_left: int | None = None
    page_rows: int | None = None  # the most rows that a page has, whatever was asked for
    rows_moved: int = 0  # so many rows have gone from the front to the end
    content_range: str = "whole"  # whole | no_total ('0-99/*') | no_range (206 without the header)
    flag_null: bool = False
    rotate_token: bool = False
    no_token: bool = False


NO_TWEAKS = Tweaks()
