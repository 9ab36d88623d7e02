"""Numbers that prose takes from a cell: `glue("NN-what", text, display=False)`, then {glue:text}`NN-what`."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from bookbuild.notebook_text import joined
from bookbuild.project import BuildError, Page

HIDDEN = "application/papermill.record/"  # how MyST-NB marks what a cell glues and does not show


@dataclass(frozen=True)
class Glued:
    """One glued value: its name, and how prose will show it."""

    name: str
    text: str
    hidden: bool


def glued(cell: NotebookNode) -> Iterator[Glued]:
    for output in cell.get("outputs", []):
        record = output.get("metadata", {}).get("scrapbook")
        if record:
            hidden = record.get("mime_prefix", "") == HIDDEN
            kind = f"{HIDDEN if hidden else ''}text/plain"
            yield Glued(record["name"], joined(output.data.get(kind, "")), hidden)


def faults(page: Page, executed: NotebookNode) -> list[BuildError]:
    """Names that could clash or that no text uses, and values that would show as many digits as there are."""
    said = "\n".join(text.read_text(encoding="utf-8") for text in texts(page))
    names: Counter[str] = Counter()
    problems = []
    for index, cell in enumerate(executed.cells):
        for one in glued(cell):
            names[one.name] += 1
            for what, cure in faults_of(one, page, names[one.name] > 1, said):
                message = f"{page.cell(index)}: it glues {one.name!r}, {what}"
                problems.append(BuildError(message, f"{cure}, then make book ONLY={page.number}"))
    return problems


def texts(page: Page) -> Iterator[Path]:
    yield from sorted((page.root / "notebooks").glob("*.md"))
    yield from sorted((page.root / "book").rglob("*.md"))


def faults_of(one: Glued, page: Page, again: bool, said: str) -> Iterator[tuple[str, str]]:
    """Pairs of fault and cure of one glued value."""
    if not re.fullmatch(rf"{page.number}-[a-z0-9]+(-[a-z0-9]+)*", one.name):
        yield "and names are unique over the book", f"name it {page.number}-what-it-is"
    if again:
        yield "which this page has glued before", "give one of them another name"
    if not one.hidden:
        yield "and shows it in the cell, too", "glue it with display=False"
    if not is_formatted(one.text):
        yield f"which is {one.text[:40]}, not a text or a whole number", 'format it, as in f"{x:.2f}"'
    if not re.search(rf"\{{glue:\w+\}}`(?:[^`]*::)?{re.escape(one.name)}(?::[^`]*)?`", said):
        yield "and no text shows it", f"write {{glue:text}}`{one.name}` where it is meant, or remove it"


def is_formatted(shown: str) -> bool:
    """Whether a glued value was a text or an int; a float would show all its digits, good and bad."""
    try:
        value = ast.literal_eval(shown)
    except (SyntaxError, ValueError):
        return False
    return isinstance(value, str) or type(value) is int
