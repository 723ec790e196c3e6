# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to test on an array, and what of it a record is about. Pure."""

from __future__ import annotations

import typing as t

from .._drill import population
from .results import SessionSeen
from .stop_results import FailoverReadySeen, Swept
from .types import Population

DESTINATION: t.Final = population.DESTINATION


def reads_all(filters: t.Mapping[str, object] | None) -> bool:
    """Whether a selection by these filters reads every session that has the array as its destination."""
    wanted = {name: value for name, value in (filters or {}).items() if value is not None}
    return filters is not None and wanted in ({}, {"role": DESTINATION})


def population_of(
    everything: t.Iterable[SessionSeen | FailoverReadySeen], in_scope: t.Collection[str], excluded: t.Collection[str]
) -> Population:
    """How much there is; ``in_scope`` and ``excluded`` are ids of sessions."""
    entries = [
        {name: getattr(entry, name) for name in ("session_id", "role", "resource_type", "type")} for entry in everything
    ]
    return Population(**population.counts(entries, in_scope, excluded))


def population_of_sweep(sweeps: t.Sequence[Swept], in_scope: t.Collection[str]) -> Population | None:
    """What the last sweep that saw every session saw; None where none did."""
    complete = [sweep for sweep in sweeps if sweep.all_ready is not None]
    return population_of((*complete[-1].sessions, *complete[-1].not_judged), in_scope, ()) if complete else None


def can_be_tested(entry: SessionSeen | FailoverReadySeen) -> bool:
    """Whether it is of a kind that a failover test can be started on."""
    return population.can_be_tested(entry.resource_type, entry.type)
