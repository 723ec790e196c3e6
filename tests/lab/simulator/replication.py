# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replication state machine: which operation is taken where and when, and what it does.

Written from [api-facts 3.3, 4.1-4.3]; each rule that is not in Dell's text says INF.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC

from . import snapshots
from .errors import ApiError
from .jobs import GOOD_JOB, Job, JobPlan, Outcome
from .schema import Version
from .world import FailoverTest, Side

TEST_STATES = frozenset({"OK", "Synchronizing", "Paused", "System_Paused"})
TEST_RESOURCES = frozenset({"volume", "volume_group"})
RUNNING_STATES = frozenset({"OK", "Synchronizing"})
V1: Version = (1, 0, 0, 0)
V2: Version = (2, 0, 0, 0)
V3: Version = (3, 0, 0, 0)
V4: Version = (4, 0, 0, 0)
Body = Mapping[str, object]


@dataclass(frozen=True)
class Call:
    """One operation on one side of a session, by somebody."""

    side: Side
    operation: str
    body: Body
    user: str
    plan: JobPlan = GOOD_JOB
    seconds: float | None = None  # None: as long as the world says

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.body.get(name)
        return default if value is None else bool(value)


@dataclass(frozen=True)
class Operation:
    """What the array knows about an operation."""

    added: Version
    check: Callable[[Call], None]
    perform: Callable[[Call], Outcome]
    transient: Callable[[Call], str | None]  # the state while it runs
    properties: Mapping[str, tuple[tuple[type, ...], Version]] = field(default_factory=dict)


# --- checks ---------------------------------------------------------------------------------------------------------


def _states(call: Call, allowed: frozenset[str]) -> None:
    if (state := call.side.shown_state) not in allowed:
        raise ApiError("state", call.side.id, call.operation, state)


def _role(call: Call, role: str) -> None:
    if call.side.role != role:
        kind = "not_destination" if role == "Destination" else "not_source"
        raise ApiError(kind, call.side.id, call.operation, call.side.role)


def _reachable(call: Call) -> None:
    if not call.side.array.world.link_up:
        raise ApiError("remote_unreachable", call.side.id, call.side.array.remote_system["name"])


def check_start(call: Call) -> None:
    """Destination only, asynchronous, volume or group, not in test, state in the allow-list; the link may be down."""
    side = call.side
    _role(call, "Destination")
    if side.resource_type not in TEST_RESOURCES:
        raise ApiError("resource_type", side.id, side.resource_type)
    # 2.x has no session types: everything is asynchronous there.
    if side.array.version >= V3 and side.type != "Asynchronous":
        raise ApiError("not_asynchronous", side.id, side.type)
    if side.in_test() and not side.array.world.options.accepts_second_start:
        raise ApiError("test_in_progress", side.id)
    _states(call, TEST_STATES)
    snapshots.for_test(side, call.body.get("snapshot_id"))


def check_stop(call: Call) -> None:
    """Destination only, volume or group: the others have no failover tests at all [api-facts 3.3]."""
    _role(call, "Destination")
    if call.side.resource_type not in TEST_RESOURCES:
        raise ApiError("resource_type", call.side.id, call.side.resource_type)
    if not call.side.in_test():
        raise ApiError("no_test", call.side.id)
    if not call.flag("force"):
        _reachable(call)


def check_pause(call: Call) -> None:
    """[S] the states, word for word."""
    _states(call, RUNNING_STATES | {"System_Paused", "Fractured"})


def check_resume(call: Call) -> None:
    _states(call, frozenset({"Paused", "System_Paused", "Fractured"}))
    _reachable(call)


def check_sync(call: Call) -> None:
    """[S] "Supported for Asynchronous type"; OK and System_Paused, and no other state, not even Synchronizing."""
    if call.side.array.version >= V3 and call.side.type != "Asynchronous":
        raise ApiError("not_asynchronous", call.side.id, call.side.type)
    _states(call, frozenset({"OK", "System_Paused"}))
    _reachable(call)


