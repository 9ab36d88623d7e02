r"""Gradient descent on the vanilla objective from many starts at once.

.. math:: f=\tfrac12\Bigl\|\sum_ic_iu_i^{\otimes l}-\sum_jc_j^*u_j^{*\otimes l}\Bigr\|_F^2

Starts are a leading axis of one array, and those that are done leave it. Kernels: shapes are the caller's
business. All quantities are dimensionless.
"""

from dataclasses import dataclass

import numpy as np

from flowbounds.models import tensor
from flowbounds.validation import FloatArray

LOOK = 100  # steps between two looks at value and slope


@dataclass(frozen=True)
class Ends:
    """Where descents ended, one entry a start.

    Attributes
    ----------
    U, c : (starts, d, m) and (starts, m)
        Last states.
    value, slope : (starts,)
        Objective and length of its gradient, at the last look.
    steps : (starts,)
        Steps made.
    """

    U: FloatArray
    c: FloatArray
    value: FloatArray
    slope: FloatArray
    steps: FloatArray


def slopes(
    U: FloatArray, c: FloatArray, U_star: FloatArray, c_star: FloatArray, order: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Kernel: values, gradients in U and gradients in c of a batch, (s,), (s, d, m), (s, m)."""
    own, mixed = np.swapaxes(U, 1, 2) @ U, U_star.T @ U
    P, Q = tensor.power(own, order - 1), tensor.power(mixed, order - 1)
    F = U @ (c[:, :, None] * P) - U_star @ (c_star[:, None] * Q)
    with_own = np.sum(c[:, :, None] * P * own, axis=1)
    with_target = np.sum(c_star[:, None] * Q * mixed, axis=1)
    star = c_star @ tensor.power(U_star.T @ U_star, order) @ c_star
    value = 0.5 * (np.sum(c * (with_own - 2 * with_target), axis=1) + star)
    return np.maximum(value, 0.0), order * c[:, None, :] * F, with_own - with_target


def descend_many(
    U: FloatArray,
    c: FloatArray,
    U_star: FloatArray,
    c_star: FloatArray,
    order: int,
    *,
    step: float,
    steps: int,
    coefficients: bool = False,
    solved: float = 1e-8,
    stationary: float = 1e-9,
) -> Ends:
    """Kernel: at most ``steps`` steps from each start, ``coefficients`` or not being moved too.

    A start is done when its value is below ``solved`` or its slope below ``stationary``.
    """
    count = U.shape[0]
    live = np.arange(count)
    U, c = np.array(U), np.array(c)
    last_U, last_c = np.array(U), np.array(c)
    value, slope, made = np.zeros(count), np.zeros(count), np.zeros(count)
    for done in range(steps + 1):
        f, G, g = slopes(U, c, U_star, c_star, order)
        if done % LOOK == 0 or done == steps:
            size = np.sum(G * G, axis=(1, 2)) + (np.sum(g * g, axis=1) if coefficients else 0.0)
            last_U[live], last_c[live] = U, c
            value[live], slope[live], made[live] = f, np.sqrt(size), done
            open_still = (f > solved) & (slope[live] > stationary)
            live, U, c, G, g = live[open_still], U[open_still], c[open_still], G[open_still], g[open_still]
            if live.size == 0:
                break
        U = U - step * G
        if coefficients:
            c = c - step * g
    return Ends(last_U, last_c, value, slope, made)
