# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the HAR files that POWERSTORE_TRACE made: one task each, with its exchanges in their order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .message import BASE
from .reading import ScenarioError

# Of the transport, not of the answer; the server makes its own.
_OF_TRANSPORT = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection", "date"})
SECRET = "***"


@dataclass(frozen=True)
class Recorded:
    """One request and what came back. status 0: no answer."""

    began: datetime
    seconds: float
    method: str
    path: str  # below /api/rest
    query: tuple[tuple[str, str], ...]
    body: object
    status: int
    headers: Mapping[str, str]
    raw: bytes | None  # None: something that is not JSON, which was not recorded
    error: str | None

    @cached_property
    def payload(self) -> Any:
        """The decoded body; None where there is none."""
        try:
            return json.loads(self.raw) if self.raw else None
        except ValueError:
            return None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of a successful answer, also where it is one instance."""
        found = self.payload if isinstance(self.payload, list) else [self.payload]
        return [row for row in found if isinstance(row, dict)] if 200 <= self.status < 300 else []


@dataclass(frozen=True)
class Task:
    """The exchanges of one task."""

    file: str
    array: str  # host and port, or their stand-in
    exchanges: tuple[Recorded, ...]


def read_tasks(paths: Iterable[Path]) -> list[Task]:
    """The tasks of all files, the oldest first. Raises ScenarioError for a file that is no recording."""
    tasks = [Task(path.name, *_exchanges(path)) for path in paths]
    return sorted((task for task in tasks if task.exchanges), key=lambda task: task.exchanges[0].began)


def _exchanges(path: Path) -> tuple[str, tuple[Recorded, ...]]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]
        arrays = [urlsplit(entry["request"]["url"]).netloc for entry in entries]
        return next(iter(arrays), ""), tuple(map(_exchange, entries))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ScenarioError(
            f"{path} is no recording of POWERSTORE_TRACE ({error!r}): expected a HAR file as a task wrote it, and "
            "whole. Leave this one out, or record the task again."
        ) from error


def _exchange(entry: Mapping[str, Any]) -> Recorded:
    request, response = entry["request"], entry["response"]
    url = urlsplit(request["url"])
    content = response["content"]
    headers = {each["name"]: each["value"] for each in response["headers"]}
    raw = content["text"].encode() if "text" in content else None
    sent = request.get("postData", {}).get("text")
    began = datetime.fromisoformat(entry["startedDateTime"])
    if began.tzinfo is None:
        raise ValueError(f"startedDateTime {entry['startedDateTime']} has no time zone")
    return Recorded(
        began=began,
        seconds=entry["time"] / 1000,
        method=request["method"],
        path=url.path.removeprefix(BASE),
        query=tuple(parse_qsl(url.query, keep_blank_values=True)),
        body=json.loads(sent) if sent else None,
        status=response["status"],
        headers={name: value for name, value in headers.items() if name.lower() not in _OF_TRANSPORT},
        raw=raw,
        error=response.get("_error"),
    )
