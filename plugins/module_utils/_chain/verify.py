# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks a folder of drill records against its chain. One file, standard library only, Python 3.8 or later.

    python3 -I -S drdrill_verify.py FOLDER [--known-head HASH] [--allowed-signers FILE --principal NAME]

Each line of chain.jsonl names a record and its reports with their SHA-256, and holds the SHA-256 of the line before it.
All hashes are over the exact bytes. The hash of the last line is the head of the chain. A head that was published
earlier (in a ticket, a mail, a printed report) and is still found in the chain shows that nothing before it was
rewritten. A chain alone does not show that: whoever can write the folder can write the whole chain anew.

It prints a line for each fault, and ends with 0 if there is none, 1 if there is one, 2 if it could not check.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import typing as t

CHAIN = "chain.jsonl"
SIGNATURE = CHAIN + ".sig"
GPG_SIGNATURE = CHAIN + ".asc"
NAMESPACE = "drdrill"
FIRST = "0" * 64  # what the first line has instead of the hash of a line before it
# What a record and what is made from it is called; everything else in the folder is not a matter of the chain.
_OF_THE_CHAIN = re.compile(r"[a-z_]+-\d{8}T\d{6}Z-.*\.(json|html|md|xml)")
_HASH = re.compile(r"[0-9a-f]{64}")
_SECONDS = 30  # for ssh-keygen


class CannotCheckError(Exception):
    """The check itself was not possible: nothing is said of the folder."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that is not as the chain has it: CHANGED, MISSING, NOT IN THE CHAIN, BROKEN, SIGNATURE or HEAD."""

    word: str
    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.word} {self.about}: {self.text}"


@dataclasses.dataclass(frozen=True)
class Verified:
    """What the check found. ``head`` is the hash of the last line, ``signer`` what the signature proves, or None."""

    faults: tuple[Fault, ...]
    records: int
    seq: int
    head: str
    signer: str | None
    signature: str  # checked, not signed, not checked

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of the chain: its number, the hash of its bytes, and the files that it names with hash and size."""

    seq: int
    sha256: str
    files: tuple[tuple[str, str, int], ...]


def sha256_of(path: str) -> str:
    """The SHA-256 of a file's bytes in hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def read_chain(data: bytes) -> tuple[list[Line], list[Fault]]:
    """The lines of a chain and where it is broken. Behind a break it is read on, so that each break is named once."""
    faults: list[Fault] = []
    if data.startswith(b"\xef\xbb\xbf"):
        faults.append(Fault("BROKEN", "at seq 1", "a byte order mark before it: the file was saved by another program"))
        data = data[3:]
    if b"\r" in data:
        faults.append(Fault("BROKEN", "at seq 1", "line ends of two bytes: the file was saved by another program"))
        data = data.replace(b"\r", b"")
    whole, _end, torn = data.rpartition(b"\n")
    lines: list[Line] = []
    seq, prev = 0, FIRST
    for raw in whole.split(b"\n") if whole else ():
        line, why = _line(raw, seq + 1, prev)
        if why:
            faults.append(Fault("BROKEN", f"at seq {seq + 1}", why))
        lines.append(line)
        seq, prev = line.seq, line.sha256
    if torn:
        why = "it has no line end, as after a crash: remove this last line, then add its record again"
        faults.append(Fault("BROKEN", f"at seq {seq + 1}", why))
    return lines, faults


def _line(raw: bytes, seq: int, prev: str) -> tuple[Line, str]:
    """One line, and what is wrong with it; empty where nothing is."""
    digest = hashlib.sha256(raw).hexdigest()
    try:
        entry = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_twins)
        reports = entry.get("reports", [])
        found = entry.get("seq")
        place = found if isinstance(found, int) and not isinstance(found, bool) else seq
        line = Line(place, digest, tuple(_named(each) for each in [entry, *reports]))
    except (UnicodeDecodeError, json.JSONDecodeError, AttributeError, TypeError, RecursionError):
        return Line(seq, digest, ()), "the line is not a JSON object as the chain has it"
    except ValueError as error:
        return Line(seq, digest, ()), str(error)
    if found != seq:
        return line, f"expected seq {seq}, found {found!r:.40}: a line was removed, inserted or moved"
    if entry.get("prev") != prev:
        return line, "prev is not the SHA-256 of the line before: that line was changed, or this one was moved"
    return line, ""


