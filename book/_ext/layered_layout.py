"""Where to draw a graph without cycles: columns, and a height for each node and each bend.

A node stands one column to the right of the last node that it rests on. A line that passes over columns bends
there, and all lines from one node share their bends, so that they part as late as possible. Everything is
decided by the input's order alone: the same graph is drawn the same way on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import accumulate, pairwise

Point = tuple[str, int]  # the name of a node and a column: its own for the node, a later one for a bend
Joined = Mapping[Point, Sequence[Point]]

SWEEPS = 24
BEND_HEIGHT = 0.45  # of a node's: lines may run closer together than nodes


@dataclass(frozen=True)
class Layout:
    """A drawing in units of columns and rows.

    Attributes
    ----------
    columns : the points from left to right, in each column from the top
    column_of : the column of each node
    heights : how far down each point is, in rows; the highest is at zero
    strokes : the pieces of the lines, each between two neighbouring columns
    """

    columns: tuple[tuple[Point, ...], ...]
    column_of: Mapping[str, int]
    heights: Mapping[Point, float]
    strokes: tuple[tuple[Point, Point], ...]

    def is_node(self, point: Point) -> bool:
        """Whether a node stands there; otherwise a line bends."""
        return self.column_of[point[0]] == point[1]


def columns_of(uses: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The column of each node: how many steps it is, at most, above one that rests on nothing.

    Raises
    ------
    graphlib.CycleError
        Nodes rest on each other.
    """
    column: dict[str, int] = {}
    for name in TopologicalSorter(uses).static_order():
        column[name] = 1 + max((column[one] for one in uses[name]), default=-1)
    return {name: column[name] for name in uses}


def strokes_of(uses: Mapping[str, Sequence[str]], column: Mapping[str, int]) -> list[tuple[Point, Point]]:
    """Each line cut at the columns that it passes; a piece that two lines share is there once."""
    strokes = {}
    for name, needed in uses.items():
        for one in needed:
            way = [(one, place) for place in range(column[one], column[name])] + [(name, column[name])]
            strokes |= dict.fromkeys(pairwise(way))
    return list(strokes)


def crossings(left: Sequence[Point], right: Sequence[Point], strokes: Sequence[tuple[Point, Point]]) -> int:
    """How many pairs of pieces cross between two columns."""
    above = {point: place for place, point in enumerate(left)}
    below = {point: place for place, point in enumerate(right)}
    ends = sorted((above[a], below[b]) for a, b in strokes if a in above and b in below)
    return sum(one[0] < two[0] and one[1] > two[1] for k, two in enumerate(ends) for one in ends[:k])


def neighbours(points: Iterable[Point], strokes: Iterable[tuple[Point, Point]]) -> dict[Point, list[Point]]:
    """What each point is joined to."""
    joined: dict[Point, list[Point]] = {point: [] for point in points}
    for one, other in strokes:
        joined[one].append(other)
        joined[other].append(one)
    return joined


def sorted_by(fixed: Sequence[Point], free: Sequence[Point], joined: Joined) -> list[Point]:
    """`free` by the mean place of what each is joined to in `fixed`; what is not joined keeps its place."""
    place = {point: k for k, point in enumerate(fixed)}

    def mean(entry: tuple[int, Point]) -> float:
        seen = [place[one] for one in joined[entry[1]] if one in place]
        return sum(seen) / len(seen) if seen else float(entry[0])

    return [point for _, point in sorted(enumerate(free), key=mean)]


def ordered(columns: Sequence[Sequence[Point]], strokes: Sequence[tuple[Point, Point]]) -> list[list[Point]]:
    """The columns with their points reordered so that few lines cross: the best of some sweeps.

    A sweep sorts each column by the one before it, from the left, the next from the right (Sugiyama, Tagawa
    and Toda, 1981).
    """
    joined = neighbours([point for column in columns for point in column], strokes)
    steps = list(pairwise(range(len(columns))))
    now = [list(column) for column in columns]
    seen = []
    for sweep in range(SWEEPS):
        for before, here in steps if sweep % 2 == 0 else [(b, a) for a, b in reversed(steps)]:
            now[here] = sorted_by(now[before], now[here], joined)
        count = sum(crossings(now[a], now[b], strokes) for a, b in steps)
        seen.append((count, [list(column) for column in now]))
    return min(seen, key=lambda one: one[0])[1]


def spread(wanted: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Heights as near as possible to those wanted (in the mean square), in order, the k-th at least `gaps[k]`
    below the one before it; the first gap is of no account.

    Neighbours that would come too close share their mean, block by block.
    """
    shifts = list(accumulate(gaps))
    blocks: list[tuple[float, int]] = []
    for want, shift in zip(wanted, shifts, strict=True):
        blocks.append((want - shift, 1))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (one, m), (two, n) = blocks[-2:]
            blocks[-2:] = [((one * m + two * n) / (m + n), m + n)]
    level = [value for value, count in blocks for _ in range(count)]
    return [value + shift for value, shift in zip(level, shifts, strict=True)]


def heights_of(columns: Sequence[Sequence[Point]], joined: Joined, is_node: Callable[[Point], bool]) -> dict:
    """How far down each point is: level with what it is joined to, as far as the others leave room."""
    size = {point: 1.0 if is_node(point) else BEND_HEIGHT for column in columns for point in column}
    gaps = [[(size[a] + size[b]) / 2 for a, b in pairwise([one[0], *one])] for one in columns]
    height = {point: float(k) for column in columns for k, point in enumerate(column)}
    for sweep in range(SWEEPS):
        for place in range(len(columns))[:: 1 if sweep % 2 == 0 else -1]:
            near = [[height[one] for one in joined[point]] or [height[point]] for point in columns[place]]
            wanted = [sum(one) / len(one) for one in near]
            height |= zip(columns[place], spread(wanted, gaps[place]), strict=True)
    top = min(height.values(), default=0.0)
    return {point: round(value - top, 3) for point, value in height.items()}


def layout(uses: Mapping[str, Sequence[str]]) -> Layout:
    """The drawing of the graph in which each node is joined to those that it uses; all of them are keys."""
    column = columns_of(uses)
    strokes = strokes_of(uses, column)
    points = dict.fromkeys([*column.items(), *(point for stroke in strokes for point in stroke)])
    columns: list[list[Point]] = [[] for _ in range(1 + max(column.values(), default=-1))]
    for point in points:
        columns[point[1]].append(point)
    columns = ordered(columns, strokes)
    heights = heights_of(columns, neighbours(points, strokes), lambda point: column[point[0]] == point[1])
    return Layout(tuple(map(tuple, columns)), column, heights, tuple(strokes))
