# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole drill, the demo's, with POWERSTORE_TRACE: what a user would send us has no secret and no name in it, and the
same drill on an array that answers as recorded does the same and finds the same."""

from __future__ import annotations

import base64
import json
import re
import shutil
import stat
import typing as t
from collections.abc import Mapping
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.standins import StandIns
from tests.lab.demo import __main__ as demo
from tests.lab.demo.application import Application
from tests.lab.simulator import Simulator, auth
from tests.lab.simulator.recorded import read_tasks
from tests.lab.simulator.replay import Replay

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


def record_in(folder: Path) -> t.Any:
    """What the newest record says of the drill, without times, and what is judged by them."""
    newest = max((folder / "records").glob("drill-*.json"), key=lambda path: path.stat().st_mtime_ns)
    record = json.loads(newest.read_text())
    keys = ("resource_name", "resource_type", "end_of_test_snapshot", "snapshot", "session_id")
    sessions = [{key: each.get(key) for key in keys} for each in record["sessions"]]
    steps = sorted(json.dumps([each.get("phase"), each.get("name"), each.get("passed")]) for each in record["steps"])
    verdicts = {"cleanup": record["cleanup"]["verdict"], "verdict": record["verdict"]}
    return {**verdicts, "sessions": sessions, "steps": steps}


def with_stand_ins(text: str, names: Mapping[str, str]) -> str:
    """A text with stand-ins for names, the longest first."""
    words = "|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in sorted(names, key=len, reverse=True))
    return re.sub(words, lambda found: names[found[0]], text)


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

    # The same drill of the same sessions, by their stand-ins, on the recorded array.
    monkeypatch.delenv("POWERSTORE_TRACE")
    made = StandIns((tmp_path / "trace/stand-ins.key").read_bytes())
    shown = {name: made.name(name) for name in names if re.match("erp|files", name)}
    shutil.copytree(demo.HERE, tmp_path / "demo")
    variables = tmp_path / "demo/drill.yml"
    text = re.sub(
        r"\b(volume|volume_group|snapshot|session): [\w-]+",
        lambda f: with_stand_ins(f[0], shown),
        variables.read_text(),
    )
    variables.write_text(text)
    monkeypatch.setattr(demo, "HERE", tmp_path / "demo")
    monkeypatch.setattr(demo, "WORK", tmp_path / "again")
    (tmp_path / "again").mkdir()
    with Application() as application, Replay(files, clock_goes_on=True) as array:
        assert demo.run_drill(array, application, fail=False) == 0  # type: ignore[arg-type]  # asked where it is
        assert array.misses == []
    first = json.loads(with_stand_ins(json.dumps(record_in(tmp_path)), shown))
    first["steps"].sort()  # by names, which are others now
    assert first["verdict"] == "passed"
    assert record_in(tmp_path / "again") == first
