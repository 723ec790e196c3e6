# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task for failover tests of sessions and DR tests of NAS servers: each by its own means, in one result.

Both are done side by side, each with a login of its own. A blocker on one refuses the whole start, as it does among
sessions of one kind.
"""

from __future__ import annotations

import typing as t

from .._array.session import Row
from .._errors import InvalidInputError
from .._json import Json
from .._module.result import afterwards
from .._operation.batch import OnProgress
from .._operation.workers import side_by_side
from .._words import NAS_SERVER

Run: t.TypeAlias = "t.Callable[[bool], Json]"  # whether it is check mode -> the result
_OF_NAS = (NAS_SERVER, "interface", "file_systems", "isolated", "clone_id")
_ONLY_THERE = ("made", "removed")  # what of a result is for nas_dr_test alone
_SAID_OF_ALL: t.Final[Json] = {"label": None, "clones": "own", "domain_unjoin": None, "isolated": False}


def names_nas_servers(params: Row) -> bool:
    """Whether a task is about a NAS server, or says what only one has."""
    return any(entry.get(name) is not None for entry in params.get("sessions") or () for name in _OF_NAS)


def run(
    params: Row, others: t.Callable[[Row, bool], Json], *, check_mode: bool, on_progress: OnProgress | None
) -> Json:
    """The result for all entries, in their order.

    ``others``: runs the task for sessions without a NAS server, with the options and whether it is check mode. Raises
    InvalidInputError for options that make no sense.
    """
    entries = params["sessions"]
    places = {
        True: [n for n, entry in enumerate(entries) if _is_nas(entry)],
        False: [n for n, entry in enumerate(entries) if not _is_nas(entry)],
    }
    _check(params, entries, mixed=bool(places[False]))
    from .._nas_dr_test import task as of_nas  # here, as few tasks name a NAS server, and to import it takes its time

    nas = _of_nas(params, [entries[n] for n in places[True]])
    tell = None if places[False] else on_progress  # of two at once the numbers would not fit together
    block = {**params, "sessions": [entries[n] for n in places[False]]}
    runs: list[tuple[list[int], Run]] = [
        (places[True], lambda check: _as_sessions(of_nas.run(nas, check_mode=check, on_progress=tell)))
    ]
    if places[False]:
        runs.append((places[False], lambda check: others(block, check)))
    if not check_mode and params["state"] == "started" and len(runs) > 1:
        predicted = _all(runs, check_mode=True)
        if predicted.get("failed"):
            return _refused(predicted)
    found = _all(runs, check_mode=check_mode)
    refused = check_mode and params["state"] == "started" and found.get("failed")
    return _refused(found) if refused else found


def _is_nas(entry: Row) -> bool:
    return entry.get(NAS_SERVER) is not None


def _check(params: Row, entries: t.Sequence[Row], *, mixed: bool) -> None:
    for number, entry in enumerate(entries):
        given = [name for name in _OF_NAS if entry.get(name) is not None]
        if given and not _is_nas(entry):
            raise InvalidInputError(
                f"sessions[{number}].{given[0]} is only for nas_server: expected none beside another selector."
            )
        if _is_nas(entry) and (entry.get("snapshot") or params.get("snapshot")) is not None:
            raise InvalidInputError(
                f"sessions[{number}] names a NAS server with a snapshot: expected none, as its DR test is a clone of "
                "what was last synchronised."
            )
    if mixed and params["on_failure"] == "rollback" and params["state"] == "started":
        raise InvalidInputError(
            "on_failure is rollback, and sessions has NAS servers and others: expected keep, or a task for each kind."
        )


def _of_nas(params: Row, entries: t.Sequence[Row]) -> Json:
    """The options of nas_dr_test."""
    wishes = [{name: entry.get(name) for name in _OF_NAS} for entry in entries]
    return {**params, **_SAID_OF_ALL, "nas_servers": wishes}


def _as_sessions(result: Json) -> Json:
    """The result of nas_dr_test in the shape of this module's."""
    return {
        **{name: value for name, value in result.items() if name != "nas_servers"},
        "sessions": [_as_session(entry) for entry in result["nas_servers"]],
    }


def _as_session(entry: Json) -> Json:
    left_out = {*_ONLY_THERE, *(name for name in ("failure", "rollback") if entry.get(name) is None)}
    own = {name: value for name, value in entry.items() if name not in left_out}
    before, after = (_as_condition(entry.get(name)) for name in ("before", "after"))
    return {
        **own,
        "selector": {NAS_SERVER: entry["selector"][NAS_SERVER]},
        "before": before,
        "after": afterwards(before, after) if after else None,
    }


def _as_condition(shown: Json | None) -> Json | None:
    """A condition as those of other sessions: in test is what has a DR-test clone."""
    if shown is None:
        return None
    return {
        **shown,
        "failover_test_in_progress": bool(shown["dr_test_clones"]),
        "last_sync_timestamp": None,
        "recovery_point_timestamp": None,
    }


def _all(runs: t.Sequence[tuple[list[int], Run]], *, check_mode: bool) -> Json:
    """What came of all, in the order of the entries. Raises InvalidInputError."""
    results = side_by_side(lambda each: each[1](check_mode), runs, len(runs))
    placed = {
        place: entry
        for (places, _run), result in zip(runs, results, strict=True)
        for place, entry in zip(places, result["sessions"], strict=True)
    }
    failed = [result for result in results if result.get("failed")]
    clusters = [result["cluster"] for result in results if result.get("cluster")]
    diffs = [result["diff"] for result in results if result.get("diff")]
    warnings = [warning for result in results for warning in result.get("warnings") or ()]
    return {
        "changed": any(result["changed"] for result in results),
        **({"cluster": clusters[0]} if clusters else {}),
        "sessions": [placed[place] for place in sorted(placed)],
        **({"diff": _together(diffs)} if diffs else {}),
        **_said(failed),
        **({"warnings": warnings} if warnings else {}),
    }


def _together(diffs: t.Sequence[Json]) -> Json:
    return {
        **diffs[-1],
        **{name: {line: text for diff in diffs for line, text in diff[name].items()} for name in ("before", "after")},
    }


def _said(failed: t.Sequence[Json]) -> Json:
    if not failed:
        return {}
    message = " ".join(dict.fromkeys(str(result["msg"]) for result in failed))
    return {"failed": True, "msg": message, "failure": failed[0]["failure"]}


def _refused(predicted: Json) -> Json:
    """What check mode said of a start that is refused, as nothing of it is done."""
    return {
        **predicted,
        "changed": False,
        **({"diff": {**predicted["diff"], "after": predicted["diff"]["before"]}} if "diff" in predicted else {}),
        "sessions": [
            {
                **entry,
                "action": "not_attempted",
                "changed": False,
                "after": afterwards(entry["before"], entry["before"]),
            }
            if entry["action"] == "started"
            else entry
            for entry in predicted["sessions"]
        ],
    }
