"""A job the way AWX runs one: ansible-runner on a private data directory that holds a copy of docs/awx-project.

As root it runs as a user that is in no passwd file, where such a user can reach this clone and its Python; otherwise as
oneself. There is no home, and nothing can be written but the artifacts.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml

from tests.lab.simulator import Simulator

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "docs" / "awx-project"
NOBODY = 54321


def image_settings() -> dict[str, str]:
    """The environment that docs/awx-project's execution environment gives to every job."""
    definition = yaml.safe_load((PROJECT / "execution-environment" / "execution-environment.yml").read_text())
    steps = definition["additional_build_steps"]["append_final"]
    return dict(pair.split("=", 1) for step in steps if step.startswith("ENV ") for pair in step.split()[1:])


class Answer(str):
    """What somebody typed into a survey; AWX marks it so that Ansible takes no template in it for one."""


class _Extravars(yaml.SafeDumper):
    pass


_Extravars.add_representer(Answer, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value), style="'"))


@functools.cache
def as_stranger() -> tuple[str, ...]:
    """What goes before a command so that it runs as a user without a name, a group, a home or a right to write.

    Where this clone or its Python is in a folder of root's own, the user gets the capability to read there. () where
    neither can be done: the job then runs as whoever runs the tests.
    """
    user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    readers = tuple(f"--{kind}-caps=+dac_read_search" for kind in ("inh", "ambient"))
    # A child as well: root's own right to start the first process tells nothing of the next.
    look = (sys.executable, "-c", "import subprocess, sys; subprocess.run([*sys.argv[1:]], check=True)")
    look = (*look, sys.executable, "-m", "ansible_runner", "--version")
    for prefix in ((*user, "--"), (*user, *readers, "--")):
        with contextlib.suppress(FileNotFoundError):
            if os.geteuid() == 0 and subprocess.run([*prefix, *look], capture_output=True, check=False).returncode == 0:
                return prefix
    return ()


class Job:
    """A private data directory in `folder`, with the credential of the DR site and one array in the inventory."""

    dumper = _Extravars

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.artifacts = folder / "artifacts"
        self.artifacts.mkdir()
        self.records = self.artifacts / "records"
        shutil.copytree(PROJECT, folder / "project")
        self.injected: dict[str, str] = {}  # by further credentials; before `run`
        (folder / "env").mkdir()
        (folder / "inventory").mkdir()
        shutil.copy(simulator.ca_path, folder / "env" / "ca.pem")
        self.write("inventory/hosts.json", {"all": {"hosts": {"powerstore-dr": self._array(simulator)}}})

    def has_arrays(self, arrays: t.Mapping[str, tuple[Simulator, dict[str, t.Any]]]) -> None:
        """These are the arrays of the inventory, each with variables of its own, instead of the one. Before `run`."""
        hosts = {}
        for name, (simulator, own) in arrays.items():
            ca_path = self.folder / "env" / f"{name}.pem"
            shutil.copy(simulator.ca_path, ca_path)
            hosts[name] = {**self._array(simulator), "failover_drill_ca_path": str(ca_path), **own}
        self.write("inventory/hosts.json", {"all": {"hosts": hosts}})

    def _array(self, simulator: Simulator) -> dict[str, t.Any]:
        return {
            "ansible_host": simulator.dr.host,
            "failover_drill_port": simulator.dr.port,
            "failover_drill_sessions": [{"volume": "erp-data"}, {"volume_group": "erp-db"}],
            "failover_drill_records_directory": str(self.records),
            "failover_drill_poll_interval": 0.2,
        }

    def _injected(self) -> dict[str, str]:
        return {
            "POWERSTORE_USERNAME": self.simulator.username,
            "POWERSTORE_PASSWORD": self.simulator.password,
            "POWERSTORE_VALIDATE_CERTS": "true",
            "POWERSTORE_CA_PATH": str(self.folder / "env" / "ca.pem"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.injected,
        }

    def write(self, name: str, content: t.Any) -> None:
        """Write a file of the private data directory, as JSON or, with answers in it, YAML."""
        text = yaml.dump(content, Dumper=_Extravars) if name == "env/extravars" else json.dumps(content)
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, playbook: str, *arguments: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
        """Run a playbook of the project with these extra variables, and wait for its end."""
        self.write("env/extravars", variables)
        self.write("env/envvars", self._injected())
        (self.folder / "env" / "cmdline").write_text(" ".join(arguments))
        self._protect()
        command = [
            *as_stranger(),
            sys.executable,
            "-m",
            "ansible_runner",
            "run",
            str(self.folder),
            "-p",
            f"playbooks/{playbook}",
        ]
        return subprocess.run(
            command,
            cwd=self.folder / "project",
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )

    def _environment(self) -> dict[str, str]:
        settings = {name: value.replace("/tmp", str(self.artifacts)) for name, value in image_settings().items()}
        return {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LANG": "C.UTF-8", **settings}

    def _protect(self) -> None:
        for path in (self.folder, *self.folder.rglob("*")):
            if self.artifacts in (path, *path.parents):
                continue
            path.chmod(0o555 if path.is_dir() else 0o444)
        if as_stranger():
            os.chown(self.artifacts, NOBODY, NOBODY)
