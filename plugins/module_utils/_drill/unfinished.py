# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Journals without a record: of drills that were cut off, and whose record is still to be written."""

from __future__ import annotations

import glob
import os
from datetime import datetime

from .._errors import PowerStoreError
from . import process
from .journal import SUFFIX, read


def unfinished(directory: str, now: datetime) -> tuple[list[str], list[str]]:
    """The journals in a folder that have no record and whose run is over; and what is wrong with others there.

    A drill that still runs is left alone: it writes its record itself.
    """
    found, problems = [], []
    pattern = os.path.join(glob.escape(os.path.expanduser(directory)), f"drill-*{SUFFIX}")
    for path in sorted(glob.glob(pattern)):
        if os.path.exists(path.removesuffix(SUFFIX) + ".json"):
            continue
        try:
            journal = read(path)
        except (PowerStoreError, OSError) as error:
            problems.append(f"{path} is left as it is: {error}")
            continue
        run = journal.intent.get("process")
        if isinstance(run, dict) and process.is_over(run, str(journal.events[-1]["at"]), now):
            found.append(path)
    return found, problems
