"""The tensor power method: the discrete relative of equation (1)."""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models import tensor
from flowbounds.validation import (
    FloatArray,
    HypothesisError,
    require_basis,
    require_count,
    require_unit_columns,
    require_weights,
)


def power_method(
    directions: ArrayLike, a: ArrayLike, steps: int, *, basis: ArrayLike | None = None, order: int = 4
) -> FloatArray:
    r"""Iterates of the power method of :math:`T^*=\sum_ia_iv_i^{\otimes l}` from several starts.

    .. math:: w\leftarrow\frac{T^*(w^{\otimes(l-1)},I)}{\|T^*(w^{\otimes(l-1)},I)\|} .

    Parameters
    ----------
    directions : (d, m)
        Unit columns, one start each.
    a : (r,)
        Weights, non-negative.
    steps : int >= 0
    basis : (d, r), optional
        Directions :math:`v_i` as columns; the first r unit vectors by default.
    order : int >= 3
        The order l.

    Returns
    -------
    (d, m, steps + 1) array
        The starts and every iterate.

    Raises
    ------
    HypothesisError
        Directions that are not unit, shapes that do not fit, a negative weight, a number of steps that
        is not a whole one, a start that the tensor maps to zero.

    Notes
    -----
    For orthonormal :math:`v_i` and l = 4 a step cubes the numbers :math:`\sqrt{a_i}\,|\langle v_i,w\rangle|`,
    up to a common factor, and with them the lead of the largest. A tie that floating point represents exactly
    (weights that differ by a power of four) stays exact. No shift and no stopping rule: this is the
    plain method. Source: ge2021.power_method.

    >>> power_method([[0.6], [0.8]], [1.0, 0.5], 6)[:, 0, -1].round(6).tolist()
    [1.0, 0.0]
    """
    a = require_weights("a", a)
    u = require_unit_columns("directions", directions, ("d", "m"))
    basis = require_basis(basis, u.shape[0], a.size)
    order, steps = require_count("order", order, 3), require_count("steps", steps, 0)
    iterates = [u]
    for step in range(steps):
        image = tensor.contract(basis, a, iterates[-1], order)
        lengths = np.linalg.norm(image, axis=0)
        if not lengths.all():
            lost = int(np.argmin(lengths))
            raise HypothesisError(f"directions: column {lost} is mapped to zero at step {step + 1}")
        iterates.append(np.asarray(image / lengths))
    return np.stack(iterates, axis=2)
