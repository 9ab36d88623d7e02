"""The section "Run this page" at the end of executed pages: its parts as text, and a toy site that has it."""

import json
import shutil
from io import StringIO
from pathlib import Path

import nbformat
import pytest
import yaml
from citation import Work, bibtex, read_work, sentence
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from run_box import ANCHOR, cost_text
from run_commands import by_papermill, colab_cell, launches, make_run
from sphinx.testing.util import SphinxTestApp

from bookbuild import browser, serve

ROOT = Path(__file__).resolve().parents[2]
WORK = Work("A work & more", ("A. One", "The group"), "0.1.0", "2026")
OPTIONS = {
    "repository_url": "https://github.com/someone/toy",
    "repository_branch": "main",
    "launch_buttons": {"binderhub_url": "https://mybinder.org", "colab_url": "https://colab.example.org"},
}
CITATION = {"title": "Toy", "authors": [{"name": "The toy authors"}], "version": "0.1.0"}
SOURCE = "draws = 24  # of every shape\nsizes = (\n    (5, 5, 40),  # d, r, m\n    (10, 5, 100),\n)"


@pytest.mark.parametrize(
    ("values", "command"),
    [
        ("draws=8 seed=7", 'make run ONLY=14 SET="draws=8 seed=7"'),
        ("name='a b'", "make run ONLY=14 SET=\"name='a b'\""),
        ('name="a b"', "make run ONLY=14 SET='name=\"a b\"'"),
    ],
)
def test_the_values_reach_make_whole(values, command):
    assert make_run("14", values) == command


def test_papermill_gets_lists_as_yaml():
    whole = by_papermill("notebooks/14_toy", "draws=8 tol=1e-9 sizes=((5, 1e-9),) name='a b'")
    assert whole.startswith("papermill notebooks/14_toy.ipynb 14_again.ipynb --cwd notebooks -p draws 8 ")
    assert whole.endswith("-p tol 1e-09 -y '{sizes: [[5, 1.0e-09]]}' -p name 'a b'")
    assert yaml.safe_load("{sizes: [[5, 1.0e-09]]}") == {"sizes": [[5, 1e-9]]}


def test_launches_are_those_of_the_repository_and_of_none_without():
    found = launches(OPTIONS, "notebooks/14_toy")
    binder = "https://mybinder.org/v2/gh/someone/toy/main?urlpath=lab/tree/notebooks/14_toy.ipynb"
    assert found.binder == binder
    assert found.colab == "https://colab.example.org/github/someone/toy/blob/main/notebooks/14_toy.ipynb"
    assert colab_cell(found.repository).endswith("%pip install -q ./toy\n%cd toy/notebooks")
    elsewhere = launches({**OPTIONS, "repository_url": "https://gitlab.com/someone/toy"}, "notebooks/14_toy")
    assert "/v2/gl/someone%2Ftoy/main?" in elsewhere.binder
    assert elsewhere.colab == ""
    for options in ({}, {"repository_url": ""}, {**OPTIONS, "launch_buttons": {}}):
        assert (launches(options, "notebooks/14_toy").binder, launches(options, "a").colab) == ("", "")


def test_how_to_cite():
    said = "A. One, The group: “Two layers”, in A work & more, version 0.1.0, 2026."
    assert "".join(sentence(WORK, "Two layers")) == said
    entry = bibtex(WORK, "notebooks/14_two_layers", "50 % of it", "https://example.org/a_b.html")
    assert entry.startswith("@misc{flowbounds-14-two-layers,\n  author = {{A. One} and {The group}},\n")
    assert "title = {50 \\% of it}" in entry
    assert "howpublished = {In: A work \\& more, version 0.1.0}" in entry
    assert "url = {https://example.org/a_b.html}" in entry
    assert "url" not in bibtex(WORK, "notebooks/14_two_layers", "Two layers", "")


def test_the_work_is_that_of_the_citation_file():
    work = read_work(ROOT / "CITATION.cff", "2025, 2026")
    assert work.title.startswith("Gradient flow, measured")
    assert (work.authors, work.year) == (("The flowbounds authors",), "2026")


def test_a_cost_that_nobody_knows_is_not_said():
    assert cost_text({}) == ""
    assert cost_text({"seconds": 20, "megabytes": None}).startswith(
        "This page takes about 20 s, on one thread"
    )
    assert "20 s and 210 MB of memory, on" in cost_text({"seconds": 20, "megabytes": 210})


def write_page(stage: Path, name: str, *cells: object, **metadata: object) -> None:
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    page = new_notebook(cells=[new_markdown_cell(f"# Page {name[:2]}"), *cells], metadata=python | metadata)
    (stage / "notebooks").mkdir(exist_ok=True)
    nbformat.write(page, stage / "notebooks" / f"{name}.ipynb")


