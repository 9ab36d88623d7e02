"""The reference: every module is in it, ids in docstrings become links, and planted faults are warnings."""

import pkgutil
import re
import sys
from io import StringIO
from pathlib import Path

import api_links
import pytest
from docstring_text import change_prose, escape_bars, set_examples_apart
from sphinx.testing.util import SphinxTestApp

import flowbounds

BOOK = Path(api_links.__file__).resolve().parents[1]
CONF = """
extensions = ["myst_parser", "sphinxcontrib.bibtex", "sphinx.ext.autodoc", "sphinx.ext.napoleon",
              "sphinx.ext.viewcode", "statements", "library", "api_links"]
bibtex_bibfiles = ["book/references.bib"]
bibtex_reference_style = "author_year"
root_doc = "book/index"
html_theme = "basic"
nitpicky = True
autodoc_typehints = "none"
napoleon_use_param = False
"""
INDEX = "# Front\n\n```{toctree}\none\napi\nledger\n```\n\n```{bibliography}\n```\n"
CHECKS = '''
"""Toy checks of |w| and (|u|).

ge2021.eq1 has a block, ge2021.tpd_exact has none, ge2021.eq12 is no statement.
"""


def eq1(W):
    """One is one.

    Parameters
    ----------
    W : (d, m)
        Source: ge2021.eq1.

    >>> eq1(ge2021.eq1)
    """
'''
PAGE = """# One

```{statement} ge2021.eq1
One.
```

```{statement} ge2021.lemma5.1
Its check is not documented here.
```
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory, statements_text, make_entry):
    """Build a book with the reference of a toy package whose one module is the given text."""

    def run(name: str, module: str) -> tuple[dict[str, str], str]:
        source = tmp_path_factory.mktemp("api")
        (source / name).mkdir()
        (source / name / "__init__.py").touch()
        (source / name / "toy_checks.py").write_text(module)
        (source / name / "_hidden.py").touch()
        book = source / "book"
        book.mkdir()
        (source / "conf.py").write_text(CONF)
        (book / "statements.yml").write_text(statements_text)
        (book / "references.bib").write_text("@misc{ge2021, author={Ge, R.}, title={T}, year={2021}}\n")
        (book / "index.md").write_text(INDEX)
        (book / "one.md").write_text(PAGE)
        (book / "ledger.md").write_text("# Ledger\n\n```{ledger}\n```\n")
        text = f"# API\n\n```{{library-contents}} {name}\n```\n\n```{{library}} {name}\n```\n"
        (book / "api.md").write_text(text)
        warnings = StringIO()
        found = {"ge2021.eq1": f"{name}.toy_checks.eq1", "ge2021.lemma5.1": f"{name}.other.lemma"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(api_links, "checks", lambda: found)
            patch.setattr(sys, "path", [str(source), *sys.path])
            app = SphinxTestApp("html", srcdir=source, warning=warnings)
            try:
                app.build()
            finally:
                app.cleanup()
        html = {one.stem: one.read_text("utf-8") for one in (app.outdir / "book").glob("*.html")}
        return html, warnings.getvalue()

    return run


@pytest.fixture(scope="module")
def site(build):
    html, warnings = build("toylib", CHECKS)
    assert warnings == ""
    return html


def test_a_docstring_links_the_statements_that_have_a_block(site):
    assert 'href="one.html#ge2021-eq1"><span>ge2021.eq1</span></a> has a block' in site["api"]
    assert "Toy checks of |w| and (|u|)" in site["api"]
    assert "ge2021.tpd_exact has none, ge2021.eq12 is no statement" in site["api"]
    example = re.search(r"<pre>.*?</pre>", site["api"], re.S)
    assert example
    assert re.sub(r"<[^>]+>", "", example[0]).strip() == "&gt;&gt;&gt; eq1(ge2021.eq1)"  # as it was


def test_a_check_says_what_it_settles_and_shows_its_source(site):
    assert re.search(r'Settles <a [^>]*href="one.html#ge2021-eq1".*\(identity\)', site["api"])
    assert 'href="../_modules/toylib/toy_checks.html#eq1"' in site["api"]


@pytest.mark.parametrize("page", ["one", "ledger"])
def test_blocks_and_ledger_rows_lead_to_the_check_and_its_source(site, page):
    assert site[page].count('href="api.html#toylib.toy_checks.eq1"') == 1
    assert site[page].count('href="../_modules/toylib/toy_checks.html#eq1"') == 1
    assert site[page].count("fb-check") == 1  # of the other check, which is not documented, nothing is left


def test_hidden_modules_stay_hidden(site):
    assert "_hidden" not in site["api"]
    assert 'href="#module-toylib.toy_checks"' in site["api"]


def test_planted_faults_are_warnings(build):
    _, undocumented = build("toysilent", "x = 1\n")
    assert "module toysilent.toy_checks has no docstring" in undocumented
    _, dangling = build("toydangling", '"""See :func:`nowhere`."""\n')
    assert "reference target not found: nowhere" in dangling


def test_bars_are_escaped_in_prose_and_not_in_code_examples_and_formulas():
    lines = [
        *("|a| :math:`|b|", "|c|` ``|d|``", ""),
        *(".. math:: |e|", "", "   |f|", "|g|"),
        *(">>> |h|", "|i|", "", "|j|"),
    ]
    prose = {"|a|": r"\|a\|", "|g|": r"\|g\|", "|j|": r"\|j\|"}
    expected = [prose.get(line[:3], line[:3]) + line[3:] for line in lines]
    change_prose(lines, escape_bars)
    assert lines == expected


def test_examples_after_a_section_get_a_heading_of_their_own():
    lines = ["One.", "", "Returns", "-------", "float", "", ">>> 1", "1"]
    set_examples_apart(lines)
    assert lines[6:8] == ["Examples", "--------"]
    plain = ["One.", "", ">>> 1", "1"]
    set_examples_apart(plain)
    assert plain == ["One.", "", ">>> 1", "1"]


def test_ids_are_whole_words_and_the_longest_wins():
    others = " ge2021.eq10 ``ge2021.eq1`` x.ge2021.eq1"
    lines = [f"ge2021.eq1.growth, ge2021.eq1.{others}", ">>> f(ge2021.eq1)", "ge2021.eq1"]
    expected = [f":statement:`ge2021.eq1.growth`, :statement:`ge2021.eq1`.{others}", *lines[1:]]
    api_links.link_ids(lines, api_links.id_pattern(["ge2021.eq1", "ge2021.eq1.growth"]))
    assert lines == expected


def test_each_check_of_the_library_is_found():
    from flowbounds.checks.registry import all_checks

    assert set(api_links.checks()) == set(all_checks())
    assert api_links.checks()["ge2021.eq1"] == "flowbounds.checks.ge2021_power.eq1"


def without_reference(packages: list[str], texts: list[str]) -> list[str]:
    """Packages that no page documents."""
    shown = {name for text in texts for name in re.findall(r"^```\{library\} (\S+)$", text, re.M)}
    return sorted(set(packages) - shown)


def test_every_package_of_the_library_has_a_page():
    found = pkgutil.walk_packages(flowbounds.__path__, "flowbounds.")
    packages = ["flowbounds", *(one.name for one in found if one.ispkg)]
    texts = [page.read_text("utf-8") for page in BOOK.rglob("*.md")]
    assert without_reference(packages, texts) == []
    assert without_reference([*packages, "flowbounds.attic"], texts) == ["flowbounds.attic"]
    toc = (BOOK.parent / "_toc.yml").read_text("utf-8")
    assert [page.stem for page in BOOK.glob("api/*.md") if f"file: book/api/{page.stem}\n" not in toc] == []
