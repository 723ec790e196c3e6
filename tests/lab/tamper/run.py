# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the table of manipulations, by the module and by the script that an auditor has."""

from __future__ import annotations

import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tests.lab.tamper.table import SIGNER, Folder, Row, sound_folder
from tests.running import run_action

WORDS = ("CHANGED ", "MISSING ", "NOT IN THE CHAIN ", "BROKEN ", "SIGNATURE ", "HEAD ")
SCRIPT = Path(__file__).parents[3] / "docs/evidence/drdrill_verify.py"


@dataclass(frozen=True)
class Seen:
    """What the script and the module said of a folder."""

    exit_code: int
    lines: tuple[str, ...]
    faults: tuple[str, ...]  # of the module
    refusal: str  # of the module; empty where it could check

    def problems(self, row: Row) -> t.Iterator[str]:
        """What is not as the row has it; nothing where all is right."""
        for who, found in (("the script", self.of_the_script()), ("the module", self.faults)):
            expected = list(row.faults)
            for line in found:
                fitting = [fault for fault in expected if line.startswith(fault)]
                if not fitting:
                    yield f"{who}: not expected: {line}"
                else:
                    expected.remove(fitting[0])
            yield from (f"{who}: not found: {fault}" for fault in expected)
        if self.exit_code != (2 if row.refused else 1 if row.faults else 0):
            yield f"exit code {self.exit_code}"
        for who, said in (("the script", self.lines[0]), ("the module", self.refusal)):
            if row.refused and row.refused not in said:
                yield f"{who}: expected a refusal with '{row.refused}', found: {said}"

    def of_the_script(self) -> tuple[str, ...]:
        return tuple(
            line
            for line in self.lines
            if line.split(" ")[0] in ("CHANGED", "MISSING", "NOT", "BROKEN", "SIGNATURE", "HEAD")
        )


def by_script(folder: Folder) -> tuple[int, tuple[str, ...]]:
    """Exit code and output of the script, as an auditor runs it."""
    head = ["--known-head", folder.known_head] if folder.known_head else []
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(folder.path), *head, *folder.options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, tuple(done.stdout.splitlines())


def run_row(row: Row, place: Path) -> Seen:
    """Make a sound folder, do what the row says, and check it in both ways."""
    folder = sound_folder(place)
    row.do(folder)
    code, lines = by_script(folder)
    result = run_action(
        "drill_chain",
        directory=str(folder.path),
        known_heads=[folder.known_head] if folder.known_head else [],
        allowed_signers=str(folder.keys / "allowed"),
        principal=SIGNER,
    )
    faults = tuple(f"{fault['word']} {fault['about']}" for fault in result.get("faults", ()))
    return Seen(code, lines, faults, "" if "faults" in result else result["msg"])
