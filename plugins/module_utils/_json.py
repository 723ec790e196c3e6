# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON objects as the type checker sees them, in answers, results and records; and keys that are there twice."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]


def once(pairs: list[tuple[str, t.Any]]) -> Json:
    """For ``json.loads``: raises ValueError for an object that has a key twice, where JSON would keep the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"the key {', '.join(twice)} is there more than once")
    return found
