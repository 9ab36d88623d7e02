"""What the book knows about its statements: `statements.yml` joined with `ledger.json`, as pure functions.

Nothing here touches Sphinx, so everything can be tested without building a site. Statuses are read, never
computed: they come from the executed pages, through the ledger.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

# The order is that of decision: the first that applies is the status (book/notation.md explains each).
STATUSES = (
    "out of reach",
    "tight",
    "corrected",
    "fails at these sizes",
    "fails",
    "vacuous here",
    "holds",
    "consistent on the grid",
    "inconclusive",
)
PLANNED = "planned"

KINDS = (
    "definition",
    "identity",
    "inequality",
    "probability",
    "existence",
    "asymptotic",
    "algorithm",
    "figure",
    "empirical",
)

PAPERS = {
    "ge2021": "Ge, Ren, Wang and Zhou (2021)",
    "min2022": "Min, Tarmoun, Xu, Vidal and Mallada (2022)",
    "du2018": "Du, Hu and Lee (2018)",
    "wang2020": "Wang, Wu, Lee, Ma and Ge (2020)",
}

SHORT_PAPERS = {
    "ge2021": "Ge et al.",
    "min2022": "Min et al.",
    "du2018": "Du et al.",
    "wang2020": "Wang et al.",
}

BEYOND = "beyond the text"
# A label of this kind names a result even where several statements of ours are parts of it.
NUMBERED = (
    *("algorithm", "beyond", "claim", "corollary", "definition", "equation"),
    *("figure", "lemma", "proposition", "theorem"),
)
NOVELTY = "beyond the text; novelty is not claimed"


class RecordError(ValueError):
    """`statements.yml` or `ledger.json` contradicts itself or the other."""


@dataclass(frozen=True)
class Statement:
    """One statement of a paper, and what the ledger says about it (`entry` is None while it is planned)."""

    id: str
    paper: str
    label: str
    kind: str
    title: str
    uses: tuple[str, ...] = ()
    extension: bool = False
    entry: Mapping[str, Any] | None = None
    shared: bool = False  # whether other statements of the paper have the same label

    @property
    def status(self) -> str:
        return PLANNED if self.entry is None else str(self.entry["status"])

    @property
    def anchor(self) -> str:
        return anchor_of(self.id)

    @property
    def row_anchor(self) -> str:
        return row_anchor_of(self.id)

    @property
    def heading(self) -> str:
        """The heading of its block: "Lemma 7 (informal) · Growth of the fitted mass"."""
        label = BEYOND.capitalize() if self.label == BEYOND else self.label
        return f"{label} · {self.title}"

    @property
    def place(self) -> str:
        """Where the paper has it, or the title where the paper does not."""
        return self.title if self.label == BEYOND else self.label

    @property
    def reference(self) -> str:
        """The text of a link to it: its place, with its title where the place alone is no name.

        >>> Statement("a.b", "a", "General case", "identity", "Conserved imbalance", shared=True).reference
        'General case: Conserved imbalance'
        >>> Statement("a.b", "a", "Theorem 2", "identity", "A bad minimum", shared=True).reference
        'Theorem 2'
        """
        numbered = self.label.lower().startswith(NUMBERED)
        return f"{self.place}: {self.title}" if self.shared and not numbered else self.place


def anchor_of(public_id: str) -> str:
    """The stable HTML anchor of a statement: `ge2021.eq1.growth` becomes `ge2021-eq1-growth`."""
    return public_id.lower().replace(".", "-").replace("_", "-")


def row_anchor_of(public_id: str) -> str:
    """The anchor of a statement's row on the ledger page."""
    return f"ledger-{anchor_of(public_id)}"


def short_file_of(public_id: str) -> str:
    """The file behind the short address `s/ge2021.lemma7/` of a statement, from the site's root."""
    return f"s/{public_id}/index.html"


def status_slug(status: str) -> str:
    """The status as a CSS class suffix: `fails at these sizes` becomes `fails-at-these-sizes`."""
    return status.replace(" ", "-")


