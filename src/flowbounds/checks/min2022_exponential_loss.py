"""Check of the closing remark of the slides of Min et al.: O(1/t) for exponential loss on separable data."""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.rates import exponential_gap, lojasiewicz_gap
from flowbounds.checks.flow_cases import Case, Run, case, sample_flow
from flowbounds.checks.min2022_flow_rates import DRIFT_ALLOWED, FINER
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.models.separable_losses import exponential, logistic
from flowbounds.validation import FloatArray

DEPTHS = (3, 4)  # of the scalar networks


def separable_data(n: int, count: int, rng: Generator) -> tuple[FloatArray, FloatArray]:
    """Points (count, n) and labels, separated with a margin of at least 1 by a random hyperplane."""
    normal = rng.normal(size=n)
    normal /= np.linalg.norm(normal)
    points = rng.normal(size=(count, n))
    labels = np.where(points @ normal < 0, -1.0, 1.0)
    return points + labels[:, None] * normal, labels


def separable_cases(
    flows: int, rng: Generator, *, count: int = 8, loss: str = "exponential"
) -> Iterator[Case]:
    """Two layers, width n + 1 or n + 2, on points of dimension 2 or 3; then scalars of ``DEPTHS`` layers."""
    sizes = [(2 + k % 2, 2) for k in range(flows)] + [(1, depth) for depth in DEPTHS]
    for k, (n, depth) in enumerate(sizes):
        h = n + 1 + k % 2
        if depth == 2:
            weights = [rng.normal(size=(n, h)), rng.normal(size=(h, 1))]
        else:
            weights = [np.array([[w]]) for w in rng.uniform(0.4, 1.4, size=depth)]
        X, labels = separable_data(n, count, rng)
        f = exponential(X, labels)
        if loss == "logistic":
            start = logistic(X, labels, level=1.0).gap(np.linalg.multi_dot(weights))
            yield case(f"logistic, n = {n}, L = {depth}", weights, logistic(X, labels, level=start))
        else:
            yield case(f"n = {n}, L = {depth}" + f", h = {h}" * (depth == 2), weights, f)


def reciprocal_slack(gamma: float, alpha: float, run: Run) -> FloatArray:
    """Growth of 1/gap over what the envelope asks for, less one, at every sample."""
    asked = 1 / lojasiewicz_gap(run.gap0, gamma, alpha, run.t) - 1 / run.gap0
    return np.asarray((1 / run.gap - 1 / run.gap0) / asked - 1)


def exponential_claim(gamma: float, alpha: float, run: Run) -> FloatArray:
    """Fall of the log gap over that of exp(-alpha gamma^2 t), less one: what exponent one half would give."""
    asked = np.log(run.gap0 / exponential_gap(run.gap0, gamma**2, alpha, run.t))
    return np.asarray(run.fall / asked - 1)


@settles("min2022.exp.rate", kind="inequality")
def exponential_loss(
    *, flows: int = 6, t_end: float = 50.0, samples: int = 80, tol: float = 1e-10, rng: Generator
) -> Evidence:
    """The gap is below 1 / (1/gap(0) + alpha gamma^2 t), alpha = alpha(D, 0), at every sample up to t_end.

    Margin: the smaller of growth of 1/gap over alpha gamma^2 t, and of squared gradient over alpha gamma^2
    gap^2, less one. Truth: a run with a twentieth of the tolerance. Logistic flows, with the constant that
    the level of the start leaves, count too. Control: an exponential envelope of the same rate.
    """
    times = np.concatenate([[0.0], np.geomspace(1e-2, t_end, samples)])
    worst, error, where, vacuous, claim, count = np.inf, 0.0, "", 0, np.inf, 0
    broken = sampled = 0
    closest = {"exponential": np.inf, "logistic": np.inf}
    for loss in closest:
        for one in separable_cases(flows, rng, loss=loss):
            count += 1
            if one.alpha == 0:
                vacuous += 1
                continue
            gamma = one.objective.gamma
            run, fine = (sample_flow(one, times, tol=at) for at in (tol, tol / FINER))
            found, again = (reciprocal_slack(gamma, one.alpha, r) for r in (run, fine))
            slope = run.gradient / (one.alpha * gamma**2 * run.gap) - 1
            error = max(error, float(np.max(np.abs(found - again) / np.maximum(1 + found, 1))))
            least = min(float(found.min()), float(slope.min()), 1 - run.drift / DRIFT_ALLOWED)
            closest[loss] = min(closest[loss], float(found.min()))
            if least < worst:
                worst, where = least, one.name
            if loss == "exponential":
                exponent = exponential_claim(gamma, one.alpha, run)
                claim = min(claim, float(exponent.min()))
                broken, sampled = broken + int(np.sum(exponent < 0)), sampled + exponent.size
    return Evidence(
        statement="min2022.exp.rate",
        margin=worst,
        error=decade_above(error),
        instances=count,
        vacuous=vacuous,
        sizes={"two-layer flows a loss": flows, "scalar depths": list(DEPTHS), "t_end": t_end},
        where=where,
        control=("an exponential envelope, exp(-alpha gamma^2 t)", claim),
        constants={
            "exponential: smallest growth of 1/gap over its bound, less 1": closest["exponential"],
            "logistic: smallest growth of 1/gap over its bound, less 1": closest["logistic"],
            "share of samples above the exponential envelope": broken / max(sampled, 1),
        },
        note="alpha(D, 0): two layers and scalar networks",
    )
