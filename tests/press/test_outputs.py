"""Outputs: a changed number is found, images and metadata are not looked at."""

import pytest
from nbformat.v4 import new_output

from bookbuild import outputs


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
