"""Pairs of matrices that are imbalances of three layers, drawn from their spectra, and pairs that are not."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from scipy.optimize import least_squares

from flowbounds.bounds.three_layer_minimizer import three_layer_minimizer
from flowbounds.checks.three_layer_cases import Shape, layers
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import imbalances
from flowbounds.validation import FloatArray, HypothesisError

Pair = tuple[FloatArray, FloatArray]
Signs = tuple[int, int]
DRAWN = "drawn spectra"
ZERO = 1e-6  # of the layers' square: imbalances below it are mostly their rounding, and have no digits left


def turned(values: FloatArray, rng: Generator) -> FloatArray:
    """A symmetric matrix of the given eigenvalues in random directions."""
    frame = np.linalg.qr(rng.normal(size=(values.size, values.size)))[0]
    D = (frame * values) @ frame.T
    return np.asarray((D + D.T) / 2)


def _side(top: FloatArray, k: int, sign: int, rng: Generator) -> FloatArray:
    """Eigenvalues, each at most top_i and at least top_{i+k}; their sign as wanted, 0 for any."""
    free = -np.sort(10.0 ** rng.uniform(-1, 1, size=k))
    low, high = np.concatenate([top[k:], free])[: top.size], top
    if sign > 0:
        low = np.maximum(low, 0)
    if sign < 0:
        high = np.minimum(high, 0)
    share = rng.random(size=top.size)
    if rng.random() < 0.25:  # ties: each at an end
        share = np.round(share)
    return np.sort(low + share * (high - low))[::-1]


def drawn_imbalances(n: int, m: int, hidden: Shape, rng: Generator, signs: Signs = (0, 0)) -> Pair:
    """A feasible (D_1, D_2), eigenvalues over two decades, some equal, some zero.

    ``signs`` = (1, 1) for D_1, D_2 >= 0 and so on. The spectra of -D_1 and D_2 are drawn below one of W_2
    W_2^T, and above it shifted by n and m: these inequalities are all that layers ask for.
    """
    first_sign, last_sign = -signs[0], signs[1]
    room = [*hidden, *([n] if first_sign < 0 else []), *([m] if last_sign < 0 else [])]
    rank = 0 if first_sign < 0 and last_sign < 0 else int(rng.integers(0, min(room) + 1))
    top = np.zeros(max(hidden))
    top[:rank] = np.sort(10.0 ** rng.uniform(-1, 1, size=rank))[::-1]
    if rng.random() < 0.25:
        top[:rank] = top[:1]
    first, last = (
        _side(top[:h], k, sign, rng)
        for h, k, sign in zip(hidden, (n, m), (first_sign, last_sign), strict=True)
    )
    return -turned(first, rng), turned(last, rng)


def pairs(
    draws: int, spectra: int, rng: Generator, shapes: Sequence[Shape]
) -> Iterator[tuple[str, int, int, Pair, Weights]]:
    """(where from, n, m, feasible pair, layers that have it): from layers of each ensemble, from spectra."""
    for kind, _, weights in layers(draws, rng, shapes):
        D1, D2 = imbalances(weights)
        if norm(D1, D2) > ZERO:
            yield kind, weights[0].shape[0], weights[-1].shape[1], (D1, D2), weights
    for n, m in shapes:
        for _ in range(spectra):
            h1, h2 = (int(h) for h in rng.integers(1, 7, size=2))
            yield DRAWN, n, m, drawn_imbalances(n, m, (h1, h2), rng), []


def norm(D1: FloatArray, D2: FloatArray) -> float:
    """The larger spectral norm of the two imbalances."""
    return max(float(np.linalg.norm(D, 2)) for D in (D1, D2))


def is_refused(D1: FloatArray, D2: FloatArray, n: int, m: int) -> bool:
    """Whether no layers have these imbalances, by the inequalities between eigenvalues."""
    try:
        three_layer_minimizer(D1, D2, n, m)
    except HypothesisError:
        return True
    return False


def arbitrary(hidden: Shape, rng: Generator) -> Pair:
    """Two symmetric Gaussian matrices."""
    D1, D2 = ((G + G.T) / 2 for G in (rng.normal(size=(h, h)) for h in hidden))
    return D1, D2


def least_misfit(D1: FloatArray, D2: FloatArray, n: int, m: int, starts: int, rng: Generator) -> float:
    """How near a least-squares search over all layers comes to the pair, relative to its norm."""
    shapes = list(pairwise((n, len(D1), len(D2), m)))
    ends = np.cumsum([0, *(rows * columns for rows, columns in shapes)])

    def gap(w: FloatArray) -> FloatArray:
        weights = [w[a:b].reshape(s) for (a, b), s in zip(pairwise(ends), shapes, strict=True)]
        return np.concatenate(
            [(have - want).ravel() for have, want in zip(imbalances(weights), (D1, D2), strict=True)]
        )

    norm = float(np.sqrt(np.sum(D1**2) + np.sum(D2**2)))
    found = (
        least_squares(gap, rng.normal(size=ends[-1]), xtol=1e-12, ftol=1e-12, gtol=1e-12)
        for _ in range(starts)
    )
    return min(float(np.sqrt(2 * fit.cost)) for fit in found) / norm
