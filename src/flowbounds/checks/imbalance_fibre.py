r"""The least values that a local solver finds on a fibre: all layers with given imbalances.

Turning a hidden layer, :math:`W_l\to W_lO` and :math:`W_{l+1}\to O^\top W_{l+1}`, maps the fibre of
:math:`D_l` onto that of :math:`O^\top D_lO` and leaves T alone; turning :math:`W_1` by n rows leaves the
imbalances alone. So diagonal D are all there is, and the vector at which an end product is smallest may be
the first unit vector, the matrix at which T is smallest diagonal. What is left is smooth: SLSQP from random
starts. Each value is an upper estimate of the least one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from scipy.optimize import minimize

from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray

ON_IT = 1e-8  # largest misfit of an imbalance, of eigenvalues of order one, at which an end counts
STEP = 1e-6  # of central differences of polynomials of order one
SPREAD = 1.5  # of the entries of a start

Value = Callable[[Weights, FloatArray], FloatArray]  # of one network or of a stack of them


@dataclass(frozen=True)
class Fibre:
    """Eigenvalues of the imbalances and the sizes n, h_1, ..., h_{L-1}, m of layers."""

    sizes: tuple[int, ...]
    spectra: tuple[tuple[float, ...], ...]

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.sizes) - 1

    @property
    def Ds(self) -> list[FloatArray]:
        """Diagonal imbalances of these eigenvalues."""
        return [np.diag(np.array(one)) for one in self.spectra]


def split(flat: FloatArray, sizes: Sequence[int]) -> tuple[Weights, FloatArray]:
    """The layers in the last axis of ``flat``, stacked along any others, and what is left of it."""
    layers, at = [], 0
    for rows, columns in pairwise(sizes):
        entries = flat[..., at : at + rows * columns]
        layers.append(entries.reshape(*flat.shape[:-1], rows, columns))
        at += rows * columns
    return layers, flat[..., at:]


def left_product(length: int) -> Value:
    """|P^T e_1|^2 of the first ``length`` layers."""

    def value(weights: Weights, _: FloatArray) -> FloatArray:
        row = weights[0][..., :1, :]
        for layer in weights[1:length]:
            row = row @ layer
        return np.asarray(np.sum(row**2, axis=(-2, -1)))

    return value


def right_product(length: int) -> Value:
    """|Q e_1|^2 of the last ``length`` layers."""

    def value(weights: Weights, _: FloatArray) -> FloatArray:
        column = weights[-1][..., :1]
        for layer in weights[-length:-1][::-1]:
            column = layer @ column
        return np.asarray(np.sum(column**2, axis=(-2, -1)))

    return value


def rayleigh(weights: Weights, e: FloatArray) -> FloatArray:
    """The quotient <E, T(E)> of the diagonal E with the unit vector ``e`` on its diagonal."""
    size = e.shape[-1]
    rows, columns = [np.eye(size)], [np.eye(size)]
    for k, layer in enumerate(weights[:-1]):
        rows.append(layer[..., :size, :] if k == 0 else rows[-1] @ layer)
    for k, layer in enumerate(weights[:0:-1]):
        columns.append(layer[..., :size] if k == 0 else layer @ columns[-1])
    parts = (
        np.sum(((row.mT * e[..., None, :]) @ column.mT) ** 2, axis=(-2, -1))
        for row, column in zip(rows, columns[::-1], strict=True)
    )
    return np.asarray(sum(parts))


def least_from(value: Value, fibre: Fibre, start: FloatArray) -> tuple[float, Weights]:
    """Where SLSQP ends: the value, infinite off the fibre, and the layers."""
    Ds, sizes = fibre.Ds, fibre.sizes
    upper = [np.triu_indices(D.shape[0]) for D in Ds]
    steps = np.eye(start.size)

    def off(flat: FloatArray) -> FloatArray:
        weights, e = split(flat, sizes)
        gaps = [
            (left.mT @ left - right @ right.mT - D)[..., rows, columns]
            for (left, right), D, (rows, columns) in zip(pairwise(weights), Ds, upper, strict=True)
        ]
        return np.concatenate([*gaps, np.sum(e**2, axis=-1, keepdims=True) - 1], axis=-1)

    def off_slope(flat: FloatArray) -> FloatArray:  # a quadratic map: its central differences are exact
        return np.asarray((off(flat + steps) - off(flat - steps)).T / 2)

    def at(flat: FloatArray) -> float:
        return float(value(*split(flat, sizes)))

    def slope(flat: FloatArray) -> FloatArray:
        ahead, behind = (value(*split(flat + step * steps, sizes)) for step in (STEP, -STEP))
        return np.asarray((ahead - behind) / (2 * STEP))

    end = minimize(  # type: ignore[call-overload]  # the stubs want literal option keys
        at,
        start,
        method="SLSQP",
        jac=slope,
        constraints={"type": "eq", "fun": off, "jac": off_slope},
        options={"maxiter": 500, "ftol": 1e-14},
    )
    there = bool(np.max(np.abs(off(end.x))) < ON_IT)
    return (float(end.fun) if there else np.inf), split(end.x, sizes)[0]


def least(value: Value, fibre: Fibre, starts: int, rng: Generator) -> tuple[float, Weights]:
    """The least of many starts, and its layers."""
    found = []
    count = sum(rows * columns for rows, columns in pairwise(fibre.sizes))
    for _ in range(starts):
        e = rng.normal(size=min(fibre.sizes[0], fibre.sizes[-1]))
        start = np.concatenate([SPREAD * rng.normal(size=count), e / np.linalg.norm(e)])
        found.append(least_from(value, fibre, start))
    return min(found, key=lambda one: one[0])


@dataclass(frozen=True)
class Minima:
    """Least values on a fibre: of the Rayleigh quotient of T, of the left and of the right products.

    ``left[k]`` and ``right[k]`` are those of k layers, k = 0, ..., L - 1; ``weights`` the layers at which
    the quotient is least.
    """

    tangent: float
    left: tuple[float, ...]
    right: tuple[float, ...]
    weights: Weights

    @property
    def terms(self) -> FloatArray:
        """The products of a left and a right minimum, one for each layer."""
        return np.asarray(np.multiply(self.left, self.right[::-1]))


def minima(fibre: Fibre, starts: int, rng: Generator) -> Minima:
    """All 2 L - 1 minima, each by its own searches."""
    tangent, weights = least(rayleigh, fibre, starts, rng)
    lengths = range(1, fibre.depth)
    left = [least(left_product(k), fibre, starts, rng)[0] for k in lengths]
    right = [least(right_product(k), fibre, starts, rng)[0] for k in lengths]
    return Minima(tangent, (1.0, *left), (1.0, *right), weights)