def _without_twins(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    """A JSON object. Raises ValueError where a key is there twice, as two readers could take two values."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _named(entry: t.Any) -> tuple[str, str, int]:
    """File, hash and size of an entry. Raises ValueError for a name that leads out of the folder."""
    if not isinstance(entry, dict):
        raise ValueError("an entry of reports is not an object")
    name, digest, size = entry.get("file"), entry.get("sha256"), entry.get("bytes")
    if not isinstance(name, str) or not name or os.path.isabs(name) or ".." in name.split("/") or "\0" in name:
        raise ValueError(f"it names no file of this folder: {name!r:.80}")
    if not isinstance(digest, str) or not _HASH.fullmatch(digest) or not isinstance(size, int):
        raise ValueError(f"it has no SHA-256 or no size of {name:.80}")
    return name, digest, size


def verify(
    folder: str,
    known_heads: t.Sequence[str] = (),
    allowed_signers: str | None = None,
    principal: str | None = None,
    verify_time: str | None = None,
) -> Verified:
    """Check a folder. Raises CannotCheckError where there is no chain, or the check cannot be made."""
    data = _chain_bytes(folder)
    lines, faults = read_chain(data)
    if os.path.islink(os.path.join(folder, CHAIN)):
        faults.append(Fault("CHANGED", CHAIN, "it is a link: expected a plain file"))
    named: dict[str, tuple[str, int, int]] = {}
    for line in lines:
        for name, digest, size in line.files:
            if name in named and named[name][:2] != (digest, size):
                faults.append(Fault("BROKEN", f"at seq {line.seq}", f"{name} is in the chain twice, with two hashes"))
            named.setdefault(name, (digest, size, line.seq))
    for name, (digest, size, seq) in named.items():
        faults.extend(_compared(folder, name, digest, size, seq))
    faults.extend(_not_named(folder, named))
    hashes = {line.sha256 for line in lines}
    for known in known_heads:
        if known.strip().lower() not in hashes:
            why = "no line of this chain has that hash: the chain was cut before it, or written anew"
            faults.append(Fault("HEAD", known, why))
    signer, signature, wrong = _signature(folder, data, allowed_signers, principal, verify_time)
    head = lines[-1].sha256 if lines else FIRST
    return Verified(tuple(faults + wrong), len(lines), lines[-1].seq if lines else 0, head, signer, signature)


def _chain_bytes(folder: str) -> bytes:
    path = os.path.join(folder, CHAIN)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise CannotCheckError(f"{path}: expected a plain file, found something else. Nothing was checked.")
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise CannotCheckError(
            f"{folder}: expected a folder of records with a {CHAIN}, found none. Nothing was checked."
        ) from None
    except OSError as error:
        raise CannotCheckError(f"{folder} cannot be read: {error.strerror}. Nothing was checked.") from None


def _compared(folder: str, name: str, digest: str, size: int, seq: int) -> t.Iterator[Fault]:
    path = os.path.join(folder, *name.split("/"))
    if os.path.islink(path) or (os.path.exists(path) and not os.path.isfile(path)):
        yield Fault("CHANGED", name, f"it is a link or a device: expected the file that was added as seq {seq}")
        return
    try:
        found, length = sha256_of(path), os.path.getsize(path)
    except FileNotFoundError:
        yield Fault("MISSING", name, f"added as seq {seq} with SHA-256 {digest}")
    except OSError as error:
        yield Fault("MISSING", name, f"it cannot be read: {error.strerror}")
    else:
        if (found, length) != (digest, size):
            yield Fault("CHANGED", name, f"expected SHA-256 {digest} ({size} bytes), found {found} ({length} bytes)")


def _not_named(folder: str, named: t.Container[str]) -> t.Iterator[Fault]:
    for name in sorted(os.listdir(folder)):
        if _OF_THE_CHAIN.fullmatch(name) and name not in named:
            yield Fault("NOT IN THE CHAIN", name, "no line names it: it was not added, or its line was removed")


def _signature(
    folder: str, data: bytes, allowed_signers: str | None, principal: str | None, verify_time: str | None
) -> tuple[str | None, str, list[Fault]]:
    """Who signed, what is to be said of the signature, and what is wrong with it."""
    path = os.path.join(folder, SIGNATURE)
    signed = os.path.exists(path)
    if not allowed_signers and os.path.exists(os.path.join(folder, GPG_SIGNATURE)):
        return None, "not checked", []
    if not allowed_signers:
        return None, "not checked" if signed else "not signed", []
    if not signed:
        return None, "not signed", [Fault("SIGNATURE", SIGNATURE, "expected a signature of the chain, found none")]
    tool = shutil.which("ssh-keygen")
    if not tool or not os.path.isfile(allowed_signers):
        missing = allowed_signers if tool else "ssh-keygen"
        raise CannotCheckError(f"The signature was not checked: {missing} is not there.")
    options = ["-Overify-time=" + verify_time] if verify_time else []
    command = [tool, "-Y", "verify", "-f", allowed_signers, "-n", NAMESPACE, "-s", path, *options]
    try:
        name = principal or _principal(tool, allowed_signers, path, options)
        done = subprocess.run(
            [*command, "-I", name], input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CannotCheckError("The signature was not checked: ssh-keygen gave no answer.") from None
    said = done.stdout.decode("utf-8", "replace").strip().splitlines()
    if done.returncode:
        why = said[-1] if said else f"ssh-keygen ended with {done.returncode}"
        return (
            None,
            "checked",
            [Fault("SIGNATURE", SIGNATURE, "not valid for {}: {}".format(name or "any signer", why))],
        )
    return name, "checked", []


def _principal(tool: str, allowed_signers: str, signature: str, options: t.Sequence[str]) -> str:
    """The first name that the file of signers has for the key of the signature; empty where it has none."""
    done = subprocess.run(
        [tool, "-Y", "find-principals", "-f", allowed_signers, "-s", signature, *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False,
    )  # fmt: skip
    names = done.stdout.decode("utf-8", "replace").split()
    return names[0] if names else ""


def report(found: Verified) -> list[str]:
    """What the check says, a line for each fault, or one that says that all is well."""
    lines = [str(fault) for fault in found.faults]
    if found.ok:
        signed = f"signed by {found.signer}" if found.signer else found.signature.upper()
        lines.append(f"OK: {found.records} records, head {found.seq} {found.head}, {signed}")
    else:
        lines.append(f"{len(found.faults)} faults in {found.records} lines, head {found.seq} {found.head}")
    if found.signature == "not checked":
        lines.append("NOTE: the chain is signed, but the signature was not checked: give --allowed-signers, or run")
        lines.append(f"      gpg --verify {GPG_SIGNATURE} {CHAIN}")
    if found.signature == "not signed":
        lines.append(
            "NOTE: the chain is not signed. Only a head that was published earlier shows a chain written anew."
        )
    return lines


def main(arguments: t.Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="drdrill_verify.py", description="Checks a folder of drill records.")
    parser.add_argument("folder", help="the folder with the records and chain.jsonl")
    parser.add_argument(
        "--known-head", action="append", default=[], metavar="HASH", help="a head from an old ticket or report"
    )
    parser.add_argument(
        "--allowed-signers", metavar="FILE", help="who may sign, as ssh-keygen's ALLOWED SIGNERS has it"
    )
    parser.add_argument("--principal", metavar="NAME", help="who has to have signed; default: whoever the file names")
    parser.add_argument("--verify-time", metavar="YYYYMMDD[HHMM[SS]]", help="the time at which the key had to be valid")
    given = parser.parse_args(arguments)
    try:
        found = verify(given.folder, given.known_head, given.allowed_signers, given.principal, given.verify_time)
    except CannotCheckError as error:
        sys.stdout.write(f"COULD NOT CHECK: {error}\n")
        return 2
    sys.stdout.write("\n".join(report(found)) + "\n")
    return 0 if found.ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
