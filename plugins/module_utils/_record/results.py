# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill hands to its record, as types: the results of the modules, the steps that were done, what was asked for.

It is read tolerantly (`typed.read`): what is not of the expected type is noted and then not known, so that a record
always comes to be and says what was wrong with its input.
"""

from __future__ import annotations

import functools
import shlex
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime

from .._drill.values import a_bool
from .._errors import InvalidInputError
from .._json import Json
from .._time import moved
from .._words import Phase
from .typed import read_all
from .types import Attachment, Failure, Finding, Guards, Interruption, KeptSnapshot, Policy, Population, Snapshot, Texts
from .witness_types import Witness


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The array, as a module's result names it; the two of its clock are known to replication_session_info only."""

    name: str | None = None
    global_id: str | None = None
    release_version: str | None = None
    system_time: datetime | None = None
    clock_skew_seconds: float | None = None  # the array's clock less the controller's


@dataclass(frozen=True, kw_only=True)
class Remote:
    """The array at the other end; or a part of a clone, by its name."""

    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class RuleSeen:
    """The replication rule of a session."""

    id: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class VolumeSeen:
    """A destination volume."""

    id: str | None = None
    name: str | None = None
    state: str | None = None
    wwn: str | None = None
    size: int | None = None
    hosts: Texts | None = ()  # None: not read


@dataclass(frozen=True, kw_only=True)
class Selector:
    """How a task named a session."""

    session_id: str | None = None
    volume: str | None = None
    volume_group: str | None = None
    nas_server: str | None = None

    @property
    def asked(self) -> str | None:
        """The name or id that was asked for."""
        return self.session_id or self.volume or self.volume_group or self.nas_server


@dataclass(frozen=True, kw_only=True)
class ConditionSeen:
    """``before`` and ``after`` of an operation."""

    state: str | None = None
    role: str | None = None
    failover_test_in_progress: bool | None = None
    last_sync_timestamp: datetime | None = None
    recovery_point_timestamp: datetime | None = None

    @property
    def in_test(self) -> bool:
        """Whether the array shows a failover test."""
        return self.failover_test_in_progress is True


@dataclass(frozen=True, kw_only=True)
class RunningSeen:
    """Who started the test that runs on a session, and when."""

    started_at: datetime | None = None
    started_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class InterfaceSeen:
    """A file interface of a clone."""

    ip_address: str | None = None


@dataclass(frozen=True, kw_only=True)
class CloneSeen:
    """A DR-test clone of a NAS server; what could not be read of it is empty."""

    id: str | None = None
    name: str | None = None
    interfaces: tuple[InterfaceSeen, ...] = ()
    file_systems: tuple[Remote, ...] = ()

    @property
    def addresses(self) -> Texts:
        """The addresses that it has."""
        return tuple(each.ip_address for each in self.interfaces if each.ip_address)


@dataclass(frozen=True, kw_only=True)
class SessionSeen(ConditionSeen):
    """One entry of ``sessions`` of replication_session_info."""

    session_id: str | None = None
    selector: Selector = Selector()
    type: str | None = None
    resource_type: str | None = None
    resource_name: str | None = None
    resource_id: str | None = None
    remote_system: Remote | None = None
    replication_rule: RuleSeen | None = None
    rpo_objective_seconds: int | None = None
    recovery_point_age_seconds: float | None = None
    volumes: tuple[VolumeSeen, ...] | None = ()  # None, as the hosts: not read
    hosts: Texts | None = ()
    failover_test: RunningSeen | None = None
    dr_test_clones: tuple[CloneSeen, ...] | None = None  # of a NAS server; None: it was not asked for them
    ready: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Look:
    """The result of replication_session_info; ``sessions`` is None where the array could not be read."""

    cluster: Cluster | None = None
    sessions: tuple[SessionSeen, ...] | None = None
    msg: str | None = None
    host: str | None = None
    account: str | None = None

    @functools.cached_property
    def by_id(self) -> t.Mapping[str, SessionSeen]:
        """The sessions that have an id, by it."""
        return {entry.session_id: entry for entry in self.sessions or () if entry.session_id}

    @property
    def at(self) -> datetime | None:
        """The array's time when it was looked at."""
        return self.cluster.system_time if self.cluster else None


