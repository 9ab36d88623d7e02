"""Checks of Theorem 3.2 of Du et al.: one component, a constant step, and how balanced it stays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from flowbounds.bounds.rank_one import balance_probability, iteration_slopes
from flowbounds.checks.min2022_two_width import frequency
from flowbounds.checks.registry import settles
from flowbounds.dynamics.rank_one_descent import Parts, RankOneRun, draw_parts, rank_one_descent
from flowbounds.evidence import Evidence
from flowbounds.validation import FloatArray

ACCURACIES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
SLOPES_WITHIN = 0.05  # units of the margin, relative: what a measured slope may be off,
SHARES_WITHIN = 0.5  # and a share of starts: a constant probability is one that keeps its size
TOO_LONG = 3000  # iterations: several times what any start at a step below one needs


def starts(
    trials: int, d: int, s: float, c_init: float, rng: Generator, *, variance: bool = False
) -> tuple[Parts, float]:
    """Starts of the theorem, d1 = d2 = d, and their standard deviation.

    delta = c_init sqrt(s / d) is that standard deviation, or, read as printed, the variance.
    """
    delta = c_init * float(np.sqrt(s / d))
    std = float(np.sqrt(delta)) if variance else delta
    return draw_parts(trials, d, d, std, rng), std


def arrived(run: RankOneRun) -> NDArray[np.bool_]:
    """Trials that reached the last accuracy, (trials,) of bool."""
    return np.asarray(np.isfinite(run.iterations[-1]))


def shares(run: RankOneRun, factors: Sequence[float]) -> list[float]:
    """For each K the share of trials that arrived with the ratio within [1/K, K] throughout."""
    there = arrived(run)
    return [float(np.mean(run.within(K) & there)) for K in factors]


@dataclass(frozen=True)
class Slopes:
    """Iterations for each unit of ln d, and of ln(1/eps): medians of the trials, least squares."""

    dimension: float
    accuracy: float


def measured_slopes(dimensions: Sequence[int], medians: FloatArray) -> Slopes:
    """From medians (dimensions, accuracies) at ``ACCURACIES``; not a number where none arrived."""
    if not np.all(np.isfinite(medians)):
        return Slopes(np.nan, np.nan)
    in_d = np.polyfit(np.log(np.array(dimensions, dtype=float)), medians[:, -1], 1)[0]
    in_eps = np.polyfit(-np.log(ACCURACIES), medians.T, 1)[0]
    return Slopes(float(in_d), float(np.mean(in_eps)))


def off(measured: Sequence[float], claimed: Sequence[float]) -> float:
    """Slack of probabilities: 1 - |measured / claimed - 1| / .5, the worst."""
    return 1 - float(np.max(np.abs(np.divide(measured, claimed) - 1))) / SHARES_WITHIN


@settles("du2018.thm3.2", kind="probability")
def thm3_2(
    *,
    dimensions: Sequence[int] = (10**2, 10**4, 10**6, 10**8),
    factors: Sequence[float] = (2.0, 5.0, 10.0),
    trials: int = 20_000,
    c_init: float = 0.1,
    c_step: float = 0.05,
    few: int = 200,
    rng: Generator,
) -> Evidence:
    """Rank one at a constant step: a ratio bounded with constant probability, and O(log(d/eps)) iterations.

    The starts are read as standard deviation. Margin: the worst slack of the two slopes of the iterations,
    in units of 5 %, and of the probabilities that the run arrives with its ratio within [1/K, K], in units of
    half the claimed one, against their closed forms. Error: the 95 % interval of a share. Printed: delta as
    variance, ``few`` trials at each dimension and sigma_1 = 1e-4, 1, 1e4. Controls: a step above 1/sigma_1,
    and opposite signs at the start.
    """
    claimed = [balance_probability(K, c_step) for K in factors]
    slopes = iteration_slopes(c_step)
    medians, slack, half, where, opposite, converged = [], np.inf, 0.0, "", 0.0, 1.0
    for d in dimensions:
        start, _ = starts(trials, d, 1.0, c_init, rng)
        run = rank_one_descent(start, 1.0, c_step, accuracies=ACCURACIES)
        medians.append(np.median(run.iterations, axis=1))
        found = shares(run, factors)
        signs = start.a * start.b < 0
        opposite = max(opposite, float(np.mean((run.within(max(factors)) & arrived(run))[signs])))
        converged = min(converged, float(np.mean(arrived(run))))
        for share, truth in zip(found, claimed, strict=True):
            interval = frequency(round(share * trials), trials)
            half = max(half, (interval.high - interval.low) / 2 / truth)
        if off(found, claimed) < slack:
            slack, where = off(found, claimed), f"probability, d = {d:.0e}"
    measured = measured_slopes(dimensions, np.array(medians))
    for name, value, slope in (
        ("slope in ln d", measured.dimension, slopes[0]),
        ("slope in ln(1/eps)", measured.accuracy, slopes[1]),
    ):
        if not 1 - abs(value / slope - 1) / SLOPES_WITHIN >= slack:
            slack, where = 1 - abs(value / slope - 1) / SLOPES_WITHIN, name

    literal = np.inf
    for s in (1e-4, 1.0, 1e4):
        for d in dimensions:
            start, _ = starts(few, d, s, c_init, rng, variance=True)
            run = rank_one_descent(start, s, c_step / s, max_steps=TOO_LONG)
            literal = min(literal, off(shares(run, factors), claimed))
    start, _ = starts(few, min(dimensions), 1.0, c_init, rng)
    large = rank_one_descent(start, 1.0, 1.01, max_steps=TOO_LONG)
    resolution = 1e-2 * slopes[0]
    return Evidence(
        statement="du2018.thm3.2",
        margin=slack,
        error=half / SHARES_WITHIN,
        instances=len(dimensions) * trials,
        sizes={
            "d": [f"{d:.0e}" for d in dimensions],
            "K": list(factors),
            "trials": trials,
            "c_init": c_init,
            "c_step": c_step,
        },
        where=where,
        control=("a step of 1.01 / sigma_1", off(shares(large, factors), claimed)),
        controls=[("opposite signs at the start", off([opposite], [claimed[-1]]))],
        printed=("paper text, one reading, delta as variance", literal),
        constants={
            "share that arrives": converged,
            "iterations per unit of ln d": (measured.dimension, resolution),
            "predicted, ln d": slopes[0],
            "iterations per unit of ln(1/eps)": (measured.accuracy, resolution),
            "predicted, ln(1/eps)": slopes[1],
        },
        note="slopes in units of 5 %, probabilities in units of half the claimed ones",
    )


@settles("du2018.thm3.2.norms", kind="empirical")
def norms(
    *,
    dimensions: Sequence[int] = (10**3, 10**4, 10**6, 10**8),
    aspects: Sequence[int] = (1, 10, 100),
    thin: int = 10,
    trials: int = 2000,
    c_init: float = 0.1,
    c_step: float = 0.05,
    rng: Generator,
) -> Evidence:
    """The norms stay within a factor that does not grow with d, at a fixed quotient d1 / d2.

    The factor is the largest quotient of |u| and |v|, either way, over a run; its 99 % quantile over trials
    against ln d has a slope, zero where the factor is a constant. Margin: one minus the worst slope over the
    ``aspects`` d1 / d2, in units of 1/2, which is the slope of sqrt(d). Error: between halves of the trials.
    Tried: d2 = ``thin`` held fixed, where the factor is about sqrt(d1 / d2) from the start.
    """

    def slope(shapes: Sequence[tuple[int, int]]) -> tuple[float, float, float]:
        quantiles, over = [], 0.0
        for d1, d2 in shapes:
            start = draw_parts(trials, d1, d2, c_init / float(np.sqrt(max(d1, d2))), rng)
            factor = rank_one_descent(start, 1.0, c_step).norm_factor
            halves = [np.quantile(part, 0.99) for part in (factor[::2], factor[1::2])]
            quantiles.append(np.log([np.quantile(factor, 0.99), *halves]))
            over = max(over, float(np.quantile(factor, 0.99)) / float(np.sqrt(d1 / d2)))
        logs = np.log(np.array([d1 for d1, _ in shapes], dtype=float))
        whole, one, two = np.polyfit(logs, np.array(quantiles), 1)[0]
        return float(whole), float(abs(one - two)), over

    worst, error, where, excess = -np.inf, 0.0, "", 0.0
    for aspect in aspects:
        found, spread, over = slope([(d, d // aspect) for d in dimensions])
        error, excess = max(error, spread), max(excess, over)
        if found > worst:
            worst, where = found, f"d1 / d2 = {aspect}"
    fixed, spread, _ = slope([(d, thin) for d in dimensions])
    return Evidence(
        statement="du2018.thm3.2.norms",
        margin=1 - 2 * worst,
        error=2 * error,
        instances=len(dimensions) * len(aspects) * trials,
        sizes={"d1": [f"{d:.0e}" for d in dimensions], "d1 / d2": list(aspects), "trials": trials},
        where=where,
        tried=[(f"d2 = {thin} held fixed", 1 - 2 * fixed)],
        constants={
            "largest factor (99 % quantile) over sqrt(d1 / d2)": (excess, 1e-2 * excess),
            f"slope with d2 = {thin} held fixed": (fixed, spread),
        },
        note="one minus the slope of ln(factor) in ln d, in units of 1/2",
    )
