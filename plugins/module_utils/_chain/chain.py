# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adding records to the chain of a folder: one line for each, that names the record and its reports by their hashes.

The chain is append-only and locked while it is read and written, so that several drills may add at once. A record that
is in it already is not added again. The format is that of `verify`, which reads it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
import typing as t
from dataclasses import dataclass, replace
from datetime import datetime

from .._errors import InvalidInputError
from .._json import Json, once
from .._record import appending
from .._time import format_time
from . import verify
from .sign import Signing
from .verify import (
    ACTIONS,
    CHAIN,
    EVIDENCE,
    FIRST,
    GPG_SIGNATURE,
    JOURNAL,
    RECORD,
    SIGNATURE,
    Fault,
    read_chain,
    sha256_of,
)

COVERAGE = "coverage"  # no record of a drill, but evidence: what is in it is judged by its state
SIGN_OFF = "signoff"  # what a person says of a record; it has a decision
_VERDICT_OF = {COVERAGE: "state", SIGN_OFF: "decision"}  # where other kinds have what a record has as its verdict
_MODE = 0o640
_REPORTS = (".csv", ".html", ".junit.xml", ".md", JOURNAL)
_SIGNATURES = (".sig", ".asc")
_NO_NAME = "its name is not valid UTF-8: expected one that every system reads in the same way"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: how many lines it has, and the hash of the last one."""

    seq: int
    sha256: str

    def as_result(self) -> Json:
        """The ``head`` of a result."""
        return {"seq": self.seq, "sha256": self.sha256}

    def __str__(self) -> str:
        return f"Chain head {self.seq} {self.sha256}"


@dataclass(frozen=True, slots=True)
class Appended:
    """The chain after records were added, and the names of those that are new in it."""

    head: Head
    added: tuple[str, ...]
    problems: tuple[str, ...] = ()  # what could not be signed, and why


@dataclass(frozen=True, slots=True)
class _New:
    """A record that may be added: its file's name, and its line but for the place in the chain."""

    name: str
    sha256: str
    entry: Json


def append(
    folder: str,
    names: t.Sequence[str],
    *,
    by: str,
    now: datetime,
    late: bool,
    write: bool,
    signing: Signing | None = None,
) -> Appended:
    """Add the records of these names, each with the reports that lie beside it; what is in the chain already stays.

    ``late``: they arrive after their drill, for example from a container. So do reports that are made after their
    record was added: they get a line of their own. Without ``write`` nothing is written, and the head is the one that
    there would be. Raises InvalidInputError for what is no record, a record that changed, and a chain that is not
    sound; OperationTimeoutError for a lock that stays; OSError.
    """
    refuse_a_second_chain(folder)
    signer = {"signer": signing.principal} if signing and signing.principal else {}
    new = [_new(folder, name, {"added_at": format_time(now), "by": by, "late": late, **signer}) for name in names]
    path = os.path.join(folder, CHAIN)
    if not write:
        return _extended(_read(path), new, path)[0]
    with _locked(path) as file:
        data = file.read()
        appended, lines = _extended(data, new, path)
        if lines:
            appending.append(file, len(data), lines)
        # Under the lock: whoever appends next must not have his signature replaced by one that is older than it.
        return replace(appended, problems=tuple(_signed(folder, appended, signing))) if lines else appended


def _signed(folder: str, appended: Appended, signing: Signing | None) -> t.Iterator[str]:
    """Sign the chain, and the new records as far as they are not. What failed once is not waited for again."""
    if signing is None:
        if any(os.path.exists(os.path.join(folder, name)) for name in (SIGNATURE, GPG_SIGNATURE)):
            yield f"{CHAIN} was signed until now, and is not any more: sign (failover_drill_sign) is not given."
        return
    for name in (CHAIN, *appended.added):
        path = os.path.join(folder, name)
        if name == CHAIN or not os.path.exists(path + signing.suffix):
            problem = signing.sign(path)
            if problem:
                yield problem
                return


def records_not_in_the_chain(folder: str) -> list[str]:
    """The names of the records in the folder that no line names, in the order of their names."""
    lines, faults = read_chain(_read(os.path.join(folder, CHAIN)))
    if faults:
        raise _not_sound(os.path.join(folder, CHAIN), faults[0])
    known = {name for line in lines for name, _digest, _size in line.files}
    return sorted(name for name in os.listdir(folder) if RECORD.fullmatch(name) and name not in known)


def hashes_in_the_chain(folder: str) -> dict[str, str]:
    """The hash of each file that the folder's chain names; empty without a chain. Raises InvalidInputError, OSError."""
    path = os.path.join(folder, CHAIN)
    lines, faults = read_chain(_read(path))
    if faults:
        raise _not_sound(path, faults[0])
    found: dict[str, str] = {}
    for line in lines:
        for name, digest, _size in line.files:
            found.setdefault(name, digest)
    return found


def head_of_folder(folder: str) -> Head | None:
    """The head of the folder's chain; None where there is no chain, or none that can be read."""
    try:
        lines, faults = read_chain(_read(os.path.join(os.path.expanduser(folder), CHAIN)))
    except (OSError, InvalidInputError):
        return None
    return Head(lines[-1].seq, lines[-1].sha256) if lines and not faults else None


def refuse_a_second_chain(folder: str) -> None:
    """Raises InvalidInputError where the folder has two."""
    try:
        verify.refuse_a_second_chain(folder)
    except verify.CannotCheckError as error:
        raise InvalidInputError(f"{error} Nothing was written.") from error


