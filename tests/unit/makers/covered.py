# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a coverage is made from: arrays as they were read, records of drills, a policy. Now is the controller's time."""

from __future__ import annotations

import copy
import functools
import json
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.running import run_action
from tests.unit.makers.records import drill_record

NOW = datetime.now(UTC).replace(microsecond=0)
ARRAY = "PS0123456789ab"
SCHEMA = Path(__file__).parents[3] / "docs/coverage-1.0.schema.json"
POLICY: Json = {"period": "90d", "warn": "14d"}


def ago(days: float) -> datetime:
    """So many days before now."""
    return NOW - timedelta(days=days)


def stamp(moment: datetime) -> str:
    """As records and results have it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now_on(name: str, **changes: t.Any) -> Json:
    """A session as replication_session_info returns it; it is as `record` has it, unless something is changed."""
    session: Json = {
        "session_id": f"s-{name}",
        "state": "OK",
        "role": "Destination",
        "type": "Asynchronous",
        "failover_test_in_progress": False,
        "resource_type": "volume",
        "resource_name": name,
        "resource_id": f"v-{name}",
        "remote_system": {"id": "r-1", "name": "powerstore-production"},
        "replication_rule": {"id": "rule-1", "name": "five-minutes"},
        "rpo_objective_seconds": 300,
        "volumes": [volume(name)],
        "ready": True,
        "findings": [],
    }
    return {**session, **changes}


def volume(name: str, **changes: t.Any) -> Json:
    """Its volume."""
    return {
        "id": f"v-{name}",
        "name": name,
        "state": "Ready",
        "wwn": f"naa.{name}",
        "size": 100 * 2**30,
        "hosts": ["dr-host-1"],
        **changes,
    }


def array(*sessions: Json, name: str = "dr", log: t.Sequence[Json] | None = (), **changes: t.Any) -> Json:
    """An entry of ``arrays``."""
    read: Json = {
        "changed": False,
        "cluster": {
            "name": f"powerstore-{name}",
            "global_id": ARRAY,
            "release_version": "4.1.0.0",
            "system_time": stamp(NOW),
        },
        "sessions": list(sessions),
        "unread": [],
        "test_log": None if log is None else list(log),
        "dr_test_clones": [],
    }
    return {"name": name, "read": {**read, **changes}}


def logged(name: str, at: datetime, job_id: str = "job-of-nobody", **changes: t.Any) -> Json:
    """A start in the array's log."""
    entry = {"job_id": job_id, "session_id": f"s-{name}", "phase": "Completed", "user": "colleague"}
    return {**entry, "started_at": stamp(at), "finished_at": stamp(at), **changes}


_TEMPLATE: Json = drill_record(1)


def record(*names: str, at: datetime, number: int = 1, **changes: t.Any) -> Json:
    """The record of a drill that passed. ``changes``: of every session; ``of_record``: of the record itself."""
    of_record = changes.pop("of_record", {})
    made = copy.deepcopy(_TEMPLATE)
    template = made["sessions"][0]
    made["drill"]["id"] = f"{at:%Y%m%dT%H%M%SZ}-{number}"
    made["array"].update(name="powerstore-dr", global_id=ARRAY, release_version="4.1.0.0")
    made["times"].update(
        started_at=stamp(at - timedelta(minutes=1)),
        finished_at=stamp(at + timedelta(minutes=5)),
        written_at=stamp(at + timedelta(minutes=6)),
    )
    made["sessions"] = [_session(template, name, at, number, changes) for name in names]
    return {**made, **of_record}


def _session(template: Json, name: str, at: datetime, number: int, changes: Json) -> Json:
    session = copy.deepcopy(template)
    session.update(
        session_id=f"s-{name}",
        resource_type="volume",
        resource_name=name,
        resource_id=f"v-{name}",
        remote_system="powerstore-production",
        replication_rule="five-minutes",
    )
    session["start"].update(
        job_id=f"job-{name}-{at:%Y%m%d}-{number}", started_at=stamp(at), finished_at=stamp(at + timedelta(seconds=3))
    )
    session["stop"].update(
        started_at=stamp(at + timedelta(minutes=4)), finished_at=stamp(at + timedelta(minutes=4, seconds=3))
    )
    session["before"]["volumes"] = [volume(name)]
    session["recovery_point"].update(
        objective_seconds=300, objective_from="replication rule", age_seconds=120.0, met=True
    )
    session["rto"].update(objective_seconds=600, objective_from="drill", actual_seconds=240.0, met=True)
    for key, value in changes.items():
        session[key] = (
            {**session[key], **value} if isinstance(value, dict) and isinstance(session.get(key), dict) else value
        )
    return session


def covered(
    folder: Path, arrays: t.Sequence[Json], records: t.Sequence[Json] = (), policy: object = None, **options: t.Any
) -> Json:
    """The result of drill_coverage."""
    for each in records:
        (folder / f"drill-{each['drill']['id']}.json").write_text(json.dumps(each), encoding="utf-8")
    written = policy if isinstance(policy, str) else json.dumps(POLICY if policy is None else policy)
    (folder / "policy.yml").write_text(written, encoding="utf-8")
    given: Json = {
        "directory": str(folder),
        "policy": str(folder / "policy.yml"),
        "output_directory": str(folder / "out"),
    }
    return run_action("drill_coverage", **{**given, "arrays": list(arrays), **options})


@functools.cache
def published() -> jsonschema.Draft202012Validator:
    """What checks a coverage against its published schema."""
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def document(result: Json) -> Json:
    """The coverage that was written, which has to be as its published schema says."""
    assert "failed" not in result, result.get("msg")
    found = t.cast(Json, json.loads(Path(result["files"]["json"]).read_text(encoding="utf-8")))
    assert [f"{error.json_path}: {error.message}" for error in published().iter_errors(found)] == []
    return found


def rows(result: Json) -> dict[str, Json]:
    """Its rows by the name of the resource."""
    return {row["resource_name"] or row["host"]: row for row in document(result)["rows"]}
