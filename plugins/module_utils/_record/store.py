# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the record of a drill: one file for each drill, complete or not there, never overwritten."""

from __future__ import annotations

import contextlib
import errno
import getpass
import hashlib
import json
import os
import re
import socket
import tempfile
import typing as t
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .._drill.journal import ODD
from .._drill.journal import read as read_journal
from .._drill.replay import record_options
from .._errors import InvalidInputError, PowerStoreError
from .._json import Json, once
from .._words import NAS_SERVER, CleanUp, Kind, Verdict
from .abort import build_abort
from .actions import actions_or_problem, add_events, opened_by
from .common import Context
from .drill import build_record
from .earlier import drill_before, last_sweep
from .files import read_plain
from .readiness import build_readiness
from .reading import checked_id, read_record
from .results import Look, Observations, Preflight
from .run import Member, build_run
from .stop_results import Aborted
from .summaries import summary
from .sweep import build_sweep, is_news
from .typed import read_all
from .types import AnyRecord, Awx, ChainHead, DrillRecord, Exclusion, SweepRecord
from .witness import build_witness

_FOLDER_MODE, _FILE_MODE = 0o750, 0o640
_NO_LINKS: t.Final = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)  # what link says where there are no hard links
_RESOURCES: t.Final = ("volume", "volume_group", NAS_SERVER)  # by which an exclusion may name a session
_OF_SESSIONS: t.Final = ("sessions", "steps", "validations", "deviations")  # what grows with them


@dataclass(frozen=True)
class Protection:
    """What protects the new record against later change, from the package that knows how.

    ``sign`` makes a signature over bytes, and says why it could not, where it could not. ``suffix`` is added to the
    record's name for the file of the signature. ``not_chained`` says which earlier records of drills are not in the
    chain: when such a record was written, nobody could know yet that it would not be added.
    """

    chain_before: ChainHead | None = None
    not_chained: str | None = None
    sign: t.Callable[[bytes], tuple[bytes | None, str | None]] | None = None
    suffix: str = ".sig"


def _drill(params: Json, context: Context, record_id: str, now: datetime) -> AnyRecord:
    seen = Observations.from_params({**params, "clock_skew_seconds": context.clock_skew_seconds})
    folder = _folder(params)
    return build_record(
        seen, context, record_id, now, drill_before(folder, record_id, seen), actions_or_problem(folder)
    )


def _readiness(params: Json, context: Context, record_id: str, now: datetime) -> AnyRecord:
    return build_readiness(Preflight.from_params(params), context, record_id, now)


def _abort(params: Json, context: Context, record_id: str, now: datetime) -> AnyRecord:
    return build_abort(Aborted.from_params(params), context, record_id, now)


def _sweep(params: Json, context: Context, record_id: str, now: datetime) -> AnyRecord:
    return build_sweep(Aborted.from_params(params), context, record_id, now)


def _run(params: Json, context: Context, record_id: str, now: datetime) -> AnyRecord:
    members = [_read(path) for path in params.get("records") or ()]
    return build_run(members, context, record_id, now, without_record=params.get("without_record") or ())


def _witness(params: Json, context: Context, record_id: str, now: datetime) -> AnyRecord:
    members = [_read(path) for path in params.get("records") or ()]
    return build_witness(members, params.get("witness") or {}, context, record_id, now)


def _read(path: str) -> Member:
    """The record of one array. Raises InvalidInputError for what is no record, OSError."""
    content = read_plain(os.path.expanduser(path))
    try:
        data = json.loads(content.decode("utf-8"), object_pairs_hook=once)
    except ValueError as error:
        raise InvalidInputError(f"{path} is no record: {error}. Expected a file of drill_record.") from error
    return Member(read_record(data, path), os.path.basename(path), hashlib.sha256(content).hexdigest())


_BUILD: t.Final[t.Mapping[Kind, t.Callable[[Json, Context, str, datetime], AnyRecord]]] = {
    Kind.DRILL: _drill,
    Kind.READINESS: _readiness,
    Kind.ABORT: _abort,
    Kind.SWEEP: _sweep,
    Kind.RUN: _run,
    Kind.WITNESS: _witness,
}


def _folder(params: Json) -> str:
    return os.path.expanduser(str(params["directory"]))


