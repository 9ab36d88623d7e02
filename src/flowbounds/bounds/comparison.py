r"""One lower bound on :math:`\lambda_{\min}(T)` for every depth, of which earlier rates are special cases.

It takes the sharpest bound that is proved for what it is given: scalars of any depth exactly, Proposition 2
for two layers, the balanced formula, and for more layers the three-layer bound, its extension to five, and
those of ordered imbalances. Where none applies nothing is known, and it is zero.
"""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.balanced_rates import balanced_rate
from flowbounds.bounds.deep_rates import one_sided_rate, unimodal_rate
from flowbounds.bounds.imbalance_spectra import imbalance_list
from flowbounds.bounds.scalar_rates import scalar_rate_exact
from flowbounds.bounds.short_product import short_product_rate
from flowbounds.bounds.three_layer_rates import three_layer_rate
from flowbounds.bounds.two_layer_rates import two_layer_rate_at_margin
from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range


def rate_bound(Ds: Sequence[ArrayLike], n: int, m: int, sigma: float = 0.0) -> float:
    r"""The sharpest proved lower bound on :math:`\lambda_{\min}(T)` from imbalances and a margin.

    Scalar networks: the exact :math:`\alpha^*`. Two layers: Proposition 2, with its factor one half. More
    layers: the largest of those that apply, and zero where none does, namely
    :func:`~flowbounds.bounds.balanced_rates.balanced_rate` if all :math:`D_l=0`,
    :func:`~flowbounds.bounds.three_layer_rates.three_layer_rate` for three,
    :func:`~flowbounds.bounds.short_product.short_product_rate` for four and five,
    :func:`~flowbounds.bounds.deep_rates.unimodal_rate` and
    :func:`~flowbounds.bounds.deep_rates.one_sided_rate` for ordered imbalances.

    Parameters
    ----------
    Ds : list of (h_l, h_l) arrays
        The L - 1 imbalances, symmetric; a number counts as 1 x 1. An empty list is one layer, of rate one.
    n, m : int >= 1
        Shape of the product.
    sigma : float >= 0
        Lower bound on :math:`\sigma_{\min(n,m)}(W)`, such as :func:`~flowbounds.bounds.rates.margin`.

    Returns
    -------
    float >= 0
        Non-decreasing in ``sigma``. For n = m and three or more layers it is L times larger at imbalances
        zero than next to them: the proofs here do not reach the other terms of T.

    Raises
    ------
    HypothesisError
        A matrix that is not finite or not symmetric, a size below one, a negative ``sigma``.

    Notes
    -----
    Of balanced layers pass zeros, not their rounding. Source: min2022.table.comparison.

    >>> round(rate_bound([[[3.0]]], 1, 1, 2.0), 12)  # sqrt(3^2 + 4 2^2)
    5.0
    >>> rate_bound([[[0.0]], [[2.0]]], 1, 1)  # 2^(L - 1)
    4.0
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    sigma = require_range("sigma", sigma, 0.0, np.inf)
    matrices = imbalance_list(Ds)
    if not matrices:
        return 1.0
    if n == m == 1 and all(D.size == 1 for D in matrices):
        return scalar_rate_exact([D[0, 0] for D in matrices], sigma)
    if len(matrices) == 1:
        return two_layer_rate_at_margin(matrices[0], n, m, sigma)
    return max(_of_many_layers(matrices, n, m, sigma))


def _of_many_layers(matrices: list[FloatArray], n: int, m: int, sigma: float) -> list[float]:
    """Every bound that is proved for these three or more layers; zero among them."""
    found = [0.0]
    if not any(D.any() for D in matrices):
        found.append(balanced_rate(n, m, len(matrices) + 1, sigma))
    if len(matrices) == 2:
        found.append(three_layer_rate(matrices[0], matrices[1], n, m))
    if len(matrices) + 1 in (4, 5):
        found.append(short_product_rate(matrices, n, m))
    with suppress(HypothesisError):  # the one hypothesis that is left is the order
        found.append(unimodal_rate(matrices, n, m))
    with suppress(HypothesisError):  # that is one sign; it is judged beside sigma, and more leniently
        found.append(one_sided_rate(matrices, n, m, sigma))
    return found
