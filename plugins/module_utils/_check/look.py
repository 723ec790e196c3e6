# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at the world: a connection, a request or a command, each within its time, and what it showed."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Observation:
    """What one look showed. ``text`` and ``output`` are as they came, so with secrets and control characters."""

    true: bool
    text: str
    output: str = ""
    out_of_time: bool = False


# Looks once. The argument is when it has to be over, by time.monotonic().
Look = t.Callable[[float], Observation]


def out_of_time() -> Observation:
    return Observation(False, "no answer in time", out_of_time=True)


def left_until(deadline: float) -> float:
    """Seconds until then. Never 0 or less, which would mean without a limit, or not to wait at all."""
    return max(0.01, deadline - time.monotonic())


def reason_of(error: BaseException) -> str:
    """What an error of a connection says, in one line and without Python's wrapping of it."""
    inner = getattr(error, "reason", None)
    if isinstance(inner, BaseException):
        return reason_of(inner)
    if isinstance(error, OSError):
        return getattr(error, "verify_message", "") or error.strerror or str(inner or error) or type(error).__name__
    return str(error) or type(error).__name__
