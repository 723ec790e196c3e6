# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions that Dell's documents leave open, and what one array says to each: from what first_contact observed. Pure.

A question is answered, was not asked (and why), or was not seen. ``value`` is for machines; the simulator takes it
(`tests/lab/simulator/facts.py`). No name of anything is in an answer.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._array.fields import Fields
from .._array.jobs import START, STOP
from .._errors import AuthorizationError, ProtocolError
from .._json import Json
from .._time import in_words, parse_time
from .look import COLLECTIONS

ANSWERED, NOT_ASKED, NOT_SEEN = "answered", "not asked", "not seen"
_CLOCKS_DIFFER = 2.0  # seconds from which on it shows whose clock stamps a synchronisation
_ABOUT = 0.5  # seconds by which two times may differ and be of the same clock

_Found: t.TypeAlias = "tuple[t.Any, str] | None"


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the table."""

    id: str
    question: str
    status: str
    answer: str
    value: t.Any = None

    def as_json(self) -> Json:
        """As the file has it."""
        return {"id": self.id, "question": self.question, "status": self.status, "answer": self.answer,
                "value": self.value}  # fmt: skip


class Seen:
    """What was observed, step by step. A step that was not done, or failed, is empty."""

    def __init__(self, steps: t.Mapping[str, Json | None]) -> None:
        self._steps = steps

    def of(self, step: str) -> Json:
        """The ``observed`` of a step of first_contact."""
        found = (self._steps.get(step) or {}).get("observed")
        return found if isinstance(found, dict) else {}

    def operation(self, step: str) -> Json:
        """The entry of the session in a result of replication_failover_test."""
        entries = (self._steps.get(step) or {}).get("sessions")
        first = entries[0] if isinstance(entries, list) and entries else None
        return first if isinstance(first, dict) else {}

    def failed(self, step: str) -> str | None:
        """The kind of failure of a step that failed."""
        result = self._steps.get(step) or {}
        if not result.get("failed"):
            return None
        failure = result.get("failure")
        return str(failure.get("kind") if isinstance(failure, dict) else "see the output above")

    def looks(self, step: str) -> list[Json]:
        """The looks of a watch, or the one of a read."""
        observed = self.of(step)
        return list(observed.get("looks") or ([observed] if observed else []))

    def last(self, step: str, part: str, name: str) -> t.Any:
        """A value in the last look: ``session``, ``failover_test_in_progress``. Raises LookupError without a look."""
        return (self.looks(step)[-1].get(part) or {})[name]

    def job(self, action: str) -> Json:
        """The job of the start or the stop, as the array's log has it: by its id, where that became known."""
        wanted = self.operation("start" if action == START else "stop").get("job_id")
        found = [job for step in ("during", "after") for job in self.of(step).get("jobs") or ()]
        jobs = [job for job in found if (job["id"] == wanted if wanted else job["action"] == action)]
        return jobs[-1] if jobs else {}


def answers(steps: t.Mapping[str, Json | None]) -> list[Answer]:
    """The answer to each question, in the order of the questions."""
    seen = Seen(steps)
    return [_answer(seen, *question) for question in _QUESTIONS] + [
        Answer(id=i, question=question, status=NOT_ASKED, answer=why) for i, question, why in _NEVER_ASKED
    ]


def _answer(seen: Seen, i: str, question: str, find: t.Callable[[Seen], _Found], needs: str) -> Answer:
    try:
        found = find(seen)
    except (LookupError, TypeError, ValueError, ProtocolError):
        found = None
    if found is not None:
        return Answer(id=i, question=question, status=ANSWERED, answer=found[1], value=found[0])
    return Answer(id=i, question=question, status=NOT_SEEN, answer=_why_on_both(seen) if needs == _ON_BOTH else needs)


def _why_on_both(seen: Seen) -> str:
    """Why a question to both arrays has no answer."""
    if failed := seen.failed("source_before"):
        return f"the production array could not be read ({failed}); the output above says why"
    return _IN_TEST if seen.of("source_before") else _ON_BOTH


def _word(value: object) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _seconds_between(begin: object, end: object) -> float | None:
    first, last = parse_time(begin), parse_time(end)
    return None if first is None or last is None else round((last - first).total_seconds(), 3)


def _release(seen: Seen) -> _Found:
    here, there = seen.of("before").get("release"), seen.of("source_before").get("release")
    if not here:
        return None
    return {"destination": here, "source": there}, f"destination {here}, source {there or 'not asked'}"


def _role(seen: Seen) -> _Found:
    role_ids = seen.of("before")["account"]["role_ids"]
    may = {name: _may(seen.operation(name)) for name in ("start", "stop")}
    words = [f"{name}: {'not seen' if may[name] is None else 'yes' if may[name] else 'refused'}" for name in may]
    return {"role_ids": role_ids, **may}, f"role id {', '.join(role_ids) or 'none shown'}; {', '.join(words)}"


