# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much there is to test on an array, and how much of it a drill, a report or a sweep covers. Pure."""

from __future__ import annotations

import typing as t

from .._json import Json
from .._words import NAS_SERVER

DESTINATION: t.Final = "Destination"
_BLOCK = ("volume", "volume_group")
_ASYNCHRONOUS = (None, "Asynchronous")  # PowerStoreOS before 3.0 knows no other type, and does not name it


def can_be_tested(resource_type: object, kind: object) -> bool:
    """Whether a session is of a kind that a failover test can be started on; ``kind`` is its ``type``.

    A NAS server is tested by a clone, whose making asks for no type.
    """
    return (resource_type in _BLOCK and kind in _ASYNCHRONOUS) or resource_type == NAS_SERVER


def counts(sessions: t.Iterable[Json], in_scope: t.Collection[str], excluded: t.Collection[str]) -> Json:
    """The counts of all sessions of an array, each with ``session_id``, ``role``, ``resource_type`` and ``type``.

    ``in_scope`` and ``excluded`` are ids. A session of which the array is not the destination does not count.
    """
    destinations = [entry for entry in sessions if entry.get("role") == DESTINATION and entry.get("session_id")]
    testable = [entry for entry in destinations if can_be_tested(entry.get("resource_type"), entry.get("type"))]
    chosen = {*in_scope, *excluded}
    return {
        "destinations": len(destinations),
        "testable": len(testable),
        "in_scope": sum(entry["session_id"] in in_scope for entry in destinations),
        "excluded": sum(entry["session_id"] in excluded for entry in destinations),
        "not_selected": sum(entry["session_id"] not in chosen for entry in testable),
    }
