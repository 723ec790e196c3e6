# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies that answer for the array, odd rows, short pages, and answers without an end."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
import requests

from tests.lab.simulator import Simulator

from .conftest import Client

STOP = "/replication_session/{id}/stop_failover_test"
REFUSAL = {"messages": [{"code": "0xE02010050042", "severity": "Error", "message_l10n": "No.", "arguments": []}]}


def start_path(sim: Simulator) -> str:
    return f"/replication_session/{sim.dr.session('erp-data').id}/start_failover_test"


@pytest.mark.parametrize("status", [101, 199, 201, 206, 299, 301, 302, 304, 307, 399, 401, 408, 418, 499, 502, 599])
@pytest.mark.parametrize("body", [None, "<html>a proxy speaks</html>"])
def test_a_proxy_delivers_the_post_and_answers_for_the_array(
    sim: Simulator, dr: Client, status: int, body: str | None
) -> None:
    sim.faults.add(action="answer", method="POST", status=status, body=body, executed=True, count=1)
    answer = dr.send("POST", start_path(sim), json={}, allow_redirects=False)
    assert answer.status_code == status
    bare = body is None or status < 200 or status == 304
    assert answer.text == ("" if bare else body)
    assert len(sim.dr.executed("start_failover_test")) == 1
    assert len(dr.get("/replication_session")) == 5  # the connection is still good


def test_a_continue_is_followed_by_nothing(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="answer", method="POST", status=100, executed=True)
    with pytest.raises(requests.Timeout):
        dr.http.post(f"{dr.array.url}{start_path(sim)}", headers={"DELL-EMC-TOKEN": dr.token}, timeout=0.5)
    assert len(sim.dr.executed("start_failover_test")) == 1


def test_a_post_is_delivered_twice(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="twice", method="POST", count=1)
    answer = dr.post(start_path(sim), {})
    assert (answer.status_code, answer.json()["messages"][0]["code"]) == (422, "0xE02010050025")
    assert len(sim.dr.executed("start_failover_test")) == 1


def test_a_refusal_that_depends_on_the_body(sim: Simulator, dr: Client) -> None:
    sim.dr.start_failover_test("erp-data")
    when = {"create_end_of_test_snapshot": True}
    sim.faults.add(action="answer", method="POST", path=STOP, status=422, body=REFUSAL, when=when)
    stop = start_path(sim).replace("start", "stop")
    assert dr.post(stop, when).status_code == 422
    assert dr.post(stop, {"create_end_of_test_snapshot": False}).status_code == 204


@pytest.mark.parametrize(
    ("attribute", "row", "fault", "found"),
    [
        ("name", 0, {"value": "\ud800"}, ["\ud800", "old"]),
        ("name", None, {"value": None}, [None, None]),
        ("name", 1, {}, ["erp-data", "gone"]),
        ("name.0.x", 0, {"value": 1}, ["erp-data", "old"]),
    ],
)
def test_an_odd_row(
    sim: Simulator, dr: Client, attribute: str, row: int | None, fault: dict[str, Any], found: list[str | None]
) -> None:
    sim.faults.add({"action": "odd_row", "path": "/volume*", "attribute": attribute, "row": row, **fault})
    wanted = {"name": "in.(erp-data,old)", "select": "name", "order": "name"}
    answer = json.loads(dr.send("GET", "/volume", params=wanted).content)
    assert [each.get("name", "gone") for each in answer] == found


def test_an_odd_value_inside_a_row(sim: Simulator, dr: Client) -> None:
    place = "storage_element_pairs.0.local_storage_element_id"
    sim.faults.add(action="odd_row", path="/replication_session", attribute=place, value=None)
    first, second = dr.get("/replication_session", select="storage_element_pairs")[:2]
    assert first["storage_element_pairs"][0]["local_storage_element_id"] is None
    assert second["storage_element_pairs"][0]["local_storage_element_id"]
    assert sim.dr.session("erp-data").element_pairs[0][0]


