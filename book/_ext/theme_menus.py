"""How an extension changes the menus of the theme: it wraps the function by which templates make them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

Change = Callable[[BeautifulSoup, str], BeautifulSoup]


def changing(change: Change) -> Callable[..., None]:
    """A handler of `html-page-context` after which each menu is passed, with the page's name, to `change`.

    Connect it after the theme has put its function into the context (Sphinx's default priority is 500).
    """

    def handle(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
        make: Callable[..., Any] | None = context.get("generate_toctree_html")
        if make is None:  # a builder without menus
            return

        @wraps(make)
        def make_changed(*given: Any, **options: Any) -> Any:
            menu = make(*given, **options)
            return change(menu, pagename) if isinstance(menu, BeautifulSoup) else menu

        context["generate_toctree_html"] = make_changed

    return handle
