# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a session returned to normal: the proof that the drill left nothing behind. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .results import OperationSeen, SessionSeen, VolumeSeen
from .types import Difference, ReturnToNormal


def last_stop(attempts: t.Sequence[OperationSeen]) -> OperationSeen | None:
    """The stop of a session over all attempts.

    An attempt that found nothing to stop any more confirms the one before it that was sent; times, job and
    end-of-test snapshot are those of the attempt that did the work.
    """
    sent = [entry for entry in attempts if entry.request_sent]
    if not attempts or not sent or attempts[-1] is sent[-1] or attempts[-1].action != "none":
        return attempts[-1] if attempts else None
    return _confirmed(sent[-1], attempts[-1])


def _confirmed(did: OperationSeen, saw: OperationSeen) -> OperationSeen:
    return replace(did, action="stopped", failed=False, failure=None, after=saw.after)


def return_to_normal(
    before: SessionSeen | None,
    start: OperationSeen | None,
    stop: OperationSeen | None,
    after: SessionSeen | None,
    *,
    held: bool,
    left_alone: str | None = None,
) -> ReturnToNormal:
    """Whether the array shows the session as it was. ``left_alone``: why its test was not to be stopped any more."""
    ended = bool(stop and stop.action in ("stopped", "none") and stop.after and not stop.after.in_test)
    confirmed = ended and after is not None and not after.in_test and not _may_still_come(start, stop)
    return ReturnToNormal(
        stop_confirmed=confirmed,
        held=held and not confirmed and not left_alone,
        left_alone=None if confirmed else left_alone,
        differences=tuple(differences(before, after)) if before is not None and after is not None else (),
        not_compared=tuple(not_compared(before, after)) if before is not None and after is not None else (),
    )


def differences(before: SessionSeen, after: SessionSeen) -> t.Iterator[Difference]:
    """What of a session changed, by the names of what differs."""
    members = [{str(volume.id): volume for volume in entry.volumes or ()} for entry in (before, after)]
    pairs: list[tuple[str, object, object]] = [("role", before.role, after.role), *_hosts("hosts", before, after)]
    if before.volumes is not None and after.volumes is not None:
        pairs.append(("members", _volume_names(members[0]), _volume_names(members[1])))
    if not _same_health(before.state, after.state):
        pairs.append(("state", before.state, after.state))
    for volume_id in members[0].keys() & members[1].keys():
        was, now = members[0][volume_id], members[1][volume_id]
        pairs += [
            (f"size of {was.name}", was.size, now.size),
            (f"state of {was.name}", was.state, now.state),
            (f"wwn of {was.name}", was.wwn, now.wwn),
            *_hosts(f"hosts of {was.name}", was, now),
        ]
    for what, earlier, later in sorted(pairs, key=lambda pair: pair[0]):
        if None not in (earlier, later) and earlier != later:
            yield Difference(what=what, before=str(earlier), after=str(later))


def _hosts(
    what: str, before: SessionSeen | VolumeSeen, after: SessionSeen | VolumeSeen
) -> list[tuple[str, object, object]]:
    if before.hosts is None or after.hosts is None:
        return []
    return [(what, _names(before.hosts), _names(after.hosts))]


def not_compared(before: SessionSeen, after: SessionSeen) -> t.Iterator[str]:
    """What `differences` says nothing of, as the array did not answer for it: no answer is no change, and no proof."""
    for name, entry in (("before", before), ("after", after)):
        if entry.volumes is None:
            yield f"volumes and hosts {name} the drill"
        elif entry.hosts is None:
            yield f"hosts {name} the drill"
    later = {volume.id: volume for volume in after.volumes or ()}
    for was in before.volumes or ():
        now = later.get(was.id)
        for what in ("size", "state", "wwn"):
            if now and (getattr(was, what) is None) != (getattr(now, what) is None):
                yield f"{what} of {was.name}"


def _volume_names(volumes: t.Mapping[str, VolumeSeen]) -> str:
    return _names(volume.name for volume in volumes.values())


def _names(values: t.Iterable[str | None]) -> str:
    return ", ".join(sorted(map(str, values))) or "none"


def _may_still_come(start: OperationSeen | None, stop: OperationSeen | None) -> bool:
    """Whether a start whose fate is unknown was followed by a stop that found nothing and could not rule it out."""
    unknown = bool(start and start.request_sent and start.failed)
    doubts = {"jobs.not_readable", "start.unaccounted"}
    found = {finding.id for finding in stop.findings} if stop else set()
    return unknown and stop is not None and stop.action == "none" and bool(doubts & found)


def _same_health(before: str | None, after: str | None) -> bool:
    # A session at work goes back and forth between these two by itself.
    working = {"OK", "Synchronizing"}
    return before == after or {before, after} <= working
