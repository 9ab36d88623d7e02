"""Give each arrow that unfolds a part of the side menu a name, for those who do not see it."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from theme_menus import changing


def named(menu: BeautifulSoup) -> BeautifulSoup:
    """The menu with a name in every summary that shows an arrow alone.

    >>> menu = BeautifulSoup("<li><a>Rates</a><details><summary></summary></details></li>", "html.parser")
    >>> named(menu).summary["aria-label"]
    'Pages below Rates'
    """
    for summary in menu.select("li > details > summary"):
        link = summary.find_parent("li").find("a", recursive=False)
        if link is not None and not summary.get_text(strip=True):
            summary["aria-label"] = f"Pages below {link.get_text(' ', strip=True)}"
    return menu


name_toggles = changing(lambda menu, _here: named(menu))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", name_toggles, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
