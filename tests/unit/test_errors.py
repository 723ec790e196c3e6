# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every answer of an array outside 2xx becomes one error, which reads as a ``failure`` of the documented shape."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils import _errors
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    BusyError,
    OutcomeUnknownError,
    PowerStoreError,
    UnreachableError,
    error_from_answer,
    error_text,
)

# design.md, `failure.kind`, and the kind of options that cannot be meant.
KINDS = {
    "authentication", "authorization", "not_found", "ambiguous", "not_ready", "rejected", "busy", "timeout",
    "unreachable", "protocol", "invalid_input",
}  # fmt: skip


def expected_kind(status: int) -> str:
    """The kind of a refusal. What a status means, by api-facts 2 (HttpStatusEnum); 400 and 422 are not told apart."""
    named = {401: "authentication", 403: "authorization", 404: "not_found", 429: "busy", 503: "busy"}
    return named.get(status, "rejected" if status < 500 else "protocol")


GOOD = {
    "messages": [
        {"code": "0xE0201005000C", "severity": "Error", "message_l10n": "It is failed over.", "arguments": ["s-1"]}
    ]
}


@pytest.mark.parametrize("status", range(400, 600))
def test_status_gives_kind_and_the_arrays_words_are_passed_through(status: int) -> None:
    failure = error_from_answer(status, GOOD, "Starting the test").as_failure()

    assert failure.keys() == {"kind", "http_status", "code", "message"}
    assert failure["kind"] == expected_kind(status)
    assert failure["http_status"] == status
    assert failure["code"] == "0xE0201005000C"
    assert failure["message"].startswith(
        f"Starting the test: the array answered {status}: It is failed over. (0xE0201005000C)"
    )


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 502, 503])
@pytest.mark.parametrize(
    ("payload", "code", "text"),
    [
        pytest.param(None, None, None, id="empty-or-html"),
        pytest.param(object(), None, None, id="not-json"),
        pytest.param({}, None, None, id="empty-object"),
        pytest.param([], None, None, id="list"),
        pytest.param("gone", None, None, id="text"),
        pytest.param({"messages": None}, None, None, id="null"),
        pytest.param({"messages": []}, None, None, id="no-message"),
        pytest.param({"messages": "Something bad"}, None, "Something bad", id="string"),
        pytest.param({"messages": ["Something bad"]}, None, "Something bad", id="list-of-strings"),
        pytest.param({"messages": {"code": "0xE1", "message_l10n": "Why"}}, "0xE1", "Why", id="one-object"),
        pytest.param({"messages": ["One.", 7, None, "Two."]}, None, "One.; Two.", id="list-of-anything"),
        pytest.param({"messages": [{}]}, None, None, id="message-without-anything"),
        pytest.param({"messages": [{"code": "0xE1"}]}, "0xE1", None, id="code-only"),
        pytest.param({"messages": [{"message_l10n": "Why"}]}, None, "Why", id="text-only"),
        pytest.param({"messages": [{"code": None, "message_l10n": None}]}, None, None, id="nulls"),
        pytest.param({"messages": [{"code": 7, "message_l10n": 8}]}, "7", "8", id="numbers"),
        pytest.param(
            {"messages": [{"code": "0xE1", "message_l10n": "One."}, {"code": "0xE2", "message_l10n": "Two."}]},
            "0xE1",
            "One.; Two.",
            id="two-messages",
        ),
    ],
)
def test_payloads_that_do_not_keep_to_the_description(
    status: int, payload: object, code: str | None, text: str | None
) -> None:
    error = error_from_answer(status, payload, "Reading")

    assert (error.kind, error.http_status, error.code) == (expected_kind(status), status, code)
    assert error.message.startswith(f"Reading: the array answered {status}")
    assert f"answered {status}" + (f": {text}" if text else "") + (f" ({code})" if code else "") in error.message
    assert "None" not in error.message
    assert str(error) == error.message
    assert error_text(payload) == (f"{text} ({code})" if text and code else text or code or "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["messages", "code", "message_l10n", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.uncounted
@settings(max_examples=150, deadline=None)
@given(status=st.integers(400, 599), payload=JSON | st.builds(lambda inner: {"messages": inner}, JSON))
def test_no_payload_hides_the_status(status: int, payload: object) -> None:
    failure = error_from_answer(status, payload, "Reading").as_failure()

    assert failure["kind"] == expected_kind(status)
    assert failure["http_status"] == status
    assert failure["code"] is None or isinstance(failure["code"], str)


@pytest.mark.parametrize(
    ("status", "advice"), [(403, "give it a role"), (429, "smaller max_parallel"), (503, "try again later")]
)
def test_advice_where_there_is_some(status: int, advice: str) -> None:
    assert advice in error_from_answer(status, None, "Reading").message


@pytest.mark.parametrize("payload", [GOOD, None, {}, [GOOD], "<html>", {"messages": None}])
def test_only_the_arrays_own_words_refuse_an_operation(payload: object) -> None:
    # Whatever else answers may have passed the request on: taken for a refusal, a test would be left running.
    for status in range(100, 600):
        error = error_from_answer(status, payload, "Starting", operation=True)
        own = payload is GOOD and (status == 503 or (400 <= status < 500 and status != 408))

        assert isinstance(error, OutcomeUnknownError) is not own, status
        assert error.kind == (expected_kind(status) if own else "protocol"), status
        assert ("not the array's own words" in error.message) is (not own and status // 100 not in (3, 5)), status


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 504])
def test_an_answer_to_a_read_is_never_an_unknown_outcome(status: int) -> None:
    # Else a log that cannot be read would look like an array that cannot be reached.
    assert not isinstance(error_from_answer(status, GOOD, "Reading"), UnreachableError)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_said(status: int) -> None:
    error = error_from_answer(status, None, "Reading")

    assert error.kind == "protocol" and "redirects, which is not followed" in error.message


def test_what_the_caller_knows_better_is_the_advice() -> None:
    message = error_from_answer(403, GOOD, "Reading", hint="Change the password first.").message

    assert message.endswith("(0xE0201005000C). Change the password first.") and "role" not in message


@pytest.mark.parametrize(
    "family", [member for name, member in inspect.getmembers(_errors, inspect.isclass) if name.endswith("Error")]
)
def test_every_error_has_a_documented_kind(family: type[PowerStoreError]) -> None:
    failure = family("Why.").as_failure()

    assert failure["kind"] in KINDS
    assert failure == {"kind": family.kind, "http_status": None, "code": None, "message": "Why."}


@pytest.mark.parametrize("status", [429, 503])
def test_what_the_array_asks_to_wait_is_kept(status: int) -> None:
    error = error_from_answer(status, None, "Starting", 7.0)

    assert isinstance(error, BusyError) and error.retry_after == 7.0


def test_busy_keeps_how_long_to_wait() -> None:
    error = BusyError("Wait.", retry_after=2.5, http_status=503, code="0xE1")

    assert error.retry_after == 2.5
    assert error.as_failure() == {"kind": "busy", "http_status": 503, "code": "0xE1", "message": "Wait."}
