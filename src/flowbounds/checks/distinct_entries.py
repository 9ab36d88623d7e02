"""Symmetric tensors written out by their distinct entries: the second route beside inner products of powers.

Coordinates are isometric, :math:`\\sqrt{l!/\\alpha!}` times the entry, one for each of the
:math:`N=\\binom{d+l-1}l` sorted index tuples. They are polynomials of the vectors, good at complex ones too.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowbounds.bounds.tangent_space import entries
from flowbounds.validation import FloatArray

COMPLEX_STEP = 1e-30

Numbers = NDArray[Any]  # real or complex


def powers(vectors: Numbers, order: int) -> Numbers:
    """Coordinates of the power of each column, (N, k)."""
    indices, roots = entries(order, vectors.shape[0])
    return np.asarray(roots[:, None] * np.prod(vectors[indices], axis=1))


def written_out(vectors: Numbers, weights: Numbers, order: int) -> Numbers:
    """Coordinates (N,) of the sum of weights times powers of the columns."""
    return np.asarray(powers(vectors, order) @ weights)


def contracted(coordinates: FloatArray, u: FloatArray, order: int) -> FloatArray:
    """T(u^(l-1), .) as the slope of T(x^l) at u over l, by complex steps, exact to rounding."""
    moved = u[:, None] + 1j * COMPLEX_STEP * np.eye(u.size)
    return np.asarray((coordinates @ powers(moved, order)).imag / (COMPLEX_STEP * order))
