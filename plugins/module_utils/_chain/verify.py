# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks a folder of drill records against its chain. One file, standard library only, Python 3.8 or later.

    python3 -I -S drdrill_verify.py FOLDER [--known-head HASH] [--allowed-signers FILE --principal NAME]

Each line of chain.jsonl names a record and its reports with their SHA-256, and holds the SHA-256 of the line before it.
All hashes are over the exact bytes. The hash of the last line is the head of the chain. A head that was published
earlier (in a ticket, a mail, a printed report) and is still found in the chain shows that nothing before it was
rewritten. A chain alone does not show that: whoever can write the folder can write the whole chain anew.
The journal of a drill may grow after its line was written: its first bytes, as many as the line says, have the hash.
So may the folder with its evidence, by what its notifications left; that is no part of the record. And so does the file
with the actions, which lines name again and again.

Signatures are made by ssh-keygen (chain.jsonl.sig) or gpg (chain.jsonl.asc), which check them, too. FILE says who may
sign: for ssh-keygen in the format of ALLOWED SIGNERS in its manual, for gpg the public keys (gpg --export --armor).

It prints a line for each fault, and ends with 0 if there is none, 1 if there is one, 2 if it could not check.
"""

from __future__ import annotations

import argparse
import dataclasses
import fnmatch
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import typing as t

CHAIN = "chain.jsonl"
SIGNATURE = CHAIN + ".sig"
GPG_SIGNATURE = CHAIN + ".asc"
NAMESPACE = "drdrill"
FIRST = "0" * 64  # what the first line has instead of the hash of a line before it
ACTIONS = "actions.jsonl"  # what is open from drill to drill; it grows
JOURNAL = ".journal.jsonl"  # the end of the name of a file that may grow
EVIDENCE = ".evidence"  # the end of the name of the folder with the files that the checks of a drill left
# What a record and what is made from it is called; everything else in the folder is not a matter of the chain.
# One without a time is a record all the same: the collection reads it as one.
_KINDS = "abort|drill|readiness|signoff|sweep|witness"
RECORD = re.compile(rf"(?:[a-z_]+-\d{{8}}T\d{{6}}Z-.*|(?:{_KINDS})-.+)\.json", re.DOTALL)
_OF_THE_CHAIN = re.compile(r"[a-z_]+-\d{8}T\d{6}Z-.*\.(json|csv|html|md|xml)", re.DOTALL)
# Also one that was rotated or set aside, as of then the chain in use begins anew; no journal of an array of that name.
_ASIDE = r"(?:[.-]\d+|\.(?:bak|old|orig|save)|~)?(?:\.(?:bz2|gz|xz|zst))?"
_A_CHAIN = re.compile(rf"(?!.*-\d{{8}}T\d{{6}}Z-).*chain.*\.jsonl{_ASIDE}", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"
_HASH = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 1 << 53  # of a file; more is no size
_TIME = re.compile(r"\d{8}(\d{4}(\d\d)?)?Z?")
_SECONDS = 30  # for ssh-keygen and gpg
# What they say where they are too old for what is asked of them.
_TOO_OLD = re.compile(r"unknown option|illegal option|invalid option|unsupported operation|^usage:", re.IGNORECASE)


class CannotCheckError(Exception):
    """The check itself was not possible: nothing is said of the folder."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that is not as the chain has it: CHANGED, MISSING, NOT IN THE CHAIN, BROKEN, SIGNATURE or HEAD."""

    word: str
    about: str
    text: str

    def __str__(self) -> str:
        return shown(f"{self.word} {self.about}: {self.text}")


@dataclasses.dataclass(frozen=True)
class Verified:
    """What the check found. ``head`` is the hash of the last line, ``signer`` what the signature proves, or None."""

    faults: tuple[Fault, ...]
    records: int
    seq: int
    head: str
    signer: str | None
    signature: str  # checked, not signed, not checked
    late: tuple[str, ...] = ()  # files that were added after their drill
    note: str = ""  # why the signature was not checked
    unfinished: tuple[str, ...] = ()  # journals of drills whose record is not here

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
    late: bool = False


def shown(text: str) -> str:
    """Text on one line that steers no terminal and that every output can take: a name in a folder may hold anything."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def is_text(name: str) -> bool:
    """Whether a name is text: bytes of a file's name that are none, Python shows as halves of surrogate pairs."""
    return not any("\ud800" <= each <= "\udfff" for each in name)


