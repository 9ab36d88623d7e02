r"""Rate bound of three layers :math:`W=W_1W_2W_3`, from the two imbalances alone.

With W_1 (n, h_1), W_2 (h_1, h_2) and W_3 (h_2, m) the smallest eigenvalue of the tangent operator is at least

.. math:: \lambda_n(W_1W_2W_2^\top W_1^\top)+\lambda_n(W_1W_1^\top)\,\lambda_m(W_3^\top W_3)
          +\lambda_m(W_3^\top W_2^\top W_2W_3),

and each factor has a lower bound in the spectra of :math:`D_{21}=-D_1` and :math:`D_{23}=D_2`. Eigenvalues
are in decreasing order; :math:`\lambda_i=+\infty` for i <= 0, and beyond the size of a matrix it is left out
of a maximum. The slides print two Deltas without the square they need: without it the bound is violated by
small weights.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.two_layer_rates import spectrum, symmetric
from flowbounds.validation import FloatArray, require_count


@dataclass(frozen=True)
class ThreeLayerParts:
    r"""The pieces of the three-layer bound: two Deltas a side, and what they bound from below.

    Attributes
    ----------
    delta_21, delta_21_2 : float
        :math:`\Delta_{21}\ge0` and :math:`\Delta_{21}^{(2)}`, the latter of either sign.
    delta_23, delta_23_2 : float
        The same of the other side.
    first, last : float >= 0
        At most :math:`\lambda_n(W_1W_1^\top)` and :math:`\lambda_m(W_3^\top W_3)`; the Deltas themselves.
    first_two, last_two : float >= 0
        :math:`\tfrac12(\Delta^{(2)}+\Delta^2)`, without cancellation: at most
        :math:`\lambda_n(W_1W_2W_2^\top W_1^\top)` and :math:`\lambda_m(W_3^\top W_2^\top W_2W_3)`.
    """

    delta_21: float
    delta_21_2: float
    first_two: float
    delta_23: float
    delta_23_2: float
    last_two: float

    @property
    def first(self) -> float:
        """Lower bound of the n-th eigenvalue of W_1 W_1^T."""
        return self.delta_21

    @property
    def last(self) -> float:
        """Lower bound of the m-th eigenvalue of W_3^T W_3."""
        return self.delta_23

    @property
    def rate(self) -> float:
        """Lower bound of the smallest eigenvalue of T."""
        return self.first_two + self.first * self.last + self.last_two


def middle_spectrum(first: FloatArray, last: FloatArray) -> FloatArray:
    r"""Kernel: :math:`\max(\lambda_i(D_{21}),\lambda_i(D_{23}),0)`, as long as the longer of the spectra.

    The squared singular values of W_2 are at least these, because W_2 W_2^T - D_21 = W_1^T W_1 and
    W_2^T W_2 - D_23 = W_3 W_3^T are positive semidefinite.
    """
    result = np.zeros(max(first.size, last.size))
    for values in (first, last):
        result[: values.size] = np.maximum(result[: values.size], values)
    return result


def shifted(values: FloatArray, k: int) -> FloatArray:
    r"""Kernel: :math:`\lambda_{i-k}` for i = 1, ..., h, with :math:`+\infty` where i <= k."""
    ahead = min(k, values.size)
    return np.concatenate([np.full(ahead, np.inf), values[: values.size - ahead]])


def deltas(values: FloatArray, middle: FloatArray, n: int) -> tuple[float, float, float]:
    r"""Kernel: :math:`\Delta`, :math:`\Delta^{(2)}` and :math:`\tfrac12(\Delta^{(2)}+\Delta^2)` of one side.

    With x the spectrum of the middle layer and :math:`\delta_i=[x_i-\lambda_{i+1-n}]_+` the last is
    :math:`\sum_i\delta_ix_i+\sum_{i<j}\delta_i\delta_j`, a sum of non-negative terms.
    """
    x = middle[: values.size]
    kept = np.minimum(x, shifted(values, n - 1))
    drop = x - kept
    pairs = float(drop[1:] @ np.cumsum(drop)[:-1])
    return float(np.sum(drop)), float(drop @ (x + kept)), float(drop @ x) + pairs


def without_squares(parts: ThreeLayerParts) -> float:
    """Kernel: the bound as printed in the slides, a Delta where its square is meant; no bound."""
    first = (parts.delta_21_2 + parts.delta_21) / 2
    last = (parts.delta_23_2 + parts.delta_23) / 2
    return first + parts.first * parts.last + last


def three_layer_parts(D1: ArrayLike, D2: ArrayLike, n: int, m: int) -> ThreeLayerParts:
    r"""The pieces of the three-layer bound, each a bound of its own.

    With :math:`D_{21}=-D_1`, :math:`D_{23}=D_2`,
    :math:`\bar\Delta_i=\max(\lambda_i(D_{21}),\lambda_i(D_{23}),0)` and
    :math:`y_i=\min(\bar\Delta_i,\lambda_{i+1-n}(D_{21}))`, which is :math:`\bar\Delta_i` for i < n,

    .. math:: \Delta_{21}=\sum_{i\le h_1}(\bar\Delta_i-y_i),\qquad
              \Delta_{21}^{(2)}=\sum_{i\le h_1}(\bar\Delta_i^2-y_i^2),

    and the other side with :math:`h_2`, m and :math:`D_{23}`. Arguments and errors as
    :func:`~flowbounds.bounds.three_layer_rates.three_layer_rate`; what each piece bounds is in
    :class:`~flowbounds.bounds.three_layer_rates.ThreeLayerParts`. Source: min2022.three.pieces.

    >>> three_layer_parts([[-2.0]], [[3.0]], 1, 1)  # w_1^2 >= 1 and w_3^2 >= 0, as w_2^2 >= 3
    ThreeLayerParts(delta_21=1.0, delta_21_2=5.0, first_two=3.0, delta_23=0.0, delta_23_2=0.0, last_two=0.0)
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    first, last = spectrum(-symmetric("D1", D1)), spectrum(symmetric("D2", D2))
    middle = middle_spectrum(first, last)
    return ThreeLayerParts(*deltas(first, middle, n), *deltas(last, middle, m))


