"""The cells of the table that compares earlier rates, in the slides of Min et al., as cases with known rates.

Every case is data (imbalances, sizes, margin) with the rate that its cell claims for it, from a formula
written here and from the smallest eigenvalue of layers that attain it, where there are such.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.deep_minimizers import one_sided_minimizer, unimodal_minimizer
from flowbounds.bounds.three_layer_minimizer import three_layer_minimizer
from flowbounds.bounds.two_layer_minimizer import two_layer_minimizer
from flowbounds.checks.min2022_scalar_depth import data, draw_squares, exact_cumulative_product, exact_rate
from flowbounds.checks.ordered_networks import frame, least_square, ordered_network
from flowbounds.checks.two_layer_cases import drawn_pair
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import random_layers, spectral_layers
from flowbounds.validation import FloatArray

SCALARS, TWO, DEEP = "scalars", "matrices, L = 2", "matrices, L > 2"
IMBALANCE, MARGIN, BOTH = "imbalance", "margin", "both"
SHAPES = ((2, 2), (2, 3), (3, 2))


@dataclass(frozen=True)
class Case:
    """Data of one network, and the rates that its cell of the table claims for it, which must agree."""

    row: str
    column: str
    rule: str
    Ds: list[FloatArray]
    n: int
    m: int
    sigma: float
    rates: tuple[float, ...]

    @property
    def unit(self) -> float:
        """The unit of the rate, (sum of |D_l| + sigma^(2/L))^(L-1)."""
        depth = len(self.Ds) + 1
        size = sum(float(np.linalg.norm(D, 2)) for D in self.Ds) + self.sigma ** (2 / depth)
        return float(size ** (depth - 1))


def scalars_of(squares: FloatArray) -> Weights:
    """The positive scalar network with these squares."""
    return [np.array([[x]]) for x in np.sqrt(squares)]


def smallest_singular_value(weights: Weights) -> float:
    """sigma_min of the product."""
    return float(np.linalg.svd(product(weights), compute_uv=False)[-1])


def scalar_cells(depth: int, draws: int, rng: Generator) -> Iterator[Case]:
    """Row one: cumulative imbalances (Yun: d = (0, ..., 0, c)), balanced (Saxe), both (Tarmoun: L = 2)."""
    for x in draw_squares(depth, 6, draws, rng, zeros=False):
        d, w = data(x)
        Ds = [np.array([[one]]) for one in d]
        least = scalars_of(np.array(x, float) - min(x))
        alone = float(exact_cumulative_product(x)), tangent_min_eigenvalue(least)
        yield Case(SCALARS, IMBALANCE, "cumulative product", Ds, 1, 1, 0.0, alone)
        full = float(exact_rate(x)), tangent_min_eigenvalue(scalars_of(np.array(x, float)))
        if depth == 2:
            full = float(np.sqrt(d[0] ** 2 + 4 * w**2)), full[1]
        rule = "sqrt(d^2 + 4 s^2), L = 2" if depth == 2 else "exact, L > 2"
        yield Case(SCALARS, BOTH, rule, Ds, 1, 1, w, full)
        last = [np.zeros((1, 1))] * (depth - 2) + [np.array([[float(x[0])]])]
        yun = scalars_of(np.array([x[0]] * (depth - 1) + [0.0]))
        one = float(x[0]) ** (depth - 1), tangent_min_eigenvalue(yun)
        yield Case(SCALARS, IMBALANCE, "c^(L-1)", last, 1, 1, 0.0, one)
        sigma, even = float(x[0]), scalars_of(np.full(depth, float(x[0]) ** (2 / depth)))
        one = depth * sigma ** (2 - 2 / depth), tangent_min_eigenvalue(even)
        yield Case(SCALARS, MARGIN, "L s^(2-2/L)", [0 * D for D in Ds], 1, 1, sigma, one)


def balanced_cell(row: str, n: int, m: int, depth: int, rng: Generator) -> Case:
    """Arora's rate of a balanced network, times L where the product is square."""
    size = min(n, m)
    W = frame(n, size, rng) * 10.0 ** rng.uniform(-0.5, 0.0, size=size) @ frame(m, size, rng).T
    weights = spectral_layers(W, [max(n, m)] * (depth - 1))
    sigma = float(np.linalg.svd(W, compute_uv=False)[-1])
    rule = "L s^(2-2/L), n = m" if n == m else "s^(2-2/L), n != m"
    rate = (depth if n == m else 1) * sigma ** (2 - 2 / depth)
    zeros = [np.zeros((max(n, m),) * 2)] * (depth - 1)
    return Case(row, MARGIN, rule, zeros, n, m, sigma, (rate, tangent_min_eigenvalue(weights)))


