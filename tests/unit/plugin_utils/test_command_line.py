# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a call of ansible-playbook reaches an array, and how it is called again."""

from __future__ import annotations

import typing as t

import pytest
from ansible import context
from ansible.utils.context_objects import CLIArgs

from ansible_collections.drdrill.powerstore.plugins.filter.command_line import drill_strategy
from ansible_collections.drdrill.powerstore.plugins.plugin_utils._command_line import command, hosts_of, why_not_run

GROUPS = {"all": ["dr-a", "dr-b", "web"], "arrays": ["dr-a", "dr-b"], "ungrouped": ["web"]}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., None]:
    """As if ansible-playbook had been called with these options."""

    def with_options(**options: object) -> None:
        monkeypatch.setattr(context, "CLIARGS", CLIArgs({"tags": ("all",), "skip_tags": (), **options}))

    with_options()
    return with_options


@pytest.mark.parametrize(
    ("pattern", "limit", "expected"),
    [
        ("all", None, ["dr-a", "dr-b", "web"]),
        ("arrays", None, ["dr-a", "dr-b"]),
        ("arrays:!dr-a", None, ["dr-b"]),
        (["dr-a", "web"], None, ["dr-a", "web"]),
        ("arrays", "dr-b", ["dr-b"]),
        ("arrays", "web", []),
        ("arrays", "dr-*,web", ["dr-a", "dr-b"]),
        ("nothing", None, []),
        ("localhost", None, ["localhost"]),
        ("localhost", "arrays", []),
    ],
)
def test_hosts_are_those_that_ansible_finds(pattern: object, limit: str | None, expected: list[str]) -> None:
    assert hosts_of(pattern, GROUPS, limit) == expected


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, None),
        ({"tags": ("untagged",)}, None),
        ({"skip_tags": ("slow",)}, None),
        ({"tags": ("x",)}, "--tags or --skip-tags (x)"),
        ({"skip_tags": ("untagged",)}, "leaves out tasks"),
        ({"start_at_task": "The end"}, "--start-at-task 'The end'"),
        ({"start_at_task": "The end", "listtasks": True}, None),
        ({"tags": ("x",), "syntax": True}, None),
    ],
)
def test_what_leaves_out_tasks(called: t.Callable[..., None], options: dict[str, object], says: str | None) -> None:
    called(**options)
    problem = why_not_run("arrays", GROUPS, None)
    assert problem is None if says is None else says in str(problem)


def test_no_host_is_named_with_those_that_there_are(called: t.Callable[..., None]) -> None:
    assert "the pattern 'nothing' matches no host of the inventory, which has dr-a, dr-b, web" in str(
        why_not_run("nothing", GROUPS, None)
    )
    assert "with the limit 'web'" in str(why_not_run("arrays", GROUPS, "web"))
    assert "which has no hosts" in str(why_not_run("all", {"all": []}, None))
    many = {"all": [f"dr-{number:02}" for number in range(12)]}
    assert "dr-09 and 2 more" in str(why_not_run("nothing", many, None))


def test_a_command_repeats_what_finds_the_array_and_no_secret(called: t.Callable[..., None]) -> None:
    called(
        inventory=("/home/me/my inventory.yml",),
        vault_ids=("dev@prompt",),
        vault_password_files=("/secret/file",),
        extra_vars=("@vars.yml", "password=geheim", '{"password": "geheim"}'),
    )
    assert command("stop_tests", "dr-a", {"stop_tests_started_by": "anyone"}, None) == (
        "ansible-playbook -i '/home/me/my inventory.yml' --vault-id dev@prompt --vault-password-file /secret/file "
        "drdrill.powerstore.stop_tests -e @vars.yml --limit dr-a -e stop_tests_started_by=anyone"
    )
    called()
    assert command("abort", None, {}, None) == "ansible-playbook drdrill.powerstore.abort"


def test_in_awx_a_template_is_launched(called: t.Callable[..., None]) -> None:
    assert command("abort", "dr-a", {"abort_force": "always"}, "PowerStore abort") == (
        'launch the job template "PowerStore abort" with the limit dr-a and the variable abort_force: always'
    )
    assert command("abort", None, {}, "PowerStore abort") == 'launch the job template "PowerStore abort"'


@pytest.mark.parametrize(
    ("pattern", "limit", "strategy"),
    [
        ("all", None, "host_pinned"),
        ("all", "", "host_pinned"),
        ("all", "a", "linear"),
        ("a", None, "linear"),
        ("none", None, "linear"),
    ],
)
def test_one_array_is_visited_by_the_strategy_that_notices_a_dead_worker(
    pattern: str, limit: str | None, strategy: str
) -> None:
    groups = {"all": ["a", "b"], "ungrouped": ["a", "b"]}
    assert drill_strategy(pattern, groups, limit) == f"ansible.builtin.{strategy}"
    assert drill_strategy("all", groups, None, "free") == "ansible.builtin.free"
