"""The dependency graphs: a node for each statement in its badge's colour, and a table that says the same."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from dependency_graph import edges_between, graph_svg
from record import PAPERS, STATUSES, load, read_statements, status_slug, used_by

BOOK = Path(__file__).resolve().parents[2] / "book"
CSS = (BOOK / "_static" / "book.css").read_text("utf-8")
ONE = "# One\n\n```{statement} ge2021.eq1\nBody.\n```\n"
LEDGER_PAGE = "# Ledger\n\n```{ledger}\n```\n\n## Uses\n\n```{dependencies}\n```\n"


@pytest.fixture(scope="module")
def site(build_site, make_entry):
    ledger = {"ge2021.eq1": make_entry(), "ge2021.lemma5.1": make_entry(status="fails at these sizes")}
    return build_site(ledger, one=ONE, ledger=LEDGER_PAGE)


@pytest.fixture(scope="module")
def page(site):
    return BeautifulSoup(site.html["ledger"], "html.parser")


def node(page, key):
    found = [one for one in page.select("g.fb-node") if one.select_one("text.fb-key").get_text() == key]
    assert len(found) == 1
    return found[0]


def test_builds_without_a_warning(site):
    assert site.warnings == []


def test_each_statement_is_in_one_graph(page):
    graphs = page.select("svg.fb-graph")
    assert [len(one.select("g.fb-node")) for one in graphs] == [3, 1]
    assert [one["aria-label"].split(";")[0] for one in graphs] == [
        f"What rests on what in {PAPERS[paper]}" for paper in ("ge2021", "min2022")
    ]
    assert all(one.find_parent(class_="fb-scroll") for one in graphs)


def test_a_node_says_its_status_in_words_and_in_the_badges_class(page):
    lemma = node(page, "lemma5.1")
    assert lemma["class"] == ["fb-node", "fb-fails-at-these-sizes"]
    assert lemma.select("text")[1].get_text() == "fails at these sizes"
    assert lemma.title.get_text() == "Lemma 5.1 · Only some become large: fails at these sizes"


def test_a_node_leads_to_its_statement_and_without_a_block_to_its_row(page):
    assert node(page, "eq1").a["href"] == "one.html#ge2021-eq1"
    assert node(page, "lemma5.1").a["href"] == "#ledger-ge2021-lemma5-1"
    assert node(page, "scalarL.exact")["class"][1] == "fb-planned"


def test_the_table_says_the_same(page):
    tables = page.select("details table.fb-uses")
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in tables[0].select("tr")
    ]
    assert rows == [
        ["Statement", "Status", "Rests on", "Used by"],
        ["eq1 Equation (1)", "holds", "·", "lemma5.1, tpd_exact, min2022.scalarL.exact"],
        ["lemma5.1 Lemma 5.1", "fails at these sizes", "eq1", "min2022.scalarL.exact"],
        ["tpd_exact Closed form", "planned", "eq1", "·"],
    ]
    assert "3 statements, 2 steps" in page.select("details summary")[0].get_text()


def test_steps_between_papers_are_listed(page):
    table = page.select_one("table.fb-between")
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in table.select("tr")]
    assert rows[1:] == [
        ["min2022.scalarL.exact planned", "ge2021.eq1 holds"],
        ["min2022.scalarL.exact planned", "ge2021.lemma5.1 fails at these sizes"],
    ]


def test_a_title_cannot_break_the_drawing():
    text = 'ge2021:\n  eq1: {label: "a < b", kind: identity, title: "\\"c\\" & d"}\n'
    svg = graph_svg(read_statements(text, "{}"), "ge2021", lambda _: 'x.html?a&b"')
    assert "<title>a &lt; b · &quot;c&quot; &amp; d: planned</title>" in svg
    assert 'href="x.html?a&amp;b&quot;"' in svg


def test_without_an_address_a_node_is_no_link():
    text = 'ge2021:\n  eq1: {label: "E", kind: identity, title: "T"}\n'
    svg = graph_svg(read_statements(text, "{}"), "ge2021", lambda _: "")
    assert "<a " not in svg
    assert svg.count('class="fb-node fb-planned"') == 1


@pytest.mark.parametrize("paper", PAPERS)
def test_the_books_own_graphs(paper):
    """Every statement once, and the same drawing whenever it is made."""
    statements = load(BOOK)
    svg = graph_svg(statements, paper, lambda public_id: f"#{public_id}")
    keys = [unescape(key) for key in re.findall(r'class="fb-key"[^>]*>([^<]+)<', svg)]
    assert sorted(f"{paper}.{key}" for key in keys) == sorted(
        one.id for one in statements.values() if one.paper == paper
    )
    assert svg == graph_svg(load(BOOK), paper, lambda public_id: f"#{public_id}")


def test_every_step_of_the_book_is_in_a_graph_or_between_papers():
    statements = load(BOOK)
    steps = [(one.id, use) for one in statements.values() for use in one.uses]
    assert sorted(steps) == sorted(
        (user, one) for one, users in used_by(statements).items() for user in users
    )
    assert edges_between(statements) == [
        (statements[one], statements[use]) for one, use in steps if one.split(".")[0] != use.split(".")[0]
    ]


def otherwise_filled(css: str) -> list[str]:
    """Statuses whose nodes have another ground than their badges, or none."""
    rules = [line for line in css.splitlines() if re.match(r"\.fb-[a-z]", line)]
    wrong = []
    for status in STATUSES:
        name = rf"\.fb-{status_slug(status)}(?![\w-])"
        # The neutral ones take what every node and badge has.
        rule = next((one for one in rules if re.search(name, one)), ".fb-node { background: x; fill: x; }")
        ground, fill = (re.search(rf"[ {{]{what}: ([^;]+);", rule) for what in ("background", "fill"))
        if not ground or not fill or ground[1] != fill[1]:
            wrong.append(status)
    return wrong


def test_nodes_have_the_colours_of_the_badges():
    assert otherwise_filled(CSS) == []
    assert ".fb-node { color: var(--fb-none-text); fill: var(--fb-none-ground); }" in CSS
    assert CSS.index(".fb-node { color") < CSS.index(".fb-holds {")  # what stands later wins


@pytest.mark.parametrize(
    ("given", "planted"),
    [
        (" fill: var(--fb-sharp-ground);", ""),
        ("fill: var(--fb-sharp-ground)", "fill: var(--fb-ok-ground)"),
    ],
)
def test_a_node_in_another_colour_is_found(given, planted):
    assert given in CSS
    assert otherwise_filled(CSS.replace(given, planted)) == ["tight"]


def test_steps_that_nobody_wrote_are_no_edges(make_entry):
    """Planted: an edge left out of the record is out of the drawing too."""
    one = "{label: A, kind: identity, title: T}"
    text = f"ge2021:\n  a: {one}\n  b: {one[:-1]}, uses: [a]}}\n"
    ledger = json.dumps({"ge2021.a": make_entry()})
    whole, cut = (
        graph_svg(read_statements(one, ledger), "ge2021", str)
        for one in (text, text.replace(", uses: [a]", ""))
    )
    assert re.findall(r'class="fb-arrows" d="([^"]*)"', whole) != [""]
    assert re.findall(r'class="fb-arrows" d="([^"]*)"', cut) == [""]
