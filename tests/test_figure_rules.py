"""The rules of a figure: each planted fault is found and named, and what is readable passes."""

import numpy as np
import pytest

from flowbounds import figures
from flowbounds.figure_rules import faults

BLUE, ORANGE, RED = figures.PALETTE[:3]
X = np.arange(4.0)


def found(draw):
    fig, ax = figures.new()
    draw(ax)
    return faults(fig, figures.INKS, (figures.SEQUENCE,))


def two_lines(one, two):
    def draw(ax):
        ax.plot(X, X, **one)
        ax.plot(X, X**2, **two)

    return draw


def errorbars(ax, marks=("o", "o")):
    for ink, mark in zip((BLUE, RED), marks, strict=True):
        ax.errorbar(X, X, 0.1, fmt=mark, color=ink, capsize=2)


def bars(ax, hatch=""):
    ax.bar(X, X, color=BLUE)
    ax.bar(X + 4, X, color=RED, hatch=hatch)


def histograms(ax, other="step"):
    ax.hist(X, color=BLUE, histtype="stepfilled")
    ax.hist(X, color=RED, histtype=other)


def rules(ax, dash="solid"):
    ax.hlines(X, 0, 1, color=BLUE)
    ax.vlines(X, 0, 1, color=RED, ls=dash)


def boxed(ax):
    box = {"fc": "#eef2f8", "ec": "none"}
    ax.text(0, 0, "text", bbox=box)


def arrow(ax):
    ax.annotate("", (0, 0), (1, 1), arrowprops={"arrowstyle": "->", "color": "green"})


@pytest.mark.parametrize(
    "draw",
    [
        two_lines({"color": BLUE}, {"color": RED}),
        two_lines({"color": BLUE, "lw": 3}, {"color": RED, "alpha": 0.4}),
        two_lines({"color": BLUE, "ls": "--"}, {"color": RED, "ls": (0, (4, 2))}),
        two_lines({"color": BLUE, "marker": "o", "ls": ""}, {"color": RED, "marker": ".", "ls": ""}),
        lambda ax: (ax.step(X, X, color=BLUE), ax.axhline(1, color=figures.BOUND)),
        lambda ax: (ax.scatter(X, X, color=BLUE), ax.scatter(X, -X, color=ORANGE)),
        errorbars,
        bars,
        lambda ax: histograms(ax, "stepfilled"),
        rules,
    ],
)
def test_colour_alone_is_seen(draw):
    (fault,) = found(draw)
    assert "MEASURED and " in fault
    assert "differ in colour alone; give one of them" in fault


@pytest.mark.parametrize(
    "draw",
    [
        two_lines({"color": BLUE}, {"color": RED, "ls": "--"}),
        two_lines({"color": BLUE}, {"color": RED, "marker": "x"}),
        two_lines({"color": BLUE, "ls": "--"}, {"color": RED, "ls": (0, (9, 2))}),
        two_lines(
            {"color": BLUE, "marker": "o", "ls": ""}, {"color": RED, "marker": "o", "mfc": "none", "ls": ""}
        ),
        two_lines({"color": BLUE}, {"color": BLUE}),
        two_lines({"color": BLUE}, {"color": RED, "visible": False}),
        lambda ax: errorbars(ax, "ox"),
        lambda ax: bars(ax, "//"),
        histograms,
        lambda ax: rules(ax, ":"),
        lambda ax: (ax.plot(X, X, "--", color=figures.BOUND), figures.forbid(ax, X, 0, X)),
        lambda ax: [ax.plot(X, k * X, **figures.look(k, every=0.1 if k % 2 else None)) for k in range(6)],
    ],
)
def test_a_dash_a_marker_or_a_hatch_is_enough(draw):
    assert found(draw) == []


def test_looks_differ_pairwise_without_their_colours():
    def grey(ax):
        for k in range(6):
            ax.plot(X, k * X, **figures.look(k) | {"color": figures.PALETTE[k % 2]})

    assert found(grey) == []


def test_a_legend_that_names_two_alike_is_seen():
    named = two_lines({"color": BLUE, "label": "one"}, {"color": BLUE, "label": "two"})
    (fault,) = found(named)
    assert "the legend names 'one' (MEASURED) and 'two' (MEASURED), which look the same" in fault


@pytest.mark.parametrize("draw", [boxed, arrow, lambda ax: ax.plot(X, X, color="#123456")])
def test_a_strange_colour_is_seen(draw):
    (fault,) = found(draw)
    assert "is no colour of the house; take one of figures.INKS" in fault


@pytest.mark.parametrize(("cmap", "count"), [("jet", 1), (figures.SEQUENCE, 0), (f"{figures.SEQUENCE}_r", 0)])
def test_values_run_through_the_sequence(cmap, count):
    def draw(ax):
        ax.figure.colorbar(ax.scatter(X, X, c=X, cmap=cmap))

    assert [("figures.SEQUENCE" in fault) for fault in found(draw)] == [True] * count


def test_panels_are_judged_one_by_one_and_named():
    fig, axes = figures.new(2)
    for ax, ink, title in zip(axes, (BLUE, RED), ("left", "right"), strict=True):
        ax.plot(X, X, color=ink)
        ax.set_title(title)
    figures.show(fig)
    axes[1].plot(X, -X, color=BLUE, label="flow")
    with pytest.raises(ValueError, match=r"right: VIOLATION and 'flow' \(MEASURED\) differ in colour alone"):
        figures.show(fig)
