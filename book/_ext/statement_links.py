"""Links between statements, their blocks, their ledger rows and their checks, over all pages of the book."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from record import PLANNED, RecordError, Statement, load, row_anchor_of, short_file_of, status_slug
from sphinx.domains import Domain
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)

RECORD_FILES = ("book/statements.yml", "book/ledger.json")  # relative to the Sphinx source folder
SITE_BUILDERS = ("html", "dirhtml")  # those that give each page an address; others have no short ones


class statement_link(nodes.Inline, nodes.Element):
    """A link resolved when all pages are read.

    `kind` says to what: "block" (marked as planned where there is none), "name" (the block too, plain text
    where there is none), "row" (the statement's row of the ledger), "short" (its short address), or, with a
    Python name for a statement, "check" (its entry in the reference) and "source" (its code); these two
    vanish, with the node that holds them, where the book has no such entry.
    """


def warn_twice(public_id: str, first: str, location: Any) -> None:
    logger.warning("statement %s has a block already, in %s", public_id, first, location=location)


class StatementDomain(Domain):
    """Where each statement's block and the ledger are, over all pages."""

    name = "statement"
    label = "Statement"
    # blocks: public id -> (page, anchor); ledger: the page that holds the ledger
    initial_data: ClassVar[dict[str, Any]] = {"blocks": {}, "ledger": ""}
    data_version = 1

    @property
    def blocks(self) -> dict[str, tuple[str, str]]:
        return self.data["blocks"]

    def note_block(self, statement: Statement, docname: str, location: Any) -> bool:
        """Record a block; False, with a warning, when the statement has one already."""
        if statement.id in self.blocks:
            warn_twice(statement.id, self.blocks[statement.id][0], location)
            return False
        self.blocks[statement.id] = (docname, statement.anchor)
        return True

    def clear_doc(self, docname: str) -> None:
        self.data["blocks"] = {key: place for key, place in self.blocks.items() if place[0] != docname}
        if self.data["ledger"] == docname:
            self.data["ledger"] = ""

    def merge_domaindata(self, docnames: list[str], otherdata: dict[str, Any]) -> None:
        for key, place in otherdata["blocks"].items():
            if place[0] in docnames:
                if key in self.blocks:
                    warn_twice(key, self.blocks[key][0], place[0])
                self.blocks.setdefault(key, place)
        if otherdata["ledger"] in docnames:
            self.data["ledger"] = otherdata["ledger"]

    def resolve_any_xref(self, *args: Any) -> list[Any]:
        return []  # links go through the standard labels


def statements_of(env: BuildEnvironment) -> dict[str, Statement]:
    """The record, re-read for each page that needs it (two small files); the page depends on both files."""
    for name in RECORD_FILES:
        env.note_dependency(name)
    try:
        return load(Path(env.srcdir) / "book")
    except RecordError as problem:
        raise ExtensionError(str(problem)) from problem


def badge(status: str) -> nodes.inline:
    """The status in words; colour only repeats what the words say."""
    return nodes.inline("", status, classes=["fb-badge", f"fb-{status_slug(status)}"])


def link_to(statement: Statement, kind: str, text: str) -> statement_link:
    return statement_link("", nodes.Text(text), statement=statement.id, kind=kind)


def place_of(domain: Domain, public_id: str) -> tuple[str, str] | None:
    """The page and the anchor where a statement is: its block, else its row of the ledger, else nowhere."""
    block, page = domain.data["blocks"].get(public_id), domain.data["ledger"]
    return block or ((page, row_anchor_of(public_id)) if page else None)


class ResolveStatementLinks(SphinxPostTransform):
    """Turn `statement_link` nodes into links; a statement without a block stays text, marked as planned."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        domain = self.env.get_domain("statement")
        for node in list(self.document.findall(statement_link)):
            text = node.astext()
            if node["kind"] == "short":
                node.replace_self(self.short(node, text))
                continue
            place = self.place(domain, node) if node["kind"] not in ("check", "source") else self.code(node)
            if place is not None:
                docname, anchor = place
                node.replace_self(
                    make_refnode(self.app.builder, self.env.docname, docname, anchor, nodes.inline("", text))
                )
            elif node["kind"] == "block":
                node.replace_self(nodes.Text(f"{text} ({PLANNED})"))
            elif node["kind"] == "check":
                node.parent.parent.remove(node.parent)
            elif node["kind"] != "source":  # that has gone with its check
                node.replace_self(nodes.Text(text))

    def short(self, node: statement_link, text: str) -> nodes.Node:
        """The short address as seen from this page."""
        if self.app.builder.name not in SITE_BUILDERS:
            return nodes.Text(text)
        up = "../" * self.app.builder.get_target_uri(self.env.docname).count("/")
        return nodes.reference("", text, refuri=f"{up}{short_file_of(node['statement'])}", internal=True)

    @staticmethod
    def place(domain: Domain, node: statement_link) -> tuple[str, str] | None:
        """The page and the anchor that a link leads to, or None where there is no such place."""
        if node["kind"] == "row":
            page = domain.data["ledger"]
            return (page, row_anchor_of(node["statement"])) if page else None
        return domain.data["blocks"].get(node["statement"])

    def code(self, node: statement_link) -> tuple[str, str] | None:
        """Where a check is documented, or where sphinx.ext.viewcode shows its source."""
        name = node["statement"]
        documented = self.env.get_domain("py").data["objects"].get(name)
        if documented is None or node["kind"] == "check":
            return documented and (documented.docname, documented.node_id)
        module, _, function = name.rpartition(".")
        return f"_modules/{module.replace('.', '/')}", function
