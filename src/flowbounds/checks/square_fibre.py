r"""All pairs of square layers with a given imbalance and product: n = m, where Proposition 2 may be strict.

For n = m = h = 2 put :math:`X=W_1^\top W_1` and :math:`Y=W_2W_2^\top=X-D`. The pair (D, W) fixes tr XY and
det XY, the sum and the product of the squared singular values of W, and nothing else, so that the set of all
X is a curve, which is swept. For larger widths a local solver looks for a small value.
"""

import numpy as np
from numpy.random import Generator
from scipy.optimize import minimize

from flowbounds.bounds.two_layer_minimizer import two_layer_minimizer
from flowbounds.checks.two_layer_cases import half_eigenvalues
from flowbounds.validation import FloatArray

REAL = 1e-7  # imaginary part of a root that touches the axis, relative to the radius


def fibre_values(d: tuple[float, float], sigma: tuple[float, float], points: int = 500) -> FloatArray:
    r""":math:`\lambda_{\min}(T)` over the fibre of D = diag(d) and singular values ``sigma``, h = n = m = 2.

    With :math:`\frac12d+\rho(\cos\theta,\sin\theta)` on the diagonal of X and q the square of the entry
    beside it, the trace is :math:`\rho^2+2q=\sigma_1^2+\sigma_2^2+\frac14|d|^2`, and the determinants give a
    quartic in :math:`\rho` at each :math:`\theta`. Returns the values found, in no order.
    """
    half = np.array(d) / 2
    total, goal = sum(np.square(sigma)) + sum(half**2), float(np.prod(np.square(sigma)))
    values, ends = [], []
    for order in (sigma, sigma[::-1]):  # the two points where X is diagonal, the ends of the curve
        x = np.hypot(half, order)
        values.append(float(np.min(half + x) + np.min(x - half)))
        ends.append(np.arctan2(x[1], x[0]))
    everywhere, between = np.arange(points) / points, np.linspace(ends[0], ends[1], points + 2)[1:-1]
    for theta in np.concatenate([2 * np.pi * everywhere, between]):
        c, s = np.cos(theta), np.sin(theta)
        bend, slope, flat = c * s + 0.5, half[1] * c + half[0] * s, half[0] * half[1] - total / 2
        quartic = np.polymul([bend, slope, flat], [bend, -slope, flat])
        quartic[-1] -= goal
        roots = np.roots(quartic)
        for rho in roots.real[np.abs(roots.imag) <= REAL * np.sqrt(total)]:
            beside = (total - rho**2) / 2
            if rho < 0 or beside < 0:
                continue
            x, z = rho * c + half[0], rho * s + half[1]
            smallest = [  # of X, then of Y
                (x + z) / 2 - shift - np.hypot((x - z) / 2 - tilt, np.sqrt(beside))
                for shift, tilt in ((0.0, 0.0), (half.sum(), half[0] - half[1]))
            ]
            if min(smallest) >= 0:
                values.append(float(sum(smallest)))
    return np.array(values)


def least_found(D: FloatArray, W: FloatArray, start: list[FloatArray]) -> float:
    """The value of lambda_min(T) that a local solver (SLSQP) reaches on the fibre of (D, W), from ``start``.

    It minimises |W_1^T p|^2 + |W_2 q|^2 over layers and unit vectors, which is smooth where the eigenvalue is
    not. Infinite where it ends off the fibre. An upper estimate of alpha*, nothing more.
    """
    n, h = start[0].shape
    upper, cuts = np.triu_indices(h), np.cumsum([start[0].size, start[1].size, n])

    def split(flat: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        W1, W2, p, q = np.split(flat, cuts)
        return W1.reshape(n, h), W2.reshape(h, -1), p, q

    def value(flat: FloatArray) -> float:
        W1, W2, p, q = split(flat)
        return float(np.sum((p @ W1) ** 2) + np.sum((W2 @ q) ** 2))

    def slope(flat: FloatArray) -> FloatArray:
        W1, W2, p, q = split(flat)
        x, y = p @ W1, W2 @ q
        parts = np.outer(p, x), np.outer(y, q), W1 @ x, y @ W2
        return 2 * np.concatenate([part.ravel() for part in parts])

    def off(flat: FloatArray) -> FloatArray:
        W1, W2, p, q = split(flat)
        gap = W1.T @ W1 - W2 @ W2.T - D
        return np.concatenate([gap[upper], (W1 @ W2 - W).ravel(), [p @ p - 1, q @ q - 1]])

    def off_slope(flat: FloatArray) -> FloatArray:  # a quadratic map: its central differences are exact
        steps = np.eye(flat.size)
        return np.array([(off(flat + step) - off(flat - step)) / 2 for step in steps]).T

    vectors = np.linalg.svd(start[0])[0][:, -1], np.linalg.svd(start[1])[2][-1]
    begin = np.concatenate([part.ravel() for part in (*start, *vectors)])
    reach = 2 * max(
        1.0, float(np.sqrt(np.linalg.norm(D, 2) + np.linalg.norm(W, 2)))
    )  # beyond any of the fibre
    end = minimize(  # type: ignore[call-overload]  # the stubs want literal option keys
        value,
        np.clip(begin, -reach, reach),
        method="SLSQP",
        jac=slope,
        bounds=[(-reach, reach)] * begin.size,
        constraints={"type": "eq", "fun": off, "jac": off_slope},
        options={"maxiter": 1000, "ftol": 1e-13},
    )
    there = float(np.max(np.abs(off(end.x)))) < 1e-8 * float(np.linalg.norm(D))
    return sum(half_eigenvalues(split(end.x)[:2])) if there else np.inf


def least_of_many(D: FloatArray, W: FloatArray, *, starts: int, spread: float, rng: Generator) -> float:
    """The least value that :func:`least_found` reaches from the constructed point of the fibre, shaken.

    ``spread`` is the size of the normal noise, in units of the layers' largest entry.
    """
    built = two_layer_minimizer(D, W)
    size = spread * max(float(np.max(np.abs(layer))) for layer in built)
    found = [sum(half_eigenvalues(built))]
    for _ in range(starts):
        begin = [layer + size * rng.normal(size=layer.shape) for layer in built]
        found.append(least_found(D, W, begin))
    return min(found)
