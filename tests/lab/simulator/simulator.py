# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process interface: a pair of arrays that tests start, look at and disturb."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from . import nas, replication, scenario
from .auth import Account, Logins
from .build import add_session, build
from .clock import Clock
from .endpoint import Endpoint
from .faults import Faults
from .jobs import Job
from .journal import Exchange, Journal
from .pki import Pki
from .rest import Rest
from .server import ArrayServer
from .tables import Row
from .world import Array, Side, World

DEFAULT_SCENARIO = Path(__file__).with_name("scenarios") / "default.yml"
_OTHER_ROLE = {
    "Source": "Destination",
    "Destination": "Source",
    "Metro_Preferred": "Metro_Non_Preferred",
    "Metro_Non_Preferred": "Metro_Preferred",
}


class Link:
    """The replication and management link between the arrays."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def up(self) -> bool:
        return self._world.link_up

    def cut(self) -> None:
        self._world.set_link(False)

    def restore(self) -> None:
        self._world.set_link(True)


class ArrayHandle:
    """One array, as tests see it."""

    def __init__(self, array: Array, logins: Logins, server: ArrayServer, journal: Journal, bind: str) -> None:
        self.array = array
        self.logins_state = logins
        self.server = server
        self._journal = journal
        self.host = "127.0.0.1" if bind == "0.0.0.0" else bind
        self.port = server.port
        self.url = f"https://{self.host}:{self.port}/api/rest"

    @property
    def name(self) -> str:
        return self.array.name

    @property
    def connections(self) -> int:
        """TLS handshakes so far."""
        return self.server.connections

    @property
    def logins(self) -> int:
        return self.logins_state.logins

    @property
    def failed_logins(self) -> int:
        """Requests with wrong credentials."""
        return self.logins_state.failed_logins

    @property
    def logouts(self) -> int:
        return self.logins_state.logouts

    @property
    def open_sessions(self) -> int:
        return self.logins_state.open_sessions

    def journal(self) -> list[Exchange]:
        """Oldest first."""
        return self._journal.of(self.array.name)

    def clear_journal(self) -> None:
        self._journal.clear(self.array.name)

    def requests_by_path(self) -> dict[str, int]:
        """{'GET /job/{id}': 12, …}"""
        return self._journal.requests_by_path(self.array.name)

    def executed(self, operation: str) -> list[str]:
        """The ids of the sessions for which the operation was really executed, in order."""
        with self.array.world.lock:
            self.array.world.settle()
            return [session for name, session in self.array.executed if name == operation]

    def session(self, key: str) -> Side:
        """By session id or resource name: the live object."""
        with self.array.world.lock:
            self.array.world.settle()
            return self.array.session(key)

    def set_session(self, key: str, *, mirror: bool = True, **values: Any) -> Side:
        """Force any value. role, state and type are followed by the other side, unless mirror is false.

        failover_test_in_progress is this side's; False or None ends a running test, on the other side too.
        """
        with self.array.world.lock:
            self.array.world.settle()
            side = self.array.session(key)
            side.settle()
            for name, value in values.items():
                if name.startswith("_") or not hasattr(side, name) or callable(getattr(side, name)):
                    raise AttributeError(f"a session has no attribute {name!r}")
                setattr(side, name, value)
                if mirror and name in {"state", "type"}:
                    setattr(side.peer, name, value)
                elif mirror and name == "role":
                    side.peer.role = _OTHER_ROLE[value]
                elif name == "failover_test_in_progress" and not value:
                    side.replication.test = None
                    if mirror and side.peer.failover_test_in_progress:
                        side.peer.failover_test_in_progress = False
            return side

    def remove_session(self, key: str) -> None:
        """The session, by id or resource name, ends on both arrays; its resources stay."""
        with self.array.world.lock:
            self.array.world.settle()
            self.array.remove_session(key)

    def set_password(self, username: str, password: str) -> None:
        """Another password for an account of this array; its login sessions end at once."""
        with self.array.world.lock:
            self.logins_state.set_password(username, password)

    def set_clock_skew(self, seconds: float) -> None:
        """How far this array's clock is ahead of the other's and the controller's, as if it had always been."""
        self.array.clock_skew = seconds

    def step_clock(self, seconds: float) -> None:
        """This array's clock jumps now; what was stamped before stays as it is."""
        with self.array.world.lock:
            self.array.world.settle()
            self.array.step_clock(seconds)

    def set_write_protected(self, on: bool = True) -> None:
        """The appliance is full (or has room again): an alert on it, and its volumes are read-only."""
        self.array.world.set_write_protected(self.name, on)

    def set_release_version(self, version: str) -> None:
        """Another PowerStoreOS from the next request on."""
        self.array.release_version = version

    def operate(self, key: str, operation: str, user: str = "someone", **body: Any) -> Job:
        """Any operation by a foreign administrator, done at once; its job and audit event stay as REST leaves them."""
        with self.array.world.lock:
            self.array.world.settle()
            job = replication.begin(replication.Call(self.array.session(key), operation, body, user, seconds=0.0))
        return self.array.world.wait_for(job)

    def logged(self, key: str, operation: str, user: str, when: datetime) -> Job:
        """A job and its audit event, as of an operation that was done then; nothing else about the session changes."""
        with self.array.world.lock:
            side = self.array.session(key)
            target = ("replication_session", side.id, side.resource_name)
            return self.array.past_job(user, operation, target, when)

    def forget_log(self, name: str, before: datetime) -> None:
        """The array no longer keeps what is older, of `job` or `audit_event`."""
        with self.array.world.lock:
            self.array.forget_log(name, before)

    def start_failover_test(self, key: str, user: str = "someone", snapshot_id: str | None = None) -> Job:
        return self.operate(key, "start_failover_test", user, **({"snapshot_id": snapshot_id} if snapshot_id else {}))

    def stop_failover_test(self, key: str, user: str = "someone", **body: Any) -> Job:
        return self.operate(key, "stop_failover_test", user, **body)

    # NAS servers

    def nas_servers(self, dr_test: bool | None = None) -> list[Row]:
        """All, or only DR-test clones, or all others."""
        with self.array.world.lock:
            self.array.world.settle()
            rows = list(self.array.tables["nas_server"])
        return [row for row in rows if dr_test is None or bool(row["is_dr_test"]) is dr_test]

    def nas_server(self, key: str) -> Row:
        """By id or name: the live row."""
        with self.array.world.lock:
            self.array.world.settle()
            return nas.nas_server(self.array, key)

    def file_systems(self, key: str) -> list[Row]:
        """Of a NAS server, by its id or name."""
        return nas.file_systems(self.array, self.nas_server(key)["id"])

    def file_interfaces(self, key: str) -> list[Row]:
        """Of a NAS server, by its id or name."""
        return nas.interfaces(self.array, self.nas_server(key)["id"])

    def clone_nas_server(
        self, key: str, name: str, user: str = "someone", age: float = 0, *, is_dr_test: bool = True
    ) -> Row:
        """A DR-test clone that somebody made so many seconds ago; its job and audit event stay as REST leaves them."""
        with self.array.world.lock:
            self.array.world.settle()
            source = nas.nas_server(self.array, key)
            return nas.past_clone(self.array, source, name, user, age, is_dr_test=is_dr_test)

    def add_file_interface(self, key: str, ip_address: str, **values: Any) -> Row:
        """An interface on a NAS server."""
        server = self.nas_server(key)
        with self.array.world.lock:
            return nas.add_interface(self.array, server, {"prefix_length": 24, **values, "ip_address": ip_address})

    def add_file_snapshot(self, key: str, name: str) -> Row:
        """A snapshot of the first file system of a NAS server."""
        source = self.file_systems(key)[0]
        with self.array.world.lock:
            row_id = self.array.make_id("file_system", f"{source['id']}:{name}")
            made: Row = {**source, "id": row_id, "name": name, "filesystem_type": "Snapshot", "parent_id": source["id"]}
            return self.array.tables["file_system"].add(row_id, made)

    def delete_nas_server(self, key: str) -> None:
        """Somebody deletes it with all that it has."""
        server = self.nas_server(key)
        with self.array.world.lock:
            nas.remove(self.array, server)


