r"""What Theorem 3.2 becomes with its constants written out: iterations, and the probability of balance.

Near the saddle at the origin a step :math:`\eta=c/\sigma_1` turns the ratio
:math:`\rho=u\cdot u^*/v\cdot v^*` into

.. math:: \rho^+=\frac{\rho+c}{1+c\rho},

which has the fixed points 1 and -1, the second repelling. A negative ratio therefore has to change its sign
on the way, and in doing so it comes at least as close to 0 or to infinity as half a step allows.
"""

import numpy as np

from flowbounds.validation import require_range

SATURATED = 20.0  # tanh is one there, to the last bit


def iteration_slopes(c_step: float) -> tuple[float, float]:
    r"""Iterations for each unit of :math:`\ln d` and of :math:`\ln(1/\epsilon)`.

    .. math:: \frac1{2\ln(1+c)},\qquad\frac1{-\ln\max(1-c,\,2c-1)} .

    Parameters
    ----------
    c_step : float in (0, 1)
        The step in units of :math:`1/\sigma_1`.

    Returns
    -------
    (float, float)
        The signal starts at :math:`d^{-1/2}` of its final size and grows by 1 + c a step; at the end the
        parts across the signal shrink by 1 - c, the product along it by 1 - 2c.

    Raises
    ------
    HypothesisError
        ``c_step`` is not inside (0, 1).

    Notes
    -----
    Leading order in :math:`c_{init}^2` and 1/d. Source: du2018.thm3.2, its constants beyond the text.

    >>> [round(x, 2) for x in iteration_slopes(0.05)]
    [10.25, 19.5]
    """
    c = require_range("c_step", c_step, 0.0, 1.0, open_ends=True)
    return 1 / (2 * float(np.log1p(c))), -1 / float(np.log(max(1 - c, 2 * c - 1)))


def iterations(d: float, eps: float, c_step: float) -> float:
    r"""Iterations of Theorem 3.2 up to a constant: both slopes times :math:`\ln d`, :math:`\ln(1/\epsilon)`.

    Parameters
    ----------
    d : float >= 1
        The larger dimension.
    eps : float in (0, 1)
        Error in units of :math:`\sigma_1`.
    c_step : float in (0, 1)

    Returns
    -------
    float
        Without the constant, which depends on :math:`c_{init}` and :math:`c_{step}` only.

    Raises
    ------
    HypothesisError
        An argument out of its range.

    Notes
    -----
    Source: du2018.thm3.2, :math:`O(\log(d/\epsilon))`; the slopes are beyond the text.

    >>> round(iterations(1e6, 1e-6, 0.05))
    411
    """
    d = require_range("d", d, 1.0, np.inf)
    eps = require_range("eps", eps, 0.0, 1.0, open_ends=True)
    growth, decay = iteration_slopes(c_step)
    return growth * float(np.log(d)) - decay * float(np.log(eps))


def crossing_factor(c_step: float) -> float:
    r"""The factor K that every change of sign leaves: :math:`(1+\sqrt{1-c^2})/c\approx2/c`.

    A step from :math:`-x` leads to :math:`(c-x)/(1-cx)`. The smaller of the two sizes is largest where they
    are equal, at :math:`cx^2-2x+c=0`, and K is one over that x; the passage through infinity is the same.

    Parameters
    ----------
    c_step : float in (0, 1)

    Returns
    -------
    float > 1

    Raises
    ------
    HypothesisError
        ``c_step`` is not inside (0, 1).

    Notes
    -----
    Source: beyond the text.

    >>> round(crossing_factor(0.05), 2)
    39.97
    """
    c = require_range("c_step", c_step, 0.0, 1.0, open_ends=True)
    return (1 + float(np.sqrt(1 - c * c))) / c


def balance_probability(K: float, c_step: float) -> float:
    r"""Probability that the ratio stays within [1/K, K] for all t.

    .. math:: \begin{aligned}
              P&=\tfrac12F(\epsilon,\infty)\\
              &\quad+\tfrac12\sum_{k\ge0}\bigl[F(kh+\epsilon,\,(k+1)h-\epsilon)\bigr]_+,
              \end{aligned}

    .. math:: F(x,y)=\tfrac4\pi(\arctan\tanh y-\arctan\tanh x)

    with :math:`h=\operatorname{artanh}c` and :math:`\epsilon=\operatorname{artanh}(1/K)`. In the variable
    :math:`\operatorname{artanh}\rho` a step is a shift by h, and F is the law of its size at a Gaussian
    start (up to :math:`\rho\to1/\rho`). Equal signs stay in the range if they start in it, which is the
    first term, :math:`\frac12(\frac4\pi\arctan K-1)`. Opposite signs must step over zero or infinity, and
    the second term counts those that start and land outside of :math:`\epsilon` around it: none for K up to
    the :func:`~flowbounds.bounds.rank_one.crossing_factor`.

    Parameters
    ----------
    K : float >= 1
    c_step : float in (0, 1)

    Returns
    -------
    float in [0, 1)
        At most one half for K up to the crossing factor.

    Raises
    ------
    HypothesisError
        An argument out of its range.

    Notes
    -----
    Leading order in :math:`c_{init}^2`. Source: du2018.thm3.2, the probability is beyond the text.

    >>> [round(balance_probability(K, 0.05), 3) for K in (2, 5, 10, 100)]
    [0.205, 0.374, 0.437, 0.794]
    """
    K = require_range("K", K, 1.0, np.inf)
    c = require_range("c_step", c_step, 0.0, 1.0, open_ends=True)
    same = 4 / np.pi * np.arctan(K) - 1
    if crossing_factor(c) >= K:
        return float(same / 2)
    h, eps = np.arctanh(c), np.arctanh(1 / K)
    shifts = h * np.arange(np.ceil(SATURATED / h))
    steps = np.arctan(np.tanh(shifts + h - eps)) - np.arctan(np.tanh(shifts + eps))
    return float(same / 2 + 2 / np.pi * np.sum(steps))
