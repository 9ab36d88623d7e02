"""Make the table of contents once for all pages of source code in a folder, not anew for each of them.

These pages are in no table of contents, so that their side menus differ only in the way up to the root of the
site. Sphinx would copy the contents of the whole book for each, which takes longer than all else there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from sphinx.application import Sphinx

Menus = dict[tuple[Any, ...], str]


def once(make: Callable[..., str], folder: str, menus: Menus) -> Callable[..., str]:
    """The function `make`, which keeps in `menus` what it has made for a page in this folder.

    >>> menus = {}
    >>> first = once(lambda kind, **options: f"menu {kind} {options}", "_modules", menus)("sidebar", depth=4)
    >>> again = once(lambda kind, **options: "not asked", "_modules", menus)("sidebar", depth=4)
    >>> (first, again == first)
    ("menu sidebar {'depth': 4}", True)
    """

    @wraps(make)
    def remembered(*given: Any, **options: Any) -> str:
        key = (folder, given, tuple(sorted(options.items())))
        if key not in menus:
            menus[key] = make(*given, **options)
        return menus[key]

    return remembered


def setup(app: Sphinx) -> dict[str, Any]:
    menus: Menus = {}

    def repeat_menus(
        app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
    ) -> None:
        make = context.get("toctree")
        if make is not None and doctree is None and pagename.startswith("_modules/"):
            context["toctree"] = once(make, pagename.rpartition("/")[0], menus)

    # Before the theme, at the default of 500, asks for it.
    app.connect("html-page-context", repeat_menus, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
