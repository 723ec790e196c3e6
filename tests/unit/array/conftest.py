# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the transport share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.makers.wire import RawServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RawServer]:
    """One that sends what a test gives it, until the test ends."""
    made = RawServer(tmp_path)
    yield made
    made.close()
