"""Factors and targets that the checks of Du et al. draw, derivatives by a stencil, and stationary points."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import stationary_points
from flowbounds.models import factorization as model
from flowbounds.models import factorization_curvature as hessian
from flowbounds.validation import FloatArray

SHAPES = ((1, 1, 1), (3, 2, 1), (2, 3, 2), (4, 4, 2), (3, 3, 4), (5, 4, 3))  # (n, m, k)
FAMILIES = ("no extra columns", "extra columns in U", "extra columns in V", "extra columns in both")


def orthonormal(n: int, r: int, rng: Generator) -> FloatArray:
    """Orthonormal columns, (n, r)."""
    return np.asarray(np.linalg.qr(rng.normal(size=(n, r)))[0])


def drawn(shape: Sequence[int], rng: Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Gaussian U, V and M, the factors of sizes that differ by up to a hundred."""
    n, m, k = shape
    sizes = 10.0 ** rng.uniform(-1, 1, size=2)
    return sizes[0] * rng.normal(size=(n, k)), sizes[1] * rng.normal(size=(m, k)), rng.normal(size=(n, m))


def stencil(value: Callable[[FloatArray], float], point: FloatArray, h: float) -> tuple[FloatArray, float]:
    """Derivatives along every entry by five points, exact for a quartic; and the largest value met."""
    slopes, largest = np.zeros(point.size), 0.0
    for i in range(point.size):
        unit = np.zeros(point.size)
        unit[i] = h
        near, far = (value(point + c * unit) - value(point - c * unit) for c in (1, 2))
        largest = max(largest, *(abs(value(point + c * unit)) for c in (-2, 2)))
        slopes[i] = (8 * near - far) / (12 * h)
    return slopes, largest


@dataclass(frozen=True)
class Stationary:
    """A stationary point that is not global, and what is measured of it.

    ``s`` and ``e`` are the spectral norms of residual and imbalance, ``residual`` and ``imbalance`` the
    Frobenius norms, ``curvature`` the smallest eigenvalue of the Hessian, ``slope`` the gradient's norm over
    its rounding unit, ``error`` the norm of ``Hx - curvature x``, ``fitted`` the number of singular triples.
    """

    family: str
    s: float
    e: float
    residual: float
    imbalance: float
    curvature: float
    slope: float
    error: float
    fitted: int


def measure(family: str, U: FloatArray, V: FloatArray, M: FloatArray, fitted: int = 0) -> Stationary:
    """Everything the checks need of one stationary point."""
    R, D = U @ V.T - M, model.imbalance(U, V)
    curvature, A, B = hessian.smallest_curvature(U, V, M)
    applied = hessian.hessian_apply(U, V, M, A, B)  # does not use the dense matrix
    off = np.concatenate([(applied[0] - curvature * A).ravel(), (applied[1] - curvature * B).ravel()])
    size = np.linalg.norm(M, 2)
    scale = float(size * (np.linalg.norm(U, 2) + np.linalg.norm(V, 2) + np.sqrt(size)))  # factors may vanish
    slope = max(float(np.linalg.norm(part)) for part in model.gradient(U, V, M))
    return Stationary(
        family=family,
        s=float(np.linalg.norm(R, 2)),
        e=float(np.linalg.norm(D, 2)),
        residual=float(np.linalg.norm(R)),
        imbalance=float(np.linalg.norm(D)),
        curvature=curvature,
        slope=slope / scale,
        error=float(np.linalg.norm(off)),
        fitted=fitted,
    )


def target(n: int, m: int, r: int, rng: Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Singular vectors and values of a target of rank r; one in three has a tie."""
    sigma = rng.uniform(0.3, 2.0, size=r)
    if r > 1 and rng.random() < 1 / 3:
        sigma[1] = sigma[0]
    return orthonormal(n, r, rng), sigma, orthonormal(m, r, rng)


def stationary_cases(draws: int, rng: Generator) -> Iterator[Stationary]:
    """Points of every family, ``draws`` of each, balanced ones among them; rank M is at most k."""
    for family in FAMILIES:
        done = 0
        while done < draws:
            n, m = (int(x) for x in rng.integers(2, 6, size=2))
            k = int(rng.integers(1, 5))
            r = int(rng.integers(1, min(n, m, k) + 1))
            q = int(rng.integers(0, r))
            room = k - q
            in_U = {"extra columns in U": room, "extra columns in both": room // 2}.get(family, 0)
            in_V = {"extra columns in V": room, "extra columns in both": room - room // 2}.get(family, 0)
            if (family == "extra columns in both" and room < 2) or (family == FAMILIES[0] and q == 0):
                continue
            P, sigma, Q = target(n, m, r, rng)
            spread = 10.0 ** rng.uniform(-1.0, 1.0)
            T = spread * orthonormal(q, q, rng) @ np.diag(10.0 ** rng.uniform(-0.5, 0.5, size=q))
            if rng.random() < 0.2:  # balanced, if there are no extra columns
                T = np.diag(np.sqrt(sigma[:q])) @ orthonormal(q, q, rng)
            size = 10.0 ** rng.uniform(-2, 1)
            # a column of zeros on either side is an extra column too
            extra_left = size * rng.normal(size=(n, in_U)) if in_U else np.zeros((n, room - in_V))
            extra_right = size * rng.normal(size=(m, in_V)) if in_V else None
            U, V = stationary_points.stationary_point(
                P,
                sigma,
                Q,
                mixing=T if q else None,
                extra_left=extra_left if extra_left.size else None,
                extra_right=extra_right,
                turn=orthonormal(k, k, rng),
            )
            done += 1
            yield measure(family, U, V, (P * sigma) @ Q.T, q)


def survey(draws: int, rng: Generator) -> list[Stationary]:
    """Points of every family as a list, at hand for several checks and a figure."""
    return list(stationary_cases(draws, rng))


def beyond_the_rank() -> Stationary:
    """The best fit of rank 2 to a target of rank 3, singular values 3, 2, 1: balanced and not global."""
    root = np.diag(np.sqrt([3.0, 2.0, 1.0]))[:, :2]
    return measure("rank M = 3 > k = 2", root, root, np.diag([3.0, 2.0, 1.0]), 2)
