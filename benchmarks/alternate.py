"""Times of two ways to the same result, as a ratio within one run.

Seconds are those of a machine and its load; a ratio of two ways that take turns is nearly free of both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A fast way and a plain one, both without arguments, and how far apart their results may lie."""

    name: str
    fast: Callable[[], Any]
    plain: Callable[[], Any]
    tolerance: float


@dataclass(frozen=True)
class Timing:
    """The median over the rounds of plain over fast, its range, and how the results differ, relatively."""

    name: str
    ratio: float
    lowest: float
    highest: float
    difference: float


def time(case: Case, *, rounds: int = 7, least: float = 0.02) -> Timing:
    """Let both ways take turns; each turn repeats its way for at least about ``least`` seconds.

    Raises ValueError when the results differ by more than the tolerance: then nothing is compared.
    """
    fast, plain = np.asarray(case.fast()), np.asarray(case.plain())  # this also warms both
    difference = float(np.max(np.abs(fast - plain)) / max(float(np.max(np.abs(plain))), np.finfo(float).tiny))
    if not difference <= case.tolerance:
        raise ValueError(f"{case.name}: the two results differ by {difference:.1e}")
    counts = [repeats(way, least) for way in (case.fast, case.plain)]
    ratios = []
    for _ in range(rounds):
        quick, slow = (seconds(way, n) for way, n in zip((case.fast, case.plain), counts, strict=True))
        ratios.append(slow / quick)
    return Timing(case.name, median(ratios), min(ratios), max(ratios), difference)


def repeats(way: Callable[[], Any], least: float) -> int:
    """How often a turn repeats this way, found by one try."""
    return max(1, round(least / max(seconds(way, 1), 1e-9)))


def seconds(way: Callable[[], Any], count: int) -> float:
    """Mean seconds of one call out of ``count``."""
    start = perf_counter()
    for _ in range(count):
        way()
    return (perf_counter() - start) / count
