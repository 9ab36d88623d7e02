"""The ledger page: rows, counts, filter and printed forms, all from the record."""

import json
import os
import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from ledger_tables import ledger_row
from record import STATUSES, read_statements, status_slug
from sphinx.testing.util import SphinxTestApp

FILTER = Path(__file__).resolve().parents[2] / "book" / "_static" / "ledger-filter.js"
ONE = "# One\n\n```{statement} ge2021.eq1\nBody.\n```\n"
LEDGER_PAGE = "# Ledger\n\n```{ledger}\n```\n"
OTHERS = "# Counts\n\n```{ledger-summary}\n```\n\n```{ledger-line}\n```\n\n```{printed-forms}\n```\n"


@pytest.fixture(scope="module")
def site(build_site, make_entry):
    ledger = {
        "ge2021.eq1": make_entry(
            vacuous=12,
            controls=[{"name": "three for four", "result": "-12", "violates": True}],
            tried=[{"name": "two for four", "result": "0.3"}],
            printed={"source": "paper text, two readings", "result": "-0.5", "fails": True},
            constants={"C": "19", "slope": "-0.98"},
            status="corrected",
        ),
        "ge2021.lemma5.1": make_entry(status="fails at these sizes", holds_from="d = 1e5"),
    }
    return build_site(ledger, one=ONE, ledger=LEDGER_PAGE, counts=OTHERS)


def row(html: str, anchor: str) -> str:
    found = re.search(rf'<tr[^>]*id="{anchor}".*?</tr>', html, re.S)
    assert found, f"no row {anchor}"
    return found.group()


def cells(html: str) -> list[str]:
    """The text of a row's cells."""
    return [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
        for cell in re.findall(r"<t[hd].*?</t[hd]>", html, re.S)
    ]


def test_builds_without_a_warning(site):
    assert site.warnings == []


def test_every_statement_has_one_row(site):
    anchors = re.findall(r'id="(ledger-[a-z0-9]+-[a-z0-9-]+)"', site.html["ledger"])
    assert sorted(anchors) == [
        "ledger-ge2021-eq1",
        "ledger-ge2021-lemma5-1",
        "ledger-ge2021-tpd-exact",
        "ledger-min2022-scalarl-exact",
    ]


def test_row_shows_the_evidence(site):
    assert cells(row(site.html["ledger"], "ledger-ge2021-eq1")) == [
        "Equation (1) Flow of one component ge2021.eq1",
        "identity",
        "corrected as printed: fails (-0.5)",
        "1.7",
        "&lt; 1e-12",
        "400 (12 vacuous)",
        "three for four: -12 tried, no violation: two for four: 0.3",
        "C: 19 slope: -0.98",
    ]
    assert "holds from d = 1e5" in row(site.html["ledger"], "ledger-ge2021-lemma5-1")


def test_row_links_to_the_block(site):
    assert 'href="one.html#ge2021-eq1"' in row(site.html["ledger"], "ledger-ge2021-eq1")


def test_planned_rows_are_muted_and_without_numbers(site):
    html = row(site.html["ledger"], "ledger-ge2021-tpd-exact")
    assert "fb-is-planned" in html
    assert cells(html) == ["Closed form beyond the text ge2021.tpd_exact", "identity", "planned", *[""] * 5]


def test_first_column_heads_the_row(site):
    assert re.search(r'<th class="stub"', row(site.html["ledger"], "ledger-ge2021-eq1"))


def test_counts_by_status_and_paper(site):
    table = re.search(r"<table[^>]*fb-summary.*?</table>", site.html["counts"], re.S)
    assert table
    rows = [cells(one) for one in re.findall(r"<tr.*?</tr>", table.group(), re.S)]
    assert rows[1:] == [
        ["corrected", "1", "·", "·", "·", "1"],
        ["fails at these sizes", "1", "·", "·", "·", "1"],
        ["planned", "1", "1", "·", "·", "2"],
        ["all", "3", "1", "0", "0", "4"],
    ]


