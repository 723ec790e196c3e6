"""Runs ansible-test on a copy of the collection: python tools/run_ansible_test.py COMMAND [ARGUMENT ...]

COMMAND is sanity, units or integration.

ansible-test works only in a folder .../ansible_collections/NAMESPACE/NAME, follows no links, takes everything it
finds there for its own, and lets no setting for pip through but those in files.
"""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from working_copy import ROOT, copy_to

BUILD = ROOT / "build"
PLACE = f"python{sys.version_info.major}.{sys.version_info.minor}-ansible{version('ansible-core')}"
COPY = BUILD / "ansible-test" / "-".join([PLACE, *sys.argv[1:2]]) / "ansible_collections" / "drdrill" / "powerstore"
HOME = BUILD / "home"


def copy_collection() -> None:
    # ansible-test keeps its own virtual environments in tests/output.
    output, kept = COPY / "tests" / "output", COPY.parent / "output"
    if output.exists():
        shutil.rmtree(kept, ignore_errors=True)
        output.rename(kept)
    shutil.rmtree(COPY, ignore_errors=True)
    copy_to(COPY)
    if kept.exists():
        shutil.rmtree(output, ignore_errors=True)
        kept.rename(output)


GET_PIP = """
import shutil
import sysconfig

shutil.copytree({pip!r}, sysconfig.get_path("purelib") + "/pip")
"""


def provide_pip() -> None:
    """Give ansible-test the pip of the venv where it would download one from ansible.com.

    A copy is enough, and takes no time; ensurepip would take ten environments some seconds each.
    """
    spec = importlib.util.find_spec("ansible_test")
    pip = importlib.util.find_spec("pip")
    if spec is None or spec.origin is None or pip is None or pip.origin is None:
        sys.exit("Missing: ansible-test, a part of ansible-core, and pip, in the same environment")
    source = (Path(spec.origin).parent / "_internal" / "python_requirements.py").read_text()
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for release in set(re.findall(r"""['"](\d+\.\d+(?:\.\d+)?)['"]""", source)):
        script = cache / f"get_pip_{release.replace('.', '_')}.py"
        script.write_text(GET_PIP.format(pip=str(Path(pip.origin).parent)))


def provide_pip_settings() -> None:
    """Write down what pip is told here by any file or variable, so that a mirror or proxy serves ansible-test too."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    settings = dict(re.findall(r"^[^=\s]*\.([a-z-]+)='(.*)'$", listed, re.MULTILINE))
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    if proxy:
        settings.setdefault("proxy", proxy)
    config = configparser.RawConfigParser()
    config["global"] = {key: value.replace("\\n", " ") for key, value in settings.items() if key != "version"}
    config["install"] = {"no-compile": "true"}  # of a package like pylint, a run uses a part
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        config.write(file)
    path.chmod(0o600)


def working_path() -> str:
    """The PATH without folders of Pythons that don't run, like the shims of pyenv: ansible-test tries each it sees."""

    def works(folder: str) -> bool:
        pythons = [str(path) for path in Path(folder).glob("python3.[0-9]*") if re.fullmatch(r"3\.\d+", path.name[6:])]
        return all(
            subprocess.run([python, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0
            for python in pythons
        )

    return os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep) if works(folder))


def main() -> int:
    copy_collection()
    provide_pip()
    provide_pip_settings()
    tools = Path(sys.executable).parent
    environment = {
        **os.environ,
        "HOME": str(HOME),
        "PATH": f"{tools}{os.pathsep}{working_path()}",
        # Else it would ask the git around the copy, which ignores build/, and test nothing.
        "ANSIBLE_TEST_CONTENT_ROOT": str(COPY),
    }
    command, *arguments = sys.argv[1:]
    call = [str(tools / "ansible-test"), command, "--color", "no"]
    if command != "sanity":
        # With what is installed here: the tests need the simulator, and that its packages.
        version_here = f"{sys.version_info.major}.{sys.version_info.minor}"
        return run([*call, "--python", version_here, *arguments], environment)
    if arguments:
        return run([*call, "--venv", *arguments], environment)
    # pylint takes as long on the tests, which ruff checks and nobody gets, as everything else together.
    shipped = ["--exclude", "tests/", "--exclude", "tools/", "--exclude", "docs/"]
    return run([*call, "--venv", "--skip-test", "pylint"], environment) or run(
        [*call, "--venv", "--test", "pylint", *shipped], environment
    )


# How ansible-test tells that it found something to do: without a test it ends with 0, too.
RAN = re.compile(r"Running sanity test|Running \S+ integration test|=+ [1-9]\d* passed")


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run ansible-test and show what it says; running no test at all is a failure."""
    tests = 0
    with subprocess.Popen(
        command,
        cwd=COPY,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            tests += bool(RAN.match(line))
    if not tests:
        print("ansible-test ran no test")
    return process.returncode or not tests


if __name__ == "__main__":
    sys.exit(main())
