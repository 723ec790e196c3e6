# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module replication_failover_test does with its options: read, plan, apply unless in check mode, report."""

from __future__ import annotations

import time
import typing as t
from dataclasses import replace

from .._array.client import Client
from .._array.jobs import with_pending_starts
from .._array.lookup import read_cluster, read_sessions_by, resolve
from .._array.session import (
    Cluster,
    Row,
    Selector,
    Target,
    Unresolved,
)
from .._errors import InvalidInputError, PowerStoreError
from .._json import Json
from .._module.options import check_bounds
from .._time import Moment
from .end_of_test import OPTION
from .plan import (
    Desired,
    Report,
    apply,
    failed_entries,
    plan,
    predict,
)

__all__ = ["desired_from_params", "failed_entries", "run_failover_test"]


def desired_from_params(params: Row) -> Desired:
    """What a task wants of its sessions. Raises InvalidInputError for options out of bounds or that contradict."""
    check_bounds(params)
    running = params["state"] == "started"
    expiration = params.get("end_of_test_snapshot_expiration")
    if expiration is not None and not params["create_end_of_test_snapshot"]:
        raise InvalidInputError(
            "end_of_test_snapshot_expiration is set, but create_end_of_test_snapshot is not: expected both, as there "
            "is no snapshot to expire otherwise."
        )
    return Desired(
        running=running,
        rollback=params["on_failure"] == "rollback",
        create_snapshot=params["create_end_of_test_snapshot"] and not running,
        expiration=Moment.parse(expiration, OPTION) if expiration is not None else None,
        force=params["force"],
        max_parallel=params["max_parallel"],
        wait_timeout=params["wait_timeout"],
        poll_interval=params["poll_interval"],
        settle_time=0 if running else params["settle_time"],
    )


def run_failover_test(client: Client, selectors: t.Sequence[Selector], desired: Desired, *, check_mode: bool) -> Json:
    """The module's result: read the array, plan, apply unless in check mode, and report."""
    cluster = read_cluster(client)
    if desired.expiration and cluster.system_time:
        # A time that has passed is refused before anything is sent
        desired.expiration.after(cluster.system_time, OPTION)
    found = resolve(client, cluster, selectors)
    if not desired.running:
        found = _settled(client, cluster, found, 0 if check_mode else desired.settle_time, desired.poll_interval)
    planned = plan(cluster, found, desired)
    report = predict(planned) if check_mode else apply(planned, client)
    return {**report.as_result(), **_verdict(report)}


def _settled(
    client: Client, cluster: Cluster, found: t.Sequence[Target | Unresolved], settle_time: float, pause: float
) -> list[Target | Unresolved]:
    """The targets with the starts that are under way, once each has a test or a start, or ``settle_time`` has passed.

    A start that was sent and not answered may be on its way to the array, which has no job of it yet.
    """
    end = time.monotonic() + settle_time
    while True:
        seen = with_pending_starts(client, cluster, found)
        quiet = [e for e in seen if isinstance(e, Target) and not e.session.in_test and not e.pending_start]
        if not quiet or time.monotonic() >= end:
            return seen
        time.sleep(min(pause, max(0.0, end - time.monotonic())))
        read = read_sessions_by(client, cluster.release, "id", [entry.session.id for entry in quiet])
        shown = {session.id: session for session in read}
        found = [
            replace(entry, session=shown[entry.session.id].named(entry.session.resource_name))
            if isinstance(entry, Target) and entry.session.id in shown
            else entry
            for entry in found
        ]


def _verdict(report: Report) -> Json:
    if not report.failures:
        return {}
    count, total = len(report.failures), len(report.entries)
    first: PowerStoreError = report.failures[0]
    lead = "" if total == 1 else f"{count} of {total} sessions failed. The first: "
    return {"failed": True, "msg": lead + first.message, "failure": first.as_failure()}
