r"""What a start says of two numbers u and v whose product is trained: their squares, and where uv cannot go.

With the imbalance :math:`d=u^2-v^2` and the product :math:`w=uv`, :math:`u^2+v^2=\sqrt{d^2+4w^2}`.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.two_layer_rates import matrix
from flowbounds.validation import FloatArray, HypothesisError, require_array, require_range


def split(d: ArrayLike, w: ArrayLike) -> tuple[FloatArray, FloatArray]:
    r"""The squares :math:`u^2=\tfrac12(d+S)` and :math:`v^2=\tfrac12(-d+S)`, :math:`S=\sqrt{d^2+4w^2}`.

    Parameters
    ----------
    d, w : numbers or (n,)
        Imbalances and products.

    Returns
    -------
    u2, v2 : floats or (n,)
        Both relatively accurate to a few roundings: the smaller one is :math:`w^2` over the larger one and
        not a difference.

    Raises
    ------
    HypothesisError
        Entries that are not finite, lengths that differ.

    Notes
    -----
    Source: min2022.scalar.split.

    >>> [float(square) for square in split(3.0, 2.0)]
    [4.0, 1.0]
    """
    d, w = (
        require_array(name, value, () if isinstance(value, int | float | np.number) else ("n",))
        for name, value in (("d", d), ("w", w))
    )
    if d.shape != w.shape:
        raise HypothesisError(f"d and w must have the same shape, got {d.shape} and {w.shape}")
    large = (np.abs(d) + np.hypot(d, 2 * w)) / 2
    # |w| / large is at most one and nothing overflows; at u = v = 0 both squares are zero
    small = np.abs(w) * np.divide(np.abs(w), large, out=np.zeros_like(large), where=large > 0)
    return np.where(d >= 0, large, small), np.where(d >= 0, small, large)


def margin_from_loss(W_star: ArrayLike, gap0: float, *, mu: float) -> float:
    r"""Sharper margin :math:`\bigl[\sigma_{\min}(W^*)-\sqrt{2(f(W(0))-f^*)/\mu}\,\bigr]_+` from the loss.

    Never below :func:`~flowbounds.bounds.rates.margin`, since
    :math:`f(W(0))-f^*\le\tfrac K2\|W^*-W(0)\|_F^2`, and the same where f is as steep as K from W(0) to W*.

    Parameters
    ----------
    W_star : (n, m) or float
        The minimiser of f.
    gap0 : float >= 0
        f(W(0)) - f*.
    mu : float >= 0
        Constant of strong convexity; where it is zero the margin is zero.

    Returns
    -------
    float >= 0

    Raises
    ------
    HypothesisError
        Entries that are not finite, negative numbers.

    Notes
    -----
    Source: beyond the text (min2022.scalar.margin).

    >>> margin_from_loss(2.0, 0.125, mu=1.0)
    1.5
    """
    star = matrix("W_star", W_star)
    gap0 = require_range("gap0", gap0, 0.0, np.inf)
    mu = require_range("mu", mu, 0.0, np.inf)
    if mu == 0:
        return 0.0
    return max(0.0, float(np.linalg.svd(star, compute_uv=False)[-1]) - float(np.sqrt(2 * gap0 / mu)))
