# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at a TCP port."""

from __future__ import annotations

import socket
import time
import typing as t

from .look import Observation, left_until, out_of_time, reason_of
from .options import Tcp

# An address that moves to another machine is found by the next connection, not by one that is still being tried.
CONNECT_SECONDS: t.Final = 5.0


def look_at_port(probe: Tcp, deadline: float) -> Observation:
    """Connect once, and hang up."""
    try:
        with socket.create_connection((probe.host, probe.port), min(CONNECT_SECONDS, left_until(deadline))) as sock:
            # With a port of its own range, a connection to this host can meet itself: nobody listens there.
            if sock.getsockname() == sock.getpeername():
                return Observation(False, "no connection: Connection refused")
    except socket.timeout:
        if time.monotonic() >= deadline:
            return out_of_time()
        return Observation(False, "no connection: no answer")
    except (OSError, ValueError) as error:
        return Observation(False, f"no connection: {reason_of(error)}")
    return Observation(True, "accepts connections")
