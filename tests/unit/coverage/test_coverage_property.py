# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A row is never better than its worst source, no matter what comes together on it.

What each source allows is said here on its own, from the made-up world and not from the code under test.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Coverage
from tests.unit.makers.covered import NOW, POLICY, ago, array, covered, logged, now_on, record, rows, volume

VERDICTS = ("passed", "passed_with_deviations", "failed", "aborted", "incomplete")
NOT_STARTED: Json = {"start": None, "test_owned": False}
UNTIL, PAST = (f"{NOW + timedelta(days=days):%Y-%m-%d}" for days in (30, -3))


@dataclass(frozen=True)
class World:
    """What there is about one session."""

    read: str  # yes, failed, partly, no log, or no inventory entry for its array
    testable: bool
    drills: tuple[tuple[int, str, bool], ...]  # days ago, verdict, whether a test was started
    changed: bool
    foreign: int | None  # days ago, a test that nobody recorded
    excluded: str | None  # valid, alternative or expired
    left_out: bool


WORLDS = st.builds(
    World,
    read=st.sampled_from(("yes", "yes", "yes", "yes", "failed", "partly", "no log")),
    testable=st.sampled_from((True, True, True, False)),
    drills=st.lists(
        st.tuples(st.integers(1, 200), st.sampled_from(VERDICTS), st.sampled_from((True, True, False))),
        max_size=4,
        unique_by=lambda drill: drill[0],
    ).map(tuple),
    changed=st.booleans(),
    foreign=st.none() | st.integers(1, 120),
    excluded=st.sampled_from((None, None, "valid", "alternative", "expired")),
    left_out=st.booleans(),
)


def allowed(world: World) -> t.Iterator[Coverage]:
    """The best that each source allows."""
    if world.read != "yes":
        yield Coverage.NOT_READ
    if world.foreign is not None and world.foreign <= 90 and world.read in ("yes", "partly"):
        yield Coverage.UNRECORDED_TEST
    if world.read == "failed":
        return
    if world.excluded in ("valid", "alternative"):
        yield from _without_a_test(world)
        return
    if world.excluded == "expired":
        yield Coverage.EXCLUSION_EXPIRED
    if world.left_out and not any(started and days <= 2 for days, _verdict, started in world.drills):
        yield Coverage.EXCLUSION_EXPIRED
    yield from _of_drills(world)


def _without_a_test(world: World) -> t.Iterator[Coverage]:
    if world.testable:
        yield Coverage.EXCLUDED
    else:
        yield Coverage.NOT_TESTABLE if world.excluded == "alternative" else Coverage.NEVER


def _of_drills(world: World) -> t.Iterator[Coverage]:
    begun = sorted((days, verdict) for days, verdict, started in world.drills if started)
    good = [days for days, verdict in begun if verdict.startswith("passed")]
    if not world.testable or not begun:
        yield Coverage.NEVER
        return
    if not begun[0][1].startswith("passed"):
        yield Coverage.FAILED_LAST
    if not good:
        return
    if good[0] > 90:
        yield Coverage.OVERDUE
    elif good[0] > 76:
        yield Coverage.DUE_SOON
    if world.changed:
        yield Coverage.CHANGED
    if (good[0], "passed") not in begun:
        yield Coverage.TESTED_WITH_DEVIATIONS
    yield Coverage.TESTED


def a_day(days: int) -> datetime:
    """So many days ago, less an hour: the clock goes on while a test runs, and the end of a period is not to pass."""
    return ago(days - 1 / 24)


def row_of(world: World, folder: Path) -> Json:
    changes: Json = {} if world.testable else {"resource_type": "replication_group"}
    if world.changed:
        changes["volumes"] = [volume("a", hosts=["another"])]
    read: Json = {"yes": {}, "failed": {"failed": True, "msg": "no"}, "partly": {"unread": [{"what": "volumes"}]}}.get(
        world.read, {}
    )
    log = None if world.read == "no log" else [] if world.foreign is None else [logged("a", a_day(world.foreign))]
    drills = [
        record(
            "a",
            at=a_day(days),
            number=days,
            verdict=verdict,
            **({} if started else {"start": None, "test_owned": False}),
        )
        for days, verdict, started in world.drills
    ]
    if world.left_out:
        other = record("b", at=ago(2), number=1000)
        out = {"session_id": "s-a", "resource_name": None, "reason": "Busy.", "owner": None, "expires": PAST}
        drills.append({**other, "scope": {**other["scope"], "exclusions": [out]}})
    policy: Json = {**POLICY, "on_expired": "show"}
    if world.excluded:
        policy["exclusions"] = [
            {
                "name": "a",
                "reason": "x",
                "owner": "y",
                "expires": PAST if world.excluded == "expired" else UNTIL,
                "alternative": "A clone." if world.excluded == "alternative" else None,
            }
        ]
    sessions = [now_on("a", **changes), now_on("b")]
    found = rows(covered(folder, [array(*sessions, log=log, **read)], drills, policy, formats=[]))
    return found["a"] if world.read != "failed" else found["dr"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WORLDS)
def test_a_row_is_never_better_than_its_worst_source(world: World) -> None:
    with TemporaryDirectory() as folder:
        row = row_of(world, Path(folder))
    found, sources = Coverage(row["state"]), list(allowed(world))
    assert found is min(sources, key=lambda state: state.weight), (world, row["because"])
    assert all(found.weight <= Coverage(each["state"]).weight for each in row["because"])
