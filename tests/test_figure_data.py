"""A figure's data as CSV: what was drawn comes back, to seven digits, whatever draws it."""

import csv
import io
from collections import defaultdict

import numpy as np
import pytest
from matplotlib import image
from numpy.testing import assert_allclose

from flowbounds import figures
from flowbounds.figure_data import data_of

X = np.array([0.5, 1.5, 3.0, 1e-12])
Y = np.array([np.pi, -1e15, 2 / 3, 1e-300])
LOW, HIGH = np.array([1.0, 2.0, 0.5]), np.array([4.0, 3.5, 2.5])
Z = np.arange(6.0).reshape(2, 3) ** 0.5


def rows(figure):
    return list(csv.DictReader(io.StringIO(data_of(figure), newline="")))


def series_of(figure):
    """Columns of numbers by series; an absent number is NaN."""
    found = defaultdict(lambda: defaultdict(list))
    for row in rows(figure):
        for name in row.keys() - {"panel", "series", "title", "x_axis", "y_axis", "x_name", "y_name"}:
            found[row["series"]][name].append(float(row[name] or "nan"))
    return {name: {key: np.array(one) for key, one in columns.items()} for name, columns in found.items()}


def edges(low, high):
    return {"x_low": np.array(low), "x_high": np.array(high)}


# What is drawn (its label, where it has one, is "s"), and the columns that must come back.
DRAWN = {
    "a line": (lambda ax: ax.plot(X, Y, label="s"), {"x": X, "y": Y}),
    "log axes": (lambda ax: ax.loglog(X, abs(Y), label="s"), {"x": X, "y": abs(Y)}),
    "steps of a line": (lambda ax: ax.step(X, Y, where="mid", label="s"), {"x": X, "y": Y}),
    "points": (lambda ax: ax.scatter(X, Y, label="s"), {"x": X, "y": Y}),
    "points in colours": (
        lambda ax: ax.scatter(X, Y, c=[3, 1, 4, 1], label="s"),
        {"x": X, "y": Y, "value": np.array([3.0, 1, 4, 1])},
    ),
    "a point at zero": (lambda ax: ax.scatter([0], [0], label="s"), {"x": np.zeros(1), "y": np.zeros(1)}),
    "bars": (
        lambda ax: ax.bar([1, 2], [3, -4], width=0.5, label="s"),
        {"x": np.array([1, 2.0]), "y": np.array([3.0, -4]), "low": np.array([0.0, -4])}
        | edges([0.75, 1.75], [1.25, 2.25]),
    ),
    "bars on bars": (
        lambda ax: ax.bar([1, 2], [3, 4], bottom=[1, 5], label="s"),
        {"y": np.array([4.0, 9]), "low": np.array([1.0, 5]), "high": np.array([4.0, 9])},
    ),
    "lying bars": (
        lambda ax: ax.barh([1, 2], [3, 4], label="s"),
        {"x": np.array([3.0, 4]), "y": np.array([1.0, 2]), "high": np.array([1.4, 2.4])},
    ),
    "a histogram": (
        lambda ax: ax.hist([1, 1, 2.5], [0, 2, 3], label="s"),
        {"y": np.array([2.0, 1])} | edges([0.0, 2], [2.0, 3]),
    ),
    "an outlined histogram": (
        lambda ax: ax.stairs([2, 1], [0, 2, 3], label="s"),
        {"y": np.array([2.0, 1])} | edges([0.0, 2], [2.0, 3]),
    ),
    "error bars": (
        lambda ax: ax.errorbar(X, X, yerr=[X / 2, X], xerr=0.25, label="s"),
        {"x": X, "y": X, "low": X / 2, "high": 2 * X} | edges(X - 0.25, X + 0.25),
    ),
    "stems": (lambda ax: ax.stem(X, Y, label="s"), {"x": X, "y": Y}),
    "a band": (
        lambda ax: ax.fill_between(X[:3], LOW, HIGH, label="s"),
        {"x": X[:3], "low": LOW, "high": HIGH},
    ),
    "a band across": (
        lambda ax: ax.fill_betweenx(X[:3], LOW, HIGH, label="s"),
        {"y": X[:3]} | edges(LOW, HIGH),
    ),
    "a polygon": (lambda ax: ax.fill([0, 2, 1], [0, 0, 5], label="s"), {"y": np.array([0.0, 0, 5, 0])}),
    "upright lines": (
        lambda ax: ax.vlines(X[:3], LOW, HIGH, label="s"),
        {"x": X[:3], "low": LOW, "high": HIGH},
    ),
    "lying lines": (lambda ax: ax.hlines(X[:3], LOW, HIGH, label="s"), {"y": X[:3]} | edges(LOW, HIGH)),
    "a level": (lambda ax: ax.axhline(2.5, label="s"), {"x": np.array([np.nan]), "y": np.array([2.5])}),
    "a place": (lambda ax: ax.axvline(2.5, label="s"), {"x": np.array([2.5]), "y": np.array([np.nan])}),
    "a strip": (lambda ax: ax.axvspan(2, 3, label="s"), edges([2.0], [3.0])),
    "a line without ends": (
        lambda ax: ax.axline((1, 2), slope=3, label="s"),
        {"x": np.array([1.0, 2]), "y": np.array([2.0, 5])},
    ),
    "an image": (
        lambda ax: ax.imshow(Z, extent=(0, 3, 0, 2), label="s"),
        {"x": np.tile([0.5, 1.5, 2.5], 2), "y": np.repeat([1.5, 0.5], 3), "value": Z.ravel()},
    ),
    "a mesh": (
        lambda ax: ax.pcolormesh([1, 2, 3], [1, 5], Z, shading="nearest", label="s"),
        {"x": np.tile([1.0, 2, 3], 2), "y": np.repeat([1.0, 5], 3), "value": Z.ravel()},
    ),
    "a blended mesh": (
        lambda ax: ax.pcolormesh([1, 2, 4], [1, 5], Z, shading="gouraud", label="s"),
        {"x": np.tile([1.0, 2, 4], 2), "y": np.repeat([1.0, 5], 3), "value": Z.ravel()},
    ),
}


