# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The array's clock, carried on from one reading, so that it costs no further request."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from .._array.session import Cluster


class ArrayClock:
    """The array's time as of ``cluster.system_time``, carried on by the controller's monotonic clock.

    Where the array gave no time, it is the controller's own: a test is not left running for want of a clock.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.is_arrays = cluster.system_time is not None
        self.first = cluster.system_time or datetime.now(UTC)
        self._within = timedelta(seconds=cluster.read_within if self.is_arrays else 0)
        self._read_at = cluster.read_at if self.is_arrays else time.monotonic()

    def now(self) -> datetime:
        """UTC on that clock."""
        return self.first + timedelta(seconds=time.monotonic() - self._read_at)

    def not_later(self, moment: datetime) -> datetime:
        """The earliest that the array's clock may have shown at a moment of this one: what began since then is ours."""
        return moment - self._within
