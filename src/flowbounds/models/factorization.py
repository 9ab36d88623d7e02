r"""Matrix factorization in its two factors, with or without the term that balances them.

.. math:: f_w(U,V)=\tfrac12\|UV^\top-M\|_F^2+\tfrac w8\|D\|_F^2,

with the imbalance :math:`D=U^\top U-V^\top V`, U of shape (n, k), V (m, k) and M (n, m).
Weight w = 0 is the objective itself, w = 1 the regularised one. The residual is
written :math:`R=UV^\top-M`. All quantities are dimensionless.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import FloatArray, require_array, require_range

Pair = tuple[FloatArray, FloatArray]


def require_factors(U: ArrayLike, V: ArrayLike, M: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Kernel: U (n, k), V (m, k) and M (n, m), finite, of shapes that fit."""
    U = require_array("U", U, ("n", "k"))
    V = require_array("V", V, ("m", U.shape[1]))
    return U, V, require_array("M", M, (U.shape[0], V.shape[0]))


def require_weight(weight: float) -> float:
    """Kernel: a weight of the balancing term, finite and not negative."""
    return require_range("weight", weight, 0.0, np.inf)


def imbalance(U: ArrayLike, V: ArrayLike) -> FloatArray:
    r"""Imbalance :math:`D=U^\top U-V^\top V`, (k, k), of U (n, k) and V (m, k).

    Gradient flow of the objective without the balancing term keeps it constant; it is minus the imbalance
    of the two layers :math:`V^\top`, U of a linear network. Raises HypothesisError for shapes that do not
    fit or entries that are not finite. Source: du2018.thm2.2.

    >>> imbalance([[2.0]], [[1.0]]).tolist()
    [[3.0]]
    """
    U = require_array("U", U, ("n", "k"))
    V = require_array("V", V, ("m", U.shape[1]))
    return np.asarray(U.T @ U - V.T @ V)


def loss(U: ArrayLike, V: ArrayLike, M: ArrayLike, *, weight: float = 0.0) -> float:
    r"""Objective :math:`\tfrac12\|UV^\top-M\|_F^2+\tfrac w8\|D\|_F^2`.

    Parameters
    ----------
    U : (n, k)
    V : (m, k)
    M : (n, m)
    weight : float >= 0
        w; 0 for equation (1), 1 for the regularised equation (3).

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, a negative weight.

    Notes
    -----
    Source: du2018.eq2, du2018.eq3.

    >>> loss([[2.0]], [[1.0]], [[1.0]]), loss([[2.0]], [[1.0]], [[1.0]], weight=1.0)
    (0.5, 1.625)
    """
    U, V, M = require_factors(U, V, M)
    return value_and_gradient(M, require_weight(weight))([U, V], None)[0]


def gradient(U: ArrayLike, V: ArrayLike, M: ArrayLike, *, weight: float = 0.0) -> Pair:
    r"""Gradient :math:`(RV+\tfrac w2UD,\ R^\top U-\tfrac w2VD)` of the objective, (n, k) and (m, k).

    Parameters as :func:`~flowbounds.models.factorization.loss`.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, a negative weight.

    Notes
    -----
    Source: du2018.eq2; the terms with w are beyond the text (du2018.eq3).

    >>> [part.tolist() for part in gradient([[2.0]], [[1.0]], [[1.0]])]
    [[[1.0]], [[2.0]]]
    """
    U, V, M = require_factors(U, V, M)
    slopes = value_and_gradient(M, require_weight(weight))([U, V], None)[1]
    return slopes[0], slopes[1]


def value_and_gradient(
    M: FloatArray, weight: float = 0.0
) -> Callable[[Sequence[FloatArray], Any], tuple[float, list[FloatArray]]]:
    """Kernel: what :func:`~flowbounds.dynamics.descent.descend` descends, parameters [U, V].

    Arrays are taken as they are. Nothing is drawn: the second argument is ignored.
    """

    def run(parameters: Sequence[FloatArray], drawn: Any = None) -> tuple[float, list[FloatArray]]:
        U, V = parameters
        R = U @ V.T - M
        value, slopes = 0.5 * float(np.sum(R * R)), [R @ V, R.T @ U]
        if weight:
            D = U.T @ U - V.T @ V
            value += 0.125 * weight * float(np.sum(D * D))
            slopes = [slopes[0] + 0.5 * weight * (U @ D), slopes[1] - 0.5 * weight * (V @ D)]
        return value, slopes

    return run
