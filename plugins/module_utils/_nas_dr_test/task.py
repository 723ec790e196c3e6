# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module nas_dr_test does with its options: read, plan, apply unless in check mode, report what is shown."""

from __future__ import annotations

import contextlib
import time
import typing as t
from dataclasses import replace

from .._array.client import Client
from .._array.session import Row
from .._errors import InvalidInputError, PowerStoreError
from .._json import Json
from .._module.frame import with_client
from .._module.options import limits_from_params
from .._operation.batch import OnProgress
from .._operation.clock import ArrayClock
from .act import apply, waited_for
from .entry import Results, nothing_attempted, predicted
from .plan import Desired, Found, Plan, addresses_to_probe, overdue, plan
from .probe import answering
from .reading import read, read_again
from .wish import Wish, label_from_params, wishes_from_params


def run(params: Row, *, check_mode: bool, on_progress: OnProgress | None = None) -> Json:
    """The module's result for its options. Raises InvalidInputError for options out of bounds or that contradict.

    ``on_progress``: called in any thread, one call at a time, whenever the work on a NAS server begins or has ended.
    """
    wishes, desired = wishes_from_params(params), desired_from_params(params)
    return with_client(
        params,
        lambda client: _run(client, wishes, desired, on_progress, check_mode=check_mode),
        connections=desired.limits.max_parallel + 1,
        on_error=lambda error: nothing_attempted(wishes, error),
    )


def desired_from_params(params: Row) -> Desired:
    """What a task wants of all its NAS servers. Raises InvalidInputError."""
    running = params["state"] == "started"
    return Desired(
        running=running,
        label=label_from_params(params),
        clones=params["clones"],
        rollback=params["on_failure"] == "rollback",
        delete_body=_delete_body(params.get("domain_unjoin")),
        limits=limits_from_params(params),
        settle_time=0 if running else params["settle_time"],
        attempts=params["attempts"],
        attempt_delay=params["attempt_delay"],
    )


def _delete_body(domain: Row | None) -> Json:
    """A clone has the SMB server's account of production: unjoining would take production out of its domain."""
    if domain is None:
        return {"is_skip_domain_unjoin": True}
    if not str(domain["username"]).strip() or not domain["password"]:
        raise InvalidInputError("domain_unjoin has an empty username or password: expected both.")
    return {"domain_user_name": domain["username"], "domain_password": domain["password"]}


def _run(
    client: Client, wishes: t.Sequence[Wish], desired: Desired, on_progress: OnProgress | None, *, check_mode: bool
) -> Json:
    array, found = read(client, wishes, desired)
    clock = ArrayClock(array.cluster)
    if desired.running:
        asked = addresses_to_probe(array, found, desired)
        array = replace(array, answering=answering(asked) if asked else {})
    planned = plan(array, found, desired)
    if check_mode:
        results = Results(cluster=array.cluster, entries=tuple(predicted(step, planned) for step in planned.steps))
        return results.as_result(array.cluster.system_time)
    if not desired.running:
        planned = _once_made(client, planned, found)
    return apply(planned, client, on_progress).as_result(clock.now() if clock.is_arrays else None)


def _once_made(client: Client, planned: Plan, found: t.Sequence[Found]) -> Plan:
    """The plan of a stop once no clone is under way any more, and ``settle_time`` is over where there is none.

    A clone that was sent and not answered may be on its way to the array, which has no job of it yet.
    """
    desired, end = planned.desired, time.monotonic() + planned.desired.settle_time
    while True:
        awaited = [step for step in planned.steps if step.awaits]
        quiet = [step for step in planned.steps if step.goal is None and step.error is None]
        if not awaited and (not quiet or time.monotonic() >= end):
            return planned
        if awaited:
            waited_for(client, awaited, planned)
        else:
            time.sleep(min(desired.limits.poll_interval, max(0.0, end - time.monotonic())))
        with contextlib.suppress(PowerStoreError):  # what was seen before goes on counting
            array, again = read_again(client, planned.array, found)
            planned = plan(array, again, desired)
        if awaited and any(step.awaits for step in planned.steps):
            return overdue(planned)
