# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That Ansible in a fork of a process that has imported it (tests/prepared) is what the command itself is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.prepared import run_ansible

ROOT = Path(__file__).parents[2]
# What a process is, as seen from within: by a filter that Ansible's own process uses, and a worker of a task.
LOOK = r"""
import gc, json, locale, os, resource, signal, sys, threading
from ansible import constants, context
from ansible.plugins import loader
from ansible.utils.collection_loader import AnsibleCollectionConfig as of_collections

DONE = {
    "nothing": lambda: None,
    "fail": lambda: 1 / 0,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "terminate": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "interrupt": lambda: os.kill(os.getpid(), signal.SIGINT),
}


def kinds(things):
    return [type(thing).__name__ + ":" + getattr(thing, "__name__", "") for thing in things]


def seen():
    powerstore = sys.modules.get("ansible_collections.drdrill.powerstore")
    with open("/proc/self/comm") as comm:
        name = comm.read()
    return {
        "constants": {name: repr(getattr(constants, name)) for name in sorted(vars(constants)) if name.isupper()},
        "settings": {name: repr(value) for name, value in sorted(context.CLIARGS.items())},
        "words": [sys.argv, sys.orig_argv[1:], name],
        "python": [sys.executable, repr(sys.flags), sys.path, sys.warnoptions, repr(sys.getswitchinterval())],
        "importing": [kinds(sys.meta_path), kinds(sys.path_hooks)],
        "collections": [
            of_collections.collection_paths, of_collections.playbook_paths, of_collections.default_collection,
            kinds(of_collections.on_collection_load._handlers), repr(getattr(powerstore, "_collection_meta", None)),
            sorted(loader._PLUGIN_FILTERS),
        ],
        "process": [os.getcwd(), dict(os.environ), os.umask(0o22), *groups()],
        "limits": [resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")],
        "scheduling": [os.nice(0), sorted(os.sched_getaffinity(0))],
        "signals": {str(number): repr(signal.getsignal(number)).split(" at ")[0] for number in signal.valid_signals()},
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "streams": [
            stream.closed or [stream.encoding, stream.errors, stream.isatty(), stream.line_buffering]
            for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__)
        ],
        "open": sorted(os.path.basename(os.readlink(f"/proc/self/fd/{n}")).split(":")[0] for n in descriptors()),
        "locale": [locale.setlocale(locale.LC_ALL), locale.getlocale()],
        "threads": [thread.name for thread in threading.enumerate()],
        "memory": [gc.get_threshold(), gc.isenabled()],
    }


def groups():
    # The process group and the session: a worker has its own.
    return ["own" if group == os.getpid() else group for group in (os.getpgrp(), os.getsid(0))]


def descriptors():
    return [n for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")]


def look(to_do, folder, name):
    with open("/proc/self/cmdline") as line:
        from_server = "server.py" in line.read()
    text = json.dumps({**seen(), "from_server": from_server})
    with open(f"{folder}/{name}.json", "w") as file:
        file.write(text)
    DONE[to_do]()
    return "localhost"


class FilterModule:
    def filters(self):
        return {"look": look}
"""
PLAY = """
- hosts: localhost
  gather_facts: false
  connection: local
  tasks:
    - name: A module of the collection, which does not reach its array
      drdrill.powerstore.replication_session_info:
        {host: 127.0.0.1, port: 1, username: u, password: secret-word, timeout: 1}
      ignore_errors: true
    - name: One that is sent
      ansible.builtin.command: cat
    - name: A worker
      ansible.builtin.debug:
        msg: "{{ 'nothing' | look(folder, 'worker') }}"
- hosts: "{{ to_do | look(folder, 'main') }}"
  gather_facts: false
  connection: local
  tasks:
    - name: Output of more than one language
      ansible.builtin.debug:
        msg: "{{ folder | basename }} Zürich 東京"
"""


class Run(t.NamedTuple):
    """A run of the command, and what it looked like from within."""

    done: subprocess.CompletedProcess[str]
    seen: dict[str, t.Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's: a play, and plugins of his own beside it."""
    (tmp_path / "filter_plugins").mkdir()
    (tmp_path / "filter_plugins" / "look.py").write_text(LOOK)
    (tmp_path / "play.yml").write_text(PLAY)
    return tmp_path


def both(folder: Path, *words: str, **environment: str) -> tuple[Run, Run]:
    """The command itself, and the same from the server."""
    env = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "POWERSTORE_PORT": "1",
        "PYTHONWARNINGS": "ignore::ResourceWarning",
        "PYTHONHASHSEED": "0",  # the order of sets
        **environment,
    }
    command = ["ansible-playbook", "play.yml", *words, "-e", f"folder={folder}"]
    itself = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=600)
    first = Run(itself, looks(folder))
    return first, Run(run_ansible(command, cwd=folder, env=env, timeout=600), looks(folder))


