# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the simulated world: two arrays, the link between them, and the sessions they share."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Literal

from msgspec import Struct

from .clock import Clock, parse_stamp, stamp
from .errors import KINDS, ApiError
from .jobs import GOOD_JOB, Agenda, Effect, Job, JobPlan, new_job_id, run
from .reading import Duration
from .schema import Version, parse_version
from .tables import Row, Table

ARRAYS = ("production", "dr")
APPLIANCE = "A1"
WRITE_PROTECTED = "0x00200701"  # the event code of write protect mode [api-facts 10]
REPLICATING = frozenset({"OK", "Synchronizing"})
Rpo = Literal[
    "Zero", "Five_Minutes", "Fifteen_Minutes", "Thirty_Minutes", "One_Hour", "Six_Hours", "Twelve_Hours", "One_Day"
]
RPO_SECONDS: Mapping[str, int] = {
    "Zero": 0,
    "Five_Minutes": 300,
    "Fifteen_Minutes": 900,
    "Thirty_Minutes": 1800,
    "One_Hour": 3600,
    "Six_Hours": 21600,
    "Twelve_Hours": 43200,
    "One_Day": 86400,
}


class Refusal(Struct, frozen=True, forbid_unknown_fields=True):
    """How an array refuses something; what is null is as the simulator has it."""

    status: int | None = None
    code: str | None = None


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the facts leave something open, the scenario decides."""

    source_shows_test: bool = True  # false: the source shows failover_test_in_progress null
    same_session_id: bool = True  # whether both arrays use the same session id
    show_synchronizing: bool = False  # true: the state is Synchronizing while a cycle runs
    stopped_snapshot_days: float = 3.0  # lifetime of failover_test_STOPPED_* snapshots (INF)
    session_ceiling: int = 2000  # login sessions; the oldest is dropped above it
    idle_timeout: Duration = Duration(3600)  # of simulated time
    job_retention: Duration | None = None  # how long jobs are kept, by the array's clock; null: for ever
    audit_retention: Duration | None = None  # how long audit events are kept
    recovery_point_clock: Literal["own", "source"] = "own"  # whose clock stamps last_sync_timestamp
    show_hidden: bool = False  # true: select=* shows attributes that are in no description [api-facts 10]
    source_flag_at_rest: bool | None = None  # what the source shows where it does not show that a test runs
    destination_flag_in_test: bool = True  # is_replication_destination of the resource while a test runs (INF)
    nas_flag_at_rest: bool | None = None  # what sessions of NAS servers show as failover_test_in_progress
    # a file system with FLR in compliance mode that a clone names
    clone_of_compliance: Literal["refused", "skipped"] = "refused"
    clone_without_list: Literal["all", "none"] = "all"  # what a clone of a NAS server has without file_systems
    clone_parent: Literal["file_system", "snapshot", "hidden"] = "file_system"  # parent_id of a cloned file system
    clone_job_names: Literal["source", "clone"] = "source"  # whose id is the resource_id of the job of a clone
    clone_job_tells_id: bool = True  # false: its response_body is null
    clone_shows_early: bool = False  # true: the clone is listed, Stopped, while its job runs
    dr_test_may_reuse_address: bool = True  # whether a DR-test clone may have an address that is in use
    nas_delete_takes_interfaces: bool = False  # true: a NAS server is deleted although it has interfaces
    accepts_second_start: bool = False  # whether a start during a test is taken, and changes nothing
    refusals: dict[str, Refusal] = {}  # by the kinds of errors.py: test_in_progress, no_test, …

    def __post_init__(self) -> None:
        for kind in self.refusals:
            if kind not in KINDS:
                raise ValueError(f"Unknown refusal {kind} (known: {', '.join(sorted(KINDS))})")


@dataclass
class FailoverTest:
    """A running failover test: who, since when, from which snapshot, and the sizes to go back to."""

    user: str
    started_at: datetime
    snapshot_id: str | None
    sizes: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Replication:
    """What both sides of a session share."""

    rpo_seconds: int | None
    last_sync: datetime | None
    sync_duration: float  # seconds
    stalled: bool = False
    test: FailoverTest | None = None
    flag_lags: bool = False  # a fault: failover_test_in_progress does not yet show what is
    operation: Job | None = None
    # Seconds to add to the stamp of the last sync for each array whose clock was stepped since.
    stepped: dict[str, float] = field(default_factory=dict)

    def synced(self, moment: datetime) -> None:
        """A cycle has ended, by simulated time."""
        self.last_sync = moment
        self.stepped.clear()

    @property
    def busy(self) -> Job | None:
        """[IH] only one replication operation at a time per session."""
        job = self.operation
        return job if job is not None and not job.ended and not job.executed else None


@dataclass
class Side:
    """A replication session as one array stores it. Live: tests may set any attribute."""

    array: Array = field(repr=False)
    id: str
    resource_type: str
    resource_name: str
    local_resource_id: str
    remote_resource_id: str
    remote_system_id: str
    replication_rule_id: str | None
    role: str
    state: str
    type: str
    replication: Replication = field(repr=False)
    failover_test_in_progress: bool | None = False
    element_pairs: list[tuple[str, str]] = field(default_factory=list)  # local id, remote id
    element_type: str = "volume"
    parent_replication_session_id: str | None = None
    local_resource_state: str | None = None
    data_transfer_state: str | None = None  # None: derived from type and state
    data_connection_state: str | None = None  # None: derived from the link
    error_code: str | None = None
    paused_by_link: bool = False
    peer_side: Side | None = field(default=None, repr=False)

    @property
    def peer(self) -> Side:
        if self.peer_side is None:
            raise LookupError(f"session {self.id} has no other side")
        return self.peer_side

    @property
    def source(self) -> Side:
        """The side that replicates to the other one."""
        return self.peer if self.role in {"Destination", "Metro_Non_Preferred"} else self

    @property
    def period(self) -> float | None:
        """Cycles run at 50 % of the RPO before 4.0 [IH], at 80 % since [api-facts 10]; the source's release counts."""
        rpo = self.replication.rpo_seconds
        return rpo * (0.8 if self.source.array.version >= (4, 0, 0, 0) else 0.5) if rpo else None

    def is_writable(self) -> bool:
        """Whether hosts can write to the resource on this array."""
        return (self.role != "Destination" or self.in_test()) and not self.array.write_protected

    def volumes(self) -> list[str]:
        """The ids of the volumes that replicate."""
        if self.resource_type == "volume":
            return [self.local_resource_id]
        return [local for local, _remote in self.element_pairs]

    def resources(self) -> list[tuple[str, Row]]:
        """The resource and its members on this array: table and row."""
        members = [("volume", each) for each in self.volumes() if each != self.local_resource_id]
        keys = [(self.resource_type, self.local_resource_id), *members]
        rows = [(kind, self.array.tables[kind].get(key)) for kind, key in keys]
        return [(kind, row) for kind, row in rows if row is not None]

    def in_test(self) -> bool:
        """What is, not what is shown: a flag that a test has set counts, one that lags behind does not."""
        if self.replication.flag_lags:
            return self.replication.test is not None
        return self.failover_test_in_progress is True or self.replication.test is not None

    def is_replicating(self) -> bool:
        world = self.array.world
        target = self.source.peer.array
        running = self.state in REPLICATING and world.link_up and not target.write_protected
        return running and not self.replication.stalled

    def settle(self) -> None:
        """Let the sync cycles that have passed count; they go on during a failover test [S 4.1]."""
        replication = self.replication
        period, last = self.period, replication.last_sync
        if period and last and self.is_replicating():
            cycles = int((self.array.world.clock.now() - last).total_seconds() // period)
            if cycles > 0:
                replication.synced(last + timedelta(seconds=cycles * period))

    def cycle_share(self) -> float | None:
        """How much of a running cycle is done, 0..1; null between cycles and unless the scenario shows cycles."""
        replication = self.replication
        period = self.period
        if not (self.array.world.options.show_synchronizing and period and self.is_replicating()):
            return None
        self.settle()
        if (last := replication.last_sync) is None:
            return None
        into = (self.array.world.clock.now() - last).total_seconds()
        share = (into - period + replication.sync_duration) / max(replication.sync_duration, 0.001)
        return share if 0 <= share < 1 else None

    @property
    def shown_state(self) -> str:
        """The state with which the array answers, and by which it decides."""
        return "Synchronizing" if self.state == "OK" and self.cycle_share() is not None else self.state

    def change_state(self, state: str) -> None:
        """Both sides show the new state."""
        self.settle()
        self.state = self.peer.state = state

    @property
    def last_sync(self) -> datetime | None:
        """As it was stamped: by this array's clock or by the source's, and not changed by later steps of that clock."""
        self.settle()
        last = self.replication.last_sync
        by = self.source.array if self.array.world.options.recovery_point_clock == "source" else self.array
        skew = by.clock_skew + self.replication.stepped.get(by.name, 0.0)
        return None if last is None else last + timedelta(seconds=skew)


def _tables() -> dict[str, Table[Row]]:
    return {
        "appliance": Table(),
        "software_installed": Table("is_cluster"),
        "cluster": Table(),
        "remote_system": Table(),
        "replication_rule": Table("remote_system_id"),
        "policy": Table(),
        "volume": Table("protection_policy_id", "_source_id", "type"),
        "volume_group": Table("protection_policy_id", "_source_id", "type"),
        "host": Table("host_group_id"),
        "host_group": Table(),
        "host_volume_mapping": Table("volume_id", "host_id", "host_group_id"),
        "nas_server": Table("protection_policy_id"),
        "file_system": Table("nas_server_id"),
        "file_interface": Table("nas_server_id"),
        "replication_group": Table(),
        "alert": Table("resource_id"),
        "audit_event": Table("job_id"),
    }


class Array:
    """One PowerStore cluster with one appliance."""

    def __init__(self, world: World, name: str, cluster_name: str, release_version: str) -> None:
        self.world = world
        self.name = name  # production | dr
        self.cluster_name = cluster_name
        self.release_version = release_version
        self.clock_skew = 0.0  # seconds this array is ahead of simulated time
        self.write_protected = False  # the appliance is full: all its volumes are read-only
        self.tables = _tables()
        self.sessions: Table[Side] = Table("local_resource_id", "remote_system_id", "replication_rule_id")
        self.jobs: Table[Job] = Table("resource_id", "parent_id")
        self.executed: list[tuple[str, str]] = []  # (operation, session id), in order
        self.flag_null = False  # a fault: failover_test_in_progress is null in this answer
        self._serial = count(1)

    @property
    def version(self) -> Version:
        return parse_version(self.release_version)

    @property
    def remote_system(self) -> Row:
        return next(iter(self.tables["remote_system"]))

    @property
    def peer(self) -> Array:
        return self.world.arrays[ARRAYS[1 - ARRAYS.index(self.name)]]

    def now(self) -> datetime:
        return self.world.clock.now() + timedelta(seconds=self.clock_skew)

    def step_clock(self, seconds: float) -> None:
        """The clock jumps, as by a correction of NTP; what was stamped before stays as it is."""
        for side in self.sessions:
            side.settle()
            stepped = side.replication.stepped
            stepped[self.name] = stepped.get(self.name, 0.0) - seconds
        self.clock_skew += seconds

    def make_id(self, kind: str, name: str) -> str:
        """The same scenario always has the same ids."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"powerstore:{self.name}:{kind}:{name}"))

    def next_id(self) -> str:
        return str(next(self._serial))

    def session(self, key: str) -> Side:
        """By session id or by the name of its resource."""
        side = self.sessions.get(key)
        if side is None:
            side = next((each for each in self.sessions if each.resource_name.lower() == key.lower()), None)
        if side is None:
            raise LookupError(f"array {self.name} has no replication session {key!r}")
        return side

    def remove_session(self, key: str) -> None:
        """Replication ends, as when the policy is taken off the source: both sides go, the resources stay."""
        side = self.session(key)
        for each in (side, side.peer):
            each.array.sessions.remove(each.id)
            for kind, row in each.resources():
                each.array.tables[kind].change(str(row["id"]), "protection_policy_id", None)
                row["is_replication_destination"] = False

    def submit(
        self,
        user: str,
        action: str,
        target: tuple[str, str | None, str | None],
        effect: Effect,
        plan: JobPlan = GOOD_JOB,
        created: Callable[[Job], None] | None = None,
        seconds: float | None = None,
    ) -> Job:
        """Start a job on target (resource type, id, name). effect runs at its end, after seconds or as configured.

        created is called with the job before it can end.
        """
        seconds = self.world.seconds_for(action) if seconds is None else seconds
        started = time.monotonic()
        job = Job(new_job_id(), action, *target, user, self.now(), started, started + seconds, plan)
        self.jobs.add(job.id, job)
        job.finishers.append(self._audit_job)
        if created is not None:
            created(job)
        self.world.agenda.at(job.due, lambda: run(job, effect, self.now))
        self.world.settle()
        return job

    def past_job(self, user: str, action: str, target: tuple[str, str | None, str | None], when: datetime) -> Job:
        """A job that was done before the simulator started, with its audit event."""
        job = Job(new_job_id(), action, *target, user, when, 0.0, 0.0, phase="Completed", end_time=when, status=204)
        self.jobs.add(job.id, job)
        self._audit_job(job)
        return job

    def forget_log(self, name: str, before: datetime) -> None:
        """What the array no longer keeps: jobs that began, or audit events that are, earlier than that."""
        if name == "job":
            for job in self.jobs:
                if job.ended and job.start_time < before:
                    self.jobs.remove(job.id)
        else:
            for row in self.tables[name]:
                if parse_stamp(str(row["timestamp"])) < before:
                    self.tables[name].remove(str(row["id"]))

    def keep_to_retention(self) -> None:
        """Let go of what is older than the scenario has the logs kept."""
        options = self.world.options
        for name, kept in (("job", options.job_retention), ("audit_event", options.audit_retention)):
            if kept is not None:
                self.forget_log(name, self.now() - timedelta(seconds=float(kept)))

    def _audit_job(self, job: Job) -> None:
        target = (job.resource_type, job.resource_name or job.resource_id)
        self.audit(job.user, job.resource_action, target, job.phase == "Completed", job)

    def alert(self, code: str, severity: str, text: str, target: tuple[str, str, str | None], **values: object) -> Row:
        """Raise an alert on target (resource type, id, name)."""
        alert_id = self.make_id("alert", str(len(self.tables["alert"])))
        now = stamp(self.now())
        row: Row = {
            "id": alert_id,
            "event_code": code,
            "severity": severity,
            "state": "ACTIVE",
            "is_acknowledged": False,
            "description_l10n": text,
            "resource_type": target[0],
            "resource_id": target[1],
            "resource_name": target[2] or f"{self.cluster_name}-appliance-1",
            "raised_timestamp": now,
            "generated_timestamp": now,
            "events": [],
        }
        return self.tables["alert"].add(alert_id, {**row, **values})

    def audit(self, user: str, action: str, target: tuple[str, str | None], good: bool, job: Job | None = None) -> None:
        """Leave an audit event; refused requests leave one too, without a job (INF)."""
        event_id = self.next_id()
        verb = "succeeded" if good else "failed"
        row: Row = {
            "id": event_id,
            "type": "Config",
            "resource_type": target[0],
            "resource_action": action,
            "job_id": job.id if job else None,
            "username": user,
            "client_address": "127.0.0.1",
            "server_address": "127.0.0.1",
            "is_successful": good,
            "timestamp": stamp(job.start_time if job else self.now()),
            "message_code": "0x0A000002" if good else "0x0A000003",
            "message_arguments": [user, action, target[0], str(target[1])],
            "message_l10n": f"{action} of {target[0]} {target[1]} by {user} {verb}.",
        }
        self.tables["audit_event"].add(event_id, row)


class World:
    """Everything. Read and change it holding the lock; call settle() before reading."""

    def __init__(self, clock: Clock, options: Options, operation_seconds: Mapping[str, float]) -> None:
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self.clock = clock
        self.options = options
        self.operation_seconds = dict(operation_seconds)
        self.agenda = Agenda()
        self.link_up = True
        self.arrays: dict[str, Array] = {}
        clock.on_advance.append(self.expire_snapshots)

    def seconds_for(self, action: str) -> float:
        """Real seconds an operation takes."""
        return self.operation_seconds.get(action, self.operation_seconds.get("default", 0.0))

    def settle(self) -> None:
        self.agenda.settle()

    def set_write_protected(self, name: str, on: bool) -> None:
        """The appliance of an array fills up, or has room again: an alert on the appliance, no word on its sessions."""
        array = self.arrays[name]
        with self.lock:
            self.settle()
            for side in array.sessions:
                side.settle()
            array.write_protected = on
            alerts = array.tables["alert"]
            for row in [each for each in alerts if each["event_code"] == WRITE_PROTECTED and each["state"] == "ACTIVE"]:
                row["state"], row["cleared_timestamp"] = "CLEARED", stamp(array.now())
            if on:
                text = "The appliance is in write protect mode: its volumes are read-only."
                array.alert(WRITE_PROTECTED, "Critical", text, ("appliance", APPLIANCE, None))

    def set_link(self, up: bool) -> None:
        """Replication and management link together. Without it sessions pause; with it they go on by themselves."""
        with self.lock:
            self.settle()
            sides = [side for array in self.arrays.values() for side in array.sessions]
            for side in sides:
                side.settle()
            self.link_up = up
            for side in sides:
                _follow_link(side, up)

    def expire_snapshots(self) -> None:
        """The array deletes a snapshot when its time has come."""
        with self.lock:
            for array in self.arrays.values():
                for kind in ("volume", "volume_group"):
                    for row in array.tables[kind].lookup("type", ["Snapshot"]):
                        data = row["protection_data"]
                        expires = data.get("expiration_timestamp") if isinstance(data, dict) else None
                        if expires and datetime.fromisoformat(expires) <= array.now():
                            array.tables[kind].remove(str(row["id"]))

    def wait_for(self, job: Job) -> Job:
        """Block, without the lock, until the job has ended or the simulator stops."""
        while not self.closing.is_set():
            with self.lock:
                self.settle()
                if job.ended:
                    break
            left = job.due - time.monotonic()
            self.closing.wait(left if left > 0 else 0.05)
        if not job.ended:
            raise ApiError("busy_system")
        return job


def _follow_link(side: Side, up: bool) -> None:
    if not up and side.state in REPLICATING:
        side.paused_by_link = True
        side.state = "Fractured" if side.type == "Metro_Active_Active" else "System_Paused"
    elif up and side.paused_by_link:
        side.paused_by_link = False
        if side.peer.state == "Failed_Over" and side.peer.role == "Source":
            side.role, side.state = "Destination", "Failed_Over"  # it missed the failover
        elif side.state in {"System_Paused", "Fractured"}:
            side.state = "OK"
