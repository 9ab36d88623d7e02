r"""Rate bounds of deep linear networks with semidefinite imbalances, of one sign on either side of a layer.

The imbalances are :math:`D_l=W_l^\top W_l-W_{l+1}W_{l+1}^\top`, l = 1, ..., L - 1, of any widths;
eigenvalues are decreasing, and :math:`\lambda_k(D)=0` beyond the size of D. When :math:`D_l\succeq0` before
a layer :math:`l^*` and :math:`D_l\preceq0` from it on, the layers grow outwards from :math:`l^*`, and the
network is bounded by a scalar one with the imbalances

.. math:: d_l=\lambda_n(D_l)\ (l<l^*),\qquad d_l=-\lambda_m(-D_l)\ (l\ge l^*).

Beyond the text, which has no bound for more than three layers; novelty is not claimed, and the published
paper, which is not our source, treats deep networks too.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.imbalance_spectra import imbalance_list, spectra
from flowbounds.bounds.scalar_rates import scalar_rate, scalar_squares
from flowbounds.bounds.short_product import short_product_rate
from flowbounds.bounds.two_layer_rates import positive_part
from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range

__all__ = ["one_sided_rate", "short_product_rate", "unimodal_rate"]

ROUNDING = 1e-12  # of the largest eigenvalue (or of sigma^(2/L)): eigenvalues that count as zero


def smallest_layer(values: list[FloatArray]) -> int:
    """Kernel: the layer l* (from 1); a HypothesisError names the imbalance that is in no such order."""
    small = ROUNDING * max((float(np.max(np.abs(one))) for one in values), default=0.0)
    negative = [k for k, one in enumerate(values) if one[-1] < -small]
    if not negative:
        return len(values) + 1
    first = negative[0]
    for k in range(first, len(values)):
        if values[k][0] > small:
            why = f"D_{first + 1} has the negative eigenvalue {values[first][-1]:.3g}"
            raise HypothesisError(
                f"Ds[{k}] (D_{k + 1}) must be negative semidefinite, since {why}, "
                f"got the eigenvalue {values[k][0]:.3g}"
            )
    return first + 1


def sides(values: list[FloatArray], sigma: float) -> list[int]:
    """Kernel: which of l* = L (all of them positive semidefinite) and l* = 1 (all negative) hold."""
    depth = len(values) + 1
    largest = max(float(np.max(np.abs(one))) for one in values)
    small = ROUNDING * max(largest, sigma ** (2 / depth))
    top, bottom = [float(one[0]) for one in values], [float(one[-1]) for one in values]
    found = [layer for layer, holds in ((depth, min(bottom) >= -small), (1, max(top) <= small)) if holds]
    if not found:
        up, down = int(np.argmax(top)), int(np.argmin(bottom))
        raise HypothesisError(
            "Ds must all be positive semidefinite or all be negative semidefinite, got the eigenvalue "
            f"{top[up]:.3g} in Ds[{up}] (D_{up + 1}) and {bottom[down]:.3g} in Ds[{down}] (D_{down + 1})"
        )
    return found


def scalar_imbalances(values: list[FloatArray], n: int, m: int, layer: int) -> FloatArray:
    """Kernel: the imbalances d_l of the scalar network with l* = ``layer``."""
    return np.array(
        [
            positive_part(one, n) if k < layer else -positive_part(-one[::-1], m)
            for k, one in enumerate(values, start=1)
        ]
    )


def unimodal_rate(Ds: Sequence[ArrayLike], n: int, m: int) -> float:
    r"""Lower bound on :math:`\lambda_{\min}(T)` from ordered imbalances alone.

    .. math:: \prod_{i<l^*}\Bigl(\sum_{j=i}^{l^*-1}\lambda_n(D_j)\Bigr)
              \prod_{i>l^*}\Bigl(\sum_{j=l^*}^{i-1}\lambda_m(-D_j)\Bigr)

    for :math:`D_l\succeq0`, :math:`l<l^*`, and :math:`D_l\preceq0`, :math:`l\ge l^*`, for some layer
    :math:`l^*` in 1, ..., L, which is found here.

    Parameters
    ----------
    Ds : list of (h_l, h_l) arrays
        The L - 1 imbalances, symmetric; a number counts as 1 x 1. An empty list is one layer, of rate one.
    n, m : int >= 1
        Shape of the product.

    Returns
    -------
    float >= 0
        The least :math:`\lambda_{\min}(T)` of all weights with these imbalances; attained by
        :func:`~flowbounds.bounds.deep_minimizers.unimodal_minimizer`, whose layer l* is zero.

    Raises
    ------
    HypothesisError
        A matrix that is not finite or not symmetric; imbalances that are not ordered so, with the layer and
        its eigenvalue. Eigenvalues below 1e-12 of the largest count as zero, and the result is accurate to
        that: of balanced layers pass zeros, not their rounding.

    Notes
    -----
    For three layers it is min2022.three.ordered, for scalars Proposition 1 at w = 0. Source: beyond the text.

    >>> unimodal_rate([[[2.0]], [[3.0]]], 1, 1)  # (2 + 3) 3
    15.0
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    values = spectra(imbalance_list(Ds))
    layer = smallest_layer(values)
    return scalar_rate(scalar_imbalances(values, n, m, layer), 0.0) if values else 1.0


