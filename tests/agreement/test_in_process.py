# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What check mode says of every condition of a session is what the array then does: the whole table, in process.

The array's side is the simulator's own rules, written from Dell's description and never from the modules' code. What
the module is given is the row that this release would answer to the module's own query.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.lookup import session_select
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import (
    Cluster,
    ReplicationSession,
    Selector,
    Target,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.plan import Desired, plan, predict
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.stopping import FAILED_OVER
from ansible_collections.drdrill.powerstore.plugins.module_utils._time import parse_time
from tests.agreement.table import RELEASES, ROLES, STATES, Condition, conditions
from tests.lab.simulator import query, replication
from tests.lab.simulator.build import build
from tests.lab.simulator.clock import stamp
from tests.lab.simulator.errors import ApiError
from tests.lab.simulator.resources import Reader
from tests.lab.simulator.scenario import from_dict
from tests.lab.simulator.world import Side

CASES = {
    "start": ({"running": True}, True),
    "start, link cut": ({"running": True}, False),
    "stop": ({"running": False}, True),
    "stop, link cut": ({"running": False}, False),
    "stop by force, link cut": ({"running": False, "force": True}, False),
}


@dataclass
class OneSession:
    """A world with one session, which can be put into any condition, asked for, and operated."""

    release: str
    link_up: bool

    def __post_init__(self) -> None:
        world = build(
            from_dict(
                {
                    "arrays": {"dr": {"release_version": self.release}},
                    "sessions": [{"volume": "any"}],
                    "link": "up" if self.link_up else "cut",
                }
            )
        )
        self._array = world.arrays["dr"]
        self._side: Side = self._array.session("any")
        self._reader = Reader(self._array)
        now = parse_time(stamp(self._array.now())) if self.release >= "2" else None
        self.cluster = Cluster("dr", "PS1", self.release, now)
        self._select = session_select(self.cluster.release)

    def put(self, condition: Condition) -> None:
        for name, value in condition.attributes.items():
            setattr(self._side, name, value)
        self._side.replication.test = None
        self._side.replication.operation = None

    def read(self) -> Target:
        """As the module gets it, through the row that this release answers to the module's own select."""
        resource = self._reader.resources["replication_session"]
        row = t.cast(dict[str, t.Any], query.instance(self._reader, resource, self._side, [self._select]).body)
        row.setdefault("failover_test_in_progress", None)
        return Target(Selector("session_id", self._side.id), ReplicationSession.from_row(row))

    def operate(self, action: str, body: dict[str, t.Any]) -> str:
        """What the array does: ``done``, or the kind of its refusal."""
        if replication.OPERATIONS[action].added > self._array.version:
            return "no_such_path"
        executed = len(self._array.executed)
        try:
            replication.begin(replication.Call(self._side, action, body, "somebody", seconds=0.0))
        except ApiError as error:
            return error.kind
        assert len(self._array.executed) == executed + 1
        return "done"


def predicted(session: OneSession, desired: Desired) -> str:
    """What check mode says would be done."""
    [entry] = predict(plan(session.cluster, [session.read()], desired)).entries
    assert entry.changed == (entry.action in ("started", "stopped"))
    assert (entry.error is not None) == (entry.action == "failed")
    return entry.action


def agrees(action: str, running: bool, answer: str) -> bool:
    """Whether a prediction is what the array then does; nothing to do is what it would refuse as done already."""
    if action == "none":
        return answer == ("test_in_progress" if running else "no_test")
    return (answer == "done") == (action in ("started", "stopped"))


# The same lines 129,600 times.
@pytest.mark.uncounted
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("release", RELEASES)
def test_check_mode_says_what_the_array_does(release: str, case: str) -> None:
    options, link_up = CASES[case]
    desired = Desired(**options)
    operation = "start_failover_test" if desired.running else "stop_failover_test"
    session = OneSession(release, link_up)
    wrong, seen, count = [], set(), 0
    for condition in conditions(release):
        session.put(condition)
        action = predicted(session, desired)
        answer = session.operate(operation, {"force": True} if desired.force else {})
        seen.add(action)
        count += 1
        if not desired.running and condition.state in FAILED_OVER and action == "none":
            # Left alone on purpose, whatever the array would do: the site may work with the test's data now.
            continue
        if not agrees(action, desired.running, answer):
            wrong.append((condition, action, answer))

    assert wrong == []
    assert count == len(STATES) * len(ROLES) * 5 * 3 * (3 if release >= "3" else 1)
    # The table is no empty exercise: everything that can be predicted is, except on an array without failover tests.
    if release >= "2":
        refused_only = case == "stop, link cut"
        changing = set() if refused_only else {"started" if desired.running else "stopped"}
        assert seen == {"failed", "none", *changing}
    else:
        assert seen == {"failed"}
