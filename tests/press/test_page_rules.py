"""Rules for every page: each is broken once, and what resembles a fault is let through."""

import base64

import nbformat
import pytest
from nbformat.v4 import new_output

from bookbuild import build, page_rules
from bookbuild.execute import Execution
from flowbounds import figures


def fault(page, notebook):
    (problem,) = page_rules.faults(page, notebook)
    assert problem.message.startswith("notebooks/01_toy.md, cell 1: ")
    assert "make book ONLY=01" in problem.cure
    return problem.message


def test_a_warning_is_an_error(page, executed):
    warning = new_output("stream", name="stderr", text="toy.py:1: RuntimeWarning: overflow\n")
    assert "RuntimeWarning: overflow" in fault(page, executed([warning]))


def test_an_allowed_exception_is_an_error(page, executed):
    error = new_output("error", ename="ValueError", evalue="no", traceback=[])
    assert "ValueError: no" in fault(page, executed([error]))


def test_vector_figures_are_refused(page, executed):
    assert "SVG" in fault(page, executed([new_output("display_data", data={"image/svg+xml": "<svg/>"})]))


PNG = base64.b64encode(figures.show(figures.new()[0]).png).decode()
FIGURE = {"figure": {"name": "fig-toy", "caption": "Flat."}, "image": {"alt": "A line."}}


@pytest.fixture
def figure(executed):
    """A page that shows a named figure; its cell's metadata are given."""

    def build(mystnb, kind="image/png"):
        notebook = executed([new_output("display_data", data={kind: PNG})])
        notebook.cells[0].metadata = nbformat.from_dict({"mystnb": mystnb})
        return notebook

    return build


def test_a_named_figure_must_be_there(page, figure):
    assert page_rules.faults(page, figure(FIGURE)) == []
    assert "names the figure 'fig-toy'" in fault(page, figure(FIGURE, "text/plain"))


@pytest.mark.parametrize("image", [{}, {"image": {"width": "80%"}}, {"image": {"alt": " "}}])
def test_a_named_figure_says_what_one_sees(page, figure, image):
    assert "no alternative text" in fault(page, figure({"figure": FIGURE["figure"], **image}))


@pytest.mark.parametrize("caption", [{}, {"caption": ""}])
def test_a_named_figure_has_a_caption(page, figure, caption):
    assert "no caption" in fault(page, figure({**FIGURE, "figure": {"name": "fig-toy", **caption}}))


@pytest.mark.parametrize("source", ["plot(x);", "plot(x);  # a comment\n"])
def test_a_silencing_semicolon_is_refused(page, executed, source):
    assert "semicolon" in fault(page, executed([], source=source))


@pytest.mark.parametrize("source", ["a = 1; b = 2", "%matplotlib inline", "print(';')"])
def test_other_sources_are_not_refused(page, executed, source):
    assert page_rules.faults(page, executed([], source=source)) == []


@pytest.mark.parametrize(
    "text",
    [
        "see /home/ann/book/x.py",
        "'/tmp/tmpabc/x'",
        "(/Users/ann/x)",
        "file:///usr/lib/x",
        r"C:\Users\ann",
        "http://localhost:8888/lab",
        "https://example.org/x",
        "listening on 192.168.0.17",
        "<function f at 0x7f2a>",
        "0x7f2a11b0c0d0",
    ],
)
def test_a_trace_of_the_machine_is_refused(page, executed, text):
    outputs = [text + "\n", new_output("display_data", data={"text/html": f"<p>{text}</p>"})]
    found = page_rules.faults(page, executed(outputs))
    assert len(found) >= 2  # once in each output; an address of a file is a path, too
    assert "cell 1: its output holds a" in found[0].message
    typed = new_output("display_data", data={"application/json": {"x": [text]}})
    assert page_rules.faults(page, executed([typed]))


def test_the_folder_of_the_build_is_refused_wherever_it_is(page, executed):
    assert "the folder of this build" in fault(page, executed([f"<{page.root}/notebooks>"]))


@pytest.mark.parametrize(
    "text",
    [
        "src/flowbounds/checks/a.py and notebooks/tmp/x",
        "d/m = 1/2, a/tmp, n/root, km/home/x",
        r"$x:\alpha$ and $A:\Omega$",
        "<td>1</td></tr>",
        "version 1.26.4.dev1, 1.2.3, 0.1.2.3.4, 300.1.1.1",
        "0x1.91eb851eb851fp+1 and 0xff",
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        "<figure: a dot at 0.5>",
        "iVBORw0KGgo/tmp/AAAA+/var/BBBB",
    ],
)
def test_what_only_looks_like_a_trace_passes(page, executed, text):
    outputs = [text, new_output("display_data", data={"text/plain": text, "image/png": "/tmp/x"})]
    assert page_rules.faults(page, executed(outputs)) == []


@pytest.mark.parametrize("counts", [(1, 3), (2, 3), (2, 1), (1, None)])
def test_execution_counts_are_one_to_n(page, executed, counts):
    notebook = executed("# T", [], [])
    assert page_rules.faults(page, notebook) == []
    for cell, count in zip(notebook.cells[1:], counts, strict=True):
        cell.execution_count = count
    (problem,) = page_rules.faults(page, notebook)
    place = 2 if counts[0] != 1 else 3
    assert problem.message.startswith(f"notebooks/01_toy.md, cell {place}: execution count ")


def test_an_empty_cell_has_no_count(page, executed):
    notebook = executed([], [], [])
    notebook.cells[1].update(source=" ", execution_count=None)
    notebook.cells[2].execution_count = 2
    assert page_rules.faults(page, notebook) == []


def test_the_counts_of_a_committed_pair_are_looked_at(page, executed):
    page.pair.parent.mkdir()
    stored = executed([], [])
    stored.cells[1].execution_count = 7
    nbformat.write(stored, page.pair)
    page.text.write_text("```{code-cell}\ncheck()\n```\n\n```{code-cell}\ncheck()\n```\n", encoding="utf-8")
    told = [problem.message for problem in build.verify_pages({page: executed([], [])})]
    assert "notebooks/01_toy.md, cell 2: execution count 7 in 01_toy.ipynb, not 2" in told


def test_a_page_keeps_to_its_time(page, executed):
    notebook = executed("# T")
    notebook.metadata["bookbuild"] = {"seconds": page_rules.PAGE_SECONDS + 1.0}
    (problem,) = page_rules.faults(page, notebook)
    assert "notebooks/01_toy.md took 61 s, and a page has 60 s" in problem.message
    notebook.metadata["bookbuild"]["seconds"] = page_rules.PAGE_SECONDS - 1.0
    assert page_rules.faults(page, notebook) == []


def test_a_mean_above_the_budget_is_a_warning(page):
    quick, slow = (Execution(page, seconds, cached=False) for seconds in (1.0, 2.0 * page_rules.MEAN_SECONDS))
    assert "warning" not in build.summary([quick, quick], {})
    assert "warning: a page takes 25.5 s in the mean; the budget is 25 s" in build.summary([quick, slow], {})
    assert "warning" not in build.summary([], {})
