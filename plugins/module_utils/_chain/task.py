# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drill_chain does: add records to the chain of a folder and sign it, or verify the folder."""

from __future__ import annotations

import getpass
import os
import socket
import typing as t
from datetime import UTC, datetime

from .._errors import InvalidInputError, PowerStoreError
from .._json import Json
from . import sign
from .chain import Appended, Head, append, records_not_in_the_chain
from .collect import Collected, collect
from .sign import Signing
from .verify import CannotCheckError, Fault, Signers, Verified, report, verify

OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "state": {"type": "str", "choices": ["appended", "collected", "verified"], "default": "verified"},
    "directory": {"type": "path", "required": True},
    "records": {"type": "list", "elements": "path"},
    "late": {"type": "bool", "default": False},
    "new_chain": {"type": "bool", "default": False},
    **sign.OPTIONS,
    "known_heads": {"type": "list", "elements": "str", "default": []},
    "allowed_signers": {"type": "path"},
    "principal": {"type": "str"},
    "verify_time": {"type": "str"},
}


def run_chain(params: Json, *, write: bool) -> Json:
    """The module's result. ``write`` is false in check mode."""
    run: t.Mapping[str, t.Callable[[], Json]] = {
        "appended": lambda: _appended(params, write=write),
        "collected": lambda: _collected(params, write=write),
        "verified": lambda: _verified(params),
    }
    try:
        return run[params["state"]]()
    except PowerStoreError as error:
        return {"failed": True, "changed": False, "msg": error.message}
    except CannotCheckError as error:
        return {"failed": True, "changed": False, "msg": str(error)}
    except OSError as error:
        problem = f"{params['directory']}: {error.strerror or error}. Nothing was written."
        return {"failed": True, "changed": False, "msg": problem}


def add_record(path: str, given_sign: Json | None, *, write: bool) -> Json:
    """Add one record with its reports to the chain of its folder: what `appended` returns, never raised.

    A signature that cannot be made keeps nothing out of the chain; it is one of the ``problems``.
    """
    unsigned = []
    try:
        signing = Signing.from_params(given_sign)
    except InvalidInputError as error:
        signing, unsigned = None, [f"The chain was not signed: {error.message}"]
    folder, name = os.path.split(os.path.abspath(os.path.expanduser(path)))
    try:
        done = append(folder, [name], **_circumstances(), late=False, write=write, signing=signing)
    except PowerStoreError as error:
        return {"failed": True, "msg": f"The record was not added to the chain. {error.message}"}
    except OSError as error:
        why = error.strerror or error
        return {"failed": True, "msg": f"The record was not added to the chain of {folder}: {why}."}
    return _of_appending(done, [*unsigned, *done.problems] if done.added else [], signing)


def _circumstances() -> dict[str, t.Any]:
    """Who adds to the chain, and when."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in passwd
        user = str(os.getuid())
    return {"by": f"{user}@{socket.gethostname()}", "now": datetime.now(UTC)}


def _of_appending(done: Appended, problems: t.Sequence[str], signing: Signing | None) -> Json:
    signed = bool(signing and done.added and not problems)
    by = [f"Signed as {signing.principal}"] if signing and signing.principal and signed else []
    return {
        "changed": bool(done.added),
        "head": done.head.as_result(),
        "added": list(done.added),
        "signed": signed,
        "problems": list(problems),
        "summary": [str(done.head), *by, *(f"DEVIATION: {problem}" for problem in problems)],
    }


def _appended(params: Json, *, write: bool) -> Json:
    folder = os.path.expanduser(params["directory"])
    if not os.path.isdir(folder):
        raise InvalidInputError(f"directory is {folder}: expected the folder of the records, found none.")
    signing = _signing(params)
    names = [_name(folder, path) for path in params["records"]] if params.get("records") else None
    done = append(
        folder,
        records_not_in_the_chain(folder) if names is None else names,
        **_circumstances(),
        late=params["late"],
        write=write,
        signing=signing,
    )
    return _of_appending(done, done.problems, signing if write else None)


def _signing(params: Json) -> Signing | None:
    try:
        return Signing.from_params(params.get("sign"))
    except InvalidInputError as error:
        raise InvalidInputError(f"{error.message} Nothing was written.") from error


def _name(folder: str, path: str) -> str:
    """A record's name in the folder. Raises InvalidInputError for one that lies elsewhere."""
    full = os.path.join(folder, os.path.expanduser(path))
    if os.path.realpath(os.path.dirname(full)) != os.path.realpath(folder):
        raise InvalidInputError(f"{path} is not in {folder}: expected a record of this folder. Nothing was written.")
    return os.path.basename(full)


def _signers(params: Json) -> Signers:
    return Signers(params.get("allowed_signers"), params.get("principal"), params.get("verify_time"))


def _collected(params: Json, *, write: bool) -> Json:
    """Verify, add what arrived, verify again. Raises InvalidInputError, CannotCheckError, OSError."""
    folder, signing = os.path.expanduser(params["directory"]), _signing(params)
    found = collect(
        folder,
        params["known_heads"],
        _signers(params),
        new_chain=params["new_chain"],
        signing=signing,
        write=write,
        **_circumstances(),
    )
    result = _of_appending(found.appended, found.appended.problems, signing if write else None)
    result["summary"] = [*_lines_of_collecting(found), *result["summary"]]
    result["not_records"] = [{"file": name, "why": why} for name, why in found.not_records]
    if not found.broken:
        return result
    first = f"{found.broken[0][0]} {found.broken[0][1]}"
    return {**result, "failed": True, "msg": f"{folder} has files that are called like records and are none: {first}"}


def _lines_of_collecting(found: Collected) -> t.Iterator[str]:
    yield from (f"Added, late: {name}" for name in found.appended.added)
    yield from (f"NOT A RECORD {name}: {why}" for name, why in found.not_records)


def _verified(params: Json) -> Json:
    folder, signers = os.path.expanduser(params["directory"]), _signers(params)
    found = verify(folder, params["known_heads"], signers.file, signers.principal, signers.time)
    result: Json = {
        "changed": False,
        "head": Head(found.seq, found.head).as_result(),
        "records": found.records,
        "faults": [_fault(fault) for fault in found.faults],
        "signer": found.signer,
        "signature": found.signature,
        "late": list(found.late),
        "summary": report(found),
    }
    return result if found.ok else {**result, "failed": True, "msg": _why_not(folder, found)}


def _fault(fault: Fault) -> Json:
    return {"word": fault.word, "about": fault.about, "text": fault.text}


def _why_not(folder: str, found: Verified) -> str:
    more = f" and {len(found.faults) - 1} more" if len(found.faults) > 1 else ""
    return f"The folder {folder} does not match its chain: {found.faults[0]}{more}"
