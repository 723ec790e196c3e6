# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What proxies, networks and broken arrays make of an answer: other answers, odd rows, and answers without an end."""

from __future__ import annotations

import copy
import dataclasses
import zlib
from collections.abc import Iterator
from functools import lru_cache

from .faults import ABSENT, Fault
from .message import Reply

# Actions that answer something of their own; they are executed, or not, as `answer` is.
ANSWERING = frozenset({"answer", "nested", "endless", "huge", "gzip_bomb"})
# Actions that the server carries out, as they are about how bytes go out.
SLOW = frozenset({"drip", "endless", "huge", "gzip_bomb"})
_JSON = {"Content-Type": "application/json"}
_BLOCK = b" " * 65536
Piece = tuple[bytes, float]  # bytes to send, and seconds to wait before


def answer_of(fault: Fault) -> Reply:
    """The reply of an answering fault; of those without an end only what the journal needs."""
    if fault.action == "nested":
        return Reply(200, None, _JSON, raw=b"[" * fault.depth + b"]" * fault.depth)
    if fault.action != "answer":
        return Reply(200)
    headers = {str(name): str(value) for name, value in fault.headers.items()}
    if fault.body is None or not isinstance(fault.body, str):
        return Reply(fault.status, fault.body, headers)
    return Reply(fault.status, None, {"Content-Type": "text/html", **headers}, raw=fault.body.encode())


def with_headers(reply: Reply, fault: Fault) -> Reply:
    """Other headers on the array's own answer; one that is null is left out."""
    headers = {name: value for name, value in reply.headers.items() if name not in fault.headers}
    headers |= {str(name): str(value) for name, value in fault.headers.items() if value is not None}
    return dataclasses.replace(reply, headers=headers)


def with_odd_row(reply: Reply, fault: Fault) -> Reply:
    """One row of the answer (or all, or the one instance) with another value at a path like 'pairs.0.id'."""
    body = copy.deepcopy(reply.body)
    rows = body if isinstance(body, list) else [body]
    chosen = rows if fault.row is None else rows[fault.row : fault.row + 1]
    for row in chosen:
        _set(row, fault.attribute.split("."), fault.value)
    return dataclasses.replace(reply, body=body)


def _set(node: object, steps: list[str], value: object) -> None:
    for step in steps[:-1]:
        node = node.get(step) if isinstance(node, dict) else _item(node, step)
    if isinstance(node, list) and steps[-1].isdigit() and int(steps[-1]) < len(node):
        node[int(steps[-1])] = value
    elif isinstance(node, dict) and value is ABSENT:
        node.pop(steps[-1], None)
    elif isinstance(node, dict):
        node[steps[-1]] = value


def _item(node: object, step: str) -> object:
    return node[int(step)] if isinstance(node, list) and step.isdigit() and int(step) < len(node) else None


def pieces(fault: Fault, whole: bytes) -> Iterator[Piece]:
    """What goes over the wire, for the actions in SLOW. whole: the array's own answer, head and body."""
    if fault.action == "drip":
        yield from _dripping(fault, whole)
    elif fault.action == "endless":
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n", 0.0
        while True:
            yield b"%x\r\n%s\r\n" % (len(_BLOCK), _BLOCK), fault.seconds
    elif fault.action == "huge":
        yield _head(fault.bytes), 0.0
        yield b"[", 0.0
        left = fault.bytes - 2
        while left > 0:
            yield _BLOCK[:left], 0.0
            left -= len(_BLOCK)
        yield b"]", 0.0
    else:
        packed = _packed(fault.bytes)
        yield _head(len(packed), b"Content-Encoding: gzip\r\n"), 0.0
        yield packed, 0.0


def _dripping(fault: Fault, whole: bytes) -> Iterator[Piece]:
    """A byte, a pause, a byte, …: all of the headers, or all of the body."""
    first, end = whole.index(b"\r\n") + 2, whole.index(b"\r\n\r\n") + 4
    quick = first if fault.part == "headers" else end
    yield whole[:quick], 0.0
    for position in range(quick, len(whole)):
        yield whole[position : position + 1], fault.seconds or 1.0


def _head(length: int, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n" % (more, length)


@lru_cache(maxsize=4)
def _packed(size: int) -> bytes:
    """An empty JSON list of so many bytes, most of them spaces, as gzip: a thousandth of that."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    parts = [packer.compress(b"[")]
    parts += [packer.compress(_BLOCK) for _number in range(size // len(_BLOCK))]
    return b"".join([*parts, packer.compress(b"]"), packer.flush()])
