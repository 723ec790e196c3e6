# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the drill of a workflow started, so that the stop after it stops that and nothing of a later drill. Pure.

A drill that came to its end says it in the workflow's artifacts. One that was killed has no artifacts: its journal says
it where the folder of records outlives the job, and AWX or the next drill's journal says when it was over.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._drill.journal import Journal
from .._json import Json
from .._time import format_time, parse_time
from .workflow import Part


def stop_options(
    array: str,
    workflow_job_id: str,
    said: t.Mapping[str, Json],
    journals: t.Sequence[Journal],
    drill: Part | None,
    began: datetime,
) -> Json:
    """The options of ``replication_failover_test_sweep`` that confine it, and ``because``, in words.

    ``said``: what the drill gave to the workflow, by arrays; empty where it was killed, and without an array that it
    lost. ``began``: when this run did, which is not before the end of the workflow's drill. Times are by the
    controller's clock.
    """
    mine = [each for each in journals if _is_of(each, array) and _workflow(each) == workflow_job_id]
    if array in said or (said and not mine):
        return _of_artifact(array, said, _earliest(began, drill, []))
    if mine:
        ids = [session_id for journal in mine for session_id in _attempted(journal)]
        last = max(str(journal.intent["at"]) for journal in mine)
        next_one = [str(j.intent["at"]) for j in journals if _is_of(j, array) and j not in mine]
        later = [at for at in next_one if at > last]
        return {
            "own_starts": [{"session_id": session_id} for session_id in dict.fromkeys(ids)],
            "only_own_starts": True,
            "started_before": _earliest(began, drill, later),
            "because": "the drill of this workflow was cut off"
            + (f" on {array}" if said else "")
            + "; its journal says what it had started",
        }
    return {
        "own_starts": [],
        "only_own_starts": False,
        "started_before": _earliest(began, drill, []),
        "because": "the drill of this workflow was cut off and left no journal here: what began before its end counts",
    }


def _of_artifact(array: str, said: t.Mapping[str, Json], over: str | None) -> Json:
    """``over``: when the drill was over at the latest, for an artifact that does not say when."""
    mine = said.get(array)
    started = (mine or {}).get("started") or []
    why = "says what it had started" if mine else f"was not one of {array}"
    return {
        "own_starts": [{"session_id": str(session_id)} for session_id in started],
        "only_own_starts": True,
        "started_before": (mine or {}).get("ended_at") or over,
        "because": f"the drill of this workflow {why}",
    }


def _earliest(began: datetime, drill: Part | None, later: t.Iterable[str]) -> str | None:
    ends = [began, parse_time(drill.finished_at) if drill else None, *map(parse_time, later)]
    return format_time(min(end for end in ends if end is not None))


def _is_of(journal: Journal, array: str) -> bool:
    return bool(journal.intent.get("array") == array)


def _workflow(journal: Journal) -> str:
    who = journal.intent.get("who") or {}
    return str((who.get("awx") or {}).get("workflow_job_id") or "")


def _attempted(journal: Journal) -> list[str]:
    """The sessions of the waves whose start may have been sent, and those whose running test was taken over."""
    waves = {event.get("wave") for event in journal.events if event["event"] == "starting"}
    sessions = journal.intent.get("sessions") or []
    adopted = [str(session_id) for session_id in journal.intent.get("adopted") or [] if waves]
    return [str(session["session_id"]) for session in sessions if session.get("wave") in waves] + adopted
