"""The printed book: a small site printed by the real browser, and the order of its pages."""

from io import BytesIO

import pytest

from bookbuild import browser, pdf
from bookbuild.project import BuildError, BuildErrors

TOC = """\
root: book/index
parts:
- caption: First
  chapters:
  - file: notebooks/01_toy
    sections: [{file: notebooks/02_toy}]
"""
PAGE = """\
<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>T</title><link rel="icon" href="data:,">
<style>
pre { overflow-x: auto }
@media print { .headerlink { display: none } pre { white-space: pre-wrap; overflow-wrap: anywhere } }
</style>
</head><body><main>BODY</main></body></html>
"""
TITLE = "Long " + 30 * "and longer "  # a heading of several lines
LINK = "<a class='headerlink' href='#here'>#</a>"  # to itself, which paper does not show
LONG = f"<h1>{TITLE}{LINK}</h1><pre>" + 40 * "one_long_line_" + "end_of_line</pre>"
FOLDED = "<h1>Folded</h1><h2>Inside</h2><details><summary>More</summary><p>The solution.</p></details>"
LINKS = (
    "<h1>Front</h1><a href='../notebooks/02_toy.html#inside'>on</a> <a href='../data.csv'>data</a>"
    "<a href='https://example.org/paper'>out</a>"
)
# A word that must stay whole, so that neither smaller print nor another line saves it.
CUT = "<h1>Cut</h1><pre style='white-space: pre !important'>" + 300 * "x" + "</pre>"
needs_chromium = pytest.mark.skipif(
    browser.what_is_missing() is not None, reason=f"{browser.what_is_missing()}: {browser.CURE}"
)


@pytest.fixture
def site(make_project):
    """A project with a table of contents and its site, whose pages have the given bodies."""

    def make(**bodies):
        project = make_project()
        (project.root / "_toc.yml").write_text(TOC, encoding="utf-8")
        for name, body in bodies.items():
            folder = project.html / ("book" if name == "index" else "notebooks")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.html").write_text(PAGE.replace("BODY", body), encoding="utf-8")
        return project

    return make


def test_pages_come_in_the_order_of_the_table_of_contents(site):
    found = [(one.part, one.docname) for one in pdf.chapters(site())]
    assert found == [("", "book/index"), ("First", "notebooks/01_toy"), ("First", "notebooks/02_toy")]


@needs_chromium
def test_pages_that_are_not_built_are_named(site):
    with pytest.raises(BuildError, match=r"not in _build/html: notebooks/01_toy\.html, notebooks/02"):
        pdf.pdf(site(index="<p>Words.</p>"))


def test_without_a_browser_it_says_what_to_install(site, monkeypatch):
    monkeypatch.setenv(browser.VARIABLE, "no-such-browser")
    with pytest.raises(BuildError) as caught:
        pdf.pdf(site())
    assert caught.value.cure.endswith("make pdf")


@pytest.mark.press
@needs_chromium
def test_the_book_is_printed_whole(site):
    from pypdf import PdfReader

    project = site(index=LINKS, **{"01_toy": LONG, "02_toy": FOLDED})
    said = pdf.pdf(project)
    assert said.startswith("pdf: 3 pages on 3 sheets")
    reader = PdfReader(BytesIO((project.build / pdf.FILE).read_bytes()))
    texts = ["".join(sheet.extract_text().split()) for sheet in reader.pages]
    assert 40 * "one_long_line_" + "end_of_line" in texts[1], "the line is broken, not cut"
    assert "Thesolution." in texts[2]
    front, part, below = reader.outline
    assert (front.title, part.title) == ("Front", "First")
    assert [one.title for one in below if not isinstance(one, list)] == [TITLE.strip(), "Folded"]
    links = [link.get_object() for link in reader.pages[0]["/Annots"]]
    goals = [reader.get_page_number(link["/Dest"][0].get_object()) for link in links if "/Dest" in link]
    assert goals == [2]
    assert [link["/A"]["/URI"] for link in links if "/A" in link] == ["https://example.org/paper"]
    assert "127.0.0.1" not in str(links)


@pytest.mark.press
@needs_chromium
def test_what_paper_would_cut_off_is_told(site):
    project = site(index=CUT, **{"01_toy": LONG, "02_toy": FOLDED})
    with pytest.raises(BuildErrors) as caught:
        pdf.pdf(project)
    (problem,) = caught.value.problems
    assert problem.message == f"book/index.html: too wide for paper: {80 * 'x'}"
    assert (project.build / pdf.FILE).exists(), "to be looked at"
