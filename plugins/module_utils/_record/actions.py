# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody has to take care of, from drill to drill: deviations as actions that are opened, assigned and closed.

An action is known by the fingerprint of its deviation. What happened to it is a line of ``actions.jsonl`` each; what it
is now follows from these lines alone. The file is beside the records.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from .._errors import InvalidInputError, PowerStoreError
from .._json import Json, once
from .._text import one_line
from .._time import format_time, parse_time
from .._words import Cause, Verdict
from . import appending
from .causes import Reason
from .clean import cleaned
from .files import open_plain, read_plain
from .types import CarriedOver, Deviation, DrillRecord, DrillSession

FILE: t.Final = "actions.jsonl"
EVENTS: t.Final = ("opened", "assigned", "due", "closed", "risk_accepted")
_OWN: t.Final = (Cause.ACTION_RECURRED.value, Cause.ACTION_OVERDUE.value)  # what is about actions is none itself
_MODE = 0o640
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Action:
    """One action as it is now."""

    fingerprint: str
    cause: str | None
    subject: str | None
    text: str | None
    array: str | None  # global id
    session_id: str | None
    resource_id: str | None
    opened_at: datetime
    opened_in: str | None  # id of the record
    closed_at: datetime | None = None
    owner: str | None = None
    due: str | None = None
    accepted_until: str | None = None
    comment: str | None = None
    opened: int = 1  # how often

    def status(self, now: datetime) -> t.Literal["open", "overdue", "accepted", "closed"]:
        """What it is at that time. A risk is accepted until a day; then the action is open again, and overdue."""
        if self.closed_at:
            return "closed"
        if self.accepted_until:
            return "accepted" if now < end_of(self.accepted_until) else "overdue"
        return "overdue" if self.due and now >= end_of(self.due) else "open"


@dataclass(frozen=True)
class Actions:
    """All actions of a folder, by their fingerprint. ``problem``: why they could not be read."""

    by_fingerprint: Mapping[str, Action] = field(default_factory=dict)
    problem: str | None = None

    @classmethod
    def of(cls, events: Iterable[Json]) -> Actions:
        """What the events come to, in their order."""
        found: dict[str, Action] = {}
        for event in events:
            key = event["fingerprint"]
            found[key] = _after(found.get(key), event)
        return cls(found)


