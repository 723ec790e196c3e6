# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One array's front door: faults before and after the REST interface, and the journal."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import replication
from .errors import ApiError
from .faults import Fault, Faults, tweaks
from .journal import Exchange, Journal, masked
from .message import Reply, Request
from .rest import Rest
from .spoiling import ANSWERING, SLOW, answer_of, with_headers, with_odd_row
from .world import Array

if TYPE_CHECKING:
    from .server import ArrayServer


@dataclass(frozen=True)
class Delivery:
    """How a reply goes out: whole, cut short, not at all (the connection is reset), or as a slow fault has it."""

    reply: Reply
    how: str = "send"  # send | truncate | reset | slow
    slow: Fault | None = None

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.reply.payload)


def _error(kind: str, *arguments: object) -> Reply:
    error = ApiError(kind, *arguments)
    return Reply(error.status, error.body)


def _answering(fault: Fault) -> Delivery:
    return Delivery(answer_of(fault), "slow" if fault.action in SLOW else "send", fault)


class Endpoint:
    """Takes requests from the server's threads."""

    def __init__(self, array: Array, rest: Rest, faults: Faults, journal: Journal) -> None:
        self.array = array
        self.rest = rest
        self.faults = faults
        self.journal = journal
        self.server: ArrayServer | None = None

    def handle(self, request: Request) -> Delivery:
        sequence = self.journal.next_sequence()
        selected = self.faults.select(self.array.name, request)
        delivery = self._faulty(request, selected) if selected else Delivery(self.rest.handle(request))
        self._record(sequence, request, delivery)
        return delivery

    def _faulty(self, request: Request, faults: list[Fault]) -> Delivery:
        early = None
        for fault in faults:
            early = self._before(request, fault) or early
        delivery = early or Delivery(self.rest.handle(request, tweaks(faults)))
        for fault in faults:
            delivery = self._after(request, fault, delivery)
        return delivery

    def _after(self, request: Request, fault: Fault, delivery: Delivery) -> Delivery:
        """What becomes of the answer."""
        action, executed = fault.action, fault.executed is True
        if action == "delay" and executed:
            self.array.world.closing.wait(fault.seconds)
        elif action in ANSWERING and executed:
            return _answering(fault)
        elif action == "twice" and delivery.how == "send":
            return Delivery(self.rest.handle(request))
        elif action == "headers":
            return dataclasses.replace(delivery, reply=with_headers(delivery.reply, fault))
        elif action == "odd_row" and delivery.reply.status < 300:
            return dataclasses.replace(delivery, reply=with_odd_row(delivery.reply, fault))
        elif action in {"reset_after", "truncate"} and delivery.how != "reset":
            return Delivery(delivery.reply, "reset" if action == "reset_after" else "truncate")
        elif action == "drip":
            return Delivery(delivery.reply, "slow", fault)
        return delivery

    def _before(self, request: Request, fault: Fault) -> Delivery | None:
        """What happens before the request is processed; a Delivery ends it."""
        action, world = fault.action, self.array.world
        if action == "delay" and fault.executed is not True:
            world.closing.wait(fault.seconds)
        elif action == "refuse":
            if self.server is not None:
                self.server.go_down(fault.seconds)
            return Delivery(Reply(0), "reset")
        elif action == "reset_before":
            return Delivery(Reply(0), "reset")
        elif action in ANSWERING and fault.executed is not True:
            return _answering(fault)
        elif action == "forbid":
            return Delivery(_error("forbidden", "this account", f"{request.method} {request.path}"))
        elif action == "missing_path":
            return Delivery(_error("no_such_path", request.method, request.path))
        else:
            with world.lock:
                try:
                    self._happen(request, fault)
                except LookupError as error:  # a foreign fault for a session that does not exist: say so
                    return Delivery(_error("internal", error))
        return None

    def _happen(self, request: Request, fault: Fault) -> None:
        """Something changes in the world just before the request is processed."""
        cookie = request.lower_headers.get("cookie")
        if fault.action == "expire_session":
            self.rest.logins.kill(cookie)
        elif fault.action == "stale_token":
            self.rest.logins.rotate_token(cookie)
        elif fault.action == "change_password":
            self.rest.logins.set_password(fault.user, fault.password)
        elif fault.action == "remove_session":
            self.array.remove_session(fault.session or _session_of(request))
        elif fault.action in {"cut_link", "restore_link"}:
            self.array.world.set_link(fault.action == "restore_link")
        elif fault.action == "clock_skew":
            self.array.clock_skew = fault.seconds
        elif fault.action == "clock_step":
            self.array.step_clock(fault.seconds)
        elif fault.action == "write_protect":
            self.array.world.set_write_protected(self.array.name, True)
        elif fault.action == "foreign":
            self._foreign(request, fault)

    def _foreign(self, request: Request, fault: Fault) -> None:
        side = self.array.session(fault.session or _session_of(request))
        if fault.state is not None:
            side.change_state(fault.state)
        if fault.operation is not None:
            with contextlib.suppress(ApiError):  # someone else is refused, too
                replication.begin(replication.Call(side, fault.operation, {}, fault.user, seconds=0.0))

    def _record(self, sequence: int, request: Request, delivery: Delivery) -> None:
        reply = delivery.reply
        lost = delivery.how == "reset"
        self.journal.add(
            Exchange(
                array=self.array.name,
                sequence=sequence,
                method=request.method,
                path=request.path,
                query=request.query,
                request_headers=masked(request.headers),
                request_body=request.json_or_none,
                status=0 if lost else reply.status,
                response_headers=masked(reply.headers),
                response_body=None if lost else _body(reply),
                connection=request.connection,
                user=reply.user,
            ),
            delivery.size,
        )


def _session_of(request: Request) -> str:
    """The id in the request's path."""
    return request.segments[1] if len(request.segments) > 1 else ""


def _body(reply: Reply) -> object:
    if reply.raw is None:
        return reply.body
    try:
        parsed: object = json.loads(reply.raw)
    except (ValueError, RecursionError):
        parsed = reply.raw.decode(errors="replace")
    return parsed


def shortened(reply: Reply) -> Reply:
    """Half of the body, with the Content-Length of that half: the JSON breaks off, the HTTP does not."""
    payload = reply.payload
    return dataclasses.replace(reply, raw=payload[: max(1, len(payload) // 2)])
