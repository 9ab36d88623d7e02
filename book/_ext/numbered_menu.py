"""Put each page's number before its name in the side menu: pages are called by number all over the book."""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from theme_menus import changing

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


number_menus = changing(numbered)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", number_menus, priority=910)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