def end_of(day: str) -> datetime:
    """The end of a day, in UTC."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(days=1)


def checked_day(value: str, option: str) -> str:
    """A day such as 2026-12-31. Raises InvalidInputError, which names the option."""
    try:
        if _DAY.fullmatch(value):
            end_of(value)
            return value
    except (ValueError, OverflowError):
        pass
    raise InvalidInputError(f"{option} is '{value}': expected a day such as 2026-12-31. Nothing was written.")


def _after(action: Action | None, event: Json) -> Action:
    """The action after one more event."""
    kind, at = event["event"], _moment(event)
    if action is None or kind == "opened":
        return Action(
            fingerprint=event["fingerprint"],
            **{name: event.get(name) for name in ("cause", "subject", "text", "array", "session_id", "resource_id")},
            opened_at=at,
            opened_in=event.get("record_id"),
            owner=action.owner if action else event.get("owner"),
            opened=action.opened + 1 if action else 1,
        )
    comment = event.get("comment") or action.comment
    if kind == "assigned":
        return replace(action, owner=event.get("owner"), comment=comment)
    if kind == "due":
        return replace(action, due=event.get("due"), accepted_until=None, comment=comment)
    if kind == "closed":
        return replace(action, closed_at=at, comment=comment)
    return replace(action, accepted_until=event.get("until"), owner=event.get("owner") or action.owner, comment=comment)


def _moment(event: Json) -> datetime:
    return parse_time(event["at"]) or datetime.min.replace(tzinfo=UTC)


def read_actions(folder: str) -> Actions:
    """The actions of a folder; none where it has no file of them. Raises InvalidInputError for a line that is odd."""
    path = os.path.join(os.path.expanduser(folder), FILE)
    try:
        return Actions.of(_events(read_plain(path), path))
    except (FileNotFoundError, NotADirectoryError):
        return Actions()
    except OSError as error:
        raise InvalidInputError(f"{path} could not be read: {error.strerror or error}.") from error


def actions_or_problem(folder: str) -> Actions:
    """The same for a record, which is written in any case: a file that cannot be read is said in it."""
    try:
        return read_actions(folder)
    except PowerStoreError as error:
        return Actions(problem=error.message)


def _events(content: bytes, path: str) -> list[Json]:
    found = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            event = json.loads(line.decode("utf-8"), object_pairs_hook=once)
            known = event["event"] in EVENTS and isinstance(event["fingerprint"], str)
            if not known or parse_time(event["at"]) is None:
                raise ValueError("no event of an action")
            for name in ("due", "until"):
                if event.get(name) is not None:
                    end_of(event[name])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError, PowerStoreError) as error:
            raise InvalidInputError(
                f"Line {number} of {path} is no event of an action: {error!r:.120}. Expected one object of JSON with "
                "event, fingerprint and at. Repair that line; where it is the last one and torn, remove it."
            ) from error
        found.append(t.cast(Json, cleaned(event)))
    return found


def add_events(folder: str, make: t.Callable[[Actions], Sequence[Json]]) -> list[Json]:
    """Append what ``make`` says, under a lock from reading to writing. Raises InvalidInputError and OSError."""
    path = os.path.join(os.path.expanduser(folder), FILE)
    with open_plain(path, _MODE) as file:
        appending.lock(file.fileno(), path)
        content = file.read()
        events = [dict(event) for event in make(Actions.of(_events(content, path)))]
        if events:
            end = "" if not content or content.endswith(b"\n") else "\n"
            text = end + "".join(f"{json.dumps(event, sort_keys=True, ensure_ascii=False)}\n" for event in events)
            appending.append(file, len(content), text.encode("utf-8", "backslashreplace"))
    return events


def opened_by(record: DrillRecord, actions: Actions, by: str) -> list[Json]:
    """The events of a new record: its deviations that are no open action yet."""
    resources = {session.session_id: session.resource_id for session in record.sessions}
    found: dict[str, Json] = {}
    for deviation in record.deviations:
        key = deviation.fingerprint
        known = actions.by_fingerprint.get(key or "")
        if key is None or deviation.cause in _OWN or (known and not known.closed_at):
            continue
        found[key] = {
            "event": "opened",
            "at": format_time(record.times.written_at),
            "by": by,
            "fingerprint": key,
            "cause": deviation.cause,
            "subject": deviation.subject,
            "text": one_line(deviation.description, 500),
            "array": record.array.global_id,
            "session_id": deviation.session_id,
            "resource_id": resources.get(deviation.session_id) if deviation.session_id else None,
            "record_id": record.drill.id,
        }
    return list(found.values())


def carried_over(
    actions: Actions,
    array: str | None,
    deviations: Sequence[Deviation],
    sessions: Sequence[DrillSession],
    now: datetime,
) -> tuple[CarriedOver, ...]:
    """The actions of this array that are not closed, and those that were closed and are seen again."""
    shown = {each.fingerprint for each in deviations}
    looked_at = {each.resource_id for each in sessions} | {each.session_id for each in sessions}
    found = []
    for action in actions.by_fingerprint.values():
        status, seen = action.status(now), action.fingerprint in shown
        if action.array != array or (status == "closed" and not seen):
            continue
        could_be_seen = action.session_id is None or {action.resource_id, action.session_id} & looked_at
        found.append(
            CarriedOver(
                fingerprint=action.fingerprint,
                status="recurred" if status == "closed" else status,
                cause=action.cause,
                subject=action.subject,
                session_id=action.session_id,
                opened_at=action.opened_at,
                opened_in=action.opened_in,
                closed_at=action.closed_at,
                owner=action.owner,
                due=action.due,
                accepted_until=action.accepted_until,
                comment=action.comment,
                seen=seen if seen or could_be_seen else None,
            )
        )
    order = ("recurred", "overdue", "open", "accepted")
    return tuple(sorted(found, key=lambda each: (order.index(each.status), each.opened_at)))


def of_actions(actions: Actions, carried: Sequence[CarriedOver]) -> t.Iterator[Reason]:
    """What is overdue is a deviation; what was closed and is seen again fails the drill."""
    if actions.problem:
        text = f"What was open from earlier drills is not known: {actions.problem}"
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, Cause.INPUT, text, check=FILE)
    for each in carried:
        action = actions.by_fingerprint[each.fingerprint]
        what = f"{each.subject}: {each.cause}" if each.subject else str(each.cause)
        if each.status == "recurred" and each.closed_at:
            closed = f"closed on {each.closed_at:%Y-%m-%d}" + (f" ({each.comment})" if each.comment else "")
            text = f"{what} is seen again, after it was {closed}."
            yield _reason(Verdict.FAILED, Cause.ACTION_RECURRED, text, action)
        elif each.status == "overdue":
            day = each.accepted_until or each.due
            said = "the risk was accepted until" if each.accepted_until else "it was due by"
            since, owner = f"{each.opened_at:%Y-%m-%d}", each.owner or "none"
            text = f"{what}, open since {since}, is overdue: {said} {day}, owner {owner}."
            yield _reason(Verdict.PASSED_WITH_DEVIATIONS, Cause.ACTION_OVERDUE, text, action)


def _reason(
    verdict: t.Literal[Verdict.FAILED, Verdict.PASSED_WITH_DEVIATIONS], cause: Cause, text: str, action: Action
) -> Reason:
    return Reason(
        verdict,
        cause,
        text,
        action.session_id,
        action.subject,
        action.resource_id,
        action.fingerprint,
        of_all=action.session_id is None,
    )
