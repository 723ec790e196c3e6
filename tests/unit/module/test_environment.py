# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options from the environment, as every module that speaks to an array takes them."""

from __future__ import annotations

import pytest

from tests.lab.simulator import Simulator
from tests.running import connection_to, run_module

NAMES = ("host", "port", "username", "password", "ca_path")


def test_all_options_from_the_environment(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in connection_to(simulator).items():
        monkeypatch.setenv(f"POWERSTORE_{name.upper()}", str(value))
    result = run_module(simulator, "replication_session_info", **dict.fromkeys(NAMES))

    assert not result.get("failed") and result["sessions"]


@pytest.mark.parametrize("name", ["PORT", "TIMEOUT", "VALIDATE_CERTS", "CA_PATH"])
def test_an_empty_variable_counts_as_not_set(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"POWERSTORE_{name}", "")
    result = run_module(simulator, "replication_session_info")

    assert not result.get("failed"), result["msg"]


def test_an_empty_password_is_a_missing_one(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERSTORE_PASSWORD", "")
    result = run_module(simulator, "replication_session_info", password=None)

    assert result["failure"]["kind"] == "invalid_input" and "missing required arguments: password" in result["msg"]
    assert simulator.dr.journal() == []
