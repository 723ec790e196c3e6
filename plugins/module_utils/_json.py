# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What JSON is to the type checker: an object of the array's answers, of a module's results, of a record."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]
