"""The `{statement} ID` directive: one framed block for each statement, with status, citation and links.

Labels and titles are written once, in `statements.yml`; the status comes from `ledger.json`. Each block has a
stable anchor (`ge2021.lemma7` is `#ge2021-lemma7`) and is a label, so that ``{ref}`ge2021.lemma7` `` works on
every page. The tables made from the same record are in `ledger_tables` and `ledger_changes`, its graphs in
`dependency_graph`, and its files and short addresses in `ledger_files`.
"""

from __future__ import annotations

from typing import Any

import dependency_graph
import ledger_changes
import ledger_files
import ledger_tables
from api_links import check_link
from docutils import nodes
from docutils.statemachine import StringList
from record import NOVELTY, Statement, status_slug
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from statement_links import ResolveStatementLinks, StatementDomain, badge, link_to, statements_of

logger = logging.getLogger(__name__)


class statement_block(nodes.General, nodes.Element):
    """The frame around one statement."""


class StatementDirective(SphinxDirective):
    """`{statement} ge2021.lemma7` with the statement in our own words as its body."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        public_id = self.arguments[0].strip()
        statements = statements_of(self.env)
        statement = statements.get(public_id)
        if statement is None:
            return self.refuse(f"unknown statement {public_id!r}: it is not in statements.yml")
        if not any(line.strip() for line in self.content):
            return self.refuse(f"statement {public_id} has an empty body")
        if not self.env.get_domain("statement").note_block(statement, self.env.docname, self.get_location()):
            return []
        self.env.get_domain("std").note_hyperlink_target(
            public_id.lower(), self.env.docname, statement.anchor, statement.reference
        )
        block = statement_block(ids=[statement.anchor], statement=public_id, status=statement.status)
        block += self.heading(statement)
        body = nodes.container(classes=["fb-body"])
        self.state.nested_parse(self.content, self.content_offset, body)
        block += body
        block += self.footer(statement, statements)
        self.set_source_info(block)
        return [block]

    def refuse(self, message: str) -> list[nodes.Node]:
        logger.warning(message, location=self.get_location())
        return []

    def heading(self, statement: Statement) -> nodes.paragraph:
        title = nodes.inline("", statement.heading, classes=["fb-title"], ids=[f"{statement.anchor}-title"])
        parts = (title, nodes.Text(" "), badge(statement.status))
        return nodes.paragraph("", "", *parts, classes=["fb-heading"])

    def footer(self, statement: Statement, statements: dict[str, Statement]) -> nodes.paragraph:
        """Citation, what the statement rests on, its check, and its row in the ledger."""
        foot = nodes.paragraph(classes=["fb-foot"])
        foot += self.citation(statement.paper)
        if statement.extension:
            foot += nodes.Text(f" · {NOVELTY}")
        for position, use in enumerate(statement.uses):
            foot += nodes.Text(", " if position else " · rests on ")
            name = statements[use].reference
            foot += link_to(statements[use], "block", name if use.startswith(f"{statement.paper}.") else use)
        for link in check_link(statement.id, separated=True):
            foot += link
        foot += nodes.Text(" · ")
        foot += link_to(statement, "row", "ledger")
        return foot

    def citation(self, key: str) -> list[nodes.Node]:
        """The paper, cited through the bibliography."""
        holder = nodes.container()
        self.state.nested_parse(StringList([f"{{cite:t}}`{key}`"]), self.content_offset, holder)
        return holder.children[0].children


def visit_block_html(self: Any, node: statement_block) -> None:
    anchor = node["ids"][0]
    opening = self.starttag(
        node,
        "div",
        CLASS=f"fb-statement fb-frame-{status_slug(node['status'])}",
        role="group",
        **{"aria-labelledby": f"{anchor}-title"},
    )
    self.body.append(opening)


def depart_block_html(self: Any, node: statement_block) -> None:
    self.body.append("</div>\n")


def pass_through(self: Any, node: nodes.Node) -> None:
    """Other builders print the block's parts one after the other."""


def setup(app: Sphinx) -> dict[str, Any]:
    other = (pass_through, pass_through)
    app.add_node(statement_block, html=(visit_block_html, depart_block_html), latex=other, text=other)
    app.add_domain(StatementDomain)
    app.add_directive("statement", StatementDirective)
    app.add_post_transform(ResolveStatementLinks)
    for part in (ledger_tables, ledger_changes, dependency_graph, ledger_files):
        part.register(app)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