@pytest.mark.parametrize("what", DRAWN)
def test_what_is_drawn_comes_back(what):
    draw, wanted = DRAWN[what]
    figure, axes = figures.new()
    draw(axes)
    assert list(series_of(figure)) == ["s"]
    columns = series_of(figure)["s"]
    for name, column in wanted.items():
        assert_allclose(columns[name], column, rtol=6e-7, atol=0, err_msg=name)


def test_contours_carry_their_levels():
    figure, axes = figures.new()
    axes.contour([0, 1, 2], [0, 1], [[0, 1, 2], [0, 1, 2]], levels=[0.5, 1.5])
    (columns,) = series_of(figure).values()
    assert_allclose(columns["value"], columns["x"], rtol=1e-6)


def test_only_what_is_drawn_has_rows():
    figure, axes = figures.new()
    axes.plot([0, 1, 2, 3, -0.0], [1, np.nan, np.inf, 4, -0.0], label="s")
    axes.plot(np.ma.masked_greater([1, 2, 3], 2), [5, 6, 7], label="masked")
    axes.plot([1], [1], label="hidden", visible=False)
    axes.plot([0, 1], [0.5, 0.5], transform=axes.transAxes, label="a decoration")
    axes.annotate("here", (1, 1), (2, 2), arrowprops={"arrowstyle": "->"})
    figures.note(axes, "a note", (1, 1))
    axes.legend()
    assert [(row["series"], row["x"], row["y"]) for row in rows(figure)] == [
        ("s", "0", "1"),
        ("s", "3", "4"),
        ("s", "0", "0"),
        ("masked", "1", "5"),
        ("masked", "2", "6"),
    ]


