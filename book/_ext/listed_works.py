"""Works in a list are items of it: Sphinx gives them a role that is withdrawn and that no list may hold."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

WITHDRAWN, ITEM = 'role="doc-biblioentry"', 'role="listitem"'


def list_works(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Correct the role in the page's text; a page without works is unchanged."""
    if WITHDRAWN in context.get("body", ""):
        context["body"] = context["body"].replace(WITHDRAWN, ITEM)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", list_works)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
