"""The `{statement}` directive: what a block shows, where its links lead, and what it refuses."""

import re

import pytest

EQ1 = "# One\n\n```{statement} ge2021.eq1\nLet $R=T^*-T$. Then **so**.\n```\n"
LEMMA = (
    "# Two\n\n```{statement} ge2021.lemma5.1\nSome grow.\n```\n\n"
    "By {ref}`ge2021.eq1` and {ref}`min2022.scalarL.exact`.\n"
)
DEEP = "# Three\n\n```{statement} min2022.scalarL.exact\nAt any depth.\n```\n"
OWN = "# Four\n\n```{statement} ge2021.tpd_exact\nIn closed form.\n```\n"
LEDGER_PAGE = "# Ledger\n\n```{ledger}\n```\n"


@pytest.fixture(scope="module")
def site(build_site, make_entry):
    ledger = {"ge2021.eq1": make_entry(), "ge2021.lemma5.1": make_entry(status="fails at these sizes")}
    return build_site(ledger, one=EQ1, two=LEMMA, three=DEEP, four=OWN, ledger=LEDGER_PAGE)


def block(html: str, anchor: str) -> str:
    """The HTML from a block's opening tag to its footer's end."""
    found = re.search(rf'<div[^>]*id="{anchor}".*?class="fb-foot".*?</p>', html, re.S)
    assert found, f"no block {anchor}"
    return found.group()


def test_builds_without_a_warning(site):
    assert site.warnings == []


def test_heading_comes_from_statements_yml_and_status_from_the_ledger(site):
    html = block(site.html["two"], "ge2021-lemma5-1")
    assert "Lemma 5.1 · Only some become large" in html
    assert re.search(r'class="fb-badge fb-fails-at-these-sizes">fails at these sizes<', html)


def test_a_statement_without_evidence_is_planned(site):
    html = block(site.html["three"], "min2022-scalarl-exact")
    assert re.search(r'class="fb-badge fb-planned">planned<', html)


def test_body_is_parsed_as_markdown(site):
    html = block(site.html["one"], "ge2021-eq1")
    assert "<strong>so</strong>" in html
    assert 'class="math' in html


@pytest.mark.parametrize(
    ("page", "anchor"),
    [
        ("one", "ge2021-eq1"),
        ("two", "ge2021-lemma5-1"),
        ("three", "min2022-scalarl-exact"),
        ("four", "ge2021-tpd-exact"),
    ],
)
def test_anchors_are_stable(site, page, anchor):
    assert site.html[page].count(f'id="{anchor}"') == 1


def test_block_names_itself_to_screen_readers(site):
    assert 'aria-labelledby="ge2021-eq1-title"' in block(site.html["one"], "ge2021-eq1")
    assert site.html["one"].count('id="ge2021-eq1-title"') == 1


def test_ref_works_from_another_page_with_the_label_as_its_text(site):
    assert re.search(r'href="one.html#ge2021-eq1"[^>]*><span[^>]*>Equation \(1\)</span>', site.html["two"])
    assert 'href="three.html#min2022-scalarl-exact"' in site.html["two"]  # labels are lower case in Sphinx


def test_footer_cites_the_paper(site):
    assert re.search(r"Ge.*et al.*2021", block(site.html["one"], "ge2021-eq1"), re.S)
    assert re.search(r"Min.*et al.*2022", block(site.html["three"], "min2022-scalarl-exact"), re.S)


def test_footer_links_what_it_rests_on_and_names_what_has_no_page(build_site, make_entry, site):
    assert 'href="one.html#ge2021-eq1"' in block(site.html["two"], "ge2021-lemma5-1")
    alone = build_site({}, two=LEMMA.split("By")[0])
    assert "Equation (1) (planned)" in block(alone.html["two"], "ge2021-lemma5-1")


def test_uses_of_another_paper_carry_their_full_id(site):
    html = block(site.html["three"], "min2022-scalarl-exact")
    assert "ge2021.lemma5.1" in html
    assert 'href="two.html#ge2021-lemma5-1"' in html


def test_footer_links_the_ledger_row(site):
    assert 'href="ledger.html#ledger-ge2021-eq1"' in block(site.html["one"], "ge2021-eq1")


def test_an_extension_claims_no_novelty(site):
    html = block(site.html["four"], "ge2021-tpd-exact")
    assert "Beyond the text · Closed form" in html
    assert "novelty is not claimed" in html
    assert "novelty" not in block(site.html["one"], "ge2021-eq1")


def test_planted_faults_are_warnings_with_a_location(build_site):
    site = build_site(
        {},
        bad="# Bad\n\n```{statement} ge2021.lemma99\nBody.\n```\n\n```{statement} ge2021.lemma5.1\n```\n",
        one=EQ1,
        twice=EQ1,
        dangling="# Dangling\n\nSee {ref}`ge2021.lemma5.1`.\n",
    )
    text = "\n".join(site.warnings)
    assert re.search(r"bad\.md:3: WARNING: unknown statement 'ge2021\.lemma99'", text)
    assert re.search(r"bad\.md:7: WARNING: statement ge2021\.lemma5\.1 has an empty body", text)
    assert re.search(r"twice\.md:3: WARNING: statement ge2021\.eq1 has a block already, in book/one", text)
    assert re.search(r"dangling\.md:\d+: WARNING: undefined label: 'ge2021\.lemma5\.1'", text)
    assert len(site.warnings) == 4
