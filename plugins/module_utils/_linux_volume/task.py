# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module linux_volume does with its options: mount or release volumes, and say what became of each."""

from __future__ import annotations

import typing as t

from .commands import Runner, run
from .context import Context
from .host import Device, Places, resolved, shown
from .mounting import Ready, mount, prepare, read_canary, write_canary
from .options import Options, Volume, parse_timeout, parse_volumes, refuse_twins
from .releasing import Held, look_at, release

Result = t.Dict[str, t.Any]


def run_linux_volume(params: Options, *, check_mode: bool, runner: Runner = run) -> Result:
    """The result of the module; ``failed`` and ``msg`` are in it where something went wrong.

    Raises InvalidInputError where the options have no one meaning, and OSError where /proc cannot be read. Nothing was
    touched then.
    """
    to_mount = params["state"] == "mounted"
    volumes = parse_volumes(params["volumes"], params["allowed"], to_mount=to_mount)
    places = Places(params["sys"], params["proc"], params["by_id"])
    context = Context(places, runner, parse_timeout(params["timeout"]), params["multipath"])
    if to_mount:
        volumes = [resolved(volume) for volume in volumes]
        refuse_twins(volumes)
        entries = _mounted(context, volumes, canary=params["canary"], check_mode=check_mode)
    else:
        entries = _unmounted(context, volumes, remove_devices=params["remove_devices"], check_mode=check_mode)
    return _result(entries)


def _mounted(context: Context, volumes: t.Sequence[Volume], *, canary: bool, check_mode: bool) -> list[Result]:
    """Mount all, or none where one of them is refused."""
    found = prepare(context, volumes, may_act=not check_mode)
    if any(ready.problem for ready in found):
        return [_refused(ready) for ready in found]
    return [_mount_one(context, ready, canary=canary, check_mode=check_mode) for ready in found]


def _refused(ready: Ready) -> Result:
    now = shown(ready.device)
    action = "failed" if ready.problem else "not_attempted"
    return _entry(ready.volume, ready.device, action, before=now, after=now, problem=ready.problem)


def _mount_one(context: Context, ready: Ready, *, canary: bool, check_mode: bool) -> Result:
    """Mount it where it is not yet, and write the canary file where it is not on it yet."""
    volume, device, before = ready.volume, ready.device, shown(ready.device)
    wants_canary = canary and not volume.read_only
    intact = ready.mounted and not (wants_canary and read_canary(context, volume))
    after = before if ready.mounted else f"mounted on {volume.path}"
    if ready.mounted and not intact:
        before += ", without a canary file"
    problem = "" if check_mode or intact else _make_ready(context, ready, wants_canary=wants_canary)
    if problem and device:
        after = before if ready.mounted else shown(context.device(device.node))
    action = "failed" if problem else "none" if intact else "mounted"
    note = "" if device else "There is no device yet. A real run lets the host look for it, and waits for it."
    words = _words(volume, wants_canary=wants_canary, intact=intact)
    if check_mode and not intact:
        words = f"would be {words}"
    return _entry(volume, device, action, before=before, after=after, problem=problem, note=note, words=words)


def _make_ready(context: Context, ready: Ready, *, wants_canary: bool) -> str:
    return mount(context, ready) or (write_canary(context, ready.volume) if wants_canary else "")


def _words(volume: Volume, *, wants_canary: bool, intact: bool) -> str:
    how = "read-only" if volume.read_only else "read-write"
    done = "read" if intact else "written and read"
    return f"mounted {how}" + (f", canary file {done}" if wants_canary else "")


def _unmounted(
    context: Context, volumes: t.Sequence[Volume], *, remove_devices: bool, check_mode: bool
) -> list[Result]:
    """Release each, the last one mounted first. If one cannot be released, the others are released all the same."""
    entries = [
        _release_one(context, look_at(context, volume, remove_devices=remove_devices), check_mode=check_mode)
        for volume in reversed(volumes)
    ]
    return entries[::-1]


def _release_one(context: Context, held: Held, *, check_mode: bool) -> Result:
    device, before = held.device, held.shown
    problem = held.problem or ("" if check_mode else release(context, held))
    gone = held.plan.removes or before == "no device"
    after = "no device" if gone else "not mounted" if device else before
    if problem:
        after = before if held.problem else look_at(context, held.volume, remove_devices=False).shown
    action = "failed" if problem else "none" if before == after else "unmounted"
    words = "unmounted, devices removed" if gone else "unmounted"
    words = f"would be {words}" if check_mode and action == "unmounted" else words
    return _entry(held.volume, device, action, before=before, after=after, problem=problem, words=words)


def _entry(
    volume: Volume,
    device: Device | None,
    action: str,
    *,
    before: str,
    after: str,
    problem: str = "",
    note: str = "",
    words: str = "",
) -> Result:
    """The result's entry of a volume; ``words`` is what is said of it where nothing went wrong."""
    return {
        "name": volume.name,
        "wwn": volume.wwn,
        "path": volume.path,
        "device": device.node if device else None,
        "size": device.size if device else None,
        "action": action,
        "changed": before != after,
        "failed": bool(problem),
        "message": problem or note or None,
        "before": before,
        "after": after,
        "observed": words if not problem else "",
    }


def _result(entries: t.Sequence[Result]) -> Result:
    result: Result = {
        "changed": any(entry["changed"] for entry in entries),
        "volumes": entries,
        "diff": {side: {each["name"]: each[side] for each in entries} for side in ("before", "after")},
    }
    failed = [entry["message"] for entry in entries if entry["failed"]]
    if failed:
        return {**result, "failed": True, "msg": " ".join(failed), "observed": None}
    return {**result, "observed": _observed(entries)}


def _observed(entries: t.Sequence[Result]) -> str:
    """What was seen, as the observation of a drill's step."""
    said: dict[str, list[str]] = {}
    for entry in entries:
        place = f"{entry['name']} on {entry['path']}" if " mounted " in f" {entry['observed']} " else entry["name"]
        said.setdefault(entry["observed"], []).append(place)
    return "; ".join(f"{words}: {', '.join(names)}" for words, names in said.items())