def test_a_missing_error_bar_leaves_its_point():
    figure, axes = figures.new()
    axes.errorbar([1, 2], [3, 4], yerr=[1, np.nan], label="s")
    axes.errorbar([1, 2, 3], [3, 4, 5], yerr=1, errorevery=2, label="some")
    assert [(row["x"], row["y"], row["low"], row["high"]) for row in rows(figure)] == [
        ("1", "3", "2", "4"),
        ("2", "4", "", ""),
        ("1", "3", "", ""),
        ("2", "4", "", ""),
        ("3", "5", "", ""),
        ("1", "", "2", "4"),
        ("3", "", "4", "6"),
    ]


def test_series_are_named_by_label_by_the_text_at_their_end_or_by_look():
    figure, axes = figures.new()
    axes.plot([0, 1], [0, 1], label="a\nlabel")
    axes.plot([0, 1], [0, 1])
    figures.label_end(axes, "an end")
    axes.plot([0, 1], [0, 1], "--", color=figures.BOUND)
    axes.plot([0, 1], [0, 1], "o", mfc="none", mec=figures.VIOLATION)
    axes.plot([0, 1], [0, 1], label="a label")
    figures.forbid(axes, [0, 1], 0, 1)
    axes.bar([1], [2], color=figures.CLAIM)
    assert list(series_of(figure)) == [
        "a label",
        "an end",
        f"line 3 (dashed {figures.BOUND})",
        f"line 4 (hollow marks o {figures.VIOLATION})",
        "a label (2)",
        f"region 1 (hatched {figures.VIOLATION})",
        f"bars 1 ({figures.CLAIM})",
    ]


def test_panels_bear_their_words():
    figure, (one, two) = figures.new(2, sharey=True)
    one.set(title="left", xlabel="time, $t$", ylabel="loss")
    one.plot([0], [1])
    two.plot([0], [1])
    mesh = two.pcolormesh([[1.0, 2.0]])
    figure.colorbar(mesh, ax=two).set_label("rate")
    found = {(row["panel"], row["title"], row["x_axis"], row["y_axis"]) for row in rows(figure)}
    assert found == {("1", "left", "time, $t$", "loss"), ("2", "", "", "loss")}
    assert rows(figure)[-1]["series"] == "rate"


def test_words_at_ticks_come_along_and_numbers_do_not():
    figure, (one, two) = figures.new(2)
    one.plot([0.1, 0.9], [5, 6])
    one.set_xticks([0, 1], ["with", "with\nout"])
    two.plot([1, 2], [5, 6])
    two.set_xticks([1, 2], ["1", "$2$"])
    assert [row["x_name"] for row in rows(figure)] == ["with", "with out", "", ""]
    assert "y_name" not in rows(figure)[0]


def test_a_figure_without_data_has_a_header_alone():
    assert data_of(figures.new()[0]) == "panel,series,x,y\r\n"


def test_the_table_is_read_by_numpy():
    figure, axes = figures.new()
    axes.plot(X, Y, label="s, with a comma")
    axes.set(xlabel="time")
    text = data_of(figure)
    table = np.loadtxt(io.StringIO(text), delimiter=",", quotechar='"', skiprows=1, usecols=(2, 3))
    assert_allclose(table, np.column_stack([X, Y]), rtol=6e-7)
    plain = text.replace("s, with a comma", "s")
    named = np.genfromtxt(io.StringIO(plain), delimiter=",", names=True, dtype=None, encoding="utf-8")
    assert named.dtype.names == ("panel", "series", "x", "y", "x_axis")
    assert_allclose(named["y"], Y, rtol=6e-7)


def test_carrying_the_data_changes_no_pixel():
    def draw():
        figure, axes = figures.new()
        axes.semilogy(X, abs(Y))
        axes.set_xticks([0, 1], ["none", "one"])
        axes.bar([1, 2], [3, 4], color=figures.CLAIM)
        return figure

    bare = io.BytesIO()
    draw().savefig(bare, format="png", dpi=figures.DPI)
    shown = image.imread(io.BytesIO(figures.show(draw()).png))
    assert np.array_equal(shown, image.imread(io.BytesIO(bare.getvalue())))
