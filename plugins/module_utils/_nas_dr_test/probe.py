# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an address answers on this computer's networks: a few TCP connections side by side, within two seconds.

Each answer counts, also a refusal (RST): something there has the address. Nothing is sent over a connection. Silence
proves nothing of other networks, so it allows, and only an answer refuses.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import time
import typing as t

PORTS: t.Final = (2049, 445, 111, 22, 443)  # NFS, SMB, rpcbind, SSH, HTTPS
WITHIN: t.Final = 2.0  # seconds for all of them
_MOST = 100  # connections at once
_ANSWERED: t.Final = (0, errno.ECONNREFUSED, errno.EISCONN)
_UNDER_WAY: t.Final = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY)


def answering(addresses: t.Iterable[str], ports: t.Sequence[int] = PORTS, within: float = WITHIN) -> dict[str, int]:
    """The addresses that answer, each with the port on which it did. Nothing is raised: what cannot be asked is silent.

    ``within``: seconds for each hundred connections.
    """
    wanted = [(address, port) for address in dict.fromkeys(addresses) for port in ports]
    found: dict[str, int] = {}
    for first in range(0, len(wanted), _MOST):
        found |= _ask(wanted[first : first + _MOST], within)
    return found


def _ask(wanted: t.Sequence[tuple[str, int]], within: float) -> dict[str, int]:
    found: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for address, port in wanted:
            with contextlib.suppress(OSError):
                one = stack.enter_context(_socket_for(address))
                code = one.connect_ex((address, port))
                if code in _UNDER_WAY:
                    selector.register(one, selectors.EVENT_WRITE, (address, port))
                elif code in _ANSWERED:
                    found.setdefault(address, port)
        for address, port in _answers(selector, time.monotonic() + within):
            found.setdefault(address, port)
    return found


def _socket_for(address: str) -> socket.socket:
    one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    one.setblocking(False)
    return one


def _answers(selector: selectors.BaseSelector, end: float) -> t.Iterator[tuple[str, int]]:
    """What answers of the connections under way, until none is left or it is ``end`` on the monotonic clock."""
    while selector.get_map() and (left := end - time.monotonic()) > 0:
        for key, _events in selector.select(left):
            selector.unregister(key.fileobj)
            code = t.cast(socket.socket, key.fileobj).getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code in _ANSWERED:
                address, port = key.data
                yield address, port
