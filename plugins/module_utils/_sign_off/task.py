# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drill_sign_off does: write what a person says of a record, with their signature, and add it to the chain."""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from .._awx.access import Access
from .._awx.workflow import Workflow, read_workflow
from .._chain import sign
from .._chain.chain import SIGN_OFF, hashes_in_the_chain
from .._chain.sign import Signing
from .._chain.task import add_record
from .._errors import InvalidInputError, PowerStoreError
from .._json import Json
from .._record.clean import cleaned, cleaned_text
from .._record.store import write_once
from .._record.types import AnyRecord
from .._report.source import Source, read_source
from .._time import format_time
from .judgement import DECISIONS, METHODS, approval_of, judged, segregation

OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "record": {"type": "path", "required": True},
    "name": {"type": "str", "required": True},
    "role": {"type": "str", "required": True},
    "decision": {"type": "str", "choices": list(DECISIONS), "required": True},
    "criteria": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "criterion": {"type": "str", "required": True},
            "met": {"type": "bool", "required": True},
            "comment": {"type": "str"},
        },
    },
    "method": {"type": "str", "choices": list(METHODS), "required": True},
    "key": {"type": "str", "no_log": False},
    **sign.OPTIONS,
}
_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is written: the folder, what the file says but for its number, and the person's key."""

    folder: str
    record_id: str
    content: Json
    signing: Signing | None

    def name(self, number: int) -> str:
        """The name of the file with that number."""
        return f"{SIGN_OFF}-{self.record_id}-{number}.json"

    def document(self, number: int) -> Json:
        """What the file with that number says."""
        signature = self.name(number) + self.signing.suffix if self.signing else None
        return {
            "schema_version": _VERSION,
            "kind": SIGN_OFF,
            "id": f"{self.record_id}-{number}",
            **self.content,
            "signature": signature,
        }

    def first_free(self) -> int:
        """The first number that no file has, nor a signature that was left by a write that was cut off."""
        number = 1
        while any(os.path.lexists(os.path.join(self.folder, self.name(number) + end)) for end in ("", ".sig", ".asc")):
            number += 1
        return number


def run_sign_off(params: Json, *, write: bool) -> Json:
    """The module's result. ``write`` is false in check mode."""
    try:
        plan = _plan(params, datetime.now(UTC))
        number = _written(plan) if write else plan.first_free()
    except PowerStoreError as error:
        return {"failed": True, "changed": False, "msg": error.message}
    except OSError as error:
        problem = f"The sign-off was not written: {error.strerror or error}. Nothing is in the chain."
        return {"failed": True, "changed": False, "msg": problem}
    path = os.path.join(plan.folder, plan.name(number))
    result = {"changed": True, "path": path, "sign_off": plan.document(number)}
    return result | _chained(path, params) if write else result


def _plan(params: Json, now: datetime) -> Plan:
    """All that can be refused is refused here. Raises InvalidInputError."""
    path = os.path.abspath(os.path.expanduser(params["record"]))
    source, folder = read_source(path), os.path.dirname(path)
    _refuse_a_record_that_changed(folder, os.path.basename(path), source)
    name, role = (_text(params, each) for each in ("name", "role"))
    record, method = source.record, params["method"]
    criteria = judged(record.drill.success_criteria, t.cast(list[Json], cleaned(params["criteria"])))
    of_awx = method == "awx_approval"
    approval = approval_of(record, name, params["decision"], _workflow(record, os.environ)) if of_awx else None
    content: Json = {
        "record": source.file_name,
        "record_id": source.id,
        "record_sha256": source.sha256,
        "record_verdict": record.verdict.value,
        "array": {"name": record.array.name},
        "name": name,
        "role": role,
        "decision": params["decision"],
        "criteria": [each.as_json() for each in criteria],
        "method": method,
        "approval": approval,
        "segregation": segregation(record.who).as_json(),
        "at": format_time(now),
    }
    return Plan(folder, source.id, content, _signing(params))


def _workflow(record: AnyRecord, environment: t.Mapping[str, str]) -> Workflow:
    """What AWX says now of the workflow that the drill was a part of."""
    workflow_job_id = record.who.awx.workflow_job_id if record.who.awx else None
    if not workflow_job_id:
        return Workflow(why_not="the record names no workflow of AWX.")
    access = Access.of(environment)
    if access is None:
        return Workflow(why_not="CONTROLLER_HOST with CONTROLLER_OAUTH_TOKEN (or CONTROLLER_USERNAME) is not set.")
    return read_workflow(access.reader(), workflow_job_id, "")


def _text(params: Json, name: str) -> str:
    value = cleaned_text(" ".join(str(params[name]).split()))
    if not value:
        raise InvalidInputError(f"{name} is empty: expected whose sign-off it is. Nothing was written.")
    return value


def _refuse_a_record_that_changed(folder: str, name: str, source: Source) -> None:
    known = hashes_in_the_chain(folder).get(name)
    if known is None:
        raise InvalidInputError(
            f"{name} is not in the chain of {folder}, so nothing shows that it was not changed since. Add it first: "
            "drdrill.powerstore.drill_chain with state: appended. Nothing was written."
        )
    if known != source.sha256:
        raise InvalidInputError(
            f"{name} was changed: the chain of {folder} has it with SHA-256 {known}, but the file has {source.sha256}. "
            "Find out who changed it, and sign the record as it was written. Nothing was written."
        )


def _signing(params: Json) -> Signing | None:
    """The person's own key. Raises InvalidInputError for one that is not there, or that the method has no use for."""
    method, key = params["method"], params.get("key")
    if method in ("ssh", "gpg"):
        try:
            return Signing.from_params({"method": method, "key": key})
        except InvalidInputError as error:
            raise InvalidInputError(f"{error.message.replace('sign.key', 'key', 1)} Nothing was written.") from error
    if key:
        raise InvalidInputError(f"key is given, and method is {method}: expected ssh or gpg. Nothing was written.")
    return None


def _written(plan: Plan) -> int:
    """Write the signature, then the file, under the first free number. Raises InvalidInputError and OSError."""
    number = plan.first_free()
    while True:
        path = os.path.join(plan.folder, plan.name(number))
        text = json.dumps(plan.document(number), indent=2, ensure_ascii=False) + "\n"
        try:
            if plan.signing:
                write_once(path + plan.signing.suffix, _signature(plan.signing, text))
            write_once(path, text)
        except FileExistsError:  # another sign-off took the number meanwhile
            number += 1
            continue
        return number


def _signature(signing: Signing, text: str) -> bytes:
    signature, why_not = signing.signature(text.encode("utf-8"))
    if signature is None:
        raise InvalidInputError(
            f"The sign-off was not signed: {why_not}. A sign-off by {signing.method} is nothing without its signature. "
            "A key that has a passphrase is held by an agent. Nothing was written."
        )
    return signature


def _chained(path: str, params: Json) -> Json:
    """Add it to the chain of its folder, as every record is; what is missing there fails the task, and says so."""
    done = add_record(path, params.get("sign"), write=True)
    if done.get("failed"):
        problem = f"{path} was written, and is not in the chain. {done['msg']} Then add it with drill_chain."
        return {"failed": True, "msg": problem}
    chain = {name: value for name, value in done.items() if name != "changed"}
    return {"chain": chain} | ({"warnings": done["problems"]} if done["problems"] else {})
