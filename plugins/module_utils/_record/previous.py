# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill compared with the one before: what is new, fixed, failing again, slower. Pure.

The one before is the last drill of the same array that attempted a test on one of the same sessions, and began earlier.
A session is the same by its id, or, where its replication was set up anew, by the id of its resource on this array.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, replace
from datetime import datetime

from .._errors import ProtocolError
from .._json import Json
from .._time import format_time, parse_time
from .._words import Cause, Changed, Kind, Verdict
from .causes import Reason
from .observed import scope
from .results import Observations
from .types import Change, DrillRecord, DrillRto, DrillSession, NotReadable, Previous

# A recovery time of seconds varies by a good part of itself from drill to drill: that is noise, and no regression.
NOISE_SECONDS: t.Final = 30.0
_PASSING = (Verdict.PASSED, Verdict.PASSED_WITH_DEVIATIONS)


@dataclass(frozen=True)
class Last:
    """The record of the drill before, and its file."""

    record: DrillRecord
    file: str
    sha256: str

    def session(self, now: DrillSession) -> DrillSession | None:
        """The same session in that drill."""
        return self._by_id.get(now.session_id or "") or self._by_resource.get(now.resource_id or "")

    @functools.cached_property
    def _by_id(self) -> t.Mapping[str, DrillSession]:
        return {then.session_id: then for then in self.record.sessions if then.session_id}

    @functools.cached_property
    def _by_resource(self) -> t.Mapping[str, DrillSession]:
        return {then.resource_id: then for then in self.record.sessions if then.resource_id}


@dataclass(frozen=True)
class Earlier:
    """What is known of earlier drills."""

    last: Last | None = None
    not_readable: tuple[NotReadable, ...] = ()


def is_comparable(record_id: str, seen: Observations) -> t.Callable[[Json], bool] | None:
    """Whether a record, as JSON that was not validated yet, is of a drill to compare with; None where none can be."""
    array, began = seen.cluster.global_id, seen.before.at if seen.before else None
    known = {each for scoped in scope(seen) for each in (scoped.session_id, scoped.seen.resource_id) if each}
    if array is None or began is None or not known:
        return None

    def fits(data: Json) -> bool:
        then = _moment(_inner(data, "times").get("started_at"))
        return (
            data.get("kind") == Kind.DRILL.value
            and _inner(data, "drill").get("id") != record_id
            and _inner(data, "array").get("global_id") == array
            and then is not None
            and then < began
            and not known.isdisjoint(_attempted(data))
        )

    return fits


def _inner(data: Json, name: str) -> Json:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _attempted(data: Json) -> t.Iterator[str]:
    """Ids of sessions, and of their resources, on which a test was attempted."""
    sessions = data.get("sessions")
    for session in sessions if isinstance(sessions, list) else ():
        if isinstance(session, dict) and (session.get("start") or session.get("test_owned")):
            yield from (str(session[name]) for name in ("session_id", "resource_id") if session.get(name))


def _moment(value: object) -> datetime | None:
    try:
        return parse_time(value)
    except ProtocolError:
        return None


def changed(session: DrillSession, last: Last | None) -> DrillSession:
    """The session with how it did compared with the drill before."""
    if last is None:
        return session
    then = last.session(session)
    delta, percent = _delta(session.rto.actual_seconds, then.rto.actual_seconds if then else None)
    return replace(
        session,
        change=Change(
            what=_what(session.verdict, then.verdict if then else None),
            verdict_before=then.verdict if then else None,
            rto_seconds_before=then.rto.actual_seconds if then else None,
            rto_delta_seconds=delta,
            rto_delta_percent=percent,
        ),
    )


def _what(now: Verdict, then: Verdict | None) -> Changed:
    if then is None:
        return Changed.NEW
    if now in _PASSING:
        return Changed.STILL_PASSING if then in _PASSING else Changed.FIXED
    return Changed.NEWLY_FAILING if then in _PASSING else Changed.STILL_FAILING


def _delta(now: float | None, then: float | None) -> tuple[float | None, float | None]:
    """By how much it is longer now, in seconds and as a part of what it was."""
    if now is None or then is None:
        return None, None
    delta = round(now - then, 3)
    return delta, round(100 * delta / then, 1) if then > 0 else None


def previous_of(last: Last | None, sessions: t.Sequence[DrillSession], rto: DrillRto) -> Previous | None:
    """What the record says of the drill before."""
    if last is None:
        return None
    found = {id(then) for now in sessions if (then := last.session(now))}
    gone, in_common = [then for then in last.record.sessions if id(then) not in found], len(found)
    seconds = last.record.rto.actual_seconds if last.record.rto else None
    same = not gone and in_common == len(sessions)
    delta, percent = _delta(rto.actual_seconds, seconds) if same else (None, None)
    return Previous(
        id=last.record.drill.id,
        at=last.record.times.started_at,
        verdict=last.record.verdict,
        cleanup=last.record.cleanup.verdict,
        file=last.file,
        sha256=last.sha256,
        in_common=in_common,
        left_out_now=tuple(session.called for session in gone),
        rto_seconds=seconds,
        rto_delta_seconds=delta,
        rto_delta_percent=percent,
    )


def regressions(
    sessions: t.Sequence[DrillSession], rto: DrillRto, last: Last | None, limit: int | None
) -> t.Iterator[Reason]:
    """Recovery times that are longer than last time by more than the limit; that of the drill where no session's is."""
    if last is None or limit is None:
        return
    since = f"than in the drill of {format_time(last.record.times.started_at)} ({last.record.drill.id})"
    found = False
    for session in sessions:
        then = last.session(session)
        said = _longer(session.rto.actual_seconds, then.rto.actual_seconds if then else None, limit)
        if said:
            found = True
            yield Reason(
                Verdict.PASSED_WITH_DEVIATIONS, Cause.RTO_REGRESSED, f"{session.called}: {said} {since}.",
                session.session_id, session.called, session.resource_id, of_all=False,
            )  # fmt: skip
    previous = previous_of(last, sessions, rto)
    said = _longer(rto.actual_seconds, previous.rto_seconds, limit) if previous else None
    if said and not found and previous and previous.rto_delta_seconds is not None:
        text = f"The drill as a whole: {said} {since}."
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, Cause.RTO_REGRESSED, text, subject="the drill as a whole")


def _longer(now: float | None, then: float | None, limit: int) -> str | None:
    delta, percent = _delta(now, then)
    if delta is None or percent is None or delta <= NOISE_SECONDS or percent <= limit:
        return None
    return f"RTO {now:.0f} s, {delta:.0f} s ({percent:.0f} %) longer"
