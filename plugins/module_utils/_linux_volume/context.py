# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task works with: where the host shows devices, what runs its commands, and for how long."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .commands import Done, Runner
from .host import Device, Places, read_device


@dataclass(frozen=True)
class Context:
    """``seconds`` bounds the wait for devices, and each command."""

    places: Places
    run: Runner
    seconds: float
    multipath: bool

    def device(self, node: str) -> Device:
        """What the kernel says of it now."""
        return read_device(self.places, node, multipath=self.multipath)

    def write(self, attribute: str, text: str, seconds: float | None = None) -> Done | None:
        """Write to an attribute of sysfs, in a process of its own, as a scan may hang; None where it cannot be."""
        if not os.access(attribute, os.W_OK):
            return None
        return self.run(["tee", attribute], self.seconds if seconds is None else seconds, text)