def sha256_of(path: str, length: int | None = None) -> str:
    """The SHA-256 of a file's bytes, or of the first ``length``, in hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        if length is not None:
            digest.update(file.read(length))
        else:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    return digest.hexdigest()


def read_chain(data: bytes) -> tuple[list[Line], list[Fault]]:
    """The lines of a chain and where it is broken. Behind a break it is read on, so that each break is named once."""
    faults: list[Fault] = []
    if data.startswith(_BOM):
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
        line = Line(place, digest, tuple(_named(each) for each in [entry, *reports]), entry.get("late") is True)
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
    if not is_text(name):
        raise ValueError(f"it names a file that no folder can have: {name!r:.80}")
    why = f"it has no SHA-256 or no size of {name:.80}"
    if not isinstance(digest, str) or not _HASH.fullmatch(digest) or not isinstance(size, int):
        raise ValueError(why)
    if isinstance(size, bool) or not 0 <= size <= _MOST_BYTES:
        raise ValueError(why)
    return name, digest, size


@dataclasses.dataclass(frozen=True)
class Signers:
    """Who has to have signed, if anything is asked of the signature: a file, a name in it, and at what time."""

    file: str | None = None
    principal: str | None = None
    time: str | None = None

    @property
    def of_gpg(self) -> bool:
        """Whether the file holds public keys of OpenPGP. Raises CannotCheckError where it cannot be read."""
        if not self.file:
            return False
        try:
            if os.path.exists(self.file) and not os.path.isfile(self.file):  # a FIFO would be waited for
                raise OSError(0, "it is no plain file")
            with open(self.file, "rb") as file:
                head = file.read(4096)
        except OSError as error:
            raise CannotCheckError(
                f"{self.file}: expected the file of those who may sign: {error.strerror}. Nothing was checked."
            ) from None
        binary = head[:1] >= b"\x80" and not head.startswith(_BOM)
        return b"BEGIN PGP PUBLIC KEY" in head or binary


def verify(
    folder: str,
    known_heads: t.Sequence[str] = (),
    allowed_signers: str | None = None,
    principal: str | None = None,
    verify_time: str | None = None,
) -> Verified:
    """Check a folder. Raises CannotCheckError where there is no chain, or the check cannot be made."""
    data, heads = _chain_bytes(folder), [_hash_in(text) for text in known_heads]
    if verify_time is not None and not _TIME.fullmatch(verify_time):
        raise CannotCheckError(f"{verify_time!r:.80} is no time: expected YYYYMMDD[HHMM[SS]]. Nothing was checked.")
    refuse_a_second_chain(folder)
    signature = _signature(folder, data, Signers(allowed_signers, principal, verify_time))
    lines, faults = read_chain(data)
    if os.path.islink(os.path.join(folder, CHAIN)):
        faults.append(Fault("CHANGED", CHAIN, "it is a link: expected a plain file"))
    faults += _of_files(folder, lines)
    hashes = {line.sha256 for line in lines}
    for known in heads:
        if known not in hashes:
            why = "no line of this chain has that hash: the chain was cut before it, or written anew"
            faults.append(Fault("HEAD", known, why))
    if not lines and not faults:
        raise CannotCheckError(f"{folder}: {CHAIN} is empty, and so is the folder. Nothing was checked.")
    return Verified(
        faults=(*faults, *signature.faults),
        records=len({line.files[0][0] for line in lines if line.files}),
        seq=lines[-1].seq if lines else 0,
        head=lines[-1].sha256 if lines else FIRST,
        signer=signature.signer,
        signature=signature.state,
        late=tuple(line.files[0][0] for line in lines if line.late and line.files),
        note=signature.note,
        unfinished=tuple(_journals_alone(folder)),
    )


def _of_files(folder: str, lines: t.Sequence[Line]) -> t.Iterator[Fault]:
    """Where the files of the folder are not those that the lines name."""
    named: dict[str, tuple[str, int, int]] = {}
    actions: list[tuple[str, int, int]] = []
    for line in lines:
        for name, digest, size in line.files:
            if name == ACTIONS:
                actions.append((digest, size, line.seq))
                continue
            if name in named and named[name][:2] != (digest, size):
                yield Fault("BROKEN", f"at seq {line.seq}", f"{name} is in the chain twice, with two hashes")
            named.setdefault(name, (digest, size, line.seq))
    for name, (digest, size, seq) in named.items():
        yield from _compared(folder, name, digest, size, seq)
    yield from _grown(folder, actions)
    yield from _not_named(folder, named)


def _journals_alone(folder: str) -> t.Iterator[str]:
    """Of drills that are under way or were cut off; or the record was taken away, and its line with the chain's end."""
    names = set(os.listdir(folder))
    for name in sorted(names):
        if name.endswith(JOURNAL) and name[: -len(JOURNAL)] + ".json" not in names:
            yield name


