r"""Algorithm 1 of Ge et al. (2021): subtract the best rank-one tensor, and repeat.

The residual :math:`R` is kept as vectors and weights. Its best rank-one approximation
:math:`c\,u^{\otimes4}` has :math:`c=\max_uR(u^{\otimes4})`, sought by the shifted power method

.. math:: u\leftarrow\frac{R(u^{\otimes3},I)+\alpha u}{\|R(u^{\otimes3},I)+\alpha u\|}

from many starts. With :math:`\alpha\ge-3\min_{u,v}R(u,u,v,v)` the value :math:`R(u^{\otimes4})` never
falls, because :math:`R(x^{\otimes4})+\alpha\|x\|^4` is then convex where it matters. The winner is
polished by Newton's method on the sphere, which is quadratic where the power method is linear.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from flowbounds.models import tensor
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import (
    FloatArray,
    HypothesisError,
    require_array,
    require_count,
    require_weights,
)

RESTARTS = 100  # starts of the power method at every step
ITERATIONS = 400  # budget of one step; Newton takes over from wherever the power method is
STILL = 1e-10  # the power method stops once no value rises by more than this share of |R|
TIED = 1e-8  # maximisers whose values agree to this share of |R| tie: the earliest start is taken
POLISH = 30  # budget of Newton steps; five are enough unless the maximum is degenerate
ROUNDING = 1e-14  # share of |T*| below which a residual, or a gain, is rounding
ORTHOGONAL = 1e-12  # cosines below this need no shift


@dataclass(frozen=True)
class Deflation:
    """What :func:`deflate` found: k atoms, k at most the number of steps asked for.

    Attributes
    ----------
    directions : (d, k)
        Unit vectors, in order of discovery; the entry largest in size is positive.
    coefficients : (k,)
        Positive, unless ``signed``.
    residual_norms : (k + 1,)
        Frobenius norm of the residual before the first step and after each.
    stuck : bool
        It stopped early because ``R(u^4) <= 0`` for every u, while R is not zero: no atom with a positive
        coefficient brings the model nearer, and the algorithm as written would loop for ever.
    evaluations : int
        Columns contracted with the residual, in all.
    """

    directions: FloatArray
    coefficients: FloatArray
    residual_norms: FloatArray
    stuck: bool
    evaluations: int


def deflate(
    vectors: ArrayLike, weights: ArrayLike, *, steps: int, rng: Generator, signed: bool = False
) -> Deflation:
    r"""Greedy deflation of :math:`T^*=\sum_ia_iv_i^{\otimes4}`, one rank-one tensor at a time.

    Each step takes :math:`u=\arg\max R(u^{\otimes4})` and subtracts :math:`R(u^{\otimes4})\,u^{\otimes4}`,
    which lowers :math:`\|R\|_F^2` by :math:`R(u^{\otimes4})^2`.

    Parameters
    ----------
    vectors : (d, r)
        Directions as columns, at any angle; lengths other than one count to the fourth power.
    weights : (r,)
        Non-negative.
    steps : int >= 1
        Largest number of atoms.
    rng : Generator
        Draws the starts of the power method.
    signed : bool
        Allow negative coefficients: the largest :math:`|R(u^{\otimes4})|` is taken.

    Returns
    -------
    Deflation
        Stops before ``steps`` when the residual is rounding, or stuck.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, a negative weight, a target that is zero, ``steps`` below one, an ``rng``
        that is none.

    Notes
    -----
    Orthogonal columns (no shift needed): coefficients and residuals accurate to about 1e-15. Otherwise the
    best of ``RESTARTS`` local maxima is taken for the global one, which random starts make likely and
    nothing proves. Source: ge2021.algorithm1; the stop when stuck is ours.

    >>> found = deflate([[1, 0], [0, 1], [0, 0]], [0.3, 0.7], steps=5, rng=np.random.default_rng(0))
    >>> found.coefficients.round(12).tolist(), found.stuck
    ([0.7, 0.3], False)
    """
    vectors = require_array("vectors", vectors, ("d", "r"))
    d, r = vectors.shape
    weights = require_weights("weights", weights, r)
    steps = require_count("steps", steps, 1)
    if not isinstance(rng, Generator):
        raise HypothesisError(f"rng must be a numpy Generator, got {rng!r}")
    size = float(np.sqrt(tensor.squared_norm(vectors, weights)))
    if size == 0:
        raise HypothesisError("weights and vectors give the zero tensor, of norm 0: nothing to deflate")
    gram = vectors.T @ vectors
    convex = bool(np.all(np.abs(gram - np.diag(np.diag(gram))) <= ORTHOGONAL * np.max(np.diag(gram))))

    atoms, coefficients, norms = np.empty((d, 0)), np.empty(0), [size]
    stuck, evaluations = False, 0
    while coefficients.size < steps and norms[-1] > ROUNDING * size:
        residual = (np.column_stack([vectors, atoms]), np.append(weights, -coefficients))
        best: tuple[float, FloatArray] = (0.0, np.empty(0))
        for sign in (1.0, -1.0) if signed else (1.0,):
            flipped = (residual[0], sign * residual[1])
            shift = 0.0 if convex else _shift(*flipped, norms[-1])
            value, u, spent = _largest(*flipped, shift, norms[-1], rng)
            evaluations += spent
            if value > abs(best[0]):
                best = (sign * value, u)
        if abs(best[0]) <= ROUNDING * size:
            stuck = True
            break
        atoms = np.column_stack([atoms, best[1]])
        coefficients = np.append(coefficients, best[0])
        left = np.append(weights, -coefficients)
        norms.append(float(np.sqrt(tensor.squared_norm(np.column_stack([vectors, atoms]), left))))
    return Deflation(atoms, coefficients, np.array(norms), stuck, evaluations)


def _shift(vectors: FloatArray, weights: FloatArray, norm: float) -> float:
    """A shift that makes the power method monotone: three times a bound on -min R(u, u, v, v).

    The smaller of |R|_F and the largest eigenvalue of the negative part, sum of |a| |v|^2 v v^T.
    """
    below = weights < 0
    lengths = np.sum(vectors[:, below] ** 2, axis=0)
    negative = (vectors[:, below] * (-weights[below] * lengths)) @ vectors[:, below].T
    return 3 * min(norm, float(np.linalg.norm(negative, 2)))


def _largest(
    vectors: FloatArray, weights: FloatArray, shift: float, norm: float, rng: Generator
) -> tuple[float, FloatArray, int]:
    """The largest value of R(u^4) found, its direction, and the columns contracted."""
    u = uniform_directions(vectors.shape[0], RESTARTS, rng)
    values = np.full(RESTARTS, -np.inf)
    spent = 0
    for _ in range(ITERATIONS):
        image = tensor.contract(vectors, weights, u)
        spent += RESTARTS
        before, values = values, np.sum(image * u, axis=0)
        if np.max(values - before) <= STILL * norm:
            break
        image += shift * u
        lengths = np.linalg.norm(image, axis=0)
        u = np.where(lengths > 0, image, u) / np.where(lengths > 0, lengths, 1.0)  # zero: stationary
    first = int(np.argmax(values >= np.max(values) - TIED * norm))
    value, winner, more = _polish(vectors, weights, u[:, first])
    return value, winner, spent + more


def _polish(vectors: FloatArray, weights: FloatArray, u: FloatArray) -> tuple[float, FloatArray, int]:
    """Newton's method on the sphere from ``u``, while the gradient shrinks; value, direction, evaluations."""

    def gradient(u: FloatArray) -> tuple[FloatArray, float]:
        image = tensor.contract(vectors, weights, u[:, None])[:, 0]
        value = float(image @ u)
        return image - value * u, value

    slope, value = gradient(u)
    spent = 1
    for _ in range(POLISH):
        curvature = 3 * (vectors * (weights * (u @ vectors) ** 2)) @ vectors.T - value * np.eye(u.size)
        # Bordered by u, so that the step is tangent; least squares, since flat directions are possible.
        bordered = np.block([[curvature, u[:, None]], [u[None, :], np.zeros((1, 1))]])
        step = np.linalg.lstsq(bordered, np.append(-slope, 0.0), rcond=1e-10)[0][:-1]
        trial = (u + step) / np.linalg.norm(u + step)
        new_slope, new_value = gradient(trial)
        spent += 1
        if not np.linalg.norm(new_slope) < np.linalg.norm(slope):
            break
        u, slope, value = trial, new_slope, new_value
    return value, u * np.sign(u[np.argmax(np.abs(u))]), spent
