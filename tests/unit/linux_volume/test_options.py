# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which volumes a task is about: found among those that may be touched, or refused before any device is looked at."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from ansible_collections.drdrill.powerstore.plugins.module_utils._linux_volume.options import (
    Volume,
    parse_timeout,
    parse_volumes,
)

Row = dict[str, t.Any]
HEX, OTHER = "68ccf09800aabbccddeeff0011223344", "68ccf09800000000000000000000ffff"
DEFAULTS: Row = {"fstype": "xfs", "options": [], "read_only": False, "volume": None, "wwn": None, "path": "/mnt/erp"}
ALLOWED: list[Row] = [
    {"name": "erp-data", "wwn": f"naa.{HEX.upper()}", "size": 4096, "state": "Ready"},
    {"name": "twice", "wwn": f"naa.{OTHER}"},
    {"name": "twice", "wwn": f"naa.{OTHER[:-1]}0"},
    {"name": "unmapped", "wwn": None},
]


def parsed(*given: Row, allowed: list[Row] | None = None, to_mount: bool = True) -> list[Volume]:
    return parse_volumes([{**DEFAULTS, **each} for each in given], allowed, to_mount=to_mount)


def test_a_name_leads_to_the_wwn_and_the_size_of_what_is_allowed() -> None:
    [volume] = parsed({"volume": "erp-data"}, allowed=ALLOWED)
    assert volume == Volume("erp-data", HEX, 4096, "/mnt/erp", "xfs", (), False)
    assert volume.wwn == f"naa.{HEX}"


@pytest.mark.parametrize("wwn", [f"naa.{HEX}", f"0x{HEX}", HEX, f" NAA.{HEX.upper()} "])
def test_a_wwn_is_the_same_however_it_is_written(wwn: str) -> None:
    assert parsed({"wwn": wwn}, allowed=ALLOWED)[0] == Volume("erp-data", HEX, 4096, "/mnt/erp", "xfs", (), False)
    assert parsed({"wwn": wwn})[0].digits == HEX
    assert parsed({"wwn": wwn})[0].size is None


def test_what_a_volume_says_itself_wins_over_what_is_allowed() -> None:
    [volume] = parsed({"volume": "my name", "wwn": HEX, "size": 8192}, allowed=ALLOWED)
    assert (volume.name, volume.digits, volume.size) == ("my name", HEX, 8192)


