"""book/statements.yml: what the book must settle. Nothing about how it went."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

import yaml

from bookbuild.project import BuildError, Project
from flowbounds.evidence import KINDS

FIELDS = {"label", "kind", "title", "uses", "extension"}
FILE = "book/statements.yml"


@dataclass(frozen=True)
class Statement:
    """One claim of a paper; `uses` holds full ids."""

    id: str
    paper: str
    key: str
    label: str
    kind: str
    title: str
    uses: tuple[str, ...]
    extension: bool


class UniqueKeyLoader(yaml.SafeLoader):
    """YAML lets a second key replace the first without a word; here that is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise BuildError(f"{FILE}, line {line}: {key!r} stands twice", "give one of them another id")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def load(project: Project) -> dict[str, Statement]:
    """All statements by full id, in the file's order."""
    try:
        text = project.statements.read_text(encoding="utf-8")
    except OSError:
        raise BuildError(f"{FILE} is missing", f"git checkout {FILE}") from None
    return parse(text)


def parse(text: str) -> dict[str, Statement]:
    try:
        papers = yaml.load(text, Loader=UniqueKeyLoader) or {}
    except yaml.YAMLError as error:
        raise BuildError(f"{FILE} is not valid YAML: {error}", f"correct {FILE}") from None
    ids = {f"{paper}.{key}" for paper, entries in papers.items() for key in entries}
    statements = [
        statement_of(paper, str(key), entry, ids)
        for paper, entries in papers.items()
        for key, entry in entries.items()
    ]
    try:
        list(TopologicalSorter({one.id: one.uses for one in statements}).static_order())
    except CycleError as error:
        ring = " -> ".join(error.args[1])
        raise BuildError(f"{FILE}: statements rest on each other: {ring}", "remove one `uses`") from None
    return {one.id: one for one in statements}


def statement_of(paper: str, key: str, entry: dict[str, Any], ids: Iterable[str]) -> Statement:
    full = f"{paper}.{key}"
    missing = {"label", "kind", "title"} - set(entry)
    if missing or set(entry) - FIELDS:
        wrong = ", ".join(sorted(missing | (set(entry) - FIELDS)))
        raise BuildError(f"{FILE}: {full} has missing or unknown fields: {wrong}", f"correct {full}")
    kind = str(entry["kind"])
    if kind not in KINDS:
        raise BuildError(
            f"{FILE}: {full} has the unknown kind {kind!r}", f"use one of: {', '.join(sorted(KINDS))}"
        )
    uses = []
    for use in entry.get("uses") or []:
        found = next((name for name in (f"{paper}.{use}", str(use)) if name in ids), None)
        if found is None:
            raise BuildError(
                f"{FILE}: {full} uses the unknown statement {use!r}", f"correct `uses` of {full}"
            )
        uses.append(found)
    return Statement(
        full,
        paper,
        key,
        str(entry["label"]),
        kind,
        str(entry["title"]),
        tuple(uses),
        bool(entry.get("extension")),
    )
