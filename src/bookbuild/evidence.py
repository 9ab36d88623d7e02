"""Evidence as executed pages carry it, and the rules that it must obey before it may enter the ledger."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from bookbuild.notebook_text import joined
from bookbuild.project import BuildError, Page
from bookbuild.statements import Statement
from flowbounds.evidence import NEEDS_CONTROL
from flowbounds.evidence_table import MIME

FIELDS = {
    *("statement", "kind", "status", "margin", "error", "instances", "vacuous", "sizes", "seeds", "where"),
    *("controls", "tried", "printed", "holds_from", "required", "reachable", "constants", "prior", "note"),
}
STATUSES = (
    "holds",
    "corrected",
    "tight",
    "consistent on the grid",
    "vacuous here",
    "out of reach",
    "fails at these sizes",
    "fails",
    "inconclusive",
)
DIRECTIVE = re.compile(r"^\s*(?:`{3,}|:{3,})\s*\{statement\}\s+(\S+)\s*$", flags=re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """One piece of evidence and where it was shown."""

    page: Page
    cell: int
    published: Mapping[str, Any]

    @property
    def statement(self) -> str:
        return str(self.published.get("statement"))

    @property
    def place(self) -> str:
        return self.page.cell(self.cell)


def evidence_of(page: Page, executed: NotebookNode) -> list[Found]:
    """Every piece of evidence among the outputs, in order."""
    return [
        Found(page, index, output["data"][MIME])
        for index, cell in enumerate(executed.cells)
        for output in cell.get("outputs", [])
        if MIME in output.get("data", {})
    ]


def directives_of(executed: NotebookNode) -> list[tuple[int, str]]:
    """Cell index and id of each `{statement}` directive."""
    return [
        (index, name)
        for index, cell in enumerate(executed.cells)
        if cell.cell_type == "markdown"
        for name in DIRECTIVE.findall(joined(cell.source))
    ]


def violations(
    notebooks: Mapping[Page, NotebookNode], statements: Mapping[str, Statement]
) -> list[BuildError]:
    """Everything that keeps the evidence of these pages out of the ledger."""
    found = [one for page, notebook in notebooks.items() for one in evidence_of(page, notebook)]
    problems = [problem for one in found for problem in of_one(one, statements)]
    problems += shown_twice(found)
    for page, notebook in notebooks.items():
        here = {one.statement for one in found if one.page == page}
        problems += on_page(page, directives_of(notebook), here, statements)
        problems += [
            BuildError(
                f"{one.place}: evidence for {one.statement}, but the page does not state it",
                f"add a {{statement}} {one.statement} directive to {page.docname}.md",
            )
            for one in found
            if one.page == page and one.statement not in {name for _, name in directives_of(notebook)}
        ]
    return problems


def of_one(one: Found, statements: Mapping[str, Statement]) -> list[BuildError]:
    """The rules that one piece of evidence obeys or breaks by itself."""
    name, given = one.statement, one.published
    if set(given) != FIELDS:
        wrong = ", ".join(sorted(FIELDS.symmetric_difference(given)))
        return [
            BuildError(f"{one.place}: evidence with missing or unknown fields: {wrong}", "return an Evidence")
        ]
    if name not in statements:
        return [
            BuildError(
                f"{one.place}: evidence for {name!r}, which book/statements.yml does not have",
                "correct the id in the check, or add the statement",
            )
        ]
    problems = []
    kind = statements[name].kind
    if given["kind"] != kind:
        problems.append(
            BuildError(
                f"{one.place}: {name} has kind {given['kind']!r}, but {kind!r} in book/statements.yml",
                "make the two agree",
            )
        )
    if given["status"] not in STATUSES:
        problems.append(
            BuildError(
                f"{one.place}: {name} has the unknown status {given['status']!r}", "return an Evidence"
            )
        )
    if given["status"] == "inconclusive":
        problems.append(
            BuildError(
                f"{one.place}: {name} is inconclusive (margin {given['margin']}, error {given['error']})",
                "lower the error or enlarge the sample until the margin is clear of ten errors",
            )
        )
    controls = list(given["controls"])
    if kind in NEEDS_CONTROL and not controls:
        problems.append(
            BuildError(
                f"{one.place}: {name} has no negative control", "add a control that violates the claim"
            )
        )
    problems += [
        BuildError(
            f"{one.place}: control {control['name']!r} of {name} does not violate it ({control['result']})",
            "make the control a violation, or list it under `tried`",
        )
        for control in controls
        if not control["violates"]
    ]
    return problems


def shown_twice(found: Iterable[Found]) -> list[BuildError]:
    places: dict[str, list[str]] = {}
    for one in found:
        places.setdefault(one.statement, []).append(one.place)
    return [
        BuildError(
            f"evidence for {name} stands twice: {'; '.join(where)}",
            "keep it on its owner page, cite it elsewhere",
        )
        for name, where in places.items()
        if len(where) > 1
    ]


def on_page(
    page: Page, directives: list[tuple[int, str]], here: set[str], statements: Mapping[str, Statement]
) -> list[BuildError]:
    """The rules for the directives of one page."""
    problems = []
    for name, count in Counter(name for _, name in directives).items():
        if count > 1:
            problems.append(
                BuildError(
                    f"{page.docname}.md states {name} {count} times", "state it once, cite it elsewhere"
                )
            )
    for index, name in directives:
        if name not in statements:
            problems.append(
                BuildError(
                    f"{page.cell(index)}: states {name!r}, which book/statements.yml does not have",
                    "correct the id, or add the statement",
                )
            )
        elif name not in here:
            problems.append(
                BuildError(
                    f"{page.cell(index)}: {name} is stated, but no cell of the page shows its evidence",
                    "call its check as the last expression of a cell of this page",
                )
            )
    return problems