def proposition2(D: FloatArray, n: int, m: int, sigma: float) -> float:
    """Proposition 2 with its factor one half, written out; sigma belongs to the smaller of n and m."""
    values = np.linalg.eigvalsh(D)
    up, down = ([max(0.0, v) for v in sorted(s * values)[::-1]] + [0.0] * 4 for s in (1, -1))
    gap, plus, minus = up[n - 1] + down[m - 1], up[0] - up[n - 1], down[0] - down[m - 1]
    at_n, at_m = (sigma if k == min(n, m) else 0.0 for k in (n, m))
    roots = np.sqrt((plus + gap) ** 2 + 4 * at_m**2) + np.sqrt((minus + gap) ** 2 + 4 * at_n**2)
    return float(roots - plus - minus) / 2


def two_layer_cells(n: int, m: int, draws: int, rng: Generator) -> Iterator[Case]:
    """Row two: the gap, Arora, Proposition 2 and its case D = c I (Tarmoun)."""
    for _ in range(draws):
        D, W = drawn_pair(n, m, n + m, rng)
        values = np.sort(np.linalg.eigvalsh(D))[::-1]
        gap = max(0.0, float(values[n - 1])) + max(0.0, float(-values[-m]))
        least = tangent_min_eigenvalue(two_layer_minimizer(D, 0 * W))
        yield Case(TWO, IMBALANCE, "a_n + b_m", [D], n, m, 0.0, (gap, least))
        yield balanced_cell(TWO, n, m, 2, rng)
        if n == m:
            c, s = (float(v) for v in 10.0 ** rng.uniform(-1, 1, size=2))
            flat, rate = c * np.eye(n), float(np.hypot(c, 2 * s))
            least = tangent_min_eigenvalue(two_layer_minimizer(flat, s * np.eye(n)))
            yield Case(TWO, BOTH, "sqrt(c^2 + 4 s^2), D = c I", [flat], n, n, s, (rate, least))
            continue
        sigma = float(np.linalg.svd(W, compute_uv=False)[-1])
        least = tangent_min_eigenvalue(two_layer_minimizer(D, W))
        rates = proposition2(D, n, m, sigma), least
        yield Case(TWO, BOTH, "Proposition 2, n != m", [D], n, m, sigma, rates)


def deep_cells(n: int, m: int, depth: int, draws: int, rng: Generator) -> Iterator[Case]:
    """Row three: three layers, Yun's D = (0, ..., 0, c I), ordered; Arora; and what fills the last cell."""
    for _ in range(draws):
        if depth == 3:
            D1, D2 = imbalances(random_layers([(n, 4), (4, 5), (5, m)], rng))
            least = tangent_min_eigenvalue(three_layer_minimizer(D1, D2, n, m))
            yield Case(DEEP, IMBALANCE, "three layers, any D", [D1, D2], n, m, 0.0, (least,))
        c = float(10.0 ** rng.uniform(-1, 1))
        last = [np.zeros((n, n))] * (depth - 2) + [c * np.eye(n)]
        yun = c ** (depth - 1), tangent_min_eigenvalue(unimodal_minimizer(last, n, m))
        yield Case(DEEP, IMBALANCE, "c^(L-1)", last, n, m, 0.0, yun)
        one = ordered_network(n, m, int(rng.integers(1, depth + 1)), depth, "general", rng)
        least = tangent_min_eigenvalue(unimodal_minimizer(one.Ds, n, m))
        rates = float(np.prod(one.cumulative)), least
        if depth > 3:
            yield Case(DEEP, IMBALANCE, "ordered, any L", one.Ds, n, m, 0.0, rates)
        yield balanced_cell(DEEP, n, m, depth, rng)
        if n != m:
            one = ordered_network(n, m, depth if n < m else 1, depth, "general", rng)
            sigma = smallest_singular_value(one.weights)
            t = least_square(one.cumulative, sigma)
            least = tangent_min_eigenvalue(one_sided_minimizer(one.Ds, n, m, sigma))
            rates = float(np.prod(t + np.array(one.cumulative))), least
            yield Case(DEEP, BOTH, "one-sided, n != m", one.Ds, n, m, sigma, rates)


def cells(draws: int, depths: Sequence[int], rng: Generator) -> list[Case]:
    """Cases of every cell of the table, row by row."""
    found = [case for depth in depths for case in scalar_cells(depth, draws, rng)]
    for n, m in SHAPES:
        found += two_layer_cells(n, m, draws, rng)
    for depth in depths:
        for n, m in SHAPES if depth > 2 else ():
            found += deep_cells(n, m, depth, draws, rng)
    return [case for case in found if case.unit > 0]  # equal scalars without a margin say nothing
