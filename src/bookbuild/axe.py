"""The accessibility rules of axe, asked of a page that is open in a browser."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # needed for the browser check alone, which is skipped where they are missing
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Page

# The rules that are off, each for what the theme's own templates do; all others must find nothing.
THEME_RULES = {
    "label-content-name-mismatch": "the search button shows its keys, which its name does not repeat",
    "region": "the logo and the buttons above the text stand outside of every landmark",
}
OPTIONS = {
    "resultTypes": ["violations"],  # of all other results only one element is worked out
    "preload": False,  # it would ask for stylesheets again, at addresses of its own making
    "rules": {rule: {"enabled": False} for rule in THEME_RULES},
}
SHOWN = 3
# Named by axe's own message: the first lines say what to do, the rest repeat it for other elements.
CURE = "correct the markup or the style (axe, rule {rule!r}: {help})"


@cache
def engine() -> "Axe":
    """Half a megabyte of script is read once."""
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


def faults_of(page: "Page") -> list[tuple[str, str]]:
    """Pairs of fault and cure: one for each rule that the page breaks as it is shown now."""
    return [fault(one) for one in engine().run(page, options=OPTIONS).response["violations"]]


def fault(violation: dict[str, Any]) -> tuple[str, str]:
    """A violation in two lines: the rule with the elements that break it, and what axe says of it.

    >>> node = {"target": ["p.pale"]}
    >>> fault({"id": "contrast", "impact": "serious", "help": "Raise it", "nodes": [node]})[0]
    'it breaks axe\\'s rule contrast (serious) at p.pale'
    """
    nodes = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
    more = [f"{len(nodes) - SHOWN} more"] if len(nodes) > SHOWN else []
    where = "; ".join([*nodes[:SHOWN], *more])
    what = f"it breaks axe's rule {violation['id']} ({violation['impact']}) at {where}"
    return what, CURE.format(rule=violation["id"], help=violation["help"])
