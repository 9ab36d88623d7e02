r"""Rates of scalar networks :math:`w=w_1w_2\cdots w_L`.

Here T is the number :math:`\sum_l\prod_{i\ne l}w_i^2`. The imbalances are :math:`d_l=w_l^2-w_{l+1}^2`. Their
*cumulative* form: with :math:`s_1=0`, :math:`s_l=\sum_{j<l}d_j` and :math:`l^*=\arg\max_ls_l`, which is where
:math:`|w_l|` is smallest,

.. math:: c_l=s_{l^*}-s_l=w_l^2-w_{l^*}^2\ge0 .

The slides leave the cumulative imbalance undefined; this is a reconstruction, with which their
proposition is proved on the page.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from flowbounds.validation import FloatArray, require_array, require_range

STEPS = 200  # of Newton's method from above: monotone and quadratic, so that a dozen are usual
ROUNDING = 4e-16  # a step below it moves nothing


def cumulative_imbalances(d: ArrayLike) -> FloatArray:
    r"""The L numbers :math:`c_l=s_{l^*}-s_l\ge0`, one of which is zero.

    Parameters
    ----------
    d : (L - 1,)
        Imbalances :math:`d_l=w_l^2-w_{l+1}^2`, any real numbers.

    Returns
    -------
    (L,) array
        Non-negative. Summed from the smallest weight outwards, so that a large imbalance far from it costs
        the small ones near it no digits; relatively accurate unless the sums themselves cancel.

    Raises
    ------
    HypothesisError
        Entries that are not finite.

    Notes
    -----
    Source: min2022.scalarL.prop1 (reconstructed).

    >>> cumulative_imbalances([1.0, -3.0]).tolist()  # the middle weight is the smallest
    [1.0, 0.0, 3.0]
    """
    d = require_array("d", d, ("L - 1",))
    ahead = -np.concatenate([[0.0], np.cumsum(d)])
    for _ in range(2):  # the second time from the smallest as the accurate sums see it
        at = int(np.argmin(ahead))
        ahead = np.concatenate([np.cumsum(d[:at][::-1])[::-1], [0.0], np.cumsum(-d[at:])])
    return np.asarray(np.maximum(ahead, 0.0))


def scalar_rate(d: ArrayLike, w: float) -> float:
    r"""Proposition 1's bound :math:`\sqrt{\bigl(\prod_{l\ne l^*}c_l\bigr)^2+\bigl(L|w|^{2-2/L}\bigr)^2}`.

    Parameters
    ----------
    d : (L - 1,)
        Imbalances of a scalar network.
    w : float
        Its product.

    Returns
    -------
    float
        A lower bound on :math:`\lambda_{\min}(T)`, equal to it for L = 2, for w = 0 and for d = 0.

    Raises
    ------
    HypothesisError
        Entries that are not finite.

    Notes
    -----
    As accurate as the cumulative sums: where these cancel, use exact fractions.
    Source: min2022.scalarL.prop1.

    >>> scalar_rate([3.0], 2.0)  # sqrt(d^2 + 4 w^2)
    5.0
    """
    c = cumulative_imbalances(d)
    w = require_range("w", w, -np.inf, np.inf)
    others = float(np.prod(np.delete(c, int(np.argmin(c)))))
    return float(np.hypot(others, c.size * abs(w) ** (2 - 2 / c.size)))


def scalar_squares(d: ArrayLike, w: float) -> FloatArray:
    r"""The squares :math:`x_l=t+c_l` of the weights, t >= 0 the one root of :math:`\prod_l(t+c_l)=w^2`.

    Parameters
    ----------
    d : (L - 1,)
        Imbalances of a scalar network.
    w : float
        Its product.

    Returns
    -------
    (L,) array
        The same for all :math:`2^{L-1}` networks with these imbalances and this product. They exist for
        every d and w. Relatively accurate, up to the rounding of the cumulative sums.

    Raises
    ------
    HypothesisError
        Entries that are not finite.

    Notes
    -----
    Source: min2022.scalarL.exact (beyond the text); for L = 2 it is min2022.scalar.split.

    >>> scalar_squares([3.0], 2.0).round(14).tolist()
    [4.0, 1.0]
    """
    c = cumulative_imbalances(d)
    w = require_range("w", w, -np.inf, np.inf)
    if w == 0:
        return c
    log_c = np.log(c, out=np.full_like(c, -np.inf), where=c > 0)
    # In y = log t the sum of log(t + c_l) is increasing and convex: Newton's method from above is monotone.
    goal = 2 * float(np.log(abs(w)))
    y = goal / c.size
    for _ in range(STEPS):
        step = (np.sum(np.logaddexp(y, log_c)) - goal) / np.sum(expit(y - log_c))
        y -= step
        if abs(step) <= ROUNDING * max(1.0, abs(y)):
            break
    return np.asarray(np.exp(y) + c)


def scalar_rate_exact(d: ArrayLike, w: float) -> float:
    r"""The exact :math:`\alpha^*=e_{L-1}(x)` of a scalar network with imbalances d and product w.

    :math:`e_{L-1}` is the elementary symmetric polynomial, x the squares of
    :func:`~flowbounds.bounds.scalar_rates.scalar_squares`.

    Parameters
    ----------
    d : (L - 1,)
        Imbalances of a scalar network.
    w : float
        Its product.

    Returns
    -------
    float
        Relatively accurate, up to the rounding of the cumulative sums.

    Raises
    ------
    HypothesisError
        Entries that are not finite.

    Notes
    -----
    Source: min2022.scalarL.exact (beyond the text).

    >>> round(scalar_rate_exact([3.0], 2.0), 12)
    5.0
    """
    x = scalar_squares(d, w)
    return float(sum(np.prod(np.delete(x, layer)) for layer in range(x.size)))
