# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order failover tests are started and stopped, and of which sessions the tested data is kept. Pure."""

from __future__ import annotations

from .._json import Json
from .drill import Drill
from .ownership import left_alone, owned


def waves(drill: Drill) -> list[int]:
    """The waves, each once, lowest first."""
    return sorted(set(drill.waves.values()))


def to_start(drill: Drill, wave: int) -> list[Json]:
    """The sessions of a wave as ``replication_failover_test`` takes them."""
    pairs = zip(drill.sessions, drill.wishes, strict=True)
    return [
        {"session_id": session["session_id"], **({"snapshot": wish["snapshot"]} if wish.get("snapshot") else {})}
        for session, wish in pairs
        if int(wish.get("wave") or 1) == wave
    ]


def to_stop(drill: Drill) -> list[Json]:
    """What is stopped together, the last wave first, as what was started last may depend on what was started before.

    Each is ``{wave, keep, sessions: [{session_id}]}``; ``keep``: whether what was written is kept in a snapshot.
    """
    alone = left_alone(drill)
    mine = [session_id for session_id in owned(drill) if session_id not in alone]
    kept = to_keep(drill)
    found = []
    for wave in sorted({drill.waves.get(session_id, 1) for session_id in mine}, reverse=True):
        of_wave = [session_id for session_id in mine if drill.waves.get(session_id, 1) == wave]
        for keep in (True, False):
            ids = [session_id for session_id in of_wave if (session_id in kept) is keep]
            if ids:
                found.append({"wave": wave, "keep": keep, "sessions": [{"session_id": each} for each in ids]})
    return found


def to_keep(drill: Drill) -> set[str]:
    """Ids of the sessions of which what was written is kept: all, none, or those of which something failed.

    A failure that is about no session in particular is about each.
    """
    declared = drill.policy.get("end_of_test_snapshot") or "none"
    everything = set(owned(drill))
    if declared != "failed":
        return everything if declared == "all" else set()
    bad = [step for step in drill.steps if not step["passed"]]
    if drill.interruption or any(step.get("session") is None for step in bad):
        return everything
    return everything & {str(step["session"]) for step in bad}
