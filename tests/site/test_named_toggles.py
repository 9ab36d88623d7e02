"""The side menu's arrows have names."""

from bs4 import BeautifulSoup
from named_toggles import name_toggles, named

MENU = """\
<ul><li class="has-children"><a href="#">The <em>library</em></a><details><summary><span></span></summary>
<ul><li><a>Models</a></li></ul></details></li>
<li><details><summary><p>Rates</p></summary></details></li></ul>
"""


def test_an_arrow_is_named_after_the_page_beside_it():
    bare, with_words = named(BeautifulSoup(MENU, "html.parser")).select("summary")
    assert bare["aria-label"] == "Pages below The library"
    assert "aria-label" not in with_words.attrs, "its own words are its name"


def test_the_menus_that_templates_make_are_named():
    context = {"generate_toctree_html": lambda kind, **_: BeautifulSoup(MENU, "html.parser") if kind else ""}
    name_toggles(None, "page", "page.html", context, None)
    make = context["generate_toctree_html"]
    assert 'aria-label="Pages below The library"' in str(make("sidebar", startdepth=0))
    assert make("") == "", "a page without a menu"


def test_a_builder_without_menus_is_left_alone():
    context = {}
    name_toggles(None, "page", "page.html", context, None)
    assert context == {}
