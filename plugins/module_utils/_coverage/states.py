# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of one row from its sources: the array, the records, the array's log, the policy. Pure.

Each source says what it alone would make of the row, and the row is the worst of them.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._record.results import SessionSeen
from .._time import in_words
from .._words import Coverage, Verdict, kind_in_words
from .document import Because, Change, LoggedTest, Test
from .policies import Exclusion
from .tested import LeftOut, Tested

AHEAD: t.Final = timedelta(days=1)  # how far in the future a test may lie: clocks differ


@dataclass(frozen=True, kw_only=True)
class Sources:
    """All that is known of one row."""

    now: datetime
    period: timedelta
    warn: timedelta
    not_read: str | None = None  # why the array does not tell all of it
    seen: SessionSeen | None = None  # None: it is not on the array any more, or that is not known
    is_destination: bool = True
    can_be_tested: bool = True
    tests: tuple[Tested, ...] = ()  # the oldest first
    changes: tuple[Change, ...] = ()
    not_compared: tuple[str, ...] = ()
    unrecorded: tuple[LoggedTest, ...] = ()
    exclusion: Exclusion | None = None
    left_out: LeftOut | None = None  # by a drill

    @property
    def last(self) -> Test | None:
        """The last attempt at a test. One that lies in the future was stamped by a wrong clock, and hides no other."""
        begun = [each.test for each in self.tests if each.attempted] or [each.test for each in self.tests]
        found = [each for each in begun if not self.is_ahead(each)] or begun
        return found[-1] if found else None

    def is_ahead(self, test: Test) -> bool:
        """Whether a test lies in the future, so that nobody knows when it was."""
        return test.at > self.now + AHEAD

    @property
    def failed_ahead(self) -> tuple[Test, ...]:
        """Attempts that lie in the future and were not good: they may have been the last."""
        tests = (each.test for each in self.tests if each.attempted)
        return tuple(test for test in tests if self.is_ahead(test) and not test.is_good and test is not self.last)

    @property
    def last_good(self) -> Tested | None:
        """The last test that counts for the period."""
        good = [each for each in self.tests if each.started and each.test.is_good and not self.is_ahead(each.test)]
        return good[-1] if good else None

    @property
    def due(self) -> datetime | None:
        """Until when it has to be tested again."""
        return self.last_good.test.at + self.period if self.last_good else None

    @property
    def exclusion_has_expired(self) -> bool:
        """Whether the time of its exclusion is over."""
        return self.exclusion is not None and self.exclusion.expires <= self.now


def because(sources: Sources) -> tuple[Because, ...]:
    """The sources of a row, the worst first; there is always one."""
    found = [Because(state=state, text=text) for state, text in _said(sources)]
    return tuple(sorted(found, key=lambda each: each.state.weight))


Said: t.TypeAlias = "t.Iterator[tuple[Coverage, str]]"


def _said(of: Sources) -> Said:
    if of.not_read is not None:
        yield Coverage.NOT_READ, f"{of.not_read[:1].upper()}{of.not_read[1:]}".rstrip(".") + "."
    if of.unrecorded:
        yield Coverage.UNRECORDED_TEST, _of_the_log(of.unrecorded)
    if of.seen is None:
        if of.not_read is None:
            yield Coverage.GONE, _gone(of)
        return
    if of.exclusion and not of.exclusion_has_expired:
        yield _excluded(of, of.exclusion)
        return
    if of.exclusion:
        yield Coverage.EXCLUSION_EXPIRED, f"{of.exclusion} expired: {of.exclusion.shown}."
    if of.left_out:
        yield (
            Coverage.EXCLUSION_EXPIRED,
            f"Left out of the last drill until {of.left_out.shown}: {of.left_out.reason}",
        )
    yield from _of_tests(of)


def _gone(of: Sources) -> str:
    if of.unrecorded and all(each.clone_id for each in of.unrecorded) and not of.tests:
        return "The array shows no replicated NAS server here that it is a clone of."
    return "The array does not have this session any more."


