# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DR-test clones as they are to be and as they are: what has to be done, and what refuses it. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import timedelta

from .._array.session import Cluster, ReplicationSession
from .._errors import OperationTimeoutError, PowerStoreError, RejectedError
from .._findings.finding import Finding, Findings
from .._findings.start_stop import blocking_error
from .._json import Json
from .._nas_tests.clone import FIRST_RELEASE, Clone, CloneJob, FileInterface, FileSystem, NasServer
from .._nas_tests.mark import clone_name
from .._operation.limits import Limits
from .._time import format_time, in_words
from .wish import ALL, OWN, Interface, Wish, same_address
from .work import Making, Removing

_PRIMARY = ("Primary", None)
_DESTINATION = "Destination"
_COMPLIANCE = "Compliance"


@dataclass(frozen=True, slots=True)
class Desired:
    """What a task wants of all its NAS servers."""

    running: bool
    label: str
    clones: str = OWN  # which of a NAS server's clones a stop removes
    rollback: bool = False
    delete_body: Json = field(default_factory=dict, repr=False)  # how a NAS server is deleted: may hold a password
    limits: Limits = field(default_factory=Limits)
    settle_time: float = 0
    attempts: int = 1
    attempt_delay: float = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What was read for one wish: the NAS server, its session, its file systems; or why it was not found.

    ``clones``: all that the array has; ``named``: what has the name that the clone is to get, or the id that a stop
    names, and is no DR test. ``under_way``: clones of this NAS server that the array is still at.
    """

    wish: Wish
    server: NasServer | None = None
    session: ReplicationSession | None = None
    file_systems: tuple[FileSystem, ...] = ()
    named: NasServer | None = None
    under_way: tuple[CloneJob, ...] = ()
    error: PowerStoreError | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """What was read of the array as a whole."""

    cluster: Cluster
    clones: tuple[Clone, ...] = ()
    interfaces: tuple[FileInterface, ...] = ()
    answering: t.Mapping[str, int] = field(default_factory=dict)  # address -> the port on which it answered
    incomplete: tuple[str, ...] = ()  # what could not be read, a sentence each


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done for one wish: a goal, or nothing, or the error that refuses it. ``seen``: its clones."""

    found: Found
    seen: tuple[Clone, ...] = ()
    goal: Making | Removing | None = None
    error: PowerStoreError | None = None
    findings: Findings = ()
    own: Clone | None = None  # of a start: the clone of this task's label, where there is one already

    @property
    def awaits(self) -> bool:
        """Whether a start is under way whose clone is to be removed once it is there."""
        return self.goal is None and bool(self.found.under_way) and self.error is None


@dataclass(frozen=True, slots=True)
class Plan:
    """One step for each wish, in the order asked."""

    array: Array
    desired: Desired
    steps: tuple[Step, ...]

    @property
    def refused(self) -> bool:
        """Whether a start is refused for all, because of one. A stop is not: each clone that can be removed is."""
        return self.desired.running and any(step.error for step in self.steps)


def plan(array: Array, found: t.Iterable[Found], desired: Desired) -> Plan:
    """What has to be done so that every NAS server is as desired."""
    step = _start if desired.running else _stop
    return Plan(
        array=array, desired=desired, steps=tuple(_with_gaps(step(array, each, desired), array) for each in found)
    )


def _with_gaps(step: Step, array: Array) -> Step:
    gaps = tuple(Finding.of("reading.incomplete", step.found.session, text) for text in array.incomplete)
    return replace(step, findings=(*step.findings, *gaps)) if gaps else step


def overdue(planned: Plan) -> Plan:
    """The plan of a stop where a clone is under way still, after all the time that there is for it."""

    def late(step: Step) -> Step:
        if not step.awaits:
            return step
        job = step.found.under_way[0]
        error = OperationTimeoutError(
            f"Job {job.id}, a clone of the NAS server, has not ended after wait_timeout "
            f"({planned.desired.limits.wait_timeout:g} s). The clone may be made later: run the stop again."
        )
        return replace(step, error=error)

    return replace(planned, steps=tuple(map(late, planned.steps)))


# A start


def addresses_to_probe(array: Array, found: t.Iterable[Found], desired: Desired) -> list[str]:
    """The addresses that a start would give to clones on networks that are not known to be isolated."""
    steps = (_start(array, each, desired) for each in found)
    makings = [(s.found.wish, s.goal.interface) for s in steps if isinstance(s.goal, Making) and not s.error]
    return [interface.ip_address for wish, interface in makings if interface and not wish.isolated]