def _hash_in(text: str) -> str:
    """The hash of a head that was published, also where its whole line is given. Raises CannotCheckError."""
    found = (text.split() or [""])[-1].lower()
    if not _HASH.fullmatch(found):
        raise CannotCheckError(
            f"{text:.80} is no head of a chain: expected 64 hexadecimal digits. Nothing was checked."
        )
    return found


def refuse_a_second_chain(folder: str) -> None:
    """Raises CannotCheckError where the folder has another file that looks like a chain: which one counts?"""
    found = sorted(name for name in os.listdir(folder) if _A_CHAIN.fullmatch(name))
    if [name for name in found if name != CHAIN]:
        raise CannotCheckError(
            f"{folder} has {', '.join(found)}: expected one chain, {CHAIN}. Find out which of them the published heads "
            "belong to, and move the other ones away."
        )


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
    linked = os.path.islink(path) or ("/" in name and os.path.islink(os.path.dirname(path)))
    if linked or (os.path.exists(path) and not os.path.isfile(path)):
        yield Fault("CHANGED", name, f"it is a link or a device: expected the file that was added as seq {seq}")
        return
    try:
        length = os.path.getsize(path)
        if name.endswith(JOURNAL) and length > size:
            length = size
        found = sha256_of(path, length)
    except FileNotFoundError:
        yield Fault("MISSING", name, f"added as seq {seq} with SHA-256 {digest}")
    except OSError as error:
        yield Fault("MISSING", name, f"it cannot be read: {error.strerror}")
    else:
        if (found, length) != (digest, size):
            yield Fault("CHANGED", name, f"expected SHA-256 {digest} ({size} bytes), found {found} ({length} bytes)")


def _grown(folder: str, named: t.Sequence[tuple[str, int, int]]) -> t.Iterator[Fault]:
    """The file with the actions was only added to, if its first bytes have each of these hashes. It is read once."""
    if not named:
        return
    path, digest, read = os.path.join(folder, ACTIONS), hashlib.sha256(), 0
    if os.path.islink(path) or (os.path.exists(path) and not os.path.isfile(path)):
        yield Fault(
            "CHANGED", ACTIONS, f"it is a link or a device: expected the file that was added as seq {named[0][2]}"
        )
        return
    try:
        with open(path, "rb") as file:
            there = os.fstat(file.fileno()).st_size
            for expected, size, seq in sorted(named, key=lambda each: each[1]):
                digest.update(file.read(min(size, there) - read))
                read = min(size, there)
                if size > there or digest.hexdigest() != expected:
                    yield Fault("CHANGED", ACTIONS, f"its first {size} bytes are not as seq {seq} has them")
                    return
    except FileNotFoundError:
        yield Fault("MISSING", ACTIONS, f"added as seq {named[0][2]}")
    except OSError as error:
        yield Fault("MISSING", ACTIONS, f"it cannot be read: {error.strerror}")


def files_in(folder: str, name: str) -> list[str]:
    """The plain files in a folder of this folder, by their names from here; empty where there is none."""
    path = os.path.join(folder, name)
    if not os.path.isdir(path) or os.path.islink(path):
        return []
    full = {file: os.path.join(path, file) for file in sorted(os.listdir(path))}
    return [f"{name}/{file}" for file, at in full.items() if os.path.isfile(at) and not os.path.islink(at)]


def _not_named(folder: str, named: t.Container[str]) -> t.Iterator[Fault]:
    for name in sorted(os.listdir(folder)):
        if (_OF_THE_CHAIN.fullmatch(name) or RECORD.fullmatch(name)) and name not in named:
            yield Fault("NOT IN THE CHAIN", name, "no line names it: it was not added, or its line was removed")


@dataclasses.dataclass(frozen=True)
class _Signature:
    """What the signature shows: ``state`` as in `Verified`, who signed, why it was not checked, what is wrong."""

    state: str
    signer: str | None = None
    note: str = ""
    faults: tuple[Fault, ...] = ()


def _wrong(name: str, text: str, state: str = "checked") -> _Signature:
    return _Signature(state, faults=(Fault("SIGNATURE", name, text),))


