r"""Balanced networks, all imbalances zero: the spectrum of T is a function of the product alone."""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import FloatArray, require_array, require_count, require_range


def balanced_spectrum(W: ArrayLike, depth: int) -> FloatArray:
    r"""Eigenvalues of T of a balanced network with product W: one for each pair of singular values.

    .. math:: \lambda_{ij}=\sum_{l=1}^L\sigma_i^{2(l-1)/L}\,\sigma_j^{2(L-l)/L},\qquad i\le n,\ j\le m,

    with :math:`\sigma_k=0` beyond :math:`\min(n,m)` and :math:`0^0=1`.

    Parameters
    ----------
    W : (n, m)
        The product.
    depth : int >= 1
        Number of layers, L.

    Returns
    -------
    (nm,)
        Increasing; relatively accurate to the accuracy of the singular values.

    Raises
    ------
    HypothesisError
        ``W`` not a finite matrix, ``depth`` below one.

    Notes
    -----
    A balanced network is :math:`W_l=U_{l-1}\Sigma^{1/L}U_l^\top`. Source: min2022.rate.balanced (the spectrum
    is beyond the text).

    >>> balanced_spectrum([[4.0, 0.0], [0.0, 9.0]], 2).tolist()
    [8.0, 13.0, 13.0, 18.0]
    """
    W = require_array("W", W, ("n", "m"))
    depth = require_count("depth", depth, 1)
    sigma = np.zeros(max(W.shape))
    sigma[: min(W.shape)] = np.linalg.svd(W, compute_uv=False)
    left, right = sigma[: W.shape[0], None], sigma[None, : W.shape[1]]
    terms = [left ** (2 * k / depth) * right ** (2 * (depth - 1 - k) / depth) for k in range(depth)]
    return np.sort(np.sum(terms, axis=0), axis=None)


def balanced_rate(n: int, m: int, depth: int, sigma: float) -> float:
    r"""Bound :math:`\alpha(0,\sigma)` on :math:`\lambda_{\min}(T)` of a balanced network.

    For :math:`\sigma_{\min}(W)\ge\sigma` it is :math:`L\,\sigma^{2-2/L}` when the product is square, and
    :math:`\sigma^{2-2/L}` otherwise, where the zero singular value leaves one term of the sum.

    Parameters
    ----------
    n, m : int >= 1
        Shape of the product.
    depth : int >= 1
        Number of layers, L.
    sigma : float >= 0
        Lower bound on the smallest of the min(n, m) singular values.

    Returns
    -------
    float >= 0
        Attained where ``sigma`` is :math:`\sigma_{\min}(W)`.

    Raises
    ------
    HypothesisError
        Counts below one, a negative ``sigma``.

    Notes
    -----
    Source: min2022.rate.balanced.

    >>> balanced_rate(2, 2, 2, 4.0), balanced_rate(2, 3, 2, 4.0)
    (8.0, 4.0)
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    depth = require_count("depth", depth, 1)
    sigma = require_range("sigma", sigma, 0.0, np.inf)
    power = float(sigma ** (2 - 2 / depth))
    return depth * power if n == m else power