def test_a_volume_without_a_name_is_called_by_its_wwn() -> None:
    assert parsed({"wwn": HEX})[0].name == HEX


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"volume": "payroll"}, "Refused: payroll (WWN not known)"),
        ({"volume": "ERP-DATA"}, "Refused: ERP-DATA (WWN not known)"),
        ({"volume": "twice"}, "Refused: twice (WWN not known)"),
        ({"volume": "unmapped"}, "Refused: unmapped (WWN not known)"),
        ({"wwn": f"naa.{HEX[:-1]}0"}, f"Refused: naa.{HEX[:-1]}0 (WWN naa.{HEX[:-1]}0)"),
        # A name that is allowed does not make another WWN so.
        ({"volume": "erp-data", "wwn": f"naa.{HEX[:-1]}0"}, f"Refused: erp-data (WWN naa.{HEX[:-1]}0)"),
        ({}, "Refused: a volume without a name (WWN not known)"),
    ],
)
def test_what_is_not_allowed_is_refused(given: Row, message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parsed({"volume": "erp-data", "path": "/mnt/other"}, given, allowed=ALLOWED)
    assert refused.value.message.startswith(message)
    assert (
        "erp-data, twice, twice" in refused.value.message and "unmapped" not in refused.value.message.split("Here")[1]
    )


def test_nothing_is_allowed_by_an_empty_list() -> None:
    with pytest.raises(InvalidInputError, match="Here these are: none"):
        parsed({"wwn": HEX}, allowed=[])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"wwn": "naa.68ccf098"}, "expected 32 hexadecimal digits that begin with 6"),
        ({"wwn": "naa.5" + HEX[1:]}, "expected 32 hexadecimal digits"),
        ({"wwn": HEX + "0"}, "expected 32 hexadecimal digits"),
        ({"wwn": HEX[:-1] + "g"}, "expected 32 hexadecimal digits"),
        ({"volume": "erp-data"}, "expected 32 hexadecimal digits"),
        ({"wwn": HEX, "fstype": "btrfs"}, "expected xfs, ext4, ext3"),
        ({"wwn": HEX, "size": 0}, "size is 0"),
        ({"wwn": HEX, "size": True}, "size is True"),
        ({"wwn": HEX, "size": "4096"}, "size is '4096'"),
        ({"wwn": HEX, "path": None}, "expected an absolute mount point"),
        ({"wwn": HEX, "path": ""}, "expected an absolute mount point"),
        ({"wwn": HEX, "path": "mnt/erp"}, "expected an absolute mount point"),
        ({"wwn": HEX, "path": "/"}, "expected an absolute mount point"),
        ({"wwn": HEX, "path": "//mnt"}, "expected an absolute mount point"),
        ({"wwn": HEX, "path": "/mnt/../etc"}, "expected an absolute mount point"),
        ({"wwn": HEX, "path": "/mnt/a\nb"}, "expected an absolute mount point"),
        ({"wwn": HEX, "path": "/etc"}, "is a folder of the system"),
        ({"wwn": HEX, "path": "/usr/./"}, "is a folder of the system"),
        ({"wwn": HEX, "options": ["noatime,ro"]}, "expected one option of mount in each entry"),
        ({"wwn": HEX, "options": ["ro"]}, "is said by read_only"),
        ({"wwn": HEX, "options": ["rw"]}, "is said by read_only"),
        ({"wwn": HEX, "options": ["bind"]}, "expected one option"),
        ({"wwn": HEX, "options": ["loop=/dev/loop0"]}, "expected one option"),
        ({"wwn": HEX, "options": [""]}, "expected one option"),
        ({"wwn": HEX, "options": [" noatime"]}, "expected one option"),
    ],
)
def test_what_has_no_one_meaning_is_refused(given: Row, message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parsed(given)
    assert message in refused.value.message


def test_two_volumes_are_two() -> None:
    with pytest.raises(InvalidInputError, match="Two volumes have the path /mnt/erp"):
        parsed({"wwn": HEX}, {"wwn": OTHER, "path": "/mnt/erp/"})
    with pytest.raises(InvalidInputError, match=f"Two volumes have the WWN naa.{HEX}"):
        parsed({"wwn": HEX}, {"wwn": f"naa.{HEX}", "path": "/mnt/other"})
    with pytest.raises(InvalidInputError, match="volumes is empty"):
        parsed()


def test_a_release_needs_no_path_and_two_without_one_are_no_twins() -> None:
    assert [v.path for v in parsed({"wwn": HEX, "path": None}, {"wwn": OTHER, "path": None}, to_mount=False)] == [
        "",
        "",
    ]
    with pytest.raises(InvalidInputError, match="expected an absolute mount point"):
        parsed({"wwn": HEX, "path": "mnt"}, to_mount=False)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, "rw,nouuid"),
        ({"fstype": "ext4"}, "rw"),
        ({"fstype": "ext4", "options": ["noatime", "data=journal"]}, "rw,noatime,data=journal"),
        ({"read_only": True, "options": ["noatime"]}, "ro,nouuid,noatime"),
    ],
)
def test_how_it_is_mounted(given: Row, options: str) -> None:
    assert parsed({"wwn": HEX, **given})[0].mount_options == options


def test_a_timeout_is_more_than_nothing() -> None:
    assert parse_timeout(0.5) == 0.5
    assert parse_timeout(3600.0) == 3600.0
    for value in (0.0, -1.0, 3600.5, float("nan"), float("inf")):
        with pytest.raises(InvalidInputError, match="timeout is"):
            parse_timeout(value)
