"""`{explorer} name`: the place of an explorer, an ES module of book/_static/explorers, on a page.

The page loads the modules and their style; other pages do not. Until a module has filled its place, as
without JavaScript or from disk, where browsers refuse modules, a sentence stands there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parents[1] / "_static" / "explorers"
START = "explorers/start.js"
STYLE = "explorers/explorers.css"
MOUNTS = "export function mount("
ABSENT = (
    "An explorer with controls belongs here. It needs JavaScript and a page that is served (make serve): "
    "browsers load no modules from disk. The figure above stands on its own."
)


def explorers() -> list[str]:
    """Names of the modules that can be mounted; the others are their parts."""
    return sorted(path.stem for path in FOLDER.glob("*.js") if MOUNTS in path.read_text(encoding="utf-8"))


class ExplorerDirective(SphinxDirective):
    """One explorer, by the name of its module."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in explorers():
            known = ", ".join(explorers())
            logger.warning("no explorer %r; there are: %s", name, known, location=self.get_location())
            return []
        html = (
            f'<div class="fb-explorer" data-explorer="{name}">'
            f'<p class="fb-explorer-absent">{ABSENT}</p></div>\n'
        )
        return [nodes.raw("", html, format="html", explorer=name)]


def add_modules(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the modules on a page that has an explorer, and on no other."""
    if doctree is not None and any("explorer" in node for node in doctree.findall(nodes.raw)):
        app.add_js_file(START, type="module")
        app.add_css_file(STYLE)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("explorer", ExplorerDirective)
    app.connect("html-page-context", add_modules)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