def _signature(folder: str, data: bytes, signers: Signers) -> _Signature:
    """Check the signature by the tool that made it. Raises CannotCheckError where that was asked for and cannot be."""
    ssh, gpg = (os.path.lexists(os.path.join(folder, name)) for name in (SIGNATURE, GPG_SIGNATURE))
    asked = bool(signers.file or signers.principal)
    by_gpg = signers.of_gpg if signers.file else gpg and not ssh
    name = GPG_SIGNATURE if by_gpg else SIGNATURE
    if not (gpg if by_gpg else ssh):
        missing = _wrong(name, "expected a signature of the chain, found none", "not signed")
        return missing if asked else _Signature("not signed")
    path = os.path.join(folder, name)
    if os.path.islink(path) or not os.path.isfile(path):
        return _wrong(name, "it is a link, a folder or a device: expected a plain file")
    try:
        return _by_gpg(path, data, signers) if by_gpg else _by_ssh(path, data, signers)
    except CannotCheckError as error:
        if asked:
            raise
        return _Signature("not checked", note=str(error))


def _by_ssh(path: str, data: bytes, signers: Signers) -> _Signature:
    tool = _tool("ssh-keygen")
    if not signers.file:
        if signers.principal:
            raise CannotCheckError("The signature was not checked: --principal needs --allowed-signers.")
        if not _starts_with(path, b"-----BEGIN SSH SIGNATURE-----"):
            raise CannotCheckError(f"{SIGNATURE} was not made by ssh-keygen: check it with the program that made it.")
        code, said = _run([tool, "-Y", "check-novalidate", "-n", NAMESPACE, "-s", path], data)
        if code:
            return _wrong(SIGNATURE, f"it does not fit the chain: {_last(said)}")
        return _Signature("not checked", note="It fits the chain. Give --allowed-signers FILE to know who signed.")
    _refuse_a_name_that_is_not_there(signers, _names_of(signers.file))
    options = ["-Overify-time=" + signers.time] if signers.time else []
    name = signers.principal
    if name is None:
        code, said = _run([tool, "-Y", "find-principals", "-f", signers.file, "-s", path, *options], b"")
        name = said[0].split(",")[0] if said and not code else ""
    verifying = ["-Y", "verify", "-f", signers.file, "-n", NAMESPACE, "-s", path, "-I", name]
    code, said = _run([tool, *verifying, *options], data)
    if code:
        why = f"not valid for {name or 'any signer'}: {_last(said)}"
        return _wrong(SIGNATURE, why)
    return _Signature("checked", name)


def _starts_with(path: str, head: bytes) -> bool:
    with open(path, "rb") as file:
        return file.read(len(head)) == head


def _names_of(path: str) -> list[str]:
    """The patterns of names that a file in the format of ALLOWED SIGNERS has."""
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return [name for words in lines for name in words[0].strip('"').split(",")]


def _refuse_a_name_that_is_not_there(signers: Signers, names: t.Sequence[str]) -> None:
    wanted = signers.principal
    if wanted is not None and not any(fnmatch.fnmatchcase(wanted, name) for name in names):
        found = ", ".join(names[:10]) or "nobody"
        raise CannotCheckError(f"{wanted} may not sign: {signers.file} has {found}. Nothing was checked.")


def _by_gpg(path: str, data: bytes, signers: Signers) -> _Signature:
    """With a file of public keys these are all that may sign; without one, those of the user's own keyring."""
    tool = _tool("gpg")
    options = ["--batch", "--no-autostart", "--no-auto-key-retrieve", "--status-fd", "1"]
    if signers.time:
        options += ["--faked-system-time", f"{signers.time[:8]}T{signers.time[8:14]:0<6}!"]
    if not signers.file:
        return _by_keyring([tool, *options], path, data, signers)
    with tempfile.TemporaryDirectory(prefix="drdrill-") as home:
        options = ["--homedir", home, *options]
        _code, said = _run([tool, *options, "--import", signers.file], b"")
        if not any(line.startswith("[GNUPG:] IMPORT_OK") for line in said):
            raise CannotCheckError(f"{signers.file} has no public key that gpg can read: {_last(said)}.")
        _code, said = _run([tool, *options, "--with-colons", "--fingerprint", "--list-keys"], b"")
        fields = [line.split(":") for line in said if line.startswith(("uid:", "fpr:"))]
        _refuse_a_name_that_is_not_there(signers, [_address(each[9]) for each in fields])
        return _by_keyring([tool, *options], path, data, signers)


