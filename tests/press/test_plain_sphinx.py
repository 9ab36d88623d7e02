"""The book without Jupyter Book: the same configuration, and from it the same site."""

import base64
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from jupyter_book.config import get_final_config
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from bookbuild import figures, plain_sphinx, render, same_site, stage
from bookbuild.notebook_text import LANGUAGE
from bookbuild.project import BuildError

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "https://example.org/book/"
# Jupyter Book's extensions for its PDF, for comments and for running code on outside servers.
DROPPED = {"jupyter_book", "sphinx_thebe", "sphinx_comments"} | {
    *("sphinx_jupyterbook_latex", "sphinx_multitoc_numbering")
}
# Settings of those, and settings whose value from Jupyter Book is what Sphinx or the theme takes anyhow.
UNNEEDED = {"comments_config", "html_baseurl", "html_favicon", "html_logo", "latex_engine"} | {
    *("use_jupyterbook_latex", "use_multitoc_numbering", "nb_output_stderr"),
    *("nb_execution_allow_errors", "nb_execution_cache_path", "nb_execution_excludepatterns"),
    *("nb_execution_in_temp", "nb_execution_timeout"),
}
UNNEEDED_OPTIONS = {"analytics", "announcement", "extra_footer", "path_to_docs", "repository_branch"}
UNNEEDED_BUTTONS = {"thebe", "colab_url", "deepnote_url", "jupyterhub_url"} | {
    *("notebook_interface", "binderhub_url"),  # empty where there are no buttons
}


def by_jupyter_book(config: Path) -> dict:
    made, _ = get_final_config(user_yaml=config, cli_config={"latex_individualpages": False})
    return {**made, "extensions": [one for one in made["extensions"] if one not in DROPPED]}


def disagreements(ours: dict, theirs: dict, unneeded: set[str]) -> dict:
    """Settings on which the two differ; those in `unneeded` may be absent from ours, not different."""
    names = {*ours, *theirs} - (unneeded - {*ours})
    return {name: (ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)}


@pytest.mark.parametrize("address", [None, ADDRESS, "https://someone.github.io/book/"])
def test_the_book_is_configured_as_jupyter_book_would(tmp_path, monkeypatch, address):
    monkeypatch.setattr(sys, "path", [*sys.path])  # it is added to
    config = Path(shutil.copy(ROOT / "_config.yml", tmp_path))
    if address:
        render.write_address(config, address)
    ours, theirs = plain_sphinx.settings(yaml.safe_load(config.read_text("utf-8"))), by_jupyter_book(config)
    assert ours.pop("external_toc_path") == "_toc.yml"  # the other takes it from its command line
    options, other = (one.pop("html_theme_options") for one in (ours, theirs))
    buttons, other_buttons = (one.pop("launch_buttons", {}) for one in (options, other))
    assert disagreements(ours, theirs, UNNEEDED) == {}
    assert disagreements(options, other, UNNEEDED_OPTIONS) == {}
    assert disagreements(buttons, other_buttons, UNNEEDED_BUTTONS) == {}


def test_a_disagreement_is_seen():
    assert disagreements({"a": 1}, {"a": 1, "b": 2}, {"b"}) == {}
    assert disagreements({"a": 1}, {"a": 2}, {"a"}) == {"a": (1, 2)}
    assert disagreements({}, {"numfig": True}, set()) == {"numfig": (None, True)}


@pytest.mark.parametrize(
    ("key", "config"),
    [
        ("html.favicon", {"html": {"favicon": "x.ico"}}),
        ("sphinx.builder", {"sphinx": {"builder": "html"}}),
        ("logo", {"logo": "x.png"}),
    ],
)
def test_a_key_that_it_does_not_know_is_refused(key, config):
    with pytest.raises(BuildError, match=re.escape(key)):
        plain_sphinx.settings(config)


