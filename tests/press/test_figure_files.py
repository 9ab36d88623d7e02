"""The table inside a picture: taken out, written beside it, and missed where it is not."""

import base64
import csv
import io
import struct
import zlib

import numpy as np
import pytest
from matplotlib import image
from nbformat.v4 import new_code_cell, new_notebook, new_output

from bookbuild import figure_files, page_rules, stage
from flowbounds import figures


@pytest.fixture(scope="module")
def png() -> bytes:
    figure, axes = figures.new()
    axes.plot([0, 1], [2, 3], label="$\\|W\\|$, größte")
    return figures.show(figure).png


def page_with(png: bytes, name="fig-toy"):
    shown = {"figure": {"name": name, "caption": "A line."}, "image": {"alt": "a line"}}
    data = {"image/png": base64.b64encode(png).decode(), "text/plain": "<figure>"}
    outputs = [new_output("display_data", data=data)]
    cell = new_code_cell("show()", metadata={"mystnb": shown}, outputs=outputs, execution_count=1)
    return new_notebook(cells=[cell])


def test_the_table_comes_out_as_it_was_put_in(png):
    table = list(csv.reader(io.StringIO(figure_files.data_in(png), newline="")))
    assert table[1:] == [["1", "$\\|W\\|$, größte", "0", "2"], ["1", "$\\|W\\|$, größte", "1", "3"]]


def test_the_picture_without_it_is_the_same_picture(png):
    light = figure_files.without_data(png)
    assert figure_files.data_in(light) is None
    assert figures.CARRIED.encode() not in light
    assert len(light) < len(png)
    pixels = (image.imread(io.BytesIO(one)) for one in (png, light))
    assert np.array_equal(*pixels)
    kept = [whole for _, _, whole in figure_files.chunks(png) if figures.CARRIED.encode() not in whole]
    assert [whole for _, _, whole in figure_files.chunks(light)] == kept


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("other", [b"data.csv\0\0\0\0\0x", b"data.csv2\0\1\0\0\0x", b"Title\0\1\0\0\0x"])
def test_other_texts_are_left_alone(png, other):
    light = figure_files.without_data(png)
    with_other = light[:33] + chunk(b"iTXt", other) + light[33:]
    assert figure_files.data_in(with_other) is None
    assert figure_files.without_data(with_other) is with_other


@pytest.mark.parametrize(
    "given", [b"", b"a picture", figure_files.SIGNATURE, figure_files.SIGNATURE + b"\0\0"]
)
def test_what_is_no_png_is_left_alone(given):
    assert figure_files.data_in(given) is None
    assert figure_files.without_data(given) is given


def test_the_stage_has_light_pictures_and_tables_beside_them(make_project, png):
    project = make_project(**{"01_toy": "# Toy page\n"})
    (page,) = project.pages()
    notebook = page_with(png)
    stage.stage(project, {page: notebook}, {})
    book = project.stage / "book"
    assert (book / "_data" / "fig-toy.csv").read_bytes().decode() == figure_files.data_in(png)
    light = figure_files.without_data(png)
    assert (book / "_figures" / "fig-toy.png").read_bytes() == light
    staged = (project.stage / f"{page.docname}.ipynb").read_text(encoding="utf-8")
    assert base64.b64encode(light).decode() in staged
    assert notebook.cells[0].outputs[0].data["image/png"] == base64.b64encode(png).decode(), (
        "kept as executed"
    )


def test_a_figure_that_is_all_notes_has_no_table(make_project):
    project = make_project(**{"01_toy": "# Toy page\n"})
    (page,) = project.pages()
    stage.stage(project, {page: page_with(figures.show(figures.new()[0]).png)}, {})
    assert not (project.stage / "book" / "_data").exists()


def test_a_named_figure_without_data_is_a_fault(page, png):
    assert page_rules.faults(page, page_with(png)) == []
    (fault,) = page_rules.faults(page, page_with(figure_files.without_data(png)))
    assert fault.message == "notebooks/01_toy.md, cell 1: the figure 'fig-toy' carries no data"
    assert fault.cure == "show it with flowbounds.figures.show, then make book ONLY=01"
