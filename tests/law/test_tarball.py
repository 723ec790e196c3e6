# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is uploaded: it holds what a user needs and nothing else, and a drill runs from it once it is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tools.working_copy import copy_to

ROOT = Path(__file__).parents[2]
WANTED = re.compile(
    r"""
    MANIFEST\.json | FILES\.json | README\.md | LICENSE | CHANGELOG\.md | changelogs/(changelog|config)\.yaml
    | docs/docsite/(links|extra-docs)\.yml | docs/docsite/rst/\w+\.rst | docs/[\w/-]+\.(md|svg|png)
    | docs/evidence/\w+\.py | docs/monitoring/\w+\.rules\.yml
    | docs/awx-project/[\w/-]+\.yml | docs/(record|coverage)-[\d.]+\.schema\.json
    | meta/(runtime|execution-environment)\.yml | meta/ee-requirements\.txt
    | playbooks/((tasks|vars)/)?\w+\.yml
    | plugins/(action|filter|modules|module_utils|plugin_utils|doc_fragments)/([\w]+/)*\w+\.py | plugins/filter/\w+\.yml
    | plugins/module_utils/_coverage/templates/(\w+\.html\.j2 | coverage\.css)
    | plugins/module_utils/_first_contact/templates/answers\.html\.j2
    | plugins/module_utils/_report/html/templates/(\w+\.html\.j2 | style\.css | icons\.svg)
    | roles/\w+/(README\.md | (defaults|vars|meta|tasks|handlers)/[\w/]+\.yml | templates/[\w/.]+\.j2)
    """,
    re.VERBOSE,
)


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tarball")
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", str(folder)], cwd=ROOT, check=True)
    (built,) = folder.glob("drdrill-powerstore-*.tar.gz")
    return built


def test_it_holds_only_what_a_user_needs(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = {member.name for member in archive if member.isfile()}
    assert sorted(name for name in names if not WANTED.fullmatch(name)) == []
    ours = [path for path in (ROOT / "plugins").rglob("*") if path.suffix in (".py", ".j2", ".css", ".svg")]
    assert {str(path.relative_to(ROOT)) for path in ours} <= names
    assert {f"playbooks/{path.name}" for path in (ROOT / "playbooks").glob("*.yml")} <= names


def test_make_demo_in_a_fresh_clone_drills_from_the_installed_tarball(tmp_path: Path) -> None:
    """As a newcomer does it, but for the installation of the packages: with this environment."""
    copy_to(tmp_path)
    # What the make around this test tells its own children is not for this one.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "USER_"))
    }

    demo = ["make", "demo", f"VENV={sys.prefix}"]
    done = subprocess.run(
        demo, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Verdict: passed (clean-up: passed)" in done.stdout
    installed = tmp_path / "build/demo/collections/ansible_collections/drdrill/powerstore"
    assert (installed / "MANIFEST.json").exists() and not (installed / "tests").exists()
    records = tmp_path / "build/demo/records"
    assert sorted({path.suffix for path in records.iterdir()}) == [".csv", ".html", ".json", ".jsonl", ".md", ".xml"]
    assert not (tmp_path / "build/docs").exists()  # the demo builds nothing that it does not need

    # Its end says how to verify what it has left, and that works as it is printed.
    head, printed = re.findall(r"^Chain head \d+ (\w{64})\nVerify the folder: (make verify .*)$", done.stdout, re.M)[-1]
    verify = {"shell": True, "cwd": tmp_path, "env": {**environment, "VENV": sys.prefix}}
    found = subprocess.run(printed, **verify, capture_output=True, text=True, timeout=600)
    assert (found.returncode, found.stdout.split(",")[0]) == (0, "OK: 2 records"), found.stdout + found.stderr
    (report,) = records.glob("drill-*.html")
    report.write_text(report.read_text() + " ")
    found = subprocess.run(f"{printed} HEAD={head}", **verify, capture_output=True, text=True, timeout=600)
    assert found.returncode == 2 and found.stdout.startswith(f"CHANGED {report.name}: "), found.stdout + found.stderr
