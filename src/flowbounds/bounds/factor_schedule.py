r"""The decaying steps of Theorem 3.1, what they add up to, and the bounds of Lemma 3.1.

Descent on :math:`\tfrac12\|UV^\top-M\|_F^2` with small steps follows gradient flow, and the time it has
reached is the sum of its steps. With :math:`\eta_t=\eta_0(t+1)^{-x}` that sum is

.. math:: \sum_{t<N}\eta_t\approx\eta_0\Bigl(\zeta(x)+\frac{N^{1-x}}{1-x}\Bigr),
          \qquad x=1:\ \eta_0(\ln N+\gamma),

so that the number of iterations is known before any is taken. All quantities are dimensionless.
"""

import numpy as np
from scipy.special import zeta

from flowbounds.bounds.coercivity import norm_bound
from flowbounds.validation import require_count, require_range


def literal_step(t: int, *, eps: float, r: int, norm: float) -> float:
    r"""Step of Theorem 3.1, :math:`\eta_t=\sqrt{\epsilon/r}\,/\,(100(t+1)\|M\|_F^{3/2})`.

    Parameters
    ----------
    t : int >= 0
    eps : float in (0, norm)
        The error aimed at.
    r : int >= 1
        Columns of U and V.
    norm : float > 0
        :math:`\|M\|_F`.

    Raises
    ------
    HypothesisError
        An argument out of its range.

    Notes
    -----
    Source: du2018.thm3.1.

    >>> round(literal_step(0, eps=0.04, r=1, norm=1.0), 12)
    0.002
    """
    t, r = require_count("t", t, 0), require_count("r", r, 1)
    norm = require_range("norm", norm, 0.0, np.inf, open_ends=True)
    eps = require_range("eps", eps, 0.0, norm, open_ends=True)
    return float(np.sqrt(eps / r) / (100 * (t + 1) * norm**1.5))


def power_step(t: int, *, first: float, exponent: float) -> float:
    r"""Step :math:`\eta_0(t+1)^{-x}`; footnote 11 has :math:`x=\frac12+\delta`, :math:`0<\delta\le\frac12`.

    ``t`` is an integer >= 0, ``first`` > 0 is the step at t = 0, ``exponent`` >= 0 is x. Raises
    HypothesisError for arguments out of range. Source: du2018.footnote11.

    >>> power_step(3, first=0.4, exponent=0.5)
    0.2
    """
    t = require_count("t", t, 0)
    first = require_range("first", first, 0.0, np.inf, open_ends=True)
    return float(first * (t + 1.0) ** -require_range("exponent", exponent, 0.0, np.inf))


def log_iterations(time: float, first: float, *, exponent: float = 1.0) -> float:
    r"""Logarithm of the number of steps :math:`\eta_0(t+1)^{-x}` that add up to a time.

    .. math:: \ln N=\begin{cases}\tau/\eta_0-\gamma&x=1,\\
              \frac1{1-x}\ln\bigl((1-x)(\tau/\eta_0-\zeta(x))\bigr)&\text{else.}\end{cases}

    Parameters
    ----------
    time : float > 0
        :math:`\tau`, at least a few first steps.
    first : float > 0
        :math:`\eta_0`.
    exponent : float > 0
        x.

    Returns
    -------
    float
        :math:`\ln N`, infinite where x > 1 and all steps together stay below the time.

    Raises
    ------
    HypothesisError
        An argument out of its range.

    Notes
    -----
    The sum is its own to O(1/N), relative. Source: beyond the text.

    >>> total = sum(0.1 / (t + 1) for t in range(5000))
    >>> round(log_iterations(total, 0.1) - float(np.log(5000)), 3)
    0.0
    >>> log_iterations(1.0, 0.1, exponent=2.0)
    inf
    """
    time = require_range("time", time, 0.0, np.inf, open_ends=True)
    first = require_range("first", first, 0.0, np.inf, open_ends=True)
    x = require_range("exponent", exponent, 0.0, np.inf, open_ends=True)
    if x == 1:
        return time / first - np.euler_gamma
    left = (1 - x) * (time / first - float(zeta(x)))
    if left <= 0:
        return np.inf if x > 1 else -np.inf
    return float(np.log(left)) / (1 - x)


def factor_bound(norm: float, r: int, eps: float) -> tuple[float, float]:
    r"""Bounds on :math:`\|U\|_F^2` and :math:`\|V\|_F^2` from (i) and (ii) of Lemma 3.1.

    .. math:: 5\sqrt r\|M\|_F,\qquad\sqrt{r(\epsilon^2+18\|M\|_F^2)}\le\sqrt{19r}\,\|M\|_F .

    Parameters
    ----------
    norm : float > 0
        :math:`\|M\|_F`.
    r : int >= 1
    eps : float in (0, norm]
        Bound on the imbalance.

    Returns
    -------
    (float, float)
        As printed, and the sharper one: :func:`~flowbounds.bounds.coercivity.norm_bound` at a loss of
        :math:`2\|M\|_F^2`.

    Raises
    ------
    HypothesisError
        An argument out of its range.

    Notes
    -----
    Source: du2018.lem3.1.iii; the sharper one is beyond the text.

    >>> [round(x, 3) for x in factor_bound(1.0, 1, 1.0)]
    [5.0, 4.359]
    """
    norm = require_range("norm", norm, 0.0, np.inf, open_ends=True)
    r = require_count("r", r, 1)
    if eps != norm:
        eps = require_range("eps", eps, 0.0, norm, open_ends=True)
    return 5 * float(np.sqrt(r)) * norm, float(np.sqrt(norm_bound(2 * norm**2, eps, norm, r)))


def drift_bound(norm: float, r: int, squared_steps: float) -> float:
    r"""Bound on the drift of the imbalance, :math:`40\sqrt r\|M\|_F^3\sum_t\eta_t^2`.

    A step moves D by :math:`\eta^2(G_U^\top G_U-G_V^\top G_V)`, at most
    :math:`\eta^2\|R\|_F^2(\|U\|_F^2+\|V\|_F^2)`, and (ii) and (iii) bound what is in it. For the literal
    steps it is less than .0066 :math:`\epsilon/\sqrt r`.

    Parameters
    ----------
    norm : float > 0
        :math:`\|M\|_F`.
    r : int >= 1
    squared_steps : float >= 0
        :math:`\sum_t\eta_t^2`.

    Raises
    ------
    HypothesisError
        An argument out of its range.

    Notes
    -----
    Source: du2018.lem3.1.i; the constant is beyond the text.

    >>> drift_bound(1.0, 4, 0.01)
    0.8
    """
    norm = require_range("norm", norm, 0.0, np.inf, open_ends=True)
    r = require_count("r", r, 1)
    squared_steps = require_range("squared_steps", squared_steps, 0.0, np.inf)
    return 40 * float(np.sqrt(r)) * norm**3 * squared_steps
