# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an address answers: an open port, a refusal, silence; always within its time."""

from __future__ import annotations

import socket
import time

from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_dr_test.probe import answering

SILENT = "192.0.2.20"  # documentation network (RFC 5737): nothing is there


def test_an_open_port_and_a_refusal_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert answering(["127.0.0.1"], [port]) == {"127.0.0.1": port}
    assert answering(["127.0.0.1"], [port]) == {"127.0.0.1": port}  # nobody listens any more: refused, so it is there


def test_silence_takes_its_time_and_no_more() -> None:
    began = time.monotonic()
    assert answering([SILENT, "127.0.0.1"], [2049, 445], within=0.5).keys() <= {"127.0.0.1"}
    assert time.monotonic() - began < 20
    assert answering([]) == {}


def test_what_cannot_be_asked_is_silent() -> None:
    assert answering(["no address"], [445], within=0.2) == {}