def _may(operation: Json) -> bool | None:
    """Whether the account may: None where it was not tried, or failed for another reason."""
    if operation.get("action") in ("started", "stopped"):
        return True
    kind = (operation.get("failure") or {}).get("kind")
    return False if kind == AuthorizationError.kind else None


def _readable(seen: Seen) -> _Found:
    rows, refused = seen.of("before")["rows"], seen.of("before")["refused"]
    statuses = {
        name: (refused.get(name) or {}).get("http_status") if rows[name] is None else 200 for name in COLLECTIONS
    }
    denied = [f"{name} ({statuses[name]})" for name in COLLECTIONS if statuses[name] != 200]
    return statuses, f"all but {', '.join(denied)}" if denied else "everything that the collection reads"


def _login(seen: Seen) -> _Found:
    account = seen.of("before")["account"]
    user = seen.job(START).get("user")
    value = {"user_shown": account["user_shown"], "idle_timeout": account["idle_timeout"], "user_in_jobs": user}
    shown = "shows the user" if account["user_shown"] else "shows no user"
    return value, f"{shown}, ends after {account['idle_timeout']} s idle; user in jobs: {user or 'not seen'}"


def _clock(seen: Seen) -> _Found:
    here, there = seen.of("before")["clock_ahead_seconds"], seen.of("source_before").get("clock_ahead_seconds")
    if here is None:
        return None
    words = f"the destination's clock is {here:+.1f} s from the controller's"
    return {"destination": here, "source": there}, words + ("" if there is None else f", the source's {there:+.1f} s")


def _recovery_point_clock(seen: Seen) -> _Found:
    clocks = [seen.of(step)["clock_ahead_seconds"] for step in ("before", "source_before")]
    stamps = [seen.last(step, "session", "last_sync_timestamp") for step in ("before", "source_before")]
    apart, between = clocks[1] - clocks[0], _seconds_between(*stamps)
    if between is None or abs(apart) < _CLOCKS_DIFFER:
        return None
    if abs(between - apart) <= _ABOUT:
        return "own", "each array's own"
    return ("source", "the source's, on both arrays") if abs(between) <= _ABOUT else None


def _flag(seen: Seen, before: str, during: str, after: str) -> _Found:
    values = {
        name: seen.last(step, "session", "failover_test_in_progress")
        for name, step in (("before", before), ("during", during), ("after", after))
        if seen.looks(step)
    }
    if "during" not in values:
        return None
    return values, ", ".join(f"{name} {_word(value)}" for name, value in values.items())


def _same_session_id(seen: Seen) -> _Found:
    here, there = seen.last("before", "session", "id"), seen.last("source_before", "session", "id")
    return here == there, "yes" if here == there else "no, each array has its own"


def _resource(seen: Seen) -> _Found:
    flags, moved = {}, set()
    for name in ("before", "during", "after"):
        flags[name] = seen.last(name, "resource", "is_replication_destination")
        for attribute in ("wwn", "size", "type"):
            if seen.last(name, "resource", "type") and _attribute(seen, name, attribute) != _attribute(
                seen, "before", attribute
            ):
                moved.add(attribute)
    value = {"is_replication_destination": flags, "changed": sorted(moved)}
    words = ", ".join(f"{name} {_word(flag)}" for name, flag in flags.items())
    return value, f"is_replication_destination {words}; {', '.join(sorted(moved)) or 'wwn, size and type'} " + (
        "changed" if moved else "stay"
    )


def _attribute(seen: Seen, step: str, name: str) -> t.Any:
    return (seen.looks(step)[-1].get("resource") or {}).get(name)


def _mappings(seen: Seen) -> _Found:
    counts = {step: seen.looks(step)[-1]["mappings"] for step in ("before", "during", "after")}
    if None in counts.values():
        return None
    words = "stay as they are" if len(set(counts.values())) == 1 else "change"
    return counts, f"{words}: " + ", ".join(f"{step} {count}" for step, count in counts.items())


def _states(seen: Seen) -> _Found:
    looks = [look for step in ("before", "during", "after") for look in seen.looks(step)]
    found = sorted({look["session"]["state"] for look in looks})
    return (found, ", ".join(found)) if found else None


def _recovery_point(seen: Seen) -> _Found:
    stamps = [look["session"]["last_sync_timestamp"] for step in ("before", "during") for look in seen.looks(step)]
    if len(set(stamps)) < 2:
        return None
    return True, "yes, last_sync_timestamp went on during the test"


