# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do the modules take each operation in exactly the states that Dell's description names (contract/operations.yml)?

The simulator is compared with the same table, so that neither can be right only by the other.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.plan import Desired, plan
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.stopping import FAILED_OVER
from ansible_collections.drdrill.powerstore.plugins.module_utils._session_sync.operation import WORKING, refusal
from tests.agreement.table import STATES
from tests.contract.operations import rules
from tests.unit.makers.samples import a_cluster, a_session, a_target


def takes(name: str, **attributes: t.Any) -> bool:
    """Whether the module would send the operation to a session."""
    rule = rules()[name]
    session = a_session(role=rule.side, failover_test_in_progress=rule.in_test, **attributes)
    if name == "sync":
        return refusal(session) is None
    return bool(plan(a_cluster(), [a_target(session)], Desired(running=name == "start_failover_test")).goals)


# Where a module keeps to less, or to more, than the description allows, and why.
ON_PURPOSE = {
    ("sync", WORKING): True,  # the cycle is waited for, and the request sent after it
    **{("stop_failover_test", state): False for state in FAILED_OVER},  # the site may work with the test's data
}


@pytest.mark.parametrize("state", sorted(STATES))
@pytest.mark.parametrize("name", ["start_failover_test", "stop_failover_test", "sync"])
def test_the_modules_agree_with_the_description(name: str, state: str) -> None:
    rule = rules()[name]
    expected = ON_PURPOSE.get((name, state), rule.allows(state))

    assert takes(name, state=state) is expected, rule.quote


@pytest.mark.parametrize("name", ["start_failover_test", "sync"])
def test_asynchronous_sessions_only(name: str) -> None:
    assert takes(name, state="OK", type="Asynchronous") and not takes(name, state="OK", type="Synchronous")
