"""The ledger: what executed pages found for each statement, compared with the committed ledger."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from bookbuild.evidence import STATUSES, evidence_of
from bookbuild.project import BuildError, Page
from bookbuild.statements import Statement

Entry = Mapping[str, Any]
Ledger = dict[str, dict[str, Any]]

PLANNED = "planned"
FILE = "book/ledger.json"
COMPARED = ("kind", "status", "instances", "vacuous", "page", "margin")
CURE = "find out why; if the change is meant, make notebooks and commit it"


def collect(notebooks: Mapping[Page, NotebookNode]) -> Ledger:
    """Entries by statement id; of evidence that stands twice (an error elsewhere) the first counts."""
    entries: Ledger = {}
    for page, notebook in notebooks.items():
        for one in evidence_of(page, notebook):
            entry = {name: value for name, value in one.published.items() if name != "statement"}
            entries.setdefault(one.statement, {**entry, "page": page.docname})
    return dict(sorted(entries.items()))


def as_text(ledger: Mapping[str, Entry]) -> str:
    return json.dumps(ledger, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read(path: Path) -> Ledger:
    """The committed ledger; empty when there is none yet."""
    if not path.exists():
        return {}
    try:
        ledger = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BuildError(f"{FILE} is not valid JSON: {error}", "make notebooks") from None
    return dict(ledger)


def changes(committed: Mapping[str, Entry], fresh: Mapping[str, Entry]) -> list[BuildError]:
    """Every difference that matters: ids, kinds, statuses, counts, pages, margins, controls.

    Measured errors, constants, notes and places are not compared: they may move with the machine.
    """
    problems = []
    for name in sorted(set(committed) | set(fresh)):
        if name not in committed:
            problems.append(
                BuildError(f"{FILE} does not have {name}, which a page settles", "make notebooks")
            )
        elif name not in fresh:
            problems.append(BuildError(f"{FILE} has {name}, but no page shows evidence for it", CURE))
        else:
            old, new = compared(committed[name]), compared(fresh[name])
            differences = [
                f"{field} was {old[field]!r}, is {new[field]!r}" for field in old if old[field] != new[field]
            ]
            if differences:
                problems.append(BuildError(f"{FILE}: {name}: {'; '.join(differences)}", CURE))
    return problems


def compared(entry: Entry) -> dict[str, object]:
    controls = entry.get("controls") or []
    return {
        **{field: entry.get(field) for field in COMPARED},
        "controls": [(control["name"], control["violates"]) for control in controls],
    }


def without_statement(ledger: Mapping[str, Entry], statements: Mapping[str, Statement]) -> list[BuildError]:
    """No id is ever dropped: what the ledger once settled must still be a statement."""
    return [
        BuildError(
            f"book/statements.yml no longer has {name}, which {FILE} settles", "put the statement back"
        )
        for name in ledger
        if name not in statements
    ]


def count_by_status(ledger: Mapping[str, Entry], statements: Mapping[str, Statement]) -> dict[str, int]:
    """How many statements have each status; those that no page settles yet are planned."""
    counts = Counter(str(ledger[name]["status"]) if name in ledger else PLANNED for name in statements)
    return {status: counts[status] for status in (*STATUSES, PLANNED) if counts[status]}
