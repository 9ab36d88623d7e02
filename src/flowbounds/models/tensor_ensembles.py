"""Targets and starts that the checks and pages draw: weights, directions, bases."""

import numpy as np
from numpy.random import Generator

from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range


def geometric_weights(r: int, ratio: float) -> FloatArray:
    """Weights with ``a_i / a_{i+1} = ratio`` and sum one, shape (r,), largest first.

    Figure 1 of Ge et al. (2021) has r = 5 and ratio 1.2.

    >>> geometric_weights(2, 3.0).tolist()
    [0.75, 0.25]
    """
    r = require_count("r", r, 1)
    require_range("ratio", ratio, 0.0, np.inf, open_ends=True)
    weights = float(ratio) ** -np.arange(r, dtype=float)
    return np.asarray(weights / weights.sum())


def uniform_directions(d: int, m: int, rng: Generator) -> FloatArray:
    """``m`` independent directions, uniform on the unit sphere of R^d, as columns (d, m)."""
    d, m = require_count("d", d, 1), require_count("m", m, 1)
    draws = rng.normal(size=(d, m))
    return np.asarray(draws / np.linalg.norm(draws, axis=0))


def equiangular_basis(d: int, r: int, degrees: float) -> FloatArray:
    """``r`` unit vectors of R^d (d >= r) that meet pairwise at one angle in [1e-6, 90], as columns (d, r)."""
    d = require_count("d", d, 1)
    r = require_count("r", r, 1, d)
    degrees = require_range("degrees", degrees, 1e-6, 90.0)
    cosine = np.cos(np.radians(degrees))
    gram = np.full((r, r), cosine) + (1 - cosine) * np.eye(r)
    basis = np.zeros((d, r))
    basis[:r] = np.linalg.cholesky(gram).T
    return basis


def directions_towards_each(a: FloatArray, d: int, rng: Generator, *, draws: int = 20_000) -> FloatArray:
    """One uniform direction for each weight that the frozen flow leads there, as columns (d, r).

    Column i is the first of a stream of uniform directions with ``argmax_k a_k u_k^2 = i``: the
    conditional law given the winner. Raises when ``100 * draws`` directions do not contain one.
    """
    found: dict[int, FloatArray] = {}
    for _ in range(100):
        u = uniform_directions(d, draws, rng)
        winners = np.argmax(a[:, None] * u[: a.size] ** 2, axis=0)
        for i in set(range(a.size)) - found.keys():
            hits = np.flatnonzero(winners == i)
            if hits.size:
                found[i] = u[:, hits[0]]
        if len(found) == a.size:
            return np.column_stack([found[i] for i in range(a.size)])
    tried, span = 100 * draws, a.max() / a.min()
    raise HypothesisError(f"a spans {span:.3g}: among {tried} directions some weight has none leading to it")
