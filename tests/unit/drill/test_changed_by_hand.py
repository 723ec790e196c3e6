# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a journal holds and a module returned: a typed error, never a traceback, and the stop still comes."""

from __future__ import annotations

import copy
import json
import os
import typing as t
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.journal import append, read
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.replay import record_options
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.unfinished import own_starts, unfinished
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.store import write_drill
from tests.unit.makers.journals import READY, Told, a_reading, a_session, an_operation

ODD: t.Final = (None, 7, "text", [], {}, [7], {"x": 7})
CHECK = {"name": "c", "command": ["true"]}


def whole(folder: Path) -> Told:
    told = Told(folder, steps={"validate": [CHECK], "release": [{**CHECK, "name": "r"}]})
    told("read", what="before", result=a_reading(*READY))
    told.started(an_operation("a", "started"))
    told.started(an_operation("b", "started"), wave=2)
    told("steps", phase="validate", names=["c"], result={"checks": [{"name": "c", "passed": True}]})
    told("read", what="during", result=a_reading(*READY))
    told("stopped", wave=1, result={"sessions": [an_operation("a", "stopped", findings=[{"id": "x"}])]})
    told("interrupted", task="t", reason="r")
    told("read", what="after", result=a_reading(*READY))
    return told


def changed(value: t.Any, depth: int) -> Iterator[t.Any]:
    """The value with each part of it gone, or of another kind, down to a depth."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        for other in ODD:
            made = copy.copy(value)
            made[key] = other
            yield made
        if isinstance(value, dict):
            yield {name: each for name, each in value.items() if name != key}
        if depth > 1:
            for inner in changed(value[key], depth - 1):
                made = copy.copy(value)
                made[key] = inner
                yield made


@pytest.mark.parametrize("special", ["a FIFO", "a folder", "a link to a device"])
def test_what_is_called_like_a_journal_and_is_none_keeps_nobody_waiting(tmp_path: Path, special: str) -> None:
    """stop_tests reads the journals before it stops anything."""
    path = tmp_path / "drill-20261126T000000Z-dr-1.journal.jsonl"
    if special == "a FIFO":
        os.mkfifo(path)
    elif special == "a folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    found, problems = unfinished(str(tmp_path), datetime.now(UTC))
    assert own_starts(str(tmp_path)) == found == []
    assert [path.name in each and "expected a plain file" in each for each in problems] == [True]
    with pytest.raises(OSError, match=r"No such device|Is a directory|Invalid argument"):
        append(str(path), [{"event": "end"}])


def test_a_journal_that_was_changed_makes_a_record_or_a_typed_error(tmp_path: Path) -> None:
    lines = Path(whole(tmp_path).said["journal"]).read_text().splitlines()
    path, refused, made = tmp_path / "changed.jsonl", 0, 0
    for at, line in enumerate(lines):
        for event in changed(json.loads(line), 3 if at else 2):
            path.write_text("\n".join([*lines[:at], json.dumps(event), *lines[at + 1 :], ""]))
            try:
                record_options(read(str(path)).events, later=a_reading(*READY))
                made += 1
            except InvalidInputError:
                refused += 1
    assert refused > 300 and made > 300


def test_no_part_of_a_journal_that_was_changed_keeps_its_record_from_an_answer(tmp_path: Path) -> None:
    """The whole way to a record, for a part of them: it is slower."""
    lines = Path(whole(tmp_path).said["journal"]).read_text().splitlines()
    path = tmp_path / "changed.jsonl"
    for at, line in enumerate(lines):
        for number, event in enumerate(changed(json.loads(line), 2)):
            if number % 7 == 0:
                path.write_text("\n".join([*lines[:at], json.dumps(event), *lines[at + 1 :], ""]))
                result = write_drill({"kind": "drill", "directory": str(tmp_path), "journal": str(path)}, write=False)
                assert result.get("record") or result["msg"].startswith("No record could be made:")


@pytest.mark.parametrize("what", ["before", "during", "after", "started", "stopped"])
def test_an_odd_result_is_refused_in_words_and_loses_nothing(tmp_path: Path, what: str) -> None:
    told = Told(tmp_path)
    if what != "before":
        told("read", what="before", result=a_reading(*READY))
        told.started(an_operation("a", "started"))
    state, owned = told.state, told.said.get("owned")
    entry = a_session("a", findings=[{"id": "x", "severity": "info", "message": "m", "resolution": "r"}])
    good: Json = a_reading(entry, READY[1]) if what in ("before", "during", "after") else {
        "sessions": [an_operation("a", "started", findings=[{"id": "x"}])], "failure": {"kind": "busy"}
    }  # fmt: skip
    told_off = 0
    for result in changed(good, 4):
        told.state = state
        said = (
            told("started" if what == "started" else "stopped", wave=1, result=result)
            if what in ("started", "stopped")
            else told("read", what=what, result=result)
        )
        told_off += said["refusal"] is not None
        if owned:
            assert owned[0] in said["owned"]
    assert told_off > 0 or what in ("during", "after", "stopped")


def test_results_of_other_sessions_than_the_intents_refuse_the_start(tmp_path: Path) -> None:
    told = Told(tmp_path)
    said = told("read", what="before", result=a_reading(a_session("x"), READY[1]))
    assert "are not those that were asked for" in said["refusal"] and "Nothing was started." in said["refusal"]
    said = told("read", what="before", result=a_reading(READY[0]))
    assert "are not those that were asked for" in said["refusal"]


def test_starts_and_stops_of_other_sessions_are_the_drills_own(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told("read", what="before", result=a_reading(*READY))
    said = told.started(an_operation("x", "started"))
    # Of the session that was asked for nothing is known, so it is stopped, too.
    assert said["owned"] == [each["session_id"] for each in said["to_stop"]["1"]] == ["s-a", "s-x"]
    assert told("stopped", wave=1, result={"sessions": [an_operation("y", "stopped")]})["refusal"] is None
