"""Residuals on an r-dimensional space that a fresh component may meet: monomials, random, hard ones."""

import math
from dataclasses import dataclass
from itertools import product
from math import comb

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.epoch_lemmas import LUCK
from flowbounds.models import tensor
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray

LEARNED_ON = 2000  # directions that the search looks at; never those that judge it


@dataclass(frozen=True)
class Residual:
    """A symmetric tensor: vectors (r, k), weights (k,), order and name."""

    name: str
    vectors: FloatArray
    weights: FloatArray
    order: int

    @property
    def norm(self) -> float:
        """Frobenius norm."""
        return math.sqrt(tensor.squared_norm(self.vectors, self.weights, self.order))

    def constant(self, points: FloatArray) -> float:
        """The c for which two fifths of ``points`` have |R(u^l)| >= c r^(-l/2) ||R||."""
        values = np.abs(tensor.evaluate(self.vectors, self.weights, points, self.order)) / self.norm
        scale = math.pow(self.vectors.shape[0], self.order / 2)
        return float(np.quantile(values, 1 - 2 * LUCK)) * scale


def monomials(order: int, r: int) -> list[Residual]:
    r"""The power e_1^l, and for r > 1 Sym(e_1^(l-1) e_2) and Sym of min(l, r) different axes.

    A product of l vectors is :math:`2^{-l}/l!\sum_{\epsilon}\prod\epsilon_i(\sum\epsilon_iv_i)^{\otimes l}`.
    """
    axes = [[0] * order]
    if r > 1:
        axes += [[0] * (order - 1) + [1], [k % r for k in range(order)]]
    cases = []
    for indices in axes:
        signs = np.array(list(product([1.0, -1.0], repeat=order)))
        vectors = np.eye(r)[:, indices] @ signs.T
        cases.append(Residual("monomial", vectors, np.prod(signs, axis=1), order))
    return cases


def random_residuals(order: int, r: int, count: int, rng: Generator) -> list[Residual]:
    """Sums of one to 2 r powers of uniform directions with normal weights."""
    cases = []
    for _ in range(count):
        k = int(rng.integers(1, 2 * r + 1))
        cases.append(Residual("random", uniform_directions(r, k, rng), rng.normal(size=k), order))
    return cases


def hardest(cases: list[Residual], steps: int, rng: Generator) -> Residual:
    """The residual of least constant that random searches of ``steps`` steps find from the three least."""
    points = uniform_directions(cases[0].vectors.shape[0], LEARNED_ON, rng)
    starts = sorted(cases, key=lambda case: case.constant(points))[:3]
    found = [_search(start, steps, points, rng) for start in starts]
    return min(found, key=lambda case: case.constant(points))


def _search(start: Residual, steps: int, points: FloatArray, rng: Generator) -> Residual:
    """A move adds a random tensor of all C(r + l - 1, l) dimensions and is kept when the constant falls.

    Its size grows when it does, and shrinks when it does not.
    """
    order, r = start.order, start.vectors.shape[0]
    k = comb(r + order - 1, order)
    vectors = np.hstack([start.vectors, uniform_directions(r, k, rng)])
    values = tensor.power(vectors.T @ points, order)
    gram = tensor.power(vectors.T @ vectors, order)
    own = gram[-k:, -k:] + 1e-6 * np.eye(k)
    turn = np.linalg.cholesky(own)  # makes a move isotropic: solve(turn.T, normal) has norm about sqrt k

    def level(w: FloatArray) -> float:
        return float(np.quantile(np.abs(w @ values), 1 - 2 * LUCK)) / float(np.sqrt(w @ gram @ w))

    weights = np.concatenate([start.weights / start.norm, np.zeros(k)])
    low, stride = level(weights), 0.3
    for _ in range(steps):
        move = np.concatenate([np.zeros(start.weights.size), np.linalg.solve(turn.T, rng.normal(size=k))])
        tried = weights + stride * move * float(np.sqrt(weights @ gram @ weights / (move @ gram @ move)))
        found = level(tried)
        if found < low:
            low, weights, stride = found, tried, min(1.0, 1.5 * stride)
        else:
            stride = max(0.01, 0.95 * stride)
    return Residual("hardest found", vectors, weights, order)
