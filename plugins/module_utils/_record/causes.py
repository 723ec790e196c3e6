# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a record is not passed: reasons, what they come to, and the deviations that a person follows up. Pure.

What only follows from another cause is no deviation of its own: it is one of that cause's consequences. The fingerprint
of a deviation is the same in every drill for the same cause on the same resource of the same array.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field

from .._words import CONSEQUENCES, Cause, Verdict
from .types import CauseGroup, Deviation, NotPassed, Texts

_FINDINGS: t.Final = (Cause.BLOCKED, Cause.WARNING)


def words_of(cause_id: str) -> str:
    """A cause in words that follow a number of sessions; a finding that has none is called by its id."""
    known = {cause.value: cause.word for cause in Cause}
    return known.get(cause_id) or f"with {cause_id}"


@dataclass(frozen=True)
class Reason:
    """Something that keeps a record from having passed, with the verdict that it allows at best."""

    verdict: NotPassed
    cause: Cause
    text: str
    session_id: str | None = None
    subject: str | None = None  # what it is about, for a person
    resource_id: str | None = None
    check: str | None = None  # the check, step or finding
    of_all: bool = True  # about the record as a whole, and no session, not even one that was not found

    @property
    def place(self) -> str | None:
        """What it is about: a session, found or not; None for the record as a whole."""
        return None if self.of_all else self.session_id or self.subject

    @property
    def cause_id(self) -> str:
        """The id of the cause; for a finding, its own."""
        return self.check if self.cause in _FINDINGS and self.check else self.cause.value


@dataclass(frozen=True)
class Judgement:
    """The reasons that were found, and the verdict they come to."""

    reasons: tuple[Reason, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """The worst that a reason allows; passed where there is none."""
        verdicts: t.Iterable[Verdict] = (reason.verdict for reason in self.reasons)
        return Verdict.worst(verdicts, otherwise=Verdict.PASSED)

    @property
    def texts(self) -> Texts:
        """The reasons, each once, in their order."""
        return tuple(dict.fromkeys(reason.text for reason in self.reasons))

    @property
    def causes(self) -> Texts:
        """The same without what only follows from another one."""
        return tuple(dict.fromkeys(reason.text for reason in self._folded()))

    def by_session(self) -> t.Mapping[str | None, Judgement]:
        """The reasons of each session; those of the drill as a whole under None."""
        found: dict[str | None, list[Reason]] = {}
        for reason in self.reasons:
            found.setdefault(reason.session_id, []).append(reason)
        return {session_id: Judgement(tuple(reasons)) for session_id, reasons in found.items()}

    def _folded(self) -> dict[Reason, list[Reason]]:
        """Each cause with what follows from it."""
        reasons = list(dict.fromkeys(self.reasons))
        by_place: dict[str | None, list[Reason]] = {}
        for reason in reasons:
            by_place.setdefault(reason.place, []).append(reason)
        parents = {reason: parent for reason in reasons if (parent := _parent(reason, by_place))}
        folded: dict[Reason, list[Reason]] = {reason: [] for reason in reasons if reason not in parents}
        for reason in parents:
            root = reason
            while root in parents:
                root = parents[root]
            folded[root].append(reason)
        return folded

    def deviations(self, array: str | None) -> tuple[Deviation, ...]:
        """The causes as a list for a person to complete; ``array`` is its global id."""
        return tuple(
            Deviation(
                id=f"D{number}",
                session_id=reason.session_id,
                severity=_worst(each.verdict for each in (reason, *consequences)),
                description=reason.text,
                cause=reason.cause_id,
                subject=reason.subject,
                fingerprint=fingerprint(reason, array),
                consequences=tuple(dict.fromkeys(each.text for each in consequences)),
            )
            for number, (reason, consequences) in enumerate(self._folded().items(), start=1)
        )


def _worst(verdicts: t.Iterable[NotPassed]) -> NotPassed:
    return min(verdicts, key=lambda verdict: verdict.weight)


def _parent(reason: Reason, by_place: t.Mapping[str | None, t.Sequence[Reason]]) -> Reason | None:
    """The cause that a reason follows from: on the same session, else of the drill as a whole."""
    near: list[t.Sequence[Reason]] = [by_place.get(reason.place, ()), by_place.get(None, ())]
    if reason.cause is Cause.NOTHING_STARTED:  # it follows from the sessions whose start failed
        near += by_place.values()
    explaining = (each for same in near for each in same if reason.cause in CONSEQUENCES.get(each.cause, ()))
    return next(explaining, None)


def fingerprint(reason: Reason, array: str | None) -> str:
    """SHA-256 of cause, array, resource and check, joined by a vertical bar; what does not apply is empty."""
    check = None if reason.cause in _FINDINGS else reason.check
    parts = (reason.cause_id, array, reason.resource_id, check)
    return hashlib.sha256("|".join(part or "" for part in parts).encode("utf-8", "backslashreplace")).hexdigest()


def groups_of(deviations: t.Sequence[Deviation]) -> tuple[CauseGroup, ...]:
    """The deviations by their cause: the worst first, then those of most sessions."""
    found: dict[str, list[Deviation]] = {}
    for deviation in deviations:
        if deviation.cause:
            found.setdefault(deviation.cause, []).append(deviation)
    groups = [
        CauseGroup(
            cause=cause,
            words=words_of(cause),
            severity=_worst(each.severity for each in same),
            count=len(same),
            sessions=tuple(dict.fromkeys(each.session_id for each in same if each.session_id)),
            deviations=tuple(each.id for each in same),
        )
        for cause, same in found.items()
    ]
    return tuple(sorted(groups, key=lambda group: (group.severity.weight, -group.count)))


def of_input(notes: t.Iterable[str]) -> t.Iterator[Reason]:
    """What was handed in and could not be understood: it is as if it were not known, which is no pass."""
    for note in notes:
        text = f"What was handed to the record is not understood: {note}. It was left out."
        yield Reason(Verdict.INCOMPLETE, Cause.INPUT, text, check=note.split(" is ")[0])
