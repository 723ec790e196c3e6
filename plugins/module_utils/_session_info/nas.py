# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NAS servers that a task names: their DR-test clones, and what would refuse to make one."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._array.client import Client
from .._array.fields import Unread
from .._array.session import Cluster, ReplicationSession, Row, Target, Unresolved
from .._errors import InvalidInputError, PowerStoreError
from .._findings.finding import Finding, Findings
from .._json import Json
from .._nas_dr_test.plan import Desired, addresses_to_probe, plan
from .._nas_dr_test.probe import answering
from .._nas_dr_test.reading import read as read_wished
from .._nas_dr_test.wish import wishes_from_params
from .._nas_tests.clone import Clone
from .._nas_tests.join import of_server, of_unknown_source
from .._nas_tests.mark import label_of
from .._nas_tests.reading import CLONES, read_clones
from .._time import format_time, in_words
from .._words import BLOCKER, NAS_SERVER

Entry: t.TypeAlias = "Target | Unresolved"
# Whether the array means this task's account; None: not clear.
IsOwn: t.TypeAlias = "t.Callable[[str | None], bool | None]"
# What a file session has no failover test for, and a running one, of which a clone knows more.
_OF_FAILOVER_TESTS: t.Final = frozenset(
    {"nas.use_clone", "test.already_running", "version.not_supported", "role.not_destination"}
)
_SAID_BY_CLONES: t.Final = ("nas.already_started", "nas.of_somebody_else")
_AT_REST: t.Final = ("Partial_OK", "Partial_Paused")  # states that only NAS servers have


@dataclass(frozen=True, slots=True)
class NasTests:
    """The DR-test clones of an array, where they matter; ``clones`` is None where they were not read.

    ``refusals``: what refuses to make a clone, by the id of the NAS server; of those that are to get an interface.
    ``unread``: what could not be read where no NAS server was named; what is asked for does not depend on it.
    """

    clones: tuple[Clone, ...] | None = None
    label: str = ""  # of this account: a clone that is named by it counts, although the array does not show of what
    refusals: t.Mapping[str, Findings] = field(default_factory=dict)
    error: PowerStoreError | None = None
    unread: tuple[Unread, ...] = ()

    @classmethod
    def read(
        cls, client: Client, cluster: Cluster, entries: t.Iterable[Entry], params: Row, unread: list[Unread]
    ) -> NasTests:
        """Nothing is asked where neither a NAS server nor the log of tests is read.

        One request is sent where there is no clone. With interfaces, all is read that a start of nas_dr_test reads.
        Raises InvalidInputError for an interface that makes no sense.
        """
        targets = [entry for entry in entries if isinstance(entry, Target)]
        if not any(map(is_named, targets)):
            wanted = params.get("test_log") or any(map(_is_nas, targets))
            return cls._beside(client, cluster) if wanted else cls()
        wished = [entry for entry in params.get("sessions") or () if entry.get(NAS_SERVER) and entry.get("interface")]
        try:
            if not wished:
                return cls(tuple(read_clones(client, cluster, unread=unread)), label_of(client.account))
            return cls._planned(client, wished)
        except InvalidInputError:
            raise
        except PowerStoreError as error:
            return cls(error=error)

    @classmethod
    def _beside(cls, client: Client, cluster: Cluster) -> NasTests:
        """For sessions that were asked for as sessions: what cannot be read does not affect anything else."""
        unread: list[Unread] = []
        clones: tuple[Clone, ...] | None = None
        try:
            clones = tuple(read_clones(client, cluster, unread=unread))
        except PowerStoreError as error:
            unread.append(Unread(CLONES, error))
        return cls(clones, label_of(client.account), unread=tuple(unread))

    @classmethod
    def _planned(cls, client: Client, wished: t.Sequence[Row]) -> NasTests:
        wishes = wishes_from_params({"state": "started", "nas_servers": wished})
        desired = Desired(running=True, label=label_of(client.account))
        array, found = read_wished(client, wishes, desired)
        asked = addresses_to_probe(array, found, desired)
        steps = plan(replace(array, answering=answering(asked) if asked else {}), found, desired).steps
        return cls(
            array.clones,
            desired.label,
            {
                step.found.server.id: tuple(each for each in step.findings if each.rule.id not in _SAID_BY_CLONES)
                for step in steps
                if step.found.server
            },
        )

    def as_log(self, cluster: Cluster) -> list[Json] | None:
        """All that are on the array, also those of NAS servers that nobody asked for; None where they were not read."""
        return None if self.clones is None else [clone.as_result(cluster.system_time) for clone in self.clones]

    def known(self, entry: Entry) -> Entry:
        """The entry. If it is not known whether a DR test of the NAS server runs, it counts as not found."""
        if self.error is None or not isinstance(entry, Target) or not is_named(entry):
            return entry
        return Unresolved(entry.selector, self.error)

    def of(self, target: Target) -> list[Clone] | None:
        """The clones of the NAS server of a target; None for another target, and where they were not read."""
        if self.clones is None or not _is_nas(target):
            return None
        server_id = target.session.local_resource_id
        unknown = of_unknown_source(self.clones)
        return [
            *of_server(self.clones, server_id),
            *(clone for clone in unknown if clone.mark and clone.mark.is_of(self.label, server_id)),
        ]

    def shown(self, target: Target) -> Target:
        """The target with its flag as its clones tell: the array's own has no meaning for a NAS server."""
        clones = self.of(target)
        if clones is None or not is_named(target):
            return target
        return replace(target, session=replace(target.session, failover_test_in_progress=bool(clones)))


