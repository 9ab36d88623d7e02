r"""Descent of the vanilla tensor model from a start of any size, beside its linearisation at that start.

The model is centred, :math:`T=\sum_ic_i(u_i^{\otimes l}-u_{i,0}^{\otimes l})` with :math:`c_i=\pm1` held
fixed, so that it starts at zero however large :math:`\nu=\|u_{i,0}\|` is. With :math:`u_i=\nu v_i` a step is

.. math:: v_i\leftarrow v_i-\frac{c_i\,(T-T^*)(v_i^{\otimes(l-1)},I)}{l\,\nu^l\max(1,\nu^{2-2l})\,\Lambda},

with :math:`\Lambda` the largest eigenvalue of the tangent Gram matrix: the longest monotone step of the
linearised model, and for :math:`\nu<1` that of components of length one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds import tangent_space
from flowbounds.models import tensor
from flowbounds.validation import (
    FloatArray,
    HypothesisError,
    require_array,
    require_count,
    require_range,
    require_unit_columns,
)


@dataclass(frozen=True)
class LazyRun:
    """Where descent and its linearisation are after some steps; B targets, each a run of its own.

    Attributes
    ----------
    error : (B,)
        :math:`\\|T-T^*\\|_F` of descent.
    linear : (B,)
        The same of the model linearised at the start, after as many steps of the same length.
    floor : (B,)
        The distance of the target from the tangent space: where the linearised model ends.
    moved : (B,)
        Largest :math:`\\|u_i-u_{i,0}\\|/\\nu` of the m components.
    """

    error: FloatArray
    linear: FloatArray
    floor: FloatArray
    moved: FloatArray


def lazy_descent(
    directions: ArrayLike, signs: ArrayLike, targets: ArrayLike, order: int, *, size: float, steps: int
) -> LazyRun:
    r"""Descend towards each of B targets :math:`u^{*\otimes l}` from components of length ``size``.

    Parameters
    ----------
    directions : (d, m)
        Unit directions of the components at the start.
    signs : (m,)
        The coefficients :math:`c_i`, each +1 or -1.
    targets : (d, B)
        The vectors :math:`u^*`, unit columns.
    order : int >= 2
        The order l.
    size : float > 0
        :math:`\nu`; large for lazy training.
    steps : int >= 0

    Returns
    -------
    LazyRun

    Raises
    ------
    HypothesisError
        Shapes that do not fit, columns that are not unit, signs that are none, numbers out of range.

    Notes
    -----
    The model is a difference of terms of size :math:`\nu^l`, so errors below :math:`10^{-15}\nu^l` are
    rounding; the linearisation is exact to rounding at any number of steps. Source: wang2020.thm1.gd, beyond
    the text.

    >>> run = lazy_descent([[1.0], [0.0]], [1.0], [[0.6], [0.8]], 3, size=100.0, steps=400)
    >>> bool(abs(run.error[0] - run.floor[0]) < 1e-4)
    True
    """
    V0 = require_unit_columns("directions", directions, ("d", "m"))
    c = require_array("signs", signs, (V0.shape[1],))
    if (np.abs(c) != 1).any():
        raise HypothesisError(f"signs must be +1 or -1, got {c[np.abs(c) != 1][0]:g}")
    stars = require_unit_columns("targets", targets, (V0.shape[0], "B"))
    order, steps = require_count("order", order, 2), require_count("steps", steps, 0)
    size = require_range("size", size, 0.0, np.inf, open_ends=True)

    model = _linearised(V0, stars, order)
    scale, share = float(size**order), min(1.0, size ** (2 * order - 2))
    rate = share / (order * scale * model.largest)
    V = np.repeat(V0[None], stars.shape[1], axis=0)
    U = stars.T[:, :, None]
    for _ in range(steps):
        V = V - rate * c * _residual_contraction(V, V0, c, U, scale, order)

    errors = []
    for final, star in zip(V, stars.T, strict=True):
        vectors = np.hstack([size * final, size * V0, star[:, None]])
        errors.append(np.sqrt(tensor.squared_norm(vectors, np.concatenate([c, -c, [-1.0]]), order)))
    moved = np.max(np.linalg.norm(V - V0, axis=1), axis=1)
    return LazyRun(np.array(errors), model.error(steps, share), model.floor, moved)


def _residual_contraction(
    V: FloatArray, V0: FloatArray, c: FloatArray, U: FloatArray, scale: float, order: int
) -> FloatArray:
    r"""Contractions :math:`(T-T^*)(v_i^{\otimes(l-1)},I)` of each run, (B, d, m)."""
    now = V @ (c[:, None] * tensor.power(np.swapaxes(V, 1, 2) @ V, order - 1))
    then = V0 @ (c[:, None] * tensor.power(V0.T @ V, order - 1))
    aim = U * tensor.power(np.swapaxes(U, 1, 2) @ V, order - 1)
    return np.asarray(scale * (now - then) - aim)


def steps_to_floor(
    directions: ArrayLike, targets: ArrayLike, order: int, *, within: float, limit: int = 2**20
) -> int:
    r"""Steps after which the linearised model is within a share of the floor, for every target.

    Rounded up to a power of two; the step is that of :func:`~flowbounds.dynamics.lazy_descent.lazy_descent`
    from a size of one or more, where it does not depend on the size. Their number grows with the condition
    of the tangent Gram matrix.

    Parameters
    ----------
    directions : (d, m)
        Unit directions of the components at the start.
    targets : (d, B)
        The vectors :math:`u^*`, unit columns.
    order : int >= 2
    within : float > 0
        Relative excess of the error over the floor.
    limit : int >= 1
        Returned where more would be needed, as it is where the floor is zero.

    Returns
    -------
    int

    Raises
    ------
    HypothesisError
        Shapes that do not fit, columns that are not unit, numbers out of range.

    Notes
    -----
    Closed form, no descent. Source: beyond the text (wang2020.thm1.gd).

    >>> steps_to_floor([[1.0], [0.0]], [[0.6], [0.8]], 3, within=0.01)
    4
    """
    V0 = require_unit_columns("directions", directions, ("d", "m"))
    stars = require_unit_columns("targets", targets, (V0.shape[0], "B"))
    order, limit = require_count("order", order, 2), require_count("limit", limit, 1)
    within = require_range("within", within, 0.0, np.inf, open_ends=True)
    model = _linearised(V0, stars, order)
    steps = 1
    while steps < limit and np.any(model.error(steps, 1.0) > (1 + within) * model.floor):
        steps *= 2
    return min(steps, limit)


@dataclass(frozen=True)
class _Linearised:
    """A convex problem in its modes: the floor (B,), eigenvalues (k,) over the largest, parts (k, B)."""

    floor: FloatArray
    curvatures: FloatArray
    parts: FloatArray
    largest: float

    def error(self, steps: int, share: float) -> FloatArray:
        """Error after steps that are a share of the longest monotone one."""
        left = (1 - share * self.curvatures) ** steps
        return np.asarray(np.sqrt(self.floor**2 + np.sum((left[:, None] * self.parts) ** 2, axis=0)))


def _linearised(V0: FloatArray, stars: FloatArray, order: int) -> _Linearised:
    """The model linearised at V0 with one target a column, from its tangent columns."""
    aims = tangent_space.coordinates_of_each(stars, order)
    modes, sizes, _ = np.linalg.svd(tangent_space.tangent_columns(V0, order), full_matrices=True)
    rank = int(np.sum(sizes > tangent_space.RANK_CUT * sizes[0]))
    parts = modes.T @ aims
    floor = np.sqrt(np.sum(parts[rank:] ** 2, axis=0))
    return _Linearised(floor, (sizes[:rank] / sizes[0]) ** 2, parts[:rank], float(sizes[0] ** 2))
