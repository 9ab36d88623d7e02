"""Figures: deterministic bytes, no global state, labels where the line ends."""

import numpy as np
import pytest

from flowbounds import figures


def draw():
    fig, ax = figures.new()
    ax.plot([0, 1, 2], [1.0, 3.0, np.nan], color=figures.MEASURED)
    figures.label_end(ax, "measured")
    figures.note(ax, "here", (1.0, 2.0), dx=3)
    figures.forbid(ax, np.array([0.0, 1.0]), 0.0, 1.0)
    return fig, ax


def test_same_figure_same_bytes():
    first, second = (figures.show(draw()[0]) for _ in range(2))
    assert first.png == second.png
    assert first.png.startswith(b"\x89PNG")
    assert b"Software" not in first.png
    assert repr(first) == "<figure>"
    assert first._repr_png_() is first.png


def test_label_stands_at_the_last_finite_point():
    _, ax = draw()
    assert ax.texts[0].xy == (1.0, 3.0)


def test_no_figure_stays_open():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    before = pyplot.get_fignums()
    figures.show(draw()[0])
    assert pyplot.get_fignums() == before


def test_panels():
    _, axes = figures.new(2, 3)
    assert axes.shape == (3, 2)
