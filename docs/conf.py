# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx's settings for the site that `make docs` builds from what antsibull-docs makes of the collection."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

project = "drdrill.powerstore"
copyright = "The drdrill authors"  # noqa: A001  Sphinx wants it under this name

extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_title = "drdrill.powerstore"
html_theme_options = {
    "documentation_home_url": "https://github.com/drdrill/drdrill.powerstore",
    "vcs_pageview_mode": "",
    "topbar_links": {},
}
highlight_language = "YAML+Jinja"


def from_elsewhere(_app: Sphinx, _env: object, node: nodes.Element, text: nodes.Node) -> nodes.Node | None:
    """A label of Ansible's own documentation as its text: it cannot be looked up without the network."""
    return None if str(node.get("reftarget")).startswith("ansible_collections.drdrill.") else text


def setup(app: Sphinx) -> None:
    app.connect("missing-reference", from_elsewhere)
