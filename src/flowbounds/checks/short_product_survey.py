"""The short-product bound beside lambda_min(T) on random networks of three, four and five layers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from flowbounds.bounds import short_product
from flowbounds.bounds.imbalance_spectra import spectra
from flowbounds.bounds.three_layer_rates import deltas
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import imbalances, tangent_matrix, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import KINDS, random_layers
from flowbounds.validation import FloatArray

DEPTHS = short_product.DEPTHS
GROWTH = 4.0  # from layer to layer, outwards; ten leaves five layers no digits in units of the largest
FACTORS = ("inner layers / 10", "inner layers x 3", "growing outwards")  # of Gaussian layers
WIDE = "growing outwards, widths 2 and 3"
ENSEMBLES = (*KINDS, *FACTORS, WIDE)
ROUNDING = 1e-12  # of max |W_l|^(2 (L - 1)): eigenvalues of the D, to the power L - 1, and the Jacobian's
EVERY = 4  # of the networks: those with a second route and the controls
SMALL = 0.1  # size of the layers of the control without squares


def factors(name: str, depth: int) -> list[float]:
    """Sizes of the layers of an ensemble, relative to those drawn: small or large inner ones, or neither."""
    if name in ("growing outwards", WIDE):
        return [GROWTH ** abs(k - (depth - 1) // 2) for k in range(depth)]
    inner = {"inner layers / 10": 0.1, "inner layers x 3": 3.0}.get(name, 1.0)
    return [1.0, *[inner] * (depth - 2), 1.0]


def networks(draws: int, rng: Generator, depths: Sequence[int]) -> Iterator[tuple[str, Weights]]:
    """(ensemble, layers): widths from one to three, ``draws`` networks of each ensemble and depth."""
    for depth in depths:
        for name in ENSEMBLES:
            for _ in range(draws):
                sizes = rng.integers(2 if name == WIDE else 1, 4, size=depth + 1).tolist()
                weights = random_layers(pairwise(sizes), rng, name if name in KINDS else "gaussian")
                weights = [c * layer for c, layer in zip(factors(name, depth), weights, strict=True)]
                yield name, weights


def unit_of(weights: Weights) -> float:
    """Largest squared norm of a layer, to the power L - 1."""
    return float(max(np.linalg.norm(layer, 2) ** 2 for layer in weights) ** (len(weights) - 1))


def summed_floors(weights: Weights) -> float:
    """A control: the neighbours' eigenvalues added, not the larger of them, under the layers inside."""
    values, depth = spectra(imbalances(weights)), len(weights)
    forward, backward = -values[0][::-1], values[-1]
    ahead = [short_product.floor_beyond(np.zeros(0), one) for one in values]
    behind = [short_product.floor_beyond(np.zeros(0), -one[::-1]) for one in values]

    def added(first: FloatArray, last: FloatArray) -> FloatArray:
        both = np.zeros(max(first.size, last.size))
        both[: first.size] += np.maximum(first, 0)
        both[: last.size] += np.maximum(last, 0)
        return both

    left_1, _, left_2 = deltas(forward, added(behind[0], ahead[1]), weights[0].shape[0])
    right_1, _, right_2 = deltas(backward, added(ahead[-1], behind[-2]), weights[-1].shape[1])
    ends = short_product.EndProducts((1.0, left_1, left_2), (1.0, right_1, right_2))
    return short_product.combine(ends, depth)


def unsquared(weights: Weights) -> float:
    """A control: half of Delta^(2) + Delta, as the slides have it for three layers."""
    values, (n, m) = spectra(imbalances(weights)), (weights[0].shape[0], weights[-1].shape[1])
    ends = short_product.end_products(values, n, m)
    left, right = ((1.0, one, two + (one - one**2) / 2) for _, one, two in ends)
    return short_product.combine(short_product.EndProducts(left, right), len(weights))


@dataclass(frozen=True)
class Survey:
    """Measured of many networks: arrays of one length, rates in units of :func:`unit_of`.

    ``lam`` is lambda_min(T) from the Jacobian, ``deviation`` its largest distance from the smallest
    eigenvalue of the dense matrix; ``wrong`` the least slack of forms that are no bounds.
    """

    kind: NDArray[np.str_]
    depth: FloatArray
    narrow: FloatArray
    lam: FloatArray
    bound: FloatArray
    deviation: float
    wrong: dict[str, float]

    @property
    def vacuous(self) -> NDArray[np.bool_]:
        """Whether the bound is zero to rounding."""
        return np.asarray(self.bound <= ROUNDING)

    def kept(self, kind: str, depth: int) -> NDArray[np.bool_]:
        """The networks of one ensemble and depth."""
        return np.asarray((self.kind == kind) & (self.depth == depth))


def survey(draws: int, rng: Generator, depths: Sequence[int] = DEPTHS) -> Survey:
    """Every ensemble at every depth."""
    kinds, rows, deviation = [], [], 0.0
    wrong = {"n and m exchanged": np.inf, "neighbours added": np.inf, "no squares, layers of 0.1": np.inf}

    def seen(name: str, slack: float) -> None:
        wrong[name] = min(wrong[name], slack)

    for k, (kind, weights) in enumerate(networks(draws, rng, depths)):
        unit, n, m = unit_of(weights), weights[0].shape[0], weights[-1].shape[1]
        if unit == 0:  # nothing but zeros: there is no unit, and nothing to bound
            continue
        lam, Ds = tangent_min_eigenvalue(weights), imbalances(weights)
        bound = short_product.short_product_rate(Ds, n, m)
        kinds.append(kind)
        rows.append((len(weights), min(n, m), lam / unit, bound / unit))
        if k % EVERY == 0:
            seen("n and m exchanged", (lam - short_product.short_product_rate(Ds, m, n)) / unit)
            seen("neighbours added", (lam - summed_floors(weights)) / unit)
            dense = float(np.linalg.eigvalsh(tangent_matrix(weights))[0])
            deviation = max(deviation, abs(dense - lam) / unit)
            small = [SMALL * layer / unit ** (0.5 / (len(weights) - 1)) for layer in weights]
            slack = tangent_min_eigenvalue(small) - unsquared(small)
            seen("no squares, layers of 0.1", slack / unit_of(small))
    depth, narrow, lams, bounds = np.array(rows).T
    return Survey(np.array(kinds), depth, narrow, lams, bounds, deviation, wrong)