def _start(array: Array, found: Found, desired: Desired) -> Step:
    server = found.server
    if found.error or server is None:
        return Step(found=found, error=found.error)
    seen = _seen(array, server, desired)
    own = next((clone for clone in seen if _is_own(clone, server, desired)), None)
    findings = [*_refusals(array, found, server), *_others(found, seen, own), *_of_missing(found)]
    findings += _of_own(array, found, own) if own else _of_new(found, server)
    interface = _to_add(found.wish.interface, own)
    if interface and not found.wish.isolated:
        findings += _addresses(array, found, interface)
    step = Step(found=found, seen=seen, error=blocking_error(findings), findings=tuple(findings), own=own)
    if step.error or (own and not interface):
        return step
    name = clone_name(desired.label, server.id, server.name)
    return replace(step, goal=Making(server, name, wanted_file_systems(found), interface, own))


def _of_own(array: Array, found: Found, own: Clone) -> t.Iterator[Finding]:
    """What is to be known of the clone that is there already."""
    yield _running(array, found, own)
    lacks = lacking(wanted_file_systems(found), own)
    if lacks:
        yield Finding.of("nas.file_systems_missing", found.session, lacks)
    other = _other_interface(own, found.wish.interface)
    if other:
        yield Finding.of("nas.another_interface", found.session, other)


def _of_new(found: Found, server: NasServer) -> t.Iterator[Finding]:
    """What is to be known of a clone that is to be made."""
    yield from _not_cloned(found, server)
    if found.named:
        message = f"The name '{found.named.name}' of the clone is taken by a NAS server that is no DR test."
        yield Finding.of("nas.name_taken", found.session, message)
    if found.wish.interface is None:
        message = f"The DR-test clone of the {server.label} gets no file interface."
        yield Finding.of("nas.no_interface", found.session, message)


def _to_add(interface: Interface | None, own: Clone | None) -> Interface | None:
    """The interface that is wanted, unless the clone has it."""
    has = own.interfaces or () if own else ()
    there = interface and any(same_address(each.ip_address, interface.ip_address) for each in has)
    return None if there else interface


def wanted_file_systems(found: Found) -> tuple[FileSystem, ...]:
    """Those that are to be cloned: the named ones, else all that the array clones.

    The clone of one with FLR in compliance mode is refused (description of ``clone_flr_file_systems``).
    """
    own = [each for each in found.file_systems if each.type in _PRIMARY]
    if found.wish.file_systems is None:
        return tuple(each for each in own if each.flr_mode != _COMPLIANCE)
    names = {name.casefold() for name in found.wish.file_systems}
    return tuple(each for each in own if each.name.casefold() in names or each.id.casefold() in names)


def lacking(wanted: t.Sequence[FileSystem], clone: Clone) -> str | None:
    """Which of these file systems the clone has no copy of, as far as it shows, in words."""
    has = [each for each in clone.file_systems or () if each.type in _PRIMARY]
    copies = {each.parent_id for each in has}
    if clone.file_systems is None:
        return None
    if any(each.id in copies for each in wanted):
        without = [each.name for each in wanted if each.id not in copies]
    else:  # parents are not shown, or are snapshots
        names = {each.name for each in has}
        without = [each.name for each in wanted if each.name not in names] if len(has) < len(wanted) else []
    return f"The {clone.label} has no copy of {', '.join(map(repr, without))}." if without else None


def _not_cloned(found: Found, server: NasServer) -> t.Iterator[Finding]:
    left = [each.name for each in found.file_systems if each.type in _PRIMARY and each.flr_mode == _COMPLIANCE]
    if left and found.wish.file_systems is None:
        names = ", ".join(map(repr, left))
        message = f"File systems of the {server.label} have FLR in compliance mode and are not cloned: {names}."
        yield Finding.of("nas.file_systems_missing", found.session, message)


def _of_missing(found: Found) -> t.Iterator[Finding]:
    own = [each for each in found.file_systems if each.type in _PRIMARY]
    known = {key.casefold() for each in own for key in (each.name, each.id)}
    missing = [name for name in found.wish.file_systems or () if name.casefold() not in known]
    if missing and found.server:
        has = ", ".join(f"'{each.name}'" for each in own) or "none"
        message = f"The {found.server.label} has no file system {', '.join(map(repr, missing))}: it has {has}."
        yield Finding.of("nas.file_system_not_found", found.session, message)


def _refusals(array: Array, found: Found, server: NasServer) -> t.Iterator[Finding]:
    cluster, session = array.cluster, found.session
    if not cluster.release >= FIRST_RELEASE:
        message = f"{cluster.name} runs PowerStoreOS {cluster.release_version}: expected 3.6 or later."
        yield Finding.of("nas.version_not_supported", session, message)
    if server.is_dr_test:
        message = f"The {server.label} is a DR-test clone itself: expected the NAS server that is replicated to here."
        yield Finding.of("nas.not_destination", session, message)
    elif session is None:
        message = (
            f"The {server.label} has no replication session on {cluster.name}: expected one with role Destination."
        )
        yield Finding.of("nas.not_destination", session, message)
    elif session.role != _DESTINATION:
        message = f"The {session.label} has the role {session.role} on {cluster.name}: expected {_DESTINATION}."
        yield Finding.of("nas.not_destination", session, message)


