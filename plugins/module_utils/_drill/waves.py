# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order failover tests are started and stopped, and for which sessions the tested data is kept. Pure."""

from __future__ import annotations

from .._json import Json
from .drill import Drill, decided_once
from .nas import KEYS, is_nas, selector_of
from .ownership import left_alone, owned


def waves(drill: Drill) -> list[int]:
    """The waves, each once, lowest first."""
    return sorted(set(drill.waves.values()))


def to_start(drill: Drill, wave: int) -> list[Json]:
    """The sessions of a wave as ``replication_failover_test`` takes them."""
    return [
        {**selector_of(session), **{key: wish[key] for key in ("snapshot", *KEYS) if wish.get(key)}}
        for session, wish in drill.pairs
        if int(wish.get("wave") or 1) == wave
    ]


@decided_once
def to_stop(drill: Drill) -> dict[int, list[Json]]:
    """What is stopped in each wave as ``replication_failover_test`` takes it.

    The last wave comes first, as what was started last may depend on what was started before. ``started_by_job`` names
    the start: a test of somebody else that runs on the session meanwhile is not stopped.
    """
    alone, kept, jobs, wave_of = left_alone(drill), to_keep(drill), _jobs(drill), drill.waves
    clones = _clones(drill)
    known = {str(session["session_id"]): session for session in drill.sessions}
    mine = [session_id for session_id in owned(drill) if session_id not in alone]
    found: dict[int, list[Json]] = {}
    for wave in sorted({wave_of.get(session_id, 1) for session_id in mine}, reverse=True):
        found[wave] = [
            {
                **selector_of(known.get(session_id) or {"session_id": session_id}),
                "create_end_of_test_snapshot": session_id in kept,
                **({"started_by_job": jobs[session_id]} if session_id in jobs else {}),
                **({"clone_id": clones[session_id]} if session_id in clones else {}),
            }
            for session_id in mine
            if wave_of.get(session_id, 1) == wave
        ]
    return found


def _jobs(drill: Drill) -> dict[str, str]:
    """The jobs of the starts that the array confirmed, by session."""
    return {
        str(entry["session_id"]): str(entry["job_id"])
        for entry in drill.started
        if entry.get("action") == "started" and entry.get("job_id")
    }


def _clones(drill: Drill) -> dict[str, str]:
    """The DR-test clones of NAS servers that the starts made, by session: others are not this drill's."""
    return {
        str(entry["session_id"]): str(entry["clone"]["id"])
        for entry in drill.started
        if entry.get("action") == "started" and (entry.get("clone") or {}).get("id")
    }


@decided_once
def to_keep(drill: Drill) -> set[str]:
    """Ids of the sessions of which what was written is kept: all, none, or those of which something failed.

    A failure that is about no session in particular is about each. Of a NAS server nothing is kept, as its clone is
    deleted.
    """
    declared = drill.policy.get("end_of_test_snapshot") or "none"
    everything = set(owned(drill)) - {str(each["session_id"]) for each in drill.sessions if is_nas(each)}
    if declared != "failed":
        return everything if declared == "all" else set()
    bad = [step for step in drill.steps if not step["passed"]]
    if drill.interruption or any(step.get("session") is None for step in bad):
        return everything
    return everything & {str(step["session"]) for step in bad}
