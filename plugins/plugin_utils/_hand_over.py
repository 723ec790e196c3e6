# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results that go from one task of the role to the next in a file: Ansible would look into each value of a variable.

The files are in the folder of this run of Ansible, which Ansible removes at its end. What cannot be written there is
handed over as any other result.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import typing as t
import uuid

from ansible import constants

from ..module_utils._json import Json, once

GOOD: t.Final = ".good"  # a file of that name beside it says that a result did not fail
_PATH: t.Final = "handed_over"
# What Ansible shows, and what the role asks of a result before it is taken down.
_STAYS: t.Final = ("failure", "warnings", "deprecations", "exception", "beside")
_PAUSE = 0.1


def new_path() -> str:
    """Where nothing is yet."""
    return os.path.join(constants.DEFAULT_LOCAL_TMP, f"powerstore-{uuid.uuid4().hex}.json")


def handed_over(result: Json, *, diff: bool) -> Json:
    """The result without what is long, which is in a file; all of it where the file cannot be written."""
    path = new_path()
    try:
        with open(path, "x", encoding="utf-8", errors="surrogatepass", opener=_for_me) as file:
            # In one piece, as this is written in C. Of a failed task, ansible-core keeps an object of its own.
            file.write(json.dumps({key: value for key, value in result.items() if key != "exception"}, default=str))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
        return result
    stays = (*_STAYS, *(("diff",) if diff else ()))
    short = {key: value for key, value in result.items() if key in stays or not isinstance(value, dict | list)}
    return {**short, _PATH: path}


def whole(result: Json) -> Json:
    """The result as the module returned it. One that is lost has failed, and says nothing of any session."""
    path = result.get(_PATH)
    if not isinstance(path, str) or os.path.dirname(path) != constants.DEFAULT_LOCAL_TMP:
        return result
    try:
        return _read(path)
    except (OSError, ValueError) as error:
        lost = f"The result of the task could not be read again from {path}: {error}."
        said = {key: value for key, value in result.items() if key != _PATH}
        return {**said, "failed": True, "msg": " ".join(filter(None, (lost, result.get("msg"))))}


def awaited(path: str, seconds: float) -> Json:
    """The result of a process that was left running, once it is there; why there is none, after so many seconds."""
    _is_there(path, seconds)
    try:
        return _read(path)
    except FileNotFoundError:
        return {"msg": "it did not end within its time, and runs on or was killed"}
    except (OSError, ValueError) as error:
        return {"msg": f"it left no result: {error}"}


def is_left(path: str, seconds: float) -> bool:
    """Whether a process that was left running leaves a result that did not fail, within so many seconds.

    The result is not read: that of thousands of sessions takes its time, and the stop comes next.
    """
    return _is_there(path, seconds) and os.path.exists(path + GOOD)


def _is_there(path: str, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not (found := os.path.exists(path)) and time.monotonic() < until:
        time.sleep(_PAUSE)
    return found


def _read(path: str) -> Json:
    with open(path, encoding="utf-8", errors="surrogatepass") as file:
        found = json.load(file, object_pairs_hook=once)
    if not isinstance(found, dict):
        raise ValueError("expected an object in JSON")
    return found


def _for_me(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
