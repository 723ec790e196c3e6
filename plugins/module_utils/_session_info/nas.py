# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NAS servers that a task names: their DR-test clones, and what would refuse to make one."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._array.client import Client
from .._array.fields import Unread
from .._array.session import Cluster, ReplicationSession, Target
from .._errors import PowerStoreError
from .._findings.rules import Finding, Findings
from .._json import Json
from .._nas_tests.clone import FIRST_RELEASE, Clone
from .._nas_tests.join import of_server
from .._nas_tests.reading import read_clones
from .._time import format_time, in_words
from .._words import BLOCKER, NAS_SERVER

# Whether the array means this task's account; None: not clear.
IsOwn: t.TypeAlias = "t.Callable[[str | None], bool | None]"
# What a file session has no failover test for, and a running one, of which a clone knows more.
_OF_FAILOVER_TESTS: t.Final = frozenset({"nas.use_clone", "test.already_running", "version.not_supported"})


@dataclass(frozen=True, slots=True)
class NasTests:
    """The DR-test clones of an array, where a NAS server was named; ``clones`` is None where they were not read."""

    clones: tuple[Clone, ...] | None = None

    @classmethod
    def read(cls, client: Client, cluster: Cluster, entries: t.Iterable[object], unread: list[Unread]) -> NasTests:
        """One request where there are no clones; none where no NAS server was named."""
        if not any(isinstance(entry, Target) and is_named(entry) for entry in entries):
            return cls()
        try:
            return cls(tuple(read_clones(client, cluster, unread=unread)))
        except PowerStoreError as error:
            unread.append(Unread("the DR-test clones of NAS servers", error))
            return cls()

    def of(self, target: Target) -> list[Clone] | None:
        """The clones of the NAS server that a target names; None for another target, or where they were not read."""
        if self.clones is None or not is_named(target):
            return None
        return of_server(self.clones, target.session.local_resource_id)

    def shown(self, target: Target) -> Target:
        """The target with its flag as its clones tell: the array's own has no meaning for a NAS server."""
        clones = self.of(target)
        if clones is None:
            return target
        return replace(target, session=replace(target.session, failover_test_in_progress=bool(clones)))


def is_named(target: Target) -> bool:
    """Whether a target was named as a NAS server, and so is meant for a DR test by clone."""
    return target.selector.by == NAS_SERVER and is_nas(target.session)


def is_nas(session: ReplicationSession) -> bool:
    """Whether a session replicates a NAS server."""
    return session.resource_type == NAS_SERVER


def running(clones: t.Sequence[Clone], cluster: Cluster, is_own: IsOwn) -> Json:
    """``failover_test`` of a NAS server: its oldest clone, with who made it and when."""
    known = sorted(clones, key=lambda clone: (clone.started_at is None, clone.started_at))
    oldest = known[0] if known else None
    age = oldest.age(cluster.system_time) if oldest else None
    started_by = oldest.started_by if oldest else None
    return {
        "in_progress": bool(clones),
        "started_at": format_time(oldest.started_at) if oldest else None,
        "started_by": started_by,
        "own": is_own(started_by) if started_by else None,
        "age_seconds": None if age is None else round(age.total_seconds(), 3),
        "source": None if oldest is None else "job" if oldest.started_by else "unavailable",
    }


def before_drill(target: Target, findings: Findings, clones: t.Sequence[Clone], cluster: Cluster) -> Findings:
    """The findings of a NAS server that is to be tested by a clone, from those of its session as such."""
    kept = [each for each in findings if each.rule.id not in _OF_FAILOVER_TESTS]
    if not cluster.release >= FIRST_RELEASE:
        message = (
            f"{cluster.name} runs PowerStoreOS {cluster.release_version}; DR tests of NAS servers exist since 3.6."
        )
        kept.insert(0, Finding.of("version.not_supported", target.session, message))
    return (*kept, *(_already_there(target.session, clone, cluster) for clone in clones))


def _already_there(session: ReplicationSession, clone: Clone, cluster: Cluster) -> Finding:
    age = clone.age(cluster.system_time)
    who = f"It was made by {clone.started_by}" if clone.started_by else "Who made it is not known"
    when = f" at {format_time(clone.started_at)}" if clone.started_at else ""
    ago = f", {in_words(age)} ago" if age is not None else ""
    message = f"The {clone.label} ({clone.id}) is on the array. {who}{when}{ago}."
    return Finding.of("test.already_running", session, message, BLOCKER)