def build(stage: Path, *, citation: bool = True, **settings: object) -> tuple[Path, str]:
    """A site of three pages as the press stages them; where it is, and its warnings."""
    (stage / "book" / "_texts").mkdir(parents=True)
    (stage / "book" / "_texts" / "14_toy.md").write_text("# Page 14\n")
    (stage / "book" / "costs.json").write_text(json.dumps({"14_toy": {"seconds": 20, "megabytes": 210}}))
    shutil.copytree(ROOT / "book" / "_static", stage / "static")
    if citation:
        (stage / "CITATION.cff").write_text(yaml.safe_dump(CITATION))
    tagged = new_code_cell(SOURCE, metadata={"tags": ["parameters"]})
    write_page(stage, "14_toy", new_markdown_cell("## Part"), tagged)
    offered = {"other_values": "sizes=((20,5,120),)", "other_words": "with d = 20 alone"}
    write_page(stage, "15_toy", tagged, flowbounds=offered)
    write_page(stage, "16_bare")
    (stage / "index.md").write_text("# Front\n\n```{toctree}\n:glob:\n\nnotebooks/*\n```\n")
    conf = {
        "extensions": ["myst_nb", "run_box"],
        "source_suffix": {".rst": "restructuredtext"},  # its own: what others add to the default stays
        "nb_execution_mode": "off",
        "copyright": "2026",
        "html_static_path": ["static"],
        "html_css_files": ["book.css"],
        "html_sourcelink_suffix": "",
        "exclude_patterns": ["book", "_build"],
        **settings,
    }
    (stage / "conf.py").write_text("".join(f"{name} = {value!r}\n" for name, value in conf.items()))
    warnings = StringIO()
    app = SphinxTestApp("html", srcdir=stage, warning=warnings)
    try:
        app.build()
    finally:
        app.cleanup()
    return Path(app.outdir), warnings.getvalue()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """With a public address, in the book's theme."""
    out, warnings = build(
        tmp_path_factory.mktemp("site"),
        html_theme="sphinx_book_theme",
        html_theme_options=OPTIONS,
        html_baseurl="https://someone.github.io/toy/",
    )
    assert warnings == ""
    return out


def box(site: Path, name: str) -> str:
    html = (site / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
    assert html.count(f'id="{ANCHOR}"') == 1
    return html.split(f'id="{ANCHOR}"')[1].split("</section>")[0]


@pytest.mark.press
def test_the_box_says_what_the_page_and_the_record_say(site):
    html = box(site, "14_toy")
    assert "about 20 s and 210 MB of memory" in html
    assert html.count("<tr") == 3
    assert "d, r, m" in html  # the meaning of a value on several lines
    assert '<span class="s2">"draws=12"</span>' in html
    assert "mybinder.org/v2/gh/someone/toy/main?urlpath=lab/tree/notebooks/14_toy.ipynb" in html
    assert "https://someone.github.io/toy/notebooks/14_toy.html" in html
    assert "“Page 14”, in <em>Toy</em>, version 0.1.0, 2026." in html
    assert "<summary>As BibTeX</summary>" in html
    for address in html.split('download="" href="')[1:]:
        assert (site / "notebooks" / address.split('"')[0]).resolve().is_file()
    assert html.count('download="" href="') == 2
    whole = (site / "notebooks" / "14_toy.html").read_text(encoding="utf-8")
    assert f'href="#{ANCHOR}">Run this page</a>' in whole  # the page's contents


@pytest.mark.press
def test_front_matter_words_other_pages_and_pages_without_parameters(site):
    html = box(site, "15_toy")
    assert "Run it with d = 20 alone:" in html
    assert '<span class="s2">"sizes=((20,5,120),)"</span>' in html
    assert "This page takes" not in html  # nothing is recorded
    html = box(site, "16_bare")
    assert "The page has no parameters." in html
    assert "make run" not in html.replace('<span class="w"> </span>', " ")
    assert "<table" not in html
    assert f'id="{ANCHOR}"' not in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.press
def test_without_an_address_nothing_needs_one(tmp_path):
    out, warnings = build(tmp_path, html_theme="basic")
    assert warnings == ""
    html = box(out, "14_toy")
    assert [one for one in ("http://", "https://", "Binder", "Colab", "url") if one in html] == []
    assert "version 0.1.0, 2026." in html


@pytest.mark.press
def test_a_missing_citation_file_is_told(tmp_path):
    _, warnings = build(tmp_path, citation=False, html_theme="basic")
    assert "CITATION.cff is missing" in warnings


@pytest.mark.press
@pytest.mark.skipif(bool(browser.what_is_missing()), reason=f"{browser.what_is_missing()}")
def test_it_fits_a_narrow_screen_and_its_table_scrolls(site):
    with serve.serving(site) as address, browser.chromium() as chromium:
        page = chromium.new_page(viewport={"width": 390, "height": 800})
        page.goto(f"{address.rstrip('/')}/notebooks/14_toy.html")
        page.locator(".fb-run summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.add_style_tag(content="table.fb-parameters { min-width: 60rem }")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, (
            "a wide table scrolls in its frame"
        )
        wide = "document.querySelector('.fb-run').style.minWidth = '60rem'"
        assert page.evaluate(f"{wide}, document.documentElement.scrollWidth") > 390, "and this would be seen"
        page.close()
