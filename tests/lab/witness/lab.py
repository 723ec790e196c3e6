# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laboratory of the witness: one real drill on a simulated array, its record to change, and the array's logs.

Most rows of the table change a copy of the record or the logs of that one drill; afterwards the logs are as they were.
"""

from __future__ import annotations

import copy
import json
import typing as t
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.lab.simulator import Simulator
from tests.lab.simulator.auth import Account
from tests.lab.simulator.jobs import Job
from tests.lab.witness.drilled import drilled
from tests.running import Result, run_module

AUDITOR: t.Final = {"username": "auditor", "password": "Read-Only-1!"}
START, STOP = "start_failover_test", "stop_failover_test"


class Lab:
    """One drill, and what can be done to its record and to the array's logs."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.array = simulator.dr.array
        self.path = drilled(simulator, folder)
        self.record: Json = json.loads(self.path.read_text(encoding="utf-8"))
        self.forbid()
        self.log("files-archive", START, "colleague", self.middle - timedelta(hours=2))  # the logs reach further back

    # The record

    def session(self, name: str) -> Json:
        """A session of the record."""
        return t.cast(Json, next(each for each in self.record["sessions"] if each["resource_name"] == name))

    def shift(self, operation: Json, seconds: float) -> None:
        """An operation of the record, said to be earlier or later."""
        for name in ("started_at", "finished_at"):
            operation[name] = self.later(operation[name], seconds)

    @staticmethod
    def later(moment: str, seconds: float) -> str:
        """A time of the record, moved."""
        moved = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
        return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # The array's logs

    @property
    def middle(self) -> datetime:
        """A time at which the record has erp-data in its test."""
        return datetime.fromisoformat(self.session("erp-data")["start"]["finished_at"])

    def log(self, name: str, operation: str, user: str, when: datetime | None = None) -> Job:
        """One more operation in the array's logs."""
        return self.simulator.dr.logged(name, operation, user, when or self.middle)

    def job(self, operation: Json) -> Job:
        """The job of an operation of the record."""
        found = self.array.jobs.get(operation["job_id"])
        if found is None:
            raise LookupError(f"no job {operation['job_id']}")
        return found

    def events(self) -> list[dict[str, object]]:
        """The rows of the audit log."""
        return list(self.array.tables["audit_event"])

    def forbid(self, *paths: str) -> None:
        """What the auditor's account may not read."""
        self.simulator.dr.logins_state.accounts["auditor"] = Account(
            AUDITOR["username"], AUDITOR["password"], "operator", forbidden=paths
        )

    # Asking

    def ask(self) -> Result:
        """What drill_witness says of the record as it is now; it is asked with the auditor's account."""
        self.path.write_text(json.dumps(self.record), encoding="utf-8")
        self.simulator.clear_journal()
        return run_module(self.simulator, "drill_witness", record=str(self.path), **AUDITOR)

    def requests(self, path: str) -> int:
        """How often the last question asked for a log."""
        return self.simulator.dr.requests_by_path().get(f"GET /{path}", 0)

    @contextmanager
    def untouched(self) -> t.Iterator[Lab]:
        """For one row: afterwards record, folder and logs are as they were."""
        record, files = copy.deepcopy(self.record), set(self.folder.iterdir())
        jobs = [(job, copy.copy(job)) for job in self.array.jobs]
        events = [dict(row) for row in self.events()]
        try:
            yield self
        finally:
            self.record = record
            self.forbid()
            for path in set(self.folder.iterdir()) - files:
                path.unlink()
            for job in list(self.array.jobs):
                self.array.jobs.remove(job.id)
            for job, before in jobs:
                for field in ("phase", "user", "start_time", "end_time"):
                    setattr(job, field, getattr(before, field))
                self.array.jobs.add(job.id, job)
            for row in self.events():
                self.array.tables["audit_event"].remove(str(row["id"]))
            for row in events:
                self.array.tables["audit_event"].add(str(row["id"]), row)


def other_account(simulator: Simulator, name: str) -> dict[str, str]:
    """An account that may drill, as options of a module."""
    own = simulator.dr.logins_state.accounts[simulator.username.lower()]
    simulator.dr.logins_state.accounts[name] = msgspec.structs.replace(own, username=name)
    return {"username": name}


@contextmanager
def laboratory(folder: Path, clock_ahead: float = 0.0) -> t.Iterator[Lab]:
    """A laboratory with a drill in it. ``clock_ahead``: seconds that the array's clock is ahead of the controller's."""
    with ExitStack() as stack:
        simulator = stack.enter_context(Simulator())
        simulator.dr.set_clock_skew(clock_ahead)
        simulator.operation_seconds.update(dict.fromkeys(simulator.operation_seconds, 0.05))
        yield Lab(simulator, folder)
