# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running rows of the table of lies, and comparing what the witness said with what it has to say."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tests.lab.witness.lab import Lab
from tests.lab.witness.table import CONTRADICTED, REFUSED, Row
from tests.running import Result


@dataclass(frozen=True)
class Seen:
    """What came of a row."""

    verdict: str
    text: str
    by: tuple[str, ...]
    failed: bool
    requests: dict[str, int]

    def problems(self, row: Row) -> t.Iterator[str]:
        """In what it is not as the row has it."""
        if self.verdict != row.verdict:
            yield f"expected {row.verdict}, seen {self.verdict}: {self.text[:300]}"
        if row.says not in self.text:
            yield f"expected the words '{row.says}', seen: {self.text[:300]}"
        if self.failed is not (row.verdict in (CONTRADICTED, REFUSED)):
            yield f"the task {'failed' if self.failed else 'did not fail'}"
        if row.verdict != REFUSED and self.by != row.by:
            yield f"expected to be read: {row.by}, seen {self.by}"
        if not row.says and row.by == ("job", "audit_event") and "forgotten" not in row.name:
            wrong = {log: count for log, count in self.requests.items() if count > row.pages}
            if wrong:
                yield f"expected {row.pages} requests for each log, seen {wrong}"


def run_row(row: Row, lab: Lab) -> Seen:
    """Do what the row says, and ask."""
    with lab.untouched():
        row.do(lab)
        result = lab.ask()
        requests = {log: lab.requests(log) for log in ("job", "audit_event")}
        return Seen(
            verdict=result.get("verdict", REFUSED),
            text=_text(result),
            by=tuple(result.get("witness", {}).get("by", ())),
            failed=bool(result.get("failed")),
            requests=requests,
        )


def _text(result: Result) -> str:
    """All that the witness says, without the line ends of the terminal."""
    witness = result.get("witness", {})
    said = [str(result.get("msg", "")), str(witness.get("why_unavailable") or "")]
    said += [text for claim in witness.get("claims", ()) for text in claim["differences"]]
    said += [each["reason"] for each in witness.get("not_in_the_record", ())]
    return " ".join(said)
