# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user's steps found, from what their tasks returned, in the shape of the record. Pure.

A check that left no result has failed: what was not seen is no pass.
"""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from .._check.masking import HIDDEN
from .._json import Json
from .._time import parse_time

_NOTHING_SEEN = "nothing: the file did not set failover_drill_check_observed"
_NOT_LOADED = "the file, or one that it includes, could not be loaded; see the output of the run"
_PLANNED = ("name", "phase", "wave", "session", "kind", "critical", "timeout_seconds")


def of_checks(planned: t.Sequence[Json], result: Json) -> list[Json]:
    """From the result of ``drill_check``; a check without a result was not reached by the module.

    What was not begun, as the drill's time was over, is not among them.
    """
    entries = {entry.get("name"): entry for entry in result.get("checks") or () if isinstance(entry, dict)}
    why = str(result.get("msg") or "the checks left no result")
    unreachable = f"the host cannot be reached: {why}" if result.get("unreachable") else why
    return [
        {**entries[step["name"]], **_known(step), "passed": entries[step["name"]].get("passed") is True}
        if step["name"] in entries
        else {**_known(step), "expected": "a result", "observed": unreachable, "passed": False, **_no_times()}
        for step in planned
        if not _was_left_out(entries.get(step["name"]))
    ]


def _was_left_out(entry: Json | None) -> bool:
    return entry is not None and entry.get("attempts") == 0 and entry.get("passed") is None


def of_tasks(step: Json, observed: object, failure: Json, started_at: str, now: datetime) -> Json:
    """Of a tasks file. ``observed``: what it says it saw; ``failure``: that of its task, or ``{}`` where none failed.

    Neither null nor false is something that was seen; a number such as 0 is.
    """
    saw = observed is not None and observed is not False and str(observed) != ""
    failed = failure.get("failed", False)
    if failed:
        text = str(failure.get("msg") or failure.get("reason") or _NOT_LOADED)
    else:
        text = str(observed) if saw else _NOTHING_SEEN
    if step.get("no_log") and (saw or failed):
        text = HIDDEN
    began = parse_time(started_at)
    return {
        **_known(step),
        "expected": "no failed task, and failover_drill_check_observed set",
        "observed": text,
        "passed": saw and not failed,
        "action": {"file": step.get("file"), "sha256": step.get("sha256")},
        "started_at": started_at,
        "finished_at": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "seconds": None if began is None else round(max(0.0, (now - began).total_seconds()), 3),
    }


def _known(step: Json) -> Json:
    return {key: step.get(key) for key in _PLANNED}


def _no_times() -> Json:
    return dict.fromkeys(("started_at", "finished_at", "seconds"))
