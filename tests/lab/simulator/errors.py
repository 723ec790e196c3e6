# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every refusal of the simulated array: code, HTTP status and text, in one table.

Codes with a public source keep it ([api-facts 2]); the others are plausible and invented, because the real ones are
not published. Clients must not branch on them. 400 and 422 are mixed on purpose: Dell lists both for state errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TABLE: Mapping[str, tuple[int, str, str]] = MappingProxyType(
    {
        # the request itself
        "invalid_request": (400, "0xE04040010005", "Invalid REST request. {0}"),
        "bad_range": (416, "0xE04040010005", "The requested range {0} is not satisfiable."),
        "unknown_attribute": (
            400,
            "0xE04040030001",
            "Validation failed: {1} is not a known attribute of resource {0}.",
        ),
        "unknown_property": (
            400,
            "0xE04040030001",
            "Validation failed: Object instance has properties which are not allowed by the schema: [{0}]",
        ),
        "wrong_type": (400, "0xE04040030001", "Validation failed: property {0} must be of type {1}."),
        "missing_property": (400, "0xE04040030001", "Validation failed: required property {0} is missing."),
        "no_such_path": (404, "0xE04040020002", "Invalid instance, method: {0}, request: {1}"),
        "not_found": (404, "0xE04040020009", "Instance with id {0} of resource {1} was not found."),
        "method_not_allowed": (405, "0xE04040010007", "Method {0} is not allowed for {1}."),
        "token": (403, "0xE04040010003", "The DELL-EMC-TOKEN header is missing or is not valid for this session."),
        "forbidden": (403, "0xE09040050001", "User {0} is not authorized to perform {1}."),
        "password_change": (403, "0xE09040050002", "User {0} must change the password before anything else."),
        # replication sessions: facility 0xE0201005
        "already_failed_over": (422, "0xE0201005000C", "Replication session {0} is already failed over."),
        "not_destination": (
            400,
            "0xE02010050021",
            "Operation {1} of replication session {0} is only possible on the destination; its role here is {2}.",
        ),
        "not_source": (
            400,
            "0xE02010050022",
            "Operation {1} of replication session {0} must be issued on the source; its role here is {2}.",
        ),
        "not_asynchronous": (
            422,
            "0xE02010050023",
            "Operation is not supported for replication session {0} of type {1}.",
        ),
        "resource_type": (
            422,
            "0xE02010050024",
            "Failover test is not supported for replication session {0}: its resource type is {1}.",
        ),
        "test_in_progress": (422, "0xE02010050025", "A failover test of replication session {0} is in progress."),
        "no_test": (422, "0xE02010050026", "No failover test of replication session {0} is in progress."),
        "state": (422, "0xE02010050027", "Operation {1} is not allowed while replication session {0} is in state {2}."),
        "busy": (422, "0xE02010050028", "Another operation of replication session {0} is in progress: {1}."),
        "remote_unreachable": (422, "0xE02010050029", "Remote system {1} of replication session {0} is not reachable."),
        "snapshot_foreign": (
            422,
            "0xE0201005002A",
            "Snapshot {1} is not a snapshot of the resource {2} of replication session {0}.",
        ),
        "snapshot_system": (
            422,
            "0xE0201005002B",
            "Snapshot {1} was created by the system and cannot be used by replication session {0}.",
        ),
        "test_copy": (
            422,
            "0xE0201005002C",
            "A failover test of replication session {0} is in progress: stop it first, or set use_test_copy to true.",
        ),
        "unplanned_only": (
            400,
            "0xE0201005002D",
            "Property {1} is only valid for an unplanned failover of replication session {0}.",
        ),
        "planned_only": (
            400,
            "0xE0201005002E",
            "Property {1} is only valid for a planned failover of replication session {0}.",
        ),
        "not_metro": (422, "0xE0201005002F", "Operation {1} is only possible for a metro session; {0} is not one."),
        # volumes, groups, hosts
        "volume_not_found": (404, "0xE0A08001000E", "Volume with id {0} was not found."),
        "group_not_found": (404, "0xE0A07001000C", "Volume group with id {0} was not found."),
        "host_not_found": (404, "0xE0A010010003", "Host with id {0} was not found."),
        "not_mapped": (422, "0xE0A08001000F", "Volume {0} is not mapped to {1}."),
        "already_mapped": (422, "0xE0A080010051", "Volume {0} is already mapped to {1}."),
        "one_host": (400, "0xE0A080010052", "Exactly one of host_id and host_group_id must be given."),
        "attached": (422, "0xE0A080020001", "Volume {0} is attached to a host."),
        "name_in_use": (422, "0xE0A080010014", "The name {0} is already in use."),
        "not_a_snapshot": (422, "0xE0A080010060", "{0} is not a snapshot: {1} is only possible for snapshots."),
        "replication_destination": (
            422,
            "0xE0A080010061",
            "{0} is the destination of a replication session: {1} is not allowed.",
        ),
        "policy_not_found": (404, "0xE0A090010001", "Protection policy with id {0} was not found."),
        "group_member": (422, "0xE0A050010072", "Volume {0} is a member of a volume group: {1} is not allowed."),
        "members_in_test": (
            422,
            "0xE0A070010070",
            "Volume group {0} is in a failover test: its members cannot be changed.",
        ),
        # NAS servers: facilities 0xE080100D (server) and 0xE0801008 (file system)
        "nas_not_found": (404, "0xE080100D0001", "NAS server with id {0} was not found."),
        "nas_name_in_use": (422, "0xE08010080009", "The name {0} is already in use by a NAS server."),
        "nas_replicated": (422, "0xE080100D0061", "{0} is part of a replication session and cannot be deleted."),
        "file_system_has_snapshots": (422, "0xE08010080062", "File system {0} has snapshots: delete them first."),
        "nas_has_file_systems": (422, "0xE080100D0062", "NAS server {0} has file systems: delete them first."),
        "nas_has_interfaces": (422, "0xE080100D0063", "NAS server {0} has file interfaces: delete them first."),
        "domain_account": (
            422,
            "0xE080100D0064",
            "NAS server {0} is joined to the domain {1}: give an account that may unjoin it, or skip that.",
        ),
        "file_system_locked": (
            422,
            "0xE08010080062",
            "File system {0} has FLR in compliance mode and cannot be cloned.",
        ),
        "file_system_foreign": (422, "0xE08010080061", "File system {0} does not belong to NAS server {1}."),
        "address_in_use": (422, "0xE08010040061", "The address {0} is already in use by file interface {1}."),
        "gateway": (400, "0xE08010040062", "The gateway {0} is not in the network {1}."),
        "ip_port_not_found": (404, "0xE08010040063", "IP port with id {0} was not found."),
        "not_simulated": (422, "0xE04010019999", "The simulated array cannot do this: {0}"),
        "size": (400, "0xE0A080010062", "Size {0} is not valid: it must be a multiple of 8192 and not shrink."),
        # what a job can end with
        "internal": (500, "0xE04010010001", "An internal error occurred: {0}"),
        "busy_system": (503, "0xE04040010009", "Wait and try again. System is busy."),
    }
)

KINDS = frozenset(_TABLE)
ErrorBody = dict[str, list[dict[str, object]]]


def error_body(code: str, text: str, arguments: list[str]) -> ErrorBody:
    """The array's error_response [S]."""
    return {"messages": [{"code": code, "severity": "Error", "message_l10n": text, "arguments": arguments}]}


class ApiError(Exception):
    """A refusal on its way to the client: an HTTP status and an error_response."""

    def __init__(self, kind: str, *arguments: object) -> None:
        status, code, template = _TABLE[kind]
        words = [str(argument) for argument in arguments]
        text = template.format(*words)
        super().__init__(text)
        self.kind = kind
        self.status = status
        self.body = error_body(code, text, words)
