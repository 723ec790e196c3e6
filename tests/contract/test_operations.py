# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the simulator take each operation in exactly the states that Dell's description names?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.description import Description
from tests.contract.operations import Rule, rules
from tests.lab.simulator import ApiError, Simulator

ROLES = {"Source": "Destination", "Destination": "Source"}  # each with the other one
STATES = tuple(Description.from_file().schemas["ReplicationStateEnum"]["enum"])


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    sessions = [{"volume": "erp", "sync_duration": 60}]
    options = {"show_synchronizing": True}
    simulator = Simulator.from_dict({"operation_seconds": {"default": 0}, "sessions": sessions, "options": options})
    yield simulator
    simulator.stop()


def takes(simulator: Simulator, rule: Rule, state: str) -> bool:
    """Whether the simulated array takes the operation in a state, on the side where it belongs."""
    dr = simulator.dr
    dr.set_session("erp", failover_test_in_progress=False)
    dr.set_session("erp", role=rule.side or "Destination", type=rule.type, state="OK")
    if rule.in_test:
        dr.start_failover_test("erp")
    dr.set_session("erp", state=state)
    try:
        dr.operate("erp", rule.operation, "admin", **rule.body)
    except ApiError:
        return False
    return True


def test_every_state_and_every_operation_is_known() -> None:
    for rule in rules().values():
        assert rule.quote
        assert set(rule.allowed) | set(rule.refused) <= set(STATES)
        assert not set(rule.allowed) & set(rule.refused)


@pytest.mark.parametrize("name", rules())
def test_the_simulator_agrees(simulator: Simulator, name: str) -> None:
    rule = rules()[name]
    wrong = [
        f"{state}: the simulator {'takes' if taken else 'refuses'} it"
        for state in STATES
        if (said := rule.allows(state)) is not None and (taken := takes(simulator, rule, state)) is not said
    ]
    assert wrong == [], rule.quote


@pytest.mark.parametrize("name", [name for name in rules() if rules()[name].side in ROLES and name != "sync"])
def test_and_the_other_side_refuses(simulator: Simulator, name: str) -> None:
    """Of the operations for which Dell names a side."""
    rule = rules()[name]
    state = (*rule.allowed, "OK")[0]
    other = ROLES[str(rule.side)]
    dr = simulator.dr
    dr.set_session("erp", failover_test_in_progress=False)
    dr.set_session("erp", role=other, type=rule.type, state=state)
    with pytest.raises(ApiError):
        dr.operate("erp", rule.operation, "admin", **rule.body)


def test_a_running_cycle_is_no_time_for_a_sync(simulator: Simulator) -> None:
    """The state that the array shows counts, not the one that it would show between cycles."""
    simulator.dr.set_session("erp", failover_test_in_progress=False)
    side = simulator.dr.set_session("erp", role="Destination", type="Asynchronous", state="OK")
    assert side.period is not None
    side.replication.last_sync = simulator.clock.now()
    simulator.clock.advance(side.period - 30)
    with pytest.raises(ApiError, match="Synchronizing"):
        simulator.dr.operate("erp", "sync")
    simulator.clock.advance(60)
    simulator.dr.operate("erp", "sync")
