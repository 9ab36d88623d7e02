"""`{ledger-changes}`: what the ledger says otherwise than it did at the last release.

A release keeps a copy of its ledger as `book/releases/VERSION.json`; the highest version is the last release.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from entry_texts import instances_text
from ledger_tables import row, table
from record import PLANNED, RecordError, Statement
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from statement_links import badge, link_to, statements_of

FOLDER = "book/releases"  # relative to the Sphinx source folder

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Release:
    """The ledger of a release."""

    version: str
    ledger: Mapping[str, Entry]


@dataclass(frozen=True)
class Change:
    """One statement that reads otherwise: its status then and now, and what else differs."""

    statement: Statement
    before: str
    after: str
    rest: str


def version_of(name: str) -> tuple[int, ...]:
    """`0.10.2` as numbers, so that it comes after `0.9.0`."""
    if not re.fullmatch(r"\d+(\.\d+)*", name):
        raise RecordError(f"releases/{name}.json: the name is not a version such as 0.1.0")
    return tuple(map(int, name.split(".")))


def last_release(folder: Path) -> Release | None:
    """The ledger of the highest version in the folder; None before the first release."""
    files = sorted(folder.glob("*.json"), key=lambda file: version_of(file.stem))
    if not files:
        return None
    return Release(files[-1].stem, json.loads(files[-1].read_text("utf-8")))


def shown(entry: Entry) -> dict[str, str]:
    """What of an entry is compared: all that decides its status, by the name that the table gives it."""
    printed = entry.get("printed")
    return {
        "kind": str(entry["kind"]),
        "margin": str(entry["margin"]),
        "instances": instances_text(entry),
        "controls": ", ".join(one["name"] for one in entry.get("controls", ())) or "none",
        "printed form": ("fails" if printed["fails"] else "holds") if printed else "not tested",
    }


def changes(release: Release, statements: Mapping[str, Statement]) -> list[Change]:
    """Statements in the order of the record that read otherwise than at the release.

    Raises
    ------
    RecordError
        The release settles an id that the record no longer has: its address would lead nowhere.
    """
    for public_id in release.ledger:
        if public_id not in statements:
            raise RecordError(f"statements.yml has lost {public_id}, which release {release.version} settles")
    found = []
    for one in statements.values():
        then = release.ledger.get(one.id)
        before = str(then["status"]) if then else PLANNED
        old, new = (shown(entry) if entry else {} for entry in (then, one.entry))
        rest = "; ".join(
            f"{name} was {old[name]}, is {new[name]}" for name in old if new and old[name] != new[name]
        )
        if before != one.status or rest:
            found.append(Change(one, before, one.status, rest))
    return found


class ChangesDirective(SphinxDirective):
    """`{ledger-changes}`: a sentence, and one row for each statement that reads otherwise."""

    def run(self) -> list[nodes.Node]:
        statements = statements_of(self.env)
        folder = Path(self.env.srcdir) / FOLDER
        for file in folder.glob("*.json"):
            self.env.note_dependency(str(file.relative_to(self.env.srcdir)))
        try:
            release = last_release(folder)
            found = changes(release, statements) if release else []
        except RecordError as problem:
            raise ExtensionError(str(problem)) from problem
        if release is None:
            return [nodes.paragraph("", "There is no release yet; the first one will be compared with here.")]
        if not found:
            return [nodes.paragraph("", f"Nothing has changed since release {release.version}.")]
        said = f"Since release {release.version}, {len(found)} of {len(statements)} statements have changed."
        rows = [
            row(
                [link_to(one.statement, "name", one.statement.id)],
                [badge(one.before)],
                [badge(one.after)],
                one.rest,
            )
            for one in found
        ]
        return [nodes.paragraph("", said), table(("Statement", "Then", "Now", "Besides"), rows, "fb-changes")]


def register(app: Sphinx) -> None:
    app.add_directive("ledger-changes", ChangesDirective)
