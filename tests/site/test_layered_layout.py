"""Where the graphs' nodes stand: columns, few crossings, and room for each."""

from graphlib import CycleError
from itertools import pairwise
from pathlib import Path

import pytest
from dependency_graph import within
from layered_layout import BEND_HEIGHT, columns_of, crossings, layout, ordered, spread
from record import PAPERS, load

BOOK = Path(__file__).resolve().parents[2] / "book"
DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c", "a"], "alone": []}


def test_a_node_is_one_column_after_the_last_that_it_rests_on():
    assert columns_of(DIAMOND) == {"a": 0, "b": 1, "c": 1, "d": 2, "alone": 0}


def test_a_ring_has_no_columns():
    with pytest.raises(CycleError):
        columns_of({"a": ["b"], "b": ["a"]})


def test_a_long_line_bends_in_the_columns_that_it_passes():
    drawn = layout(DIAMOND)
    assert (("a", 0), ("a", 1)) in drawn.strokes
    assert (("a", 1), ("d", 2)) in drawn.strokes
    assert [drawn.is_node(point) for point in (("a", 0), ("a", 1), ("d", 2))] == [True, False, True]


def test_lines_from_one_node_share_their_bends():
    strokes = layout({"a": [], "b": ["a"], "c": ["b"], "d": ["c", "a"], "e": ["c", "a"]}).strokes
    assert (
        len(strokes) == len(set(strokes)) == 8
    )  # a-b-c, c-d, c-e, a to its last bend, from there to d and e


def test_crossings_are_counted():
    left, right = [("a", 0), ("b", 0)], [("c", 1), ("d", 1)]
    strokes = [(left[0], right[1]), (left[1], right[0])]
    assert crossings(left, right, strokes) == 1
    assert crossings(left, right[::-1], strokes) == 0
    assert ordered([left, right], strokes) == [left, right[::-1]]


def test_heights_keep_their_order_and_their_distance():
    assert spread([0.0, 5.0], [1.0, 1.0]) == [0.0, 5.0]  # room enough: as wanted
    assert spread([2.0, 2.0, 2.0], [1.0, 1.0, 1.0]) == [1.0, 2.0, 3.0]  # crowded: about the place wanted
    assert spread([3.0, 0.0], [1.0, 1.0]) == [1.0, 2.0]  # never exchanged
    assert spread([0.0, 0.0, 9.0], [1.0, 1.0, 0.5]) == [-0.5, 0.5, 9.0]
    assert spread([], []) == []


def drawn_uses(drawn) -> dict[str, set[str]]:
    """Read the drawing: what a line leads to each node from."""
    return {
        other[0]: {one[0] for one, end in drawn.strokes if end == other}
        for column in drawn.columns
        for other in column
        if drawn.is_node(other)
    }


def too_close(drawn) -> list:
    """Neighbours in a column without room for both."""

    def size(point):
        return 1.0 if drawn.is_node(point) else BEND_HEIGHT

    return [
        (above, below)
        for column in drawn.columns
        for above, below in pairwise(column)
        if drawn.heights[below] - drawn.heights[above] < (size(above) + size(below)) / 2 - 0.01
    ]


@pytest.mark.parametrize("paper", PAPERS)
def test_the_book_is_drawn_as_it_is_written(paper):
    uses = within(load(BOOK), paper)
    drawn = layout(uses)
    assert drawn_uses(drawn) == {name: set(needed) for name, needed in uses.items()}
    assert too_close(drawn) == []
    assert min(drawn.heights.values()) == 0
    assert max(drawn.heights.values()) < 20  # rows: a screen or two
    for one, other in drawn.strokes:
        assert other[1] == one[1] + 1
        assert one in drawn.columns[one[1]]
        assert other in drawn.columns[other[1]]


def test_a_crowded_column_is_found():
    drawn = layout({"a": [], "b": []})
    assert too_close(drawn) == []
    drawn.heights["b", 0] = 0.5
    assert too_close(drawn) == [(("a", 0), ("b", 0))]


def test_nothing_is_drawn_of_nothing():
    assert layout({}).columns == ()
