# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the pure parts are given: rows as an array answers them, and the objects made of them."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import (
    Cluster,
    ReplicationSession,
    Selector,
    Snapshot,
    SnapshotChoice,
    Target,
)

Row = dict[str, t.Any]
NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)

# ReplicationStateEnum of the API description (api-facts 3.2), and one of a release to come.
STATES = (
    "Deleting", "Error", "Failed_Over", "Failing_Over", "Failing_Over_For_DR", "Fractured", "Initializing",
    "Modify_Role_In_Progress", "OK", "Partial_Failed_Back", "Partial_Failed_Over", "Partial_OK", "Partial_Paused",
    "Partial_Reprotected", "Paused", "Paused_For_Migration", "Paused_For_NDU", "Pausing", "Reprotecting", "Resuming",
    "Switching_To_Metro_Sync", "Switching_To_Synchronous", "Synchronizing", "System_Paused", "Not_Known_Yet",
)  # fmt: skip


def session_row(**attributes: t.Any) -> Row:
    """A row of ``/replication_session`` of a 4.x destination at rest."""
    row: Row = {
        "id": "s-1",
        "role": "Destination",
        "state": "OK",
        "resource_type": "volume",
        "type": "Asynchronous",
        "failover_test_in_progress": False,
        "last_sync_timestamp": "2026-11-23T19:58:00.000000+00:00",
        "last_sync_duration": 2500,
        "local_resource_id": "v-1",
        "remote_resource_id": "rv-1",
        "remote_system_id": "r-1",
        "replication_rule_id": "rule-1",
        "storage_element_pairs": [{"local_storage_element_id": "v-1", "remote_storage_element_id": "rv-1"}],
        "remote_system": {"id": "r-1", "name": "production", "state": "OK", "data_connection_state": "OK"},
        "error_code": None,
        "data_connection_state": "OK",
        "volumes": [{"id": "v-1", "name": "erp-data"}],
        "volume_groups": [],
    }
    return row | attributes


def a_session(**attributes: t.Any) -> ReplicationSession:
    """The session of such a row."""
    return ReplicationSession.from_row(session_row(**attributes))


def a_cluster(release: str = "4.1.0.0") -> Cluster:
    """The array that was asked."""
    return Cluster("powerstore-dr", "PS0123456789ab", release, NOW)


def a_snapshot(snapshot_id: str = "snap-1", **attributes: t.Any) -> Snapshot:
    """A snapshot of volume v-1 that a user made."""
    given = {
        "id": snapshot_id,
        "name": "monday",
        "type": "Snapshot",
        "protection_data": {"source_id": "v-1", "creator_type": "User"},
    }
    return Snapshot.from_row(given | attributes)


def a_target(session: ReplicationSession | None = None, choice: SnapshotChoice | None = None) -> Target:
    """A session that a task asked for, with what was found for the snapshot it named."""
    found = session or a_session()
    return Target(Selector("session_id", found.id, choice.wanted if choice else None), found, choice)
