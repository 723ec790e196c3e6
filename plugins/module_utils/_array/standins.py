# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins for names, addresses and secrets in what is recorded of an array. Pure.

What is kept is listed here; a text of which nothing is known is replaced. So an attribute that no description has, or a
message in words of its own, shows no name. A word of the API's description stays where it is no name by its place: as
an attribute, as a state, in a sentence. Every array says it, so nobody learns from it how a volume is called.

The same text has the same stand-in wherever it occurs, in all recordings made with one key, so that what belongs
together can still be seen. Who does not have the key cannot find out names by trying them.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import ipaddress
import json
import re
import typing as t
from urllib.parse import quote, unquote

from .._json import Json
from .plain_words import PLAIN_WORDS

SECRET: t.Final = "***"  # noqa: S105  # stands for every secret

_SECRET_KEY = re.compile(
    r"passw|pwd|passphrase|secret|token|credential|cookie|authorization|community|(private|access|api|encryption)_?key",
    re.I,
)
# Attributes whose values are words of the API's description, times, versions or codes.
_PLAIN_KEYS: t.Final = frozenset({
    "state", "role", "type", "resource_type", "resource_action", "phase", "severity", "code", "rpo", "mode",
    "app_type", "node_affinity", "version", "managed_by", "data_transfer_state", "data_connection_state",
    "data_connection_type", "file_connection_state", "local_resource_state", "previous_state", "creator_type",
    "response_type", "response_status", "event_code", "error_code", "message_code", "release_version",
    "build_version", "storage_element_type", "os_type", "placement_rule", "user_type", "operational_status",
    "filesystem_type", "access_type", "config_type", "capabilities", "role_ids", "step_order",
    "compatibility_level", "storage_type",
})  # fmt: skip
_PLAIN_ENDINGS: t.Final = ("_timestamp", "_time", "_state", "_type", "_status")
_PLAIN_VALUE = re.compile(r"[\w .:+/,-]{0,80}", re.ASCII)
# Of these the id is a person's name, or identifies the array to its maker.
_NAMING_IDS: t.Final = frozenset({"user_id", "global_id", "domain_id"})
# A number is an id, but it may be a person's name, too: which it is, its attribute says.
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,20}|[A-Z]\d{1,3}", re.I | re.ASCII)
_NEUTRAL = re.compile(
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|0x[0-9a-f]+|\d{4}-\d\d-\d\d[T ][\d:.]+(Z|[+-]\d\d:?\d\d)?|true|false"
    r"|null|failover_test_STOPPED_[\d:.TZ_+-]*",
    re.I | re.ASCII,
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?%?", re.ASCII)
_WWN = re.compile(r"(naa\.|nguid\.|eui\.|nqn\.|iqn\.)?[0-9a-f]{16,40}", re.I | re.ASCII)
# Words of the API's description that messages contain.
_VOCABULARY: t.Final = frozenset({
    "OK", "Error", "Deleting", "Failed_Over", "Failing_Over", "Failing_Over_For_DR", "Fractured", "Initializing",
    "Modify_Role_In_Progress", "Partial_Failed_Back", "Partial_Failed_Over", "Partial_OK", "Partial_Paused",
    "Partial_Reprotected", "Paused", "Paused_For_Migration", "Paused_For_NDU", "Pausing", "Reprotecting",
    "Resuming", "Switching_To_Metro_Sync", "Switching_To_Synchronous", "Synchronizing", "System_Paused", "Source",
    "Destination", "Metro_Preferred", "Metro_Non_Preferred", "Asynchronous", "Synchronous", "Metro_Active_Active",
    "REST", "JSON", "GET", "POST", "PATCH", "DELETE", "HTTP", "HTTPS", "TLS", "SSL", "PowerStoreOS", "PowerStore",
    "Snapshot", "Primary", "Clone", "System", "User", "Scheduler", "volume_group", "replication_session",
    "replication_group", "nas_server", "file_system", "replication_rule", "remote_system", "start_failover_test",
    "stop_failover_test", "failover_test_in_progress", "snapshot_id", "use_test_copy", "is_async", "DELL-EMC-TOKEN",
    "I", "ID", "NAS", "DR", "DR-test", "RPO", "API", "CA", "DNS", "LDAP", "NTP",
})  # fmt: skip
_KEPT_PARAMETERS: t.Final = frozenset({"select", "order", "limit", "offset", "is_async"})
_GROUPS: t.Final = frozenset({"or", "and", "not.or", "not.and"})
_CONDITION = re.compile(r"((?:not\.)?[a-z]+)\.(.*)", re.DOTALL)
_IN_GROUP = re.compile(r"([\w>-]+)\.((?:not\.)?[a-z]+)\.([^,()]*)")
_QUOTED = re.compile(r"(?<![\w])'([^']*)'|\"([^\"]*)\"")
_WORD = re.compile(r"[^\s,;:!?()\[\]{}'\"<>=]+")
_CAPITALISED = re.compile(r"[A-Z][a-z]{0,23}")
# Addresses with colons: IPv6, hardware addresses, WWNs. A time is none.
_COLONS = re.compile(
    r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?:%\w+)?(?![\w:])", re.I
)
_CLOCK = re.compile(r"\d{1,2}:\d\d:\d\d|:*")
_REMEMBERED = 1000  # sentences
_KEY_OF_JSON = re.compile(r"\w{1,80}", re.ASCII)


