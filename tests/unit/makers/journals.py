# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drills told to drill_journal event by event, as the role does it."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.drill import Drill
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.state import State
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.task import (
    OPTIONS,
    Surroundings,
    of_sessions,
    run_journal,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json

DEFAULTS: Json = {name: option.get("default") for name, option in OPTIONS.items()}
SESSIONS = [{"volume": "a"}, {"volume_group": "b", "wave": 2}]


def a_session(name: str, kind: str = "volume", **more: t.Any) -> Json:
    """As ``replication_session_info`` returns one that can be drilled."""
    return {
        "session_id": f"s-{name}", "selector": {kind: name}, "resource_type": kind, "resource_name": name,
        "resource_id": f"r-{name}", "role": "Destination", "state": "OK", "failover_test_in_progress": False,
        "failover_test": {"own": None}, "findings": [], "volumes": [{"name": name, "wwn": f"naa.{name}"}], **more,
    }  # fmt: skip


def a_reading(*sessions: Json, **more: t.Any) -> Json:
    """The result of ``replication_session_info``."""
    cluster = {"name": "dr", "system_time": "2026-11-23T20:00:00.000Z", "clock_skew_seconds": 0.0}
    return {"changed": False, "cluster": cluster, "sessions": list(sessions), **more}


def an_operation(name: str, action: str, **more: t.Any) -> Json:
    """One entry of ``replication_failover_test``."""
    sent = action in ("started", "stopped")
    return {
        "session_id": f"s-{name}", "resource_name": name, "action": action, "request_sent": sent,
        "failed": action == "failed", "job_id": f"j-{name}" if sent else None, **more,
    }  # fmt: skip


READY = (a_session("a"), a_session("b", "volume_group"))

LEFT = "/left"  # where a look beside the checks has left a good result


def surroundings(array: str, pid: int, *, real: bool = True) -> Surroundings:
    """What the action plugin knows: no tasks file is refused, and nothing runs beside the drill but a look."""
    return Surroundings(
        array=array,
        ansible_version="2.19.4",
        real=real,
        pid=pid,
        problem_of_file=lambda _path: None,
        awaited=lambda _path, _seconds: {},
        is_left=lambda path, _seconds: path == LEFT,
    )


class Told:
    """A drill in a folder, and what the module answered last."""

    def __init__(self, folder: Path, *, real: bool = True, **variables: t.Any) -> None:
        self.folder = folder
        self.around = Surroundings(
            "dr-array",
            "2.19.4",
            real,
            1,
            problem_of_file=lambda _path: None,
            awaited=lambda _path, _seconds: {},
            is_left=lambda path, _seconds: path == LEFT,
        )
        self.state: Json = {}
        self.said: Json = {}
        self("begin", variables={"sessions": SESSIONS, **variables})

    def __call__(self, event: str, **options: t.Any) -> Json:
        given = {**DEFAULTS, "id": "1", "directory": str(self.folder), "state": self.state, "event": event, **options}
        result = run_journal(given, self.around)
        self.state = result["state"]
        self.said = {**result["drill"], **{name: of_sessions(self.state, name) for name in ("owned", "not_proven")}}
        stops = [turn["wave"] for turn in self.said.get("stops") or ()]
        self.said["to_stop"] = {str(wave): of_sessions(self.state, "to_stop", wave) for wave in stops}
        return self.said

    def started(self, *entries: Json, wave: int = 1, **more: t.Any) -> Json:
        """A wave that was started, with what the array showed."""
        self("starting", wave=wave)
        return self("started", wave=wave, result={"sessions": list(entries), **more})

    @property
    def drill(self) -> Drill:
        """The drill as its events tell it."""
        return State.of(self.state).drill


def cut_off(folder: Path, array: str) -> Path:
    """The journal of a drill of that array that was killed after its start; the record would be beside it."""
    told = Told(folder)
    told("read", what="before", result=a_reading(*READY))
    told.started(an_operation("a", "started"), an_operation("b", "started"))
    path = Path(told.said["journal"])
    first, *more = path.read_text(encoding="utf-8").splitlines(keepends=True)
    intent = json.loads(first)
    intent |= {"array": array, "process": {**intent["process"], "started": "0"}}  # its process is another one by now
    path.write_text(json.dumps(intent) + "\n" + "".join(more), encoding="utf-8")
    return path


def prepared(folder: Path, **variables: t.Any) -> Told:
    """A drill whose preflight found everything ready."""
    told = Told(folder, **variables)
    assert told("read", what="before", result=a_reading(*READY))["refusal"] is None
    return told