def _operation(action: str, step: str, seen: Seen) -> _Found:
    entry, job = seen.operation(step), seen.job(action)
    if entry.get("action") not in ("started", "stopped") or not entry.get("request_sent"):
        return None
    took = _seconds_between(job.get("start_time"), job.get("end_time"))
    shown = entry.get("duration_seconds")
    value = {"job_seconds": took, "shown_after_seconds": shown, "phase": job.get("phase")}
    return (
        value,
        f"its job took {took if took is not None else '-'} s; the session showed it {shown} s after it was sent",
    )


def _flag_delay(seen: Seen) -> _Found:
    entry, job = seen.operation("start"), seen.job(START)
    late = _seconds_between(job["end_time"], entry["finished_at"])
    if late is None:
        return None
    return max(0.0, late), f"at most {max(0.0, late):.1f} s after the job's end"


def _refusal(step: str, seen: Seen) -> _Found:
    asked = seen.of(step)
    if not asked.get("sent"):
        return None
    value = {name: asked[name] for name in ("answered", "http_status", "code")}
    return value, f"{asked['answered']}, status {asked['http_status'] or '-'}, code {asked['code'] or '-'}"


def _jobs(seen: Seen) -> _Found:
    if seen.of("during").get("jobs") is None:
        return None
    job = seen.job(START)
    value = {
        "logged": bool(job),
        **{name: job.get(name) for name in ("digits", "has_resource_name", "response_status")},
    }
    if not job:
        return value, "no, the start is not there"
    named = "with" if job["has_resource_name"] else "without"
    return (
        value,
        f"yes, {named} the resource's name, response_status {_word(job['response_status'])}, {job['digits']} digits",
    )


def _audit(seen: Seen) -> _Found:
    events = seen.of("during").get("audit_events")
    if events is None:
        return None
    wanted = seen.operation("start").get("job_id")
    event = next((each for each in events if each["job_id"] == wanted), None)
    value = {"logged": event is not None, "after_seconds": seen.of("during")["audit_after_seconds"],
             "user": event and event["user"]}  # fmt: skip
    if event is None:
        return value, f"no event with the start's job; {len(events)} others since the start"
    return value, f"yes, with its job, seen {value['after_seconds']:g} s after the start; user: {event['user']}"


def _snapshot(seen: Seen) -> _Found:
    kept = seen.of("after").get("snapshot")
    if not kept:
        return None
    end = Fields(kept, "snapshot").time("expiration_timestamp")
    begin = Fields(kept, "snapshot").time("creation_timestamp")
    days = _days(begin, end)
    value = {"expires_days": days, **{name: kept[name] for name in ("is_named_as_described", "creator_type")}}
    named = "failover_test_STOPPED_*" if kept["is_named_as_described"] else "another"
    kept_for = (
        "never expires" if end is None else "expires" if begin is None else f"expires after {in_words(end - begin)}"
    )
    return value, f"{kept_for}; name: {named}; creator_type {kept['creator_type']}"


