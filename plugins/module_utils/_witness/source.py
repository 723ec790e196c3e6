# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is compared, from files on the controller: a record, or the journal of a drill that has none yet.

With it comes what other records and journals of the same folder have, as a start or stop that one of them has is no
contradiction. A file that cannot be read claims nothing.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import re
import typing as t
from datetime import UTC, datetime, timedelta

from .._drill.journal import END, INTENT, SUFFIX
from .._drill.journal import read as read_journal
from .._drill.replay import record_options
from .._errors import MALFORMED, InvalidInputError, ProtocolError
from .._json import Json, once
from .._record.common import Context
from .._record.drill import build_record
from .._record.files import read_plain
from .._record.results import Observations
from .._record.types import DrillRecord
from .._report.source import read_source
from .._time import length, parse_time
from .._words import Kind
from .statement import Elsewhere, Statement

_WITH_OPERATIONS = (Kind.DRILL, Kind.ABORT, Kind.SWEEP)
# The names of files begin with the time, so that of thousands only those of these days are read.
_NAME = re.compile(r"[a-z]+-(\d{8}T\d{6}Z)-")
_NEAR = timedelta(days=2)
_APART = timedelta(minutes=1)  # between the times of two logs on clocks that were compared at other moments


def of_record(path: str) -> Statement:
    """What the record of a drill claims. Raises InvalidInputError for what is no record of a drill."""
    source = read_source(os.path.expanduser(path))
    record = source.record
    if not isinstance(record, DrillRecord):
        raise InvalidInputError(
            f"{path} is the record of a {record.kind.word}: expected that of a drill, whose starts and stops the array "
            "has logged."
        )
    return _with_folder(Statement.of(record, source.sha256), record, os.path.dirname(os.path.abspath(path)))


def of_journal(path: str | None, events: t.Sequence[Json], directory: str) -> Statement:
    """What a drill that has no record yet will claim. Raises InvalidInputError for no journal of a drill, OSError."""
    path = os.path.expanduser(path) if path else None
    found = [*(read_journal(path).events if path else ()), *events]
    if not found:
        raise InvalidInputError("Nothing is given to compare: expected record, journal or events.")
    options = record_options(found)
    if options["kind"] != Kind.DRILL.value:
        raise InvalidInputError("The journal is of a drill that started nothing: there is nothing to compare.")
    seen = Observations.from_params(options)
    look = seen.before
    context = Context(
        title="",
        controller_user="",
        controller_host="",
        array_host=options.get("array_host"),
        array_account=look.account if look else None,
        clock_skew_seconds=look.cluster.clock_skew_seconds if look and look.cluster else None,
    )
    record = build_record(seen, context, str(options["id"]), datetime.now(UTC))
    return _with_folder(Statement.of(record), record, os.path.expanduser(directory))


def _with_folder(statement: Statement, record: DrillRecord, folder: str) -> Statement:
    skew = length(record.times.clock_skew_seconds or 0.0)
    return statement.with_elsewhere(_elsewhere(folder, record.drill.id, statement, skew))


def _elsewhere(folder: str, own_id: str, statement: Statement, skew: timedelta) -> t.Iterator[Elsewhere]:
    """What the other files of the folder have, as far as they are of the time of the drill."""
    own = {f"{Kind.DRILL.value}-{own_id}{end}" for end in (".json", SUFFIX)}
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*-*.json*"))):
        name = os.path.basename(path)
        with contextlib.suppress(InvalidInputError, OSError, RecursionError, *MALFORMED):
            if name in own or not _is_near(name, statement):
                continue
            text = read_plain(path).decode("utf-8")
            found = _of_journal(name, text, skew) if name.endswith(SUFFIX) else _of_record(name, text)
            if found:
                yield found


def _is_near(name: str, statement: Statement) -> bool:
    """Whether a file may be of the time of the drill, by its name; one without a time may."""
    found = _NAME.match(name)
    if found is None or statement.from_ is None or statement.until is None:
        return name.partition("-")[0] in _WITH_OPERATIONS
    begun = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return name.partition("-")[0] in _WITH_OPERATIONS and statement.from_ - _NEAR <= begun <= statement.until + _NEAR


def _of_record(name: str, text: str) -> Elsewhere | None:
    record = json.loads(text, object_pairs_hook=once)
    sessions = record.get("sessions") if isinstance(record, dict) else None
    if not isinstance(sessions, list):
        return None
    operations = [each.get(kind) for each in sessions if isinstance(each, dict) for kind in ("start", "stop")]
    return Elsewhere(file=name, job_ids=tuple(_jobs(operations)))


def _of_journal(name: str, text: str, skew: timedelta) -> Elsewhere | None:
    """Of a drill that is under way, a start or stop may be done and not yet taken down: its sessions count, too."""
    events = [
        event for line in text.splitlines() if isinstance(event := json.loads(line, object_pairs_hook=once), dict)
    ]
    if not events or events[0].get("event") != INTENT:
        return None
    results = [event.get("result") for event in events if event.get("event") in ("started", "stopped")]
    entries = [entry for each in results if isinstance(each, dict) for entry in each.get("sessions") or ()]
    ended = next((event for event in events if event.get("event") == END), None)
    begun = _moment(events[0].get("began_at"))
    until = _moment(ended.get("at")) if ended else None
    return Elsewhere(
        file=name,
        job_ids=tuple(_jobs(entries)),
        session_ids=tuple(_texts(each.get("session_id") for each in events[0].get("sessions") or ())),
        from_=begun + skew - _APART if begun else None,
        until=until + skew + _APART if until else None,
    )


def _jobs(operations: t.Iterable[object]) -> t.Iterator[str]:
    return _texts(each.get("job_id") for each in operations if isinstance(each, dict))


def _texts(values: t.Iterable[object]) -> t.Iterator[str]:
    return (value for value in values if isinstance(value, str) and value)


def _moment(value: object) -> datetime | None:
    try:
        return parse_time(value)
    except ProtocolError:
        return None
