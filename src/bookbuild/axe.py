"""The accessibility rules of axe, asked of a page that is open in a browser."""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # needed for the browser check alone, which is skipped where it is missing
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
# Contrast takes axe two thirds of its time, a millisecond for each word of code. Texts of one ink and one
# ground have one contrast, so one of them is judged for all.
MARK = "data-looks-like-another"
MARK_ALIKE = resources.files("bookbuild").joinpath("alike.js").read_text(encoding="utf-8")
ONE_OF_EACH_LOOK = {"rules": [{"id": "color-contrast", "selector": f"*:not([{MARK}])"}]}
ASK = """async ([settings, options]) => {
  axe.configure(settings);
  return (await axe.run(options)).violations;
}"""
SHOWN = 3
# Named by axe's own message: the first lines say what to do, the rest repeat it for other elements.
CURE = "correct the markup or the style (axe, rule {rule!r}: {help})"


@cache
def script() -> str:
    """Half a megabyte of script is read once."""
    from axe_playwright_python.sync_playwright import Axe

    return str(Axe().axe_script)


def faults_of(page: "Page") -> list[tuple[str, str]]:
    """Pairs of fault and cure: one for each rule that the page breaks as it is shown now."""
    page.evaluate(script())
    page.evaluate(MARK_ALIKE, MARK)
    return [fault(one) for one in page.evaluate(ASK, [ONE_OF_EACH_LOOK, OPTIONS])]


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
