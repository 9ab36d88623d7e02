"""One style for every figure, and the few things all of them do.

Figures are built on matplotlib's objects, without its global state of open figures. Measured values
are solid, bounds dashed and dark, violations red with a marker: never colour alone, which
:mod:`flowbounds.figure_rules` holds for every figure that is shown. The colours are petroff6, chosen for
its distances under three kinds of colour vision. Grey tells few of them apart (``MEASURED`` and
``VIOLATION`` are nearly the same grey), so there the dash and the marker do it.

**Source**: M. A. Petroff, Accessible color sequences for data visualization, arXiv:2107.02270 (2021).
"""

import io
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL.PngImagePlugin import PngInfo

from flowbounds.figure_data import data_of
from flowbounds.figure_rules import faults

PALETTE = ("#5790fc", "#f89c20", "#e42536", "#964a8b", "#9c9ca1", "#7a21dd")  # petroff6
MEASURED, VIOLATION, ASIDE = PALETTE[0], PALETTE[2], PALETTE[4]
BOUND = "#2b2b2b"
CLAIM = "#c9d1dc"  # regions
INKS = {f"PALETTE[{k}]": ink for k, ink in enumerate(PALETTE)} | {
    "MEASURED": MEASURED,
    "VIOLATION": VIOLATION,
    "ASIDE": ASIDE,
    "BOUND": BOUND,
    "CLAIM": CLAIM,
}
SEQUENCE = "cividis"  # values shown as colour: lightness rises evenly, for nearly every colour vision
SERIES = (0, 1, 5, 3, 4, 2)  # places in the palette of several series of one rank; red comes last
DASHES = ("-", "--", ":", "-.", (0, (9, 2)), (0, (4, 1.2, 1, 1.2, 1, 1.2)))
MARKERS = ("o", "s", "^", "v", "D", "x")
DPI = 144
CARRIED = "data.csv"  # keyword of the text inside the PNG; the press looks for it

STYLE: dict[str, Any] = {
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.titlelocation": "left",
}


@dataclass(frozen=True)
class Picture:
    """A finished figure: PNG bytes that any rich front end shows, and a plain word elsewhere."""

    png: bytes

    def _repr_png_(self) -> bytes:
        return self.png

    def __repr__(self) -> str:
        return "<figure>"


def new(columns: int = 1, rows: int = 1, *, width: float = 7.4, height: float = 3.6, **options: Any) -> Any:
    """A figure and its axes (one, or an array as in ``matplotlib.pyplot.subplots``), in the style."""
    mpl.rcParams.update(STYLE)  # type: ignore[arg-type]  # stubs want literal keys
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def look(k: int, *, every: float | None = None) -> dict[str, Any]:
    """Colour and dash of the ``k``-th of several series, for ``plot(..., **look(k))``.

    With ``every`` also its marker, at steps of that share of the diagonal of the axes.
    """
    chosen: dict[str, Any] = {"color": PALETTE[SERIES[k]], "ls": DASHES[k]}
    if every is not None:
        chosen |= {"marker": MARKERS[k], "markevery": every, "ms": 4}
    return chosen


def show(figure: Figure) -> Picture:
    """The figure as a :class:`Picture`, the same bytes at every run; its data travel inside, as CSV.

    Raises :class:`ValueError` when colour alone tells two series apart, or a colour is not of the house.
    """
    if found := faults(figure, INKS, (SEQUENCE,)):
        raise ValueError("this figure cannot be read by everybody:\n" + "\n".join(found))
    buffer = io.BytesIO()
    carried = PngInfo()  # and no name of the software, which would change with its version
    carried.add_itxt(CARRIED, data_of(figure), zip=True)
    figure.savefig(buffer, format="png", dpi=DPI, pil_kwargs={"pnginfo": carried})
    return Picture(buffer.getvalue())


def label_end(axes: Axes, text: str, *, line: int = -1, dx: float = 4.0, dy: float = 0.0) -> None:
    """Write ``text`` in dark ink at the right end of a line (the last one drawn by default)."""
    x, y = axes.lines[line].get_data()
    finite = np.flatnonzero(np.isfinite(np.asarray(x, float)) & np.isfinite(np.asarray(y, float)))
    end = int(finite[-1])
    axes.lines[line].set_gid(text)  # not its label, which a legend would repeat; the data have it from here
    axes.annotate(
        text,
        (float(np.asarray(x)[end]), float(np.asarray(y)[end])),
        xytext=(dx, dy),
        textcoords="offset points",
        va="center",
        color=BOUND,
        fontsize=9.5,
        annotation_clip=False,
    )


def note(axes: Axes, text: str, at: tuple[float, float], *, dx: float = 0.0, dy: float = 0.0) -> None:
    """Write ``text`` in dark ink beside the point ``at``, moved by (dx, dy) points."""
    place: dict[str, Any] = {"xytext": (dx, dy), "textcoords": "offset points", "fontsize": 9.5}
    axes.annotate(text, at, color=BOUND, annotation_clip=False, **place)


def forbid(axes: Axes, x: Any, low: Any, high: Any) -> None:
    """Hatch the region that a statement forbids."""
    looks: dict[str, Any] = {"facecolor": "none", "hatch": "////", "alpha": 0.35, "linewidth": 0}
    axes.fill_between(x, low, high, edgecolor=VIOLATION, **looks)