def write_drill(params: Json, *, write: bool, protection: Protection = Protection()) -> Json:
    """Judge the drill and write its record; the result of drill_record.

    With ``only_news``, the record of a sweep that says nothing new is not written: the path is that of the last one
    that says the same, or empty.
    """
    try:
        record, path, signature = _made(_with_journal(params), protection, write=write)
    except (PowerStoreError, OSError) as error:  # a journal, or a record of the run, that cannot be read
        return {"failed": True, "changed": False, "msg": f"No record could be made: {error}"}
    except ODD as error:  # a journal that was changed by somebody
        text = f"it was given a value of another kind than it should have ({type(error).__name__}: {error})."
        return {"failed": True, "changed": False, "msg": f"No record could be made: {text}"}
    said = _said_already(record, params)
    if said is not None:
        return {**_result(record, said), "changed": False, "path": said, "record": record.as_json()}
    problem: Json = {}
    try:
        if write:
            write_once(path, _text(record))
            problem = {**_with_signature(path + protection.suffix, signature)}
            problem |= _with_actions(record, _folder(params), problem.get("warnings", []))
    except OSError as error:  # the verdict is known and has to be reported all the same
        problem = {"failed": True, "msg": f"The record could not be written to {path}: {error.strerror or error}."}
        path = "none, it could not be written"
    changed = "failed" not in problem
    returned = _returned(record, params) if write and changed else record.as_json()
    return {**_result(record, path), **problem, "changed": changed, "path": path, "record": returned}


def _made(params: Json, protection: Protection, *, write: bool) -> tuple[AnyRecord, str, bytes | None]:
    """The record, its path, and the signature over its bytes. One that could not be signed says so itself."""
    now, kind = datetime.now(UTC), Kind(params["kind"])
    made_up = f"{now:%Y%m%dT%H%M%SZ}-{_safe(_array_name(params))}-{uuid.uuid4().hex[:8]}"
    record_id = checked_id(str(params.get("id") or made_up))  # that of a journal may have been changed by somebody
    context = replace(_context(params), chain_before=protection.chain_before)
    if kind is Kind.DRILL:
        context = replace(context, not_chained=protection.not_chained)
    record, signature = _BUILD[kind](params, context, record_id, now), None
    if protection.sign and write and _said_already(record, params) is None:
        signature, why_not = protection.sign(_encoded(_text(record)))
        if why_not:
            record = _BUILD[kind](params, replace(context, not_signed=why_not), record_id, now)
    return record, os.path.join(_folder(params), f"{kind.value}-{record_id}.json"), signature


def _returned(record: AnyRecord, params: Json) -> Json:
    """The record; of a drill of more sessions than are wanted, without what grows with them."""
    most = params.get("return_sessions")
    if not isinstance(record, DrillRecord) or most is None or len(record.sessions) <= most:
        return record.as_json()
    found = replace(record, sessions=(), steps=(), validations=(), deviations=()).as_json()
    witness = {key: value for key, value in (found.get("witness") or {}).items() if key != "claims"}
    return {**{key: value for key, value in found.items() if key not in _OF_SESSIONS}, "witness": witness or None}


def _stop_failures(record: AnyRecord) -> list[str]:
    """Why stops were not confirmed, each reason once."""
    if not isinstance(record, DrillRecord):
        return []
    left = set(record.cleanup.not_confirmed_stopped)
    stops = [each.stop for each in record.sessions if each.session_id in left]
    return list(dict.fromkeys(stop.failure.message for stop in stops if stop and stop.failure))


def _result(record: AnyRecord, path: str) -> Json:
    cleanup = record.cleanup.verdict if isinstance(record, DrillRecord) else CleanUp.NOT_NEEDED
    shown = path or "none, as it would say nothing new"
    return {
        "stop_failures": _stop_failures(record),
        "verdict": record.verdict.value,
        "cleanup_verdict": cleanup.value,
        "summary": summary(record, shown),
    }


def _said_already(record: AnyRecord, params: Json) -> str | None:
    """Where a sweep has no news, the file that says the same, or an empty text; None for what is to be written."""
    if not params.get("only_news") or not isinstance(record, SweepRecord):
        return None
    last = last_sweep(_folder(params), record)
    if is_news(record, last[1] if last else None):
        return None
    nothing = record.verdict is Verdict.PASSED and not record.tests_found
    return last[0] if last and not nothing else ""


def _with_signature(path: str, signature: bytes | None) -> Json:
    """Write the signature beside the record. The record is there by now: all that is left is to say what failed."""
    try:
        if signature:
            write_once(path, signature)
    except OSError as error:
        return {"warnings": [f"The signature could not be written to {path}: {error.strerror or error}."]}
    return {}


