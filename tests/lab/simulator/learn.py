# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a recorded array and the simulated one differ: status, code, attributes, types, order of magnitude of times.

What a scenario can say of it is printed as one; the rest as comments above it.
"""

from __future__ import annotations

import base64
import json
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from . import scenario
from .auth import Logins
from .build import build
from .facts import Overlay
from .journal import template
from .message import BASE, Reply, Request
from .recorded import Recorded, Task, read_tasks
from .rest import Rest

_ACCOUNT = ("admin", "Drdrill-Simulator-1!")
_ESTATE = Path(__file__).with_name("scenarios") / "default.yml"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_OPERATIONS = ("start_failover_test", "stop_failover_test")
_MAGNITUDE = 10.0
_LEAST = 0.05  # seconds of a read that are worth a fault in the scenario
Shape = dict[str, set[str]]


def report(paths: Sequence[Path]) -> str:
    """The text that is printed. Raises ScenarioError for a file that is no recording."""
    tasks = read_tasks(paths)
    exchanges = [each for task in tasks for each in task.exchanges]
    made = Overlay()
    release = _release(exchanges)
    if release:
        made.document["arrays"] = {"dr": {"release_version": release}, "production": {"release_version": release}}
    differences = list(Comparison(release).differences(exchanges))
    differences += _operations(tasks, made)
    differences += _times(exchanges, made)
    _observed(exchanges, made)
    if made.account:
        made.document["accounts"] = [{"username": _ACCOUNT[0], "password": _ACCOUNT[1], "role": "administrator",
                                      **made.account}]  # fmt: skip
    head = f"{len(tasks)} tasks, {len(exchanges)} exchanges, PowerStoreOS {release or 'not known'}"
    lines = [f"# Recorded: {head}", "# Differs from the simulated array:"]
    lines += [f"#   {each}" for each in dict.fromkeys(differences)] or ["#   nothing that was found"]
    lines += [f"#   not simulated: {each}" for each in made.not_simulated]
    return "\n".join([*lines, "# Options of a scenario:", yaml.safe_dump(made.document, sort_keys=True)])


def _release(exchanges: Sequence[Recorded]) -> str | None:
    rows = [row for each in exchanges if each.path == "/software_installed" for row in each.rows]
    return next((str(row["release_version"]) for row in rows if row.get("release_version")), None)


class Comparison:
    """Asks the simulated array, of the recorded release, what the recorded one was asked."""

    def __init__(self, release: str | None) -> None:
        document = yaml.safe_load(_ESTATE.read_text(encoding="utf-8"))
        document["operation_seconds"] = {}
        for name in ("dr", "production") if release else ():
            document["arrays"][name]["release_version"] = release
        estate = scenario.from_dict(document)
        self._world = build(estate)
        array = self._world.arrays["dr"]
        side = next(iter(array.sessions))
        # A test that has been stopped: there are jobs, audit events, and an end-of-test snapshot.
        self._rest = Rest(array, Logins(array, {account.username: account for account in estate.accounts}))
        self._basic = base64.b64encode(":".join(_ACCOUNT).encode()).decode()
        for operation, body in zip(_OPERATIONS, (b"{}", b'{"create_end_of_test_snapshot":true}'), strict=True):
            self._ask("POST", f"/replication_session/{side.id}/{operation}", body)

    def _ask(self, method: str, target: str, body: bytes = b"") -> Reply:
        headers = {"Authorization": f"Basic {self._basic}"}
        return self._rest.handle(Request(method, f"{BASE}{target}", headers, body, 1))

    def differences(self, exchanges: Sequence[Recorded]) -> Iterator[str]:
        """One line for each, about reads."""
        asked: dict[tuple[str, str], list[Recorded]] = defaultdict(list)
        for each in exchanges:
            if each.method == "GET" and each.status:
                asked[template(each.path), dict(each.query).get("select", "id")].append(each)
        for (path, select), answers in asked.items():
            yield from self._of(path, select, answers)

    def _of(self, path: str, select: str, answers: Sequence[Recorded]) -> Iterator[str]:
        reply = self._like(path, select)
        statuses = sorted({answer.status for answer in answers} - {200, 206})
        for status in statuses:
            codes = sorted({code for answer in answers if answer.status == status for code in _codes(answer)})
            if status not in (401, reply.status):
                yield f"GET {path}: {status} {' '.join(codes)}, simulated {reply.status}".replace(" ,", ",")
        here = _shape([row for answer in answers for row in answer.rows])
        body = json.loads(reply.payload) if reply.payload else None
        found = body if isinstance(body, list) else [body]
        there = _shape([row for row in found if isinstance(row, dict)])
        if not here or not there:
            return
        for name in sorted(here.keys() - there.keys()):
            if not any(name.startswith(f"{known}.") for known in here.keys() - there.keys()):
                yield f"GET {path}: the recorded array has {name}, the simulated one has not"
        for name in sorted(there.keys() - here.keys()):
            yield f"GET {path}: the simulated array has {name}, the recorded one has not"
        for name in sorted(here.keys() & there.keys()):
            if there[name] == {"null"}:  # of a value that is not there nothing is known
                continue
            if more := here[name] - there[name] - {"null"}:
                yield f"GET {path}: {name} is {' or '.join(sorted(more))}, simulated {' or '.join(sorted(there[name]))}"
            elif here[name] == {"null"} and "null" not in there[name]:
                yield f"GET {path}: {name} is null, simulated {' or '.join(sorted(there[name]))}"

    def _like(self, path: str, select: str) -> Reply:
        """The same attributes of all instances, without filters."""
        return self._ask("GET", f"{path.partition('/{id}')[0]}?select={quote(select, safe='(),*')}")


def _codes(answer: Recorded) -> Iterator[str]:
    messages = answer.payload.get("messages") if isinstance(answer.payload, dict) else None
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("code"):
            yield str(message["code"])


def _shape(rows: Sequence[dict[str, Any]], prefix: str = "") -> Shape:
    """Attribute, with those inside as ``protection_data.source_id`` -> kinds of values."""
    made: Shape = defaultdict(set)
    for row in rows:
        for name, value in row.items():
            made[prefix + name].add(_kind(value))
            inner = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
            for path, kinds in _shape([each for each in inner if isinstance(each, dict)], f"{prefix}{name}.").items():
                made[path] |= kinds
    return dict(made)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        if moment := _MOMENT.fullmatch(value):
            digits, zone = len(moment[1] or ".") - 1, moment[2] or ""
            return f"a time with {digits} digits and {'Z' if zone == 'Z' else 'an offset' if zone else 'no zone'}"
        return "a UUID" if _UUID.fullmatch(value) else "a text"
    names = {bool: "true or false", int: "a whole number", float: "a number", dict: "an object", list: "a list"}
    return names[type(value)]


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _operations(tasks: Sequence[Task], made: Overlay) -> Iterator[str]:
    """Refusals, by what the session showed before; answers that are no jobs; how long jobs took."""
    in_test: dict[str, object] = {}
    for each in (each for task in tasks for each in task.exchanges):
        if each.method == "GET" and each.path.startswith("/replication_session"):
            in_test.update((str(row["id"]), row["failover_test_in_progress"]) for row in each.rows
                           if "id" in row and "failover_test_in_progress" in row)  # fmt: skip
        operation = each.path.rpartition("/")[2]
        if each.method != "POST" or operation not in _OPERATIONS:
            continue
        shown = in_test.get(each.path.split("/")[2])
        kind = {("start_failover_test", True): "test_in_progress", ("stop_failover_test", False): "no_test"}.get(
            (operation, bool(shown))
        )
        code = next(_codes(each), None)
        if each.status >= 400 and kind:
            made.refusal(kind, {"answered": "refused at once", "http_status": each.status, "code": code})
            yield f"POST {operation} was refused ({kind}) with {each.status} {code or 'without a code'}"
        elif each.status >= 400:
            yield f"POST {operation} was refused for another reason with {each.status} {code or 'without a code'}"
        elif each.status in (200, 204):
            made.fault(action="ignore_async", array="dr", method="POST", path=f"*/{operation}", mode="blocking")
            yield f"POST {operation}: {each.status} instead of a job (202)"


def _times(exchanges: Sequence[Recorded], made: Overlay) -> Iterator[str]:
    """How long jobs and reads took."""
    took: dict[str, list[float]] = defaultdict(list)
    jobs = {(str(row.get("id"))): row for each in exchanges if each.path.startswith("/job") for row in each.rows}
    for row in jobs.values():
        begin, end = _moment(row.get("start_time")), _moment(row.get("end_time"))
        if row.get("resource_action") in _OPERATIONS and begin and end:
            took[row["resource_action"]].append((end - begin).total_seconds())
    for operation in _OPERATIONS:
        if not took[operation]:
            took[operation] = list(_followed(exchanges, operation))
        if took[operation]:
            made.seconds(operation, statistics.median(took[operation]))
            yield f"{operation} took {statistics.median(took[operation]):.1f} s"
    reads = [each.seconds for each in exchanges if each.method == "GET" and each.status == 200]
    if reads and statistics.median(reads) >= _LEAST:
        seconds = round(statistics.median(reads), 2)
        made.fault(action="delay", method="GET", seconds=seconds)
        yield f"A read took {seconds} s, more than {_MAGNITUDE:g} times as long as a simulated one"


def _followed(exchanges: Sequence[Recorded], operation: str) -> Iterator[float]:
    """From an operation to the first look at its job that has ended, where the job's own times were not read."""
    for at, sent in enumerate(exchanges):
        job = sent.payload.get("id") if isinstance(sent.payload, dict) else None
        if sent.method == "POST" and sent.path.endswith(f"/{operation}") and sent.status == 202:
            for each in exchanges[at:]:
                ended = [row for row in each.rows if row.get("id") == job and row.get("phase") == "Completed"]
                if each.path.startswith("/job") and ended:
                    yield (each.began - sent.began).total_seconds()
                    break


