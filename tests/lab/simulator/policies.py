# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection policies on resources: taking one off the source ends its replication, another one changes the rule."""

from __future__ import annotations

from collections.abc import Callable

from .errors import ApiError
from .tables import Row
from .world import RPO_SECONDS, Array, Side


def change_of(array: Array, kind: str, row: Row, wanted: object, side: Side | None) -> Callable[[], None]:
    """What a new protection_policy_id does, or a refusal. wanted: an id, name:{name}, or '' or null for none.

    side: the resource's own session, if it has one. Whether an array takes the policy off during a failover test is not
    known [api-facts 9]; here it is refused.
    """
    policy = _policy(array, wanted)
    policy_id = None if policy is None else str(policy["id"])
    if policy_id == row["protection_policy_id"]:
        return lambda: None
    if row.get("_volume_groups") and row["type"] != "Snapshot":
        raise ApiError("group_member", row["id"], "a protection policy of its own")
    if side is None or side.type == "Metro_Active_Active":
        if policy is not None and row["type"] == "Primary":
            raise ApiError("not_simulated", "a policy that starts a new replication session")
        return lambda: array.tables[kind].change(str(row["id"]), "protection_policy_id", policy_id)
    if side.in_test() or side.peer.in_test():
        raise ApiError("test_in_progress", side.id)
    if policy is None:
        return lambda: array.remove_session(side.id)
    return lambda: _follow(side, str(policy["name"]))


def _policy(array: Array, wanted: object) -> Row | None:
    if wanted in (None, ""):
        return None
    table = array.tables["policy"]
    found = table.get(wanted)
    if found is None and str(wanted).startswith("name:"):
        name = str(wanted)[5:].lower()
        found = next((each for each in table if str(each["name"]).lower() == name), None)
    if found is None:
        raise ApiError("policy_not_found", wanted)
    return found


def _follow(side: Side, policy_name: str) -> None:
    """The session goes on under the rule of another policy; the other array has a replica of both."""
    for each in (side, side.peer):
        tables = each.array.tables
        policy = next(row for row in tables["policy"] if row["name"] == policy_name)
        rules = policy["_replication_rules"]
        rule_id = str(rules[0]) if isinstance(rules, list) else ""
        each.array.sessions.change(each.id, "replication_rule_id", rule_id)
        for kind, row in each.resources():
            tables[kind].change(str(row["id"]), "protection_policy_id", policy["id"])
        rule = tables["replication_rule"].get(rule_id)
        if rule is not None:
            side.settle()
            side.replication.rpo_seconds = RPO_SECONDS[str(rule["rpo"])]
