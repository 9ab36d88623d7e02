"""Tables made from the record: `{ledger}`, `{ledger-summary}`, `{ledger-line}` and `{printed-forms}`.

Nothing in them is typed: every number and status comes from `ledger.json`, which the executed pages wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from api_links import check_link
from docutils import nodes
from entry_texts import constant_lines, control_lines, instances_text, remark_lines
from record import (
    KINDS,
    PAPERS,
    PLANNED,
    SHORT_PAPERS,
    STATUSES,
    Statement,
    counts,
    counts_line,
    status_slug,
)
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from statement_links import badge, link_to, statements_of

Cell = str | Sequence[nodes.Node]

LEDGER_COLUMNS = ("Statement", "Kind", "Status", "Margin", "Error", "Instances", "Controls", "Constants")


def entry(cell: Cell) -> nodes.entry:
    """One table cell holding one paragraph."""
    content = [nodes.Text(cell)] if isinstance(cell, str) else list(cell)
    return nodes.entry("", nodes.paragraph("", "", *content))


def table(headers: Sequence[str], rows: Iterable[nodes.row], *classes: str) -> nodes.container:
    """A table whose first column heads its rows, in a frame that scrolls sideways on a narrow screen."""
    group = nodes.tgroup(cols=len(headers))
    for position in range(len(headers)):
        group += nodes.colspec(colwidth=1, **({"stub": 1} if position == 0 else {}))
    group += nodes.thead("", nodes.row("", *(entry(text) for text in headers)))
    group += nodes.tbody("", *rows)
    return nodes.container("", nodes.table("", group, classes=list(classes)), classes=["fb-scroll"])


def row(*cells: Cell, **attributes: Any) -> nodes.row:
    return nodes.row("", *(entry(cell) for cell in cells), **attributes)


def lines(texts: Sequence[str]) -> list[nodes.Node]:
    """Short texts on lines of their own inside a cell."""
    return [nodes.inline("", text, classes=["fb-line"]) for text in texts]


def ledger_row(statement: Statement) -> nodes.row:
    """One statement's row, with its anchor and the class that the filter reads."""
    name = link_to(statement, "name", statement.place)
    head = [name] if statement.place == statement.title else [name, *lines([statement.title])]
    if statement.extension:
        head += lines(["beyond the text"])
    head.append(nodes.inline("", "", link_to(statement, "short", statement.id), classes=["fb-line", "fb-id"]))
    head += check_link(statement.id, separated=False)
    found = statement.entry
    status = [badge(statement.status), *(lines(remark_lines(found)) if found else [])]
    if found is None:
        numbers: list[Cell] = ["", "", "", "", ""]
    else:
        numbers = [found["margin"], found["error"], instances_text(found)]
        numbers += [lines(control_lines(found)), lines(constant_lines(found))]
    return row(
        head,
        statement.kind,
        status,
        *numbers,
        ids=[statement.row_anchor],
        classes=["fb-row", f"fb-is-{status_slug(statement.status)}", f"fb-kind-{statement.kind}"],
    )


def summary_table(statements: dict[str, Statement]) -> nodes.container:
    """How many statements have each status, by paper."""
    body = []
    for status, by_paper in counts(statements).items():
        numbers = [str(by_paper.get(paper, 0) or "·") for paper in PAPERS]
        body.append(row([badge(status)], *numbers, str(by_paper.total())))
    per_paper = [str(sum(s.paper == paper for s in statements.values())) for paper in PAPERS]
    body.append(row("all", *per_paper, str(len(statements)), classes=["fb-total"]))
    return table(("Status", *SHORT_PAPERS.values(), "All"), body, "fb-summary")


def option(value: str, text: str) -> str:
    return f'<option value="{value}">{text}</option>'


def filter_form(statements: dict[str, Statement]) -> nodes.raw:
    """The filter's controls. They stay hidden until the script, which alone makes them work, has run."""
    present = {s.status for s in statements.values()} | {s.kind for s in statements.values()}
    statuses = "".join(option(status_slug(s), s) for s in (*STATUSES, PLANNED) if s in present)
    kinds = "".join(option(kind, kind) for kind in KINDS if kind in present)
    papers = "".join(option(paper, name) for paper, name in PAPERS.items())
    html = (
        '<form class="fb-filter" hidden>'
        f'<label>Status <select name="status">{option("", "any status")}{statuses}</select></label> '
        f'<label>Paper <select name="paper">{option("", "every paper")}{papers}</select></label> '
        f'<label>Kind <select name="kind">{option("", "any kind")}{kinds}</select></label> '
        '<output role="status" name="count"></output></form>'
    )
    return nodes.raw("", html, format="html")


class LedgerDirective(SphinxDirective):
    """`{ledger}`: the summary, the filter, and one table for each paper."""

    def run(self) -> list[nodes.Node]:
        statements = statements_of(self.env)
        self.env.get_domain("statement").data["ledger"] = self.env.docname
        result: list[nodes.Node] = [summary_table(statements), filter_form(statements)]
        for paper, name in PAPERS.items():
            rows = [ledger_row(s) for s in statements.values() if s.paper == paper]
            if not rows:
                continue
            section = nodes.section(ids=[f"ledger-{paper}"], classes=["fb-paper", f"fb-paper-{paper}"])
            section += nodes.title("", name)
            section += table(LEDGER_COLUMNS, rows, "fb-ledger")
            result.append(section)
        return result


class SummaryDirective(SphinxDirective):
    """`{ledger-summary}`: the counts by status alone."""

    def run(self) -> list[nodes.Node]:
        return [summary_table(statements_of(self.env))]


class LineDirective(SphinxDirective):
    """`{ledger-line}`: the counts by status in one sentence."""

    def run(self) -> list[nodes.Node]:
        return [nodes.paragraph("", counts_line(statements_of(self.env)), classes=["fb-counts"])]


class PrintedFormsDirective(SphinxDirective):
    """`{printed-forms}`: every printed form that a page has tested, with its source and the result."""

    def run(self) -> list[nodes.Node]:
        tested = [s for s in statements_of(self.env).values() if s.entry and s.entry.get("printed")]
        if not tested:
            return [nodes.paragraph("", "No page has tested a printed form yet.")]
        body = []
        for statement in tested:
            printed = statement.entry["printed"] if statement.entry else {}
            verdict = "fails as read" if printed["fails"] else "holds as read"
            name = [link_to(statement, "name", f"{statement.reference}, {statement.paper}")]
            body.append(row(name, printed["source"], printed["result"], verdict, [badge(statement.status)]))
        return [table(("Statement", "Where it was read", "Result", "Verdict", "Status"), body, "fb-printed")]


def register(app: Sphinx) -> None:
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("ledger-summary", SummaryDirective)
    app.add_directive("ledger-line", LineDirective)
    app.add_directive("printed-forms", PrintedFormsDirective)