def check_failover(call: Call) -> None:
    """Planned: at the source, everything healthy. Unplanned: at the destination, whatever the source does."""
    side, planned = call.side, call.flag("is_planned", default=True)
    if planned:
        for name in ("use_test_copy", "failover_snapshot_id", "force"):
            if call.body.get(name):
                raise ApiError("unplanned_only", side.id, name)
        if side.state == "Failed_Over":
            raise ApiError("already_failed_over", side.id)
        _role(call, "Source")
        if side.in_test() or side.peer.in_test():
            raise ApiError("test_in_progress", side.id)
        _states(call, RUNNING_STATES)
        _reachable(call)
        return
    if call.flag("reverse"):
        raise ApiError("planned_only", side.id, "reverse")
    if side.state == "Failed_Over" and not call.flag("force"):
        raise ApiError("already_failed_over", side.id)
    _role(call, "Destination")
    if side.in_test() and (not call.flag("use_test_copy") or call.body.get("failover_snapshot_id")):
        raise ApiError("test_copy", side.id)
    _states(call, TEST_STATES | {"Error", "Fractured", "Failed_Over"})
    if side.resource_type in TEST_RESOURCES:
        snapshots.for_test(side, call.body.get("failover_snapshot_id"))


def check_reprotect(call: Call) -> None:
    _states(call, frozenset({"Failed_Over"}))
    _role(call, "Source")
    _reachable(call)


def check_metro(call: Call) -> None:
    if call.side.type != "Metro_Active_Active":
        raise ApiError("not_metro", call.side.id, call.operation)
    _states(call, frozenset({"Paused", "Fractured"}))


def check_modify(call: Call) -> None:
    """[S] PATCH changes only Metro_Non_Preferred to Metro_Preferred."""
    if call.side.type != "Metro_Active_Active" or call.body.get("role") != "Metro_Preferred":
        raise ApiError("not_metro", call.side.id, "modify")


# --- effects --------------------------------------------------------------------------------------------------------


def set_flags(side: Side, in_test: bool) -> None:
    """Both sides' failover_test_in_progress; what the source shows is not known, so the scenario says."""
    side.replication.flag_lags = False
    options = side.array.world.options
    side.failover_test_in_progress = in_test
    side.peer.failover_test_in_progress = in_test if options.source_shows_test else options.source_flag_at_rest


def _flags_follow(call: Call, in_test: bool) -> None:
    if call.plan.flag_late > 0:
        call.side.replication.flag_lags = True
        call.side.array.world.agenda.at(_later(call), lambda: set_flags(call.side, in_test))
    else:
        set_flags(call.side, in_test)


def _later(call: Call) -> float:
    job = call.side.replication.operation
    return (job.due if job else 0.0) + call.plan.flag_late


def do_start(call: Call) -> Outcome:
    side = call.side
    row = snapshots.for_test(side, call.body.get("snapshot_id"))
    table = side.array.tables["volume"]
    sizes = {each: volume["size"] for each in side.volumes() if (volume := table.get(each)) is not None}
    side.replication.test = FailoverTest(call.user, side.array.now(), str(row["id"]) if row else None, sizes)
    _mark(side)
    _flags_follow(call, True)
    return 204, None


def _end_test(side: Side) -> None:
    """Everything written during the test is lost, a resize too [S]; the content is not simulated."""
    test, side.replication.test = side.replication.test, None
    for volume_id, size in (test.sizes if test else {}).items():
        row = side.array.tables["volume"].get(volume_id)
        if row is not None:
            row["size"] = size
    _mark(side)


def do_stop(call: Call) -> Outcome:
    kept = snapshots.of_stopped_test(call.side) if call.flag("create_end_of_test_snapshot") else None
    _end_test(call.side)
    _flags_follow(call, False)
    return (200, {"snapshot_id": kept}) if kept else (204, None)


def do_pause(call: Call) -> Outcome:
    call.side.paused_by_link = call.side.peer.paused_by_link = False
    call.side.change_state("Paused")
    return 204, None


def do_resume(call: Call) -> Outcome:
    """The copy catches up at once (INF: it takes as long as the operation)."""
    call.side.replication.stalled = False
    _synced(call.side)
    call.side.change_state("OK")
    return 204, None


def do_sync(call: Call) -> Outcome:
    call.side.replication.stalled = False
    _synced(call.side)
    call.side.change_state("OK")
    return 204, None


def _synced(side: Side) -> None:
    if side.replication.last_sync is not None:
        side.replication.synced(side.array.world.clock.now().astimezone(UTC))


def _swap_roles(side: Side) -> None:
    side.role, side.peer.role = side.peer.role, side.role
    _mark(side)
    _mark(side.peer)


def _mark(side: Side) -> None:
    """The resource and its members know whether they are a replication destination."""
    for _kind, row in side.resources():
        shown = side.replication.test is None or side.array.world.options.destination_flag_in_test
        row["is_replication_destination"] = side.role == "Destination" and shown


