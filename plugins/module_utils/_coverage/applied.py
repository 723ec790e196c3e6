# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy applied to the population: which rule and which exclusion each row falls under. Pure.

What would silently cover less than its author meant is refused: a rule or exclusion that fits nothing or has expired,
and two of them for one session.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from .arrays import ArrayNow, is_double
from .policies import LONGEST, Exclusion, Policy, Rule
from .policy_file import refuse
from .population import Member
from .tested import FromRecord

Entry = t.TypeVar("Entry", Rule, Exclusion)


@dataclass(frozen=True)
class Applied:
    """The rule and the exclusion of each member, in their order; ``notes``: what could not be judged."""

    rules: tuple[Rule | None, ...]
    exclusions: tuple[Exclusion | None, ...]
    notes: tuple[str, ...]


def applied(
    policy: Policy,
    path: str,
    members: t.Sequence[Member],
    arrays: t.Sequence[ArrayNow],
    records: t.Sequence[FromRecord],
    written_at: datetime,
) -> Applied:
    """The policy for these members. Raises InvalidInputError that names every entry that is refused."""
    problems: list[str] = []
    unread = [each.host for each in arrays if each.why_not is not None and not is_double(each, arrays)]
    notes: list[str] = []
    rules = _each(policy.rules, members, problems)
    exclusions = _each(policy.exclusions, members, problems)
    # Of an array that was not read, nobody knows what is there: an entry that fits nothing may mean a session of it.
    idle = [*_idle(policy.rules, rules, members), *_idle(policy.exclusions, exclusions, members)]
    (notes if unread else problems).extend(
        f"{entry} matches no session" + (f"; not read: {', '.join(unread)}" if unread else "") for entry in idle
    )
    notes.extend(_without_end(policy.exclusions, written_at))
    if policy.on_expired == "refuse":
        problems.extend(dict.fromkeys(_expired(exclusions, members, policy.exclusions, written_at)))
    problems.extend(_known_tests(policy, arrays))
    problems.extend(_retired(policy, arrays, records))
    refuse(problems, path)
    return Applied(tuple(rules), tuple(exclusions), tuple(notes))


def _each(entries: t.Sequence[Entry], members: t.Sequence[Member], problems: list[str]) -> list[Entry | None]:
    found: list[Entry | None] = []
    clashes: dict[tuple[str, str], list[str]] = {}
    for member in members:
        named = member.named
        fitting = [entry for entry in entries if entry.match.fits(named)]
        if len(fitting) > 1 and _counts(member):
            clashes.setdefault((str(fitting[0]), str(fitting[1])), []).append(f"{member.label} on {_on(member)}")
        found.append(fitting[0] if fitting else None)
    for (one, other), sessions in clashes.items():
        more = f" and {len(sessions) - 1} more" if len(sessions) > 1 else ""
        problems.append(f"{one} and {other} both fit {sessions[0]}{more}: expected at most one")
    return found


def _on(member: Member) -> str:
    return next(iter(member.named.arrays), "an array that is not known")


def _counts(member: Member) -> bool:
    """Whether it is there now, or may be."""
    return member.current is not None or member.not_read is not None


def _idle(
    entries: t.Sequence[Entry], found: t.Sequence[Entry | None], members: t.Sequence[Member]
) -> t.Iterator[Entry]:
    used = {entry.where for entry, member in zip(found, members, strict=True) if entry is not None and _counts(member)}
    return (entry for entry in entries if entry.where not in used)


def _expired(
    found: t.Sequence[Exclusion | None],
    members: t.Sequence[Member],
    entries: t.Sequence[Exclusion],
    written_at: datetime,
) -> t.Iterator[str]:
    for entry in entries:
        times = [member.now or written_at for one, member in zip(found, members, strict=True) if one is entry]
        if entry.expires <= max(times, default=written_at):
            yield f"{entry} expired: {entry.shown}"


def _without_end(entries: t.Sequence[Exclusion], written_at: datetime) -> t.Iterator[str]:
    """An expiry that nobody lives to see is next to none, and said to whoever reads the coverage."""
    for entry in entries:
        if entry.expires > written_at + LONGEST:
            yield f"{entry} expires only {entry.shown}: it is hardly looked at again before."


def _known_tests(policy: Policy, arrays: t.Sequence[ArrayNow]) -> t.Iterator[str]:
    """A log forgets, so an entry for a test that is not in it any more is refused only where nothing is unread."""
    logged: set[str] = set()
    for array in arrays:
        tests = [each for tests in (array.log or {}).values() for each in tests]
        logged.update(name for each in tests for name in (each.job_id, each.clone_id) if name)
    if all(array.log is not None for array in arrays):
        for each in policy.known_tests:
            if each.job_id not in logged:
                yield f"{each.where} names job {each.job_id}, which is in no array's log: remove the entry"


def _retired(policy: Policy, arrays: t.Sequence[ArrayNow], records: t.Sequence[FromRecord]) -> t.Iterator[str]:
    recorded = {name for each in records for name in _names_of(each)}
    for each in policy.retired:
        name = each.array.casefold()
        if any(name in {called.casefold() for called in array.called} for array in arrays):
            yield f"{each.where} names array {each.array}, which is in the inventory"
        elif name not in recorded:
            yield f"{each.where} names array {each.array}, of which no record tells"


def _names_of(record: FromRecord) -> t.Iterator[str]:
    for name in (record.array_global_id, *(tested.array_name for tested in record.tested)):
        if name:
            yield name.casefold()
