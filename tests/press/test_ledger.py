"""The ledger: collected, compared, written the same way each time."""

import pytest

from bookbuild import ledger, statements
from bookbuild.project import BuildError


def test_entries_carry_their_page_and_are_sorted(page, executed, evidence):
    notebook = executed([evidence(statement="toy.thm1", kind="inequality"), evidence()])
    entries = ledger.collect({page: notebook})
    assert list(entries) == ["toy.eq1", "toy.thm1"]
    assert entries["toy.eq1"]["page"] == "notebooks/01_toy"
    assert "statement" not in entries["toy.eq1"]
    assert ledger.as_text(entries) == ledger.as_text(dict(reversed(entries.items())))
    assert ledger.as_text(entries).endswith("}\n")


@pytest.fixture
def entry(evidence):
    return {**evidence(), "page": "notebooks/01_toy"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "tight"),
        ("margin", "3.1"),
        ("instances", 401),
        ("vacuous", 1),
        ("kind", "figure"),
        ("page", "notebooks/02_other"),
        ("controls", [{"name": "another", "result": "-0.31", "violates": True}]),
    ],
)
def test_drift_is_seen(entry, field, value):
    problems = ledger.changes({"toy.eq1": entry}, {"toy.eq1": {**entry, field: value}})
    assert len(problems) == 1
    assert "book/ledger.json: toy.eq1" in problems[0].message
    assert field in problems[0].message
    assert "make notebooks" in problems[0].cure


@pytest.mark.parametrize(
    ("field", "value"),
    [("error", "< 1e-9"), ("constants", {"C": "1.3"}), ("note", "x"), ("where", "trial 3")],
)
def test_what_may_move_with_the_machine_is_not_compared(entry, field, value):
    assert ledger.changes({"toy.eq1": entry}, {"toy.eq1": {**entry, field: value}}) == []


def test_lost_and_new_entries_are_seen(entry):
    (lost,) = ledger.changes({"toy.eq1": entry}, {})
    assert "no page shows evidence" in lost.message
    (new,) = ledger.changes({}, {"toy.eq1": entry})
    assert "does not have toy.eq1" in new.message


def test_a_settled_statement_cannot_be_dropped(entry):
    (problem,) = ledger.without_statement({"toy.eq1": entry}, {})
    assert "statements.yml no longer has toy.eq1" in problem.message


def test_a_damaged_ledger_is_told(tmp_path):
    path = tmp_path / "ledger.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(BuildError, match="not valid JSON"):
        ledger.read(path)


def test_statements_without_a_page_are_planned(entry):
    known = statements.parse(
        "toy: {eq1: {label: a, kind: identity, title: b}, z: {label: a, kind: figure, title: c}}"
    )
    assert ledger.count_by_status({"toy.eq1": entry}, known) == {"holds": 1, "planned": 1}
