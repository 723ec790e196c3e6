# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the folder of records outlives a job: by the mark of an earlier one, or by its mount."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._awx.folder import MARK, look_at_folder, of_mounts

ROOT = "22 1 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/a"
RECORDS = "/var/lib/drill-records"


@pytest.mark.parametrize(
    ("lines", "outlives"),
    [
        ([ROOT], False),
        (["22 1 253:0 / / rw - xfs /dev/sda1 rw"], False),
        ([], False),
        (["garbage", "22 1 0:50 / -"], False),
        ([ROOT, f"40 22 253:0 /srv/records {RECORDS} rw,relatime - xfs /dev/sda1 rw"], True),
        ([ROOT, f"40 22 0:60 / {RECORDS} rw - nfs4 nas:/drills rw"], True),
        ([ROOT, "40 22 0:60 / /var/lib rw master:1 - nfs4 nas:/lib rw"], True),
        ([ROOT, "40 22 0:60 / /var/lib/drill rw - nfs4 nas:/drills rw"], False),
        ([ROOT, f"40 22 0:60 / {RECORDS} rw - tmpfs tmpfs rw"], False),
        ([ROOT, f"40 22 0:60 / {RECORDS} rw - nfs4 n:/d rw", f"41 40 0:61 / {RECORDS} rw - tmpfs tmpfs rw"], False),
        # An emptyDir of Kubernetes, and what AWX gives to one job only
        (
            [ROOT, f"40 22 8:1 /var/lib/kubelet/pods/1/volumes/kubernetes.io~empty-dir/x {RECORDS} rw - ext4 d rw"],
            False,
        ),
        ([ROOT, f"40 22 8:1 /tmp/awx_12_abc/records {RECORDS} rw - ext4 /dev/sda1 rw"], False),
    ],
)
def test_a_mount_that_is_not_the_jobs_own(lines: list[str], outlives: bool) -> None:
    assert of_mounts(RECORDS, lines).outlives is outlives


def test_the_folder_that_awx_makes_for_one_job_does_not_outlive_it() -> None:
    lines = [ROOT, "40 22 8:1 /srv/work /runner rw - ext4 /dev/sda1 rw", "41 22 8:1 /x /p\\040q rw - ext4 d rw"]
    assert not of_mounts("/runner/project/records", lines).outlives
    assert of_mounts("/p q/records", lines).outlives
    assert not of_mounts("/p q/records", lines, "/p q").outlives


def test_the_mark_of_an_earlier_job_is_the_proof(tmp_path: Path) -> None:
    folder = tmp_path / "records"
    assert not look_at_folder(str(folder), "run-1", "81", write=False).outlives
    assert not folder.exists()
    first = look_at_folder(str(folder), "run-1", "81", write=True)
    assert (first.outlives, first.marked) == (False, True)
    # Another array of the same run finds the mark that this run has left.
    second = look_at_folder(str(folder), "run-1", "81", write=True)
    assert (second.outlives, second.marked) == (False, False)
    later = look_at_folder(str(folder), "run-2", "82", write=True)
    assert (later.outlives, later.why) == (True, "an earlier job (81) left its mark there")
    assert json.loads((folder / MARK).read_text())["job_id"] == "81"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a path that root cannot write to either")
def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = look_at_folder(str(tmp_path / "file" / "records"), "run-1", "81", write=True)
    assert (found.outlives, found.why) == (False, "it cannot be used: Not a directory")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"job_id": "80"}'])
def test_a_mark_that_cannot_be_understood_proves_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / MARK).write_text(content)
    found = look_at_folder(str(tmp_path), "run-2", "82", write=True)
    assert not found.outlives and f"the mark there ({MARK}) cannot be understood: remove it" in found.why
