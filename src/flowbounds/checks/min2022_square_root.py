"""Check that the square root of Proposition 1, true for scalars, is no bound for matrices."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import deep_rates
from flowbounds.bounds.deep_minimizers import one_sided_minimizer
from flowbounds.checks.ordered_networks import ordered_network
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import ERROR_FLOOR, decade_above
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import balanced_layers
from flowbounds.models.tangent_eigenvalue import tangent_smallest
from flowbounds.validation import FloatArray


def square_root_form(Ds: Sequence[FloatArray], n: int, m: int, sigma: float) -> float:
    """The formula of scalars for matrices, the root of (unimodal rate)^2 plus (L sigma^(2 - 2/L))^2."""
    depth = len(Ds) + 1
    return float(np.hypot(deep_rates.unimodal_rate(Ds, n, m), depth * sigma ** (2 - 2 / depth)))


def golden_layers() -> Weights:
    """D = diag(4, 1) and W = I: the squares are sqrt(5) + 2, the golden ratio, and their inverses."""
    r = np.sqrt(5)
    return [np.diag(np.sqrt([r + 2, (r + 1) / 2])), np.diag(np.sqrt([r - 2, (r - 1) / 2]))]


def golden_eigenvalue() -> float:
    """lambda_min(T) of these layers, the golden ratio plus sqrt(5) - 2."""
    return float(3 * np.sqrt(5) - 3) / 2


def excess(weights: Weights, Ds: Sequence[FloatArray]) -> tuple[float, float]:
    """How far lambda_min(T) is below the formula, and below the one-sided bound; in units of each."""
    n, m = weights[0].shape[0], weights[-1].shape[1]
    sigma = float(np.linalg.svd(product(weights), compute_uv=False)[-1])
    lam = tangent_min_eigenvalue(weights)
    formula, bound = square_root_form(Ds, n, m, sigma), deep_rates.one_sided_rate(Ds, n, m, sigma)
    return 1 - lam / formula, 1 - lam / bound


def spread_layers(depth: int, size: int, rng: Generator) -> tuple[Weights, list[FloatArray]]:
    """Aligned layers with W orthogonal and, in every imbalance, one eigenvalue far below the others."""
    Ds = [
        np.diag([*10.0 ** rng.uniform(0.0, 1.0, size=size - 1), 10.0 ** rng.uniform(-1.5, -0.5)])
        for _ in range(depth - 1)
    ]
    return one_sided_minimizer(Ds, size, size, 1.0), Ds


def scalar_excess(depths: Sequence[int], draws: int, rng: Generator) -> float:
    """The largest excess of the formula for scalars of three and more layers, for which it is a bound."""
    worst = -np.inf
    for depth in depths:
        for _ in range(draws if depth > 2 else 0):
            d = 10.0 ** rng.uniform(-0.5, 0.5, size=depth - 1)
            squares = rng.uniform(0.5, 1.5) + np.append(np.cumsum(d[::-1])[::-1], 0.0)
            weights = [np.array([[np.sqrt(x)]]) for x in squares]
            worst = max(worst, excess(weights, [np.array([[one]]) for one in d])[0])
    return worst


def equality(depths: Sequence[int], rng: Generator) -> float:
    """Distance of formula and eigenvalue where they agree: D = 0, and D_1 = d I of two square layers."""
    flat = [1.5 * np.eye(2)]
    worst = abs(excess(one_sided_minimizer(flat, 2, 2, 1.0), flat)[0])
    for depth in depths:
        weights = balanced_layers(2, 2, [3] * (depth - 1), rng)
        worst = max(worst, abs(excess(weights, [np.zeros((3, 3))] * (depth - 1))[0]))
    return worst


@settles("min2022.deep.naive_sqrt", kind="inequality")
def naive_sqrt(
    *, depths: Sequence[int] = (2, 3, 4, 5, 6), sizes: Sequence[int] = (2, 3), draws: int = 60, rng: Generator
) -> Evidence:
    """For matrices sqrt(product^2 + (L sigma^(2 - 2/L))^2) is above lambda_min(T) of some layers, any L.

    The statement is that the formula fails, so that a violation of the formula is what supports it. Margin:
    by how much lambda_min(T) is below the formula, in units of the formula, at the worst of ``draws`` ordered
    networks (l* = L, n = m) of each depth and size, every other one aligned with spread imbalances, and at
    the two golden layers; the least over these cells. Error: the golden layers in closed form, the others by
    another route to the eigenvalue. Controls, in which the same margin must be negative: scalars; the
    one-sided bound in place of the formula.
    """
    golden = golden_layers()
    D = np.diag([4.0, 1.0])
    off = max(
        float(np.max(np.abs(imbalances(golden)[0] - D))),
        abs(tangent_min_eigenvalue(golden) / golden_eigenvalue() - 1),
    )
    cells, true = {"the golden layers": excess(golden, [D])[0]}, excess(golden, [D])[1]
    count, broken = 0, 0
    for depth in depths:
        for size in sizes:
            worst = -np.inf
            for k in range(draws):
                if k % 2:
                    weights, Ds = spread_layers(depth, size, rng)
                else:
                    one = ordered_network(size, size, depth, depth, "general", rng)
                    weights, Ds = one.weights, one.Ds
                found = excess(weights, Ds)
                if k % 2 == 0:
                    count, broken = count + 1, broken + (found[0] > ERROR_FLOOR)
                true = max(true, found[1])
                if found[0] > worst:
                    worst, lam = found[0], tangent_min_eigenvalue(weights)
                    error = abs(tangent_smallest(weights).value / lam - 1)
            off = max(off, error)
            cells[f"L = {depth}, {size} x {size}"] = worst
    where = min(cells, key=lambda name: cells[name])
    return Evidence(
        statement="min2022.deep.naive_sqrt",
        margin=cells[where],
        error=max(ERROR_FLOOR, decade_above(off)),
        instances=draws * len(cells) - draws + 1,
        sizes={"L": list(depths), "n = m": list(sizes), "networks of each": draws},
        where=where,
        control=("scalars, L > 2: the formula is a bound", scalar_excess(depths, draws, rng)),
        controls=[("the one-sided bound in place of the formula", true)],
        constants={
            "eigenvalue over formula, the golden layers": 1 - cells["the golden layers"],
            "share of the random networks that violate it": broken / count,
            "distance from equality, D = 0 and D_1 = d I": (equality(depths, rng), ERROR_FLOOR),
        },
        note="a negative result: the margin is the size of the violation",
    )
