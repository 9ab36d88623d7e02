"""The record: statements joined with the ledger, and the texts made from it."""

import json

import pytest
from record import (
    PLANNED,
    STATUSES,
    RecordError,
    anchor_of,
    control_lines,
    counts,
    instances_text,
    load,
    read_statements,
    remark_lines,
    status_slug,
)


def test_an_entry_attaches_to_its_statement(make_entry, statements_text):
    statements = read_statements(statements_text, json.dumps({"ge2021.eq1": make_entry(status="tight")}))
    assert statements["ge2021.eq1"].status == "tight"
    assert statements["ge2021.lemma5.1"].status == PLANNED
    assert statements["ge2021.lemma5.1"].uses == ("ge2021.eq1",)


def test_heading_and_link_text(statements_text):
    statements = read_statements(statements_text, "{}")
    assert statements["ge2021.lemma5.1"].heading == "Lemma 5.1 · Only some become large"
    assert statements["ge2021.lemma5.1"].reference == "Lemma 5.1"
    assert statements["ge2021.tpd_exact"].heading == "Beyond the text · Closed form"
    assert statements["ge2021.tpd_exact"].reference == "Closed form"  # "beyond the text" would say nothing


@pytest.mark.parametrize(
    ("public_id", "anchor"),
    [
        ("ge2021.lemma7", "ge2021-lemma7"),
        ("ge2021.eq1.growth", "ge2021-eq1-growth"),
        ("ge2021.tpd_exact", "ge2021-tpd-exact"),
        ("min2022.scalarL.prop1", "min2022-scalarl-prop1"),
    ],
)
def test_anchor(public_id, anchor):
    assert anchor_of(public_id) == anchor


def test_status_slug():
    assert status_slug("fails at these sizes") == "fails-at-these-sizes"


def test_counts_keep_the_order_of_the_statuses(make_entry, statements_text):
    ledger = {"ge2021.eq1": make_entry(), "ge2021.tpd_exact": make_entry(status="tight")}
    table = counts(read_statements(statements_text, json.dumps(ledger)))
    assert list(table) == ["tight", "holds", PLANNED]
    assert table[PLANNED] == {"ge2021": 1, "min2022": 1}
    assert sum(row.total() for row in table.values()) == 4


def test_texts_of_a_row(make_entry):
    assert instances_text(make_entry()) == "400"
    assert instances_text(make_entry(vacuous=3)) == "400 (3 vacuous)"
    tried = [{"name": "other", "result": "0.3"}]
    assert control_lines(make_entry(tried=tried)) == [
        "three for four: -12",
        "tried, no violation: other: 0.3",
    ]
    assert remark_lines(make_entry()) == []
    assert remark_lines(make_entry(required="1e5", reachable="1e3", holds_from="d = 1e5")) == [
        "asks for 1e5",
        "within reach: 1e3",
        "holds from d = 1e5",
    ]


@pytest.mark.parametrize(
    ("planted", "ledger", "message"),
    [
        ("kind: theorem, title: T}", {}, "ge2021.eq1 has the unknown kind 'theorem'"),
        ("kind: identity, title: T, uses: [eq2]}", {}, "ge2021 uses 'eq2'"),
        ("kind: identity, title: T, uses: [du2018.thm1]}", {}, "ge2021 uses 'du2018.thm1'"),
        ("kind: identity, title: T}", {"ge2021.eq2": {"status": "holds"}}, "ge2021.eq2 is not in"),
        ("kind: identity, title: T}", {"ge2021.eq1": {"status": "fine"}}, "unknown status 'fine'"),
    ],
)
def test_planted_contradictions_are_named(planted, ledger, message):
    with pytest.raises(RecordError, match=message):
        read_statements(f"ge2021:\n  eq1: {{label: E, {planted}\n", json.dumps(ledger))


def test_without_a_ledger_everything_is_planned(tmp_path, statements_text):
    (tmp_path / "statements.yml").write_text(statements_text)
    assert {s.status for s in load(tmp_path).values()} == {PLANNED}


def test_planned_is_no_status_of_the_ledger():
    assert PLANNED not in STATUSES
    assert len(set(STATUSES)) == 9
