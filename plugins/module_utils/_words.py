# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every word of a finding, a verdict and a record, each with one home."""

from __future__ import annotations

# Severities of a finding. A blocker refuses a start.
BLOCKER, WARNING, INFO = "blocker", "warning", "info"