class StandIns:
    """What is shown of texts. Not for several threads at once."""

    def __init__(self, key: bytes, known: t.Iterable[str] = (), *, keep: bool = False) -> None:
        """``known``: names that are known before anything is read. ``keep``: names are shown, secrets are not."""
        self.keep = keep
        self.replaced: dict[str, str] = {}  # stand-in -> what kind of text it stands for
        self._key = key
        self._names: dict[str, str] = {}  # text -> stand-in
        self._folded: dict[str, str] = {}  # the same of names, without regard to case
        self._spaced: list[str] = []  # names of several words
        self._ordinary: set[str] = set()  # plain words that are no names
        self._texts: dict[str, str] = {}
        self._attributes: set[str] = set()  # whose names are those of a description
        self._rules: dict[str, t.Callable[[str], str] | None] = {}
        for name in known:
            self._learn(name)

    # Names

    def name(self, text: str) -> str:
        """The stand-in of a name or an address; what names nothing (a UUID, a time, a code) stays."""
        made = self._names.get(text)
        if made is None:
            neutral = self.keep or text in _VOCABULARY or _NEUTRAL.fullmatch(text)
            made = text if neutral else self._learn(text)
            self._names[text] = made
        return made

    def _named(self, text: str) -> str:
        """The value of an attribute that holds a name, also where it is a word of the API's description."""
        return self._learn(text) if text in _VOCABULARY and not self.keep else self.name(text)

    def identity(self, text: str) -> str:
        """An id stays, one that may be a name does not."""
        return text if _ID.fullmatch(text) else self.name(text)

    def _learn(self, text: str) -> str:
        # The array compares names without regard to case, so those that differ in nothing else are one.
        digest = hmac.new(self._key, text.casefold().encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        if wwn := _WWN.fullmatch(text):
            prefix = wwn[1] or ""
            kind, made = "identifier", prefix + digest[: len(text) - len(prefix)]
        elif _is_address(text):
            kind, made = "address", f"address-{digest[:10]}"
        else:
            kind = "text" if " " in text.strip() else "name"
            made = f"{kind}-{digest[:10]}"
        if self.keep:
            return text
        self._texts.clear()  # it may have been taken for a plain word
        folded = text.casefold()
        self._ordinary.discard(folded)
        if kind == "text" and folded not in self._folded:
            self._spaced.append(folded)
        self.replaced[made] = kind
        self._names[text] = self._folded[folded] = made
        return made

    # JSON

    def json(self, value: t.Any, key: str = "") -> t.Any:
        """Decoded JSON with stand-ins; ``key``: the attribute that it is the value of."""
        if isinstance(value, str):
            return self._text_of(key, value)
        if isinstance(value, dict):
            if key and _is_secret(key):
                return SECRET
            if isinstance(value.get("message_l10n"), str) and "arguments" in value:
                return self._message(value)
            return {self._attribute(name): self.json(entry, name) for name, entry in value.items()}
        if isinstance(value, list):
            return [self.json(entry, key) for entry in value]
        return value

    def _attribute(self, name: str) -> str:
        if name in self._attributes:
            return name
        if self.keep or _KEY_OF_JSON.fullmatch(name):
            self._attributes.add(name)
            return name
        return self.name(name)

    def _text_of(self, key: str, value: str) -> str:
        try:
            rule = self._rules[key]
        except KeyError:
            rule = self._rules[key] = self._rule(key)
        return value if rule is None else rule(value)

    def _rule(self, key: str) -> t.Callable[[str], str] | None:
        """What is done with the texts of an attribute; None: they stay."""
        if _is_secret(key):
            return lambda _value: SECRET
        if self.keep:
            return self._kept
        base = key.removesuffix("_l10n")
        if base in _PLAIN_KEYS or base.endswith(_PLAIN_ENDINGS):
            return self._plain
        if key in ("message_l10n", "message", "messages"):
            return self.text
        if key == "name" or key.endswith("_name"):
            return self._named
        is_id = key == "id" or key.endswith(("_id", "_ids"))
        return self.identity if is_id and key not in _NAMING_IDS else self.name

    def _kept(self, value: str) -> str:
        """A text that stays, but for secrets where it is JSON itself."""
        if value[:1] not in ("{", "["):
            return value
        try:
            decoded = json.loads(value)
        except (ValueError, RecursionError):
            return value
        made = self.json(decoded)
        return value if made == decoded else json.dumps(made)

    def _plain(self, value: str) -> str:
        """A word of the description, a time or a version stays."""
        return value if value in _VOCABULARY or _PLAIN_VALUE.fullmatch(value) else self.name(value)

    def _message(self, message: Json) -> Json:
        """One of the array's messages: its arguments may be names, which its text repeats."""
        arguments = message["arguments"] if isinstance(message["arguments"], list) else []
        text = message["message_l10n"]
        if not self.keep:
            for argument in sorted((a for a in arguments if isinstance(a, str) and a), key=len, reverse=True):
                text = text.replace(argument, self.name(argument))
        rest = {name: self.json(value, name) for name, value in message.items() if name != "message_l10n"}
        return {**rest, "message_l10n": self.text(text)}

    def text(self, text: str) -> str:
        """A sentence: plain words, ids, numbers and words of the API's description stay, everything else does not."""
        if self.keep:
            return text
        said = text
        made = self._texts.get(said)
        if made is None:
            folded = text.casefold()
            for name in self._spaced:
                if name in folded:
                    text = re.sub(re.escape(name), self._folded[name], text, flags=re.IGNORECASE)
            text = _COLONS.sub(lambda found: found[0] if _CLOCK.fullmatch(found[0]) else self.name(found[0]), text)
            quoted = _QUOTED.sub(lambda found: f"'{self.name(found[1] or found[2] or '')}'", text)
            made = _WORD.sub(lambda found: self._word(found, quoted), quoted)
            if len(self._texts) < _REMEMBERED:
                self._texts[said] = made
        return made

    def _word(self, found: re.Match[str], text: str) -> str:
        word = found[0]
        if word in self._ordinary:  # most are
            return word
        if word in PLAIN_WORDS and word not in self._folded:
            self._ordinary.add(word)
            return word
        word = word.rstrip(".…")
        rest = found[0][len(word) :]
        before = text[: found.start()].rstrip()
        begins = not before or before[-1] in ".!?:"
        folded = word.casefold()
        if word in self.replaced or word in _VOCABULARY:
            return found[0]
        if folded not in self._folded and (
            _NUMBER.fullmatch(word)
            or word in PLAIN_WORDS
            or (begins and _CAPITALISED.fullmatch(word) and folded in PLAIN_WORDS)
        ):
            return found[0]
        return self.name(word) + rest

    # URLs

    def path(self, path: str) -> str:
        """A path below /api/rest: ``/volume/name:erp`` has a name, ``/replication_session/ID/sync`` has none."""
        parts = path.split("/")
        if len(parts) > 2:
            parts[2] = quote(self._key_of_path(unquote(parts[2])), safe=":")
        return "/".join(parts)

    def _key_of_path(self, key: str) -> str:
        prefix, sign, name = key.partition(":")
        return f"name:{self.name(name)}" if sign and prefix == "name" else self.identity(key)

    def query(self, query: t.Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """The parameters of a query: the values of its filters are replaced as those of the attributes are."""
        return [(name, self._parameter(name, value)) for name, value in query]

    def _parameter(self, name: str, value: str) -> str:
        if name in _KEPT_PARAMETERS or self.keep:
            return value
        if name in _GROUPS:
            return _IN_GROUP.sub(lambda found: f"{found[1]}.{found[2]}.{self._operand(found[1], found[3])}", value)
        condition = _CONDITION.fullmatch(value)
        if condition is None:
            return self.name(value)
        operator, operand = condition.groups()
        if operand.startswith("(") and operand.endswith(")"):
            return f"{operator}.({','.join(self._operand(name, each) for each in operand[1:-1].split(','))})"
        return f"{operator}.{self._operand(name, operand)}"

    def _operand(self, name: str, operand: str) -> str:
        bare = operand.strip("*")
        return operand.replace(bare, self._text_of(name.rpartition(">")[2], bare)) if bare else operand


@functools.lru_cache(4096)
def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _is_address(text: str) -> bool:
    if "." not in text and ":" not in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return "." in text.strip(".") and re.fullmatch(r"[A-Za-z0-9.-]+", text) is not None
    return True