def resolve_use(paper: str, key: str, papers: Mapping[str, Mapping[str, Any]]) -> str:
    """The public id meant by an entry of `uses`: a key of the same paper, else a full id of another."""
    if key in papers[paper]:
        return f"{paper}.{key}"
    other, _, rest = key.partition(".")
    if other in papers and rest in papers[other]:
        return key
    raise RecordError(f"statements.yml: {paper} uses {key!r}, neither a key of {paper} nor a full id")


@lru_cache(maxsize=2)  # every page and every docstring asks; parsing takes a tenth of a second
def read_statements(statements_text: str, ledger_text: str) -> dict[str, Statement]:
    """All statements by public id, in the order of `statements.yml`, with their ledger entries attached.

    The result is shared: it is only read.

    Raises
    ------
    RecordError
        An unknown kind or `uses`, statements that rest on each other, a ledger entry for an unknown id, or a
        status that is not in the list.
    """
    papers = yaml.safe_load(statements_text)
    ledger = json.loads(ledger_text)
    labels = Counter((paper, one["label"]) for paper, given in papers.items() for one in given.values())
    statements: dict[str, Statement] = {}
    for paper, entries in papers.items():
        for key, given in entries.items():
            public_id = f"{paper}.{key}"
            if given["kind"] not in KINDS:
                raise RecordError(f"statements.yml: {public_id} has the unknown kind {given['kind']!r}")
            statements[public_id] = Statement(
                id=public_id,
                paper=paper,
                label=given["label"],
                kind=given["kind"],
                title=given["title"],
                uses=tuple(resolve_use(paper, use, papers) for use in given.get("uses", ())),
                extension=bool(given.get("extension", False)),
                entry=ledger.get(public_id),
                shared=labels[paper, given["label"]] > 1,
            )
    try:
        TopologicalSorter({one.id: one.uses for one in statements.values()}).prepare()
    except CycleError as error:
        ring = " -> ".join(error.args[1])
        raise RecordError(f"statements.yml: statements rest on each other: {ring}") from None
    for public_id, entry in ledger.items():
        if public_id not in statements:
            raise RecordError(f"ledger.json: {public_id} is not in statements.yml")
        if entry["status"] not in STATUSES:
            raise RecordError(f"ledger.json: {public_id} has the unknown status {entry['status']!r}")
    return statements


def load(book: Path) -> dict[str, Statement]:
    """Read both files from the book folder; a missing ledger means that every statement is planned."""
    ledger = book / "ledger.json"
    ledger_text = ledger.read_text("utf-8") if ledger.exists() else "{}"
    return read_statements((book / "statements.yml").read_text("utf-8"), ledger_text)


def counts(statements: Mapping[str, Statement]) -> dict[str, Counter[str]]:
    """How many statements have each status, by paper; only statuses that occur, in the list's order."""
    seen = Counter((s.status, s.paper) for s in statements.values())
    table: dict[str, Counter[str]] = {}
    for status in (*STATUSES, PLANNED):
        row = Counter({paper: n for (what, paper), n in seen.items() if what == status})
        if row:
            table[status] = row
    return table


def used_by(statements: Mapping[str, Statement]) -> dict[str, tuple[str, ...]]:
    """For each id those of the statements that rest on it: `uses` read backwards."""
    users: dict[str, list[str]] = {public_id: [] for public_id in statements}
    for one in statements.values():
        for use in one.uses:
            users[use].append(one.id)
    return {public_id: tuple(found) for public_id, found in users.items()}


def counted(number: int, status: str) -> str:
    """ "1 holds", "2 hold"; other statuses are no verbs and stay as they are."""
    return f"{number} {status if number == 1 else re.sub('^(hold|fail)s', lambda verb: verb[1], status)}"


def counts_line(statements: Mapping[str, Statement]) -> str:
    """The state of the ledger in one line: "147 statements: 71 hold, ..., 0 planned".

    The commonest status comes first, and how many are planned is always said, last.
    """
    seen = {status: row.total() for status, row in counts(statements).items()}
    planned = seen.pop(PLANNED, 0)
    parts = [counted(number, status) for status, number in sorted(seen.items(), key=lambda one: -one[1])]
    return f"{len(statements)} statements: {', '.join([*parts, f'{planned} {PLANNED}'])}"