@dataclass(frozen=True, kw_only=True)
class SnapshotSeen(Snapshot):
    """The snapshot that a test was started from, with the time of its data."""

    source_timestamp: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When an operation was sent and when the array showed its result."""

    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class OperationSeen:
    """One entry of ``sessions`` of replication_failover_test."""

    session_id: str | None = None
    selector: Selector = Selector()
    resource_type: str | None = None
    resource_name: str | None = None
    resource_id: str | None = None
    action: str = "failed"
    failed: bool = False
    request_sent: bool = False
    before: ConditionSeen | None = None
    after: ConditionSeen | None = None
    job_id: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_seconds: float | None = None
    snapshot: SnapshotSeen | None = None
    end_of_test_snapshot: KeptSnapshot | None = None
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None
    rollback: Timing | None = None
    clone: CloneSeen | None = None  # of a NAS server

    @property
    def left_a_test(self) -> bool:
        """Whether a failover test of this operation may be running: it was sent, and not taken back."""
        return self.request_sent and self.action != "rolled_back"


@dataclass(frozen=True, kw_only=True)
class Operated:
    """The result of replication_failover_test."""

    host: str | None = None
    cluster: Cluster | None = None
    sessions: tuple[OperationSeen, ...] = ()

    @functools.cached_property
    def by_id(self) -> t.Mapping[str, OperationSeen]:
        """The sessions that have an id, by it."""
        return {entry.session_id: entry for entry in self.sessions if entry.session_id}


@dataclass(frozen=True, kw_only=True)
class Wish(Selector):
    """A session that was asked for."""

    wave: int | None = None
    rpo_seconds: int | None = None
    rto_seconds: int | None = None
    application: str | None = None
    tier: str | None = None
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class FileSeen:
    """A file that a check ran."""

    path: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class ActionSeen:
    """What a check did, as drill_check says it: a command, a port, a request or a tasks file; secrets are masked."""

    argv: Texts = ()
    chdir: str | None = None
    files: tuple[FileSeen, ...] = ()
    host: str | None = None
    port: int | None = None
    method: str | None = None
    url: str | None = None
    file: str | None = None
    sha256: str | None = None
    hidden: str | None = None

    @property
    def text(self) -> str | None:
        """The same in words; None where nothing is said."""
        hashed = [f"{each.path} (SHA-256 {each.sha256})" for each in self.files if each.sha256]
        if self.argv:
            return "; ".join([shlex.join(self.argv) + (f" in {self.chdir}" if self.chdir else ""), *hashed])
        if self.url:
            return f"{self.method or 'GET'} {self.url}"
        if self.host:
            return f"{self.host}:{self.port}" if self.port is not None else self.host
        if self.file:
            return f"{self.file} (SHA-256 {self.sha256})" if self.sha256 else self.file
        return self.hidden


@dataclass(frozen=True, kw_only=True)
class StepSeen:
    """A step of the user: attach, check or release; ``done`` is False for one that was planned only."""

    name: str
    kind: str = "tasks"
    phase: Phase = Phase.VALIDATE
    wave: int | None = None
    session: str | None = None
    expected: str | None = None
    observed: str | None = None
    passed: bool | None = None
    critical: bool = True
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float | None = None
    timeout_seconds: float | None = None
    action: ActionSeen | None = None
    attempts: int | None = None
    output_tail: str | None = None
    attachments: tuple[Attachment, ...] = ()
    not_attached: Texts = ()
    done: bool = True

    @property
    def began_at(self) -> datetime | None:
        """When it began; where only its end and its length are known, from these."""
        if self.started_at is None and self.finished_at and self.seconds is not None:
            return moved(self.finished_at, -max(self.seconds, 0.0))
        return self.started_at


@dataclass(frozen=True, kw_only=True)
class PhaseSeen:
    """A phase that was begun, by the controller's clock."""

    phase: Phase
    wave: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    failed: bool = False
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class LeftAlone:
    """A session that the drill did not touch any more, and why."""

    session_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Observations:
    """What a drill observed; None, or nothing, for what did not happen."""

    before: Look | None = None  # in the preflight, or after a requested synchronisation
    as_found: Look | None = None  # before that synchronisation
    synchronised: Operated | None = None  # what the production array made of it
    starts: tuple[Operated, ...] = ()  # for each wave
    during: Look | None = None  # after the last check
    stops: tuple[Operated, ...] = ()  # each attempt
    after: Look | None = None  # after the stop
    steps: tuple[StepSeen, ...] = ()  # the user's steps that were done
    planned_steps: tuple[StepSeen, ...] = ()  # all of them
    phases: tuple[PhaseSeen, ...] = ()
    waits: tuple[Timing, ...] = ()  # pauses between waves, and for people; by the controller's clock
    wishes: tuple[Wish, ...] = ()  # the sessions asked for
    owned: Texts = ()  # ids of the sessions that the drill set out to stop
    adopted: Texts = ()  # ids of the sessions whose running test was taken over
    held: Texts = ()  # ids of the sessions that were left in test on purpose
    left_alone: tuple[LeftAlone, ...] = ()  # what was failed over or gone by then, or in somebody else's test
    policy: Policy = field(default_factory=Policy)
    rpo_seconds: int | None = None  # instead of the replication rule's
    rto_seconds: int | None = None
    rto_regression_percent: int | None = None  # None: recovery times are not compared with last time
    population: Population | None = None
    interruption: Interruption | None = None
    witness: Witness | None = None  # what the array's own logs say
    guards: Guards | None = None  # when it was allowed to run, and how long it took
    clock_skew_seconds: float | None = None  # the array's clock less the controller's
    notes: Texts = ()  # what was wrong with the input

    @classmethod
    def from_params(cls, params: Json) -> Observations:
        """From the options of the action drill_record."""
        notes: list[str] = []
        given = {**params, "planned_steps": _planned_steps(params), "notes": None}
        return replace(read_all(cls, given, notes), notes=tuple(notes))

    @property
    def cluster(self) -> Cluster:
        """The array, from the earliest phase that knows it."""
        phases = (self.before, *self.starts, *self.stops)
        return next((phase.cluster for phase in phases if phase and phase.cluster), Cluster())

    def starts_of(self, session_id: str | None) -> list[OperationSeen]:
        """What the starts said of a session."""
        return _found(self.starts, session_id)

    def stops_of(self, session_id: str | None) -> list[OperationSeen]:
        """What the stops said of a session."""
        return _found(self.stops, session_id)


