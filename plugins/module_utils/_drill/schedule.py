# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes when in a drill, as turns that the role does one after the other. Pure.

Each turn is ``{kind, by, label, phase, wave, names, on, file, timeout, no_log, parallel, pause, keeps, beside, of}``;
what it does not need is None, and ``by`` is the file of the role that does it. ``beside``: seconds within which what
runs beside the drill has to end. Of several arrays, Ansible runs an include once for all whose loop items are equal:
``of`` differs where the lists do, so that no array gets the order of another.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import typing as t

from .._json import Json
from .drill import Drill
from .nas import is_nas
from .ownership import owned, releasable
from .replay import planned_steps
from .steps import DONE_ONCE
from .waves import to_stop, waves

SYNCHRONISE, START, LOOK, CHECKS, TASKS, STOP = "synchronise", "start", "read", "checks", "tasks", "stop"
_MANY = 200  # sessions
_LONGEST_LOOK = 30.0  # seconds, and one more for each hundred sessions
_MARGIN = 10.0  # seconds that a process may take besides what its steps may
_NOTHING: Json = {
    **dict.fromkeys(("phase", "wave", "on", "file", "timeout", "parallel", "pause", "beside")),
    "names": [],
    "no_log": False,
    "keeps": False,
}


def until_validated(drill: Drill) -> list[Json]:
    """From the preflight to the last check: each wave is started, attached and checked before the next.

    Whoever is to be told that it begins is told just before the first start, so that no measured time has a notice in
    it. A check of the controller is left running beside the drill; what Ansible has to do itself is done before.
    """
    known, pause = waves(drill), drill.plan["how"]["wave_pause"]
    if not drill.real:
        return _marked([_turn(START, wave=wave) for wave in known])
    only_nas = bool(drill.sessions) and all(map(is_nas, drill.sessions))
    synchronises = drill.policy.get("synchronise_first") and not only_nas
    notices = steps_of(drill, "notify")
    found = [turn for turn in notices if not _may_run_beside(turn)]
    found += [_turn(SYNCHRONISE)] if synchronises else []
    found += [_beside(turn, drill) for turn in notices if _may_run_beside(turn)]
    checks = steps_of(drill, "validate")
    for wave in known:
        found.append(_turn(START, wave=wave, pause=pause if wave != known[0] else 0))
        of_wave = steps_of(drill, "validate", wave)
        looks = wave == known[-1] and bool(of_wave) and not checks
        found += [*steps_of(drill, "attach", wave), *(_look(drill) if looks else []), *of_wave]
    return _marked([*found, *(_look(drill) if checks else []), *checks])


def _look(drill: Drill) -> list[Json]:
    """The look at the sessions in test, beside the last checks, so that nothing stands between these and the stop.

    None where something is to be released: that needs a look after the checks, and the stop has one of its own. Nor for
    few sessions, which are read as fast as this turn is taken.
    """
    if len(drill.sessions) < _MANY or any(step["phase"] == "release" for step in planned_steps(drill)):
        return []
    return [_turn(LOOK, beside=round(_LONGEST_LOOK + len(drill.sessions) / 100, 1))]


def _may_run_beside(turn: Json) -> bool:
    return bool(turn["kind"] == CHECKS) and turn["on"] is None


def _beside(turn: Json, drill: Drill) -> Json:
    seconds = sum(float(step["timeout_seconds"]) for step in planned_steps(drill) if step["name"] in turn["names"])
    return {**turn, "beside": round(seconds + _MARGIN, 1)}


def until_stopped(drill: Drill) -> list[Json]:
    """The stops, the last wave first. ``keeps``: whether of one of its sessions the tested data is kept."""
    return _marked(
        [
            _turn(STOP, wave=wave, keeps=any(each["create_end_of_test_snapshot"] for each in sessions))
            for wave, sessions in to_stop(drill).items()
        ]
    )


def releases(drill: Drill) -> list[Json]:
    """The release steps, without those that would touch a session that was failed over: it is production now."""
    return [] if not owned(drill) else steps_of(drill, "release")


def steps_of(drill: Drill, phase: str, wave: int | None = None) -> list[Json]:
    """The user's steps of a phase: those that one task of ``drill_check`` does together, and each tasks file."""
    planned = [step for step in planned_steps(drill) if (step["phase"], step["wave"]) == (phase, wave)]
    if phase == "release":
        planned = [step for step in planned if releasable(step, drill)]
    parallel = 1 if phase in DONE_ONCE else drill.plan["how"]["checks_parallel"]

    # Of a drill that ends by itself, the time is looked at after each of them.
    alone = parallel == 1 and (drill.plan.get("guards") or {}).get("max_duration_seconds") is not None

    def together(step: Json) -> tuple[t.Any, ...]:
        return step["on"], step["name"] if step["kind"] == "tasks" or alone else None

    groups = [list(group) for _key, group in itertools.groupby(planned, together)]
    return _marked([_of_group(group, phase, wave, parallel) for group in groups])


def _of_group(group: t.Sequence[Json], phase: str, wave: int | None, parallel: int) -> Json:
    first = group[0]
    names = [step["name"] for step in group]
    if first["kind"] == "tasks":
        timeout = math.ceil(first["timeout_seconds"])  # Ansible takes whole seconds, and 0 for no end
        # Of an intent that an older version wrote, nothing is known: then it is shown, as it was by that version.
        hidden = first.get("no_log") is True
        return _turn(TASKS, phase=phase, wave=wave, names=names, file=first["file"], timeout=timeout, no_log=hidden)
    return _turn(CHECKS, phase=phase, wave=wave, names=names, on=first["on"], parallel=parallel)


def _turn(kind: str, **more: t.Any) -> Json:
    turn = {"kind": kind, "by": "tasks" if kind == TASKS else "turn", **_NOTHING, **more}
    wave = f" wave {turn['wave']}" if turn["wave"] else ""
    names = f": {', '.join(turn['names'])}" if turn["names"] else ""
    return {**turn, "label": f"{turn['phase'] or kind}{wave}{names}".capitalize()}


def _marked(turns: t.Sequence[Json]) -> list[Json]:
    bare = [{key: value for key, value in turn.items() if key != "of"} for turn in turns]
    mark = hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()[:12]
    return [{**turn, "of": mark} for turn in bare]
