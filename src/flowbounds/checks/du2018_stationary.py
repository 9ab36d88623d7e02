"""Checks of Lemma 3.2 of Du et al., and of the stronger statement with the curvature in it."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import stationary_points as bounds
from flowbounds.checks.factorization_cases import FAMILIES, Stationary, beyond_the_rank, survey
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above

RELATIVE = 1e-6  # resolution of a curvature over its limit; rounding reaches 1e-8 where e >> s
FLOOR = 1e-11  # a hundred roundings of the Hessians met here, in units of s: errors below it are noise


def noise(point: Stationary) -> float:
    """Accuracy of the curvature: what the Hessian, applied, leaves of its eigenvector."""
    return decade_above(max(point.error, 1e-15 * point.s))


@settles("du2018.lem3.2", kind="inequality")
def lemma(*, draws: int = 200, seen: Sequence[Stationary] | None = None, rng: Generator) -> Evidence:
    r"""A stationary point with |D|_F <= eps has |R|_F <= eps, or is a strict saddle; rank M <= k.

    eps is |D|_F itself, the least that is allowed. Margin: -lambda_min / |R|_2 at a strict saddle, otherwise
    eps / |R|_F - 1; worst over constructed points with R != 0, ``draws`` of each family (``seen`` is that
    survey where it is at hand). Error: the eigenvector put through the Hessian without its matrix,
    and the gradient. Control: a target whose rank exceeds k.
    """
    points = list(seen) if seen else survey(draws, rng)
    slack = [
        bounds.alternatives_slack(
            p.s if p.curvature < -noise(p) else p.residual, p.imbalance, p.curvature, noise(p)
        )
        for p in points
    ]
    worst = int(np.argmin(slack))
    outside = beyond_the_rank()
    control = bounds.alternatives_slack(
        outside.residual, outside.imbalance, outside.curvature, noise(outside)
    )
    return Evidence(
        statement="du2018.lem3.2",
        margin=slack[worst],
        error=max(decade_above(max(max(p.error / p.s, p.slope) for p in points)), FLOOR),
        instances=len(points),
        sizes={"points of each family": len(points) // len(FAMILIES), "families": list(FAMILIES)},
        where=f"{points[worst].family}, e / s = {points[worst].e / points[worst].s:.0f}",
        control=("a target of rank 3 with k = 2", control),
        constants={
            "strict saddles among the points": float(np.mean([p.curvature < -noise(p) for p in points])),
            "points within eps that are no strict saddles": float(
                sum(p.residual <= p.imbalance and p.curvature >= -noise(p) for p in points)
            ),
            "largest gradient over |M| (|U| + |V| + |M|^1/2)": (max(p.slope for p in points), 1e-13),
        },
        note="the alternative |R|_F <= eps is never needed unless R = 0",
    )


@settles("du2018.lem3.2plus", kind="inequality")
def curvature(*, draws: int = 200, seen: Sequence[Stationary] | None = None, rng: Generator) -> Evidence:
    r"""At a stationary point with R != 0: -s <= lambda_min <= (e - sqrt(e^2 + 4 s^2)) / 2, rank M <= k.

    s and e are spectral norms of R and D. Margin: the smaller of the two distances, each in units of its
    limit; both limits are attained. Error: the eigenvector put through the Hessian without its matrix, in
    the same unit, and the gradient. Controls: a target whose rank exceeds k; the imbalance left out of the
    limit (-s).
    """
    points = list(seen) if seen else survey(draws, rng)
    low, high = np.array([bounds.curvature_limits(p.s, p.e) for p in points]).T
    found = np.array([p.curvature for p in points])
    slack = np.minimum((found - low) / -low, (high - found) / -high)
    worst = int(np.argmin(slack))
    error = decade_above(max(max(p.error / -h, p.slope) for p, h in zip(points, high, strict=True)))
    outside = beyond_the_rank()
    allowed = bounds.curvature_limits(outside.s, outside.e)[1]
    ratio = found / high
    balanced = np.array([p.e < 1e-9 * p.s for p in points])
    attained = max(abs(p.curvature / p.s + 1) for p in points if p.e < 1e-9 * p.s) if balanced.any() else 0.0
    return Evidence(
        statement="du2018.lem3.2plus",
        margin=float(slack[worst]),
        error=max(error, 1e4 * FLOOR),  # in units of the limit, which may be 1e-3 s
        instances=len(points),
        sizes={"points of each family": len(points) // len(FAMILIES), "families": list(FAMILIES)},
        where="both limits attained" if abs(slack[worst]) <= 10 * error else points[worst].family,
        control=("a target of rank 3 with k = 2", (allowed - outside.curvature) / -allowed),
        controls=[("the limit -s at every imbalance", float(np.min((low - found) / -low)))],
        constants={
            "balanced points": int(np.sum(balanced)),
            "largest |lambda_min / s + 1| at them": (attained, 1e-12),
            "smallest curvature over its upper limit": (float(ratio.min()), RELATIVE),
            "share of points on the upper limit": float(np.mean(ratio < 1 + RELATIVE)),
            "median curvature over its upper limit": (float(np.median(ratio)), RELATIVE),
        },
        sharp=True,
        note="beyond the text",
    )
