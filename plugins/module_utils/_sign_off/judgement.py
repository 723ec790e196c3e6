# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person says of a record: every criterion judged, and who started and who approved the drill. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._awx.workflow import Workflow
from .._errors import InvalidInputError
from .._json import Json
from .._record.types import AnyRecord, Who
from .._time import format_time, parse_time

METHODS: t.Final = ("ssh", "gpg", "awx_approval", "paper")
DECISIONS: t.Final = ("accepted", "rejected")
_OF_AWX: t.Final[t.Mapping[str, str]] = {"accepted": "approved", "rejected": "denied"}
_WRITTEN = "Nothing was written."


@dataclass(frozen=True, slots=True)
class Criterion:
    """One success criterion of the record, judged."""

    criterion: str
    met: bool
    comment: str | None

    def as_json(self) -> Json:
        """As it is in the file."""
        return {"criterion": self.criterion, "met": self.met, "comment": self.comment}


@dataclass(frozen=True, slots=True)
class Segregation:
    """Who started the drill and who approved it. ``distinct`` is None where one of them is not known."""

    initiator: str | None
    approver: str | None
    distinct: bool | None
    approvals: str  # read, none, not read

    def as_json(self) -> Json:
        """As it is in the file."""
        return {
            "initiator": self.initiator,
            "approver": self.approver,
            "distinct": self.distinct,
            "approvals": self.approvals,
        }


def judged(agreed: t.Sequence[str], given: t.Sequence[Json]) -> tuple[Criterion, ...]:
    """The record's own criteria in its order, each judged once. Raises InvalidInputError, which names what is not."""
    by_text: dict[str, Criterion] = {}
    for each in given:
        text = _one_line(each["criterion"])
        if text in by_text:
            raise InvalidInputError(f"criteria judges {text!r} twice: expected each once. {_WRITTEN}")
        by_text[text] = Criterion(text, bool(each["met"]), str(each.get("comment") or "").strip() or None)
    wanted = {_one_line(text): text for text in agreed}
    unknown = [text for text in by_text if text not in wanted]
    if unknown:
        raise InvalidInputError(
            f"criteria judges {_named(unknown)}: expected the success criteria of the record, which are "
            f"{_named(wanted) or 'none'}. {_WRITTEN}"
        )
    missing = [text for text in wanted if text not in by_text]
    if missing:
        raise InvalidInputError(
            f"Not judged: {_named(missing)}. Expected each success criterion of the record in criteria, with met and, "
            f"where there is something to say, a comment. {_WRITTEN}"
        )
    return tuple(by_text[text] for text in wanted)


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _named(texts: t.Iterable[str]) -> str:
    return ", ".join(repr(text) for text in texts)


def segregation(who: Who) -> Segregation:
    """Who started and who approved, as AWX had it when the record was written."""
    awx = who.awx
    if awx is None:
        return Segregation(f"{who.controller_user}@{who.controller_host}", None, None, "not read")
    initiator = awx.user or (awx.launched_by if awx.schedule else None)
    if awx.approvals is None:
        return Segregation(initiator, None, None, "not read")
    names = list(dict.fromkeys(each.by for each in awx.approvals if each.decision == "approved" and each.by))
    if not names:
        return Segregation(initiator, None, None, "none")
    distinct = None if initiator is None else initiator.casefold() not in {name.casefold() for name in names}
    return Segregation(initiator, ", ".join(names), distinct, "read")


def approval_of(record: AnyRecord, name: str, decision: str, workflow: Workflow) -> Json:
    """This person's approval (or denial) of the record, in AWX. Raises InvalidInputError where there is none.

    ``workflow``: what AWX says of the record's workflow now. What was decided before the record was written is about
    the start of the drill: nobody knew its result then.
    """
    written, wanted = record.times.written_at, _OF_AWX[decision]
    mine = [
        (at, each)
        for each in workflow.approvals or ()
        if (each.by or "").casefold() == name.casefold() and each.decision == wanted and (at := parse_time(each.at))
    ]
    later = [(at, each) for at, each in mine if written and at > written]
    if later:
        at, found = max(later, key=lambda each: each[0])
        return {"name": found.name, "by": found.by, "at": format_time(at)}
    if mine:
        has = (
            f"{name} {wanted} '{mine[0][1].name}' at {format_time(mine[0][0])}, which was about the start of the drill"
        )
    elif workflow.approvals is None:
        has = f"AWX did not say who decided: {workflow.why_not or 'no account in AWX was given'}"
    else:
        names = [each.by for each in workflow.approvals if each.by and each.decision == wanted]
        has = f"AWX has {_named(names) or 'nobody'}"
    raise InvalidInputError(
        f"method is awx_approval: expected an approval in the record's workflow, after the record was written "
        f"({format_time(written) or 'not known'}), that {name} {wanted}, but {has}. Add an approval node behind the "
        f"drill's (awx_setup_sign_off_timeout of awx_setup), or sign with ssh or gpg. {_WRITTEN}"
    )
