# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How ansible-playbook was called: whether it reaches any array that way, and how to call it again."""

from __future__ import annotations

import shlex
import typing as t

from ansible import context
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

_COLLECTION = "drdrill.powerstore"
_ONLY_LOOKING = ("syntax", "listhosts", "listtasks", "listtags")
_ALL = {"all", "untagged"}  # of the tags: what does not leave out a task without tags
Groups = t.Mapping[str, t.Iterable[str]]


def given(name: str) -> t.Any:
    """An option of the command line; None where there is none."""
    return context.CLIARGS.get(name)


def hosts_of(pattern: object, groups: Groups, limit: str | None) -> list[str]:
    """The hosts that a play with this pattern visits, as Ansible itself finds them."""
    manager = InventoryManager(DataLoader(), parse=False)
    for group, hosts in groups.items():
        manager.add_group(group)
        for host in hosts:
            manager.add_host(host, group=group)
    if limit:
        manager.subset(limit)
    return [str(host) for host in manager.get_hosts(pattern)]


def why_not_run(pattern: object, groups: Groups, limit: str | None) -> str | None:
    """Why a playbook would do nothing, or not all of its work, and end with exit code 0 all the same."""
    if any(given(option) for option in _ONLY_LOOKING):
        return None
    if start := given("start_at_task"):
        return (
            f"--start-at-task '{start}' leaves out the tasks before it, the one that stops tests among them. Run the "
            "playbook without it."
        )
    tags, skipped = set(given("tags") or ()), set(given("skip_tags") or ())
    if (tags and not tags & _ALL) or skipped & _ALL:
        options = ", ".join(sorted(tags | skipped))
        return f"--tags or --skip-tags ({options}) leaves out tasks of this playbook. Run it without them."
    if hosts_of(pattern, groups, limit):
        return None
    known = sorted({host for hosts in groups.values() for host in hosts})
    listed = ", ".join(known[:10]) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
    return (
        f"No array matched: the pattern '{pattern}'{f' with the limit {limit!r}' if limit else ''} matches no host of "
        f"the inventory, which has {listed or 'no hosts'}. Nothing was asked of any array. Look at -i, --limit and the "
        "hosts variable of the playbook."
    )


def command(playbook: str, limit: str | None, variables: t.Mapping[str, object], template: str | None) -> str:
    """How to run a playbook of this collection on the same inventory; in AWX, where ``template`` is launched for it.

    Of the variables on this command line only files are repeated: others may be secrets.
    """
    if template:
        parts = [f"the limit {limit}"] if limit else []
        parts += [f"the variable {name}: {value}" for name, value in variables.items()]
        return f'launch the job template "{template}"' + (f" with {' and '.join(parts)}" if parts else "")
    words = ["ansible-playbook"]
    for source in given("inventory") or ():
        words += ["-i", source]
    for identity in given("vault_ids") or ():
        words += ["--vault-id", identity]
    for path in given("vault_password_files") or ():
        words += ["--vault-password-file", path]
    words.append(f"{_COLLECTION}.{playbook}")
    for extra in given("extra_vars") or ():
        words += ["-e", extra] if str(extra).startswith("@") else []
    words += ["--limit", limit] if limit else []
    for name, value in variables.items():
        words += ["-e", f"{name}={value}"]
    return shlex.join(map(str, words))
