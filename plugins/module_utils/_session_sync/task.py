# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module replication_session_sync does: read, plan, apply unless in check mode, report what is shown."""

from __future__ import annotations

import typing as t

from .._array.client import Client
from .._array.read_cluster import read_cluster
from .._array.resolve import resolve
from .._array.session import Row, Selector, selectors_from_params
from .._errors import InvalidInputError
from .._json import Json
from .._module import result
from .._module.frame import with_client
from .._module.options import limits_from_params
from .._operation.batch import Batch, OnProgress
from .._time import Moment, format_time
from .operation import SyncOperation
from .plan import Desired, Plan, as_result, entry_of, plan, predicted


def run(params: Row, *, check_mode: bool, on_progress: OnProgress | None = None) -> Json:
    """The module's result for its options. Raises InvalidInputError for options out of bounds or not understood.

    ``on_progress``: called in any thread, one call at a time, whenever a synchronisation has ended.
    """
    selectors, desired = selectors_and_desired(params)
    return with_client(
        params,
        lambda client: _run(client, selectors, desired, on_progress, check_mode=check_mode),
        connections=desired.limits.max_parallel + 1,
        on_error=lambda error: result.nothing_attempted(selectors, error),
    )


def selectors_and_desired(params: Row) -> tuple[tuple[Selector, ...], Desired]:
    """What a task's options ask for. Raises InvalidInputError for options that make no sense."""
    if params.get("resource_ids") is not None:
        params = {**params, "sessions": [{"resource_id": each} for each in params["resource_ids"]]}
    since = params.get("since")
    return selectors_from_params(params), Desired(
        since=_since(since) if since is not None else None,
        limits=limits_from_params(params),
    )


def _since(text: str) -> Moment:
    problem = (
        f"since is '{text}': expected how long ago, such as 15m or 2h (s, m, h, d, w), or a time with its zone, such "
        "as 2026-11-23T20:00:00Z."
    )
    try:
        since = Moment.parse(text, "since")
    except InvalidInputError as error:
        raise InvalidInputError(problem) from error
    if since.distance is None and since.at is None:
        raise InvalidInputError(problem)
    return since


def _run(
    client: Client,
    selectors: t.Sequence[Selector],
    desired: Desired,
    on_progress: OnProgress | None,
    *,
    check_mode: bool,
) -> Json:
    cluster = read_cluster(client)
    moment = desired.since.at if desired.since else None
    if moment and cluster.system_time and moment > cluster.system_time:
        raise InvalidInputError(
            f"since is {format_time(moment)}, which is after the array's time {format_time(cluster.system_time)}: "
            "expected a time that has passed."
        )
    planned = plan(cluster, resolve(client, cluster, selectors), desired)
    entries = (
        [predicted(step, planned) for step in planned.steps]
        if check_mode or not planned.goals
        else _apply(client, planned, on_progress)
    )
    return as_result(cluster, entries)


def _apply(client: Client, planned: Plan, on_progress: OnProgress | None) -> list[result.Entry]:
    """Synchronise, at most ``max_parallel`` at a time. A failure on one session does not stop the others."""
    with Batch(client, planned.cluster, planned.desired.limits, SyncOperation, on_progress) as batch:
        outcomes = batch.carry_out(planned.goals)
    return [
        entry_of(step, outcomes[step.goal.session.id]) if step.goal else predicted(step, planned)
        for step in planned.steps
    ]
