# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client without an array behind it: what it answers is a script, and what it was asked is kept."""

from __future__ import annotations

import queue
import threading
import typing as t
from dataclasses import dataclass, field

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.client import Client, Receipt
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import PowerStoreError

Row = dict[str, t.Any]
Answer = list[Row] | BaseException


def _said(answer: t.Any) -> t.Any:
    if isinstance(answer, BaseException):
        raise answer
    return answer


@dataclass
class FakeClient:
    """Answers one after the other; the last one of each kind is repeated."""

    sessions: list[Answer] = field(default_factory=list)
    jobs: list[Answer] = field(default_factory=list)
    job_log: list[Answer] = field(default_factory=lambda: [[]])
    receipts: list[Receipt | PowerStoreError] = field(default_factory=list)
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    sent: list[tuple[str, Row]] = field(default_factory=list)
    learned: list[object] = field(default_factory=list)

    def as_client(self) -> Client:
        """For the code under test, which knows no other."""
        return t.cast(Client, self)

    def get_by(
        self, collection: str, attribute: str, values: t.Iterable[str], *_query: object, **_options: object
    ) -> list[Row]:
        """The rows of the next look, or of the array's log where jobs are asked for by what they worked on."""
        if (collection, attribute) == ("job", "resource_id"):
            return t.cast(list[Row], _said(self.job_log.pop(0) if len(self.job_log) > 1 else self.job_log[0]))
        assert attribute == "id"
        self.asked.append((collection, tuple(values)))
        answers = self.jobs if collection == "job" else self.sessions
        return t.cast(list[Row], _said(answers.pop(0) if len(answers) > 1 else answers[0]))

    def is_own(self, user: str | None) -> bool:
        """The account of the task is called drill."""
        return user in (None, "drill")

    def learn_account(self, name: object) -> None:
        """The account as a job has it."""
        self.learned.append(name)

    def operate(self, path: str, body: Row, **_options: object) -> Receipt:
        """What the array says to the next operation."""
        self.sent.append((path, body))
        return t.cast(Receipt, _said(self.receipts.pop(0) if len(self.receipts) > 1 else self.receipts[0]))


Result = t.TypeVar("Result")


def within(seconds: float, work: t.Callable[[], Result]) -> Result:
    """The result of ``work``; a failure instead of a test run that hangs."""
    results: queue.Queue[tuple[bool, t.Any]] = queue.Queue()

    def run() -> None:
        try:
            results.put((True, work()))
        except BaseException as error:  # noqa: BLE001  # raised again in the test's own thread
            results.put((False, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        fine, result = results.get(timeout=seconds)
    except queue.Empty:
        raise AssertionError(f"nothing came of it within {seconds} s") from None
    if not fine:
        raise result
    return t.cast(Result, result)
