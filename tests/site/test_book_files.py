"""The hand-written files of the book must agree with the record and with one another."""

import re
from pathlib import Path

import pytest
import yaml
from bibliography_labels import label_of
from record import KINDS, PAPERS, PLANNED, SHORT_PAPERS, STATUSES, anchor_of, read_statements

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
PAGES = sorted(BOOK.glob("*.md"))


def status_table(notation: str) -> list[str]:
    """The first column of the table under "What a status means"."""
    section = notation.split("## What a status means")[1]
    return [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")][1:]


def test_notation_explains_exactly_the_statuses():
    assert status_table((BOOK / "notation.md").read_text("utf-8")) == [*STATUSES, PLANNED]


def test_a_status_missing_from_the_notation_is_found():
    planted = (BOOK / "notation.md").read_text("utf-8").replace("| tight |", "| sharp |")
    assert status_table(planted) != [*STATUSES, PLANNED]


def test_statuses_and_kinds_agree_with_the_evidence_module():
    evidence = pytest.importorskip("flowbounds.evidence")
    assert evidence.KINDS == KINDS
    rules = evidence.status.__doc__ or ""
    assert [status for status in STATUSES if status not in " ".join(rules.split())] == []


def test_statements_of_the_four_papers_have_anchors_of_their_own():
    statements = read_statements((BOOK / "statements.yml").read_text("utf-8"), "{}")
    anchors = [anchor_of(one) for one in statements]
    assert len(set(anchors)) == len(anchors)
    assert list(dict.fromkeys(s.paper for s in statements.values())) == list(PAPERS) == list(SHORT_PAPERS)
    assert all(s.extension == (s.label == "beyond the text") for s in statements.values())


def test_each_paper_is_in_the_bibliography():
    keys = re.findall(r"^@\w+\{(\w+),", (BOOK / "references.bib").read_text("utf-8"), re.M)
    assert set(PAPERS) <= set(keys)
    assert len(set(keys)) == len(keys)


def test_no_status_is_typed_into_a_page():
    """A status belongs to the record; only the page that defines the words may spell badges out."""
    for page in [ROOT / "README.md", *PAGES]:
        assert "fb-badge" not in page.read_text("utf-8"), page.name


def test_toc_names_files_that_exist():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    names = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    assert [n for n in names if n.startswith("book/") and not (ROOT / f"{n}.md").exists()] == []
    assert {f"book/{page.stem}" for page in PAGES} <= set(names)


def test_labels_of_the_bibliography():
    assert label_of(["Ge"], "2021") == "Ge, 2021"
    assert label_of(["Ge", "Ren"], "2021") == "Ge and Ren, 2021"
    assert label_of(["Ge", "Ren", "Wang"], "2021") == "Ge et al., 2021"
