# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about the tests that a sweep leaves: one step for each reason for which they are left. Pure."""

from __future__ import annotations

import typing as t
from collections import defaultdict

from .._errors import AuthenticationError, AuthorizationError, NotReadyError, PowerStoreError, RejectedError
from .._failover_test.plan import is_cut_off
from .._json import Json
from .._words import NAS_SERVER
from .policy import REPORT, Policy, Way

if t.TYPE_CHECKING:
    from .nas import NasTest
    from .result import Test

_ANYONE: t.Final = {"policy": "stop", "started_by": "anyone", "max_age": "0"}
_IN_TABLE: t.Final = "The reason is in the table above"
_LOST: t.Final = "lost"  # a stop whose end was not shown

_Said: t.TypeAlias = "tuple[str, Json | None]"  # what to do, and the options of the sweep that does it


def next_steps(tests: t.Sequence[Test | NasTest], policy: Policy, account: str | None) -> list[Json]:
    """One for each reason: ``text``, which begins with the names, and ``options`` of the sweep to be run, or None."""
    names: dict[_Key, list[str]] = defaultdict(list)
    for test in tests:
        if test.is_left:
            names[_key_of(test)].append(_name(test))
    return [
        {"text": f"{', '.join(dict.fromkeys(names[key]))}: {_ended(text, options)}", "options": options}
        for key in names
        for text, options in _steps(key, policy, account or "of this task")
    ]


def _ended(text: str, options: Json | None) -> str:
    """A text that no command follows ends as a sentence."""
    return text if options is not None else f"{text.rstrip(':.')}."


class _Key(t.NamedTuple):
    """Why a test is left."""

    why: str  # REPORT, a Way, the kind of a refusal or _LOST
    cut_off: bool = False  # the remote system is not reachable
    forced: bool = False
    can_be_forced: bool = True


def _key_of(test: Test | NasTest) -> _Key:
    error = test.error
    if error is None:
        return _Key(REPORT if test.decision.decision == REPORT else test.decision.way)
    is_nas = test.found.session.resource_type == NAS_SERVER
    forced = not is_nas and bool(getattr(test, "forced", False))
    return _Key(_why_failed(error), not is_nas and is_cut_off(test.found.session), forced, not is_nas)


def _why_failed(error: PowerStoreError) -> str:
    known = (AuthenticationError, AuthorizationError, RejectedError, NotReadyError)
    return error.kind if isinstance(error, known) else _LOST


def _steps(key: _Key, policy: Policy, account: str) -> t.Iterator[_Said]:
    again = _again(policy)
    if key.why == REPORT:
        yield "only reported, as the policy says. To stop them, run this again with policy stop:", again
    elif key.why == Way.ANYONE:
        yield "left by the policy. To stop every test on this array, no matter who started it:", _ANYONE
    elif key.why == Way.ALLOW:
        yield "allow names them, or may. Take the names off it and run this again.", None
    elif key.why == Way.ELSEWHERE:
        yield f"they cannot be stopped from this array. {_IN_TABLE}, with what to do.", None
    elif key.why == AuthorizationError.kind:
        text = f"the account {account} may not stop them. Give it a role on the array that may, or use another account"
        yield f"{text}, and run this again:", again
    elif key.why == AuthenticationError.kind:
        yield f"the array does not accept the account {account} any more. Check it, and run this again:", again
    elif key.why in (RejectedError.kind, NotReadyError.kind):
        yield from _refused(key, policy)
    else:
        yield "the array has not shown that they were stopped. Run this again, it looks before it acts:", again


def _refused(key: _Key, policy: Policy) -> t.Iterator[_Said]:
    if key.forced:
        text = f"the array refused the stop, forced as it was. {_IN_TABLE}. Look at the sessions in PowerStore Manager"
        yield f"{text}, and run this again:", _again(policy)
        return
    if key.cut_off:
        text = "the array refuses to stop them while the remote system is not reachable. Restore the connection and run"
        yield f"{text} this again, or, if the production site is lost:", _again(policy, "when_unreachable")
        return
    yield f"the array refused the stop. {_IN_TABLE}. When it is mended, run this again:", _again(policy)
    if key.can_be_forced:
        yield "if the production site is lost, although this array does not show it:", _again(policy, "always")


def _again(policy: Policy, force: str | None = None) -> Json | None:
    """The options of a sweep that stops the same tests; None where they are more than a command line can say."""
    if policy.is_of_one_drill or policy.accounts or policy.allow or policy.deny:
        return None
    options: Json = {"policy": "stop"}
    if policy.started_by != "own":
        options["started_by"] = policy.started_by
    if policy.max_age:
        options["max_age"] = f"{int(policy.max_age.total_seconds())}s"
    if (force or policy.force) != "never":
        options["force"] = force or policy.force
    return options


def _name(test: Test | NasTest) -> str:
    session = test.found.session
    return str(session.resource_name or session.id)
