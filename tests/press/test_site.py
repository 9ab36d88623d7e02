"""Staging and rendering: figures, the public address, and broken references that turn the build red."""

import base64

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from bookbuild import figures, render, stage
from bookbuild.notebook_text import LANGUAGE
from bookbuild.project import BuildError

PNG = base64.b64encode(figures.PLACEHOLDER).decode()


ENTRY = "@misc{known, author = {A. Known}, title = {A work}, year = {2021}}\n"
# Each names something that there is not, and what the rendering says of it.
BROKEN = {
    "[nowhere](nowhere.md)": "nowhere",
    "[anchor](#no-such-anchor)": "no-such-anchor",
    "{ref}`no-such-label`": "no-such-label",
    "{numref}`no-such-figure`": "no-such-figure",
    "{doc}`no-such-page`": "no-such-page",
    "{eq}`no-such-equation`": "no-such-equation",
    "{cite}`no-such-work`": "no-such-work",
    "{py:func}`no.such.function`": "no.such.function",
}
SOUND = """\
# Toy page

$$x=1$$ (one)

{eq}`one` and {numref}`fig-toy` of {cite}`known`.

```{bibliography}
```
"""


def page_with(*outputs, text="# Toy page\n"):
    metadata = {"mystnb": {"figure": {"name": "fig-toy", "caption": "A line."}, "image": {"alt": "a line"}}}
    cell = new_code_cell("show()", metadata=metadata, outputs=list(outputs), execution_count=1)
    notebook = new_notebook(cells=[new_markdown_cell(text), cell])
    notebook.metadata = nbformat.from_dict(
        {"bookbuild": {"key": "k", "seconds": 1.0}, "language_info": LANGUAGE}
    )
    return notebook


@pytest.fixture
def project(make_project):
    return make_project(**{"01_toy": "# Toy page\n"})


def test_the_stage_holds_pages_figures_and_the_fresh_ledger(project):
    (page,) = project.pages()
    (project.stage / "book").mkdir(parents=True)
    (project.stage / "book" / "gone.md").touch()
    (project.root / "CITATION.cff").write_text("version: 0.1.0\n", encoding="utf-8")
    picture = base64.b64encode(b"a picture").decode()
    figure = new_output("display_data", data={"image/png": picture})
    stage.stage(project, {page: page_with(figure)}, {"toy.eq1": {"status": "holds"}})
    files = sorted(path.relative_to(project.stage).as_posix() for path in project.stage.rglob("*.*"))
    assert files == [
        "CITATION.cff",
        "_config.yml",
        "_toc.yml",
        "book/_figures/fig-toy.png",
        "book/_texts/01_toy.md",
        "book/index.md",
        "book/ledger.json",
        "book/statements.yml",
        "notebooks/01_toy.ipynb",
    ]
    assert (project.stage / "book" / "_figures" / "fig-toy.png").read_bytes() == b"a picture"
    assert "holds" in (project.stage / "book" / "ledger.json").read_text(encoding="utf-8")
    assert "seconds" not in (project.stage / "notebooks" / "01_toy.ipynb").read_text(encoding="utf-8")


def test_a_figure_not_drawn_yet_has_a_placeholder(project):
    (page,) = project.pages()
    stage.stage(project, {page: page_with()}, {})
    assert (project.stage / "book" / "_figures" / "fig-toy.png").read_bytes().startswith(b"\x89PNG")


def test_a_page_comes_from_the_cache_else_the_pair_else_the_text(project):
    (page,) = project.pages()
    assert stage.available([page])[page].cells[0].source == "# Toy page"
    nbformat.write(page_with(text="pair"), page.pair)
    assert stage.available([page])[page].cells[0].source == "pair"
    project.executed.mkdir(parents=True)
    nbformat.write(page_with(text="cache"), page.executed)
    assert stage.available([page])[page].cells[0].source == "cache"


@pytest.mark.parametrize(
    ("address", "repository"),
    [
        ("https://someone.github.io/toy/", "https://github.com/someone/toy"),
        ("https://someone.gitlab.io/toy", "https://gitlab.com/someone/toy"),
        ("https://book.example.org/toy/", None),
    ],
)
def test_the_address_switches_on_what_needs_one(project, address, repository):
    config = project.root / "_config.yml"
    render.write_address(config, address)
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    assert settings["title"] == "Toy"
    assert settings["html"]["baseurl"] == address
    assert settings["html"]["use_repository_button"] == (repository is not None)
    assert settings.get("repository", {}).get("url") == repository
    buttons = settings.get("launch_buttons", {})
    assert ("binderhub_url" in buttons) == (repository is not None)
    assert ("colab_url" in buttons) == ("github.io" in address), "Colab takes notebooks from there alone"


@pytest.mark.press
def test_render_publishes_once_and_what_is_broken_is_told(project):
    (page,) = project.pages()
    config = project.root / "_config.yml"
    with config.open("a", encoding="utf-8") as file:
        file.write("bibtex_bibfiles: [book/references.bib]\n")
    (project.book / "references.bib").write_text(ENTRY, encoding="utf-8")
    figure = new_output("display_data", data={"image/png": PNG, "text/plain": "<Figure>"})
    stage.stage(project, {page: page_with(figure, text=SOUND)}, {})
    assert render.render(project, base_url="https://someone.github.io/toy/")
    assert (project.html / "index.html").exists()
    html = (project.html / "notebooks" / "01_toy.html").read_text(encoding="utf-8")
    assert "https://someone.github.io/toy/notebooks/01_toy.html" in html
    assert "mybinder.org/v2/gh/someone/toy/main" in html
    assert "colab.research.google.com/github/someone/toy/blob/main/notebooks/01_toy.ipynb" in html
    assert not render.render(project), "the same tree is not rendered twice"

    broken = page_with(figure, text=SOUND + "\n\n".join(BROKEN))
    stage.stage(project, {page: broken}, {})
    with pytest.raises(BuildError) as caught:
        render.render(project)
    assert "notebooks/01_toy.ipynb" in caught.value.message
    assert [one for one, told in BROKEN.items() if told not in caught.value.message] == []
    assert str(project.root) not in caught.value.message
    assert (project.html / "notebooks" / "01_toy.html").read_text(encoding="utf-8") == html


def test_a_changed_docstring_renders_the_reference_again(project):
    project.stage.mkdir(parents=True)
    before = render.fingerprint(project)
    assert render.fingerprint(project) == before
    (project.library / "law.py").write_text('"""The law of falling."""\n\nG = 9.81\n', encoding="utf-8")
    assert render.fingerprint(project) != before


def test_a_fault_in_a_docstring_is_told_with_the_path_of_the_repository(project):
    said = f"{project.library}/law.py:docstring of law:3: WARNING: Unexpected indentation."
    assert render.complaints(said, project.stage).startswith("    src/flowbounds/law.py:docstring of law:3")
