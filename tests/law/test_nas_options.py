# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a NAS server needs is documented in three modules and the role, in the same words.

A doc fragment cannot hold it: Ansible merges fragments by whole options, and these are suboptions beside others.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SHARED = ("interface", "file_systems", "isolated")
Options = dict[str, dict[str, t.Any]]


def documented(module: str) -> Options:
    text = (ROOT / f"plugins/modules/{module}.py").read_text(encoding="utf-8")
    return t.cast(Options, yaml.safe_load(text.split('DOCUMENTATION = r"""')[1].split('"""')[0])["options"])


def of_role() -> Options:
    specs = yaml.safe_load((ROOT / "roles/failover_drill/meta/argument_specs.yml").read_text(encoding="utf-8"))
    return t.cast(Options, specs["argument_specs"]["main"]["options"]["failover_drill_sessions"]["options"])


PLACES: dict[str, Options] = {
    "replication_failover_test": documented("replication_failover_test")["sessions"]["suboptions"],
    "replication_session_info": documented("replication_session_info")["sessions"]["suboptions"],
    "nas_dr_test": documented("nas_dr_test"),
    "nas_dr_test, in its list": documented("nas_dr_test")["nas_servers"]["suboptions"],
    "the role": of_role(),
}


def parts(options: Options) -> Options:
    """The parts of the interface."""
    interface = options["interface"]
    return t.cast(Options, interface.get("suboptions") or interface["options"])


@pytest.mark.parametrize("place", PLACES)
def test_what_a_nas_server_needs_is_the_same_everywhere(place: str) -> None:
    def shape(options: Options) -> object:
        return {name: (each["type"], each.get("elements"), each.get("required")) for name, each in options.items()}

    options, other = PLACES[place], PLACES["replication_failover_test"]
    assert shape({name: options[name] for name in SHARED}) == shape({name: other[name] for name in SHARED})
    assert shape(parts(options)) == shape(parts(other))


@pytest.mark.parametrize("place", [place for place in PLACES if place != "nas_dr_test, in its list"])
def test_an_interface_is_described_in_the_same_words(place: str) -> None:
    def said(options: Options) -> dict[str, object]:
        return {name: each["description"] for name, each in parts(options).items()}

    assert said(PLACES[place]) == said(PLACES["nas_dr_test"])


def test_the_list_of_nas_dr_test_refers_to_its_options() -> None:
    for name, each in parts(PLACES["nas_dr_test, in its list"]).items():
        assert each["description"] == f"As O(interface.{name})."
