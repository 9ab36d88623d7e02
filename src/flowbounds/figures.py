"""One style for every figure, and the few things all of them do.

Figures are built on matplotlib's objects, without its global state of open figures. Measured values
are solid, bounds dashed and dark, violations red with a marker: never colour alone.
"""

import io
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MEASURED = "#1845fb"  # petroff6, first colour
VIOLATION = "#c91f16"
BOUND = "#2b2b2b"
CLAIM = "#b9c2d0"  # regions
PALETTE = ("#1845fb", "#ff5e02", "#c91f16", "#c849a9", "#adad7d", "#86c8dd")  # petroff6
DPI = 144

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


def show(figure: Figure) -> Picture:
    """The figure as a :class:`Picture`, the same bytes at every run."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return Picture(buffer.getvalue())


def label_end(axes: Axes, text: str, *, line: int = -1, dx: float = 4.0, dy: float = 0.0) -> None:
    """Write ``text`` in dark ink at the right end of a line (the last one drawn by default)."""
    x, y = axes.lines[line].get_data()
    finite = np.flatnonzero(np.isfinite(np.asarray(x, float)) & np.isfinite(np.asarray(y, float)))
    end = int(finite[-1])
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
