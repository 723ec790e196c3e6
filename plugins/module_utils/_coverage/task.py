# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drill_coverage does: read records and policy, judge, and write every output. All are made before the first."""

from __future__ import annotations

import os
import typing as t
import uuid
from datetime import UTC, datetime

from .._errors import InvalidInputError, PowerStoreError
from .._json import Json
from .._record.actions import read_actions
from .._record.clean import cleaned
from .._record.store import write_once
from .._words import Coverage
from .arrays import arrays_of
from .cover import Covered, Inputs, cover
from .document import Row
from .due_dates import calendar_of
from .folder import OnFile, read_folder, read_policy
from .html_pages import coverage_page, trend_page
from .listed import population_csv
from .metrics import metrics_of
from .options import NOTHING
from .overview import overview
from .trend import Series, trend_csv, trend_of
from .writing import READABLE, replace_file

_SHOWN = 20  # rows in the result


def run_coverage(params: Json, *, write: bool, on_file: OnFile | None = None) -> Json:
    """The module's result. ``write`` is false in check mode. ``on_file``: called before each file of the folder."""
    try:
        covered, trend = _judged(params, on_file)
        texts, paths = _outputs(params, covered, trend)
        if write:
            _write(texts, paths)
    except PowerStoreError as error:
        return {"failed": True, "changed": False, "msg": error.message}
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        problem = (
            f"The coverage could not be written:{where} {error.strerror or error}. Fix this and run the task again."
        )
        return {"failed": True, "changed": False, "msg": problem}
    document = covered.document
    failing = [row for row in document.rows if _fails(row, params["fail_on"])]
    return {
        "changed": True,
        "id": document.id,
        "state": document.state.value,
        "passed": not failing and (params["fail_on"] == NOTHING or bool(document.rows)),
        "totals": dict(document.totals),
        "failing": len(failing),
        "worst": [_short(row) for row in failing[:_SHOWN]],
        "regressed": [each.called for each in trend if each.regressed],
        "notes": list(document.notes),
        "files": paths,
        "summary": overview(document, trend, failing),
    }


def _judged(params: Json, on_file: OnFile | None) -> tuple[Covered, list[Series]]:
    percent = params["regression_percent"]
    if not 0 <= percent <= 1000:
        raise InvalidInputError(f"regression_percent is {percent:g}: expected 0 to 1000. Nothing was written.")
    written_at = datetime.now(UTC)
    policy, sha256 = read_policy(params["policy"])
    folder = read_folder(params["directory"], on_file)
    given = t.cast("list[Json]", cleaned(params["arrays"]))
    if not given:
        raise InvalidInputError(
            "arrays is an empty list: expected an entry for each array of the inventory. Nothing was written."
        )
    covered = cover(
        Inputs(
            arrays=arrays_of(given, written_at),
            folder=folder,
            policy=policy,
            policy_path=params["policy"],
            policy_sha256=sha256,
            directory=params["directory"],
            actions=list(read_actions(params["directory"]).by_fingerprint.values()),
            written_at=written_at,
            id=f"{written_at:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}",
            title=params["title"],
        )
    )
    return covered, trend_of(covered, percent)


def _outputs(params: Json, covered: Covered, trend: t.Sequence[Series]) -> tuple[dict[str, str], dict[str, str]]:
    """The content of each output, and its path. What has the id in its name is evidence, and never replaced."""
    document, folder = covered.document, os.path.expanduser(params["output_directory"] or params["directory"])
    stem = os.path.join(folder, f"coverage-{document.id}")
    content = document.as_text()
    make: dict[str, tuple[str, t.Callable[[], str]]] = {
        "csv": (f"{stem}.csv", lambda: population_csv(document)),
        "html": (f"{stem}.html", lambda: coverage_page(document, trend, content)),
        "ics": (params["calendar"] or os.path.join(folder, "coverage.ics"), lambda: calendar_of(document)),
        "prom": (params["textfile"] or os.path.join(folder, "drdrill.prom"), lambda: metrics_of(document, trend)),
        "trend_html": (os.path.join(folder, "trend.html"), lambda: trend_page(document, trend)),
        "trend_csv": (os.path.join(folder, "trend.csv"), lambda: trend_csv(trend)),
    }
    chosen = {name: each for name, each in make.items() if name in params["formats"]}
    texts = {"json": content, **{name: made() for name, (_path, made) in chosen.items()}}
    paths = {"json": f"{stem}.json", **{name: os.path.expanduser(path) for name, (path, _made) in chosen.items()}}
    return texts, paths


def _write(texts: t.Mapping[str, str], paths: t.Mapping[str, str]) -> None:
    """The JSON first, as the others are made from it; what Prometheus reads last, so that it tells of what is there."""
    for name in sorted(texts, key=lambda each: (each == "prom", each != "json")):
        if name in ("json", "csv", "html"):
            write_once(paths[name], texts[name])
        else:
            replace_file(paths[name], texts[name], READABLE if name in ("ics", "prom") else 0o640)


def _fails(row: Row, fail_on: str) -> bool:
    return fail_on != NOTHING and row.state.weight <= Coverage(fail_on).weight


def _short(row: Row) -> Json:
    return {
        "state": row.state.value,
        "application": row.application,
        "array": row.on,
        "resource_name": row.resource_name,
        "session_id": row.session_id,
        "because": row.because[0].text,
    }
