# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of playbooks share."""

from __future__ import annotations

from tests.integration.arrays import arrays

__all__ = ["arrays"]