def _observed(exchanges: Sequence[Recorded], made: Overlay) -> None:
    """What the options of a scenario are about, as far as it was recorded."""
    sessions = [row for each in exchanges if each.path.startswith("/replication_session") for row in each.rows]
    if any(row.get("state") == "Synchronizing" for row in sessions):
        made.option("show_synchronizing", True)
    _both_sides(sessions, made)
    for each in exchanges:
        for row in each.rows:
            data = row.get("protection_data") if isinstance(row.get("protection_data"), dict) else {}
            if str(row.get("name")).startswith("failover_test_STOPPED_") and isinstance(data, dict):
                begin = _moment(row.get("creation_timestamp") or data.get("source_timestamp"))
                end = _moment(data.get("expiration_timestamp"))
                if begin and end:
                    made.option("stopped_snapshot_days", round((end - begin).total_seconds() / 86400, 2))
        if each.path == "/login_session" and any(row.get("user", "") is None for row in each.rows):
            made.account["shows_user"] = False


def _both_sides(sessions: Sequence[dict[str, Any]], made: Overlay) -> None:
    """What the source shows, where both arrays were recorded."""
    tested: set[str] = set()  # resources at the source whose sessions are in test at the destination
    ids: dict[str, str] = {}  # resource at the source -> id of the session at the destination
    for row in sessions:
        flag = row.get("failover_test_in_progress")
        if row.get("role") == "Destination" and row.get("remote_resource_id"):
            ids[row["remote_resource_id"]] = row["id"]
            (tested.add if flag is True else tested.discard)(row["remote_resource_id"])
        elif row.get("role") == "Source" and row.get("local_resource_id") in ids:
            made.option("same_session_id", row["id"] == ids[row["local_resource_id"]])
            if row["local_resource_id"] in tested:
                made.option("source_shows_test", flag is True)
                if flag is not True:
                    made.option("source_flag_at_rest", flag)
