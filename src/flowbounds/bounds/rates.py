r"""Rate bounds of two-layer and scalar linear networks: from imbalance, product and margin to a rate.

Everywhere the bound is one on :math:`\lambda_{\min}(T)`, the smallest eigenvalue of the tangent operator;
times the Polyak-Lojasiewicz constant :math:`\gamma` it is a rate of the gap. Here are the margin and the
envelopes of the gap; the bounds themselves are in :mod:`flowbounds.bounds.scalar_rates` and
:mod:`flowbounds.bounds.two_layer_rates`, and can be had from here.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.scalar_rates import scalar_rate, scalar_rate_exact
from flowbounds.bounds.three_layer_rates import three_layer_rate
from flowbounds.bounds.two_layer_rates import (
    matrix,
    positive_part,
    spectrum,
    two_layer_from_spectrum,
    two_layer_parts,
    two_layer_rate,
    two_layer_rate_at_margin,
)
from flowbounds.validation import FloatArray, HypothesisError, require_array, require_range

__all__ = [
    "exponential_gap",
    "lojasiewicz_gap",
    "margin",
    "positive_part",
    "scalar_rate",
    "scalar_rate_exact",
    "spectrum",
    "three_layer_rate",
    "two_layer_from_spectrum",
    "two_layer_parts",
    "two_layer_rate",
    "two_layer_rate_at_margin",
]


def margin(W_star: ArrayLike, W0: ArrayLike, *, K: float, mu: float) -> float:
    r"""Margin: a lower bound on the smallest singular value of the product along the flow.

    .. math:: \sigma_{\min}(W(t))\ge\Bigl[\sigma_{\min}(W^*)-\sqrt{K/\mu}\,\|W^*-W(0)\|_F\Bigr]_+

    Parameters
    ----------
    W_star : (n, m) or float
        The minimiser of f.
    W0 : (n, m) or float
        The product at the start.
    K, mu : float
        Lipschitz constant of the gradient and constant of strong convexity, :math:`K\ge\mu\ge0`. With
        ``mu = 0`` nothing bounds the product, and the margin is zero.

    Returns
    -------
    float >= 0

    Raises
    ------
    HypothesisError
        Shapes that differ, entries that are not finite, ``mu > K``, ``K <= 0``.

    Notes
    -----
    Valid on the whole sublevel set of f, and attained there. Source: min2022.general.margin.

    >>> margin(2.0, 1.5, K=4.0, mu=1.0)
    1.0
    """
    star = matrix("W_star", W_star)
    start = matrix("W0", W0)
    if star.shape != start.shape:
        raise HypothesisError(f"W0 must have the shape {star.shape} of W_star, got {start.shape}")
    K = require_range("K", K, 0.0, np.inf, open_ends=True)
    mu = require_range("mu", mu, 0.0, np.inf)
    if mu > K:
        raise HypothesisError(f"mu must be at most K, got mu = {mu:g} and K = {K:g}")
    if mu == 0:
        return 0.0
    smallest = float(np.linalg.svd(star, compute_uv=False)[-1])
    distance = float(np.linalg.norm(star - start))
    return max(0.0, smallest - float(np.sqrt(K)) / float(np.sqrt(mu)) * distance) if distance else smallest


def exponential_gap(gap0: float, gamma: float, alpha: float, t: ArrayLike) -> FloatArray:
    r"""The envelope :math:`e^{-\gamma\alpha t}\,\mathrm{gap}(0)` under a Polyak-Lojasiewicz inequality.

    ``gap0`` >= 0, ``gamma`` >= 0, ``alpha`` >= 0 (a lower bound on :math:`\lambda_{\min}(T)` along the flow),
    ``t`` >= 0, (n,) or a number; returns the shape of ``t``. Raises HypothesisError for arguments out of
    range. Source: min2022.rate.end_to_end.

    >>> exponential_gap(1.0, 2.0, 0.5, [0.0, 1.0]).round(6).tolist()
    [1.0, 0.367879]
    """
    gap0, gamma, alpha, times = _envelope(gap0, gamma, alpha, t)
    return np.asarray(gap0 * np.exp(-gamma * alpha * times))


def lojasiewicz_gap(
    gap0: float, gamma: float, alpha: float, t: ArrayLike, *, beta: float = 1.0
) -> FloatArray:
    r"""The envelope under :math:`\|\nabla f\|\ge\gamma(f-f^*)^\beta`, with :math:`\beta\ge\frac12`.

    .. math:: \mathrm{gap}(t)\le
              \bigl(\mathrm{gap}(0)^{-(2\beta-1)}+(2\beta-1)\,\alpha\gamma^2t\bigr)^{-1/(2\beta-1)},

    an exponential at :math:`\beta=\frac12`, whose Polyak-Lojasiewicz constant is :math:`\gamma^2`. Arguments,
    shapes and errors as in :func:`~flowbounds.bounds.rates.exponential_gap`. Source: min2022.exp.rate.

    >>> lojasiewicz_gap(1.0, 2.0, 0.5, [0.0, 1.0]).round(6).tolist()  # 1 / (1 + alpha gamma^2 t)
    [1.0, 0.333333]
    """
    gap0, gamma, alpha, times = _envelope(gap0, gamma, alpha, t)
    power = 2 * require_range("beta", beta, 0.5, np.inf) - 1
    if gap0 == 0:
        return np.zeros_like(times)
    slope = alpha * gamma**2 * times
    if power == 0:
        return np.asarray(gap0 * np.exp(-slope))
    return np.asarray(gap0 * np.exp(-np.log1p(power * slope * gap0**power) / power))


def _envelope(
    gap0: float, gamma: float, alpha: float, t: ArrayLike
) -> tuple[float, float, float, FloatArray]:
    named = {"gap0": gap0, "gamma": gamma, "alpha": alpha}
    numbers = [require_range(name, value, 0.0, np.inf) for name, value in named.items()]
    times = require_array("t", t, () if np.ndim(t) == 0 else ("n",))
    if times.size and times.min() < 0:
        raise HypothesisError(f"t must be non-negative, got {times.min():g}")
    return numbers[0], numbers[1], numbers[2], times
