# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program that starts Ansible in another directory than its own may leave it a PWD that is stale."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.integration.arrays import ROOT
from tests.prepared import run_ansible

SHOW = """
- hosts: localhost
  gather_facts: false
  vars_files: [{vars}/array.yml, {vars}/first_contact.yml, {defaults}]
  tasks:
    - ansible.builtin.copy:
        content: "{{{{ (paths + ['~/x', '/a/../b'] | map('drdrill.powerstore.drill_path')) | to_json }}}}"
        dest: "{folder}/seen.json"
      vars:
        ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
        paths:
          - "{{{{ __array_records }}}}"
          - "{{{{ __contact_directory }}}}"
          - "{{{{ failover_drill_records_directory }}}}"
"""


@pytest.mark.parametrize("stale", ["/nowhere", "", None])
def test_paths_are_meant_from_where_ansible_was_started(tmp_path: Path, stale: str | None) -> None:
    folder = (tmp_path / "a user's folder").resolve()
    folder.mkdir()
    defaults = ROOT / "roles/failover_drill/defaults/main.yml"
    # As in an installed collection, the playbook is somewhere else.
    (tmp_path / "show.yml").write_text(SHOW.format(vars=ROOT / "playbooks/vars", defaults=defaults, folder=tmp_path))
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"), "HOME": "/home/of"}
    environment |= {"ANSIBLE_HOME": str(tmp_path / "home"), "ANSIBLE_LOCALHOST_WARNING": "false"}
    environment.pop("PWD", None)
    done = run_ansible(
        ["ansible-playbook", "-i", "localhost,", "-c", "local", str(tmp_path / "show.yml")],
        cwd=folder,
        env=environment if stale is None else {**environment, "PWD": stale},
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((tmp_path / "seen.json").read_text()) == [
        str(folder / "drill-records"), str(folder / "first-contact"), str(folder / "drill-records"), "/home/of/x", "/b",
    ]  # fmt: skip