def _of_the_log(tests: t.Sequence[LoggedTest]) -> str:
    first = next((each for each in tests if each.clone_id), tests[0])  # what is there now
    more = f" And {len(tests) - 1} more." if len(tests) > 1 else ""
    if first.clone_id:
        made = f"{first.at:%Y-%m-%d %H:%M} UTC" if first.at else "at a time that is not known"
        return (
            f"The DR-test clone '{first.clone or first.clone_id}' is on the array, and in no record: made "
            f"{made} by {first.user or 'an account that is not known'}. The playbook stop_tests finds it.{more}"
        )
    when = f"{first.at:%Y-%m-%d %H:%M} UTC" if first.at else "not yet"
    return (
        f"The array's log has a failover test that is in no record: started {when} by "
        f"{first.user or 'an account that is not known'}, job {first.job_id}.{more}"
    )


def _excluded(of: Sources, exclusion: Exclusion) -> tuple[Coverage, str]:
    until = f"until {exclusion.shown}: {exclusion.reason}"
    if of.can_be_tested:
        return Coverage.EXCLUDED, f"Excluded {until}"
    if exclusion.alternative:
        return Coverage.NOT_TESTABLE, f"{_kind(of)} cannot be tested; excluded {until} Instead: {exclusion.alternative}"
    return Coverage.NEVER, f"{_kind(of)} cannot be tested, and {exclusion} names no alternative."


def _kind(of: Sources) -> str:
    seen = of.seen
    kind = (seen.resource_type if seen else None) or "resource"
    return f"A {kind_in_words(kind)}" + (f" of type {seen.type}" if seen and seen.type else "")


def _of_tests(of: Sources) -> Said:
    good, last = of.last_good, of.last
    if not of.is_destination and of.seen:
        yield Coverage.CHANGED, f"Its role is {of.seen.role}: it was tested as a destination, and no longer is one."
    if not of.can_be_tested:
        yield (
            Coverage.NEVER,
            f"{_kind(of)} cannot be tested: it needs an exclusion that names an alternative.",
        )
        return
    if last is None or not any(each.started for each in of.tests):
        named = f" Record {last.record_id} names it, and no test was started." if last else ""
        yield Coverage.NEVER, f"No record has a failover test of it.{named}"
        return
    for test in (last, *of.failed_ahead):
        if not test.is_good:
            yield (
                Coverage.FAILED_LAST,
                f"Its last test, {_day(test.at)}, ended as {test.verdict.word.lower()}. "
                + (test.reasons[0] if test.reasons else "No reason is given."),
            )
    if good is None or of.due is None:
        if last.is_good:
            yield (
                Coverage.NEVER,
                f"Its test of {_day(last.at)} lies in the future: a clock was wrong, so it counts not.",
            )
        return
    yield from _of_the_good_one(of, good.test, of.due)


def _of_the_good_one(of: Sources, good: Test, due: datetime) -> Said:
    if due < of.now:
        yield (
            Coverage.OVERDUE,
            f"Last tested {_day(good.at)}; due {_day(due)}, {in_words(of.now - due)} ago.",
        )
    for change in of.changes:
        yield Coverage.CHANGED, f"{change.what.replace('_', ' ')} changed since: {change.tested}; now {change.now}."
    if "members" in of.not_compared:
        yield Coverage.CHANGED, "Its record does not say which volumes were tested, so nothing can be compared."
    if of.now <= due <= of.now + of.warn:
        yield Coverage.DUE_SOON, f"Due {_day(due)}, in {in_words(due - of.now)}."
    if good.verdict is Verdict.PASSED:
        yield Coverage.TESTED, f"Tested {_day(good.at)}; due {_day(due)}."
    else:
        yield Coverage.TESTED_WITH_DEVIATIONS, f"Tested {_day(good.at)} with deviations; due {_day(due)}."


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
