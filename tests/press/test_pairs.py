"""Text and committed pair: drift of each sort is found and located."""

import json

import nbformat
import pytest

from bookbuild import pairs
from bookbuild.notebook_text import read_text
from bookbuild.run_page import finished

BODY = """\
# Title

```{code-cell} python
:tags: [parameters]
:mystnb: {figure: {name: fig-toy}}
n = 3
```

```{code-cell} python
print(n)
```
"""


@pytest.fixture
def paired(make_project):
    """A project with one page and a pair that agrees with it."""
    project = make_project(**{"01_toy": BODY})
    (page,) = project.pages()
    text = read_text(page)
    page.pair.write_text(pairs.make_pair(text, text), encoding="utf-8")
    return project, page


def test_a_fresh_pair_agrees(paired):
    project, page = paired
    assert pairs.drift(page) == []
    assert pairs.unpaired(project) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cell: cell.update(source="n = 4"), "source differs"),
        (lambda cell: cell.metadata.update(tags=["parameters", "hide-input"]), "list of tags differs"),
        (lambda cell: cell.metadata.update(mystnb={"figure": {"name": "fig-other"}}), "metadata differs"),
    ],
)
def test_drift_of_a_cell(paired, change, said):
    _, page = paired
    notebook = nbformat.read(page.pair, as_version=4)
    change(notebook.cells[1])
    nbformat.write(notebook, page.pair)
    (problem,) = pairs.drift(page)
    assert problem.message.startswith("notebooks/01_toy.md, cell 2: ")
    assert said in problem.message
    assert "+" in problem.message
    assert "make notebooks" in problem.cure


def test_a_missing_cell_is_located(paired):
    _, page = paired
    notebook = nbformat.read(page.pair, as_version=4)
    del notebook.cells[1]
    nbformat.write(notebook, page.pair)
    (problem,) = pairs.drift(page)
    assert "has 2 cells, its text has 3" in problem.message
    assert "cell 2" in problem.message


def test_texts_and_pairs_without_each_other(paired):
    project, page = paired
    page.pair.rename(project.notebooks / "09_orphan.ipynb")
    missing, orphan = pairs.unpaired(project)
    assert "notebooks/01_toy.md has no committed pair" in missing.message
    assert missing.cure == "make notebooks"
    assert "notebooks/09_orphan.ipynb has no text" in orphan.message


def test_the_pair_holds_texts_and_no_images(paired, executed, evidence):
    _, page = paired
    text = read_text(page)
    image = nbformat.v4.new_output("display_data", data={"image/png": "AAAA", "text/plain": "<Figure>"})
    bare = nbformat.v4.new_output("display_data", data={"image/png": "AAAA"})
    ran = finished(text, executed("# Title", ["3\n", image, bare], [evidence()]), "key", 1.0)
    stored = pairs.make_pair(text, ran)
    assert stored == pairs.make_pair(text, ran)
    assert stored.endswith("}\n")
    assert "image/png" not in stored
    cells = json.loads(stored)["cells"]
    assert [cell["id"] for cell in cells] == ["c000", "c001", "c002"]
    assert [output["output_type"] for output in cells[1]["outputs"]] == ["stream", "display_data"]
    assert cells[2]["outputs"][0]["metadata"] == {}
    assert "application/vnd.flowbounds.evidence+json" in cells[2]["outputs"][0]["data"]
    assert json.loads(stored)["metadata"].keys() == {"kernelspec", "language_info"}
