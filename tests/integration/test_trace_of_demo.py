# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole drill, the demo's, with POWERSTORE_TRACE: what a user would send us has no secret and no name in it."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from tests.lab.demo import __main__ as demo
from tests.lab.demo.application import Application
from tests.lab.simulator import Simulator, auth
from tests.lab.simulator.recorded import read_tasks

ROOT = Path(__file__).parents[2]
_NAMING = ("name", "wwn", "nguid", "global_id", "management_address", "serial_number", "username", "cluster_name")


def names_of(simulator: Simulator) -> set[str]:
    """Every name, address and identifier of both arrays."""
    found = {simulator.username, *(account.username for account in simulator.scenario.accounts), simulator.dr.host}
    for array in simulator.world.arrays.values():
        found.add(array.cluster_name)
        for table in array.tables.values():
            found.update(str(row[key]) for row in table for key in _NAMING if row.get(key))
    # What Dell gives the snapshot of a stopped test names nobody.
    return {name for name in found if not name.startswith("failover_test_STOPPED_")} | {
        name.partition(".")[2].partition(".")[2] for name in found if name.startswith("failover_test_STOPPED_")
    } - {""}


def test_a_trace_of_the_demo_has_no_secret_and_no_name(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {account.password for account in simulator.scenario.accounts}
    pair = f"{simulator.username}:{simulator.password}"
    secrets |= {base64.b64encode(pair.encode()).decode(), "Basic "}
    make = auth._secret

    def remembered() -> str:
        secrets.add(made := make())
        return made

    monkeypatch.setattr(auth, "_secret", remembered)
    monkeypatch.setattr(demo, "WORK", tmp_path)
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".ansible/collections"))
    monkeypatch.setenv("POWERSTORE_TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("ANSIBLE_NOCOLOR", "1")
    with Application() as application:
        assert demo.run_drill(simulator, application, fail=False) == 0
    assert demo.journal_problems(simulator) == []

    files = sorted((tmp_path / "trace").glob("*.har"))
    tasks = read_tasks(files)
    assert len(tasks) == simulator.dr.logins == len(files)
    assert sum(len(task.exchanges) for task in tasks) == len(simulator.dr.journal())
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert len(secrets) > 2 * len(files)
    names = names_of(simulator)
    assert {"erp-data", "erp-db-log", "files-archive-monday", "dr-host-1", "ps-dr", "admin"} <= names
    for path in files:
        text = path.read_text()
        everything = (text + json.dumps(json.loads(text), ensure_ascii=False)).casefold()
        assert [secret for secret in secrets if secret.casefold() in everything] == []
        assert [name for name in names if name.casefold() in everything] == []
        assert json.loads(text)["log"]["_replaced"]
