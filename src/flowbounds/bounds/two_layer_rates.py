r"""Rate bounds of two layers :math:`W=W_1W_2`: Proposition 2, its two halves, its form with a margin.

With W_1 (n, h) and W_2 (h, m) the tangent operator is :math:`T(E)=W_1W_1^\top E+E\,W_2^\top W_2`, and its
smallest eigenvalue is :math:`\lambda_n(W_1W_1^\top)+\lambda_m(W_2^\top W_2)`. Eigenvalues are in decreasing
order; :math:`[\lambda_k(D)]_+=0` beyond the size of D and :math:`\sigma_k(W)=0` beyond :math:`\min(n,m)`.
What the slides call spread and gap is reconstructed here, and proved on the page.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import FloatArray, HypothesisError, require_array, require_count, require_range

SYMMETRIC = 1e-8  # of the largest entry, or of one: asymmetry of a D that is taken for rounding


def matrix(name: str, value: ArrayLike) -> FloatArray:
    """Kernel: a finite matrix; a scalar counts as 1 x 1."""
    number = isinstance(value, int | float | np.number) or (isinstance(value, np.ndarray) and value.ndim == 0)
    return require_array(name, np.reshape(value, (1, 1)) if number else value, ("n", "m"))


def symmetric(name: str, value: ArrayLike) -> FloatArray:
    """Kernel: a symmetric matrix; a scalar counts as 1 x 1."""
    D = matrix(name, value)
    if D.shape[0] != D.shape[1]:
        raise HypothesisError(f"{name} must be square, got shape {D.shape}")
    off = float(np.max(np.abs(D - D.T)))
    if off > SYMMETRIC * max(float(np.max(np.abs(D))), 1.0):
        raise HypothesisError(f"{name} must be symmetric, got entries that differ by {off:.3g}")
    return np.asarray((D + D.T) / 2)


def spectrum(D: ArrayLike) -> FloatArray:
    """Eigenvalues of a symmetric matrix, largest first.

    Raises HypothesisError when ``D`` is not a finite symmetric matrix.

    >>> spectrum([[1.0, 0.0], [0.0, 3.0]]).tolist()
    [3.0, 1.0]
    """
    return np.asarray(np.linalg.eigvalsh(symmetric("D", D))[::-1])


def positive_part(values: FloatArray, k: int) -> float:
    """Kernel: the k-th (from 1) of a decreasing spectrum, its positive part; zero beyond the size."""
    return max(0.0, float(values[k - 1])) if k <= values.size else 0.0


def grown(spread: float, gap: float, sigma: float) -> float:
    r"""Kernel: :math:`-s+\sqrt{(s+g)^2+4\sigma^2}` without cancellation, overflow or underflow."""
    root = float(np.hypot(spread + gap, 2 * sigma)) + spread
    return gap * ((2 * spread + gap) / root) + 2 * sigma * (2 * sigma / root) if root > 0 else 0.0


def part(positive: float, negative: float, sigma: float) -> float:
    r"""Kernel: the larger root of :math:`(x-a)(x+b)=\sigma^2` for a, b >= 0, without cancellation."""
    return positive + grown(positive + negative, 0.0, sigma) / 2


def two_layer_from_spectrum(
    values: FloatArray, n: int, m: int, sigma_n: float, sigma_m: float, *, factor: float = 0.5
) -> float:
    r"""Kernel: Proposition 2 from the decreasing spectrum of D; ``factor`` = 1 is the form of the slides."""
    a1, an = positive_part(values, 1), positive_part(values, n)
    b1, bm = positive_part(-values[::-1], 1), positive_part(-values[::-1], m)
    gap = an + bm
    return factor * (grown(a1 - an, gap, sigma_m) + grown(b1 - bm, gap, sigma_n))


def sigmas(W: FloatArray) -> tuple[float, float]:
    """Kernel: the n-th and the m-th singular value; zero beyond min(n, m)."""
    sigma = np.linalg.svd(W, compute_uv=False)
    by_row, by_column = (float(sigma[k - 1]) if k <= sigma.size else 0.0 for k in W.shape)
    return by_row, by_column


def two_layer_rate(D: ArrayLike, W: ArrayLike) -> float:
    r"""Proposition 2, with its factor one half: a lower bound on :math:`\lambda_{\min}(T)` of two layers.

    .. math:: \alpha=\tfrac12\Bigl\{-\Delta_++\sqrt{(\Delta_++\underline\Delta)^2+4\sigma_m^2(W)}
              -\Delta_-+\sqrt{(\Delta_-+\underline\Delta)^2+4\sigma_n^2(W)}\Bigr\},

    with the spreads :math:`\Delta_+=[\lambda_1(D)]_+-[\lambda_n(D)]_+`,
    :math:`\Delta_-=[\lambda_1(-D)]_+-[\lambda_m(-D)]_+` and the gap
    :math:`\underline\Delta=[\lambda_n(D)]_++[\lambda_m(-D)]_+`.

    Parameters
    ----------
    D : (h, h)
        Imbalance :math:`W_1^\top W_1-W_2W_2^\top`, symmetric.
    W : (n, m)
        Product :math:`W_1W_2`.

    Returns
    -------
    float >= 0
        Attained for every feasible (D, W) with :math:`n\ne m`.

    Raises
    ------
    HypothesisError
        A matrix that is not finite, a ``D`` that is not square or not symmetric.

    Notes
    -----
    Accurate to rounding of the larger eigenvalue of D. Source: min2022.two.prop2; the slides print twice
    this.

    >>> two_layer_rate([[3.0]], [[2.0]])  # sqrt(d^2 + 4 w^2)
    5.0
    """
    W = matrix("W", W)
    n, m = W.shape
    sigma_n, sigma_m = sigmas(W)
    return two_layer_from_spectrum(spectrum(D), n, m, sigma_n, sigma_m)


def two_layer_parts(D: ArrayLike, W: ArrayLike) -> tuple[float, float]:
    r"""The two halves of Proposition 2, bounds on the two eigenvalues that make :math:`\lambda_{\min}(T)`.

    .. math:: \lambda_n(W_1W_1^\top)\ge\tfrac12\Bigl\{a_n-b_1+\sqrt{(a_n+b_1)^2+4\sigma_n^2(W)}\Bigr\},\quad
              \lambda_m(W_2^\top W_2)\ge\tfrac12\Bigl\{b_m-a_1+\sqrt{(b_m+a_1)^2+4\sigma_m^2(W)}\Bigr\},

    with :math:`a_k=[\lambda_k(D)]_+` and :math:`b_k=[\lambda_k(-D)]_+`. Their sum is
    :func:`~flowbounds.bounds.two_layer_rates.two_layer_rate`, so that the two say more. Arguments and errors
    as there; returns two floats >= 0. Source: beyond the text (it is what the proof gives).

    >>> two_layer_parts([[3.0]], [[2.0]])  # u^2 and v^2 from d and w
    (4.0, 1.0)
    """
    W = matrix("W", W)
    (n, m), values = W.shape, spectrum(D)
    sigma_n, sigma_m = sigmas(W)
    a1, an = positive_part(values, 1), positive_part(values, n)
    b1, bm = positive_part(-values[::-1], 1), positive_part(-values[::-1], m)
    return part(an, b1, sigma_n), part(bm, a1, sigma_m)


def two_layer_rate_at_margin(D: ArrayLike, n: int, m: int, sigma: float) -> float:
    r"""Proposition 2 where only :math:`\sigma_{\min}(W)\ge\sigma` is known, as along a flow with a margin.

    Parameters
    ----------
    D : (h, h)
        Imbalance, symmetric.
    n, m : int >= 1
        Shape of the product.
    sigma : float >= 0
        Lower bound on :math:`\sigma_{\min(n,m)}(W)`, such as :func:`~flowbounds.bounds.rates.margin`.

    Returns
    -------
    float >= 0
        Non-decreasing in ``sigma``.

    Raises
    ------
    HypothesisError
        A ``D`` that is not symmetric, a negative ``sigma``.

    Notes
    -----
    Source: min2022.rate.monotone.

    >>> two_layer_rate_at_margin([[3.0]], 1, 1, 2.0)
    5.0
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    sigma = require_range("sigma", sigma, 0.0, np.inf)
    by_row, by_column = (sigma if k == min(n, m) else 0.0 for k in (n, m))
    return two_layer_from_spectrum(spectrum(D), n, m, by_row, by_column)
