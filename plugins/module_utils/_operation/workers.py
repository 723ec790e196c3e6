# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same work on many things side by side, with as many threads as this machine gives, down to the caller's own."""

from __future__ import annotations

import contextlib
import typing as t
from collections import deque
from threading import Thread

from .._errors import MALFORMED, OutcomeUnknownError, PowerStoreError

Item = t.TypeVar("Item")
Result = t.TypeVar("Result")

# What a machine that is short of memory, threads or open files raises, wherever it happens to strike.
OUT_OF_MEANS = (MemoryError, RuntimeError, OSError)
_FORESEEN = (PowerStoreError, *MALFORMED, *OUT_OF_MEANS)


def out_of_means(doing: str, error: Exception) -> OutcomeUnknownError:
    """The error that this stands for. What was being sent may have been executed."""
    return OutcomeUnknownError(
        f"{doing}: this computer could not go on: {error!r}. Look at the sessions, and try again with a smaller "
        "max_parallel, or with more memory and threads."
    )


def side_by_side(work: t.Callable[[Item], Result], items: t.Iterable[Item], most: int) -> list[Result]:
    """The results in the order of the items. The caller works, too, beside at most ``most`` - 1 threads.

    A thread that cannot be started is done without. What ``work`` raises is raised here, once all the others are done.
    """
    todo = deque(enumerate(items))
    count = len(todo)
    results: dict[int, Result] = {}
    errors: list[Exception] = []

    def help_out() -> None:
        with contextlib.suppress(IndexError):  # from an empty queue
            while True:
                number, item = todo.popleft()
                try:
                    results[number] = work(item)
                except _FORESEEN as error:
                    errors.append(error)

    threads = []
    with contextlib.suppress(*OUT_OF_MEANS):
        for number in range(min(most, count) - 1):
            thread = Thread(target=help_out, name=f"operation-{number}", daemon=True)
            thread.start()
            threads.append(thread)
    try:
        help_out()
    finally:
        todo.clear()  # where the caller was interrupted, nothing more is begun
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    if len(results) < count:
        raise RuntimeError(f"{count - len(results)} of {count} pieces of work ended without a result.")
    return [results[number] for number in range(count)]
