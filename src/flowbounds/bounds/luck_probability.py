r"""How likely luck is: exact probabilities of the sets of Definition 2 for a uniform direction.

The squares of a uniform direction are :math:`p_i=G_i/\sum G_j` with independent
:math:`G_i\sim\Gamma(\tfrac12)`, and the shares are independent of the sum. So the joint law of "small" and
"large" coordinates is a Laplace transform in one variable, inverted by one integral: with
:math:`E[e^{-(z-1)G};G\le\theta]=z^{-1/2}\operatorname{erf}\sqrt{z\theta}`,

.. math:: P(k\text{ given squares}\ge\theta_+,\ n\text{ others}\le\theta_-)=\frac{\Gamma(d/2)}{2\pi i}
          \int e^zz^{-d/2}\operatorname{erfc}(\sqrt{z\theta_+})^k\operatorname{erf}(\sqrt{z\theta_-})^n\,dz .

Beyond the text; novelty is not claimed.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, wofz

from flowbounds.validation import require_count, require_range

NODES = 2001
REACH = 40.0  # standard deviations of the integrand; its tail falls like |z|^(-d/2)
NEGLIGIBLE = 1e-17


def joint_tail(d: int, large: int, above: float, rest: int, below: float) -> float:
    r"""Probability that ``large`` given squares are >= ``above`` and ``rest`` others <= ``below``.

    Parameters
    ----------
    d : int >= 10
        Dimension of the uniform direction.
    large, rest : int >= 0
        How many coordinates; together at most d.
    above, below : float > 0

    Returns
    -------
    float
        Zero when ``large * above >= 1``.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Relative accuracy about 1e-7 at d = 10, 1e-10 from d = 20 on, however small the probability.
    Source: ge2021.def2.lucky (beyond the text).

    >>> from scipy.stats import beta
    >>> round(joint_tail(20, 1, 0.3, 0, 1.0) / float(beta.sf(0.3, 0.5, 9.5)), 9)
    1.0
    """
    d = require_count("d", d, 10)
    large, rest = require_count("large", large, 0, d), require_count("rest", rest, 0, d)
    require_count("large + rest", large + rest, 0, d)
    above = require_range("above", above, 0.0, np.inf, open_ends=True)
    below = require_range("below", below, 0.0, np.inf, open_ends=True)
    if large * above >= 1:
        return 0.0
    return float(np.exp(_log_tail(d, large, above, rest, below)))


def _log_tail(d: int, large: int, above: float, rest: int, below: float) -> float:
    half = d / 2
    v = np.linspace(-1, 1, NODES) * np.arcsinh(REACH)
    stretch = 1 / (1 - large * above)  # the line passes near the saddle
    zeta = stretch * (1 + 1j * np.sinh(v) / np.sqrt(half))
    terms = half * (zeta - 1 - np.log(zeta)) + np.log(np.cosh(v))
    if large:
        terms = terms + large * _log_erfc(np.sqrt(half * zeta * above))
    if rest:
        terms = terms + rest * np.log1p(-np.exp(_log_erfc(np.sqrt(half * zeta * below))))
    top = float(np.max(terms.real))
    total = float(np.sum(np.exp(terms - top).real)) * (v[1] - v[0])
    # log of Gamma(d/2) (d/2)^(1 - d/2) e^(d/2) / (2 pi sqrt(d/2)), the constants in front
    front = gammaln(half) - (half - 0.5) * np.log(half) + half - np.log(2 * np.pi) + np.log(stretch)
    return float(top + np.log(max(total, np.finfo(float).tiny)) + front)


def _log_erfc(w: np.ndarray) -> np.ndarray:
    return np.asarray(-w * w + np.log(wofz(1j * w)))


def class_probabilities(d: int, r: int, gamma: float, *, c_rho: float) -> tuple[float, float]:
    r"""Probability that a fresh component is good for one given direction, and that it is bad.

    Parameters
    ----------
    d : int >= 10
    r : int in [1, d]
        Directions with the threshold ``gamma``; the others have none.
    gamma : float > 0
    c_rho : float in (0, 1)

    Returns
    -------
    (good, bad)
        ``good`` is zero when :math:`(1+c_\rho)\Gamma\ge1`, ``bad`` when :math:`2(1-c_\rho)\Gamma\ge1`.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Accuracy as :func:`joint_tail`; ``bad`` is a sum of positive terms. Source: ge2021.def2.lucky (beyond
    the text).

    >>> good, bad = class_probabilities(20, 20, 0.6, c_rho=0.1)
    >>> good > 0, bad
    (True, 0.0)
    """
    d, r = require_count("d", d, 10), require_count("r", r, 1, d)
    gamma = require_range("gamma", gamma, 0.0, np.inf, open_ends=True)
    c_rho = require_range("c_rho", c_rho, 0.0, 1.0, open_ends=True)
    high, low = (1 + c_rho) * gamma, (1 - c_rho) * gamma
    good = joint_tail(d, 1, high, r - 1, low)
    bad, last = 0.0, 0.0
    for k in range(2, r + 1):
        if k * low >= 1:
            break
        ways = gammaln(r + 1) - gammaln(k + 1) - gammaln(r - k + 1)
        term = float(np.exp(ways + _log_tail(d, k, low, r - k, low)))
        bad += term
        if term < last and term <= NEGLIGIBLE * bad:
            break
        last = term
    return good, min(bad, 1.0)


def luck_failure(good: float, bad: float, r: int, log_m: float) -> tuple[float, float]:
    r"""How likely ``m`` columns fail: some are bad, or some of ``r`` directions has no good one.

    Parameters
    ----------
    good, bad : float in [0, 1]
        Per column, from :func:`class_probabilities`.
    r : int >= 1
    log_m : float >= 0
        Logarithm of the number of columns, which may be astronomical.

    Returns
    -------
    (some_bad, some_missing)
        :math:`1-(1-b)^m`, exact, and the union bound :math:`\min(1,r(1-q)^m)`, which exceeds the truth by at
        most half its square. Their sum bounds the failure.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Source: ge2021.def2.lucky (beyond the text).

    >>> [round(x, 9) for x in luck_failure(0.5, 0.0, 4, np.log(10))]
    [0.0, 0.00390625]
    """
    good, bad = require_range("good", good, 0.0, 1.0), require_range("bad", bad, 0.0, 1.0)
    r, log_m = require_count("r", r, 1), require_range("log_m", log_m, 0.0, np.inf)
    m = np.exp(log_m)
    with np.errstate(divide="ignore", over="ignore"):
        some_bad = -np.expm1(m * np.log1p(-bad)) if bad > 0 else 0.0
        missing = np.log(r) + m * np.log1p(-good) if good > 0 else np.inf
    return float(some_bad), float(np.exp(min(missing, 0.0)))


def lucky_widths(good: float, bad: float, r: int, allowed: float) -> tuple[float, float]:
    r"""The widths m for which luck fails with probability at most ``allowed``, an interval in :math:`\log m`.

    Parameters
    ----------
    good, bad : float in [0, 1]
        Per column, from :func:`class_probabilities`.
    r : int >= 1
    allowed : float in (0, 1)

    Returns
    -------
    (low, high)
        :math:`(\infty,-\infty)` where no width does; ``high`` is infinite where no column can be bad.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    The bound of :func:`luck_failure` falls and then rises; its minimum is where both parts change equally
    fast. Source: ge2021.def2.lucky (beyond the text).

    >>> low, high = lucky_widths(0.5, 0.0, 4, 0.01)
    >>> round(float(np.exp(low)), 3), high
    (8.644, inf)
    """
    good, bad = require_range("good", good, 0.0, 1.0), require_range("bad", bad, 0.0, 1.0)
    r, allowed = require_count("r", r, 1), require_range("allowed", allowed, 0.0, 1.0, open_ends=True)
    if good == 0 or bad == 1:
        return np.inf, -np.inf

    def excess(log_m: float) -> float:
        return sum(luck_failure(good, bad, r, log_m)) - allowed

    # r (1-q)^m <= allowed needs this width even if nothing is bad
    fall = -np.log1p(-good) if good < 1 else np.inf
    least = max(float(np.log(max((np.log(r) - np.log(allowed)) / fall, 1.0))), 0.0)
    if bad == 0:
        return least, np.inf
    rise = -np.log1p(-bad)
    most = float(np.log(max(-np.log1p(-allowed) / rise, 1.0)))  # and this one if nothing is missing
    best = (
        float(np.log(max((np.log(r * fall) - np.log(rise)) / (fall - rise), 1.0))) if fall > rise else least
    )
    if not least <= best <= most or excess(best) > 0:
        return np.inf, -np.inf
    low = float(brentq(excess, least, best)) if excess(least) > 0 else least
    return low, float(brentq(excess, best, most)) if excess(most) > 0 else most