def _with_actions(record: AnyRecord, folder: str, warnings: list[str]) -> Json:
    """Open an action for each new deviation. The record is there by now: all that is left is to say what failed."""
    if not isinstance(record, DrillRecord) or not record.deviations:
        return {}
    by = f"{record.who.controller_user}@{record.who.controller_host}"
    try:
        add_events(folder, lambda actions: opened_by(record, actions, by))
    except (PowerStoreError, OSError) as error:
        return {"warnings": [*warnings, f"No action was opened for the deviations: {error}"]}
    return {}


def _text(record: AnyRecord) -> str:
    return json.dumps(record.as_json(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _with_journal(params: Json) -> Json:
    """The options with what a journal gives. Raises InvalidInputError for one that no drill wrote, OSError."""
    path = params.get("journal")
    events = [*(read_journal(os.path.expanduser(path)).events if path else ()), *(params.get("events") or ())]
    if events:
        given = record_options(events, params.get("found"), params.get("after"))
        given_too = {**params, "after": None}  # it is in the journal, or among what is made of it
        return {**given_too, **{name: value for name, value in given.items() if value is not None}}
    if not params.get("title"):
        raise InvalidInputError("title is not given: expected what the drill is called, or the journal that says it.")
    return params


def _array_name(params: Json) -> str:
    phases = [params.get("before"), *(params.get("starts") or ()), *(params.get("stops") or ())]
    clusters = [phase.get("cluster") for phase in phases if isinstance(phase, dict)]
    names = [cluster.get("name") for cluster in clusters if isinstance(cluster, dict)]
    unread = "run" if params.get("records") else str(params.get("array_host") or "array")
    return next((str(name) for name in names if name), unread)


def _context(params: Json) -> Context:
    """What was given, and what the first look at the array says of the login and the clocks."""
    look = read_all(Look, params.get("before") or params.get("after") or {}, [])
    skew = params.get("clock_skew_seconds")
    if skew is None and look.cluster:
        skew = look.cluster.clock_skew_seconds
    return Context(
        title=params["title"],
        controller_user=params.get("controller_user") or _user(),
        controller_host=params.get("controller_host") or socket.gethostname(),
        scenario=params.get("scenario"),
        change_ticket=params.get("change_ticket"),
        success_criteria=tuple(params.get("success_criteria") or ()),
        participants=tuple(params.get("participants") or ()),
        approvers=tuple(params.get("approvers") or ()),
        filters=params.get("filters"),
        awx=read_all(Awx, params["awx"], []) if params.get("awx") else None,
        array_host=params.get("array_host") or look.host,
        array_account=params.get("array_account") or look.account,
        exclusions=tuple(map(_exclusion, params.get("exclusions") or ())),
        ansible_version=params.get("ansible_version") or "",
        clock_skew_seconds=skew,
        run_id=params.get("run_id"),
    )


def _exclusion(left_out: Json) -> Exclusion:
    return Exclusion(
        session_id=left_out.get("session_id"),
        resource_name=next((left_out[by] for by in _RESOURCES if left_out.get(by)), None),
        reason=left_out["reason"],
        owner=left_out.get("owner"),
        expires=left_out.get("expires"),
    )


def write_once(path: str, content: str | bytes) -> None:
    """Write a new file that is complete from the first moment anyone sees it. Raises FileExistsError and OSError."""
    folder = os.path.dirname(path)
    _make_folder(folder)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_encoded(content) if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(PermissionError):  # where the file system has no modes, its mount says who may read
            os.chmod(temporary, _FILE_MODE)
        _name(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _name(temporary: str, path: str) -> None:
    """Give a file its name, and replace nothing that is there. Raises FileExistsError and OSError."""
    try:
        os.link(temporary, path)  # unlike a rename, refuses to replace what is there
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    # A file system without hard links (CIFS, some object stores): whoever makes the name has it, then fills it at once.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE))
    try:
        os.replace(temporary, path)
    except OSError:
        os.unlink(path)
        raise


def _encoded(text: str) -> bytes:
    """What is no text (the output of a command, say) is kept as an escape that JSON knows."""
    return text.encode("utf-8", "backslashreplace")


def _make_folder(folder: str) -> None:
    """Make the folder and those above it, each with the mode of a record's folder."""
    if os.path.isdir(folder):
        return
    _make_folder(os.path.dirname(os.path.abspath(folder)))
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, _FOLDER_MODE)


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", name)[:40].strip("-") or "array"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in passwd
        return str(os.getuid())
