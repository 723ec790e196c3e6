# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface: what tests do in process, over plain HTTP with JSON on loopback. Not part of any array."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .clock import stamp
from .errors import ApiError
from .journal import Exchange
from .reading import Duration, ScenarioError, read
from .schema import parse_version
from .simulator import ArrayHandle, Simulator
from .tables import Row
from .world import ARRAYS, Side

_SETTABLE = (
    "state",
    "role",
    "type",
    "failover_test_in_progress",
    "data_transfer_state",
    "data_connection_state",
    "error_code",
    "local_resource_state",
)


def exchange_json(exchange: Exchange) -> dict[str, Any]:
    """An Exchange as JSON."""
    values = {field.name: getattr(exchange, field.name) for field in dataclasses.fields(exchange)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def session_json(side: Side) -> dict[str, Any]:
    """What matters of one side of a session."""
    test = side.replication.test
    return {
        "id": side.id,
        "resource_type": side.resource_type,
        "resource_name": side.resource_name,
        "last_sync_timestamp": stamp(side.last_sync),
        "writable": side.is_writable(),
        **{name: getattr(side, name) for name in _SETTABLE},
        "failover_test": {"user": test.user, "started_at": stamp(test.started_at), "snapshot_id": test.snapshot_id}
        if test
        else None,
    }


def nas_json(handle: ArrayHandle, server: Row) -> dict[str, Any]:
    """What matters of a NAS server, and what it has."""
    key = str(server["id"])
    shown = ("id", "name", "is_dr_test", "is_replication_destination", "operational_status")
    return {
        **{name: server[name] for name in shown},
        "file_systems": [row["name"] for row in handle.file_systems(key)],
        "file_interfaces": [row["ip_address"] for row in handle.file_interfaces(key)],
    }


def array_summary(handle: ArrayHandle) -> dict[str, Any]:
    """The counters of one array."""
    with handle.array.world.lock:
        handle.array.world.settle()
        executed = Counter(handle.array.executed)
    operations: dict[str, dict[str, int]] = {}
    for (operation, session), number in executed.items():
        operations.setdefault(operation, {})[session] = number
    return {
        "logins": handle.logins,
        "failed_logins": handle.failed_logins,
        "logouts": handle.logouts,
        "open_sessions": handle.open_sessions,
        "connections": handle.connections,
        "requests": handle.requests_by_path(),
        "executed": operations,
    }


def state_json(simulator: Simulator) -> dict[str, Any]:
    """Sessions as both arrays have them, the clock and the link."""
    with simulator.world.lock:
        simulator.world.settle()
        return {
            "clock": stamp(simulator.clock.now()),
            "link": {"up": simulator.link.up},
            "operation_seconds": simulator.operation_seconds,
            "arrays": {
                name: {
                    "release_version": handle.array.release_version,
                    "clock_skew": handle.array.clock_skew,
                    "write_protected": handle.array.write_protected,
                    "sessions": [session_json(side) for side in handle.array.sessions],
                    "nas_servers": [nas_json(handle, row) for row in handle.nas_servers()],
                }
                for name, handle in simulator.arrays.items()
            },
        }


def _handle(simulator: Simulator, name: str | None) -> ArrayHandle:
    if name not in ARRAYS:
        raise ScenarioError(f"array {name!r}: production or dr")
    return simulator.arrays[name]


def _body() -> dict[str, Any]:
    return read(dict[str, Any], request.get_json(silent=True) or {}, "body")


def application(simulator: Simulator) -> Flask:
    """The WSGI application."""
    app = Flask("simulator-control")
    _add_errors(app)
    _add_reading(app, simulator)
    _add_sessions(app, simulator)
    _add_nas_servers(app, simulator)
    _add_world(app, simulator)
    return app


def _add_errors(app: Flask) -> None:
    def refused(error: Exception) -> ResponseReturnValue:
        return jsonify({"error": str(error)}), 404 if isinstance(error, LookupError) else 400

    for kind in (ScenarioError, LookupError, AttributeError, ValueError, TypeError):
        app.register_error_handler(kind, refused)

    def array_refused(error: ApiError) -> ResponseReturnValue:
        return jsonify(error.body), error.status

    app.register_error_handler(ApiError, array_refused)


def _add_reading(app: Flask, simulator: Simulator) -> None:
    @app.get("/journal")
    def journal() -> ResponseReturnValue:
        name = request.args.get("array")
        found = _handle(simulator, name).journal() if name else simulator.journal()
        return jsonify([exchange_json(each) for each in found])

    @app.delete("/journal")
    def clear_journal() -> ResponseReturnValue:
        name = request.args.get("array")
        if name:
            _handle(simulator, name).clear_journal()
        else:
            simulator.clear_journal()
        return "", 204

    @app.get("/summary")
    def summary() -> ResponseReturnValue:
        return jsonify({name: array_summary(handle) for name, handle in simulator.arrays.items()})

    @app.get("/state")
    def state() -> ResponseReturnValue:
        return jsonify(state_json(simulator))


def _add_sessions(app: Flask, simulator: Simulator) -> None:
    @app.patch("/arrays/<array>/sessions/<path:key>")
    def set_session(array: str, key: str) -> ResponseReturnValue:
        given = _body()
        unknown = [name for name in given if name not in (*_SETTABLE, "mirror")]
        if unknown:
            raise ScenarioError(f"unknown key {', '.join(unknown)} (known: mirror, {', '.join(_SETTABLE)})")
        return jsonify(session_json(_handle(simulator, array).set_session(key, **given)))

    @app.delete("/arrays/<array>/sessions/<path:key>")
    def remove_session(array: str, key: str) -> ResponseReturnValue:
        _handle(simulator, array).remove_session(key)
        return "", 204

    @app.post("/arrays/<array>/sessions/<key>/<operation>")
    def operate(array: str, key: str, operation: str) -> ResponseReturnValue:
        given = _body()
        user = str(given.pop("user", "someone"))
        job = _handle(simulator, array).operate(key, operation, user, **given)
        return jsonify({"job_id": job.id, "phase": job.phase, "response_body": job.response_body()})


def _add_nas_servers(app: Flask, simulator: Simulator) -> None:
    @app.post("/arrays/<array>/nas_servers/<path:key>/clone")
    def clone(array: str, key: str) -> ResponseReturnValue:
        given, handle = _body(), _handle(simulator, array)
        age = read(Duration, given.get("age", 0), "age")
        row = handle.clone_nas_server(key, str(given["name"]), str(given.get("user", "someone")), age)
        return jsonify(nas_json(handle, row))

    @app.delete("/arrays/<array>/nas_servers/<path:key>")
    def delete(array: str, key: str) -> ResponseReturnValue:
        _handle(simulator, array).delete_nas_server(key)
        return "", 204


def _add_world(app: Flask, simulator: Simulator) -> None:
    def advance(given: Mapping[str, Any]) -> object:
        simulator.clock.advance(read(Duration, given["advance"], "advance"))
        return {"clock": stamp(simulator.clock.now())}

    def link(given: Mapping[str, Any]) -> object:
        (simulator.link.restore if given["up"] else simulator.link.cut)()
        return {"up": simulator.link.up}

    def seconds(given: Mapping[str, Any]) -> object:
        simulator.operation_seconds.update({name: read(Duration, value, name) for name, value in given.items()})
        return simulator.operation_seconds

    def add_fault(given: Mapping[str, Any]) -> object:
        simulator.faults.add(given)
        return simulator.faults.report()

    def body_of(action: Callable[[Mapping[str, Any]], object]) -> Callable[[], ResponseReturnValue]:
        def view() -> ResponseReturnValue:
            return jsonify(action(_body()))

        return view

    app.add_url_rule("/clock", "clock", body_of(advance), methods=["POST"])
    app.add_url_rule("/link", "link", body_of(link), methods=["POST"])
    app.add_url_rule("/operation_seconds", "seconds", body_of(seconds), methods=["PUT"])
    app.add_url_rule("/faults", "add_fault", body_of(add_fault), methods=["POST"])

    @app.get("/faults")
    def faults() -> ResponseReturnValue:
        return jsonify(simulator.faults.report())

    @app.delete("/faults")
    def clear_faults() -> ResponseReturnValue:
        simulator.faults.clear()
        return "", 204

    @app.put("/arrays/<array>/clock")
    def clock_of(array: str) -> ResponseReturnValue:
        given, handle = _body(), _handle(simulator, array)
        if "step" in given:
            handle.step_clock(read(Duration, given["step"], "step"))
        else:
            handle.set_clock_skew(read(Duration, given["skew"], "skew"))
        return jsonify({"clock_skew": handle.array.clock_skew})

    @app.put("/arrays/<array>/write_protected")
    def write_protected(array: str) -> ResponseReturnValue:
        _handle(simulator, array).set_write_protected(_body()["on"] is True)
        return "", 204

    @app.put("/arrays/<array>/accounts/<path:username>/password")
    def password(array: str, username: str) -> ResponseReturnValue:
        _handle(simulator, array).set_password(username, str(_body()["password"]))
        return "", 204

    @app.put("/arrays/<array>/software")
    def software(array: str) -> ResponseReturnValue:
        version = str(_body()["release_version"])
        parse_version(version)
        _handle(simulator, array).set_release_version(version)
        return jsonify({"release_version": version})


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The journal is the log."""


class ControlServer:
    """Serves the control interface in a thread; always on loopback."""

    def __init__(self, simulator: Simulator, port: int = 0) -> None:
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, application(simulator), threaded=True, request_handler=_QuietHandler
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> ControlServer:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(1.0)
        self._server.server_close()
