"""The numbers behind what matplotlib draws: each artist of an axes as named columns of equal length.

Columns are ``x`` and ``y``, ``value`` for colours, and for what has an extent ``x_low``, ``x_high``, ``low``
and ``high`` (the last two along y). Texts and arrows are notes, not data, and neither is what is placed in
the coordinates of the axes instead of the data.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.container import BarContainer, ErrorbarContainer, StemContainer
from matplotlib.image import AxesImage
from matplotlib.lines import AxLine, Line2D
from matplotlib.patches import FancyArrow, FancyArrowPatch, Patch, Rectangle, StepPatch
from matplotlib.spines import Spine
from numpy.typing import NDArray

Group = BarContainer | ErrorbarContainer | StemContainer  # artists that belong together
Columns = Mapping[str, NDArray[np.float64]]
# Kind of drawing (counted within its axes), the artist that names it, and its columns.
Drawing = tuple[str, Any, Columns]


def drawings(axes: Axes) -> Iterator[Drawing]:
    """What is drawn on the axes, in the order in which it was added; a drawing in pieces comes in pieces."""
    grouped = [one for one in axes.containers if isinstance(one, Group)]
    owner = {id(part): one for one in grouped for part in one.get_children()}
    told: set[int] = set()
    for artist in axes.get_children():
        container = owner.get(id(artist))
        if container is not None and id(container) not in told:
            told.add(id(container))
            yield from of_container(container)
        elif container is None and is_data(artist, axes):
            kind, pieces = of_artist(artist)
            known = in_data(artist, axes)
            yield from ((kind, artist, without_places(one, *known)) for one in pieces)


def is_data(artist: Artist, axes: Axes) -> bool:
    """Whether the artist may show numbers: not hidden, not a frame, not an arrow beside the data."""
    if not artist.get_visible() or artist is axes.patch or isinstance(artist, Spine):
        return False
    kinds = (Line2D, Collection, Patch, AxesImage)
    return isinstance(artist, kinds) and not isinstance(artist, FancyArrow | FancyArrowPatch)


def in_data(artist: Artist, axes: Axes) -> tuple[bool, bool]:
    """Whether x and y are in the data's coordinates; a guide line has one that is not."""
    if isinstance(artist, AxLine):
        return True, True  # its transform is made when it is drawn
    if isinstance(artist, Patch):
        transform = artist.get_data_transform()
    elif isinstance(artist, Collection) and is_placed(artist):
        transform = artist.get_offset_transform()
    else:
        transform = artist.get_transform()
    # The second spelling is older matplotlib's.
    ask = getattr(transform, "contains_branch_separately", None) or transform.contains_branch_seperately
    x, y = ask(axes.transData)
    return bool(x), bool(y)


def without_places(columns: Columns, x: bool, y: bool) -> Columns:
    """Only the coordinates that are data, each row once if some are not."""
    if x and y:
        return columns
    lost = ({"x", "x_low", "x_high"} - (columns.keys() if x else set())) | (
        {"y", "low", "high"} - (columns.keys() if y else set())
    )
    kept = {name: column for name, column in columns.items() if name not in lost}
    if not kept.keys() - {"value"}:
        return {}
    rows = dict.fromkeys(zip(*(column.tolist() for column in kept.values()), strict=True))
    return dict(zip(kept, np.array(list(rows), float).T, strict=True))


def of_container(container: Group) -> Iterator[Drawing]:
    if isinstance(container, BarContainer):
        yield "bars", container, bars(container)
    elif isinstance(container, ErrorbarContainer):
        yield from error_bars(container)
    else:
        yield "stems", container, line(container.markerline)


def of_artist(artist: Artist) -> tuple[str, list[Columns]]:
    """The kind of the artist and its columns, in as many pieces as it has."""
    if isinstance(artist, Line2D):
        return "line", [line(artist)]
    if isinstance(artist, AxesImage):
        return "image", image(artist)
    if isinstance(artist, QuadMesh):
        return "mesh", [mesh(artist)]
    if isinstance(artist, StepPatch):
        return "steps", [steps(artist)]
    if isinstance(artist, Patch):
        return "region", [patch(artist)]
    if isinstance(artist, Collection):
        return collection(artist)
    return "artist", []


def floats(values: Any) -> NDArray[np.float64]:
    """As plain numbers, masked ones as NaN."""
    return np.ma.filled(np.ma.asarray(values, float), np.nan)


def line(artist: Line2D) -> Columns:
    """The points of a line; two points of one without ends."""
    if isinstance(artist, AxLine):
        start, slope = floats(artist.get_xy1()), artist.get_slope()
        end = floats(artist.get_xy2()) if slope is None else start + np.array([1.0, slope])
        return points(np.array([start, end]))
    x, y = artist.get_data(orig=False)
    return {"x": floats(x), "y": floats(y)}


def image(artist: AxesImage) -> list[Columns]:
    """Each pixel at its centre; a picture in colours of its own has no values."""
    values = artist.get_array()
    if values is None or np.ndim(values) != 2:
        return []
    rows, count = np.shape(values)
    left, right, bottom, top = artist.get_extent()
    first, last = (top, bottom) if artist.origin == "upper" else (bottom, top)
    x = left + (np.arange(count) + 0.5) * (right - left) / count
    y = first + (np.arange(rows) + 0.5) * (last - first) / rows
    return [{"x": np.tile(x, rows), "y": np.repeat(y, count), "value": floats(values).ravel()}]


