# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drill_report does last: add the record and the reports that it made to the chain of their folder."""

from __future__ import annotations

import typing as t

from .._json import Json
from . import sign
from .task import add_record

OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {"chain": {"type": "bool", "default": False}, **sign.OPTIONS}


def with_chain(made: Json, params: Json, *, write: bool) -> Json:
    """The result of drill_report, and what became of the chain. Reports that failed keep no record out of it."""
    if not params["chain"]:
        return made
    done = add_record(params["record"], params.get("sign"), write=write)
    chain = {name: value for name, value in done.items() if name not in ("changed", "failed", "msg")}
    result = {**made, "changed": bool(made.get("changed") or done.get("changed")), "chain": chain}
    if done.get("failed"):
        result |= {"failed": True, "msg": " ".join(filter(None, [made.get("msg"), done["msg"]]))}
    return result | ({"warnings": done["problems"]} if done.get("problems") else {})