def one_sided_rate(Ds: Sequence[ArrayLike], n: int, m: int, sigma: float) -> float:
    r"""Lower bound on :math:`\lambda_{\min}(T)` from imbalances of one sign and the smallest singular value.

    For :math:`D_l\succeq0`, all l, :math:`c_i=\sum_{j=i}^{L-1}\lambda_n(D_j)` and :math:`c_L=0`:

    .. math:: \prod_{i=1}^{L-1}(t+c_i),\qquad t\ge0:\ \prod_{i=1}^L(t+c_i)=\sigma_n^2(W);

    for :math:`D_l\preceq0` its mirror image, with :math:`\lambda_m(-D_l)` and :math:`\sigma_m(W)`.

    Parameters
    ----------
    Ds : list of (h_l, h_l) arrays
        The L - 1 imbalances, symmetric; a number counts as 1 x 1. An empty list is one layer, of rate one.
    n, m : int >= 1
        Shape of the product.
    sigma : float >= 0
        Lower bound on :math:`\sigma_{\min(n,m)}(W)`, such as :func:`~flowbounds.bounds.rates.margin`; the
        other of :math:`\sigma_n` and :math:`\sigma_m` is zero when n and m differ.

    Returns
    -------
    float >= 0
        Non-decreasing in ``sigma``; :math:`\sigma^{2-2/L}` for D = 0. The least possible
        :math:`\lambda_{\min}(T)` for n < m and :math:`D_l\succeq0`, and for n > m and :math:`D_l\preceq0`,
        attained by :func:`~flowbounds.bounds.deep_minimizers.one_sided_minimizer`.

    Raises
    ------
    HypothesisError
        A matrix that is not finite or not symmetric, a negative ``sigma``; imbalances of both signs, with the
        layers and their eigenvalues. Eigenvalues below 1e-12 of the largest, or of
        :math:`\sigma^{2/L}`, count as zero, and the result is accurate to that.

    Notes
    -----
    The formula :math:`\sqrt{(\prod c_i)^2+(L\sigma^{2-2/L})^2}` of scalars is false for matrices. Source:
    beyond the text.

    >>> round(one_sided_rate([[[3.0]]], 1, 2, 2.0), 12)  # t (t + 3) = 4
    4.0
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    sigma = require_range("sigma", sigma, 0.0, np.inf)
    values = spectra(imbalance_list(Ds))
    if not values:
        return 1.0
    found = []
    for layer in sides(values, sigma):
        inner = n if layer > 1 else m
        squares = scalar_squares(scalar_imbalances(values, n, m, layer), sigma if inner == min(n, m) else 0.0)
        found.append(float(np.prod(squares[:-1] if layer > 1 else squares[1:])))
    return max(found)
