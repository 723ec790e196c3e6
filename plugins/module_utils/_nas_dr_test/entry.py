# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the result says of each NAS server: its entry, and its line of the diff. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._array.session import Cluster
from .._errors import PowerStoreError
from .._findings.finding import Finding, Findings
from .._json import Json
from .._nas_tests.clone import Clone
from .._time import format_time
from .plan import Found, Plan, Step, lacking, wanted_file_systems
from .wish import CLONE, Wish
from .work import Making, Removing, Work

CHANGING = ("started", "stopped")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one NAS server's result says. ``after``: its DR-test clones afterwards, None where that is not known."""

    step: Step
    action: str
    after: tuple[Clone, ...] | None = ()
    work: Work | None = None
    rollback: Work | None = None
    error: PowerStoreError | None = None
    findings: Findings = ()
    predicted: str | None = None  # check mode: how the diff calls what would be there

    @property
    def changed(self) -> bool:
        """Whether the array is (in check mode: would be) in another state than before, by this task."""
        if self.work is None:
            return self.action in CHANGING
        if self.after is None:
            return self.work.request_sent
        before = _contents(self.step.seen)
        return self.work.request_sent and before != _contents(self.after)

    def as_result(self, now: datetime | None) -> Json:
        """One entry of ``nas_servers`` in the module's result."""
        step, work = self.step, self.work
        server, session = step.found.server, step.found.session
        return {
            "session_id": session.id if session else None,
            "selector": _selector(step.found.wish),
            "resource_type": "nas_server",
            "resource_name": server.name if server else None,
            "resource_id": server.id if server else None,
            "action": self.action,
            "changed": self.changed,
            "failed": self.error is not None,
            "before": self._condition(step.seen, now),
            "after": self._condition(self.after, now),
            "request_sent": bool(work and work.request_sent),
            "attempts": work.attempts if work else 0,
            "clone": self._clone(now),
            "made": list(work.made) if work else [],
            "removed": [*(work.removed if work else ()), *(self.rollback.removed if self.rollback else ())],
            "findings": [finding.as_result() for finding in (*step.findings, *self.findings)],
            "failure": self.error.as_failure() if self.error else None,
            "rollback": _timing(self.rollback) if self.rollback else None,
            **_timing(work),
        }

    def _condition(self, clones: tuple[Clone, ...] | None, now: datetime | None) -> Json | None:
        if clones is None or (not clones and self.step.found.server is None):
            return None
        session = self.step.found.session
        state = session.as_condition() if session else {}
        return {
            "state": state.get("state"),
            "role": state.get("role"),
            "dr_test_clones": [clone.as_result(now) for clone in clones],
        }

    def _clone(self, now: datetime | None) -> Json | None:
        """The clone that the task is about: that it made, found, or removed."""
        goal = self.step.goal
        removed = goal.clones[0] if isinstance(goal, Removing) else None
        chosen = (self.work.clone if self.work else None) or removed or self.step.own
        return chosen.as_result(now) if chosen else None

    def shown(self, *, before: bool) -> str:
        """Its line of the diff."""
        if before:
            return in_words(self.step.seen)
        if self.predicted is not None:
            return self.predicted
        return "not known: the array could not be read" if self.after is None else in_words(self.after)

    @property
    def label(self) -> str:
        """What its line of the diff is about."""
        found = self.step.found
        if found.server:
            return found.server.label
        return f"{found.wish.selector}"


def _selector(wish: Wish) -> Json:
    own: Json = {wish.selector.by: wish.selector.value}
    return {**own, CLONE: wish.clone_id} if wish.clone_id else own


def _contents(clones: t.Iterable[Clone]) -> set[tuple[str, frozenset[str], frozenset[str]]]:
    return {
        (
            clone.id,
            frozenset(each.id for each in clone.file_systems or ()),
            frozenset(each.id for each in clone.interfaces or ()),
        )
        for clone in clones
    }


def in_words(clones: t.Iterable[Clone]) -> str:
    """The DR-test clones of one NAS server in a line of the diff."""
    return "; ".join(sorted(map(_one, clones))) or "no DR-test clone"


def _one(clone: Clone) -> str:
    files = ", ".join(sorted(each.name for each in clone.file_systems or ())) or "no file system"
    addresses = ", ".join(sorted(each.ip_address or each.id for each in clone.interfaces or ())) or "no file interface"
    return f"DR-test clone '{clone.server.name}' with {files} and {addresses}"


def _timing(work: Work | None) -> Json:
    began, ended = (work.started_at, work.finished_at) if work else (None, None)
    return {
        "job_id": work.job_id if work else None,
        "started_at": format_time(began),
        "finished_at": format_time(ended),
        "duration_seconds": round((ended - began).total_seconds(), 3) if began and ended else None,
    }


def predicted(step: Step, planned: Plan) -> Entry:
    """The entry of check mode, and that of a step on which nothing is done."""
    if step.error:
        return Entry(step=step, action="failed", after=step.seen, error=step.error)
    if planned.refused:
        return Entry(step=step, action="not_attempted" if step.goal else "none", after=step.seen)
    goal = step.goal
    if isinstance(goal, Making):
        return Entry(step=step, action="started", after=None, predicted=_with_made(step, goal))
    if goal is not None:
        left = tuple(clone for clone in step.seen if clone not in goal.clones)
        return Entry(step=step, action="stopped", after=left)
    if step.awaits:
        return Entry(step=step, action="stopped", after=step.seen)
    return Entry(step=step, action="none", after=step.seen)


