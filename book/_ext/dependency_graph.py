"""What rests on what: `{dependencies}` draws one graph for each paper, and says the same in a table.

The drawing is made here, as an SVG inside the page: no script, no picture file. Its nodes carry the classes
of the badges, hence their colours, and the status in words; each is a link to the statement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from docutils import nodes
from layered_layout import Layout, layout
from ledger_tables import Cell, row, table
from record import PAPERS, Statement, status_slug, used_by
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from statement_links import badge, link_to, place_of, statements_of

Address = Callable[[str], str]  # of a statement, as seen from the page; empty where it has none

# Pixels. A letter of a key is 0.6 of its size wide in the common fixed-width fonts.
LETTER, KEY_PADDING, LEAST_WIDTH = 7.2, 20, 132
NODE_HEIGHT, ROW, GAP, MARGIN = 36, 46, 52, 8


class dependency_graph(nodes.General, nodes.Element):
    """The graph of one paper (`paper`), drawn when it is known where every statement is."""


def key_of(public_id: str) -> str:
    """The part of an id after its paper."""
    return public_id.partition(".")[2]


def within(statements: Mapping[str, Statement], paper: str) -> dict[str, list[str]]:
    """For each statement of the paper, those of the same paper that it rests on."""
    own = [one for one in statements.values() if one.paper == paper]
    return {one.id: [use for use in one.uses if statements[use].paper == paper] for one in own}


def edges_between(statements: Mapping[str, Statement]) -> list[tuple[Statement, Statement]]:
    """Pairs (what rests, on what) of different papers."""
    return [
        (one, statements[use])
        for one in statements.values()
        for use in one.uses
        if statements[use].paper != one.paper
    ]


def node_svg(statement: Statement, column: tuple[float, float], y: float, address: str) -> str:
    """A box with the key and the status, as wide as its column, inside a link where there is an address."""
    x, width = column
    box = (
        f"<title>{escape(statement.heading)}: {statement.status}</title>"
        f'<rect x="{x:g}" y="{y - NODE_HEIGHT / 2:g}" width="{width:g}" height="{NODE_HEIGHT}" rx="6"/>'
        f'<text class="fb-key" x="{x + width / 2:g}" y="{y - 3:g}">{escape(key_of(statement.id))}</text>'
        f'<text x="{x + width / 2:g}" y="{y + 12:g}">{statement.status}</text>'
    )
    inside = f'<a href="{escape(address)}">{box}</a>' if address else box
    return f'<g class="fb-node fb-{status_slug(statement.status)}">{inside}</g>'


def lefts_and_widths(drawn: Layout) -> list[tuple[float, float]]:
    """Where each column begins, and how wide its widest key makes it."""
    result, left = [], float(MARGIN)
    for place, column in enumerate(drawn.columns):
        keys = [key_of(name) for name, _ in column if drawn.column_of[name] == place]
        width = max(LEAST_WIDTH, round(LETTER * max(map(len, keys)) + KEY_PADDING))
        result.append((left, width))
        left += width + GAP
    return result


def graph_svg(statements: Mapping[str, Statement], paper: str, address: Address) -> str:
    """The drawing of one paper: what a statement rests on is to its left."""
    drawn = layout(within(statements, paper))
    columns = lefts_and_widths(drawn)

    def middle(point: tuple[str, int]) -> float:
        return round(MARGIN + NODE_HEIGHT / 2 + ROW * drawn.heights[point], 1)

    lines, heads = [], []
    for one, other in drawn.strokes:
        start, end = sum(columns[one[1]]), columns[other[1]][0]
        y, z, bend = middle(one), middle(other), (end - start) / 2
        # A line that passes a column crosses it level, before it bends again.
        if not drawn.is_node(one):
            lines.append(f"M{columns[one[1]][0]:g} {y:g}H{start:g}")
        lines.append(f"M{start:g} {y:g}C{start + bend:g} {y:g} {end - bend:g} {z:g} {end:g} {z:g}")
        if drawn.is_node(other):
            heads.append(f"M{end - 7:g} {z - 4:g}L{end:g} {z:g}L{end - 7:g} {z + 4:g}Z")
    # Column by column from the top: the order in which the keyboard reaches the links.
    stand = [point for column in drawn.columns for point in column if drawn.is_node(point)]
    boxes = [
        node_svg(statements[name], columns[place], middle((name, place)), address(name))
        for name, place in stand
    ]
    wide = sum(columns[-1]) + MARGIN
    high = max(map(middle, drawn.heights)) + NODE_HEIGHT / 2 + MARGIN
    return (
        f'<svg class="fb-graph" width="{wide:g}" height="{high:g}" viewBox="0 0 {wide:g} {high:g}" '
        f'role="group" aria-label="What rests on what in {escape(PAPERS[paper])}; a table follows">'
        f'<path class="fb-strokes" d="{"".join(dict.fromkeys(lines))}"/>'
        f'<path class="fb-arrows" d="{"".join(dict.fromkeys(heads))}"/>{"".join(boxes)}</svg>'
    )


def names(of: list[Statement], paper: str) -> Cell:
    """Links to statements, by key within the paper and by full id outside it."""
    cell: list[nodes.Node] = []
    for one in of:
        cell += [nodes.Text(", ")] if cell else []
        cell.append(link_to(one, "name", key_of(one.id) if one.paper == paper else one.id))
    return cell or "·"


def dependency_table(statements: Mapping[str, Statement], paper: str) -> nodes.container:
    """One row for each statement of the paper."""
    users = used_by(statements)
    rows = [
        row(
            [link_to(one, "name", key_of(one.id)), nodes.inline("", one.reference, classes=["fb-line"])],
            [badge(one.status)],
            names([statements[use] for use in one.uses], paper),
            names([statements[user] for user in users[one.id]], paper),
        )
        for one in statements.values()
        if one.paper == paper
    ]
    return table(("Statement", "Status", "Rests on", "Used by"), rows, "fb-uses")


def folded(summary: str, content: nodes.Node) -> list[nodes.Node]:
    """Content that opens on a click or a key, without a script."""
    opening = f'<details class="fb-folded"><summary>{escape(summary)}</summary>'
    return [nodes.raw("", opening, format="html"), content, nodes.raw("", "</details>", format="html")]


class DependenciesDirective(SphinxDirective):
    """`{dependencies}`: a graph and a table for each paper, then what rests on another paper."""

    def run(self) -> list[nodes.Node]:
        statements = statements_of(self.env)
        result: list[nodes.Node] = []
        for paper, name in PAPERS.items():
            steps = within(statements, paper)
            if not steps:
                continue
            section = nodes.section(ids=[f"rests-{paper}"])
            section += nodes.title("", name)
            section += nodes.container("", dependency_graph(paper=paper), classes=["fb-scroll"])
            section += folded(
                f"The same as a table: {len(steps)} statements, {sum(map(len, steps.values()))} steps",
                dependency_table(statements, paper),
            )
            result.append(section)
        return [*result, *self.between(statements)]

    def between(self, statements: Mapping[str, Statement]) -> list[nodes.Node]:
        """The steps from one paper to another, in a table of their own."""
        rows = [
            row(
                [link_to(one, "name", one.id), nodes.Text(" "), badge(one.status)],
                [link_to(other, "name", other.id), nodes.Text(" "), badge(other.status)],
            )
            for one, other in edges_between(statements)
        ]
        if not rows:
            return []
        section = nodes.section(ids=["rests-between"])
        section += nodes.title("", "From one paper to another")
        section += table(("Statement", "Rests on"), rows, "fb-between")
        return [section]


class DrawGraphs(SphinxPostTransform):
    """Put the drawing in its place, once all pages are read; other builders than HTML have the table."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        domain = self.env.get_domain("statement")

        def address(public_id: str) -> str:
            place = place_of(domain, public_id)
            if place is None:
                return ""
            return f"{self.app.builder.get_relative_uri(self.env.docname, place[0])}#{place[1]}"

        for node in list(self.document.findall(dependency_graph)):
            svg = graph_svg(statements_of(self.env), node["paper"], address)
            node.replace_self(nodes.raw("", svg, format="html"))


def register(app: Sphinx) -> None:
    app.add_node(dependency_graph)
    app.add_directive("dependencies", DependenciesDirective)
    app.add_post_transform(DrawGraphs)
