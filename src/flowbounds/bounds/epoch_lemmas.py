r"""What one epoch of Algorithm 1 of Wang et al. (2020) can do, with every hidden constant explicit.

Our text of the paper has no appendix: the constants are derived here, and the proofs are on the page of the
algorithm. F is the objective at the beginning of the epoch, :math:`\lambda` its regulariser, l the order.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import beta

from flowbounds.validation import (
    HypothesisError,
    require_count,
    require_range,
    require_weights,
)

LUCK = 0.2  # Lemma 6 asks for this probability, Lemma 1 for one sixth


def epoch_decrease(eps: float, order: int, d: int, r: int) -> float:
    r"""Decrease :math:`\varepsilon^4/(r^{2l}\log(d/\varepsilon))` of Lemma 1, with the hidden constant one.

    Parameters
    ----------
    eps : float in (0, 1)
    order : int >= 3
    d, r : int
        Dimension and rank, r in [1, d].

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Exact. Source: wang2020.lem1.

    >>> round(epoch_decrease(0.1, 3, 20, 1) * float(np.log(200)), 12)
    0.0001
    """
    eps = require_range("eps", eps, 0.0, 1.0, open_ends=True)
    order, d = require_count("order", order, 3), require_count("d", d, 1)
    r = require_count("r", r, 1, d)
    return float(eps**4 / (r ** (2.0 * order) * np.log(d / eps)))


def reinitialization_cost(value: float, lam: float, m: int, *, tiny: float = 0.0) -> float:
    r"""Increase that drawing the smallest component afresh can cause, Lemma 4.

    .. math:: \sqrt{2F}\,Y+\tfrac12Y^2,\qquad Y=\frac F{\lambda m}+\text{tiny}.

    Parameters
    ----------
    value : float >= 0
        F, the objective before.
    lam : float > 0
    m : int >= 1
        Components.
    tiny : float >= 0
        Mass of components that have not switched: :math:`s_0^{l-2}(4(m+K)+1)\delta^2`.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Since :math:`\lambda\sum\|u_i\|^2\le F`, the smallest has at most the mean mass. The regulariser grows by
    at most :math:`\lambda\delta^2`, which ``tiny`` covers when :math:`\sqrt{2F}\ge\lambda`. Exact. Source:
    wang2020.lem4 (constant beyond the text).

    >>> round(reinitialization_cost(0.5, 0.5, 10), 12)
    0.105
    """
    value = require_range("value", value, 0.0, np.inf)
    lam = require_range("lam", lam, 0.0, np.inf, open_ends=True)
    mass = value / (lam * require_count("m", m, 1)) + require_range("tiny", tiny, 0.0, np.inf)
    return float(np.sqrt(2 * value) * mass + mass**2 / 2)


def safe_step(norms: ArrayLike, modes: ArrayLike, order: int, lam: float) -> float:
    r"""Step up to which :math:`\|P_BU\|_F` cannot grow in a step, Lemma 5.

    .. math:: \eta\,l\,\max\Bigl\{\sum_is_i^{2l-4}\|u_i\|^2,\ \lambda\Bigr\}\le1 .

    Parameters
    ----------
    norms, modes : (m,)
        Lengths :math:`\|u_i\|` and scalar modes :math:`s_i`, non-negative.
    order : int >= 3
    lam : float >= 0

    Raises
    ------
    HypothesisError
        Shapes that do not fit, negative or infinite entries, no positive limit at all.

    Notes
    -----
    Exact; sufficient, not necessary. Source: wang2020.lem5 (condition beyond the text).

    >>> safe_step([0.5, 0.5], [1.0, 1.0], 4, 0.1)
    0.5
    """
    norms = require_weights("norms", norms, "m")
    modes = require_weights("modes", modes, norms.size)
    order, lam = require_count("order", order, 3), require_range("lam", lam, 0.0, np.inf)
    most = max(float(np.sum(modes ** (2 * order - 4) * norms**2)), lam)
    if most == 0:
        raise HypothesisError("norms and lam must not all be zero: every step is safe then")
    return 1.0 / (order * most)


def rank_one_correlation(r: int, order: int) -> float:
    r"""Constant of Lemma 6 for a residual of rank one, exactly.

    .. math:: c\,r^{-l/2}\text{ is exceeded by }|\langle\bar u,v\rangle|^l\text{ with probability }\tfrac25 .

    Parameters
    ----------
    r : int >= 1
        Dimension of the subspace S.
    order : int >= 3

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    With the sign, one fifth of the draws correlate as strongly in the right direction. The square follows a
    beta law; accuracy 1e-12. The constant is 1 for r = 1 and tends to :math:`0.8416^l`. Source:
    wang2020.lem6 (beyond the text).

    >>> round(rank_one_correlation(3, 4), 6) == round(0.6**4 * 9, 6)  # |u_1| is uniform in three dimensions
    True
    """
    r, order = require_count("r", r, 1), require_count("order", order, 3)
    square = 1.0 if r == 1 else float(beta.ppf(1 - 2 * LUCK, 0.5, (r - 1) / 2))
    return float((square * r) ** (order / 2))


def growth_factor(kappa: float, lam: float, eta: float, order: int) -> float:
    r"""Growth of :math:`\|P_Su\|^2` in a step while the correlation is at least kappa, Lemma 7.

    .. math:: 1+2\eta l\bigl(2^{2-l}\kappa-\lambda\bigr) .

    Parameters
    ----------
    kappa, lam : float >= 0
        With :math:`\kappa>2^{l-2}\lambda`.
    eta : float > 0
    order : int >= 3

    Raises
    ------
    HypothesisError
        Arguments out of range, or a correlation that does not outweigh the regulariser.

    Notes
    -----
    Exact. Source: wang2020.lem7 (constant beyond the text).

    >>> round(growth_factor(0.5, 0.05, 0.05, 3), 12)
    1.06
    """
    kappa, lam = require_range("kappa", kappa, 0.0, np.inf), require_range("lam", lam, 0.0, np.inf)
    eta, order = require_range("eta", eta, 0.0, np.inf, open_ends=True), require_count("order", order, 3)
    excess = kappa / 2.0 ** (order - 2) - lam
    if excess <= 0:
        raise HypothesisError(f"kappa must exceed 2^(l-2) lam = {2.0 ** (order - 2) * lam:g}, got {kappa:g}")
    return 1 + 2 * eta * order * excess


def path_length(value: float, decrease: float, eta: float, iterations: int, lam: float, order: int) -> float:
    r"""Length of the path of T that a decrease of the objective pays for in an epoch, Lemma 9.

    .. math:: \max\{2,\sqrt l\}\,\sqrt{lF}\,\sqrt{\frac{\eta H}\lambda}\,\sqrt{f_0-f_H} .

    Parameters
    ----------
    value, decrease : float >= 0
        F and :math:`f_0-f_H`.
    eta, lam : float > 0
    iterations : int >= 1
        H.
    order : int >= 3

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Needs Lemma 3 at every step. Exact. Source: wang2020.lem9 (constant beyond the text).

    >>> round(path_length(0.5, 0.04, 0.05, 20, 0.25, 8), 6)
    2.262742
    """
    value = require_range("value", value, 0.0, np.inf)
    decrease = require_range("decrease", decrease, 0.0, np.inf)
    eta = require_range("eta", eta, 0.0, np.inf, open_ends=True)
    lam = require_range("lam", lam, 0.0, np.inf, open_ends=True)
    iterations, order = require_count("iterations", iterations, 1), require_count("order", order, 3)
    constant = max(2.0, np.sqrt(order)) * np.sqrt(order * value)
    return float(constant * np.sqrt(eta * iterations / lam) * np.sqrt(decrease))
