r"""What the two phases of an epoch need: a time to be discovered, and a time to be fitted.

Both follow from a comparison with one component on its own. Lemmas 4 and 6 of Ge et al. (2021) give these
times up to constants; here they are explicit. Everything is dimensionless.
"""

import numpy as np

from flowbounds.validation import require_range


def discovery_cost(share: float, log_growth: float) -> float:
    r"""Least :math:`a_k\cdot` time after which a component can have grown in direction k.

    Let :math:`R=\sum_iR_ie_i^{\otimes4}` with :math:`R_i\ge0` and :math:`R_k\le a_k` at all times. A
    component starts with norm :math:`\delta_0` and :math:`\bar w_k^2=p`. Before :math:`|w_k|` reaches
    :math:`e^L\delta_0` there passes a time t with

    .. math:: a_kt\ge\tfrac18\Bigl[z+\frac{1-p}p(1-e^{-z})\Bigr],\qquad
              pe^z=\tfrac12\bigl(e^{4L}+\sqrt{e^{8L}+4(1-p)e^{4L}}\bigr),

    about :math:`\tfrac L2+\tfrac18(\log\tfrac1p+\tfrac1p-1)`: growth, then alignment.

    Parameters
    ----------
    share : float in (0, 1]
        :math:`p`.
    log_growth : float >= 0
        :math:`L`; for a discovery :math:`\log(\delta_1/\delta_0)+\tfrac12\log(1-\alpha^2)`.

    Returns
    -------
    float
        Attained by the target :math:`a_ke_k^{\otimes4}` with no regulariser.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Accurate to a few units in the last place. Source: beyond the text, for ge2021.lemma4.3.

    >>> discovery_cost(1.0, 3.0), round(discovery_cost(0.1, 3.0), 4)
    (1.5, 2.9128)
    """
    p = require_range("share", share, np.finfo(float).tiny, 1.0)
    growth = require_range("log_growth", log_growth, 0.0, np.inf)
    log_squared = 4 * growth + np.log((1 + np.sqrt(1 + 4 * (1 - p) * np.exp(-4 * growth))) / 2)
    z = log_squared - np.log(p)
    return float((z - (1 - p) / p * np.expm1(-z)) / 8)


def gap_time(a_k: float, lam: float, log_mass: float, gap: float) -> float:
    r"""Time in which the fitted mass brings its gap :math:`a_k-\hat a_k` down, by Lemma 7's equation.

    With :math:`A=a_k-\lambda/2` perfectly aligned mass obeys :math:`\dot x=4x(A-x)`, hence

    .. math:: t=\frac1{4A}\Bigl[\log\frac{x_1}{A-x_1}+\log\frac{A-x_0}{x_0}\Bigr],\qquad x_1=a_k-\mathrm{gap}.

    Parameters
    ----------
    a_k : float > 0
    lam : float in [0, a_k)
    log_mass : float
        :math:`\log x_0`, with :math:`x_0<A`.
    gap : float in (lam / 2, a_k)
        The gap to be reached.

    Returns
    -------
    float
        Zero where it is reached at the start.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    From :math:`\delta_1^2` to a gap of lam it is the time in Lemma 7. Source: beyond the text, for
    ge2021.lemma6.2.

    >>> round(gap_time(0.5, 0.02, -20.0, 0.02), 4)
    11.8152
    """
    a_k = require_range("a_k", a_k, 0.0, np.inf, open_ends=True)
    lam = require_range("lam", lam, 0.0, 0.999 * a_k)
    limit = a_k - lam / 2
    log_mass = require_range("log_mass", log_mass, -np.inf, float(np.log(limit)), open_ends=True)
    gap = require_range("gap", gap, lam / 2, a_k, open_ends=True)
    start = np.log(-np.expm1(log_mass - np.log(limit))) + np.log(limit) - log_mass
    end = np.log((a_k - gap) / (gap - lam / 2))
    return float(max(0.0, (start + end) / (4 * limit)))