def _with_made(step: Step, goal: Making) -> str:
    others = [_one(clone) for clone in step.seen if clone is not goal.existing]
    if goal.existing:
        files = sorted(each.name for each in goal.existing.file_systems or ())
        addresses = [each.ip_address or each.id for each in goal.existing.interfaces or ()]
    else:
        files, addresses = sorted(each.name for each in wanted_file_systems(step.found)), []
    addresses += [goal.interface.ip_address] if goal.interface else []
    made = (
        f"DR-test clone '{goal.name}' with {', '.join(files) or 'no file system'} and "
        f"{', '.join(sorted(addresses)) or 'no file interface'}"
    )
    return "; ".join(sorted([*others, made]))


def entry_of_start(step: Step, work: Work, rollback: Work | None) -> Entry:
    """The entry of a start that was carried out; what the array showed last counts."""
    goal = t.cast(Making, step.goal)
    others = tuple(clone for clone in step.seen if goal.existing is None or clone.id != goal.existing.id)
    made = work.clone
    findings = [*_learned(step, work), *_half_done(step, work, rollback)]
    if rollback is not None and made is not None and made.id in rollback.gone:
        after: tuple[Clone, ...] | None = others
    elif work.error is not None and made is None and work.request_sent and not work.is_absent:
        after = None  # it may be there, and may not
    else:
        after = _after([*others, made] if made is not None else step.seen, rollback)
    error = work.error or (rollback.error if rollback else None)
    if rollback is not None and work.error is None:
        action = "failed" if rollback.error else "rolled_back"
    else:
        action = "failed" if error else "started"
    return Entry(
        step=step, action=action, after=after, work=work, rollback=rollback, error=error, findings=tuple(findings)
    )


def _after(clones: t.Iterable[Clone], removal: Work | None) -> tuple[Clone, ...] | None:
    """The clones after a removal, as the array showed what is left; None where one of them could not be read."""
    if removal is None:
        return tuple(clones)
    left = [removal.left.get(clone.id, clone) for clone in clones if clone.id not in removal.gone]
    return None if None in left else tuple(clone for clone in left if clone)


def _learned(step: Step, work: Work) -> t.Iterator[Finding]:
    session, goal = step.found.session, step.goal
    if work.answer_lost:
        of = step.found.server.label if step.found.server else "clone"
        message = f"An answer to a request for the {of} was lost; the array was read instead."
        yield Finding.of("answer.lost", session, message)
    if isinstance(goal, Making) and work.is_new and work.clone and not work.error:
        missing = lacking(goal.file_systems, work.clone)
        if missing:
            yield Finding.of("nas.file_systems_missing", session, missing)


def _half_done(step: Step, work: Work, rollback: Work | None) -> t.Iterator[Finding]:
    session, made = step.found.session, " and ".join(work.made)
    unknown = work.request_sent and work.clone is None and not work.is_absent
    if not work.error or not (made or unknown):
        return
    if not made:
        name = t.cast(Making, step.goal).name
        message = f"The start failed; whether the clone '{name}' was made could not be read."
    elif rollback is None:
        message = f"The start failed; it had made {made}, which is left."
    elif rollback.error:
        message = f"The start failed; it had made {made}, and taking that back failed: {rollback.error.message}"
    else:
        message = f"The start failed; it had made {made}, which was removed again."
    yield Finding.of("nas.half_done", session, message)


def entry_of_stop(step: Step, work: Work) -> Entry:
    """The entry of a stop that was carried out."""
    left = _after(step.seen, work)
    done = "stopped" if work.request_sent else "none"  # somebody else may have removed it meanwhile
    return Entry(
        step=step,
        action="failed" if work.error else done,
        after=left,
        work=work,
        error=work.error,
        findings=tuple(_learned(step, work)),
    )


@dataclass(frozen=True, slots=True)
class Results:
    """What was (or would be) done, for each NAS server in the order asked."""

    cluster: Cluster
    entries: tuple[Entry, ...]

    def as_result(self, now: datetime | None) -> Json:
        """The return values of the module; with ``failed``, ``msg`` and ``failure`` where one failed."""
        header = f"DR tests of NAS servers on {self.cluster.name}"
        shown = [entry for entry in self.entries if entry.step.found.server or entry.step.seen]
        return {
            "changed": any(entry.changed for entry in self.entries),
            "cluster": self.cluster.as_result(),
            "nas_servers": [entry.as_result(now) for entry in self.entries],
            "diff": {
                "before_header": header,
                "after_header": header,
                "before": {entry.label: entry.shown(before=True) for entry in shown},
                "after": {entry.label: entry.shown(before=False) for entry in shown},
            },
            **self._verdict(),
        }

    def _verdict(self) -> Json:
        errors = [entry.error for entry in self.entries if entry.error]
        if not errors:
            return {}
        count = len(self.entries)
        lead = "" if count == 1 else f"{len(errors)} of {count} NAS servers failed. The first: "
        return {"failed": True, "msg": lead + errors[0].message, "failure": errors[0].as_failure()}


def nothing_attempted(wishes: t.Sequence[Wish], error: PowerStoreError) -> Json:
    """What the result holds where the task failed before the array was read."""
    entries = [Entry(step=Step(found=Found(wish=wish)), action="not_attempted", error=error) for wish in wishes]
    return {"changed": False, "nas_servers": [entry.as_result(None) for entry in entries]}