def _by_keyring(gpg: t.Sequence[str], path: str, data: bytes, signers: Signers) -> _Signature:
    _code, said = _run([*gpg, "--verify", path, "-"], data)
    words = [line.split(" ", 3)[1:] for line in said if line.startswith("[GNUPG:] ")]
    status = {each[0]: each[1:] for each in words}
    if "NO_PUBKEY" in status and not signers.file:
        key = status["NO_PUBKEY"][0]
        raise CannotCheckError(f"The key {key} is not in your keyring: import it, or give --allowed-signers FILE.")
    if "GOODSIG" not in status or "VALIDSIG" not in status:
        bad = ("BADSIG", "EXPKEYSIG", "REVKEYSIG", "EXPSIG", "NO_PUBKEY", "ERRSIG")
        why = next((" ".join([word, *status[word]]) for word in bad if word in status), _last(said))
        return _wrong(GPG_SIGNATURE, f"gpg says {why}")
    user = status["GOODSIG"][-1]
    prints = " ".join(status["VALIDSIG"]).split()
    names = [user, _address(user), prints[0], prints[-1]]
    if signers.principal and signers.principal.replace(" ", "") not in [each.replace(" ", "") for each in names]:
        return _wrong(GPG_SIGNATURE, f"expected one by {signers.principal}, found one by {user} ({prints[-1]})")
    return _Signature("checked", f"{user} ({prints[-1]})")


def _address(user: str) -> str:
    """The mail address of a user id of OpenPGP; all of it where it has none."""
    found = re.search(r"<([^<>]+)>$", user.strip())
    return found.group(1) if found else user.strip()


def _tool(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise CannotCheckError(f"The signature was not checked: {name} is not there.")
    return found


def _run(command: t.Sequence[str], data: bytes) -> tuple[int, list[str]]:
    """Exit code and output of a tool. Raises CannotCheckError where it gives no answer, or is too old to."""
    name = os.path.basename(command[0])
    try:
        done = subprocess.run(
            list(command), input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_SECONDS, check=False,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CannotCheckError(f"The signature was not checked: {name} gave no answer.") from None
    except OSError as error:
        raise CannotCheckError(f"The signature was not checked: {name}: {error.strerror}.") from None
    said = done.stdout.decode("utf-8", "replace").strip().splitlines()
    if done.returncode and any(_TOO_OLD.search(line) for line in said):
        raise CannotCheckError(f"The signature was not checked: {name} is too old: {said[0]}")
    return done.returncode, said


def _last(said: t.Sequence[str]) -> str:
    return said[-1] if said else "it said nothing"


def report(found: Verified) -> list[str]:
    """What the check says, a line for each fault, or one that says that all is well."""
    lines = [str(fault) for fault in found.faults]
    if found.ok:
        signed = f"signed by {found.signer}" if found.signer else found.signature.upper()
        lines.append(f"OK: {found.records} records, head {found.seq} {found.head}, {signed}")
    else:
        lines.append(f"{len(found.faults)} faults, {found.records} records, head {found.seq} {found.head}")
    if found.late:
        names = ", ".join(found.late[:5]) + (f" and {len(found.late) - 5} more" if len(found.late) > 5 else "")
        lines.append(f"NOTE: {len(found.late)} added after their drill: {names}")
    if found.unfinished:
        names = ", ".join(found.unfinished[:5])
        lines.append(f"NOTE: {len(found.unfinished)} journals of drills have no record here: {names}")
    if found.signature == "not checked":
        lines.append(f"NOTE: the chain is signed, but the signature was not checked. {found.note}")
    if found.signature == "not signed":
        lines.append(
            "NOTE: the chain is not signed. Only a head that was published earlier shows a chain written anew."
        )
    return [shown(line) for line in lines]


def _say(text: str) -> None:
    """Print, whatever the terminal's encoding is."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def main(arguments: t.Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="drdrill_verify.py", description="Checks a folder of drill records.")
    parser.add_argument("folder", help="the folder with the records and chain.jsonl")
    parser.add_argument(
        "--known-head", action="append", default=[], metavar="HASH", help="a head from an old ticket or report"
    )
    parser.add_argument(
        "--allowed-signers", metavar="FILE", help="who may sign: ALLOWED SIGNERS of ssh-keygen, or public keys of gpg"
    )
    parser.add_argument("--principal", metavar="NAME", help="who has to have signed; default: whoever the file names")
    parser.add_argument("--verify-time", metavar="YYYYMMDD[HHMM[SS]]", help="the time at which the key had to be valid")
    given = parser.parse_args(arguments)
    try:
        found = verify(given.folder, given.known_head, given.allowed_signers, given.principal, given.verify_time)
    except CannotCheckError as error:
        _say(shown(f"COULD NOT CHECK: {error}"))
        return 2
    except OSError as error:
        _say(shown(f"COULD NOT CHECK: {error.filename or given.folder}: {error.strerror or error}."))
        return 2
    _say("\n".join(report(found)))
    return 0 if found.ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
