# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drill_action does: list the actions of a folder, or take down who takes care of one, until when, or its end."""

from __future__ import annotations

import getpass
import os
import shlex
import socket
import typing as t
from datetime import UTC, datetime

from .._errors import InvalidInputError, PowerStoreError
from .._json import Json
from .._record.actions import Action, Actions, add_events, checked_day, read_actions
from .._terminal import Column, table
from .._time import format_time

STATES: t.Final = ("listed", "assigned", "closed", "accepted")
OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "state": {"type": "str", "choices": list(STATES), "default": "listed"},
    "directory": {"type": "path", "required": True},
    "fingerprint": {"type": "str"},
    "owner": {"type": "str"},
    "due": {"type": "str"},
    "until": {"type": "str"},
    "comment": {"type": "str"},
    "by": {"type": "str"},
    "all": {"type": "bool", "default": False},
}
_COLUMNS = (Column("STATUS", 9), Column("FINGERPRINT", 12), Column("DUE", 10), Column("OWNER", 16), Column("WHAT", 56))
_LEAST = 8  # characters of a fingerprint that name an action
_ORDER = ("overdue", "open", "accepted", "closed")


def run_action(params: Json, *, write: bool) -> Json:
    """The module's result. ``write`` is false in check mode."""
    now = datetime.now(UTC)
    try:
        actions, changed = _worked(params, now, write=write)
    except PowerStoreError as error:
        return {"failed": True, "changed": False, "msg": error.message}
    except OSError as error:
        problem = f"{params['directory']}: {error.strerror or error}. Nothing was written."
        return {"failed": True, "changed": False, "msg": problem}
    wanted = params.get("fingerprint")
    chosen = [
        each
        for each in actions.by_fingerprint.values()
        if (each.fingerprint.startswith(wanted) if wanted else params["all"] or each.closed_at is None)
    ]
    chosen.sort(key=lambda each: (_ORDER.index(each.status(now)), each.opened_at))
    return {
        "changed": changed,
        "actions": [_result(each, now) for each in chosen],
        "overdue": sum(each.status(now) == "overdue" for each in actions.by_fingerprint.values()),
        "summary": _summary(chosen, now, params["directory"]),
    }


def _worked(params: Json, now: datetime, *, write: bool) -> tuple[Actions, bool]:
    folder = os.path.expanduser(params["directory"])
    if not os.path.isdir(folder):
        raise InvalidInputError(f"directory is {folder}: expected the folder of the records, found none.")
    if params["state"] == "listed":
        return read_actions(folder), False
    made: list[Json] = []

    def make(actions: Actions) -> list[Json]:
        made.extend(_events(params, _named(params, actions), now))
        return made if write else []

    if write:
        add_events(folder, make)
    else:
        make(read_actions(folder))
    return read_actions(folder), bool(made)


def _named(params: Json, actions: Actions) -> Action:
    """The action that the task names. Raises InvalidInputError unless it is exactly one."""
    wanted = params.get("fingerprint") or ""
    found = [each for key, each in actions.by_fingerprint.items() if key.startswith(wanted)]
    if len(wanted) < _LEAST or len(found) != 1:
        raise InvalidInputError(
            f"fingerprint is '{wanted}': expected at least {_LEAST} characters that one action begins with; "
            f"{len(found)} begin with these. state: listed shows them. Nothing was written."
        )
    return found[0]


def _events(params: Json, action: Action, now: datetime) -> list[Json]:
    """What is to be taken down; nothing where it is so already. Raises InvalidInputError for what is missing."""
    state, owner, due = str(params["state"]), _given(params, "owner"), _given(params, "due")
    until, comment = _given(params, "until"), _given(params, "comment")
    common = {
        "at": format_time(now),
        "by": params.get("by") or f"{_user()}@{socket.gethostname()}",
        "fingerprint": action.fingerprint,
        **({"comment": comment} if comment else {}),
    }
    if state == "closed":
        _needs(state, comment=comment)
        return [] if action.closed_at else [{**common, "event": "closed"}]
    if action.closed_at:
        raise InvalidInputError(
            f"The action {action.fingerprint[:12]} is closed: expected an open one. The next drill that shows it "
            "opens it again. Nothing was written."
        )
    if state == "accepted":
        _needs(state, comment=comment, owner=owner, until=until)
        same = (action.accepted_until, action.owner) == (checked_day(until, "until"), owner)
        return [] if same else [{**common, "event": "risk_accepted", "owner": owner, "until": until}]
    if not owner and not due:
        _needs(state, owner=owner, due=due)
    events = []
    if owner and owner != action.owner:
        events.append({**common, "event": "assigned", "owner": owner})
    if due and (checked_day(due, "due") != action.due or action.accepted_until):
        events.append({**common, "event": "due", "due": due})
    return events


def _given(params: Json, name: str) -> str:
    return str(params.get(name) or "").strip()


def _needs(state: str, **values: str) -> None:
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise InvalidInputError(f"state is {state}: expected {' and '.join(missing)}, too. Nothing was written.")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in passwd
        return str(os.getuid())


def _result(action: Action, now: datetime) -> Json:
    return {
        "fingerprint": action.fingerprint,
        "status": action.status(now),
        "cause": action.cause,
        "subject": action.subject,
        "text": action.text,
        "array": action.array,
        "session_id": action.session_id,
        "owner": action.owner,
        "due": action.due,
        "accepted_until": action.accepted_until,
        "comment": action.comment,
        "opened_at": format_time(action.opened_at),
        "opened_in": action.opened_in,
        "opened": action.opened,
        "closed_at": format_time(action.closed_at),
    }


def _summary(actions: t.Sequence[Action], now: datetime, directory: str) -> list[str]:
    if not actions:
        return ["No action is open."]
    rows = [
        (
            each.status(now),
            each.fingerprint[:12],
            each.accepted_until or each.due or "-",
            each.owner or "-",
            _what(each),
        )
        for each in actions
    ]
    still = next((each for each in actions if not each.closed_at), None)
    lines: list[str] = table(_COLUMNS, rows)
    if still:
        # A command is never broken: it works as it is printed.
        lines += ["", *(f"  {command}" for command in _commands(still.fingerprint[:12], directory))]
    return lines


def _what(action: Action) -> str:
    return f"{action.cause or 'no cause'} {action.subject or ''}: {action.text or ''}"


def _commands(fingerprint: str, directory: str) -> t.Iterator[str]:
    """How to work on one of them."""
    same = f"directory={shlex.quote(directory)} fingerprint={fingerprint}"
    for words in (
        "state=assigned owner=NAME due=2026-12-31",
        "state=closed comment=WHY",
        "state=accepted owner=NAME until=2026-12-31 comment=WHY",
    ):
        yield f'ansible localhost -m drdrill.powerstore.drill_action -a "{same} {words}"'
