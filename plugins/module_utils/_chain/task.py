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
from .chain import Appended, Head, append, records_not_in_the_chain, refuse_a_second_chain
from .sign import METHODS, Signing
from .verify import CHAIN, CannotCheckError, report, verify

OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "state": {"type": "str", "choices": ["appended", "verified"], "default": "verified"},
    "directory": {"type": "path", "required": True},
    "records": {"type": "list", "elements": "path"},
    "late": {"type": "bool", "default": False},
    "sign": {
        "type": "dict",
        "options": {
            "method": {"type": "str", "choices": list(METHODS), "required": True},
            "key": {"type": "str", "no_log": False},
            "command": {"type": "list", "elements": "str"},
        },
    },
    "known_heads": {"type": "list", "elements": "str", "default": []},
    "allowed_signers": {"type": "path"},
    "principal": {"type": "str"},
    "verify_time": {"type": "str"},
}


def run_chain(params: Json, *, write: bool) -> Json:
    """The module's result. ``write`` is false in check mode."""
    try:
        return _verified(params) if params["state"] == "verified" else _appended(params, write=write)
    except PowerStoreError as error:
        return {"failed": True, "changed": False, "msg": error.message}
    except OSError as error:
        problem = f"{params['directory']}: {error.strerror or error}. Nothing was written."
        return {"failed": True, "changed": False, "msg": problem}


def _appended(params: Json, *, write: bool) -> Json:
    folder = os.path.expanduser(params["directory"])
    if not os.path.isdir(folder):
        raise InvalidInputError(f"directory is {folder}: expected the folder of the records, found none.")
    signing = Signing.from_params(params.get("sign"))
    names = [_name(folder, path) for path in params["records"]] if params.get("records") else None
    done = append(
        folder,
        records_not_in_the_chain(folder) if names is None else names,
        by=f"{getpass.getuser()}@{socket.gethostname()}",
        now=datetime.now(UTC),
        late=params["late"],
        write=write,
    )
    problems = _signed(folder, done, signing) if signing and write and done.added else []
    lines = [*(f"Added to the chain: {name}" for name in done.added), str(done.head), *problems]
    return {
        "changed": bool(done.added),
        "head": done.head.as_result(),
        "added": list(done.added),
        "signed": bool(signing and write and done.added and not problems),
        "problems": problems,
        "summary": lines,
    }


def _name(folder: str, path: str) -> str:
    """A record's name in the folder. Raises InvalidInputError for one that lies elsewhere."""
    full = os.path.join(folder, os.path.expanduser(path))
    if os.path.realpath(os.path.dirname(full)) != os.path.realpath(folder):
        raise InvalidInputError(f"{path} is not in {folder}: expected a record of this folder. Nothing was written.")
    return os.path.basename(full)


def _signed(folder: str, done: Appended, signing: Signing) -> list[str]:
    """Sign the new records and the chain; what failed, in words. A signature that fails changes nothing else."""
    made = (signing.sign(os.path.join(folder, name)) for name in (*done.added, CHAIN))
    return [problem for problem in made if problem]


def _verified(params: Json) -> Json:
    folder = os.path.expanduser(params["directory"])
    refuse_a_second_chain(folder)
    try:
        found = verify(
            folder,
            params["known_heads"],
            params.get("allowed_signers"),
            params.get("principal"),
            params.get("verify_time"),
        )
    except CannotCheckError as error:
        raise InvalidInputError(str(error)) from error
    lines = report(found)
    result: Json = {
        "changed": False,
        "head": Head(found.seq, found.head).as_result(),
        "records": found.records,
        "faults": [{"word": fault.word, "about": fault.about, "text": fault.text} for fault in found.faults],
        "signer": found.signer,
        "signature": found.signature,
        "summary": lines,
    }
    if found.ok:
        return result
    more = f" and {len(found.faults) - 1} more" if len(found.faults) > 1 else ""
    return {**result, "failed": True, "msg": f"The folder {folder} is not as its chain has it: {found.faults[0]}{more}"}
