# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The array's clock, carried on from one reading, so that it costs no further request."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from .._array.session import Cluster
from .._errors import ProtocolError


class ArrayClock:
    """The array's time as of ``cluster.system_time``, carried on by the controller's monotonic clock."""

    def __init__(self, cluster: Cluster) -> None:
        if cluster.system_time is None:
            raise ProtocolError("The array gave no time of its own (cluster.system_time); nothing was sent.")
        self.first = cluster.system_time
        self._read_at = cluster.read_at

    def now(self) -> datetime:
        """UTC on the array's clock."""
        return self.first + timedelta(seconds=time.monotonic() - self._read_at)
