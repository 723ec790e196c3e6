# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task asks for: which NAS servers, what of them is cloned, and the interface that each clone gets. Pure."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from .._array.session import Row, Selector
from .._errors import InvalidInputError
from .._json import Json
from .._nas_tests.mark import label_of
from .._words import NAS_SERVER

CLONE = "clone_id"
OWN, ALL = "own", "all"  # which DR-test clones of a NAS server a stop removes
_BY = (NAS_SERVER, "session_id")
_LAST_VLAN = 4094


@dataclass(frozen=True, slots=True)
class Interface:
    """The file interface of a clone; addresses as Python writes them."""

    ip_address: str
    prefix_length: int
    gateway: str | None = None
    vlan_id: int | None = None
    ip_port_id: str | None = None

    @classmethod
    def from_option(cls, given: Row, where: str) -> Interface:
        """Raises InvalidInputError for what is no address, or does not fit together."""
        address = _address(given.get("ip_address"), f"{where}.ip_address")
        longest = address.max_prefixlen
        prefix = given.get("prefix_length")
        if prefix is None or not 1 <= prefix <= longest:
            raise InvalidInputError(f"{where}.prefix_length is {prefix}: expected 1 to {longest} for {address}.")
        gateway = given.get("gateway")
        if gateway is not None:
            network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
            gateway = _address(gateway, f"{where}.gateway")
            if gateway not in network or gateway == address:
                raise InvalidInputError(f"{where}.gateway is {gateway}: expected another address in {network}.")
        vlan = given.get("vlan_id")
        if vlan is not None and not 0 <= vlan <= _LAST_VLAN:
            raise InvalidInputError(f"{where}.vlan_id is {vlan}: expected 0 (none) to {_LAST_VLAN}.")
        port = given.get("ip_port_id")
        return cls(str(address), prefix, str(gateway) if gateway is not None else None, vlan, port or None)

    def as_body(self, server_id: str) -> Json:
        """The body of ``POST /file_interface``; what is not given is left out, as the array has its defaults."""
        given = {
            "gateway": self.gateway,
            "vlan_id": self.vlan_id,
            "ip_port_id": self.ip_port_id,
        }
        body: Json = {"nas_server_id": server_id, "ip_address": self.ip_address, "prefix_length": self.prefix_length}
        return {**body, **{name: value for name, value in given.items() if value is not None}}


def same_address(one: str | None, other: str | None) -> bool:
    """Whether two texts are one IP address; IPv6 can be written in more than one way."""
    if not one or not other:
        return False
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return one == other


def _address(text: object, where: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        address = ipaddress.ip_address(str(text).strip())
    except ValueError as error:
        raise InvalidInputError(f"{where} is '{text}': expected an IP address such as 192.0.2.20.") from error
    if address.is_unspecified or address.is_multicast:
        raise InvalidInputError(f"{where} is {address}: expected the address of one interface.")
    return address


@dataclass(frozen=True, slots=True)
class Wish:
    """One NAS server of a task. ``file_systems``: names or ids, None for all."""

    selector: Selector  # by nas_server, session_id, or clone_id
    clone_id: str | None = None
    file_systems: tuple[str, ...] | None = None
    interface: Interface | None = None
    isolated: bool = False


def wishes_from_params(params: Row) -> tuple[Wish, ...]:
    """The NAS servers that a module's options ask for, in their order. Raises InvalidInputError."""
    entries = params.get("nas_servers")
    if entries is not None and not entries:
        raise InvalidInputError(
            "nas_servers is an empty list: expected at least one entry with nas_server, session_id or clone_id. "
            "Nothing was asked of the array."
        )
    named = [(params, "the task")] if entries is None else [(e, f"nas_servers[{n}]") for n, e in enumerate(entries)]
    wishes = tuple(_wish(entry, where, params) for entry, where in named)
    _refuse_one_address_twice(wishes)
    return wishes


def _wish(entry: Row, where: str, params: Row) -> Wish:
    running = params["state"] == "started"
    clone_id = _text(entry, CLONE, where)
    by = next((by for by in _BY if entry.get(by) is not None), None)
    if running and clone_id is not None:
        raise InvalidInputError(
            f"{where} has clone_id, which names the clone that is to be removed: leave it out of a start."
        )
    if by is None and clone_id is None:
        raise InvalidInputError(f"{where} names no NAS server: expected nas_server or session_id, found none or null.")
    selector = Selector(by, _text(entry, by, where) or "") if by else Selector(CLONE, clone_id or "")
    interface, files = entry.get("interface"), entry.get("file_systems")
    prefix = "" if where == "the task" else f"{where}."
    if files is not None and (not files or len({each.casefold() for each in files}) < len(files)):
        raise InvalidInputError(f"{prefix}file_systems is {files}: expected names or ids, each once. None means all.")
    isolated = entry.get("isolated")
    return Wish(
        selector,
        clone_id,
        tuple(files) if files is not None and running else None,
        Interface.from_option(interface, f"{prefix}interface") if interface is not None and running else None,
        bool(params.get("isolated")) if isolated is None else isolated,
    )


def _text(entry: Row, name: str, where: str) -> str | None:
    value = entry.get(name)
    if value is not None and not str(value).strip():
        raise InvalidInputError(f"{name} of {where} is empty: expected a name or an id. Leave the option out instead.")
    return None if value is None else str(value)


def _refuse_one_address_twice(wishes: t.Sequence[Wish]) -> None:
    seen: set[tuple[str, int, str | None]] = set()
    for wish in wishes:
        if wish.interface is None:
            continue
        own = (wish.interface.ip_address, wish.interface.vlan_id or 0, wish.interface.ip_port_id)
        if own in seen:
            raise InvalidInputError(
                f"The address {wish.interface.ip_address} is given to more than one clone of this task: expected one "
                "address for each."
            )
        seen.add(own)


def label_from_params(params: Row) -> str:
    """Whose the clones of this task are: the option ``label``, else the account. Raises InvalidInputError."""
    label = params.get("label")
    if label is not None and not label.strip():
        raise InvalidInputError("label is empty: expected a word such as a drill's id. Leave the option out instead.")
    return label if label is not None else label_of(str(params["username"]))
