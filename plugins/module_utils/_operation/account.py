# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the array means this task's account by a name, with what was learned from jobs that are surely its own."""

from __future__ import annotations

import typing as t


class Account:
    """The array may write an account otherwise in its jobs than at login: ``CORP\\drill``, ``drill``.

    A job whose id came as the answer to a request is this account's, so its user is the array's word for it.
    """

    def __init__(self, is_own: t.Callable[[str | None], bool | None]) -> None:
        """``is_own``: by the names at login alone; None where it may be this account or another."""
        self._by_login = is_own
        self._learned: set[str] = set()

    def learn(self, user: object) -> None:
        """The user of a job that is surely this account's."""
        if isinstance(user, str) and user:
            self._learned.add(user.casefold())

    def is_own(self, user: str | None) -> bool | None:
        """Whether it is this account; None in doubt. A name in doubt is another's once the array's word is known."""
        if user is not None and user.casefold() in self._learned:
            return True
        by_login = self._by_login(user)
        return False if by_login is None and user is not None and self._learned else by_login
