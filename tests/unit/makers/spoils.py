# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to spoil a drill that went well, and the record of what is left of it."""

from __future__ import annotations

import copy
import typing as t

import jsonschema

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.common import Context
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.drill import build_record
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.published import published
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.results import Observations
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import DrillRecord
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind
from tests.unit.makers.drills import CHECK, CONTEXT, Json, a_drill
from tests.unit.makers.samples import NOW

Spoil = t.Callable[[Json], object]


VALID = jsonschema.Draft202012Validator(published())


def record_of(drill: Json, **context: t.Any) -> Json:
    """The record; it is always as its schema has it."""
    return built(drill, **context).as_json()


def built(drill: Json, **context: t.Any) -> DrillRecord:
    """The same with its types."""
    texts = {name: tuple(value) if isinstance(value, list) else value for name, value in {**CONTEXT, **context}.items()}
    given = Context(**{"controller_user": "awx", "controller_host": "controller", **texts})
    record = build_record(Observations.from_params(drill), given, "drill-1", NOW)
    assert problems(record.as_json(), Kind.DRILL) == []
    VALID.validate(record.as_json())
    return record


def spoiled(*spoils: Spoil) -> Json:
    drill = a_drill()
    for spoil in spoils:
        spoil(drill)
    return record_of(drill)


def spoiled_record(*spoils: Spoil) -> DrillRecord:
    """The same with its types."""
    drill = a_drill()
    for spoil in spoils:
        spoil(drill)
    return built(drill)


def put(path: str, value: t.Any) -> Spoil:
    """Put a value into the drill, for example at ``after.sessions.0.state``."""

    def spoil(drill: Json) -> None:
        *folders, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: t.Any = drill
        for folder in folders:
            place = place[folder]
        place[last] = value

    return spoil


def recovery_point(number: int, moment: str | None) -> Spoil:
    """The recovery point of a session, as the preflight and its own start showed it. It starts at 20:02:00."""

    def spoil(drill: Json) -> None:
        drill["before"]["sessions"][number]["recovery_point_timestamp"] = moment
        for start in drill["starts"]:
            start["sessions"][number]["before"]["recovery_point_timestamp"] = moment

    return spoil


def drop(path: str, position: int) -> Spoil:
    """Leave one entry out of a list in the drill."""

    def spoil(drill: Json) -> None:
        place: t.Any = drill
        for part in path.split("."):
            place = place[int(part) if part.isdigit() else part]
        del place[position]

    return spoil


ATTACH = CHECK | {"phase": "attach", "name": "mount", "started_at": None, "finished_at": "2026-11-23T20:03:00.000Z"}
FAILURE = {"kind": "rejected", "http_status": 422, "code": "0xE1", "message": "The array answered 422."}
AT_REST = {"failover_test_in_progress": False}
LOST = {"kind": "unreachable", "http_status": None, "code": None, "message": "No answer."}


def start_failed(drill: Json, *, sent: bool) -> None:
    drill["starts"][0]["sessions"][0] |= {
        "action": "failed", "failed": True, "changed": False, "request_sent": sent, "failure": FAILURE,
        "finished_at": None, "duration_seconds": None,
    }  # fmt: skip


def stop_failed(drill: Json) -> None:
    drill["stops"][0]["sessions"][0] |= {
        "action": "failed", "failed": True, "changed": False, "failure": FAILURE,
        "after": {"failover_test_in_progress": True},
    }  # fmt: skip
    drill["after"]["sessions"][0]["failover_test_in_progress"] = True


def stop_again(drill: Json) -> None:
    """A second attempt, which finds that the first one did it after all."""
    again = copy.deepcopy(drill["stops"][0])
    for entry in again["sessions"]:
        entry |= {
            "action": "none", "changed": False, "failed": False, "failure": None, "request_sent": False,
            "after": {"failover_test_in_progress": False}, "job_id": None, "started_at": None, "finished_at": None,
        }  # fmt: skip
    drill["stops"].append(again)
    for entry in drill["after"]["sessions"]:
        entry["failover_test_in_progress"] = False


def stop_failed_again(drill: Json) -> None:
    stop_failed(drill)
    drill["stops"].reverse()


def start_without_a_word(drill: Json) -> None:
    """The task of the start was killed: the role stops what it may have started."""
    drill |= {"starts": [], "during": None, "steps": [], "owned": ["s-1", "s-2"]}


def adopted(drill: Json) -> None:
    """The test of the first session ran already, started by the same account, and was taken over."""
    drill["before"]["sessions"][0]["failover_test_in_progress"] = True
    drill["starts"][0]["sessions"][0] |= {
        "action": "none", "changed": False, "request_sent": False, "started_at": None, "finished_at": None,
        "duration_seconds": None, "job_id": None,
    }  # fmt: skip
    drill |= {"owned": ["s-1", "s-2"], "adopted": ["s-1"]}


def check(**changes: t.Any) -> Spoil:
    return put("steps.0", CHECK | changes)
