"""Put each page's number before its name in the side menu: pages are called by number all over the book."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

NUMBER = re.compile(r"(?:^|/)(\d\d)_[a-z0-9_]+(?:\.html|/)?(?:#|$)")


def numbered(menu: BeautifulSoup, here: str) -> BeautifulSoup:
    """The menu with the number of the address in each link to a page; `here` is the page that is shown.

    >>> menu = BeautifulSoup('<li><a href="07_why.html">Why</a></li>', "html.parser")
    >>> numbered(menu, "book/index").get_text()
    '07 Why'
    """
    for link in menu.select("li > a[href]"):
        address = here if link["href"] == "#" else str(link["href"])
        found = NUMBER.search(address)
        if found:
            link.insert(0, f"{found[1]} ")
    return menu


def number_menus(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Let the function by which the theme's templates make menus number their pages."""
    make: Callable[..., Any] | None = context.get("generate_toctree_html")
    if make is None:  # a builder without menus
        return

    @wraps(make)
    def make_numbered(*given: Any, **options: Any) -> Any:
        menu = make(*given, **options)
        return numbered(menu, pagename) if isinstance(menu, BeautifulSoup) else menu

    context["generate_toctree_html"] = make_numbered


def setup(app: Sphinx) -> dict[str, Any]:
    # After the theme has put its function into the context (Sphinx's default priority is 500).
    app.connect("html-page-context", number_menus, priority=910)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
