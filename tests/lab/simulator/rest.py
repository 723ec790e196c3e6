# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST interface of one array: who asks, which path, what it answers. No sockets here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from . import nas, query, replication, writes
from .auth import Identity, Logins, UnauthorizedError
from .errors import ApiError
from .jobs import Job
from .message import NO_TWEAKS, Reply, Request, Tweaks
from .resources import Reader
from .schema import Resource
from .world import Array

_ID = "{id}"
_SESSION_POSTS = {f"replication_session/{_ID}/{name}" for name in replication.OPERATIONS if name != "modify"}
# Paths that take something besides GET: path template -> method -> action.
CHANGES: Mapping[str, Mapping[str, str]] = {
    **{path: {"POST": path.rpartition("/")[2]} for path in _SESSION_POSTS},
    f"replication_session/{_ID}": {"PATCH": "modify"},
    f"volume/{_ID}": {"PATCH": "modify", "DELETE": "delete"},
    f"volume_group/{_ID}": {"PATCH": "modify", "DELETE": "delete"},
    f"volume/{_ID}/snapshot": {"POST": "snapshot"},
    f"volume_group/{_ID}/snapshot": {"POST": "snapshot"},
    f"volume/{_ID}/attach": {"POST": "attach"},
    f"volume/{_ID}/detach": {"POST": "detach"},
    **{
        f"{kind}/{_ID}/{action}": {"POST": action}
        for kind, actions in {
            "host": ("attach", "detach"),
            "host_group": ("attach", "detach"),
            "volume_group": ("add_members", "remove_members"),
        }.items()
        for action in actions
    },
    f"nas_server/{_ID}": {"DELETE": "delete"},
    f"nas_server/{_ID}/clone": {"POST": "clone"},
    f"file_system/{_ID}": {"DELETE": "delete"},
    f"file_interface/{_ID}": {"DELETE": "delete"},
    "file_interface": {"POST": "create"},
    "logout": {"POST": "logout"},
}


