# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions can be failed over now, and what is in the way of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import PendingStart
from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.failover import readiness_of
from tests.unit.makers.samples import STATES, a_session, a_target

READY = {"OK", "Synchronizing", "Paused", "System_Paused"}


@pytest.mark.parametrize("state", STATES)
def test_only_a_session_at_rest_or_replicating_is_ready(state: str) -> None:
    [found] = readiness_of([a_target(a_session(state=state))])

    assert found.ready is (state in READY)
    assert (found.reason is None) is found.ready and (found.to_do is None) is found.ready
    assert found.ready or state in str(found.reason)


@pytest.mark.parametrize("resource_type", ["volume", "volume_group"])
def test_a_running_test_stands_against_it(resource_type: str) -> None:
    [found] = readiness_of([a_target(a_session(failover_test_in_progress=True, resource_type=resource_type))])

    assert not found.ready
    assert "failover test is running" in str(found.reason) and "force" in str(found.to_do)


@pytest.mark.parametrize("has_ended", [True, False])
def test_a_start_that_may_still_show_stands_against_it(has_ended: bool) -> None:
    [found] = readiness_of([replace(a_target(), pending_start=PendingStart("j-7", has_ended))])

    assert not found.ready and "j-7" in str(found.reason)


@pytest.mark.parametrize(
    "attributes",
    [
        {"role": "Source"},
        {"role": "Metro_Preferred"},
        {"resource_type": "file_system"},
        {"resource_type": "nas_server", "role": "Source"},
    ],
)
def test_what_cannot_be_failed_over_here_is_not_judged(attributes: dict[str, str]) -> None:
    assert readiness_of([a_target(a_session(**attributes))]) == []


@pytest.mark.parametrize(
    ("state", "status", "why"),
    [
        ("OK", "Started", None),
        ("Partial_OK", "Started", None),
        ("OK", None, None),  # it could not be read
        ("OK", "Stopped", None),
        ("OK", "Starting", "changing now"),
        ("OK", "Degraded", "The NAS server is Degraded."),
        ("Error", "Started", "The session is in state Error."),
    ],
)
def test_a_nas_server_is_judged_by_its_session_and_its_own_status(
    state: str, status: str | None, why: str | None
) -> None:
    session = a_session(resource_type="nas_server", state=state)
    [found] = readiness_of([a_target(session)], {session.local_resource_id: status} if status else {})

    assert found.ready is (why is None)
    assert why is None or why in str(found.reason)


def test_a_synchronous_session_is_judged_too() -> None:
    [found] = readiness_of([a_target(a_session(type="Synchronous"))])

    assert found.ready
