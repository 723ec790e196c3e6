# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that becomes a part of HTML: all of it is escaped unless it was made here. Needs Jinja2, as Ansible does."""

from __future__ import annotations

import traceback
import typing as t

try:
    from jinja2 import DictLoader, Environment, StrictUndefined
    from markupsafe import Markup, escape
except ImportError:
    JINJA2_IMPORT_ERROR: str | None = traceback.format_exc()
    # Only so that this can be imported: without Jinja2 no HTML is made, and the module says so.
    Markup = escape = str  # type: ignore[assignment,misc]
else:
    JINJA2_IMPORT_ERROR = None

__all__ = ["JINJA2_IMPORT_ERROR", "Markup", "environment", "escape", "text"]


def environment(templates: t.Mapping[str, str]) -> Environment:
    """Jinja2 with autoescape; a name that a template misspells is an error, not an empty place."""
    return Environment(
        loader=DictLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def text(value: object, unknown: str = "-") -> Markup:
    """A value from the array or a user, in a direction of its own, so that it cannot turn what stands around it."""
    if value is None or value == "":
        return escape(unknown)
    return Markup("<bdi>{}</bdi>").format(value)
