"""Directions of descent: the gradient, and what is made of it.

Each entry of ``DIRECTIONS`` starts a fresh one; only Adam's remembers anything.
"""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from flowbounds.validation import FloatArray

Direction: TypeAlias = Callable[[Sequence[FloatArray]], Sequence[FloatArray]]

ADAM = (0.9, 0.999, 1e-8)  # decay of the mean, of the mean square, and what is added to its root


def _same(slopes: Sequence[FloatArray]) -> Sequence[FloatArray]:
    return slopes


def _normalized(slopes: Sequence[FloatArray]) -> Sequence[FloatArray]:
    """Divided by the norm of all of them together; zero stays zero."""
    norm = math.sqrt(sum(float(np.sum(slope * slope)) for slope in slopes))
    return [slope / norm for slope in slopes] if norm > 0 else slopes


def _sign(slopes: Sequence[FloatArray]) -> Sequence[FloatArray]:
    return [np.sign(slope) for slope in slopes]


def _adam() -> Direction:
    """Adam with the correction of its first steps."""
    keep, keep_squares, small = ADAM
    means: list[FloatArray] = []
    squares: list[FloatArray] = []
    count = 0

    def direction(slopes: Sequence[FloatArray]) -> Sequence[FloatArray]:
        nonlocal means, squares, count
        if count == 0:
            means, squares = [0.0 * g for g in slopes], [0.0 * g for g in slopes]
        count += 1
        means = [keep * m + (1 - keep) * g for m, g in zip(means, slopes, strict=True)]
        squares = [
            keep_squares * v + (1 - keep_squares) * g * g for v, g in zip(squares, slopes, strict=True)
        ]
        first, second = 1 - keep**count, 1 - keep_squares**count
        return [(m / first) / (np.sqrt(v / second) + small) for m, v in zip(means, squares, strict=True)]

    return direction


DIRECTIONS: dict[str, Callable[[], Direction]] = {
    "gradient": lambda: _same,
    "normalized": lambda: _normalized,
    "sign": lambda: _sign,
    "adam": _adam,
}
