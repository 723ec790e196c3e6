# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The snapshot that keeps what was written during a failover test: finding it, and how long the array keeps it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._array.client import Client, path_id
from .._array.lookup import find_snapshots, read_snapshot
from .._array.session import ReplicationSession, Snapshot
from .._errors import (
    NotFoundError,
    PowerStoreError,
    RejectedError,
)
from .._findings.finding import Finding, Findings
from .._json import Json
from .._operation.batch import Batch
from .._operation.goal import Outcome
from .._operation.workers import OUT_OF_MEANS, out_of_means
from .._time import Moment, format_time, parse_time
from .stopping import SNAPSHOT

OPTION = "end_of_test_snapshot_expiration"
NAME_PREFIX = "failover_test_STOPPED_"  # api-facts 4.2
_TOLERANCE = timedelta(seconds=1)  # the array keeps whole seconds


@dataclass(frozen=True, slots=True)
class EndOfTest:
    """What became of the tested data that was to be kept, for one session."""

    snapshot: Snapshot | None = None
    error: PowerStoreError | None = None

    def as_result(self) -> Json | None:
        """The ``end_of_test_snapshot`` of a result."""
        if self.snapshot is None:
            return None
        expiration = format_time(self.snapshot.expiration_timestamp)
        return {**self.snapshot.as_result(), "expiration_timestamp": expiration}

    def findings(self, session: ReplicationSession) -> Findings:
        """What a person has to know, where the snapshot is not kept as wished."""
        if self.error is None or self.snapshot is None:
            return ()
        message = f"Snapshot {self.snapshot.name} of the {session.label}: {self.error.message}"
        return (Finding.of("snapshot.expiration_not_set", session, message),)


def keep(
    client: Client, expiration: Moment | None, outcomes: t.Mapping[str, Outcome], batch: Batch
) -> dict[str, EndOfTest]:
    """Read back the end-of-test snapshots of what was stopped, by session id, and give them their expiration."""

    def one(outcome: Outcome) -> tuple[str, EndOfTest]:
        return outcome.goal.session.id, _kept(client, outcome, expiration)

    made = [outcome for outcome in outcomes.values() if outcome.done and outcome.goal.body.get(SNAPSHOT)]
    return dict(batch.each(one, made))


def _kept(client: Client, outcome: Outcome, expiration: Moment | None) -> EndOfTest:
    session, snapshot = outcome.goal.session, None
    try:
        snapshot = _made(client, outcome)
        if expiration is None:
            return EndOfTest(snapshot)
        moment = expiration.after(outcome.finished_at or outcome.started_at, OPTION)
        collection = "volume_group" if session.resource_type == "volume_group" else "volume"
        client.change(
            f"/{collection}/{path_id(snapshot.id)}",
            {"expiration_timestamp": _zulu(moment)},
            doing=f"Setting the expiration of snapshot {snapshot.name}",
        )
        snapshot = read_snapshot(client, session, snapshot.id)
        return EndOfTest(snapshot, _difference(snapshot, moment))
    except PowerStoreError as error:
        return EndOfTest(snapshot, error)
    except OUT_OF_MEANS as error:
        return EndOfTest(snapshot, out_of_means(f"Keeping the end-of-test snapshot of the {session.label}", error))


def _made(client: Client, outcome: Outcome) -> Snapshot:
    """The snapshot that the stop made; found by its name and age where the array's answer was lost."""
    session = outcome.goal.session
    if outcome.snapshot_id:
        return read_snapshot(client, session, outcome.snapshot_id)
    began = outcome.started_at
    rows = [
        row
        for row in find_snapshots(client, session, NAME_PREFIX)
        if (made := parse_time(row.get("creation_timestamp"))) and made >= began - _TOLERANCE
    ]
    if not rows:
        raise NotFoundError(
            f"The failover test on the {session.label} was stopped, but the array lists no end-of-test snapshot of it: "
            "what was written during the test is lost."
        )
    return Snapshot.from_row(max(rows, key=lambda row: str(row.get("creation_timestamp"))))


def _difference(snapshot: Snapshot, wanted: datetime | None) -> PowerStoreError | None:
    found = snapshot.expiration_timestamp
    # For "never" the array may show null or the latest time there is (api-facts 4.2).
    if wanted is None and (found is None or found.year > 2200):
        return None
    if wanted and found and abs(found - wanted) <= _TOLERANCE:
        return None
    return RejectedError(
        f"The array took the expiration of snapshot {snapshot.name}, but shows {format_time(found) or 'none'} "
        f"instead of {format_time(wanted) or 'never'}."
    )


def _zulu(moment: datetime | None) -> str | None:
    text = format_time(moment.replace(microsecond=0)) if moment else None
    return text.replace(".000Z", "Z") if text else None
