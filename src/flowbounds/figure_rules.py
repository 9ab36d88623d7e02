"""What a figure must keep so that everybody can read it: never colour alone, and only tested colours.

A *look* is a dash with a marker, or the filling of a region. Two series of one axes that differ in
colour must differ in look too, so that they stay apart under any colour vision, in greyscale and in
print; many lines of one look and one colour are one series. Colours come from the list that the
caller names (``figures.INKS``), whose distances ``tests/test_figure_colours.py`` measures; a quantity
shown as colour runs through one of a few sequences that rise evenly in lightness.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text

LENGTHS_APART = 1.5  # dashes nearer than this factor, stroke by stroke, look the same
DISCS = {".": "o", ",": "o", "d": "D"}  # markers that differ in size or width only
CURE = "give one of them another dash or marker, as figures.look(k) does"
FILL = "give one of them a hatch, or draw it as an outline"


@dataclass(frozen=True)
class Series:
    """One visible thing of an axes: its colour, and all that a reader without colour has."""

    colour: str
    dash: tuple[float, ...] | None  # None: no line; (): solid; lengths in units of the line's width
    marker: str
    filling: str | None = None  # None: no region; "": an outline
    label: str = ""


def faults(figure: Figure, inks: Mapping[str, str], sequences: Iterable[str]) -> list[str]:
    """What must be mended before the figure is shown, in words that name the axes, the two and the cure.

    ``inks`` are the colours of the house by name (white and black are always allowed), ``sequences`` the
    colour maps for values.
    """
    names = {to_hex(ink): name for name, ink in inks.items()}
    house = {*names, "#ffffff", "#000000"}
    found = []
    for place, axes in enumerate(figure.axes):
        if hasattr(axes, "_colorbar"):  # the axes of a colour bar holds its own strips
            continue
        where = axes.get_title(loc="left") or axes.get_title() or axes.get_ylabel() or f"axes {place}"
        series = list(dict.fromkeys(series_of(axes)))
        strange = dict.fromkeys(colour for colour in colours_of(axes) if colour not in house)
        what = [f"{colour} is no colour of the house; take one of figures.INKS" for colour in strange]
        found += [f"{where}: {one}" for one in [*told_apart(series, names), *what, *uneven(axes, sequences)]]
    return found


def told_apart(series: list[Series], names: Mapping[str, str]) -> Iterator[str]:
    """Pairs that only colour tells apart, and pairs that a legend names and nothing tells apart."""

    def called(one: Series) -> str:
        ink = names.get(one.colour, one.colour)
        return f"{one.label!r} ({ink})" if one.label else ink

    seen = set()
    for one, two in combinations(series, 2):
        if distinct(one, two):
            continue
        cure = CURE if one.filling is None else FILL
        if one.colour != two.colour and (one.colour, two.colour) not in seen:
            seen.add((one.colour, two.colour))
            yield f"{called(one)} and {called(two)} differ in colour alone; {cure}"
        elif one.colour == two.colour and one.label and two.label and one.label != two.label:
            yield f"the legend names {called(one)} and {called(two)}, which look the same; {cure}"


def distinct(one: Series, two: Series) -> bool:
    """Whether the two looks differ when their colours are taken away."""
    if one.filling != two.filling:
        return True
    if one.marker != two.marker or (one.dash is None) != (two.dash is None):
        return True
    if one.dash is None or two.dash is None:
        return False
    if len(one.dash) != len(two.dash):
        return True
    return any(max(a, b) > LENGTHS_APART * min(a, b) for a, b in zip(one.dash, two.dash, strict=True))


def series_of(axes: Axes) -> Iterator[Series]:
    """Lines, markers, bars and regions of an axes, as a reader sees them."""
    bars = {id(part) for part in parts_of_errorbars(axes)}
    for line in axes.lines:
        if line.get_visible() and id(line) not in bars:
            yield from series_of_line(line)
    for collection in axes.collections:
        if not collection.get_visible() or id(collection) in bars or collection.get_array() is not None:
            continue
        label = named(collection)
        if isinstance(collection, LineCollection):
            for colour, dash in zip(*collection_looks(collection), strict=True):
                yield Series(colour, dash, "", None, label)
        elif isinstance(collection, PathCollection):
            shape = str(collection.get_paths()[0].vertices)
            yield from (Series(colour, None, shape, None, label) for colour in faces(collection))
        else:
            hatch = getattr(collection, "get_hatch", lambda: None)() or "solid"
            yield from (Series(colour, None, "", hatch, label) for colour in faces(collection))
    for patch in axes.patches:
        if patch.get_visible():
            yield series_of_patch(patch)


def series_of_line(line: Line2D) -> Iterator[Series]:
    """The line as a series; nothing when it is drawn with neither a stroke nor a marker."""
    marker = str(line.get_marker())
    marker = "" if marker in {"None", "none", " ", ""} else DISCS.get(marker, marker)
    stroked = line.get_linestyle() not in {"None", "none", " ", ""}
    if not len(line.get_xdata()) or not (marker or stroked):  # type: ignore[arg-type]  # stubs: any array-like
        return
    label = line.get_label()
    colour = to_hex(line.get_color())
    if marker:
        face, edge = line.get_markerfacecolor(), line.get_markeredgecolor()
        is_open = to_rgba(face)[3] == 0 or to_hex(face) == "#ffffff"
        marker += " open" if is_open else ""
        if not stroked:
            colour = to_hex(edge if is_open else face)
    yield Series(colour, dash_of(line) if stroked else None, marker, None, shown(label))


def dash_of(line: Line2D) -> tuple[float, ...]:
    """Lengths of strokes and gaps in units of the width; the public getters do not tell them."""
    _, lengths = line._unscaled_dash_pattern  # type: ignore[attr-defined]
    return tuple(float(length) for length in lengths or ())


def collection_looks(bundle: Any) -> tuple[list[str], list[tuple[float, ...]]]:
    """Colours and dashes of a bundle of strokes, each cycled to the longer of the two lists."""
    width = float(bundle.get_linewidth()[0])
    colours = [to_hex(colour) for colour in bundle.get_edgecolor()]
    dashes = [tuple(float(x) / width for x in lengths or ()) for _, lengths in bundle.get_linestyle()]
    places = range(max(len(colours), len(dashes)))
    return [colours[k % len(colours)] for k in places], [dashes[k % len(dashes)] for k in places]


def series_of_patch(patch: Patch) -> Series:
    """A bar or a region: filled, hatched, or an outline with its dash."""
    filled = patch.get_fill() and to_rgba(patch.get_facecolor())[3] > 0
    hatch = patch.get_hatch() or ""
    if filled:
        return Series(to_hex(patch.get_facecolor()), None, "", hatch or "solid", named(patch))
    style = str(patch.get_linestyle())
    return Series(to_hex(patch.get_edgecolor()), None, style, hatch, named(patch))


def parts_of_errorbars(axes: Axes) -> Iterator[Artist]:
    """Caps and bars: they belong to the markers that they stand on."""
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer):
            _, caps, bars = container.lines
            yield from caps
            yield from bars


def faces(collection: Collection) -> list[str]:
    """Colours of a filled collection: its faces, or its edges where the faces are empty."""
    shades: Any = collection.get_facecolor()
    if not len(shades) or not shades[0][3]:
        shades = collection.get_edgecolor()
    return list(dict.fromkeys(to_hex(shade) for shade in shades))


def colours_of(axes: Axes) -> Iterator[str]:
    """Every colour that lines, markers, bars, regions and texts of an axes use, without its opacity."""
    for line in axes.lines:
        for one in series_of_line(line):
            yield one.colour
            if one.marker:
                yield from visible(line.get_markeredgecolor(), line.get_markerfacecolor())
    for collection in axes.collections:
        if collection.get_array() is None:
            shades: Any = [*collection.get_facecolor(), *collection.get_edgecolor()]
            yield from visible(*shades)
    for patch in axes.patches:
        yield from patch_colours(patch)
    texts: list[Text] = [*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels()]
    for text in texts:
        yield to_hex(text.get_color())
        box = text.get_bbox_patch()
        if box is not None:
            yield from patch_colours(box)
        if isinstance(text, Annotation) and text.arrow_patch is not None:
            yield from patch_colours(text.arrow_patch)


def patch_colours(patch: Patch) -> Iterator[str]:
    if patch.get_fill():
        yield from visible(patch.get_facecolor())
    if patch.get_linewidth() or patch.get_hatch():
        yield from visible(patch.get_edgecolor())


def visible(*shades: Any) -> Iterator[str]:
    for shade in shades:
        if to_rgba(shade)[3] > 0:
            yield to_hex(shade)


def uneven(axes: Axes, sequences: Iterable[str]) -> Iterator[str]:
    """Values shown as colour through a sequence whose lightness does not rise evenly."""
    allowed = set(sequences)
    mapped = [one for one in [*axes.images, *axes.collections] if one.get_array() is not None]
    for name in dict.fromkeys(one.get_cmap().name.removesuffix("_r") for one in mapped):
        if name not in allowed:
            yield f"the colours {name!r} do not rise evenly; take cmap=figures.SEQUENCE"


def named(artist: Artist) -> str:
    return shown(artist.get_label())


def shown(label: object) -> str:
    """The label as the legend shows it; matplotlib's own names begin with an underscore."""
    text = str(label)
    return "" if text.startswith("_") or text == "None" else text
