# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the array may delete the end-of-test snapshot, as a task may say it."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError, RejectedError
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.end_of_test import OPTION, EndOfTest
from ansible_collections.drdrill.powerstore.plugins.module_utils._time import Moment
from tests.unit.makers.samples import NOW, a_session, a_snapshot

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30d", NOW + timedelta(days=30)),
        ("12h", NOW + timedelta(hours=12)),
        ("90m", NOW + timedelta(minutes=90)),
        ("45s", NOW + timedelta(seconds=45)),
        ("2w", NOW + timedelta(days=14)),
        ("30D", NOW + timedelta(days=30)),
        (" 30 d ", NOW + timedelta(days=30)),
        ("2026-12-31T00:00:00Z", datetime(2026, 12, 31, tzinfo=UTC)),
        ("2026-12-31T00:00:00+02:00", datetime(2026, 12, 30, 22, tzinfo=UTC)),
        ("2026-12-31T00:00:00.500-05:00", datetime(2026, 12, 31, 5, 0, 0, 500000, tzinfo=UTC)),
        ("20261231T000000Z", datetime(2026, 12, 31, tzinfo=UTC)),
        ("never", None),
        (" Never ", None),
        ("NEVER", None),
    ],
)
def test_what_may_be_said(text: str, moment: datetime | None) -> None:
    assert Moment.parse(text, OPTION).after(NOW, OPTION) == moment


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 100_000), st.sampled_from("smhdw"))
def test_durations(number: int, unit: str) -> None:
    assert Moment.parse(f"{number}{unit}", OPTION).after(NOW, OPTION) == NOW + timedelta(seconds=number * SECONDS[unit])


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "30", "d", "30x", "30 days", "1.5d", "-1d", "+1d", "1d12h", "P30D", "soon", "nevermore", "null",
        "2026-12-31", "2026-12-31T00:00:00", "2026-13-01T00:00:00Z", "2026-12-31T25:00:00Z", "30d;",
        "9" * 20 + "d", "9" * 5000 + "s",
    ],
)  # fmt: skip
def test_what_may_not_be_said(text: str) -> None:
    with pytest.raises(InvalidInputError, match="end_of_test_snapshot_expiration"):
        Moment.parse(text, OPTION)


@pytest.mark.parametrize("text", ["0d", "0s", "2026-11-23T20:00:00Z", "2026-11-23T19:59:59Z", "2020-01-01T00:00:00Z"])
def test_a_time_that_has_passed(text: str) -> None:
    with pytest.raises(InvalidInputError, match="expected a time to come"):
        Moment.parse(text, OPTION).after(NOW, OPTION)


def test_the_zone_counts() -> None:
    # 21:00 in Berlin has passed at 20:00 UTC, 21:00 UTC has not.
    with pytest.raises(InvalidInputError):
        Moment.parse("2026-11-23T21:00:00+01:00", OPTION).after(NOW, OPTION)
    assert Moment.parse("2026-11-23T21:00:00Z", OPTION).after(NOW, OPTION) == NOW + timedelta(hours=1)


@pytest.mark.parametrize("text", ["3000000d", "999999999d", "500000w"])
def test_a_duration_beyond_all_calendars(text: str) -> None:
    with pytest.raises(InvalidInputError, match="never"):
        Moment.parse(text, OPTION).after(NOW, OPTION)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=25) | st.from_regex(r"[0-9]{1,12} ?[smhdwSMHDW]", fullmatch=True))
def test_any_text_is_a_time_to_come_or_refused(text: str) -> None:
    try:
        moment = Moment.parse(text, OPTION).after(NOW, OPTION)
    except InvalidInputError:
        return
    assert moment is None or moment > NOW


def test_as_result() -> None:
    data = {"source_id": "v-1", "expiration_timestamp": "2026-12-23T20:30:00Z"}
    kept = EndOfTest(a_snapshot(protection_data=data))

    assert kept.as_result() == {
        "id": "snap-1",
        "name": "monday",
        "source_timestamp": None,
        "expiration_timestamp": "2026-12-23T20:30:00.000Z",
    }
    assert kept.findings(a_session()) == ()
    assert EndOfTest().as_result() is None


@pytest.mark.parametrize(
    ("snapshot", "error", "expected"),
    [
        (a_snapshot(), RejectedError("The array shows another time."), ["snapshot.expiration_not_set"]),
        (a_snapshot(), None, []),
        (None, RejectedError("There is none."), []),
    ],
)
def test_a_snapshot_that_is_not_kept_as_wished_is_a_warning(snapshot: t.Any, error: t.Any, expected: list[str]) -> None:
    findings = EndOfTest(snapshot, error).findings(a_session())

    assert [finding.rule.id for finding in findings] == expected
    assert all(finding.severity == "warning" and error.message in finding.message for finding in findings)