def three_layer_rate(D1: ArrayLike, D2: ArrayLike, n: int, m: int) -> float:
    r"""Lower bound on :math:`\lambda_{\min}(T)` of three layers, with the squares the slides leave out.

    .. math:: \alpha=\tfrac12\bigl(\Delta_{21}^{(2)}+\Delta_{21}^2\bigr)+\Delta_{21}\Delta_{23}
              +\tfrac12\bigl(\Delta_{23}^{(2)}+\Delta_{23}^2\bigr)

    with the Deltas of :func:`~flowbounds.bounds.three_layer_rates.three_layer_parts`.

    Parameters
    ----------
    D1 : (h1, h1)
        Imbalance :math:`W_1^\top W_1-W_2W_2^\top`, symmetric.
    D2 : (h2, h2)
        Imbalance :math:`W_2^\top W_2-W_3W_3^\top`, symmetric.
    n, m : int >= 1
        Shape of the product.

    Returns
    -------
    float >= 0
        For all widths. Where layers have these imbalances it is their least :math:`\lambda_{\min}(T)`:
        :func:`~flowbounds.bounds.three_layer_minimizer.three_layer_minimizer` builds some that attain it.
        Imbalances no layers have are not noticed here.

    Raises
    ------
    HypothesisError
        A matrix that is not finite or not symmetric, a size below one.

    Notes
    -----
    Accurate to rounding of the square of the largest eigenvalue of D1 and D2. Source: min2022.three.alpha.

    >>> three_layer_rate([[1.0]], [[2.0]], 1, 1)  # the last weight is the smallest: (1 + 2) * 2
    6.0
    """
    return three_layer_parts(D1, D2, n, m).rate
