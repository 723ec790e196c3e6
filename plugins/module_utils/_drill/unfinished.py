# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Journals without a record: of drills that were cut off, and whose record is still to be written."""

from __future__ import annotations

import contextlib
import glob
import os
import typing as t
from datetime import datetime

from .._errors import PowerStoreError
from .._json import Json
from . import ownership, process
from .drill import Drill
from .journal import ODD, SUFFIX, read


def own_starts(directory: str) -> list[Json]:
    """The starts that drills without a record sent, as ``replication_failover_test_sweep`` takes them.

    ``at`` is by the array's clock: that of the last reading before the start, so the start is not earlier. A journal
    that cannot be read is left out here; `unfinished` names it.
    """
    found: dict[str, str | None] = {}
    for path in _without_record(directory):
        with contextlib.suppress(PowerStoreError, OSError, *ODD):
            drill = Drill(read(path).events)
            before = ((drill.before or {}).get("cluster") or {}).get("system_time")
            found.update(dict.fromkeys(ownership.owned(drill), before))
    return [{"session_id": session_id, **({"at": at} if at else {})} for session_id, at in found.items()]


def under_way(directory: str, array: str) -> str | None:
    """The journal of another drill of the array that is known to run at this moment; None where there is none.

    A drill in another container is not seen: AWX runs one job of the drill's template at a time.
    """
    for path in _without_record(directory):
        try:
            journal = read(path)
        except (PowerStoreError, OSError):
            continue
        run = journal.intent.get("process")
        if journal.intent.get("array") != array or journal.ended or not isinstance(run, dict):
            continue
        if process.is_known_to_run(run):
            return path
    return None


def unfinished(
    directory: str, now: datetime, array: str = "", arrays: t.Sequence[str] = ()
) -> tuple[list[str], list[str]]:
    """The journals in a folder that have no record and whose run is over; and what is wrong with others there.

    A drill that still runs is left alone: it writes its record itself. Of several ``arrays`` that share the folder,
    each takes its own, and the first one those of arrays that are not among them; without ``arrays``, all are taken.
    """
    found, problems = [], []
    for path in _without_record(directory):
        try:
            journal = read(path)
        except (PowerStoreError, OSError) as error:
            problems.append(f"{path} is left as it is: {error}")
            continue
        own = _takes(array, arrays, str(journal.intent["array"]))
        if own and process.is_over(journal.intent["process"], str(journal.events[-1]["at"]), now):
            found.append(path)
    return found, problems


def _takes(array: str, arrays: t.Sequence[str], drilled: str) -> bool:
    return not arrays or drilled == array or (array == arrays[0] and drilled not in arrays)


def _without_record(directory: str) -> list[str]:
    pattern = os.path.join(glob.escape(os.path.expanduser(directory)), f"drill-*{SUFFIX}")
    return [path for path in sorted(glob.glob(pattern)) if not os.path.exists(path.removesuffix(SUFFIX) + ".json")]
