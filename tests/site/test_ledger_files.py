"""The record's files in the site, their documentation, and the short addresses."""

import json
import re
import shutil
from pathlib import Path

import pytest
from ledger_files import redirect_page
from record import load, read_statements, short_file_of

from bookbuild.evidence import FIELDS
from bookbuild.site_check import faults

BOOK = Path(__file__).resolve().parents[2] / "book"
ONE = "# One\n\n```{statement} ge2021.eq1\nBody.\n```\n"
LEDGER_PAGE = "# Ledger\n\n```{ledger}\n```\n\n```{ledger-files}\n```\n"


@pytest.fixture(scope="module")
def site(build_site, make_entry):
    return build_site({"ge2021.eq1": make_entry()}, one=ONE, ledger=LEDGER_PAGE)


def test_builds_without_a_warning(site):
    assert site.warnings == []


def test_every_statement_has_a_short_address(site, statements_text):
    ids = sorted(read_statements(statements_text, "{}"))
    assert sorted(file.parent.name for file in site.out.glob("s/*/index.html")) == ids


@pytest.mark.parametrize(
    ("public_id", "target"),
    [
        ("ge2021.eq1", "../../book/one.html#ge2021-eq1"),  # its block
        ("min2022.scalarL.exact", "../../book/ledger.html#ledger-min2022-scalarl-exact"),  # planned: its row
    ],
)
def test_a_short_address_leads_on_without_a_script(site, public_id, target):
    html = (site.out / short_file_of(public_id)).read_text("utf-8")
    assert f'<meta http-equiv="refresh" content="0; url={target}">' in html
    assert f'<a href="{target}">{public_id}: ' in html  # where refreshing is switched off
    assert "<script" not in html


def test_the_ledger_links_to_them(site):
    assert 'href="../s/ge2021.eq1/index.html"' in site.html["ledger"]


def lost(site_folder: Path) -> list[str]:
    """Faults of links of the short addresses, as the press finds them."""
    return [str(one) for one in faults(site_folder) if str(one).startswith("s/")]


def test_a_short_address_that_leads_nowhere_is_found(site, tmp_path):
    assert lost(site.out) == []
    shutil.copytree(site.out, tmp_path / "html")
    planted = tmp_path / "html" / short_file_of("ge2021.eq1")
    planted.write_text(planted.read_text("utf-8").replace("#ge2021-eq1", "#ge2021-eq2"))
    assert re.search(r"anchor that book/one\.html does not have", "\n".join(lost(tmp_path / "html")))
    planted.write_text(planted.read_text("utf-8").replace("one.html", "two.html"))
    assert re.search(r"leads to no file of the site", "\n".join(lost(tmp_path / "html")))


def test_headings_are_escaped():
    text = 'ge2021:\n  eq1: {label: "a < b", kind: identity, title: "T"}\n'
    assert "a &lt; b" in redirect_page(read_statements(text, "{}")["ge2021.eq1"], "book/one.html#x")


def test_without_a_ledger_page_only_blocks_have_addresses(build_site):
    site = build_site({}, one=ONE)
    assert [file.parent.name for file in site.out.glob("s/*/index.html")] == ["ge2021.eq1"]


def test_addresses_differ_where_capitals_do_not_count():
    ids = [one.lower() for one in load(BOOK)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(\.[a-z0-9_]+)+", one) for one in ids)  # no letter that needs quoting


def test_the_record_can_be_downloaded(site, make_entry):
    assert re.search(r'<a href="ledger.json" download>ledger.json</a> \(\d+ kB\)', site.html["ledger"])
    assert '<a href="statements.yml" download>statements.yml</a>' in site.html["ledger"]
    assert json.loads((site.out / "book" / "ledger.json").read_text("utf-8")) == {"ge2021.eq1": make_entry()}
    assert (site.out / "book" / "statements.yml").exists()


def documented(page: str) -> list[str]:
    """The fields in the table of the ledger page."""
    section = page.split("## The record as a file")[1]
    return re.findall(r"^\| `(\w+)` \|", section, re.M)


def test_every_field_is_documented_once():
    page = (BOOK / "ledger.md").read_text("utf-8")
    assert sorted(documented(page)) == sorted(FIELDS - {"statement"} | {"page"})
    for name, entry in json.loads((BOOK / "ledger.json").read_text("utf-8")).items():
        assert set(entry) == set(documented(page)), name


def test_a_field_that_is_not_documented_is_found():
    page = (BOOK / "ledger.md").read_text("utf-8").replace("| `vacuous` |", "| vacuous |")
    assert set(FIELDS) - set(documented(page)) == {"statement", "vacuous"}


def test_the_anchors_named_on_the_page_are_the_rule():
    """The page explains anchors by an example; it must be the real one."""
    page = (BOOK / "ledger.md").read_text("utf-8")
    example = load(BOOK)["ge2021.lemma7"]
    assert f"`#{example.anchor}`" in page
    assert f"`#{example.row_anchor}`" in page
    assert f"`{short_file_of(example.id).removesuffix('index.html')}`" in page
