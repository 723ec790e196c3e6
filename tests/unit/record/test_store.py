# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record on disk: complete or not there, never overwritten, and readable by those it is meant for only."""

from __future__ import annotations

import errno
import json
import os
import stat
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._record import store
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.store import write_drill, write_once
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind
from tests.unit.makers.drills import CONTEXT, a_drill
from tests.unit.makers.spoils import put


@pytest.fixture
def without_umask() -> Iterator[None]:
    """The modes have to be those of the code, not of the shell."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def params(directory: Path, **changes: t.Any) -> dict[str, t.Any]:
    return {"kind": "drill", **CONTEXT, **a_drill(), "directory": str(directory), **changes}


@pytest.mark.usefixtures("without_umask")
def test_a_new_file_in_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "records" / "drill.json"
    write_once(str(path), "größe\n")

    assert path.read_bytes() == "größe\n".encode()
    assert mode(path) == 0o640
    assert mode(path.parent) == 0o750
    assert os.listdir(path.parent) == ["drill.json"]
    assert path.stat().st_nlink == 1


@pytest.mark.usefixtures("without_umask")
def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    write_once(str(tmp_path / "drill.json"), "text")

    assert mode(tmp_path) == 0o700
    assert mode(tmp_path / "drill.json") == 0o640


def test_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "drill.json"
    path.write_text("the first")

    with pytest.raises(FileExistsError):
        write_once(str(path), "the second")
    assert path.read_text() == "the first"
    assert os.listdir(tmp_path) == ["drill.json"]


@pytest.mark.parametrize("step", ["fsync", "chmod", "link"])
def test_nothing_is_left_behind_by_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        write_once(str(tmp_path / "drill.json"), "text")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("why", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_folder_without_hard_links_gets_the_record_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: int
) -> None:
    def refused(*_arguments: object, **_options: object) -> None:
        raise OSError(why, os.strerror(why))

    monkeypatch.setattr(os, "link", refused)
    if why == errno.EPERM:
        monkeypatch.setattr(os, "chmod", refused)
    path = tmp_path / "drill.json"
    write_once(str(path), "the first")
    with pytest.raises(FileExistsError):
        write_once(str(path), "the second")
    assert (os.listdir(tmp_path), path.read_text()) == (["drill.json"], "the first")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OSError, match="ot "):
        write_once(str(tmp_path / "other.json"), "text")
    assert os.listdir(tmp_path) == ["drill.json"]


def test_the_file_appears_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "drill.json", []
    link = os.link

    def looking(source: str, target: str) -> None:
        seen.append((path.exists(), Path(source).read_text(), mode(Path(source))))
        link(source, target)

    monkeypatch.setattr(os, "link", looking)
    write_once(str(path), "text")

    assert seen == [(False, "text", 0o640)]


@pytest.mark.usefixtures("without_umask")
def test_a_drill_is_written(tmp_path: Path) -> None:
    result = write_drill(params(tmp_path / "records"), write=True)
    path = Path(result["path"])

    assert result["changed"] is True and "failed" not in result
    assert path.parent == tmp_path / "records"
    assert json.loads(path.read_text()) == result["record"]
    assert (result["verdict"], result["cleanup_verdict"]) == ("passed", "passed")
    assert result["record"]["drill"]["id"] in path.name
    assert "powerstore-dr" in path.name
    assert result["summary"][-1] == f"Record: {path}"
    assert (mode(path), mode(path.parent)) == (0o640, 0o750)


@pytest.mark.parametrize("record_id", ["../x", "a b", "..", "x" * 201, "/etc/x", "x\n"])
def test_an_id_that_leads_elsewhere_is_refused(tmp_path: Path, record_id: str) -> None:
    """It is that of a journal in the folder, which others may write, too."""
    result = write_drill(params(tmp_path / "records", id=record_id), write=True)
    assert result["failed"] and "The id of the drill is" in result["msg"]
    assert os.listdir(tmp_path) == []


def test_two_drills_in_the_same_second_have_two_files(tmp_path: Path) -> None:
    paths = {write_drill(params(tmp_path), write=True)["path"] for _number in range(5)}

    assert len(paths) == 5 == len(os.listdir(tmp_path))


@pytest.mark.parametrize(
    ("number", "understood"),
    [(10**400, False), (float("nan"), False), (float("-inf"), False), (1e300, True), (-1e300, True)],
    ids=["no float", "nan", "-inf", "1e300", "-1e300"],
)
@pytest.mark.parametrize(
    "place",
    [
        ("clock_skew_seconds",),
        ("before", "cluster", "clock_skew_seconds"),
        ("before", "sessions", 0, "recovery_point_age_seconds"),
        ("starts", 0, "sessions", 0, "duration_seconds"),
        ("steps", 0, "seconds"),
    ],
    ids=lambda place: place[-1],
)
def test_a_number_that_measures_nothing_is_no_reason_for_no_record(
    tmp_path: Path, place: tuple[t.Any, ...], number: float, understood: bool
) -> None:
    seen: t.Any = params(tmp_path)
    seen["steps"][0]["started_at"] = None
    inner = seen
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = number
    result = write_drill(seen, write=True)

    causes = [each["cause"] for each in result["record"]["deviations"]]
    assert ("failed" not in result, "input.not_understood" in causes) == (True, not understood)
    assert json.loads(Path(result["path"]).read_text()) == result["record"]


@pytest.mark.parametrize("error", [OverflowError("date value out of range"), ZeroDivisionError(), RecursionError()])
def test_whatever_a_value_does_to_the_record_is_said_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def odd(*_arguments: object) -> t.NoReturn:
        raise error

    monkeypatch.setattr(store, "build_record", odd)
    result = write_drill(params(tmp_path), write=True)
    assert result["failed"] and "No record could be made" in result["msg"] and type(error).__name__ in result["msg"]


def test_times_at_the_ends_of_the_calendar_are_no_reason_for_no_record(tmp_path: Path) -> None:
    for moment, skew in (("9999-12-31T23:59:59.999Z", 1e12), ("1900-01-01T00:00:00Z", -1e12)):
        seen = params(tmp_path)
        seen["before"]["cluster"] |= {"system_time": moment, "clock_skew_seconds": skew}
        seen["steps"][0] |= {"started_at": None, "seconds": 1e12}
        result = write_drill(seen, write=True)
        assert ("failed" not in result, result["verdict"]) == (True, "passed_with_deviations")


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    result = write_drill(params(tmp_path / "records"), write=False)

    assert os.listdir(tmp_path) == []
    assert result["changed"] is True and "failed" not in result
    assert result["verdict"] == "passed"


def test_a_folder_that_cannot_be_written_is_reported_with_the_verdict(tmp_path: Path) -> None:
    in_the_way = tmp_path / "records"
    in_the_way.write_text("a file")
    result = write_drill(params(in_the_way), write=True)

    assert result["failed"] is True and result["changed"] is False
    assert str(in_the_way) in result["msg"] and "could not be written" in result["msg"]
    assert result["verdict"] == "passed" and result["record"]["verdict"] == "passed"
    assert result["path"] == "none, it could not be written"
    assert result["summary"][-1] == "Record: none, it could not be written"
    assert in_the_way.read_text() == "a file"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "array\n", "ä" * 100, "", None, "x" * 300, ".hidden"])
def test_the_arrays_name_cannot_lead_out_of_the_folder(tmp_path: Path, name: str | None) -> None:
    drill = params(tmp_path / "records")
    drill["before"]["cluster"]["name"] = name
    path = Path(write_drill(drill, write=True)["path"])

    assert path.parent == tmp_path / "records" and path.is_file()
    assert path.name.startswith("drill-") and len(path.name) < 120


def test_a_drill_of_which_nothing_is_known(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("before", "during", "after")) | dict.fromkeys(("starts", "stops", "steps", "wishes"), ())
    result = write_drill(params(tmp_path, **nothing), write=True)

    assert (result["verdict"], result["cleanup_verdict"]) == ("aborted", "not_needed")
    assert json.loads(Path(result["path"]).read_text())["sessions"] == []


def test_who_ran_it(tmp_path: Path) -> None:
    who = write_drill(params(tmp_path, awx={"job_id": "17"}), write=False)["record"]["who"]

    assert {name: value for name, value in who["awx"].items() if value is not None} == {"job_id": "17"}
    assert who["controller_user"] and who["controller_host"]


@pytest.mark.parametrize(
    ("path", "value", "note"),
    [
        ("before.sessions.0.state", 7, "before.sessions[0].state is 7: expected a text"),
        ("before.sessions.0.volumes.0.size", "big", "before.sessions[0].volumes[0].size is 'big': expected a whole"),
        ("before.sessions.0.volumes.0.hosts", "dr-host-1", "volumes[0].hosts is 'dr-host-1': expected a list"),
        ("before.sessions.0.volumes", {"id": "v"}, "before.sessions[0].volumes is {'id': 'v'}: expected a list"),
        ("after.sessions.1.volumes.0.id", 9, "after.sessions[1].volumes[0].id is 9: expected a text"),
        ("during.cluster.system_time", "noon", "during.cluster.system_time is 'noon': expected a time"),
        ("steps.0.started_at", "yesterday", "steps[0].started_at is 'yesterday': expected a time"),
        ("steps.0.finished_at", 1764100800, "steps[0].finished_at is 1764100800: expected a time"),
        ("steps.0.seconds", float("nan"), "steps[0].seconds is nan: expected a number"),
        ("starts.0.sessions.0.failed", "no", "starts[0].sessions[0].failed is 'no': expected true or false"),
        ("stops.0.sessions.0.after", "stopped", "stops[0].sessions[0].after is 'stopped': expected an object"),
        ("phases.1.finished_at", True, "phases[1].finished_at is True: expected a time"),
        ("phases.0.phase", "party", "phases[0].phase is 'party': expected preflight or"),
        ("planned_steps.0.timeout", "soon", "planned_steps[0].timeout_seconds is 'soon': expected a number"),
        ("interruption", {"task": "Checks"}, "interruption.message is missing"),
    ],
)
def test_input_of_a_wrong_kind_is_named_in_a_record_that_does_not_pass(
    tmp_path: Path, path: str, value: t.Any, note: str
) -> None:
    drill = params(tmp_path)
    put(path, value)(drill)
    result = write_drill(drill, write=True)
    record = json.loads(Path(result["path"]).read_text())

    assert "failed" not in result and record == result["record"] and problems(record, Kind.DRILL) == []
    [told] = [each for each in record["deviations"] if "is not understood" in each["description"]]
    assert note in told["description"] and told["severity"] == "incomplete"
    assert record["verdict"] in ("incomplete", "failed")


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert write_drill(params(Path("~/records")), write=False)["path"].startswith(f"{tmp_path}/records/drill-")


def test_what_is_no_text_does_not_cost_the_record(tmp_path: Path) -> None:
    drill = params(tmp_path)
    drill["steps"][0]["observed"] = "\udcff"
    written = json.loads(Path(write_drill(drill, write=True)["path"]).read_text(encoding="utf-8"))
    assert written["validations"][0]["observed"] == "\udcff"


def test_folders_above_the_record_have_its_mode(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_once(str(tmp_path / "a" / "b" / "x.json"), "{}")
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / part).stat().st_mode) for part in ("a", "a/b")} == {0o750}
