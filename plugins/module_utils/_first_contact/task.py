# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module first_contact does: one step of getting to know an array, on one session"""

from __future__ import annotations

import typing as t

from .._array.client import Client
from .._array.session import Row, selectors_from_params
from .._errors import InvalidInputError
from .._json import Json
from .._module.frame import with_client
from .._operation.batch import OnProgress
from .._words import NAS_SERVER, RESOURCE_ID, SELECTORS
from .look import find_subject, first_look, now_of, watch
from .nas import clone_once
from .probe import second_start, second_stop

_LONGEST = 600  # seconds of looking
STEPS: t.Final = ("read", "watch", "second_start", "second_stop", "nas_clone")


def run(params: Row, *, check_mode: bool, on_progress: OnProgress | None = None) -> Json:
    """The module's result. Raises InvalidInputError for options that make no sense."""
    if not (0 <= params["seconds"] <= _LONGEST and 0.1 <= params["interval"] <= _LONGEST):
        raise InvalidInputError(
            f"seconds is {params['seconds']} and interval is {params['interval']}: expected at most {_LONGEST}, "
            "and for the interval 0.1 or more."
        )
    if params["step"] != "nas_clone" and params.get(NAS_SERVER) is not None:
        raise InvalidInputError("nas_server is for the step nas_clone alone: expected another selector.")
    return with_client(params, lambda client: _run(client, params, check_mode=check_mode, tell=on_progress or _quiet))


def _nas_server(params: Row) -> str:
    name = str(params.get(NAS_SERVER) or "")
    if not name.strip():
        raise InvalidInputError(
            "step is nas_clone: expected nas_server, its name or id. Nothing was asked of the array."
        )
    return name


def _quiet(_done: int, _failed: int, _under_way: int, _total: int) -> None:
    pass


def _run(client: Client, params: Row, *, check_mode: bool, tell: OnProgress) -> Json:
    if params["step"] == "nas_clone":
        cluster, found = clone_once(client, _nas_server(params), check_mode=check_mode)
        return {
            "changed": True,
            "clone_id": found.pop("clone_id", None),
            "step": "nas_clone",
            "at": now_of(cluster),
            "observed": found,
        }
    named = {by: params[by] for by in (*SELECTORS, RESOURCE_ID) if params.get(by) is not None}
    subject = find_subject(client, selectors_from_params({"sessions": [named]})[0])
    done: Json
    match params["step"]:
        case "read":
            done = first_look(subject)
        case "watch":
            done = watch(subject, dict(params), str(params["username"]), tell)
        case _ if check_mode:
            done = {"sent": False, "why": "check mode sends nothing"}
        case "second_start":
            done = second_start(subject)
        case _:
            done = second_stop(subject)
    return {"changed": False, "step": params["step"], "at": now_of(subject.cluster), "observed": done}