def _found(phases: t.Sequence[Operated], session_id: str | None) -> list[OperationSeen]:
    return [phase.by_id[session_id] for phase in phases if session_id in phase.by_id] if session_id else []


_KINDS = ("tcp", "http", "command", "tasks")


def _planned_steps(params: Json) -> list[Json]:
    return [_planned(step) for step in params.get("planned_steps") or () if isinstance(step, dict)]


def _planned(step: Json) -> Json:
    """A step as the role takes it, or as a drill has planned it, in the shape of one that was done.

    Its numbers may be texts, and so may be whether it is critical: each as the drill reads it.
    """
    timeout = step.get("timeout_seconds", step.get("timeout"))
    numbers = {"wave": (step.get("wave"), int), "timeout_seconds": (timeout, float)}
    return {
        **{name: step.get(name) for name in ("name", "phase", "session")},
        **{name: _as_number(value, to) for name, (value, to) in numbers.items()},
        "kind": step.get("kind") or next((kind for kind in _KINDS if step.get(kind) is not None), "tasks"),
        "critical": _as_bool(step.get("critical", True)),
        "done": False,
    }


def _as_bool(value: object) -> object:
    """True or false as a drill reads it; anything else as it is, for the reader to note."""
    try:
        return a_bool(value, "critical")
    except InvalidInputError:
        return value


def _as_number(value: object, to: t.Callable[[str], float]) -> object:
    """A number that is written as a text; anything else as it is, for the reader to note."""
    try:
        return to(value) if isinstance(value, str) else value
    except ValueError:
        return value


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What a preflight hands in: the sessions as they were read."""

    before: Look = field(default_factory=Look)
    exclusions: tuple[Selector, ...] = ()
    planned_steps: tuple[StepSeen, ...] = ()
    wishes: tuple[Wish, ...] = ()
    policy: Policy = field(default_factory=Policy)
    rpo_seconds: int | None = None
    rto_seconds: int | None = None
    rto_regression_percent: int | None = None
    population: Population | None = None
    notes: Texts = ()

    @classmethod
    def from_params(cls, params: Json) -> Preflight:
        """From the options of the action drill_record."""
        notes: list[str] = []
        given = {**params, "planned_steps": _planned_steps(params), "notes": None}
        return replace(read_all(cls, given, notes), notes=tuple(notes))
