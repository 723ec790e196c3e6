# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to test on an array, and what of it a record is about. Pure."""

from __future__ import annotations

import typing as t

from .results import FailoverReadySeen, SessionSeen, Swept
from .types import Population

DESTINATION: t.Final = "Destination"
_BLOCK = ("volume", "volume_group")
_ASYNCHRONOUS = (None, "Asynchronous")  # PowerStoreOS before 3.0 knows no other type, and does not name it


def reads_all(filters: t.Mapping[str, object] | None) -> bool:
    """Whether a selection by these filters reads every session of which the array is the destination."""
    wanted = {name: value for name, value in (filters or {}).items() if value is not None}
    return filters is not None and wanted in ({}, {"role": DESTINATION})


def population_of(
    everything: t.Iterable[SessionSeen | FailoverReadySeen], in_scope: t.Collection[str], excluded: t.Collection[str]
) -> Population:
    """How much there is; ``in_scope`` and ``excluded`` are ids of sessions."""
    destinations = [entry for entry in everything if entry.role == DESTINATION and entry.session_id]
    testable = [entry for entry in destinations if can_be_tested(entry)]
    return Population(
        destinations=len(destinations),
        testable=len(testable),
        in_scope=sum(entry.session_id in in_scope for entry in destinations),
        excluded=sum(entry.session_id in excluded for entry in destinations),
        not_selected=sum(not (entry.session_id in in_scope or entry.session_id in excluded) for entry in testable),
    )


def population_of_sweep(sweeps: t.Sequence[Swept], in_scope: t.Collection[str]) -> Population | None:
    """What the last sweep that saw every session saw; None where none did."""
    complete = [sweep for sweep in sweeps if sweep.all_ready is not None]
    return population_of((*complete[-1].sessions, *complete[-1].not_judged), in_scope, ()) if complete else None


def can_be_tested(entry: SessionSeen | FailoverReadySeen) -> bool:
    """Whether it is of a kind that a failover test can be started on."""
    return entry.resource_type in _BLOCK and entry.type in _ASYNCHRONOUS