def test_other_headers(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="headers", path="/volume", headers={"Content-Range": "²-3/7", "DELL-EMC-TOKEN": None})
    headers = dr.send("GET", "/volume", params={"limit": "2"}).headers
    assert headers["Content-Range"] == "²-3/7"
    assert "DELL-EMC-TOKEN" not in headers


@pytest.mark.parametrize(
    ("fault", "ranges", "rows"),
    [
        ({"action": "no_total"}, ["0-2/*", "3-5/*", "6-8/*", None], [3, 3, 3, 0]),
        ({"action": "no_range"}, [None, None, None, None], [3, 3, 3, 0]),
        ({"action": "short_pages", "rows": 2}, ["0-1/9", "3-4/9", "6-7/9", None], [2, 2, 2, 0]),
        ({"action": "rows_move", "rows": 1, "nth": 2}, ["0-2/9", "3-5/9", "6-8/9", None], [3, 3, 3, 0]),
    ],
)
def test_pages(sim: Simulator, dr: Client, fault: dict[str, Any], ranges: list[str | None], rows: list[int]) -> None:
    whole = [row["id"] for row in dr.get("/volume", limit="2000")]
    assert len(whole) == 9
    sim.faults.add({"path": "/volume", **fault})
    pages = [dr.send("GET", "/volume", params={"limit": "3", "offset": str(first)}) for first in (0, 3, 6, 9)]
    assert [page.headers.get("Content-Range") for page in pages] == ranges
    bodies = [page.json() if page.status_code == 206 else [] for page in pages]
    assert [len(body) for body in bodies] == rows
    read = [row["id"] for body in bodies for row in body]
    assert (whole[3] in read) is (fault["action"] in ("no_total", "no_range", "short_pages"))


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_byte_now_and_then(sim: Simulator, dr: Client, part: str) -> None:
    sim.faults.add(action="drip", path="/volume", part=part, seconds=0.001, nth=1)
    sim.faults.add(action="drip", path="/volume", part=part, nth=2)
    assert len(dr.get("/volume")) == 9
    url, seen = f"{dr.array.url}/volume", 0
    if part == "headers":
        with pytest.raises(requests.Timeout):
            dr.http.get(url, timeout=0.5)  # `timeout` is for each read: a second between bytes is above it
        return
    with dr.http.get(url, timeout=5, stream=True) as answer:
        began = time.monotonic()
        for _byte in itertools.islice(answer.iter_content(1), 2):
            seen += 1
        assert (seen, time.monotonic() - began >= 1) == (2, True)


@pytest.mark.parametrize(
    ("fault", "bytes_read"),
    [({"action": "endless"}, 3_000_000), ({"action": "huge"}, 3_000_000), ({"action": "gzip_bomb"}, 3_000_000)],
)
def test_more_than_anybody_reads(sim: Simulator, dr: Client, fault: dict[str, Any], bytes_read: int) -> None:
    sim.faults.add({"path": "/volume", **fault})
    with dr.http.get(f"{dr.array.url}/volume", timeout=20, stream=True) as answer:
        read = 0
        for block in answer.iter_content(65536):
            assert set(block) <= set(b" [")
            read += len(block)
            if read > bytes_read:
                break
    assert read > bytes_read
    sim.faults.clear()
    assert len(dr.get("/volume")) == 9


@pytest.mark.parametrize("action", ["huge", "gzip_bomb"])
def test_a_large_answer_is_whole(sim: Simulator, dr: Client, action: str) -> None:
    sim.faults.add({"path": "/volume", "action": action, "bytes": "1 MiB"})
    answer = dr.send("GET", "/volume")
    assert len(answer.content) >= 2**20
    assert answer.json() == []


def test_deep_nesting(sim: Simulator, dr: Client) -> None:
    sim.faults.add(action="nested", path="/volume", executed=True)
    answer = dr.send("GET", "/volume")
    assert answer.headers["Content-Type"] == "application/json"
    with pytest.raises(RecursionError):
        answer.json()
