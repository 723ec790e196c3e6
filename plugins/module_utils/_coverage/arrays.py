# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arrays as they are now: what replication_session_info read of each, and what of it was not read. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._array.jobs import TEST_LOG
from .._array.session import UNKNOWN, Release
from .._errors import InvalidInputError
from .._json import Json
from .._record.results import Cluster, SessionSeen
from .._record.scope import DESTINATION, can_be_tested
from .._record.typed import read_all
from .._words import NAS_SERVER
from .document import LoggedTest
from .policies import Named

_NOT_BEGUN: t.Final = ("Failed", "Skipped")  # phases of a start that began no test
_METRO: t.Final = "Metro"
_CLOCKS: t.Final = timedelta(days=3660)  # how far two clocks are apart at most
_NAS_SINCE: t.Final = (3, 6)  # is_dr_test (API description of nas_server_clone)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """An entry of ``test_log``."""

    job_id: str | None = None
    session_id: str | None = None
    phase: str | None = None
    user: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class _Clone:
    """An entry of ``dr_test_clones``."""

    id: str | None = None
    name: str | None = None
    source_id: str | None = None
    started_by: str | None = None
    started_at: datetime | None = None
    job_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Unread:
    """An entry of ``unread``."""

    what: str | None = None
    session_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Read:
    """The result of replication_session_info for all sessions, with the log of tests."""

    failed: bool = False
    unreachable: bool = False
    msg: str | None = None
    cluster: Cluster | None = None
    sessions: tuple[SessionSeen, ...] | None = None
    unread: tuple[_Unread, ...] = ()
    test_log: tuple[_Job, ...] | None = None
    dr_test_clones: tuple[_Clone, ...] | None = None


@dataclass(frozen=True)
class Current:
    """One session of an array, as it is now."""

    array: ArrayNow
    seen: SessionSeen
    not_read: str | None = None  # what of it, or of its array, was not read

    @property
    def key(self) -> tuple[str, str] | None:
        """What it is known by: the array and the resource; None where one of them was not read."""
        return (self.array.global_id, self.seen.resource_id) if self.array.global_id and self.seen.resource_id else None

    @property
    def wwns(self) -> frozenset[str]:
        """The WWNs of its volumes."""
        return frozenset(volume.wwn for volume in self.seen.volumes or () if volume.wwn)

    @property
    def is_destination(self) -> bool:
        """Whether this array would take over: the sessions that a coverage is about."""
        role = self.seen.role or UNKNOWN
        return role in (DESTINATION, UNKNOWN) or role.startswith(_METRO)

    @property
    def can_be_tested(self) -> bool:
        """Whether it can be tested at all: not vVols and metro, and NAS servers by a clone from 3.6 on."""
        too_old = self.seen.resource_type == NAS_SERVER and not Release.parse(self.array.release or "") >= _NAS_SINCE
        return can_be_tested(self.seen) and not too_old

    @property
    def named(self) -> Named:
        """What the policy's rules are compared with."""
        seen = self.seen
        return Named(
            self.array.called,
            seen.session_id,
            seen.resource_type,
            tuple(filter(None, (seen.resource_name, seen.resource_id))),
            seen.remote_system.name if seen.remote_system else None,
        )


@dataclass(frozen=True)
class ArrayNow:
    """One array of the inventory. ``why_not`` says why it was not read; then nothing of it is known."""

    host: str
    now: datetime  # the later of its own clock and the controller's: a clock that was set back makes nothing look newer
    read_at: datetime  # by its own clock, else the controller's
    name: str | None = None
    global_id: str = ""
    release: str | None = None
    why_not: str | None = None
    log: t.Mapping[str, tuple[LoggedTest, ...]] | None = None  # by session, with DR-test clones; None: not read
    sessions: tuple[Current, ...] = ()

    @property
    def called(self) -> tuple[str, ...]:
        """The names by which a policy may mean it."""
        return tuple(filter(None, (self.host, self.name, self.global_id)))


def arrays_of(given: t.Sequence[Json], written_at: datetime) -> list[ArrayNow]:
    """The arrays of the inventory, each once. ``written_at``: the controller's time.

    ``given``: entries ``{name, read}`` with the result of replication_session_info, or none. Raises
    InvalidInputError for an entry without a name, and for two with one name.
    """
    found: list[ArrayNow] = []
    by_id: dict[str, str] = {}
    for number, entry in enumerate(given):
        host = entry.get("name")
        if not isinstance(host, str) or not host.strip():
            raise InvalidInputError(f"arrays[{number}] has no name: expected the array's name in the inventory.")
        if host in {each.host for each in found}:
            raise InvalidInputError(f"arrays names '{host}' twice: expected each array of the inventory once.")
        array = _array(host, entry.get("read"), written_at)
        if array.global_id in by_id:  # one array under two names is counted once
            text = f"it is the same array as {by_id[array.global_id]} ({array.global_id})"
            array = replace(array, sessions=(), log=None, why_not=text)
        elif array.global_id:
            by_id[array.global_id] = host
        found.append(array)
    return found


def is_double(array: ArrayNow, others: t.Iterable[ArrayNow]) -> bool:
    """Whether another entry of the inventory is this array, too, and was read."""
    return any(
        each is not array and each.global_id and each.global_id == array.global_id and each.why_not is None
        for each in others
    )