def looks(folder: Path) -> dict[str, t.Any]:
    """What was seen since the last time."""
    seen = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    for path in folder.glob("*.json"):
        path.unlink()
    return seen


def plain(text: str) -> str:
    """Without what differs from one run to the next: numbers of processes, random names, times."""
    for pattern in (
        r"ansible-local-\w+",
        r"0x[0-9a-f]+",
        r"#\d+ \(deleted\)",
        r"parent=\d+",
        r"\d+:\d\d:\d\d\.\d+",
        r"\d+(\.\d+)? s\b",
        r"\d{4}-\d\d-\d\d",
    ):
        text = re.sub(pattern, "x", text)
    return text


def test_the_process_is_the_same_from_within_and_from_without(folder: Path) -> None:
    itself, forked = both(folder, "-vv", "--diff", "-e", "to_do=nothing")
    assert itself.done.returncode == 0, itself.done.stdout + itself.done.stderr
    assert plain(forked.done.stdout).splitlines() == plain(itself.done.stdout).splitlines()
    assert plain(forked.done.stderr).splitlines() == plain(itself.done.stderr).splitlines()
    assert set(itself.seen) == set(forked.seen) == {"main", "worker"}
    for name, seen in itself.seen.items():
        other = forked.seen[name]
        assert (seen.pop("from_server"), other.pop("from_server")) == (False, True)
        for what, value in seen.items():
            assert (
                plain(json.dumps(other[what], indent=1)).splitlines() == plain(json.dumps(value, indent=1)).splitlines()
            )


@pytest.mark.parametrize("to_do", ["fail", "kill", "terminate", "interrupt"])
def test_it_ends_in_the_same_way(folder: Path, to_do: str) -> None:
    itself, forked = both(folder, "-e", f"to_do={to_do}")
    assert itself.done.returncode != 0
    assert forked.done.returncode == itself.done.returncode
    assert plain(forked.done.stderr) == plain(itself.done.stderr)


def test_what_is_refused_is_refused_in_the_same_way(folder: Path) -> None:
    itself, forked = both(folder, "--no-such-option")
    assert (forked.done.returncode, forked.done.stderr) == (itself.done.returncode, itself.done.stderr)
    assert itself.done.returncode == 2


def test_other_settings_have_another_server(folder: Path) -> None:
    """Ansible reads these while it is imported."""
    for colour in (True, False):
        runs = both(folder, "-e", "to_do=nothing", ANSIBLE_NOCOLOR=str(not colour), ANSIBLE_FORCE_COLOR=str(colour))
        assert {"\x1b[" in run.done.stdout for run in runs} == {colour}


def test_what_depends_on_the_folder_is_the_command_itself(folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ANSIBLE_CONFIG"}
    (folder / "ansible.cfg").write_text(
        f"[defaults]\nnocolor = true\ncollections_path = {ROOT / '.ansible/collections'}\n"
    )
    command = ["ansible-playbook", "play.yml", "-e", f"folder={folder}", "-e", "to_do=nothing"]
    done = run_ansible(command, cwd=folder, env=environment, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {seen["from_server"] for seen in looks(folder).values()} == {False}


def test_one_that_takes_too_long_is_killed_and_the_next_one_runs(folder: Path) -> None:
    wait = "- hosts: localhost\n  gather_facts: false\n  tasks: [{ansible.builtin.command: cat pipe}]\n"
    (folder / "wait.yml").write_text(wait)
    os.mkfifo(folder / "pipe")  # that nobody writes to
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    with pytest.raises(subprocess.TimeoutExpired):
        run_ansible(["ansible-playbook", "wait.yml"], cwd=folder, env=env, timeout=2)
    # The module, which runs on as it does after every kill, ends: also one that is slow, and has not opened it yet.
    pipe = os.open(folder / "pipe", os.O_RDWR)
    os.unlink(folder / "pipe")
    os.close(pipe)
    done = run_ansible(["ansible-playbook", "--version"], cwd=folder, env=env, timeout=600)
    assert done.returncode == 0 and "ansible-playbook [core" in done.stdout
