# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sweep reads of an array. Each part is read by itself, so that one that fails takes no other with it.

A stop needs a session's id and its flag. Release, clock, names and jobs only make the answer better: what cannot be
read of them is kept as `Unread`, and the sweep goes on. Only the flags are indispensable.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .._array.client import Client, Query
from .._array.jobs import START, read_jobs, with_pending_starts
from .._array.lookup import name_resources, session_select
from .._array.read_related import read_running
from .._array.related import RunningTest
from .._array.session import Cluster, Release, ReplicationSession, Selector, Target, flag_of
from .._errors import MALFORMED, PowerStoreError, ProtocolError, RejectedError
from .._findings.failover import is_failed_over
from .._json import Json
from .._time import parse_time

OLDEST = "2.0.0.0"  # the first release with failover tests; its attributes exist in every later one
# The smaller the answer, the sooner the stop. All of these exist since 2.0, so no release has to be known.
_AT_ONCE = "id,role,state,resource_type,local_resource_id,failover_test_in_progress,remote_system(id,name,state)"
_BARE = "id,role,failover_test_in_progress"
_RUNNING = ("failover_test_in_progress", "eq.true")
_LESS_MAY_DO = (ProtocolError, RejectedError)  # an attribute or a reference that this array does not answer for
_READING = "Reading replication sessions"
NOT_KNOWN = "not known"

FLAGS, RELEASE, CLOCK, NAMES, JOBS, ACCOUNTS = (
    "failover_test_in_progress",
    "release",
    "clock",
    "names",
    "jobs",
    "accounts",
)
_UNKNOWN: t.Final[t.Mapping[str, str]] = {  # what a person does not know then
    FLAGS: "whether a failover test runs",
    RELEASE: "the PowerStoreOS version",
    CLOCK: "the array's name and clock, and with the clock the age of a test",
    NAMES: "the names of resources",
    JOBS: "whether the start of a test is still under way",
    ACCOUNTS: "who started a test, and when",
}
Read = t.TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read. ``what`` is one of the words above; ``session_id`` where it is one row."""

    what: str
    error: PowerStoreError
    session_id: str | None = None

    @property
    def text(self) -> str:
        """In words."""
        return f"Not known: {_UNKNOWN[self.what]}. {self.error.message}"

    def as_result(self) -> Json:
        """One entry of ``unread`` in the module's result."""
        return {
            "what": self.what,
            "session_id": self.session_id,
            "not_known": _UNKNOWN[self.what],
            "failure": self.error.as_failure(),
        }


