# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed on a session since it was tested, and matters by the policy. Pure."""

from __future__ import annotations

import typing as t

from .._array.session import Release
from .._record.results import VolumeSeen
from .._report.text import size as size_text
from .._words import NAS_SERVER
from .arrays import Current
from .document import Change
from .policies import Significant
from .tested import AsTested, VolumeTested

_SHOWN = 5  # names in a text

Compared: t.TypeAlias = "Change | bool | None"  # a change, no change, or False: the record does not say


def compared(current: Current, tested: AsTested, significant: Significant) -> tuple[list[Change], list[str]]:
    """What changed, and what could not be compared because the record, or the array, does not have it."""
    changes, missing = [], []
    for what, compare in _COMPARE.items():
        if what not in significant.what or (what in _OF_VOLUMES and current.seen.resource_type == NAS_SERVER):
            continue
        found = compare(current, tested, significant)
        if isinstance(found, Change):
            changes.append(found)
        elif found is False:
            missing.append(what)
    return changes, missing


def _members(current: Current, tested: AsTested, _significant: Significant) -> Compared:
    if tested.volumes is None or current.seen.volumes is None:
        return False
    before, now = {each.id for each in tested.volumes}, {each.id for each in current.seen.volumes}
    if before == now:
        return None
    # A volume that was made again has another id; where its WWN is the same it is the same volume.
    if (known := _wwns(tested.volumes)) and known == current.wwns and len(before) == len(now):
        return None
    return Change(
        what="members",
        tested=_names(each.name for each in tested.volumes),
        now=_names(each.name or each.id or "?" for each in current.seen.volumes),
    )


def _size(current: Current, tested: AsTested, significant: Significant) -> Compared:
    if tested.volumes is None or current.seen.volumes is None:
        return False
    pairs = [(each, _same(each, current.seen.volumes)) for each in tested.volumes]
    if any(each.size is None for each in tested.volumes):
        return False
    unknown = False
    for before, now in pairs:
        if now is None or before.size is None:  # gone: that is another change
            continue
        if now.size is None:
            unknown = True
            continue
        if now.size < before.size or now.size > before.size * (1 + significant.size_growth_percent / 100):
            return Change(
                what="size",
                tested=f"{before.name}: {size_text(before.size)}",
                now=f"{now.name or before.name}: {size_text(now.size)}",
            )
    return False if unknown else None


def _same(before: VolumeTested, volumes: t.Iterable[VolumeSeen]) -> VolumeSeen | None:
    found = list(volumes)
    by_id = next((each for each in found if each.id == before.id), None)
    return by_id or next((each for each in found if each.wwn and each.wwn == before.wwn), None)


def _rule(current: Current, tested: AsTested, _significant: Significant) -> Compared:
    now = current.seen.replication_rule.name if current.seen.replication_rule else None
    objective = current.seen.rpo_objective_seconds
    if tested.rule is None and tested.rpo_seconds is None:
        return False
    if tested.rule not in (None, now):
        return Change(what="rule", tested=str(tested.rule), now=now or "none")
    if tested.rpo_seconds not in (None, objective):
        shown = "not known" if objective is None else f"{objective} s"
        return Change(what="rule", tested=f"RPO {tested.rpo_seconds} s", now=f"RPO {shown}")
    return None if tested.rule is not None else False


def _hosts(current: Current, tested: AsTested, _significant: Significant) -> Compared:
    volumes = current.seen.volumes
    if tested.hosts is None or volumes is None or any(volume.hosts is None for volume in volumes):
        return False
    now = frozenset(host for volume in volumes for host in volume.hosts or ())
    if now == tested.hosts:
        return None
    return Change(what="hosts", tested=_names(tested.hosts), now=_names(now))


def _wwn(current: Current, tested: AsTested, _significant: Significant) -> Compared:
    if tested.volumes is None or current.seen.volumes is None or any(each.wwn is None for each in tested.volumes):
        return False
    known, now = {each.id: each.wwn for each in tested.volumes}, {each.id: each.wwn for each in current.seen.volumes}
    other = [volume_id for volume_id, wwn in known.items() if volume_id in now and now[volume_id] != wwn]
    if not other:
        return None
    first = other[0]
    return Change(what="wwn", tested=str(known[first]), now=now[first] or "none")


def _remote_system(current: Current, tested: AsTested, _significant: Significant) -> Compared:
    now = current.seen.remote_system.name if current.seen.remote_system else None
    if tested.remote_system is None:
        return False
    if tested.remote_system == now:
        return None
    return Change(what="remote_system", tested=tested.remote_system, now=now or "none")


def _release(current: Current, tested: AsTested, significant: Significant) -> Compared:
    before, now = Release.parse(tested.release or ""), Release.parse(current.array.release or "")
    if not before.is_known:
        return False
    parts = significant.release_parts
    if before.numbers[:parts] == now.numbers[:parts]:
        return None
    return Change(what="release", tested=str(tested.release), now=current.array.release or "not known")


_COMPARE: t.Final[t.Mapping[str, t.Callable[[Current, AsTested, Significant], Compared]]] = {
    "members": _members,
    "size": _size,
    "rule": _rule,
    "hosts": _hosts,
    "wwn": _wwn,
    "remote_system": _remote_system,
    "release": _release,
}


_OF_VOLUMES: t.Final = ("members", "size", "hosts", "wwn")  # a NAS server has none


def _wwns(volumes: t.Iterable[VolumeTested]) -> frozenset[str]:
    return frozenset(volume.wwn for volume in volumes if volume.wwn)


def _names(names: t.Iterable[str]) -> str:
    found = sorted(names)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (", ".join(found[:_SHOWN]) + more) or "none"
