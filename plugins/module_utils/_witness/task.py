# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drill_witness does: ask the array's own logs about every start and stop that a record claims."""

from __future__ import annotations

import time
import typing as t

from .._array.client import Client
from .._array.fields import Fields
from .._array.login import Account
from .._errors import InvalidInputError, ProtocolError
from .._json import Json
from .._module.frame import Result
from .._record.summaries import witness_lines, witnessed
from .._record.typed import as_json
from .._record.witness import of_claim, of_unclaimed
from .._record.witness_types import Window, Witness
from .._words import WitnessVerdict
from .comparing import compare, missing
from .differences import TOLERANCE
from .reading import PATIENCE, Log, look_for, read_logs
from .statement import Statement

_SAID = 3  # contradictions in the message; all are in the result


def run_witness(client: Client, params: t.Mapping[str, t.Any]) -> Result:
    """The result of the module. Raises InvalidInputError for a record that this array cannot have logged."""
    statement = Statement.from_json(params["claims"])
    window = statement.window(TOLERANCE)
    array = _read_array(client)
    _refuse_another_array(statement, array, client.host)
    deadline = time.monotonic() + PATIENCE
    logs = read_logs(client, window, deadline)
    compared = compare(statement, logs)
    absent = missing(statement, logs)
    if absent or not statement.claims or compared.verdict is WitnessVerdict.UNAVAILABLE:
        logs = look_for(client, logs, absent, deadline)
        compared = compare(statement, logs)
    witness = Witness(
        verdict=compared.verdict,
        by=compared.by,
        read_at=array.time("system_time"),
        account=client.account,
        second_account=_is_second(statement.account, client.account),
        host=client.host,
        window=Window(from_=window[0], until=window[1]),
        tolerance_seconds=TOLERANCE.total_seconds(),
        claims=compared.claims,
        not_in_the_record=compared.not_in_the_record,
        why_unavailable=compared.why_unavailable,
        not_witnessed=statement.not_witnessed,
    )
    return {
        **_failure(witness, statement, (logs.job_log, logs.event_log), required=bool(params["required"])),
        "changed": False,
        "verdict": witness.verdict.value,
        "record_id": statement.record_id,
        "record_sha256": statement.record_sha256,
        "witness": as_json(witness),
        "summary": witness_lines(witness),
    }


def _read_array(client: Client) -> Fields:
    rows = client.get("/cluster", [("select", "id,name,global_id,system_time")], doing="Reading the array's identity")
    if not isinstance(rows, list) or not rows:
        raise ProtocolError("Reading the array's identity: expected one cluster, found none.")
    return Fields(rows[0], "the cluster")


def _refuse_another_array(statement: Statement, array: Fields, host: str) -> None:
    name, found = array.text("name"), array.text("global_id")
    if not statement.array_global_id or statement.array_global_id != found:
        raise InvalidInputError(
            f"The record {statement.record_id} is of the array {statement.array_name or 'without a name'} (global id "
            f"{statement.array_global_id or 'not known'}), and {host} is {name or 'an array without a name'} (global "
            f"id {found or 'not known'}): its logs cannot have what the record claims. Ask the array of the record."
        )


def _is_second(account: str | None, own: str) -> bool | None:
    """Whether the logs were read by another account than the drill's."""
    if account is None:
        return None
    known = Account(own)
    known.learn(own)
    same = known.is_own(account)
    return None if same is None else not same


def _failure(witness: Witness, statement: Statement, logs: t.Sequence[Log], *, required: bool) -> Json:
    """What makes the task fail: a contradiction, and where it is asked for, a witness that is not available."""
    if witness.verdict is WitnessVerdict.CONTRADICTED:
        said = [*map(of_claim, witness.contradicted), *map(of_unclaimed, witness.contradictions)]
        more = f" And {len(said) - _SAID} more, see witness." if len(said) > _SAID else ""
        text = f"Record {statement.record_id}: {' '.join(said[:_SAID])}{more}"
        return {"failed": True, "msg": text, "failure": _kind("rejected", text)}
    if witness.verdict is WitnessVerdict.UNAVAILABLE and required:
        text = (
            f"The array's own logs could not be compared with the record {statement.record_id}: "
            f"{witness.why_unavailable or witnessed(witness)}"
        )
        denied = any(log.problem for log in logs)
        return {"failed": True, "msg": text, "failure": _kind("authorization" if denied else "not_found", text)}
    return {}


def _kind(kind: str, text: str) -> Json:
    return {"kind": kind, "http_status": None, "code": None, "message": text}