class Reader:
    """Reads one array again and again, and keeps what the last attempt at each part could not read."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cluster: Cluster | None = None  # None: neither release nor clock could be read
        self._unread: dict[str, list[Unread]] = {}

    @property
    def unread(self) -> list[Unread]:
        """What could not be read at the last attempt."""
        return [each for found in self._unread.values() for each in found]

    def is_unread(self, what: str) -> bool:
        """Whether the last attempt at it failed."""
        return bool(self._unread.get(what))

    def attempt(self, what: str, read: t.Callable[[], Read]) -> Read | None:
        """What was read; None, and an `Unread`, where it could not be."""
        try:
            value = read()
        except PowerStoreError as error:
            self._unread[what] = [Unread(what, error)]
            return None
        except MALFORMED as error:
            problem = ProtocolError(f"An answer is not as the array's description has it: {error!r}.")
            self._unread[what] = [Unread(what, problem)]
            return None
        self._unread.pop(what, None)
        return value

    # The array itself

    def read_array(self) -> None:
        """Release, name and clock: two requests, neither of them indispensable."""
        release = self.attempt(RELEASE, self._release)
        # Without a release the clock is asked for, too: a release that has none refuses, and that is said.
        asks_clock = release is None or Release.parse(release) >= (2, 0)
        seen = self.attempt(CLOCK, lambda: self._cluster(release, asks_clock))
        if seen:
            self.cluster = seen
        elif release:
            self.cluster = Cluster(self.client.host, NOT_KNOWN, release, None)

    def _release(self) -> str:
        rows = self.client.get(
            "/software_installed",
            [("select", "id,release_version,is_cluster"), ("is_cluster", "eq.true")],
            doing="Reading the PowerStoreOS version",
        )
        version = str(_first(rows, "installed PowerStoreOS version").get("release_version"))
        if not version[:1].isdigit():
            raise ProtocolError(f"The array's release_version is '{version}': expected a version such as 4.1.0.0.")
        return version

    def _cluster(self, release: str | None, asks_clock: bool) -> Cluster:
        select = "id,name,global_id" + (",system_time" if asks_clock else "")
        asked_at = datetime.now(UTC)
        rows = self.client.get("/cluster", [("select", select)], doing="Reading the cluster's name and clock")
        row = _first(rows, "cluster")
        shown = parse_time(row.get("system_time"))
        # The array looked at its clock between question and answer; the middle is wrong by half of that at most.
        middle = asked_at + (datetime.now(UTC) - asked_at) / 2
        skew = None if shown is None else round((shown - middle).total_seconds(), 3)
        return Cluster(
            str(row.get("name")), str(row.get("global_id")), release or NOT_KNOWN, shown, clock_skew_seconds=skew
        )

    def clock(self) -> datetime | None:
        """The array's clock as it is now, or as the last reading of it says."""
        known = self.cluster
        seen = self.attempt(CLOCK, lambda: self._cluster(known.release_version if known else None, True))
        return seen.system_time if seen else self.carried_clock()

    def carried_clock(self) -> datetime | None:
        """The last reading of the array's clock, carried on; None where there is none."""
        if self.cluster is None or self.cluster.system_time is None:
            return None
        return self.cluster.system_time + timedelta(seconds=time.monotonic() - self.cluster.read_at)

    def now(self) -> Cluster:
        """The array at this moment; what is not known of it is assumed so that a stop can be sent.

        Assumed is the oldest release that has failover tests, and the controller's clock.
        """
        known = self.cluster or Cluster(self.client.host, NOT_KNOWN, OLDEST, None)
        moment = self.carried_clock() or datetime.now(UTC)
        return replace(known, release_version=str(self._assumed), system_time=moment, read_at=time.monotonic())

    @property
    def _assumed(self) -> str:
        known = self.cluster.release_version if self.cluster else NOT_KNOWN
        return OLDEST if known == NOT_KNOWN else known

    @property
    def has_tests(self) -> bool:
        """Whether the release has failover tests; one that is not known may have them."""
        return Release.parse(self._assumed) >= (2, 0)

    # Sessions

    def running_now(self) -> list[Target]:
        """The sessions in test, by one request. Raises PowerStoreError; an odd row is left to the next look."""
        try:
            rows = self._rows(_AT_ONCE, [_RUNNING])
        except _LESS_MAY_DO:
            rows = self._rows(_BARE, [_RUNNING])
        found: list[Target] = []
        for row in rows:
            try:
                session = session_of(row)
            except ProtocolError:
                continue
            found += [_target(session)] if session.in_test else []
        return found

    def sessions(self) -> list[Target]:
        """All sessions of the array. Raises PowerStoreError where no list of them with their flags can be had.

        A row whose flag cannot be read is not in the list but in ``unread``, under `FLAGS`.
        """
        targets: list[Target] = []
        odd: list[Unread] = []
        for row in self._all_rows():
            try:
                targets.append(_target(session_of(row)))
            except ProtocolError as error:
                odd.append(Unread(FLAGS, error, str(row.get("id"))))
        self._unread[FLAGS] = odd
        return targets

    def _all_rows(self) -> list[Json]:
        if not self.has_tests:  # PowerStoreOS 1 has no flag and is not asked for it
            rows = self.client.get_all("replication_session", [session_select(Release.parse("1.0"))], doing=_READING)
            return [{**row, "failover_test_in_progress": None} for row in rows]
        select = session_select(Release.parse(self._assumed))[1]
        try:
            return self._rows(select)
        except _LESS_MAY_DO:
            return self._rows(_BARE)

    def _rows(self, select: str, filters: Query = ()) -> list[Json]:
        return self.client.get_all("replication_session", [("select", select), *filters], doing=_READING)

    def with_starts(self, targets: t.Sequence[Target]) -> list[Target]:
        """The sessions with the starts that are under way on them, as far as the array's jobs can be read."""
        found = self.attempt(JOBS, lambda: with_pending_starts(self.client, self.now(), targets))
        if found is None:
            return [target if target.session.in_test else replace(target, jobs_readable=False) for target in targets]
        seen = [_without_old_start(each) for each in found if isinstance(each, Target)]
        blind = [each.session.id for each in seen if not each.jobs_readable]
        if blind:  # why?
            self.attempt(JOBS, lambda: read_jobs(self.client, blind[:1], [START]))
        return seen

    # What makes the answer better

    def named(self, targets: t.Sequence[Target]) -> list[Target]:
        """The sessions with the names of their resources, where those can be read."""
        named = self.attempt(NAMES, lambda: name_resources(self.client, [target.session for target in targets]))
        if named is None:
            return list(targets)
        return [
            replace(target, session=session) if isinstance(session, ReplicationSession) else target
            for target, session in zip(targets, named, strict=True)
        ]

    def who(self, targets: t.Sequence[Target]) -> t.Mapping[str, RunningTest]:
        """Who started the tests that run, and when, by session id; nobody where it cannot be read."""
        running = [target.session for target in targets if target.session.in_test]
        found = self.attempt(ACCOUNTS, lambda: read_running(self.client, running)) or {}
        unknown = [session.id for session in running if session.id not in found]
        if unknown and not self.is_unread(ACCOUNTS):  # is there no such job, or may it not be read?
            self.attempt(ACCOUNTS, lambda: read_jobs(self.client, unknown[:1], [START]))
        return found


def session_of(row: Json) -> ReplicationSession:
    """The session; of a row that is not as described, at least id and flag.

    Raises ProtocolError where the flag itself is not one.
    """
    try:
        return ReplicationSession.from_row(row)
    except ProtocolError:
        flag = flag_of(row)
    described = {name: str(row.get(name) or NOT_KNOWN) for name in ("id", "role", "state", "resource_type")}
    return ReplicationSession.from_row({**described, "failover_test_in_progress": flag})


def _without_old_start(target: Target) -> Target:
    """A failover ends a test without a stop in the jobs: the start before it does not come any more."""
    if target.pending_start and target.pending_start.has_ended and is_failed_over(target.session):
        return replace(target, pending_start=None)
    return target


def _target(session: ReplicationSession) -> Target:
    return Target(Selector("session_id", session.id), session)


def _first(rows: t.Any, what: str) -> Json:
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        raise ProtocolError(f"The array answered without a row for its {what}.")
    row: Json = rows[0]
    return row