def _array(host: str, read: object, written_at: datetime) -> ArrayNow:
    notes: list[str] = []
    result = read_all(_Read, read if isinstance(read, dict) else {}, notes)
    cluster = result.cluster or Cluster()
    read_at = cluster.system_time or written_at
    problem = _why_not(read, result, notes)
    if problem is None and abs(read_at - written_at) > _CLOCKS:
        problem = (
            f"its clock shows {read_at:%Y-%m-%d}, the controller's {written_at:%Y-%m-%d}: expected them to be "
            "less than ten years apart, as nothing can be judged by such a clock"
        )
    array = ArrayNow(
        host,
        max(read_at, written_at) if problem is None else written_at,
        read_at,
        cluster.name,
        "" if cluster.global_id in (None, UNKNOWN) else str(cluster.global_id),
        cluster.release_version,
        problem,
    )
    if problem:
        return replace(array, global_id="")
    array = replace(array, log=None if result.test_log is None else _log(result))
    whole, by_id = _not_read(result)
    of_nas = _clones_not_read(result, array)
    if result.test_log is None:
        whole = whole or "its log of failover tests was not read, so tests without a record would not be found"
    return replace(
        array,
        sessions=tuple(
            Current(
                array,
                seen,
                whole
                or by_id.get(seen.session_id or "")
                or _touched(seen, by_id)
                or _odd(seen)
                or (of_nas if seen.resource_type == NAS_SERVER else None),
            )
            for seen in result.sessions or ()
        ),
    )


def _why_not(read: object, result: _Read, notes: t.Sequence[str]) -> str | None:
    if not isinstance(read, dict):
        return "no result of replication_session_info was given for it"
    if result.failed or result.unreachable:
        return result.msg or "reading it failed without a message"
    if result.sessions is None or result.cluster is None:
        return result.msg or "what was given for it is no result of replication_session_info"
    if not result.cluster.global_id or result.cluster.global_id == UNKNOWN:
        return "its identity (global_id) was not read"
    if notes:
        return f"what was read of it is not understood: {notes[0]}"
    return None


def _log(result: _Read) -> dict[str, tuple[LoggedTest, ...]]:
    """The starts of failover tests, and the DR-test clones that are there: of these the log does not tell them apart.

    A clone of which it is not known what it is a clone of has a place of its own, by its own id.
    """
    found: dict[str, tuple[LoggedTest, ...]] = {}
    for job in result.test_log or ():
        if job.phase not in _NOT_BEGUN and job.job_id:
            seen = LoggedTest(job_id=job.job_id, at=job.started_at, user=job.user)
            found[job.session_id or ""] = (*found.get(job.session_id or "", ()), seen)
    sessions = {each.resource_id: each for each in result.sessions or () if each.resource_type == NAS_SERVER}
    for clone in result.dr_test_clones or ():
        session = sessions.get(clone.source_id)
        place = (session.session_id if session else None) or clone.id or ""
        test = LoggedTest(
            job_id=clone.job_id, at=clone.started_at, user=clone.started_by, clone=clone.name, clone_id=clone.id
        )
        found[place] = (*found.get(place, ()), test)
    return found


def _clones_not_read(result: _Read, array: ArrayNow) -> str | None:
    """Why a DR-test clone without a record would not be found; it says nothing of other resources."""
    if not Release.parse(array.release or "") >= _NAS_SINCE:
        return None
    notes = [each.what for each in result.unread if each.what and _is_of_clones(each.what)]
    if notes:
        return f"not read: {notes[0]}"
    if result.dr_test_clones is None:
        return "the array's DR-test clones were not read, so one without a record would not be found"
    return None


def _is_of_clones(what: str) -> bool:
    """Whether a note is about DR-test clones, as `_nas_tests.reading` names them."""
    return what in _OF_CLONES or what.endswith(" of DR-test clones") or what == "a row of nas_server"


def _not_read(result: _Read) -> tuple[str | None, dict[str, str]]:
    """What was not read: of all sessions of the array, and by the id of what it is about."""
    whole, by_id = None, {}
    for entry in result.unread:
        what = entry.what or "a part of it"
        kind, about = ("", entry.session_id) if entry.session_id else _row_of(what)
        if kind in _IRRELEVANT or _is_of_clones(what):
            continue
        if about:
            by_id[about] = f"not read: {what}"
        elif what != TEST_LOG:
            whole = whole or f"not read: {what}"
        else:
            whole = whole or "its log of failover tests was not read as a whole"
    return whole, by_id


def _row_of(what: str) -> tuple[str, str | None]:
    """Kind and id in a note of one odd row (``volume 7c1d…``); no id where a whole collection is meant."""
    kind, _space, row_id = what.rpartition(" ")
    return kind, row_id if kind in _ROWS else None


_ROWS: t.Final = frozenset({"volume", "volume group", "replication rule", "replication session"})
_OF_CLONES: t.Final = ("the DR-test clones of NAS servers", "the log of clones of NAS servers")
_IRRELEVANT: t.Final = frozenset({"alert", "job", "audit event"})  # of what a coverage does not judge


def _odd(seen: SessionSeen) -> str | None:
    return "its role was not read" if seen.role in (None, UNKNOWN) else None


def _touched(seen: SessionSeen, by_id: t.Mapping[str, str]) -> str | None:
    if not by_id:
        return None
    rule = seen.replication_rule.id if seen.replication_rule else None
    related = (seen.resource_id, rule, *(volume.id for volume in seen.volumes or ()))
    return next((by_id[each] for each in related if each and each in by_id), None)