def _read(path: str) -> bytes:
    if os.path.exists(path) and not os.path.isfile(path):
        raise _no_plain_file(path)
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def _new(folder: str, name: str, circumstances: Json) -> _New:
    path = os.path.join(folder, name)
    if os.path.islink(path) or not os.path.isfile(path):
        raise InvalidInputError(f"{path}: expected the file of a record, found none. Nothing was written.")
    if not verify.is_text(name):
        raise InvalidInputError(f"{verify.shown(path)}: {_NO_NAME}. Nothing was written.")
    with open(path, "rb") as file:
        data = file.read()
    digest = hashlib.sha256(data).hexdigest()
    facts = _facts(path, data)
    signature = facts.pop("signature")
    entry: Json = {
        "file": name,
        "sha256": digest,
        "bytes": len(data),
        **facts,
        "reports": [_file(folder, report) for report in _reports(folder, name, signature)],
        **circumstances,
    }
    return _New(name, digest, entry)


def why_no_record(path: str) -> str | None:
    """Why a file with the name of a record is not one; None if it is one. Raises OSError."""
    if os.path.islink(path) or not os.path.isfile(path):
        return "a link, a folder or a device: expected a plain file"
    if not verify.is_text(path):
        return _NO_NAME
    try:
        with open(path, "rb") as file:
            _facts(path, file.read())
    except InvalidInputError as error:
        return f"expected JSON with kind, verdict and id: {error.__cause__}"
    return None


def _facts(path: str, data: bytes) -> Json:
    """What a line says of a record of any version, a coverage, a sign-off. Raises InvalidInputError for others."""
    try:
        record = json.loads(data, object_pairs_hook=once)
        kind = str(record["kind"])
        verdict = str(record[_VERDICT_OF.get(kind, "verdict")])
        identity = record.get("drill") or record
        array = (record.get("array") or {}).get("name")
        return {
            "kind": kind,
            "id": identity.get("id"),
            "verdict": verdict,
            "array": array,
            "run_id": identity.get("run_id"),
            "signature": record.get("signature") if kind == SIGN_OFF else None,
        }
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise InvalidInputError(
            f"{path} is no record of drdrill.powerstore ({error!r}): expected JSON with kind, verdict and id. "
            "Nothing was written."
        ) from error


def _reports(folder: str, name: str, signature: object) -> list[str]:
    """The files that belong to a record. ``signature``: of a sign-off by a person's key, which says nothing without."""
    stem = name.removesuffix(".json")
    made = [stem + end for end in _REPORTS if os.path.isfile(os.path.join(folder, stem + end))]
    made += [
        name + end
        for end in _SIGNATURES
        if signature == name + end and os.path.isfile(os.path.join(folder, name + end))
    ]
    actions = [ACTIONS] if os.path.isfile(os.path.join(folder, ACTIONS)) else []
    return [*made, *verify.files_in(folder, stem + EVIDENCE), *actions]


def _file(folder: str, name: str) -> Json:
    path = os.path.join(folder, name)
    if name == ACTIONS:  # others may add to it at this moment
        with open(path, "rb") as file:
            data = file.read()
        return {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    return {"file": name, "sha256": sha256_of(path), "bytes": os.path.getsize(path)}


def _extended(data: bytes, new: t.Sequence[_New], path: str) -> tuple[Appended, bytes]:
    """What the chain would be, and the bytes to add to it."""
    lines, faults = read_chain(data)
    if faults:
        raise _not_sound(path, faults[0])
    known = {name: digest for line in lines for name, digest, _size in line.files}
    seq, prev = len(lines), lines[-1].sha256 if lines else FIRST
    added, out = [], b""
    for each in new:
        entry = _entry(each, known, path)
        if entry is None:
            continue
        seq += 1
        # What is no text in a record's id is kept as an escape that JSON knows.
        raw = json.dumps({"seq": seq, "prev": prev, **entry}, ensure_ascii=False).encode("utf-8", "backslashreplace")
        prev, out = hashlib.sha256(raw).hexdigest(), out + raw + b"\n"
        known |= {file["file"]: file["sha256"] for file in (entry, *entry["reports"])}
        added.append(each.name)
    return Appended(Head(seq, prev), tuple(added)), out


def _entry(new: _New, known: t.Mapping[str, str], path: str) -> Json | None:
    """What its line says besides its place; None where all of it is in the chain."""
    if new.name not in known:
        # The actions are named again only where they have grown since.
        news = [
            each for each in new.entry["reports"] if each["file"] != ACTIONS or each["sha256"] != known.get(ACTIONS)
        ]
        return {**new.entry, "reports": news}
    if known[new.name] != new.sha256:
        raise InvalidInputError(
            f"{new.name} is in {path} with SHA-256 {known[new.name]}, but the file has {new.sha256}. A record "
            "never changes: find out who changed it. Nothing was written."
        )
    later = [report for report in new.entry["reports"] if report["file"] not in {ACTIONS, *known}]
    return {**new.entry, "reports": later, "late": True} if later else None


def _not_sound(path: str, fault: Fault) -> InvalidInputError:
    return InvalidInputError(f"{path} is not sound: {fault}. Nothing was written.")


@contextlib.contextmanager
def _locked(path: str) -> t.Iterator[t.BinaryIO]:
    """The chain, open for reading and writing and locked. Raises InvalidInputError for what is no plain file."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, _MODE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _no_plain_file(path) from error
        raise
    with open(handle, "r+b") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _no_plain_file(path)
        appending.lock(file.fileno(), path)
        yield file


def _no_plain_file(path: str) -> InvalidInputError:
    return InvalidInputError(f"{path}: expected a plain file, found a link or a device. Nothing was written.")
