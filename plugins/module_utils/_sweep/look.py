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

from .._array import fields
from .._array.client import Client
from .._array.jobs import START, read_jobs, with_pending_starts
from .._array.lookup import name_resources, read_sessions, sessions_of
from .._array.read_cluster import read_cluster
from .._array.read_related import read_running
from .._array.related import RunningTest
from .._array.session import UNKNOWN, Cluster, ReplicationSession, Selector, Target
from .._errors import MALFORMED, PowerStoreError, ProtocolError, RejectedError
from .._findings.failover import is_failed_over
from .._json import Json

# The smaller the answer, the sooner the stop. All of these exist since 2.0, so no release has to be known.
_AT_ONCE = "id,role,state,resource_type,local_resource_id,failover_test_in_progress,remote_system(id,name,state)"
_BARE = "id,role,failover_test_in_progress"
_LESS_MAY_DO = (ProtocolError, RejectedError)  # an attribute or a reference that this array does not answer for
_READING = "Reading replication sessions"

FLAGS, RELEASE, CLOCK, NAMES, JOBS, ACCOUNTS, SESSION = (
    "failover_test_in_progress",
    "release",
    "clock",
    "names",
    "jobs",
    "accounts",
    "session",
)
DR_TESTS: t.Final = "dr_tests"
SERVERS: t.Final = "nas_servers"
_UNKNOWN: t.Final[t.Mapping[str, str]] = {  # what a person does not know then
    FLAGS: "whether a failover test runs",
    RELEASE: "the PowerStoreOS version",
    CLOCK: "the array's name and clock, and with the clock the age of a test",
    NAMES: "the names of resources",
    JOBS: "whether the start of a test is still under way",
    ACCOUNTS: "who started a test, and when",
    SESSION: "some attributes of a session",
    DR_TESTS: "whether DR-test clones of NAS servers are on the array, and whose they are",
    SERVERS: "the operational status of NAS servers",
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
        self.cluster: Cluster | None = None  # None: it was not asked yet
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
        notes: list[fields.Unread] = []
        self.cluster = read_cluster(self.client, notes)
        errors = [note.error for note in notes]
        self._note(RELEASE, [] if self.cluster.release.is_known else errors[:1])
        self._note(CLOCK, errors if self.cluster.release.is_known else errors[1:])

    def note(self, what: str, errors: t.Sequence[PowerStoreError]) -> None:
        """What of a part could not be read, although the rest of it was."""
        self._note(what, errors[:1])

    def _note(self, what: str, errors: t.Sequence[PowerStoreError]) -> None:
        self._unread[what] = [Unread(what, error) for error in errors]

    def clock(self) -> datetime | None:
        """The array's clock as it is now, or as the last reading of it says."""
        seen = read_cluster(self.client, [])
        return seen.system_time or self.carried_clock()

    def carried_clock(self) -> datetime | None:
        """The last reading of the array's clock, carried on; None where there is none."""
        if self.cluster is None or self.cluster.system_time is None:
            return None
        return self.cluster.system_time + timedelta(seconds=time.monotonic() - self.cluster.read_at)

    def now(self) -> Cluster:
        """The array at this moment. Where its clock is not known, the controller's stands in for it."""
        known = self.cluster or Cluster(self.client.host, UNKNOWN, UNKNOWN, None)
        return replace(known, system_time=self.carried_clock() or datetime.now(UTC), read_at=time.monotonic())

    @property
    def has_tests(self) -> bool:
        """Whether the release has failover tests; one that is not known may have them."""
        return self.cluster is None or self.cluster.release >= (2, 0)

    # Sessions

    def running_now(self) -> list[Target]:
        """The sessions in test, by one request. Raises PowerStoreError; an odd row is left to the next look."""
        only = ("failover_test_in_progress", "eq.true")
        try:
            rows = self.client.get_all("replication_session", [("select", _AT_ONCE), only], doing=_READING, unread=[])
        except _LESS_MAY_DO:
            rows = self.client.get_all("replication_session", [("select", _BARE), only], doing=_READING, unread=[])
        return [_target(each) for each in sessions_of(rows, self.now().release, []) if each.in_test]

    def sessions(self) -> list[Target]:
        """All sessions of the array. Raises PowerStoreError where no list of them with their flags can be had.

        A row whose id or flag cannot be read is not in the list but in ``unread``, under `FLAGS`.
        """
        odd: list[fields.Unread] = []
        try:
            sessions = read_sessions(self.client, self.now().release, unread=odd)
        except _LESS_MAY_DO:
            odd.clear()
            rows = self.client.get_all("replication_session", [("select", _BARE)], doing=_READING, unread=odd)
            sessions = sessions_of(rows, self.now().release, odd)
        self._unread[FLAGS] = [Unread(FLAGS, each.error, each.session_id) for each in odd]
        self._unread[SESSION] = [
            Unread(SESSION, ProtocolError(f"{'; '.join(session.problems.values())}."), session.id)
            for session in sessions
            if session.problems
        ]
        return [_target(session) for session in sessions]

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


def _without_old_start(target: Target) -> Target:
    """A failover ends a test without a stop in the jobs: the start before it does not come any more."""
    if target.pending_start and target.pending_start.has_ended and is_failed_over(target.session):
        return replace(target, pending_start=None)
    return target


def _target(session: ReplicationSession) -> Target:
    return Target(Selector("session_id", session.id), session)
