# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stops of a sweep, by the same operations as a single stop: sent once, followed, confirmed."""

from __future__ import annotations

import typing as t

from .._array.client import Client
from .._array.session import Cluster, Target
from .._failover_test.act import apply
from .._failover_test.entry import Entry
from .._failover_test.plan import Desired, plan, predict
from .._operation.batch import OnProgress
from .._operation.limits import Limits
from .policy import Policy

__all__ = ["Entry", "desired_stop", "stop"]


def desired_stop(policy: Policy) -> Desired:
    """What the policy wants of each test that it stops."""
    return Desired(
        running=False,
        force=policy.force == "always",
        force_when_unreachable=policy.force == "when_unreachable",
        limits=Limits(policy.max_parallel, policy.wait_timeout, policy.poll_interval),
    )


def stop(
    client: Client,
    cluster: Cluster,
    targets: t.Sequence[Target],
    desired: Desired,
    on_progress: OnProgress | None = None,
    *,
    check_mode: bool,
) -> t.Sequence[Entry]:
    """What became of each stop, in the order of the targets; in check mode what would become of it."""
    planned = plan(cluster, targets, desired)
    return (predict(planned) if check_mode else apply(planned, client, on_progress)).entries
