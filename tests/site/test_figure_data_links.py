"""A link to its data below each figure that has some, and the tables at addresses that last."""

import shutil
from io import StringIO
from pathlib import Path

import figure_data_links
import pytest
from bs4 import BeautifulSoup
from sphinx.testing.util import SphinxTestApp

from bookbuild import figures
from bookbuild.figures import PLACEHOLDER
from bookbuild.site_check import faults

CONF = """
extensions = ["myst_nb", "figure_data_links"]
source_suffix = {".rst": "restructuredtext"}  # a set of its own: what others add to Sphinx's default stays
html_theme = "basic"
nitpicky = True
numfig = True
root_doc = "book/index"
"""
FRONT = """\
# Front

```{figure} _figures/fig-one.png
:name: front-one
:alt: a dot

One.

And a legend.
```

```{toctree}
../notebooks/page
```
"""
PAGE = """\
# Page

```{figure} ../book/_figures/fig-one.png
:name: fig-one
:alt: a dot

One & two.
```

```{figure} dot.png
:name: fig-two
:alt: a dot

Two.
```

```{figure} dot.png
:name: fig-none
:alt: a dot

A figure that has not been drawn yet.
```

```{image} dot.png
:alt: a dot
```
"""
TABLE = b"panel,series,x,y\r\n1,line,0,1\r\n"


def build(builder: str, source: Path) -> tuple[Path, str]:
    warnings = StringIO()
    app = SphinxTestApp(builder, srcdir=source, warning=warnings)
    try:
        app.build()
    finally:
        app.cleanup()
    return Path(app.outdir), warnings.getvalue().strip()


@pytest.fixture(scope="module", params=["html", "dirhtml"])
def site(request, tmp_path_factory) -> tuple[Path, str]:
    """The folder of the site and its warnings."""
    source = tmp_path_factory.mktemp("site")
    for folder in ("book/_figures", "book/_data", "notebooks"):
        (source / folder).mkdir(parents=True)
    (source / "conf.py").write_text(CONF)
    (source / "book" / "index.md").write_text(FRONT)
    (source / "notebooks" / "page.md").write_text(PAGE)
    for picture in ("book/_figures/fig-one.png", "notebooks/dot.png"):
        (source / picture).write_bytes(PLACEHOLDER)
    for name in ("fig-one", "fig-two"):
        (source / "book" / "_data" / f"{name}.csv").write_bytes(TABLE)
    return build(request.param, source)


def read(site: Path, name: str) -> tuple[Path, BeautifulSoup]:
    path = next(one for one in (site / f"{name}.html", site / name / "index.html") if one.exists())
    return path, BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def links(site: Path, name: str) -> dict[str, Path]:
    """The links of a page to data, by their words, and the files that they lead to."""
    path, page = read(site, name)
    found = page.select("figcaption .fb-data a[download]")
    return {
        one.get_text(): (path.parent / one["href"]).resolve().relative_to(site.resolve()) for one in found
    }


def test_builds_without_a_warning(site):
    assert site[1] == ""


def test_each_figure_with_data_has_a_link_that_names_it(site):
    found = links(site[0], "notebooks/page")
    assert found == {
        "Data of Fig. 2 (CSV)": Path("_data/fig-one.csv"),
        "Data of Fig. 3 (CSV)": Path("_data/fig-two.csv"),
    }
    assert all((site[0] / file).read_bytes() == TABLE for file in found.values())


def test_a_picture_of_another_page_has_its_data_too(site):
    assert links(site[0], "book/index") == {"Data of Fig. 1 (CSV)": Path("_data/fig-one.csv")}
    _, page = read(site[0], "book/index")
    assert len(page.select("figcaption .legend")) == 1
    assert "And a legend." in page.select_one("figcaption .legend").get_text()


def test_no_link_leads_nowhere(site):
    assert [one.message for one in faults(site[0]) if "_data" in one.message] == []


def test_a_lost_table_turns_the_check_of_links_red(site, tmp_path):
    shutil.copytree(site[0], tmp_path / "site")
    (tmp_path / "site" / "_data" / "fig-two.csv").unlink()
    (told,) = [one.message for one in faults(tmp_path / "site") if "_data" in one.message]
    assert "_data/fig-two.csv leads to no file of the site" in told


def test_without_numbers_the_name_stands(tmp_path):
    (tmp_path / "book" / "_data").mkdir(parents=True)
    (tmp_path / "book" / "_data" / "fig-two.csv").write_bytes(TABLE)
    (tmp_path / "dot.png").write_bytes(PLACEHOLDER)
    (tmp_path / "conf.py").write_text(CONF.replace("numfig = True", "").replace("book/index", "page"))
    (tmp_path / "page.md").write_text(PAGE.replace("../book/_figures/fig-one.png", "dot.png"))
    assert build("html", tmp_path)[1] == ""
    assert links(tmp_path / "_build" / "html", "page") == {"Data of fig-two (CSV)": Path("_data/fig-two.csv")}


def test_the_press_puts_the_tables_where_they_are_looked_for():
    assert f"book/{figures.DATA}" == figure_data_links.TABLES
