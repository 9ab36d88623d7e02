"""Glued numbers: through execution, pair, comparison and rendering into the prose; what would spoil them."""

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_output

from bookbuild import figures, glued, outputs, page_rules, pairs, render, stage, verify
from bookbuild.notebook_text import read_notebook
from bookbuild.run_page import run_page

USE = "It is {glue:text}`01-share` of all.\n"
CELL = """
```{code-cell} python
:tags: [remove-cell]
from myst_nb import glue

glue("01-share", f"{3 / 17:.2f}", display=False)
glue("01-count", 17, display=False)
```

```{code-cell} python
:mystnb: {figure: {name: fig-toy, caption: "All {glue:text}`01-count`."}, image: {alt: a line}}
from IPython.display import Image
Image(data=PNG)
```
"""
ELSEWHERE = "The page counts {glue:text}`../notebooks/01_toy.ipynb::01-count:s`.\n"


def value(name="01-share", text="'0.18'", prefix=glued.HIDDEN):
    record = {"scrapbook": {"name": name, "mime_prefix": prefix}}
    return new_output("display_data", data={f"{prefix}text/plain": text}, metadata=record)


@pytest.fixture
def used(page):
    """A page whose text shows 01-share."""
    page.text.parent.mkdir()
    page.text.write_text(USE, encoding="utf-8")
    return page


@pytest.mark.parametrize("text", ["'0.18'", "'0.18 %'", "17", '"a\'b"'])
def test_texts_and_whole_numbers_pass(used, executed, text):
    assert page_rules.faults(used, executed(USE, [value(text=text)])) == []


@pytest.mark.parametrize(
    ("given", "told", "cure"),
    [
        ([value(text="0.17647058823529413")], "not a text or a whole number", "format it"),
        ([value(text="np.int64(3)")], "not a text or a whole number", "format it"),
        ([value(text="True")], "not a text or a whole number", "format it"),
        ([value(prefix="")], "shows it in the cell", "display=False"),
        ([value(), value()], "glued before", "another name"),
        ([value("02-share")], "unique over the book", "name it 01-what-it-is"),
        ([value("share")], "unique over the book", "name it 01-what-it-is"),
        ([value("01-shar")], "no text shows it", "{glue:text}`01-shar`"),
    ],
)
def test_a_planted_fault_is_seen(used, executed, given, told, cure):
    found = page_rules.faults(used, executed(USE, given))
    assert all("notebooks/01_toy.md, cell 2: it glues " in one.message for one in found)
    assert any(told in one.message and cure in one.cure for one in found)
    assert all(one.cure.endswith("make book ONLY=01") for one in found)


def test_another_text_may_show_it(used, executed):
    used.text.write_text("# Toy\n", encoding="utf-8")
    (used.root / "book").mkdir()
    (used.root / "book" / "index.md").write_text(ELSEWHERE, encoding="utf-8")
    assert page_rules.faults(used, executed("# Toy", [value("01-count", "17")])) == []


def test_a_changed_value_is_located_and_the_name_is_kept(used, executed):
    stored = executed(USE, [value()])
    (problem,) = outputs.changes(used, executed(USE, [value(text="'0.19'")]), stored)
    assert "+'0.19'" in problem.message
    (kept,) = pairs.text_outputs(stored.cells[1].outputs)
    assert kept.metadata["scrapbook"]["name"] == "01-share"


@pytest.mark.press
def test_a_number_goes_from_the_cell_into_the_prose(make_project):
    project = make_project(
        **{"01_toy": f"# Toy page\n\n{USE}" + CELL.replace("PNG", repr(figures.PLACEHOLDER))}
    )
    (project.book / "index.md").write_text(f"# Toy\n\n{ELSEWHERE}", encoding="utf-8")
    (page,) = project.pages()
    run_page(page, "key")
    assert glued.faults(page, read_notebook(page.executed)) == []
    assert pairs.write_pair(page)
    assert pairs.drift(page) == []
    assert outputs.changes(page, read_notebook(page.executed), read_notebook(page.pair)) == []

    command = verify.nbval(project, sys.executable, jobs=1)
    again = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stdout

    stage.stage(project, {page: read_notebook(page.executed)}, {})
    render.render(project)
    html = (project.html / "notebooks" / "01_toy.html").read_text(encoding="utf-8")
    assert 'It is <span class="pasted-text">0.18</span> of all.' in html
    assert 'All <span class="pasted-text">17</span>.' in html
    assert "papermill.record" not in html
    front = (project.html / "book" / "index.html").read_text(encoding="utf-8")
    assert 'The page counts <span class="pasted-text">17</span>.' in front

    spoiled = read_notebook(page.pair)
    spoiled.cells[1].outputs[0].data = nbformat.from_dict({f"{glued.HIDDEN}text/plain": "'0.19'"})
    nbformat.write(spoiled, page.pair)
    again = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "0.19" in again.stdout
