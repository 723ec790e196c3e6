# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill's variables say of a NAS server: its clone's address, and which file systems are cloned. Pure."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError
from .._json import Json
from .._time import parse_time
from .._words import NAS_SERVER
from .drill import Drill
from .values import ExpectedError, a_bool, a_list, a_mapping, a_number, a_text, known_keys

KEYS = ("interface", "file_systems", "isolated")
_EXAMPLE: t.Final = "{ip_address: 192.0.2.20, prefix_length: 24}"
_INTERFACE = ("ip_address", "prefix_length", "gateway", "vlan_id", "ip_port_id")
_LONGEST_PREFIX: t.Final[t.Mapping[int, int]] = {4: 32, 6: 128}
_LAST_VLAN = 4094


@dataclass(frozen=True, slots=True)
class Nas:
    """How a NAS server is tested: by a clone with an interface of its own."""

    interface: Json  # ip_address, prefix_length, and as given gateway, vlan_id, ip_port_id
    file_systems: tuple[str, ...] = ()  # names or ids; none: all
    isolated: bool = False  # whether the user says that no production network is reached from it

    def as_options(self) -> Json:
        """As the module takes it beside the selector."""
        return {
            "interface": dict(self.interface),
            **({"file_systems": list(self.file_systems)} if self.file_systems else {}),
            **({"isolated": True} if self.isolated else {}),
        }


def is_nas(session: Json) -> bool:
    """Whether a session replicates a NAS server."""
    return session.get("resource_type") == NAS_SERVER


def selector_of(session: Json) -> Json:
    """How the modules are asked for a session that was read: of a NAS server, for it and its DR-test clones."""
    if is_nas(session) and session.get("resource_id"):
        return {NAS_SERVER: session["resource_id"]}
    return {"session_id": session["session_id"]}


def with_clones_of(drill: Drill, later: Json) -> Json:
    """What was read of the sessions after a drill; of NAS servers, only with the clones that are the drill's own.

    The flag is what these clones say: that of the array has no meaning for a NAS server. The one that the start's
    result names is the drill's. Where no result names it, every clone counts that is not known to be older than the
    drill, as the preflight found none.
    """
    sessions = [_with_own(drill, each) if is_nas(each) else each for each in later.get("sessions") or ()]
    return {**later, "sessions": sessions} if "sessions" in later else later


def _with_own(drill: Drill, session: Json) -> Json:
    clones = session.get("dr_test_clones")
    if clones is None:
        return session
    mine = [entry for entry in drill.started if entry.get("session_id") == session.get("session_id")]
    ids = {(entry.get("clone") or {}).get("id") for entry in mine} - {None}
    began = parse_time(((drill.before or {}).get("cluster") or {}).get("system_time"))

    def is_own(clone: Json) -> bool:
        if ids:
            return clone.get("id") in ids
        made = parse_time(clone.get("started_at"))
        return made is None or began is None or made >= began

    own = [clone for clone in clones if is_own(clone)]
    return {**session, "dr_test_clones": own, "failover_test_in_progress": bool(own)}


def nas_of(entry: Json, where: str, by: str) -> Nas | None:
    """What an entry of the sessions says of its NAS server; None where it selects something else.

    Raises InvalidInputError for a NAS server without an interface, which nobody could check, and for what has no
    meaning for the resource that is selected.
    """
    given = [key for key in KEYS if entry.get(key) is not None]
    if by != NAS_SERVER:
        if given:
            raise InvalidInputError(f"{where}.{given[0]} is only for nas_server: expected none beside {by}.")
        return None
    if entry.get("snapshot") is not None:
        raise InvalidInputError(
            f"{where}.snapshot is not for nas_server: its DR test is a clone of what was last synchronised."
        )
    if entry.get("interface") is None:
        raise InvalidInputError(
            f"{where} names a NAS server without interface: expected the address that its DR-test clone gets, such as "
            f"{_EXAMPLE}, on a network that is isolated from production."
        )
    file_systems = a_list(entry.get("file_systems"), f"{where}.file_systems", "[home, projects]")
    names = tuple(a_text(each, f"{where}.file_systems[{n}]") for n, each in enumerate(file_systems))
    if len({name.casefold() for name in names}) < len(names):
        raise ExpectedError(f"{where}.file_systems", "each file system once", file_systems)
    return Nas(
        _interface(entry["interface"], f"{where}.interface"),
        names,
        a_bool(entry.get("isolated") or False, f"{where}.isolated"),
    )


def each_its_own_address(asked: t.Iterable[Nas | None]) -> None:
    """Raises InvalidInputError where two clones would have one address in one network: they are there together."""
    seen: set[tuple[object, ...]] = set()
    for nas in asked:
        if nas is None:
            continue
        place = (nas.interface["ip_address"], nas.interface.get("vlan_id") or 0, nas.interface.get("ip_port_id"))
        if place in seen:
            raise InvalidInputError(
                f"failover_drill_sessions give the address {place[0]} to more than one DR-test clone: expected one "
                "address for each NAS server, or networks of their own by vlan_id or ip_port_id."
            )
        seen.add(place)


def _interface(value: object, where: str) -> Json:
    given = {key: each for key, each in a_mapping(value, where, _EXAMPLE).items() if each is not None}
    known_keys(given, where, _INTERFACE)
    address = _address(given.get("ip_address"), f"{where}.ip_address")
    longest = _LONGEST_PREFIX[address.version]
    prefix = a_number(given.get("prefix_length"), f"{where}.prefix_length", lowest=1, highest=longest)
    found: Json = {"ip_address": str(address), "prefix_length": prefix}
    if given.get("gateway"):
        gateway = _address(given["gateway"], f"{where}.gateway")
        network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
        if gateway not in network or gateway == address:
            raise ExpectedError(f"{where}.gateway", f"another address in {network}", str(gateway))
        found["gateway"] = str(gateway)
    if "vlan_id" in given:
        found["vlan_id"] = a_number(given["vlan_id"], f"{where}.vlan_id", lowest=0, highest=_LAST_VLAN)
    if given.get("ip_port_id"):
        found["ip_port_id"] = a_text(given["ip_port_id"], f"{where}.ip_port_id")
    return found


def _address(value: object, where: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    text = a_text(value, where)
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise ExpectedError(where, "an IP address", text) from error
    if address.is_unspecified or address.is_multicast:
        raise ExpectedError(where, "the address of one interface", text)
    return address