def test_conf_is_python_that_finds_the_extensions_of_the_book(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    config = {"title": "A 'title'", "sphinx": {"local_extensions": {"own": "book/_ext"}}}
    made = {"__file__": str(tmp_path / "conf.py")}
    exec(plain_sphinx.conf_text(config), made)
    assert (made["html_title"], made["extensions"][-1]) == ("A 'title'", "own")
    assert sys.path[0] == str(tmp_path / "book" / "_ext")


CONFIG = """\
title: Toy
author: nobody
copyright: "2026"
only_build_toc_files: true
execute: {execute_notebooks: "off"}
parse: {myst_enable_extensions: [dollarmath]}
repository: {url: ""}
html: {home_page_in_navbar: true}
"""


def toy_page() -> object:
    picture = base64.b64encode(figures.PLACEHOLDER).decode()
    shown = new_output("display_data", data={"image/png": picture, "text/plain": "<Figure>"})
    metadata = {"mystnb": {"figure": {"name": "fig-toy", "caption": "A line."}, "image": {"alt": "a line"}}}
    text = "# Toy page\n\n(here)=\n## Part\n\nOf $x^2$ see {numref}`fig-toy` and {ref}`here`.\n"
    code = new_code_cell("show()", metadata=metadata, outputs=[shown], execution_count=1)
    return new_notebook(cells=[new_markdown_cell(text), code], metadata={"language_info": dict(LANGUAGE)})


@pytest.fixture
def project(make_project):
    project = make_project(**{"01_toy": "# Toy page\n"})
    (project.root / "_config.yml").write_text(CONFIG, encoding="utf-8")
    (page,) = project.pages()
    stage.stage(project, {page: toy_page()}, {})
    return project


def shown(site: Path) -> str:
    return (site / "notebooks" / "01_toy.html").read_text(encoding="utf-8")


@pytest.mark.press
def test_both_engines_make_the_same_site(project):
    """With an address of no known host: canonical links carry it, and no button leads away.

    Other addresses, and none, are in test_site.py and tests/site/test_whole_book.py.
    """
    html, plain = project.html, project.build / "plain"
    for engine in (render.JUPYTER_BOOK, render.SPHINX):
        assert render.render(project, base_url=ADDRESS, engine=engine), engine.name
        assert not render.render(project, base_url=ADDRESS, engine=engine), engine.name
    assert same_site.differences(html, plain) == []
    assert {"index.html", "book/index.html", "notebooks/01_toy.html"} <= {*same_site.pages(plain)}
    for site in (html, plain):
        assert f'<link rel="canonical" href="{ADDRESS}notebooks/01_toy.html"' in shown(site)
        assert "mybinder.org" not in shown(site)
        assert "btn-source-repository-button" not in shown(site)
        assert "book/index.html" in (site / "index.html").read_text(encoding="utf-8")
    found = same_site.said(shown(html))
    assert [one.rstrip("#") for one in found.headings] == ["h1 Toy page", "h2 Part"]
    assert {"fig-toy", "here"} <= {*found.ids}


def test_both_engines_take_warnings_for_errors(project, tmp_path):
    for engine in (render.JUPYTER_BOOK, render.SPHINX):
        assert {"-W", "-n", "--keep-going"} <= {*engine.command(project, tmp_path)}, engine.name


PAGE = '<nav>menu</nav><article><h1 id="a">One</h1><p id="b">Two   three.</p></article>'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("<h1", "<h2"), "other headings"),
        (("One", "Two"), "other headings"),
        (('id="b"', 'id="c"'), "other ids"),
        (("three", "four"), "other lines"),
    ],
)
def test_a_page_that_says_something_else_is_seen(tmp_path, change, told):
    here, there = tmp_path / "html", tmp_path / "plain"
    for folder, text in ((here, PAGE), (there, PAGE.replace(*change))):
        folder.mkdir()
        (folder / "page.html").write_text(text, encoding="utf-8")
    (problem,) = same_site.differences(here, there)
    assert problem.startswith(f"page.html: {told}\n")
    (there / "page.html").write_text(PAGE.replace("menu", "another").replace("   ", " "), encoding="utf-8")
    assert same_site.differences(here, there) == []
    (here / "more.html").touch()
    (there / "other.html").touch()
    assert same_site.differences(here, there) == ["more.html: only in html", "other.html: only in plain"]
