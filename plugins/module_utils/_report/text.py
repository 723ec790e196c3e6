# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How values of a record read in a report: times, durations, sizes, verdicts. Pure.

What no format of a report can show safely is taken out of all texts as the record is read (`_record.clean`); escaping
for HTML, XML, Markdown and CSV is the formats' own part.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._record.types import AnyRecord, DrillRecord, Session
from .._words import Kind, Phase, Verdict, kind_in_words

S = t.TypeVar("S", bound=Session)

NOT_MEASURED = "not measured"
NO_RECOVERY = "no recovery"  # a critical check failed, so that there is no recovery time, and its objective is missed

_MEANING: t.Final[t.Mapping[Kind, t.Mapping[Verdict, str]]] = {
    Kind.DRILL: {
        Verdict.PASSED: "Every failover test was started, validated and stopped; every objective that was set was met.",
        Verdict.PASSED_WITH_DEVIATIONS: "The drill met its requirements; the deviations below need attention.",
        Verdict.FAILED: "At least one requirement of the drill was not met.",
        Verdict.ABORTED: "The drill ended before a failover test could show anything.",
        Verdict.INCOMPLETE: "Something that had to be measured was not measured, so the drill did not pass.",
    },
    Kind.READINESS: {
        Verdict.PASSED: "Nothing was found that would refuse a failover test.",
        Verdict.PASSED_WITH_DEVIATIONS: "A failover test could be started; look at the warnings below first.",
        Verdict.FAILED: "Something was found that refuses a failover test.",
        Verdict.ABORTED: "The sessions were not read completely.",
        Verdict.INCOMPLETE: "Not everything could be read, so this is not a pass.",
    },
    Kind.ABORT: {
        Verdict.PASSED: "No failover test is running any more; the array shows nothing that refuses a failover.",
        Verdict.PASSED_WITH_DEVIATIONS: "No failover test is running any more; look at the deviations below.",
        Verdict.FAILED: "A failover test may still be running, or something refuses a failover.",
        Verdict.ABORTED: "The abort itself ended early: look at the array.",
        Verdict.INCOMPLETE: "For at least one session it is not known whether it can be failed over.",
    },
    Kind.SWEEP: {
        Verdict.PASSED: "No overdue failover test is running.",
        Verdict.PASSED_WITH_DEVIATIONS: "No overdue failover test is running; look at the deviations below.",
        Verdict.FAILED: "An overdue failover test may still be running: its session cannot be failed over.",
        Verdict.ABORTED: "The sweep itself ended early: look at the array.",
        Verdict.INCOMPLETE: "It is not known whether failover tests are running.",
    },
    Kind.RUN: {
        Verdict.PASSED: "Every array of the run passed.",
        Verdict.PASSED_WITH_DEVIATIONS: "Every array of the run passed, some with deviations.",
        Verdict.FAILED: "An array of the run failed.",
        Verdict.ABORTED: "On an array of the run, no failover test was started.",
        Verdict.INCOMPLETE: "On an array of the run, not everything was measured. That is no pass.",
    },
    Kind.WITNESS: {
        Verdict.PASSED: "The array's own logs have every start and stop as the record has it.",
        Verdict.PASSED_WITH_DEVIATIONS: "The array's own logs have every start and stop; look at the deviations below.",
        Verdict.FAILED: "The array's own logs contradict the record.",
        Verdict.ABORTED: "The comparison itself ended early.",
        Verdict.INCOMPLETE: "The array's own logs could not be compared with all of the record.",
    },
}
_STORAGE_ONLY: t.Final = (
    "Every failover test was started and stopped; every objective that was set was met. No application was checked: "
    "the drill was meant for the storage alone."
)
_UNITS: t.Final = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
_LEAST = 0.05  # seconds
_LONGEST = timedelta(days=36500).total_seconds()


