"""README.md: its table is what the pages found, its picture is the page's figure, and a stale one is told."""

import base64
import io

import numpy as np
import pytest
from matplotlib import image
from nbformat.v4 import new_code_cell, new_notebook, new_output

from bookbuild import build, ledger, readme, statements
from bookbuild.figure_files import data_in
from bookbuild.project import BuildErrors, Project
from flowbounds import figures

README = f"# Toy\n\n![A line.](book/_static/fig-toy.png)\n\n{readme.BEGIN}\n{readme.END}\n\nThe end.\n"
ENTRIES = {"toy.eq1": {"status": "holds"}, "toy.fig1": {"status": "consistent on the grid"}}
TABLE = """\
| status | toy | all |
|---|---:|---:|
| holds | 1 | 1 |
| consistent on the grid | 1 | 1 |
| planned | 1 | 1 |"""


@pytest.fixture
def project(make_project) -> Project:
    project = make_project()
    project.readme.write_text(README, encoding="utf-8")
    return project


@pytest.fixture
def known(project):
    return statements.load(project)


def text(project: Project) -> str:
    return project.readme.read_text(encoding="utf-8")


def test_the_table_counts_by_status_and_paper(known):
    assert readme.table(ENTRIES, known) == TABLE


def test_a_stale_table_is_told_and_cured(project, known):
    (told,) = readme.stale(project, ENTRIES, known)
    assert "README.md: its table of statuses" in told.message
    assert told.cure == "make notebooks"
    assert readme.write_table(project, ENTRIES, known) == ["README.md"]
    assert text(project) == README.replace(readme.BEGIN, f"{readme.BEGIN}\n\n{TABLE}\n")
    assert readme.stale(project, ENTRIES, known) == []
    assert readme.write_table(project, ENTRIES, known) == []
    assert readme.stale(project, {}, known)
    typed = text(project).replace("| holds | 1 | 1 |", "| holds | 2 | 2 |")
    project.readme.write_text(typed, encoding="utf-8")
    assert readme.stale(project, ENTRIES, known), "a typed number"


def test_a_lost_mark_is_told(project, known):
    project.readme.write_text(README.replace(readme.END, ""), encoding="utf-8")
    (told,) = readme.stale(project, ENTRIES, known)
    assert "lost the marks" in told.message


def test_the_book_is_red_until_the_table_is_written(project, monkeypatch):
    monkeypatch.setattr(build, "execute", lambda *_: [])
    monkeypatch.setattr(build, "render", lambda *_, **__: None)
    monkeypatch.setattr(build.site_check, "faults", lambda *_: [])
    with pytest.raises(BuildErrors, match=r"README\.md: its table of statuses"):
        build.book(project, only=None, jobs=1)
    monkeypatch.setattr(readme, "write_pictures", lambda *_: ["a picture"])
    assert "written: a picture, README.md" in build.notebooks(project, only=None, jobs=1)
    build.book(project, only=None, jobs=1)


def figure(shift: float = 0.0, line: int = 10) -> bytes:
    """A black line on white, its pixels off by `shift`."""
    pixels = np.ones((40, 60, 4))
    pixels[line : line + 2, :, :3] = 0.0
    pixels[..., :3] = np.clip(pixels[..., :3] - shift, 0, 1)
    png = io.BytesIO()
    image.imsave(png, pixels)
    return png.getvalue()


def page_with(png: bytes):
    output = new_output("display_data", data={"image/png": base64.b64encode(png).decode()})
    metadata = {"mystnb": {"figure": {"name": "fig-toy"}}}
    return new_notebook(cells=[new_code_cell(metadata=metadata, outputs=[output])])


def test_the_picture_is_written_when_it_differs_to_the_eye(project):
    path = project.root / "book" / "_static" / "fig-toy.png"
    assert readme.write_pictures(project, []) == []
    assert readme.write_pictures(project, [page_with(figure())]) == ["book/_static/fig-toy.png"]
    first = path.read_bytes()
    assert image.imread(path)[11, 5, :3].tolist() == [0.0, 0.0, 0.0]
    assert readme.write_pictures(project, [page_with(figure(shift=0.05))]) == []
    assert path.read_bytes() == first
    assert readme.write_pictures(project, [page_with(figure(line=20))]) == ["book/_static/fig-toy.png"]


def test_a_project_without_a_readme_has_none_to_compare(make_project):
    project = make_project()
    assert readme.stale(project, ENTRIES, statements.load(project)) == []
    assert readme.write_pictures(project, []) == []
    assert ledger.read(project.ledger) == {}


def test_a_picture_may_carry_more_text_than_image_libraries_read(make_project):
    project = make_project()
    project.readme.write_text("![Many points](book/_static/fig-toy.png)\n", encoding="utf-8")
    drawing, axes = figures.new()
    axes.plot(np.arange(60_000.0))
    shown = page_with(figures.show(drawing).png)
    assert len(data_in(figures.show(drawing).png) or "") > 1_048_576, "Pillow's limit"
    assert readme.write_pictures(project, [shown]) == ["book/_static/fig-toy.png"]
    assert readme.write_pictures(project, [shown]) == []
