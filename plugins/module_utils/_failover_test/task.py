# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module replication_failover_test does with its options: read, plan, apply unless in check mode, report."""

from __future__ import annotations

import contextlib
import time
import typing as t
from dataclasses import replace

from .._array.client import Client
from .._array.jobs import with_pending_starts
from .._array.session import Cluster, ReplicationSession, Row, Selector, Target, Unresolved, selectors_from_params
from .._errors import InvalidInputError, NotFoundError, PowerStoreError
from .._json import Json
from .._module.frame import with_client
from .._module.options import limits_from_params
from .._module.result import nothing_attempted
from .._operation.batch import OnProgress
from .._time import Moment
from . import with_nas
from .act import apply
from .end_of_test import OPTION
from .entry import Entry, Step
from .plan import Desired, plan, predict
from .reading import Read, look_again, read_for_start, read_for_stop, read_starts_and_stops
from .stopping import NOTHING_LOGGED, Log


def run(params: Row, *, check_mode: bool, on_progress: OnProgress | None = None) -> Json:
    """The module's result for its options. Raises InvalidInputError for options out of bounds or that contradict.

    ``on_progress``: called in any thread, one call at a time, whenever an operation has ended.
    """
    if with_nas.names_nas_servers(params):
        return with_nas.run(
            params,
            lambda block, check: _run_on(block, check_mode=check, on_progress=on_progress),
            check_mode=check_mode,
            on_progress=on_progress,
        )
    return _run_on(params, check_mode=check_mode, on_progress=on_progress)


def _run_on(params: Row, *, check_mode: bool, on_progress: OnProgress | None) -> Json:
    """The same for sessions without a NAS server."""
    selectors, desired = selectors_from_params(params), _desired(params)
    return with_client(
        params,
        lambda client: _run(client, selectors, desired, on_progress, check_mode=check_mode),
        connections=desired.limits.max_parallel + 1,
        on_error=lambda error: nothing_attempted(selectors, error, Entry, Step),
    )


def _desired(params: Row) -> Desired:
    running = params["state"] == "started"
    expiration = params.get("end_of_test_snapshot_expiration")
    snapshots = [params, *(params.get("sessions") or ())]
    if expiration is not None and not any(each.get("create_end_of_test_snapshot") for each in snapshots):
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
        limits=limits_from_params(params),
        settle_time=0 if running else params["settle_time"],
        attempts=params["attempts"],
        attempt_delay=params["attempt_delay"],
    )


def _run(
    client: Client,
    selectors: t.Sequence[Selector],
    desired: Desired,
    on_progress: OnProgress | None,
    *,
    check_mode: bool,
) -> Json:
    if desired.running:
        read = read_for_start(client, selectors)
        _check_expiration(desired, read.cluster)
    else:
        read = read_for_stop(client, selectors)
        settle_time = 0 if check_mode else desired.settle_time
        read = replace(read, entries=_waited_for(client, read, settle_time, desired.limits.poll_interval))
    planned = plan(read.cluster, read.entries, desired, _log(client, read.entries, desired), read.gaps)
    return (predict(planned) if check_mode else apply(planned, client, on_progress)).as_result()


def _check_expiration(desired: Desired, cluster: Cluster) -> None:
    """A time that has passed is refused before the start; the stop is worth more than its snapshot's expiration."""
    if desired.expiration and cluster.system_time:
        desired.expiration.after(cluster.system_time, OPTION)


def _log(client: Client, found: t.Sequence[Target | Unresolved], desired: Desired) -> Log:
    """The starts and stops of the sessions for which the task names the start whose test is to be stopped."""
    targets = [entry for entry in found if isinstance(entry, Target)]
    named = {entry.session.id: entry.selector.started_by_job for entry in targets if entry.selector.started_by_job}
    if desired.running or not named:
        return NOTHING_LOGGED
    jobs = read_starts_and_stops(client, named)
    for session_id, each in jobs.items():
        for job in each:
            if job.id == named[session_id]:
                client.learn_account(job.user)
    return Log(jobs, client.is_own)


def _waited_for(client: Client, read: Read, settle_time: float, pause: float) -> list[Target | Unresolved]:
    """The targets with the starts that are under way, once each has a test or a start, or ``settle_time`` has passed.

    A start that was sent and not answered may be on its way to the array, which has no job of it yet.
    """
    end, found = time.monotonic() + settle_time, read.entries
    while True:
        seen = with_pending_starts(client, read.cluster, found)
        quiet = [e for e in seen if isinstance(e, Target) and not e.session.in_test and not e.pending_start]
        if not quiet or time.monotonic() >= end:
            return seen
        time.sleep(min(pause, max(0.0, end - time.monotonic())))
        ids = {entry.session.id for entry in quiet}
        with contextlib.suppress(PowerStoreError):  # what was seen before goes on counting
            shown = look_again(client, read.cluster, ids)
            found = [
                _seen_again(entry, shown.get(entry.session.id))
                if isinstance(entry, Target) and entry.session.id in ids
                else entry
                for entry in found
            ]


def _seen_again(entry: Target, session: ReplicationSession | None) -> Target | Unresolved:
    if session is None:
        error = NotFoundError(f"The array does not list the {entry.session.label} any more.")
        return Unresolved(entry.selector, error)
    return replace(entry, session=session.named(entry.session.resource_name))
