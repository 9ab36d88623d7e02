"""Trials around the bad minimum of Theorem 2 in Wang et al., for the vanilla and the 2-homogeneous model.

Every trial is evaluated twice: the objective itself by inner products, and the sum of terms that the proof
reads off, in which nothing cancels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import bad_minimum
from flowbounds.models import scaled_tensor_fit, tensor
from flowbounds.validation import FloatArray

ORDERS = (3, 4, 5, 6)
MISSING = (1, 2, 3, 5)  # values of r
SIZES = (1e-6, 1e-4, 1e-2, 0.1, 1.0, 10.0)  # of the displacement of a component
ROUNDING = 1e-12  # of the value at the point: sums of a few hundred terms of size up to 600
NOISE = 2e-14  # differences of two routes below it are rounding: their decade is the machine's


@dataclass(frozen=True)
class Trials:
    """Displaced points: ``rise`` is f - f* in units of f*, ``terms`` the same from the proof's terms."""

    size: FloatArray
    rise: FloatArray
    terms: FloatArray
    where: tuple[str, ...]

    @property
    def descent(self) -> float:
        """Largest fall below the value at the point, zero if there is none."""
        return max(0.0, -float(np.min(self.rise)))

    @property
    def disagreement(self) -> float:
        """Largest difference of the two routes, in units of f* + f."""
        return float(np.max(np.abs(self.rise - self.terms) / (2 + np.abs(self.terms))))


def missing_form(U: FloatArray, order: int, r: int) -> FloatArray:
    """D at the columns of U, from its formula: (m,)."""
    head = tensor.power(U[0], order - 2)
    return np.asarray(order * (order - 1) / 2 * head * np.sum(U[1 : r + 1] ** 2, axis=0))


def points(orders: Sequence[int], missing: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
    """(order, r, d, m): no spare dimension and the theorem's least m, then spare ones and few components."""
    for order in orders:
        for r in missing:
            yield order, r, r + 1, r * (order + 1) + 1
            yield order, r, r + 3, 4


def into_region(U: FloatArray, c: FloatArray, order: int) -> FloatArray:
    """Coefficients with the signs of the region: c_i u_i1^(l-2) >= 0."""
    negative = c * tensor.power(np.sign(U[0]), order - 2) < 0
    return np.where(negative, -c, c)


def in_ball(U: FloatArray, c: FloatArray, order: int) -> FloatArray:
    """Coefficients as drawn: in a small ball nothing needs to be moved."""
    return c


def vanilla_trials(
    settings: Sequence[tuple[int, int, int, int]],
    draws: int,
    rng: Generator,
    *,
    sizes: Sequence[float] = SIZES,
    residual_scale: float = 1.0,
    signs_kept: bool = True,
) -> Trials:
    """Displacements of every size, coefficients by up to as much; with ``signs_kept`` inside the region."""
    rows, names = [], []
    adjust = into_region if signs_kept else in_ball
    for order, r, d, m in settings:
        at = bad_minimum.bad_minimum(order, r, d, m, residual_scale=residual_scale)
        axis = np.eye(d, 1)
        for size in sizes:
            for _ in range(draws):
                U = at.U + size * rng.normal(size=(d, m)) / np.sqrt(d)
                c = adjust(U, 1.0 + size * rng.uniform(-1, 1, size=m), order)
                f = scaled_tensor_fit.vanilla_loss(U, c, at.U_star, at.c_star, order)
                away = scaled_tensor_fit.vanilla_loss(U, c, axis, [1.0], order)
                terms = residual_scale * float(c @ missing_form(U, order, r)) + away
                rows.append((size, f / at.value - 1, terms / at.value))
                names.append(f"order {order}, r = {r}, m = {m}, displaced by {size:g}")
    size, rise, terms = np.array(rows).T
    return Trials(size, rise, terms, tuple(names))


def scaled_trials(
    settings: Sequence[tuple[int, int, int, int]],
    draws: int,
    rng: Generator,
    *,
    kappa: float,
    lam: float,
    sizes: Sequence[float] = SIZES,
    flip: bool = False,
) -> Trials:
    """The same for the 2-homogeneous model, the signs a_i being those of the region."""
    rows, names = [], []
    for order, r, d, m in settings:
        at = bad_minimum.scaled_bad_minimum(order, r, d, m, kappa=kappa, lam=lam, flip=flip)
        axis = np.eye(d, 1)
        for size in sizes:
            for _ in range(draws):
                U = at.U + size * rng.normal(size=(d, m)) / np.sqrt(d)
                a = into_region(U, rng.choice([-1.0, 1.0], size=m), order)
                n = np.linalg.norm(U, axis=0)
                C, V, weights = 1 / n, U / n, a * n**2
                f = scaled_tensor_fit.loss(U, C, C, a, at.U_star, at.c_star, order, lam=lam)
                away = scaled_tensor_fit.vanilla_loss(V, weights, axis, [kappa], order)
                kept = lam * float(np.sum(n**2 - weights * tensor.power(V[0], order)))
                terms = away + at.residual_scale * float(weights @ missing_form(V, order, r)) + kept
                rows.append((size, f / at.value - 1, terms / at.value))
                names.append(f"order {order}, r = {r}, m = {m}, displaced by {size:g}")
    size, rise, terms = np.array(rows).T
    return Trials(size, rise, terms, tuple(names))