def test_filter_is_hidden_without_its_script_and_labelled(site):
    html = re.search(r'<form class="fb-filter" hidden>.*?</form>', site.html["ledger"], re.S)
    assert html
    assert html.group().count("<label>") == html.group().count("<select") == 3
    assert 'role="status"' in html.group()
    assert 'value="fails-at-these-sizes"' in html.group()
    assert 'value="asymptotic"' in html.group()
    assert 'value="tight"' not in html.group()  # no statement has it
    assert 'value="empirical"' not in html.group()


def test_rows_carry_what_the_filter_reads(site):
    html = row(site.html["ledger"], "ledger-ge2021-lemma5-1")
    assert 'class="fb-row fb-is-fails-at-these-sizes fb-kind-inequality ' in html
    assert '<section class="fb-paper fb-paper-ge2021"' in site.html["ledger"]


def test_the_state_is_one_line(site):
    line = re.search(r'<p class="fb-counts">(.*?)</p>', site.html["counts"])
    assert line
    assert line[1] == "4 statements: 1 corrected, 1 fails at these sizes, 2 planned"


def test_printed_forms_name_their_source(site):
    table = re.search(r"<table[^>]*fb-printed.*?</table>", site.html["counts"], re.S)
    assert table
    rows = [cells(one) for one in re.findall(r"<tr.*?</tr>", table.group(), re.S)]
    assert rows[1:] == [
        ["Equation (1), ge2021", "paper text, two readings", "-0.5", "fails as read", "corrected"]
    ]


def test_without_evidence_the_page_says_so(build_site):
    site = build_site({}, counts=OTHERS)
    assert "No page has tested a printed form yet." in site.html["counts"]


def test_every_status_is_said_in_words(build_site, make_entry):
    """One build for all statuses: each is put on the one row, and its badge carries its text."""
    text = 'ge2021:\n  eq1: {label: "Equation (1)", kind: identity, title: "Flow"}\n'
    for status in STATUSES:
        ledger = json.dumps({"ge2021.eq1": make_entry(status=status)})
        shown = ledger_row(read_statements(text, ledger)["ge2021.eq1"])
        badges = [n for n in shown.findall() if "fb-badge" in getattr(n, "attributes", {}).get("classes", [])]
        assert [b.astext() for b in badges] == [status]
        assert f"fb-{status_slug(status)}" in badges[0]["classes"]


def test_a_changed_ledger_renders_the_pages_again(tmp_path, make_entry):
    """The ledger is a dependency of every page that shows it."""
    book = tmp_path / "book"
    book.mkdir()
    (tmp_path / "conf.py").write_text(
        'extensions = ["myst_parser", "statements"]\nroot_doc = "book/index"\nhtml_theme = "basic"\n'
    )
    (book / "statements.yml").write_text('ge2021:\n  eq1: {label: "E", kind: identity, title: "Flow"}\n')
    (book / "index.md").write_text("# Front\n\n```{ledger-summary}\n```\n")
    ledger = book / "ledger.json"

    def render(status: str, time: int) -> str:
        ledger.write_text(json.dumps({"ge2021.eq1": make_entry(status=status)}))
        os.utime(ledger, (time, time))
        app = SphinxTestApp("html", srcdir=tmp_path, warning=StringIO())
        try:
            app.build()
        finally:
            app.cleanup()
        return (app.outdir / "book" / "index.html").read_text("utf-8")

    assert ">holds<" in render("holds", 1_000_000_000)
    assert ">tight<" in render("tight", 4_000_000_000)


@pytest.mark.skipif(shutil.which("node") is None, reason="its rule is run in node, where there is one")
def test_filter_rule():
    program = f"""
        const {{ isShown, countText }} = require({str(FILTER)!r});
        const row = {{ status: "holds", paper: "ge2021", kind: "identity" }};
        const choices = [["", "", ""], ["holds", "", ""], ["tight", "", ""], ["holds", "ge2021", "identity"],
          ["holds", "du2018", ""], ["", "", "figure"]];
        const answers = choices.map(([status, paper, kind]) => isShown(row, {{ status, paper, kind }}));
        console.log(JSON.stringify([answers, countText(3, 9), countText(9, 9)]));
    """
    run = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == '[[true,true,false,true,false,false],"3 of 9 statements","all 9 statements"]'
