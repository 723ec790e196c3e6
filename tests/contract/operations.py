# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Dell's description says of operations and states (operations.yml), for whoever is compared with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("operations.yml")
_ANSWERS: Mapping[str, bool | None] = {"allowed": True, "refused": False, "unsaid": None}


@dataclass(frozen=True)
class Rule:
    """One operation, as operations.yml has it; its comment says what each key means."""

    name: str
    quote: str
    others: str
    operation: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    side: str | None = None
    type: str = "Asynchronous"
    in_test: bool = False
    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def allows(self, state: str) -> bool | None:
        """Whether the operation is taken in a state; None where Dell says nothing."""
        if state in self.allowed:
            return True
        return False if state in self.refused else _ANSWERS[self.others]


@cache
def rules() -> Mapping[str, Rule]:
    """The operations by name: 'sync', 'planned_failover'."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: Rule(name, **{"operation": name, **entry}) for name, entry in document.items()}
