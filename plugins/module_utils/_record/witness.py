# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a witness, and what a witness comes to in the record of a drill. Pure."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._errors import InvalidInputError
from .._json import Json
from .._words import Cause, Kind, Verdict, WitnessVerdict
from .causes import Judgement, Reason
from .clocks import Clocks
from .common import Context, envelope
from .results import Cluster
from .run import Member
from .typed import read
from .types import NotPassed, WitnessRecord
from .witness_types import Claim, Unclaimed, Witness

_OPERATIONS: t.Final = {"start_failover_test": "start", "stop_failover_test": "stop"}


def of_witness(witness: Witness, *, required: bool, alone: bool = False) -> t.Iterator[Reason]:
    """Why a record is not passed: what the array's logs contradict, and that they could not be compared.

    ``required``: a drill fails that could not be compared. ``alone``: in a record of the witness itself, where nothing
    is known then.
    """
    for claim in witness.contradicted:
        yield _reason(Verdict.FAILED, Cause.CONTRADICTED, of_claim(claim), claim.resource_name, claim.session_id)
    for each in witness.contradictions:
        yield _reason(Verdict.FAILED, Cause.CONTRADICTED, of_unclaimed(each), each.session_id, each.job_id)
    if witness.verdict is WitnessVerdict.UNAVAILABLE:
        allows: NotPassed = Verdict.INCOMPLETE if alone else Verdict.PASSED_WITH_DEVIATIONS
        text = f"The array's own logs could not be compared with the record: {witness.why_unavailable or 'not known'}"
        yield _reason(Verdict.FAILED if required else allows, Cause.NOT_WITNESSED, text, "the array's logs", None)


def _reason(verdict: NotPassed, cause: Cause, text: str, subject: str | None, check: str | None) -> Reason:
    return Reason(verdict, cause, text, subject=subject, check=check)


def of_claim(claim: Claim) -> str:
    """What the logs say against a claim, in a sentence or more."""
    said = " ".join(claim.differences)
    name = claim.resource_name or claim.session_id
    return f"The array's own logs contradict the {_OPERATIONS[claim.operation]} of {name}: {said}"


def of_unclaimed(each: Unclaimed) -> str:
    """What was done that the record does not have, in a sentence."""
    asked = f" by {each.array.user}" if each.array.user else ""
    on = f" of session {each.session_id}" if each.session_id else ""
    return (
        f"The array's own logs have a {_OPERATIONS[each.operation]}{on}{asked} that is not in the record. {each.reason}"
    )


def build_witness(
    members: t.Sequence[Member], result: Json, context: Context, record_id: str, written_at: datetime
) -> WitnessRecord:
    """The record, from the record that was compared and the result of drill_witness.

    Raises InvalidInputError where that result is not of that file.
    """
    if len(members) != 1 or members[0].record.kind is not Kind.DRILL:
        raise InvalidInputError("records: expected the one record of a drill that was compared.")
    notes: list[str] = []
    member, witness = members[0], read(Witness, result.get("witness"), "witness", notes)
    if witness is None or notes:
        raise InvalidInputError(
            "witness is not a result of drdrill.powerstore.drill_witness: "
            f"{'; '.join(notes[:3]) or 'nothing is in it'}."
        )
    if result.get("record_sha256") != member.sha256:
        raise InvalidInputError(
            f"{member.file} is not the file that was compared: its SHA-256 is {member.sha256}, that of the compared "
            f"one was {result.get('record_sha256')}. Compare it again."
        )
    record = member.record
    judgement = Judgement(tuple(of_witness(witness, required=False, alone=True)))
    array = record.array
    cluster = Cluster(name=array.name, global_id=array.global_id, release_version=array.release_version)
    return WitnessRecord(
        **envelope(
            record_id,
            context,
            cluster,
            [witness.read_at],
            judgement,
            written_at,
            clocks=Clocks(),
            selected_by="all",
        ),
        record_id=record.drill.id,
        record_file=member.file,
        record_sha256=member.sha256,
        record_verdict=record.verdict,
        witness=witness,
    )
