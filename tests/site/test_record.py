"""The record: statements joined with the ledger, and the texts made from it."""

import json

import pytest
from entry_texts import constant_lines, control_lines, instances_text, remark_lines
from record import (
    PLANNED,
    STATUSES,
    RecordError,
    anchor_of,
    counted,
    counts,
    counts_line,
    load,
    read_statements,
    short_file_of,
    status_slug,
    used_by,
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


def test_the_state_in_one_line(make_entry, statements_text):
    ledger = {"ge2021.eq1": make_entry(), "ge2021.tpd_exact": make_entry(status="tight")}
    ledger["ge2021.lemma5.1"] = make_entry()
    read = read_statements(statements_text, json.dumps(ledger))
    assert counts_line(read) == "4 statements: 2 hold, 1 tight, 1 planned"
    ledger["min2022.scalarL.exact"] = make_entry(status="fails at these sizes")
    read = read_statements(statements_text, json.dumps(ledger))
    assert counts_line(read) == "4 statements: 2 hold, 1 tight, 1 fails at these sizes, 0 planned"


def test_statuses_that_are_verbs_agree_with_their_number():
    assert [counted(1, "holds"), counted(2, "holds"), counted(0, PLANNED)] == [
        "1 holds",
        "2 hold",
        "0 planned",
    ]
    assert [counted(2, status).split(" ", 1)[1] for status in STATUSES] == [
        {"holds": "hold", "fails": "fail", "fails at these sizes": "fail at these sizes"}.get(status, status)
        for status in STATUSES
    ]


def test_uses_read_backwards(statements_text):
    users = used_by(read_statements(statements_text, "{}"))
    assert users["ge2021.eq1"] == ("ge2021.lemma5.1", "ge2021.tpd_exact", "min2022.scalarL.exact")
    assert users["min2022.scalarL.exact"] == ()


def test_short_address():
    assert short_file_of("min2022.scalarL.prop1") == "s/min2022.scalarL.prop1/index.html"


def test_texts_of_a_row(make_entry):
    assert instances_text(make_entry()) == "400"
    assert instances_text(make_entry(vacuous=3)) == "400 (3 vacuous)"
    tried = [{"name": "other", "result": "0.3"}]
    assert control_lines(make_entry(tried=tried)) == [
        "three for four: -12",
        "tried, no violation: other: 0.3",
    ]
    assert constant_lines(make_entry(constants={"C": "19"})) == ["C: 19"]
    assert remark_lines(make_entry()) == []
    printed = {"source": "slides", "result": "-13", "fails": True}
    assert remark_lines(make_entry(printed=printed)) == ["as printed: fails (-13)"]
    assert remark_lines(make_entry(printed={**printed, "fails": False})) == ["as printed: holds (-13)"]
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
        ("kind: identity, title: T, uses: [eq1]}", {}, "rest on each other: ge2021.eq1 -> ge2021.eq1"),
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
