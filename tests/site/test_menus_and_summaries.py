"""Pages have their numbers in the menu, which code shares, and folded cells the names that they show."""

from bs4 import BeautifulSoup
from numbered_menu import number_menus, numbered
from repeated_menu import setup
from spoken_summaries import rename

MENU = """\
<ul><li><a class="reference internal" href="../notebooks/07_why_the_average.html">Why <em>so</em></a></li>
<li class="current"><a href="#">Here</a></li><li><a href="notation.html">Words</a></li>
<li><a href="https://example.org/2021/01_paper.html/more">Out</a></li></ul>
"""


def names(menu):
    return [link.get_text() for link in menu.select("a")]


def test_links_to_pages_begin_with_the_number_of_the_page():
    menu = numbered(BeautifulSoup(MENU, "html.parser"), "notebooks/12_imbalance")
    assert names(menu) == ["07 Why so", "12 Here", "Words", "Out"]


def test_a_page_without_a_number_has_none_for_itself():
    assert names(numbered(BeautifulSoup(MENU, "html.parser"), "book/index"))[1] == "Here"


def test_the_menus_that_templates_make_are_numbered():
    context = {"generate_toctree_html": lambda kind, **_: BeautifulSoup(MENU, "html.parser") if kind else ""}
    number_menus(None, "book/index", "page.html", context, None)
    make = context["generate_toctree_html"]
    assert names(make("sidebar"))[0] == "07 Why so"
    assert make("") == "", "a page without a menu"


def test_a_builder_without_menus_or_text_is_left_alone():
    context = {}
    number_menus(None, "page", "page.html", context, None)
    rename(None, "page", "page.html", context, None)
    assert context == {}


def test_a_folded_cell_is_called_what_it_shows():
    context = {"body": '<summary aria-label="Toggle hidden content">\n<span>Solution</span></summary>'}
    rename(None, "page", "page.html", context, None)
    assert context["body"] == "<summary>\n<span>Solution</span></summary>"


def test_pages_of_code_share_the_contents_of_their_folder_and_other_pages_do_not():
    connected = []

    class App:
        def connect(self, event, function, priority):
            connected.append(function)

    setup(App())
    (repeat,) = connected
    asked = []

    def contents(name, doctree=None):
        def make(**options):
            asked.append(name)
            return f"contents at {name} {options}"

        context = {"toctree": make}
        repeat(None, name, "page.html", context, doctree)
        return context["toctree"](collapse=False)

    first = contents("_modules/checks/one")
    assert contents("_modules/checks/two") == first
    assert contents("_modules/three") != first, "another way up to the root"
    contents("notebooks/01_page", doctree="its own")
    contents("genindex")
    assert asked == ["_modules/checks/one", "_modules/three", "notebooks/01_page", "genindex"]
