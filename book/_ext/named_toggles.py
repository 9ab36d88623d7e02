"""Give each arrow that unfolds a part of the side menu a name, for those who do not see it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx


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


def name_toggles(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Let the function by which the theme's templates make menus name their arrows."""
    make: Callable[..., Any] | None = context.get("generate_toctree_html")
    if make is None:  # a builder without menus
        return

    @wraps(make)
    def make_named(*given: Any, **options: Any) -> Any:
        menu = make(*given, **options)
        return named(menu) if isinstance(menu, BeautifulSoup) else menu

    context["generate_toctree_html"] = make_named


def setup(app: Sphinx) -> dict[str, Any]:
    # After the theme has put its function into the context (Sphinx's default priority is 500).
    app.connect("html-page-context", name_toggles, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
