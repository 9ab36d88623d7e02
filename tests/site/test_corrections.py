"""The page of corrections: complete against the ledger, each row with source and demonstration."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
LIST = "(corrections-order)="
SOURCES = (
    "Ge et al., two readings",
    "Min et al., slides",
    "Du et al., one reading",
    "Wang et al., one reading",
)


def rows(page: str, first: str = LIST, last: str = "(corrections-scan)=") -> Iterator[list[str]]:
    """Cells of each row of the ordered list, or of a part of it, without headers."""
    lines = page[page.index(first) : page.index(last)].splitlines()
    for above, line in itertools.pairwise(lines):
        if line.startswith("| ") and above.startswith("|"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def unlisted(page: str, ledger: dict[str, dict[str, object]]) -> list[str]:
    """Statements whose printed form has failed in a run and to which no row of the ordered list leads."""
    listed = {one for cells in rows(page) for one in re.findall(r"\{ref\}`([^`<]+)`", cells[-1])}
    failing = {one for one, entry in ledger.items() if (entry["printed"] or {}).get("fails")}  # type: ignore[attr-defined]
    return sorted(failing - listed)


def unproven(page: str, ledger: dict[str, dict[str, object]]) -> list[str]:
    """Rows of the gravest class without a statement whose printed form has failed in a run."""
    gravest = rows(page, "(corrections-false)=", "(corrections-program)=")
    linked = {cells[1]: re.findall(r"\{ref\}`([^`<]+)`", cells[-1]) for cells in gravest}
    return [
        place
        for place, ids in linked.items()
        if not any((ledger[one]["printed"] or {}).get("fails") for one in ids)  # type: ignore[attr-defined]
    ]


def incomplete(page: str) -> list[str]:
    """Rows without one of the sources, or without a link to a statement in the last cell."""
    return [
        cells[1]
        for cells in rows(page)
        if len(cells) != 5 or cells[0] not in SOURCES or "{ref}`" not in cells[-1]
    ]


def text() -> str:
    return (BOOK / "corrections.md").read_text(encoding="utf-8")


def test_each_printed_form_that_failed_in_a_run_has_a_row() -> None:
    ledger = json.loads((BOOK / "ledger.json").read_text(encoding="utf-8"))
    assert sum(1 for _ in rows(text())) > 50
    assert unlisted(text(), ledger) == []


def test_only_what_has_failed_in_a_run_is_called_false() -> None:
    ledger = json.loads((BOOK / "ledger.json").read_text(encoding="utf-8"))
    assert unproven(text(), ledger) == []
    ledger["ge2021.lemma7"]["printed"] = None
    assert unproven(text(), ledger) == ["Lemma 7 (informal), bracket"]


def test_each_row_names_its_source_and_leads_to_its_demonstration() -> None:
    assert incomplete(text()) == []


def test_a_row_left_out_and_a_row_without_source_are_found() -> None:
    ledger = json.loads((BOOK / "ledger.json").read_text(encoding="utf-8"))
    without = "\n".join(line for line in text().splitlines() if "`min2022.two.prop2`" not in line)
    assert unlisted(without, ledger) == ["min2022.two.prop2"]
    assert incomplete(text().replace("Min et al., slides | Proposition 1 ", "hearsay | Proposition 1 ", 1))