def mesh(artist: QuadMesh) -> Columns:
    """Each cell at the mean of its corners, or each corner where colours are blended between them."""
    corners = floats(artist.get_coordinates())
    values = floats(artist.get_array())
    if values.size != corners[..., 0].size:
        corners = (corners[1:, 1:] + corners[1:, :-1] + corners[:-1, 1:] + corners[:-1, :-1]) / 4
    return {"x": corners[..., 0].ravel(), "y": corners[..., 1].ravel(), "value": values.ravel()}


def steps(artist: StepPatch) -> Columns:
    """A histogram drawn as one outline: each value between its two edges."""
    values, edges, _ = artist.get_data()
    low, high = floats(edges[:-1]), floats(edges[1:])
    if artist.orientation == "vertical":
        return {"y": floats(values), "x_low": low, "x_high": high}
    return {"x": floats(values), "low": low, "high": high}


def patch(artist: Patch) -> Columns:
    """A rectangle by its extent, any other region by its outline."""
    outline = artist.get_patch_transform().transform_path(artist.get_path()).vertices
    if isinstance(artist, Rectangle) and not artist.get_angle():
        return extent(np.asarray(outline)[None])
    return points(floats(outline))


def extent(outlines: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """The extents of outlines, of shape (count, points, 2)."""
    (x_low, low), (x_high, high) = outlines.min(axis=1).T, outlines.max(axis=1).T
    return {"x_low": x_low, "x_high": x_high, "low": low, "high": high}


def bars(container: BarContainer) -> Columns:
    """The end of each bar in its middle, and its extent."""
    paths = [one.get_patch_transform().transform_path(one.get_path()) for one in container.patches]
    columns = extent(np.array([path.vertices for path in paths], float).reshape(len(paths), -1, 2))
    upright = container.orientation != "horizontal"
    x, y = ("middle", "end") if upright else ("end", "middle")
    starts = [one.get_y() if upright else one.get_x() for one in container.patches]
    lengths = [one.get_height() if upright else one.get_width() for one in container.patches]
    low, high = ("x_low", "x_high") if upright else ("low", "high")
    found = {"middle": (columns[low] + columns[high]) / 2, "end": floats(starts) + floats(lengths)}
    return {"x": found[x], "y": found[y], **columns}


def error_bars(container: ErrorbarContainer) -> Iterator[Drawing]:
    """The points with the ends of their bars; apart from them where only some points have a bar."""
    points, _, drawn = container
    columns = dict(line(points)) if points is not None else {}
    apart = []
    directions = ["x"] * container.has_xerr + ["y"] * container.has_yerr
    for one, direction in zip(drawn, directions, strict=True):
        ends = segments(one)
        across = 0 if direction == "x" else 1
        low, high = ("x_low", "x_high") if direction == "x" else ("low", "high")
        found = {low: ends[..., across].min(axis=1), high: ends[..., across].max(axis=1)}
        if len(ends) == len(columns.get("x", ())):
            columns |= found
        else:
            other = "y" if direction == "x" else "x"
            apart.append({other: ends[:, 0, 1 - across], **found})
    if columns:
        yield "points", container, columns
    yield from (("error bars", container, one) for one in apart)


def segments(artist: LineCollection) -> NDArray[np.float64]:
    """Lines of two points each, of shape (count, 2, 2), those with missing numbers included."""
    return np.array([path.vertices for path in artist.get_paths()], float).reshape(-1, 2, 2)


def is_placed(artist: Collection) -> bool:
    """Whether the collection is one mark in several places, as a scatter plot is."""
    places: Any = artist.get_offsets()
    return isinstance(artist, PathCollection) or len(places) > 1 or bool(np.any(places))


def collection(artist: Collection) -> tuple[str, list[Columns]]:
    """Marks by their places; lines and regions by what they span, else by their points."""
    values = artist.get_array()
    colours = None if values is None else floats(values).ravel()
    if is_placed(artist):
        places: NDArray[np.float64] = floats(artist.get_offsets())
        coloured = {"value": colours} if colours is not None and len(colours) == len(places) else {}
        return "points", [points(places) | coloured]
    outlines = [np.asarray(path.vertices, float) for path in artist.get_paths()]
    if isinstance(artist, LineCollection) and all(len(one) == 2 for one in outlines):
        spans = extent(np.array(outlines).reshape(-1, 2, 2))
        for place, low, high in (("x", "x_low", "x_high"), ("y", "low", "high")):
            if np.array_equal(spans[low], spans[high], equal_nan=True):
                rest = {name: column for name, column in spans.items() if name not in (low, high)}
                return "lines", [{place: spans[low], **rest}]
    spans_of = between if isinstance(artist, PolyCollection) else points
    pieces = [spans_of(one) for one in outlines]
    if colours is not None and len(colours) == len(pieces):  # contours: one value for each level
        pieces = [
            piece | {"value": np.full_like(next(iter(piece.values())), colour)}
            for piece, colour in zip(pieces, colours, strict=True)
        ]
    return ("lines" if isinstance(artist, LineCollection) else "region"), list(pieces)


def points(outline: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    return {"x": outline[:, 0], "y": outline[:, 1]}


def between(outline: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """A filled region as ``fill_between`` draws it: out along one curve and back along the other."""
    count = (len(outline) - 2) // 2
    out, back = outline[1 : count + 1], outline[count + 2 : 2 * count + 2][::-1]
    for along, place, low, high in ((0, "x", "low", "high"), (1, "y", "x_low", "x_high")):
        if count and np.array_equal(out[:, along], back[:, along]):
            ends = out[:, 1 - along], back[:, 1 - along]
            return {place: out[:, along], low: np.minimum(*ends), high: np.maximum(*ends)}
    return points(outline)
