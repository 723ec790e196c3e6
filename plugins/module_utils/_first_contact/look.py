# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What first_contact reads of an array and of one session on it: no names, only what the questions are about."""

from __future__ import annotations

import re
import time
import typing as t
from dataclasses import dataclass, replace
from datetime import timedelta

from .._array.client import Client, path_id
from .._array.fields import Fields, Unread
from .._array.jobs import START, STOP
from .._array.lookup import find_snapshots, read_sessions_by
from .._array.read_cluster import read_cluster
from .._array.resolve import resolve
from .._array.session import Cluster, ReplicationSession, Selector, Unresolved
from .._errors import MALFORMED, AuthenticationError, NotFoundError, PowerStoreError, ProtocolError
from .._json import Json
from .._operation.batch import OnProgress
from .._time import format_time, parse_time

Value = t.TypeVar("Value")
Given = t.ParamSpec("Given")

# What the modules of the collection read: whether this account may, is one of the questions.
COLLECTIONS: t.Final = (
    "alert", "appliance", "audit_event", "host", "host_volume_mapping", "job", "remote_system", "replication_rule",
    "replication_session", "volume", "volume_group",
)  # fmt: skip
STOPPED = "failover_test_STOPPED_"
# The attributes of a replication session in Dell's descriptions up to 4.1 (api-facts 3.1).
_DESCRIBED: t.Final = frozenset({
    "id", "state", "role", "resource_type", "data_transfer_state", "type", "last_sync_timestamp", "local_resource_id",
    "remote_resource_id", "remote_system_id", "progress_percentage", "estimated_completion_timestamp",
    "replication_rule_id", "last_sync_duration", "next_sync_timestamp", "storage_element_pairs",
    "failover_test_in_progress", "error_code", "data_connection_state", "parent_replication_session_id",
    "local_resource_state", "witness_details", "migration_session_id",
})  # fmt: skip
_MARGIN: t.Final = timedelta(seconds=10)
_FRACTION = re.compile(r"\.(\d+)")


@dataclass(frozen=True)
class Subject:
    """The session that everything is about, on the array that is asked."""

    client: Client
    cluster: Cluster
    session: ReplicationSession

    @property
    def collection(self) -> str:
        """Where its resource is."""
        return "volume_group" if self.session.resource_type == "volume_group" else "volume"


class Reader:
    """Reads what may be refused: a question that cannot be answered spoils no other."""

    def __init__(self) -> None:
        self.refused: dict[str, Json] = {}  # what -> failure

    def tried(
        self, what: str, read: t.Callable[Given, Value], *args: Given.args, **kwargs: Given.kwargs
    ) -> Value | None:
        """What was read; None where that was refused or failed. Credentials that are refused are raised."""
        try:
            return read(*args, **kwargs)
        except AuthenticationError:
            raise
        except PowerStoreError as error:
            self.refused.setdefault(what, error.as_failure())
        except MALFORMED as error:
            odd = ProtocolError(f"{what} is not as the API's description has it: {error!r}.")
            self.refused.setdefault(what, odd.as_failure())
        return None


def find_subject(client: Client, selector: Selector) -> Subject:
    """The session. Raises the error of a selector that leads to none."""
    unread: list[Unread] = []
    cluster = read_cluster(client, unread)
    (found,) = resolve(client, cluster, [selector], tolerant=True, unread=unread)
    if isinstance(found, Unresolved):
        raise found.error
    return Subject(client=client, cluster=cluster, session=found.session)


def first_look(subject: Subject) -> Json:
    """All that can be asked without changing anything."""
    client, reader = subject.client, Reader()
    everything = [("select", "*")]
    rows = {name: reader.tried(name, _count, client, name) for name in COLLECTIONS}
    path = f"/replication_session/{path_id(subject.session.id)}"
    whole = reader.tried("replication_session with select=*", client.get, path, everything, doing="Reading all of it")
    return {
        "clock_ahead_seconds": subject.cluster.clock_skew_seconds,
        "account": reader.tried("login_session", _account, client),
        "rows": rows,
        "hidden_attributes": sorted(_beyond_description(whole)) if isinstance(whole, dict) else None,
        **_state(subject, reader),
        "refused": reader.refused,
    }


def _account(client: Client) -> Json:
    """What the login session shows."""
    (row,) = client.get("/login_session", [("select", "*")], doing="Reading the login session")
    fields = Fields(row, "the login session")
    return {
        "role_ids": fields.texts("role_ids"),
        "user_shown": fields.text("user") is not None,
        "idle_timeout": fields.whole("idle_timeout"),
    }


def _count(client: Client, name: str) -> int:
    """How many rows; -1 where the array lists them, but does not tell how many there are."""
    count = client.count(name, doing=f"Counting the rows of {name}")
    return -1 if count is None else count


def _beyond_description(row: Json) -> t.Iterator[str]:
    return (name for name in row if name.removesuffix("_l10n") not in _DESCRIBED)


def _state(subject: Subject, reader: Reader) -> Json:
    session = subject.session
    return {
        "release": subject.cluster.release_version,
        "session": {
            **session.as_condition(),
            "id": session.id,
            "type": session.type,
            "local_resource_id": session.local_resource_id,
            "remote_resource_id": session.remote_resource_id,
        },
        "resource": reader.tried(subject.collection, _resource, subject),
        "mappings": reader.tried("host_volume_mapping", _mappings, subject),
    }