class Rest:
    """Answers requests; thread-safe through the world's lock."""

    def __init__(self, array: Array, logins: Logins) -> None:
        self.array = array
        self.logins = logins
        self._reader = Reader(array)
        self._reader_version = array.release_version

    def handle(self, request: Request, tweaks: Tweaks = NO_TWEAKS) -> Reply:
        """One request -> its reply; a synchronous change blocks as long as it takes."""
        identity: Identity | None = None
        try:
            with self.array.world.lock:
                self.array.world.settle()
                identity = self.logins.authenticate(request)
                done = self._dispatch(request, identity, tweaks)
            reply = self._answer_of_job(done, request, tweaks) if isinstance(done, Job) else done
        except UnauthorizedError:
            return Reply(401)
        except ApiError as error:
            reply = self._refusing(error)
        return self._signed(request, reply, identity, tweaks)

    def _refusing(self, error: ApiError) -> Reply:
        """The refusal, with the status and the code that the scenario gives its kind."""
        given = self.array.world.options.refusals.get(error.kind)
        if given is None:
            return Reply(error.status, error.body)
        messages = [{**message, "code": given.code or message["code"]} for message in error.body["messages"]]
        return Reply(given.status or error.status, {"messages": messages})

    def _signed(self, request: Request, reply: Reply, identity: Identity | None, tweaks: Tweaks) -> Reply:
        """Add the token, which every authenticated GET of a session carries, and the cookie at login."""
        if identity is None:
            return reply
        headers = dict(reply.headers)
        session = identity.session
        if session is not None:
            if tweaks.rotate_token:
                self.logins.rotate_token(f"auth_cookie={session.cookie}")
            if request.method == "GET" or tweaks.rotate_token:
                headers["DELL-EMC-TOKEN"] = session.token
            if request.segments == ("login_session",) and reply.status == 200:
                headers["Set-Cookie"] = f"auth_cookie={session.cookie}; Path=/; Secure; HttpOnly"
        if tweaks.no_token:
            headers.pop("DELL-EMC-TOKEN", None)
        return dataclasses.replace(reply, headers=headers, user=identity.account.username)

    @property
    def reader(self) -> Reader:
        """Follows a change of the array's version."""
        if self._reader_version != self.array.release_version:
            self._reader, self._reader_version = Reader(self.array), self.array.release_version
        return self._reader

    def _dispatch(self, request: Request, identity: Identity, tweaks: Tweaks) -> Reply | Job:
        segments = request.segments
        resource = self.reader.resources.get(segments[0]) if request.is_rest else None
        template = "/".join((segments[0], _ID, *segments[2:])) if len(segments) > 1 else segments[0]
        methods = dict(CHANGES.get(template, {})) if request.is_rest and self._exists(template) else {}
        if resource is not None and (len(segments) == 1 or (len(segments) == 2 and resource.name != "login_session")):
            methods["GET"] = "get"
        if not methods:
            raise ApiError("no_such_path", request.method, request.path)
        if request.method not in methods:
            raise ApiError("method_not_allowed", request.method, request.path)
        self.logins.check_token(request, identity)
        self.logins.check_role(request, identity.account)
        if request.method == "GET" and resource is not None:
            self.array.flag_null = tweaks.flag_null
            return self._get(request, resource, identity, tweaks)
        if template == "logout":
            self.logins.close(identity.session)
            return Reply(204)
        return self._change(request, methods[request.method], identity, tweaks)

    def _exists(self, template: str) -> bool:
        """Whether the version has this path already."""
        if not template.startswith("replication_session/"):
            return nas.ADDED.get(template, self.array.version) <= self.array.version
        action = template.rpartition("/")[2]
        operation = replication.OPERATIONS.get("modify" if action == _ID else action)
        return operation is not None and operation.added <= self.array.version

    def _get(self, request: Request, resource: Resource, identity: Identity, tweaks: Tweaks) -> Reply:
        if len(request.segments) == 2:
            item = self._find(resource.name, request.segments[1])
            answer = query.instance(self.reader, resource, item, request.query)
        else:
            rows = [self.logins.row(identity)] if resource.name == "login_session" else None
            range_header = request.lower_headers.get("range")
            answer = query.collection(self.reader, resource, request.query, range_header, tweaks, rows)
        return Reply(answer.status, answer.body, answer.headers)

    def _find(self, resource: str, key: str) -> object:
        item = self.reader.find(resource, key)
        if item is None:
            raise ApiError("not_found", key, resource)
        return item

    def _change(self, request: Request, action: str, identity: Identity, tweaks: Tweaks) -> Job:
        for name, value in request.query:
            if name != "is_async" or value.lower() not in {"true", "false"}:
                raise ApiError("invalid_request", f"Query parameter {name}={value} is not supported.")
        resource, key = request.segments[0], request.segments[1] if len(request.segments) > 1 else None
        user, version = identity.account.recorded, self.array.version
        if resource == "replication_session":
            side = self.array.sessions.get(key or "")
            if side is None:
                raise ApiError("not_found", key, resource)
            body = writes.validated(request.json, replication.OPERATIONS[action].properties, version)
            return replication.begin(replication.Call(side, action, body, user, tweaks.plan))
        row = self._find(resource, key) if key is not None else None
        if not isinstance(row, dict | None):
            raise ApiError("not_found", key, resource)
        if (resource, action) in nas.ACTIONS:
            body = writes.validated(request.json, nas.PROPERTIES[resource, action], version)
            return nas.ACTIONS[resource, action](nas.NasChange(self.array, row, body, user, tweaks.plan))
        if row is None:
            raise ApiError("no_such_path", request.method, request.path)
        body = writes.validated(request.json, writes.PROPERTIES[resource, action], version)
        return writes.ACTIONS[action](writes.Change(self.array, resource, row, body, user, tweaks.plan))

    def _answer_of_job(self, job: Job, request: Request, tweaks: Tweaks) -> Reply:
        """202 and the job's id if asked for; else wait and answer what the job ended with."""
        asked = any(name == "is_async" and value.lower() == "true" for name, value in request.query)
        if asked and tweaks.async_mode == "honoured":
            return Reply(202, {"id": job.id})
        if asked and tweaks.async_mode == "immediate":
            return Reply(204)
        self.array.world.wait_for(job)
        return Reply(job.status or 204, job.body)
