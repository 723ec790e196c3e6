# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every condition that a replication session can be in, by the array's description (api-facts 3.1, 3.2 and 8)."""

from __future__ import annotations

import itertools
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

from tests.lab.simulator.schema import parse_version

# ReplicationStateEnum with the release that added each.
STATES = {
    "Deleting": "3.0", "Error": "3.0", "Failed_Over": "1.0", "Failing_Over": "1.0", "Failing_Over_For_DR": "1.0",
    "Fractured": "3.0", "Initializing": "1.0", "Modify_Role_In_Progress": "3.0", "OK": "1.0",
    "Partial_Failed_Back": "4.0", "Partial_Failed_Over": "3.0", "Partial_OK": "3.0", "Partial_Paused": "3.0",
    "Partial_Reprotected": "3.0", "Paused": "1.0", "Paused_For_Migration": "1.0", "Paused_For_NDU": "1.0",
    "Pausing": "3.0", "Reprotecting": "1.0", "Resuming": "1.0", "Switching_To_Metro_Sync": "3.0",
    "Switching_To_Synchronous": "4.0", "Synchronizing": "1.0", "System_Paused": "1.0",
}  # fmt: skip
ROLES = {"Source": "1.0", "Destination": "1.0", "Metro_Preferred": "3.0", "Metro_Non_Preferred": "3.0"}
TYPES = {"Asynchronous": "1.0", "Metro_Active_Active": "3.0", "Synchronous": "4.0"}  # the attribute is from 3.0
RESOURCE_TYPES = {
    "volume": "1.0", "volume_group": "1.0", "replication_group": "3.0", "nas_server": "3.0", "file_system": "3.6",
}  # fmt: skip
FLAGS = (True, False, None)
RELEASES = ("1.0.4.0", "2.0.0.0", "2.1.1.1", "3.0.0.0", "3.5.0.0", "3.6.1.0", "4.0.0.0", "4.1.0.0")


@dataclass(frozen=True)
class Condition:
    """One combination of what a session shows."""

    release: str
    resource_type: str
    state: str
    role: str
    type: str
    flag: bool | None

    @property
    def exists(self) -> bool:
        """Whether this release has all of its values; a later one's are kept in the table as what is to come."""
        release = parse_version(self.release)
        added = (STATES[self.state], ROLES[self.role], TYPES[self.type], RESOURCE_TYPES[self.resource_type])
        return all(parse_version(version) <= release for version in added)

    @property
    def attributes(self) -> dict[str, t.Any]:
        """As the simulated session takes them."""
        return {
            "resource_type": self.resource_type,
            "state": self.state,
            "role": self.role,
            "type": self.type,
            "failover_test_in_progress": self.flag,
        }


def conditions(release: str) -> Iterator[Condition]:
    """All of one release: 24 states, 4 roles, 5 resource types, the flag, and 3 types from 3.0 on."""
    types = list(TYPES) if parse_version(release) >= parse_version("3.0") else ["Asynchronous"]
    for values in itertools.product(RESOURCE_TYPES, STATES, ROLES, types, FLAGS):
        yield Condition(release, *values)
