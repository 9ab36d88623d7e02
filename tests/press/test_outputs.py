"""Outputs: a changed number is found, images and metadata are not looked at; rules for every page."""

import nbformat
import pytest
from nbformat.v4 import new_output

from bookbuild import outputs, page_rules


def test_a_changed_number_is_located(page, executed):
    (problem,) = outputs.changes(page, executed("# T", ["1.2346\n"]), executed("# T", ["1.2345\n"]))
    assert problem.message.startswith("notebooks/01_toy.md, cell 2: the output changed")
    assert "-1.2345" in problem.message
    assert "+1.2346" in problem.message
    assert "make notebooks" in problem.cure


def test_changed_evidence_is_located(page, executed, evidence):
    (problem,) = outputs.changes(page, executed([evidence(margin="2.9")]), executed([evidence()]))
    assert '"margin": "2.9"' in problem.message


@pytest.mark.parametrize("missing", ["text/html", "text/plain"])
def test_a_lost_output_is_seen(page, executed, missing):
    both = {"text/html": "<p>3</p>", "text/plain": "3"}
    fewer = {kind: data for kind, data in both.items() if kind != missing}
    new = executed([new_output("display_data", data=fewer)])
    assert len(outputs.changes(page, new, executed([new_output("display_data", data=both)]))) == 1


def test_images_metadata_and_the_cutting_of_streams_do_not_count(page, executed, evidence):
    figure = new_output("display_data", data={"image/png": "AAAA", "text/plain": "<Figure>"})
    stored = new_output("display_data", data={"text/plain": "<Figure>"})
    bare = new_output("display_data", data={"image/png": "BBBB"})
    new = executed(["a\n", "b\n", figure, bare, evidence()])
    old = executed(["a\nb\n", stored, evidence()])
    old.cells[0].outputs[-1].metadata = {}
    assert outputs.changes(page, new, old) == []


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


def test_a_named_figure_must_be_there(page, executed):
    notebook = executed([])
    notebook.cells[0].metadata = nbformat.from_dict({"mystnb": {"figure": {"name": "fig-toy"}}})
    assert "names the figure 'fig-toy'" in fault(page, notebook)
    notebook.cells[0].outputs = [new_output("display_data", data={"image/png": "AAAA"})]
    assert page_rules.faults(page, notebook) == []


@pytest.mark.parametrize("source", ["plot(x);", "plot(x);  # a comment\n"])
def test_a_silencing_semicolon_is_refused(page, executed, source):
    assert "semicolon" in fault(page, executed([], source=source))


@pytest.mark.parametrize("source", ["a = 1; b = 2", "%matplotlib inline", "print(';')"])
def test_other_sources_are_not_refused(page, executed, source):
    assert page_rules.faults(page, executed([], source=source)) == []
