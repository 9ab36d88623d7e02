"""Checks of what descent does from a large start: it lands on the lazy floor, or fits where there is none."""

from collections.abc import Sequence
from math import factorial

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import lazy
from flowbounds.checks import tangent_cases as cases
from flowbounds.checks.registry import settles
from flowbounds.dynamics.lazy_descent import lazy_descent, steps_to_floor
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray

LANDED = 0.01  # unit of the margin: 1 % of the floor, or of a target of norm one
ROUTES = 1e-7  # in that unit: two routes to the floor differ by rounding times a condition number only
FLOORED = ((3, 4, 2), (3, 5, 3), (3, 5, 5), (3, 6, 5), (4, 3, 2), (4, 4, 4), (5, 3, 3))  # (l, d, m)
FITTED = ((3, 3), (3, 4), (3, 5), (3, 6), (4, 3))  # (l, d)
MULTIPLE = 3  # of the threshold: still of its order, and never far from well conditioned


def drawn(
    order: int, d: int, m: int, targets: int, rng: Generator
) -> tuple[FloatArray, FloatArray, FloatArray, int]:
    """Random components, their signs, random targets, and the order: what a run starts from."""
    U, signs = uniform_directions(d, m, rng), rng.choice([-1.0, 1.0], size=m)
    return U, signs, uniform_directions(d, targets, rng), order


@settles("wang2020.thm1.gd", kind="empirical")
def descent(
    *,
    sizes: Sequence[tuple[int, int, int]] = FLOORED,
    size: float = 30.0,
    small: float = 0.3,
    limit: int = 2**14,
    free: int = 4000,
    targets: int = 6,
    rng: Generator,
) -> Evidence:
    """From a large start descent ends at the distance of the target from the tangent space, and hardly moves.

    Below the threshold, for as many steps as bring the linearised model within .1 % of the floor, at most
    ``limit``; targets for which that is not enough are counted as vacuous, and held against the linearised
    model. Margin: 1 - |error / floor - 1| / 1 %, the worst target. Error: the floor from inner products
    alone, where they are well conditioned. Control: the same components from a small start, ``free`` steps,
    which go below the floor. Constants: the deviation from the linearised model at a third of the size over
    that at a ninth, times 3^l: one where it falls as size^-l.
    """
    worst, error, where, below, longest, vacuous = np.inf, ROUTES, "", np.inf, 0, 0
    ratios, moves = list[float](), list[float]()
    for order, d, m in sizes:
        start = drawn(order, d, m, targets, rng)
        U, _, stars, _ = start
        steps = steps_to_floor(U, stars, order, within=0.1 * LANDED, limit=limit)
        runs = [lazy_descent(*start, size=one, steps=steps) for one in (size, size / 3, size / 9)]
        slow = steps == limit and np.any(runs[0].linear > (1 + 0.1 * LANDED) * runs[0].floor)
        vacuous += targets * int(slow)
        aim = runs[0].linear if slow else runs[0].floor
        slack = 1 - float(np.max(np.abs(runs[0].error / aim - 1))) / LANDED
        if slack < worst:
            worst, where = slack, f"l = {order}, d = {d}, m = {m}"
        other = lazy_descent(*start, size=small, steps=free)
        below = min(below, 1 - float(np.max(1 - other.error / other.floor)) / LANDED)
        longest = max(longest, steps)
        by_gram = np.sqrt(cases.distance_by_gram(U, stars, order))
        error = float(np.fmax(error, np.max(np.abs(by_gram / runs[0].floor - 1)) / LANDED))
        moves.append(float(np.max(runs[0].moved)) * size**order)
        gaps = [float(np.median(np.abs(run.error - run.linear))) for run in runs]
        ratios.append(gaps[1] / gaps[2] * 3**order)
    return Evidence(
        statement="wang2020.thm1.gd",
        margin=worst,
        error=decade_above(error),
        instances=len(sizes) * targets,
        vacuous=vacuous,
        sizes={"(l, d, m)": [str(one) for one in sizes], "initial size": size, "steps, at most": longest},
        where=where,
        control=(f"initial size {small:g}", below),
        constants={
            "deviation from the linearised model, a third over a ninth of the size, times 3^l, least": min(
                ratios
            ),
            "the same, largest": max(ratios),
            "relative movement times size^l, largest": max(moves),
        },
    )


@settles("wang2020.intro.ntk", kind="existence")
def enough(
    *,
    sizes: Sequence[tuple[int, int]] = FITTED,
    size: float = 30.0,
    steps: int = 2000,
    targets: int = 6,
    rank: int = 3,
    far: int = 1000,
    rng: Generator,
) -> Evidence:
    """With order d^(l-1) components descent from a large start fits, and stays near it.

    At the threshold the tangent space holds every target; three times as many are well conditioned, and
    descended. Margin: 1 - (error of descent, or relative movement) / 1 %, the worst target. Error: the
    largest distance of random targets of rank ``rank`` from the tangent space at the threshold, which should
    be none. Control: half the threshold, the same steps.
    """
    worst, error, where, half, at = np.inf, ROUTES, "", np.inf, 0.0
    for order, d in sizes:
        m = lazy.threshold(order, d)
        runs = [
            lazy_descent(*drawn(order, d, count, targets, rng), size=size, steps=steps)
            for count in (MULTIPLE * m, m, m // 2)
        ]
        slack = 1 - float(max(np.max(runs[0].error), np.max(runs[0].moved))) / LANDED
        if slack < worst:
            worst, where = slack, f"l = {order}, d = {d}, m = {MULTIPLE * m}"
        at, half = max(at, float(np.max(runs[1].error))), min(half, 1 - float(np.max(runs[2].error)) / LANDED)
        U, stars = uniform_directions(d, m, rng), uniform_directions(d, rank, rng)
        signs = rng.choice([-1.0, 1.0], size=rank)
        error = max(error, float(np.sqrt(lazy.distance_squared(U, stars, signs, order))) / LANDED)
    quotients = {
        f"threshold over d^(l-1)/l! at d = {far}, l = {order}": lazy.threshold(order, far)
        * factorial(order)
        / far ** (order - 1)
        for order in sorted({order for order, _ in sizes})
    }
    return Evidence(
        statement="wang2020.intro.ntk",
        margin=worst,
        error=decade_above(error),
        instances=len(sizes) * targets,
        sizes={"(l, d)": [str(one) for one in sizes], "initial size": size, "steps": steps},
        where=where,
        control=("half the threshold", half),
        constants={
            "error after these steps at the threshold itself, largest": at,
            **quotients,
        },
    )
