# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tiles at the top of an HTML report: what each kind of record comes to, in a few figures. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._record.application import Measured
from ..._record.types import (
    AbortRecord,
    AnyRecord,
    DrillRecord,
    DrillRto,
    ReadinessRecord,
    RunRecord,
    SweepRecord,
    WitnessRecord,
)
from ..._words import NAS_SERVER, Severity, StepResult, Verdict, WitnessVerdict
from ..text import Count, duration
from .pictures import still_running


@dataclass(frozen=True)
class Tile:
    """A figure at the top of the page."""

    label: str
    figure: object
    of: object = None
    note: str = ""
    missed: bool = False


def tiles(record: AnyRecord) -> list[Tile]:
    """The tiles of a record, in their order."""
    if isinstance(record, DrillRecord):
        return _drill_tiles(record)
    if isinstance(record, ReadinessRecord):
        return _readiness_tiles(record)
    if isinstance(record, AbortRecord):
        return _abort_tiles(record)
    if isinstance(record, WitnessRecord):
        return _witness_tiles(record)
    return _sweep_tiles(record) if isinstance(record, SweepRecord) else _run_tiles(record)


def _results_tile(label: str, results: t.Iterable[bool | None], bad: str) -> Tile:
    count = Count.of(results)
    notes = [f"{count.missed} {bad}"] if count.missed else []
    notes += [f"{count.unknown} not measured"] if count.unknown else []
    return Tile(label, count.met, count.total, ", ".join(notes), missed=bool(count.missed))


def _verdicts_tile(record: AnyRecord) -> Tile:
    return _results_tile(
        "Sessions passed", [session.verdict is Verdict.PASSED for session in record.sessions], "did not"
    )


def _rpo_tile(record: AnyRecord) -> Tile:
    return _results_tile("RPO met", [Measured.rpo(session).met for session in record.sessions], "missed")


def _drill_tiles(record: DrillRecord) -> list[Tile]:
    aimed = [session.rto for session in record.sessions if session.rto.objective_seconds is not None]
    measured = [session.rto.actual_seconds for session in record.sessions]
    longest = max((seconds for seconds in measured if seconds is not None), default=None)
    rto = _results_tile("RTO met", [rto.met for rto in aimed], "missed")
    if not aimed:
        what = "the longest" if longest is not None else "not measured"
        rto = Tile("RTO", duration(longest, "-"), None, f"{what}; no objective was given")
    unknown = [step for step in record.steps if step.result is StepResult.NOT_EXECUTED]
    tiles = [_verdicts_tile(record), _rpo_tile(record), rto]
    if record.rto and record.rto.actual_seconds is not None:
        tiles.append(_drill_rto_tile(record.rto))
    return [
        *tiles,
        _results_tile("Checks passed", [check.passed for check in record.all_validations], "failed"),
        _blocked_tile(record),
        Tile("Steps not executed", len(unknown), len(record.steps), missed=bool(unknown)),
    ]


def _drill_rto_tile(rto: DrillRto) -> Tile:
    note = {True: "met", False: "missed", None: "no objective was given"}[rto.met]
    if rto.objective_seconds is not None:
        note += f", objective {duration(rto.objective_seconds)}"
    return Tile("Recovery time", duration(rto.actual_seconds), None, note, missed=rto.met is False)


def _blocked_tile(record: DrillRecord) -> Tile:
    """The longest time in which a session could not be failed over; in version 1.0, in test."""
    if any(still_running(session) and session.resource_type != NAS_SERVER for session in record.sessions):
        return Tile("No failover possible", "now", None, "a failover test may be running", missed=True)
    blocked = [session.failover_blocked.seconds for session in record.sessions if session.failover_blocked]
    spans = blocked or [session.seconds_in_test for session in record.sessions]
    longest = max((seconds for seconds in spans if seconds is not None), default=None)
    return Tile("No failover possible", duration(longest, "-"), None, "the longest of a session")


def _readiness_tiles(record: ReadinessRecord) -> list[Tile]:
    found = [finding.severity for session in record.sessions for finding in session.findings]
    blockers = found.count(Severity.BLOCKER)
    return [
        _verdicts_tile(record),
        _rpo_tile(record),
        Tile("Blockers", blockers, None, "refuse a failover test" if blockers else "", missed=bool(blockers)),
        Tile("Warnings", found.count(Severity.WARNING)),
    ]


def _sweep_tiles(record: SweepRecord) -> list[Tile]:
    tests = [session for session in record.sessions if session.test_found]
    left, known = len(record.overdue_left), [each for each in tests if each.still_running is not False]
    running, blocks = len(known), any(each.resource_type != NAS_SERVER for each in known)
    return [
        Tile("Failover tests found", record.tests_found, len(record.sessions)),
        Tile("May still be running", running, None, "no failover is possible" if blocks else "", missed=bool(running)),
        Tile("Overdue and left", left, None, "", missed=bool(left)),
    ]


def _witness_tiles(record: WitnessRecord) -> list[Tile]:
    witness = record.witness
    agreed, wrong = witness.count(WitnessVerdict.CORROBORATED), witness.count(WitnessVerdict.CONTRADICTED)
    left_out, others = len(witness.contradictions), len(witness.not_in_the_record)
    return [
        Tile("Corroborated", agreed, len(witness.claims)),
        Tile("Contradicted", wrong, len(witness.claims), missed=bool(wrong)),
        Tile("Left out of the record", left_out, None, f"of {others} others in that time", missed=bool(left_out)),
    ]


def _run_tiles(record: RunRecord) -> list[Tile]:
    return [
        _results_tile("Arrays passed", [each.verdict is Verdict.PASSED for each in record.members], "did not"),
        _verdicts_tile(record),
        _rpo_tile(record),
    ]


def _abort_tiles(record: AbortRecord) -> list[Tile]:
    sessions = record.sessions
    tests = [session for session in sessions if session.test_found]
    stops = [session.stop is not None and not session.stop.failed for session in tests]
    return [
        _results_tile("Ready for a failover", [session.known_ready for session in sessions], "not ready"),
        Tile("Running tests found", len(tests), len(sessions)),
        _results_tile("Tests stopped", stops, "not stopped"),
        Tile("Forced stops", sum(1 for session in sessions if session.forced), None, "remote system not reachable"),
    ]
