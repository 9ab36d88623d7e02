"""Statements and code lead to each other: ids in docstrings become links, checks say what they settle.

A docstring names a statement by its id (`Source: ge2021.eq1`); where the book has a block for it, the id
becomes a link, and elsewhere it stays text. The way back, from a block or a ledger row to the check and its
source, is `check_link`; both ends are found when all pages are read (see `statement_links`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from docstring_text import change_prose
from docutils import nodes
from record import load
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from statement_links import statement_link

ROLE = "statement"


@cache
def checks() -> dict[str, str]:
    """The full name of each statement's check, by public id."""
    from flowbounds.checks.registry import all_checks  # late: it imports the science

    found = all_checks()
    return {name: f"{one.function.__module__}.{one.function.__qualname__}" for name, one in found.items()}


def check_link(public_id: str, *, separated: bool) -> list[nodes.Node]:
    """Links to the statement's check and to its source; nothing for a statement without a check.

    They stand after other links (`separated`) or on a line of their own, and go away, separator and all, when
    the book turns out not to document the check.
    """
    full = checks().get(public_id)
    if full is None:
        return []
    both = nodes.inline(classes=["fb-check"] if separated else ["fb-check", "fb-line"])
    both += nodes.Text(" · ") if separated else []
    both += statement_link("", nodes.Text("check"), statement=full, kind="check")
    both += nodes.Text(" · ")
    both += statement_link("", nodes.Text("source"), statement=full, kind="source")
    return [both]


def id_pattern(ids: Iterable[str]) -> re.Pattern[str]:
    """Any of the ids as a whole word outside code; the longest first, so that `a.b` never hides `a.b.c`."""
    names = "|".join(re.escape(one) for one in sorted(ids, key=len, reverse=True))
    return re.compile(rf"(?<![\w.`:/<-])({names})(?![\w`>-]|\.\w)")


def link_ids(lines: list[str], pattern: re.Pattern[str]) -> None:
    """Put the role around each id, in place."""
    change_prose(lines, lambda text: pattern.sub(rf":{ROLE}:`\1`", text))


def settled_by(full_name: str, known: Mapping[str, str]) -> str | None:
    """The statement that a function settles, if any."""
    return next((public_id for public_id, name in known.items() if name == full_name), None)


def on_docstring(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    statements = load(Path(app.srcdir) / "book")
    link_ids(lines, id_pattern(statements))
    settled = settled_by(name, checks())
    if settled in statements:
        lines += ["", f"Settles :{ROLE}:`{settled}` ({statements[settled].kind}).", ""]


class StatementRole(SphinxRole):
    """The id as a link to the statement's block, plain text while it has none."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        return [statement_link("", nodes.Text(self.text), statement=self.text, kind="name")], []


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx.ext.autodoc")
    app.add_role(ROLE, StatementRole())
    app.connect("autodoc-process-docstring", on_docstring, priority=900)  # after napoleon's 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