class Simulator:
    """`with Simulator() as sim:` — two arrays over HTTPS, in threads of this process."""

    def __init__(
        self,
        estate: scenario.Scenario | None = None,
        *,
        bind: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        state_dir: Path | None = None,
    ) -> None:
        self.scenario = estate or scenario.from_file(DEFAULT_SCENARIO)
        self.world = build(self.scenario)
        self.clock: Clock = self.world.clock
        self.link = Link(self.world)
        self.faults = Faults()
        for fault in self.scenario.faults:
            self.faults.add(fault)
        self._journal = Journal()
        self._temporary = state_dir is None
        self._directory = state_dir or Path(tempfile.mkdtemp(prefix="powerstore-simulator-"))
        self._directory.mkdir(parents=True, exist_ok=True)
        self._pki = Pki(self._directory)
        self.ca_path = str(self._pki.ca_path)
        administrator = next(each for each in self.scenario.accounts if each.role == "administrator")
        self.username, self.password = administrator.username, administrator.password
        self.production = self._open("production", bind, (ports or {}).get("production", 0))
        self.dr = self._open("dr", bind, (ports or {}).get("dr", 0))

    def _open(self, name: str, bind: str, port: int) -> ArrayHandle:
        array = self.world.arrays[name]
        accounts: dict[str, Account] = {account.username: account for account in self.scenario.accounts}
        logins = Logins(array, accounts)
        endpoint = Endpoint(array, Rest(array, logins), self.faults, self._journal)
        server = ArrayServer(endpoint, self._pki.server_context(bind), bind, port)
        return ArrayHandle(array, logins, server, self._journal, bind)

    @classmethod
    def from_file(cls, path: str | Path, **options: Any) -> Simulator:
        return cls(scenario.from_file(Path(path)), **options)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], **options: Any) -> Simulator:
        return cls(scenario.from_dict(document), **options)

    @property
    def observers(self) -> list[Callable[[Exchange], None]]:
        """Called with every Exchange of both arrays."""
        return self._journal.observers

    @property
    def arrays(self) -> Mapping[str, ArrayHandle]:
        return {"production": self.production, "dr": self.dr}

    def journal(self) -> list[Exchange]:
        """Both arrays, oldest first."""
        return self._journal.of()

    def clear_journal(self) -> None:
        self._journal.clear()

    def add_session(self, **keys: Any) -> None:
        """One more replication session on both arrays, with the keys that a scenario has for it."""
        spec = scenario.read_session(keys, "session", {})
        with self.world.lock:
            add_session(self.world, self.scenario, spec)

    @property
    def operation_seconds(self) -> dict[str, float]:
        """Real seconds by operation; 'default' for the others. Change it at any time."""
        return self.world.operation_seconds

    def start(self) -> Simulator:
        for handle in self.arrays.values():
            handle.server.start()
        return self

    def stop(self) -> None:
        self.world.closing.set()
        for handle in self.arrays.values():
            handle.server.stop()
        if self._temporary:
            shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