def _resource(subject: Subject) -> Json:
    names = "id,type,is_replication_destination" + (",size,wwn" if subject.collection == "volume" else "")
    path = f"/{subject.collection}/{path_id(subject.session.local_resource_id)}"
    row = subject.client.get(path, [("select", names)], doing="Reading the resource")
    return {name: row.get(name) for name in names.split(",")} if isinstance(row, dict) else {}


def _mappings(subject: Subject) -> int:
    volumes = subject.session.local_element_ids or (subject.session.local_resource_id,)
    query = [("select", "id,volume_id")]
    return len(subject.client.get_by("host_volume_mapping", "volume_id", volumes, query, doing="Reading mappings"))


def watch(subject: Subject, params: Json, username: str, tell: OnProgress) -> Json:
    """A look every ``interval`` seconds, for ``seconds``: session, resource, mappings, jobs and audit log.

    ``tell`` gets the seconds that passed, of all.
    """
    reader, looks = Reader(), []
    began = time.monotonic()
    audit_after: float | None = None
    while True:
        subject = _again(subject, reader)
        jobs = reader.tried("job", _jobs, subject, params["since"], username)
        events = reader.tried("audit_event", _events, subject, params["since"], username)
        passed = round(time.monotonic() - began, 1)
        if audit_after is None and any(event["job_id"] == params["job_id"] for event in events or ()):
            audit_after = passed
        counts = {"jobs": len(jobs or ()), "audit_events": len(events or ())}
        looks.append({"after_seconds": passed, **_state(subject, reader), **counts})
        tell(min(int(passed), params["seconds"]), 0, 1, params["seconds"])
        if passed + params["interval"] > params["seconds"]:
            break
        time.sleep(params["interval"])
    kept = params["snapshot"] and reader.tried("snapshot", _snapshot, subject, params["snapshot"])
    return {
        "looks": looks,
        "jobs": jobs,
        "audit_events": events,
        "audit_after_seconds": audit_after,
        "snapshot": kept or None,
        "refused": reader.refused,
    }


def _again(subject: Subject, reader: Reader) -> Subject:
    """The session once more; as it was where it cannot be read just now."""
    i, release = subject.session.id, subject.cluster.release
    rows = reader.tried("replication_session", read_sessions_by, subject.client, release, "id", [i])
    return replace(subject, session=rows[0]) if rows else subject


def _whose(client: Client, user: object, username: str) -> str:
    """How the array's log writes this account, without its name."""
    if not isinstance(user, str) or not user:
        return "none"
    if user.casefold() == username.casefold():
        return "same"
    return "same, written differently" if client.is_own(user) else "other"


def _digits(moment: object) -> int | None:
    """How many digits of a second a time has."""
    found = _FRACTION.search(moment) if isinstance(moment, str) else None
    return None if not isinstance(moment, str) else len(found[1]) if found else 0


def _not_before(name: str, since: str | None) -> list[tuple[str, str]]:
    """What is in the logs since then. The start's own time may be an estimate, late by as long as a request took."""
    began = parse_time(since or None)
    return [(name, f"gte.{format_time(began - _MARGIN)}")] if began else []


def _jobs(subject: Subject, since: str | None, username: str) -> list[Json]:
    select = "id,resource_action,phase,user,start_time,end_time,resource_name,response_status,response_body"
    query = [
        ("select", select),
        ("resource_type", "eq.replication_session"),
        ("resource_id", f"eq.{subject.session.id}"),
        ("resource_action", f"in.({START},{STOP})"),
        *_not_before("start_time", since),
    ]
    rows = subject.client.get_all("job", query, doing="Reading the array's jobs", unread=[])
    return [
        {
            "id": row["id"],
            "action": row.get("resource_action"),
            "phase": row.get("phase"),
            "start_time": row.get("start_time"),
            "end_time": row.get("end_time"),
            "user": _whose(subject.client, row.get("user"), username),
            "has_resource_name": bool(row.get("resource_name")),
            "response_status": row.get("response_status"),
            "has_snapshot_id": "snapshot_id" in (row.get("response_body") or {}),
            "digits": _digits(row.get("start_time")),
        }
        for row in rows
    ]


def _events(subject: Subject, since: str | None, username: str) -> list[Json]:
    query = [
        ("select", "id,resource_action,job_id,username,is_successful,timestamp"),
        ("resource_action", f"in.({START},{STOP})"),
        *_not_before("timestamp", since),
    ]
    rows = subject.client.get_all("audit_event", query, doing="Reading the array's audit log", unread=[])
    return [
        {
            "action": row.get("resource_action"),
            "job_id": row.get("job_id"),
            "user": _whose(subject.client, row.get("username"), username),
            "is_successful": row.get("is_successful"),
            "timestamp": row.get("timestamp"),
        }
        for row in rows
    ]


def _snapshot(subject: Subject, snapshot_id: str) -> Json:
    """The end-of-test snapshot, without its name: whether that is as described, and when the array deletes it."""
    rows = [row for row in find_snapshots(subject.client, subject.session, "") if row["id"] == snapshot_id]
    if not rows:
        raise NotFoundError("The end-of-test snapshot is not among the snapshots of the resource.")
    data = rows[0].get("protection_data") or {}
    return {
        "is_named_as_described": str(rows[0].get("name")).startswith(STOPPED),
        "creator_type": data.get("creator_type"),
        "creation_timestamp": rows[0].get("creation_timestamp"),
        "expiration_timestamp": data.get("expiration_timestamp"),
    }


def now_of(cluster: Cluster) -> str | None:
    """The array's clock, as results show times."""
    return format_time(cluster.system_time)
