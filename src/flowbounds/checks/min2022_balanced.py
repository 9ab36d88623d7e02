"""Check of the balanced case in the slides of Min et al.: the rate from the margin alone, any depth."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.balanced_rates import balanced_rate, balanced_spectrum
from flowbounds.checks.flow_cases import SHAPES, Case, margin_at_start, objective_near, target_near
from flowbounds.checks.min2022_flow_rates import envelope_slack, survey
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence
from flowbounds.models.linear_network import (
    product,
    tangent_matrix,
    tangent_min_eigenvalue,
)
from flowbounds.models.network_ensembles import balanced_layers

CONVEX = ("factorization", "regression, full rank", "sensing, N >= nm")


def balanced_cases(flows: int, depths: Sequence[int], rng: Generator) -> Iterator[Case]:
    """Balanced starts of each depth with a target near enough for a margin, strongly convex f in turn."""
    for depth in depths:
        for k in range(flows):
            n, m = SHAPES[k % len(SHAPES)]
            weights = balanced_layers(n, m, [min(n, m) + k % 3] * (depth - 1), rng)
            W0 = product(weights)
            kind = CONVEX[k % len(CONVEX)]
            f = objective_near(kind, target_near(W0, rng.normal(size=(n, m))), rng)
            room = margin_at_start(f, W0)
            name = f"{kind}, L = {depth}, (n, m) = ({n}, {m})"
            yield Case(name, weights, f, room, balanced_rate(n, m, depth, room), 0.0)


def spectrum_deviations(nets: int, depths: Sequence[int], rng: Generator) -> tuple[float, float, float]:
    """Worst over random balanced nets: smallest eigenvalue, whole spectrum, and a factor L too much.

    The first two are deviations from the formulas, in units of the largest eigenvalue; truth are the
    Jacobian's singular values and the eigenvalues of T. The third is lambda_min(T) over
    ``L sigma^(2 - 2/L)``, less one, for products that are not square.
    """
    smallest, whole, factor = 0.0, 0.0, np.inf
    for k in range(nets):
        depth = depths[k % len(depths)]
        n, m = (int(v) for v in rng.integers(1, 4, size=2))
        weights = balanced_layers(n, m, rng.integers(min(n, m), 6, size=depth - 1).tolist(), rng)
        W = product(weights)
        sigma = float(np.linalg.svd(W, compute_uv=False)[-1])
        found = tangent_min_eigenvalue(weights)
        claimed, values = balanced_rate(n, m, depth, sigma), balanced_spectrum(W, depth)
        truth = np.linalg.eigvalsh(tangent_matrix(weights))
        smallest = max(smallest, abs(found - claimed) / float(truth[-1]))
        whole = max(whole, float(np.max(np.abs(truth - values)) / truth[-1]))
        if n != m:
            factor = min(factor, found / (depth * claimed) - 1)
    return smallest, whole, factor


def lopsided(s: float) -> float:
    """lambda_min(T) over the balanced formula, less one, at W_1 = diag(s, 1/s) and W_2 its inverse."""
    first = np.diag([s, 1 / s])
    weights = [first, np.linalg.inv(first)]
    return tangent_min_eigenvalue(weights) / balanced_rate(2, 2, 2, 1.0) - 1


@settles("min2022.rate.balanced", kind="inequality")
def balanced(
    *,
    nets: int = 2000,
    flows: int = 4,
    depths: Sequence[int] = (2, 3, 4, 5),
    tol: float = 1e-11,
    rng: Generator,
) -> Evidence:
    """From a balanced start the gap is below exp(-gamma alpha(0, margin) t) times its start, at any depth.

    alpha(0, s) is L s^(2 - 2/L) for square products and s^(2 - 2/L) for others. Margin: fall of the log gap
    over the envelope's, less one. The formula itself is an identity on balanced nets: its deviation there,
    and that of T's whole spectrum, from the Jacobian goes into the error, beside that of the flows. Controls:
    the factor L for products that are not square; a start that is not balanced.
    """
    smallest, whole, factor = spectrum_deviations(nets, depths, rng)
    found = survey(
        balanced_cases(flows, depths, rng),
        lambda one, run: envelope_slack(one.objective.gamma, one.alpha, run),
        tol=tol,
    )
    rounding = 1e-14  # about 50 eps: error of the deviations themselves
    return Evidence(
        statement="min2022.rate.balanced",
        margin=found.margin,
        error=max(found.error, smallest, whole),
        instances=found.instances + nets,
        vacuous=found.vacuous,
        sizes={"nets": nets, "flows a depth": flows, "L": list(depths)},
        where=found.where,
        control=("the factor L where n and m differ", factor),
        controls=[("a start with imbalance: W_1 = diag(3, 1/3), W_2 its inverse", lopsided(3.0))],
        constants={
            "deviation of lambda_min(T) from the formula": (smallest, max(rounding, smallest)),
            "deviation of the whole spectrum": (whole, max(rounding, whole)),
        },
        note=f"{nets} balanced nets for the formula, {found.instances} flows for the rate",
    )
