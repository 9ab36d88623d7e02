"""Pairs of layers on which Proposition 2 is put to the test, and what is measured of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from flowbounds.bounds import two_layer_rates as rates
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import KINDS, balanced_layers, random_layers
from flowbounds.validation import FloatArray

Shape = tuple[int, int]
SHAPES: tuple[Shape, ...] = ((1, 1), (1, 2), (2, 1), (1, 4), (2, 2), (2, 3), (3, 2), (3, 3))
ROUNDING = 1e-13  # of max |W_l|^2: a few roundings of the two products that make D, with room for ten


def widths(n: int, m: int) -> list[int]:
    """One, below n + m, n + m and above."""
    return sorted({1, min(n, m), n + m - 1, n + m, n + m + 2})


def layers(
    draws: int, rng: Generator, shapes: Sequence[Shape] = SHAPES
) -> Iterator[tuple[str, int, Weights]]:
    """(ensemble, h - n - m, layers): every shape, width and ensemble, zero imbalance among them."""
    for n, m in shapes:
        for h in widths(n, m):
            for kind in (*KINDS, "zero imbalance"):
                for _ in range(draws):
                    if kind == "zero imbalance":
                        yield kind, h - n - m, balanced_layers(n, m, (h,), rng)
                    else:
                        yield kind, h - n - m, random_layers([(n, h), (h, m)], rng, kind)


def scale(weights: Sequence[FloatArray]) -> float:
    """The largest squared norm of a layer; D knows no smaller unit."""
    return max(float(np.linalg.norm(layer, 2) ** 2) for layer in weights)


def half_eigenvalues(weights: Sequence[FloatArray]) -> tuple[float, float]:
    """lambda_n(W_1 W_1^T) and lambda_m(W_2^T W_2) from singular values; their sum is lambda_min(T)."""
    found = []
    for layer in (weights[0], weights[1].T):
        sigma = np.linalg.svd(layer, compute_uv=False)
        found.append(float(sigma[-1] ** 2) if layer.shape[0] <= layer.shape[1] else 0.0)
    return found[0], found[1]


def swapped(D: FloatArray, W: FloatArray) -> float:
    """A control: Proposition 2 with sigma_n beside the positive spread and sigma_m beside the other."""
    n, m = W.shape
    sigma_n, sigma_m = rates.sigmas(W)
    return rates.two_layer_from_spectrum(rates.spectrum(D), n, m, sigma_m, sigma_n)


def largest(D: FloatArray, W: FloatArray) -> float:
    """A control: Proposition 2 with a_1 and b_1 for a_n and b_m."""
    values = rates.spectrum(D)
    gap = rates.positive_part(values, 1) + rates.positive_part(-values[::-1], 1)
    return 0.5 * sum(rates.grown(0.0, gap, sigma) for sigma in rates.sigmas(W))


@dataclass(frozen=True)
class Survey:
    """Measured of many pairs of layers, arrays of one length; ``over`` is h - n - m.

    All numbers are in units of :func:`scale`: ``lam`` is lambda_min(T) from the Jacobian, ``sum`` the same
    from the two layers, ``alpha`` Proposition 2, ``split`` the shortfall of its halves, and two controls.
    """

    kind: list[str]
    over: FloatArray
    lam: FloatArray
    sum: FloatArray
    alpha: FloatArray
    split: FloatArray
    swapped: FloatArray
    largest: FloatArray

    @property
    def vacuous(self) -> NDArray[np.bool_]:
        """Whether the bound is zero to rounding."""
        return np.asarray(self.alpha <= ROUNDING)

    def tightness(self, group: int) -> FloatArray:
        """alpha / lambda_min(T) where the bound is not empty: h below (-1), at (0) or above (1) n + m."""
        kept = ~self.vacuous & (np.sign(self.over) == group)
        return np.asarray(self.alpha[kept] / self.lam[kept])


def survey(draws: int, rng: Generator, shapes: Sequence[Shape] = SHAPES) -> Survey:
    """Proposition 2 beside lambda_min(T) on every ensemble."""
    names, rows = [], []
    for kind, over, weights in layers(draws, rng, shapes):
        unit = scale(weights)
        if unit == 0:  # integers may draw nothing but zeros: there is no unit, and nothing to bound
            continue
        D, W = imbalances(weights)[0], product(weights)
        halves, parts = half_eigenvalues(weights), rates.two_layer_parts(D, W)
        short = max(part - half for part, half in zip(parts, halves, strict=True))
        names.append(kind)
        measured = tangent_min_eigenvalue(weights), sum(halves), rates.two_layer_rate(D, W), short
        wrong = swapped(D, W), largest(D, W)
        rows.append([over * unit, *measured, *wrong])
        rows[-1] = [value / unit for value in rows[-1]]
    columns = np.array(rows).T
    return Survey(names, *columns)


def drawn_pair(
    n: int, m: int, h: int, rng: Generator, *, rank: int | None = None
) -> tuple[FloatArray, FloatArray]:
    """A feasible (D, W): eigenvalues and singular values over two decades, some equal, some zero."""
    p = int(rng.integers(0, min(n, h) + 1))
    q = int(rng.integers(0, min(m, h - p) + 1))
    r = int(rng.integers(0, min(n, m, h) + 1)) if rank is None else rank
    a, b, s = (10.0 ** rng.uniform(-1, 1, size=count) for count in (p, q, r))
    if rng.random() < 0.25:
        a[:], b[:] = a[:1], b[:1]
    Q, U, V = (np.linalg.qr(rng.normal(size=(size, size)))[0] for size in (h, n, m))
    D = (Q[:, : p + q] * np.concatenate([a, -b])) @ Q[:, : p + q].T
    return (D + D.T) / 2, (U[:, :r] * s) @ V[:, :r].T
