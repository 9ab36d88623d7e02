"""Let folded cells be called by what they say, also by those who hear the page.

MyST-NB gives the summary of every folded cell one spoken name, "Toggle hidden content", which hides what the
summary says, such as "Solution of exercise 2".
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

SPOKEN = re.compile(r'(<summary)\s+aria-label="Toggle hidden content"')


def said(body: str) -> str:
    """The page's body, in which summaries have the name that they show.

    >>> said('<summary aria-label="Toggle hidden content"><span>Solution</span></summary>')
    '<summary><span>Solution</span></summary>'
    """
    return SPOKEN.sub(r"\1", body)


def rename(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if "body" in context:
        context["body"] = said(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", rename)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
