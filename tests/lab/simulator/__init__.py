# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stateful pair of PowerStore arrays over HTTPS, for tests and the demo. See README.md beside this file."""

from __future__ import annotations

from .errors import ApiError
from .faults import Fault
from .journal import Exchange
from .reading import ScenarioError
from .scenario import Scenario
from .simulator import ArrayHandle, Simulator

__all__ = ["ApiError", "ArrayHandle", "Exchange", "Fault", "Scenario", "ScenarioError", "Simulator"]
