# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading which array it is: its name, release and clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from .._errors import IS_IT_A_POWERSTORE, AuthenticationError, PowerStoreError, ProtocolError
from .._json import Json
from .._time import format_time
from .client import Client, Query
from .fields import Fields, Unread, note_or_raise, shown
from .session import UNKNOWN, Cluster, Release

_CLOCK = "the cluster's name and clock"
_LAST_YEAR = 9000  # of a clock to which times can be added
_PATIENCE = 10.0  # seconds for what a stop can do without


def read_cluster(client: Client, unread: list[Unread] | None = None) -> Cluster:
    """The array's identity, release and clock: two requests.

    ``unread``: where given, what cannot be read (refused, failing, slow, not as described) is noted there instead of
    raised, as a stop needs none of it: the name is then the host that was asked, the release unknown, the time None.
    Only credentials that are refused are raised. An emergency stop passes a list; a start does not.
    """
    version = _read_release(client, unread)
    asked_at, asked = datetime.now(UTC), time.monotonic()
    row = _read_identity(client, Release.parse(version), unread)
    # The array looked at its clock at some time between question and answer; the middle is wrong by half of that.
    middle = asked_at + (datetime.now(UTC) - asked_at) / 2
    read_within = (time.monotonic() - asked) / 2
    fields = Fields(row, "the cluster")
    system_time = fields.time("system_time")
    if system_time is not None and system_time.year >= _LAST_YEAR:
        fields.problems["system_time"] = f"system_time of the cluster is {format_time(system_time)}: expected today's"
        system_time = None
    name, global_id = fields.text("name"), fields.text("global_id")
    if fields.problems:
        note_or_raise(unread, _CLOCK, ProtocolError(f"{'; '.join(fields.problems.values())}."))
    return Cluster(
        name=name or client.host,
        global_id=global_id or UNKNOWN,
        release_version=version,
        system_time=system_time,
        read_at=asked + read_within,
        read_within=read_within,
        clock_skew_seconds=None if system_time is None else round((system_time - middle).total_seconds(), 3),
    )


def _read_release(client: Client, unread: list[Unread] | None) -> str:
    what = "the PowerStoreOS version"
    query = [("select", "id,release_version,is_cluster"), ("is_cluster", "eq.true")]
    row = _only(client, "/software_installed", query, what, unread)
    fields = Fields(row, "the installed software")
    version = fields.text("release_version")
    if row and (fields.problems or not Release.parse(version or "").is_known):
        found = shown(row.get("release_version"))
        note_or_raise(unread, what, ProtocolError(f"release_version is {found}: expected a version such as 4.1.0.0."))
    return version or UNKNOWN


def _read_identity(client: Client, release: Release, unread: list[Unread] | None) -> Json:
    # PowerStoreOS 1 has no system_time, and an attribute that a release does not have fails the query.
    names = ("id,name,global_id" + (",system_time" if release >= (2, 0) else "")) if release.is_known else "*"
    return _only(client, "/cluster", [("select", names)], _CLOCK, unread)


def _only(client: Client, path: str, query: Query, what: str, unread: list[Unread] | None) -> Json:
    """The first row; an empty one where it cannot be read and that is noted."""
    deadline = None if unread is None else time.monotonic() + _PATIENCE
    try:
        rows = client.get(path, query, doing=f"Reading {what}", deadline=deadline)
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
            raise ProtocolError(f"The array answered without a row for {what}: {IS_IT_A_POWERSTORE}")
    except AuthenticationError:
        raise
    except PowerStoreError as error:
        note_or_raise(unread, what, error)
        return {}
    row: Json = rows[0]
    return row
