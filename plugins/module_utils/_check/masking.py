# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a check may be shown: secrets masked, control characters taken out, the last 4 KiB. Pure."""

from __future__ import annotations

import base64
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from .options import Check, Command, Http

MASK: t.Final = "********"
HIDDEN: t.Final = "hidden by no_log"
TAIL_BYTES: t.Final = 4096
# Characters: far more than is shown, so that a secret before the end is whole when it is masked.
_LOOKED_AT: t.Final = 32768
# A shorter text is found in too much that is no secret.
_SHORTEST: t.Final = 4
_GIVEN_AWAY_BY: t.Final = (
    r"pass(?:word|wd|phrase|code)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|credentials?|authorization|cookie|signature|bearer"
)
# What repeats has a bound everywhere: the text is somebody else's output, and must not take minutes.
_ASSIGNED: t.Final = re.compile(
    rf"(?i)(?:{_GIVEN_AWAY_BY})[\w.-]{{0,64}}[\"']?\s{{0,8}}(?:=|:(?!/))\s{{0,8}}(?:(?:basic|bearer)\s{{1,8}})?"
    r"(\"[^\"]{1,512}\"|'[^']{1,512}'|[^\s\"'&;,]{1,512})"
)
_SECRET_OPTION: t.Final = re.compile(rf"(?i)(?!--?no-)--?[\w.-]*(?:{_GIVEN_AWAY_BY})[\w.-]*")
_SECRET_HEADER: t.Final = re.compile(rf"(?is)([\w-]*(?:{_GIVEN_AWAY_BY}|auth)[\w-]*:\s*)(\S.*)")
_USER_AND_PASSWORD: t.Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,20}://[^/\s:@]{0,256}:([^/\s]{1,512})(?=@)")
_USER_OPTIONS: t.Final = ("-u", "--user", "-U", "--proxy-user")
_PASSWORD_IN_OPTION: t.Final = re.compile(r"mysql.*|mariadb.*|sshpass")
_ESCAPE: t.Final = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)|[@-Z\\-_])")
# All but line feed and tab, and what turns the direction of writing round.
_CONTROL: t.Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Masking:
    """The secrets of one check, and whether all of it is one."""

    secrets: frozenset[str]
    all_of_it: bool

    def shown(self, text: str) -> str:
        """The text as it may be shown in one piece."""
        return HIDDEN if self.all_of_it else self._clean(text)

    def tail(self, text: str) -> str:
        """The end of an output, at most 4 KiB in UTF-8. It is masked before it is cut, so that no half is left."""
        if self.all_of_it:
            return ""
        return self._clean(text[-_LOOKED_AT:]).encode("utf-8")[-TAIL_BYTES:].decode("utf-8", "ignore")

    def whole(self, text: str) -> str:
        """All of an output."""
        return "" if self.all_of_it else self._clean(text)

    def _clean(self, text: str) -> str:
        return self.without_secrets(_CONTROL.sub("", _ESCAPE.sub("", text.replace("\r\n", "\n"))))

    def without_secrets(self, text: str) -> str:
        """A text with its secrets masked, and everything else as it is."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return masked_text(text)[0]


def masking_of(check: Check) -> Masking:
    """What must not be seen of a check: passwords in a URL or among the words of a command, headers, environment."""
    probe, secrets = check.probe, set()
    if isinstance(probe, Http):
        values = probe.headers.values()
        secrets |= masked_text(probe.url)[1] | set(values) | {part for value in values for part in value.split()[1:]}
        secrets |= set(filter(None, [user_and_password(probe.url)]))
    if isinstance(probe, Command):
        secrets |= masked_argv(probe.argv)[1] | set(probe.environment.values())
    return Masking(frozenset(_all_forms(secrets)), check.no_log)


def _all_forms(secrets: t.Iterable[str]) -> t.Iterator[str]:
    """Each secret that is long enough to be one, as it is, percent-encoded, decoded, and line by line."""
    for secret in secrets:
        for form in (secret, quote(secret, safe=""), unquote(secret), *secret.splitlines()):
            if len(form.strip()) >= _SHORTEST:
                yield form.strip()


def user_and_password(url: str) -> str | None:
    """The name and password in a URL as HTTP's basic authentication sends them; None where there are none."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return base64.b64encode(pair.encode("utf-8")).decode("ascii")


def masked_text(text: str) -> tuple[str, set[str]]:
    """A text with the passwords masked that are recognised by what is before them, and those passwords."""
    secrets: set[str] = set()

    def mask(match: t.Match[str]) -> str:
        secret = match[1].strip("\"'")
        if MASK in secret:
            return match[0]
        secrets.add(secret)
        return match[0][: match.start(1) - match.start()] + MASK

    return _ASSIGNED.sub(mask, _USER_AND_PASSWORD.sub(mask, text)), secrets


def masked_argv(argv: t.Sequence[str]) -> tuple[list[str], set[str]]:
    """The words of a command with those masked that are secrets by their option or name, and the secrets."""
    words: list[str] = []
    secrets: set[str] = set()
    program = argv[0].rsplit("/", 1)[-1]
    for number, word in enumerate(argv):
        before = argv[number - 1] if number else ""
        found = _secret_in(program, before, word) if number else ""
        if found:
            secrets.add(found)
            words.append(word[: len(word) - len(found)] + MASK)
        else:
            masked, inside = masked_text(word)
            secrets |= inside
            words.append(masked)
    return words, secrets


def _secret_in(program: str, before: str, word: str) -> str:
    """The end of a word that is a secret by the word before it, or by its own beginning; empty where there is none."""
    if _SECRET_OPTION.fullmatch(before):
        return word
    if before in _USER_OPTIONS and ":" in word:
        return word.partition(":")[2]
    if _PASSWORD_IN_OPTION.fullmatch(program) and word.startswith("-p"):
        return word[2:]
    header = _SECRET_HEADER.fullmatch(word)
    return header[2] if header else ""