def do_failover(call: Call) -> Outcome:
    """After it the former destination is the source; reprotect (or reverse=true) turns replication round.

    With the link down an unplanned failover cannot tell the old source, which goes on believing to be the source.
    """
    side = call.side
    side.settle()
    if side.in_test():
        side.replication.test = None
        set_flags(side, False)
    if side.state == "Failed_Over":
        return 204, None
    if side.array.world.link_up:
        _swap_roles(side)
        side.change_state("OK" if call.flag("reverse") else "Failed_Over")
    else:
        side.role, side.state = "Source", "Failed_Over"
        side.paused_by_link = False
        _mark(side)
    return 204, None


def do_reprotect(call: Call) -> Outcome:
    call.side.peer.role = "Destination"
    _mark(call.side.peer)
    call.side.change_state("OK")
    _synced(call.side)
    return 204, None


def do_promote(call: Call) -> Outcome:
    call.side.local_resource_state = "Promoted"
    return 204, None


def do_demote(call: Call) -> Outcome:
    call.side.local_resource_state = "Demoted"
    return 204, None


def do_modify(call: Call) -> Outcome:
    call.side.role, call.side.peer.role = "Metro_Preferred", "Metro_Non_Preferred"
    return 204, None


# --- the table ------------------------------------------------------------------------------------------------------


def _no_state(_call: Call) -> None:
    return None


def _failing_over(call: Call) -> str:
    return "Failing_Over" if call.flag("is_planned", default=True) else "Failing_Over_For_DR"


OPERATIONS: Mapping[str, Operation] = {
    "start_failover_test": Operation(V2, check_start, do_start, _no_state, {"snapshot_id": ((str,), V2)}),
    "stop_failover_test": Operation(
        V2, check_stop, do_stop, _no_state, {"create_end_of_test_snapshot": ((bool,), V2), "force": ((bool,), V2)}
    ),
    "pause": Operation(V1, check_pause, do_pause, lambda _call: "Pausing"),
    "resume": Operation(V1, check_resume, do_resume, lambda _call: "Resuming"),
    "sync": Operation(V1, check_sync, do_sync, lambda _call: "Synchronizing"),
    "failover": Operation(
        V1,
        check_failover,
        do_failover,
        _failing_over,
        {
            "is_planned": ((bool,), V1),
            "reverse": ((bool,), V1),
            "force": ((bool,), V1),
            "use_test_copy": ((bool,), V2),
            "failover_snapshot_id": ((str,), V2),
        },
    ),
    "reprotect": Operation(
        V1,
        check_reprotect,
        do_reprotect,
        lambda _call: "Reprotecting",
        {"discard_changes_after_failover": ((bool,), V4)},
    ),
    "promote": Operation(V3, check_metro, do_promote, _no_state),
    "demote": Operation(V3, check_metro, do_demote, _no_state),
    "modify": Operation(V3, check_modify, do_modify, lambda _call: "Modify_Role_In_Progress", {"role": ((str,), V3)}),
}


def check(call: Call) -> None:
    """Raise ApiError if the array refuses the call as things are now."""
    if (job := call.side.replication.busy) is not None:
        raise ApiError("busy", call.side.id, job.resource_action)
    OPERATIONS[call.operation].check(call)


def begin(call: Call) -> Job:
    """Validate, then start the job; a refusal leaves an audit event and no job."""
    side, operation = call.side, OPERATIONS[call.operation]
    target = ("replication_session", side.id, side.resource_name)
    try:
        check(call)
    except ApiError:
        side.array.audit(call.user, call.operation, ("replication_session", side.resource_name), good=False)
        raise
    before = (side.state, side.peer.state)
    side.settle()
    if (state := operation.transient(call)) is not None:
        side.change_state(state)

    def effect() -> Outcome:
        if state is not None:
            side.state, side.peer.state = before
        outcome = operation.perform(call)
        side.array.executed.append((call.operation, side.id))
        return outcome

    def restore(job: Job) -> None:
        if not job.executed and state is not None:
            side.state, side.peer.state = before

    return _submit(call, target, effect, restore)


def _submit(
    call: Call, target: tuple[str, str, str], effect: Callable[[], Outcome], restore: Callable[[Job], None]
) -> Job:
    replication = call.side.replication

    def started(job: Job) -> None:
        replication.operation = job
        job.finishers.append(restore)

    return call.side.array.submit(call.user, call.operation, target, effect, call.plan, started, call.seconds)