def without_name(text: str, name: str) -> str:
    """A reason where the name of its session is beside it already: ``erp-db: RTO 171 s`` reads ``RTO 171 s``."""
    short = text.removeprefix(f"{name}: ").removeprefix(f"{name} ")
    named = rf"( (?:of|volume group|volume|NAS server|file system|session)) {re.escape(name)}(?![\w-])"
    short = re.sub(named, lambda found: "" if found[1] == " of" else found[1], short)
    return short[:1].upper() + short[1:]


def between(begin: datetime | None, end: datetime | None) -> float | None:
    """Seconds from one time to the other; None where one is not known."""
    return (end - begin).total_seconds() if begin and end else None


def utc(moment: datetime | None) -> str:
    """A time for a person, to the second: ``2026-11-23 20:02:11 UTC``."""
    return "not known" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def clock(moment: datetime | None) -> str:
    """The same without the day, to the tenth of a second: ``20:02:11.1``."""
    return "-" if moment is None else f"{moment:%H:%M:%S}.{moment.microsecond // 100000}"


def duration(seconds: float | None, unknown: str = NOT_MEASURED) -> str:
    """A duration for a person: ``0.4 s``, ``42 s``, ``5 min 3 s``, ``2 h 10 min``, ``4 d 2 h``."""
    if seconds is None:
        return unknown
    sign, span = ("-" if round(seconds, 1) < 0 else ""), abs(seconds)
    if span > _LONGEST:
        return f"{sign}{span:.3g} s" if isinstance(span, float) else f"{sign}more than 100 years"
    if round(span, 1) < 60:
        return f"{sign}{round(span, 1):g} s"
    whole = round(span)
    for unit, name, below, below_name in _UNITS:
        if whole >= unit:
            rest = whole % unit // below
            return f"{sign}{whole // unit} {name}" + (f" {rest} {below_name}" if rest else "")
    return f"{sign}{whole} s"


def recovery_time(seconds: float | None, met: bool | None) -> str:
    """A recovery time; where there is none because the application failed, that."""
    return duration(seconds, NO_RECOVERY if met is False else NOT_MEASURED)


def longer(seconds: float) -> str:
    """A difference of two durations: ``12 s longer``, ``3.4 s shorter``, ``as long``."""
    if abs(seconds) < _LEAST:
        return "as long"
    return f"{duration(abs(seconds))} {'longer' if seconds > 0 else 'shorter'}"


def size(count: int | None) -> str:
    """Bytes for a person: ``512 B``, ``100 GiB``."""
    if count is None:
        return "-"
    value, units = float(min(count, 10**30)), iter(("B", "KiB", "MiB", "GiB", "TiB", "PiB"))
    unit = next(units)
    for larger in units:
        if abs(value) < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.1f}".removesuffix(".0") + f" {unit}"


def words(name: str | None) -> str:
    """An enumeration's word for a person: ``volume_group`` reads ``volume group``."""
    return "-" if name is None else kind_in_words(name)


def took(record: AnyRecord) -> float | None:
    """How long it all took: the record's one length; in version 1.0 from its first look to its last."""
    known = record.times.duration_seconds
    return between(record.times.started_at, record.times.finished_at) if known is None else known


def meaning(record: AnyRecord) -> str:
    """The verdict in one sentence. A drill of the storage alone validated nothing, and was not meant to."""
    if isinstance(record, DrillRecord) and record.verdict is Verdict.PASSED and not _has_checks(record):
        return _STORAGE_ONLY
    return _MEANING[record.kind][record.verdict]


def _has_checks(record: DrillRecord) -> bool:
    return any(check.phase is Phase.VALIDATE and check.kind != "array" for check in record.all_validations)


def worst_first(sessions: t.Iterable[S]) -> list[S]:
    """Sessions with the worst verdict first, otherwise in their order."""
    return sorted(sessions, key=lambda session: session.verdict.weight)


@dataclass(frozen=True)
class Count:
    """How many of some results are true, false and not known (null), and how many there are."""

    met: int
    missed: int
    unknown: int
    total: int

    @classmethod
    def of(cls, results: t.Iterable[bool | None]) -> Count:
        """Of results."""
        seen = list(results)
        return cls(seen.count(True), seen.count(False), seen.count(None), len(seen))