def is_named(target: Target) -> bool:
    """Whether a target was named as a NAS server, and so is meant for a DR test by clone."""
    return target.selector.by == NAS_SERVER and _is_nas(target)


def _is_nas(target: Target) -> bool:
    return target.session.resource_type == NAS_SERVER


def running(target: Target, tests: NasTests, cluster: Cluster, is_own: IsOwn) -> Json:
    """``failover_test`` of a NAS server: its oldest clone, with who made it and when.

    It is this account's own where every clone has the name that a drill gives: others are not deleted by its stop, so a
    drill cannot take them over.
    """
    clones = tests.of(target) or []
    known = sorted(clones, key=lambda clone: (clone.started_at is None, clone.started_at))
    oldest = known[0] if known else None
    age = oldest.age(cluster.system_time) if oldest else None
    started_by = oldest.started_by if oldest else None
    ours = all(clone.mark and clone.mark.is_of(tests.label, target.session.local_resource_id) for clone in clones)
    return {
        "in_progress": bool(clones),
        "started_at": format_time(oldest.started_at) if oldest else None,
        "started_by": started_by,
        "own": (ours and is_own(started_by)) if started_by else None,
        "age_seconds": None if age is None else round(age.total_seconds(), 3),
        "source": None if oldest is None else "job" if started_by else "unavailable",
    }


def before_drill(target: Target, findings: Findings, tests: NasTests, cluster: Cluster) -> Findings:
    """The findings of a NAS server that is to be tested by a clone, from those of its session as such."""
    session = target.session
    out = _OF_FAILOVER_TESTS | ({"state.not_allowed"} if session.state in _AT_REST else set())
    kept = [each for each in findings if each.rule.id not in out]
    there = [_already_there(session, clone, cluster) for clone in tests.of(target) or ()]
    return (*tests.refusals.get(session.local_resource_id, ()), *kept, *there)


def _already_there(session: ReplicationSession, clone: Clone, cluster: Cluster) -> Finding:
    age = clone.age(cluster.system_time)
    who = f"It was made by {clone.started_by}" if clone.started_by else "Who made it is not known"
    when = f" at {format_time(clone.started_at)}" if clone.started_at else ""
    ago = f", {in_words(age)} ago" if age is not None else ""
    message = f"The {clone.label} ({clone.id}) is on the array. {who}{when}{ago}."
    return Finding.of("test.already_running", session, message, BLOCKER)
