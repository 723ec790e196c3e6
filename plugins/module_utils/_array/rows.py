# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading many rows of a collection in few requests, whichever way takes fewer: by their values, or page by page.

A URL holds about 180 ids, a page 2,000 rows. So a thousand ids take six URLs, and the whole of a collection of 2,000
rows one page. Which is less depends on how much else is in the collection; one small request tells.
"""

from __future__ import annotations

import typing as t

from .._json import Json
from .client import PAGE_SIZE, Client, Query, any_of
from .fields import Unread

_FEW = 2  # up to so many requests, finding out whether fewer would do is not worth one more


def read_by(
    client: Client, collection: str, attribute: str, values: t.Iterable[str], query: Query = (), *, doing: str,
    deadline: float | None = None, unread: list[Unread] | None = None,
) -> list[Json]:  # fmt: skip
    """The rows whose ``attribute``, which must be in the query's ``select``, is one of ``values``.

    ``unread``: where given, rows without an id are noted there; else one among those that are asked for raises
    ProtocolError.
    """
    wanted = dict.fromkeys(values)
    if not _whole_is_less(client, collection, len(list(any_of(wanted))), query, doing, deadline):
        return client.get_by(collection, attribute, wanted, query, doing=doing, deadline=deadline, unread=unread)
    others: list[Unread] = []  # what else is in the collection may be odd: it is not asked for
    rows = client.get_all(collection, query, doing=doing, deadline=deadline, unread=others)
    if unread is not None:
        unread.extend(others)
    return [row for row in rows if str(row.get(attribute)) in wanted]


def read_any(
    client: Client, collection: str, lookups: t.Sequence[tuple[str, str]], query: Query = (), *, doing: str
) -> list[Json]:
    """The rows that fit any of the ``lookups``, a filter each, and perhaps others that fit the query only."""
    if _whole_is_less(client, collection, len(lookups), query, doing, None):
        return client.get_all(collection, query, doing=doing)
    rows: list[Json] = []
    for lookup in lookups:
        rows.extend(client.get_all(collection, [*query, lookup], doing=doing))
    return rows


def _whole_is_less(
    client: Client, collection: str, requests: int, query: Query, doing: str, deadline: float | None
) -> bool:
    """Whether everything that fits the query comes in fewer pages than these requests."""
    if requests <= _FEW:
        return False
    filters = [(name, value) for name, value in query if name != "select"]
    count = client.count(collection, filters, doing=doing, deadline=deadline)
    return count is not None and -(-count // PAGE_SIZE) < requests