def _days(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else round((end - begin).total_seconds() / 86400, 4)


def _paging(seen: Seen) -> _Found:
    rows = [count for count in seen.of("before")["rows"].values() if count is not None and count not in (0, 1)]
    if not rows:
        return None
    return -1 not in rows, "no, not always" if -1 in rows else "yes"


def _hidden(seen: Seen) -> _Found:
    names = seen.of("before")["hidden_attributes"]
    return None if names is None else (names, ", ".join(names) or "none")


def _nas_flag(seen: Seen) -> _Found:
    flag = seen.of("nas")["flag"]
    return flag, _word(flag)


def _nas_clone(seen: Seen) -> _Found:
    found = seen.of("nas")
    if not found.get("sent"):
        return None
    job = found.get("job") or {}
    names = ("as_job", "listed_after_seconds", "serves_after_seconds")
    value = {**{name: found[name] for name in names}, "job_seconds": job.get("seconds")}
    took = f"a job that took {job.get('seconds')} s" if found["as_job"] else "no job"
    return (
        value,
        f"{took}; listed after {found['listed_after_seconds']} s, Started after {found['serves_after_seconds']} s",
    )


def _nas_without_list(seen: Seen) -> _Found:
    found = seen.of("nas")
    own, cloned = found["own_file_systems"], found["cloned_file_systems"]
    if not own or cloned is None:
        return None
    what = "all" if cloned == own else "none" if cloned == 0 else "some"
    return {"has": what, "own": own, "cloned": cloned}, f"{what}: {cloned} of {own} file systems"


def _nas_job(seen: Seen) -> _Found:
    job = seen.of("nas")["job"]
    which = "tells the clone's id" if job["tells_id"] else "does not tell the clone's id"
    return {name: job[name] for name in ("names", "tells_id")}, f"its resource is the {job['names']}; it {which}"


def _nas_parent(seen: Seen) -> _Found:
    parent = seen.of("nas")["parent"]
    words = {"file_system": "the file system they are copies of", "snapshot": "a snapshot", "hidden": "nothing"}
    return parent, words[parent]


_NO_NAS = "no NAS server was named (first_contact_nas_server), or its clone was not made"
_ON_BOTH = "the production array was not given (failover_drill_production_host)"
_IN_TEST = "the test was not started, or not looked at"
_SECOND_STOP = "it was not sent, as a test might begin just then; first_contact_second_stop=true sends it"
_PLANNED_FAILOVER = "the API has no failover that is only validated, and a real one might be carried out"
_NO_STOP = "the test was not stopped here, or not looked at afterwards"
_QUESTIONS: t.Final[tuple[tuple[str, str, t.Callable[[Seen], _Found], str], ...]] = (
    ("release", "Which PowerStoreOS runs?", _release, "it could not be read"),
    ("role", "May this account start and stop failover tests?", _role, "the account could not be read"),
    ("readable", "What may this account read?", _readable, "the first look failed"),
    ("login", "What does a login session show?", _login, "the login session could not be read"),
    ("clock", "Do the clocks agree?", _clock, "the array's clock could not be read"),
    (
        "recovery_point_clock", "Whose clock stamps the last synchronisation?", _recovery_point_clock,
        "the clocks of the two arrays are less than 2 s apart, or the production array was not given",
    ),
    (
        "flag_at_destination", "What is failover_test_in_progress at the destination?",
        lambda seen: _flag(seen, "before", "during", "after"), _IN_TEST,
    ),
    (
        "flag_at_source", "What is failover_test_in_progress at the source?",
        lambda seen: _flag(seen, "source_before", "source_during", "source_after"), _ON_BOTH,
    ),
    ("same_session_id", "Do both arrays use the same session id?", _same_session_id, _ON_BOTH),
    ("resource", "What changes on the destination resource during a test?", _resource, _IN_TEST),
    ("mappings", "Do the mappings of the volumes change?", _mappings, "mappings could not be read each time"),
    ("states", "Which states does the session show?", _states, "the session could not be read"),
    (
        "recovery_point", "Does the recovery point go on during a test?", _recovery_point,
        "no synchronisation ended while it was looked at: a longer first_contact_seconds would show it",
    ),
    ("start", "How long does a start take?", lambda seen: _operation(START, "start", seen), _IN_TEST),
    ("flag_delay", "How soon after its job does the session show the test?", _flag_delay, _IN_TEST),
    ("second_start", "How is a second start refused?", lambda seen: _refusal("second_start", seen), "it was not sent"),
    ("stop", "How long does a stop take?", lambda seen: _operation(STOP, "stop", seen), _NO_STOP),
    (
        "second_stop", "How is a stop without a test refused?", lambda seen: _refusal("second_stop", seen),
        _SECOND_STOP,
    ),
    ("jobs", "Does the job log have the start?", _jobs, "this account may not read jobs, or the test was not started"),
    ("audit", "Does the audit log have the start?", _audit, "this account may not read it, or no test was started"),
    ("end_of_test_snapshot", "How long is the end-of-test snapshot kept?", _snapshot, _NO_STOP),
    (
        "paging", "Does a list tell how many rows there are?", _paging,
        "no list has more than one row for this account",
    ),
    ("nas_flag", "What is failover_test_in_progress of a NAS server's session?", _nas_flag, _NO_NAS),
    ("nas_clone", "How long does a clone of a NAS server take?", _nas_clone, _NO_NAS),
    ("nas_without_list", "Does a clone without file_systems have all of them?", _nas_without_list, _NO_NAS),
    ("nas_clone_job", "What does the job of a clone name?", _nas_job, _NO_NAS),
    ("nas_clone_parent", "What do cloned file systems show as their parent?", _nas_parent, _NO_NAS),
    ("hidden_attributes", "Which attributes of a session are in no description?", _hidden, "it could not be read"),
)  # fmt: skip
_NEVER_ASKED: t.Final = (
    (
        "planned_failover", "How is a planned failover refused during a test?",
        _PLANNED_FAILOVER,
    ),
    ("attach", "Can a destination volume be mapped during a test?", "it would change the mappings of your hosts"),
    (
        "operations_in_test", "Do pause, resume and synchronise work during a test?",
        "they would change the replication of your data",
    ),
    (
        "remote_unreachable", "Does a start need the other array?",
        "the link between the arrays would have to be cut",
    ),
    (
        "synchronous", "Can a synchronous session be tested?",
        "only an array of yours that has one can tell: name its volume in first_contact_session",
    ),
)  # fmt: skip