def _addresses(array: Array, found: Found, interface: Interface) -> t.Iterator[Finding]:
    for each in array.interfaces:
        if same_address(each.ip_address, interface.ip_address) or same_address(
            each.source_address, interface.ip_address
        ):
            of = "a DR-test clone" if each.is_dr_test else "a NAS server"
            message = (
                f"The address {interface.ip_address} is that of the file interface {each.id} of {of} on "
                f"{array.cluster.name}."
            )
            yield Finding.of("nas.address_in_use", found.session, message)
            return
    port = array.answering.get(interface.ip_address)
    if port is not None:
        message = f"The address {interface.ip_address} answers on this computer's network (TCP port {port})."
        yield Finding.of("nas.address_answers", found.session, message)


def _running(array: Array, found: Found, own: Clone) -> Finding:
    age = own.age(array.cluster.system_time)
    since = f", for {in_words(age)}" if age and age > timedelta() else ""
    message = f"The {own.label} exists{since}, with {_content(own)}."
    return Finding.of("nas.already_started", found.session, message)


def _content(clone: Clone) -> str:
    files = len(clone.file_systems or ())
    addresses = ", ".join(i.ip_address or i.id for i in clone.interfaces or ()) or "no file interface"
    return f"{files} file system{'s' if files != 1 else ''} and {addresses}"


def _other_interface(own: Clone, wanted: Interface | None) -> str | None:
    """Why the clone that exists cannot get the interface: it has another one."""
    has = [each.ip_address for each in own.interfaces or ()]
    if wanted is None or not has or any(same_address(each, wanted.ip_address) for each in has):
        return None
    return f"The {own.label} has the file interface {', '.join(filter(None, has))}, not {wanted.ip_address}."


# A stop


def _stop(array: Array, found: Found, desired: Desired) -> Step:
    if found.wish.clone_id is not None:
        return _stop_named(array, found, found.wish.clone_id, desired)
    server = found.server
    if found.error or server is None:
        return Step(found=found, error=found.error)
    seen = _seen(array, server, desired)
    mine, findings = [], []
    for clone in seen:
        is_own = _is_own(clone, server, desired)
        if clone.is_of(server.id) and (is_own or desired.clones == ALL):
            mine.append(clone)
        elif clone.source_id is None:
            message = f"The array does not show of which NAS server the {clone.label} is a clone: it is left."
            findings.append(Finding.of("nas.source_unknown", found.session, message))
        else:
            findings.append(_of_somebody_else(found, clone))
    if found.under_way and not mine:
        message = f"A clone of the {server.label} is under way (job {found.under_way[0].id})."
        findings.append(Finding.of("nas.start_under_way", found.session, message))
    goal = Removing(tuple(mine), desired.delete_body) if mine else None
    return Step(found=found, seen=seen, goal=goal, findings=tuple(findings))


def _stop_named(array: Array, found: Found, clone_id: str, desired: Desired) -> Step:
    """One clone by its id: the array has to mark it as a DR test, and where a NAS server is named, to be of that."""
    if found.error is not None and found.wish.selector.value != clone_id:
        return Step(found=found, error=found.error)
    clone = next((each for each in array.clones if each.id == clone_id), None)
    if clone is None:
        if found.named is None:
            return Step(found=found)
        error: PowerStoreError = RejectedError(
            f"The {found.named.label} is not marked as a DR test by the array: expected a DR-test clone. It is left."
        )
        return Step(found=found, error=error)
    if found.server is not None and clone.is_of(found.server.id) is False:
        error = RejectedError(f"The {clone.label} is not one of the {found.server.label}: it is left.")
        return Step(found=found, seen=(clone,), error=error)
    return Step(found=found, seen=(clone,), goal=Removing((clone,), desired.delete_body))


def _of_somebody_else(found: Found, clone: Clone) -> Finding:
    by = clone.started_by or "an account that is not known"
    since = format_time(clone.started_at) or "a time that is not known"
    label = f", label {clone.mark.label}" if clone.mark else ""
    message = f"The {clone.label} ({clone.id}) was made by {by} at {since}{label}: it is left."
    return Finding.of("nas.of_somebody_else", found.session, message)


# Both


def _seen(array: Array, server: NasServer, desired: Desired) -> tuple[Clone, ...]:
    """The clones of this NAS server as the array shows it, and those that may be: by this task's name, or where a stop
    is of all, as the array does not show of which NAS server they are."""
    all_count = not desired.running and desired.clones == ALL
    return tuple(
        clone
        for clone in array.clones
        if clone.is_of(server.id) or (clone.source_id is None and (all_count or _is_own(clone, server, desired)))
    )


def _is_own(clone: Clone, server: NasServer, desired: Desired) -> bool:
    """Whether its name is the one that this task gives; that alone allows no removal."""
    return clone.mark is not None and clone.mark.is_of(desired.label, server.id)


def _others(found: Found, seen: t.Sequence[Clone], own: Clone | None) -> t.Iterator[Finding]:
    for clone in seen:
        if clone is not own:
            yield _of_somebody_else(found, clone)
