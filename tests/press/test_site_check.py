"""The static check of a site: one page without a fault, and each fault planted in it."""

import pytest

from bookbuild import site_check
from bookbuild.html_page import parse

GOOD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="canonical" href="https://book.example/one.html">
<link rel="stylesheet" href="_static/book.css?v=1">
<style>p { background: url("_static/dot.png") }</style>
<script src="_static/book.js"></script>
</head>
<body>
<h1 id="top">One</h1>
<p style="color: red">To <a href="two.html#there">two</a>, <a href="#top">up</a>, <a href="folder/">down</a>,
<a href="https://elsewhere.example/paper">away</a> and <a href="mailto:someone@example.org">by post</a>.</p>
<img src="data:image/png;base64,AAAA" alt="A dot.">
<form action="two.html"><input name="q"></form>
<div class="cell_output"><figure id="fig"><img src="_static/dot.png" alt="A dot."><figcaption>
<p><span class="caption-number">Fig. 1 </span><span class="caption-text">Dots are small.</span></p>
</figcaption></figure></div>
</body>
</html>
"""
TWO = '<html lang="en"><body><h1 id="there">Two</h1></body></html>'
REDIRECT = '<meta http-equiv="Refresh" content="0; url=../one.html" />'


@pytest.fixture
def site(tmp_path):
    """Write a site whose page `one.html` is given; returns its folder."""

    def write(one=GOOD, css="@font-face { src: url(dot.png) }", redirect=REDIRECT):
        for name, text in {
            "one.html": one,
            "two.html": TWO,
            "folder/index.html": redirect,
            "_static/book.css": css,
            "_static/book.js": "",
            "_static/dot.png": "",
            "_static/template.html": '<p id="a" class="not a page"></p>',
        }.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def told(html):
    return [problem.message for problem in site_check.faults(html)]


def test_a_site_without_faults_passes(site):
    assert told(site()) == []
    assert site_check.documents(site()) == ["one.html", "two.html"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"two.html#there"', '"gone.html"', "the link gone.html leads to no file"),
        ('"two.html#there"', '"two.html#nowhere"', "the link two.html#nowhere leads to an anchor"),
        ('"#top"', '"#nowhere"', "leads to an anchor that one.html does not have"),
        ('"#top"', '"/two.html"', "the link /two.html leads to no file"),
        ('"#top"', '"../../etc/passwd"', "leads to no file"),
        ('"#top"', '"file:///book/two.html"', "leads into somebody's machine"),
        ('action="two.html"', 'action="gone.html"', "the link gone.html leads to no file"),
        ('src="_static/book.js"', 'src="_static/gone.js"', "the link _static/gone.js leads to no file"),
        ('<p style="color: red">', '<p id="top">', "the id 'top' is given 2 times"),
        (' alt="A dot.">\n<form', ">\n<form", "has no alternative text"),
        (' alt="A dot.">\n<form', ' alt=" ">\n<form', "has no alternative text"),
        ('png" alt="A dot."', 'png" alt="_static/dot.png"', "has no alternative text"),
        ("<figcaption>", "<p>", "the figure fig has no caption"),
        ("Dots are small.", "", "the figure fig has no caption"),
        ('<figure id="fig">', "<div>", "the figure _static/dot.png has no caption"),
        (' lang="en"', "", "its <html> has no lang"),
        ("_static/book.js", "https://cdn.example/x.js", "opening it asks for https://cdn.example/x.js"),
        ("_static/book.js", "//cdn.example/x.js", "opening it asks for //cdn.example/x.js"),
        (
            "_static/book.css?v=1",
            "https://cdn.example/x.css",
            "opening it asks for https://cdn.example/x.css",
        ),
        ('"canonical"', '"preconnect"', "opening it asks for https://book.example/one.html"),
        ("data:image/png;base64,AAAA", "https://cdn.example/x.png", "asks for https://cdn.example/x.png"),
        ('url("_static/dot.png")', "url(//cdn.example/x.png)", "asks for //cdn.example/x.png"),
        ("color: red", "background: url(http://cdn.example/x)", "asks for http://cdn.example/x"),
        ("<form", '<iframe src="https://cdn.example/"></iframe><form', "asks for https://cdn.example/"),
        ("<form", '<img srcset="https://cdn.example/x 2x" alt="A."><form', "asks for https://cdn.example/x"),
        ("<form", '<script>import "https://cdn.example/x"</script><form', "asks for https://cdn.example/x"),
        ("<form", '<svg><use href="https://cdn.example/x"/></svg><form', "asks for https://cdn.example/x"),
    ],
)
def test_a_planted_fault_is_found(site, old, new, fault):
    assert GOOD.count(old) == 1
    (problem,) = site_check.faults(site(GOOD.replace(old, new)))
    assert problem.message.startswith("one.html: ")
    assert fault in problem.message
    assert "in one.md" in problem.cure


@pytest.mark.parametrize(
    ("css", "fault"),
    [
        ("@font-face { src: url('https://fonts.example/a') }", "asks for https://fonts.example/a"),
        ('@import "https://fonts.example/a";', "asks for https://fonts.example/a"),
        ("p { background: url(gone.png) }", "asks for gone.png, which is not in the site"),
    ],
)
def test_a_fault_of_a_style_sheet_is_found(site, css, fault):
    (message,) = told(site(css=css))
    assert message.startswith("_static/book.css: ")
    assert fault in message


def test_a_style_sheet_that_is_imported_is_looked_at(site):
    html = site(css='@import "more.css";')
    (html / "_static" / "more.css").write_text("p { background: url(gone.png) }", encoding="utf-8")
    (message,) = told(html)
    assert message.startswith("_static/more.css: ")


def test_a_redirection_must_lead_somewhere(site):
    (message,) = told(site(redirect=REDIRECT.replace("one", "gone")))
    assert message == "folder/index.html: the link ../gone.html leads to no file of the site"


def test_one_page_alone(site):
    html = site(GOOD.replace("#there", "#nowhere"))
    assert len(site_check.faults(html, ["one"])) == 1
    assert site_check.faults(html, ["two"]) == []


def test_an_image_that_says_nothing_on_purpose_is_allowed():
    page = parse('<img src="x.png" alt="" role="presentation"><img src="y.png" alt="" aria-hidden="true">')
    assert page.silent_images == ()
