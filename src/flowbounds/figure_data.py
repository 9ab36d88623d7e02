"""The data of a figure as CSV, read from what is drawn: one row for each point, bar or cell.

>>> from matplotlib.figure import Figure
>>> axes = Figure().subplots()
>>> _ = axes.plot([0, 1], [2, 2.5], label="loss")
>>> _ = axes.set(xlabel="time", ylabel="loss")
>>> _ = [print(row) for row in data_of(axes.figure).splitlines()]
panel,series,x,y,x_axis,y_axis
1,loss,0,2,time,loss
1,loss,1,2.5,time,loss
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import StrCategoryFormatter, StrCategoryLocator
from matplotlib.collections import Collection, QuadMesh
from matplotlib.colors import to_hex, to_rgba_array
from matplotlib.container import Container
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter
from numpy.typing import NDArray

from flowbounds.figure_artists import Columns, drawings

NUMBERS = ("x", "y", "x_low", "x_high", "low", "high", "value")
ALWAYS = ("panel", "series", "x", "y")
COLUMNS = ("panel", "series", *NUMBERS, "x_name", "y_name", "title", "x_axis", "y_axis")
DASHES = {"-": "solid", "--": "dashed", ":": "dotted", "-.": "dash-dotted"}
Cells = dict[str, list[str]]  # the rows of a table, column by column


def data_of(figure: Figure) -> str:
    """What the figure draws, as CSV (RFC 4180) with seven significant digits.

    Columns: ``panel`` (its number in the figure) and ``series`` (its label, the text at its end, or its kind,
    number and look); ``x`` and ``y``, of which a guide line has one; where something has them ``x_low``,
    ``x_high``, ``low`` and ``high`` (extents, the last two along y), ``value`` (colours) and ``x_name``,
    ``y_name`` (words at ticks); ``title``, ``x_axis`` and ``y_axis`` (the panel's own words). Points that are
    not drawn, because a number is missing or infinite, have no row.
    """
    table: dict[str, list[str]] = {name: [] for name in COLUMNS}
    for number, axes in enumerate(panels(figure), start=1):
        for count, cells in blocks(axes):
            for name, column in table.items():
                column += cells.get(name, [str(number) if name == "panel" else ""] * count)
    kept = [name for name, column in table.items() if name in ALWAYS or any(column)]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(kept)
    writer.writerows(zip(*(table[name] for name in kept), strict=True))
    return text.getvalue()


def panels(figure: Figure) -> list[Axes]:
    """All axes with those set into them, but not the colour bars, which are legends."""
    found = [one for axes in figure.axes for one in (axes, *axes.child_axes) if isinstance(one, Axes)]
    return [axes for axes in dict.fromkeys(found) if axes.get_label() != "<colorbar>"]


def blocks(axes: Axes) -> Iterator[tuple[int, Cells]]:
    """The rows of each drawing of the axes: how many, and their cells by column."""
    words, ticks = words_of(axes), {"x": names_at(axes.xaxis), "y": names_at(axes.yaxis)}
    kinds: Counter[str] = Counter()
    names: Counter[str] = Counter()
    series: dict[int, str] = {}
    for kind, artist, columns in drawings(axes):
        if id(artist) not in series:
            kinds[kind] += 1
            name = name_of(artist, kind, kinds[kind])
            names[name] += 1
            series[id(artist)] = name if names[name] == 1 else f"{name} ({names[name]})"
        shown = drawn(columns)
        cells = {name: texts(column) for name, column in shown.items()}
        for along, known in ticks.items():
            if known and along in shown:
                cells[f"{along}_name"] = [nearest(place, known) for place in shown[along].tolist()]
        count = len(next(iter(cells.values()), []))
        about = {**words, "series": series[id(artist)]}
        yield count, cells | {name: [word] * count for name, word in about.items()}


def drawn(columns: Columns) -> Columns:
    """The rows that are drawn: a point needs its place and value, an extent all its ends."""
    place = [name for name in ("x", "y", "value") if name in columns]
    needed = place if {"x", "y"} <= columns.keys() else list(columns)
    if not needed:
        return {}
    there = np.logical_and.reduce([np.isfinite(columns[name]) for name in needed])
    return {name: column[there] for name, column in columns.items()}


def texts(column: NDArray[np.float64]) -> list[str]:
    """Each number with seven significant digits, zero without a sign, a missing one as nothing."""
    return [f"{value + 0.0:.7g}" if isfinite(value) else "" for value in column.tolist()]


def words_of(axes: Axes) -> dict[str, str]:
    """The title, and the labels of both axes; where panels share an axis, one of them may bear its label."""
    titles = [axes.get_title(loc=place) for place in ("left", "center", "right")]
    across = [axes, *axes.get_shared_x_axes().get_siblings(axes)]
    along = [axes, *axes.get_shared_y_axes().get_siblings(axes)]
    figure = axes.figure
    return {
        "title": first(titles),
        "x_axis": first([*(one.get_xlabel() for one in across), figure.get_supxlabel()]),
        "y_axis": first([*(one.get_ylabel() for one in along), figure.get_supylabel()]),
    }


def first(texts: list[str]) -> str:
    """The first text that says something, on one line."""
    return next((" ".join(text.split()) for text in texts if text.strip()), "")


def names_at(axis: Axis) -> dict[float, str]:
    """Ticks that bear words where other axes have numbers, by their place."""
    formatter = axis.get_major_formatter()
    fixed = isinstance(axis.get_major_locator(), FixedLocator | StrCategoryLocator)
    if not fixed or not isinstance(formatter, FixedFormatter | FuncFormatter | StrCategoryFormatter):
        return {}
    places = [float(one) for one in axis.get_majorticklocs()]
    words = [first([one]) for one in formatter.format_ticks(places)]
    return dict(zip(places, words, strict=True)) if any(map(is_word, words)) else {}


def is_word(text: str) -> bool:
    try:
        float(text.strip("$") or 0)
    except ValueError:
        return True
    return False


def nearest(place: float, names: dict[float, str]) -> str:
    """The word of the nearest tick: marks that would hide each other stand a little beside theirs."""
    return names[min(names, key=lambda tick: abs(tick - place))]


def name_of(artist: Any, kind: str, number: int) -> str:
    """The artist's label, else the text that `figures.label_end` wrote at its end, else how it looks."""
    # A histogram's label is on its first bar alone; bars with a label each are several series drawn as one.
    parts = artist.get_children() if isinstance(artist, Container) else []
    labels = [first([str(one.get_label())]) for one in (artist, *parts)]
    labels = [label for label in labels if label and not label.startswith("_")]
    if len(labels) == 1:
        return labels[0]
    if isinstance(artist, Artist):
        bar = getattr(artist, "colorbar", None)
        said = first([artist.get_gid() or "", *((bar.ax.get_ylabel(), bar.ax.get_xlabel()) if bar else ())])
        if said:
            return said
    return f"{kind} {number} ({looks})" if (looks := look(artist)) else f"{kind} {number}"


def look(artist: Any) -> str:
    """How one finds an unlabelled line or region in the picture: dash, mark, colour."""
    while isinstance(artist, Container):  # bars or points that belong together look alike
        artist = next(iter(artist.get_children()), None)
    if isinstance(artist, Line2D):
        return line_look(artist)
    if not isinstance(artist, Patch | Collection) or isinstance(artist, QuadMesh):
        return ""
    faces = to_rgba_array(artist.get_facecolor())
    inks = faces if len(faces) and faces[0, 3] else to_rgba_array(artist.get_edgecolor())
    hatched = ["hatched"] if artist.get_hatch() else []
    return " ".join([*hatched, *([to_hex(inks[0])] if len(inks) else [])])


def line_look(line: Line2D) -> str:
    dash, mark = DASHES.get(str(line.get_linestyle()), ""), str(line.get_marker())
    if mark in ("None", "none", "", " "):
        return f"{dash} {to_hex(line.get_color())}"
    inside, edge = line.get_markerfacecolor(), line.get_markeredgecolor()
    hollow = str(inside).lower() == "none"
    words = [dash, "hollow" if hollow else "", f"marks {mark}", to_hex(edge if hollow else inside)]
    return " ".join(filter(None, words))
