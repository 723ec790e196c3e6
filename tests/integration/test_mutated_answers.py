# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every attribute of every answer that the modules read, changed in many ways: whatever an array says, the module ends
with a result, each failure in it has a documented kind, and no test is left running because of what a stop can do
without.

The modules run as a whole, from main() to the result. Only the network is left out: the simulated array's REST
interface is called directly, and the bytes of its answers are changed. ``MUTATIONS=all`` runs each change on each
attribute; without it, each attribute meets a part of them, another part for each attribute.
"""

from __future__ import annotations

import json
import os
import time
import types
import typing as t
from dataclasses import dataclass, field

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array import transport
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import PowerStoreError
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_dr_test import sending
from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_tests.mark import clone_name
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation import operation, waiting
from ansible_collections.drdrill.powerstore.plugins.module_utils._text import plain
from tests.lab.simulator.auth import Logins
from tests.lab.simulator.build import add_session, build
from tests.lab.simulator.message import Request
from tests.lab.simulator.rest import Rest
from tests.lab.simulator.scenario import Scenario, from_file, read_session
from tests.lab.simulator.simulator import DEFAULT_SCENARIO, ArrayHandle
from tests.running import Result, run_module

ESTATE = from_file(DEFAULT_SCENARIO)
NAME, NAS = "erp-data", "homes"
HOMES = {"nas_server": NAS, "file_systems": ["home-a", "home-b"], "interfaces": [{"ip_address": "198.51.100.5"}]}
ADDRESS = {"ip_address": "192.0.2.20", "prefix_length": 24}

# How an attribute is changed. Each is something that an array, a proxy or a release to come may answer.
MUTATIONS: dict[str, t.Any] = {
    "null": None,
    "empty text": "",
    "unknown word": "Frobnicating",
    "number": 7,
    "negative": -1,
    "huge number": 10**30,
    "float": 1e308,
    "true": True,
    "empty list": [],
    "list of null": [None],
    "empty object": {},
    "object": {"id": None, "name": ["x"]},
    "huge text": "x" * 100_000,
    "nested": json.loads("[" * 300 + "]" * 300),
    "half a pair": "half \ud83d",
    "terminal": "\x1b]8;;https://evil\x07\x1b[31mred\x1b[0m\nfatal: all is well",
    "year 1": "0001-01-01T00:00:00Z",
    "year 9999": "9999-12-31T23:59:59-12:00",
}
_PART = 2  # of these for each attribute, unless all are asked for

Path = tuple[str, ...]  # into an answer; "*" is each entry of a list


@dataclass(frozen=True)
class Change:
    """One attribute of all answers of one kind, and what it becomes."""

    answer: str  # "GET /replication_session"
    path: Path
    name: str  # of the mutation
    one_row: bool  # only the first row; else each

    @property
    def label(self) -> str:
        return f"{self.answer} {'.'.join(self.path)}: {self.name}"

    @property
    def is_indispensable(self) -> bool:
        """Whether a stop cannot be sent without it: the login, and the sessions with their ids and flags."""
        name = self.path[-1] if self.path else "*"
        if self.answer == "GET /login_session":
            return name == "*"
        return self.answer == "GET /replication_session" and name in ("*", "id", "failover_test_in_progress")

    def applied(self, body: t.Any) -> t.Any:
        """A copy of the body with the change."""
        copied = json.loads(json.dumps(body))
        return _set(copied, self.path, MUTATIONS[self.name], self.one_row)


def _set(node: t.Any, path: Path, value: t.Any, one_row: bool) -> t.Any:
    if not path:
        return value
    if path[0] == "*" and isinstance(node, list):
        return [_set(entry, path[1:], value, one_row) if not (one_row and i) else entry for i, entry in enumerate(node)]
    if isinstance(node, dict) and path[0] in node:
        node[path[0]] = _set(node[path[0]], path[1:], value, one_row)
    return node


def paths(body: t.Any, so_far: Path = ()) -> t.Iterator[Path]:
    """All places in an answer: the whole, each attribute, each entry."""
    yield so_far
    if isinstance(body, dict):
        for name, value in body.items():
            yield from paths(value, (*so_far, name))
    elif isinstance(body, list) and body:
        for entry in body:
            yield from paths(entry, (*so_far, "*"))


@dataclass
class Stage:
    """A simulated array without a network, whose answers may be changed."""

    release: str = "4.1.0.0"
    name: str = "dr"
    change: Change | None = None
    has_nas: bool = False
    answers: dict[str, list[t.Any]] = field(default_factory=dict)  # what was answered with 2xx, by kind

    def __post_init__(self) -> None:
        scenario: Scenario = ESTATE
        self.world = build(scenario)
        self.world.operation_seconds = {"default": 0.0}
        if self.has_nas:
            add_session(self.world, scenario, read_session(HOMES, "session", {}))
        self.array = self.world.arrays[self.name]
        self.array.release_version = self.release
        self.logins = Logins(self.array, {account.username: account for account in scenario.accounts})
        self.rest = Rest(self.array, self.logins)
        administrator = next(each for each in scenario.accounts if each.role == "administrator")
        self.username, self.password = administrator.username, administrator.password

    def exchange(self, request: transport.Request) -> transport.Answer:
        """Instead of the network."""
        body = b"" if request.body is None else json.dumps(request.body).encode()
        reply = self.rest.handle(Request(request.method, request.target, dict(request.headers), body, 1))
        kind = f"{request.method} /{_kind_of(request.path)}"
        raw = reply.payload
        if 200 <= reply.status < 300 and raw:
            answered = json.loads(raw)
            self.answers.setdefault(kind, []).append(answered)
            if self.change and self.change.answer == kind:
                raw = json.dumps(self.change.applied(answered)).encode()
        headers = {name.lower(): value for name, value in reply.headers.items()}
        cookies = (headers["set-cookie"],) if "set-cookie" in headers else ()
        return transport.Answer(reply.status, transport.decoded(raw), request.doing, headers, cookies)

    @property
    def in_test(self) -> bool:
        """Whether a test runs, really."""
        with self.world.lock:
            self.world.settle()
            return self.array.session(NAME).failover_test_in_progress is True

    def run(self, module: str, options: Result) -> Result:
        dr = types.SimpleNamespace(host="powerstore-dr.example.com", port=443)
        there = types.SimpleNamespace(dr=dr, username=self.username, password=self.password, ca_path=None)
        if not {"volume", "policy", "nas_server"} & options.keys() and module != "replication_session_info":
            options = {**options, "sessions": [{"session_id": self.array.session(NAME).id}]}
        return run_module(t.cast(t.Any, there), module, validate_certs=False, **{"ca_path": None, **options})


def _kind_of(path: str) -> str:
    steps = path.strip("/").split("/")
    return "/".join(step if i % 2 == 0 else "{id}" for i, step in enumerate(steps))


@dataclass(frozen=True)
class Scene:
    """A module run on the array."""

    name: str
    module: str
    options: t.Mapping[str, t.Any]
    running: bool = False  # whether a test runs before
    release: str = "4.1.0.0"
    one_row: bool = False  # whether one odd row among many is what is tried
    array: str = "dr"
    must_stop: bool = False  # whether the test has to be stopped, whatever is changed that a stop can do without


QUICK = {"wait_timeout": 1, "poll_interval": 0.05}
BY_ID = {"state": "stopped", **QUICK}
STOP = {**BY_ID, "create_end_of_test_snapshot": True, "end_of_test_snapshot_expiration": "2d"}
SWEEP = {"policy": "stop", "started_by": "anyone", "settle_time": 0, **QUICK}
OF_NAS = {"nas_server": NAS, "isolated": True, **QUICK}
SCENES = (
    Scene("info", "replication_session_info", {}, running=True),
    Scene("info, one row", "replication_session_info", {}, running=True, one_row=True),
    Scene("start", "replication_failover_test", {"state": "started", "volume": NAME, **QUICK}),
    Scene("start, 3.6", "replication_failover_test", {"state": "started", "volume": NAME, **QUICK}, release="3.6.0.0"),
    Scene("stop", "replication_failover_test", {"volume": NAME, **STOP}, running=True),
    Scene("stop by id", "replication_failover_test", BY_ID, True, must_stop=True),
    Scene("sweep", "replication_failover_test_sweep", SWEEP, True, must_stop=True),
    Scene("sweep, one row", "replication_failover_test_sweep", SWEEP, True, one_row=True),
    Scene("sync", "replication_session_sync", QUICK, array="production"),
    Scene("start of a NAS server", "nas_dr_test", {"state": "started", **OF_NAS, "interface": ADDRESS}),
    Scene("stop of a NAS server", "nas_dr_test", {"state": "stopped", **OF_NAS}, running=True),
)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[Stage], None]:
    """Requests go to the stage that is set; what the modules wait for lost and odd answers is short."""
    for module, times in (
        (operation, {"_GRACE": 0.05, "_LATE": 0.05, "_LAST_LOOK": 0.3, "_LAST_MOMENT": 0.05}),
        (sending, {"GRACE": 0.05, "_LAST_LOOK": 0.3}),
        (waiting, {"_GARBLED": 0.05, "_SHORTEST_PAUSE": 0.01, "_GATHER": 0.002}),
        (transport, {"_FIRST_PAUSE": 0.001, "_LONGEST_PAUSE": 0.001}),
    ):
        for name, seconds in times.items():
            monkeypatch.setattr(module, name, seconds)

    def play_on(stage: Stage) -> None:
        monkeypatch.setattr(transport.Transport, "_exchange", lambda _self, request, _bounds: stage.exchange(request))

    return play_on


def make_stage(scene: Scene, change: Change | None = None) -> Stage:
    stage = Stage(scene.release, scene.array, has_nas=scene.module == "nas_dr_test")
    if scene.running:
        handle = ArrayHandle.__new__(ArrayHandle)  # only for what it does to the world
        handle.array = stage.array
        if scene.module == "nas_dr_test":
            source = str(handle.nas_server(NAS)["id"])
            handle.add_file_interface(str(make_clone(handle, source, stage.username)["id"]), **ADDRESS)
        else:
            handle.start_failover_test(NAME, user=stage.username)
    stage.change = change
    return stage


def make_clone(handle: ArrayHandle, source: str, user: str) -> dict[str, object]:
    """The DR-test clone that a task of this user makes."""
    return handle.clone_nas_server(NAS, clone_name(user, source, NAS), user)


def production_is_whole(stage: Stage) -> bool:
    """Whether the NAS server, its file systems and its interface are there, whatever a stop was answered."""
    handle = ArrayHandle.__new__(ArrayHandle)
    handle.array = stage.array
    return not stage.has_nas or (len(handle.file_systems(NAS)), len(handle.file_interfaces(NAS))) == (2, 1)


def changes_of(scene: Scene, answers: t.Mapping[str, list[t.Any]], everything: bool) -> t.Iterator[Change]:
    """Each attribute of each answer, with all mutations, or with a part of them."""
    names = list(MUTATIONS)
    for kind, bodies in answers.items():
        found = dict.fromkeys(path for body in bodies for path in paths(body))
        for number, path in enumerate(found):
            first = number * _PART
            part = names if everything else [names[(first + i) % len(names)] for i in range(_PART)]
            for name in part:
                yield Change(kind, path, name, scene.one_row)


def kinds() -> set[str]:
    found = {PowerStoreError.kind}
    left = list(PowerStoreError.__subclasses__())
    while left:
        error = left.pop()
        found.add(error.kind)
        left += error.__subclasses__()
    return found


KINDS = kinds()


def failures_in(value: t.Any) -> t.Iterator[Result]:
    if isinstance(value, dict):
        if isinstance(value.get("failure"), dict):
            yield value["failure"]
        for entry in value.values():
            yield from failures_in(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from failures_in(entry)


def texts_in(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield from texts_in(name)
            yield from texts_in(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from texts_in(entry)


def problems_of(result: Result, seconds: float) -> t.Iterator[str]:
    """In what a result is not what a module may return."""
    if result.get("failed") and not (isinstance(result.get("failure"), dict) and result.get("msg")):
        yield f"failed without a failure: {result.get('msg')}"
    if "exception" in result or "Traceback" in str(result.get("msg")):
        yield "a traceback"
    for failure in failures_in(result):
        if failure["kind"] not in KINDS or not failure["message"]:
            yield f"failure.kind {failure['kind']!r}"
    shown = {key: value for key, value in result.items() if key != "invocation"}
    odd = next((text for text in texts_in(shown) if plain(text) != text), None)
    if odd is not None:
        yield f"a text that steers terminals or breaks JSON: {odd[:60]!r}"
    if seconds > 30:
        yield f"took {seconds:.0f} s"


@pytest.mark.uncounted
@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_whatever_an_array_answers_the_module_ends_with_a_result(
    scene: Scene, no_network: t.Callable[[Stage], None], capsys: pytest.CaptureFixture[str]
) -> None:
    plain_run = make_stage(scene)
    no_network(plain_run)
    result = plain_run.run(scene.module, dict(scene.options))
    assert not result.get("failed"), result
    wrong: list[str] = []
    count = failed = 0
    for change in changes_of(scene, plain_run.answers, os.environ.get("MUTATIONS") == "all"):
        stage = make_stage(scene, change)
        no_network(stage)
        began = time.monotonic()
        count += 1
        try:
            result = stage.run(scene.module, dict(scene.options))
        except Exception as error:  # noqa: BLE001  # what must not be is what is looked for
            wrong.append(f"{change.label}: {type(error).__name__}: {error}"[:300])
            continue
        failed += bool(result.get("failed"))
        wrong += [f"{change.label}: {problem}" for problem in problems_of(result, time.monotonic() - began)]
        if not production_is_whole(stage):
            wrong.append(f"{change.label}: what is no DR test was deleted")
        if scene.must_stop and stage.in_test and not change.is_indispensable:
            wrong.append(f"{change.label}: the test was left running: {result.get('msg')}"[:300])
    with capsys.disabled():
        print(f"\n{scene.name}: {count} changed answers, {failed} failures, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong)
    assert count > 100 and failed > 4  # the changes reach the module
